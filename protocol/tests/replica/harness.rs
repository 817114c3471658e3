//! A town of replicas: their links, the messages between them, and the time.

use core::time::Duration;
use std::collections::{BTreeSet, VecDeque};

use dela_protocol::federation::Federation;
use dela_protocol::id::NodeId;
use dela_protocol::record::{Position, Record, RecordKind, Statement};
use dela_protocol::replica::{
    Check, Event, Input, Output, Policy, PublishError, Published, Replica, Verdict,
};
use dela_protocol::store::{MemoryStore, Store as _};
use dela_protocol::time::Timestamp;
use dela_protocol::wire::{Request, Response};

use crate::agencies::{START, Scribe, federation};

/// The three agencies most stories are about, and one that comes later.
pub(crate) const LUFT: usize = 0;
pub(crate) const SKOG: usize = 1;
pub(crate) const VATTEN: usize = 2;
pub(crate) const BERG: usize = 3;

/// Turns what a replica answers into what its peer receives; `None` is silence.
type Lie = Box<dyn FnMut(Response) -> Option<Response>>;

#[derive(Debug)]
enum Message {
    Gossip { from: usize, to: usize, bytes: Vec<u8> },
    Request { from: usize, to: usize, id: u64, request: Request },
    Response { from: usize, to: usize, id: u64, response: Response },
}

/// Replicas, each of an agency of its own, and everything between them.
pub(crate) struct Town {
    pub(crate) now: Timestamp,
    pub(crate) replicas: Vec<Replica<MemoryStore>>,
    /// What all know of the federation from the start.
    federation: Federation,
    /// All that replicas asked for, since the story last looked away.
    pub(crate) log: Vec<(usize, Output)>,
    /// What a stranger, who is no replica, was asked.
    pub(crate) asked: Vec<(usize, u64, Request)>,
    links: BTreeSet<(usize, usize)>,
    messages: VecDeque<Message>,
    lies: Vec<Option<Lie>>,
    serving: Vec<(usize, u64)>,
    judging: Vec<(usize, Vec<u8>)>,
    /// What was found of signatures and is not told yet, where that takes its
    /// time.
    pub(crate) slow_checks: Option<Vec<(usize, Input)>>,
}

/// Returns the node id of a replica.
pub(crate) fn node(index: usize) -> NodeId {
    NodeId::from_bytes([u8::try_from(index).unwrap(); 32])
}

/// The node of someone who is played by the story.
pub(crate) fn stranger() -> NodeId {
    NodeId::from_bytes([99; 32])
}

/// Returns the agency of a replica.
pub(crate) fn scribe(index: usize) -> Scribe {
    Scribe::new(u8::try_from(index).unwrap() + 1)
}

impl Town {
    /// Returns so many replicas that nobody has connected yet.
    pub(crate) fn of(count: usize) -> Self {
        Self::in_federation(count, Federation::open(federation()))
    }

    /// Returns so many replicas that know this of their federation.
    pub(crate) fn in_federation(count: usize, federation: Federation) -> Self {
        let mut town = Self {
            now: START,
            replicas: Vec::new(),
            federation,
            log: Vec::new(),
            asked: Vec::new(),
            links: BTreeSet::new(),
            messages: VecDeque::new(),
            lies: (0..count).map(|_| None).collect(),
            serving: Vec::new(),
            judging: Vec::new(),
            slow_checks: None,
        };
        for index in 0..count {
            let replica = town.open(index, index, MemoryStore::default());
            town.replicas.push(replica);
        }
        town
    }

    /// Opens the node with that number, for the agency of that number.
    fn open(&self, index: usize, of: usize, store: MemoryStore) -> Replica<MemoryStore> {
        self.open_as(index, scribe(of), store)
    }

    fn open_as(&self, index: usize, own: Scribe, store: MemoryStore) -> Replica<MemoryStore> {
        let (own, now) = (Some((own.agency, own.signer)), self.now);
        let mut replica = Replica::open(store, self.federation.clone(), own, 7, now).unwrap();
        replica.introduce_as(node(index));
        replica
    }

    /// Returns so many replicas, all connected with all.
    pub(crate) fn connected(count: usize) -> Self {
        let mut town = Self::of(count);
        town.connect_all();
        town
    }

