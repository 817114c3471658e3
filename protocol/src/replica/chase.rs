//! Fetching what an agency has announced and we do not hold: the changes since
//! our cursor, page by page, from a peer that has them.
//!
//! Invariant: an ascending scan of the live records up to a head yields exactly
//! the set of that head, even while the agency keeps writing: a record
//! superseded before the scan reaches it appears again further on. So there is
//! no session to keep; the cursor is all, and any peer can serve the next page.

use core::time::Duration;
use std::collections::BTreeSet;

use super::announce::read_record;
use super::heads::{Shown, Way};
use super::repair::Repair;
use super::{Replica, Sabotage};
use crate::catalogue::Catalogue;
use crate::head::Head;
use crate::id::{AgencyId, EntityId, NodeId};
use crate::limits::{
    PULLS_MAX, RECORDS_PER_AGENCY_MAX, REQUESTS_PER_PEER_MAX, SOURCES_PER_AGENCY_MAX,
};
use crate::record::{Position, Record};
use crate::store::{Batch, Standing, Store};
use crate::time::Timestamp;
use crate::wire::{Page, Request};

use super::reconcile::{Asked, Part};
use super::verify::Sifted;

/// How long a chase waits, at first and at most, when its source is no further
/// than we are. Sources are usually fetching the same thing at that moment.
const WAIT_MIN: Duration = Duration::from_millis(100);
const WAIT_MAX: Duration = Duration::from_secs(30);

/// After so many waits in a row, some two minutes, nobody seems to have what an
/// agency announced.
const WAITS_IN_VAIN: u32 = 12;

/// The fetching of one agency's catalogue.
#[derive(Debug, Default)]
pub(super) struct Chase {
    /// Peers that said they hold more than we do; the first is asked next.
    sources: Vec<NodeId>,
    /// The request that has not been answered yet.
    pub(super) in_flight: Option<u64>,
    /// What is being mended, when the digest did not agree.
    pub(super) repair: Option<Repair>,
    /// Not before then, after a source had nothing.
    retry_at: Option<Timestamp>,
    /// How often in a row sources had nothing.
    waits: u32,
    /// Whether we learnt of it by a round, so that gossip may have missed
    /// others too.
    found_by_round: bool,
}

impl Chase {
    pub(super) fn retry_at(&self) -> Option<Timestamp> {
        self.retry_at.filter(|_| self.in_flight.is_none())
    }

    /// Does not ask this peer again, until it says anew what it holds; returns
    /// whether it would have been asked.
    pub(super) fn forget(&mut self, peer: NodeId) -> bool {
        let repaired = self.repair.take_if(|repair| repair.peer == peer).is_some();
        let before = self.sources.len();
        self.sources.retain(|source| *source != peer);
        repaired || self.sources.len() < before
    }

    /// Does not ask this peer again, since it is to blame. Where it was the
    /// last source, any peer is asked next, also this one: so only after a
    /// wait.
    pub(super) fn abandon(&mut self, peer: NodeId, now: Timestamp) {
        if self.forget(peer) && self.sources.is_empty() {
            self.wait(now);
        }
    }

    pub(super) fn wait(&mut self, now: Timestamp) {
        if !self.sources.is_empty() {
            self.sources.rotate_left(1);
        }
        let factor = 1_u32.checked_shl(self.waits).unwrap_or(u32::MAX);
        self.retry_at = Some(now.after(WAIT_MIN.saturating_mul(factor).min(WAIT_MAX)));
        self.waits = (self.waits + 1).min(16);
    }

    /// Returns whether nobody has had anything for minutes.
    pub(super) fn is_in_vain(&self) -> bool {
        self.waits >= WAITS_IN_VAIN
    }

    fn progressed(&mut self) {
        self.waits = 0;
        self.retry_at = None;
    }
}

