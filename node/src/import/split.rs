//! Dividing a graph into the parts that become records.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use dela_protocol::api::NotCarried;
use dela_protocol::dcat::term;
use dela_protocol::description::DescriptionError;
use dela_protocol::limits::TRIPLES_MAX;
use dela_protocol::record::RecordKind;

use super::{ImportError, count};
use crate::rdf::{Graph, TermId};

/// The classes that become records, the most specific first: what is typed as
/// several of them is the first. (A series is also a dataset, and so is a
/// catalogue by its class; whoever types it both ways means the dataset.)
const CLASSES: [(&str, RecordKind); 4] = [
    (term::DCAT_DATASET_SERIES, RecordKind::DatasetSeries),
    (term::DCAT_CLASS_DATASET, RecordKind::Dataset),
    (term::DCAT_DATA_SERVICE, RecordKind::DataService),
    (term::DCAT_CLASS_CATALOG, RecordKind::Catalogue),
];

/// By what a catalogue lists its members.
const MEMBERSHIP: [&str; 6] = [
    term::DCAT_DATASET,
    term::DCAT_SERVICE,
    term::DCAT_CATALOG,
    term::DCAT_RECORD,
    term::DCTERMS_HAS_PART,
    term::DCAT_HAS_PART,
];

const FOAF_PRIMARY_TOPIC: &str = "http://xmlns.com/foaf/0.1/primaryTopic";

/// What leads from a concept to the whole vocabulary it belongs to, which is no
/// part of a dataset.
const TO_VOCABULARY: [&str; 3] = [
    "http://www.w3.org/2004/02/skos/core#inScheme",
    "http://www.w3.org/2004/02/skos/core#topConceptOf",
    "http://www.w3.org/2004/02/skos/core#hasTopConcept",
];

/// How many subjects that are not carried are named.
const SUBJECTS_NAMED_MAX: usize = 100;

/// How many more triples all records may have than the file, for what they
/// share: a publisher and a contact in each dataset are a third more.
const SHARED_FACTOR_MAX: usize = 4;

/// So many triples are allowed in any case.
const SHARED_TRIPLES_FREE: usize = 1_000_000;

/// The subjects that become records.
#[derive(Debug)]
pub(super) struct Entities(BTreeMap<TermId, RecordKind>);

impl Entities {
    pub(super) fn find(graph: &Graph) -> Self {
        let mut wanted = vec![term::RDF_TYPE];
        wanted.extend(CLASSES.iter().map(|(class, _)| *class));
        let ids = graph.find(&wanted);
        let classes: Vec<(TermId, usize)> = CLASSES
            .iter()
            .enumerate()
            .filter_map(|(rank, (class, _))| Some((*ids.get(class)?, rank)))
            .collect();
        let mut ranks: BTreeMap<TermId, usize> = BTreeMap::new();
        if let Some(rdf_type) = ids.get(term::RDF_TYPE) {
            for [subject, predicate, object] in graph.ids() {
                if predicate == rdf_type
                    && let Some((_, rank)) = classes.iter().find(|(class, _)| class == object)
                {
                    let best = ranks.entry(*subject).or_insert(*rank);
                    *best = (*best).min(*rank);
                }
            }
        }
        let kind = |rank: usize| CLASSES.get(rank).map_or(RecordKind::Dataset, |(_, kind)| *kind);
        Self(ranks.into_iter().map(|(subject, rank)| (subject, kind(rank))).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns how many there are that a catalogue would list.
    pub(super) fn members(&self) -> u64 {
        count(self.0.values().filter(|kind| **kind != RecordKind::Catalogue).count())
    }

    pub(super) fn kind(&self, term: TermId) -> Option<RecordKind> {
        self.0.get(&term).copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (TermId, RecordKind)> {
        self.0.iter().map(|(term, kind)| (*term, *kind))
    }
}

/// The part of a graph that becomes one record.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) entity: TermId,
    pub(super) kind: RecordKind,
    pub(super) triples: Vec<[TermId; 3]>,
}

/// A graph, divided.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) entries: Vec<Part>,
    /// What is reached from no entry.
    pub(super) rest: Vec<[TermId; 3]>,
}

/// Divides a graph whose entities all have IRIs.
pub(super) fn split(graph: &Graph, entities: &Entities) -> Result<Parts, ImportError> {
    let mut walk = Walk::new(graph, entities);
    let mut entries = Vec::new();
    let mut total = 0_usize;
    let total_max = graph.len().saturating_mul(SHARED_FACTOR_MAX).max(SHARED_TRIPLES_FREE);
    for (entity, kind) in entities.iter() {
        let triples = walk.part(entity)?;
        total = total.saturating_add(triples.len());
        if total > total_max {
            return Err(ImportError::Shared { triples: total });
        }
        entries.push(Part { entity, kind, triples });
    }
    let rest = walk.rest();
    Ok(Parts { entries, rest })
}

/// Walks over a graph, entity by entity.
struct Walk<'a> {
    graph: &'a Graph,
    entities: &'a Entities,
    /// Where the triples of each subject begin; one more than there are terms.
    starts: Vec<usize>,
    /// For each subject, the entity that last took it.
    taken_by: Vec<Option<TermId>>,
    /// Triples in which a catalogue lists a member, by the member.
    membership: HashMap<TermId, Vec<[TermId; 3]>>,
    /// The same, as a set: they are left out of the catalogue.
    listed: BTreeSet<[TermId; 3]>,
    /// Catalogue records, by what they are about.
    records: HashMap<TermId, Vec<TermId>>,
    is_record: BTreeSet<TermId>,
    to_vocabulary: Vec<TermId>,
}

