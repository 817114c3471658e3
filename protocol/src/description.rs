//! The description in a record: an RDF graph about one entity, carried whole.
//!
//! A description is a small graph: the entity and everything that is reached
//! from it (distributions, agents, contacts, places, periods, checksums), with
//! every property, also those nobody here has heard of.
//!
//! Invariant: equal graphs have equal bytes. Subjects, properties and objects
//! are sorted and occur once, the entity comes first, and whoever makes a
//! description numbers its blank nodes canonically (the importers use
//! RDFC-1.0). An unchanged dataset is therefore recognised by comparing bytes.
//!
//! In CBOR a description is an array of subjects `[name, properties]`, each
//! property is `[predicate, objects]`; an IRI is a text, a blank node an
//! unsigned integer, and a literal an array `[text]`, `[text, language]` or
//! `[text, null, datatype]`.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec::{self, CodecError};
use crate::limits::{DESCRIPTION_BYTES_MAX, IRI_BYTES_MAX, TRIPLES_MAX};

/// The subject of a triple.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// An absolute IRI.
    Iri(String),
    /// A blank node, numbered within its description.
    Blank(u32),
}

/// The object of a triple.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// An absolute IRI.
    Iri(String),
    /// A blank node, numbered within its description.
    Blank(u32),
    /// A literal value.
    Literal(Literal),
}

/// An RDF literal; a plain one is an `xsd:string`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Literal {
    /// The lexical form, exactly as published.
    pub text: String,
    /// What else the literal says.
    pub kind: LiteralKind,
}

/// What a literal says beside its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LiteralKind {
    /// Nothing: an `xsd:string`.
    Plain,
    /// Its language, a BCP 47 tag.
    Language(String),
    /// Its datatype, an absolute IRI other than `xsd:string`.
    Typed(String),
}

/// One subject of a description, with all its properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// What is described.
    pub name: Node,
    /// Its properties, sorted by predicate.
    pub properties: Vec<Property>,
}

/// One property of a subject, with all its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// The predicate, an absolute IRI.
    pub predicate: String,
    /// The values, sorted.
    pub objects: Vec<Object>,
}

/// A graph about one entity. See the [module](self) for its form and bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    subjects: Vec<Subject>,
}

/// Why triples do not make a description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescriptionError {
    /// No triple has the entity as its subject.
    #[error("nothing is said about {0}")]
    NothingAbout(String),
    /// More triples than a description may have.
    #[error("{triples} triples, where at most {TRIPLES_MAX} are allowed")]
    TooManyTriples {
        /// The number of triples offered.
        triples: usize,
    },
    /// An IRI, language tag or datatype beyond the bound.
    #[error("an IRI or language tag of {bytes} bytes, where at most {IRI_BYTES_MAX} are allowed")]
    TooLongName {
        /// Its length.
        bytes: usize,
    },
    /// More bytes than a record has room for.
    #[error("a description of {bytes} bytes, where a record has room for {DESCRIPTION_BYTES_MAX}")]
    TooLarge {
        /// Its encoded length.
        bytes: usize,
    },
}

/// One triple: subject, predicate, object.
pub type Triple = (Node, String, Object);

impl Description {
    /// Makes the description of the entity `iri` from triples in any order.
    pub fn new(
        iri: &str,
        triples: impl IntoIterator<Item = Triple>,
    ) -> Result<Self, DescriptionError> {
        let mut graph: BTreeMap<Node, BTreeMap<String, BTreeSet<Object>>> = BTreeMap::new();
        for (subject, predicate, object) in triples {
            graph.entry(subject).or_default().entry(predicate).or_default().insert(object);
        }
        let entity = Node::Iri(iri.to_owned());
        let of_entity =
            graph.remove(&entity).ok_or_else(|| DescriptionError::NothingAbout(iri.to_owned()))?;
        let subjects = core::iter::once((entity, of_entity))
            .chain(graph)
            .map(|(name, properties)| Subject {
                name,
                properties: properties
                    .into_iter()
                    .map(|(predicate, objects)| Property {
                        predicate,
                        objects: objects.into_iter().collect(),
                    })
                    .collect(),
            })
            .collect();
        let description = Self { subjects };
        description.within_limits()?;
        Ok(description)
    }

