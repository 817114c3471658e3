//! What follows from the acts of a council: stories, and what holds for any order
//! of acts and any change of their bytes.

use std::collections::BTreeMap;

use dela_protocol::agency::{Agency, Keys};
use dela_protocol::federation::card::{Card, CardStatement};
use dela_protocol::federation::charter::{
    Charter, CharterError, CharterStatement, Guests, Seat, Thresholds,
};
use dela_protocol::federation::decision::{
    Decision, DecisionError, Disposition, Motion, MotionStatement, Vote,
};
use dela_protocol::federation::{
    Act, ActKey, Admittance, Federation, FederationError, Member, Progress,
};
use dela_protocol::id::{AgencyId, CharterId, FederationId, MotionId};
use dela_protocol::key::{KeyError, SecretKey};
use dela_protocol::limits::{MOTIONS_PER_SEAT_MAX, RECORDS_PER_AGENCY_MAX};
use dela_protocol::time::Timestamp;
use proptest::prelude::*;
use proptest::sample::Index;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// An agency with its two keys.
#[derive(Clone)]
struct Party {
    agency: Agency,
    key: SecretKey,
    council_key: SecretKey,
}

impl Party {
    fn new(number: u16) -> Self {
        let secret = |which: u8| {
            let mut bytes = [which; 32];
            bytes[..2].copy_from_slice(&number.to_be_bytes());
            SecretKey::from_bytes(&bytes)
        };
        let keys = Keys {
            key: secret(1).public(),
            next_key_commitment: secret(2).public().commitment(),
            recovery_threshold: 0,
            recovery_keys: Vec::new(),
            issued_at: NOW,
        };
        let agency = Agency::open(vec![keys.sign_inception(&secret(1))]).unwrap();
        Self { agency, key: secret(1), council_key: secret(3) }
    }

    fn id(&self) -> AgencyId {
        self.agency.id()
    }

    fn card(&self, federation: FederationId) -> Card {
        let statement = CardStatement {
            federation,
            name: "Exempelby kommun".to_owned(),
            organisation_number: String::new(),
            domain: String::new(),
            council_key: self.council_key.public(),
            issued_at: NOW,
        };
        Card::sign(&self.agency, &self.key, statement).unwrap()
    }

    fn seat(&self) -> Seat {
        let key = self.council_key.public();
        Seat { agency: self.id(), key, name: "Exempelby".to_owned() }
    }
}

/// A council, and what it has said.
struct Hall {
    id: FederationId,
    first: Charter,
    seats: Vec<Party>,
}

impl Hall {
    /// Five seats: it takes three to admit, four to revoke and to amend.
    fn new() -> Self {
        let seats: Vec<Party> = (0..5).map(Party::new).collect();
        let first = Charter::write(&first_statement(&seats)).unwrap();
        Self { id: first.federation(), first, seats }
    }

    fn founding(&self) -> Vec<Vec<u8>> {
        let founding = MotionId::founding(&self.first.id());
        let vote = |seat: &Party| self.cast(seat, founding, true);
        let first = [Act::Charter(self.first.clone()).encode()];
        first.into_iter().chain(self.seats.iter().map(vote)).collect()
    }

    fn founded(&self) -> Federation {
        let mut federation = Federation::chartered(self.id);
        federation.take(&self.founding()).unwrap();
        federation
    }

    fn cast(&self, voter: &Party, motion: MotionId, is_for: bool) -> Vec<u8> {
        Act::Vote(Vote::sign(&voter.council_key, &self.id, motion, is_for, NOW)).encode()
    }

    fn motion(&self, mover: usize, charter: &Charter, decision: Decision) -> Motion {
        let statement = MotionStatement {
            charter: charter.id(),
            decision,
            reason: String::new(),
            issued_at: NOW,
        };
        Motion::sign(&self.seats[mover].council_key, &self.id, &statement).unwrap()
    }

