//! How the federation is, as this node sees it.

use dela_protocol::api::{
    AgencyList, AgencySort, AgencyState, AgencyStates, AgencySummary, Event, EventKind, EventList,
    FederationReport, InsightReport,
};
use dela_protocol::time::Timestamp;
use maud::{Markup, html};

use super::agency::{self, when};
use super::insight::{figure, records_over_time};
use super::layout::Frame;
use super::link;
use super::words::{council, federation as say, insight};
use crate::calendar::Day;
use crate::http::agencies::{SORTS, STATES};
use crate::index::AgencyRequest;
use crate::language::Words;

/// What the page shows.
pub(super) struct Shown {
    pub(super) report: FederationReport,
    /// The agencies of this page, and which were asked for.
    pub(super) request: AgencyRequest,
    pub(super) list: AgencyList,
    /// Those that contradict themselves or did.
    pub(super) forked: Vec<AgencySummary>,
    pub(super) insight: InsightReport,
    pub(super) latest: EventList,
}

/// Returns the page of the federation.
pub(super) fn page(frame: &Frame, shown: &Shown, now: Timestamp) -> Markup {
    let title = frame.text(say::TITLE);
    let feed = link::with_query("/feeds/dataset.atom", [("lang", frame.language.tag())]);
    let head = html! {
        link rel="alternate" type="application/atom+xml" title=(title) href=(feed);
    };
    let main = html! {
        div.wide {
            h1 { (title) }
            p.lede { (frame.text(say::LEDE)) }
            (key_figures(frame, &shown.report))
            p { a href=(frame.path("/federation/council")) { (frame.text(council::TITLE)) } }
            (forks(frame, &shown.forked))
            div.aside {
                section #members {
                    h2 { (frame.text(say::MEMBERS)) }
                    (members(frame, shown, now))
                }
                section {
                    h2 { (frame.text(say::ACTIVITY)) }
                    (activity(frame, &shown.latest, now))
                    p.quiet {
                        a href=(feed) rel="nofollow" { (frame.text(say::FOLLOW)) } ", "
                        a href="/api/v1/events" rel="nofollow" { (frame.text(say::AS_EVENTS)) } ", "
                        a href="/feed" rel="nofollow" { (frame.text(say::AS_LDES)) }
                    }
                }
            }
            section {
                h2 { (frame.text(insight::OVER_TIME)) }
                (records_over_time(frame, &shown.insight, Day::of(now)))
                p { a href=(frame.path("/insight")) { (frame.text(insight::TITLE)) } }
            }
            section {
                h2 { (frame.text(say::ROOT)) }
                p { (frame.text(say::ROOT_LONG)) }
                p { (frame.text(say::ROOT_LABEL)) ": " code.id { (shown.report.root) } }
                p.quiet {
                    (frame.text(say::NAME)) ": " (shown.report.federation.name) " · "
                    a href="/api/v1/federation" { (frame.text(insight::AS_JSON)) }
                }
            }
        }
    };
    frame.around(title, &head, &main)
}

fn key_figures(frame: &Frame, report: &FederationReport) -> Markup {
    let number = |count| frame.language.number(count);
    let peers = html! {
        @if report.peers > 0 {
            (number(report.peers_same_root)) " " (frame.text(say::PEERS_SAME)) ". "
        }
        (frame.text(say::NODES_KNOWN)) ": " (number(report.nodes))
    };
    html! {
        section aria-label=(frame.text(insight::KEY_FIGURES)) {
            dl.figures {
                (figure(frame.text(insight::AGENCIES), &number(report.agencies), &html! {}))
                (figure(frame.text(insight::DATASETS), &number(report.datasets), &html! {}))
                (figure(frame.text(say::RECORDS), &number(report.records), &html! {}))
                (figure(frame.text(say::PEERS), &number(report.peers), &peers))
            }
            @if report.peers == 0 { p.warning role="note" { "⚠ " (frame.text(say::PEERS_NONE)) } }
        }
    }
}

