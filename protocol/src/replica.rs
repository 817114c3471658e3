//! The replica: the state machine that keeps one node's index equal to all
//! others.
//!
//! [`Replica::handle`] is told what happened and returns what is to be done; it
//! has no clock, no chance and no network of its own, so the node, the tests
//! and the simulator drive the same code. Each concern has its file: `announce`
//! judges gossip, `reconcile` compares with a peer, `heads` takes
//! note of what is shown, `chase` fetches what is
//! missing, `repair` mends a set whose digest does not agree, `serve` answers
//! peers, `publish` signs for our own agency, `gate` keeps that from happening
//! before our own catalogue is known to be whole, `verify` has the records' own
//! signatures checked, `membership` keeps to what the federation's council has
//! decided, and `policy` to what the operator of this node has.
//!
//! # Invariants
//!
//! - A head is taken as an agency's head only while the store holds exactly the
//!   records it commits to, and never again a lower one.
//! - The digest of a signed head decides what belongs to a set, and a record's
//!   own signature whether it is shown; both are the same at every replica,
//!   whichever path a record came.
//! - Nothing is signed for a position that was not reserved on disk before, and
//!   nothing leaves before it is flushed.

mod account;
mod announce;
mod chance;
mod chase;
mod gate;
mod heads;
mod membership;
mod policy;
mod publish;
mod quota;
mod reconcile;
mod repair;
mod sabotage;
mod serve;
mod verify;

use core::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use account::Accounts;
pub use account::{Account, Budget, CutOff, Strike, Totals};
use chance::Chance;
use chase::Chase;
use gate::Gate;
pub use gate::{GateState, Recovery};
use membership::Reception;
pub use membership::{ChangeKeyError, TakenHere};
pub use policy::{Policy, PolicyError};
pub use publish::{PublishError, Published};
use quota::Quotas;
pub use quota::{Quota, ThrottledAgency};
use reconcile::Asked;
#[cfg(feature = "sim")]
pub use sabotage::Sabotage;
#[cfg(not(feature = "sim"))]
use sabotage::Sabotage;
pub use verify::Check;
use verify::Checking;

