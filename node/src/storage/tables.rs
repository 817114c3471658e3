//! The tables of the store, and the bytes of their keys and values.
//!
//! | table        | key                                  | value                                   |
//! | ------------ | ------------------------------------ | --------------------------------------- |
//! | `meta`       | name                                 | `origin`: 8 random bytes                |
//! | `agencies`   | agency id, 32                        | agency number, 4                        |
//! | `catalogues` | agency number, 4                     | [`Catalogue::encode`]                   |
//! | `records`    | agency number, 4; epoch, 4; seq, 8   | kind, 1; codec, 1; the record, packed   |
//! | `entities`   | entity id, 16; agency number, 4      | epoch, 4; seq, 8: the newest record     |
//! | `versions`   | entity id, 16; agency number, 4      | [earlier records](super::versions)      |
//! | `changes`    | number of the first change, 8        | time, 8; agency number, 4; entity ids   |
//!
//! All numbers are big-endian, so keys sort as numbers do. Agencies are
//! numbered as they come: a key of 16 bytes instead of 44, and records of one
//! agency arrive in the order of their keys, which the engine takes three times
//! faster than random order. What is known of a record's own signature stands in
//! the high bits of its codec. The kind stands outside the packed record so that
//! withdrawals are found without unpacking. The agency is part of an entity's
//! key because the id of an entity in a record of a later kind cannot be
//! checked: an agency that takes another's id must not hide the other's record.
//! Changes are kept by commit: the engine takes 150 bytes for the smallest
//! entry.
//!
//! Invariant: the tables change together, in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use dela_protocol::catalogue::Catalogue;
use dela_protocol::id::{AgencyId, EntityId, FederationId};
use dela_protocol::record::{Position, Record};
use dela_protocol::set_digest::SetDigest;
use dela_protocol::store::Standing;
use dela_protocol::time::Timestamp;

use super::compression;

/// The trees of the engine.
#[derive(Debug, Clone)]
pub(super) struct Tables {
    pub(super) db: sled::Db,
    pub(super) meta: sled::Tree,
    pub(super) agencies: sled::Tree,
    pub(super) catalogues: sled::Tree,
    pub(super) records: sled::Tree,
    pub(super) entities: sled::Tree,
    pub(super) versions: sled::Tree,
    pub(super) changes: sled::Tree,
}

/// Why a table could not be read: the engine, or bytes that we did not write.
#[derive(Debug)]
pub(super) enum TableError {
    /// The engine failed.
    Engine(sled::Error),
    /// The tables do not agree, or hold what we would not write.
    Damaged(String),
}

impl From<sled::Error> for TableError {
    fn from(error: sled::Error) -> Self {
        Self::Engine(error)
    }
}

/// How much a store was found to hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verified {
    /// Agencies.
    pub agencies: u64,
    /// Records, withdrawals included.
    pub records: u64,
}

/// Which agency has which number. Numbers are never given twice, and agencies
/// are not forgotten, so a copy in memory stays true: 100 bytes for each.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) numbers: BTreeMap<AgencyId, u32>,
    pub(super) ids: Vec<AgencyId>,
    /// The state of their catalogues, by number: reading one out of its table
    /// costs a signature.
    pub(super) catalogues: Vec<Arc<Catalogue>>,
    /// The number of the last change that may be followed: those after it may
    /// be in their table already, but not yet what they are to be read with.
    pub(super) last_change: u64,
}

impl Directory {
    /// Returns the number of an agency.
    pub(super) fn number(&self, agency: &AgencyId) -> Option<u32> {
        self.numbers.get(agency).copied()
    }

    /// Returns the agency of a number.
    pub(super) fn id(&self, number: u32) -> Option<AgencyId> {
        self.ids.get(usize::try_from(number).ok()?).copied()
    }

    /// Returns the number the next new agency gets.
    pub(super) fn next(&self) -> u32 {
        u32::try_from(self.ids.len()).unwrap_or(u32::MAX)
    }

    /// Adds an agency under the next number.
    pub(super) fn add(&mut self, agency: AgencyId) {
        self.numbers.insert(agency, self.next());
        self.ids.push(agency);
    }

    /// Returns the state of the catalogue of that number.
    pub(super) fn catalogue(&self, number: u32) -> Option<&Arc<Catalogue>> {
        self.catalogues.get(usize::try_from(number).ok()?)
    }

    /// Returns the state of an agency's catalogue.
    pub(super) fn of(&self, agency: &AgencyId) -> Option<&Arc<Catalogue>> {
        self.number(agency).and_then(|number| self.catalogue(number))
    }

