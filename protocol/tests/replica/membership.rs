//! Who belongs: what a council decides is done to what nodes hold, take in, serve
//! and pass on.

use core::time::Duration;

use dela_protocol::agency::{Agency, Keys};
use dela_protocol::federation::card::{Card, CardStatement};
use dela_protocol::federation::certificate;
use dela_protocol::federation::charter::{Charter, CharterStatement, Guests, Seat, Thresholds};
use dela_protocol::federation::decision::{Decision, Disposition, Motion, MotionStatement, Vote};
use dela_protocol::federation::{Act, Federation, Standing};
use dela_protocol::head::Head;
use dela_protocol::id::{FederationId, HeadId, MotionId, NodeId};
use dela_protocol::key::SecretKey;
use dela_protocol::limits::CERTIFICATE_LIFETIME;
use dela_protocol::record::{Position, Record};
use dela_protocol::replica::{ChangeKeyError, Input, Output, PublishError, Replica, Verdict};
use dela_protocol::store::MemoryStore;
use dela_protocol::wire::membership::{Answer, Introduction, Question};
use dela_protocol::wire::{Announcement, Request, Response};

use super::harness::{BERG, LUFT, SKOG, Town, VATTEN, node, scribe, stranger};
use crate::agencies::{START, Scribe, at, dataset, federation};

pub(super) const MINUTES: Duration = Duration::from_secs(200);

fn publishing(index: usize) -> SecretKey {
    SecretKey::from_bytes(&[u8::try_from(index).unwrap() + 1; 32])
}

/// The key that the inception of every scribe commits to.
pub(super) fn next(index: usize) -> SecretKey {
    SecretKey::from_bytes(&[(u8::try_from(index).unwrap() + 1) ^ 0x80; 32])
}

fn council(index: usize) -> SecretKey {
    SecretKey::from_bytes(&[u8::try_from(index).unwrap() + 50; 32])
}

fn card(index: usize, federation: FederationId) -> Card {
    let statement = CardStatement {
        federation,
        name: format!("Provby {index}"),
        organisation_number: String::new(),
        domain: String::new(),
        council_key: council(index).public(),
        issued_at: START,
    };
    Card::sign(&scribe(index).agency, &publishing(index), statement).unwrap()
}

/// A federation of LUFT, SKOG and VATTEN, of which two decide.
fn founded(guests: Guests) -> Federation {
    let founders: Vec<Card> = (0..3).map(|index| card(index, FederationId::ANY)).collect();
    let charter = Charter::write(&CharterStatement {
        name: "Prov".to_owned(),
        purpose: String::new(),
        number: 1,
        previous: None,
        seats: founders.iter().map(Seat::of).collect(),
        thresholds: Thresholds::usual(3),
        records_max: 4,
        guests,
        founders,
        carried: Vec::new(),
        review_by: START,
        issued_at: START,
    })
    .unwrap();
    let id = charter.federation();
    let founding = MotionId::founding(&charter.id());
    let votes =
        (0..3).map(|index| Act::Vote(Vote::sign(&council(index), &id, founding, true, START)));
    let acts: Vec<Vec<u8>> =
        core::iter::once(Act::Charter(charter)).chain(votes).map(|act| act.encode()).collect();
    let mut federation = Federation::chartered(id);
    federation.take(&acts).unwrap();
    assert!(federation.charter().is_some());
    federation
}

pub(crate) fn town(count: usize, guests: Guests) -> Town {
    let mut town = Town::in_federation(count, founded(guests));
    town.connect_all();
    town
}

/// LUFT moves, and SKOG votes for it.
fn decide(town: &mut Town, decision: Decision) {
    let known = town.replicas[LUFT].federation();
    let (federation, charter) = (known.id(), known.charter().unwrap().id());
    let statement =
        MotionStatement { charter, decision, reason: String::new(), issued_at: town.now };
    let motion = Motion::sign(&council(LUFT), &federation, &statement).unwrap();
    let vote = Vote::sign(&council(SKOG), &federation, motion.id(), true, town.now);
    for (index, act) in [(LUFT, Act::Motion(motion)), (SKOG, Act::Vote(vote))] {
        let now = town.now;
        let (taken, outputs) = town.replicas[index].take_acts(&[act.encode()], now).unwrap();
        assert_eq!(taken, Ok(1));
        town.carry_out(index, outputs);
        town.settle();
    }
}

