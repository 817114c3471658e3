//! Five nodes behind links that are slow and break: they end up equal all the
//! same, while the links stay as bad as they are.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use dela_cli::Client;

use super::ledger::Ledger;
use super::publishing::{self, Publishing, wait_until_visible};
use super::{HEALED_WITHIN, Options, Outcome, Report};
use crate::cluster::Cluster;
use crate::proxy::{Proxy, Weather};
use crate::{sample, up};

/// The nodes, each of which dials all others, each by a link of its own.
const NODES: usize = 5;

/// How many single publications are timed unless asked otherwise.
const ROUNDS: u32 = 20;

/// From Kiruna to Ystad it is 20 ms, to another continent 200 ms. One of 200
/// chunks cuts its connection: each lasts some ten seconds to a minute.
const WEATHER: Weather =
    Weather { delay: (Duration::from_millis(50), Duration::from_millis(200)), cut_one_in: 200 };

pub(super) fn play(options: &Options, report: &mut Report) -> anyhow::Result<Outcome> {
    let rounds = options.rounds.unwrap_or(ROUNDS);
    let folder = options.folder("latency");
    let agencies = sample::agencies(NODES);
    let mut cluster = Cluster::prepare(&options.program, agencies, folder.as_deref())?;
    let proxies = connect(&mut cluster, options)?;
    cluster.start_all()?;
    for index in 0..NODES {
        cluster.wait_for_peers(index)?;
    }
    report.say(format_args!("{NODES} nodes have met over {} slow links", proxies.len()));

    let importing = Instant::now();
    for member in &cluster.members {
        if let Some(catalogue) = member.sample.catalogue {
            up::import(&member.client, catalogue)?;
        }
    }
    cluster.agree_within(HEALED_WITHIN, 1)?;
    report.measure_time("catalogues_equal", importing.elapsed());

    report.say("three catalogues have arrived everywhere; publishing on");
    let mut ledger = Ledger::default();
    let clients: Vec<Client> = cluster.members.iter().map(|member| member.client.clone()).collect();
    let (author, readers) = clients.split_first().context("a cluster of five")?;
    let publishing = Publishing::start(clients.get(1..3).context("a cluster of five")?, 1);
    let mut delays = Vec::new();
    for _ in 0..rounds {
        for one in publishing::publish(author, 1, HEALED_WITHIN)? {
            let published = Instant::now();
            for reader in readers {
                wait_until_visible(reader, &one, HEALED_WITHIN)?;
            }
            delays.push(published.elapsed());
            ledger.remember([one]);
        }
    }
    ledger.remember(publishing.stop()?);
    report.measure_times("visible_on_the_last", delays);

    report.say("no more publications; waiting until all are equal");
    let healing = Instant::now();
    cluster.agree_within(HEALED_WITHIN, u64::try_from(ledger.promises())?)?;
    report.measure_time("equal", healing.elapsed());
    let datasets = ledger.audit(&cluster)?;
    let sum = |figure: fn((u64, u64, u64)) -> u64| -> u64 {
        proxies.iter().map(|proxy| figure(proxy.counts())).sum()
    };
    report.measure("acknowledged", ledger.promises());
    report.measure("lost", 0);
    report.measure("datasets", datasets);
    report.measure("connections", sum(|counts| counts.0));
    report.measure("connections_cut", sum(|counts| counts.1));
    report.measure("bytes_carried", sum(|counts| counts.2));
    Ok(Outcome::Passed)
}

/// Puts a proxy between each node and each other, and has all dial those alone:
/// discovery would find the way around them.
fn connect(cluster: &mut Cluster, options: &Options) -> anyhow::Result<Vec<Proxy>> {
    let mut chance = options.chance();
    let mut ports = Vec::new();
    for member in &cluster.members {
        let port = member.p2p.rsplit('/').next().context("an address with a port")?;
        ports.push(port.parse::<u16>()?);
    }
    let mut proxies = Vec::new();
    for (own, member) in cluster.members.iter_mut().enumerate() {
        member.peers.clear();
        member.discover = false;
        for (_, port) in ports.iter().enumerate().filter(|(other, _)| *other != own) {
            let to = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
            let seed = crate::chance::Chance::new(chance.number());
            let proxy = Proxy::start(to, WEATHER, seed)?;
            member.peers.push(proxy.address());
            proxies.push(proxy);
        }
    }
    Ok(proxies)
}
