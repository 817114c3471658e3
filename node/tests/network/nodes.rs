//! The exchange of node records and the address book, over memory.

use std::path::Path;
use std::time::Duration;

use dela_node::network::{Network, NetworkConfig, NetworkEvent, Pace};
use dela_protocol::api::KnownNode;
use dela_protocol::id::{AgencyId, FederationId, NodeId};
use dela_protocol::key::SecretKey;
use dela_protocol::limits::{NODE_RECORD_LIFETIME_MAX, NODES_MAX};
use dela_protocol::node_record::{NodeRecord, NodeStatement};
use dela_protocol::node_wire::{BUCKETS, NodesRequest, NodesResponse, PROTOCOL};
use dela_protocol::time::Timestamp;
use futures::StreamExt as _;
use futures::future::select_all;
use libp2p::request_response::{self, Message};
use libp2p::swarm::SwarmEvent;
use tokio::time::timeout;

use super::hostile::{Hostile, frame, hostile_in, node_of};
use super::{PATIENCE, config, connect, run, start};

/// Everything as usual, only faster.
fn fast() -> Pace {
    Pace {
        tick: Duration::from_millis(100),
        exchange: Duration::from_millis(500),
        exchange_news: Duration::from_millis(50),
        rotate: Duration::from_secs(60 * 60),
        save: Duration::from_millis(50),
    }
}

fn quick(number: u8) -> NetworkConfig {
    let agency = Some(AgencyId::from_bytes([number; 32]));
    NetworkConfig { pace: fast(), agency, ..config(number) }
}

fn known(network: &Network) -> Vec<KnownNode> {
    network.known().borrow().to_vec()
}

/// Runs networks side by side until what is looked for holds; it is looked at
/// after each event and each change of an address book.
async fn run_until(networks: &mut [Network], mut holds: impl FnMut(&[Network]) -> bool) {
    let mut books: Vec<_> = networks.iter().map(Network::known).collect();
    let search = async {
        while !holds(networks) {
            let mut all: Vec<&mut Network> = networks.iter_mut().collect();
            let changes = books.iter_mut().map(|book| Box::pin(book.changed()));
            tokio::select! {
                () = run(&mut all, |_, _| Some(())) => {}
                _ = select_all(changes) => {}
            }
        }
    };
    let ended = timeout(PATIENCE, search).await;
    let shown: Vec<_> = networks
        .iter()
        .map(|network| {
            let links = network.connections();
            let outbound = links.iter().filter(|link| link.outbound).count();
            (known(network).len(), links.len(), outbound)
        })
        .collect();
    ended.unwrap_or_else(|_| panic!("known, connected, outbound: {shown:?}"));
}

#[tokio::test]
async fn nodes_that_know_one_seed_all_learn_of_each_other_and_mix_slowly() {
    const NODES: u8 = 24;
    let (first, address) = start(quick(1)).await;
    let mut nodes = vec![first];
    for number in 2..=NODES {
        let rotate = Duration::from_millis(if number == 2 { 500 } else { 60 * 60 * 1_000 });
        let pace = Pace { rotate, ..fast() };
        let peers = vec![address.clone()];
        nodes.push(start(NetworkConfig { peers, pace, ..quick(number) }).await.0);
    }
    run_until(&mut nodes, |nodes| {
        let all = usize::from(NODES) - 1;
        nodes.iter().all(|node| known(node).len() == all)
    })
    .await;
    for other in known(&nodes[5]) {
        assert!(other.addresses.iter().all(|address| address.starts_with("/memory/")));
        assert_eq!(other.addresses.len(), 1);
        assert!(other.agency.is_some() && other.expires_at > other.issued_at);
        assert_eq!(other.configured, other.node == nodes[0].node_id());
    }
    run_until(&mut nodes, |nodes| {
        nodes.iter().all(|node| {
            let links = node.connections();
            let outbound = links.iter().filter(|link| link.outbound).count();
            // Nobody is left to dial for a seed that all have dialled.
            links.len() >= 12 && (outbound >= 7 || links.len() == usize::from(NODES) - 1)
        })
    })
    .await;
    // The second gives up a connection now and then, but never its seed.
    let seed = nodes[0].node_id();
    let mut given_up = 0;
    let mut all: Vec<&mut Network> = nodes.iter_mut().collect();
    run(&mut all, |index, event| match event {
        NetworkEvent::Disconnected { node } if index == 1 => {
            assert_ne!(node, seed);
            given_up += 1;
            (given_up == 3).then_some(())
        }
        _ => None,
    })
    .await;
    assert!(nodes[1].connections().len() >= 11);
}

