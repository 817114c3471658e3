//! What waits for the driver: announcements to be judged, questions to be
//! answered; and who is blocked.
//!
//! Invariant: each table is bounded, in all and for each peer, so that one who
//! floods gets in nobody's way but its own; and what does not fit is let go in
//! the way that blames nobody.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;

use dela_protocol::wire::{Request, Response, membership};
use libp2p::PeerId;
use libp2p::gossipsub::MessageId;
use libp2p::request_response::{InboundRequestId, ResponseChannel};

/// Announcements that wait to be judged. Gossip forgets them after 12 seconds,
/// so more would only be reached by 340 new ones a second.
const ANNOUNCEMENTS_MAX: usize = 4_096;

/// Announcements of one peer that wait to be judged: twenty a second for as
/// long as gossip remembers them. The driver judges thousands a second.
const ANNOUNCEMENTS_PER_PEER_MAX: usize = 256;

/// Questions that wait to be answered: sixteen from each of 256 peers.
const QUESTIONS_MAX: usize = 4_096;

/// Questions of one peer that wait to be answered: four times what a replica
/// has in flight.
const QUESTIONS_PER_PEER_MAX: usize = 16;

/// Pages on their way to one peer: one is written while the next is read. More
/// would only wait in memory, where a peer that reads slowly could pile them
/// up.
const PAGES_PER_PEER_MAX: usize = 2;

/// Pages on their way to all peers: 128 MiB of memory at most, should all of
/// them read slowly.
const PAGES_MAX: usize = 128;

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
    by_peer: BTreeMap<PeerId, VecDeque<u64>>,
}

impl Announcements {
    /// Takes one in and returns its token, and the one that had to make room:
    /// the oldest of its peer, or of the peer that has most of them. It is to
    /// be ignored, not rejected.
    pub(super) fn push(&mut self, waiting: Waiting) -> (u64, Option<Waiting>) {
        self.token_last += 1;
        let peer = waiting.from;
        self.waiting.insert(self.token_last, waiting);
        let tokens = self.by_peer.entry(peer).or_default();
        tokens.push_back(self.token_last);
        let crowding = if tokens.len() > ANNOUNCEMENTS_PER_PEER_MAX {
            Some(peer)
        } else if self.waiting.len() > ANNOUNCEMENTS_MAX {
            self.by_peer.iter().max_by_key(|(_, tokens)| tokens.len()).map(|(peer, _)| *peer)
        } else {
            None
        };
        let oldest = crowding.and_then(|peer| self.by_peer.get(&peer)?.front().copied());
        (self.token_last, oldest.and_then(|token| self.take(token)))
    }

    /// Takes one out.
    pub(super) fn take(&mut self, token: u64) -> Option<Waiting> {
        let waiting = self.waiting.remove(&token)?;
        if let Some(tokens) = self.by_peer.get_mut(&waiting.from) {
            tokens.retain(|known| *known != token);
            if tokens.is_empty() {
                self.by_peer.remove(&waiting.from);
            }
        }
        Some(waiting)
    }
}

/// What becomes of a question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    /// The driver is to answer it, under this token.
    Ask(u64, Request),
    /// It waits until pages of its peer are sent.
    Held,
    /// There is no room for it; the peer is told so at once.
    Dropped,
}

#[derive(Debug)]
struct Question<I, C> {
    id: I,
    peer: PeerId,
    channel: C,
}

/// Questions that wait to be answered. Dropping one's channel tells the peer at
/// once that there will be no answer.
///
/// Questions for pages are passed to the driver only while few pages are on
/// their way to the peer.
#[derive(Debug)]
pub(super) struct Questions<I = InboundRequestId, C = ResponseChannel<Response>> {
    token_last: u64,
    waiting: BTreeMap<u64, Question<I, C>>,
    held: VecDeque<(Question<I, C>, Request)>,
    /// Pages that are made or written.
    pages: HashMap<I, PeerId>,
}

impl<I, C> Default for Questions<I, C> {
    fn default() -> Self {
        let (waiting, held) = (BTreeMap::new(), VecDeque::new());
        Self { token_last: 0, waiting, held, pages: HashMap::new() }
    }
}

impl<I: Copy + Eq + Hash, C> Questions<I, C> {
    /// Takes one in.
    pub(super) fn push(&mut self, id: I, peer: PeerId, request: Request, channel: C) -> Pushed {
        let waiting = self.waiting.values();
        let of_peer = waiting.filter(|question| question.peer == peer).count()
            + self.held.iter().filter(|(question, _)| question.peer == peer).count();
        let all = self.waiting.len() + self.held.len();
        if of_peer >= QUESTIONS_PER_PEER_MAX || all >= QUESTIONS_MAX {
            return Pushed::Dropped;
        }
        let question = Question { id, peer, channel };
        if !is_for_page(&request) {
            return Pushed::Ask(self.wait(question), request);
        }
        if !self.has_room_for_page(&peer) {
            self.held.push_back((question, request));
            return Pushed::Held;
        }
        self.pages.insert(id, peer);
        Pushed::Ask(self.wait(question), request)
    }

    /// Takes one out, to be answered.
    pub(super) fn take(&mut self, token: u64) -> Option<C> {
        self.waiting.remove(&token).map(|question| question.channel)
    }

    /// Forgets one that was answered, or whose peer is gone or has waited too
    /// long.
    pub(super) fn ended(&mut self, id: I) {
        self.pages.remove(&id);
        self.waiting.retain(|_, question| question.id != id);
        self.held.retain(|(question, _)| question.id != id);
    }

