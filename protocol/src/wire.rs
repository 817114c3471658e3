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

use core::fmt;
use core::marker::PhantomData;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

use crate::codec::{self, CodecError};
use crate::id::{AgencyId, Digest};
use crate::limits::{
    ACTS_PER_MESSAGE_MAX, AGENCIES_PER_MESSAGE_MAX, ANNOUNCEMENT_BYTES_MAX, HEADS_PER_MESSAGE_MAX,
    MESSAGE_BYTES_MAX, POSITIONS_PER_MAP_MAX, POSITIONS_PER_REQUEST_MAX, RECORDS_PER_PAGE_MAX,
    STATEMENTS_MAX,
};
use crate::record::Position;

pub mod membership;
mod runs;

/// The name and version of the request protocol, followed on the network by the
/// federation id.
pub const PROTOCOL: &str = "/dela/sync/3";

/// The name and version of the gossip topic, followed by the federation id.
pub const TOPIC: &str = "dela/announcements/3";

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

/// What comes by gossip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gossip {
    /// An agency has something new.
    Announcement(Announcement),
    /// An agency has contradicted itself.
    Fork(ForkProof),
    /// The council has moved or voted: acts ([`Act`](crate::federation::Act)),
    /// each after what it is about.
    Acts(Vec<Vec<u8>>),
    /// An agency applies to become a member: its card.
    Application(Vec<u8>),
}

/// The proof of a fork, with what is needed to check it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForkProof {
    /// The agency's key statements, the inception first.
    pub statements: Vec<Vec<u8>>,
    /// The two heads ([`Fork`](crate::fork::Fork)).
    pub heads: [Vec<u8>; 2],
}

/// What one node asks another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// "This is the digest of all heads I know. Is it yours?"
    Status {
        /// The digest of the one who asks.
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
    /// "Which positions does your complete set of the agency have, after this
    /// one?"
    Map {
        /// Whose set.
        agency: AgencyId,
        /// The last position that was told.
        after: Position,
    },
    /// "Give me the agency's records at these positions."
    Records {
        /// Whose records.
        agency: AgencyId,
        /// At most [`POSITIONS_PER_REQUEST_MAX`] positions.
        positions: Vec<Position>,
    },
    /// About the federation.
    Membership(membership::Question),
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
    /// To `Heads`: of each agency the head that is held, then a newer one that
    /// is known only by itself, then those of a fork.
    Heads(Vec<AgencyHead>),
    /// To `Since`.
    Page(Page),
    /// To `Since`, `Map` and `Records`: "I do not hold that in full just now."
    NotReady,
    /// To `Map`.
    Map {
        /// The head whose set this is.
        head: Vec<u8>,
        /// Positions of the set, in order.
        positions: Vec<Position>,
        /// Whether more follow, after the last of these.
        more: bool,
    },
    /// To `Records`.
    Records {
        /// The head whose set they belong to.
        head: Vec<u8>,
        /// Those of the records asked for that are held, as many as fit.
        records: Vec<Vec<u8>>,
    },
    /// About the federation.
    Membership(membership::Answer),
}

/// One agency's head, in short: the newest that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary(
    /// Whose head.
    pub AgencyId,
    /// By which of its keys.
    pub u32,
    /// Its epoch.
    pub u32,
    /// Its sequence number.
    pub u64,
    /// The first bytes of its id.
    pub ByteArray<8>,
);

/// An agency's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyHead {
    /// The key statements, the inception first; none where a head of the same
    /// agency stands before this one.
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

impl Gossip {
    /// Reads what came by gossip.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        if bytes.len() > ANNOUNCEMENT_BYTES_MAX {
            let (bytes, bytes_max) = (bytes.len(), ANNOUNCEMENT_BYTES_MAX);
            return Err(CodecError::TooLarge { bytes, bytes_max });
        }
        let (kind, fields) = split(bytes)?;
        match kind {
            1 => {
                let (statements, head, records): (Statements, ByteBuf, Records) = read(fields)?;
                Ok(Self::Announcement(Announcement {
                    statements: vectors(statements),
                    head: head.into_vec(),
                    records: vectors(records),
                }))
            }
            2 => {
                let (statements, one, other): (Statements, ByteBuf, ByteBuf) = read(fields)?;
                Ok(Self::Fork(ForkProof {
                    statements: vectors(statements),
                    heads: [one.into_vec(), other.into_vec()],
                }))
            }
            3 => {
                let (acts,): (List<ByteBuf, ACTS_PER_MESSAGE_MAX>,) = read(fields)?;
                Ok(Self::Acts(vectors(acts)))
            }
            4 => read(fields).map(|(card,): (ByteBuf,)| Self::Application(card.into_vec())),
            _ => Err(CodecError::Invalid("gossip of a kind this version does not know")),
        }
    }
}

/// Returns the bytes by which acts of the council are told to everybody.
pub fn encode_acts(acts: &[Vec<u8>]) -> Vec<u8> {
    message(3, &(buffers::<ACTS_PER_MESSAGE_MAX>(acts),))
}

