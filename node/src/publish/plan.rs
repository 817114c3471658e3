//! The difference between what is published and what should be.
//!
//! Invariant: entries are compared by the exact bytes of their description,
//! which are equal for equal graphs; nothing else counts as a change.

use std::collections::BTreeMap;

use dela_protocol::api::{Change, ChangeKind, ImportReport};
use dela_protocol::dcat::Resource;
use dela_protocol::description::Description;
use dela_protocol::id::EntityId;
use dela_protocol::record::{RecordKind, Statement};

use super::{LISTED_MAX, PublishError, empty_report, kind_of};
use crate::import::Entry;
use crate::index::{Index, IndexError, dataset_kind};

/// Below this share of the datasets published, in percent, a file is taken for
/// one that is not whole. Real catalogues shrink by a few percent at a time.
const KEPT_PERCENT_MIN: u64 = 80;

/// Up to so many fewer datasets are never suspicious: a small catalogue loses
/// a large share with each.
const LOST_MIN: u64 = 5;

/// The reason given in withdrawals made by an import.
const REASON: &str = "no longer in the agency's catalogue";

/// What the agency now offers: for each entry its kind and the hash of its
/// body, so that a large catalogue need not be held in memory.
#[derive(Debug)]
pub(super) struct Held(BTreeMap<EntityId, (RecordKind, blake3::Hash)>);

impl Held {
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

    fn datasets(&self) -> u64 {
        count(self.0.values().map(|(kind, _)| *kind))
    }
}

fn count(kinds: impl Iterator<Item = RecordKind>) -> u64 {
    kinds.filter(|kind| *kind == RecordKind::Dataset).map(|_| 1).sum()
}

/// What is to be said so that the agency offers something else.
#[derive(Debug)]
pub(super) struct Plan {
    statements: Vec<Statement>,
    changes: Vec<Change>,
    unchanged: u64,
    created: u64,
    changed: u64,
    withdrawn: u64,
    datasets_before: u64,
    datasets_after: u64,
    entries_before: usize,
    entries_after: usize,
}

impl Plan {
    /// Plans to offer exactly `entries`.
    pub(super) fn replace(
        held: &Held,
        entries: &[Entry],
        index: &Index,
    ) -> Result<Self, IndexError> {
        let own = index.own();
        let mut plan = Self {
            statements: Vec::new(),
            changes: Vec::new(),
            unchanged: 0,
            created: 0,
            changed: 0,
            withdrawn: 0,
            datasets_before: held.datasets(),
            datasets_after: count(entries.iter().map(|entry| entry.kind)),
            entries_before: held.0.len(),
            entries_after: entries.len(),
        };
        let mut gone = held.0.clone();
        for entry in entries {
            let statement = Statement::describe(entry.kind, &entry.description);
            let id = statement.entity(&own);
            match gone.remove(&id) {
                Some(same) if same == (entry.kind, blake3::hash(&statement.body)) => {
                    plan.unchanged += 1;
                }
                known => {
                    let change =
                        if known.is_some() { ChangeKind::Changed } else { ChangeKind::Created };
                    plan.say(change, id, entry.kind, &entry.description, statement);
                }
            }
        }
        for (id, (kind, _)) in gone {
            let Some(record) = index.reader().newest(&id)? else { continue };
            let description = record
                .description()
                .map_err(|source| IndexError::Unreadable { entity: id, source })?;
            let Some(description) = description else { continue };
            let statement = Statement::withdraw(description.iri(), REASON);
            plan.say(ChangeKind::Withdrawn, id, kind, &description, statement);
        }
        Ok(plan)
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
        let lost = before.saturating_sub(after);
        let below = after.saturating_mul(100) < before.saturating_mul(KEPT_PERCENT_MIN);
        // Nobody means to lose the last one by importing a file.
        let emptied =
            (before > 0 && after == 0) || (self.entries_before > 0 && self.entries_after == 0);
        if emptied || (below && lost >= LOST_MIN) {
            return Err(PublishError::Shrink { before, after });
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
