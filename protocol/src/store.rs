//! What a replica needs kept: the port to the disk.
//!
//! Invariant: a [`Batch`] is taken in whole or not at all, and what was flushed
//! survives. The same suite of checks ([`conformance`]) runs against every
//! store.

use crate::catalogue::Catalogue;
use crate::id::{AgencyId, EntityId};
use crate::record::{Position, Record};
use crate::time::Timestamp;

pub mod conformance;
mod memory;

pub use memory::MemoryStore;

/// What a replica needs kept.
///
/// All calls are synchronous: the replica has one owner, and a call is a lookup
/// or one transaction.
pub trait Store {
    /// Why the store could not answer.
    type Error: core::error::Error + Send + Sync + 'static;

    /// Returns the state of every agency's catalogue.
    fn catalogues(&self) -> Result<Vec<Catalogue>, Self::Error>;

    /// Returns where the newest record about `entity` stands, be it a
    /// withdrawal.
    fn position(
        &self,
        agency: &AgencyId,
        entity: &EntityId,
    ) -> Result<Option<Position>, Self::Error>;

    /// Returns the record at `position`.
    fn record(&self, agency: &AgencyId, position: Position) -> Result<Option<Record>, Self::Error>;

    /// Returns the records after `after`, in order of position, until they
    /// exceed `bytes_max`; at least one if there is one.
    fn records_after(
        &self,
        agency: &AgencyId,
        after: Position,
        bytes_max: usize,
    ) -> Result<Vec<Record>, Self::Error>;

    /// Returns the records after `after` that are [`Standing::Unverified`], in
    /// order of position, until they exceed `bytes_max`; at least one if there
    /// is one.
    fn unverified_after(
        &self,
        agency: &AgencyId,
        after: Position,
        bytes_max: usize,
    ) -> Result<Vec<Record>, Self::Error>;

    /// Returns the positions of all records of `agency`, in order.
    fn positions(&self, agency: &AgencyId) -> Result<Vec<Position>, Self::Error>;

    /// Returns the positions of the withdrawals of `agency` whose sequence
    /// number is at most `seq`, in order.
    fn withdrawals_through(
        &self,
        agency: &AgencyId,
        seq: u64,
    ) -> Result<Vec<Position>, Self::Error>;

    /// Takes in a batch, whole or not at all.
    fn commit(&mut self, batch: Batch) -> Result<(), Self::Error>;

    /// Returns how far the own agency's sequence is used.
    fn high_water(&self) -> Result<HighWater, Self::Error>;

    /// Keeps how far the own agency's sequence is used; durable when it
    /// returns.
    fn set_high_water(&mut self, mark: HighWater) -> Result<(), Self::Error>;

    /// Returns the acts of the federation's council that were kept, in the order
    /// in which they came.
    fn acts(&self) -> Result<Vec<Vec<u8>>, Self::Error>;

    /// Keeps acts of the federation's council; durable when it returns.
    ///
    /// Like the high-water mark they are kept apart from the records, so that
    /// they survive the loss of the store: the first node of a federation has
    /// nobody to ask for its charter.
    fn add_acts(&mut self, acts: &[Vec<u8>]) -> Result<(), Self::Error>;

    /// Makes everything committed so far durable.
    fn flush(&mut self) -> Result<(), Self::Error>;
}

/// What is known of a record's own signature.
///
/// Whatever its standing, a record counts in the digest of its set and is served
/// to peers; only a verified one is shown to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It was checked by the one rule and holds.
    Verified,
    /// It has yet to be checked. Where the catalogue is checked beyond the
    /// record's position ([`Catalogue::checked`]), it was verified meanwhile.
    Unverified,
    /// It does not hold, and yet the agency's head commits to it.
    Quarantined,
}

/// A change to one agency's catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// When the change is made, by this node's clock.
    pub at: Timestamp,
    /// The state of the catalogue after the change.
    pub catalogue: Catalogue,
    /// Positions whose records go. Where an entity's newest record goes, the
    /// entity is no longer known.
    pub remove: Vec<Position>,
    /// Records that come, after the removal, with what is known of them; each
    /// becomes the newest about its entity.
    pub put: Vec<(Record, Standing)>,
    /// Records that are held as unverified and were checked since, with all that
    /// stand before them ([`Catalogue::checked`] of the catalogue): those that
    /// hold can be shown from now on, the others are quarantined.
    pub judged: Vec<(Record, Standing)>,
}

impl Batch {
    /// Returns a change that touches no record.
    pub fn of(catalogue: Catalogue, at: Timestamp) -> Self {
        Self { at, catalogue, remove: Vec::new(), put: Vec::new(), judged: Vec::new() }
    }
}

/// How far the own agency's sequence is used.
///
/// Kept apart from the records, so that it survives the loss of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HighWater {
    /// No position up to this one may be signed again, whether or not anything
    /// was: written before signing.
    pub reserved: Position,
    /// The position of the last head that was flushed, and so may be known to
    /// others: written before it leaves the node. A store that holds less has
    /// lost data.
    pub published: Position,
}
