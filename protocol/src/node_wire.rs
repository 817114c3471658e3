//! How nodes tell each other which nodes there are: by comparing one digest of
//! all node records, then those of buckets, then fetching what is newer.
//!
//! A node only ever fetches; it never pushes. What comes was asked for, so the
//! size and the number of what a stranger can make us read is ours to choose.
//! A message is one byte that says its kind, followed by the CBOR of its fields.
//!
//! Invariant: as in [`wire`](crate::wire), reading is bounded and checks no
//! signature, and where two nodes hold the same records, nothing but two digests
//! is sent.

use core::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

use crate::codec::{self, CodecError};
use crate::id::{Digest, NodeId, NodeRecordId, hash};
use crate::limits::{
    NODE_MESSAGE_BYTES_MAX, NODE_RECORDS_PER_MESSAGE_MAX, NODES_MAX, NODES_REQUEST_BYTES_MAX,
};
use crate::node_record::NodeRecord;
use crate::time::Timestamp;

/// The name and version of the protocol, followed on the network by the
/// federation id.
pub const PROTOCOL: &str = "/dela/peers/2";

/// The number of buckets that nodes are divided into when roots differ.
pub const BUCKETS: usize = 256;

/// What one node asks another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodesRequest {
    /// "This is the digest of all node records I would tell you. Is it yours?"
    Compare {
        /// The root of the one who asks.
        root: Digest,
    },
    /// "Give me what you have in these buckets that is newer than this."
    Newer {
        /// The buckets: the first byte of the node ids in them.
        buckets: Vec<u8>,
        /// What the one who asks has there, at most [`NODES_MAX`].
        known: Vec<Known>,
    },
}

/// What one node answers another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodesResponse {
    /// To `Compare`: "The same as yours."
    Same,
    /// To `Compare`: "Not the same; these are the digests of my buckets."
    Buckets(Vec<[u8; 8]>),
    /// To `Newer`.
    Records {
        /// Signed node records.
        records: Vec<Vec<u8>>,
        /// Whether there are more than fit.
        more: bool,
    },
}

/// A node record in short: the first bytes of the node's id, when it was signed,
/// and the first bytes of its own id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known(pub ByteArray<8>, pub Timestamp, pub ByteArray<8>);

impl Known {
    /// Returns a record in short.
    pub fn of(record: &NodeRecord) -> Self {
        let id = first_eight(record.id().as_bytes());
        Self(name(&record.node()), record.issued_at(), ByteArray::new(id))
    }

    /// Whether `record` is newer than this one, which is of the same node.
    pub fn is_older_than(&self, record: &NodeRecord) -> bool {
        let other = Self::of(record);
        (self.1, self.2.as_slice()).cmp(&(other.1, other.2.as_slice())) == Ordering::Less
    }
}

/// Returns the name of a node in a [`Known`].
pub fn name(node: &NodeId) -> ByteArray<8> {
    ByteArray::new(first_eight(node.as_bytes()))
}

/// Returns the bucket that a node is in.
pub fn bucket(node: &NodeId) -> u8 {
    let [first, ..] = node.as_bytes();
    *first
}

fn first_eight(bytes: &[u8; 32]) -> [u8; 8] {
    bytes.first_chunk().copied().unwrap_or_default()
}

/// Returns the digests of the buckets of node records, given in the order of
/// the nodes' ids; zeros for an empty one.
pub fn bucket_digests<'a>(
    records: impl Iterator<Item = (&'a NodeId, &'a NodeRecordId)>,
) -> Vec<[u8; 8]> {
    let mut parts: Vec<Vec<&[u8]>> = vec![Vec::new(); BUCKETS];
    for (node, id) in records {
        if let Some(parts) = parts.get_mut(usize::from(bucket(node))) {
            parts.extend([node.as_bytes().as_slice(), id.as_bytes()]);
        }
    }
    let digest = |parts: Vec<&[u8]>| {
        if parts.is_empty() {
            return [0; 8];
        }
        first_eight(&hash("dela 1 node bucket", &parts))
    };
    parts.into_iter().map(digest).collect()
}

