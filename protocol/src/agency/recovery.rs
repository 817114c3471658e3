//! A recovery on its way from one holder of a recovery key to the next.
//!
//! Invariant: a draft has with it all that its signers judge it by: the
//! statements it follows from, so that it says by itself which agency it is of and
//! who may sign. What was signed is the same bytes for all of them, and nothing is
//! taken into a draft that is not signed by one of the agency's recovery keys.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{Agency, AgencyError, Change, Keys, SCOPE, together};
use crate::codec::{self, CodecError};
use crate::cose::{self, Domain};
use crate::key::{KeyError, PublicKey, SecretKey};
use crate::limits::{RECOVERY_KEYS_MAX, STATEMENT_BYTES_MAX, STATEMENTS_MAX};

/// Why a recovery cannot be prepared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryError {
    /// The agency has named no recovery keys.
    #[error("the agency had named no recovery keys, so nobody can recover it")]
    NoRecoveryKeys,
    /// A key that may not sign.
    #[error("the key {0} is none of the agency's recovery keys")]
    NotAHolder(Box<PublicKey>),
    /// Drafts of two recoveries.
    #[error("these are drafts of different recoveries")]
    OtherDraft,
    /// Statements that do not hold, or too few signatures.
    #[error(transparent)]
    Agency(#[from] AgencyError),
    /// A draft that cannot be read.
    #[error("a draft that cannot be read: {0}")]
    Codec(#[from] CodecError),
}

/// Why keys cannot be the recovery keys of an agency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryKeysError {
    /// More than an agency may name.
    #[error("{keys} recovery keys, where at most {RECOVERY_KEYS_MAX} are allowed")]
    TooMany {
        /// How many there are.
        keys: usize,
    },
    /// The same key twice.
    #[error("the recovery key {0} is given twice: each holder counts once")]
    Twice(Box<PublicKey>),
    /// One that signs for the agency now, or is about to.
    #[error("{0} is the agency's own key: whoever steals it could recover with it")]
    Own(Box<PublicKey>),
    /// A threshold that cannot be reached, or is none.
    #[error("{threshold} of {keys} recovery keys: it takes at least 1 and at most all of them")]
    Threshold {
        /// How many must agree.
        threshold: u8,
        /// How many there are.
        keys: usize,
    },
}

/// Who can recover an agency: so many of these keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecoveryKeys {
    threshold: u8,
    keys: Vec<PublicKey>,
}

impl RecoveryKeys {
    /// Returns the keys of which `threshold` must agree, if they can.
    pub fn new(threshold: u8, keys: Vec<PublicKey>) -> Result<Self, RecoveryKeysError> {
        if keys.len() > RECOVERY_KEYS_MAX {
            return Err(RecoveryKeysError::TooMany { keys: keys.len() });
        }
        for (index, key) in keys.iter().enumerate() {
            if keys.iter().take(index).any(|other| other == key) {
                return Err(RecoveryKeysError::Twice(Box::new(*key)));
            }
        }
        if threshold == 0 || usize::from(threshold) > keys.len() {
            return Err(RecoveryKeysError::Threshold { threshold, keys: keys.len() });
        }
        Ok(Self { threshold, keys })
    }

    /// Returns that nobody can recover the agency.
    pub fn none() -> Self {
        Self::default()
    }

    /// Writes them into an agency's keys.
    ///
    /// # Errors
    ///
    /// When one of them is the agency's key, or the one to come.
    pub fn name_in(self, keys: &mut Keys) -> Result<(), RecoveryKeysError> {
        let is_own =
            |key: &&PublicKey| **key == keys.key || key.commitment() == keys.next_key_commitment;
        if let Some(own) = self.keys.iter().find(is_own) {
            return Err(RecoveryKeysError::Own(Box::new(*own)));
        }
        keys.recovery_threshold = self.threshold;
        keys.recovery_keys = self.keys;
        Ok(())
    }
}

/// A recovery that is being signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryDraft {
    agency: Agency,
    name: String,
    keys: Keys,
    payload: Vec<u8>,
    /// Who has signed, and the `COSE_Sign1` of each.
    signed: Vec<(PublicKey, Vec<u8>)>,
}

/// A draft as bytes: version, the statements before it, the agency's name, what is
/// signed, and what each signed.
#[derive(Serialize, Deserialize)]
struct DraftBytes(u8, Vec<ByteBuf>, String, ByteBuf, Vec<ByteBuf>);

