//! What the operator of one node decides alone: of whom it blocks it holds, shows,
//! serves and passes on nothing, and everybody else notices nothing of it.

use core::time::Duration;
use std::collections::BTreeSet;

use dela_protocol::federation::charter::Guests;
use dela_protocol::federation::decision::Disposition;
use dela_protocol::head::Head;
use dela_protocol::id::{AgencyId, HeadId};
use dela_protocol::record::Position;
use dela_protocol::replica::{Input, Output, Policy, PolicyError, Replica, Verdict};
use dela_protocol::wire::{Announcement, Request, Response};

use super::harness::{BERG, LUFT, SKOG, Town, VATTEN, node, scribe};
use super::membership;
use crate::agencies::{dataset, federation};

const MINUTES: Duration = Duration::from_secs(200);

fn only(agencies: &[usize]) -> Policy {
    let allowed: BTreeSet<AgencyId> =
        agencies.iter().map(|agency| scribe(*agency).agency.id()).collect();
    Policy { blocked: BTreeSet::new(), allowed: Some(allowed) }
}

/// Three nodes that hold a dataset of each other.
fn town() -> Town {
    let mut town = Town::connected(3);
    for (index, name) in [(LUFT, "luft"), (SKOG, "skog"), (VATTEN, "vatten")] {
        town.publish(index, vec![dataset(name, name)]);
    }
    town.pass(MINUTES);
    assert!(town.agrees());
    town
}

/// Returns what a node answers another.
fn asked(town: &mut Town, index: usize, from: usize, request: Request) -> Response {
    town.look_away();
    town.tell(index, Input::Requested { from: node(from), token: 0, request });
    let answer = town.log.iter().find_map(|(_, output)| match output {
        Output::Respond { response, .. } => Some(response.clone()),
        _ => None,
    });
    answer.unwrap()
}

#[test]
fn what_is_blocked_is_gone_at_once_and_back_when_it_is_not() {
    let mut town = town();
    town.block(SKOG, &[LUFT]);
    assert!(town.held(SKOG, LUFT).is_empty() && town.head(SKOG, LUFT).is_none());
    let agency = scribe(LUFT).agency.id();
    let (after, positions) = (Position::START, vec![town.held(LUFT, LUFT)[0].position()]);
    for request in [
        Request::Since { agency, after },
        Request::Map { agency, after },
        Request::Records { agency, positions },
    ] {
        assert_eq!(asked(&mut town, SKOG, VATTEN, request), Response::NotReady);
    }
    town.publish(LUFT, vec![dataset("mer", "Mer")]);
    town.pass(MINUTES);
    assert!(town.held(SKOG, LUFT).is_empty());
    assert_eq!(town.live(VATTEN, LUFT).len(), 2);
    town.block(SKOG, &[]);
    assert_eq!(town.live(SKOG, LUFT).len(), 2, "without waiting for the next round");
    assert!(town.agrees());
}

#[test]
fn nodes_that_block_different_agencies_still_agree_about_all_others() {
    let mut town = town();
    town.block(SKOG, &[LUFT]);
    town.block(VATTEN, &[SKOG]);
    town.pass(MINUTES);
    assert!(town.agrees(), "what is blocked counts by its head");
    town.publish(LUFT, vec![dataset("mer", "Mer")]);
    town.publish(VATTEN, vec![dataset("flod", "Flod")]);
    town.pass(MINUTES);
    assert!(town.agrees());
    assert_eq!((town.live(VATTEN, LUFT).len(), town.live(SKOG, VATTEN).len()), (2, 2));
    assert!(town.held(SKOG, LUFT).is_empty() && town.held(VATTEN, SKOG).is_empty());
    assert!((0..3).all(|index| town.blamed(index).is_empty()));
}

#[test]
fn a_blocking_node_costs_no_more_messages_than_another() {
    let mut town = town();
    let before = town.sent_while(Duration::from_secs(1200));
    town.block(SKOG, &[LUFT]);
    town.publish(LUFT, vec![dataset("mer", "Mer")]);
    town.pass(MINUTES);
    let after = town.sent_while(Duration::from_secs(1200));
    assert!(after <= before + before / 4, "{before} messages before, {after} after");
    let agency = scribe(LUFT).agency.id();
    let records = |request: &&Request| {
        matches!(request, Request::Since { agency: of, .. } | Request::Map { agency: of, .. } |
            Request::Records { agency: of, .. } if *of == agency)
    };
    assert_eq!(town.requests(SKOG).iter().filter(|one| records(one)).count(), 0);
}

