//! Two nodes that a browser looks at.

use std::fs;
use std::path::Path;

use dela_cli::SearchQuery;
use dela_testnet::cluster::{Cluster, Member};
use dela_testnet::{sample, up};

use super::driver::Browser;

/// Two nodes, of which the first has a catalogue of its own; both hold it.
pub(crate) struct Site {
    pub(crate) cluster: Cluster,
}

impl Site {
    /// Starts the nodes with the catalogue of a sample agency.
    pub(crate) fn start() -> Self {
        Self::with_catalogue(sample::agencies(1)[0].catalogue.unwrap())
    }

    /// Starts the nodes with a catalogue in Turtle, in which `https://node.example`
    /// stands for the first of them: no other address is there to follow a link to.
    pub(crate) fn with_catalogue(turtle: &str) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_dela-testnet"));
        let mut cluster = Cluster::start(program, sample::agencies(2), None).unwrap();
        let turtle = turtle.replace("https://node.example", &cluster.members[0].http);
        let imported = up::import(&cluster.members[0].client, &turtle).unwrap();
        cluster.wait_for_agreement(imported.datasets).unwrap();
        Self { cluster }
    }

    /// Returns the address of the first node.
    pub(crate) fn first(&self) -> &str {
        &self.cluster.members[0].http
    }

    /// Returns the address of the second node.
    pub(crate) fn second(&self) -> &str {
        &self.cluster.members[1].http
    }

    /// Returns the id of the first hit for some words.
    pub(crate) fn id_of(&self, words: &str) -> String {
        let query = SearchQuery { words: words.to_owned(), ..SearchQuery::default() };
        let found = self.cluster.members[0].client.search(&query).unwrap().value;
        found.datasets[0].id.to_string()
    }

    /// Returns the id of the agency that has datasets.
    pub(crate) fn agency(&self) -> String {
        let query = SearchQuery::default();
        let found = self.cluster.members[0].client.search(&query).unwrap().value;
        found.datasets[0].agency.to_string()
    }

    /// Returns the paths of the pages that everybody may see.
    pub(crate) fn open_pages(&self) -> Vec<String> {
        let (dataset, agency) = (self.id_of(""), self.agency());
        vec![
            "/".to_owned(),
            "/?q=data".to_owned(),
            "/?q=finnsinte".to_owned(),
            format!("/dataset/{dataset}"),
            "/agencies".to_owned(),
            format!("/agency/{agency}"),
            "/federation".to_owned(),
            "/federation/council".to_owned(),
            "/insight".to_owned(),
            format!("/insight?agency={agency}"),
            "/insight/agencies".to_owned(),
            "/quality".to_owned(),
            "/sources".to_owned(),
            "/share".to_owned(),
            "/finns-inte".to_owned(),
        ]
    }
}

/// The paths of the tasks of who is signed in.
const TASKS: [&str; 6] = [
    "/share",
    "/share/dataset",
    "/share/import",
    "/share/sources",
    "/share/datasets",
    "/share/federation",
];

/// Returns the paths of the pages that one must be signed in for, those in the
/// middle of a task too, for which it is begun.
pub(crate) fn closed_pages(browser: &Browser, site: &Site) -> Vec<String> {
    sign_in(browser, site);
    let mut paths: Vec<String> = TASKS.map(str::to_owned).into();
    paths.push(format!("/share/withdraw?id={}", site.id_of("")));
    browser.go(&format!("{}/share/dataset?lang=sv", site.first()));
    super::journey::fill_in(browser, site);
    browser.follow(".dataset-form .buttons button");
    paths.push(path_of(browser, site, "/share/dataset/preview"));
    let file = site.cluster.folder().join("katalog.ttl");
    fs::write(&file, sample::agencies(2)[1].catalogue.unwrap()).unwrap();
    browser.go(&format!("{}/share/import?lang=sv", site.first()));
    browser.type_into("input[type=file]", file.to_str().unwrap());
    browser.follow("form[action^='/share/import/file'] button[type=submit]");
    paths.push(path_of(browser, site, "/share/import/difference"));
    paths
}

/// Returns the path of the page that is shown, without its language.
fn path_of(browser: &Browser, site: &Site, expected: &str) -> String {
    let address = browser.address();
    let path = address.strip_prefix(site.first()).unwrap();
    assert!(path.starts_with(expected), "{path}: {}", browser.text("main"));
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query: Vec<&str> = query.split('&').filter(|part| !part.starts_with("lang=")).collect();
    if query.join("").is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

/// Signs in at the first node.
pub(crate) fn sign_in(browser: &Browser, site: &Site) {
    sign_in_at(browser, &site.cluster.members[0]);
}

/// Signs in at a node.
pub(crate) fn sign_in_at(browser: &Browser, node: &Member) {
    let token = fs::read_to_string(node.data.join("token")).unwrap();
    browser.go(&format!("{}/share?lang=sv", node.http));
    browser.type_into("input[type=password]", token.trim());
    browser.follow("main form button[type=submit]");
    assert!(!browser.has("input[type=password]"), "{}", browser.text("main"));
}