#[tokio::test]
async fn a_node_that_can_only_dial_out_learns_of_all_and_is_known() {
    let (seed, address) = start(quick(1)).await;
    let other = start(NetworkConfig { peers: vec![address.clone()], ..quick(2) }).await.0;
    let hidden = NetworkConfig { listen: Vec::new(), peers: vec![address], ..quick(3) };
    let hidden = Network::start(hidden).unwrap();
    let (id, others) = (hidden.node_id(), [seed.node_id(), other.node_id()]);
    let mut nodes = vec![seed, other, hidden];
    run_until(&mut nodes, |nodes| {
        let connected: Vec<NodeId> = nodes[2].connections().iter().map(|peer| peer.node).collect();
        others.iter().all(|other| connected.contains(other))
            && nodes[..2].iter().all(|node| known(node).iter().any(|known| known.node == id))
    })
    .await;
    for node in &nodes[..2] {
        let known = known(node);
        let hidden = known.iter().find(|known| known.node == id).unwrap();
        assert!(hidden.addresses.is_empty() && hidden.agency.is_some());
        assert_eq!((hidden.next_try_at, hidden.failures), (None, 0), "it is never dialled");
    }
    assert!(nodes[2].connections().iter().all(|peer| peer.outbound));
}

#[tokio::test]
async fn a_node_finds_the_federation_in_its_book_when_its_seed_is_dead() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("address-book");
    let (seed, address) = start(quick(1)).await;
    let peers = vec![address];
    let mut nodes = vec![seed];
    for number in 2..=3 {
        nodes.push(start(NetworkConfig { peers: peers.clone(), ..quick(number) }).await.0);
    }
    let with_book = |peers: &[String]| NetworkConfig {
        book: Some(book.clone()),
        peers: peers.to_vec(),
        ..quick(4)
    };
    assert!(!with_book(&[]).knows_others(), "a first start");
    assert!(with_book(&peers).knows_others(), "configured");
    nodes.push(start(with_book(&peers)).await.0);
    run_until(&mut nodes, |nodes| known(&nodes[3]).len() == 3).await;
    nodes.pop().unwrap().shutdown().await;
    drop(nodes.remove(0));

    let again = with_book(&[]);
    assert!(again.knows_others());
    nodes.push(start(again).await.0);
    assert!(nodes[2].knows_others());
    run_until(&mut nodes, |nodes| nodes[2].connections().len() == 2).await;
}

#[tokio::test]
async fn the_book_is_written_while_the_node_runs() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("address-book");
    let (other, address) = start(quick(1)).await;
    let config = NetworkConfig { book: Some(book.clone()), peers: vec![address], ..quick(2) };
    let node = start(config.clone()).await.0;
    // As after kill -9: nobody says goodbye.
    let without_peers = NetworkConfig { peers: Vec::new(), ..config };
    let mut nodes = [other, node];
    let written = async {
        while !without_peers.knows_others() {
            let mut all: Vec<&mut Network> = nodes.iter_mut().collect();
            tokio::select! {
                () = run(&mut all, |_, _| Some(())) => {}
                () = tokio::task::yield_now() => {}
            }
        }
    };
    timeout(PATIENCE, written).await.unwrap();
    assert!(!partial(&book).exists(), "replaced whole");
}

fn partial(book: &Path) -> std::path::PathBuf {
    book.with_extension("partial")
}

