//! What holds for any bytes, any order and any history.

use std::collections::{BTreeMap, BTreeSet};

use dela_protocol::CodecError;
use dela_protocol::agency::Agency;
use dela_protocol::catalogue::Catalogue;
use dela_protocol::description::{Description, Node, Object, Triple};
use dela_protocol::federation::Federation;
use dela_protocol::head::{Head, HeadError};
use dela_protocol::id::{AgencyId, Digest, EntityId, HeadId, RecordId};
use dela_protocol::key::SecretKey;
use dela_protocol::limits::{
    AGENCIES_PER_MESSAGE_MAX, HEADS_PER_MESSAGE_MAX, MESSAGE_BYTES_MAX, NODE_RECORD_LIFETIME_MAX,
    POSITIONS_PER_MAP_MAX, POSITIONS_PER_REQUEST_MAX,
};
use dela_protocol::node_record::{NodeRecord, NodeStatement};
use dela_protocol::node_wire::{Known, NodesRequest, NodesResponse};
use dela_protocol::record::{Position, Record, RecordError, Statement, Withdrawal};
use dela_protocol::replica::Replica;
use dela_protocol::set_digest::SetDigest;
use dela_protocol::store::{MemoryStore, Store as _};
use dela_protocol::time::Timestamp;
use dela_protocol::wire::{AgencyHead, Announcement, BUCKETS, Page, Request, Response, Summary};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_bytes::{ByteArray, ByteBuf};

use crate::agencies::{START, Scribe, at, dataset, description, federation, withdrawal};

/// Reads bytes as everything a stranger can send or a disk can hold; all that
/// may not happen is a panic.
fn read_as_everything(bytes: &[u8]) {
    let federation = federation();
    if let Ok(record) = Record::decode(bytes.to_vec()) {
        assert_eq!(record.bytes(), bytes);
        drop((record.verify(&Scribe::new(1).agency, &federation), record.iri()));
    }
    if let Ok(head) = Head::decode(bytes.to_vec()) {
        assert_eq!(head.bytes(), bytes);
        let _ = head.verify(&Scribe::new(1).agency, &federation);
    }
    if let Ok(record) = NodeRecord::decode(bytes.to_vec()) {
        assert_eq!(record.bytes(), bytes);
        let _ = record.verify(&federation);
    }
    drop(Agency::open(vec![bytes.to_vec()]));
    same_bytes(bytes, NodesRequest::decode(bytes).map(|read| read.encode()));
    same_bytes(bytes, NodesResponse::decode(bytes).map(|read| read.encode()));
    same_bytes(bytes, Announcement::decode(bytes).map(|read| read.encode()));
    same_bytes(bytes, Request::decode(bytes).map(|read| read.encode()));
    same_bytes(bytes, Response::decode(bytes).map(|read| read.encode()));
    same_bytes(bytes, Description::decode(bytes).map(|read| read.encode()));
    same_bytes(bytes, Withdrawal::decode(bytes).map(|read| read.encode()));
    if let Ok(read) = Catalogue::decode(bytes, &federation) {
        // What does not verify was left out.
        let again = Catalogue::decode(&read.encode(), &federation);
        assert!(again.is_ok_and(|again| again == read));
    }
}

/// Whatever can be read is written as the same bytes.
fn same_bytes(bytes: &[u8], written: Result<Vec<u8>, CodecError>) {
    if let Ok(written) = written {
        assert_eq!(written, bytes, "read from one form and written in another");
    }
}

/// Returns the record of a node with these addresses, which holds for a week.
fn node_record(key: u8, issued_at: Timestamp, addresses: &[String]) -> NodeRecord {
    let statement = NodeStatement {
        agency: Some(Scribe::new(1).agency.id()),
        addresses: addresses.to_vec(),
        issued_at,
        expires_at: issued_at.after(NODE_RECORD_LIFETIME_MAX),
    };
    NodeRecord::sign(&SecretKey::from_bytes(&[key; 32]), &federation(), &statement).unwrap()
}

