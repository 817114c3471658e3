//! A federation that governs itself, in seven real processes: it is founded by
//! five, admits one and refuses one, a key is replaced, a member is revoked and
//! the council amended, and every node says the same at each step.

#![expect(clippy::unwrap_used, reason = "what fails in a test is to end the test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dela_cli::PublishOptions;
use dela_protocol::api::{
    CouncilReport, MotionProgress, NewDataset, NewKey, NewMotion, NewVote, StandingView,
};
use dela_protocol::dcat::Text;
use dela_protocol::federation::decision::Disposition;
use dela_testnet::cluster::Cluster;
use dela_testnet::{sample, up};

const PROGRAM: &str = env!("CARGO_BIN_EXE_dela-testnet");
const FOUNDERS: usize = 5;
const SIXTH: usize = 5;
const SEVENTH: usize = 6;

/// Runs `delad` on a node's data folder and returns what it says.
fn delad(data: &Path, arguments: &[&str]) -> String {
    let output = Command::new(PROGRAM)
        .args(["node", "--", "--data"])
        .arg(data)
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A cluster whose first five have agreed on a charter; nobody has signed it but
/// the first.
fn founded() -> Cluster {
    let mut cluster = Cluster::prepare(Path::new(PROGRAM), sample::agencies(7), None).unwrap();
    let mut cards: Vec<PathBuf> = Vec::new();
    for member in &cluster.members[1..FOUNDERS] {
        let card = delad(&member.data, &["--agency", &member.sample.name, "card"]);
        cards.push(member.data.join("card"));
        fs::write(cards.last().unwrap(), card).unwrap();
    }
    let first = &cluster.members[0];
    let mut arguments =
        vec!["--agency", &*first.sample.name, "found", "--name", "Öppna data i norr"];
    arguments.extend(cards.iter().map(|card| card.to_str().unwrap()));
    let told = delad(&first.data, &arguments);
    let federation = told.lines().next().unwrap().to_owned();
    let again = Command::new(PROGRAM)
        .args(["node", "--", "--data"])
        .arg(&first.data)
        .args(&arguments)
        .output()
        .unwrap();
    let refused = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && refused.contains("belongs to a federation already"));
    for member in &mut cluster.members {
        member.federation = Some(federation.clone());
    }
    cluster
}

/// Waits until every running node's count is as wanted.
fn all(cluster: &mut Cluster, nodes: usize, what: &str, wanted: impl Fn(&CouncilReport) -> bool) {
    for index in 0..nodes {
        cluster.wait_for_council(index, what, &wanted).unwrap();
    }
}

/// Returns what a node says that all must say alike.
fn agreed(cluster: &Cluster, index: usize) -> String {
    let CouncilReport { federation, charter, members, motions, rivals, .. } =
        cluster.members[index].client.council().unwrap().value;
    assert!(rivals.is_empty());
    serde_json::to_string(&(federation, charter, members, motions)).unwrap()
}

fn vote(cluster: &Cluster, index: usize, motion: &str, is_for: bool) {
    let vote = NewVote { motion: motion.to_owned(), is_for };
    cluster.members[index].client.vote(&vote).unwrap();
}

/// Moves something with one node's seat, and has others vote on it as soon as
/// they know it. Returns the motion.
fn decide(
    cluster: &mut Cluster,
    mover: usize,
    motion: &NewMotion,
    votes: &[(usize, bool)],
) -> String {
    let moved = cluster.members[mover].client.move_motion(motion).unwrap().value;
    let id = moved.motion.unwrap().id;
    for (index, is_for) in votes {
        let knows = |report: &CouncilReport| report.motions.iter().any(|one| one.id == id);
        cluster.wait_for_council(*index, "the motion to come", knows).unwrap();
        vote(cluster, *index, &id.to_string(), *is_for);
    }
    id.to_string()
}

fn progress(report: &CouncilReport, motion: &str) -> Option<MotionProgress> {
    report.motions.iter().find(|one| one.id.to_string() == motion).map(|one| one.progress)
}

fn ended(cluster: &mut Cluster, nodes: usize, motion: &str, how: MotionProgress) {
    all(cluster, nodes, "the votes to come", |report| progress(report, motion) == Some(how));
    let first = agreed(cluster, 0);
    for index in 1..nodes {
        assert_eq!(agreed(cluster, index), first, "node {index} counts otherwise");
    }
}

fn own_id(cluster: &Cluster, index: usize) -> String {
    cluster.members[index].client.status().unwrap().value.agency.to_string()
}

fn publish(cluster: &Cluster, index: usize, title: &str) {
    let text = |text: &str| vec![Text { text: text.to_owned(), language: Some("sv".to_owned()) }];
    let dataset =
        NewDataset { title: text(title), description: text("Påhittat."), ..NewDataset::default() };
    cluster.members[index].client.publish(&dataset, PublishOptions::default()).unwrap();
}

