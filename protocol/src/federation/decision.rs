//! What a council decides: motions, and the votes for and against them.
//!
//! Invariants: a motion is signed by a seat of the council it names, and so is
//! each vote. Signatures cover the federation, so neither counts in another. A
//! vote is about one subject and is never taken back: who has voted for
//! something has, whatever he says later.

use core::fmt;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::card::{Card, CardError};
use super::charter::{Charter, CharterError};
use crate::codec::{self, CodecError};
use crate::cose::{self, Domain};
use crate::head::{Head, HeadError};
use crate::id::{AgencyId, CharterId, FederationId, MotionId};
use crate::key::{KeyError, PublicKey, SecretKey};
use crate::limits::{MOTION_BYTES_MAX, REASON_BYTES_MAX, RECORDS_PER_AGENCY_MAX, VOTE_BYTES_MAX};
use crate::time::Timestamp;

/// Why a motion or a vote was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecisionError {
    /// Bytes of another form.
    #[error("a motion or vote that cannot be read: {0}")]
    Codec(#[from] CodecError),
    /// A card in it.
    #[error("a motion to admit by {0}")]
    Card(#[from] CardError),
    /// A charter in it.
    #[error("a motion for {0}")]
    Charter(#[from] CharterError),
    /// A head in it.
    #[error("a motion that pins {0}")]
    Head(#[from] HeadError),
    /// Not signed by the key it names, in this federation.
    #[error("a motion or vote whose {0}")]
    Signature(#[from] KeyError),
}

/// What becomes of the records of a member that is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Disposition {
    /// They stay as they were at the head that is named: an agency that was
    /// dissolved, or merged with another.
    Keep,
    /// Nobody is shown them, and nodes keep them.
    Hide,
    /// All nodes delete them.
    Purge,
}

/// What a motion is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "few of them are in memory at a time")]
pub enum Decision {
    /// An agency becomes a member, or one again.
    Admit {
        /// Who it is.
        card: Card,
        /// Counted from 1; of what is decided about a member the highest counts.
        generation: u32,
    },
    /// A member's node is not listened to for now.
    Suspend {
        /// The member.
        agency: AgencyId,
        /// The generation that this ends or interrupts.
        generation: u32,
    },
    /// A member is one no longer.
    Revoke {
        /// The member.
        agency: AgencyId,
        /// The generation that this ends or interrupts.
        generation: u32,
        /// What becomes of its records.
        disposition: Disposition,
        /// The last head that is believed, where its records are kept.
        last_head: Option<Head>,
        /// The member that goes on with its work.
        successor: Option<AgencyId>,
    },
    /// A member may publish so many records.
    Quota {
        /// The member.
        agency: AgencyId,
        /// The generation it counts in.
        generation: u32,
        /// Of several quotas in one generation that with the highest counts.
        serial: u32,
        /// The most records.
        records_max: u64,
    },
    /// The federation has another charter.
    Amend(Charter),
}

impl Decision {
    /// Returns whom it is about.
    pub fn agency(&self) -> Option<AgencyId> {
        match self {
            Self::Admit { card, .. } => Some(card.id()),
            Self::Suspend { agency, .. }
            | Self::Revoke { agency, .. }
            | Self::Quota { agency, .. } => Some(*agency),
            Self::Amend(_) => None,
        }
    }

    /// Returns how many seats of a council it takes.
    pub fn threshold(&self, council: &Charter) -> usize {
        let thresholds = council.statement().thresholds;
        usize::from(match self {
            Self::Admit { .. } | Self::Quota { .. } => thresholds.admit,
            Self::Suspend { .. } | Self::Revoke { .. } => thresholds.revoke,
            Self::Amend(_) => thresholds.amend,
        })
    }
}

/// What a seat of the council proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MotionStatement {
    /// The charter whose council is to decide.
    pub charter: CharterId,
    /// What is to be decided.
    pub decision: Decision,
    /// Why, for people; may be empty.
    pub reason: String,
    /// When it was moved.
    pub issued_at: Timestamp,
}

/// A signed motion: who moves it has voted for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Motion {
    bytes: Vec<u8>,
    id: MotionId,
    mover: PublicKey,
    statement: MotionStatement,
}

/// The payload of a motion: version, charter, mover, kind, agency, generation,
/// three numbers and what else the kind needs, reason, time.
#[derive(Serialize, Deserialize)]
struct MotionPayload(
    u8,
    CharterId,
    PublicKey,
    u8,
    Option<AgencyId>,
    u32,
    (u32, u64),
    ByteBuf,
    Option<AgencyId>,
    String,
    Timestamp,
);

/// The payload of a vote: version, motion, voter, for or against, time.
#[derive(Serialize, Deserialize)]
struct VotePayload(u8, MotionId, PublicKey, bool, Timestamp);

const VERSION: u8 = 1;

impl Motion {
    /// Signs a motion with the key of a seat.
    ///
    /// # Errors
    ///
    /// When nobody would read it: a reason that is too long, say.
    pub fn sign(
        key: &SecretKey,
        federation: &FederationId,
        statement: &MotionStatement,
    ) -> Result<Self, DecisionError> {
        let none = ByteBuf::new();
        let decision = &statement.decision;
        let (kind, generation, numbers, bytes, successor) = match decision {
            Decision::Admit { card, generation } => {
                (1, *generation, (0, 0), ByteBuf::from(card.bytes()), None)
            }
            Decision::Suspend { generation, .. } => (2, *generation, (0, 0), none, None),
            Decision::Revoke { generation, disposition, last_head, successor, .. } => {
                let code = match disposition {
                    Disposition::Keep => 0,
                    Disposition::Hide => 1,
                    Disposition::Purge => 2,
                };
                let head = last_head.as_ref().map_or(none, |head| ByteBuf::from(head.bytes()));
                (3, *generation, (code, 0), head, *successor)
            }
            Decision::Quota { generation, serial, records_max, .. } => {
                (4, *generation, (*serial, *records_max), none, None)
            }
            Decision::Amend(charter) => (5, 0, (0, 0), ByteBuf::from(charter.bytes()), None),
        };
        let payload = MotionPayload(
            VERSION,
            statement.charter,
            key.public(),
            kind,
            // A card says itself whose it is.
            decision.agency().filter(|_| kind != 1),
            generation,
            numbers,
            bytes,
            successor,
            statement.reason.clone(),
            statement.issued_at,
        );
        let bytes = cose::sign(key, Domain::Motion, federation, codec::encode(&payload));
        Self::decode(bytes, federation)
    }

    /// Reads a motion and verifies its signature.
    pub fn decode(bytes: Vec<u8>, federation: &FederationId) -> Result<Self, DecisionError> {
        let opened = cose::open(&bytes, MOTION_BYTES_MAX)?;
        let payload: MotionPayload = codec::decode(&opened.payload, MOTION_BYTES_MAX)?;
        let MotionPayload(
            version,
            charter,
            mover,
            kind,
            agency,
            generation,
            numbers,
            object,
            successor,
            reason,
            issued_at,
        ) = payload;
        if version != VERSION {
            return Err(CodecError::Invalid("a motion of another version").into());
        }
        if reason.len() > REASON_BYTES_MAX || reason.chars().any(|c| c.is_control() && c != '\n') {
            return Err(CodecError::Invalid("a reason too long or with control characters").into());
        }
        cose::verify(&mover, Domain::Motion, federation, &opened.payload, &opened.signature)?;
        let parts =
            Parts { kind, agency, generation, numbers, object: object.into_vec(), successor };
        let decision = parts.read(federation)?;
        let id = MotionId::of(&bytes);
        let statement = MotionStatement { charter, decision, reason, issued_at };
        Ok(Self { bytes, id, mover, statement })
    }

    /// Returns the exact signed bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the hash of its bytes.
    pub fn id(&self) -> MotionId {
        self.id
    }

    /// Returns the key of the seat that moved it.
    pub fn mover(&self) -> &PublicKey {
        &self.mover
    }

    /// Returns what it says.
    pub fn statement(&self) -> &MotionStatement {
        &self.statement
    }
}

/// The fields of a motion that depend on its kind.
struct Parts {
    kind: u8,
    agency: Option<AgencyId>,
    generation: u32,
    numbers: (u32, u64),
    object: Vec<u8>,
    successor: Option<AgencyId>,
}

impl Parts {
    fn read(self, federation: &FederationId) -> Result<Decision, DecisionError> {
        let Self { kind, agency, generation, numbers, object, successor } = self;
        let unused = CodecError::Invalid("a motion with what its kind has no use for");
        let only = |is_only: bool| if is_only { Ok(()) } else { Err(unused) };
        let whom = || agency.ok_or(CodecError::Invalid("a motion that does not say about whom"));
        Ok(match kind {
            1 => {
                only(agency.is_none() && successor.is_none() && numbers == (0, 0))?;
                let card = Card::decode(object)?;
                if card.statement().federation != *federation {
                    return Err(CodecError::Invalid("a card made for another federation").into());
                }
                Decision::Admit { card, generation }
            }
            2 => {
                only(object.is_empty() && successor.is_none() && numbers == (0, 0))?;
                Decision::Suspend { agency: whom()?, generation }
            }
            3 => {
                let (disposition, is_pinned) = match numbers {
                    (0, 0) => (Disposition::Keep, true),
                    (1, 0) => (Disposition::Hide, false),
                    (2, 0) => (Disposition::Purge, false),
                    _ => return Err(unused.into()),
                };
                only(object.is_empty() != is_pinned)?;
                let last_head = if is_pinned { Some(Head::decode(object)?) } else { None };
                if last_head.as_ref().is_some_and(|head| Some(head.agency()) != agency) {
                    return Err(HeadError::OtherAgency.into());
                }
                Decision::Revoke { agency: whom()?, generation, disposition, last_head, successor }
            }
            4 => {
                only(object.is_empty() && successor.is_none())?;
                let (serial, records_max) = numbers;
                if records_max > RECORDS_PER_AGENCY_MAX {
                    return Err(CodecError::Invalid("a quota beyond what nodes keep").into());
                }
                Decision::Quota { agency: whom()?, generation, serial, records_max }
            }
            5 => {
                only(agency.is_none() && successor.is_none() && generation == 0)?;
                only(numbers == (0, 0))?;
                Decision::Amend(Charter::decode(object)?)
            }
            _ => return Err(CodecError::Invalid("a motion of a kind nobody knows").into()),
        })
    }
}

/// A signed vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    bytes: Vec<u8>,
    motion: MotionId,
    voter: PublicKey,
    is_for: bool,
    issued_at: Timestamp,
}

