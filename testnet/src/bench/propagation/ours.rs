//! Our nodes' network layers, with or without the replica that judges what
//! they hear.

use std::time::Instant;

use anyhow::Context as _;
use dela_node::driver::now;
use dela_node::network::{Network, NetworkConfig, NetworkEvent};
use dela_protocol::federation::Federation;
use dela_protocol::replica::{Event, Input, Output, Replica, Verdict};
use dela_protocol::store::MemoryStore;
use tokio::sync::mpsc;

use super::super::population::federation;
use super::mesh::Mesh;

/// What a node does with an announcement before it passes it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checks {
    /// Nothing, as bare gossipsub does.
    None,
    /// All that our nodes do: a replica verifies and stores what it says.
    Signatures,
}

type Told = mpsc::UnboundedSender<(Instant, usize)>;

/// Starts the networks and links them.
pub(super) async fn start(
    nodes: usize,
    links: &[(usize, usize)],
    checks: Checks,
) -> anyhow::Result<Mesh> {
    let mut networks = Vec::new();
    let mut places = Vec::new();
    for number in 0..nodes {
        let mut secret = [u8::try_from(number)?; 32];
        secret[0] = if checks == Checks::None { 1 } else { 2 };
        let mut network = Network::start(NetworkConfig {
            listen: vec!["/ip4/127.0.0.1/tcp/0".to_owned()],
            discover: false,
            ..NetworkConfig::new(secret, federation())
        })?;
        places.push(listening(&mut network).await);
        networks.push(network);
    }
    for (node, other) in links {
        let place = places.get(*other).context("a node of the mesh")?;
        networks.get_mut(*node).context("a node of the mesh")?.dial(place)?;
    }
    let (told, heard) = mpsc::unbounded_channel();
    let mut mesh = Mesh { voices: Vec::new(), heard, tasks: Vec::new() };
    for (seed, network) in (0..).zip(networks) {
        let (voice, orders) = mpsc::channel(1);
        mesh.voices.push(voice);
        let told = told.clone();
        let task = match checks {
            Checks::None => tokio::spawn(pass_on(network, orders, told)),
            Checks::Signatures => {
                let store = MemoryStore::default();
                let replica =
                    Replica::open(store, Federation::open(federation()), None, seed, now())?;
                tokio::spawn(check_and_pass_on(network, Box::new(replica), orders, told))
            }
        };
        mesh.tasks.push(task);
    }
    Ok(mesh)
}

async fn listening(network: &mut Network) -> String {
    loop {
        if let NetworkEvent::Listening { address } = network.next().await {
            return address;
        }
    }
}

async fn pass_on(mut network: Network, mut orders: mpsc::Receiver<Vec<u8>>, told: Told) {
    loop {
        tokio::select! {
            Some(bytes) = orders.recv() => drop(network.announce(bytes)),
            event = network.next() => {
                if let NetworkEvent::Announced { token, bytes, .. } = event {
                    network.judge(token, Verdict::Accept);
                    if told.send((Instant::now(), bytes.len())).is_err() {
                        return;
                    }
                }
            }
        }
    }
}

async fn check_and_pass_on(
    mut network: Network,
    mut replica: Box<Replica<MemoryStore>>,
    mut orders: mpsc::Receiver<Vec<u8>>,
    told: Told,
) {
    loop {
        let event = tokio::select! {
            Some(bytes) = orders.recv() => {
                network.announce(bytes.clone());
                // Whoever announces holds what it says, and goes on from there.
                let own = Input::Announced { from: network.node_id(), token: 0, bytes };
                let Ok(_) = replica.handle(own, now());
                continue;
            }
            event = network.next() => event,
        };
        // Nothing but gossip: what a mesh that is still forming misses is not
        // fetched, so no catalogue differs from what was announced.
        let NetworkEvent::Announced { from, token, bytes } = event else { continue };
        let length = bytes.len();
        let Ok(outputs) = replica.handle(Input::Announced { from, token, bytes }, now());
        for output in outputs {
            match output {
                Output::Judge { token, verdict } => network.judge(token, verdict),
                Output::Event(Event::Changed { .. })
                    if told.send((Instant::now(), length)).is_err() =>
                {
                    return;
                }
                _ => {}
            }
        }
    }
}