pub(crate) fn admit(town: &mut Town, index: usize, generation: u32) {
    let federation = town.replicas[LUFT].federation().id();
    decide(town, Decision::Admit { card: card(index, federation), generation });
}

pub(crate) fn revoke(town: &mut Town, index: usize, disposition: Disposition) {
    let last_head = (disposition == Disposition::Keep).then(|| town.head(LUFT, index).unwrap());
    let agency = scribe(index).agency.id();
    decide(
        town,
        Decision::Revoke { agency, generation: 1, disposition, last_head, successor: None },
    );
}

/// Returns the titles a node shows of an agency's datasets.
pub(crate) fn shown(town: &Town, index: usize, of: usize) -> usize {
    let agency = scribe(of).agency.id();
    let store = town.replicas[index].store();
    let shown = |entity| store.shown(&agency, &entity).is_some();
    town.live(index, of).into_iter().filter(|record| shown(record.entity())).count()
}

#[test]
fn of_an_agency_that_is_not_admitted_nothing_is_held_and_of_one_that_is_everything() {
    let mut town = town(4, Guests::Read);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.publish(BERG, vec![dataset("berg", "Berg")]);
    town.pass(MINUTES);
    assert_eq!(town.live(BERG, LUFT).len(), 1, "a guest reads");
    for index in [LUFT, SKOG, VATTEN] {
        assert!(town.held(index, BERG).is_empty() && town.head(index, BERG).is_none());
    }
    admit(&mut town, BERG, 1);
    town.pass(MINUTES);
    for index in [LUFT, SKOG, VATTEN] {
        assert_eq!(shown(&town, index, BERG), 1, "{index}");
    }
    assert!(town.agrees());
    assert!((0..4).all(|index| town.blamed(index).is_empty()));
}

#[test]
fn where_guests_may_only_apply_a_stranger_learns_the_charter_and_no_record() {
    let mut town = town(4, Guests::Apply);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.pass(MINUTES);
    assert!(town.held(BERG, LUFT).is_empty());
    assert_eq!(town.live(SKOG, LUFT).len(), 1);
    admit(&mut town, BERG, 1);
    town.pass(MINUTES);
    assert_eq!(town.live(BERG, LUFT).len(), 1);
    assert!(town.agrees());
}

#[test]
fn a_newcomer_that_knows_nothing_but_the_id_learns_who_belongs() {
    let id = founded(Guests::Read).id();
    let mut town = Town::in_federation(2, Federation::chartered(id));
    let acts: Vec<Vec<u8>> = founded(Guests::Read).acts().iter().map(Act::encode).collect();
    let now = town.now;
    let (taken, _) = town.replicas[LUFT].take_acts(&acts, now).unwrap();
    assert_eq!(taken, Ok(4));
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.connect_all();
    town.pass(MINUTES);
    assert_eq!(town.replicas[SKOG].federation().members().count(), 3);
    assert_eq!(town.live(SKOG, LUFT).len(), 1);
    town.restart(SKOG, MemoryStore::lose);
    assert!(town.replicas[SKOG].federation().charter().is_some(), "it survives the store");
}

#[test]
fn purged_is_gone_everywhere_and_stays_gone() {
    let mut town = town(4, Guests::Read);
    admit(&mut town, BERG, 1);
    town.publish(BERG, vec![dataset("berg", "Berg")]);
    town.pass(MINUTES);
    revoke(&mut town, BERG, Disposition::Purge);
    town.publish(BERG, vec![dataset("mer", "Mer")]);
    town.pass(MINUTES);
    for index in [LUFT, SKOG, VATTEN] {
        assert!(town.held(index, BERG).is_empty() && town.head(index, BERG).is_none());
        town.restart(index, |_| {});
        assert!(town.held(index, BERG).is_empty());
    }
    assert!(town.agrees());
    assert!((0..4).all(|index| town.blamed(index).is_empty()), "nobody is to blame");
}

