//! A run in a federation with a charter: its council admits, suspends and revokes
//! agencies while everything goes wrong, one agency replaces its key while a thief
//! goes on with the old one, and some who are no members publish all the same.
//!
//! The council itself is honest; what a dishonest one can do is the matter of
//! [`council`](super::council). The dishonest nodes let everybody in: they take,
//! serve and pass on what is not admitted, what was purged, and what stands after a
//! pinned head.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use super::liar::below;
use super::node::{Node, State};
use super::tally::Turn;
use super::{Happening, Run, Simulation, millis};
use crate::agency::{Agency, Keys, Signer};
use crate::federation::card::{Card, CardStatement};
use crate::federation::charter::{Charter, CharterStatement, Guests, Seat, Thresholds};
use crate::federation::decision::{Decision, Disposition, Motion, MotionStatement, Vote};
use crate::federation::{Act, Admittance, Federation, Flaw};
use crate::head::Head;
use crate::id::{AgencyId, FederationId, HeadId, MotionId, RecordId, hash};
use crate::key::SecretKey;
use crate::limits::RECORDS_PER_AGENCY_MAX;
use crate::replica::{ChangeKeyError, Replica};
use crate::time::Timestamp;

/// How many seats the council has, at most.
const SEATS: usize = 3;

/// How long somebody waits who could not do something just now.
const LATER: Duration = Duration::from_secs(3);

/// What a run with a charter knows of it.
#[derive(Debug)]
pub(super) struct Chartered {
    /// The acts that founded it.
    founding: Vec<Vec<u8>>,
    /// So many nodes, the first, belong to agencies that founded it.
    founders: usize,
    /// What the council decides, in turn about each agency.
    steps: Vec<Step>,
    /// What its seats have signed since.
    signed: Vec<Vec<u8>>,
    /// Which honest node replaces its agency's key.
    rotating: usize,
    pub(super) theft: Option<Theft>,
}

/// A decision of the council.
#[derive(Debug)]
struct Step {
    /// The node of the agency it is about.
    node: usize,
    change: Change,
    generation: u32,
    motion: Option<MotionId>,
    is_carried: bool,
}

/// What is decided about an agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Admit,
    Suspend,
    Revoke(Disposition),
}

/// What is to become of an agency in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It belongs, and all hold what it publishes.
    Member,
    /// It was never admitted.
    Stranger,
    Suspended,
    Revoked(Disposition),
}

impl Fate {
    /// Returns whether this is what a node has counted.
    pub(super) fn is(self, counted: &Admittance<'_>) -> bool {
        match self {
            Self::Member => *counted == Admittance::Full,
            Self::Suspended => *counted == Admittance::Frozen,
            Self::Revoked(Disposition::Keep) => matches!(counted, Admittance::Pinned(_)),
            Self::Revoked(Disposition::Hide) => *counted == Admittance::Hidden,
            Self::Stranger | Self::Revoked(Disposition::Purge) => *counted == Admittance::None,
        }
    }
}

/// A key that was replaced, in the hands of a thief.
#[derive(Debug)]
pub(super) struct Theft {
    pub(super) agency: AgencyId,
    pub(super) signer: Signer,
    /// What the agency has stated, before it replaced the key and after.
    pub(super) statements: [Vec<Vec<u8>>; 2],
    /// What the thief has signed.
    pub(super) heads: BTreeSet<HeadId>,
    pub(super) records: BTreeSet<RecordId>,
}

fn seat_key(seed: u64, index: usize) -> SecretKey {
    let index = u64::try_from(index).unwrap_or(u64::MAX).to_be_bytes();
    SecretKey::from_bytes(&hash("simulated seat", &[&seed.to_be_bytes(), &index]))
}

fn card(seed: u64, index: usize, node: &Node, federation: FederationId, now: Timestamp) -> Card {
    let statement = CardStatement {
        federation,
        name: format!("Simulated {index}"),
        organisation_number: String::new(),
        domain: String::new(),
        council_key: seat_key(seed, index).public(),
        issued_at: now,
    };
    let agency = Agency::open(node.agency.statements().iter().take(1).cloned().collect());
    let agency = agency.expect("an inception that was read before");
    Card::sign(&agency, &node.first_key, statement).expect("a card with a name")
}