const DRAFT_VERSION: u8 = 2;

/// The longest draft: every statement a recovery by all keys, and this one.
const DRAFT_BYTES_MAX: usize = (STATEMENTS_MAX + 1) * RECOVERY_KEYS_MAX * STATEMENT_BYTES_MAX;

impl RecoveryDraft {
    /// Begins the recovery by which `agency`, with the statements it has made up to
    /// then, gets new keys. `name` says to the holders whose it is.
    pub fn begin(agency: Agency, name: String, keys: Keys) -> Result<Self, RecoveryError> {
        if agency.current().recovery_threshold == 0 {
            return Err(RecoveryError::NoRecoveryKeys);
        }
        let payload = agency.change(&keys, Change::Recovery);
        Ok(Self { agency, name, keys, payload, signed: Vec::new() })
    }

    /// Returns the draft as bytes, to be sent to who is to sign next.
    pub fn encode(&self) -> Vec<u8> {
        let statements = self.agency.statements().iter().cloned().map(ByteBuf::from).collect();
        let signed = self.signed.iter().map(|(_, part)| ByteBuf::from(part.clone())).collect();
        let payload = ByteBuf::from(self.payload.clone());
        codec::encode(&DraftBytes(DRAFT_VERSION, statements, self.name.clone(), payload, signed))
    }

