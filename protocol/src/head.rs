//! A head: an agency's signed commitment to its whole live set.
//!
//! Invariant: whoever holds a head can tell whether what he holds of the agency
//! is complete and current. The digest commits to every live record, the
//! position orders heads, `previous` chains them, and `heartbeat_by` promises
//! when the next one comes.

use serde::{Deserialize, Serialize};

use crate::agency::{Agency, Signer};
use crate::codec::{self, CodecError};
use crate::cose::{self, Domain};
use crate::id::{AgencyId, Digest, FederationId, HeadId};
use crate::key::KeyError;
use crate::limits::{HEAD_BYTES_MAX, RECORDS_PER_AGENCY_MAX};
use crate::record::Position;
use crate::time::Timestamp;

/// Why a head was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// Bytes that are not a head.
    #[error("a head that cannot be read: {0}")]
    Codec(#[from] CodecError),
    /// A head of another agency than the one it was sent for.
    #[error("a head of another agency")]
    OtherAgency,
    /// A head signed by a key the agency did not announce.
    #[error("signed by key {0}, which the agency has not announced")]
    UnknownKey(u32),
    /// A head that is not signed by its agency in this federation.
    #[error("a head whose {0}")]
    Signature(#[from] KeyError),
}

/// What a head commits to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commitment {
    /// The head's own place in the agency's sequence; no record stands after
    /// it. Every head takes a place of its own, also one that changes nothing.
    pub position: Position,
    /// Withdrawals up to this sequence number are no longer in the set.
    pub floor: u64,
    /// How many records are live, withdrawals not counted.
    pub live_count: u64,
    /// How many withdrawals are in the set.
    pub withdrawal_count: u64,
    /// The bytes of all records in the set, withdrawals included.
    pub bytes: u64,
    /// The digest of the set: live records and withdrawals.
    pub digest: Digest,
    /// The head before this one, [`HeadId::NONE`] for the first.
    pub previous: HeadId,
    /// When the agency says it signed.
    pub issued_at: Timestamp,
    /// When the agency promises to have signed again.
    pub heartbeat_by: Timestamp,
}

/// A signed head. Its form was checked; its signature is checked by
/// [`Head::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    bytes: Vec<u8>,
    id: HeadId,
    signature: [u8; 64],
    payload: Payload,
}

/// The order among heads of one agency: a later key before all that was signed
/// with an earlier one, so that a thief of that has no say any more; then by
/// position; and where an agency signed two heads for one position by id, so that
/// all replicas choose the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// By which of the agency's keys it is signed.
    pub key_index: u32,
    /// Its place in the agency's sequence.
    pub position: Position,
    /// Its id.
    pub id: HeadId,
}

/// The payload on the wire: version, agency, key index, epoch, sequence number,
/// floor, live count, withdrawal count, bytes, digest, previous head, times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Payload(
    u8,
    AgencyId,
    u32,
    u32,
    u64,
    u64,
    u64,
    u64,
    u64,
    Digest,
    HeadId,
    Timestamp,
    Timestamp,
);

const VERSION: u8 = 1;

impl Head {
    /// Signs a head.
    pub fn sign(signer: &Signer, federation: &FederationId, commitment: &Commitment) -> Self {
        let payload = Payload(
            VERSION,
            signer.agency,
            signer.key_index,
            commitment.position.epoch,
            commitment.position.seq,
            commitment.floor,
            commitment.live_count,
            commitment.withdrawal_count,
            commitment.bytes,
            commitment.digest,
            commitment.previous,
            commitment.issued_at,
            commitment.heartbeat_by,
        );
        let bytes = cose::sign(&signer.key, Domain::Head, federation, codec::encode(&payload));
        Self::decode(bytes).expect("what we signed has the form we read")
    }

    /// Reads a head, without checking its signature.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, HeadError> {
        let opened = cose::open(&bytes, HEAD_BYTES_MAX)?;
        let payload: Payload = codec::decode(&opened.payload, HEAD_BYTES_MAX)?;
        if payload.0 != VERSION {
            return Err(CodecError::Invalid("a head of another version").into());
        }
        if payload.6.saturating_add(payload.7) > RECORDS_PER_AGENCY_MAX {
            return Err(CodecError::Invalid("more records than an agency may have").into());
        }
        let id = HeadId::of(&bytes);
        Ok(Self { bytes, id, signature: opened.signature, payload })
    }

    /// Checks that `agency` signed this head in `federation`.
    pub fn verify(&self, agency: &Agency, federation: &FederationId) -> Result<(), HeadError> {
        if self.agency() != agency.id() {
            return Err(HeadError::OtherAgency);
        }
        let key =
            agency.key(self.key_index()).ok_or_else(|| HeadError::UnknownKey(self.key_index()))?;
        let payload = codec::encode(&self.payload);
        cose::verify(key, Domain::Head, federation, &payload, &self.signature)?;
        Ok(())
    }

    /// Returns the exact signed bytes: a `COSE_Sign1`.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the head's id, the hash of its bytes.
    pub fn id(&self) -> HeadId {
        self.id
    }

    /// Returns whose head it is.
    pub fn agency(&self) -> AgencyId {
        self.payload.1
    }

    /// Returns which of the agency's keys signed it.
    pub fn key_index(&self) -> u32 {
        self.payload.2
    }

    /// Returns its place in the agency's sequence.
    pub fn position(&self) -> Position {
        Position { epoch: self.payload.3, seq: self.payload.4 }
    }

    /// Returns the order among heads of one agency.
    pub fn rank(&self) -> Rank {
        Rank { key_index: self.key_index(), position: self.position(), id: self.id }
    }

    /// Returns what it commits to.
    pub fn commitment(&self) -> Commitment {
        let payload = &self.payload;
        Commitment {
            position: self.position(),
            floor: payload.5,
            live_count: payload.6,
            withdrawal_count: payload.7,
            bytes: payload.8,
            digest: payload.9,
            previous: payload.10,
            issued_at: payload.11,
            heartbeat_by: payload.12,
        }
    }
}
