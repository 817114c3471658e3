//! The gate before our own signature: after a start, a loss, an old backup put
//! back, and while somebody else signs with our key.

use core::time::Duration;

use dela_protocol::id::HeadId;
use dela_protocol::limits::{EPOCH_GAP, RECOVERY_PATIENCE, RECOVERY_SETTLE};
use dela_protocol::replica::{Event, GateState, PublishError, Verdict};
use dela_protocol::store::{MemoryStore, Store as _};
use dela_protocol::wire::ForkProof;

use super::harness::{BERG, LUFT, SKOG, Town, VATTEN, scribe};
use crate::agencies::{at, dataset, withdrawal};

/// The titles of what a replica holds of an agency, in order.
fn titles(town: &Town, index: usize, agency: usize) -> Vec<String> {
    let title = |record: &dela_protocol::record::Record| {
        let description = record.description().unwrap().unwrap();
        dela_protocol::dcat::Resource::of(&description).title[0].text.clone()
    };
    let mut titles: Vec<String> = town.live(index, agency).iter().map(title).collect();
    titles.sort();
    titles
}

#[test]
fn one_who_starts_again_publishes_once_a_peer_has_confirmed_what_it_holds() {
    let mut town = Town::connected(2);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.settle();
    town.restart(LUFT, MemoryStore::crash);
    town.replicas[LUFT].confirm();
    let state = town.replicas[LUFT].recovery().map(|recovery| recovery.state);
    assert_eq!(state, Some(GateState::Confirming));
    let refused = town.try_publish(LUFT, vec![dataset("luft", "Luft igen")]);
    assert!(matches!(refused, Err(PublishError::Unconfirmed)));
    town.connect(LUFT, SKOG);
    town.settle();
    assert_eq!(town.replicas[LUFT].recovery(), None);
    assert_eq!(town.publish(LUFT, vec![dataset("luft", "Luft igen")]).epoch, 0);
    town.settle();
    assert!(town.agrees());
}

#[test]
fn a_peer_that_falls_silent_is_asked_again() {
    let mut town = Town::connected(2);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.settle();
    town.restart(LUFT, MemoryStore::crash);
    town.replicas[LUFT].confirm();
    town.connect(LUFT, SKOG);
    town.lose_messages();
    for id in 1..=4 {
        town.tell(LUFT, dela_protocol::replica::Input::Failed { id, malformed: false });
    }
    assert!(town.replicas[LUFT].recovery().is_some());
    town.pass(Duration::from_secs(20));
    assert_eq!(town.replicas[LUFT].recovery(), None);
}

#[test]
fn an_old_backup_put_back_does_not_fork() {
    let mut town = Town::connected(3);
    town.publish(LUFT, vec![dataset("a", "A"), dataset("b", "B"), dataset("c", "C")]);
    town.settle();
    let backup = town.replicas[LUFT].store().clone();
    town.publish(LUFT, vec![dataset("a", "A2"), withdrawal("b")]);
    let newest = town.publish(LUFT, vec![dataset("d", "D")]);
    town.settle();

    town.restart(LUFT, |store| *store = backup);
    town.replicas[LUFT].confirm();
    let refused = town.try_publish(LUFT, vec![dataset("e", "E")]);
    assert!(matches!(refused, Err(PublishError::Unconfirmed)));
    town.connect(LUFT, SKOG);
    town.connect(LUFT, VATTEN);
    town.settle();
    let recovery = town.replicas[LUFT].recovery().unwrap();
    assert_eq!((recovery.state, recovery.newest), (GateState::Recovering, newest));
    town.pass(RECOVERY_SETTLE);
    assert_eq!(titles(&town, LUFT, LUFT), ["A2", "C", "D"]);
    let again = town.publish(LUFT, vec![dataset("e", "E")]);
    assert!(again.epoch == 1 && again.seq > newest.seq + EPOCH_GAP);
    town.settle();
    assert!(town.agrees());
    assert_eq!(titles(&town, VATTEN, LUFT), ["A2", "C", "D", "E"]);
    let forked = |event: &&Event| matches!(event, Event::Forked { .. });
    assert!((0..3).all(|index| town.events(index).find(forked).is_none()));
}

