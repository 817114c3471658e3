//! An agency loses its data folder and keeps its keys: its catalogue comes back
//! from two peers, and it publishes on in a new epoch.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use dela_protocol::api::NodeState;
use dela_protocol::id::AgencyId;

use super::ledger::Ledger;
use super::publishing;
use super::{Options, Outcome, Report};
use crate::cluster::{Cluster, KEY_FILES};
use crate::{sample, up};

/// How many records are published unless asked otherwise.
const RECORDS: u32 = 50_000;

/// How long a catalogue may take to travel, for each record of it, beside what
/// a small one takes: an unoptimised build on a busy machine manages some
/// hundred a second.
const PATIENCE_EACH: Duration = Duration::from_millis(12);

pub(super) fn play(options: &Options, report: &mut Report) -> anyhow::Result<Outcome> {
    let records = options.records.unwrap_or(RECORDS);
    let patience = crate::cluster::PATIENCE + PATIENCE_EACH * records;
    let folder = options.folder("wipe");
    let mut cluster = Cluster::start(&options.program, sample::agencies(3), folder.as_deref())?;
    let owner = cluster.member(0)?.client.clone();
    let catalogue = catalogue(records);
    report.say(format_args!(
        "3 nodes run; one imports {records} datasets, {} bytes of Turtle",
        catalogue.len()
    ));
    let importing = Instant::now();
    let imported = up::import(&owner, &catalogue)?;
    report.measure_time("import", importing.elapsed());
    ensure!(imported.created == u64::from(records), "{} were imported", imported.created);
    let statuses = cluster.agree_within(patience, u64::from(records))?;
    report.measure_time("replicated", importing.elapsed());
    let mine = statuses.first().context("a cluster of three")?.agency;

    report.say("all three hold it; reading what the node holds");
    let mut ledger = Ledger::default();
    let before = ledger.survey(&owner)?;
    let digest = owner.agency(&mine.to_string())?.value.digest;
    let epoch = ledger.last(&mine).context("the agency has published")?.epoch;

    cluster.member(0)?.kill()?;
    cluster.member(0)?.wipe_all_but(&KEY_FILES)?;
    report.say(format_args!("all of its data folder is deleted but {}", KEY_FILES.join(", ")));
    let begun = Instant::now();
    cluster.launch(0)?;
    let whole = cluster.wait_longer_for(0, patience, "the catalogue to come back", |status| {
        status.state == NodeState::Ready
            && status.behind == 0
            && status.search_behind == 0
            && status.datasets >= u64::from(records)
    })?;
    report.measure_time("whole", begun.elapsed());
    ensure!(whole.agency == mine, "the node came back as another agency");
    ensure!(
        owner.agency(&mine.to_string())?.value.digest == digest,
        "the catalogue that came back has another digest"
    );
    let acknowledged = publishing::publish(&owner, 1, patience)?;
    report.measure_time("published", begun.elapsed());
    let first = acknowledged.first().context("one was published")?.position;
    ledger.remember(acknowledged);
    cluster.agree_within(patience, u64::from(records) + 1)?;
    report.measure_time("equal", begun.elapsed());

    report.say("whole, published and equal; comparing every record with what was before");
    ensure!(first.epoch > epoch, "the epoch did not grow: it was {epoch}, it is {}", first.epoch);
    let after = ledger.survey(&owner)?;
    let lost = before.iter().filter(|(id, held)| after.get(id) != Some(held)).count();
    ensure!(lost == 0, "{lost} of {} records are lost or others", before.len());
    check_peer(&mut ledger, &cluster, mine, after.len())?;
    report.measure("records", before.len());
    report.measure("lost", lost);
    report.measure("epoch_before", epoch);
    report.measure("epoch_after", first.epoch);
    report.measure("positions_used_twice", 0);
    Ok(Outcome::Passed)
}

/// Checks that a peer holds as much, and the promises with it.
fn check_peer(
    ledger: &mut Ledger,
    cluster: &Cluster,
    mine: AgencyId,
    datasets: usize,
) -> anyhow::Result<()> {
    let peer = cluster.members.get(1).context("a cluster of three")?;
    let holdings = ledger.survey(&peer.client)?;
    ledger.check_promises(peer, &holdings)?;
    ensure!(holdings.len() == datasets, "a peer holds {} datasets", holdings.len());
    let own = cluster.members.first().context("a cluster of three")?;
    let summary = |client: &dela_cli::Client| client.agency(&mine.to_string());
    let (one, other) = (summary(&own.client)?.value, summary(&peer.client)?.value);
    ensure!(
        (one.digest, one.head, one.records) == (other.digest, other.head, other.records),
        "the agency and its peer hold different catalogues"
    );
    Ok(())
}

/// Returns a catalogue of so many datasets, each with what such a description
/// usually has.
pub(super) fn catalogue(datasets: u32) -> String {
    let mut turtle = String::from(
        "@prefix dcat: <http://www.w3.org/ns/dcat#> .\n\
         @prefix dcterms: <http://purl.org/dc/terms/> .\n\
         @prefix : <https://data.prov.example/serie/> .\n",
    );
    for number in 0..datasets {
        write!(
            turtle,
            ":{number} a dcat:Dataset ; dcterms:title \"Vattenstånd vid pegel {number}\"@sv ;\n  \
             dcterms:description \"Vattenstånd i centimeter vid pegel {number}, avläst varje \
             timme sedan pegeln sattes upp, med tid, värde och kvalitetskod.\"@sv ;\n  \
             dcat:keyword \"vattenstånd\"@sv, \"pegel {number}\"@sv ;\n  \
             dcterms:license <http://creativecommons.org/publicdomain/zero/1.0/> ;\n  \
             dcat:distribution <https://data.prov.example/fil/{number}.csv> .\n\
             <https://data.prov.example/fil/{number}.csv> a dcat:Distribution ;\n  \
             dcat:accessURL <https://data.prov.example/fil/{number}.csv> .\n"
        )
        .expect("writing to a string works");
    }
    turtle
}
