//! The pages a newcomer reads first, followed to the letter: the commands of
//! the README and of the tutorial, and the table of settings.
//!
//! Invariant: a command that a page shows is run, or the test says that it does
//! not know it. What takes time is asked for again until it is there.

#![expect(clippy::unwrap_used, reason = "what fails in a helper is to end the test")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use dela_testnet::cluster::free_ports;

const PROGRAM: &str = env!("CARGO_BIN_EXE_dela-testnet");

/// How long what must happen may take, on a machine with other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Returns the blocks of a page that are marked with `language`.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once(&format!("\n```{language}\n")) {
        let (block, after) = after.split_once("\n```").unwrap();
        found.push(block.to_owned());
        rest = after;
    }
    found
}

/// Returns the commands of a page, each on one line.
fn commands(page: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in blocks(page, "console").join("\n").replace("\\\n", "").lines() {
        match line.strip_prefix("$ ") {
            Some(command) => found.push(command.to_owned()),
            None => panic!("`{line}` is no command: a console block has only what is typed"),
        }
    }
    found
}

/// What a command did.
#[derive(Debug)]
struct Done {
    code: Option<i32>,
    /// What it said, data and talk.
    text: String,
}

/// A reader in front of a terminal of his own.
struct Reader {
    folder: tempfile::TempDir,
    up: Option<Child>,
    /// The nodes that the reader starts himself.
    nodes: Vec<Child>,
    /// What `up` said when it was ready.
    said: String,
    /// What stands in the pages for what only the run can tell.
    words: BTreeMap<&'static str, String>,
}