impl Simulation {
    /// Prepares a run in a federation with a charter.
    ///
    /// Healing may take twice as long: what was put out and is admitted again is
    /// asked for where nobody has it yet, and then after ever longer waits.
    pub fn chartered(seed: u64, faults: super::Faults) -> Self {
        let mut simulation = Self::new(seed, faults);
        simulation.faults.healing *= 2;
        simulation.found();
        simulation.plan_council();
        simulation
    }

    fn found(&mut self) {
        let founders = (self.honest * 2 / 3).max(2).min(self.honest);
        let (seed, now) = (self.seed, self.now);
        let cards: Vec<Card> = self
            .nodes
            .iter()
            .enumerate()
            .take(founders)
            .map(|(index, node)| card(seed, index, node, FederationId::ANY, now))
            .collect();
        let guests = if self.below(2) == 0 { Guests::Read } else { Guests::Apply };
        let seats: Vec<Seat> = cards.iter().take(SEATS).map(Seat::of).collect();
        let charter = Charter::write(&CharterStatement {
            name: "Simulation".to_owned(),
            purpose: String::new(),
            number: 1,
            previous: None,
            thresholds: Thresholds::usual(seats.len()),
            seats: seats.clone(),
            records_max: RECORDS_PER_AGENCY_MAX,
            guests,
            founders: cards,
            carried: Vec::new(),
            review_by: now,
            issued_at: now,
        })
        .expect("a sound charter");
        let id = charter.federation();
        let motion = MotionId::founding(&charter.id());
        let votes = (0..seats.len())
            .map(|index| Act::Vote(Vote::sign(&seat_key(seed, index), &id, motion, true, now)));
        let founding = core::iter::once(Act::Charter(charter)).chain(votes);
        let founding = founding.map(|act| act.encode()).collect();
        self.federation = id;
        self.liars.federation = id;
        let rotating = self.index(founders);
        self.charter = Some(Chartered {
            founding,
            founders,
            steps: Vec::new(),
            signed: Vec::new(),
            rotating,
            theft: None,
        });
    }

    /// Draws what the council decides, and when.
    fn plan_council(&mut self) {
        let chaos = millis(self.faults.chaos);
        let Some(founders) = self.charter.as_ref().map(|charter| charter.founders) else { return };
        let mut steps = Vec::new();
        let mut plan = |simulation: &mut Self, node, change, generation, (from, to): (u64, u64)| {
            let at = from + simulation.below(to - from);
            let number = steps.len();
            simulation.schedule(Duration::from_millis(at), Happening::Move { number });
            steps.push(Step { node, change, generation, motion: None, is_carried: false });
        };
        let (early, middle, late) = ((0, chaos / 3), (chaos / 3, chaos / 2), (chaos / 2, chaos));
        for node in founders..self.honest {
            plan(self, node, Change::Admit, 1, early);
        }
        // One honest agency is put out for a while.
        let ending = match self.below(4) {
            0 => Change::Suspend,
            1 => Change::Revoke(Disposition::Keep),
            2 => Change::Revoke(Disposition::Hide),
            _ => Change::Revoke(Disposition::Purge),
        };
        if founders < self.honest {
            plan(self, self.honest - 1, ending, 1, middle);
            plan(self, self.honest - 1, Change::Admit, 2, late);
        }
        let mut fate = self.below(6);
        let mut agencies = BTreeSet::new();
        for node in self.honest..self.nodes.len() {
            let agency = self.nodes.get(node).map(|node| node.agency.id());
            if !agency.is_some_and(|agency| agencies.insert(agency)) {
                continue;
            }
            // One after the other, so that they are not all the same.
            fate = (fate + 1) % 6;
            if fate > 0 {
                plan(self, node, Change::Admit, 1, early);
            }
            let ending = match fate {
                2 => Change::Suspend,
                3 => Change::Revoke(Disposition::Keep),
                4 => Change::Revoke(Disposition::Hide),
                5 => Change::Revoke(Disposition::Purge),
                _ => continue,
            };
            let when = if self.below(2) == 0 { middle } else { late };
            plan(self, node, ending, 1, when);
        }
        let at = chaos / 4 + self.below(chaos / 2);
        self.schedule(Duration::from_millis(at), Happening::Rotate);
        if let Some(charter) = &mut self.charter {
            charter.steps = steps;
        }
    }

