//! Sources: addresses with which a node keeps its agency's catalogue in step.
//!
//! A source is asked now and then. What it has that is new or different is
//! published at once; what it no longer has is withdrawn when it has been away
//! for long enough ([`guard`](self)). [`Keeper`] asks, [`Sources`] remembers.
//!
//! Invariants:
//! - A source withdraws only what it brought, and not what another has too.
//! - A run ends: by its own deadline, when it is cancelled, or with the process;
//!   and it leaves nothing behind that would stop the next.
//! - An answer with errors is taken in like any other, unless its source is
//!   strict: then it is refused before anything is planned.
//! - What is told of a source is how its last run ended. What it will keep is
//!   written down before it is published, so that nothing is published that
//!   nobody would ever withdraw.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dela_protocol::api::{NewSource, Source, SourceChange, SourceState, SourcesStatus};
use dela_protocol::time::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::fetch;
use crate::publish::Shares;

mod entry;
mod file;
mod guard;
mod keeper;
mod run;
mod schedule;

pub(crate) use keeper::READ_MAX;
pub use keeper::{Keeper, Reach};

use entry::Entry;

/// The most sources: an agency has a handful of systems that describe data.
/// Each costs a file, three metrics and a place in the schedule.
pub const SOURCES_MAX: usize = 100;

/// How often a source is asked if nothing else is said: what is changed in the
/// morning is out in the afternoon, and four questions a day, most of them
/// answered with "not modified", are a burden to nobody.
const EVERY_MINUTES: u32 = 6 * 60;

/// What can be chosen: from what a server on the same machine can bear, to once
/// a month.
const EVERY_MINUTES_RANGE: core::ops::RangeInclusive<u32> = 5..=30 * 24 * 60;

/// For how long what vanished stays published if nothing else is said: a source
/// that breaks on a Friday evening is mended on Monday.
const GRACE_HOURS: u32 = 72;

/// What can be chosen: from none to three months.
const GRACE_HOURS_MAX: u32 = 90 * 24;

/// Why something cannot be done with a source.
#[derive(Debug, thiserror::Error)]
pub enum SourceFault {
    /// There is none of that id.
    #[error("there is no source {0}")]
    NotFound(String),
    /// The address is a source already.
    #[error("that address is the source {0} already")]
    Known(String),
    /// The address is none that can be asked.
    #[error("{0}")]
    BadAddress(String),
    /// A number is out of its range.
    #[error("{name} is {found}, where it may be from {least} to {most}")]
    OutOfRange {
        /// Which.
        name: &'static str,
        /// What was given.
        found: u32,
        /// The least it may be.
        least: u32,
        /// The most.
        most: u32,
    },
    /// There are as many as there may be.
    #[error("there are {SOURCES_MAX} sources already")]
    TooMany,
    /// It is being asked.
    #[error("the source {id} is being asked since {since}")]
    Busy {
        /// Which.
        id: String,
        /// Since when.
        since: Timestamp,
    },
    /// Nothing waits for anybody's word.
    #[error("nothing of the source {0} waits to be withdrawn")]
    NothingWaits(String),
    /// The file of a source cannot be written.
    #[error("the source cannot be written down: {0}")]
    File(#[from] io::Error),
    /// Somebody ended the run.
    #[error("the run was cancelled")]
    Cancelled,
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopped,
}

/// The sources of a node. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Sources {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    shares: Shares,
    state: Mutex<State>,
    /// Told when something is to be done sooner than was thought.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<String, Entry>,
    running: BTreeMap<String, Running>,
}

#[derive(Debug, Clone)]
struct Running {
    since: Timestamp,
    stop: CancellationToken,
    /// Cancelled when it has ended.
    ended: CancellationToken,
}

