//! One run of a source: read it, judge it, take it in.
//!
//! Invariant: what the source will keep is written down before it is published;
//! how the run ended is written down after. A process that dies in between
//! finds a source that is due, and whatever it published in its share.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dela_protocol::api::{ImportReport, Outcome, SourceError, SourceReport, SourceRun, Waiting};
use dela_protocol::id::{AgencyId, EntityId};
use dela_protocol::record::RecordKind;
use dela_protocol::time::Timestamp;
use tokio_util::sync::CancellationToken;

use super::guard::{self, Memory, Verdict};
use super::keeper::Reach;
use super::schedule::{self, Ended};
use super::{Begun, SourceFault, Sources};
use crate::check::CheckOptions;
use crate::driver::now;
use crate::fetch::Validators;
use crate::import::{Harvest, HarvestError, Harvested, Imported};
use crate::publish::{
    Held, Part, PublishError, PublishRefused, Publisher, Withdraw, refuse_faulty,
};

/// Why a run failed.
#[derive(Debug)]
struct Failure {
    error: SourceError,
    may_pass: bool,
    retry_after: Option<Duration>,
    /// Whether it is the node that cannot, so that nothing is said of the source.
    is_stopping: bool,
}

impl From<HarvestError> for Failure {
    fn from(error: HarvestError) -> Self {
        let hint = Some(error.hint().to_owned()).filter(|hint| !hint.is_empty());
        Self {
            error: SourceError {
                reason: error.to_string(),
                hint,
                line: error.line(),
                findings: Vec::new(),
            },
            may_pass: error.may_pass(),
            retry_after: error.retry_after().map(Duration::from_secs),
            is_stopping: false,
        }
    }
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        let hint = match &error {
            PublishError::Refused(PublishRefused::Recovering { .. }) => {
                "wait until a peer that holds the catalogue is connected; `dela status` tells"
            }
            PublishError::Refused(
                PublishRefused::TooMany { .. } | PublishRefused::TooMuch { .. },
            ) => "divide the catalogue between several agencies, each with a node",
            PublishError::Faulty { .. } => {
                "mend it in the source, or let it in as it is: `dela sources set SOURCE --lenient`"
            }
            _ => "see the node's log",
        };
        let reason = error.to_string();
        let is_stopping = matches!(error, PublishError::Stopped);
        let findings = match error {
            PublishError::Faulty { findings, .. } => findings,
            _ => Vec::new(),
        };
        Self {
            // Errors stay until somebody mends them.
            may_pass: findings.is_empty(),
            retry_after: None,
            is_stopping,
            error: SourceError { reason, hint: Some(hint.to_owned()), line: None, findings },
        }
    }
}

impl From<SourceFault> for Failure {
    fn from(fault: SourceFault) -> Self {
        let hint = match fault {
            SourceFault::File(_) => Some("is the disk full, or not writable?".to_owned()),
            SourceFault::Cancelled => Some("the node asks again on its schedule".to_owned()),
            _ => None,
        };
        Self {
            // Who ended it does not want it again in five minutes.
            may_pass: !matches!(fault, SourceFault::Cancelled),
            retry_after: None,
            is_stopping: matches!(fault, SourceFault::Stopped),
            error: SourceError {
                reason: fault.to_string(),
                hint,
                line: None,
                findings: Vec::new(),
            },
        }
    }
}

/// What a run did to a source.
#[derive(Debug, Default)]
struct Taken {
    outcome: Option<Outcome>,
    report: Option<ImportReport>,
    left: u64,
    share: BTreeSet<EntityId>,
    memory: Memory,
    waiting: Option<Waiting>,
    validators: Option<Validators>,
}

/// One run, going on.
#[derive(Debug)]
pub(super) struct Visit<'a> {
    pub(super) begun: Begun,
    pub(super) publisher: &'a Publisher,
    pub(super) own: AgencyId,
    pub(super) reach: &'a Reach,
    /// Whether only to tell what would change.
    pub(super) dry_run: bool,
    /// Whether to read all of it, changed or not.
    pub(super) whole: bool,
    /// A number by chance.
    pub(super) chance: u64,
}

