//! Tests of the forms that are no RDF.

use std::collections::BTreeMap;

use dela_protocol::dcat::Resource;
use dela_protocol::id::AgencyId;

use crate::import::{Form, ImportError, ImportOptions, Imported, read};
use crate::rdf::Remark;

fn import(text: &str, form: Option<Form>) -> Result<Imported, ImportError> {
    let options = ImportOptions { format: form, base: None };
    read(text.as_bytes(), &options, &AgencyId::of_inception(b"a fictional agency"))
}

/// What is said of each entity, by its first title.
fn resources(imported: &Imported) -> BTreeMap<String, Resource> {
    let resources = imported.entries.iter().map(|entry| Resource::of(&entry.description));
    resources.map(|one| (one.title_in(&["en"]).unwrap_or("-").to_owned(), one)).collect()
}

/// The objects of a property, by how its IRI ends, wherever it stands.
fn said<'a>(imported: &'a Imported, property: &str) -> Vec<&'a str> {
    let entries = imported.entries.iter();
    let triples = entries.flat_map(|entry| entry.description.triples());
    triples
        .filter(|(_, predicate, _)| predicate.ends_with(property))
        .filter_map(|(_, _, object)| object.text())
        .collect()
}

fn found<'a>(imported: &'a Imported, rule: &str) -> Vec<&'a Remark> {
    imported.warnings.iter().filter(|remark| remark.rule() == rule).collect()
}

const DATA_JSON: &str = r#"{
  "@context": "https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld",
  "conformsTo": "https://project-open-data.cio.gov/v1.1/schema",
  "dataset": [
    {
      "@type": "dcat:Dataset",
      "title": "Gauges",
      "identifier": "gauges-1",
      "accessLevel": "restricted public",
      "bureauCode": ["018:10"],
      "dataQuality": true,
      "modified": "2024-05-01",
      "license": "https://creativecommons.org/publicdomain/zero/1.0/",
      "temporal": "2009-09-01T12:00:00Z/2010-05-31T12:00:00Z",
      "spatial": "-83.7,42.2,-82.9,42.7",
      "theme": ["water"],
      "keyword": ["gauge", "water"],
      "publisher": {"name": "Bureau of Water", "subOrganizationOf": {"name": "Exampleland"}},
      "contactPoint": {"fn": "Jo Doe", "hasEmail": "mailto:jo@example.org"},
      "isPartOf": "collection-1",
      "ourOwn": {"a": [1, "b"]},
      "distribution": [
        {"downloadURL": "https://example.org/g.csv", "mediaType": "text/csv", "format": "CSV"}
      ]
    },
    {
      "title": 707,
      "identifier": "collection-1",
      "spatial": null,
      "isPartOf": "nowhere",
      "temporal": "last year"
    },
    {},
    {"@id": "https://example.org/c", "title": "Named", "spatial": "Exampleland"}
  ]
}"#;

#[test]
fn a_data_json_is_read_as_dcat() {
    let imported = import(DATA_JSON, None).unwrap();
    assert_eq!((imported.format, imported.entries.len()), (Form::DcatUs, 4));
    assert_eq!(imported.not_carried.triples, 0);
    let resources = resources(&imported);
    let gauges = &resources["Gauges"];
    assert!(gauges.iri.starts_with("urn:dela:"));
    assert_eq!(gauges.identifier, ["gauges-1"]);
    assert_eq!(gauges.publisher[0].name[0].text, "Bureau of Water");
    assert_eq!(gauges.contact_point[0].email, ["jo@example.org"]);
    assert_eq!(gauges.temporal[0].start.as_deref(), Some("2009-09-01T12:00:00Z"));
    assert_eq!(gauges.distribution[0].format, ["CSV"]);
    assert!(gauges.distribution[0].media_type[0].ends_with("media-types/text/csv"));
    assert!(gauges.access_rights[0].ends_with("access-right/RESTRICTED"));
    assert_eq!(resources["Named"].iri, "https://example.org/c");
    assert_eq!(resources["Named"].spatial, ["Exampleland"]);
    // Nothing is lost: names of its own stand for what DCAT has no words for.
    assert_eq!(said(&imported, "schema#accessLevel"), ["restricted public"]);
    assert_eq!(said(&imported, "schema#bureauCode"), ["018:10"]);
    assert_eq!(said(&imported, "schema#dataQuality"), ["true"]);
    assert_eq!(said(&imported, "schema#ourOwn"), ["{\"a\":[1,\"b\"]}"]);
    assert!(said(&imported, "#bbox")[0].starts_with("POLYGON((-83.7 42.2,"));
    // A collection is referred to by the IRI it got.
    assert!(said(&imported, "/isPartOf").contains(&resources["707"].iri.as_str()));
}

