//! Which federation a data folder belongs to, and the papers by which agencies
//! found one or apply to one.
//!
//! Invariant: a folder belongs to one federation, the one it began in. Its
//! signatures are worth nothing in another, so a node never starts in another by
//! a changed setting.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use data_encoding::BASE64URL_NOPAD as BASE64;
use dela_protocol::federation::card::{Card, CardError};
use dela_protocol::federation::charter::{
    Charter, CharterError, CharterStatement, Guests, Seat, Thresholds,
};
use dela_protocol::federation::decision::Vote;
use dela_protocol::federation::{Act, Federation};
use dela_protocol::id::{FederationId, MotionId};
use dela_protocol::key::SecretKey;
use dela_protocol::time::Timestamp;

/// The open federation of who says nothing else.
pub const OPEN: &str = "dela-open";

/// The file that says which federation a folder belongs to.
const FILE_NAME: &str = "federation";

/// What a card begins with, as text.
const CARD_PREFIX: &str = "dela-card:";

/// Why a folder does not belong where it is to, or a federation was not founded.
#[derive(Debug, thiserror::Error)]
pub enum BelongingError {
    /// The folder belongs elsewhere.
    #[error(
        "the data folder {folder} belongs to the federation {begun}, and `federation` is {asked}: \
         leave the setting out, or use another folder"
    )]
    Elsewhere {
        /// The folder.
        folder: PathBuf,
        /// Where it belongs.
        begun: String,
        /// What was asked for.
        asked: String,
    },
    /// A file that cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder that has a federation already.
    #[error(
        "the data folder {folder} belongs to a federation already, {begun}: found one in another \
         folder, with another agency"
    )]
    Begun {
        /// The folder.
        folder: PathBuf,
        /// Where it belongs.
        begun: String,
    },
    /// A text that is no card.
    #[error("{found} is no card: it begins with {CARD_PREFIX}, and `delad card` prints one")]
    NoCard {
        /// The beginning of the text.
        found: String,
    },
    /// A card that does not hold.
    #[error("{0}")]
    Card(#[from] CardError),
}

/// Which federation a node takes part in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Belonging {
    /// An open one, by its name.
    Open(String),
    /// One with a charter.
    Chartered(FederationId),
}

impl Belonging {
    /// Reads a setting: 64 hexadecimal digits are the id of a federation with a
    /// charter, anything else the name of an open one.
    pub fn parse(setting: &str) -> Self {
        setting.parse().map_or_else(|_| Self::Open(setting.to_owned()), Self::Chartered)
    }

    /// Returns where the node of a folder belongs, and notes it at its first
    /// start.
    pub fn open(folder: &Path, setting: Option<&str>) -> Result<Self, BelongingError> {
        let asked = setting.map(Self::parse);
        let Some(begun) = Self::of(folder)? else {
            let begun = asked.unwrap_or_else(|| Self::Open(OPEN.to_owned()));
            begun.note(folder)?;
            return Ok(begun);
        };
        match asked {
            Some(asked) if asked != begun => Err(BelongingError::Elsewhere {
                folder: folder.to_owned(),
                begun: begun.to_string(),
                asked: asked.to_string(),
            }),
            Some(_) | None => Ok(begun),
        }
    }

    /// Returns where a folder belongs, if it does.
    pub fn of(folder: &Path) -> Result<Option<Self>, BelongingError> {
        let path = folder.join(FILE_NAME);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(Self::parse(text.trim()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(BelongingError::File { path, source }),
        }
    }

    /// Refuses a folder that belongs somewhere already.
    pub fn demand_none(folder: &Path) -> Result<(), BelongingError> {
        let begun = Self::of(folder)?.map(|begun| begun.to_string());
        begun
            .map_or(Ok(()), |begun| Err(BelongingError::Begun { folder: folder.to_owned(), begun }))
    }

    /// Notes that a folder belongs here.
    pub fn note(&self, folder: &Path) -> Result<(), BelongingError> {
        let path = folder.join(FILE_NAME);
        let text = format!("{self}\n");
        fs::create_dir_all(folder)
            .and_then(|()| crate::storage::replace(&path, text.as_bytes()))
            .map_err(|source| BelongingError::File { path, source })
    }

    /// Returns its id.
    pub fn id(&self) -> FederationId {
        match self {
            Self::Open(name) => FederationId::open(name),
            Self::Chartered(id) => *id,
        }
    }

    /// Returns it as the replica knows it at first.
    pub fn federation(&self) -> Federation {
        match self {
            Self::Open(_) => Federation::open(self.id()),
            Self::Chartered(id) => Federation::chartered(*id),
        }
    }
}

impl core::fmt::Display for Belonging {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Open(name) => f.write_str(name),
            Self::Chartered(id) => write!(f, "{id}"),
        }
    }
}

