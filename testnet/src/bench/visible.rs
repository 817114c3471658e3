//! From publishing on one node to finding it on another, both real processes on
//! loopback: the time from sending the form until the other node's search
//! answers with it.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use dela_cli::{Client, PublishOptions, SearchQuery};
use dela_node::search::indexer::COMMIT_INTERVAL;
use dela_protocol::api::NewDataset;
use dela_protocol::dcat::Text;

use super::Settings;
use super::table::{Row, Unit, quantile};
use crate::cluster::Cluster;
use crate::sample;

/// What is measured here.
pub(super) const NAME: &str = "visible";

/// How many datasets are published in one repeat.
const DATASETS: usize = 20;

/// How often the other node is asked.
const POLL: Duration = Duration::from_millis(1);

/// How long it may take before something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures.
pub(super) fn measure(settings: &Settings) -> anyhow::Result<Vec<Row>> {
    let cluster = Cluster::start(&settings.program, sample::agencies(2), None)?;
    let [one, other] = &cluster.members[..] else { bail!("two nodes were started") };
    let count = if settings.quick { 2 } else { DATASETS };
    let (mut medians, mut slowest, mut durable) = (Vec::new(), Vec::new(), Vec::new());
    for repeat in 0..settings.repeats {
        let (mut times, mut acknowledged) = (Vec::new(), Vec::new());
        for number in 0..count {
            // A publication now and then, as publishers do: the other node has
            // nothing else to index.
            if !settings.quick {
                sleep(COMMIT_INTERVAL);
            }
            let took = once(&one.client, &other.client, repeat * count + number)?;
            acknowledged.push(took.acknowledged);
            times.push(took.visible);
        }
        durable.push(quantile(&mut acknowledged, 500));
        medians.push(quantile(&mut times, 500));
        slowest.push(quantile(&mut times, 1_000));
    }
    Ok(vec![
        Row::new(
            NAME,
            "from publish to another node's search, median",
            Unit::Milliseconds,
            medians,
        )
        .at_most(100.0),
        Row::new(NAME, "the same, slowest of a repeat", Unit::Milliseconds, slowest),
        Row::new(NAME, "of it until it is acknowledged as durable", Unit::Milliseconds, durable),
    ])
}

/// How many milliseconds a publication took.
struct Took {
    /// Until the publisher's node answered, with all of it on the disk.
    acknowledged: f64,
    /// Until the other node found it.
    visible: f64,
}

fn once(publisher: &Client, searcher: &Client, number: usize) -> anyhow::Result<Took> {
    let word = format!("mätning{number}ord");
    let text = |text: String| vec![Text { text, language: Some("sv".to_owned()) }];
    let dataset = NewDataset {
        title: text(format!("Luftkvalitet {word}")),
        description: text("Hur länge det dröjer tills andra finner det.".to_owned()),
        ..NewDataset::default()
    };
    let query = SearchQuery { words: word, ..SearchQuery::default() };
    let begun = Instant::now();
    let milliseconds = || begun.elapsed().as_secs_f64() * 1_000.0;
    publisher.publish(&dataset, PublishOptions::default()).context("publishing")?;
    let acknowledged = milliseconds();
    while searcher.search(&query).context("searching")?.value.total == 0 {
        if begun.elapsed() > PATIENCE {
            bail!("what was published does not reach the other node");
        }
        sleep(POLL);
    }
    Ok(Took { acknowledged, visible: milliseconds() })
}
