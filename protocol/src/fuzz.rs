//! What must hold for any bytes that a stranger sends: one function for each
//! decoder.
//!
//! They stand here, behind the feature `fuzz`, and not in the folder `fuzz/`,
//! because two call them: the fuzzers there, built by another workspace with
//! other flags, and the tests of this crate, which run every file of the corpus
//! through the same function on any toolchain. Here they also reach what is not
//! public: the codec and COSE.
//!
//! Invariant: a function panics only when its decoder breaks a promise: that it
//! returns, that each value has one form, that what it read is within
//! [limits](crate::limits), that a signature holds for one key, one type and one
//! federation.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_bytes::{ByteArray, ByteBuf};

use crate::agency::{Agency, Keys, Signer};
use crate::catalogue::Catalogue;
use crate::codec::{self, CodecError};
use crate::cose::{self, Domain};
use crate::dcat::{Agent, Resource};
use crate::description::Description;
use crate::head::Head;
use crate::id::{AgencyId, Digest, EntityId, FederationId, HeadId, NodeId, RecordId};
use crate::key::SecretKey;
use crate::limits::{
    AGENCIES_PER_MESSAGE_MAX, ANNOUNCEMENT_BYTES_MAX, DESCRIPTION_BYTES_MAX, HEAD_BYTES_MAX,
    HEADS_PER_MESSAGE_MAX, MESSAGE_BYTES_MAX, POSITIONS_PER_REQUEST_MAX, RECORD_BYTES_MAX,
    RECOVERY_KEYS_MAX, STATEMENT_BYTES_MAX, STATEMENTS_MAX, TRIPLES_MAX,
};
use crate::record::{Position, Record, RecordKind, Statement, Withdrawal};
use crate::time::Timestamp;
use crate::wire::{BUCKETS, Gossip, Request, Response, encode_acts, encode_application};

mod council;
mod replica;

pub use council::{act, card};
pub use replica::replica;

/// Every function here by its name, which is also the name of its fuzzer and of
/// its corpus.
pub const TARGETS: &[Target] = &[
    ("act", act),
    ("agency", agency),
    ("announcement", announcement),
    ("card", card),
    ("catalogue", catalogue),
    ("codec", codec),
    ("cose", cose),
    ("description", description),
    ("head", head),
    ("id", id),
    ("record", record),
    ("replica", replica),
    ("request", request),
    ("response", response),
    ("withdrawal", withdrawal),
];

/// A name and its function.
pub type Target = (&'static str, fn(&[u8]));

/// When everything here is signed.
const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_123);

/// The IRI of the entity whose records are made of a fuzzer's bytes.
const IRI: &str = "https://data.example.se/luft";

/// An agency with its key, and keys and a federation that are not its own. They
/// are those of the golden files, so that what these hold verifies here.
struct Scene {
    federation: FederationId,
    elsewhere: FederationId,
    agency: Agency,
    signer: Signer,
    key: SecretKey,
    foreign: Agency,
    foreign_key: SecretKey,
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let federation = FederationId::open("golden");
    let [key, foreign_key] = [1, 7].map(|byte| SecretKey::from_bytes(&[byte; 32]));
    let (agency, signer) = open(&key);
    let (foreign, _) = open(&foreign_key);
    let elsewhere = FederationId::open("elsewhere");
    Scene { federation, elsewhere, agency, signer, key, foreign, foreign_key }
});

/// Returns the agency that begins with this key.
fn open(key: &SecretKey) -> (Agency, Signer) {
    let inception = Keys {
        key: key.public(),
        next_key_commitment: SecretKey::from_bytes(&[2; 32]).public().commitment(),
        recovery_threshold: 1,
        recovery_keys: [3, 4].map(|byte| SecretKey::from_bytes(&[byte; 32]).public()).into(),
        issued_at: NOW,
    };
    let statements = vec![inception.sign_inception(key)];
    let agency = Agency::open(statements).expect("an inception we signed");
    let signer = Signer::new(&agency, key.clone()).expect("the key we signed with");
    (agency, signer)
}

/// Returns the one form of a `COSE_Sign1`, whatever the signature is worth.
fn envelope(payload: &[u8], signature: &[u8; 64]) -> Vec<u8> {
    let header: BTreeMap<u8, u8> = BTreeMap::new();
    let (protected, payload) = (ByteBuf::from([0xa1, 0x01, 0x27]), ByteBuf::from(payload));
    let sign1 = codec::encode(&(protected, header, payload, ByteArray::new(*signature)));
    [&[0xd2], &*sign1].concat()
}

/// Checks that what was read from `data` is written as the same bytes, and that
/// `data` was not longer than it may be.
fn one_form(data: &[u8], written: &[u8], bytes_max: usize) {
    assert!(written == data, "read from one form and written in another");
    assert!(data.len() <= bytes_max, "{} bytes were read, of at most {bytes_max}", data.len());
}

