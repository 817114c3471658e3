//! Settings: one struct, defaults in one place, and one order of precedence:
//! the file, then the environment (`DELA_*`), then the flags.
//!
//! Invariant: an unknown key is an error that names the known ones, so that a
//! misspelt setting is never silently the default.

use std::env;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};

use crate::council::CardTexts;
use crate::fetch::{Networks, ParseNetworkError};

/// The name of the settings file in the data folder.
pub const FILE_NAME: &str = "delad.toml";

/// The settings of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The data folder: keys, token, store and search index.
    pub data: PathBuf,
    /// A file with the passphrase of the agency's keys, which are encrypted where it
    /// is set. Only this user may be able to read it.
    pub passphrase_file: Option<PathBuf>,
    /// Where the HTTP API and the page are served.
    pub http: SocketAddr,
    /// Further host names by which clients may address the HTTP side, as they
    /// write them: `dela.example.org`. Loopback names and the address itself
    /// are always allowed.
    pub hosts: Vec<String>,
    /// The address by which clients outside reach the HTTP side, where a proxy
    /// stands before it: `https://data.example.org`. Links in feeds and
    /// catalogues begin with it; its host is allowed as those of `hosts` are.
    pub public_url: Option<String>,
    /// Where peers reach this node: multiaddresses.
    pub listen: Vec<String>,
    /// Peers to connect to and to stay connected with: multiaddresses, best
    /// with `/p2p/` and the peer id at the end.
    pub peers: Vec<String>,
    /// Where others reach this node, if that is not where it listens:
    /// multiaddresses.
    pub external_addresses: Vec<String>,
    /// The name of the agency, for its profile.
    pub agency: Option<String>,
    /// The federation to take part in: the id of one with a charter, or the name
    /// of an open one. All signatures are bound to it: a data folder belongs to
    /// the federation it began in, and goes on in that where this is not set.
    pub federation: Option<String>,
    /// The organisation number of the agency, for its application.
    pub organisation_number: Option<String>,
    /// The domain of the agency, for its application: `exempelby.example`.
    pub domain: Option<String>,
    /// Whether to find nodes on the local network by multicast DNS.
    pub mdns: bool,
    /// Whether to find further nodes by asking peers.
    pub discover: bool,
    /// Networks and addresses beside the public ones that sources may be at:
    /// `10.20.0.0/16`. They are reached only by naming their host as a source.
    pub source_networks: Vec<String>,
    /// How many bytes of the store are kept in memory.
    pub cache_bytes: u64,
    /// What is logged: `info`, or `info,dela_node::network=debug`.
    pub log: String,
    /// How log lines are written: `text` or `json`.
    pub log_format: LogFormat,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: one JSON object per line.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: platform_data_folder(),
            passphrase_file: None,
            http: SocketAddr::from(([127, 0, 0, 1], 4800)),
            hosts: Vec::new(),
            public_url: None,
            listen: vec!["/ip4/0.0.0.0/tcp/4801".to_owned()],
            peers: Vec::new(),
            external_addresses: Vec::new(),
            agency: None,
            federation: None,
            organisation_number: None,
            domain: None,
            mdns: false,
            discover: true,
            source_networks: Vec::new(),
            cache_bytes: crate::storage::Options::default().cache_bytes,
            // libp2p tells its own name once at the start; so do we.
            log: "info,libp2p_swarm=warn".to_owned(),
            log_format: LogFormat::Text,
        }
    }
}

/// The settings that have a flag.
#[derive(Debug, Clone, Default, Args, Serialize)]
pub struct Flags {
    /// Keep keys, store and search index in this folder
    #[arg(long, global = true, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// Read the passphrase of the agency's keys from this file
    #[arg(long, global = true, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passphrase_file: Option<PathBuf>,
    /// Serve the HTTP API and the page at this address
    #[arg(long, global = true, value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<SocketAddr>,
    /// Listen for peers at this multiaddress (can be repeated)
    #[arg(long, global = true, value_name = "MULTIADDR")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listen: Vec<String>,
    /// Connect to this peer and stay connected (can be repeated)
    #[arg(long = "peer", global = true, value_name = "MULTIADDR")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<String>,
    /// Publish under this name of the agency
    #[arg(long, global = true, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// Take part in this federation: the id of one with a charter, or the name of
    /// an open one
    #[arg(long, global = true, value_name = "ID|NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub federation: Option<String>,
    /// Log what this filter lets through
    #[arg(long, global = true, value_name = "FILTER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file or variable that cannot be read or holds something else.
    #[error("the settings cannot be used: {0}")]
    Invalid(#[from] Box<figment::Error>),
    /// A file that was named and is not there.
    #[error("the settings file {0} is not there")]
    NoFile(PathBuf),
    /// A federation without a name.
    #[error("the federation has no name: set `federation`, or leave it out for `dela-open`")]
    NoFederation,
    /// An address that is none of the web.
    #[error(
        "`public_url` is {0}, where an address of the web is needed, with nothing after its path: \
         https://data.example.org"
    )]
    BadPublicUrl(String),
    /// A network that is none.
    #[error("`source_networks`: {0}")]
    BadNetwork(#[from] ParseNetworkError),
    /// A name longer than anybody reads.
    #[error("`{setting}` is longer than {NAME_CHARS_MAX} characters")]
    LongName {
        /// The setting.
        setting: &'static str,
    },
}

