//! A peer that floods a node at the full speed of loopback: the node's memory
//! stays within a bound, and honest publications still reach it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use dela_cli::Client;
use dela_protocol::limits::HEAD_PER_AGENCY_EVERY;
use serde_json::{Value, json};

use super::ledger::{Acknowledged, Ledger};
use super::publishing::{self, wait_until_visible};
use super::{HEALED_WITHIN, Options, Outcome, Report};
use crate::attacker::{Attack, Attacker, Done, Victim};
use crate::chance::Chance;
use crate::cluster::{Cluster, Member};
use crate::{sample, up};

/// How many seconds each attack lasts unless asked otherwise.
const SECONDS: u32 = 8;

/// The most memory the victim may hold, whatever is sent to it. Idle it holds
/// some 100 MiB; 64 MiB are the store's cache, 128 MiB what waits to be judged
/// on gossip, here and in libp2p, at the longest an announcement may be; 16 MiB
/// pages that are pulled; and as much again is for what allocators keep.
const MEMORY_MAX: u64 = 512 * 1024 * 1024;

/// All attacks, in the order in which they come.
const ATTACKS: [(Attack, &str); 6] = [
    (Attack::Churn, "churn"),
    (Attack::Garbage, "garbage"),
    (Attack::Forgeries, "forgeries"),
    (Attack::Questions, "questions"),
    (Attack::Deafness, "deafness"),
    (Attack::Announcements, "announcements"),
];

/// How many datasets the victim holds, for answers that are worth asking for.
const DATASETS: u32 = 2_000;

/// More agencies than this must have reached the victim: those of the nodes,
/// and more made up ones than one window of the multiplexer holds (256 KiB).
const AGENCIES_MIN: u64 = 3 + 18;

/// How often memory and peers are looked at.
const LOOK: Duration = Duration::from_millis(100);

/// The nodes: the victim, and two honest ones that publish in turn.
const NODES: usize = 3;

/// The pause between two honest publications: none of the two agencies comes
/// more often than its heads are passed on, so that what is measured is the
/// flood and not that bound.
const PAUSE: Duration = Duration::from_secs(HEAD_PER_AGENCY_EVERY.as_secs() / 2);

pub(super) fn play(options: &Options, report: &mut Report) -> anyhow::Result<Outcome> {
    let time = Duration::from_secs(u64::from(options.rounds.unwrap_or(SECONDS)));
    let folder = options.folder("flood");
    let mut cluster = Cluster::start(&options.program, sample::agencies(NODES), folder.as_deref())?;
    up::import(&cluster.member(0)?.client, &super::wipe::catalogue(DATASETS))?;
    let statuses = cluster.wait_for_agreement(u64::from(DATASETS))?;
    let status = statuses.first().context("a cluster of three")?;
    let victim = Victim {
        address: cluster.member(0)?.p2p.clone(),
        federation: status.federation.id,
        agency: status.agency,
    };
    let Some((idle, _)) = cluster.member(0)?.memory() else {
        return Ok(Outcome::Skipped("the system does not tell a process's memory".to_owned()));
    };
    report.measure("memory_idle_bytes", idle);
    report.measure("memory_bound_bytes", MEMORY_MAX);
    let mut ledger = Ledger::default();
    let mut seen_strikes = 0;
    let mut chance = options.chance();
    for (attack, name) in ATTACKS {
        report.say(format_args!("{name}: {} s", time.as_secs()));
        let attacker = Attacker::start(attack, victim.clone(), Chance::new(chance.number()));
        let watch = Watch::start(cluster.member(0)?)?;
        let told = publish_for(&cluster, time);
        let done = attacker.stop()?;
        let looked = watch.stop()?;
        cluster.wait_for(0, "the victim to answer", |_| true)?;
        let (promises, delays) = told.with_context(|| format!("while {name} came"))?;
        ledger.remember(promises);
        seen_strikes += looked.strikes;
        report.measure(name, figures(&done, &looked, delays));
        ensure!(done.messages + done.connections > 0, "{name}: the attacker did nothing");
        ensure!(
            looked.memory <= MEMORY_MAX,
            "{name}: the victim held {} bytes, where {MEMORY_MAX} are the bound",
            looked.memory
        );
    }
    report.say("no more attacks; waiting until all nodes are equal");
    let healing = Instant::now();
    cluster.agree_within(HEALED_WITHIN, u64::try_from(ledger.promises())?)?;
    report.measure_time("equal", healing.elapsed());
    for member in &cluster.members {
        let promises: Vec<_> = ledger.promised();
        ledger.look_up(&member.client, &promises)?;
    }
    let agencies = cluster.member(0)?.client.status()?.value.agencies;
    // The attack would show nothing if the victim had stopped to listen.
    ensure!(agencies > AGENCIES_MIN, "of all agencies made up, the victim took {agencies}");
    report.measure("agencies_taken", agencies);
    let (_, most) = cluster.member(0)?.memory().context("the victim runs")?;
    report.measure("memory_most_bytes", most);
    report.measure("acknowledged", ledger.promises());
    report.measure("lost", 0);
    ensure!(most <= MEMORY_MAX, "the victim held {most} bytes, where {MEMORY_MAX} are the bound");
    ensure!(seen_strikes > 0, "no peer of the victim was shown with a strike or as cut off");
    Ok(Outcome::Passed)
}

