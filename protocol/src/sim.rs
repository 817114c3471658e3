//! The simulator: many replicas, one virtual clock, and a network that loses,
//! delays, reorders, duplicates and splits, all from one seed.
//!
//! A run has two phases: chaos, in which agencies publish while everything goes
//! wrong, and healing, in which nothing goes wrong any more and all replicas
//! must come to hold the same. The same seed gives the same run.
//!
//! Invariants, checked on every step: no two records are ever signed for one
//! position, and a replica that stays up never goes back to an older head. At
//! the end every replica holds exactly what was acknowledged to its publishers.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use oorandom::Rand64;

use crate::agency::{Agency, Inception, Signer};
use crate::id::{AgencyId, Digest, EntityId, FederationId, NodeId, RecordId, hash};
use crate::key::SecretKey;
use crate::record::{Position, Record, RecordKind, Statement};
use crate::replica::{Check, Event, Input, Output, Replica, Verdict};
use crate::store::{MemoryStore, Store as _};
use crate::time::Timestamp;
use crate::wire::{Request, Response};

/// What goes wrong, and for how long.
#[derive(Debug, Clone)]
pub struct Faults {
    /// How many replicas there are, each with an agency of its own.
    pub replicas: usize,
    /// How many of 1,000 messages are lost.
    pub loss_per_mille: u64,
    /// How many of 1,000 messages arrive twice.
    pub duplication_per_mille: u64,
    /// The longest time a message is on its way; each takes a random time up to
    /// that, so messages overtake each other.
    pub latency_max: Duration,
    /// How often the network splits in two, over the whole chaos.
    pub partitions: u64,
    /// How often a replica crashes, losing what was not flushed.
    pub crashes: u64,
    /// How many of those crashes also lose the disk, all but the high-water
    /// mark.
    pub disk_losses: u64,
    /// How often an agency publishes.
    pub publications: u64,
    /// How long the chaos lasts.
    pub chaos: Duration,
    /// How long the healing may take at most.
    pub healing: Duration,
}

impl Default for Faults {
    /// Twelve replicas under a fifth of loss, with partitions and crashes; to
    /// heal within two reconciliation periods.
    fn default() -> Self {
        Self {
            replicas: 12,
            loss_per_mille: 200,
            duplication_per_mille: 50,
            latency_max: Duration::from_millis(500),
            partitions: 3,
            crashes: 6,
            disk_losses: 0,
            publications: 60,
            chaos: Duration::from_secs(240),
            healing: Duration::from_secs(150),
        }
    }
}

/// What a run showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The root all replicas ended with.
    pub root: Digest,
    /// How long healing took.
    pub healed_after: Duration,
    /// How many live records each replica holds.
    pub records: usize,
    /// How many messages were sent.
    pub messages: u64,
    /// How many of them were lost.
    pub lost: u64,
    /// How many bytes were sent.
    pub bytes: u64,
}

/// How long a request may take before it counts as failed.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How many neighbours a replica dials.
const DIALS: usize = 3;

#[derive(Debug)]
struct Node {
    id: NodeId,
    agency: Agency,
    signer: Signer,
    /// The replica while the node is up, its disk while it is down.
    state: State,
    starts: u64,
    /// When it is next woken.
    wakes: Option<Timestamp>,
    /// Gossip already seen.
    seen: BTreeSet<[u8; 32]>,
    /// Announcements being judged: where they came from, and their bytes.
    judging: BTreeMap<u64, (usize, Vec<u8>)>,
    next_token: u64,
    heads: BTreeMap<AgencyId, Position>,
    /// What was acknowledged to the publisher: the last body per entity.
    acknowledged: BTreeMap<EntityId, Option<Vec<u8>>>,
}

#[derive(Debug)]
enum State {
    Up(Box<Replica<MemoryStore>>),
    Down(MemoryStore),
}

#[derive(Debug)]
enum Happening {
    Gossip { from: usize, to: usize, bytes: Vec<u8> },
    Request { from: usize, start: u64, to: usize, id: u64, bytes: Vec<u8> },
    Response { to: usize, start: u64, id: u64, bytes: Vec<u8> },
    Timeout { node: usize, start: u64, id: u64 },
    Wake { node: usize, start: u64 },
    Publish { node: usize },
    Crash { node: usize, loses_disk: bool },
    Restart { node: usize },
    Split { side: Vec<bool> },
    Join,
}