impl Visit<'_> {
    /// Runs to the end, and writes down how it went; not where the end is that of
    /// the node, which is no fault of the source.
    pub(super) async fn complete(
        self,
        node_stop: &CancellationToken,
    ) -> Result<SourceReport, SourceFault> {
        let started = std::time::Instant::now();
        let taken = self.attempt().await;
        if taken.is_err() && node_stop.is_cancelled() {
            return Err(SourceFault::Stopped);
        }
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.finish(taken, took_ms).await
    }

    async fn attempt(&self) -> Result<Taken, Failure> {
        let entry = &self.begun.entry;
        // Nothing is asked for that could not be published.
        self.publisher.refuse_while_recovering().map_err(PublishError::from)?;
        let known = entry.known(self.begun.started_at).filter(|_| !self.whole).cloned();
        let read =
            self.reach.read(&entry.address, entry.kind, known, self.own, self.begun.stop.clone());
        match read.await?? {
            Harvested::NotModified => Ok(Taken {
                outcome: Some(Outcome::NotModified),
                share: entry.share.clone(),
                validators: entry.validators.as_ref().map(|(validators, _)| validators.clone()),
                ..Taken::default()
            }),
            Harvested::Read(whole) => self.take_in(*whole).await,
        }
    }

    async fn take_in(&self, whole: Harvest) -> Result<Taken, Failure> {
        let Harvest { mut imported, validators, body, .. } = whole;
        if self.begun.entry.strict {
            imported = refuse_faulty(imported, body, CheckOptions::default()).await?;
        } else {
            drop(body);
        }
        let turn = self.publisher.turn().await?;
        let id = &self.begun.entry.id;
        let held = Arc::new(turn.held().await?);
        let entries = self.entries(&imported);
        let verdict = self.judge(&held, &entries);
        let part = Part {
            left: self.publisher.shares().before(id),
            withdraw: Withdraw::These(verdict.withdraw.clone()),
            hold_new: verdict.hold_new,
        };
        let is_new = |entity: &EntityId| held.kind(entity).is_none();
        let mut share: BTreeSet<EntityId> = entries.into_keys().collect();
        if verdict.hold_new {
            share.retain(|entity| !is_new(entity));
        }
        share.extend(verdict.memory.missing.keys());
        let language = CheckOptions::default().language;
        let planned =
            turn.plan(Arc::clone(&held), Arc::new(imported), part, self.dry_run, language).await?;
        let (left, held_back) = (planned.left, planned.held_back);
        if !self.dry_run {
            self.write_ahead(&share).await?;
        }
        let report = turn.carry_out(planned).await?;
        let waiting = verdict.waiting.map(|waiting| Waiting { held_back, ..waiting });
        Ok(Taken {
            outcome: Some(Outcome::TakenIn),
            report: Some(report),
            left,
            share,
            // An answer that is in doubt is to be heard again, not referred to.
            validators: Some(validators).filter(|_| waiting.is_none()),
            memory: verdict.memory,
            waiting,
        })
    }

    fn entries(&self, imported: &Imported) -> BTreeMap<EntityId, RecordKind> {
        let entries = imported.entries.iter();
        entries
            .map(|entry| (EntityId::of(&self.own, entry.description.iri()), entry.kind))
            .collect()
    }

    fn judge(&self, held: &Held, entries: &BTreeMap<EntityId, RecordKind>) -> Verdict {
        let entry = &self.begun.entry;
        let beside = self.publisher.shares().beside(&entry.id);
        let kept: BTreeMap<EntityId, RecordKind> = entry
            .share
            .iter()
            .filter(|entity| !beside.contains(entity))
            .filter_map(|entity| Some((*entity, held.kind(entity)?)))
            .collect();
        let new = entries
            .iter()
            .filter(|(entity, kind)| **kind == RecordKind::Dataset && held.kind(entity).is_none());
        let new_datasets = u64::try_from(new.count()).unwrap_or(u64::MAX);
        let answer = guard::Answer { kept: &kept, entries, new_datasets };
        guard::judge(&answer, &entry.memory, entry.grace(), self.begun.started_at)
    }

    /// Writes down what the source is about to keep, beside what it keeps.
    async fn write_ahead(&self, share: &BTreeSet<EntityId>) -> Result<(), Failure> {
        if share.is_subset(&self.begun.entry.share) {
            return Ok(());
        }
        let more = share.clone();
        let id = self.begun.entry.id.clone();
        let sources = self.begun.sources.clone();
        apart(move || sources.update(&id, |entry| entry.share.extend(more))).await?;
        Ok(())
    }

    async fn finish(
        self,
        taken: Result<Taken, Failure>,
        took_ms: u64,
    ) -> Result<SourceReport, SourceFault> {
        let (taken, failure) = match taken {
            Ok(taken) => (taken, None),
            Err(failure) if failure.is_stopping => return Err(SourceFault::Stopped),
            Err(failure) => (Taken::default(), Some(failure)),
        };
        let counted = taken.report.as_ref();
        let count = |of: fn(&ImportReport) -> u64| counted.map_or(0, of);
        let run = SourceRun {
            started_at: self.begun.started_at,
            took_ms,
            outcome: taken.outcome.unwrap_or(Outcome::Failed),
            created: count(|report| report.created),
            changed: count(|report| report.changed),
            withdrawn: count(|report| report.withdrawn),
            unchanged: count(|report| report.unchanged),
            left: taken.left,
            error: failure.as_ref().map(|failure| failure.error.clone()),
        };
        let report = taken.report.clone();
        let id = self.begun.entry.id.clone();
        let sources = self.begun.sources.clone();
        if self.dry_run {
            let mut source = sources.source(&id)?;
            source.waiting = taken.waiting;
            return Ok(SourceReport { run, report, source });
        }
        log(&id, &run, taken.waiting.as_ref());
        let chance = self.chance;
        let remembered = run.clone();
        apart(move || write_down(&sources, &id, remembered, taken, failure, chance)).await?;
        let sources = self.begun.sources.clone();
        let id = self.begun.entry.id.clone();
        // It is no longer being asked when it is told how it went.
        drop(self);
        Ok(SourceReport { run, report, source: sources.source(&id)? })
    }
}