/// Returns one of each kind of object, encoded.
fn specimens() -> Vec<Vec<u8>> {
    let scribe = Scribe::new(1);
    let record = scribe.record(1, &dataset("luft", "Luft"));
    let records = [record.clone()];
    let head = scribe.head(2, HeadId::NONE, &records);
    let mut catalogue = Catalogue::new(scribe.agency.clone());
    catalogue.add(&record);
    catalogue.head = Some(head.clone());
    let agency = scribe.agency.id();
    let positions = vec![at(1), Position { epoch: 3, seq: 1 << 40 }];
    let bytes = head.bytes().to_vec();
    let statements = scribe.agency.statements().to_vec();
    let signed = vec![record.bytes().to_vec()];
    let summary = Summary(agency, 0, 1, 2, ByteArray::new([3; 8]));
    let node = node_record(1, START, &["/dns/node.example.se/tcp/4801".to_owned()]);
    let known = vec![Known::of(&node)];
    let of_nodes = vec![node.bytes().to_vec()];
    vec![
        node.bytes().to_vec(),
        NodesRequest::Compare { root: Digest::from_bytes([1; 32]) }.encode(),
        NodesRequest::Newer { buckets: vec![1, 2], known }.encode(),
        NodesResponse::Same.encode(),
        NodesResponse::Buckets(vec![[7; 8]; BUCKETS]).encode(),
        NodesResponse::Records { records: of_nodes, more: false }.encode(),
        scribe.agency.statements()[0].clone(),
        record.bytes().to_vec(),
        bytes.clone(),
        description("luft", "Luft").encode(),
        Withdrawal { iri: "urn:x".to_owned(), reason: "slut".to_owned() }.encode(),
        catalogue.encode(),
        scribe.announcement(&head, &records),
        Request::Status { root: Digest::from_bytes([1; 32]) }.encode(),
        Request::Summaries { buckets: vec![1, 2] }.encode(),
        Request::Heads { agencies: vec![agency] }.encode(),
        Request::Since { agency, after: at(5) }.encode(),
        Request::Map { agency, after: at(7) }.encode(),
        Request::Records { agency, positions: positions.clone() }.encode(),
        Response::Same.encode(),
        Response::Summaries(vec![summary]).encode(),
        Response::Heads(vec![AgencyHead { statements, head: bytes.clone() }]).encode(),
        Response::Page(Page { head: bytes.clone(), records: signed.clone(), more: true }).encode(),
        Response::NotReady.encode(),
        Response::Map { head: bytes.clone(), positions, more: true }.encode(),
        Response::Records { head: bytes, records: signed }.encode(),
    ]
}

/// Returns triples about `urn:entity`, with names and values of all forms.
fn triples() -> impl Strategy<Value = Vec<Triple>> {
    let object = prop_oneof![
        "urn:[a-c]".prop_map(Object::Iri),
        (0..4_u32).prop_map(Object::Blank),
        any::<String>().prop_map(Object::plain),
        ("[a-c]{0,3}", "[a-z]{2}").prop_map(|(text, tag)| Object::in_language(text, tag)),
        ("[0-9]{0,3}", "urn:t[a-c]").prop_map(|(text, kind)| Object::typed(text, kind)),
    ];
    let subject = prop_oneof![
        Just(Node::Iri("urn:entity".to_owned())),
        "urn:[a-c]".prop_map(Node::Iri),
        (0..4_u32).prop_map(Node::Blank),
    ];
    let some = vec((subject, "urn:p[a-d]", object.clone()), 0..24);
    (object, some).prop_map(|(first, mut triples)| {
        triples.push((Node::Iri("urn:entity".to_owned()), "urn:pa".to_owned(), first));
        triples
    })
}

