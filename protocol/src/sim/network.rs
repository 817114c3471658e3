//! The network: who is linked with whom, and what becomes of a message.

use core::time::Duration;
use std::collections::BTreeSet;

use oorandom::Rand64;

use super::node::State;
use super::{Happening, Simulation, millis};
use crate::id::NodeId;
use crate::replica::Input;

/// How many neighbours a replica dials.
const DIALS: usize = 3;

impl Simulation {
    /// Sends a message through the network as it is just now.
    pub(super) fn send(&mut self, length: usize, message: impl Fn(&mut Self) -> Happening) {
        self.messages += 1;
        self.bytes += u64::try_from(length).unwrap_or(0);
        if self.chaotic && self.below(1000) < self.faults.loss_per_mille {
            self.lost += 1;
            return;
        }
        let copies = if self.chaotic && self.below(1000) < self.faults.duplication_per_mille {
            2
        } else {
            1
        };
        for _ in 0..copies {
            let latency = self.below(millis(self.faults.latency_max)) + 1;
            let happening = message(self);
            self.schedule(Duration::from_millis(latency), happening);
        }
    }

    pub(super) fn split(&mut self, side: Option<Vec<bool>>) -> Result<(), String> {
        let before: BTreeSet<_> =
            self.links.iter().filter(|l| self.is_open(**l)).copied().collect();
        self.side = side;
        let after: BTreeSet<_> = self.links.iter().filter(|l| self.is_open(**l)).copied().collect();
        self.note(|| format!("network: {} of {} links open", after.len(), before.len()));
        for (a, b) in before.symmetric_difference(&after).copied().collect::<Vec<_>>() {
            let opened = after.contains(&(a, b));
            for (here, there) in [(a, b), (b, a)] {
                let peer = self.node_id(there);
                let both_up = self.is_up(a) && self.is_up(b);
                if opened && both_up {
                    self.tell(here, Input::Connected(peer))?;
                } else if !opened {
                    self.tell(here, Input::Disconnected(peer))?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn is_open(&self, (a, b): (usize, usize)) -> bool {
        let side = |index| self.side.as_ref().and_then(|side| side.get(index));
        side(a) == side(b)
    }

    pub(super) fn is_up(&self, index: usize) -> bool {
        self.nodes.get(index).is_some_and(|node| matches!(node.state, State::Up(_)))
    }

    pub(super) fn are_linked(&self, a: usize, b: usize) -> bool {
        let link = (a.min(b), a.max(b));
        self.links.contains(&link) && self.is_open(link) && self.is_up(a) && self.is_up(b)
    }

    pub(super) fn linked(&self, index: usize) -> Vec<usize> {
        let linked = |other: &usize| {
            let link = (index.min(*other), index.max(*other));
            self.links.contains(&link) && self.is_open(link)
        };
        (0..self.nodes.len()).filter(linked).collect()
    }

    pub(super) fn neighbours(&self, index: usize) -> Vec<usize> {
        (0..self.nodes.len()).filter(|other| self.are_linked(index, *other)).collect()
    }

    pub(super) fn node_id(&self, index: usize) -> NodeId {
        self.nodes.get(index).map_or(NodeId::from_bytes([0; 32]), |node| node.id)
    }
}

/// A ring, so that all are connected, and some links across it.
pub(super) fn links(chance: &mut Rand64, nodes: usize) -> BTreeSet<(usize, usize)> {
    let mut links = BTreeSet::new();
    for index in 0..nodes {
        let mut others = vec![(index + 1) % nodes];
        for _ in 1..DIALS {
            let bound = u64::try_from(nodes).unwrap_or(u64::MAX);
            others.push(usize::try_from(chance.rand_range(0..bound)).unwrap_or(0));
        }
        for other in others.into_iter().filter(|other| *other != index) {
            links.insert((index.min(other), index.max(other)));
        }
    }
    links
}
