//! `dela-testnet scenario`: real processes, ill-treated in one way each, and
//! what must hold of them afterwards.
//!
//! Invariant: a scenario passes only after it has looked: it compares what the
//! nodes answer through the HTTP API with what they had acknowledged before.
//! What it needs of the machine and does not get makes it skipped, with the
//! reason, and never passed.

use core::fmt::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use clap::ValueEnum;
use dela_protocol::limits::RECONCILE_INTERVAL;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::chance::Chance;

mod backup;
mod churn;
mod flood;
mod fork;
mod kill;
mod latency;
pub mod ledger;
mod partition;
pub mod publishing;
mod readers;
mod wipe;

/// How long nodes may take to become equal once nothing hinders them: two
/// rounds of reconciliation, and some seconds for a machine of two cores that
/// runs all of them.
pub(crate) const HEALED_WITHIN: Duration =
    RECONCILE_INTERVAL.saturating_mul(2).saturating_add(Duration::from_secs(10));

/// What to play.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Arguments {
    /// Play this scenario
    #[arg(required_unless_present_any = ["all", "list"])]
    name: Option<Scenario>,
    /// Play all of them, one after the other
    #[arg(long, conflicts_with_all = ["name", "list"])]
    all: bool,
    /// List them, with what each shows
    #[arg(long, conflicts_with = "name")]
    list: bool,
    /// Do what is repeated so many times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    /// Have the agency of `wipe` or `readers` publish so many records
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200_000))]
    records: Option<u32>,
    /// Draw from this seed; what the processes make of it differs each time
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Keep the data folders and logs in this folder
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print one line of JSON for each scenario
    #[arg(long)]
    json: bool,
    /// Go on inside the namespace that `partition` has made
    #[arg(long, hide = true)]
    inside: bool,
}

/// A scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// kill -9 at random moments while agencies publish
    Kill,
    /// an agency's data folder is lost, its keys are not
    Wipe,
    /// an old copy of the data folder is put back
    Backup,
    /// one key is used by two processes that do not see each other
    Fork,
    /// a peer sends and asks as fast as the link takes
    Flood,
    /// five nodes are killed, wiped, paused and filled up
    Churn,
    /// five nodes behind slow links that break
    Latency,
    /// a network is cut in two and joined again
    Partition,
    /// a catalogue changes whole a hundred times while fifty read it
    Readers,
}

/// How scenarios are played.
#[derive(Debug, Clone)]
pub struct Options {
    /// `dela-testnet`, which runs each of the nodes.
    pub program: PathBuf,
    /// How often to do what is repeated; each scenario has its own default.
    pub rounds: Option<u32>,
    /// How many records an agency publishes; each scenario has its own default.
    pub records: Option<u32>,
    /// What random choices are drawn from.
    pub seed: u64,
    /// Where to keep the data folders.
    pub data: Option<PathBuf>,
    /// Whether this process is inside the namespace that a scenario has made.
    pub inside: bool,
}

impl Options {
    /// Returns the options that are in force where none are given.
    pub fn new(program: PathBuf) -> Self {
        Self { program, rounds: None, records: None, seed: 1, data: None, inside: false }
    }

    fn chance(&self) -> Chance {
        Chance::new(self.seed)
    }

    fn folder(&self, name: &str) -> Option<PathBuf> {
        self.data.as_ref().map(|data| data.join(name))
    }
}

/// How a scenario ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All that must hold was looked at and holds.
    Passed,
    /// The machine does not allow it, for this reason.
    Skipped(String),
}

/// What a scenario did and measured.
#[derive(Debug)]
pub struct Report {
    begun: Instant,
    measured: Map<String, Value>,
}

impl Default for Report {
    fn default() -> Self {
        Self { begun: Instant::now(), measured: Map::new() }
    }
}

impl Report {
    /// Tells what is being done.
    pub fn say(&self, text: impl fmt::Display) {
        crate::say(&format!("{:>7.1} s  {text}", self.begun.elapsed().as_secs_f64()));
    }

    /// Keeps a figure; the name says its unit.
    pub fn measure(&mut self, name: &str, value: impl Into<Value>) {
        self.measured.insert(name.to_owned(), value.into());
    }