    /// Returns what a node knows of its federation when it starts with nothing.
    pub(super) fn federation_of(&self, index: usize) -> Federation {
        if self.charter.is_none() {
            return Federation::open(self.federation);
        }
        let mut federation = Federation::chartered(self.federation);
        if !self.is_honest(index) {
            federation.plant(Flaw::AdmitAnyone);
        }
        federation
    }

    /// Tells a replica that was just opened which node it is, and lets it apply;
    /// the founders bring the charter when they first come.
    pub(super) fn introduce(&mut self, index: usize) -> Run {
        let (seed, federation, now) = (self.seed, self.federation, self.local(index));
        let Some(charter) = &self.charter else { return Ok(()) };
        let is_founder = index < charter.founders;
        let founding = charter.founding.clone();
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        let card = card(seed, index, node, federation, self.now);
        let (id, is_first) = (node.id, node.starts == 1);
        let State::Up(replica) = &mut node.state else { return Ok(()) };
        replica.introduce_as(id);
        if !is_founder {
            replica.apply_with(card);
        } else if is_first && replica.take_acts(&founding, now).is_err() {
            return self.fail(index);
        }
        Ok(())
    }

    /// A seat moves what is next to be decided about an agency.
    pub(super) fn propose(&mut self, number: usize) -> Run {
        let Some(act) = self.motion(number) else {
            self.schedule(LATER, Happening::Move { number });
            return Ok(());
        };
        let (id, bytes) = (act.id(), Act::Motion(act).encode());
        if self.hand_in(0, &bytes)? == Some(0) {
            self.schedule(LATER, Happening::Move { number });
            return Ok(());
        }
        self.sign(bytes);
        let step = self.charter.as_mut().and_then(|charter| charter.steps.get_mut(number));
        let node = step.map(|step| {
            step.motion = Some(id);
            step.node
        });
        let wait = Duration::from_millis(self.below(5000));
        self.schedule(wait, Happening::Second { number });
        if let Some(node) = node.filter(|node| self.is_honest(*node) && self.is_put_out(*node)) {
            self.lower_expectations_of(node, vec![node]);
        }
        Ok(())
    }

    /// Returns whether the council has moved to put out the agency of a node, at
    /// whatever time.
    pub(super) fn is_put_out(&self, node: usize) -> bool {
        let mut steps = self.charter.iter().flat_map(|charter| &charter.steps);
        steps.any(|step| step.node == node && step.change != Change::Admit && step.motion.is_some())
    }

    /// Returns the motion for a step, if its turn has come and the mover can know.
    fn motion(&mut self, number: usize) -> Option<Motion> {
        let (seed, federation, now) = (self.seed, self.federation, self.now);
        let charter = self.charter.as_ref()?;
        let step = charter.steps.get(number)?;
        let mut before = charter.steps.iter().take(number).filter(|one| one.node == step.node);
        if !before.all(|one| one.is_carried) {
            return None;
        }
        let node = self.nodes.get(step.node)?;
        let agency = node.agency.id();
        let replica = self.nodes.first()?.replica()?;
        let charter = replica.federation().charter()?.id();
        let generation = step.generation;
        let decision = match step.change {
            Change::Admit => {
                Decision::Admit { card: card(seed, step.node, node, federation, now), generation }
            }
            Change::Suspend => Decision::Suspend { agency, generation },
            Change::Revoke(disposition) => {
                let held = replica.catalogues().find(|one| one.id() == agency);
                let head = held.and_then(|held| held.head.clone());
                let (disposition, last_head) = match (disposition, head) {
                    (Disposition::Keep, Some(head)) => (Disposition::Keep, Some(head)),
                    // Nothing can be kept that the mover does not hold.
                    (Disposition::Keep, None) => (Disposition::Hide, None),
                    (other, _) => (other, None),
                };
                Decision::Revoke { agency, generation, disposition, last_head, successor: None }
            }
        };
        if let Decision::Revoke { disposition, .. } = &decision {
            let (change, steps) = (Change::Revoke(*disposition), &mut self.charter.as_mut()?.steps);
            steps.get_mut(number)?.change = change;
        }
        let statement =
            MotionStatement { charter, decision, reason: String::new(), issued_at: now };
        Motion::sign(&seat_key(seed, 0), &federation, &statement).ok()
    }

