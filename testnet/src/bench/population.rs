//! The agencies and datasets that are measured with: made up, signed in
//! earnest, and the same in every run.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use dela_protocol::agency::Signer;
use dela_protocol::catalogue::Catalogue;
use dela_protocol::head::{Commitment, Head};
use dela_protocol::id::{FederationId, HeadId};
use dela_protocol::key::SecretKey;
use dela_protocol::record::{Position, Record, RecordKind, Statement};
use dela_protocol::store::Store;
use dela_protocol::store::conformance::Publisher;

use super::written;

/// How many records are stored at a time: as many as a page has.
const RECORDS_PER_BATCH: usize = 600;

/// The name of the federation they all belong to.
pub(super) const FEDERATION: &str = "conformance";

/// Returns the federation they all belong to.
pub(super) fn federation() -> FederationId {
    FederationId::open(FEDERATION)
}

/// Returns what an agency would say about the dataset of that number: some
/// 1,700 bytes, like real ones.
pub(super) fn statement(number: u64) -> Statement {
    Statement::describe(RecordKind::Dataset, &written::dataset(number))
}

/// Returns a dataset of that number with little more than a title, where what
/// it says does not matter and there are a million of them.
pub(super) fn short(publisher: &Publisher, position: Position, number: u64, title: &str) -> Record {
    publisher.dataset(position, &format!("https://data.example/{number}"), title)
}

/// Signs the head of an agency that follows the one it has: heads that do not
/// name each other are a fork.
pub(super) fn head_after(
    agency: u64,
    catalogue: &Catalogue,
    position: Position,
) -> anyhow::Result<Head> {
    let mut secret = [7; 32];
    for (to, from) in secret.iter_mut().zip(agency.to_be_bytes()) {
        *to = from;
    }
    let publisher = Publisher::numbered(agency);
    let signer = Signer::new(&publisher.agency, SecretKey::from_bytes(&secret));
    let signer = signer.context("the key of an agency by its number")?;
    let commitment = Commitment {
        previous: catalogue.head.as_ref().map_or(HeadId::NONE, Head::id),
        ..publisher.head(catalogue, position).commitment()
    };
    Ok(Head::sign(&signer, &publisher.federation, &commitment))
}

/// Stores a catalogue of one agency, complete and with its head.
pub(super) fn fill<S: Store>(
    store: &mut S,
    publisher: &Publisher,
    records: impl Iterator<Item = Record>,
) -> Result<(), S::Error> {
    let mut catalogue = Catalogue::new(publisher.agency.clone());
    let mut records = records.peekable();
    loop {
        let put: Vec<Record> = records.by_ref().take(RECORDS_PER_BATCH).collect();
        let mut batch = publisher.batch(&catalogue, &[], &put);
        if records.peek().is_none() {
            let position = batch.catalogue.cursor.next();
            batch.catalogue.head = Some(publisher.head(&batch.catalogue, position));
            batch.catalogue.cursor = position;
            return store.commit(batch);
        }
        catalogue = batch.catalogue.clone();
        store.commit(batch)?;
    }
}

/// Stores so many datasets, a thousand for each agency.
pub(super) fn fill_with<S: Store>(store: &mut S, records: usize) -> Result<(), S::Error> {
    let records = u64::try_from(records).unwrap_or(u64::MAX);
    let per_agency = (records / 4).clamp(1, 1_000);
    for (agency, first) in
        (0..records).step_by(usize::try_from(per_agency).unwrap_or(1)).enumerate()
    {
        let publisher = Publisher::numbered(u64::try_from(agency).unwrap_or(u64::MAX));
        let last = (first + per_agency).min(records);
        let signed = (first..last).map(|number| {
            let position = Position { epoch: 0, seq: number - first + 1 };
            publisher.sign(position, &statement(number))
        });
        fill(store, &publisher, signed)?;
    }
    Ok(())
}

/// Returns how many bytes the files of a folder take on the disk.
pub(super) fn bytes_in(folder: &Path) -> anyhow::Result<u64> {
    let mut total = 0;
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let found = entry.metadata()?;
        total += if found.is_dir() { bytes_in(&entry.path())? } else { bytes_of(&found) };
    }
    Ok(total)
}

#[cfg(unix)]
fn bytes_of(file: &std::fs::Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    file.blocks() * 512
}

#[cfg(not(unix))]
fn bytes_of(file: &std::fs::Metadata) -> u64 {
    file.len()
}

/// Returns the files of a corpus of real catalogues whose paths begin with one
/// of these folders, in order; none where there is no corpus.
pub(super) fn corpus(corpus: &Path, folders: &[&str]) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(corpus.join(folder)).ok())
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    found.sort();
    found
}
