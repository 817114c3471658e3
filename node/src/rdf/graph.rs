//! A graph in memory: terms are kept once and named by number.

use std::collections::HashMap;
use std::sync::Arc;

use dela_protocol::description::{Node, Object, Triple};

use super::Remark;

/// The number of a term in its graph.
pub(crate) type TermId = u32;

/// An RDF graph. Blank nodes are numbered in the order they came.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    terms: Vec<Arc<Object>>,
    triples: Vec<[TermId; 3]>,
    warnings: Vec<Remark>,
}

impl Graph {
    /// Makes a graph of triples in any order, also repeated ones.
    pub(super) fn new(
        terms: Vec<Arc<Object>>,
        mut triples: Vec<[TermId; 3]>,
        warnings: Vec<Remark>,
    ) -> Self {
        triples.sort_unstable();
        triples.dedup();
        Self { terms, triples, warnings }
    }

    /// Returns the number of triples.
    pub fn len(&self) -> usize {
        self.triples.len()
    }

    /// Returns whether there are no triples.
    pub fn is_empty(&self) -> bool {
        self.triples.is_empty()
    }

    /// Returns what had to be repaired while reading.
    pub fn warnings(&self) -> &[Remark] {
        &self.warnings
    }

    /// Returns all triples, those of one subject together.
    pub fn triples(&self) -> impl Iterator<Item = Triple> {
        self.triples.iter().filter_map(|triple| self.triple(*triple))
    }

    /// Returns the triples by the numbers of their terms, sorted.
    pub(crate) fn ids(&self) -> &[[TermId; 3]] {
        &self.triples
    }

    /// Adds triples of terms that are known here.
    pub(super) fn extend(&mut self, triples: impl Iterator<Item = [TermId; 3]>) {
        self.triples.extend(triples);
        self.triples.sort_unstable();
        self.triples.dedup();
    }

    /// Adds what was found about it.
    pub(super) fn warn(&mut self, remark: Remark) {
        if self.warnings.len() < super::FINDINGS_MAX {
            self.warnings.push(remark);
        }
    }

    /// Leaves out the triples that `keep` says no to.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&[TermId; 3]) -> bool) {
        self.triples.retain(keep);
    }

    /// Returns a term.
    pub(crate) fn term(&self, id: TermId) -> &Object {
        /// What an id of another graph would stand for.
        static NOTHING: Object = Object::Blank(u32::MAX);
        self.terms.get(id as usize).map_or(&NOTHING, |term| term)
    }

    /// Returns how many terms there are: every [`TermId`] is below.
    pub(crate) fn term_count(&self) -> usize {
        self.terms.len()
    }

    /// Returns the IRI that a term is, if it is one.
    pub(crate) fn iri(&self, id: TermId) -> Option<&str> {
        match self.term(id) {
            Object::Iri(iri) => Some(iri),
            Object::Blank(_) | Object::Literal(_) => None,
        }
    }

    /// Returns whether a term is a blank node.
    pub(crate) fn is_blank(&self, id: TermId) -> bool {
        matches!(self.term(id), Object::Blank(_))
    }

    /// Finds the numbers of IRIs; those that do not occur are left out.
    pub(crate) fn find(&self, iris: &[&'static str]) -> HashMap<&'static str, TermId> {
        let mut found = HashMap::new();
        for (id, term) in (0_u32..).zip(&self.terms) {
            if let Object::Iri(iri) = &**term
                && let Some(wanted) = iris.iter().find(|wanted| **wanted == iri.as_str())
            {
                found.insert(*wanted, id);
            }
        }
        found
    }

    /// Gives blank nodes IRIs. Two that get the same IRI become one.
    pub(crate) fn name_blank_nodes(&mut self, names: &HashMap<TermId, String>) {
        let mut ids: HashMap<&str, TermId> = HashMap::new();
        for (id, term) in (0_u32..).zip(&self.terms) {
            if let Object::Iri(iri) = &**term {
                ids.insert(iri, id);
            }
        }
        let mut renamed: HashMap<TermId, TermId> = HashMap::new();
        let mut next = u32::try_from(self.terms.len()).unwrap_or(u32::MAX);
        let mut added = Vec::new();
        for (blank, iri) in names {
            let id = *ids.entry(iri).or_insert_with(|| {
                added.push(Arc::new(Object::Iri(iri.clone())));
                next = next.saturating_add(1);
                next.saturating_sub(1)
            });
            renamed.insert(*blank, id);
        }
        drop(ids);
        self.terms.extend(added);
        for triple in &mut self.triples {
            for term in triple {
                *term = renamed.get(term).copied().unwrap_or(*term);
            }
        }
        self.triples.sort_unstable();
        self.triples.dedup();
    }

    fn triple(&self, [subject, predicate, object]: [TermId; 3]) -> Option<Triple> {
        Some((
            self.term(subject).as_node()?,
            self.iri(predicate)?.to_owned(),
            self.term(object).clone(),
        ))
    }

    /// Returns a triple whose blank nodes are numbered by `number`.
    pub(crate) fn renumbered(
        &self,
        [subject, predicate, object]: [TermId; 3],
        number: impl Fn(TermId) -> u32,
    ) -> Option<Triple> {
        let subject = match self.term(subject) {
            Object::Iri(iri) => Node::Iri(iri.clone()),
            Object::Blank(_) => Node::Blank(number(subject)),
            Object::Literal(_) => return None,
        };
        let object = match self.term(object) {
            Object::Blank(_) => Object::Blank(number(object)),
            other @ (Object::Iri(_) | Object::Literal(_)) => other.clone(),
        };
        Some((subject, self.iri(predicate)?.to_owned(), object))
    }
}
