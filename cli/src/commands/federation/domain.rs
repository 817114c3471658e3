//! `dela federation domain`: whether the domain of an agency says so too.

use clap::Args;
use dela_protocol::api::{DomainAnswer, DomainOutcome};

use super::whom;
use crate::args::{Global, TokenArgs};
use crate::error::Error;
use crate::output::Output;

/// Ask the domain of an agency whether the agency is its own
///
/// The node asks for `/.well-known/dela.json` by https, and for the text at `_dela.DOMAIN`
/// in the DNS; either is enough. What it says is shown with its date, and decides nothing by
/// itself. Without an agency, prints what the domain of the node's own agency has to
/// say.
#[derive(Debug, Args)]
pub(super) struct DomainArgs {
    /// The agency: its id, the beginning of it, or its name
    #[arg(value_name = "AGENCY")]
    agency: Option<String>,
    #[command(flatten)]
    token: TokenArgs,
}

impl DomainArgs {
    pub(super) fn run(self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let Some(agency) = self.agency else { return own(global, output) };
        let agency = whom(&global.client(), &agency)?;
        let answer = global.writing_client(&self.token, output).check_domain(&agency)?;
        if output.is_json() {
            return Ok(output.json(&answer.json)?);
        }
        let check = answer.value;
        if check.holds() {
            output.done(&format!("{} says that the agency is its own", check.domain))?;
        } else {
            output.line(&format!("{} does not say that the agency is its own", check.domain))?;
        }
        output.field("web", said(&check.web))?;
        output.field("dns", said(&check.dns))?;
        Ok(output.field("asked", &check.at.to_string())?)
    }
}

fn said(answer: &DomainAnswer) -> &str {
    match answer.outcome {
        DomainOutcome::Confirmed => "confirmed",
        _ => &answer.detail,
    }
}

/// Prints what a domain has to say for the node's own agency.
fn own(global: &Global, output: &mut Output) -> Result<(), Error> {
    let answer = global.client().domain_proof()?;
    if output.is_json() {
        return Ok(output.json(&answer.json)?);
    }
    let agency = answer.value.agencies.first().cloned().unwrap_or_default();
    output.line("either of these, at the domain that the agency names:")?;
    output.field("web", "https://DOMAIN/.well-known/dela.json")?;
    output.line(&format!("{{\"agencies\": [\"{agency}\"]}}"))?;
    output.field("dns", "_dela.DOMAIN, TXT")?;
    Ok(output.line(&answer.value.text)?)
}
