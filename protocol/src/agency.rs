//! Who an agency is: the statements about its keys, the inception first.
//!
//! Invariants: an agency's id is the hash of its inception statement, not of a
//! key, and the statements hold in every federation: an agency that moves from
//! one to another stays who it is, and only what it says is said in one. Each
//! statement commits to the key that comes next and names the keys that can
//! recover the agency. The key after it is either the one it committed to, which
//! a thief of the present key does not have, or one that enough of its recovery
//! keys agree on. Records and heads say by which key, counted from 0, they are
//! signed.
//!
//! Whoever has stolen the next key too can state another one at the same place.
//! All nodes that know both lines of statements prefer the same
//! ([`Agency::preferred`]): recovery before rotation, so that the recovery keys
//! have the last word.
//!
//! The commitment to the next key is the pre-rotation of KERI (Smith, "Key Event
//! Receipt Infrastructure", arXiv:1907.02143).

use core::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

use crate::codec::{self, CodecError};
use crate::cose::{self, Domain};
use crate::id::{AgencyId, FederationId};
use crate::key::{KeyError, PublicKey, SecretKey};
use crate::limits::{RECOVERY_KEYS_MAX, STATEMENT_BYTES_MAX, STATEMENTS_MAX};
use crate::time::Timestamp;

mod recovery;

pub use recovery::{RecoveryDraft, RecoveryError, RecoveryKeys, RecoveryKeysError};

/// Returns the IRI of an agency itself, under which it publishes its profile
/// ([`RecordKind::Profile`](crate::record::RecordKind::Profile)).
pub fn profile_iri(agency: &AgencyId) -> String {
    format!("urn:dela:agency:{agency}")
}

/// Why statements do not establish an agency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AgencyError {
    /// No statement at all.
    #[error("an agency without an inception statement")]
    NoInception,
    /// More statements than an agency may make.
    #[error("{statements} key statements, where at most {STATEMENTS_MAX} are allowed")]
    TooMany {
        /// The number of statements.
        statements: usize,
    },
    /// A kind of statement this version does not know.
    #[error("a key statement of another version of Dela: it cannot be followed from here")]
    UnknownStatement,
    /// A statement of another agency, or out of its place.
    #[error("a key statement that does not follow from the one before it")]
    OutOfPlace,
    /// A key that nobody committed to.
    #[error("a new key that the statement before it did not commit to")]
    NotCommitted,
    /// Fewer recovery keys than it takes.
    #[error("a recovery signed by {signed} of the {needed} recovery keys it takes")]
    TooFewKeys {
        /// How many different ones signed.
        signed: usize,
        /// How many must.
        needed: usize,
    },
    /// A statement that cannot be read.
    #[error("a key statement that cannot be read: {0}")]
    Codec(#[from] CodecError),
    /// A statement with a wrong signature.
    #[error("a key statement whose {0}")]
    Signature(#[from] KeyError),
}

/// The keys an agency has from a statement on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The key that signs from now on.
    pub key: PublicKey,
    /// The commitment to the key that follows ([`PublicKey::commitment`]).
    pub next_key_commitment: [u8; 32],
    /// How many of the recovery keys must agree to recover the agency; 0 where
    /// there are none.
    pub recovery_threshold: u8,
    /// The keys that can recover the agency; may be none.
    pub recovery_keys: Vec<PublicKey>,
    /// When the agency says it stated this.
    pub issued_at: Timestamp,
}

/// The keys on the wire: key, next key, threshold, recovery keys, time.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct KeysPayload(PublicKey, ByteArray<32>, u8, Vec<PublicKey>, Timestamp);

/// The payload of an inception: version, keys.
#[derive(Serialize, Deserialize)]
struct InceptionPayload(u8, KeysPayload);

/// The payload of a statement that changes the key: version, agency, the number
/// of the new key, keys.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct ChangePayload(u8, AgencyId, u32, KeysPayload);

/// Version 1 held in one federation only.
const VERSION: u8 = 2;

/// Where statements about keys hold.
const SCOPE: &FederationId = &FederationId::ANY;

