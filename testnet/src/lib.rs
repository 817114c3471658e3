//! Many nodes on one machine: real processes, and the simulator.
//!
//! Invariant: a node here is a real one. `dela-testnet node` is `delad` and
//! `dela-testnet client` is `dela`, so one build is enough, and everything is asked for and checked through the HTTP
//! API, as anybody could.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub mod attacker;
pub mod bench;
pub mod chance;
pub mod cluster;
pub mod machine;
pub mod node;
pub mod proxy;
pub mod sample;
pub mod scenario;
pub mod simulate;
pub mod up;

/// Run many Dela nodes on this machine
#[derive(Debug, Parser)]
#[command(name = "dela-testnet", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a federation of agencies, each in a process of its own
    Up(up::Arguments),
    /// Simulate replicas that lose messages, split and crash, by seeds
    Sim(simulate::Arguments),
    /// Measure what "good" means here, with the targets beside the figures
    Bench(bench::Arguments),
    /// Ill-treat real nodes in one way each, and check what must hold
    Scenario(scenario::Arguments),
    /// Run one node, as `delad` does, until stdin ends
    #[command(hide = true, disable_help_flag = true)]
    Node {
        /// What `delad` takes
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Run the client, as `dela` does
    #[command(hide = true, disable_help_flag = true)]
    Client {
        /// What `dela` takes
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

/// Runs the command and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let done = match Arguments::parse_from(arguments).command {
        Command::Up(arguments) => up::run(&arguments),
        Command::Sim(arguments) => simulate::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Scenario(arguments) => scenario::run(&arguments),
        Command::Node { arguments } => return node::run(arguments),
        Command::Client { arguments } => {
            return dela_cli::run(std::iter::once(OsString::from("dela")).chain(arguments));
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Tells the person at the keyboard something that is not data.
#[expect(clippy::print_stderr, reason = "talk goes to stderr, and this is where it is said")]
fn say(text: &str) {
    eprintln!("{text}");
}

/// Prints data on stdout. Who reads it may have read enough; that ends nothing.
fn print(text: &str) {
    drop(writeln!(std::io::stdout(), "{text}"));
}
