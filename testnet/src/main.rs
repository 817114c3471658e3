//! `dela-testnet`: many Dela nodes on one machine.

use std::process::ExitCode;

fn main() -> ExitCode {
    dela_testnet::run(std::env::args_os())
}
