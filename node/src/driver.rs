//! THE loop: everything that happens to the replica happens here, one thing at
//! a time.
//!
//! Events of the network and commands of the HTTP side become inputs of the
//! replica; what it returns becomes effects. The loop has a thread of its own,
//! since the store answers synchronously: while it writes, connections wait,
//! which is the backpressure that peers should feel, and HTTP does not.
//!
//! Invariant: nobody else changes the store, and this is the only `select!` in
//! the node.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dela_protocol::api;
use dela_protocol::federation::Federation;
use dela_protocol::federation::card::Card;
use dela_protocol::id::{AgencyId, NodeId};
use dela_protocol::limits::{BYTES_PER_AGENCY_MAX, CHECKS_MAX};
use dela_protocol::record::Statement;
use dela_protocol::replica::{
    Budget, ChangeKeyError, Check, Event, Input, Output, Policy, PolicyError, PublishError,
    Replica, Strike,
};
use dela_protocol::time::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::index::Live;
use crate::network::{Network, NetworkEvent};
use crate::opening::Opening;
use crate::publish::{Command, CommandRefused, PublishRefused, Published};
use crate::search::indexer::Notifier;
use crate::storage::{Reader, SledStore, StoreError};
use crate::telemetry::Counts;

/// How old what the read side is told of peers may become while there is
/// traffic: counting every byte is no news.
const TELL_INTERVAL: Duration = Duration::from_secs(1);

/// What the loop is made of.
#[derive(Debug)]
pub struct DriverParts {
    /// The state machine.
    pub replica: Replica<SledStore>,
    /// What is stored, to be asked how far it is.
    pub reader: Reader,
    /// The network.
    pub network: Network,
    /// What the HTTP side asks for.
    pub commands: mpsc::Receiver<Command>,
    /// Where the read side looks how things are.
    pub live: watch::Sender<Live>,
    /// What follows the store.
    pub search: Notifier,
    /// What could not be published yet.
    pub opening: Opening,
    /// Ends the loop.
    pub stop: CancellationToken,
}

/// Why a command was not carried out.
enum Failure {
    /// It was refused, and nothing changed.
    Refused(CommandRefused),
    /// The store failed, and with it the node.
    Store(StoreError),
}

impl Failure {
    fn refused(error: impl std::error::Error) -> Self {
        Self::Refused(CommandRefused::Refused(error.to_string()))
    }
}

/// The loop.
#[derive(Debug)]
pub struct Driver {
    replica: Replica<SledStore>,
    reader: Reader,
    network: Network,
    commands: mpsc::Receiver<Command>,
    live: watch::Sender<Live>,
    search: Notifier,
    stop: CancellationToken,
    peers: BTreeMap<NodeId, api::Peer>,
    /// Where signatures that were checked on other threads come back.
    verified: (mpsc::Sender<Input>, mpsc::Receiver<Input>),
    /// What is to be published once the agency may.
    opening: Opening,
    /// What the read side was told of the council, and of the operator's policy.
    council: Arc<Federation>,
    policy: Arc<Policy>,
    /// Whether something happened that [`Live`] tells of.
    is_news: bool,
    /// A time the replica was told, and when that was.
    told: (Timestamp, Instant),
    /// When the read side was last told.
    shown_at: Timestamp,
}

impl Driver {
    /// Joins the parts.
    pub fn new(parts: DriverParts) -> Self {
        let DriverParts { replica, reader, network, commands, live, search, opening, stop } = parts;
        Self {
            council: Arc::new(replica.federation().clone()),
            policy: Arc::new(replica.policy().clone()),
            replica,
            reader,
            network,
            commands,
            live,
            search,
            stop,
            peers: BTreeMap::new(),
            verified: mpsc::channel(CHECKS_MAX),
            opening,
            is_news: true,
            told: (now(), Instant::now()),
            shown_at: now(),
        }
    }

    /// Runs until told to stop.
    ///
    /// # Errors
    ///
    /// When the store fails. Nothing is lost by that: what was acknowledged is
    /// on disk, and the next start finds out what is wrong with it.
    pub async fn run(mut self) -> Result<(), StoreError> {
        let ended = self.turn().await;
        self.network.shutdown().await;
        let mut store = self.replica.into_store();
        let flushed = dela_protocol::store::Store::flush(&mut store);
        ended.and(flushed)
    }

