//! Which addresses of the web may be asked, before any name is looked up.
//!
//! Invariant: an address that passes is `http` or `https`, has a host, no user
//! and no port of another service, and is written without a fragment.

use oxiri::Iri;
use ureq::http::Uri;

use super::FetchError;

/// The longest address: what servers and browsers take.
const BYTES_MAX: usize = 8 * 1024;

/// From this port on they are nobody's in particular, and catalogues are served
/// at many: 5000, 8080, 8443. Below, 80 and 443 are the web's; behind the
/// others are mail, files and control, which a request could be smuggled to.
const FREE_PORT_MIN: u16 = 1024;

/// An address that may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    text: String,
    uri: Uri,
}

impl Address {
    /// Reads an absolute address.
    pub(super) fn read(text: &str) -> Result<Self, FetchError> {
        let refuse =
            |reason: &str| FetchError::Refused { address: shown(text), reason: reason.to_owned() };
        if text.len() > BYTES_MAX {
            return Err(refuse("it is longer than 8,192 bytes"));
        }
        let text = text.split('#').next().unwrap_or_default();
        let uri: Uri = text.parse().map_err(|_| refuse("it is no address of the web"))?;
        match uri.scheme_str() {
            Some("http" | "https") => {}
            Some(_) => return Err(refuse("it begins with neither http nor https")),
            None => return Err(refuse("it is no absolute address")),
        }
        let Some(authority) = uri.authority().filter(|authority| !authority.host().is_empty())
        else {
            return Err(refuse("it names no host"));
        };
        if authority.as_str().contains('@') {
            return Err(refuse(
                "it has a user or a password in it, which would be shown and logged",
            ));
        }
        let has_port = authority.as_str().len() > authority.host().len();
        match authority.port_u16() {
            None if has_port => return Err(refuse("its port is no number up to 65535")),
            Some(port) if port < FREE_PORT_MIN && port != 80 && port != 443 => {
                return Err(refuse("its port is that of another service than the web"));
            }
            _ => {}
        }
        Ok(Self { text: text.to_owned(), uri })
    }

    /// Reads where an answer at this address leads.
    pub(super) fn onward(&self, location: &str) -> Result<Self, FetchError> {
        let refuse = |reason: String| FetchError::Refused { address: shown(&self.text), reason };
        let next = Iri::parse(self.text.as_str())
            .ok()
            .and_then(|base| base.resolve(location).ok())
            .ok_or_else(|| {
                refuse(format!("it leads to {}, which is no address", shown(location)))
            })?;
        let next = Self::read(next.as_str()).map_err(|error| match error {
            FetchError::Refused { address, reason } => {
                refuse(format!("it leads to {address}, and {reason}"))
            }
            other => other,
        })?;
        if self.is_secure() && !next.is_secure() {
            let next = shown(&next.text);
            return Err(refuse(format!("it leads from https to {next}, where anybody can write")));
        }
        Ok(next)
    }

    fn is_secure(&self) -> bool {
        self.uri.scheme_str() == Some("https")
    }

    /// Returns the whole address.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the address for people and logs.
    pub(super) fn shown(&self) -> String {
        shown(&self.text)
    }
}

/// Returns the host of an address, in the one form in which hosts are compared.
pub(super) fn host(uri: &Uri) -> String {
    uri.host().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase()
}

/// Returns an address as it may be shown: without its query, where keys are
/// passed, and without what stands before an `@`.
pub(super) fn shown(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).take(300).collect();
    let (before, query) = match clean.split_once('?') {
        Some((before, _)) => (before.to_owned(), "?…"),
        None => (clean, ""),
    };
    let bare = match (before.split_once("://"), before.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        _ => before,
    };
    format!("{bare}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_web_pass_without_their_fragment() {
        for (given, read) in [
            ("https://data.example/dcat#top", "https://data.example/dcat"),
            ("http://data.example:8080/a?b=c", "http://data.example:8080/a?b=c"),
            ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443/"),
        ] {
            assert_eq!(Address::read(given).unwrap().as_str(), read);
        }
    }

    #[test]
    fn others_are_refused_and_their_secrets_not_repeated() {
        for bad in [
            "ftp://data.example/a",
            "file:///etc/passwd",
            "gopher://data.example:70/_x",
            "/relative",
            "https://",
            "https://data.example:25/",
            "https://data.example:99999/",
            "https://anna:hemlig@data.example/a",
            "https://hemlig@data.example/a?key=hemlig",
            "https://data.example/a b",
        ] {
            let error = Address::read(bad).unwrap_err().to_string();
            assert!(!error.contains("hemlig"), "{error}");
        }
    }

    #[test]
    fn a_redirect_leads_on_but_not_from_https_to_http() {
        let address = Address::read("https://data.example/a/b?c").unwrap();
        assert_eq!(address.onward("../d").unwrap().as_str(), "https://data.example/d");
        assert_eq!(address.onward("//other.example/").unwrap().as_str(), "https://other.example/");
        for bad in ["http://data.example/", "file:///etc/passwd", "https://data.example:22/"] {
            assert!(address.onward(bad).is_err(), "{bad}");
        }
    }
}