/// Many replicas and the network between them.
#[derive(Debug)]
pub struct Simulation {
    faults: Faults,
    seed: u64,
    chance: Rand64,
    federation: FederationId,
    now: Timestamp,
    chaotic: bool,
    nodes: Vec<Node>,
    /// Who is linked with whom, by lower and higher index.
    links: BTreeSet<(usize, usize)>,
    /// Which side of a split each node is on.
    side: Option<Vec<bool>>,
    queue: BTreeMap<(Timestamp, u64), Happening>,
    scheduled: u64,
    /// Requests being served: token to who asked.
    serving: BTreeMap<u64, (usize, u64, u64)>,
    next_serving: u64,
    signed: BTreeMap<(AgencyId, Position), RecordId>,
    messages: u64,
    lost: u64,
    bytes: u64,
    trace: Option<Vec<String>>,
}

impl Simulation {
    /// Prepares a run.
    pub fn new(seed: u64, faults: Faults) -> Self {
        let federation = FederationId::open("simulation");
        let mut chance = Rand64::new(u128::from(seed));
        let now = Timestamp::from_millis(1_800_000_000_000);
        let nodes: Vec<Node> =
            (0..faults.replicas).map(|index| node(seed, index, &federation, now)).collect();
        let links = links(&mut chance, nodes.len());
        let mut simulation = Self {
            faults,
            seed,
            chance,
            federation,
            now,
            chaotic: true,
            nodes,
            links,
            side: None,
            queue: BTreeMap::new(),
            scheduled: 0,
            serving: BTreeMap::new(),
            next_serving: 0,
            signed: BTreeMap::new(),
            messages: 0,
            lost: 0,
            bytes: 0,
            trace: None,
        };
        simulation.plan();
        simulation
    }

    /// Keeps a line about everything that happens.
    #[must_use]
    pub fn traced(mut self) -> Self {
        self.trace = Some(Vec::new());
        self
    }

    /// Returns what [`traced`](Self::traced) kept.
    pub fn trace(&self) -> &[String] {
        self.trace.as_deref().unwrap_or_default()
    }

    /// Runs chaos and healing.
    ///
    /// # Errors
    ///
    /// What did not hold, with the seed to run it again.
    pub fn run(&mut self) -> Result<Outcome, String> {
        for node in 0..self.nodes.len() {
            self.start(node)?;
        }
        let end = self.now.after(self.faults.chaos);
        self.run_until(end, false)?;
        self.heal()?;
        let healing = self.now;
        self.run_until(healing.after(self.faults.healing), true)?;
        let root = self.common_root().ok_or_else(|| {
            self.failed(&format!("no common root {:?} after healing", self.faults.healing))
        })?;
        self.check_contents()?;
        Ok(Outcome {
            root,
            healed_after: self.now.since(healing),
            records: self.live_records(),
            messages: self.messages,
            lost: self.lost,
            bytes: self.bytes,
        })
    }

    fn failed(&self, what: &str) -> String {
        format!(
            "seed {}: {what}. Run it again: cargo run --bin dela-testnet -- sim --seed {} --trace",
            self.seed, self.seed
        )
    }

    /// Draws when what goes wrong.
    fn plan(&mut self) {
        let chaos = millis(self.faults.chaos);
        for _ in 0..self.faults.publications {
            let node = self.index(self.nodes.len());
            let at = self.below(chaos);
            self.schedule(Duration::from_millis(at), Happening::Publish { node });
        }
        for number in 0..self.faults.crashes {
            let node = self.index(self.nodes.len());
            let at = self.below(chaos * 9 / 10);
            let down = self.below(chaos / 5);
            let loses_disk = number < self.faults.disk_losses;
            self.schedule(Duration::from_millis(at), Happening::Crash { node, loses_disk });
            self.schedule(Duration::from_millis(at + down), Happening::Restart { node });
        }
        for _ in 0..self.faults.partitions {
            let at = self.below(chaos * 3 / 4);
            let side = (0..self.nodes.len()).map(|_| self.below(2) == 0).collect();
            let length = self.below(chaos / 4);
            self.schedule(Duration::from_millis(at), Happening::Split { side });
            self.schedule(Duration::from_millis(at + length), Happening::Join);
        }
    }

    fn heal(&mut self) -> Result<(), String> {
        self.chaotic = false;
        self.queue.retain(|_, happening| {
            !matches!(
                happening,
                Happening::Publish { .. }
                    | Happening::Crash { .. }
                    | Happening::Split { .. }
                    | Happening::Restart { .. }
                    | Happening::Join
            )
        });
        self.happen(Happening::Join)?;
        for node in 0..self.nodes.len() {
            self.happen(Happening::Restart { node })?;
        }
        Ok(())
    }

