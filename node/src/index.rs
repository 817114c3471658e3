//! The read side: joins what is stored, what is searchable and what the driver
//! is doing into the bodies of the API.
//!
//! Invariants:
//! - Nothing is said that was not signed: every record in the store was
//!   verified by the strict rule when it arrived, and is handed out as it came.
//! - Never an emptied index: while the search is being built anew, questions
//!   that need it are refused ([`IndexError::Rebuilding`]), not answered from
//!   what there is so far.
//! - This knows no type of the web server, the store's or the search's engine.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use dela_protocol::CodecError;
use dela_protocol::api::{
    AgencyThrottled, CutOff, KnownNode, NodeList, NodeState, Peer, PeerList, RecoveryStatus,
    SourcesStatus, Status,
};
use dela_protocol::federation::Federation;
use dela_protocol::federation::card::Card;
use dela_protocol::head::Head;
use dela_protocol::id::{AgencyId, Digest, EntityId, NodeId};
use dela_protocol::record::Position;
use dela_protocol::replica::{GateState, Policy, Recovery};
use dela_protocol::time::Timestamp;
use tokio::sync::watch;

use crate::belonging::Belonging;
use crate::history::History;
use crate::opening::Arrival;
use crate::search::indexer::Notifier;
use crate::search::{Search, SearchError};
use crate::storage::{Reader, StoreError};
use crate::telemetry::Counts;

mod agencies;
mod churn;
mod datasets;
mod entries;
mod events;
mod federation;
mod feed;
mod insight;
mod listing;
mod quality;
mod relations;
mod source;

pub use agencies::{AgencyRequest, Overview, Profile};
pub use churn::{Churn, Counted, Today};
pub(crate) use datasets::dataset_kind;
pub use datasets::{DatasetName, Described, SearchRequest};
pub use entries::{Agency, Entries, Entry, Visited};
pub use events::Events;
pub use feed::{Activity, Done, Reach};
pub use listing::{ListRequest, Listed, Listing, State};
pub use source::SearchSource;

/// What the driver is doing, as of its last step.
#[derive(Debug, Clone)]
pub struct Live {
    /// The digest of all heads.
    pub root: Digest,
    /// The node's name on the network.
    pub node: NodeId,
    /// The addresses at which peers reach it, each with its peer id.
    pub addresses: Vec<String>,
    /// The peers connected.
    pub peers: Vec<Peer>,
    /// Nodes cut off since the start, the newest first.
    pub cut_off: Vec<CutOff>,
    /// Agencies over a quota.
    pub throttled: BTreeMap<AgencyId, AgencyThrottled>,
    /// What was counted over all peers.
    pub counts: Counts,
    /// How many agencies have announced more than is held yet.
    pub behind: u64,
    /// Agencies that have announced more than anyone delivers.
    pub withheld: Vec<AgencyId>,
    /// How far the way back to the own catalogue is; `None` where the node may
    /// publish.
    pub recovery: Option<Recovery>,
    /// How it is with what the agency published in a federation it has left.
    pub arrival: Arrival,
    /// Whether the agency is a member, or the federation is open.
    pub is_member: bool,
    /// What is known of the federation's council.
    pub council: Arc<Federation>,
    /// The agencies that apply, with when that was first heard of.
    pub applications: Arc<Vec<(Card, Timestamp)>>,
    /// What the operator of this node lets in.
    pub policy: Arc<Policy>,
    /// How many agencies are known.
    pub catalogues: u64,
    /// The number of the newest change in the store's change log.
    pub last_change: u64,
}

impl Live {
    /// Returns why not all that its own agency offers is here, where that is so:
    /// what is not there may only not be there yet.
    pub fn lacks_its_own(&self) -> Option<String> {
        if self.has_lost_its_own() {
            return self.reason();
        }
        match &self.arrival {
            Arrival::Complete => None,
            Arrival::Waiting => Some(format!(
                "the node has come here from another federation, and publishes what its agency \
                 published there as soon as it may{}",
                self.reason().map_or_else(String::new, |reason| format!(": {reason}"))
            )),
            Arrival::Refused(reason) => Some(reason.clone()),
        }
    }

