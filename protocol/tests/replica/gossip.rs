//! What comes by gossip.

use core::time::Duration;

use dela_protocol::head::{Commitment, Head};
use dela_protocol::id::{FederationId, HeadId};
use dela_protocol::limits::{ANNOUNCEMENT_BYTES_MAX, STATEMENTS_MAX};
use dela_protocol::replica::{Event, Output, Verdict};
use dela_protocol::wire::{Announcement, Request, Response};

use super::harness::{LUFT, SKOG, Town, VATTEN, scribe, stranger};
use crate::agencies::{DAY, START, Scribe, at, dataset, federation, later, withdrawal};

#[test]
fn what_one_publishes_the_others_hold_without_asking() {
    let mut town = Town::connected(3);
    town.look_away();
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.settle();
    for other in [SKOG, VATTEN] {
        assert_eq!(town.live(other, LUFT).len(), 1);
        assert!(town.requests(other).is_empty(), "{:?}", town.requests(other));
    }
    town.publish(LUFT, vec![withdrawal("luft"), dataset("buller", "Buller")]);
    town.settle();
    assert_eq!(town.live(VATTEN, LUFT).len(), 1);
    assert!(town.agrees());
    assert!(town.requests(VATTEN).is_empty());
}

#[test]
fn a_large_publication_is_announced_by_its_head_alone_and_fetched() {
    let mut town = Town::connected(2);
    town.look_away();
    let names: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    town.publish(LUFT, names.iter().map(|name| dataset(name, "Luft")).collect());
    let announced = town.log.iter().find_map(|(_, output)| match output {
        Output::Announce(bytes) => Some(Announcement::decode(bytes).unwrap()),
        _ => None,
    });
    assert!(announced.unwrap().records.is_empty());
    town.settle();
    assert_eq!(town.live(SKOG, LUFT).len(), 100);
    assert!(matches!(town.requests(SKOG)[..], [Request::Since { .. }]));
    assert!(town.agrees());
}

#[test]
fn a_forged_record_is_rejected_and_changes_nothing() {
    let mut town = Town::connected(2);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.settle();
    town.look_away();
    let root = town.replicas[SKOG].root();
    let luft = scribe(LUFT);
    let forged = Scribe::new(77).record(3, &dataset("luft", "Skit"));
    let previous = town.head(SKOG, LUFT).unwrap().id();
    let head = luft.head(4, previous, &[luft.record(3, &dataset("luft", "Rök"))]);
    let announcement = luft.announcement(&head, &[forged]);
    assert_eq!(town.announced(SKOG, announcement), Verdict::Reject);
    assert_eq!(town.blamed(SKOG)[0].0, stranger());
    assert_eq!(town.replicas[SKOG].root(), root);
    assert_eq!(town.live(SKOG, LUFT), town.live(LUFT, LUFT));
}

#[test]
fn a_record_about_something_else_than_it_says_is_rejected() {
    let mut town = Town::of(1);
    let skog = scribe(SKOG);
    let mut statement = dataset("skog", "Skog");
    statement.iri = "https://data.example.se/annat".to_owned();
    let record = skog.record(1, &statement);
    let head = skog.head(2, HeadId::NONE, core::slice::from_ref(&record));
    let verdict = town.announced(LUFT, skog.announcement(&head, &[record]));
    assert_eq!(verdict, Verdict::Reject);
    assert!(town.held(LUFT, SKOG).is_empty());
}

#[test]
fn a_forged_head_and_one_of_another_federation_are_rejected() {
    let mut town = Town::of(1);
    let (skog, thief) = (scribe(SKOG), Scribe::new(77));
    let forged = Announcement {
        statements: skog.agency.statements().to_vec(),
        head: thief.head(2, HeadId::NONE, &[]).bytes().to_vec(),
        records: Vec::new(),
    };
    assert_eq!(town.announced(LUFT, forged.encode()), Verdict::Reject);
    let mut flipped = skog.head(2, HeadId::NONE, &[]).bytes().to_vec();
    *flipped.last_mut().unwrap() ^= 1;
    let flipped = Announcement { head: flipped, ..forged };
    assert_eq!(town.announced(LUFT, flipped.encode()), Verdict::Reject);
    let elsewhere = FederationId::open("elsewhere");
    let other = Scribe::new(2);
    let head = Head::sign(&other.signer, &elsewhere, &skog.commitment(at(2), HeadId::NONE, &[]));
    assert_eq!(town.announced(LUFT, other.announcement(&head, &[])), Verdict::Reject);
    assert_eq!(town.blamed(LUFT).len(), 3);
    assert_eq!(town.replicas[LUFT].catalogues().count(), 1, "only its own");
}

