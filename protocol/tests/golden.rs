//! Golden bytes: what is signed, sent and kept, byte for byte.
//!
//! Each file in `golden/` holds one object made from fixed keys, in hexadecimal.
//! The object must encode to exactly the file, and the file must decode to
//! exactly the object. Where a new object has no file yet, the test writes it
//! and fails once.

use std::fs;
use std::path::PathBuf;

use dela_protocol::agency::{Agency, Keys, Signer};
use dela_protocol::catalogue::Catalogue;
use dela_protocol::description::{Description, Node, Object};
use dela_protocol::federation::Federation;
use dela_protocol::head::{Commitment, Head};
use dela_protocol::id::{AgencyId, Digest, EntityId, FederationId, HeadId, NodeId, RecordId};
use dela_protocol::key::SecretKey;
use dela_protocol::limits::AGENCIES_WITHOUT_BUCKETS_MAX;
use dela_protocol::node_record::{NodeRecord, NodeStatement};
use dela_protocol::node_wire::{self, Known, NodesRequest, NodesResponse};
use dela_protocol::record::{Position, Record, RecordKind, Statement, Withdrawal};
use dela_protocol::replica::{Input, Output, Replica};
use dela_protocol::set_digest::SetDigest;
use dela_protocol::store::{Batch, MemoryStore, Store as _};
use dela_protocol::time::Timestamp;
use dela_protocol::wire::{AgencyHead, Announcement, BUCKETS, Page, Request, Response, Summary};
use serde_bytes::ByteArray;

const WHEN: Timestamp = Timestamp::from_millis(1_790_000_000_123);

const WHY: &str = "These bytes are signed, on the wire or on disks, and may never change: an \
                   object of another form needs a new version beside the old one.";

const DATASET: &str = "https://data.example.se/luft";

fn federation() -> FederationId {
    FederationId::open("golden")
}

/// Compares `bytes` with the golden file and returns what the file holds.
fn golden(name: &str, bytes: &[u8]) -> Vec<u8> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.hex"));
    let Ok(text) = fs::read_to_string(&file) else {
        let digits = data_encoding::HEXLOWER.encode(bytes);
        let lines: Vec<&str> =
            digits.as_bytes().chunks(80).map(|line| core::str::from_utf8(line).unwrap()).collect();
        fs::write(&file, lines.join("\n") + "\n").unwrap();
        panic!("there was no golden file {name}.hex: it is written now. {WHY}");
    };
    let digits: String = text.split_whitespace().collect();
    let expected = data_encoding::HEXLOWER.decode(digits.as_bytes()).unwrap();
    assert!(
        bytes == expected,
        "{name} now encodes to other bytes than tests/golden/{name}.hex. {WHY}\n{}",
        data_encoding::HEXLOWER.encode(bytes)
    );
    expected
}

fn inception(key: &SecretKey) -> Keys {
    Keys {
        key: key.public(),
        next_key_commitment: SecretKey::from_bytes(&[2; 32]).public().commitment(),
        recovery_threshold: 1,
        recovery_keys: vec![
            SecretKey::from_bytes(&[3; 32]).public(),
            SecretKey::from_bytes(&[4; 32]).public(),
        ],
        issued_at: WHEN,
    }
}

fn agency() -> (Agency, Signer) {
    let key = SecretKey::from_bytes(&[1; 32]);
    let agency = Agency::open(vec![inception(&key).sign_inception(&key)]);
    let agency = agency.unwrap();
    let signer = Signer::new(&agency, key).unwrap();
    (agency, signer)
}

/// A description with every form of name and value there is.
fn description() -> Description {
    let entity = Node::Iri(DATASET.to_owned());
    let triples = [
        (entity.clone(), "http://purl.org/dc/terms/title", Object::in_language("Luft", "sv")),
        (entity.clone(), "http://purl.org/dc/terms/title", Object::in_language("Air", "en")),
        (entity.clone(), "http://purl.org/dc/terms/identifier", Object::plain("luft-1")),
        (
            entity.clone(),
            "http://purl.org/dc/terms/modified",
            Object::typed("2026-09-21", "http://www.w3.org/2001/XMLSchema#date"),
        ),
        (
            entity.clone(),
            "http://www.w3.org/ns/dcat#landingPage",
            Object::Iri("https://www.example.se/luft".to_owned()),
        ),
        (entity, "http://www.w3.org/ns/dcat#contactPoint", Object::Blank(0)),
        (
            Node::Blank(0),
            "http://www.w3.org/2006/vcard/ns#fn",
            Object::plain("Registrator vid Luftmyndigheten åäö"),
        ),
    ];
    let triples = triples.map(|(subject, predicate, object)| (subject, predicate.into(), object));
    Description::new(DATASET, triples).unwrap()
}

