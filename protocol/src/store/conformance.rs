//! The checks every [`Store`] must pass, and the signed fixtures they use.
//!
//! Invariant: the suite knows a store only by its trait, so whatever passes
//! here can stand in for any other store, and a promise of the trait that no
//! check here covers is not a promise.
//!
//! Everything is deterministic: an agency is named by a number, and the same
//! number gives the same keys, the same agency and the same records.

use std::collections::BTreeSet;

use super::{Batch, HighWater, Standing, Store};
use crate::agency::{Agency, Keys, Signer};
use crate::catalogue::Catalogue;
use crate::description::{Description, Node, Object};
use crate::head::{Commitment, Head};
use crate::id::{AgencyId, Digest, EntityId, FederationId, HeadId};
use crate::key::SecretKey;
use crate::record::{Position, Record, RecordKind, Statement};
use crate::time::Timestamp;

/// Runs every check. `fresh` opens an empty store; `reopen` closes one without
/// any farewell and opens it again with what was flushed.
///
/// # Panics
///
/// Where the store breaks a promise.
pub fn check<S: Store>(mut fresh: impl FnMut() -> S, mut reopen: impl FnMut(S) -> S) {
    an_empty_store_knows_nothing(&fresh());
    a_batch_is_taken_whole(&mut fresh());
    the_newest_record_is_the_last_put(&mut fresh());
    an_entity_goes_only_with_its_newest_record(&mut fresh());
    removal_of_what_is_not_held_changes_nothing(&mut fresh());
    pages_follow_the_order_of_positions(&mut fresh());
    a_page_is_bounded_in_bytes_and_never_empty(&mut fresh());
    withdrawals_are_told_apart(&mut fresh());
    what_is_unverified_is_found_until_it_is_judged(&mut fresh());
    agencies_are_kept_apart(&mut fresh());
    catalogues_come_back_as_they_were(&mut fresh());
    records_come_back_as_they_were(&mut fresh());
    what_was_flushed_survives(fresh(), &mut reopen);
    the_high_water_mark_is_durable_at_once(fresh(), &mut reopen);
}

/// An agency that publishes in tests.
#[derive(Debug, Clone)]
pub struct Publisher {
    /// The federation it publishes in.
    pub federation: FederationId,
    /// Who it is.
    pub agency: Agency,
    signer: Signer,
}

impl Publisher {
    /// Returns the agency of that number, of the open federation
    /// `conformance`.
    pub fn numbered(number: u64) -> Self {
        let mut secret = [7; 32];
        for (to, from) in secret.iter_mut().zip(number.to_be_bytes()) {
            *to = from;
        }
        let key = SecretKey::from_bytes(&secret);
        let federation = FederationId::open("conformance");
        let inception = Keys {
            key: key.public(),
            next_key_commitment: key.public().commitment(),
            recovery_threshold: 0,
            recovery_keys: Vec::new(),
            issued_at: Timestamp::from_millis(1),
        };
        let agency = Agency::open(vec![inception.sign_inception(&key)])
            .expect("an inception we signed establishes its agency");
        let signer = Signer::new(&agency, key).expect("the agency was made with this key");
        Self { federation, agency, signer }
    }

    /// Returns its id.
    pub fn id(&self) -> AgencyId {
        self.agency.id()
    }

    /// Returns the id of the entity it describes under `iri`.
    pub fn entity(&self, iri: &str) -> EntityId {
        EntityId::of(&self.id(), iri)
    }

    /// Signs a statement.
    pub fn sign(&self, position: Position, statement: &Statement) -> Record {
        let at = Timestamp::from_millis(1_000 + position.seq);
        Record::sign(&self.signer, &self.federation, position, statement, at)
    }

    /// Signs the description of a dataset with that IRI and title.
    pub fn dataset(&self, position: Position, iri: &str, title: &str) -> Record {
        let title = Object::in_language(title, "sv");
        let triple =
            (Node::Iri(iri.to_owned()), crate::dcat::term::DCTERMS_TITLE.to_owned(), title);
        let description =
            Description::new(iri, [triple]).expect("a title makes a short description");
        self.sign(position, &Statement::describe(RecordKind::Dataset, &description))
    }

    /// Signs a withdrawal.
    pub fn withdrawal(&self, position: Position, iri: &str) -> Record {
        self.sign(position, &Statement::withdraw(iri, "ersatt"))
    }

