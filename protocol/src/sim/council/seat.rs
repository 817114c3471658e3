//! What honest seats do: they move, and vote for what their likes moved, and of
//! the successors of a charter for one.

use super::people::{Person, dishonest_max};
use super::{Deed, NODES, Run, Simulation};
use crate::federation::charter::{Charter, CharterStatement, Seat, Thresholds};
use crate::federation::decision::{Decision, Disposition, Motion, MotionStatement, Vote};
use crate::federation::{Act, Federation, Progress, Standing};
use crate::id::{AgencyId, MotionId};
use crate::key::{PublicKey, SecretKey};

impl Simulation {
    pub(super) fn honest_turn(&mut self) -> Run {
        // Most of those that sit on the first council come first.
        let of = if self.per_mille(500) { NODES / 2 } else { NODES };
        let node = self.index(of);
        self.found(node)?;
        self.vote_at(node)?;
        if self.per_mille(300) {
            self.move_at(node)?;
        }
        Ok(())
    }

    /// Signs a motion and notes it in the ledger.
    pub(super) fn moved(
        &mut self,
        key: &SecretKey,
        charter: &Charter,
        decision: Decision,
    ) -> Motion {
        let statement = MotionStatement {
            charter: charter.id(),
            decision,
            reason: String::new(),
            issued_at: self.now(),
        };
        let motion = Motion::sign(key, &self.id, &statement).expect("a motion of a sound form");
        self.ledger.moved(&motion);
        motion
    }

    /// Signs a vote and notes it in the ledger.
    pub(super) fn voted(&mut self, key: &SecretKey, motion: MotionId, is_for: bool) -> Vec<u8> {
        let vote = Vote::sign(key, &self.id, motion, is_for, self.now());
        self.ledger.voted(&vote);
        Act::Vote(vote).encode()
    }

    fn is_honest(&self, key: &PublicKey) -> bool {
        self.people.iter().take(NODES).any(|person| person.owns(key))
    }

    pub(super) fn is_dishonest(&self, key: &PublicKey) -> bool {
        self.people.iter().skip(NODES).any(|person| person.owns(key))
    }

    /// Returns whether so few of a council are dishonest that it can be trusted.
    fn is_sound(&self, seats: &[Seat], thresholds: Thresholds) -> bool {
        let dishonest = seats.iter().filter(|seat| !self.is_honest(&seat.key)).count();
        dishonest <= dishonest_max(seats.len(), thresholds)
    }

    /// A founder votes for the first charter when it sees it.
    fn found(&mut self, index: usize) -> Run {
        let Some(first) = self.node(index).first_charter() else { return Ok(()) };
        let founding = MotionId::founding(&first.id());
        let Some(person) = self.people.get(index) else { return Ok(()) };
        let Some(key) = person.key_on(first).cloned() else { return Ok(()) };
        if person.voted.contains(&founding) {
            return Ok(());
        }
        let vote = self.voted(&key, founding, true);
        self.has_voted(index, founding);
        self.hand_in(index, &[vote])
    }

    fn has_voted(&mut self, index: usize, motion: MotionId) {
        if let Some(person) = self.people.get_mut(index) {
            person.voted.insert(motion);
        }
    }

    /// The agency of a node votes on what waits there.
    fn vote_at(&mut self, index: usize) -> Run {
        let waiting: Vec<(Motion, Charter)> = self
            .node(index)
            .motions()
            .into_iter()
            .filter(|state| state.progress == Progress::Open)
            .map(|state| (state.motion.clone(), state.council.clone()))
            .collect();
        for (motion, council) in waiting {
            let keys = self.keys_for(index, &motion, &council);
            let has_voted = |person: &Person| person.voted.contains(&motion.id());
            if keys.is_empty() || self.people.get(index).is_some_and(has_voted) {
                continue;
            }
            let is_for = self.is_convinced(index, &motion);
            if self.per_mille(150) {
                continue;
            }
            self.has_voted(index, motion.id());
            if is_for && matches!(motion.statement().decision, Decision::Amend(_)) {
                self.choose(index, &motion);
            }
            let votes: Vec<Vec<u8>> =
                keys.iter().map(|key| self.voted(key, motion.id(), is_for)).collect();
            self.hand_in(index, &votes)?;
        }
        Ok(())
    }

