//! Every page by the rules of axe-core, in both languages and both schemes.

use std::path::{Path, PathBuf};
use std::{env, fs};

use super::driver::{Browser, DESK, PHONE, Reader};
use super::site::{Site, closed_pages};

/// Returns the source of axe-core, which `scripts/test` installs.
pub(crate) fn axe() -> String {
    let path = env::var_os("AXE_CORE").map_or_else(
        || {
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../target/tools/axe-0.1.8/axe_playwright_python/axe.min.js")
        },
        PathBuf::from,
    );
    fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{}: {error}\nhint: scripts/test installs axe-core", path.display())
    })
}

/// Asks axe-core what is wrong with the page that is shown.
pub(crate) fn violations(browser: &Browser, axe: &str) -> Vec<String> {
    browser.run(&format!("{axe}; return true"), &[]);
    let found = browser.run_to_end(
        "const done = arguments[arguments.length - 1];
         axe.run(document, { resultTypes: ['violations'] }).then((result) => done(
             result.violations.map((one) =>
                 `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) =>
                     node.html.slice(0, 200) + ' ' + (node.any[0] || node.all[0] || node.none[0] || {}).message).join(' | ')}`)));",
    );
    let found = found.as_array().expect("a list of violations").iter();
    found.map(|one| one.as_str().unwrap().to_owned()).collect()
}

fn look_at_all(reader: Reader) {
    let site = Site::start();
    let axe = axe();
    let browser = Browser::of(reader);
    let mut wrong = Vec::new();
    let mut look = |path: &str| {
        for language in ["sv", "en"] {
            let joined = if path.contains('?') { '&' } else { '?' };
            browser.go(&format!("{}{path}{joined}lang={language}", site.first()));
            assert_eq!(browser.attribute("html", "lang"), language, "{path}");
            let said = violations(&browser, &axe).into_iter();
            wrong.extend(said.map(|one| format!("{path} in {language}: {one}")));
        }
    };
    site.open_pages().iter().for_each(|path| look(path));
    for path in closed_pages(&browser, &site) {
        look(&path);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn axe_finds_nothing_wrong_in_light_colours() {
    look_at_all(DESK);
}

#[test]
fn axe_finds_nothing_wrong_in_dark_colours() {
    look_at_all(Reader { dark: true, ..DESK });
}

#[test]
fn no_page_is_wider_than_a_phone_or_a_window_at_twice_the_size() {
    let site = Site::start();
    // A window of 1280 at 200 % has room for as much as one of 640.
    for reader in [PHONE, Reader { window: (640, 450), ..DESK }] {
        let browser = Browser::of(reader);
        let look = |path: &str| {
            browser.go(&format!("{}{path}", site.first()));
            let script = "return [document.documentElement.scrollWidth, innerWidth]";
            let widths = browser.run(script, &[]);
            assert!(widths[0].as_u64() <= widths[1].as_u64(), "{path}: {widths}");
        };
        site.open_pages().iter().for_each(|path| look(path));
        for path in closed_pages(&browser, &site) {
            look(&path);
        }
    }
}
