//! `delad`: the daemon of a Dela node.

use std::process::ExitCode;

fn main() -> ExitCode {
    dela_node::daemon::main(std::env::args_os())
}
