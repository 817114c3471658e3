//! Wrong input to every verb: an exit code, an error and a hint.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use crate::node::{self, Canned, Ended, FakeNode, ID, TOKEN, dela};

/// Asserts how it ended, that the error says `message`, and that there is a
/// hint.
fn expect(ended: &Ended, code: i32, message: &str) {
    assert_eq!(ended.code, code, "{ended:?}");
    assert!(ended.stderr.contains("error: "), "{}", ended.stderr);
    assert!(ended.stderr.contains(message), "expected {message:?} in:\n{}", ended.stderr);
    assert!(ended.stderr.contains("\nhint: "), "{}", ended.stderr);
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
}

#[test]
fn a_wrong_command_line_is_told_for_every_verb() {
    let wrong: &[(&[&str], &str)] = &[
        (&["serch"], "unrecognized subcommand 'serch'"),
        (&["status", "now"], "unexpected argument 'now'"),
        (&["search", "--limit", "0"], "a number from 1"),
        (&["search", "--limit", "many"], "a number from 1"),
        (&["search", "--all", "--limit", "5"], "cannot be used with"),
        (&["search", "--kind", "map"], "invalid value 'map'"),
        (&["search", "--sort", "size"], "invalid value 'size'"),
        (&["show"], "required arguments were not provided"),
        (&["show", "badvatten"], "neither an id"),
        (&["show", "3fa4"], "neither an id"),
        (&["show", ID, "--rdf", "csv"], "invalid value 'csv'"),
        (&["show", ID, "--rdf", "--json"], "cannot be used with"),
        (&["check"], "required arguments were not provided"),
        (&["check", "x.ttl", "--format", "csv"], "invalid value 'csv'"),
        (&["check", "x.ttl", "--base", "here"], "an absolute IRI"),
        (&["check", "ftp://data.example.org/x.ttl"], "ftp is not http"),
        (&["import"], "required arguments were not provided"),
        (&["import", "a.ttl", "b.ttl"], "unexpected argument 'b.ttl'"),
        (&["import", "x.ttl", "--base", "here"], "an absolute IRI"),
        (&["import", "x.ttl", "--token", "a", "--data", "b"], "cannot be used with"),
        (&["publish"], "at least a title and a description"),
        (&["publish", "--title", "T@sv"], "at least a title and a description"),
        (&["publish", "--title", ""], "the text is empty"),
        (&["publish", "--distribution", "a.csv"], "an http or https URL"),
        (&["publish", "--download", "a.csv"], "an http or https URL"),
        (&["publish", "--landing-page", "www"], "an http or https URL"),
        (&["publish", "--contact-email", "me"], "an e-mail address"),
        (&["publish", "--iri", "d1"], "an absolute IRI"),
        (&["publish", "x.ttl", "--title", "T"], "cannot be used with"),
        (&["publish", "--format", "turtle"], "required arguments were not provided"),
        (&["withdraw", ID], "--reason <TEXT>"),
        (&["withdraw", ID, "--reason", " "], "say why"),
        (&["withdraw", "badvatten", "--reason", "x"], "neither an id"),
        (&["export", "badvatten"], "neither an id"),
        (&["export", "--signed"], "required arguments were not provided"),
        (&["export", "--proof"], "required arguments were not provided"),
        (&["export", ID, "--signed", "--format", "turtle"], "cannot be used with"),
        (&["export", ID, "--agency", "a"], "cannot be used with"),
        (&["export", ID, "--json"], "not the node's JSON"),
        (&["export", "--format", "csv"], "invalid value 'csv'"),
        (&["agencies", "a", "b"], "unexpected argument 'b'"),
        (&["peers", "x"], "unexpected argument 'x'"),
        (&["sources", "x"], "unrecognized subcommand 'x'"),
        (&["sources", "add"], "required arguments were not provided"),
        (&["sources", "add", "https://a.example/", "--every", "6"], "30m, 6h or 7d"),
        (&["sources", "add", "https://a.example/", "--grace", "30m"], "0h, 72h or 14d"),
        (&["sources", "set", "5ac2f1d0", "--pause", "--resume"], "cannot be used with"),
        (&["sources", "set", "5ac2f1d0", "--token", "t"], "nothing is to be changed"),
        (&["watch", "--since", "yesterday"], "invalid value 'yesterday'"),
        (&["watch", "--limit", "0"], "invalid value '0'"),
        (&["completions"], "required arguments were not provided"),
        (&["completions", "cmd"], "invalid value 'cmd'"),
        (&["status", "--node", "ftp://127.0.0.1"], "not by ftp"),
        (&["status", "--node", ""], "the address is empty"),
        (&["status", "--node", "http://127.0.0.1:port"], "is not a port"),
        (&["status", "--node", "http://bad host"], "is not a host name"),
        (&["status", "--color", "red"], "invalid value 'red'"),
    ];
    for (arguments, message) in wrong {
        let ended = dela(arguments, &[]);
        expect(&ended, 2, message);
        assert!(ended.stdout.is_empty(), "{arguments:?}: {}", ended.stdout);
    }
    let ended = dela(&["status"], &[("DELA_NODE", Path::new("http://:1"))]);
    expect(&ended, 2, "names no host");
}

