//! Where a node is.
//!
//! Invariant: an address that exists is one a request can be sent to, so that a
//! typing mistake is told as one and not as a network that fails.

use core::fmt;
use core::fmt::Write as _;
use core::str::FromStr;
use std::net::{IpAddr, Ipv6Addr};

/// The base URL of a node: scheme, host and port, and a path where the node is
/// served below one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeAddress {
    /// Without a slash at its end.
    base: String,
    host: String,
    encrypted: bool,
}

/// Why a text is not the address of a node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}; write it like http://127.0.0.1:4800")]
pub struct AddressError {
    reason: String,
}

fn refuse(reason: impl Into<String>) -> AddressError {
    AddressError { reason: reason.into() }
}

impl NodeAddress {
    /// Returns whether the node runs on this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let host = host.strip_suffix('.').unwrap_or(host);
        match host.parse::<IpAddr>() {
            Ok(ip) => ip.is_loopback(),
            Err(_) => host.eq_ignore_ascii_case("localhost"),
        }
    }

    /// Returns whether requests to it are encrypted.
    pub const fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Returns the URL of a path below the node, with a query.
    pub(crate) fn url(&self, path: &[&str], query: &[(&str, &str)]) -> String {
        let mut url = self.base.clone();
        for segment in path {
            url.push('/');
            encode(&mut url, segment);
        }
        for (index, (name, value)) in query.iter().enumerate() {
            url.push(if index == 0 { '?' } else { '&' });
            encode(&mut url, name);
            url.push('=');
            encode(&mut url, value);
        }
        url
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
fn encode(url: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            write!(url, "%{byte:02X}").expect("a String takes all that is written");
        }
    }
}

impl fmt::Display for NodeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

impl FromStr for NodeAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(refuse("the address is empty"));
        }
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err(refuse(format!("a node is reached by http or https, not by {scheme}")));
        }
        if rest.contains(['?', '#']) {
            return Err(refuse("the address of a node has no `?` or `#`"));
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(refuse("the address of a node has no user name; see --token-file"));
        }
        let (host, port) = split_port(authority)?;
        check_host(host)?;
        let path = path.trim_matches('/');
        if !path.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)) {
            return Err(refuse("the path holds characters that a URL cannot have"));
        }
        let mut base = format!("{scheme}://{host}");
        if let Some(port) = port {
            write!(base, ":{port}").expect("a String takes all that is written");
        }
        if !path.is_empty() {
            base.push('/');
            base.push_str(path);
        }
        Ok(Self { base, host: host.to_owned(), encrypted: scheme == "https" })
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), AddressError> {
    let after_host = if authority.starts_with('[') {
        authority.find(']').map_or(authority.len(), |end| end + 1)
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, port) = authority.split_at(after_host);
    let Some(port) = port.strip_prefix(':') else {
        return if port.is_empty() {
            Ok((host, None))
        } else {
            Err(refuse(format!("{authority} is not a host and a port")))
        };
    };
    match port.parse::<u16>() {
        Ok(number) if number > 0 && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok((host, Some(number)))
        }
        _ => Err(refuse(format!("`{port}` is not a port: a port is a number from 1 to 65535"))),
    }
}

fn check_host(host: &str) -> Result<(), AddressError> {
    if host.is_empty() {
        return Err(refuse("the address names no host"));
    }
    if let Some(inner) = host.strip_prefix('[') {
        return match inner.strip_suffix(']').map(str::parse::<Ipv6Addr>) {
            Some(Ok(_)) => Ok(()),
            _ => Err(refuse(format!("{host} is not an IPv6 address"))),
        };
    }
    if !host.is_ascii() {
        return Err(refuse(format!("{host} is not ASCII: write the host in its xn-- form")));
    }
    let label_is_good = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let labels = host.strip_suffix('.').unwrap_or(host);
    let all_digits = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    if host.len() > 253 || !labels.split('.').all(label_is_good) {
        return Err(refuse(format!("`{host}` is not a host name")));
    }
    // A name whose last label is a number is read as an IPv4 address.
    if labels.rsplit('.').next().is_some_and(all_digits) && labels.parse::<IpAddr>().is_err() {
        return Err(refuse(format!("`{host}` is not an IPv4 address")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> String {
        text.parse::<NodeAddress>().unwrap().to_string()
    }

    #[test]
    fn addresses_are_taken_as_people_write_them() {
        assert_eq!(base("http://127.0.0.1:4800///"), "http://127.0.0.1:4800");
        assert_eq!(base("localhost:4800"), "http://localhost:4800");
        assert_eq!(base("HTTPS://data.example.org/dela/"), "https://data.example.org/dela");
        assert_eq!(base("http://[::1]:4800"), "http://[::1]:4800");
    }

    #[test]
    fn what_no_request_can_be_sent_to_is_refused() {
        for text in [
            "",
            "   ",
            "http://",
            "http://:4800",
            "ftp://example.org",
            "http://exa mple.org",
            "http://example.org:0",
            "http://example.org:99999",
            "http://example.org:+80",
            "http://example..org",
            "http://-example.org",
            "http://127.0.0.256",
            "http://[::1",
            "http://[::1]x",
            "http://åre.example",
            "http://me:secret@example.org",
            "http://example.org?x",
            "http://example.org/a b",
        ] {
            let error = text.parse::<NodeAddress>().expect_err(text).to_string();
            assert!(error.ends_with("; write it like http://127.0.0.1:4800"), "{error}");
        }
    }

    #[test]
    fn loopback_is_known() {
        for text in ["http://127.0.0.1:1", "localhost", "http://[::1]:2", "127.9.9.9"] {
            assert!(text.parse::<NodeAddress>().unwrap().is_loopback(), "{text}");
        }
        for text in ["http://10.0.0.1", "https://localhost.example.org"] {
            assert!(!text.parse::<NodeAddress>().unwrap().is_loopback(), "{text}");
        }
    }

    #[test]
    fn whatever_a_person_types_stays_within_its_part_of_the_url() {
        let node: NodeAddress = "http://localhost:4800/".parse().unwrap();
        let url = node.url(&["api", "a/b?c"], &[("q", "å & b"), ("iri", "https://x/#y")]);
        assert_eq!(
            url,
            "http://localhost:4800/api/a%2Fb%3Fc?q=%C3%A5%20%26%20b&iri=https%3A%2F%2Fx%2F%23y"
        );
    }
}
