//! The command line: global flags and the verbs. Help, man pages, completions
//! and the reference page are all made from what stands here and in
//! [`commands`](crate::commands).

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, ValueEnum};

use crate::client::{Client, NodeAddress, TokenSource};
use crate::commands::Command;

/// Search, publish and follow open data, shared among agencies without a middle
///
/// Dela is a catalogue of open data that belongs to no one: each agency runs a
/// node, signs what it publishes, and every node holds it all. dela is the
/// client of a node.
#[derive(Debug, Parser)]
#[command(
    name = "dela",
    version,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Exit codes: 0 done · 1 refused, or nothing found · 2 wrong command line or \
                  configuration · 3 node not reachable"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every verb.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    // `help` where an environment variable is named: it takes no backticks there.
    #[arg(
        help = "Talk to the node at this address [env: DELA_NODE]",
        long,
        global = true,
        value_name = "URL",
        env = "DELA_NODE",
        hide_env = true,
        default_value = "http://127.0.0.1:4800"
    )]
    pub(crate) node: NodeAddress,
    /// Write the node's own JSON instead of text for people
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say nothing but data, warnings and errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Colour the output
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[value(help = "On a terminal, unless NO_COLOR is set")]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Where the token for writing is; flags of the verbs that write.
///
/// Without any of them, the environment is asked (`DELA_TOKEN`,
/// `DELA_TOKEN_FILE`, `DELA_DATA`), and then a node on this machine itself.
#[derive(Debug, Args)]
#[command(next_help_heading = "Token for writing (found by itself for a node of yours)")]
pub(crate) struct TokenArgs {
    #[arg(
        help = "Use this token; a file is safer, as others see command lines [env: DELA_TOKEN]",
        long, conflicts_with_all = ["token_file", "data"])]
    token: Option<String>,
    #[arg(
        help = "Read the token from this file [env: DELA_TOKEN_FILE]",
        long,
        value_name = "FILE",
        conflicts_with = "data"
    )]
    token_file: Option<PathBuf>,
    #[arg(
        help = "Read it from the file `token` in this data folder of a node [env: DELA_DATA]",
        long,
        value_name = "DIR"
    )]
    data: Option<PathBuf>,
}

impl TokenArgs {
    /// Returns what was named: by a flag, else by the environment.
    fn source(&self) -> TokenSource {
        let flags = TokenSource {
            token: self.token.clone(),
            file: self.token_file.clone(),
            data: self.data.clone(),
        };
        if flags.is_empty() { TokenSource::of_environment() } else { flags }
    }
}

impl Global {
    /// Returns a client to read with.
    pub(crate) fn client(&self) -> Client {
        Client::new(self.node.clone())
    }

    /// Returns a client to write with.
    pub(crate) fn writing_client(
        &self,
        token: &TokenArgs,
        output: &mut crate::output::Output,
    ) -> Client {
        if !self.node.is_encrypted() && !self.node.is_loopback() {
            output.warning("the token goes to the node unencrypted; use https beyond this machine");
        }
        self.client().with_token(token.source())
    }
}

/// What a command line asks for.
pub(crate) enum Invocation {
    /// Run this.
    Run(Box<Cli>),
    /// All is said already.
    Say(ExitCode),
}

/// Reads a command line; help and mistakes are told here.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Invocation {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let error = match Cli::try_parse_from(&arguments) {
        Ok(cli) => return Invocation::Run(Box::new(cli)),
        Err(error) => error,
    };
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if is_help || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        // That nobody reads the help is no failure.
        drop(error.print());
        return Invocation::Say(ExitCode::from(if is_help { 0 } else { 2 }));
    }
    let text = error.render().ansi().to_string();
    let text = text.split("\n\nFor more information").next().unwrap_or_default().trim_end();
    let mut stderr = anstream::stderr();
    let style = anstyle::AnsiColor::Cyan.on_default().bold();
    let hint = format!("{style}hint:{style:#} `{} --help` tells how it is used", verb(&arguments));
    drop(std::io::Write::write_all(&mut stderr, format!("{text}\n{hint}\n").as_bytes()));
    Invocation::Say(ExitCode::from(2))
}

/// Returns the command that was meant, as far as it is one: `dela search`.
fn verb(arguments: &[OsString]) -> String {
    let command = Cli::command();
    let known = |name: &&str| command.get_subcommands().any(|sub| sub.get_name() == *name);
    match arguments.iter().skip(1).filter_map(|argument| argument.to_str()).find(known) {
        Some(name) => format!("dela {name}"),
        None => "dela".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_verb_and_flag_has_help_without_full_stop() {
        let command = Cli::command();
        for verb in command.get_subcommands() {
            let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about.is_empty() && !about.ends_with('.'), "{}: {about}", verb.get_name());
            for argument in verb.get_arguments() {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                let name = format!("{} {}", verb.get_name(), argument.get_id());
                assert!(!help.is_empty() && !help.ends_with('.'), "{name}: {help}");
            }
        }
    }
}
