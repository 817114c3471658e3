//! How good the descriptions are, and what would make them better.

use dela_protocol::api::{
    DatasetQuality, HighValueReport, HistoryPoint, IndicatorOutcome, IndicatorShare, QualityReport,
};
use maud::{Markup, html};

use super::chart::{self, Chart, Series, Tone};
use super::insight::{View, heading, tabs};
use super::language::Language;
use super::layout::Frame;
use super::link;
use super::trend::Trend;
use super::words::insight::{CHART_POINTS, DOWNLOAD_CSV, QUALITY, TITLE};
use crate::calendar::Day;
use crate::language::words;
use crate::quality::{Dimension, Rating};

/// How many indicators are named as the best to mend first.
const BEST_SHOWN: usize = 5;

/// Returns the page of an agency's quality, or of the federation's.
pub(super) fn page(frame: &Frame, report: &QualityReport, today: Day) -> Markup {
    let say = |swedish, english| words(swedish, english).text(frame.language);
    let id = report.agency.map(|id| id.to_string());
    let main = html! {
        div.wide {
            (heading(frame, TITLE, id.as_deref().zip(report.agency_name.as_deref())))
            (tabs(frame, View::Quality, id.as_deref()))
            div.measure {
                (summary(frame, report))
                (gains(frame, &report.indicators))
                (dimensions(frame, report))
                (high_value(frame, &report.high_value))
                (trend(frame, &report.trend, today))
                (indicators(frame, &report.indicators))
                p.quiet {
                    (say(
                        "Poängen räknas som EU:s portal data.europa.eu räknar (MQA, 405 poäng). Om \
                         adresser svarar har ingen här prövat; de poängen står för sig.",
                        "Points are counted as the EU's portal data.europa.eu counts (MQA, 405 points). \
                         Nobody here has tried whether addresses answer; those points are told apart.",
                    ))
                    " "
                    a href=(json_of(report)) { "JSON" } ", "
                    a.download href=(csv_of(frame, report)) { (frame.text(DOWNLOAD_CSV)) }
                }
            }
        }
    };
    frame.around(frame.text(QUALITY), &html! {}, &main)
}

fn csv_of(frame: &Frame, report: &QualityReport) -> String {
    let agency = report.agency.map(|id| id.to_string());
    let agency = agency.as_deref().map(|id| ("agency", id));
    let pairs = [("lang", frame.language.tag())].into_iter();
    link::with_query("/insight/quality.csv", pairs.chain(agency))
}

fn json_of(report: &QualityReport) -> String {
    let agency = report.agency.map(|id| id.to_string());
    match &agency {
        Some(id) => link::with_query("/api/v1/quality", [("agency", id.as_str())]),
        None => "/api/v1/quality".to_owned(),
    }
}

fn summary(frame: &Frame, report: &QualityReport) -> Markup {
    let language = frame.language;
    let say = |swedish, english| words(swedish, english).text(language);
    let ratings = [
        (Rating::Excellent, report.ratings.excellent),
        (Rating::Good, report.ratings.good),
        (Rating::Sufficient, report.ratings.sufficient),
        (Rating::Bad, report.ratings.bad),
    ];
    html! {
        p.score {
            strong { (decimal(language, report.points)) }
            " " (say("av", "of")) " " (report.points_max) " "
            (say("poäng", "points")) " – " (rating(language, &report.rating))
        }
        p {
            (language.number(report.datasets)) " " (frame.words.datasets.to_lowercase()) ", "
            (language.number(report.distributions)) " " (say("distributioner", "distributions")) ". "
            @if report.points_unchecked > 0.0 {
                (decimal(language, report.points_unchecked)) " "
                (say("poäng är inte kontrollerade.", "points are not checked."))
            }
        }
        @if report.datasets > 0 {
            p {
                @for (known, count) in ratings {
                    (known.words().text(language)) ": " (language.number(count))
                    @if known != Rating::Bad { " · " }
                }
            }
        }
    }
}

/// What would gain the most points.
fn gains(frame: &Frame, indicators: &[IndicatorShare]) -> Markup {
    let language = frame.language;
    let say = |swedish, english| words(swedish, english).text(language);
    let gain = |one: &IndicatorShare| f64::from(one.points_max) - one.points;
    let mut best: Vec<&IndicatorShare> =
        indicators.iter().filter(|one| one.checked && one.total > 0 && gain(one) >= 0.1).collect();
    best.sort_by(|a, b| gain(b).total_cmp(&gain(a)));
    html! {
        @if !best.is_empty() {
            h2 { (say("Det här ger mest", "What gains the most")) }
            ol {
                @for one in best.iter().take(BEST_SHOWN) {
                    li {
                        strong { "+" (decimal(language, gain(one))) } " " (one.label) ": " (with_code(&one.remedy))
                        " " span.quiet {
                            "(" (language.number(one.total - one.met)) " " (say("av", "of")) " "
                            (language.number(one.total)) " " (of(language, &one.of)) ")"
                        }
                    }
                }
            }
        }
    }
}

fn dimensions(frame: &Frame, report: &QualityReport) -> Markup {
    let language = frame.language;
    let label = |name: &str| {
        let found = Dimension::ALL.iter().find(|dimension| dimension.name() == name);
        found.map_or("", |dimension| dimension.words().text(language))
    };
    html! {
        h2 { (words("Poäng", "Points").text(language)) }
        table {
            tbody {
                @for one in &report.dimensions {
                    tr {
                        th scope="row" { (label(&one.name)) }
                        td {
                            meter min="0" max=(one.points_max) value=(one.points)
                                aria-label=(label(&one.name)) {}
                        }
                        td.number { (decimal(language, one.points)) " / " (one.points_max) }
                    }
                }
            }
        }
    }
}

