//! `dela import`.

use clap::Args;
use dela_protocol::api::{ChangeKind, ImportReport};

use crate::args::{Global, TokenArgs};
use crate::client::ImportOptions;
use crate::error::Error;
use crate::format::InputFormat;
use crate::lookup;
use crate::output::{Output, clean, count, number};
use crate::source::{self, Source};

/// How many changes a dry run lists: what fits a screen or two; `--json` has
/// more.
const CHANGES_SHOWN_MAX: usize = 50;

/// How many warnings and subjects are shown: the first tell the pattern.
const WARNINGS_SHOWN_MAX: usize = 5;

/// Make the agency's catalogue equal to a file
///
/// Publishes what is new in the file, changes what differs, and withdraws what
/// the file no longer has. The same file twice changes nothing. A file that
/// would withdraw much of the catalogue is refused unless --allow-shrink says
/// that it is meant; with --strict, so is one in which `dela check` finds
/// errors. What a source keeps is left as it is. An address is read by
/// the node, once; `dela sources add` has it read again and again.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// A file, an http or https URL, or - for stdin
    #[arg(value_name = "FILE|URL|-")]
    file: String,
    /// Only tell what would change
    #[arg(long)]
    dry_run: bool,
    /// Also when much of the catalogue would be withdrawn
    #[arg(long)]
    allow_shrink: bool,
    /// Not when `dela check` finds errors in it
    #[arg(long)]
    strict: bool,
    /// Read it as this, instead of by its name or its bytes
    #[arg(long)]
    format: Option<InputFormat>,
    /// Resolve relative IRIs against this one
    #[arg(long, value_name = "IRI", value_parser = parse_base)]
    base: Option<String>,
    #[command(flatten)]
    token: TokenArgs,
}

/// Reads a base IRI.
pub(super) fn parse_base(text: &str) -> Result<String, String> {
    if lookup::is_iri(text) {
        return Ok(text.to_owned());
    }
    Err("a base is an absolute IRI such as https://data.example.org/".to_owned())
}

impl ImportArgs {
    pub(crate) fn run(&self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let options = ImportOptions {
            dry_run: self.dry_run,
            allow_shrink: self.allow_shrink,
            strict: self.strict,
            language: output.asked_language(),
        };
        let base = self.base.as_deref();
        let (name, answer) = if let Some(address) = source::address(&self.file) {
            source::refuse_for_address(self.format, base)?;
            let client = global.writing_client(&self.token, output);
            let spinner = output.spinner(&format!("The node reads {address}"));
            let answer = client.import_from(address, options);
            spinner.finish_and_clear();
            let answer = answer.map_err(|error| Error::from(error).in_file(address));
            (address.to_owned(), answer?)
        } else {
            let source = Source::read(&self.file)?;
            let client = global.writing_client(&self.token, output);
            let answer =
                source.send(output, self.format, base, |upload| client.import(upload, options))?;
            (source.name, answer)
        };
        if output.is_json() {
            return Ok(output.json(&answer.json)?);
        }
        let council = global.client().council().map(|answer| answer.value);
        let is_taken = council.map_or(true, |council| council.is_open || council.own.is_member);
        show(&name, &answer.value, is_taken, output)
    }
}

/// Shows what an import did. `is_taken` says whether others take in what the agency
/// publishes.
fn show(
    name: &str,
    report: &ImportReport,
    is_taken: bool,
    output: &mut Output,
) -> Result<(), Error> {
    let datasets = count(report.datasets, "dataset", "datasets");
    let changes = report.created + report.changed + report.withdrawn;
    match (report.dry_run, changes) {
        (true, 0) => output.done(&format!("{name} has {datasets}, and nothing would change"))?,
        (true, _) => output.heading(&format!("{name} has {datasets}; nothing is changed yet"))?,
        (false, 0) => output.done(&format!("{name} has {datasets}, and nothing has changed"))?,
        (false, _) => output.done(&format!("Imported {datasets} from {name}"))?,
    }
    let counted = [
        ("created", report.created),
        ("changed", report.changed),
        ("withdrawn", report.withdrawn),
        ("unchanged", report.unchanged),
    ];
    for (what, records) in counted {
        output.field(what, &count(records, "record", "records"))?;
    }
    let read = [
        count(report.distributions, "distribution", "distributions"),
        count(report.data_services, "data service", "data services"),
        count(report.dataset_series, "series", "series"),
        count(report.catalogues, "catalogue", "catalogues"),
    ];
    output.field("with", &read.join(", "))?;
    let triples = count(report.triples, "triple", "triples");
    output.field("read", &format!("{triples} as {}", report.format))?;
    if report.dry_run {
        show_changes(report, output)?;
    }
    show_not_carried(report, output)?;
    if !report.warnings.is_empty() {
        output.line("")?;
        let warnings = u64::try_from(report.warnings.len()).unwrap_or(u64::MAX);
        output.heading(&format!("{} to mend", count(warnings, "finding", "findings")))?;
        source::findings(output, name, &report.warnings, WARNINGS_SHOWN_MAX)?;
        if report.warnings.len() > WARNINGS_SHOWN_MAX {
            output.suggest(&format!("`dela check {name}` lists all findings"));
        }
    }
    let is_refused = report.dry_run && report.warnings.iter().any(|found| found.rule == "shrink");
    output.suggest(match (report.dry_run, changes) {
        _ if is_refused => "nothing is published without `--allow-shrink`: is the file complete?",
        (true, 1..) => "the same without `--dry-run` publishes it",
        (false, 1..) if !is_taken => {
            "other nodes take nothing of this agency now: `dela federation` tells why"
        }
        (false, 1..) => "`dela search` finds it, here at once and on other nodes within seconds",
        (_, 0) => "the catalogue of the agency is equal to the file",
    });
    Ok(())
}

fn show_changes(report: &ImportReport, output: &mut Output) -> Result<(), Error> {
    if report.changes.is_empty() {
        return Ok(());
    }
    output.line("")?;
    output.heading("What would change")?;
    for change in report.changes.iter().take(CHANGES_SHOWN_MAX) {
        let what = match change.change {
            ChangeKind::Created => "create",
            ChangeKind::Changed => "change",
            ChangeKind::Withdrawn => "withdraw",
        };
        let title = if change.title.is_empty() { &change.iri } else { &change.title };
        output.line(&format!("  {what:<9} {}  {}", change.id.short(), clean(title)))?;
    }
    let total = report.created + report.changed + report.withdrawn;
    let shown = u64::try_from(report.changes.len().min(CHANGES_SHOWN_MAX)).unwrap_or(u64::MAX);
    if total > shown {
        output.line(&format!(
            "  and {} more; `--json` lists the first 1,000",
            number(total - shown)
        ))?;
    }
    Ok(())
}

fn show_not_carried(report: &ImportReport, output: &mut Output) -> Result<(), Error> {
    let not_carried = &report.not_carried;
    if not_carried.triples == 0 {
        return Ok(());
    }
    output.line("")?;
    output.heading(&format!(
        "{} not carried",
        count(not_carried.triples, "triple is", "triples are")
    ))?;
    for subject in not_carried.subjects.iter().take(WARNINGS_SHOWN_MAX) {
        output.line(&format!("  {}", clean(subject)))?;
    }
    let more = not_carried.subjects.len().saturating_sub(WARNINGS_SHOWN_MAX);
    if more > 0 {
        output.line(&format!("  and {more} more; `--json` lists them"))?;
    }
    Ok(())
}
