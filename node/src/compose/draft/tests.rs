//! Tests of making a description from what was typed, and of changing one.

use dela_protocol::api::Severity;
use dela_protocol::dcat::{Resource, term};
use dela_protocol::description::{Node, Object};
use dela_protocol::record::RecordKind;
use proptest::prelude::*;

use super::*;
use crate::check::{self, CheckOptions};
use crate::import::{self, ImportOptions};
use crate::rdf::{self, Format};

fn agency() -> AgencyId {
    AgencyId::of_inception(b"a fictional agency")
}

fn asked() -> Issuer {
    Issuer::Asked { name: "Sjövik".to_owned(), iri: "urn:dela:sjovik".to_owned() }
}

fn owned(text: &str) -> String {
    text.to_owned()
}

fn cycles() -> Draft {
    Draft {
        title_sv: owned("Räknade cyklar"),
        title_en: owned("Counted bicycles"),
        description_sv: owned("Antal cyklar per dygn.\n\nMäts på tre platser."),
        keywords_sv: owned("cykel, trafik\nräkning"),
        themes: vec![owned("TRAN"), owned("ENVI")],
        licence: owned("CC0-1.0"),
        access_rights: owned("PUBLIC"),
        frequency: owned("DAILY"),
        issued: owned("2024"),
        modified: owned("2025-03-01"),
        period_start: owned("2024-01"),
        places: vec![owned("SE110")],
        place_other: owned("Sjövik"),
        languages: vec![owned("SWE")],
        high_value: owned("c_b79e35eb"),
        contact_name: owned("Gatukontoret"),
        contact_email: owned("gata@sjovik.example"),
        contact_telephone: owned("08-465 004 00"),
        landing_page: owned("https://sjovik.example/cyklar"),
        conforms_to: owned("https://standard.example/cykel"),
        publisher_name: owned("Sjöviks kommun"),
        publisher_number: owned("999999-9999"),
        publisher_type: owned("LocalAuthority"),
        distributions: vec![
            DraftDistribution {
                title: owned("Alla dygn"),
                access_url: owned("https://sjovik.example/cyklar.csv"),
                download_url: owned("https://sjovik.example/cyklar.csv"),
                format: owned("CSV"),
                availability: owned("STABLE"),
                ..DraftDistribution::default()
            },
            DraftDistribution {
                access_url: owned("https://sjovik.example/api"),
                format: owned("JSON"),
                licence: owned(OTHER_LICENCE),
                licence_other: owned("https://licens.example/egen"),
                ..DraftDistribution::default()
            },
            DraftDistribution::default(),
        ],
        ..Draft::default()
    }
}

fn errors(description: &Description) -> Vec<String> {
    let findings = check::description(RecordKind::Dataset, description, CheckOptions::default());
    let errors = findings.into_iter().filter(|found| found.severity == Severity::Error);
    errors.map(|found| format!("{}: {}", found.rule, found.message)).collect()
}

#[test]
fn a_whole_form_becomes_a_dataset_without_errors_and_is_read_back() {
    let made = composed(&cycles(), &asked(), &agency()).unwrap();
    assert_eq!(errors(&made), [""; 0]);
    let dataset = Resource::of(&made);
    assert_eq!(dataset.title_in(&["en"]), Some("Counted bicycles"));
    assert_eq!(dataset.distribution.len(), 2);
    assert!(dataset.spatial.contains(&owned("Sjövik")), "{:?}", dataset.spatial);
    assert_eq!(dataset.contact_point[0].telephone, ["+46846500400"]);
    assert_eq!(
        dataset.publisher[0].iri.as_deref(),
        Some("http://dataportal.se/organisation/SE9999999999")
    );
    let again = Existing::read(made.clone());
    assert_eq!(again.misfits().collect::<Vec<_>>(), [""; 0]);
    let edited = again.edited(again.draft(), None, &agency()).unwrap();
    assert_eq!(edited, made, "changing nothing changes nothing");
    let known = Issuer::of(&made).unwrap();
    let Issuer::Known { name, .. } = &known else { panic!("{known:?}") };
    assert_eq!(name, "Sjöviks kommun");
    let titled = Draft { publisher_name: String::new(), publisher_type: String::new(), ..cycles() };
    assert_eq!(composed(&titled, &known, &agency()).unwrap(), made);
}

