//! What nodes say to each other about who belongs to the federation: who they
//! are themselves, what its council has decided, and who applies.

use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

use super::{List, Statements, buffers, message, read, split, vectors};
use crate::codec::CodecError;
use crate::federation::ActKey;
use crate::id::Digest;
use crate::limits::{ACTS_PER_MESSAGE_MAX, STATEMENTS_MAX};

/// What one node asks another about the federation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// "This is who I am. Who are you?"
    Hello(Introduction),
    /// "This is the digest of all acts of the council that I know. Is it yours?"
    Acts {
        /// The digest of the one who asks.
        digest: Digest,
    },
    /// "Give me these acts."
    Give {
        /// Which; at most [`ACTS_PER_MESSAGE_MAX`].
        keys: Vec<ActKey>,
    },
    /// "This agency applies to become a member."
    Apply {
        /// Its card.
        card: Vec<u8>,
    },
}

/// What one node answers another about the federation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To `Hello`.
    Hello(Introduction),
    /// To `Acts`, where the digests are equal, and to `Apply`.
    Noted,
    /// To `Acts`: "Not the same; these are the acts that I know."
    Keys(Vec<ActKey>),
    /// To `Give`: those that are known, as many as fit, each after what it is
    /// about.
    Acts(Vec<Vec<u8>>),
    /// To anything else: "You belong to no member of this federation, and its
    /// charter lets nobody else read."
    Denied,
}

/// Who a node is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Introduction {
    /// The key statements of its agency; none where it belongs to none.
    pub statements: Vec<Vec<u8>>,
    /// The agency's certificate for it; empty where it belongs to none.
    pub certificate: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Keys(List<ByteArray<16>, ACTS_PER_MESSAGE_MAX>);

fn keys_out(keys: &[ActKey]) -> Keys {
    Keys(List(keys.iter().take(ACTS_PER_MESSAGE_MAX).copied().map(ByteArray::new).collect()))
}

fn keys_in(keys: Keys) -> Vec<ActKey> {
    keys.0.0.into_iter().map(ByteArray::into_array).collect()
}

fn introduction_out(it: &Introduction) -> (Statements, ByteBuf) {
    (buffers::<STATEMENTS_MAX>(&it.statements), ByteBuf::from(&*it.certificate))
}

fn introduction_in((statements, certificate): (Statements, ByteBuf)) -> Introduction {
    Introduction { statements: vectors(statements), certificate: certificate.into_vec() }
}

impl Question {
    /// Returns the bytes to send.
    pub(super) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Hello(introduction) => message(1, &introduction_out(introduction)),
            Self::Acts { digest } => message(2, &(digest,)),
            Self::Give { keys } => message(3, &(keys_out(keys),)),
            Self::Apply { card } => message(4, &(ByteBuf::from(&**card),)),
        }
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let (kind, fields) = split(bytes)?;
        match kind {
            1 => Ok(Self::Hello(introduction_in(read(fields)?))),
            2 => read(fields).map(|(digest,)| Self::Acts { digest }),
            3 => read(fields).map(|(keys,)| Self::Give { keys: keys_in(keys) }),
            4 => read(fields).map(|(card,): (ByteBuf,)| Self::Apply { card: card.into_vec() }),
            _ => Err(CodecError::Invalid("a question of a kind this version does not know")),
        }
    }
}

impl Answer {
    /// Returns the bytes to send.
    pub(super) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Hello(introduction) => message(1, &introduction_out(introduction)),
            Self::Noted => message(2, &()),
            Self::Keys(keys) => message(3, &(keys_out(keys),)),
            Self::Acts(acts) => message(4, &(buffers::<ACTS_PER_MESSAGE_MAX>(acts),)),
            Self::Denied => message(5, &()),
        }
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let (kind, fields) = split(bytes)?;
        match kind {
            1 => Ok(Self::Hello(introduction_in(read(fields)?))),
            2 => read(fields).map(|()| Self::Noted),
            3 => read(fields).map(|(keys,)| Self::Keys(keys_in(keys))),
            4 => {
                let (acts,): (List<ByteBuf, ACTS_PER_MESSAGE_MAX>,) = read(fields)?;
                Ok(Self::Acts(vectors(acts)))
            }
            5 => read(fields).map(|()| Self::Denied),
            _ => Err(CodecError::Invalid("an answer of a kind this version does not know")),
        }
    }
}
