//! What a search found.

use dela_protocol::api::{DatasetKind, DatasetSummary, Facet, FacetValue, SearchPage, Sort};
use maud::{Markup, html};

use super::dataset::{date, theme_label};
use super::layout::Frame;
use super::link;
use crate::http::datasets::{KINDS, SORTS};
use crate::index::{SearchRequest, kind_key};
use crate::vocabulary;

/// How much of a description a hit shows.
const EXCERPT_CHARS_MAX: usize = 220;

/// How many values of a facet are shown at first.
const FACET_VALUES_SHOWN: usize = 6;

/// The forms of RDF that pages name.
const FORMS: [(&str, &str); 3] =
    [("application/rdf+xml", "rdf"), ("text/turtle", "ttl"), ("application/ld+json", "jsonld")];

/// How many formats a hit shows.
const FORMATS_SHOWN: usize = 6;

/// Returns the page of a search.
pub(super) fn page(frame: &Frame, asked: &SearchRequest, found: &SearchPage) -> Markup {
    let words = frame.words;
    let is_narrowed = !filters(asked).is_empty();
    let begins = asked.words.is_empty() && !is_narrowed && asked.after.is_none();
    let title = if asked.words.is_empty() {
        words.search_label.to_owned()
    } else {
        format!("{} – {}", asked.words, words.search_label)
    };
    let main = html! {
        div.hero.compact[!begins] {
            div.wide {
                h1 { @if begins { (words.tagline) } @else { (words.search_label) } }
                (form(frame, asked))
            }
        }
        div.wide.columns {
            @if !found.facets.is_empty() && (found.total > 0 || is_narrowed) {
                aside.facets #filters aria-label=(words.filters) { (facets(frame, asked, &found.facets)) }
            }
            section.results aria-label=(words.hits) {
                (chosen(frame, asked, found))
                (count(frame, asked, found, begins))
                @if found.total > 0 && !found.facets.is_empty() {
                    p.jump { a href="#filters" { (words.filters) " ↓" } }
                }
                @if found.total == 0 {
                    p { @if begins { (words.empty_hint) } @else { (words.no_hits_hint) } }
                }
                ol.hits { @for hit in &found.datasets { li { (show(frame, hit)) } } }
                (paging(frame, asked, found))
                p.quiet { a href=(feed(frame, asked)) rel="nofollow" { (words.follow_search) } }
            }
        }
    };
    let head = html! {
        @for (media_type, extension) in FORMS {
            link rel="alternate" type=(media_type) href=(as_rdf(asked, extension));
        }
        link rel="alternate" type="application/atom+xml" title=(title) href=(feed(frame, asked));
    };
    frame.around(&title, &head, &main)
}

/// Returns where what is searched for is served as RDF.
fn as_rdf(asked: &SearchRequest, extension: &str) -> String {
    let words = Some(("q", asked.words.as_str())).filter(|(_, words)| !words.is_empty());
    link::with_query(&format!("/catalog.{extension}"), words.into_iter().chain(filters(asked)))
}

/// Returns the address of the feed of a search.
fn feed(frame: &Frame, asked: &SearchRequest) -> String {
    let words = Some(("q", asked.words.as_str())).filter(|(_, words)| !words.is_empty());
    let pairs = words.into_iter().chain(filters(asked));
    link::with_query("/feeds/search.atom", pairs.chain([("lang", frame.language.tag())]))
}

fn form(frame: &Frame, asked: &SearchRequest) -> Markup {
    let words = frame.words;
    html! {
        form.search role="search" action="/" method="get" {
            input type="hidden" name="lang" value=(frame.language.tag());
            @for (name, value) in filters(asked) {
                input type="hidden" name=(name) value=(value);
            }
            label.hidden for="q" { (words.search_label) }
            input #q type="search" name="q" value=(asked.words) autocomplete="off"
                placeholder=(words.search_label);
            label.hidden for="sort" { (words.sort_label) }
            select #sort name="sort" {
                @for (key, sort) in SORTS {
                    option value=(key) selected[sort == asked.sort] { (frame.language.sort(sort)) }
                }
            }
            button type="submit" { (words.search_button) }
        }
    }
}

fn count(frame: &Frame, asked: &SearchRequest, found: &SearchPage, begins: bool) -> Markup {
    let words = frame.words;
    html! {
        h2.count {
            @if found.total == 0 {
                @if begins { (words.empty) } @else { (words.no_hits) }
            } @else {
                (frame.language.number(found.total)) " "
                @if found.total == 1 { (words.hit) } @else { (words.hits) }
            }
            @if !asked.words.is_empty() { " " (words.hits_for) " " q { (asked.words) } }
        }
    }
}

/// Returns the filters of a search as query parameters.
fn filters(asked: &SearchRequest) -> Vec<(&'static str, &str)> {
    let lists = [
        ("agency", &asked.agency),
        ("theme", &asked.theme),
        ("licence", &asked.licence),
        ("format", &asked.format),
    ];
    let mut found: Vec<(&'static str, &str)> = lists
        .into_iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name, value.as_str())))
        .collect();
    found.extend(asked.kind.iter().map(|kind| ("kind", kind_key(*kind))));
    found
}