#[test]
fn bad_values_in_a_data_json_are_named_by_path_and_line() {
    let imported = import(DATA_JSON, None).unwrap();
    let places = |rule: &str| -> Vec<(String, Option<u64>)> {
        found(&imported, rule).iter().map(|one| (one.subject.clone(), one.line)).collect()
    };
    let place = |path: &str, line| vec![(path.to_owned(), Some(line))];
    assert_eq!(places("json-value"), place("$.dataset[1].title", 27));
    assert_eq!(places("json-null"), place("$.dataset[1].spatial", 29));
    assert_eq!(places("json-part-of"), place("$.dataset[1].isPartOf", 30));
    assert_eq!(places("json-temporal"), place("$.dataset[1].temporal", 31));
    assert_eq!(places("json-dataset"), place("$.dataset[2]", 33));
    assert_eq!(places("json-identifier"), place("$.dataset[3]", 34));
    assert!(found(&imported, "entity-iri").len() <= 1, "only the catalogue has no identifier");
}

#[test]
fn a_data_json_is_the_same_again_when_its_datasets_are_moved() {
    let mut value: serde_json::Value = serde_json::from_str(DATA_JSON).unwrap();
    value["dataset"].as_array_mut().unwrap().reverse();
    let [one, other] =
        [DATA_JSON.to_owned(), value.to_string()].map(|text| import(&text, None).unwrap().entries);
    assert_eq!(one, other);
}

#[test]
fn one_dataset_more_changes_no_other() {
    let mut value: serde_json::Value = serde_json::from_str(DATA_JSON).unwrap();
    let more = serde_json::json!({"title": "More", "identifier": "more"});
    value["dataset"].as_array_mut().unwrap().push(more);
    let one = import(DATA_JSON, None).unwrap().entries;
    let more = import(&value.to_string(), None).unwrap().entries;
    assert_eq!(more.len(), one.len() + 1);
    assert!(one.iter().all(|entry| more.contains(entry)));
}

pub(in crate::import) const PACKAGE: &str = r#"{
  "id": "6f1c", "name": "gauges", "title": "Gauges", "type": "dataset", "state": "active",
  "notes": "Levels of water", "metadata_created": "2023-01-02T03:04:05.123456",
  "metadata_modified": "2024-01-02T03:04:05.123456", "license_id": "cc-zero",
  "license_url": "http://creativecommons.org/publicdomain/zero/1.0/",
  "maintainer": "Jo Doe", "maintainer_email": "jo@example.org", "num_tags": 1,
  "author": "Al Roe", "private": false, "tracking_summary": {"total": 5},
  "tags": [{"name": "water", "display_name": "water"}],
  "organization": {"id": "o1", "name": "water", "title": "Bureau of Water"},
  "groups": [{"name": "nature", "title": "Nature"}],
  "extras": [
    {"key": "theme", "value": "[\"http://publications.europa.eu/resource/authority/data-theme/ENVI\"]"},
    {"key": "spatial", "value": "{\"type\":\"Point\",\"coordinates\":[20.2,63.8]}"},
    {"key": "temporal_start", "value": "2020-01-01"},
    {"key": "colour", "value": "blue"}
  ],
  "resources": [
    {"id": "r1", "name": "As CSV", "url": "https://example.org/g.csv", "format": "CSV",
     "size": 1234, "hash": "abc", "weight": 7}
  ]
}"#;

#[test]
fn packages_of_ckan_are_read_as_dcat() {
    let answer =
        format!("{{\"success\": true, \"result\": {{\"count\": 1, \"results\": [{PACKAGE}]}}}}");
    for (text, form) in [(answer.as_str(), None), (PACKAGE, Some(Form::Ckan))] {
        let imported = import(text, form).unwrap();
        assert_eq!((imported.format, imported.entries.len()), (Form::Ckan, 1));
        assert_eq!(imported.warnings, []);
        let resources = resources(&imported);
        let gauges = &resources["Gauges"];
        assert_eq!(gauges.identifier, ["6f1c"]);
        assert_eq!(gauges.publisher[0].name[0].text, "Bureau of Water");
        assert_eq!(gauges.contact_point[0].name, ["Jo Doe"]);
        assert_eq!(gauges.contact_point[0].email, ["jo@example.org"]);
        assert_eq!(gauges.modified.as_deref(), Some("2024-01-02T03:04:05.123456"));
        assert_eq!(gauges.temporal[0].start.as_deref(), Some("2020-01-01"));
        assert!(gauges.theme[0].ends_with("data-theme/ENVI"));
        let distribution = &gauges.distribution[0];
        assert_eq!(distribution.access_url, ["https://example.org/g.csv"]);
        assert_eq!(distribution.license, ["http://creativecommons.org/publicdomain/zero/1.0/"]);
        assert_eq!(distribution.byte_size.as_deref(), Some("1234"));
        // What ckanext-dcat leaves out: the name in addresses, a second contact,
        // the licence's id, and what the site has added. The id of a resource is
        // in its IRI where the site is known.
        let mut names = said(&imported, "schema.org/name");
        names.sort_unstable();
        assert_eq!(names, ["author", "colour", "id", "license_id", "name", "weight"]);
        assert_eq!(said(&imported, "locn#geometry").len(), 1);
    }
}

