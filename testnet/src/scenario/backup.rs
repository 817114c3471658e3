//! An old copy of the data folder is put back: the node publishes nothing until
//! its newer head has come back from its peers, and then in a new epoch.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use dela_cli::{Client, ClientError, PublishOptions};

use super::ledger::Ledger;
use super::{HEALED_WITHIN, Options, Outcome, Report, publishing};
use crate::cluster::Cluster;
use crate::sample;

/// How many records are published before the copy is made, and again after it,
/// unless asked otherwise.
const RECORDS: u32 = 50;

/// How long the restored node is alone, and asked to publish all the while.
const ALONE: Duration = Duration::from_secs(2);

pub(super) fn play(options: &Options, report: &mut Report) -> anyhow::Result<Outcome> {
    let records = options.records.unwrap_or(RECORDS);
    let folder = options.folder("backup");
    let mut cluster = Cluster::start(&options.program, sample::agencies(2), folder.as_deref())?;
    let owner = cluster.member(0)?.client.clone();
    let mut ledger = Ledger::default();
    ledger.remember(publishing::publish(&owner, records, HEALED_WITHIN)?);
    cluster.wait_for_agreement(u64::from(records))?;

    let copy = cluster.folder().join("copy");
    cluster.member(0)?.stop()?;
    cluster.member(0)?.back_up(&copy)?;
    report.say(format_args!("{records} published; the data folder is copied while stopped"));
    cluster.launch(0)?;
    let later = publishing::publish(&owner, records, HEALED_WITHIN)?;
    let epoch = later.first().context("some were published")?.position.epoch;
    ledger.remember(later);
    cluster.wait_for_agreement(u64::from(records) * 2)?;
    for member in &cluster.members {
        ledger.survey(&member.client)?;
    }

    report.say(format_args!("{records} more published; both nodes stop, the old copy is put back"));
    for index in [0, 1] {
        cluster.member(index)?.stop()?;
    }
    cluster.member(0)?.restore(&copy)?;
    cluster.launch(0)?;
    cluster.wait_for(0, "the restored node to answer", |_| true)?;
    let refusals = refused_alone(&owner)?;
    report.measure("refused_while_alone", refusals);

    report.say("alone it refuses to publish; its peer starts");
    let begun = Instant::now();
    cluster.launch(1)?;
    let acknowledged = publishing::publish(&owner, 5, HEALED_WITHIN)?;
    report.measure_time("published_again", begun.elapsed());
    let first = acknowledged.first().context("some were published")?.position;
    ledger.remember(acknowledged);
    cluster.agree_within(HEALED_WITHIN, u64::from(records) * 2 + 5)?;
    report.measure_time("equal", begun.elapsed());
    let datasets = ledger.audit(&cluster)?;
    ensure!(
        first.epoch > epoch,
        "it went on in epoch {epoch}, where an old copy cannot know what was signed"
    );
    report.measure("acknowledged", ledger.promises());
    report.measure("lost", 0);
    report.measure("datasets", datasets);
    report.measure("epoch_before", epoch);
    report.measure("epoch_after", first.epoch);
    report.measure("positions_used_twice", 0);
    Ok(Outcome::Passed)
}

/// Asks a node without peers to publish, again and again, and returns how often
/// it refused; once is once too often that it does not.
fn refused_alone(client: &Client) -> anyhow::Result<u32> {
    let begun = Instant::now();
    let mut refusals = 0;
    while begun.elapsed() < ALONE {
        match client.publish(&publishing::dataset(""), PublishOptions::default()) {
            Ok(answer) => bail!(
                "the restored node published at {:?} before it knew of its newer head: that forks",
                answer.value.position
            ),
            Err(ClientError::Refused { problem, .. }) => {
                ensure!(problem.status == 503, "refused with {}, not 503", problem.status);
                ensure!(problem.hint.is_some(), "refused without a word on what to do");
                refusals += 1;
            }
            Err(error) => return Err(error).context("asking the restored node to publish"),
        }
        sleep(Duration::from_millis(100));
    }
    Ok(refusals)
}
