//! Making one graph of many descriptions.

use std::borrow::Cow;
use std::collections::HashMap;

use dela_protocol::description::{Description, LiteralKind, Node, Object, Subject};

use super::Document;

/// A triple of a document; what did not change is borrowed.
pub(super) type Triple<'a> = (Cow<'a, Node>, Cow<'a, str>, Cow<'a, Object>);

/// How deep blank nodes may nest and still be recognised as equal. A contact
/// with an address with a country is three deep.
const DEPTH_MAX: u32 = 16;

pub(super) type Hash = [u8; 32];

/// Gives names to blank nodes of a description.
pub(super) trait Namer {
    /// Returns the blank nodes that get a name, and which.
    fn names(&self, description: &Description, trees: &mut Trees<'_>) -> HashMap<u32, String>;
}

/// Leaves every blank node without a name.
pub(super) struct Nameless;

impl Namer for Nameless {
    fn names(&self, _: &Description, _: &mut Trees<'_>) -> HashMap<u32, String> {
        HashMap::new()
    }
}

/// Merges descriptions: sorted by subject, each triple once.
pub(super) fn merge<'a>(
    descriptions: impl IntoIterator<Item = &'a Description>,
    namer: &impl Namer,
) -> Document<'a> {
    let mut triples: Vec<Triple<'a>> = Vec::new();
    let mut shared: HashMap<Hash, u32> = HashMap::new();
    let mut next = 0_u32;
    for description in descriptions {
        let mut trees = Trees::new(description);
        let names = namer.names(description, &mut trees);
        let keys = trees.keys();
        let mut own: HashMap<u32, u32> = HashMap::new();
        let mut number = |blank: u32| {
            let number = match keys.get(&blank) {
                Some(key) => shared.entry(*key),
                None => return *own.entry(blank).or_insert_with(|| take(&mut next)),
            };
            *number.or_insert_with(|| take(&mut next))
        };
        for (subject, predicate, object) in description.triples() {
            let subject = match subject {
                Node::Iri(_) => Cow::Borrowed(subject),
                Node::Blank(blank) => Cow::Owned(match names.get(blank) {
                    Some(name) => Node::Iri(name.clone()),
                    None => Node::Blank(number(*blank)),
                }),
            };
            let object = match object {
                Object::Blank(blank) => Cow::Owned(match names.get(blank) {
                    Some(name) => Object::Iri(name.clone()),
                    None => Object::Blank(number(*blank)),
                }),
                Object::Iri(_) | Object::Literal(_) => Cow::Borrowed(object),
            };
            triples.push((subject, Cow::Borrowed(predicate), object));
        }
    }
    let mut document = Document { triples, blanks: next };
    document.tidy();
    document
}

fn take(next: &mut u32) -> u32 {
    let number = *next;
    *next = number.saturating_add(1);
    number
}

/// The blank nodes of a description that hang below an IRI like a tree.
pub(super) struct Trees<'a> {
    subjects: HashMap<&'a Node, &'a Subject>,
    /// How often each blank node is referred to.
    references: HashMap<u32, u32>,
    contents: HashMap<u32, Option<Hash>>,
}

impl<'a> Trees<'a> {
    fn new(description: &'a Description) -> Self {
        let mut references: HashMap<u32, u32> = HashMap::new();
        for (.., object) in description.triples() {
            if let Object::Blank(blank) = object {
                *references.entry(*blank).or_default() += 1;
            }
        }
        let subjects = description.subjects().iter().map(|s| (&s.name, s)).collect();
        Self { subjects, references, contents: HashMap::new() }
    }

    /// Returns what identifies each of them: where it hangs and what it says.
    /// Blank nodes without a key are like no other.
    fn keys(mut self) -> HashMap<u32, Hash> {
        let mut keys = HashMap::new();
        let names: Vec<&Node> = self.subjects.keys().copied().collect();
        for name in names {
            if let Node::Iri(iri) = name {
                self.name(name, blake3::hash(iri.as_bytes()).into(), &mut keys, 0);
            }
        }
        keys
    }

    /// Gives the blank nodes below a node their keys.
    fn name(&mut self, node: &Node, key: Hash, keys: &mut HashMap<u32, Hash>, depth: u32) {
        if depth > DEPTH_MAX {
            return;
        }
        let mut twins: HashMap<Hash, u32> = HashMap::new();
        for (predicate, blank) in blanks_below(self.subjects.get(node).copied()) {
            let Some(content) = self.content(blank, 0) else { continue };
            let twin = twins.entry(content).or_default();
            *twin += 1;
            let mut hasher = blake3::Hasher::new();
            hasher.update(&key).update(predicate.as_bytes()).update(b"\0");
            hasher.update(&content).update(&twin.to_le_bytes());
            let key = hasher.finalize().into();
            keys.insert(blank, key);
            self.name(&Node::Blank(blank), key, keys, depth + 1);
        }
    }

    /// Hashes what a blank node and those below it say; `None` if they are not a
    /// tree.
    pub(super) fn content_of(&mut self, blank: u32) -> Option<Hash> {
        self.content(blank, 0)
    }

    fn content(&mut self, blank: u32, depth: u32) -> Option<Hash> {
        if depth > DEPTH_MAX || self.references.get(&blank) != Some(&1) {
            return None;
        }
        if let Some(known) = self.contents.get(&blank) {
            return *known;
        }
        let content = self.hash(blank, depth);
        self.contents.insert(blank, content);
        content
    }

    fn hash(&mut self, blank: u32, depth: u32) -> Option<Hash> {
        let name = Node::Blank(blank);
        let mut said: Vec<Vec<u8>> = Vec::new();
        let subject = self.subjects.get(&name).copied();
        for property in subject.map(|subject| subject.properties.as_slice()).unwrap_or_default() {
            for object in &property.objects {
                let mut bytes = property.predicate.clone().into_bytes();
                bytes.push(0);
                match object {
                    Object::Blank(below) => bytes.extend(self.content(*below, depth + 1)?),
                    Object::Iri(iri) => bytes.extend(format!("<{iri}").into_bytes()),
                    Object::Literal(literal) => {
                        let kind = match &literal.kind {
                            LiteralKind::Plain => String::new(),
                            LiteralKind::Language(tag) => format!("@{tag}"),
                            LiteralKind::Typed(datatype) => format!("^{datatype}"),
                        };
                        bytes.extend(format!("\"{kind}\0{}", literal.text).into_bytes());
                    }
                }
                said.push(bytes);
            }
        }
        said.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        for bytes in said {
            hasher.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
            hasher.update(&bytes);
        }
        Some(hasher.finalize().into())
    }
}

/// Returns the blank nodes a subject refers to, and by what.
fn blanks_below(subject: Option<&Subject>) -> impl Iterator<Item = (&str, u32)> {
    subject.into_iter().flat_map(|subject| &subject.properties).flat_map(|property| {
        property.objects.iter().filter_map(|object| match object {
            Object::Blank(blank) => Some((property.predicate.as_str(), *blank)),
            Object::Iri(_) | Object::Literal(_) => None,
        })
    })
}