#[test]
fn an_old_head_said_again_is_ignored_without_blame() {
    let mut town = Town::connected(2);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    let old = town.log.iter().find_map(|(_, output)| match output {
        Output::Announce(bytes) => Some(bytes.clone()),
        _ => None,
    });
    town.publish(LUFT, vec![dataset("luft", "Luft och buller")]);
    town.settle();
    let root = town.replicas[SKOG].root();
    town.look_away();
    assert_eq!(town.announced(SKOG, old.unwrap()), Verdict::Ignore);
    assert!(town.blamed(SKOG).is_empty());
    assert_eq!(town.replicas[SKOG].root(), root);
}

#[test]
fn records_that_someone_left_out_are_welcome_when_they_come() {
    let mut town = Town::of(2);
    let vatten = scribe(VATTEN);
    let record = vatten.record(1, &dataset("a", "A"));
    let head = vatten.head(2, HeadId::NONE, core::slice::from_ref(&record));
    assert_eq!(town.announced(SKOG, vatten.announcement(&head, &[])), Verdict::Accept);
    assert_eq!(town.head(SKOG, VATTEN), None);
    let whole = vatten.announcement(&head, &[record]);
    assert_eq!(town.announced(SKOG, whole), Verdict::Ignore);
    assert_eq!(town.head(SKOG, VATTEN), Some(head));
}

#[test]
fn records_of_kinds_of_a_later_version_are_kept_and_passed_on() {
    let mut town = Town::of(3);
    town.connect(LUFT, SKOG);
    town.publish(LUFT, vec![later("framtid", 100)]);
    town.settle();
    assert_eq!(town.held(SKOG, LUFT).len(), 1);
    town.disconnect(LUFT, SKOG);
    town.connect(SKOG, VATTEN);
    town.settle();
    assert_eq!(town.held(VATTEN, LUFT), town.held(LUFT, LUFT));
}

#[test]
fn announcements_beyond_the_limits_are_rejected() {
    let mut town = Town::of(1);
    let skog = scribe(SKOG);
    let head = skog.head(2, HeadId::NONE, &[]);
    let long = Announcement {
        statements: skog.agency.statements().to_vec(),
        head: head.bytes().to_vec(),
        records: vec![vec![0; ANNOUNCEMENT_BYTES_MAX]],
    };
    assert_eq!(town.announced(LUFT, long.encode()), Verdict::Reject);
    let many = Announcement {
        statements: vec![vec![0; 9]; STATEMENTS_MAX + 1],
        head: head.bytes().to_vec(),
        records: Vec::new(),
    };
    assert_eq!(town.announced(LUFT, many.encode()), Verdict::Reject);
    assert_eq!(town.replicas[LUFT].catalogues().count(), 1);
}

#[test]
fn a_head_signed_more_than_a_day_ahead_is_ignored_until_its_time() {
    let mut town = Town::of(1);
    let skog = scribe(SKOG);
    let issued_at = START.after(DAY + Duration::from_secs(1));
    let commitment = Commitment { issued_at, ..skog.commitment(at(2), HeadId::NONE, &[]) };
    let head = Head::sign(&skog.signer, &federation(), &commitment);
    let announcement = skog.announcement(&head, &[]);
    assert_eq!(town.announced(LUFT, announcement.clone()), Verdict::Ignore);
    assert!(town.blamed(LUFT).is_empty());
    town.now = town.now.after(Duration::from_secs(1));
    assert_eq!(town.announced(LUFT, announcement), Verdict::Accept);
}

