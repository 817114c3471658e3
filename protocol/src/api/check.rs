//! What should be mended in a file.

use serde::{Deserialize, Serialize};

/// `POST /api/v1/check`: what should be mended before publishing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckReport {
    /// The format the file was read as.
    pub format: String,
    /// How many triples the file holds.
    pub triples: u64,
    /// How many datasets the file describes.
    pub datasets: u64,
    /// How many findings are errors.
    pub errors: u64,
    /// How many findings are warnings.
    pub warnings: u64,
    /// The findings, at most 1,000 of them.
    pub findings: Vec<Finding>,
}

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The rule, stable, for programs: `dataset-title`.
    pub rule: String,
    /// What it is about: an IRI, or the place in the file.
    pub subject: String,
    /// The way from the entry to what is wrong, step by step:
    /// `dcat:distribution[2]/dcterms:license`, where one is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// The line in the file where that begins, counted from 1, where known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u64>,
    /// What is wrong.
    pub message: String,
    /// Why it matters; empty where the message says it.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub why: String,
    /// What to do.
    pub remedy: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A mandatory property of DCAT-AP-SE is missing or unusable.
    Error,
    /// A recommended property is missing, or a value others cannot use.
    Warning,
}
