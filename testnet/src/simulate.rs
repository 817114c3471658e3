//! The simulator from the command line: many seeds, or one with its trace.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::bail;
use dela_protocol::sim::{
    Failure, Fault, Faults, Lie, Outcome, Simulation, Tally, Turn, Violation, council,
};

/// What to simulate.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Run so many seeds
    #[arg(long, default_value_t = 100, conflicts_with = "seed")]
    seeds: u64,
    /// Begin with this seed
    #[arg(long, default_value_t = 0, conflicts_with = "seed")]
    from: u64,
    /// Run so many seeds at a time; as many as there are cores if not given
    #[arg(long, conflicts_with = "seed", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Run this seed alone, and print a line about everything that happens
    #[arg(long)]
    seed: Option<u64>,
    /// Print only how it ended
    #[arg(long)]
    quiet: bool,
    /// Give the federation a charter, and a council that admits, suspends and revokes
    /// meanwhile
    #[arg(long)]
    charter: bool,
    /// Simulate councils alone, a minority of each dishonest; what goes wrong is the
    /// same whatever the other options
    #[arg(long, conflicts_with_all = ["charter", "jobs"])]
    council: bool,
    #[command(flatten)]
    faults: FaultArguments,
}

/// What goes wrong; the same options give the same runs.
#[derive(Debug, clap::Args)]
struct FaultArguments {
    /// So many replicas, each with an agency
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(3..=500))]
    replicas: u16,
    /// Let so many of 1,000 replicas be dishonest, at most a third
    #[arg(long, default_value_t = 333, value_parser = clap::value_parser!(u64).range(0..=333))]
    dishonest: u64,
    /// Lose so many of 1,000 messages
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(0..=900))]
    loss: u64,
    /// Let the network split so often
    #[arg(long, default_value_t = 3)]
    partitions: u64,
    /// Let so often one replica not hear another that hears it
    #[arg(long, default_value_t = 3)]
    deafnesses: u64,
    /// Let so many replicas crash, losing what was not flushed
    #[arg(long, default_value_t = 4)]
    crashes: u64,
    /// Let so many lose the disk, all but the high-water mark
    #[arg(long, default_value_t = 1)]
    disk_losses: u64,
    /// Let so many lose everything but their keys
    #[arg(long, default_value_t = 1)]
    total_losses: u64,
    /// Let so many be restored from an old copy
    #[arg(long, default_value_t = 1)]
    old_copies: u64,
    /// Let so many disks be full for a while
    #[arg(long, default_value_t = 2)]
    full_disks: u64,
    /// Let so many agencies publish
    #[arg(long, default_value_t = 60)]
    publications: u64,
}

impl FaultArguments {
    fn faults(&self) -> Faults {
        Faults {
            replicas: usize::from(self.replicas),
            dishonest_per_mille: self.dishonest,
            loss_per_mille: self.loss,
            partitions: self.partitions,
            deafnesses: self.deafnesses,
            crashes: self.crashes,
            disk_losses: self.disk_losses,
            total_losses: self.total_losses,
            old_copies: self.old_copies,
            full_disks: self.full_disks,
            publications: self.publications,
            ..Faults::default()
        }
    }
}

/// Runs the seeds, and fails if any breaks a promise.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.council {
        return run_councils(arguments);
    }
    let faults = arguments.faults.faults();
    if let Some(seed) = arguments.seed {
        return replay(seed, arguments.simulation(seed, &faults), arguments.quiet);
    }
    if arguments.seeds == 0 {
        bail!("no seeds to run");
    }
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let jobs = arguments.jobs.map_or_else(cores, usize::from);
    let begun = Instant::now();
    let summary = Mutex::new(Summary::default());
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= arguments.seeds {
                        break;
                    }
                    let seed = arguments.from.saturating_add(number);
                    let result = arguments.simulation(seed, &faults).run();
                    let line = line(seed, &result);
                    if !arguments.quiet || result.is_err() {
                        crate::print(&line);
                    }
                    let mut summary =
                        summary.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    summary.add(result);
                }
            });
        }
    });
    let summary = summary.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    summary.print(begun.elapsed());
    match summary.broken.values().sum::<u64>() {
        0 => Ok(()),
        broken => bail!("{broken} of {} seeds broke a promise", arguments.seeds),
    }
}

impl Arguments {
    fn simulation(&self, seed: u64, faults: &Faults) -> Simulation {
        let prepare = if self.charter { Simulation::chartered } else { Simulation::new };
        prepare(seed, faults.clone())
    }
}