    fn run_until(&mut self, end: Timestamp, until_common: bool) -> Result<(), String> {
        let mut steps = 0_u64;
        while let Some(((at, _), happening)) = self.queue.pop_first() {
            if at > end {
                self.scheduled += 1;
                self.queue.insert((at, self.scheduled), happening);
                break;
            }
            self.now = at;
            self.happen(happening)?;
            if until_common && self.common_root().is_some() {
                return Ok(());
            }
            steps += 1;
            if steps > 5_000_000 {
                return Err(self.failed("livelock: five million steps"));
            }
        }
        self.now = end;
        Ok(())
    }

    fn happen(&mut self, happening: Happening) -> Result<(), String> {
        match happening {
            Happening::Gossip { from, to, bytes } => self.gossip(from, to, bytes),
            Happening::Request { from, start, to, id, bytes } => {
                if !self.are_linked(from, to) {
                    return Ok(());
                }
                let request = Request::decode(&bytes).map_err(|error| error.to_string())?;
                self.next_serving += 1;
                let token = self.next_serving;
                self.serving.insert(token, (from, start, id));
                let from = self.node_id(from);
                self.tell(to, Input::Requested { from, token, request })
            }
            Happening::Response { to, start, id, bytes } => {
                if self.nodes.get(to).is_none_or(|node| node.starts != start) {
                    return Ok(());
                }
                let response = Response::decode(&bytes).map_err(|error| error.to_string())?;
                self.tell(to, Input::Answered { id, response })
            }
            Happening::Timeout { node, start, id } => {
                if self.nodes.get(node).is_none_or(|node| node.starts != start) {
                    return Ok(());
                }
                self.tell(node, Input::Failed { id, malformed: false })
            }
            Happening::Wake { node, start } => {
                if self.nodes.get(node).is_none_or(|node| node.starts != start) {
                    return Ok(());
                }
                self.tell(node, Input::Wake)?;
                self.schedule_wake(node);
                Ok(())
            }
            Happening::Publish { node } => self.publish(node),
            Happening::Crash { node, loses_disk } => self.crash(node, loses_disk),
            Happening::Restart { node } => self.start(node),
            Happening::Split { side } => self.split(Some(side)),
            Happening::Join => self.split(None),
        }
    }

    fn gossip(&mut self, from: usize, to: usize, bytes: Vec<u8>) -> Result<(), String> {
        if !self.are_linked(from, to) {
            return Ok(());
        }
        let sender = self.node_id(from);
        let Some(node) = self.nodes.get_mut(to) else { return Ok(()) };
        if !node.seen.insert(hash("gossip", &[&bytes])) {
            return Ok(());
        }
        node.next_token += 1;
        let token = node.next_token;
        node.judging.insert(token, (from, bytes.clone()));
        self.tell(to, Input::Announced { from: sender, token, bytes })
    }

    /// Gives an input to a replica that is up, and does what it asks for.
    fn tell(&mut self, index: usize, input: Input) -> Result<(), String> {
        let flushes = self.below(10) == 0;
        let now = self.now;
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        let State::Up(replica) = &mut node.state else { return Ok(()) };
        let Ok(outputs) = replica.handle(input, now);
        if flushes {
            let Ok(()) = replica.flush();
        }
        self.carry_out(index, outputs)?;
        self.check_heads(index)
    }

    fn carry_out(&mut self, index: usize, outputs: Vec<Output>) -> Result<(), String> {
        for output in outputs {
            self.note(|| format!("{index}: {}", describe(&output)));
            match output {
                Output::Announce(bytes) => self.flood(index, None, &bytes),
                Output::Judge { token, verdict } => {
                    let node = self.nodes.get_mut(index);
                    let judged = node.and_then(|node| node.judging.remove(&token));
                    if let (Some((from, bytes)), Verdict::Accept) = (judged, verdict) {
                        self.flood(index, Some(from), &bytes);
                    }
                }
                Output::Request { to, id, request } => self.request(index, to, id, &request),
                Output::Respond { token, response } => self.respond(index, token, &response),
                Output::Verify { id, checks } => {
                    let holds = checks.iter().map(Check::holds).collect();
                    self.tell(index, Input::Verified { id, holds })?;
                }
                Output::Event(Event::Blamed { reason, .. }) => {
                    return Err(self.failed(&format!("an honest peer was blamed: {reason}")));
                }
                Output::Event(Event::Forked { .. }) => {
                    return Err(self.failed("two heads for one position"));
                }
                Output::Event(_) => {}
            }
        }
        self.schedule_wake(index);
        Ok(())
    }

