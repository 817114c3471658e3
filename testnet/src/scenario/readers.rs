//! A catalogue that changes whole, again and again, while many read it, at the
//! node that publishes it and at one that replicates it: no page is short, none
//! has the same dataset twice, and nobody is refused.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use anyhow::{Context as _, anyhow, ensure};
use dela_cli::{Client, ImportOptions, InputFormat, OutputFormat, Profile, SearchQuery, Upload};

use super::{Options, Outcome, Report};
use crate::cluster::Cluster;
use crate::sample;

/// How many datasets the catalogue has unless asked otherwise: as many as that
/// of Statistics Sweden.
const DATASETS: u32 = 1_159;

/// How often it is imported unless asked otherwise.
const ROUNDS: u32 = 100;

/// How many read at a time.
const READERS: usize = 50;

/// How many datasets are asked for at a time: the most there can be.
const PAGE: usize = 100;

/// Of so many readers, the first two, one at each node, read the catalogue as
/// RDF; the others read the pages of a search.
const RDF_TWO_IN: usize = 10;

pub(super) fn play(options: &Options, report: &mut Report) -> anyhow::Result<Outcome> {
    let rounds = options.rounds.unwrap_or(ROUNDS);
    let datasets = options.records.unwrap_or(DATASETS);
    let folder = options.folder("readers");
    let cluster = Cluster::start(&options.program, sample::agencies(2), folder.as_deref())?;
    let clients: Vec<Client> = cluster.members.iter().map(|member| member.client.clone()).collect();
    let client = clients.first().context("a cluster of two")?;
    import(client, &catalogue(datasets, 0), datasets)?;
    for client in &clients {
        wait_until_searchable(client, datasets)?;
    }

    report.say(format_args!("{datasets} datasets are there; {READERS} begin to read"));
    let agency = client.status()?.value.agency.to_string();
    let readers = Readers::start(&clients, &agency, datasets);
    let mut imports = Vec::new();
    for round in 1..=rounds {
        let begun = Instant::now();
        let changed = import(client, &catalogue(datasets, round), datasets)?;
        ensure!(changed == u64::from(datasets), "round {round} changed {changed} datasets");
        imports.push(begun.elapsed());
        readers.check()?;
        if round.is_multiple_of(10) {
            report.say(format_args!("{round} imports"));
        }
    }
    let read = readers.stop()?;
    report.measure_times("import", imports);
    report.measure("imports", rounds);
    report.measure("changed", u64::from(rounds) * u64::from(datasets));
    report.measure("pages", read.pages);
    report.measure("searches_whole", read.searches);
    report.measure("catalogues_whole", read.catalogues);
    report.measure("short_pages", 0);
    Ok(Outcome::Passed)
}

/// Makes the catalogue as it is in a round: all descriptions differ from those
/// of the round before, all titles stay.
fn catalogue(datasets: u32, round: u32) -> String {
    let mut turtle = String::from(
        "@prefix dcat: <http://www.w3.org/ns/dcat#> .\n\
         @prefix dct: <http://purl.org/dc/terms/> .\n",
    );
    for number in 0..datasets {
        write!(
            turtle,
            "<https://data.example/{number}> a dcat:Dataset ;\n  \
             dct:title \"Mätserie {number:05}\"@sv ;\n  \
             dct:description \"Avläst för {round}:e gången.\"@sv ;\n  \
             dcat:keyword \"mätning\"@sv .\n"
        )
        .expect("a String takes all");
    }
    turtle
}

/// Imports a catalogue, and returns how many records changed.
fn import(client: &Client, turtle: &str, datasets: u32) -> anyhow::Result<u64> {
    let mut body = turtle.as_bytes();
    let upload = Upload {
        bytes: u64::try_from(turtle.len())?,
        body: &mut body,
        media_type: "text/turtle",
        format: Some(InputFormat::Turtle),
        base: None,
    };
    let report = client.import(upload, ImportOptions::default())?.value;
    ensure!(report.datasets == u64::from(datasets), "the node read {} datasets", report.datasets);
    ensure!(report.withdrawn == 0, "{} datasets were withdrawn", report.withdrawn);
    Ok(report.changed)
}

