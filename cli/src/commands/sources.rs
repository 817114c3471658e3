//! `dela sources`.

mod show;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use dela_protocol::api::{NewSource, Outcome, SourceChange, SourceKind, SourceReport};

use crate::args::{Global, TokenArgs};
use crate::client::Client;
use crate::error::Error;
use crate::output::Output;

/// Keep the agency's catalogue in step with other addresses
///
/// A source is an address that the node asks on a schedule. What it has that is
/// new or different is published at once; what it no longer has is withdrawn
/// after a time of grace, and what may be half an answer when somebody agrees.
/// Without a further word, lists the sources.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct SourcesArgs {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    token: TokenArgs,
}

#[derive(Debug, Subcommand)]
enum What {
    List(ListArgs),
    Add(AddArgs),
    Show(OneArgs),
    Run(RunArgs),
    Accept(AcceptArgs),
    Set(SetArgs),
    Cancel(CancelArgs),
    Remove(RemoveArgs),
}

/// List the sources and how they are
#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    token: TokenArgs,
}

/// Add a source, which is asked at once
#[derive(Debug, Args)]
struct AddArgs {
    /// Its address: a catalogue in any form that can be imported
    #[arg(value_name = "URL")]
    address: String,
    /// What is there, if what it answers does not tell
    #[arg(long, value_parser = kinds())]
    kind: Option<SourceKind>,
    /// Ask it this often: 30m, 6h or 7d; every 6h if not said
    #[arg(long, value_name = "TIME", value_parser = parse_minutes)]
    every: Option<u32>,
    /// Let what vanished stay published for this long: 0h, 72h or 14d; 72h if not said
    #[arg(long, value_name = "TIME", value_parser = parse_hours)]
    grace: Option<u32>,
    /// Refuse an answer in which `dela check` finds errors
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    token: TokenArgs,
}

/// Show one source, what waits, and its last runs
#[derive(Debug, Args)]
struct OneArgs {
    /// The source: its id or its address
    #[arg(value_name = "SOURCE")]
    source: String,
    #[command(flatten)]
    token: TokenArgs,
}

/// Ask a source now, and show what changed
#[derive(Debug, Args)]
struct RunArgs {
    /// The source: its id or its address
    #[arg(value_name = "SOURCE")]
    source: String,
    /// Only tell what would change
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    token: TokenArgs,
}

/// Agree that what vanished from a source is gone, and withdraw it
#[derive(Debug, Args)]
struct AcceptArgs {
    /// The source: its id or its address
    #[arg(value_name = "SOURCE")]
    source: String,
    #[command(flatten)]
    token: TokenArgs,
}

/// Change how a source is asked
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Args)]
struct SetArgs {
    /// The source: its id or its address
    #[arg(value_name = "SOURCE")]
    source: String,
    /// What is there
    #[arg(long, value_parser = kinds())]
    kind: Option<SourceKind>,
    /// Ask it this often: 30m, 6h or 7d
    #[arg(long, value_name = "TIME", value_parser = parse_minutes)]
    every: Option<u32>,
    /// Let what vanished stay published for this long: 0h, 72h or 14d
    #[arg(long, value_name = "TIME", value_parser = parse_hours)]
    grace: Option<u32>,
    /// Refuse an answer in which `dela check` finds errors
    #[arg(long, conflicts_with = "lenient")]
    strict: bool,
    /// Take in an answer with its errors again
    #[arg(long)]
    lenient: bool,
    /// Ask it only by hand
    #[arg(long, conflicts_with = "resume")]
    pause: bool,
    /// Ask it on its schedule again
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    token: TokenArgs,
}

/// End the run of a source that is going on
#[derive(Debug, Args)]
struct CancelArgs {
    /// The source: its id or its address
    #[arg(value_name = "SOURCE")]
    source: String,
    #[command(flatten)]
    token: TokenArgs,
}

/// Remove a source; what it brought stays published
#[derive(Debug, Args)]
struct RemoveArgs {
    /// The source: its id or its address
    #[arg(value_name = "SOURCE")]
    source: String,
    #[command(flatten)]
    token: TokenArgs,
}

/// The kinds of source, by the names that the API has for them.
const KINDS: [(&str, SourceKind); 5] = [
    ("auto", SourceKind::Auto),
    ("rdf", SourceKind::Rdf),
    ("dcat-us", SourceKind::DcatUs),
    ("ckan", SourceKind::Ckan),
    ("dcat-ap-feed", SourceKind::DcatApFeed),
];

/// Reads a kind of source.
fn kinds() -> impl TypedValueParser<Value = SourceKind> {
    PossibleValuesParser::new(KINDS.map(|(name, _)| name)).map(|given| {
        let kind = KINDS.iter().find(|(name, _)| *name == given);
        kind.map_or(SourceKind::Auto, |(_, kind)| *kind)
    })
}

