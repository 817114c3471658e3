//! What the dishonest seats do: all they can.

use super::people::{Person, stranger};
use super::{Deed, NODES, Sender, Simulation};
use crate::federation::charter::Charter;
use crate::federation::decision::{Decision, Disposition, Motion, MotionStatement, Vote};
use crate::federation::{Act, Progress};
use crate::id::{FederationId, MotionId};
use crate::key::SecretKey;
use crate::limits::MOTIONS_PER_SEAT_MAX;

impl Simulation {
    /// Returns the dishonest people: those between the nodes and the applicants
    /// that sat on the first council.
    fn dishonest(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().skip(NODES).filter(|person| person.key_on(&self.first).is_some())
    }

    /// Returns the key with which one of them sits or sat.
    fn plotter(&mut self) -> Option<SecretKey> {
        let count = self.dishonest().count();
        let at = self.index(count);
        self.dishonest().nth(at).and_then(|person| person.key_on(&self.first)).cloned()
    }

    /// Returns all their keys.
    fn keys(&self) -> Vec<SecretKey> {
        self.dishonest().filter_map(|person| person.key_on(&self.first)).cloned().collect()
    }

    /// Sends to some nodes, which may differ from one act to the next.
    fn send(&mut self, acts: &[Vec<u8>]) {
        for to in 0..NODES {
            if self.per_mille(200) {
                self.post(Sender::Plotter, to, acts);
            }
        }
    }

    /// Returns the charter that some node holds in force.
    fn some_charter(&mut self) -> Option<Charter> {
        let node = self.index(NODES);
        self.node(node).charter().cloned()
    }

    fn some_motion(&mut self) -> Option<Motion> {
        let at = self.index(self.ledger.motions().len());
        self.ledger.motions().values().nth(at).cloned()
    }

    /// One of them does something.
    pub(super) fn plot(&mut self) {
        let Some(key) = self.plotter() else {
            return self.intrude();
        };
        if self.step < 25 && self.per_mille(700) {
            return self.found_with_them();
        }
        match self.below(14) {
            0 => self.vote_both_ways(&key),
            1 => self.intrude(),
            2 => self.move_rivals(&key),
            3 => self.replay(&key),
            4 => self.go_on(&key),
            5 => self.mutate(),
            6 if self.floods => self.flood(&key),
            7 => self.name_last_generation(&key),
            8 => self.withhold(&key),
            9 => self.send_late(),
            _ => self.support(),
        }
    }

    fn found_with_them(&mut self) {
        let founding = MotionId::founding(&self.first.id());
        let keys = self.keys();
        let mut acts = vec![Act::Charter(self.first.clone()).encode()];
        acts.extend(keys.iter().map(|key| self.voted(key, founding, true)));
        self.send(&acts);
    }

    fn vote_both_ways(&mut self, key: &SecretKey) {
        let Some(motion) = self.some_motion() else { return };
        self.tally.did(Deed::DoubleVote);
        self.tally.did(Deed::TwoFaced);
        for is_for in [true, false] {
            let vote = self.voted(key, motion.id(), is_for);
            self.send(&[Act::Motion(motion.clone()).encode(), vote]);
        }
    }

    /// Somebody without a seat votes and moves.
    fn intrude(&mut self) {
        self.tally.did(Deed::Seatless);
        let number = self.below(4);
        let key = stranger(self.seed, number);
        if let Some(motion) = self.some_motion() {
            let votes: Vec<Vec<u8>> = (0..2)
                .map(|number| self.voted(&stranger(self.seed, number), motion.id(), true))
                .collect();
            let motion = Act::Motion(motion).encode();
            for vote in votes {
                self.send(&[motion.clone(), vote]);
            }
        }
        if let Some(council) = self.some_charter() {
            let about = self.index(self.people.len());
            let agency = self.people.get(about).map(Person::id);
            let Some(agency) = agency else { return };
            let motion = self.moved(&key, &council, Decision::Suspend { agency, generation: 0 });
            self.send(&[Act::Motion(motion).encode()]);
        }
    }

    /// Moves two charters for one place, and they all vote for both.
    fn move_rivals(&mut self, key: &SecretKey) {
        let Some(council) = self.some_charter() else { return };
        let mut packed = council.statement().seats.clone();
        packed.retain(|seat| self.is_dishonest(&seat.key));
        let seats = [council.statement().seats.clone(), packed];
        self.tally.did(Deed::RivalCharters);
        for (seats, purpose) in seats.into_iter().zip(["one", "the other"]) {
            if seats.is_empty() {
                continue;
            }
            let Some(next) = self.successor(&council, seats, Vec::new(), purpose) else { continue };
            let motion = self.moved(key, &council, Decision::Amend(next));
            let keys = self.keys();
            let mut acts = vec![Act::Motion(motion.clone()).encode()];
            acts.extend(keys.iter().map(|key| self.voted(key, motion.id(), true)));
            self.send(&acts);
        }
    }

    /// Shows what was signed for another federation.
    fn replay(&mut self, key: &SecretKey) {
        let elsewhere = FederationId::open("elsewhere");
        let Some(motion) = self.some_motion() else { return };
        self.tally.did(Deed::Elsewhere);
        let vote = Vote::sign(key, &elsewhere, motion.id(), true, self.now());
        let agency = self.people.first().map(Person::id);
        let Some((council, agency)) = self.some_charter().zip(agency) else { return };
        let statement = MotionStatement {
            charter: council.id(),
            decision: Decision::Suspend { agency, generation: 0 },
            reason: String::new(),
            issued_at: self.now(),
        };
        let moved = Motion::sign(key, &elsewhere, &statement).expect("a motion of a sound form");
        self.send(&[Act::Vote(vote).encode()]);
        self.send(&[Act::Motion(moved).encode()]);
    }

