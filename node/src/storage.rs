//! The store on disk: the only user of sled.
//!
//! Invariant: a batch is one transaction over all tables, so that after a crash
//! at any moment they agree; and only what [`Store::flush`] returned for counts
//! as kept.
//!
//! Damage is expected, as disks are: it is found by the checksums of the
//! engine, reported as what it is, and repaired by moving the folder aside and
//! beginning an empty one, which the peers fill again. We delete
//! nothing; what the engine cannot read it may itself have cleared.
//! Decision 0002 says why sled, and what would change our mind.

use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use dela_protocol::catalogue::Catalogue;
use dela_protocol::id::{AgencyId, EntityId, FederationId};
use dela_protocol::record::{Position, Record, RecordKind};
use dela_protocol::store::{Batch, HighWater, Standing, Store};

mod acts;
mod commit;
mod compression;
mod error;
mod folder;
mod high_water;
mod reader;
mod tables;
mod versions;

pub use error::StoreError;
pub(crate) use high_water::{replace, sync_folder};
pub use reader::{Change, Reader};
pub use tables::Verified;
pub use versions::Version;

use acts::Acts;
use commit::Plan;
use compression::Packer;
use folder::{Condition, Folder, Witness};
use tables::{Directory, TableError, Tables};

/// What keeps other processes from a store, until it is dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    _folder: Folder,
}

/// Sees to it that no node runs on the store in `dir`, and that none starts.
pub(crate) fn hold(dir: &Path) -> Result<Hold, StoreError> {
    Ok(Hold { _folder: Folder::take(dir)? })
}

/// What can be chosen about a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How many bytes of pages the engine may keep in memory, as they are on
    /// disk; in memory they take up to three times as much.
    pub cache_bytes: u64,
    /// How many changes the log keeps, 16 bytes each.
    pub changes_max: u64,
}

impl Default for Options {
    /// Enough for all that 25,000 datasets take on disk, and in a node that
    /// holds more, for the pages that are read again and again. And as many
    /// changes as the records one expects a node to hold: whoever is further
    /// behind reads the whole store no slower than the log.
    fn default() -> Self {
        Self { cache_bytes: 32 * 1024 * 1024, changes_max: 1_000_000 }
    }
}

/// How often the engine writes by itself. It costs nothing measurable, and
/// bounds what a crash takes of what nobody promised to keep.
const FLUSH_EVERY_MS: u64 = 500;

/// The store on disk.
pub struct SledStore {
    shared: Arc<Shared>,
    packer: Packer,
    changes_max: u64,
    high_water_path: PathBuf,
    high_water: HighWater,
    acts: Acts,
}

/// A store that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: SledStore,
    /// Where the former one was moved, if it was damaged.
    pub set_aside: Option<PathBuf>,
}

/// What the store and its readers share.
#[derive(Debug)]
struct Shared {
    tables: Tables,
    directory: RwLock<Directory>,
    federation: FederationId,
    origin: u64,
    folder: Folder,
}

impl SledStore {
    /// Opens the store in `dir`, or makes one there. `high_water` is the file
    /// with the high-water mark, which should lie outside `dir`.
    pub fn open(
        dir: &Path,
        high_water: &Path,
        federation: FederationId,
    ) -> Result<Opened, StoreError> {
        Self::open_with(dir, high_water, federation, Options::default())
    }

    /// Opens the store with other options than the usual.
    pub fn open_with(
        dir: &Path,
        high_water: &Path,
        federation: FederationId,
        options: Options,
    ) -> Result<Opened, StoreError> {
        let mark = high_water::read(high_water)?;
        let folder = Folder::take(dir)?;
        let (found, set_aside) = open_or_set_aside(&folder, &federation, options)?;
        folder.end()?;
        let (tables, directory, origin) = found;
        let directory = RwLock::new(directory);
        let packer = Packer::new().map_err(|error| StoreError::Engine(error.to_string()))?;
        let shared = Arc::new(Shared { tables, directory, federation, origin, folder });
        let high_water_path = high_water.to_owned();
        let changes_max = options.changes_max;
        let acts = Acts::beside(high_water);
        let store = Self { shared, packer, changes_max, high_water_path, high_water: mark, acts };
        Ok(Opened { store, set_aside })
    }

