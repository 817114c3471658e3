//! The book against strangers, time and a damaged disk.

use dela_protocol::id::FederationId;
use dela_protocol::key::SecretKey;
use dela_protocol::limits::NODE_RECORD_LIFETIME_MAX;
use dela_protocol::node_record::NodeStatement;
use dela_protocol::node_wire::{NodesRequest, NodesResponse};

use super::*;

const WALL: Timestamp = Timestamp::from_millis(1_790_000_000_000);

fn federation() -> FederationId {
    FederationId::open("test")
}

fn secret(number: u16) -> SecretKey {
    let mut secret = [1; 32];
    secret[..2].copy_from_slice(&number.to_be_bytes());
    SecretKey::from_bytes(&secret)
}

fn peer(number: u16) -> PeerId {
    let node = dela_protocol::id::NodeId::from_bytes(*secret(number).public().as_bytes());
    address::peer_of(&node).unwrap()
}

fn place(text: &str) -> Multiaddr {
    text.parse().unwrap()
}

/// A record of a node, signed some seconds after the beginning.
fn record(number: u16, seconds: u64, addresses: &[&str]) -> NodeRecord {
    let issued_at = WALL.after(Duration::from_secs(seconds));
    let statement = NodeStatement {
        agency: None,
        addresses: addresses.iter().map(|address| (*address).to_owned()).collect(),
        issued_at,
        expires_at: issued_at.after(NODE_RECORD_LIFETIME_MAX),
    };
    NodeRecord::sign(&secret(number), &federation(), &statement).unwrap()
}

fn at(number: u16) -> String {
    let [high, low] = number.to_be_bytes();
    format!("/ip4/198.{high}.{low}.1/tcp/4801")
}

/// The record of a node in a network of its own.
fn ordinary(number: u16) -> NodeRecord {
    record(number, 0, &[&at(number)])
}

fn book() -> Book {
    Book::new(peer(0), TransportKind::Tcp)
}

fn now() -> Now {
    Now { wall: WALL, instant: Instant::now() }
}

/// Takes in a record told by a peer at that place, which is that number.
fn learn(book: &mut Book, record: NodeRecord, teller: u16, from: &str) -> Learnt {
    book.learn(record, (peer(teller), &place(from)), |_| false, now())
}

const FAR: &str = "/ip4/192.0.2.9/tcp/1";

#[test]
fn a_record_is_taken_in_where_it_is_new_holds_and_reaches_us() {
    let mut book = book();
    assert_eq!(learn(&mut book, ordinary(1), 9, FAR), Learnt::News);
    assert_eq!(learn(&mut book, ordinary(1), 9, FAR), Learnt::Nothing, "told before");
    let moved = record(1, 60, &["/ip4/192.0.2.44/tcp/1"]);
    assert_eq!(learn(&mut book, moved, 9, FAR), Learnt::News);
    assert_eq!(learn(&mut book, ordinary(1), 9, FAR), Learnt::Nothing, "older");
    let again = record(1, 90, &["/ip4/192.0.2.44/tcp/1"]);
    assert_eq!(learn(&mut book, again, 9, FAR), Learnt::Renewed);

    let private = record(2, 0, &["/ip4/10.0.0.1/tcp/1"]);
    assert_eq!(learn(&mut book, private.clone(), 9, FAR), Learnt::Nothing, "not theirs to know");
    assert_eq!(learn(&mut book, private, 9, "/ip4/10.0.0.7/tcp/1"), Learnt::News);

    let week = 7 * 24 * 60 * 60;
    let late = Now { wall: WALL.after(Duration::from_secs(week)), ..now() };
    let learnt = book.learn(ordinary(3), (peer(9), &place(FAR)), |_| false, late);
    assert_eq!(learnt, Learnt::Nothing, "ended");
    let future = record(3, week, &[]);
    assert_eq!(learn(&mut book, future, 9, FAR), Learnt::Nothing, "of next week");

    let own = record(0, 5, &[]);
    assert_eq!(learn(&mut book, own.clone(), 9, FAR), Learnt::Ours(own.issued_at()));
    book.introduce(own.clone());
    assert_eq!(learn(&mut book, own, 9, FAR), Learnt::Nothing);
    assert_eq!(book.entries.len(), 2);
}

#[test]
fn addresses_that_cannot_be_dialled_are_kept_for_others_and_not_dialled() {
    let mut book = book();
    let odd = record(1, 0, &["/ip4/192.0.2.1/udp/1/quic-v1", "/pigeon/post", "/ip4/0.0.0.0/tcp/1"]);
    assert_eq!(learn(&mut book, odd.clone(), 9, FAR), Learnt::News);
    let chosen = book.choose(|_| false, &BTreeSet::new(), &mut Chance::seeded(1), Instant::now());
    assert_eq!(chosen, None);
    let told = book.answer(&everything(), &place(FAR), WALL);
    assert_eq!(told, NodesResponse::Records { records: vec![odd.bytes().to_vec()], more: false });
}

