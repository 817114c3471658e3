//! `delad recovery`: keys that can recover an agency, and how they do.
//!
//! A recovery goes by hand from one machine to the next: whoever runs the agency's
//! node begins it and gets new keys, each holder of a recovery key signs, and the
//! agency's node finishes it.
//!
//! Invariant: no secret leaves the machine it was made on; what goes about is a
//! draft, in which everything is public. The data folder changes in one step, when
//! enough have signed, and what was there is kept beside.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE as HEX};
use dela_protocol::agency::{Agency, AgencyError, Keys, RecoveryDraft, RecoveryError};
use dela_protocol::key::SecretKey;
use serde::Deserialize;

use super::keys::statements;
use crate::config::{Config, Flags};
use crate::driver::now;
use crate::identity::{self, AGENCY_KEY, INCEPTION, Identity, IdentityError, NEXT_KEY};
use crate::key_file::{self, FileSet, KeyFileError, Passphrase, is_at_a_terminal};
use crate::storage::{self, StoreError};

/// A step of a recovery.
#[derive(Debug, Subcommand)]
pub(super) enum RecoveryCommand {
    /// Make a recovery key, and print the public key that the agency is to name
    ///
    /// On the machine of who is to hold it; no node and no data folder are needed.
    /// With `--passphrase-file`, or asked at a terminal, it is encrypted.
    Key {
        /// The file for the key; it must not be there
        file: PathBuf,
    },
    /// Begin to recover the agency: make new keys, and a draft for the holders
    ///
    /// In the data folder where the agency is to go on, which may be empty. The node
    /// must be stopped.
    Begin {
        /// The file for the draft; it must not be there
        draft: PathBuf,
        /// What the agency has stated: its `inception.cose` and `rotation-….cose`
        /// from a backup (can be repeated), or what
        /// `dela agencies AGENCY --json` says at any node; without it, what is in the
        /// data folder
        #[arg(long, value_name = "FILE")]
        statements: Vec<PathBuf>,
        /// Where a thief has stated another key: the number of the first statement
        /// that is not the agency's own
        #[arg(long, value_name = "NUMBER")]
        before: Option<usize>,
    },
    /// Show what a draft says, and sign it with a recovery key
    ///
    /// On the machine of who holds the key.
    Sign {
        /// The draft, into which the signature is written
        draft: PathBuf,
        /// The file with the recovery key
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Sign without being asked
        #[arg(long)]
        yes: bool,
    },
    /// Put the new keys into the data folder, when enough have signed
    ///
    /// The data folder is the one in which it was begun; the node must be stopped.
    Finish {
        /// The drafts that came back, or one that all have signed
        #[arg(required = true)]
        drafts: Vec<PathBuf>,
    },
}

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecoverError {
    /// The agency's identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The data folder.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file that cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The recovery itself.
    #[error("{0}; nothing was changed")]
    Recovery(#[from] RecoveryError),
    /// A draft that is none, or does not hold.
    #[error("{path} is no draft of a recovery that holds: {what}")]
    Draft {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// No statements to go on from.
    #[error(
        "there are no statements of an agency in {0}: name them with --statements; any node tells \
         them with `dela agencies AGENCY --json`"
    )]
    NoStatements(PathBuf),
    /// Statements that are none of one agency, in order.
    #[error("these statements are not those of one agency, the inception among them: {0}")]
    Statements(AgencyError),
    /// A number of a statement that is not there, or is the first.
    #[error("--before {number}: there are {count} statements, and the first, number 0, stays")]
    Before {
        /// What was asked for.
        number: usize,
        /// How many there are.
        count: usize,
    },
    /// A folder with another agency.
    #[error("the data folder {folder} has another agency, {agency}: choose another with --data")]
    OtherAgency {
        /// The folder.
        folder: PathBuf,
        /// The agency that is in it.
        agency: dela_protocol::id::AgencyId,
    },
    /// A draft that was begun elsewhere.
    #[error(
        "{0} does not have the new keys of this draft: finish with the data folder in which \
         `delad recovery begin` was run"
    )]
    OtherKeys(PathBuf),
    /// A folder that knows better statements.
    #[error(
        "the agency has other statements in {0} already, which all nodes prefer to this recovery; \
         nothing was changed. `delad keys` shows them"
    )]
    NotPreferred(PathBuf),
    /// Nobody said yes.
    #[error("not signed: say yes at a terminal, or give --yes")]
    NotAgreed,
}

/// The folder, in the data folder, with the keys that are to come.
const FOLDER: &str = "recovery";

