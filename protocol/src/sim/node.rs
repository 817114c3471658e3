//! A simulated node: its keys, its replica while it is up, its disk while it is
//! not, its clock, and what it holds against others.

use std::collections::{BTreeMap, BTreeSet};

use super::disk::Disk;
use super::publisher::Offer;
use super::tally::Lie;
use crate::agency::{Agency, Keys, Signer};
use crate::head::{Head, Rank};
use crate::id::{AgencyId, EntityId, NodeId, hash};
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
    /// The key its agency began with.
    pub(super) first_key: SecretKey,
    /// Whether a thief signs with that.
    pub(super) is_robbed: bool,
    /// The lies it tells; an honest node tells none.
    pub(super) lies: Vec<Lie>,
    /// Whether another dishonest node publishes for the same agency.
    pub(super) has_twin: bool,
    /// The replica while the node is up, its disk while it is down.
    pub(super) state: State,
    pub(super) starts: u64,
    /// How far its clock is off, in milliseconds.
    pub(super) skew: i64,
    /// When it is next woken.
    pub(super) wakes: Option<Timestamp>,
    /// Gossip already seen, and when.
    pub(super) seen: BTreeMap<[u8; 32], Timestamp>,
    /// Announcements being judged: where they came from, and their bytes.
    pub(super) judging: BTreeMap<u64, (usize, Vec<u8>)>,
    pub(super) next_token: u64,
    /// Whom it cut off since it started.
    pub(super) cut: BTreeSet<NodeId>,
    /// An old copy of its disk.
    pub(super) copy: Option<MemoryStore>,
    /// What the checks remember of it while it is up.
    pub(super) shown: BTreeMap<AgencyId, Seen>,
    /// What was acknowledged to its publisher.
    pub(super) offers: BTreeMap<EntityId, Offer>,
    /// The newest position acknowledged to its publisher.
    pub(super) published: Position,
    /// What it lost when it last went down.
    pub(super) lost: Option<Loss>,
    pub(super) comeback: Comeback,
}

/// What the checks remember of one agency's catalogue at one node.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The newest head that was complete.
    pub(super) head: Option<Rank>,
    /// All heads that were complete, of an honest agency.
    pub(super) heads: Vec<Head>,
    /// The position of the record shown about each entity.
    pub(super) live: BTreeMap<EntityId, Position>,
    /// The head at which each entity was no longer shown.
    pub(super) gone: BTreeMap<EntityId, Position>,
}

impl Seen {
    /// Begins anew with a head whose set need not be there any more.
    pub(super) fn at(head: Option<&Head>) -> Self {
        Self { head: head.map(Head::rank), ..Self::default() }
    }
}

/// How a node came back from a loss it does not know of.
#[derive(Debug, Default)]
pub(super) struct Comeback {
    /// Whether it may have forgotten what it signed.
    pub(super) is_forgetful: bool,
    /// Honest peers that held more of its catalogue than it did, and how far.
    pub(super) knew: BTreeMap<usize, Position>,
    /// Honest peers that have answered it since.
    pub(super) answered: BTreeSet<usize>,
    /// Whether something that was acknowledged to its publisher may be nowhere.
    pub(super) is_bereft: bool,
}

#[derive(Debug)]
pub(super) enum State {
    Up(Box<Replica<Disk>>),
    Down(Box<Disk>),
}

/// What a crash costs, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Loss {
    /// What was not flushed.
    Unflushed,
    /// The disk, all but the high-water mark.
    Disk,
    /// What came after an old copy, which is put back.
    OldCopy,
    /// Everything but the keys.
    Everything,
}

impl Node {
    /// Makes a node that is down and has nothing on its disk. The number of its
    /// key is usually its own.
    pub(super) fn new(seed: u64, (number, key_number): (usize, usize), now: Timestamp) -> Self {
        let secret = |what| Self::secret(seed, what, key_number);
        let key = secret("simulated agency");
        let inception = Keys {
            key: key.public(),
            next_key_commitment: secret("simulated next key").public().commitment(),
            recovery_threshold: 0,
            recovery_keys: Vec::new(),
            issued_at: now,
        };
        let agency = Agency::open(vec![inception.sign_inception(&key)])
            .expect("an inception we have just signed");
        let signer = Signer::new(&agency, key.clone()).expect("the key of the inception");
        Self {
            id: NodeId::from_bytes(hash("simulated node", &[&bytes(number)])),
            first_key: key,
            is_robbed: false,
            agency,
            signer,
            lies: Vec::new(),
            has_twin: false,
            state: State::Down(Box::default()),
            starts: 0,
            skew: 0,
            wakes: None,
            seen: BTreeMap::new(),
            judging: BTreeMap::new(),
            next_token: 0,
            cut: BTreeSet::new(),
            copy: None,
            shown: BTreeMap::new(),
            offers: BTreeMap::new(),
            published: Position::START,
            lost: None,
            comeback: Comeback::default(),
        }
    }

    /// Returns a key of the agency of that number.
    pub(super) fn secret(seed: u64, what: &'static str, number: usize) -> SecretKey {
        SecretKey::from_bytes(&hash(what, &[&seed.to_be_bytes(), &bytes(number)]))
    }

    pub(super) fn is_honest(&self) -> bool {
        self.lies.is_empty()
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(self.state, State::Up(_))
    }

    pub(super) fn replica(&self) -> Option<&Replica<Disk>> {
        match &self.state {
            State::Up(replica) => Some(replica),
            State::Down(_) => None,
        }
    }

    pub(super) fn disk(&self) -> &Disk {
        match &self.state {
            State::Up(replica) => replica.store(),
            State::Down(disk) => disk,
        }
    }

    /// Takes the node down and lets `change` do something to its disk.
    pub(super) fn take_down(&mut self, change: impl FnOnce(&mut Disk)) {
        let placeholder = State::Down(Box::default());
        let mut disk = match core::mem::replace(&mut self.state, placeholder) {
            State::Up(replica) => Box::new(replica.into_store()),
            State::Down(disk) => disk,
        };
        change(&mut disk);
        self.state = State::Down(disk);
        self.judging.clear();
        self.seen.clear();
        self.cut.clear();
        self.shown.clear();
        self.wakes = None;
    }
}

fn bytes(number: usize) -> [u8; 8] {
    u64::try_from(number).unwrap_or(0).to_be_bytes()
}

/// Returns all records of an agency in a store.
pub(super) fn records_of<S: crate::store::Store>(store: &S, agency: &AgencyId) -> Vec<Record> {
    store.records_after(agency, Position::START, usize::MAX).unwrap_or_default()
}

/// Returns where an agency's complete set stands in a store, if it is complete.
pub(super) fn complete_at(store: &MemoryStore, agency: &AgencyId) -> Option<Position> {
    let Ok(catalogues) = store.catalogues();
    let catalogue = catalogues.into_iter().find(|one| one.id() == *agency)?;
    let head = catalogue.head.as_ref().filter(|head| catalogue.fulfils(head))?;
    Some(head.position())
}
