//! Networks that run in one process, over memory and over TCP.

mod hostile;
mod nodes;

use std::time::Duration;

use dela_node::network::{
    Bytes, Dropped, Limits, Network, NetworkConfig, NetworkEvent, TransportKind,
};
use dela_protocol::id::{AgencyId, Digest, FederationId};
use dela_protocol::limits::ANNOUNCEMENT_BYTES_MAX;
use dela_protocol::record::Position;
use dela_protocol::replica::Verdict;
use dela_protocol::wire::{Page, Request, Response};
use futures::future::select_all;
use tokio::time::timeout;

/// How long anything may take before a test has failed; nothing waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

fn config(number: u8) -> NetworkConfig {
    NetworkConfig {
        transport: TransportKind::Memory,
        listen: vec!["/memory/0".to_owned()],
        ..NetworkConfig::new([number; 32], FederationId::open("test"))
    }
}

/// Starts a network and returns it with the address it listens on.
async fn start(config: NetworkConfig) -> (Network, String) {
    let mut network = Network::start(config).unwrap();
    let address = run(&mut [&mut network], |_, event| match event {
        NetworkEvent::Listening { address } => Some(address),
        _ => None,
    })
    .await;
    (network, address)
}

/// Runs networks side by side until one reports what is looked for. Each round
/// cancels the waits of all others, so this also shows that nothing gets lost
/// by that.
async fn run<T>(
    networks: &mut [&mut Network],
    mut found: impl FnMut(usize, NetworkEvent) -> Option<T>,
) -> T {
    let search = async {
        loop {
            let waits = networks.iter_mut().map(|network| Box::pin(network.next()));
            let (event, index, _) = select_all(waits).await;
            if let Some(found) = found(index, event) {
                return found;
            }
        }
    };
    timeout(PATIENCE, search).await.expect("what was waited for did not happen")
}

/// Runs two networks until each has seen the other connect.
async fn connect(a: &mut Network, b: &mut Network, address_of_b: &str) {
    a.dial(address_of_b).unwrap();
    let mut missing = vec![(0, b.node_id()), (1, a.node_id())];
    run(&mut [a, b], |index, event| {
        if let NetworkEvent::Connected { node, .. } = event {
            missing.retain(|expected| *expected != (index, node));
        }
        missing.is_empty().then_some(())
    })
    .await;
}

fn status() -> Request {
    Request::Status { root: Digest::from_bytes([3; 32]) }
}

/// Bytes that do not compress.
fn noise_bytes(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.push(state.to_be_bytes()[0]);
    }
    bytes
}

/// Asks `b` something through `a`, answers it, and checks the answer.
async fn ask(a: &mut Network, b: &mut Network, id: u64, request: Request, response: Response) {
    let (from_a, to_b) = (a.node_id(), b.node_id());
    a.request(to_b, id, request.clone());
    let token = run(&mut [a, b], |index, event| match event {
        NetworkEvent::Requested { from, token, request: came } => {
            assert_eq!((index, from, &came), (1, from_a, &request));
            Some(token)
        }
        _ => None,
    })
    .await;
    b.respond(token, response.clone());
    let answer = run(&mut [a, b], |_, event| match event {
        NetworkEvent::Answered { id: answered, response } => {
            assert_eq!(answered, id);
            Some(response)
        }
        NetworkEvent::Failed { reason, .. } => panic!("{reason}"),
        _ => None,
    })
    .await;
    assert_eq!(answer, response);
}

#[tokio::test]
async fn two_nodes_ask_and_answer_up_to_large_pages() {
    let (mut a, _) = start(config(1)).await;
    let (mut b, address) = start(config(2)).await;
    connect(&mut a, &mut b, &address).await;
    ask(&mut a, &mut b, 1, status(), Response::Same).await;

    let page = |record: Vec<u8>| {
        Response::Page(Page { head: vec![9; 300], records: vec![record; 3], more: true })
    };
    let since = Request::Since {
        agency: AgencyId::from_bytes([5; 32]),
        after: Position { epoch: 0, seq: 7 },
    };
    // Both ways, once as it is and once packed.
    ask(&mut a, &mut b, 2, since.clone(), page(noise_bytes(512 * 1024))).await;
    ask(&mut b, &mut a, 3, since, page(vec![b'x'; 512 * 1024])).await;
}

