//! What happened, in the order this node learnt of it.

use std::collections::BTreeSet;

use dela_protocol::api::{Event, EventKind, EventList};
use dela_protocol::dcat::Resource;
use dela_protocol::id::AgencyId;
use dela_protocol::record::{RecordKind, Withdrawal};

use super::agencies::description;
use super::datasets::dataset_kind;
use super::{Index, IndexError};
use crate::storage::Change;

/// How far back the latest events are looked for. Further back are those of an
/// agency that has been silent while others changed so much.
const LOOKED_BACK_MAX: u64 = 2_000;

/// How many changes are read at a time on the way back: most of what is asked for
/// is among them.
const LOOKED_BACK_PER_STEP: u64 = 100;

/// Some events, and from where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Events {
    /// The events, in order.
    pub events: Vec<Event>,
    /// The number of the last change looked at, whether or not it was one to
    /// tell of: go on after it.
    pub through: u64,
    /// Whether more may follow at once.
    pub more: bool,
}

impl Index {
    /// Returns the number of the newest change.
    pub fn last_change(&self) -> Result<u64, IndexError> {
        Ok(self.parts.reader.last_change()?)
    }

    /// Returns the number of the oldest change kept.
    pub fn first_change(&self) -> Result<u64, IndexError> {
        Ok(self.parts.reader.first_change()?)
    }

    /// Returns what happened after change `after`, looking at no more than
    /// `limit` changes. Each tells of the entry as it is now.
    pub fn events_after(&self, after: u64, limit: usize) -> Result<Events, IndexError> {
        let oldest = self.parts.reader.first_change()?;
        if after.saturating_add(1) < oldest {
            return Err(IndexError::CursorTooOld { after, oldest });
        }
        let newest = self.last_change()?;
        if after > newest {
            return Err(IndexError::CursorUnknown { after, newest });
        }
        let changes = self.parts.reader.changes_after(after, limit)?;
        let through = changes.last().map_or(after, |change| change.number);
        let more = changes.len() == limit;
        let firsts = self.firsts(&changes)?;
        let mut events = Vec::with_capacity(changes.len());
        for change in &changes {
            events.extend(self.event(change, firsts.contains(&change.number))?);
        }
        Ok(Events { events, through, more })
    }

    /// Returns what happened last, the newest first: of each entry only its
    /// newest, of one agency or of all, looking no further back than
    /// `LOOKED_BACK_MAX`.
    pub fn latest_events(
        &self,
        agency: Option<&AgencyId>,
        limit: usize,
    ) -> Result<EventList, IndexError> {
        self.demand_ready()?;
        let through = self.last_change()?;
        let end = through.saturating_sub(LOOKED_BACK_MAX);
        let (mut before, mut seen, mut events) = (through, BTreeSet::new(), Vec::new());
        while before > end && events.len() < limit {
            let after = before.saturating_sub(LOOKED_BACK_PER_STEP).max(end);
            let count = usize::try_from(before - after).unwrap_or(usize::MAX);
            let mut changes = self.parts.reader.changes_after(after, count)?;
            changes.retain(|change| {
                change.number <= before && agency.is_none_or(|agency| *agency == change.agency)
            });
            let firsts = self.firsts(&changes)?;
            for change in changes.iter().rev() {
                if events.len() < limit && seen.insert(change.entity) {
                    events.extend(self.event(change, firsts.contains(&change.number))?);
                }
            }
            before = after;
        }
        Ok(EventList { events, through })
    }

    fn event(&self, change: &Change, created: bool) -> Result<Option<Event>, IndexError> {
        let record = self.parts.reader.newest(&change.entity)?;
        let (event, iri, title) = match &record {
            // The agency began anew, or its withdrawal has been pruned since.
            None => (EventKind::Withdrawn, String::new(), String::new()),
            Some(record) if record.kind() == RecordKind::Withdrawal => {
                let iri = Withdrawal::decode(record.body()).map(|withdrawal| withdrawal.iri);
                (EventKind::Withdrawn, iri.unwrap_or_default(), String::new())
            }
            Some(record) if dataset_kind(record.kind()).is_some() => {
                let Some(description) = description(record)? else { return Ok(None) };
                let resource = Resource::of(&description);
                let title = resource.title_in(&["sv", "en"]).unwrap_or_default().to_owned();
                (EventKind::Published, resource.iri, title)
            }
            // A profile, or what only a later version can tell of.
            Some(_) => return Ok(None),
        };
        Ok(Some(Event {
            number: change.number,
            at: change.at,
            event,
            created: created && event == EventKind::Published,
            agency: change.agency,
            agency_name: self.profile(&change.agency)?.name,
            id: change.entity,
            iri,
            title,
        }))
    }
}
