//! The simulator: many replicas, some of them dishonest, one virtual clock, and
//! a network and disks that fail in every way they do, all from one seed.
//!
//! A run has two phases: chaos, in which agencies publish while everything goes
//! wrong, and healing, in which nothing goes wrong any more, except that the
//! dishonest go on lying, and all honest replicas must come to hold the same.
//! The same seed gives the same run, to the byte.
//!
//! Invariants, checked on every step of every honest replica: it takes in
//! nothing that its agency did not sign in this federation, it never goes back
//! to an older head, it shows nothing again that was gone, it calls no set
//! complete that its agency did not sign, and it blames nobody honest. No two
//! records of an honest agency are ever signed for one position. At the end
//! every honest replica offers exactly what was acknowledged to each honest
//! publisher.
//!
//! In a run with a charter ([`Simulation::chartered`]) the federation has a council
//! that admits, suspends and revokes meanwhile, and what is not admitted is never
//! held, served or passed on.

mod belonging;
mod charter;
mod checks;
pub mod council;
mod disk;
mod driver;
mod faults;
mod liar;
mod loot;
mod network;
mod node;
mod publisher;
mod tally;
mod trace;
mod violation;

use core::time::Duration;
use std::collections::BTreeMap;

use charter::Chartered;
use checks::Register;
use driver::Serving;
pub use faults::Faults;
use liar::Liars;
use network::{Message, Network};
use node::{Loss, Node};
use oorandom::Rand64;
pub use tally::{Fault, Lie, Tally, Turn};
use trace::Trace;
pub use violation::{Failure, Violation};

use crate::id::{Digest, FederationId, NodeId};
use crate::limits::WITHDRAWAL_KEPT;
use crate::replica::{Input, Sabotage};
use crate::time::Timestamp;

/// What a run showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The root over the honest agencies that all honest replicas ended with.
    pub root: Digest,
    /// The digest of everything that happened.
    pub digest: Digest,
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
    /// What went wrong and what lies were told.
    pub tally: Tally,
}

/// The result of a step.
type Run<T = ()> = Result<T, Failure>;

#[derive(Debug)]
enum Happening {
    Delivery { from: usize, to: usize, number: u64, message: Message },
    Timeout { node: usize, start: u64, id: u64 },
    Wake { node: usize, start: u64 },
    Gone { node: usize, peer: NodeId },
    Verified { node: usize, start: u64, id: u64, holds: Vec<bool> },
    Publish { node: usize, then_crash: bool },
    Crash { node: usize, loss: Loss },
    Copy { node: usize },
    Restart { node: usize },
    Split { side: Vec<bool> },
    Join,
    Deaf { node: usize, to: Option<usize> },
    Hear { node: usize },
    Full { node: usize, writes_left: u32 },
    Freed { node: usize },
    Jump { node: usize, by: u64 },
    Ages,
    Lie { node: usize },
    Move { number: usize },
    Second { number: usize },
    Rotate,
}

/// Many replicas and the network between them.
#[derive(Debug)]
pub struct Simulation {
    faults: Faults,
    sabotage: Option<Sabotage>,
    seed: u64,
    chance: Rand64,
    federation: FederationId,
    now: Timestamp,
    /// How much later it is by all clocks, in milliseconds.
    ages: u64,
    chaotic: bool,
    crashes_after_publication: bool,
    nodes: Vec<Node>,
    /// So many nodes are honest: the first ones.
    honest: usize,
    liars: Liars,
    /// What there is to know of the charter, in a federation that has one.
    charter: Option<Chartered>,
    network: Network,
    queue: BTreeMap<(Timestamp, u64), Happening>,
    scheduled: u64,
    serving: BTreeMap<u64, Serving>,
    next_serving: u64,
    register: Register,
    messages: u64,
    lost: u64,
    bytes: u64,
    tally: Tally,
    trace: Trace,
}

impl Simulation {
    /// Prepares a run.
    pub fn new(seed: u64, faults: Faults) -> Self {
        let federation = FederationId::open("simulation");
        let mut chance = Rand64::new(u128::from(seed));
        let now = Timestamp::from_millis(1_800_000_000_000);
        let honest = faults.replicas - faults.dishonest();
        let mut liars = Liars::new(seed, federation);
        let nodes = (0..faults.replicas)
            .map(|index| {
                // Two dishonest nodes share one agency, and tell each its own
                // truth in its name.
                let has_twin = index >= honest && index + 2 >= faults.replicas;
                let key_number = if has_twin { faults.replicas - 1 } else { index };
                let mut node = Node::new(seed, (index, key_number), now);
                if index >= honest {
                    node.has_twin = has_twin;
                    node.lies = liars.character(has_twin);
                }
                node
            })
            .collect();
        let network = Network::new(&mut chance, faults.replicas, honest);
        let mut simulation = Self {
            faults,
            sabotage: None,
            seed,
            chance,
            federation,
            now,
            ages: 0,
            chaotic: true,
            crashes_after_publication: false,
            nodes,
            honest,
            liars,
            charter: None,
            network,
            queue: BTreeMap::new(),
            scheduled: 0,
            serving: BTreeMap::new(),
            next_serving: 0,
            register: Register::default(),
            messages: 0,
            lost: 0,
            bytes: 0,
            tally: Tally::default(),
            trace: Trace::new(),
        };
        simulation.set_clocks();
        simulation.plan();
        simulation
    }

