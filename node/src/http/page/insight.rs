//! How much there is, how open it is, and how it was.

use dela_protocol::api::{
    AgencyInsight, AgencyInsightList, Breakdown, HighValueReport, InsightReport, InsightSort,
    ValueCount, YearCount,
};
use maud::{Markup, html};

use super::chart::{self, Chart, Series, Tone};
use super::language::Language;
use super::layout::Frame;
use super::link;
use super::quality::decimal;
use super::trend::{Period, Row, Trend, drawn};
use super::words::insight as say;
use crate::calendar::Day;
use crate::http::insight::SORTS;
use crate::language::Words;

/// How many values of a property are shown, and how many more are folded.
const VALUES_SHOWN: usize = 8;
const VALUES_FOLDED: usize = 22;

/// How many years are shown; what is older is in the file.
const YEARS_SHOWN: usize = 20;

/// The parts of insight, each a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Overview,
    SideBySide,
    Quality,
}

/// Returns the links between the pages of insight, of the same agency.
pub(super) fn tabs(frame: &Frame, view: View, agency: Option<&str>) -> Markup {
    let views = [
        (View::Overview, "/insight", say::OVERVIEW),
        (View::SideBySide, "/insight/agencies", say::SIDE_BY_SIDE),
        (View::Quality, "/quality", say::QUALITY),
    ];
    html! {
        nav.tabs aria-label=(frame.text(say::VIEWS)) {
            // Side by side is of all.
            @for (of, path, name) in views {
                @let agency = agency.filter(|_| of != View::SideBySide);
                @let pairs = [("lang", frame.language.tag())].into_iter();
                a href=(link::with_query(path, pairs.chain(agency.map(|id| ("agency", id)))))
                    aria-current=[(of == view).then_some("page")] { (frame.text(name)) }
            }
        }
    }
}

/// Returns the heading of a page of insight: of all agencies, or of one.
pub(super) fn heading(frame: &Frame, name: Words, agency: Option<(&str, &str)>) -> Markup {
    html! {
        h1 {
            (frame.text(name))
            @if let Some((id, name)) = agency {
                ": " a href=(frame.path(&format!("/agency/{id}"))) { (name) }
            }
        }
    }
}

/// Returns the overview of an agency, or of all.
pub(super) fn page(frame: &Frame, report: &InsightReport, today: Day) -> Markup {
    let id = report.agency.map(|id| id.to_string());
    let agency = id.as_deref().zip(report.agency_name.as_deref());
    let files = Files { frame, agency: id.as_deref() };
    let main = html! {
        div.wide {
            (heading(frame, say::TITLE, agency))
            p.lede { (frame.text(say::LEDE)) }
            (tabs(frame, View::Overview, id.as_deref()))
            (key_figures(frame, report))
            section {
                h2 { (frame.text(say::OVER_TIME)) }
                (over_time(frame, report, today))
                p { (files.csv("history.csv")) }
            }
            (years(frame, report, &files))
            div.halves {
                (licences(frame, report, &files))
                (formats(frame, report, &files))
                (themes(frame, report, &files))
                (high_value(frame, &report.high_value, &files))
            }
            p.quiet {
                (frame.text(say::SEVERAL_NOTE)) " "
                a href=(files.json("/api/v1/insight")) { (frame.text(say::AS_JSON)) }
            }
        }
    };
    frame.around(frame.text(say::TITLE), &html! {}, &main)
}

/// Where the numbers of a page can be had as files.
struct Files<'a> {
    frame: &'a Frame,
    agency: Option<&'a str>,
}

impl Files<'_> {
    fn csv(&self, name: &str) -> Markup {
        let agency = self.agency.map(|id| ("agency", id));
        let pairs = [("lang", self.frame.language.tag())].into_iter().chain(agency);
        let address = link::with_query(&format!("/insight/{name}"), pairs);
        html! {
            a.download href=(address) { (self.frame.text(say::DOWNLOAD_CSV)) span.hidden { ": " (name) } }
        }
    }

    fn json(&self, path: &str) -> String {
        link::with_query(path, self.agency.map(|id| ("agency", id)))
    }
}

