//! The driver of the simulated nodes: what happens becomes an input of a
//! replica, and what it returns is carried out.

use core::time::Duration;

use super::disk::Disk;
use super::network::Message;
use super::node::{Loss, Node, Seen, State, complete_at};
use super::tally::Fault;
use super::{Happening, Run, Simulation, Violation};
use crate::id::{NodeId, hash};
use crate::replica::{Check, Event, Input, Output, Replica, Verdict};
use crate::time::Timestamp;
use crate::wire::{Request, Response};

/// How long a request may take before it counts as failed.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// How long gossip is remembered, so that it is judged once.
const SEEN: Duration = Duration::from_secs(5 * 60);

/// What is known of a request while it is being served.
#[derive(Debug)]
pub(super) struct Serving {
    pub(super) to: usize,
    start: u64,
    id: u64,
    /// The question, where the one who answers may lie.
    question: Option<Request>,
}

impl Simulation {
    pub(super) fn deliver(&mut self, from: usize, to: usize, message: Message) -> Run {
        if !self.are_linked(from, to) {
            return Ok(());
        }
        let is_started = |start| self.nodes.get(to).is_some_and(|node| node.starts == start);
        match message {
            Message::Gossip { bytes } => self.gossip(from, to, &bytes),
            Message::Request { start, id, bytes } => match Request::decode(&bytes) {
                Ok(request) => {
                    self.next_serving += 1;
                    let token = self.next_serving;
                    let question = (!self.is_honest(to)).then(|| request.clone());
                    self.serving.insert(token, Serving { to: from, start, id, question });
                    let from = self.node_id(from);
                    self.tell(to, Input::Requested { from, token, request })
                }
                Err(error) => {
                    let (peer, reason) = (self.node_id(from), error.to_string());
                    self.tell(to, Input::Misbehaved { peer, reason })
                }
            },
            Message::Response { start, id, bytes } if is_started(start) => {
                match Response::decode(&bytes) {
                    Ok(response) => {
                        if let Some(node) = self.nodes.get_mut(to)
                            && matches!(
                                response,
                                Response::Same | Response::Summaries(_) | Response::Heads(_)
                            )
                        {
                            node.comeback.answered.insert(from);
                        }
                        self.tell(to, Input::Answered { id, response })
                    }
                    Err(_) => self.tell(to, Input::Failed { id, malformed: true }),
                }
            }
            Message::Response { .. } => Ok(()),
        }
    }

    fn gossip(&mut self, from: usize, to: usize, bytes: &[u8]) -> Run {
        let now = self.now;
        let sender = self.node_id(from);
        let Some(node) = self.nodes.get_mut(to) else { return Ok(()) };
        node.seen.retain(|_, at| now.since(*at) < SEEN);
        if node.seen.insert(hash("gossip", &[bytes]), now).is_some() {
            return Ok(());
        }
        node.next_token += 1;
        let token = node.next_token;
        node.judging.insert(token, (from, bytes.to_vec()));
        self.tell(to, Input::Announced { from: sender, token, bytes: bytes.to_vec() })
    }

    /// Gives an input to a replica that is up, and does what it asks for.
    pub(super) fn tell(&mut self, index: usize, input: Input) -> Run {
        let flushes = self.below(10) == 0;
        let now = self.local(index);
        let Some(input) = self.overhear(index, input) else { return Ok(()) };
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        let State::Up(replica) = &mut node.state else { return Ok(()) };
        let result = replica.handle(input, now);
        let flushed = if flushes { replica.flush() } else { Ok(()) };
        let (Ok(outputs), Ok(())) = (result, flushed) else { return self.fail(index) };
        self.carry_out(index, outputs)?;
        self.check_step(index)
    }

    pub(super) fn carry_out(&mut self, index: usize, outputs: Vec<Output>) -> Run {
        for output in outputs {
            self.note(|| format!("{index}: {}", describe(&output)));
            match output {
                Output::Announce(bytes) => self.flood(index, None, &bytes),
                Output::Judge { token, verdict } => {
                    let node = self.nodes.get_mut(index);
                    let judged = node.and_then(|node| node.judging.remove(&token));
                    if let (Some((from, bytes)), Verdict::Accept) = (judged, verdict) {
                        self.check_passed_on(index, &bytes)?;
                        self.flood(index, Some(from), &bytes);
                    }
                }
                Output::Request { to, id, request } => self.request(index, to, id, &request),
                Output::Respond { token, response } => self.respond(index, token, &response)?,
                Output::Verify { id, checks } => self.verify(index, id, &checks)?,
                Output::Event(event) => self.hear_of(index, event)?,
            }
        }
        self.schedule_wake(index);
        Ok(())
    }

