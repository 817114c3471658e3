//! Sources: addresses with which a node keeps its agency's catalogue in step.

use serde::{Deserialize, Serialize};

use super::check::Finding;
use super::imports::ImportReport;
use crate::time::Timestamp;

/// `POST /api/v1/sources`: a source to keep in step with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSource {
    /// Its address, `http` or `https`.
    pub address: String,
    /// What is there; found out from what it answers if not given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<SourceKind>,
    /// How often to ask, in minutes; 360 if not given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub every_minutes: Option<u32>,
    /// For how long what vanished from the source stays published, in hours; 72
    /// if not given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grace_hours: Option<u32>,
    /// Whether an answer with errors by the rules of DCAT-AP-SE is refused whole;
    /// not if not given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub strict: Option<bool>,
}

/// `PATCH /api/v1/sources/{id}`: what is to be different. What is not given
/// stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SourceChange {
    /// What is there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<SourceKind>,
    /// How often to ask, in minutes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub every_minutes: Option<u32>,
    /// For how long what vanished stays published, in hours.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grace_hours: Option<u32>,
    /// Whether an answer with errors by the rules of DCAT-AP-SE is refused whole.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub strict: Option<bool>,
    /// Whether it is asked only by hand.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub paused: Option<bool>,
}

/// `GET /api/v1/sources`: all sources, in the order they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceList {
    /// The sources.
    pub sources: Vec<Source>,
}

/// One source, and how it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Source {
    /// Its id: eight hexadecimal digits, made from its address.
    pub id: String,
    /// Its address.
    pub address: String,
    /// What is there.
    pub kind: SourceKind,
    /// How often it is asked, in minutes.
    pub every_minutes: u32,
    /// For how long what vanished stays published, in hours.
    pub grace_hours: u32,
    /// Whether an answer with errors by the rules of DCAT-AP-SE is refused whole.
    #[serde(default)]
    pub strict: bool,
    /// Whether it is asked only by hand.
    pub paused: bool,
    /// When it was added.
    pub added_at: Timestamp,
    /// How it is.
    pub state: SourceState,
    /// How many published records it keeps.
    pub records: u64,
    /// Since when it is being asked, if it is just now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub running_since: Option<Timestamp>,
    /// When it was last asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attempted_at: Option<Timestamp>,
    /// When it last answered with a catalogue that could be read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub succeeded_at: Option<Timestamp>,
    /// When it is asked next; absent while it is paused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_run_at: Option<Timestamp>,
    /// Why the last run failed; absent when it did not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<SourceError>,
    /// How many runs in a row have failed.
    pub failures: u32,
    /// What vanished from the source and is still published.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub waiting: Option<Waiting>,
    /// The last runs, the newest first, at most 20.
    pub runs: Vec<SourceRun>,
}

/// What is at the address of a source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// Whatever it answers.
    #[default]
    Auto,
    /// DCAT as RDF, in one document or in pages.
    Rdf,
    /// A `data.json` of DCAT-US 1.1.
    DcatUs,
    /// A CKAN site.
    Ckan,
    /// A DCAT-AP Feed.
    DcatApFeed,
}

/// How a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// It has not been asked yet.
    New,
    /// The catalogue is in step with it.
    InStep,
    /// Something vanished from it, and is withdrawn when the time of grace is
    /// over, unless it comes back.
    Waiting,
    /// So much vanished that it may be a mistake: somebody should look.
    Suspicious,
    /// The last run failed.
    Failing,
    /// It was read and has errors, which were not to be taken in: what it had
    /// before stays published.
    Refused,
    /// It is asked only by hand.
    Paused,
}

/// Why a run failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceError {
    /// What happened.
    pub reason: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
    /// In which line of the document, where known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u64>,
    /// The first of the errors that a strict source was refused for, at most 10.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub findings: Vec<Finding>,
}

/// What vanished from a source and is still published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Waiting {
    /// How many records.
    pub records: u64,
    /// How many of them are datasets.
    pub datasets: u64,
    /// Since when the first of them is missing.
    pub since: Timestamp,
    /// When the first of them is withdrawn, if it stays away until then; absent
    /// where that takes somebody's word.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub withdrawn_after: Option<Timestamp>,
    /// Why it may be a mistake, where it may.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub suspicion: Option<Suspicion>,
    /// How many new records of the same answer wait with them.
    pub held_back: u64,
}

/// Why an answer may be a mistake of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Suspicion {
    /// It has nothing at all.
    Emptied,
    /// It lost a fifth or more of its datasets at once.
    Shrunk,
    /// It lost as much, and has as much that is new: another catalogue, or all
    /// identities changed.
    Replaced,
}

/// One run of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceRun {
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// How many records it created.
    pub created: u64,
    /// How many it changed.
    pub changed: u64,
    /// How many it withdrew.
    pub withdrawn: u64,
    /// How many stayed as they were.
    pub unchanged: u64,
    /// How many were left to an older source that has them too.
    pub left: u64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<SourceError>,
}

/// How a run of a source ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The source said that nothing has changed since.
    NotModified,
    /// It was read and taken in.
    TakenIn,
    /// It could not be read, or not be taken in; nothing was changed.
    Failed,
}

/// `POST /api/v1/sources/{id}/run`: what a run did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceReport {
    /// The run; also why it failed.
    pub run: SourceRun,
    /// What was read and changed; absent where nothing was read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub report: Option<ImportReport>,
    /// The source after the run.
    pub source: Source,
}

/// How many sources there are, and how they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourcesStatus {
    /// How many.
    pub total: u64,
    /// How many could not be read the last time.
    pub failing: u64,
    /// How many were refused the last time for their errors.
    #[serde(default)]
    pub refused: u64,
    /// How many wait for somebody to say whether so much is really gone.
    pub suspicious: u64,
}
