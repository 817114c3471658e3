//! Acts: what a council signs, as nodes pass it on and keep it.
//!
//! Invariant: an act is named by what it says and who says it, so that nobody can
//! say the same twice under two names.

use super::FederationError;
use super::charter::Charter;
use super::decision::{Motion, Vote};
use crate::codec::CodecError;
use crate::id::{FederationId, MotionId, hash};

/// One act of a council, as nodes pass it on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "few of them are in memory at a time")]
pub enum Act {
    /// The first charter; later ones come in the motion that proposes them.
    Charter(Charter),
    /// A motion.
    Motion(Motion),
    /// A vote.
    Vote(Vote),
}

/// The first bytes of the name of an act: enough to say which one has, and so
/// many that a dishonest seat cannot find two motions with the same.
pub type ActKey = [u8; 16];

impl Act {
    /// Returns the bytes to send and keep: one that says which kind it is, and
    /// those of the act.
    pub fn encode(&self) -> Vec<u8> {
        let (kind, bytes) = match self {
            Self::Charter(charter) => (1, charter.bytes()),
            Self::Motion(motion) => (2, motion.bytes()),
            Self::Vote(vote) => (3, vote.bytes()),
        };
        [&[kind], bytes].concat()
    }

    /// Reads an act, and verifies the signature if it has one.
    pub fn decode(bytes: &[u8], federation: &FederationId) -> Result<Self, FederationError> {
        let (kind, rest) = bytes.split_first().ok_or(CodecError::Malformed { offset: 0 })?;
        let rest = rest.to_vec();
        Ok(match kind {
            1 => Self::Charter(Charter::decode(rest)?),
            2 => Self::Motion(Motion::decode(rest, federation)?),
            3 => Self::Vote(Vote::decode(rest, federation)?),
            _ => return Err(CodecError::Invalid("of a kind this version does not know").into()),
        })
    }

    /// Returns what names it among all acts: of a vote it is what it says and
    /// who says it, so that nobody can vote twice in two ways.
    pub fn key(&self) -> ActKey {
        match self {
            Self::Charter(charter) => shortened(charter.id().as_bytes()),
            Self::Motion(motion) => shortened(motion.id().as_bytes()),
            Self::Vote(vote) => vote_key(&vote.motion(), vote.voter().as_bytes(), vote.is_for()),
        }
    }
}

pub(super) fn vote_key(motion: &MotionId, voter: &[u8; 32], is_for: bool) -> ActKey {
    shortened(&hash("dela 1 vote", &[motion.as_bytes(), voter, &[u8::from(is_for)]]))
}

pub(super) fn shortened(bytes: &[u8; 32]) -> ActKey {
    let (chunks, _) = bytes.as_chunks::<16>();
    chunks.first().copied().unwrap_or_default()
}