    fn flood(&mut self, from: usize, except: Option<usize>, bytes: &[u8]) {
        if let Some(node) = self.nodes.get_mut(from) {
            node.seen.insert(hash("gossip", &[bytes]));
        }
        for to in self.neighbours(from) {
            if Some(to) != except {
                self.send(bytes.len(), |_| Happening::Gossip { from, to, bytes: bytes.to_vec() });
            }
        }
    }

    fn request(&mut self, from: usize, to: NodeId, id: u64, request: &Request) {
        let Some(to) = self.nodes.iter().position(|node| node.id == to) else { return };
        let start = self.nodes.get(from).map_or(0, |node| node.starts);
        self.schedule(TIMEOUT, Happening::Timeout { node: from, start, id });
        let bytes = request.encode();
        self.send(bytes.len(), |_| Happening::Request {
            from,
            start,
            to,
            id,
            bytes: bytes.clone(),
        });
    }

    fn respond(&mut self, from: usize, token: u64, response: &Response) {
        let Some((to, start, id)) = self.serving.remove(&token) else { return };
        if self.are_linked(from, to) {
            let bytes = response.encode();
            self.send(bytes.len(), |_| Happening::Response { to, start, id, bytes: bytes.clone() });
        }
    }

    /// Sends a message through the network as it is just now.
    fn send(&mut self, length: usize, message: impl Fn(&mut Self) -> Happening) {
        self.messages += 1;
        self.bytes += u64::try_from(length).unwrap_or(0);
        if self.chaotic && self.below(1000) < self.faults.loss_per_mille {
            self.lost += 1;
            return;
        }
        let copies = if self.chaotic && self.below(1000) < self.faults.duplication_per_mille {
            2
        } else {
            1
        };
        for _ in 0..copies {
            let latency = self.below(millis(self.faults.latency_max)) + 1;
            let happening = message(self);
            self.schedule(Duration::from_millis(latency), happening);
        }
    }

    fn publish(&mut self, index: usize) -> Result<(), String> {
        let count = 1 + self.below(4);
        let mut statements = Vec::new();
        for _ in 0..count {
            let iri = format!("https://example.org/{index}/{}", self.below(20));
            let statement = if self.below(5) == 0 {
                Statement::withdraw(&iri, "no longer kept")
            } else {
                let size = if self.below(8) == 0 { 20_000 } else { 40 };
                describe_entity(&iri, self.chance.rand_u64(), size)
            };
            statements.push(statement);
        }
        let now = self.now;
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        let State::Up(replica) = &mut node.state else { return Ok(()) };
        let Ok((_, outputs)) = replica.publish(statements.clone(), now) else { return Ok(()) };
        let agency = node.agency.id();
        // Of several statements about one entity the last counts.
        let last: BTreeMap<EntityId, Statement> =
            statements.into_iter().map(|one| (one.entity(&agency), one)).collect();
        for (entity, statement) in last {
            let withdrawn = statement.kind == RecordKind::Withdrawal;
            if !withdrawn || node.acknowledged.contains_key(&entity) {
                node.acknowledged.insert(entity, (!withdrawn).then_some(statement.body));
            }
        }
        let records = own_records(replica, &agency);
        for record in records {
            let known = self.signed.entry((agency, record.position())).or_insert(record.id());
            if *known != record.id() {
                return Err(self.failed("two records signed for one position"));
            }
        }
        self.carry_out(index, outputs)
    }

    fn crash(&mut self, index: usize, loses_disk: bool) -> Result<(), String> {
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        let placeholder = State::Down(MemoryStore::default());
        node.state = match core::mem::replace(&mut node.state, placeholder) {
            State::Up(replica) => {
                let mut store = replica.into_store();
                store.crash();
                if loses_disk {
                    store.lose();
                }
                State::Down(store)
            }
            down @ State::Down(_) => down,
        };
        node.judging.clear();
        node.heads.clear();
        self.note(|| format!("{index}: crash, disk lost: {loses_disk}"));
        let id = self.node_id(index);
        for other in self.linked(index) {
            self.tell(other, Input::Disconnected(id))?;
        }
        Ok(())
    }

