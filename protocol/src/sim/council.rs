//! A council alone: honest nodes that count its votes, and a minority of its
//! seats that do all they can to make them count differently, all from one seed.
//!
//! A run has two phases, as that of the replicas: chaos, in which seats move and
//! vote while messages are lost, doubled, overtaken and cut off, and healing, in
//! which nodes exchange what the other lacks until nothing changes any more.
//!
//! Invariants, checked after every step on each honest node that changed: what
//! is in force there was signed by enough seats, and of a replaced council only
//! what its successor carries on; no two charters of one number are in force;
//! nothing that an honest node passes on is refused by another; a restart changes
//! nothing. At the end all evaluate the same, and as the ledger does, and so does
//! a newcomer that gets everything in reverse. The ledger of who signed what
//! counts by itself and asks no [`Federation`].

mod ledger;
mod people;
mod plot;
mod seat;
mod tally;

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

use ledger::{Broken, Ledger};
use oorandom::Rand64;
use people::{Person, people};
pub use tally::{Deed, Tally};

use crate::federation::charter::{Charter, CharterStatement, Guests, Seat, Thresholds};
use crate::federation::{Act, Federation, Flaw, Member};
use crate::id::{AgencyId, CharterId, FederationId};
use crate::time::Timestamp;

/// The honest nodes, each of another agency.
const NODES: usize = 10;

/// The steps of chaos.
const STEPS: u64 = 140;

/// The most rounds of exchanges that healing may take.
const ROUNDS_MAX: usize = 40;

/// The most times a newcomer is shown everything: 64 motions of a seat that
/// floods fit in one, and each charter takes a few.
const SHOWINGS_MAX: usize = 100;

/// The kind of promise that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// Something is in force that too few seats signed.
    TooFewVotes,
    /// Something is in force that nobody moved, or that says something else.
    Forged,
    /// A decision of a replaced council is in force that was not carried on.
    NotCarried,
    /// Two charters of one number are in force.
    TwoCharters,
    /// What an honest node passed on was refused by another.
    HonestRefused,
    /// A node evaluates otherwise after a restart.
    ChangedByRestart,
    /// What has enough votes is not in force, or in the wrong order.
    Miscounted,
    /// The nodes did not come to evaluate the same.
    Diverged,
    /// The exchanges did not end.
    Livelock,
}

/// Which promise was broken, and the seed that shows it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// The promise.
    pub violation: Violation,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, violation, what } = self;
        write!(
            f,
            "seed {seed}: {violation:?}: {what}. Run it again: cargo run --bin dela-testnet -- \
             sim --council --seed {seed}"
        )
    }
}

impl core::error::Error for Failure {}

type Run<T = ()> = Result<T, Failure>;

/// Acts on their way to a node.
#[derive(Debug, Clone)]
struct Mail {
    from: Sender,
    to: usize,
    at: u64,
    acts: Vec<Vec<u8>>,
}

/// Who sent something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sender {
    Node(usize),
    Plotter,
}

/// A council and the nodes that count its votes.
#[derive(Debug)]
pub struct Simulation {
    seed: u64,
    chance: Rand64,
    flaw: Option<Flaw>,
    id: FederationId,
    first: Charter,
    people: Vec<Person>,
    nodes: Vec<Federation>,
    changed: BTreeSet<usize>,
    mail: Vec<Mail>,
    /// Which side of a partition each node is on.
    side: Option<Vec<bool>>,
    step: u64,
    floods: bool,
    ledger: Ledger,
    /// The charter of each number that was in force anywhere honest.
    in_force: BTreeMap<u32, CharterId>,
    /// What the dishonest have signed and keep for later.
    withheld: Vec<Vec<u8>>,
    tally: Tally,
}

/// What a federation evaluates to.
type Evaluation = (BTreeMap<AgencyId, Member>, Vec<CharterId>);

