//! Peers that send what they must not, or less than they hold.

use core::time::Duration;

use dela_protocol::catalogue::Catalogue;
use dela_protocol::federation::Federation;
use dela_protocol::id::HeadId;
use dela_protocol::limits::RECORDS_PER_AGENCY_MAX;
use dela_protocol::record::{Position, Record};
use dela_protocol::replica::{Input, Output, Replica};
use dela_protocol::store::{Batch, MemoryStore, Store as _};
use dela_protocol::wire::{Page, Request, Response};

use super::harness::{LUFT, SKOG, Town, VATTEN, node, scribe, stranger};
use crate::agencies::{START, Scribe, at, dataset, federation};

/// The stranger has announced three datasets of an agency, and is asked.
fn asked() -> (Town, Scribe, Vec<u8>, Vec<Record>) {
    let mut town = Town::of(1);
    town.stranger_connects(LUFT);
    let skog = scribe(SKOG);
    let records: Vec<Record> = (1..=3)
        .map(|number: u64| skog.record(number, &dataset(&number.to_string(), "Skog")))
        .collect();
    let head = skog.head(9, HeadId::NONE, &records);
    town.announced(LUFT, skog.announcement(&head, &[]));
    (town, skog, head.bytes().to_vec(), records)
}

fn bytes(records: &[&Record]) -> Vec<Vec<u8>> {
    records.iter().map(|record| record.bytes().to_vec()).collect()
}

fn is_blamed_for(records: Vec<Vec<u8>>, more: bool, reason: &str) {
    let (mut town, _, head, _) = asked();
    town.stranger_answers(Response::Page(Page { head, records, more }));
    assert_eq!(town.blamed(LUFT), [(stranger(), reason.to_owned())]);
    assert!(town.held(LUFT, SKOG).is_empty());
    assert!(town.asked.is_empty(), "the one to blame is asked again at once");
}

#[test]
fn a_page_out_of_order_is_blamed() {
    let (_, _, _, records) = asked();
    let records = bytes(&[&records[1], &records[0], &records[2]]);
    is_blamed_for(records, false, "a page whose records are not in order");
}

#[test]
fn a_page_with_two_records_about_one_dataset_is_blamed() {
    let (_, skog, _, records) = asked();
    let again = skog.record(4, &dataset("1", "Skog igen"));
    is_blamed_for(bytes(&[&records[0], &again]), false, "two records about one entity");
}

#[test]
fn an_empty_page_that_promises_more_is_blamed() {
    is_blamed_for(Vec::new(), true, "an empty page that promises more");
}

#[test]
fn a_record_after_its_head_is_blamed() {
    let (_, skog, _, _) = asked();
    let after = skog.record(9, &dataset("1", "Skog"));
    is_blamed_for(bytes(&[&after]), false, "a record that stands after its head");
}

#[test]
fn a_record_of_another_agency_in_a_page_is_blamed() {
    let foreign = Scribe::new(77).record(1, &dataset("1", "Skog"));
    let reason = "a record of another agency than was asked for";
    is_blamed_for(bytes(&[&foreign]), false, reason);
}

/// Returns the bytes of a record whose signature does not hold.
fn forged(record: &Record) -> Vec<u8> {
    let mut bytes = record.bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    bytes
}

#[test]
fn a_forged_record_in_a_page_is_left_out_and_who_insists_on_it_is_blamed() {
    let (mut town, _, head, records) = asked();
    let with_forged =
        vec![forged(&records[0]), records[1].bytes().to_vec(), records[2].bytes().to_vec()];
    let page = Page { head: head.clone(), records: with_forged, more: false };
    town.stranger_answers(Response::Page(page));
    assert_eq!(town.held(LUFT, SKOG), records[1..]);
    assert_eq!(town.blamed(LUFT), [], "its agency may have signed for it");
    let positions = vec![at(1), at(2), at(3)];
    town.stranger_answers(Response::Map { head: head.clone(), positions, more: false });
    let found = vec![forged(&records[0])];
    town.stranger_answers(Response::Records { head: head.clone(), records: found });
    // The positions agree: all the others are compared.
    let others = bytes(&[&records[1], &records[2]]);
    town.stranger_answers(Response::Records { head, records: others });
    let reason = "a set that does not have the digest its agency signed";
    assert_eq!(town.blamed(LUFT), [(stranger(), reason.to_owned())]);
    assert_eq!(town.held(LUFT, SKOG), records[1..]);
    assert_eq!(town.head(LUFT, SKOG), None);
}