impl KeysPayload {
    fn of(keys: &Keys) -> Self {
        Self(
            keys.key,
            ByteArray::new(keys.next_key_commitment),
            keys.recovery_threshold,
            keys.recovery_keys.clone(),
            keys.issued_at,
        )
    }

    fn read(self) -> Result<Keys, AgencyError> {
        let Self(key, next, recovery_threshold, recovery_keys, issued_at) = self;
        let threshold = usize::from(recovery_threshold);
        if recovery_keys.len() > RECOVERY_KEYS_MAX || threshold > recovery_keys.len() {
            return Err(CodecError::Invalid("a recovery threshold beyond its keys").into());
        }
        if threshold == 0 && !recovery_keys.is_empty() {
            return Err(CodecError::Invalid("recovery keys of which none must agree").into());
        }
        let next_key_commitment = next.into_array();
        Ok(Keys { key, next_key_commitment, recovery_threshold, recovery_keys, issued_at })
    }
}

impl Keys {
    /// Signs an inception with its own key and returns its exact bytes, whose
    /// hash is the agency's id.
    pub fn sign_inception(&self, key: &SecretKey) -> Vec<u8> {
        let payload = InceptionPayload(VERSION, KeysPayload::of(self));
        cose::sign(key, Domain::Inception, SCOPE, codec::encode(&payload))
    }

    fn open(bytes: &[u8]) -> Result<Self, AgencyError> {
        let opened = cose::open(bytes, STATEMENT_BYTES_MAX)?;
        let version = opened.payload.get(1).copied();
        if version != Some(VERSION) {
            return Err(AgencyError::UnknownStatement);
        }
        let InceptionPayload(_, keys) = codec::decode(&opened.payload, STATEMENT_BYTES_MAX)?;
        let keys = keys.read()?;
        cose::verify(&keys.key, Domain::Inception, SCOPE, &opened.payload, &opened.signature)?;
        Ok(keys)
    }
}

/// An agency whose statements were verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    id: AgencyId,
    statements: Vec<Vec<u8>>,
    inception: Keys,
    /// What the statements after it say, in order.
    later: Vec<Keys>,
}

impl Agency {
    /// Verifies the statements of an agency, the inception first.
    pub fn open(statements: Vec<Vec<u8>>) -> Result<Self, AgencyError> {
        if statements.len() > STATEMENTS_MAX {
            return Err(AgencyError::TooMany { statements: statements.len() });
        }
        let mut statements = statements.into_iter();
        let first = statements.next().ok_or(AgencyError::NoInception)?;
        let inception = Keys::open(&first)?;
        let id = AgencyId::of_inception(&first);
        let mut agency = Self { id, statements: vec![first], inception, later: Vec::new() };
        statements.try_for_each(|statement| agency.follow(statement))?;
        Ok(agency)
    }

    /// Takes in the next statement: a rotation or a recovery.
    ///
    /// # Errors
    ///
    /// When it does not follow from what the agency stated before; nothing is
    /// changed then.
    pub fn follow(&mut self, statement: Vec<u8>) -> Result<(), AgencyError> {
        if self.statements.len() >= STATEMENTS_MAX {
            return Err(AgencyError::TooMany { statements: self.statements.len() + 1 });
        }
        let keys = if is_recovery(&statement) {
            self.read_recovery(&statement)?
        } else {
            self.read_rotation(&statement)?
        };
        self.statements.push(statement);
        self.later.push(keys);
        Ok(())
    }

    /// Signs the statement by which `key`, to which the agency committed, becomes
    /// its key; `keys` says what comes after it.
    pub fn sign_rotation(&self, keys: &Keys, key: &SecretKey) -> Vec<u8> {
        cose::sign(key, Domain::Rotation, SCOPE, codec::encode(&self.change(keys)))
    }

    /// Signs the statement by which the holders of recovery keys give the agency
    /// new keys.
    pub fn sign_recovery(&self, keys: &Keys, recovery_keys: &[SecretKey]) -> Vec<u8> {
        let payload = codec::encode(&self.change(keys));
        let sign = |key| cose::sign(key, Domain::Recovery, SCOPE, payload.clone());
        let signed: Vec<ByteBuf> = recovery_keys.iter().map(sign).map(ByteBuf::from).collect();
        codec::encode(&signed)
    }

