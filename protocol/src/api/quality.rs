//! How good descriptions are, counted as the EU's portal does.

use serde::{Deserialize, Serialize};

use crate::id::{AgencyId, EntityId};
use crate::time::Timestamp;

/// What the descriptions of an agency, or of the whole federation, score by the
/// Metadata Quality Assessment (MQA) of data.europa.eu. Points are between 0
/// and `points_max`; each indicator counts by the share that meets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QualityReport {
    /// Whose; absent for all agencies.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agency: Option<AgencyId>,
    /// The agency's name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agency_name: Option<String>,
    /// How many datasets there are.
    pub datasets: u64,
    /// How many distributions they have.
    pub distributions: u64,
    /// The points that are certain.
    pub points: f64,
    /// The points that may come beside: nobody has asked whether addresses
    /// answer.
    pub points_unchecked: f64,
    /// All points there are: 405.
    pub points_max: u32,
    /// What the certain points are called: `bad`, `sufficient`, `good` or
    /// `excellent`.
    pub rating: String,
    /// How many datasets have each rating.
    pub ratings: Ratings,
    /// The points by dimension.
    pub dimensions: Vec<DimensionScore>,
    /// Each indicator.
    pub indicators: Vec<IndicatorShare>,
    /// What is high-value data by law, and what is missing there.
    pub high_value: HighValueReport,
    /// How it was before: one row for each day on which something changed, the
    /// oldest first.
    pub trend: Vec<HistoryPoint>,
}

/// How many datasets have each rating.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ratings {
    /// 351 points or more.
    pub excellent: u64,
    /// 221 to 350 points.
    pub good: u64,
    /// 121 to 220 points.
    pub sufficient: u64,
    /// 120 points or fewer.
    pub bad: u64,
}

/// The points of one dimension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DimensionScore {
    /// `findability`, `accessibility`, `interoperability`, `reusability` or
    /// `contextuality`.
    pub name: String,
    /// The points that are certain.
    pub points: f64,
    /// The points that may come beside.
    pub points_unchecked: f64,
    /// All points of the dimension.
    pub points_max: u32,
}

/// How many meet an indicator, and what it gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IndicatorShare {
    /// Its name: `keyword_usage`.
    pub name: String,
    /// What it belongs to.
    pub dimension: String,
    /// What it is called, in the language asked for.
    pub label: String,
    /// Whether datasets or distributions are counted: `dataset`, `distribution`.
    pub of: String,
    /// How many meet it; of one that is not checked, how many could.
    pub met: u64,
    /// How many there are.
    pub total: u64,
    /// Whether the node knows; if not, the points are not certain.
    pub checked: bool,
    /// What it gives now.
    pub points: f64,
    /// What it gives when all meet it.
    pub points_max: u32,
    /// What to do, in the language asked for.
    pub remedy: String,
}

/// High-value data by Commission Implementing Regulation (EU) 2023/138.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HighValueReport {
    /// How many datasets are said to fall under the law.
    pub datasets: u64,
    /// How many of them have a category of the law.
    pub with_category: u64,
    /// How many have a distribution that is said to fall under it too.
    pub with_distribution: u64,
    /// How many can be had under a licence as open as the law demands.
    pub with_open_licence: u64,
    /// How many can be downloaded in bulk.
    pub with_download: u64,
    /// How many datasets there are of each category.
    pub categories: Vec<HighValueCategory>,
}

/// One category of high-value data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HighValueCategory {
    /// Its IRI.
    pub iri: String,
    /// What it is called, in the language asked for.
    pub label: String,
    /// How many datasets have it.
    pub datasets: u64,
}

/// How it was at the end of a day, and what changed on it. Counts that a node of
/// an earlier version did not make are absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HistoryPoint {
    /// The day, in UTC: `2026-05-31`.
    pub date: String,
    /// How many datasets there were.
    pub datasets: u64,
    /// How many distributions they had.
    pub distributions: u64,
    /// The points that were certain.
    pub points: f64,
    /// How many datasets were high-value data.
    pub high_value: u64,
    /// How many datasets could be had under an open licence.
    pub open_licence: u64,
    /// How many datasets said no licence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub without_licence: Option<u64>,
    /// How many datasets had a format that programs read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub machine_readable: Option<u64>,
    /// How many agencies there were; only of the federation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agencies: Option<u64>,
    /// How many live records of any kind there were; absent while the catalogue
    /// was not here in full.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub records: Option<u64>,
    /// How many records were new on that day. What an agency had before this node
    /// met it is not new.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created: Option<u64>,
    /// How many were described anew.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub changed: Option<u64>,
    /// How many were withdrawn.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub withdrawn: Option<u64>,
}

/// What one dataset scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetQuality {
    /// Which.
    pub id: EntityId,
    /// When its record was signed.
    pub issued_at: Timestamp,
    /// The points that are certain.
    pub points: u32,
    /// The points that may come beside.
    pub points_unchecked: u32,
    /// All points there are: 405.
    pub points_max: u32,
    /// What the certain points are called.
    pub rating: String,
    /// Each indicator, in the order of the method.
    pub indicators: Vec<DatasetIndicator>,
}

/// Whether a dataset meets an indicator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetIndicator {
    /// Its name: `keyword_usage`.
    pub name: String,
    /// What it belongs to.
    pub dimension: String,
    /// What it is called, in the language asked for.
    pub label: String,
    /// Whether it is met.
    pub outcome: IndicatorOutcome,
    /// What it is worth.
    pub points: u32,
    /// What to do where it is missed, in the language asked for.
    pub remedy: String,
}

/// Whether an indicator is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IndicatorOutcome {
    /// It is.
    Met,
    /// It is not.
    Missed,
    /// It may be; nobody has asked.
    Unchecked,
}
