//! The entry point.

use std::process::ExitCode;

fn main() -> ExitCode {
    dela_cli::run(std::env::args_os())
}