fn evaluation(federation: &Federation) -> Evaluation {
    let members = federation.members().map(|(agency, member)| (*agency, member.clone())).collect();
    (members, federation.charters().map(|(charter, _)| charter.id()).collect())
}

fn encoded(acts: &[Act]) -> Vec<Vec<u8>> {
    acts.iter().map(Act::encode).collect()
}

impl Simulation {
    /// Prepares a run.
    pub fn new(seed: u64) -> Self {
        let mut chance = Rand64::new(u128::from(seed));
        let mut below = |bound: u64| chance.rand_range(0..bound);
        let seats = match below(5) {
            0 => 3,
            1 => 4,
            2 => 7,
            _ => 5,
        };
        let most = people::dishonest_max(seats, Thresholds::usual(seats));
        let dishonest = if below(3) == 0 { most.saturating_sub(1) } else { most };
        let floods = dishonest > 0 && below(4) == 0;
        let everybody = people(seed, NODES, dishonest);
        let first = first_charter(&everybody, seats - dishonest, dishonest);
        let id = first.federation();
        Self {
            seed,
            chance,
            flaw: None,
            id,
            first,
            people: everybody,
            nodes: (0..NODES).map(|_| Federation::chartered(id)).collect(),
            changed: BTreeSet::new(),
            mail: Vec::new(),
            side: None,
            step: 0,
            floods,
            ledger: Ledger::default(),
            in_force: BTreeMap::new(),
            withheld: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Plants a bug in every honest node.
    #[must_use]
    pub fn planted(mut self, flaw: Flaw) -> Self {
        self.flaw = Some(flaw);
        self.nodes.iter_mut().for_each(|node| node.plant(flaw));
        self
    }

    /// Runs chaos and healing, and returns what happened.
    ///
    /// # Errors
    ///
    /// What did not hold, with the seed to run it again.
    pub fn run(&mut self) -> Result<Tally, Failure> {
        self.people.iter_mut().for_each(|person| person.apply(&self.id));
        let first = Act::Charter(self.first.clone()).encode();
        self.hand_in(0, &[first])?;
        while self.step < STEPS {
            self.step += 1;
            self.deliver()?;
            self.network_changes();
            self.honest_turn()?;
            self.honest_turn()?;
            if self.per_mille(300) {
                self.plot();
            }
            if self.per_mille(500) {
                let (one, other) = (self.index(NODES), self.index(NODES));
                if one != other && !self.is_cut(one, other) {
                    self.exchange(one, other)?;
                }
            }
            if self.per_mille(20) {
                let node = self.index(NODES);
                self.restart(node)?;
            }
            self.check()?;
        }
        self.heal()?;
        self.join()?;
        self.sum_up();
        Ok(self.tally.clone())
    }

    fn broken(&self, violation: Violation, what: impl Into<String>) -> Failure {
        Failure { seed: self.seed, violation, what: what.into() }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.chance.rand_range(0..bound.max(1))
    }

    fn index(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.below(bound)).unwrap_or(0)
    }

    fn per_mille(&mut self, of_1000: u64) -> bool {
        self.below(1000) < of_1000
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + self.step * 1000)
    }

    fn node(&self, index: usize) -> &Federation {
        self.nodes.get(index).unwrap_or_else(|| unreachable!("there are as many nodes as indices"))
    }

    fn is_cut(&self, one: usize, other: usize) -> bool {
        self.side.as_ref().is_some_and(|side| side.get(one) != side.get(other))
    }

    fn network_changes(&mut self) {
        if self.side.is_some() && self.per_mille(60) {
            self.side = None;
        } else if self.side.is_none() && self.per_mille(25) {
            self.side = Some((0..NODES).map(|_| self.per_mille(500)).collect());
            self.tally.did(Deed::Partition);
        }
    }

    /// A node takes in what its own seat signed, and passes it on.
    fn hand_in(&mut self, node: usize, acts: &[Vec<u8>]) -> Run {
        self.give(Sender::Node(node), node, acts)
    }