    /// Keeps a line about everything that happens.
    #[must_use]
    pub fn traced(mut self) -> Self {
        self.trace.keep_lines();
        self
    }

    /// Plants a bug in every honest replica.
    #[must_use]
    pub fn sabotaged(mut self, sabotage: Sabotage) -> Self {
        self.sabotage = Some(sabotage);
        self
    }

    /// Returns what [`traced`](Self::traced) kept.
    pub fn trace(&self) -> &[String] {
        self.trace.lines()
    }

    /// Runs chaos and healing.
    ///
    /// # Errors
    ///
    /// What did not hold, with the seed to run it again.
    pub fn run(&mut self) -> Result<Outcome, Failure> {
        for node in 0..self.nodes.len() {
            self.start(node)?;
        }
        let end = self.now.after(self.faults.chaos);
        self.run_until(end, None)?;
        self.heal()?;
        let healing = self.now;
        let end = healing.after(self.faults.healing);
        self.run_until(end, Some(Whom::Honest))?;
        let healed_after = self.now.since(healing);
        self.demand(Whom::Honest)?;
        self.check_offers()?;
        self.publish_once_more()?;
        // Whatever the lies of the healing did must show by then.
        let after = self.now.after(Duration::from_secs(20));
        self.run_until(after, None)?;
        self.run_until(end.max(self.now).after(self.faults.healing), Some(Whom::All))?;
        self.demand(Whom::All)?;
        self.check_offers()?;
        self.check_equality()?;
        self.check_forks()?;
        self.check_fates()?;
        Ok(Outcome {
            root: self.demand(Whom::Honest)?,
            digest: self.trace.digest(),
            healed_after,
            records: self.live_records(),
            messages: self.messages,
            lost: self.lost,
            bytes: self.bytes,
            tally: self.tally.clone(),
        })
    }

    /// Demands that all honest replicas hold the same of these agencies.
    fn demand(&self, whom: Whom) -> Run<Digest> {
        self.agreed(whom).ok_or_else(|| {
            let what = format!("not the same after healing: {}", self.differences());
            let torn = whom == Whom::All && self.common_root().is_some();
            self.broken(if torn { Violation::Torn } else { Violation::Diverged }, &what)
        })
    }

    /// Returns the root over the honest agencies, if all honest replicas agree.
    fn agreed(&self, whom: Whom) -> Option<Digest> {
        self.common_root().filter(|_| self.agree_on_members()).filter(|_| {
            whom == Whom::Honest || (self.agree_on_dishonest() && self.is_all_checked())
        })
    }

    fn broken(&self, violation: Violation, what: &str) -> Failure {
        let is_chartered = self.charter.is_some();
        Failure { seed: self.seed, is_chartered, violation, what: what.to_owned() }
    }

    fn set_clocks(&mut self) {
        let range = millis(self.faults.skew_max);
        for index in 0..self.nodes.len() {
            let skew = self.below(range.saturating_mul(2)).cast_signed() - range.cast_signed();
            if let Some(node) = self.nodes.get_mut(index) {
                node.skew = skew;
            }
            if skew != 0 {
                self.tally.fault(Fault::ClockSkew);
            }
        }
    }

    fn heal(&mut self) -> Run {
        self.chaotic = false;
        self.note(|| "healing begins".to_owned());
        self.queue.retain(|_, happening| {
            matches!(
                happening,
                Happening::Delivery { .. }
                    | Happening::Timeout { .. }
                    | Happening::Wake { .. }
                    | Happening::Gone { .. }
                    | Happening::Verified { .. }
                    | Happening::Lie { .. }
                    | Happening::Move { .. }
                    | Happening::Second { .. }
                    | Happening::Rotate
            )
        });
        self.happen(Happening::Join)?;
        for node in 0..self.nodes.len() {
            self.happen(Happening::Hear { node })?;
            self.happen(Happening::Freed { node })?;
            self.happen(Happening::Restart { node })?;
        }
        self.remind()?;
        self.register.has_changed = true;
        Ok(())
    }

    /// Runs until `end`, or until all honest replicas hold the same.
    fn run_until(&mut self, end: Timestamp, common: Option<Whom>) -> Run {
        let mut steps = 0_u64;
        self.register.has_changed = true;
        loop {
            if let Some(whom) = common
                && self.register.has_changed
                && self.gates_are_open()
                && core::mem::take(&mut self.register.has_changed)
                && self.agreed(whom).is_some()
            {
                return Ok(());
            }
            let Some(next) = self.queue.first_entry().filter(|next| next.key().0 <= end) else {
                break;
            };
            let ((at, _), happening) = next.remove_entry();
            self.now = at;
            self.happen(happening)?;
            steps += 1;
            if steps > 5_000_000 {
                return Err(self.broken(Violation::Livelock, "five million steps"));
            }
        }
        self.now = end;
        Ok(())
    }

