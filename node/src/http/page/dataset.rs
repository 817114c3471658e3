//! One dataset, and who vouches for it.

use dela_protocol::api::{DatasetKind, DatasetQuality, DatasetView};
use dela_protocol::dcat::{Contact, Period, Resource, Text};
use maud::{Markup, PreEscaped, html};

use super::language::Language;
use super::layout::Frame;
use super::{link, map, quality, schema_org};
use crate::search::Term;
use crate::vocabulary;

mod belongings;
mod distributions;

/// How many of each fact are shown: who has more has them in the RDF.
const EACH_MAX: usize = 10;

/// Returns the page of an entry, with its score if it has one.
pub(super) fn page(frame: &Frame, view: &DatasetView, quality: Option<&DatasetQuality>) -> Markup {
    let words = frame.words;
    let summary = &view.summary;
    let (title, spoken) =
        frame.language.choose_text(&summary.title).unwrap_or((words.untitled, None));
    let description = frame.language.choose_text(&view.resource.description);
    let main = html! {
        div.wide.dataset {
            article {
                p.by {
                    (frame.language.kind(summary.kind)) " · "
                    a href=(frame.path(&format!("/agency/{}", summary.agency))) { (summary.agency_name) }
                }
                h1 lang=[spoken] { (title) }
                p.tags {
                    span.tag.verified { "✓ " (words.verified) }
                    @for licence in licences(&view.resource) {
                        span.tag.licence { (licence) }
                    }
                    span.quiet { (words.updated) " " (date(&summary.modified)) }
                }
                @if summary.provenance.stale {
                    p.warning role="note" { strong { "⚠ " (words.stale) } ". " (words.stale_long) }
                }
                div.description lang=[description.and_then(|(_, spoken)| spoken)] {
                    @match description {
                        Some((text, _)) => @for paragraph in paragraphs(text) { p { (linked(paragraph)) } },
                        None => p.quiet { (words.no_description) },
                    }
                }
                // A catalogue or a series has its data in its datasets.
                @if distributions::has_data(view) { (distributions::distributions(frame, view)) }
                (belongings::related(frame, view))
            }
            aside aria-label=(words.about) {
                (facts(frame, view))
                (trust(frame, view))
                @if let Some(quality) = quality { (quality::of_dataset(frame, quality)) }
                (belongings::earlier(frame, view))
                (as_data(frame, view))
            }
        }
    };
    let id = summary.id.to_string();
    let head = html! {
        link rel="alternate" type="text/turtle" href=(format!("/dataset/{id}.ttl"));
        link rel="alternate" type="application/rdf+xml" href=(format!("/dataset/{id}.rdf"));
        link rel="alternate" type="application/ld+json" href=(format!("/dataset/{id}.jsonld"));
        // Data for search engines; nothing here is run.
        script type="application/ld+json" { (PreEscaped(schema_org::dataset(view, frame.language))) }
    };
    frame.around(title, &head, &main)
}

pub(super) fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty())
}

/// Shows a text with its web addresses as links; all else in it is text.
fn linked(text: &str) -> Markup {
    html! { @for part in text.split_inclusive(char::is_whitespace) { (part_of(part)) } }
}

/// Shows a word with the space after it.
fn part_of(part: &str) -> Markup {
    let word = part.trim_end();
    let begins = ["http://", "https://"].iter().any(|scheme| word.starts_with(scheme));
    // What ends a sentence or closes a bracket is no part of an address.
    let address = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '>', '"', '\'']);
    html! {
        @if begins { (link::address(address)) (part.get(address.len()..).unwrap_or_default()) }
        @else { (part) }
    }
}

/// Returns the labels of the licences of a resource and its distributions.
fn licences(resource: &Resource) -> Vec<String> {
    let said = resource.distribution.iter().flat_map(|distribution| &distribution.license);
    let mut found: Vec<String> = Vec::new();
    for raw in resource.license.iter().chain(said) {
        let label = vocabulary::licence(raw).label;
        if !found.contains(&label) {
            found.push(label);
        }
    }
    found
}

