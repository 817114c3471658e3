//! Whether the domain that an agency names says so too.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// `POST /api/v1/federation/domains`: whose domain is to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WhoseDomain {
    /// A member or an agency that applies, or the beginning of its id.
    pub agency: String,
}

/// What a domain said, when this node last asked it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DomainCheck {
    /// The domain.
    pub domain: String,
    /// When it was asked.
    pub at: Timestamp,
    /// What `https://<domain>/.well-known/dela.json` said.
    pub web: DomainAnswer,
    /// What the text at `_dela.<domain>` said.
    pub dns: DomainAnswer,
}

impl DomainCheck {
    /// Returns whether the domain has said that the agency is its own.
    pub fn holds(&self) -> bool {
        [&self.web, &self.dns].iter().any(|it| it.outcome == DomainOutcome::Confirmed)
    }
}

/// What a domain said in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DomainAnswer {
    /// How it came out.
    pub outcome: DomainOutcome,
    /// What was found instead; empty where it is confirmed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// How a question to a domain came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum DomainOutcome {
    /// The domain says that the agency is its own.
    Confirmed,
    /// It names other agencies only.
    Other,
    /// It says nothing.
    Missing,
    /// Nobody could be asked, or the answer cannot be used.
    Failed,
}

/// `GET /.well-known/dela.json`: which agencies are those of a domain (RFC 8615).
///
/// A node serves the one of its own agency; where the domain leads elsewhere, the
/// document is put there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DomainProof {
    /// The ids of the agencies.
    pub agencies: Vec<String>,
    /// The text that says the same in the DNS, at `_dela.<domain>`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}