/// How a draft begins as text.
const PREFIX: &str = "dela-recovery:";

/// How many characters of a draft stand in one line.
const LINE: usize = 76;

/// The longest file that is read as a draft or as statements.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Does it, and returns what to tell.
pub(super) fn run(
    config: &Config,
    flags: &Flags,
    what: &RecoveryCommand,
) -> Result<String, RecoverError> {
    // The passphrase of a recovery key is its holder's, not that of a node here.
    let of_the_holder = flags.passphrase_file.as_deref();
    match what {
        RecoveryCommand::Key { file } => make(file, of_the_holder),
        RecoveryCommand::Begin { draft, statements, before } => {
            begin(config, draft, statements, *before)
        }
        RecoveryCommand::Sign { draft, key, yes } => sign(draft, key, of_the_holder, *yes),
        RecoveryCommand::Finish { drafts } => finish(config, drafts),
    }
}

fn make(file: &Path, passphrase_file: Option<&Path>) -> Result<String, RecoverError> {
    if file.exists() {
        return Err(KeyFileError::Exists { path: file.to_owned() }.into());
    }
    let passphrase = match passphrase_file {
        Some(file) => Some(Passphrase::read(file)?),
        None if is_at_a_terminal() => {
            Passphrase::ask_for_new("Passphrase for the recovery key (empty for none): ")?
        }
        None => None,
    };
    let key = key_file::draw()?;
    key_file::write_new(file, &key_file::to_pem(&key, passphrase.as_ref())?)?;
    Ok(format!("{}\n", key.public()))
}

fn begin(
    config: &Config,
    draft_file: &Path,
    files: &[PathBuf],
    before: Option<usize>,
) -> Result<String, RecoverError> {
    let folder = &config.data;
    if draft_file.exists() {
        return Err(KeyFileError::Exists { path: draft_file.to_owned() }.into());
    }
    let (agency, name) = stated(folder, files)?;
    let count = agency.statements().len();
    let number = before.unwrap_or(count);
    let kept = agency.statements().get(..number).filter(|kept| !kept.is_empty());
    let kept = kept.ok_or(RecoverError::Before { number, count })?.to_vec();
    let agency = Agency::open(kept).map_err(RecoverError::Statements)?;
    let _alone = storage::hold(&folder.join("store"))?;
    demand_same(folder, &agency)?;
    let passphrase = Passphrase::of_folder(folder, config.passphrase_file.as_deref())?;
    let keys = folder.join(FOLDER);
    fs::create_dir_all(&keys).map_err(at(&keys))?;
    let key = new_key(&keys.join(AGENCY_KEY), passphrase.as_ref())?;
    let next = new_key(&keys.join(NEXT_KEY), passphrase.as_ref())?;
    let stated = Keys {
        key: key.public(),
        next_key_commitment: next.public().commitment(),
        issued_at: now(),
        ..agency.current().clone()
    };
    let name = name.or_else(|| config.agency.clone()).unwrap_or_default();
    let draft = RecoveryDraft::begin(agency, name, stated)?;
    key_file::write_new(draft_file, &to_text(&draft))?;
    Ok(format!(
        "{}\nSend {} to {} of the holders. Each signs it with\n\n    delad recovery sign DRAFT --key \
         FILE\n\nand sends it back. Then: delad recovery finish DRAFT …\n",
        told(&draft),
        draft_file.display(),
        draft.needed()
    ))
}

fn sign(
    draft_file: &Path,
    key_path: &Path,
    passphrase_file: Option<&Path>,
    yes: bool,
) -> Result<String, RecoverError> {
    let mut draft = read_draft(draft_file)?;
    let text = told(&draft);
    let passphrase = match passphrase_file {
        Some(file) => Some(Passphrase::read(file)?),
        None if key_file::is_encrypted(key_path)? => {
            Some(Passphrase::ask_for(key_path, "Passphrase for the recovery key: ")?)
        }
        None => None,
    };
    let key = key_file::read(key_path, passphrase.as_ref())?;
    draft.sign(&key)?;
    if !yes && !agrees(&text) {
        return Err(RecoverError::NotAgreed);
    }
    storage::replace(draft_file, to_text(&draft).as_bytes()).map_err(at(draft_file))?;
    let signed = draft.signers().count();
    let left = draft.needed().saturating_sub(signed);
    let shown = if yes { text } else { String::new() };
    Ok(format!(
        "{shown}signed with {}: {signed} of {} have, {}\nSend {} back.\n",
        key.public(),
        draft.needed(),
        if left == 0 { "which is enough.".to_owned() } else { format!("{left} more must.") },
        draft_file.display()
    ))
}

