//! What is made before a node starts: a card, and a federation.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dela_protocol::federation::card::CardError;
use dela_protocol::federation::charter::{CharterError, Guests, Thresholds};
use dela_protocol::id::FederationId;
use dela_protocol::record::Position;

use super::FoundArgs;
use crate::belonging::{self, Belonging, BelongingError, Founding};
use crate::config::Config;
use crate::council;
use crate::driver::now;
use crate::identity::{Identity, IdentityError};
use crate::node::{council_keys, high_water, open_identity};
use crate::storage::{SledStore, StoreError};

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
    /// The charter.
    #[error(transparent)]
    Charter(#[from] CharterError),
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
    Belonging::demand_none(&config.data)?;
    let keys = keys(config)?;
    let mut cards = vec![keys.card(FederationId::ANY, now())?];
    for path in &args.cards {
        let card = read_card(path)?;
        if card.id() != keys.agency.id() {
            cards.push(card);
        }
    }
    let usual = Thresholds::usual(cards.len());
    let founding = Founding {
        name: args.name.clone(),
        purpose: args.purpose.clone(),
        thresholds: Thresholds {
            admit: args.admit.unwrap_or(usual.admit),
            revoke: args.revoke.unwrap_or(usual.revoke),
            amend: args.amend.unwrap_or(usual.amend),
        },
        guests: if args.members_only { Guests::Apply } else { Guests::Read },
        cards,
    };
    let founders = founding.cards.len();
    let (federation, acts) = founding.acts(&keys.council, now())?;
    // Whoever belongs to a federation whose charter is nowhere is stuck: so the
    // charter comes first.
    SledStore::begin_acts(&high_water(config), &acts)?;
    Belonging::Chartered(federation).note(&config.data)?;
    let sign = if founders > 1 { told_to_sign(federation, founders) } else { String::new() };
    Ok(format!("{federation}\n{sign}"))
}

fn told_to_sign(federation: FederationId, founders: usize) -> String {
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

fn read_card(path: &Path) -> Result<dela_protocol::federation::card::Card, PaperError> {
    let text = fs::read_to_string(path)
        .map_err(|source| PaperError::File { path: path.to_owned(), source })?;
    belonging::card_from_text(&text)
        .map_err(|source| PaperError::CardFile { path: path.to_owned(), source })
}