    /// Checks signatures, half of the time a little later, as other threads do.
    fn verify(&mut self, index: usize, id: u64, checks: &[Check]) -> Run {
        let holds: Vec<bool> = checks.iter().map(Check::holds).collect();
        if self.below(2) == 0 {
            return self.tell(index, Input::Verified { id, holds });
        }
        let start = self.nodes.get(index).map_or(0, |node| node.starts);
        let late = Duration::from_millis(self.below(2000));
        self.schedule(late, Happening::Verified { node: index, start, id, holds });
        Ok(())
    }

    fn hear_of(&mut self, index: usize, event: Event) -> Run {
        match event {
            Event::Blamed { peer, reason } => self.strike(index, peer, &reason),
            Event::CutOff { peer } => self.cut_off(index, peer),
            Event::Throttled { peer, .. } => {
                self.throttled(index, peer);
                Ok(())
            }
            Event::Forked { agency, .. } => self.told_of_fork(index, agency),
            Event::Decided { .. } => {
                self.forget_ended(index);
                Ok(())
            }
            Event::Changed { .. }
            | Event::Completed { .. }
            | Event::Reconciled { .. }
            | Event::Served { .. }
            | Event::Verified { .. }
            | Event::Recovering { .. }
            | Event::Rescued { .. }
            | Event::Applied { .. }
            | Event::KeyChanged { .. }
            | Event::Recovered { .. } => Ok(()),
        }
    }

    /// Notes that a node blamed a peer.
    fn strike(&mut self, index: usize, peer: NodeId, reason: &str) -> Run {
        if !self.is_honest(index) {
            return Ok(());
        }
        let Some(other) = self.index_of(peer) else { return Ok(()) };
        if self.is_honest(other) {
            let what = format!("{index} blamed {other} for {reason}");
            return Err(self.broken(Violation::HonestBlamed, &what));
        }
        self.tally.blames += 1;
        Ok(())
    }

    /// Closes the link to a peer that a node has heard enough lies from.
    fn cut_off(&mut self, index: usize, peer: NodeId) -> Run {
        let Some(other) = self.index_of(peer) else { return Ok(()) };
        if self.is_honest(index) && self.is_honest(other) {
            let what = format!("{index} cut off {other}");
            return Err(self.broken(Violation::HonestBlamed, &what));
        }
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        if node.cut.insert(peer) {
            self.tally.cut_offs += u64::from(self.is_honest(index));
            let own = self.node_id(index);
            // At once, as a driver would with the events that follow.
            self.schedule(Duration::ZERO, Happening::Gone { node: index, peer });
            self.schedule(Duration::ZERO, Happening::Gone { node: other, peer: own });
        }
        Ok(())
    }

    /// Notes that a node does not look at what a peer sends for a while.
    fn throttled(&mut self, index: usize, peer: NodeId) {
        let Some(other) = self.index_of(peer).filter(|_| self.is_honest(index)) else { return };
        if self.is_honest(other) {
            self.tally.honest_throttled += 1;
        } else {
            self.tally.throttled += 1;
        }
    }

    fn flood(&mut self, from: usize, except: Option<usize>, bytes: &[u8]) {
        let now = self.now;
        if let Some(node) = self.nodes.get_mut(from) {
            node.seen.insert(hash("gossip", &[bytes]), now);
        }
        let message = Message::Gossip { bytes: bytes.into() };
        for to in self.neighbours(from) {
            if Some(to) != except && !self.keeps_to_itself(from, to) {
                self.send(from, to, &message);
            }
        }
    }

    fn request(&mut self, from: usize, to: NodeId, id: u64, request: &Request) {
        let start = self.nodes.get(from).map_or(0, |node| node.starts);
        self.schedule(TIMEOUT, Happening::Timeout { node: from, start, id });
        let Some(to) = self.index_of(to) else { return };
        if self.are_linked(from, to) {
            let message = Message::Request { start, id, bytes: request.encode().into() };
            self.send(from, to, &message);
        }
    }

    fn respond(&mut self, from: usize, token: u64, response: &Response) -> Run {
        let Some(Serving { to, start, id, question }) = self.serving.remove(&token) else {
            return Ok(());
        };
        self.check_answer(from, to, response)?;
        if !self.are_linked(from, to) {
            return Ok(());
        }
        let told = match question {
            None => Some((response.encode(), Duration::ZERO)),
            Some(question) => self.answer_falsely(from, to, &question, response),
        };
        if let Some((bytes, late)) = told {
            let message = Message::Response { start, id, bytes: bytes.into() };
            self.send_late(from, to, &message, late);
        }
        Ok(())
    }

    /// The disk failed: the node goes down, as the driver does, and comes back
    /// a little later, perhaps only to find it still full.
    pub(super) fn fail(&mut self, index: usize) -> Run {
        self.note(|| format!("{index}: goes down, its disk is full"));
        self.check_step(index)?;
        self.go_down(index, Disk::crash)?;
        let wait = 500 + self.below(10_000);
        self.schedule(Duration::from_millis(wait), Happening::Restart { node: index });
        Ok(())
    }

