//! `dela agencies`.

use clap::Args;
use dela_protocol::api::{AgencyState, AgencySummary};

use crate::args::Global;
use crate::client::Client;
use crate::error::Error;
use crate::lookup;
use crate::output::{Column, Output, Table, count, moment, number};

/// List who takes part, or tell about one agency
#[derive(Debug, Args)]
pub(crate) struct AgenciesArgs {
    /// The agency to tell about: its name, its id or the beginning of it
    #[arg(value_name = "AGENCY")]
    agency: Option<String>,
}

impl AgenciesArgs {
    pub(crate) fn run(&self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let client = global.client();
        let Some(name) = &self.agency else {
            return list(&client, output);
        };
        let id = lookup::agency(&client, name)?;
        let answer = client.agency(&id.to_string())?;
        if output.is_json() {
            return Ok(output.json(&answer.json)?);
        }
        show(&answer.value, output)
    }
}

fn list(client: &Client, output: &mut Output) -> Result<(), Error> {
    let first = client.agencies(None)?;
    let mut json = first.json;
    let mut list = first.value;
    while let Some(next) = list.next.take() {
        let more = client.agencies(Some(&next))?.value;
        list.next = more.next.filter(|_| !more.agencies.is_empty());
        list.agencies.extend(more.agencies);
        json = serde_json::to_string(&list).expect("a list came from JSON");
    }
    if output.is_json() {
        return Ok(output.json(&json)?);
    }
    if list.agencies.is_empty() {
        output.say("no agency has published yet");
        output.suggest("`dela import FILE` publishes a catalogue");
        return Ok(());
    }
    let mut table = Table::new([
        Column::Left("ID"),
        Column::Cut("NAME"),
        Column::Right("DATASETS"),
        Column::Left("STATE"),
        Column::Left("CONFIRMED"),
    ]);
    for agency in &list.agencies {
        let own = if agency.own { " (this node)" } else { "" };
        table.row([
            agency.id.short(),
            format!("{}{own}", agency.name),
            number(agency.datasets),
            state(agency.state).to_owned(),
            agency.confirmed_at.map(moment).unwrap_or_default(),
        ]);
    }
    output.table(&table)?;
    for agency in &list.agencies {
        if let Some(throttled) = &agency.throttled {
            let (name, reason) = (&agency.name, &throttled.reason);
            output.warning(&format!("{name} has to wait: {reason}"));
        }
    }
    let total = u64::try_from(list.agencies.len()).unwrap_or(u64::MAX);
    output.say(&count(total, "agency", "agencies"));
    Ok(())
}

const fn state(state: AgencyState) -> &'static str {
    match state {
        AgencyState::Complete => "complete",
        AgencyState::CatchingUp => "catching up",
        AgencyState::Stale => "stale",
        AgencyState::Withheld => "withheld",
        AgencyState::Conflicting => "conflicting",
    }
}

fn show(agency: &AgencySummary, output: &mut Output) -> Result<(), Error> {
    output.heading(&crate::output::clean(&agency.name))?;
    output.field("id", &agency.id.to_string())?;
    output.field("homepage", agency.homepage.as_deref().unwrap_or_default())?;
    output.field("publishes at", if agency.own { "this node" } else { "" })?;
    output.field(
        "state",
        match agency.state {
            AgencyState::Complete => "complete here, by its own signed digest",
            AgencyState::CatchingUp => "catching up: more is announced than is here yet",
            AgencyState::Stale => "stale: not confirmed when it was promised",
            AgencyState::Withheld => "withheld: more is announced than anybody delivers",
            AgencyState::Conflicting => {
                "conflicting: it has signed two heads that contradict each other, and all nodes \
                 chose the same one"
            }
        },
    )?;
    output.field("datasets", &number(agency.datasets))?;
    let bytes = count(agency.bytes, "byte", "bytes");
    output.field("records", &format!("{}, together {bytes}", number(agency.records)))?;
    output.field("position", &position(agency.position))?;
    output.field("announced", &agency.announced.map(position).unwrap_or_default())?;
    output.field("confirmed", &agency.confirmed_at.map(moment).unwrap_or_default())?;
    output.field("confirms by", &agency.confirm_by.map(moment).unwrap_or_default())?;
    output.field("digest", &agency.digest.to_string())?;
    output.field("head", &agency.head.map(|head| head.to_string()).unwrap_or_default())?;
    output.suggest(&format!("`dela search --agency {}` lists what it offers", agency.id.short()));
    Ok(())
}

fn position(at: dela_protocol::record::Position) -> String {
    format!("epoch {}, number {}", at.epoch, at.seq)
}