    /// Returns the next question whose turn has come after it was held.
    pub(super) fn next_held(&mut self) -> Option<(PeerId, u64, Request)> {
        let index =
            self.held.iter().position(|(question, _)| self.has_room_for_page(&question.peer))?;
        let (question, request) = self.held.remove(index)?;
        let peer = question.peer;
        self.pages.insert(question.id, peer);
        Some((peer, self.wait(question), request))
    }

    fn wait(&mut self, question: Question<I, C>) -> u64 {
        self.token_last += 1;
        self.waiting.insert(self.token_last, question);
        self.token_last
    }

    fn has_room_for_page(&self, peer: &PeerId) -> bool {
        self.pages.len() < PAGES_MAX
            && self.pages.values().filter(|other| *other == peer).count() < PAGES_PER_PEER_MAX
    }
}

/// Returns whether the answer may be a whole page.
fn is_for_page(request: &Request) -> bool {
    match request {
        Request::Since { .. } | Request::Map { .. } | Request::Records { .. } => true,
        Request::Membership(question) => {
            matches!(question, membership::Question::Give { .. })
        }
        Request::Status { .. } | Request::Summaries { .. } | Request::Heads { .. } => false,
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
    use dela_protocol::id::{AgencyId, Digest};
    use dela_protocol::record::Position;

    use super::*;

    fn waiting(n: usize, from: PeerId) -> Waiting {
        Waiting { message: MessageId::new(&n.to_be_bytes()), from }
    }

    #[test]
    fn a_peer_that_floods_pushes_out_only_its_own_announcements() {
        let mut table = Announcements::default();
        let (quiet, loud) = (PeerId::random(), PeerId::random());
        let (first, _) = table.push(waiting(0, quiet));
        for n in 0..ANNOUNCEMENTS_PER_PEER_MAX {
            assert_eq!(table.push(waiting(n, loud)).1, None);
        }
        for n in 0..10 {
            let pushed_out = table.push(waiting(ANNOUNCEMENTS_PER_PEER_MAX + n, loud)).1;
            assert_eq!(pushed_out, Some(waiting(n, loud)));
        }
        assert_eq!(table.take(first), Some(waiting(0, quiet)));
        assert_eq!(table.take(first), None, "judged once");
    }

    #[test]
    fn a_full_table_of_announcements_lets_go_of_who_has_most() {
        let mut table = Announcements::default();
        let loud: Vec<PeerId> = (0..16).map(|_| PeerId::random()).collect();
        for n in 0..ANNOUNCEMENTS_MAX {
            assert_eq!(table.push(waiting(n, loud[n % loud.len()])).1, None);
        }
        let quiet = PeerId::random();
        for n in 0..16 {
            let pushed_out = table.push(waiting(n, quiet)).1.unwrap();
            assert!(loud.contains(&pushed_out.from));
        }
        assert_eq!(table.waiting.len(), ANNOUNCEMENTS_MAX);
        assert_eq!(table.by_peer.values().map(VecDeque::len).sum::<usize>(), ANNOUNCEMENTS_MAX);
    }

    fn status() -> Request {
        Request::Status { root: Digest::from_bytes([1; 32]) }
    }

    fn since() -> Request {
        Request::Since { agency: AgencyId::from_bytes([1; 32]), after: Position::START }
    }

    #[test]
    fn a_peer_that_floods_with_questions_leaves_room_for_others() {
        let mut table: Questions<u32, ()> = Questions::default();
        let (loud, other) = (PeerId::random(), PeerId::random());
        for id in 0..100 {
            let pushed = table.push(id, loud, status(), ());
            let fits = usize::try_from(id).unwrap() < QUESTIONS_PER_PEER_MAX;
            assert_eq!(pushed != Pushed::Dropped, fits, "{id}");
        }
        let Pushed::Ask(token, request) = table.push(100, other, status(), ()) else {
            panic!("no room for the other")
        };
        assert_eq!(request, status());
        assert_eq!((table.take(token), table.take(token)), (Some(()), None), "answered once");
    }

    #[test]
    fn two_pages_at_once_go_to_a_peer_and_the_next_when_one_is_sent() {
        let mut table: Questions<u32, ()> = Questions::default();
        let (slow, other) = (PeerId::random(), PeerId::random());
        let mut tokens = Vec::new();
        for id in 0..2 {
            let Pushed::Ask(token, _) = table.push(id, slow, since(), ()) else { panic!("held") };
            tokens.push(token);
        }
        for id in 2..5 {
            assert_eq!(table.push(id, slow, since(), ()), Pushed::Held);
        }
        assert!(matches!(table.push(9, slow, status(), ()), Pushed::Ask(..)), "no page");
        assert!(matches!(table.push(10, other, since(), ()), Pushed::Ask(..)));
        assert_eq!(table.take(tokens[0]), Some(()), "answered, and not sent yet");
        assert_eq!(table.next_held(), None);
        table.ended(0);
        table.ended(2); // has waited too long
        let (peer, token, request) = table.next_held().unwrap();
        assert_eq!((peer, request), (slow, since()));
        assert_eq!(table.next_held(), None);
        assert_eq!(table.take(token), Some(()));
        table.ended(3);
        assert!(table.next_held().is_some());
        for id in [1, 4, 9, 10] {
            table.ended(id);
        }
        assert!(table.waiting.is_empty() && table.held.is_empty() && table.pages.is_empty());
    }

    #[test]
    fn all_slow_readers_together_hold_a_bounded_number_of_pages() {
        let mut table: Questions<usize, ()> = Questions::default();
        for id in 0..PAGES_MAX {
            assert!(matches!(table.push(id, PeerId::random(), since(), ()), Pushed::Ask(..)));
        }
        assert_eq!(table.push(PAGES_MAX, PeerId::random(), since(), ()), Pushed::Held);
        table.ended(7);
        assert!(table.next_held().is_some());
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
