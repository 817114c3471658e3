//! The acts of the federation's council, in a file of its own: they must survive
//! the store, since the first node of a federation has nobody to ask for its
//! charter.
//!
//! Invariant: what was added is on the disk before [`Acts::add`] returns. The
//! file is only added to; an act whose writing was cut short is not there, and
//! every act is verified by itself when it is read.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::high_water::{replace, sync_folder};

/// Says what the file is, and in which version.
const MAGIC: &[u8; 8] = b"delaac\0\x01";

/// The file of acts.
#[derive(Debug)]
pub(super) struct Acts {
    path: PathBuf,
}

impl Acts {
    /// The file beside the high-water mark.
    pub(super) fn beside(high_water: &Path) -> Self {
        Self { path: high_water.with_file_name("council-acts") }
    }

    /// Returns the acts in the order in which they were added.
    pub(super) fn read(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        match fs::read(&self.path) {
            Ok(bytes) => split(&bytes).ok_or_else(|| self.foreign()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(StoreError::io(&self.path, error)),
        }
    }

    /// Writes the first acts, in place of whatever is there.
    pub(super) fn begin(&self, acts: &[Vec<u8>]) -> Result<(), StoreError> {
        self.replace(acts).map_err(|error| StoreError::io(&self.path, error))
    }

    /// Adds acts; they are durable when this returns.
    pub(super) fn add(&self, acts: &[Vec<u8>]) -> Result<(), StoreError> {
        self.append(acts).map_err(|error| StoreError::io(&self.path, error))
    }

    fn append(&self, acts: &[Vec<u8>]) -> io::Result<()> {
        // What an earlier writing left cut short would hide all that follows.
        let kept = match fs::read(&self.path) {
            Ok(bytes) => split(&bytes).map_or(0, |kept| length(&kept)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return self.replace(acts);
            }
            Err(error) => return Err(error),
        };
        let mut file = OpenOptions::new().append(true).open(&self.path)?;
        file.set_len(kept)?;
        file.write_all(&joined(acts))?;
        file.sync_all()?;
        sync_folder(self.path.parent().unwrap_or_else(|| Path::new(".")))
    }

    fn replace(&self, acts: &[Vec<u8>]) -> io::Result<()> {
        replace(&self.path, &[MAGIC.as_slice(), &joined(acts)].concat())
    }

    fn foreign(&self) -> StoreError {
        let what = "not a file of a council's acts; move it aside, and they come back from peers";
        StoreError::io(&self.path, io::Error::new(io::ErrorKind::InvalidData, what))
    }
}

fn joined(acts: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for act in acts {
        bytes.extend(u32::try_from(act.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(act);
    }
    bytes
}

fn length(acts: &[Vec<u8>]) -> u64 {
    u64::try_from(MAGIC.len() + joined(acts).len()).unwrap_or(u64::MAX)
}

/// Returns the acts in a file that are whole; `None` for another file.
fn split(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut acts = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let Some((act, after)) = after.split_at_checked(length) else { break };
        acts.push(act.to_vec());
        rest = after;
    }
    Some(acts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_are_kept_in_order_and_a_torn_one_goes() {
        let folder = tempfile::tempdir().unwrap();
        let acts = Acts::beside(&folder.path().join("high-water"));
        assert_eq!(acts.read().unwrap(), Vec::<Vec<u8>>::new());
        acts.add(&[b"one".to_vec(), b"two".to_vec()]).unwrap();
        let mut file = OpenOptions::new().append(true).open(&acts.path).unwrap();
        file.write_all(&[0, 0, 0, 9, b't']).unwrap();
        assert_eq!(acts.read().unwrap(), [b"one", b"two"]);
        acts.add(&[b"three".to_vec()]).unwrap();
        assert_eq!(acts.read().unwrap(), [b"one".as_slice(), b"two", b"three"]);
    }

    #[test]
    fn another_file_is_named_and_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let acts = Acts::beside(&folder.path().join("high-water"));
        fs::write(&acts.path, "något annat").unwrap();
        let error = acts.read().unwrap_err().to_string();
        assert!(error.contains("council-acts"), "{error}");
        assert_eq!(fs::read_to_string(&acts.path).unwrap(), "något annat");
    }
}