/// Writes down how a run went.
fn write_down(
    sources: &Sources,
    id: &str,
    run: SourceRun,
    taken: Taken,
    failure: Option<Failure>,
    chance: u64,
) -> Result<(), SourceFault> {
    let now = now();
    sources.update(id, move |entry| {
        entry.attempted_at = Some(run.started_at);
        let ended = if let Some(failure) = failure {
            entry.failures = entry.failures.saturating_add(1);
            entry.error = Some(failure.error);
            let (may_pass, retry_after) = (failure.may_pass, failure.retry_after);
            Ended::Badly { failures: entry.failures, may_pass, retry_after }
        } else {
            entry.failures = 0;
            entry.error = None;
            entry.succeeded_at = Some(now);
            take(entry, taken, &run);
            Ended::Well
        };
        entry.next_run_at = schedule::next(now, entry.every(), ended, chance);
        entry.remember(run);
    })?;
    Ok(())
}

/// Takes over what a run that went well found.
fn take(entry: &mut super::entry::Entry, taken: Taken, run: &SourceRun) {
    if run.outcome == Outcome::NotModified {
        return;
    }
    entry.share = taken.share;
    // Somebody may have agreed while it was running, to what was missing before.
    let agreed = core::mem::take(&mut entry.memory.missing);
    entry.memory = taken.memory;
    for (id, missing) in &mut entry.memory.missing {
        missing.agreed |= agreed.get(id).is_some_and(|before| before.agreed);
    }
    entry.waiting = taken.waiting;
    entry.validators = taken
        .validators
        .filter(|validators| *validators != Validators::default())
        .map(|validators| (validators, run.started_at));
}

/// Says in the log how a run went, once.
fn log(id: &str, run: &SourceRun, waiting: Option<&Waiting>) {
    if let Some(error) = &run.error {
        let hint = error.hint.as_deref().unwrap_or_default();
        let what = if error.findings.is_empty() {
            "a source cannot be read"
        } else {
            "a source was refused for its errors"
        };
        tracing::warn!(source = id, reason = error.reason, hint, "{what}");
        return;
    }
    match waiting.filter(|waiting| waiting.suspicion.is_some()) {
        Some(waiting) => tracing::warn!(
            source = id,
            missing = waiting.records,
            held_back = waiting.held_back,
            "a source lacks much of what it had: `dela sources accept` if that is meant"
        ),
        None if run.created + run.changed + run.withdrawn > 0 => tracing::info!(
            source = id,
            created = run.created,
            changed = run.changed,
            withdrawn = run.withdrawn,
            "a source was taken in"
        ),
        None => tracing::debug!(source = id, "a source has not changed"),
    }
}

/// Does what waits for the disk away from the event loop.
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SourceFault> + Send + 'static,
) -> Result<T, SourceFault> {
    tokio::task::spawn_blocking(work).await.map_err(|_| SourceFault::Stopped)?
}

/// Returns the moment, for who has no reason to ask the driver.
pub(super) fn moment() -> Timestamp {
    now()
}
