//! Putting a graph together: of what a parser says, of other graphs, or of what
//! another form than RDF means.
//!
//! Invariant: whatever is added, the graph keeps the promises of [`rdf`](super):
//! valid absolute IRIs, well-formed language tags, bounded size. What had to be
//! repaired for that is reported.

use core::time::Duration;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use dela_protocol::description::{Literal, LiteralKind, Object};
use oxiri::Iri;
use oxrdf::{BlankNode, GraphName, NamedOrBlankNode, Quad, Term};

use super::graph::{Graph, TermId};
use super::iri::{FALLBACK_BASE, repair};
use super::{
    FILE_TEXT_BYTES_MAX, FILE_TRIPLES_MAX, FINDINGS_MAX, Noticed, ParseError, Remark, lines,
    shorten,
};

/// How long reading one file may take: thirty times what 64 MiB take on an old
/// machine.
const PARSE_TIME_MAX: Duration = Duration::from_secs(60);

/// How many triples are read between two looks at the clock.
const TRIPLES_PER_LOOK: usize = 256;

/// The `xsd:string` every plain literal has.
const XSD_STRING: &str = "http://www.w3.org/2001/XMLSchema#string";
/// The datatype of literals in a language, which says nothing without one.
const RDF_LANG_STRING: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString";

/// A graph, and beside it the graphs that have names.
#[derive(Debug, Default)]
pub(crate) struct NamedGraphs {
    /// What stands in no named graph; it knows the terms of all.
    pub(crate) graph: Graph,
    /// What stands in each named one, by its name.
    pub(crate) named: BTreeMap<TermId, Vec<[TermId; 3]>>,
}

impl NamedGraphs {
    /// Returns all as one graph, and reports that their names are lost.
    pub(crate) fn merged(mut self) -> Graph {
        let triples: usize = self.named.values().map(Vec::len).sum();
        if triples > 0 {
            self.graph.warn(Remark::new(Noticed::NamedGraphs { triples }, ""));
            self.graph.extend(self.named.into_values().flatten());
        }
        self.graph
    }
}

/// A graph that is being put together.
#[derive(Debug)]
pub(crate) struct Builder {
    terms: Vec<Arc<Object>>,
    ids: HashMap<Arc<Object>, TermId>,
    blank_nodes: HashMap<String, TermId>,
    blanks: u32,
    text_bytes: usize,
    triples: Vec<[TermId; 3]>,
    named: BTreeMap<TermId, Vec<[TermId; 3]>>,
    named_triples: usize,
    remarks: Vec<Remark>,
    base: Iri<String>,
    base_given: bool,
    deadline: Option<Instant>,
}

impl Default for Builder {
    fn default() -> Self {
        Self::on(Iri::parse_unchecked(FALLBACK_BASE.to_owned()))
    }
}

impl Builder {
    /// Begins a graph. Relative IRIs are resolved against `base`, else
    /// [`FALLBACK_BASE`].
    pub(crate) fn new(base: Option<&str>) -> Result<Self, ParseError> {
        let Some(base) = base else { return Ok(Self::default()) };
        let base = Iri::parse(base.to_owned()).map_err(bad_base)?;
        Ok(Self { base_given: true, ..Self::on(base) })
    }

    fn on(base: Iri<String>) -> Self {
        Self {
            terms: Vec::new(),
            ids: HashMap::new(),
            blank_nodes: HashMap::new(),
            blanks: 0,
            text_bytes: 0,
            triples: Vec::new(),
            named: BTreeMap::new(),
            named_triples: 0,
            remarks: Vec::new(),
            base,
            base_given: false,
            deadline: None,
        }
    }

    /// Begins a graph that a parser fills, within the time one file may take.
    pub(super) fn of_file(base: Option<&str>) -> Result<Self, ParseError> {
        let deadline = Some(Instant::now() + PARSE_TIME_MAX);
        Ok(Self { deadline, ..Self::new(base)? })
    }

    pub(super) fn base(&self) -> &str {
        self.base.as_str()
    }

