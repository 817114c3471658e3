//! What of the book is told to whom, and what is asked for: the answers to the
//! exchange of node records, from what is held and nothing else.
//!
//! Invariant: a record is counted in a root and told only to a peer that every
//! address of it reaches, and only while it holds. Two nodes that see each other
//! the same way therefore have one root when they hold the same.

use std::collections::{BTreeMap, BTreeSet};

use dela_protocol::id::NodeId;
use dela_protocol::limits::NODE_RECORDS_PER_MESSAGE_MAX;
use dela_protocol::node_record::NodeRecord;
use dela_protocol::node_wire::{self, Known, NodesRequest, NodesResponse};
use dela_protocol::time::Timestamp;
use libp2p::Multiaddr;

use super::{Book, Entry, address};

impl Book {
    /// Returns the records to tell a peer seen at `listener`, in the order of
    /// the nodes' ids.
    fn told(&self, listener: &Multiaddr, now: Timestamp) -> Vec<&NodeRecord> {
        let near = address::reach(listener);
        let held = self.entries.values().filter_map(|entry| entry.record.as_ref());
        let mut told: Vec<_> = held
            .chain(&self.own_record)
            .filter(|held| near <= held.reach && held.record.check_time(now).is_ok())
            .map(|held| &held.record)
            .collect();
        told.sort_by_key(|record| record.node());
        told
    }

    fn digests(&self, listener: &Multiaddr, now: Timestamp) -> Vec<[u8; 8]> {
        let told = self.told(listener, now);
        let ids: Vec<_> = told.iter().map(|record| (record.node(), record.id())).collect();
        node_wire::bucket_digests(ids.iter().map(|(node, id)| (node, id)))
    }

    /// Asks a peer seen at `listener` whether it knows the same.
    pub(in super::super) fn compare(&self, listener: &Multiaddr, now: Timestamp) -> NodesRequest {
        NodesRequest::Compare { root: node_wire::root(&self.digests(listener, now)) }
    }

    /// Answers a peer seen at `listener`.
    pub(in super::super) fn answer(
        &self,
        request: &NodesRequest,
        listener: &Multiaddr,
        now: Timestamp,
    ) -> NodesResponse {
        match request {
            NodesRequest::Compare { root } => {
                let digests = self.digests(listener, now);
                if node_wire::root(&digests) == *root {
                    NodesResponse::Same
                } else {
                    NodesResponse::Buckets(digests)
                }
            }
            NodesRequest::Newer { buckets, known } => {
                let known: BTreeMap<&[u8], &Known> =
                    known.iter().map(|known| (known.0.as_slice(), known)).collect();
                let buckets: BTreeSet<u8> = buckets.iter().copied().collect();
                let lacks = |record: &&NodeRecord| {
                    let name = node_wire::name(&record.node());
                    buckets.contains(&node_wire::bucket(&record.node()))
                        && known
                            .get(name.as_slice())
                            .is_none_or(|known| known.is_older_than(record))
                };
                let mut lacked = self.told(listener, now).into_iter().filter(lacks);
                let records: Vec<_> = lacked
                    .by_ref()
                    .take(NODE_RECORDS_PER_MESSAGE_MAX)
                    .map(|record| record.bytes().to_vec())
                    .collect();
                NodesResponse::Records { records, more: lacked.next().is_some() }
            }
        }
    }

    /// Returns the buckets in which a peer seen at `listener` has something
    /// else.
    pub(in super::super) fn differing(
        &self,
        theirs: &[[u8; 8]],
        listener: &Multiaddr,
        now: Timestamp,
    ) -> Vec<u8> {
        let ours = self.digests(listener, now);
        let differ = theirs.iter().zip(&ours).zip(0..=u8::MAX);
        // What the peer has nothing of has nothing to give.
        differ
            .filter(|((theirs, ours), _)| theirs != ours && **theirs != [0; 8])
            .map(|(_, bucket)| bucket)
            .collect()
    }

    /// Asks for what is newer in these buckets than what is held. What is held
    /// and has ended is named too: the peer may have nothing newer either.
    pub(in super::super) fn ask_newer(&self, buckets: Vec<u8>) -> NodesRequest {
        let within = |node: &NodeId| buckets.contains(&node_wire::bucket(node));
        let held = self.entries.values().filter_map(Entry::record);
        let held = held.chain(self.own_record()).filter(|record| within(&record.node()));
        let known = held.map(Known::of).take(dela_protocol::limits::NODES_MAX).collect();
        NodesRequest::Newer { buckets, known }
    }
}