/// Returns a part of a whole in percent: rounded, but nothing only where there is
/// none, and a hundred only where it is all.
pub(super) fn percent(language: Language, part: u64, whole: u64) -> String {
    let space = match language {
        Language::Swedish => "\u{a0}",
        Language::English => "",
    };
    let rounded =
        part.saturating_mul(200).saturating_add(whole).checked_div(whole.saturating_mul(2));
    match rounded {
        None => "–".to_owned(),
        Some(0) if part > 0 => format!("<{space}1{space}%"),
        Some(100..) if part < whole => format!(">{space}99{space}%"),
        Some(percent) => format!("{percent}{space}%"),
    }
}

/// One number with its name, and what more there is to say of it.
pub(super) fn figure(name: &str, number: &str, more: &Markup) -> Markup {
    html! {
        div {
            dt { (name) }
            dd { strong { (number) } span.quiet { (more) } }
        }
    }
}

fn key_figures(frame: &Frame, report: &InsightReport) -> Markup {
    let language = frame.language;
    let number = |count| language.number(count);
    let all = report.datasets;
    let share = |name: Words, part: u64, long: Words| {
        let more = html! { (number(part)) " " (frame.text(long)) };
        figure(frame.text(name), &percent(language, part, all), &more)
    };
    html! {
        section aria-label=(frame.text(say::KEY_FIGURES)) {
            dl.figures {
                (figure(frame.text(say::DATASETS), &number(all), &html! {
                    (number(report.distributions)) " " (frame.text(say::DISTRIBUTIONS_SMALL))
                }))
                @if report.agency.is_none() {
                    (figure(frame.text(say::AGENCIES), &number(report.agencies), &html! {}))
                }
                (figure(frame.text(say::DATA_SERVICES), &number(report.data_services), &html! {}))
                (share(say::OPEN_LICENCE, report.open_licence, say::OPEN_LICENCE_LONG))
                (share(say::MACHINE_READABLE, report.machine_readable, say::MACHINE_READABLE_LONG))
                (figure(frame.text(say::HIGH_VALUE), &number(report.high_value.datasets), &html! {
                    (frame.text(say::HIGH_VALUE_LONG))
                }))
                (figure(frame.text(say::POINTS), &decimal(language, report.points), &html! {
                    (frame.text(say::OF)) " " (report.points_max) " " (frame.text(say::POINTS_UNIT))
                }))
            }
        }
    }
}