    /// Returns why the node may not publish, where it may not.
    pub fn reason(&self) -> Option<String> {
        let recovery = self.recovery?;
        Some(match recovery.state {
            GateState::Open => return None,
            GateState::Confirming
                if !self.council.is_open() && self.council.first_charter().is_none() =>
            {
                "no node of the federation has been reached yet, and its charter is not known \
                 here. Whoever is in it can print an invitation that names nodes: \
                 `dela federation invite`"
                    .to_owned()
            }
            GateState::Confirming if !self.is_member && !self.council.may_read(None) => {
                "the agency is no member of the federation yet, where only members may read: it \
                 publishes when the council has admitted it"
                    .to_owned()
            }
            GateState::Confirming => "no peer has confirmed yet that the agency's catalogue is \
                whole, which an old backup would not be. If no other node ever held it, `delad \
                --begin-anew` goes on without"
                .to_owned(),
            GateState::Recovering if recovery.answers == 0 => "more was published than the store \
                holds, and no peer has been reached yet that could have it. If no other node holds \
                it any more, `delad --begin-anew` goes on without"
                .to_owned(),
            GateState::Recovering => {
                let records = recovery.records;
                let progress = match recovery.records_wanted {
                    Some(wanted) if wanted == records => format!(
                        "all {records} records are here, and other peers may yet know of more"
                    ),
                    Some(wanted) => format!("{records} of {wanted} records are here"),
                    None => format!("{records} records are here"),
                };
                format!(
                    "more was published than the store held; it is being fetched back from \
                     peers: {progress}. If no other node holds the rest any more, `delad \
                     --begin-anew` goes on without"
                )
            }
        })
    }

    /// Returns whether the own catalogue is lost and has not come back.
    fn has_lost_its_own(&self) -> bool {
        self.recovery.is_some_and(|recovery| {
            recovery.state == GateState::Recovering && recovery.held == Position::START
        })
    }
}

/// What an [`Index`] is made of.
#[derive(Debug)]
pub struct IndexParts {
    /// The agency the node publishes for.
    pub own: AgencyId,
    /// The federation it belongs to.
    pub federation: Belonging,
    /// What is stored.
    pub reader: Reader,
    /// What is searchable.
    pub search: Search,
    /// How far the search has followed the store.
    pub indexer: Notifier,
    /// What the driver is doing.
    pub live: watch::Receiver<Live>,
    /// The nodes in the address book.
    pub known: watch::Receiver<Arc<Vec<KnownNode>>>,
    /// How the catalogues were before.
    pub history: History,
    /// When the node started.
    pub started_at: Timestamp,
}

/// The read side of the node. Cloning shares it.
///
/// Its methods may read from the disk: call them where blocking is allowed.
#[derive(Debug, Clone)]
pub struct Index {
    parts: Arc<IndexParts>,
    seen: Arc<Mutex<Seen>>,
    newest: Arc<Mutex<feed::Newest>>,
    profiles: Arc<agencies::Profiles>,
}

/// What was seen of the search's progress.
#[derive(Debug, Default)]
struct Seen {
    /// The number of the last change that the search had taken in.
    indexed: u64,
    /// How far it has to be for the node to be ready: where the store was when
    /// that was first asked, or when the search last fell back.
    wanted: Option<u64>,
}

