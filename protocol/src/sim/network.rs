//! The network: who is linked with whom, and what becomes of a message.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use oorandom::Rand64;

use super::driver::TIMEOUT;
use super::tally::Fault;
use super::{Happening, Run, Simulation, millis};
use crate::id::NodeId;
use crate::replica::Input;

/// How many neighbours a replica dials.
const DIALS: usize = 3;

/// Who is linked with whom, and who hears whom.
#[derive(Debug)]
pub(super) struct Network {
    /// The links, by lower and higher index.
    links: BTreeSet<(usize, usize)>,
    /// Which side of a split each node is on.
    side: Option<Vec<bool>>,
    /// Whom a node does not hear though they are linked: it and the other.
    deaf: BTreeSet<(usize, usize)>,
    /// How many messages were sent, and the last that arrived, each way.
    sent: u64,
    arrived: BTreeMap<(usize, usize), u64>,
}

/// What is sent from one node to another.
#[derive(Debug, Clone)]
pub(super) enum Message {
    Gossip { bytes: Arc<[u8]> },
    Request { start: u64, id: u64, bytes: Arc<[u8]> },
    Response { start: u64, id: u64, bytes: Arc<[u8]> },
}

impl Message {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Gossip { bytes } | Self::Request { bytes, .. } | Self::Response { bytes, .. } => {
                bytes
            }
        }
    }
}

impl Network {
    /// A ring of the honest, so that they are connected whatever the dishonest
    /// do, and some links across to anybody.
    pub(super) fn new(chance: &mut Rand64, nodes: usize, honest: usize) -> Self {
        let mut links = BTreeSet::new();
        for index in 0..nodes {
            let mut others = vec![];
            if index < honest {
                others.push((index + 1) % honest);
            }
            for _ in 1..DIALS {
                let bound = u64::try_from(nodes).unwrap_or(u64::MAX);
                others.push(usize::try_from(chance.rand_range(0..bound)).unwrap_or(0));
            }
            for other in others.into_iter().filter(|other| *other != index) {
                links.insert((index.min(other), index.max(other)));
            }
        }
        Self { links, side: None, deaf: BTreeSet::new(), sent: 0, arrived: BTreeMap::new() }
    }

    fn is_open(&self, (a, b): (usize, usize)) -> bool {
        let side = |index| self.side.as_ref().and_then(|side| side.get(index));
        side(a) == side(b)
    }

    fn has(&self, a: usize, b: usize) -> bool {
        let link = (a.min(b), a.max(b));
        self.links.contains(&link) && self.is_open(link)
    }

    fn open_links(&self) -> BTreeSet<(usize, usize)> {
        self.links.iter().filter(|link| self.is_open(**link)).copied().collect()
    }

    pub(super) fn deafen(&mut self, node: usize, others: impl Iterator<Item = usize>) {
        self.deaf.extend(others.map(|other| (node, other)));
    }

    pub(super) fn hear(&mut self, node: usize) {
        self.deaf.retain(|(deaf, _)| *deaf != node);
    }

    pub(super) fn hears(&self, node: usize, other: usize) -> bool {
        !self.deaf.contains(&(node, other))
    }

    /// Notes that a message arrived; returns whether a later one was faster.
    pub(super) fn arrives(&mut self, from: usize, to: usize, number: u64) -> bool {
        let last = self.arrived.entry((from, to)).or_default();
        let overtaken = number < *last;
        *last = number.max(*last);
        overtaken
    }
}

impl Simulation {
    /// Sends a message through the network as it is just now.
    pub(super) fn send(&mut self, from: usize, to: usize, message: &Message) {
        self.send_late(from, to, message, Duration::ZERO);
    }

    /// Sends a message some time from now, through the network as it is just
    /// now.
    pub(super) fn send_late(&mut self, from: usize, to: usize, message: &Message, late: Duration) {
        self.messages += 1;
        self.bytes += u64::try_from(message.bytes().len()).unwrap_or(0);
        if !self.network.hears(to, from) {
            self.tally.fault(Fault::Deafness);
            return;
        }
        if self.chaotic && self.below(1000) < self.faults.loss_per_mille {
            self.lost += 1;
            self.tally.fault(Fault::Loss);
            return;
        }
        let is_doubled = self.chaotic && self.below(1000) < self.faults.duplication_per_mille;
        if is_doubled {
            self.tally.fault(Fault::Duplication);
        }
        self.network.sent += 1;
        let number = self.network.sent;
        for _ in 0..=usize::from(is_doubled) {
            let mut latency = self.below(millis(self.faults.latency_max)) + 1;
            if self.chaotic && self.below(1000) < self.faults.delay_per_mille {
                self.tally.fault(Fault::Delay);
                latency += millis(TIMEOUT) + self.below(millis(TIMEOUT));
            }
            let message = message.clone();
            let delivery = Happening::Delivery { from, to, number, message };
            self.schedule(Duration::from_millis(latency).saturating_add(late), delivery);
        }
    }

    pub(super) fn split(&mut self, side: Option<Vec<bool>>) -> Run {
        let before = self.network.open_links();
        self.network.side = side;
        let after = self.network.open_links();
        if after.len() < before.len() {
            self.tally.fault(Fault::Partition);
        }
        self.note(|| format!("network: {} of {} links open", after.len(), before.len()));
        for (a, b) in before.symmetric_difference(&after).copied().collect::<Vec<_>>() {
            let opened = after.contains(&(a, b));
            for (here, there) in [(a, b), (b, a)] {
                let peer = self.node_id(there);
                if opened && self.are_linked(a, b) {
                    self.tell(here, Input::Connected(peer))?;
                } else if !opened {
                    self.tell(here, Input::Disconnected(peer))?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn is_up(&self, index: usize) -> bool {
        self.nodes.get(index).is_some_and(super::node::Node::is_up)
    }

    /// Returns whether two nodes are linked, up, and neither has cut the other
    /// off.
    pub(super) fn are_linked(&self, a: usize, b: usize) -> bool {
        let has_cut = |one: usize, other: usize| {
            let other = self.node_id(other);
            self.nodes.get(one).is_some_and(|node| node.cut.contains(&other))
        };
        self.network.has(a, b) && self.is_up(a) && self.is_up(b) && !has_cut(a, b) && !has_cut(b, a)
    }

    pub(super) fn linked(&self, index: usize) -> Vec<usize> {
        (0..self.nodes.len()).filter(|other| self.network.has(index, *other)).collect()
    }

    pub(super) fn neighbours(&self, index: usize) -> Vec<usize> {
        (0..self.nodes.len()).filter(|other| self.are_linked(index, *other)).collect()
    }

    pub(super) fn node_id(&self, index: usize) -> NodeId {
        self.nodes.get(index).map_or(NodeId::from_bytes([0; 32]), |node| node.id)
    }

    pub(super) fn index_of(&self, id: NodeId) -> Option<usize> {
        self.nodes.iter().position(|node| node.id == id)
    }
}
