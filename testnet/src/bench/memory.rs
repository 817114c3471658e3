//! What a node keeps resident that holds as many datasets as Sweden has, and
//! what it does while nothing happens.
//!
//! Three real nodes: two import half of the datasets each, the third only
//! replicates. They are measured once everything can be searched and some
//! seconds have passed, and the third again after a restart.

use std::fmt::Write as _;
use std::fs;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, bail};
use dela_cli::{Client, ImportOptions, InputFormat, Upload};
use dela_node::export;
use dela_node::rdf::Format;

use super::population::bytes_in;
use super::table::{Row, Unit, figure};
use super::{Settings, talk, written};
use crate::cluster::Cluster;
use crate::sample;

/// What is measured here.
pub(super) const NAME: &str = "memory";

/// How long a node is left alone before and while it is looked at.
const REST: Duration = Duration::from_secs(10);

/// The ticks of a second in which Linux counts the time of processes.
const TICKS_PER_SECOND: f64 = 100.0;

/// What Linux tells of a process.
#[derive(Debug, Clone, Copy)]
struct Resident {
    total: f64,
    of_its_own: f64,
}

/// Measures.
pub(super) fn measure(settings: &Settings) -> anyhow::Result<Vec<Row>> {
    if !cfg!(target_os = "linux") {
        talk(&format!("{NAME}: left out, because only Linux tells it in /proc"));
        return Ok(Vec::new());
    }
    let datasets = u64::try_from((settings.records / 4).max(2))?;
    let rest = if settings.quick { Duration::from_millis(100) } else { REST };
    let mut cluster = Cluster::start(&settings.program, sample::agencies(3), None)?;
    sleep(rest);
    let empty = resident(&cluster, 2)?;
    talk(&format!("{NAME}: importing {datasets} datasets ..."));
    for (index, member) in cluster.members.iter().take(2).enumerate() {
        let first = u64::try_from(index)? * (datasets / 2);
        import(&member.client, first..first + datasets / 2)?;
    }
    let expected = datasets / 2 * 2;
    cluster.wait_for_agreement(expected)?;
    sleep(rest);
    let (importer, replica) = (resident(&cluster, 0)?, resident(&cluster, 2)?);
    let before = ticks(&cluster, 2)?;
    sleep(rest);
    let busy = (ticks(&cluster, 2)? - before) / TICKS_PER_SECOND / rest.as_secs_f64() * 100.0;
    let folder = cluster.members.get(2).context("three nodes")?.data.clone();
    let search = bytes_in(&folder.join("search"))?;
    cluster.restart(2)?;
    cluster.wait_for(2, "everything to be there again", |status| {
        status.datasets >= expected && status.search_behind == 0
    })?;
    sleep(rest);
    let restarted = resident(&cluster, 2)?;

    let row = |what: &str, resident: Resident| {
        Row::new(
            NAME,
            format!("{what}, {expected} datasets"),
            Unit::Megabytes,
            vec![resident.total],
        )
        .note(format!("{:.1} MB of it its own, the rest is files", resident.of_its_own))
    };
    let per_record = (restarted.of_its_own - empty.of_its_own) * 1e6 / figure(expected);
    Ok(vec![
        row("resident after replicating", replica).at_most(150.0),
        row("resident after importing half", importer).at_most(150.0),
        row("resident after a restart", restarted).at_most(150.0),
        row("resident while empty", empty),
        Row::new(NAME, "own memory for a record, after a restart", Unit::Bytes, vec![per_record]),
        Row::new(NAME, "one core while idle", Unit::Percent, vec![busy]).at_most(1.0),
        Row::new(
            NAME,
            "a record in the search index",
            Unit::Bytes,
            vec![figure(search) / figure(expected)],
        ),
    ])
}

/// Imports the datasets of these numbers.
fn import(client: &Client, numbers: std::ops::Range<u64>) -> anyhow::Result<()> {
    let datasets: Vec<_> = numbers.map(written::dataset).collect();
    let file = export::catalogue(&datasets, Format::Turtle);
    let mut body = file.as_slice();
    let upload = Upload {
        bytes: u64::try_from(body.len())?,
        body: &mut body,
        media_type: "text/turtle",
        format: Some(InputFormat::Turtle),
        base: None,
    };
    client.import(upload, ImportOptions::default())?;
    Ok(())
}

fn resident(cluster: &Cluster, index: usize) -> anyhow::Result<Resident> {
    let status = proc(cluster, index, "status")?;
    let kilobytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.and_then(|number| number.parse::<f64>().ok()).context("a process has memory")
    };
    let megabytes = |kilobytes: f64| kilobytes * 1024.0 / 1e6;
    Ok(Resident {
        total: megabytes(kilobytes("VmRSS:")?),
        of_its_own: megabytes(kilobytes("RssAnon:")?),
    })
}

/// Returns how long a process has been busy.
fn ticks(cluster: &Cluster, index: usize) -> anyhow::Result<f64> {
    let stat = proc(cluster, index, "stat")?;
    let (_, after_name) = stat.rsplit_once(") ").context("the form of /proc/PID/stat")?;
    let fields: Vec<&str> = after_name.split(' ').collect();
    match (fields.get(11), fields.get(12)) {
        (Some(user), Some(system)) => Ok(user.parse::<f64>()? + system.parse::<f64>()?),
        _ => bail!("/proc/PID/stat has {} fields", fields.len()),
    }
}

fn proc(cluster: &Cluster, index: usize, file: &str) -> anyhow::Result<String> {
    let member = cluster.members.get(index).context("a node of the cluster")?;
    let mut path = String::from("/proc/");
    write!(path, "{}/{file}", member.process_id().context("a node that runs")?)?;
    Ok(fs::read_to_string(path)?)
}
