//! Who an agency is: the statements about its keys, the inception first.
//!
//! Invariant: an agency's id is the hash of its inception statement, not of a
//! key. The inception commits to the key that comes next and to the keys that
//! can recover the agency, so that statements which rotate keys can follow
//! later without the agency, or anything it signed, changing its name. Records
//! and heads say by which key, counted from 0, they are signed.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;

use crate::codec::{self, CodecError};
use crate::cose::{self, Domain};
use crate::id::{AgencyId, FederationId};
use crate::key::{KeyError, PublicKey, SecretKey};
use crate::limits::{RECOVERY_KEYS_MAX, STATEMENT_BYTES_MAX, STATEMENTS_MAX};
use crate::time::Timestamp;

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
    #[error("a key statement of a later version: this node must be upgraded to follow the agency")]
    UnknownStatement,
    /// A statement that cannot be read.
    #[error("a key statement that cannot be read: {0}")]
    Codec(#[from] CodecError),
    /// A statement with a wrong signature.
    #[error("a key statement whose {0}")]
    Signature(#[from] KeyError),
}

/// What an agency states at its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inception {
    /// The key that signs from now on.
    pub key: PublicKey,
    /// The commitment to the key that follows ([`PublicKey::commitment`]).
    pub next_key_commitment: [u8; 32],
    /// How many of the recovery keys must agree to recover the agency.
    pub recovery_threshold: u8,
    /// The keys that can recover the agency; may be none.
    pub recovery_keys: Vec<PublicKey>,
    /// When the agency began.
    pub issued_at: Timestamp,
}

/// The payload on the wire: version, key, next key, threshold, recovery keys,
/// time.
#[derive(Serialize, Deserialize)]
struct Payload(u8, PublicKey, ByteArray<32>, u8, Vec<PublicKey>, Timestamp);

const VERSION: u8 = 1;

impl Inception {
    /// Signs the inception with its own key and returns its exact bytes, whose
    /// hash is the agency's id.
    pub fn sign(&self, key: &SecretKey, federation: &FederationId) -> Vec<u8> {
        let payload = Payload(
            VERSION,
            self.key,
            ByteArray::new(self.next_key_commitment),
            self.recovery_threshold,
            self.recovery_keys.clone(),
            self.issued_at,
        );
        cose::sign(key, Domain::Inception, federation, codec::encode(&payload))
    }

    fn open(bytes: &[u8], federation: &FederationId) -> Result<Self, AgencyError> {
        let opened = cose::open(bytes, STATEMENT_BYTES_MAX)?;
        let Payload(version, key, next, recovery_threshold, recovery_keys, issued_at) =
            codec::decode(&opened.payload, STATEMENT_BYTES_MAX)?;
        if version != VERSION {
            return Err(AgencyError::UnknownStatement);
        }
        if recovery_keys.len() > RECOVERY_KEYS_MAX
            || usize::from(recovery_threshold) > recovery_keys.len()
        {
            return Err(CodecError::Invalid("a recovery threshold beyond its keys").into());
        }
        cose::verify(&key, Domain::Inception, federation, &opened.payload, &opened.signature)?;
        Ok(Self {
            key,
            next_key_commitment: next.into_array(),
            recovery_threshold,
            recovery_keys,
            issued_at,
        })
    }
}

/// An agency whose statements were verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    id: AgencyId,
    statements: Vec<Vec<u8>>,
    inception: Inception,
}

impl Agency {
    /// Verifies the statements of an agency, the inception first.
    pub fn open(statements: Vec<Vec<u8>>, federation: &FederationId) -> Result<Self, AgencyError> {
        if statements.len() > STATEMENTS_MAX {
            return Err(AgencyError::TooMany { statements: statements.len() });
        }
        let Some((first, later)) = statements.split_first() else {
            return Err(AgencyError::NoInception);
        };
        let inception = Inception::open(first, federation)?;
        if !later.is_empty() {
            return Err(AgencyError::UnknownStatement);
        }
        Ok(Self { id: AgencyId::of_inception(first), statements, inception })
    }

    /// Returns the agency's id.
    pub fn id(&self) -> AgencyId {
        self.id
    }

    /// Returns the exact bytes of its statements, the inception first.
    pub fn statements(&self) -> &[Vec<u8>] {
        &self.statements
    }

    /// Returns what it stated at its beginning.
    pub fn inception(&self) -> &Inception {
        &self.inception
    }

    /// Returns its key of that index, counted from 0.
    pub fn key(&self, index: u32) -> Option<&PublicKey> {
        (index == 0).then_some(&self.inception.key)
    }
}

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
        (key.public() == agency.inception.key).then_some(Self {
            agency: agency.id,
            key,
            key_index: 0,
        })
    }

    /// Returns whom this signs for.
    pub fn agency(&self) -> AgencyId {
        self.agency
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inception(key: &SecretKey) -> Inception {
        Inception {
            key: key.public(),
            next_key_commitment: SecretKey::from_bytes(&[2; 32]).public().commitment(),
            recovery_threshold: 0,
            recovery_keys: Vec::new(),
            issued_at: Timestamp::from_millis(1),
        }
    }

    #[test]
    fn an_agency_is_named_by_its_inception_and_holds_its_key() {
        let key = SecretKey::from_bytes(&[1; 32]);
        let federation = FederationId::open("test");
        let bytes = inception(&key).sign(&key, &federation);
        let agency = Agency::open(vec![bytes.clone()], &federation).unwrap();
        assert_eq!(agency.id(), AgencyId::of_inception(&bytes));
        assert_eq!(agency.key(0), Some(&key.public()));
        assert_eq!(agency.key(1), None);
        assert!(Signer::new(&agency, SecretKey::from_bytes(&[3; 32])).is_none());
    }

    #[test]
    fn an_inception_signed_by_another_key_or_elsewhere_is_refused() {
        let key = SecretKey::from_bytes(&[1; 32]);
        let federation = FederationId::open("test");
        let forged = inception(&key).sign(&SecretKey::from_bytes(&[3; 32]), &federation);
        let elsewhere = inception(&key).sign(&key, &FederationId::open("other"));
        for bytes in [forged, elsewhere] {
            assert_eq!(
                Agency::open(vec![bytes], &federation),
                Err(AgencyError::Signature(KeyError::BadSignature))
            );
        }
    }

    #[test]
    fn statements_of_a_later_version_are_refused_until_the_node_is_upgraded() {
        let key = SecretKey::from_bytes(&[1; 32]);
        let federation = FederationId::open("test");
        let first = inception(&key).sign(&key, &federation);
        assert_eq!(
            Agency::open(vec![first.clone(), first], &federation),
            Err(AgencyError::UnknownStatement)
        );
    }
}
