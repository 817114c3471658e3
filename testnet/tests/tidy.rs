//! The rules of this repository that no linter knows.
//!
//! Invariant: every failure says the file, the line and what to do. Only files
//! that git tracks are read, so a build or an editor's leavings break nothing.

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file that tests live beside may be long; what is not tests may not.
const LINES_MAX: usize = 800;

/// The most packages Cargo.lock may name. There are 589: libp2p takes some 260,
/// tantivy 70, the HTTP side 60, encrypted key files 21. Raising this is a decision: say in the commit
/// what the new packages replace and what they cost.
const PACKAGES_MAX: usize = 600;

/// All that the protocol may depend on, directly and not, without features.
/// Each crate here was read for what it does with clocks, chance and files.
const PROTOCOL_DEPENDENCIES: &[&str] = &[
    "arrayvec",
    "blake3",
    "block-buffer",
    "cfg-if",
    "constant_time_eq",
    "cpufeatures",
    "crypto-common",
    "curve25519-dalek",
    "curve25519-dalek-derive",
    "data-encoding",
    "dela-protocol",
    "deranged",
    "digest",
    "ed25519",
    "ed25519-dalek",
    "fiat-crypto",
    "half",
    "hybrid-array",
    "libc",
    "num-conv",
    "powerfmt",
    "proc-macro2",
    "quote",
    "serde",
    "serde_bytes",
    "serde_cbor",
    "serde_core",
    "serde_derive",
    "sha2",
    "signature",
    "subtle",
    "syn",
    "thiserror",
    "thiserror-impl",
    "time",
    "time-core",
    "typenum",
    "unicode-ident",
    "zeroize",
];

/// What the client must never link.
const NOT_IN_CLI: &[&str] = &["libp2p", "sled", "tantivy", "axum", "tokio", "dela-node"];

/// File names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "common", "types", "misc", "prelude"];

/// A tracked file.
struct File {
    /// Relative to the root of the repository, with forward slashes.
    path: String,
    /// What it holds; empty for what is not text.
    text: String,
}

impl File {
    fn is(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }

    fn stem(&self) -> &str {
        Path::new(&self.path).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
    }

    /// Lines with their numbers, counted from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Lines of Markdown that are not inside a fence.
    fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut fenced = false;
        self.lines().filter(move |(_, line)| {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            !fenced && !fence
        })
    }
}

/// What was found wrong.
#[derive(Default)]
struct Findings(String);

impl Findings {
    fn add(&mut self, path: &str, line: usize, remedy: impl core::fmt::Display) {
        writeln!(self.0, "{path}:{line}: {remedy}").expect("writing to a string works");
    }

    fn none(self) {
        assert!(self.0.is_empty(), "\n{}", self.0);
    }
}

fn root() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.parent().expect("the crate lies in the repository").to_owned()
}

/// Returns the paths of all tracked files; without git, of all files but those
/// that are built or hidden.
fn paths() -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    if let Ok(output) = listed
        && output.status.success()
        && !output.stdout.is_empty()
    {
        let text = String::from_utf8(output.stdout).expect("paths here are UTF-8");
        return text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    }
    let mut found = Vec::new();
    walk(&root(), &mut found);
    found
}

fn walk(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("the repository can be read").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if name == "target" || name == ".git" {
            continue;
        }
        if path.is_dir() {
            walk(&path, found);
        } else if let Ok(relative) = path.strip_prefix(root()) {
            found.push(relative.to_string_lossy().replace('\\', "/"));
        }
    }
}

fn files() -> Vec<File> {
    paths()
        .into_iter()
        .filter(|path| root().join(path).is_file())
        .map(|path| {
            let bytes = fs::read(root().join(&path)).expect("a tracked file can be read");
            File { text: String::from_utf8(bytes).unwrap_or_default(), path }
        })
        .collect()
}

fn rust_files() -> impl Iterator<Item = File> {
    files().into_iter().filter(|file| file.is("rs"))
}

fn markdown_files() -> impl Iterator<Item = File> {
    files().into_iter().filter(|file| file.is("md"))
}

fn read(path: &str) -> File {
    let text = fs::read_to_string(root().join(path));
    let text = text.unwrap_or_else(|error| panic!("{path}: cannot be read: {error}"));
    File { path: path.to_owned(), text }
}

