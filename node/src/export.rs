//! From descriptions back to one RDF document.
//!
//! Invariant: descriptions that name the same thing by IRI say it together, and
//! blank nodes of different descriptions stay apart, because their numbers mean
//! nothing outside. The exception are equal blank nodes that hang off the same
//! IRI: the telephone of a contact that a hundred datasets share is written
//! once, as it was published. Every IRI that is written is absolute.
//!
//! What is signed is never changed. Where readers expect other words for the
//! same facts ([`Profile`]) or a stricter shape ([`portal`]), that is made here,
//! on the way out.

use std::borrow::Cow;

use dela_protocol::description::{Description, Node, Object, Triple};

use crate::rdf::{self, Format};

mod merge;
pub mod portal;
mod profile;

pub use profile::Profile;

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
    Document::of(descriptions).write(format)
}

/// A document in the making: the triples of one graph, sorted by subject.
#[derive(Debug, Clone, Default)]
pub struct Document<'a> {
    triples: Vec<merge::Triple<'a>>,
    /// The number that the next blank node gets.
    blanks: u32,
}

impl<'a> Document<'a> {
    /// Joins descriptions.
    pub fn of(descriptions: impl IntoIterator<Item = &'a Description>) -> Self {
        merge::merge(descriptions, &merge::Nameless)
    }

    /// Adds what no description says.
    pub fn say(&mut self, subject: &str, predicate: &'a str, object: Object) {
        let subject = Cow::Owned(Node::Iri(subject.to_owned()));
        self.triples.push((subject, Cow::Borrowed(predicate), Cow::Owned(object)));
    }

    /// Says it in the words of a profile.
    #[must_use]
    pub fn in_profile(mut self, profile: Profile) -> Self {
        self.tidy();
        profile.translate(&mut self.triples, &mut self.blanks);
        self
    }

    /// Gives the blank nodes other numbers than those of documents with another
    /// name. Their labels mean nothing outside a document; but a reader that puts
    /// pages together may forget that, as rdflib does with JSON-LD, and would
    /// join the contact of one dataset with that of another.
    #[must_use]
    pub fn with_blanks_of(mut self, name: &str) -> Self {
        let hash = blake3::hash(name.as_bytes());
        let first = hash.as_bytes().first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
        for (subject, _, object) in &mut self.triples {
            if let Node::Blank(number) = &**subject {
                *subject = Cow::Owned(Node::Blank(number.wrapping_add(first)));
            }
            if let Object::Blank(number) = &**object {
                *object = Cow::Owned(Object::Blank(number.wrapping_add(first)));
            }
        }
        self.blanks = self.blanks.wrapping_add(first);
        self
    }

    /// Writes it.
    pub fn write(mut self, format: Format) -> Vec<u8> {
        self.tidy();
        rdf::write(self.triples(), format)
    }

    /// Returns the triples, and how many blank nodes they have at most.
    pub fn into_parts(mut self) -> (Vec<Triple>, u32) {
        self.tidy();
        let owned = self.triples.into_iter().map(|(subject, predicate, object)| {
            (subject.into_owned(), predicate.into_owned(), object.into_owned())
        });
        (owned.collect(), self.blanks)
    }

    fn triples(&self) -> impl Iterator<Item = (&Node, &str, &Object)> {
        self.triples
            .iter()
            .map(|(subject, predicate, object)| (&**subject, &**predicate, &**object))
    }

    fn tidy(&mut self) {
        self.triples.sort_unstable();
        self.triples.dedup();
    }
}

#[cfg(test)]
mod tests;
