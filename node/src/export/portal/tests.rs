//! Tests of catalogues for portals.

use super::*;
use crate::import::{ImportOptions, read};
use crate::rdf::{self, Format};

fn agency() -> Agency {
    let id = AgencyId::of_inception(b"a fictional agency");
    Agency {
        id,
        iri: format!("urn:dela:agency:{id}"),
        name: vec![Text {
            text: "Provköpings kommun".to_owned(), language: Some("sv".to_owned())
        }],
        kind: None,
        address: "https://data.example.org/datasets/dcat".to_owned(),
    }
}

fn descriptions(turtle: &str) -> Vec<Description> {
    let options = ImportOptions { format: Some(Format::Turtle.into()), base: None };
    let text = format!(
        "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix : <https://example.org/> .
         @prefix dcterms: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
         @prefix vcard: <http://www.w3.org/2006/vcard/ns#> .\n{turtle}"
    );
    let imported = read(text.as_bytes(), &options, &agency().id).unwrap();
    imported.entries.into_iter().map(|entry| entry.description).collect()
}

fn lines(descriptions: &[Description]) -> Vec<String> {
    let bytes = catalogue(descriptions, &agency()).write(Format::NTriples);
    String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
}

fn has(lines: &[String], subject: &str, predicate: &str, object: &str) -> bool {
    lines.contains(&format!("<{subject}> <{predicate}> <{object}> ."))
}

#[test]
fn catalogues_are_parts_of_the_main_one_and_none_is_empty() {
    let descriptions = descriptions(
        ":main a dcat:Catalog ; dcterms:hasPart :part , :elsewhere ; dcat:dataset :a , :b .
         :part a dcat:Catalog ; dcterms:hasPart :deep ; dcat:dataset :c .
         :deep a dcat:Catalog ; dcat:service :s .
         :empty a dcat:Catalog ; dcterms:title \"Tom\"@sv ; dcterms:isPartOf :main .
         :a a dcat:Dataset . :b a dcat:Dataset . :c a dcat:Dataset . :s a dcat:DataService .
         :lone a dcat:Dataset .",
    );
    let lines = lines(&descriptions);
    let ex = |name: &str| format!("https://example.org/{name}");
    for part in ["part", "deep"] {
        assert!(has(&lines, &ex("main"), term::DCTERMS_HAS_PART, &ex(part)), "{lines:#?}");
    }
    assert_eq!(lines.iter().filter(|line| line.contains("hasPart")).count(), 2, "{lines:#?}");
    assert!(has(&lines, &ex("main"), term::DCAT_DATASET, &ex("lone")), "{lines:#?}");
    assert!(has(&lines, &ex("deep"), term::DCAT_SERVICE, &ex("s")), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("empty") || line.contains("elsewhere")));
}

#[test]
fn who_has_no_catalogue_gets_one_without_a_licence() {
    let said = descriptions(":a a dcat:Dataset ; dcterms:publisher :kommunen .");
    let lines = lines(&said);
    let main = agency().address;
    assert!(has(&lines, &main, term::RDF_TYPE, term::DCAT_CLASS_CATALOG), "{lines:#?}");
    assert!(has(&lines, &main, term::DCAT_DATASET, "https://example.org/a"), "{lines:#?}");
    assert!(has(&lines, &main, term::DCTERMS_PUBLISHER, "https://example.org/kommunen"));
    assert!(!lines.iter().any(|line| line.contains("license")), "{lines:#?}");
}

#[test]
fn what_the_harvester_wants_names_for_gets_the_same_one_every_time() {
    let one = ":a a dcat:Dataset ; dcat:contactPoint [ a vcard:Organization ; vcard:fn \"Arkivet\" ] ;
           dcterms:publisher [ a foaf:Agent ; foaf:name \"Provköping\" ] ;
           dcat:distribution [ a dcat:Distribution ; dcat:accessURL :csv ] , [ dcat:accessURL :x ] .";
    let two = ":b a dcat:Dataset ; dcterms:publisher [ foaf:name \"Provköping\" ; a foaf:Agent ] ;
           dcat:contactPoint [ vcard:fn \"Arkivet\" ; a vcard:Organization ] .";
    let named = |turtle: &str| -> BTreeSet<String> {
        let all = lines(&descriptions(turtle)).join("\n");
        assert!(!all.contains("_:"), "{all}");
        let urns = all.split(['<', '>']).filter(|part| part.starts_with("urn:dela:"));
        urns.map(str::to_owned).collect()
    };
    let both = named(&format!("{one}\n{two}"));
    // Two distributions, the publisher, and the contact that both share.
    assert_eq!(both.len(), 4, "{both:#?}");
    assert_eq!(named(one), both);
    assert!(named(two).is_subset(&both));
}

#[test]
fn a_publisher_and_a_contact_are_never_the_same_thing() {
    let lines = lines(&descriptions(
        ":a a dcat:Dataset ; dcterms:publisher :kommunen ; dcat:contactPoint :kommunen .
         :kommunen a foaf:Agent , vcard:Organization ; foaf:name \"Provköping\"@sv ;
           vcard:hasEmail <mailto:arkivet@example.org> .",
    ));
    let contact = lines
        .iter()
        .find_map(|line| line.split_once("contactPoint> <"))
        .map(|(_, rest)| rest.trim_end_matches("> .").to_owned())
        .unwrap();
    assert!(contact.starts_with("urn:dela:"), "{contact}");
    let email = "mailto:arkivet@example.org";
    assert!(has(&lines, &contact, term::VCARD_HAS_EMAIL, email), "{lines:#?}");
    assert!(has(&lines, &contact, term::RDF_TYPE, term::VCARD_ORGANIZATION), "{lines:#?}");
    assert!(
        lines.iter().any(|line| line.starts_with(&format!("<{contact}> <{}>", term::VCARD_FN)))
    );
    let publisher = "https://example.org/kommunen";
    assert!(has(&lines, publisher, term::RDF_TYPE, term::FOAF_AGENT), "{lines:#?}");
    assert!(!has(&lines, publisher, term::VCARD_HAS_EMAIL, email), "{lines:#?}");
}

#[test]
fn catalogue_records_are_left_out() {
    let lines = lines(&descriptions(
        ":c a dcat:Catalog ; dcat:record :r ; dcat:dataset :a . :a a dcat:Dataset .
         :r a dcat:CatalogRecord ; foaf:primaryTopic :a ; dcterms:modified \"2026-01-01\" .",
    ));
    assert!(!lines.iter().any(|line| line.contains("/r>") || line.contains("ecord")), "{lines:#?}");
}

#[test]
fn a_blank_node_that_is_no_tree_is_still_named() {
    let blank = |number| Node::Blank(number);
    let dataset = Node::Iri("urn:d".to_owned());
    let triples = [
        (dataset, term::DCTERMS_PUBLISHER.to_owned(), Object::Blank(0)),
        (blank(0), "urn:p".to_owned(), Object::Blank(1)),
        (blank(1), "urn:p".to_owned(), Object::Blank(0)),
    ];
    let said = [Description::new("urn:d", triples).unwrap()];
    let bytes = catalogue(&said, &agency()).write(Format::NTriples);
    let graph = rdf::parse(&bytes, Format::NTriples, None).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains("publisher> <urn:dela:"), "{text}");
    assert!(graph.len() > 3);
}
