//! What a network is started with, and why it may refuse to.

use core::fmt;
use core::time::Duration;
use std::path::PathBuf;

use dela_protocol::id::{AgencyId, FederationId};

use super::book::file;

/// Peers to keep dialling: what an operator would write by hand.
pub(super) const TARGETS_MAX: usize = 100;

/// What carries the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TransportKind {
    /// TCP, with names resolved by DNS.
    #[default]
    Tcp,
    /// Channels within this process (`/memory/1`), for tests.
    Memory,
}

/// Bounds on connections; libp2p refuses what is beyond them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections to one peer: two, because both sides may dial at once.
    pub per_peer: u32,
    /// Connections that others made; each takes some 50 KB of memory.
    pub inbound: u32,
    /// Connections that we made.
    pub outbound: u32,
    /// Connections in the making, each way.
    pub pending: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_peer: 2, inbound: 200, outbound: 100, pending: 50 }
    }
}

/// How often things are looked at. What depends on a stranger's behaviour has
/// waits of its own; these are ours to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How often is looked for what is due to be dialled or asked.
    pub tick: Duration,
    /// How often a random peer is asked whether it knows the same nodes. The
    /// question and its usual answer are 150 bytes, a renewed record 2.5 KB.
    pub exchange: Duration,
    /// How soon after hearing of a new node or place: news doubles its hearers
    /// that often, so 2,000 nodes have heard it after a minute.
    pub exchange_news: Duration,
    /// How often one connection that we made is given up for another, so that
    /// the graph is mixed and no early peer keeps us for ever.
    pub rotate: Duration,
    /// How often the address book is written while it changes.
    pub save: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            tick: Duration::from_secs(1),
            exchange: Duration::from_secs(60),
            exchange_news: Duration::from_secs(5),
            rotate: Duration::from_secs(60 * 60),
            save: Duration::from_secs(60),
        }
    }
}

/// What a network is started with.
#[derive(Clone)]
pub struct NetworkConfig {
    /// The node's key: an Ed25519 secret, not that of any agency.
    pub secret: [u8; 32],
    /// The federation; nodes of others are not talked to.
    pub federation: FederationId,
    /// The agency that the node says it publishes for.
    pub agency: Option<AgencyId>,
    /// The file of the address book; without one, it is forgotten at the end.
    pub book: Option<PathBuf>,
    /// Where to listen: multiaddrs.
    pub listen: Vec<String>,
    /// Peers to dial and to keep dialling: multiaddrs, best with `/p2p/<id>`.
    pub peers: Vec<String>,
    /// Where others can reach us, if that is not where we listen: multiaddrs.
    pub external: Vec<String>,
    /// Whether to find nodes on the local network by multicast DNS.
    pub mdns: bool,
    /// Whether to find nodes by asking peers, and to dial them.
    pub discover: bool,
    /// Bounds on connections.
    pub limits: Limits,
    /// How often things are looked at.
    pub pace: Pace,
    /// What carries the bytes.
    pub transport: TransportKind,
}

impl NetworkConfig {
    /// Returns whether this node knows any other, or where to find one: by a
    /// configured peer, by multicast, or in its address book. A book that cannot
    /// be read names nobody, as when the network is started with it.
    pub fn knows_others(&self) -> bool {
        let in_book = |path: &PathBuf| file::count(path).unwrap_or_default() > 0;
        !self.peers.is_empty() || self.mdns || self.book.as_ref().is_some_and(in_book)
    }

    /// Returns the configuration of a node that listens nowhere and knows
    /// nobody yet.
    pub fn new(secret: [u8; 32], federation: FederationId) -> Self {
        Self {
            secret,
            federation,
            agency: None,
            book: None,
            listen: Vec::new(),
            peers: Vec::new(),
            external: Vec::new(),
            mdns: false,
            discover: true,
            limits: Limits::default(),
            pace: Pace::default(),
            transport: TransportKind::Tcp,
        }
    }
}

impl fmt::Debug for NetworkConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkConfig")
            .field("federation", &self.federation)
            .field("agency", &self.agency)
            .field("book", &self.book)
            .field("listen", &self.listen)
            .field("peers", &self.peers)
            .field("external", &self.external)
            .field("mdns", &self.mdns)
            .field("discover", &self.discover)
            .field("limits", &self.limits)
            .field("pace", &self.pace)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

/// Why a network cannot be started or an address not be used.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// A text that is no usable address.
    #[error("{address} is not {purpose}: {reason}; one looks like {example}")]
    Address {
        /// The text.
        address: String,
        /// What it was to be.
        purpose: &'static str,
        /// What is wrong with it.
        reason: String,
        /// One that would do.
        example: String,
    },
    /// An address that cannot be listened on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: String,
        /// What the system said.
        reason: String,
    },
    /// More peers than can be kept.
    #[error("more than {TARGETS_MAX} peers to keep dialling")]
    TooManyPeers,
    /// A part of the network cannot be set up.
    #[error("the network cannot be set up: {0}")]
    Setup(String),
}