/// An agency signs for a record that it did not sign: whichever way that comes,
/// in one page or by repair, with few or with many, all replicas hold the same
/// set, nobody is to blame, and the record is not shown.
#[test]
fn what_an_agency_signed_for_and_did_not_sign_is_quarantined_by_every_path() {
    for count in [3, 200] {
        for is_repaired in [false, true] {
            let mut town = Town::of(1);
            town.stranger_connects(LUFT);
            let skog = scribe(SKOG);
            let mut records: Vec<Record> = (1..=count)
                .map(|number: u64| skog.record(number, &dataset(&number.to_string(), "Skog")))
                .collect();
            records[1] = Record::decode(forged(&records[1])).unwrap();
            let signed = skog.head(900, HeadId::NONE, &records);
            let head = signed.bytes().to_vec();
            town.announced(LUFT, skog.announcement(&signed, &[]));
            let all: Vec<&Record> = records.iter().collect();
            let sent = if is_repaired { bytes(&all[2..]) } else { bytes(&all) };
            let page = Page { head: head.clone(), records: sent, more: false };
            town.stranger_answers(Response::Page(page));
            if is_repaired {
                let positions = records.iter().map(Record::position).collect();
                let map = Response::Map { head: head.clone(), positions, more: false };
                town.stranger_answers(map);
                let records = bytes(&all[..2]);
                town.stranger_answers(Response::Records { head, records });
            }
            assert_eq!(town.held(LUFT, SKOG), records, "{count} {is_repaired}");
            assert_eq!(town.head(LUFT, SKOG), Some(signed));
            assert_eq!(town.blamed(LUFT), []);
            let store = town.replicas[LUFT].store();
            for record in &records {
                let shown = store.shown(&skog.agency.id(), &record.entity()).is_some();
                assert_eq!(shown, record.position() != at(2), "{count} {is_repaired}");
            }
        }
    }
}

#[test]
fn a_lie_about_many_new_records_is_found_out_and_thrown_away() {
    let mut town = Town::of(1);
    town.stranger_connects(LUFT);
    let skog = scribe(SKOG);
    let records: Vec<Record> = (1..=200)
        .map(|number: u64| skog.record(number, &dataset(&number.to_string(), "Skog")))
        .collect();
    let signed = skog.head(900, HeadId::NONE, &records);
    town.announced(LUFT, skog.announcement(&signed, &[]));
    let lies = records.iter().map(forged).collect();
    let head = signed.bytes().to_vec();
    town.stranger_answers(Response::Page(Page { head, records: lies, more: true }));
    assert_eq!(town.held(LUFT, SKOG), [], "they hold in no set");
    assert!(matches!(town.asked.last(), Some((_, _, Request::Since { .. }))));
}

