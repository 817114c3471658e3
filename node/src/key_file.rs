//! A secret key in a file: as it is, or encrypted with a passphrase.
//!
//! An encrypted key is PKCS#8 (RFC 5958, and RFC 8410 for Ed25519) under PBES2 with
//! scrypt and AES-256-CBC, as PEM, which `openssl pkey` opens too. One that is not
//! encrypted is 64 hexadecimal digits, and PKCS#8 in PEM is read as well.
//!
//! Invariant: each file says by itself whether it is encrypted. No secret and no
//! passphrase is in an error, in a log, or in what `Debug` prints. This is the only
//! user of the crate for PKCS#8.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER_PERMISSIVE as HEX;
use dela_protocol::key::SecretKey;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::pem::LineEnding;
use pkcs8::der::{Decode as _, Encode as _, SecretDocument};
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::{
    EncryptionScheme as Cipher, Kdf, Parameters, Pbkdf2Prf, Salt, ScryptParams,
};
use pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef,
};
use zeroize::Zeroizing;

use crate::storage::sync_folder;

mod passphrase;
mod replacing;

pub use passphrase::Passphrase;
pub(crate) use passphrase::is_at_a_terminal;
pub(crate) use replacing::{COMING, FileSet, finish};

/// Why a key cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
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
    /// An encrypted key, and nothing to open it with.
    #[error(
        "{path} is encrypted, and there is no passphrase to open it with: write that into a file \
         that only this user can read, and name the file with --passphrase-file; at a terminal it \
         is asked for"
    )]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// A passphrase that is another one's.
    #[error(
        "{path} does not open with this passphrase; nothing was changed. Give the passphrase with \
         which the file was encrypted"
    )]
    WrongPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// A file whose passphrase would take more to try than any needs.
    #[error(
        "{path} asks for more work or memory than a passphrase needs, and is not opened; encrypt \
         it with usual parameters: openssl pkcs8 -topk8 -scrypt"
    )]
    TooCostly {
        /// The file.
        path: PathBuf,
    },
    /// A passphrase file that cannot be read.
    #[error("the passphrase cannot be read from {path}: {source}")]
    PassphraseFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A passphrase file with nothing in it.
    #[error("{path} is empty, where a passphrase should be")]
    NoPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// Nobody can be asked for a passphrase.
    #[error(
        "no passphrase was given, and there is no terminal to ask for it at: name a file that has \
         it, with --passphrase-file or, for a new one, --new-passphrase-file"
    )]
    NoTerminal,
    /// Nothing was typed.
    #[error("no passphrase was typed; nothing was changed")]
    Empty,
    /// Two different ones were typed.
    #[error("the two passphrases are not the same; nothing was changed")]
    Different,
    /// A file that is there already.
    #[error("{path} is there already, and a key is never overwritten: choose another name")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The system gave no random bytes.
    #[error("the system gave no random bytes for a key")]
    NoRandomness,
    /// The key could not be put into its form: a bug.
    #[error("the key could not be encoded: {0}")]
    Encoding(#[from] pkcs8::Error),
}

/// Ed25519 (RFC 8410).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// What scrypt is asked for: one of the settings that OWASP gives as equally strong,
/// and the one that stays below the 32 MiB which OpenSSL allows a file to ask for.
const SCRYPT_N: u64 = 1 << 14;
const SCRYPT_R: u16 = 8;
const SCRYPT_P: u16 = 5;

/// The most blocks a file may have scrypt keep in memory, at 128 bytes each: 256 MiB,
/// twice what the strongest recommended setting asks for.
const SCRYPT_BLOCKS_MAX: u64 = 1 << 21;

/// The most blocks it may have it work on: sixteen times as many as recommended, some
/// seconds of work.
const SCRYPT_WORK_MAX: u64 = 1 << 24;

/// The most rounds of PBKDF2: sixteen times as many as recommended.
const PBKDF2_ROUNDS_MAX: u32 = 10_000_000;

/// The longest file that is read for a secret: an encrypted key takes 400 bytes.
const FILE_BYTES_MAX: u64 = 16 * 1024;