/// Says which agencies contradict themselves, and what to do.
fn forks(frame: &Frame, forked: &[AgencySummary]) -> Markup {
    let (ended, open): (Vec<_>, Vec<_>) =
        forked.iter().partition(|agency| agency.state != AgencyState::Conflicting);
    let names = |agencies: &[&AgencySummary]| {
        html! {
            ul {
                @for agency in agencies {
                    li { a href=(frame.path(&format!("/agency/{}", agency.id))) { (agency.name) } }
                }
            }
        }
    };
    html! {
        @if !open.is_empty() {
            section.warning aria-labelledby="forks" {
                h2 #forks { "⚠ " (frame.text(say::FORKS)) }
                (names(&open))
                p { (frame.text(say::FORK_WHAT)) }
                p { (frame.text(say::FORK_DO)) }
            }
        }
        @if !ended.is_empty() {
            details {
                summary { (frame.text(say::FORK_ENDED)) }
                (names(&ended))
            }
        }
    }
}

/// How many agencies are in which state, in the order of [`STATES`].
fn counts(states: &AgencyStates) -> [u64; STATES.len()] {
    [states.complete, states.catching_up, states.stale, states.withheld, states.conflicting]
}

/// Returns the address of the list with other agencies or in another order.
fn address(frame: &Frame, state: Option<&str>, sort: &str, after: Option<&str>) -> String {
    let pairs = [("lang", frame.language.tag())].into_iter();
    let pairs = pairs.chain(state.map(|state| ("state", state)));
    let pairs = pairs.chain(Some(("sort", sort)).filter(|(_, sort)| *sort != "name"));
    let address = link::with_query("/federation", pairs.chain(after.map(|id| ("after", id))));
    format!("{address}#members")
}

fn members(frame: &Frame, shown: &Shown, now: Timestamp) -> Markup {
    let request = &shown.request;
    let sort = SORTS.iter().find(|(_, sort)| *sort == request.sort).map_or("name", |(key, _)| key);
    let state = match request.state[..] {
        [only] => STATES.iter().find(|(_, state)| *state == only).map(|(key, _)| *key),
        _ => None,
    };
    let counts = counts(&shown.report.states);
    html! {
        nav.options aria-label=(frame.text(say::SHOW)) {
            a href=(address(frame, None, sort, None))
                aria-current=[request.state.is_empty().then_some("true")] {
                (frame.text(say::ALL)) " " (frame.language.number(shown.report.agencies))
            }
            @for ((key, of), count) in STATES.into_iter().zip(counts) {
                @if count > 0 || state == Some(key) {
                    a href=(address(frame, Some(key), sort, None))
                        aria-current=[(state == Some(key)).then_some("true")] {
                        (agency::state(frame, of)) " " (frame.language.number(count))
                    }
                }
            }
        }
        @if shown.list.agencies.is_empty() {
            p { (frame.text(say::NO_MEMBERS)) }
        } @else {
            (member_table(frame, shown, state, now))
        }
        (paging(frame, request.after.is_none(), shown.list.next.as_deref(), |after| {
            address(frame, state, sort, after)
        }))
        details {
            summary { (frame.text(say::WHAT_STATES_MEAN)) }
            dl {
                @for (_, of) in STATES {
                    dt { (agency::state(frame, of)) }
                    dd { (frame.text(meaning(of))) }
                }
            }
        }
    }
}

/// Returns what a state means.
pub(super) const fn meaning(state: AgencyState) -> Words {
    match state {
        AgencyState::Complete => say::COMPLETE_LONG,
        AgencyState::CatchingUp => say::CATCHING_UP_LONG,
        AgencyState::Stale => say::STALE_LONG,
        AgencyState::Withheld => say::WITHHELD_LONG,
        AgencyState::Conflicting => say::CONFLICTING_LONG,
    }
}

