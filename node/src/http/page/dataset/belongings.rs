//! What belongs to an entry: series, services, and what it was before.

use dela_protocol::api::{DatasetView, Related, Relation};
use maud::{Markup, html};

use super::date;
use crate::http::page::layout::Frame;
use crate::language::words;

/// The relations, as they are headed.
const RELATIONS: [Relation; 4] =
    [Relation::Series, Relation::Member, Relation::Service, Relation::Served];

/// Shows what else in the index belongs to an entry.
pub(super) fn related(frame: &Frame, view: &DatasetView) -> Markup {
    let of = |relation: Relation| -> Vec<&Related> {
        view.related.iter().filter(|one| one.relation == relation).collect()
    };
    html! {
        @for relation in RELATIONS {
            @let related = of(relation);
            @if !related.is_empty() {
                section {
                    h2 { (heading(frame, relation)) }
                    ul { @for one in related { li { (named(frame, one)) } } }
                }
            }
        }
    }
}

const fn heading(frame: &Frame, relation: Relation) -> &'static str {
    let both = match relation {
        Relation::Series => words("Ingår i serien", "Part of the series"),
        Relation::Member => words("I serien", "In this series"),
        Relation::Service => words("Kan hämtas genom", "Served by"),
        Relation::Served => words("Ger tillgång till", "Gives access to"),
    };
    both.text(frame.language)
}

fn named(frame: &Frame, one: &Related) -> Markup {
    let (title, spoken) =
        frame.language.choose_text(&one.title).unwrap_or((frame.words.untitled, None));
    html! {
        a href=(frame.path(&format!("/dataset/{}", one.id))) { span lang=[spoken] { (title) } }
        " " span.quiet { (frame.language.kind(one.kind)) }
    }
}

/// Shows which records this node saw before the one that is shown.
pub(super) fn earlier(frame: &Frame, view: &DatasetView) -> Markup {
    let said = |both: crate::language::Words| both.text(frame.language);
    html! {
        @if !view.earlier.is_empty() {
            section {
                h2 { (said(words("Tidigare versioner", "Earlier versions"))) }
                p {
                    (said(words(
                        "Den här noden har sett beskrivningen ändras. Innehållet i äldre versioner \
                         sparas inte.",
                        "This node has seen the description change. The content of earlier \
                         versions is not kept.",
                    )))
                }
                ul.plain {
                    @for version in &view.earlier {
                        li {
                            (date(&version.issued_at.to_string())) " "
                            code title=(version.record) { (version.record.short()) }
                        }
                    }
                }
            }
        }
    }
}
