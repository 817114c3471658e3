//! One dataset, and who vouches for it.

use dela_protocol::api::{DatasetKind, DatasetQuality, DatasetView};
use dela_protocol::dcat::{Contact, Distribution, Period, Resource, Text};
use maud::{Markup, PreEscaped, html};

use super::language::Language;
use super::layout::Frame;
use super::{link, quality, schema_org};
use crate::vocabulary;

/// How many distributions are shown before the rest are folded.
const DISTRIBUTIONS_SHOWN: usize = 12;

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
                        Some((text, _)) => @for paragraph in paragraphs(text) { p { (paragraph) } },
                        None => p.quiet { (words.no_description) },
                    }
                }
                // A catalogue or a series has its data in its datasets.
                @if has_data(view) { (distributions(frame, view)) }
            }
            aside aria-label=(words.about) {
                (facts(frame, view))
                (trust(frame, view))
                @if let Some(quality) = quality { (quality::of_dataset(frame, quality)) }
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

/// Returns whether there are data to get, or should be.
fn has_data(view: &DatasetView) -> bool {
    match view.summary.kind {
        DatasetKind::Dataset | DatasetKind::DataService => true,
        DatasetKind::DatasetSeries | DatasetKind::Catalogue => {
            !view.resource.distribution.is_empty()
        }
    }
}

fn distributions(frame: &Frame, view: &DatasetView) -> Markup {
    let words = frame.words;
    let resource = &view.resource;
    let (shown, more) =
        resource.distribution.split_at(resource.distribution.len().min(DISTRIBUTIONS_SHOWN));
    html! {
        section aria-labelledby="data" {
            h2 #data { (words.distributions) }
            @if !resource.endpoint_url.is_empty() {
                p { (words.service_address) }
                ul.plain { @for url in &resource.endpoint_url { li { (link::address(url)) } } }
            }
            @if resource.distribution.is_empty() && resource.endpoint_url.is_empty() {
                p { (words.no_distributions) }
            }
            ul.distributions { @for one in shown { li { (distribution(frame, one)) } } }
            @if !more.is_empty() {
                details {
                    summary { "+ " (more.len()) }
                    ul.distributions { @for one in more { li { (distribution(frame, one)) } } }
                }
            }
        }
    }
}

fn distribution(frame: &Frame, one: &Distribution) -> Markup {
    let words = frame.words;
    let preferred = frame.language.preferred();
    let formats = formats(one);
    let title = Text::in_languages(&one.title, &preferred);
    let address = one.download_url.iter().chain(&one.access_url).next().map(String::as_str);
    let name = title
        .map(str::to_owned)
        .or_else(|| formats.first().cloned())
        .or_else(|| address.map(|address| last_segment(address).to_owned()))
        .unwrap_or_else(|| words.untitled.to_owned());
    html! {
        div.distribution {
            div {
                h3 { (name) }
                @if let Some(text) = Text::in_languages(&one.description, &preferred) { p { (text) } }
                p.tags {
                    @for format in &formats { span.tag { (format) } }
                    @for licence in &one.license {
                        span.tag.licence { (vocabulary::licence(licence).label) }
                    }
                    @if let Some(size) = one.byte_size.as_deref().and_then(size) {
                        span.quiet { (size) }
                    }
                }
            }
            div.actions { (actions(frame, one, &name)) }
        }
    }
}

fn actions(frame: &Frame, one: &Distribution, name: &str) -> Markup {
    let words = frame.words;
    let downloads: Vec<&str> =
        one.download_url.iter().filter_map(|url| link::followable(url)).collect();
    let others = one.access_url.iter().filter(|url| !one.download_url.contains(url));
    let dead = one.download_url.iter().chain(&one.access_url);
    html! {
        @for url in &downloads {
            a.button href=(url) rel="external noopener" {
                (words.download) span.hidden { ": " (name) }
            }
        }
        @for url in others.filter_map(|url| link::followable(url)) {
            a.button.second[!downloads.is_empty()] href=(url) rel="external noopener" {
                (words.open) span.hidden { ": " (name) }
            }
        }
        // What is no web address is shown, and not made a link.
        @for url in dead.filter(|url| link::followable(url).is_none()) { code { (url) } }
    }
}

fn formats(one: &Distribution) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for raw in one.format.iter().chain(&one.media_type) {
        let label = vocabulary::format(raw).label;
        if !found.contains(&label) {
            found.push(label);
        }
    }
    found
}

fn last_segment(address: &str) -> &str {
    address.trim_end_matches('/').rsplit('/').next().unwrap_or(address)
}

/// Writes a number of bytes for people.
fn size(bytes: &str) -> Option<String> {
    let bytes: f64 = bytes.trim().parse().ok().filter(|bytes| *bytes >= 1.0)?;
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut value = bytes;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let unit = units.get(unit)?;
    Some(if value < 10.0 && *unit != "B" {
        format!("{value:.1} {unit}")
    } else {
        format!("{value:.0} {unit}")
    })
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
                    @for one in &resource.contact_point { (contact(one)) }
                }
                @if !resource.landing_page.is_empty() {
                    dt { (words.more) }
                    dd { @for page in &resource.landing_page { div { (link::address(page)) } } }
                }
                @if !view.summary.themes.is_empty() {
                    dt { (words.theme) }
                    dd {
                        @for theme in &view.summary.themes {
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
                    dd { @for one in &resource.temporal { div { (period(one)) } } }
                }
                @if !resource.spatial.is_empty() {
                    dt { (words.place) }
                    dd { @for place in resource.spatial.iter().take(8) { div { (link::address(place)) } } }
                }
                dt { (words.identifier) }
                dd { (link::address(&resource.iri)) }
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
                dt { (words.record) }
                dd { code.id { (provenance.record) } }
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
    fn sizes_and_days_are_written_for_people() {
        assert_eq!(size("1234567").as_deref(), Some("1.2 MB"));
        assert_eq!(size("12").as_deref(), Some("12 B"));
        assert_eq!(size("stor"), None);
        assert_eq!(
            date("2024-05-01T10:00:00Z").into_string(),
            "<time datetime=\"2024-05-01T10:00:00Z\">2024-05-01</time>"
        );
        assert_eq!(date("våren 2024").into_string(), "våren 2024");
    }

    #[test]
    fn an_address_with_parameters_is_no_email() {
        assert!(is_email("oppna.data@kommun.example"));
        assert!(!is_email("a@b.example?bcc=all@b.example"));
    }
}
