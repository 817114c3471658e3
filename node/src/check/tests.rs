//! Tests of the rules: what is found, where, and in which order.

#![expect(clippy::format_collect, reason = "what tests make up may be made slowly")]

use dela_protocol::id::AgencyId;

use super::*;
use crate::import::{ImportOptions, read};
use crate::rdf::Format;

fn findings(turtle: &str) -> Vec<Finding> {
    let agency = AgencyId::of_inception(b"a fictional agency");
    let text = format!(
        "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .\n\
         @prefix dcatap: <http://data.europa.eu/r5r/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .\n\
         {turtle}"
    );
    let options = ImportOptions { format: Some(Format::Turtle.into()), base: None };
    let imported = read(text.as_bytes(), &options, &agency).unwrap();
    check(&imported, text.as_bytes())
}

fn rules(turtle: &str, severity: Severity) -> Vec<String> {
    let findings = findings(turtle).into_iter().filter(|finding| finding.severity == severity);
    findings.map(|finding| finding.rule).collect()
}

#[test]
fn what_is_mandatory_is_an_error() {
    let errors = rules(
        "<urn:c> a dcat:Catalog . <urn:d> a dcat:Dataset ; dct:title \"  \" ;
           dcat:distribution <urn:x> ; dct:publisher <urn:p> . <urn:s> a dcat:DataService .",
        Severity::Error,
    );
    let expected = [
        "catalogue-dataset",
        "catalogue-description",
        "catalogue-licence",
        "catalogue-publisher",
        "catalogue-title",
        "data-service-endpoint",
        "data-service-title",
        "dataset-description",
        "dataset-title",
        "distribution-access-url",
        "publisher-name",
        "publisher-type",
    ];
    assert_eq!(errors, expected);
}

#[test]
fn values_others_cannot_use_are_warnings() {
    let turtle = "<urn:d> a dcat:Dataset ; dct:title \"A\" ; dcat:theme \"Miljö\" ; dcat:distribution <urn:x> .
<urn:x> dcat:accessURL \"https://example.org/\" ; dct:format \"text/csv\" ; dcat:byteSize \"5 MB\" ;
  dct:license <https://creativecommons.org/licenses/by/4.0/deed.sv> .";
    let warnings = rules(turtle, Severity::Warning);
    for rule in [
        "dataset-title-language",
        "dataset-theme-vocabulary",
        "distribution-licence-form",
        "distribution-byte-size",
    ] {
        assert!(warnings.iter().any(|warning| warning == rule), "{rule} in {warnings:?}");
    }
    assert!(!warnings.iter().any(|warning| warning == "distribution-format"));
    let found = findings(turtle);
    let form = found.iter().find(|finding| finding.rule == "distribution-access-url-form").unwrap();
    assert_eq!((form.subject.as_str(), form.line), ("urn:x", Some(4)));
    assert!(form.message.ends_with(": https://example.org/"), "{}", form.message);
}

#[test]
fn high_value_datasets_need_a_category() {
    let dataset = |more: &str| {
        let law = "<http://data.europa.eu/eli/reg_impl/2023/138/oj>";
        format!("<urn:d> a dcat:Dataset ; dcatap:applicableLegislation {law} {more} .")
    };
    let category = "; dcatap:hvdCategory <http://data.europa.eu/bna/c_e1da4e07>";
    let rule = |turtle: &str| {
        rules(turtle, Severity::Error).iter().any(|rule| rule == "dataset-hvd-category")
    };
    assert!(rule(&dataset("")));
    assert!(!rule(&dataset(category)));
    assert!(!rule("<urn:d> a dcat:Dataset ."));
}

#[test]
fn findings_are_bounded_and_in_order() {
    let many: String = (0..400).map(|n| format!("<urn:d{n}> a dcat:Dataset .\n")).collect();
    let found = findings(&many);
    assert_eq!(found.len(), FINDINGS_MAX);
    assert!(found.is_sorted_by_key(|finding| (finding.severity, finding.rule.clone())));
    assert_eq!(found, findings(&many));
}

#[test]
fn every_rule_says_something_of_its_own() {
    let mut ids = BTreeSet::new();
    for rule in rules::all() {
        assert!(ids.insert(rule.id), "{} twice", rule.id);
        assert!(!rule.message.is_empty() && !rule.remedy.is_empty());
        assert!(rule.property.starts_with("http"), "{}", rule.property);
    }
}
