//! Names for entities that their publisher has given none.
//!
//! A dataset that is a blank node is another one each time the file is read. To
//! recognise it, it gets the IRI `urn:dela:<agency>:<hash>`, where the hash (the
//! first 128 bits of BLAKE3, hexadecimal) is over the first of these that no
//! other unnamed entity of the file shares:
//!
//! 1. its `dcterms:identifier`s,
//! 2. its `dcat:landingPage`s and `dcat:endpointURL`s,
//! 3. the `dcat:accessURL`s and `dcat:downloadURL`s of its distributions,
//! 4. its titles,
//! 5. that it is the only catalogue without an IRI,
//! 6. the first of 1 to 4 that it has, if all who share it are the same in
//!    everything; they are numbered,
//! 7. everything that is said about it and refers to it (then it is a new one
//!    when that changes); equal ones are numbered.
//!
//! So it keeps its name as long as the publisher keeps that one property.

use std::collections::{BTreeSet, HashMap};

use dela_protocol::dcat::term;
use dela_protocol::description::Object;
use dela_protocol::id::AgencyId;
use dela_protocol::limits::TRIPLES_MAX;
use dela_protocol::record::RecordKind;

use super::split::Entities;
use super::{ImportError, canonical};
use crate::rdf::{Graph, Noticed, Remark, TermId};

/// A kind of key: its name, and the properties whose values make it up.
struct Key {
    name: &'static str,
    of_distributions: bool,
    properties: &'static [&'static str],
}

/// The keys, the best first.
const KEYS: [Key; 4] = [
    Key { name: "identifier", of_distributions: false, properties: &[term::DCTERMS_IDENTIFIER] },
    Key {
        name: "landing page",
        of_distributions: false,
        properties: &[term::DCAT_LANDING_PAGE, term::DCAT_ENDPOINT_URL],
    },
    Key {
        name: "addresses",
        of_distributions: true,
        properties: &[term::DCAT_ACCESS_URL, term::DCAT_DOWNLOAD_URL],
    },
    Key { name: "title", of_distributions: false, properties: &[term::DCTERMS_TITLE] },
];

/// Gives every entity without an IRI one, everywhere in the graph. Returns a
/// warning for each, but for those with an identifier where the form has
/// `identifiers` in place of IRIs.
pub(super) fn name(
    graph: &mut Graph,
    entities: &Entities,
    agency: &AgencyId,
    identifiers: bool,
) -> Result<Vec<Remark>, ImportError> {
    let unnamed: Vec<TermId> =
        entities.iter().map(|(term, _)| term).filter(|term| graph.is_blank(*term)).collect();
    if unnamed.is_empty() {
        return Ok(Vec::new());
    }
    let subjects = Subjects::new(graph, &unnamed);
    let keys: Vec<Values> = KEYS.iter().map(|key| subjects.values(key, &unnamed)).collect();
    let mut catalogues =
        unnamed.iter().filter(|term| entities.kind(**term) == Some(RecordKind::Catalogue));
    let only_catalogue = catalogues.next().copied().filter(|_| catalogues.next().is_none());
    let own = |entity: TermId| {
        let keys = KEYS.iter().zip(&keys);
        keys.into_iter()
            .find_map(|(key, values)| Some((key.name, values.unique(entity)?.to_owned())))
            .or_else(|| (only_catalogue == Some(entity)).then(|| ("catalogue", String::new())))
    };
    let mut contents = HashMap::new();
    for entity in unnamed.iter().filter(|entity| own(**entity).is_none()) {
        contents.insert(*entity, subjects.content(*entity, entities)?);
    }
    let mut names = HashMap::new();
    let mut twins: HashMap<(&str, &str), u32> = HashMap::new();
    let mut remarks = Vec::new();
    for entity in &unnamed {
        let (from, value) = own(*entity).unwrap_or_else(|| {
            let shared = KEYS.iter().zip(&keys);
            let shared = shared
                .into_iter()
                .find_map(|(key, values)| Some((key.name, values.twins(*entity, &contents)?)));
            let content = contents.get(entity).map_or("", String::as_str);
            let (from, value) = shared.unwrap_or(("content", content));
            let number = twins.entry((from, value)).or_default();
            *number += 1;
            (from, format!("{number}\n{value}"))
        });
        let iri = iri(agency, from, &value);
        if !(identifiers && from == KEYS[0].name) {
            let title = subjects.title(*entity).map(str::to_owned);
            remarks.push(Remark::new(Noticed::Unnamed { from, title }, &iri));
        }
        names.insert(*entity, iri);
    }
    graph.name_blank_nodes(&names);
    Ok(remarks)
}

