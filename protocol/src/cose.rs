//! `COSE_Sign1` (RFC 9052, section 4.2) with EdDSA: how everything is signed.
//!
//! Invariant: a signature covers what it is about. The external additional
//! data is the name of the object's type and version followed by the federation
//! id, so a record can be passed off neither as a head nor into another
//! federation; neither costs a byte on the wire.
//!
//! There is one form: tag 18, the protected header `{1: -8}` (EdDSA), an empty
//! unprotected header, payload and signature in place. Any COSE library
//! verifies it (scripts/interop checks that with one); any other form is
//! refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

use crate::codec::{self, CodecError};
use crate::id::FederationId;
use crate::key::{KeyError, PublicKey, SecretKey};

/// CBOR's tag 18, which says that a `COSE_Sign1` follows.
const TAG: u8 = 0xd2;

/// The protected header `{1: -8}`: the algorithm is EdDSA (RFC 9053).
const PROTECTED: [u8; 3] = [0xa1, 0x01, 0x27];

/// The type and version of what is signed, for the external additional data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Domain {
    Inception,
    Rotation,
    Recovery,
    Record,
    Head,
    NodeRecord,
    Card,
    Motion,
    Vote,
    Certificate,
}

impl Domain {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Inception => b"dela/inception/2",
            Self::Rotation => b"dela/rotation/2",
            Self::Recovery => b"dela/recovery/2",
            Self::Record => b"dela/record/1",
            Self::Head => b"dela/head/1",
            Self::NodeRecord => b"dela/node-record/1",
            Self::Card => b"dela/card/1",
            Self::Motion => b"dela/motion/1",
            Self::Vote => b"dela/vote/1",
            Self::Certificate => b"dela/certificate/1",
        }
    }

    /// Returns the external additional data of this type in a federation.
    pub(crate) fn external_aad(self, federation: &FederationId) -> Vec<u8> {
        [self.name(), federation.as_bytes()].concat()
    }
}

#[derive(Serialize, Deserialize)]
struct Sign1(ByteBuf, BTreeMap<u8, u8>, ByteBuf, ByteArray<64>);

/// The parts of a `COSE_Sign1` whose form was checked and whose signature was
/// not.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: [u8; 64],
}

/// Takes a `COSE_Sign1` apart without checking its signature.
pub(crate) fn open(bytes: &[u8], bytes_max: usize) -> Result<Opened, CodecError> {
    // The tag counts too: what is a byte longer than a store unpacks is lost there.
    if bytes.len() > bytes_max {
        return Err(CodecError::TooLarge { bytes: bytes.len(), bytes_max });
    }
    let (&tag, rest) = bytes.split_first().ok_or(CodecError::Malformed { offset: 0 })?;
    if tag != TAG {
        return Err(CodecError::Invalid("not a COSE_Sign1: tag 18 is missing"));
    }
    let Sign1(protected, unprotected, payload, signature) = codec::decode(rest, bytes_max)?;
    if protected.as_slice() != PROTECTED {
        return Err(CodecError::Invalid("a protected header other than EdDSA"));
    }
    if !unprotected.is_empty() {
        return Err(CodecError::Invalid("an unprotected header that is not empty"));
    }
    Ok(Opened { payload: payload.into_vec(), signature: signature.into_array() })
}

/// Signs `payload` and returns the `COSE_Sign1`.
pub(crate) fn sign(
    key: &SecretKey,
    domain: Domain,
    federation: &FederationId,
    payload: Vec<u8>,
) -> Vec<u8> {
    let signature = key.sign(&to_be_signed(domain, federation, &payload));
    let sign1 = Sign1(
        ByteBuf::from(PROTECTED),
        BTreeMap::new(),
        ByteBuf::from(payload),
        ByteArray::new(signature),
    );
    let mut bytes = vec![TAG];
    bytes.extend(codec::encode(&sign1));
    bytes
}

/// Checks that `key` signed `payload` as an object of `domain` in `federation`.
pub(crate) fn verify(
    key: &PublicKey,
    domain: Domain,
    federation: &FederationId,
    payload: &[u8],
    signature: &[u8; 64],
) -> Result<(), KeyError> {
    key.verify(&to_be_signed(domain, federation, payload), signature)
}

/// Returns the `Sig_structure` of RFC 9052, section 4.4.
fn to_be_signed(domain: Domain, federation: &FederationId, payload: &[u8]) -> Vec<u8> {
    let external_aad = domain.external_aad(federation);
    codec::encode(&(
        "Signature1",
        serde_bytes::Bytes::new(&PROTECTED),
        serde_bytes::Bytes::new(&external_aad),
        serde_bytes::Bytes::new(payload),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed() -> (SecretKey, FederationId, Vec<u8>) {
        let key = SecretKey::from_bytes(&[9; 32]);
        let federation = FederationId::open("test");
        let bytes = sign(&key, Domain::Record, &federation, b"payload".to_vec());
        (key, federation, bytes)
    }

    #[test]
    fn what_was_signed_opens_and_verifies() {
        let (key, federation, bytes) = signed();
        let opened = open(&bytes, 1000).unwrap();
        assert_eq!(opened.payload, b"payload");
        verify(&key.public(), Domain::Record, &federation, b"payload", &opened.signature).unwrap();
    }

    #[test]
    fn a_signature_is_worth_nothing_in_another_federation_or_as_another_type() {
        let (key, federation, bytes) = signed();
        let signature = open(&bytes, 1000).unwrap().signature;
        let other = FederationId::open("other");
        for (domain, federation) in [(Domain::Record, other), (Domain::Head, federation)] {
            assert_eq!(
                verify(&key.public(), domain, &federation, b"payload", &signature),
                Err(KeyError::BadSignature)
            );
        }
    }

    #[test]
    fn the_bound_is_on_all_bytes() {
        let (_, _, bytes) = signed();
        let bytes_max = bytes.len();
        open(&bytes, bytes_max).unwrap();
        let error = CodecError::TooLarge { bytes: bytes_max, bytes_max: bytes_max - 1 };
        assert_eq!(open(&bytes, bytes_max - 1).unwrap_err(), error);
    }

    #[test]
    fn other_forms_of_the_same_signature_are_refused() {
        let (_, _, bytes) = signed();
        let mut with_header = bytes.clone();
        // {4: 1} in place of the empty unprotected header.
        with_header.splice(6..7, [0xa1, 0x04, 0x01]);
        let mut untagged = bytes.clone();
        untagged.remove(0);
        let mut other_algorithm = bytes;
        other_algorithm[5] = 0x26;
        for form in [with_header, untagged, other_algorithm] {
            assert!(open(&form, 1000).is_err());
        }
    }
}
