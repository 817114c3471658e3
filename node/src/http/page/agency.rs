//! The agencies, and one of them: who it is, what it offers, and how far one can
//! rely on what is shown.

use dela_protocol::api::{
    AgencyList, AgencyProfile, AgencyState, AgencySummary, DatasetSummary, InsightReport,
    KnownNode, SearchPage, ValueCount,
};
use dela_protocol::dcat::Contact;
use dela_protocol::time::Timestamp;
use maud::{Markup, html};

use super::dataset::{date, paragraphs};
use super::federation::{meaning, paging};
use super::insight::{found, values};
use super::language::Language;
use super::layout::Frame;
use super::link;
use super::quality::decimal;
use super::words::{federation as say, insight};
use crate::calendar::Day;
use crate::index::Churn;
use crate::quality::Rating;

/// How many licences and formats are shown at a glance.
const VALUES_SHOWN: usize = 5;

/// How many nodes of an agency are told of: it has one, or two while it moves.
const NODES_SHOWN: usize = 3;

/// Returns a page of the list of agencies, by name.
pub(super) fn list(frame: &Frame, list: &AgencyList, begins: bool) -> Markup {
    let words = frame.words;
    let page = |after: Option<&str>| {
        let pairs = [("lang", frame.language.tag())].into_iter();
        link::with_query("/agencies", pairs.chain(after.map(|id| ("after", id))))
    };
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
            (paging(frame, begins, list.next.as_deref(), page))
        }
    };
    frame.around(words.agencies, &html! {}, &main)
}

/// Shows a state: with a sign, so that it is not told by colour alone.
pub(super) fn state(frame: &Frame, state: AgencyState) -> Markup {
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

/// Shows a moment as its day in words: today, yesterday, 26 November 2026.
pub(super) fn when(language: Language, at: Timestamp, now: Timestamp) -> Markup {
    let (day, today) = (Day::of(at), Day::of(now));
    let text = match today.number().saturating_sub(day.number()) {
        0 => say::TODAY.text(language).to_owned(),
        1 => say::YESTERDAY.text(language).to_owned(),
        _ => day.long(language),
    };
    html! { time datetime=(at) { (text) } }
}

/// What the page of an agency shows.
pub(super) struct Shown {
    pub(super) agency: AgencySummary,
    pub(super) insight: InsightReport,
    /// Its datasets that were changed last.
    pub(super) newest: SearchPage,
    /// What changed in 30 days.
    pub(super) lately: Churn,
    /// The first day on which changes were counted.
    pub(super) counted_since: Option<Day>,
    /// The nodes that say they belong to it.
    pub(super) nodes: Vec<KnownNode>,
}

/// Returns the page of an agency.
pub(super) fn page(frame: &Frame, shown: &Shown, now: Timestamp) -> Markup {
    let (words, agency) = (frame.words, &shown.agency);
    let id = agency.id.to_string();
    let none = AgencyProfile::default();
    let profile = agency.profile.as_ref().unwrap_or(&none);
    let feed = link::with_query(
        "/feeds/search.atom",
        [("agency", id.as_str()), ("lang", frame.language.tag())],
    );
    let head = html! {
        link rel="alternate" type="application/atom+xml" title=(agency.name) href=(feed);
    };
    let name = frame.language.choose_text(&profile.names);
    let (name, spoken) = name.unwrap_or((&agency.name, None));
    let main = html! {
        div.wide.dataset {
            article {
                p.by { a href=(frame.path("/agencies")) { (words.agencies) } }
                h1 lang=[spoken] { (name) }
                p.tags {
                    (state(frame, agency.state))
                    @if agency.own { span.tag { (words.own) } }
                }
                @if agency.state != AgencyState::Complete {
                    p.warning role="note" { (frame.text(meaning(agency.state))) }
                }
                (description(frame, profile))
                (newest(frame, &id, shown))
                (at_a_glance(frame, &id, &shown.insight))
                p { a href=(feed) rel="nofollow" { (words.follow_agency) } }
                (for_checkers(frame, &id, agency))
            }
            aside aria-label=(words.about) {
                (freshness(frame, shown, now))
                (contact(frame, agency, profile))
                (nodes(frame, shown, now))
            }
        }
    };
    frame.around(&agency.name, &head, &main)
}

fn description(frame: &Frame, profile: &AgencyProfile) -> Markup {
    html! {
        @if let Some((text, spoken)) = frame.language.choose_text(&profile.description) {
            div.description lang=[spoken] {
                @let short = shortened(text);
                @for part in paragraphs(&short) { p { (part) } }
            }
        }
    }
}

/// How much of a description is shown: a catalogue's says in a paragraph or two
/// what it is about.
const DESCRIPTION_CHARS_MAX: usize = 1_500;

fn shortened(text: &str) -> String {
    match text.char_indices().nth(DESCRIPTION_CHARS_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or_default()),
    }
}