impl<S: Store> Replica<S> {
    /// Notes that `peer` holds something of `agency` that we may lack.
    pub(super) fn source(&mut self, agency: AgencyId, peer: NodeId) {
        let claimed = self.catalogues.get(&agency).is_some_and(|held| held.claimed.is_some());
        if !claimed || self.is_blocked(&agency) {
            return;
        }
        // Where the peer has left meanwhile, others may have it too.
        let chase = self.chases.entry(agency).or_default();
        if !self.peers.contains_key(&peer) {
            return;
        }
        if !chase.sources.contains(&peer) && chase.sources.len() < SOURCES_PER_AGENCY_MAX {
            chase.sources.push(peer);
            chase.progressed();
        }
    }

    /// Notes that gossip did not tell us of what is being chased.
    pub(super) fn found_by_round(&mut self, agency: AgencyId) {
        if let Some(chase) = self.chases.get_mut(&agency) {
            chase.found_by_round = true;
        }
    }

    /// Sends the next request of every chase that can go on.
    pub(super) fn chase_all(&mut self) {
        let mut running = self.chases.values().filter(|chase| chase.in_flight.is_some()).count();
        let idle: Vec<AgencyId> = self
            .chases
            .iter()
            .filter(|(agency, chase)| {
                chase.in_flight.is_none()
                    && chase.retry_at.is_none_or(|at| at <= self.now)
                    && self.may_fetch_at(agency) <= self.now
            })
            .map(|(agency, _)| *agency)
            .collect();
        for agency in &idle {
            // Those whose turn does not come now wait for a slot, not for time.
            if let Some(chase) = self.chases.get_mut(agency) {
                chase.retry_at = None;
            }
        }
        for agency in idle {
            if running >= PULLS_MAX {
                break;
            }
            running += usize::from(self.chase(agency));
        }
    }

    /// Sends the next request of one chase, if a source has room for it. Where
    /// no source is left, any peer may have what its agency announced.
    fn chase(&mut self, agency: AgencyId) -> bool {
        let peers: Vec<NodeId> = self.peers.keys().copied().collect();
        let Some(chase) = self.chases.get_mut(&agency) else { return false };
        if chase.sources.is_empty() {
            chase.sources.extend(self.chance.pick(&peers));
        }
        let Some(chase) = self.chases.get(&agency) else { return false };
        let Some(catalogue) = self.catalogues.get(&agency) else { return false };
        let has_room = |peer: &NodeId| {
            self.peers.get(peer).is_some_and(|peer| peer.in_flight < REQUESTS_PER_PEER_MAX)
        };
        let (peer, part, request) = match &chase.repair {
            // What does not hold is thrown out first, or it would be searched
            // for by fetching everything.
            Some(_) if !catalogue.is_checked() => return false,
            Some(repair) if has_room(&repair.peer) => {
                let (part, request) = repair.request(agency);
                (repair.peer, part, request)
            }
            Some(_) => return false,
            None => match chase.sources.iter().copied().find(has_room) {
                Some(peer) => {
                    let after = catalogue.cursor;
                    (peer, Part::Page { after }, Request::Since { agency, after })
                }
                None => return false,
            },
        };
        let id = self.ask(peer, Asked::Catalogue(agency, part), request);
        if let Some(chase) = self.chases.get_mut(&agency) {
            chase.in_flight = Some(id);
        }
        true
    }

