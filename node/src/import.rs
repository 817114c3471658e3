//! From a file to the records it becomes: one for each dataset, data service,
//! dataset series and catalogue.
//!
//! An entry's description carries the entity and everything reached from it:
//! distributions, agents, contacts, places. What several entries reach travels
//! in each of them. The triple by which a catalogue lists a member travels with
//! the member, so that a catalogue's own record does not change when members
//! come and go.
//!
//! What comes in another form than RDF is mapped to DCAT first (`reader`), and
//! what is offered in many documents is put together (`harvest`); from then on
//! all forms are one.
//!
//! Invariants: every triple of the file is in some entry or counted in
//! [`Imported::not_carried`], and the same graph gives the same bytes, however
//! it was ordered, labelled or written. An import is all or nothing.

use dela_protocol::api::NotCarried;
use dela_protocol::dcat::term;
use dela_protocol::description::{Description, DescriptionError};
use dela_protocol::id::AgencyId;
use dela_protocol::record::RecordKind;

use crate::rdf::{FINDINGS_MAX, Graph, ParseError, Remark};

mod canonical;
mod form;
mod harvest;
mod identity;
mod reader;
mod split;

pub use form::Form;
pub use harvest::{Harvest, HarvestError, HarvestOptions, Harvested, harvest};

/// How to read a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// The form; found from how the file begins if none is given.
    pub format: Option<Form>,
    /// What relative IRIs are resolved against: the address of the file.
    pub base: Option<String>,
}

/// A file, read and divided.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The form it was read as.
    pub format: Form,
    /// How many triples it has.
    pub triples: u64,
    /// What it describes, sorted by IRI, each IRI once.
    pub entries: Vec<Entry>,
    /// How many distributions there are in all entries.
    pub distributions: u64,
    /// What is in no entry, and why.
    pub not_carried: NotCarried,
    /// What was repaired or made up, with lines where known.
    pub warnings: Vec<Remark>,
}

/// One record to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: RecordKind,
    /// What the file says about it.
    pub description: Description,
}

/// Why a file could not be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It is not RDF that can be read.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// It is one page of a catalogue, and the others are elsewhere.
    #[error("this is one page of several: the next is {next}")]
    OnePage {
        /// Where the next page is.
        next: String,
    },
    /// It describes nothing that belongs in a catalogue.
    #[error("no datasets found: {found}")]
    NoDatasets {
        /// What it does describe.
        found: String,
    },
    /// One entity does not fit in a record.
    #[error("{iri}: {error}")]
    Description {
        /// The entity.
        iri: String,
        /// Why.
        error: DescriptionError,
    },
    /// Blank nodes that cannot be told apart within a sane time.
    #[error("{iri}: too many blank nodes that look alike and refer to each other to be told apart")]
    Entangled {
        /// The entity.
        iri: String,
    },
    /// The entities share so much that the records would outgrow the file.
    #[error("the entities share so much that together they take {triples} triples or more")]
    Shared {
        /// Where counting stopped.
        triples: usize,
    },
}

impl ImportError {
    /// Returns the line in the file, where it is known.
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::Parse(error) => error.line,
            _ => None,
        }
    }

    /// Returns what to do about it.
    pub fn hint(&self) -> &str {
        match self {
            Self::Parse(error) => &error.hint,
            Self::OnePage { .. } => {
                "give the address of the first page instead of a file, so that all pages are read; \
                 one alone would withdraw what is on the others"
            }
            Self::NoDatasets { .. } => {
                "type what you publish as dcat:Dataset, dcat:DataService, dcat:DatasetSeries or \
                 dcat:Catalog"
            }
            Self::Description { .. } => {
                "refer to large geometries, vocabularies and lists by IRI instead of spelling \
                 them out"
            }
            Self::Entangled { .. } => "give these nodes IRIs",
            Self::Shared { .. } => "leave vocabularies out of the file and refer to them by IRI",
        }
    }
}

/// Reads a file for `agency`, which names what has no IRI.
///
/// Blocks while it reads: seconds for the largest files.
pub fn read(
    bytes: &[u8],
    options: &ImportOptions,
    agency: &AgencyId,
) -> Result<Imported, ImportError> {
    divide(reader::whole(bytes, options)?, agency)
}

/// Divides a catalogue into entries.
fn divide(page: reader::Page, agency: &AgencyId) -> Result<Imported, ImportError> {
    let reader::Page { form, mut graph, left_out, .. } = page;
    let mut warnings = graph.warnings().to_vec();
    let triples = graph.len();
    let kinds = split::Entities::find(&graph);
    warnings.extend(identity::name(&mut graph, &kinds, agency, form.has_identifiers())?);
    warnings.truncate(FINDINGS_MAX);

    let entities = split::Entities::find(&graph);
    if entities.is_empty() {
        return Err(ImportError::NoDatasets { found: split::found_instead(&graph) });
    }
    let parts = split::split(&graph, &entities)?;
    let mut not_carried = parts.not_carried(&graph);
    not_carried.triples = not_carried.triples.saturating_add(left_out.triples);
    not_carried.subjects.extend(left_out.subjects);
    let mut entries = parts
        .entries
        .iter()
        .map(|part| entry(&graph, part))
        .collect::<Result<Vec<Entry>, ImportError>>()?;
    entries.sort_by(|a, b| a.description.iri().cmp(b.description.iri()));
    Ok(Imported {
        format: form,
        triples: count(triples).saturating_add(left_out.triples),
        entries,
        distributions: count(parts.instances(&graph, term::DCAT_CLASS_DISTRIBUTION)),
        not_carried,
        warnings,
    })
}

/// Makes the entry of one part of the graph.
fn entry(graph: &Graph, part: &split::Part) -> Result<Entry, ImportError> {
    let iri = graph.iri(part.entity).unwrap_or_default();
    let numbers = canonical::number(graph, &part.triples)
        .map_err(|canonical::Entangled| ImportError::Entangled { iri: iri.to_owned() })?;
    let number = |term| numbers.get(&term).copied().unwrap_or(u32::MAX);
    let triples = part.triples.iter().filter_map(|triple| graph.renumbered(*triple, number));
    let description = Description::new(iri, triples)
        .map_err(|error| ImportError::Description { iri: iri.to_owned(), error })?;
    Ok(Entry { kind: part.kind, description })
}

pub(crate) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
