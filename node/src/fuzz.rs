//! What must hold for any bytes that reach a node from outside: one function
//! for each reader.
//!
//! As in [`dela_protocol::fuzz`], which says why they stand beside the code and
//! not in the folder `fuzz/`. Those of the network, of HTTP and of the search
//! are in those modules, because what they call is private there.
//!
//! Invariant: a function panics only when a reader breaks a promise.

use std::collections::BTreeSet;

use dela_protocol::dcat::Resource;
use dela_protocol::description::{Description, LiteralKind, Node, Object, Triple};
use dela_protocol::id::AgencyId;
use dela_protocol::record::RecordKind;
use oxiri::Iri;

use crate::check::CheckOptions;
use crate::export::{Document, Profile, portal};
use crate::import::{self, Form, ImportOptions, Imported};
use crate::rdf::{self, FINDINGS_MAX, Format};
use crate::search::fuzz::search_document;
use crate::{check, compose, export, vocabulary};

pub use crate::http::fuzz::{http_headers, http_query};
pub use crate::network::fuzz::{addresses, frame};
pub use crate::search::fuzz::search;

/// Every function here by its name, which is also the name of its fuzzer and of
/// its corpus.
pub const TARGETS: &[Target] = &[
    ("addresses", addresses),
    ("ckan", ckan),
    ("data_json", data_json),
    ("dataset", dataset),
    ("export", export),
    ("feed", feed),
    ("frame", frame),
    ("http_headers", http_headers),
    ("http_query", http_query),
    ("json_ld", json_ld),
    ("n_quads", n_quads),
    ("n_triples", n_triples),
    ("rdf_xml", rdf_xml),
    ("search", search),
    ("trig", trig),
    ("turtle", turtle),
];

