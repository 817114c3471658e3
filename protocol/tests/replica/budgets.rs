//! Peers and agencies that take more than their share, and peers that send what
//! they must not.

use core::time::Duration;

use dela_protocol::head::Head;
use dela_protocol::id::{Digest, HeadId, NodeId};
use dela_protocol::limits::{
    ACCOUNTS_OF_DEPARTED_MAX, ANNOUNCEMENTS_PER_PEER_BURST, BYTES_PER_AGENCY_MAX,
    HEAD_PER_AGENCY_EVERY, HEADS_PER_AGENCY_BURST, HUSHED_FOR, STRIKE_FORGIVEN_AFTER, STRIKES_MAX,
    THROTTLED_SHOWN_FOR, VAIN_CHECKS_PER_PEER_BURST, WORK_PER_PEER_BURST,
};
use dela_protocol::replica::{Budget, Event, Input, Output, Quota, Verdict};
use dela_protocol::wire::{Page, Request, Response};

use super::harness::{LUFT, SKOG, Town, VATTEN, scribe, stranger};
use crate::agencies::{Scribe, at, dataset};

const MILLI: Duration = Duration::from_millis(1);

fn misbehaved(town: &mut Town, peer: NodeId) {
    town.tell(LUFT, Input::Misbehaved { peer, reason: "garbage".to_owned() });
}

fn cut_off(town: &Town) -> Vec<NodeId> {
    let cut_off = town.events(LUFT).filter_map(|event| match event {
        Event::CutOff { peer } => Some(*peer),
        _ => None,
    });
    cut_off.collect()
}

fn throttled(town: &Town) -> Vec<Budget> {
    let throttled = town.events(LUFT).filter_map(|event| match event {
        Event::Throttled { budget, .. } => Some(*budget),
        _ => None,
    });
    throttled.collect()
}

/// An announcement that is authentic, and old news from the second time on.
fn old_news() -> Vec<u8> {
    let skog = scribe(SKOG);
    skog.announcement(&skog.head(9, HeadId::NONE, &[]), &[])
}

/// Lets the stranger announce the same thing so often.
fn flood(town: &mut Town, count: u64) {
    let bytes = old_news();
    for _ in 0..count {
        let from = stranger();
        town.tell(LUFT, Input::Announced { from, token: u64::MAX - 1, bytes: bytes.clone() });
        town.log.retain(|(_, output)| matches!(output, Output::Event(_)));
    }
}

fn asks(town: &mut Town, request: Request) -> Response {
    town.log.clear();
    town.tell(LUFT, Input::Requested { from: stranger(), token: u64::MAX - 1, request });
    let mut answers = town.log.iter().filter_map(|(_, output)| match output {
        Output::Respond { response, .. } => Some(response.clone()),
        _ => None,
    });
    answers.next_back().unwrap()
}

fn status(town: &Town) -> Request {
    Request::Status { root: town.replicas[LUFT].known() }
}

#[test]
fn a_flood_of_announcements_is_throttled_without_blame_and_forgotten_after_a_while() {
    let mut town = Town::of(1);
    town.stranger_connects(LUFT);
    flood(&mut town, ANNOUNCEMENTS_PER_PEER_BURST);
    assert_eq!(throttled(&town), []);
    flood(&mut town, 1_000);
    assert_eq!(throttled(&town), [Budget::Announcements], "told once, not a thousand times");
    assert_eq!(town.blamed(LUFT), []);
    let account = town.replicas[LUFT].account(&stranger()).unwrap();
    assert_eq!(account.throttled_since(town.now), Some(town.now));
    assert_eq!(account.totals().throttled, 1_000);
    assert_eq!(account.strikes(town.now), 0);

    // What is over the budget is not looked at, be it good or bad.
    let berg = Scribe::new(50);
    let news = berg.announcement(&berg.head(9, HeadId::NONE, &[]), &[]);
    assert_eq!(town.announced(LUFT, news.clone()), Verdict::Ignore);
    assert_eq!(town.announced(LUFT, b"garbage".to_vec()), Verdict::Ignore);
    assert_eq!(town.blamed(LUFT), []);

    town.now = town.now.after(HUSHED_FOR);
    assert_eq!(town.announced(LUFT, news), Verdict::Accept);
    town.now = town.now.after(THROTTLED_SHOWN_FOR);
    let account = town.replicas[LUFT].account(&stranger()).unwrap();
    assert_eq!(account.throttled_since(town.now), None);
}