    /// Returns a motion of the first seat, with so many seats for it.
    fn decided(&self, charter: &Charter, decision: Decision, seats: usize) -> Vec<Vec<u8>> {
        let motion = self.motion(0, charter, decision);
        let votes = self.seats[1..seats].iter().map(|seat| self.cast(seat, motion.id(), true));
        let votes: Vec<Vec<u8>> = votes.collect();
        [Act::Motion(motion).encode()].into_iter().chain(votes).collect()
    }

    fn admit(&self, party: &Party, generation: u32) -> Decision {
        Decision::Admit { card: party.card(self.id), generation }
    }
}

fn first_statement(seats: &[Party]) -> CharterStatement {
    CharterStatement {
        name: "Exempellän".to_owned(),
        purpose: String::new(),
        number: 1,
        previous: None,
        seats: seats.iter().map(Party::seat).collect(),
        thresholds: Thresholds::usual(seats.len()),
        records_max: 1000,
        guests: Guests::Apply,
        founders: seats.iter().map(|seat| seat.card(FederationId::ANY)).collect(),
        carried: Vec::new(),
        review_by: NOW,
        issued_at: NOW,
    }
}

/// Writes a charter that follows on another.
fn successor(of: &Charter, seats: &[Party], carried: Vec<MotionId>) -> Charter {
    let statement = CharterStatement {
        number: of.statement().number + 1,
        previous: Some(of.id()),
        seats: seats.iter().map(Party::seat).collect(),
        thresholds: Thresholds::usual(seats.len()),
        founders: Vec::new(),
        carried,
        ..of.statement().clone()
    };
    Charter::write(&statement).unwrap()
}

fn suspend(party: &Party, generation: u32) -> Decision {
    Decision::Suspend { agency: party.id(), generation }
}

fn revoke(party: &Party, generation: u32, disposition: Disposition) -> Decision {
    let (last_head, successor) = (None, None);
    Decision::Revoke { agency: party.id(), generation, disposition, last_head, successor }
}

fn quota(party: &Party, generation: u32, serial: u32, records_max: u64) -> Decision {
    Decision::Quota { agency: party.id(), generation, serial, records_max }
}

fn id_of(acts: &[Vec<u8>]) -> MotionId {
    MotionId::of(&acts[0][1..])
}

type Evaluation = (BTreeMap<AgencyId, Member>, Vec<CharterId>, dela_protocol::id::Digest);

fn evaluation(federation: &Federation) -> Evaluation {
    let members = federation.members().map(|(id, member)| (*id, member.clone())).collect();
    let charters = federation.charters().map(|(charter, _)| charter.id()).collect();
    (members, charters, federation.digest())
}

/// Shows acts, one at a time, until nothing is new any more.
fn take_until_nothing_changes(federation: &mut Federation, acts: &[Vec<u8>]) {
    let mut is_changing = true;
    while is_changing {
        is_changing = false;
        for act in acts {
            is_changing |= !federation.take(core::slice::from_ref(act)).unwrap().is_empty();
        }
    }
}

#[test]
fn a_federation_is_founded_when_every_seat_has_voted_for_it() {
    let hall = Hall::new();
    let acts = hall.founding();
    let (last, rest) = acts.split_last().unwrap();
    let mut federation = Federation::chartered(hall.id);
    federation.take(rest).unwrap();
    assert!(federation.charter().is_none(), "one seat has not voted");
    let against = hall.cast(&hall.seats[4], MotionId::founding(&hall.first.id()), false);
    federation.take(&[against]).unwrap();
    assert!(federation.charter().is_none(), "it has voted against it");
    federation.take(core::slice::from_ref(last)).unwrap();
    assert_eq!(federation.charter(), Some(&hall.first));
    assert_eq!(federation.members().count(), 5);
}

