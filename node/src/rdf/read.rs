//! From bytes to a graph: parsers run leniently, and what they let through is
//! repaired on the way.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use dela_protocol::api::{Finding, Severity};
use dela_protocol::description::{Literal, LiteralKind, Object};
use oxiri::Iri;
use oxjsonld::{JsonLdErrorCode, JsonLdParser, JsonLdSyntaxError};
use oxrdf::{BlankNode, GraphName, NamedNode, NamedOrBlankNode, Term};
use oxrdfxml::RdfXmlParser;
use oxttl::{NQuadsParser, NTriplesParser, TriGParser, TurtleParser, TurtleSyntaxError};

use super::graph::{Graph, TermId};
use super::guard;
use super::iri::{FALLBACK_BASE, repair};
use super::lines;
use super::{FILE_TEXT_BYTES_MAX, FILE_TRIPLES_MAX, FINDINGS_MAX, Format, ParseError};

/// How long reading one file may take: thirty times what 64 MiB take on an old
/// machine.
const PARSE_TIME_MAX: Duration = Duration::from_secs(60);

/// How many triples are read between two looks at the clock.
const TRIPLES_PER_LOOK: usize = 256;

/// The `xsd:string` every plain literal has.
const XSD_STRING: &str = "http://www.w3.org/2001/XMLSchema#string";
/// The datatype of literals in a language, which says nothing without one.
const RDF_LANG_STRING: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString";

/// Reads a file.
///
/// Relative IRIs are resolved against `base`, else [`FALLBACK_BASE`]. Blocks for
/// as long as reading takes, at most a minute.
pub fn parse(bytes: &[u8], format: Format, base: Option<&str>) -> Result<Graph, ParseError> {
    let text = guard::check(bytes, format)?;
    let mut reader = Reader::new(base)?;
    let base = reader.base.as_str().to_owned();
    let source = text.as_bytes();
    match format {
        Format::Turtle => {
            let parser = TurtleParser::new().lenient().with_base_iri(base).map_err(bad_base)?;
            for triple in parser.for_slice(source) {
                let triple = triple.map_err(|error| turtle_error(&error))?;
                reader.take(triple.subject, triple.predicate, triple.object)?;
            }
        }
        Format::NTriples => {
            for triple in NTriplesParser::new().lenient().for_slice(source) {
                let triple = triple.map_err(|error| turtle_error(&error))?;
                reader.take(triple.subject, triple.predicate, triple.object)?;
            }
        }
        Format::RdfXml => {
            let parser = RdfXmlParser::new().lenient().with_base_iri(base).map_err(bad_base)?;
            let mut parser = parser.for_slice(source);
            while let Some(triple) = parser.next() {
                let triple = triple.map_err(|error| {
                    let at = usize::try_from(parser.buffer_position()).unwrap_or(usize::MAX);
                    xml_error(guard::line_at(source, at), &error.to_string())
                })?;
                reader.take(triple.subject, triple.predicate, triple.object)?;
            }
        }
        Format::JsonLd => {
            let parser = JsonLdParser::new().lenient().with_base_iri(base).map_err(bad_base)?;
            for quad in parser.for_slice(source) {
                let quad = quad.map_err(|error| json_error(&error, text))?;
                reader.take_named(&quad.graph_name);
                reader.take(quad.subject, quad.predicate, quad.object)?;
            }
        }
        Format::TriG => {
            let parser = TriGParser::new().lenient().with_base_iri(base).map_err(bad_base)?;
            for quad in parser.for_slice(source) {
                let quad = quad.map_err(|error| turtle_error(&error))?;
                reader.take_named(&quad.graph_name);
                reader.take(quad.subject, quad.predicate, quad.object)?;
            }
        }
        Format::NQuads => {
            for quad in NQuadsParser::new().lenient().for_slice(source) {
                let quad = quad.map_err(|error| turtle_error(&error))?;
                reader.take_named(&quad.graph_name);
                reader.take(quad.subject, quad.predicate, quad.object)?;
            }
        }
    }
    guard::check_end(text, format)?;
    Ok(reader.finish(source))
}

fn bad_base(error: impl core::fmt::Display) -> ParseError {
    ParseError::new(
        None,
        format!("the base is not an absolute IRI: {error}"),
        "give the address the file was fetched from, such as https://example.org/dcat.ttl",
    )
}

