//! Five nodes that are killed, wiped, paused and filled up while three of them
//! publish: in the end all are equal, and nothing acknowledged is lost.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use dela_cli::Client;

use super::ledger::{Acknowledged, Ledger};
use super::publishing::{Publishing, wait_until_visible};
use super::{HEALED_WITHIN, Options, Outcome, Report};
use crate::chance::Chance;
use crate::cluster::{Cluster, REPLACEABLE};
use crate::machine::SmallDisk;
use crate::sample;

/// The nodes. The first two and the last publish.
const NODES: usize = 5;
const AUTHORS: [usize; 3] = [0, 1, SMALL];

/// The node whose data folder is a small file system of its own.
const SMALL: usize = 4;

/// How large that is: a store and a search index of some thousand datasets take
/// 30 MiB.
const SMALL_MEBIBYTES: u32 = 96;

/// How many times something is done to a node unless asked otherwise.
const ROUNDS: u32 = 30;

/// How long nothing happens between.
const CALM: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));

/// How long a node is down, paused or full.
const LONG: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// What can be done to a node.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Kill,
    Restart,
    Wipe,
    Pause,
    Fill,
}

const DEEDS: [Deed; 5] = [Deed::Kill, Deed::Restart, Deed::Wipe, Deed::Pause, Deed::Fill];

/// All that a round has to do with.
struct Stage {
    /// Goes before the cluster, which could not remove its folder otherwise.
    disk: Option<SmallDisk>,
    cluster: Cluster,
    publishing: Publishing,
    ledger: Ledger,
    chance: Chance,
    /// The newest publication acknowledged by each author.
    newest: [Option<Acknowledged>; AUTHORS.len()],
    done: [u32; DEEDS.len()],
    /// How often the full disk ended the node.
    ended_full: u32,
}

pub(super) fn play(options: &Options, report: &mut Report) -> anyhow::Result<Outcome> {
    let rounds = options.rounds.unwrap_or(ROUNDS);
    let mut stage = set_up(options, report)?;
    for round in 1..=rounds {
        sleep(stage.chance.time(CALM.0, CALM.1));
        stage.take_notes();
        let deed = *DEEDS.get(stage.chance.index(DEEDS.len())).context("a deed")?;
        stage.act(round, deed, report)?;
    }
    stage.revive(report)?;
    report.say("no more harm and publications; waiting until all are equal");
    let Stage { mut cluster, disk, publishing, mut ledger, done, ended_full, .. } = stage;
    let (broken_off, refused) = publishing.setbacks();
    ledger.remember(publishing.stop()?);
    let healing = Instant::now();
    cluster.agree_within(HEALED_WITHIN, u64::try_from(ledger.promises())?)?;
    report.measure_time("equal", healing.elapsed());
    let datasets = ledger.audit(&cluster)?;
    for member in &mut cluster.members {
        member.stop()?;
    }
    report.measure("full_disk", if disk.is_some() { "tmpfs" } else { "skipped" });
    drop(disk);
    for (deed, count) in DEEDS.iter().zip(done) {
        report.measure(&format!("{deed:?}").to_lowercase(), count);
    }
    report.measure("ended_by_full_disk", ended_full);
    report.measure("acknowledged", ledger.promises());
    report.measure("lost", 0);
    report.measure("datasets", datasets);
    report.measure("positions_used_twice", 0);
    report.measure("publications_broken_off", broken_off);
    report.measure("publications_refused", refused);
    Ok(Outcome::Passed)
}

fn set_up(options: &Options, report: &Report) -> anyhow::Result<Stage> {
    let folder = options.folder("churn");
    let agencies = sample::agencies(NODES);
    let mut cluster = Cluster::prepare(&options.program, agencies, folder.as_deref())?;
    let disk = match SmallDisk::mount(&cluster.member(SMALL)?.data, SMALL_MEBIBYTES) {
        Ok(disk) => Some(disk),
        Err(error) => {
            report.say(format_args!("full disks are skipped: {error:#}"));
            None
        }
    };
    cluster.start_all()?;
    for index in 0..NODES {
        cluster.wait_for_peers(index)?;
    }
    report.say(format_args!("{NODES} nodes run, {} of them publish", AUTHORS.len()));
    let clients = AUTHORS.map(|author| cluster.members.get(author).map(|one| one.client.clone()));
    let clients: Vec<Client> = clients.into_iter().flatten().collect();
    Ok(Stage {
        publishing: Publishing::start(&clients, 1),
        cluster,
        disk,
        ledger: Ledger::default(),
        chance: options.chance(),
        newest: [const { None }; AUTHORS.len()],
        done: [0; DEEDS.len()],
        ended_full: 0,
    })
}