fn member_table(frame: &Frame, shown: &Shown, state: Option<&str>, now: Timestamp) -> Markup {
    let columns = [
        (AgencySort::Name, insight::AGENCY, "ascending", ""),
        (AgencySort::State, say::STATE, "other", ""),
        (AgencySort::Datasets, insight::DATASETS, "descending", "number"),
        (AgencySort::Confirmed, say::CONFIRMED, "descending", "later"),
    ];
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        @for (sort, name, order, class) in columns {
                            @let is_current = sort == shown.request.sort;
                            th scope="col" class=[Some(class).filter(|class| !class.is_empty())]
                                aria-sort=[is_current.then_some(order)] {
                                a href=(address(frame, state, sort_key(sort), None))
                                    title=(frame.text(say::SORT_BY)) { (frame.text(name)) }
                                @if is_current { span aria-hidden="true" { " ▾" } }
                            }
                        }
                    }
                }
                tbody { @for agency in &shown.list.agencies { (member(frame, agency, now)) } }
            }
        }
    }
}

fn sort_key(sort: AgencySort) -> &'static str {
    SORTS.iter().find(|(_, known)| *known == sort).map_or("name", |(key, _)| key)
}

fn member(frame: &Frame, agency: &AgencySummary, now: Timestamp) -> Markup {
    html! {
        tr {
            th scope="row" {
                a href=(frame.path(&format!("/agency/{}", agency.id))) { (agency.name) }
                @if agency.own { " " span.tag { (frame.words.own) } }
            }
            td { (agency::state(frame, agency.state)) }
            td.number { (frame.language.number(agency.datasets)) }
            td.later {
                @match agency.confirmed_at {
                    Some(at) => (when(frame.language, at, now)),
                    None => span.quiet { (frame.text(say::NEVER)) },
                }
            }
        }
    }
}

/// Returns the links to the other pages of a list.
pub(super) fn paging(
    frame: &Frame,
    begins: bool,
    next: Option<&str>,
    address: impl Fn(Option<&str>) -> String,
) -> Markup {
    html! {
        @if !begins || next.is_some() {
            nav.paging aria-label=(frame.words.paging) {
                @if !begins { a rel="first" href=(address(None)) { "← " (frame.text(say::FIRST)) } }
                @if next.is_some() {
                    a.next rel="next" href=(address(next)) { (frame.text(say::NEXT)) " →" }
                }
            }
        }
    }
}

/// Lists what happened last. A script may add what happens from then on: it is
/// told where events come from, and the number of the last one that is shown.
pub(super) fn activity(frame: &Frame, latest: &EventList, now: Timestamp) -> Markup {
    html! {
        @if latest.events.is_empty() { p.quiet { (frame.text(say::NO_ACTIVITY)) } }
        // The script asks for it again when something happens after that.
        ol.activity #activity data-events=(format!("/api/v1/events?after={}", latest.through)) {
            @for event in &latest.events { (happened(frame, event, now)) }
        }
    }
}

fn happened(frame: &Frame, event: &Event, now: Timestamp) -> Markup {
    let (sign, what) = match (event.event, event.created) {
        (EventKind::Withdrawn, _) => ("−", say::WITHDRAWN),
        (EventKind::Published, true) => ("+", say::CREATED),
        (EventKind::Published, false) => ("±", say::CHANGED),
    };
    let title = [&event.title, &event.iri].into_iter().find(|text| !text.is_empty());
    let title = title.map_or(frame.text(say::UNTITLED), String::as_str);
    html! {
        li data-event=(event.number) {
            span.tag { span aria-hidden="true" { (sign) " " } (frame.text(what)) } " "
            @match event.event {
                EventKind::Published => {
                    a href=(frame.path(&format!("/dataset/{}", event.id))) { (title) }
                },
                EventKind::Withdrawn => span { (title) },
            }
            div.quiet {
                a href=(frame.path(&format!("/agency/{}", event.agency))) { (event.agency_name) }
                " · " (when(frame.language, event.at, now))
            }
        }
    }
}