    fn keys_for(&self, index: usize, motion: &Motion, council: &Charter) -> Vec<SecretKey> {
        let Some(person) = self.people.get(index) else { return Vec::new() };
        let next = match &motion.statement().decision {
            Decision::Amend(next) => person.key_on(next),
            Decision::Admit { .. }
            | Decision::Suspend { .. }
            | Decision::Revoke { .. }
            | Decision::Quota { .. } => None,
        };
        let mut keys: Vec<SecretKey> = person.key_on(council).into_iter().cloned().collect();
        keys.extend(
            next.filter(|next| keys.iter().all(|key| key.public() != next.public())).cloned(),
        );
        keys
    }

    fn is_convinced(&mut self, index: usize, motion: &Motion) -> bool {
        let is_honest = self.is_honest(motion.mover());
        if let Decision::Amend(next) = &motion.statement().decision {
            let charter = motion.statement().charter;
            let chosen = self.people.get(index).and_then(|person| person.chosen.get(&charter));
            let may = chosen.is_none_or(|chosen| *chosen == motion.id());
            let (seats, thresholds) = (&next.statement().seats, next.statement().thresholds);
            // Some are convinced by the dishonest as well.
            return may
                && self.is_sound(seats, thresholds)
                && self.per_mille(if is_honest { 950 } else { 150 });
        }
        self.per_mille(if is_honest { 900 } else { 100 })
    }

    fn choose(&mut self, index: usize, motion: &Motion) {
        if let Some(person) = self.people.get_mut(index) {
            person.chosen.insert(motion.statement().charter, motion.id());
        }
    }

    /// The agency of a node moves something, if it sits on the council.
    fn move_at(&mut self, index: usize) -> Run {
        let Some(council) = self.node(index).charter().cloned() else { return Ok(()) };
        let key = self.people.get(index).and_then(|person| person.key_on(&council)).cloned();
        let Some(key) = key else { return Ok(()) };
        let is_amendment = self.per_mille(250);
        let decision = if is_amendment {
            let chosen = self.people.get(index).map(|person| &person.chosen);
            let has_chosen = chosen.is_none_or(|chosen| chosen.contains_key(&council.id()));
            if has_chosen || self.awaits_amendment(index, &council) {
                return Ok(());
            }
            self.amendment(index, &council)
        } else {
            self.decision(index)
        };
        let Some(decision) = decision else { return Ok(()) };
        let motion = self.moved(&key, &council, decision);
        if is_amendment {
            // It may sit on the next council with another key, with which it is
            // still to vote.
            self.choose(index, &motion);
        } else {
            self.has_voted(index, motion.id());
        }
        self.hand_in(index, &[Act::Motion(motion).encode()])
    }

    /// Returns whether an honest seat has moved a successor of a charter.
    fn awaits_amendment(&self, index: usize, council: &Charter) -> bool {
        self.node(index).motions().iter().any(|state| {
            state.council.id() == council.id()
                && matches!(state.motion.statement().decision, Decision::Amend(_))
                && self.is_honest(state.motion.mover())
        })
    }

    /// Returns a decision about somebody.
    fn decision(&mut self, index: usize) -> Option<Decision> {
        let ended = self.node(index).members();
        let ended = ended.filter(|(_, member)| member.standing != Standing::Member);
        let ended: Vec<AgencyId> = ended.map(|(agency, _)| *agency).collect();
        let back = self.people.iter().position(|person| ended.contains(&person.id()));
        let back = back.filter(|_| self.per_mille(700));
        let about = back.unwrap_or_else(|| self.index(self.people.len()));
        let kind = self.below(6);
        let (serial, records_max) = (u32::try_from(self.below(4)).unwrap_or(0), 1 + self.below(9));
        let disposition = [Disposition::Hide, Disposition::Purge];
        let disposition = disposition.get(self.index(2)).copied().unwrap_or(Disposition::Hide);
        let person = self.people.get(about)?;
        let agency = person.id();
        let member = self.node(index).member(&agency);
        let card = person.application.clone()?;
        Some(match (member, kind) {
            (None, _) => Decision::Admit { card, generation: 1 },
            (Some(member), _) if member.standing != Standing::Member => {
                Decision::Admit { card, generation: member.generation.saturating_add(1) }
            }
            (Some(member), 0 | 1) => Decision::Suspend { agency, generation: member.generation },
            (Some(member), 2) => Decision::Revoke {
                agency,
                generation: member.generation,
                disposition,
                last_head: None,
                successor: None,
            },
            (Some(member), _) => {
                let generation = member.generation;
                Decision::Quota { agency, generation, serial, records_max }
            }
        })
    }

