//! One source: what was asked of it, what it keeps, and how it went.
//!
//! Invariant: an error is that of the last run. A run that went well leaves
//! none, and that a run is going on is written nowhere, so that a process that
//! died in the middle of one leaves nothing to be reset.

use core::time::Duration;
use std::collections::{BTreeSet, VecDeque};

use dela_protocol::api::{Source, SourceError, SourceKind, SourceRun, SourceState, Waiting};
use dela_protocol::id::EntityId;
use dela_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::guard::Memory;
use crate::fetch::Validators;

/// How many runs are remembered: five days at the usual interval.
const RUNS_MAX: usize = 20;

/// How long an answer counts that was read whole. After that the source is
/// asked without "only if it changed", in case its server is wrong about that,
/// or somebody changed by hand what the source keeps.
const WHOLE_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// One source, as it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) address: String,
    #[serde(default)]
    pub(super) kind: SourceKind,
    pub(super) every_minutes: u32,
    pub(super) grace_hours: u32,
    /// Whether an answer with errors is refused whole.
    #[serde(default)]
    pub(super) strict: bool,
    pub(super) paused: bool,
    pub(super) added_at: Timestamp,
    pub(super) attempted_at: Option<Timestamp>,
    pub(super) succeeded_at: Option<Timestamp>,
    pub(super) next_run_at: Timestamp,
    pub(super) failures: u32,
    pub(super) error: Option<SourceError>,
    /// What the last whole answer can be recognised by, and when it came.
    pub(super) validators: Option<(Validators, Timestamp)>,
    /// What it brought and is not withdrawn.
    pub(super) share: BTreeSet<EntityId>,
    pub(super) memory: Memory,
    pub(super) waiting: Option<Waiting>,
    /// The newest first.
    pub(super) runs: VecDeque<SourceRun>,
}

impl Entry {
    /// Returns a source that is asked at once.
    pub(super) fn new(id: String, address: String, now: Timestamp) -> Self {
        Self {
            id,
            address,
            kind: SourceKind::Auto,
            every_minutes: 0,
            grace_hours: 0,
            strict: false,
            paused: false,
            added_at: now,
            attempted_at: None,
            succeeded_at: None,
            next_run_at: now,
            failures: 0,
            error: None,
            validators: None,
            share: BTreeSet::new(),
            memory: Memory::default(),
            waiting: None,
            runs: VecDeque::new(),
        }
    }

    pub(super) fn every(&self) -> Duration {
        Duration::from_secs(u64::from(self.every_minutes) * 60)
    }

    pub(super) fn grace(&self) -> Duration {
        Duration::from_secs(u64::from(self.grace_hours) * 60 * 60)
    }

    /// Returns what to recognise the last answer by, where the same answer
    /// again would change nothing.
    pub(super) fn known(&self, now: Timestamp) -> Option<&Validators> {
        let (validators, at) = self.validators.as_ref()?;
        let counts = now >= *at && now.since(*at) < WHOLE_EVERY;
        Some(validators).filter(|_| counts && self.memory.missing.is_empty())
    }

    /// Remembers a run.
    pub(super) fn remember(&mut self, run: SourceRun) {
        self.runs.push_front(run);
        self.runs.truncate(RUNS_MAX);
    }

    fn state(&self) -> SourceState {
        let suspicion = self.waiting.as_ref().and_then(|waiting| waiting.suspicion);
        if let Some(error) = &self.error {
            if error.findings.is_empty() { SourceState::Failing } else { SourceState::Refused }
        } else if suspicion.is_some() {
            SourceState::Suspicious
        } else if self.waiting.is_some() {
            SourceState::Waiting
        } else if self.paused {
            SourceState::Paused
        } else if self.attempted_at.is_none() {
            SourceState::New
        } else {
            SourceState::InStep
        }
    }

    /// Returns the source as it is told.
    pub(super) fn view(&self, running_since: Option<Timestamp>) -> Source {
        Source {
            id: self.id.clone(),
            address: self.address.clone(),
            kind: self.kind,
            every_minutes: self.every_minutes,
            grace_hours: self.grace_hours,
            strict: self.strict,
            paused: self.paused,
            added_at: self.added_at,
            state: self.state(),
            records: u64::try_from(self.share.len()).unwrap_or(u64::MAX),
            running_since,
            attempted_at: self.attempted_at,
            succeeded_at: self.succeeded_at,
            next_run_at: Some(self.next_run_at).filter(|_| !self.paused),
            error: self.error.clone(),
            failures: self.failures,
            waiting: self.waiting.clone(),
            runs: self.runs.iter().cloned().collect(),
        }
    }
}
