//! Tests of dividing a graph into records.

#![expect(clippy::format_collect, reason = "what tests make up may be made slowly")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dela_protocol::description::{LiteralKind, Node, Object, Triple};
use oxrdf::dataset::{CanonicalizationAlgorithm, CanonicalizationHashAlgorithm};
use oxrdf::{BlankNode, Literal, NamedNode, NamedOrBlankNode, Term};
use proptest::prelude::*;

use super::*;
use crate::rdf::{self, Format};

fn agency() -> AgencyId {
    AgencyId::of_inception(b"a fictional agency")
}

fn import(text: &str) -> Result<Imported, ImportError> {
    let text = format!(
        "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
         @prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix : <https://example.org/> .\n{text}"
    );
    let options = ImportOptions { format: Some(Format::Turtle.into()), base: None };
    read(text.as_bytes(), &options, &agency())
}

fn iris(imported: &Imported) -> Vec<&str> {
    imported.entries.iter().map(|entry| entry.description.iri()).collect()
}

fn ends<'a>(description: &'a Description, predicate: &str) -> Vec<Option<&'a str>> {
    let triples = description.triples().filter(|(_, found, _)| found.ends_with(predicate));
    triples.map(|(.., object)| object.text()).collect()
}

#[test]
fn each_entity_becomes_a_record_with_all_that_is_reached_from_it() {
    let imported = import(
        ":c a dcat:Catalog ; dct:title \"C\" ; dcat:dataset :d ; dcat:service :s ; dct:publisher :p .
         :d a dcat:Dataset ; dct:publisher :p ; dcat:distribution [ dcat:accessURL :u ; dcat:accessService :s ] .
         :s a dcat:DataService ; dct:title \"S\" . :p a foaf:Agent ; foaf:name \"P\" .
         :r a dcat:DatasetSeries, dcat:Dataset . :x a foaf:Agent ; foaf:name \"X\" .",
    )
    .unwrap();
    let example = |name| format!("https://example.org/{name}");
    assert_eq!(iris(&imported), ["c", "d", "r", "s"].map(example));
    let [catalogue, dataset, series, service] = imported.entries.as_slice() else { panic!() };
    let kinds = [catalogue, dataset, series, service].map(|entry| entry.kind);
    assert_eq!(
        kinds,
        [
            RecordKind::Catalogue,
            RecordKind::Dataset,
            RecordKind::DatasetSeries,
            RecordKind::DataService
        ]
    );
    assert_eq!(ends(&catalogue.description, "#dataset"), [] as [Option<&str>; 0]);
    assert_eq!(ends(&dataset.description, "#dataset"), [Some("https://example.org/d")]);
    assert_eq!(ends(&service.description, "#service"), [Some("https://example.org/s")]);
    assert_eq!(ends(&dataset.description, "/name"), [Some("P")]);
    assert_eq!(ends(&dataset.description, "accessURL"), [Some("https://example.org/u")]);
    assert_eq!(ends(&dataset.description, "/title"), [] as [Option<&str>; 0]);
    assert_eq!(imported.not_carried.triples, 2);
    assert_eq!(
        imported.not_carried.subjects,
        ["https://example.org/x: of type Agent that nothing in the catalogue refers to"]
    );
}

#[test]
fn a_catalogue_stays_the_same_when_members_come_and_go() {
    let with = |members: &str| {
        let text = format!(":c a dcat:Catalog ; dct:title \"C\" . {members}");
        import(&text).unwrap().entries.remove(0)
    };
    let one = with(":c dcat:dataset :d . :d a dcat:Dataset .");
    let two = with(
        ":c dcat:dataset :d, :e ; dcat:record :r . :d a dcat:Dataset . :e a dcat:Dataset .
         :r a dcat:CatalogRecord ; foaf:primaryTopic :e ; dct:modified \"2026\" .",
    );
    assert_eq!(one, two);
}

#[test]
fn a_catalogue_record_travels_with_what_it_is_about() {
    let imported = import(
        ":c a dcat:Catalog ; dcat:record :r . :d a dcat:Dataset .
         :r a dcat:CatalogRecord ; foaf:primaryTopic :d ; dct:modified \"2026\" .",
    )
    .unwrap();
    let [catalogue, dataset] = imported.entries.as_slice() else { panic!() };
    assert_eq!(catalogue.description.triples().count(), 1);
    assert_eq!(ends(&dataset.description, "/modified"), [Some("2026")]);
    assert_eq!(ends(&dataset.description, "#record"), [Some("https://example.org/r")]);
    assert_eq!(imported.not_carried.triples, 0);
}

