//! What nodes say to each other: announcements on gossip, requests and answers
//! between two.
//!
//! A message is one byte that says its kind, followed by the CBOR of its
//! fields. Nodes agree on the version of all this by the name of the libp2p
//! protocol ([`PROTOCOL`]).
//!
//! Invariant: reading is bounded. Nothing longer than
//! [`MESSAGE_BYTES_MAX`] is read, no list is
//! longer than its limit, and a signed object is only carried here, as opaque
//! bytes: reading a message checks no signature.

use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

use crate::codec::{self, CodecError};
use crate::id::{AgencyId, Digest};
use crate::limits::{
    AGENCIES_PER_MESSAGE_MAX, ANNOUNCEMENT_BYTES_MAX, MESSAGE_BYTES_MAX, POSITIONS_PER_MESSAGE_MAX,
    RECORDS_PER_AGENCY_MAX, STATEMENTS_MAX,
};
use crate::record::Position;

/// The name and version of the request protocol, followed on the network by the
/// federation id.
pub const PROTOCOL: &str = "/dela/sync/1";

/// The name and version of the gossip topic, followed by the federation id.
pub const TOPIC: &str = "dela/announcements/1";

/// The number of buckets that agencies are divided into when roots differ.
pub const BUCKETS: usize = 256;

/// What an agency's node tells everybody: its new head and, while they are
/// small, the records behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// The agency's key statements, the inception first, so that an
    /// announcement stands for itself.
    pub statements: Vec<Vec<u8>>,
    /// The head.
    pub head: Vec<u8>,
    /// The records signed since the head before this one, or none where they
    /// are too large to send to everybody.
    pub records: Vec<Vec<u8>>,
}

/// What one node asks another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// "This is the digest of all I hold. Is it yours?"
    Status {
        /// The root of the one who asks.
        root: Digest,
    },
    /// "Which heads do you hold in these buckets?"
    Summaries {
        /// The buckets: the first byte of the agency ids in them.
        buckets: Vec<u8>,
    },
    /// "Give me the statements and the head of these agencies."
    Heads {
        /// At most [`AGENCIES_PER_MESSAGE_MAX`] agencies.
        agencies: Vec<AgencyId>,
    },
    /// "Give me the agency's records after this position."
    Since {
        /// Whose records.
        agency: AgencyId,
        /// The last position that is held.
        after: Position,
    },
    /// "Which positions does your complete set of the agency have?"
    Map {
        /// Whose set.
        agency: AgencyId,
    },
    /// "Give me the agency's records at these positions."
    Records {
        /// Whose records.
        agency: AgencyId,
        /// At most [`POSITIONS_PER_MESSAGE_MAX`] positions.
        positions: Vec<Position>,
    },
}

/// What one node answers another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// To `Status`: "The same as yours."
    Same,
    /// To `Status`: "Not the same; these are the digests of my buckets."
    Buckets(Vec<[u8; 8]>),
    /// To `Status` where there are few agencies, and to `Summaries`.
    Summaries(Vec<Summary>),
    /// To `Heads`.
    Heads(Vec<AgencyHead>),
    /// To `Since`.
    Page(Page),
    /// To `Since`, `Map` and `Records`: "I do not hold that in full just now."
    NotReady,
    /// To `Map`.
    Map {
        /// The head whose set this is.
        head: Vec<u8>,
        /// All positions of the set, in order.
        positions: Vec<Position>,
    },
    /// To `Records`.
    Records {
        /// The head whose set they belong to.
        head: Vec<u8>,
        /// Those of the records asked for that are held, as many as fit.
        records: Vec<Vec<u8>>,
    },
}

/// One agency's head, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary(
    /// Whose head.
    pub AgencyId,
    /// Its epoch.
    pub u32,
    /// Its sequence number.
    pub u64,
    /// The first bytes of its id.
    pub ByteArray<8>,
);

/// One agency's statements and head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyHead {
    /// The key statements, the inception first.
    pub statements: Vec<Vec<u8>>,
    /// The head.
    pub head: Vec<u8>,
}

/// A piece of an agency's feed of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The head up to which the sender holds everything.
    pub head: Vec<u8>,
    /// Records in order of position.
    pub records: Vec<Vec<u8>>,
    /// Whether more follow, after the last of these.
    pub more: bool,
}

impl Announcement {
    /// Returns the bytes to send.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&(
            buffers(&self.statements),
            ByteBuf::from(&*self.head),
            buffers(&self.records),
        ))
    }

    /// Reads an announcement.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let (statements, head, records): (Vec<ByteBuf>, ByteBuf, Vec<ByteBuf>) =
            codec::decode(bytes, ANNOUNCEMENT_BYTES_MAX)?;
        at_most(statements.len(), STATEMENTS_MAX)?;
        Ok(Self {
            statements: vectors(statements),
            head: head.into_vec(),
            records: vectors(records),
        })
    }
}

