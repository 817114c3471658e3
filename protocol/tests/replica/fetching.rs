//! Fetching what was announced.

use core::time::Duration;

use dela_protocol::head::{Commitment, Head};
use dela_protocol::id::HeadId;
use dela_protocol::limits::{PULLS_MAX, RECORD_BYTES_MAX, REPAIR_BYTES_MAX};
use dela_protocol::replica::{Input, Output, Verdict};
use dela_protocol::wire::{Page, Request, Response};

use super::harness::{LUFT, SKOG, Town, VATTEN, node, scribe, stranger};
use crate::agencies::{DAY, START, Scribe, at, dataset, federation, later};

#[test]
fn what_a_peer_that_left_had_announced_is_fetched_from_another() {
    let mut town = Town::connected(3);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.settle();
    town.disconnect(VATTEN, LUFT);
    town.disconnect(VATTEN, SKOG);
    town.publish(LUFT, (0..100).map(|n| dataset(&n.to_string(), "Luft")).collect());
    town.settle();
    town.stranger_connects(VATTEN);
    let alone = scribe(LUFT).announcement(&town.head(LUFT, LUFT).unwrap(), &[]);
    assert_eq!(town.announced(VATTEN, alone), Verdict::Accept);
    assert!(matches!(town.asked[..], [(VATTEN, _, Request::Since { .. })]));
    town.connect(VATTEN, SKOG);
    town.lose_messages();
    town.tell(VATTEN, Input::Disconnected(stranger()));
    town.pass(Duration::from_secs(1));
    assert_eq!(town.live(VATTEN, LUFT).len(), 101);
}

#[test]
fn a_source_that_is_not_ready_is_asked_again_after_ever_longer_waits() {
    let mut town = Town::of(1);
    town.stranger_connects(LUFT);
    let skog = scribe(SKOG);
    let head = skog.head(2, HeadId::NONE, &[skog.record(1, &dataset("skog", "Skog"))]);
    town.announced(LUFT, skog.announcement(&head, &[]));
    let mut waits = Vec::new();
    for _ in 0..12 {
        town.stranger_answers(Response::NotReady);
        assert!(town.asked.is_empty(), "asked again at once");
        let wake = town.replicas[LUFT].wake_at();
        assert!(wake > town.now);
        waits.push(wake.since(town.now));
        town.now = wake;
        town.tell(LUFT, Input::Wake);
        town.asked.retain(|(_, _, request)| matches!(request, Request::Since { .. }));
        if town.asked.is_empty() {
            break; // A round came first: the wait has grown that long.
        }
    }
    assert!(waits.is_sorted() && waits.len() > 5, "{waits:?}");
    assert!(waits[0] < Duration::from_secs(1));
}

#[test]
fn catalogues_that_wait_for_their_turn_do_not_keep_the_replica_awake() {
    let pulls = |town: &Town| -> Vec<u64> {
        let outputs = town.log.iter().filter_map(|(_, output)| match output {
            Output::Request { id, request: Request::Since { .. }, .. } => Some(*id),
            _ => None,
        });
        outputs.collect()
    };
    let mut town = Town::of(1);
    // So many peers that all the pulls there may be are in flight, and one
    // catalogue more.
    for number in 0..=PULLS_MAX {
        let from = node(100 + number);
        town.tell(LUFT, Input::Connected(from));
        let agency = Scribe::new(150 + u8::try_from(number).unwrap());
        let head = agency.head(2, HeadId::NONE, &[agency.record(1, &dataset("a", "A"))]);
        let bytes = agency.announcement(&head, &[]);
        town.tell(LUFT, Input::Announced { from, token: u64::MAX - 1, bytes });
    }
    let asked = pulls(&town);
    assert_eq!(asked.len(), PULLS_MAX);
    // One source is not ready; the catalogue that waited takes the turn.
    town.tell(LUFT, Input::Answered { id: asked[0], response: Response::NotReady });
    assert_eq!(pulls(&town).len(), PULLS_MAX + 1);
    town.now = town.replicas[LUFT].wake_at();
    town.tell(LUFT, Input::Wake);
    assert!(town.replicas[LUFT].wake_at() > town.now, "awake without anything to do");
}