fn turtle_error(error: &TurtleSyntaxError) -> ParseError {
    let line = error.location().start.line.saturating_add(1);
    let message = error.message();
    let hint = if message.contains("prefix") {
        "declare the prefix at the top of the file: @prefix dcat: <http://www.w3.org/ns/dcat#> ."
    } else if message.contains("end of file") || message.contains("end of the file") {
        "the file is cut off, or a statement lacks the full stop that ends it"
    } else {
        "look for a missing full stop, semicolon or quote just before this line"
    };
    ParseError::new(Some(line), message, hint)
}

fn xml_error(line: u64, message: &str) -> ParseError {
    let hint = if message.contains("Unexpected text") {
        "RDF/XML alternates between resources and their properties: text stands in a property, \
         never directly in the element of a resource"
    } else if message.contains("EOF") || message.contains("close tag") || message.contains("end") {
        "the file is cut off, or an element before this line is not closed"
    } else if message.contains("escape") || message.contains("entity") || message.contains('&') {
        "write & as &amp; and only use the five entities of XML"
    } else {
        "look at the elements just before this line"
    };
    ParseError::new(Some(line), message, hint)
}

fn json_error(error: &JsonLdSyntaxError, text: &str) -> ParseError {
    let line = error.location().map(|location| location.start.line.saturating_add(1));
    match error.code() {
        Some(
            JsonLdErrorCode::LoadingRemoteContextFailed | JsonLdErrorCode::InvalidRemoteContext,
        ) => {
            let (context, offset) = remote_context(text).unwrap_or(("elsewhere", 0));
            ParseError::new(
                Some(guard::line_at(text.as_bytes(), offset)),
                format!("the JSON-LD context {context} is not in the file"),
                "contexts are not fetched from elsewhere, so that a file always means the same: \
                 put what the context says into the file, or export Turtle or RDF/XML",
            )
        }
        Some(_) => ParseError::new(
            line,
            error.to_string(),
            "check the file in the JSON-LD playground; Turtle and RDF/XML are read too",
        ),
        None => ParseError::new(
            line,
            error.to_string(),
            "the file is not JSON: look for a missing comma, quote or bracket",
        ),
    }
}

/// Finds the first address that stands for a context.
fn remote_context(text: &str) -> Option<(&str, usize)> {
    let key = text.find("\"@context\"")?;
    let offset = key + text.get(key..)?.find("\"http")? + 1;
    let address = text.get(offset..)?.split('"').next()?;
    Some((address, offset))
}

/// Takes triples from a parser into a graph.
struct Reader {
    terms: Vec<Arc<Object>>,
    ids: HashMap<Arc<Object>, TermId>,
    blank_nodes: HashMap<String, TermId>,
    text_bytes: usize,
    triples: Vec<[TermId; 3]>,
    findings: Vec<Finding>,
    in_named_graphs: u64,
    base: Iri<String>,
    base_given: bool,
    deadline: Instant,
}

impl Reader {
    fn new(base: Option<&str>) -> Result<Self, ParseError> {
        Ok(Self {
            terms: Vec::new(),
            ids: HashMap::new(),
            blank_nodes: HashMap::new(),
            text_bytes: 0,
            triples: Vec::new(),
            findings: Vec::new(),
            in_named_graphs: 0,
            base: Iri::parse(base.unwrap_or(FALLBACK_BASE).to_owned()).map_err(bad_base)?,
            base_given: base.is_some(),
            deadline: Instant::now() + PARSE_TIME_MAX,
        })
    }

    fn take_named(&mut self, graph: &GraphName) {
        if !graph.is_default_graph() {
            self.in_named_graphs = self.in_named_graphs.saturating_add(1);
        }
    }