const WHAT: &str = "an Ed25519 key (64 hexadecimal digits, or PKCS#8 in PEM)";
const BEGIN_ENCRYPTED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
const LABEL_ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
const LABEL_PLAIN: &str = "PRIVATE KEY";

/// Reads a key; `passphrase` is used where it is encrypted.
pub fn read(path: &Path, passphrase: Option<&Passphrase>) -> Result<SecretKey, KeyFileError> {
    let text = read_secret(path)?;
    let no_key = || KeyFileError::Content { path: path.to_owned(), what: WHAT };
    if !text.contains("-----BEGIN ") {
        let bytes = HEX.decode(text.as_bytes()).map(Zeroizing::new).ok();
        let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
        return bytes.map(Zeroizing::new).map(|it| SecretKey::from_bytes(&it)).ok_or_else(no_key);
    }
    let (label, document) = SecretDocument::from_pem(&text).map_err(|_| no_key())?;
    match label {
        LABEL_PLAIN => from_pkcs8(document.as_bytes()).ok_or_else(no_key),
        LABEL_ENCRYPTED => {
            let info = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes());
            let info = info.map_err(|_| no_key())?;
            demand_moderate(&info.encryption_algorithm, path)?;
            let passphrase =
                passphrase.ok_or_else(|| KeyFileError::Locked { path: path.to_owned() })?;
            let wrong = || KeyFileError::WrongPassphrase { path: path.to_owned() };
            let opened = info.decrypt(passphrase.as_bytes()).map_err(|_| wrong())?;
            // One of 256 wrong passphrases gives what looks like a document.
            from_pkcs8(opened.as_bytes()).ok_or_else(wrong)
        }
        _ => Err(no_key()),
    }
}

/// Refuses what would keep the machine busy, or is not understood.
fn demand_moderate(scheme: &EncryptionScheme, path: &Path) -> Result<(), KeyFileError> {
    let parameters = scheme.pbes2().ok_or_else(|| KeyFileError::Content {
        path: path.to_owned(),
        what: "a key that is encrypted in a form known here (PBES2 with scrypt or PBKDF2)",
    })?;
    let is_moderate = match &parameters.kdf {
        Kdf::Scrypt(asked) => {
            let blocks = asked.cost_parameter.checked_mul(u64::from(asked.block_size));
            let work = blocks.and_then(|it| it.checked_mul(u64::from(asked.parallelization)));
            asked.cost_parameter.is_power_of_two()
                && blocks.is_some_and(|blocks| blocks <= SCRYPT_BLOCKS_MAX)
                && work.is_some_and(|work| work <= SCRYPT_WORK_MAX)
        }
        Kdf::Pbkdf2(asked) => {
            asked.iteration_count <= PBKDF2_ROUNDS_MAX && asked.prf != Pbkdf2Prf::HmacWithSha1
        }
        _ => false,
    };
    if is_moderate { Ok(()) } else { Err(KeyFileError::TooCostly { path: path.to_owned() }) }
}

fn from_pkcs8(der: &[u8]) -> Option<SecretKey> {
    let info = PrivateKeyInfoRef::try_from(der).ok()?;
    if info.algorithm.oid != ED25519 || info.algorithm.parameters.is_some() {
        return None;
    }
    // An octet string in an octet string (RFC 8410, section 7).
    let inner = <&OctetStringRef>::from_der(info.private_key.as_bytes()).ok()?;
    let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(inner.as_bytes().try_into().ok()?);
    Some(SecretKey::from_bytes(&bytes))
}

/// Returns a key as it is written into a file of a data folder.
pub(crate) fn to_text(
    key: &SecretKey,
    passphrase: Option<&Passphrase>,
) -> Result<Zeroizing<String>, KeyFileError> {
    match passphrase {
        Some(_) => to_pem(key, passphrase),
        None => Ok(Zeroizing::new(format!("{}\n", HEX.encode(&*Zeroizing::new(key.to_bytes()))))),
    }
}

