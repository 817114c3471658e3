//! The folder that holds the store: who has it, what is in it, and moving it
//! aside when it is damaged.
//!
//! Invariant: nothing is ever deleted but the engine's snapshots, which it
//! makes again from its log; a damaged folder is kept under another name.
//!
//! In the released program a panic ends the process, so what cannot be caught
//! must be noticed at the next start: `opening` counts the opens that began and
//! did not end, and `damaged` is left when a read failed. The engine takes a
//! log that was cut for an older one and says nothing, so `witness` keeps what
//! was flushed: which log of changes, and how far. `version` is the format.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::error::StoreError;
use super::high_water::{replace, sync_folder};

/// The format written here. It changes with any change that an older delad
/// would misread.
const FORMAT: u32 = 1;

/// So many opens that did not end count as damage: a machine may be switched
/// off once or twice during an open, and an engine that panics or is killed for
/// its memory does it every time.
const UNFINISHED_MAX: u32 = 3;

const VERSION: &str = "version";
const OPENING: &str = "opening";
const DAMAGED: &str = "damaged";
const WITNESS: &str = "witness";

/// What was flushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Witness {
    /// The number that names the store's log of changes.
    pub(super) origin: u64,
    /// The number of the last change.
    pub(super) last_change: u64,
}

/// A folder that this process has to itself.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    /// Beside the folder, so that it still holds when the folder is moved.
    _lock: File,
}

/// What is in a folder, as far as can be told without opening the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// Nothing speaks against opening it.
    Sound,
    /// An earlier open did not end.
    Doubtful,
    /// It must be moved aside.
    Damaged,
}

impl Folder {
    /// Takes the folder, which is made if it is missing.
    pub(super) fn take(dir: &Path) -> Result<Self, StoreError> {
        if dir.exists() && !dir.is_dir() {
            return Err(StoreError::NotADirectory { dir: dir.to_owned() });
        }
        fs::create_dir_all(dir).map_err(|error| StoreError::io(dir, error))?;
        let mut path = dir.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let lock = File::create(&path).map_err(|error| StoreError::io(&path, error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { dir: dir.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse { dir: dir.to_owned() }),
            Err(TryLockError::Error(error)) => Err(StoreError::io(&path, error)),
        }
    }

    /// Returns where it is.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Notes that an open begins, and returns in which condition the folder is.
    pub(super) fn begin(&self) -> Result<Condition, StoreError> {
        if self.holds(DAMAGED) || !self.check_version()? {
            return Ok(Condition::Damaged);
        }
        let unfinished = self.read(OPENING)?.map_or(0, |text| text.trim().parse().unwrap_or(1));
        self.write(OPENING, &format!("{}\n", unfinished + 1))?;
        Ok(match unfinished {
            0 => Condition::Sound,
            1..UNFINISHED_MAX => Condition::Doubtful,
            _ => Condition::Damaged,
        })
    }

    /// Notes that the open ended well.
    pub(super) fn end(&self) -> Result<(), StoreError> {
        let path = self.dir.join(OPENING);
        fs::remove_file(&path).map_err(|error| StoreError::io(&path, error))
    }

    /// Notes damage that was met while running, so that the next open moves the
    /// folder aside. Damage may come with a disk that refuses this too; then it
    /// is met again.
    pub(super) fn mark_damaged(&self, what: &str) {
        if let Err(error) = replace(&self.dir.join(DAMAGED), what.as_bytes()) {
            tracing::error!(%error, "could not note that the store is damaged");
        }
    }

    /// Keeps what was flushed, after the flush. Not synced: a power cut may
    /// leave an older one or none, which says less and nothing wrong.
    pub(super) fn witness(&self, witness: Witness) -> Result<(), StoreError> {
        let mut bytes = [witness.origin.to_be_bytes(), witness.last_change.to_be_bytes()].concat();
        let checksum = blake3::hash(&bytes);
        bytes.extend(checksum.as_bytes());
        let path = self.dir.join(WITNESS);
        // Written over in place: one write of less than a sector.
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .and_then(|mut file| file.write_all(&bytes))
            .map_err(|error| StoreError::io(&path, error))
    }

    /// Returns what was flushed, as far as it is known.
    pub(super) fn flushed(&self) -> Option<Witness> {
        let bytes = fs::read(self.dir.join(WITNESS)).ok()?;
        let (body, checksum) = bytes.split_at_checked(16)?;
        let (origin, last) = body.split_first_chunk::<8>()?;
        (blake3::hash(body).as_bytes() == checksum).then_some(Witness {
            origin: u64::from_be_bytes(*origin),
            last_change: u64::from_be_bytes(last.try_into().ok()?),
        })
    }

    /// Removes the engine's snapshots, from which it would read the state of
    /// its log; without them it reads the log. Returns whether there were any.
    pub(super) fn remove_snapshots(&self) -> Result<bool, StoreError> {
        let mut removed = false;
        for name in self.names()? {
            if name.starts_with("snap.") {
                let path = self.dir.join(name);
                fs::remove_file(&path).map_err(|error| StoreError::io(&path, error))?;
                removed = true;
            }
        }
        Ok(removed)
    }

    /// Moves the folder aside and begins an empty one in its place; returns
    /// where the old one is now.
    pub(super) fn set_aside(&self) -> Result<PathBuf, StoreError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let named = |mark: &str| {
            let mut name = self.dir.as_os_str().to_owned();
            name.push(format!(".damaged-{now}{mark}"));
            PathBuf::from(name)
        };
        // Twice in one second happens only to tests and restart loops.
        let aside = core::iter::once(named(""))
            .chain((2..=1_000).map(|again| named(&format!("-{again}"))))
            .find(|path| !path.exists())
            .unwrap_or_else(|| named("-more"));
        let renamed = fs::rename(&self.dir, &aside).and_then(|()| fs::create_dir(&self.dir));
        let synced = renamed.and_then(|()| match self.dir.parent() {
            Some(parent) => sync_folder(parent),
            None => Ok(()),
        });
        synced.map_err(|error| StoreError::io(&self.dir, error))?;
        Ok(aside)
    }

