//! Who is signed in on the page.
//!
//! A session begins where somebody sends the node's token, and is a secret of
//! its own in a cookie: the token itself is never in a browser's keeping. It
//! ends at sign-out, after some idle hours, and with the process.
//!
//! Invariants:
//! - Secrets are kept as hashes and compared as hashes, in constant time, and
//!   are never logged.
//! - Sessions, what lies on their desks, and wrong tries are bounded.
//! - Nothing here reads a clock.

use core::fmt;
use core::net::{IpAddr, Ipv6Addr};
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use data_encoding::HEXLOWER;
use dela_protocol::time::Timestamp;

/// How many are signed in at a time: the people who share an agency's data are
/// a handful, some of them with two browsers. One more ends the session that
/// was idle longest.
pub(crate) const SESSIONS_MAX: usize = 32;

/// How long a session may be idle: a morning with a lunch in it. Whoever leaves
/// for the day is signed out before the next.
pub(crate) const IDLE_MAX: Duration = Duration::from_secs(4 * 60 * 60);

/// How many wrong tokens one client may send in [`TRIES_WITHIN`]: a person who
/// copies the wrong line does so a few times. The token has 256 bits, so this
/// keeps the log and the processor quiet rather than the token safe.
pub(crate) const TRIES_MAX: u32 = 10;

/// In how long they count.
pub(crate) const TRIES_WITHIN: Duration = Duration::from_secs(10 * 60);

/// How many clients with wrong tries are remembered; beyond it the one whose
/// tries began first is forgotten.
pub(crate) const CLIENTS_MAX: usize = 1_024;

/// How many bytes a secret has.
const SECRET_BYTES: usize = 32;

/// Names a session inside the process: the hash of its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SessionKey([u8; SECRET_BYTES]);

impl SessionKey {
    fn of(secret: &str) -> Self {
        Self(*blake3::hash(secret.as_bytes()).as_bytes())
    }
}

/// A secret for a browser. It is not shown where it is debugged.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; SECRET_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(HEXLOWER.encode(&bytes)))
    }

    /// Returns it for the one answer that carries it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Compares in constant time.
    pub(crate) fn is(&self, sent: &str) -> bool {
        blake3::hash(self.0.as_bytes()) == blake3::hash(sent.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The sessions, each with a desk on which the page keeps what is being worked
/// on. Cloning shares them.
#[derive(Debug)]
pub(crate) struct Sessions<Desk> {
    state: Arc<Mutex<State<Desk>>>,
}

impl<Desk> Clone for Sessions<Desk> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state) }
    }
}

impl<Desk> Default for Sessions<Desk> {
    fn default() -> Self {
        let state = State { open: BTreeMap::new(), wrong: BTreeMap::new() };
        Self { state: Arc::new(Mutex::new(state)) }
    }
}

#[derive(Debug)]
struct State<Desk> {
    open: BTreeMap<SessionKey, Session<Desk>>,
    wrong: BTreeMap<IpAddr, Wrong>,
}

#[derive(Debug)]
struct Session<Desk> {
    form_secret: Secret,
    used_at: Timestamp,
    desk: Desk,
}

/// The wrong tries of one client.
#[derive(Debug, Clone, Copy)]
struct Wrong {
    since: Timestamp,
    tries: u32,
}

impl<Desk: Default> Sessions<Desk> {
    fn state(&self) -> MutexGuard<'_, State<Desk>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session, and returns the secret that names it.
    pub(crate) fn begin(&self, now: Timestamp) -> Result<Secret, getrandom::Error> {
        let (secret, form_secret) = (Secret::new()?, Secret::new()?);
        let mut state = self.state();
        state.forget_idle(now);
        if state.open.len() >= SESSIONS_MAX {
            let idlest = state.open.iter().min_by_key(|(_, session)| session.used_at);
            if let Some(key) = idlest.map(|(key, _)| *key) {
                state.open.remove(&key);
            }
        }
        let session = Session { form_secret, used_at: now, desk: Desk::default() };
        state.open.insert(SessionKey::of(secret.reveal()), session);
        Ok(secret)
    }

    /// Finds the session of a secret, which is now in use, with the secret its
    /// forms carry.
    pub(crate) fn find(&self, secret: &str, now: Timestamp) -> Option<(SessionKey, Secret)> {
        let key = SessionKey::of(secret);
        let mut state = self.state();
        state.forget_idle(now);
        let session = state.open.get_mut(&key)?;
        session.used_at = session.used_at.max(now);
        Some((key, session.form_secret.clone()))
    }

    /// Ends a session.
    pub(crate) fn end(&self, key: &SessionKey) {
        self.state().open.remove(key);
    }

    /// Looks at what lies on the desk of a session; `None` where it has ended.
    pub(crate) fn at_desk<T>(
        &self,
        key: &SessionKey,
        look: impl FnOnce(&mut Desk) -> T,
    ) -> Option<T> {
        self.state().open.get_mut(key).map(|session| look(&mut session.desk))
    }

    /// Looks at every desk, for what all together may not be too much of.
    pub(crate) fn at_every_desk(&self, mut look: impl FnMut(&mut Desk)) {
        for session in self.state().open.values_mut() {
            look(&mut session.desk);
        }
    }

