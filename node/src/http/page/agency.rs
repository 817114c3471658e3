//! The agencies, and one of them.

use dela_protocol::api::{AgencyList, AgencyState, AgencySummary};
use maud::{Markup, html};

use super::dataset::date;
use super::layout::Frame;
use super::link;

/// Returns the page that lists the agencies.
pub(super) fn list(frame: &Frame, list: &AgencyList) -> Markup {
    let words = frame.words;
    let main = html! {
        div.wide {
            h1 { (words.agencies) }
            div.scroll {
                table {
                    thead {
                        tr {
                            th scope="col" { (words.name) }
                            th.number scope="col" { (words.agency_datasets) }
                            th scope="col" { (words.state) }
                            th.later scope="col" { (words.confirmed) }
                        }
                    }
                    tbody {
                        @for agency in &list.agencies {
                            tr {
                                th scope="row" {
                                    a href=(frame.path(&format!("/agency/{}", agency.id))) { (agency.name) }
                                    @if agency.own { " " span.tag { (words.own) } }
                                }
                                td.number { (frame.language.number(agency.datasets)) }
                                td { (state(frame, agency.state)) }
                                td.later {
                                    @if let Some(at) = agency.confirmed_at { (date(&at.to_string())) }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    frame.around(words.agencies, &html! {}, &main)
}

fn state(frame: &Frame, state: AgencyState) -> Markup {
    let text = frame.language.state(state);
    html! {
        @match state {
            AgencyState::Complete => span.good { "✓ " (text) },
            AgencyState::CatchingUp => span { "… " (text) },
            AgencyState::Stale | AgencyState::Withheld | AgencyState::Conflicting => {
                span.bad { "⚠ " (text) }
            },
        }
    }
}

/// Returns the page of an agency.
pub(super) fn page(frame: &Frame, agency: &AgencySummary) -> Markup {
    let words = frame.words;
    let id = agency.id.to_string();
    let search = link::with_query("/", [("lang", frame.language.tag()), ("agency", &id)]);
    let quality = link::with_query("/quality", [("lang", frame.language.tag()), ("agency", &id)]);
    let feed = link::with_query(
        "/feeds/search.atom",
        [("agency", id.as_str()), ("lang", frame.language.tag())],
    );
    let head = html! {
        link rel="alternate" type="application/atom+xml" title=(agency.name) href=(feed);
    };
    let main = html! {
        div.wide.narrow {
            h1 { (agency.name) }
            @if agency.state == AgencyState::Stale {
                p.warning role="note" { strong { "⚠ " (words.stale) } ". " (words.stale_long) }
            }
            p { a.button href=(search) { (words.agency_search) " (" (frame.language.number(agency.datasets)) ")" } }
            p { a href=(quality) { (words.quality) } }
            p { a href=(feed) rel="nofollow" { (words.follow_agency) } }
            dl {
                dt { (words.state) }
                dd { (state(frame, agency.state)) }
                @if let Some(homepage) = &agency.homepage {
                    dt { (words.homepage) }
                    dd { (link::address(homepage)) }
                }
                @if let Some(at) = agency.confirmed_at {
                    dt { (words.confirmed) }
                    dd { (date(&at.to_string())) }
                }
                @if let Some(by) = agency.confirm_by {
                    dt { (words.confirm_by) }
                    dd { (date(&by.to_string())) }
                }
                dt { (words.agency_datasets) }
                dd { (frame.language.number(agency.datasets)) }
                dt { (words.records) }
                dd { (frame.language.number(agency.records)) }
                dt { (words.agency_id) }
                dd { code.id { (id) } }
                dt { (words.digest) }
                dd { code.id { (agency.digest) } }
                dt { (words.agency_catalogue) }
                dd {
                    @for (label, format) in
                        [("RDF/XML", "rdf-xml"), ("Turtle", "turtle"), ("JSON-LD", "json-ld")]
                    {
                        a href=(format!("/api/v1/agencies/{id}/catalogue?format={format}")) { (label) } " · "
                    }
                    a href=(format!("/api/v1/agencies/{id}")) { "JSON" }
                }
            }
        }
    };
    frame.around(&agency.name, &head, &main)
}
