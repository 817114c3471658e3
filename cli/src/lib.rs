//! The command-line client of a node: knows only the HTTP API.
//!
//! Invariant: what the client can do, the API can do. It links no node, reads
//! no store and speaks no libp2p; the one file of a node that it reads is the
//! token for writing.
//!
//! [`Client`] is of use on its own: one blocking method per endpoint.
//!
//! ```no_run
//! use dela_cli::{Client, SearchQuery};
//!
//! let client = Client::new("http://127.0.0.1:4800".parse()?);
//! let query = SearchQuery { words: "befolkning".to_owned(), ..SearchQuery::default() };
//! println!("{} datasets", client.search(&query)?.value.total);
//! # Ok::<(), dela_cli::ClientError>(())
//! ```

use std::ffi::OsString;
use std::process::ExitCode;

mod args;
mod client;
mod commands;
mod error;
mod format;
mod lookup;
mod output;
mod source;

pub use client::{
    Answer, Client, ClientError, Events, ImportOptions, NodeAddress, PublishOptions, Rdf,
    SearchQuery, ServerEvent, TokenError, TokenSource, Upload,
};
pub use format::{InputFormat, OutputFormat, Profile};

use args::Invocation;
use error::Error;
use output::Output;

/// Runs `dela` with these arguments, the first being the program's name, and
/// returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let (cli, mut output) = match args::parse(arguments) {
        Invocation::Run(cli) => {
            let output = Output::new(&cli.global);
            (cli, output)
        }
        Invocation::Say(answer) => return answer,
    };
    let done = commands::run(*cli, &mut output).and_then(|()| output.finish().map_err(Error::from));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.report(&mut output);
            ExitCode::from(error.kind.exit_code())
        }
    }
}
