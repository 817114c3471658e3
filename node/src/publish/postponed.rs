//! Withdrawals from the page, which can be undone until they are announced.
//!
//! A withdrawal that is signed travels to every node and cannot be taken back.
//! So one from the page waits first, and whoever asked for it sees that it does.
//!
//! Invariants:
//! - What waits is written down before anybody is told that it does.
//! - Nothing is withdrawn whose time to undo it a person did not have: after a
//!   start, what waited is stopped and asks for somebody's word again, and so
//!   does what could not be signed.
//! - What is being signed cannot be undone, and is not said to be.

use core::time::Duration;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dela_protocol::id::EntityId;
use dela_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{PublishError, Publisher};
use crate::index::{DatasetName, IndexError};
use crate::language::Language;

/// How long a withdrawal can be undone: long enough to see that it was the
/// wrong one, short enough that nobody closes the page before.
pub const UNDO_WITHIN: Duration = Duration::from_secs(30);

/// How many withdrawals wait at a time: more are an import.
pub const POSTPONED_MAX: usize = 100;

/// The name of the file in the data folder.
pub const FILE_NAME: &str = "withdrawals";

/// The longest file: a hundred titles and reasons of a thousand characters.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// How many characters of a title are kept, to show what waits.
const TITLE_CHARS_MAX: usize = 300;

/// A withdrawal that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Postponed {
    /// What is to be withdrawn.
    pub id: EntityId,
    /// Its title.
    pub title: String,
    /// The reason that is given with the withdrawal.
    pub reason: String,
    /// When somebody asked for it.
    pub asked_at: Timestamp,
    /// What becomes of it.
    pub state: PostponedState,
}

/// What becomes of a withdrawal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostponedState {
    /// It is signed at a moment, unless it is undone before.
    Due(Timestamp),
    /// It is being signed.
    Signing,
    /// The node was started again before it was signed; it waits for somebody's
    /// word.
    Interrupted,
    /// It could not be signed, for this reason; it waits for somebody's word.
    Failed(String),
}

/// Why a withdrawal cannot wait.
#[derive(Debug, thiserror::Error)]
pub enum PostponeError {
    /// As many wait as may.
    #[error("{POSTPONED_MAX} withdrawals wait already")]
    TooMany,
    /// It cannot be written down.
    #[error("the withdrawal cannot be written down: {0}")]
    File(#[from] io::Error),
}

/// The withdrawals that wait. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Withdrawals {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    file: PathBuf,
    publisher: Publisher,
    waiting: Mutex<Vec<Postponed>>,
    changed: Notify,
}