#[test]
fn a_threshold_is_met_by_different_seats_only() {
    let hall = Hall::new();
    let mut federation = hall.founded();
    let party = Party::new(9);
    let motion = hall.motion(0, &hall.first, hall.admit(&party, 1));
    let vote = |seat: usize, is_for, at| {
        let key = &hall.seats[seat].council_key;
        Act::Vote(Vote::sign(key, &hall.id, motion.id(), is_for, at)).encode()
    };
    let later = Timestamp::from_millis(NOW.as_millis() + 1);
    let votes = [
        Act::Motion(motion.clone()).encode(),
        vote(0, true, NOW),
        vote(1, true, NOW),
        vote(1, true, later),
        vote(1, false, NOW),
        vote(2, false, NOW),
    ];
    federation.take(&votes).unwrap();
    assert_eq!(federation.admittance(&party.id()), Admittance::None);
    assert_eq!(federation.motion(&motion.id()).unwrap().seats_for.len(), 2);
    federation.take(&[vote(2, true, NOW)]).unwrap();
    assert_eq!(federation.admittance(&party.id()), Admittance::Full);
    let refused = federation.take(&[hall.cast(&party, motion.id(), true)]).unwrap_err();
    assert_eq!(refused.1, FederationError::NoSeat);
}

#[test]
fn a_revocation_goes_before_a_suspension_and_a_higher_generation_before_both() {
    let hall = Hall::new();
    let party = Party::new(9);
    let steps = [
        (hall.admit(&party, 1), Admittance::Full),
        (revoke(&party, 1, Disposition::Hide), Admittance::Hidden),
        (suspend(&party, 1), Admittance::Hidden),
        (revoke(&party, 1, Disposition::Purge), Admittance::None),
        (hall.admit(&party, 2), Admittance::Full),
        (revoke(&party, 1, Disposition::Hide), Admittance::Full),
        (suspend(&party, 2), Admittance::Frozen),
        (hall.admit(&party, 1), Admittance::Frozen),
        (hall.admit(&party, u32::MAX), Admittance::Full),
        (suspend(&party, u32::MAX), Admittance::Frozen),
    ];
    let mut federation = hall.founded();
    let mut acts = hall.founding();
    for (number, (decision, admittance)) in steps.into_iter().enumerate() {
        let act = hall.decided(&hall.first, decision, 4);
        federation.take(&act).unwrap();
        assert_eq!(federation.admittance(&party.id()), admittance, "after step {number}");
        acts.extend(act);
    }
    let mut backwards = Federation::chartered(hall.id);
    acts.reverse();
    take_until_nothing_changes(&mut backwards, &acts);
    assert_eq!(evaluation(&backwards), evaluation(&federation));
}

#[test]
fn of_several_quotas_that_with_the_highest_serial_counts_in_its_generation() {
    let hall = Hall::new();
    let (mut federation, party) = (hall.founded(), &hall.seats[4]);
    let steps = [
        (quota(party, 0, 2, 50), 50),
        (quota(party, 0, 1, 70), 50),
        (quota(party, 0, 2, 60), 60),
        (quota(party, 1, 9, 90), 60),
        (hall.admit(party, 1), 90),
        (hall.admit(party, 2), 1000),
    ];
    for (number, (decision, records_max)) in steps.into_iter().enumerate() {
        federation.take(&hall.decided(&hall.first, decision, 3)).unwrap();
        let member = federation.member(&party.id()).unwrap();
        assert_eq!(member.records_max, records_max, "after step {number}");
    }
}

#[test]
fn an_amendment_takes_both_councils() {
    let hall = Hall::new();
    let new: Vec<Party> = (5..8).map(Party::new).collect();
    let next = successor(&hall.first, &new, Vec::new());
    let acts = hall.decided(&hall.first, Decision::Amend(next.clone()), 4);
    let id = id_of(&acts);
    let mut federation = hall.founded();
    federation.take(&acts).unwrap();
    assert_eq!(federation.charter(), Some(&hall.first), "the new council was not asked");
    assert_eq!(federation.motion(&id).unwrap().progress, Progress::Open);
    federation.take(&[hall.cast(&new[0], id, true)]).unwrap();
    assert_eq!(federation.charter(), Some(&hall.first), "one of three agreed to sit");
    federation.take(&[hall.cast(&new[1], id, true)]).unwrap();
    assert_eq!(federation.charter(), Some(&next));

    let mut federation = hall.founded();
    federation.take(&acts[..3]).unwrap();
    federation.take(&[hall.cast(&new[0], id, true), hall.cast(&new[1], id, true)]).unwrap();
    assert_eq!(federation.charter(), Some(&hall.first), "the old council did not agree");
}

