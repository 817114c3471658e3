//! Tests of making a description from a form.

use dela_protocol::api::Severity;
use dela_protocol::dcat::Resource;
use dela_protocol::record::RecordKind;

use super::*;
use crate::check;

fn agency() -> AgencyId {
    AgencyId::of_inception(b"a fictional agency")
}

fn swedish(text: &str) -> Vec<Text> {
    vec![Text { text: text.to_owned(), language: Some("sv".to_owned()) }]
}

fn cycles() -> NewDataset {
    NewDataset {
        title: swedish("Räknade cyklar"),
        description: swedish("Antal cyklar per dygn"),
        keyword: swedish("cykel"),
        theme: vec!["tran".to_owned()],
        licence: Some("cc0-1.0".to_owned()),
        contact_name: Some("Gatukontoret".to_owned()),
        contact_email: Some("gata@example.org".to_owned()),
        landing_page: Some(String::new()),
        distribution: vec![NewDistribution {
            access_url: "https://example.org/cyklar.csv".to_owned(),
            format: Some("CSV".to_owned()),
            ..NewDistribution::default()
        }],
        ..NewDataset::default()
    }
}

fn publisher() -> Publisher {
    Publisher {
        iri: "http://dataportal.se/organisation/SE2120000000".to_owned(),
        name: swedish("Exempelstad"),
        kind: Some("http://purl.org/adms/publishertype/LocalAuthority".to_owned()),
    }
}

#[test]
fn a_form_becomes_a_dataset_without_errors() {
    let composed = description(&cycles(), &agency(), Some(&publisher())).unwrap();
    let dataset = Resource::of(&composed);
    assert!(dataset.iri.starts_with(&format!("urn:dela:{}:", agency())));
    assert_eq!(dataset.title, swedish("Räknade cyklar"));
    assert_eq!(dataset.theme, [format!("{DATA_THEMES}TRAN")]);
    assert_eq!(dataset.distribution[0].format, ["text/csv"]);
    assert_eq!(
        dataset.distribution[0].license,
        ["http://creativecommons.org/publicdomain/zero/1.0/"]
    );
    assert_eq!(dataset.contact_point[0].email, ["gata@example.org"]);
    let findings =
        check::description(RecordKind::Dataset, &composed, check::CheckOptions::default());
    assert!(findings.iter().all(|finding| finding.severity == Severity::Warning), "{findings:#?}");
}

#[test]
fn the_same_title_is_the_same_dataset() {
    let iri = |new: &NewDataset| description(new, &agency(), None).unwrap().iri().to_owned();
    let later = NewDataset { description: swedish("Nu per timme"), ..cycles() };
    assert_eq!(iri(&cycles()), iri(&later));
    let other = NewDataset { title: swedish("Räknade bilar"), ..cycles() };
    assert_ne!(iri(&cycles()), iri(&other));
    let named = NewDataset { iri: Some("https://example.org/d".to_owned()), ..cycles() };
    assert_eq!(iri(&named), "https://example.org/d");
}

#[test]
fn what_cannot_be_is_refused_by_the_name_of_its_field() {
    let some = |text: &str| Some(text.to_owned());
    let cases = [
        ("title", NewDataset { title: swedish(" "), ..cycles() }),
        ("description", NewDataset { description: Vec::new(), ..cycles() }),
        ("iri", NewDataset { iri: some("cyklar"), ..cycles() }),
        ("theme", NewDataset { theme: vec!["cyklar".to_owned()], ..cycles() }),
        ("licence", NewDataset { licence: some("fri"), ..cycles() }),
        ("contact_email", NewDataset { contact_email: some("gata@example"), ..cycles() }),
        ("contact_email", NewDataset { contact_email: some("g a@example.org"), ..cycles() }),
        ("landing_page", NewDataset { landing_page: some("javascript:alert(1)"), ..cycles() }),
        ("landing_page", NewDataset { landing_page: some("www.example.org"), ..cycles() }),
        (
            "distribution.access_url",
            NewDataset { distribution: vec![NewDistribution::default()], ..cycles() },
        ),
    ];
    for (field, new) in cases {
        let error = description(&new, &agency(), None).unwrap_err();
        assert_eq!(error.field(), Some(field), "{error}");
    }
}