#[test]
fn checking_signatures_in_vain_has_a_budget_and_good_news_costs_nothing_of_it() {
    let mut town = Town::of(1);
    town.stranger_connects(LUFT);
    let skog = scribe(SKOG);
    let records: Vec<_> =
        (1..=20_u64).map(|n| skog.record(n, &dataset(&n.to_string(), "Skog"))).collect();
    let vain = skog.announcement(&skog.head(30, HeadId::NONE, &records), &records);
    let checks = 1 + u64::try_from(vain.len() / 200).unwrap();
    let mut sent = 0;
    while throttled(&town).is_empty() {
        town.announced(LUFT, vain.clone());
        sent += 1;
        assert!(sent <= ANNOUNCEMENTS_PER_PEER_BURST);
    }
    // The first was news, and the last was refused.
    assert_eq!(sent - 2, VAIN_CHECKS_PER_PEER_BURST.div_ceil(checks));
    assert_eq!(throttled(&town), [Budget::Checks]);
    town.now = town.now.after(Duration::from_secs(1));
    let newer = skog.head(40, HeadId::NONE, &records);
    assert_eq!(town.announced(LUFT, skog.announcement(&newer, &[])), Verdict::Accept);
}

#[test]
fn small_questions_without_end_are_answered_with_not_ready_and_nobody_is_blamed_for_that() {
    let mut town = Town::of(1);
    town.stranger_connects(LUFT);
    let question = status(&town);
    for _ in 0..WORK_PER_PEER_BURST {
        assert_eq!(asks(&mut town, question.clone()), Response::Same);
    }
    for request in [
        question.clone(),
        Request::Summaries { buckets: vec![1] },
        Request::Heads { agencies: vec![scribe(LUFT).agency.id()] },
    ] {
        assert_eq!(asks(&mut town, request), Response::NotReady);
    }
    town.now = town.now.after(Duration::from_secs(1));
    assert_eq!(asks(&mut town, question), Response::Same);

    // And from the other side: whoever is told so waits for the next round.
    town.log.clear();
    town.tell(
        LUFT,
        Input::Requested {
            from: stranger(),
            token: u64::MAX - 1,
            request: Request::Status { root: Digest::from_bytes([1; 32]) },
        },
    );
    town.now = town.now.after(Duration::from_secs(2));
    town.tell(LUFT, Input::Wake);
    town.stranger_answers(Response::NotReady);
    assert_eq!(town.blamed(LUFT), []);
}

#[test]
fn an_honest_node_that_catches_up_at_full_speed_is_not_throttled() {
    let mut town = Town::of(2);
    // No time passes at all: everything is one burst.
    for batch in 0..20 {
        let name = |n: u32| format!("{batch}/{n}");
        town.publish(LUFT, (0..100).map(|n| dataset(&name(n), "Luft")).collect());
    }
    town.connect(SKOG, LUFT);
    town.settle();
    assert_eq!(town.held(SKOG, LUFT).len(), 2_000);
    assert!(town.log.iter().all(|(_, output)| {
        !matches!(output, Output::Event(Event::Throttled { .. } | Event::Blamed { .. }))
    }));
    let served = town.replicas[LUFT].account(&super::harness::node(SKOG)).unwrap().totals();
    assert_eq!((served.records_sent, served.throttled), (2_000, 0));
    let taken = town.replicas[SKOG].account(&super::harness::node(LUFT)).unwrap().totals();
    assert_eq!((taken.records_received, taken.throttled), (2_000, 0));
}

