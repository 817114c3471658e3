//! Follows the log of changes and keeps the index current, on a thread of its
//! own.
//!
//! Invariant: what is committed is exactly what the log says up to the cursor
//! in the same commit. A change that is met twice leads to the same document,
//! because what is indexed is what the store holds now.
//!
//! A commit costs some ten milliseconds, whatever it holds. So after a pause
//! the first change is committed at once, and under load changes gather until
//! half a second after the last commit.

use core::fmt;
use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use dela_protocol::id::EntityId;

use super::{Document, Search, SearchError, Writer};

/// The least time between two commits.
pub const COMMIT_INTERVAL: Duration = Duration::from_millis(500);

/// How long to wait after an error before the next try, unless something new
/// comes.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// How many changes are read from the log at a time.
const CHANGES_PER_STEP: usize = 500;

/// Whatever went wrong with the source.
pub type SourceError = Box<dyn core::error::Error + Send + Sync>;

/// What is followed: a log of changes, and what the changed things are now.
pub trait Source: Send + 'static {
    /// Returns the number that names the log: another log, another number.
    fn origin(&self) -> u64;

    /// Returns the number of the oldest change that can be had; that of the next
    /// one, while there is none.
    fn first_change(&self) -> Result<u64, SourceError>;

    /// Returns the number of the last change; 0 before the first.
    fn last_change(&self) -> Result<u64, SourceError>;

    /// Returns changes after the one of that number, in order, at most `limit`.
    fn changes_after(&self, number: u64, limit: usize)
    -> Result<Vec<(u64, EntityId)>, SourceError>;

    /// Returns everything there is to index, each once.
    fn entities(&self) -> Box<dyn Iterator<Item = Result<EntityId, SourceError>> + '_>;

    /// Returns what there is to index about an entity now; `None` if it is gone
    /// or is not to be found by searching.
    fn document(&self, entity: &EntityId) -> Result<Option<Document>, SourceError>;
}

/// Why the index could not follow.
#[derive(Debug, thiserror::Error)]
pub enum IndexerError {
    /// What is followed could not be read.
    #[error("the index cannot be read to search it: {0}")]
    Source(SourceError),
    /// The search index could not be written.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The system gave no thread.
    #[error("no thread for the search index: {0}")]
    Thread(std::io::Error),
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There is more to do at once.
    More,
    /// Everything is read; it is to be committed at this moment.
    CommitAt(Instant),
    /// Everything is indexed and can be found.
    Idle,
}

/// Follows a source step by step.
#[derive(Debug)]
pub struct Follower<S> {
    source: S,
    writer: Writer,
    /// How far the log was read.
    read: u64,
    /// When the last commit was, of this process.
    committed_at: Option<Instant>,
    rebuilds: u64,
}

impl<S: Source> Follower<S> {
    /// Begins where the index left off; anew, if that was with another log.
    pub fn new(source: S, search: &Search) -> Result<Self, IndexerError> {
        let mut writer = search.writer()?;
        let read = writer.follow(source.origin())?;
        Ok(Self { source, writer, read, committed_at: None, rebuilds: 0 })
    }

    /// Returns how far the log can be searched.
    pub fn indexed(&self) -> u64 {
        self.writer.cursor()
    }

    /// Returns how often everything was read anew, because the log did not reach
    /// back far enough.
    pub fn rebuilds(&self) -> u64 {
        self.rebuilds
    }

    /// Takes one step; `now` is by any clock that does not go back.
    pub fn step(&mut self, now: Instant) -> Result<Step, IndexerError> {
        let last = self.source.last_change().map_err(IndexerError::Source)?;
        let first = self.source.first_change().map_err(IndexerError::Source)?;
        // A log that ends before what was read is not the one that was read.
        if self.read > last || self.read.saturating_add(1) < first {
            self.rebuild()?;
            self.committed_at = Some(now);
            return Ok(Step::More);
        }
        let changes = self.source.changes_after(self.read, CHANGES_PER_STEP);
        let changes = changes.map_err(IndexerError::Source)?;
        let drained = changes.len() < CHANGES_PER_STEP;
        self.apply(&changes)?;
        if self.read == self.writer.cursor() {
            return Ok(Step::Idle);
        }
        let due = self.committed_at.map_or(now, |at| at + COMMIT_INTERVAL);
        if now >= due {
            self.writer.commit(self.read)?;
            self.committed_at = Some(now);
            return Ok(if drained { Step::Idle } else { Step::More });
        }
        Ok(if drained { Step::CommitAt(due) } else { Step::More })
    }