    /// Connects all with all.
    pub(crate) fn connect_all(&mut self) {
        for one in 0..self.replicas.len() {
            for other in 0..one {
                self.connect(one, other);
            }
        }
        self.settle();
    }

    pub(crate) fn connect(&mut self, one: usize, other: usize) {
        self.links.extend([(one, other), (other, one)]);
        self.tell(one, Input::Connected(node(other)));
        self.tell(other, Input::Connected(node(one)));
    }

    /// Connects the stranger with a replica.
    pub(crate) fn stranger_connects(&mut self, to: usize) {
        self.tell(to, Input::Connected(stranger()));
        // What a newcomer is asked first is not what stories are about.
        for (asker, id, _) in core::mem::take(&mut self.asked) {
            self.tell(asker, Input::Answered { id, response: Response::Same });
        }
    }

    pub(crate) fn disconnect(&mut self, one: usize, other: usize) {
        for (one, other) in [(one, other), (other, one)] {
            self.links.remove(&(one, other));
            self.tell(one, Input::Disconnected(node(other)));
        }
    }

    /// Tells a replica what happened, and takes note of what it asks for.
    pub(crate) fn tell(&mut self, index: usize, input: Input) {
        let outputs = self.replicas[index].handle(input, self.now).unwrap();
        self.carry_out(index, outputs);
        self.check(index);
    }

    pub(crate) fn carry_out(&mut self, from: usize, outputs: Vec<Output>) {
        self.log.extend(outputs.iter().map(|output| (from, output.clone())));
        for output in outputs {
            match output {
                Output::Announce(bytes) => self.flood(from, &bytes),
                Output::Judge { token, verdict } => {
                    if let Some((to, bytes)) = self.judged(token)
                        && verdict == Verdict::Accept
                    {
                        self.flood(to, &bytes);
                    }
                }
                Output::Request { to, id, request } if to == stranger() => {
                    self.asked.push((from, id, request));
                }
                Output::Request { to, id, request } => {
                    let to = usize::from(to.as_bytes()[0]);
                    self.messages.push_back(Message::Request { from, to, id, request });
                }
                Output::Respond { token, response } => {
                    let Some(&(to, id)) = self.serving.get(usize::try_from(token).unwrap()) else {
                        continue;
                    };
                    self.messages.push_back(Message::Response { from, to, id, response });
                }
                Output::Verify { id, checks } => {
                    let holds = checks.iter().map(Check::holds).collect();
                    let found = Input::Verified { id, holds };
                    match &mut self.slow_checks {
                        Some(slow) => slow.push((from, found)),
                        None => self.tell(from, found),
                    }
                }
                Output::Event(_) => {}
            }
        }
    }

    fn judged(&self, token: u64) -> Option<(usize, Vec<u8>)> {
        self.judging.get(usize::try_from(token).unwrap()).cloned()
    }

    fn flood(&mut self, from: usize, bytes: &[u8]) {
        for to in 0..self.replicas.len() {
            if self.links.contains(&(from, to)) {
                self.messages.push_back(Message::Gossip { from, to, bytes: bytes.to_vec() });
            }
        }
    }

    /// Lets a replica lie, or fall silent, in all it answers from now on.
    pub(crate) fn lie(
        &mut self,
        index: usize,
        lie: impl FnMut(Response) -> Option<Response> + 'static,
    ) {
        self.lies[index] = Some(Box::new(lie));
    }

    /// Delivers the oldest message; returns whether there was one.
    pub(crate) fn deliver(&mut self) -> bool {
        let Some(message) = self.messages.pop_front() else { return false };
        match message {
            Message::Gossip { from, to, bytes } => {
                if !self.links.contains(&(from, to)) || self.judging.contains(&(to, bytes.clone()))
                {
                    return true;
                }
                let token = u64::try_from(self.judging.len()).unwrap();
                self.judging.push((to, bytes.clone()));
                self.tell(to, Input::Announced { from: node(from), token, bytes });
            }
            Message::Request { from, to, id, request } => {
                if self.links.contains(&(from, to)) {
                    let token = u64::try_from(self.serving.len()).unwrap();
                    self.serving.push((from, id));
                    let request = Request::decode(&request.encode()).unwrap();
                    self.tell(to, Input::Requested { from: node(from), token, request });
                }
            }
            Message::Response { from, to, id, response } => {
                let heard = match &mut self.lies[from] {
                    Some(lie) => lie(response),
                    None => Some(response),
                };
                if let Some(response) = heard.filter(|_| self.links.contains(&(from, to))) {
                    let response = Response::decode(&response.encode()).unwrap();
                    self.tell(to, Input::Answered { id, response });
                }
            }
        }
        true
    }