#[test]
fn hidden_is_kept_and_neither_shown_nor_served_until_the_agency_is_back() {
    let mut town = town(4, Guests::Read);
    admit(&mut town, BERG, 1);
    town.publish(BERG, vec![dataset("berg", "Berg")]);
    town.pass(MINUTES);
    revoke(&mut town, BERG, Disposition::Hide);
    town.pass(MINUTES);
    for index in [LUFT, SKOG, VATTEN] {
        assert_eq!((town.live(index, BERG).len(), shown(&town, index, BERG)), (1, 0), "{index}");
        town.restart(index, |_| {});
        assert_eq!((town.live(index, BERG).len(), shown(&town, index, BERG)), (1, 0), "{index}");
    }
    town.connect_all();
    let agency = scribe(BERG).agency.id();
    let asked = Request::Since { agency, after: Position::START };
    town.look_away();
    town.tell(LUFT, Input::Requested { from: node(SKOG), token: 0, request: asked });
    let answer = town.log.iter().find_map(|(_, output)| match output {
        Output::Respond { response, .. } => Some(response.clone()),
        _ => None,
    });
    assert_eq!(answer, Some(Response::NotReady));
    admit(&mut town, BERG, 2);
    town.pass(MINUTES);
    for index in [LUFT, SKOG, VATTEN] {
        assert_eq!(shown(&town, index, BERG), 1, "{index}");
    }
    assert!(town.agrees());
}

#[test]
fn hidden_stays_hidden_and_purged_unchecked_where_signatures_were_being_checked_meanwhile() {
    for disposition in [Disposition::Hide, Disposition::Purge] {
        let mut town = town(4, Guests::Read);
        admit(&mut town, BERG, 1);
        let agency = scribe(BERG).agency.id();
        decide(&mut town, Decision::Quota { agency, generation: 1, serial: 1, records_max: 1000 });
        // So many that they are not checked at once.
        let many = (0..200).map(|one| dataset(&format!("d{one}"), "D")).collect();
        town.slow_checks = Some(Vec::new());
        town.publish(BERG, many);
        town.settle();
        assert_eq!((town.live(SKOG, BERG).len(), shown(&town, SKOG, BERG)), (200, 0));
        revoke(&mut town, BERG, disposition);
        town.end_checks();
        assert_eq!(shown(&town, SKOG, BERG), 0);
        let mut catalogues = town.replicas[SKOG].catalogues();
        let checked = catalogues.find(|one| one.id() == agency).map(|one| one.checked);
        if disposition == Disposition::Purge {
            assert_eq!(checked, Some(Position::START), "what comes again is checked again");
        }
    }
}

#[test]
fn an_agency_that_is_admitted_again_is_back_with_the_head_that_was_known_before() {
    for disposition in [Disposition::Hide, Disposition::Purge, Disposition::Keep] {
        let mut town = town(4, Guests::Read);
        admit(&mut town, BERG, 1);
        town.publish(BERG, vec![dataset("berg", "Berg")]);
        town.pass(MINUTES);
        let first = town.head(LUFT, BERG).unwrap();
        town.publish(BERG, vec![dataset("dal", "Dal")]);
        town.pass(MINUTES);
        let revoke = Decision::Revoke {
            agency: scribe(BERG).agency.id(),
            generation: 1,
            disposition,
            last_head: (disposition == Disposition::Keep).then_some(first),
            successor: None,
        };
        decide(&mut town, revoke);
        town.pass(MINUTES);
        admit(&mut town, BERG, 2);
        town.pass(MINUTES);
        for index in [LUFT, SKOG, VATTEN] {
            assert_eq!(shown(&town, index, BERG), 2, "{index} after {disposition:?}");
        }
        assert!(town.agrees());
    }
}

#[test]
fn a_member_whose_records_are_kept_and_whoever_keeps_them_have_nothing_to_compare() {
    let mut town = town(4, Guests::Read);
    admit(&mut town, BERG, 1);
    town.publish(BERG, vec![dataset("berg", "Berg")]);
    town.pass(MINUTES);
    revoke(&mut town, BERG, Disposition::Keep);
    // It goes on by itself.
    town.publish(BERG, vec![dataset("mer", "Mer")]);
    town.pass(MINUTES);
    assert!(town.agrees(), "at what is kept");
    let known: Vec<_> = town.replicas.iter().map(Replica::known).collect();
    assert!(known.iter().all(|one| *one == known[LUFT]), "or they would compare for ever");
    let agency = scribe(BERG).agency.id();
    town.look_away();
    let asked = Request::Since { agency, after: Position::START };
    town.tell(BERG, Input::Requested { from: node(SKOG), token: 0, request: asked });
    let answer = town.log.iter().find_map(|(_, output)| match output {
        Output::Respond { response, .. } => Some(response.clone()),
        _ => None,
    });
    assert_eq!(answer, Some(Response::NotReady), "it tells no more than the others");
}