#[test]
fn every_fault_is_told_by_the_name_of_its_field() {
    let bad = Draft {
        title_sv: owned(" "),
        title_en: String::new(),
        description_sv: "å".repeat(TEXT_CHARS_MAX + 1),
        themes: vec![owned("CYKL")],
        licence: owned("fri"),
        access_rights: owned("kanske"),
        frequency: owned("ofta"),
        issued: owned("i fjol"),
        period_start: owned("2024-02"),
        period_end: owned("2024-01"),
        high_value: owned("c_0"),
        contact_name: String::new(),
        contact_email: owned("gata@sjovik"),
        contact_telephone: owned("ring"),
        landing_page: owned("javascript:alert(1)"),
        publisher_number: owned("123"),
        publisher_type: String::new(),
        distributions: vec![DraftDistribution {
            title: owned("Utan adress"), // typos: svenska
            licence: owned(OTHER_LICENCE),
            availability: owned("snart"),
            ..DraftDistribution::default()
        }],
        ..cycles()
    };
    let Err(EditError::Fields(faults)) = composed(&bad, &asked(), &agency()) else {
        panic!("it is not refused")
    };
    let fields: std::collections::BTreeSet<&str> =
        faults.iter().map(|fault| fault.field.as_str()).collect();
    let expected = [
        "access_rights",
        "contact_email",
        "contact_name",
        "contact_telephone",
        "d0.access_url",
        "d0.availability",
        "d0.licence_other",
        "description_sv",
        "frequency",
        "high_value",
        "issued",
        "landing_page",
        "licence",
        "period_end",
        "publisher_number",
        "publisher_type",
        "themes",
        "title_sv",
    ];
    assert_eq!(fields.into_iter().collect::<Vec<_>>(), expected);
}

const IMPORTED: &str = r#"
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix spdx: <http://spdx.org/rdf/terms#> .
@prefix x: <https://word.example/> .
<https://sjovik.example/luft> a dcat:Dataset ;
  dcterms:title "Luft", "Luft på finska"@fi ; dcterms:description "Halter"@sv ;
  dcat:theme <https://word.example/luft> ; x:own "eget" ;
  dcterms:publisher <https://sjovik.example/> ;
  dcat:contactPoint [ a vcard:Individual ; vcard:fn "Ulla" ; vcard:hasEmail <mailto:ulla@sjovik.example> ; x:rum "4" ] ;
  dcterms:provenance [ a dcterms:ProvenanceStatement ; dcterms:description "Mätt"@sv ] ;
  dcat:distribution <https://sjovik.example/luft/csv>, <https://sjovik.example/luft/json> .
<https://sjovik.example/luft/csv> dcat:accessURL <https://sjovik.example/luft.csv> ;
  dcat:byteSize "7" ; dcterms:format "text/csv" ;
  dcat:mediaType <https://www.iana.org/assignments/media-types/text/csv> ; x:kolumner 4 ;
  spdx:checksum [ spdx:checksumValue "00" ] .
<https://sjovik.example/luft/json> dcat:accessURL <https://sjovik.example/luft.json> ;
  dcterms:license <https://creativecommons.org/licenses/by/4.0/deed.sv> ; x:nyckel "ja" .
<https://sjovik.example/> a foaf:Agent ; foaf:name "Sjövik" .
"#;

fn imported(turtle: &str) -> Description {
    let options = ImportOptions { format: Some(Format::Turtle.into()), base: None };
    let mut read = import::read(turtle.as_bytes(), &options, &agency()).unwrap();
    assert_eq!(read.entries.len(), 1);
    read.entries.remove(0).description
}

