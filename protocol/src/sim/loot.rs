//! What the dishonest have seen, all of them together: what they replay,
//! resurrect and mix up.

use std::collections::BTreeMap;

use oorandom::Rand64;

use super::liar::below;
use crate::head::Head;
use crate::id::{AgencyId, RecordId};
use crate::record::{Position, Record};
use crate::wire::{AgencyHead, Announcement, Gossip, Response};

/// How many heads of each agency, and how many announcements, are remembered.
const KEPT_MAX: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Loot {
    statements: BTreeMap<AgencyId, Vec<Vec<u8>>>,
    heads: BTreeMap<AgencyId, Vec<Head>>,
    records: BTreeMap<AgencyId, BTreeMap<(Position, RecordId), Record>>,
    announcements: Vec<Announcement>,
}

impl Loot {
    pub(super) fn announced(&mut self, bytes: &[u8]) {
        let Ok(Gossip::Announcement(announcement)) = Gossip::decode(bytes) else { return };
        let Ok(head) = Head::decode(announcement.head.clone()) else { return };
        self.statements.insert(head.agency(), announcement.statements.clone());
        self.head(head);
        self.records(&announcement.records);
        if self.announcements.len() < KEPT_MAX {
            self.announcements.push(announcement);
        }
    }

    pub(super) fn answered(&mut self, response: &Response) {
        let (head, records) = match response {
            Response::Heads(heads) => {
                for AgencyHead { statements, head } in heads {
                    if let Ok(head) = Head::decode(head.clone()) {
                        self.statements.insert(head.agency(), statements.clone());
                        self.head(head);
                    }
                }
                return;
            }
            Response::Page(page) => (&page.head, &page.records),
            Response::Records { head, records } => (head, records),
            Response::Same
            | Response::Buckets(_)
            | Response::Summaries(_)
            | Response::NotReady
            | Response::Membership(_)
            | Response::Map { .. } => return,
        };
        if let Ok(head) = Head::decode(head.clone()) {
            self.head(head);
        }
        self.records(records);
    }

    pub(super) fn head(&mut self, head: Head) {
        let heads = self.heads.entry(head.agency()).or_default();
        if heads.len() < KEPT_MAX && !heads.contains(&head) {
            heads.push(head);
        }
    }

    fn records(&mut self, records: &[Vec<u8>]) {
        for bytes in records {
            if let Ok(record) = Record::decode(bytes.clone()) {
                self.record(record);
            }
        }
    }

    pub(super) fn record(&mut self, record: Record) {
        let records = self.records.entry(record.agency()).or_default();
        records.insert((record.position(), record.id()), record);
    }

    /// Returns all that was ever seen of an agency between two positions, of
    /// which only a part can be in any one set.
    pub(super) fn between(
        &self,
        agency: &AgencyId,
        after: Position,
        until: Position,
    ) -> impl Iterator<Item = &Record> {
        let records = self.records.get(agency).into_iter().flatten();
        records
            .filter(move |((position, _), _)| *position > after && *position < until)
            .map(|(_, record)| record)
    }

    pub(super) fn old_head(&self, agency: &AgencyId, chance: &mut Rand64) -> Option<Head> {
        let heads = self.heads.get(agency)?;
        heads.get(below(chance, heads.len())).cloned()
    }

    pub(super) fn statements(&self, agency: &AgencyId) -> Vec<Vec<u8>> {
        self.statements.get(agency).cloned().unwrap_or_default()
    }

    pub(super) fn agencies(&self) -> impl Iterator<Item = &AgencyId> {
        self.heads.keys()
    }

    pub(super) fn announcement(&self, chance: &mut Rand64) -> Option<Announcement> {
        self.announcements.get(below(chance, self.announcements.len())).cloned()
    }
}