    pub(super) fn crash(&mut self, index: usize, loss: Loss) -> Run {
        self.note(|| format!("{index}: crash, losing {loss:?}"));
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        let unflushed = node.disk().unflushed();
        let copy = node.copy.take();
        self.tally.fault(Fault::Crash);
        if unflushed > 0 {
            self.tally.fault(Fault::UnflushedLoss);
        }
        let fault = match loss {
            Loss::Unflushed => None,
            Loss::Disk => Some(Fault::DiskLoss),
            Loss::Everything => Some(Fault::TotalLoss),
            Loss::OldCopy => copy.is_some().then_some(Fault::OldCopy),
        };
        self.go_down(index, |disk| {
            disk.crash();
            match (loss, copy) {
                (Loss::Disk, _) => disk.lose(),
                (Loss::Everything, _) => disk.lose_everything(),
                (Loss::OldCopy, Some(copy)) => disk.restore(copy),
                (Loss::Unflushed | Loss::OldCopy, _) => {}
            }
        })?;
        if let Some(fault) = fault {
            self.tally.fault(fault);
            if let Some(node) = self.nodes.get_mut(index) {
                // What was lost before it started again is not there either.
                node.lost = node.lost.max(Some(loss));
            }
            self.lower_expectations();
        }
        Ok(())
    }

    pub(super) fn go_down(&mut self, index: usize, change: impl FnOnce(&mut Disk)) -> Run {
        let others = self.neighbours(index);
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        node.take_down(change);
        self.register.has_changed = true;
        let id = node.id;
        for other in others {
            self.tell(other, Input::Disconnected(id))?;
        }
        Ok(())
    }

    pub(super) fn start(&mut self, index: usize) -> Run {
        let seed = self.chance.rand_u64();
        let (federation, now) = (self.federation_of(index), self.local(index));
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        let State::Down(disk) = &mut node.state else { return Ok(()) };
        let own = Some((node.agency.clone(), node.signer.clone()));
        // A publication whose very last step failed is whole on the disk all the
        // same, and told to peers from now on.
        let whole = complete_at(&disk.flushed(), &node.agency.id());
        node.published = whole.map_or(node.published, |whole| node.published.max(whole));
        let Ok(mut replica) = Replica::open((**disk).clone(), federation, own, seed, now) else {
            self.note(|| format!("{index}: cannot start, its disk is full"));
            let wait = 500 + self.below(10_000);
            self.schedule(Duration::from_millis(wait), Happening::Restart { node: index });
            return Ok(());
        };
        if let Some(sabotage) = self.sabotage.filter(|_| node.is_honest()) {
            replica.plant(sabotage);
        }
        if node.starts > 0 && node.is_honest() {
            replica.confirm();
        }
        for catalogue in replica.catalogues() {
            // It need not have the set of this head any more: it may have been
            // fetching a newer one.
            node.shown.insert(catalogue.id(), Seen::at(catalogue.head.as_ref()));
        }
        node.state = State::Up(Box::new(replica));
        node.starts += 1;
        let id = node.id;
        let lost = node.lost.take();
        self.note(|| format!("{index}: start"));
        if let Some(loss) = lost {
            self.returns(index, loss);
        }
        self.introduce(index)?;
        if !self.is_up(index) {
            return Ok(());
        }
        for other in self.neighbours(index) {
            self.tell(other, Input::Connected(id))?;
            let other = self.node_id(other);
            self.tell(index, Input::Connected(other))?;
        }
        self.schedule_wake(index);
        Ok(())
    }

    pub(super) fn schedule_wake(&mut self, index: usize) {
        let local = self.local(index);
        let Some(replica) = self.nodes.get(index).and_then(Node::replica) else { return };
        let wait = replica.wake_at().since(local).max(Duration::from_millis(1));
        let at = self.now.after(wait);
        let now = self.now;
        let Some(node) = self.nodes.get_mut(index) else { return };
        if node.wakes.is_some_and(|planned| planned <= at && planned > now) {
            return;
        }
        node.wakes = Some(at);
        let start = node.starts;
        self.schedule(wait, Happening::Wake { node: index, start });
    }

    /// Returns the time by a node's own clock.
    pub(super) fn local(&self, index: usize) -> Timestamp {
        let skew = self.nodes.get(index).map_or(0, |node| node.skew);
        let millis = self.now.as_millis().saturating_add(self.ages);
        Timestamp::from_millis(millis.saturating_add_signed(skew))
    }
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
            | Response::Membership(_)
            | Response::Map { .. }
            | Response::Records { .. } => format!("answer {response:?}"),
        },
        Output::Verify { checks, .. } => format!("check {} records", checks.len()),
        Output::Event(event) => format!("{event:?}"),
    }
}
