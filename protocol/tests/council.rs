//! A council by seeds: whatever a minority of its seats does, all honest nodes
//! come to hold the same members and charters, each by enough votes.

use dela_protocol::federation::Flaw;
use dela_protocol::sim::council::{Deed, Failure, Simulation, Tally, Violation};

/// Runs seeds and returns what happened in them.
fn run(seeds: core::ops::Range<u64>) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        match Simulation::new(seed).run() {
            Ok(happened) => tally.add(&happened),
            Err(failure) => panic!("{failure}"),
        }
    }
    tally
}

/// Runs thirty seeds; the test runner runs several such tests at a time.
macro_rules! seeds {
    ($($name:ident: $first:literal),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                run($first..$first + 30);
            }
        )*
    };
}

seeds! {
    a_dishonest_minority_000_to_029: 0,
    a_dishonest_minority_030_to_059: 30,
    a_dishonest_minority_060_to_089: 60,
    a_dishonest_minority_090_to_119: 90,
    a_dishonest_minority_120_to_149: 120,
    a_dishonest_minority_150_to_179: 150,
    a_dishonest_minority_180_to_209: 180,
    a_dishonest_minority_210_to_239: 210,
    a_dishonest_minority_240_to_269: 240,
}

/// Without this, a run would prove nothing about what did not happen in it.
#[test]
fn all_that_a_council_can_do_is_done() {
    let tally = run(1_000..1_050);
    let missing: Vec<String> = Deed::ALL
        .iter()
        .filter(|deed| tally.deeds.get(deed).is_none_or(|count| *count == 0))
        .map(ToString::to_string)
        .collect();
    assert!(missing.is_empty(), "nobody did: {missing:?}, of {tally:#?}");
}

#[test]
fn the_same_seed_gives_the_same_council() {
    assert_eq!(Simulation::new(7).run(), Simulation::new(7).run());
}

/// Seeds within which a bug in the counting must be found.
const SEEDS_TO_FIND_IT: u64 = 30;

fn is_found(flaw: Flaw, violation: Violation) {
    let found = |failure: Failure| failure.violation == violation;
    let is_found = (0..SEEDS_TO_FIND_IT)
        .any(|seed| Simulation::new(seed).planted(flaw).run().err().is_some_and(found));
    assert!(is_found, "{flaw:?} was found by no seed");
}

#[test]
fn a_node_that_counts_votes_against_as_votes_for_is_found_out() {
    is_found(Flaw::CountAgainst, Violation::TooFewVotes);
}

#[test]
fn a_node_that_takes_one_vote_fewer_is_found_out() {
    is_found(Flaw::OneFewer, Violation::TooFewVotes);
}

#[test]
fn a_node_that_asks_the_old_council_alone_is_found_out() {
    is_found(Flaw::OldCouncilAlone, Violation::TooFewVotes);
}

#[test]
fn a_node_that_carries_everything_on_is_found_out() {
    is_found(Flaw::CarryAll, Violation::NotCarried);
}

#[test]
fn a_node_that_counts_keys_without_a_seat_is_found_out() {
    is_found(Flaw::CountAnyone, Violation::TooFewVotes);
}
