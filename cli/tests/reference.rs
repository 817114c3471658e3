//! The reference page is what the command line says of itself.

use std::path::Path;

use crate::node::dela;

#[test]
fn the_reference_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/cli.md");
    let page = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        page,
        dela(&["reference"], &[]).done(),
        "run `cargo run -p dela-cli -- reference > docs/reference/cli.md`"
    );
}

#[test]
fn completions_and_manual_are_made() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(dela(&["completions", shell], &[]).done().contains("withdraw"), "{shell}");
    }
    assert!(dela(&["man"], &[]).done().contains(".TH dela 1"));
    let folder = tempfile::tempdir().unwrap();
    dela(&["man", "-o", folder.path().to_str().unwrap()], &[]).done();
    assert!(folder.path().join("dela-import.1").exists());
}

#[test]
fn every_verb_tells_how_it_is_used() {
    let verbs = [
        "status",
        "search",
        "show",
        "check",
        "import",
        "publish",
        "withdraw",
        "sources",
        "export",
        "agencies",
        "peers",
        "watch",
        "completions",
    ];
    for verb in verbs {
        let help = dela(&[verb, "--help"], &[]).done();
        let first = help.lines().next().unwrap_or_default();
        assert!(first.len() > 10 && !first.ends_with('.'), "{verb}: {first}");
        assert!(help.contains(&format!("Usage: dela {verb}")), "{help}");
    }
}