    /// Delivers all messages, and those that follow from them.
    pub(crate) fn settle(&mut self) {
        for _ in 0..10_000 {
            if !self.deliver() {
                return;
            }
        }
        panic!("ten thousand messages, and no end");
    }

    /// Loses all messages that are on their way.
    pub(crate) fn lose_messages(&mut self) {
        self.messages.clear();
    }

    /// Lets time pass: wakes every replica when it wants to be woken.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now.after(time);
        for _ in 0..100_000 {
            self.settle();
            let wakes = self.replicas.iter().map(Replica::wake_at).enumerate();
            let (index, at) = wakes.min_by_key(|(_, at)| *at).unwrap();
            if at > end {
                self.now = end;
                return;
            }
            self.now = self.now.max(at);
            self.tell(index, Input::Wake);
            assert!(self.replicas[index].wake_at() > self.now, "{index} wants no sleep");
        }
        panic!("a hundred thousand wakes, and no end");
    }

    /// Lets days pass in which nobody is awake.
    pub(crate) fn sleep(&mut self, time: Duration) {
        self.now = self.now.after(time);
        self.pass(Duration::from_secs(90));
    }

    pub(crate) fn try_publish(
        &mut self,
        index: usize,
        statements: Vec<Statement>,
    ) -> Result<Published, PublishError<core::convert::Infallible>> {
        let (published, outputs) = self.replicas[index].publish(statements, self.now)?;
        self.carry_out(index, outputs);
        self.check(index);
        Ok(published)
    }

    pub(crate) fn publish(&mut self, index: usize, statements: Vec<Statement>) -> Position {
        self.try_publish(index, statements).unwrap().position
    }

    /// A power cut: what was not flushed is gone, connections too.
    pub(crate) fn restart(&mut self, index: usize, accident: impl FnOnce(&mut MemoryStore)) {
        for other in 0..self.replicas.len() {
            if self.links.contains(&(index, other)) {
                self.disconnect(index, other);
            }
        }
        let mut store = self.replicas[index].store().clone();
        accident(&mut store);
        self.replicas[index] = self.open(index, index, store);
    }

    /// Starts a replica again as an agency that was given another key meanwhile.
    pub(crate) fn rekey(&mut self, index: usize, own: Scribe, store: MemoryStore) {
        self.replicas[index] = self.open_as(index, own, store);
    }

    /// Lets a replica publish for another's agency, with a copy of its store.
    pub(crate) fn impersonate(&mut self, index: usize, of: usize, store: MemoryStore) {
        self.replicas[index] = self.open(index, of, store);
    }

    /// Checks what must hold after every step: the running digests are those of
    /// the records held.
    fn check(&self, index: usize) {
        let replica = &self.replicas[index];
        for catalogue in replica.catalogues() {
            let mut again = dela_protocol::catalogue::Catalogue::new(catalogue.agency.clone());
            for position in replica.store().positions(&catalogue.id()).unwrap() {
                again.add(&replica.store().record(&catalogue.id(), position).unwrap().unwrap());
            }
            assert!(again.set == catalogue.set, "{index}: the running digest is wrong");
            assert_eq!(again.live_count, catalogue.live_count);
            assert_eq!(again.withdrawal_count, catalogue.withdrawal_count);
            assert_eq!(again.bytes, catalogue.bytes);
        }
    }

    /// Tells what was found of signatures meanwhile, and from now on at once.
    pub(crate) fn end_checks(&mut self) {
        for (index, found) in self.slow_checks.take().unwrap_or_default() {
            self.tell(index, found);
        }
    }

    /// Gives the operator of a node a policy, and settles.
    pub(crate) fn decide_alone(&mut self, index: usize, policy: Policy) {
        let outputs = self.replicas[index].set_policy(policy, self.now).unwrap();
        self.carry_out(index, outputs);
        self.check(index);
        self.settle();
    }

    /// Lets a node block these agencies, and no others.
    pub(crate) fn block(&mut self, index: usize, agencies: &[usize]) {
        let blocked = agencies.iter().map(|agency| scribe(*agency).agency.id()).collect();
        self.decide_alone(index, Policy { blocked, allowed: None });
    }

    /// Returns how many messages were sent while time passed.
    pub(crate) fn sent_while(&mut self, time: Duration) -> usize {
        self.look_away();
        self.pass(time);
        let is_message = |output: &&(usize, Output)| {
            matches!(output.1, Output::Request { .. } | Output::Announce(_))
        };
        self.log.iter().filter(is_message).count()
    }

    /// Returns the live records a replica holds of an agency.
    pub(crate) fn live(&self, index: usize, agency: usize) -> Vec<Record> {
        let records = self.held(index, agency).into_iter();
        records.filter(|record| record.kind() != RecordKind::Withdrawal).collect()
    }

    /// Returns all records a replica holds of an agency.
    pub(crate) fn held(&self, index: usize, agency: usize) -> Vec<Record> {
        let agency = scribe(agency).agency.id();
        let store = self.replicas[index].store();
        store.records_after(&agency, Position::START, usize::MAX).unwrap()
    }

    /// Returns the head a replica holds of an agency, if it is complete.
    pub(crate) fn head(&self, index: usize, agency: usize) -> Option<dela_protocol::head::Head> {
        let agency = scribe(agency).agency.id();
        let mut catalogues = self.replicas[index].catalogues();
        let catalogue = catalogues.find(|catalogue| catalogue.id() == agency)?;
        catalogue.head.clone().filter(|head| catalogue.fulfils(head))
    }

    /// Returns whether all replicas hold the same, and nobody lacks anything.
    pub(crate) fn agrees(&self) -> bool {
        let root = self.replicas[0].root();
        self.replicas.iter().all(|replica| replica.root() == root && replica.behind() == 0)
    }

    pub(crate) fn look_away(&mut self) {
        self.log.clear();
        self.asked.clear();
    }

    /// Returns whom a replica blamed, and for what.
    pub(crate) fn blamed(&self, index: usize) -> Vec<(NodeId, String)> {
        self.events(index)
            .filter_map(|event| match event {
                Event::Blamed { peer, reason } => Some((*peer, reason.clone())),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn events(&self, index: usize) -> impl Iterator<Item = &Event> {
        self.log.iter().filter(move |(from, _)| *from == index).filter_map(|(_, output)| {
            match output {
                Output::Event(event) => Some(event),
                _ => None,
            }
        })
    }

    /// Returns what a replica asked others.
    pub(crate) fn requests(&self, index: usize) -> Vec<&Request> {
        self.log
            .iter()
            .filter(|(from, _)| *from == index)
            .filter_map(|(_, output)| match output {
                Output::Request { request, .. } => Some(request),
                _ => None,
            })
            .collect()
    }

    /// Lets the stranger pass an announcement on, and returns the verdict.
    pub(crate) fn announced(&mut self, to: usize, bytes: Vec<u8>) -> Verdict {
        self.announced_by(stranger(), to, bytes)
    }

    /// Lets anybody pass an announcement on, and returns the verdict.
    pub(crate) fn announced_by(&mut self, from: NodeId, to: usize, bytes: Vec<u8>) -> Verdict {
        let before = self.log.len();
        self.tell(to, Input::Announced { from, token: u64::MAX - 1, bytes });
        let verdict = self.log[before..].iter().find_map(|(_, output)| match output {
            Output::Judge { verdict, .. } => Some(*verdict),
            _ => None,
        });
        verdict.unwrap()
    }

    /// Lets the stranger answer what it was asked last.
    pub(crate) fn stranger_answers(&mut self, response: Response) {
        let (asker, id, _) = self.asked.pop().expect("the stranger was not asked");
        self.tell(asker, Input::Answered { id, response });
    }
}
