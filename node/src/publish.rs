//! The write side: what of a file or a form is new, and what is to be signed.
//!
//! Invariants:
//! - One publication at a time, from reading what is published to the driver's
//!   answer, so that no plan is made on what another is about to change.
//! - What is as it was is not signed again: importing the same file twice sends
//!   the driver nothing.
//! - A catalogue that shrinks suspiciously is refused whole: a source that
//!   answered half must not withdraw the other half.
//! - Errors in what is published refuse nothing, unless somebody asked for it.

use std::sync::Arc;

use dela_protocol::agency::profile_iri;
use dela_protocol::api::{
    ChangeKind, CheckReport, DatasetKind, Finding, ImportReport, NewDataset, NotCarried,
    PublishReport, Severity,
};
use dela_protocol::description::Description;
use dela_protocol::id::{AgencyId, EntityId};
use dela_protocol::key::SecretKey;
use dela_protocol::record::{Position, RecordKind, Statement};
use dela_protocol::replica::Policy;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::check::{self, CheckOptions};
use crate::compose;
use crate::export::Profile;
use crate::import::{self, Form, ImportError, ImportOptions, Imported};
use crate::index::{DatasetName, Index, IndexError};
use crate::language::Language;

mod plan;
pub mod postponed;
mod shares;
mod strict;
mod turn;
mod words;

pub(crate) use plan::{Held, Part, Withdraw, is_suspicious};
pub use postponed::Withdrawals;
pub use shares::Shares;
pub(crate) use strict::refuse_faulty;
pub(crate) use turn::Turn;

use plan::title_of;

/// The most findings and changes a report lists; its counts are of all.
const LISTED_MAX: usize = 1_000;

/// What the driver is asked to do.
#[derive(Debug)]
pub enum Command {
    /// Sign these statements, in this order, and one head after them.
    Publish {
        /// What is to be said; never empty.
        statements: Vec<Statement>,
        /// Where to answer. The answer comes when it is durable.
        reply: oneshot::Sender<Result<Published, PublishRefused>>,
    },
    /// Replace the agency's key, by a statement that is on the disk.
    ChangeKey {
        /// The statement.
        statement: Vec<u8>,
        /// The key it names.
        key: SecretKey,
        /// Where to answer: that the new key has spoken, or why it was refused.
        reply: oneshot::Sender<Result<(), CommandRefused>>,
    },
    /// Take what the operator wants to be taken, and drop the rest.
    Policy {
        /// The policy.
        policy: Policy,
        /// Where to answer: that it is in force, or why it was refused.
        reply: oneshot::Sender<Result<(), CommandRefused>>,
    },
    /// Take in acts of the council that were signed here, and tell others.
    Act {
        /// The acts ([`dela_protocol::federation::Act`]).
        acts: Vec<Vec<u8>>,
        /// Where to answer: that they are durable, or why they are none.
        reply: oneshot::Sender<Result<(), CommandRefused>>,
    },
}

/// Why the driver did not do what the council's side asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandRefused {
    /// Not before the agency's own catalogue is known to be whole.
    #[error("not yet: {0}")]
    NotYet(String),
    /// It may not be, or makes no sense.
    #[error("it was refused: {0}")]
    Refused(String),
}

/// What the driver has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Where the agency's catalogue stands now.
    pub position: Position,
}

