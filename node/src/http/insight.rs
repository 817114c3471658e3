//! How much there is, how open it is, and how it was: as JSON, and as tables.

use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use dela_protocol::api::{
    AgencyInsightList, Breakdown, HistoryPoint, InsightReport, InsightSort, Problem, QualityReport,
};
use dela_protocol::id::AgencyId;

use super::App;
use super::check::language_of;
use super::csv::Table;
use super::error::{Kind, Refusal};
use super::parameters::{Parameters, Segment, blocking, shown};
use crate::index::{Index, IndexError};
use crate::language::Language;

/// The most agencies in one page: as many as a country has.
const LIMIT_MAX: usize = super::agencies::LIMIT_MAX;

/// How many agencies a page has unless asked otherwise.
const LIMIT: usize = 100;

/// The orders there are.
pub(super) const SORTS: [(&str, InsightSort); 5] = [
    ("datasets", InsightSort::Datasets),
    ("name", InsightSort::Name),
    ("points", InsightSort::Points),
    ("high_value", InsightSort::HighValue),
    ("changes", InsightSort::Changes),
];

/// How much there is, how open it is, and how it was
///
/// Of one agency, or of all: datasets, licences, formats, themes, high-value data
/// and quality, and the history day by day.
#[utoipa::path(
    get,
    path = "/api/v1/insight",
    tag = "insight",
    params(
        ("agency" = Option<String>, Query, description = "An agency's id, or the first 8 or more \
         digits of it; all agencies without"),
        ("language" = Option<String>, Query, description = "Of labels: sv or en; else by \
         Accept-Language, else English"),
    ),
    responses((status = 200, body = InsightReport), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn insight(
    State(app): State<App>,
    headers: HeaderMap,
    mut parameters: Parameters,
) -> Result<Json<InsightReport>, Refusal> {
    let agency = parameters.one("agency")?;
    let language = language_of(&mut parameters, &headers)?;
    parameters.finish()?;
    blocking(move || {
        let agency = agency.map(|name| app.index.agency_named(&name)).transpose()?;
        app.index.insight(agency.as_ref(), language)
    })
    .await
    .map(Json)
}

/// The same counts of each agency, side by side
#[utoipa::path(
    get,
    path = "/api/v1/insight/agencies",
    tag = "insight",
    params(
        ("sort" = Option<InsightSort>, Query, description = "The order; most datasets first by \
         default"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "How many, 100 \
         by default"),
        ("after" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses((status = 200, body = AgencyInsightList), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn agencies(
    State(app): State<App>,
    mut parameters: Parameters,
) -> Result<Json<AgencyInsightList>, Refusal> {
    let sort = parameters.word("sort", &SORTS)?.unwrap_or_default();
    let limit = parameters.limit(LIMIT, LIMIT_MAX)?;
    let after: Option<AgencyId> = parameters.parsed("after", "the `next` of the page before")?;
    parameters.finish()?;
    blocking(move || app.index.insight_of_agencies(sort, limit, after.as_ref())).await.map(Json)
}

/// What there are tables of, by the names of their files.
#[derive(Debug, Clone, Copy)]
enum Subject {
    Agencies,
    Licences,
    Formats,
    Themes,
    HighValue,
    Years,
    Quality,
    History,
}

const SUBJECTS: [(&str, Subject); 8] = [
    ("agencies.csv", Subject::Agencies),
    ("licences.csv", Subject::Licences),
    ("formats.csv", Subject::Formats),
    ("themes.csv", Subject::Themes),
    ("high-value.csv", Subject::HighValue),
    ("years.csv", Subject::Years),
    ("quality.csv", Subject::Quality),
    ("history.csv", Subject::History),
];

/// A table, as a file to download. Parameters it does not know are refused, as
/// in the API: these are files for programs, too.
pub(super) async fn table(
    State(app): State<App>,
    Segment(name): Segment,
    headers: HeaderMap,
    mut parameters: Parameters,
) -> Result<Response, Refusal> {
    let known = SUBJECTS.iter().find(|(known, _)| *known == name);
    let (name, subject) = known.copied().ok_or_else(|| {
        let names: Vec<&str> = SUBJECTS.iter().map(|(name, _)| *name).collect();
        let hint = format!("there are {}", names.join(", "));
        Refusal::new(Kind::NotFound, format!("there is no table {}", shown(&name)), hint)
    })?;
    let agency = match subject {
        Subject::Agencies => None,
        _ => parameters.one("agency")?,
    };
    // The link of a page says its language as pages do.
    let asked = parameters.one("lang")?;
    let language = match asked.as_deref().and_then(Language::of_tag) {
        Some(language) => language,
        None => language_of(&mut parameters, &headers)?,
    };
    parameters.finish()?;
    let table = blocking(move || {
        let agency = agency.map(|name| app.index.agency_named(&name)).transpose()?;
        make(&app.index, subject, agency.as_ref(), language)
    });
    let mut response = table.await?.into_string().into_response();
    let headers = response.headers_mut();
    headers
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    let disposition = format!("attachment; filename=\"{name}\"");
    headers.insert(
        CONTENT_DISPOSITION,
        HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment")),
    );
    Ok(response)
}

fn make(
    index: &Index,
    subject: Subject,
    agency: Option<&AgencyId>,
    language: Language,
) -> Result<Table, IndexError> {
    Ok(match subject {
        Subject::Agencies => of_agencies(index)?,
        Subject::Quality => of_quality(&index.quality(agency, language)?),
        _ => {
            let report = index.insight(agency, language)?;
            match subject {
                Subject::Licences => of_breakdown("licence", &report.licences),
                Subject::Formats => of_breakdown("format", &report.formats),
                Subject::Themes => of_breakdown("theme", &report.themes),
                Subject::HighValue => of_high_value(&report),
                Subject::Years => of_years(&report),
                _ => of_history(&report.history),
            }
        }
    })
}

fn of_agencies(index: &Index) -> Result<Table, IndexError> {
    let mut table = Table::new(&[
        "agency",
        "name",
        "datasets",
        "distributions",
        "data_services",
        "open_licence",
        "without_licence",
        "machine_readable",
        "high_value",
        "points",
        "created_30_days",
        "changed_30_days",
        "withdrawn_30_days",
    ]);
    let all = index.insight_of_agencies(InsightSort::Name, usize::MAX, None)?;
    for one in all.agencies {
        table.row();
        table.text(&one.id.to_string());
        table.text(&one.name);
        for count in [
            one.datasets,
            one.distributions,
            one.data_services,
            one.open_licence,
            one.without_licence,
            one.machine_readable,
            one.high_value,
        ] {
            table.number(count);
        }
        table.decimal(one.points);
        for count in [one.created, one.changed, one.withdrawn] {
            table.number(count);
        }
    }
    Ok(table)
}

fn of_breakdown(column: &str, breakdown: &Breakdown) -> Table {
    let mut table = Table::new(&[column, "label", "datasets"]);
    for one in &breakdown.values {
        table.row();
        table.text(&one.value);
        table.text(&one.label);
        table.number(one.datasets);
    }
    table
}

fn of_high_value(report: &InsightReport) -> Table {
    let mut table = Table::new(&["category", "label", "datasets"]);
    for one in &report.high_value.categories {
        table.row();
        table.text(&one.iri);
        table.text(&one.label);
        table.number(one.datasets);
    }
    table
}

fn of_years(report: &InsightReport) -> Table {
    let mut table = Table::new(&["year", "datasets"]);
    for one in &report.changed_in {
        table.row();
        table.number(one.year.into());
        table.number(one.datasets);
    }
    table
}

fn of_quality(report: &QualityReport) -> Table {
    let mut table = Table::new(&[
        "indicator",
        "dimension",
        "label",
        "of",
        "met",
        "total",
        "checked",
        "points",
        "points_max",
    ]);
    for one in &report.indicators {
        table.row();
        for cell in [&one.name, &one.dimension, &one.label, &one.of] {
            table.text(cell);
        }
        table.number(one.met);
        table.number(one.total);
        table.text(if one.checked { "true" } else { "false" });
        table.decimal(one.points);
        table.number(one.points_max.into());
    }
    table
}

fn of_history(history: &[HistoryPoint]) -> Table {
    let mut table = Table::new(&[
        "date",
        "agencies",
        "datasets",
        "distributions",
        "open_licence",
        "without_licence",
        "machine_readable",
        "high_value",
        "points",
        "records",
        "created",
        "changed",
        "withdrawn",
    ]);
    for day in history {
        table.row();
        table.text(&day.date);
        table.maybe(day.agencies);
        table.number(day.datasets);
        table.number(day.distributions);
        table.number(day.open_licence);
        table.maybe(day.without_licence);
        table.maybe(day.machine_readable);
        table.number(day.high_value);
        table.decimal(day.points);
        for count in [day.records, day.created, day.changed, day.withdrawn] {
            table.maybe(count);
        }
    }
    table
}
