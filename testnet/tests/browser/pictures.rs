//! Pictures of the main pages, for docs/ and for whoever judges how they look.
//! `DELA_UPDATE_DOCS=1` puts them into docs/images.

use dela_testnet::{sample, up};

use super::driver::{Browser, DESK, PHONE, Reader};
use super::site::{Site, sign_in};

#[test]
fn the_main_pages_have_their_pictures_taken() {
    let mut site = Site::start();
    let second = sample::agencies(2)[1].catalogue.unwrap();
    up::import(&site.cluster.members[1].client, second).unwrap();
    site.cluster.wait_for_agreement(63).unwrap();
    let (dataset, agency) = (site.id_of("badplatser"), site.agency());
    let pages = [
        ("start", "/".to_owned()),
        ("search", "/?q=vatten".to_owned()),
        ("dataset", format!("/dataset/{dataset}")),
        ("agency", format!("/agency/{agency}")),
        ("federation", "/federation".to_owned()),
        ("insight", "/insight".to_owned()),
        ("quality", "/quality".to_owned()),
    ];
    let dark = Reader { dark: true, ..DESK };
    // In dark and on a phone only what differs most: docs/ is not an album.
    for (kind, reader, only) in [
        ("", DESK, None),
        ("-dark", dark, Some(["search", "dataset", "insight"])),
        ("-phone", PHONE, Some(["search", "dataset", "share-form"])),
    ] {
        let browser = Browser::of(reader);
        let wanted = |name: &str| only.is_none_or(|only| only.contains(&name));
        for (name, path) in pages.iter().filter(|(name, _)| wanted(name)) {
            let joined = if path.contains('?') { '&' } else { '?' };
            browser.go(&format!("{}{path}{joined}lang=sv", site.first()));
            browser.picture(&format!("{name}{kind}"));
        }
        sign_in(&browser, &site);
        for (name, path) in [("share", "/share"), ("share-form", "/share/dataset")] {
            if wanted(name) {
                browser.go(&format!("{}{path}?lang=sv", site.first()));
                browser.picture(&format!("{name}{kind}"));
            }
        }
    }
}