    /// Reads a description, refusing every form but the one it is written in.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let subjects: Vec<Subject> = codec::decode(bytes, DESCRIPTION_BYTES_MAX)?;
        let description = Self { subjects };
        if !description.is_sorted() {
            return Err(CodecError::NotDeterministic);
        }
        if description.within_limits().is_err() {
            return Err(CodecError::Invalid("a description beyond its limits"));
        }
        Ok(description)
    }

    /// Returns the one encoding of this description.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&self.subjects)
    }

    /// Returns the IRI of the entity described.
    pub fn iri(&self) -> &str {
        match self.subjects.first().map(|subject| &subject.name) {
            Some(Node::Iri(iri)) => iri,
            Some(Node::Blank(_)) | None => "",
        }
    }

    /// Returns the subjects: the entity first, the others sorted.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// Returns all triples, in the order they are carried.
    pub fn triples(&self) -> impl Iterator<Item = (&Node, &str, &Object)> {
        self.subjects.iter().flat_map(|subject| {
            subject.properties.iter().flat_map(move |property| {
                property
                    .objects
                    .iter()
                    .map(move |object| (&subject.name, property.predicate.as_str(), object))
            })
        })
    }

    /// Returns the values of `predicate` for `subject`.
    pub fn objects(&self, subject: &Node, predicate: &str) -> &[Object] {
        self.subject(subject)
            .and_then(|subject| {
                let found = subject
                    .properties
                    .binary_search_by(|property| property.predicate.as_str().cmp(predicate))
                    .ok()?;
                subject.properties.get(found)
            })
            .map_or(&[], |property| property.objects.as_slice())
    }

    fn subject(&self, name: &Node) -> Option<&Subject> {
        let (first, rest) = self.subjects.split_first()?;
        if first.name == *name {
            return Some(first);
        }
        let found = rest.binary_search_by(|subject| subject.name.cmp(name)).ok()?;
        rest.get(found)
    }

    fn is_sorted(&self) -> bool {
        let Some((first, rest)) = self.subjects.split_first() else { return false };
        matches!(first.name, Node::Iri(_))
            && rest.is_sorted_by(|a, b| a.name < b.name)
            && rest.iter().all(|subject| subject.name != first.name)
            && self.subjects.iter().all(|subject| {
                !subject.properties.is_empty()
                    && subject.properties.is_sorted_by(|a, b| a.predicate < b.predicate)
                    && subject.properties.iter().all(|property| {
                        !property.objects.is_empty() && property.objects.is_sorted_by(|a, b| a < b)
                    })
            })
    }

    fn within_limits(&self) -> Result<(), DescriptionError> {
        let triples = self.triples().count();
        if triples > TRIPLES_MAX {
            return Err(DescriptionError::TooManyTriples { triples });
        }
        for (subject, predicate, object) in self.triples() {
            let names = [subject.iri(), Some(predicate), object.name()];
            let bytes = names.into_iter().flatten().map(str::len).max().unwrap_or(0);
            if bytes > IRI_BYTES_MAX {
                return Err(DescriptionError::TooLongName { bytes });
            }
        }
        let bytes = self.encode().len();
        if bytes > DESCRIPTION_BYTES_MAX {
            return Err(DescriptionError::TooLarge { bytes });
        }
        Ok(())
    }
}

impl Node {
    /// Returns the IRI, unless this is a blank node.
    pub fn iri(&self) -> Option<&str> {
        match self {
            Self::Iri(iri) => Some(iri),
            Self::Blank(_) => None,
        }
    }
}

