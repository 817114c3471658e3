//! Importing real catalogues, and files that are broken or hostile.

#![expect(clippy::format_collect, reason = "what tests make up may be made slowly")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dela_node::check::{self, CheckOptions};
use dela_node::export;
use dela_node::import::{Entry, Form, ImportError, ImportOptions, Imported, read};
use dela_node::rdf::{self, Format};
use dela_protocol::api::Severity;
use dela_protocol::description::{Node, Object, Triple};
use dela_protocol::id::AgencyId;
use dela_protocol::record::RecordKind;

fn import(bytes: &[u8], format: Option<Format>) -> Result<Imported, ImportError> {
    let agency = AgencyId::of_inception(b"a fictional agency");
    read(bytes, &ImportOptions { format: format.map(Form::Rdf), base: None }, &agency)
}

fn number(imported: &Imported, kind: RecordKind) -> usize {
    imported.entries.iter().filter(|entry| entry.kind == kind).count()
}

// Real catalogues.

/// One row of the manifest of the corpus.
#[derive(Debug)]
struct Row {
    file: String,
    bytes: Vec<u8>,
    format: String,
    datasets: Option<usize>,
    distributions: Option<u64>,
    triples: Option<u64>,
}

/// Returns the real catalogues in a folder; none where the corpus is not here.
fn corpus(folder: &str) -> Vec<Row> {
    let corpus = std::env::var_os("DELA_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"),
        PathBuf::from,
    );
    let Ok(manifest) = std::fs::read_to_string(corpus.join("MANIFEST.tsv")) else {
        println!("skipped: no corpus at {}", corpus.display());
        return Vec::new();
    };
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        Row {
            file: cells[0].to_owned(),
            bytes: std::fs::read(corpus.join(cells[0])).unwrap(),
            format: cells[5].to_owned(),
            datasets: cells[7].parse().ok(),
            distributions: cells[8].parse().ok(),
            triples: cells[9].parse().ok(),
        }
    };
    manifest.lines().skip(1).filter(|line| line.starts_with(folder)).map(row).collect()
}

impl Row {
    fn import(&self) -> Result<Imported, ImportError> {
        import(&self.bytes, Format::from_file_name(&self.file))
    }

    /// Imports what must import, and compares it with the manifest.
    fn import_whole(&self) -> Imported {
        let imported = self.import().unwrap_or_else(|error| panic!("{}: {error}", self.file));
        let datasets = number(&imported, RecordKind::Dataset);
        if imported.format == Form::DcatUs {
            let nothing = imported.warnings.iter().filter(|one| one.rule() == "json-dataset");
            let all = datasets + nothing.count();
            assert_eq!(
                (Some(all), self.distributions),
                (self.datasets, Some(imported.distributions))
            );
            assert_eq!(imported.not_carried.triples, 0, "{}", self.file);
            return imported;
        }
        assert_eq!(Some(datasets), self.datasets, "{}", self.file);
        // Some refer to distributions with `rdf:Resource`, which means something else.
        let left = imported.not_carried.subjects.iter();
        let left =
            left.filter(|subject| subject.contains(": of type Distribution that")).count() as u64;
        assert_eq!(Some(imported.distributions + left), self.distributions, "{}", self.file);
        // Relative IRIs: two pairs are one for the parser the manifest is from.
        let triples = if self.file.ends_with("datanorge_2018_05_31.jsonld") { 2 } else { 0 };
        assert_eq!(Some(imported.triples), self.triples.map(|n| n + triples), "{}", self.file);
        assert_eq!(
            Form::Rdf(Format::sniff(&self.bytes)),
            imported.format,
            "{} ({})",
            self.file,
            self.format
        );
        self.assert_nothing_missing(&imported);
        imported
    }

    /// Every triple of the file that has no blank node in it is in an entry or
    /// counted as not carried.
    fn assert_nothing_missing(&self, imported: &Imported) {
        let ground = |(subject, _, object): &Triple| {
            matches!(subject, Node::Iri(_)) && !matches!(object, Object::Blank(_))
        };
        let graph = rdf::parse(&self.bytes, Format::sniff(&self.bytes), None).unwrap();
        let mut source: BTreeSet<Triple> = graph.triples().filter(ground).collect();
        for entry in &imported.entries {
            for (subject, predicate, object) in entry.description.triples() {
                source.remove(&(subject.clone(), predicate.to_owned(), object.clone()));
            }
        }
        let missing = source.len() as u64;
        assert!(missing <= imported.not_carried.triples, "{}: {missing} missing", self.file);
    }
}