/// What an agency does in a history: publish a dataset, or withdraw it.
#[derive(Debug, Clone)]
enum Deed {
    Publish(u8, u8),
    Withdraw(u8),
}

impl Deed {
    fn statement(&self) -> Statement {
        match self {
            Self::Publish(name, title) => dataset(&name.to_string(), &title.to_string()),
            Self::Withdraw(name) => withdrawal(&name.to_string()),
        }
    }
}

/// Returns publications, each of a few deeds.
fn history() -> impl Strategy<Value = Vec<Vec<Deed>>> {
    let deed = prop_oneof![
        3 => (0..12_u8, 0..4_u8).prop_map(|(name, title)| Deed::Publish(name, title)),
        1 => (0..12_u8).prop_map(Deed::Withdraw),
    ];
    vec(vec(deed, 1..5), 1..12)
}

fn publisher() -> Replica<MemoryStore> {
    let Scribe { agency, signer } = Scribe::new(1);
    Replica::open(
        MemoryStore::default(),
        Federation::open(federation()),
        Some((agency, signer)),
        1,
        START,
    )
    .unwrap()
}

fn publish(replica: &mut Replica<MemoryStore>, deeds: &[Deed]) {
    replica.publish(deeds.iter().map(Deed::statement).collect(), START).unwrap();
}

fn own(replica: &Replica<MemoryStore>) -> (AgencyId, &Catalogue) {
    let catalogue = replica.catalogues().next().unwrap();
    (catalogue.id(), catalogue)
}

