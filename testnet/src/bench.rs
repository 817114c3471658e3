//! `dela-testnet bench`: what "good" means, measured: every figure of
//! docs/reference/performance.md, as ratios and counts taken in one run on one
//! machine, with its target beside it.
//!
//! Invariant: a figure that depends on the machine stands beside the figure it
//! is compared with, from the same run. A target that is missed is said and is
//! no error: whoever runs this decides what to make of it.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::ValueEnum;

mod catch_up;
mod differences;
mod disk;
mod engine;
mod exchange;
mod import;
mod memory;
mod pages;
mod population;
mod processor;
mod propagation;
mod round;
mod search;
mod table;
mod visible;
/// Datasets that do not exist, as the node's own tests have them.
#[path = "../../node/tests/sample.rs"]
mod written;

use table::{Row, Table};

/// How often each figure is taken.
const REPEATS: u16 = 3;

/// How many records there are where it takes many.
const RECORDS: usize = 100_000;

/// How many there are to see whether it runs.
const RECORDS_QUICK: usize = 40;

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Take only this measurement; can be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<Measurement>,
    /// Take each figure so many times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=100))]
    repeats: Option<u16>,
    /// Measure with so many records where it takes many: a quarter of them for
    /// memory, disk and pages, ten times as many for differences
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(4..=2_000_000))]
    records: Option<u32>,
    /// Also catch up with, and search, ten times as many records
    #[arg(long)]
    large: bool,
    /// Measure next to nothing, to see whether everything runs
    #[arg(long, conflicts_with_all = ["large", "records"])]
    quick: bool,
    /// Where real catalogues lie; made-up ones serve where there are none
    #[arg(long, value_name = "DIR", default_value = "../shared/corpus")]
    corpus: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// One thing to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Measurement {
    /// An empty node that catches up, and its search
    CatchUp,
    /// A round in which nothing changed
    Round,
    /// Few changes among very many records
    Differences,
    /// From publishing to another node's search
    Visible,
    /// One announcement to fifty nodes
    Propagation,
    /// What a record takes on the disk
    Disk,
    /// What a node keeps in memory, and does while idle
    Memory,
    /// Searching many records
    Search,
    /// Importing a file
    Import,
    /// The pages of a node that holds much
    Pages,
}

/// How to measure.
#[derive(Debug)]
struct Settings {
    repeats: usize,
    records: usize,
    large: bool,
    quick: bool,
    corpus: PathBuf,
    /// This program, which runs nodes.
    program: PathBuf,
}

impl Measurement {
    fn take(self, settings: &Settings) -> anyhow::Result<Vec<Row>> {
        match self {
            Self::CatchUp => catch_up::measure(settings),
            Self::Round => round::measure(settings),
            Self::Differences => differences::measure(settings),
            Self::Visible => visible::measure(settings),
            Self::Propagation => propagation::measure(settings),
            Self::Disk => disk::measure(settings),
            Self::Memory => memory::measure(settings),
            Self::Search => search::measure(settings),
            Self::Import => import::measure(settings),
            Self::Pages => pages::measure(settings),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::CatchUp => catch_up::NAME,
            Self::Round => round::NAME,
            Self::Differences => differences::NAME,
            Self::Visible => visible::NAME,
            Self::Propagation => propagation::NAME,
            Self::Disk => disk::NAME,
            Self::Memory => memory::NAME,
            Self::Search => search::NAME,
            Self::Import => import::NAME,
            Self::Pages => pages::NAME,
        }
    }
}

/// Takes all measurements, or those asked for, and prints what was found.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let quick = arguments.quick;
    let repeats = arguments.repeats.unwrap_or(if quick { 1 } else { REPEATS });
    let default = if quick { RECORDS_QUICK } else { RECORDS };
    let settings = Settings {
        repeats: usize::from(repeats),
        records: arguments.records.map_or(Ok(default), usize::try_from)?,
        large: arguments.large,
        quick,
        corpus: arguments.corpus.clone(),
        program: std::env::current_exe()?,
    };
    let mut table = Table {
        version: env!("CARGO_PKG_VERSION"),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        optimised: !cfg!(debug_assertions),
        rows: Vec::new(),
    };
    if !table.optimised && !quick {
        talk("this program was built without optimisation: its figures mean nothing");
    }
    for measurement in Measurement::value_variants() {
        if arguments.only.is_empty() || arguments.only.contains(measurement) {
            talk(&format!("{} ...", measurement.name()));
            let rows = measurement.take(&settings).with_context(|| measurement.name())?;
            table.rows.extend(rows);
        }
    }
    if arguments.json {
        crate::print(&serde_json::to_string(&table)?);
    } else {
        crate::print(&format!("{} cores\n\n{}", table.cores, table.text()));
    }
    Ok(())
}

/// Says what is being done.
fn talk(text: &str) {
    crate::say(text);
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting a runtime")
}
