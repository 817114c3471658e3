//! Catalogues in pages, by the words of Hydra.
//!
//! Portals say in the RDF itself where the next page is: in two vocabularies
//! (`PagedCollection` with `nextPage`, and `PartialCollectionView` with `next`),
//! often in both at once, and as IRIs or as texts.
//!
//! Invariant: what pages say of themselves is no part of the catalogue; it would
//! change a record each time the portal cuts its pages otherwise.

use std::collections::BTreeSet;

use dela_protocol::api::NotCarried;
use dela_protocol::dcat::term;
use dela_protocol::description::Object;

use super::super::count;
use crate::rdf::namespace::HYDRA;
use crate::rdf::{Graph, TermId};

/// What makes a subject a page, by the local name of a property or class.
const PAGING: [&str; 16] = [
    "PagedCollection",
    "PartialCollectionView",
    "PartialCollection",
    "next",
    "nextPage",
    "previous",
    "previousPage",
    "first",
    "firstPage",
    "last",
    "lastPage",
    "totalItems",
    "itemsPerPage",
    "pageIndex",
    "view",
    "limit",
];

/// How a document says it belongs to others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct Paging {
    /// Where the next page is, as written.
    pub(in super::super) next: Option<String>,
    /// How many items all pages together have.
    pub(in super::super) total: Option<u64>,
}

/// Takes what a page says of itself out of its graph.
pub(in super::super) fn take_out(graph: &mut Graph) -> (Paging, NotCarried) {
    let words = Words::of(graph);
    let pages: BTreeSet<TermId> = graph
        .ids()
        .iter()
        .filter(|triple| words.is_paging(graph, triple))
        .map(|[subject, ..]| *subject)
        .collect();
    if pages.is_empty() {
        return (Paging::default(), NotCarried::default());
    }
    let mut paging = Paging::default();
    for [_, predicate, object] in graph.ids().iter().filter(|[page, ..]| pages.contains(page)) {
        match graph.iri(*predicate).and_then(|iri| iri.strip_prefix(HYDRA)) {
            Some("next" | "nextPage") => {
                let text = graph.term(*object).text().map(str::trim).filter(|at| !at.is_empty());
                paging.next = paging.next.or_else(|| text.map(str::to_owned));
            }
            Some("totalItems") => {
                let total = graph.term(*object).text().and_then(|text| text.trim().parse().ok());
                paging.total = paging.total.max(total);
            }
            _ => (),
        }
    }
    let before = graph.len();
    let taken: Vec<[TermId; 3]> = graph
        .ids()
        .iter()
        .filter(|triple| pages.contains(&triple[0]) && words.is_hydra(graph, triple))
        .copied()
        .collect();
    let taken: BTreeSet<[TermId; 3]> = taken.into_iter().collect();
    graph.retain(|triple| !taken.contains(triple));
    let left_out = NotCarried {
        triples: count(before - graph.len()),
        subjects: vec![
            "what pages say of themselves (Hydra): it is said anew on export".to_owned(),
        ],
    };
    (paging, left_out)
}

/// The terms of Hydra that occur in a graph.
struct Words {
    rdf_type: Option<TermId>,
}

impl Words {
    fn of(graph: &Graph) -> Self {
        Self { rdf_type: graph.find(&[term::RDF_TYPE]).get(term::RDF_TYPE).copied() }
    }

    /// The word of Hydra that a triple uses, as a property or as a class.
    fn word<'a>(&self, graph: &'a Graph, triple: &[TermId; 3]) -> Option<&'a str> {
        let [_, predicate, object] = *triple;
        let word = if Some(predicate) == self.rdf_type { object } else { predicate };
        match graph.term(word) {
            Object::Iri(iri) => iri.strip_prefix(HYDRA),
            Object::Blank(_) | Object::Literal(_) => None,
        }
    }

    fn is_paging(&self, graph: &Graph, triple: &[TermId; 3]) -> bool {
        self.word(graph, triple).is_some_and(|word| PAGING.contains(&word))
    }

    fn is_hydra(&self, graph: &Graph, triple: &[TermId; 3]) -> bool {
        self.word(graph, triple).is_some()
    }
}
