//! A catalogue that tries everything: what agencies write is text, whatever it
//! looks like.

use super::driver::{Browser, DESK};
use super::site::Site;

/// What would run, load or break out, if it were not taken for text; with
/// control characters and an override of the writing direction.
const BAIT: &str = "<script>window.hit=1</script>\\\"'><img src=x onerror=window.hit=1>\
                    <svg onload=window.hit=1>{{7*7}}&lt;b&gt;<style>*{display:none}</style>\
                    \\u0007\\u009B\\u202Eomvänt</textarea></title><iframe src=//x.example>";

/// A catalogue whose every field is bait, and every address one that runs.
fn catalogue() -> String {
    let text = |language: &str| format!("\"{BAIT}\"{language}");
    let address = "<javascript:window.hit=1>";
    format!(
        r#"@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dcterms: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix adms: <http://www.w3.org/ns/adms#> . @prefix locn: <http://www.w3.org/ns/locn#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<https://ond.example/katalog> a dcat:Catalog ; dcterms:title {sv} ; dcterms:description {sv} ;
  dcterms:publisher <https://ond.example/> ; dcat:dataset <https://ond.example/d> .
<https://ond.example/d> a dcat:Dataset ; dcterms:title {sv}, {en} ; dcterms:description {sv}, {en} ;
  dcat:keyword {sv}, {en} ; dcterms:identifier {plain} ; dcterms:issued {plain} ;
  dcterms:modified {plain} ; dcterms:license {plain} ; dcterms:accessRights {plain} ;
  dcterms:accrualPeriodicity {plain} ; dcterms:language {plain} ; dcat:theme {address} ;
  dcat:landingPage {address} ; dcterms:conformsTo {address} ; adms:versionNotes {sv} ;
  dcterms:spatial [ a dcterms:Location ; skos:prefLabel {sv} ; locn:geometry {plain} ;
    dcat:bbox "POLYGON((17 59, 18 60, 17 59))" ] ;
  dcterms:temporal [ a dcterms:PeriodOfTime ; dcat:startDate {plain} ; dcat:endDate {plain} ] ;
  dcterms:publisher <https://ond.example/> ;
  dcat:contactPoint [ a vcard:Organization ; vcard:fn {plain} ; vcard:hasEmail {address} ;
    vcard:hasTelephone {plain} ; vcard:hasURL {address} ] ;
  dcat:distribution [ a dcat:Distribution ; dcterms:title {sv} ; dcterms:description {sv} ;
    dcat:accessURL {address} ; dcat:downloadURL {address} ; dcterms:format {plain} ;
    dcat:mediaType {plain} ; dcterms:license {plain} ; dcat:byteSize {plain} ] .
<https://ond.example/> a foaf:Organization ; foaf:name {sv} ; foaf:homepage {address} .
"#,
        sv = text("@sv"),
        en = text("@en"),
        plain = text(""),
    )
}

#[test]
fn what_agencies_write_is_shown_as_text_and_nothing_of_it_runs() {
    let site = Site::with_catalogue(&catalogue());
    let browser = Browser::of(DESK);
    let id = site.id_of("omvänt");
    let agency = site.agency();
    for path in [
        "/".to_owned(),
        "/?q=script".to_owned(),
        "/?q=%3Cscript%3Ewindow.hit%3D1%3C%2Fscript%3E&theme=%22%3E%3Cscript%3E".to_owned(),
        format!("/dataset/{id}"),
        format!("/dataset/{id}?lang=en"),
        "/agencies".to_owned(),
        format!("/agency/{agency}"),
        "/federation".to_owned(),
        "/insight".to_owned(),
        "/quality".to_owned(),
        "/%3Cscript%3E".to_owned(),
    ] {
        browser.go(&format!("{}{path}", site.first()));
        let hit = browser.run("return window.hit === undefined", &[]);
        assert_eq!(hit, true, "{path}: something ran");
        let foreign = "return [...document.querySelectorAll('script, iframe, img, style, [onerror], \
                       [onload], [style], a[href^=\"javascript:\" i]')].map(e => e.outerHTML)
                       .filter(h => !/^<script (src=\"\\/script.js\"|type=\"application\\/ld\\+json\")/.test(h))";
        let foreign = browser.run(foreign, &[]);
        assert_eq!(foreign.as_array().map(Vec::len), Some(0), "{path}: {foreign}");
        let said: Vec<String> = browser
            .console()
            .into_iter()
            // A page that is not there is told of as such.
            .filter(|said| !said.contains("status of 404"))
            .collect();
        assert!(said.is_empty(), "{path}: {said:?}");
    }
    browser.go(&format!("{}/dataset/{id}", site.first()));
    let seen = browser.text("main");
    for text in
        ["<script>window.hit=1</script>", "{{7*7}}", "&lt;b&gt;", "<iframe src=//x.example>"]
    {
        assert!(seen.contains(text), "{text} is not seen in {seen}");
    }
    let is_hidden = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!seen.contains(is_hidden), "{seen:?}");
}
