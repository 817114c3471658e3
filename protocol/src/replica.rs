//! The replica: the state machine that keeps one node's index equal to all
//! others.
//!
//! [`Replica::handle`] is told what happened and returns what is to be done; it
//! has no clock, no chance and no network of its own, so the node, the tests
//! and the simulator drive the same code.

use crate::id::{AgencyId, HeadId, NodeId};
use crate::record::Position;
use crate::wire::{Request, Response};

/// What the outside world tells a replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A peer is now connected.
    Connected(NodeId),
    /// A peer is no longer connected.
    Disconnected(NodeId),
    /// An announcement came by gossip; it is not passed on before it is judged
    /// ([`Output::Judge`]).
    Announced {
        /// The peer that passed it to us.
        from: NodeId,
        /// Names the announcement in the judgement.
        token: u64,
        /// The bytes of a [`wire::Announcement`](crate::wire::Announcement).
        bytes: Vec<u8>,
    },
    /// A peer asks.
    Requested {
        /// The peer.
        from: NodeId,
        /// Names the request in the answer.
        token: u64,
        /// What it asks.
        request: Request,
    },
    /// A peer has answered.
    Answered {
        /// The request, as [`Output::Request`] named it.
        id: u64,
        /// The answer.
        response: Response,
    },
    /// A peer did not answer, or not in a form that can be read.
    Failed {
        /// The request, as [`Output::Request`] named it.
        id: u64,
        /// Whether the peer sent what it must not.
        malformed: bool,
    },
    /// The moment of [`Replica::wake_at`] has come.
    Wake,
}

/// What a replica asks of the outside world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Tell everybody, by gossip.
    Announce(Vec<u8>),
    /// Pass an announcement on, or not.
    Judge {
        /// The announcement.
        token: u64,
        /// What was found.
        verdict: Verdict,
    },
    /// Ask a peer; [`Input::Answered`] or [`Input::Failed`] follows.
    Request {
        /// The peer.
        to: NodeId,
        /// Names the request.
        id: u64,
        /// What is asked.
        request: Request,
    },
    /// Answer a peer.
    Respond {
        /// The request.
        token: u64,
        /// The answer.
        response: Response,
    },
    /// Something happened that operators or clients want to know.
    Event(Event),
}

/// What to do with an announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Authentic and new: pass it on.
    Accept,
    /// Nothing wrong, nothing new or not for us to judge: let it rest.
    Ignore,
    /// Provably wrong: whoever passed it on without checking is to blame.
    Reject,
}

/// What happened in a replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An agency's catalogue changed: records were taken in or removed.
    Changed {
        /// Whose.
        agency: AgencyId,
        /// How many records.
        records: usize,
        /// The peer they came from; `None` for our own.
        from: Option<NodeId>,
    },
    /// An agency's catalogue is complete up to a head: the digests agree.
    Completed {
        /// Whose.
        agency: AgencyId,
        /// Where it stands.
        position: Position,
    },
    /// A round of reconciliation ended.
    Reconciled {
        /// With whom.
        peer: NodeId,
        /// Whether it held the same as we did when we asked.
        same: bool,
    },
    /// Records were sent to a peer that asked.
    Served {
        /// The peer.
        peer: NodeId,
        /// How many.
        records: usize,
    },
    /// A peer sent what it must not.
    Blamed {
        /// The peer.
        peer: NodeId,
        /// What it sent.
        reason: String,
    },
    /// An agency signed two different heads for one position.
    Forked {
        /// The agency.
        agency: AgencyId,
        /// The position.
        position: Position,
        /// The two heads.
        heads: [HeadId; 2],
    },
    /// Our own catalogue came back from our peers; publishing goes on.
    Recovered,
}
