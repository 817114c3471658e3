//! How it was: charts over time, and the table with their numbers.

use dela_protocol::api::InsightReport;
use maud::{Markup, html};

use super::super::chart::{self, Chart, Series, Tone};
use super::super::layout::Frame;
use super::super::quality::decimal;
use super::super::trend::{Period, Row, Trend, drawn};
use super::super::words::insight as say;
use crate::calendar::Day;
use crate::language::Words;

/// Shows the history in charts and a table; nothing to draw, while there is one
/// day.
pub(super) fn over_time(frame: &Frame, report: &InsightReport, today: Day) -> Markup {
    let trend = Trend::of(&report.history, today);
    let labels = trend.labels(frame.language);
    let Some(first) = trend.rows.first() else {
        return html! { p { (frame.text(say::NO_HISTORY)) } };
    };
    if trend.rows.len() < 2 {
        return html! { p { (frame.text(say::BEGINS)) " " (first.begin.long(frame.language)) "." } };
    }
    let line = |id, title: Words, value: fn(&Row) -> Option<f64>| {
        let series = vec![one(say::DATASETS.text(frame.language), &trend, value)];
        over(frame, &trend, &labels, id, title, series).lines()
    };
    html! {
        div.charts {
            (line("datasets", say::CHART_DATASETS, |row| Some(drawn(row.state.datasets))))
            (churn(frame, &trend, &labels))
            (open(frame, &trend, &labels))
            (line("readable", say::CHART_READABLE, |row| row.state.machine_readable.map(drawn)))
            (line("high-value", say::CHART_HIGH_VALUE, |row| Some(drawn(row.state.high_value))))
            (line("points", say::CHART_POINTS, |row| Some(row.state.points)))
        }
        p.quiet { (frame.text(say::CHURN_NOTE)) }
        (trend_table(frame, &trend))
    }
}

/// Draws how many records there were, and what changed: for the federation.
pub(in crate::http::page) fn records_over_time(
    frame: &Frame,
    report: &InsightReport,
    today: Day,
) -> Markup {
    let trend = Trend::of(&report.history, today);
    let labels = trend.labels(frame.language);
    if trend.rows.len() < 2 {
        return over_time(frame, report, today);
    }
    let records =
        one(say::RECORDS.text(frame.language), &trend, |row| row.state.records.map(drawn));
    html! {
        div.charts {
            (over(frame, &trend, &labels, "records", say::CHART_RECORDS, vec![records]).lines())
            (churn(frame, &trend, &labels))
        }
        p.quiet { (frame.text(say::CHURN_NOTE)) }
        (trend_table(frame, &trend))
    }
}

fn one(label: &'static str, trend: &Trend, value: impl Fn(&Row) -> Option<f64>) -> Series {
    Series { label, tone: Tone::First, values: trend.values(value) }
}

/// Makes a chart over time, which says where its first line begins and ends.
fn over<'a>(
    frame: &Frame,
    trend: &Trend,
    labels: &'a [String],
    id: &'static str,
    title: Words,
    series: Vec<Series>,
) -> Chart<'a> {
    let language = frame.language;
    let values = series.first().map_or(&[][..], |series| &series.values);
    let known = trend.rows.iter().zip(values).filter_map(|(row, value)| Some((row, (*value)?)));
    let known: Vec<(&Row, f64)> = known.collect();
    let said = match (known.first(), known.last()) {
        (Some((first, from)), Some((last, to))) => chart::from_to(
            (&first.begin.long(language), decimal(language, *from)),
            (&last.begin.long(language), decimal(language, *to)),
        ),
        _ => frame.text(say::NOT_COUNTED).to_owned(),
    };
    Chart { id, title: frame.text(title), said, labels, language, series }
}

/// Reads one number of a row, where anybody counted.
type Count = fn(&Row) -> Option<u64>;

fn churn(frame: &Frame, trend: &Trend, labels: &[String]) -> Markup {
    let kinds: [(Words, Tone, Count); 3] = [
        (say::CREATED, Tone::First, |row| row.created),
        (say::CHANGED, Tone::Pale, |row| row.changed),
        (say::WITHDRAWN, Tone::Second, |row| row.withdrawn),
    ];
    let sum = |count: Count| trend.rows.iter().filter_map(count).sum::<u64>();
    let said = kinds.map(|(name, _, count)| {
        format!("{}: {}.", frame.text(name), frame.language.number(sum(count)))
    });
    let series = kinds.map(|(name, tone, count)| Series {
        label: frame.text(name),
        tone,
        values: trend.values(|row| count(row).map(drawn)),
    });
    let chart = Chart {
        id: "churn",
        title: frame.text(say::CHART_CHURN),
        said: said.join(" "),
        labels,
        language: frame.language,
        series: series.into(),
    };
    chart.columns()
}

fn open(frame: &Frame, trend: &Trend, labels: &[String]) -> Markup {
    let without = Series {
        label: frame.text(say::WITHOUT_LICENCE),
        tone: Tone::Second,
        values: trend.values(|row| row.state.without_licence.map(drawn)),
    };
    let open = one(frame.text(say::OPEN_LICENCE), trend, |row| Some(drawn(row.state.open_licence)));
    over(frame, trend, labels, "open", say::CHART_OPEN, vec![open, without]).lines()
}

/// Shows the numbers of the charts.
fn trend_table(frame: &Frame, trend: &Trend) -> Markup {
    let language = frame.language;
    let caption = match trend.period {
        Period::Day => say::PER_DAY,
        Period::Week => say::PER_WEEK,
        Period::Month => say::PER_MONTH,
    };
    let columns = [
        say::DATASETS,
        say::RECORDS,
        say::CREATED,
        say::CHANGED,
        say::WITHDRAWN,
        say::OPEN_LICENCE,
        say::WITHOUT_LICENCE,
        say::MACHINE_READABLE,
        say::HIGH_VALUE,
        say::POINTS,
    ];
    let cells = |row: &Row| {
        let state = &row.state;
        let counts = [
            Some(state.datasets),
            state.records,
            row.created,
            row.changed,
            row.withdrawn,
            Some(state.open_licence),
            state.without_licence,
            state.machine_readable,
            Some(state.high_value),
        ];
        counts.map(|count| count.map_or("–".to_owned(), |count| language.number(count)))
    };
    html! {
        details {
            summary { (frame.text(say::AS_TABLE)) }
            div.scroll tabindex="0" role="region" aria-label=(frame.text(say::OVER_TIME)) {
                table.dense {
                    caption { (frame.text(caption)) " –: " (frame.text(say::NOT_COUNTED)) "." }
                    thead {
                        tr {
                            th scope="col" { (frame.text(say::DATE)) }
                            @for name in columns { th.number scope="col" { (frame.text(name)) } }
                        }
                    }
                    tbody {
                        @for row in trend.rows.iter().rev() {
                            tr {
                                th scope="row" { (row.begin) }
                                @for cell in cells(row) { td.number { (cell) } }
                                td.number { (decimal(language, row.state.points)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
