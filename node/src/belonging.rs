//! Which federation a node takes part in: where its data folder is at home, and
//! the papers by which agencies found a federation, are invited and apply.
//!
//! Invariant: what an agency signs is worth nothing in another federation, so a
//! folder is at home in one. A changed setting never moves it; it moves when
//! somebody says so ([`moving`]).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dela_protocol::federation::Federation;
use dela_protocol::federation::card::CardError;
use dela_protocol::federation::charter::CharterError;
use dela_protocol::id::FederationId;

use crate::network::NetworkError;
use crate::storage::StoreError;

mod card;
mod founding;
mod invitation;
pub mod moving;

pub use card::{card_from_text, card_to_text};
pub use founding::{Founding, REVIEWED_AFTER};
pub use invitation::{Invitation, PEERS_MAX as INVITED_TO_MAX};

/// The file that says where a folder is at home: the federation, and in the lines
/// after it nodes by which it was entered.
const FILE_NAME: &str = "federation";

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
    /// Peers, and nobody has said of what.
    #[error(
        "peers are given, and not the federation that they belong to: begin with `delad join \
         INVITATION`, which `dela federation invite` prints at one of them, or give --federation"
    )]
    PeersOfWhat,
    /// A text that is no card.
    #[error("{found} is no card: it begins with dela-card:, and `delad card` prints one")]
    NoCard {
        /// The beginning of the text.
        found: String,
    },
    /// A card that does not hold.
    #[error("{0}")]
    Card(#[from] CardError),
    /// A text that is no invitation.
    #[error(
        "{found} is no invitation: it begins with dela:, and `dela federation invite` prints one"
    )]
    NoInvitation {
        /// The beginning of the text.
        found: String,
    },
    /// An address in an invitation that cannot be dialled.
    #[error("the invitation: {0}")]
    Address(#[from] NetworkError),
    /// The charter of a federation that is founded.
    #[error(transparent)]
    Charter(#[from] CharterError),
    /// The folder's data.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A part of an invitation.
    #[error(
        "the federation's id in this invitation has {digits} digits, where it has 64: it was cut on \
         its way, so ask for the whole line again"
    )]
    CutInvitation {
        /// How many are left.
        digits: usize,
    },
    /// The folder is there already.
    #[error("this node belongs to {0} already")]
    There(Belonging),
    /// It has still to publish here what it brought.
    #[error(
        "what the agency published in {0} is not published here yet, and would be left behind: \
         `dela status` says what the node waits for; it can go back to {0}"
    )]
    Carrying(Belonging),
    /// A setting says that it stays.
    #[error(
        "the setting `federation` is {0}, and would keep the node from starting elsewhere: take it \
         out of delad.toml, of the environment and of the command that starts delad"
    )]
    Set(String),
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

/// Where a data folder is at home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The federation.
    pub federation: Belonging,
    /// Nodes by which it was entered: multiaddresses that are dialled beside the
    /// configured ones.
    pub peers: Vec<String>,
}

impl Home {
    /// A home that nobody told the way to.
    pub fn new(federation: Belonging) -> Self {
        Self { federation, peers: Vec::new() }
    }

    /// Returns where the node of a folder is at home, and notes it at its first
    /// start; `None` where that is for it to found.
    pub fn settled(
        folder: &Path,
        setting: Option<&str>,
        has_peers: bool,
    ) -> Result<Option<Self>, BelongingError> {
        let asked = setting.map(Belonging::parse);
        let Some(home) = Self::of(folder)? else {
            let Some(begun) = asked.map(Self::new) else {
                return if has_peers { Err(BelongingError::PeersOfWhat) } else { Ok(None) };
            };
            begun.note(folder)?;
            return Ok(Some(begun));
        };
        match asked {
            Some(asked) if asked != home.federation => Err(BelongingError::Elsewhere {
                folder: folder.to_owned(),
                begun: home.federation.to_string(),
                asked: asked.to_string(),
            }),
            Some(_) | None => Ok(Some(home)),
        }
    }

    /// Returns where a folder is at home, if it is.
    pub fn of(folder: &Path) -> Result<Option<Self>, BelongingError> {
        Self::read(&folder.join(FILE_NAME))
    }

    /// Notes that a folder is at home here.
    pub fn note(&self, folder: &Path) -> Result<(), BelongingError> {
        self.write(&folder.join(FILE_NAME))
    }

    fn read(path: &Path) -> Result<Option<Self>, BelongingError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(BelongingError::File { path: path.to_owned(), source }),
        };
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let federation = Belonging::parse(lines.next().unwrap_or_default());
        Ok(Some(Self { federation, peers: lines.map(str::to_owned).collect() }))
    }

    fn write(&self, path: &Path) -> Result<(), BelongingError> {
        let lines = core::iter::once(self.federation.to_string()).chain(self.peers.clone());
        let text: String = lines.map(|line| line + "\n").collect();
        crate::storage::replace(path, text.as_bytes())
            .map_err(|source| BelongingError::File { path: path.to_owned(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(name: &str) -> Home {
        Home::new(Belonging::Open(name.to_owned()))
    }

    #[test]
    fn a_folder_is_at_home_where_it_began() {
        let folder = tempfile::tempdir().unwrap();
        let settled = |setting| Home::settled(folder.path(), setting, false);
        assert_eq!(settled(None).unwrap(), None, "it founds a federation of its own");
        assert_eq!(settled(Some("prov")).unwrap(), Some(open("prov")));
        assert_eq!(settled(None).unwrap(), Some(open("prov")));
        let error = settled(Some("annan")).unwrap_err().to_string();
        assert!(error.contains("prov") && error.contains("annan"), "{error}");
    }

    #[test]
    fn peers_of_no_federation_are_asked_about() {
        let folder = tempfile::tempdir().unwrap();
        let error = Home::settled(folder.path(), None, true).unwrap_err().to_string();
        assert!(error.contains("delad join"), "{error}");
        assert!(Home::settled(folder.path(), Some("prov"), true).is_ok());
    }

    #[test]
    fn a_home_keeps_the_nodes_by_which_it_was_entered() {
        let folder = tempfile::tempdir().unwrap();
        let peers = vec!["/ip4/192.0.2.7/tcp/4801".to_owned()];
        let home = Home { federation: Belonging::parse("prov två"), peers };
        home.note(folder.path()).unwrap();
        assert_eq!(Home::of(folder.path()).unwrap(), Some(home));
    }

    #[test]
    fn an_id_is_a_federation_with_a_charter_and_a_name_an_open_one() {
        let id = FederationId::from_bytes([7; 32]);
        assert_eq!(Belonging::parse(&id.to_string()), Belonging::Chartered(id));
        assert!(Belonging::parse(&id.to_string()).federation().charter().is_none());
        assert!(!Belonging::parse(&id.to_string()).federation().is_open());
        assert!(Belonging::parse("prov").federation().is_open());
    }
}