/// Why the index does not answer.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The search is being built anew.
    #[error("the search is being built: {behind} changes remain to be taken in")]
    Rebuilding {
        /// How many changes remain.
        behind: u64,
    },
    /// The node has lost what it published and waits for it.
    #[error("the node waits for its own catalogue and what else it lost: {reason}")]
    Recovering {
        /// For what it waits.
        reason: String,
    },
    /// An entry that is no dataset.
    #[error("{0} is no dataset, and only datasets are scored")]
    NotScored(EntityId),
    /// No entry of that name.
    #[error("there is no dataset {0}")]
    NotFound(String),
    /// No agency of that name.
    #[error("there is no agency {0}")]
    NoAgency(String),
    /// There was an entry, and its agency has withdrawn it.
    #[error("{iri} was withdrawn at {at}{}", reason_after(.reason))]
    Withdrawn {
        /// Its IRI.
        iri: String,
        /// When.
        at: Timestamp,
        /// Why, in the agency's words.
        reason: String,
    },
    /// Several entries fit a shortened id or an IRI.
    #[error("{name} fits {}", ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// What fits, the first few.
        ids: Vec<EntityId>,
    },
    /// A name that is neither an id, nor the beginning of one, nor an IRI.
    #[error("{0} is not the name of a dataset")]
    BadName(String),
    /// A search nobody asks.
    #[error("{0}")]
    BadSearch(String),
    /// A cursor no page has given.
    #[error("`after` is not the cursor of a page")]
    BadCursor,
    /// A cursor of changes that are no longer in the log.
    #[error("the changes after {after} are no longer kept; the oldest kept is {oldest}")]
    CursorTooOld {
        /// The cursor.
        after: u64,
        /// The oldest change kept.
        oldest: u64,
    },
    /// A cursor of changes that have not happened: of another log, since the
    /// store was made anew.
    #[error("there is no change {after} yet; the newest is {newest}")]
    CursorUnknown {
        /// The cursor.
        after: u64,
        /// The newest change.
        newest: u64,
    },
    /// A record whose agency's head is not here yet.
    #[error("the head that commits to {0} is not here yet")]
    Unproven(EntityId),
    /// An agency's catalogue has never been here in full.
    #[error("the catalogue of {0} is still being fetched")]
    Incomplete(AgencyId),
    /// A record in the store cannot be read.
    #[error("a stored record about {entity} cannot be read: {source}")]
    Unreadable {
        /// What it is about.
        entity: EntityId,
        /// Why.
        source: CodecError,
    },
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StoreError),
    /// The search failed.
    #[error(transparent)]
    Search(SearchError),
}

