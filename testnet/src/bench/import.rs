//! Importing a file of some thousand datasets over HTTP, from sending it until
//! it is acknowledged as durable, by the time its parsing takes alone.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use dela_cli::{ImportOptions, InputFormat, Upload};
use dela_node::rdf::Format;
use dela_node::{export, import};
use dela_protocol::store::conformance::Publisher;
use oxrdfxml::RdfXmlParser;

use super::population::corpus;
use super::processor::{self, Watch};
use super::table::{Row, Unit, figure};
use super::{Settings, talk, written};
use crate::cluster::Cluster;
use crate::sample;

/// What is measured here.
pub(super) const NAME: &str = "import";

/// The real file, in the corpus, with 1,159 datasets.
const FILE: &str = "SCB-dcat-ap-2.xml";

/// How many datasets are made up where that file is missing.
const DATASETS: u64 = 1_159;

/// What one import took: by the clock, and of processor time where the system
/// tells it, which a busy machine does not change.
struct Took {
    parsing: Duration,
    parsing_busy: Option<Duration>,
    reading_busy: Option<Duration>,
    whole: Duration,
    whole_busy: Option<Duration>,
}

/// Measures.
pub(super) fn measure(settings: &Settings) -> anyhow::Result<Vec<Row>> {
    let (bytes, source) = file(settings)?;
    let mut took = Vec::new();
    for _ in 0..settings.repeats {
        took.push(once(settings, &bytes)?);
    }
    let by = |value: Duration, parsing: Duration| value.as_secs_f64() / parsing.as_secs_f64();
    let busy = |value: fn(&Took) -> Option<Duration>| {
        let of = |one| Some(by(value(one)?, one.parsing_busy?));
        took.iter().filter_map(of).collect::<Vec<f64>>()
    };
    let milliseconds = |value: fn(&Took) -> Duration| {
        took.iter().map(|one| value(one).as_secs_f64() * 1_000.0).collect::<Vec<f64>>()
    };
    let whole = took.iter().map(|one| by(one.whole, one.parsing)).collect();
    let mut rows = vec![
        Row::new(NAME, "over HTTP, time by that of parsing", Unit::Ratio, whole)
            .at_most(3.0)
            .note(source),
    ];
    let of_processor = [
        ("over HTTP, processor time by that of parsing", busy(|one| one.whole_busy)),
        ("reading and dividing into records, by the same", busy(|one| one.reading_busy)),
    ];
    let known = of_processor.into_iter().filter(|(_, values)| !values.is_empty());
    rows.extend(known.map(|(what, values)| Row::new(NAME, what, Unit::Ratio, values)));
    rows.push(Row::new(NAME, "over HTTP", Unit::Milliseconds, milliseconds(|one| one.whole)));
    rows.push(Row::new(NAME, "parsing alone", Unit::Milliseconds, milliseconds(|one| one.parsing)));
    Ok(rows)
}

fn file(settings: &Settings) -> anyhow::Result<(Vec<u8>, String)> {
    let found = corpus(&settings.corpus, &["swedish"]).into_iter();
    let mut found = found.filter(|path| path.file_name().is_some_and(|name| name == FILE));
    if let Some(path) = found.next().filter(|_| !settings.quick) {
        let bytes = fs::read(&path)?;
        let note = format!("the real file {FILE}, {} bytes", bytes.len());
        return Ok((bytes, note));
    }
    let count = if settings.quick { 20 } else { DATASETS };
    let datasets: Vec<_> = (0..count).map(written::dataset).collect();
    let bytes = export::catalogue(&datasets, Format::RdfXml);
    Ok((bytes, format!("{count} datasets, made up")))
}

fn once(settings: &Settings, bytes: &[u8]) -> anyhow::Result<Took> {
    let (parsing, parsing_busy) = timed(|| {
        let mut triples: usize = 0;
        for triple in RdfXmlParser::new().lenient().for_slice(bytes) {
            triple.context("the file is RDF/XML")?;
            triples += 1;
        }
        ensure!(triples > 0, "the file has no triples");
        Ok(())
    })?;
    let mut entries = 0;
    let (reading, reading_busy) = timed(|| {
        let own = Publisher::numbered(0).id();
        entries = import::read(bytes, &import::ImportOptions::default(), &own)?.entries.len();
        Ok(())
    })?;

    let cluster = Cluster::start(&settings.program, sample::agencies(2), None)?;
    let client = &cluster.members.first().context("two nodes")?.client;
    let mut body = bytes;
    let upload = Upload {
        bytes: u64::try_from(bytes.len())?,
        body: &mut body,
        media_type: "application/rdf+xml",
        format: Some(InputFormat::RdfXml),
        base: None,
    };
    let process = cluster.members.first().and_then(crate::cluster::Member::process_id);
    let before = process.and_then(processor::of_process);
    let begun = Instant::now();
    let report = client.import(upload, ImportOptions::default())?.value;
    let whole = begun.elapsed();
    let after = process.and_then(processor::of_process);
    let whole_busy = before.zip(after).map(|(before, after)| after.saturating_sub(before));
    ensure!(figure(report.created) >= figure(entries), "not all was imported");
    talk(&format!(
        "{NAME}: {} datasets in {whole:.2?}; reading {reading:.2?}, parsing alone {parsing:.2?}",
        report.datasets
    ));
    Ok(Took { parsing, parsing_busy, reading_busy, whole, whole_busy })
}

/// Returns how long something took, by the clock and of processor time.
fn timed(
    work: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<(Duration, Option<Duration>)> {
    let watch = Watch::start();
    work()?;
    let (took, busy) = watch.stop();
    Ok((took, (busy > Duration::ZERO).then_some(busy)))
}
