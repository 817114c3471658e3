//! Who this node is: the keys and the inception statement in its data folder.
//!
//! `node.key` names the node on the network and can be replaced. `agency.key`
//! signs for the agency, `agency-next.key` is the key that is to follow it, and
//! `inception.cose` is the statement whose hash is the agency's id.
//! `rotation-1.cose` and those after it state that the next key was put in its
//! place; the key before is not kept, since with it and the present one a thief could
//! state another key in the place of the present one.
//! `council.key` votes for the agency where it has a seat on the council of its
//! federation. `token` lets clients write. The keys that speak for the agency may be
//! encrypted ([`crate::key_file`]); `node.key`, which can be replaced, never is.
//!
//! Invariant: nothing here is ever overwritten but by the same key in another form,
//! and secrets are readable by their owner alone. A folder with half an identity is
//! an error that says what to restore, never a new identity.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER as HEX;
use dela_protocol::agency::{Agency, AgencyError, Keys, RecoveryKeys, RecoveryKeysError, Signer};
use dela_protocol::key::SecretKey;
use dela_protocol::time::Timestamp;

use crate::key_file::{self, KeyFileError, Passphrase};

pub(crate) const NODE_KEY: &str = "node.key";
pub(crate) const AGENCY_KEY: &str = "agency.key";
pub(crate) const NEXT_KEY: &str = "agency-next.key";
pub(crate) const COMING_KEY: &str = "agency-coming.key";
const COUNCIL_KEY: &str = "council.key";
pub(crate) const INCEPTION: &str = "inception.cose";
const TOKEN: &str = "token";

/// Who this node is.
#[derive(Debug)]
pub struct Identity {
    /// The secret that names the node on the network.
    pub node: SecretKey,
    /// The agency it publishes for.
    pub agency: Agency,
    /// The right to publish for it.
    pub signer: Signer,
    /// The key it publishes with.
    pub key: SecretKey,
    /// The key that votes for it on a council.
    pub council: SecretKey,
    /// What its keys are encrypted with, where they are to be.
    pub passphrase: Option<Passphrase>,
    /// Where the token for writing lies.
    pub token_file: PathBuf,
    /// The token for writing.
    pub token: String,
    /// Whether all this was made just now.
    pub is_new: bool,
}

/// Why there is no identity to start with.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file that cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that holds something else.
    #[error("{path} does not hold {what}; restore it from a backup")]
    Content {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// A key, or what opens it.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// Recovery keys that the agency cannot name.
    #[error(transparent)]
    Recovery(#[from] RecoveryKeysError),
    /// Part of the identity is missing.
    #[error(
        "{missing} is missing beside the rest of the agency's identity; restore it from a backup \
         (a new one would be another agency)"
    )]
    Incomplete {
        /// The missing file.
        missing: PathBuf,
    },
    /// A statement about the agency's keys that does not hold.
    #[error(
        "{path} does not hold: {source}. Restore it from a backup; where it was made by an earlier \
         version of Dela, begin with another folder"
    )]
    Statement {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: AgencyError,
    },
    /// The key is not the one the agency signs with.
    #[error("{path} is not the key that the agency began with; restore it from a backup")]
    OtherKey {
        /// The file.
        path: PathBuf,
    },
}

impl Identity {
    /// Returns whether there is an agency in `folder`.
    pub fn exists(folder: &Path) -> bool {
        folder.join(INCEPTION).exists() || folder.join(key_file::COMING).join(INCEPTION).exists()
    }