    fn change(&self, keys: &Keys) -> ChangePayload {
        ChangePayload(VERSION, self.id, self.next_index(), KeysPayload::of(keys))
    }

    fn next_index(&self) -> u32 {
        u32::try_from(self.statements.len()).unwrap_or(u32::MAX)
    }

    fn read_change(&self, payload: &[u8]) -> Result<Keys, AgencyError> {
        if payload.get(1).copied() != Some(VERSION) {
            return Err(AgencyError::UnknownStatement);
        }
        let ChangePayload(_, agency, index, keys) = codec::decode(payload, STATEMENT_BYTES_MAX)?;
        if (agency, index) != (self.id, self.next_index()) {
            return Err(AgencyError::OutOfPlace);
        }
        keys.read()
    }

    fn read_rotation(&self, statement: &[u8]) -> Result<Keys, AgencyError> {
        let opened = cose::open(statement, STATEMENT_BYTES_MAX)?;
        let keys = self.read_change(&opened.payload)?;
        if keys.key.commitment() != self.current().next_key_commitment {
            return Err(AgencyError::NotCommitted);
        }
        cose::verify(&keys.key, Domain::Rotation, SCOPE, &opened.payload, &opened.signature)?;
        Ok(keys)
    }

    fn read_recovery(&self, statement: &[u8]) -> Result<Keys, AgencyError> {
        let signed: Vec<ByteBuf> = codec::decode(statement, RECOVERY_BYTES_MAX)?;
        let needed = usize::from(self.current().recovery_threshold);
        let first = signed.first().ok_or(AgencyError::TooFewKeys { signed: 0, needed })?;
        let payload = cose::open(first, STATEMENT_BYTES_MAX)?.payload;
        let keys = self.read_change(&payload)?;
        let mut left: Vec<PublicKey> = Vec::new();
        for key in &self.current().recovery_keys {
            if !left.contains(key) {
                left.push(*key);
            }
        }
        for bytes in &signed {
            let opened = cose::open(bytes, STATEMENT_BYTES_MAX)?;
            if opened.payload != payload {
                return Err(AgencyError::OutOfPlace);
            }
            let holds = |key: &PublicKey| {
                cose::verify(key, Domain::Recovery, SCOPE, &payload, &opened.signature).is_ok()
            };
            let by = left.iter().position(holds).ok_or(KeyError::BadSignature)?;
            left.swap_remove(by);
        }
        if needed == 0 || signed.len() < needed {
            return Err(AgencyError::TooFewKeys { signed: signed.len(), needed });
        }
        Ok(keys)
    }

    /// Returns the agency's id.
    pub fn id(&self) -> AgencyId {
        self.id
    }

    /// Returns the exact bytes of its statements, the inception first.
    pub fn statements(&self) -> &[Vec<u8>] {
        &self.statements
    }

    /// Returns its keys as they are now.
    pub fn current(&self) -> &Keys {
        self.later.last().unwrap_or(&self.inception)
    }

    /// Returns the number of the key it signs with now, counted from 0.
    pub fn key_index(&self) -> u32 {
        self.next_index().saturating_sub(1)
    }

    /// Returns its key of that index, counted from 0.
    pub fn key(&self, index: u32) -> Option<&PublicKey> {
        self.stated().nth(usize::try_from(index).ok()?).map(|keys| &keys.key)
    }

    /// Returns what each of its statements says, the inception first.
    pub fn history(&self) -> impl Iterator<Item = (&Keys, Change)> {
        let change = |statement: &Vec<u8>| {
            if is_recovery(statement) { Change::Recovery } else { Change::Rotation }
        };
        let changes = self.statements.iter().skip(1).map(change);
        self.stated().zip(core::iter::once(Change::Inception).chain(changes))
    }

    fn stated(&self) -> impl Iterator<Item = &Keys> {
        core::iter::once(&self.inception).chain(&self.later)
    }

    /// Returns which of two lines of statements of one agency all nodes prefer:
    /// the longer one where one goes on from the other; else, where they part,
    /// a recovery before a rotation, and otherwise the one with the greater
    /// bytes.
    pub fn preferred(&self, other: &Self) -> Ordering {
        for (ours, theirs) in self.statements.iter().zip(&other.statements) {
            let order = (is_recovery(ours), ours).cmp(&(is_recovery(theirs), theirs));
            if order != Ordering::Equal {
                return order;
            }
        }
        self.statements.len().cmp(&other.statements.len())
    }