    fn start(&mut self, index: usize) -> Result<(), String> {
        let seed = self.chance.rand_u64();
        let (federation, now) = (self.federation, self.now);
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        let State::Down(store) = &mut node.state else { return Ok(()) };
        let store = core::mem::take(store);
        let own = Some((node.agency.clone(), node.signer.clone()));
        let Ok(replica) = Replica::open(store, federation, own, seed, now);
        node.state = State::Up(Box::new(replica));
        node.starts += 1;
        node.wakes = None;
        node.seen.clear();
        let id = node.id;
        self.note(|| format!("{index}: start"));
        for other in self.neighbours(index) {
            self.tell(other, Input::Connected(id))?;
            let other = self.node_id(other);
            self.tell(index, Input::Connected(other))?;
        }
        self.schedule_wake(index);
        Ok(())
    }

    fn split(&mut self, side: Option<Vec<bool>>) -> Result<(), String> {
        let before: BTreeSet<_> =
            self.links.iter().filter(|l| self.is_open(**l)).copied().collect();
        self.side = side;
        let after: BTreeSet<_> = self.links.iter().filter(|l| self.is_open(**l)).copied().collect();
        self.note(|| format!("network: {} of {} links open", after.len(), before.len()));
        for (a, b) in before.symmetric_difference(&after).copied().collect::<Vec<_>>() {
            let opened = after.contains(&(a, b));
            for (here, there) in [(a, b), (b, a)] {
                let peer = self.node_id(there);
                let both_up = self.is_up(a) && self.is_up(b);
                if opened && both_up {
                    self.tell(here, Input::Connected(peer))?;
                } else if !opened {
                    self.tell(here, Input::Disconnected(peer))?;
                }
            }
        }
        Ok(())
    }

    fn schedule(&mut self, after: Duration, happening: Happening) {
        self.scheduled += 1;
        self.queue.insert((self.now.after(after), self.scheduled), happening);
    }

    fn schedule_wake(&mut self, index: usize) {
        let Some(node) = self.nodes.get(index) else { return };
        let State::Up(replica) = &node.state else { return };
        let wait = replica.wake_at().since(self.now).max(Duration::from_millis(1));
        let start = node.starts;
        let at = self.now.after(wait);
        if node.wakes.is_some_and(|planned| planned <= at && planned > self.now) {
            return;
        }
        if let Some(node) = self.nodes.get_mut(index) {
            node.wakes = Some(at);
        }
        self.schedule(wait, Happening::Wake { node: index, start });
    }

    /// A replica that stays up never goes back to an older head.
    fn check_heads(&mut self, index: usize) -> Result<(), String> {
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        let State::Up(replica) = &node.state else { return Ok(()) };
        let mut went_back = false;
        for catalogue in replica.catalogues() {
            let Some(head) = &catalogue.head else { continue };
            let last = node.heads.insert(catalogue.id(), head.position());
            went_back |= last.is_some_and(|last| last > head.position());
        }
        if went_back { Err(self.failed("a replica went back to an older head")) } else { Ok(()) }
    }

    /// Every replica holds exactly what was acknowledged to each publisher.
    fn check_contents(&self) -> Result<(), String> {
        for publisher in &self.nodes {
            let agency = publisher.agency.id();
            for node in &self.nodes {
                let State::Up(replica) = &node.state else { continue };
                let held: BTreeMap<EntityId, Option<Vec<u8>>> = own_records(replica, &agency)
                    .into_iter()
                    .map(|record| {
                        let live = record.kind() != RecordKind::Withdrawal;
                        (record.entity(), live.then(|| record.body().to_vec()))
                    })
                    .collect();
                if held != publisher.acknowledged && self.faults.disk_losses == 0 {
                    return Err(self.failed("a replica does not hold what was acknowledged"));
                }
            }
        }
        Ok(())
    }

    fn common_root(&self) -> Option<Digest> {
        let mut roots = self.nodes.iter().map(|node| match &node.state {
            State::Up(replica) => Some(replica.root()),
            State::Down(_) => None,
        });
        let first = roots.next()??;
        roots.all(|root| root == Some(first)).then_some(first)
    }

    fn live_records(&self) -> usize {
        let Some(State::Up(replica)) = self.nodes.first().map(|node| &node.state) else { return 0 };
        let live: u64 = replica.catalogues().map(|catalogue| catalogue.live_count).sum();
        usize::try_from(live).unwrap_or(usize::MAX)
    }

