//! What a search found.

use core::ops::Range;

use dela_protocol::api::{DatasetKind, DatasetSummary, Facet, FacetValue, SearchPage, Sort};
use dela_protocol::dcat::Text;
use maud::{Markup, html};

use super::dataset::date;
use super::layout::Frame;
use super::link;
use crate::http::datasets::SORTS;
use crate::index::SearchRequest;
use crate::search::{Marking, Term};
use crate::vocabulary;

/// How much of a description a hit shows.
const EXCERPT_CHARS_MAX: usize = 220;

/// How much of a description stands before its first mark, where that does not
/// stand at the beginning.
const LEAD_CHARS_MAX: usize = 60;

/// How many values of a facet are shown at first.
const FACET_VALUES_SHOWN: usize = 6;

/// How many facets are shown at first: those that most people choose by.
const FACETS_SHOWN: usize = 5;

/// The forms of RDF that pages name.
const FORMS: [(&str, &str); 3] =
    [("application/rdf+xml", "rdf"), ("text/turtle", "ttl"), ("application/ld+json", "jsonld")];

/// How many of the keywords that were found a hit shows.
const KEYWORDS_SHOWN: usize = 3;

/// How many formats a hit shows.
const FORMATS_SHOWN: usize = 6;

/// Returns the page of a search.
pub(super) fn page(frame: &Frame, asked: &SearchRequest, found: &SearchPage) -> Markup {
    let words = frame.words;
    let is_narrowed = !asked.filters.is_empty();
    let mut marking = Marking::new(found.corrected.as_deref().unwrap_or(&asked.words));
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
        // The script says here how many hits there are, to who cannot see it.
        p.hidden #told role="status" {}
        // The script replaces all of this while one types.
        div.wide.columns #found {
            @if !found.facets.is_empty() && (found.total > 0 || is_narrowed) {
                aside.facets #filters aria-label=(words.filters) { (facets(frame, asked, &found.facets)) }
            }
            section.results aria-label=(words.hits) {
                (chosen(frame, asked, found))
                (count(frame, asked, found, begins))
                @if found.total > 0 && !found.facets.is_empty() {
                    p.jump { a href="#filters" { (words.filters) " ↓" } }
                }
                @if found.total == 0 { (nothing(frame, asked, begins)) }
                ol.hits {
                    @for hit in &found.datasets { li { (show(frame, hit, &mut marking)) } }
                }
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

/// Says what to do where nothing was found.
fn nothing(frame: &Frame, asked: &SearchRequest, begins: bool) -> Markup {
    let words = frame.words;
    html! {
        p { @if begins { (words.empty_hint) } @else { (words.no_hits_hint) } }
        @if !asked.filters.is_empty() && !asked.words.is_empty() {
            p { a.button.second href=(address(frame, asked, &[], None)) { (words.without_filters) } }
        }
        @if !begins { p { a href=(frame.path("/")) { (words.show_all) } } }
    }
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
        @if let Some(meant) = &found.corrected {
            p.meant {
                (words.nothing_for) " " q { (asked.words) } ". " (words.shown_instead) " "
                strong { (meant) } "."
            }
        }
        h2.count {
            @if found.total == 0 {
                @if begins { (words.empty) } @else { (words.no_hits) }
            } @else {
                (frame.language.number(found.total)) " "
                @if found.total == 1 { (words.hit) } @else { (words.hits) }
            }
            @if let Some(searched) = found.corrected.as_ref().or(Some(&asked.words)) {
                @if !searched.is_empty() { " " (words.hits_for) " " q { (searched) } }
            }
        }
    }
}

/// Returns the filters of a search as query parameters.
fn filters(asked: &SearchRequest) -> Vec<(&'static str, &str)> {
    asked.filters.pairs().map(|(term, value)| (term.name(), value)).collect()
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
    let open: Vec<(Term, Vec<&FacetValue>)> = facets
        .iter()
        .filter_map(|facet| {
            let term = term(&facet.name)?;
            let is_open = |value: &&FacetValue| !active.contains(&(term.name(), &value.value));
            let values: Vec<_> = facet.values.iter().filter(is_open).collect();
            Some((term, values)).filter(|(_, values)| !values.is_empty())
        })
        .collect();
    let (first, others) = open.split_at(open.len().min(FACETS_SHOWN));
    html! {
        h2 { (frame.words.filters) }
        @for (term, values) in first { (choices(frame, asked, *term, values)) }
        @if !others.is_empty() {
            details.others {
                summary { (frame.words.more_filters) }
                @for (term, values) in others { (choices(frame, asked, *term, values)) }
            }
        }
    }
}

/// Returns the facet with this name.
fn term(name: &str) -> Option<Term> {
    Term::FACETS.into_iter().find(|term| term.name() == name)
}

fn choices(frame: &Frame, asked: &SearchRequest, term: Term, values: &[&FacetValue]) -> Markup {
    let (shown, more) = values.split_at(values.len().min(FACET_VALUES_SHOWN));
    html! {
        h3 { (frame.language.facet(term)) }
        ul { @for value in shown { (choice(frame, asked, term, value)) } }
        @if !more.is_empty() {
            details {
                summary {
                    "+ " (more.len()) span.hidden { " " (frame.language.facet(term)) }
                }
                ul { @for value in more { (choice(frame, asked, term, value)) } }
            }
        }
    }
}

fn choice(frame: &Frame, asked: &SearchRequest, term: Term, value: &FacetValue) -> Markup {
    let mut with = filters(asked);
    with.push((term.name(), &value.value));
    html! {
        li {
            a href=(address(frame, asked, &with, None)) rel="nofollow" {
                span { (label(frame, term, value)) }
                " " span.number { (frame.language.number(value.count)) }
            }
        }
    }
}

fn label(frame: &Frame, term: Term, value: &FacetValue) -> String {
    match term {
        Term::Agency => value.label.clone(),
        other => other.label(&value.value, frame.language),
    }
}

/// Shows the filters in force, each with a link that removes it.
fn chosen(frame: &Frame, asked: &SearchRequest, found: &SearchPage) -> Markup {
    let active: Vec<(Term, &str)> = asked.filters.pairs().collect();
    let name_of = |term: Term, value: &str| match term {
        Term::Agency => agency_name(value, found).unwrap_or(value).to_owned(),
        other => other.label(value, frame.language),
    };
    let without = |index: usize| -> Vec<(&'static str, &str)> {
        let others = active.iter().enumerate().filter(|(place, _)| *place != index);
        others.map(|(_, (term, value))| (term.name(), *value)).collect()
    };
    html! {
        @if !active.is_empty() {
            ul.chosen {
                @for (index, (term, value)) in active.iter().enumerate() {
                    li {
                        a href=(address(frame, asked, &without(index), None)) {
                            span.hidden { (frame.words.remove_filter) " " }
                            (frame.language.facet(*term)) ": " strong { (name_of(*term, value)) }
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

/// Returns what the agency with this id is called. Only the first page has
/// facets; hits know their agency's name.
fn agency_name<'a>(id: &str, found: &'a SearchPage) -> Option<&'a str> {
    let facet = found.facets.iter().find(|facet| facet.name == Term::Agency.name());
    let counted = facet.and_then(|facet| facet.values.iter().find(|known| known.value == id));
    let hit = || found.datasets.iter().find(|hit| hit.agency.to_string() == id);
    counted.map(|known| known.label.as_str()).or_else(|| Some(hit()?.agency_name.as_str()))
}

fn show(frame: &Frame, hit: &DatasetSummary, marking: &mut Marking) -> Markup {
    let words = frame.words;
    let title = frame.language.choose_text(&hit.title).unwrap_or((words.untitled, None));
    // Many titles are the description with a year after it.
    let description =
        frame.language.choose_text(&hit.description).filter(|(text, _)| !title.0.starts_with(text));
    html! {
        article.hit {
            h3 {
                a href=(frame.path(&format!("/dataset/{}", hit.id))) {
                    span lang=[title.1] { (marked(title.0, marking)) }
                }
            }
            p.by {
                a href=(frame.path(&format!("/agency/{}", hit.agency))) { (hit.agency_name) }
                @if hit.kind != DatasetKind::Dataset { " · " (frame.language.kind(hit.kind)) }
                " · " (words.updated) " " (date(&hit.modified))
            }
            @if let Some((text, language)) = description {
                p lang=[language] { (excerpt(text, marking)) }
            }
            p.tags {
                @for keyword in keywords(hit, marking) { span.tag.keyword { mark { (keyword) } } }
                @for format in hit.formats.iter().take(FORMATS_SHOWN) { span.tag { (format) } }
                @for licence in hit.licences.iter().take(2) { span.tag.licence { (vocabulary::licence(licence).label) } }
                @if hit.provenance.stale { span.tag.stale { "⚠ " (words.stale) } }
            }
        }
    }
}

/// Returns the keywords that have the words of the search: what else was hit.
fn keywords<'a>(hit: &'a DatasetSummary, marking: &mut Marking) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    for Text { text, .. } in &hit.keyword {
        if found.len() < KEYWORDS_SHOWN
            && !found.contains(&text.as_str())
            && !marking.marks(text).is_empty()
        {
            found.push(text);
        }
    }
    found
}

/// Shows a text with the words of the search marked.
fn marked(text: &str, marking: &mut Marking) -> Markup {
    let mut parts = Vec::new();
    let mut done = 0;
    for Range { start, end } in marking.marks(text) {
        if let (Some(before), Some(word)) = (text.get(done..start), text.get(start..end)) {
            parts.push((before, word));
            done = end;
        }
    }
    html! {
        @for (before, word) in parts { (before) mark { (word) } }
        (text.get(done..).unwrap_or_default())
    }
}

/// Shows the part of a description where the words of the search stand, or else
/// its beginning.
fn excerpt(text: &str, marking: &mut Marking) -> Markup {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = marking.marks(&flat).first().map_or(0, |mark| mark.start);
    let before = flat.get(..first).unwrap_or_default();
    let lead = before.char_indices().rev().nth(LEAD_CHARS_MAX).map_or(0, |(at, _)| at);
    // Where the mark stands in the first lines anyway, they are read from the
    // beginning.
    let begin = if before.chars().count() < EXCERPT_CHARS_MAX - LEAD_CHARS_MAX {
        0
    } else {
        before.get(lead..).and_then(|rest| rest.find(' ')).map_or(lead, |space| lead + space + 1)
    };
    let rest = flat.get(begin..).unwrap_or_default();
    let (shown, is_cut) = match rest.char_indices().nth(EXCERPT_CHARS_MAX) {
        None => (rest, false),
        Some((end, _)) => {
            let cut = rest.get(..end).unwrap_or_default();
            (cut.rsplit_once(' ').map_or(cut, |(words, _)| words), true)
        }
    };
    html! {
        @if begin > 0 { "… " }
        (marked(shown, marking))
        @if is_cut { " …" }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_marked_is_text_all_the_same() {
        let mut marking = Marking::new("luft script");
        let shown = marked("Luft & <script>luft</script>", &mut marking).into_string();
        assert_eq!(
            shown,
            "<mark>Luft</mark> &amp; &lt;<mark>script</mark>&gt;<mark>luft</mark>&lt;/\
             <mark>script</mark>&gt;"
        );
    }

    #[test]
    fn an_excerpt_shows_where_the_words_stand() {
        let text =
            format!("{} slutligen mäts luften här. {}", "Å ord ".repeat(60), "b ".repeat(90));
        let shown = excerpt(&text, &mut Marking::new("luft")).into_string();
        assert!(shown.starts_with("… "), "{shown}");
        assert!(shown.contains("mäts <mark>luften</mark> här."), "{shown}");
        assert!(shown.ends_with(" …"), "{shown}");
        let first = excerpt(&text, &mut Marking::new("")).into_string();
        assert!(first.starts_with("Å ord Å"), "{first}");
        assert_eq!(excerpt("Kort.", &mut Marking::new("x")).into_string(), "Kort.");
    }
}