/// Two nodes sign with one key, apart from each other. When they meet, everybody
/// chooses the same, the fork is proved and told, what either published is
/// there, and one more publication ends it.
#[test]
fn a_forced_fork_ends_in_one_state_and_nothing_published_is_lost() {
    let mut town = Town::of(4);
    town.connect(LUFT, SKOG);
    town.publish(LUFT, vec![dataset("a", "A"), dataset("b", "B"), dataset("c", "C")]);
    town.settle();
    let copy = town.replicas[LUFT].store().clone();
    town.impersonate(BERG, LUFT, copy);
    town.connect(BERG, VATTEN);
    town.settle();
    town.publish(LUFT, vec![dataset("luft", "Luft"), dataset("a", "A hos Luft")]);
    town.publish(LUFT, vec![withdrawal("b")]);
    town.publish(BERG, vec![dataset("berg", "Berg"), withdrawal("c")]);
    town.settle();
    assert_ne!(town.head(SKOG, LUFT), town.head(VATTEN, LUFT));

    town.look_away();
    town.connect(SKOG, VATTEN);
    town.pass(Duration::from_secs(120));
    assert!(town.agrees());
    // Every branch's news is there: what both kept is once, what one withdrew is
    // gone.
    assert_eq!(titles(&town, VATTEN, LUFT), ["A hos Luft", "Berg", "Luft"]);
    for index in 0..4 {
        assert_eq!(town.held(index, LUFT), town.held(SKOG, LUFT), "{index}");
        assert_eq!(town.blamed(index), [], "{index}");
        let told = town.events(index).filter(|event| matches!(event, Event::Forked { .. }));
        assert_eq!(told.count(), 1, "{index} is told once");
    }
    // Whoever had to give way published what only it held in a new epoch.
    let head = town.head(SKOG, LUFT).unwrap();
    assert_ne!(head.position().epoch, 0);
    let catalogue = |town: &Town, index: usize| {
        let mut all = town.replicas[index].catalogues();
        all.find(|one| one.id() == scribe(LUFT).agency.id()).unwrap().clone()
    };
    assert!(catalogue(&town, VATTEN).fork.is_some(), "the proof is kept");
    assert!(!catalogue(&town, VATTEN).is_conflicting(), "and it is over");
    // Both can publish, if by turns; a newcomer learns of the fork as well.
    town.publish(LUFT, vec![dataset("e", "E")]);
    town.pass(Duration::from_secs(60));
    assert!(town.agrees());
}

#[test]
fn a_fork_whose_loser_is_gone_is_shown_until_the_winner_publishes() {
    let mut town = Town::of(3);
    town.connect(LUFT, SKOG);
    town.publish(LUFT, vec![dataset("a", "A")]);
    town.settle();
    let skog = scribe(LUFT);
    // Somebody else signed for the same place, long ago.
    let record = skog.record(1, &dataset("x", "X"));
    let other = skog.head(2, HeadId::NONE, &[record]);
    let ours = town.head(LUFT, LUFT).unwrap();
    assert_eq!(ours.position(), other.position());
    let proof = ForkProof {
        statements: skog.agency.statements().to_vec(),
        heads: [other.bytes().to_vec(), ours.bytes().to_vec()],
    };
    town.stranger_connects(SKOG);
    town.announced(SKOG, proof.encode());
    town.pass(Duration::from_secs(200));
    let told = |town: &Town, index| {
        town.events(index).filter(|event| matches!(event, Event::Forked { .. })).count()
    };
    assert_eq!((told(&town, LUFT), told(&town, SKOG)), (1, 1));
    let position = town.publish(LUFT, vec![dataset("a", "A2")]);
    assert_eq!(position.epoch, 1);
    town.settle();
    let agency = scribe(LUFT).agency.id();
    let held = town.replicas[SKOG].catalogues().find(|one| one.id() == agency).unwrap();
    assert!(held.fork.is_some() && !held.is_conflicting());
    assert_eq!(titles(&town, SKOG, LUFT), ["A2"]);
}

/// Whoever was away when the proof went round by gossip learns of it by rounds.
#[test]
fn who_missed_the_proof_of_a_fork_learns_of_it_by_rounds() {
    let mut town = Town::of(3);
    town.connect(LUFT, SKOG);
    let vatten = scribe(VATTEN);
    let one = vatten.head(2, HeadId::NONE, &[vatten.record(1, &dataset("a", "A"))]);
    let other = vatten.head(2, HeadId::NONE, &[vatten.record(1, &dataset("b", "B"))]);
    for head in [&one, &other] {
        town.stranger_connects(LUFT);
        town.announced(LUFT, vatten.announcement(head, &[]));
    }
    town.lose_messages();
    town.pass(Duration::from_secs(100));
    let told = |event: &&Event| matches!(event, Event::Forked { .. });
    assert_eq!(town.events(SKOG).filter(told).count(), 1);
    let agency = vatten.agency.id();
    let fork = |index: usize| {
        let mut all = town.replicas[index].catalogues();
        all.find(|one| one.id() == agency).unwrap().fork.clone()
    };
    assert!(fork(LUFT).is_some());
    assert_eq!(fork(LUFT), fork(SKOG));
    assert_eq!(town.replicas[LUFT].known(), town.replicas[SKOG].known());
}

#[test]
fn what_proves_no_fork_is_rejected_and_a_known_fork_rests() {
    let mut town = Town::of(1);
    town.stranger_connects(LUFT);
    let skog = scribe(SKOG);
    let first = skog.head(2, HeadId::NONE, &[skog.record(1, &dataset("a", "A"))]);
    let later = skog.head(4, first.id(), &[skog.record(3, &dataset("a", "A2"))]);
    let sibling = skog.head(5, first.id(), &[skog.record(3, &dataset("a", "A3"))]);
    let proof = |one: &dela_protocol::head::Head, other: &dela_protocol::head::Head| {
        let heads = [one.bytes().to_vec(), other.bytes().to_vec()];
        ForkProof { statements: skog.agency.statements().to_vec(), heads }.encode()
    };
    assert_eq!(town.announced(LUFT, proof(&first, &later)), Verdict::Reject);
    assert_eq!(town.announced(LUFT, proof(&later, &later)), Verdict::Reject);
    assert_eq!(town.announced(LUFT, proof(&later, &sibling)), Verdict::Accept);
    assert_eq!(town.announced(LUFT, proof(&later, &sibling)), Verdict::Ignore);
    assert_eq!(town.announced(LUFT, proof(&sibling, &later)), Verdict::Ignore);
}

