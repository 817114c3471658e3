//! `dela status`.

use clap::Args;
use dela_protocol::api::{NodeState, RecoveryStatus, SourcesStatus};

use crate::args::Global;
use crate::error::Error;
use crate::output::{Output, clean, count, moment, number};

/// Show how the node is
///
/// Shows what the node is doing, for which agency it publishes, how much its
/// index holds, and the root: two nodes with the same root hold the same, but for
/// agencies that one of them blocks.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {}

impl StatusArgs {
    pub(crate) fn run(&self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let Self {} = self;
        let client = global.client();
        let answer = client.status()?;
        if output.is_json() {
            return Ok(output.json(&answer.json)?);
        }
        let status = answer.value;
        let (state, advice) = match status.state {
            NodeState::Ready => ("ready", None),
            NodeState::CatchingUp => (
                "catching up",
                Some("it answers searches already; what others announced is on its way"),
            ),
            NodeState::Confirming => (
                "confirming",
                Some("it answers; it publishes once a peer has confirmed its own catalogue"),
            ),
            NodeState::Recovering => (
                "recovering",
                Some("it answers searches and publishes again once its own catalogue is here"),
            ),
        };
        output.heading(&format!(
            "{} at {} is {state}",
            clean(&status.agency_name),
            client.node()
        ))?;
        output.field("reason", status.reason.as_deref().unwrap_or_default())?;
        if let Some(recovery) = status.recovery {
            output.field("own catalogue", &progress(&recovery))?;
        }
        output.field("federation", &status.federation.name)?;
        output.field(
            "index",
            &format!(
                "{} of {}",
                count(status.datasets, "dataset", "datasets"),
                count(status.agencies, "agency", "agencies")
            ),
        )?;
        output.field("records", &number(status.records))?;
        output.field("root", &status.root.to_string())?;
        output.field("agency", &status.agency.to_string())?;
        let position = status.position.map(|at| format!("epoch {}, number {}", at.epoch, at.seq));
        output.field("published to", position.as_deref().unwrap_or("nothing yet"))?;
        output.field("peers", &number(status.peers))?;
        if status.behind > 0 {
            output.field("behind on", &count(status.behind, "agency", "agencies"))?;
        }
        if status.search_behind > 0 {
            let changes = count(status.search_behind, "change", "changes");
            output.field("search", &format!("has {changes} to take in"))?;
        }
        if status.sources.total > 0 {
            output.field("sources", &sources(status.sources))?;
        }
        for address in &status.addresses {
            output.field("address", address)?;
        }
        output.field("version", &status.version)?;
        output.field("started", &moment(status.started_at))?;
        if let Some(advice) = advice {
            output.suggest(advice);
        } else if status.peers == 0 {
            output.suggest("no peer is connected; give `delad` the address of one with `--peer`");
        }
        Ok(())
    }
}

/// Says how many sources there are, and whether somebody should look at them.
fn sources(sources: SourcesStatus) -> String {
    let mut parts = vec![number(sources.total)];
    if sources.failing > 0 {
        parts.push(format!("{} failing", number(sources.failing)));
    }
    if sources.refused > 0 {
        parts.push(format!("{} refused for errors", number(sources.refused)));
    }
    if sources.suspicious > 0 {
        parts.push(format!("{} lacking much of what it had", number(sources.suspicious)));
    }
    let advice = if parts.len() > 1 { ": see `dela sources`" } else { "" };
    format!("{}{advice}", parts.join(", "))
}

/// Says how far the way back to the agency's own catalogue is.
fn progress(recovery: &RecoveryStatus) -> String {
    format!(
        "{} of {} records; epoch {}, number {} of {}; {}",
        number(recovery.records),
        recovery.records_wanted.map_or("?".to_owned(), number),
        recovery.newest.epoch,
        recovery.held.seq,
        recovery.newest.seq,
        count(recovery.answers, "peer has answered", "peers have answered"),
    )
}
