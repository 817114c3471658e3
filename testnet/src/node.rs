//! One node in this process: the daemon itself, which also stops when its stdin
//! ends, so that no node outlives the testnet that started it.

use std::ffi::OsString;
use std::io::Read as _;
use std::process::ExitCode;
use std::thread;

use dela_node::daemon;
use tokio_util::sync::CancellationToken;

/// Runs the daemon with these arguments.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    let stop = CancellationToken::new();
    let ended = stop.clone();
    thread::spawn(move || {
        let mut rest = [0; 64];
        while std::io::stdin().read(&mut rest).is_ok_and(|read| read > 0) {}
        ended.cancel();
    });
    let arguments = std::iter::once(OsString::from("delad")).chain(arguments);
    daemon::main_until(arguments, &stop)
}