    /// Loads the identity in `folder`, or makes one if there is none at all.
    /// `has_published` says that there was one, whatever is missing now. Keys that
    /// are encrypted are opened with the passphrase in `passphrase_file`, or one that
    /// is asked for; with such a file, keys that are made are encrypted.
    pub fn open(
        folder: &Path,
        has_published: bool,
        passphrase_file: Option<&Path>,
        now: Timestamp,
    ) -> Result<Self, IdentityError> {
        fs::create_dir_all(folder).map_err(at(folder))?;
        key_file::finish(folder)?;
        let passphrase = Passphrase::of_folder(folder, passphrase_file)?;
        let opens = passphrase.as_ref();
        let inception = folder.join(INCEPTION);
        let is_new = !Self::exists(folder);
        if is_new {
            // Keys without a statement are a first start that was cut short,
            // unless the agency has published.
            if has_published {
                return Err(IdentityError::Incomplete { missing: inception });
            }
            create(folder, opens, now)?;
        }
        let agency = stated(folder)?;
        finish_rotation(folder, &agency, opens)?;
        for name in [AGENCY_KEY, NEXT_KEY] {
            if !folder.join(name).exists() {
                return Err(IdentityError::Incomplete { missing: folder.join(name) });
            }
        }
        let path = folder.join(AGENCY_KEY);
        let publishing = key_file::read(&path, opens)?;
        let signer = Signer::new(&agency, publishing.clone());
        let signer = signer.ok_or(IdentityError::OtherKey { path })?;
        let node = key(&folder.join(NODE_KEY), None)?;
        let council = key(&folder.join(COUNCIL_KEY), opens)?;
        let token_file = folder.join(TOKEN);
        if !token_file.exists() {
            let token = format!("{}\n", HEX.encode(&key_file::random::<32>()?));
            key_file::write(&token_file, token.as_bytes(), 0o600)?;
        }
        let token = key_file::read_secret(&token_file)?.to_string();
        if token.is_empty() {
            return Err(IdentityError::Content { path: token_file, what: "a token" });
        }
        let key = publishing;
        Ok(Self { node, agency, signer, key, council, passphrase, token_file, token, is_new })
    }
}

/// Returns the agency whose statements are in `folder`.
pub(crate) fn stated(folder: &Path) -> Result<Agency, IdentityError> {
    let path = folder.join(INCEPTION);
    Agency::open(statements(folder)?).map_err(|source| IdentityError::Statement { path, source })
}

/// Returns what the agency has stated about its keys.
fn statements(folder: &Path) -> Result<Vec<Vec<u8>>, IdentityError> {
    let inception = folder.join(INCEPTION);
    let mut statements = vec![fs::read(&inception).map_err(at(&inception))?];
    loop {
        let path = rotation_file(folder, statements.len());
        if !path.exists() {
            return Ok(statements);
        }
        statements.push(fs::read(&path).map_err(at(&path))?);
    }
}

fn rotation_file(folder: &Path, number: usize) -> PathBuf {
    folder.join(rotation_name(number))
}

/// Returns the name of the file with the statement of that number.
pub(crate) fn rotation_name(number: usize) -> String {
    format!("rotation-{number}.cose")
}

/// Completes a rotation that was stated and whose keys are not in their places
/// yet.
fn finish_rotation(
    folder: &Path,
    agency: &Agency,
    opens: Option<&Passphrase>,
) -> Result<(), IdentityError> {
    let (present, next) = (folder.join(AGENCY_KEY), folder.join(NEXT_KEY));
    let is_stated = |path: &Path| -> Result<bool, IdentityError> {
        let public = |key: SecretKey| key.public() == agency.current().key;
        Ok(path.exists() && public(key_file::read(path, opens)?))
    };
    let rename = |from: &Path, to: &Path| fs::rename(from, to).map_err(at(from));
    // Each step may be the one before which the power went.
    if is_stated(&next)? {
        rename(&next, &present)?;
        crate::storage::sync_folder(folder).map_err(at(folder))?;
    }
    let coming = folder.join(COMING_KEY);
    if !next.exists() && coming.exists() && is_stated(&present)? {
        rename(&coming, &next)?;
    }
    Ok(())
}

/// A change of the agency's key that is stated on the disk, and in force when
/// the replica has taken it in.
#[derive(Debug)]
pub struct Rotation {
    folder: PathBuf,
    path: PathBuf,
    agency: Agency,
    passphrase: Option<Passphrase>,
    /// The statement.
    pub statement: Vec<u8>,
    /// The key it names.
    pub key: SecretKey,
}