    /// Returns whether this line of statements goes on from `other`, or is it.
    pub fn continues(&self, other: &Self) -> bool {
        self.statements.starts_with(&other.statements)
    }
}

/// How an agency came to its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It began with them.
    Inception,
    /// The first is the key it had committed to.
    Rotation,
    /// Its recovery keys gave them to it.
    Recovery,
}

/// A statement signed by several is an array; one signed by one is a tag.
fn is_recovery(statement: &[u8]) -> bool {
    statement.first().is_some_and(|first| first >> 5 == CBOR_ARRAY)
}

/// The major type of an array in CBOR (RFC 8949, section 3.1).
const CBOR_ARRAY: u8 = 4;

/// The longest recovery: a statement by each of the keys.
const RECOVERY_BYTES_MAX: usize = RECOVERY_KEYS_MAX * STATEMENT_BYTES_MAX;

/// An agency together with the key it signs with: the right to publish.
#[derive(Debug, Clone)]
pub struct Signer {
    pub(crate) agency: AgencyId,
    pub(crate) key: SecretKey,
    pub(crate) key_index: u32,
}

impl Signer {
    /// Returns the right to publish as `agency`, unless `key` is not the key it
    /// now signs with.
    pub fn new(agency: &Agency, key: SecretKey) -> Option<Self> {
        let key_index = agency.key_index();
        (key.public() == agency.current().key).then_some(Self { agency: agency.id, key, key_index })
    }