/// Runs councils by themselves.
fn run_councils(arguments: &Arguments) -> anyhow::Result<()> {
    let (first, count) = match arguments.seed {
        Some(seed) => (seed, 1),
        None => (arguments.from, arguments.seeds),
    };
    let (mut tally, mut broken) = (council::Tally::default(), 0_u64);
    for seed in first..first.saturating_add(count) {
        match council::Simulation::new(seed).run() {
            Ok(happened) => tally.add(&happened),
            Err(failure) => {
                broken += 1;
                crate::print(&failure.to_string());
            }
        }
    }
    for deed in council::Deed::ALL {
        let count = tally.deeds.get(deed).copied().unwrap_or(0);
        if !arguments.quiet {
            crate::print(&format!("{:<36} {count:>12}", deed.to_string()));
        }
    }
    match broken {
        0 => Ok(()),
        broken => bail!("{broken} of {count} councils broke a promise"),
    }
}

fn replay(seed: u64, mut simulation: Simulation, quiet: bool) -> anyhow::Result<()> {
    if !quiet {
        simulation = simulation.traced();
    }
    let result = simulation.run();
    for line in simulation.trace() {
        crate::print(line);
    }
    crate::print(&line(seed, &result));
    result?;
    Ok(())
}

fn line(seed: u64, result: &Result<Outcome, Failure>) -> String {
    match result {
        Ok(outcome) => format!(
            "seed {seed}: run {}, root {}, healed after {:.1} s, {} records, {} messages, {} lost, \
             {} lies, {} blames, {} cut off",
            outcome.digest.short(),
            outcome.root.short(),
            outcome.healed_after.as_secs_f64(),
            outcome.records,
            outcome.messages,
            outcome.lost,
            outcome.tally.lies.values().sum::<u64>(),
            outcome.tally.blames,
            outcome.tally.cut_offs,
        ),
        Err(failure) => failure.to_string(),
    }
}

/// What many runs showed.
#[derive(Debug, Default)]
struct Summary {
    healed: Vec<Duration>,
    broken: BTreeMap<Violation, u64>,
    tally: Tally,
    messages: u64,
}

impl Summary {
    fn add(&mut self, result: Result<Outcome, Failure>) {
        match result {
            Ok(outcome) => {
                self.healed.push(outcome.healed_after);
                self.tally.add(&outcome.tally);
                self.messages += outcome.messages;
            }
            Err(failure) => *self.broken.entry(failure.violation).or_default() += 1,
        }
    }

    fn print(&self, took: Duration) {
        let mut healed = self.healed.clone();
        healed.sort_unstable();
        let seconds = |duration: Option<&Duration>| duration.map_or(0.0, Duration::as_secs_f64);
        let broken = |violation| self.broken.get(&violation).copied().unwrap_or(0);
        let tally = &self.tally;
        let seeds = self.broken.values().sum::<u64>() + u64::try_from(healed.len()).unwrap_or(0);
        let mut rows: Vec<(String, String)> = [
            ("seeds", seeds.to_string()),
            ("messages", self.messages.to_string()),
            ("publications acknowledged", tally.acknowledged.to_string()),
            ("publications refused while unsure", tally.refused.to_string()),
            ("healing, median", format!("{:.1} s", seconds(healed.get(healed.len() / 2)))),
            ("healing, longest", format!("{:.1} s", seconds(healed.last()))),
            ("dishonest blamed", tally.blames.to_string()),
            ("dishonest cut off", tally.cut_offs.to_string()),
            ("dishonest throttled", tally.throttled.to_string()),
            ("honest throttled", tally.honest_throttled.to_string()),
            ("forks told of", tally.forks.to_string()),
            ("omissions", broken(Violation::Omission).to_string()),
            ("forged accepted", broken(Violation::Forged).to_string()),
            ("rolled back", broken(Violation::RolledBack).to_string()),
            ("resurrected", broken(Violation::Resurrected).to_string()),
            ("signed twice", broken(Violation::SignedTwice).to_string()),
            ("honest blamed", broken(Violation::HonestBlamed).to_string()),
            ("forks wrong or untold", broken(Violation::Fork).to_string()),
            ("stuck", broken(Violation::Stuck).to_string()),
            ("not the same after healing", broken(Violation::Diverged).to_string()),
            ("torn about the dishonest", broken(Violation::Torn).to_string()),
            ("intruded", broken(Violation::Intruded).to_string()),
            ("without end", broken(Violation::Livelock).to_string()),
            ("time taken", format!("{:.1} s", took.as_secs_f64())),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
        let count = |count: Option<&u64>| count.copied().unwrap_or(0).to_string();
        for fault in Fault::ALL {
            rows.push((format!("fault: {fault}"), count(tally.faults.get(fault))));
        }
        for lie in Lie::ALL {
            rows.push((format!("lie: {lie}"), count(tally.lies.get(lie))));
        }
        for turn in Turn::ALL.iter().filter(|_| !tally.turns.is_empty()) {
            rows.push((format!("council: {turn}"), count(tally.turns.get(turn))));
        }
        for (name, value) in rows {
            crate::print(&format!("{name:<36} {value:>12}"));
        }
    }
}
