//! An empty node catches up with a full one: how fast records are verified and
//! stored, against sled alone with the same bytes; and how fast they become
//! searchable, against tantivy alone with the same documents.
//!
//! Invariant: only the work of the node that catches up is timed; the one that
//! serves is another machine's. The same bytes are those that the node has
//! written, read back from its own store.

use std::path::Path;
use std::time::{Duration, Instant};

use dela_node::index::SearchSource;
use dela_node::search::Search;
use dela_node::search::bare::Bare;
use dela_node::search::indexer::{Follower, Source as _, Step};
use dela_node::storage::{Options, Reader, SledStore};
use dela_protocol::federation::Federation;
use dela_protocol::replica::Replica;
use dela_protocol::time::Timestamp;

use super::engine::{Entries, alone, records_of};
use super::exchange::Pair;
use super::population::{federation, fill_with};
use super::processor::Watch;
use super::table::{Row, Unit, figure};
use super::{Settings, talk};

/// What is measured here.
pub(super) const NAME: &str = "catch-up";

/// When the two meet: after everything was signed.
const NOW: Timestamp = Timestamp::from_millis(10_000_000);

/// What one catch-up took.
struct Caught {
    ours: Duration,
    /// Of processors, for reading, storing and checking.
    ours_busy: Duration,
    sled: Duration,
    sled_busy: Duration,
    /// Sled alone, with the records as they are signed, not packed.
    unpacked: Duration,
    searchable: Duration,
    tantivy: Duration,
}

/// Measures.
pub(super) fn measure(settings: &Settings) -> anyhow::Result<Vec<Row>> {
    let records = settings.records;
    let caught = repeats(settings, records, settings.repeats)?;
    let rate = |time: &Duration| figure(records) / time.as_secs_f64();
    let ratio = |ours: &Duration, alone: &Duration| alone.as_secs_f64() / ours.as_secs_f64();
    let row = |what: String, unit, value: &dyn Fn(&Caught) -> f64| {
        Row::new(NAME, what, unit, caught.iter().map(value).collect())
    };
    let of = |what: &str| format!("{what}, {records} records");
    let mut rows = vec![
        row(of("verified and stored, rate by that of sled alone"), Unit::Ratio, &|one| {
            ratio(&one.ours, &one.sled)
        })
        .at_least(0.5),
        row(of("the same in processor time, of one core"), Unit::Ratio, &|one| {
            ratio(&one.ours_busy, &one.sled_busy)
        }),
        row(of("by sled alone with unpacked records"), Unit::Ratio, &|one| {
            ratio(&one.ours, &one.unpacked)
        }),
        row(of("verified and stored"), Unit::PerSecond, &|one| rate(&one.ours)),
        row(of("sled alone, same bytes"), Unit::PerSecond, &|one| rate(&one.sled)),
        row(of("searchable, rate by that of tantivy alone"), Unit::Ratio, &|one| {
            ratio(&one.searchable, &one.tantivy)
        })
        .at_least(0.5),
        row(of("searchable"), Unit::PerSecond, &|one| rate(&one.searchable)),
        row(of("tantivy alone, same documents"), Unit::PerSecond, &|one| rate(&one.tantivy)),
    ];
    if settings.large {
        let many = records * 10;
        let large = repeats(settings, many, 1)?;
        let per_record = |one: &Caught| one.ours.as_secs_f64() / figure(many);
        let base = caught.iter().map(|one| one.ours.as_secs_f64() / figure(records));
        let base: Vec<f64> = base.collect();
        let base = base.iter().sum::<f64>() / figure(base.len());
        let values = large.iter().map(|one| per_record(one) / base).collect();
        let what = format!("time for a record with {many} by that with {records}");
        rows.push(Row::new(NAME, what, Unit::Ratio, values).at_most(2.0));
    }
    Ok(rows)
}

fn repeats(settings: &Settings, records: usize, repeats: usize) -> anyhow::Result<Vec<Caught>> {
    let folder = tempfile::tempdir()?;
    talk(&format!("{NAME}: signing and storing {records} records ..."));
    let mut far = open(&folder.path().join("far"), records)?;
    fill_with(&mut far, records)?;
    let mut far = Replica::open(far, Federation::open(federation()), None, 2, NOW)?;
    let mut caught = Vec::new();
    for repeat in 0..repeats {
        talk(&format!("{NAME}: repeat {} of {repeats} ...", repeat + 1));
        let folder = tempfile::tempdir()?;
        let (one, back) = once(settings, folder.path(), records, far)?;
        caught.push(one);
        far = back;
    }
    Ok(caught)
}

