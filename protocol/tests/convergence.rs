//! Simulations by seeds: first chaos, then healing, then all hold the same.
//!
//! A seed that fails is printed with the command that runs it again.

use dela_protocol::sim::{Faults, Simulation};

/// Runs fifty seeds; the test runner runs several such tests at a time.
fn fifty(first: u64, faults: &Faults) {
    for seed in first..first + 50 {
        if let Err(reason) = Simulation::new(seed, faults.clone()).run() {
            panic!("{reason}");
        }
    }
}

macro_rules! seeds {
    ($($name:ident: $first:literal),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                fifty($first, &Faults::default());
            }
        )*
    };
}

// 500 seeds of 12 replicas, under a fifth of loss, with partitions and crashes.
seeds! {
    seeds_000_to_049: 0,
    seeds_050_to_099: 50,
    seeds_100_to_149: 100,
    seeds_150_to_199: 150,
    seeds_200_to_249: 200,
    seeds_250_to_299: 250,
    seeds_300_to_349: 300,
    seeds_350_to_399: 350,
    seeds_400_to_449: 400,
    seeds_450_to_499: 450,
}

#[test]
fn replicas_that_lose_their_disks_converge_too() {
    let faults = Faults { crashes: 8, disk_losses: 8, ..Faults::default() };
    fifty(1000, &faults);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = || {
        let mut simulation = Simulation::new(7, Faults::default()).traced();
        let outcome = simulation.run().unwrap();
        (outcome, simulation.trace().to_vec())
    };
    let (first, second) = (run(), run());
    assert_eq!(first.0, second.0);
    assert!(first.1 == second.1, "two runs of seed 7 differ");
}