    /// Shows acts to a node, which passes on what is new.
    fn give(&mut self, from: Sender, to: usize, acts: &[Vec<u8>]) -> Run {
        let Some(node) = self.nodes.get_mut(to) else { return Ok(()) };
        let was_in = node.digest();
        let (new, error) = match node.take(acts) {
            Ok(new) => (new, None),
            Err((new, error)) => (new, Some(error)),
        };
        if node.digest() != was_in {
            self.changed.insert(to);
        }
        if let (Some(error), Sender::Node(from)) = (&error, from) {
            let what = format!("node {to} refused what node {from} passed on: {error}");
            return Err(self.broken(Violation::HonestRefused, what));
        }
        if error.is_some() {
            self.tally.did(Deed::Refused);
        }
        if !new.is_empty() {
            self.spread(to, &encoded(&new));
        }
        Ok(())
    }

    fn spread(&mut self, from: usize, acts: &[Vec<u8>]) {
        for _ in 0..2 {
            let to = self.index(NODES);
            if to != from {
                self.post(Sender::Node(from), to, acts);
            }
        }
    }

    fn post(&mut self, from: Sender, to: usize, acts: &[Vec<u8>]) {
        if self.per_mille(200) {
            self.tally.did(Deed::Loss);
            return;
        }
        let copies = 1 + u64::from(self.per_mille(100));
        if copies > 1 {
            self.tally.did(Deed::Duplication);
        }
        for _ in 0..copies {
            let at = self.step + 1 + self.below(12);
            self.mail.push(Mail { from, to, at, acts: acts.to_vec() });
        }
    }

    fn deliver(&mut self) -> Run {
        let step = self.step;
        let (due, later) =
            core::mem::take(&mut self.mail).into_iter().partition(|mail| mail.at <= step);
        self.mail = later;
        let due: Vec<Mail> = due;
        for mail in due {
            let is_cut = matches!(mail.from, Sender::Node(from) if self.is_cut(from, mail.to));
            if !is_cut {
                self.give(mail.from, mail.to, &mail.acts)?;
            }
        }
        Ok(())
    }

    /// Each gets from the other what it lacks, and passes on what is new to it.
    fn exchange(&mut self, one: usize, other: usize) -> Run<bool> {
        let before = (self.node(one).digest(), self.node(other).digest());
        if before.0 == before.1 {
            return Ok(false);
        }
        for (from, to) in [(one, other), (other, one)] {
            let lacking = lacking(self.node(from), self.node(to));
            self.give(Sender::Node(from), to, &lacking)?;
        }
        Ok(before != (self.node(one).digest(), self.node(other).digest()))
    }

    fn restart(&mut self, index: usize) -> Run {
        let node = self.node(index);
        let again = self.rebuilt(&encoded(&node.acts()))?;
        let is_same = evaluation(&again) == evaluation(node) && again.digest() == node.digest();
        if !is_same {
            let what = format!("node {index} evaluates otherwise after a restart");
            return Err(self.broken(Violation::ChangedByRestart, what));
        }
        if let Some(node) = self.nodes.get_mut(index) {
            *node = again;
        }
        self.tally.did(Deed::Restart);
        Ok(())
    }

    fn rebuilt(&self, acts: &[Vec<u8>]) -> Run<Federation> {
        let mut again = Federation::chartered(self.id);
        if let Some(flaw) = self.flaw {
            again.plant(flaw);
        }
        let refused = again.take(acts).err();
        refused.map_or(Ok(again), |(_, error)| {
            let what = format!("a node refused its own acts: {error}");
            Err(self.broken(Violation::HonestRefused, what))
        })
    }

