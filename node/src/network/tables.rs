//! What waits for the driver: announcements to be judged, questions to be
//! answered; and who is blocked.
//!
//! Invariant: each table is bounded, and what does not fit is let go in the way
//! that blames nobody.

use std::collections::{BTreeMap, VecDeque};

use dela_protocol::wire::Response;
use libp2p::PeerId;
use libp2p::gossipsub::MessageId;
use libp2p::request_response::{InboundRequestId, ResponseChannel};

/// Announcements that wait to be judged. Gossip forgets them after 12 seconds,
/// so more would only be reached by 340 new ones a second.
const ANNOUNCEMENTS_MAX: usize = 4_096;

/// Questions that wait to be answered: sixteen from each of 64 peers.
const QUESTIONS_MAX: usize = 1_024;

/// Blocked nodes. Node ids cost nothing, so this only keeps out who keeps
/// coming back under the same one.
const BLOCKED_MAX: usize = 1_000;

/// An announcement as gossip knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) message: MessageId,
    pub(super) from: PeerId,
}

/// Announcements that wait to be judged.
#[derive(Debug, Default)]
pub(super) struct Announcements {
    token_last: u64,
    waiting: BTreeMap<u64, Waiting>,
}

impl Announcements {
    /// Takes one in and returns its token, and the oldest where that had to
    /// make room: it is to be ignored, not rejected.
    pub(super) fn push(&mut self, waiting: Waiting) -> (u64, Option<Waiting>) {
        self.token_last += 1;
        self.waiting.insert(self.token_last, waiting);
        let evicted = (self.waiting.len() > ANNOUNCEMENTS_MAX)
            .then(|| self.waiting.pop_first())
            .flatten()
            .map(|(_, waiting)| waiting);
        (self.token_last, evicted)
    }

    /// Takes one out.
    pub(super) fn take(&mut self, token: u64) -> Option<Waiting> {
        self.waiting.remove(&token)
    }
}

/// Questions that wait to be answered. Dropping one's channel tells the peer at
/// once that there will be no answer.
#[derive(Debug, Default)]
pub(super) struct Questions {
    token_last: u64,
    waiting: BTreeMap<u64, (InboundRequestId, ResponseChannel<Response>)>,
}

impl Questions {
    /// Takes one in and returns its token; `None` when too many wait already.
    pub(super) fn push(
        &mut self,
        request: InboundRequestId,
        channel: ResponseChannel<Response>,
    ) -> Option<u64> {
        if self.waiting.len() >= QUESTIONS_MAX {
            return None;
        }
        self.token_last += 1;
        self.waiting.insert(self.token_last, (request, channel));
        Some(self.token_last)
    }

    /// Takes one out.
    pub(super) fn take(&mut self, token: u64) -> Option<ResponseChannel<Response>> {
        self.waiting.remove(&token).map(|(_, channel)| channel)
    }

    /// Forgets one whose peer is gone or has waited too long.
    pub(super) fn forget(&mut self, request: InboundRequestId) {
        self.waiting.retain(|_, (waiting, _)| *waiting != request);
    }
}

/// Blocked nodes, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Blocked(VecDeque<PeerId>);

impl Blocked {
    /// Takes one in and returns whom that pardons.
    pub(super) fn push(&mut self, peer: PeerId) -> Option<PeerId> {
        if !self.0.contains(&peer) {
            self.0.push_back(peer);
        }
        (self.0.len() > BLOCKED_MAX).then(|| self.0.pop_front()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_announcements_push_out_the_oldest_unjudged() {
        let mut table = Announcements::default();
        let from = PeerId::random();
        let waiting = |n: usize| Waiting { message: MessageId::new(&n.to_be_bytes()), from };
        for n in 0..ANNOUNCEMENTS_MAX {
            assert_eq!(table.push(waiting(n)).1, None);
        }
        assert_eq!(table.push(waiting(ANNOUNCEMENTS_MAX)).1, Some(waiting(0)));
        assert_eq!(table.take(1), None);
        assert_eq!(table.take(2), Some(waiting(1)));
        assert_eq!(table.take(2), None, "judged once");
    }

    #[test]
    fn the_list_of_blocked_nodes_is_bounded() {
        let mut blocked = Blocked::default();
        let first = PeerId::random();
        assert_eq!(blocked.push(first), None);
        assert_eq!(blocked.push(first), None);
        for _ in 1..BLOCKED_MAX {
            assert_eq!(blocked.push(PeerId::random()), None);
        }
        assert_eq!(blocked.push(PeerId::random()), Some(first));
    }
}
