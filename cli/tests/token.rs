//! Where the token comes from, and where it must not go.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::node::{self, Ended, FakeNode, TOKEN, dela};

/// Imports a file, with this environment.
fn import(node: &FakeNode, flags: &[&str], environment: &[(&str, &Path)]) -> Ended {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories/publishing.in/catalogue.ttl");
    let fixed = ["--node", &node.url, "import", file.to_str().unwrap()];
    dela(&[&fixed, flags].concat(), environment)
}

/// A folder with a file `token` that holds this.
fn folder(token: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, format!("{token}\n")).unwrap();
    (folder, file)
}

/// A node that says its token lies there.
fn telling(path: PathBuf) -> FakeNode {
    let path = Mutex::new(path);
    FakeNode::answering(move |request| {
        if request.line == "GET /api/v1/token-file" {
            return node::token_file(&path.lock().unwrap());
        }
        node::answer(request)
    })
}

#[test]
fn a_named_token_is_taken_flags_before_environment() {
    let node = FakeNode::start();
    let (right, file) = folder(TOKEN);
    let (_wrong, other) = folder("other");
    import(&node, &["--token", TOKEN], &[]).done();
    import(&node, &["--token-file", file.to_str().unwrap()], &[("DELA_TOKEN", Path::new("x"))])
        .done();
    import(&node, &["--data", right.path().to_str().unwrap()], &[("DELA_TOKEN_FILE", &other)])
        .done();
    import(&node, &[], &[("DELA_TOKEN", Path::new(TOKEN))]).done();
    import(&node, &[], &[("DELA_TOKEN_FILE", &file)]).done();
    import(&node, &[], &[("DELA_DATA", right.path())]).done();
}

#[test]
fn a_node_on_this_machine_tells_where_its_token_lies() {
    let (_folder, file) = folder(TOKEN);
    let node = telling(file);
    import(&node, &[], &[]).done();
    // Also where another node of this person keeps its own.
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join("dela")).unwrap();
    fs::write(home.path().join("dela/token"), "other").unwrap();
    import(&node, &[], &[("XDG_DATA_HOME", home.path())]).done();
}

#[cfg(not(target_os = "macos"))]
#[test]
fn the_data_folder_of_the_platform_is_the_last_resort() {
    let node = FakeNode::start();
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join(".local/share/dela");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("token"), TOKEN).unwrap();
    import(&node, &[], &[("HOME", home.path())]).done();
    let nothing = tempfile::tempdir().unwrap();
    let ended = import(&node, &[], &[("HOME", nothing.path())]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("needs its token, and none was found"), "{}", ended.stderr);
    assert!(ended.stderr.contains("--data DIR"), "{}", ended.stderr);
}

#[test]
fn a_file_that_is_no_token_is_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("id_ed25519");
    fs::write(&secret, "secret").unwrap();
    let letter = folder.path().join("token");
    fs::write(&letter, "Dear friend,\nthis is a letter").unwrap();
    for path in [secret, letter, PathBuf::from("token"), folder.path().join("x/token")] {
        let node = telling(path.clone());
        let ended = import(&node, &[], &[]);
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.stderr.contains("hint: "), "{}", ended.stderr);
        assert!(
            node.received().iter().all(|r| !r.headers.contains_key("authorization")),
            "{path:?}"
        );
    }
}

#[test]
fn a_token_that_was_found_does_not_leave_this_machine() {
    let (data, _file) = folder(TOKEN);
    let arguments = ["--node", "http://data.example.org", "withdraw", node::ID, "--reason", "x"];
    let ended = dela(&arguments, &[("XDG_DATA_HOME", data.path())]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.stderr.contains("warning: the token goes to the node unencrypted"));
}

#[test]
fn a_token_that_is_refused_is_told_with_its_origin() {
    let node = FakeNode::start();
    let (_folder, file) = folder("other");
    let ended = import(&node, &["--token-file", file.to_str().unwrap()], &[]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains(&format!("from {}\n", file.display())), "{}", ended.stderr);
}
