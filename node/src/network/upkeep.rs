//! Keeping the connections we want: enough of them, enough of our own choice,
//! slowly changing, and soon back after a sleep or a change of address.
//!
//! Invariants:
//! - Whoever connects to us is never all we see of the network: a number of the
//!   connections is chosen by us, spread over networks where that is possible.
//! - A connection that works is given up only when another stands in its place,
//!   or to keep room for newcomers; seeds are never given up.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use dela_protocol::id::FederationId;
use dela_protocol::time::Timestamp;
use libp2p::PeerId;
use libp2p::swarm::dial_opts::DialOpts;
use tokio::task::JoinHandle;

use super::Network;
use super::book::{Book, Now, file};

/// Connections below which more are made: gossip keeps a mesh of six, and as
/// many again can die before anyone notices.
const CONNECTIONS_WANTED: usize = 12;

/// Connections above which no more are made, but for those of our own choice
/// that lack.
const CONNECTIONS_ENOUGH: usize = 20;

/// Connections that are our own choice, a third of those: whoever connects to us
/// cannot be all we see of the network.
const OUTBOUND_WANTED: usize = CONNECTIONS_ENOUGH.div_ceil(3);

/// Dials from the book at the same time, and within one tick: a flood of names
/// that refuse us at once costs no more than one that lets us wait.
const BOOK_DIALS_MAX: usize = 8;

/// How long an inbound connection is kept when room is short.
const KEPT_FOR_MIN: Duration = Duration::from_secs(30);

/// A tick this late means that the machine slept, or was stopped: failures from
/// before say nothing any more.
const SLEPT: Duration = Duration::from_secs(30);

/// After so long the others have hung up: they ping every 15 seconds and give
/// up after the second ping without an answer.
const HUNG_UP: Duration = Duration::from_secs(2 * 60);

/// A dial of a node of the book.
#[derive(Debug, Clone, Copy)]
pub(super) struct BookDial {
    pub(super) peer: PeerId,
    /// Whose place it takes when it is connected.
    pub(super) replaces: Option<PeerId>,
}

/// Notices when time jumped between two ticks.
#[derive(Debug, Default)]
pub(super) struct Pulse(Option<Now>);

impl Pulse {
    /// Notes a tick and returns how long after the last it came: by the clock
    /// on the wall where that says more, since the other one stands still while
    /// the machine sleeps.
    pub(super) fn beat(&mut self, now: Now) -> Duration {
        let Some(last) = self.0.replace(now) else { return Duration::ZERO };
        now.instant.duration_since(last.instant).max(now.wall.since(last.wall))
    }
}

/// The file of the book, and what of it is written.
#[derive(Debug)]
pub(super) struct BookFile {
    path: Option<PathBuf>,
    revision: u64,
    at: Instant,
    writing: Option<JoinHandle<()>>,
}

impl BookFile {
    /// Reads the book at `path`. One that cannot be read is no reason not to
    /// start: the others will tell again.
    pub(super) fn open(path: Option<PathBuf>, book: &mut Book, federation: &FederationId) -> Self {
        if let Some(path) = &path
            && let Err(error) = book.load(path, federation)
        {
            let path = path.display();
            tracing::warn!(%path, %error, "the address book cannot be read and begins empty");
        }
        Self { path, revision: book.revision(), at: Instant::now(), writing: None }
    }

    /// Writes the book where it has changed and the last time is `every` ago.
    fn save(&mut self, book: &Book, every: Duration, now: Instant) {
        let busy = self.writing.as_ref().is_some_and(|writing| !writing.is_finished());
        if busy || book.revision() == self.revision || now.duration_since(self.at) < every {
            return;
        }
        let Some(path) = self.path.clone() else { return };
        (self.revision, self.at) = (book.revision(), now);
        let text = book.text();
        self.writing = Some(tokio::task::spawn_blocking(move || {
            if let Err(error) = file::write(&path, &text) {
                tracing::warn!(path = %path.display(), %error, "the address book cannot be written");
            }
        }));
    }