impl Request {
    /// Returns the bytes to send.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Status { root } => message(1, &(root,)),
            Self::Summaries { buckets } => message(2, &(ByteBuf::from(&**buckets),)),
            Self::Heads { agencies } => message(3, &(agencies,)),
            Self::Since { agency, after } => message(4, &(agency, after.epoch, after.seq)),
            Self::Map { agency } => message(5, &(agency,)),
            Self::Records { agency, positions } => message(6, &(agency, flat(positions))),
        }
    }

    /// Reads a request.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let (kind, fields) = split(bytes)?;
        match kind {
            1 => read(fields).map(|(root,)| Self::Status { root }),
            2 => {
                let (buckets,): (ByteBuf,) = read(fields)?;
                at_most(buckets.len(), BUCKETS)?;
                Ok(Self::Summaries { buckets: buckets.into_vec() })
            }
            3 => {
                let (agencies,): (Vec<AgencyId>,) = read(fields)?;
                at_most(agencies.len(), AGENCIES_PER_MESSAGE_MAX)?;
                Ok(Self::Heads { agencies })
            }
            4 => read(fields)
                .map(|(agency, epoch, seq)| Self::Since { agency, after: Position { epoch, seq } }),
            5 => read(fields).map(|(agency,)| Self::Map { agency }),
            6 => {
                let (agency, positions): (AgencyId, Vec<(u32, u64)>) = read(fields)?;
                at_most(positions.len(), POSITIONS_PER_MESSAGE_MAX)?;
                Ok(Self::Records { agency, positions: unflat(positions) })
            }
            _ => Err(CodecError::Invalid("a request of a kind this version does not know")),
        }
    }
}

impl Response {
    /// Returns the bytes to send.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Same => message(1, &()),
            Self::Buckets(buckets) => message(2, &(ByteBuf::from(buckets.as_flattened()),)),
            Self::Summaries(summaries) => message(3, &(summaries,)),
            Self::Heads(heads) => {
                let heads: Vec<_> = heads
                    .iter()
                    .map(|one| (buffers(&one.statements), ByteBuf::from(&*one.head)))
                    .collect();
                message(4, &(heads,))
            }
            Self::Page(page) => {
                message(5, &(ByteBuf::from(&*page.head), buffers(&page.records), page.more))
            }
            Self::NotReady => message(6, &()),
            Self::Map { head, positions } => message(7, &(ByteBuf::from(&**head), flat(positions))),
            Self::Records { head, records } => {
                message(8, &(ByteBuf::from(&**head), buffers(records)))
            }
        }
    }

    /// Reads a response.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let (kind, fields) = split(bytes)?;
        match kind {
            1 => read(fields).map(|()| Self::Same),
            2 => {
                let (buckets,): (ByteBuf,) = read(fields)?;
                match buckets.as_chunks::<8>() {
                    (chunks, []) if chunks.len() == BUCKETS => Ok(Self::Buckets(chunks.to_vec())),
                    _ => Err(CodecError::Invalid("another number of buckets than there are")),
                }
            }
            3 => read(fields).map(|(summaries,)| Self::Summaries(summaries)),
            4 => {
                let (heads,): (Vec<(Vec<ByteBuf>, ByteBuf)>,) = read(fields)?;
                at_most(heads.len(), AGENCIES_PER_MESSAGE_MAX)?;
                let heads = heads.into_iter().map(|(statements, head)| AgencyHead {
                    statements: vectors(statements),
                    head: head.into_vec(),
                });
                Ok(Self::Heads(heads.collect()))
            }
            5 => read(fields).map(|(head, records, more): (ByteBuf, Vec<ByteBuf>, bool)| {
                Self::Page(Page { head: head.into_vec(), records: vectors(records), more })
            }),
            6 => read(fields).map(|()| Self::NotReady),
            7 => {
                let (head, positions): (ByteBuf, Vec<(u32, u64)>) = read(fields)?;
                let count = u64::try_from(positions.len()).unwrap_or(u64::MAX);
                if count > RECORDS_PER_AGENCY_MAX {
                    return Err(CodecError::Invalid("more records than an agency may have"));
                }
                Ok(Self::Map { head: head.into_vec(), positions: unflat(positions) })
            }
            8 => read(fields).map(|(head, records): (ByteBuf, Vec<ByteBuf>)| Self::Records {
                head: head.into_vec(),
                records: vectors(records),
            }),
            _ => Err(CodecError::Invalid("an answer of a kind this version does not know")),
        }
    }
}

fn message<T: Serialize>(kind: u8, fields: &T) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend(codec::encode(fields));
    bytes
}

fn split(bytes: &[u8]) -> Result<(u8, &[u8]), CodecError> {
    let (&kind, fields) = bytes.split_first().ok_or(CodecError::Malformed { offset: 0 })?;
    Ok((kind, fields))
}

fn read<T: Serialize + serde::de::DeserializeOwned>(fields: &[u8]) -> Result<T, CodecError> {
    codec::decode(fields, MESSAGE_BYTES_MAX)
}

fn at_most(count: usize, count_max: usize) -> Result<(), CodecError> {
    if count > count_max {
        return Err(CodecError::Invalid("a list longer than its limit"));
    }
    Ok(())
}

fn buffers(list: &[Vec<u8>]) -> Vec<ByteBuf> {
    list.iter().cloned().map(ByteBuf::from).collect()
}

fn vectors(list: Vec<ByteBuf>) -> Vec<Vec<u8>> {
    list.into_iter().map(ByteBuf::into_vec).collect()
}

fn flat(positions: &[Position]) -> Vec<(u32, u64)> {
    positions.iter().map(|position| (position.epoch, position.seq)).collect()
}

fn unflat(positions: Vec<(u32, u64)>) -> Vec<Position> {
    positions.into_iter().map(|(epoch, seq)| Position { epoch, seq }).collect()
}
