//! How datasets divide: by licence, format and theme, and by what high-value data
//! must be.

use dela_protocol::api::{Breakdown, HighValueReport, InsightReport, ValueCount};
use maud::{Markup, html};

use super::super::chart;
use super::super::layout::Frame;
use super::super::link;
use super::super::words::insight as say;
use super::{Files, percent};
use crate::language::Words;

/// How many values of a property are shown, and how many more are folded.
const VALUES_SHOWN: usize = 8;
const VALUES_FOLDED: usize = 22;

/// How many datasets have each value, with a link to them.
pub(in crate::http::page) fn values<'a>(
    frame: &Frame,
    name: Words,
    values: impl IntoIterator<Item = &'a ValueCount>,
    datasets: u64,
    address: impl Fn(&str) -> Option<String>,
) -> Markup {
    let language = frame.language;
    html! {
        table.values {
            thead {
                tr {
                    th scope="col" { (frame.text(name)) }
                    th.number scope="col" { (frame.text(say::DATASETS)) }
                    th.share scope="col" { (frame.text(say::SHARE)) }
                }
            }
            tbody {
                @for one in values {
                    tr {
                        th scope="row" {
                            @match address(&one.value) {
                                Some(address) => a href=(address) rel="nofollow" { (one.label) },
                                None => (one.label),
                            }
                        }
                        td.number { (language.number(one.datasets)) }
                        td.share {
                            (chart::bar(one.datasets, datasets))
                            span { (percent(language, one.datasets, datasets)) }
                        }
                    }
                }
            }
        }
    }
}

/// Shows how datasets divide by one property: the most frequent values, and more
/// that are folded.
fn breakdown(
    frame: &Frame,
    name: Words,
    breakdown: &Breakdown,
    datasets: u64,
    address: impl Fn(&str) -> Option<String>,
) -> Markup {
    let (shown, rest) = breakdown.values.split_at(breakdown.values.len().min(VALUES_SHOWN));
    let folded = rest.get(..rest.len().min(VALUES_FOLDED)).unwrap_or_default();
    let listed = u64::try_from(shown.len() + folded.len()).unwrap_or(u64::MAX);
    html! {
        @if shown.is_empty() {
            p { (frame.text(say::NONE_STATED)) }
        } @else {
            (values(frame, name, shown, datasets, &address))
            @if !folded.is_empty() {
                details {
                    summary { (folded.len()) " " (frame.text(say::MORE)) }
                    (values(frame, name, folded, datasets, &address))
                    @if listed < breakdown.distinct { p.quiet { (frame.text(say::REST_AS_CSV)) } }
                }
            }
        }
    }
}

/// Returns where the datasets with a value are found.
pub(in crate::http::page) fn found(
    frame: &Frame,
    agency: Option<&str>,
    facet: &str,
    value: &str,
) -> String {
    let pairs = [("lang", frame.language.tag()), (facet, value)].into_iter();
    link::with_query("/", pairs.chain(agency.map(|id| ("agency", id))))
}

pub(super) fn licences(frame: &Frame, report: &InsightReport, files: &Files<'_>) -> Markup {
    let address = |key: &str| Some(found(frame, files.agency, "licence", key));
    html! {
        section {
            h2 { (frame.text(say::LICENCES)) }
            (breakdown(frame, say::LICENCE, &report.licences, report.datasets, address))
            @if report.without_licence > 0 {
                p.quiet {
                    (frame.text(say::NO_LICENCE)) ": " (frame.language.number(report.without_licence))
                }
            }
            p { (files.csv("licences.csv")) }
        }
    }
}

pub(super) fn formats(frame: &Frame, report: &InsightReport, files: &Files<'_>) -> Markup {
    let address = |key: &str| Some(found(frame, files.agency, "format", key));
    html! {
        section {
            h2 { (frame.text(say::FORMATS)) }
            (breakdown(frame, say::FORMAT, &report.formats, report.datasets, address))
            @if report.without_format > 0 {
                p.quiet {
                    (frame.text(say::NO_FORMAT)) ": " (frame.language.number(report.without_format))
                }
            }
            p { (files.csv("formats.csv")) }
        }
    }
}

pub(super) fn themes(frame: &Frame, report: &InsightReport, files: &Files<'_>) -> Markup {
    let address = |code: &str| Some(found(frame, files.agency, "theme", code));
    html! {
        section {
            h2 { (frame.text(say::THEMES)) }
            (breakdown(frame, say::THEME, &report.themes, report.datasets, address))
            p { (files.csv("themes.csv")) }
        }
    }
}

pub(super) fn high_value(frame: &Frame, report: &HighValueReport, files: &Files<'_>) -> Markup {
    let parts = [
        (say::WITH_CATEGORY, report.with_category),
        (say::WITH_DISTRIBUTION, report.with_distribution),
        (say::WITH_OPEN_LICENCE, report.with_open_licence),
        (say::WITH_DOWNLOAD, report.with_download),
    ];
    let parts = parts.map(|(name, datasets)| ValueCount {
        value: String::new(),
        label: frame.text(name).to_owned(),
        datasets,
    });
    let categories: Vec<ValueCount> = report
        .categories
        .iter()
        .map(|one| ValueCount {
            value: one.iri.clone(),
            label: one.label.clone(),
            datasets: one.datasets,
        })
        .collect();
    html! {
        section {
            h2 { (frame.text(say::HIGH_VALUE_DATA)) }
            @if report.datasets == 0 {
                p { (frame.text(say::NO_HIGH_VALUE)) }
            } @else {
                (values(frame, say::REQUIREMENT, &parts, report.datasets, |_| None))
                @if !categories.is_empty() {
                    (values(frame, say::CATEGORY, &categories, report.datasets, |_| None))
                }
                p { (files.csv("high-value.csv")) }
            }
        }
    }
}