/// Why the driver did not publish.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishRefused {
    /// The node waits for its own catalogue to come back.
    #[error("the node waits for its own catalogue and does not publish until then: {reason}")]
    Recovering {
        /// For what it waits.
        reason: String,
    },
    /// More records than an agency may have.
    #[error("{records} records, where an agency may have {records_max}")]
    TooMany {
        /// How many there would be.
        records: u64,
        /// How many there may be.
        records_max: u64,
    },
    /// More bytes than an agency may have.
    #[error("{bytes} bytes of descriptions, where an agency may have {bytes_max}")]
    TooMuch {
        /// How many there would be.
        bytes: u64,
        /// How many there may be.
        bytes_max: u64,
    },
    /// The store failed; nothing was published.
    #[error("the store failed: {0}")]
    Store(String),
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The file cannot be read.
    #[error("{message}")]
    Import {
        /// What is wrong.
        message: String,
        /// In which line, where known.
        line: Option<u64>,
        /// What to do, where known.
        hint: Option<String>,
    },
    /// The form does not make a dataset.
    #[error("{message}")]
    Dataset {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// The catalogue would lose more than can be meant.
    #[error(
        "the file has {after} {} where {before} are published: {withdrawn} would be withdrawn",
        if *after == 1 { "dataset" } else { "datasets" }
    )]
    Shrink {
        /// How many datasets are published.
        before: u64,
        /// How many would be.
        after: u64,
        /// How many of those before would not be any more.
        withdrawn: u64,
    },
    /// It has errors, and was to be published only without.
    #[error(
        "the check finds {errors} {} by the rules of {}, and strict publishes nothing that has any",
        if *errors == 1 { "error" } else { "errors" },
        profile.name()
    )]
    Faulty {
        /// How many.
        errors: u64,
        /// By whose rules.
        profile: Profile,
        /// The first of them.
        findings: Vec<Finding>,
    },
    /// A file with another number of entries than one.
    #[error("the file describes {found} entries, where one is published at a time")]
    NotOne {
        /// How many there are.
        found: usize,
    },
    /// An entry of another agency.
    #[error("{0} was published by another agency")]
    NotOwn(EntityId),
    /// The index failed or does not know what was named.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The driver refused.
    #[error(transparent)]
    Refused(#[from] PublishRefused),
    /// The driver is gone.
    #[error("the node is stopping")]
    Stopped,
}

/// How a file is to be imported.
#[derive(Debug, Clone, Default)]
pub struct ImportRequest {
    /// Its format; found out from its content if not given.
    pub format: Option<Form>,
    /// What relative IRIs in it are relative to.
    pub base: Option<String>,
    /// Whether only to report what would change.
    pub dry_run: bool,
    /// Whether a catalogue that shrinks a lot is meant to.
    pub allow_shrink: bool,
    /// Whether a file with errors is refused whole.
    pub strict: bool,
    /// By whose rules they are errors, and in which language to say what is
    /// found.
    pub check: CheckOptions,
}

impl ImportRequest {
    fn options(&self) -> ImportOptions {
        ImportOptions { format: self.format, base: self.base.clone() }
    }
}

/// The write side of the node. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Publisher {
    index: Index,
    commands: mpsc::Sender<Command>,
    turn: Arc<Mutex<()>>,
    shares: Shares,
}

impl Publisher {
    /// Publishes for the own agency of `index`, through the driver at the other
    /// end of `commands`.
    pub fn new(index: Index, commands: mpsc::Sender<Command>) -> Self {
        Self { index, commands, turn: Arc::default(), shares: Shares::default() }
    }

    /// Returns what the sources keep, which imports and forms leave alone.
    pub fn shares(&self) -> &Shares {
        &self.shares
    }

    /// Makes what the agency publishes by hand equal to a file: all that no
    /// source keeps.
    pub async fn import(
        &self,
        bytes: impl AsRef<[u8]> + Send + 'static,
        request: ImportRequest,
    ) -> Result<ImportReport, PublishError> {
        // Before it reads, so that no two files are in memory.
        let turn = self.turn().await?;
        let index = self.index.clone();
        let options = request.options();
        let (strict, check) = (request.strict, request.check);
        let imported = blocking(move || {
            let imported = read(bytes.as_ref(), &options, &index)?;
            if strict { strict::faultless(imported, bytes.as_ref(), check) } else { Ok(imported) }
        });
        self.import_in(turn, imported.await?.into(), &request).await
    }

    /// Makes what the agency publishes by hand equal to what was read already.
    /// Where the request is strict, what has errors was refused before.
    pub async fn import_read(
        &self,
        imported: impl Into<Arc<Imported>>,
        request: &ImportRequest,
    ) -> Result<ImportReport, PublishError> {
        self.import_in(self.turn().await?, imported.into(), request).await
    }