#[test]
fn every_rust_file_says_why_it_exists() {
    let mut findings = Findings::default();
    for file in rust_files() {
        let first = file.lines().find(|(_, line)| !line.starts_with("#!["));
        if !first.is_some_and(|(_, line)| line.starts_with("//! ")) {
            findings.add(&file.path, 1, "open with `//!`: why this module exists, its invariant");
        }
    }
    findings.none();
}

#[test]
fn no_file_is_too_long() {
    let mut findings = Findings::default();
    for file in rust_files() {
        let is_test = file.path.contains("/tests/");
        let code = file
            .lines()
            .position(|(_, line)| line.trim_end() == "#[cfg(test)]" && !is_test)
            .unwrap_or_else(|| file.lines().count());
        if code > LINES_MAX {
            findings.add(
                &file.path,
                LINES_MAX,
                format!("{code} lines without tests: split by noun, at most {LINES_MAX}"),
            );
        }
    }
    findings.none();
}

#[test]
fn file_names_say_what_is_inside() {
    let mut findings = Findings::default();
    for file in rust_files() {
        if EMPTY_NAMES.contains(&file.stem()) {
            findings.add(&file.path, 1, "name the file after the one noun it is about");
        }
        if file.stem() == "mod" {
            findings.add(&file.path, 1, "use x.rs beside the folder x/, not x/mod.rs");
        }
    }
    findings.none();
}

#[test]
fn nothing_is_left_for_later() {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let mut findings = Findings::default();
    for file in files().iter().filter(|file| !file.path.starts_with("testnet/samples/")) {
        for (line, text) in file.lines() {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric());
            if let Some(mark) = words.into_iter().find(|word| marks.contains(word)) {
                findings.add(&file.path, line, format!("do it, or name an issue: {mark}"));
            }
        }
    }
    findings.none();
}

#[test]
fn no_test_is_ignored() {
    let mut findings = Findings::default();
    let ignore = concat!("#[", "ignore");
    for file in rust_files() {
        for (line, text) in file.lines().filter(|(_, text)| text.trim().starts_with(ignore)) {
            findings.add(&file.path, line, format!("mend or delete the test: {}", text.trim()));
        }
    }
    findings.none();
}

#[test]
fn no_path_of_somebodys_machine_is_named() {
    let roots = [concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/ro", "ot/")];
    let mut findings = Findings::default();
    for file in files() {
        for (line, text) in file.lines() {
            let named = roots.iter().any(|root| {
                text.match_indices(root).any(|(at, _)| {
                    let before = text.get(..at).and_then(|before| before.chars().next_back());
                    // Inside a URL or a longer path it is something else.
                    !before.is_some_and(|c| c.is_alphanumeric() || "./-_~*}".contains(c))
                })
            });
            if named {
                findings.add(&file.path, line, "use a path relative to the repository");
            }
        }
    }
    findings.none();
}

/// Returns the names of all packages that `package` links in normal use here.
fn dependencies(package: &str) -> BTreeSet<String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "-p", package, "-e", "normal", "--prefix", "none", "--offline", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn the_protocol_depends_on_what_is_listed() {
    let mut findings = Findings::default();
    for name in dependencies("dela-protocol") {
        if !PROTOCOL_DEPENDENCIES.contains(&name.as_str()) {
            findings.add(
                "protocol/Cargo.toml",
                1,
                format!("{name} is new below the protocol: do without, or list it in {}", file!()),
            );
        }
    }
    findings.none();
}

#[test]
fn the_client_knows_only_the_api() {
    let mut findings = Findings::default();
    for name in dependencies("dela-cli") {
        if NOT_IN_CLI.iter().any(|never| name == *never || name.starts_with("libp2p-")) {
            findings.add(
                "cli/Cargo.toml",
                1,
                format!("the client must not link {name}: what it needs, the API has"),
            );
        }
    }
    findings.none();
}

#[test]
fn the_lock_file_does_not_grow_unnoticed() {
    let lock = read("Cargo.lock");
    let packages = lock.lines().filter(|(_, line)| *line == "[[package]]").count();
    assert!(
        packages <= PACKAGES_MAX,
        "Cargo.lock:1: {packages} packages, at most {PACKAGES_MAX} are agreed: do without the \
         new ones, or raise PACKAGES_MAX in {} and say in the commit what they cost",
        file!()
    );
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let mut findings = Findings::default();
    for file in files().iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        // The fuzzers are a workspace of their own, built with other flags.
        let fuzz = file.path.starts_with("fuzz/");
        if !fuzz && !file.text.contains("[lints]\nworkspace = true") {
            findings.add(&file.path, 1, "add `[lints]` with `workspace = true`");
        }
    }
    findings.none();
}