fn record(seq: u64, statement: &Statement) -> Record {
    let position = Position { epoch: 1, seq };
    Record::sign(&agency().1, &federation(), position, statement, WHEN)
}

fn commitment() -> Commitment {
    let record = record(1025, &Statement::describe(RecordKind::Dataset, &description()));
    let mut set = SetDigest::empty();
    set.add(&record.id());
    Commitment {
        position: Position { epoch: 1, seq: 1026 },
        floor: 7,
        live_count: 1,
        withdrawal_count: 0,
        bytes: 1_000,
        digest: set.digest(),
        previous: HeadId::of(b"the head before"),
        issued_at: WHEN,
        heartbeat_by: Timestamp::from_millis(1_790_093_600_123),
    }
}

fn head() -> Head {
    Head::sign(&agency().1, &federation(), &commitment())
}

#[test]
fn an_inception_keeps_its_bytes() {
    let key = SecretKey::from_bytes(&[1; 32]);
    let bytes = golden("inception", &inception(&key).sign_inception(&key));
    let agency = Agency::open(vec![bytes.clone()]).unwrap();
    assert_eq!(*agency.current(), inception(&key));
    assert_eq!(agency.id(), AgencyId::of_inception(&bytes));
}

#[test]
fn records_of_all_kinds_keep_their_bytes() {
    let kinds = [
        ("record-dataset", RecordKind::Dataset),
        ("record-service", RecordKind::DataService),
        ("record-series", RecordKind::DatasetSeries),
        ("record-catalogue", RecordKind::Catalogue),
        ("record-profile", RecordKind::Profile),
    ];
    let mut statements: Vec<(&str, Statement)> =
        kinds.map(|(name, kind)| (name, Statement::describe(kind, &description()))).into();
    statements.push(("record-withdrawal", Statement::withdraw(DATASET, "Ersatt av luft-2")));
    let later = RecordKind::Later(200);
    let iri = DATASET.to_owned();
    statements.push(("record-later", Statement { iri, kind: later, body: vec![1, 2, 3] }));
    for (name, statement) in statements {
        let signed = record(1025, &statement);
        let read = Record::decode(golden(name, signed.bytes())).unwrap();
        read.verify(&agency().0, &federation()).unwrap();
        assert_eq!(read, signed, "{name}");
        assert_eq!(read.kind(), statement.kind, "{name}");
        assert_eq!(read.body(), statement.body, "{name}");
        assert_eq!(read.position(), Position { epoch: 1, seq: 1025 }, "{name}");
        assert_eq!((read.issued_at(), read.key_index()), (WHEN, 0), "{name}");
        assert_eq!(read.id(), RecordId::of(signed.bytes()), "{name}");
    }
}

#[test]
fn a_head_keeps_its_bytes() {
    let read = Head::decode(golden("head", head().bytes())).unwrap();
    read.verify(&agency().0, &federation()).unwrap();
    assert_eq!(read, head());
    assert_eq!(read.commitment(), commitment());
}

#[test]
fn bodies_keep_their_bytes() {
    let bytes = golden("description", &description().encode());
    assert_eq!(Description::decode(&bytes), Ok(description()));
    let withdrawal = Withdrawal { iri: DATASET.to_owned(), reason: "Ersatt av luft-2".to_owned() };
    let bytes = golden("withdrawal", &withdrawal.encode());
    assert_eq!(Withdrawal::decode(&bytes), Ok(withdrawal));
}