fn digest<'a>(records: impl IntoIterator<Item = &'a RecordId>) -> Digest {
    let mut set = SetDigest::empty();
    for record in records {
        set.add(record);
    }
    set.digest()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_node_record_says_what_was_signed_and_any_changed_bit_is_found(
        addresses in vec("/dns/[a-z]{1,20}/tcp/[1-9][0-9]{0,3}", 0..=8_usize),
        millis in 0..u64::MAX / 2,
        bit in any::<Index>(),
    ) {
        let record = node_record(3, Timestamp::from_millis(millis), &addresses);
        prop_assert_eq!(record.addresses(), addresses);
        prop_assert_eq!(record.issued_at(), Timestamp::from_millis(millis));
        prop_assert!(record.verify(&federation()).is_ok());
        let mut bytes = record.bytes().to_vec();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let holds = NodeRecord::decode(bytes).is_ok_and(|it| it.verify(&federation()).is_ok());
        prop_assert!(!holds);
    }

    #[test]
    fn of_two_records_of_a_node_everybody_keeps_the_same(one in 0..3_u64, other in 0..3_u64) {
        let record = |at, name: &str| {
            node_record(3, Timestamp::from_millis(at), &[format!("/dns/{name}/tcp/1")])
        };
        let (one, other) = (record(one, "a"), record(other, "b"));
        prop_assert_eq!(one.rank() > other.rank(), Known::of(&other).is_older_than(&one));
        prop_assert_eq!(other.rank() > one.rank(), Known::of(&one).is_older_than(&other));
    }


    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in vec(any::<u8>(), 0..600)) {
        read_as_everything(&bytes);
    }

    #[test]
    fn no_damage_to_an_object_makes_a_decoder_panic(
        which in any::<Index>(),
        damage in vec((any::<Index>(), any::<u8>()), 1..6),
        cut in any::<Option<Index>>(),
    ) {
        let mut bytes = specimens().swap_remove(which.index(20));
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        read_as_everything(&bytes);
    }

    #[test]
    fn a_description_depends_on_neither_order_nor_repetition(
        (triples, shuffled) in triples().prop_flat_map(|triples| {
            (Just(triples.clone()), Just(triples).prop_shuffle())
        })
    ) {
        let one = Description::new("urn:entity", triples.clone()).unwrap();
        let other = Description::new("urn:entity", shuffled.into_iter().chain(triples)).unwrap();
        prop_assert_eq!(one.encode(), other.encode());
        prop_assert_eq!(Description::decode(&one.encode()), Ok(one));
    }

    #[test]
    fn what_is_signed_reads_as_what_was_said(
        epoch in any::<u32>(), seq in 1..u64::MAX, title in any::<String>()
    ) {
        let scribe = Scribe::new(1);
        let statement = dataset("luft", &title);
        let position = Position { epoch, seq };
        let record = scribe.record_at(position, &statement);
        let read = Record::decode(record.bytes().to_vec()).unwrap();
        read.verify(&scribe.agency, &federation()).unwrap();
        prop_assert_eq!((read.position(), read.body()), (position, &*statement.body));
        prop_assert_eq!(read.entity(), statement.entity(&scribe.agency.id()));
        let commitment = scribe.commitment(position, HeadId::of(b"x"), &[record]);
        let head = Head::sign(&scribe.signer, &federation(), &commitment);
        prop_assert_eq!(Head::decode(head.bytes().to_vec()).unwrap().commitment(), commitment);
    }

    #[test]
    fn messages_read_as_what_was_sent(
        positions in vec((any::<u32>(), any::<u64>()), 0..40),
        buffers in vec(vec(any::<u8>(), 0..40), 0..10),
        id in any::<[u8; 32]>(),
        more in any::<bool>(),
    ) {
        let agency = AgencyId::from_bytes(id);
        let positions: BTreeSet<Position> =
            positions.into_iter().map(|(epoch, seq)| Position { epoch, seq }).collect();
        let positions: Vec<Position> = positions.into_iter().collect();
        let head = id.to_vec();
        let announcement = Announcement {
            statements: buffers.clone(), head: head.clone(), records: buffers.clone(),
        };
        prop_assert_eq!(Announcement::decode(&announcement.encode()), Ok(announcement));
        let request = Request::Records { agency, positions: positions.clone() };
        prop_assert_eq!(Request::decode(&request.encode()), Ok(request));
        for response in [
            Response::Map { head: head.clone(), positions, more: false },
            Response::Records { head: head.clone(), records: buffers.clone() },
            Response::Page(Page { head: head.clone(), records: buffers.clone(), more }),
            Response::Heads(vec![AgencyHead { statements: buffers, head }]),
        ] {
            prop_assert_eq!(Response::decode(&response.encode()), Ok(response));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64, failure_persistence: None, ..ProptestConfig::default()
    })]

    /// An ascending scan to the head yields exactly the live set, even while
    /// the publisher keeps writing between the pages.
    #[test]
    fn the_changes_feed_yields_the_live_set_while_the_publisher_writes(
        history in history(), page_bytes in 1..3_000_usize
    ) {
        let mut replica = publisher();
        let mut history = history.into_iter();
        let mut taken: BTreeMap<EntityId, RecordId> = BTreeMap::new();
        let mut cursor = Position::START;
        publish(&mut replica, &history.next().unwrap());
        loop {
            let (agency, catalogue) = own(&replica);
            let head = catalogue.head.clone().unwrap();
            let page = replica.store().records_after(&agency, cursor, page_bytes).unwrap();
            for record in &page {
                prop_assert!(record.position() > cursor && record.position() < head.position());
                cursor = record.position();
                taken.insert(record.entity(), record.id());
            }
            match history.next() {
                Some(deeds) => publish(&mut replica, &deeds),
                None if page.is_empty() => {
                    prop_assert_eq!(digest(taken.values()), head.commitment().digest);
                    break;
                }
                None => {}
            }
        }
    }

    #[test]
    fn the_running_digest_and_counts_are_those_of_the_records_held(history in history()) {
        let mut replica = publisher();
        for deeds in history {
            publish(&mut replica, &deeds);
            let (agency, catalogue) = own(&replica);
            let records = replica.store().records_after(&agency, Position::START, usize::MAX);
            let records = records.unwrap();
            let mut again = Catalogue::new(catalogue.agency.clone());
            for record in &records {
                again.add(record);
            }
            prop_assert_eq!(&again.set, &catalogue.set);
            prop_assert_eq!(again.live_count, catalogue.live_count);
            prop_assert_eq!(again.withdrawal_count, catalogue.withdrawal_count);
            prop_assert_eq!(again.bytes, catalogue.bytes);
            prop_assert!(catalogue.fulfils(catalogue.head.as_ref().unwrap()));
        }
    }
}

