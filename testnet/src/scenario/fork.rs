//! One key in two processes that do not see each other: once they do, all nodes
//! end in one state, the fork is reported, and nothing acknowledged is lost.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use dela_protocol::id::AgencyId;
use dela_protocol::record::Position;

use super::ledger::Ledger;
use super::{HEALED_WITHIN, Options, Outcome, Report, publishing};
use crate::cluster::{Cluster, Member};
use crate::sample;

/// How many records each of the two publishes unless asked otherwise.
const RECORDS: u32 = 20;

/// The two that share a key.
const ONE: usize = 0;
const TWIN: usize = 3;

/// The peer of each.
const PEER: usize = 1;
const TWINS_PEER: usize = 2;

/// How often is looked whether all have heard of the fork.
const LOOK: Duration = Duration::from_millis(50);

/// What of a data folder is the node's and not the agency's.
const OF_THE_NODE: [&str; 4] = ["node.key", "token", "delad.toml", "store.lock"];

pub(super) fn play(options: &Options, report: &mut Report) -> anyhow::Result<Outcome> {
    let records = options.records.unwrap_or(RECORDS);
    let folder = options.folder("fork");
    let mut cluster = Cluster::start(&options.program, sample::agencies(3), folder.as_deref())?;
    let mut ledger = Ledger::default();
    let owner = cluster.member(ONE)?.client.clone();
    ledger.remember(publishing::publish(&owner, records, HEALED_WITHIN)?);
    let statuses = cluster.wait_for_agreement(u64::from(records))?;
    let agency = statuses.get(ONE).context("a cluster of three")?.agency;

    report.say("the data folder is copied; two processes go on with it, apart from each other");
    make_twin(&mut cluster)?;
    for index in 0..cluster.members.len() {
        cluster.wait_for_peers(index)?;
    }
    let twin = cluster.member(TWIN)?.client.clone();
    let by_one = publishing::publish(&owner, records, HEALED_WITHIN)?;
    let by_twin = publishing::publish(&twin, records, HEALED_WITHIN)?;
    report.measure("acknowledged_by_each", records);
    let clash = by_one.iter().any(|one| by_twin.iter().any(|two| one.position == two.position));
    ensure!(clash, "no position was used by both: there is no fork to look at");
    ledger.remember(by_one.into_iter().chain(by_twin));

    report.say("both have published for the same positions; the halves are joined");
    let begun = Instant::now();
    let bridge = cluster.member(TWINS_PEER)?.p2p.clone();
    cluster.member(PEER)?.stop()?;
    cluster.member(PEER)?.peers = vec![bridge];
    cluster.launch(PEER)?;
    // Whoever has to give way listens to its peers first, and then publishes
    // again what only it held.
    let told = Instant::now();
    while reports(&cluster, &agency).len() < cluster.members.len() {
        ensure!(told.elapsed() < HEALED_WITHIN, "not every node has heard of the fork");
        sleep(LOOK);
    }
    for index in [ONE, TWIN] {
        cluster.wait_for(index, "its gate to open", |status| status.recovery.is_none())?;
    }
    let agreed = cluster.agree_within(HEALED_WITHIN, 1);
    report.measure_time("equal", begun.elapsed());
    let reported = reports(&cluster, &agency);
    report.measure("reported_by_nodes", reported.len());
    report.measure("reported_as", reported.first().cloned().unwrap_or_default());
    agreed?;
    ensure!(!reported.is_empty(), "no node says that the agency's key is in use twice");

    report.say("all are equal and the fork is reported; looking for what was acknowledged");
    // What both signed at one position is what a fork is: only what is there
    // now is looked at, and must be the same everywhere.
    let datasets = ledger.audit(&cluster)?;
    report.measure("acknowledged", ledger.promises());
    report.measure("lost", 0);
    report.measure("datasets", datasets);
    Ok(Outcome::Passed)
}

/// Copies the first node into a fourth, and connects each of the two with a
/// peer of its own.
fn make_twin(cluster: &mut Cluster) -> anyhow::Result<()> {
    for member in &mut cluster.members {
        member.stop()?;
    }
    let mut sample = cluster.member(ONE)?.sample.clone();
    sample.folder.push_str("-twin");
    let index = cluster.prepare_one(sample)?;
    ensure!(index == TWIN, "the twin is the fourth");
    let folder = cluster.member(TWIN)?.data.clone();
    fs::remove_dir_all(&folder)?;
    cluster.member(ONE)?.back_up(&folder)?;
    cluster.member(TWIN)?.wipe(&OF_THE_NODE)?;
    let peers = [(ONE, Some(PEER)), (TWIN, Some(TWINS_PEER)), (PEER, None), (TWINS_PEER, None)];
    for (index, peer) in peers {
        let peers = match peer {
            Some(peer) => vec![cluster.member(peer)?.p2p.clone()],
            None => Vec::new(),
        };
        let member = cluster.member(index)?;
        member.peers = peers;
        member.discover = false;
    }
    cluster.start_all()
}

/// Returns how nodes say that the agency's key is in use twice: in their answer
/// about the agency, or in their log.
fn reports(cluster: &Cluster, agency: &AgencyId) -> Vec<String> {
    cluster.members.iter().filter_map(|member| reported(member, agency)).collect()
}

fn reported(member: &Member, agency: &AgencyId) -> Option<String> {
    let answer = member.client.agency(&agency.to_string()).ok()?;
    if let Some(fork) = answer.value.fork {
        let Position { epoch, seq } = fork.position;
        return Some(format!("two heads for epoch {epoch}, number {seq}, ended: {}", fork.ended));
    }
    let log = fs::read_to_string(member.log()).ok()?;
    log.lines().find(|line| line.contains("signed two heads")).map(str::to_owned)
}