fn reason_after(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

impl Index {
    /// Joins the parts.
    pub fn new(parts: IndexParts) -> Self {
        Self {
            parts: Arc::new(parts),
            seen: Arc::default(),
            newest: Arc::default(),
            profiles: Arc::default(),
        }
    }

    /// Returns the agency the node publishes for.
    pub fn own(&self) -> AgencyId {
        self.parts.own
    }

    /// Returns what is stored.
    pub fn reader(&self) -> &Reader {
        &self.parts.reader
    }

    /// Returns a view of what the driver is doing that can be waited on.
    pub fn live(&self) -> watch::Receiver<Live> {
        self.parts.live.clone()
    }

    /// Returns how many changes the search has yet to take in.
    pub fn search_behind(&self) -> Result<u64, IndexError> {
        let last = self.parts.reader.last_change()?;
        Ok(last.saturating_sub(self.parts.indexer.indexed().change))
    }

    /// Waits until the search has taken in what the store holds now, for so long
    /// at most. Returns whether it has. Blocks.
    pub fn wait_for_search(&self, within: Duration) -> Result<bool, IndexError> {
        let last = self.parts.reader.last_change()?;
        Ok(self.parts.indexer.wait_for(last, within))
    }

    /// Returns whether the search shows what the store held when the node
    /// started. Once ready, it stays so: what it catches up with later is new, not
    /// missing. Only if it falls back, because it is being built anew, is it not
    /// ready any more, until it shows what the store held then.
    pub fn is_ready(&self) -> Result<bool, IndexError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let indexed = self.parts.indexer.indexed().change;
        let fell_back = indexed < seen.indexed;
        seen.indexed = indexed;
        let wanted = match seen.wanted.filter(|_| !fell_back) {
            Some(wanted) => wanted,
            None => self.parts.reader.last_change()?,
        };
        seen.wanted = Some(wanted);
        Ok(indexed >= wanted)
    }

    /// Refuses while the index is not whole: lost and not yet back from the
    /// peers, or the search being built anew.
    pub fn demand_ready(&self) -> Result<(), IndexError> {
        self.demand_recovered()?;
        if self.is_ready()? {
            return Ok(());
        }
        Err(IndexError::Rebuilding { behind: self.search_behind()? })
    }

    /// Refuses while what the node lost has not come back: what is not there
    /// may only not be there yet.
    pub(super) fn demand_recovered(&self) -> Result<(), IndexError> {
        let live = self.parts.live.borrow();
        match live.lacks_its_own() {
            Some(reason) => Err(IndexError::Recovering { reason }),
            None => Ok(()),
        }
    }

    /// Returns how the node is.
    pub fn status(&self) -> Result<Status, IndexError> {
        let live = self.parts.live.borrow().clone();
        let catalogues = self.catalogues();
        let own = catalogues.iter().find(|catalogue| catalogue.id() == self.parts.own);
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let search_behind = self.search_behind()?;
        let (state, reason) = self.state(&live, search_behind)?;
        Ok(Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            state,
            reason,
            recovery: live.recovery.map(|recovery| RecoveryStatus {
                answers: count(recovery.answers),
                held: recovery.held,
                newest: recovery.newest,
                records: recovery.records,
                records_wanted: recovery.records_wanted,
            }),
            federation: self.federation_status(),
            node: live.node,
            addresses: live.addresses,
            agency: self.parts.own,
            agency_name: self.profile(&self.parts.own)?.name,
            root: live.root,
            agencies: u64::try_from(catalogues.len()).unwrap_or(u64::MAX),
            datasets: self.dataset_count(None)?,
            records: catalogues.iter().map(|catalogue| catalogue.live_count).sum(),
            peers: u64::try_from(live.peers.len()).unwrap_or(u64::MAX),
            behind: live.behind,
            search_behind,
            position: own.and_then(|own| own.head.as_ref()).map(Head::position),
            sources: SourcesStatus::default(),
            started_at: self.parts.started_at,
        })
    }

    fn state(
        &self,
        live: &Live,
        search_behind: u64,
    ) -> Result<(NodeState, Option<String>), IndexError> {
        if live.recovery.is_some_and(|recovery| recovery.state == GateState::Recovering) {
            return Ok((NodeState::Recovering, live.reason()));
        }
        if let Some(reason) = live.lacks_its_own() {
            return Ok((NodeState::Recovering, Some(reason)));
        }
        if !self.is_ready()? {
            let reason = format!("the search is being built: {search_behind} changes remain");
            return Ok((NodeState::CatchingUp, Some(reason)));
        }
        if let Some(reason) = live.reason() {
            return Ok((NodeState::Confirming, Some(reason)));
        }
        Ok((if live.behind > 0 { NodeState::CatchingUp } else { NodeState::Ready }, None))
    }

    /// Returns where the own agency's catalogue stands, if it has published.
    pub fn own_position(&self) -> Result<Option<Position>, IndexError> {
        let own = self.parts.reader.catalogue(&self.parts.own);
        Ok(own.and_then(|own| own.head.as_ref().map(Head::position)))
    }

    /// Returns the peers connected.
    pub fn peers(&self) -> PeerList {
        let live = self.parts.live.borrow();
        let mut peers = live.peers.clone();
        peers.sort_by_key(|peer| peer.node);
        PeerList { peers, cut_off: live.cut_off.clone() }
    }

    /// Returns what was counted over all peers since the start.
    pub fn counts(&self) -> Counts {
        self.parts.live.borrow().counts
    }

    /// Returns the nodes in the address book, by id.
    pub fn nodes(&self) -> NodeList {
        let known = self.parts.known.borrow().clone();
        NodeList { nodes: known.to_vec() }
    }
}

/// Returns the time by this machine's clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