#[test]
fn kept_is_frozen_at_the_head_that_was_named_also_where_more_was_held() {
    let mut town = town(4, Guests::Read);
    admit(&mut town, BERG, 1);
    town.publish(BERG, vec![dataset("berg", "Berg"), dataset("dal", "Dal")]);
    town.pass(MINUTES);
    let pinned = town.head(LUFT, BERG).unwrap();
    // LUFT is away while BERG goes on; the council pins what LUFT held.
    for other in [SKOG, VATTEN, BERG] {
        town.disconnect(LUFT, other);
    }
    town.publish(BERG, vec![dataset("mer", "Mer"), dataset("dal", "Ändrad")]);
    town.pass(MINUTES);
    assert_eq!(town.live(VATTEN, BERG).len(), 3);
    for other in [SKOG, VATTEN, BERG] {
        town.connect(LUFT, other);
    }
    town.settle();
    let agency = scribe(BERG).agency.id();
    let revoke = Decision::Revoke {
        agency,
        generation: 1,
        disposition: Disposition::Keep,
        last_head: Some(pinned.clone()),
        successor: None,
    };
    decide(&mut town, revoke);
    town.pass(MINUTES);
    let held: Vec<Option<Head>> = [LUFT, SKOG, VATTEN].map(|index| town.head(index, BERG)).to_vec();
    for (index, head) in held.into_iter().enumerate() {
        // Whoever had taken in what came after the head cannot have back what
        // that replaced, unless somebody still holds it.
        assert!(head.is_none_or(|head| head == pinned), "{index}");
        assert!(town.held(index, BERG).iter().all(|one| one.position() < pinned.position()));
    }
    town.publish(BERG, vec![dataset("sedan", "Sedan")]);
    town.pass(MINUTES);
    for index in [LUFT, SKOG, VATTEN] {
        assert!(town.held(index, BERG).iter().all(|one| one.position() < pinned.position()));
    }
}

#[test]
fn a_newcomer_gets_what_is_kept_of_one_that_has_left() {
    let mut town = town(4, Guests::Read);
    admit(&mut town, BERG, 1);
    town.publish(BERG, vec![dataset("berg", "Berg")]);
    town.pass(MINUTES);
    revoke(&mut town, BERG, Disposition::Keep);
    for other in [LUFT, SKOG, VATTEN] {
        town.disconnect(BERG, other);
    }
    town.restart(VATTEN, MemoryStore::lose);
    town.connect(VATTEN, LUFT);
    town.pass(MINUTES);
    assert_eq!(shown(&town, VATTEN, BERG), 1);
    assert_eq!(town.head(VATTEN, BERG), town.head(LUFT, BERG));
}

#[test]
fn a_newcomer_gets_it_also_of_one_that_had_replaced_its_key() {
    let mut town = town(4, Guests::Read);
    admit(&mut town, BERG, 1);
    town.publish(BERG, vec![dataset("berg", "Berg")]);
    town.pass(MINUTES);
    rotate(&mut town, BERG);
    town.publish(BERG, vec![dataset("mer", "Mer")]);
    town.pass(MINUTES);
    revoke(&mut town, BERG, Disposition::Keep);
    for other in [LUFT, SKOG, VATTEN] {
        town.disconnect(BERG, other);
    }
    town.restart(VATTEN, MemoryStore::lose);
    town.connect(VATTEN, LUFT);
    town.pass(MINUTES);
    assert_eq!(shown(&town, VATTEN, BERG), 2);
    assert_eq!(town.head(VATTEN, BERG), town.head(LUFT, BERG));
}

