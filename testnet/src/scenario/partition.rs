//! A network is cut in two and joined again: both halves publish meanwhile, and
//! afterwards all nodes are equal within two rounds of reconciliation.
//!
//! The network is made of namespaces inside one namespace, which the testnet
//! enters by starting itself anew in it; so nothing of it is seen outside, and
//! all goes with the process.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use super::ledger::Ledger;
use super::publishing::{self, is_visible, wait_until_visible};
use super::{HEALED_WITHIN, Options, Outcome, Report};
use crate::cluster::Cluster;
use crate::machine::{SplitNetwork, own_address, peer_address};
use crate::sample;

/// Three nodes in each half.
const NODES: usize = 6;

/// How often the network is cut unless asked otherwise.
const ROUNDS: u32 = 2;

/// How long it is cut, in turn: so short that no connection notices, and so
/// long that pings have ended all of them.
const CUT: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(100)];

/// Publications in each half while the network is cut.
const PUBLISHED: u32 = 10;

pub(super) fn play(options: &Options, report: &mut Report) -> anyhow::Result<Outcome> {
    if options.inside {
        return play_inside(options, report);
    }
    if let Some(why) = SplitNetwork::obstacle() {
        return Ok(Outcome::Skipped(format!("no network namespaces here: {why}")));
    }
    enter(options, report)
}

/// Starts the testnet anew in a namespace of its own, and tells what that tells.
fn enter(options: &Options, report: &mut Report) -> anyhow::Result<Outcome> {
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount"]).arg(&options.program);
    command.args(["scenario", "partition", "--inside", "--json", "--seed"]);
    command.arg(options.seed.to_string());
    if let Some(rounds) = options.rounds {
        command.arg("--rounds").arg(rounds.to_string());
    }
    if let Some(data) = &options.data {
        command.arg("--data").arg(data);
    }
    let mut inside = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    inside.stdout.take().context("its stdout is ours")?.read_to_string(&mut line)?;
    inside.wait()?;
    let told: serde_json::Value = serde_json::from_str(&line).context("what it tells")?;
    if let Some(measured) = told.get("measured").and_then(serde_json::Value::as_object) {
        for (name, value) in measured {
            report.measure(name, value.clone());
        }
    }
    let reason = told.get("reason").and_then(serde_json::Value::as_str).unwrap_or("no reason");
    match told.get("outcome").and_then(serde_json::Value::as_str) {
        Some("passed") => Ok(Outcome::Passed),
        Some("skipped") => Ok(Outcome::Skipped(reason.to_owned())),
        _ => bail!("{reason}"),
    }
}

fn play_inside(options: &Options, report: &mut Report) -> anyhow::Result<Outcome> {
    let network = match SplitNetwork::make(NODES) {
        Ok(network) => network,
        Err(why) => return Ok(Outcome::Skipped(format!("no bridged network here: {why:#}"))),
    };
    let folder = options.folder("partition");
    let agencies = sample::agencies(NODES);
    let mut cluster = Cluster::prepare(&options.program, agencies, folder.as_deref())?;
    for (number, member) in cluster.members.iter_mut().enumerate() {
        let http = format!("{}:4800", own_address(number)).parse()?;
        member.settle(http, format!("/ip4/{}/tcp/4801", peer_address(number)))?;
        member.wrapper = network.wrapper(number)?;
    }
    let listen: Vec<String> = cluster.members.iter().map(|one| one.p2p.clone()).collect();
    for member in &mut cluster.members {
        member.peers = listen.iter().filter(|peer| **peer != member.p2p).cloned().collect();
    }
    cluster.start_all()?;
    for index in 0..NODES {
        cluster.wait_for_peers(index)?;
    }
    report.say(format_args!("{NODES} nodes have met, each in a network namespace"));
    let rounds = options.rounds.unwrap_or(ROUNDS);
    let mut ledger = Ledger::default();
    let (mut healed, mut lengths) = (Vec::new(), CUT.iter().cycle());
    for round in 1..=rounds {
        let cut = *lengths.next().context("there is always a next")?;
        report.say(format_args!("round {round}: the cable is out for {} s", cut.as_secs()));
        healed.push(split(&mut cluster, &network, &mut ledger, cut)?);
    }
    let datasets = ledger.audit(&cluster)?;
    report.measure("rounds", rounds);
    report.measure("acknowledged", ledger.promises());
    report.measure("lost", 0);
    report.measure("datasets", datasets);
    report.measure_times("equal_after_healing", healed);
    Ok(Outcome::Passed)
}

/// Cuts the network for a while in which both halves publish, joins it, and
/// returns how long it took until all were equal.
fn split(
    cluster: &mut Cluster,
    network: &SplitNetwork,
    ledger: &mut Ledger,
    cut: Duration,
) -> anyhow::Result<Duration> {
    let clients: Vec<_> = cluster.members.iter().map(|member| member.client.clone()).collect();
    let [left, right, other_left, other_right, ..] = clients.as_slice() else {
        bail!("a cluster of six")
    };
    network.connect_halves(false)?;
    let begun = Instant::now();
    for (author, neighbour, beyond) in [(left, other_left, right), (right, other_right, left)] {
        let published = publishing::publish(author, PUBLISHED, HEALED_WITHIN)?;
        let last = published.last().context("some were published")?.clone();
        wait_until_visible(neighbour, &last, HEALED_WITHIN)?;
        ensure!(!is_visible(beyond, &last), "the halves still reach each other");
        ledger.remember(published);
    }
    sleep(cut.saturating_sub(begun.elapsed()));
    network.connect_halves(true)?;
    let healing = Instant::now();
    cluster.agree_within(HEALED_WITHIN, u64::try_from(ledger.promises())?)?;
    Ok(healing.elapsed())
}
