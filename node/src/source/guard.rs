//! What to believe of an answer that lacks what was there before.
//!
//! A source that lacks a dataset has withdrawn it, or was asked while half of it
//! was away. Nobody can tell from one answer, so time does: what is new and what
//! changed goes through at once, what vanished waits.
//!
//! Invariants:
//! - Nothing is withdrawn for vanishing that was not away in several answers in
//!   a row, over the time of grace, unless somebody agreed or set no grace.
//! - Where so much vanished that it may be a mistake, the same set must stay
//!   away for a week; and an answer with nothing in it withdraws nothing until
//!   somebody agrees.
//! - What comes back is as if it had never been away.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use dela_protocol::api::{Suspicion, Waiting};
use dela_protocol::id::EntityId;
use dela_protocol::record::RecordKind;
use dela_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::publish::is_suspicious;

/// In how many answers in a row something must be missing: one is an accident,
/// two can be one that lasted. It also keeps a clock that jumps from ending the
/// time of grace.
const ANSWERS_MIN: u32 = 3;

/// For how long a suspicious loss must stay the same: over a weekend and the
/// days in which somebody sees it and mends the source.
const SUSPICIOUS_HOLD: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Something that vanished from a source and is still published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Missing {
    /// When it was first missed.
    pub(super) since: Timestamp,
    /// From how many answers in a row.
    pub(super) answers: u32,
    /// Whether somebody agreed that it is gone.
    pub(super) agreed: bool,
}

/// A loss that may be a mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Suspect {
    /// The hash of what is missing: another set is another loss.
    pub(super) set: String,
    /// When it was first seen.
    pub(super) since: Timestamp,
    /// In how many answers in a row.
    pub(super) answers: u32,
}

/// What is remembered from one answer to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Memory {
    pub(super) missing: BTreeMap<EntityId, Missing>,
    pub(super) suspect: Option<Suspect>,
}

impl Memory {
    /// Takes somebody's word for it that what is missing now is gone.
    pub(super) fn agree(&mut self) {
        for missing in self.missing.values_mut() {
            missing.agreed = true;
        }
    }
}

/// What a source answered, beside what it kept until now.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    /// What it keeps and is published, and nobody else has.
    pub(super) kept: &'a BTreeMap<EntityId, RecordKind>,
    /// What it has now.
    pub(super) entries: &'a BTreeMap<EntityId, RecordKind>,
    /// How many of the datasets it has now are not published.
    pub(super) new_datasets: u64,
}

/// What to make of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// What is withdrawn.
    pub(super) withdraw: BTreeSet<EntityId>,
    /// Whether what is new waits too, since it may be another catalogue.
    pub(super) hold_new: bool,
    /// What is remembered.
    pub(super) memory: Memory,
    /// What is told.
    pub(super) waiting: Option<Waiting>,
}

/// Judges an answer.
pub(super) fn judge(
    answer: &Answer<'_>,
    memory: &Memory,
    grace: Duration,
    now: Timestamp,
) -> Verdict {
    let mut missing: BTreeMap<EntityId, Missing> = BTreeMap::new();
    for id in answer.kept.keys().filter(|id| !answer.entries.contains_key(id)) {
        let known = memory.missing.get(id);
        let first = Missing { since: now, answers: 0, agreed: false };
        let mut one = known.copied().unwrap_or(first);
        one.answers = one.answers.saturating_add(1);
        missing.insert(*id, one);
    }
    let suspicion = suspicion(answer, &missing);
    let hold = grace.max(SUSPICIOUS_HOLD);
    let suspect = suspicion.map(|_| suspect(&missing, memory.suspect.as_ref(), now));
    let has_repeated = suspect
        .as_ref()
        .is_some_and(|suspect| suspect.answers >= ANSWERS_MIN && now.since(suspect.since) >= hold);
    let has_repeated = has_repeated && suspicion != Some(Suspicion::Emptied);
    let is_due = |one: &Missing| {
        let waited = one.answers >= ANSWERS_MIN && now.since(one.since) >= grace;
        one.agreed || has_repeated || (suspicion.is_none() && (grace.is_zero() || waited))
    };
    let withdraw: BTreeSet<EntityId> =
        missing.iter().filter(|(_, one)| is_due(one)).map(|(id, _)| *id).collect();
    missing.retain(|id, _| !withdraw.contains(id));
    let suspicion = suspicion.filter(|_| !has_repeated);
    let suspect = suspect.filter(|_| !has_repeated);
    let until = match (suspicion, &suspect) {
        (Some(Suspicion::Emptied), _) => None,
        (Some(_), Some(suspect)) => Some(suspect.since.after(hold)),
        _ => missing.values().map(|one| one.since.after(grace)).min(),
    };
    Verdict {
        withdraw,
        hold_new: suspicion == Some(Suspicion::Replaced),
        waiting: waiting(answer, &missing, suspicion, until),
        memory: Memory { missing, suspect },
    }
}

