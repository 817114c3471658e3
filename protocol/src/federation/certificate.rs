//! A certificate: an agency says that a node is its own. Nodes show it to each
//! other when they meet, before anything else is said.
//!
//! Invariant: a certificate is worth nothing for another node, in another
//! federation or after its time, so one that was overheard cannot be shown.

use serde::{Deserialize, Serialize};

use crate::agency::{Agency, Signer};
use crate::codec::{self, CodecError};
use crate::cose::{self, Domain};
use crate::id::{AgencyId, FederationId, NodeId};
use crate::key::KeyError;
use crate::limits::{CERTIFICATE_BYTES_MAX, CERTIFICATE_LIFETIME, CLOCK_SKEW_MAX};
use crate::time::Timestamp;

/// Why a certificate was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Bytes that are not a certificate.
    #[error("a certificate that cannot be read: {0}")]
    Codec(#[from] CodecError),
    /// Made for another node than the one that shows it, or by another agency.
    #[error("a certificate for another node or of another agency")]
    Another,
    /// Ended, or not begun.
    #[error("a certificate that holds from {from} to {until}, and not now")]
    NotNow {
        /// When it was signed.
        from: Timestamp,
        /// When it ends.
        until: Timestamp,
    },
    /// Not signed by the agency's present key.
    #[error("a certificate whose {0}")]
    Signature(#[from] KeyError),
}

/// The payload on the wire: version, agency, node, times.
#[derive(Serialize, Deserialize)]
struct Payload(u8, AgencyId, NodeId, Timestamp, Timestamp);

const VERSION: u8 = 1;

/// Signs that `node` belongs to the agency, from `now` on for some days.
pub fn sign(signer: &Signer, federation: &FederationId, node: NodeId, now: Timestamp) -> Vec<u8> {
    let until = now.after(CERTIFICATE_LIFETIME);
    let payload = codec::encode(&Payload(VERSION, signer.agency, node, now, until));
    cose::sign(&signer.key, Domain::Certificate, federation, payload)
}

/// Checks that `agency` says with its present key that `node` is its own.
pub fn verify(
    bytes: &[u8],
    agency: &Agency,
    federation: &FederationId,
    node: NodeId,
    now: Timestamp,
) -> Result<(), CertificateError> {
    let opened = cose::open(bytes, CERTIFICATE_BYTES_MAX)?;
    let Payload(version, of, shown_for, from, until) =
        codec::decode(&opened.payload, CERTIFICATE_BYTES_MAX)?;
    if version != VERSION {
        return Err(CodecError::Invalid("a certificate of another version").into());
    }
    if of != agency.id() || shown_for != node {
        return Err(CertificateError::Another);
    }
    let key = &agency.current().key;
    cose::verify(key, Domain::Certificate, federation, &opened.payload, &opened.signature)?;
    let is_sound = until.since(from) <= CERTIFICATE_LIFETIME;
    if !is_sound || from > now.after(CLOCK_SKEW_MAX) || until <= now {
        return Err(CertificateError::NotNow { from, until });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agency::Keys;
    use crate::key::SecretKey;

    #[test]
    fn a_certificate_is_good_for_one_node_in_one_federation_for_its_time() {
        let secret = |byte| SecretKey::from_bytes(&[byte; 32]);
        let keys = |byte: u8| Keys {
            key: secret(byte).public(),
            next_key_commitment: secret(byte + 1).public().commitment(),
            recovery_threshold: 0,
            recovery_keys: Vec::new(),
            issued_at: Timestamp::from_millis(1),
        };
        let mut agency = Agency::open(vec![keys(1).sign_inception(&secret(1))]).unwrap();
        let signer = Signer::new(&agency, secret(1)).unwrap();
        let (here, now) = (FederationId::open("here"), Timestamp::from_millis(1_000_000_000));
        let (node, other) = (NodeId::from_bytes([7; 32]), NodeId::from_bytes([8; 32]));
        let bytes = sign(&signer, &here, node, now);
        let shown = |agency: &Agency, federation: &FederationId, node, now| {
            verify(&bytes, agency, federation, node, now)
        };
        assert_eq!(shown(&agency, &here, node, now), Ok(()));
        assert_eq!(shown(&agency, &here, other, now), Err(CertificateError::Another));
        let elsewhere = shown(&agency, &FederationId::open("there"), node, now);
        assert_eq!(elsewhere, Err(KeyError::BadSignature.into()));
        let late = shown(&agency, &here, node, now.after(CERTIFICATE_LIFETIME));
        assert!(matches!(late, Err(CertificateError::NotNow { .. })), "{late:?}");
        let early = now.since(Timestamp::default().after(CLOCK_SKEW_MAX * 2));
        let early = shown(&agency, &here, node, Timestamp::default().after(early));
        assert!(matches!(early, Err(CertificateError::NotNow { .. })), "{early:?}");
        agency.follow(agency.sign_rotation(&keys(2), &secret(1), &secret(2))).unwrap();
        let old = shown(&agency, &here, node, now);
        assert_eq!(old, Err(KeyError::BadSignature.into()), "the key was replaced");
    }
}