    /// Returns whether the folder is of a format known here, or empty.
    fn check_version(&self) -> Result<bool, StoreError> {
        let Some(text) = self.read(VERSION)? else {
            // The version is the first thing written, so what is there without
            // one was not written by us, unless that very file was lost.
            let names = self.names()?;
            let foreign = !names.is_empty() && !names.iter().any(|name| name == "db");
            if !foreign {
                self.write(VERSION, &format!("{FORMAT}\n"))?;
            }
            return Ok(!foreign);
        };
        match text.trim().parse::<u32>() {
            Ok(found) if found > FORMAT => {
                Err(StoreError::NewerFormat { dir: self.dir.clone(), found, known: FORMAT })
            }
            Ok(found) => Ok(found == FORMAT),
            Err(_) => Ok(false),
        }
    }

    fn holds(&self, name: &str) -> bool {
        self.dir.join(name).exists()
    }

    fn names(&self) -> Result<Vec<String>, StoreError> {
        fs::read_dir(&self.dir)
            .and_then(|entries| {
                entries
                    .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into()))
                    .collect()
            })
            .map_err(|error| StoreError::io(&self.dir, error))
    }

    /// Returns the text of a file, `None` where there is none. What is no text
    /// is a damaged file and reads as such.
    fn read(&self, name: &str) -> Result<Option<String>, StoreError> {
        let path = self.dir.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io(&path, error)),
        }
    }

    fn write(&self, name: &str, text: &str) -> Result<(), StoreError> {
        let path = self.dir.join(name);
        replace(&path, text.as_bytes()).map_err(|error| StoreError::io(&path, error))
    }
}