    /// Takes the new state of the catalogue of that number, and lets the changes
    /// that led to it be followed.
    pub(super) fn set_catalogue(&mut self, number: u32, catalogue: Catalogue, last_change: u64) {
        self.last_change = last_change;
        let Ok(index) = usize::try_from(number) else { return };
        match self.catalogues.get_mut(index) {
            Some(held) => *held = Arc::new(catalogue),
            None => self.catalogues.push(Arc::new(catalogue)),
        }
    }
}

impl Tables {
    /// Opens all trees.
    pub(super) fn open(db: sled::Db) -> Result<Self, sled::Error> {
        Ok(Self {
            meta: db.open_tree("meta")?,
            agencies: db.open_tree("agencies")?,
            catalogues: db.open_tree("catalogues")?,
            records: db.open_tree("records")?,
            entities: db.open_tree("entities")?,
            versions: db.open_tree("versions")?,
            changes: db.open_tree("changes")?,
            db,
        })
    }

    /// Reads which agency has which number.
    pub(super) fn directory(&self) -> Result<Directory, TableError> {
        let mut pairs = Vec::new();
        for entry in &self.agencies {
            let (key, value) = entry?;
            let id = array(&key).map(AgencyId::from_bytes);
            let number = array(&value).map(u32::from_be_bytes);
            pairs.push((number.zip(id)).ok_or_else(|| damaged("an agency's number"))?);
        }
        pairs.sort_unstable();
        let mut directory = Directory::default();
        for (number, id) in pairs {
            if number != directory.next() {
                return Err(damaged("the numbers of the agencies have gaps"));
            }
            directory.add(id);
        }
        directory.last_change = self.last_commit()?.map_or(0, |commit| commit.last());
        Ok(directory)
    }

    /// Reads what is known of the catalogue of that number.
    pub(super) fn catalogue(
        &self,
        number: u32,
        federation: &FederationId,
    ) -> Result<Option<Catalogue>, TableError> {
        let Some(bytes) = self.catalogues.get(number.to_be_bytes())? else { return Ok(None) };
        Catalogue::decode(&bytes, federation)
            .map(Some)
            .map_err(|error| TableError::Damaged(format!("a catalogue cannot be read: {error}")))
    }

    /// Reads all small tables once, so that damage shows at the start; with
    /// `deep`, all records too, and whether they are those the catalogues count.
    pub(super) fn check(
        &self,
        directory: &mut Directory,
        federation: &FederationId,
        deep: bool,
    ) -> Result<Verified, TableError> {
        let mut verified = Verified::default();
        for (number, id) in (0..).zip(directory.ids.clone()) {
            let catalogue = self.catalogue(number, federation)?;
            let catalogue = catalogue.ok_or_else(|| damaged("an agency without a catalogue"))?;
            if catalogue.id() != id {
                return Err(damaged("a catalogue under another agency's number"));
            }
            verified.agencies += 1;
            let last_change = directory.last_change;
            directory.set_catalogue(number, catalogue.clone(), last_change);
            if deep {
                verified.records += self.check_catalogue(number, catalogue, federation)?;
            }
        }
        if self.catalogues.len() != directory.ids.len() {
            return Err(damaged("a catalogue without an agency"));
        }
        if deep {
            self.check_entities()?;
        }
        self.last_commit()?;
        Ok(verified)
    }

    /// Checks that the newest record of every entity is there.
    fn check_entities(&self) -> Result<(), TableError> {
        for entry in &self.entities {
            let (key, value) = entry?;
            let (entity, number) = key_entity(&key)?;
            let held = self.records.contains_key(record_key(number, read_position(&value)?))?;
            // A commit between the two lookups changes both.
            if !held && self.entities.get(entity_key(&entity, number))? == Some(value) {
                return Err(damaged("an entity whose record is missing"));
            }
        }
        Ok(())
    }

    /// Checks the records of a catalogue, which may change meanwhile.
    fn check_catalogue(
        &self,
        number: u32,
        mut catalogue: Catalogue,
        federation: &FederationId,
    ) -> Result<u64, TableError> {
        loop {
            let checked = self.check_records(number, &catalogue);
            let Err(TableError::Damaged(_)) = &checked else { return checked };
            let now = self.catalogue(number, federation)?;
            match now {
                Some(now) if now != catalogue => catalogue = now,
                Some(_) | None => return checked,
            }
        }
    }

