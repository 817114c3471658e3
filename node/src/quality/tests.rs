//! Tests of the score: that of the method's own sums, and of descriptions whose
//! points can be counted by hand.

use dela_protocol::id::AgencyId;

use super::*;
use crate::import::{ImportOptions, read};
use crate::rdf::Format;

fn marks(turtle: &str) -> Marks {
    let text = format!(
        "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
         @prefix dcatap: <http://data.europa.eu/r5r/> . <urn:d> a dcat:Dataset . {turtle}"
    );
    let options = ImportOptions { format: Some(Format::Turtle.into()), base: None };
    let agency = AgencyId::of_inception(b"a fictional agency");
    let imported = read(text.as_bytes(), &options, &agency).unwrap();
    let description = &imported.entries.first().unwrap().description;
    Marks::of(description, &Resource::of(description))
}

#[test]
fn dimensions_have_the_points_of_the_method() {
    let of = |dimension| -> u32 {
        INDICATORS.iter().filter(|i| i.dimension == dimension).map(|i| i.points).sum()
    };
    assert_eq!(Dimension::ALL.map(of), [100, 100, 110, 75, 20]);
    assert_eq!(INDICATORS.iter().map(|i| i.points).sum::<u32>(), POINTS_MAX);
    let unchecked: u32 = INDICATORS.iter().filter(|i| !i.checked).map(|i| i.points).sum();
    assert_eq!(unchecked, 80);
    let limits = [120, 121, 220, 221, 350, 351, 405].map(|points| Rating::of(points).name());
    let expected = ["bad", "sufficient", "sufficient", "good", "good", "excellent", "excellent"];
    assert_eq!(limits, expected);
}

#[test]
fn a_description_scores_what_it_has_and_no_more() {
    // Keywords 30, theme 30; title and description are missing, so it does not
    // comply.
    let bare = marks("<urn:d> dcat:keyword \"luft\" ; dcat:theme <urn:t> .").score();
    assert_eq!((bare.points, bare.unchecked), (60, 0));
    assert_eq!(bare.rating(), Rating::Bad);
    // With them it complies: 30.
    let more = marks(
        "<urn:d> dct:title \"A\"@sv ; dct:description \"B\"@sv ; dct:issued \"2026\" ;
           dct:publisher <urn:p> ; dcat:distribution <urn:x> .
         <urn:x> a dcat:Distribution ; dcat:accessURL <https://data.example/> ;
           dct:format <http://publications.europa.eu/resource/authority/file-type/CSV> ;
           dcat:mediaType <https://www.iana.org/assignments/media-types/text/csv> ;
           dct:license <http://creativecommons.org/publicdomain/zero/1.0/> .",
    );
    // 30 complies, 10 publisher, 5 issued, 20 + 10 + 10 + 20 + 20 format,
    // 20 + 10 licence; the address is there to be checked.
    assert_eq!((more.score().points, more.score().unchecked), (155, 50));
    assert!(more.has(Marks::OPEN_LICENCE) && !more.has(Marks::HIGH_VALUE));
}

/// An indicator whose name is misspelt where it is judged would never be met.
#[test]
fn a_description_can_have_every_point_there_is() {
    let whole = marks(
        "<urn:d> dct:title \"A\"@sv ; dct:description \"B\"@sv ; dct:issued \"2026\" ;
           dct:modified \"2026\" ; dcat:keyword \"luft\"@sv ; dcat:theme <urn:t> ;
           dct:spatial <urn:s> ; dct:temporal <urn:e> ; dct:publisher <urn:p> ;
           dcat:contactPoint <urn:c> ; dcat:distribution <urn:x> ;
           dct:accessRights <http://publications.europa.eu/resource/authority/access-right/PUBLIC> .
         <urn:x> dcat:accessURL <https://data.example/> ; dcat:byteSize 5 ;
           dcat:downloadURL <https://data.example/a.csv> ; dct:rights <urn:r> ;
           dct:format <http://publications.europa.eu/resource/authority/file-type/CSV> ;
           dcat:mediaType <https://www.iana.org/assignments/media-types/text/csv> ;
           dct:license <http://creativecommons.org/publicdomain/zero/1.0/> .",
    );
    let missed: Vec<_> = whole
        .score()
        .outcomes()
        .filter(|(_, outcome)| *outcome == Outcome::Missed)
        .map(|(indicator, _)| indicator.name)
        .collect();
    assert_eq!(missed, [""; 0]);
    assert_eq!((whole.score().points, whole.score().unchecked), (325, 80));
}

#[test]
fn the_best_distribution_counts_for_the_dataset_and_each_for_the_catalogue() {
    let marks = marks(
        "<urn:d> dcat:distribution <urn:x>, <urn:y> . <urn:x> dct:format \"PDF\" .
         <urn:y> dct:format \"text/csv\" ; dcat:downloadURL <https://data.example/a.csv> .",
    );
    let met = |bits: u64, name| bits >> Indicator::bit(name).unwrap() & 1 == 1;
    assert!(met(marks.dataset, "machine_readable"));
    let each: Vec<bool> = marks.distributions.iter().map(|m| met(*m, "machine_readable")).collect();
    assert_eq!(each.iter().filter(|met| **met).count(), 1);
    assert_eq!(marks.distributions.len(), 2);
}

#[test]
fn high_value_data_are_told_apart() {
    let law = "dcatap:applicableLegislation <http://data.europa.eu/eli/reg_impl/2023/138/oj>";
    let of = marks(&format!(
        "<urn:d> {law} ; dcatap:hvdCategory <http://data.europa.eu/bna/c_e1da4e07> ;
           dcat:distribution <urn:x> .
         <urn:x> {law} ; dct:license <https://creativecommons.org/licenses/by/4.0/deed.sv> ."
    ));
    assert!(of.has(Marks::HIGH_VALUE) && of.has(Marks::HIGH_VALUE_CATEGORY));
    assert!(of.has(Marks::HIGH_VALUE_DISTRIBUTION) && of.has(Marks::HIGH_VALUE_LICENCE));
    assert!(!of.has(Marks::HIGH_VALUE_DOWNLOAD));
}
