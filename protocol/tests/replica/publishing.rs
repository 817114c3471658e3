//! What an agency's own replica does, and what becomes of it elsewhere.

use core::time::Duration;

use dela_protocol::federation::Federation;
use dela_protocol::limits::{EPOCH_GAP, RECORDS_PER_AGENCY_MAX, RECOVERY_SETTLE};
use dela_protocol::record::Position;
use dela_protocol::replica::{Event, PublishError, Replica};
use dela_protocol::store::{Batch, HighWater, MemoryStore, Store as _};

use super::harness::{BERG, LUFT, SKOG, Town, VATTEN, scribe};
use crate::agencies::{DAY, START, Scribe, at, dataset, federation, withdrawal};

#[test]
fn what_is_published_already_is_not_signed_again() {
    let mut town = Town::connected(2);
    let statements = || vec![dataset("luft", "Luft"), dataset("buller", "Buller")];
    let position = town.publish(LUFT, statements());
    town.settle();
    town.look_away();
    let again = town.try_publish(LUFT, statements()).unwrap();
    assert_eq!((again.position, again.signed, again.unchanged), (position, 0, 2));
    assert!(town.log.is_empty());
    let withdrawn = town.try_publish(LUFT, vec![withdrawal("finns-inte")]).unwrap();
    assert_eq!((withdrawn.position, withdrawn.signed), (position, 0));
}

#[test]
fn of_several_statements_about_one_dataset_the_last_counts() {
    let mut town = Town::of(1);
    town.publish(LUFT, vec![dataset("luft", "Ett"), dataset("luft", "Två")]);
    let live = town.live(LUFT, LUFT);
    assert_eq!(live.len(), 1);
    assert_eq!(live[0].body(), dataset("luft", "Två").body);
}

#[test]
fn what_is_withdrawn_stays_withdrawn_when_someone_offers_the_old_record() {
    let mut town = Town::connected(3);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.settle();
    town.disconnect(VATTEN, LUFT);
    town.disconnect(VATTEN, SKOG);
    town.publish(LUFT, vec![withdrawal("luft")]);
    town.settle();
    assert_eq!(town.live(VATTEN, LUFT).len(), 1, "it has not heard");
    town.connect(VATTEN, SKOG);
    town.settle();
    for replica in [LUFT, SKOG, VATTEN] {
        assert!(town.live(replica, LUFT).is_empty());
        assert_eq!(town.held(replica, LUFT).len(), 1, "the withdrawal is kept");
    }
    assert!(town.agrees());
}

#[test]
fn one_who_comes_late_catches_up_with_everything_in_one_round() {
    let mut town = Town::of(4);
    for (one, other) in [(LUFT, SKOG), (SKOG, VATTEN), (VATTEN, LUFT)] {
        town.connect(one, other);
    }
    for agency in [LUFT, SKOG, VATTEN] {
        town.publish(agency, (0..5).map(|n| dataset(&n.to_string(), "Data")).collect());
    }
    town.settle();
    town.connect(BERG, SKOG);
    town.settle();
    for agency in [LUFT, SKOG, VATTEN] {
        assert_eq!(town.live(BERG, agency).len(), 5);
    }
    assert!(town.agrees());
    assert_eq!(town.now, START, "no time has passed");
}

#[test]
fn a_crash_after_positions_were_reserved_only_leaves_a_gap() {
    let mut town = Town::connected(2);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.settle();
    town.restart(LUFT, |store| {
        let mark = store.high_water().unwrap();
        store.set_high_water(HighWater { reserved: at(50), ..mark }).unwrap();
        store.crash();
    });
    assert!(!town.replicas[LUFT].is_recovering());
    town.connect(LUFT, SKOG);
    assert_eq!(town.publish(LUFT, vec![dataset("luft", "Luft igen")]), at(52));
    town.settle();
    assert!(town.agrees());
}

#[test]
fn an_agency_that_lost_its_store_publishes_again_only_when_its_catalogue_is_back() {
    let mut town = Town::connected(2);
    town.publish(LUFT, vec![dataset("luft", "Luft"), dataset("buller", "Buller")]);
    town.settle();
    let before = town.head(SKOG, LUFT).unwrap();
    town.restart(LUFT, MemoryStore::lose);
    assert!(town.replicas[LUFT].is_recovering());
    let refused = town.try_publish(LUFT, vec![dataset("luft", "Luft igen")]);
    assert!(matches!(refused, Err(PublishError::Recovering)));
    town.connect(LUFT, SKOG);
    town.settle();
    assert!(town.replicas[LUFT].is_recovering(), "others may yet know more");
    town.pass(RECOVERY_SETTLE);
    assert!(town.events(LUFT).any(|event| matches!(event, Event::Recovered { restated: 0, .. })));
    assert_eq!(town.live(LUFT, LUFT).len(), 2);
    let position = town.publish(LUFT, vec![dataset("luft", "Luft igen")]);
    assert_eq!(position.epoch, 1);
    assert!(position.seq > before.position().seq + EPOCH_GAP);
    town.settle();
    assert!(town.agrees());
    assert_eq!(town.live(SKOG, LUFT).len(), 2);
    // A second start finds nothing missing.
    town.restart(LUFT, MemoryStore::crash);
    assert!(!town.replicas[LUFT].is_recovering());
}

