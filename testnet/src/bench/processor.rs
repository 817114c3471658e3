//! How long a thread or a process has been on a processor: what its work costs,
//! however busy the machine is. Only Linux tells it, in `/proc`.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Measures what a thread does, by the clock and of processor time.
#[derive(Debug)]
pub(super) struct Watch {
    begun: Instant,
    busy: Option<Duration>,
}

impl Watch {
    /// Begins.
    pub(super) fn start() -> Self {
        Self { begun: Instant::now(), busy: of_this_thread() }
    }

    /// Returns how long it was, and how long of it on a processor; nothing of
    /// the latter where the system does not tell.
    pub(super) fn stop(self) -> (Duration, Duration) {
        let took = self.begun.elapsed();
        let busy = self.busy.zip(of_this_thread());
        (took, busy.map_or(Duration::ZERO, |(before, after)| after.saturating_sub(before)))
    }
}

/// Returns the time of this thread.
fn of_this_thread() -> Option<Duration> {
    read(Path::new("/proc/thread-self"))
}

/// Returns the time of all threads of a process that are still there.
pub(super) fn of_process(process: u32) -> Option<Duration> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    threads.map(|thread| read(&thread.ok()?.path())).sum()
}

/// The first number of `schedstat` is the time on a processor, in nanoseconds.
fn read(thread: &Path) -> Option<Duration> {
    let text = fs::read_to_string(thread.join("schedstat")).ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
