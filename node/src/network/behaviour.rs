//! What a node does on its connections: gossip, questions and answers, and the
//! housekeeping around them.
//!
//! Invariant: nodes of different federations share no topic and no protocol
//! name, so they cannot exchange anything even where they connect.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use dela_protocol::id::FederationId;
use dela_protocol::limits::{ANNOUNCEMENT_BYTES_MAX, REQUEST_TIMEOUT};
use dela_protocol::node_wire;
use dela_protocol::wire::{PROTOCOL, TOPIC};
use libp2p::gossipsub::{self, IdentTopic, MessageId, TopicHash, WhitelistSubscriptionFilter};
use libp2p::request_response::{self, ProtocolSupport};
use libp2p::swarm::NetworkBehaviour;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{StreamProtocol, allow_block_list, connection_limits, identify, identity, mdns, ping};

use super::codec::{PeersCodec, SyncCodec};
use super::{Limits, NetworkConfig, NetworkError, TransportKind};

/// Gossip that only knows the one topic of its federation.
pub(super) type Gossip =
    gossipsub::Behaviour<gossipsub::IdentityTransform, WhitelistSubscriptionFilter>;

/// All parts; those that can refuse a connection come first, so that refusing
/// is cheap.
#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    pub(super) limits: connection_limits::Behaviour,
    pub(super) blocked: allow_block_list::Behaviour<allow_block_list::BlockedPeers>,
    pub(super) identify: identify::Behaviour,
    pub(super) ping: ping::Behaviour,
    pub(super) gossip: Gossip,
    pub(super) sync: request_response::Behaviour<SyncCodec>,
    pub(super) peers: request_response::Behaviour<PeersCodec>,
    pub(super) mdns: Toggle<mdns::tokio::Behaviour>,
}

/// Streams of questions at the same time on one connection: a replica has four
/// in flight, its peer four, and as many are in reserve.
const SYNC_STREAMS_MAX: usize = 16;

/// Messages read from one packet of gossip; as many as the sender's queue.
const MESSAGES_PER_RPC_MAX: usize = 5_000;

/// Room for the envelope around the largest announcement, and for one read of
/// the framing: gossipsub counts what follows the message in its buffer as well,
/// and would never hear of a peer again that sends two large ones in a row.
const ENVELOPE_BYTES_MAX: usize = 4 * 1024 + 8 * 1024;

/// The name of the request protocol in this federation.
pub(super) fn sync_protocol(federation: &FederationId) -> Result<StreamProtocol, NetworkError> {
    protocol(format!("{PROTOCOL}/{federation}"))
}

fn protocol(name: String) -> Result<StreamProtocol, NetworkError> {
    StreamProtocol::try_from_owned(name).map_err(|error| NetworkError::Setup(error.to_string()))
}

/// The topic of announcements in this federation.
pub(super) fn topic(federation: &FederationId) -> IdentTopic {
    IdentTopic::new(format!("{TOPIC}/{federation}"))
}

impl Behaviour {
    /// Puts all parts together.
    pub(super) fn new(
        config: &NetworkConfig,
        key: &identity::Keypair,
    ) -> Result<Self, NetworkError> {
        let federation = &config.federation;
        let sync = request_response::Config::default()
            .with_request_timeout(REQUEST_TIMEOUT)
            .with_max_concurrent_streams(SYNC_STREAMS_MAX);
        // A round of each side at a time, one question after another.
        let peers = request_response::Config::default()
            .with_request_timeout(Duration::from_secs(30))
            .with_max_concurrent_streams(4);
        let peers_name = protocol(format!("{}/{federation}", node_wire::PROTOCOL))?;
        // Addresses are exchanged by our own protocol, which minds how far they reach.
        let identify = identify::Config::new("/dela/1".to_owned(), key.public())
            .with_agent_version(format!("dela/{}", env!("CARGO_PKG_VERSION")))
            .with_hide_listen_addrs(true)
            .with_cache_size(0);
        // On a slow link pings queue behind pages.
        let ping = ping::Config::new().with_timeout(Duration::from_secs(30));
        Ok(Self {
            limits: connection_limits::Behaviour::new(connection_limits(&config.limits)),
            blocked: allow_block_list::Behaviour::default(),
            identify: identify::Behaviour::new(identify),
            ping: ping::Behaviour::new(ping),
            gossip: gossip(federation)?,
            sync: request_response::Behaviour::new(
                [(sync_protocol(federation)?, ProtocolSupport::Full)],
                sync,
            ),
            peers: request_response::Behaviour::with_codec(
                PeersCodec { federation: *federation },
                [(peers_name, ProtocolSupport::Full)],
                peers,
            ),
            mdns: mdns(config, key)?.into(),
        })
    }
}

fn mdns(
    config: &NetworkConfig,
    key: &identity::Keypair,
) -> Result<Option<mdns::tokio::Behaviour>, NetworkError> {
    if !config.mdns || config.transport != TransportKind::Tcp {
        return Ok(None);
    }
    let peer = key.public().to_peer_id();
    mdns::tokio::Behaviour::new(mdns::Config::default(), peer)
        .map(Some)
        .map_err(|error| NetworkError::Setup(format!("mDNS cannot be used: {error}")))
}