fn everything() -> NodesRequest {
    NodesRequest::Newer { buckets: (0..=255).collect(), known: Vec::new() }
}

#[test]
fn a_flood_from_one_network_takes_half_the_book_and_gives_way_to_others() {
    let mut book = book();
    let half = u16::try_from(NODES_PER_SOURCE_MAX).unwrap();
    book.reached(peer(1), &place(&at(1)), WALL);
    // From many peers of one network: keys cost nothing.
    for number in 2..half + 100 {
        let from = format!("/ip4/192.0.{}.1/tcp/1", number % 250);
        learn(&mut book, ordinary(number), number, &from);
    }
    assert_eq!(book.entries.len(), NODES_PER_SOURCE_MAX + 1);
    // The other half is filled by another network, so that there is no room.
    for number in 10_000..10_000 + half {
        learn(&mut book, ordinary(number), 9, "/ip4/203.0.113.1/tcp/1");
    }
    assert_eq!(book.entries.len(), NODES_MAX);
    // Others are heard all the same, and the one that was reached stays.
    for number in 20_000..20_100 {
        assert_eq!(learn(&mut book, ordinary(number), 8, "/ip4/198.51.100.1/tcp/1"), Learnt::News);
    }
    assert_eq!(book.entries.len(), NODES_MAX);
    assert!(book.entries.contains_key(&peer(1)), "reached");
    assert_eq!((20_000..20_100).filter(|n| book.entries.contains_key(&peer(*n))).count(), 100);
    // Whom we connect to finds room too.
    book.reached(peer(30_000), &place(&at(30_000)), WALL);
    assert!(book.entries.contains_key(&peer(30_000)));
}

#[test]
fn what_fails_goes_first_and_seeds_never() {
    let mut book = book();
    let mut chance = Chance::seeded(1);
    for number in 1..=u16::try_from(NODES_MAX).unwrap() {
        // All from peers of our own site, which count one by one.
        let learnt = learn(&mut book, ordinary(number), number, "/ip4/10.0.0.7/tcp/1");
        assert_eq!(learnt, Learnt::News);
    }
    for failing in [17, 18] {
        for _ in 0..FAILURES_MAX {
            book.failed(&peer(failing), &mut chance, now());
        }
    }
    let seed = |it: &PeerId| *it == peer(17);
    let teller = (peer(60_000), &place("/ip4/10.0.0.7/tcp/1"));
    assert_eq!(book.learn(ordinary(50_000), teller, seed, now()), Learnt::News);
    assert!(book.entries.contains_key(&peer(17)) && !book.entries.contains_key(&peer(18)));
    // Nobody fails any more, and nobody has told more than one: no room.
    let teller = (peer(60_000), &place("/ip4/10.0.0.7/tcp/1"));
    assert_eq!(book.learn(ordinary(50_001), teller, seed, now()), Learnt::Nothing);
}

#[test]
fn the_place_where_a_node_answered_is_not_replaced_by_hearsay() {
    let mut book = book();
    let good = place("/ip4/192.0.2.1/tcp/4001");
    book.reached(peer(1), &good, WALL);
    for port in 1..50 {
        book.saw(peer(1), place(&format!("/ip4/192.0.2.1/tcp/{port}")), WALL);
    }
    learn(&mut book, record(1, 9, &["/ip4/192.0.2.77/tcp/1"]), 9, FAR);
    let addresses = book.entries[&peer(1)].addresses();
    assert_eq!(addresses, [good, place("/ip4/192.0.2.77/tcp/1")]);
    for port in 1..50 {
        book.reached(peer(1), &place(&format!("/ip4/192.0.2.1/tcp/{port}")), WALL);
    }
    assert_eq!(book.entries[&peer(1)].places.len(), PLACES_MAX);
}

/// Counts the tries until a node is forgotten, or for two days.
fn tries(book: &mut Book) -> (u32, Duration) {
    let mut chance = Chance::seeded(1);
    let start = now();
    let mut tries = 0;
    let mut after = Duration::ZERO;
    while !book.entries.is_empty() && after < Duration::from_secs(2 * 24 * 60 * 60) {
        let then = Now { wall: start.wall.after(after), instant: start.instant + after };
        if book.choose(|_| false, &BTreeSet::new(), &mut chance, then.instant).is_some() {
            tries += 1;
            book.failed(&peer(1), &mut chance, then);
        }
        after += Duration::from_secs(1);
    }
    (tries, after)
}

