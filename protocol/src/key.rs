//! Ed25519 keys: the only user of the signature crate.
//!
//! Invariant: `verify_strict` is the one rule by which a signature is accepted,
//! on every path. Batch verification accepts signatures that single
//! verification refuses, so two nodes could disagree about the same record; see
//! docs/decisions/0003-cbor-and-signed-bytes.md.

use core::fmt;

use ed25519_dalek::Signer as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::hash;

/// Why a key or a signature was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The 32 bytes are not a point on the curve.
    #[error("not an Ed25519 public key")]
    NotAKey,
    /// A point of small order, for which signatures can be forged.
    #[error("a weak Ed25519 public key, for which anyone can forge signatures")]
    Weak,
    /// The signature is not one of these bytes by this key.
    #[error("the signature does not match")]
    BadSignature,
}

/// A public key that was checked to be a sound point of the curve.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// The number of bytes in a public key.
    pub const BYTES: usize = 32;

    /// Reads a public key, refusing weak ones.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotAKey)?;
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        Ok(Self(key))
    }

    /// Returns the key's bytes (RFC 8032).
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Returns the commitment to this key that an inception statement makes for
    /// the key to follow.
    pub fn commitment(&self) -> [u8; 32] {
        hash("dela 1 next key", &[self.as_bytes()])
    }

    /// Checks `signature` over `message` by the strict rule (no malleable
    /// scalars, no points of small order).
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), KeyError> {
        self.0
            .verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature))
            .map_err(|_| KeyError::BadSignature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(self.as_bytes()))
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.as_bytes())
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = serde_bytes::ByteArray::<32>::deserialize(deserializer)?;
        Self::from_bytes(&bytes).map_err(serde::de::Error::custom)
    }
}

/// A secret key. Its bytes are wiped when it is dropped and never printed.
#[derive(Clone)]
pub struct SecretKey(ed25519_dalek::SigningKey);

impl SecretKey {
    /// Makes the key with this 32-byte secret (RFC 8032), which whoever calls
    /// must have drawn from a secure source.
    pub fn from_bytes(secret: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(secret))
    }

    /// Returns the secret, to be written to a key file and nowhere else.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Returns the public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs `message`; deterministic (RFC 8032), so no randomness is needed.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_bytes_only() {
        let key = SecretKey::from_bytes(&[7; 32]);
        let signature = key.sign(b"data");
        assert_eq!(key.public().verify(b"data", &signature), Ok(()));
        assert_eq!(key.public().verify(b"date", &signature), Err(KeyError::BadSignature));
    }

    #[test]
    fn the_identity_point_is_refused_as_a_key() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(PublicKey::from_bytes(&identity), Err(KeyError::Weak));
    }

    #[test]
    fn a_secret_is_never_printed() {
        let key = SecretKey::from_bytes(&[0x55; 32]);
        assert!(!format!("{key:?}").contains("5555"));
    }
}