#[test]
fn what_is_not_there_is_told_with_what_to_do() {
    let node = FakeNode::start();
    expect(&node.dela(&["search", "kattskott"]), 1, "nothing is found for \"kattskott\"");
    expect(&node.dela(&["search", "kattskott", "--theme", "ENVI"]), 1, "within these filters");
    expect(&node.dela(&["search", "--theme", "nowhere"]), 1, "within these filters");
    expect(
        &node.dela(&["search", "--agency", "Ingenstans"]),
        1,
        "no agency is called \"Ingenstans\"",
    );
    expect(&node.dela(&["search", "--agency", "kommun"]), 1, "\"kommun\" fits 2 agencies");
    expect(&node.dela(&["agencies", "ffffffff"]), 1, "no agency is called");
    expect(&node.dela(&["export", "--agency", "Ingenstans"]), 1, "no agency is called");
    expect(&node.dela(&["show", "ffffffff"]), 1, "no dataset has that id");
    expect(&node.dela(&["show", "https://data.example.org/twice"]), 1, "2 agencies describe");
    expect(&node.dela(&["export", "ffffffff", "--signed"]), 1, "no dataset has that id");
    expect(&node.dela(&["watch", "--since", "1"]), 1, "no longer known");
    let withdraw = ["withdraw", "ffffffff", "--reason", "x", "--token", TOKEN];
    expect(&node.dela(&withdraw), 1, "no dataset has that id");
}