/// Returns a key as PKCS#8 in PEM, encrypted where there is a passphrase.
pub(crate) fn to_pem(
    key: &SecretKey,
    passphrase: Option<&Passphrase>,
) -> Result<Zeroizing<String>, KeyFileError> {
    let bytes = Zeroizing::new(key.to_bytes());
    let inner = OctetStringRef::new(bytes.as_slice()).map_err(pkcs8::Error::from)?;
    let inner = Zeroizing::new(inner.to_der().map_err(pkcs8::Error::from)?);
    let algorithm = AlgorithmIdentifierRef { oid: ED25519, parameters: None };
    let private = OctetStringRef::new(&inner).map_err(pkcs8::Error::from)?;
    let info = PrivateKeyInfoRef::new(algorithm, private);
    let (label, document) = match passphrase {
        None => (LABEL_PLAIN, SecretDocument::try_from(info)?),
        Some(passphrase) => {
            let encrypted = info.encrypt_with_params(parameters()?, passphrase.as_bytes())?;
            (LABEL_ENCRYPTED, encrypted)
        }
    };
    Ok(document.to_pem(label, LineEnding::LF).map_err(pkcs8::Error::from)?)
}

/// Returns how a key is encrypted: never twice with the same salt.
fn parameters() -> Result<Parameters, KeyFileError> {
    let salt: [u8; 16] = random()?;
    let kdf = ScryptParams {
        salt: Salt::new(salt).map_err(pkcs8::Error::from)?,
        cost_parameter: SCRYPT_N,
        block_size: SCRYPT_R,
        parallelization: SCRYPT_P,
        key_length: None,
    };
    Ok(Parameters { kdf: Kdf::Scrypt(kdf), encryption: Cipher::Aes256Cbc { iv: random()? } })
}

/// Draws a new key.
pub(crate) fn draw() -> Result<SecretKey, KeyFileError> {
    Ok(SecretKey::from_bytes(&Zeroizing::new(random()?)))
}

/// Returns random bytes of the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], KeyFileError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| KeyFileError::NoRandomness)?;
    Ok(bytes)
}

/// Returns whether the key in a file is encrypted.
pub fn is_encrypted(path: &Path) -> Result<bool, KeyFileError> {
    Ok(read_secret(path)?.contains(BEGIN_ENCRYPTED))
}

/// Returns the names of the files of keys in a folder, in order.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, KeyFileError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(KeyFileError::File { path: folder.to_owned(), source }),
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_key = |name: &String| Path::new(name).extension().is_some_and(|it| it == "key");
    let mut names: Vec<String> = names.filter(is_key).collect();
    names.sort();
    Ok(names)
}

/// Reads a file that nobody else may read, without the white space around it.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
    let text = read_text(path, is_exposed)?;
    Ok(Zeroizing::new(text.trim().to_owned()))
}

fn read_text(
    path: &Path,
    is_exposed: impl FnOnce(&fs::Metadata) -> bool,
) -> Result<Zeroizing<String>, KeyFileError> {
    let file = File::open(path).map_err(at(path))?;
    if is_exposed(&file.metadata().map_err(at(path))?) {
        return Err(KeyFileError::Exposed { path: path.to_owned() });
    }
    let mut text = Zeroizing::new(String::new());
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(at(path))?;
    Ok(text)
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

/// Writes a file that was not there before, whole or not at all, and durably.
pub(crate) fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), KeyFileError> {
    let partial = path.with_extension("partial");
    let write = || -> io::Result<()> {
        write_draft(&partial, bytes, mode)?;
        fs::rename(&partial, path)?;
        path.parent().map_or(Ok(()), sync_folder)
    };
    write().map_err(at(path))
}

/// Writes a key to a file that is not there, for who keeps it elsewhere.
pub(crate) fn write_new(path: &Path, text: &str) -> Result<(), KeyFileError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    set_mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyFileError::Exists { path: path.to_owned() },
        _ => KeyFileError::File { path: path.to_owned(), source },
    })?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(at(path))
}

fn write_draft(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    set_mode(&mut options, mode);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn set_mode(options: &mut OpenOptions, mode: u32) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, mode);
    #[cfg(not(unix))]
    let _ = (options, mode);
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> KeyFileError {
    let path = path.to_owned();
    move |source| KeyFileError::File { path, source }
}

#[cfg(test)]
mod tests;