#[test]
fn a_node_that_never_answers_is_tried_less_and_less() {
    let mut book = book();
    book.saw(peer(1), place("/ip4/10.0.0.1/tcp/1"), WALL);
    let (count, after) = tries(&mut book);
    assert_eq!(count, FAILURES_MAX, "without a record it is forgotten");
    assert!(after > Duration::from_secs(10 * 60), "{after:?}");

    learn(&mut book, ordinary(1), 9, FAR);
    let (told, _) = tries(&mut book);
    assert!((40..80).contains(&told), "{told} tries in two days");
    let mut met = Book::new(peer(0), TransportKind::Tcp);
    met.reached(peer(1), &place(&at(1)), WALL);
    assert!(tries(&mut met).0 > 200, "who answered before is tried more often");
}

#[test]
fn a_new_place_of_our_own_or_of_theirs_forgives_what_failed() {
    let mut book = book();
    let mut chance = Chance::seeded(1);
    learn(&mut book, ordinary(1), 9, FAR);
    book.foreign(&peer(2), Instant::now());
    let due = |book: &Book| {
        book.choose(|_| false, &BTreeSet::new(), &mut Chance::seeded(1), Instant::now()).is_some()
    };
    book.failed(&peer(1), &mut chance, now());
    assert!(!due(&book));
    book.forgive();
    assert!(due(&book));
    book.failed(&peer(1), &mut chance, now());
    learn(&mut book, record(1, 60, &[&at(1)]), 9, FAR);
    assert!(!due(&book), "signed again and no other place");
    learn(&mut book, record(1, 90, &["/ip4/192.0.2.1/tcp/1"]), 9, FAR);
    assert!(due(&book));
    book.foreign(&peer(1), Instant::now());
    book.forgive();
    assert!(!due(&book), "none of ours wherever we are");
}

#[test]
fn a_node_that_hangs_up_at_once_is_not_dialled_at_once_again() {
    let mut book = book();
    let mut chance = Chance::seeded(1);
    let due = |book: &Book, now: Now| {
        let mut chance = Chance::seeded(1);
        book.choose(|_| false, &BTreeSet::new(), &mut chance, now.instant).is_some()
    };
    let start = now();
    book.reached(peer(1), &place(&at(1)), WALL);
    book.ended(&peer(1), Duration::from_secs(1), &mut chance, start);
    assert!(!due(&book, start));
    let later = Now { instant: start.instant + 2 * RETRY_AFTER_MAX, ..start };
    book.reached(peer(1), &place(&at(1)), WALL);
    book.ended(&peer(1), LASTING, &mut chance, later);
    assert!(due(&book, later));
}

#[test]
fn dials_are_spread_over_networks_and_half_of_them_go_to_who_answered() {
    let mut book = book();
    let mut chance = Chance::seeded(3);
    book.reached(peer(1), &place(&at(1)), WALL);
    // A flood of names in one network.
    for number in 2..1_000 {
        learn(&mut book, record(number, 0, &["/ip4/203.0.113.5/tcp/1"]), 9, FAR);
    }
    let mut met = 0;
    for _ in 0..1_000 {
        let choice = book.choose(|_| false, &BTreeSet::new(), &mut chance, Instant::now());
        met += usize::from(choice.unwrap().0 == peer(1));
    }
    assert!((400..600).contains(&met), "{met} of 1000");
    // One of them is connected: then another network is preferred.
    let near = book.groups([peer(2)].iter());
    for _ in 0..100 {
        let choice = book.choose(|_| false, &near, &mut chance, Instant::now());
        assert_eq!(choice.unwrap().0, peer(1));
    }
    // Where there is no other network, one makes do.
    let choice = book.choose(|it| *it == peer(1), &near, &mut chance, Instant::now());
    assert!(choice.is_some());
}

/// Lets one book fetch from another until it has all that it can get; returns
/// the number of questions.
fn fetch(to: &mut Book, from: &Book, see: &str) -> usize {
    let see = place(see);
    let NodesResponse::Buckets(theirs) = from.answer(&to.compare(&see, WALL), &see, WALL) else {
        return 1;
    };
    let buckets = to.differing(&theirs, &see, WALL);
    for asked in 2.. {
        let request = to.ask_newer(buckets.clone());
        let NodesResponse::Records { records, more } = from.answer(&request, &see, WALL) else {
            panic!("another answer");
        };
        for bytes in records {
            let record = NodeRecord::decode(bytes).unwrap();
            to.learn(record, (peer(9), &see), |_| false, now());
        }
        if !more {
            return asked;
        }
    }
    unreachable!()
}

