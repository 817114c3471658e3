//! How the federation is, as this node sees it.

use std::sync::Arc;

use dela_protocol::api::{AgencyState, AgencyStates, FederationReport, FederationStatus};
use dela_protocol::catalogue::Catalogue;
use dela_protocol::federation::card::Card;
use dela_protocol::federation::{Admittance, Federation};
use dela_protocol::head::Head;
use dela_protocol::id::AgencyId;
use dela_protocol::replica::Policy;
use dela_protocol::time::Timestamp;

use super::{Index, IndexError};
use crate::belonging::Belonging;

impl Index {
    /// Returns which federation the node takes part in: by the name in its
    /// charter, where it has one that is known.
    pub fn federation_status(&self) -> FederationStatus {
        let council = self.live_federation();
        let charter = council.charter().or(council.first_charter());
        let name = match (charter, &self.parts.federation) {
            (Some(charter), _) => charter.statement().name.clone(),
            (None, Belonging::Open(name)) => name.clone(),
            (None, Belonging::Chartered(id)) => id.short(),
        };
        FederationStatus { id: council.id(), name }
    }

    /// Returns what is known of the federation's council.
    pub fn live_federation(&self) -> Arc<Federation> {
        Arc::clone(&self.parts.live.borrow().council)
    }

    /// Returns the agencies that apply, with when that was first heard of.
    pub fn applications(&self) -> Arc<Vec<(Card, Timestamp)>> {
        Arc::clone(&self.parts.live.borrow().applications)
    }

    /// Returns the catalogues that people are shown: not those of agencies that
    /// the council has revoked, unless their records stay, nor of those that this node
    /// blocks.
    pub(super) fn catalogues(&self) -> Vec<Arc<Catalogue>> {
        let (council, policy) = (self.live_federation(), self.policy());
        let is_shown =
            |catalogue: &Arc<Catalogue>| self.is_shown(&catalogue.id(), &council, &policy);
        self.parts.reader.catalogues().into_iter().filter(is_shown).collect()
    }

    /// Returns whether people are shown an agency, and what it has published.
    fn is_shown(&self, agency: &AgencyId, council: &Federation, policy: &Policy) -> bool {
        let is_hidden = matches!(council.admittance(agency), Admittance::Hidden | Admittance::None);
        *agency == self.parts.own || !(is_hidden || policy.blocks(agency))
    }

    /// Returns the catalogue of an agency that people are shown.
    pub(super) fn shown_catalogue(&self, agency: &AgencyId) -> Option<Arc<Catalogue>> {
        let (council, policy) = (self.live_federation(), self.policy());
        let found = self.parts.reader.catalogue(agency)?;
        self.is_shown(agency, &council, &policy).then_some(found)
    }

    /// Returns what the operator of this node lets in.
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.parts.live.borrow().policy)
    }

    /// Returns the head of an agency whose records are all here.
    pub fn head_of(&self, agency: &AgencyId) -> Option<Head> {
        let catalogues = self.catalogues();
        let found = catalogues.iter().find(|catalogue| catalogue.id() == *agency);
        found.and_then(|catalogue| catalogue.head.clone())
    }

    /// Returns how the federation is, in a few numbers.
    pub fn federation(&self) -> Result<FederationReport, IndexError> {
        self.demand_ready()?;
        let catalogues = self.catalogues();
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let mut states = AgencyStates::default();
        for catalogue in &catalogues {
            *match self.state_of(catalogue) {
                AgencyState::Complete => &mut states.complete,
                AgencyState::CatchingUp => &mut states.catching_up,
                AgencyState::Stale => &mut states.stale,
                AgencyState::Withheld => &mut states.withheld,
                AgencyState::Conflicting => &mut states.conflicting,
            } += 1;
        }
        let nodes = count(self.parts.known.borrow().len());
        let live = self.parts.live.borrow().clone();
        let same_root = live.peers.iter().filter(|peer| peer.same_root == Some(true)).count();
        Ok(FederationReport {
            federation: self.federation_status(),
            root: live.root,
            agencies: count(catalogues.len()),
            datasets: self.dataset_count(None)?,
            records: catalogues.iter().map(|catalogue| catalogue.live_count).sum(),
            states,
            forks: count(catalogues.iter().filter(|catalogue| catalogue.fork.is_some()).count()),
            peers: count(live.peers.len()),
            peers_same_root: count(same_root),
            nodes,
            changed_at: self.parts.reader.changed_at()?,
        })
    }
}
