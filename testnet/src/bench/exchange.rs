//! Two replicas that exchange messages as bytes, with every byte and the work
//! of each side counted.
//!
//! Invariant: what one side says reaches the other only through the encoding
//! that goes over the wire, and time stands still, so that nothing happens but
//! what follows from their meeting.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use anyhow::bail;
use dela_protocol::id::NodeId;
use dela_protocol::replica::{Check, Event, Input, Output, Replica};
use dela_protocol::store::Store;
use dela_protocol::time::Timestamp;
use dela_protocol::wire::{Request, Response};

use super::processor::Watch;

/// What the network puts in front of each message.
pub(super) const FRAME_BYTES: usize = 9;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Near,
    Far,
}

/// A message on its way.
struct Letter {
    to: Side,
    id: u64,
    answers: bool,
    bytes: Vec<u8>,
}

/// What was exchanged, and what it cost.
#[derive(Debug, Clone, Default)]
pub(super) struct Traffic {
    /// How many messages were sent.
    pub(super) messages: usize,
    /// Bytes of records.
    pub(super) records: usize,
    /// All other bytes, by what they are.
    pub(super) beside: BTreeMap<&'static str, usize>,
    /// What the near side's work took.
    pub(super) near: Work,
    /// What the far side's work took.
    pub(super) far: Work,
}

/// What work took, by the clock, and the time of processors as far as the
/// system tells it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Work {
    /// Reading and writing messages, and storing what came.
    pub(super) handling: Duration,
    /// Checking signatures, on all cores.
    pub(super) checking: Duration,
    /// Processor time of the former.
    pub(super) handling_busy: Duration,
    /// Processor time of the latter.
    pub(super) checking_busy: Duration,
}

impl Work {
    /// Returns how long it took in all.
    pub(super) fn whole(&self) -> Duration {
        self.handling + self.checking
    }
}

impl Traffic {
    /// Returns how many bytes were sent beside the records.
    pub(super) fn overhead(&self) -> usize {
        self.beside.values().sum()
    }

    fn count(&mut self, what: &'static str, bytes: usize) {
        *self.beside.entry(what).or_default() += bytes;
    }

    fn count_request(&mut self, request: &Request, bytes: usize) {
        let what = match request {
            Request::Status { .. } => "roots",
            Request::Summaries { .. } => "buckets asked for",
            Request::Heads { .. } => "heads asked for",
            Request::Since { .. } => "pages asked for",
            Request::Map { .. } | Request::Records { .. } => "repairs asked for",
            Request::Membership(_) => "membership",
        };
        self.count(what, bytes);
    }

    fn count_response(&mut self, response: &Response, bytes: usize) {
        let sum = |list: &[Vec<u8>]| list.iter().map(Vec::len).sum::<usize>();
        let counted = match response {
            Response::Same | Response::NotReady => {
                self.count("roots", bytes);
                bytes
            }
            Response::Buckets(_) => {
                self.count("bucket digests", bytes);
                bytes
            }
            Response::Summaries(_) => {
                self.count("summaries of heads", bytes);
                bytes
            }
            Response::Heads(heads) => {
                let statements = heads.iter().map(|one| sum(&one.statements)).sum();
                let signed = heads.iter().map(|one| one.head.len()).sum();
                self.count("statements of agencies", statements);
                self.count("signed heads", signed);
                statements + signed
            }
            Response::Page(page) => {
                let records = sum(&page.records);
                self.records += records;
                self.count("signed heads, again with each page", page.head.len());
                records + page.head.len()
            }
            Response::Membership(_) => {
                self.count("membership", bytes);
                bytes
            }
            Response::Map { .. } => {
                self.count("repairs", bytes);
                bytes
            }
            Response::Records { records, .. } => {
                let records = sum(records);
                self.records += records;
                records
            }
        };
        self.count("envelopes", bytes.saturating_sub(counted));
    }
}

/// Two replicas that meet.
pub(super) struct Pair<N, F> {
    near: Replica<N>,
    far: Replica<F>,
    now: Timestamp,
    letters: VecDeque<Letter>,
    traffic: Traffic,
}

impl<N: Store, F: Store> Pair<N, F> {
    /// Has two replicas meet at `now`.
    pub(super) fn new(near: Replica<N>, far: Replica<F>, now: Timestamp) -> Self {
        Self { near, far, now, letters: VecDeque::new(), traffic: Traffic::default() }
    }

