//! Who this node is: the keys and the inception statement in its data folder.
//!
//! `node.key` names the node on the network and can be replaced. `agency.key`
//! signs for the agency, `agency-next.key` is the key that is to follow it, and
//! `inception.cose` is the statement whose hash is the agency's id.
//! `rotation-1.cose` and those after it state that the next key was put in its
//! place; the keys before are kept as `agency-0.key` and so on.
//! `council.key` votes for the agency where it has a seat on the council of its
//! federation. `token` lets clients write.
//!
//! Invariant: nothing here is ever overwritten, and secrets are readable by
//! their owner alone. A folder with half an identity is an error that says what
//! to restore, never a new identity.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER_PERMISSIVE as HEX;
use dela_protocol::agency::{Agency, AgencyError, Keys, Signer};
use dela_protocol::key::SecretKey;
use dela_protocol::time::Timestamp;

const NODE_KEY: &str = "node.key";
const AGENCY_KEY: &str = "agency.key";
const NEXT_KEY: &str = "agency-next.key";
const COMING_KEY: &str = "agency-coming.key";
const COUNCIL_KEY: &str = "council.key";
const INCEPTION: &str = "inception.cose";
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
    /// A secret that others on this machine can read.
    #[error("{path} can be read by others; run: chmod 600 {path}")]
    Exposed {
        /// The file.
        path: PathBuf,
    },
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
    /// The system gave no random bytes.
    #[error("the system gave no random bytes for a key")]
    NoRandomness,
}

impl Identity {
    /// Returns whether there is an agency in `folder`.
    pub fn exists(folder: &Path) -> bool {
        folder.join(INCEPTION).exists()
    }

    /// Loads the identity in `folder`, or makes one if there is none at all.
    /// `has_published` says that there was one, whatever is missing now.
    pub fn open(folder: &Path, has_published: bool, now: Timestamp) -> Result<Self, IdentityError> {
        fs::create_dir_all(folder).map_err(at(folder))?;
        let inception = folder.join(INCEPTION);
        let is_new = !Self::exists(folder);
        if is_new {
            // Keys without a statement are a first start that was cut short,
            // unless the agency has published.
            if has_published {
                return Err(IdentityError::Incomplete { missing: inception });
            }
            create(folder, now)?;
        }
        let agency = Agency::open(statements(folder)?)
            .map_err(|source| IdentityError::Statement { path: inception, source })?;
        finish_rotation(folder, &agency)?;
        for name in [AGENCY_KEY, NEXT_KEY] {
            if !folder.join(name).exists() {
                return Err(IdentityError::Incomplete { missing: folder.join(name) });
            }
        }
        let path = folder.join(AGENCY_KEY);
        let publishing = read_key(&path)?;
        let signer = Signer::new(&agency, publishing.clone());
        let signer = signer.ok_or(IdentityError::OtherKey { path })?;
        let node = key(&folder.join(NODE_KEY))?;
        let council = key(&folder.join(COUNCIL_KEY))?;
        let token_file = folder.join(TOKEN);
        if !token_file.exists() {
            write_secret(&token_file, &HEX.encode(&random()?))?;
        }
        let token = read_secret(&token_file)?;
        if token.is_empty() {
            return Err(IdentityError::Content { path: token_file, what: "a token" });
        }
        Ok(Self { node, agency, signer, key: publishing, council, token_file, token, is_new })
    }
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
    folder.join(format!("rotation-{number}.cose"))
}

