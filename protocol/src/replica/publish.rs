//! Signing for our own agency.
//!
//! The order is what makes a crash harmless: reserve the positions on disk,
//! sign, commit records and head in one batch, flush, note the head as
//! published, and only then let anything leave.

use std::collections::BTreeMap;

use super::{Event, GateState, Output, Replica, Sabotage};
use crate::catalogue::Catalogue;
use crate::head::{Commitment, Head};
use crate::id::{AgencyId, HeadId};
use crate::limits::{
    ANNOUNCEMENT_BYTES_MAX, BYTES_PER_AGENCY_MAX, HEARTBEAT_WITHIN, RECORD_BYTES_MAX,
    WITHDRAWAL_KEPT,
};
use crate::record::{Position, Record, RecordKind, Statement};
use crate::store::{Batch, HighWater, Standing, Store};
use crate::time::Timestamp;
use crate::wire::Announcement;

/// What publishing did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Where the agency's catalogue stands now.
    pub position: Position,
    /// How many statements became records.
    pub signed: usize,
    /// How many said what was published already.
    pub unchanged: usize,
}

/// Why nothing was published. Nothing was changed, then.
#[derive(Debug, thiserror::Error)]
pub enum PublishError<E> {
    /// This replica publishes for no agency.
    #[error("this node publishes for no agency")]
    NoAgency,
    /// Our own catalogue has not come back from our peers yet.
    #[error(
        "the node holds less than its agency has published; it is fetching the rest from its peers"
    )]
    Recovering,
    /// No peer has confirmed yet that nothing newer of our own was signed.
    #[error(
        "the node has started again and has yet to hear from a peer that its catalogue is whole"
    )]
    Unconfirmed,
    /// Our agency has another key by now, which is not here.
    #[error(
        "the agency has replaced the key that this node signs with; give it the new one, or stop it"
    )]
    KeyReplaced,
    /// More records than the agency may have, withdrawals counted.
    #[error("{records} records, where the agency may have at most {records_max}")]
    TooMany {
        /// How many there would be.
        records: u64,
        /// How many there may be.
        records_max: u64,
    },
    /// More bytes than an agency may have: others would not fetch them.
    #[error("{bytes} bytes of records, where an agency may have at most {BYTES_PER_AGENCY_MAX}")]
    TooMuch {
        /// How many there would be.
        bytes: u64,
    },
    /// A statement that does not fit into a record.
    #[error(
        "the description of {iri} takes {bytes} bytes, where a record has room for {RECORD_BYTES_MAX}"
    )]
    TooLarge {
        /// What it is about.
        iri: String,
        /// The length of its body.
        bytes: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] E),
}

/// Statements that say something new, and the records they supersede.
type News = (Vec<Statement>, Vec<Record>);

/// What a signed record needs beside its body.
const ENVELOPE_BYTES_MAX: usize = 1024;

impl<S: Store> Replica<S> {
    /// Publishes statements, and returns what is to be done for others to hear
    /// of it. What is published already is not signed again; of several
    /// statements about one entity the last counts.
    pub fn publish(
        &mut self,
        statements: Vec<Statement>,
        now: Timestamp,
    ) -> Result<(Published, Vec<Output>), PublishError<S::Error>> {
        self.now = now;
        let own = self.own.as_ref().ok_or(PublishError::NoAgency)?;
        match own.gate.state() {
            GateState::Open => {}
            GateState::Confirming => return Err(PublishError::Unconfirmed),
            GateState::Recovering => return Err(PublishError::Recovering),
        }
        let published = self.publish_now(statements)?;
        Ok((published, core::mem::take(&mut self.outputs)))
    }

    /// Publishes once more what only we held, and returns how much of it.
    pub(super) fn sign_again(&mut self, statements: Vec<Statement>) -> Result<usize, S::Error> {
        match self.publish_now(statements) {
            Ok(published) => Ok(published.signed),
            Err(PublishError::Store(error)) => Err(error),
            // Of what was signed before nothing is too large or of nobody.
            Err(_) => Ok(0),
        }
    }

    fn publish_now(
        &mut self,
        statements: Vec<Statement>,
    ) -> Result<Published, PublishError<S::Error>> {
        let agency = self.own_agency().ok_or(PublishError::NoAgency)?;
        if self.is_superseded() {
            return Err(PublishError::KeyReplaced);
        }
        let held = self.catalogues.get(&agency).ok_or(PublishError::NoAgency)?;
        let offered = statements.len();
        let (statements, replaced) = self.news(&agency, statements)?;
        let mut catalogue = held.clone();
        if statements.is_empty() && catalogue.head.is_some() {
            let position = catalogue.head.as_ref().map_or(Position::START, Head::position);
            return Ok(Published { position, signed: 0, unchanged: offered });
        }
        for record in &replaced {
            catalogue.remove(record);
        }
        let signed = statements.len();
        let kept = catalogue.live_count.saturating_add(catalogue.withdrawal_count);
        let records = kept.saturating_add(u64::try_from(signed).unwrap_or(u64::MAX));
        let records_max = self.records_max(&agency);
        if records > records_max {
            return Err(PublishError::TooMany { records, records_max });
        }
        let length = |statement: &Statement| statement.body.len() + ENVELOPE_BYTES_MAX;
        let added: usize = statements.iter().map(length).sum();
        let bytes = catalogue.bytes.saturating_add(u64::try_from(added).unwrap_or(u64::MAX));
        if bytes > BYTES_PER_AGENCY_MAX {
            return Err(PublishError::TooMuch { bytes });
        }
        let remove = replaced.iter().map(Record::position).collect();
        let position = self.sign(catalogue, remove, &statements, 0)?;
        Ok(Published { position, signed, unchanged: offered - signed })
    }

