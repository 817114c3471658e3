//! Files that are put into a data folder all together, or none of them.
//!
//! They are written into a folder of their own, which then gets the name that says
//! it is complete. From that moment on they hold: whoever opens the data folder next
//! puts them in their places first, and needs no passphrase for it.

use std::fs;
use std::io;
use std::path::Path;

use super::{KeyFileError, at, write_draft};
use crate::storage::sync_folder;

/// The folder, in the data folder, of files that are complete.
pub(crate) const COMING: &str = "keys-coming";

/// The same, while it is being written.
const PARTIAL: &str = "keys-coming.partial";

/// What the files that are replaced are kept as, where they are kept.
const REPLACED: &str = "replaced";

/// Files that change together.
#[derive(Debug, Default)]
pub(crate) struct FileSet {
    /// Name, content and mode. An empty file stands for none.
    files: Vec<(String, zeroize::Zeroizing<Vec<u8>>, u32)>,
}

impl FileSet {
    /// Adds a file that only its owner may read.
    pub(crate) fn add_secret(&mut self, name: &str, content: &[u8]) {
        self.files.push((name.to_owned(), content.to_vec().into(), 0o600));
    }

    /// Adds a file that is no secret.
    pub(crate) fn add(&mut self, name: &str, content: &[u8]) {
        self.files.push((name.to_owned(), content.to_vec().into(), 0o644));
    }

    /// Lets a file go.
    pub(crate) fn remove(&mut self, name: &str) {
        self.files.push((name.to_owned(), Vec::new().into(), 0o600));
    }

    /// Keeps what the files in `folder` hold now under another name, where they are
    /// there and hold something else.
    pub(crate) fn keeping_what_they_replace(mut self, folder: &Path) -> Result<Self, KeyFileError> {
        let mut kept = Vec::new();
        for (name, content, _) in &self.files {
            let path = folder.join(name);
            match fs::read(&path).map(zeroize::Zeroizing::new) {
                Ok(before) if before != *content && !before.is_empty() => {
                    kept.push((format!("{name}.{REPLACED}"), before, 0o600));
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(KeyFileError::File { path, source }),
            }
        }
        self.files.extend(kept);
        Ok(self)
    }

    /// Puts the files into `folder`.
    ///
    /// # Errors
    ///
    /// When it cannot be done; all files are as they were then, or, where that is not
    /// so, will be as wanted when the folder is opened next.
    pub(crate) fn put(&self, folder: &Path) -> Result<(), KeyFileError> {
        finish(folder)?;
        let (partial, coming) = (folder.join(PARTIAL), folder.join(COMING));
        let write = || -> io::Result<()> {
            fs::create_dir_all(&partial)?;
            for (name, content, mode) in &self.files {
                write_draft(&partial.join(name), content, *mode)?;
            }
            sync_folder(&partial)?;
            fs::rename(&partial, &coming)?;
            sync_folder(folder)
        };
        if let Err(error) = write() {
            // Half of it is nothing to keep: there may be keys in it in the clear.
            drop(fs::remove_dir_all(&partial));
            return Err(at(&partial)(error));
        }
        finish(folder)
    }
}

/// Puts files in their places that are complete, and were not put there before the
/// power went; and removes what was not.
pub(crate) fn finish(folder: &Path) -> Result<(), KeyFileError> {
    let (partial, coming) = (folder.join(PARTIAL), folder.join(COMING));
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(at(&partial))?;
    }
    if !coming.exists() {
        return Ok(());
    }
    let place = || -> io::Result<()> {
        for entry in fs::read_dir(&coming)? {
            let entry = entry?;
            let target = folder.join(entry.file_name());
            if entry.metadata()?.len() > 0 {
                fs::rename(entry.path(), target)?;
                continue;
            }
            match fs::remove_file(target) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => fs::remove_file(entry.path())?,
            }
        }
        sync_folder(folder)?;
        fs::remove_dir(&coming)?;
        sync_folder(folder)
    };
    place().map_err(at(&coming))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> FileSet {
        let mut set = FileSet::default();
        set.add_secret("one.key", b"new one");
        set.add("two.cose", b"new two");
        set.remove("three.cose");
        set
    }

    fn text(folder: &Path, name: &str) -> Option<String> {
        fs::read_to_string(folder.join(name)).ok()
    }

    #[test]
    fn files_change_all_together() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("one.key"), "old one").unwrap();
        fs::write(folder.join("three.cose"), "old three").unwrap();
        set().keeping_what_they_replace(folder).unwrap().put(folder).unwrap();
        assert_eq!(text(folder, "one.key").as_deref(), Some("new one"));
        assert_eq!(text(folder, "two.cose").as_deref(), Some("new two"));
        assert_eq!(text(folder, "three.cose"), None);
        assert_eq!(text(folder, "one.key.replaced").as_deref(), Some("old one"));
        assert_eq!(text(folder, "three.cose.replaced").as_deref(), Some("old three"));
        assert!(!folder.join(COMING).exists() && !folder.join(PARTIAL).exists());
    }

    #[test]
    fn what_was_cut_short_before_it_was_complete_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("one.key"), "old one").unwrap();
        fs::create_dir(folder.join(PARTIAL)).unwrap();
        fs::write(folder.join(PARTIAL).join("one.key"), "half").unwrap();
        finish(folder).unwrap();
        assert!(!folder.join(PARTIAL).exists(), "half of it may be a key in the clear");
        assert_eq!(text(folder, "one.key").as_deref(), Some("old one"));
        set().put(folder).unwrap();
        assert_eq!(text(folder, "one.key").as_deref(), Some("new one"));
    }

    #[test]
    fn what_was_cut_short_after_that_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("one.key"), "old one").unwrap();
        fs::write(folder.join("three.cose"), "old three").unwrap();
        // One is in its place, the others are not.
        fs::create_dir(folder.join(COMING)).unwrap();
        fs::write(folder.join(COMING).join("two.cose"), "new two").unwrap();
        fs::write(folder.join(COMING).join("three.cose"), "").unwrap();
        finish(folder).unwrap();
        assert_eq!(text(folder, "two.cose").as_deref(), Some("new two"));
        assert_eq!(text(folder, "three.cose"), None);
        finish(folder).unwrap();
    }
}