    /// Returns whether a client may send a token; else how long it has to wait.
    pub(crate) fn may_try(&self, client: Option<IpAddr>, now: Timestamp) -> Result<(), Duration> {
        let state = self.state();
        let Some(wrong) = state.wrong.get(&network(client)) else { return Ok(()) };
        let wait = TRIES_WITHIN.saturating_sub(now.since(wrong.since));
        if wrong.tries < TRIES_MAX || wait.is_zero() { Ok(()) } else { Err(wait) }
    }

    /// Counts a wrong token.
    pub(crate) fn was_wrong(&self, client: Option<IpAddr>, now: Timestamp) {
        let mut state = self.state();
        state.wrong.retain(|_, wrong| now.since(wrong.since) < TRIES_WITHIN);
        let client = network(client);
        if !state.wrong.contains_key(&client) && state.wrong.len() >= CLIENTS_MAX {
            let first = state.wrong.iter().min_by_key(|(_, wrong)| wrong.since);
            if let Some(first) = first.map(|(client, _)| *client) {
                state.wrong.remove(&first);
            }
        }
        let wrong = state.wrong.entry(client).or_insert(Wrong { since: now, tries: 0 });
        wrong.tries = wrong.tries.saturating_add(1);
    }
}

impl<Desk> State<Desk> {
    fn forget_idle(&mut self, now: Timestamp) {
        self.open.retain(|_, session| now.since(session.used_at) < IDLE_MAX);
    }
}

/// Returns what counts as one client: an address, or the network of one of
/// version 6, in which every client has as many addresses as it likes.
fn network(client: Option<IpAddr>) -> IpAddr {
    const NETWORK: u128 = !0 << 64;
    match client.map(|address| address.to_canonical()) {
        Some(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() & NETWORK).into(),
        Some(address) => address,
        None => Ipv6Addr::UNSPECIFIED.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some seconds after a beginning that does not matter.
    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000).after(Duration::from_secs(seconds))
    }

    #[test]
    fn a_session_is_found_by_its_secret_until_it_ends() {
        let sessions = Sessions::<Vec<u8>>::default();
        let secret = sessions.begin(at(0)).unwrap();
        assert_eq!(secret.reveal().len(), 64);
        let (key, form) = sessions.find(secret.reveal(), at(1)).unwrap();
        assert!(form.is(form.reveal()) && !form.is(secret.reveal()) && !form.is(""));
        assert!(sessions.find("", at(1)).is_none());
        assert!(sessions.find(form.reveal(), at(1)).is_none());
        sessions.at_desk(&key, |desk| desk.push(7)).unwrap();
        assert_eq!(sessions.at_desk(&key, |desk| desk.clone()), Some(vec![7]));
        sessions.end(&key);
        assert!(sessions.find(secret.reveal(), at(1)).is_none());
        assert_eq!(sessions.at_desk(&key, |_| ()), None);
    }

    #[test]
    fn what_is_idle_too_long_ends_and_what_is_used_does_not() {
        let sessions = Sessions::<()>::default();
        let hours = IDLE_MAX.as_secs();
        let (idle, used) = (sessions.begin(at(0)).unwrap(), sessions.begin(at(0)).unwrap());
        assert!(sessions.find(used.reveal(), at(hours - 1)).is_some());
        assert!(sessions.find(idle.reveal(), at(hours)).is_none());
        assert!(sessions.find(used.reveal(), at(hours)).is_some());
        // A clock that is set back ends nothing.
        assert!(sessions.find(used.reveal(), at(5)).is_some());
    }

    #[test]
    fn one_session_too_many_ends_the_one_idle_longest() {
        let sessions = Sessions::<()>::default();
        let count = u64::try_from(SESSIONS_MAX).unwrap();
        let all: Vec<Secret> = (0..=count).map(|n| sessions.begin(at(n)).unwrap()).collect();
        let open = all.iter().filter(|one| sessions.find(one.reveal(), at(count)).is_some());
        assert_eq!(open.count(), SESSIONS_MAX);
        assert!(sessions.find(all[0].reveal(), at(count)).is_none());
    }

    #[test]
    fn wrong_tries_run_out_by_client_and_come_back_with_time() {
        let sessions = Sessions::<()>::default();
        let client = |text: &str| Some(text.parse().unwrap());
        for _ in 0..TRIES_MAX {
            assert_eq!(sessions.may_try(client("2001:db8::1"), at(0)), Ok(()));
            sessions.was_wrong(client("2001:db8::1"), at(0));
        }
        assert_eq!(
            sessions.may_try(client("2001:db8::1"), at(60)),
            Err(TRIES_WITHIN.saturating_sub(Duration::from_secs(60)))
        );
        // Another address of the same network is no other client.
        assert!(sessions.may_try(client("2001:db8::2"), at(60)).is_err());
        assert!(sessions.may_try(client("2001:db8:0:1::1"), at(60)).is_ok());
        assert!(sessions.may_try(client("192.0.2.1"), at(60)).is_ok());
        assert!(sessions.may_try(None, at(60)).is_ok());
        assert!(sessions.may_try(client("2001:db8::1"), at(TRIES_WITHIN.as_secs())).is_ok());
    }

    #[test]
    fn no_more_clients_are_remembered_than_there_may_be() {
        let sessions = Sessions::<()>::default();
        for number in 0..u32::try_from(CLIENTS_MAX).unwrap() + 5 {
            let client = core::net::Ipv4Addr::from_bits(number).into();
            sessions.was_wrong(Some(client), at(u64::from(number) / 10));
        }
        assert!(sessions.state().wrong.len() <= CLIENTS_MAX);
    }
}
