//! What is data, what is talk, and what programs can rely on.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};

use crate::node::{Canned, FakeNode, ID, RECORD, TOKEN, TURTLE, dela};

#[test]
fn json_is_the_nodes_own_with_what_later_versions_add() {
    let plain = FakeNode::start().dela(&["peers", "--json"]).done();
    let later = plain.trim_end().replacen('{', r#"{"added":1.50,"#, 1);
    let body = later.clone();
    let node = FakeNode::answering(move |_| Canned::new(200, "application/json", body.clone()));
    assert_eq!(node.dela(&["peers", "--json"]).done(), format!("{later}\n"));
}

#[test]
fn every_reading_and_writing_verb_speaks_json() {
    let node = FakeNode::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ttl");
    fs::write(&file, "<#d> a <#x> .").unwrap();
    let file = file.to_str().unwrap();
    let verbs: &[&[&str]] = &[
        &["status"],
        &["search"],
        &["search", "--facets"],
        &["search", "--all"],
        &["show", ID],
        &["show", ID, "--proof"],
        &["export", ID, "--proof"],
        &["check", file],
        &["import", file, "--token", TOKEN],
        &["publish", file, "--token", TOKEN],
        &["withdraw", ID, "--reason", "x", "--token", TOKEN],
        &["agencies"],
        &["agencies", "sjöviks"],
        &["peers"],
        &["peers", "--all"],
    ];
    for verb in verbs {
        let written = node.dela(&[*verb, &["--json"]].concat()).done();
        let value: serde_json::Value = serde_json::from_str(&written).expect(&written);
        assert!(value.is_object(), "{verb:?}");
    }
    let lines = node.dela(&["watch", "--since", "40", "--limit", "2", "--json"]).done();
    assert_eq!(lines.lines().count(), 2);
    for line in lines.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}

#[test]
fn talk_is_on_stderr_and_quiet_ends_it() {
    let node = FakeNode::start();
    let ended = node.dela(&["search"]);
    assert!(ended.stdout.starts_with("ID "), "{}", ended.stdout);
    assert!(ended.stderr.contains("2 found") && ended.stderr.contains("hint: "));
    assert_eq!(node.dela(&["search", "--quiet"]).stderr, "");
    let coloured = node.dela(&["search", "evil", "--color", "always"]).done();
    assert!(coloured.contains("\u{1b}[1m"), "{coloured}");
    assert!(coloured.contains("Evil \u{fffd}[31m\u{fffd}title"), "{coloured}");
}

#[test]
fn titles_are_in_the_language_of_the_locale() {
    let node = FakeNode::start();
    let arguments = ["--node", &node.url, "search"];
    assert!(dela(&arguments, &[]).done().contains("Bathing"));
    let swedish = [("LANG", std::path::Path::new("sv_SE.UTF-8"))];
    assert!(dela(&arguments, &swedish).done().contains("Badvatten"));
}

#[test]
fn all_pages_become_one() {
    let node = FakeNode::start();
    let written = node.dela(&["search", "paged", "--all", "--json"]).done();
    let page: serde_json::Value = serde_json::from_str(&written).unwrap();
    assert_eq!(page["datasets"].as_array().unwrap().len(), 2);
    assert!(page.get("next").is_none());
    let lines: Vec<String> = node.received().into_iter().map(|request| request.line).collect();
    assert_eq!(
        lines,
        [
            "GET /api/v1/datasets?q=paged&limit=100",
            "GET /api/v1/datasets?q=paged&limit=100&after=c2"
        ]
    );
}

#[test]
fn filters_go_to_the_node_as_the_api_names_them() {
    let node = FakeNode::start();
    let flags = "search bad vatten --agency fjällboda --theme ENVI --theme TRAN --licence CC0-1.0 \
                 --format CSV --kind data-service --sort modified --limit 7";
    node.dela(&flags.split_whitespace().collect::<Vec<_>>()).done();
    let expected = format!(
        "GET /api/v1/datasets?q=bad%20vatten&agency={}&theme=ENVI&theme=TRAN&licence=CC0-1.0\
         &format=CSV&kind=data_service&sort=modified&limit=7",
        "02".repeat(32)
    );
    assert_eq!(node.received().pop().unwrap().line, expected);
}

#[test]
fn flags_become_a_dataset_of_the_api() {
    let node = FakeNode::start();
    let arguments = [
        "publish",
        "--token",
        TOKEN,
        "--title",
        "Badvatten@sv",
        "--description",
        "Prover",
        "--licence",
        "CC0-1.0",
        "--distribution",
        "https://data.example.org/api",
        "--download",
        "https://data.example.org/1.csv,CSV",
    ];
    node.dela(&arguments).done();
    let sent = node.received().pop().unwrap();
    assert_eq!(sent.headers.get("content-type").map(String::as_str), Some("application/json"));
    let dataset: dela_protocol::api::NewDataset = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(dataset.title[0].language.as_deref(), Some("sv"));
    assert_eq!(dataset.description[0].language, None);
    assert_eq!(dataset.distribution.len(), 2);
    assert_eq!(dataset.distribution[1].format.as_deref(), Some("CSV"));
}

#[test]
fn a_source_is_made_strict_and_lenient_again() {
    let node = FakeNode::start();
    let with_token = |arguments: &[&str]| {
        node.dela(&[arguments, &["--token", TOKEN]].concat()).done();
        String::from_utf8(node.received().pop().unwrap().body).unwrap()
    };
    let address = "https://data.example.org/1/dcat.rdf";
    let added = with_token(&["sources", "add", address, "--strict"]);
    assert_eq!(added, format!("{{\"address\":\"{address}\",\"strict\":true}}"));
    let set = |flag| with_token(&["sources", "set", "5ac2f1d0", flag]);
    assert_eq!(set("--strict"), "{\"strict\":true}");
    assert_eq!(set("--lenient"), "{\"strict\":false}");
}

#[test]
fn exports_are_the_exact_bytes() {
    let node = FakeNode::start();
    assert_eq!(node.dela(&["export", ID, "--signed"]).bytes, RECORD);
    assert_eq!(node.dela(&["export", "3fa4b21c"]).done(), TURTLE);
    assert_eq!(node.dela(&["show", "3fa4b21c", "--rdf"]).done(), TURTLE);
    assert_eq!(node.dela(&["export"]).done(), TURTLE);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("record.cose");
    node.dela(&["export", ID, "--signed", "-o", file.to_str().unwrap()]).done();
    assert_eq!(fs::read(&file).unwrap(), RECORD);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    let lines: Vec<String> = node.received().into_iter().map(|request| request.line).collect();
    let own = format!("GET /api/v1/agencies/{}/catalogue?format=turtle", "01".repeat(32));
    assert!(lines.contains(&own), "{lines:?}");
}

#[test]
fn a_long_file_is_sent_whole_from_stdin() {
    let node = FakeNode::start();
    let long = format!("# {}\n<#d> a <#x> .\n", "x".repeat(3 * 1024 * 1024));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long");
    fs::write(&path, &long).unwrap();
    let ended = Command::new(env!("CARGO_BIN_EXE_dela"))
        .args(["--node", &node.url, "check", "-", "--format", "turtle"])
        .env_clear()
        .stdin(fs::File::open(&path).unwrap())
        .output()
        .unwrap();
    assert!(ended.status.success(), "{ended:?}");
    let sent = node.received().pop().unwrap();
    assert_eq!(
        (sent.line.as_str(), sent.body.len()),
        ("POST /api/v1/check?format=turtle", long.len())
    );
}

#[test]
fn a_closed_pipe_is_success() {
    let body = "<urn:a> <urn:b> <urn:c> .\n".repeat(200_000);
    let node = FakeNode::answering(move |request| {
        if request.line.contains("/catalogue") {
            return Canned::new(200, "text/turtle", body.clone());
        }
        crate::node::answer(request)
    });
    let mut child = Command::new(env!("CARGO_BIN_EXE_dela"))
        .args(["--node", &node.url, "export"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(said, "");
}