/// A name and its function.
pub type Target = (&'static str, fn(&[u8]));

/// A catalogue in Turtle.
pub fn turtle(data: &[u8]) {
    rdf(data, Format::Turtle);
}

/// A catalogue in RDF/XML.
pub fn rdf_xml(data: &[u8]) {
    rdf(data, Format::RdfXml);
}

/// A catalogue in JSON-LD.
pub fn json_ld(data: &[u8]) {
    rdf(data, Format::JsonLd);
}

/// A catalogue in N-Triples.
pub fn n_triples(data: &[u8]) {
    rdf(data, Format::NTriples);
}

/// A catalogue in N-Quads.
pub fn n_quads(data: &[u8]) {
    rdf(data, Format::NQuads);
}

/// A catalogue in `TriG`.
pub fn trig(data: &[u8]) {
    rdf(data, Format::TriG);
}

/// A file in any format: its graph is clean, is written and read as the same
/// graph, and makes the same records however it is written.
fn rdf(data: &[u8], format: Format) {
    Format::sniff(data);
    let Ok(graph) = rdf::parse(data, format, None) else { return };
    let triples: Vec<Triple> = graph.triples().collect();
    assert_eq!(triples.len(), graph.len());
    assert_eq!(triples.iter().collect::<BTreeSet<_>>().len(), triples.len(), "a triple twice");
    assert!(graph.warnings().len() <= FINDINGS_MAX);
    for triple in &triples {
        clean(triple);
    }
    for form in Format::ALL {
        if let Some(read) = again(&triples, form) {
            same(&triples, &read, form);
        }
    }
    let Some(found) = imported(data, format.into()) else { return };
    entries(&found, data);
    // A feed lives by its named graphs, which N-Triples have not.
    if found.format == Form::Feed {
        return;
    }
    let lines = written(&triples, Format::NTriples);
    let other = imported(&lines, Format::NTriples.into()).map(|other| other.entries);
    assert!(other.as_ref() == Some(&found.entries), "other records from another format");
}

/// A `data.json` of DCAT-US.
pub fn data_json(data: &[u8]) {
    other_form(data, Form::DcatUs);
}

/// What CKAN answers.
pub fn ckan(data: &[u8]) {
    other_form(data, Form::Ckan);
}

/// A DCAT-AP Feed.
pub fn feed(data: &[u8]) {
    other_form(data, Form::Feed);
}

/// A file in a form that is mapped to DCAT: what comes of it is as clean as what
/// comes of RDF, and the same each time.
fn other_form(data: &[u8], form: Form) {
    let Some(found) = imported(data, form) else { return };
    entries(&found, data);
    for entry in &found.entries {
        for (subject, predicate, object) in entry.description.triples() {
            clean(&(subject.clone(), predicate.to_owned(), object.clone()));
        }
    }
    let again = imported(data, form).map(|again| again.entries);
    assert!(again.as_ref() == Some(&found.entries), "other records the second time");
}

/// Checks what is promised of entries of any form.
fn entries(found: &Imported, data: &[u8]) {
    for entry in &found.entries {
        let bytes = entry.description.encode();
        assert_eq!(Description::decode(&bytes).as_ref(), Ok(&entry.description));
    }
    let names: BTreeSet<&str> = found.entries.iter().map(|one| one.description.iri()).collect();
    assert_eq!(names.len(), found.entries.len(), "two entries of one name");
    assert!(found.warnings.len() <= FINDINGS_MAX);
    assert!(check::check(found, data, CheckOptions::default()).len() <= FINDINGS_MAX);
}

fn imported(data: &[u8], form: Form) -> Option<Imported> {
    let options = ImportOptions { format: Some(form), base: None };
    import::read(data, &options, &AgencyId::from_bytes([1; 32])).ok()
}

/// Checks what the rest of the node relies on.
fn clean((subject, predicate, object): &Triple) {
    let absolute = |iri: &str| assert!(Iri::parse(iri).is_ok(), "<{iri}> is no absolute IRI");
    subject.iri().into_iter().for_each(absolute);
    absolute(predicate);
    match object {
        Object::Iri(iri) => absolute(iri),
        Object::Blank(_) => {}
        Object::Literal(literal) => match &literal.kind {
            LiteralKind::Plain => {}
            LiteralKind::Language(tag) => {
                assert_eq!(rdf::language_tag(tag).as_ref(), Some(tag), "no form of a language tag");
            }
            LiteralKind::Typed(datatype) => absolute(datatype),
        },
    }
}

fn written(triples: &[Triple], format: Format) -> Vec<u8> {
    rdf::write(triples.iter().map(|(s, p, o)| (s, p.as_str(), o)), format)
}

/// Writes a graph and reads it again; `None` for what the format has no form
/// for, a file without anything in it.
fn again(triples: &[Triple], format: Format) -> Option<Vec<Triple>> {
    let bytes = written(triples, format);
    match rdf::parse(&bytes, format, None) {
        Ok(graph) => Some(graph.triples().collect()),
        Err(error) => {
            assert!(triples.is_empty(), "{format}: {error}\n{}", String::from_utf8_lossy(&bytes));
            None
        }
    }
}

/// Checks that a graph was read as it was written. RDF/XML cannot say all; blank
/// nodes may be numbered otherwise.
fn same(before: &[Triple], after: &[Triple], format: Format) {
    if format == Format::RdfXml {
        assert!(after.len() <= before.len(), "{format}: more than was written");
        return;
    }
    assert_eq!(after.len(), before.len(), "{format}: triples were lost");
    let named = |triples: &[Triple]| -> BTreeSet<Triple> {
        let named = triples.iter().filter(|(subject, _, object)| {
            !matches!(subject, Node::Blank(_)) && !matches!(object, Object::Blank(_))
        });
        named.cloned().collect()
    };
    assert_eq!(named(after), named(before), "{format}: read otherwise than written");
}

/// A description as another node sends it: checked for its form, and not for
/// what stands in it. Whatever is there is shown, searched and exported.
pub fn export(data: &[u8]) {
    let Ok(description) = Description::decode(data) else { return };
    for format in Format::ALL {
        for bytes in [
            export::description(&description, format),
            export::catalogue([&description, &description], format),
        ] {
            if let Err(error) = rdf::parse(&bytes, format, None) {
                panic!("{format}: {error}\n{}", String::from_utf8_lossy(&bytes));
            }
        }
    }
    translated(&description);
    for kind in [RecordKind::Dataset, RecordKind::DataService, RecordKind::Catalogue] {
        drop(check::description(kind, &description, CheckOptions::default()));
    }
    let resource = Resource::of(&description);
    drop(vocabulary::licences_of(&resource));
    drop(vocabulary::formats_of(&resource));
    drop(vocabulary::themes_of(&resource));
    search_document(resource);
}

/// The same in other words, and as portals want it: still RDF, with one main
/// catalogue.
fn translated(description: &Description) {
    let id = AgencyId::from_bytes([1; 32]);
    let address = "https://data.example/datasets/dcat".to_owned();
    let agency =
        portal::Agency { id, iri: "urn:a".to_owned(), name: Vec::new(), kind: None, address };
    let alone = core::slice::from_ref(description);
    for document in [Document::of(alone), portal::catalogue(alone, &agency)] {
        for (_, profile) in Profile::NAMES {
            let bytes = document.clone().in_profile(profile).write(Format::NTriples);
            if let Err(error) = rdf::parse(&bytes, Format::NTriples, None) {
                panic!("{}: {error}\n{}", profile.name(), String::from_utf8_lossy(&bytes));
            }
        }
    }
}

/// A dataset from a form, as JSON.
pub fn dataset(data: &[u8]) {
    let Ok(new) = serde_json::from_slice(data) else { return };
    let agency = AgencyId::from_bytes([1; 32]);
    let Ok(composed) = compose::description(&new, &agency, None) else { return };
    assert_eq!(Description::decode(&composed.encode()).as_ref(), Ok(&composed));
    assert_eq!(compose::description(&new, &agency, None).as_ref(), Ok(&composed));
    for (subject, predicate, object) in composed.triples() {
        clean(&(subject.clone(), predicate.to_owned(), object.clone()));
    }
}
