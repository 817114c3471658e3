//! What changes: how many records are new, described anew and withdrawn.
//!
//! The log of changes says that something happened to an entity, not what. What
//! did is worked out when it is counted: what is withdrawn now was withdrawn; of
//! the rest as many are new as the catalogue has grown by, beside what it lost.
//!
//! Invariants: a change is counted once, whatever happens to the process; and
//! nothing counts as new that was only not here yet, when this node met the
//! agency or lost its store.

use std::collections::{BTreeMap, BTreeSet};

use dela_protocol::api::HistoryPoint;
use dela_protocol::catalogue::Catalogue;
use dela_protocol::id::{AgencyId, EntityId};
use dela_protocol::record::RecordKind;
use serde::{Deserialize, Serialize};

use super::quality::point;
use super::{Index, IndexError};

/// How many changes are looked through at a time: each may be looked up, and
/// what is in memory of them is 64 bytes each.
const CHANGES_PER_STEP: usize = 10_000;

/// How far the log of changes has been counted, and of which log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The number that names the log.
    pub origin: u64,
    /// The number of the last change that was counted.
    pub through: u64,
}

/// What changed, in records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Churn {
    /// How many are new.
    pub created: u64,
    /// How many are described anew.
    pub changed: u64,
    /// How many are withdrawn.
    pub withdrawn: u64,
}

impl Churn {
    /// Returns how many changes there were, of whatever kind.
    pub const fn total(self) -> u64 {
        self.created.saturating_add(self.changed).saturating_add(self.withdrawn)
    }

    /// Adds what changed elsewhere or later.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            created: self.created.saturating_add(other.created),
            changed: self.changed.saturating_add(other.changed),
            withdrawn: self.withdrawn.saturating_add(other.withdrawn),
        }
    }

    /// Works out what happened to a catalogue that had `before` records and has
    /// `after`.
    fn of(before: u64, after: u64, seen: Seen) -> Self {
        let grown = after.saturating_sub(before);
        let shrunk = before.saturating_sub(after);
        // Beside what grew, what was withdrawn had to be made up for. What is
        // missing beyond that went without a withdrawal: an agency began anew.
        let created = grown.saturating_add(seen.withdrawn).saturating_sub(shrunk);
        let withdrawn = seen.withdrawn.max(shrunk);
        Self { created, withdrawn, changed: seen.live.saturating_sub(created) }
    }
}

/// What was seen in the log of one agency.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// Entities of which there is a record now.
    live: u64,
    /// Entities that are withdrawn now.
    withdrawn: u64,
}

/// How the catalogues are now, and what changed since they were last looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Today {
    /// How far the log was counted.
    pub counted: Counted,
    /// The state of each agency, and that of the federation, with what changed
    /// since the last look, not since the day began.
    pub points: Vec<(Option<AgencyId>, HistoryPoint)>,
}

impl Index {
    /// Returns how the catalogues are on a day. `since` is how far the log was
    /// counted before, and `held` how many records each catalogue then had, as
    /// far as it was here in full.
    pub fn today(
        &self,
        date: &str,
        since: Option<Counted>,
        held: &BTreeMap<AgencyId, u64>,
    ) -> Result<Today, IndexError> {
        self.demand_ready()?;
        let (catalogues, through) = self.parts.reader.catalogues_through();
        let counted = Counted { origin: self.parts.reader.origin(), through };
        // Of another log nothing is known, and a log that begins later has lost
        // some; then everything begins anew.
        let since = since.filter(|since| since.origin == counted.origin);
        let since = since.filter(|since| since.through <= through);
        let first = self.parts.reader.first_change()?;
        let since = since.filter(|since| since.through.saturating_add(1) >= first);
        let seen = match since {
            Some(since) => self.seen(since.through, through, held)?,
            None => BTreeMap::new(),
        };
        let mut all = since.map(|_| Churn::default());
        let mut points = Vec::with_capacity(catalogues.len() + 1);
        for catalogue in &catalogues {
            let id = catalogue.id();
            let churn = since.and_then(|_| {
                let before = held.get(&id).filter(|_| is_whole(catalogue))?;
                let seen = seen.get(&id).copied().unwrap_or_default();
                Some(Churn::of(*before, catalogue.live_count, seen))
            });
            all = all.map(|all| all.and(churn.unwrap_or_default()));
            let state = HistoryPoint {
                records: is_whole(catalogue).then_some(catalogue.live_count),
                ..point(date, &self.tally(Some(&id))?)
            };
            points.push((Some(id), with_churn(state, churn)));
        }
        let federation = HistoryPoint {
            agencies: Some(u64::try_from(catalogues.len()).unwrap_or(u64::MAX)),
            records: Some(catalogues.iter().map(|catalogue| catalogue.live_count).sum()),
            ..point(date, &self.tally(None)?)
        };
        points.insert(0, (None, with_churn(federation, all)));
        Ok(Today { counted, points })
    }

    /// Looks through the log of changes, for the agencies that are counted.
    fn seen(
        &self,
        after: u64,
        through: u64,
        held: &BTreeMap<AgencyId, u64>,
    ) -> Result<BTreeMap<AgencyId, Seen>, IndexError> {
        let mut seen: BTreeMap<AgencyId, Seen> = BTreeMap::new();
        let mut after = after;
        while after < through {
            let changes = self.parts.reader.changes_after(after, CHANGES_PER_STEP)?;
            let Some(last) = changes.last() else { break };
            after = last.number;
            let of_interest = changes
                .iter()
                .filter(|change| change.number <= through && held.contains_key(&change.agency))
                .map(|change| (change.agency, change.entity));
            let distinct: BTreeSet<(AgencyId, EntityId)> = of_interest.collect();
            for (agency, entity) in distinct {
                let Some(record) = self.parts.reader.newest(&entity)? else { continue };
                let seen = seen.entry(agency).or_default();
                match record.kind() {
                    RecordKind::Withdrawal => seen.withdrawn += 1,
                    _ => seen.live += 1,
                }
            }
        }
        Ok(seen)
    }
}

/// Whether a catalogue has been here in full, so that what comes now is new.
const fn is_whole(catalogue: &Catalogue) -> bool {
    catalogue.head.is_some()
}

fn with_churn(point: HistoryPoint, churn: Option<Churn>) -> HistoryPoint {
    HistoryPoint {
        created: churn.map(|churn| churn.created),
        changed: churn.map(|churn| churn.changed),
        withdrawn: churn.map(|churn| churn.withdrawn),
        ..point
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn churn(before: u64, after: u64, live: u64, withdrawn: u64) -> (u64, u64, u64) {
        let Churn { created, changed, withdrawn } =
            Churn::of(before, after, Seen { live, withdrawn });
        (created, changed, withdrawn)
    }

    #[test]
    fn what_grew_is_new_and_the_rest_was_changed() {
        assert_eq!(churn(10, 10, 0, 0), (0, 0, 0));
        assert_eq!(churn(10, 13, 5, 0), (3, 2, 0));
        assert_eq!(churn(10, 8, 1, 2), (0, 1, 2));
        // Two came, two went.
        assert_eq!(churn(10, 10, 2, 2), (2, 0, 2));
    }

    #[test]
    fn what_came_and_went_between_two_looks_counts_as_both() {
        assert_eq!(churn(10, 10, 0, 1), (1, 0, 1));
    }

    #[test]
    fn what_went_without_a_withdrawal_is_withdrawn() {
        // An agency began anew with three of its ten, and described them again.
        assert_eq!(churn(10, 3, 3, 0), (0, 3, 7));
    }
}