    /// Another seat votes for a motion, once its node knows it.
    pub(super) fn second(&mut self, number: usize) -> Run {
        let steps = self.charter.as_ref().map(|charter| &charter.steps);
        let Some(step) = steps.and_then(|steps| steps.get(number)) else { return Ok(()) };
        let Some(motion) = step.motion else { return Ok(()) };
        let (change, generation) = (step.change, step.generation);
        let key = seat_key(self.seed, 1);
        let vote = Act::Vote(Vote::sign(&key, &self.federation, motion, true, self.now)).encode();
        if self.hand_in(1, &vote)? == Some(0) {
            self.schedule(LATER, Happening::Second { number });
            return Ok(());
        }
        self.sign(vote);
        self.tally.turn(match change {
            Change::Admit if generation > 1 => Turn::AdmittedAgain,
            Change::Admit => Turn::Admitted,
            Change::Suspend => Turn::Suspended,
            Change::Revoke(Disposition::Keep) => Turn::Kept,
            Change::Revoke(Disposition::Hide) => Turn::Hidden,
            Change::Revoke(Disposition::Purge) => Turn::Purged,
        });
        let step = self.charter.as_mut().and_then(|charter| charter.steps.get_mut(number));
        if let Some(step) = step {
            step.is_carried = true;
        }
        self.register.has_changed = true;
        Ok(())
    }

    fn sign(&mut self, act: Vec<u8>) {
        if let Some(charter) = &mut self.charter {
            charter.signed.push(act);
        }
    }

    /// Gives an act to the node of a seat. Returns how many acts were new there:
    /// none where the node is down or has not got what the act is about, and
    /// nothing where it took the act and went down over it.
    fn hand_in(&mut self, index: usize, act: &[u8]) -> Run<Option<usize>> {
        let now = self.local(index);
        let Some(node) = self.nodes.get_mut(index) else { return Ok(Some(0)) };
        let State::Up(replica) = &mut node.state else { return Ok(Some(0)) };
        let Ok((taken, outputs)) = replica.take_acts(&[act.to_vec()], now) else {
            self.fail(index)?;
            return Ok(None);
        };
        let count = taken.unwrap_or(0);
        self.note(|| format!("{index}: hands in {count} act of the council"));
        self.carry_out(index, outputs)?;
        self.check_step(index)?;
        Ok(Some(count))
    }

    /// Those who signed for the council bring again what a loss may have taken.
    pub(super) fn remind(&mut self) -> Run {
        let Some(charter) = &self.charter else { return Ok(()) };
        let acts: Vec<Vec<u8>> = charter.founding.iter().chain(&charter.signed).cloned().collect();
        for act in acts {
            self.hand_in(0, &act)?;
        }
        Ok(())
    }