    async fn turn(&mut self) -> Result<(), StoreError> {
        let mut has_woken = false;
        loop {
            self.publish_opening()?;
            if self.is_news || self.told.0.since(self.shown_at) >= TELL_INTERVAL {
                self.tell()?;
            }
            let wait = self.replica.wake_at().since(self.now());
            // Peers that send without pause must not keep the replica asleep;
            // nor may its waking keep them from being heard.
            if wait.is_zero() && !has_woken {
                has_woken = true;
                self.handle(Input::Wake)?;
                continue;
            }
            has_woken = false;
            let input = tokio::select! {
                biased; // stopping first, then local work, then what comes from outside
                () = self.stop.cancelled() => return Ok(()),
                Some(command) = self.commands.recv() => {
                    self.command(command)?;
                    continue;
                }
                Some(verified) = self.verified.1.recv() => Some(verified),
                event = self.network.next() => self.translate(event),
                () = tokio::time::sleep(wait.max(Duration::from_millis(1))) => Some(Input::Wake),
            };
            if let Some(input) = input {
                self.handle(input)?;
            }
        }
    }

    fn handle(&mut self, input: Input) -> Result<(), StoreError> {
        let now = self.now();
        let outputs = self.replica.handle(input, now)?;
        self.carry_out(outputs);
        Ok(())
    }

    /// Returns the time for the replica, which never goes back: where the
    /// system's clock is set back, it goes on at its own pace until that has
    /// caught up.
    fn now(&mut self) -> Timestamp {
        let (time, at) = self.told;
        let now = now().max(time.after(at.elapsed()));
        self.told = (now, Instant::now());
        now
    }

    /// Publishes what the agency has to say at a start, as soon as it may.
    fn publish_opening(&mut self) -> Result<(), StoreError> {
        if self.opening.is_said() || self.replica.recovery().is_some() {
            return Ok(());
        }
        let now = self.now();
        let before = self.opening.arrival();
        let outputs = self.opening.publish(&mut self.replica, &self.reader, now)?;
        self.is_news |= before != self.opening.arrival();
        self.carry_out(outputs);
        Ok(())
    }

    /// Has signatures checked where it keeps nobody waiting.
    fn verify(&self, id: u64, checks: Vec<Check>) {
        let verified = self.verified.0.clone();
        tokio::task::spawn_blocking(move || {
            let holds = checks.iter().map(Check::holds).collect();
            // The loop has ended, and with it the question.
            drop(verified.blocking_send(Input::Verified { id, holds }));
        });
    }

    /// Does what the HTTP side asks for. Who asked may have given up, and then is
    /// told nothing.
    fn command(&mut self, command: Command) -> Result<(), StoreError> {
        let now = self.now();
        match command {
            Command::Publish { statements, reply } => self.publish(statements, reply),
            Command::ChangeKey { statement, key, reply } => {
                let done = match self.replica.change_key(statement, key, now) {
                    // Whether the new key has spoken is not known: nobody is told that
                    // it has not, and the next start finishes what is on the disk.
                    Err(ChangeKeyError::Store(error)) => return Err(error),
                    Err(error @ (ChangeKeyError::Recovering | ChangeKeyError::Unconfirmed)) => {
                        Err(Failure::Refused(CommandRefused::NotYet(error.to_string())))
                    }
                    done => done.map_err(Failure::refused),
                };
                self.answer(done, reply)
            }
            Command::Policy { policy, reply } => {
                let done = match self.replica.set_policy(policy, now) {
                    Err(PolicyError::Store(error)) => Err(Failure::Store(error)),
                    done => done.map_err(Failure::refused),
                };
                self.policy = Arc::new(self.replica.policy().clone());
                self.answer(done, reply)
            }
            Command::Act { acts, reply } => {
                let (taken, outputs) = self.replica.take_acts(&acts, now)?;
                let refused = taken.err().map(Failure::refused);
                // What stood before the act that is none was taken.
                self.carry_out(outputs);
                self.answer(refused.map_or(Ok(Vec::new()), Err), reply)
            }
        }
    }

