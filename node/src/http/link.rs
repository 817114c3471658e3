//! Addresses: those of this site, and those agencies wrote.

use maud::{Markup, html};

/// Returns `address` if it leads to a web or FTP server, so that it may become
/// a link.
pub(super) fn followable(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_once(':')?;
    let leads = ["http", "https", "ftp"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
        && rest.starts_with("//");
    leads.then_some(address)
}

/// Shows an address: as a link if it can be followed, else as text.
pub(super) fn address(address: &str) -> Markup {
    html! {
        @match followable(address) {
            Some(href) => a href=(href) rel="external noopener" { (address) },
            None => span { (address) },
        }
    }
}

/// Returns an address of this site with a query.
pub(super) fn with_query<'a>(
    path: &str,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// Returns `here` in another language.
pub(super) fn in_language(here: &str, tag: &str) -> String {
    let (path, query) = here.split_once('?').unwrap_or((here, ""));
    let kept: Vec<_> =
        form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "lang").collect();
    let pairs = kept.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
    with_query(path, pairs.chain([("lang", tag)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_and_ftp_addresses_become_links() {
        assert!(followable("https://example.org/a.csv").is_some());
        assert!(followable("FTP://example.org/").is_some());
        for bad in ["javascript:alert(1)", "data:text/html,x", "https:javascript", "/etc", "urn:x"]
        {
            assert!(followable(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_link_to_the_other_language_keeps_what_was_searched_for() {
        assert_eq!(in_language("/?q=luft+kvalitet&lang=sv", "en"), "/?q=luft+kvalitet&lang=en");
        assert_eq!(in_language("/agencies", "en"), "/agencies?lang=en");
    }
}