/// Returns the targets of the links in a line of Markdown.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next())
}

/// Returns the name a heading can be linked by.
fn anchor(heading: &str) -> String {
    heading
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

fn has_anchor(file: &File, wanted: &str) -> bool {
    file.prose().any(|(_, line)| {
        let heading = line.trim_start_matches('#');
        heading.len() < line.len() && heading.starts_with(' ') && anchor(heading) == wanted
    })
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut findings = Findings::default();
    for file in markdown_files() {
        let folder = root().join(&file.path);
        let folder = folder.parent().expect("a file lies in a folder");
        for (line, text) in file.prose() {
            for link in links(text).filter(|link| !link.contains("://")) {
                if link.starts_with("mailto:") {
                    continue;
                }
                let (path, heading) = link.split_once('#').unwrap_or((link, ""));
                let target =
                    if path.is_empty() { root().join(&file.path) } else { folder.join(path) };
                if !target.exists() {
                    findings.add(&file.path, line, format!("{link} leads nowhere: mend the link"));
                } else if !heading.is_empty() {
                    let text = fs::read_to_string(&target).unwrap_or_default();
                    if !has_anchor(&File { path: link.to_owned(), text }, heading) {
                        findings.add(&file.path, line, format!("no heading for {link}: mend it"));
                    }
                }
            }
        }
    }
    findings.none();
}

#[test]
fn every_page_named_in_code_exists() {
    let mut findings = Findings::default();
    for file in files().iter().filter(|file| !file.is("md") && !file.is("lock")) {
        for (line, text) in file.lines() {
            for (at, _) in text.match_indices("docs/") {
                let inside = text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '/');
                let rest = &text[at..];
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "/-_.".contains(c)));
                let page = rest[..end.unwrap_or(rest.len())].trim_end_matches('.');
                let is_page = Path::new(page).extension().is_some_and(|found| found == "md");
                if !inside && is_page && !root().join(page).is_file() {
                    findings.add(&file.path, line, format!("{page} does not exist: mend the name"));
                }
            }
        }
    }
    findings.none();
}

/// A claim about what somebody cannot do is worth as much as the test beside it.
#[test]
fn every_row_of_the_threat_model_names_tests_that_exist() {
    let page = read("docs/explanation/threat-model.md");
    let sources: String = rust_files().map(|file| file.text).collect();
    let mut findings = Findings::default();
    let mut rows = 0;
    for (line, text) in page.prose().filter(|(_, text)| text.starts_with("| ")) {
        let last = text.trim_end_matches([' ', '|']).rsplit(" | ").next().unwrap_or_default();
        if text.starts_with("| ---") || last == "and no further, as shown by" {
            continue;
        }
        rows += 1;
        let tests: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
        if tests.is_empty() {
            findings.add(&page.path, line, "name the test that shows it");
        }
        for test in tests {
            if !sources.contains(&format!("fn {test}(")) && !sources.contains(&format!("{test}:")) {
                findings.add(&page.path, line, format!("there is no test {test}"));
            }
        }
    }
    assert!(rows > 30, "only {rows} rows were found");
    findings.none();
}

fn pages() -> impl Iterator<Item = File> {
    markdown_files().filter(|file| file.path.starts_with("docs/"))
}

#[test]
fn every_page_has_one_title() {
    let mut findings = Findings::default();
    for page in pages() {
        let titles: Vec<_> = page.prose().filter(|(_, line)| line.starts_with("# ")).collect();
        match titles.as_slice() {
            [] => findings.add(&page.path, 1, "begin with a title: `# ...`"),
            [_] => {}
            [_, (line, _), ..] => findings.add(&page.path, *line, "one title a page: use `##`"),
        }
    }
    findings.none();
}

#[test]
fn the_index_lists_every_page() {
    let index = read("docs/README.md");
    let linked: BTreeSet<&str> = index.prose().flat_map(|(_, line)| links(line)).collect();
    let mut findings = Findings::default();
    for page in pages().filter(|page| page.path != "docs/README.md") {
        let link = page.path.strip_prefix("docs/").expect("a page lies under docs");
        if !linked.contains(link) {
            findings.add("docs/README.md", 1, format!("list [...]({link})"));
        }
    }
    findings.none();
}

