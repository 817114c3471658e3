//! From descriptions back to one RDF document.
//!
//! Invariant: descriptions that name the same thing by IRI say it together, and
//! blank nodes of different descriptions stay apart, because their numbers mean
//! nothing outside. Every IRI that is written is absolute.

use std::borrow::Cow;

use dela_protocol::description::{Description, Node, Object};

use crate::rdf::{self, Format};

/// Writes one description, the entity first.
pub fn description(description: &Description, format: Format) -> Vec<u8> {
    rdf::write(description.triples(), format)
}

/// Writes many descriptions as one document: sorted by subject, each triple
/// once.
pub fn catalogue<'a>(
    descriptions: impl IntoIterator<Item = &'a Description>,
    format: Format,
) -> Vec<u8> {
    let mut triples = Vec::new();
    let mut offset = 0_u32;
    for description in descriptions {
        let mut next = offset;
        let mut apart = |number: u32| {
            let number = offset.saturating_add(number);
            next = next.max(number.saturating_add(1));
            number
        };
        for (subject, predicate, object) in description.triples() {
            let subject = match subject {
                Node::Iri(_) => Cow::Borrowed(subject),
                Node::Blank(number) => Cow::Owned(Node::Blank(apart(*number))),
            };
            let object = match object {
                Object::Blank(number) => Cow::Owned(Object::Blank(apart(*number))),
                Object::Iri(_) | Object::Literal(_) => Cow::Borrowed(object),
            };
            triples.push((subject, predicate, object));
        }
        offset = next;
    }
    triples.sort_unstable();
    triples.dedup();
    rdf::write(triples.iter().map(|(s, p, o)| (&**s, *p, &**o)), format)
}