#[test]
fn what_is_not_carried_on_ends_and_no_late_vote_revives_it() {
    let hall = Hall::new();
    let [kept, ended, late] = [9, 10, 11].map(Party::new);
    let mut federation = hall.founded();
    let carried = hall.decided(&hall.first, hall.admit(&kept, 1), 3);
    let not_carried = hall.decided(&hall.first, hall.admit(&ended, 1), 3);
    let waiting = hall.decided(&hall.first, hall.admit(&late, 1), 3);
    let next = successor(&hall.first, &hall.seats[..4], vec![id_of(&carried)]);
    federation.take(&carried).unwrap();
    federation.take(&not_carried).unwrap();
    federation.take(&waiting[..2]).unwrap();
    let members = [&kept, &ended, &late].map(|party| federation.member(&party.id()).is_some());
    assert_eq!(members, [true, true, false]);
    federation.take(&hall.decided(&hall.first, Decision::Amend(next.clone()), 4)).unwrap();
    assert_eq!(federation.charter(), Some(&next));
    let is_left = |federation: &Federation| {
        [&kept, &ended, &late].map(|party| federation.member(&party.id()).is_some())
    };
    assert_eq!(is_left(&federation), [true, false, false]);
    let digest = federation.digest();
    for acts in [&not_carried, &waiting] {
        assert_eq!(federation.take(acts).unwrap(), []);
    }
    assert_eq!((is_left(&federation), federation.digest()), ([true, false, false], digest));
}

/// Otherwise a council could not be amended any more that has decided so much that a
/// charter has no room to carry all of it on.
#[test]
fn what_others_have_made_void_need_not_be_carried_on() {
    let hall = Hall::new();
    let [comes_back, stays, goes] = [9, 10, 11].map(Party::new);
    let mut federation = hall.founded();
    let founder = &hall.seats[1];
    let decisions = [
        hall.admit(&comes_back, 1),
        quota(&comes_back, 1, 1, 50),
        suspend(&comes_back, 1),
        revoke(&comes_back, 1, Disposition::Hide),
        hall.admit(&comes_back, 2),
        quota(&comes_back, 2, 1, 60),
        quota(&comes_back, 2, 2, 70),
        hall.admit(&stays, 1),
        suspend(&stays, 1),
        hall.admit(&goes, 1),
        suspend(&goes, 1),
        revoke(&goes, 1, Disposition::Purge),
        quota(founder, 0, 1, 80),
        quota(founder, 0, 2, 90),
    ];
    for decision in decisions.clone() {
        federation.take(&hall.decided(&hall.first, decision, 4)).unwrap();
    }
    let (all, carried) = (federation.in_force(&hall.first), federation.effective(&hall.first));
    assert_eq!((all.len(), carried.len()), (decisions.len(), 7));
    let next = successor(&hall.first, &hall.seats, carried.clone());
    assert!(federation.ended_by(&carried, &next).is_empty());
    let empty = successor(&hall.first, &hall.seats, Vec::new());
    assert_eq!(federation.ended_by(&carried, &empty).len(), 7);
    let members = |federation: &Federation| evaluation(federation).0;
    let before = members(&federation);
    federation.take(&hall.decided(&hall.first, Decision::Amend(next.clone()), 5)).unwrap();
    assert_eq!(federation.charter(), Some(&next));
    assert_eq!(members(&federation), before);
}