    /// Returns the change to `catalogue` that removes and puts these records,
    /// with the digest and the counts kept.
    pub fn batch(&self, catalogue: &Catalogue, remove: &[Record], put: &[Record]) -> Batch {
        let mut catalogue = catalogue.clone();
        for record in remove {
            catalogue.remove(record);
        }
        for record in put {
            catalogue.add(record);
            catalogue.cursor = catalogue.cursor.max(record.position());
        }
        Batch {
            at: Timestamp::from_millis(1_000_000 + catalogue.cursor.seq),
            catalogue,
            remove: remove.iter().map(Record::position).collect(),
            put: put.iter().map(|record| (record.clone(), Standing::Verified)).collect(),
            judged: Vec::new(),
        }
    }

    /// Signs a head over what `catalogue` holds.
    pub fn head(&self, catalogue: &Catalogue, position: Position) -> Head {
        let commitment = Commitment {
            position,
            floor: 0,
            live_count: catalogue.live_count,
            withdrawal_count: catalogue.withdrawal_count,
            bytes: catalogue.bytes,
            digest: catalogue.set.digest(),
            previous: HeadId::NONE,
            issued_at: Timestamp::from_millis(2_000),
            heartbeat_by: Timestamp::from_millis(3_000),
        };
        Head::sign(&self.signer, &self.federation, &commitment)
    }
}

/// Returns the position `seq` of the first epoch.
pub const fn at(seq: u64) -> Position {
    Position { epoch: 0, seq }
}

/// Returns the digest, recomputed record by record, of what a store holds of an
/// agency.
pub fn digest_of<S: Store>(store: &S, agency: &AgencyId) -> Digest {
    let mut set = crate::set_digest::SetDigest::empty();
    for record in all(store, agency) {
        set.add(&record.id());
    }
    set.digest()
}

const ONE: &str = "https://data.example.se/luftkvalitet";
const OTHER: &str = "https://data.example.se/badvatten";

fn all<S: Store>(store: &S, agency: &AgencyId) -> Vec<Record> {
    must(store.records_after(agency, Position::START, usize::MAX))
}

fn must<T, E: core::error::Error>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("the store failed: {error}"))
}

/// Commits a change and returns the catalogue after it.
fn commit<S: Store>(
    store: &mut S,
    publisher: &Publisher,
    catalogue: &Catalogue,
    remove: &[Record],
    put: &[Record],
) -> Catalogue {
    let batch = publisher.batch(catalogue, remove, put);
    let after = batch.catalogue.clone();
    must(store.commit(batch));
    after
}

fn an_empty_store_knows_nothing<S: Store>(store: &S) {
    let publisher = Publisher::numbered(1);
    let id = publisher.id();
    assert_eq!(must(store.catalogues()), [], "an empty store has catalogues");
    assert_eq!(must(store.position(&id, &publisher.entity(ONE))), None);
    assert_eq!(must(store.record(&id, at(1))), None);
    assert_eq!(all(store, &id), []);
    assert_eq!(must(store.positions(&id)), []);
    assert_eq!(must(store.withdrawals_through(&id, u64::MAX)), []);
    assert_eq!(must(store.high_water()), HighWater::default());
}

fn a_batch_is_taken_whole<S: Store>(store: &mut S) {
    let publisher = Publisher::numbered(1);
    let id = publisher.id();
    let first = publisher.dataset(at(1), ONE, "Luftkvalitet");
    let second = publisher.dataset(at(2), OTHER, "Badvatten");
    let empty = Catalogue::new(publisher.agency.clone());
    let held = commit(store, &publisher, &empty, &[], &[first.clone(), second.clone()]);
    assert_eq!(must(store.catalogues()), core::slice::from_ref(&held));
    assert_eq!(all(store, &id), [first.clone(), second.clone()]);

    // One batch both removes and puts: the state after it has all of it.
    let newer = publisher.dataset(at(3), ONE, "Luftkvalitet i Norrvik");
    let gone = publisher.withdrawal(at(4), OTHER);
    let put = [newer.clone(), gone.clone()];
    let held = commit(store, &publisher, &held, &[first, second], &put);
    assert_eq!(all(store, &id), put);
    assert_eq!(must(store.catalogues()), core::slice::from_ref(&held));
    assert_eq!(held.set.digest(), digest_of(store, &id), "the digest is not that of the records");
    assert_eq!((held.live_count, held.withdrawal_count), (1, 1));
}