    /// Keeps a time, in seconds.
    pub fn measure_time(&mut self, name: &str, time: Duration) {
        self.measure(&format!("{name}_s"), rounded(time));
    }

    /// Keeps minimum, median and maximum of times, in milliseconds.
    pub fn measure_times(&mut self, name: &str, mut times: Vec<Duration>) {
        times.sort_unstable();
        let at = |index: usize| times.get(index).map_or(Value::Null, |time| millis(*time));
        let last = times.len().saturating_sub(1);
        let figures = [("min", at(0)), ("median", at(times.len() / 2)), ("max", at(last))];
        let figures = figures.map(|(name, value)| (name.to_owned(), value));
        self.measure(&format!("{name}_ms"), Value::Object(figures.into_iter().collect()));
    }

    /// Returns a figure that was measured.
    pub fn figure(&self, name: &str) -> Option<&Value> {
        self.measured.get(name)
    }
}

fn millis(time: Duration) -> Value {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).into()
}

/// Returns a time in seconds, to the hundredth.
fn rounded(time: Duration) -> f64 {
    (time.as_secs_f64() * 100.0).round() / 100.0
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Played<'a> {
    scenario: &'a str,
    outcome: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    seconds: f64,
    measured: &'a Map<String, Value>,
}

/// Plays the scenarios asked for, and fails when one of them did.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.list {
        for scenario in Scenario::value_variants() {
            crate::print(&format!("{:<10} {}", scenario.name(), scenario.help()));
        }
        return Ok(());
    }
    let options = Options {
        program: std::env::current_exe()?,
        rounds: arguments.rounds,
        records: arguments.records,
        seed: arguments.seed,
        data: arguments.data.clone(),
        inside: arguments.inside,
    };
    let chosen = match arguments.name {
        Some(name) if !arguments.all => vec![name],
        _ => Scenario::value_variants().to_vec(),
    };
    let mut failed = Vec::new();
    for scenario in chosen {
        let mut report = Report::default();
        let outcome = play(scenario, &options, &mut report);
        if outcome.is_err() {
            failed.push(scenario.name());
        }
        tell(&scenario.name(), &report, &outcome, arguments.json)?;
    }
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

/// Plays one scenario.
pub fn play(scenario: Scenario, options: &Options, report: &mut Report) -> anyhow::Result<Outcome> {
    report.say(format_args!("{}: {}", scenario.name(), scenario.help()));
    match scenario {
        Scenario::Kill => kill::play(options, report),
        Scenario::Wipe => wipe::play(options, report),
        Scenario::Backup => backup::play(options, report),
        Scenario::Fork => fork::play(options, report),
        Scenario::Flood => flood::play(options, report),
        Scenario::Churn => churn::play(options, report),
        Scenario::Latency => latency::play(options, report),
        Scenario::Partition => partition::play(options, report),
        Scenario::Readers => readers::play(options, report),
    }
}

impl Scenario {
    fn named(self) -> clap::builder::PossibleValue {
        self.to_possible_value().expect("no scenario is hidden")
    }

    fn name(self) -> String {
        self.named().get_name().to_owned()
    }

    fn help(self) -> String {
        self.named().get_help().map(ToString::to_string).unwrap_or_default()
    }
}

fn tell(
    name: &str,
    report: &Report,
    outcome: &anyhow::Result<Outcome>,
    json: bool,
) -> anyhow::Result<()> {
    let (word, reason) = match outcome {
        Ok(Outcome::Passed) => ("passed", None),
        Ok(Outcome::Skipped(why)) => ("skipped", Some(why.clone())),
        Err(error) => ("failed", Some(format!("{error:#}"))),
    };
    let seconds = rounded(report.begun.elapsed());
    if json {
        let measured = &report.measured;
        let played = Played { scenario: name, outcome: word, reason, seconds, measured };
        crate::print(&serde_json::to_string(&played)?);
        return Ok(());
    }
    let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
    let mut text = format!("{name}: {word} after {seconds:.1} s{reason}");
    for (name, value) in &report.measured {
        write!(text, "\n  {name:<28} {value}")?;
    }
    crate::print(&text);
    Ok(())
}

/// Says what was expected and not found.
fn missing(what: impl fmt::Display) -> anyhow::Error {
    anyhow!("{what}")
}