    /// Reads a draft, and verifies all that is in it.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecoveryError> {
        if bytes.get(1).copied() != Some(DRAFT_VERSION) {
            return Err(CodecError::Invalid("a draft of another version of Dela").into());
        }
        let DraftBytes(_, statements, name, payload, signed) =
            codec::decode(bytes, DRAFT_BYTES_MAX)?;
        let agency = Agency::open(statements.into_iter().map(ByteBuf::into_vec).collect())?;
        let payload = payload.into_vec();
        let (keys, _) = agency.read_change(&payload)?;
        let mut draft = Self::begin(agency, name, keys)?;
        if draft.payload != payload {
            return Err(AgencyError::OutOfPlace.into());
        }
        for part in signed {
            let part = part.into_vec();
            let by = draft.signer_of(&part)?;
            draft.take(by, part);
        }
        Ok(draft)
    }

    /// Returns the agency as it was before.
    pub fn agency(&self) -> &Agency {
        &self.agency
    }

    /// Returns the agency's name, as who began the draft wrote it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the keys that the agency is to have.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Returns the number that the agency's new key is to have.
    pub fn key_index(&self) -> u32 {
        self.agency.next_index()
    }

    /// Returns how many must sign.
    pub fn needed(&self) -> usize {
        usize::from(self.agency.current().recovery_threshold)
    }

    /// Returns who has signed.
    pub fn signers(&self) -> impl Iterator<Item = &PublicKey> {
        self.signed.iter().map(|(key, _)| key)
    }

    /// Signs, where `key` is one of the agency's recovery keys.
    pub fn sign(&mut self, key: &SecretKey) -> Result<(), RecoveryError> {
        let by = key.public();
        if !self.agency.current().recovery_keys.contains(&by) {
            return Err(RecoveryError::NotAHolder(Box::new(by)));
        }
        let part = cose::sign(key, Domain::Recovery, SCOPE, self.payload.clone());
        self.take(by, part);
        Ok(())
    }

    /// Takes over what was signed in another copy of the draft.
    pub fn join(&mut self, other: Self) -> Result<(), RecoveryError> {
        if self.payload != other.payload || self.agency != other.agency {
            return Err(RecoveryError::OtherDraft);
        }
        for (by, part) in other.signed {
            self.take(by, part);
        }
        Ok(())
    }

    /// Returns the agency with its new keys, if enough have signed.
    pub fn finish(&self) -> Result<Agency, RecoveryError> {
        let needed = self.needed();
        let parts = self.signed.iter().take(needed).map(|(_, part)| part.clone()).collect();
        let mut agency = self.agency.clone();
        agency.follow(together(parts))?;
        Ok(agency)
    }

    fn take(&mut self, by: PublicKey, part: Vec<u8>) {
        if !self.signers().any(|signer| *signer == by) {
            self.signed.push((by, part));
            self.signed.sort_by(|(one, _), (other, _)| one.as_bytes().cmp(other.as_bytes()));
        }
    }

    fn signer_of(&self, part: &[u8]) -> Result<PublicKey, RecoveryError> {
        let opened = cose::open(part, STATEMENT_BYTES_MAX)?;
        if opened.payload != self.payload {
            return Err(AgencyError::OutOfPlace.into());
        }
        let signature = &opened.signature;
        let holds = |key: &&PublicKey| {
            cose::verify(key, Domain::Recovery, SCOPE, &self.payload, signature).is_ok()
        };
        let by = self.agency.current().recovery_keys.iter().find(holds);
        Ok(*by.ok_or(AgencyError::Signature(KeyError::BadSignature))?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{agency, keys, secret};
    use super::*;

    fn draft() -> RecoveryDraft {
        RecoveryDraft::begin(agency(), "Ekby".to_owned(), keys(50)).unwrap()
    }

    fn passed_on(draft: &RecoveryDraft) -> RecoveryDraft {
        RecoveryDraft::decode(&draft.encode()).unwrap()
    }

    #[test]
    fn a_recovery_is_signed_by_one_holder_at_a_time() {
        let mut one = passed_on(&draft());
        let mut other = passed_on(&draft());
        one.sign(&secret(103)).unwrap();
        one.sign(&secret(103)).unwrap();
        let refused = AgencyError::Signatures { signed: 1, needed: 2 };
        assert_eq!(one.finish(), Err(RecoveryError::Agency(refused)), "one holder, twice");
        other.sign(&secret(101)).unwrap();
        let mut all = passed_on(&one);
        all.join(passed_on(&other)).unwrap();
        let recovered = passed_on(&all).finish().unwrap();
        assert_eq!((recovered.id(), recovered.key_index()), (agency().id(), 1));
        assert_eq!(recovered.current(), &keys(50));
        // The same as if all had been at one table.
        let table = agency().sign_recovery(&keys(50), &[secret(101), secret(103)]);
        let mut same = agency();
        same.follow(table).unwrap();
        assert_eq!(same.current(), recovered.current());
        all.sign(&secret(102)).unwrap();
        assert_eq!(all.finish().unwrap().current(), &keys(50), "no more than it takes is stated");
    }

    #[test]
    fn only_the_holders_sign_and_only_what_they_were_shown() {
        let mut draft = draft();
        let stranger = secret(1);
        let refused = RecoveryError::NotAHolder(Box::new(stranger.public()));
        assert_eq!(draft.sign(&stranger), Err(refused), "not the agency's own key either");
        let other = RecoveryDraft::begin(agency(), String::new(), keys(60)).unwrap();
        assert_eq!(draft.clone().join(other), Err(RecoveryError::OtherDraft));
        draft.sign(&secret(101)).unwrap();
        let bytes = draft.encode();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            // The name is not signed, and nothing is decided by it.
            let read = RecoveryDraft::decode(&damaged);
            assert!(read.is_err() || read.unwrap().payload == draft.payload, "byte {at}");
        }
    }

    #[test]
    fn who_named_nobody_is_not_recovered() {
        let without = Keys { recovery_threshold: 0, recovery_keys: Vec::new(), ..keys(1) };
        let agency = Agency::open(vec![without.sign_inception(&secret(1))]).unwrap();
        let begun = RecoveryDraft::begin(agency, String::new(), keys(50));
        assert_eq!(begun, Err(RecoveryError::NoRecoveryKeys));
    }

    #[test]
    fn recovery_keys_are_such_that_enough_different_ones_can_agree() {
        let [one, two] = [secret(101).public(), secret(102).public()];
        let threshold = |threshold| RecoveryKeys::new(threshold, vec![one, two]);
        assert!(threshold(1).is_ok() && threshold(2).is_ok());
        assert_eq!(threshold(0), Err(RecoveryKeysError::Threshold { threshold: 0, keys: 2 }));
        assert_eq!(threshold(3), Err(RecoveryKeysError::Threshold { threshold: 3, keys: 2 }));
        let twice = RecoveryKeys::new(2, vec![one, two, one]);
        assert_eq!(twice, Err(RecoveryKeysError::Twice(Box::new(one))));
        let many = vec![one; RECOVERY_KEYS_MAX + 1];
        assert_eq!(RecoveryKeys::new(1, many), Err(RecoveryKeysError::TooMany { keys: 17 }));
        let mut own = keys(101);
        let refused = threshold(1).unwrap().name_in(&mut own);
        assert_eq!(refused, Err(RecoveryKeysError::Own(Box::new(one))));
        RecoveryKeys::none().name_in(&mut own).unwrap();
        assert_eq!((own.recovery_threshold, own.recovery_keys.len()), (0, 0));
    }
}
