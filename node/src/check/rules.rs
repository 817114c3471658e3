//! The rules of DCAT-AP-SE 3.0.1, as data.
//!
//! The properties and their obligations are those of the specification; where
//! it is stricter than DCAT-AP (publisher, the catalogue's licence, the type of
//! a publisher) it wins. A format may be a text, as it is in Sweden. What the
//! law on high-value datasets and the national portal's harvester demand beside
//! it is here too.

use dela_protocol::api::Severity;

use super::forms::Form;
use crate::language::{Words, words};

mod agent;
mod catalogue;
mod data_service;
mod dataset;
mod dataset_series;
mod distribution;

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Catalogue,
    CatalogueRecord,
    Dataset,
    DataService,
    DatasetSeries,
    Distribution,
    Agent,
    Contact,
    Checksum,
    Identifier,
    Period,
    Place,
    Relationship,
    Concept,
    ConceptScheme,
}

impl Class {
    /// Returns what it is called, in the definite form in Swedish and with an
    /// article in English.
    pub(super) const fn words(self) -> Words {
        match self {
            Self::Catalogue => words("katalogen", "the catalogue"),
            Self::CatalogueRecord => words("katalogposten", "the catalogue record"),
            Self::Dataset => words("datamängden", "the dataset"),
            Self::DataService => words("datatjänsten", "the data service"),
            Self::DatasetSeries => words("datamängdsserien", "the dataset series"),
            Self::Distribution => words("distributionen", "the distribution"),
            Self::Agent => words("utgivaren", "the publisher"),
            Self::Contact => words("kontakten", "the contact"),
            Self::Checksum => words("kontrollsumman", "the checksum"),
            Self::Identifier => words("identifieraren", "the identifier"),
            Self::Period => words("tidsperioden", "the period"),
            Self::Place => words("platsen", "the place"),
            Self::Relationship => words("relationen", "the relationship"),
            Self::Concept => words("begreppet", "the concept"),
            Self::ConceptScheme => words("vokabulären", "the concept scheme"),
        }
    }
}

/// What is demanded of the values of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    /// There is at least one that is not empty.
    Present,
    /// The same, where the law on high-value datasets is said to apply.
    PresentForHighValue,
    /// Every text has a language.
    Languages,
    /// Every one has this form.
    Form(Form),
    /// There is one at most.
    AtMostOne,
    /// What has the property is itself named by an IRI.
    Named,
}

/// One rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// Its name in the API.
    pub(super) id: &'static str,
    pub(super) class: Class,
    pub(super) property: &'static str,
    pub(super) test: Test,
    pub(super) severity: Severity,
}

/// The rules for one class, the rows of a table.
struct Table(Class, &'static [Row]);

/// Id, property, test and severity.
type Row = (&'static str, &'static str, Test, Severity);

/// Returns all rules, in the order they are applied.
pub(super) fn all() -> impl Iterator<Item = Rule> {
    [
        catalogue::RULES,
        dataset::RULES,
        distribution::RULES,
        distribution::CHECKSUM,
        data_service::RULES,
        dataset_series::RULES,
        agent::PUBLISHER,
        agent::CONTACT,
    ]
    .into_iter()
    .flat_map(|Table(class, rows)| {
        rows.iter().map(move |&(id, property, test, severity)| Rule {
            id,
            class,
            property,
            test,
            severity,
        })
    })
}