fn the_newest_record_is_the_last_put<S: Store>(store: &mut S) {
    let publisher = Publisher::numbered(1);
    let id = publisher.id();
    let entity = publisher.entity(ONE);
    let first = publisher.dataset(at(1), ONE, "Luftkvalitet");
    let empty = Catalogue::new(publisher.agency.clone());
    let held = commit(store, &publisher, &empty, &[], core::slice::from_ref(&first));
    assert_eq!(must(store.position(&id, &entity)), Some(at(1)));
    assert_eq!(must(store.record(&id, at(1))), Some(first));

    let second = publisher.dataset(at(5), ONE, "Luftkvalitet, ny mätplats");
    let third = publisher.withdrawal(at(6), ONE);
    let held = commit(store, &publisher, &held, &[], &[second, third.clone()]);
    assert_eq!(must(store.position(&id, &entity)), Some(at(6)), "a withdrawal is newest too");

    // A new epoch is newer than every position of the old one.
    let recovered = Position { epoch: 1, seq: 2 };
    let fourth = publisher.dataset(recovered, ONE, "Luftkvalitet");
    commit(store, &publisher, &held, core::slice::from_ref(&third), &[fourth]);
    assert_eq!(must(store.position(&id, &entity)), Some(recovered));
    assert_eq!(must(store.positions(&id)), [at(1), at(5), recovered]);
}

fn an_entity_goes_only_with_its_newest_record<S: Store>(store: &mut S) {
    let publisher = Publisher::numbered(1);
    let id = publisher.id();
    let entity = publisher.entity(ONE);
    let old = publisher.dataset(at(1), ONE, "Luftkvalitet");
    let new = publisher.dataset(at(2), ONE, "Luftkvalitet i Norrvik");
    let empty = Catalogue::new(publisher.agency.clone());
    let held = commit(store, &publisher, &empty, &[], &[old.clone(), new.clone()]);
    let held = commit(store, &publisher, &held, core::slice::from_ref(&old), &[]);
    assert_eq!(must(store.position(&id, &entity)), Some(at(2)), "an old record took its entity");
    assert_eq!(must(store.record(&id, at(1))), None);
    commit(store, &publisher, &held, core::slice::from_ref(&new), &[]);
    assert_eq!(must(store.position(&id, &entity)), None, "an entity outlived its newest record");
    assert_eq!(must(store.positions(&id)), []);
}

fn removal_of_what_is_not_held_changes_nothing<S: Store>(store: &mut S) {
    let publisher = Publisher::numbered(1);
    let record = publisher.dataset(at(1), ONE, "Luftkvalitet");
    let empty = Catalogue::new(publisher.agency.clone());
    let held = commit(store, &publisher, &empty, &[], core::slice::from_ref(&record));
    must(store.commit(Batch {
        remove: vec![at(9), Position { epoch: 3, seq: 1 }],
        ..Batch::of(held.clone(), Timestamp::from_millis(5))
    }));
    assert_eq!(must(store.catalogues()), [held]);
    assert_eq!(all(store, &publisher.id()), [record]);
}

fn pages_follow_the_order_of_positions<S: Store>(store: &mut S) {
    let publisher = Publisher::numbered(1);
    let id = publisher.id();
    // Sequence numbers on both sides of a byte, and an epoch on top of them.
    let mut positions = vec![at(1), at(2), at(255), at(256), at(65_536), at(1 << 40)];
    positions.push(Position { epoch: 1, seq: 3 });
    positions.push(Position { epoch: 256, seq: 1 });
    let records: Vec<Record> = positions
        .iter()
        .map(|position| publisher.dataset(*position, &format!("{ONE}/{position:?}"), "Luft"))
        .collect();
    let mut shuffled = records.clone();
    shuffled.reverse();
    let empty = Catalogue::new(publisher.agency.clone());
    commit(store, &publisher, &empty, &[], &shuffled);
    assert_eq!(must(store.positions(&id)), positions);
    assert_eq!(all(store, &id), records);
    for (index, position) in positions.iter().enumerate() {
        let rest = must(store.records_after(&id, *position, usize::MAX));
        let expected: Vec<Record> = records.iter().skip(index + 1).cloned().collect();
        assert_eq!(rest, expected, "the page after {position:?}");
    }
    let last = Position { epoch: u32::MAX, seq: u64::MAX };
    assert_eq!(must(store.records_after(&id, last, usize::MAX)), []);
}