    /// Makes sure that there is a high-water mark, before there is a store, and
    /// returns it.
    ///
    /// `is_known` says whether the agency was there before. One that was and has
    /// no mark had its keys restored without its data: it has published, nobody
    /// here knows how far, and its catalogue must come back first.
    pub fn begin(high_water: &Path, is_known: bool) -> Result<HighWater, StoreError> {
        high_water::begin(high_water, is_known)
    }

    /// Keeps the acts by which a federation is founded beside the high-water mark,
    /// before there is a store; what a founding that was cut short left there goes.
    pub fn begin_acts(high_water: &Path, acts: &[Vec<u8>]) -> Result<(), StoreError> {
        Acts::beside(high_water).begin(acts)
    }

    /// Returns a reader, for other threads.
    pub fn reader(&self) -> Reader {
        Reader::new(Arc::clone(&self.shared))
    }
}

impl core::fmt::Debug for SledStore {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SledStore")
            .field("dir", &self.shared.folder.dir())
            .field("high_water", &self.high_water)
            .finish_non_exhaustive()
    }
}

type Found = (Tables, Directory, u64);

/// Opens the tables; where they are damaged, in the gentlest way that helps:
/// without the engine's snapshots, then with an empty folder.
fn open_or_set_aside(
    folder: &Folder,
    federation: &FederationId,
    options: Options,
) -> Result<(Found, Option<PathBuf>), StoreError> {
    let condition = folder.begin()?;
    if condition != Condition::Damaged {
        // Also after an open that did not end: the engine replaces its snapshots
        // whole, and without one it may take its whole log for torn and erase it.
        let deep = condition == Condition::Doubtful;
        match attempt(folder, federation, options, deep) {
            Err(StoreError::Damaged { what, .. }) => {
                tracing::warn!(what, "the store is damaged: trying to repair it");
            }
            other => return other.map(|found| (found, None)),
        }
    }
    // What helps against half a snapshot cannot help where there was none.
    let gentler = match condition {
        Condition::Sound | Condition::Doubtful => folder.remove_snapshots()?,
        Condition::Damaged => false,
    };
    if gentler {
        // The log may be damaged as well, so everything is read once.
        match attempt(folder, federation, options, true) {
            Err(StoreError::Damaged { what, .. }) => {
                tracing::warn!(what, "the store is beyond repair");
            }
            other => return other.map(|found| (found, None)),
        }
    }
    let aside = folder.set_aside()?;
    folder.begin()?;
    let found = attempt(folder, federation, options, false)?;
    Ok((found, Some(aside)))
}

/// Opens the tables. The engine panics on some kinds of damage.
fn attempt(
    folder: &Folder,
    federation: &FederationId,
    options: Options,
    deep: bool,
) -> Result<Found, StoreError> {
    let dir = folder.dir();
    let open = || -> Result<Found, TableError> {
        let tables = sled::Config::new()
            .path(dir)
            .cache_capacity(options.cache_bytes)
            .flush_every_ms(Some(FLUSH_EVERY_MS))
            .open()
            .and_then(Tables::open)?;
        let mut directory = tables.directory()?;
        tables.check(&mut directory, federation, deep)?;
        let origin = origin(&tables, folder)?;
        Ok((tables, directory, origin))
    };
    panic::catch_unwind(AssertUnwindSafe(open))
        .unwrap_or_else(|_| Err(tables::damaged("the storage engine panicked on opening it")))
        .map_err(|error| error.of(dir))
}