/// Shows the history in charts and a table; nothing to draw, while there is one
/// day.
fn over_time(frame: &Frame, report: &InsightReport, today: Day) -> Markup {
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
pub(super) fn records_over_time(frame: &Frame, report: &InsightReport, today: Day) -> Markup {
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

fn years(frame: &Frame, report: &InsightReport, files: &Files<'_>) -> Markup {
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

/// How many datasets have each value, with a link to them.
pub(super) fn values<'a>(
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
pub(super) fn found(frame: &Frame, agency: Option<&str>, facet: &str, value: &str) -> String {
    let pairs = [("lang", frame.language.tag()), (facet, value)].into_iter();
    link::with_query("/", pairs.chain(agency.map(|id| ("agency", id))))
}

fn licences(frame: &Frame, report: &InsightReport, files: &Files<'_>) -> Markup {
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

fn formats(frame: &Frame, report: &InsightReport, files: &Files<'_>) -> Markup {
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

fn themes(frame: &Frame, report: &InsightReport, files: &Files<'_>) -> Markup {
    let address = |code: &str| Some(found(frame, files.agency, "theme", code));
    html! {
        section {
            h2 { (frame.text(say::THEMES)) }
            (breakdown(frame, say::THEME, &report.themes, report.datasets, address))
            p { (files.csv("themes.csv")) }
        }
    }
}

fn high_value(frame: &Frame, report: &HighValueReport, files: &Files<'_>) -> Markup {
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

/// Returns the page of all agencies side by side.
pub(super) fn side_by_side(
    frame: &Frame,
    list: &AgencyInsightList,
    sort: InsightSort,
    begins: bool,
) -> Markup {
    let files = Files { frame, agency: None };
    let main = html! {
        div.wide {
            (heading(frame, say::TITLE, None))
            p.lede { (frame.text(say::SIDE_BY_SIDE_NOTE)) }
            (tabs(frame, View::SideBySide, None))
            (sorts(frame, sort))
            div.scroll tabindex="0" role="region" aria-label=(frame.text(say::SIDE_BY_SIDE)) {
                table {
                    thead {
                        tr {
                            th scope="col" { (frame.text(say::AGENCY)) }
                            @for name in COLUMNS { th.number scope="col" { (frame.text(name)) } }
                        }
                    }
                    tbody { @for one in &list.agencies { (agency_row(frame, one)) } }
                }
            }
            @let key = sort_key(sort);
            @let page = |after: Option<&str>| {
                let pairs = [("lang", frame.language.tag()), ("sort", key)].into_iter();
                link::with_query("/insight/agencies", pairs.chain(after.map(|id| ("after", id))))
            };
            (super::federation::paging(frame, begins, list.next.as_deref(), page))
            p { (files.csv("agencies.csv")) }
            p.quiet { a href="/api/v1/insight/agencies" { (frame.text(say::AS_JSON)) } }
        }
    };
    frame.around(frame.text(say::TITLE), &html! {}, &main)
}

/// The columns of the table of agencies, beside their names.
const COLUMNS: [Words; 6] = [
    say::DATASETS,
    say::OPEN_LICENCE,
    say::MACHINE_READABLE,
    say::HIGH_VALUE,
    say::POINTS,
    say::LATELY,
];

fn agency_row(frame: &Frame, one: &AgencyInsight) -> Markup {
    let language = frame.language;
    let id = one.id.to_string();
    let address = link::with_query("/insight", [("lang", language.tag()), ("agency", &id)]);
    let changes = one.created + one.changed + one.withdrawn;
    html! {
        tr {
            th scope="row" { a href=(address) { (one.name) } }
            td.number { (language.number(one.datasets)) }
            td.number { (percent(language, one.open_licence, one.datasets)) }
            td.number { (percent(language, one.machine_readable, one.datasets)) }
            td.number { (language.number(one.high_value)) }
            td.number {
                @if one.datasets > 0 { (decimal(language, one.points)) } @else { "–" }
            }
            td.number { (language.number(changes)) }
        }
    }
}

fn sort_key(sort: InsightSort) -> &'static str {
    SORTS.iter().find(|(_, known)| *known == sort).map_or("datasets", |(key, _)| key)
}

fn sorts(frame: &Frame, current: InsightSort) -> Markup {
    let name = |sort: InsightSort| match sort {
        InsightSort::Datasets => say::BY_DATASETS,
        InsightSort::Name => say::BY_NAME,
        InsightSort::Points => say::BY_POINTS,
        InsightSort::HighValue => say::BY_HIGH_VALUE,
        InsightSort::Changes => say::BY_CHANGES,
    };
    html! {
        nav.options aria-label=(frame.text(say::SORTED_BY)) {
            span { (frame.text(say::SORTED_BY)) ":" }
            @for (key, sort) in SORTS {
                a href=(link::with_query("/insight/agencies", [
                    ("lang", frame.language.tag()), ("sort", key),
                ])) aria-current=[(sort == current).then_some("true")] { (frame.text(name(sort))) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_to_the_nearest_percent() {
        assert_eq!(percent(Language::English, 2, 3), "67%");
        assert_eq!(percent(Language::Swedish, 1, 3), "33\u{a0}%");
        assert_eq!(percent(Language::English, 1, 2_000), "<1%");
        assert_eq!(percent(Language::Swedish, 1_359, 1_361), ">\u{a0}99\u{a0}%");
        assert_eq!(percent(Language::English, 0, 9), "0%");
        assert_eq!(percent(Language::English, 9, 9), "100%");
        assert_eq!(percent(Language::English, 0, 0), "–");
    }
}
