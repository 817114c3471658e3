//! `dela peers`.

use clap::Args;

use crate::args::Global;
use crate::error::Error;
use crate::output::{Column, Output, Table, moment, number};

/// List the nodes this node is connected to
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
        let peers = answer.value.peers;
        if peers.is_empty() {
            output.say("no peer is connected");
            output.suggest(
                "give `delad` the address of one with `--peer`; `dela status` there tells it",
            );
            return Ok(());
        }
        let mut table = Table::new([
            Column::Left("NODE"),
            Column::Cut("ADDRESS"),
            Column::Left("DIALLED BY"),
            Column::Left("SAME INDEX"),
            Column::Left("COMPARED"),
            Column::Right("RECEIVED"),
            Column::Right("SENT"),
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
                number(peer.records_received),
                number(peer.records_sent),
                number(u64::from(peer.strikes)),
                peer.software.clone().unwrap_or_default(),
            ]);
        }
        output.table(&table)?;
        for peer in &peers {
            if let Some(reason) = &peer.last_strike {
                output.warning(&format!("{} broke the protocol: {reason}", peer.node.short()));
            }
        }
        Ok(())
    }
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