    /// Takes what a parser says.
    pub(super) fn take(&mut self, quad: Quad) -> Result<(), ParseError> {
        let subject = self.node(quad.subject);
        let predicate = self.iri(quad.predicate.into_string());
        let object = match quad.object {
            Term::NamedNode(node) => self.iri(node.into_string()),
            Term::BlankNode(node) => self.blank(node),
            Term::Literal(literal) => self.literal(literal),
        };
        let triple = [subject, predicate, object];
        let name = match quad.graph_name {
            GraphName::DefaultGraph => return self.add(triple),
            GraphName::NamedNode(node) => NamedOrBlankNode::NamedNode(node),
            GraphName::BlankNode(node) => NamedOrBlankNode::BlankNode(node),
        };
        let name = self.node(name);
        self.named.entry(name).or_default().push(triple);
        self.named_triples += 1;
        self.look()
    }

    /// Takes a triple that stands in no named graph.
    pub(super) fn take_triple(&mut self, triple: oxrdf::Triple) -> Result<(), ParseError> {
        self.take(triple.in_graph(GraphName::DefaultGraph))
    }

    /// Adds a triple of terms that are known here.
    pub(crate) fn add(&mut self, triple: [TermId; 3]) -> Result<(), ParseError> {
        self.triples.push(triple);
        self.look()
    }

    /// Adds triples of another graph. Its blank nodes are none of those here.
    pub(crate) fn append(
        &mut self,
        graph: &Graph,
        triples: &[[TermId; 3]],
    ) -> Result<(), ParseError> {
        let mut ids: HashMap<TermId, TermId> = HashMap::new();
        for triple in triples {
            let triple = triple.map(|term| {
                *ids.entry(term).or_insert_with(|| match graph.term(term) {
                    Object::Blank(_) => self.fresh_blank(),
                    other @ (Object::Iri(_) | Object::Literal(_)) => self.id(other.clone()),
                })
            });
            self.add(triple)?;
        }
        Ok(())
    }

    /// Adds what was noticed while reading something.
    pub(crate) fn report(&mut self, remark: Remark) {
        if self.remarks.len() < FINDINGS_MAX {
            self.remarks.push(remark);
        }
    }

    fn look(&self) -> Result<(), ParseError> {
        let triples = self.triples.len() + self.named_triples;
        if triples.is_multiple_of(TRIPLES_PER_LOOK) { self.within_bounds(triples) } else { Ok(()) }
    }

    fn within_bounds(&self, triples: usize) -> Result<(), ParseError> {
        let split = "split the catalogue into several files";
        if triples > FILE_TRIPLES_MAX {
            let message = format!("more than {FILE_TRIPLES_MAX} triples, the most that are read");
            return Err(ParseError::new(None, message, split));
        }
        if self.text_bytes > FILE_TEXT_BYTES_MAX {
            let message = format!(
                "names and texts that take more than {FILE_TEXT_BYTES_MAX} bytes when written out"
            );
            return Err(ParseError::new(None, message, split));
        }
        if self.deadline.is_some_and(|deadline| Instant::now() > deadline) {
            let message = format!("reading took longer than {} seconds", PARSE_TIME_MAX.as_secs());
            return Err(ParseError::new(None, message, split));
        }
        Ok(())
    }

    fn id(&mut self, object: Object) -> TermId {
        if let Some(id) = self.ids.get(&object) {
            return *id;
        }
        let id = u32::try_from(self.terms.len()).unwrap_or(u32::MAX);
        self.text_bytes = self.text_bytes.saturating_add(object.text().map_or(0, str::len));
        let object = Arc::new(object);
        self.terms.push(Arc::clone(&object));
        self.ids.insert(object, id);
        id
    }

    fn node(&mut self, node: NamedOrBlankNode) -> TermId {
        match node {
            NamedOrBlankNode::NamedNode(node) => self.iri(node.into_string()),
            NamedOrBlankNode::BlankNode(node) => self.blank(node),
        }
    }

    fn blank(&mut self, node: BlankNode) -> TermId {
        if let Some(id) = self.blank_nodes.get(node.as_str()) {
            return *id;
        }
        let id = self.fresh_blank();
        self.blank_nodes.insert(node.into_string(), id);
        id
    }

    /// Makes a blank node that nothing has said anything of yet.
    pub(crate) fn fresh_blank(&mut self) -> TermId {
        let number = self.blanks;
        self.blanks = self.blanks.saturating_add(1);
        self.id(Object::Blank(number))
    }