    async fn import_in(
        &self,
        turn: Turn,
        imported: Arc<Imported>,
        request: &ImportRequest,
    ) -> Result<ImportReport, PublishError> {
        let language = request.check.language;
        let held = Arc::new(turn.held().await?);
        let part = Part { left: self.shares.all(), withdraw: Withdraw::Missing, hold_new: false };
        let mut planned = turn.plan(held, imported, part, request.dry_run, language).await?;
        if planned.left > 0 {
            planned.report.warnings.insert(0, words::left_to_sources(planned.left, language));
        }
        match core::mem::replace(&mut planned.shrinks, Ok(())) {
            Err(_) if request.allow_shrink => {}
            // A dry run is there to show what would be refused.
            Err(shrink) if request.dry_run => {
                planned.report.warnings.extend(words::shrink(&shrink, language));
                planned.report.warnings.rotate_right(1);
            }
            other => other?,
        }
        turn.carry_out(planned).await
    }

    /// Publishes one dataset from a form, and says what should be mended; with
    /// `strict`, only where nothing of that is an error.
    pub async fn publish(
        &self,
        dataset: NewDataset,
        options: CheckOptions,
        strict: bool,
    ) -> Result<PublishReport, PublishError> {
        let index = self.index.clone();
        let description = blocking(move || compose(&dataset, &index)).await?;
        if strict {
            let findings = check::description(RecordKind::Dataset, &description, options);
            strict::refuse_errors(findings, options.profile)?;
        }
        self.publish_description(RecordKind::Dataset, description, options).await
    }

    /// Publishes the one entry of a file; with `strict`, only a file without
    /// errors.
    pub async fn publish_rdf(
        &self,
        bytes: impl AsRef<[u8]> + Send + 'static,
        file: ImportOptions,
        options: CheckOptions,
        strict: bool,
    ) -> Result<PublishReport, PublishError> {
        let index = self.index.clone();
        let imported = blocking(move || {
            let imported = read(bytes.as_ref(), &file, &index)?;
            if strict { strict::faultless(imported, bytes.as_ref(), options) } else { Ok(imported) }
        });
        let mut entries = imported.await?.entries;
        match (entries.pop(), entries.len()) {
            (Some(only), 0) => self.publish_description(only.kind, only.description, options).await,
            (last, rest) => Err(PublishError::NotOne { found: rest + usize::from(last.is_some()) }),
        }
    }

    /// Publishes one entry that was composed already.
    pub(crate) async fn publish_description(
        &self,
        kind: RecordKind,
        description: Description,
        options: CheckOptions,
    ) -> Result<PublishReport, PublishError> {
        let turn = self.turn().await?;
        let statement = Statement::describe(kind, &description);
        let id = statement.entity(&self.index.own());
        let index = self.index.clone();
        let compared = statement.clone();
        let change = blocking(move || Ok(plan::change(&compared, &index)?)).await?;
        let position = if change.is_some() {
            turn.send(vec![statement]).await?.position
        } else {
            turn.position().await?.unwrap_or_default()
        };
        let mut warnings = check::description(kind, &description, options);
        let keeper = self.shares.keeper(&id);
        warnings
            .extend(keeper.map(|source| words::kept(&source, description.iri(), options.language)));
        Ok(PublishReport {
            id,
            iri: description.iri().to_owned(),
            title: title_of(&description),
            change,
            warnings,
            position,
        })
    }

    /// Withdraws one entry; what is said of it is in `language`.
    pub async fn withdraw(
        &self,
        name: DatasetName,
        reason: String,
        language: Language,
    ) -> Result<PublishReport, PublishError> {
        let turn = self.turn().await?;
        let index = self.index.clone();
        let described = blocking(move || Ok(index.described(&name)?)).await?;
        let id = described.record.entity();
        if described.record.agency() != self.index.own() {
            return Err(PublishError::NotOwn(id));
        }
        let iri = described.description.iri();
        let published = turn.send(vec![Statement::withdraw(iri, &reason)]).await?;
        Ok(PublishReport {
            id,
            iri: iri.to_owned(),
            title: title_of(&described.description),
            change: Some(ChangeKind::Withdrawn),
            warnings: self
                .shares
                .keeper(&id)
                .map(|source| words::kept(&source, iri, language))
                .into_iter()
                .collect(),
            position: published.position,
        })
    }

    /// A plan made on a catalogue that is still coming back would withdraw or
    /// create what is only not here yet.
    pub(crate) fn refuse_while_recovering(&self) -> Result<(), PublishRefused> {
        let live = self.index.live();
        let live = live.borrow();
        match live.reason() {
            Some(reason) => Err(PublishRefused::Recovering { reason }),
            None => Ok(()),
        }
    }
}

