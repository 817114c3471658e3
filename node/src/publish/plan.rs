//! The difference between what is published and what should be.
//!
//! Invariant: entries are compared by the exact bytes of their description,
//! which are equal for equal graphs; nothing else counts as a change.

use std::collections::{BTreeMap, BTreeSet};

use dela_protocol::api::{Change, ChangeKind, ImportReport};
use dela_protocol::dcat::Resource;
use dela_protocol::description::Description;
use dela_protocol::id::EntityId;
use dela_protocol::record::{RecordKind, Statement};

use super::shares::Kept;
use super::{LISTED_MAX, PublishError, empty_report, kind_of};
use crate::import::Entry;
use crate::index::{Index, IndexError, dataset_kind};

/// Where less than this share of the datasets published is left, in percent, a
/// file is taken for one that is not whole, or for another. Real catalogues lose
/// a few percent at a time.
const KEPT_PERCENT_MIN: u64 = 80;

/// Fewer lost datasets are never suspicious: a small catalogue loses a large
/// share with each.
const LOST_MIN: u64 = 5;

/// Returns whether a catalogue that loses so many of its datasets may have been
/// read from half a file, or from the wrong one.
pub(crate) fn is_suspicious(before: u64, lost: u64) -> bool {
    let kept = before.saturating_sub(lost);
    lost >= LOST_MIN && kept.saturating_mul(100) < before.saturating_mul(KEPT_PERCENT_MIN)
}

/// The reason given in withdrawals made by an import.
const REASON: &str = "no longer in the agency's catalogue";

/// What the agency now offers: for each entry its kind and the hash of its
/// body, so that a large catalogue need not be held in memory.
#[derive(Debug)]
pub(crate) struct Held(BTreeMap<EntityId, (RecordKind, blake3::Hash)>);

impl Held {
    /// Returns the kind of an entry; `None` where it is not offered.
    pub(crate) fn kind(&self, entity: &EntityId) -> Option<RecordKind> {
        self.0.get(entity).map(|(kind, _)| *kind)
    }

    /// Reads what the own agency offers; its profile is not an entry.
    pub(super) fn of(index: &Index) -> Result<Self, IndexError> {
        let mut held = BTreeMap::new();
        for record in index.reader().records(&index.own()) {
            let record = record?;
            if dataset_kind(record.kind()).is_some() {
                held.insert(record.entity(), (record.kind(), blake3::hash(record.body())));
            }
        }
        Ok(Self(held))
    }
}

/// Which part of the catalogue a plan is about.
#[derive(Debug)]
pub(crate) struct Part {
    /// What is left as it is, whatever was read.
    pub(crate) left: Kept,
    /// What is withdrawn.
    pub(crate) withdraw: Withdraw,
    /// Whether what is new waits.
    pub(crate) hold_new: bool,
}

/// What of the offered is withdrawn.
#[derive(Debug)]
pub(crate) enum Withdraw {
    /// All that was not read.
    Missing,
    /// These.
    These(BTreeSet<EntityId>),
}

fn count(kinds: impl Iterator<Item = RecordKind>) -> u64 {
    kinds.filter(|kind| *kind == RecordKind::Dataset).map(|_| 1).sum()
}

/// What is to be said so that the agency offers something else.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// How many entries are left to those who keep them.
    pub(super) left: u64,
    /// How many new entries wait.
    pub(super) held_back: u64,
    statements: Vec<Statement>,
    changes: Vec<Change>,
    unchanged: u64,
    created: u64,
    changed: u64,
    withdrawn: u64,
    datasets_before: u64,
    datasets_after: u64,
    datasets_lost: u64,
    entries_before: usize,
    entries_after: usize,
}

