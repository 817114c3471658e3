//! Putting the pages of a catalogue together.
//!
//! Every page says again who publishes the catalogue and whom to ask, and where
//! that is a blank node, it is another one on each page.
//!
//! Invariant: what several pages say alike of one subject is said once, however
//! the catalogue was cut into pages.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use dela_protocol::api::NotCarried;
use dela_protocol::description::Object;

use crate::import::Form;
use crate::import::reader::Page;
use crate::import::reader::hydra::Paging;
use crate::rdf::{Builder, Graph, ParseError, Remark, TermId};

/// How deep blank nodes in blank nodes are compared; real ones are three deep.
const DEPTH_MAX: u32 = 8;

/// Pages, being put together.
pub(super) struct Merger {
    builder: Builder,
    left_out: NotCarried,
    /// What pages before have said with blank nodes.
    said: BTreeSet<[u8; 32]>,
}

impl Merger {
    pub(super) fn new() -> Self {
        Self { builder: Builder::default(), left_out: NotCarried::default(), said: BTreeSet::new() }
    }

    /// Adds a page.
    pub(super) fn add(&mut self, page: &Page) -> Result<(), ParseError> {
        let graph = &page.graph;
        let looks = Looks::of(graph);
        let mut repeated = BTreeSet::new();
        let mut said = Vec::new();
        for [subject, predicate, object] in graph.ids() {
            if graph.is_blank(*subject) || !graph.is_blank(*object) {
                continue;
            }
            // What hangs together with more than this one place stays.
            let Some(look) = looks.tree(*object, DEPTH_MAX) else { continue };
            let hash =
                hash(&format!("{:?}{:?}", graph.term(*subject), graph.term(*predicate)), &look);
            if self.said.contains(&hash) {
                repeated.insert([*subject, *predicate, *object]);
                looks.below(*object, &mut repeated);
            }
            said.push(hash);
        }
        self.said.extend(said);
        let triples: Vec<[TermId; 3]> =
            graph.ids().iter().filter(|triple| !repeated.contains(*triple)).copied().collect();
        self.builder.append(graph, &triples)?;
        for remark in graph.warnings() {
            // Lines are those of a page that nobody has at hand.
            self.builder.report(Remark { line: None, ..remark.clone() });
        }
        self.left_out.triples = self.left_out.triples.saturating_add(page.left_out.triples);
        self.left_out.subjects.extend(page.left_out.subjects.iter().cloned());
        self.left_out.subjects.sort_unstable();
        self.left_out.subjects.dedup();
        Ok(())
    }

    /// Returns all pages as one.
    pub(super) fn finish(self, form: Form) -> Page {
        let graph = self.builder.finish();
        Page { form, graph, left_out: self.left_out, paging: Paging::default() }
    }
}

fn hash(place: &str, look: &str) -> [u8; 32] {
    *blake3::hash(format!("{place}\n{look}").as_bytes()).as_bytes()
}

/// How the blank nodes of a page look that nothing else refers to.
struct Looks<'a> {
    graph: &'a Graph,
    starts: BTreeMap<TermId, &'a [[TermId; 3]]>,
    references: HashMap<TermId, u32>,
}

impl<'a> Looks<'a> {
    fn of(graph: &'a Graph) -> Self {
        let mut starts = BTreeMap::new();
        for chunk in graph.ids().chunk_by(|[a, ..], [b, ..]| a == b) {
            if let Some([subject, ..]) = chunk.first()
                && graph.is_blank(*subject)
            {
                starts.insert(*subject, chunk);
            }
        }
        let mut references: HashMap<TermId, u32> = HashMap::new();
        for [_, _, object] in graph.ids() {
            if graph.is_blank(*object) {
                *references.entry(*object).or_default() += 1;
            }
        }
        Self { graph, starts, references }
    }

    /// Returns a text that is the same for blank nodes of the same content;
    /// `None` for what is no tree.
    fn tree(&self, node: TermId, depth: u32) -> Option<String> {
        if depth == 0 || self.references.get(&node) != Some(&1) {
            return None;
        }
        let mut lines = Vec::new();
        for [_, predicate, object] in self.starts.get(&node).copied().unwrap_or_default() {
            let object = match self.graph.term(*object) {
                Object::Blank(_) => format!("[{}]", self.tree(*object, depth - 1)?),
                other @ (Object::Iri(_) | Object::Literal(_)) => format!("{other:?}"),
            };
            lines.push(format!("{:?} {object}", self.graph.term(*predicate)));
        }
        lines.sort_unstable();
        Some(lines.join("\n"))
    }

    /// Collects the triples of a tree.
    fn below(&self, node: TermId, triples: &mut BTreeSet<[TermId; 3]>) {
        for triple in self.starts.get(&node).copied().unwrap_or_default() {
            triples.insert(*triple);
            if self.graph.is_blank(triple[2]) {
                self.below(triple[2], triples);
            }
        }
    }
}