/// A request, as bytes.
pub fn request(data: &[u8]) {
    let Ok(request) = Request::decode(data) else { return };
    let own = request.encode();
    assert_eq!(own, data, "another form of the same request");
    if let Request::Membership(_) = request {
        return; // Its fields come after two bytes that say the kind.
    }
    // The byte of the kind is not counted.
    one_form(data, &own, MESSAGE_BYTES_MAX + 1);
    let (count, count_max) = match &request {
        Request::Summaries { buckets } => (buckets.len(), BUCKETS),
        Request::Heads { agencies } => (agencies.len(), AGENCIES_PER_MESSAGE_MAX),
        Request::Records { positions, .. } => (positions.len(), POSITIONS_PER_REQUEST_MAX),
        Request::Status { .. }
        | Request::Since { .. }
        | Request::Map { .. }
        | Request::Membership(_) => (0, 0),
    };
    assert!(count <= count_max, "a list of {count}, of at most {count_max}");
}

/// A response, as bytes.
pub fn response(data: &[u8]) {
    let Ok(response) = Response::decode(data) else { return };
    let own = response.encode();
    assert_eq!(own, data, "another form of the same response");
    if let Response::Membership(_) = response {
        return; // Its fields come after two bytes that say the kind.
    }
    one_form(data, &own, MESSAGE_BYTES_MAX + 1);
    if let Response::Heads(heads) = &response {
        assert!(heads.len() <= HEADS_PER_MESSAGE_MAX);
    }
    if let Response::Buckets(buckets) = &response {
        assert_eq!(buckets.len(), BUCKETS);
    }
}

/// What comes by gossip, as bytes.
pub fn announcement(data: &[u8]) {
    let Ok(gossip) = Gossip::decode(data) else { return };
    let (bytes, statements) = match &gossip {
        Gossip::Announcement(announcement) => (announcement.encode(), &announcement.statements),
        Gossip::Fork(proof) => (proof.encode(), &proof.statements),
        Gossip::Acts(acts) => (encode_acts(acts), &Vec::new()),
        Gossip::Application(card) => (encode_application(card), &Vec::new()),
    };
    one_form(data, &bytes, ANNOUNCEMENT_BYTES_MAX);
    assert!(statements.len() <= STATEMENTS_MAX);
}

/// A record: the bytes as such, as what is signed in one, and as its body.
pub fn record(data: &[u8]) {
    record_as_sent(data);
    if record_as_sent(&envelope(data, &[0; 64])) {
        signed_by_one_key(Domain::Record, data, |bytes| {
            let record = Record::decode(bytes).expect("the signature changes no form");
            record.verify(&SCENE.agency, &SCENE.federation).is_ok()
        });
    }
    if data.len() <= DESCRIPTION_BYTES_MAX {
        record_with_body(data);
    }
}

/// Returns whether the bytes have the form of a record.
fn record_as_sent(bytes: &[u8]) -> bool {
    let Ok(record) = Record::decode(bytes.to_vec()) else { return false };
    one_form(bytes, record.bytes(), RECORD_BYTES_MAX);
    assert_eq!(record.id(), RecordId::of(bytes));
    assert!(record.position() > Position::START);
    assert!(record.verify(&SCENE.foreign, &SCENE.federation).is_err());
    assert!(record.verify(&SCENE.agency, &SCENE.elsewhere).is_err());
    if record.verify(&SCENE.agency, &SCENE.federation).is_ok() {
        assert_eq!(record.agency(), SCENE.agency.id());
        let iri = record.iri().expect("the body of what verifies can be read");
        let is_named =
            iri.is_none_or(|iri| EntityId::of(&record.agency(), &iri) == record.entity());
        assert!(is_named, "a record about something else than its body");
    }
    true
}

/// Records of each form of body hold exactly where the body is of that form and
/// about their entity.
fn record_with_body(body: &[u8]) {
    let (description, withdrawal) = (Description::decode(body), Withdrawal::decode(body));
    // Signing takes a hundred times as long as seeing that a body has no form.
    if description.is_err() && withdrawal.is_err() && !body.len().is_multiple_of(16) {
        return;
    }
    let described = description.is_ok_and(|found| found.iri() == IRI);
    let withdrawn = withdrawal.is_ok_and(|found| found.iri == IRI);
    let kinds = [
        (RecordKind::Dataset, described),
        (RecordKind::Withdrawal, withdrawn),
        (RecordKind::Later(200), true),
    ];
    for (kind, holds) in kinds {
        let statement = Statement { iri: IRI.to_owned(), kind, body: body.to_vec() };
        let position = Position::START.next();
        let record = Record::sign(&SCENE.signer, &SCENE.federation, position, &statement, NOW);
        let verified = record.verify(&SCENE.agency, &SCENE.federation);
        assert_eq!(verified.is_ok(), holds, "{kind:?}: {verified:?}");
        assert_eq!(record.body(), body);
    }
}

