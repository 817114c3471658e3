//! Sources, from the address to what is published: real series of versions,
//! servers that fail in every way, and several sources beside each other.

use dela_protocol::api::{
    ImportReport, Outcome, Problem, SearchPage, Source, SourceList, SourceReport, SourceState,
    Status, Suspicion,
};

use super::fixture::{Node, empty_node, node, patient_node};
use super::site::Site;
use super::{get, id_of, write};

const JSON: &str = "application/json";
const TURTLE: &str = "text/turtle";

/// Makes a catalogue of numbered datasets.
fn catalogue(numbers: impl IntoIterator<Item = u32>) -> String {
    let each = |n| {
        format!(
            "<https://data.example.org/{n}> a <http://www.w3.org/ns/dcat#Dataset> ; \
             <http://purl.org/dc/terms/title> \"Räkning {n}\"@sv .\n"
        )
    };
    numbers.into_iter().map(each).collect::<Vec<_>>().concat()
}

/// Adds a source that gives no grace, and returns its id.
async fn add(node: &Node, address: &str) -> String {
    let body = format!("{{\"address\": \"{address}\", \"grace_hours\": 0}}");
    let answer = write(node, "POST", "/api/v1/sources", JSON, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json::<Source>().id
}

async fn post(node: &Node, id: &str, what: &str) -> SourceReport {
    let path = format!("/api/v1/sources/{id}/{what}");
    let answer = write(node, "POST", &path, JSON, "").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn run(node: &Node, id: &str) -> SourceReport {
    post(node, id, "run").await
}

/// Returns what a run created, changed, withdrew and left as it was.
fn counts(report: &SourceReport) -> (u64, u64, u64, u64) {
    let run = &report.run;
    (run.created, run.changed, run.withdrawn, run.unchanged)
}

async fn datasets(node: &Node) -> u64 {
    get(node, "/api/v1/datasets").await.json::<SearchPage>().total
}

#[tokio::test]
async fn a_source_keeps_the_catalogue_in_step() {
    let (node, site) = (empty_node(), Site::start());
    site.serve("/dcat", TURTLE, catalogue(0..10));
    let id = add(&node, &site.address("/dcat")).await;
    let report = run(&node, &id).await;
    assert_eq!(counts(&report), (10, 0, 0, 0));
    assert_eq!((report.source.state, report.source.records), (SourceState::InStep, 10));
    assert_eq!(datasets(&node).await, 10);

    site.serve("/dcat", TURTLE, catalogue(1..12).replace("Räkning 5", "Mätning 5"));
    let dry: SourceReport = post(&node, &id, "run?dry_run=true").await;
    assert_eq!(counts(&dry), (2, 1, 1, 8));
    assert_eq!(datasets(&node).await, 10, "a dry run changes nothing");
    assert_eq!(counts(&run(&node, &id).await), (2, 1, 1, 8));
    assert_eq!(datasets(&node).await, 11);
    assert_eq!(id_of(&node, "Mätning").await.len(), 32);

    let report = run(&node, &id).await;
    assert_eq!(counts(&report), (0, 0, 0, 11));
    assert_eq!(report.source.runs.len(), 3);
    assert_eq!(node.sources_again().list(), [report.source], "what is told is written down");
}

#[tokio::test]
async fn half_an_answer_adds_and_withdraws_nothing_until_somebody_agrees() {
    let (node, site) = (empty_node(), Site::start());
    site.serve("/dcat", TURTLE, catalogue(0..100));
    let id = add(&node, &site.address("/dcat")).await;
    run(&node, &id).await;

    site.serve("/dcat", TURTLE, catalogue(50..105));
    for _ in 0..5 {
        let report = run(&node, &id).await;
        assert_eq!(report.run.withdrawn, 0);
        assert_eq!(report.source.state, SourceState::Suspicious);
        let waiting = report.source.waiting.unwrap();
        assert_eq!((waiting.datasets, waiting.suspicion), (50, Some(Suspicion::Shrunk)));
    }
    assert_eq!(datasets(&node).await, 105, "what is new went through");
    // Also while the schedule is kept, which must not be quicker.
    node.keeper.start();
    let status: Status = get(&node, "/api/v1/status").await.json();
    assert_eq!((status.sources.total, status.sources.suspicious), (1, 1));
    let metrics = get(&node, "/metrics").await.text();
    assert!(metrics.contains(&format!("dela_source_missing{{source=\"{id}\"}} 50")), "{metrics}");

    let report = post(&node, &id, "accept").await;
    assert_eq!(counts(&report), (0, 0, 50, 55));
    assert_eq!((report.source.state, report.source.waiting), (SourceState::InStep, None));
    assert_eq!(datasets(&node).await, 55);
    let again = write(&node, "POST", &format!("/api/v1/sources/{id}/accept"), JSON, "").await;
    assert_eq!(again.status, 422, "there is nothing to agree to");
}

#[tokio::test]
async fn what_somebody_agreed_to_holds_until_the_source_answers() {
    let (node, site) = (empty_node(), Site::start());
    site.serve("/dcat", TURTLE, catalogue(0..40));
    let id = add(&node, &site.address("/dcat")).await;
    run(&node, &id).await;
    site.serve("/dcat", TURTLE, catalogue(0..10));
    run(&node, &id).await;
    site.raw("/dcat", Vec::new(), false);
    assert_eq!(post(&node, &id, "accept").await.run.outcome, Outcome::Failed);
    assert_eq!(datasets(&node).await, 40);
    // Some of it is back: that was never away.
    site.serve("/dcat", TURTLE, catalogue(0..15));
    let report = run(&node, &id).await;
    assert_eq!((report.run.withdrawn, report.source.state), (25, SourceState::InStep));
    assert_eq!(datasets(&node).await, 15);
}

#[tokio::test]
async fn while_the_node_may_not_publish_no_source_is_asked_and_none_is_blamed() {
    let (node, site) = (empty_node(), Site::start());
    site.serve("/dcat", TURTLE, catalogue(0..3));
    node.world.lock().unwrap().recover();
    let id = add(&node, &site.address("/dcat")).await;
    node.keeper.start();
    let report = run(&node, &id).await;
    assert_eq!(report.run.outcome, Outcome::Failed);
    assert!(report.run.error.unwrap().reason.contains("waits for its own catalogue"));
    assert_eq!(site.asked("/dcat"), 0);
}

#[tokio::test]
async fn a_run_that_stalls_is_ended_by_who_asks_for_it() {
    let (node, site) = (patient_node(), Site::start());
    site.raw("/dcat", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n".to_vec(), true);
    let id = add(&node, &site.address("/dcat")).await;
    let running = run(&node, &id);
    let cancelled = async {
        while site.asked("/dcat") == 0 {
            tokio::task::yield_now().await;
        }
        let path = format!("/api/v1/sources/{id}/run");
        let again = write(&node, "POST", &path, JSON, "").await;
        assert_eq!(again.json::<Problem>().problem_type, "/problems/busy");
        assert_eq!(write(&node, "DELETE", &path, JSON, "").await.status, 200);
    };
    let (report, ()) = tokio::join!(running, cancelled);
    let reason = report.run.error.unwrap().reason;
    assert_eq!(reason, "the run was cancelled");

    // The end of the node is no fault of the source.
    let running = run_until_stopped(&node, &id);
    let stopped = async {
        while site.asked("/dcat") == 1 {
            tokio::task::yield_now().await;
        }
        node.stop.cancel();
    };
    assert_eq!(tokio::join!(running, stopped).0, 503);
    assert_eq!(node.sources_again().list()[0].failures, 1);
    assert_eq!(report.source.running_since, None);
}

/// Asks a source, and returns the status of the answer.
async fn run_until_stopped(node: &Node, id: &str) -> u16 {
    let path = format!("/api/v1/sources/{id}/run");
    write(node, "POST", &path, JSON, "").await.status.as_u16()
}

#[tokio::test]
async fn what_comes_back_was_never_away() {
    let (node, site) = (empty_node(), Site::start());
    site.serve("/dcat", TURTLE, catalogue(0..20));
    let id = add(&node, &site.address("/dcat")).await;
    run(&node, &id).await;
    let commands = node.world.lock().unwrap().commands;
    for _ in 0..4 {
        site.serve("/dcat", TURTLE, catalogue(0..3));
        assert_eq!(run(&node, &id).await.source.state, SourceState::Suspicious);
        site.serve("/dcat", TURTLE, catalogue(0..20));
        assert_eq!(run(&node, &id).await.source.state, SourceState::InStep);
    }
    assert_eq!(node.world.lock().unwrap().commands, commands, "nothing was signed");
}

#[tokio::test]
async fn another_catalogue_of_the_same_size_waits_whole() {
    let (node, site) = (empty_node(), Site::start());
    site.serve("/dcat", TURTLE, catalogue(0..30));
    let id = add(&node, &site.address("/dcat")).await;
    run(&node, &id).await;
    site.serve("/dcat", TURTLE, catalogue(1000..1030));
    let report = run(&node, &id).await;
    assert_eq!(counts(&report), (0, 0, 0, 0));
    let waiting = report.source.waiting.unwrap();
    assert_eq!((waiting.suspicion, waiting.held_back), (Some(Suspicion::Replaced), 30));
    assert_eq!(datasets(&node).await, 30);
    assert_eq!(counts(&post(&node, &id, "accept").await), (30, 0, 30, 0));
}

#[tokio::test]
async fn a_failure_changes_nothing_and_is_gone_when_it_is_over() {
    let (node, site) = (empty_node(), Site::start());
    site.serve("/dcat", TURTLE, catalogue(0..20));
    let id = add(&node, &site.address("/dcat")).await;
    run(&node, &id).await;
    let commands = node.world.lock().unwrap().commands;
    let half = catalogue(0..20).into_bytes();
    let head = |status: &str, length: usize| {
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n").into_bytes()
    };
    let page = b"<!DOCTYPE html><html><body>Underh\xc3\xa5ll</body></html>".to_vec();
    let faults: Vec<(&str, Vec<u8>, bool)> = vec![
        ("nothing at all", Vec::new(), false),
        ("stalls before the head", b"HTTP/1.1 2".to_vec(), true),
        ("stalls in the body", [head("200 OK", 999), b"\r\n<a:".to_vec()].concat(), true),
        ("ends early", [head("200 OK", half.len() + 1), b"\r\n".to_vec(), half].concat(), false),
        ("500", [head("500 Oops", 0), b"\r\n".to_vec()].concat(), false),
        ("404", [head("404 Gone", 0), b"\r\n".to_vec()].concat(), false),
        ("503", [head("503 Later", 0), b"Retry-After: 60\r\n\r\n".to_vec()].concat(), false),
        (
            "a page",
            [head("200 OK", page.len()), b"Content-Type: text/html\r\n\r\n".to_vec(), page.clone()]
                .concat(),
            false,
        ),
        (
            "a page that says it is Turtle",
            [head("200 OK", page.len()), b"Content-Type: text/turtle\r\n\r\n".to_vec(), page]
                .concat(),
            false,
        ),
        (
            "empty",
            [head("200 OK", 0), b"Content-Type: text/turtle\r\n\r\n".to_vec()].concat(),
            false,
        ),
        ("garbage", b"\x00\xff\x13\x37\r\n\r\n".to_vec(), false),
        ("a loop", [head("301 Moved", 0), b"Location: /dcat\r\n\r\n".to_vec()].concat(), false),
        (
            "inside",
            [head("302 Found", 0), b"Location: http://169.254.169.254/latest\r\n\r\n".to_vec()]
                .concat(),
            false,
        ),
    ];
    for (count, (what, bytes, stalls)) in (1..).zip(faults) {
        site.raw("/dcat", bytes, stalls);
        let report = run(&node, &id).await;
        assert_eq!(report.run.outcome, Outcome::Failed, "{what}");
        let source = report.source;
        let error = source.error.unwrap();
        assert!(error.hint.is_some_and(|hint| !hint.is_empty()), "{what}: {}", error.reason);
        assert_eq!((source.state, source.failures), (SourceState::Failing, count));
        assert!(source.next_run_at > source.attempted_at, "{what}");
        assert_eq!(source.running_since, None, "{what}");
    }
    assert_eq!(node.world.lock().unwrap().commands, commands, "nothing was signed");
    site.serve("/dcat", TURTLE, catalogue(0..20));
    let source = run(&node, &id).await.source;
    assert_eq!((source.state, source.failures, source.error), (SourceState::InStep, 0, None));
}

#[tokio::test]
async fn sources_leave_each_other_and_what_is_published_by_hand_alone() {
    let (node, site) = (node(), Site::start());
    let by_hand = datasets(&node).await;
    site.serve("/a", TURTLE, catalogue(0..10));
    site.serve("/b", TURTLE, catalogue(5..15).replace("Räkning", "Mätning"));
    let a = add(&node, &site.address("/a")).await;
    let b = add(&node, &site.address("/b")).await;
    assert_eq!(counts(&run(&node, &a).await), (10, 0, 0, 0));
    let report = run(&node, &b).await;
    assert_eq!((counts(&report), report.run.left), ((5, 0, 0, 0), 5));
    assert_eq!(datasets(&node).await, by_hand + 15);

    // A lets go of what B has too: it is B's now, and is not withdrawn.
    site.serve("/a", TURTLE, catalogue(0..9));
    assert_eq!(counts(&run(&node, &a).await), (0, 0, 0, 9));
    assert_eq!(counts(&run(&node, &b).await), (0, 1, 0, 5));

    // A file replaces what is published by hand, and nothing else.
    let answer =
        write(&node, "POST", "/api/v1/imports?dry_run=true", TURTLE, &catalogue(3..4)).await;
    let report: ImportReport = answer.json();
    assert_eq!((report.created, report.changed), (0, 0));
    assert!(report.warnings.iter().any(|warning| warning.rule == "kept-by-source"));

    // What is removed stays published, and is as if by hand.
    let answer = write(&node, "DELETE", &format!("/api/v1/sources/{a}"), JSON, "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(datasets(&node).await, by_hand + 15);
    let list: SourceList = authorised(&node, "/api/v1/sources").await.json();
    assert_eq!(list.sources.iter().map(|source| &source.id).collect::<Vec<_>>(), [&b]);
}

/// Reads with the token.
async fn authorised(node: &Node, path: &str) -> super::Answer {
    write(node, "GET", path, JSON, "").await
}

#[tokio::test]
async fn where_sources_are_is_told_to_who_may_write() {
    let node = empty_node();
    let id = add(&node, "http://ckan.internal.example/dcat").await;
    for path in ["/api/v1/sources".to_owned(), format!("/api/v1/sources/{id}")] {
        assert_eq!(get(&node, &path).await.status, 401, "{path}");
        assert_eq!(authorised(&node, &path).await.status, 200, "{path}");
    }
    for path in ["/metrics", "/sources", "/sources?lang=en", "/api/v1/status"] {
        let shown = get(&node, path).await;
        assert_eq!(shown.status, 200, "{path}");
        assert!(!shown.text().contains("internal"), "{path}");
    }
}

#[tokio::test]
async fn the_page_tells_how_sources_are_in_two_languages() {
    let (node, site) = (empty_node(), Site::start());
    assert!(get(&node, "/sources").await.text().contains("Noden har inga källor."));
    site.serve("/dcat", TURTLE, catalogue(0..1_200));
    let id = add(&node, &site.address("/dcat")).await;
    run(&node, &id).await;
    let page = get(&node, "/sources?lang=en").await.text();
    assert!(page.contains("✓ In step") && page.contains("1,200"), "{page}");
    site.serve("/dcat", TURTLE, catalogue(0..100));
    run(&node, &id).await;
    let page = get(&node, "/sources").await.text();
    assert!(page.contains("⚠ Misstänkt") && page.contains("försvann på en gång"), "{page}");
    assert!(page.contains(&format!("dela sources accept {id}")), "{page}");
    site.raw("/dcat", b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n".to_vec(), false);
    run(&node, &id).await;
    let page = get(&node, "/?lang=en").await.text();
    assert!(page.contains("1 source cannot be read"), "{page}");
    let page = get(&node, "/sources?lang=en").await.text();
    assert!(page.contains("⚠ Cannot be read"), "{page}");
    assert!(!page.contains(&site.url), "{page}");
}

#[tokio::test]
async fn the_node_imports_and_checks_what_is_at_an_address() {
    let (node, site) = (empty_node(), Site::start());
    site.serve("/dcat", TURTLE, catalogue(0..3));
    let address: String =
        form_urlencoded::byte_serialize(site.address("/dcat").as_bytes()).collect();
    let path = format!("/api/v1/imports?address={address}");
    let report: ImportReport = write(&node, "POST", &path, JSON, "").await.json();
    assert_eq!((report.created, report.datasets), (3, 3));
    let check = format!("/api/v1/check?address={address}");
    assert_eq!(write(&node, "POST", &check, JSON, "").await.status, 200);

    site.raw("/dcat", b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n".to_vec(), false);
    let answer = write(&node, "POST", &path, JSON, "").await;
    let problem: Problem = answer.json();
    assert_eq!((problem.status, &*problem.problem_type), (502, "/problems/bad-source"));
    for inside in ["http://169.254.169.254/", "http://localhost:1/", "file:///etc/passwd"] {
        let address: String = form_urlencoded::byte_serialize(inside.as_bytes()).collect();
        let path = format!("/api/v1/imports?address={address}");
        let problem: Problem = write(&node, "POST", &path, JSON, "").await.json();
        assert_eq!(problem.status, 422, "{inside}: {}", problem.detail);
    }
}

#[tokio::test]
async fn what_has_not_changed_is_not_read_when_it_is_due() {
    let (node, site) = (empty_node(), Site::start());
    site.serve("/dcat", TURTLE, catalogue(0..3));
    let id = add(&node, &site.address("/dcat")).await;
    run(&node, &id).await;
    // By hand the whole of it is read, and a source that is due asks first.
    assert_eq!(run(&node, &id).await.run.outcome, Outcome::TakenIn);
    node.keeper.start();
    let soon = "{\"every_minutes\": 5}";
    let path = format!("/api/v1/sources/{id}");
    assert_eq!(write(&node, "PATCH", &path, JSON, soon).await.status, 200);
    assert_eq!(site.asked("/dcat"), 2, "it is not due for minutes");
    // Somebody's word makes it due; there is none to give, so it is added anew.
    write(&node, "DELETE", &path, JSON, "").await;
    add(&node, &site.address("/dcat")).await;
    let read = async {
        while node.keeper.sources().source(&id).unwrap().runs.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), read).await.unwrap();
    assert_eq!(site.asked("/dcat"), 3);
    node.stop.cancel();
}

// Real series of versions.

fn versions(of: &str) -> Vec<(String, Vec<u8>)> {
    let folder = std::env::var_os("DELA_CORPUS").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"),
        std::path::PathBuf::from,
    );
    let Ok(found) = std::fs::read_dir(folder.join("versions")) else {
        println!("skipped: no corpus at {}", folder.display());
        return Vec::new();
    };
    let mut paths: Vec<_> = found
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(of))
        .collect();
    paths.sort();
    let name = |path: &std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (name(path), std::fs::read(path).unwrap())).collect()
}

/// Replays a series through one source, and shows what each version did.
async fn replay(of: &str, media_type: &str) -> String {
    use std::fmt::Write as _;
    let (node, site) = (empty_node(), Site::start());
    let mut shown = String::new();
    let mut id = String::new();
    for (name, bytes) in versions(of) {
        site.serve("/dcat", media_type, &bytes);
        if id.is_empty() {
            id = add(&node, &site.address("/dcat")).await;
        }
        let report = run(&node, &id).await;
        let waiting = report.source.waiting.as_ref();
        let error =
            report.run.error.as_ref().map(|error| error.reason.replace(&site.url, "[SITE]"));
        writeln!(
            shown,
            "{name}: {:?} {:?} waiting {:?} {}",
            report.run.outcome,
            counts(&report),
            waiting.map(|waiting| (waiting.records, waiting.suspicion, waiting.held_back)),
            error.unwrap_or_default()
        )
        .unwrap();
    }
    shown
}

#[tokio::test]
async fn the_versions_of_scb_are_replayed() {
    let shown = replay("SCB-", "application/rdf+xml").await;
    if !shown.is_empty() {
        insta::assert_snapshot!("replay_scb", shown);
    }
}

#[tokio::test]
async fn the_versions_of_raa_are_replayed() {
    let shown = replay("RAA-", "application/rdf+xml").await;
    if !shown.is_empty() {
        insta::assert_snapshot!("replay_raa", shown);
    }
}

/// A dataset without a description, which DCAT-AP-SE demands.
fn faulty(number: u32) -> String {
    catalogue([number])
}

/// A dataset with all that DCAT-AP-SE demands.
fn faultless(number: u32) -> String {
    format!(
        "@prefix dcat: <http://www.w3.org/ns/dcat#> .\n\
         @prefix dcterms: <http://purl.org/dc/terms/> .\n\
         @prefix foaf: <http://xmlns.com/foaf/0.1/> .\n\
         <https://data.example.org/{number}> a dcat:Dataset ;\n\
         dcterms:title \"Räkning {number}\"@sv ; dcterms:description \"Bilar\"@sv ;\n\
         dcterms:publisher <https://data.example.org/agency> .\n\
         <https://data.example.org/agency> a foaf:Agent ; foaf:name \"Sjöviks kommun\" ;\n\
         dcterms:type <http://purl.org/adms/publishertype/LocalAuthority> .\n"
    )
}

#[tokio::test]
async fn a_strict_source_is_refused_for_its_errors_and_withdraws_nothing() {
    let (node, site) = (empty_node(), Site::start());
    site.serve("/dcat", TURTLE, faultless(1));
    let address = site.address("/dcat");
    let body = format!("{{\"address\": \"{address}\", \"grace_hours\": 0, \"strict\": true}}");
    let answer = write(&node, "POST", "/api/v1/sources", JSON, &body).await;
    let source = answer.json::<Source>();
    assert!(source.strict);
    let id = source.id;
    let report = run(&node, &id).await;
    assert_eq!((counts(&report), report.run.error), ((1, 0, 0, 0), None));

    site.serve("/dcat", TURTLE, faulty(2));
    let report = run(&node, &id).await;
    assert_eq!(report.run.outcome, Outcome::Failed);
    assert_eq!((report.source.state, report.source.failures), (SourceState::Refused, 1));
    let error = report.source.error.clone().unwrap();
    assert!(error.reason.contains("the check finds"), "{}", error.reason);
    let found: Vec<&str> = error.findings.iter().map(|finding| &*finding.rule).collect();
    assert_eq!(found, ["dataset-description", "dataset-publisher"]);
    assert_eq!(error.findings[0].line, Some(1));
    assert_eq!(datasets(&node).await, 1, "nothing new, and nothing withdrawn");
    let status = get(&node, "/api/v1/status").await.json::<Status>();
    assert_eq!((status.sources.failing, status.sources.refused), (0, 1));
    let page = get(&node, "/sources?lang=sv").await;
    assert!(page.text().contains("Avvisad"), "{}", page.text());
    assert_eq!(node.sources_again().list(), [report.source], "what is told is written down");

    // The same answer is judged again as soon as errors are allowed.
    let path = format!("/api/v1/sources/{id}");
    let lenient: Source = write(&node, "PATCH", &path, JSON, "{\"strict\": false}").await.json();
    assert!(!lenient.strict);
    let report = run(&node, &id).await;
    assert_eq!((report.run.created, report.source.error), (1, None));
}

#[tokio::test]
async fn an_answer_that_is_known_is_judged_when_its_source_becomes_strict() {
    let (node, site) = (empty_node(), Site::start());
    site.serve("/dcat", TURTLE, faulty(1));
    let id = add(&node, &site.address("/dcat")).await;
    assert_eq!(run(&node, &id).await.run.created, 1);
    let path = format!("/api/v1/sources/{id}");
    write(&node, "PATCH", &path, JSON, "{\"strict\": true}").await;
    let report = run(&node, &id).await;
    assert_eq!(report.source.state, SourceState::Refused);
    assert_eq!(datasets(&node).await, 1);
}
