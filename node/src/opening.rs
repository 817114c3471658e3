//! What an agency has to say when its node starts: who it is, and what it brings
//! from a federation it has left.
//!
//! Invariant: it is said in one publication, as soon as the agency may publish
//! here, and not twice.

use dela_protocol::agency::profile_iri;
use dela_protocol::head::Head;
use dela_protocol::id::{AgencyId, Digest, EntityId};
use dela_protocol::record::{Position, Statement};
use dela_protocol::replica::{Output, PublishError, Replica};
use dela_protocol::time::Timestamp;

use crate::belonging::moving::Carry;
use crate::storage::{Reader, SledStore, StoreError};

/// How it is with what the agency published in a federation it has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// All of it is published here, or there was none.
    Complete,
    /// It is published as soon as the agency may.
    Waiting,
    /// It was refused, and why. It is tried again when the council has decided
    /// something, or the agency has published.
    Refused(String),
}

/// What is to be published at a start.
#[derive(Debug)]
pub struct Opening {
    agency: AgencyId,
    profile: Option<Statement>,
    /// Whether the profile has a name that somebody chose.
    is_named: bool,
    carry: Option<Carry>,
    /// Why it was refused, what the council had decided by then, and how far the
    /// agency had published.
    refused: Option<(String, (Digest, Position))>,
}

impl Opening {
    /// Who the agency is, where that is not published as it is now, whether that has
    /// a name that somebody chose, and what is to be carried here.
    pub fn new(
        agency: AgencyId,
        profile: Option<Statement>,
        is_named: bool,
        carry: Option<Carry>,
    ) -> Self {
        Self { agency, profile, is_named, carry, refused: None }
    }

    /// Returns whether there is nothing left to be said.
    pub fn is_said(&self) -> bool {
        self.profile.is_none() && self.carry.is_none()
    }

    /// Returns whether the node has come here from another federation.
    pub fn has_moved(&self) -> bool {
        self.carry.is_some()
    }

    /// Returns how it is with what the node has brought along.
    pub fn arrival(&self) -> Arrival {
        match (&self.carry, &self.refused) {
            (None, _) => Arrival::Complete,
            (Some(_), None) => Arrival::Waiting,
            (Some(carry), Some((reason, _))) => Arrival::Refused(format!(
                "what the agency published in {} cannot be published here: {reason}. The council \
                 can raise its quota, and the node can go back",
                carry.from()
            )),
        }
    }

    /// Publishes it, unless the agency has to wait or it was refused and nothing was
    /// decided or published since; returns what is to be done for others to hear of it.
    pub fn publish(
        &mut self,
        replica: &mut Replica<SledStore>,
        here: &Reader,
        now: Timestamp,
    ) -> Result<Vec<Output>, StoreError> {
        if self.is_said() || replica.recovery().is_some() {
            return Ok(Vec::new());
        }
        let own = here.catalogue(&self.agency);
        let published = own.and_then(|own| own.head.as_ref().map(Head::position));
        let decided = (replica.federation().digest(), published.unwrap_or(Position::START));
        if self.refused.as_ref().is_some_and(|(_, then)| *then == decided) {
            return Ok(Vec::new());
        }
        let profile = EntityId::of(&self.agency, &profile_iri(&self.agency));
        if !self.is_named && here.newest(&profile)?.is_some() {
            self.profile = None; // It has come back meanwhile, with the name it had.
        }
        let mut statements: Vec<Statement> = self.profile.iter().cloned().collect();
        if let Some(carry) = &self.carry {
            statements.extend(carry.statements(self.agency, here)?);
        }
        match replica.publish(statements, now) {
            Ok((published, outputs)) => {
                self.profile = None;
                if let Some(carry) = self.carry.take() {
                    let (from, signed) = (carry.from().to_string(), published.signed);
                    tracing::info!(from, signed, "what the agency published elsewhere is here now");
                    carry.done();
                }
                Ok(outputs)
            }
            Err(PublishError::Store(error)) => Err(error),
            Err(error) => {
                tracing::error!(%error, "the agency cannot publish what it has to say here");
                self.refused = Some((error.to_string(), decided));
                Ok(Vec::new())
            }
        }
    }
}