    /// Carries out what follows from a command, and answers once the read side
    /// shows it: who has voted looks next how the motion stands.
    fn answer(
        &mut self,
        done: Result<Vec<Output>, Failure>,
        reply: oneshot::Sender<Result<(), CommandRefused>>,
    ) -> Result<(), StoreError> {
        let (answer, failed) = match done {
            Ok(outputs) => {
                self.carry_out(outputs);
                self.tell()?;
                (Ok(()), Ok(()))
            }
            Err(Failure::Refused(reason)) => {
                self.tell()?;
                (Err(reason), Ok(()))
            }
            Err(Failure::Store(error)) => {
                (Err(CommandRefused::Refused(error.to_string())), Err(error))
            }
        };
        drop(reply.send(answer));
        failed
    }

    fn publish(
        &mut self,
        statements: Vec<Statement>,
        reply: oneshot::Sender<Result<Published, PublishRefused>>,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let answer = match self.replica.publish(statements, now) {
            Ok((published, outputs)) => {
                self.carry_out(outputs);
                Ok(Published { position: published.position })
            }
            Err(PublishError::Store(error)) => {
                let refusal = PublishRefused::Store(error.to_string());
                drop(reply.send(Err(refusal)));
                return Err(error);
            }
            Err(
                error @ (PublishError::Recovering
                | PublishError::Unconfirmed
                | PublishError::KeyReplaced
                | PublishError::NoAgency),
            ) => Err(PublishRefused::Recovering { reason: error.to_string() }),
            Err(PublishError::TooMuch { bytes }) => {
                Err(PublishRefused::TooMuch { bytes, bytes_max: BYTES_PER_AGENCY_MAX })
            }
            Err(PublishError::TooMany { records, records_max }) => {
                Err(PublishRefused::TooMany { records, records_max })
            }
            Err(error @ PublishError::TooLarge { .. }) => {
                Err(PublishRefused::Store(error.to_string()))
            }
        };
        drop(reply.send(answer));
        Ok(())
    }

    /// Turns an event of the network into an input of the replica, if it is one.
    fn translate(&mut self, event: NetworkEvent) -> Option<Input> {
        match event {
            NetworkEvent::Connected { node, peer_id, address, outbound } => {
                tracing::info!(peer.id = %peer_id, address, outbound, "peer connected");
                self.connected(node, peer_id, address, outbound);
                return Some(Input::Connected(node));
            }
            NetworkEvent::Disconnected { node } => {
                tracing::info!(peer.id = %node.short(), "peer disconnected");
                self.is_news = true;
                self.peers.remove(&node);
                return Some(Input::Disconnected(node));
            }
            NetworkEvent::Announced { from, token, bytes } => {
                return Some(Input::Announced { from, token, bytes });
            }
            NetworkEvent::Requested { from, token, request } => {
                return Some(Input::Requested { from, token, request });
            }
            NetworkEvent::Answered { id, response } => {
                return Some(Input::Answered { id, response });
            }
            NetworkEvent::Failed { id, malformed, reason } => {
                tracing::debug!(request.id = id, reason, "no answer");
                return Some(Input::Failed { id, malformed });
            }
            NetworkEvent::Identified { node, software } => {
                if let Some(peer) = self.peers.get_mut(&node) {
                    peer.software = Some(software);
                    self.is_news = true;
                }
            }
            NetworkEvent::Listening { address } => {
                tracing::info!(address, "peers reach this node here");
                self.is_news = true;
            }
            NetworkEvent::ListenFailed { reason } => {
                tracing::error!(reason, "a listener ended; peers cannot reach this node there");
                self.is_news = true;
            }
            NetworkEvent::Foreign { node, reason, is_configured: true } => {
                // Somebody meant it to be of use.
                tracing::warn!(peer.id = %node.short(), reason, "a peer of the settings parts");
            }
            NetworkEvent::Foreign { node, reason, is_configured: false } => {
                tracing::debug!(peer.id = %node.short(), reason, "not a node of this federation");
            }
            NetworkEvent::Misbehaved { node, reason } => {
                return Some(Input::Misbehaved { peer: node, reason });
            }
            NetworkEvent::SlowPeer { node, dropped } => {
                tracing::debug!(peer.id = %node.short(), dropped, "peer too slow for announcements");
            }
            NetworkEvent::DialFailed { address, reason } => {
                tracing::info!(address, reason, "peer not reached");
            }
        }
        None
    }