/// Says why so much that is missing may be a mistake. What somebody agreed to
/// is none.
fn suspicion(answer: &Answer<'_>, missing: &BTreeMap<EntityId, Missing>) -> Option<Suspicion> {
    let doubted = missing.iter().filter(|(_, one)| !one.agreed);
    let doubted: Vec<EntityId> = doubted.map(|(id, _)| *id).collect();
    if doubted.is_empty() {
        return None;
    }
    let lost = datasets(doubted.iter().filter_map(|id| answer.kept.get(id)));
    let before = datasets(answer.kept.values());
    let after = datasets(answer.entries.values());
    if answer.entries.is_empty() || (before > 0 && after == 0) {
        Some(Suspicion::Emptied)
    } else if !is_suspicious(before, lost) {
        None
    } else if answer.new_datasets.saturating_mul(2) >= lost {
        Some(Suspicion::Replaced)
    } else {
        Some(Suspicion::Shrunk)
    }
}

/// Returns the loss as it is now, which may be the one known already.
fn suspect(
    missing: &BTreeMap<EntityId, Missing>,
    known: Option<&Suspect>,
    now: Timestamp,
) -> Suspect {
    let mut hasher = blake3::Hasher::new();
    for (id, _) in missing.iter().filter(|(_, one)| !one.agreed) {
        hasher.update(id.as_bytes());
    }
    let set = hasher.finalize().to_hex().to_string();
    match known.filter(|known| known.set == set) {
        Some(known) => Suspect { answers: known.answers.saturating_add(1), ..known.clone() },
        None => Suspect { set, since: now, answers: 1 },
    }
}

fn waiting(
    answer: &Answer<'_>,
    missing: &BTreeMap<EntityId, Missing>,
    suspicion: Option<Suspicion>,
    until: Option<Timestamp>,
) -> Option<Waiting> {
    let since = missing.values().map(|one| one.since).min()?;
    Some(Waiting {
        records: count(missing.len()),
        datasets: datasets(missing.keys().filter_map(|id| answer.kept.get(id))),
        since,
        withdrawn_after: until,
        suspicion,
        held_back: 0,
    })
}

