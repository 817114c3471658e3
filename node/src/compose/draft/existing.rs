//! A dataset that is there, changed by a form that shows part of it.
//!
//! Invariants:
//! - What the form does not show is kept, as long as the dataset still leads to
//!   it: what described a distribution goes with the distribution.
//! - Facts about a file that another address or format would make untrue are
//!   not kept: its size, its checksum, its media type.

use std::collections::{BTreeMap, BTreeSet};

use dela_protocol::dcat::term;
use dela_protocol::description::{Description, DescriptionError, Node, Object, Triple};
use dela_protocol::id::AgencyId;
use dela_protocol::record::RecordKind;

use super::read::{Read, read};
use super::write::{WrittenFor, name_of, written};
use super::{Draft, FieldFault, Issuer};
use crate::import::{self, ImportOptions};
use crate::rdf::{self, Format};

/// A dataset that is there, as far as a form shows it.
#[derive(Debug, Clone)]
pub struct Existing {
    description: Description,
    read: Read,
}

/// Why a dataset cannot be made from a draft.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Fields are wrong.
    #[error("{} fields cannot be used", .0.len())]
    Fields(Vec<FieldFault>),
    /// All of it together does not fit in a record.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// What is kept beside the form cannot be joined with what it says.
    #[error("what the form does not show cannot be kept as it is: {0}")]
    Unsettled(String),
}

impl Existing {
    /// Reads a dataset.
    pub fn read(description: Description) -> Self {
        let read = read(&description);
        Self { description, read }
    }

    /// Returns what the form shows of it.
    pub fn draft(&self) -> &Draft {
        &self.read.draft
    }

    /// Returns the properties of which the form has less room than the dataset
    /// needs; where there are any, it cannot be changed by the form.
    pub fn misfits(&self) -> impl Iterator<Item = &'static str> {
        self.read.misfits.iter().copied()
    }

    /// Returns how many triples the form does not show.
    pub fn hidden(&self) -> usize {
        self.description.triples().count().saturating_sub(self.read.shown.len())
    }

    /// Returns whether it says who publishes it.
    pub fn has_publisher(&self) -> bool {
        let entity = Node::Iri(self.description.iri().to_owned());
        !self.description.objects(&entity, term::DCTERMS_PUBLISHER).is_empty()
    }

    /// Returns the description that a changed draft makes of it.
    pub fn edited(
        &self,
        draft: &Draft,
        issuer: Option<&Issuer>,
        agency: &AgencyId,
    ) -> Result<Description, EditError> {
        let read = &self.read;
        let target = WrittenFor {
            iri: self.description.iri().to_owned(),
            issuer: issuer.filter(|_| !self.has_publisher()),
            contact: read.contact.clone(),
            telephone: read.telephone.clone(),
            period: read.period.clone(),
            place: read.place.clone(),
            distributions: read.distributions.clone(),
            fresh: fresh(&self.description),
        };
        let said = written(draft, &target).map_err(EditError::Fields)?;
        let untrue = self.untrue(draft);
        let is_kept = |triple: &Triple| {
            !read.shown.contains(triple) && !untrue.contains(&(triple.0.clone(), triple.1.as_str()))
        };
        let kept = self.description.triples().map(|(subject, predicate, object)| {
            (subject.clone(), predicate.to_owned(), object.clone())
        });
        let all: BTreeSet<Triple> = kept.filter(is_kept).chain(said).collect();
        settled(&target.iri, self.led_to(all), agency)
    }

    /// Returns which properties of distributions are no longer true.
    fn untrue(&self, draft: &Draft) -> BTreeSet<(Node, &'static str)> {
        let mut untrue = BTreeSet::new();
        let pairs = self.read.distributions.iter().zip(&self.read.draft.distributions);
        for (node, before) in pairs {
            let Some(now) = draft.distributions.iter().find(|one| one.node == name_of(node)) else {
                continue;
            };
            if now.format != before.format {
                untrue.insert((node.clone(), term::DCAT_MEDIA_TYPE));
            }
            if (&now.access_url, &now.download_url) != (&before.access_url, &before.download_url) {
                untrue.insert((node.clone(), term::DCAT_BYTE_SIZE));
                untrue.insert((node.clone(), term::SPDX_CHECKSUM));
            }
        }
        untrue
    }

    /// Leaves out what the entity led to before and does not any more.
    fn led_to(&self, all: BTreeSet<Triple>) -> BTreeSet<Triple> {
        let entity = Node::Iri(self.description.iri().to_owned());
        let before = self.description.triples().map(|(s, _, o)| (s, o));
        let before = reached(&entity, before);
        let now = reached(&entity, all.iter().map(|(s, _, o)| (s, o)));
        let is_led_to = |(subject, ..): &Triple| now.contains(subject) || !before.contains(subject);
        all.into_iter().filter(is_led_to).collect()
    }
}

/// Returns the description of a new dataset.
pub(super) fn composed(
    draft: &Draft,
    issuer: &Issuer,
    agency: &AgencyId,
) -> Result<Description, EditError> {
    let iri = super::iri_for(draft, agency);
    let target = WrittenFor { iri, issuer: Some(issuer), ..WrittenFor::default() };
    let said = written(draft, &target).map_err(EditError::Fields)?;
    settled(&target.iri, said.into_iter().collect(), agency)
}

/// Makes the description. One with blank nodes goes through the importer, which
/// numbers them in the one way there is.
fn settled(
    iri: &str,
    triples: BTreeSet<Triple>,
    agency: &AgencyId,
) -> Result<Description, EditError> {
    let description = Description::new(iri, triples)?;
    let is_blank = |(subject, _, object): (&Node, &str, &Object)| {
        matches!(subject, Node::Blank(_)) || matches!(object, Object::Blank(_))
    };
    if !description.triples().any(is_blank) {
        return Ok(description);
    }
    let bytes = rdf::write(description.triples(), Format::NTriples);
    let options = ImportOptions { format: Some(Format::NTriples.into()), base: None };
    let mut imported = import::read(&bytes, &options, agency)
        .map_err(|error| EditError::Unsettled(error.to_string()))?;
    match (imported.entries.pop(), imported.entries.is_empty()) {
        (Some(only), true)
            if only.kind == RecordKind::Dataset
                && only.description.iri() == iri
                && only.description.triples().count() == description.triples().count() =>
        {
            Ok(only.description)
        }
        _ => Err(EditError::Unsettled("it describes more than one entry".to_owned())),
    }
}

/// Returns all nodes that can be reached from one.
fn reached<'a>(from: &Node, edges: impl Iterator<Item = (&'a Node, &'a Object)>) -> BTreeSet<Node> {
    let mut next: BTreeMap<&Node, Vec<Node>> = BTreeMap::new();
    for (subject, object) in edges {
        next.entry(subject).or_default().extend(object.as_node());
    }
    let mut reached = BTreeSet::from([from.clone()]);
    let mut to_do = vec![from.clone()];
    while let Some(node) = to_do.pop() {
        for other in next.get(&node).into_iter().flatten() {
            if reached.insert(other.clone()) {
                to_do.push(other.clone());
            }
        }
    }
    reached
}

/// Returns a number that no blank node has.
fn fresh(description: &Description) -> u32 {
    let numbers = description.triples().flat_map(|(subject, _, object)| {
        let subject = match subject {
            Node::Blank(number) => Some(*number),
            Node::Iri(_) => None,
        };
        let object = match object {
            Object::Blank(number) => Some(*number),
            Object::Iri(_) | Object::Literal(_) => None,
        };
        subject.into_iter().chain(object)
    });
    numbers.max().map_or(0, |most| most.saturating_add(1))
}