    /// Takes in a page of an agency's changes.
    ///
    /// Where something has come by gossip since it was asked for, it is no longer
    /// what comes next, and nobody is to blame.
    pub(super) fn page(
        &mut self,
        peer: NodeId,
        (agency, after): (AgencyId, Position),
        page: Page,
    ) -> Result<(), S::Error> {
        if self.catalogues.get(&agency).is_none_or(|held| held.cursor != after) {
            self.not_ready(agency);
            return Ok(());
        }
        let more = page.more;
        let (head, records) = match self.read_page(peer, agency, page) {
            Ok(Some(read)) => read,
            Ok(None) => {
                self.not_ready(agency);
                return Ok(());
            }
            Err(reason) => {
                self.blame(peer, reason);
                return Ok(());
            }
        };
        let Some(held) = self.catalogues.get(&agency).cloned() else { return Ok(()) };
        let is_older = held.head.as_ref().is_some_and(|held| head.rank() <= held.rank());
        if is_older && !self.has(Sabotage::AcceptOlderHeads) {
            self.not_ready(agency);
            return Ok(());
        }
        if let Some(chase) = self.chases.get_mut(&agency).filter(|_| !records.is_empty()) {
            chase.progressed();
        }
        let last = records.last().map_or(held.cursor, Record::position);
        let Sifted { good, bad } = self.sift(&held, records)?;
        let head = Some(&head).filter(|_| !more);
        if let Some(head) = head.filter(|_| !bad.is_empty()) {
            // The agency may have signed for what it did not sign.
            let bad = bad.into_iter().map(|record| (record, Standing::Quarantined));
            let mut all: Vec<(Record, Standing)> = good.iter().cloned().chain(bad).collect();
            all.sort_by_key(|(record, _)| record.position());
            let (mut batch, is_whole) = self.taken_in(&held, all, last, Some(head))?;
            if is_whole {
                Self::settle(&mut batch.catalogue, head);
                self.commit(batch, Some(peer))?;
                self.completed(agency);
                return Ok(());
            }
        }
        let (mut batch, is_whole) = self.taken_in(&held, good, last, head)?;
        let Catalogue { live_count, withdrawal_count, .. } = batch.catalogue;
        if live_count.saturating_add(withdrawal_count) > RECORDS_PER_AGENCY_MAX {
            // The peer is not to blame: the agency has signed them all.
            self.not_ready(agency);
            return Ok(());
        }
        let Some(head) = head else { return self.commit(batch, Some(peer)) };
        if is_whole {
            Self::settle(&mut batch.catalogue, head);
            self.commit(batch, Some(peer))?;
            self.completed(agency);
            return Ok(());
        }
        // What came is kept while the set is mended.
        batch.catalogue.advance(head.position(), true);
        self.commit(batch, Some(peer))?;
        self.begin_repair(peer, agency, head.clone());
        Ok(())
    }

    /// Returns the change that takes in records up to `last`, and whether it
    /// makes the catalogue what `head` commits to.
    fn taken_in(
        &self,
        held: &Catalogue,
        put: Vec<(Record, Standing)>,
        last: Position,
        head: Option<&Head>,
    ) -> Result<(Batch, bool), S::Error> {
        let mut catalogue = held.clone();
        let records: Vec<Record> = put.iter().map(|(record, _)| record.clone()).collect();
        let remove = self.replaced(&mut catalogue, &records, head)?;
        for record in &records {
            catalogue.add(record);
        }
        let is_checked = put.iter().all(|(_, standing)| *standing != Standing::Unverified);
        catalogue.advance(last, is_checked);
        let is_whole =
            head.is_some_and(|head| catalogue.completes(head) || self.has(Sabotage::SkipDigest));
        Ok((Batch { remove, put, ..Batch::of(catalogue, self.now) }, is_whole))
    }

    fn read_page(
        &mut self,
        peer: NodeId,
        agency: AgencyId,
        page: Page,
    ) -> Result<Option<(Head, Vec<Record>)>, String> {
        let Some(head) = self.read_head(peer, agency, page.head)? else { return Ok(None) };
        if page.more && page.records.is_empty() {
            return Err("an empty page that promises more".to_owned());
        }
        let mut last =
            self.catalogues.get(&agency).map_or(Position::START, |catalogue| catalogue.cursor);
        let mut records = Vec::with_capacity(page.records.len());
        for bytes in page.records {
            let record = read_record(&head, bytes)?;
            if record.position() <= last && !self.has(Sabotage::TakeInSuperseded) {
                return Err("a page whose records are not in order".to_owned());
            }
            last = record.position();
            records.push(record);
        }
        distinct(&records)?;
        Ok(Some((head, records)))
    }

