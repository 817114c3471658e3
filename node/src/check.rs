//! What should be mended before others can use it: the rules of DCAT-AP-SE
//! 3.0.1, or those of DCAT-AP 3.0.1.
//!
//! A missing mandatory property is an error, a missing recommended one a
//! warning. Neither keeps anything from being published: the portals of today
//! take whatever they understand, and so do we.
//!
//! Invariant: rules are data (`check/rules` in Sweden's words, `check/shapes`
//! as the EU publishes them); this file only applies them, in a fixed order.

use std::collections::BTreeSet;

use dela_protocol::api::{Finding, Severity};
use dela_protocol::dcat::term;
use dela_protocol::description::{Description, LiteralKind, Node, Object};
use dela_protocol::record::RecordKind;

use crate::export::Profile;
use crate::import::Imported;
use crate::language::Language;
use crate::rdf::{FINDINGS_MAX, Remark, lines};

mod forms;
mod nodes;
mod rules;
mod shapes;
mod words;

pub(crate) use forms::HIGH_VALUE_REGULATION;
use nodes::Nodes;
use rules::{Class, Rule, Test};
use shapes::Violation;
use words::Sentences;

/// How to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckOptions {
    /// By whose rules: those of DCAT-AP-SE, with the law on high-value datasets
    /// and what the national portal demands, where what only DCAT-AP asks for is
    /// a warning; or those of DCAT-AP.
    pub profile: Profile,
    /// In which language to say what is found.
    pub language: Language,
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self { profile: Profile::default(), language: Language::English }
    }
}

/// Checks a file that was read from `source`.
///
/// Errors come first, then by rule and subject; at most [`FINDINGS_MAX`]. The
/// warnings of the import are among them.
pub fn check(imported: &Imported, source: &[u8], options: CheckOptions) -> Vec<Finding> {
    let noticed = imported.warnings.iter().map(|remark| noticed(remark, options.language));
    let mut findings: BTreeSet<Finding> = noticed.collect();
    for entry in &imported.entries {
        findings.extend(description(entry.kind, &entry.description, options));
    }
    findings.extend(empty_catalogues(imported, options.language));
    let mut findings: Vec<Finding> = findings.into_iter().take(FINDINGS_MAX).collect();
    lines::locate(
        source,
        findings.iter_mut().map(|finding| (&*finding.subject, &mut finding.line)),
    );
    findings
}

/// Says what was noticed while a file was read.
pub(crate) fn noticed(remark: &Remark, language: Language) -> Finding {
    words::reading::finding(remark, language)
}

/// Checks one description. Nothing is known of lines here.
pub fn description(
    kind: RecordKind,
    description: &Description,
    options: CheckOptions,
) -> Vec<Finding> {
    let nodes = Nodes::of(kind, description);
    let judge = Judge { description, nodes: &nodes, language: options.language };
    let mut findings = BTreeSet::new();
    if options.profile == Profile::DcatApSe {
        findings.extend(rules::all().flat_map(|rule| judge.rule(rule)));
        findings.extend(judge.portal());
        findings.extend(judge.high_value(kind));
    }
    let said: BTreeSet<_> = findings
        .iter()
        .map(|found: &Finding| (found.subject.clone(), found.path.clone()))
        .collect();
    let european = shapes::violations(description)
        .filter(|violation| options.profile == Profile::DcatAp || !violation.is_swedish_usage())
        .map(|violation| judge.shape(violation, options.profile));
    let is_new = |found: &Finding| !said.contains(&(found.subject.clone(), found.path.clone()));
    findings.extend(european.filter(is_new));
    findings.into_iter().collect()
}

/// Returns whether a description is as DCAT-AP demands.
pub fn conforms_to_dcat_ap(description: &Description) -> bool {
    shapes::violations(description).next().is_none()
}

/// Applies rules to one description.
struct Judge<'a> {
    description: &'a Description,
    nodes: &'a Nodes,
    language: Language,
}