fn a_page_is_bounded_in_bytes_and_never_empty<S: Store>(store: &mut S) {
    let publisher = Publisher::numbered(1);
    let id = publisher.id();
    let records: Vec<Record> = (1..=9)
        .map(|seq| publisher.dataset(at(seq), &format!("{ONE}/{seq}"), "Luftkvalitet"))
        .collect();
    let empty = Catalogue::new(publisher.agency.clone());
    commit(store, &publisher, &empty, &[], &records);
    let page = |bytes_max| must(store.records_after(&id, Position::START, bytes_max)).len();
    let length = |count: usize| records.iter().take(count).map(|r| r.bytes().len()).sum::<usize>();
    assert_eq!(page(0), 1, "a page without a record would be asked for for ever");
    assert_eq!(page(length(1)), 1);
    assert_eq!(page(length(3)), 3, "a page may be exactly full");
    assert_eq!(page(length(3) - 1), 2);
    assert_eq!(page(length(9)), 9);
}

fn withdrawals_are_told_apart<S: Store>(store: &mut S) {
    let publisher = Publisher::numbered(1);
    let id = publisher.id();
    let records = [
        publisher.withdrawal(at(1), ONE),
        publisher.dataset(at(2), OTHER, "Badvatten"),
        publisher.withdrawal(at(4), "urn:dela:a"),
        publisher.withdrawal(Position { epoch: 1, seq: 3 }, "urn:dela:b"),
        publisher.withdrawal(Position { epoch: 1, seq: 9 }, "urn:dela:c"),
    ];
    let empty = Catalogue::new(publisher.agency.clone());
    commit(store, &publisher, &empty, &[], &records);
    let through = |seq| must(store.withdrawals_through(&id, seq));
    assert_eq!(through(0), []);
    assert_eq!(through(3), [at(1), Position { epoch: 1, seq: 3 }]);
    assert_eq!(through(4), [at(1), at(4), Position { epoch: 1, seq: 3 }]);
    assert_eq!(through(u64::MAX).len(), 4);
}

fn what_is_unverified_is_found_until_it_is_judged<S: Store>(store: &mut S) {
    let publisher = Publisher::numbered(1);
    let id = publisher.id();
    let records: Vec<Record> = (1..=6)
        .map(|seq| publisher.dataset(at(seq), &format!("{ONE}/{seq}"), "Luftkvalitet"))
        .collect();
    let empty = Catalogue::new(publisher.agency.clone());
    let mut batch = publisher.batch(&empty, &[], &records);
    for (record, standing) in &mut batch.put {
        if record.position().seq % 2 == 0 {
            *standing = Standing::Unverified;
        }
    }
    let held = batch.catalogue.clone();
    must(store.commit(batch));
    let seqs = |store: &S, after, bytes_max| -> Vec<u64> {
        let found = must(store.unverified_after(&id, at(after), bytes_max));
        found.iter().map(|record| record.position().seq).collect()
    };
    assert_eq!(seqs(store, 0, usize::MAX), [2, 4, 6]);
    assert_eq!(seqs(store, 2, usize::MAX), [4, 6]);
    assert_eq!(seqs(store, 0, 0), [2], "at least one, or nobody would ever get on");
    assert_eq!(must(store.records_after(&id, at(0), usize::MAX)).len(), 6, "all are served");

    let [_, second, _, fourth, ..] = &records[..] else { unreachable!("six were made") };
    let checked = Catalogue { checked: at(4), ..held };
    let mut after = Batch::of(checked, Timestamp::from_millis(9));
    after.judged =
        vec![(second.clone(), Standing::Verified), (fourth.clone(), Standing::Quarantined)];
    must(store.commit(after));
    assert_eq!(seqs(store, 0, usize::MAX), [6]);
    assert_eq!(all(store, &id), records, "a judgement changed what is held");
}