    fn is_open(&self, (a, b): (usize, usize)) -> bool {
        let side = |index| self.side.as_ref().and_then(|side| side.get(index));
        side(a) == side(b)
    }

    fn is_up(&self, index: usize) -> bool {
        self.nodes.get(index).is_some_and(|node| matches!(node.state, State::Up(_)))
    }

    fn are_linked(&self, a: usize, b: usize) -> bool {
        let link = (a.min(b), a.max(b));
        self.links.contains(&link) && self.is_open(link) && self.is_up(a) && self.is_up(b)
    }

    fn linked(&self, index: usize) -> Vec<usize> {
        let linked = |other: &usize| {
            let link = (index.min(*other), index.max(*other));
            self.links.contains(&link) && self.is_open(link)
        };
        (0..self.nodes.len()).filter(linked).collect()
    }

    fn neighbours(&self, index: usize) -> Vec<usize> {
        (0..self.nodes.len()).filter(|other| self.are_linked(index, *other)).collect()
    }

    fn node_id(&self, index: usize) -> NodeId {
        self.nodes.get(index).map_or(NodeId::from_bytes([0; 32]), |node| node.id)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.chance.rand_range(0..bound.max(1))
    }

    fn index(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.below(bound)).unwrap_or(0)
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        let now = self.now;
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{now} {}", line()));
        }
    }
}

fn node(seed: u64, index: usize, federation: &FederationId, now: Timestamp) -> Node {
    let number = u64::try_from(index).unwrap_or(0).to_be_bytes();
    let secret = |what| SecretKey::from_bytes(&hash(what, &[&seed.to_be_bytes(), &number]));
    let key = secret("simulated agency");
    let inception = Inception {
        key: key.public(),
        next_key_commitment: secret("simulated next key").public().commitment(),
        recovery_threshold: 0,
        recovery_keys: Vec::new(),
        issued_at: now,
    };
    let agency = Agency::open(vec![inception.sign(&key, federation)], federation)
        .expect("an inception we have just signed");
    let signer = Signer::new(&agency, key).expect("the key of the inception");
    Node {
        id: NodeId::from_bytes(hash("simulated node", &[&number])),
        agency,
        signer,
        state: State::Down(MemoryStore::default()),
        starts: 0,
        wakes: None,
        seen: BTreeSet::new(),
        judging: BTreeMap::new(),
        next_token: 0,
        heads: BTreeMap::new(),
        acknowledged: BTreeMap::new(),
    }
}

/// A ring, so that all are connected, and some links across it.
fn links(chance: &mut Rand64, nodes: usize) -> BTreeSet<(usize, usize)> {
    let mut links = BTreeSet::new();
    for index in 0..nodes {
        let mut others = vec![(index + 1) % nodes];
        for _ in 1..DIALS {
            let bound = u64::try_from(nodes).unwrap_or(u64::MAX);
            others.push(usize::try_from(chance.rand_range(0..bound)).unwrap_or(0));
        }
        for other in others.into_iter().filter(|other| *other != index) {
            links.insert((index.min(other), index.max(other)));
        }
    }
    links
}

fn own_records(replica: &Replica<MemoryStore>, agency: &AgencyId) -> Vec<Record> {
    let Ok(records) = replica.store().records_after(agency, Position::START, usize::MAX);
    records
}

fn describe_entity(iri: &str, number: u64, size: usize) -> Statement {
    use crate::description::{Description, Node, Object};
    let title = format!("{number} {}", "x".repeat(size));
    let triple = (Node::Iri(iri.to_owned()), "urn:title".to_owned(), Object::plain(title));
    let description = Description::new(iri, [triple]).expect("one small triple");
    Statement::describe(RecordKind::Dataset, &description)
}

fn describe(output: &Output) -> String {
    match output {
        Output::Announce(bytes) => format!("announce {} bytes", bytes.len()),
        Output::Judge { verdict, .. } => format!("judge {verdict:?}"),
        Output::Request { to, id, request } => format!("ask {} #{id} {request:?}", to.short()),
        Output::Respond { response, .. } => match response {
            Response::Page(page) => format!("page of {} records", page.records.len()),
            Response::Same
            | Response::Buckets(_)
            | Response::Summaries(_)
            | Response::Heads(_)
            | Response::NotReady
            | Response::Map { .. }
            | Response::Records { .. } => format!("answer {response:?}"),
        },
        Output::Verify { checks, .. } => format!("check {} records", checks.len()),
        Output::Event(event) => format!("{event:?}"),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
