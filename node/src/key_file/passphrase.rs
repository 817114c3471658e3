//! The passphrase of key files: from a file, or from whoever is at the terminal.
//!
//! Invariant: it never comes by an argument or by the environment, where others on
//! the machine can see it.

use core::fmt;
use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::{COMING, KeyFileError, at, is_encrypted, names, read_text};

/// What opens encrypted keys. It is wiped when it is dropped and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Returns this text as a passphrase, unless it is empty.
    pub fn new(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// Reads the passphrase in a file: all of it, without the end of the line.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let text = read_text(path, is_exposed).map_err(|error| match error {
            KeyFileError::File { path, source } => KeyFileError::PassphraseFile { path, source },
            error => error,
        })?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        Self::new(line).ok_or_else(|| KeyFileError::NoPassphrase { path: path.to_owned() })
    }

    /// Returns the passphrase for the keys in a data folder: that in `file`, where it
    /// is given; else, where any of the keys is encrypted, one that is asked for.
    pub(crate) fn of_folder(
        folder: &Path,
        file: Option<&Path>,
    ) -> Result<Option<Self>, KeyFileError> {
        if let Some(file) = file {
            return Self::read(file).map(Some);
        }
        for folder in [folder, &folder.join(COMING)] {
            for name in names(folder)? {
                let path = folder.join(name);
                if is_encrypted(&path)? {
                    let asked = format!("Passphrase for the keys in {}: ", folder.display());
                    return Self::ask_for(&path, &asked).map(Some);
                }
            }
        }
        Ok(None)
    }

    /// Asks for the passphrase of an encrypted key.
    pub(crate) fn ask_for(path: &Path, question: &str) -> Result<Self, KeyFileError> {
        let locked = || KeyFileError::Locked { path: path.to_owned() };
        if !is_at_a_terminal() {
            return Err(locked());
        }
        Self::ask(question)?.ok_or(KeyFileError::Empty)
    }

    /// Asks for a new passphrase, twice; `None` where nothing was typed.
    pub(crate) fn ask_for_new(question: &str) -> Result<Option<Self>, KeyFileError> {
        if !is_at_a_terminal() {
            return Err(KeyFileError::NoTerminal);
        }
        let Some(first) = Self::ask(question)? else { return Ok(None) };
        let second = Self::ask("The same again: ")?;
        if second.as_ref() == Some(&first) { Ok(second) } else { Err(KeyFileError::Different) }
    }

    fn ask(question: &str) -> Result<Option<Self>, KeyFileError> {
        let typed = rpassword::prompt_password(question).map(Zeroizing::new);
        Ok(Self::new(&typed.map_err(at(Path::new("the terminal")))?))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// Returns whether somebody can be asked.
pub(crate) fn is_at_a_terminal() -> bool {
    io::stdin().is_terminal()
}

/// A service manager hands out secrets in files of root's, and lets the service read
/// them by its group or by an access list, which shows as rights of the group. Root
/// could read everything anyway, so its files may have a group.
#[cfg(unix)]
fn is_exposed(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let allowed = if metadata.uid() == 0 { 0o740 } else { 0o700 };
    metadata.permissions().mode() & 0o777 & !allowed != 0
}

#[cfg(not(unix))]
fn is_exposed(_metadata: &fs::Metadata) -> bool {
    false
}
