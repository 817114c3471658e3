//! `dela reference`: the reference page of the documentation, made from the
//! command line's own definition.
//!
//! Invariant: the page in `docs/reference/cli.md` is what this writes; a test
//! compares them.

use core::fmt::Write as _;

use clap::{Arg, ArgAction, Args, Command, CommandFactory as _};

use crate::args::Cli;
use crate::error::Error;
use crate::output::Output;

/// Write the reference of the command line as Markdown
#[derive(Debug, Args)]
pub(crate) struct ReferenceArgs {}

impl ReferenceArgs {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Error> {
        let Self {} = self;
        Ok(output.stream(page().as_bytes())?)
    }
}

const HEAD: &str = "<!-- Written by `dela reference`; a test says whether it is current. -->\n\n\
# The command line\n\n";

fn page() -> String {
    let mut command = Cli::command();
    command.build();
    let mut page = HEAD.to_owned();
    describe(&mut page, &command);
    page.push_str(
        "Data is written on stdout, all talk on stderr. `--json` writes the node's own JSON, as \
         the API answers it; a list of several pages is one. Colour follows the terminal and \
         `NO_COLOR`. Titles are shown in Swedish where the locale is Swedish, else in English, as \
         far as there are such.\n\n\
         | Exit code | Meaning |\n| --- | --- |\n\
         | 0 | done; also when the reader of a pipe has read enough |\n\
         | 1 | the node refused, or nothing was found where something was asked for |\n\
         | 2 | the command line or the configuration is wrong |\n\
         | 3 | no node can be reached |\n\n",
    );
    page.push_str("## Options of every verb\n\n");
    arguments(&mut page, command.get_arguments().filter(|arg| !arg.is_positional()));
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        write!(page, "## dela {}\n\n", verb.get_name()).expect("a String takes all");
        describe(&mut page, verb);
        let usage = verb.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage:").trim();
        write!(page, "```\n{usage}\n```\n\n").expect("a String takes all");
        arguments(&mut page, verb.get_arguments().filter(|argument| !argument.is_global_set()));
        if let Some(after) = verb.get_after_help() {
            write!(page, "```text\n{after}\n```\n\n").expect("a String takes all");
        }
        further(&mut page, verb);
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

/// Describes the further words of a verb: `dela sources add`.
fn further(page: &mut String, verb: &Command) {
    for word in verb.get_subcommands().filter(|word| word.get_name() != "help") {
        write!(page, "### dela {} {}\n\n", verb.get_name(), word.get_name())
            .expect("a String takes all");
        describe(page, word);
        let usage = word.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage:").trim();
        write!(page, "```\n{usage}\n```\n\n").expect("a String takes all");
        arguments(page, word.get_arguments().filter(|argument| !argument.is_global_set()));
    }
}

fn describe(page: &mut String, command: &Command) {
    let about = command.get_long_about().or(command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    for paragraph in about.split("\n\n") {
        let end = if paragraph.ends_with('.') { "" } else { "." };
        write!(page, "{paragraph}{end}\n\n").expect("a String takes all");
    }
}

fn arguments<'a>(page: &mut String, arguments: impl Iterator<Item = &'a Arg>) {
    let rows: Vec<String> = arguments
        .filter(|argument| {
            !argument.is_hide_set()
                && !matches!(argument.get_action(), ArgAction::Help | ArgAction::Version)
        })
        .map(row)
        .collect();
    if rows.is_empty() {
        return;
    }
    page.push_str("| Argument | Meaning |\n| --- | --- |\n");
    page.extend(rows);
    page.push('\n');
}

fn row(argument: &Arg) -> String {
    let mut name = String::new();
    if let Some(short) = argument.get_short() {
        write!(name, "-{short}, ").expect("a String takes all");
    }
    if let Some(long) = argument.get_long() {
        write!(name, "--{long}").expect("a String takes all");
    }
    if argument.get_action().takes_values() {
        let values = argument.get_value_names().unwrap_or_default();
        let values: Vec<String> = values.iter().map(|value| format!("<{value}>")).collect();
        let is_optional = argument.get_num_args().is_some_and(|range| range.min_values() == 0);
        let values = values.join(" ");
        let values = if is_optional { format!("[{values}]") } else { values };
        name.push_str(if name.is_empty() { "" } else { " " });
        name.push_str(&values);
    }
    let mut meaning = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let possible: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if argument.get_action().takes_values() && !possible.is_empty() {
        write!(meaning, ": {}", possible.join(", ")).expect("a String takes all");
    }
    let defaults: Vec<String> = argument
        .get_default_values()
        .iter()
        .map(|value| format!("`{}`", value.to_string_lossy()))
        .collect();
    if argument.get_action().takes_values() && !defaults.is_empty() {
        write!(meaning, "; default {}", defaults.join(", ")).expect("a String takes all");
    }
    format!("| `{}` | {} |\n", name.replace('|', "\\|"), meaning.replace('|', "\\|"))
}