/// Reads a file as an import would, and says what should be mended. Changes
/// nothing.
pub fn check(
    bytes: &[u8],
    file: &ImportOptions,
    own: &AgencyId,
    options: CheckOptions,
) -> Result<CheckReport, PublishError> {
    Ok(check_read(&import::read(bytes, file, own)?, bytes, options))
}

/// Says what should be mended in a file that was read already.
pub fn check_read(imported: &Imported, bytes: &[u8], options: CheckOptions) -> CheckReport {
    let mut findings = check::check(imported, bytes, options);
    let count = |severity| {
        let found = findings.iter().filter(|finding: &&Finding| finding.severity == severity);
        u64::try_from(found.count()).unwrap_or(u64::MAX)
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    findings.truncate(LISTED_MAX);
    let datasets = imported.entries.iter().filter(|entry| entry.kind == RecordKind::Dataset);
    CheckReport {
        format: imported.format.name().to_owned(),
        triples: imported.triples,
        datasets: u64::try_from(datasets.count()).unwrap_or(u64::MAX),
        errors,
        warnings,
        findings,
    }
}

/// Makes the description of a dataset that the own agency publishes.
fn compose(dataset: &NewDataset, index: &Index) -> Result<Description, PublishError> {
    let own = index.own();
    let profile = index.profile(&own)?;
    let publisher = compose::Publisher {
        iri: profile_iri(&own),
        name: profile.names,
        kind: profile.agent_type,
    };
    // An agency without a profile has no name to give.
    let publisher = Some(&publisher).filter(|publisher| !publisher.name.is_empty());
    compose::description(dataset, &own, publisher).map_err(|error| PublishError::Dataset {
        hint: match error.field() {
            Some(field) => format!("mend the field `{field}` and send it again"),
            None => "leave out what others can look up by IRI".to_owned(),
        },
        message: error.to_string(),
    })
}

impl From<ImportError> for PublishError {
    fn from(error: ImportError) -> Self {
        Self::Import {
            line: error.line(),
            hint: Some(error.hint().to_owned()).filter(|hint| !hint.is_empty()),
            message: error.to_string(),
        }
    }
}

fn read(bytes: &[u8], options: &ImportOptions, index: &Index) -> Result<Imported, PublishError> {
    Ok(import::read(bytes, options, &index.own())?)
}

/// Says in the report what the file was.
fn describe(report: &mut ImportReport, imported: &Imported, language: Language) {
    imported.format.name().clone_into(&mut report.format);
    report.triples = imported.triples;
    report.distributions = imported.distributions;
    let noticed = imported.warnings.iter().take(LISTED_MAX);
    report.warnings = noticed.map(|remark| check::noticed(remark, language)).collect();
    report.not_carried = imported.not_carried.clone();
    for entry in &imported.entries {
        *match entry.kind {
            RecordKind::DataService => &mut report.data_services,
            RecordKind::DatasetSeries => &mut report.dataset_series,
            RecordKind::Catalogue => &mut report.catalogues,
            _ => &mut report.datasets,
        } += 1;
    }
}

/// Returns a report of nothing yet.
pub(crate) fn empty_report(dry_run: bool) -> ImportReport {
    ImportReport {
        dry_run,
        format: String::new(),
        triples: 0,
        datasets: 0,
        data_services: 0,
        dataset_series: 0,
        catalogues: 0,
        distributions: 0,
        created: 0,
        changed: 0,
        withdrawn: 0,
        unchanged: 0,
        changes: Vec::new(),
        not_carried: NotCarried::default(),
        warnings: Vec::new(),
        position: None,
    }
}

/// Runs what reads the disk or parses a file away from the event loop.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PublishError> + Send + 'static,
) -> Result<T, PublishError> {
    // A task that panicked, or a runtime that is going down: either way the
    // node ends.
    tokio::task::spawn_blocking(work).await.map_err(|_| PublishError::Stopped)?
}

/// What the entries of a plan are to clients.
fn kind_of(kind: RecordKind) -> DatasetKind {
    crate::index::dataset_kind(kind).unwrap_or(DatasetKind::Dataset)
}
