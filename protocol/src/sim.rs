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

mod checks;
mod driver;
mod faults;
mod network;
mod node;
mod publisher;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

pub use faults::Faults;
use network::links;
use node::Node;
use oorandom::Rand64;

use crate::id::{AgencyId, Digest, FederationId, RecordId};
use crate::record::Position;
use crate::time::Timestamp;

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
            (0..faults.replicas).map(|index| Node::new(seed, index, &federation, now)).collect();
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
        let now = self.now;
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{now} {}", line()));
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