/// Returns the bytes by which an application is told to everybody.
pub fn encode_application(card: &[u8]) -> Vec<u8> {
    message(4, &(ByteBuf::from(card),))
}

impl ForkProof {
    /// Returns the bytes to send.
    pub fn encode(&self) -> Vec<u8> {
        let [one, other] = &self.heads;
        let statements = buffers::<STATEMENTS_MAX>(&self.statements);
        message(2, &(statements, ByteBuf::from(&**one), ByteBuf::from(&**other)))
    }
}

impl Announcement {
    /// Returns the bytes to send.
    pub fn encode(&self) -> Vec<u8> {
        let statements = buffers::<STATEMENTS_MAX>(&self.statements);
        let records = buffers::<RECORDS_PER_PAGE_MAX>(&self.records);
        message(1, &(statements, ByteBuf::from(&*self.head), records))
    }

    /// Reads an announcement.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        match Gossip::decode(bytes)? {
            Gossip::Announcement(announcement) => Ok(announcement),
            Gossip::Fork(_) | Gossip::Acts(_) | Gossip::Application(_) => {
                Err(CodecError::Invalid("gossip of another kind"))
            }
        }
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
            Self::Map { agency, after } => message(5, &(agency, after.epoch, after.seq)),
            Self::Records { agency, positions } => {
                message(6, &(agency, ByteBuf::from(runs::encode(positions))))
            }
            Self::Membership(question) => [vec![7], question.encode()].concat(),
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
            5 => read(fields)
                .map(|(agency, epoch, seq)| Self::Map { agency, after: Position { epoch, seq } }),
            6 => {
                let (agency, positions): (AgencyId, ByteBuf) = read(fields)?;
                let positions = runs::decode(&positions, POSITIONS_PER_REQUEST_MAX)?;
                Ok(Self::Records { agency, positions })
            }
            7 => membership::Question::decode(fields).map(Self::Membership),
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
                    .map(|one| {
                        (buffers::<STATEMENTS_MAX>(&one.statements), ByteBuf::from(&*one.head))
                    })
                    .collect();
                message(4, &(heads,))
            }
            Self::Page(page) => {
                let records = buffers::<RECORDS_PER_PAGE_MAX>(&page.records);
                message(5, &(ByteBuf::from(&*page.head), records, page.more))
            }
            Self::NotReady => message(6, &()),
            Self::Map { head, positions, more } => {
                let positions = ByteBuf::from(runs::encode(positions));
                message(7, &(ByteBuf::from(&**head), positions, more))
            }
            Self::Records { head, records } => {
                let records = buffers::<RECORDS_PER_PAGE_MAX>(records);
                message(8, &(ByteBuf::from(&**head), records))
            }
            Self::Membership(answer) => [vec![9], answer.encode()].concat(),
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
                let (heads,): (List<(Statements, ByteBuf), HEADS_PER_MESSAGE_MAX>,) = read(fields)?;
                let heads = heads.0.into_iter().map(|(statements, head)| AgencyHead {
                    statements: vectors(statements),
                    head: head.into_vec(),
                });
                Ok(Self::Heads(heads.collect()))
            }
            5 => read(fields).map(|(head, records, more): (ByteBuf, Records, bool)| {
                Self::Page(Page { head: head.into_vec(), records: vectors(records), more })
            }),
            6 => read(fields).map(|()| Self::NotReady),
            7 => {
                let (head, positions, more): (ByteBuf, ByteBuf, bool) = read(fields)?;
                let positions = runs::decode(&positions, POSITIONS_PER_MAP_MAX)?;
                Ok(Self::Map { head: head.into_vec(), positions, more })
            }
            8 => read(fields).map(|(head, records): (ByteBuf, Records)| Self::Records {
                head: head.into_vec(),
                records: vectors(records),
            }),
            9 => membership::Answer::decode(fields).map(Self::Membership),
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

/// A list that is read no further than the most it may have: an empty byte
/// string takes one byte on the wire and 24 in memory.
#[derive(Serialize)]
#[serde(transparent)]
struct List<T, const MAX: usize>(Vec<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Bounded(PhantomData))
    }
}

struct Bounded<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Bounded<T, MAX> {
    type Value = List<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MAX}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            if items.len() >= MAX {
                return Err(A::Error::invalid_length(items.len() + 1, &self));
            }
            items.push(item);
        }
        Ok(List(items))
    }
}

type Records = List<ByteBuf, RECORDS_PER_PAGE_MAX>;
type Statements = List<ByteBuf, STATEMENTS_MAX>;

fn buffers<const MAX: usize>(list: &[Vec<u8>]) -> List<ByteBuf, MAX> {
    List(list.iter().cloned().map(ByteBuf::from).collect())
}

fn vectors<const MAX: usize>(list: List<ByteBuf, MAX>) -> Vec<Vec<u8>> {
    list.0.into_iter().map(ByteBuf::into_vec).collect()
}
