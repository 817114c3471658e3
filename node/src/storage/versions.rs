//! The records that an entity had before its newest, as far as this node saw
//! them: not the records themselves, which are gone, but what names them.
//!
//! Kept beside the catalogue and no part of it: nodes that came later have seen
//! less, and nothing is replicated from here.

use dela_protocol::id::RecordId;
use dela_protocol::record::{Position, Record};
use dela_protocol::time::Timestamp;

use super::tables::{self, TableError};

/// How many are kept of an entity: a dataset that is described anew every day
/// shows three weeks, in one kilobyte.
pub(super) const KEPT_MAX: usize = 20;

/// The bytes of one: a position, a time and a record id.
const BYTES: usize = 12 + 8 + RecordId::BYTES;

/// A record that another one replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// Where it stood.
    pub position: Position,
    /// When its agency says it was signed.
    pub issued_at: Timestamp,
    /// Its id.
    pub record: RecordId,
}

impl Version {
    /// Returns what names a record.
    pub(super) fn of(record: &Record) -> Self {
        let (position, issued_at) = (record.position(), record.issued_at());
        Self { position, issued_at, record: record.id() }
    }

    fn encode(&self, value: &mut Vec<u8>) {
        value.extend(tables::position_value(self.position));
        value.extend(self.issued_at.as_millis().to_be_bytes());
        value.extend(self.record.as_bytes());
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (position, rest) = bytes.split_at_checked(12)?;
        let (time, record) = rest.split_first_chunk::<8>()?;
        Some(Self {
            position: tables::read_position(position).ok()?,
            issued_at: Timestamp::from_millis(u64::from_be_bytes(*time)),
            record: RecordId::from_bytes(record.try_into().ok()?),
        })
    }
}

/// Returns the value under which versions are kept: by position, only the newest
/// of them.
pub(super) fn encode(mut versions: Vec<Version>) -> Vec<u8> {
    versions.sort_unstable_by_key(|version| version.position);
    versions.dedup();
    let passed_over = versions.len().saturating_sub(KEPT_MAX);
    let mut value = Vec::with_capacity(versions.len() * BYTES);
    for version in versions.iter().skip(passed_over) {
        version.encode(&mut value);
    }
    value
}

/// Reads versions, the newest last.
pub(super) fn decode(value: &[u8]) -> Result<Vec<Version>, TableError> {
    let versions = value.chunks(BYTES).map(Version::decode).collect::<Option<_>>();
    versions.ok_or_else(|| tables::damaged("the earlier versions of an entity"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(seq: u64) -> Version {
        let record = RecordId::from_bytes([u8::try_from(seq).unwrap(); RecordId::BYTES]);
        let position = Position { epoch: 1, seq };
        Version { position, issued_at: Timestamp::from_millis(seq * 1_000), record }
    }

    #[test]
    fn the_newest_are_kept_in_order_and_each_once() {
        let some = vec![version(3), version(1), version(3)];
        assert_eq!(decode(&encode(some)).unwrap(), [version(1), version(3)]);
        let many = decode(&encode((0..60).map(version).collect())).unwrap();
        assert_eq!(many.len(), KEPT_MAX);
        assert_eq!(many.last(), Some(&version(59)));
        assert_eq!(decode(&[]).unwrap(), []);
        assert!(decode(&[1; 7]).is_err());
    }
}
