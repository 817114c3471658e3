//! The pages of a node that holds as many datasets as Sweden has: how large
//! each is, how long it takes, and how long the first one takes after something
//! has changed, when nothing that is kept of the state before is of use.
//!
//! A real node, asked over its own port. Its store is filled before it starts,
//! by a hundred agencies of which one has a fifth of everything: its pages are
//! those that are measured, as no other agency's cost more.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, ensure};
use dela_cli::PublishOptions;
use dela_node::calendar::Day;
use dela_node::storage::SledStore;
use dela_protocol::agency::profile_iri;
use dela_protocol::api::{HistoryPoint, NewDataset};
use dela_protocol::dcat::Resource;
use dela_protocol::dcat::{Text, term};
use dela_protocol::description::{Description, Node, Object};
use dela_protocol::record::{Position, RecordKind, Statement};
use dela_protocol::store::Store as _;
use dela_protocol::store::conformance::Publisher;
use dela_protocol::time::Timestamp;

use super::population::{FEDERATION, federation, fill, statement};
use super::table::{Row, Unit, figure};
use super::{Settings, talk, written};
use crate::cluster::{Cluster, Member};
use crate::sample;

/// What is measured here.
pub(super) const NAME: &str = "pages";

/// How long a page may take, and how large it may be.
const MILLISECONDS_MAX: f64 = 50.0;
const BYTES_MAX: f64 = 100_000.0;

/// How many agencies there are, if there are datasets for as many.
const AGENCIES: u64 = 100;

/// How long the history is: as many weeks as are still told one by one, which
/// makes the largest pages.
const HISTORY_DAYS: i32 = 413;

/// How often a page is asked for in a repeat, and how often after a change.
const REQUESTS: usize = 10;
const CHANGES: usize = 2;

/// How long a page is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long it takes until everything can be searched.
const INDEXING_PATIENCE: Duration = Duration::from_secs(600);

/// A page, and what was measured of it.
struct Page {
    name: &'static str,
    path: String,
    bytes: Vec<f64>,
    warm: Vec<f64>,
    changed: Vec<f64>,
}

/// Measures.
pub(super) fn measure(settings: &Settings) -> anyhow::Result<Vec<Row>> {
    let datasets = u64::try_from((settings.records / 4).max(4))?;
    let mut cluster = Cluster::prepare(&settings.program, sample::agencies(1), None)?;
    let member = cluster.member(0)?;
    member.federation = Some(FEDERATION.to_owned());
    talk(&format!("{NAME}: storing {datasets} datasets ..."));
    let largest = fill_store(member, datasets)?;
    write_history(member, &largest.agency)?;
    cluster.start_all()?;
    cluster.wait_longer_for(0, INDEXING_PATIENCE, "everything to be searchable", |status| {
        status.search_behind == 0 && status.datasets >= datasets
    })?;
    talk(&format!("{NAME}: asking for pages ..."));
    let mut pages = pages(&largest);
    let requests = if settings.quick { 1 } else { REQUESTS };
    let changes = if settings.quick { 1 } else { CHANGES };
    let mut published = 0;
    for _ in 0..settings.repeats {
        for page in &mut pages {
            for _ in 0..changes {
                change(&mut cluster, published)?;
                published += 1;
                let (took, _) = timed(cluster.member(0)?, &page.path)?;
                page.changed.push(took);
            }
            for _ in 0..requests {
                let (took, bytes) = timed(cluster.member(0)?, &page.path)?;
                page.warm.push(took);
                page.bytes.push(figure(bytes));
            }
        }
    }
    Ok(pages.into_iter().flat_map(|page| rows(page, datasets)).collect())
}

fn rows(page: Page, datasets: u64) -> [Row; 3] {
    let Page { name, bytes, warm, changed, .. } = page;
    [
        Row::new(NAME, format!("{name}, {datasets} datasets"), Unit::Milliseconds, warm)
            .at_most(MILLISECONDS_MAX),
        Row::new(NAME, format!("{name}, first after a change"), Unit::Milliseconds, changed)
            .at_most(MILLISECONDS_MAX),
        Row::new(NAME, format!("{name}, uncompressed"), Unit::Bytes, bytes).at_most(BYTES_MAX),
    ]
}

/// An agency and one of its datasets, by their ids.
struct Example {
    agency: String,
    dataset: String,
}

/// Fills the store of a node that does not run yet, and returns the largest
/// agency in it.
fn fill_store(member: &Member, datasets: u64) -> anyhow::Result<Example> {
    let (dir, mark) = (member.data.join("store"), member.data.join("high-water"));
    let mut store = SledStore::open(&dir, &mark, federation())?.store;
    let largest = (datasets / 5).max(1);
    let others = (AGENCIES - 1).min(datasets - largest).max(1);
    let mut first = 0;
    for agency in 0..=others {
        let count = match agency {
            0 => largest,
            // What is left, divided among those that are left.
            _ => (datasets - first) / (others - agency + 1),
        };
        let publisher = Publisher::numbered(agency);
        let statements = core::iter::once(profile(&publisher, agency)?)
            .chain((first..first + count).map(statement));
        let records = (1..)
            .zip(statements)
            .map(|(seq, statement)| publisher.sign(Position { epoch: 0, seq }, &statement));
        fill(&mut store, &publisher, records)?;
        first += count;
    }
    store.flush()?;
    let publisher = Publisher::numbered(0);
    let resource = Resource::of(&written::dataset(0));
    Ok(Example {
        agency: publisher.id().to_string(),
        dataset: publisher.entity(&resource.iri).to_string(),
    })
}