use crate::agency::{Agency, Signer};
use crate::catalogue::Catalogue;
use crate::federation::Federation;
use crate::head::Head;
use crate::id::{AgencyId, Digest, FederationId, HeadId, NodeId, hash};
use crate::limits::{HEARTBEAT_INTERVAL, RECONCILE_INTERVAL};
use crate::record::Position;
use crate::store::{Batch, HighWater, Store};
use crate::time::Timestamp;
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
    /// A peer sent what the network could see that it must not.
    Misbehaved {
        /// The peer.
        peer: NodeId,
        /// What it sent.
        reason: String,
    },
    /// Signatures were checked.
    Verified {
        /// The checks, as [`Output::Verify`] named them.
        id: u64,
        /// For each of them, whether it holds ([`Check::holds`]).
        holds: Vec<bool>,
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
    /// Check signatures, where there is time and a thread for it;
    /// [`Input::Verified`] follows.
    Verify {
        /// Names the checks.
        id: u64,
        /// What is to be checked.
        checks: Vec<Check>,
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
    /// A peer sent what it must not once too often: nothing is taken from it
    /// any more, and the connection is to be closed.
    CutOff {
        /// The peer.
        peer: NodeId,
    },
    /// A peer is over a budget. It did nothing wrong; what it sends is not
    /// looked at until there is budget again.
    Throttled {
        /// The peer.
        peer: NodeId,
        /// Which one.
        budget: Budget,
        /// Not told again before then; gossip of the peer need not be listened
        /// to meanwhile where the budget is that of announcements.
        until: Timestamp,
    },
    /// Records were checked by themselves; those that hold can be shown now.
    Verified {
        /// Whose.
        agency: AgencyId,
        /// How many hold.
        records: usize,
        /// How many do not, and are quarantined or thrown away.
        refused: usize,
    },
    /// An agency contradicted itself ([`Fork`](crate::fork::Fork)).
    Forked {
        /// The agency.
        agency: AgencyId,
        /// The position of the head that all replicas choose.
        position: Position,
        /// The two heads, the one that is chosen last.
        heads: [HeadId; 2],
    },
    /// Peers know a head of our own agency that we have not signed, or the
    /// store holds less than we have published: nothing is signed until our
    /// catalogue has come back.
    Recovering {
        /// The newest position that is known to have been signed.
        position: Position,
    },
    /// Our own catalogue is whole again; publishing goes on, in a new epoch.
    Recovered {
        /// Where it stands.
        position: Position,
        /// How many records that only we held were published again.
        restated: usize,
    },
    /// The council of the federation has moved or voted.
    Decided {
        /// How many acts are new.
        acts: usize,
    },
    /// An agency applies to become a member.
    Applied {
        /// Which.
        agency: AgencyId,
    },
    /// An agency has another key.
    KeyChanged {
        /// Whose.
        agency: AgencyId,
        /// The number of the key, counted from 0.
        key_index: u32,
    },
    /// A peer that was away held more of our own catalogue than those it came
    /// back from; that was published again.
    Rescued {
        /// The peer.
        peer: NodeId,
        /// How many records.
        records: usize,
    },
}

/// One node's replica of all catalogues.
#[derive(Debug)]
pub struct Replica<S> {
    store: S,
    federation: FederationId,
    council: Federation,
    reception: Reception,
    /// Agencies that are to be pinned when the input has been dealt with, and who
    /// showed the head.
    pins: BTreeMap<AgencyId, NodeId>,
    policy: Policy,
    own: Option<Own>,
    catalogues: BTreeMap<AgencyId, Catalogue>,
    /// Heads that were superseded, the newest last: what contradicts one of them
    /// proves a fork as well.
    former: BTreeMap<AgencyId, VecDeque<Head>>,
    peers: BTreeMap<NodeId, Peer>,
    accounts: Accounts,
    quotas: Quotas,
    asked: BTreeMap<u64, (NodeId, Asked)>,
    chases: BTreeMap<AgencyId, Chase>,
    /// Agencies with records whose own signatures are still to be checked.
    to_check: BTreeSet<AgencyId>,
    /// Agencies whose catalogues changed beside their records.
    unsaved: BTreeSet<AgencyId>,
    checking: BTreeMap<u64, Checking>,
    next_request: u64,
    next_round: Timestamp,
    /// The digest of all heads held, and of all known, while none has changed
    /// since it was asked for.
    root: OnceCell<Digest>,
    known: OnceCell<Digest>,
    chance: Chance,
    now: Timestamp,
    outputs: Vec<Output>,
    #[cfg(feature = "sim")]
    sabotage: Option<Sabotage>,
}

/// Our own agency: whom we publish for.
#[derive(Debug)]
struct Own {
    signer: Signer,
    gate: Gate,
    /// Where the catalogue stood that we went on from, in a new epoch.
    resumed: Option<Position>,
    /// Whether a peer was asked for what it has beyond that.
    is_rescuing: bool,
}

/// What a replica remembers of a connected peer.
#[derive(Debug, Default)]
struct Peer {
    /// When we last began to compare with it.
    last_round: Option<Timestamp>,
    /// When to compare with it again, before its turn comes by chance.
    round_at: Option<Timestamp>,
    /// Requests it has not answered yet.
    in_flight: usize,
    /// Agencies whose heads are still to be asked for in this round.
    wanted: Vec<AgencyId>,
    /// When we last said who we are.
    greeted: Option<Timestamp>,
    /// The agency it has shown to belong to.
    agency: Option<AgencyId>,
    /// Whether it has applied to the federation, on this connection.
    has_applied: bool,
    /// The acts it knew when we last compared them because it asked.
    acts_compared: Option<Digest>,
}

impl<S: Store> Replica<S> {
    /// Opens the replica kept in `store`.
    ///
    /// With `own`, it publishes for that agency. `seed` is all the chance there
    /// is: which peer to compare with, and when.
    pub fn open(
        mut store: S,
        mut federation: Federation,
        own: Option<(Agency, Signer)>,
        seed: u64,
        now: Timestamp,
    ) -> Result<Self, S::Error> {
        let mut catalogues: BTreeMap<AgencyId, Catalogue> =
            store.catalogues()?.into_iter().map(|one| (one.id(), one)).collect();
        federation.take_kept(&store.acts()?);
        let mut is_rekeyed = false;
        let own = match own {
            None => None,
            Some((agency, signer)) => {
                let agency_now = agency.clone();
                let catalogue =
                    catalogues.entry(agency.id()).or_insert_with(|| Catalogue::new(agency));
                // Its keys were changed, and the store has not heard of it.
                is_rekeyed = agency_now.preferred(&catalogue.agency).is_gt();
                if is_rekeyed {
                    catalogue.rekey(agency_now, &federation.id());
                }
                let HighWater { reserved, published } = store.high_water()?;
                let held = catalogue.head.as_ref().map_or(Position::START, Head::position);
                if held > published {
                    // The mark was lost, or not written any more before a crash.
                    let reserved = reserved.max(held).max(catalogue.cursor);
                    store.set_high_water(HighWater { reserved, published: held })?;
                }
                let is_less = held < published || catalogue.claimed.is_some();
                let gate = if is_less { Gate::recovering() } else { Gate::open() };
                Some(Own { signer, gate, resumed: None, is_rescuing: false })
            }
        };
        let mut chance = Chance::new(seed);
        let next_round = now.after(chance.jittered(RECONCILE_INTERVAL));
        let chases = catalogues
            .values()
            .filter(|catalogue| catalogue.claimed.is_some())
            .map(|catalogue| (catalogue.id(), Chase::default()))
            .collect();
        let unchecked = catalogues.values().filter(|catalogue| !catalogue.is_checked());
        let to_check = unchecked.map(Catalogue::id).collect();
        let mut replica = Self {
            store,
            federation: federation.id(),
            council: federation,
            reception: Reception::default(),
            pins: BTreeMap::new(),
            policy: Policy::default(),
            own,
            catalogues,
            former: BTreeMap::new(),
            peers: BTreeMap::new(),
            accounts: Accounts::default(),
            quotas: Quotas::default(),
            asked: BTreeMap::new(),
            chases,
            to_check,
            unsaved: BTreeSet::new(),
            checking: BTreeMap::new(),
            next_request: 0,
            next_round,
            root: OnceCell::new(),
            known: OnceCell::new(),
            chance,
            now,
            outputs: Vec::new(),
            #[cfg(feature = "sim")]
            sabotage: None,
        };
        if let Some(agency) = replica.own_agency().filter(|_| is_rekeyed) {
            replica.unsaved.insert(agency);
            replica.begin_epoch(agency, Position::START)?;
        }
        replica.enforce()?;
        replica.save()?;
        Ok(replica)
    }

    /// Takes in what happened at `now` and returns what is to be done, in order.
    ///
    /// # Errors
    ///
    /// Only when the store fails; the replica must then be dropped and opened
    /// again.
    pub fn handle(&mut self, input: Input, now: Timestamp) -> Result<Vec<Output>, S::Error> {
        self.now = now;
        self.notice_sleep();
        let doubt = self.doubt(&input);
        match self.admit(input) {
            None => {}
            Some(input) => self.take_in(input)?,
        }
        self.take_up_pins()?;
        self.settle_doubt(doubt);
        // First: that nothing is left to be checked may open the gate.
        self.check_all()?;
        self.check_gate()?;
        self.save()?;
        self.chase_all();
        Ok(core::mem::take(&mut self.outputs))
    }

    fn take_in(&mut self, input: Input) -> Result<(), S::Error> {
        match input {
            Input::Connected(peer) => self.connected(peer),
            Input::Disconnected(peer) => self.disconnected(peer),
            Input::Announced { from, token, bytes } => {
                let verdict = self.judge(from, &bytes)?;
                self.outputs.push(Output::Judge { token, verdict });
            }
            Input::Requested { from, token, request } => self.requested(from, token, &request)?,
            Input::Answered { id, response } => self.answered(id, response)?,
            Input::Failed { id, malformed } => self.failed(id, malformed),
            Input::Misbehaved { peer, reason } => self.blame(peer, reason),
            Input::Verified { id, holds } => self.verified(id, &holds)?,
            Input::Wake => self.wake()?,
        }
        Ok(())
    }

    /// Returns when [`Input::Wake`] is next wanted.
    pub fn wake_at(&self) -> Timestamp {
        let retries = self.chases.values().filter_map(Chase::retry_at);
        let rounds = self.peers.values().filter_map(|peer| peer.round_at);
        [Some(self.next_round), self.heartbeat_at(), self.gate_at()]
            .into_iter()
            .flatten()
            .chain(retries)
            .chain(rounds)
            .chain(self.quota_wakes())
            .min()
            .unwrap_or(self.next_round)
    }

    /// Returns the digest of all heads held: replicas with equal roots hold
    /// equal indexes, but for the records of agencies they block. Of those the
    /// newest head known counts.
    pub fn root(&self) -> Digest {
        *self.root.get_or_init(|| {
            let heads: Vec<u8> = self
                .catalogues
                .iter()
                .filter(|(agency, _)| self.counts(agency))
                .filter_map(|(agency, catalogue)| {
                    let (held, _) = self.counted_heads(catalogue);
                    Some((agency, held?.id()))
                })
                .flat_map(|(agency, head)| [*agency.as_bytes(), *head.as_bytes()].concat())
                .collect();
            Digest::from_bytes(hash("dela 1 root", &[&heads]))
        })
    }

    /// Returns the catalogues held, by agency.
    pub fn catalogues(&self) -> impl Iterator<Item = &Catalogue> {
        self.catalogues.values()
    }

    /// Returns how many agencies have announced more than is held, and may still
    /// be had.
    pub fn behind(&self) -> usize {
        let wanted = self.catalogues.values().filter(|catalogue| catalogue.claimed.is_some());
        let may_be_had = |catalogue: &&Catalogue| {
            let agency = catalogue.id();
            !self.is_withheld(&agency)
                && !self.is_blocked(&agency)
                && !self.offers_too_much(catalogue)
        };
        wanted.filter(may_be_had).count()
    }

    /// Returns the agencies that have announced more than anyone who was asked
    /// would deliver, for minutes.
    pub fn withheld(&self) -> Vec<AgencyId> {
        self.chases.keys().filter(|agency| self.is_withheld(agency)).copied().collect()
    }

    fn is_withheld(&self, agency: &AgencyId) -> bool {
        self.chases.get(agency).is_some_and(Chase::is_in_vain)
    }

    /// Returns the agency this replica publishes for.
    pub fn own_agency(&self) -> Option<AgencyId> {
        self.own.as_ref().map(|own| own.signer.agency())
    }

    /// Returns the store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Makes everything taken in so far durable. What we published ourselves
    /// already is; the rest could be fetched again.
    pub fn flush(&mut self) -> Result<(), S::Error> {
        self.store.flush()
    }

    /// Ends the replica and returns its store.
    pub fn into_store(self) -> S {
        self.store
    }

    fn wake(&mut self) -> Result<(), S::Error> {
        self.confirm_if_due()?;
        if self.next_round <= self.now {
            self.next_round = self.now.after(self.chance.jittered(RECONCILE_INTERVAL));
            let peers: Vec<NodeId> = self.peers.keys().copied().collect();
            if let Some(peer) = self.chance.pick(&peers) {
                self.begin_round(*peer);
            }
        }
        let due = |peer: &Peer| peer.round_at.is_some_and(|at| at <= self.now);
        let due: Vec<NodeId> =
            self.peers.iter().filter(|(_, peer)| due(peer)).map(|(id, _)| *id).collect();
        for peer in due {
            self.begin_round(peer);
        }
        self.ask_for_own_head();
        Ok(())
    }

    /// Signs a head over what there is, where one is due.
    fn confirm_if_due(&mut self) -> Result<(), S::Error> {
        let is_due = self.heartbeat_at().is_some_and(|at| at <= self.now);
        if is_due { self.heartbeat() } else { Ok(()) }
    }

    fn heartbeat_at(&self) -> Option<Timestamp> {
        let own = self.own.as_ref().filter(|own| own.gate.is_open() && !self.is_superseded())?;
        let catalogue = self.catalogues.get(&own.signer.agency())?;
        let head = catalogue.head.as_ref().filter(|_| catalogue.claimed.is_none())?;
        if head.key_index() < own.signer.key_index {
            return Some(self.now); // The new key has yet to speak.
        }
        Some(head.commitment().issued_at.after(HEARTBEAT_INTERVAL))
    }

    /// Commits a change to a catalogue and tells of it.
    fn commit(&mut self, batch: Batch, from: Option<NodeId>) -> Result<(), S::Error> {
        let catalogue = batch.catalogue.clone();
        let agency = catalogue.id();
        let records = batch.remove.len() + batch.put.len();
        let completed = catalogue.head.as_ref().map(Head::rank)
            != self.catalogues.get(&agency).and_then(|held| held.head.as_ref()).map(Head::rank);
        let position = catalogue.head.as_ref().map_or(Position::START, Head::position);
        self.accounts.note_received(from, batch.put.len());
        self.note_commit(&catalogue, batch.put.len().min(batch.remove.len()), completed);
        self.salvage(&batch)?;
        self.store.commit(batch)?;
        if !catalogue.is_checked() {
            self.to_check.insert(agency);
        }
        self.unsaved.remove(&agency);
        if records > 0 {
            self.outputs.push(Output::Event(Event::Changed { agency, records, from }));
        }
        if completed {
            let held = self.catalogues.get(&agency).and_then(|held| held.head.clone());
            self.former.entry(agency).or_default().extend(held);
            self.forget_former(agency);
            self.outputs.push(Output::Event(Event::Completed { agency, position }));
        }
        self.catalogues.insert(agency, catalogue);
        self.heads_changed();
        Ok(())
    }

    /// Saves what changed in catalogues beside their records.
    fn save(&mut self) -> Result<(), S::Error> {
        for agency in core::mem::take(&mut self.unsaved) {
            if let Some(catalogue) = self.catalogues.get(&agency) {
                self.store.commit(Batch::of(catalogue.clone(), self.now))?;
            }
        }
        Ok(())
    }

    fn blame(&mut self, peer: NodeId, reason: impl Into<String>) {
        for chase in self.chases.values_mut() {
            chase.abandon(peer, self.now);
        }
        let reason = reason.into();
        let is_last = self.accounts.strike(peer, &reason, self.now);
        self.outputs.push(Output::Event(Event::Blamed { peer, reason }));
        if is_last {
            self.outputs.push(Output::Event(Event::CutOff { peer }));
        }
    }
}