fn open(folder: &Path, records: usize) -> anyhow::Result<SledStore> {
    let mark = folder.with_extension("high-water");
    // The log of changes must reach back to the first record.
    let changes_max = u64::try_from(records)?.max(Options::default().changes_max);
    let options = Options { changes_max, ..Options::default() };
    Ok(SledStore::open_with(folder, &mark, federation(), options)?.store)
}

fn once(
    settings: &Settings,
    folder: &Path,
    records: usize,
    far: Replica<SledStore>,
) -> anyhow::Result<(Caught, Replica<SledStore>)> {
    let dir = folder.join("near");
    let near = Replica::open(open(&dir, records)?, Federation::open(federation()), None, 1, NOW)?;
    let (traffic, mut near, back) = Pair::new(near, far, NOW).reconcile()?;
    let watch = Watch::start();
    near.flush()?;
    let (flushing, flushing_busy) = watch.stop();
    let ours = traffic.near.whole() + flushing;
    let work = traffic.near;
    let ours_busy = work.handling_busy + work.checking_busy + flushing_busy;

    let store = near.into_store();
    let reader = store.reader();
    let (searchable, tantivy) = searchable(folder, &reader, records)?;
    let unpacked = unpacked(&reader)?;
    drop((store, reader));
    let (sled, sled_busy) = alone(&records_of(&dir)?, &folder.join("sled"))?;
    let (unpacked, _) = alone(&unpacked, &folder.join("sled-unpacked"))?;
    talk(&format!(
        "{NAME}: stored in {ours:.2?} (processors: {:.2?} reading and storing, {:.2?} checking; \
         sled alone {sled:.2?} (processors: {sled_busy:.2?}), unpacked {unpacked:.2?}; serving \
         took {:.2?}), searchable in {searchable:.2?} (tantivy alone {tantivy:.2?})",
        work.handling_busy,
        work.checking_busy,
        traffic.far.whole()
    ));
    if settings.quick {
        anyhow::ensure!(traffic.records > 0, "nothing was fetched");
    }
    let caught = Caught { ours, ours_busy, sled, sled_busy, unpacked, searchable, tantivy };
    Ok((caught, back))
}

/// Returns the records of a store as they are signed, under keys of the same
/// form.
fn unpacked(reader: &Reader) -> anyhow::Result<Entries> {
    let mut entries = Vec::new();
    for (number, catalogue) in (0_u32..).zip(reader.catalogues()) {
        for record in reader.records(&catalogue.id()) {
            let record = record?;
            let position = record.position();
            let mut key = number.to_be_bytes().to_vec();
            key.extend(position.epoch.to_be_bytes());
            key.extend(position.seq.to_be_bytes());
            entries.push((key, record.bytes().to_vec()));
        }
    }
    Ok(entries)
}

/// Returns how long the search takes to follow a store, and how long tantivy
/// alone takes for the same documents.
fn searchable(
    folder: &Path,
    reader: &Reader,
    records: usize,
) -> anyhow::Result<(Duration, Duration)> {
    let source = SearchSource::new(reader.clone());
    let search = Search::open(&folder.join("search"))?;
    let mut follower = Follower::new(source.clone(), &search)?;
    let begun = Instant::now();
    let mut now = begun;
    loop {
        match follower.step(now)? {
            Step::More => now = now.max(Instant::now()),
            // Under load it waits for more to come; nothing more comes.
            Step::CommitAt(due) => now = due,
            Step::Idle => break,
        }
    }
    let ours = begun.elapsed();
    anyhow::ensure!(search.len() == u64::try_from(records)?, "not all can be found");
    drop(follower);

    let alone = Search::open(&folder.join("tantivy"))?;
    let bare = Bare::of(&alone)?;
    let documents: Vec<_> = reader
        .entities()
        .map(|entity| source.document(&entity?).map_err(|error| anyhow::anyhow!("{error}")))
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?;
    let prepared = bare.prepare(&documents);
    let begun = Instant::now();
    bare.index(prepared)?;
    Ok((ours, begun.elapsed()))
}