#[test]
fn a_mended_set_that_has_been_superseded_meanwhile_is_still_pursued() {
    let mut town = Town::of(1);
    town.stranger_connects(LUFT);
    let skog = scribe(SKOG);
    let (a, b) = (skog.record(1, &dataset("a", "A")), skog.record(2, &dataset("b", "B")));
    let c = skog.record(4, &dataset("c", "C"));
    let first = skog.head(3, HeadId::NONE, &[a.clone(), b.clone()]);
    let second = skog.head(5, first.id(), &[a.clone(), b.clone(), c]);
    town.announced(LUFT, skog.announcement(&first, &[]));
    let bytes = first.bytes().to_vec();
    let page = Page { head: bytes.clone(), records: vec![b.bytes().to_vec()], more: false };
    town.stranger_answers(Response::Page(page));
    town.announced(LUFT, skog.announcement(&second, &[]));
    let positions = vec![at(1), at(2)];
    town.stranger_answers(Response::Map { head: bytes.clone(), positions, more: false });
    let records = vec![a.bytes().to_vec()];
    town.stranger_answers(Response::Records { head: bytes, records });
    assert_eq!(town.head(LUFT, SKOG), Some(first));
    assert_eq!(town.replicas[LUFT].behind(), 1);
    town.now = town.now.after(Duration::from_secs(1));
    town.tell(LUFT, Input::Wake);
    assert!(matches!(town.asked[..], [(LUFT, _, Request::Since { .. })]), "{:?}", town.asked);
}

#[test]
fn a_peer_that_shows_a_head_from_the_future_is_waited_for_and_not_blamed() {
    let mut town = Town::of(1);
    town.stranger_connects(LUFT);
    let skog = scribe(SKOG);
    let records = [skog.record(1, &dataset("a", "A"))];
    let head = skog.head(2, HeadId::NONE, &records);
    town.announced(LUFT, skog.announcement(&head, &[]));
    let issued_at = START.after(2 * DAY);
    let ahead = Commitment { issued_at, ..skog.commitment(at(3), head.id(), &records) };
    let ahead = Head::sign(&skog.signer, &federation(), &ahead).bytes().to_vec();
    let records = vec![records[0].bytes().to_vec()];
    town.stranger_answers(Response::Page(Page { head: ahead, records, more: false }));
    assert!(town.blamed(LUFT).is_empty(), "{:?}", town.blamed(LUFT));
    assert!(town.asked.is_empty(), "asked again at once");
}

#[test]
fn a_set_of_which_more_is_missing_than_a_repair_holds_is_mended_too() {
    let mut town = Town::connected(2);
    let each = RECORD_BYTES_MAX - 2048;
    // The repair holds two too many with the last that is missing.
    let count = REPAIR_BYTES_MAX / each + 3;
    let statements = |count: usize| (0..count).map(move |n| later(&n.to_string(), each)).collect();
    town.publish(LUFT, statements(count));
    // Of all this one page arrives, and it hides that there is more.
    town.lie(LUFT, |response| match response {
        Response::Page(mut page) => {
            page.records = page.records.split_off(page.records.len() - 1);
            page.more = false;
            Some(Response::Page(page))
        }
        other => Some(other),
    });
    town.settle();
    assert_eq!(town.held(SKOG, LUFT), town.held(LUFT, LUFT));
    assert!(town.agrees());
    assert!(town.blamed(SKOG).is_empty(), "{:?}", town.blamed(SKOG));
}

/// The agency signed two sets for one position: of the other one a record is
/// missing here, and another differs at a position that both have.
#[test]
fn a_fork_in_which_records_are_missing_and_others_differ_is_mended() {
    let mut town = Town::of(1);
    town.stranger_connects(LUFT);
    let skog = scribe(SKOG);
    let here = [skog.record(5, &dataset("x", "X2"))];
    let there = [skog.record(3, &dataset("x", "X")), skog.record(5, &dataset("y", "Y"))];
    let first = skog.head(6, HeadId::NONE, &here);
    let second = skog.head(7, HeadId::NONE, &there);
    town.announced(LUFT, skog.announcement(&first, &here));
    assert_eq!(town.head(LUFT, SKOG), Some(first));
    town.announced(LUFT, skog.announcement(&second, &[]));
    let head = second.bytes().to_vec();
    let page = Page { head: head.clone(), records: Vec::new(), more: false };
    town.stranger_answers(Response::Page(page));
    let positions = vec![at(3), at(5)];
    town.stranger_answers(Response::Map { head: head.clone(), positions, more: false });
    for number in [3, 5] {
        let asked = town.asked.last().map(|(_, _, request)| request.clone());
        let agency = skog.agency.id();
        assert_eq!(asked, Some(Request::Records { agency, positions: vec![at(number)] }));
        let record = &there[usize::from(number == 5)];
        let records = vec![record.bytes().to_vec()];
        town.stranger_answers(Response::Records { head: head.clone(), records });
    }
    assert_eq!(town.held(LUFT, SKOG), there);
    assert_eq!(town.head(LUFT, SKOG), Some(second));
    assert!(town.blamed(LUFT).is_empty(), "{:?}", town.blamed(LUFT));
}