/// Whether a payload holds may depend on much, but only our key, in our
/// federation, over this type can make it hold.
fn signed_by_one_key(domain: Domain, payload: &[u8], holds: impl Fn(Vec<u8>) -> bool) {
    let other = if domain == Domain::Head { Domain::Record } else { Domain::Head };
    let Scene { federation, elsewhere, key, foreign_key, .. } = &*SCENE;
    let sign = |key, domain, place| cose::sign(key, domain, place, payload.to_vec());
    let honest = sign(key, domain, federation);
    let held = holds(honest.clone());
    for forged in [
        sign(foreign_key, domain, federation),
        sign(key, other, federation),
        sign(key, domain, elsewhere),
        envelope(payload, &[0; 64]),
    ] {
        assert!(!holds(forged), "a signature that is not the agency's was accepted");
    }
    if held && let Some((last, rest)) = honest.split_last() {
        assert!(!holds([rest, &[last ^ 1]].concat()), "a damaged signature was accepted");
    }
}

/// A head: the bytes as such, and as what is signed in one.
pub fn head(data: &[u8]) {
    head_as_sent(data);
    if head_as_sent(&envelope(data, &[0; 64])) {
        signed_by_one_key(Domain::Head, data, |bytes| {
            let head = Head::decode(bytes).expect("the signature changes no form");
            head.verify(&SCENE.agency, &SCENE.federation).is_ok()
        });
    }
}

fn head_as_sent(bytes: &[u8]) -> bool {
    let Ok(head) = Head::decode(bytes.to_vec()) else { return false };
    one_form(bytes, head.bytes(), HEAD_BYTES_MAX);
    assert_eq!((head.rank().position, head.rank().id), (head.position(), HeadId::of(bytes)));
    assert_eq!(head.commitment().position, head.position());
    assert!(head.verify(&SCENE.foreign, &SCENE.federation).is_err());
    assert!(head.verify(&SCENE.agency, &SCENE.elsewhere).is_err());
    let _ = head.verify(&SCENE.agency, &SCENE.federation);
    true
}

/// The statements of an agency: one as such, one as what is signed in it, and
/// several, each after its length in two bytes.
pub fn agency(data: &[u8]) {
    agency_as_sent(vec![data.to_vec()]);
    let anywhere = &FederationId::ANY;
    let signed = cose::sign(&SCENE.key, Domain::Inception, anywhere, data.to_vec());
    if agency_as_sent(vec![signed]) {
        let Scene { federation, key, foreign_key, .. } = &*SCENE;
        for forged in [
            cose::sign(foreign_key, Domain::Inception, anywhere, data.to_vec()),
            cose::sign(key, Domain::Inception, federation, data.to_vec()),
            cose::sign(key, Domain::Head, anywhere, data.to_vec()),
        ] {
            assert!(!agency_as_sent(vec![forged]), "a forged inception was accepted");
        }
    }
    let mut rest = data;
    let mut statements = Vec::new();
    while let Some((&[high, low], after)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes([high, low])).min(after.len());
        let (statement, after) = after.split_at(length);
        statements.push(statement.to_vec());
        rest = after;
    }
    agency_as_sent(statements);
}

fn agency_as_sent(statements: Vec<Vec<u8>>) -> bool {
    let sent = statements.clone();
    let Ok(agency) = Agency::open(statements) else { return false };
    assert_eq!(agency.statements(), sent);
    assert!(sent.len() <= STATEMENTS_MAX);
    assert!(sent.iter().all(|statement| statement.len() <= STATEMENT_BYTES_MAX));
    let first = sent.first().expect("an agency has an inception");
    assert_eq!(agency.id(), AgencyId::of_inception(first));
    for (keys, _) in agency.history() {
        assert!(keys.recovery_keys.len() <= RECOVERY_KEYS_MAX);
        assert!(usize::from(keys.recovery_threshold) <= keys.recovery_keys.len());
    }
    true
}

/// A description, and all that is read from one.
pub fn description(data: &[u8]) {
    let Ok(description) = Description::decode(data) else { return };
    one_form(data, &description.encode(), DESCRIPTION_BYTES_MAX);
    assert!(description.triples().count() <= TRIPLES_MAX);
    for (subject, predicate, object) in description.triples() {
        let found = description.objects(subject, predicate);
        assert!(found.binary_search(object).is_ok(), "a value that cannot be found again");
    }
    let triples = description.triples().map(|(subject, predicate, object)| {
        (subject.clone(), predicate.to_owned(), object.clone())
    });
    let again = Description::new(description.iri(), triples);
    assert_eq!(again.as_ref(), Ok(&description), "the same triples make another description");
    let resource = Resource::of(&description);
    assert_eq!(resource.iri, description.iri());
    drop((resource.title_in(&["sv", "en"]).map(str::to_owned), Agent::of(&description)));
}

