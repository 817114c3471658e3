//! Who an agency is: the statements about its keys, the inception first.
//!
//! Invariants: an agency's id is the hash of its inception statement, not of a
//! key, and the statements hold in every federation: an agency that moves from
//! one to another stays who it is, and only what it says is said in one. Each
//! statement commits to the key that comes next and names the keys that can
//! recover the agency. The key after it is either the one it committed to, where
//! the key before it and the new one both sign for that, or one that enough of its
//! recovery keys agree on. A thief of any one key can so state nothing: neither
//! what comes after it, nor anything else in the place where it was stated itself.
//! Records and heads say by which key, counted from 0, they are signed.
//!
//! Whoever has stolen two keys in a row can state another one at the same place.
//! All nodes that know both lines of statements prefer the same
//! ([`Agency::preferred`]): recovery before rotation, so that the recovery keys
//! have the last word. What a statement says counts in that, not its signatures:
//! who signs the same once more changes nothing.
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
use crate::limits::{RECOVERY_KEYS_MAX, STATEMENT_BYTES_MAX, STATEMENTS_BYTES_MAX, STATEMENTS_MAX};
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
    /// Longer statements than anybody keeps.
    #[error("key statements of {bytes} bytes, where at most {STATEMENTS_BYTES_MAX} are kept")]
    TooLong {
        /// The length of all.
        bytes: usize,
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
    /// Fewer keys than it takes, or more.
    #[error("a key statement signed by {signed} of the {needed} keys that it takes")]
    Signatures {
        /// How many there are.
        signed: usize,
        /// How many there must be.
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

/// The payload of a statement that changes the key: version, 1 for a rotation or 2
/// for a recovery, agency, the number of the new key, keys.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct ChangePayload(u8, u8, AgencyId, u32, KeysPayload);

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
    later: Vec<Stated>,
}

/// What a statement after the inception says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stated {
    keys: Keys,
    change: Change,
    /// What was signed.
    payload: Vec<u8>,
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
        let before: usize = self.statements.iter().map(Vec::len).sum();
        let bytes = before.saturating_add(statement.len());
        if bytes > STATEMENTS_BYTES_MAX {
            return Err(AgencyError::TooLong { bytes });
        }
        let signed = Signed::open(&statement)?;
        let (keys, change) = self.read_change(&signed.payload)?;
        match change {
            Change::Recovery => self.verify_recovery(&signed)?,
            Change::Rotation | Change::Inception => self.verify_rotation(&signed, &keys)?,
        }
        self.statements.push(statement);
        self.later.push(Stated { keys, change, payload: signed.payload });
        Ok(())
    }

    /// Signs the statement by which `key`, to which the agency committed, becomes
    /// its key in the place of `present`; `keys` says what comes after it.
    pub fn sign_rotation(&self, keys: &Keys, present: &SecretKey, key: &SecretKey) -> Vec<u8> {
        let payload = self.change(keys, Change::Rotation);
        let sign = |key| cose::sign(key, Domain::Rotation, SCOPE, payload.clone());
        together([present, key].map(sign).to_vec())
    }

    /// Signs the statement by which the holders of recovery keys give the agency
    /// new keys.
    pub fn sign_recovery(&self, keys: &Keys, recovery_keys: &[SecretKey]) -> Vec<u8> {
        let payload = self.change(keys, Change::Recovery);
        let mut by: Vec<&SecretKey> = recovery_keys.iter().collect();
        by.sort_by_key(|key| *key.public().as_bytes());
        let sign = |key| cose::sign(key, Domain::Recovery, SCOPE, payload.clone());
        together(by.into_iter().map(sign).collect())
    }

    fn change(&self, keys: &Keys, change: Change) -> Vec<u8> {
        let kind = if change == Change::Recovery { RECOVERY } else { ROTATION };
        let keys = KeysPayload::of(keys);
        codec::encode(&ChangePayload(VERSION, kind, self.id, self.next_index(), keys))
    }

    fn next_index(&self) -> u32 {
        u32::try_from(self.statements.len()).unwrap_or(u32::MAX)
    }

    fn read_change(&self, payload: &[u8]) -> Result<(Keys, Change), AgencyError> {
        if payload.get(1).copied() != Some(VERSION) {
            return Err(AgencyError::UnknownStatement);
        }
        let ChangePayload(_, kind, agency, index, keys) =
            codec::decode(payload, STATEMENT_BYTES_MAX)?;
        let change = match kind {
            ROTATION => Change::Rotation,
            RECOVERY => Change::Recovery,
            _ => return Err(AgencyError::UnknownStatement),
        };
        if (agency, index) != (self.id, self.next_index()) {
            return Err(AgencyError::OutOfPlace);
        }
        Ok((keys.read()?, change))
    }

    /// Checks that the present key and the next one have signed, in that order.
    fn verify_rotation(&self, signed: &Signed, keys: &Keys) -> Result<(), AgencyError> {
        if keys.key.commitment() != self.current().next_key_commitment {
            return Err(AgencyError::NotCommitted);
        }
        signed.demand(2)?;
        let by = [&self.current().key, &keys.key];
        let all = by.into_iter().zip(&signed.signatures);
        let holds = all.map(|(key, signature)| signed.verify(key, Domain::Rotation, signature));
        Ok(holds.collect::<Result<(), _>>()?)
    }

    /// Checks that exactly as many recovery keys have signed as it takes, in the
    /// order of their bytes: there is one way to say who they are, and each key is
    /// tried once.
    fn verify_recovery(&self, signed: &Signed) -> Result<(), AgencyError> {
        let needed = usize::from(self.current().recovery_threshold);
        signed.demand(needed.max(1))?;
        let mut by: Vec<&PublicKey> = self.current().recovery_keys.iter().collect();
        by.sort_unstable_by_key(|key| *key.as_bytes());
        by.dedup();
        let mut left = by.into_iter();
        for signature in &signed.signatures {
            let holds = |key: &PublicKey| signed.verify(key, Domain::Recovery, signature).is_ok();
            if !left.any(holds) {
                return Err(KeyError::BadSignature.into());
            }
        }
        Ok(())
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
        self.later.last().map_or(&self.inception, |stated| &stated.keys)
    }

    /// Returns the number of the key it signs with now, counted from 0.
    pub fn key_index(&self) -> u32 {
        self.next_index().saturating_sub(1)
    }

    /// Returns its key of that index, counted from 0.
    pub fn key(&self, index: u32) -> Option<&PublicKey> {
        self.history().nth(usize::try_from(index).ok()?).map(|(keys, _)| &keys.key)
    }

    /// Returns what each of its statements says, the inception first.
    pub fn history(&self) -> impl Iterator<Item = (&Keys, Change)> {
        let later = self.later.iter().map(|stated| (&stated.keys, stated.change));
        core::iter::once((&self.inception, Change::Inception)).chain(later)
    }

    /// Returns which of two lines of statements of one agency all nodes prefer:
    /// the longer one where one goes on from the other; else, where they part,
    /// a recovery before a rotation, and otherwise the one that says what has the
    /// greater bytes.
    pub fn preferred(&self, other: &Self) -> Ordering {
        let rank = |stated: &Stated| stated.change == Change::Recovery;
        for (ours, theirs) in self.later.iter().zip(&other.later) {
            let order = (rank(ours), &ours.payload).cmp(&(rank(theirs), &theirs.payload));
            if order != Ordering::Equal {
                return order;
            }
        }
        self.later.len().cmp(&other.later.len())
    }

    /// Returns whether this line of statements goes on from `other`, or is it.
    pub fn continues(&self, other: &Self) -> bool {
        self.has_stated(&other.statements)
    }

    /// Returns whether the agency has said what these statements say, whoever of
    /// those who may signed them: no signature in them is looked at.
    pub fn has_stated(&self, statements: &[Vec<u8>]) -> bool {
        let says = |(place, statement): (usize, &Vec<u8>)| {
            let known = self.statements.get(place).is_some_and(|known| known == statement);
            let later = place.checked_sub(1).and_then(|place| self.later.get(place));
            known || later.is_some_and(|later| Signed::says(statement, &later.payload))
        };
        statements.iter().enumerate().all(says)
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

/// The kind of a statement, in its payload.
const ROTATION: u8 = 1;
const RECOVERY: u8 = 2;

/// What several keys have signed: an array of `COSE_Sign1` with one payload.
#[derive(Debug)]
struct Signed {
    payload: Vec<u8>,
    signatures: Vec<[u8; 64]>,
}

impl Signed {
    fn open(statement: &[u8]) -> Result<Self, AgencyError> {
        let parts: Vec<ByteBuf> = codec::decode(statement, SIGNED_BYTES_MAX)?;
        let mut signed = Self { payload: Vec::new(), signatures: Vec::new() };
        for part in parts {
            let opened = cose::open(&part, STATEMENT_BYTES_MAX)?;
            if !signed.signatures.is_empty() && opened.payload != signed.payload {
                return Err(AgencyError::OutOfPlace);
            }
            signed.payload = opened.payload;
            signed.signatures.push(opened.signature);
        }
        Ok(signed)
    }

    fn says(statement: &[u8], payload: &[u8]) -> bool {
        Self::open(statement).is_ok_and(|signed| signed.payload == payload)
    }

    fn demand(&self, needed: usize) -> Result<(), AgencyError> {
        let signed = self.signatures.len();
        if signed == needed { Ok(()) } else { Err(AgencyError::Signatures { signed, needed }) }
    }

    fn verify(
        &self,
        key: &PublicKey,
        domain: Domain,
        signature: &[u8; 64],
    ) -> Result<(), KeyError> {
        cose::verify(key, domain, SCOPE, &self.payload, signature)
    }
}

/// Returns what was signed by each as one statement.
fn together(signed: Vec<Vec<u8>>) -> Vec<u8> {
    codec::encode(&signed.into_iter().map(ByteBuf::from).collect::<Vec<_>>())
}

/// The longest statement: a recovery by each of the keys.
const SIGNED_BYTES_MAX: usize = RECOVERY_KEYS_MAX * STATEMENT_BYTES_MAX;

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
        agency.follow(agency.sign_rotation(&keys(2), &secret(1), &secret(2))).unwrap();
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
        let own = agency.sign_rotation(&keys(66), &secret(1), &secret(66));
        assert_eq!(agency.follow(own), Err(AgencyError::NotCommitted));
        let posing = agency.sign_rotation(&keys(2), &secret(1), &secret(1));
        assert_eq!(agency.follow(posing), Err(KeyError::BadSignature.into()));
        assert_eq!(agency.statements().len(), 1, "nothing of it was kept");
    }

    #[test]
    fn a_thief_of_one_key_cannot_state_it_once_more_with_others_after_it() {
        let began = agency();
        // The key that was stated second, and so was its own first proof.
        let elsewhere = Keys { next_key_commitment: [6; 32], ..keys(2) };
        let restated = began.sign_rotation(&elsewhere, &secret(2), &secret(2));
        assert_eq!(began.clone().follow(restated), Err(KeyError::BadSignature.into()));
        let part = cose::sign(
            &secret(2),
            Domain::Rotation,
            SCOPE,
            began.change(&elsewhere, Change::Rotation),
        );
        let alone = Err(AgencyError::Signatures { signed: 1, needed: 2 });
        assert_eq!(began.clone().follow(together(vec![part])), alone);
        let both = began.sign_rotation(&keys(2), &secret(1), &secret(2));
        let turned: Vec<ByteBuf> = codec::decode(&both, SIGNED_BYTES_MAX).unwrap();
        let turned = codec::encode(&turned.into_iter().rev().collect::<Vec<_>>());
        assert_eq!(began.clone().follow(turned), Err(KeyError::BadSignature.into()));
    }

    #[test]
    fn who_has_two_keys_in_a_row_states_the_second_anew_until_a_recovery_in_its_place() {
        let stated = |keys: &Keys| {
            let mut agency = agency();
            agency.follow(agency.sign_rotation(keys, &secret(1), &secret(2))).unwrap();
            agency
        };
        let (own, thief) = (stated(&keys(2)), stated(&Keys { recovery_threshold: 1, ..keys(2) }));
        assert_ne!(own.preferred(&thief), Ordering::Equal, "all choose the same, whichever it is");
        let mut recovered = agency();
        let by = [101, 103].map(secret);
        recovered.follow(recovered.sign_recovery(&keys(50), &by)).unwrap();
        for line in [own, thief] {
            assert_eq!(recovered.preferred(&line), Ordering::Greater);
        }
    }

    /// What can be taken in can be saved.
    #[test]
    fn statements_end_where_a_catalogue_has_no_room_for_more() {
        let holders: Vec<SecretKey> = (100..116).map(secret).collect();
        let recovery_keys = holders.iter().map(SecretKey::public).collect();
        let keys = Keys { recovery_threshold: 16, recovery_keys, ..keys(1) };
        let mut agency = Agency::open(vec![keys.sign_inception(&secret(1))]).unwrap();
        let refused = loop {
            let statement = agency.sign_recovery(&keys, &holders);
            if let Err(error) = agency.follow(statement) {
                break error;
            }
        };
        assert!(matches!(refused, AgencyError::TooLong { .. }), "{refused}");
        assert!(agency.statements().len() > 8);
        let catalogue = crate::catalogue::Catalogue::new(agency);
        let federation = FederationId::open("prov");
        let saved = catalogue.encode();
        assert_eq!(crate::catalogue::Catalogue::decode(&saved, &federation), Ok(catalogue));
    }

    #[test]
    fn the_same_signed_once_more_is_no_other_line_and_loses_nothing() {
        let line = |by: [u8; 2]| {
            let mut agency = agency();
            agency.follow(agency.sign_recovery(&keys(50), &by.map(secret))).unwrap();
            agency
        };
        let (mut one, other) = (line([101, 102]), line([102, 103]));
        assert_ne!(one.statements(), other.statements());
        assert_eq!(one.preferred(&other), Ordering::Equal);
        assert!(one.has_stated(other.statements()) && other.continues(&one));
        one.follow(one.sign_rotation(&keys(51), &secret(50), &secret(51))).unwrap();
        assert_eq!(one.preferred(&other), Ordering::Greater, "whoever signed what is before");
        assert!(one.continues(&other) && !other.has_stated(one.statements()));
        // In another order it is no statement at all.
        let both: Vec<ByteBuf> = codec::decode(&other.statements()[1], SIGNED_BYTES_MAX).unwrap();
        let turned = codec::encode(&both.into_iter().rev().collect::<Vec<_>>());
        assert_eq!(agency().follow(turned), Err(KeyError::BadSignature.into()));
    }

    #[test]
    fn a_statement_holds_in_its_place_and_for_its_agency_only() {
        let mut one = agency();
        let second = one.sign_rotation(&keys(2), &secret(1), &secret(2));
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
        for by in [&[101, 102, 103][..], &[101]] {
            let refused = AgencyError::Signatures { signed: by.len(), needed: 2 };
            assert_eq!(signed_by(by), Err(refused), "{by:?}: neither more nor fewer");
        }
        assert!(signed_by(&[]).is_err());
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
        assert!(agency.follow(statement).is_err());
        let statement = agency.sign_recovery(&keys, &[secret(101)]);
        assert_eq!(agency.follow(statement), Err(KeyError::BadSignature.into()));
    }

    #[test]
    fn of_two_lines_all_prefer_the_one_that_was_recovered() {
        let followed = |statement: Vec<u8>| {
            let mut agency = agency();
            agency.follow(statement).unwrap();
            agency
        };
        let mut stolen = followed(agency().sign_rotation(&keys(2), &secret(1), &secret(2)));
        let by = [secret(101), secret(102)];
        let recovered = followed(agency().sign_recovery(&keys(50), &by));
        assert_eq!(recovered.preferred(&stolen), Ordering::Greater);
        stolen.follow(stolen.sign_rotation(&keys(3), &secret(2), &secret(3))).unwrap();
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