#[tokio::test]
async fn two_nodes_talk_over_tcp_and_part_in_good_order() {
    let over_tcp = |number| NetworkConfig {
        transport: TransportKind::Tcp,
        listen: vec!["/ip4/127.0.0.1/tcp/0".to_owned()],
        ..config(number)
    };
    let (mut a, _) = start(over_tcp(1)).await;
    let (mut b, address) = start(over_tcp(2)).await;
    assert!(address.starts_with("/ip4/127.0.0.1/tcp/"), "{address}");
    assert!(address.ends_with(&format!("/p2p/{}", b.peer_id())), "{address}");
    assert_eq!(b.addresses(), std::slice::from_ref(&address));
    connect(&mut a, &mut b, &address).await;
    assert!(a.connections()[0].outbound && !b.connections()[0].outbound);

    let software = run(&mut [&mut a, &mut b], |_, event| match event {
        NetworkEvent::Identified { software, .. } => Some(software),
        _ => None,
    })
    .await;
    assert!(software.starts_with("dela/"), "{software}");
    ask(&mut a, &mut b, 1, status(), Response::NotReady).await;

    let gone = b.node_id();
    let shutdown = tokio::spawn(b.shutdown());
    let node = run(&mut [&mut a], |_, event| match event {
        NetworkEvent::Disconnected { node } => Some(node),
        _ => None,
    })
    .await;
    assert_eq!(node, gone);
    timeout(PATIENCE, shutdown).await.unwrap().unwrap();
    timeout(PATIENCE, a.shutdown()).await.unwrap();
}

#[tokio::test]
async fn nodes_that_dial_each_other_are_connected_once() {
    let (mut a, at_a) = start(config(1)).await;
    let (mut b, at_b) = start(config(2)).await;
    a.dial(&at_b).unwrap();
    b.dial(&at_a).unwrap();
    let (mut connected, mut identified) = ([0, 0], [0, 0]);
    run(&mut [&mut a, &mut b], |index, event| {
        match event {
            NetworkEvent::Connected { .. } => connected[index] += 1,
            NetworkEvent::Identified { .. } => identified[index] += 1,
            NetworkEvent::Disconnected { .. } => panic!("disconnected"),
            _ => {}
        }
        (identified == [1, 1]).then_some(())
    })
    .await;
    ask(&mut a, &mut b, 1, status(), Response::Same).await;
    assert_eq!(connected, [1, 1]);
    a.disconnect(b.node_id());
    let mut disconnected = [0, 0];
    run(&mut [&mut a, &mut b], |index, event| {
        if let NetworkEvent::Disconnected { .. } = event {
            disconnected[index] += 1;
        }
        (disconnected == [1, 1]).then_some(())
    })
    .await;
}

/// Lets `nodes[from]` announce, until all of `to` have received something of
/// it: then everybody knows who listens. Everything is judged `Accept`.
async fn warm_up(nodes: &mut [Network], from: usize, to: &[usize]) {
    let mut missing = to.to_vec();
    for round in 0_u32.. {
        nodes[from].announce(format!("hello {from} {round}").into_bytes());
        let mut judgements = Vec::new();
        let mut all: Vec<&mut Network> = nodes.iter_mut().collect();
        // An announcement reaches nobody before the subscriptions are known,
        // which is no event: so it is tried again every now and then.
        let heard = run(&mut all, |index, event| {
            if let NetworkEvent::Announced { token, .. } = event {
                judgements.push((index, token));
                missing.retain(|expected| *expected != index);
            }
            missing.is_empty().then_some(())
        });
        let done = timeout(Duration::from_millis(100), heard).await.is_ok();
        for (index, token) in judgements {
            nodes[index].judge(token, Verdict::Accept);
        }
        if done {
            return;
        }
        assert!(round < 600, "nobody listens");
    }
}

/// Runs until `nodes[at]` receives `expected`; anything else there but greetings
/// is a failure. Returns the token.
async fn receive(nodes: &mut [Network], at: usize, expected: &[u8]) -> u64 {
    let mut all: Vec<&mut Network> = nodes.iter_mut().collect();
    run(&mut all, |index, event| match event {
        NetworkEvent::Announced { token, bytes, .. } if !bytes.starts_with(b"hello") => {
            assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(expected));
            assert_eq!(index, at);
            Some(token)
        }
        _ => None,
    })
    .await
}

