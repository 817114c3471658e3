//! What an agency has to say when its node starts: who it is, and what it brings
//! from a federation it has left.
//!
//! Invariant: it is said in one publication, as soon as the agency may publish
//! here, and not twice.

use dela_protocol::id::AgencyId;
use dela_protocol::record::Statement;
use dela_protocol::replica::{Output, PublishError, Replica};
use dela_protocol::time::Timestamp;

use crate::belonging::moving::Carry;
use crate::storage::{Reader, SledStore, StoreError};

/// What is to be published at a start.
#[derive(Debug)]
pub struct Opening {
    agency: AgencyId,
    profile: Option<Statement>,
    carry: Option<Carry>,
}

impl Opening {
    /// Who the agency is, where that is not published as it is now, and what is to
    /// be carried here.
    pub fn new(agency: AgencyId, profile: Option<Statement>, carry: Option<Carry>) -> Self {
        Self { agency, profile, carry }
    }

    /// Returns whether there is nothing left to be said.
    pub fn is_said(&self) -> bool {
        self.profile.is_none() && self.carry.is_none()
    }

    /// Returns whether the node has come here from another federation.
    pub fn has_moved(&self) -> bool {
        self.carry.is_some()
    }

    /// Publishes it, unless the agency has to wait, and returns what is to be done
    /// for others to hear of it.
    pub fn publish(
        &mut self,
        replica: &mut Replica<SledStore>,
        here: &Reader,
        now: Timestamp,
    ) -> Result<Vec<Output>, StoreError> {
        if self.is_said() || replica.recovery().is_some() {
            return Ok(Vec::new());
        }
        let mut statements: Vec<Statement> = self.profile.take().into_iter().collect();
        let carry = self.carry.take();
        if let Some(carry) = &carry {
            statements.extend(carry.statements(self.agency, here)?);
        }
        match replica.publish(statements, now) {
            Ok((published, outputs)) => {
                if let Some(carry) = carry {
                    let (from, signed) = (carry.from().to_string(), published.signed);
                    tracing::info!(from, signed, "what the agency published elsewhere is here now");
                    carry.done();
                }
                Ok(outputs)
            }
            Err(PublishError::Store(error)) => Err(error),
            // It is tried again at the next start: a quota may be raised.
            Err(error) => {
                tracing::error!(%error, "the agency cannot publish what it has to say here");
                Ok(Vec::new())
            }
        }
    }
}