impl Reader {
    /// Sits down with the programs, and nothing started.
    fn alone() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (program, verb) in [("dela", "client"), ("delad", "node")] {
            let path = folder.path().join(program);
            fs::write(&path, format!("#!/bin/sh\nexec '{PROGRAM}' {verb} -- \"$@\"\n")).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            fs::set_permissions(&path, mode).unwrap();
        }
        let (nodes, said) = (Vec::new(), String::new());
        Self { folder, up: None, nodes, said, words: BTreeMap::new() }
    }

    /// Starts a federation by the first command of the first tutorial.
    fn new() -> Self {
        let mut reader = Self::alone();
        let folder = &reader.folder;
        let mut up = Command::new(PROGRAM)
            .args(["up", "--data"])
            .arg(folder.path().join("first-federation"))
            .stdout(Stdio::piped())
            .stderr(fs::File::create(folder.path().join("up.log")).unwrap())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(up.stdout.take().unwrap());
        while !said.contains("\nor open ") {
            assert!(lines.read_line(&mut said).unwrap() > 0, "`up` ended early: {said}");
        }
        reader.up = Some(up);
        reader.said = said;
        let nodes: Vec<&str> =
            reader.said.lines().filter(|line| line.contains("process")).collect();
        for (line, [address, process]) in
            nodes.iter().zip([["$ONE", "PID1"], ["$TWO", "PID2"], ["$THREE", "PID3"]])
        {
            let mut words = line.split_whitespace().skip_while(|word| !word.starts_with("http"));
            reader.words.insert(address, words.next().unwrap().to_owned());
            reader.words.insert(process, words.last().unwrap().to_owned());
        }
        reader
    }

    /// Returns a command as this reader types it.
    fn typed(&self, command: &str) -> String {
        // The words first: the name of the folder is made of chance, and can have one.
        let mut typed = command.to_owned();
        // From behind, so that `PID3` goes before the `ID` in it.
        for (word, value) in self.words.iter().rev() {
            typed = typed.replace(word, value);
        }
        for program in ["dela", "delad"] {
            typed = typed.replace(
                &format!("cargo run --release --bin {program} -- "),
                &format!("{program} "),
            );
        }
        typed.replace(" target/", &format!(" {}/", self.folder.path().display()))
    }

    /// Types a command once.
    fn run(&self, command: &str) -> Done {
        let path = format!("{}:{}", self.folder.path().display(), std::env::var("PATH").unwrap());
        let output = Command::new("sh")
            .args(["-c", &self.typed(command)])
            .current_dir(root())
            .env("PATH", path)
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        Done { code: output.status.code(), text: String::from_utf8(text).unwrap() }
    }

    /// Types a command, again and again where it only looks, until it ends with
    /// `code` and says all of `phrases`.
    fn expect(&self, command: &str, code: i32, phrases: &[&str]) -> String {
        let begun = Instant::now();
        let looks = [" status", " agencies", " peers", " search ", " show", " motions", " audit"];
        loop {
            let done = self.run(command);
            let says = phrases.iter().all(|phrase| done.text.contains(&self.typed(phrase)));
            if done.code == Some(code) && says {
                return done.text;
            }
            let may_come =
                looks.iter().any(|verb| command.contains(verb)) || command.ends_with(" federation");
            assert!(
                may_come && begun.elapsed() < PATIENCE,
                "`{command}` should end with {code} and say {phrases:?}, and was: {done:#?}\n{}",
                self.logs()
            );
            sleep(Duration::from_millis(50));
        }
    }

    /// Returns what the testnet and its nodes have said.
    fn logs(&self) -> String {
        if self.up.is_none() {
            return String::new();
        }
        let nodes = ["havsvik", "tallmark", "isfarled"]
            .map(|name| self.folder.path().join("first-federation").join(name).join("delad.log"));
        let all = [self.folder.path().join("up.log")].into_iter().chain(nodes);
        let said = |path: PathBuf| fs::read_to_string(&path).unwrap();
        all.map(said).collect::<Vec<_>>().join("\n\n")
    }

    /// Starts a node that stays in the foreground of another terminal.
    fn start_node(&mut self, command: &str) {
        let command = format!("exec {}", self.typed(command));
        let path = format!("{}:{}", self.folder.path().display(), std::env::var("PATH").unwrap());
        let node = Command::new("sh")
            .args(["-c", &command])
            .env("PATH", path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.nodes.push(node);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            drop(node.stdin.take());
            node.wait().unwrap();
        }
        // As Ctrl-C does: the nodes are stopped in order.
        if let Some(up) = &mut self.up {
            let stopped = Command::new("kill").arg(up.id().to_string()).status().unwrap();
            assert!(stopped.success());
            up.wait().unwrap();
        }
    }
}

#[test]
fn the_tutorial_works_word_for_word() {
    let mut reader = Reader::new();
    let page = page("docs/tutorial/first-federation.md");
    let (mut typed, mut is_withdrawn) = (0, false);
    for command in commands(&page) {
        let reads = |beginning: &str| command.starts_with(beginning);
        if reads("cargo build")
            || reads("alias")
            || reads("ONE=")
            || command.contains("dela-testnet")
        {
            // Done by the reader, who has the addresses and the programs.
        } else if reads("cargo run --release --bin delad") {
            reader.start_node(&command);
        } else if reads("kill") || reads("sed") {
            reader.expect(&command, 0, &[]);
        } else {
            let expected = if is_withdrawn && command.ends_with("show ID") {
                Some(WITHDRAWN)
            } else {
                expected(&command)
            };
            let (code, phrases) =
                expected.unwrap_or_else(|| panic!("say in `expected` what `{command}` does"));
            let text = reader.expect(&command, code, phrases);
            typed += 1;
            is_withdrawn |= command.contains(" withdraw ");
            if command.ends_with("search badvatten") {
                // The first word of the table's first row.
                let row = text.lines().nth(1).unwrap();
                reader.words.insert("ID", row.split_whitespace().next().unwrap().to_owned());
            }
        }
    }
    assert!(typed >= 12, "only {typed} commands of dela were found in the tutorial");
    let proof = fs::read_to_string(reader.folder.path().join("proof.json")).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&proof).unwrap().is_object());

    // The node that came back holds what the others hold.
    let status = reader.expect("dela --node $ONE status", 0, &[]);
    let root = status.lines().find(|line| line.trim_start().starts_with("root")).unwrap();
    reader.expect("dela --node $THREE status", 0, &[root]);
}

