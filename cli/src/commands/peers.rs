//! `dela peers`.

use std::io;

use clap::Args;
use dela_protocol::api::{CutOff, PeerList, Strike};

use crate::args::Global;
use crate::error::Error;
use crate::output::{Column, Output, Table, bytes, moment, number};

/// List the nodes this node is connected to, and those it has cut off
#[derive(Debug, Args)]
pub(crate) struct PeersArgs {
    /// List all nodes it knows of, connected or not
    #[arg(long)]
    all: bool,
}

impl PeersArgs {
    pub(crate) fn run(&self, global: &Global, output: &mut Output) -> Result<(), Error> {
        if self.all {
            return known(global, output);
        }
        let answer = global.client().peers()?;
        if output.is_json() {
            return Ok(output.json(&answer.json)?);
        }
        let PeerList { peers, cut_off } = answer.value;
        if peers.is_empty() {
            output.say("no peer is connected");
            output.suggest(
                "give `delad` the address of one with `--peer`; `dela status` there tells it",
            );
            return Ok(list_cut_off(&cut_off, output)?);
        }
        let mut table = Table::new([
            Column::Left("NODE"),
            Column::Cut("ADDRESS"),
            Column::Left("DIALLED BY"),
            Column::Left("SAME INDEX"),
            Column::Left("COMPARED"),
            Column::Right("RECEIVED"),
            Column::Right("SENT"),
            Column::Right("ANNOUNCED"),
            Column::Right("ASKED"),
            Column::Right("THROTTLED"),
            Column::Right("STRIKES"),
            Column::Cut("SOFTWARE"),
        ]);
        for peer in &peers {
            let same = match peer.same_root {
                Some(true) => "yes",
                Some(false) => "no",
                None => "not known",
            };
            table.row([
                peer.node.short(),
                peer.address.clone(),
                if peer.outbound { "us" } else { "them" }.to_owned(),
                same.to_owned(),
                peer.reconciled_at.map_or_else(|| "not yet".to_owned(), moment),
                format!("{} ({})", number(peer.records_received), bytes(peer.bytes_received)),
                format!("{} ({})", number(peer.records_sent), bytes(peer.bytes_sent)),
                number(peer.announcements),
                number(peer.requests),
                number(peer.throttled.map_or(0, |throttled| throttled.count)),
                number(u64::from(peer.strikes)),
                peer.software.clone().unwrap_or_default(),
            ]);
        }
        output.table(&table)?;
        for peer in &peers {
            let node = peer.node.short();
            if let Some(since) = peer.throttled.and_then(|throttled| throttled.since) {
                let since = moment(since);
                output.warning(&format!("{node} sends more than it may, since {since}"));
            }
            if let Some(Strike { at, reason }) = peer.last_strikes.last() {
                let at = moment(*at);
                output.warning(&format!("{node} broke the protocol at {at}: {reason}"));
            }
        }
        Ok(list_cut_off(&cut_off, output)?)
    }
}

/// Lists the nodes that cannot connect any more.
fn list_cut_off(cut_off: &[CutOff], output: &mut Output) -> io::Result<()> {
    if cut_off.is_empty() {
        return Ok(());
    }
    output.heading("Cut off")?;
    let mut table =
        Table::new([Column::Left("NODE"), Column::Left("CUT OFF"), Column::Cut("LAST STRIKE")]);
    for one in cut_off {
        let reason = one.strikes.last().map(|strike| strike.reason.clone());
        table.row([one.node.short(), moment(one.at), reason.unwrap_or_default()]);
    }
    output.table(&table)
}

/// Lists the address book.
fn known(global: &Global, output: &mut Output) -> Result<(), Error> {
    let answer = global.client().nodes()?;
    if output.is_json() {
        return Ok(output.json(&answer.json)?);
    }
    let nodes = answer.value.nodes;
    if nodes.is_empty() {
        output.say("no other node is known");
        output
            .suggest("give `delad` the address of one with `--peer`; `dela status` there tells it");
        return Ok(());
    }
    let mut table = Table::new([
        Column::Left("NODE"),
        Column::Cut("ADDRESSES"),
        Column::Left("AGENCY"),
        Column::Left("CONNECTED"),
        Column::Left("LAST REACHED"),
        Column::Left("NEXT TRY"),
        Column::Right("FAILURES"),
    ]);
    for node in &nodes {
        let none = || "-".to_owned();
        table.row([
            node.node.short(),
            if node.addresses.is_empty() { none() } else { node.addresses.join(" ") },
            node.agency.map_or_else(none, |agency| agency.short()),
            if node.connected { "yes" } else { "no" }.to_owned(),
            node.reached_at.map_or_else(|| "never".to_owned(), moment),
            node.next_try_at.map_or_else(none, moment),
            number(u64::from(node.failures)),
        ]);
    }
    output.table(&table)?;
    Ok(())
}
