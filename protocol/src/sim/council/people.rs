//! Who takes part: agencies with their keys, honest and not.

use std::collections::{BTreeMap, BTreeSet};

use crate::agency::{Agency, Keys};
use crate::federation::card::{Card, CardStatement};
use crate::federation::charter::{Charter, Seat, Thresholds};
use crate::id::{AgencyId, CharterId, FederationId, MotionId};
use crate::key::{PublicKey, SecretKey};
use crate::time::Timestamp;

/// The agencies that have neither node nor seat, and apply.
const APPLICANTS: usize = 4;

/// The keys that an agency votes with, one after another.
const SEAT_KEYS: u8 = 3;

/// An agency.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) agency: Agency,
    key: SecretKey,
    seat_keys: Vec<SecretKey>,
    /// Its card for this federation.
    pub(super) application: Option<Card>,
    /// The motions it has voted on.
    pub(super) voted: BTreeSet<MotionId>,
    /// The one successor of each charter that it is for.
    pub(super) chosen: BTreeMap<CharterId, MotionId>,
}

/// Returns how many seats may be dishonest without two charters in one place, or
/// a decision that no honest seat is for.
pub(super) fn dishonest_max(seats: usize, thresholds: Thresholds) -> usize {
    let least = thresholds.admit.min(thresholds.revoke).min(thresholds.amend);
    let twice = (usize::from(thresholds.amend) * 2).saturating_sub(seats);
    usize::from(least).min(twice).saturating_sub(1)
}

/// Returns the honest people with a node, the dishonest, and the applicants.
pub(super) fn people(seed: u64, honest: usize, dishonest: usize) -> Vec<Person> {
    (0..honest + dishonest + APPLICANTS).map(|index| Person::new(seed, index)).collect()
}

fn secret(seed: u64, index: usize, which: u8) -> SecretKey {
    let mut hasher = blake3::Hasher::new_derive_key("dela 1 simulated council");
    hasher.update(&seed.to_be_bytes());
    hasher.update(&u64::try_from(index).unwrap_or(u64::MAX).to_be_bytes());
    hasher.update(&[which]);
    SecretKey::from_bytes(hasher.finalize().as_bytes())
}

/// Returns a key that never holds a seat.
pub(super) fn stranger(seed: u64, number: u64) -> SecretKey {
    secret(seed, usize::try_from(number).unwrap_or(0), u8::MAX)
}

impl Person {
    fn new(seed: u64, index: usize) -> Self {
        let key = secret(seed, index, 0);
        let keys = Keys {
            key: key.public(),
            next_key_commitment: secret(seed, index, 1).public().commitment(),
            recovery_threshold: 0,
            recovery_keys: Vec::new(),
            issued_at: Timestamp::from_millis(1),
        };
        let agency = Agency::open(vec![keys.sign_inception(&key)]).expect("an inception we signed");
        let seat_keys = (0..SEAT_KEYS).map(|which| secret(seed, index, 2 + which)).collect();
        Self {
            agency,
            key,
            seat_keys,
            application: None,
            voted: BTreeSet::new(),
            chosen: BTreeMap::new(),
        }
    }

    pub(super) fn id(&self) -> AgencyId {
        self.agency.id()
    }

    /// Returns its seat with one of its keys.
    pub(super) fn seat(&self, which: usize) -> Seat {
        let which = which.min(self.seat_keys.len().saturating_sub(1));
        let key = self.seat_keys.get(which).unwrap_or(&self.key).public();
        Seat { agency: self.id(), key, name: String::new() }
    }

    /// Returns its seat with the key that comes after this one, if any is left.
    pub(super) fn rotated(&self, key: &PublicKey) -> Option<Seat> {
        let at = self.seat_keys.iter().position(|one| one.public() == *key)?;
        (at + 1 < self.seat_keys.len()).then(|| self.seat(at + 1))
    }

    /// Returns the key with which it sits on a council.
    pub(super) fn key_on(&self, council: &Charter) -> Option<&SecretKey> {
        self.seat_keys.iter().find(|key| council.seat(&key.public()).is_some())
    }

    pub(super) fn owns(&self, key: &PublicKey) -> bool {
        self.seat_keys.iter().any(|one| one.public() == *key)
    }

    pub(super) fn card(&self, federation: FederationId) -> Card {
        let statement = CardStatement {
            federation,
            name: "Exempelby".to_owned(),
            organisation_number: String::new(),
            domain: String::new(),
            council_key: self.seat(0).key,
            issued_at: Timestamp::from_millis(2),
        };
        Card::sign(&self.agency, &self.key, statement).expect("a card with a name")
    }

    pub(super) fn apply(&mut self, federation: &FederationId) {
        self.application = Some(self.card(*federation));
    }
}