    /// Reads the head that stands for what a peer holds of `agency`; `None` if
    /// it is not for us to judge, and the peer neither to follow nor to blame.
    pub(super) fn read_head(
        &mut self,
        peer: NodeId,
        agency: AgencyId,
        bytes: Vec<u8>,
    ) -> Result<Option<Head>, String> {
        let head = Head::decode(bytes).map_err(|error| error.to_string())?;
        if head.agency() != agency {
            return Err("the head of another agency".to_owned());
        }
        let is_blocked = self.is_blocked(&agency);
        match self.shown((peer, Way::Answer), Vec::new(), head.clone())? {
            Shown::Newer | Shown::Known if !is_blocked => Ok(Some(head)),
            Shown::Newer | Shown::Known | Shown::Undecided => Ok(None),
        }
    }

    /// Takes out of `catalogue` what `records` supersede, and the withdrawals
    /// that the agency has pruned up to `head`; returns their positions.
    ///
    /// A record goes once, whatever the reasons: an older one about the same
    /// entity, another one at the same position, a pruned one.
    pub(super) fn replaced(
        &self,
        catalogue: &mut Catalogue,
        records: &[Record],
        head: Option<&Head>,
    ) -> Result<Vec<Position>, S::Error> {
        let agency = catalogue.id();
        let mut positions = BTreeSet::new();
        for record in records {
            positions.extend(self.store.position(&agency, &record.entity())?);
            positions.insert(record.position());
        }
        let floor = head.map_or(0, |head| head.commitment().floor);
        if floor > catalogue.head.as_ref().map_or(0, |head| head.commitment().floor) {
            positions.extend(self.store.withdrawals_through(&agency, floor)?);
        }
        let mut replaced = Vec::new();
        for position in positions {
            if let Some(record) = self.store.record(&agency, position)? {
                catalogue.remove(&record);
                replaced.push(position);
            }
        }
        Ok(replaced)
    }

    /// Takes `head` as the head of a catalogue that fulfils it.
    pub(super) fn settle(catalogue: &mut Catalogue, head: &Head) {
        catalogue.advance(head.position(), true);
        if catalogue.claimed.as_ref().is_some_and(|claimed| claimed.rank() <= head.rank()) {
            catalogue.claimed = None;
        }
        catalogue.head = Some(head.clone());
    }

    /// The source of a chase is no further than we are: try another, or wait.
    pub(super) fn not_ready(&mut self, agency: AgencyId) {
        let now = self.now;
        if let Some(chase) = self.chases.get_mut(&agency) {
            chase.repair = None;
            chase.wait(now);
        }
    }

    /// An agency's catalogue is complete up to a head: the end of the chase,
    /// unless a newer head is known by now.
    pub(super) fn completed(&mut self, agency: AgencyId) {
        if self.catalogues.get(&agency).is_some_and(|held| held.claimed.is_some()) {
            self.not_ready(agency);
        } else {
            self.ended(agency);
        }
    }

    /// An agency's catalogue is complete: the end of the chase.
    pub(super) fn ended(&mut self, agency: AgencyId) {
        if self.chases.remove(&agency).is_some_and(|chase| chase.found_by_round) {
            self.begin_rounds();
        }
    }
}

/// Checks that no two of `records` are about the same entity, or stand at the
/// same position: of a live set only one can.
pub(super) fn distinct(records: &[Record]) -> Result<(), String> {
    let positions: BTreeSet<Position> = records.iter().map(Record::position).collect();
    if positions.len() < records.len() {
        return Err("two records at one position".to_owned());
    }
    let entities: BTreeSet<EntityId> = records.iter().map(Record::entity).collect();
    if entities.len() < records.len() {
        return Err("two records about one entity".to_owned());
    }
    Ok(())
}