/// Returns the address of a search with other filters or another page.
fn address(
    frame: &Frame,
    asked: &SearchRequest,
    filters: &[(&'static str, &str)],
    after: Option<&str>,
) -> String {
    let mut pairs: Vec<(&str, &str)> = vec![("lang", frame.language.tag())];
    if !asked.words.is_empty() {
        pairs.push(("q", &asked.words));
    }
    if let Some((key, _)) =
        SORTS.iter().find(|(_, sort)| *sort == asked.sort && *sort != Sort::default())
    {
        pairs.push(("sort", key));
    }
    pairs.extend_from_slice(filters);
    pairs.extend(after.map(|after| ("after", after)));
    link::with_query("/", pairs)
}

fn facets(frame: &Frame, asked: &SearchRequest, facets: &[Facet]) -> Markup {
    let active = filters(asked);
    html! {
        h2 { (frame.words.filters) }
        @for facet in facets {
            @let values: Vec<_> = facet
                .values
                .iter()
                .filter(|value| !active.contains(&(key(facet), value.value.as_str())))
                .collect();
            @if !values.is_empty() {
                h3 { (frame.language.facet(&facet.name)) }
                @let (shown, more) = values.split_at(values.len().min(FACET_VALUES_SHOWN));
                ul { @for value in shown { (choice(frame, asked, facet, value)) } }
                @if !more.is_empty() {
                    details {
                        summary { "+ " (more.len()) }
                        ul { @for value in more { (choice(frame, asked, facet, value)) } }
                    }
                }
            }
        }
    }
}

fn choice(frame: &Frame, asked: &SearchRequest, facet: &Facet, value: &FacetValue) -> Markup {
    let mut with = filters(asked);
    with.push((key(facet), &value.value));
    html! {
        li {
            a href=(address(frame, asked, &with, None)) rel="nofollow" {
                span { (label(frame, &facet.name, value)) }
                " " span.number { (frame.language.number(value.count)) }
            }
        }
    }
}

/// Returns the parameter of a facet.
fn key(facet: &Facet) -> &'static str {
    match facet.name.as_str() {
        "agency" => "agency",
        "theme" => "theme",
        "licence" => "licence",
        "format" => "format",
        _ => "kind",
    }
}

fn label(frame: &Frame, facet: &str, value: &FacetValue) -> String {
    match facet {
        "theme" => theme_label(frame.language, &value.value),
        "kind" => KINDS
            .iter()
            .find(|(key, _)| *key == value.value)
            .map_or_else(|| value.label.clone(), |(_, kind)| frame.language.kind(*kind).to_owned()),
        _ => value.label.clone(),
    }
}

/// Shows the filters in force, each with a link that removes it.
fn chosen(frame: &Frame, asked: &SearchRequest, found: &SearchPage) -> Markup {
    let active = filters(asked);
    let name_of = |name: &str, value: &str| {
        let facet = found.facets.iter().find(|facet| facet.name == name);
        let known = facet.and_then(|facet| facet.values.iter().find(|known| known.value == value));
        // Only the first page has facets; hits know their agency's name.
        let hit =
            found.datasets.iter().find(|hit| name == "agency" && hit.agency.to_string() == value);
        let text = hit.map_or(value, |hit| hit.agency_name.as_str()).to_owned();
        let fallback = FacetValue { value: value.to_owned(), label: text, count: 0 };
        label(frame, name, known.unwrap_or(&fallback))
    };
    html! {
        @if !active.is_empty() {
            ul.chosen {
                @for (index, (name, value)) in active.iter().enumerate() {
                    @let mut rest = active.clone();
                    @let _ = rest.remove(index);
                    li {
                        a href=(address(frame, asked, &rest, None)) {
                            span.hidden { (frame.words.remove_filter) " " }
                            (frame.language.facet(name)) ": " strong { (name_of(name, value)) }
                            span aria-hidden="true" { " ×" }
                        }
                    }
                }
                @if active.len() > 1 {
                    li { a.plain href=(address(frame, asked, &[], None)) { (frame.words.remove_all) } }
                }
            }
        }
    }
}

fn show(frame: &Frame, hit: &DatasetSummary) -> Markup {
    let words = frame.words;
    let title = frame.language.choose_text(&hit.title).unwrap_or((words.untitled, None));
    // Many titles are the description with a year after it.
    let description =
        frame.language.choose_text(&hit.description).filter(|(text, _)| !title.0.starts_with(text));
    html! {
        article.hit {
            h3 { a href=(frame.path(&format!("/dataset/{}", hit.id))) { span lang=[title.1] { (title.0) } } }
            p.by {
                a href=(frame.path(&format!("/agency/{}", hit.agency))) { (hit.agency_name) }
                @if hit.kind != DatasetKind::Dataset { " · " (frame.language.kind(hit.kind)) }
                " · " (words.updated) " " (date(&hit.modified))
            }
            @if let Some((text, language)) = description { p lang=[language] { (excerpt(text)) } }
            p.tags {
                @for format in hit.formats.iter().take(FORMATS_SHOWN) { span.tag { (format) } }
                @for licence in hit.licences.iter().take(2) { span.tag.licence { (vocabulary::licence(licence).label) } }
                @if hit.provenance.stale { span.tag.stale { "⚠ " (words.stale) } }
            }
        }
    }
}

fn excerpt(text: &str) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match flat.char_indices().nth(EXCERPT_CHARS_MAX) {
        None => flat,
        Some((end, _)) => {
            let cut = flat.get(..end).unwrap_or_default();
            let whole = cut.rsplit_once(' ').map_or(cut, |(words, _)| words);
            format!("{whole} …")
        }
    }
}

fn paging(frame: &Frame, asked: &SearchRequest, found: &SearchPage) -> Markup {
    let active = filters(asked);
    html! {
        @if asked.after.is_some() || found.next.is_some() {
            nav.paging aria-label=(frame.words.paging) {
                @if asked.after.is_some() {
                    a rel="first" href=(address(frame, asked, &active, None)) { "← " (frame.words.first) }
                }
                @if let Some(next) = &found.next {
                    a.next rel="next" href=(address(frame, asked, &active, Some(next))) {
                        (frame.words.next) " →"
                    }
                }
            }
        }
    }
}