/// Returns a card as people pass it on.
pub fn card_to_text(card: &Card) -> String {
    format!("{CARD_PREFIX}{}", BASE64.encode(card.bytes()))
}

/// Reads a card as people pass it on; white space does not matter.
pub fn card_from_text(text: &str) -> Result<Card, BelongingError> {
    let text: String = text.split_whitespace().collect();
    let bytes = text.strip_prefix(CARD_PREFIX).and_then(|it| BASE64.decode(it.as_bytes()).ok());
    let no_card = || BelongingError::NoCard { found: text.chars().take(20).collect() };
    Ok(Card::decode(bytes.ok_or_else(no_card)?)?)
}

/// What founders agree on.
#[derive(Debug, Clone)]
pub struct Founding {
    /// The name of the federation.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// The cards of the founders, who are its first council.
    pub cards: Vec<Card>,
    /// How many of them decide.
    pub thresholds: Thresholds,
    /// What strangers get.
    pub guests: Guests,
}

/// How long a charter holds before it is to be looked at again: two years.
pub const REVIEWED_AFTER: core::time::Duration = core::time::Duration::from_secs(2 * 365 * 86_400);

impl Founding {
    /// Writes the first charter of a federation and votes for it with the council
    /// key of one of the founders. Returns the federation and these acts.
    pub fn acts(
        self,
        council_key: &SecretKey,
        now: Timestamp,
    ) -> Result<(FederationId, Vec<Vec<u8>>), CharterError> {
        let Self { name, purpose, cards, thresholds, guests } = self;
        let charter = Charter::write(&CharterStatement {
            name,
            purpose,
            number: 1,
            previous: None,
            seats: cards.iter().map(Seat::of).collect(),
            thresholds,
            records_max: RECORDS_MAX,
            guests,
            founders: cards,
            carried: Vec::new(),
            review_by: now.after(REVIEWED_AFTER),
            issued_at: now,
        })?;
        let federation = charter.federation();
        let founding = MotionId::founding(&charter.id());
        let vote = Vote::sign(council_key, &federation, founding, true, now);
        let acts = [Act::Charter(charter), Act::Vote(vote)];
        Ok((federation, acts.iter().map(Act::encode).collect()))
    }
}

/// The records a member may publish where its charter's founders do not say
/// otherwise: seventeen times the largest Swedish catalogue.
const RECORDS_MAX: u64 = 50_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_belongs_to_the_federation_it_began_in() {
        let folder = tempfile::tempdir().unwrap();
        let open = |setting| Belonging::open(folder.path(), setting);
        assert_eq!(open(None).unwrap(), Belonging::Open(OPEN.to_owned()));
        assert_eq!(open(Some(OPEN)).unwrap(), Belonging::Open(OPEN.to_owned()));
        let error = open(Some("annan")).unwrap_err().to_string();
        assert!(error.contains("dela-open") && error.contains("annan"), "{error}");
    }

    #[test]
    fn an_id_is_a_federation_with_a_charter_and_a_name_an_open_one() {
        let id = FederationId::from_bytes([7; 32]);
        assert_eq!(Belonging::parse(&id.to_string()), Belonging::Chartered(id));
        assert!(Belonging::parse(&id.to_string()).federation().charter().is_none());
        assert!(!Belonging::parse(&id.to_string()).federation().is_open());
        assert!(Belonging::parse("prov").federation().is_open());
    }

    #[test]
    fn what_is_no_card_is_told_so() {
        for text in ["", "dela-card:", "dela-card:!!!", "något annat"] {
            assert!(card_from_text(text).is_err(), "{text}");
        }
    }
}