impl Rotation {
    /// States that the key which the agency committed to is its key now, and
    /// commits to a new one. From here on the old key is worth nothing as soon
    /// as anybody hears of it. Where `recovery` is given, those are the keys that
    /// can recover the agency from then on; else they stay.
    pub fn state(
        folder: &Path,
        passphrase: Option<&Passphrase>,
        recovery: Option<RecoveryKeys>,
        now: Timestamp,
    ) -> Result<Self, IdentityError> {
        let mut agency = stated(folder)?;
        // One that was cut short has its next key in the place of this one's.
        finish_rotation(folder, &agency, passphrase)?;
        let present = key_file::read(&folder.join(AGENCY_KEY), passphrase)?;
        let key = key_file::read(&folder.join(NEXT_KEY), passphrase)?;
        let coming = folder.join(COMING_KEY);
        if coming.exists() {
            fs::remove_file(&coming).map_err(at(&coming))?;
        }
        let next_key = key_file::draw()?;
        let mut keys = Keys {
            key: key.public(),
            next_key_commitment: next_key.public().commitment(),
            issued_at: now,
            ..agency.current().clone()
        };
        if let Some(recovery) = recovery {
            recovery.name_in(&mut keys)?;
        }
        write_key(&coming, &next_key, passphrase)?;
        let statement = agency.sign_rotation(&keys, &present, &key);
        let path = rotation_file(folder, agency.statements().len());
        agency
            .follow(statement.clone())
            .map_err(|source| IdentityError::Statement { path: path.clone(), source })?;
        key_file::write(&path, &statement, 0o644)?;
        let (folder, passphrase) = (folder.to_owned(), passphrase.cloned());
        Ok(Self { folder, path, agency, passphrase, statement, key })
    }

    /// Puts the keys in their places, and returns the agency with its new key.
    pub fn complete(self) -> Result<(Agency, SecretKey), IdentityError> {
        finish_rotation(&self.folder, &self.agency, self.passphrase.as_ref())?;
        Ok((self.agency, self.key))
    }

    /// Takes back what nobody has heard of. The statement goes first: without it
    /// the key after it is worth nothing, and is drawn anew.
    pub fn undo(self) -> Result<(), IdentityError> {
        fs::remove_file(&self.path).map_err(at(&self.path))?;
        crate::storage::sync_folder(&self.folder).map_err(at(&self.folder))?;
        let coming = self.folder.join(COMING_KEY);
        fs::remove_file(&coming).map_err(at(&coming))
    }
}

/// Makes keys and the inception statement. The statement comes last: while it
/// is missing the agency does not exist, and the keys can still be used for it.
fn create(
    folder: &Path,
    passphrase: Option<&Passphrase>,
    now: Timestamp,
) -> Result<(), IdentityError> {
    let agency = key(&folder.join(AGENCY_KEY), passphrase)?;
    let next = key(&folder.join(NEXT_KEY), passphrase)?;
    let inception = Keys {
        key: agency.public(),
        next_key_commitment: next.public().commitment(),
        recovery_threshold: 0,
        recovery_keys: Vec::new(),
        issued_at: now,
    };
    let statement = inception.sign_inception(&agency);
    Ok(key_file::write(&folder.join(INCEPTION), &statement, 0o644)?)
}

/// Reads a key, or makes it if there is none.
fn key(path: &Path, passphrase: Option<&Passphrase>) -> Result<SecretKey, IdentityError> {
    if !path.exists() {
        write_key(path, &key_file::draw()?, passphrase)?;
    }
    Ok(key_file::read(path, passphrase)?)
}