#[test]
fn gossip_of_who_is_blocked_is_not_passed_on_and_its_head_is_told_all_the_same() {
    // SKOG stands between the two.
    let mut town = Town::of(3);
    town.connect(LUFT, SKOG);
    town.connect(SKOG, VATTEN);
    town.settle();
    town.block(SKOG, &[LUFT]);
    town.look_away();
    town.publish(LUFT, vec![dataset("luft", "Luft")]);
    town.settle();
    let verdicts: Vec<Verdict> = town
        .log
        .iter()
        .filter_map(|(_, output)| match output {
            Output::Judge { verdict, .. } => Some(*verdict),
            _ => None,
        })
        .collect();
    assert_eq!(verdicts, [Verdict::Ignore]);
    town.pass(MINUTES);
    assert!(town.held(VATTEN, LUFT).is_empty() && town.held(SKOG, LUFT).is_empty());
    let withheld = town.replicas[VATTEN].withheld();
    assert_eq!(withheld, [scribe(LUFT).agency.id()], "it knows what it does not get");
    town.connect(LUFT, VATTEN);
    town.pass(MINUTES);
    assert_eq!(town.live(VATTEN, LUFT).len(), 1);
    assert!(town.agrees());
    assert!((0..3).all(|index| town.blamed(index).is_empty()));
}

#[test]
fn an_answer_that_was_on_its_way_is_not_taken_in() {
    let mut town = Town::of(2);
    let many = (0..40).map(|one| dataset(&format!("d{one}"), &"x".repeat(30_000))).collect();
    town.publish(LUFT, many);
    town.connect(LUFT, SKOG);
    let is_since = |request: &&Request| matches!(request, Request::Since { .. });
    let asks = |town: &Town| town.requests(SKOG).iter().any(is_since);
    while !asks(&town) && town.deliver() {}
    assert!(asks(&town));
    town.block(SKOG, &[LUFT]);
    town.pass(MINUTES);
    assert!(town.held(SKOG, LUFT).is_empty());
    assert!(town.agrees());
}

#[test]
fn a_policy_is_set_again_after_a_restart_before_anything_comes() {
    let mut town = town();
    town.block(SKOG, &[LUFT]);
    town.restart(SKOG, |_| {});
    town.block(SKOG, &[LUFT]);
    town.look_away();
    town.connect_all();
    town.pass(MINUTES);
    assert!(town.held(SKOG, LUFT).is_empty());
    assert!(town.agrees());
    // Also where the list was written while the node was down.
    town.restart(SKOG, |_| {});
    town.block(SKOG, &[VATTEN]);
    assert!(town.held(SKOG, VATTEN).is_empty());
    town.connect_all();
    town.pass(MINUTES);
    assert_eq!(town.live(SKOG, LUFT).len(), 1);
    assert!(town.agrees());
}

#[test]
fn in_an_open_federation_a_node_may_take_only_those_it_names() {
    let mut town = town();
    town.decide_alone(SKOG, only(&[VATTEN]));
    assert!(town.held(SKOG, LUFT).is_empty());
    town.publish(LUFT, vec![dataset("mer", "Mer")]);
    town.publish(VATTEN, vec![dataset("flod", "Flod")]);
    town.publish(SKOG, vec![dataset("tall", "Tall")]);
    town.pass(MINUTES);
    assert_eq!((town.live(SKOG, VATTEN).len(), town.live(SKOG, SKOG).len()), (2, 2));
    assert!(town.held(SKOG, LUFT).is_empty(), "our own need not be named, others must");
    assert!(town.agrees());
    let both = Policy { blocked: BTreeSet::from([scribe(VATTEN).agency.id()]), ..only(&[VATTEN]) };
    town.decide_alone(SKOG, both);
    assert!(town.held(SKOG, VATTEN).is_empty(), "blocked is blocked");
    town.decide_alone(SKOG, Policy::default());
    town.pass(MINUTES);
    assert_eq!((town.live(SKOG, VATTEN).len(), town.live(SKOG, LUFT).len()), (2, 2));
}

#[test]
fn nobody_blocks_its_own_agency_and_a_policy_that_is_refused_changes_nothing() {
    let mut town = town();
    town.block(SKOG, &[LUFT]);
    let now = town.now;
    let own = Policy { blocked: BTreeSet::from([scribe(SKOG).agency.id()]), allowed: None };
    let refused = town.replicas[SKOG].set_policy(own, now);
    assert!(matches!(refused, Err(PolicyError::OwnAgency)));
    assert!(town.replicas[SKOG].is_blocked(&scribe(LUFT).agency.id()));
    assert_eq!(town.live(SKOG, SKOG).len(), 1);
}

