//! Refusing what has errors, where somebody asked for that.
//!
//! Invariant: what is an error is decided by [`check`] alone, so
//! that `dela check` tells beforehand what is refused here; and it is decided
//! before anything is planned, so that nothing is taken in by half.

use dela_protocol::api::{Finding, Severity};

use super::PublishError;
use crate::check::{self, CheckOptions};
use crate::export::Profile;
use crate::import::Imported;

/// How many errors a refusal lists: what fits a screen and tells the pattern.
/// Its count is of all.
const LISTED_MAX: usize = 10;

/// Refuses findings among which there is an error.
pub(super) fn refuse_errors(
    mut findings: Vec<Finding>,
    profile: Profile,
) -> Result<(), PublishError> {
    findings.retain(|finding| finding.severity == Severity::Error);
    if findings.is_empty() {
        return Ok(());
    }
    let errors = u64::try_from(findings.len()).unwrap_or(u64::MAX);
    findings.truncate(LISTED_MAX);
    Err(PublishError::Faulty { errors, profile, findings })
}

/// Returns what was read from `bytes` if the check finds no error in it.
pub(super) fn faultless(
    imported: Imported,
    bytes: &[u8],
    options: CheckOptions,
) -> Result<Imported, PublishError> {
    refuse_errors(check::check(&imported, bytes, options), options.profile)?;
    Ok(imported)
}

/// As [`faultless`], away from the event loop. The bytes are dropped after.
pub(crate) async fn refuse_faulty(
    imported: Imported,
    bytes: Vec<u8>,
    options: CheckOptions,
) -> Result<Imported, PublishError> {
    super::blocking(move || faultless(imported, &bytes, options)).await
}