fn agencies_are_kept_apart<S: Store>(store: &mut S) {
    // The same IRIs and positions, over more agencies than one byte can number.
    let publishers: Vec<Publisher> = (0..260).map(Publisher::numbered).collect();
    for publisher in &publishers {
        let record = publisher.dataset(at(1), ONE, "Luftkvalitet");
        let empty = Catalogue::new(publisher.agency.clone());
        commit(store, publisher, &empty, &[], &[record]);
    }
    for publisher in &publishers {
        let id = publisher.id();
        let [record] = &all(store, &id)[..] else { panic!("agencies run into each other") };
        assert_eq!(record.agency(), id);
        assert_eq!(must(store.positions(&id)), [at(1)]);
        assert_eq!(must(store.position(&id, &publisher.entity(ONE))), Some(at(1)));
    }
    let [first, second, ..] = &publishers[..] else { unreachable!("260 were made") };
    assert_eq!(
        must(store.position(&first.id(), &second.entity(ONE))),
        None,
        "an entity was found under another agency"
    );

    // An agency may sign a record of a later kind about an entity of another:
    // that must not move where the other's newest record stands.
    let mut stolen = Statement::withdraw(ONE, "");
    stolen.kind = RecordKind::Later(200);
    let intruder = second.sign(at(2), &stolen);
    let known = must(store.catalogues()).into_iter().find(|c| c.id() == second.id());
    let known = known.expect("its catalogue was committed");
    commit(store, second, &known, &[], &[intruder]);
    assert_eq!(must(store.position(&first.id(), &first.entity(ONE))), Some(at(1)));

    let held = must(store.catalogues());
    let ids: BTreeSet<AgencyId> = held.iter().map(Catalogue::id).collect();
    assert_eq!((held.len(), ids.len()), (260, 260));
}

fn catalogues_come_back_as_they_were<S: Store>(store: &mut S) {
    let publisher = Publisher::numbered(1);
    let empty = Catalogue::new(publisher.agency.clone());
    must(store.commit(publisher.batch(&empty, &[], &[])));
    assert_eq!(must(store.catalogues()), core::slice::from_ref(&empty));
    let record = publisher.dataset(at(1), ONE, "Luftkvalitet");
    let mut batch = publisher.batch(&empty, &[], &[record]);
    batch.catalogue.head = Some(publisher.head(&batch.catalogue, at(2)));
    batch.catalogue.claimed = Some(publisher.head(&empty, at(3)));
    let held = batch.catalogue.clone();
    must(store.commit(batch));
    assert_eq!(must(store.catalogues()), [held]);
}

fn records_come_back_as_they_were<S: Store>(store: &mut S) {
    let publisher = Publisher::numbered(1);
    let mut later = Statement::withdraw("urn:dela:later", "");
    later.kind = RecordKind::Later(77);
    later.body = (0..=u8::MAX).cycle().take(300_000).collect();
    let mut empty_body = later.clone();
    empty_body.body = Vec::new();
    let records = [
        publisher.dataset(at(1), ONE, &"Mätvärden från luftkvalitet. ".repeat(4_000)),
        publisher.sign(at(2), &later),
        publisher.sign(at(3), &empty_body),
        publisher.withdrawal(at(4), OTHER),
    ];
    let empty = Catalogue::new(publisher.agency.clone());
    commit(store, &publisher, &empty, &[], &records);
    for record in &records {
        let held = must(store.record(&publisher.id(), record.position()));
        assert_eq!(held.as_ref(), Some(record), "the record at {:?}", record.position());
    }
}

fn what_was_flushed_survives<S: Store>(mut store: S, reopen: &mut impl FnMut(S) -> S) {
    let publisher = Publisher::numbered(1);
    let other = Publisher::numbered(2);
    let record = publisher.dataset(at(1), ONE, "Luftkvalitet");
    let empty = Catalogue::new(publisher.agency.clone());
    let held = commit(&mut store, &publisher, &empty, &[], core::slice::from_ref(&record));
    must(store.flush());
    let mut store = reopen(store);
    assert_eq!(must(store.catalogues()), [held]);
    assert_eq!(all(&store, &publisher.id()), core::slice::from_ref(&record));
    assert_eq!(must(store.position(&publisher.id(), &record.entity())), Some(at(1)));

    // And it goes on: another agency, apart from the first.
    let theirs = other.dataset(at(1), ONE, "Luftkvalitet");
    let empty = Catalogue::new(other.agency.clone());
    commit(&mut store, &other, &empty, &[], core::slice::from_ref(&theirs));
    must(store.flush());
    let store = reopen(store);
    assert_eq!(all(&store, &publisher.id()), [record]);
    assert_eq!(all(&store, &other.id()), [theirs]);
}

fn the_high_water_mark_is_durable_at_once<S: Store>(mut store: S, reopen: &mut impl FnMut(S) -> S) {
    let low = HighWater { reserved: at(64), published: at(3) };
    let high = HighWater { reserved: Position { epoch: 1, seq: 128 }, published: at(70) };
    for mark in [low, high] {
        must(store.set_high_water(mark));
        assert_eq!(must(store.high_water()), mark);
        store = reopen(store); // Nothing was flushed.
        assert_eq!(must(store.high_water()), mark, "the mark was not durable when set");
    }
}