#[test]
fn suspended_is_frozen_and_goes_on_when_it_is_admitted_again() {
    let mut town = town(4, Guests::Read);
    admit(&mut town, BERG, 1);
    town.publish(BERG, vec![dataset("berg", "Berg")]);
    town.pass(MINUTES);
    let agency = scribe(BERG).agency.id();
    decide(&mut town, Decision::Suspend { agency, generation: 1 });
    town.publish(BERG, vec![dataset("mer", "Mer")]);
    town.pass(MINUTES);
    assert_eq!(shown(&town, SKOG, BERG), 1);
    admit(&mut town, BERG, 2);
    town.pass(MINUTES);
    assert_eq!(shown(&town, SKOG, BERG), 2);
    assert!(town.agrees());
}

#[test]
fn a_member_publishes_no_more_than_the_council_lets_it() {
    let mut town = town(3, Guests::Read);
    let many = |count: usize| (0..count).map(|one| dataset(&format!("d{one}"), "D")).collect();
    let refused = town.try_publish(LUFT, many(5));
    assert!(matches!(refused, Err(PublishError::TooMany { records: 5, records_max: 4 })));
    town.publish(LUFT, many(4));
    town.pass(MINUTES);
    assert_eq!(town.live(SKOG, LUFT).len(), 4);
    let agency = scribe(LUFT).agency.id();
    let quota =
        |records_max, serial| Decision::Quota { agency, generation: 0, serial, records_max };
    decide(&mut town, quota(6, 1));
    town.publish(LUFT, many(6));
    town.pass(MINUTES);
    assert_eq!(town.live(SKOG, LUFT).len(), 6);
    // Where less is allowed than is offered, others wait for the agency.
    for other in [SKOG, VATTEN] {
        town.disconnect(LUFT, other);
    }
    town.restart(VATTEN, MemoryStore::lose);
    town.connect(VATTEN, SKOG);
    decide_apart(&mut town, quota(3, 2));
    town.pass(MINUTES);
    assert!(town.live(VATTEN, LUFT).is_empty());
    let throttled = town.replicas[VATTEN].throttled_agencies();
    assert_eq!(throttled.iter().map(|one| one.agency).collect::<Vec<_>>(), [agency]);
    assert_eq!(throttled[0].quota.to_string(), "it offers 6 records; it may have 3");
}

/// The same as `decide`, where LUFT is away: all of it is told at SKOG.
fn decide_apart(town: &mut Town, decision: Decision) {
    let known = town.replicas[SKOG].federation();
    let (federation, charter) = (known.id(), known.charter().unwrap().id());
    let statement =
        MotionStatement { charter, decision, reason: String::new(), issued_at: town.now };
    let motion = Motion::sign(&council(SKOG), &federation, &statement).unwrap();
    let vote = Vote::sign(&council(VATTEN), &federation, motion.id(), true, town.now);
    let acts = [Act::Motion(motion).encode(), Act::Vote(vote).encode()];
    let now = town.now;
    let (taken, outputs) = town.replicas[SKOG].take_acts(&acts, now).unwrap();
    assert_eq!(taken, Ok(2));
    town.carry_out(SKOG, outputs);
    town.settle();
}

#[test]
fn a_key_is_not_replaced_before_what_was_lost_has_come_back() {
    let mut town = town(3, Guests::Read);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.pass(MINUTES);
    // Of all there was it has nothing but its keys.
    town.restart(LUFT, |store| *store = MemoryStore::default());
    town.replicas[LUFT].confirm();
    let (statement, _) = rotation(&town, LUFT);
    let now = town.now;
    let refused = town.replicas[LUFT].change_key(statement.clone(), next(LUFT), now);
    assert!(matches!(refused, Err(ChangeKeyError::Unconfirmed)), "{refused:?}");
    town.connect_all();
    while !town.replicas[LUFT].is_recovering() {
        town.pass(Duration::from_millis(10));
    }
    let now = town.now;
    let refused = town.replicas[LUFT].change_key(statement, next(LUFT), now);
    assert!(matches!(refused, Err(ChangeKeyError::Recovering)), "{refused:?}");
    town.pass(MINUTES);
    rotate(&mut town, LUFT);
    town.pass(MINUTES);
    assert_eq!((shown(&town, LUFT, LUFT), shown(&town, SKOG, LUFT)), (1, 1));
    assert!(town.agrees());
}