impl Sources {
    /// Opens the sources in a folder, and tells `shares` what they keep. One
    /// that cannot be read is left out and told: what it kept stays published.
    pub fn open(folder: &Path, shares: Shares) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut entries = BTreeMap::new();
        for found in std::fs::read_dir(folder)? {
            let path = found?.path();
            if path.extension().is_some() {
                continue;
            }
            match file::read(&path) {
                Ok(entry) if path.file_name() == Some(entry.id.as_ref()) => {
                    entries.insert(entry.id.clone(), entry);
                }
                Ok(_) => tracing::error!(
                    file = %path.display(),
                    "a source has the name of another and is left out"
                ),
                Err(error) => tracing::error!(
                    file = %path.display(), %error,
                    "a source cannot be read and is left out; what it kept stays published"
                ),
            }
        }
        let mut oldest: Vec<&Entry> = entries.values().collect();
        oldest.sort_by_key(|entry| (entry.added_at, entry.id.clone()));
        for entry in oldest {
            shares.set(&entry.id, Arc::new(entry.share.clone()));
        }
        let state = Mutex::new(State { entries, running: BTreeMap::new() });
        let folder = folder.to_owned();
        Ok(Self { inner: Arc::new(Inner { folder, shares, state, changed: Notify::new() }) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, id: &str) -> PathBuf {
        self.inner.folder.join(id)
    }

    /// Returns all sources, in the order they were added.
    pub fn list(&self) -> Vec<Source> {
        let state = self.state();
        let mut sources: Vec<Source> =
            state.entries.values().map(|entry| state.view(entry)).collect();
        sources.sort_by_key(|source| (source.added_at, source.id.clone()));
        sources
    }

    /// Returns one source, named by its id or its address.
    pub fn source(&self, name: &str) -> Result<Source, SourceFault> {
        let state = self.state();
        state.find(name).map(|entry| state.view(entry))
    }

    /// Returns how many there are, and how they are.
    pub fn status(&self) -> SourcesStatus {
        let mut status = SourcesStatus::default();
        for source in self.list() {
            status.total += 1;
            status.failing += u64::from(source.state == SourceState::Failing);
            status.refused += u64::from(source.state == SourceState::Refused);
            let suspicion = source.waiting.as_ref().and_then(|waiting| waiting.suspicion);
            status.suspicious += u64::from(suspicion.is_some());
        }
        status
    }

    /// Adds a source, which is asked at once.
    pub fn add(&self, new: &NewSource, now: Timestamp) -> Result<Source, SourceFault> {
        fetch::check_address(&new.address)
            .map_err(|error| SourceFault::BadAddress(error.to_string()))?;
        let id = id_of(&new.address);
        let mut state = self.state();
        if state.entries.contains_key(&id) {
            return Err(SourceFault::Known(id));
        }
        if state.entries.len() >= SOURCES_MAX {
            return Err(SourceFault::TooMany);
        }
        // Two added within a millisecond are still one after the other.
        let latest = state.entries.values().map(|entry| entry.added_at).max();
        let tick = core::time::Duration::from_millis(1);
        let added_at = latest.map_or(now, |latest| now.max(latest.after(tick)));
        let mut entry = Entry::new(id, new.address.clone(), now);
        entry.added_at = added_at;
        entry.kind = new.kind.unwrap_or_default();
        entry.every_minutes = every(new.every_minutes.unwrap_or(EVERY_MINUTES))?;
        entry.grace_hours = grace(new.grace_hours.unwrap_or(GRACE_HOURS))?;
        entry.strict = new.strict.unwrap_or_default();
        self.keep(&mut state, entry).map(|entry| state.view(&entry))
    }

    /// Changes how a source is asked.
    pub fn change(
        &self,
        name: &str,
        change: &SourceChange,
        now: Timestamp,
    ) -> Result<Source, SourceFault> {
        let mut state = self.state();
        let mut entry = state.find(name)?.clone();
        if let Some(kind) = change.kind.filter(|kind| *kind != entry.kind) {
            entry.kind = kind;
            // What was recognised was something else.
            entry.validators = None;
        }
        if let Some(strict) = change.strict.filter(|strict| *strict != entry.strict) {
            entry.strict = strict;
            // What is recognised would not be judged.
            entry.validators = None;
        }
        if let Some(minutes) = change.every_minutes {
            entry.every_minutes = every(minutes)?;
            entry.next_run_at = entry.next_run_at.min(now.after(entry.every()));
        }
        if let Some(hours) = change.grace_hours {
            entry.grace_hours = grace(hours)?;
        }
        entry.paused = change.paused.unwrap_or(entry.paused);
        self.keep(&mut state, entry).map(|entry| state.view(&entry))
    }

    /// Takes somebody's word for it that what vanished from a source is gone: what
    /// is still away at the next run is withdrawn.
    pub fn agree(&self, name: &str) -> Result<Source, SourceFault> {
        let mut state = self.state();
        let mut entry = state.find(name)?.clone();
        if entry.memory.missing.is_empty() {
            return Err(SourceFault::NothingWaits(entry.id));
        }
        entry.memory.agree();
        self.keep(&mut state, entry).map(|entry| state.view(&entry))
    }

    /// Removes a source. What it brought stays published, as if by hand.
    pub fn remove(&self, name: &str) -> Result<Source, SourceFault> {
        let mut state = self.state();
        let entry = state.find(name)?.clone();
        file::remove(&self.file(&entry.id))?;
        if let Some(running) = state.running.get(&entry.id) {
            running.stop.cancel();
        }
        state.entries.remove(&entry.id);
        self.inner.shares.remove(&entry.id);
        Ok(state.view(&entry))
    }

    /// Ends the run that is going on, if there is one.
    pub fn cancel(&self, name: &str) -> Result<Source, SourceFault> {
        let state = self.state();
        let entry = state.find(name)?;
        if let Some(running) = state.running.get(&entry.id) {
            running.stop.cancel();
        }
        Ok(state.view(entry))
    }

    /// Writes a source down, and then holds to it.
    fn keep(&self, state: &mut State, entry: Entry) -> Result<Entry, SourceFault> {
        file::write(&self.file(&entry.id), &entry)?;
        self.inner.shares.set(&entry.id, Arc::new(entry.share.clone()));
        state.entries.insert(entry.id.clone(), entry.clone());
        self.inner.changed.notify_one();
        Ok(entry)
    }

    /// Marks a source as being asked, until what is returned is dropped.
    fn begin(
        &self,
        name: &str,
        now: Timestamp,
        stop: &CancellationToken,
    ) -> Result<Begun, SourceFault> {
        let mut state = self.state();
        let entry = state.find(name)?.clone();
        if let Some(running) = state.running.get(&entry.id) {
            return Err(SourceFault::Busy { id: entry.id, since: running.since });
        }
        let stop = stop.child_token();
        let ended = CancellationToken::new();
        let running = Running { since: now, stop: stop.clone(), ended: ended.clone() };
        state.running.insert(entry.id.clone(), running);
        Ok(Begun { sources: self.clone(), entry, started_at: now, stop, ended })
    }

    /// Waits until a source is not being asked.
    async fn idle(&self, name: &str) -> Result<(), SourceFault> {
        let ended = {
            let state = self.state();
            let id = &state.find(name)?.id;
            state.running.get(id).map(|running| running.ended.clone())
        };
        if let Some(ended) = ended {
            ended.cancelled().await;
        }
        Ok(())
    }

    /// Changes a source if it is still there. What was changed meanwhile by
    /// somebody else stays changed.
    fn update(&self, id: &str, update: impl FnOnce(&mut Entry)) -> Result<Source, SourceFault> {
        let mut state = self.state();
        let mut entry = state.find(id)?.clone();
        update(&mut entry);
        self.keep(&mut state, entry).map(|entry| state.view(&entry))
    }

    /// Lets a source rest, in memory alone: where nothing can be written down.
    fn postpone(&self, id: &str, until: Timestamp) {
        if let Some(entry) = self.state().entries.get_mut(id) {
            entry.next_run_at = until;
        }
    }

    /// Returns which sources it is time to ask, the longest due first.
    fn due(&self, now: Timestamp) -> Vec<String> {
        let state = self.state();
        let mut due: Vec<&Entry> = state
            .entries
            .values()
            .filter(|entry| !entry.paused && !state.running.contains_key(&entry.id))
            .filter(|entry| schedule::is_due(now, entry.next_run_at, entry.every()))
            .collect();
        due.sort_by_key(|entry| entry.next_run_at);
        due.into_iter().map(|entry| entry.id.clone()).collect()
    }

    /// Returns when the next source is to be asked.
    fn next(&self) -> Option<Timestamp> {
        let state = self.state();
        let waiting = state
            .entries
            .values()
            .filter(|entry| !entry.paused && !state.running.contains_key(&entry.id));
        waiting.map(|entry| entry.next_run_at).min()
    }
}

impl State {
    fn find(&self, name: &str) -> Result<&Entry, SourceFault> {
        let found = self.entries.get(name);
        let found = found.or_else(|| self.entries.values().find(|entry| entry.address == name));
        found.ok_or_else(|| SourceFault::NotFound(name.chars().take(80).collect()))
    }

