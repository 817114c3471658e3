//! Keeps the connections that the operator asked for: dials each configured
//! peer and dials again, ever more patiently, when that fails or ends.
//!
//! Invariant: a peer is never given up, except where it turns out to be
//! ourselves.

use std::time::{Duration, Instant};

use libp2p::swarm::ConnectionId;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::{Multiaddr, PeerId};

use super::chance::Chance;

/// The first wait: longer than a restart of the process, not of the patience of
/// whoever watches it.
const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);

/// The longest wait while connections are wanted.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

/// The longest wait while there are enough others: often enough to heal a
/// split, seldom enough that a whole federation can name the same peer.
const RETRY_AFTER_MAX_CONTENT: Duration = Duration::from_secs(10 * 60);

/// A connection that ended sooner was no success: the peer had no use for us.
pub(super) const LASTING: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting(Instant),
    Dialling(ConnectionId),
    Connected(PeerId, Instant),
}

/// A peer to stay connected to.
#[derive(Debug)]
struct Target {
    place: Multiaddr,
    /// Who must answer; `None` if the address does not say.
    expected: Option<PeerId>,
    /// Who answered last.
    known: Option<PeerId>,
    state: State,
    failures: u32,
}

/// All peers to stay connected to.
#[derive(Debug, Default)]
pub(super) struct Dialler {
    targets: Vec<Target>,
}

impl Dialler {
    /// Adds a peer, to be dialled at once.
    pub(super) fn add(&mut self, place: Multiaddr, expected: Option<PeerId>, now: Instant) {
        if !self.targets.iter().any(|target| target.place == place) {
            let state = State::Waiting(now);
            self.targets.push(Target { place, expected, known: expected, state, failures: 0 });
        }
    }

    /// Returns the next dial that is due. A target that is connected anyway,
    /// because the peer dialled us, is not dialled.
    pub(super) fn due(
        &mut self,
        connected: impl Fn(&PeerId) -> bool,
        now: Instant,
    ) -> Option<(DialOpts, Multiaddr)> {
        for target in &mut self.targets {
            if !matches!(target.state, State::Waiting(at) if at <= now) {
                continue;
            }
            if let Some(peer) = target.known.filter(&connected) {
                target.state = State::Connected(peer, now);
                continue;
            }
            // A port of its own: reusing the one we listen on fails for a
            // minute after each closed connection.
            let opts: DialOpts = match target.expected {
                Some(peer) => DialOpts::peer_id(peer)
                    .addresses(vec![target.place.clone()])
                    .allocate_new_port()
                    .build(),
                None => DialOpts::unknown_peer_id()
                    .address(target.place.clone())
                    .allocate_new_port()
                    .build(),
            };
            target.state = State::Dialling(opts.connection_id());
            return Some((opts, target.place.clone()));
        }
        None
    }

    /// Notes a connection; returns whether it is to a peer that was asked for.
    pub(super) fn connected(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        now: Instant,
    ) -> bool {
        for target in &mut self.targets {
            if target.state == State::Dialling(connection) {
                target.known = Some(peer);
                target.state = State::Connected(peer, now);
            }
        }
        self.wants(&peer)
    }

    /// Notes that the last connection of a peer is gone. `content` is whether
    /// there are enough others.
    pub(super) fn disconnected(
        &mut self,
        peer: &PeerId,
        content: bool,
        chance: &mut Chance,
        now: Instant,
    ) {
        for target in &mut self.targets {
            if let State::Connected(is, since) = target.state
                && is == *peer
            {
                if now.duration_since(since) >= LASTING {
                    target.failures = 0;
                }
                target.wait(content, chance, now);
            }
        }
    }

    /// Notes that a dial failed; returns the address if it was one of ours.
    pub(super) fn failed(
        &mut self,
        connection: ConnectionId,
        content: bool,
        chance: &mut Chance,
        now: Instant,
    ) -> Option<Multiaddr> {
        let dialled = State::Dialling(connection);
        let target = self.targets.iter_mut().find(|target| target.state == dialled)?;
        target.wait(content, chance, now);
        Some(target.place.clone())
    }

    /// Gives up an address: it is our own.
    pub(super) fn give_up(&mut self, place: &Multiaddr) {
        self.targets.retain(|target| target.place != *place);
    }

    /// Makes every peer due that is waited for: what failed was our own
    /// connection to the world.
    pub(super) fn forgive(&mut self, now: Instant) {
        for target in &mut self.targets {
            if let State::Waiting(at) = target.state {
                target.failures = 0;
                target.state = State::Waiting(at.min(now));
            }
        }
    }

