//! Tests of the rules: what is found, where, and in which order.

#![expect(clippy::format_collect, reason = "what tests make up may be made slowly")]

use dela_protocol::id::AgencyId;

use super::*;
use crate::import::{ImportOptions, read};
use crate::rdf::Format;

fn findings(turtle: &str) -> Vec<Finding> {
    findings_with(turtle, CheckOptions::default())
}

fn findings_with(turtle: &str, options: CheckOptions) -> Vec<Finding> {
    let agency = AgencyId::of_inception(b"a fictional agency");
    let text = format!(
        "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .\n\
         @prefix dcatap: <http://data.europa.eu/r5r/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .\n\
         {turtle}"
    );
    let file = ImportOptions { format: Some(Format::Turtle.into()), base: None };
    let imported = read(text.as_bytes(), &file, &agency).unwrap();
    check(&imported, text.as_bytes(), options)
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
fn every_rule_says_something_of_its_own_in_both_languages() {
    let mut ids = BTreeSet::new();
    for rule in rules::all() {
        assert!(ids.insert(rule.id), "{} twice", rule.id);
        assert!(rule.property.starts_with("http"), "{}", rule.property);
        let said = |language| words::sentences(rule.class, rule.property, rule.test, language);
        let (swedish, english) = (said(Language::Swedish), said(Language::English));
        for sentences in [&swedish, &english] {
            for sentence in [&sentences.message, &sentences.why, &sentences.remedy] {
                assert!(!sentence.trim().is_empty(), "{}", rule.id);
            }
        }
        assert_ne!(swedish.message, english.message, "{}", rule.id);
        assert_ne!(swedish.why, english.why, "{}", rule.id);
    }
}

#[test]
fn a_finding_says_where_why_and_what_to_do_in_the_language_asked_for() {
    let turtle = "<urn:d> a dcat:Dataset ; dcat:distribution <urn:x>, <urn:y> .
        <urn:x> dcat:accessURL <https://data.example/> .
        <urn:y> dcat:accessURL <https://data.example/> ; dct:license \"fri\" .";
    let found = findings(turtle);
    let licence = found.iter().find(|found| found.rule == "distribution-licence-form").unwrap();
    assert_eq!(licence.path.as_deref(), Some("dcat:distribution[2]/dcterms:license"));
    assert_eq!(licence.message, "a licence that others do not recognise: fri");
    assert!(licence.why.starts_with("portals compare licences"), "{}", licence.why);
    let swedish = findings_with(
        turtle,
        CheckOptions { language: Language::Swedish, ..CheckOptions::default() },
    );
    let licence = swedish.iter().find(|found| found.rule == "distribution-licence-form").unwrap();
    assert_eq!(licence.message, "licens som andra inte känner igen: fri");
}

#[test]
fn europe_asks_for_other_things_than_sweden() {
    let turtle = "<urn:d> a dcat:Dataset ; dct:title \"A\"@sv ; dct:description \"B\"@sv ;
          dct:issued \"i fjol\" ; dcat:distribution <urn:x> .
        <urn:x> a dcat:Distribution ; dcat:accessURL <https://data.example/> ;
          dct:format \"text/csv\" ; dct:license <urn:l1>, <urn:l2> .";
    let european =
        findings_with(turtle, CheckOptions { profile: Profile::DcatAp, ..CheckOptions::default() });
    let rules: Vec<_> = european.iter().map(|found| found.rule.as_str()).collect();
    assert_eq!(rules, ["dcat-ap-dcterms-format", "dcat-ap-dcterms-license"]);
    let format = european.first().unwrap();
    assert_eq!(format.message, "a format as a text, where an IRI is needed: text/csv");
    let swedish = findings(turtle);
    let has = |rule: &str| swedish.iter().any(|found| found.rule == rule);
    assert!(!has("dcat-ap-dcterms-format"), "Sweden writes formats as texts");
    assert!(has("dataset-publisher") && has("dataset-issued-form"));
}

#[test]
fn what_the_law_on_high_value_data_asks_of_several_parts_is_found() {
    let law = "dcatap:applicableLegislation <http://data.europa.eu/eli/reg_impl/2023/138/oj>";
    let category = "dcatap:hvdCategory <http://data.europa.eu/bna/c_e1da4e07>";
    let warns = |turtle: &str, rule: &str| rules(turtle, Severity::Warning).contains(&rule.into());
    let dataset =
        format!("<urn:d> a dcat:Dataset ; {law} ; {category} ; dcat:distribution <urn:x> .");
    assert!(warns(&format!("{dataset} <urn:x> dct:title \"x\"@sv ."), "dataset-hvd-distribution"));
    assert!(!warns(&format!("{dataset} <urn:x> {law} ."), "dataset-hvd-distribution"));
    assert!(warns(&format!("<urn:d> a dcat:Dataset ; {category} ."), "hvd-legislation"));
    let service = format!("<urn:s> a dcat:DataService ; {law} ; {category} .");
    let errors = rules(&service, Severity::Error);
    for rule in
        ["data-service-hvd-contact", "data-service-hvd-documentation", "data-service-hvd-dataset"]
    {
        assert!(errors.iter().any(|found| found == rule), "{rule}");
    }
}

#[test]
fn what_the_national_portal_does_not_take_is_told() {
    let turtle = "<urn:c> a dcat:Catalog ; dcat:record <urn:r> ; dcat:dataset <urn:d> .
        <urn:r> a dcat:CatalogRecord ; foaf:primaryTopic <urn:d> .
        <urn:d> a dcat:Dataset ; dct:publisher <urn:p> ; dcat:contactPoint <urn:p> ;
          dcat:distribution [ dcat:accessURL <https://data.example/> ] .
        <urn:p> foaf:name \"Exempelby\" .";
    let found = findings(turtle);
    let has = |rule: &str| found.iter().any(|found| found.rule == rule);
    assert!(has("catalogue-record") && has("contact-publisher") && has("distribution-iri"));
    assert!(!has("publisher-iri"));
}