/// Completes a rotation that was stated and whose keys are not in their places
/// yet.
fn finish_rotation(folder: &Path, agency: &Agency) -> Result<(), IdentityError> {
    let (present, next) = (folder.join(AGENCY_KEY), folder.join(NEXT_KEY));
    let is_stated = |path: &Path| -> Result<bool, IdentityError> {
        Ok(path.exists() && read_key(path)?.public() == agency.current().key)
    };
    let rename = |from: &Path, to: &Path| fs::rename(from, to).map_err(at(from));
    // Each step may be the one before which the power went.
    if is_stated(&next)? {
        if present.exists() {
            let number = agency.key_index().saturating_sub(1);
            rename(&present, &folder.join(format!("agency-{number}.key")))?;
        }
        rename(&next, &present)?;
    }
    let coming = folder.join(COMING_KEY);
    if is_stated(&present)? && !next.exists() && coming.exists() {
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
    /// The statement.
    pub statement: Vec<u8>,
    /// The key it names.
    pub key: SecretKey,
}

impl Rotation {
    /// States that the key which the agency committed to is its key now, and
    /// commits to a new one. From here on the old key is worth nothing as soon
    /// as anybody hears of it.
    pub fn state(folder: &Path, now: Timestamp) -> Result<Self, IdentityError> {
        let inception = folder.join(INCEPTION);
        let mut agency = Agency::open(statements(folder)?)
            .map_err(|source| IdentityError::Statement { path: inception.clone(), source })?;
        // One that was cut short has its next key in the place of this one's.
        finish_rotation(folder, &agency)?;
        let key = read_key(&folder.join(NEXT_KEY))?;
        let coming = folder.join(COMING_KEY);
        if coming.exists() {
            fs::remove_file(&coming).map_err(at(&coming))?;
        }
        let next_key_commitment = self::key(&coming)?.public().commitment();
        let keys = Keys {
            key: key.public(),
            next_key_commitment,
            issued_at: now,
            ..agency.current().clone()
        };
        let statement = agency.sign_rotation(&keys, &key);
        agency
            .follow(statement.clone())
            .map_err(|source| IdentityError::Statement { path: inception, source })?;
        let path = rotation_file(folder, agency.statements().len() - 1);
        write(&path, &statement, 0o644)?;
        Ok(Self { folder: folder.to_owned(), path, agency, statement, key })
    }

    /// Puts the keys in their places, and returns the agency with its new key.
    pub fn complete(self) -> Result<(Agency, SecretKey), IdentityError> {
        finish_rotation(&self.folder, &self.agency)?;
        Ok((self.agency, self.key))
    }

    /// Takes back what nobody has heard of.
    pub fn undo(self) -> Result<(), IdentityError> {
        fs::remove_file(&self.path).map_err(at(&self.path))
    }
}

/// Makes keys and the inception statement. The statement comes last: while it
/// is missing the agency does not exist, and the keys can still be used for it.
fn create(folder: &Path, now: Timestamp) -> Result<(), IdentityError> {
    let agency = key(&folder.join(AGENCY_KEY))?;
    let next = key(&folder.join(NEXT_KEY))?;
    let inception = Keys {
        key: agency.public(),
        next_key_commitment: next.public().commitment(),
        recovery_threshold: 0,
        recovery_keys: Vec::new(),
        issued_at: now,
    };
    write(&folder.join(INCEPTION), &inception.sign_inception(&agency), 0o644)
}

/// Reads a key, or makes it if there is none.
fn key(path: &Path) -> Result<SecretKey, IdentityError> {
    if !path.exists() {
        write_secret(path, &HEX.encode(&random()?))?;
    }
    read_key(path)
}

fn read_key(path: &Path) -> Result<SecretKey, IdentityError> {
    let text = read_secret(path)?;
    let bytes: Option<[u8; 32]> =
        HEX.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    match bytes {
        Some(bytes) => Ok(SecretKey::from_bytes(&bytes)),
        None => Err(IdentityError::Content {
            path: path.to_owned(),
            what: "a key (64 hexadecimal digits)",
        }),
    }
}

fn read_secret(path: &Path) -> Result<String, IdentityError> {
    let metadata = fs::metadata(path).map_err(at(path))?;
    if is_exposed(&metadata) {
        return Err(IdentityError::Exposed { path: path.to_owned() });
    }
    let text = fs::read_to_string(path).map_err(at(path))?;
    Ok(text.trim().to_owned())
}

#[cfg(unix)]
fn is_exposed(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_exposed(_metadata: &fs::Metadata) -> bool {
    false
}

fn write_secret(path: &Path, text: &str) -> Result<(), IdentityError> {
    write(path, format!("{text}\n").as_bytes(), 0o600)
}

/// Writes a file that was not there before, whole or not at all, and durably.
fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), IdentityError> {
    let partial = path.with_extension("partial");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let write = || -> io::Result<()> {
        let mut file = options.open(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&partial, path)?;
        match path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    write().map_err(at(path))
}

fn random() -> Result<[u8; 32], IdentityError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| IdentityError::NoRandomness)?;
    Ok(bytes)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> IdentityError {
    let path = path.to_owned();
    move |source| IdentityError::File { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Path) -> Result<Identity, IdentityError> {
        Identity::open(folder, false, Timestamp::from_millis(1))
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
        let now = Timestamp::from_millis(2);
        let rotation = Rotation::state(folder.path(), now).unwrap();
        let key = rotation.key.public();
        drop(rotation); // Before the keys were put in their places.
        let after = open(folder.path()).unwrap();
        assert_eq!(after.agency.id(), first.agency.id());
        assert_eq!((after.agency.key_index(), after.key.public()), (1, key));
        drop(Rotation::state(folder.path(), now).unwrap()); // And again, without a start.
        let (agency, _) = Rotation::state(folder.path(), now).unwrap().complete().unwrap();
        assert_eq!(agency.key_index(), 3);
        assert_eq!(open(folder.path()).unwrap().agency, agency);
        Rotation::state(folder.path(), now).unwrap().undo().unwrap();
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
        let opened = Identity::open(folder.path(), true, Timestamp::default());
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
        assert!(matches!(open(folder.path()), Err(IdentityError::Exposed { .. })));
    }
}