#[test]
fn the_third_strike_cuts_off_and_nothing_more_is_taken_from_the_peer() {
    let mut town = Town::of(1);
    town.stranger_connects(LUFT);
    for _ in 1..STRIKES_MAX {
        misbehaved(&mut town, stranger());
    }
    assert_eq!(cut_off(&town), []);
    // Leaving and coming back forgives nothing.
    town.tell(LUFT, Input::Disconnected(stranger()));
    town.tell(LUFT, Input::Connected(stranger()));
    misbehaved(&mut town, stranger());
    assert_eq!(cut_off(&town), [stranger()]);
    misbehaved(&mut town, stranger());
    assert_eq!(cut_off(&town), [stranger()], "told once");

    assert_eq!(town.announced(LUFT, old_news()), Verdict::Ignore);
    let question = status(&town);
    assert_eq!(asks(&mut town, question), Response::NotReady);
    let replica = &town.replicas[LUFT];
    assert_eq!(replica.behind(), 0, "its announcement was not read");
    let told: Vec<_> = replica.cut_offs().collect();
    assert_eq!((told[0].node, told[0].strikes.len()), (stranger(), 3));
    assert_eq!(replica.totals().cut_offs, 1);
    assert_eq!(replica.account(&stranger()).unwrap().strikes(town.now), STRIKES_MAX);
}

#[test]
fn a_strike_an_hour_is_forgiven_for_ever() {
    let mut town = Town::of(1);
    town.stranger_connects(LUFT);
    misbehaved(&mut town, stranger());
    for _ in 0..20 {
        misbehaved(&mut town, stranger());
        town.now = town.now.after(STRIKE_FORGIVEN_AFTER);
    }
    assert_eq!(cut_off(&town), []);
    let account = |town: &Town| town.replicas[LUFT].account(&stranger()).unwrap().clone();
    assert_eq!(account(&town).strikes(town.now), 1);
    assert_eq!(account(&town).last_strikes().count(), 6, "reasons are bounded");
    misbehaved(&mut town, stranger());
    misbehaved(&mut town, stranger());
    assert_eq!(cut_off(&town), [stranger()]);
}

#[test]
fn accounts_of_those_who_left_are_closed_when_nothing_is_owed_and_are_bounded() {
    let mut town = Town::of(1);
    let peer = |n: usize| {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&n.to_be_bytes());
        NodeId::from_bytes(bytes)
    };
    town.tell(LUFT, Input::Connected(peer(0)));
    town.tell(LUFT, Input::Disconnected(peer(0)));
    assert!(town.replicas[LUFT].account(&peer(0)).is_none(), "nothing is owed");
    let count = ACCOUNTS_OF_DEPARTED_MAX + 10;
    for n in 0..count {
        town.tell(LUFT, Input::Connected(peer(n)));
        misbehaved(&mut town, peer(n));
        town.tell(LUFT, Input::Disconnected(peer(n)));
        town.now = town.now.after(MILLI);
        town.look_away();
    }
    let kept = (0..count).filter(|n| town.replicas[LUFT].account(&peer(*n)).is_some());
    assert_eq!(kept.collect::<Vec<_>>(), (10..count).collect::<Vec<_>>());
    town.now = town.now.after(STRIKE_FORGIVEN_AFTER);
    town.tell(LUFT, Input::Connected(peer(0)));
    assert!((1..count).all(|n| town.replicas[LUFT].account(&peer(n)).is_none()));
}