impl Plan {
    /// Plans to offer `entries` in that part of the catalogue.
    pub(super) fn new(
        held: &Held,
        entries: &[Entry],
        part: &Part,
        index: &Index,
    ) -> Result<Self, IndexError> {
        let own = index.own();
        let mut gone = held.0.clone();
        gone.retain(|id, _| !part.left.contains(id));
        let mut plan = Self {
            datasets_before: count(gone.values().map(|(kind, _)| *kind)),
            entries_before: gone.len(),
            ..Self::default()
        };
        for entry in entries {
            let statement = Statement::describe(entry.kind, &entry.description);
            let id = statement.entity(&own);
            if part.left.contains(&id) {
                plan.left += 1;
                continue;
            }
            let known = gone.remove(&id);
            if known.is_none() && part.hold_new {
                plan.held_back += 1;
                continue;
            }
            plan.entries_after += 1;
            plan.datasets_after += u64::from(entry.kind == RecordKind::Dataset);
            if known == Some((entry.kind, blake3::hash(&statement.body))) {
                plan.unchanged += 1;
                continue;
            }
            let change = if known.is_some() { ChangeKind::Changed } else { ChangeKind::Created };
            plan.say(change, id, entry.kind, &entry.description, statement);
        }
        if let Withdraw::These(these) = &part.withdraw {
            gone.retain(|id, _| these.contains(id));
        }
        plan.datasets_lost = count(gone.values().map(|(kind, _)| *kind));
        plan.withdraw(gone, index)?;
        Ok(plan)
    }

    fn withdraw(
        &mut self,
        gone: BTreeMap<EntityId, (RecordKind, blake3::Hash)>,
        index: &Index,
    ) -> Result<(), IndexError> {
        for (id, (kind, _)) in gone {
            let Some(record) = index.reader().newest(&id)? else { continue };
            let description = record
                .description()
                .map_err(|source| IndexError::Unreadable { entity: id, source })?;
            let Some(description) = description else { continue };
            let statement = Statement::withdraw(description.iri(), REASON);
            self.say(ChangeKind::Withdrawn, id, kind, &description, statement);
        }
        Ok(())
    }

    fn say(
        &mut self,
        change: ChangeKind,
        id: EntityId,
        kind: RecordKind,
        description: &Description,
        statement: Statement,
    ) {
        *match change {
            ChangeKind::Created => &mut self.created,
            ChangeKind::Changed => &mut self.changed,
            ChangeKind::Withdrawn => &mut self.withdrawn,
        } += 1;
        if self.changes.len() < LISTED_MAX {
            self.changes.push(Change {
                change,
                kind: kind_of(kind),
                id,
                iri: description.iri().to_owned(),
                title: title_of(description),
            });
        }
        self.statements.push(statement);
    }

    /// Refuses a plan that loses more datasets than can be meant.
    pub(super) fn refuse_shrink(&self) -> Result<(), PublishError> {
        let (before, after) = (self.datasets_before, self.datasets_after);
        // Nobody means to lose the last one by importing a file.
        let emptied =
            (before > 0 && after == 0) || (self.entries_before > 0 && self.entries_after == 0);
        if emptied || is_suspicious(before, self.datasets_lost) {
            return Err(PublishError::Shrink { before, after, withdrawn: self.datasets_lost });
        }
        Ok(())
    }

    /// Returns what is to be signed, and the report of it.
    pub(super) fn into_report(self, dry_run: bool) -> (Vec<Statement>, ImportReport) {
        let report = ImportReport {
            created: self.created,
            changed: self.changed,
            withdrawn: self.withdrawn,
            unchanged: self.unchanged,
            changes: self.changes,
            ..empty_report(dry_run)
        };
        (self.statements, report)
    }
}

/// Returns what publishing one statement changes; `None` if it is so already.
pub(super) fn change(
    statement: &Statement,
    index: &Index,
) -> Result<Option<ChangeKind>, IndexError> {
    let newest = index.reader().newest(&statement.entity(&index.own()))?;
    Ok(match newest {
        Some(held) if held.kind() == statement.kind && held.body() == statement.body => None,
        Some(held) if held.kind() != RecordKind::Withdrawal => Some(ChangeKind::Changed),
        _ => Some(ChangeKind::Created),
    })
}

/// Returns the title of an entry, in Swedish where there is one.
pub(super) fn title_of(description: &Description) -> String {
    Resource::of(description).title_in(&["sv", "en"]).unwrap_or_default().to_owned()
}
