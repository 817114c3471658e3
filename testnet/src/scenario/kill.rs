//! kill -9 at random moments while agencies publish: nothing acknowledged is
//! lost, and no position is used twice.

use std::thread::sleep;
use std::time::{Duration, Instant};

use dela_cli::Client;

use super::ledger::{Acknowledged, Ledger};
use super::publishing::Publishing;
use super::{HEALED_WITHIN, Options, Outcome, Report};
use crate::chance::Chance;
use crate::cluster::Cluster;
use crate::sample;

/// How many rounds are played unless asked otherwise.
const ROUNDS: u32 = 200;

/// The first two nodes publish and may be killed; the third only watches.
const PUBLISHERS: usize = 2;

/// Publishers at each node, so that publications queue up when it is killed.
const PUBLISHERS_EACH: usize = 2;

/// How long a node is left alone before it is killed.
const LIFE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(600));

/// In every so many rounds the node is killed once more, while it starts.
const KILLED_TWICE_EVERY: u64 = 4;

/// When a node that starts is killed.
const INFANCY: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(400));

/// How often it is told how far the rounds are.
const TOLD_EVERY: u32 = 20;

pub(super) fn play(options: &Options, report: &mut Report) -> anyhow::Result<Outcome> {
    let rounds = options.rounds.unwrap_or(ROUNDS);
    let mut chance = options.chance();
    let folder = options.folder("kill");
    let mut cluster = Cluster::start(&options.program, sample::agencies(3), folder.as_deref())?;
    let clients: Vec<Client> =
        cluster.members.iter().take(PUBLISHERS).map(|member| member.client.clone()).collect();
    report.say(format_args!("3 nodes run, 2 of them publish; {rounds} rounds of kill -9"));
    let publishing = Publishing::start(&clients, PUBLISHERS_EACH);
    let mut ledger = Ledger::default();
    let mut unchecked: Vec<Vec<Acknowledged>> = vec![Vec::new(); PUBLISHERS];
    let mut returns = Vec::new();
    for round in 1..=rounds {
        let victim = chance.index(PUBLISHERS);
        returns.push(kill(&mut cluster, victim, &mut chance)?);
        for (index, one) in publishing.take() {
            ledger.remember([one.clone()]);
            if let Some(unchecked) = unchecked.get_mut(index) {
                unchecked.push(one);
            }
        }
        // Its own store has all it promised, at once and by itself.
        if let (Some(client), Some(promised)) = (clients.get(victim), unchecked.get_mut(victim)) {
            ledger.look_up(client, &core::mem::take(promised))?;
        }
        for member in &cluster.members {
            ledger.note_heads(&member.client)?;
        }
        if round % TOLD_EVERY == 0 {
            report.say(format_args!("round {round}: {} acknowledged", ledger.promises()));
        }
    }
    let (broken_off, refused) = publishing.setbacks();
    ledger.remember(publishing.stop()?);
    report.say("no more kills and publications; waiting until all are equal");
    let healing = Instant::now();
    let promises = u64::try_from(ledger.promises())?;
    cluster.agree_within(HEALED_WITHIN, promises)?;
    report.measure_time("healed", healing.elapsed());
    let datasets = ledger.audit(&cluster)?;
    report.measure("rounds", rounds);
    report.measure("acknowledged", promises);
    report.measure("lost", 0);
    report.measure("datasets", datasets);
    report.measure("positions_seen", ledger.positions());
    report.measure("positions_used_twice", 0);
    report.measure("publications_broken_off", broken_off);
    report.measure("publications_refused", refused);
    report.measure_times("answers_again", returns);
    Ok(Outcome::Passed)
}

/// Kills a node after a while, sometimes once more while it starts, and returns
/// how long it took to answer again.
fn kill(cluster: &mut Cluster, victim: usize, chance: &mut Chance) -> anyhow::Result<Duration> {
    sleep(chance.time(LIFE.0, LIFE.1));
    cluster.restart(victim)?;
    if chance.below(KILLED_TWICE_EVERY) == 0 {
        sleep(chance.time(INFANCY.0, INFANCY.1));
        cluster.restart(victim)?;
    }
    let begun = Instant::now();
    cluster.wait_for(victim, "a killed node to answer", |_| true)?;
    Ok(begun.elapsed())
}