    /// Returns the term of an IRI, repaired where it is none.
    pub(crate) fn iri(&mut self, text: String) -> TermId {
        let object = Object::Iri(text);
        if let Some(id) = self.ids.get(&object) {
            return *id;
        }
        let Object::Iri(text) = object else { return self.id(object) };
        match repair(&text, &self.base) {
            None => {
                self.suspect(&text);
                self.id(Object::Iri(text))
            }
            Some(repaired) => {
                let what = Noticed::IriCharacters { repaired: repaired.clone() };
                self.report(Remark::new(what, &text));
                self.suspect(&repaired);
                let id = self.id(Object::Iri(repaired));
                // The text will come again; it is no IRI, so nothing else is named so.
                self.ids.insert(Arc::new(Object::Iri(text)), id);
                id
            }
        }
    }

    /// Returns the term of a text without language.
    pub(crate) fn plain(&mut self, text: impl Into<String>) -> TermId {
        self.id(Object::plain(text.into()))
    }

    /// Returns the term of a text with a datatype.
    pub(crate) fn typed(&mut self, text: impl Into<String>, datatype: &str) -> TermId {
        let kind = LiteralKind::Typed(datatype.to_owned());
        self.id(Object::Literal(Literal { text: text.into(), kind }))
    }

    /// Reports IRIs that are valid, but hardly what was meant.
    fn suspect(&mut self, iri: &str) {
        let scheme = iri.split(':').next().unwrap_or_default();
        if ["javascript", "vbscript", "data"].iter().any(|bad| scheme.eq_ignore_ascii_case(bad)) {
            self.report(Remark::new(Noticed::IriScheme { scheme: scheme.to_owned() }, iri));
        }
        if !self.base_given
            && let Some(relative) = iri.strip_prefix(FALLBACK_BASE)
        {
            self.report(Remark::new(Noticed::IriRelative { resolved: iri.to_owned() }, relative));
        }
    }

    fn literal(&mut self, literal: oxrdf::Literal) -> TermId {
        let (text, datatype, language) = literal.destruct();
        let kind = match (language, datatype) {
            (Some(language), _) => {
                if let Some(tag) = language_tag(&language) {
                    LiteralKind::Language(tag)
                } else {
                    self.report(Remark::new(Noticed::LanguageTag { tag: language }, &text));
                    LiteralKind::Plain
                }
            }
            (None, Some(datatype))
                if ![XSD_STRING, RDF_LANG_STRING].contains(&datatype.as_str()) =>
            {
                let id = self.iri(datatype.into_string());
                match self.terms.get(id as usize).and_then(|term| term.text()) {
                    Some(iri) => LiteralKind::Typed(iri.to_owned()),
                    None => LiteralKind::Plain,
                }
            }
            (None, _) => LiteralKind::Plain,
        };
        self.id(Object::Literal(Literal { text, kind }))
    }

    /// Returns the graph of what has no source with lines.
    pub(crate) fn finish(self) -> Graph {
        self.finish_named(b"").graph
    }

    /// Returns the graph and those with names. `source` is where the lines of
    /// findings are looked up.
    pub(super) fn finish_named(mut self, source: &[u8]) -> NamedGraphs {
        lines::locate(
            source,
            self.remarks.iter_mut().map(|remark| (&*remark.subject, &mut remark.line)),
        );
        for remark in &mut self.remarks {
            remark.subject = shorten(core::mem::take(&mut remark.subject));
        }
        let graph = Graph::new(self.terms, self.triples, self.remarks);
        NamedGraphs { graph, named: self.named }
    }
}

pub(super) fn bad_base(error: impl core::fmt::Display) -> ParseError {
    ParseError::new(
        None,
        format!("the base is not an absolute IRI: {error}"),
        "give the address the file was fetched from, such as https://example.org/dcat.ttl",
    )
}

/// Returns a language tag in the one form RDF compares it in, lower case; `None`
/// if it cannot be one.
pub(crate) fn language_tag(text: &str) -> Option<String> {
    let tag = text.trim().replace('_', "-").to_ascii_lowercase();
    let well_formed = tag.split('-').enumerate().all(|(position, part)| {
        (1..=8).contains(&part.len())
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphabetic() || (position > 0 && byte.is_ascii_digit()))
    });
    well_formed.then_some(tag)
}
