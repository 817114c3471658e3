//! Making valid, absolute IRIs of what real feeds contain.
//!
//! Real catalogues have IRIs with spaces and braces in them, and addresses
//! without a scheme. Refusing a catalogue for one such value helps nobody;
//! carrying it as it is would make every export invalid. So it is repaired, and
//! the repair reported.

use std::fmt::Write as _;

use oxiri::Iri;

/// What relative IRIs are resolved against when nobody has given a base.
///
/// `.invalid` never resolves (RFC 2606), so such an IRI is recognised as what it
/// is, leads nowhere by accident, and is the same in every format.
pub const FALLBACK_BASE: &str = "http://relative.invalid/";

/// Returns a valid absolute IRI for `text`; `None` if it is one already.
pub(crate) fn repair(text: &str, base: &Iri<String>) -> Option<String> {
    if Iri::parse(text).is_ok() {
        return None;
    }
    let escaped = escape(text.trim());
    if Iri::parse(escaped.as_str()).is_ok() {
        return Some(escaped);
    }
    let resolved = base
        .resolve(&escaped)
        .or_else(|_| base.resolve(&format!("/{}", escape_all(text))))
        .map_or_else(|_| FALLBACK_BASE.to_owned(), Iri::into_inner);
    Some(resolved)
}

/// Escapes the characters that no IRI may contain.
fn escape(text: &str) -> String {
    let literal_host = text.contains("//[");
    let mut fragment = false;
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let allowed = match character {
            '%' => starts_with_escape(rest),
            '#' => !core::mem::replace(&mut fragment, true),
            '[' | ']' => literal_host,
            _ => is_allowed(character),
        };
        push(&mut escaped, character, allowed);
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    escaped
}

/// Escapes all but letters, digits and `-._~`.
fn escape_all(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        let allowed = character.is_ascii_alphanumeric() || "-._~".contains(character);
        push(&mut escaped, character, allowed);
    }
    escaped
}

fn push(escaped: &mut String, character: char, allowed: bool) {
    if allowed {
        escaped.push(character);
        return;
    }
    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
        // Writing to a String has no way to fail.
        _ = write!(escaped, "%{byte:02X}");
    }
}

fn starts_with_escape(text: &str) -> bool {
    text.as_bytes().get(1..3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

/// Whether RFC 3987 allows the character somewhere after the authority.
fn is_allowed(character: char) -> bool {
    match character {
        '\0'..='\x7f' => {
            character.is_ascii_alphanumeric() || "-._~:/?#@!$&'()*+,;=".contains(character)
        }
        '\u{A0}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFEF}' => true,
        // The last two of each plane are no characters; plane 15 and 16 are private.
        '\u{10000}'..='\u{EFFFD}' => (u32::from(character) & 0xFFFF) < 0xFFFE,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(text: &str) -> String {
        let base = Iri::parse(FALLBACK_BASE.to_owned()).unwrap();
        repair(text, &base).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn valid_iris_stay() {
        for iri in ["https://example.org/å?q=1#f", "urn:x:y", "mailto:a@b", "javascript:alert(1)"]
        {
            assert_eq!(repaired(iri), iri);
        }
    }

    #[test]
    fn what_feeds_contain_is_repaired() {
        let cases = [
            ("http://a.example/{id}", "http://a.example/%7Bid%7D"),
            ("http://a.example/a b", "http://a.example/a%20b"),
            (" http://a.example/ ", "http://a.example/"),
            ("http://a.example/[x]", "http://a.example/%5Bx%5D"),
            ("http://a.example/100%", "http://a.example/100%25"),
            ("http://a.example/#a#b", "http://a.example/#a%23b"),
            ("www.a.example/x", "http://relative.invalid/www.a.example/x"),
            ("", "http://relative.invalid/"),
            ("#it", "http://relative.invalid/#it"),
        ];
        for (text, iri) in cases {
            assert_eq!(repaired(text), iri);
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_is_a_valid_iri(text in "\\PC{0,40}|[a-z:/%\\[\\]#?@{} .0-9\\x00-\\x20]{0,30}") {
            let iri = repaired(&text);
            proptest::prop_assert!(Iri::parse(iri.as_str()).is_ok(), "{iri}");
        }
    }
}