    fn happen(&mut self, happening: Happening) -> Run {
        self.trace_of(&happening);
        let is_started =
            |node: usize, start: u64| self.nodes.get(node).is_some_and(|node| node.starts == start);
        match happening {
            Happening::Delivery { from, to, number, message } => {
                if self.network.arrives(from, to, number) {
                    self.tally.fault(Fault::Reordering);
                }
                self.deliver(from, to, message)
            }
            Happening::Timeout { node, start, id } if is_started(node, start) => {
                self.tell(node, Input::Failed { id, malformed: false })
            }
            Happening::Wake { node, start } if is_started(node, start) => {
                self.tell(node, Input::Wake)?;
                self.schedule_wake(node);
                Ok(())
            }
            Happening::Verified { node, start, id, holds } if is_started(node, start) => {
                self.tell(node, Input::Verified { id, holds })
            }
            Happening::Timeout { .. } | Happening::Wake { .. } | Happening::Verified { .. } => {
                Ok(())
            }
            Happening::Gone { node, peer } => self.tell(node, Input::Disconnected(peer)),
            Happening::Publish { node, then_crash } => self.publish(node, then_crash),
            Happening::Lie { node } => self.lie(node),
            Happening::Move { number } => self.propose(number),
            Happening::Second { number } => self.second(number),
            Happening::Rotate => self.rotate(),
            Happening::Crash { node, loss } => self.crash(node, loss),
            Happening::Restart { node } => self.start(node),
            Happening::Split { side } => self.split(Some(side)),
            Happening::Join => self.split(None),
            Happening::Copy { .. }
            | Happening::Deaf { .. }
            | Happening::Hear { .. }
            | Happening::Full { .. }
            | Happening::Freed { .. }
            | Happening::Jump { .. }
            | Happening::Ages => {
                self.befall(&happening);
                Ok(())
            }
        }
    }

    /// What happens to nodes without their replicas being told.
    fn befall(&mut self, happening: &Happening) {
        self.note(|| format!("{happening:?}"));
        match *happening {
            Happening::Copy { node } => {
                if let Some(node) = self.nodes.get_mut(node) {
                    node.copy = Some(node.disk().flushed());
                }
            }
            Happening::Deaf { node, to: Some(to) } => {
                self.network.deafen(node, [to].into_iter());
            }
            Happening::Deaf { node, to: None } => {
                self.network.deafen(node, 0..self.nodes.len());
            }
            Happening::Hear { node } => self.network.hear(node),
            Happening::Full { node, writes_left } => {
                if let Some(node) = self.nodes.get(node) {
                    node.disk().fill(writes_left);
                }
            }
            Happening::Freed { node } => {
                if let Some(node) = self.nodes.get(node) {
                    node.disk().free();
                }
            }
            Happening::Jump { node, by } => {
                self.tally.fault(Fault::ClockJump);
                if let Some(node) = self.nodes.get_mut(node) {
                    node.skew = node.skew.saturating_add_unsigned(by);
                }
            }
            Happening::Ages => {
                self.tally.fault(Fault::Ages);
                let day = Duration::from_secs(24 * 60 * 60);
                self.ages += millis(WITHDRAWAL_KEPT.saturating_add(day));
                for node in 0..self.nodes.len() {
                    self.schedule_wake(node);
                }
            }
            Happening::Delivery { .. }
            | Happening::Timeout { .. }
            | Happening::Wake { .. }
            | Happening::Gone { .. }
            | Happening::Verified { .. }
            | Happening::Publish { .. }
            | Happening::Crash { .. }
            | Happening::Restart { .. }
            | Happening::Split { .. }
            | Happening::Join
            | Happening::Lie { .. }
            | Happening::Move { .. }
            | Happening::Second { .. }
            | Happening::Rotate => {}
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "all that is rare is noted by its text, also what is still to come"
    )]
    fn trace_of(&mut self, happening: &Happening) {
        let number = |index: usize| u64::try_from(index).unwrap_or(u64::MAX);
        let now = self.now;
        let (kind, numbers, bytes): (u8, [u64; 3], &[u8]) = match happening {
            Happening::Delivery { from, to, number: sent, message } => {
                (0, [number(*from), number(*to), *sent], message.bytes())
            }
            Happening::Timeout { node, start, id } => (1, [number(*node), *start, *id], &[]),
            Happening::Wake { node, start } => (2, [number(*node), *start, 0], &[]),
            other => {
                let text = format!("{other:?}");
                self.trace.happened(now, 3, [0; 3], text.as_bytes());
                return;
            }
        };
        self.trace.happened(now, kind, numbers, bytes);
    }

    fn is_honest(&self, index: usize) -> bool {
        index < self.honest
    }

    fn schedule(&mut self, after: Duration, happening: Happening) {
        self.scheduled += 1;
        self.queue.insert((self.now.after(after), self.scheduled), happening);
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.chance.rand_range(0..bound.max(1))
    }

    fn index(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.below(bound)).unwrap_or(0)
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        self.trace.line(self.now, line);
    }
}

/// Whose catalogues must be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whom {
    /// Those of honest agencies.
    Honest,
    /// All.
    All,
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
