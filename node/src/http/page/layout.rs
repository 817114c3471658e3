//! What is around every page: its head, its menu and the state of the node.

use dela_protocol::api::{Problem, SourcesStatus};
use maud::{DOCTYPE, Markup, html};

use super::language::{Language, Words};
use super::words::{federation, insight, share};
use super::{link, sources};
use crate::index::{Index, IndexError, Overview};

/// What is around a page.
pub(super) struct Frame {
    pub(super) language: Language,
    pub(super) words: &'static Words,
    here: String,
    overview: Overview,
    sources: SourcesStatus,
}

impl Frame {
    /// Looks up the state of the node for a page at `here`.
    pub(super) fn new(index: &Index, language: Language, here: String) -> Result<Self, IndexError> {
        let (words, overview) = (language.words(), index.overview()?);
        Ok(Self { language, words, here, overview, sources: SourcesStatus::default() })
    }

    /// Tells below the page how the sources are.
    pub(super) fn with_sources(self, sources: SourcesStatus) -> Self {
        Self { sources, ..self }
    }

    /// Returns a path of this site in the language of the page. The language
    /// travels in the address, because nothing is kept of who only reads.
    pub(super) fn path(&self, path: &str) -> String {
        link::with_query(path, [("lang", self.language.tag())])
    }

    /// Returns a text in the language of the page.
    pub(super) const fn text(&self, words: crate::language::Words) -> &'static str {
        words.text(self.language)
    }

    /// Puts the frame around a page.
    pub(super) fn around(&self, title: &str, head: &Markup, main: &Markup) -> Markup {
        let words = self.words;
        html! {
            (DOCTYPE)
            html lang=(self.language.tag()) {
                (head_of(title, head))
                body {
                    a.skip href="#main" { (words.skip) }
                    header.site {
                        div.wide {
                            a.brand href=(self.path("/")) { span.mark aria-hidden="true" {} "Dela" }
                            nav aria-label=(words.main_navigation) {
                                a href=(self.path("/")) { (words.datasets) }
                                a href=(self.path("/agencies")) { (words.agencies) }
                                a href=(self.path("/federation")) { (self.text(federation::MENU)) }
                                a href=(self.path("/insight")) { (self.text(insight::TITLE)) }
                                a href=(self.path("/share")) { (share::NAME.text(self.language)) }
                                @let other = self.language.other().tag();
                                a.language href=(link::in_language(&self.here, other)) lang=(other) hreflang=(other) {
                                    (words.other_language)
                                }
                            }
                        }
                    }
                    main #main tabindex="-1" { (main) }
                    (self.footer())
                }
            }
        }
    }

    fn footer(&self) -> Markup {
        let (words, overview, language) = (self.words, &self.overview, self.language);
        let count = |number: u64| language.number(number);
        html! {
            footer.site {
                div.wide {
                    h2.quiet { (words.node_status) }
                    @if overview.recovering { p.warning { (words.recovering) } }
                    @if overview.behind > 0 {
                        p.warning { (count(overview.behind)) " " (words.catching_up) }
                    }
                    @if overview.stale > 0 {
                        p.warning { (count(overview.stale)) " " (words.stale_agencies) }
                    }
                    (sources::footer(language, self.sources))
                    p {
                        (words.node_of) " " strong { (overview.agency_name) } " · "
                        (count(overview.agencies)) " " (words.agencies.to_lowercase()) " · "
                        (count(overview.datasets)) " " (words.datasets.to_lowercase())
                    }
                    p {
                        (words.root) " " code title=(overview.root) { (overview.root.short()) } " · "
                        a href="/api/v1/status" { "status" } " · "
                        a href="/api/v1/openapi.json" { "API" } " · "
                        a href="/datasets/dcat" { "DCAT" } " · "
                        a href="/feed" { "LDES" }
                        @if self.sources.total > 0 {
                            " · " a href=(self.path("/sources")) { (sources::name(language)) }
                        }
                    }
                }
            }
        }
    }
}

fn head_of(title: &str, extra: &Markup) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " – Dela" }
            link rel="stylesheet" href="/style.css";
            script src="/script.js" defer {}
            link rel="icon" href="/icon.svg" type="image/svg+xml";
            link rel="alternate" type="application/trig" href="/feed";
            (extra)
        }
    }
}

/// Shows a problem; made without looking at the index, which may be what
/// failed.
pub(super) fn failure(language: Language, problem: &Problem) -> Markup {
    let words = language.words();
    let is_missing = matches!(problem.status, 404 | 410);
    let main = html! {
        div.wide.narrow {
            h1 { (language.problem(problem.status)) }
            // Details come from the API, which speaks English.
            p lang="en" { (sentence(&problem.detail)) }
            // Where something is missing, the hints are for programs.
            @if let Some(hint) = problem.hint.as_ref().filter(|_| !is_missing) {
                h2 { (words.what_to_do) }
                p lang="en" { (sentence(hint)) }
            }
            p {
                a.button href=(link::with_query("/", [("lang", language.tag())])) { (words.back) }
            }
            p.quiet { (words.status_code) " " (problem.status) }
        }
    };
    bare(language, language.problem(problem.status), &main)
}

/// Puts around a page what needs no look at the index.
pub(super) fn bare(language: Language, title: &str, main: &Markup) -> Markup {
    let words = language.words();
    let path = |path| link::with_query(path, [("lang", language.tag())]);
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            (head_of(title, &html! {}))
            body {
                header.site {
                    div.wide {
                        a.brand href=(path("/")) { span.mark aria-hidden="true" {} "Dela" }
                        nav aria-label=(words.main_navigation) {
                            a href=(path("/")) { (words.datasets) }
                            a href=(path("/agencies")) { (words.agencies) }
                            a href=(path("/federation")) { (federation::MENU.text(language)) }
                            a href=(path("/insight")) { (insight::TITLE.text(language)) }
                            a href=(path("/share")) { (share::NAME.text(language)) }
                        }
                    }
                }
                main #main { (main) }
            }
        }
    }
}

/// Returns a detail of the API, which begins in lower case and has no full
/// stop, as a sentence.
pub(super) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), chars.as_str()),
        None => String::new(),
    }
}