/// Returns the statement by which an agency replaces its key, and the agency then.
fn rotation(town: &Town, index: usize) -> (Vec<u8>, Agency) {
    let mut agency = scribe(index).agency;
    let keys = Keys {
        key: next(index).public(),
        next_key_commitment: [9; 32],
        recovery_threshold: 0,
        recovery_keys: Vec::new(),
        issued_at: town.now,
    };
    let statement = agency.sign_rotation(&keys, &publishing(index), &next(index));
    agency.follow(statement.clone()).unwrap();
    (statement, agency)
}

/// Replaces the key of an agency at its own node, and returns the agency.
pub(super) fn rotate(town: &mut Town, index: usize) -> Agency {
    let (statement, agency) = rotation(town, index);
    let now = town.now;
    let outputs = town.replicas[index].change_key(statement, next(index), now).unwrap();
    town.carry_out(index, outputs);
    agency
}

#[test]
fn a_thief_of_a_key_that_was_replaced_adds_nothing_however_far_it_runs_ahead() {
    let mut town = town(3, Guests::Read);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.pass(MINUTES);
    let thief = scribe(LUFT);
    let far = Position { epoch: 9, seq: 9_000_000 };
    let federation = town.replicas[LUFT].federation().id();
    let forged = |previous: HeadId| {
        let commitment = thief.commitment(far, previous, &[]);
        let head = Head::sign(&thief.signer, &federation, &commitment);
        Announcement {
            statements: thief.agency.statements().to_vec(),
            head: head.bytes().to_vec(),
            records: Vec::new(),
        }
    };
    // Before the key was replaced, the thief's head is believed at SKOG.
    let token = 1_000_000;
    let bytes = forged(HeadId::NONE).encode();
    town.tell(SKOG, Input::Announced { from: node(VATTEN), token, bytes: bytes.clone() });
    rotate(&mut town, LUFT);
    town.pass(MINUTES);
    for index in [SKOG, VATTEN] {
        assert_eq!(town.head(index, LUFT).unwrap().key_index(), 1, "{index}");
        assert_eq!(shown(&town, index, LUFT), 1, "old records stay valid");
    }
    assert!(town.agrees());
    town.look_away();
    town.tell(SKOG, Input::Announced { from: node(VATTEN), token, bytes });
    let verdict = town.log.iter().find_map(|(_, output)| match output {
        Output::Judge { verdict, .. } => Some(*verdict),
        _ => None,
    });
    assert_eq!(verdict, Some(Verdict::Ignore));
    town.publish(LUFT, vec![dataset("nytt", "Nytt")]);
    town.pass(MINUTES);
    assert_eq!(shown(&town, VATTEN, LUFT), 2);
}

#[test]
fn the_old_key_adds_nothing_either_where_the_new_one_has_not_been_heard_yet() {
    let mut town = town(3, Guests::Read);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.pass(MINUTES);
    for other in [SKOG, VATTEN] {
        town.disconnect(LUFT, other);
    }
    let rotated = rotate(&mut town, LUFT);
    let thief = scribe(LUFT);
    let before = town.head(VATTEN, LUFT).unwrap();
    let next = Position { seq: before.position().seq + 1, ..before.position() };
    let commitment = thief.commitment(next, before.id(), &[]);
    let federation = town.replicas[LUFT].federation().id();
    let head = Head::sign(&thief.signer, &federation, &commitment);
    // All that the thief needs to know is what the agency has stated since.
    let told = Announcement {
        statements: rotated.statements().to_vec(),
        head: head.bytes().to_vec(),
        records: Vec::new(),
    };
    town.look_away();
    town.tell(
        VATTEN,
        Input::Announced { from: node(SKOG), token: 1_000_000, bytes: told.encode() },
    );
    assert_eq!(town.head(VATTEN, LUFT), Some(before));
    assert_eq!(town.replicas[VATTEN].behind(), 0, "nothing of it is waited for");
    town.connect(LUFT, VATTEN);
    town.pass(MINUTES);
    assert_eq!(town.head(VATTEN, LUFT).unwrap().key_index(), 1);
    assert_eq!(shown(&town, VATTEN, LUFT), 1);
}

