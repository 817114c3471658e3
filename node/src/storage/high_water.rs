//! The high-water mark: how far the own sequence is used, in a file of its own.
//!
//! Invariant: the file is replaced whole and is on the disk before
//! [`write()`] returns. What cannot be read is an error and never counts as
//! zero: an agency that forgot the mark would sign two records for one
//! position.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use dela_protocol::record::Position;
use dela_protocol::store::HighWater;

use super::error::StoreError;

/// Says what the file is, and in which version.
const MAGIC: &[u8; 8] = b"delahw\0\x01";
const BODY_BYTES: usize = 8 + 2 * 12;
const FILE_BYTES: usize = BODY_BYTES + 32;

/// Reads the mark; that of an agency which never signed, where there is no
/// file.
pub(super) fn read(path: &Path) -> Result<HighWater, StoreError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(HighWater::default()),
        Err(error) => return Err(StoreError::io(path, error)),
    };
    decode(&bytes).map_err(|what| StoreError::HighWater { path: path.to_owned(), what })
}

/// Writes the mark of an agency at its first start here, unless there is one,
/// and returns the mark there is.
///
/// `is_known` says whether the agency was there before: then its mark was lost,
/// or never restored, and all that is known is that something was published.
pub(super) fn begin(path: &Path, is_known: bool) -> Result<HighWater, StoreError> {
    if !path.exists() {
        let first = Position { epoch: 0, seq: 1 };
        let unknown = HighWater { reserved: first, published: first };
        write(path, if is_known { unknown } else { HighWater::default() })?;
    }
    read(path)
}

/// Writes the mark; it is durable when this returns.
pub(super) fn write(path: &Path, mark: HighWater) -> Result<(), StoreError> {
    replace(path, &encode(mark)).map_err(|error| StoreError::io(path, error))
}

/// Replaces a file whole: after a crash at any moment, the old or the new
/// content is there.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(parent)?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let mut file = File::create(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    sync_folder(parent)
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(dir: &Path) -> io::Result<()> {
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    // Only Unix has folders that can be opened and synced.
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

fn encode(mark: HighWater) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for position in [mark.reserved, mark.published] {
        bytes.extend(position.epoch.to_be_bytes());
        bytes.extend(position.seq.to_be_bytes());
    }
    let checksum = blake3::hash(&bytes);
    bytes.extend(checksum.as_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Result<HighWater, String> {
    let Some((magic, _)) = bytes.split_first_chunk::<8>() else {
        return Err(format!("{} bytes instead of {FILE_BYTES}", bytes.len()));
    };
    let [known @ .., version] = MAGIC;
    let [name @ .., found] = magic;
    if name != known {
        return Err("it is some other file".to_owned());
    }
    if found > version {
        return Err(format!("version {found}, written by a newer delad"));
    }
    if bytes.len() != FILE_BYTES {
        return Err(format!("{} bytes instead of {FILE_BYTES}", bytes.len()));
    }
    let (body, checksum) = bytes.split_at(BODY_BYTES);
    if blake3::hash(body).as_bytes() != checksum {
        return Err("it does not have its checksum".to_owned());
    }
    let position = |at: usize| {
        let epoch = body.get(at..at + 4)?.try_into().ok()?;
        let seq = body.get(at + 4..at + 12)?.try_into().ok()?;
        Some(Position { epoch: u32::from_be_bytes(epoch), seq: u64::from_be_bytes(seq) })
    };
    match (position(8), position(20)) {
        (Some(reserved), Some(published)) => Ok(HighWater { reserved, published }),
        _ => Err("it is cut short".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: HighWater = HighWater {
        reserved: Position { epoch: 2, seq: 1 << 40 },
        published: Position { epoch: 1, seq: 77 },
    };

    #[test]
    fn a_known_agency_without_a_mark_has_published_nobody_knows_how_much() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("high-water");
        assert_eq!(begin(&path, false).unwrap(), HighWater::default());
        assert_eq!(begin(&path, true).unwrap(), HighWater::default());
        std::fs::remove_file(&path).unwrap();
        assert!(begin(&path, true).unwrap().published > Position::START);
    }

    #[test]
    fn the_mark_comes_back_and_a_missing_file_is_the_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep").join("high-water");
        assert_eq!(read(&path).unwrap(), HighWater::default());
        write(&path, MARK).unwrap();
        assert_eq!(read(&path).unwrap(), MARK);
    }

    #[test]
    fn a_draft_that_a_crash_left_behind_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("high-water");
        write(&path, MARK).unwrap();
        fs::write(dir.path().join("high-water.new"), b"half").unwrap();
        assert_eq!(read(&path).unwrap(), MARK);
        write(&path, HighWater::default()).unwrap();
        assert_eq!(read(&path).unwrap(), HighWater::default());
    }

    #[test]
    fn nothing_unreadable_counts_as_zero() {
        let whole = encode(MARK);
        for length in 0..whole.len() {
            assert!(decode(&whole[..length]).is_err(), "read from {length} bytes");
        }
        for index in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[index] ^= 0x10;
            assert!(decode(&flipped).is_err(), "read with byte {index} flipped");
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("high-water");
        fs::write(&path, &whole[..20]).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("restore the file from a backup"), "{error}");
    }
}