    /// Writes the book for the last time and waits until it is written.
    pub(super) async fn close(mut self, book: &Book) {
        for _ in 0..2 {
            if let Some(writing) = self.writing.take() {
                // A write that panicked has said so.
                writing.await.ok();
            }
            self.save(book, Duration::ZERO, Instant::now());
        }
        if let Some(writing) = self.writing.take() {
            writing.await.ok();
        }
    }
}

/// Returns the time by the system's clock.
fn wall() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis = since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
    Timestamp::from_millis(millis)
}

impl Network {
    #[expect(clippy::unused_self, reason = "time is the network's, not of whoever asks")]
    pub(super) fn now(&self) -> Now {
        Now { wall: wall(), instant: Instant::now() }
    }

    /// Whether we have all the connections that we want.
    pub(super) fn is_content(&self) -> bool {
        self.links.len() >= CONNECTIONS_WANTED && self.outbound() >= OUTBOUND_WANTED
    }

    fn outbound(&self) -> usize {
        self.links.values().filter(|link| link.outbound).count()
    }

    pub(super) fn on_tick(&mut self) {
        let now = self.now();
        self.on_hush_tick();
        self.dials_in_tick = 0;
        let gap = self.pulse.beat(now);
        if gap >= SLEPT {
            self.wake(gap, now.instant);
        }
        let was_known = self.book.own_record().is_some_and(|own| !own.addresses().is_empty());
        if self.introduce() {
            if was_known {
                tracing::info!("our addresses have changed; peers are told");
                self.forgive(now.instant);
            }
            self.compare_nodes_with_all();
        }
        self.dial_due();
        self.seek();
        self.rotate(now.instant);
        self.make_room(now.instant);
        self.compare_nodes_due();
        self.book_file.save(&self.book, self.pace.save, now.instant);
        self.show();
    }

    /// Comes back after a sleep.
    fn wake(&mut self, gap: Duration, now: Instant) {
        tracing::info!(seconds = gap.as_secs(), "back after a pause; peers are dialled again");
        self.forgive(now);
        if gap >= HUNG_UP {
            let peers: Vec<PeerId> = self.links.keys().copied().collect();
            for peer in peers {
                self.swarm.disconnect_peer_id(peer).ok();
            }
        }
    }

    fn forgive(&mut self, now: Instant) {
        self.book.forgive();
        self.dialler.forgive(now);
    }

    /// Dials the configured peers that are due.
    pub(super) fn dial_due(&mut self) {
        let now = Instant::now();
        while let Some((opts, _)) = self.dialler.due(|peer| self.links.contains_key(peer), now) {
            let connection = opts.connection_id();
            if let Err(error) = self.swarm.dial(opts) {
                self.on_dial_failed(connection, &error);
            }
        }
    }

    /// Dials nodes of the book while connections are wanted.
    pub(super) fn seek(&mut self) {
        if !self.discover {
            return;
        }
        while !self.is_content()
            && self.book_dials.len() < BOOK_DIALS_MAX
            && self.dials_in_tick < BOOK_DIALS_MAX
        {
            let dials = self.book_dials.len();
            let lacks_choice = self.outbound() + dials < OUTBOUND_WANTED;
            if !(lacks_choice || self.links.len() + dials < CONNECTIONS_ENOUGH)
                || !self.dial_known(None)
            {
                return;
            }
        }
    }

    /// Dials a node of the book, away from the networks that we have chosen
    /// already; returns whether there was one.
    fn dial_known(&mut self, replaces: Option<PeerId>) -> bool {
        let now = self.now();
        let dialled: Vec<PeerId> = self.book_dials.values().map(|dial| dial.peer).collect();
        let chosen = self.links.iter().filter(|(_, link)| link.outbound).map(|(peer, _)| peer);
        let near = self.book.groups(chosen.chain(&dialled));
        let taken = |peer: &PeerId| self.links.contains_key(peer) || dialled.contains(peer);
        let choice = self.book.choose(taken, &near, &mut self.chance, now.instant);
        let Some((peer, places)) = choice else { return false };
        // A port of its own: reusing the one we listen on fails for a minute
        // after each closed connection.
        let opts: DialOpts = DialOpts::peer_id(peer).addresses(places).allocate_new_port().build();
        let connection = opts.connection_id();
        self.dials_in_tick += 1;
        match self.swarm.dial(opts) {
            Ok(()) => {
                self.book_dials.insert(connection, BookDial { peer, replaces });
            }
            Err(_) => self.book.failed(&peer, &mut self.chance, now),
        }
        true
    }