    /// An honest agency replaces its key; from then on a thief has the old one.
    pub(super) fn rotate(&mut self) -> Run {
        let Some(index) = self.charter.as_ref().map(|charter| charter.rotating) else {
            return Ok(());
        };
        let (seed, now) = (self.seed, self.local(index));
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        let mut agency = node.agency.clone();
        let key = Node::secret(seed, "simulated next key", index);
        let keys = Keys {
            key: key.public(),
            next_key_commitment: Node::secret(seed, "simulated last key", index)
                .public()
                .commitment(),
            recovery_threshold: 0,
            recovery_keys: Vec::new(),
            issued_at: now,
        };
        let statement = agency.sign_rotation(&keys, &node.signer.key, &key);
        agency.follow(statement.clone()).expect("the key that was committed to");
        let State::Up(replica) = &mut node.state else {
            self.schedule(LATER, Happening::Rotate);
            return Ok(());
        };
        let result = replica.change_key(statement, key.clone(), now);
        if matches!(result, Err(ChangeKeyError::Recovering | ChangeKeyError::Unconfirmed)) {
            self.schedule(LATER, Happening::Rotate);
            return Ok(());
        }
        // The keys are written down before anything is told.
        let statements = [node.agency.statements().to_vec(), agency.statements().to_vec()];
        let signer = Signer::new(&agency, key).expect("the key of the statement");
        let old = core::mem::replace(&mut node.signer, signer);
        node.agency = agency;
        node.is_robbed = true;
        let (agency, heads, records) = (node.agency.id(), BTreeSet::new(), BTreeSet::new());
        if let Some(charter) = &mut self.charter {
            charter.theft = Some(Theft { agency, signer: old, statements, heads, records });
        }
        self.tally.turn(Turn::KeyReplaced);
        self.note(|| format!("{index}: replaces its key"));
        match result {
            Ok(outputs) => {
                self.carry_out(index, outputs)?;
                self.check_step(index)
            }
            Err(_) => self.fail(index),
        }
    }

    /// Returns what is to become of each agency.
    pub(super) fn fates(&self) -> BTreeMap<AgencyId, Fate> {
        let Some(charter) = &self.charter else { return BTreeMap::new() };
        let mut fates = BTreeMap::new();
        for (index, node) in self.nodes.iter().enumerate() {
            let fate = if index < charter.founders { Fate::Member } else { Fate::Stranger };
            fates.entry(node.agency.id()).or_insert(fate);
        }
        for step in charter.steps.iter().filter(|step| step.is_carried) {
            let Some(node) = self.nodes.get(step.node) else { continue };
            let fate = match step.change {
                Change::Admit => Fate::Member,
                Change::Suspend => Fate::Suspended,
                Change::Revoke(disposition) => Fate::Revoked(disposition),
            };
            fates.insert(node.agency.id(), fate);
        }
        fates
    }

    /// Returns whether all that was to be decided is, and the key replaced, unless
    /// its agency waits for what nobody has any more.
    pub(super) fn is_all_decided(&self) -> bool {
        self.charter.as_ref().is_none_or(|charter| {
            let rotating = self.nodes.get(charter.rotating).and_then(Node::replica);
            let has_to_wait = rotating.is_some_and(Replica::is_recovering);
            let is_rotated = charter.theft.is_some() || has_to_wait;
            is_rotated && charter.steps.iter().all(|step| step.is_carried)
        })
    }

    /// Lets a thief sign with the key that was replaced; returns what to announce.
    pub(super) fn steal(&mut self, thief: usize) -> Option<Vec<u8>> {
        let theft = self.charter.as_mut()?.theft.as_mut()?;
        let replica = self.nodes.get(thief)?.replica()?;
        let held = replica.catalogues().find(|one| one.id() == theft.agency)?;
        let chance = &mut self.liars.chance;
        let (announcement, head, record) =
            super::liar::stolen(theft, held, &self.federation, chance)?;
        theft.heads.insert(head.id());
        theft.records.insert(record.id());
        Some(announcement)
    }

    /// Returns whether a head was signed with a stolen key.
    pub(super) fn is_stolen(&self, head: &Head) -> bool {
        let theft = self.charter.as_ref().and_then(|charter| charter.theft.as_ref());
        theft.is_some_and(|theft| theft.heads.contains(&head.id()))
    }

    /// Draws whether a dishonest node uses the stolen key now.
    pub(super) fn is_thievish(&mut self) -> bool {
        let has_key = self.charter.as_ref().is_some_and(|charter| charter.theft.is_some());
        has_key && below(&mut self.liars.chance, 3) == 0
    }
}
