//! Having the records' own signatures checked, apart from taking them in.
//!
//! A set is authentic once it has the digest its agency signed, at a
//! thirtieth of what checking each record costs. So what comes in pages is
//! taken in first, and checked record by record where there is time for it,
//! by whoever drives the replica, on any thread. Until then it is not shown.
//!
//! Invariant: what a record's own signature is worth does not depend on the path
//! it came. One that does not hold is quarantined where the agency's head
//! commits to it, so that all replicas hold the same set, and thrown away where
//! none does.

use std::sync::Arc;

use super::{Event, Output, Replica, Sabotage};
use crate::agency::Agency;
use crate::catalogue::Catalogue;
use crate::id::{AgencyId, FederationId};
use crate::limits::{CHECKED_AT_ONCE_MAX, CHECKS_BYTES, CHECKS_MAX};
use crate::record::Record;
use crate::store::{Batch, Standing, Store};

/// One signature to be checked, with all that is needed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    record: Record,
    agency: Arc<Agency>,
    federation: FederationId,
}

impl Check {
    /// Returns whether the agency signed the record, and it says what a record
    /// of its kind must ([`Record::verify`]). Takes some 50 microseconds.
    pub fn holds(&self) -> bool {
        self.record.verify(&self.agency, &self.federation).is_ok()
    }
}

/// Records of one agency that are being checked, in order of position.
#[derive(Debug)]
pub(super) struct Checking {
    pub(super) agency: AgencyId,
    records: Vec<Record>,
}

/// Records of a page, divided.
#[derive(Debug)]
pub(super) struct Sifted {
    /// Those that can be taken in.
    pub(super) good: Vec<(Record, Standing)>,
    /// Those whose signature is known not to hold.
    pub(super) bad: Vec<Record>,
}

impl<S: Store> Replica<S> {
    /// Gives out what is still to be checked, of each agency in order and one
    /// part at a time.
    pub(super) fn check_all(&mut self) -> Result<(), S::Error> {
        while self.checking.len() < CHECKS_MAX {
            let being = |agency: &AgencyId| self.checking.values().any(|job| job.agency == *agency);
            let Some(agency) = self.to_check.iter().find(|agency| !being(agency)).copied() else {
                return Ok(());
            };
            let Some(catalogue) = self.catalogues.get_mut(&agency) else {
                self.to_check.remove(&agency);
                continue;
            };
            let records = self.store.unverified_after(&agency, catalogue.checked, CHECKS_BYTES)?;
            if records.is_empty() {
                catalogue.checked = catalogue.cursor;
                self.to_check.remove(&agency);
                continue;
            }
            let signed_by = Arc::new(catalogue.agency.clone());
            let check = |record: &Record| Check {
                record: record.clone(),
                agency: Arc::clone(&signed_by),
                federation: self.federation,
            };
            let checks = records.iter().map(check).collect();
            self.next_request += 1;
            let id = self.next_request;
            self.checking.insert(id, Checking { agency, records });
            self.outputs.push(Output::Verify { id, checks });
        }
        Ok(())
    }

    /// Lets go of what is being checked of an agency: what is found says nothing
    /// any more about what is held. What is left to be checked is given out again.
    pub(super) fn stop_checks(&mut self, agency: AgencyId) {
        self.checking.retain(|_, job| job.agency != agency);
    }

    /// Takes in what the checks found.
    pub(super) fn verified(&mut self, id: u64, holds: &[bool]) -> Result<(), S::Error> {
        let Some(Checking { agency, records }) = self.checking.remove(&id) else { return Ok(()) };
        let Some(held) = self.catalogues.get(&agency) else { return Ok(()) };
        if holds.len() != records.len() {
            return Ok(()); // Given out again: the agency is still to be checked.
        }
        let mut catalogue = held.clone();
        let is_whole = catalogue.head.as_ref().is_some_and(|head| catalogue.fulfils(head));
        let mut batch = Batch::of(catalogue.clone(), self.now);
        let mut refused = 0;
        for (record, holds) in records.into_iter().zip(holds) {
            catalogue.checked = catalogue.checked.max(record.position());
            if *holds {
                batch.judged.push((record, Standing::Verified));
                continue;
            }
            let held = self.store.record(&agency, record.position())?;
            if held.is_none_or(|held| held != record) {
                continue; // Superseded meanwhile.
            }
            refused += 1;
            if is_whole {
                batch.judged.push((record, Standing::Quarantined));
            } else {
                catalogue.remove(&record);
                batch.remove.push(record.position());
            }
        }
        let records = batch.judged.len();
        batch.catalogue = catalogue;
        self.commit(batch, None)?;
        let records = records.saturating_sub(if is_whole { refused } else { 0 });
        self.outputs.push(Output::Event(Event::Verified { agency, records, refused }));
        Ok(())
    }

    /// Returns whether the signature of a record holds, by the one rule.
    pub(super) fn holds(&self, record: &Record) -> bool {
        let catalogue = self.catalogues.get(&record.agency());
        catalogue.is_some_and(|held| record.verify(&held.agency, &self.federation).is_ok())
            || self.has(Sabotage::SkipSignatures)
    }

    /// Divides records of a page into those that can be taken in and those that
    /// are known not to hold.
    ///
    /// Checked at once are records that supersede one that is shown, so that a
    /// lie makes nothing disappear, and all of a page that is short.
    pub(super) fn sift(
        &self,
        catalogue: &Catalogue,
        records: Vec<Record>,
    ) -> Result<Sifted, S::Error> {
        let agency = catalogue.id();
        let is_short = records.len() <= CHECKED_AT_ONCE_MAX;
        let (mut good, mut bad) = (Vec::with_capacity(records.len()), Vec::new());
        for record in records {
            if !is_short && self.store.position(&agency, &record.entity())?.is_none() {
                good.push((record, Standing::Unverified));
            } else if self.holds(&record) {
                good.push((record, Standing::Verified));
            } else {
                bad.push(record);
            }
        }
        Ok(Sifted { good, bad })
    }
}
