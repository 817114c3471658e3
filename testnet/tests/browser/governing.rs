//! Two agencies come together by the page alone: one joins by an invitation, the
//! other admits it, and both sit on the council.

use std::path::Path;

use dela_testnet::cluster::Cluster;
use dela_testnet::sample;

use super::accessibility::{axe, violations};
use super::driver::{Browser, DESK};
use super::site::sign_in_at;

const GOVERN: &str = "/share/federation?lang=sv";

/// Two nodes, each in a federation of its own.
fn alone() -> Cluster {
    let program = Path::new(env!("CARGO_BIN_EXE_dela-testnet"));
    let mut cluster = Cluster::prepare_alone(program, sample::agencies(2)).unwrap();
    for index in 0..2 {
        cluster.launch(index).unwrap();
        cluster.wait_for(index, "the node to answer", |_| true).unwrap();
    }
    cluster
}

/// Opens a page of a node, with all that is folded, and looks for what is wrong.
fn look(browser: &Browser, axe: &str, address: &str) {
    browser.go(address);
    browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true })", &[]);
    let found = violations(browser, axe);
    assert!(found.is_empty(), "{address}: {}", found.join("\n"));
}

#[test]
fn two_agencies_come_together_by_the_page() {
    let mut cluster = alone();
    let [first, second] = [0, 1].map(|index| cluster.members[index].http.clone());
    let axe = axe();
    let browser = Browser::of(DESK);
    let open = |address: &str| look(&browser, &axe, address);

    open(&format!("{first}/federation/council?lang=sv"));
    let shown = browser.text("pre.line");
    let invitation = shown.split('\'').nth(1).unwrap();
    assert!(invitation.starts_with("dela:") && browser.has(".square svg"), "{shown}");

    sign_in_at(&browser, &cluster.members[1]);
    open(&format!("{second}{GOVERN}"));
    browser.type_into("#invitation", invitation);
    browser.click("#join-sure");
    browser.follow("form[action^='/share/federation/join'] button");
    assert!(browser.text("main").contains("tillbaka om några sekunder"));
    cluster
        .wait_for_council(1, "the charter to come", |report| {
            report.charter.is_some() && !report.own.is_member
        })
        .unwrap();

    // Who applies is seen, and admitted; nobody else has to agree.
    cluster
        .wait_for_council(0, "the application", |report| report.applications.len() == 1)
        .unwrap();
    open(&format!("{first}/federation/council?lang=en"));
    assert!(browser.text("#applicants").contains("Tallmarkstrafiken"));
    sign_in_at(&browser, &cluster.members[0]);
    open(&format!("{first}{GOVERN}"));
    browser.type_into(
        "form[action^='/share/federation/admit'] input[name=reason]",
        "Vi har talats vid",
    );
    browser.follow("form[action^='/share/federation/admit'] button");
    assert!(browser.has("p.done"), "{}", browser.text("main"));
    cluster.wait_for_council(1, "membership", |report| report.own.is_member).unwrap();

    // The council there is has voted by moving; the one there is to be has not.
    open(&format!("{first}{GOVERN}"));
    browser.run(
        "document.querySelectorAll('input[name=seat]').forEach((it) => { it.checked = true })",
        &[],
    );
    browser.follow("form[action^='/share/federation/amend'] button");
    cluster.wait_for_council(1, "the motion", |report| report.motions.len() == 2).unwrap();
    sign_in_at(&browser, &cluster.members[1]);
    open(&format!("{second}{GOVERN}"));
    assert!(browser.text(".motion").contains("väntar på röster"));
    browser.follow(".motion + .actions form button");
    assert!(browser.has("p.done"), "{}", browser.text("main"));
    for index in [0, 1] {
        let is_amended = |report: &dela_protocol::api::CouncilReport| {
            report.own.has_seat && report.charter.as_ref().is_some_and(|it| it.number == 2)
        };
        cluster.wait_for_council(index, "the second charter", is_amended).unwrap();
    }
    open(&format!("{second}/federation/council?lang=sv"));
    assert!(browser.text("main").contains("2 av 2 platser"), "{}", browser.text("main"));
    assert_eq!(browser.console(), [] as [&str; 0]);
}
