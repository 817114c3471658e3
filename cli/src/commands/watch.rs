//! `dela watch`.

use std::thread;
use std::time::Duration;

use clap::Args;
use dela_protocol::api::EventKind;

use crate::args::Global;
use crate::client::{Client, ClientError, Events, ServerEvent};
use crate::error::Error;
use crate::output::{Output, clean, moment};

/// How long to wait before each new try when the node has gone: together half a
/// minute, in which a node restarts.
const PAUSES_S: [u64; 5] = [1, 2, 4, 8, 16];

/// Follow what is published and withdrawn, as it happens
///
/// Writes one line per change until it is stopped. When the node restarts it
/// goes on where it was.
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// First tell all changes after this number; 0 tells all that are known
    #[arg(long, value_name = "NUMBER")]
    since: Option<u64>,
    /// Stop after so many changes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

impl WatchArgs {
    pub(crate) fn run(&self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let client = global.client();
        let mut last = self.since;
        let mut left = self.limit.unwrap_or(u64::MAX);
        let mut events = client.events(last)?;
        output.say(&format!("Following {}; stop with Ctrl-C", client.node()));
        loop {
            for event in &mut events {
                let Ok(event) = event else { break };
                show(&event, output)?;
                left -= 1;
                if left == 0 {
                    return Ok(());
                }
            }
            last = events.resume_after().or(last);
            output.warning(&format!("{} has ended the stream; trying again", client.node()));
            events = again(&client, last)?;
        }
    }
}

/// Opens the stream again, for as long as a restart of the node takes.
fn again(client: &Client, last: Option<u64>) -> Result<Events, ClientError> {
    for pause in PAUSES_S {
        thread::sleep(Duration::from_secs(pause));
        match client.events(last) {
            Err(ClientError::Unreachable { .. } | ClientError::BrokenOff { .. }) => {}
            settled => return settled,
        }
    }
    client.events(last)
}

fn show(event: &ServerEvent, output: &mut Output) -> Result<(), Error> {
    if output.is_json() {
        return Ok(output.json_line(&event.json)?);
    }
    let event = &event.event;
    let what = match event.event {
        EventKind::Published => "published",
        EventKind::Withdrawn => "withdrawn",
    };
    let title = if event.title.is_empty() { &event.iri } else { &event.title };
    Ok(output.line(&format!(
        "{}  {:>6}  {what}  {}  {}  ({})",
        moment(event.at),
        event.number,
        event.id.short(),
        clean(title),
        clean(&event.agency_name)
    ))?)
}
