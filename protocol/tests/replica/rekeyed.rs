//! An agency that was given another key while its node did not run: nobody has heard
//! of it, or a thief has stated another one at the same place.

use core::time::Duration;

use dela_protocol::agency::{Agency, Keys, Signer};
use dela_protocol::catalogue::Catalogue;
use dela_protocol::id::AgencyId;
use dela_protocol::key::{PublicKey, SecretKey};
use dela_protocol::limits::RECOVERY_SETTLE;
use dela_protocol::replica::PublishError;
use dela_protocol::store::{HighWater, MemoryStore, Store as _};
use dela_protocol::time::Timestamp;

use super::harness::{LUFT, SKOG, Town, VATTEN, scribe};
use crate::agencies::{Scribe, at, dataset};

const MINUTES: Duration = Duration::from_secs(200);

/// The key that LUFT began with.
fn first() -> SecretKey {
    SecretKey::from_bytes(&[u8::try_from(LUFT).unwrap() + 1; 32])
}

/// The key that LUFT has committed to.
fn next() -> SecretKey {
    SecretKey::from_bytes(&[(u8::try_from(LUFT).unwrap() + 1) ^ 0x80; 32])
}

/// LUFT with its next key in place.
fn rotated() -> Scribe {
    let mut agency = scribe(LUFT).agency;
    let keys = keys(&next(), Vec::new());
    agency.follow(agency.sign_rotation(&keys, &first(), &next())).unwrap();
    let signer = Signer::new(&agency, next()).unwrap();
    Scribe { agency, signer }
}

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_bytes(&[byte; 32])
}

fn keys(key: &SecretKey, recovery_keys: Vec<PublicKey>) -> Keys {
    Keys {
        key: key.public(),
        next_key_commitment: secret(202).public().commitment(),
        recovery_threshold: u8::from(!recovery_keys.is_empty()),
        recovery_keys,
        issued_at: Timestamp::from_millis(1),
    }
}

/// An agency that can be recovered: as it began, as a thief of the next key makes it,
/// and as its recovery key does.
fn began_stolen_and_recovered() -> [Scribe; 3] {
    let inception = keys(&secret(201), vec![secret(203).public()]);
    let began = Agency::open(vec![inception.sign_inception(&secret(201))]).unwrap();
    let follow = |statement| {
        let mut agency = began.clone();
        agency.follow(statement).unwrap();
        agency
    };
    let stolen =
        follow(began.sign_rotation(&keys(&secret(202), Vec::new()), &secret(201), &secret(202)));
    let recovered = keys(&secret(204), vec![secret(203).public()]);
    let recovered = follow(began.sign_recovery(&recovered, &[secret(203)]));
    [(began, 201), (stolen, 202), (recovered, 204)].map(|(agency, byte)| {
        let signer = Signer::new(&agency, secret(byte)).unwrap();
        Scribe { agency, signer }
    })
}

/// A store of a machine that is new: all that is known is that something was
/// published.
fn new_machine() -> MemoryStore {
    let mut store = MemoryStore::default();
    store.set_high_water(HighWater { reserved: at(1), published: at(1) }).unwrap();
    store
}

/// What a replica holds of an agency.
fn held(town: &Town, index: usize, id: AgencyId) -> Catalogue {
    town.replicas[index].catalogues().find(|catalogue| catalogue.id() == id).unwrap().clone()
}

#[test]
fn a_new_machine_with_a_new_key_gets_back_what_the_former_key_signed() {
    let mut town = Town::connected(3);
    town.publish(LUFT, vec![dataset("luft", "Luft"), dataset("buller", "Buller")]);
    town.settle();
    for other in [SKOG, VATTEN] {
        town.disconnect(LUFT, other);
    }
    let own = rotated();
    let rekeyed = own.agency.clone();
    town.rekey(LUFT, own, new_machine());
    assert!(town.replicas[LUFT].is_recovering());
    for other in [SKOG, VATTEN] {
        town.connect(LUFT, other);
    }
    town.pass(RECOVERY_SETTLE);
    town.pass(MINUTES);
    assert_eq!(town.replicas[LUFT].recovery(), None);
    assert_eq!(town.live(LUFT, LUFT).len(), 2);
    town.publish(LUFT, vec![dataset("nytt", "Nytt")]);
    town.pass(MINUTES);
    assert!(town.agrees());
    for index in [LUFT, SKOG, VATTEN] {
        assert_eq!(town.live(index, LUFT).len(), 3);
        assert_eq!(held(&town, index, rekeyed.id()).agency, rekeyed);
        assert!(town.blamed(index).is_empty(), "{:?}", town.blamed(index));
    }
}

#[test]
fn what_a_thief_has_signed_since_is_worth_nothing_and_honest_peers_are_not_blamed() {
    let [began, stolen, recovered] = began_stolen_and_recovered();
    let (id, rekeyed) = (began.agency.id(), recovered.agency.clone());
    let mut town = Town::of(3);
    town.rekey(LUFT, began, MemoryStore::default());
    town.connect_all();
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.settle();
    // The thief states another key and publishes, on LUFT's own machine.
    let (agency, now) = (stolen.agency.clone(), town.now);
    let statement = agency.statements().last().unwrap().clone();
    let outputs = town.replicas[LUFT].change_key(statement, secret(202), now).unwrap();
    town.carry_out(LUFT, outputs);
    town.publish(LUFT, vec![dataset("tjuv", "Tjuv")]);
    town.pass(MINUTES);
    assert_eq!(held(&town, SKOG, id).agency, agency);
    assert_eq!(held(&town, SKOG, id).live_count, 2);

    // The machine is taken back, with all that is on it.
    for other in [SKOG, VATTEN] {
        town.disconnect(LUFT, other);
    }
    let store = town.replicas[LUFT].store().clone();
    town.rekey(LUFT, recovered, store);
    assert_eq!(held(&town, LUFT, id).head, None, "the thief's head is void");
    for other in [SKOG, VATTEN] {
        town.connect(LUFT, other);
    }
    town.pass(MINUTES);
    let refused = town.try_publish(LUFT, vec![dataset("nytt", "Nytt")]);
    assert!(matches!(refused, Err(PublishError::Recovering)), "{refused:?}");
    // Nobody has a catalogue that is signed with a key that holds.
    town.replicas[LUFT].begin_anew().unwrap();
    town.publish(LUFT, vec![dataset("luft", "Luft"), dataset("nytt", "Nytt")]);
    town.pass(MINUTES);
    let ours = held(&town, LUFT, id);
    for index in [LUFT, SKOG, VATTEN] {
        let theirs = held(&town, index, id);
        assert_eq!((&theirs.agency, &theirs.head), (&rekeyed, &ours.head), "{index}");
        assert!(theirs.fulfils(ours.head.as_ref().unwrap()) && theirs.claimed.is_none());
        assert!(town.blamed(index).is_empty(), "{index}: {:?}", town.blamed(index));
    }
}