#[test]
fn one_who_withholds_records_is_blamed_and_another_heals() {
    for lies_in_map in [false, true] {
        let mut town = Town::connected(3);
        town.disconnect(VATTEN, SKOG);
        town.disconnect(VATTEN, LUFT);
        town.publish(LUFT, (0..5).map(|n| dataset(&n.to_string(), "Luft")).collect());
        town.settle();
        // The second record is kept back, wherever it would appear.
        town.lie(SKOG, move |response| match response {
            Response::Page(mut page) => {
                page.records.retain(|bytes| position(bytes) != at(2));
                Some(Response::Page(page))
            }
            Response::Records { head, mut records } => {
                records.retain(|bytes| position(bytes) != at(2));
                Some(Response::Records { head, records })
            }
            Response::Map { head, mut positions, more } => {
                if lies_in_map {
                    positions.retain(|position| *position != at(2));
                }
                Some(Response::Map { head, positions, more })
            }
            other => Some(other),
        });
        town.look_away();
        town.connect(VATTEN, SKOG);
        town.settle();
        assert_eq!(town.held(VATTEN, LUFT).len(), 4);
        assert!(town.blamed(VATTEN).iter().all(|(peer, _)| *peer == node(SKOG)));
        assert!(!town.blamed(VATTEN).is_empty());
        assert_eq!(town.head(VATTEN, LUFT), None, "it is not complete, and says so");
        town.connect(VATTEN, LUFT);
        town.pass(Duration::from_secs(90));
        assert_eq!(town.held(VATTEN, LUFT), town.held(LUFT, LUFT));
        assert!(town.agrees());
        assert!(town.blamed(VATTEN).iter().all(|(peer, _)| *peer == node(SKOG)));
    }
}

fn position(bytes: &[u8]) -> Position {
    Record::decode(bytes.to_vec()).unwrap().position()
}

#[test]
fn a_map_that_leaves_out_what_is_held_removes_nothing() {
    let (mut town, _, head, records) = asked();
    let some = bytes(&[&records[0], &records[1]]);
    town.stranger_answers(Response::Page(Page { head: head.clone(), records: some, more: false }));
    town.stranger_answers(Response::Map {
        head: head.clone(),
        positions: vec![at(3)],
        more: false,
    });
    let rest = bytes(&[&records[2]]);
    town.stranger_answers(Response::Records { head: head.clone(), records: rest });
    assert_eq!(town.held(LUFT, SKOG), records[..2]);
    let rest = bytes(&[&records[2]]);
    town.stranger_answers(Response::Records { head, records: rest });
    assert_eq!(town.held(LUFT, SKOG), records[..2]);
    assert_eq!(town.blamed(LUFT).len(), 1);
}

#[test]
fn one_who_keeps_lying_is_asked_ever_less_often() {
    let (mut town, _, head, _) = asked();
    let mut answers = 0;
    let end = town.now.after(Duration::from_secs(20));
    while town.now < end {
        while let Some((asker, id, request)) = town.asked.pop() {
            let response = match request {
                Request::Since { .. } => {
                    answers += 1;
                    let page = Page { head: head.clone(), records: Vec::new(), more: false };
                    Response::Page(page)
                }
                Request::Map { .. } => {
                    Response::Map { head: head.clone(), positions: vec![at(3)], more: false }
                }
                Request::Records { .. } => {
                    Response::Records { head: head.clone(), records: Vec::new() }
                }
                _ => Response::Same,
            };
            town.tell(asker, Input::Answered { id, response });
            assert!(answers < 100, "asked without a pause");
        }
        town.now = town.replicas[LUFT].wake_at();
        town.tell(LUFT, Input::Wake);
    }
    assert!(answers < 20, "asked {answers} times in 20 seconds");
}

#[test]
fn two_records_about_one_dataset_are_no_set_though_the_agency_signed_it() {
    let mut town = Town::of(1);
    town.stranger_connects(LUFT);
    let skog = scribe(SKOG);
    let (old, new) = (skog.record(1, &dataset("a", "A")), skog.record(2, &dataset("a", "A2")));
    let signed = skog.head(3, HeadId::NONE, &[old.clone(), new.clone()]);
    let head = signed.bytes().to_vec();
    town.announced(LUFT, skog.announcement(&signed, &[]));
    let page = Page { head: head.clone(), records: bytes(&[&new]), more: false };
    town.stranger_answers(Response::Page(page));
    let positions = vec![at(1), at(2)];
    town.stranger_answers(Response::Map { head: head.clone(), positions, more: false });
    town.stranger_answers(Response::Records { head, records: bytes(&[&old]) });
    assert_eq!(town.head(LUFT, SKOG), None);
    assert_eq!(town.held(LUFT, SKOG), [new]);
}