    /// Puts what changed, each thing once.
    fn apply(&mut self, changes: &[(u64, EntityId)]) -> Result<(), IndexerError> {
        let entities: BTreeSet<&EntityId> = changes.iter().map(|(_, entity)| entity).collect();
        for entity in entities {
            match self.source.document(entity).map_err(IndexerError::Source)? {
                Some(document) => self.writer.put(&document)?,
                None => self.writer.remove(entity),
            }
        }
        if let Some((number, _)) = changes.last() {
            self.read = *number;
        }
        Ok(())
    }

    /// Reads everything anew. A crash meanwhile makes it begin again, because
    /// the cursor stays at 0 until all is there.
    fn rebuild(&mut self) -> Result<(), IndexerError> {
        // What changes while everything is read is read again from the log.
        let last = self.source.last_change().map_err(IndexerError::Source)?;
        self.rebuilds += 1;
        self.writer.clear()?;
        for entity in self.source.entities() {
            let entity = entity.map_err(IndexerError::Source)?;
            if let Some(document) = self.source.document(&entity).map_err(IndexerError::Source)? {
                self.writer.put(&document)?;
            }
        }
        self.writer.commit(last)?;
        self.read = last;
        Ok(())
    }
}

/// Keeps the index current until it is stopped or dropped.
#[derive(Debug)]
pub struct Indexer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Tells the indexer that something changed, from any thread.
#[derive(Debug, Clone)]
pub struct Notifier {
    shared: Arc<Shared>,
}

/// How far the indexer is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Indexed {
    /// The number of the last change that can be searched.
    pub change: u64,
    /// Whether everything known when it was last told so can be searched.
    pub current: bool,
    /// Why it does not get on, while it does not.
    pub failure: Option<String>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    notified: bool,
    stopping: bool,
    indexed: Indexed,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shared").field(&self.lock().indexed).finish()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is something to do; false when it is time to stop.
    fn wait(&self, until: Option<Instant>) -> bool {
        let mut state = self.lock();
        loop {
            if state.stopping {
                return false;
            }
            if state.notified {
                state.notified = false;
                return true;
            }
            state = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return true,
                Some(left) => {
                    let waited = self.changed.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn report(&self, change: u64, step: &Result<Step, IndexerError>) {
        let mut state = self.lock();
        let failure = step.as_ref().err().map(ToString::to_string);
        if let Some(failure) = failure.as_deref().filter(|_| state.indexed.failure.is_none()) {
            tracing::error!(failure, "the search index does not follow");
        }
        let current = matches!(step, Ok(Step::Idle)) && !state.notified;
        state.indexed = Indexed { change, current, failure };
        self.changed.notify_all();
    }
}

impl Indexer {
    /// Starts to follow.
    pub fn start<S: Source>(source: S, search: &Search) -> Result<Self, IndexerError> {
        let mut follower = Follower::new(source, search)?;
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("indexer".to_owned()).spawn(move || {
            loop {
                let step = follower.step(Instant::now());
                of_thread.report(follower.indexed(), &step);
                let until = match step {
                    Ok(Step::More) => Some(Instant::now()),
                    Ok(Step::CommitAt(due)) => Some(due),
                    Ok(Step::Idle) => None,
                    Err(_) => Some(Instant::now() + RETRY_INTERVAL),
                };
                if !of_thread.wait(until) {
                    return;
                }
            }
        });
        Ok(Self { shared, thread: Some(thread.map_err(IndexerError::Thread)?) })
    }

    /// Returns what tells it that something changed.
    pub fn notifier(&self) -> Notifier {
        Notifier { shared: Arc::clone(&self.shared) }
    }

    /// Returns how far it is.
    pub fn indexed(&self) -> Indexed {
        self.shared.lock().indexed.clone()
    }

    /// Stops; what is not yet committed is read again at the next start.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.shared.lock().stopping = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the indexer had panicked");
        }
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.end();
    }
}

impl Notifier {
    /// Says that something changed.
    pub fn notify(&self) {
        let mut state = self.shared.lock();
        state.notified = true;
        state.indexed.current = false;
        self.shared.changed.notify_all();
    }

    /// Returns how far the indexer is.
    pub fn indexed(&self) -> Indexed {
        self.shared.lock().indexed.clone()
    }

    /// Waits until the change of that number can be searched, at most `timeout`;
    /// returns whether it can.
    pub fn wait_for(&self, change: u64, timeout: Duration) -> bool {
        let state = self.shared.lock();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, timeout, |state| state.indexed.change < change);
        waited.unwrap_or_else(PoisonError::into_inner).0.indexed.change >= change
    }
}