/// Reads a time into minutes.
fn parse_minutes(text: &str) -> Result<u32, String> {
    let wrong = || "write a time like 30m, 6h or 7d".to_owned();
    let unit_at = text.len().checked_sub(1).ok_or_else(wrong)?;
    let (number, unit) = text.split_at_checked(unit_at).ok_or_else(wrong)?;
    let minutes = match unit {
        "m" => 1,
        "h" => 60,
        "d" => 24 * 60,
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(minutes).ok_or_else(wrong)
}

/// Reads a time into hours.
fn parse_hours(text: &str) -> Result<u32, String> {
    match parse_minutes(text) {
        Ok(minutes) if minutes % 60 == 0 => Ok(minutes / 60),
        _ => Err("write a time like 0h, 72h or 14d".to_owned()),
    }
}

impl SourcesArgs {
    pub(crate) fn run(&self, global: &Global, output: &mut Output) -> Result<(), Error> {
        match &self.what {
            None => list(&global.writing_client(&self.token, output), output),
            Some(What::List(args)) => list(&global.writing_client(&args.token, output), output),
            Some(What::Add(args)) => args.run(&global.writing_client(&args.token, output), output),
            Some(What::Show(args)) => {
                let answer = global.writing_client(&args.token, output).source(&args.source)?;
                if output.is_json() {
                    return Ok(output.json(&answer.json)?);
                }
                Ok(show::source(&answer.value, output)?)
            }
            Some(What::Run(args)) => {
                let client = global.writing_client(&args.token, output);
                let spinner = output.spinner("The node asks the source");
                let answer = client.run_source(&args.source, args.dry_run);
                spinner.finish_and_clear();
                report(&answer?, args.dry_run, output)
            }
            Some(What::Accept(args)) => {
                let client = global.writing_client(&args.token, output);
                let spinner = output.spinner("The node asks the source");
                let answer = client.accept_source(&args.source);
                spinner.finish_and_clear();
                report(&answer?, false, output)
            }
            Some(What::Set(args)) => args.run(&global.writing_client(&args.token, output), output),
            Some(What::Cancel(args)) => {
                let client = global.writing_client(&args.token, output);
                let answer = client.cancel_source(&args.source)?;
                if output.is_json() {
                    return Ok(output.json(&answer.json)?);
                }
                Ok(output.done(&format!("No run of {} goes on", answer.value.id))?)
            }
            Some(What::Remove(args)) => {
                let client = global.writing_client(&args.token, output);
                let answer = client.remove_source(&args.source)?;
                if output.is_json() {
                    return Ok(output.json(&answer.json)?);
                }
                output.done(&format!("Removed {}", answer.value.address))?;
                output.suggest(
                    "what it brought stays published; `dela withdraw` or an import of a file \
                     changes it",
                );
                Ok(())
            }
        }
    }
}

fn list(client: &Client, output: &mut Output) -> Result<(), Error> {
    let answer = client.sources()?;
    if output.is_json() {
        return Ok(output.json(&answer.json)?);
    }
    if answer.value.sources.is_empty() {
        output.say("there are no sources");
        output.suggest("`dela sources add URL` adds one");
        return Ok(());
    }
    Ok(show::list(&answer.value.sources, output)?)
}

impl AddArgs {
    fn run(&self, client: &Client, output: &mut Output) -> Result<(), Error> {
        let new = NewSource {
            address: self.address.clone(),
            kind: self.kind,
            every_minutes: self.every,
            grace_hours: self.grace,
            strict: self.strict.then_some(true),
        };
        let answer = client.add_source(&new)?;
        if output.is_json() {
            return Ok(output.json(&answer.json)?);
        }
        let source = answer.value;
        output.done(&format!("Added {} as {}", source.address, source.id))?;
        output
            .field("asked", &format!("now, then every {}", show::minutes(source.every_minutes)))?;
        output.field("grace", &show::hours(source.grace_hours))?;
        output.suggest(&format!("`dela sources show {}` tells how it went", source.id));
        Ok(())
    }
}

impl SetArgs {
    fn run(&self, client: &Client, output: &mut Output) -> Result<(), Error> {
        let paused = if self.pause { Some(true) } else { self.resume.then_some(false) };
        let strict = if self.strict { Some(true) } else { self.lenient.then_some(false) };
        let change = SourceChange {
            kind: self.kind,
            every_minutes: self.every,
            grace_hours: self.grace,
            strict,
            paused,
        };
        if change == SourceChange::default() {
            return Err(Error::usage("nothing is to be changed").hint(
                "say what: --kind, --every, --grace, --strict, --lenient, --pause or --resume",
            ));
        }
        let answer = client.change_source(&self.source, &change)?;
        if output.is_json() {
            return Ok(output.json(&answer.json)?);
        }
        Ok(show::source(&answer.value, output)?)
    }
}

/// Shows how a run went. One that failed is an error.
fn report(
    answer: &crate::client::Answer<SourceReport>,
    dry_run: bool,
    output: &mut Output,
) -> Result<(), Error> {
    let report = &answer.value;
    if output.is_json() {
        output.json(&answer.json)?;
    } else if report.run.outcome != Outcome::Failed {
        show::run(report, dry_run, output)?;
    }
    let Some(failed) = &report.run.error else { return Ok(()) };
    let mut error = Error::refused(failed.reason.clone())
        .findings(failed.findings.clone())
        .in_file(&report.source.address);
    if let Some(line) = failed.line {
        error = error.hint(format!("it is in line {line}"));
    }
    if let Some(hint) = &failed.hint {
        error = error.hint(hint.clone());
    }
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_minutes_hours_and_days() {
        assert_eq!(parse_minutes("30m"), Ok(30));
        assert_eq!(parse_minutes("6h"), Ok(360));
        assert_eq!(parse_hours("14d"), Ok(336));
        assert_eq!(parse_hours("0h"), Ok(0));
        for bad in ["", "6", "h", "-1h", "6 h", "6w", "9999999999h", "6å"] {
            assert!(parse_minutes(bad).is_err(), "{bad}");
        }
        assert!(parse_hours("30m").is_err());
    }
}
