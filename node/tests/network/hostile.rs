//! Peers that speak libp2p, and our protocol by its name only.

use std::io;

use dela_node::network::{Network, NetworkEvent};
use dela_protocol::id::{FederationId, NodeId};
use dela_protocol::limits::MESSAGE_BYTES_MAX;
use dela_protocol::wire::{PROTOCOL, Response};
use futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, StreamExt as _};
use libp2p::core::Transport as _;
use libp2p::core::transport::MemoryTransport;
use libp2p::core::upgrade::Version;
use libp2p::request_response::{self, Message, ProtocolSupport};
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, PeerId, StreamProtocol, Swarm, identity, noise, swarm, yamux};
use tokio::time::timeout;

use super::{PATIENCE, config, noise_bytes, start, status};

/// Speaks our protocol by name only: writes what it is given.
#[derive(Clone, Default)]
pub(super) struct Raw;

impl request_response::Codec for Raw {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        read_all(io).await
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        read_all(io).await
    }

    async fn write_request<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Vec<u8>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&bytes).await
    }

    async fn write_response<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Vec<u8>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&bytes).await
    }
}

async fn read_all<T: AsyncRead + Unpin + Send>(io: &mut T) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io.read_to_end(&mut bytes).await?;
    Ok(bytes)
}

pub(super) type Hostile = Swarm<request_response::Behaviour<Raw>>;

/// Starts a peer that breaks the rules, and connects it.
async fn hostile(network: &mut Network, address: &str) -> Hostile {
    hostile_in(network, address, PROTOCOL).await
}

/// Starts a peer that breaks the rules of this protocol, and connects it.
pub(super) async fn hostile_in(network: &mut Network, address: &str, protocol: &str) -> Hostile {
    let key = identity::Keypair::ed25519_from_bytes([66; 32]).unwrap();
    let transport = MemoryTransport::new()
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(&key).unwrap())
        .multiplex(yamux::Config::default())
        .boxed();
    let name = format!("{protocol}/{}", FederationId::open("test"));
    let behaviour = request_response::Behaviour::new(
        [(StreamProtocol::try_from_owned(name).unwrap(), ProtocolSupport::Full)],
        request_response::Config::default(),
    );
    let config = swarm::Config::with_tokio_executor().with_idle_connection_timeout(PATIENCE);
    let mut hostile = Swarm::new(transport, behaviour, key.public().to_peer_id(), config);
    hostile.dial(address.parse::<Multiaddr>().unwrap()).unwrap();
    let connected = async {
        loop {
            tokio::select! {
                _ = hostile.select_next_some() => {}
                event = network.next() => {
                    if let NetworkEvent::Connected { .. } = event {
                        return;
                    }
                }
            }
        }
    };
    timeout(PATIENCE, connected).await.unwrap();
    hostile
}

/// Runs a network and a hostile peer, which answers everything with `answer`,
/// until the network reports what is looked for.
async fn run_against<T>(
    network: &mut Network,
    hostile: &mut Hostile,
    answer: &[u8],
    mut found: impl FnMut(NetworkEvent) -> Option<T>,
) -> T {
    let search = async {
        loop {
            tokio::select! {
                event = network.next() => {
                    if let Some(found) = found(event) {
                        return found;
                    }
                }
                event = hostile.select_next_some() => {
                    if let SwarmEvent::Behaviour(request_response::Event::Message {
                        message: Message::Request { channel, .. }, ..
                    }) = event {
                        hostile.behaviour_mut().send_response(channel, answer.to_vec()).unwrap();
                    }
                }
            }
        }
    };
    timeout(PATIENCE, search).await.expect("what was waited for did not happen")
}

pub(super) fn frame(kind: u8, body: &[u8], payload_bytes: usize) -> Vec<u8> {
    let mut frame = vec![kind];
    frame.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
    frame.extend(u32::try_from(payload_bytes).unwrap().to_be_bytes());
    frame.extend(body);
    frame
}

/// Frames that no honest node sends, with what is said of them.
fn bad_frames() -> Vec<(Vec<u8>, &'static str)> {
    let bomb = zstd::bulk::compress(&vec![0; 64 * 1024 * 1024], 1).unwrap();
    vec![
        (frame(1, &bomb, 1024), "does not unpack"),
        (frame(1, b"not packed at all", 1024), "does not unpack"),
        (frame(0, b"", MESSAGE_BYTES_MAX + 1), "at most"),
        (frame(9, b"", 0), "unknown kind"),
        (frame(0, b"", 0), "cannot be read"),
        (frame(0, &[200, 1, 2, 3], 4), "cannot be read"),
        (noise_bytes(4096), "frame"),
    ]
}

#[tokio::test]
async fn answers_that_break_the_rules_are_blamed_on_who_sent_them() {
    let (mut network, address) = start(config(1)).await;
    let mut hostile = hostile(&mut network, &address).await;
    let node = network.connections()[0].node;
    for (id, (bad, blame)) in (0..).zip(bad_frames()) {
        network.request(node, id, status());
        let (failed, malformed, reason) =
            run_against(&mut network, &mut hostile, &bad, |event| match event {
                NetworkEvent::Failed { id, malformed, reason } => Some((id, malformed, reason)),
                NetworkEvent::Answered { .. } => panic!("taken for an answer"),
                _ => None,
            })
            .await;
        assert_eq!((failed, malformed), (id, true), "{reason}");
        assert!(reason.contains(blame), "{reason}");
    }
    // Cut short: that happens to honest nodes too.
    network.request(node, 99, status());
    let cut = frame(0, &Response::Same.encode(), 2);
    let cut = cut.split_last().unwrap().1.to_vec();
    let malformed = run_against(&mut network, &mut hostile, &cut, |event| match event {
        NetworkEvent::Failed { id: 99, malformed, .. } => Some(malformed),
        _ => None,
    })
    .await;
    assert!(!malformed);
    // And the connection still serves.
    network.request(node, 100, status());
    let response = Response::Same.encode();
    let good = frame(0, &response, response.len());
    run_against(&mut network, &mut hostile, &good, |event| match event {
        NetworkEvent::Answered { id: 100, response: Response::Same } => Some(()),
        _ => None,
    })
    .await;
}

#[tokio::test]
async fn requests_that_break_the_rules_are_blamed_on_who_sent_them() {
    let (mut network, address) = start(config(1)).await;
    let mut hostile = hostile(&mut network, &address).await;
    let peer = *hostile.connected_peers().next().unwrap();
    let sender = node_of(hostile.local_peer_id());
    let mut bad = bad_frames();
    bad.push((frame(0, b"", 1024 * 1024), "at most"));
    for (bytes, blame) in bad {
        hostile.behaviour_mut().send_request(&peer, bytes);
        let reason = run_against(&mut network, &mut hostile, &[], |event| match event {
            NetworkEvent::Misbehaved { node, reason } => {
                assert_eq!(node, sender);
                Some(reason)
            }
            NetworkEvent::Requested { .. } => panic!("taken for a request"),
            _ => None,
        })
        .await;
        assert!(reason.contains(blame), "{reason}");
    }
}

pub(super) fn node_of(peer: &PeerId) -> NodeId {
    let key = identity::PublicKey::try_decode_protobuf(peer.as_ref().digest()).unwrap();
    NodeId::from_bytes(key.try_into_ed25519().unwrap().to_bytes())
}