fn high_value(frame: &Frame, report: &HighValueReport) -> Markup {
    let language = frame.language;
    let say = |swedish, english| words(swedish, english).text(language);
    let parts = [
        (say("har en kategori", "have a category"), report.with_category),
        (
            say("har en distribution som omfattas", "have a distribution that is covered"),
            report.with_distribution,
        ),
        (say("har en öppen licens", "have an open licence"), report.with_open_licence),
        (say("kan laddas ner", "can be downloaded"), report.with_download),
    ];
    html! {
        h2 { (say("Särskilt värdefulla data", "High-value data")) }
        @if report.datasets == 0 {
            p { (say(
                "Ingen datamängd anges vara särskilt värdefull enligt EU:s förordning 2023/138.",
                "No dataset is said to be of high value by EU regulation 2023/138.",
            )) }
        } @else {
            p {
                (language.number(report.datasets)) " "
                (say("datamängder anges vara det. Av dem:", "datasets are said to be. Of them:"))
            }
            ul { @for (text, count) in parts { li { (language.number(count)) " " (text) } } }
            @if !report.categories.is_empty() {
                ul.plain {
                    @for one in &report.categories {
                        li { (one.label) ": " (language.number(one.datasets)) }
                    }
                }
            }
        }
    }
}

/// Draws the points over time; two rows make a line. The numbers are in the
/// table of the overview.
fn trend(frame: &Frame, days: &[HistoryPoint], today: Day) -> Markup {
    let language = frame.language;
    let trend = Trend::of(days, today);
    let (Some(first), Some(last)) = (trend.rows.first(), trend.rows.last()) else {
        return html! {};
    };
    if trend.rows.len() < 2 {
        return html! {};
    }
    let labels = trend.labels(language);
    let said = chart::from_to(
        (&first.begin.long(language), decimal(language, first.state.points)),
        (&last.begin.long(language), decimal(language, last.state.points)),
    );
    let values = trend.values(|row| Some(row.state.points));
    let chart = Chart {
        id: "points",
        title: frame.text(CHART_POINTS),
        said: said.clone(),
        labels: &labels,
        language,
        series: vec![Series { label: frame.text(QUALITY), tone: Tone::First, values }],
    };
    html! {
        h2 { (words("Över tid", "Over time").text(language)) }
        (chart.lines())
        p.quiet { (said) }
    }
}

fn indicators(frame: &Frame, indicators: &[IndicatorShare]) -> Markup {
    let language = frame.language;
    let say = |swedish, english| words(swedish, english).text(language);
    html! {
        details {
            summary { (say("Alla indikatorer", "All indicators")) }
            div.scroll {
                table {
                    thead {
                        tr {
                            th scope="col" { (say("Indikator", "Indicator")) }
                            th.number scope="col" { (say("Uppfyller", "Meet it")) }
                            th.number scope="col" { (say("Poäng", "Points")) }
                        }
                    }
                    tbody {
                        @for one in indicators {
                            tr {
                                th scope="row" { (one.label) }
                                td.number {
                                    @if one.checked {
                                        (language.number(one.met)) " / " (language.number(one.total))
                                    } @else {
                                        (say("inte kontrollerat", "not checked"))
                                    }
                                }
                                td.number { (decimal(language, one.points)) " / " (one.points_max) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Returns what a dataset scores, for its page.
pub(super) fn of_dataset(frame: &Frame, quality: &DatasetQuality) -> Markup {
    let language = frame.language;
    let say = |swedish, english| words(swedish, english).text(language);
    let missed = quality.indicators.iter().filter(|one| one.outcome == IndicatorOutcome::Missed);
    let mut missed: Vec<_> = missed.collect();
    missed.sort_by_key(|one| core::cmp::Reverse(one.points));
    html! {
        section aria-labelledby="quality" {
            h2 #quality { (say("Beskrivningens kvalitet", "Quality of the description")) }
            p {
                strong { (quality.points) } " " (say("av", "of")) " " (quality.points_max) " "
                (say("poäng", "points")) " – " (rating(language, &quality.rating))
            }
            p { meter min="0" max=(quality.points_max) value=(quality.points)
                aria-label=(say("Poäng", "Points")) {} }
            @if quality.points_unchecked > 0 {
                p.quiet {
                    (quality.points_unchecked) " "
                    (say("poäng är inte kontrollerade", "points are not checked"))
                }
            }
            @if !missed.is_empty() {
                details {
                    summary { (say("Det här saknas", "What is missing")) " (" (missed.len()) ")" }
                    ul {
                        @for one in missed {
                            li { "+" (one.points) " " (one.label) ": " (with_code(&one.remedy)) }
                        }
                    }
                }
            }
        }
    }
}

/// Shows a text of ours in which commands stand between backticks, as it is
/// written for terminals.
fn with_code(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn rating(language: Language, name: &str) -> &'static str {
    let found = Rating::ALL.iter().find(|rating| rating.name() == name);
    found.map_or("", |rating| rating.words().text(language))
}

fn of(language: Language, name: &str) -> &'static str {
    match name {
        "dataset" => words("datamängder", "datasets").text(language),
        _ => words("distributioner", "distributions").text(language),
    }
}

/// Writes a number with one decimal, if it has one.
pub(super) fn decimal(language: Language, number: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "points and counts, neither negative nor above 2^52"
    )]
    let tenths = (number.max(0.0) * 10.0).round() as u64;
    let (whole, tenth) = (language.number(tenths / 10), tenths % 10);
    match (tenth, language) {
        (0, _) => whole,
        (_, Language::Swedish) => format!("{whole},{tenth}"),
        (_, Language::English) => format!("{whole}.{tenth}"),
    }
}