/// How a command ends, and what it says among other things.
type Expected = (i32, &'static [&'static str]);

/// What is said of a dataset that was withdrawn.
const WITHDRAWN: Expected = (1, &["was withdrawn", "Ersatt av en bättre mätning"]);

/// Returns what a command of the tutorial does.
fn expected(command: &str) -> Option<Expected> {
    let expected: [(&str, i32, &'static [&'static str]); 15] = [
        ("ONE status", 0, &["is ready", "97 datasets of 3 agencies"]),
        ("TWO status", 0, &["is ready", "97 datasets of 3 agencies"]),
        ("THREE status", 0, &["is ready", "of 3 agencies"]),
        ("ONE agencies", 0, &["Havsviks kommun (this node)", "Tallmarkstrafiken"]),
        ("ONE peers", 0, &["dela/"]),
        ("TWO search badvattenanalyser", 0, &["ID"]),
        ("TWO search badvatten", 0, &["Havsviks kommun", "1 found"]),
        ("TWO show ID", 0, &["signature     valid"]),
        ("THREE publish", 0, &["✓ Published \"Is på Lillån\"", "To mend"]),
        ("ONE search lillån", 0, &["Is- och farledsverket"]),
        ("havsviks-kommun.ttl --dry-run", 0, &["nothing would change"]),
        ("import testnet/samples/havsviks-kommun.ttl", 0, &["nothing has changed"]),
        ("import target/changed.ttl", 0, &["changed       1 record"]),
        ("TWO export ID --proof", 0, &["bytes written to"]),
        ("ONE withdraw ID", 0, &["✓ Withdrew"]),
    ];
    let known = expected.into_iter().find(|(part, ..)| command.contains(part));
    known.map(|(_, code, phrases)| (code, phrases))
}

#[test]
fn three_colleagues_found_a_federation_word_for_word() {
    let mut reader = Reader::alone();
    let shown = [":4811", "/4812", ":4821", "/4822", ":4831", "/4832"];
    for (shown, port) in shown.into_iter().zip(free_ports(6).unwrap()) {
        reader.words.insert(shown, format!("{}{port}", &shown[..1]));
    }
    let mut typed = 0;
    for command in commands(&page("docs/tutorial/with-two-colleagues.md")) {
        if command.starts_with("cargo build") || command.starts_with("alias") {
            // Done by the reader, who has the programs.
        } else if command.starts_with("HAVSVIK=") {
            for setting in reader.typed(&command).split(' ') {
                let (name, address) = setting.split_once('=').unwrap();
                let names = ["$HAVSVIK", "$TALLMARK", "$ISFARLED"];
                let name = names.into_iter().find(|known| known[1..] == *name).unwrap();
                reader.words.insert(name, address.to_owned());
            }
        } else if command.starts_with("delad ") {
            reader.start_node(&command);
        } else {
            let (code, phrases) = decided(typed);
            let text = reader.expect(&command, code, phrases);
            typed += 1;
            let word = |line: &str| line.split_whitespace().last().unwrap().to_owned();
            if command.ends_with("federation invite") {
                reader.words.insert("INVITATION", word(text.lines().next().unwrap()));
            } else if command.contains("--seat") {
                let motion = text.lines().find(|line| line.trim().starts_with("motion")).unwrap();
                reader.words.insert("MOTION", word(motion)[..8].to_owned());
            }
        }
    }
    assert_eq!(typed, 17, "say in `decided` what each command does");
}