#[test]
fn entities_without_an_iri_are_named_from_what_is_theirs_alone() {
    let text = ":c a dcat:Catalog ; dcat:dataset
        [ a dcat:Dataset ; dct:identifier \"1\" ; dct:title \"A\" ],
        [ a dcat:Dataset ; dct:identifier \"2\" ; dct:title \"A\" ],
        [ a dcat:Dataset ; dct:title \"B\" ], [ a dcat:Dataset ], [ a dcat:Dataset ] .";
    let imported = import(text).unwrap();
    assert_eq!(imported.entries.len(), 6);
    let prefix = format!("urn:dela:{}:", agency());
    assert!(iris(&imported)[1..].iter().all(|iri| iri.starts_with(&prefix)));
    assert_eq!(imported.warnings.len(), 5);
    assert!(imported.warnings.iter().all(|remark| remark.rule() == "entity-iri"));
    // A new title changes the dataset with an identifier, and makes another one of
    // the one without.
    let later = import(&text.replace("\"A\"", "\"Å\"").replace("\"B\"", "\"Ö\"")).unwrap();
    let [before, after]: [BTreeSet<&str>; 2] =
        [&imported, &later].map(|imported| iris(imported).into_iter().collect());
    assert_eq!(before.intersection(&after).count(), 5);
}

#[test]
fn two_subjects_of_one_name_are_one_dataset() {
    let imported = import(
        "<https://example.org/ä b> a dcat:Dataset ; dct:title \"1\" .
         <https://example.org/ä%20b> a dcat:Dataset ; dct:title \"2\" .",
    )
    .unwrap();
    assert_eq!(iris(&imported), ["https://example.org/ä%20b"]);
    let finding = imported.warnings.first().unwrap();
    assert_eq!((finding.rule(), finding.line), ("iri-characters", Some(3)));
}

#[test]
fn a_file_without_datasets_says_what_it_has_instead() {
    let error = import(":p a foaf:Agent . :q a foaf:Agent .").unwrap_err();
    assert!(error.to_string().contains("2 of type <http://xmlns.com/foaf/0.1/Agent>"), "{error}");
    assert!(error.hint().contains("dcat:Dataset"));
    let error = import(":p :q :r .").unwrap_err();
    assert!(error.to_string().contains("nothing in it has a type"), "{error}");
}

#[test]
fn an_entity_that_is_too_large_is_named_and_nothing_is_imported() {
    let text = ":small a dcat:Dataset . :large a dcat:Dataset ; dct:spatial \"".to_owned()
        + &"x".repeat(600_000)
        + "\" .";
    let error = import(&text).unwrap_err();
    assert!(
        error.to_string().starts_with("https://example.org/large: a description of"),
        "{error}"
    );
}

#[test]
fn a_concept_does_not_drag_its_vocabulary_along() {
    let imported = import(
        ":d a dcat:Dataset ; dcat:theme :t . :t :label \"T\" ; \
         <http://www.w3.org/2004/02/skos/core#inScheme> :v . :v :label \"V\" .",
    )
    .unwrap();
    assert_eq!(imported.entries[0].description.triples().count(), 4);
    assert_eq!(imported.not_carried.triples, 1);
}

#[test]
fn blank_nodes_that_cannot_be_told_apart_are_refused_at_once() {
    let node = |number: u32| format!("_:b{number}");
    let clique = (0..40).flat_map(|a| (0..40).map(move |b| (a, b))).filter(|(a, b)| a != b);
    let mut text = (0..40).map(|n| format!(":d dct:relation {} .\n", node(n))).collect::<String>();
    text += &clique.map(|(a, b)| format!("{} :p {} .\n", node(a), node(b))).collect::<String>();
    let start = Instant::now();
    let error = import(&format!(":d a dcat:Dataset .\n{text}")).unwrap_err();
    assert_eq!(error, ImportError::Entangled { iri: "https://example.org/d".to_owned() });
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_is_just_allowed_takes_bounded_time() {
    let cycle = |nodes: u32| {
        (0..nodes)
            .map(|n| format!(":d dct:relation _:b{n} . _:b{n} :p _:b{} .\n", (n + 1) % nodes))
            .collect::<String>()
    };
    let star = |nodes: u32| {
        (0..nodes).map(|n| format!("_:a :p _:b{n} . _:c :p _:d{n} .\n")).collect::<String>()
            + ":d dct:relation _:a, _:c ."
    };
    for text in [cycle(100), star(6)] {
        let start = Instant::now();
        import(&format!(":d a dcat:Dataset .\n{text}")).unwrap();
        assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    }
}

// The same graph, however it is written.

/// Writes triples as N-Triples with other labels.
fn labelled(triples: &[(String, String, String)], salt: u32) -> String {
    let label = |term: &str| match term.strip_prefix("_:b").and_then(|n| n.parse::<u32>().ok()) {
        Some(number) => format!("_:n{}", (number * 7 + salt) % 1009),
        None => term.to_owned(),
    };
    triples.iter().map(|(s, p, o)| format!("{} {p} {} .\n", label(s), label(o))).collect()
}

fn graph() -> impl Strategy<Value = Vec<(String, String, String)>> {
    let node = prop_oneof![
        Just("<urn:d1>".to_owned()),
        Just("<urn:d2>".to_owned()),
        Just("<urn:agent>".to_owned()),
        (0_u32..7).prop_map(|number| format!("_:b{number}")),
    ];
    let predicate = (0_u32..3).prop_map(|number| format!("<urn:p{number}>"));
    let object = prop_oneof![
        3 => node.clone(),
        1 => (0_u32..3).prop_map(|number| format!("\"{number}\"@sv-SE")),
        1 => Just("\"x\"".to_owned()),
    ];
    proptest::collection::vec((node, predicate, object), 1..24).prop_map(|mut triples| {
        let kinds = ["<urn:d1>", "<urn:d2>", "_:b6"];
        triples.extend(kinds.map(|subject| {
            let dataset = "<http://www.w3.org/ns/dcat#Dataset>";
            let rdf_type = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>";
            (subject.to_owned(), rdf_type.to_owned(), dataset.to_owned())
        }));
        triples
    })
}

proptest! {
    #[test]
    fn order_and_labels_do_not_change_a_byte(
        (triples, shuffled) in graph().prop_flat_map(|triples| {
            (Just(triples.clone()), Just(triples).prop_shuffle())
        }),
        salt in 0_u32..1000,
    ) {
        let options = ImportOptions { format: Some(Format::NTriples.into()), base: None };
        let read = |text: String| read(text.as_bytes(), &options, &agency());
        let (one, other) = (read(labelled(&triples, 0)), read(labelled(&shuffled, salt)));
        prop_assert_eq!(one.map(|i| i.entries), other.map(|i| i.entries));
    }

    #[test]
    fn nothing_is_lost(triples in graph()) {
        assert_lossless(labelled(&triples, 0).as_bytes(), Format::NTriples, "generated");
    }
}

// Losslessness, proven by canonicalising what went in and what came out.

fn canonical_lines(triples: impl IntoIterator<Item = Triple>) -> BTreeSet<String> {
    let blank = |number: u32| BlankNode::new(format!("b{number}")).unwrap();
    let mut graph = oxrdf::Graph::new();
    for (subject, predicate, object) in triples {
        let subject: NamedOrBlankNode = match subject {
            Node::Iri(iri) => NamedNode::new(iri).unwrap().into(),
            Node::Blank(number) => blank(number).into(),
        };
        let object: Term = match object {
            Object::Iri(iri) => NamedNode::new(iri).unwrap().into(),
            Object::Blank(number) => blank(number).into(),
            Object::Literal(literal) => match literal.kind {
                LiteralKind::Plain => Literal::new_simple_literal(literal.text),
                LiteralKind::Language(tag) => {
                    Literal::new_language_tagged_literal(literal.text, tag).unwrap()
                }
                LiteralKind::Typed(datatype) => {
                    Literal::new_typed_literal(literal.text, NamedNode::new(datatype).unwrap())
                }
            }
            .into(),
        };
        let predicate = NamedNode::new(predicate).unwrap();
        graph.insert(&oxrdf::Triple { subject, predicate, object });
    }
    graph.canonicalize(CanonicalizationAlgorithm::Rdfc10 {
        hash_algorithm: CanonicalizationHashAlgorithm::Sha256,
    });
    graph.iter().map(|triple| triple.to_string()).collect()
}

/// Proves that every triple is in an entry or in what is not carried, and that
/// each description is isomorphic to its part of the file.
fn assert_lossless(bytes: &[u8], format: Format, name: &str) {
    let mut graph = rdf::parse(bytes, format, None).unwrap();
    let triples = graph.len();
    let unnamed = split::Entities::find(&graph);
    if identity::name(&mut graph, &unnamed, &agency(), false).is_err() {
        return;
    }
    assert_eq!(graph.len(), triples, "{name}: naming merged triples");
    let entities = split::Entities::find(&graph);
    let parts = split::split(&graph, &entities).unwrap();
    let rest: BTreeSet<[rdf::TermId; 3]> = parts.rest.iter().copied().collect();
    assert_eq!(rest.len(), parts.rest.len());
    let mut carried = rest.clone();
    for part in &parts.entries {
        assert!(part.triples.iter().all(|triple| !rest.contains(triple)), "{name}");
        carried.extend(&part.triples);
    }
    assert!(carried.iter().eq(graph.ids()), "{name}: not all triples are accounted for");
    for part in &parts.entries {
        let Ok(entry) = entry(&graph, part) else { continue };
        let source = part.triples.iter().filter_map(|t| graph.renumbered(*t, |term| term));
        let described = entry.description.triples();
        let described = described.map(|(s, p, o)| (s.clone(), p.to_owned(), o.clone()));
        let iri = entry.description.iri();
        assert_eq!(canonical_lines(source), canonical_lines(described), "{name}: {iri}");
    }
}

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("DELA_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"),
        PathBuf::from,
    );
    if !folder.is_dir() {
        println!("skipped: no corpus at {}", folder.display());
        return None;
    }
    Some(folder)
}

fn folder_is_lossless(name: &str) {
    let Some(corpus) = corpus() else { return };
    for file in std::fs::read_dir(corpus.join(name)).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(format) = Format::from_file_name(&file) else { continue };
        if rdf::parse(&bytes, format, None).is_ok() {
            assert_lossless(&bytes, format, &file);
        }
    }
}

#[test]
fn swedish_catalogues_are_carried_without_loss() {
    folder_is_lossless("swedish");
}

#[test]
fn norwegian_catalogues_are_carried_without_loss() {
    folder_is_lossless("norwegian");
}

#[test]
fn european_and_malformed_catalogues_are_carried_without_loss() {
    folder_is_lossless("european");
    folder_is_lossless("malformed");
}

#[test]
fn versions_of_catalogues_are_carried_without_loss() {
    folder_is_lossless("versions");
}

#[test]
fn one_page_of_several_is_refused_as_a_file() {
    let error = import(
        ":d a dcat:Dataset . <https://example.org/?page=1>
            <http://www.w3.org/ns/hydra/core#nextPage> \"https://example.org/?page=2\" .",
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "this is one page of several: the next is https://example.org/?page=2"
    );
    assert!(error.hint().contains("address"));
}

/// DIGG's cases for consumers of feeds (`diggsweden/LDES-DCAT-AP-test-cases`),
/// where the variable names the folder of the cases: what was there before is
/// told as changes of its own, and what comes out is what they expect.
#[test]
fn the_cases_of_digg_for_feeds_come_out_as_expected() {
    let Some(folder) = std::env::var_os("DELA_FEED_CASES") else {
        println!("skipped: DELA_FEED_CASES names no folder");
        return;
    };
    let mut cases = 0;
    for case in std::fs::read_dir(folder).unwrap() {
        let case = case.unwrap().path();
        let file = |name: &str| std::fs::read(case.join(name)).unwrap();
        let before = rdf::parse(&file("before.ttl"), Format::Turtle, None).unwrap();
        let told = |(subject, predicate, object): Triple| {
            let entity = subject.iri().unwrap_or("urn:blank").to_owned();
            let line = rdf::write([(&subject, predicate.as_str(), &object)], Format::NTriples);
            let line = String::from_utf8(line).unwrap();
            let stream = "https://www.w3.org/ns/activitystreams#";
            format!(
                "{} <urn:before:{entity}> .\n<urn:before:{entity}> <{}> <{stream}Create> .\n\
                 <urn:before:{entity}> <{stream}object> <{entity}> .\n",
                line.trim_end().trim_end_matches('.'),
                term::RDF_TYPE
            )
        };
        let text: String = before.triples().map(told).collect();
        let base = "https://example.org/feed";
        let mut feed = reader::feed::Feed::default();
        let before = reader::named(text.as_bytes(), Format::NQuads, base).unwrap_or_default();
        feed.add(&before, 0).unwrap();
        feed.add(&reader::named(&file("feed.trig"), Format::TriG, base).unwrap(), 1).unwrap();
        let came = canonical_lines(feed.finish().unwrap().graph.triples());
        let after = rdf::parse(&file("after.ttl"), Format::Turtle, None).unwrap();
        assert_eq!(came, canonical_lines(after.triples()), "{}", case.display());
        cases += 1;
    }
    assert!(cases >= 26);
}
