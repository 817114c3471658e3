//! The stories in `tests/stories`: what a person sees. Run with
//! `TRYCMD=overwrite` to write down what is seen now.

use crate::node::{FakeNode, TOKEN};

#[test]
fn stories_are_told_as_they_happen() {
    let node = FakeNode::start();
    let cases = trycmd::TestCases::new();
    cases.env("DELA_NODE", &node.url).env("DELA_TOKEN", TOKEN).env("LC_ALL", "C");
    cases.insert_var("[NODE]", node.url.clone()).unwrap();
    cases.case("tests/stories/*.md");
}
