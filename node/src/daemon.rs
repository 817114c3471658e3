//! `delad` as a command: arguments to settings to node to exit code.
//!
//! The testnet runs the same command in processes of its own.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Flags, LogFormat};
use crate::node::{Beginning, Node, StartError};
use crate::telemetry;

mod keys;
mod papers;
mod recovery;

use keys::KeysCommand;
use recovery::RecoveryCommand;

/// Run a node of the Dela federation: announce one agency's datasets, replicate
/// everybody's, and serve the whole index at a local address
#[derive(Debug, Parser)]
#[command(name = "delad", version)]
struct Arguments {
    #[command(flatten)]
    flags: Flags,
    /// Read settings from this file instead of `delad.toml` in the data folder
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Publish although the agency's former catalogue has not come back: gives
    /// up what no other node holds, and replaces what others still hold
    #[arg(long)]
    begin_anew: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the settings in force, as a settings file has them
    Config,
    /// Print the agency's card for founding a federation: send it to who founds it
    ///
    /// Makes the agency where the data folder has none. To apply to a federation
    /// that is founded, `delad join`: the node applies by itself.
    Card,
    /// Found a federation, with the cards of all founders
    ///
    /// The founders are its first council, and its first members. They sign by
    /// starting their nodes with `--federation ID` and `dela federation vote charter`.
    Found(FoundArgs),
    /// Begin in the federation of an invitation, or move there
    ///
    /// At the next start. What the agency has published goes with it. For a node
    /// that runs, `dela federation join`.
    Join(JoinArgs),
    /// Show the agency's keys, encrypt them with a passphrase, or decrypt them
    ///
    /// Without a further word, shows which keys there are, their public parts, what
    /// was stated about them, and who can recover the agency. No secret is shown.
    Keys {
        #[command(subcommand)]
        what: Option<KeysCommand>,
    },
    /// Make recovery keys, and recover an agency whose keys are lost or stolen
    Recovery {
        #[command(subcommand)]
        what: RecoveryCommand,
    },
}

#[derive(Debug, clap::Args)]
struct JoinArgs {
    /// The invitation, as `dela federation invite` prints it
    #[arg(value_name = "INVITATION")]
    invitation: String,
}

#[derive(Debug, clap::Args)]
struct FoundArgs {
    /// The name of the federation
    #[arg(long, value_name = "NAME")]
    name: String,
    /// What it is for, or the address of a page that says so
    #[arg(long, value_name = "TEXT", default_value = "")]
    purpose: String,
    /// Files with the cards of the other founders; none to begin alone
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
}

/// The command line or the settings cannot be used.
const EXIT_USAGE: u8 = 2;

/// Runs the daemon until it is told to stop.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    main_until(arguments, &CancellationToken::new())
}

/// Runs the daemon until it is told to stop, or `stop` is cancelled.
pub fn main_until(
    arguments: impl IntoIterator<Item = OsString>,
    stop: &CancellationToken,
) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are asked for, and go to stdout.
            drop(error.print());
            return ExitCode::from(if error.use_stderr() { EXIT_USAGE } else { 0 });
        }
    };
    let config = match Config::load(arguments.config.as_deref(), &arguments.flags) {
        Ok(config) => config,
        Err(error) => return fail(EXIT_USAGE, &error, &["`delad config` prints the settings"]),
    };
    match arguments.command {
        Some(Command::Config) => print_config(&config),
        Some(Command::Card) => print(papers::card(&config)),
        Some(Command::Found(found)) => print(papers::found(&config, &found)),
        Some(Command::Join(join)) => print(papers::join(&config, &join.invitation)),
        Some(Command::Keys { what }) => print(keys::run(&config, what.as_ref())),
        Some(Command::Recovery { what }) => print(recovery::run(&config, &arguments.flags, &what)),
        None if arguments.begin_anew => run(config, Beginning::Anew, stop),
        None => run(config, Beginning::Usual, stop),
    }
}

fn print_config(config: &Config) -> ExitCode {
    match toml::to_string(config) {
        Ok(text) => write_out(&text),
        Err(error) => fail(1, &error, &[]),
    }
}

/// Prints what was made, or why it was not.
fn print(made: Result<String, impl core::fmt::Display>) -> ExitCode {
    match made {
        Ok(text) => write_out(&text),
        Err(error) => fail(EXIT_USAGE, &error, &[]),
    }
}

fn write_out(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => fail(1, &error, &[]),
        _ => ExitCode::SUCCESS,
    }
}

fn run(config: Config, beginning: Beginning, stop: &CancellationToken) -> ExitCode {
    let format = match config.log_format {
        LogFormat::Text => telemetry::LogFormat::Text,
        LogFormat::Json => telemetry::LogFormat::Json,
    };
    if let Err(error) = telemetry::start_logging(&config.log, format) {
        return fail(EXIT_USAGE, &error, &["the setting is `log`, the flag --log"]);
    }
    std::panic::set_hook(Box::new(report_bug));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(1, &error, &["the system has no threads to spare"]),
    };
    match runtime.block_on(run_and_move(config, beginning, stop)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(error.exit_code(), &error, error.hint().as_deref().as_slice()),
    }
}

/// Runs the node until it is to stop; where it is to move to another federation,
/// it starts anew in between.
async fn run_and_move(
    mut config: Config,
    mut beginning: Beginning,
    stop: &CancellationToken,
) -> Result<(), StartError> {
    let mut stopping = core::pin::pin!(stop_asked());
    let mut node = Node::start(config.clone(), beginning).await?;
    loop {
        node.greet();
        // Where the system chose a port, clients find the node there again.
        config.http = node.http();
        let moving = node.moves();
        let moves = tokio::select! {
            () = &mut stopping => false,
            () = stop.cancelled() => false,
            () = moving => true,
            () = node.ended() => false,
        };
        tracing::info!(moves, "stopping");
        node.stop().await?;
        if !moves {
            return Ok(());
        }
        beginning = Beginning::Usual;
        node = again(&config, beginning).await?;
    }
}

/// Starts the node again, as soon as what still holds its store has let go: a
/// request that was being answered when it stopped.
async fn again(config: &Config, beginning: Beginning) -> Result<Node, StartError> {
    let begun = Instant::now();
    loop {
        match Node::start(config.clone(), beginning).await {
            Err(error) if error.is_held() && begun.elapsed() < LET_GO_WITHIN => {
                tokio::time::sleep(LET_GO_POLL).await;
            }
            other => return other,
        }
    }
}

/// How long a store may stay held after its node has stopped: as long as a request
/// may take.
const LET_GO_WITHIN: Duration = Duration::from_secs(60);

/// How often to look.
const LET_GO_POLL: Duration = Duration::from_millis(50);

/// Waits until the process is asked to stop.
async fn stop_asked() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without signal handlers the process ends as the system sees fit.
    drop(tokio::signal::ctrl_c().await);
}

#[expect(clippy::print_stderr, reason = "the person at the keyboard reads it here")]
fn fail(code: u8, error: &impl core::fmt::Display, hints: &[&str]) -> ExitCode {
    eprintln!("error: {error}");
    for hint in hints {
        eprintln!("hint: {hint}");
    }
    ExitCode::from(code)
}

#[expect(clippy::print_stderr, reason = "a panic is reported where the operator looks")]
fn report_bug(panic: &std::panic::PanicHookInfo<'_>) {
    let version = env!("CARGO_PKG_VERSION");
    eprintln!("delad {version} has a bug: {panic}");
    eprintln!("hint: please report this text; published data is safe on disk");
}
