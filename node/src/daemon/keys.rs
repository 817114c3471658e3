//! `delad keys`: which keys a data folder has, and how they are kept.
//!
//! Invariant: no secret is printed. All files change together, so that there is
//! never a folder of which half opens with one passphrase and half with another.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use dela_protocol::agency::{Agency, Change};

use crate::config::Config;
use crate::identity::{self, Identity, IdentityError};
use crate::key_file::{self, FileSet, KeyFileError, Passphrase};
use crate::storage::{self, StoreError};

/// What is done to the keys.
#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Encrypt the agency's keys with a passphrase, or change the passphrase
    ///
    /// The node must be stopped. Keys that are encrypted already are opened with the
    /// passphrase they have (`--passphrase-file`, or asked for) and encrypted again.
    Encrypt {
        /// A file with the new passphrase; where it is not given, `--passphrase-file`
        /// encrypts what is not encrypted yet, and else the new one is asked for
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
    /// Keep the agency's keys without a passphrase again; the node must be stopped
    Decrypt,
}

/// Why nothing was shown or changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeysError {
    /// The agency's identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The data folder.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A folder without an agency.
    #[error("there is no agency in {0} yet: the first start of delad makes one")]
    None(PathBuf),
}

/// Does it, and returns what to tell.
pub(super) fn run(config: &Config, what: Option<&KeysCommand>) -> Result<String, KeysError> {
    if !Identity::exists(&config.data) {
        return Err(KeysError::None(config.data.clone()));
    }
    match what {
        None => show(config),
        Some(KeysCommand::Encrypt { new_passphrase_file }) => {
            encrypt(config, new_passphrase_file.as_deref())
        }
        Some(KeysCommand::Decrypt) => decrypt(config),
    }
}

/// Lists the keys; those that are encrypted are opened where that takes no asking.
fn show(config: &Config) -> Result<String, KeysError> {
    let folder = &config.data;
    let passphrase = config.passphrase_file.as_deref().map(Passphrase::read).transpose()?;
    let agency = identity::stated(folder)?;
    let mut text = format!("agency {}\n", agency.id());
    for name in key_file::names(folder)? {
        let path = folder.join(&name);
        let kept = if key_file::is_encrypted(&path)? { "encrypted" } else { "not encrypted" };
        let public = match key_file::read(&path, passphrase.as_ref()) {
            Ok(key) => key.public().to_string(),
            Err(KeyFileError::Locked { .. }) if name == identity::AGENCY_KEY => {
                format!("{} (as stated; not opened)", agency.current().key)
            }
            Err(KeyFileError::Locked { .. }) => "not opened: no --passphrase-file".to_owned(),
            Err(KeyFileError::WrongPassphrase { .. }) => {
                "does not open with this passphrase".to_owned()
            }
            Err(error) => error.to_string(),
        };
        let _ = writeln!(text, "{name:<20} {kept:<13} {public}");
    }
    text.push_str(&statements(&agency));
    Ok(text)
}

/// Tells what the agency has stated, and who can recover it.
pub(super) fn statements(agency: &Agency) -> String {
    let mut text = String::new();
    for (number, (keys, change)) in agency.history().enumerate() {
        let what = match change {
            Change::Inception => "inception",
            Change::Rotation => "rotation",
            Change::Recovery => "recovery",
        };
        let at = keys.issued_at;
        let _ = writeln!(text, "statement {number} {what:<9} {at} key {}", keys.key);
    }
    let now = agency.current();
    if now.recovery_keys.is_empty() {
        text.push_str("no recovery keys: if the keys are lost, so is the agency\n");
        return text;
    }
    let _ = writeln!(
        text,
        "recovery takes {} of these {} keys:",
        now.recovery_threshold,
        now.recovery_keys.len()
    );
    for key in &now.recovery_keys {
        let _ = writeln!(text, "  {key}");
    }
    text
}

/// The keys that speak for the agency: all but the one that names the node.
fn of_the_agency(folder: &Path) -> Result<Vec<String>, KeyFileError> {
    let mut names = key_file::names(folder)?;
    names.retain(|name| name != identity::NODE_KEY);
    Ok(names)
}

fn encrypt(config: &Config, new_file: Option<&Path>) -> Result<String, KeysError> {
    let folder = &config.data;
    let _alone = storage::hold(&folder.join("store"))?;
    key_file::finish(folder)?;
    let before = Passphrase::of_folder(folder, config.passphrase_file.as_deref())?;
    let names = of_the_agency(folder)?;
    let mut is_any_plain = false;
    for name in &names {
        is_any_plain |= !key_file::is_encrypted(&folder.join(name))?;
    }
    let after = match (new_file, &before) {
        (Some(file), _) => Passphrase::read(file)?,
        (None, Some(given)) if config.passphrase_file.is_some() && is_any_plain => given.clone(),
        (None, _) => {
            Passphrase::ask_for_new("New passphrase for the keys: ")?.ok_or(KeyFileError::Empty)?
        }
    };
    rewrite(folder, &names, before.as_ref(), Some(&after))?;
    Ok(format!(
        "{} keys are encrypted. Without the passphrase they are lost: keep it where the machine is \
         not.\nCopies of the data folder from before still have them as they were.\n",
        names.len()
    ))
}

