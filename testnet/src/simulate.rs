//! The simulator from the command line: many seeds, or one with its trace.

use std::time::Instant;

use anyhow::{Context as _, bail};
use dela_protocol::sim::{Faults, Simulation};

/// What to simulate.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Run so many seeds
    #[arg(long, default_value_t = 100, conflicts_with = "seed")]
    seeds: u64,
    /// Begin with this seed
    #[arg(long, default_value_t = 0, conflicts_with = "seed")]
    first: u64,
    /// Run this seed alone
    #[arg(long)]
    seed: Option<u64>,
    /// Print everything that happens
    #[arg(long, requires = "seed")]
    trace: bool,
    /// So many replicas, each with an agency
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(2..=500))]
    replicas: u16,
    /// Lose so many of 1,000 messages
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(0..=900))]
    loss: u64,
    /// Let so many replicas crash
    #[arg(long, default_value_t = 6)]
    crashes: u64,
    /// Let so many of the crashes lose the disk
    #[arg(long, default_value_t = 0)]
    disk_losses: u64,
}

/// Runs the seeds, and fails with the first that does not converge.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let faults = Faults {
        replicas: usize::from(arguments.replicas),
        loss_per_mille: arguments.loss,
        crashes: arguments.crashes,
        disk_losses: arguments.disk_losses,
        ..Faults::default()
    };
    let seeds = match arguments.seed {
        Some(seed) => seed..=seed,
        None if arguments.seeds == 0 => bail!("no seeds to run"),
        None => arguments.first..=arguments.first.saturating_add(arguments.seeds - 1),
    };
    let begun = Instant::now();
    let mut healed = Vec::new();
    for seed in seeds {
        let mut simulation = Simulation::new(seed, faults.clone());
        if arguments.trace {
            simulation = simulation.traced();
        }
        let outcome = simulation.run();
        for line in simulation.trace() {
            crate::print(line);
        }
        let outcome = outcome.map_err(anyhow::Error::msg)?;
        crate::print(&format!(
            "seed {seed}: root {}, healed after {:.1} s, {} records, {} messages, {} lost",
            outcome.root.short(),
            outcome.healed_after.as_secs_f64(),
            outcome.records,
            outcome.messages,
            outcome.lost,
        ));
        healed.push(outcome.healed_after);
    }
    healed.sort_unstable();
    let median = healed.get(healed.len() / 2).context("no seed was run")?;
    let longest = healed.last().context("no seed was run")?;
    crate::say(&format!(
        "{} seeds converged; healing took {:.1} s at the median and {:.1} s at most, in virtual \
         time; the run took {:.1} s",
        healed.len(),
        median.as_secs_f64(),
        longest.as_secs_f64(),
        begun.elapsed().as_secs_f64(),
    ));
    Ok(())
}