#[test]
fn motions_beyond_what_a_seat_may_move_are_let_go_until_there_is_room() {
    let hall = Hall::new();
    let mut federation = hall.founded();
    let motion = |serial: usize| {
        let serial = u32::try_from(serial).unwrap();
        hall.motion(0, &hall.first, quota(&hall.seats[1], 0, serial, 1))
    };
    let motions: Vec<Motion> = (0..=MOTIONS_PER_SEAT_MAX).map(motion).collect();
    let acts: Vec<Vec<u8>> = motions.iter().map(|one| Act::Motion(one.clone()).encode()).collect();
    assert_eq!(federation.take(&acts).unwrap().len(), MOTIONS_PER_SEAT_MAX);
    let last = motions.last().unwrap();
    assert!(federation.motion(&last.id()).is_none());
    // What others have agreed to comes with their votes, and is no surplus.
    let votes = [1, 2].map(|seat| hall.cast(&hall.seats[seat], last.id(), true));
    let passed = [acts.last().unwrap().clone(), votes[0].clone(), votes[1].clone()];
    assert_eq!(federation.take(&passed).unwrap().len(), 3);
    assert_eq!(federation.motion(&last.id()).unwrap().progress, Progress::Passed);
}

#[test]
fn acts_of_one_batch_may_come_in_any_order() {
    let hall = Hall::new();
    let mut acts = a_history(&hall);
    let mut reference = Federation::chartered(hall.id);
    take_until_nothing_changes(&mut reference, &acts);
    acts.reverse();
    let mut federation = Federation::chartered(hall.id);
    let new = federation.take(&acts).unwrap();
    assert_eq!(evaluation(&federation), evaluation(&reference));
    let passed_on: Vec<Vec<u8>> = new.iter().map(Act::encode).collect();
    let mut other = Federation::chartered(hall.id);
    for act in &passed_on {
        assert_eq!(other.take(core::slice::from_ref(act)).unwrap().len(), 1);
    }
    assert_eq!(evaluation(&other), evaluation(&reference));
}

/// A newcomer would never admit whom the others have, where who moved it has
/// moved too much besides.
#[test]
fn a_newcomer_finds_what_has_passed_among_a_flood() {
    let hall = Hall::new();
    let motion = |serial: usize| {
        let serial = u32::try_from(serial).unwrap();
        Act::Motion(hall.motion(0, &hall.first, quota(&hall.seats[1], 0, serial, 1))).encode()
    };
    let flood: Vec<Vec<u8>> = (0..MOTIONS_PER_SEAT_MAX).map(motion).collect();
    // The last of all motions, where acts come in reverse.
    let first = flood.iter().map(|act| MotionId::of(&act[1..])).min().unwrap();
    let admissions = (20..).map(|number| {
        let party = Party::new(number);
        hall.decided(&hall.first, hall.admit(&party, 1), 3)
    });
    let admitted = admissions.into_iter().find(|acts| id_of(acts) < first).unwrap();
    let mut federation = hall.founded();
    federation.take(&flood).unwrap();
    federation.take(&admitted).unwrap();
    let mut newcomer = Federation::chartered(hall.id);
    let mut acts: Vec<Vec<u8>> = federation.acts().iter().map(Act::encode).collect();
    // Whatever is cut off, what has passed comes before what waits.
    let at = |act: &Vec<u8>| acts.iter().position(|one| one == act).unwrap();
    let last = admitted.iter().map(at).max().unwrap();
    assert!(flood.iter().all(|waiting| at(waiting) > last));
    let keys: Vec<ActKey> = federation.acts().iter().map(Act::key).collect();
    assert_eq!(federation.keys(), keys);
    acts.reverse();
    while !newcomer.take(&acts).unwrap().is_empty() {}
    assert_eq!(evaluation(&newcomer), evaluation(&federation));
}