#[test]
fn every_decision_is_whole() {
    let sections =
        ["## Context", "## Decision", "## Consequences", "## What would change our mind"];
    let mut findings = Findings::default();
    let mut decisions: Vec<_> =
        pages().filter(|page| page.path.starts_with("docs/decisions/")).collect();
    decisions.sort_by(|a, b| a.path.cmp(&b.path));
    for (number, decision) in (1..).zip(&decisions) {
        if !decision.stem().starts_with(&format!("{number:04}-")) {
            findings.add(&decision.path, 1, format!("number it {number:04}: none may be missing"));
        }
        for section in sections {
            if !decision.prose().any(|(_, line)| line == section) {
                findings.add(&decision.path, 1, format!("add the section `{section}`"));
            }
        }
    }
    findings.none();
}

#[test]
fn no_test_file_is_forgotten() {
    let files = files();
    let mut findings = Findings::default();
    for file in files.iter().filter(|file| file.is("rs")) {
        let Some((package, inner)) = file.path.split_once("/tests/") else { continue };
        if inner == "main.rs" {
            let manifest = format!("{package}/Cargo.toml");
            if !files.iter().any(|f| f.path == manifest && f.text.contains("autotests = false")) {
                findings.add(&manifest, 1, "set `autotests = false`: one test binary a crate");
            }
            continue;
        }
        if inner.contains("/fixtures/") {
            continue;
        }
        let parent = match inner.rsplit_once('/') {
            Some((folder, _)) => format!("{package}/tests/{folder}.rs"),
            None => format!("{package}/tests/main.rs"),
        };
        let declaration = format!("mod {};", file.stem());
        let is_declared = files.iter().any(|other| {
            other.path == parent
                && other.lines().any(|(_, line)| line.trim().ends_with(&declaration))
        });
        if !is_declared {
            findings.add(&file.path, 1, format!("it is not run: add `{declaration}` to {parent}"));
        }
    }
    findings.none();
}

/// Returns the crate and the name of each function that is fuzzed.
fn fuzz_targets() -> Vec<(String, String)> {
    let mut targets = Vec::new();
    for krate in ["protocol", "node"] {
        let code = read(&format!("{krate}/src/fuzz.rs"));
        let list = code.text.split("pub const TARGETS").nth(1).unwrap_or_default();
        let list = list.split("];").next().unwrap_or_default();
        let names =
            list.lines().filter_map(|line| line.trim().strip_prefix("(\"")?.split('"').next());
        targets.extend(names.map(|name| (krate.to_owned(), name.to_owned())));
    }
    assert!(!targets.is_empty(), "protocol/src/fuzz.rs: no targets are listed");
    targets
}

#[test]
fn every_fuzz_target_has_a_fuzzer_and_a_corpus() {
    let files = files();
    let manifest = read("fuzz/Cargo.toml");
    let targets = fuzz_targets();
    let mut findings = Findings::default();
    for (krate, name) in &targets {
        let fuzzer = format!("fuzz/fuzz_targets/{name}.rs");
        let call = format!("dela_fuzz::bounded(dela_{krate}::fuzz::{name}, data)");
        if !files.iter().any(|file| file.path == fuzzer && file.text.contains(&call)) {
            findings.add(&fuzzer, 1, format!("call {call}"));
        }
        if !manifest.text.contains(&format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\""))
        {
            findings.add(&manifest.path, 1, format!("add a [[bin]] for {name}"));
        }
        let corpus = format!("fuzz/corpus/{name}/");
        if !files.iter().any(|file| file.path.starts_with(&corpus)) {
            findings.add(&corpus, 1, "give it a corpus: files that begin where decoding does");
        }
    }
    for file in &files {
        let rest =
            ["fuzz/fuzz_targets/", "fuzz/corpus/"].iter().find_map(|at| file.path.strip_prefix(at));
        let name = rest.map(|rest| rest.split(['/', '.']).next().unwrap_or_default());
        if name.is_some_and(|name| !targets.iter().any(|(_, target)| target == name)) {
            findings.add(&file.path, 1, "list it under TARGETS, or delete it");
        }
    }
    findings.none();
}

/// The most bytes of all corpora together: they are in every clone.
const CORPORA_BYTES_MAX: u64 = 512 * 1024;

#[test]
fn the_corpora_are_small() {
    let corpora = paths().into_iter().filter(|path| path.starts_with("fuzz/corpus/"));
    let length = |path: String| fs::metadata(root().join(path)).map_or(0, |file| file.len());
    let total: u64 = corpora.map(length).sum();
    assert!(
        total <= CORPORA_BYTES_MAX,
        "fuzz/corpus/: {total} bytes, at most {CORPORA_BYTES_MAX} are kept: run \
         `cargo fuzz cmin -s none <target>` and delete the largest"
    );
}

