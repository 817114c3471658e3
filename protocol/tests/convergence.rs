//! Simulations by seeds: first chaos, then healing, then all honest replicas
//! hold the same, whatever a third of the peers say.
//!
//! A seed that fails is printed with the command that runs it again.

use dela_protocol::replica::Sabotage;
use dela_protocol::sim::{Fault, Faults, Lie, Simulation, Tally, Violation};

/// Runs seeds and returns what happened in them.
fn run(seeds: impl Iterator<Item = u64>, faults: &Faults) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        match Simulation::new(seed, faults.clone()).run() {
            Ok(outcome) => tally.add(&outcome.tally),
            Err(failure) => panic!("{failure}"),
        }
    }
    tally
}

/// Runs fifty seeds; the test runner runs several such tests at a time.
macro_rules! seeds {
    ($faults:expr; $($name:ident: $first:literal),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                run($first..$first + 50, &$faults);
            }
        )*
    };
}

// 1,000 seeds of 12 replicas, four of them dishonest, with everything that goes
// wrong.
seeds! {
    Faults::default();
    a_third_dishonest_0000_to_0049: 0,
    a_third_dishonest_0050_to_0099: 50,
    a_third_dishonest_0100_to_0149: 100,
    a_third_dishonest_0150_to_0199: 150,
    a_third_dishonest_0200_to_0249: 200,
    a_third_dishonest_0250_to_0299: 250,
    a_third_dishonest_0300_to_0349: 300,
    a_third_dishonest_0350_to_0399: 350,
    a_third_dishonest_0400_to_0449: 400,
    a_third_dishonest_0450_to_0499: 450,
    a_third_dishonest_0500_to_0549: 500,
    a_third_dishonest_0550_to_0599: 550,
    a_third_dishonest_0600_to_0649: 600,
    a_third_dishonest_0650_to_0699: 650,
    a_third_dishonest_0700_to_0749: 700,
    a_third_dishonest_0750_to_0799: 750,
    a_third_dishonest_0800_to_0849: 800,
    a_third_dishonest_0850_to_0899: 850,
    a_third_dishonest_0900_to_0949: 900,
    a_third_dishonest_0950_to_0999: 950,
}

// 100 seeds with the same faults and nobody dishonest.
seeds! {
    Faults::honest();
    all_honest_000_to_049: 10_000,
    all_honest_050_to_099: 10_050,
}

/// Losses that come one on top of another, and a publication whose last step
/// failed: what a run found beyond the first thousand.
#[test]
fn losses_that_come_together_are_survived() {
    run([6_361, 6_437].into_iter(), &Faults::default());
}

#[test]
fn replicas_that_lose_their_disks_get_everything_back() {
    let losses =
        Faults { crashes: 0, disk_losses: 4, total_losses: 3, old_copies: 3, ..Faults::default() };
    run(20_000..20_050, &losses);
}

/// Without this, a run would prove nothing about what did not happen in it.
#[test]
fn every_fault_strikes_and_every_lie_is_told() {
    let tally = run(30_000..30_100, &Faults::default());
    for fault in Fault::ALL {
        assert!(tally.faults.get(fault).is_some_and(|count| *count > 0), "no {fault}");
    }
    for lie in Lie::ALL.iter().filter(|lie| **lie != Lie::StolenKey) {
        assert!(tally.lies.get(lie).is_some_and(|count| *count > 0), "nobody did: {lie}");
    }
    assert!(tally.blames > 0 && tally.cut_offs > 0, "nobody was found out");
}

#[test]
fn the_same_seed_gives_the_same_run_to_the_byte() {
    let run = |is_traced: bool| {
        let mut simulation = Simulation::new(7, Faults::default());
        if is_traced {
            simulation = simulation.traced();
        }
        let outcome = simulation.run().unwrap();
        (outcome, simulation.trace().to_vec())
    };
    let (first, second, untraced) = (run(true), run(true), run(false));
    assert!(first.1 == second.1, "two runs of seed 7 differ");
    assert_eq!(first.0, second.0);
    assert_eq!(first.0, untraced.0, "being watched changes the run");
    let other = Simulation::new(8, Faults::default()).run().unwrap();
    assert_ne!(first.0.digest, other.digest);
}

/// Seeds within which a planted bug must be found: most are found by the first
/// few, the rarest by the seventieth, and each run of the suite has five times as
/// many.
const SEEDS_TO_FIND_IT: u64 = 200;

/// A simulator that finds no bug where one was planted proves nothing.
macro_rules! planted {
    ($($name:ident: $sabotage:ident breaks $violation:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                let is_found = (0..SEEDS_TO_FIND_IT).any(|seed| {
                    let simulation = Simulation::new(seed, Faults::default());
                    let failure = simulation.sabotaged(Sabotage::$sabotage).run().err();
                    failure.is_some_and(|failure| failure.violation == Violation::$violation)
                });
                assert!(is_found, "{:?} was found by no seed", Sabotage::$sabotage);
            }
        )*

        #[test]
        fn every_bug_that_can_be_planted_is_looked_for() {
            assert_eq!(Sabotage::ANYWHERE, [$(Sabotage::$sabotage),*]);
        }
    };
}

planted! {
    a_replica_that_accepts_older_heads_is_found_out: AcceptOlderHeads breaks RolledBack,
    a_replica_that_skips_the_digest_is_found_out: SkipDigest breaks Omission,
    a_replica_that_skips_signatures_is_found_out: SkipSignatures breaks Forged,
    a_replica_that_takes_in_what_was_superseded_is_found_out: TakeInSuperseded breaks Resurrected,
    a_replica_that_forgets_its_positions_is_found_out: ForgetPositions breaks SignedTwice,
    a_replica_that_does_not_flush_is_found_out: SkipFlush breaks Omission,
    a_replica_that_signs_before_asking_is_found_out: SkipGate breaks SignedTwice,
}