    /// Returns the number of peers to stay connected to.
    pub(super) fn count(&self) -> usize {
        self.targets.len()
    }

    /// Whether the operator asked for this peer.
    pub(super) fn wants(&self, peer: &PeerId) -> bool {
        self.targets.iter().any(|target| target.known.as_ref() == Some(peer))
    }
}

impl Target {
    fn wait(&mut self, content: bool, chance: &mut Chance, now: Instant) {
        let wait_max = if content { RETRY_AFTER_MAX_CONTENT } else { RETRY_AFTER_MAX };
        let wait = RETRY_AFTER_MIN.saturating_mul(1 << self.failures.min(16)).min(wait_max);
        self.failures = self.failures.saturating_add(1);
        self.state = State::Waiting(now + chance.jittered(wait));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Multiaddr {
        "/ip4/192.0.2.1/tcp/4001".parse().unwrap()
    }

    /// Fails every dial and returns the waits between them.
    fn waits(content: bool, count: usize) -> Vec<Duration> {
        let mut chance = Chance::seeded(7);
        let (mut dialler, mut now) = (Dialler::default(), Instant::now());
        dialler.add(place(), None, now);
        let (mut waits, mut last) = (Vec::new(), now);
        while waits.len() < count {
            if let Some((opts, _)) = dialler.due(|_| false, now) {
                waits.push(now - last);
                last = now;
                dialler.failed(opts.connection_id(), content, &mut chance, now);
            }
            now += Duration::from_millis(100);
        }
        waits
    }

    #[test]
    fn a_peer_that_is_down_is_dialled_at_once_then_ever_more_patiently() {
        let waits = waits(false, 20);
        assert_eq!(waits[0], Duration::ZERO);
        assert!(waits[1] <= Duration::from_millis(1_600));
        let longest = RETRY_AFTER_MAX * 3 / 2 + Duration::from_millis(100);
        assert!(waits.iter().all(|wait| *wait <= longest), "{waits:?}");
        assert!(waits[15..].iter().all(|wait| *wait >= RETRY_AFTER_MAX / 2), "{waits:?}");
    }

    #[test]
    fn with_enough_connections_patience_grows_longer() {
        assert!(waits(true, 20)[15] >= RETRY_AFTER_MAX_CONTENT / 2);
    }

    #[test]
    fn a_connection_that_ends_is_made_again_and_short_ones_count_as_failures() {
        let mut chance = Chance::seeded(7);
        let mut now = Instant::now();
        let mut dialler = Dialler::default();
        dialler.add(place(), None, now);
        let peer = PeerId::random();
        for round in 0..6 {
            let (opts, _) = dialler.due(|_| false, now).expect("a dial is due");
            dialler.connected(opts.connection_id(), peer, now);
            assert!(dialler.due(|_| false, now).is_none());
            now += Duration::from_secs(1);
            dialler.disconnected(&peer, false, &mut chance, now);
            assert_eq!(dialler.targets[0].failures, round + 1);
            now += RETRY_AFTER_MAX;
        }
        assert!(dialler.wants(&peer));
        assert!(dialler.due(|_| true, now).is_none(), "it dialled us in the meantime");
        now += LASTING;
        dialler.disconnected(&peer, false, &mut chance, now);
        assert_eq!(dialler.targets[0].failures, 1);
    }

    #[test]
    fn a_peer_is_dialled_at_once_when_we_are_back_ourselves() {
        let mut chance = Chance::seeded(7);
        let (mut dialler, now) = (Dialler::default(), Instant::now());
        dialler.add(place(), None, now);
        for round in 0..10 {
            let later = now + 2 * RETRY_AFTER_MAX * round;
            let (opts, _) = dialler.due(|_| false, later).expect("a dial is due");
            dialler.failed(opts.connection_id(), false, &mut chance, later);
        }
        let now = now + 2 * RETRY_AFTER_MAX * 9;
        assert!(dialler.due(|_| false, now).is_none());
        dialler.forgive(now);
        assert!(dialler.due(|_| false, now).is_some());
    }

    #[test]
    fn our_own_address_is_given_up() {
        let mut dialler = Dialler::default();
        let now = Instant::now();
        dialler.add(place(), None, now);
        dialler.give_up(&place());
        assert!(dialler.due(|_| false, now).is_none());
    }
}
