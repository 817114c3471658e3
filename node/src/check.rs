//! What should be mended before others can use it: the rules of DCAT-AP-SE 3.0.1.
//!
//! A missing mandatory property is an error, a missing recommended one a
//! warning. Neither keeps anything from being published: the portals of today
//! take whatever they understand, and so do we.
//!
//! Invariant: rules are data (`check/rules`); this file only applies them, in a
//! fixed order.

use std::collections::{BTreeMap, BTreeSet};

use dela_protocol::api::{Finding, Severity};
use dela_protocol::dcat::term;
use dela_protocol::description::{Description, LiteralKind, Node, Object};
use dela_protocol::record::RecordKind;

use crate::import::Imported;
use crate::rdf::{FINDINGS_MAX, lines};

mod rules;
mod values;

use rules::{Class, Rule, Test};

/// Checks a file that was read from `source`.
///
/// Errors come first, then by rule and subject; at most [`FINDINGS_MAX`]. The
/// warnings of the import are among them.
pub fn check(imported: &Imported, source: &[u8]) -> Vec<Finding> {
    let mut findings: BTreeSet<Finding> = imported.warnings.iter().cloned().collect();
    for entry in &imported.entries {
        findings.extend(description(entry.kind, &entry.description));
    }
    findings.extend(empty_catalogues(imported));
    let mut findings: Vec<Finding> = findings.into_iter().take(FINDINGS_MAX).collect();
    lines::locate(source, &mut findings);
    findings
}

/// Checks one description. Nothing is known of lines here.
pub fn description(kind: RecordKind, description: &Description) -> Vec<Finding> {
    let nodes = Nodes::of(kind, description);
    let mut findings = BTreeSet::new();
    for rule in rules::all() {
        for node in nodes.of_class(rule.class) {
            let objects = description.objects(node, rule.property);
            if violates(rule, description, node, objects) {
                findings.insert(Finding {
                    severity: rule.severity,
                    rule: rule.id.to_owned(),
                    subject: node.iri().unwrap_or(description.iri()).to_owned(),
                    line: None,
                    message: message(rule, objects),
                    remedy: rule.remedy.to_owned(),
                });
            }
        }
    }
    findings.into_iter().collect()
}

/// Says what is wrong, with the value where there is one.
fn message(rule: &Rule, objects: &[Object]) -> String {
    /// Enough to recognise the value.
    const QUOTED_CHARS_MAX: usize = 80;
    let culprit = match rule.test {
        Test::Present | Test::PresentForHighValue | Test::Languages => None,
        Test::Each(fits) => objects.iter().find(|object| !fits(object)),
    };
    match culprit.and_then(Object::text) {
        Some(text) if text.chars().count() > QUOTED_CHARS_MAX => {
            let start: String = text.chars().take(QUOTED_CHARS_MAX).collect();
            format!("{}: {start}…", rule.message)
        }
        Some(text) => format!("{}: {text}", rule.message),
        None => rule.message.to_owned(),
    }
}

fn violates(rule: &Rule, description: &Description, node: &Node, objects: &[Object]) -> bool {
    match rule.test {
        Test::Present => !objects.iter().any(has_value),
        Test::PresentForHighValue => {
            let legislation = description.objects(node, term::DCATAP_APPLICABLE_LEGISLATION);
            let high_value =
                legislation.iter().any(|law| law.text() == Some(values::HIGH_VALUE_REGULATION));
            high_value && !objects.iter().any(has_value)
        }
        Test::Languages => objects.iter().any(|object| match object {
            Object::Literal(literal) => !matches!(literal.kind, LiteralKind::Language(_)),
            Object::Iri(_) | Object::Blank(_) => false,
        }),
        Test::Each(fits) => !objects.iter().all(fits),
    }
}

fn has_value(object: &Object) -> bool {
    object.text().is_none_or(|text| !text.trim().is_empty())
}

/// A catalogue must list datasets; its members carry the triples that say so.
fn empty_catalogues(imported: &Imported) -> Vec<Finding> {
    let lists =
        [term::DCAT_DATASET, term::DCAT_SERVICE, term::DCAT_CATALOG, term::DCTERMS_HAS_PART];
    let listing: BTreeSet<&str> = imported
        .entries
        .iter()
        .flat_map(|entry| entry.description.triples())
        .filter(|(_, predicate, _)| lists.contains(predicate))
        .filter_map(|(subject, ..)| subject.iri())
        .collect();
    imported
        .entries
        .iter()
        .filter(|entry| entry.kind == RecordKind::Catalogue)
        .map(|entry| entry.description.iri())
        .filter(|iri| !listing.contains(iri))
        .map(|iri| Finding {
            severity: Severity::Error,
            rule: "catalogue-dataset".to_owned(),
            subject: iri.to_owned(),
            line: None,
            message: "the catalogue lists no datasets".to_owned(),
            remedy: "list each dataset with dcat:dataset".to_owned(),
        })
        .collect()
}

/// The nodes of a description, by what rules apply to them.
struct Nodes(BTreeMap<Class, Vec<Node>>);

impl Nodes {
    fn of(kind: RecordKind, description: &Description) -> Self {
        let class = match kind {
            RecordKind::Dataset => Class::Dataset,
            RecordKind::DataService => Class::DataService,
            RecordKind::DatasetSeries => Class::DatasetSeries,
            RecordKind::Catalogue => Class::Catalogue,
            RecordKind::Profile => Class::Agent,
            RecordKind::Withdrawal | RecordKind::Later(_) => return Self(BTreeMap::new()),
        };
        let entity = [Node::Iri(description.iri().to_owned())];
        let from = |nodes: &[Node], predicate: &str| -> Vec<Node> {
            nodes
                .iter()
                .flat_map(|node| description.objects(node, predicate))
                .filter_map(Object::as_node)
                .collect()
        };
        let distributions = from(&entity, term::DCAT_DISTRIBUTION);
        let checksums = from(&distributions, values::SPDX_CHECKSUM);
        let mut nodes = BTreeMap::from([
            (Class::Contact, from(&entity, term::DCAT_CONTACT_POINT)),
            (Class::Distribution, distributions),
            (Class::Checksum, checksums),
        ]);
        if class != Class::Agent {
            nodes.insert(Class::Agent, from(&entity, term::DCTERMS_PUBLISHER));
        }
        nodes.insert(class, entity.to_vec());
        Self(nodes)
    }

    fn of_class(&self, class: Class) -> &[Node] {
        self.0.get(&class).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests;
