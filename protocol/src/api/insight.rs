//! How much there is, how open it is, and how it was before.

use serde::{Deserialize, Serialize};

use super::quality::{HighValueReport, HistoryPoint, Ratings};
use crate::id::AgencyId;

/// `GET /api/v1/insight`: what there is, counted, of one agency or of all. All
/// counts but those of the history are of what can be searched now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InsightReport {
    /// Whose; absent for all agencies.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agency: Option<AgencyId>,
    /// The agency's name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agency_name: Option<String>,
    /// How many agencies are counted: 1 where one was asked for.
    pub agencies: u64,
    /// How many datasets there are.
    pub datasets: u64,
    /// How many distributions they have.
    pub distributions: u64,
    /// How many data services there are.
    pub data_services: u64,
    /// How many dataset series there are.
    pub dataset_series: u64,
    /// How many datasets can be had under a licence that asks for no more than
    /// to be named as the source.
    pub open_licence: u64,
    /// How many datasets say no licence.
    pub without_licence: u64,
    /// How many datasets have a distribution in a format that programs read.
    pub machine_readable: u64,
    /// How many datasets say no format.
    pub without_format: u64,
    /// How many datasets have which licence, the most frequent first. A dataset
    /// with several counts in each.
    pub licences: Breakdown,
    /// The same of formats.
    pub formats: Breakdown,
    /// The same of themes, in the language asked for.
    pub themes: Breakdown,
    /// High-value data.
    pub high_value: HighValueReport,
    /// The points for certain by the EU's method, between 0 and `points_max`.
    pub points: f64,
    /// All points there are: 405.
    pub points_max: u32,
    /// How many datasets have each rating.
    pub ratings: Ratings,
    /// How many datasets were last changed in which year, by their own word, or
    /// else by when their record was signed; the earliest first.
    pub changed_in: Vec<YearCount>,
    /// How it was: one row for each day on which something changed, the oldest
    /// first.
    pub history: Vec<HistoryPoint>,
}

/// How datasets divide by the values of one property.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Breakdown {
    /// How many different values there are, also those beyond the ones listed.
    pub distinct: u64,
    /// The values, the most frequent first; at most 100.
    pub values: Vec<ValueCount>,
}

/// How many datasets have a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ValueCount {
    /// The value, as the search filters by it: `CC-BY-4.0`, `CSV`, `ENVI`.
    pub value: String,
    /// What people call it.
    pub label: String,
    /// How many datasets have it.
    pub datasets: u64,
}

/// How many datasets belong to a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct YearCount {
    /// The year, in UTC; 1970 and what lies before, or cannot be read, is left
    /// out, and so is what lies ahead.
    pub year: u32,
    /// How many datasets.
    pub datasets: u64,
}

/// `GET /api/v1/insight/agencies`: the same counts of each agency, side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgencyInsightList {
    /// How many agencies there are in all.
    pub total: u64,
    /// The agencies of this page.
    pub agencies: Vec<AgencyInsight>,
    /// What to pass as `after` for the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next: Option<String>,
}

/// What one agency offers, counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgencyInsight {
    /// Its id.
    pub id: AgencyId,
    /// Its name.
    pub name: String,
    /// How many datasets it offers.
    pub datasets: u64,
    /// How many distributions they have.
    pub distributions: u64,
    /// How many data services it offers.
    pub data_services: u64,
    /// How many of its datasets can be had under an open licence.
    pub open_licence: u64,
    /// How many say no licence.
    pub without_licence: u64,
    /// How many have a format that programs read.
    pub machine_readable: u64,
    /// How many are high-value data.
    pub high_value: u64,
    /// The points for certain by the EU's method.
    pub points: f64,
    /// How many records were new in the last 30 days, as far as this node has
    /// counted.
    pub created: u64,
    /// How many were described anew.
    pub changed: u64,
    /// How many were withdrawn.
    pub withdrawn: u64,
}

/// In which order agencies are listed side by side; equal ones by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum InsightSort {
    /// Most datasets first.
    #[default]
    Datasets,
    /// By name.
    Name,
    /// Most points first.
    Points,
    /// Most high-value data first.
    HighValue,
    /// Most changes in the last 30 days first, of whatever kind.
    Changes,
}