#[test]
fn a_node_with_the_old_key_signs_no_more_when_it_hears_of_the_new_one() {
    let mut town = Town::in_federation(3, founded(Guests::Read));
    town.connect(LUFT, SKOG);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.settle();
    let copy = town.replicas[LUFT].store().clone();
    town.impersonate(VATTEN, LUFT, copy);
    rotate(&mut town, LUFT);
    town.settle();
    town.connect(VATTEN, SKOG);
    town.pass(MINUTES);
    let refused = town.try_publish(VATTEN, vec![dataset("tjuv", "Tjuv")]);
    assert!(
        matches!(refused, Err(PublishError::KeyReplaced | PublishError::Recovering)),
        "{refused:?}"
    );
    assert_eq!(town.live(SKOG, LUFT).len(), 1);
}

#[test]
fn a_stranger_is_told_no_gossip_is_taken_from_it_and_it_applies_for_itself_only() {
    let mut town = town(3, Guests::Apply);
    town.tell(LUFT, Input::Connected(stranger()));
    let (asker, id, request) = town.asked.pop().unwrap();
    assert!(matches!(request, Request::Membership(Question::Hello(_))));
    let hello = Answer::Hello(Introduction::default());
    town.tell(asker, Input::Answered { id, response: Response::Membership(hello) });
    town.publish(SKOG, vec![dataset("skog", "Skog")]);
    town.settle();
    let skog = scribe(SKOG);
    let head = town.head(SKOG, SKOG).unwrap();
    let told = Announcement {
        statements: skog.agency.statements().to_vec(),
        head: head.bytes().to_vec(),
        records: Vec::new(),
    };
    assert_eq!(town.announced(LUFT, told.encode()), Verdict::Ignore);
    let known = town.replicas[LUFT].federation().id();
    let card = card(BERG, known).bytes().to_vec();
    let request = Request::Membership(Question::Apply { card });
    town.tell(LUFT, Input::Requested { from: stranger(), token: 0, request });
    assert_eq!(town.replicas[LUFT].applications().count(), 0, "it has not shown to be BERG's");
}

#[test]
fn an_application_reaches_all_members_and_is_gone_with_the_admission() {
    let mut town = Town::in_federation(4, founded(Guests::Read));
    let id = town.replicas[LUFT].federation().id();
    town.replicas[BERG].apply_with(card(BERG, id));
    for (one, other) in [(LUFT, SKOG), (SKOG, VATTEN), (BERG, VATTEN)] {
        town.connect(one, other);
    }
    town.settle();
    for index in [LUFT, SKOG, VATTEN] {
        let applying: Vec<_> =
            town.replicas[index].applications().map(|(card, _)| card.id()).collect();
        assert_eq!(applying, [scribe(BERG).agency.id()], "{index}");
    }
    admit(&mut town, BERG, 1);
    town.pass(MINUTES);
    for index in [LUFT, SKOG, VATTEN, BERG] {
        assert_eq!(town.replicas[index].applications().count(), 0, "{index}");
        let member = town.replicas[index].federation().member(&scribe(BERG).agency.id());
        assert_eq!(member.unwrap().standing, Standing::Member);
    }
}

#[test]
fn what_was_made_for_another_federation_is_refused() {
    let mut town = town(3, Guests::Read);
    let skog = Scribe::new(2);
    let commitment = skog.commitment(at(2), HeadId::NONE, &[]);
    let head = Head::sign(&skog.signer, &federation(), &commitment);
    let bytes = skog.announcement(&head, &[]);
    town.look_away();
    town.tell(LUFT, Input::Announced { from: node(VATTEN), token: 1_000_000, bytes });
    let verdict = town.log.iter().find_map(|(_, output)| match output {
        Output::Judge { verdict, .. } => Some(*verdict),
        _ => None,
    });
    assert_eq!(verdict, Some(Verdict::Reject));
    let elsewhere = card(BERG, federation()).bytes().to_vec();
    let request = Request::Membership(Question::Apply { card: elsewhere });
    town.tell(LUFT, Input::Requested { from: node(SKOG), token: 0, request });
    assert_eq!(town.replicas[LUFT].applications().count(), 0);
}

/// Returns what a node answers to somebody.
fn answer(town: &mut Town, index: usize, from: NodeId, request: Request) -> Response {
    let before = town.log.len();
    town.tell(index, Input::Requested { from, token: 9_999, request });
    let answer = town.log[before..].iter().find_map(|(_, output)| match output {
        Output::Respond { response, .. } => Some(response.clone()),
        _ => None,
    });
    answer.unwrap()
}

