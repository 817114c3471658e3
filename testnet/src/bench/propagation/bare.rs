//! Bare gossipsub: swarms that do nothing else, with the settings of ours.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use dela_protocol::limits::ANNOUNCEMENT_BYTES_MAX;
use futures::StreamExt as _;
use libp2p::gossipsub::{self, IdentTopic, MessageId};
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, Swarm, SwarmBuilder, identity, noise, tcp, yamux};
use tokio::sync::mpsc;

use super::mesh::Mesh;

const TOPIC: &str = "bare";

/// Starts the swarms and links them.
pub(super) async fn start(nodes: usize, links: &[(usize, usize)]) -> anyhow::Result<Mesh> {
    let mut swarms = Vec::new();
    let mut places = Vec::new();
    for _ in 0..nodes {
        let mut swarm = swarm()?;
        swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse()?)?;
        places.push(listening(&mut swarm).await);
        swarms.push(swarm);
    }
    for (node, other) in links {
        if let (Some(swarm), Some(place)) = (swarms.get_mut(*node), places.get(*other)) {
            swarm.dial(place.clone())?;
        }
    }
    let (told, heard) = mpsc::unbounded_channel();
    let mut mesh = Mesh { voices: Vec::new(), heard, tasks: Vec::new() };
    for swarm in swarms {
        let (voice, orders) = mpsc::channel(1);
        mesh.voices.push(voice);
        mesh.tasks.push(tokio::spawn(run(swarm, orders, told.clone())));
    }
    Ok(mesh)
}

async fn listening(swarm: &mut Swarm<gossipsub::Behaviour>) -> Multiaddr {
    loop {
        if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
            return address;
        }
    }
}

async fn run(
    mut swarm: Swarm<gossipsub::Behaviour>,
    mut orders: mpsc::Receiver<Vec<u8>>,
    told: mpsc::UnboundedSender<(Instant, usize)>,
) {
    let topic = IdentTopic::new(TOPIC);
    loop {
        tokio::select! {
            Some(bytes) = orders.recv() => {
                // Nobody to tell yet, while the mesh forms: it is tried again.
                drop(swarm.behaviour_mut().publish(topic.hash(), bytes));
            }
            event = swarm.select_next_some() => {
                if let SwarmEvent::Behaviour(gossipsub::Event::Message { message, .. }) = event
                    && told.send((Instant::now(), message.data.len())).is_err()
                {
                    return;
                }
            }
        }
    }
}

fn swarm() -> anyhow::Result<Swarm<gossipsub::Behaviour>> {
    let swarm = SwarmBuilder::with_existing_identity(identity::Keypair::generate_ed25519())
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)?
        .with_behaviour(|_| behaviour())
        .map_err(|error| anyhow!("{error}"))?
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(3_600)))
        .build();
    Ok(swarm)
}

/// The settings of the node's network, without what is not gossipsub's own
/// doing: judging messages and keeping scores.
fn behaviour() -> Result<gossipsub::Behaviour, Box<dyn std::error::Error + Send + Sync>> {
    let config = gossipsub::ConfigBuilder::default()
        .validation_mode(gossipsub::ValidationMode::Anonymous)
        .message_id_fn(|message| {
            let mut hasher = DefaultHasher::new();
            message.data.hash(&mut hasher);
            MessageId::new(&hasher.finish().to_be_bytes())
        })
        .max_transmit_size(ANNOUNCEMENT_BYTES_MAX + 4 * 1024)
        .flood_publish(false)
        .mesh_n(6)
        .mesh_n_low(5)
        .mesh_n_high(12)
        .heartbeat_interval(Duration::from_secs(1))
        .history_length(12)
        .history_gossip(3)
        .duplicate_cache_time(Duration::from_secs(5 * 60))
        .max_publish_messages(5_000)
        .idontwant_message_size_threshold(16_000)
        .build()?;
    let mut gossip = gossipsub::Behaviour::new(gossipsub::MessageAuthenticity::Anonymous, config)?;
    gossip.subscribe(&IdentTopic::new(TOPIC))?;
    Ok(gossip)
}