    fn check_records(&self, number: u32, catalogue: &Catalogue) -> Result<u64, TableError> {
        let mut set = SetDigest::empty();
        let mut count = 0;
        for entry in self.records.scan_prefix(number.to_be_bytes()) {
            let (key, value) = entry?;
            let record = unpack(&value)?;
            if record_key(number, record.position())[..] != key[..]
                || record.agency() != catalogue.id()
            {
                return Err(damaged("a record in another record's place"));
            }
            set.add(&record.id());
            count += 1;
        }
        if set != catalogue.set || count != catalogue.live_count + catalogue.withdrawal_count {
            return Err(damaged("the records are not those the catalogue counts"));
        }
        Ok(count)
    }

    /// Reads where the newest record about an entity stands.
    pub(super) fn position(
        &self,
        number: u32,
        entity: &EntityId,
    ) -> Result<Option<Position>, TableError> {
        self.entities
            .get(entity_key(entity, number))?
            .map(|value| read_position(&value))
            .transpose()
    }

    /// Reads the record at a position.
    pub(super) fn record(
        &self,
        number: u32,
        position: Position,
    ) -> Result<Option<Record>, TableError> {
        self.records.get(record_key(number, position))?.map(|value| unpack(&value)).transpose()
    }

    /// Reads the record at a position, and what is known of its signature.
    pub(super) fn record_and_standing(
        &self,
        number: u32,
        position: Position,
    ) -> Result<Option<(Record, Standing)>, TableError> {
        let value = self.records.get(record_key(number, position))?;
        value.map(|value| Ok((unpack(&value)?, value_standing(&value)?))).transpose()
    }

    /// Returns the newest commit in the log of changes.
    pub(super) fn last_commit(&self) -> Result<Option<Commit>, TableError> {
        self.changes.last()?.map(|(key, value)| commit(&key, &value)).transpose()
    }
}

/// What one commit changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commit {
    /// The number of its first change.
    pub(super) first: u64,
    /// When it was made.
    pub(super) at: Timestamp,
    /// The number of the agency.
    pub(super) agency: u32,
    /// What changed; never empty.
    pub(super) entities: Vec<EntityId>,
}

impl Commit {
    /// Returns the number of its last change.
    pub(super) fn last(&self) -> u64 {
        self.first.saturating_add(u64::try_from(self.entities.len()).unwrap_or(0)) - 1
    }

    /// Returns the value under which it is kept.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut value = self.at.as_millis().to_be_bytes().to_vec();
        value.extend(self.agency.to_be_bytes());
        for entity in &self.entities {
            value.extend(entity.as_bytes());
        }
        value
    }

    fn decode(key: &[u8], value: &[u8]) -> Option<Self> {
        let (at, rest) = value.split_first_chunk::<8>()?;
        let (agency, rest) = rest.split_first_chunk::<4>()?;
        let (entities, []) = rest.as_chunks::<{ EntityId::BYTES }>() else { return None };
        let first = array(key).map(u64::from_be_bytes).filter(|first| *first > 0)?;
        (!entities.is_empty()).then(|| Self {
            first,
            at: Timestamp::from_millis(u64::from_be_bytes(*at)),
            agency: u32::from_be_bytes(*agency),
            entities: entities.iter().copied().map(EntityId::from_bytes).collect(),
        })
    }
}

/// Reads a commit in the log of changes.
pub(super) fn commit(key: &[u8], value: &[u8]) -> Result<Commit, TableError> {
    Commit::decode(key, value).ok_or_else(|| damaged("the log of changes"))
}

/// Returns the key of a record.
pub(super) fn record_key(number: u32, position: Position) -> [u8; 16] {
    let mut key = [0; 16];
    key[..4].copy_from_slice(&number.to_be_bytes());
    key[4..].copy_from_slice(&position_value(position));
    key
}

/// Reads the position out of the key of a record.
pub(super) fn key_position(key: &[u8]) -> Result<Position, TableError> {
    key.get(4..).map_or_else(|| Err(damaged("the key of a record")), read_position)
}

/// Returns the key of an entity.
pub(super) fn entity_key(entity: &EntityId, number: u32) -> [u8; 20] {
    let mut key = [0; 20];
    key[..16].copy_from_slice(entity.as_bytes());
    key[16..].copy_from_slice(&number.to_be_bytes());
    key
}