/// What is not well-formed in the folders of good catalogues, and what is said.
const MALFORMED_AMONG_THE_GOOD: [(&str, &str); 2] = [
    // A concept scheme where a property belongs: an XML parser reads it, RDF/XML
    // does not allow it.
    ("umea-dcat.rdf", "line 127: Unexpected text event: 'Eurovoc'"),
    ("MareGraph-v02-2026-01-20-catalog.ttl", "line 24: ; is not a valid RDF object"),
];

fn import_folder(folder: &str) -> Vec<(Row, Imported)> {
    let mut all = Vec::new();
    for row in corpus(folder) {
        let known = MALFORMED_AMONG_THE_GOOD.iter().find(|(name, _)| row.file.ends_with(name));
        let Some((_, message)) = known else {
            let imported = row.import_whole();
            all.push((row, imported));
            continue;
        };
        let error = row.import().unwrap_err();
        assert_eq!(error.to_string(), *message, "{}", row.file);
        assert!(error.line().is_some() && !error.hint().is_empty());
    }
    all
}

#[test]
fn swedish_catalogues_are_imported_whole() {
    for (row, imported) in import_folder("swedish/") {
        if row.file.ends_with("SCB-dcat-ap-2.xml") {
            assert_eq!(number(&imported, RecordKind::Dataset), 1159);
            assert_eq!(number(&imported, RecordKind::Catalogue), 1);
            // Contacts and organisations that no dataset refers to.
            assert_eq!(imported.not_carried.triples, 1100);
        }
    }
}

#[test]
fn norwegian_catalogues_are_imported_whole() {
    import_folder("norwegian/");
}

#[test]
fn other_european_catalogues_are_imported_whole() {
    import_folder("european/");
}

#[test]
fn malformed_catalogues_are_explained() {
    let expected: BTreeMap<&str, &str> = BTreeMap::from([
        ("all_datasets.ttl", "line 62: "),
        ("datosgobes-Conventions_dataservice-ogc-services.ttl", "line 9: "),
        ("datosgobes-Conventions_general-themes.ttl", "line 10: "),
        ("datosgobes-faq.json", "line 2: the JSON-LD context https://schema.org is not in"),
        ("okestonia-data.json", "line 1: this is a template with front matter, not RDF"),
        ("piveau-data-example_index_dataset.ttl", "line 17: "),
        ("harvest_response_error.ttl", "line 4: The prefix dcat: has not been declared"),
    ]);
    for row in corpus("malformed/") {
        let name = row.file.rsplit('/').next().unwrap();
        match row.import() {
            // The manifest knows how many datasets can be read from it.
            Ok(_) => drop(row.import_whole()),
            Err(error) => {
                let start = expected.get(name).copied().unwrap_or("nothing");
                assert!(error.to_string().starts_with(start), "{name}: {error}");
                assert!(!error.hint().is_empty(), "{name}");
            }
        }
    }
}

/// Returns how many entries of `before` are in `after` with the same name, and
/// how many of those with the same bytes.
fn kept(before: &[Entry], after: &[Entry]) -> (usize, usize) {
    let entries: BTreeMap<&str, &Entry> =
        after.iter().map(|entry| (entry.description.iri(), entry)).collect();
    let same_name: Vec<(&Entry, &Entry)> = before
        .iter()
        .filter_map(|entry| Some((entry, *entries.get(entry.description.iri())?)))
        .collect();
    let same_bytes = same_name
        .iter()
        .filter(|(one, other)| one.description.encode() == other.description.encode());
    (same_name.len(), same_bytes.count())
}

#[test]
fn catalogues_of_the_united_states_are_read() {
    assert!(import_folder("us/").iter().all(|(_, imported)| imported.format == Form::DcatUs));
}

#[test]
fn what_did_not_change_between_versions_has_the_same_bytes() {
    let versions = import_folder("versions/");
    let mut found = Vec::new();
    for pair in versions.windows(2) {
        let [(before, one), (after, other)] = pair else { continue };
        let prefix = |file: &str| file.split("-v0").next().unwrap_or_default().to_owned();
        if prefix(&before.file) == prefix(&after.file) {
            let (named, equal) = kept(&one.entries, &other.entries);
            found.push((one.entries.len(), other.entries.len(), named, equal));
        }
    }
    // Entries before, after, with the same name, with the same bytes. The Swedish
    // heritage board names none of its datasets, and between its third and fourth
    // version rewrote the addresses in all of them. What is true was found without
    // this code, by comparing the XML of datasets of the same title: 3 withdrawn,
    // nothing changed; nothing; all 154 changed (two of them twins); 2 withdrawn
    // and 2 changed. The catalogue has the same bytes throughout.
    let expected = [
        (2, 1101, 1, 0),
        (1101, 19, 1, 1),
        (19, 33, 2, 2),
        (33, 3, 3, 3),
        (3, 2, 2, 1),
        (158, 155, 155, 155),
        (155, 155, 155, 155),
        (155, 155, 155, 1),
        (155, 153, 153, 151),
        (5, 13, 4, 0),
    ];
    if !found.is_empty() {
        assert_eq!(found, expected);
    }
}