fn iri(agency: &AgencyId, from: &str, value: &str) -> String {
    let hash = blake3::hash(format!("dela:identity\0{from}\0{value}").as_bytes());
    let hash = hash.to_hex();
    format!("urn:dela:{agency}:{}", hash.get(..32).unwrap_or_default())
}

/// What the unnamed entities have of one key.
#[derive(Default)]
struct Values {
    of: HashMap<TermId, String>,
    sharing: HashMap<String, Vec<TermId>>,
}

impl Values {
    /// Returns the value of an entity that shares it with nobody.
    fn unique(&self, entity: TermId) -> Option<&str> {
        let value = self.of.get(&entity)?;
        (self.sharing.get(value)?.len() == 1).then_some(value)
    }

    /// Returns the value of an entity if all who share it are the same.
    fn twins(&self, entity: TermId, contents: &HashMap<TermId, String>) -> Option<&str> {
        let value = self.of.get(&entity)?;
        let content = contents.get(&entity)?;
        let same = |other: &TermId| contents.get(other) == Some(content);
        self.sharing.get(value)?.iter().all(same).then_some(value)
    }
}

/// The triples of a graph, by subject.
struct Subjects<'a> {
    graph: &'a Graph,
    ids: HashMap<&'static str, TermId>,
    /// The triples that refer to an unnamed entity, by the entity.
    references: HashMap<TermId, Vec<[TermId; 3]>>,
}

impl<'a> Subjects<'a> {
    fn new(graph: &'a Graph, unnamed: &[TermId]) -> Self {
        let mut wanted = vec![term::DCAT_DISTRIBUTION];
        wanted.extend(KEYS.iter().flat_map(|key| key.properties));
        let mut references: HashMap<TermId, Vec<[TermId; 3]>> =
            unnamed.iter().map(|entity| (*entity, Vec::new())).collect();
        for triple @ [_, _, object] in graph.ids() {
            if let Some(referring) = references.get_mut(object) {
                referring.push(*triple);
            }
        }
        Self { graph, ids: graph.find(&wanted), references }
    }

    fn triples_of(&self, subject: TermId) -> &'a [[TermId; 3]] {
        let triples = self.graph.ids();
        let start = triples.partition_point(|[s, ..]| *s < subject);
        let end = triples.partition_point(|[s, ..]| *s <= subject);
        triples.get(start..end).unwrap_or_default()
    }

    fn objects(&self, subject: TermId, property: &str) -> impl Iterator<Item = TermId> {
        let property = self.ids.get(property).copied();
        self.triples_of(subject)
            .iter()
            .filter(move |[_, predicate, _]| Some(*predicate) == property)
            .map(|[_, _, object]| *object)
    }

    /// Returns the values of a key.
    fn values(&self, key: &Key, entities: &[TermId]) -> Values {
        let mut found = Values::default();
        for entity in entities {
            let of: Vec<TermId> = if key.of_distributions {
                self.objects(*entity, term::DCAT_DISTRIBUTION).collect()
            } else {
                vec![*entity]
            };
            let values: BTreeSet<String> = of
                .into_iter()
                .flat_map(|subject| {
                    key.properties.iter().flat_map(move |name| self.objects(subject, name))
                })
                .filter_map(|object| match self.graph.term(object) {
                    Object::Blank(_) => None,
                    Object::Iri(iri) => Some(iri.clone()),
                    Object::Literal(literal) => Some(literal.text.trim().to_owned()),
                })
                .filter(|value| !value.is_empty())
                .collect();
            if !values.is_empty() {
                let value = values.into_iter().collect::<Vec<_>>().join("\n");
                found.sharing.entry(value.clone()).or_default().push(*entity);
                found.of.insert(*entity, value);
            }
        }
        found
    }

    fn title(&self, entity: TermId) -> Option<&'a str> {
        self.objects(entity, term::DCTERMS_TITLE)
            .filter_map(|title| self.graph.term(title).text())
            .min()
    }

    /// Returns everything that is said about an entity, in canonical form.
    fn content(&self, entity: TermId, entities: &Entities) -> Result<String, ImportError> {
        let mut seen = BTreeSet::from([entity]);
        let mut to_do = vec![entity];
        let mut triples = self.references.get(&entity).cloned().unwrap_or_default();
        while let Some(subject) = to_do.pop() {
            for triple @ [_, _, object] in self.triples_of(subject) {
                triples.push(*triple);
                if entities.kind(*object).is_none() && seen.insert(*object) {
                    to_do.push(*object);
                }
            }
            if triples.len() > TRIPLES_MAX {
                break;
            }
        }
        triples.sort_unstable();
        triples.dedup();
        canonical::text(self.graph, entity, &triples).map_err(|canonical::Entangled| {
            let title = self.title(entity).unwrap_or("an entity without an IRI and title");
            ImportError::Entangled { iri: title.to_owned() }
        })
    }
}