fn decrypt(config: &Config) -> Result<String, KeysError> {
    let folder = &config.data;
    let _alone = storage::hold(&folder.join("store"))?;
    key_file::finish(folder)?;
    let before = Passphrase::of_folder(folder, config.passphrase_file.as_deref())?;
    let names = of_the_agency(folder)?;
    rewrite(folder, &names, before.as_ref(), None)?;
    let is_set = config.passphrase_file.is_some();
    let new = "New keys are encrypted as long as `passphrase_file` is set.\n";
    let set = if is_set { new } else { "" };
    Ok(format!("{} keys are not encrypted any more.\n{set}", names.len()))
}

/// Writes all keys anew. Nothing is written unless all can be opened.
fn rewrite(
    folder: &Path,
    names: &[String],
    before: Option<&Passphrase>,
    after: Option<&Passphrase>,
) -> Result<(), KeysError> {
    let mut files = FileSet::default();
    for name in names {
        let key = key_file::read(&folder.join(name), before)?;
        files.add_secret(name, key_file::to_text(&key, after)?.as_bytes());
    }
    Ok(files.put(folder)?)
}

#[cfg(test)]
mod tests {
    use dela_protocol::time::Timestamp;

    use super::*;

    /// A data folder with an agency, and files with two passphrases.
    struct Machine {
        folder: tempfile::TempDir,
    }

    impl Machine {
        fn new() -> Self {
            let machine = Self { folder: tempfile::tempdir().unwrap() };
            for name in ["one", "two"] {
                key_file::write(&machine.file(name), format!("{name}\n").as_bytes(), 0o600)
                    .unwrap();
            }
            machine.open(None).unwrap();
            machine
        }

        fn file(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn data(&self) -> PathBuf {
            self.file("data")
        }

        fn config(&self, passphrase: Option<&str>) -> Config {
            let passphrase_file = passphrase.map(|name| self.file(name));
            Config { data: self.data(), passphrase_file, ..Config::default() }
        }

        fn open(&self, passphrase: Option<&str>) -> Result<Identity, IdentityError> {
            let file = passphrase.map(|name| self.file(name));
            Identity::open(&self.data(), false, file.as_deref(), Timestamp::default())
        }

        fn encrypt(
            &self,
            passphrase: Option<&str>,
            new: Option<&str>,
        ) -> Result<String, KeysError> {
            let new_passphrase_file = new.map(|name| self.file(name));
            run(&self.config(passphrase), Some(&KeysCommand::Encrypt { new_passphrase_file }))
        }

        fn state(&self) -> Vec<(String, Vec<u8>)> {
            let names = key_file::names(&self.data()).unwrap();
            names
                .into_iter()
                .map(|name| (name.clone(), std::fs::read(self.data().join(name)).unwrap()))
                .collect()
        }
    }

    #[test]
    fn keys_are_encrypted_get_another_passphrase_and_are_decrypted() {
        let machine = Machine::new();
        let first = machine.open(None).unwrap();
        machine.encrypt(Some("one"), None).unwrap();
        assert!(machine.open(Some("two")).is_err());
        assert_eq!(machine.open(Some("one")).unwrap().agency, first.agency);
        machine.encrypt(Some("one"), Some("two")).unwrap();
        assert!(machine.open(Some("one")).is_err());
        let opened = machine.open(Some("two")).unwrap();
        assert_eq!(opened.council.public(), first.council.public());
        run(&machine.config(Some("two")), Some(&KeysCommand::Decrypt)).unwrap();
        assert_eq!(machine.open(None).unwrap().key.public(), first.key.public());
    }

    #[test]
    fn with_a_wrong_passphrase_nothing_is_changed() {
        let machine = Machine::new();
        machine.encrypt(None, Some("one")).unwrap();
        let before = machine.state();
        for refused in [
            machine.encrypt(Some("two"), Some("one")),
            run(&machine.config(Some("two")), Some(&KeysCommand::Decrypt)),
            machine.encrypt(Some("none"), Some("one")),
            machine.encrypt(Some("one"), Some("none")),
        ] {
            refused.unwrap_err();
            assert_eq!(machine.state(), before);
        }
    }

    #[test]
    fn what_is_shown_is_public() {
        let machine = Machine::new();
        let identity = machine.open(None).unwrap();
        machine.encrypt(Some("one"), None).unwrap();
        for passphrase in [None, Some("one"), Some("two")] {
            let text = run(&machine.config(passphrase), None).unwrap();
            assert!(text.contains(&identity.agency.id().to_string()), "{text}");
            for key in [&identity.key, &identity.council, &identity.node] {
                let secret = data_encoding::HEXLOWER.encode(&key.to_bytes());
                assert!(!text.contains(&secret));
            }
            let is_open = text.contains(&identity.council.public().to_string());
            assert_eq!(is_open, passphrase == Some("one"), "{text}");
            assert!(text.contains("no recovery keys"), "{text}");
        }
    }
}
