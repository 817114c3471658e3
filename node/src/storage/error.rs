//! Why the store could not answer, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why the store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the folder open.
    #[error("another delad is using {}: stop it, or choose another data folder", dir.display())]
    InUse {
        /// The folder.
        dir: PathBuf,
    },
    /// The path of the folder is taken by something else.
    #[error("{} is not a folder: move it away, or choose another data folder", dir.display())]
    NotADirectory {
        /// The path.
        dir: PathBuf,
    },
    /// A newer version of the program wrote the folder.
    #[error(
        "{} was written in format {found}, and this delad knows formats up to {known}: \
         upgrade delad, or restore the folder from before the upgrade", dir.display()
    )]
    NewerFormat {
        /// The folder.
        dir: PathBuf,
        /// The format it has.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// The disk has no room.
    #[error("no room left on the disk of {}: make room and restart delad", dir.display())]
    DiskFull {
        /// The folder.
        dir: PathBuf,
    },
    /// The operating system refused.
    #[error("{}: {source}{}", path.display(), hint(source))]
    Io {
        /// Of which file or folder.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// What is on the disk is not what was written.
    #[error(
        "the store in {} is damaged ({what}): restart delad, which moves it aside and fetches \
         everything again from its peers", dir.display()
    )]
    Damaged {
        /// The folder.
        dir: PathBuf,
        /// What was found.
        what: String,
    },
    /// The high-water mark cannot be read.
    #[error(
        "the high-water mark in {} is damaged ({what}): restore the file from a backup; without \
         it, positions already used could be signed again", path.display()
    )]
    HighWater {
        /// The file.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// The storage engine failed in a way that is neither damage nor the disk.
    #[error("the storage engine failed: {0}")]
    Engine(String),
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            ": the user that runs delad must be able to write there"
        }
        _ => "",
    }
}

impl StoreError {
    /// Says what the operating system refused.
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { dir: path.to_owned() }
            }
            io::ErrorKind::NotADirectory => Self::NotADirectory { dir: path.to_owned() },
            _ => Self::Io { path: path.to_owned(), source },
        }
    }

    /// Says what the storage engine refused.
    pub(super) fn engine(dir: &Path, error: sled::Error) -> Self {
        match error {
            sled::Error::Io(source) if source.to_string().contains("could not acquire lock") => {
                Self::InUse { dir: dir.to_owned() }
            }
            // The engine reads files of a length it wrote itself.
            sled::Error::Io(source) if source.kind() == io::ErrorKind::UnexpectedEof => {
                Self::damaged(dir, "a file is shorter than it was")
            }
            sled::Error::Io(source) => Self::io(dir, source),
            sled::Error::Corruption { at, .. } => {
                let place = at.map_or_else(|| "a file".to_owned(), |at| format!("page {at:?}"));
                Self::damaged(dir, format!("{place} does not have its checksum"))
            }
            // A bug of the engine, and its own settings file read as those of
            // another version or none: both are met on damaged files.
            sled::Error::ReportableBug(what) | sled::Error::Unsupported(what) => {
                Self::damaged(dir, what)
            }
            sled::Error::CollectionNotFound(_) => Self::damaged(dir, "a table is missing"),
        }
    }

    /// Says that what is on the disk is not what was written.
    pub(super) fn damaged(dir: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { dir: dir.to_owned(), what: what.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_refuses_is_said_in_the_words_of_an_operator() {
        let dir = Path::new("/srv/dela/store");
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let short = io::Error::from(io::ErrorKind::UnexpectedEof);
        let cases = [
            (StoreError::io(dir, full()), "make room and restart delad"),
            (StoreError::engine(dir, sled::Error::Io(full())), "make room and restart delad"),
            (StoreError::io(dir, denied), "the user that runs delad must be able to write there"),
            (StoreError::engine(dir, sled::Error::Io(short)), "is damaged"),
            (StoreError::engine(dir, sled::Error::ReportableBug("oops".to_owned())), "(oops)"),
        ];
        for (error, words) in cases {
            assert!(error.to_string().contains(words), "{error}");
            assert!(error.to_string().contains("/srv/dela/store"), "{error}");
        }
    }
}