fn connection_limits(limits: &Limits) -> connection_limits::ConnectionLimits {
    connection_limits::ConnectionLimits::default()
        .with_max_pending_incoming(Some(limits.pending))
        .with_max_pending_outgoing(Some(limits.pending))
        .with_max_established_incoming(Some(limits.inbound))
        .with_max_established_outgoing(Some(limits.outbound))
        .with_max_established_per_peer(Some(limits.per_peer))
}

/// Names a message by all its bytes: an id that left any out would let a peer
/// have the true message taken for a duplicate of its own false one.
fn message_id(message: &gossipsub::Message) -> MessageId {
    let mut hasher = blake3::Hasher::new_derive_key("dela 1 gossip message");
    hasher.update(message.topic.as_str().as_bytes());
    hasher.update(&[0]);
    hasher.update(&message.data);
    let mut id = [0; 20];
    hasher.finalize_xof().fill(&mut id);
    MessageId::new(&id)
}

fn gossip(federation: &FederationId) -> Result<Gossip, NetworkError> {
    let refused = |error: String| NetworkError::Setup(format!("gossip settings: {error}"));
    let topic = topic(federation);
    let config = gossipsub::ConfigBuilder::default()
        // Records are signed by agencies and checked by the replica. The
        // protocol ids stay the defaults: naming our own would silently turn
        // off the newer versions of gossipsub.
        .validation_mode(gossipsub::ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(message_id)
        .max_transmit_size(ANNOUNCEMENT_BYTES_MAX + ENVELOPE_BYTES_MAX)
        .flood_publish(false)
        .mesh_n(6)
        .mesh_n_low(5)
        .mesh_n_high(12)
        .heartbeat_interval(Duration::from_secs(1))
        // Announcements wait this many heartbeats to be judged.
        .history_length(12)
        .history_gossip(3)
        .duplicate_cache_time(Duration::from_secs(5 * 60))
        .max_publish_messages(MESSAGES_PER_RPC_MAX)
        .idontwant_message_size_threshold(16_000)
        .build()
        .map_err(|error| refused(error.to_string()))?;
    let mut gossip = gossipsub::Behaviour::new_with_subscription_filter(
        gossipsub::MessageAuthenticity::Anonymous,
        config,
        WhitelistSubscriptionFilter(HashSet::from([topic.hash()])),
    )
    .map_err(|error| refused(error.to_owned()))?;
    gossip.with_peer_score(scores(topic.hash()), thresholds()).map_err(refused)?;
    gossip.subscribe(&topic).map_err(|error| refused(error.to_string()))?;
    Ok(gossip)
}

/// Scores that blame for what is provably bad and for nothing else: the default
/// weights of deliveries expect a busy topic and would shut out honest peers of
/// a quiet federation.
fn scores(topic: TopicHash) -> gossipsub::PeerScoreParams {
    let of_topic = gossipsub::TopicScoreParams {
        topic_weight: 1.0,
        // At most 6 and 5 points for age and service: no credit to spend on lies.
        time_in_mesh_weight: 0.01,
        time_in_mesh_quantum: Duration::from_secs(1),
        time_in_mesh_cap: 600.0,
        first_message_deliveries_weight: 0.1,
        first_message_deliveries_decay: 0.9,
        first_message_deliveries_cap: 50.0,
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        // The square of the count: one bad announcement costs the place in the
        // mesh for minutes, two the ear of the node.
        invalid_message_deliveries_weight: -100.0,
        invalid_message_deliveries_decay: 0.99,
        ..gossipsub::TopicScoreParams::default()
    };
    gossipsub::PeerScoreParams {
        topics: [(topic, of_topic)].into(),
        // Agencies share hosts and gateways, and test clusters one machine.
        ip_colocation_factor_threshold: 64.0,
        ip_colocation_factor_whitelist: HashSet::from([
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::LOCALHOST),
        ]),
        // A promise now and then is broken by a message that had to rest.
        behaviour_penalty_threshold: 6.0,
        ..gossipsub::PeerScoreParams::default()
    }
}

fn thresholds() -> gossipsub::PeerScoreThresholds {
    gossipsub::PeerScoreThresholds {
        gossip_threshold: -10.0,
        publish_threshold: -50.0,
        graylist_threshold: -150.0,
        accept_px_threshold: 10.0,
        opportunistic_graft_threshold: 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_of_gossip_are_accepted_and_newer_versions_stay_on() {
        assert!(gossip(&FederationId::open("test")).is_ok());
        assert!(scores(topic(&FederationId::open("test")).hash()).validate().is_ok());
        assert!(thresholds().validate().is_ok());
    }

    #[test]
    fn a_message_is_named_by_its_topic_and_all_its_bytes() {
        let message = |topic: &str, data: &[u8]| {
            message_id(&gossipsub::Message {
                source: None,
                data: data.to_vec(),
                sequence_number: None,
                topic: TopicHash::from_raw(topic),
            })
        };
        assert_eq!(message("a", b"data"), message("a", b"data"));
        assert_ne!(message("a", b"data"), message("a", b"date"));
        assert_ne!(message("a", b"data"), message("b", b"data"));
    }
}
