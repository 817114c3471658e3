//! What is made while no node runs: a card, a federation, and the way into one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dela_protocol::api::NewFederation;
use dela_protocol::federation::card::CardError;
use dela_protocol::id::FederationId;
use dela_protocol::record::Position;

use super::FoundArgs;
use crate::belonging::{self, Belonging, BelongingError, Invitation, moving};
use crate::config::Config;
use crate::council;
use crate::driver::now;
use crate::identity::{Identity, IdentityError};
use crate::node::{council_keys, high_water, open_identity};
use crate::storage::{self, SledStore, StoreError};

/// Why a card or a federation was not made.
#[derive(Debug, thiserror::Error)]
pub(super) enum PaperError {
    /// The agency's keys.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The data folder.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was to be founded.
    #[error(transparent)]
    Belonging(#[from] BelongingError),
    /// A node runs on the folder.
    #[error("a node runs with this data folder: use `dela federation join` or `found`, or stop it")]
    Running,
    /// The card.
    #[error(transparent)]
    Card(#[from] CardError),
    /// A card that is not its file's.
    #[error("{path}: {source}")]
    CardFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BelongingError,
    },
    /// A file that cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An agency without a name, which nobody would found anything with.
    #[error("the agency has no name: give it with --agency, or as `agency` in delad.toml")]
    NoName,
}

/// Returns the agency's card for founding a federation, as text.
pub(super) fn card(config: &Config) -> Result<String, PaperError> {
    let card = keys(config)?.card(FederationId::ANY, now())?;
    Ok(format!("{}\n", belonging::card_to_text(&card)))
}

/// Founds a federation, and returns what to tell the other founders.
pub(super) fn found(config: &Config, args: &FoundArgs) -> Result<String, PaperError> {
    moving::demand_unset(config.federation.as_deref(), None)?;
    let _held = hold(config)?;
    let keys = keys(config)?;
    let cards = args.cards.iter().map(|path| read_card(path)).collect::<Result<Vec<_>, _>>()?;
    let home = keys.found(
        &NewFederation {
            name: args.name.clone(),
            purpose: args.purpose.clone(),
            admit: args.admit,
            revoke: args.revoke,
            amend: args.amend,
            members_only: args.members_only,
            cards,
        },
        now(),
    )?;
    moving::ask(&config.data, config.federation.as_deref(), &home)?;
    let federation = home.federation;
    let founders = args.cards.len() + 1;
    let sign = if founders > 1 { told_to_sign(&federation, founders) } else { String::new() };
    Ok(format!("{federation}\n{sign}"))
}

/// Makes a node begin in the federation it is invited to, or move there at its
/// next start, and returns what to tell.
pub(super) fn join(config: &Config, invitation: &str) -> Result<String, PaperError> {
    let invitation = Invitation::parse(invitation)?;
    let _held = hold(config)?;
    moving::ask(&config.data, config.federation.as_deref(), &invitation.home)?;
    let Invitation { name, home } = invitation;
    let name = if name.is_empty() { home.federation.to_string() } else { name };
    Ok(format!(
        "start the node: it goes to {name}, and applies there\n`dela federation` then tells how its \
         application stands\n"
    ))
}

/// Takes the data folder; while a node runs on it, that node is to be told.
fn hold(config: &Config) -> Result<storage::Hold, PaperError> {
    fs::create_dir_all(&config.data)
        .map_err(|source| PaperError::File { path: config.data.clone(), source })?;
    storage::hold(&config.data.join("store")).map_err(|error| match error {
        StoreError::InUse { .. } => PaperError::Running,
        other => other.into(),
    })
}

fn told_to_sign(federation: &Belonging, founders: usize) -> String {
    format!(
        "\nIt is founded when all {founders} founders have signed; this node has. Start it, and let \
         each of the others\nstart theirs with\n\n    delad --federation {federation} --peer \
         ADDRESS-OF-THIS-NODE\n\nread the charter with `dela federation`, and sign it with `dela \
         federation vote charter`.\n"
    )
}

fn keys(config: &Config) -> Result<council::Keys, PaperError> {
    if config.agency.is_none() {
        return Err(PaperError::NoName);
    }
    let mark = SledStore::begin(&high_water(config), Identity::exists(&config.data))?;
    let has_published = mark.published > Position::START;
    let identity = open_identity(config, has_published)?;
    Ok(council_keys(config, &identity))
}

/// Returns the text of a card, which is read once to say in which file one is not.
fn read_card(path: &Path) -> Result<String, PaperError> {
    let text = fs::read_to_string(path)
        .map_err(|source| PaperError::File { path: path.to_owned(), source })?;
    belonging::card_from_text(&text)
        .map_err(|source| PaperError::CardFile { path: path.to_owned(), source })?;
    Ok(text)
}
