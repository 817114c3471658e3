//! Tests of writing descriptions as one document.

use dela_protocol::id::AgencyId;

use super::*;
use crate::import::{ImportOptions, read};

fn description_of(turtle: &str) -> Vec<Description> {
    let agency = AgencyId::of_inception(b"a fictional agency");
    let options = ImportOptions { format: Some(Format::Turtle.into()), base: None };
    let text = format!(
        "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix : <https://example.org/> .\n{turtle}"
    );
    let imported = read(text.as_bytes(), &options, &agency).unwrap();
    imported.entries.into_iter().map(|entry| entry.description).collect()
}

#[test]
fn what_datasets_share_is_written_once() {
    let descriptions = description_of(
        ":a a dcat:Dataset ; dcat:contactPoint :c . :b a dcat:Dataset ; dcat:contactPoint :c .
         :c :telephone [ :number \"1\" ] , [ :number \"2\" ] .",
    );
    let text = String::from_utf8(catalogue(&descriptions, Format::NTriples)).unwrap();
    assert_eq!(text.matches("\"1\"").count(), 1, "{text}");
    assert_eq!(text.matches("\"2\"").count(), 1, "{text}");
}

#[test]
fn blank_nodes_of_different_datasets_stay_apart() {
    let descriptions = description_of(
        ":a a dcat:Dataset ; dcat:contactPoint [ :name \"x\" ] .
         :b a dcat:Dataset ; dcat:contactPoint [ :name \"x\" ] .",
    );
    let text = String::from_utf8(catalogue(&descriptions, Format::NTriples)).unwrap();
    assert_eq!(text.matches("\"x\"").count(), 2, "{text}");
}

#[test]
fn what_another_node_signed_cannot_break_out_of_a_term() {
    let iri = "https://example.org/x> <y";
    let triples = [
        (Node::Iri(iri.to_owned()), "p q", Object::in_language("text\u{0}", "not a tag")),
        (Node::Iri(iri.to_owned()), "http://p/1", Object::Iri("\"quote".to_owned())),
    ];
    let description = Description::new(iri, triples.map(|(s, p, o)| (s, p.to_owned(), o))).unwrap();
    for format in Format::ALL {
        let bytes = catalogue([&description], format);
        let graph = rdf::parse(&bytes, format, None).unwrap();
        // RDF/XML has no name for a property that ends in a digit.
        assert_eq!(graph.len(), if format == Format::RdfXml { 1 } else { 2 }, "{format}");
    }
}

#[test]
fn a_cycle_and_a_deep_chain_of_blank_nodes_are_written() {
    let blank = |number| Node::Blank(number);
    let mut triples = vec![
        (Node::Iri("urn:d".to_owned()), "urn:p".to_owned(), Object::Blank(0)),
        (blank(0), "urn:p".to_owned(), Object::Blank(1)),
        (blank(1), "urn:p".to_owned(), Object::Blank(0)),
    ];
    for number in 2..5_000 {
        triples.push((blank(number), "urn:p".to_owned(), Object::Blank(number + 1)));
    }
    let description = Description::new("urn:d", triples.clone()).unwrap();
    let bytes = catalogue([&description], Format::NTriples);
    assert_eq!(rdf::parse(&bytes, Format::NTriples, None).unwrap().len(), triples.len());
}