/// Otherwise it would depend on how acts are bundled what a node keeps of them.
#[test]
fn what_ends_in_the_same_batch_takes_no_room_from_what_is_moved_after_it() {
    let hall = Hall::new();
    let motion = |charter: &Charter, serial: usize| {
        let serial = u32::try_from(serial).unwrap();
        Act::Motion(hall.motion(0, charter, quota(&hall.seats[1], 0, serial, 1))).encode()
    };
    let waiting: Vec<Vec<u8>> =
        (0..MOTIONS_PER_SEAT_MAX).map(|serial| motion(&hall.first, serial)).collect();
    let next = successor(&hall.first, &hall.seats, Vec::new());
    let amendment = hall.motion(1, &hall.first, Decision::Amend(next.clone()));
    let votes = hall.seats[2..].iter().map(|seat| hall.cast(seat, amendment.id(), true));
    let votes: Vec<Vec<u8>> = votes.collect();
    let mut batch = vec![Act::Motion(amendment).encode()];
    batch.extend(votes);
    batch.push(motion(&next, 0));
    let (mut at_once, mut one_by_one) = (hall.founded(), hall.founded());
    at_once.take(&waiting).unwrap();
    at_once.take(&batch).unwrap();
    for act in waiting.iter().chain(&batch) {
        one_by_one.take(core::slice::from_ref(act)).unwrap();
    }
    assert_eq!(at_once.motions().len(), 2);
    assert_eq!(evaluation(&at_once), evaluation(&one_by_one));
}

#[test]
fn of_two_charters_in_one_place_the_one_in_force_stays_and_both_are_named() {
    let hall = Hall::new();
    let rivals = [&hall.seats[..4], &hall.seats[1..]].map(|seats| {
        let next = successor(&hall.first, seats, Vec::new());
        (next.clone(), hall.decided(&hall.first, Decision::Amend(next), 5))
    });
    for (first, second) in [(0, 1), (1, 0)] {
        let mut federation = hall.founded();
        federation.take(&rivals[first].1).unwrap();
        assert_eq!(federation.charter(), Some(&rivals[first].0));
        assert!(federation.rivals().is_empty());
        federation.take(&rivals[second].1).unwrap();
        assert_eq!(federation.charter(), Some(&rivals[first].0), "it was replaced by a rival");
        let named = rivals.iter().all(|(_, acts)| federation.rivals().contains(&id_of(acts)));
        assert!(named && federation.rivals().len() == 2, "{:?}", federation.rivals());
        let acts: Vec<Vec<u8>> = federation.acts().iter().map(Act::encode).collect();
        let mut again = Federation::chartered(hall.id);
        again.take(&acts).unwrap();
        assert_eq!(evaluation(&again), evaluation(&federation), "after a restart");
        assert_eq!(again.rivals(), federation.rivals());
    }
}

#[test]
fn what_was_signed_for_another_federation_is_refused() {
    let hall = Hall::new();
    let mut federation = hall.founded();
    let elsewhere = Hall { id: FederationId::open("elsewhere"), ..Hall::new() };
    let signature = FederationError::Decision(DecisionError::Signature(KeyError::BadSignature));
    let motion = elsewhere.motion(0, &hall.first, suspend(&hall.seats[1], 0));
    let vote = elsewhere.cast(&hall.seats[1], MotionId::founding(&hall.first.id()), true);
    for act in [Act::Motion(motion).encode(), vote] {
        assert_eq!(federation.take(&[act]).unwrap_err().1, signature);
    }
    let mut statement = first_statement(&hall.seats);
    statement.name = "Another".to_owned();
    let other = Act::Charter(Charter::write(&statement).unwrap()).encode();
    assert_eq!(federation.take(&[other]).unwrap_err().1, FederationError::OtherFederation);
    let card = Party::new(9).card(elsewhere.id);
    let statement = MotionStatement {
        charter: hall.first.id(),
        decision: Decision::Admit { card, generation: 1 },
        reason: String::new(),
        issued_at: NOW,
    };
    let refused = Motion::sign(&hall.seats[0].council_key, &hall.id, &statement);
    assert!(matches!(refused, Err(DecisionError::Codec(_))), "a card for another federation");
    let mut open = Federation::open(FederationId::open("test"));
    let refused = open.take(&[Act::Charter(hall.first.clone()).encode()]);
    assert_eq!(refused.unwrap_err().1, FederationError::Open);
}