    /// Returns whom this signs for.
    pub fn agency(&self) -> AgencyId {
        self.agency
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn secret(byte: u8) -> SecretKey {
        SecretKey::from_bytes(&[byte; 32])
    }

    /// Keys of that number, of which the next is committed to, with recovery keys
    /// 101, 102 and 103 of which two must agree.
    pub(super) fn keys(number: u8) -> Keys {
        Keys {
            key: secret(number).public(),
            next_key_commitment: secret(number + 1).public().commitment(),
            recovery_threshold: 2,
            recovery_keys: [101, 102, 103].map(|byte| secret(byte).public()).to_vec(),
            issued_at: Timestamp::from_millis(u64::from(number)),
        }
    }

    pub(super) fn agency() -> Agency {
        Agency::open(vec![keys(1).sign_inception(&secret(1))]).unwrap()
    }

    #[test]
    fn an_agency_is_named_by_its_inception_and_holds_its_key() {
        let bytes = keys(1).sign_inception(&secret(1));
        let agency = Agency::open(vec![bytes.clone()]).unwrap();
        assert_eq!(agency.id(), AgencyId::of_inception(&bytes));
        assert_eq!(agency.key(0), Some(&secret(1).public()));
        assert_eq!(agency.key(1), None);
        assert!(Signer::new(&agency, secret(3)).is_none());
    }

    #[test]
    fn an_inception_signed_by_another_key_is_refused() {
        let forged = keys(1).sign_inception(&secret(3));
        let refused = AgencyError::Signature(KeyError::BadSignature);
        assert_eq!(Agency::open(vec![forged]), Err(refused));
    }

    #[test]
    fn a_rotation_takes_the_key_that_was_committed_to_and_keeps_the_name() {
        let mut agency = agency();
        let before = agency.id();
        agency.follow(agency.sign_rotation(&keys(2), &secret(2))).unwrap();
        assert_eq!((agency.id(), agency.key_index()), (before, 1));
        assert_eq!(agency.key(0), Some(&secret(1).public()), "old records stay valid");
        assert!(
            Signer::new(&agency, secret(1)).is_none() && Signer::new(&agency, secret(2)).is_some()
        );
        assert_eq!(Agency::open(agency.statements().to_vec()).as_ref(), Ok(&agency));
    }

    #[test]
    fn a_thief_of_the_present_key_can_state_no_other() {
        let mut agency = agency();
        let own = agency.sign_rotation(&keys(66), &secret(66));
        assert_eq!(agency.follow(own), Err(AgencyError::NotCommitted));
        let posing = agency.sign_rotation(&keys(2), &secret(1));
        assert_eq!(agency.follow(posing), Err(KeyError::BadSignature.into()));
        assert_eq!(agency.statements().len(), 1, "nothing of it was kept");
    }

    #[test]
    fn a_statement_holds_in_its_place_and_for_its_agency_only() {
        let mut one = agency();
        let second = one.sign_rotation(&keys(2), &secret(2));
        one.follow(second.clone()).unwrap();
        assert_eq!(one.follow(second.clone()), Err(AgencyError::OutOfPlace));
        let later = Keys { issued_at: Timestamp::from_millis(7), ..keys(1) };
        let mut other = Agency::open(vec![later.sign_inception(&secret(1))]).unwrap();
        assert_eq!(other.follow(second), Err(AgencyError::OutOfPlace));
    }

    #[test]
    fn a_recovery_takes_as_many_different_recovery_keys_as_were_stated() {
        let agency = agency();
        let signed_by = |by: &[u8]| {
            let by: Vec<SecretKey> = by.iter().copied().map(secret).collect();
            agency.clone().follow(agency.sign_recovery(&keys(50), &by))
        };
        assert_eq!(signed_by(&[101, 103]), Ok(()));
        assert_eq!(signed_by(&[101, 102, 103]), Ok(()));
        assert_eq!(signed_by(&[101]), Err(AgencyError::TooFewKeys { signed: 1, needed: 2 }));
        assert_eq!(signed_by(&[]), Err(AgencyError::TooFewKeys { signed: 0, needed: 2 }));
        let refused = Err(AgencyError::Signature(KeyError::BadSignature));
        assert_eq!(signed_by(&[101, 101]), refused, "the same key twice");
        assert_eq!(signed_by(&[101, 1]), refused, "the present key is no recovery key");
    }

    #[test]
    fn a_recovery_key_that_is_named_twice_counts_once() {
        let [one, two] = [101, 102].map(|byte| secret(byte).public());
        let keys = Keys { recovery_keys: vec![one, two, one], ..keys(1) };
        let mut agency = Agency::open(vec![keys.sign_inception(&secret(1))]).unwrap();
        let statement = agency.sign_recovery(&keys, &[secret(101), secret(101)]);
        assert_eq!(agency.follow(statement), Err(KeyError::BadSignature.into()));
    }

    #[test]
    fn where_no_recovery_keys_were_stated_nobody_can_recover() {
        let keys = Keys { recovery_threshold: 0, recovery_keys: Vec::new(), ..keys(1) };
        let mut agency = Agency::open(vec![keys.sign_inception(&secret(1))]).unwrap();
        let statement = agency.sign_recovery(&keys, &[]);
        assert!(matches!(agency.follow(statement), Err(AgencyError::TooFewKeys { .. })));
    }

    #[test]
    fn of_two_lines_all_prefer_the_one_that_was_recovered() {
        let followed = |statement: Vec<u8>| {
            let mut agency = agency();
            agency.follow(statement).unwrap();
            agency
        };
        let mut stolen = followed(agency().sign_rotation(&keys(2), &secret(2)));
        let by = [secret(101), secret(102)];
        let recovered = followed(agency().sign_recovery(&keys(50), &by));
        assert_eq!(recovered.preferred(&stolen), Ordering::Greater);
        stolen.follow(stolen.sign_rotation(&keys(3), &secret(3))).unwrap();
        assert_eq!(recovered.preferred(&stolen), Ordering::Greater, "however long the other is");
        assert_eq!(stolen.preferred(&agency()), Ordering::Greater);
        assert!(stolen.continues(&agency()) && !stolen.continues(&recovered));
    }

    #[test]
    fn statements_of_another_version_are_named_as_such() {
        let mut payload = codec::encode(&InceptionPayload(VERSION, KeysPayload::of(&keys(1))));
        if let Some(version) = payload.get_mut(1) {
            *version = 1;
        }
        let bytes = cose::sign(&secret(1), Domain::Inception, SCOPE, payload);
        assert_eq!(Agency::open(vec![bytes]), Err(AgencyError::UnknownStatement));
    }
}