#[test]
fn what_is_exported_is_imported_as_the_same_entries() {
    for folder in ["swedish/", "norwegian/", "european/"] {
        for row in corpus(folder) {
            let Ok(imported) = row.import() else { continue };
            let small = row.bytes.len() < 100_000;
            let formats: &[Format] =
                if small { &Format::ALL } else { &[Format::RdfXml, Format::Turtle] };
            for format in formats {
                let descriptions = imported.entries.iter().map(|entry| &entry.description);
                let bytes = export::catalogue(descriptions, *format);
                let again = import(&bytes, Some(*format)).unwrap();
                for (one, other) in imported.entries.iter().zip(&again.entries) {
                    assert_eq!(one, other, "{} as {format}", row.file);
                }
                assert_eq!(imported.entries.len(), again.entries.len());
                assert_eq!(imported.distributions, again.distributions, "{} {format}", row.file);
            }
        }
    }
}

#[test]
fn turtle_and_rdf_xml_of_the_same_dataset_are_the_same_bytes() {
    let rows = corpus("swedish/digg-rekommenderat");
    for pair in rows.chunks_exact(2) {
        let [one, other] = pair else { continue };
        assert_eq!(one.import().unwrap().entries, other.import().unwrap().entries, "{}", one.file);
    }
}

#[test]
fn the_official_examples_pass_the_check() {
    for row in corpus("swedish/digg-") {
        let imported = row.import().unwrap();
        let findings = check::check(&imported, &row.bytes, CheckOptions::default());
        let errors: Vec<&str> = findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| finding.rule.as_str())
            .collect();
        // The example of the mandatory properties is older than version 3.0.1,
        // which made the type of a publisher mandatory.
        let expected: &[&str] =
            if row.file.contains("obligatoriskt") { &["publisher-type"] } else { &[] };
        assert_eq!(errors, expected, "{}", row.file);
        assert!(findings.iter().all(|finding| finding.line.is_some()), "{findings:#?}");
    }
}

// Files that are broken or hostile.

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    std::fs::read(folder.join(name)).unwrap()
}

#[test]
fn broken_and_hostile_files_are_explained() {
    let expected = [
        ("billion-laughs.rdf", "line 2: document type and entity declarations are not read"),
        ("external-entity.rdf", "line 2: document type and entity declarations are not read"),
        ("hidden-entity.rdf", "line 2: document type and entity declarations are not read"),
        ("error-page.ttl", "line 1: this is an HTML page, not RDF"),
        ("error-page.rdf", "line 1: this is an HTML page, not RDF"),
        ("empty.ttl", "the file is empty"),
        ("truncated.rdf", "line 7: the file ends before its elements are closed"),
        ("truncated.ttl", "line 3: "),
        ("cut.jsonld", "line "),
        ("utf-16.rdf", "the file is UTF-16, where UTF-8 text is expected"),
        ("utf-16-without-mark.rdf", "the file is UTF-16, where UTF-8 text is expected"),
        ("latin-1.rdf", "line 4: the file is not UTF-8"),
        ("unescaped.rdf", "line 4: "),
        ("json.ttl", "line 1: this is JSON, where turtle is expected"),
        ("xml.ttl", "line 1: this is XML, where turtle is expected"),
        ("turtle.rdf", "line 1: this does not begin like rdf-xml"),
        ("nul.ttl", "line 2: "),
        ("unknown-prefix.ttl", "line 1: The prefix dcat: has not been declared"),
        ("remote-context.jsonld", "line 2: the JSON-LD context https://example.org/dcat.jsonld"),
        ("plain.json", "this is JSON without anything of JSON-LD in it"),
        ("no-datasets.ttl", "no datasets found: the file has 1 of type"),
    ];
    for (name, start) in expected {
        let error = import(&fixture(name), Format::from_file_name(name)).unwrap_err();
        assert!(error.to_string().starts_with(start), "{name}: {error}");
        assert!(!error.hint().is_empty(), "{name}");
    }
}

