//! How motions stand: who is for, who against, and how many it takes.

use super::charter::{Charter, Seat};
use super::decision::{Motion, Vote};
use super::{Federation, founding, proposed};
use crate::id::MotionId;
use crate::time::Timestamp;

/// What has become of a motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It waits for votes.
    Open,
    /// It has the votes it takes, and holds.
    Passed,
    /// So many are against it that it cannot pass any more, unless they vote
    /// again.
    Refused,
}

/// A motion and the votes on it.
#[derive(Debug, Clone)]
pub struct MotionState<'a> {
    /// The motion.
    pub motion: &'a Motion,
    /// The charter whose council decides.
    pub council: &'a Charter,
    /// What has become of it.
    pub progress: Progress,
    /// How many seats must be for it.
    pub needed: usize,
    /// Where another council must agree as well, how many of its seats.
    pub needed_of_next: Option<usize>,
    /// The seats for it, with when they voted.
    pub seats_for: Vec<(&'a Seat, Timestamp)>,
    /// The seats of the next council for it.
    pub next_for: Vec<(&'a Seat, Timestamp)>,
    /// The seats against it.
    pub seats_against: Vec<(&'a Seat, Timestamp)>,
}

impl Federation {
    /// Returns all motions that are known and can still have an effect, in the
    /// order in which their movers say they moved them.
    pub fn motions(&self) -> Vec<MotionState<'_>> {
        let mut motions: Vec<&Motion> = self.motions.values().collect();
        motions.sort_by_key(|motion| (motion.statement().issued_at, motion.id()));
        motions.into_iter().filter_map(|motion| self.state(motion)).collect()
    }

    /// Returns how one motion stands.
    pub fn motion(&self, id: &MotionId) -> Option<MotionState<'_>> {
        self.motions.get(id).and_then(|motion| self.state(motion))
    }

    /// Returns the votes that founded the federation, with whose they are.
    pub fn founding_votes(&self) -> Vec<(&Seat, &Vote)> {
        let Some(first) = &self.first else { return Vec::new() };
        let votes = self.votes.get(&founding(first)).into_iter().flat_map(|votes| votes.values());
        votes.filter_map(|vote| Some((first.seat(vote.voter())?, vote))).collect()
    }

    /// Returns the first charter, also while it lacks votes.
    pub fn first_charter(&self) -> Option<&Charter> {
        self.first.as_ref()
    }

    fn state<'a>(&'a self, motion: &'a Motion) -> Option<MotionState<'a>> {
        let council = self.council_of(motion)?;
        let next = proposed(motion);
        let decision = &motion.statement().decision;
        let needed = decision.threshold(council);
        let seats_for = self.seats_who(motion, council, true);
        let seats_against = self.seats_who(motion, council, false);
        let is_lost = |council: &Charter| {
            let firm = self.seats_who(motion, council, false).len();
            council.statement().seats.len() - firm < decision.threshold(council)
        };
        let progress = if self.has_passed(motion) {
            Progress::Passed
        } else if is_lost(council) || next.is_some_and(is_lost) {
            Progress::Refused
        } else {
            Progress::Open
        };
        Some(MotionState {
            motion,
            council,
            progress,
            needed,
            needed_of_next: next.map(|next| decision.threshold(next)),
            seats_for,
            next_for: next.map_or_else(Vec::new, |next| self.seats_who(motion, next, true)),
            seats_against,
        })
    }

    /// Returns the seats of a council that are for a motion, or those that are
    /// against it and not for it as well.
    fn seats_who<'a>(
        &'a self,
        motion: &'a Motion,
        council: &'a Charter,
        wants: bool,
    ) -> Vec<(&'a Seat, Timestamp)> {
        let ballot = self.votes.get(&motion.id());
        let cast = |seat: &Seat, is_for| {
            let vote = ballot.and_then(|ballot| ballot.get(&(*seat.key.as_bytes(), is_for)));
            vote.map(Vote::issued_at)
        };
        let seats = council.statement().seats.iter();
        seats
            .filter_map(|seat| {
                let moved = (*motion.mover() == seat.key).then(|| motion.statement().issued_at);
                let is_for = moved.or_else(|| cast(seat, true));
                let when =
                    if wants { is_for } else { cast(seat, false).filter(|_| is_for.is_none()) };
                when.map(|when| (seat, when))
            })
            .collect()
    }
}