    fn connected(&mut self, node: NodeId, peer_id: String, address: String, outbound: bool) {
        self.is_news = true;
        self.peers.insert(
            node,
            api::Peer {
                node,
                peer_id,
                address,
                outbound,
                software: None,
                connected_at: now(),
                reconciled_at: None,
                same_root: None,
                bytes_received: 0,
                bytes_sent: 0,
                records_received: 0,
                records_sent: 0,
                announcements: 0,
                requests: 0,
                throttled: None,
                strikes: 0,
                last_strikes: Vec::new(),
            },
        );
    }

    fn carry_out(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Announce(bytes) => {
                    if !self.network.announce(bytes) {
                        tracing::debug!("nobody to announce to; peers will ask");
                    }
                }
                Output::Judge { token, verdict } => self.network.judge(token, verdict),
                Output::Request { to, id, request } => self.network.request(to, id, request),
                Output::Respond { token, response } => self.network.respond(token, response),
                Output::Verify { id, checks } => self.verify(id, checks),
                Output::Event(event) => self.note(event),
            }
        }
    }

    /// Logs and accounts for what happened in the replica.
    fn note(&mut self, event: Event) {
        self.is_news = true;
        match event {
            Event::Changed { agency, records, from: _ } => {
                tracing::debug!(agency.id = %agency.short(), records, "catalogue changed");
                self.search.notify();
            }
            Event::Completed { agency, position } => {
                let seq = position.seq;
                tracing::info!(agency.id = %agency.short(), epoch = position.epoch, seq, "catalogue complete");
            }
            Event::Reconciled { peer, same } => {
                if let Some(peer) = self.peers.get_mut(&peer) {
                    peer.reconciled_at = Some(now());
                    peer.same_root = Some(same);
                }
            }
            Event::Served { peer, records } => {
                tracing::debug!(peer.id = %peer.short(), records, "records served");
            }
            Event::Blamed { peer, reason } => {
                tracing::debug!(peer.id = %peer.short(), reason, "peer sent what it must not");
            }
            Event::CutOff { peer } => self.block(peer),
            Event::Throttled { peer, budget, until } => self.throttle(peer, budget, until),
            Event::Verified { agency, records, refused } => {
                tracing::debug!(agency.id = %agency.short(), records, refused, "signatures checked");
                if refused > 0 {
                    tracing::warn!(
                        agency.id = %agency, refused,
                        "records that their agency did not sign are not shown"
                    );
                }
                self.search.notify();
            }
            Event::Decided { acts } => {
                tracing::info!(acts, "the council of the federation has moved or voted");
            }
            Event::Applied { agency } => {
                tracing::info!(agency.id = %agency, "an agency applies to become a member");
            }
            Event::KeyChanged { agency, key_index } => {
                tracing::info!(agency.id = %agency.short(), key_index, "an agency has another key");
            }
            Event::Forked { .. }
            | Event::Recovering { .. }
            | Event::Rescued { .. }
            | Event::Recovered { .. } => self.note_own(&event),
        }
    }

    /// Logs what happened to catalogues that are not as they were signed, ours
    /// first of all.
    fn note_own(&self, event: &Event) {
        match event {
            Event::Forked { agency, position, heads: [one, other] } => {
                tracing::warn!(
                    agency.id = %agency, epoch = position.epoch, seq = position.seq,
                    one = %one, other = %other,
                    "an agency signed two heads that contradict each other"
                );
                if self.replica.own_agency() == Some(*agency) {
                    tracing::error!(
                        "our own agency has contradicted itself: its keys are in use at two \
                         places, or old data were put back. Stop the other node; this one goes on \
                         in a new epoch with what it publishes next"
                    );
                }
            }
            Event::Recovering { position } => {
                tracing::warn!(
                    epoch = position.epoch,
                    seq = position.seq,
                    "peers hold more of our own catalogue than we do: it is fetched back before \
                     anything is published"
                );
            }
            Event::Rescued { peer, records } => {
                tracing::info!(
                    peer.id = %peer.short(), records,
                    "a peer still had records of our own from before; they are published again"
                );
            }
            Event::Recovered { position, restated } => {
                tracing::info!(
                    epoch = position.epoch,
                    seq = position.seq,
                    restated,
                    "our own catalogue is whole again; publishing goes on in a new epoch"
                );
            }
            _ => {}
        }
    }

    fn block(&mut self, peer: NodeId) {
        tracing::info!(peer.id = %peer, "peer cut off: it sent what it must not three times");
        self.network.block(peer);
    }

    fn throttle(&mut self, peer: NodeId, budget: Budget, until: Timestamp) {
        tracing::info!(peer.id = %peer.short(), ?budget, "peer is over its budget");
        if matches!(budget, Budget::Announcements | Budget::Checks) {
            self.network.hush(peer, until.since(self.told.0));
        }
    }

    /// Returns a peer with what was counted of it up to now.
    fn with_account(&self, peer: &api::Peer) -> api::Peer {
        let mut peer = peer.clone();
        let bytes = self.network.bytes(&peer.node);
        (peer.bytes_received, peer.bytes_sent) = (bytes.received, bytes.sent);
        let Some(account) = self.replica.account(&peer.node) else { return peer };
        let totals = account.totals();
        peer.records_received = totals.records_received;
        peer.records_sent = totals.records_sent;
        peer.announcements = totals.announcements;
        peer.requests = totals.requests;
        peer.throttled = (totals.throttled > 0).then(|| api::Throttled {
            count: totals.throttled,
            since: account.throttled_since(self.told.0),
        });
        peer.strikes = u32::try_from(account.strikes(self.told.0)).unwrap_or(u32::MAX);
        peer.last_strikes = account.last_strikes().map(strike).collect();
        peer
    }

    fn cut_off(&self) -> Vec<api::CutOff> {
        let mut cut_off: Vec<_> = self
            .replica
            .cut_offs()
            .map(|one| api::CutOff {
                node: one.node,
                at: one.at,
                strikes: one.strikes.iter().map(strike).collect(),
            })
            .collect();
        cut_off.reverse();
        cut_off
    }

    fn throttled(&self) -> BTreeMap<AgencyId, api::AgencyThrottled> {
        let throttled = self.replica.throttled_agencies().into_iter().map(|it| {
            let reason = it.quota.to_string();
            (it.agency, api::AgencyThrottled { reason, since: it.since, until: it.until })
        });
        throttled.collect()
    }

    fn applications(&self) -> Vec<(Card, Timestamp)> {
        self.replica.applications().map(|(card, since)| (card.clone(), since)).collect()
    }

    fn counts(&self) -> Counts {
        Counts {
            replica: self.replica.totals(),
            bytes: self.network.bytes_total(),
            dropped: self.network.dropped(),
        }
    }

    /// Tells the read side how things are.
    fn tell(&mut self) -> Result<(), StoreError> {
        self.is_news = false;
        self.shown_at = self.told.0;
        let last_change = self.reader.last_change()?;
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let recovery = self.replica.recovery();
        if self.council.digest() != self.replica.federation().digest() {
            self.council = Arc::new(self.replica.federation().clone());
        }
        self.live.send_replace(Live {
            root: self.replica.root(),
            node: self.network.node_id(),
            addresses: self.network.addresses(),
            peers: self.peers.values().map(|peer| self.with_account(peer)).collect(),
            cut_off: self.cut_off(),
            throttled: self.throttled(),
            counts: self.counts(),
            behind: count(self.replica.behind()),
            withheld: self.replica.withheld(),
            recovery,
            arrival: self.opening.arrival(),
            is_member: self.replica.belongs(),
            council: Arc::clone(&self.council),
            applications: Arc::new(self.applications()),
            policy: Arc::clone(&self.policy),
            catalogues: count(self.replica.catalogues().count()),
            last_change,
        });
        Ok(())
    }
}

fn strike(strike: &Strike) -> api::Strike {
    api::Strike { at: strike.at, reason: strike.reason.clone() }
}

/// Returns the time by the system's clock: the only place where it is read for
/// the replica.
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis = since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
    Timestamp::from_millis(millis)
}