impl Withdrawals {
    /// Opens what waited when the node stopped. None of it is signed without
    /// somebody's word. A file that cannot be read is told of and left out:
    /// what was in it stays published.
    pub fn open(file: PathBuf, publisher: Publisher) -> Self {
        let mut waiting = read(&file).unwrap_or_else(|error| {
            tracing::error!(
                file = %file.display(), %error,
                "the withdrawals that waited cannot be read; nothing of them is withdrawn"
            );
            Vec::new()
        });
        for one in &mut waiting {
            if !matches!(one.state, PostponedState::Failed(_)) {
                one.state = PostponedState::Interrupted;
            }
        }
        let waiting = Mutex::new(waiting);
        let inner = Inner { file, publisher, waiting, changed: Notify::new() };
        Self { inner: Arc::new(inner) }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Postponed>> {
        self.inner.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what waits, in the order it was asked for.
    pub fn list(&self) -> Vec<Postponed> {
        self.waiting().clone()
    }

    /// Has an entry withdrawn when the time to undo it is over. Writes to the
    /// disk.
    pub fn postpone(
        &self,
        id: EntityId,
        title: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), PostponeError> {
        self.change(|waiting| {
            waiting.retain(|one| one.id != id || one.state == PostponedState::Signing);
            if waiting.iter().any(|one| one.id == id) {
                return Ok(());
            }
            if waiting.len() >= POSTPONED_MAX {
                return Err(PostponeError::TooMany);
            }
            waiting.push(Postponed {
                id,
                title: title.chars().take(TITLE_CHARS_MAX).collect(),
                reason: reason.to_owned(),
                asked_at: now,
                state: PostponedState::Due(now.after(UNDO_WITHIN)),
            });
            Ok(())
        })
    }

    /// Has what was stopped withdrawn after all, when the time to undo it is
    /// over once more. Writes to the disk.
    pub fn resume(&self, id: &EntityId, now: Timestamp) -> Result<(), PostponeError> {
        self.change(|waiting| {
            let stopped = waiting.iter_mut().find(|one| {
                let state = &one.state;
                one.id == *id
                    && matches!(state, PostponedState::Interrupted | PostponedState::Failed(_))
            });
            if let Some(one) = stopped {
                one.state = PostponedState::Due(now.after(UNDO_WITHIN));
            }
            Ok(())
        })
    }

    /// Leaves an entry published. Returns whether it was in time. Writes to the
    /// disk.
    pub fn undo(&self, id: &EntityId) -> Result<bool, PostponeError> {
        let mut undone = false;
        self.change(|waiting| {
            let before = waiting.len();
            waiting.retain(|one| one.id != *id || one.state == PostponedState::Signing);
            undone = waiting.len() < before;
            Ok(())
        })?;
        Ok(undone)
    }

    /// Signs what is due.
    pub async fn carry_out_due(&self, now: Timestamp) {
        for one in self.take_due(now) {
            let name = DatasetName::Id(one.id);
            let done = self.inner.publisher.withdraw(name, one.reason, Language::English).await;
            let state = match done {
                Ok(_)
                | Err(PublishError::Index(
                    IndexError::Withdrawn { .. } | IndexError::NotFound(_),
                )) => None,
                Err(error) => {
                    tracing::error!(dataset = %one.id, %error, "a withdrawal could not be signed");
                    Some(PostponedState::Failed(error.to_string()))
                }
            };
            self.ended(&one.id, state.as_ref()).await;
        }
    }

    fn take_due(&self, now: Timestamp) -> Vec<Postponed> {
        let mut due = Vec::new();
        for one in self.waiting().iter_mut() {
            if matches!(one.state, PostponedState::Due(at) if at <= now) {
                one.state = PostponedState::Signing;
                due.push(one.clone());
            }
        }
        due
    }

    /// Notes how signing ended. That it is over is true even where it cannot be
    /// written down: after a start somebody is asked about it again.
    async fn ended(&self, id: &EntityId, state: Option<&PostponedState>) {
        let now = {
            let mut waiting = self.waiting();
            match state {
                None => waiting.retain(|one| one.id != *id),
                Some(state) => {
                    for one in waiting.iter_mut().filter(|one| one.id == *id) {
                        one.state = state.clone();
                    }
                }
            }
            waiting.clone()
        };
        let file = self.inner.file.clone();
        let written = tokio::task::spawn_blocking(move || write(&file, &now));
        if let Ok(Err(error)) = written.await {
            tracing::error!(%error, "what became of a withdrawal cannot be written down");
        }
    }

    /// Signs what becomes due by a clock, until the node stops.
    pub async fn follow(
        self,
        stop: CancellationToken,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) {
        while !stop.is_cancelled() {
            self.carry_out_due(clock()).await;
            let next = self.list().into_iter().filter_map(|one| match one.state {
                PostponedState::Due(at) => Some(at),
                _ => None,
            });
            // A clock that is set is noticed soon enough.
            let wait = next.min().map_or(UNDO_WITHIN, |at| at.since(clock()).min(UNDO_WITHIN));
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.inner.changed.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Changes what waits, and writes it down before it is so.
    fn change(
        &self,
        change: impl FnOnce(&mut Vec<Postponed>) -> Result<(), PostponeError>,
    ) -> Result<(), PostponeError> {
        let mut waiting = self.waiting();
        let mut changed = waiting.clone();
        change(&mut changed)?;
        write(&self.inner.file, &changed)?;
        *waiting = changed;
        drop(waiting);
        self.inner.changed.notify_one();
        Ok(())
    }
}

fn read(file: &Path) -> io::Result<Vec<Postponed>> {
    let opened = match File::open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened?,
    };
    let mut text = String::new();
    opened.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    let mut waiting: Vec<Postponed> = serde_json::from_str(&text)?;
    waiting.truncate(POSTPONED_MAX);
    Ok(waiting)
}

/// Writes the file, whole or not at all, and durably.
fn write(file: &Path, waiting: &[Postponed]) -> io::Result<()> {
    let partial = file.with_extension("partial");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut opened = options.open(&partial)?;
    opened.write_all(&serde_json::to_vec(waiting)?)?;
    opened.sync_all()?;
    fs::rename(&partial, file)?;
    match file.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
