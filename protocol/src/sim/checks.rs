//! What must hold: on every step that nothing is lost or goes back, after
//! healing that all hold the same.

use std::collections::BTreeMap;

use super::Simulation;
use super::node::{State, own_records};
use crate::id::{Digest, EntityId};
use crate::record::RecordKind;

impl Simulation {
    /// A replica that stays up never goes back to an older head.
    pub(super) fn check_heads(&mut self, index: usize) -> Result<(), String> {
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        let State::Up(replica) = &node.state else { return Ok(()) };
        let mut went_back = false;
        for catalogue in replica.catalogues() {
            let Some(head) = &catalogue.head else { continue };
            let last = node.heads.insert(catalogue.id(), head.position());
            went_back |= last.is_some_and(|last| last > head.position());
        }
        if went_back { Err(self.failed("a replica went back to an older head")) } else { Ok(()) }
    }

    /// Every replica holds exactly what was acknowledged to each publisher.
    pub(super) fn check_contents(&self) -> Result<(), String> {
        for publisher in &self.nodes {
            let agency = publisher.agency.id();
            for node in &self.nodes {
                let State::Up(replica) = &node.state else { continue };
                let held: BTreeMap<EntityId, Option<Vec<u8>>> = own_records(replica, &agency)
                    .into_iter()
                    .map(|record| {
                        let live = record.kind() != RecordKind::Withdrawal;
                        (record.entity(), live.then(|| record.body().to_vec()))
                    })
                    .collect();
                if held != publisher.acknowledged && self.faults.disk_losses == 0 {
                    return Err(self.failed("a replica does not hold what was acknowledged"));
                }
            }
        }
        Ok(())
    }

    pub(super) fn common_root(&self) -> Option<Digest> {
        let mut roots = self.nodes.iter().map(|node| match &node.state {
            State::Up(replica) => Some(replica.root()),
            State::Down(_) => None,
        });
        let first = roots.next()??;
        roots.all(|root| root == Some(first)).then_some(first)
    }

    pub(super) fn live_records(&self) -> usize {
        let Some(State::Up(replica)) = self.nodes.first().map(|node| &node.state) else { return 0 };
        let live: u64 = replica.catalogues().map(|catalogue| catalogue.live_count).sum();
        usize::try_from(live).unwrap_or(usize::MAX)
    }
}