#[test]
fn charters_that_could_not_decide_are_refused_with_the_reason() {
    type Change = fn(&mut CharterStatement);
    let changes: [(&str, Change); 17] = [
        ("has no name", |charter| charter.name = " ".to_owned()),
        ("longer than anybody reads", |charter| charter.purpose = "x".repeat(1025)),
        ("control characters", |charter| charter.seats[0].name = "a\u{7}".to_owned()),
        ("has no council", |charter| charter.seats.clear()),
        ("two seats to one key", |charter| charter.seats[1].key = charter.seats[0].key),
        ("or one agency", |charter| charter.seats[1].agency = charter.seats[0].agency),
        ("cannot reach", |charter| charter.thresholds.admit = 6),
        ("cannot reach", |charter| charter.thresholds.revoke = 0),
        ("two ways at once", |charter| charter.thresholds.amend = 2),
        ("publish nothing", |charter| charter.records_max = 0),
        ("than any node keeps", |charter| charter.records_max = RECORDS_PER_AGENCY_MAX + 1),
        ("names none before it", |charter| charter.number = 2),
        ("names no founders", |charter| charter.founders.clear()),
        ("or decisions before it", |charter| {
            charter.carried = vec![MotionId::from_bytes([1; 32])];
        }),
        ("who is no founder", |charter| drop(charter.founders.pop())),
        ("made for another federation", |charter| {
            charter.founders.push(Party::new(9).card(FederationId::open("x")));
        }),
        ("names a founder twice", |charter| charter.founders.push(charter.founders[0].clone())),
    ];
    let seats: Vec<Party> = (0..5).map(Party::new).collect();
    for (reason, change) in changes {
        let mut statement = first_statement(&seats);
        change(&mut statement);
        let refused = Charter::write(&statement).unwrap_err();
        assert!(matches!(refused, CharterError::Unsound(_)), "{reason}: {refused:?}");
        assert!(refused.to_string().contains(reason), "{reason}: {refused}");
    }
    let later = CharterStatement {
        number: 2,
        previous: Some(CharterId::from_bytes([1; 32])),
        ..first_statement(&seats)
    };
    let refused = Charter::write(&later).unwrap_err();
    assert_eq!(refused, CharterError::Unsound("names founders and is not the first"));
}

#[test]
fn a_motion_for_a_charter_out_of_its_place_is_refused() {
    let hall = Hall::new();
    let mut federation = hall.founded();
    let second = successor(&hall.first, &hall.seats, Vec::new());
    let third = successor(&second, &hall.seats, Vec::new());
    for charter in [third, hall.first.clone()] {
        let act = hall.decided(&hall.first, Decision::Amend(charter), 1);
        assert_eq!(federation.take(&act).unwrap_err().1, FederationError::OutOfPlace);
    }
}

/// What stood before what was refused is kept, and can be passed on.
#[test]
fn an_error_keeps_what_stood_before_it() {
    let hall = Hall::new();
    let mut federation = hall.founded();
    let mut acts = hall.decided(&hall.first, suspend(&hall.seats[4], 0), 4);
    acts.insert(3, vec![9]);
    let (new, error) = federation.take(&acts).unwrap_err();
    assert_eq!(new.len(), 3);
    assert!(matches!(error, FederationError::Codec(_)), "{error:?}");
    assert_eq!(federation.motion(&id_of(&acts)).unwrap().seats_for.len(), 3);
}

#[test]
fn a_federation_of_two_thousand_members_is_read_again_from_its_acts() {
    let hall = Hall::new();
    let mut acts = hall.founding();
    for number in 0..2_000 {
        acts.extend(hall.decided(&hall.first, hall.admit(&Party::new(100 + number), 1), 3));
    }
    let mut federation = Federation::chartered(hall.id);
    assert_eq!(federation.take(&acts).unwrap().len(), acts.len());
    assert_eq!(federation.members().count(), 2_005);
    let ids: Vec<MotionId> = federation.motions().iter().map(|one| one.motion.id()).collect();
    let next = successor(&hall.first, &hall.seats, ids);
    federation.take(&hall.decided(&hall.first, Decision::Amend(next), 4)).unwrap();
    assert_eq!(federation.members().count(), 2_005, "all are carried on");
    let acts: Vec<Vec<u8>> = federation.acts().iter().map(Act::encode).collect();
    let mut again = Federation::chartered(hall.id);
    again.take(&acts).unwrap();
    assert_eq!(evaluation(&again), evaluation(&federation));
}