#[test]
fn what_nobody_can_deliver_any_more_does_not_hold_up_its_agency_for_ever() {
    let mut town = Town::connected(2);
    town.publish(LUFT, vec![dataset("a", "A")]);
    town.settle();
    // The next head is heard of, and its records are lost with the disk.
    let large: Vec<_> = (0..40).map(|n| dataset(&n.to_string(), &"x".repeat(2000))).collect();
    let lost = town.publish(LUFT, large);
    while town.head(SKOG, LUFT).is_some() && town.replicas[SKOG].behind() == 0 {
        assert!(town.deliver(), "the head was not announced");
    }
    town.lose_messages();
    town.restart(LUFT, |store| {
        store.set_high_water(dela_protocol::store::HighWater::default()).unwrap();
        store.lose();
    });
    town.replicas[LUFT].confirm();
    town.connect(LUFT, SKOG);
    town.pass(RECOVERY_SETTLE + Duration::from_secs(1));
    assert!(town.replicas[LUFT].is_recovering(), "someone may yet have it");
    town.pass(RECOVERY_PATIENCE + Duration::from_secs(60));
    assert_eq!(town.replicas[LUFT].recovery(), None);
    let again = town.publish(LUFT, vec![dataset("b", "B")]);
    assert!(again.epoch == 1 && again.seq > lost.seq, "{again:?} after {lost:?}");
    town.pass(Duration::from_secs(60));
    assert!(town.agrees());
    assert_eq!(titles(&town, SKOG, LUFT), ["A", "B"]);
}

/// The disk is lost, mark and all, and the only peer that is reached has not
/// heard of the last publication. The one that has comes back later.
#[test]
fn what_a_peer_that_was_away_still_has_of_ours_is_published_again() {
    let mut town = Town::connected(3);
    town.publish(LUFT, vec![dataset("a", "A"), dataset("b", "B")]);
    town.settle();
    town.disconnect(LUFT, SKOG);
    town.disconnect(SKOG, VATTEN);
    town.publish(LUFT, vec![dataset("c", "C"), dataset("a", "A2"), withdrawal("b")]);
    town.settle();
    town.restart(LUFT, |store| {
        store.set_high_water(dela_protocol::store::HighWater::default()).unwrap();
        store.lose();
    });
    town.replicas[LUFT].confirm();
    town.connect(LUFT, SKOG);
    town.pass(Duration::from_secs(10));
    town.publish(LUFT, vec![dataset("d", "D")]);
    town.settle();
    assert_eq!(titles(&town, SKOG, LUFT), ["A", "B", "D"]);

    town.connect(LUFT, VATTEN);
    town.connect(SKOG, VATTEN);
    town.pass(Duration::from_secs(60));
    assert!(town.agrees());
    for index in 0..3 {
        assert_eq!(titles(&town, index, LUFT), ["A2", "C", "D"], "{index}");
        assert_eq!(town.blamed(index), []);
    }
}

/// While the catalogue comes back the machine sleeps, or its clock is set.
#[test]
fn time_that_nobody_lived_through_does_not_end_a_recovery() {
    let mut town = Town::connected(2);
    let large: Vec<_> = (0..40).map(|n| dataset(&n.to_string(), &"x".repeat(2000))).collect();
    town.publish(LUFT, large);
    town.settle();
    town.restart(LUFT, MemoryStore::lose);
    town.connect(LUFT, SKOG);
    // The heads have come, and nothing else.
    while town.replicas[LUFT].recovery().is_some_and(|it| it.answers == 0) {
        assert!(town.deliver());
    }
    town.lose_messages();
    town.now = town.now.after(Duration::from_secs(8 * 60 * 60));
    town.tell(LUFT, dela_protocol::replica::Input::Wake);
    assert!(town.replicas[LUFT].is_recovering());
    town.disconnect(LUFT, SKOG);
    town.connect(LUFT, SKOG);
    town.pass(Duration::from_secs(30));
    assert_eq!(town.replicas[LUFT].recovery(), None);
    assert_eq!(town.live(LUFT, LUFT).len(), 40);
}

#[test]
fn a_node_that_knows_nobody_need_ask_nobody() {
    let mut town = Town::of(1);
    town.publish(LUFT, vec![dataset("a", "A")]);
    town.restart(LUFT, MemoryStore::crash);
    assert_eq!(town.publish(LUFT, vec![dataset("a", "A2")]), at(4));
    assert_eq!(town.replicas[LUFT].recovery(), None);
}