impl Judge<'_> {
    /// Finds where a rule of Sweden's is broken.
    fn rule(&self, rule: Rule) -> Vec<Finding> {
        let nodes = self.nodes.of_class(rule.class).iter();
        let broken = nodes.filter(|node| self.violates(rule, node));
        broken
            .map(|node| {
                let objects = self.description.objects(node, rule.property);
                let mut said =
                    words::sentences(rule.class, rule.property, rule.test, self.language);
                said.message = quoted(said.message, rule.test, objects);
                self.finding(rule.severity, rule.id.to_owned(), node, Some(rule.property), said)
            })
            .collect()
    }

    fn violates(&self, rule: Rule, node: &Node) -> bool {
        let objects = self.description.objects(node, rule.property);
        match rule.test {
            Test::Present => !objects.iter().any(has_value),
            Test::PresentForHighValue => {
                is_high_value(self.description, node) && !objects.iter().any(has_value)
            }
            Test::Languages => objects.iter().any(|object| match object {
                Object::Literal(literal) => !matches!(literal.kind, LiteralKind::Language(_)),
                Object::Iri(_) | Object::Blank(_) => false,
            }),
            Test::Form(form) => !objects.iter().all(|object| form.fits(object)),
            Test::AtMostOne => objects.len() > 1,
            Test::Named => node.iri().is_none(),
        }
    }

    /// Tells what DCAT-AP does not allow: to a Swede a warning, since the
    /// portal in Sweden takes it.
    fn shape(&self, violation: Violation<'_>, profile: Profile) -> Finding {
        let Violation { class, node, property, test } = violation;
        let severity = match profile {
            Profile::DcatApSe => Severity::Warning,
            Profile::DcatAp => Severity::Error,
        };
        let mut said = words::sentences(class, property, test, self.language);
        said.message = quoted(said.message, test, self.description.objects(node, property));
        self.finding(severity, violation.rule(), node, Some(property), said)
    }

    /// Finds what the national portal's harvester does not take.
    fn portal(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let record = Object::Iri(term::DCAT_CATALOG_RECORD.to_owned());
        for subject in self.description.subjects() {
            let node = &subject.name;
            if self.description.objects(node, term::RDF_TYPE).contains(&record) {
                let said = words::CATALOGUE_RECORD.sentences(self.language);
                let rule = "catalogue-record".to_owned();
                findings.push(self.finding(Severity::Warning, rule, node, None, said));
            }
        }
        let publishers = self.nodes.of_class(Class::Agent);
        for contact in self.nodes.of_class(Class::Contact) {
            if publishers.contains(contact) {
                let said = words::SHARED_CONTACT.sentences(self.language);
                let rule = "contact-publisher".to_owned();
                findings.push(self.finding(Severity::Error, rule, contact, None, said));
            }
        }
        findings
    }

    /// Finds what the law on high-value datasets asks of several parts at once.
    fn high_value(&self, kind: RecordKind) -> Vec<Finding> {
        let entity = Node::Iri(self.description.iri().to_owned());
        let applies = is_high_value(self.description, &entity);
        let has_category = !self.description.objects(&entity, term::DCATAP_HVD_CATEGORY).is_empty();
        let forms = self.nodes.of_class(Class::Distribution);
        let none_covered = kind == RecordKind::Dataset
            && !forms.is_empty()
            && !forms.iter().any(|form| is_high_value(self.description, form));
        let law = Some(term::DCATAP_APPLICABLE_LEGISLATION);
        let mut findings = Vec::new();
        if applies && none_covered {
            let said = words::NO_HIGH_VALUE_FORM.sentences(self.language);
            let rule = "dataset-hvd-distribution".to_owned();
            findings.push(self.finding(Severity::Warning, rule, &entity, law, said));
        }
        if has_category && !applies {
            let said = words::CATEGORY_WITHOUT_LAW.sentences(self.language);
            let rule = "hvd-legislation".to_owned();
            findings.push(self.finding(Severity::Warning, rule, &entity, law, said));
        }
        findings
    }

    fn finding(
        &self,
        severity: Severity,
        rule: String,
        node: &Node,
        property: Option<&str>,
        said: Sentences,
    ) -> Finding {
        Finding {
            severity,
            rule,
            subject: node.iri().unwrap_or(self.description.iri()).to_owned(),
            path: Some(self.nodes.path(node, property)).filter(|path| !path.is_empty()),
            line: None,
            message: said.message,
            why: said.why,
            remedy: said.remedy,
        }
    }
}

/// Adds the value that is wrong, where there is one.
fn quoted(message: String, test: Test, objects: &[Object]) -> String {
    /// Enough to recognise the value.
    const QUOTED_CHARS_MAX: usize = 80;
    let culprit = match test {
        Test::Form(form) => objects.iter().find(|object| !form.fits(object)),
        Test::Present
        | Test::PresentForHighValue
        | Test::Languages
        | Test::AtMostOne
        | Test::Named => None,
    };
    match culprit.and_then(Object::text) {
        Some(text) if text.chars().count() > QUOTED_CHARS_MAX => {
            let start: String = text.chars().take(QUOTED_CHARS_MAX).collect();
            format!("{message}: {start}…")
        }
        Some(text) => format!("{message}: {text}"),
        None => message,
    }
}

/// Whether something is said to fall under the law on high-value datasets.
pub(crate) fn is_high_value(description: &Description, node: &Node) -> bool {
    let legislation = description.objects(node, term::DCATAP_APPLICABLE_LEGISLATION);
    legislation.iter().any(|law| law.text() == Some(forms::HIGH_VALUE_REGULATION))
}

fn has_value(object: &Object) -> bool {
    object.text().is_none_or(|text| !text.trim().is_empty())
}

/// A catalogue must list datasets; its members carry the triples that say so.
fn empty_catalogues(imported: &Imported, language: Language) -> Vec<Finding> {
    let lists =
        [term::DCAT_DATASET, term::DCAT_SERVICE, term::DCAT_CATALOG, term::DCTERMS_HAS_PART];
    let listing: BTreeSet<&str> = imported
        .entries
        .iter()
        .flat_map(|entry| entry.description.triples())
        .filter(|(_, predicate, _)| lists.contains(predicate))
        .filter_map(|(subject, ..)| subject.iri())
        .collect();
    let Sentences { message, why, remedy } = words::EMPTY_CATALOGUE.sentences(language);
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
            path: Some("dcat:dataset".to_owned()),
            line: None,
            message: message.clone(),
            why: why.clone(),
            remedy: remedy.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