#[tokio::test]
async fn a_damaged_book_is_no_reason_not_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("address-book");
    std::fs::write(&book, "dela address book 1 00\n[]").unwrap();
    let config = NetworkConfig { book: Some(book), ..quick(1) };
    assert!(!config.knows_others());
    let (node, _) = start(config).await;
    assert!(!node.knows_others());
}

#[tokio::test]
async fn a_node_that_moved_is_found_at_its_new_place() {
    let (seed, address) = start(quick(1)).await;
    let peers = vec![address];
    let other = start(NetworkConfig { peers: peers.clone(), ..quick(2) }).await.0;
    let (moving, before) = start(NetworkConfig { peers: peers.clone(), ..quick(3) }).await;
    let id = moving.node_id();
    let address_of = |node: &Network| {
        let known = known(node);
        let moving = known.iter().find(|known| known.node == id)?;
        Some(moving.addresses.clone())
    };
    let mut nodes = vec![seed, other, moving];
    run_until(&mut nodes, |nodes| address_of(&nodes[1]).is_some_and(|at| !at.is_empty())).await;
    drop(nodes.pop());
    let (moved, after) = start(NetworkConfig { peers, ..quick(3) }).await;
    assert_ne!(before, after);
    let place = after.split("/p2p/").next().unwrap().to_owned();
    nodes.push(moved);
    run_until(&mut nodes, |nodes| {
        address_of(&nodes[1]).is_some_and(|at| at.contains(&place))
            && nodes[1].connections().iter().any(|peer| peer.node == id)
    })
    .await;
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap())
}

/// A record of a node that there is not.
fn made_up(number: u32, federation: &str, age: Duration) -> NodeRecord {
    let mut secret = [9; 32];
    secret[..4].copy_from_slice(&number.to_be_bytes());
    let issued_at = Timestamp::from_millis(now().as_millis() - age.as_secs() * 1_000);
    let statement = NodeStatement {
        agency: None,
        addresses: vec![format!("/memory/{}", 1_000_000 + u64::from(number))],
        issued_at,
        expires_at: issued_at.after(NODE_RECORD_LIFETIME_MAX),
    };
    let key = SecretKey::from_bytes(&secret);
    NodeRecord::sign(&key, &FederationId::open(federation), &statement).unwrap()
}

fn framed(response: &NodesResponse) -> Vec<u8> {
    let payload = response.encode();
    frame(0, &payload, payload.len())
}

fn unframed(frame: &[u8]) -> Vec<u8> {
    match frame.split_at_checked(9) {
        Some(([0, ..], payload)) => payload.to_vec(),
        Some((_, packed)) => zstd::bulk::decompress(packed, 1024 * 1024).unwrap(),
        None => Vec::new(),
    }
}

/// Runs a network and a peer that says it knows other nodes and answers with
/// `page`, until something is found: in an event, or after a change of the book.
async fn run_against<T>(
    network: &mut Network,
    hostile: &mut Hostile,
    mut page: impl FnMut() -> Vec<u8>,
    mut found: impl FnMut(&Network, Option<NetworkEvent>) -> Option<T>,
) -> T {
    let mut book = network.known();
    let search = async {
        loop {
            tokio::select! {
                event = network.next() => {
                    if let Some(found) = found(network, Some(event)) {
                        return found;
                    }
                }
                event = hostile.select_next_some() => {
                    let SwarmEvent::Behaviour(request_response::Event::Message {
                        message: Message::Request { request, channel, .. }, ..
                    }) = event else { continue };
                    let asked = NodesRequest::decode(&unframed(&request));
                    let answer = match asked {
                        Ok(NodesRequest::Newer { .. }) => page(),
                        _ => framed(&NodesResponse::Buckets(vec![[7; 8]; BUCKETS])),
                    };
                    hostile.behaviour_mut().send_response(channel, answer).ok();
                }
                _ = book.changed() => {
                    if let Some(found) = found(network, None) {
                        return found;
                    }
                }
            }
        }
    };
    let ended = timeout(PATIENCE, search).await;
    ended.unwrap_or_else(|_| panic!("not found; {} nodes are known", known(network).len()))
}