impl Stage {
    fn take_notes(&mut self) {
        for (index, one) in self.publishing.take() {
            if let Some(newest) = self.newest.get_mut(index) {
                *newest = Some(one.clone());
            }
            self.ledger.remember([one]);
        }
    }

    fn act(&mut self, round: u32, deed: Deed, report: &Report) -> anyhow::Result<()> {
        let victim = match deed {
            Deed::Fill if self.disk.is_none() => return Ok(()),
            Deed::Fill => SMALL,
            _ => self.chance.index(NODES),
        };
        let name = self.cluster.member(victim)?.sample.name.clone();
        report.say(format_args!("round {round}: {deed:?} {name}"));
        let long = self.chance.time(LONG.0, LONG.1);
        match deed {
            Deed::Kill => {
                self.cluster.member(victim)?.kill()?;
                sleep(long);
                self.cluster.launch(victim)?;
            }
            Deed::Restart => {
                self.cluster.member(victim)?.stop()?;
                self.cluster.launch(victim)?;
            }
            Deed::Pause => {
                self.cluster.member(victim)?.pause()?;
                sleep(long);
                self.cluster.member(victim)?.resume()?;
            }
            Deed::Wipe => self.wipe(victim)?,
            Deed::Fill => self.fill(long, report)?,
        }
        self.cluster.wait_for(victim, "a node to answer again", |_| true)?;
        if let Some(count) = self.done.get_mut(deed as usize) {
            *count += 1;
        }
        Ok(())
    }

    /// Deletes what comes back from others. An author first rests until
    /// somebody else holds what it has acknowledged: what only one disk holds
    /// is lost with it, and nobody promised otherwise.
    fn wipe(&mut self, victim: usize) -> anyhow::Result<()> {
        let author = AUTHORS.iter().position(|author| *author == victim);
        if let Some(author) = author {
            self.publishing.hold(author);
            self.take_notes();
            let newest = self.newest.get(author).cloned().flatten();
            let other = if victim == 2 { 3 } else { 2 };
            if let (Some(newest), Some(member)) = (newest, self.cluster.members.get(other)) {
                wait_until_visible(&member.client, &newest, HEALED_WITHIN)?;
            }
        }
        self.cluster.member(victim)?.kill()?;
        self.cluster.member(victim)?.wipe(&REPLACEABLE)?;
        self.cluster.launch(victim)?;
        if let Some(author) = author {
            self.publishing.release(author);
        }
        Ok(())
    }

    /// Leaves no room on the small disk for a while. A node that the disk ended
    /// is started again when there is room.
    fn fill(&mut self, long: Duration, report: &Report) -> anyhow::Result<()> {
        let disk = self.disk.as_ref().context("a disk of its own")?;
        disk.fill()?;
        sleep(long);
        disk.free()?;
        let member = self.cluster.member(SMALL)?;
        if let Some(how) = member.ended() {
            report.say(format_args!("the full disk ended it: {how}\n{}", member.last_words()));
            self.ended_full += 1;
            self.cluster.launch(SMALL)?;
        }
        Ok(())
    }

    /// Has all nodes run that something ended since it was looked at last.
    fn revive(&mut self, report: &Report) -> anyhow::Result<()> {
        for index in 0..NODES {
            if let Some(how) = self.cluster.member(index)?.ended() {
                report.say(format_args!("node {index} had ended: {how}"));
                self.ended_full += u32::from(index == SMALL);
                self.cluster.launch(index)?;
            }
            self.cluster.wait_for(index, "a node to answer", |_| true)?;
        }
        Ok(())
    }
}
