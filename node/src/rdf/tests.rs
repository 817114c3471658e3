//! Tests of reading RDF: formats, broken input and hostile input.

#![expect(clippy::format_collect, reason = "what tests make up may be made slowly")]

use dela_protocol::description::Triple;
use proptest::prelude::*;

use super::*;

#[test]
fn a_line_of_xml_ends_the_same_on_every_system() {
    let xml = |end: &str| {
        format!(
            "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
             xmlns:e=\"urn:e:\">{end}<rdf:Description rdf:about=\"urn:a\">\
             <e:p>one{end}two&#13;</e:p></rdf:Description></rdf:RDF>"
        )
    };
    for end in ["\n", "\r\n", "\r"] {
        let graph = parse(xml(end).as_bytes(), Format::RdfXml, None).unwrap();
        let texts: Vec<_> = graph.triples().map(|(.., object)| object).collect();
        assert_eq!(texts[0].text(), Some("one\ntwo\r"), "{end:?}");
        let triples: Vec<Triple> = graph.triples().collect();
        let written = write(triples.iter().map(|(s, p, o)| (s, p.as_str(), o)), Format::RdfXml);
        let again = parse(&written, Format::RdfXml, None).unwrap();
        assert!(again.triples().eq(triples), "{end:?}");
    }
}

#[test]
fn formats_are_found_by_name_media_type_and_file_name() {
    for format in Format::ALL {
        assert_eq!(Format::from_name(format.name()), Some(format));
        assert_eq!(Format::from_media_type(format.media_type()), Some(format));
        assert_eq!(Format::from_file_name(&format!("a.{}", format.extension())), Some(format));
    }
    assert_eq!(Format::from_media_type("Text/Turtle; charset=utf-8"), Some(Format::Turtle));
    assert_eq!(Format::from_media_type("text/plain"), None);
    assert_eq!(Format::from_file_name("https://a.example/dcat.XML?x=1.ttl"), Some(Format::RdfXml));
    assert_eq!(Format::from_file_name("dcat"), None);
}

#[test]
fn formats_are_found_by_how_a_file_begins() {
    let cases = [
        ("\u{FEFF}<?xml version='1.0'?><rdf:RDF/>", Format::RdfXml),
        ("<!-- a --><rdf:RDF/>", Format::RdfXml),
        ("<rdf:RDF xmlns:rdf='x'/>", Format::RdfXml),
        (" {\"@id\": 1}", Format::JsonLd),
        ("[ {} ]", Format::JsonLd),
        ("[] a <urn:x> .", Format::Turtle),
        ("@prefix a: <http://a/> .", Format::Turtle),
        ("PREFIX a: <http://a/>", Format::Turtle),
        ("<http://a/> a <urn:x> ; <urn:y> 1 .", Format::Turtle),
        ("# c\n<http://a/> <urn:p> \"x\"@sv .", Format::NTriples),
        ("<urn:a> <urn:p> \"1\"^^<urn:t> .", Format::NTriples),
        ("_:a <urn:p> <urn:o> .", Format::NTriples),
        ("<urn:a> <urn:p> <urn:o> <urn:g> .", Format::NQuads),
        ("<urn:a> <urn:p> \"x\" <urn:g> .", Format::NQuads),
        ("<urn:g> {\n<urn:a> a <urn:b> .\n}", Format::TriG),
        ("<urn:a> <urn:p> <http://xmlns.com/foaf/0.1/Agent> .", Format::NTriples),
        ("<urn:RDF> a <http://xmlns.com/foaf/0.1/Agent> .", Format::Turtle),
        ("@prefix a: <http://a/> .\nGRAPH a:g {\n}", Format::TriG),
    ];
    for (text, format) in cases {
        assert_eq!(Format::sniff(text.as_bytes()), format, "{text}");
    }
}

#[test]
fn relative_iris_are_resolved_against_the_base() {
    let turtle = b"<d> <#p> <http://a.example/> .";
    let iri = |base| {
        let graph = parse(turtle, Format::Turtle, base).unwrap();
        let (subject, predicate, _) = graph.triples().next().unwrap();
        (subject.iri().unwrap().to_owned(), predicate, graph.warnings().len())
    };
    let (subject, predicate, warnings) = iri(Some("https://example.org/x/dcat.ttl"));
    assert_eq!(subject, "https://example.org/x/d");
    assert_eq!((predicate.as_str(), warnings), ("https://example.org/x/dcat.ttl#p", 0));
    assert_eq!(iri(None).0, format!("{FALLBACK_BASE}d"));
    assert_eq!(iri(None).2, 2);
    assert!(parse(turtle, Format::Turtle, Some("dcat.ttl")).is_err());
}

#[test]
fn turtle_is_written_with_prefixes() {
    let turtle = b"<https://example.org/d> a <http://www.w3.org/ns/dcat#Dataset> .";
    let graph = parse(turtle, Format::Turtle, None).unwrap();
    let triples: Vec<Triple> = graph.triples().collect();
    let written = write(triples.iter().map(|(s, p, o)| (s, p.as_str(), o)), Format::Turtle);
    let text = String::from_utf8(written).unwrap();
    assert!(text.contains("@prefix dcat: <http://www.w3.org/ns/dcat#> ."), "{text}");
    assert!(text.ends_with("<https://example.org/d> a dcat:Dataset .\n"), "{text}");
}

proptest! {
    #[test]
    fn whatever_is_read_is_written_and_read_the_same(
        triples in proptest::collection::vec(("[a-c]", "[a-c]", "\\PC{0,12}", 0..4), 1..12)
    ) {
        let text: String = triples
            .iter()
            .map(|(subject, predicate, text, kind)| {
                let text = text.replace(['\\', '"'], "");
                let object = match kind {
                    0 => format!("\"{text}\""),
                    1 => format!("\"{text}\"@sv-SE"),
                    2 => format!("\"{text}\"^^<urn:{predicate}>"),
                    _ => format!("<urn:{subject}>"),
                };
                format!("<http://e/{subject}> <http://e/#{predicate}> {object} .\n")
            })
            .collect();
        let graph = parse(text.as_bytes(), Format::NTriples, None).unwrap();
        let mut expected: Vec<Triple> = graph.triples().collect();
        expected.sort_unstable();
        for format in Format::ALL {
            let bytes = write(expected.iter().map(|(s, p, o)| (s, p.as_str(), o)), format);
            let mut read: Vec<Triple> = parse(&bytes, format, None).unwrap().triples().collect();
            read.sort_unstable();
            prop_assert_eq!(&read, &expected, "{}", format);
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for format in Format::ALL {
            drop(parse(&bytes, format, None));
        }
        Format::sniff(&bytes);
    }
}
