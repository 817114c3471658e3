//! `dela federation block`, `unblock`, `allow` and `policy`: what one node takes.

use clap::Args;
use dela_protocol::api::NodePolicy;
use dela_protocol::id::AgencyId;

use super::fitting;
use crate::args::{Global, TokenArgs};
use crate::client::{Answer, Client};
use crate::error::Error;
use crate::lookup;
use crate::output::Output;

/// Show which agencies this node blocks, or alone takes
#[derive(Debug, Args)]
pub(super) struct PolicyArgs {}

/// Keep nothing of an agency at this node
///
/// At once, and at this node alone: nobody has to agree, and other nodes take what
/// they like. Its records are deleted here, and come back from peers when it is
/// unblocked.
#[derive(Debug, Args)]
pub(super) struct BlockArgs {
    /// The agency: its id, the beginning of it, or its name
    #[arg(value_name = "AGENCY")]
    agency: String,
    #[command(flatten)]
    token: TokenArgs,
}

/// Take an agency again that this node has blocked
#[derive(Debug, Args)]
pub(super) struct UnblockArgs {
    /// The agency: its id, or the beginning of it
    #[arg(value_name = "AGENCY")]
    agency: String,
    #[command(flatten)]
    token: TokenArgs,
}

/// In an open federation, take these agencies alone
///
/// In place of those that were allowed before. In a federation with a charter the
/// council decides who belongs.
#[derive(Debug, Args)]
pub(super) struct AllowArgs {
    /// The agencies: ids, or names of those that are held
    #[arg(value_name = "AGENCY", required_unless_present = "all", conflicts_with = "all")]
    agencies: Vec<String>,
    /// Take everybody again
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    token: TokenArgs,
}

pub(super) fn show(global: &Global, output: &mut Output) -> Result<(), Error> {
    told(&global.client().policy()?, output)
}

impl BlockArgs {
    pub(super) fn run(self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let client = global.writing_client(&self.token, output);
        let agency = named(&client, &self.agency)?;
        let mut policy = client.policy()?.value;
        if !policy.blocked.contains(&agency) {
            policy.blocked.push(agency);
        }
        told(&client.set_policy(&policy)?, output)
    }
}

impl UnblockArgs {
    pub(super) fn run(self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let client = global.writing_client(&self.token, output);
        let mut policy = client.policy()?.value;
        let wanted = self.agency.trim().to_lowercase();
        let is_meant = |id: &AgencyId| !wanted.is_empty() && id.to_string().starts_with(&wanted);
        match policy.blocked.iter().filter(|id| is_meant(id)).count() {
            1 => policy.blocked.retain(|id| !is_meant(id)),
            fitting => {
                let message = format!("{fitting} of the blocked agencies are {}", self.agency);
                return Err(Error::refused(message)
                    .hint("`dela federation policy` lists them by their ids"));
            }
        }
        told(&client.set_policy(&policy)?, output)
    }
}

impl AllowArgs {
    pub(super) fn run(self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let client = global.writing_client(&self.token, output);
        let ids = self.agencies.iter().map(|name| named(&client, name));
        let ids = ids.collect::<Result<Vec<_>, _>>()?;
        let allowed = Some(ids).filter(|_| !self.all);
        let policy = NodePolicy { allowed, ..client.policy()?.value };
        told(&client.set_policy(&policy)?, output)
    }
}

/// Returns the agency that is named: one that is held here, one the council knows,
/// or any by its whole id.
fn named(client: &Client, name: &str) -> Result<AgencyId, Error> {
    if let Ok(id) = name.trim().parse() {
        return Ok(id);
    }
    // First those that the council knows: two of them can have one name, and one of
    // the two nothing published here.
    match fitting(client, name)?.as_slice() {
        [] => lookup::agency(client, name),
        [(id, _)] => Ok(*id),
        several => Err(lookup::ambiguous_agency(name, several)),
    }
}

fn told(policy: &Answer<NodePolicy>, output: &mut Output) -> Result<(), Error> {
    if output.is_json() {
        return Ok(output.json(&policy.json)?);
    }
    let NodePolicy { blocked, allowed } = &policy.value;
    if blocked.is_empty() && allowed.is_none() {
        return Ok(output.line("this node takes every agency of its federation")?);
    }
    if let Some(allowed) = allowed {
        output.line("this node takes these agencies alone, beside its own:")?;
        for agency in allowed {
            output.line(&agency.to_string())?;
        }
    }
    if !blocked.is_empty() {
        output.line("this node keeps nothing of:")?;
        for agency in blocked {
            output.line(&agency.to_string())?;
        }
    }
    Ok(())
}
