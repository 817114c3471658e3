//! The agencies side by side.

use dela_protocol::api::{AgencyInsight, AgencyInsightList, InsightSort};
use maud::{Markup, html};

use super::super::federation::paging;
use super::super::layout::Frame;
use super::super::link;
use super::super::quality::decimal;
use super::super::words::insight as say;
use super::{Files, View, heading, percent, tabs};
use crate::http::insight::SORTS;
use crate::language::Words;

/// Returns the page of all agencies side by side.
pub(in crate::http::page) fn side_by_side(
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
            (paging(frame, begins, list.next.as_deref(), page))
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
