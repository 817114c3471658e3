//! Who asks the sources: one task that wakes when the next is due, and a few
//! runs at a time.
//!
//! Invariants:
//! - The task looks at the clock at least twice a minute, so that neither sleep
//!   nor a clock that is set keeps it from a source that is due.
//! - What waits for a server waits on a thread of its own, which nobody waits
//!   for beyond the deadline: not the next run, nor the end of the process.

use core::time::Duration;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use dela_protocol::api::{SourceKind, SourceReport};
use dela_protocol::id::AgencyId;
use dela_protocol::time::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_util::sync::CancellationToken;

use super::run::{Visit, apart, moment};
use super::{SourceFault, Sources};
use crate::fetch::{FetchError, Limits, Networks, Validators, Web};
use crate::import::{HarvestError, HarvestOptions, Harvested, Imported, harvest};
use crate::publish::Publisher;

/// How many sources are asked at a time. Each may have a catalogue in memory,
/// with its graph ten times the 64 MiB it may be long.
const RUNS_MAX: usize = 2;

/// How long a run may read: 1,000 pages of a site that takes a second for each.
const READING_MAX: Duration = Duration::from_secs(30 * 60);

/// How long to wait for a reading thread beyond its deadline: for what it has
/// read to be parsed.
const PARSING_MAX: Duration = Duration::from_secs(10 * 60);

/// How long reading an address takes at most.
pub(crate) const READ_MAX: Duration = READING_MAX.saturating_add(PARSING_MAX);

/// How long the task sleeps at most.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// How soon it looks again at least: a task that has just been spawned has not
/// begun yet.
const LOOK_AGAIN_MIN: Duration = Duration::from_millis(100);

/// How often it looks whether the node may publish again: a peer confirms
/// within seconds.
const RECOVERING_LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long a source rests of which nothing can be written down: the disk is
/// full, and somebody has to make room.
const UNWRITTEN_PAUSE: Duration = Duration::from_secs(5 * 60);

/// How sources are reached.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Which private addresses they may be at.
    pub networks: Networks,
    /// How long the parts of an answer may take.
    pub limits: Limits,
    /// Where those who are asked can read who asks.
    pub contact: Option<String>,
}

impl Reach {
    /// Reads an address on a thread of its own.
    pub(super) async fn read(
        &self,
        address: &str,
        kind: SourceKind,
        known: Option<Validators>,
        own: AgencyId,
        stop: CancellationToken,
    ) -> Result<Result<Harvested, HarvestError>, SourceFault> {
        let deadline = Instant::now() + READING_MAX;
        let (networks, limits) = (self.networks.clone(), self.limits);
        let contact = self.contact.as_deref();
        let web = Web::new(address, networks, limits, deadline, stop.clone(), contact);
        let (sender, receiver) = oneshot::channel();
        let asked = address.to_owned();
        thread::Builder::new().name("source".to_owned()).spawn(move || {
            // Whoever asked may have given up.
            let options = HarvestOptions { kind };
            drop(sender.send(harvest(&web, &asked, &options, known.as_ref(), &own)));
        })?;
        tokio::select! {
            read = receiver => read.map_err(|_| SourceFault::Stopped),
            () = stop.cancelled() => Err(SourceFault::Cancelled),
            () = tokio::time::sleep(READ_MAX) => {
                let source = std::io::Error::new(std::io::ErrorKind::TimedOut, "it took too long");
                Ok(Err(FetchError::Unreachable { address: address.to_owned(), source }.into()))
            }
        }
    }
}

