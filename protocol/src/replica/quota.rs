//! What one agency may use of everybody's room and time.
//!
//! An agency over its quota is throttled and shown, whoever relays what it
//! signed: its newest head stays noted as claimed, only it is not passed on by
//! gossip, and is fetched when there is room again.
//!
//! # Invariants
//!
//! - What was begun is brought to its end: a catalogue is complete up to some
//!   head before its agency has to wait.
//! - Waiting ends by itself, except where the agency offers more than it may
//!   have; then it ends with the head that offers less.
//! - Our own agency is never throttled here.

use core::time::Duration;
use std::collections::BTreeMap;

use super::Replica;
use crate::bucket::Bucket;
use crate::catalogue::Catalogue;
use crate::head::Head;
use crate::id::AgencyId;
use crate::limits::{
    AGENCIES_MAX, BYTES_PER_AGENCY_MAX, CHANGES_PER_AGENCY_A_DAY, CHANGES_PER_AGENCY_BURST,
    HEAD_PER_AGENCY_EVERY, HEADS_PER_AGENCY_BURST, RECORDS_PER_AGENCY_MAX,
};
use crate::store::Store;
use crate::time::Timestamp;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The end of time: what is too much does not become less by waiting.
const NEVER: Timestamp = Timestamp::from_millis(u64::MAX);

/// Why an agency is throttled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Quota {
    /// Its newest head offers more records than it may have.
    #[error("it offers {offered} records; it may have {records_max}")]
    Records {
        /// How many it offers.
        offered: u64,
        /// How many it may: what any agency may, or its council lets it.
        records_max: u64,
    },
    /// Its newest head offers more bytes than one agency may have.
    #[error("it offers {0} bytes of records; an agency may have {BYTES_PER_AGENCY_MAX}")]
    Bytes(u64),
    /// It signs heads faster than they are fetched.
    #[error("it signs heads faster than one in two seconds; only the newest counts")]
    Heads,
    /// It has changed or withdrawn more records than it may in a day.
    #[error("it has changed more than {CHANGES_PER_AGENCY_A_DAY} records a day")]
    Changes,
}

/// An agency that has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThrottledAgency {
    /// The agency.
    pub agency: AgencyId,
    /// Why.
    pub quota: Quota,
    /// Since when.
    pub since: Timestamp,
    /// When it is fetched again; `None` where that depends on the agency.
    pub until: Option<Timestamp>,
}

#[derive(Debug)]
struct Usage {
    /// Heads passed on by gossip.
    passed: Bucket,
    /// Heads whose sets were completed. Apart from those passed on, so that
    /// gossip at full speed cannot keep the fetching from its turn.
    completed: Bucket,
    /// Records changed or withdrawn.
    changes: Bucket,
    throttled_since: Option<Timestamp>,
}

impl Default for Usage {
    fn default() -> Self {
        let heads = Bucket::new(HEADS_PER_AGENCY_BURST, 1, HEAD_PER_AGENCY_EVERY);
        Self {
            passed: heads,
            completed: heads,
            changes: Bucket::new(CHANGES_PER_AGENCY_BURST, CHANGES_PER_AGENCY_A_DAY, DAY),
            throttled_since: None,
        }
    }
}

impl Usage {
    fn is_idle(&self, now: Timestamp) -> bool {
        let buckets = [&self.passed, &self.completed, &self.changes];
        self.throttled_since.is_none() && buckets.into_iter().all(|bucket| bucket.is_full(now))
    }
}

/// What agencies have used of late.
#[derive(Debug, Default)]
pub(super) struct Quotas(BTreeMap<AgencyId, Usage>);

impl Quotas {
    fn usage(&mut self, agency: AgencyId, now: Timestamp) -> &mut Usage {
        if !self.0.contains_key(&agency) && self.0.len() >= AGENCIES_MAX {
            self.0.retain(|_, usage| !usage.is_idle(now));
        }
        self.0.entry(agency).or_default()
    }
}

impl<S: Store> Replica<S> {
    /// Returns the agencies that have to wait.
    pub fn throttled_agencies(&self) -> Vec<ThrottledAgency> {
        let waiting = self.catalogues.values().filter_map(|catalogue| {
            let (quota, at) = self.over_quota(catalogue)?;
            let agency = catalogue.id();
            let usage = self.quotas.0.get(&agency);
            let since = usage.and_then(|usage| usage.throttled_since).unwrap_or(self.now);
            Some(ThrottledAgency { agency, quota, since, until: (at < NEVER).then_some(at) })
        });
        waiting.collect()
    }