    /// Now and then puts another node in the place of one that we chose.
    fn rotate(&mut self, now: Instant) {
        let every = self.pace.rotate;
        let at = *self.rotate_at.get_or_insert_with(|| now + self.chance.jittered(every));
        if now < at || !self.discover || !self.is_content() {
            return;
        }
        self.rotate_at = None;
        let old: Vec<PeerId> = self
            .links
            .iter()
            .filter(|(peer, link)| {
                link.outbound
                    && !self.dialler.wants(peer)
                    && now.duration_since(link.since) >= every / 2
            })
            .map(|(peer, _)| *peer)
            .collect();
        let Some(old) = old.get(self.chance.below(old.len())).copied() else { return };
        if self.links.len() > CONNECTIONS_ENOUGH && self.outbound() > OUTBOUND_WANTED {
            // There are more than we want: nobody need take its place.
            self.swarm.disconnect_peer_id(old).ok();
        } else {
            self.dial_known(Some(old));
        }
    }

    /// Keeps room for newcomers: while more than three quarters of the inbound
    /// connections are taken, those that others made longest ago go, one a tick.
    fn make_room(&mut self, now: Instant) {
        let used = self.swarm.network_info().connection_counters().num_established_incoming();
        if used <= self.limits.inbound / 4 * 3 {
            return;
        }
        let spare = self.links.iter().filter(|(peer, link)| {
            !link.outbound
                && !self.dialler.wants(peer)
                && now.duration_since(link.since) >= KEPT_FOR_MIN
        });
        if let Some(peer) = spare.min_by_key(|(_, link)| link.since).map(|(peer, _)| *peer) {
            self.swarm.disconnect_peer_id(peer).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_shows_on_either_clock_and_a_clock_set_back_is_none() {
        let start =
            Now { wall: Timestamp::from_millis(1_790_000_000_000), instant: Instant::now() };
        let later = |wall: u64, instant: u64| Now {
            wall: start.wall.after(Duration::from_secs(wall)),
            instant: start.instant + Duration::from_secs(instant),
        };
        let gap = |now: Now| {
            let mut pulse = Pulse::default();
            assert_eq!(pulse.beat(start), Duration::ZERO, "the first tick is never late");
            pulse.beat(now)
        };
        assert!(gap(later(1, 1)) < SLEPT);
        assert!(gap(later(3_600, 1)) >= HUNG_UP, "asleep: the steady clock stood still");
        assert!(gap(later(60, 60)) >= SLEPT, "stopped: both went on");
        let back = Now { wall: Timestamp::from_millis(1), ..later(0, 1) };
        assert!(gap(back) < SLEPT);
    }

    #[tokio::test]
    async fn after_a_long_sleep_connections_are_made_anew_and_at_once() {
        use super::super::{NetworkConfig, NetworkEvent, TransportKind};

        let config = |number: u8| NetworkConfig {
            transport: TransportKind::Memory,
            listen: vec!["/memory/0".to_owned()],
            ..NetworkConfig::new([number; 32], FederationId::open("test"))
        };
        let mut other = Network::start(config(1)).unwrap();
        let address = loop {
            if let NetworkEvent::Listening { address } = other.next().await {
                break address;
            }
        };
        let mut network = Network::start(config(2)).unwrap();
        network.dial(&address).unwrap();
        let (mut connected, mut parted) = (0, 0);
        while connected < 2 {
            let event = tokio::select! {
                event = network.next() => event,
                _ = other.next() => continue,
            };
            match event {
                NetworkEvent::Connected { .. } => {
                    connected += 1;
                    assert_eq!(connected, parted + 1);
                    if connected == 1 {
                        network.wake(HUNG_UP, Instant::now());
                    }
                }
                NetworkEvent::Disconnected { .. } => parted += 1,
                _ => {}
            }
        }
        assert_eq!(parted, 1);
    }
}
