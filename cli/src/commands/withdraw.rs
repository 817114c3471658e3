//! `dela withdraw`.

use clap::Args;

use crate::args::{Global, TokenArgs};
use crate::error::Error;
use crate::lookup::DatasetName;
use crate::output::Output;

/// Withdraw one dataset from the agency's catalogue
///
/// Every node stops offering it. That it was there, when, and why it was
/// withdrawn stays known.
#[derive(Debug, Args)]
pub(crate) struct WithdrawArgs {
    /// The dataset: its id, the beginning of it (8 digits or more), or its IRI
    #[arg(value_name = "DATASET")]
    dataset: DatasetName,
    /// Why, in a sentence that all nodes show
    #[arg(long, value_name = "TEXT", value_parser = parse_reason)]
    reason: String,
    #[command(flatten)]
    token: TokenArgs,
}

fn parse_reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("say why in a few words: --reason 'Replaced by the new register'".to_owned());
    }
    Ok(text.to_owned())
}

impl WithdrawArgs {
    pub(crate) fn run(&self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let client = global.writing_client(&self.token, output);
        let id = self.dataset.resolve_whole(&client)?;
        let answer = client.withdraw(&id, &self.reason)?;
        if output.is_json() {
            return Ok(output.json(&answer.json)?);
        }
        super::publish::show(&answer.value, output)
    }
}