fn newest(frame: &Frame, id: &str, shown: &Shown) -> Markup {
    let all = link::with_query("/", [("lang", frame.language.tag()), ("agency", id)]);
    html! {
        section {
            h2 { (frame.text(say::NEWEST)) }
            @if shown.newest.datasets.is_empty() {
                p { (frame.text(say::NO_DATASETS)) }
            } @else {
                ul.plain.newest { @for hit in &shown.newest.datasets { (dataset(frame, hit)) } }
                p {
                    a.button href=(all) {
                        (frame.text(say::SHOW_ALL)) " (" (frame.language.number(shown.agency.datasets)) ")"
                    }
                }
            }
        }
    }
}

fn dataset(frame: &Frame, hit: &DatasetSummary) -> Markup {
    let (title, spoken) =
        frame.language.choose_text(&hit.title).unwrap_or((frame.words.untitled, None));
    html! {
        li {
            a href=(frame.path(&format!("/dataset/{}", hit.id))) { span lang=[spoken] { (title) } }
            " " span.quiet { (frame.words.updated) " " (date(&hit.modified)) }
        }
    }
}

fn at_a_glance(frame: &Frame, id: &str, report: &InsightReport) -> Markup {
    if report.datasets == 0 {
        return html! {};
    }
    let language = frame.language;
    let agency = [("lang", language.tag()), ("agency", id)];
    let first = |values: &[ValueCount]| {
        values.get(..values.len().min(VALUES_SHOWN)).unwrap_or_default().to_vec()
    };
    let (licences, formats) = (first(&report.licences.values), first(&report.formats.values));
    let points = decimal(language, report.points);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 405"
    )]
    let rating = Rating::of(report.points.max(0.0).round() as u32).words().text(language);
    html! {
        section {
            h2 { (frame.text(say::AT_A_GLANCE)) }
            p {
                (frame.text(insight::QUALITY)) ": "
                strong { (points) } " " (frame.text(insight::OF)) " " (report.points_max) " "
                (frame.text(insight::POINTS_UNIT)) " – " (rating)
            }
            p {
                meter min="0" max=(report.points_max) value=(report.points)
                    aria-label=(frame.text(insight::QUALITY)) {}
            }
            p { a href=(link::with_query("/quality", agency)) { (frame.text(say::WHAT_TO_MEND)) } }
            div.halves {
                @if !licences.is_empty() {
                    div {
                        h3 { (frame.text(insight::LICENCES)) }
                        (values(frame, insight::LICENCE, &licences, report.datasets, |key| {
                            Some(found(frame, Some(id), "licence", key))
                        }))
                    }
                }
                @if !formats.is_empty() {
                    div {
                        h3 { (frame.text(insight::FORMATS)) }
                        (values(frame, insight::FORMAT, &formats, report.datasets, |key| {
                            Some(found(frame, Some(id), "format", key))
                        }))
                    }
                }
            }
            @if report.without_licence > 0 {
                p.quiet {
                    (frame.text(insight::NO_LICENCE)) ": " (language.number(report.without_licence))
                }
            }
            p { a href=(link::with_query("/insight", agency)) { (frame.text(say::MORE_INSIGHT)) } }
        }
    }
}

/// Says in words how fresh the catalogue is.
fn freshness(frame: &Frame, shown: &Shown, now: Timestamp) -> Markup {
    let (language, agency) = (frame.language, &shown.agency);
    html! {
        section {
            h2 { (frame.text(say::FRESHNESS)) }
            @match agency.confirmed_at {
                None => p { (frame.text(say::NOT_CONFIRMED)) },
                Some(at) => p { (frame.text(say::CONFIRMED_AT)) " " (when(language, at, now)) "." },
            }
            @if let Some(by) = agency.confirm_by {
                @let name = if by < now { say::CONFIRM_BY_PAST } else { say::CONFIRM_BY };
                p { (frame.text(name)) " " (when(language, by, now)) "." }
            }
            (lately(frame, shown, now))
        }
    }
}