#[test]
fn a_hello_that_is_not_its_own_gives_no_rights() {
    let mut town = town(3, Guests::Apply);
    town.publish(SKOG, vec![dataset("skog", "Skog")]);
    town.pass(MINUTES);
    let (here, now) = (town.replicas[LUFT].federation().id(), town.now);
    let skog = scribe(SKOG);
    let sign =
        |federation: &FederationId, node, at| certificate::sign(&skog.signer, federation, node, at);
    town.now = now.after(CERTIFICATE_LIFETIME * 2);
    let forged = [
        ("of another node", sign(&here, node(SKOG), town.now)),
        ("of another federation", sign(&federation(), stranger(), town.now)),
        ("of another agency", {
            certificate::sign(&scribe(BERG).signer, &here, stranger(), town.now)
        }),
        ("that has ended", sign(&here, stranger(), START)),
        ("that is none", vec![1, 2, 3]),
    ];
    for (what, certificate) in forged {
        town.tell(LUFT, Input::Connected(stranger()));
        let statements = skog.agency.statements().to_vec();
        let hello = Question::Hello(Introduction { statements, certificate });
        drop(answer(&mut town, LUFT, stranger(), Request::Membership(hello)));
        let asked = Request::Since { agency: skog.agency.id(), after: Position::START };
        let told = answer(&mut town, LUFT, stranger(), asked);
        let is_refused = matches!(told, Response::Membership(Answer::Denied) | Response::NotReady);
        assert!(is_refused, "a certificate {what} was believed: {told:?}");
        town.tell(LUFT, Input::Disconnected(stranger()));
        // Strikes are forgiven in time.
        town.now = town.now.after(Duration::from_secs(3 * 3600));
    }
}

#[test]
fn where_guests_may_only_apply_they_get_the_way_in_and_nothing_else() {
    let mut town = town(3, Guests::Apply);
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.pass(MINUTES);
    town.tell(LUFT, Input::Connected(stranger()));
    let agency = scribe(LUFT).agency.id();
    let (after, positions) = (Position::START, vec![town.held(LUFT, LUFT)[0].position()]);
    for closed in [
        Request::Status { root: town.replicas[LUFT].known() },
        Request::Summaries { buckets: (0..=u8::MAX).collect() },
        Request::Heads { agencies: vec![agency] },
        Request::Since { agency, after },
        Request::Map { agency, after },
        Request::Records { agency, positions },
    ] {
        let told = answer(&mut town, LUFT, stranger(), closed.clone());
        assert_eq!(told, Response::Membership(Answer::Denied), "to {closed:?}");
    }
    let digest = town.replicas[LUFT].federation().digest();
    let asked = Request::Membership(Question::Acts { digest });
    assert_eq!(answer(&mut town, LUFT, stranger(), asked), Response::Membership(Answer::Noted));
}

#[test]
fn a_head_and_a_record_made_for_another_federation_with_a_charter_are_refused() {
    let mut town = town(3, Guests::Read);
    // The same founders, of another federation that differs in one word.
    let elsewhere = founded(Guests::Apply).id();
    assert_ne!(elsewhere, town.replicas[LUFT].federation().id());
    let here = town.replicas[LUFT].federation().id();
    let skog = scribe(SKOG);
    let statement = dataset("skog", "Skog");
    for (of_head, of_record) in [(elsewhere, elsewhere), (here, elsewhere)] {
        let record = Record::sign(&skog.signer, &of_record, at(1), &statement, START);
        let commitment = skog.commitment(at(2), HeadId::NONE, core::slice::from_ref(&record));
        let head = Head::sign(&skog.signer, &of_head, &commitment);
        let bytes = skog.announcement(&head, &[record]);
        town.look_away();
        town.tell(LUFT, Input::Announced { from: node(VATTEN), token: 1_000_000, bytes });
        let verdict = town.log.iter().find_map(|(_, output)| match output {
            Output::Judge { verdict, .. } => Some(*verdict),
            _ => None,
        });
        assert_eq!(verdict, Some(Verdict::Reject));
        assert!(town.held(LUFT, SKOG).is_empty() && town.head(LUFT, SKOG).is_none());
    }
}