/// The body of a withdrawal.
pub fn withdrawal(data: &[u8]) {
    if let Ok(withdrawal) = Withdrawal::decode(data) {
        one_form(data, &withdrawal.encode(), RECORD_BYTES_MAX);
    }
}

/// A `COSE_Sign1` of any content.
pub fn cose(data: &[u8]) {
    for bytes_max in [HEAD_BYTES_MAX, RECORD_BYTES_MAX] {
        let Ok(opened) = cose::open(data, bytes_max) else { continue };
        one_form(data, &envelope(&opened.payload, &opened.signature), bytes_max);
        assert!(cose::open(&[data, &[0]].concat(), RECORD_BYTES_MAX).is_err());
    }
}

/// The codec, for values of all the forms we use.
pub fn codec(data: &[u8]) {
    strict::<u64>(data);
    strict::<(u8, Option<String>, bool)>(data);
    strict::<Vec<ByteBuf>>(data);
    strict::<Vec<(u32, u64)>>(data);
    strict::<(ByteArray<8>, BTreeMap<u8, u8>)>(data);
    strict::<Vec<Vec<Option<AgencyId>>>>(data);
}

/// Each value has one form, and no form is the beginning of another.
fn strict<T: Serialize + DeserializeOwned>(data: &[u8]) {
    const MAX: usize = 4096;
    let Ok(value) = codec::decode::<T>(data, MAX) else { return };
    one_form(data, &codec::encode(&value), MAX);
    let (_, shorter) = data.split_last().expect("nothing is read from no bytes");
    assert!(codec::decode::<T>(shorter, MAX).is_err(), "read without its last byte");
    assert!(codec::decode::<T>(&[data, &[0]].concat(), MAX + 1).is_err(), "read with one more");
    let too_large = codec::decode::<T>(data, data.len() - 1).err();
    assert!(matches!(too_large, Some(CodecError::TooLarge { .. })), "{too_large:?}");
}

/// A catalogue as it is saved.
pub fn catalogue(data: &[u8]) {
    if let Ok(catalogue) = Catalogue::decode(data, &SCENE.federation) {
        let saved = catalogue.encode();
        // Unless a head was left out, which does not verify.
        assert!(saved == data || saved.len() < data.len(), "saved in another form");
        assert_eq!(Catalogue::decode(&saved, &SCENE.federation).as_ref(), Ok(&catalogue));
        let has_head = catalogue.head.is_some() || catalogue.claimed.is_some();
        let elsewhere = Catalogue::decode(data, &SCENE.elsewhere);
        assert!(!has_head || elsewhere.is_ok_and(|held| held.head.is_none()));
        assert!(
            catalogue.is_complete() == (catalogue.head.is_some() && catalogue.claimed.is_none())
        );
    }
}

/// Identifiers and times, as text.
pub fn id(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let lower = text.to_ascii_lowercase();
    macro_rules! one_text {
        ($($name:ident),*) => {$(
            if let Ok(id) = text.parse::<$name>() {
                assert_eq!(id.to_string(), lower);
                assert_eq!(text.len(), $name::BYTES * 2);
                assert!(lower.starts_with(&id.short()));
            }
        )*};
    }
    one_text!(AgencyId, Digest, EntityId, FederationId, HeadId, NodeId, RecordId);
    if let Some(moment) = Timestamp::parse_rfc3339(text) {
        assert_eq!(Timestamp::parse_rfc3339(&moment.to_string()), Some(moment));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn golden(text: &str) -> Vec<u8> {
        let digits: String = text.split_whitespace().collect();
        data_encoding::HEXLOWER.decode(digits.as_bytes()).unwrap()
    }

    /// Otherwise no fuzzer would get past a signature.
    #[test]
    fn what_the_golden_files_hold_is_signed_by_the_agency_of_the_scene() {
        let record = golden(include_str!("../tests/golden/record-dataset.hex"));
        let record = Record::decode(record).unwrap();
        record.verify(&SCENE.agency, &SCENE.federation).unwrap();
        let head = Head::decode(golden(include_str!("../tests/golden/head.hex"))).unwrap();
        head.verify(&SCENE.agency, &SCENE.federation).unwrap();
    }

    #[test]
    fn a_broken_promise_is_noticed() {
        let forms: [(&[u8], &[u8], usize); 2] = [(b"a", b"b", 1), (b"ab", b"ab", 1)];
        for (data, written, bytes_max) in forms {
            std::panic::catch_unwind(|| one_form(data, written, bytes_max)).unwrap_err();
        }
        let anything = |_| true;
        std::panic::catch_unwind(|| signed_by_one_key(Domain::Record, b"", anything)).unwrap_err();
    }
}