    /// Returns another charter for a council, which carries on what is in force
    /// here.
    fn amendment(&mut self, index: usize, council: &Charter) -> Option<Decision> {
        let mut seats = council.statement().seats.clone();
        let at = self.index(seats.len());
        let seat = seats.get(at)?.clone();
        let bad = seats.iter().position(|seat| self.is_dishonest(&seat.key));
        let kind = self.below(4);
        let somebody = self.index(NODES);
        match (kind, bad) {
            (0, _) => {
                let person = self.people.iter().find(|person| person.owns(&seat.key))?;
                *seats.get_mut(at)? = person.rotated(&seat.key)?;
            }
            (1, Some(bad)) => {
                let new = self.people.get(somebody).map(|person| person.seat(0))?;
                if seats.iter().any(|seat| seat.agency == new.agency) {
                    seats.remove(bad);
                } else {
                    *seats.get_mut(bad)? = new;
                }
            }
            (2, _) => {
                let new = self.people.get(somebody).map(|person| person.seat(0))?;
                if seats.len() < 7 && seats.iter().all(|seat| seat.agency != new.agency) {
                    seats.push(new);
                }
            }
            _ => {}
        }
        let thresholds = Thresholds::usual(seats.len());
        if seats.is_empty() || !self.is_sound(&seats, thresholds) {
            return None;
        }
        let carried = carried(self.node(index), council);
        // A council rarely changes before it has decided anything.
        if carried.is_empty() && self.per_mille(900) {
            return None;
        }
        self.successor(council, seats, carried, "").map(Decision::Amend)
    }

    /// Writes a charter that follows from another.
    pub(super) fn successor(
        &self,
        council: &Charter,
        seats: Vec<Seat>,
        carried: Vec<MotionId>,
        purpose: &str,
    ) -> Option<Charter> {
        let statement = CharterStatement {
            number: council.statement().number.checked_add(1)?,
            previous: Some(council.id()),
            purpose: purpose.to_owned(),
            thresholds: Thresholds::usual(seats.len()),
            seats,
            founders: Vec::new(),
            carried,
            issued_at: self.now(),
            ..council.statement().clone()
        };
        Charter::write(&statement).ok()
    }

    /// Counts what was in force at the end.
    pub(super) fn sum_up(&mut self) {
        let node = self.node(0);
        let mut deeds = Vec::new();
        for (_, member) in node.members().filter(|(_, member)| member.by.is_some()) {
            deeds.push(match member.standing {
                Standing::Member if member.generation > 1 => Deed::Readmission,
                Standing::Member => Deed::Admission,
                Standing::Suspended => Deed::Suspension,
                Standing::Revoked { .. } => Deed::Revocation,
            });
        }
        let is_given = |max: u64| max < 1000;
        let quotas = node.members().filter(|(_, member)| is_given(member.records_max)).count();
        deeds.extend(core::iter::repeat_n(Deed::Quota, quotas));
        let chain: Vec<&Charter> = node.charters().map(|(charter, _)| charter).collect();
        for (old, new) in chain.iter().zip(chain.iter().skip(1)) {
            deeds.push(Deed::Amendment);
            let gone = old.statement().seats.iter().filter(|seat| new.seat(&seat.key).is_none());
            for seat in gone {
                let stays = new.statement().seats.iter().any(|one| one.agency == seat.agency);
                if stays {
                    deeds.push(Deed::Rotation);
                } else if self.is_dishonest(&seat.key) {
                    deeds.push(Deed::ThrownOut);
                }
            }
            let carried = &new.statement().carried;
            deeds.extend(carried.iter().map(|_| Deed::Carried));
            let ended = self.ledger.ended(old.id(), carried);
            deeds.extend(core::iter::repeat_n(Deed::Ended, ended));
        }
        for deed in deeds {
            self.tally.did(deed);
        }
    }
}

/// Returns what the council of a charter has decided, as far as a node knows.
fn carried(node: &Federation, council: &Charter) -> Vec<MotionId> {
    let states = node.motions().into_iter().filter(|state| {
        state.progress == Progress::Passed
            && state.council.id() == council.id()
            && !matches!(state.motion.statement().decision, Decision::Amend(_))
    });
    states.map(|state| state.motion.id()).collect()
}