/// Returns a description as lines, without the labels of blank nodes.
fn lines(description: &Description) -> Vec<String> {
    let text = rdf::write(description.triples(), Format::NTriples);
    String::from_utf8(text).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn what_the_form_does_not_show_is_kept() {
    let before = imported(IMPORTED);
    let existing = Existing::read(before.clone());
    assert_eq!(existing.misfits().collect::<Vec<_>>(), [""; 0]);
    assert_eq!(existing.draft().title_sv, "Luft");
    assert_eq!(existing.draft().contact_name, "Ulla");
    let mut draft = existing.draft().clone();
    draft.title_en = owned("Air");
    let after = existing.edited(&draft, None, &agency()).unwrap();
    let (old, new) = (lines(&before), lines(&after));
    let gone: Vec<_> = old.iter().filter(|line| !new.contains(line)).collect();
    let come: Vec<_> = new.iter().filter(|line| !old.contains(line)).collect();
    // The title that said no language says Swedish now.
    assert_eq!(gone.len(), 1, "{gone:#?}");
    assert!(gone[0].ends_with("\"Luft\" ."), "{gone:#?}");
    assert_eq!(come.len(), 2, "{come:#?}");
}

#[test]
fn what_belonged_to_a_distribution_goes_with_it_and_what_became_untrue_goes() {
    let existing = Existing::read(imported(IMPORTED));
    let mut draft = existing.draft().clone();
    assert_eq!(draft.distributions[1].licence, OTHER_LICENCE);
    draft.distributions.truncate(1);
    draft.distributions[0].access_url = owned("https://sjovik.example/ny.csv");
    let after = existing.edited(&draft, None, &agency()).unwrap();
    let text = lines(&after).join("\n");
    for gone in ["nyckel", "luft.json", "byteSize", "checksumValue", "luft.csv"] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }
    for kept in ["kolumner", "mediaType", "ny.csv", "eget", "rum", "ProvenanceStatement"] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    draft.distributions[0].format = owned("XLSX");
    let after = existing.edited(&draft, None, &agency()).unwrap();
    assert!(!lines(&after).join("\n").contains("mediaType"));
}

#[test]
fn what_does_not_fit_is_named() {
    let two = IMPORTED.replace("\"Luft\",", "\"Luft\"@sv, \"Luften\"@sv,");
    let existing = Existing::read(imported(&two));
    assert_eq!(existing.misfits().collect::<Vec<_>>(), [term::DCTERMS_TITLE]);
}

#[test]
fn fields_become_a_draft_and_only_fields_do() {
    let draft = Draft::from_fields([
        ("title_sv", "Luft\r\n\u{0}"),
        ("themes", "ENVI"),
        ("themes", "ENVI"),
        ("csrf", "x"),
        ("d1.access_url", "https://sjovik.example/"),
        ("d4000000000.title", "x"),
        ("d1.unknown", "x"),
    ]);
    assert_eq!(draft.title_sv, "Luft\n");
    assert_eq!(draft.themes, ["ENVI"]);
    assert_eq!(draft.distributions.len(), 2);
    assert!(draft.distributions[0].is_blank());
}

proptest! {
    /// Whatever is typed into texts comes out as text, and passes.
    #[test]
    fn hostile_texts_are_texts(title in "\\PC{1,80}", text in any::<String>(), words in any::<String>(), place in any::<String>()) {
        let draft = Draft::from_fields([
            ("title_sv", title.as_str()),
            ("description_sv", text.as_str()),
            ("description_en", "A text"),
            ("keywords_sv", words.as_str()),
            ("place_other", place.as_str()),
            ("publisher_name", "</script>"),
            ("publisher_type", "LocalAuthority"),
        ]);
        prop_assume!(!draft.title_sv.trim().is_empty());
        match composed(&draft, &asked(), &agency()) {
            Ok(made) => {
                prop_assert_eq!(errors(&made), Vec::<String>::new());
                let entity = Node::Iri(made.iri().to_owned());
                let title = Object::in_language(draft.title_sv.trim(), "sv");
                prop_assert_eq!(made.objects(&entity, term::DCTERMS_TITLE), &[title]);
                let back = Description::decode(&made.encode()).unwrap();
                prop_assert_eq!(&back, &made);
            }
            Err(EditError::Fields(faults)) => {
                prop_assert!(faults.iter().all(|fault| fault.field == "place_other" || fault.field == "keywords_sv"), "{:?}", faults);
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    /// No address becomes part of a graph unless it is one of the web.
    #[test]
    fn addresses_are_of_the_web(address in any::<String>()) {
        let draft = Draft { landing_page: address.clone(), ..cycles() };
        match composed(&draft, &asked(), &agency()) {
            Ok(made) => {
                let pages = Resource::of(&made).landing_page;
                prop_assert!(pages.iter().all(|page| page.starts_with("http")), "{:?}", pages);
            }
            Err(error) => prop_assert_eq!(
                error,
                EditError::Fields(vec![FieldFault::new("landing_page", Fault::WebAddress)])
            ),
        }
    }
}