/// The longest name of an agency or a federation: every hit of every search on
/// every node shows the agency's. Real ones stay below a hundred.
const NAME_CHARS_MAX: usize = 200;

impl Config {
    /// Joins file, environment and flags.
    ///
    /// The file is `file` if given, else `delad.toml` in the data folder if
    /// there is one.
    pub fn load(file: Option<&Path>, flags: &Flags) -> Result<Self, ConfigError> {
        let given = Figment::new()
            .merge(Env::prefixed("DELA_").only(&["data"]))
            .merge(Serialized::defaults(flags));
        let data: PathBuf = given.extract_inner("data").unwrap_or_else(|_| platform_data_folder());
        let path = match file {
            Some(file) if !file.is_file() => return Err(ConfigError::NoFile(file.to_owned())),
            Some(file) => file.to_owned(),
            None => data.join(FILE_NAME),
        };
        let config: Self = Figment::from(Serialized::defaults(Self { data, ..Self::default() }))
            .merge(Toml::file(path))
            .merge(Env::prefixed("DELA_").ignore(&OTHER_VARIABLES))
            .merge(Serialized::defaults(flags))
            .extract()
            .map_err(Box::new)?;
        if config.federation.as_ref().is_some_and(|name| name.trim().is_empty()) {
            return Err(ConfigError::NoFederation);
        }
        let names = [
            ("agency", &config.agency),
            ("federation", &config.federation),
            ("organisation_number", &config.organisation_number),
            ("domain", &config.domain),
        ];
        for (setting, name) in names {
            if name.as_ref().is_some_and(|name| name.chars().count() > NAME_CHARS_MAX) {
                return Err(ConfigError::LongName { setting });
            }
        }
        if let Some(url) = config.public_url.as_deref().filter(|url| !is_web_address(url)) {
            return Err(ConfigError::BadPublicUrl(url.to_owned()));
        }
        Networks::read(&config.source_networks)?;
        Ok(config)
    }
}

impl Config {
    /// Returns what the agency says on its card.
    pub fn card(&self) -> CardTexts {
        CardTexts {
            name: self.agency.clone(),
            organisation_number: self.organisation_number.clone(),
            domain: self.domain.clone(),
        }
    }
}

/// Returns whether this is an address of the web to which a path can be added.
fn is_web_address(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_graphic() && !"?#@<>\"{}|\\^`".contains(c);
    !host.is_empty() && !host.starts_with(':') && url.chars().all(is_plain)
}

/// Variables that are the client's or the tests', not the node's.
const OTHER_VARIABLES: [&str; 5] = ["node", "token", "token_file", "corpus", "update_docs"];

/// Returns the folder where the platform keeps a program's data.
fn platform_data_folder() -> PathBuf {
    let home = || env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    if cfg!(target_os = "macos") {
        return home().join("Library/Application Support/dela");
    }
    match env::var_os("XDG_DATA_HOME").filter(|folder| !folder.is_empty()) {
        Some(folder) => PathBuf::from(folder).join("dela"),
        None => home().join(".local/share/dela"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let text = "http = \"127.0.0.1:5000\"\nagency = \"Exempelby\"\n";
        std::fs::write(folder.path().join(FILE_NAME), text).unwrap();
        let flags = Flags {
            data: Some(folder.path().to_owned()),
            agency: Some("Provköping".to_owned()),
            ..Flags::default()
        };
        let config = Config::load(None, &flags).unwrap();
        assert_eq!(config.http.port(), 5000);
        assert_eq!(config.agency.as_deref(), Some("Provköping"));
        assert_eq!(config.federation, None);
    }

    #[test]
    fn a_misspelt_key_is_named_with_the_known_ones() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE_NAME), "htp = \"127.0.0.1:5000\"\n").unwrap();
        let flags = Flags { data: Some(folder.path().to_owned()), ..Flags::default() };
        let error = Config::load(None, &flags).unwrap_err().to_string();
        assert!(error.contains("htp") && error.contains("`http`"), "{error}");
    }

    #[test]
    fn a_name_has_a_length_that_can_be_shown() {
        let folder = tempfile::tempdir().unwrap();
        let load = |length: usize| {
            let agency = Some("ö".repeat(length));
            let data = Some(folder.path().to_owned());
            Config::load(None, &Flags { data, agency, ..Flags::default() })
        };
        assert!(load(NAME_CHARS_MAX).is_ok());
        let error = load(NAME_CHARS_MAX + 1).unwrap_err().to_string();
        assert_eq!(error, "`agency` is longer than 200 characters");
    }

    #[test]
    fn the_public_address_is_one_that_a_path_can_be_added_to() {
        for good in ["https://data.example.org", "http://192.0.2.7:8080/dela/"] {
            assert!(is_web_address(good), "{good}");
        }
        for bad in ["data.example.org", "https://", "https://:80/", "https://a/?b", "ftp://a", ""] {
            assert!(!is_web_address(bad), "{bad}");
        }
    }

    #[test]
    fn a_named_file_must_be_there() {
        let missing = Path::new("no-such-file.toml");
        assert!(matches!(
            Config::load(Some(missing), &Flags::default()),
            Err(ConfigError::NoFile(_))
        ));
    }
}
