//! Which values the rules accept.

use dela_protocol::description::Object;

/// The regulation on high-value datasets.
pub(super) const HIGH_VALUE_REGULATION: &str = "http://data.europa.eu/eli/reg_impl/2023/138/oj";
/// `checksum` of SPDX.
pub(super) const SPDX_CHECKSUM: &str = "http://spdx.org/rdf/terms#checksum";

const CC0: &str = "http://creativecommons.org/publicdomain/zero/1.0/";
const DATA_THEMES: &str = "http://publications.europa.eu/resource/authority/data-theme/";
const LICENCES: &str = "http://publications.europa.eu/resource/authority/licence/";
const PUBLISHER_TYPES: &str = "http://purl.org/adms/publishertype/";
const ORGANISATIONS: &str = "http://dataportal.se/organisation/SE";
const ACCESS_RIGHTS: &str = "http://publications.europa.eu/resource/authority/access-right/";

/// The six Creative Commons licences DCAT-AP-SE lists beside CC0.
const CREATIVE_COMMONS: [&str; 6] = [
    "http://creativecommons.org/licenses/by/4.0/",
    "http://creativecommons.org/licenses/by-nc/4.0/",
    "http://creativecommons.org/licenses/by-nc-nd/4.0/",
    "http://creativecommons.org/licenses/by-nc-sa/4.0/",
    "http://creativecommons.org/licenses/by-nd/4.0/",
    "http://creativecommons.org/licenses/by-sa/4.0/",
];

fn iri(object: &Object) -> Option<&str> {
    match object {
        Object::Iri(iri) => Some(iri),
        Object::Blank(_) | Object::Literal(_) => None,
    }
}

/// Whether an IRI continues `start` with a single word.
fn code_of(object: &Object, start: &str) -> bool {
    iri(object)
        .and_then(|iri| iri.strip_prefix(start))
        .is_some_and(|code| !code.is_empty() && !code.contains(['/', '#', '?']))
}

/// An address of the web.
pub(super) fn web_address(object: &Object) -> bool {
    iri(object).is_some_and(|iri| is_web_address(iri, &["http", "https"]))
}

/// An address files are fetched from.
pub(super) fn file_address(object: &Object) -> bool {
    iri(object).is_some_and(|iri| is_web_address(iri, &["http", "https", "ftp"]))
}

fn is_web_address(iri: &str, schemes: &[&str]) -> bool {
    let Some((scheme, rest)) = iri.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    schemes.iter().any(|allowed| scheme.eq_ignore_ascii_case(allowed))
        && !host.is_empty()
        && !iri.starts_with(crate::rdf::FALLBACK_BASE)
}

/// An IRI of any scheme.
pub(super) fn any_iri(object: &Object) -> bool {
    iri(object).is_some()
}

/// An e-mail address as a `mailto:` IRI. A blank node may hold it.
pub(super) fn mailto(object: &Object) -> bool {
    match object {
        Object::Iri(iri) => iri
            .strip_prefix("mailto:")
            .and_then(|address| address.split_once('@'))
            .is_some_and(|(name, host)| !name.is_empty() && host.contains('.')),
        Object::Blank(_) => true,
        Object::Literal(_) => false,
    }
}

/// CC0 as DCAT-AP-SE writes it.
pub(super) fn cc0(object: &Object) -> bool {
    iri(object) == Some(CC0)
}

/// A licence as DCAT-AP-SE or the EU vocabulary writes it.
pub(super) fn licence(object: &Object) -> bool {
    cc0(object)
        || iri(object).is_some_and(|iri| CREATIVE_COMMONS.contains(&iri))
        || code_of(object, LICENCES)
}

/// A theme of the EU vocabulary.
pub(super) fn theme(object: &Object) -> bool {
    code_of(object, DATA_THEMES)
}

/// A type of publisher.
pub(super) fn publisher_type(object: &Object) -> bool {
    code_of(object, PUBLISHER_TYPES)
}

/// A right of access of the EU vocabulary.
pub(super) fn access_rights(object: &Object) -> bool {
    code_of(object, ACCESS_RIGHTS)
}

/// An organisation by its number, as the national portal names it, or as the
/// national library did.
pub(super) fn organisation(object: &Object) -> bool {
    let number = |start| {
        iri(object)
            .and_then(|iri| iri.strip_prefix(start))
            .and_then(|rest| rest.get(..10))
            .is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    number(ORGANISATIONS) || number("http://id.kb.se/organisations/SE")
}

/// A number of bytes.
pub(super) fn whole_number(object: &Object) -> bool {
    match object {
        Object::Literal(literal) => literal.text.trim().parse::<u64>().is_ok(),
        Object::Iri(_) | Object::Blank(_) => false,
    }
}