#[test]
fn ids_and_digests_are_derived_as_ever() {
    let agency = agency().0.id();
    let record = record(1025, &Statement::describe(RecordKind::Dataset, &description()));
    let mut set = SetDigest::empty();
    set.add(&record.id());
    golden("id-federation", federation().as_bytes());
    golden("id-agency", agency.as_bytes());
    golden("id-entity", EntityId::of(&agency, DATASET).as_bytes());
    golden("id-record", record.id().as_bytes());
    golden("id-head", head().id().as_bytes());
    golden("key-commitment", &SecretKey::from_bytes(&[2; 32]).public().commitment());
    golden("set-digest", set.digest().as_bytes());
    golden("set-digest-of-nothing", SetDigest::empty().digest().as_bytes());
    let state: [u8; SetDigest::BYTES] = golden("set-state", &set.to_bytes()).try_into().unwrap();
    assert_eq!(SetDigest::from_bytes(&state), set);
}

#[test]
fn an_announcement_keeps_its_bytes() {
    let record = record(1025, &Statement::describe(RecordKind::Dataset, &description()));
    let announcement = Announcement {
        statements: agency().0.statements().to_vec(),
        head: head().bytes().to_vec(),
        records: vec![record.bytes().to_vec()],
    };
    let bytes = golden("announcement", &announcement.encode());
    assert_eq!(Announcement::decode(&bytes), Ok(announcement));
}

#[test]
fn requests_keep_their_bytes() {
    let agency = agency().0.id();
    let positions = vec![Position { epoch: 0, seq: 1 }, Position { epoch: 1, seq: 1025 }];
    let after = Position { epoch: 1, seq: 1024 };
    let requests = [
        ("request-status", Request::Status { root: Digest::from_bytes([5; 32]) }),
        ("request-summaries", Request::Summaries { buckets: vec![0, 9, 255] }),
        ("request-heads", Request::Heads { agencies: vec![agency] }),
        ("request-since", Request::Since { agency, after }),
        ("request-map", Request::Map { agency, after: Position { epoch: 1, seq: 7 } }),
        ("request-records", Request::Records { agency, positions }),
    ];
    for (name, request) in requests {
        let bytes = golden(name, &request.encode());
        assert_eq!(Request::decode(&bytes), Ok(request), "{name}");
    }
}

#[test]
fn responses_keep_their_bytes() {
    let statement = Statement::withdraw(DATASET, "");
    let records = vec![record(1025, &statement).bytes().to_vec()];
    let statements = agency().0.statements().to_vec();
    let head = head();
    let summary = Summary(head.agency(), 0, 1, 1026, ByteArray::new([8; 8]));
    let bytes = head.bytes().to_vec();
    let positions = vec![Position { epoch: 0, seq: 1 }, Position { epoch: 1, seq: 1025 }];
    let mut buckets = vec![[0; 8]; BUCKETS];
    buckets[9] = [6; 8];
    let page = Page { head: bytes.clone(), records: records.clone(), more: true };
    let heads = vec![AgencyHead { statements, head: bytes.clone() }];
    let responses = [
        ("response-same", Response::Same),
        ("response-buckets", Response::Buckets(buckets)),
        ("response-summaries", Response::Summaries(vec![summary])),
        ("response-heads", Response::Heads(heads)),
        ("response-page", Response::Page(page)),
        ("response-not-ready", Response::NotReady),
        ("response-map", Response::Map { head: bytes.clone(), positions, more: true }),
        ("response-records", Response::Records { head: bytes, records }),
    ];
    for (name, response) in responses {
        let bytes = golden(name, &response.encode());
        assert_eq!(Response::decode(&bytes), Ok(response), "{name}");
    }
}

#[test]
fn a_saved_catalogue_keeps_its_bytes() {
    let record = record(1025, &Statement::describe(RecordKind::Dataset, &description()));
    let mut catalogue = Catalogue::new(agency().0);
    let bytes = golden("catalogue-2-empty", &catalogue.encode());
    assert_eq!(Catalogue::decode(&bytes, &federation()), Ok(catalogue.clone()));
    catalogue.add(&record);
    catalogue.head = Some(head());
    catalogue.advance(head().position(), true);
    let claimed = Commitment { position: Position { epoch: 1, seq: 1030 }, ..commitment() };
    catalogue.claimed = Some(Head::sign(&agency().1, &federation(), &claimed));
    let bytes = golden("catalogue-2", &catalogue.encode());
    assert_eq!(Catalogue::decode(&bytes, &federation()), Ok(catalogue));
}