    /// Returns when what an agency claims may be fetched: now, unless it is
    /// over a quota.
    pub(super) fn may_fetch_at(&self, agency: &AgencyId) -> Timestamp {
        let catalogue = self.catalogues.get(agency);
        let over = catalogue.and_then(|catalogue| self.over_quota(catalogue));
        over.map_or(self.now, |(_, at)| at)
    }

    /// Returns when agencies that wait for their quota want to be looked at.
    pub(super) fn quota_wakes(&self) -> impl Iterator<Item = Timestamp> {
        let waiting = self.chases.iter().filter(|(_, chase)| chase.in_flight.is_none());
        let wakes = waiting.map(|(agency, _)| self.may_fetch_at(agency));
        wakes.filter(|at| *at > self.now && *at < NEVER)
    }

    /// Spends one of an agency's heads on a new one that came by gossip;
    /// returns whether it may be passed on and its records be taken in.
    pub(super) fn spend_head(&mut self, agency: AgencyId) -> bool {
        let now = self.now;
        if self.own_agency() == Some(agency) {
            return true;
        }
        let Some(catalogue) = self.catalogues.get(&agency) else { return true };
        let is_over = self.over_quota(catalogue).is_some();
        let usage = self.quotas.usage(agency, now);
        let may_pass = !is_over && usage.passed.take(1, now);
        usage.throttled_since = match usage.throttled_since {
            _ if may_pass => None,
            since => since.or(Some(now)),
        };
        may_pass
    }

    /// Notes what a commit used of its agency's quota.
    pub(super) fn note_commit(&mut self, catalogue: &Catalogue, changes: usize, completed: bool) {
        let (agency, now) = (catalogue.id(), self.now);
        if self.own_agency() == Some(agency) || (changes == 0 && !completed) {
            return;
        }
        let usage = self.quotas.usage(agency, now);
        usage.changes.charge(u64::try_from(changes).unwrap_or(u64::MAX), now);
        if completed {
            usage.completed.charge(1, now);
            if catalogue.claimed.is_none() {
                usage.throttled_since = None;
            }
        }
    }

    /// Returns the quota that keeps what an agency claims from being fetched,
    /// and until when.
    fn over_quota(&self, catalogue: &Catalogue) -> Option<(Quota, Timestamp)> {
        let (agency, now) = (catalogue.id(), self.now);
        let claimed = catalogue.claimed.as_ref()?;
        if self.own_agency() == Some(agency) || self.is_blocked(&agency) {
            return None;
        }
        if let Some(quota) = quota_of_offer(claimed, self.records_max(&agency)) {
            return Some((quota, NEVER));
        }
        let held = catalogue.head.as_ref()?;
        let usage = self.quotas.0.get(&agency)?;
        let changes = (Quota::Changes, usage.changes.ready_at(1, now));
        let heads = (Quota::Heads, usage.completed.ready_at(1, now));
        let over = [changes, heads].into_iter().filter(|(_, at)| *at > now);
        // What was begun is brought to its end; looked at last, since it hashes.
        over.max_by_key(|(_, at)| *at).filter(|_| catalogue.fulfils(held))
    }

    /// Returns whether what an agency claims is more than it may have, so that it
    /// is not waited for.
    pub(super) fn offers_too_much(&self, catalogue: &Catalogue) -> bool {
        let records_max = self.records_max(&catalogue.id());
        let claimed = catalogue.claimed.as_ref();
        claimed.is_some_and(|claimed| quota_of_offer(claimed, records_max).is_some())
    }

    /// Returns the most records an agency may have, withdrawals counted.
    pub(super) fn records_max(&self, agency: &AgencyId) -> u64 {
        let member = self.federation().member(agency);
        member.map_or(RECORDS_PER_AGENCY_MAX, |member| member.records_max)
    }
}

fn quota_of_offer(head: &Head, records_max: u64) -> Option<Quota> {
    let commitment = head.commitment();
    let offered = commitment.live_count.saturating_add(commitment.withdrawal_count);
    if offered > records_max {
        Some(Quota::Records { offered, records_max })
    } else if commitment.bytes > BYTES_PER_AGENCY_MAX {
        Some(Quota::Bytes(commitment.bytes))
    } else {
        None
    }
}