impl<'a> Walk<'a> {
    fn new(graph: &'a Graph, entities: &'a Entities) -> Self {
        let mut starts = Vec::with_capacity(graph.term_count() + 1);
        let mut at = 0;
        for term in 0..=graph.term_count() {
            while graph.ids().get(at).is_some_and(|[subject, ..]| (*subject as usize) < term) {
                at += 1;
            }
            starts.push(at);
        }
        let mut walk = Self {
            graph,
            entities,
            starts,
            taken_by: vec![None; graph.term_count()],
            membership: HashMap::new(),
            listed: BTreeSet::new(),
            records: HashMap::new(),
            is_record: BTreeSet::new(),
            to_vocabulary: graph.find(&TO_VOCABULARY).into_values().collect(),
        };
        walk.find_records();
        walk.find_membership();
        walk
    }

    fn find_records(&mut self) {
        let ids = self.graph.find(&[FOAF_PRIMARY_TOPIC, term::RDF_TYPE, term::DCAT_CATALOG_RECORD]);
        let id = |iri| ids.get(iri).copied();
        let (Some(topic), Some(rdf_type), Some(class)) =
            (id(FOAF_PRIMARY_TOPIC), id(term::RDF_TYPE), id(term::DCAT_CATALOG_RECORD))
        else {
            return;
        };
        for [subject, predicate, object] in self.graph.ids() {
            if *predicate == topic
                && self.entities.kind(*object).is_some()
                && self.entities.kind(*subject).is_none()
                && self.triples_of(*subject).contains(&[*subject, rdf_type, class])
            {
                self.records.entry(*object).or_default().push(*subject);
                self.is_record.insert(*subject);
            }
        }
    }

    fn find_membership(&mut self) {
        let mut members: HashMap<TermId, Vec<TermId>> = HashMap::new();
        for (entity, records) in &self.records {
            for record in records {
                members.entry(*record).or_default().push(*entity);
            }
        }
        let predicates: Vec<TermId> = self.graph.find(&MEMBERSHIP).into_values().collect();
        for (catalogue, kind) in self.entities.iter() {
            if kind != RecordKind::Catalogue {
                continue;
            }
            for triple @ [subject, predicate, object] in self.triples_of(catalogue) {
                if !predicates.contains(predicate) || subject == object {
                    continue;
                }
                let itself = self.entities.kind(*object).map(|_| *object);
                let described = members.get(object).into_iter().flatten().copied();
                for member in itself.into_iter().chain(described) {
                    if member != catalogue {
                        self.membership.entry(member).or_default().push(*triple);
                        self.listed.insert(*triple);
                    }
                }
            }
        }
    }