/// Calls `refused` with every variant of `bytes` in which one bit is flipped.
fn flip_every_bit(bytes: &[u8], refused: impl Fn(Vec<u8>) -> bool) {
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(refused(flipped), "accepted with bit {bit} flipped");
    }
}

#[test]
fn a_signed_object_with_any_bit_flipped_is_refused() {
    let scribe = Scribe::new(1);
    let record = scribe.record(1, &dataset("luft", "Luft"));
    flip_every_bit(record.bytes(), |bytes| {
        Record::decode(bytes)
            .and_then(|record| record.verify(&scribe.agency, &federation()))
            .is_err()
    });
    let head = scribe.head(2, HeadId::NONE, &[record]);
    flip_every_bit(head.bytes(), |bytes| {
        Head::decode(bytes).and_then(|head| head.verify(&scribe.agency, &federation())).is_err()
    });
    flip_every_bit(&scribe.agency.statements()[0], |bytes| Agency::open(vec![bytes]).is_err());
}

/// Returns `bytes`, which begin with an array of fewer than 24 elements, with
/// that array in the other forms that mean the same.
fn other_forms(bytes: &[u8]) -> Vec<Vec<u8>> {
    let (&first, rest) = bytes.split_first().unwrap();
    assert!((0x80..0x98).contains(&first), "{first:02x} does not begin a short array");
    let count = first & 0x1f;
    vec![
        [&[0x98, count], rest].concat(),
        [&[0x99, 0, count], rest].concat(),
        [&[0x9f], rest, &[0xff]].concat(),
        [&[0xc1, first], rest].concat(),
        [&[first], rest, &[0]].concat(),
    ]
}

#[test]
fn only_the_deterministic_form_of_an_object_is_read() {
    for bytes in specimens() {
        // What goes before the array: COSE's tag, or a message's kind.
        let before = usize::from(bytes[0] == 0xd2 || bytes[0] < 9);
        let (before, array) = bytes.split_at(before);
        if array == [0xf6] {
            continue; // A message without fields: there is one null.
        }
        for form in other_forms(array) {
            let form = [before, &form].concat();
            assert!(Record::decode(form.clone()).is_err());
            assert!(Head::decode(form.clone()).is_err());
            assert!(Agency::open(vec![form.clone()]).is_err());
            assert!(Announcement::decode(&form).is_err());
            assert!(Request::decode(&form).is_err());
            assert!(Response::decode(&form).is_err());
            assert!(Description::decode(&form).is_err());
            assert!(Withdrawal::decode(&form).is_err());
            assert!(Catalogue::decode(&form, &federation()).is_err());
        }
    }
}

/// Returns a `COSE_Sign1` with its payload in the other forms.
fn other_payloads(bytes: &[u8]) -> Vec<Vec<u8>> {
    type Sign1 = (ByteBuf, BTreeMap<u8, u8>, ByteBuf, ByteBuf);
    let (protected, unprotected, payload, signature): Sign1 =
        serde_cbor::from_slice(&bytes[1..]).unwrap();
    let sign1 = |payload| {
        let parts = (&protected, &unprotected, ByteBuf::from(payload), &signature);
        [vec![0xd2], serde_cbor::to_vec(&parts).unwrap()].concat()
    };
    assert_eq!(sign1(payload.to_vec()), bytes);
    other_forms(&payload).into_iter().map(sign1).collect()
}