#[test]
fn an_empty_search_is_still_json() {
    let ended = FakeNode::start().dela(&["search", "kattskott", "--json"]);
    assert_eq!((ended.code, ended.stdout.trim()), (1, r#"{"total":0,"datasets":[],"facets":[]}"#));
}

#[test]
fn files_that_cannot_be_used_are_told() {
    let node = FakeNode::start();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let empty = file("empty.ttl", " \n");
    let broken = file("broken.ttl", "broken");
    let half = file("half.ttl", "half");
    let json = file("dataset.json", r#"{"titel":[]}"#);
    let absent = folder.path().join("absent.ttl").to_str().unwrap().to_owned();
    for verb in ["check", "import", "publish"] {
        let with = |file: &str| {
            let token: &[&str] = if verb == "check" { &[] } else { &["--token", TOKEN] };
            node.dela(&[&[verb, file], token].concat())
        };
        expect(&with(&absent), 1, "there is no such file");
        expect(&with(folder.path().to_str().unwrap()), 1, "is a folder");
        expect(&with(&empty), 1, "is empty");
        expect(&with("-"), 1, "stdin is empty");
    }
    let ended = node.dela(&["import", &broken, "--token", TOKEN]);
    expect(&ended, 1, &format!("  at {broken}:12\n"));
    expect(&ended, 1, "hint: end the statement with a dot");
    expect(&node.dela(&["import", &half, "--token", TOKEN]), 1, "with `--allow-shrink`");
    node.dela(&["import", &half, "--token", TOKEN, "--allow-shrink"]).done();
    expect(&node.dela(&["publish", &json, "--token", TOKEN]), 1, "does not describe a dataset");
    expect(&node.dela(&["check", &broken]), 1, "has 1 error");
    let nowhere = folder.path().join("no/such/folder.ttl").to_str().unwrap().to_owned();
    expect(&node.dela(&["export", "-o", &nowhere]), 1, "cannot be written");
    expect(&dela(&["man", "-o", &nowhere], &[]), 1, "cannot be written to");
    assert!(node.dela(&["check", &broken, "--json"]).stdout.starts_with(r#"{"format":"turtle""#));
}

#[test]
fn urls_that_cannot_be_used_are_told() {
    let node = FakeNode::answering(|request| match request.line.as_str() {
        line if line.contains("page") => {
            let detail = "https://data.example.org/page is a web page, not RDF";
            Canned::problem(502, "bad-source", detail, "look for a link to DCAT")
        }
        _ => node::answer(request),
    });
    let token = ["--token", TOKEN];
    let page = "https://data.example.org/page";
    for verb in ["check", "import"] {
        let of = |rest: &[&str]| node.dela(&[&[verb], rest, &token].concat());
        expect(&of(&[page]), 1, "is a web page, not RDF");
        expect(&of(&[page, "--format", "turtle"]), 2, "--format is for files");
        expect(&of(&[page, "--base", "https://data.example.org/"]), 2, "--base is for files");
        expect(&of(&["ftp://data.example.org/a"]), 2, "ftp is not http");
    }
    expect(&node.dela(&[&["publish", page], &token[..]].concat()), 2, "where a file is needed");
    let sent = |line: &str| {
        let received = node.received();
        let sent = received.iter().find(|sent| sent.line.starts_with(line)).unwrap();
        assert!(sent.body.is_empty(), "the node fetches it");
        assert_eq!(sent.headers["authorization"], format!("Bearer {TOKEN}"));
    };
    sent("POST /api/v1/check?address=https%3A%2F%2Fdata.example.org%2Fpage");
    sent("POST /api/v1/imports?address=https%3A%2F%2Fdata.example.org%2Fpage");
}

#[test]
fn an_answer_that_breaks_off_is_no_success_and_leaves_no_file() {
    let node = FakeNode::answering(|request| {
        if request.line.contains("/catalogue") {
            return Canned::new(200, "text/turtle", "<urn:a> ").broken_off();
        }
        node::answer(request)
    });
    expect(&node.dela(&["export"]), 3, "broke off");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalogue.ttl");
    expect(&node.dela(&["export", "-o", file.to_str().unwrap()]), 3, "broke off");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Returns an address where nobody listens.
fn unused_address() -> String {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    format!("http://{address}")
}

#[test]
fn a_node_that_is_not_there_is_exit_code_3_for_every_verb() {
    let node = unused_address();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ttl");
    fs::write(&file, "<#d> a <#x> .").unwrap();
    let file = file.to_str().unwrap();
    let verbs: &[&[&str]] = &[
        &["status"],
        &["search", "x"],
        &["search", "--agency", "x"],
        &["show", ID],
        &["show", "https://data.example.org/d/1"],
        &["check", file],
        &["import", file],
        &["publish", file],
        &["publish", "--title", "T", "--description", "D"],
        &["withdraw", ID, "--reason", "x"],
        &["export"],
        &["agencies"],
        &["peers"],
        &["sources"],
        &["sources", "run", "5ac2f1d0"],
        &["watch"],
    ];
    for verb in verbs {
        let ended = dela(&[&["--node", &node], *verb].concat(), &[]);
        expect(&ended, 3, &format!("no node answers at {node}: the connection is refused"));
        assert!(ended.stderr.contains("start a node with `delad`"), "{}", ended.stderr);
    }
}

#[test]
fn what_is_not_a_node_is_told() {
    let page = FakeNode::answering(|_| Canned::new(200, "text/html", "<!doctype html>"));
    expect(&page.dela(&["status"]), 3, "is not a Dela node: it answers 200 OK with a web page");
    expect(&page.dela(&["export"]), 3, "is not a Dela node");
    expect(&page.dela(&["watch"]), 3, "is not a Dela node");
    let other = FakeNode::answering(|_| Canned::new(404, "application/json", "{}"));
    expect(&other.dela(&["status"]), 3, "it answers 404 Not Found with application/json");
    let newer = FakeNode::answering(|_| Canned::json(&[1]));
    expect(&newer.dela(&["status"]), 1, "does not know: invalid type");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let gibberish = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"220 mail.example.org ESMTP\r\n\r\n").unwrap();
    });
    expect(&dela(&["status", "--node", &address], &[]), 3, "it does not speak HTTP");
    gibberish.join().unwrap();
}
