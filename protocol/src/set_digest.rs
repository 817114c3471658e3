//! The digest of a set that costs the same whatever the size of the set.
//!
//! `LtHash16` with 1,024 lanes: each element is expanded to 1,024 numbers of 16
//! bits, and the state is their sum, lane by lane. Adding and removing one
//! element takes about a microsecond; two sets have the same state only if they
//! are the same set (Lewi, Kim, Maykov and Weis, "Securing Update Propagation
//! with Homomorphic Hashing", <https://eprint.iacr.org/2019/227>).
//!
//! Invariant: an element is in the set once or not at all. LtHash digests
//! multisets, and adding one element 65,536 times would return to the start;
//! the store's map from entity to position keeps that from happening.

use core::fmt;

use crate::id::{Digest, RecordId, hash};

const LANES: usize = 1024;
const STATE_BYTES: usize = LANES * 2;

/// The running digest of a set of records.
#[derive(Clone, PartialEq, Eq)]
pub struct SetDigest {
    lanes: Box<[u16; LANES]>,
}

impl SetDigest {
    /// The number of bytes of a saved state.
    pub const BYTES: usize = STATE_BYTES;

    /// Returns the state of the empty set.
    pub fn empty() -> Self {
        Self { lanes: Box::new([0; LANES]) }
    }

    /// Adds a record that is not in the set.
    pub fn add(&mut self, record: &RecordId) {
        for (lane, value) in self.lanes.iter_mut().zip(expand(record)) {
            *lane = lane.wrapping_add(value);
        }
    }

    /// Removes a record that is in the set.
    pub fn remove(&mut self, record: &RecordId) {
        for (lane, value) in self.lanes.iter_mut().zip(expand(record)) {
            *lane = lane.wrapping_sub(value);
        }
    }

    /// Returns the digest that a head commits to.
    pub fn digest(&self) -> Digest {
        Digest::from_bytes(hash("dela 1 set digest", &[&self.to_bytes()]))
    }

    /// Returns the state, to be saved: its lanes in little-endian order.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.lanes.iter().flat_map(|lane| lane.to_le_bytes()).collect()
    }

    /// Returns a saved state.
    pub fn from_bytes(bytes: &[u8; STATE_BYTES]) -> Self {
        let mut state = Self::empty();
        for (lane, pair) in state.lanes.iter_mut().zip(bytes.as_chunks::<2>().0) {
            *lane = u16::from_le_bytes(*pair);
        }
        state
    }
}

impl fmt::Debug for SetDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SetDigest({})", self.digest().short())
    }
}

/// Expands a record's id, itself a hash of its exact bytes, to all lanes.
fn expand(record: &RecordId) -> impl Iterator<Item = u16> {
    let mut bytes = [0; STATE_BYTES];
    blake3::Hasher::new_derive_key("dela 1 set element")
        .update(record.as_bytes())
        .finalize_xof()
        .fill(&mut bytes);
    let lanes: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|&b| u16::from_le_bytes(b)).collect();
    lanes.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: u8) -> RecordId {
        RecordId::of(&[number])
    }

    #[test]
    fn order_does_not_matter_and_removal_undoes_addition() {
        let mut forward = SetDigest::empty();
        let mut backward = SetDigest::empty();
        for number in 0..50 {
            forward.add(&record(number));
            backward.add(&record(49 - number));
        }
        assert_eq!(forward, backward);
        for number in 0..50 {
            forward.remove(&record(number));
        }
        assert_eq!(forward, SetDigest::empty());
    }

    #[test]
    fn sets_that_differ_in_one_record_have_different_digests() {
        let mut one = SetDigest::empty();
        let mut other = SetDigest::empty();
        one.add(&record(1));
        other.add(&record(2));
        assert_ne!(one.digest(), other.digest());
    }

    #[test]
    fn a_saved_state_is_the_same_state() {
        let mut state = SetDigest::empty();
        state.add(&record(7));
        let bytes: [u8; SetDigest::BYTES] = state.to_bytes().try_into().unwrap();
        assert_eq!(SetDigest::from_bytes(&bytes), state);
    }
}