#[tokio::test]
async fn an_announcement_goes_on_only_when_it_was_accepted() {
    let alone = |number| NetworkConfig { discover: false, ..config(number) };
    let mut nodes = Vec::new();
    let mut addresses = Vec::new();
    for number in 1..=3 {
        let (network, address) = start(alone(number)).await;
        nodes.push(network);
        addresses.push(address);
    }
    // A line: 0 - 1 - 2.
    for (from, to) in [(0, 1), (1, 2)] {
        let [a, b] = nodes.get_disjoint_mut([from, to]).unwrap();
        connect(a, b, &addresses[to]).await;
    }
    assert!(!nodes[0].connections().iter().any(|peer| peer.node == nodes[2].node_id()));
    warm_up(&mut nodes, 1, &[0, 2]).await;
    warm_up(&mut nodes, 0, &[1]).await;

    assert!(nodes[0].announce(b"ignored".to_vec()));
    let token = receive(&mut nodes, 1, b"ignored").await;
    nodes[1].judge(token, Verdict::Ignore);

    assert!(nodes[0].announce(b"judged late".to_vec()));
    let late = receive(&mut nodes, 1, b"judged late").await;
    assert!(nodes[0].announce(b"judged soon".to_vec()));
    let soon = receive(&mut nodes, 1, b"judged soon").await;
    nodes[1].judge(soon, Verdict::Accept);
    // On one connection nothing overtakes: what had been passed on before would
    // come first.
    receive(&mut nodes, 2, b"judged soon").await;
    nodes[1].judge(late, Verdict::Accept);
    nodes[1].judge(late, Verdict::Reject); // judged already: nothing happens
    receive(&mut nodes, 2, b"judged late").await;

    assert!(nodes[0].announce(b"rejected".to_vec()));
    let token = receive(&mut nodes, 1, b"rejected").await;
    nodes[1].judge(token, Verdict::Reject);
    assert!(nodes[0].announce(b"fine again".to_vec()));
    let token = receive(&mut nodes, 1, b"fine again").await;
    nodes[1].judge(token, Verdict::Accept);
    receive(&mut nodes, 2, b"fine again").await;

    assert!(!nodes[0].announce(b"fine again".to_vec()), "told once is enough");
}

#[tokio::test]
async fn an_announcement_of_the_largest_size_fits_and_a_larger_one_does_not() {
    let (mut a, _) = start(config(1)).await;
    let (mut b, address) = start(config(2)).await;
    assert!(!a.announce(b"to nobody".to_vec()));
    connect(&mut a, &mut b, &address).await;
    let mut nodes = [a, b];
    warm_up(&mut nodes, 0, &[1]).await;
    let largest = noise_bytes(ANNOUNCEMENT_BYTES_MAX);
    assert!(nodes[0].announce(largest.clone()));
    receive(&mut nodes, 1, &largest).await;
    assert!(!nodes[0].announce(noise_bytes(64 * 1024)));
}

