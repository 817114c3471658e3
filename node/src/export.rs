//! From descriptions back to one RDF document.
//!
//! Invariant: descriptions that name the same thing by IRI say it together, and
//! blank nodes of different descriptions stay apart, because their numbers mean
//! nothing outside. The exception are equal blank nodes that hang off the same
//! IRI: the telephone of a contact that a hundred datasets share is written
//! once, as it was published. Every IRI that is written is absolute.

use dela_protocol::description::Description;

use crate::rdf::{self, Format};

mod merge;

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
    let triples = merge::merge(descriptions);
    rdf::write(triples.iter().map(|(s, p, o)| (&**s, *p, &**o)), format)
}

#[cfg(test)]
mod tests;