#[tokio::test]
async fn forged_and_oversized_node_records_are_refused_and_blamed() {
    let good = made_up(1, "test", Duration::ZERO);
    let mut changed = good.bytes().to_vec();
    *changed.last_mut().unwrap() ^= 1;
    let records = |records: Vec<Vec<u8>>| framed(&NodesResponse::Records { records, more: false });
    let bad = [
        (records(vec![changed]), "the signature does not match"),
        (records(vec![made_up(2, "other", Duration::ZERO).bytes().to_vec()]), "does not match"),
        (records(vec![vec![0xd2; 1025 + 1]]), "at most 1024"),
        (records(vec![good.bytes().to_vec(); 257]), "longer than its limit"),
        (frame(0, &[], 1024 * 1024), "at most"),
        (framed(&NodesResponse::Same), "another question"),
    ];
    let (mut network, address) = start(quick(1)).await;
    let mut hostile = hostile_in(&mut network, &address, PROTOCOL).await;
    let sender = node_of(hostile.local_peer_id());
    for (page, blame) in bad {
        let answer = || page.clone();
        let reason = run_against(&mut network, &mut hostile, answer, |_, event| match event {
            Some(NetworkEvent::Misbehaved { node, reason }) if reason.contains(blame) => {
                assert_eq!(node, sender);
                Some(reason)
            }
            _ => None,
        })
        .await;
        assert!(reason.contains(blame), "{reason}");
    }
    assert!(known(&network).is_empty(), "nothing of it was taken in");
}

#[tokio::test]
async fn node_records_that_have_ended_are_refused_and_nobody_is_blamed() {
    let week = Duration::from_secs(7 * 24 * 60 * 60);
    let ended = made_up(1, "test", week).bytes().to_vec();
    let holds = made_up(2, "test", Duration::ZERO);
    let page = framed(&NodesResponse::Records {
        records: vec![ended, holds.bytes().to_vec()],
        more: false,
    });
    let (mut network, address) = start(quick(1)).await;
    let mut hostile = hostile_in(&mut network, &address, PROTOCOL).await;
    run_against(
        &mut network,
        &mut hostile,
        || page.clone(),
        |network, event| {
            assert!(!matches!(event, Some(NetworkEvent::Misbehaved { .. })), "{event:?}");
            (!known(network).is_empty()).then_some(())
        },
    )
    .await;
    let nodes: Vec<NodeId> = known(&network).iter().map(|known| known.node).collect();
    assert_eq!(nodes, [holds.node()]);
}

#[tokio::test]
async fn a_flood_of_node_records_takes_half_the_book_and_pushes_nobody_out() {
    // Does not dial, so that all depends on the book.
    let (mut network, address) = start(quick(1)).await;
    let (mut friend, at_friend) = start(quick(2)).await;
    connect(&mut network, &mut friend, &at_friend).await;
    let mut hostile = hostile_in(&mut network, &address, PROTOCOL).await;
    let mut next = 0;
    let flood = || {
        let records = (next..next + 256).map(|n| made_up(n, "test", Duration::ZERO));
        next += 256;
        let records = records.map(|record| record.bytes().to_vec()).collect();
        framed(&NodesResponse::Records { records, more: true })
    };
    let half = NODES_MAX / 2;
    run_against(&mut network, &mut hostile, flood, |network, _| {
        let count = known(network).len();
        assert!(count <= half + 1, "{count}");
        (count > half).then_some(())
    })
    .await;
    let friend = friend.node_id();
    let nodes = known(&network);
    let friend = nodes.iter().find(|known| known.node == friend).expect("not pushed out");
    assert!(friend.reached_at.is_some() && friend.connected);
    assert!(network.connections().iter().any(|peer| peer.node == friend.node));
}
