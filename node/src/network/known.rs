//! The address book as the API shows it, without libp2p's types.
//!
//! Invariant: what is shown is made anew when the book or the connections have
//! changed, at most once a tick, and shared from there: asking costs nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use dela_protocol::api::KnownNode;
use libp2p::PeerId;
use tokio::sync::watch;

use super::Network;

/// What was shown last.
#[derive(Debug, Default)]
pub(super) struct Shown {
    sender: watch::Sender<Arc<Vec<KnownNode>>>,
    seen: Option<(u64, BTreeSet<PeerId>)>,
}

impl Network {
    /// Returns the nodes that are known, by id, as that changes.
    pub fn known(&self) -> watch::Receiver<Arc<Vec<KnownNode>>> {
        self.shown.sender.subscribe()
    }

    /// Returns whether any other node is known: configured, or in the book.
    pub fn knows_others(&self) -> bool {
        self.dialler.count() > 0 || !self.book.is_empty()
    }

    /// Shows what has changed.
    pub(super) fn show(&mut self) {
        let connected: BTreeSet<PeerId> = self.links.keys().copied().collect();
        let seen = (self.book.revision(), connected);
        if self.shown.seen.as_ref() == Some(&seen) {
            return;
        }
        let now = self.now();
        let nodes = self.book.nodes().map(|known| {
            let configured = self.dialler.wants(&known.peer);
            known.show(configured, seen.1.contains(&known.peer), now)
        });
        let mut nodes: Vec<_> = nodes.collect();
        nodes.sort_by_key(|known| known.node);
        self.shown.sender.send_replace(Arc::new(nodes));
        self.shown.seen = Some(seen);
    }
}