fn wait_until_searchable(client: &Client, datasets: u32) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let found = client.search(&SearchQuery { limit: Some(1), ..SearchQuery::default() })?;
        if found.value.total == u64::from(datasets) {
            return Ok(());
        }
        ensure!(begun.elapsed() < crate::cluster::PATIENCE, "the catalogue is not searchable");
        thread::sleep(crate::cluster::POLL);
    }
}

/// Readers at work.
struct Readers {
    stop: Arc<AtomicBool>,
    failed: Arc<AtomicBool>,
    counts: Arc<Counts>,
    threads: Vec<JoinHandle<anyhow::Result<()>>>,
}

#[derive(Default)]
struct Counts {
    pages: AtomicU64,
    searches: AtomicU64,
    catalogues: AtomicU64,
}

/// How much was read, all of it whole.
struct Read {
    pages: u64,
    searches: u64,
    catalogues: u64,
}

impl Readers {
    fn start(clients: &[Client], agency: &str, datasets: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let failed = Arc::new(AtomicBool::new(false));
        let counts = Arc::new(Counts::default());
        let threads = clients.iter().cycle().enumerate().take(READERS).map(|(number, client)| {
            let (client, stop, failed) = (client.clone(), Arc::clone(&stop), Arc::clone(&failed));
            let (counts, agency) = (Arc::clone(&counts), agency.to_owned());
            thread::spawn(move || {
                let reads_rdf = number % RDF_TWO_IN < 2;
                while !stop.load(Ordering::Relaxed) {
                    let read = if reads_rdf {
                        read_rdf(&client, &agency, datasets, &counts)
                    } else {
                        read_pages(&client, datasets, &counts)
                    };
                    if read.is_err() {
                        failed.store(true, Ordering::Relaxed);
                    }
                    read?;
                }
                Ok(())
            })
        });
        let threads = threads.collect();
        Self { stop, failed, counts, threads }
    }

    /// Fails where a reader has.
    fn check(&self) -> anyhow::Result<()> {
        if !self.failed.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(anyhow!("a reader has failed: {}", self.log()))
    }

    fn log(&self) -> String {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        format!(
            "after {} pages and {} catalogues",
            count(&self.counts.pages),
            count(&self.counts.catalogues)
        )
    }

    /// Lets the readers finish, and returns what they read.
    fn stop(self) -> anyhow::Result<Read> {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().map_err(|_| anyhow!("a reader panicked"))??;
        }
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Ok(Read {
            pages: count(&self.counts.pages),
            searches: count(&self.counts.searches),
            catalogues: count(&self.counts.catalogues),
        })
    }
}

/// Reads all pages of a search, and looks that each is full.
fn read_pages(client: &Client, datasets: u32, counts: &Counts) -> anyhow::Result<()> {
    let datasets = usize::try_from(datasets)?;
    let mut seen = BTreeSet::new();
    let mut query =
        SearchQuery { sort: Some("title"), limit: Some(PAGE), ..SearchQuery::default() };
    loop {
        let page = client.search(&query)?.value;
        counts.pages.fetch_add(1, Ordering::Relaxed);
        ensure!(page.total == u64::try_from(datasets)?, "a page says {} datasets", page.total);
        let expected = PAGE.min(datasets - seen.len());
        let found = page.datasets.len();
        ensure!(found == expected, "a page has {found} datasets, and not {expected}");
        seen.extend(page.datasets.iter().map(|dataset| dataset.id));
        let Some(next) = page.next else { break };
        query.after = Some(next);
    }
    ensure!(seen.len() == datasets, "the pages have {} datasets, and not {datasets}", seen.len());
    counts.searches.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

/// Reads the whole catalogue as RDF, and looks that all datasets are in it.
fn read_rdf(client: &Client, agency: &str, datasets: u32, counts: &Counts) -> anyhow::Result<()> {
    let mut rdf = client.catalogue_rdf(agency, OutputFormat::NTriples, Profile::default())?;
    let mut text = String::new();
    std::io::Read::read_to_string(&mut rdf.body, &mut text)?;
    let found = text.lines().filter(|line| line.contains("<http://purl.org/dc/terms/title>"));
    let found = found.count();
    ensure!(found == usize::try_from(datasets)?, "a catalogue has {found} of {datasets} datasets");
    counts.catalogues.fetch_add(1, Ordering::Relaxed);
    Ok(())
}
