//! `dela federation invite`, `join` and `found`: to which federation the node
//! belongs.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Args;
use dela_protocol::api::{Moving, NewFederation};
use dela_protocol::time::Timestamp;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

use super::read;
use crate::args::{Global, TokenArgs};
use crate::client::{Answer, Client};
use crate::error::Error;
use crate::output::Output;

/// Print an invitation to the federation of the node
///
/// One line that can be sent, printed or scanned. It is no secret and admits
/// nobody: it says which federation is meant, and at which nodes to begin.
#[derive(Debug, Args)]
pub(super) struct InviteArgs {
    /// Print it as a square for telephones too
    #[arg(long)]
    qr: bool,
}

/// Move the node to another federation, by an invitation
///
/// It starts anew at once, and applies there. What its agency has published goes
/// with it. What it holds of others stays in its data folder, for when it comes
/// back.
#[derive(Debug, Args)]
pub(super) struct JoinArgs {
    /// The invitation, as `dela federation invite` prints it
    #[arg(value_name = "INVITATION")]
    invitation: String,
    #[command(flatten)]
    token: TokenArgs,
}

/// Found a federation, and move the node there
///
/// With the cards of the other founders, who are its first council, or alone to
/// invite others later. It is founded when all founders have signed.
#[derive(Debug, Args)]
pub(super) struct FoundArgs {
    /// The name of the federation
    #[arg(long, value_name = "NAME")]
    name: String,
    /// What it is for, or the address of a page that says so
    #[arg(long, value_name = "TEXT", default_value = "")]
    purpose: String,
    /// Files with the cards of the other founders (`dela federation card --to-found`)
    #[arg(value_name = "FILE")]
    cards: Vec<PathBuf>,
    /// Let only members read; otherwise anybody may
    #[arg(long)]
    members_only: bool,
    /// Seats it takes to admit a member; more than half if not said
    #[arg(long, value_name = "N")]
    admit: Option<u16>,
    /// Seats it takes to suspend or revoke a member; two thirds if not said
    #[arg(long, value_name = "N")]
    revoke: Option<u16>,
    /// Seats it takes to change the charter; two thirds if not said
    #[arg(long, value_name = "N")]
    amend: Option<u16>,
    #[command(flatten)]
    token: TokenArgs,
}

impl InviteArgs {
    pub(super) fn run(&self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let answer = global.client().invitation()?;
        if output.is_json() {
            return Ok(output.json(&answer.json)?);
        }
        let invitation = &answer.value;
        output.line(&invitation.invitation)?;
        if self.qr {
            output.line(&square(&invitation.invitation)?)?;
        }
        if invitation.peers.is_empty() {
            output.suggest(
                "the invitation names no node: give this one an address with `listen` or \
                 `external_addresses` in delad.toml",
            );
        } else if invitation.peers.iter().all(|peer| stays_here(peer)) {
            output.suggest(
                "its addresses are reached from this machine alone: set `external_addresses` in \
                 delad.toml for others to reach the node",
            );
        }
        output.suggest("who is invited runs: delad join '…', or dela federation join '…'");
        Ok(())
    }
}

/// Whether an address is of the loopback, whose forms are few.
fn stays_here(peer: &str) -> bool {
    peer.starts_with("/ip4/127.") || peer.starts_with("/ip6/::1/") || peer.contains("/localhost/")
}

fn square(text: &str) -> Result<String, Error> {
    let code = QrCode::new(text).map_err(|error| Error::refused(format!("no square: {error}")))?;
    // Light on dark, as terminals mostly are, with the margin that readers need.
    let dark = Dense1x2::Light;
    Ok(code.render::<Dense1x2>().dark_color(dark).light_color(Dense1x2::Dark).build())
}

impl JoinArgs {
    pub(super) fn run(&self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let before = started_at(&global.client());
        let moving = global.writing_client(&self.token, output).join(&self.invitation)?;
        moved(&moving, before, global, output)?;
        if !self.invitation.contains("peer=") {
            output.suggest(
                "the invitation names no node: if this one knows none there, it finds nobody, \
                 until it is given a whole invitation",
            );
        }
        Ok(())
    }
}

impl FoundArgs {
    pub(super) fn run(self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let Self { name, purpose, cards, members_only, admit, revoke, amend, token } = self;
        let cards = cards.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
        let new = NewFederation { name, purpose, cards, admit, revoke, amend, members_only };
        let before = started_at(&global.client());
        let moving = global.writing_client(&token, output).found(&new)?;
        moved(&moving, before, global, output)?;
        if !new.cards.is_empty() {
            output.suggest(
                "the other founders join with what `dela federation invite` prints, and sign with \
                 `dela federation vote charter`",
            );
        }
        Ok(())
    }
}

/// How long the node may take to be there again: it flushes its store, leaves its
/// peers and starts.
const MOVED_WITHIN: Duration = Duration::from_secs(90);

/// How often to look.
const POLL: Duration = Duration::from_millis(100);

/// Returns since when the node runs, where it answers.
fn started_at(client: &Client) -> Option<Timestamp> {
    client.status().ok().map(|status| status.value.started_at)
}

/// Waits until the node has started anew where it moves to, and says how it stands
/// there. `before` is when it had started before that.
fn moved(
    moving: &Answer<Moving>,
    before: Option<Timestamp>,
    global: &Global,
    output: &mut Output,
) -> Result<(), Error> {
    let begun = Instant::now();
    let client = global.client();
    let is_there = || {
        started_at(&client).is_some_and(|now| Some(now) != before)
            && client.invitation().is_ok_and(|at| at.value.federation == moving.value.to)
    };
    while !is_there() {
        if begun.elapsed() > MOVED_WITHIN {
            let message = format!("the node has not come back in {} s", MOVED_WITHIN.as_secs());
            return Err(Error::refused(message).hint("its log says what keeps it"));
        }
        sleep(POLL);
    }
    if output.is_json() {
        return Ok(output.json(&moving.json)?);
    }
    let report = client.council()?.value;
    output.done(&format!("the node belongs to {} now", report.federation.name))?;
    if report.charter.is_none() && !report.is_open {
        output.suggest(
            "`dela federation` tells how it stands there: it applies by itself, and a founder signs \
             with `dela federation vote charter`",
        );
    } else if report.own.is_member {
        output.suggest("`dela federation invite` invites others");
    } else if !report.is_open && !report.own.has_seat {
        output.suggest(
            "it applies to the council by itself; `dela federation` tells when it was admitted",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_fits_a_square() {
        let peer = "&peer=/ip4/192.0.2.7/tcp/4801/p2p/12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBD";
        let text = format!("dela:{}?name=Öppna+data{}", "7".repeat(64), peer.repeat(4));
        let drawn = square(&text).unwrap();
        assert!(drawn.lines().count() > 20, "{drawn}");
    }
}
