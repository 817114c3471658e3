//! From triples to bytes.
//!
//! Descriptions come from other nodes too, which may have checked less than we
//! do. What is written is valid whatever comes in: IRIs and language tags are
//! repaired once more, and what a format cannot say is written as near as it
//! can.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;

use dela_protocol::dcat::term::RDF_TYPE;
use dela_protocol::description::{LiteralKind, Node, Object};
use oxiri::Iri;
use oxjsonld::JsonLdSerializer;
use oxrdf::{BlankNode, GraphName, Literal, NamedNode, NamedOrBlankNode, Quad, Term, Triple};
use oxrdfxml::RdfXmlSerializer;
use oxttl::{NQuadsSerializer, NTriplesSerializer, TriGSerializer, TurtleSerializer};

use super::Format;
use super::builder::language_tag;
use super::iri::{FALLBACK_BASE, repair};
use super::namespace;

/// The prefixes of what we write, as DCAT-AP and its profiles use them.
const PREFIXES: [(&str, &str); 18] = [
    ("adms", "http://www.w3.org/ns/adms#"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dcatap", "http://data.europa.eu/r5r/"),
    ("dcterms", "http://purl.org/dc/terms/"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("geo", "http://www.opengis.net/ont/geosparql#"),
    ("hydra", namespace::HYDRA),
    ("locn", "http://www.w3.org/ns/locn#"),
    ("odrs", "http://schema.theodi.org/odrs#"),
    ("org", "http://www.w3.org/ns/org#"),
    ("owl", "http://www.w3.org/2002/07/owl#"),
    ("prov", "http://www.w3.org/ns/prov#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("schema", "http://schema.org/"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("spdx", "http://spdx.org/rdf/terms#"),
    ("vcard", "http://www.w3.org/2006/vcard/ns#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// Returns an IRI by its prefix, as people write it: `dcterms:title`; whole if
/// it has none of those we write.
pub(crate) fn shortened(iri: &str) -> Cow<'_, str> {
    let known = PREFIXES.iter().find_map(|(prefix, namespace)| {
        let name = iri.strip_prefix(namespace)?;
        Some(format!("{prefix}:{name}")).filter(|_| !name.is_empty() && !name.contains('/'))
    });
    known.map_or(Cow::Borrowed(iri), Cow::Owned)
}

/// Returns the IRI that is written with one of our prefixes; what has none of
/// them is an IRI already.
pub(crate) fn expanded(curie: &str) -> String {
    let known = curie.split_once(':').and_then(|(prefix, name)| {
        let (_, namespace) = PREFIXES.iter().find(|(known, _)| *known == prefix)?;
        Some(format!("{namespace}{name}"))
    });
    known.unwrap_or_else(|| curie.to_owned())
}

/// The prefixes of feeds, beside those.
const FEED_PREFIXES: [(&str, &str); 3] =
    [("as", namespace::AS), ("ldes", namespace::LDES), ("tree", namespace::TREE)];

/// A triple, and the graph it stands in; `None` for the one without a name.
pub type InGraph<'a> = (&'a Node, &'a str, &'a Object, Option<&'a str>);

/// Writes triples in named graphs, as `TriG`, JSON-LD or N-Quads; a format that
/// has no graphs gets them all in one. Those of one graph should come together,
/// and in it those of one subject.
pub fn write_graphs<'a>(quads: impl IntoIterator<Item = InGraph<'a>>, format: Format) -> Vec<u8> {
    let terms = Terms::new();
    let mut quads = quads.into_iter().map(|(subject, predicate, object, graph)| {
        let graph = graph.map_or(GraphName::DefaultGraph, |name| terms.iri(name).into());
        terms.triple((subject, predicate, object)).in_graph(graph)
    });
    let written = match format {
        Format::TriG => trig(quads, &FEED_PREFIXES),
        Format::JsonLd => json_ld(quads, &FEED_PREFIXES),
        Format::NQuads => {
            let mut writer = NQuadsSerializer::new().for_writer(Vec::new());
            quads.try_for_each(|quad| writer.serialize_quad(&quad)).map(|()| writer.finish())
        }
        Format::Turtle => turtle(quads.map(Triple::from)),
        Format::RdfXml => rdf_xml(quads.map(Triple::from)),
        Format::NTriples => {
            let mut writer = NTriplesSerializer::new().for_writer(Vec::new());
            quads
                .try_for_each(|quad| writer.serialize_triple(&Triple::from(quad)))
                .map(|()| writer.finish())
        }
    };
    written.expect("writing valid terms to memory has no way to fail")
}

/// Writes triples in a format. Those of one subject should come together.
///
/// RDF/XML has no name for a property whose IRI does not end in a letter-led
/// word, and no control characters: such a triple is left out there, such a
/// character replaced.
pub fn write<'a>(
    triples: impl IntoIterator<Item = (&'a Node, &'a str, &'a Object)>,
    format: Format,
) -> Vec<u8> {
    let terms = Terms::new();
    let mut triples = triples.into_iter().map(|triple| terms.triple(triple));
    let written = match format {
        Format::Turtle => turtle(triples),
        Format::RdfXml => rdf_xml(triples),
        Format::JsonLd => json_ld(triples.map(in_default_graph), &[]),
        Format::TriG => trig(triples.map(in_default_graph), &[]),
        Format::NTriples => {
            let mut writer = NTriplesSerializer::new().for_writer(Vec::new());
            triples
                .try_for_each(|triple| writer.serialize_triple(&triple))
                .map(|()| writer.finish())
        }
        Format::NQuads => {
            let mut writer = NQuadsSerializer::new().for_writer(Vec::new());
            triples
                .try_for_each(|triple| {
                    writer.serialize_quad(&triple.in_graph(GraphName::DefaultGraph))
                })
                .map(|()| writer.finish())
        }
    };
    written.expect("writing valid terms to memory has no way to fail")
}

fn turtle(triples: impl Iterator<Item = Triple>) -> io::Result<Vec<u8>> {
    let mut serializer = TurtleSerializer::new();
    for (prefix, namespace) in PREFIXES {
        serializer = serializer.with_prefix(prefix, namespace).map_err(io::Error::other)?;
    }
    let mut writer = serializer.for_writer(Vec::new());
    for triple in triples {
        writer.serialize_triple(&triple)?;
    }
    writer.finish()
}

fn in_default_graph(triple: Triple) -> Quad {
    triple.in_graph(GraphName::DefaultGraph)
}

fn trig(quads: impl Iterator<Item = Quad>, more: &[(&str, &str)]) -> io::Result<Vec<u8>> {
    let mut serializer = TriGSerializer::new();
    for (prefix, namespace) in PREFIXES.iter().chain(more) {
        serializer = serializer.with_prefix(*prefix, *namespace).map_err(io::Error::other)?;
    }
    let mut writer = serializer.for_writer(Vec::new());
    for quad in quads {
        writer.serialize_quad(&quad)?;
    }
    writer.finish()
}

fn json_ld(quads: impl Iterator<Item = Quad>, more: &[(&str, &str)]) -> io::Result<Vec<u8>> {
    // `vcard:Kind` may be a name in a context or an IRI of the scheme `vcard`: real
    // catalogues have such IRIs, and then the prefix must not be declared.
    let quads: Vec<Quad> = quads.collect();
    let schemes: BTreeSet<&str> = quads.iter().flat_map(schemes).collect();
    let known = PREFIXES.iter().chain(more).copied();
    let usable: Vec<(&str, &str)> = known.filter(|(prefix, _)| !schemes.contains(prefix)).collect();
    let mut serializer = JsonLdSerializer::new();
    for (prefix, namespace) in usable {
        serializer = serializer.with_prefix(prefix, namespace).map_err(io::Error::other)?;
    }
    let mut writer = serializer.for_writer(Vec::new());
    for quad in quads {
        writer.serialize_quad(&quad)?;
    }
    writer.finish()
}

/// Returns the schemes of the IRIs in a quad.
fn schemes(quad: &Quad) -> impl Iterator<Item = &str> {
    let subject = match &quad.subject {
        NamedOrBlankNode::NamedNode(iri) => Some(iri.as_str()),
        NamedOrBlankNode::BlankNode(_) => None,
    };
    let object = match &quad.object {
        Term::NamedNode(iri) => Some(iri.as_str()),
        Term::Literal(_) | Term::BlankNode(_) => None,
    };
    let graph = match &quad.graph_name {
        GraphName::NamedNode(iri) => Some(iri.as_str()),
        GraphName::BlankNode(_) | GraphName::DefaultGraph => None,
    };
    let iris = [subject, Some(quad.predicate.as_str()), object, graph];
    iris.into_iter().flatten().filter_map(|iri| iri.split(':').next())
}

fn rdf_xml(triples: impl Iterator<Item = Triple>) -> io::Result<Vec<u8>> {
    let mut serializer = RdfXmlSerializer::new();
    for (prefix, namespace) in PREFIXES {
        serializer = serializer.with_prefix(prefix, namespace).map_err(io::Error::other)?;
    }
    let mut writer = serializer.for_writer(Vec::new());
    // A type that comes first becomes the name of the element, so one that
    // cannot be a name waits until something else has opened the element.
    let mut waiting: Vec<Triple> = Vec::new();
    let mut subject: Option<NamedOrBlankNode> = None;
    for triple in triples {
        if !is_xml_name(triple.predicate.as_str()) {
            continue;
        }
        let first = subject.as_ref() != Some(&triple.subject);
        if waiting.first().is_some_and(|early| early.subject != triple.subject) {
            waiting.clear();
        }
        let nameless_type = triple.predicate.as_str() == RDF_TYPE
            && !matches!(&triple.object, Term::NamedNode(class) if is_xml_name(class.as_str()));
        if first && nameless_type {
            waiting.push(triple);
            continue;
        }
        subject = Some(triple.subject.clone());
        writer.serialize_triple(&for_xml(triple))?;
        for late in waiting.drain(..) {
            writer.serialize_triple(&for_xml(late))?;
        }
    }
    Ok(with_returns(writer.finish()?))
}

/// Writes carriage returns as references: a bare one is the end of a line in XML,
/// and comes back as another character. Only texts have any.
fn with_returns(xml: Vec<u8>) -> Vec<u8> {
    if !xml.contains(&b'\r') {
        return xml;
    }
    let mut written = Vec::with_capacity(xml.len());
    for (at, part) in xml.split(|byte| *byte == b'\r').enumerate() {
        written.extend_from_slice(if at == 0 { b"" } else { b"&#13;" });
        written.extend_from_slice(part);
    }
    written
}

/// Whether an IRI ends in what XML allows as a local name.
fn is_xml_name(iri: &str) -> bool {
    let name = |character: char| {
        character.is_ascii_alphanumeric() || "-._".contains(character) || !character.is_ascii()
    };
    let local = iri.rsplit(|character| !name(character)).next().unwrap_or_default();
    local.contains(|character: char| character.is_ascii_alphabetic() || character == '_')
}

/// Replaces what XML 1.0 cannot say in a literal.
fn for_xml(mut triple: Triple) -> Triple {
    let forbidden = |character: char| matches!(character, '\0'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x1F' | '\u{FFFE}' | '\u{FFFF}');
    if let Term::Literal(literal) = &triple.object
        && literal.value().contains(forbidden)
    {
        let (text, datatype, language) = literal.clone().destruct();
        let text = text.replace(forbidden, "\u{FFFD}");
        let literal = match (language, datatype) {
            (Some(language), _) => Literal::new_language_tagged_literal_unchecked(text, language),
            (None, Some(datatype)) => Literal::new_typed_literal(text, datatype),
            (None, None) => Literal::new_simple_literal(text),
        };
        triple.object = Term::Literal(literal);
    }
    triple
}

/// Makes the terms of the writers, valid ones.
struct Terms {
    base: Iri<String>,
}

impl Terms {
    fn new() -> Self {
        Self { base: Iri::parse_unchecked(FALLBACK_BASE.to_owned()) }
    }

    fn iri(&self, iri: &str) -> NamedNode {
        NamedNode::new_unchecked(repair(iri, &self.base).unwrap_or_else(|| iri.to_owned()))
    }

    fn triple(&self, (subject, predicate, object): (&Node, &str, &Object)) -> Triple {
        let blank = |number: u32| BlankNode::new_unchecked(format!("b{number}"));
        Triple {
            subject: match subject {
                Node::Iri(iri) => self.iri(iri).into(),
                Node::Blank(number) => blank(*number).into(),
            },
            predicate: self.iri(predicate),
            object: match object {
                Object::Iri(iri) => self.iri(iri).into(),
                Object::Blank(number) => blank(*number).into(),
                Object::Literal(literal) => {
                    let text = literal.text.clone();
                    match &literal.kind {
                        LiteralKind::Plain => Literal::new_simple_literal(text),
                        LiteralKind::Typed(datatype) => {
                            Literal::new_typed_literal(text, self.iri(datatype))
                        }
                        LiteralKind::Language(language) => match language_tag(language) {
                            Some(tag) => Literal::new_language_tagged_literal_unchecked(text, tag),
                            None => Literal::new_simple_literal(text),
                        },
                    }
                    .into()
                }
            },
        }
    }
}