/// Reads the key of an entity.
pub(super) fn key_entity(key: &[u8]) -> Result<(EntityId, u32), TableError> {
    let (entity, number) = key.split_at_checked(16).ok_or_else(|| damaged("an entity's key"))?;
    array(entity)
        .map(EntityId::from_bytes)
        .zip(array(number).map(u32::from_be_bytes))
        .ok_or_else(|| damaged("an entity's key"))
}

/// Returns the value of an entity.
pub(super) fn position_value(position: Position) -> [u8; 12] {
    let mut value = [0; 12];
    value[..4].copy_from_slice(&position.epoch.to_be_bytes());
    value[4..].copy_from_slice(&position.seq.to_be_bytes());
    value
}

/// Reads the value of an entity.
pub(super) fn read_position(value: &[u8]) -> Result<Position, TableError> {
    let (epoch, seq) = value.split_at_checked(4).ok_or_else(|| damaged("a position"))?;
    match (array(epoch), array(seq)) {
        (Some(epoch), Some(seq)) => {
            Ok(Position { epoch: u32::from_be_bytes(epoch), seq: u64::from_be_bytes(seq) })
        }
        _ => Err(damaged("a position")),
    }
}

/// Bits of the codec that say that the record's own signature has yet to be
/// checked, or that it does not hold.
const UNVERIFIED: u8 = 0x80;
const QUARANTINED: u8 = 0x40;

/// Returns the value of a record.
pub(super) fn pack(
    packer: &mut compression::Packer,
    record: &Record,
    standing: Standing,
) -> Vec<u8> {
    let (codec, bytes) = packer.pack(record.bytes());
    let mut value = Vec::with_capacity(bytes.len() + 2);
    value.push(record.kind().number());
    value.push(
        codec
            | match standing {
                Standing::Verified => 0,
                Standing::Unverified => UNVERIFIED,
                Standing::Quarantined => QUARANTINED,
            },
    );
    value.extend(bytes);
    value
}

/// Reads what is known of a record's own signature out of its value.
pub(super) fn value_standing(value: &[u8]) -> Result<Standing, TableError> {
    let codec = value.get(1).ok_or_else(|| damaged("a record without bytes"))?;
    Ok(match codec & (UNVERIFIED | QUARANTINED) {
        0 => Standing::Verified,
        UNVERIFIED => Standing::Unverified,
        _ => Standing::Quarantined,
    })
}

/// Reads the kind, as a number, out of the value of a record.
pub(super) fn value_kind(value: &[u8]) -> Result<u8, TableError> {
    value.first().copied().ok_or_else(|| damaged("a record without bytes"))
}

/// Reads the value of a record.
pub(super) fn unpack(value: &[u8]) -> Result<Record, TableError> {
    let [_kind, codec, packed @ ..] = value else { return Err(damaged("a record without bytes")) };
    let codec = *codec & !(UNVERIFIED | QUARANTINED);
    let bytes = compression::unpack(codec, packed)
        .map_err(|error| TableError::Damaged(format!("a record cannot be unpacked: {error}")))?;
    Record::decode(bytes).map_err(|error| TableError::Damaged(error.to_string()))
}

/// Says that a table holds what we would not write.
pub(super) fn damaged(what: &str) -> TableError {
    TableError::Damaged(what.to_owned())
}

fn array<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_numbers_do() {
        let at = |epoch, seq| Position { epoch, seq };
        let places = [
            (0, at(0, 1)),
            (0, at(0, 256)),
            (0, at(1, 0)),
            (1, at(0, 0)),
            (256, at(0, 1)),
            (256, at(256, 1)),
        ];
        let keys: Vec<_> = places.iter().map(|(number, at)| record_key(*number, *at)).collect();
        assert!(keys.is_sorted());
        for ((_, position), key) in places.iter().zip(&keys) {
            assert_eq!(key_position(key).unwrap(), *position);
        }
    }

    #[test]
    fn a_commit_comes_back_and_what_is_no_commit_is_refused() {
        let commit = Commit {
            first: 7,
            at: Timestamp::from_millis(5),
            agency: 3,
            entities: vec![EntityId::from_bytes([1; 16]), EntityId::from_bytes([2; 16])],
        };
        let (key, value) = (commit.first.to_be_bytes(), commit.encode());
        assert_eq!(commit.last(), 8);
        assert_eq!(Commit::decode(&key, &value), Some(commit));
        assert_eq!(Commit::decode(&key, &value[..value.len() - 1]), None);
        assert_eq!(Commit::decode(&key, &value[..12]), None);
        assert_eq!(Commit::decode(&key[1..], &value), None);
    }
}