#[test]
fn two_books_become_one_and_then_nothing_is_sent() {
    let (mut one, mut other) = (book(), Book::new(peer(1), TransportKind::Tcp));
    for number in 2..600 {
        learn(&mut one, ordinary(number), 9, FAR);
    }
    for number in 500..900 {
        let record = record(number, u64::from(number % 2), &[&at(number)]);
        learn(&mut other, record, 9, FAR);
    }
    learn(&mut one, record(901, 0, &["/ip4/10.0.0.1/tcp/1"]), 9, "/ip4/10.0.0.2/tcp/1");
    one.introduce(record(0, 0, &[]));
    other.introduce(record(1, 0, &[]));
    assert_eq!(fetch(&mut other, &one, FAR), 3, "499 records are two pages");
    assert!(fetch(&mut one, &other, FAR) > 1);
    assert_eq!(fetch(&mut one, &other, FAR), 1, "the same");
    assert_eq!(fetch(&mut other, &one, FAR), 1, "the same");
    let told = one.answer(&everything(), &place(FAR), WALL);
    assert!(matches!(told, NodesResponse::Records { more: true, .. }));
    assert_eq!(one.entries.len(), 899 + 1);
    assert_eq!(other.entries.len(), 899, "all but the private one");
    // After a week nothing of it is told any more.
    let late = WALL.after(Duration::from_secs(8 * 24 * 60 * 60));
    let told = one.answer(&everything(), &place(FAR), late);
    assert_eq!(told, NodesResponse::Records { records: Vec::new(), more: false });
}

fn saved() -> Book {
    let mut book = book();
    let mut chance = Chance::seeded(1);
    book.reached(peer(1), &place(&at(1)), WALL);
    learn(&mut book, ordinary(2), 9, FAR);
    book.failed(&peer(2), &mut chance, now());
    learn(&mut book, record(3, 0, &[]), 9, FAR);
    book
}

#[test]
fn a_book_comes_back_from_the_disk_and_its_nodes_are_due_however_long_ago() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("address-book");
    let saved = saved();
    file::write(&path, &saved.text()).unwrap();
    assert_eq!(file::count(&path).unwrap(), 3);
    let mut loaded = book();
    loaded.load(&path, &federation()).unwrap();
    assert_eq!(loaded.text(), saved.text());
    for number in [1, 2] {
        let taken = |it: &PeerId| *it != peer(number);
        let near = BTreeSet::new();
        let chosen = loaded.choose(taken, &near, &mut Chance::seeded(1), Instant::now());
        assert_eq!(chosen.unwrap().1, [place(&at(number))]);
    }
    // In another federation the records are worth nothing; the places are.
    let mut elsewhere = book();
    elsewhere.load(&path, &FederationId::open("other")).unwrap();
    assert!(elsewhere.entries.values().all(|entry| entry.record.is_none()));
}

#[test]
fn a_book_that_is_missing_is_empty_and_a_damaged_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("address-book");
    let load = || {
        let mut loaded = book();
        let result = loaded.load(&path, &federation()).map_err(|error| error.to_string());
        (result, loaded.entries.len())
    };
    assert_eq!(load(), (Ok(()), 0));
    let text = saved().text();
    let damage: [(String, &str); 5] = [
        (text.replace("4801", "4802"), "damaged"),
        (text[..text.len() - 1].to_owned(), "damaged"),
        (String::new(), "no address book"),
        (text.replace("book 1", "book 2"), "no address book"),
        ("x".repeat(20 << 20), "longer than"),
    ];
    for (text, reason) in damage {
        std::fs::write(&path, &text).unwrap();
        let (result, count) = load();
        let error = result.unwrap_err();
        assert!(error.contains(reason), "{error}");
        assert_eq!(count, 0);
    }
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(load().0.is_err());
}

#[test]
fn the_file_keeps_its_form() {
    let mut book = book();
    book.reached(peer(1), &place("/ip4/192.0.2.1/tcp/4801"), WALL);
    assert_eq!(
        book.text(),
        "dela address book 1 d376df4c524ba8e3a56fba072e94c2c42c1d3af93a29905c92bd2d9f08ca906d\n\
         [{\"node\":\"307b3bad651dcbd7741d4dabd2154d874b8ae7d5e1d14001541fcdba121eaec7\",\
         \"record\":\"\",\"places\":[\"/ip4/192.0.2.1/tcp/4801\"],\
         \"reached_at\":\"2026-09-21T14:13:20Z\",\"failed_at\":null,\"failures\":0}]",
        "another form needs another number in the first line, and the old one read beside it"
    );
}