/// Writes down how it was, of the federation and of an agency: their pages and
/// those of insight draw it.
fn write_history(member: &Member, agency: &str) -> anyhow::Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let today = Day::of(Timestamp::from_millis(u64::try_from(now.as_millis())?));
    let mut lines = String::new();
    for (count, days) in (0..HISTORY_DAYS).rev().enumerate() {
        let count = u64::try_from(count)?;
        let point = HistoryPoint {
            date: today.before(days).to_string(),
            datasets: 20_000 + count * 3,
            distributions: 50_000 + count * 7,
            points: 180.0 + figure(count) / 50.0,
            high_value: 900 + count,
            open_licence: 15_000 + count * 4,
            without_licence: Some(2_000 + count % 30),
            machine_readable: Some(12_000 + count * 2),
            agencies: Some(AGENCIES),
            records: Some(20_100 + count * 3),
            created: Some(count % 40),
            changed: Some(count * 7 % 400),
            withdrawn: Some(count % 9),
        };
        for agency in [None, Some(agency)] {
            let mut line = serde_json::to_value(&point)?;
            if let Some(agency) = agency {
                line["agency"] = agency.into();
            }
            writeln!(lines, "{line}")?;
        }
    }
    std::fs::write(member.data.join(dela_node::history::FILE_NAME), lines)?;
    Ok(())
}

/// Says who an agency is: with a name as long as names are.
fn profile(publisher: &Publisher, number: u64) -> anyhow::Result<Statement> {
    let iri = profile_iri(&publisher.id());
    let subject = Node::Iri(iri.clone());
    let name = format!("Provmyndigheten för mätningar {number}");
    let triples = [
        (subject.clone(), term::RDF_TYPE.to_owned(), Object::Iri(term::FOAF_AGENT.to_owned())),
        (subject, term::FOAF_NAME.to_owned(), Object::plain(&name)),
    ];
    let description = Description::new(&iri, triples).context("a profile is short")?;
    Ok(Statement::describe(RecordKind::Profile, &description))
}

fn pages(example: &Example) -> Vec<Page> {
    let Example { agency, dataset } = example;
    let paths = [
        ("the search, without words", "/".to_owned()),
        ("a search for one word", "/?q=luftkvalitet".to_owned()),
        ("a search for three words", "/?q=statistik+kommun+vatten".to_owned()),
        ("a search for a misspelt word", "/?q=luftkvallitet".to_owned()),
        ("a search narrowed twice", "/?theme=ENVI&format=CSV".to_owned()),
        ("a dataset", format!("/dataset/{dataset}")),
        ("the agencies", "/agencies".to_owned()),
        ("an agency", format!("/agency/{agency}")),
        ("the federation", "/federation".to_owned()),
        ("insight", "/insight".to_owned()),
        ("insight of an agency", format!("/insight?agency={agency}")),
        ("agencies side by side", "/insight/agencies".to_owned()),
        ("quality", "/quality".to_owned()),
        ("quality of an agency", format!("/quality?agency={agency}")),
        ("the sources", "/sources".to_owned()),
        ("signing in", "/share".to_owned()),
    ];
    let page = |(name, path)| Page {
        name,
        path,
        bytes: Vec::new(),
        warm: Vec::new(),
        changed: Vec::new(),
    };
    paths.map(page).into()
}

/// Has the node publish one dataset more, and waits until it can be found.
fn change(cluster: &mut Cluster, number: usize) -> anyhow::Result<()> {
    let text = |text: String| vec![Text { text, language: Some("sv".to_owned()) }];
    let dataset = NewDataset {
        title: text(format!("Mätning {number}")),
        description: text("Ändrar något, så att inget som sparats gäller.".to_owned()),
        ..NewDataset::default()
    };
    cluster.member(0)?.client.publish(&dataset, PublishOptions::default()).context("publishing")?;
    cluster.wait_for(0, "the change to be searchable", |status| status.search_behind == 0)?;
    Ok(())
}

/// Asks for a page, as a browser does that takes nothing compressed, and returns
/// in how many milliseconds it came whole, and how many bytes it has.
fn timed(member: &Member, path: &str) -> anyhow::Result<(f64, usize)> {
    let host = member.http.trim_start_matches("http://");
    let begun = Instant::now();
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nAccept-Language: sv\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let took = begun.elapsed().as_secs_f64() * 1_000.0;
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").context("an answer has a head")?;
    ensure!(head.starts_with("HTTP/1.1 200 "), "{path} is answered with {head}");
    Ok((took, body.len()))
}