/// Returns the number that names this store, which it gets when it is made, and
/// checks that nothing that was flushed is missing.
fn origin(tables: &Tables, folder: &Folder) -> Result<u64, TableError> {
    const ORIGIN: &str = "origin";
    let flushed = folder.flushed();
    if let Some(bytes) = tables.meta.get(ORIGIN)? {
        let origin = bytes.as_ref().try_into().map(u64::from_be_bytes);
        let origin = origin.map_err(|_| tables::damaged("the store's number"))?;
        let last_change = tables.last_commit()?.map_or(0, |commit| commit.last());
        return match flushed {
            Some(flushed) if flushed.origin != origin || flushed.last_change > last_change => {
                Err(tables::damaged("changes that were flushed are missing"))
            }
            Some(_) | None => Ok(origin),
        };
    }
    if flushed.is_some() || !tables.agencies.is_empty() {
        return Err(tables::damaged("the store's number is missing"));
    }
    let number = getrandom::u64()
        .map_err(|error| TableError::Engine(sled::Error::Io(std::io::Error::other(error))))?;
    tables.meta.insert(ORIGIN, &number.to_be_bytes())?;
    tables.db.flush()?;
    Ok(number)
}

impl TableError {
    /// Says in which folder it happened.
    fn of(self, dir: &Path) -> StoreError {
        match self {
            Self::Engine(error) => StoreError::engine(dir, error),
            Self::Damaged(what) => StoreError::damaged(dir, what),
        }
    }
}

impl Shared {
    /// Translates an error, and notes damage for the next start.
    fn judge<T>(&self, result: Result<T, TableError>) -> Result<T, StoreError> {
        result.map_err(|error| {
            let error = error.of(self.folder.dir());
            if let StoreError::Damaged { what, .. } = &error {
                self.folder.mark_damaged(what);
            }
            error
        })
    }

    fn number(&self, agency: &AgencyId) -> Option<u32> {
        self.directory().number(agency)
    }

    fn agency(&self, number: u32) -> Option<AgencyId> {
        self.directory().id(number)
    }

    fn directory(&self) -> RwLockReadGuard<'_, Directory> {
        self.directory.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn directory_mut(&self) -> RwLockWriteGuard<'_, Directory> {
        self.directory.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn verify(&self) -> Result<Verified, StoreError> {
        let directory = self.directory();
        let mut again = Directory { ids: directory.ids.clone(), ..Directory::default() };
        self.judge(self.tables.check(&mut again, &self.federation, true))
    }

    /// Visits the records after `after`, until `visit` returns false.
    fn visit(
        &self,
        agency: &AgencyId,
        after: Position,
        mut visit: impl FnMut(Position, &[u8]) -> Result<bool, TableError>,
    ) -> Result<(), StoreError> {
        let Some(number) = self.number(agency) else { return Ok(()) };
        let end = Position { epoch: u32::MAX, seq: u64::MAX };
        let begin = tables::record_key(number, after);
        let range = (
            core::ops::Bound::Excluded(begin),
            core::ops::Bound::Included(tables::record_key(number, end)),
        );
        if after >= end {
            return Ok(());
        }
        let mut walk = || {
            for entry in self.tables.records.range(range) {
                let (key, value) = entry?;
                if !visit(tables::key_position(&key)?, &value)? {
                    break;
                }
            }
            Ok(())
        };
        self.judge(walk())
    }
}

impl Shared {
    /// Returns the records after `after` whose values are wanted, until they
    /// exceed `bytes_max`; at least one if there is one.
    fn records_after(
        &self,
        agency: &AgencyId,
        after: Position,
        bytes_max: usize,
        is_wanted: impl Fn(&[u8]) -> Result<bool, TableError>,
    ) -> Result<Vec<Record>, StoreError> {
        let mut bytes: usize = 0;
        let mut records = Vec::new();
        self.visit(agency, after, |_, value| {
            if !is_wanted(value)? {
                return Ok(true);
            }
            let record = tables::unpack(value)?;
            bytes = bytes.saturating_add(record.bytes().len());
            if bytes > bytes_max && !records.is_empty() {
                return Ok(false);
            }
            records.push(record);
            Ok(true)
        })?;
        Ok(records)
    }
}

impl Store for SledStore {
    type Error = StoreError;

    fn catalogues(&self) -> Result<Vec<Catalogue>, StoreError> {
        let directory = self.shared.directory();
        Ok(directory.catalogues.iter().map(|catalogue| Catalogue::clone(catalogue)).collect())
    }