fn datasets<'a>(kinds: impl Iterator<Item = &'a RecordKind>) -> u64 {
    kinds.map(|kind| u64::from(*kind == RecordKind::Dataset)).sum()
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(60 * 60);
    const GRACE: Duration = Duration::from_secs(72 * 60 * 60);

    /// A source of the tests, which keeps what it is not said to withdraw.
    struct Followed {
        kept: BTreeMap<EntityId, RecordKind>,
        memory: Memory,
        now: Timestamp,
    }

    fn entries(numbers: impl IntoIterator<Item = u16>) -> BTreeMap<EntityId, RecordKind> {
        let id = |n: u16| {
            let [high, low] = n.to_be_bytes();
            EntityId::from_bytes([high, low, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        };
        numbers.into_iter().map(|n| (id(n), RecordKind::Dataset)).collect()
    }

    impl Followed {
        fn new(numbers: impl IntoIterator<Item = u16>) -> Self {
            let now = Timestamp::from_millis(1_000_000_000_000);
            Self { kept: entries(numbers), memory: Memory::default(), now }
        }

        /// Answers, and lets time pass until the next answer.
        fn answer(&mut self, numbers: impl IntoIterator<Item = u16>, pass: Duration) -> Verdict {
            let entries = entries(numbers);
            let new = entries.keys().filter(|id| !self.kept.contains_key(id)).count();
            let answer = Answer { kept: &self.kept, entries: &entries, new_datasets: count(new) };
            let verdict = judge(&answer, &self.memory, GRACE, self.now);
            self.memory = verdict.memory.clone();
            self.kept.retain(|id, _| !verdict.withdraw.contains(id));
            if !verdict.hold_new {
                self.kept.extend(entries);
            }
            self.now = self.now.after(pass);
            verdict
        }
    }

    #[test]
    fn what_vanished_is_withdrawn_when_grace_is_over() {
        let mut source = Followed::new(0..100);
        for _ in 0..9 {
            let verdict = source.answer(1..100, 8 * HOUR);
            assert!(verdict.withdraw.is_empty());
            let waiting = verdict.waiting.unwrap();
            assert_eq!((waiting.records, waiting.suspicion), (1, None));
        }
        let verdict = source.answer(1..100, HOUR);
        assert_eq!(verdict.withdraw.len(), 1);
        assert_eq!((verdict.waiting, verdict.memory), (None, Memory::default()));
    }

    #[test]
    fn one_long_silence_is_not_several_answers() {
        let mut source = Followed::new(0..100);
        for _ in 0..2 {
            assert!(source.answer(1..100, 100 * HOUR).withdraw.is_empty());
        }
        assert_eq!(source.answer(1..100, HOUR).withdraw.len(), 1);
    }

    #[test]
    fn what_comes_and_goes_stays() {
        let mut source = Followed::new(0..100);
        for _ in 0..50 {
            assert!(source.answer(1..100, 71 * HOUR).withdraw.is_empty());
            assert_eq!(source.answer(0..100, HOUR).waiting, None);
        }
    }

    #[test]
    fn half_an_answer_must_stay_the_same_for_a_week() {
        let mut source = Followed::new(0..100);
        for _ in 0..7 {
            let verdict = source.answer(0..50, 24 * HOUR);
            assert!(verdict.withdraw.is_empty());
            assert_eq!(verdict.waiting.unwrap().suspicion, Some(Suspicion::Shrunk));
        }
        assert_eq!(source.answer(0..50, HOUR).withdraw.len(), 50);
    }

    #[test]
    fn half_an_answer_with_another_half_each_time_withdraws_nothing() {
        let mut source = Followed::new(0..100);
        for round in 0..100_u16 {
            let from = round % 40;
            assert!(source.answer(from..from + 50, 24 * HOUR).withdraw.is_empty());
        }
        assert_eq!(source.kept.len(), 100);
    }

    #[test]
    fn an_empty_answer_takes_somebodys_word() {
        let mut source = Followed::new(0..3);
        for _ in 0..100 {
            let verdict = source.answer([], 24 * HOUR);
            assert!(verdict.withdraw.is_empty());
            let waiting = verdict.waiting.unwrap();
            assert_eq!(waiting.suspicion, Some(Suspicion::Emptied));
            assert_eq!(waiting.withdrawn_after, None);
        }
        source.memory.agree();
        assert_eq!(source.answer([], HOUR).withdraw.len(), 3);
    }

    #[test]
    fn another_catalogue_of_the_same_size_is_not_published_beside_the_first() {
        let mut source = Followed::new(0..100);
        let verdict = source.answer(1000..1100, HOUR);
        assert!(verdict.hold_new && verdict.withdraw.is_empty());
        assert_eq!(verdict.waiting.unwrap().suspicion, Some(Suspicion::Replaced));
        source.memory.agree();
        let verdict = source.answer(1000..1100, HOUR);
        assert!(!verdict.hold_new);
        assert_eq!(verdict.withdraw.len(), 100);
    }

    #[test]
    fn somebodys_word_is_for_what_was_missing_then() {
        let mut source = Followed::new(0..100);
        source.answer(0..50, HOUR);
        source.memory.agree();
        let verdict = source.answer(0..10, HOUR);
        assert_eq!(verdict.withdraw.len(), 50, "those agreed to, and not the other forty");
        assert_eq!(verdict.waiting.unwrap().suspicion, Some(Suspicion::Shrunk));
    }

    #[test]
    fn without_grace_what_vanished_goes_at_once_if_it_is_little() {
        let kept = entries(0..100);
        let few = entries(1..100);
        let half = entries(0..50);
        for (entries, withdrawn) in [(&few, 1), (&half, 0)] {
            let answer = Answer { kept: &kept, entries, new_datasets: 0 };
            let now = Timestamp::from_millis(1);
            let verdict = judge(&answer, &Memory::default(), Duration::ZERO, now);
            assert_eq!(verdict.withdraw.len(), withdrawn);
        }
    }
}
