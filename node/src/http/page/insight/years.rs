//! How old what there is has become: by the year of the last change.

use dela_protocol::api::{InsightReport, YearCount};
use maud::{Markup, html};

use super::super::chart::{Chart, Series, Tone};
use super::super::layout::Frame;
use super::super::trend::drawn;
use super::super::words::insight as say;
use super::Files;

/// How many years are shown; what is older is in the file.
const YEARS_SHOWN: usize = 20;

/// Shows in which years datasets were last changed.
pub(super) fn years(frame: &Frame, report: &InsightReport, files: &Files<'_>) -> Markup {
    let language = frame.language;
    let shown = report.changed_in.get(report.changed_in.len().saturating_sub(YEARS_SHOWN)..);
    let shown = shown.unwrap_or_default();
    let labels: Vec<String> = shown.iter().map(|year| year.year.to_string()).collect();
    let values = shown.iter().map(|year| Some(drawn(year.datasets))).collect();
    let said = shown
        .iter()
        .rev()
        .take(3)
        .map(|year| format!("{}: {}.", year.year, language.number(year.datasets)));
    let chart = Chart {
        id: "years",
        title: frame.text(say::CHART_YEARS),
        said: said.collect::<Vec<_>>().join(" "),
        labels: &labels,
        language,
        series: vec![Series { label: frame.text(say::DATASETS), tone: Tone::First, values }],
    };
    html! {
        @if !shown.is_empty() {
            section {
                h2 { (frame.text(say::YEARS)) }
                div.halves {
                    (chart.columns())
                    div {
                        p.quiet { (frame.text(say::YEARS_NOTE)) }
                        (year_table(frame, shown))
                        p { (files.csv("years.csv")) }
                    }
                }
            }
        }
    }
}

fn year_table(frame: &Frame, years: &[YearCount]) -> Markup {
    html! {
        details {
            summary { (frame.text(say::AS_TABLE)) }
            table.dense {
                thead {
                    tr {
                        th scope="col" { (frame.text(say::YEAR)) }
                        th.number scope="col" { (frame.text(say::DATASETS)) }
                    }
                }
                tbody {
                    @for year in years.iter().rev() {
                        tr {
                            th scope="row" { (year.year) }
                            td.number { (frame.language.number(year.datasets)) }
                        }
                    }
                }
            }
        }
    }
}
