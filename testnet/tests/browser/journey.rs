//! What people come for: to find, to trust, to get; and to share.

use dela_cli::PublishOptions;
use dela_protocol::api::NewDataset;
use dela_protocol::dcat::Text;

use super::driver::{Browser, DESK, PHONE, Reader};
use super::site::{Site, sign_in};

/// Searches, refines, opens, follows a distribution, and comes back.
fn find(reader: Reader) {
    let site = Site::with_catalogue(CATALOGUE);
    let browser = Browser::of(reader);
    // At the other node: it has what the first one published.
    browser.go(&format!("{}/?lang=sv", site.second()));
    browser.type_into("#q", "badplats");
    if reader.scripts {
        browser.wait_until("document.querySelectorAll('.hit').length === 2");
        browser.wait_until("location.search.includes('q=badplats')");
    } else {
        browser.follow("form.search button");
    }
    assert!(browser.text("#found").contains("2 träffar"), "{}", browser.text("#found"));
    assert_eq!(browser.text(".hit mark"), "Badplatser");
    browser.follow_text("GeoJSON");
    assert!(browser.text(".chosen").contains("GeoJSON"));
    assert!(browser.text("#found").contains("1 träff "), "{}", browser.text("#found"));
    browser.follow(".hit h3 a");
    assert_eq!(browser.text("h1"), "Badplatser i Vikby");
    assert!(browser.text("main").contains("Signaturen stämmer"));
    // What search engines read says the same.
    let read = "return JSON.parse(document.querySelector('script[type=\"application/ld+json\"]').text).name";
    assert_eq!(browser.run(read, &[]), "Badplatser i Vikby");
    browser.follow_text("In English");
    assert_eq!(browser.attribute("html", "lang"), "en");
    assert!(browser.text("main").contains("Signature verified"));
    assert_eq!(browser.attribute(".distribution a.button", "rel"), "external noopener");
    assert_eq!(browser.console(), [] as [&str; 0]);
    browser.follow(".distribution a.button");
    assert_eq!(browser.address(), format!("{}/healthz", site.first()));
    assert_eq!(browser.text("body"), "ok");
}

/// Signs in, fills in the form, sees what it makes, publishes it, and finds it at
/// the other node; then withdraws it and thinks better of it.
fn share(reader: Reader) {
    let mut site = Site::with_catalogue(CATALOGUE);
    let browser = Browser::of(reader);
    sign_in(&browser, &site);
    browser.go(&format!("{}/share/dataset?lang=sv", site.first()));
    // Nothing said yet: what is missing is told beside the fields, and on top.
    browser.follow(".dataset-form .buttons button");
    assert!(browser.has("#errors a[href='#title_sv']"), "{}", browser.text("main"));
    fill_in(&browser, &site);
    if reader.scripts {
        browser.wait_until("document.querySelector('#check').textContent.includes('405')");
    }
    browser.follow(".dataset-form .buttons button");
    let preview = browser.text("main");
    assert!(preview.contains("Isläget på Storsjöns vikar"), "{preview}");
    assert!(preview.contains("Miljö") && preview.contains("405"), "{preview}");
    browser.follow("form[action^='/share/dataset/publish'] button");
    assert!(browser.has("p.done"), "{}", browser.text("main"));

    site.cluster.wait_for_agreement(3).unwrap();
    browser.go(&format!("{}/?lang=sv&q=isläget", site.second()));
    assert_eq!(browser.text(".hit h3"), "Isläget på Storsjöns vikar");
    browser.follow(".hit h3 a");
    assert!(browser.text("main").contains("Signaturen stämmer"));
    assert!(browser.text("main").contains("CC0"));

    let id = site.id_of("isläget");
    browser.go(&format!("{}/share/withdraw?lang=sv&id={id}", site.first()));
    browser.follow("form[action^='/share/withdraw'] button");
    assert!(browser.has(".pending"), "{}", browser.text("main"));
    browser.follow(".pending form button");
    assert!(!browser.has(".pending"), "{}", browser.text("main"));
    assert_eq!(browser.console(), [] as [&str; 0]);
}

/// Fills in the form as a steward of data would.
pub(crate) fn fill_in(browser: &Browser, site: &Site) {
    browser.type_into("#title_sv", "Isläget på Storsjöns vikar");
    browser.type_into("#description_sv", "När isen lägger sig och när den går upp.");
    browser.type_into("#keywords_sv", "is\nsjöar");
    browser.click("input[name='themes'][value='ENVI']");
    browser.click("input[name='licence'][value='CC0-1.0']");
    browser.click("input[name='access_rights'][value='PUBLIC']");
    browser.type_into("[id='d0.access_url']", &format!("{}/healthz", site.first()));
    browser.click("[id='d0.format'] option[value='CSV']");
    browser.click("#frequency option[value='ANNUAL']");
    browser.type_into("#contact_name", "Havsviks kommun");
    browser.type_into("#contact_email", "data@havsvik.example");
    if browser.has("#publisher_type") {
        browser.click("#publisher_type option:last-child");
    }
}

#[test]
fn a_steward_shares_a_dataset_at_a_desk() {
    share(DESK);
}

#[test]
fn a_steward_shares_a_dataset_with_a_phone_and_without_scripts() {
    share(Reader { scripts: false, ..PHONE });
}

/// Two datasets that a search finds and a format tells apart.
const CATALOGUE: &str = r#"
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dcterms: <http://purl.org/dc/terms/> .
<https://data.vikby.example/bad> a dcat:Dataset ; dcterms:title "Badplatser i Vikby"@sv ;
  dcterms:description "Var man kan bada."@sv ;
  dcat:distribution [ a dcat:Distribution ; dcterms:format "GeoJSON" ;
    dcat:accessURL <https://node.example/healthz> ] .
<https://data.vikby.example/prov> a dcat:Dataset ; dcterms:title "Vattenprover"@sv ;
  dcterms:description "Prover från badplatserna."@sv ;
  dcat:distribution [ a dcat:Distribution ; dcterms:format "CSV" ;
    dcat:accessURL <https://data.vikby.example/prov.csv> ] .
"#;

#[test]
fn somebody_sees_what_happens_as_it_happens() {
    let site = Site::with_catalogue(CATALOGUE);
    let browser = Browser::of(DESK);
    browser.go(&format!("{}/federation?lang=sv", site.second()));
    assert!(browser.text("#activity").contains("Vattenprover"));
    let swedish =
        |text: &str| vec![Text { text: text.to_owned(), language: Some("sv".to_owned()) }];
    let dataset = NewDataset {
        title: swedish("Isläget"),
        description: swedish("När isen lägger sig."),
        ..NewDataset::default()
    };
    site.cluster.members[0].client.publish(&dataset, PublishOptions::default()).unwrap();
    browser.wait_until("document.querySelector('#activity').textContent.includes('Isläget')");
    assert_eq!(browser.console(), [] as [&str; 0]);
}

#[test]
fn somebody_finds_a_dataset_at_a_desk() {
    find(DESK);
}

#[test]
fn somebody_finds_a_dataset_with_a_phone() {
    find(PHONE);
}

#[test]
fn somebody_finds_a_dataset_without_scripts() {
    find(Reader { scripts: false, ..DESK });
    find(Reader { scripts: false, ..PHONE });
}