    /// Goes on under a charter that was replaced somewhere.
    fn go_on(&mut self, key: &SecretKey) {
        let node = self.index(NODES);
        let replaced: Vec<Charter> =
            self.node(node).charters().map(|(charter, _)| charter.clone()).collect();
        let at = self.index(replaced.len().saturating_sub(1));
        let Some(council) = replaced.get(at).filter(|_| replaced.len() > 1) else { return };
        self.tally.did(Deed::Stale);
        let about = self.index(self.people.len());
        if let Some(agency) = self.people.get(about).map(Person::id) {
            let decision = Decision::Quota { agency, generation: 1, serial: 9, records_max: 0 };
            let motion = self.moved(key, council, decision);
            let keys = self.keys();
            let mut acts = vec![Act::Motion(motion.clone()).encode()];
            acts.extend(keys.iter().map(|key| self.voted(key, motion.id(), true)));
            self.send(&acts);
        }
        let old =
            self.ledger.motions().values().filter(|one| one.statement().charter == council.id());
        let old: Vec<Motion> = old.cloned().collect();
        for motion in old.iter().take(4) {
            let vote = self.voted(key, motion.id(), true);
            self.send(&[Act::Motion(motion.clone()).encode(), vote]);
        }
    }

    fn mutate(&mut self) {
        let node = self.index(NODES);
        let acts = self.node(node).acts();
        let at = self.index(acts.len());
        let Some(mut bytes) = acts.get(at).map(Act::encode) else { return };
        self.tally.did(Deed::Mutation);
        let (at, bit) = (self.index(bytes.len()), self.below(8));
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << bit;
        }
        self.send(&[bytes]);
    }

    fn flood(&mut self, key: &SecretKey) {
        let Some(council) = self.some_charter() else { return };
        let agency = self.people.first().map(Person::id);
        let Some(agency) = agency.filter(|_| council.seat(&key.public()).is_some()) else { return };
        if self.tally.deeds.contains_key(&Deed::Flood) {
            return;
        }
        self.tally.did(Deed::Flood);
        let acts: Vec<Vec<u8>> = (0..MOTIONS_PER_SEAT_MAX + 16)
            .map(|serial| {
                let serial = u32::try_from(serial).unwrap_or(u32::MAX);
                let decision = Decision::Quota { agency, generation: 0, serial, records_max: 1 };
                let motion = self.moved(key, &council, decision);
                Act::Motion(motion).encode()
            })
            .collect();
        let to = self.index(NODES);
        let mut reversed = acts.clone();
        reversed.reverse();
        self.post(Sender::Plotter, to, &acts);
        self.post(Sender::Plotter, (to + 1) % NODES, &reversed);
        // What a node keeps of it is no more than it may.
        let mut node = self.node(to).clone();
        if node.take(&acts).is_ok_and(|new| new.len() < acts.len()) {
            self.tally.did(Deed::FloodRefused);
        }
    }

    fn name_last_generation(&mut self, key: &SecretKey) {
        let Some(council) = self.some_charter() else { return };
        let about = self.index(self.people.len());
        let Some(person) = self.people.get(about) else { return };
        let (agency, generation) = (person.id(), u32::MAX);
        let Some(card) = person.application.clone() else { return };
        let decision = match self.below(3) {
            0 => Decision::Admit { card, generation },
            1 => Decision::Suspend { agency, generation },
            _ => {
                let disposition = Disposition::Purge;
                Decision::Revoke {
                    agency,
                    generation,
                    disposition,
                    last_head: None,
                    successor: None,
                }
            }
        };
        self.tally.did(Deed::LastGeneration);
        let motion = self.moved(key, &council, decision);
        let mut acts = vec![Act::Motion(motion.clone()).encode()];
        let keys = self.keys();
        acts.extend(keys.iter().map(|key| self.voted(key, motion.id(), true)));
        self.send(&acts);
    }

    fn withhold(&mut self, key: &SecretKey) {
        let Some(motion) = self.some_motion() else { return };
        self.tally.did(Deed::Withheld);
        let vote = self.voted(key, motion.id(), true);
        self.withheld.push(Act::Motion(motion).encode());
        self.withheld.push(vote);
    }

    fn send_late(&mut self) {
        if self.withheld.is_empty() {
            return;
        }
        self.tally.did(Deed::Late);
        let acts = core::mem::take(&mut self.withheld);
        self.send(&acts);
    }

    /// They vote for what others moved, so that it is in force where they like.
    fn support(&mut self) {
        let node = self.index(NODES);
        let open = self.node(node).motions().into_iter();
        let open = open.filter(|state| state.progress == Progress::Open);
        let mut open: Vec<Motion> = open.map(|state| state.motion.clone()).collect();
        // An amendment is rare, and takes most of the seats.
        open.sort_by_key(|motion| motion.statement().decision.agency().is_some());
        let keys = self.keys();
        let mut acts = Vec::new();
        for motion in open.iter().take(3) {
            self.tally.did(Deed::Support);
            acts.extend(keys.iter().map(|key| self.voted(key, motion.id(), true)));
        }
        self.post(Sender::Plotter, node, &acts);
    }
}
