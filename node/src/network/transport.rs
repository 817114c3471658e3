//! How bytes travel: TCP for nodes, memory for tests, both with the same
//! encryption and multiplexing.

use std::time::Duration;

use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::{Boxed, MemoryTransport};
use libp2p::core::upgrade::Version;
use libp2p::{PeerId, Swarm, Transport, dns, identity, noise, swarm, tcp, yamux};

use super::behaviour::Behaviour;
use super::traffic::Traffic;
use super::{NetworkError, TransportKind};

/// How long a connection may take to be encrypted and multiplexed.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Streams at the same time on one connection: 16 questions each way, gossip,
/// pings, and twice that to spare. Each may fill a window of 256 KiB.
const STREAMS_MAX: usize = 64;

/// How long a connection that no part uses is kept. Which connections to keep is
/// decided in upkeep.rs, and dead ones are found by pings; in an hour each peer
/// is asked something with a probability of 95 %, so an hour would be too short.
const IDLE_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Builds the swarm of a node.
pub(super) fn swarm(
    kind: TransportKind,
    key: &identity::Keypair,
    behaviour: Behaviour,
    traffic: &Traffic,
) -> Result<Swarm<Behaviour>, NetworkError> {
    let transport = match kind {
        TransportKind::Tcp => over_tcp(key, traffic)?,
        TransportKind::Memory => secured(MemoryTransport::new(), key, traffic)?,
    };
    let config = swarm::Config::with_tokio_executor().with_idle_connection_timeout(IDLE_TIMEOUT);
    Ok(Swarm::new(transport, behaviour, key.public().to_peer_id(), config))
}

type Connections = Boxed<(PeerId, StreamMuxerBox)>;

fn over_tcp(key: &identity::Keypair, traffic: &Traffic) -> Result<Connections, NetworkError> {
    let tcp = || tcp::tokio::Transport::new(tcp::Config::default().nodelay(true));
    match dns::tokio::Transport::system(tcp()) {
        Ok(named) => secured(named, key, traffic),
        Err(error) => {
            tracing::warn!(%error, "the resolver's settings cannot be read: addresses with names will not work");
            secured(tcp(), key, traffic)
        }
    }
}

fn secured<T>(
    transport: T,
    key: &identity::Keypair,
    traffic: &Traffic,
) -> Result<Connections, NetworkError>
where
    T: Transport + Send + Unpin + 'static,
    T::Output: futures::AsyncRead + futures::AsyncWrite + Send + Unpin + 'static,
    T::Error: Send + Sync + 'static,
    T::Dial: Send + 'static,
    T::ListenerUpgrade: Send + 'static,
{
    let noise = noise::Config::new(key).map_err(|error| NetworkError::Setup(error.to_string()))?;
    let mut yamux = yamux::Config::default();
    yamux.set_max_num_streams(STREAMS_MAX);
    let traffic = traffic.clone();
    Ok(transport
        .upgrade(Version::V1Lazy)
        .authenticate(noise)
        .multiplex(yamux)
        .timeout(HANDSHAKE_TIMEOUT)
        .map(move |(peer, muxer), _| (peer, StreamMuxerBox::new(traffic.count(peer, muxer))))
        .boxed())
}
