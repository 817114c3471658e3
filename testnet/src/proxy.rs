//! A proxy between two nodes that delays what passes and sometimes cuts the
//! connection, as links do that are long or bad.
//!
//! Invariant: bytes arrive in their order and unchanged, or the connection
//! ends: TCP gives no less. What waits is bounded, so that whoever sends too
//! fast is slowed down.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::chance::Chance;
use crate::cluster::POLL;

/// How much is read at a time: a segment of the system's buffers.
const CHUNK_BYTES: usize = 16 * 1024;

/// Chunks under way in one direction: a megabyte, which a link of 40 Mbit/s
/// holds in 200 ms.
const CHUNKS_MAX: usize = 64;

/// How long a read waits before it looks whether the proxy has ended.
const LOOK: Duration = Duration::from_millis(200);

/// What a link does to what passes.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    /// The shortest and the longest time a chunk takes.
    pub delay: (Duration, Duration),
    /// Of so many chunks, one cuts the connection instead of arriving; 0 cuts
    /// none.
    pub cut_one_in: u64,
}

/// A link in one direction of dialling, to one node.
#[derive(Debug)]
pub struct Proxy {
    at: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    to: SocketAddr,
    weather: Weather,
    ended: AtomicBool,
    connections: AtomicU64,
    cuts: AtomicU64,
    bytes: AtomicU64,
}

impl Proxy {
    /// Starts to carry connections to `to`.
    pub fn start(to: SocketAddr, weather: Weather, mut chance: Chance) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("starting a proxy")?;
        listener.set_nonblocking(true)?;
        let at = listener.local_addr()?;
        let zero = || AtomicU64::new(0);
        let (connections, cuts, bytes) = (zero(), zero(), zero());
        let ended = AtomicBool::new(false);
        let shared = Arc::new(Shared { to, weather, ended, connections, cuts, bytes });
        let inside = Arc::clone(&shared);
        thread::spawn(move || {
            while !inside.ended.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => carry(&stream, &inside, &mut chance),
                    Err(_) => sleep(POLL),
                }
            }
        });
        Ok(Self { at, shared })
    }

    /// Returns where to dial, as nodes write it.
    pub fn address(&self) -> String {
        format!("/ip4/{}/tcp/{}", self.at.ip(), self.at.port())
    }

    /// Returns how many connections were carried, how many of them were cut,
    /// and how many bytes passed.
    pub fn counts(&self) -> (u64, u64, u64) {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (load(&self.shared.connections), load(&self.shared.cuts), load(&self.shared.bytes))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
    }
}

/// Carries one connection, in threads of its own.
fn carry(dialler: &TcpStream, shared: &Arc<Shared>, chance: &mut Chance) {
    let Ok(target) = TcpStream::connect(shared.to) else {
        // Nobody there: the dialler sees that at once, as it would without us.
        dialler.shutdown(Shutdown::Both).ok();
        return;
    };
    shared.connections.fetch_add(1, Ordering::Relaxed);
    for (from, to) in [(dialler, &target), (&target, dialler)] {
        let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { return };
        let (sender, receiver) = sync_channel(CHUNKS_MAX);
        let (inside, chance) = (Arc::clone(shared), Chance::new(chance.number()));
        thread::spawn(move || take(from, &sender, &inside, chance));
        thread::spawn(move || give(to, &receiver));
    }
}

/// Reads from one end, and says when each chunk is due at the other.
fn take(
    mut from: TcpStream,
    sender: &SyncSender<(Instant, Vec<u8>)>,
    shared: &Shared,
    mut chance: Chance,
) {
    let mut buffer = vec![0; CHUNK_BYTES];
    // Fresh connections block, also where the listener does not.
    let ready = from.set_nonblocking(false).and_then(|()| from.set_read_timeout(Some(LOOK)));
    let mut last_due = Instant::now();
    while ready.is_ok() && !shared.ended.load(Ordering::Relaxed) {
        let read = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                continue;
            }
            Err(_) => break,
        };
        if shared.weather.cut_one_in > 0 && chance.below(shared.weather.cut_one_in) == 0 {
            shared.cuts.fetch_add(1, Ordering::Relaxed);
            break;
        }
        let (least, most) = shared.weather.delay;
        last_due = last_due.max(Instant::now() + chance.time(least, most));
        let chunk = buffer.get(..read).unwrap_or_default().to_vec();
        if sender.send((last_due, chunk)).is_err() {
            break;
        }
        shared.bytes.fetch_add(u64::try_from(read).unwrap_or(0), Ordering::Relaxed);
    }
    from.shutdown(Shutdown::Both).ok();
}

/// Writes to the other end what is due.
fn give(mut to: TcpStream, receiver: &Receiver<(Instant, Vec<u8>)>) {
    while let Ok((due, chunk)) = receiver.recv() {
        sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&chunk).is_err() {
            break;
        }
    }
    to.shutdown(Shutdown::Both).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                thread::spawn(move || {
                    let mut buffer = [0; 1024];
                    while let Ok(read @ 1..) = stream.read(&mut buffer) {
                        if stream.write_all(&buffer[..read]).is_err() {
                            break;
                        }
                    }
                });
            }
        });
        at
    }

    fn start(cut_one_in: u64) -> Proxy {
        let delay = (Duration::from_millis(30), Duration::from_millis(40));
        Proxy::start(echo(), Weather { delay, cut_one_in }, Chance::new(1)).unwrap()
    }

    #[test]
    fn what_passes_is_late_and_otherwise_as_it_was() {
        let proxy = start(0);
        let mut stream = TcpStream::connect(proxy.at).unwrap();
        let sent: Vec<u8> = Chance::new(2).bytes(100_000);
        let mut reader = stream.try_clone().unwrap();
        let begun = Instant::now();
        let expected = sent.clone();
        let reading = thread::spawn(move || {
            let mut received = vec![0; expected.len()];
            reader.read_exact(&mut received).unwrap();
            received == expected
        });
        stream.write_all(&sent).unwrap();
        assert!(reading.join().unwrap());
        assert!(begun.elapsed() >= Duration::from_millis(60), "there and back");
        assert_eq!(proxy.counts().0, 1);
    }

    #[test]
    fn a_link_that_is_cut_ends_for_both() {
        let proxy = start(1);
        let mut stream = TcpStream::connect(proxy.at).unwrap();
        stream.write_all(b"lost").unwrap();
        assert!(!matches!(stream.read(&mut [0; 8]), Ok(1..)));
        assert_eq!(proxy.counts().1, 1);
    }
}