    fn view(&self, entry: &Entry) -> Source {
        entry.view(self.running.get(&entry.id).map(|running| running.since))
    }
}

/// A source that is being asked.
#[derive(Debug)]
struct Begun {
    sources: Sources,
    /// As it was when it began.
    entry: Entry,
    started_at: Timestamp,
    stop: CancellationToken,
    ended: CancellationToken,
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.sources.state().running.remove(&self.entry.id);
        self.ended.cancel();
        self.sources.inner.changed.notify_one();
    }
}

/// Makes the id of a source: the same address is the same source.
fn id_of(address: &str) -> String {
    let hash = blake3::hash(address.as_bytes()).to_hex();
    hash.chars().take(8).collect()
}

fn every(minutes: u32) -> Result<u32, SourceFault> {
    let (least, most) = (*EVERY_MINUTES_RANGE.start(), *EVERY_MINUTES_RANGE.end());
    if EVERY_MINUTES_RANGE.contains(&minutes) {
        return Ok(minutes);
    }
    Err(SourceFault::OutOfRange { name: "every_minutes", found: minutes, least, most })
}

fn grace(hours: u32) -> Result<u32, SourceFault> {
    if hours <= GRACE_HOURS_MAX {
        return Ok(hours);
    }
    let (least, most) = (0, GRACE_HOURS_MAX);
    Err(SourceFault::OutOfRange { name: "grace_hours", found: hours, least, most })
}

/// Returns whether somebody should look at a source.
pub fn needs_somebody(source: &Source) -> bool {
    matches!(source.state, SourceState::Failing | SourceState::Refused | SourceState::Suspicious)
}

#[cfg(test)]
mod tests;