impl Vote {
    /// Signs a vote for or against a motion, or for a first charter.
    pub fn sign(
        key: &SecretKey,
        federation: &FederationId,
        motion: MotionId,
        is_for: bool,
        issued_at: Timestamp,
    ) -> Self {
        let voter = key.public();
        let payload = VotePayload(VERSION, motion, voter, is_for, issued_at);
        let bytes = cose::sign(key, Domain::Vote, federation, codec::encode(&payload));
        Self { bytes, motion, voter, is_for, issued_at }
    }

    /// Reads a vote and verifies its signature.
    pub fn decode(bytes: Vec<u8>, federation: &FederationId) -> Result<Self, DecisionError> {
        let opened = cose::open(&bytes, VOTE_BYTES_MAX)?;
        let VotePayload(version, motion, voter, is_for, issued_at) =
            codec::decode(&opened.payload, VOTE_BYTES_MAX)?;
        if version != VERSION {
            return Err(CodecError::Invalid("a vote of another version").into());
        }
        cose::verify(&voter, Domain::Vote, federation, &opened.payload, &opened.signature)?;
        Ok(Self { bytes, motion, voter, is_for, issued_at })
    }

    /// Returns the exact signed bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns what it is about.
    pub fn motion(&self) -> MotionId {
        self.motion
    }

    /// Returns the key that voted.
    pub fn voter(&self) -> &PublicKey {
        &self.voter
    }

    /// Returns whether it is for it.
    pub fn is_for(&self) -> bool {
        self.is_for
    }

    /// Returns when it was cast, as the voter says.
    pub fn issued_at(&self) -> Timestamp {
        self.issued_at
    }
}

impl fmt::Display for Disposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keep => "keep",
            Self::Hide => "hide",
            Self::Purge => "purge",
        })
    }
}
