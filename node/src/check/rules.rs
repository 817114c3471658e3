//! The rules of DCAT-AP-SE 3.0.1, as data.
//!
//! The properties and their obligations are those of the specification; where
//! it is stricter than DCAT-AP (publisher, the catalogue's licence, the type of
//! a publisher) it wins. A format may be a text, as it is in Sweden.

use dela_protocol::api::Severity;
use dela_protocol::description::Object;

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
    Dataset,
    DataService,
    DatasetSeries,
    Distribution,
    Agent,
    Contact,
    Checksum,
}

/// What is demanded of the values of a property.
#[derive(Debug, Clone, Copy)]
pub(super) enum Test {
    /// There is at least one that is not empty.
    Present,
    /// The same, where the law on high-value datasets is said to apply.
    PresentForHighValue,
    /// Every text has a language.
    Languages,
    /// Every one fits.
    Each(fn(&Object) -> bool),
}

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: &'static str,
    pub(super) class: Class,
    pub(super) property: &'static str,
    pub(super) test: Test,
    pub(super) severity: Severity,
    pub(super) message: &'static str,
    pub(super) remedy: &'static str,
}

/// Returns all rules, in the order they are applied.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    [
        catalogue::RULES,
        dataset::RULES,
        distribution::RULES,
        data_service::RULES,
        dataset_series::RULES,
        agent::RULES,
    ]
    .into_iter()
    .flatten()
}
