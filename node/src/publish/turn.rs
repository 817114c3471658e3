//! A turn at publishing: from reading what is published to the driver's answer.
//!
//! Invariant: while a turn lasts nobody else publishes, so that no plan is made
//! on what another is about to change; and none begins while the node's own
//! catalogue is still coming back.

use std::sync::Arc;

use dela_protocol::api::ImportReport;
use dela_protocol::record::{Position, Statement};
use tokio::sync::{OwnedMutexGuard, oneshot};

use super::plan::{Held, Part, Plan};
use super::{Command, PublishError, Published, Publisher, blocking, describe};
use crate::import::Imported;
use crate::language::Language;

/// The right to publish, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    publisher: Publisher,
    _turn: OwnedMutexGuard<()>,
}

/// What is to be said, and the report of it.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(super) statements: Vec<Statement>,
    /// What was read, and what saying it changes.
    pub(crate) report: ImportReport,
    /// How many entries are left to a source that has them too.
    pub(crate) left: u64,
    /// How many new entries are held back.
    pub(crate) held_back: u64,
    /// Why it may not be meant.
    pub(super) shrinks: Result<(), PublishError>,
}

impl Publisher {
    /// Waits for its turn.
    pub(crate) async fn turn(&self) -> Result<Turn, PublishError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        self.refuse_while_recovering()?;
        Ok(Turn { publisher: self.clone(), _turn: turn })
    }
}

impl Turn {
    /// Reads what the agency offers.
    pub(crate) async fn held(&self) -> Result<Held, PublishError> {
        let index = self.publisher.index.clone();
        blocking(move || Ok(Held::of(&index)?)).await
    }

    /// Plans to make a part of the catalogue equal to what was read, and says what
    /// was noticed in `language`.
    pub(crate) async fn plan(
        &self,
        held: Arc<Held>,
        imported: Arc<Imported>,
        part: Part,
        dry_run: bool,
        language: Language,
    ) -> Result<Planned, PublishError> {
        let index = self.publisher.index.clone();
        blocking(move || {
            let plan = Plan::new(&held, &imported.entries, &part, &index)?;
            let shrinks = plan.refuse_shrink();
            let (left, held_back) = (plan.left, plan.held_back);
            let (statements, mut report) = plan.into_report(dry_run);
            describe(&mut report, &imported, language);
            Ok(Planned { statements, report, left, held_back, shrinks })
        })
        .await
    }

    /// Says what was planned, and returns the report of it.
    pub(crate) async fn carry_out(&self, planned: Planned) -> Result<ImportReport, PublishError> {
        let Planned { statements, mut report, .. } = planned;
        report.position = if report.dry_run || statements.is_empty() {
            self.position().await?
        } else {
            Some(self.send(statements).await?.position)
        };
        Ok(report)
    }

    pub(super) async fn send(&self, statements: Vec<Statement>) -> Result<Published, PublishError> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Publish { statements, reply };
        self.publisher.commands.send(command).await.map_err(|_| PublishError::Stopped)?;
        Ok(answer.await.map_err(|_| PublishError::Stopped)??)
    }

    /// Returns where the agency's catalogue stands, if it has published.
    pub(super) async fn position(&self) -> Result<Option<Position>, PublishError> {
        let index = self.publisher.index.clone();
        blocking(move || Ok(index.own_position()?)).await
    }
}