#[tokio::test]
async fn nodes_of_another_federation_part_and_say_why() {
    let other = NetworkConfig { federation: FederationId::open("other"), ..config(2) };
    let (mut a, _) = start(config(1)).await;
    let (mut b, address) = start(other).await;
    connect(&mut a, &mut b, &address).await;
    a.request(b.node_id(), 1, status());
    let (mut foreign, mut failed, mut disconnected) = (false, false, false);
    run(&mut [&mut a, &mut b], |index, event| {
        match event {
            NetworkEvent::Foreign { reason, .. } => {
                assert_eq!(reason, "it belongs to another federation");
                foreign = true;
            }
            NetworkEvent::Failed { malformed, .. } => {
                assert!(!malformed);
                failed = true;
            }
            NetworkEvent::Disconnected { .. } => disconnected |= index == 0,
            NetworkEvent::Requested { .. } => panic!("the request came through"),
            _ => {}
        }
        (foreign && failed && disconnected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_question_to_a_node_that_goes_away_fails() {
    let (mut a, _) = start(config(1)).await;
    let (mut b, address) = start(config(2)).await;
    connect(&mut a, &mut b, &address).await;
    a.request(b.node_id(), 7, status());
    b.request(a.node_id(), 8, status());
    let mut tokens = [None, None];
    run(&mut [&mut a, &mut b], |index, event| {
        if let NetworkEvent::Requested { token, .. } = event {
            tokens[index] = Some(token);
        }
        tokens.iter().all(Option::is_some).then_some(())
    })
    .await;
    let gone = b.node_id();
    drop(b);
    let (mut failed, mut disconnected) = (false, false);
    run(&mut [&mut a], |_, event| {
        match event {
            NetworkEvent::Failed { id, malformed, .. } => {
                assert_eq!((id, malformed), (7, false));
                failed = true;
            }
            NetworkEvent::Disconnected { node } => {
                assert_eq!(node, gone);
                disconnected = true;
            }
            _ => {}
        }
        (failed && disconnected).then_some(())
    })
    .await;
    // Nobody waits for this answer any more.
    a.respond(tokens[0].unwrap(), Response::Same);
    a.request(gone, 9, status());
    let reason = run(&mut [&mut a], |_, event| match event {
        NetworkEvent::Failed { id: 9, malformed: false, reason } => Some(reason),
        _ => None,
    })
    .await;
    assert_eq!(reason, "the node is not connected");
}

#[tokio::test]
async fn a_configured_peer_is_dialled_again_when_it_comes_back() {
    let (b, address) = start(config(2)).await;
    let (place, _) = address.split_once("/p2p/").unwrap();
    let again = NetworkConfig { listen: vec![place.to_owned()], ..config(2) };
    // Without the id: it is learnt.
    let (mut a, _) = start(NetworkConfig { peers: vec![place.to_owned()], ..config(1) }).await;
    let mut b = Some(b);
    let node = b.as_ref().unwrap().node_id();
    for _ in 0..2 {
        let mut now = b.take().unwrap();
        run(&mut [&mut a, &mut now], |index, event| match event {
            NetworkEvent::Connected { node: is, .. } if index == 0 && is == node => Some(()),
            _ => None,
        })
        .await;
        tokio::join!(now.shutdown(), async {
            run(&mut [&mut a], |_, event| match event {
                NetworkEvent::Disconnected { node: is } if is == node => Some(()),
                _ => None,
            })
            .await;
        });
        b = Some(start(again.clone()).await.0);
    }
}

#[tokio::test]
async fn a_node_does_not_dial_itself_and_says_so_once() {
    let (a, address) = start(config(1)).await;
    let id = a.peer_id();
    timeout(PATIENCE, a.shutdown()).await.unwrap();
    let (place, _) = address.split_once("/p2p/").unwrap();
    let own = [place.to_owned(), format!("/memory/77/p2p/{id}")];
    let mut a = Network::start(NetworkConfig {
        listen: vec![place.to_owned()],
        peers: own.to_vec(),
        ..config(1)
    })
    .unwrap();
    let mut failed = Vec::new();
    run(&mut [&mut a], |_, event| {
        if let NetworkEvent::DialFailed { address, reason } = event {
            assert!(reason.contains("our own"), "{reason}");
            failed.push(address);
        }
        (failed.len() == 2).then_some(())
    })
    .await;
    failed.sort();
    let mut expected = [place, "/memory/77"];
    expected.sort_unstable();
    assert_eq!(failed, expected);
}

#[tokio::test]
async fn nodes_that_only_know_the_first_become_a_mesh_that_outlives_it() {
    let (first, address) = start(config(1)).await;
    let mut nodes = vec![first];
    for number in 2..=5 {
        let peers = vec![address.clone()];
        nodes.push(start(NetworkConfig { peers, ..config(number) }).await.0);
    }
    let mut links = [0_usize; 5];
    {
        let mut all: Vec<&mut Network> = nodes.iter_mut().collect();
        run(&mut all, |index, event| {
            match event {
                NetworkEvent::Connected { .. } => links[index] += 1,
                NetworkEvent::Disconnected { .. } => links[index] -= 1,
                _ => {}
            }
            links.iter().all(|count| *count == 4).then_some(())
        })
        .await;
    }
    drop(nodes.remove(0));
    let mut missing = 4;
    {
        let mut all: Vec<&mut Network> = nodes.iter_mut().collect();
        run(&mut all, |_, event| {
            if let NetworkEvent::Disconnected { .. } = event {
                missing -= 1;
            }
            (missing == 0).then_some(())
        })
        .await;
    }
    for node in &nodes {
        assert_eq!(node.connections().len(), 3);
    }
    warm_up(&mut nodes, 0, &[1, 2, 3]).await;
}

#[tokio::test]
async fn a_blocked_node_stays_out() {
    let (mut a, _) = start(config(1)).await;
    let (mut b, address) = start(config(2)).await;
    connect(&mut a, &mut b, &address).await;
    b.block(a.node_id());
    // The node that is kept out hears of it as the end of its connection, and
    // each time it tries again.
    let mut disconnected = 0;
    run(&mut [&mut a, &mut b], |index, event| {
        match event {
            NetworkEvent::Disconnected { .. } => disconnected += 1,
            NetworkEvent::Connected { .. } => assert_eq!(index, 0, "let in again"),
            _ => {}
        }
        (disconnected >= 3 && index == 0).then_some(())
    })
    .await;
    assert!(b.connections().is_empty());
}

#[tokio::test]
async fn a_node_that_is_full_keeps_the_connections_it_has() {
    let limits = Limits { inbound: 1, ..Limits::default() };
    let (mut full, address) = start(NetworkConfig { limits, discover: false, ..config(1) }).await;
    let (mut early, _) = start(config(2)).await;
    connect(&mut early, &mut full, &address).await;
    let (mut late, _) = start(NetworkConfig { peers: vec![address], ..config(3) }).await;
    // Turned away, and turned away again when it tries later.
    let mut refused = 0;
    run(&mut [&mut late, &mut full, &mut early], |index, event| {
        match (index, event) {
            (0, NetworkEvent::Disconnected { .. } | NetworkEvent::DialFailed { .. }) => {
                refused += 1;
            }
            (1 | 2, NetworkEvent::Connected { .. } | NetworkEvent::Disconnected { .. }) => {
                panic!("the newcomer made a difference")
            }
            _ => {}
        }
        (refused == 2).then_some(())
    })
    .await;
    ask(&mut early, &mut full, 1, status(), Response::Same).await;
}

#[tokio::test]
async fn a_wrong_address_is_named_with_what_is_wrong_with_it() {
    let error = |change: fn(&mut NetworkConfig)| {
        let mut config = NetworkConfig::new([1; 32], FederationId::open("test"));
        change(&mut config);
        Network::start(config).unwrap_err().to_string()
    };
    assert_eq!(
        error(|config| config.listen = vec!["0.0.0.0:4001".to_owned()]),
        "0.0.0.0:4001 is not an address to listen on: invalid multiaddr; \
         one looks like /ip4/0.0.0.0/tcp/4001"
    );
    assert_eq!(
        error(|config| config.peers = vec!["vattnet".to_owned()]),
        "vattnet is not the address of a peer: invalid multiaddr; \
         one looks like /dns/node.example.org/tcp/4001"
    );
    assert_eq!(
        error(|config| config.external = vec!["/ip4/0.0.0.0/tcp/4001".to_owned()]),
        "/ip4/0.0.0.0/tcp/4001 is not an address others can reach us at: it names no place \
         that can be dialled; one looks like /dns/node.example.org/tcp/4001"
    );
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut config = NetworkConfig::new([1; 32], FederationId::open("test"));
    config.listen = vec![format!("/ip4/127.0.0.1/tcp/{port}")];
    let error = Network::start(config).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot listen on /ip4/127.0.0.1/tcp/{port}: ")), "{error}");
}

#[tokio::test]
async fn an_address_that_another_node_listens_at_is_refused() {
    let over_tcp = |number: u8, listen: String| NetworkConfig {
        listen: vec![listen],
        ..NetworkConfig::new([number; 32], FederationId::open("test"))
    };
    let (_network, address) = start(over_tcp(1, "/ip4/127.0.0.1/tcp/0".to_owned())).await;
    let (place, _) = address.split_once("/p2p/").unwrap();
    let error = Network::start(over_tcp(2, place.to_owned())).unwrap_err().to_string();
    assert!(error.contains(place), "{error}");
}

#[tokio::test]
async fn bytes_are_counted_on_both_sides_and_by_peer() {
    let (mut a, _) = start(config(1)).await;
    let (mut b, address) = start(config(2)).await;
    connect(&mut a, &mut b, &address).await;
    let (from_a, to_b) = (a.bytes(&b.node_id()), b.bytes(&a.node_id()));
    let page = |record: Vec<u8>| {
        Response::Page(Page { head: vec![9; 300], records: vec![record], more: false })
    };
    let since = Request::Since { agency: AgencyId::from_bytes([5; 32]), after: Position::START };
    ask(&mut a, &mut b, 1, since, page(noise_bytes(500_000))).await;
    let received = a.bytes(&b.node_id()).received - from_a.received;
    let sent = b.bytes(&a.node_id()).sent - to_b.sent;
    // The page, its envelope, and what pings and gossip say meanwhile.
    assert!((500_000..520_000).contains(&received), "{received}");
    assert!((500_000..520_000).contains(&sent), "{sent}");
    assert_eq!(a.bytes(&a.node_id()), Bytes::default());
    assert!(a.bytes_total().received >= received);
}

#[tokio::test]
async fn a_peer_that_takes_no_answers_gets_two_pages_and_others_still_get_theirs() {
    let (mut a, _) = start(config(1)).await;
    let (mut b, address) = start(config(2)).await;
    let (mut c, _) = start(config(3)).await;
    connect(&mut a, &mut b, &address).await;
    connect(&mut c, &mut b, &address).await;
    let since = Request::Since { agency: AgencyId::from_bytes([5; 32]), after: Position::START };
    for id in 0..6 {
        a.request(b.node_id(), id, since.clone());
    }
    let mut tokens = Vec::new();
    // Two come; the third only when one of them is answered.
    run(&mut [&mut a, &mut b], |_, event| {
        if let NetworkEvent::Requested { token, .. } = event {
            tokens.push(token);
        }
        (tokens.len() == 2).then_some(())
    })
    .await;
    // What is no page passes by, and so do the pages of others.
    a.request(b.node_id(), 9, status());
    c.request(b.node_id(), 1, since.clone());
    let from_c = c.node_id();
    let mut others = 0;
    run(&mut [&mut a, &mut b, &mut c], |_, event| {
        if let NetworkEvent::Requested { from, request, .. } = event {
            assert!(from == from_c || request == status(), "a third page at once");
            others += 1;
        }
        (others == 2).then_some(())
    })
    .await;
    let mut answered = 0;
    while answered < 6 {
        for token in tokens.drain(..) {
            b.respond(token, Response::NotReady);
        }
        run(&mut [&mut a, &mut b], |_, event| match event {
            NetworkEvent::Requested { token, .. } => {
                tokens.push(token);
                Some(())
            }
            NetworkEvent::Answered { .. } => {
                answered += 1;
                Some(())
            }
            NetworkEvent::Failed { reason, .. } => panic!("{reason}"),
            _ => None,
        })
        .await;
    }
    assert_eq!(b.dropped(), Dropped::default());
}

#[tokio::test]
async fn a_hushed_peer_is_not_heard_and_still_answered() {
    let (mut a, _) = start(config(1)).await;
    let (mut b, address) = start(config(2)).await;
    connect(&mut a, &mut b, &address).await;
    // Gossip needs a moment to know who listens: announce until it is heard.
    let mut number = 0_u32;
    let mut heard = 0;
    while heard == 0 {
        number += 1;
        assert!(number < 1_000_000, "nothing is ever heard");
        a.announce(number.to_be_bytes().to_vec());
        ask_and_count(&mut a, &mut b, u64::from(number), &mut heard).await;
    }
    b.hush(a.node_id(), PATIENCE * 10);
    heard = 0;
    for _ in 0..50 {
        number += 1;
        a.announce(number.to_be_bytes().to_vec());
        ask_and_count(&mut a, &mut b, u64::from(number), &mut heard).await;
    }
    assert!(heard <= 1, "{heard} heard: one may have been on its way");
    assert_eq!(b.dropped().hushed, 1);
}

/// Asks and is answered, and counts the announcements that came meanwhile.
async fn ask_and_count(a: &mut Network, b: &mut Network, id: u64, heard: &mut u32) {
    a.request(b.node_id(), id, status());
    loop {
        let token = run(&mut [&mut *a, &mut *b], |_, event| match event {
            NetworkEvent::Requested { token, .. } => Some(Some(token)),
            NetworkEvent::Announced { .. } => {
                *heard += 1;
                None
            }
            NetworkEvent::Answered { .. } => Some(None),
            NetworkEvent::Failed { reason, .. } => panic!("{reason}"),
            _ => None,
        })
        .await;
        match token {
            Some(token) => b.respond(token, Response::Same),
            None => return,
        }
    }
}