fn finish(config: &Config, files: &[PathBuf]) -> Result<String, RecoverError> {
    let folder = &config.data;
    let mut draft: Option<RecoveryDraft> = None;
    for file in files {
        let read = read_draft(file)?;
        match &mut draft {
            Some(draft) => draft.join(read)?,
            None => draft = Some(read),
        }
    }
    let draft = draft.ok_or_else(|| RecoverError::NoStatements(folder.clone()))?;
    let agency = draft.finish()?;
    let _alone = storage::hold(&folder.join("store"))?;
    key_file::finish(folder)?;
    demand_same(folder, &agency)?;
    if Identity::exists(folder) && agency.preferred(&identity::stated(folder)?).is_le() {
        return Err(RecoverError::NotPreferred(folder.clone()));
    }
    install(config, &draft, &agency)?;
    Ok(format!(
        "agency {} has key number {} now: {}\nStart the node, with a peer that holds the agency's \
         catalogue: it tells everybody of the new key, and\npublishes again when the catalogue has \
         come back. Where a thief has published meanwhile, it\ncannot come back: start once with \
         --begin-anew, and import it again. Back up the data folder.\n",
        agency.id(),
        agency.key_index(),
        agency.current().key
    ))
}

/// Puts keys and statements into the data folder, in one step.
fn install(config: &Config, draft: &RecoveryDraft, agency: &Agency) -> Result<(), RecoverError> {
    let folder = &config.data;
    let coming = folder.join(FOLDER);
    let other_keys = || RecoverError::OtherKeys(folder.clone());
    if ![AGENCY_KEY, NEXT_KEY].iter().all(|name| coming.join(name).exists()) {
        return Err(other_keys());
    }
    let passphrase = Passphrase::of_folder(&coming, config.passphrase_file.as_deref())?;
    let read = |name| key_file::read(&coming.join(name), passphrase.as_ref());
    let (key, next) = (read(AGENCY_KEY)?, read(NEXT_KEY)?);
    let is_drafted = key.public() == draft.keys().key
        && next.public().commitment() == draft.keys().next_key_commitment;
    if !is_drafted {
        return Err(other_keys());
    }
    let mut files = FileSet::default();
    for (name, key) in [(AGENCY_KEY, &key), (NEXT_KEY, &next)] {
        files.add_secret(name, key_file::to_text(key, passphrase.as_ref())?.as_bytes());
    }
    for (number, statement) in agency.statements().iter().enumerate() {
        let name = if number == 0 { INCEPTION.to_owned() } else { identity::rotation_name(number) };
        files.add(&name, statement);
    }
    let later = (agency.statements().len()..).map(identity::rotation_name);
    for name in later.take_while(|name| folder.join(name).exists()) {
        files.remove(&name);
    }
    if folder.join(identity::COMING_KEY).exists() {
        files.remove(identity::COMING_KEY);
    }
    files.keeping_what_they_replace(folder)?.put(folder)?;
    // The same keys lie in their places now.
    fs::remove_dir_all(&coming).map_err(at(&coming))
}

/// Returns what a draft says, for who is to sign it.
fn told(draft: &RecoveryDraft) -> String {
    let (agency, keys) = (draft.agency(), draft.keys());
    let mut text = format!("Recovery of agency {}\n", agency.id());
    if !draft.name().is_empty() {
        // Written by who began the draft, and shown at a terminal.
        let name: String = draft.name().chars().filter(|it| !it.is_control()).take(200).collect();
        let _ = writeln!(text, "which is called \"{name}\", as the draft says");
    }
    let _ = writeln!(text, "gets the new key {}", keys.key);
    let _ = writeln!(text, "as its key number {}, drafted {}", draft.key_index(), keys.issued_at);
    let before = agency.current();
    if (before.recovery_threshold, &before.recovery_keys)
        != (keys.recovery_threshold, &keys.recovery_keys)
    {
        let count = keys.recovery_keys.len();
        let _ = writeln!(text, "OTHER recovery keys: {} of {count}:", keys.recovery_threshold);
        for key in &keys.recovery_keys {
            let _ = writeln!(text, "  {key}");
        }
    }
    text.push_str("It goes on from:\n");
    text.push_str(&statements(agency));
    let signed = draft.signers().count();
    let _ = writeln!(text, "{signed} of {} have signed", draft.needed());
    text
}