#[test]
fn an_operator_can_go_on_without_what_nobody_holds_any_more() {
    let mut town = Town::of(2);
    let lost = town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.restart(LUFT, MemoryStore::lose);
    assert!(town.replicas[LUFT].is_recovering());
    town.replicas[LUFT].begin_anew().unwrap();
    let position = town.publish(LUFT, vec![dataset("buller", "Buller")]);
    assert!(position.epoch == 1 && position.seq > lost.seq + EPOCH_GAP);
    town.connect(LUFT, SKOG);
    town.settle();
    assert_eq!(town.live(SKOG, LUFT).len(), 1);
    assert!(town.agrees());
}

#[test]
fn an_agency_that_lost_its_mark_takes_it_from_its_own_catalogue() {
    let mut town = Town::connected(2);
    town.publish(LUFT, vec![dataset("luft", "Luft"), dataset("buller", "Buller")]);
    town.settle();
    let before = town.head(LUFT, LUFT).unwrap().position();
    town.restart(LUFT, |store| store.set_high_water(HighWater::default()).unwrap());
    let mark = town.replicas[LUFT].store().high_water().unwrap();
    assert_eq!(mark, HighWater { reserved: before, published: before });
    // Also the disk is lost before anything else is published: the mark knows.
    town.restart(LUFT, MemoryStore::lose);
    assert!(town.replicas[LUFT].is_recovering());
    town.connect(LUFT, SKOG);
    town.pass(RECOVERY_SETTLE);
    assert!(town.publish(LUFT, vec![dataset("luft", "Luft igen")]) > before);
    town.settle();
    assert!(town.agrees());
}

#[test]
fn a_day_without_changes_ends_with_a_new_head_over_the_same_set() {
    let mut town = Town::connected(3);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.settle();
    let before = town.head(SKOG, LUFT).unwrap();
    town.pass(DAY + Duration::from_secs(1));
    let after = town.head(SKOG, LUFT).unwrap();
    assert!(after.position() > before.position());
    assert_eq!(after.commitment().digest, before.commitment().digest);
    assert_eq!(after.commitment().previous, before.id());
    assert!(town.agrees());
}

#[test]
fn a_heartbeat_is_followed_without_asking() {
    let mut town = Town::connected(2);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.settle();
    town.look_away();
    town.pass(DAY);
    assert_eq!(town.head(SKOG, LUFT).unwrap().position(), at(3));
    let fetched = |request: &&&dela_protocol::wire::Request| {
        matches!(request, dela_protocol::wire::Request::Since { .. })
    };
    assert_eq!(town.requests(SKOG).iter().filter(fetched).count(), 0);
}

#[test]
fn withdrawals_are_pruned_everywhere_after_ninety_days() {
    let mut town = Town::connected(3);
    town.publish(LUFT, vec![dataset("a", "A"), dataset("b", "B"), dataset("c", "C")]);
    town.settle();
    // One replica goes away before anything is withdrawn.
    town.disconnect(VATTEN, LUFT);
    town.disconnect(VATTEN, SKOG);
    town.publish(LUFT, vec![withdrawal("a")]);
    town.settle();
    town.sleep(50 * DAY);
    town.publish(LUFT, vec![withdrawal("b")]);
    town.settle();
    town.sleep(42 * DAY);
    let head = town.head(LUFT, LUFT).unwrap().commitment();
    assert_eq!((head.live_count, head.withdrawal_count, head.floor), (1, 1, 5));
    assert_eq!(town.held(SKOG, LUFT), town.held(LUFT, LUFT));
    town.look_away();
    town.connect(VATTEN, SKOG);
    town.settle();
    town.pass(Duration::from_secs(200));
    assert_eq!(town.held(VATTEN, LUFT), town.held(LUFT, LUFT), "nothing is resurrected");
    assert!((0..3).all(|replica| town.blamed(replica).is_empty()));
    assert!(town.agrees());
}

/// A withdrawal that goes for two reasons at once, since its entity is
/// published again and since it is pruned, goes once.
#[test]
fn a_withdrawal_that_is_superseded_and_pruned_is_taken_away_once() {
    let mut town = Town::connected(3);
    town.publish(LUFT, vec![dataset("a", "A"), dataset("b", "B")]);
    town.publish(LUFT, vec![withdrawal("a"), withdrawal("b")]);
    town.settle();
    town.disconnect(VATTEN, LUFT);
    town.disconnect(VATTEN, SKOG);
    town.publish(LUFT, vec![dataset("a", "A igen")]);
    town.settle();
    town.sleep(91 * DAY);
    assert!(town.head(LUFT, LUFT).unwrap().commitment().floor > 0);
    town.look_away();
    town.connect(VATTEN, SKOG);
    town.settle();
    town.pass(Duration::from_secs(90));
    assert_eq!(town.held(VATTEN, LUFT), town.held(LUFT, LUFT));
    assert!(town.blamed(VATTEN).is_empty(), "{:?}", town.blamed(VATTEN));
    assert!(town.agrees());
}

#[test]
fn withdrawals_count_towards_the_most_an_agency_may_have() {
    let Scribe { agency, signer } = scribe(LUFT);
    let mut store = MemoryStore::default();
    let mut catalogue = dela_protocol::catalogue::Catalogue::new(agency.clone());
    catalogue.withdrawal_count = RECORDS_PER_AGENCY_MAX;
    let batch = Batch::of(catalogue, START);
    store.commit(batch).unwrap();
    let own = Some((agency, signer));
    let mut replica = Replica::open(store, Federation::open(federation()), own, 1, START).unwrap();
    let refused = replica.publish(vec![dataset("luft", "Luft")], START);
    assert!(matches!(refused, Err(PublishError::TooMany { .. })));
    assert_eq!(replica.store().high_water().unwrap().reserved, Position::START);
}