/// Returns the acts of a council that admits, suspends, amends twice and goes on.
fn a_history(hall: &Hall) -> Vec<Vec<u8>> {
    let [one, two, three] = [20, 21, 22].map(Party::new);
    let mut acts = hall.founding();
    let admitted = hall.decided(&hall.first, hall.admit(&one, 1), 3);
    let suspended = hall.decided(&hall.first, suspend(&one, 1), 4);
    let forgotten = hall.decided(&hall.first, hall.admit(&two, 1), 3);
    let carried = vec![id_of(&admitted), id_of(&suspended)];
    let second = successor(&hall.first, &hall.seats[..4], carried);
    let amended = hall.decided(&hall.first, Decision::Amend(second.clone()), 4);
    let again = hall.decided(&second, hall.admit(&one, 2), 3);
    let third = successor(&second, &hall.seats[..3], vec![id_of(&again)]);
    let twice = hall.decided(&second, Decision::Amend(third.clone()), 3);
    let last = hall.decided(&third, hall.admit(&three, 1), 2);
    let waiting = hall.decided(&third, suspend(&three, 1), 1);
    let against = hall.cast(&hall.seats[1], id_of(&waiting), false);
    for part in [admitted, suspended, forgotten, amended, again, twice, last, waiting] {
        acts.extend(part);
    }
    acts.push(against);
    acts
}

#[test]
fn what_an_act_is_about_is_what_it_says() {
    let hall = Hall::new();
    for bytes in a_history(&hall) {
        let act = Act::decode(&bytes, &hall.id).unwrap();
        assert_eq!(act.encode(), bytes);
    }
}

fn shuffled() -> impl Strategy<Value = Vec<Vec<u8>>> {
    Just(a_history(&Hall::new())).prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_acts_evaluates_the_same(acts in shuffled(), bundle in 1..9_usize) {
        let hall = Hall::new();
        let mut reference = Federation::chartered(hall.id);
        take_until_nothing_changes(&mut reference, &a_history(&hall));
        prop_assert_eq!(reference.charters().count(), 3);
        prop_assert_eq!(reference.members().count(), 7);
        let mut federation = Federation::chartered(hall.id);
        loop {
            let before = federation.digest();
            for acts in acts.chunks(bundle) {
                federation.take(acts).unwrap();
            }
            if federation.digest() == before {
                break;
            }
        }
        prop_assert_eq!(evaluation(&federation), evaluation(&reference));
        let own: Vec<Vec<u8>> = federation.acts().iter().map(Act::encode).collect();
        let mut again = Federation::chartered(hall.id);
        prop_assert_eq!(again.take(&own).unwrap().len(), own.len());
        prop_assert_eq!(evaluation(&again), evaluation(&federation));
    }

    #[test]
    fn an_act_with_a_bit_flipped_changes_nothing(which: Index, at: Index, bit in 0..8_u8) {
        let hall = Hall::new();
        let acts = a_history(&hall);
        let which = which.index(acts.len());
        let mut bytes = acts[which].clone();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        // Everything that stands before it is known: it is what it is about.
        let mut federation = Federation::chartered(hall.id);
        federation.take(&acts[..which]).unwrap();
        let before = evaluation(&federation);
        let taken = federation.take(&[bytes]);
        prop_assert!(taken.as_ref().map_or_else(|refused| refused.0.is_empty(), Vec::is_empty));
        prop_assert_eq!(evaluation(&federation), before);
    }
}