#[test]
fn two_records_at_one_position_are_not_taken_in() {
    let mut town = Town::of(1);
    let skog = scribe(SKOG);
    let records = [skog.record(1, &dataset("a", "A")), skog.record(1, &dataset("b", "B"))];
    let head = skog.head(2, HeadId::NONE, &records);
    assert_eq!(town.announced(LUFT, skog.announcement(&head, &records)), Verdict::Reject);
    assert!(town.held(LUFT, SKOG).is_empty());
}

#[test]
fn a_second_record_at_a_position_that_is_held_is_not_counted_beside_the_first() {
    let mut town = Town::of(1);
    let skog = scribe(SKOG);
    let (first, second) = (skog.record(1, &dataset("a", "A")), skog.record(1, &dataset("b", "B")));
    let head = skog.head(2, HeadId::NONE, core::slice::from_ref(&first));
    let announcement = skog.announcement(&head, core::slice::from_ref(&first));
    assert_eq!(town.announced(LUFT, announcement), Verdict::Accept);
    let both = skog.head(3, head.id(), &[first.clone(), second.clone()]);
    town.announced(LUFT, skog.announcement(&both, &[second]));
    assert_eq!(town.head(LUFT, SKOG), Some(head));
    assert_eq!(town.held(LUFT, SKOG), [first]);
}

#[test]
fn a_head_alone_from_someone_who_left_is_fetched_from_another() {
    let mut town = Town::connected(2);
    town.disconnect(LUFT, SKOG);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.connect(LUFT, SKOG);
    town.lose_messages();
    town.look_away();
    // The stranger is not connected any more when its announcement is judged.
    let head = town.head(LUFT, LUFT).unwrap();
    let alone = scribe(LUFT).announcement(&head, &[]);
    assert_eq!(town.announced(SKOG, alone), Verdict::Accept);
    town.settle();
    assert_eq!(town.live(SKOG, LUFT).len(), 1, "{:?}", town.log);
}

#[test]
fn a_fork_is_told_and_the_same_head_wins_everywhere() {
    let vatten = scribe(VATTEN);
    let kept = vatten.record(1, &dataset("a", "A"));
    let one = [kept.clone(), vatten.record(2, &dataset("b", "B"))];
    let other = [vatten.record(1, &dataset("x", "X")), vatten.record(3, &dataset("b", "B2"))];
    let heads = [vatten.head(5, HeadId::NONE, &one), vatten.head(5, HeadId::NONE, &other)];
    for order in [[0, 1], [1, 0]] {
        let mut town = Town::of(2);
        for (replica, choice) in [LUFT, SKOG].into_iter().zip(order) {
            let records = [&one, &other][choice];
            let announcement = vatten.announcement(&heads[choice], records);
            assert_eq!(town.announced(replica, announcement), Verdict::Accept);
        }
        assert_ne!(town.replicas[LUFT].root(), town.replicas[SKOG].root());
        town.connect(LUFT, SKOG);
        town.settle();
        town.pass(Duration::from_secs(90));
        let winner = if heads[0].id() > heads[1].id() { &heads[0] } else { &heads[1] };
        for replica in [LUFT, SKOG] {
            assert_eq!(town.head(replica, VATTEN).as_ref(), Some(winner));
            assert!(town.blamed(replica).is_empty(), "{:?}", town.blamed(replica));
        }
        assert!(town.agrees());
        let forked = |event: &&Event| matches!(event, Event::Forked { .. });
        let told: Vec<usize> =
            (0..2).map(|replica| town.events(replica).filter(forked).count()).collect();
        assert!(told.contains(&1) && told.iter().all(|count| *count <= 1), "{told:?}");
    }
}

#[test]
fn a_root_that_differs_is_answered_with_the_heads() {
    let mut town = Town::connected(2);
    town.look_away();
    town.disconnect(LUFT, SKOG);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.connect(LUFT, SKOG);
    town.settle();
    let answered = town.log.iter().any(|(from, output)| {
        *from == LUFT && matches!(output, Output::Respond { response: Response::Summaries(_), .. })
    });
    assert!(answered);
    assert!(town.agrees());
}
