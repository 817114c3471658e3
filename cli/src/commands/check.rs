//! `dela check`.

use clap::Args;

use crate::args::{Global, TokenArgs};
use crate::client::{CheckOptions, Upload};
use crate::error::Error;
use crate::format::{InputFormat, Profile};
use crate::output::{Output, count};
use crate::source::{self, Source};

/// Tell what should be mended in a file before it is published
///
/// Checks DCAT against what DCAT-AP-SE demands and recommends, the law on
/// high-value datasets and the rules of the national portal, and changes
/// nothing. Each finding says where it is, in which line where that is known,
/// why it matters and what to do, in Swedish or English. Exits with 1 when there
/// are errors; warnings alone are success. An address is read by the node, which
/// then wants the token.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// A file, an http or https URL, or - for stdin
    #[arg(value_name = "FILE|URL|-")]
    file: String,
    /// Read it as this, instead of by its name or its bytes
    #[arg(long)]
    format: Option<InputFormat>,
    /// Resolve relative IRIs against this one
    #[arg(long, value_name = "IRI", value_parser = super::import::parse_base)]
    base: Option<String>,
    /// Judge by the rules of this profile
    #[arg(long, default_value = "dcat-ap-se")]
    profile: Profile,
    /// Tell what is found in this language, instead of the locale's
    #[arg(long, value_parser = ["sv", "en"])]
    language: Option<String>,
    #[command(flatten)]
    token: TokenArgs,
}

impl CheckArgs {
    pub(crate) fn run(&self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let base = self.base.as_deref();
        let language = match self.language.as_deref() {
            Some("sv") => "sv",
            Some(_) => "en",
            None => output.language(),
        };
        let options = CheckOptions { profile: self.profile, language };
        let (name, answer) = if let Some(address) = source::address(&self.file) {
            source::refuse_for_address(self.format, base)?;
            let client = global.writing_client(&self.token, output);
            let spinner = output.spinner(&format!("The node reads {address}"));
            let answer = client.check_at(address, options);
            spinner.finish_and_clear();
            (address.to_owned(), answer?)
        } else {
            let client = global.client();
            let source = Source::read(&self.file)?;
            let send = |upload: Upload<'_>| client.check(upload, options);
            let answer = source.send(output, self.format, base, send)?;
            (source.name, answer)
        };
        let report = answer.value;
        if output.is_json() {
            output.json(&answer.json)?;
        } else {
            source::findings(output, &name, &report.findings, usize::MAX)?;
            output.line(&format!(
                "{}: {}, {} in {} and {}, read as {}",
                name,
                count(report.errors, "error", "errors"),
                count(report.warnings, "warning", "warnings"),
                count(report.datasets, "dataset", "datasets"),
                count(report.triples, "triple", "triples"),
                report.format
            ))?;
        }
        if report.errors > 0 {
            let errors = count(report.errors, "error", "errors");
            return Err(Error::refused(format!("{name} has {errors}"))
                .hint("mend what is listed and check again"));
        }
        let next = if name == "stdin" { "FILE" } else { &name };
        output.suggest(&format!(
            "`dela import {next} --dry-run` tells what publishing it would change"
        ));
        Ok(())
    }
}