/// Says what changed lately, or since when that is counted.
fn lately(frame: &Frame, shown: &Shown, now: Timestamp) -> Markup {
    let language = frame.language;
    let Some(since) = shown.counted_since else {
        return html! { p.quiet { (frame.text(say::LATELY_UNKNOWN)) } };
    };
    let whole = Day::of(now).number().saturating_sub(since.number()) >= 30;
    let churn = shown.lately;
    html! {
        p {
            @if whole { (frame.text(say::LATELY)) ": " } @else {
                (frame.text(say::LATELY_SINCE)) " " (since.long(language)) ": "
            }
            @if churn.total() == 0 { (frame.text(say::LATELY_NOTHING)) } @else {
                (frame.text(say::RECORDS_NEW)) " " (language.number(churn.created)) ", "
                (frame.text(say::RECORDS_CHANGED)) " " (language.number(churn.changed)) ", "
                (frame.text(say::RECORDS_WITHDRAWN)) " " (language.number(churn.withdrawn))
            }
            "."
        }
    }
}

fn contact(frame: &Frame, agency: &AgencySummary, profile: &AgencyProfile) -> Markup {
    let says_something = |contact: &&Contact| {
        let Contact { name, email, telephone, url } = contact;
        [name, email, telephone, url].iter().any(|values| !values.is_empty())
    };
    let contacts: Vec<_> =
        profile.contact_point.iter().filter(says_something).take(CONTACTS_SHOWN).collect();
    html! {
        section {
            h2 { (frame.text(say::CONTACT)) }
            @if contacts.is_empty() { p.quiet { (frame.text(say::NO_CONTACT)) } }
            @for contact in contacts {
                div.contact { (super::dataset::contact(contact)) }
            }
            dl {
                @if let Some(homepage) = &agency.homepage {
                    dt { (frame.text(say::HOMEPAGE)) }
                    dd { (link::address(homepage)) }
                }
                @if let Some(page) = &profile.landing_page {
                    dt { (frame.text(say::LANDING_PAGE)) }
                    dd { (link::address(page)) }
                }
                @if let Some((begin, end)) =
                    profile.organisation_number.as_deref().and_then(|all| all.split_at_checked(6))
                {
                    dt { (frame.text(say::ORGANISATION_NUMBER)) }
                    dd { (begin) "-" (end) }
                }
            }
        }
    }
}

/// How many contacts of a catalogue are shown.
const CONTACTS_SHOWN: usize = 3;

/// Says how the agency's nodes are, as far as this node can know.
fn nodes(frame: &Frame, shown: &Shown, now: Timestamp) -> Markup {
    html! {
        section {
            h2 { (frame.text(say::ITS_NODE)) }
            @if shown.agency.own {
                p { (frame.text(say::NODE_OWN)) }
            } @else if shown.nodes.is_empty() {
                p { (frame.text(say::NODE_UNKNOWN)) }
            } @else {
                @for node in shown.nodes.iter().take(NODES_SHOWN) { p { (node_state(frame, node, now)) } }
                p.quiet { (frame.text(say::NODE_CLAIM)) }
            }
        }
    }
}

fn node_state(frame: &Frame, node: &KnownNode, now: Timestamp) -> Markup {
    let language = frame.language;
    html! {
        @if node.connected {
            span.good { "✓ " (frame.text(say::NODE_CONNECTED)) }
        } @else {
            @match (node.reached_at, node.failed_at) {
                (None, None) => (frame.text(say::NODE_UNREACHED)),
                (reached, failed) => {
                    @if let Some(at) = reached {
                        (frame.text(say::NODE_REACHED)) " " (when(language, at, now)) ". "
                    }
                    @if let Some(at) = failed.filter(|at| Some(*at) > reached) {
                        (frame.text(say::NODE_FAILED)) " " (when(language, at, now)) "."
                    }
                },
            }
        }
    }
}

fn for_checkers(frame: &Frame, id: &str, agency: &AgencySummary) -> Markup {
    let words = frame.words;
    html! {
        details.checkers {
            summary { (frame.text(say::CHECKERS)) }
            dl {
                dt { (words.agency_id) }
                dd { code.id { (id) } }
                dt { (words.digest) }
                dd { code.id { (agency.digest) } }
                @if let Some(head) = agency.head {
                    dt { (frame.text(say::HEAD)) }
                    dd { code.id { (head) } }
                }
                dt { (frame.text(say::POSITION)) }
                dd { (agency.position.epoch) ", " (frame.language.number(agency.position.seq)) }
                dt { (words.records) }
                dd { (frame.language.number(agency.records)) }
                dt { (frame.text(say::BYTES)) }
                dd { (frame.language.number(agency.bytes)) }
                dt { (frame.text(say::AS_DATA)) }
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
    }
}