    fn triples_of(&self, subject: TermId) -> &'a [[TermId; 3]] {
        let start = self.starts.get(subject as usize).copied().unwrap_or_default();
        let end = self.starts.get(subject as usize + 1).copied().unwrap_or(start);
        self.graph.ids().get(start..end).unwrap_or_default()
    }

    /// Collects the triples of one entity.
    fn part(&mut self, entity: TermId) -> Result<Vec<[TermId; 3]>, ImportError> {
        let mut triples = self.membership.get(&entity).cloned().unwrap_or_default();
        let mut to_do = vec![entity];
        to_do.extend(self.records.get(&entity).into_iter().flatten());
        for subject in &to_do {
            self.take(*subject, entity);
        }
        while let Some(subject) = to_do.pop() {
            for triple in self.triples_of(subject) {
                if subject == entity && self.listed.contains(triple) {
                    continue;
                }
                triples.push(*triple);
                let [_, predicate, object] = triple;
                if self.leads_on(*predicate, *object) && self.take(*object, entity) {
                    to_do.push(*object);
                }
            }
            if triples.len() > TRIPLES_MAX {
                return Err(ImportError::Description {
                    iri: self.graph.iri(entity).unwrap_or_default().to_owned(),
                    error: DescriptionError::TooManyTriples { triples: triples.len() },
                });
            }
        }
        Ok(triples)
    }

    /// Whether what a triple refers to belongs to what refers to it.
    fn leads_on(&self, predicate: TermId, object: TermId) -> bool {
        !self.triples_of(object).is_empty()
            && self.entities.kind(object).is_none()
            && !self.is_record.contains(&object)
            && !self.to_vocabulary.contains(&predicate)
    }

    /// Marks a subject as taken; returns whether it was not yet.
    fn take(&mut self, subject: TermId, entity: TermId) -> bool {
        self.taken_by.get_mut(subject as usize).is_some_and(|by| by.replace(entity) != Some(entity))
    }

    /// Returns the triples that no entity took.
    fn rest(&self) -> Vec<[TermId; 3]> {
        let taken =
            |subject: &TermId| self.taken_by.get(*subject as usize).is_some_and(Option::is_some);
        self.graph.ids().iter().filter(|[subject, ..]| !taken(subject)).copied().collect()
    }
}

impl Parts {
    /// Returns how many subjects of a class are carried.
    pub(super) fn instances(&self, graph: &Graph, class: &'static str) -> usize {
        let ids = graph.find(&[term::RDF_TYPE, class]);
        let (Some(rdf_type), Some(class)) = (ids.get(term::RDF_TYPE), ids.get(class)) else {
            return 0;
        };
        let triples = self.entries.iter().flat_map(|part| &part.triples);
        let found: BTreeSet<TermId> =
            triples.filter(|[_, p, o]| p == rdf_type && o == class).map(|[s, ..]| *s).collect();
        found.len()
    }

    /// Says what is in no entry, and why.
    pub(super) fn not_carried(&self, graph: &Graph) -> NotCarried {
        let rdf_type = graph.find(&[term::RDF_TYPE]).get(term::RDF_TYPE).copied();
        let mut classes: BTreeMap<TermId, Option<&str>> = BTreeMap::new();
        for [subject, predicate, object] in &self.rest {
            let class = classes.entry(*subject).or_default();
            if Some(*predicate) == rdf_type && class.is_none() {
                *class = graph.iri(*object);
            }
        }
        let mut subjects: Vec<String> = classes
            .into_iter()
            .map(|(subject, class)| {
                let name = graph.iri(subject).unwrap_or("a blank node");
                let class = class.map_or_else(
                    || "without a type".to_owned(),
                    |class| format!("of type {}", local_name(class)),
                );
                format!("{name}: {class} that nothing in the catalogue refers to")
            })
            .collect();
        subjects.sort_unstable();
        subjects.dedup();
        subjects.truncate(SUBJECTS_NAMED_MAX);
        NotCarried { triples: count(self.rest.len()), subjects }
    }
}

/// Says which types there are in a graph without datasets.
pub(super) fn found_instead(graph: &Graph) -> String {
    /// Enough to see what kind of file it is.
    const NAMED_MAX: usize = 5;
    let rdf_type = graph.find(&[term::RDF_TYPE]).get(term::RDF_TYPE).copied();
    let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
    for [_, predicate, object] in graph.ids() {
        if Some(*predicate) == rdf_type
            && let Some(class) = graph.iri(*object)
        {
            *classes.entry(class).or_default() += 1;
        }
    }
    if classes.is_empty() {
        return format!("the file has {} triples, and nothing in it has a type", graph.len());
    }
    let mut classes: Vec<(&str, usize)> = classes.into_iter().collect();
    classes.sort_by_key(|(class, count)| (core::cmp::Reverse(*count), *class));
    let named: Vec<String> = classes
        .iter()
        .take(NAMED_MAX)
        .map(|(class, count)| format!("{count} of type <{class}>"))
        .collect();
    format!("the file has {}", named.join(", "))
}

/// Returns what follows the last `/` or `#` of an IRI.
fn local_name(iri: &str) -> &str {
    iri.rsplit(['/', '#']).next().unwrap_or(iri)
}
