//! A simulated node: its keys, its replica while it is up, its disk while it is
//! not, and what was acknowledged to its publisher.

use std::collections::{BTreeMap, BTreeSet};

use crate::agency::{Agency, Inception, Signer};
use crate::id::{AgencyId, EntityId, FederationId, NodeId, hash};
use crate::key::SecretKey;
use crate::record::{Position, Record};
use crate::replica::Replica;
use crate::store::{MemoryStore, Store as _};
use crate::time::Timestamp;

#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: NodeId,
    pub(super) agency: Agency,
    pub(super) signer: Signer,
    /// The replica while the node is up, its disk while it is down.
    pub(super) state: State,
    pub(super) starts: u64,
    /// When it is next woken.
    pub(super) wakes: Option<Timestamp>,
    /// Gossip already seen.
    pub(super) seen: BTreeSet<[u8; 32]>,
    /// Announcements being judged: where they came from, and their bytes.
    pub(super) judging: BTreeMap<u64, (usize, Vec<u8>)>,
    pub(super) next_token: u64,
    pub(super) heads: BTreeMap<AgencyId, Position>,
    /// What was acknowledged to the publisher: the last body per entity.
    pub(super) acknowledged: BTreeMap<EntityId, Option<Vec<u8>>>,
}

#[derive(Debug)]
pub(super) enum State {
    Up(Box<Replica<MemoryStore>>),
    Down(MemoryStore),
}

impl Node {
    /// Makes a node that is down and has nothing on its disk.
    pub(super) fn new(seed: u64, index: usize, federation: &FederationId, now: Timestamp) -> Self {
        let number = u64::try_from(index).unwrap_or(0).to_be_bytes();
        let secret = |what| SecretKey::from_bytes(&hash(what, &[&seed.to_be_bytes(), &number]));
        let key = secret("simulated agency");
        let inception = Inception {
            key: key.public(),
            next_key_commitment: secret("simulated next key").public().commitment(),
            recovery_threshold: 0,
            recovery_keys: Vec::new(),
            issued_at: now,
        };
        let agency = Agency::open(vec![inception.sign(&key, federation)], federation)
            .expect("an inception we have just signed");
        let signer = Signer::new(&agency, key).expect("the key of the inception");
        Self {
            id: NodeId::from_bytes(hash("simulated node", &[&number])),
            agency,
            signer,
            state: State::Down(MemoryStore::default()),
            starts: 0,
            wakes: None,
            seen: BTreeSet::new(),
            judging: BTreeMap::new(),
            next_token: 0,
            heads: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
        }
    }
}

pub(super) fn own_records(replica: &Replica<MemoryStore>, agency: &AgencyId) -> Vec<Record> {
    let Ok(records) = replica.store().records_after(agency, Position::START, usize::MAX);
    records
}