/// Keeps the catalogue in step with its sources. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Keeper {
    sources: Sources,
    publisher: Publisher,
    own: AgencyId,
    reach: Arc<Reach>,
    slots: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Keeper {
    /// Joins what a keeper needs; it asks nobody by itself until
    /// [`start`](Self::start).
    pub fn new(
        sources: Sources,
        publisher: Publisher,
        own: AgencyId,
        reach: Reach,
        stop: CancellationToken,
    ) -> Self {
        let slots = Arc::new(Semaphore::new(RUNS_MAX));
        Self { sources, publisher, own, reach: Arc::new(reach), slots, stop }
    }

    /// Returns the sources.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Begins to ask the sources when they are due, until the node stops.
    pub fn start(&self) {
        let keeper = self.clone();
        tokio::spawn(async move { keeper.keep().await });
    }

    async fn keep(&self) {
        while !self.stop.is_cancelled() {
            let wait = self.ask_who_is_due(moment());
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = self.sources.inner.changed.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Begins to ask the sources that are due, as many as may be asked at a
    /// time, and returns when to look again.
    fn ask_who_is_due(&self, now: Timestamp) -> Duration {
        // That the node cannot publish yet, as after a start, is no fault of a
        // source, and is not told as one.
        if self.publisher.refuse_while_recovering().is_err() {
            return RECOVERING_LOOK_EVERY;
        }
        for id in self.sources.due(now) {
            let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
                // The end of a run wakes the task.
                return LOOK_EVERY;
            };
            let keeper = self.clone();
            tokio::spawn(async move { keeper.ask(&id, slot).await });
        }
        let next = self.sources.next().map(|next| next.since(now));
        next.unwrap_or(LOOK_EVERY).clamp(LOOK_AGAIN_MIN, LOOK_EVERY)
    }

    /// Asks a source because it is due.
    async fn ask(&self, id: &str, slot: OwnedSemaphorePermit) {
        match self.run_with(id, false, false, slot).await {
            // How it went is written down, and logged; or somebody was quicker, or
            // the source is no more.
            Ok(_)
            | Err(SourceFault::Busy { .. } | SourceFault::NotFound(_) | SourceFault::Stopped) => {}
            Err(fault) => {
                tracing::error!(source = id, error = %fault, "how a source went cannot be written down");
                // It would be due still, and asked without end while the disk is full.
                self.sources.postpone(id, moment().after(UNWRITTEN_PAUSE));
            }
        }
    }

    /// Asks a source because somebody wants it, and returns how it went. A dry
    /// run only tells what would change.
    pub async fn run(&self, name: &str, dry_run: bool) -> Result<SourceReport, SourceFault> {
        // Looked up first: who asks for what is not there need not wait.
        self.sources.source(name)?;
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        let slot = slot.map_err(|_| SourceFault::Stopped)?;
        self.run_with(name, dry_run, true, slot).await
    }

    /// Takes somebody's word for it that what vanished is gone, and asks the
    /// source again, after the run that may be going on.
    pub async fn accept(&self, name: &str) -> Result<SourceReport, SourceFault> {
        let (sources, agreed) = (self.sources.clone(), name.to_owned());
        // First, so that it is about what somebody saw and not about what a run
        // finds meanwhile.
        apart(move || sources.agree(&agreed)).await?;
        loop {
            self.sources.idle(name).await?;
            match self.run(name, false).await {
                Err(SourceFault::Busy { .. }) => {}
                ended => return ended,
            }
        }
    }

    async fn run_with(
        &self,
        name: &str,
        dry_run: bool,
        whole: bool,
        slot: OwnedSemaphorePermit,
    ) -> Result<SourceReport, SourceFault> {
        let begun = self.sources.begin(name, moment(), &self.stop)?;
        let visit = Visit {
            begun,
            publisher: &self.publisher,
            own: self.own,
            reach: &self.reach,
            dry_run,
            whole: whole || dry_run,
            chance: getrandom::u64().unwrap_or_default(),
        };
        let ended = visit.complete(&self.stop).await;
        drop(slot);
        ended
    }

    /// Reads what an address describes, for who wants it once. Returns it with
    /// the document it was read from.
    pub async fn read_once(
        &self,
        address: &str,
    ) -> Result<Result<(Imported, Vec<u8>), HarvestError>, SourceFault> {
        let slot = self.slots.acquire().await.map_err(|_| SourceFault::Stopped)?;
        let read =
            self.reach.read(address, SourceKind::Auto, None, self.own, self.stop.child_token());
        let read = read.await?;
        drop(slot);
        match read {
            Ok(Harvested::Read(whole)) => Ok(Ok((whole.imported, whole.body))),
            // Nothing was known that could be not modified.
            Ok(Harvested::NotModified) => Err(SourceFault::Stopped),
            Err(error) => Ok(Err(error)),
        }
    }
}