    fn position(
        &self,
        agency: &AgencyId,
        entity: &EntityId,
    ) -> Result<Option<Position>, StoreError> {
        self.shared.number(agency).map_or(Ok(None), |number| {
            self.shared.judge(self.shared.tables.position(number, entity))
        })
    }

    fn record(&self, agency: &AgencyId, position: Position) -> Result<Option<Record>, StoreError> {
        self.shared.number(agency).map_or(Ok(None), |number| {
            self.shared.judge(self.shared.tables.record(number, position))
        })
    }

    fn records_after(
        &self,
        agency: &AgencyId,
        after: Position,
        bytes_max: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.shared.records_after(agency, after, bytes_max, |_| Ok(true))
    }

    fn unverified_after(
        &self,
        agency: &AgencyId,
        after: Position,
        bytes_max: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let checked = self.shared.directory().of(agency).map(|catalogue| catalogue.checked);
        let after = after.max(checked.unwrap_or(Position::START));
        self.shared.records_after(agency, after, bytes_max, |value| {
            Ok(tables::value_standing(value)? == Standing::Unverified)
        })
    }

    fn positions(&self, agency: &AgencyId) -> Result<Vec<Position>, StoreError> {
        let mut positions = Vec::new();
        self.shared.visit(agency, Position::START, |position, _| {
            positions.push(position);
            Ok(true)
        })?;
        Ok(positions)
    }

    fn withdrawals_through(
        &self,
        agency: &AgencyId,
        seq: u64,
    ) -> Result<Vec<Position>, StoreError> {
        let withdrawal = RecordKind::Withdrawal.number();
        let mut positions = Vec::new();
        self.shared.visit(agency, Position::START, |position, value| {
            if position.seq <= seq && tables::value_kind(value)? == withdrawal {
                positions.push(position);
            }
            Ok(true)
        })?;
        Ok(positions)
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreError> {
        let written = self.write(batch)?;
        self.show(written);
        Ok(())
    }

    fn high_water(&self) -> Result<HighWater, StoreError> {
        Ok(self.high_water)
    }

    fn set_high_water(&mut self, mark: HighWater) -> Result<(), StoreError> {
        high_water::write(&self.high_water_path, mark)?;
        self.high_water = mark;
        Ok(())
    }

    fn acts(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        self.acts.read()
    }

    fn add_acts(&mut self, acts: &[Vec<u8>]) -> Result<(), StoreError> {
        self.acts.add(acts)
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let shared = &self.shared;
        let last = shared.judge(shared.tables.last_commit())?.map_or(0, |commit| commit.last());
        shared.judge(shared.tables.db.flush().map_err(TableError::from))?;
        shared.folder.witness(Witness { origin: shared.origin, last_change: last })
    }
}

/// What was written and is not to be seen yet.
#[derive(Debug)]
struct Written {
    number: u32,
    catalogue: Catalogue,
    last_change: u64,
}

impl SledStore {
    /// Writes a batch into its tables.
    fn write(&mut self, batch: Batch) -> Result<Written, StoreError> {
        let shared = &self.shared;
        let plan = Plan::of(
            &batch,
            &shared.tables,
            &shared.directory(),
            &mut self.packer,
            self.changes_max,
        );
        let plan = shared.judge(plan)?;
        // While an agency is new, no reader may see its number without its id.
        let directory = plan.new_agency.map(|agency| (shared.directory_mut(), agency));
        shared.judge(plan.write(&shared.tables).map_err(TableError::from))?;
        if let Some((mut directory, agency)) = directory {
            directory.add(agency);
            let seen = directory.last_change;
            directory.set_catalogue(plan.number, batch.catalogue.clone(), seen);
        }
        let (number, last_change) = (plan.number, plan.last_change);
        Ok(Written { number, catalogue: batch.catalogue, last_change })
    }

    /// Lets readers see what was written: how far a catalogue is checked decides
    /// what is shown of it, so its changes must not be followed before.
    fn show(&self, written: Written) {
        let Written { number, catalogue, last_change } = written;
        self.shared.directory_mut().set_catalogue(number, catalogue, last_change);
    }
}

#[cfg(test)]
mod tests;