    fn check(&mut self) -> Run {
        for index in core::mem::take(&mut self.changed) {
            let node = self.node(index);
            if let Err(Broken(violation, what)) = self.ledger.check(node) {
                return Err(self.broken(violation, format!("node {index}: {what}")));
            }
            let numbered: Vec<(u32, CharterId)> =
                node.charters().map(|(one, _)| (one.statement().number, one.id())).collect();
            for (number, id) in numbered {
                if *self.in_force.entry(number).or_insert(id) != id {
                    let what = format!("node {index} has another charter {number}");
                    return Err(self.broken(Violation::TwoCharters, what));
                }
            }
        }
        Ok(())
    }

    /// Lets all nodes exchange until nothing changes, and demands that they
    /// evaluate the same.
    fn heal(&mut self) -> Run {
        self.mail.clear();
        self.side = None;
        let mut is_changing = true;
        for _ in 0..ROUNDS_MAX {
            if !is_changing {
                break;
            }
            is_changing = false;
            for one in 0..NODES {
                for other in one + 1..NODES {
                    is_changing |= self.exchange(one, other)?;
                }
            }
            self.mail.clear();
            self.check()?;
        }
        if is_changing {
            return Err(self.broken(Violation::Livelock, "exchanges do not end"));
        }
        let reference = evaluation(self.node(0));
        for index in 0..NODES {
            let node = self.node(index);
            let is_same = evaluation(node) == reference
                && (self.floods || node.digest() == self.node(0).digest());
            if !is_same {
                let what = format!("nodes 0 and {index} differ after healing");
                return Err(self.broken(Violation::Diverged, what));
            }
            if let Err(Broken(violation, what)) = ledger::recount(node) {
                return Err(self.broken(violation, format!("node {index}: {what}")));
            }
        }
        Ok(())
    }

    /// A newcomer gets everything, the last first, until nothing changes.
    fn join(&mut self) -> Run {
        let mut newcomer = Federation::chartered(self.id);
        if let Some(flaw) = self.flaw {
            newcomer.plant(flaw);
        }
        for _ in 0..SHOWINGS_MAX {
            let mut acts = lacking(self.node(0), &newcomer);
            acts.reverse();
            match newcomer.take(&acts) {
                Err((_, error)) => {
                    let what = format!("a newcomer refused what node 0 has: {error}");
                    return Err(self.broken(Violation::HonestRefused, what));
                }
                Ok(new) if new.is_empty() => {
                    let is_same = evaluation(&newcomer) == evaluation(self.node(0))
                        && (self.floods || newcomer.digest() == self.node(0).digest());
                    let differs = || self.broken(Violation::Diverged, "a newcomer differs");
                    return if is_same { Ok(()) } else { Err(differs()) };
                }
                Ok(_) => {}
            }
        }
        Err(self.broken(Violation::Livelock, "a newcomer never has everything"))
    }
}

/// Returns the acts of one node that another does not have.
fn lacking(from: &Federation, to: &Federation) -> Vec<Vec<u8>> {
    let has: BTreeSet<_> = to.keys().into_iter().collect();
    from.acts().iter().filter(|act| !has.contains(&act.key())).map(Act::encode).collect()
}

/// Writes the charter that the first honest people and all dishonest ones found
/// a federation with.
fn first_charter(people: &[Person], honest: usize, dishonest: usize) -> Charter {
    let founders = people.iter().take(honest).chain(people.iter().skip(NODES).take(dishonest));
    let founders: Vec<&Person> = founders.collect();
    let seats: Vec<Seat> = founders.iter().map(|person| person.seat(0)).collect();
    let thresholds = Thresholds::usual(seats.len());
    let statement = CharterStatement {
        name: "Simulated council".to_owned(),
        purpose: String::new(),
        number: 1,
        previous: None,
        seats,
        thresholds,
        records_max: 1000,
        guests: Guests::Apply,
        founders: founders.iter().map(|person| person.card(FederationId::ANY)).collect(),
        carried: Vec::new(),
        review_by: Timestamp::from_millis(1_900_000_000_000),
        issued_at: Timestamp::from_millis(1_800_000_000_000),
    };
    Charter::write(&statement).expect("a charter of sound councils")
}