/// Returns what the commands of the colleagues do, in their order.
fn decided(number: usize) -> Expected {
    let all: [Expected; 17] = [
        (0, &["Havsviks kommun", "1 of 1 seats admit", "has a seat"]),
        (0, &["✓ Imported"]),
        (1, &["nothing is found"]),
        (0, &["amend the charter", "passed"]),
        (0, &["dela:", "norr"]),
        (0, &["✓ the node belongs to"]),
        (0, &["✓ the node belongs to"]),
        (0, &["Öppna data i norr", "Tallmarkstrafiken", "Is- och farledsverket", "APPLIES"]),
        (0, &["admit Tallmarkstrafiken: passed"]),
        (0, &["admit Is- och farledsverket: passed"]),
        (0, &["Tallmarkstrafiken", "1 found"]),
        (0, &["Tallmarkstrafiken", "1 found"]),
        (0, &["waits"]),
        (0, &["MOTION"]),
        (0, &["passed"]),
        (0, &["charter       number 3", "2 of 3 seats admit", "has a seat"]),
        (0, &["Vi har talat med dem", "Tallmarkstrafiken"]),
    ];
    all[number]
}

#[test]
fn the_commands_of_the_readme_do_what_it_says() {
    let readme = page("README.md");
    let all = commands(&readme);
    assert_eq!(all, ["cargo run --release --bin dela-testnet -- up", "scripts/test"]);

    let reader = Reader::new();
    let tries: Vec<&str> =
        reader.said.lines().filter(|line| line.contains("--bin dela ")).collect();
    assert_eq!(tries.len(), 3, "{}", reader.said);
    reader.expect(tries[0].trim(), 0, &["Havsviks kommun"]);
    reader.expect(tries[1].trim(), 0, &["Is- och farledsverket (this node)"]);
    reader.expect(tries[2].trim(), 0, &["nothing would change"]);
}

#[test]
fn the_readme_shows_what_a_federation_prints() {
    let mut child = Command::new(PROGRAM)
        .args(["up", "--once"])
        .env("TMPDIR", "/tmp")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut talk, mut data) = (String::new(), String::new());
    child.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
    child.stdout.take().unwrap().read_to_string(&mut data).unwrap();
    assert!(child.wait().unwrap().success(), "{talk}");
    let shown = blocks(&page("README.md"), "text").remove(0);
    assert_eq!(masked(&shown), masked((talk + &data).trim_end()), "renew it in the README");
}

/// Returns a text without what differs from run to run: numbers and ids.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut run = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_digit() || ('a'..='f').contains(&c) {
            run.push(c);
            continue;
        }
        // Words have no digits, and no eight of these letters in a row.
        let is_number = run.len() >= 8 || run.contains(|c: char| c.is_ascii_digit());
        masked.push_str(if is_number { "#" } else { &run });
        run.clear();
        masked.push(c);
    }
    masked.trim_end().to_owned()
}

#[test]
fn the_page_about_settings_has_every_key_with_its_default() {
    let page = page("docs/reference/configuration.md");
    let config = serde_json::to_value(dela_node::Config::default()).unwrap();
    let mut described: BTreeMap<&str, &str> = BTreeMap::new();
    let table = page.split("## ").next().unwrap();
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        described.insert(cells[1].trim_matches('`'), cells[3]);
    }
    for (key, value) in config.as_object().unwrap() {
        let default = match value {
            serde_json::Value::Null => "none".to_owned(),
            serde_json::Value::Array(list) if list.is_empty() => "none".to_owned(),
            serde_json::Value::Array(list) => format!("`{}`", list[0].as_str().unwrap()),
            serde_json::Value::String(_) if key == "data" => {
                "the platform's data folder".to_owned()
            }
            serde_json::Value::String(text) => format!("`{text}`"),
            other => format!("`{other}`"),
        };
        let found = described.remove(key.as_str());
        assert_eq!(found, Some(&*default), "docs/reference/configuration.md: the key `{key}`");
    }
    assert!(described.is_empty(), "docs/reference/configuration.md: no such keys: {described:?}");
}