fn write_key(
    path: &Path,
    key: &SecretKey,
    passphrase: Option<&Passphrase>,
) -> Result<(), IdentityError> {
    let text = key_file::to_text(key, passphrase)?;
    Ok(key_file::write(path, text.as_bytes(), 0o600)?)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> IdentityError {
    let path = path.to_owned();
    move |source| IdentityError::File { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Path) -> Result<Identity, IdentityError> {
        Identity::open(folder, false, None, Timestamp::from_millis(1))
    }

    fn state(folder: &Path) -> Result<Rotation, IdentityError> {
        Rotation::state(folder, None, None, Timestamp::from_millis(2))
    }

    #[test]
    fn an_identity_is_made_once_and_then_kept() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path()).unwrap();
        let second = open(folder.path()).unwrap();
        assert!(first.is_new && !second.is_new);
        assert_eq!(first.agency.id(), second.agency.id());
        assert_eq!(first.token, second.token);
    }

    #[test]
    fn a_rotation_keeps_the_agency_and_is_finished_after_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path()).unwrap();
        let rotation = state(folder.path()).unwrap();
        let key = rotation.key.public();
        drop(rotation); // Before the keys were put in their places.
        let after = open(folder.path()).unwrap();
        assert_eq!(after.agency.id(), first.agency.id());
        assert_eq!((after.agency.key_index(), after.key.public()), (1, key));
        drop(state(folder.path()).unwrap()); // And again, without a start.
        let (agency, _) = state(folder.path()).unwrap().complete().unwrap();
        assert_eq!(agency.key_index(), 3);
        assert_eq!(open(folder.path()).unwrap().agency, agency);
        state(folder.path()).unwrap().undo().unwrap();
        assert_eq!(open(folder.path()).unwrap().agency, agency);
    }

    #[test]
    fn half_an_identity_is_an_error_and_not_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path()).unwrap();
        fs::remove_file(folder.path().join(AGENCY_KEY)).unwrap();
        assert!(matches!(open(folder.path()), Err(IdentityError::Incomplete { .. })));
    }

    #[test]
    fn an_agency_that_has_published_is_not_replaced_by_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path()).unwrap();
        fs::remove_file(folder.path().join(INCEPTION)).unwrap();
        let opened = Identity::open(folder.path(), true, None, Timestamp::default());
        assert!(matches!(opened, Err(IdentityError::Incomplete { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        open(folder.path()).unwrap();
        let path = folder.path().join(NODE_KEY);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let exposed = open(folder.path()).unwrap_err();
        assert!(matches!(exposed, IdentityError::Key(KeyFileError::Exposed { .. })));
    }

    /// A folder whose passphrase file says `text`, which is outside of it.
    fn passphrase_file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        key_file::write(&path, text.as_bytes(), 0o600).unwrap();
        (folder, path)
    }

    #[test]
    fn with_a_passphrase_all_keys_of_the_agency_are_made_encrypted() {
        let (folder, (_outside, file)) = (tempfile::tempdir().unwrap(), passphrase_file("hemlig"));
        let folder = folder.path();
        let open = |file| Identity::open(folder, false, file, Timestamp::from_millis(1));
        let first = open(Some(&*file)).unwrap();
        let encrypted = |name: &str| key_file::is_encrypted(&folder.join(name)).unwrap();
        for name in [AGENCY_KEY, NEXT_KEY, COUNCIL_KEY] {
            assert!(encrypted(name), "{name}");
        }
        assert!(!encrypted(NODE_KEY));
        let rotation =
            Rotation::state(folder, first.passphrase.as_ref(), None, Timestamp::default());
        let (agency, _) = rotation.unwrap().complete().unwrap();
        for name in [AGENCY_KEY, NEXT_KEY] {
            assert!(encrypted(name), "{name}");
        }
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let former = names.filter(|name| name.to_string_lossy().starts_with("agency-")).count();
        assert_eq!(former, 1, "the next key, and none that was replaced");
        assert_eq!(open(Some(&*file)).unwrap().agency, agency);
        assert!(!format!("{first:?}").contains("hemlig"));

        let before = fs::read(folder.join(AGENCY_KEY)).unwrap();
        let (_outside, other) = passphrase_file("en annan");
        let wrong = open(Some(&*other)).unwrap_err();
        assert!(
            matches!(wrong, IdentityError::Key(KeyFileError::WrongPassphrase { .. })),
            "{wrong}"
        );
        assert_eq!(fs::read(folder.join(AGENCY_KEY)).unwrap(), before);
    }

    #[test]
    fn recovery_keys_are_named_by_a_rotation_and_stay_until_another_says_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        open(folder).unwrap();
        let rotate = |recovery| {
            let rotation = Rotation::state(folder, None, recovery, Timestamp::from_millis(2));
            rotation.map(|rotation| rotation.complete().unwrap().0)
        };
        let keys: Vec<_> = (1..4).map(|it| SecretKey::from_bytes(&[it; 32]).public()).collect();
        let agency = rotate(Some(RecoveryKeys::new(2, keys.clone()).unwrap())).unwrap();
        assert_eq!(
            (agency.current().recovery_threshold, &agency.current().recovery_keys),
            (2, &keys)
        );
        assert_eq!(rotate(None).unwrap().current().recovery_keys, keys);
        let own = RecoveryKeys::new(1, vec![open(folder).unwrap().key.public()]).unwrap();
        assert!(rotate(Some(own)).is_ok(), "a key that is replaced is one like any other");
        let next = key_file::read(&folder.join(NEXT_KEY), None).unwrap().public();
        let refused = rotate(Some(RecoveryKeys::new(1, vec![next]).unwrap()));
        assert!(matches!(refused, Err(IdentityError::Recovery(_))));
        assert_eq!(open(folder).unwrap().agency.key_index(), 3, "nothing of it was stated");
        assert!(rotate(Some(RecoveryKeys::none())).unwrap().current().recovery_keys.is_empty());
    }
}
