//! A source on disk: one file each, replaced whole, so that it is either the
//! old one or the new one.
//!
//! The first line names the form and has the BLAKE3 hash of the rest, which is
//! JSON. The files are not in the store, because they must survive it: what a
//! source keeps would otherwise be nobody's after a repair, and never withdrawn.
//! Only their owner can read them: addresses may be internal, or carry a key.
//!
//! Invariant: reading is bounded, and what is damaged is told and left in its
//! place, never taken for something else.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use super::entry::Entry;

/// What the first line begins with.
const FORM: &str = "dela source 1 ";

/// The longest file: ids of half a million records in hexadecimal, all of them
/// missing.
const BYTES_MAX: u64 = 128 * 1024 * 1024;

/// Why a source cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error(transparent)]
    System(#[from] io::Error),
    #[error("it is longer than {BYTES_MAX} bytes")]
    TooLong,
    #[error("it is no source that this version knows")]
    OtherForm,
    #[error("it is damaged: its hash is another than it says")]
    Damaged,
    #[error("it cannot be read: {0}")]
    Content(#[from] serde_json::Error),
}

/// Reads a source.
pub(super) fn read(path: &Path) -> Result<Entry, FileError> {
    let mut text = String::new();
    File::open(path)?.take(BYTES_MAX + 1).read_to_string(&mut text)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > BYTES_MAX {
        return Err(FileError::TooLong);
    }
    let (first, rest) = text.split_once('\n').ok_or(FileError::OtherForm)?;
    let hash = first.strip_prefix(FORM).ok_or(FileError::OtherForm)?;
    if hash != blake3::hash(rest.as_bytes()).to_hex().as_str() {
        return Err(FileError::Damaged);
    }
    Ok(serde_json::from_str(rest)?)
}

/// Writes a source, whole or not at all, and durably.
pub(super) fn write(path: &Path, entry: &Entry) -> io::Result<()> {
    let json = serde_json::to_string(entry)?;
    let text = format!("{FORM}{}\n{json}", blake3::hash(json.as_bytes()).to_hex());
    let partial = path.with_extension("partial");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&partial)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    sync_folder(path)
}

/// Removes a source, durably.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    sync_folder(path)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