#[test]
fn awkward_values_are_carried_and_reported() {
    let imported = import(&fixture("awkward.ttl"), None).unwrap();
    let [entry] = imported.entries.as_slice() else { panic!() };
    assert_eq!(entry.description.iri(), "https://example.org/%7Bid%7D");
    let values: BTreeSet<&str> =
        entry.description.triples().filter_map(|(.., object)| object.text()).collect();
    for value in [
        "http://relative.invalid/www.example.org/sida",
        "javascript:alert(1)",
        "https://example.org/a%20b%5B1%5D.csv",
    ] {
        assert!(values.contains(value), "{value} in {values:?}");
    }
    let found: BTreeSet<(&str, Option<u64>)> =
        imported.warnings.iter().map(|finding| (finding.rule(), finding.line)).collect();
    for warning in
        [("iri-characters", 3), ("iri-relative", 5), ("iri-scheme", 5), ("iri-characters", 6)]
    {
        assert!(found.contains(&(warning.0, Some(warning.1))), "{warning:?} in {found:?}");
    }
}

#[test]
fn language_tags_are_written_in_one_way() {
    let imported = import(&fixture("language-tags.rdf"), None).unwrap();
    let [entry] = imported.entries.as_slice() else { panic!() };
    let mut languages: Vec<String> = dela_protocol::dcat::Resource::of(&entry.description)
        .title
        .into_iter()
        .map(|title| format!("{}@{}", title.text, title.language.unwrap_or_default()))
        .collect();
    languages.sort_unstable();
    assert_eq!(languages, ["Norsk@nb-no", "Okänd@", "Svensk@sv-se"]);
    let [finding] = imported.warnings.as_slice() else { panic!() };
    assert_eq!((finding.rule(), finding.subject.as_str()), ("language-tag", "Okänd"));
}

#[test]
fn named_graphs_are_merged_and_a_byte_order_mark_is_nothing() {
    for name in ["graphs.trig", "graphs.nq"] {
        let imported = import(&fixture(name), None).unwrap();
        assert_eq!(Some(imported.format), Format::from_file_name(name).map(Form::Rdf));
        assert_eq!(imported.triples, 2);
        assert_eq!(imported.warnings[0].rule(), "named-graphs", "{name}");
    }
    assert_eq!(import(&fixture("byte-order-mark.rdf"), None).unwrap().entries.len(), 1);
}

/// Imports what is too large for a fixture; returns the error and demands that
/// it comes soon and is short.
fn refused(text: &str, format: Format) -> String {
    let start = Instant::now();
    let error = import(text.as_bytes(), Some(format)).unwrap_err().to_string();
    assert!(start.elapsed() < Duration::from_secs(50), "{:?}", start.elapsed());
    assert!(error.len() < 500, "{error}");
    error
}

#[test]
fn endlessly_nested_lists_are_too_much_for_one_dataset() {
    let nested = 200_000;
    let text = "<urn:d> a <http://www.w3.org/ns/dcat#Dataset> ; <urn:p> ".to_owned()
        + &"(".repeat(nested)
        + &")".repeat(nested)
        + " .";
    assert!(refused(&text, Format::Turtle).starts_with("urn:d: "));
}

#[test]
fn a_string_that_never_ends_is_not_quoted_in_full() {
    let text = "<urn:d> <urn:p> \"".to_owned() + &"x".repeat(1024 * 1024);
    assert!(refused(&text, Format::Turtle).starts_with("line 1: "));
}

#[test]
fn deep_json_is_refused_before_it_is_parsed() {
    let text = "{\"@id\":".to_owned() + &"[".repeat(100_000);
    assert!(refused(&text, Format::JsonLd).contains("nested more than"));
}

#[test]
fn deep_and_wide_xml_is_refused_before_it_is_parsed() {
    let start = "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">";
    let wide: String = (0..40_000).map(|n| format!(" a{n}='>'")).collect();
    let wide = format!("{start}<rdf:Description{wide}/></rdf:RDF>");
    assert!(refused(&wide, Format::RdfXml).contains("more than 256 attributes"));
    let deep = start.to_owned() + &"<rdf:Description>".repeat(100_000);
    assert!(refused(&deep, Format::RdfXml).contains("nested more than"));
}

#[test]
fn short_names_for_long_iris_do_not_fill_the_memory() {
    let long = "x".repeat(8_000);
    let names: String = (0..20_000).map(|n| format!("a:{n} a:p a:{n} .\n")).collect();
    let text = format!("@prefix a: <https://example.org/{long}> .\n{names}");
    assert!(refused(&text, Format::Turtle).contains("when written out"));
}

#[test]
fn a_file_that_is_too_large_is_not_looked_at() {
    let text = " ".repeat(rdf::FILE_BYTES_MAX + 1);
    assert!(refused(&text, Format::Turtle).contains("where at most"));
}