fn facts(frame: &Frame, view: &DatasetView) -> Markup {
    let words = frame.words;
    let resource = &view.resource;
    let licences = licences(resource);
    let preferred = frame.language.preferred();
    let keywords = keywords(resource, preferred);
    html! {
        section {
            h2 { (words.about) }
            dl {
                dt { (words.publisher) }
                dd {
                    a href=(frame.path(&format!("/agency/{}", view.summary.agency))) {
                        (view.summary.agency_name)
                    }
                }
                dt { (words.licence) }
                dd { @if licences.is_empty() { (words.no_licence) } @else { (licences.join(", ")) } }
                dt { (words.contact) }
                dd {
                    @if resource.contact_point.is_empty() { (words.no_contact) }
                    @for one in resource.contact_point.iter().take(EACH_MAX) { (contact(one)) }
                }
                @if !resource.landing_page.is_empty() {
                    dt { (words.more) }
                    dd { @for page in resource.landing_page.iter().take(EACH_MAX) { div { (link::address(page)) } } }
                }
                @if !view.summary.themes.is_empty() {
                    dt { (words.theme) }
                    dd {
                        @for theme in view.summary.themes.iter().take(EACH_MAX) {
                            div {
                                a href=(link::with_query("/", [("lang", frame.language.tag()), ("theme", theme)])) {
                                    (theme_label(frame.language, theme))
                                }
                            }
                        }
                    }
                }
                @if !keywords.is_empty() {
                    dt { (words.keywords) }
                    dd.tags {
                        @for word in keywords {
                            a.tag href=(link::with_query("/", [("lang", frame.language.tag()), ("q", word)])) { (word) }
                        }
                    }
                }
                @if !resource.temporal.is_empty() {
                    dt { (words.period) }
                    dd { @for one in resource.temporal.iter().take(EACH_MAX) { div { (period(one)) } } }
                }
                @let map = map::around(frame, &resource.geometry);
                @if !resource.spatial.is_empty() || map.is_some() {
                    dt { (words.place) }
                    dd {
                        @for place in resource.spatial.iter().take(EACH_MAX) { div { (link::address(place)) } }
                        @if let Some(map) = map { (map) }
                    }
                }
                (codes(frame, resource))
                dt { (words.identifier) }
                dd { (link::address(&resource.iri)) }
            }
        }
    }
}

/// Shows what is said in codes of the EU.
fn codes(frame: &Frame, resource: &Resource) -> Markup {
    let all = [
        (Term::Frequency, vocabulary::frequencies_of(resource)),
        (Term::AccessRights, vocabulary::access_rights_of(resource)),
        (Term::HighValue, vocabulary::high_value_categories_of(resource)),
        (Term::Language, vocabulary::languages_of(resource)),
    ];
    html! {
        @for (term, codes) in &all {
            @if !codes.is_empty() {
                dt { (frame.language.facet(*term)) }
                dd {
                    @for code in codes.iter().take(EACH_MAX) { div { (term.label(code, frame.language)) } }
                }
            }
        }
    }
}

/// Returns the keywords in the language preferred, or all if there are none.
fn keywords<'a>(resource: &'a Resource, preferred: [&str; 2]) -> Vec<&'a str> {
    let speaks = |text: &&Text| {
        text.language.as_deref().is_none_or(|tag| tag.split('-').next() == Some(preferred[0]))
    };
    let mut found: Vec<&str> =
        resource.keyword.iter().filter(speaks).map(|word| word.text.as_str()).collect();
    if found.is_empty() {
        found = resource.keyword.iter().map(|word| word.text.as_str()).collect();
    }
    found.truncate(24);
    found
}

pub(super) fn contact(one: &Contact) -> Markup {
    html! {
        div {
            @for name in &one.name { div { (name) } }
            @for email in &one.email {
                @if is_email(email) {
                    div { a href=(format!("mailto:{email}")) { (email) } }
                } @else {
                    div { (email) }
                }
            }
            @for number in &one.telephone { div { (number) } }
            @for url in &one.url { div { (link::address(url)) } }
        }
    }
}

