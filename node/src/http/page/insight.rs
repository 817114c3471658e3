//! How much there is, how open it is, and how it was.

use dela_protocol::api::InsightReport;
use maud::{Markup, html};

use super::language::Language;
use super::layout::Frame;
use super::link;
use super::quality::decimal;
use super::words::insight as say;
use crate::calendar::Day;
use crate::language::Words;

mod division;
mod over_time;
mod side_by_side;
mod years;

pub(super) use division::{found, values};
pub(super) use over_time::records_over_time;
pub(super) use side_by_side::side_by_side;

use division::{formats, high_value, licences, themes};
use over_time::over_time;
use years::years;

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