#[test]
fn only_the_deterministic_form_of_a_signed_payload_is_read() {
    let scribe = Scribe::new(1);
    let record = scribe.record(1, &dataset("luft", "Luft"));
    for form in other_payloads(record.bytes()) {
        let refused = Record::decode(form);
        assert!(matches!(refused, Err(RecordError::Codec(_))), "{refused:?}");
    }
    for form in other_payloads(scribe.head(2, HeadId::NONE, &[record]).bytes()) {
        let refused = Head::decode(form);
        assert!(matches!(refused, Err(HeadError::Codec(_))), "{refused:?}");
    }
    for form in other_payloads(&scribe.agency.statements()[0]) {
        assert!(Agency::open(vec![form]).is_err());
    }
}

/// A signature whose scalar has the group's order added verifies by the loose
/// rule: the same statement by other bytes, under another id.
#[test]
fn a_signature_cannot_be_turned_into_another_valid_one() {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let scribe = Scribe::new(1);
    let mut bytes = scribe.record(1, &dataset("luft", "Luft")).bytes().to_vec();
    let scalar = bytes.len() - 32;
    let mut carry = 0;
    for (byte, order) in bytes[scalar..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    let record = Record::decode(bytes).unwrap();
    assert!(matches!(record.verify(&scribe.agency, &federation()), Err(RecordError::Signature(_))));
}

#[test]
fn the_longest_map_fits_into_a_message() {
    // No two of these follow each other, and every gap takes two bytes.
    let positions: Vec<Position> =
        (0..POSITIONS_PER_MAP_MAX).map(|n| at(1 + 128 * u64::try_from(n).unwrap())).collect();
    let response = Response::Map { head: vec![0; 1024], positions, more: true };
    let bytes = response.encode();
    let (length, length_max) = (bytes.len(), MESSAGE_BYTES_MAX);
    assert!(length <= length_max, "{length} bytes, where {length_max} are read");
    assert_eq!(Response::decode(&bytes), Ok(response));
}

#[test]
fn lists_beyond_their_limits_are_not_read() {
    let agency = AgencyId::from_bytes([1; 32]);
    let positions = |count: usize| {
        let positions = (1..=u64::try_from(count).unwrap()).map(at).collect();
        Request::Records { agency, positions }
    };
    let agencies = |count| Request::Heads { agencies: vec![agency; count] };
    let buckets = |count| Request::Summaries { buckets: vec![1; count] };
    for (most, more) in [
        (positions(POSITIONS_PER_REQUEST_MAX), positions(POSITIONS_PER_REQUEST_MAX + 1)),
        (agencies(AGENCIES_PER_MESSAGE_MAX), agencies(AGENCIES_PER_MESSAGE_MAX + 1)),
        (buckets(BUCKETS), buckets(BUCKETS + 1)),
    ] {
        assert_eq!(Request::decode(&most.encode()), Ok(most));
        assert!(Request::decode(&more.encode()).is_err());
    }
    let heads = vec![AgencyHead { statements: vec![], head: vec![] }; HEADS_PER_MESSAGE_MAX + 1];
    assert!(Response::decode(&Response::Heads(heads).encode()).is_err());
    assert!(Response::decode(&Response::Buckets(vec![[0; 8]; BUCKETS - 1]).encode()).is_err());
}

#[test]
fn a_record_before_the_first_position_is_refused() {
    let record = Scribe::new(1).record(1, &dataset("luft", "Luft"));
    let bytes = record.bytes();
    // Version, agency and entity come before the epoch and the sequence number.
    let seq = bytes.windows(16).position(|window| window == record.entity().as_bytes()).unwrap();
    let seq = seq + 17;
    assert_eq!(bytes[seq], 1);
    let mut bytes = bytes.to_vec();
    bytes[seq] = 0;
    let refused = Record::decode(bytes);
    assert!(matches!(refused, Err(RecordError::Codec(_))), "{refused:?}");
}