fn datasets(cluster: &mut Cluster, nodes: &[usize], count: u64) {
    for index in nodes {
        cluster
            .wait_for(*index, "the datasets to agree", |status| {
                status.datasets == count && status.search_behind == 0 && status.behind == 0
            })
            .unwrap();
    }
}

#[test]
fn seven_agencies_found_admit_refuse_rotate_revoke_and_amend() {
    let mut cluster = founded();
    for index in 0..FOUNDERS {
        cluster.launch(index).unwrap();
    }
    for index in 1..FOUNDERS {
        let has_come = |report: &CouncilReport| report.charter.is_some();
        cluster.wait_for_council(index, "the charter to come", has_come).unwrap();
        vote(&cluster, index, "charter", true);
    }
    all(&mut cluster, FOUNDERS, "the founding", |report| {
        report.is_founded && report.members.len() == FOUNDERS
    });
    let catalogue = cluster.members[0].sample.catalogue.unwrap();
    let held = up::import(&cluster.members[0].client, catalogue).unwrap().datasets;
    datasets(&mut cluster, &[0, 1, 2, 3, 4], held);

    // Two apply. What they publish before they are members is with nobody else.
    for index in [SIXTH, SEVENTH] {
        cluster.launch(index).unwrap();
        cluster.wait_for_peers(index).unwrap();
        publish(&cluster, index, "Före medlemskapet");
    }
    all(&mut cluster, FOUNDERS, "two applications", |report| report.applications.len() == 2);
    let (sixth, seventh) = (own_id(&cluster, SIXTH), own_id(&cluster, SEVENTH));
    datasets(&mut cluster, &[0, 1, 2, 3, 4], held);

    let admit = |agency: &str| NewMotion::Admit {
        agency: Some(agency.to_owned()),
        card: None,
        reason: "De har ansökt".to_owned(),
    };
    let motion = decide(&mut cluster, 0, &admit(&sixth), &[(1, true), (2, true)]);
    ended(&mut cluster, 7, &motion, MotionProgress::Passed);
    datasets(&mut cluster, &[0, 1, 2, 3, 4, SIXTH], held + 1);
    let votes = [(1, false), (2, false), (3, false)];
    let motion = decide(&mut cluster, 0, &admit(&seventh), &votes);
    ended(&mut cluster, 7, &motion, MotionProgress::Refused);

    // A key is replaced; the agency stays, and goes on.
    let changed = cluster.members[2].client.change_key(&NewKey::default()).unwrap().value;
    assert_eq!((changed.key_index, changed.agency.to_string()), (1, own_id(&cluster, 2)));
    publish(&cluster, 2, "Med den nya nyckeln");
    datasets(&mut cluster, &[0, 1, 3, 4, SIXTH], held + 2);
    cluster.restart(2).unwrap();
    cluster.wait_for_peers(2).unwrap();
    datasets(&mut cluster, &[2], held + 2);

    // Who is revoked is with nobody any more, whatever it says.
    let revoke = NewMotion::Revoke {
        agency: sixth,
        disposition: Disposition::Purge,
        successor: None,
        reason: "Nyckeln är stulen".to_owned(),
    };
    let motion = decide(&mut cluster, 0, &revoke, &[(1, true), (3, true), (4, true)]);
    ended(&mut cluster, 7, &motion, MotionProgress::Passed);
    publish(&cluster, SIXTH, "Efter uteslutningen");
    let founders = [0, 1, 2, 3, 4];
    datasets(&mut cluster, &founders, held + 1);

    amended(&mut cluster, &admit(&seventh));
    publish(&cluster, SIXTH, "Efter stadgan");
    publish(&cluster, 1, "Framtid");
    datasets(&mut cluster, &founders, held + 2);
}

/// The council goes on without one of its seats, which decides nothing any more.
fn amended(cluster: &mut Cluster, a_motion: &NewMotion) {
    let seats: Vec<String> = (0..4).map(|index| own_id(cluster, index)).collect();
    let amend = NewMotion::Amend {
        seats: Some(seats),
        name: None,
        purpose: None,
        admit: None,
        revoke: None,
        amend: None,
        guests_read: None,
        reason: String::new(),
    };
    let motion = decide(cluster, 0, &amend, &[(1, true), (2, true), (3, true)]);
    ended(cluster, 7, &motion, MotionProgress::Passed);
    all(cluster, 7, "the second charter", |report| {
        report.charter.as_ref().is_some_and(|charter| charter.number == 2)
            && report.members.iter().filter(|one| one.standing == StandingView::Revoked).count()
                == 1
    });
    let former = NewVote { motion, is_for: false };
    assert!(cluster.members[4].client.vote(&former).is_ok(), "its old vote is still to be cast");
    let moved = cluster.members[4].client.move_motion(a_motion);
    assert!(moved.unwrap_err().to_string().contains("no seat"));
}
