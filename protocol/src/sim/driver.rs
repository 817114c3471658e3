//! The driver of the simulated nodes: what happens becomes an input of a
//! replica, and what it returns is carried out.

use core::time::Duration;

use super::node::State;
use super::{Happening, Simulation};
use crate::id::{NodeId, hash};
use crate::replica::{Event, Input, Output, Replica, Verdict};
use crate::store::MemoryStore;
use crate::wire::{Request, Response};

/// How long a request may take before it counts as failed.
const TIMEOUT: Duration = Duration::from_secs(10);

impl Simulation {
    pub(super) fn happen(&mut self, happening: Happening) -> Result<(), String> {
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

    pub(super) fn gossip(&mut self, from: usize, to: usize, bytes: Vec<u8>) -> Result<(), String> {
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
    pub(super) fn tell(&mut self, index: usize, input: Input) -> Result<(), String> {
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

    pub(super) fn carry_out(&mut self, index: usize, outputs: Vec<Output>) -> Result<(), String> {
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

    pub(super) fn flood(&mut self, from: usize, except: Option<usize>, bytes: &[u8]) {
        if let Some(node) = self.nodes.get_mut(from) {
            node.seen.insert(hash("gossip", &[bytes]));
        }
        for to in self.neighbours(from) {
            if Some(to) != except {
                self.send(bytes.len(), |_| Happening::Gossip { from, to, bytes: bytes.to_vec() });
            }
        }
    }

    pub(super) fn request(&mut self, from: usize, to: NodeId, id: u64, request: &Request) {
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

    pub(super) fn respond(&mut self, from: usize, token: u64, response: &Response) {
        let Some((to, start, id)) = self.serving.remove(&token) else { return };
        if self.are_linked(from, to) {
            let bytes = response.encode();
            self.send(bytes.len(), |_| Happening::Response { to, start, id, bytes: bytes.clone() });
        }
    }

    pub(super) fn crash(&mut self, index: usize, loses_disk: bool) -> Result<(), String> {
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

    pub(super) fn start(&mut self, index: usize) -> Result<(), String> {
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

    pub(super) fn schedule_wake(&mut self, index: usize) {
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
        Output::Event(event) => format!("{event:?}"),
    }
}
