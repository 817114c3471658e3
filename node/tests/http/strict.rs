//! What `strict` refuses, and that without it nothing is refused.

use axum::http::StatusCode;
use dela_protocol::api::{CheckReport, ImportReport, Problem, PublishReport, Severity};

use super::fixture::{Node, OWN, empty_node};
use super::site::Site;
use super::{Answer, write};

const TURTLE: &str = "text/turtle";

/// What `OWN` lacks to be without errors, beside an address that can be followed.
const MENDED: &str = "
<https://data.sjovik.example/> dcterms:publisher <https://sjovik.example/> ;
  dcterms:license <http://creativecommons.org/publicdomain/zero/1.0/> .
<https://sjovik.example/> dcterms:type <http://purl.org/adms/publishertype/LocalAuthority> .
";

async fn post(node: &Node, path: &str, media_type: &str, body: &str) -> Answer {
    write(node, "POST", path, media_type, body).await
}

/// Asserts that nothing was published, and returns why.
fn refused(node: &Node, answer: &Answer) -> Problem {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text());
    assert_eq!(node.world.lock().unwrap().commands, 0, "nothing was sent to be signed");
    let problem: Problem = answer.json();
    assert_eq!(problem.problem_type, "/problems/faulty");
    assert!(problem.findings.iter().all(|finding| finding.severity == Severity::Error));
    problem
}

#[tokio::test]
async fn a_strict_import_refuses_what_the_check_calls_an_error() {
    let node = empty_node();
    let checked: CheckReport = post(&node, "/api/v1/check", TURTLE, OWN).await.json();
    assert!(checked.errors > 0);
    let answer = post(&node, "/api/v1/imports?strict=true", TURTLE, OWN).await;
    let problem = refused(&node, &answer);
    let errors = usize::try_from(checked.errors).unwrap();
    assert_eq!(problem.findings, checked.findings[..errors.min(10)]);
    assert!(problem.detail.contains(&format!("{errors} errors")), "{}", problem.detail);
    assert!(problem.findings.iter().any(|finding| finding.line.is_some()));
    refused(&node, &post(&node, "/api/v1/imports?strict=true&dry_run=true", TURTLE, OWN).await);

    let mended = OWN.replace("javascript:alert(1)", "https://sjovik.example/luft.json") + MENDED;
    let done = post(&node, "/api/v1/imports?strict=true", TURTLE, &mended).await;
    assert_eq!(done.json::<ImportReport>().created, 3, "{}", done.text());
    let lenient = post(&node, "/api/v1/imports", TURTLE, OWN).await;
    assert_eq!(lenient.status, StatusCode::OK);
}

#[tokio::test]
async fn a_refusal_lists_the_first_errors_in_the_language_asked() {
    let node = empty_node();
    let each =
        |n| format!("<https://data.example.org/{n}> a <http://www.w3.org/ns/dcat#Dataset> .");
    let many: String = (0..20).map(each).collect();
    let path = "/api/v1/imports?strict=true&language=sv";
    let problem = refused(&node, &post(&node, path, TURTLE, &many).await);
    assert_eq!(problem.findings.len(), 10);
    assert!(problem.detail.contains("60 errors"), "{}", problem.detail);
    assert_eq!(problem.findings[0].message, "datamängden saknar beskrivning");
    // The rules of Europe demand less.
    let path = "/api/v1/imports?strict=true&profile=dcat-ap";
    let problem = refused(&node, &post(&node, path, TURTLE, &many).await);
    assert!(problem.detail.contains("40 errors by the rules of dcat-ap"), "{}", problem.detail);
}

#[tokio::test]
async fn a_strict_import_of_an_address_is_refused_alike() {
    let (node, site) = (empty_node(), Site::start());
    site.serve("/dcat", TURTLE, OWN);
    let address = site.address("/dcat");
    let path = format!("/api/v1/imports?strict=true&address={address}");
    let problem = refused(&node, &post(&node, &path, TURTLE, "").await);
    assert!(problem.findings.iter().any(|finding| finding.line.is_some()));
    let path = format!("/api/v1/imports?address={address}");
    assert_eq!(post(&node, &path, TURTLE, "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_strict_publication_refuses_what_the_check_calls_an_error() {
    let node = empty_node();
    let turtle = "<https://data.example.org/1> a <http://www.w3.org/ns/dcat#Dataset> ;\n\
                  <http://purl.org/dc/terms/title> \"Räkning\"@sv .\n";
    let path = "/api/v1/datasets?strict=true";
    let problem = refused(&node, &post(&node, path, TURTLE, turtle).await);
    let rules: Vec<&str> = problem.findings.iter().map(|finding| &*finding.rule).collect();
    assert_eq!(rules, ["dataset-description", "dataset-publisher"]);
    assert_eq!(problem.findings[0].line, Some(1));

    // A form without a name for the agency lacks a publisher.
    let form = "{\"title\": [{\"text\": \"Räkning\", \"language\": \"sv\"}], \
                \"description\": [{\"text\": \"Bilar\", \"language\": \"sv\"}]}";
    let problem = refused(&node, &post(&node, path, "application/json", form).await);
    let rules: Vec<&str> = problem.findings.iter().map(|finding| &*finding.rule).collect();
    assert_eq!(rules, ["dataset-publisher"]);
    let done = post(&node, "/api/v1/datasets", "application/json", form).await;
    assert_eq!(done.status, StatusCode::OK);
    let report: PublishReport = done.json();
    assert!(report.warnings.iter().any(|found| found.rule == "dataset-publisher"));
}
