//! Invitations: where to go, as one line that can be sent, printed or scanned.
//!
//! ```text
//! dela:<id of the federation>?name=<its name>&peer=<multiaddress>&peer=…
//! ```
//!
//! An invitation is no secret and admits nobody: it says which federation is
//! meant, by the hash that nobody can fake, and at which nodes to begin. Anybody
//! may be told; who comes in is for the council to decide.

use form_urlencoded::{Serializer, byte_serialize, parse};

use super::{Belonging, BelongingError, Home};
use crate::network;

/// What an invitation begins with.
const SCHEME: &str = "dela:";

/// The most addresses in one: a square with four is still read by a telephone.
pub const PEERS_MAX: usize = 4;

/// The longest that is read: a name and a few addresses take some hundred bytes.
const BYTES_MAX: usize = 4_096;

/// The hexadecimal digits of a federation's id.
const ID_DIGITS: usize = 64;

/// What has so many hexadecimal digits, and fewer than an id, is one that was cut, and
/// no name that anybody gave to a federation.
const CUT_ID_MIN: usize = 16;

/// An invitation to a federation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Where one is at home then.
    pub home: Home,
    /// The name of the federation, as who invites calls it.
    pub name: String,
}

impl Invitation {
    /// Reads an invitation; white space does not matter.
    ///
    /// # Errors
    ///
    /// When it is none, or an address in it cannot be dialled.
    pub fn parse(text: &str) -> Result<Self, BelongingError> {
        let whole: String = text.split_whitespace().collect();
        let none = || BelongingError::NoInvitation { found: whole.chars().take(20).collect() };
        let rest = whole.strip_prefix(SCHEME).filter(|rest| rest.len() <= BYTES_MAX);
        let rest = rest.ok_or_else(none)?;
        let (federation, query) = rest.split_once('?').unwrap_or((rest, ""));
        let federation = parse(federation.as_bytes()).next().map(|(name, _)| name.into_owned());
        let federation = federation.filter(|name| is_name(name)).ok_or_else(none)?;
        let is_hexadecimal = federation.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hexadecimal && (CUT_ID_MIN..ID_DIGITS).contains(&federation.len()) {
            return Err(BelongingError::CutInvitation { digits: federation.len() });
        }
        let mut invitation =
            Self { home: Home::new(Belonging::parse(&federation)), name: String::new() };
        for (key, value) in parse(query.as_bytes()) {
            match &*key {
                "name" if is_name(&value) => invitation.name = value.into_owned(),
                "peer" if invitation.home.peers.len() < PEERS_MAX => {
                    network::check_peer_address(&value)?;
                    invitation.home.peers.push(value.into_owned());
                }
                // A later version may say more.
                _ => {}
            }
        }
        Ok(invitation)
    }
}

/// Whether this can be the name of a federation, in one line of a file.
fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= 800 && !text.contains(char::is_control)
}

impl core::fmt::Display for Invitation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut query = Serializer::new(String::new());
        if !self.name.is_empty() {
            query.append_pair("name", &self.name);
        }
        for peer in &self.home.peers {
            query.append_pair("peer", peer);
        }
        // The slashes of an address are allowed as they are (RFC 3986, section
        // 3.4), and are easier to read.
        let query = query.finish().replace("%2F", "/");
        let federation = self.home.federation.to_string();
        let federation: String = byte_serialize(federation.as_bytes()).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        write!(f, "{SCHEME}{federation}{mark}{query}")
    }
}

#[cfg(test)]
mod tests {
    use dela_protocol::id::FederationId;

    use super::*;

    const PEER: &str = "/ip4/192.0.2.7/tcp/4801";

    #[test]
    fn an_invitation_comes_back_as_it_was() {
        let id = FederationId::from_bytes([7; 32]);
        for federation in [Belonging::Chartered(id), Belonging::Open("prov & två".to_owned())] {
            for peers in [vec![], vec![PEER.to_owned(), "/dns/nod.example/tcp/4801".to_owned()]] {
                let home = Home { federation: federation.clone(), peers };
                let invitation = Invitation { home, name: "Öppna data i norr?".to_owned() };
                let text = invitation.to_string();
                assert!(!text.contains(' ') && !text.contains("%2F"), "{text}");
                assert_eq!(Invitation::parse(&text).unwrap(), invitation);
                let (start, end) = text.split_at(text.len() / 2);
                let broken = format!(" {start}\n  {end}\n");
                assert_eq!(Invitation::parse(&broken).unwrap(), invitation, "{broken}");
            }
        }
    }

    #[test]
    fn what_is_no_invitation_is_told_so() {
        let long = format!("dela:prov?name={}", "a".repeat(5_000));
        for text in ["", "dela:", "dela:?peer=x", "dela:%0A", "https://dela.example", &*long] {
            let error = Invitation::parse(text).unwrap_err().to_string();
            assert!(error.contains("is no invitation"), "{text}: {error}");
        }
        let whole = FederationId::from_bytes([7; 32]).to_string();
        for cut in [16, 40, 63] {
            let text = format!("dela:{}", whole.split_at(cut).0);
            let error = Invitation::parse(&text).unwrap_err().to_string();
            assert!(error.contains(&cut.to_string()) && error.contains("whole"), "{error}");
        }
        let error = Invitation::parse("dela:prov?peer=192.0.2.7:4801").unwrap_err().to_string();
        assert!(error.contains("/ip4/192.0.2.7/tcp/4801"), "{error}");
    }

    #[test]
    fn of_many_addresses_the_first_few_are_taken() {
        let peers = format!("&peer={PEER}").repeat(50);
        let invitation = Invitation::parse(&format!("dela:prov?{peers}")).unwrap();
        assert_eq!(invitation.home.peers.len(), PEERS_MAX);
    }
}