/// Returns whether this can be nothing but one address.
fn is_email(text: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || ".-_+".contains(c);
    text.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty()
            && host.contains('.')
            && user.chars().all(is_plain)
            && host.chars().all(is_plain)
    })
}

fn period(one: &Period) -> Markup {
    let part = |text: &Option<String>| text.as_deref().map_or_else(|| html! { "…" }, date);
    html! { (part(&one.start)) " – " (part(&one.end)) }
}

fn trust(frame: &Frame, view: &DatasetView) -> Markup {
    let words = frame.words;
    let provenance = &view.summary.provenance;
    let id = view.summary.id;
    html! {
        section.trust {
            h2 { (words.trust) }
            p { strong { "✓ " (words.verified) } ". " (words.verified_long) }
            dl {
                dt { (words.signed_by) }
                dd { (view.summary.agency_name) }
                dt { (words.signed_at) }
                dd { (date(&provenance.issued_at.to_string())) }
                @if let Some(at) = provenance.confirmed_at {
                    dt { (words.confirmed) }
                    dd { (date(&at.to_string())) }
                }
                dt { (words.key) }
                dd { code.id { (provenance.key) } }
                dt { (words.position) }
                dd { (provenance.position.seq) " (" (words.epoch) " " (provenance.position.epoch) ")" }
                dt { (words.record) }
                dd { code.id { (provenance.record) } }
            }
            p {
                button.small type="button" hidden data-copy=(provenance.record) data-copied=(words.copied) {
                    (words.copy_record)
                }
            }
            p {
                a href=(format!("/api/v1/datasets/{id}/proof")) { (words.proof) } " · "
                a href=(format!("/api/v1/datasets/{id}/record")) download=(format!("{id}.cose")) {
                    (words.signed_bytes)
                }
            }
        }
    }
}

fn as_data(frame: &Frame, view: &DatasetView) -> Markup {
    let id = view.summary.id;
    html! {
        section {
            h2 { (frame.words.as_data) }
            p {
                @for (label, extension) in
                    [("Turtle", "ttl"), ("RDF/XML", "rdf"), ("JSON-LD", "jsonld"), ("N-Triples", "nt")]
                {
                    a href=(format!("/dataset/{id}.{extension}")) { (label) } " · "
                }
                a href=(format!("/api/v1/datasets/{id}")) { "JSON" }
            }
        }
    }
}

/// Shows a moment as its day, with the whole of it for machines.
pub(super) fn date(text: &str) -> Markup {
    let day = text.get(..10).filter(|day| {
        day.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
    });
    html! {
        @match day {
            Some(day) => time datetime=(text) { (day) },
            None => (text),
        }
    }
}

/// Returns what a theme is called in a language.
pub(super) fn theme_label(language: Language, code: &str) -> String {
    let known = vocabulary::theme(code).map(|theme| theme.label(language.tag()));
    known.unwrap_or(code).to_owned()
}

/// Returns what a kind of entry is in the words of schema.org.
pub(super) const fn schema_type(kind: DatasetKind) -> &'static str {
    match kind {
        DatasetKind::Dataset | DatasetKind::DatasetSeries => "Dataset",
        DatasetKind::DataService => "WebAPI",
        DatasetKind::Catalogue => "DataCatalog",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_for_people() {
        assert_eq!(
            date("2024-05-01T10:00:00Z").into_string(),
            "<time datetime=\"2024-05-01T10:00:00Z\">2024-05-01</time>"
        );
        assert_eq!(date("våren 2024").into_string(), "våren 2024");
    }

    #[test]
    fn web_addresses_in_texts_become_links_and_nothing_else_does() {
        let shown = linked("Se https://data.norrvik.example/a?b=1. Eller javascript:alert(1) <b>")
            .into_string();
        assert_eq!(
            shown,
            "Se <a href=\"https://data.norrvik.example/a?b=1\" rel=\"external noopener\">\
             https://data.norrvik.example/a?b=1</a>. Eller javascript:alert(1) &lt;b&gt;"
        );
    }

    #[test]
    fn an_address_with_parameters_is_no_email() {
        assert!(is_email("oppna.data@kommun.example"));
        assert!(!is_email("a@b.example?bcc=all@b.example"));
    }
}