impl Object {
    /// Makes a plain literal.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::Literal(Literal { text: text.into(), kind: LiteralKind::Plain })
    }

    /// Makes a literal in a language.
    pub fn in_language(text: impl Into<String>, language: impl Into<String>) -> Self {
        Self::Literal(Literal { text: text.into(), kind: LiteralKind::Language(language.into()) })
    }

    /// Makes a literal of a datatype.
    pub fn typed(text: impl Into<String>, datatype: impl Into<String>) -> Self {
        Self::Literal(Literal { text: text.into(), kind: LiteralKind::Typed(datatype.into()) })
    }

    /// Returns the object as the subject of further triples, unless it is a
    /// literal.
    pub fn as_node(&self) -> Option<Node> {
        match self {
            Self::Iri(iri) => Some(Node::Iri(iri.clone())),
            Self::Blank(number) => Some(Node::Blank(*number)),
            Self::Literal(_) => None,
        }
    }

    /// Returns the IRI or the literal's text; `None` for a blank node.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Iri(iri) => Some(iri),
            Self::Blank(_) => None,
            Self::Literal(literal) => Some(&literal.text),
        }
    }

    /// Returns what is bounded like an IRI: the IRI, language or datatype.
    fn name(&self) -> Option<&str> {
        match self {
            Self::Iri(iri) => Some(iri),
            Self::Blank(_) => None,
            Self::Literal(literal) => match &literal.kind {
                LiteralKind::Plain => None,
                LiteralKind::Language(name) | LiteralKind::Typed(name) => Some(name),
            },
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Iri(iri) => serializer.serialize_str(iri),
            Self::Blank(number) => serializer.serialize_u32(*number),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Object::deserialize(deserializer)? {
            Object::Iri(iri) => Ok(Self::Iri(iri)),
            Object::Blank(number) => Ok(Self::Blank(number)),
            Object::Literal(_) => Err(D::Error::custom("a literal as a subject")),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let literal = match self {
            Self::Iri(iri) => return serializer.serialize_str(iri),
            Self::Blank(number) => return serializer.serialize_u32(*number),
            Self::Literal(literal) => literal,
        };
        let (length, language, datatype) = match &literal.kind {
            LiteralKind::Plain => (1, None, None),
            LiteralKind::Language(language) => (2, Some(language), None),
            LiteralKind::Typed(datatype) => (3, None, Some(datatype)),
        };
        let mut seq = serializer.serialize_seq(Some(length))?;
        seq.serialize_element(&literal.text)?;
        if length > 1 {
            seq.serialize_element(&language)?;
        }
        if length > 2 {
            seq.serialize_element(&datatype)?;
        }
        seq.end()
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an IRI, a blank node's number or a literal")
            }

            fn visit_str<E: serde::de::Error>(self, iri: &str) -> Result<Object, E> {
                Ok(Object::Iri(iri.to_owned()))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Object, E> {
                u32::try_from(number)
                    .map(Object::Blank)
                    .map_err(|_| E::custom("a blank node's number beyond 32 bits"))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Object, A::Error> {
                let text = seq.next_element()?.ok_or_else(|| A::Error::custom("no text"))?;
                let language: Option<Option<String>> = seq.next_element()?;
                let datatype: Option<Option<String>> = seq.next_element()?;
                let kind = match (language, datatype) {
                    (None, None) => LiteralKind::Plain,
                    (Some(Some(language)), None) => LiteralKind::Language(language),
                    (Some(None), Some(Some(datatype))) => LiteralKind::Typed(datatype),
                    _ => return Err(A::Error::custom("a literal of no known form")),
                };
                Ok(Object::Literal(Literal { text, kind }))
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.name, &self.properties).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (name, properties) = Deserialize::deserialize(deserializer)?;
        Ok(Self { name, properties })
    }
}

impl Serialize for Property {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.predicate, &self.objects).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Property {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (predicate, objects) = Deserialize::deserialize(deserializer)?;
        Ok(Self { predicate, objects })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn triples() -> Vec<Triple> {
        let dataset = Node::Iri("https://example.org/d".to_owned());
        vec![
            (dataset.clone(), "urn:title".to_owned(), Object::in_language("Luft", "sv")),
            (dataset.clone(), "urn:title".to_owned(), Object::in_language("Air", "en")),
            (dataset.clone(), "urn:size".to_owned(), Object::typed("5", "urn:integer")),
            (dataset, "urn:contact".to_owned(), Object::Blank(0)),
            (Node::Blank(0), "urn:name".to_owned(), Object::plain("Registrator")),
        ]
    }

    #[test]
    fn the_order_and_repetition_of_triples_do_not_change_the_bytes() {
        let forward = Description::new("https://example.org/d", triples()).unwrap();
        let backward = triples().into_iter().rev().chain(triples());
        let backward = Description::new("https://example.org/d", backward).unwrap();
        assert_eq!(forward.encode(), backward.encode());
        assert_eq!(Description::decode(&forward.encode()), Ok(forward));
    }

    #[test]
    fn values_are_found_by_subject_and_predicate() {
        let description = Description::new("https://example.org/d", triples()).unwrap();
        let dataset = Node::Iri(description.iri().to_owned());
        assert_eq!(description.objects(&dataset, "urn:title").len(), 2);
        assert_eq!(
            description.objects(&Node::Blank(0), "urn:name"),
            [Object::plain("Registrator")]
        );
        assert!(description.objects(&dataset, "urn:none").is_empty());
    }

    #[test]
    fn a_description_in_any_other_order_is_refused() {
        let description = Description::new("https://example.org/d", triples()).unwrap();
        let mut subjects = description.subjects.clone();
        subjects.reverse();
        assert!(Description::decode(&codec::encode(&subjects)).is_err());
    }

    #[test]
    fn triples_about_something_else_do_not_describe_the_entity() {
        assert_eq!(
            Description::new("urn:other", triples()),
            Err(DescriptionError::NothingAbout("urn:other".to_owned()))
        );
    }
}
