//! The corpora of fuzz/ as tests: every file a fuzzer found worth keeping goes
//! through what the fuzzer calls.

use std::fs;
use std::panic;
use std::path::{Path, PathBuf};

use dela_protocol::fuzz::TARGETS;

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(name)
}

#[test]
fn every_file_of_the_corpora_keeps_the_promises() {
    let mut broken = Vec::new();
    for (name, target) in TARGETS {
        let files: Vec<PathBuf> = fs::read_dir(corpus(name))
            .unwrap_or_else(|error| panic!("fuzz/corpus/{name}: {error}: give it a corpus"))
            .map(|file| file.unwrap().path())
            .collect();
        assert!(!files.is_empty(), "fuzz/corpus/{name} is empty: give it a corpus");
        for file in files {
            let data = fs::read(&file).unwrap();
            if panic::catch_unwind(|| target(&data)).is_err() {
                broken.push(format!("cargo fuzz run -s none {name} {}", file.display()));
            }
        }
    }
    let broken = broken.join("\n");
    assert!(broken.is_empty(), "promises were broken (see above); to see one alone:\n{broken}");
}
