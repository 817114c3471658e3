//! The verbs, one file each.
//!
//! Invariant: a verb asks the node, shows what it answered, and knows nothing
//! that the API does not tell.

mod agencies;
mod check;
mod completions;
mod export;
mod federation;
mod import;
mod man;
mod peers;
mod publish;
mod quality;
mod reference;
mod search;
mod show;
mod sources;
mod status;
mod watch;
mod withdraw;

use clap::Subcommand;

use crate::args::Cli;
use crate::error::Error;
use crate::output::Output;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Status(status::StatusArgs),
    Search(search::SearchArgs),
    Show(show::ShowArgs),
    Check(check::CheckArgs),
    Import(import::ImportArgs),
    Publish(Box<publish::PublishArgs>),
    Withdraw(withdraw::WithdrawArgs),
    Sources(sources::SourcesArgs),
    Export(export::ExportArgs),
    Agencies(agencies::AgenciesArgs),
    Peers(peers::PeersArgs),
    Federation(federation::FederationArgs),
    Quality(quality::QualityArgs),
    Watch(watch::WatchArgs),
    Completions(completions::CompletionsArgs),
    #[command(hide = true)]
    Man(man::ManArgs),
    #[command(hide = true)]
    Reference(reference::ReferenceArgs),
}

/// Runs a verb.
pub(crate) fn run(cli: Cli, output: &mut Output) -> Result<(), Error> {
    let global = &cli.global;
    match cli.command {
        Command::Status(args) => args.run(global, output),
        Command::Search(args) => args.run(global, output),
        Command::Show(args) => args.run(global, output),
        Command::Check(args) => args.run(global, output),
        Command::Import(args) => args.run(global, output),
        Command::Publish(args) => args.run(global, output),
        Command::Withdraw(args) => args.run(global, output),
        Command::Sources(args) => args.run(global, output),
        Command::Export(args) => args.run(global, output),
        Command::Agencies(args) => args.run(global, output),
        Command::Federation(args) => args.run(global, output),
        Command::Peers(args) => args.run(global, output),
        Command::Quality(args) => args.run(global, output),
        Command::Watch(args) => args.run(global, output),
        Command::Completions(args) => args.run(output),
        Command::Man(args) => args.run(output),
        Command::Reference(args) => args.run(output),
    }
}