/// Shows what is to be signed, and asks.
#[expect(clippy::print_stderr, reason = "a question to the person at the keyboard")]
fn agrees(text: &str) -> bool {
    eprint!(
        "{text}\nIs that the agency, and do you know from its people that this is their key?\n"
    );
    if !is_at_a_terminal() {
        return false;
    }
    eprint!("Type yes to sign: ");
    drop(io::stderr().flush());
    let mut line = String::new();
    io::stdin().read_line(&mut line).is_ok() && line.trim() == "yes"
}

/// Returns the agency whose statements are in these files, or in the folder, and its
/// name, where they say it.
fn stated(folder: &Path, files: &[PathBuf]) -> Result<(Agency, Option<String>), RecoverError> {
    if files.is_empty() {
        if !Identity::exists(folder) {
            return Err(RecoverError::NoStatements(folder.to_owned()));
        }
        return Ok((identity::stated(folder)?, None));
    }
    let (mut all, mut name) = (Vec::new(), None);
    for path in files {
        let bytes = read(path)?;
        match as_told_by_a_node(&bytes) {
            Some(told) => {
                all.extend(
                    told.keys.statements.iter().filter_map(|it| HEX.decode(it.as_bytes()).ok()),
                );
                name = Some(told.name);
            }
            None => all.push(bytes),
        }
    }
    Ok((in_order(all)?, name))
}

/// What a node tells of an agency, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Told {
    name: String,
    keys: ToldKeys,
}

#[derive(Debug, Deserialize)]
struct ToldKeys {
    statements: Vec<String>,
}

fn as_told_by_a_node(bytes: &[u8]) -> Option<Told> {
    serde_json::from_slice(bytes).ok()
}

/// Puts statements, of which nobody knows the order, into it.
fn in_order(mut all: Vec<Vec<u8>>) -> Result<Agency, RecoverError> {
    all.sort();
    all.dedup();
    let mut opened = Err(AgencyError::NoInception);
    for index in 0..all.len() {
        let tried = all.get(index).map(|first| Agency::open(vec![first.clone()]));
        if let Some(Ok(agency)) = tried {
            all.swap_remove(index);
            opened = Ok(agency);
            break;
        }
        opened = tried.unwrap_or(opened);
    }
    let mut agency = opened.map_err(RecoverError::Statements)?;
    while !all.is_empty() {
        let mut last = AgencyError::OutOfPlace;
        let next = all.iter().position(|statement| match agency.follow(statement.clone()) {
            Ok(()) => true,
            Err(error) => {
                last = error;
                false
            }
        });
        all.swap_remove(next.ok_or(RecoverError::Statements(last))?);
    }
    Ok(agency)
}

fn demand_same(folder: &Path, agency: &Agency) -> Result<(), RecoverError> {
    if !Identity::exists(folder) {
        return Ok(());
    }
    let there = identity::stated(folder)?.id();
    if there == agency.id() {
        return Ok(());
    }
    Err(RecoverError::OtherAgency { folder: folder.to_owned(), agency: there })
}

/// Returns the key in a file, which is made if it is not there: whoever begins again
/// goes on with the same keys, so that a draft from before can still be finished.
fn new_key(path: &Path, passphrase: Option<&Passphrase>) -> Result<SecretKey, RecoverError> {
    if !path.exists() {
        let text = key_file::to_text(&key_file::draw()?, passphrase)?;
        key_file::write(path, text.as_bytes(), 0o600)?;
    }
    Ok(key_file::read(path, passphrase)?)
}

fn to_text(draft: &RecoveryDraft) -> String {
    let mut text = PREFIX.to_owned();
    for (index, character) in BASE64.encode(&draft.encode()).chars().enumerate() {
        if index % LINE == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push('\n');
    text
}

fn read_draft(path: &Path) -> Result<RecoveryDraft, RecoverError> {
    let wrong = |what: String| RecoverError::Draft { path: path.to_owned(), what };
    let text = String::from_utf8(read(path)?).map_err(|error| wrong(error.to_string()))?;
    let text: String = text.split_whitespace().collect();
    let bytes = text.strip_prefix(PREFIX).and_then(|it| BASE64.decode(it.as_bytes()).ok());
    let bytes =
        bytes.ok_or_else(|| wrong(format!("it does not begin with {PREFIX}, or is cut")))?;
    RecoveryDraft::decode(&bytes).map_err(|error| wrong(error.to_string()))
}

fn read(path: &Path) -> Result<Vec<u8>, RecoverError> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(at(path))?;
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(at(path))?;
    Ok(bytes)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> RecoverError {
    let path = path.to_owned();
    move |source| RecoverError::File { path, source }
}

#[cfg(test)]
mod tests;