/// Has the honest node publish for that long, and returns what was acknowledged
/// and how long each took to be on the victim.
fn publish_for(
    cluster: &Cluster,
    time: Duration,
) -> anyhow::Result<(Vec<Acknowledged>, Vec<Duration>)> {
    let (victim, honest) = cluster.members.split_first().context("a cluster of three")?;
    let mut authors = honest.iter().cycle();
    let begun = Instant::now();
    let (mut promises, mut delays) = (Vec::new(), Vec::new());
    while begun.elapsed() < time {
        let author = authors.next().context("two honest nodes")?;
        for one in publishing::publish(&author.client, 1, HEALED_WITHIN)? {
            delays.push(wait_until_visible(&victim.client, &one, HEALED_WITHIN)?);
            promises.push(one);
        }
        sleep(PAUSE);
    }
    Ok((promises, delays))
}

fn figures(done: &Done, looked: &Looked, mut delays: Vec<Duration>) -> Value {
    delays.sort_unstable();
    let millis = |index: usize| delays.get(index).map(Duration::as_millis);
    json!({
        "messages": done.messages,
        "bytes": done.bytes,
        "answers": done.answers,
        "connections": done.connections,
        "ended": done.ended,
        "memory_bytes": looked.memory,
        "strikes_seen": looked.strikes,
        "strike": looked.strike,
        "throttled": looked.throttled,
        "honest_publications": delays.len(),
        "visible_ms": { "median": millis(delays.len() / 2), "max": millis(delays.len().saturating_sub(1)) },
    })
}

/// What was seen of the victim during an attack.
#[derive(Debug, Default)]
struct Looked {
    /// The most memory it held.
    memory: u64,
    /// How many looks showed a peer with strikes, and lines of its log a peer
    /// that was cut off.
    strikes: usize,
    /// What one of the strikes was for.
    strike: Option<String>,
    /// The most that a peer was shown to have been held back.
    throttled: u64,
}

/// Looks at the victim, on a thread of its own.
struct Watch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Looked>,
    log: std::path::PathBuf,
    log_bytes: usize,
}

impl Watch {
    fn start(victim: &Member) -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (until, client) = (Arc::clone(&stop), victim.client.clone());
        let process = victim.process_id().context("the victim runs")?;
        let log = victim.log();
        let log_bytes = std::fs::read(&log)?.len();
        let thread = thread::spawn(move || {
            let mut looked = Looked::default();
            while !until.load(Ordering::Relaxed) {
                if let Some((held, _)) = crate::cluster::memory(process) {
                    looked.memory = looked.memory.max(held);
                }
                look_at_peers(&client, &mut looked);
                sleep(LOOK);
            }
            looked
        });
        Ok(Self { stop, thread, log, log_bytes })
    }

    fn stop(self) -> anyhow::Result<Looked> {
        self.stop.store(true, Ordering::Relaxed);
        let mut looked = self.thread.join().map_err(|_| anyhow!("a watch ended in a panic"))?;
        let log = std::fs::read(&self.log)?;
        let log = String::from_utf8_lossy(log.get(self.log_bytes..).unwrap_or_default());
        looked.strikes += log.lines().filter(|line| line.contains("cut off")).count();
        Ok(looked)
    }
}

fn look_at_peers(client: &Client, looked: &mut Looked) {
    // A victim that does not answer now may do so at the next look.
    let Ok(answer) = client.peers() else { return };
    for peer in answer.value.peers.iter().filter(|peer| peer.strikes > 0) {
        looked.strikes += 1;
        let last = peer.last_strikes.last().map(|strike| strike.reason.clone());
        looked.strike = last.or(looked.strike.take());
    }
    for throttled in answer.value.peers.iter().filter_map(|peer| peer.throttled) {
        looked.throttled = looked.throttled.max(throttled.count);
    }
}