#[test]
fn the_roots_and_buckets_that_nodes_compare_are_derived_as_ever() {
    let mut store = MemoryStore::default();
    // One more agency than are listed without buckets.
    for number in 0..=u8::try_from(AGENCIES_WITHOUT_BUCKETS_MAX).unwrap() {
        let key = SecretKey::from_bytes(&[100 + number; 32]);
        let inception = inception(&key).sign_inception(&key);
        let agency = Agency::open(vec![inception]).unwrap();
        let signer = Signer::new(&agency, key).unwrap();
        let mut catalogue = Catalogue::new(agency);
        catalogue.head = Some(Head::sign(&signer, &federation(), &commitment()));
        store.commit(Batch::of(catalogue, WHEN)).unwrap();
    }
    let mut replica = Replica::open(store, Federation::open(federation()), None, 0, WHEN).unwrap();
    golden("root", replica.root().as_bytes());
    let request = Request::Status { root: Digest::from_bytes([0; 32]) };
    let asked = Input::Requested { from: NodeId::from_bytes([9; 32]), token: 0, request };
    let outputs = replica.handle(asked, WHEN).unwrap();
    let [Output::Respond { response, .. }] = outputs.as_slice() else { panic!("{outputs:?}") };
    golden("buckets", &response.encode());
}

fn node_records() -> Vec<NodeRecord> {
    let statement = |agency, addresses: &[&str]| NodeStatement {
        agency,
        addresses: addresses.iter().map(|address| (*address).to_owned()).collect(),
        issued_at: WHEN,
        expires_at: WHEN.after(dela_protocol::limits::NODE_RECORD_LIFETIME_MAX),
    };
    let statements = [
        statement(
            Some(agency().0.id()),
            &["/dns/node.example.se/tcp/4801", "/ip6/2001:db8::1/tcp/4801"],
        ),
        statement(None, &[]),
    ];
    let keys = [SecretKey::from_bytes(&[11; 32]), SecretKey::from_bytes(&[12; 32])];
    let pairs = keys.iter().zip(statements);
    let mut records: Vec<NodeRecord> =
        pairs.map(|(key, it)| NodeRecord::sign(key, &federation(), &it).unwrap()).collect();
    records.sort_by_key(NodeRecord::node);
    records
}

#[test]
fn node_records_and_their_digests_keep_their_bytes() {
    let records = node_records();
    for record in &records {
        let name = if record.agency().is_some() { "node-record" } else { "node-record-bare" };
        let read = NodeRecord::decode(golden(name, record.bytes())).unwrap();
        read.verify(&federation()).unwrap();
        assert_eq!(read, *record);
    }
    let ids: Vec<_> = records.iter().map(|record| (record.node(), record.id())).collect();
    golden("id-node-record", ids[0].1.as_bytes());
    let buckets = node_wire::bucket_digests(ids.iter().map(|(node, id)| (node, id)));
    golden("nodes-root", node_wire::root(&buckets).as_bytes());
}

#[test]
fn the_exchange_of_node_records_keeps_its_bytes() {
    let records = node_records();
    let root = Digest::from_bytes([5; 32]);
    let newer = NodesRequest::Newer {
        buckets: vec![0, 9, 255],
        known: records.iter().map(Known::of).collect(),
    };
    let requests =
        [("nodes-request-compare", NodesRequest::Compare { root }), ("nodes-request-newer", newer)];
    for (name, request) in requests {
        let bytes = golden(name, &request.encode());
        assert_eq!(NodesRequest::decode(&bytes), Ok(request), "{name}");
    }
    let ids: Vec<_> = records.iter().map(|record| (record.node(), record.id())).collect();
    let buckets = node_wire::bucket_digests(ids.iter().map(|(node, id)| (node, id)));
    let signed = records.iter().map(|record| record.bytes().to_vec()).collect();
    let responses = [
        ("nodes-response-same", NodesResponse::Same),
        ("nodes-response-buckets", NodesResponse::Buckets(buckets)),
        ("nodes-response-records", NodesResponse::Records { records: signed, more: true }),
    ];
    for (name, response) in responses {
        let bytes = golden(name, &response.encode());
        assert_eq!(NodesResponse::decode(&bytes), Ok(response), "{name}");
    }
}