#[test]
fn an_answer_of_another_kind_than_was_asked_for_is_blamed() {
    let (_, _, head, records) = asked();
    let all = || bytes(&records.iter().collect::<Vec<_>>());
    let map =
        || Response::Map { head: head.clone(), positions: vec![at(1), at(2), at(3)], more: false };
    let found = || Response::Records { head: head.clone(), records: all() };
    let page = |records| Response::Page(Page { head: head.clone(), records, more: false });
    // Each answers the last question in another way than it was put.
    let stories = [
        vec![map()],
        vec![found()],
        vec![page(Vec::new()), page(all())],
        vec![page(Vec::new()), found()],
        vec![page(Vec::new()), map(), map()],
        vec![page(Vec::new()), map(), page(all())],
    ];
    for story in stories {
        let (mut town, ..) = asked();
        for answer in story.clone() {
            assert_eq!(town.blamed(LUFT), [], "{story:?}");
            town.stranger_answers(answer);
        }
        let reason = "an answer to another question".to_owned();
        assert_eq!(town.blamed(LUFT), [(stranger(), reason)], "{story:?}");
        assert!(town.held(LUFT, SKOG).is_empty());
    }
}

#[test]
fn no_page_is_taken_once_an_agency_has_as_many_records_as_it_may() {
    let skog = scribe(SKOG);
    let records = [skog.record(1, &dataset("1", "Skog")), skog.record(2, &dataset("2", "Skog"))];
    let head = skog.head(9, HeadId::NONE, &records);
    let mut catalogue = Catalogue::new(skog.agency.clone());
    catalogue.live_count = RECORDS_PER_AGENCY_MAX - 1;
    let mut store = MemoryStore::default();
    store.commit(Batch::of(catalogue, START)).unwrap();
    let mut replica = Replica::open(store, Federation::open(federation()), None, 1, START).unwrap();
    replica.handle(Input::Connected(stranger()), START).unwrap();
    let bytes = skog.announcement(&head, &[]);
    let announced = Input::Announced { from: stranger(), token: 1, bytes };
    let outputs = replica.handle(announced, START).unwrap();
    let asked = outputs.iter().find_map(|output| match output {
        Output::Request { id, request: Request::Since { .. }, .. } => Some(*id),
        _ => None,
    });
    let records = records.iter().map(|record| record.bytes().to_vec()).collect();
    let page = Page { head: head.bytes().to_vec(), records, more: true };
    let answered = Input::Answered { id: asked.unwrap(), response: Response::Page(page) };
    let outputs = replica.handle(answered, START).unwrap();
    assert_eq!(outputs, [], "it is taken, or asked for again at once");
    let kept = replica.store().records_after(&skog.agency.id(), Position::START, usize::MAX);
    assert_eq!(kept.unwrap(), []);
}

/// An agency signs a head that commits to a record which stands after it. Who
/// has the record from elsewhere must not take the set for complete: nobody who
/// has it not could complete it, and would blame whoever serves it.
#[test]
fn a_head_that_commits_to_what_comes_after_it_is_fulfilled_by_nobody() {
    let mut town = Town::of(1);
    town.stranger_connects(LUFT);
    let skog = scribe(SKOG);
    let records = [skog.record(1, &dataset("1", "Skog")), skog.record(15, &dataset("2", "Skog"))];
    let later = skog.head(20, HeadId::NONE, &records[..1]);
    town.announced(LUFT, skog.announcement(&later, &[]));
    let all: Vec<&Record> = records.iter().collect();
    let page = Page { head: later.bytes().to_vec(), records: bytes(&all), more: true };
    town.stranger_answers(Response::Page(page));
    assert_eq!(town.held(LUFT, SKOG), records);
    let crooked = skog.head(12, HeadId::NONE, &records);
    let page = Page { head: crooked.bytes().to_vec(), records: Vec::new(), more: false };
    town.stranger_answers(Response::Page(page));
    assert_eq!(town.head(LUFT, SKOG), None);
    assert_eq!(town.blamed(LUFT), []);
}
