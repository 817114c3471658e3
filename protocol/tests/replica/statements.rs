//! What nodes make of statements about keys that they did not hear as others did: in
//! another form, in part, late, or of a line that gave way.

use dela_protocol::agency::{Agency, Keys, Signer};
use dela_protocol::catalogue::Catalogue;
use dela_protocol::federation::charter::Guests;
use dela_protocol::federation::decision::Disposition;
use dela_protocol::fork::Fork;
use dela_protocol::head::{Commitment, Head};
use dela_protocol::id::{FederationId, HeadId};
use dela_protocol::key::SecretKey;
use dela_protocol::record::Position;
use dela_protocol::replica::Verdict;
use dela_protocol::set_digest::SetDigest;
use dela_protocol::store::MemoryStore;
use dela_protocol::time::Timestamp;
use dela_protocol::wire::Announcement;

use super::harness::{BERG, LUFT, SKOG, VATTEN, node};
use super::membership::{MINUTES, admit, next, revoke, rotate, shown, town};
use crate::agencies::{Scribe, dataset};

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_bytes(&[byte; 32])
}

/// Whoever knows the agency knows what the statements say, and could take them as they
/// come; a newcomer to whom it passed them on could not, and would blame it.
#[test]
fn what_a_newcomer_would_refuse_is_not_passed_on_by_who_knows_better() {
    let mut town = town(3, Guests::Read);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.pass(MINUTES);
    let agency = rotate(&mut town, LUFT);
    town.pass(MINUTES);
    let before = town.head(VATTEN, LUFT).unwrap();
    let signer = Signer::new(&agency, next(LUFT)).unwrap();
    let own = Scribe { agency: agency.clone(), signer };
    let later = Position { seq: before.position().seq + 1, ..before.position() };
    let records = town.held(VATTEN, LUFT);
    let commitment = own.commitment(later, before.id(), &records);
    let federation = town.replicas[LUFT].federation().id();
    let head = Head::sign(&own.signer, &federation, &commitment).bytes().to_vec();
    let told = |statements: Vec<Vec<u8>>| Announcement {
        statements,
        head: head.clone(),
        records: Vec::new(),
    };
    let mut passed_on = |told: Announcement| town.announced_by(node(SKOG), VATTEN, told.encode());
    let mut unsigned = agency.statements().to_vec();
    *unsigned[1].last_mut().unwrap() ^= 1;
    assert!(agency.has_stated(&unsigned), "it says the same");
    assert_eq!(passed_on(told(unsigned)), Verdict::Reject);
    let part = agency.statements()[..1].to_vec();
    assert_eq!(passed_on(told(part)), Verdict::Reject);
    let whole = told(agency.statements().to_vec());
    assert_eq!(passed_on(whole), Verdict::Accept);
}

#[test]
fn who_was_away_when_a_key_was_replaced_still_takes_up_what_is_kept() {
    let mut town = town(4, Guests::Read);
    admit(&mut town, BERG, 1);
    town.publish(BERG, vec![dataset("berg", "Berg")]);
    town.pass(MINUTES);
    for other in [LUFT, SKOG, BERG] {
        town.disconnect(VATTEN, other);
    }
    rotate(&mut town, BERG);
    town.publish(BERG, vec![dataset("mer", "Mer")]);
    town.pass(MINUTES);
    revoke(&mut town, BERG, Disposition::Keep);
    for other in [LUFT, SKOG, VATTEN] {
        town.disconnect(BERG, other);
    }
    assert_eq!(shown(&town, VATTEN, BERG), 1, "it holds what was before");
    town.connect(VATTEN, LUFT);
    town.pass(MINUTES);
    assert_eq!(shown(&town, VATTEN, BERG), 2);
    assert_eq!(town.head(VATTEN, BERG), town.head(LUFT, BERG));
}

#[test]
fn who_blocks_a_member_that_is_kept_agrees_with_the_others_about_it() {
    let mut town = town(4, Guests::Read);
    admit(&mut town, BERG, 1);
    town.publish(BERG, vec![dataset("berg", "Berg")]);
    town.pass(MINUTES);
    rotate(&mut town, BERG);
    town.pass(MINUTES);
    revoke(&mut town, BERG, Disposition::Keep);
    for other in [LUFT, SKOG, VATTEN] {
        town.disconnect(BERG, other);
    }
    town.restart(VATTEN, MemoryStore::lose);
    town.block(VATTEN, &[BERG]);
    town.connect(VATTEN, LUFT);
    town.pass(MINUTES);
    assert_eq!(shown(&town, VATTEN, BERG), 0);
    assert_eq!(town.replicas[VATTEN].root(), town.replicas[LUFT].root());
}

/// Otherwise who signs two heads and then lets its recovery keys speak makes every
/// node put its store aside at its next start.
#[test]
fn a_catalogue_opens_without_what_its_agency_has_signed_with_keys_that_gave_way() {
    let keys = |key: &SecretKey| Keys {
        key: key.public(),
        next_key_commitment: secret(202).public().commitment(),
        recovery_threshold: 1,
        recovery_keys: vec![secret(203).public()],
        issued_at: Timestamp::from_millis(1),
    };
    let began = Agency::open(vec![keys(&secret(201)).sign_inception(&secret(201))]).unwrap();
    let follow = |statement| {
        let mut agency = began.clone();
        agency.follow(statement).unwrap();
        agency
    };
    let rotation = began.sign_rotation(&keys(&secret(202)), &secret(201), &secret(202));
    let (rotated, recovered) =
        (follow(rotation), follow(began.sign_recovery(&keys(&secret(204)), &[secret(203)])));
    let federation = FederationId::open("prov");
    let signer = Signer::new(&rotated, secret(202)).unwrap();
    let head = |seq| {
        let commitment = Commitment {
            position: Position { epoch: 0, seq: 7 },
            floor: 0,
            live_count: seq,
            withdrawal_count: 0,
            digest: SetDigest::empty().digest(),
            previous: HeadId::NONE,
            issued_at: Timestamp::from_millis(2),
            bytes: 0,
            heartbeat_by: Timestamp::from_millis(3),
        };
        Head::sign(&signer, &federation, &commitment)
    };
    let fork = Fork::between(&head(1), &head(2)).unwrap();
    let held = Catalogue {
        agency: recovered,
        head: Some(head(1)),
        fork: Some(fork),
        ..Catalogue::new(rotated)
    };
    let opened = Catalogue::decode(&held.encode(), &federation).unwrap();
    assert_eq!((opened.agency, opened.head, opened.fork), (held.agency, None, None));
}