    fn take(
        &mut self,
        subject: NamedOrBlankNode,
        predicate: NamedNode,
        object: Term,
    ) -> Result<(), ParseError> {
        let subject = match subject {
            NamedOrBlankNode::NamedNode(node) => self.iri(node.into_string()),
            NamedOrBlankNode::BlankNode(node) => self.blank(node),
        };
        let predicate = self.iri(predicate.into_string());
        let object = match object {
            Term::NamedNode(node) => self.iri(node.into_string()),
            Term::BlankNode(node) => self.blank(node),
            Term::Literal(literal) => {
                let object = self.literal(literal);
                self.id(object)
            }
        };
        self.triples.push([subject, predicate, object]);
        if self.triples.len().is_multiple_of(TRIPLES_PER_LOOK) {
            self.within_bounds()?;
        }
        Ok(())
    }

    fn within_bounds(&self) -> Result<(), ParseError> {
        let split = "split the catalogue into several files";
        if self.triples.len() > FILE_TRIPLES_MAX {
            let message = format!("more than {FILE_TRIPLES_MAX} triples, the most that are read");
            return Err(ParseError::new(None, message, split));
        }
        if self.text_bytes > FILE_TEXT_BYTES_MAX {
            let message = format!(
                "names and texts that take more than {FILE_TEXT_BYTES_MAX} bytes when written out"
            );
            return Err(ParseError::new(None, message, split));
        }
        if Instant::now() > self.deadline {
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

    fn blank(&mut self, node: BlankNode) -> TermId {
        if let Some(id) = self.blank_nodes.get(node.as_str()) {
            return *id;
        }
        let number = u32::try_from(self.blank_nodes.len()).unwrap_or(u32::MAX);
        let id = self.id(Object::Blank(number));
        self.blank_nodes.insert(node.into_string(), id);
        id
    }

    fn iri(&mut self, text: String) -> TermId {
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
                self.report(
                    "iri-characters",
                    &text,
                    format!("<{text}> is not a valid IRI and was taken as <{repaired}>"),
                    "percent-encode characters such as spaces, braces and brackets",
                );
                self.suspect(&repaired);
                let id = self.id(Object::Iri(repaired));
                // The text will come again; it is no IRI, so nothing else is named so.
                self.ids.insert(Arc::new(Object::Iri(text)), id);
                id
            }
        }
    }

    /// Reports IRIs that are valid, but hardly what was meant.
    fn suspect(&mut self, iri: &str) {
        let scheme = iri.split(':').next().unwrap_or_default();
        if ["javascript", "vbscript", "data"].iter().any(|bad| scheme.eq_ignore_ascii_case(bad)) {
            self.report(
                "iri-scheme",
                iri,
                format!("an IRI with the scheme {scheme}: is shown as text, never as a link"),
                "give an http or https address",
            );
        }
        if !self.base_given
            && let Some(relative) = iri.strip_prefix(FALLBACK_BASE)
        {
            self.report(
                "iri-relative",
                relative,
                format!("<{relative}> is relative and the file has no base: taken as <{iri}>"),
                "write it in full with its scheme (https://…), or give the base of the file",
            );
        }
    }

    fn literal(&mut self, literal: oxrdf::Literal) -> Object {
        let (text, datatype, language) = literal.destruct();
        let kind = match (language, datatype) {
            (Some(language), _) => {
                if let Some(tag) = language_tag(&language) {
                    LiteralKind::Language(tag)
                } else {
                    self.report(
                        "language-tag",
                        &text,
                        format!("`{language}` is not a language tag and was left out"),
                        "use a tag such as sv, en or nb",
                    );
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
        Object::Literal(Literal { text, kind })
    }

    fn report(&mut self, rule: &str, subject: &str, message: String, remedy: &str) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding {
                severity: Severity::Warning,
                rule: rule.to_owned(),
                subject: subject.to_owned(),
                path: None,
                line: None,
                message: super::shorten(message),
                why: String::new(),
                remedy: remedy.to_owned(),
            });
        }
    }

    fn finish(mut self, source: &[u8]) -> Graph {
        if self.in_named_graphs > 0 {
            let message = format!(
                "{} triples stand in named graphs; the graphs were merged and their names left out",
                self.in_named_graphs
            );
            let remedy = "nothing needs to be done if the names carry no meaning";
            self.report("named-graphs", "the whole file", message, remedy);
        }
        lines::locate(source, &mut self.findings);
        for finding in &mut self.findings {
            finding.subject = super::shorten(core::mem::take(&mut finding.subject));
        }
        Graph::new(self.terms, self.triples, self.findings)
    }
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
