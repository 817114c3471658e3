//! Sled alone: what the node's store is measured against, and a look at the
//! bytes that the node has written.
//!
//! Invariant: sled is opened as the node opens it.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use dela_node::storage::Options;

use super::processor::Watch;

/// Records that sled is given at a time: as many as a page has.
const RECORDS_PER_BATCH: usize = 600;

/// How often sled writes by itself, as the node has it.
const FLUSH_EVERY_MS: u64 = 500;

/// How long the engine may take to let go of a store that was closed, and how
/// often is looked whether it has.
const CLOSED_WITHIN: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);

/// Keys and values.
pub(super) type Entries = Vec<(Vec<u8>, Vec<u8>)>;

fn open(path: &Path) -> sled::Result<sled::Db> {
    sled::Config::new()
        .path(path)
        .cache_capacity(Options::default().cache_bytes)
        .flush_every_ms(Some(FLUSH_EVERY_MS))
        .open()
}

/// Opens the engine of a store that was just closed: its own thread may hold the
/// lock for a moment longer.
fn open_closed(path: &Path) -> sled::Result<sled::Db> {
    let begun = Instant::now();
    loop {
        match open(path) {
            Err(sled::Error::Io(error))
                if error.to_string().contains("could not acquire lock")
                    && begun.elapsed() < CLOSED_WITHIN =>
            {
                sleep(POLL);
            }
            opened => return opened,
        }
    }
}

/// Returns the records of a store as they lie in it, in the order of their keys.
pub(super) fn records_of(store: &Path) -> anyhow::Result<Entries> {
    let table = open_closed(store)?.open_tree("records")?;
    let entries =
        table.iter().map(|entry| entry.map(|(key, value)| (key.to_vec(), value.to_vec())));
    let entries: Entries = entries.collect::<Result<_, _>>()?;
    anyhow::ensure!(!entries.is_empty(), "the store has no table of records");
    Ok(entries)
}

/// Returns how long sled alone takes for records, by the clock and of processor
/// time.
pub(super) fn alone(entries: &Entries, fresh: &Path) -> anyhow::Result<(Duration, Duration)> {
    let fresh = open(fresh)?;
    let table = fresh.open_tree("records")?;
    let watch = Watch::start();
    for entries in entries.chunks(RECORDS_PER_BATCH) {
        let mut batch = sled::Batch::default();
        for (key, value) in entries {
            batch.insert(key.as_slice(), value.as_slice());
        }
        table.apply_batch(batch)?;
    }
    fresh.flush()?;
    Ok(watch.stop())
}