#[test]
fn every_record_kind_is_documented() {
    let code = read("protocol/src/record.rs");
    let page = read("docs/reference/records.md");
    let start = code.text.find("pub enum RecordKind {").expect("record.rs has RecordKind");
    let body = code.text[start..].split("\n}").next().unwrap_or_default();
    let mut findings = Findings::default();
    for line in body.lines().skip(1).map(str::trim).filter(|line| !line.starts_with("//")) {
        let kind = line.split(['(', ',']).next().unwrap_or_default();
        if !kind.is_empty() && !page.text.contains(&format!("`{kind}`")) {
            findings.add(&page.path, 1, format!("describe the record kind `{kind}`"));
        }
    }
    findings.none();
}

/// A constant of limits.rs: its name, its value as written, its reason.
struct Limit {
    name: String,
    value: String,
    reason: String,
}

fn limits(findings: &mut Findings) -> Vec<Limit> {
    let file = read("protocol/src/limits.rs");
    let mut limits = Vec::new();
    let mut reason = String::new();
    for (number, line) in file.lines() {
        if let Some(comment) = line.strip_prefix("///") {
            if !reason.is_empty() {
                reason.push(' ');
            }
            reason.push_str(comment.trim());
        } else if let Some(constant) = line.strip_prefix("pub const ") {
            let (name, rest) = constant.split_once(':').unwrap_or((constant, ""));
            let (_, value) = rest.split_once('=').unwrap_or(("", ""));
            if !reason.contains(". ") && !reason.contains(": ") && reason.len() < 40 {
                findings.add(&file.path, number, format!("say why {name} has this value"));
            }
            limits.push(Limit {
                name: name.to_owned(),
                value: value.trim().trim_end_matches(';').to_owned(),
                reason: core::mem::take(&mut reason),
            });
        } else {
            reason.clear();
        }
    }
    limits
}

#[test]
fn every_limit_has_a_reason_and_the_page_about_them_is_current() {
    let mut findings = Findings::default();
    let limits = limits(&mut findings);
    let mut page = String::from(
        "# Limits\n\n\
         Every bound of the protocol, with its reason. This page is made from\n\
         `protocol/src/limits.rs`; a test fails when the two differ.\n\n\
         | limit | value | reason |\n| --- | --- | --- |\n",
    );
    for Limit { name, value, reason } in &limits {
        let seconds =
            value.strip_prefix("Duration::from_secs(").and_then(|rest| rest.strip_suffix(')'));
        let value = seconds.map_or_else(|| value.clone(), |seconds| format!("{seconds} s"));
        let reason = reason.replace('|', "\\|");
        writeln!(page, "| `{name}` | `{value}` | {reason} |").expect("writing to a string works");
    }
    let path = "docs/reference/limits.md";
    if env::var_os("DELA_UPDATE_DOCS").is_some() {
        fs::write(root().join(path), &page).expect("the page can be written");
    }
    if fs::read_to_string(root().join(path)).unwrap_or_default() != page {
        let command = "DELA_UPDATE_DOCS=1 cargo nextest run -p dela-testnet tidy";
        findings.add(path, 1, format!("out of date, run `{command}`"));
    }
    findings.none();
}

#[test]
fn the_samples_are_catalogues_of_agencies_that_cannot_exist() {
    let mut findings = Findings::default();
    let samples: Vec<_> =
        files().into_iter().filter(|file| file.path.starts_with("testnet/samples/")).collect();
    assert!(samples.len() >= 3, "testnet/samples: three catalogues are needed, one for each node");
    for sample in &samples {
        let datasets =
            sample.lines().filter(|(_, line)| line.ends_with(" a dcat:Dataset ;")).count();
        if datasets < 30 {
            findings.add(&sample.path, 1, format!("{datasets} datasets: have 30 or more"));
        }
        for (line, text) in sample.lines() {
            let hosts = text.match_indices("https://data.").map(|(at, _)| &text[at..]);
            for url in hosts {
                let host = url.trim_start_matches("https://").split(['/', '>']).next();
                if !host.is_some_and(|host| host.ends_with(".example")) {
                    findings.add(&sample.path, line, "use a name under .example");
                }
            }
        }
    }
    findings.none();
}