#[test]
fn a_fork_that_a_blocked_agency_has_ended_is_ended_for_who_blocks_it_too() {
    let mut town = town();
    town.block(SKOG, &[LUFT]);
    let luft = scribe(LUFT);
    let head = town.head(VATTEN, LUFT).unwrap();
    let commitment = luft.commitment(head.position(), HeadId::NONE, &[]);
    let rival = Head::sign(&luft.signer, &federation(), &commitment);
    assert_eq!(passed_on(&mut town, SKOG, VATTEN, LUFT, &rival), Verdict::Ignore);
    town.pass(MINUTES);
    assert!(
        town.replicas[VATTEN].catalogues().any(dela_protocol::catalogue::Catalogue::is_conflicting)
    );
    let known: Vec<_> = town.replicas.iter().map(Replica::known).collect();
    assert_eq!(known[SKOG], known[VATTEN]);
    town.publish(LUFT, vec![dataset("mer", "Mer")]);
    town.pass(MINUTES);
    let known: Vec<_> = town.replicas.iter().map(Replica::known).collect();
    assert_eq!((known[SKOG], known[LUFT]), (known[VATTEN], known[VATTEN]));
    assert!(town.agrees());
    assert!((0..3).all(|index| town.blamed(index).is_empty()));
}

// In a federation with a charter.

#[test]
fn the_node_of_a_blocked_member_gets_no_more_than_a_stranger() {
    for guests in [Guests::Read, Guests::Apply] {
        let mut town = membership::town(3, guests);
        town.publish(SKOG, vec![dataset("skog", "Skog")]);
        town.pass(MINUTES);
        town.block(SKOG, &[LUFT]);
        let agency = scribe(SKOG).agency.id();
        let request = Request::Since { agency, after: Position::START };
        let denied = asked(&mut town, SKOG, LUFT, request.clone());
        assert!(matches!(denied, Response::Membership(_)), "{denied:?}");
        assert!(matches!(asked(&mut town, SKOG, VATTEN, request), Response::Page(_)));
        // What it passes on of others is not listened to either.
        town.publish(VATTEN, vec![dataset("vatten", "Vatten")]);
        town.lose_messages();
        let head = town.head(VATTEN, VATTEN).unwrap();
        assert_eq!(passed_on(&mut town, SKOG, LUFT, VATTEN, &head), Verdict::Ignore);
        assert!(town.head(SKOG, VATTEN).is_none());
        town.pass(MINUTES);
        assert!(town.agrees());
        assert!((0..3).all(|index| town.blamed(index).is_empty()));
    }
}

/// Lets a node pass on the head of another's agency, and returns the verdict.
fn passed_on(town: &mut Town, to: usize, from: usize, of: usize, head: &Head) -> Verdict {
    let statements = scribe(of).agency.statements().to_vec();
    let announced =
        Announcement { statements, head: head.bytes().to_vec(), records: Vec::new() }.encode();
    town.look_away();
    town.tell(to, Input::Announced { from: node(from), token: 1_000_000, bytes: announced });
    let verdict = town.log.iter().find_map(|(_, output)| match output {
        Output::Judge { verdict, .. } => Some(*verdict),
        _ => None,
    });
    verdict.unwrap()
}

#[test]
fn a_node_is_stricter_than_the_council_and_never_looser() {
    let mut town = membership::town(4, Guests::Read);
    let now = town.now;
    let allowed = town.replicas[SKOG].set_policy(only(&[BERG]), now);
    assert!(matches!(allowed, Err(PolicyError::CouncilDecides)));
    membership::admit(&mut town, BERG, 1);
    town.publish(BERG, vec![dataset("berg", "Berg")]);
    town.pass(MINUTES);
    town.block(SKOG, &[BERG]);
    town.pass(MINUTES);
    assert!(town.agrees());
    membership::revoke(&mut town, BERG, Disposition::Keep);
    town.pass(MINUTES);
    assert!(town.agrees(), "the head it is pinned to is known of it");
    assert!(town.held(SKOG, BERG).is_empty());
    assert_eq!(membership::shown(&town, VATTEN, BERG), 1);
    town.block(SKOG, &[]);
    town.pass(MINUTES);
    assert_eq!(membership::shown(&town, SKOG, BERG), 1);
    assert!(town.agrees());
}

#[test]
fn what_the_council_hides_or_purges_is_not_brought_back_by_a_node_that_no_longer_blocks_it() {
    for disposition in [Disposition::Hide, Disposition::Purge] {
        let mut town = membership::town(4, Guests::Read);
        membership::admit(&mut town, BERG, 1);
        town.publish(BERG, vec![dataset("berg", "Berg")]);
        town.pass(MINUTES);
        membership::revoke(&mut town, BERG, disposition);
        town.block(SKOG, &[BERG]);
        assert!(town.held(SKOG, BERG).is_empty(), "blocked is stricter than hidden");
        town.block(SKOG, &[]);
        town.pass(MINUTES);
        assert!(town.held(SKOG, BERG).is_empty() && town.head(SKOG, BERG).is_none());
        assert!(town.agrees());
    }
}