#[test]
fn heads_faster_than_their_rate_are_coalesced_and_the_newest_is_not_lost() {
    let mut town = Town::of(1);
    town.stranger_connects(LUFT);
    let skog = scribe(SKOG);
    let mut records = Vec::new();
    let mut previous = HeadId::NONE;
    let mut verdicts = Vec::new();
    let mut last: Option<Head> = None;
    for seq in 0..HEADS_PER_AGENCY_BURST + 10 {
        let record = skog.record(2 * seq + 1, &dataset(&seq.to_string(), "Skog"));
        records.push(record.clone());
        let head = skog.head(2 * seq + 2, previous, &records);
        previous = head.id();
        verdicts.push(town.announced(LUFT, skog.announcement(&head, &[record])));
        last = Some(head);
    }
    let head = last.unwrap();
    let burst = usize::try_from(HEADS_PER_AGENCY_BURST).unwrap();
    assert!(verdicts[..burst].iter().all(|verdict| *verdict == Verdict::Accept));
    assert!(verdicts[burst..].iter().all(|verdict| *verdict == Verdict::Ignore));
    assert_eq!(town.held(LUFT, SKOG).len(), burst);
    assert_eq!(town.blamed(LUFT), []);
    assert!(town.asked.is_empty(), "it is not fetched before its time");
    let waits = town.replicas[LUFT].throttled_agencies();
    let until = town.now.after(HEAD_PER_AGENCY_EVERY);
    assert_eq!((waits[0].quota, waits[0].until), (Quota::Heads, Some(until)));

    assert_eq!(town.replicas[LUFT].wake_at(), until, "it wakes for that alone");
    town.now = until;
    town.tell(LUFT, Input::Wake);
    assert!(matches!(town.asked.last(), Some((_, _, Request::Since { after, .. }))
        if *after == at(2 * HEADS_PER_AGENCY_BURST)));
    let missing = records[burst..].iter().map(|record| record.bytes().to_vec()).collect();
    let page = Page { head: head.bytes().to_vec(), records: missing, more: false };
    town.stranger_answers(Response::Page(page));
    assert_eq!(town.head(LUFT, SKOG), Some(head));
    assert_eq!(town.replicas[LUFT].throttled_agencies(), []);
}

#[test]
fn an_agency_over_its_bytes_is_shown_and_goes_on_when_it_offers_less() {
    let mut town = Town::of(1);
    town.stranger_connects(LUFT);
    let skog = scribe(SKOG);
    let record = skog.record(1, &dataset("1", "Skog"));
    let first = skog.head(2, HeadId::NONE, core::slice::from_ref(&record));
    let first_said = skog.announcement(&first, core::slice::from_ref(&record));
    assert_eq!(town.announced(LUFT, first_said), Verdict::Accept);
    let more = [record.clone(), skog.record(3, &dataset("2", "Skog"))];
    let mut commitment = skog.commitment(at(5), first.id(), &more);
    commitment.bytes = BYTES_PER_AGENCY_MAX + 1;
    let federation = crate::agencies::federation();
    let greedy = Head::sign(&skog.signer, &federation, &commitment);
    assert_eq!(town.announced(LUFT, skog.announcement(&greedy, &[])), Verdict::Ignore);
    assert_eq!(town.blamed(LUFT), [], "who relays it did nothing wrong");
    town.pass(Duration::from_secs(90));
    let is_for_page =
        |(_, _, request): &(usize, u64, Request)| matches!(request, Request::Since { .. });
    assert!(!town.asked.iter().any(is_for_page));
    assert_eq!(town.held(LUFT, SKOG).len(), 1, "what it offered before stays");
    let waits = town.replicas[LUFT].throttled_agencies();
    assert_eq!(waits.len(), 1);
    assert_eq!(town.replicas[LUFT].behind(), 0, "it is not waited for");
    assert_eq!(waits[0].quota, Quota::Bytes(BYTES_PER_AGENCY_MAX + 1));
    assert_eq!(waits[0].until, None);

    let modest = skog.head(7, greedy.id(), core::slice::from_ref(&record));
    assert_eq!(town.announced(LUFT, skog.announcement(&modest, &[])), Verdict::Accept);
    assert_eq!(town.head(LUFT, SKOG), Some(modest), "all of it is here");
    assert_eq!(town.replicas[LUFT].throttled_agencies(), []);
}

#[test]
fn an_agency_that_publishes_without_pause_reaches_everybody_in_the_end() {
    let mut town = Town::connected(3);
    for n in 0..100 {
        town.publish(LUFT, vec![dataset(&n.to_string(), "Luft")]);
        town.settle();
    }
    assert!(!town.agrees());
    town.pass(HEAD_PER_AGENCY_EVERY * 2);
    assert!(town.agrees());
    assert_eq!(town.held(VATTEN, LUFT).len(), 100);
    assert_eq!(town.blamed(VATTEN), []);
}
