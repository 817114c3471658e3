//! The book on disk: one file, replaced whole, so that it is either the old one
//! or the new one.
//!
//! The first line names the form and has the BLAKE3 hash of the rest, which is
//! JSON. What cannot be read is not guessed at: the book begins empty, which
//! costs nothing but the time to hear of the others again.
//!
//! Invariant: reading is bounded, and a record from the file is believed like
//! any other, by its signature.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use data_encoding::HEXLOWER;
use dela_protocol::id::{FederationId, NodeId};
use dela_protocol::limits::{NODE_RECORD_BYTES_MAX, NODES_MAX};
use dela_protocol::node_record::NodeRecord;
use dela_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Book, Entry, PLACES_MAX, Source, address};

/// What the first line begins with.
const FORM: &str = "dela address book 1 ";

/// The longest file: as many nodes as are kept, each with the longest record in
/// hexadecimal and room for the rest.
const BYTES_MAX: usize = NODES_MAX * (2 * NODE_RECORD_BYTES_MAX + 2048);

/// Why a book cannot be used.
#[derive(Debug, thiserror::Error)]
pub(in super::super) enum FileError {
    #[error(transparent)]
    System(#[from] io::Error),
    #[error("it is longer than {BYTES_MAX} bytes")]
    TooLong,
    #[error("it is no address book that this version knows")]
    OtherForm,
    #[error("it is damaged: its hash is another than it says")]
    Damaged,
    #[error("it cannot be read: {0}")]
    Content(#[from] serde_json::Error),
    #[error("it names more than {NODES_MAX} nodes")]
    TooMany,
}

/// One node as it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    node: NodeId,
    /// The signed record in hexadecimal; empty where there is none.
    record: String,
    places: Vec<String>,
    reached_at: Option<Timestamp>,
    failed_at: Option<Timestamp>,
    failures: u32,
}

/// Returns how many nodes a book names; none where there is no book.
pub(in super::super) fn count(path: &Path) -> Result<usize, FileError> {
    Ok(read(path)?.len())
}

fn read(path: &Path) -> Result<Vec<Line>, FileError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened?,
    };
    let mut text = String::new();
    let limit = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_string(&mut text)?;
    if text.len() > BYTES_MAX {
        return Err(FileError::TooLong);
    }
    let (first, rest) = text.split_once('\n').ok_or(FileError::OtherForm)?;
    let hash = first.strip_prefix(FORM).ok_or(FileError::OtherForm)?;
    if hash != blake3::hash(rest.as_bytes()).to_hex().as_str() {
        return Err(FileError::Damaged);
    }
    let lines: Vec<Line> = serde_json::from_str(rest)?;
    if lines.len() > NODES_MAX {
        return Err(FileError::TooMany);
    }
    Ok(lines)
}

/// Writes the text of a book to its file, whole or not at all.
pub(in super::super) fn write(path: &Path, text: &str) -> io::Result<()> {
    let partial = path.with_extension("partial");
    let mut file = File::create(&partial)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

impl Book {
    /// Takes in what the file at `path` has. Nobody is left out for having
    /// ended or failed: a node that was away long has nothing better.
    pub(in super::super) fn load(
        &mut self,
        path: &Path,
        federation: &FederationId,
    ) -> Result<(), FileError> {
        for line in read(path)? {
            let Some(peer) = address::peer_of(&line.node) else { continue };
            if peer == self.own {
                continue;
            }
            let bytes = HEXLOWER.decode(line.record.as_bytes()).unwrap_or_default();
            let record = NodeRecord::decode(bytes)
                .ok()
                .filter(|record| record.node() == line.node && record.verify(federation).is_ok());
            let places = address::read(&line.places).into_iter();
            let places = places.filter(|place| self.is_usable(&peer, place)).take(PLACES_MAX);
            let entry = Entry {
                places: places.collect(),
                reached_at: line.reached_at,
                failed_at: line.failed_at,
                failures: line.failures,
                ..Entry::new(Source::Ours)
            };
            self.entries.entry(peer).or_insert(entry).relocate();
            if let Some(record) = record {
                let addresses = address::read(record.addresses());
                self.set_record(peer, record, &addresses);
            }
        }
        self.revision += 1;
        Ok(())
    }

    /// Returns the text to write.
    pub(in super::super) fn text(&self) -> String {
        let lines: Vec<Line> = self
            .entries
            .iter()
            .filter_map(|(peer, entry)| {
                let record = entry.record().map(|record| HEXLOWER.encode(record.bytes()));
                Some(Line {
                    node: address::node_of(peer)?,
                    record: record.unwrap_or_default(),
                    places: entry.places.iter().map(ToString::to_string).collect(),
                    reached_at: entry.reached_at,
                    failed_at: entry.failed_at,
                    failures: entry.failures,
                })
            })
            .collect();
        let json = serde_json::to_string(&lines).unwrap_or_default();
        format!("{FORM}{}\n{json}", blake3::hash(json.as_bytes()).to_hex())
    }
}
