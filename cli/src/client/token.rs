//! Where the token for writing comes from.
//!
//! Invariant: a token goes only where the person meant it to. One that was
//! named (by flag, by environment, by data folder) goes to the node that was
//! named; one that was found goes only to a node on this machine.

use core::fmt;
use std::env;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::{Client, ClientError};

/// The longest token file read: a token is some 64 characters, and whatever is
/// far longer is another file.
const TOKEN_BYTES_MAX: usize = 512;

/// The name of the file in a data folder that holds the token.
const FILE_NAME: &str = "token";

/// Where to take the token from; empty means to look for it.
#[derive(Clone, Default)]
pub struct TokenSource {
    /// The token itself.
    pub token: Option<String>,
    /// A file that holds it.
    pub file: Option<PathBuf>,
    /// The data folder of the node, whose file `token` holds it.
    pub data: Option<PathBuf>,
}

/// Tells where from, but never the token.
impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource")
            .field("token", &self.token.as_ref().map(|_| "(secret)"))
            .field("file", &self.file)
            .field("data", &self.data)
            .finish()
    }
}

/// Why there is no token to write with.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file that should hold it cannot be read.
    #[error("the token for writing lies in {path}, which cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        reason: io::Error,
    },
    /// What should be a token is none.
    #[error("{origin} does not hold a token: {reason}")]
    NotAToken {
        /// Where it was taken from.
        origin: String,
        /// What it is instead.
        reason: &'static str,
    },
    /// The node is on another machine and no token was given.
    #[error("writing to {node} needs its token, and none was given")]
    NotGiven {
        /// The node.
        node: String,
    },
    /// The node is on this machine, but its token is nowhere to be found.
    #[error("writing to {node} needs its token, and none was found")]
    NotFound {
        /// The node.
        node: String,
    },
}

/// A token and where it was taken from, for the error when it is refused.
pub(super) struct Token {
    pub(super) value: String,
    pub(super) origin: String,
}

impl TokenSource {
    /// Returns what the environment names: `DELA_TOKEN`, else
    /// `DELA_TOKEN_FILE`, else `DELA_DATA`.
    pub fn of_environment() -> Self {
        let path = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self {
            token: env::var("DELA_TOKEN").ok().filter(|token| !token.is_empty()),
            file: path("DELA_TOKEN_FILE"),
            data: path("DELA_DATA"),
        }
    }

    /// Returns whether nothing is named.
    pub const fn is_empty(&self) -> bool {
        self.token.is_none() && self.file.is_none() && self.data.is_none()
    }

    /// Returns the token for `client`'s node: the one that is named, else the
    /// one the node says it keeps on this machine, else the one in the data
    /// folder of this platform.
    pub(super) fn find(&self, client: &Client) -> Result<Token, ClientError> {
        if let Some(token) = &self.token {
            let origin = "what was given as token".to_owned();
            return Ok(Token { value: checked(token, &origin)?, origin });
        }
        if let Some(file) = &self.file {
            return Ok(read(file)?);
        }
        if let Some(data) = &self.data {
            return Ok(read(&data.join(FILE_NAME))?);
        }
        let node = client.node();
        if !node.is_loopback() {
            return Err(TokenError::NotGiven { node: node.to_string() }.into());
        }
        match client.token_file() {
            Ok(answer) => Ok(read_as_told(&answer.value.path, node)?),
            // An older node, or one behind a proxy, does not tell.
            Err(ClientError::Refused { .. } | ClientError::NotANode { .. }) => {
                match data_folder().map(|folder| folder.join(FILE_NAME)) {
                    Some(file) if file.exists() => Ok(read(&file)?),
                    _ => Err(TokenError::NotFound { node: node.to_string() }.into()),
                }
            }
            Err(other) => Err(other),
        }
    }
}

/// Reads the file a node named. What listens on this machine is not thereby to
/// be trusted: it must not make us send it a file that is no token.
fn read_as_told(path: &str, node: &super::NodeAddress) -> Result<Token, TokenError> {
    let file = Path::new(path);
    if !file.is_absolute() || file.file_name() != Some(FILE_NAME.as_ref()) {
        return Err(TokenError::NotAToken {
            origin: format!("the file that {node} names ({path})"),
            reason: "the file of a node is named `token` and its path is absolute",
        });
    }
    read(file)
}

fn read(path: &Path) -> Result<Token, TokenError> {
    let unreadable = |reason| TokenError::Unreadable { path: path.to_owned(), reason };
    let origin = path.display().to_string();
    let file = File::open(path).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(TokenError::NotAToken { origin, reason: "it is not a file" });
    }
    let mut text = String::new();
    let limit = u64::try_from(TOKEN_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    match file.take(limit).read_to_string(&mut text) {
        Ok(_) => Ok(Token { value: checked(&text, &origin)?, origin }),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(TokenError::NotAToken { origin, reason: "it is not text" })
        }
        Err(error) => Err(unreadable(error)),
    }
}

/// Returns the token if it is one that a header can carry (RFC 6750).
fn checked(text: &str, origin: &str) -> Result<String, TokenError> {
    let token = text.trim();
    let refuse = |reason| Err(TokenError::NotAToken { origin: origin.to_owned(), reason });
    if token.is_empty() {
        return refuse("it is empty");
    }
    if text.len() > TOKEN_BYTES_MAX {
        return refuse("it is far longer than a token");
    }
    if !token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)) {
        return refuse("a token is one word of letters, digits and -._~+/=");
    }
    Ok(token.to_owned())
}

/// Returns the folder where a node of this user keeps its data unless told
/// otherwise.
fn data_folder() -> Option<PathBuf> {
    let home = || env::home_dir().filter(|home| home.is_absolute());
    if cfg!(target_os = "macos") {
        return Some(home()?.join("Library/Application Support/dela"));
    }
    let xdg = env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    Some(xdg.or_else(|| Some(home()?.join(".local/share")))?.join("dela"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word() {
        assert_eq!(checked(" 5f3a-90.b~+/= \n", "x").unwrap(), "5f3a-90.b~+/=");
        for text in ["", "\n", "two words", "ny\u{e5}", "a\nb"] {
            assert!(checked(text, "x").is_err(), "{text:?}");
        }
        assert!(checked(&"a".repeat(TOKEN_BYTES_MAX + 1), "x").is_err());
    }

    #[test]
    fn the_token_is_never_shown() {
        let source = TokenSource { token: Some("hemlig".to_owned()), ..TokenSource::default() };
        assert!(!format!("{source:?}").contains("hemlig"));
    }
}