/// Returns the digest of all node records, from the digests of their buckets.
pub fn root(buckets: &[[u8; 8]]) -> Digest {
    Digest::from_bytes(hash("dela 1 node root", &[buckets.as_flattened()]))
}

impl NodesRequest {
    /// Returns the bytes to send.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Compare { root } => message(1, &(root,)),
            Self::Newer { buckets, known } => message(2, &(ByteBuf::from(&**buckets), known)),
        }
    }

    /// Reads a request.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let (kind, fields) = split(bytes)?;
        match kind {
            1 => {
                codec::decode(fields, NODES_REQUEST_BYTES_MAX).map(|(root,)| Self::Compare { root })
            }
            2 => {
                let (buckets, known): (ByteBuf, Vec<Known>) =
                    codec::decode(fields, NODES_REQUEST_BYTES_MAX)?;
                at_most(buckets.len(), BUCKETS)?;
                at_most(known.len(), NODES_MAX)?;
                Ok(Self::Newer { buckets: buckets.into_vec(), known })
            }
            _ => Err(CodecError::Invalid("a request of a kind this version does not know")),
        }
    }
}

impl NodesResponse {
    /// Returns the bytes to send.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Same => message(1, &()),
            Self::Buckets(buckets) => message(2, &(ByteBuf::from(buckets.as_flattened()),)),
            Self::Records { records, more } => {
                let records: Vec<_> = records.iter().cloned().map(ByteBuf::from).collect();
                message(3, &(records, more))
            }
        }
    }

    /// Reads a response.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let (kind, fields) = split(bytes)?;
        match kind {
            1 => codec::decode(fields, NODE_MESSAGE_BYTES_MAX).map(|()| Self::Same),
            2 => {
                let (buckets,): (ByteBuf,) = codec::decode(fields, NODE_MESSAGE_BYTES_MAX)?;
                match buckets.as_chunks::<8>() {
                    (chunks, []) if chunks.len() == BUCKETS => Ok(Self::Buckets(chunks.to_vec())),
                    _ => Err(CodecError::Invalid("another number of buckets than there are")),
                }
            }
            3 => {
                let (records, more): (Vec<ByteBuf>, bool) =
                    codec::decode(fields, NODE_MESSAGE_BYTES_MAX)?;
                at_most(records.len(), NODE_RECORDS_PER_MESSAGE_MAX)?;
                let records = records.into_iter().map(ByteBuf::into_vec).collect();
                Ok(Self::Records { records, more })
            }
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

fn at_most(count: usize, count_max: usize) -> Result<(), CodecError> {
    if count > count_max {
        return Err(CodecError::Invalid("a list longer than its limit"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_other_record_changes_the_root_and_one_bucket() {
        let nodes: Vec<NodeId> = (0..200).map(|n| NodeId::from_bytes([n; 32])).collect();
        let id = |n: u8| NodeRecordId::of(&[n]);
        let ids: Vec<NodeRecordId> = (0..200).map(id).collect();
        let before = bucket_digests(nodes.iter().zip(&ids));
        let mut changed = ids;
        changed[9] = id(250);
        let after = bucket_digests(nodes.iter().zip(&changed));
        assert_ne!(root(&before), root(&after));
        let differing: Vec<usize> = (0..BUCKETS).filter(|at| before[*at] != after[*at]).collect();
        assert_eq!(differing, [9]);
        assert_eq!(after[200], [0; 8], "an empty bucket");
    }

    #[test]
    fn lists_longer_than_their_limits_are_refused() {
        let known = Known(ByteArray::new([1; 8]), Timestamp::default(), ByteArray::new([2; 8]));
        let request = |count| NodesRequest::Newer { buckets: vec![1], known: vec![known; count] };
        assert!(NodesRequest::decode(&request(NODES_MAX).encode()).is_ok());
        assert!(NodesRequest::decode(&request(NODES_MAX + 1).encode()).is_err());
        let response = |count| NodesResponse::Records { records: vec![vec![0]; count], more: true };
        let (fits, more) = (NODE_RECORDS_PER_MESSAGE_MAX, NODE_RECORDS_PER_MESSAGE_MAX + 1);
        assert!(NodesResponse::decode(&response(fits).encode()).is_ok());
        assert!(NodesResponse::decode(&response(more).encode()).is_err());
    }
}