    /// Has them exchange what they have to say, and returns what that was and
    /// the near replica, which holds all that the far one does.
    pub(super) fn reconcile(mut self) -> anyhow::Result<(Traffic, Replica<N>, Replica<F>)> {
        self.tell(Side::Near, Input::Connected(node(Side::Far)))?;
        self.tell(Side::Far, Input::Connected(node(Side::Near)))?;
        while let Some(letter) = self.letters.pop_front() {
            self.deliver(letter)?;
        }
        if self.near.root() != self.far.root() {
            bail!("the two replicas do not hold the same after all that was said");
        }
        Ok((self.traffic, self.near, self.far))
    }

    fn deliver(&mut self, letter: Letter) -> anyhow::Result<()> {
        let Letter { to, id, answers, bytes } = letter;
        let watch = Watch::start();
        let input = if answers {
            Input::Answered { id, response: Response::decode(&bytes)? }
        } else {
            let from = node(if to == Side::Near { Side::Far } else { Side::Near });
            Input::Requested { from, token: id, request: Request::decode(&bytes)? }
        };
        self.handled(to, watch);
        self.tell(to, input)
    }

    fn work(&mut self, side: Side) -> &mut Work {
        match side {
            Side::Near => &mut self.traffic.near,
            Side::Far => &mut self.traffic.far,
        }
    }

    fn handled(&mut self, side: Side, watch: Watch) {
        let (took, busy) = watch.stop();
        let work = self.work(side);
        work.handling += took;
        work.handling_busy += busy;
    }

    /// Tells one side something, and sends what it has to say to that.
    fn tell(&mut self, side: Side, input: Input) -> anyhow::Result<()> {
        let watch = Watch::start();
        let outputs = match side {
            Side::Near => self.near.handle(input, self.now)?,
            Side::Far => self.far.handle(input, self.now)?,
        };
        self.handled(side, watch);
        let other = if side == Side::Near { Side::Far } else { Side::Near };
        for output in outputs {
            match output {
                Output::Request { id, request, .. } => {
                    let bytes = request.encode();
                    self.traffic.count_request(&request, bytes.len() + FRAME_BYTES);
                    self.send(Letter { to: other, id, answers: false, bytes });
                }
                Output::Respond { token, response } => {
                    let watch = Watch::start();
                    let bytes = response.encode();
                    self.handled(side, watch);
                    self.traffic.count_response(&response, bytes.len() + FRAME_BYTES);
                    self.send(Letter { to: other, id: token, answers: true, bytes });
                }
                Output::Verify { id, checks } => {
                    let begun = Instant::now();
                    let (holds, busy) = check(&checks);
                    let work = self.work(side);
                    work.checking += begun.elapsed();
                    work.checking_busy += busy;
                    self.tell(side, Input::Verified { id, holds })?;
                }
                Output::Event(Event::Blamed { reason, .. }) => bail!("blamed for {reason}"),
                Output::Event(_) | Output::Announce(_) | Output::Judge { .. } => {}
            }
        }
        Ok(())
    }

    fn send(&mut self, letter: Letter) {
        self.traffic.messages += 1;
        self.letters.push_back(letter);
    }
}

/// Checks signatures on all cores, as the node's driver has it done, and returns
/// also how long they were busy with it. Nothing else is done meanwhile, which
/// the node does not wait with.
fn check(checks: &[Check]) -> (Vec<bool>, Duration) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = checks.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        let parts = checks.chunks(share).map(|part| {
            scope.spawn(move || {
                let watch = Watch::start();
                (part.iter().map(Check::holds).collect::<Vec<bool>>(), watch.stop().1)
            })
        });
        let parts: Vec<_> = parts.collect();
        let (mut holds, mut busy) = (Vec::new(), Duration::ZERO);
        for part in parts {
            // What panicked is not answered, and so counts as not checked.
            let (part, time) = part.join().unwrap_or_default();
            holds.extend(part);
            busy += time;
        }
        (holds, busy)
    })
}

fn node(side: Side) -> NodeId {
    NodeId::from_bytes([if side == Side::Near { 1 } else { 2 }; 32])
}
