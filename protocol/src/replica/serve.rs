//! Answering peers.
//!
//! Invariant: only what is complete is served. While we are fetching an
//! agency's catalogue ourselves we hold neither its old set nor its new one,
//! and say so.

use super::{Event, Output, Replica, membership, reconcile};
use crate::catalogue::Catalogue;
use crate::fork::Fork;
use crate::head::Head;
use crate::id::{AgencyId, NodeId};
use crate::limits::{AGENCIES_WITHOUT_BUCKETS_MAX, PAGE_BYTES, POSITIONS_PER_MAP_MAX};
use crate::record::{Position, Record};
use crate::store::Store;
use crate::wire::{AgencyHead, Page, Request, Response, Summary};

impl<S: Store> Replica<S> {
    pub(super) fn requested(
        &mut self,
        from: NodeId,
        token: u64,
        request: &Request,
    ) -> Result<(), S::Error> {
        let response = match request {
            Request::Membership(question) => Response::Membership(self.tell(from, question)),
            _ if !self.may_read(&from) => membership::denied(),
            Request::Status { root } => {
                if *root == self.known() {
                    Response::Same
                } else {
                    self.begin_round(from);
                    self.differs()
                }
            }
            Request::Summaries { buckets } => {
                Response::Summaries(self.summaries(|bucket| buckets.contains(&bucket)))
            }
            Request::Heads { agencies } => Response::Heads(self.heads_of(agencies)),
            Request::Since { agency, after } => self.since(agency, *after)?,
            Request::Map { agency, after } => self.positions(agency, *after)?,
            Request::Records { agency, positions } => self.records(agency, positions)?,
        };
        self.accounts.note_served(from, request, &response, self.now);
        let records = match &response {
            Response::Page(page) => page.records.len(),
            Response::Records { records, .. } => records.len(),
            Response::Same
            | Response::Buckets(_)
            | Response::Summaries(_)
            | Response::Heads(_)
            | Response::NotReady
            | Response::Membership(_)
            | Response::Map { .. } => 0,
        };
        self.outputs.push(Output::Respond { token, response });
        if records > 0 {
            self.outputs.push(Output::Event(Event::Served { peer: from, records }));
        }
        Ok(())
    }

    fn differs(&self) -> Response {
        let known = self.catalogues.values().filter(|held| self.counts(&held.id()));
        let known = known.filter(|known| known.head.is_some() || known.claimed.is_some()).count();
        if known <= AGENCIES_WITHOUT_BUCKETS_MAX {
            Response::Summaries(self.summaries(|_| true))
        } else {
            Response::Buckets(self.buckets())
        }
    }

    fn summaries(&self, wanted: impl Fn(u8) -> bool) -> Vec<Summary> {
        self.catalogues
            .iter()
            .filter(|(agency, _)| {
                let [bucket, ..] = *agency.as_bytes();
                wanted(bucket) && self.counts(agency)
            })
            .flat_map(|(agency, held)| {
                let (complete, claimed) = self.counted_heads(held);
                let newest = claimed.or(complete);
                let lost = self.open_fork(held).map(Fork::loser);
                newest.into_iter().chain(lost).map(|head| reconcile::summary(agency, head))
            })
            .collect()
    }

    /// Returns of each agency the head we hold, one that is newer and whose
    /// records we have not, so that nobody can hide it, and the proof that the
    /// agency contradicted itself. As many as fit into an answer; whoever asks
    /// takes what comes, and asks again.
    fn heads_of(&self, agencies: &[AgencyId]) -> Vec<AgencyHead> {
        let mut bytes = 0;
        let counted = agencies.iter().filter(|agency| self.counts(agency));
        let catalogues = counted.filter_map(|agency| self.catalogues.get(agency));
        let heads = catalogues.flat_map(|catalogue| {
            let fork = self.open_fork(catalogue);
            let (held, claimed) = self.counted_heads(catalogue);
            let known = held.into_iter().chain(claimed);
            let mut heads: Vec<&Head> =
                known.chain(fork.into_iter().flat_map(Fork::heads)).collect();
            heads.dedup();
            let mut statements = catalogue.agency.statements().to_vec();
            heads.into_iter().map(move |head| AgencyHead {
                statements: core::mem::take(&mut statements),
                head: head.bytes().to_vec(),
            })
        });
        let length = |one: &AgencyHead| {
            one.head.len()
                + one.statements.iter().map(|statement| statement.len() + 8).sum::<usize>()
        };
        heads
            .take_while(|one| {
                bytes += length(one) + 16;
                bytes <= PAGE_BYTES
            })
            .collect()
    }

    /// Returns the head of an agency whose set we hold exactly.
    fn complete(&self, agency: &AgencyId) -> Option<&Head> {
        let is_served = self.counts(agency) && !self.is_blocked(agency);
        let catalogue: &Catalogue = self.catalogues.get(agency).filter(|_| is_served)?;
        let (counted, _) = self.counted_heads(catalogue);
        let head = catalogue.head.as_ref().filter(|head| Some(*head) == counted);
        head.filter(|head| catalogue.fulfils(head))
    }

    fn since(&self, agency: &AgencyId, after: Position) -> Result<Response, S::Error> {
        let Some(head) = self.complete(agency) else { return Ok(Response::NotReady) };
        let records = self.store.records_after(agency, after, PAGE_BYTES)?;
        let more = match records.last() {
            Some(last) => !self.store.records_after(agency, last.position(), 0)?.is_empty(),
            None => false,
        };
        Ok(Response::Page(Page { head: head.bytes().to_vec(), records: bytes(&records), more }))
    }

    fn positions(&self, agency: &AgencyId, after: Position) -> Result<Response, S::Error> {
        let Some(head) = self.complete(agency) else { return Ok(Response::NotReady) };
        let mut positions = self.store.positions(agency)?;
        positions.retain(|position| *position > after);
        let more = positions.len() > POSITIONS_PER_MAP_MAX;
        positions.truncate(POSITIONS_PER_MAP_MAX);
        Ok(Response::Map { head: head.bytes().to_vec(), positions, more })
    }

    fn records(&self, agency: &AgencyId, positions: &[Position]) -> Result<Response, S::Error> {
        let Some(head) = self.complete(agency) else { return Ok(Response::NotReady) };
        let mut records: Vec<Record> = Vec::new();
        let mut total = 0;
        for position in positions {
            if let Some(record) = self.store.record(agency, *position)? {
                total += record.bytes().len();
                if total > PAGE_BYTES && !records.is_empty() {
                    break;
                }
                records.push(record);
            }
        }
        Ok(Response::Records { head: head.bytes().to_vec(), records: bytes(&records) })
    }
}

fn bytes(records: &[Record]) -> Vec<Vec<u8>> {
    records.iter().map(|record| record.bytes().to_vec()).collect()
}
