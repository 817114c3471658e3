//! How the federation is, as this node sees it.

use dela_protocol::api::{AgencyState, AgencyStates, FederationReport};

use super::{Index, IndexError};

impl Index {
    /// Returns how the federation is, in a few numbers.
    pub fn federation(&self) -> Result<FederationReport, IndexError> {
        self.demand_ready()?;
        let catalogues = self.parts.reader.catalogues();
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
            federation: self.parts.federation.clone(),
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