    /// Signs a new head over the set as it is, and prunes withdrawals that have
    /// been kept long enough.
    pub(super) fn heartbeat(&mut self) -> Result<(), S::Error> {
        let Some(agency) = self.own_agency() else { return Ok(()) };
        let Some(held) = self.catalogues.get(&agency) else { return Ok(()) };
        let mut catalogue = held.clone();
        let mut remove = Vec::new();
        let mut floor = 0;
        for position in self.store.withdrawals_through(&agency, u64::MAX)? {
            let Some(record) = self.store.record(&agency, position)? else { continue };
            if record.issued_at().after(WITHDRAWAL_KEPT) > self.now {
                break;
            }
            catalogue.remove(&record);
            remove.push(position);
            floor = position.seq;
        }
        self.sign(catalogue, remove, &[], floor)?;
        Ok(())
    }

    /// Returns the statements that say something new, and the records they
    /// supersede.
    fn news(
        &self,
        agency: &AgencyId,
        statements: Vec<Statement>,
    ) -> Result<News, PublishError<S::Error>> {
        let mut last = BTreeMap::new();
        for (order, statement) in statements.into_iter().enumerate() {
            if statement.body.len() + ENVELOPE_BYTES_MAX > RECORD_BYTES_MAX {
                let bytes = statement.body.len();
                return Err(PublishError::TooLarge { iri: statement.iri, bytes });
            }
            last.insert(statement.entity(agency), (order, statement));
        }
        let mut news = Vec::new();
        let mut replaced = Vec::new();
        for (entity, (order, statement)) in last {
            let held = match self.store.position(agency, &entity)? {
                Some(position) => self.store.record(agency, position)?,
                None => None,
            };
            let withdraws = statement.kind == RecordKind::Withdrawal;
            match held {
                Some(held)
                    if held.kind() == statement.kind
                        && (withdraws || held.body() == statement.body) => {}
                None if withdraws => {}
                held => {
                    replaced.extend(held);
                    news.push((order, statement));
                }
            }
        }
        news.sort_by_key(|(order, _)| *order);
        Ok((news.into_iter().map(|(_, statement)| statement).collect(), replaced))
    }

    /// Signs statements and the head over them, commits, flushes and announces.
    /// `catalogue` is the catalogue without the records in `remove`.
    fn sign(
        &mut self,
        mut catalogue: Catalogue,
        remove: Vec<Position>,
        statements: &[Statement],
        floor: u64,
    ) -> Result<Position, S::Error> {
        let Some(signer) = self.own.as_ref().map(|own| own.signer.clone()) else {
            return Ok(Position::START);
        };
        let mark = self.store.high_water()?;
        let mut position = mark.reserved.max(mark.published).max(catalogue.cursor);
        let count = u64::try_from(statements.len()).unwrap_or(u64::MAX).saturating_add(1);
        let last = Position { epoch: position.epoch, seq: position.seq.saturating_add(count) };
        if !self.has(Sabotage::ForgetPositions) {
            self.store.set_high_water(HighWater { reserved: last, ..mark })?;
        }
        let mut records = Vec::with_capacity(statements.len());
        for statement in statements {
            position = position.next();
            let record = Record::sign(&signer, &self.federation, position, statement, self.now);
            catalogue.add(&record);
            records.push(record);
        }
        let previous = catalogue.head.as_ref();
        let commitment = Commitment {
            position: last,
            floor: floor.max(previous.map_or(0, |head| head.commitment().floor)),
            live_count: catalogue.live_count,
            withdrawal_count: catalogue.withdrawal_count,
            bytes: catalogue.bytes,
            digest: catalogue.set.digest(),
            previous: previous.map_or(HeadId::NONE, Head::id),
            issued_at: self.now,
            heartbeat_by: self.now.after(HEARTBEAT_WITHIN),
        };
        let head = Head::sign(&signer, &self.federation, &commitment);
        Self::settle(&mut catalogue, &head);
        // Gossip reaches whoever listens: where strangers may not read, it carries
        // no records, and members ask for them.
        let told: &[Record] = if self.federation().may_read(None) { &records } else { &[] };
        let announcement = announcement(&catalogue, &head, told);
        let changed = records.len();
        let agency = signer.agency();
        let put = records.into_iter().map(|record| (record, Standing::Verified)).collect();
        let batch = Batch { remove, put, ..Batch::of(catalogue.clone(), self.now) };
        self.store.commit(batch)?;
        if !self.has(Sabotage::SkipFlush) {
            self.store.flush()?;
        }
        self.store.set_high_water(HighWater { reserved: last, published: last })?;
        let before = self.catalogues.insert(agency, catalogue).and_then(|before| before.head);
        self.former.entry(agency).or_default().extend(before);
        self.forget_former(agency);
        self.heads_changed();
        if changed > 0 {
            let event = Event::Changed { agency, records: changed, from: None };
            self.outputs.push(Output::Event(event));
        }
        self.outputs.push(Output::Event(Event::Completed { agency, position: last }));
        self.outputs.push(Output::Announce(announcement));
        Ok(last)
    }
}

/// Returns what to tell everybody: the records too, where they are small.
fn announcement(catalogue: &Catalogue, head: &Head, records: &[Record]) -> Vec<u8> {
    let mut announcement = Announcement {
        statements: catalogue.agency.statements().to_vec(),
        head: head.bytes().to_vec(),
        records: Vec::new(),
    };
    let total: usize = records.iter().map(|record| record.bytes().len() + 8).sum();
    let without = announcement.encode();
    if without.len() + total > ANNOUNCEMENT_BYTES_MAX {
        return without;
    }
    announcement.records = records.iter().map(|record| record.bytes().to_vec()).collect();
    announcement.encode()
}