#[test]
fn a_dump_of_ckan_has_a_package_on_each_line() {
    let line = PACKAGE.replace('\n', " ");
    let other = line.replace("6f1c", "7a2d").replace("Gauges", "More");
    let imported = import(&format!("{line}\n{other}\n"), Some(Form::Ckan)).unwrap();
    assert_eq!(imported.entries.len(), 2);
}

pub(in crate::import) const FEED_PREFIXES: &str = "@prefix ldes: <https://w3id.org/ldes#> .
    @prefix tree: <https://w3id.org/tree#> .
    @prefix as: <https://www.w3.org/ns/activitystreams#> .
    @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
    @prefix dcat: <http://www.w3.org/ns/dcat#> .
    @prefix dct: <http://purl.org/dc/terms/> .
    @prefix foaf: <http://xmlns.com/foaf/0.1/> .
    @prefix : <https://example.org/> .\n";

/// An activity on a day of May 2024.
pub(in crate::import) fn activity(
    name: &str,
    kind: &str,
    object: &str,
    day: u8,
    content: &str,
) -> String {
    let graph =
        if content.is_empty() { String::new() } else { format!("\n{name} {{ {content} }}") };
    format!(
        "{name} a as:{kind} ; as:object {object} ;
            as:published \"2024-05-{day:02}T00:00:00Z\"^^xsd:dateTime . {graph}\n"
    )
}

#[test]
fn a_feed_is_the_newest_of_each_entity() {
    let feed = [
        FEED_PREFIXES.to_owned(),
        ":feed a ldes:EventStream ; tree:member :1, :2, :3, :4, :5, :6, :7 .\n".to_owned(),
        // The newest stands before the oldest.
        activity(
            ":3",
            "Update",
            ":d",
            3,
            ":d a dcat:Dataset ; dct:title \"New\" ; dct:publisher :p ; dcat:distribution :f .",
        ),
        activity(":1", "Create", ":d", 1, ":d a dcat:Dataset ; dct:title \"Old\" ."),
        activity(":2", "Create", ":p", 1, ":p a foaf:Agent ; foaf:name \"P\" ."),
        activity(":4", "Create", ":f", 1, ":f a dcat:Distribution ; dcat:accessURL :u ."),
        activity(":5", "Create", ":gone", 1, ":gone a dcat:Dataset ; dct:title \"Gone\" ."),
        activity(":6", "Delete", ":gone", 2, ""),
        activity(
            ":7",
            "Create",
            ":c",
            1,
            ":c a dcat:Catalog ; dct:title \"C\" ; dcat:dataset :d .",
        ),
    ]
    .concat();
    let imported = import(&feed, None).unwrap();
    assert_eq!(imported.format, Form::Feed);
    let resources = resources(&imported);
    assert_eq!(resources.keys().collect::<Vec<_>>(), ["C", "New"]);
    let dataset = &resources["New"];
    assert_eq!(dataset.publisher[0].name[0].text, "P");
    assert_eq!(dataset.distribution[0].access_url, ["https://example.org/u"]);
    assert!(!format!("{imported:?}").contains("activitystreams"));
}

#[test]
fn a_feed_that_says_too_little_is_refused() {
    let stream = format!("{FEED_PREFIXES} :feed a ldes:EventStream .\n");
    let without = activity(":1", "Create", ":d", 1, "");
    let error = import(&format!("{stream}{without}"), None).unwrap_err().to_string();
    assert!(error.contains("says nothing of what it is about"), "{error}");
    let next =
        "<> tree:relation [ a tree:Relation ; tree:node <https://example.org/feed?page=2> ] .";
    let whole = activity(":1", "Create", ":d", 1, ":d a dcat:Dataset .");
    let error = import(&format!("{stream}{whole}{next}"), None).unwrap_err();
    assert_eq!(error, ImportError::OnePage { next: "https://example.org/feed?page=2".to_owned() });
}
