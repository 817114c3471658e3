//! What CKAN calls what is published: names of packages, tags, licences.
//!
//! Invariants:
//! - A name is one by CKAN's rules: 2 to 100 of `a-z`, `0-9`, `-` and `_`. So is
//!   a tag: 2 to 100 letters, digits, spaces, `-`, `_` and `.`.
//! - A name ends in what identifies the thing, and the words before it only help
//!   people: it still leads there when the title has changed.

use std::collections::BTreeSet;

use dela_protocol::dcat::Resource;
use dela_protocol::id::{AgencyId, EntityId};

use super::licence;

/// How much of a title a name begins with: with the digits after it, it stays
/// under CKAN's 100 characters.
const SLUG_CHARS_MAX: usize = 80;

/// How many digits of an id a name ends in: 64 bits, which no two entries of a
/// federation share by chance.
pub const NAME_DIGITS: usize = 16;

/// The longest tag CKAN takes, and the shortest.
const TAG_CHARS_MAX: usize = 100;
const TAG_CHARS_MIN: usize = 2;

/// The most tags of one entry: some have their whole table of contents there.
const TAGS_MAX: usize = 200;

/// Languages in which a title is wanted, the first one first.
pub const LANGUAGES: &[&str] = &["sv", "en"];

/// A licence as CKAN has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageLicence {
    /// CKAN's id, or our own key where CKAN has none: `cc-by`.
    pub id: String,
    /// What to show people: `CC BY 4.0`.
    pub title: String,
    /// Where its text is.
    pub url: Option<String>,
    /// Whether it is open by the Open Definition.
    pub is_open: bool,
}

/// A licence in CKAN's own list.
#[derive(Debug, Clone, Copy)]
pub struct ListedLicence {
    /// Its id.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Where its text is; empty for groups of licences.
    pub url: &'static str,
    /// Whether it is open by the Open Definition.
    pub is_open: bool,
}

const fn listed(
    id: &'static str,
    title: &'static str,
    url: &'static str,
    is_open: bool,
) -> ListedLicence {
    ListedLicence { id, title, url, is_open }
}

/// The licences in CKAN's list that something here may have.
pub const LICENCES: &[ListedLicence] = &[
    listed("notspecified", "License not specified", "", false),
    listed(
        "odc-pddl",
        "Open Data Commons Public Domain Dedication and License (PDDL)",
        "http://www.opendefinition.org/licenses/odc-pddl",
        true,
    ),
    listed(
        "odc-odbl",
        "Open Data Commons Open Database License (ODbL)",
        "http://www.opendefinition.org/licenses/odc-odbl",
        true,
    ),
    listed(
        "odc-by",
        "Open Data Commons Attribution License",
        "http://www.opendefinition.org/licenses/odc-by",
        true,
    ),
    listed(
        "cc-zero",
        "Creative Commons CCZero",
        "http://www.opendefinition.org/licenses/cc-zero",
        true,
    ),
    listed(
        "cc-by",
        "Creative Commons Attribution",
        "http://www.opendefinition.org/licenses/cc-by",
        true,
    ),
    listed(
        "cc-by-sa",
        "Creative Commons Attribution Share-Alike",
        "http://www.opendefinition.org/licenses/cc-by-sa",
        true,
    ),
    listed("other-pd", "Other (Public Domain)", "", true),
    listed(
        "uk-ogl",
        "UK Open Government Licence (OGL)",
        "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        true,
    ),
    listed(
        "cc-nc",
        "Creative Commons Non-Commercial (Any)",
        "http://creativecommons.org/licenses/by-nc/2.0/",
        false,
    ),
];

/// Returns a licence of CKAN's list by its id.
pub fn listed_licence(id: &str) -> Option<&'static ListedLicence> {
    LICENCES.iter().find(|licence| licence.id == id)
}

/// Returns CKAN's id of a licence by any of its names.
pub fn licence_id_of(raw: &str) -> String {
    licence_id(&licence(raw).key)
}

/// Returns CKAN's id of a licence by our key: without its version, which the
/// address of the licence still says.
fn licence_id(key: &str) -> String {
    let lower = key.to_lowercase();
    let id = match lower.as_str() {
        "none" | "" => "notspecified",
        "cc0-1.0" => "cc-zero",
        "cc-pdm-1.0" => "other-pd",
        "odbl-1.0" => "odc-odbl",
        "odc-by-1.0" => "odc-by",
        "pddl-1.0" => "odc-pddl",
        "ogl-uk-3.0" => "uk-ogl",
        nc if nc.starts_with("cc-by-nc") => "cc-nc",
        sa if sa.starts_with("cc-by-sa-") => "cc-by-sa",
        by if by.starts_with("cc-by-") && !by.starts_with("cc-by-nd") => "cc-by",
        _ => key,
    };
    id.to_owned()
}

/// Returns the one licence of an entry: its own, else the first of its
/// distributions. CKAN knows no more than one.
pub fn licence_of(resource: &Resource) -> PackageLicence {
    let of_distributions = resource.distribution.iter().flat_map(|form| &form.license);
    let raw = resource.license.iter().chain(of_distributions).find(|raw| !raw.trim().is_empty());
    let known = raw.map(|raw| licence(raw));
    let id = licence_id(known.as_ref().map_or("", |known| &known.key));
    let listed = listed_licence(&id);
    let url = raw.and_then(|raw| {
        let is_address = raw.starts_with("http://") || raw.starts_with("https://");
        if is_address { Some(raw.clone()) } else { super::licence_iri(raw) }
    });
    PackageLicence {
        title: match (known, listed) {
            (Some(known), _) if id != "notspecified" => known.label,
            (_, Some(listed)) => listed.title.to_owned(),
            (_, None) => id.clone(),
        },
        is_open: listed.is_some_and(|listed| listed.is_open),
        url,
        id,
    }
}

/// Returns the name of an entry.
pub fn package_name(id: &EntityId, resource: &Resource) -> String {
    let title = resource.title_in(LANGUAGES).unwrap_or_default();
    named(title, &id.to_string())
}

/// Returns the name of an agency.
pub fn organization_name(id: &AgencyId, title: &str) -> String {
    named(title, &id.to_string())
}

fn named(title: &str, digits: &str) -> String {
    let digits = digits.get(..NAME_DIGITS).unwrap_or(digits);
    let slug = slug(title);
    if slug.is_empty() { digits.to_owned() } else { format!("{slug}-{digits}") }
}

/// Returns the digits of an id that a name ends in; an id, with its dashes or
/// without, is a name too.
pub fn digits_of(name: &str) -> Option<String> {
    let bare = name.to_ascii_lowercase();
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if [EntityId::BYTES * 2, AgencyId::BYTES * 2].contains(&bare.len()) && is_hex(&bare) {
        return Some(bare);
    }
    let parts: Vec<&str> = bare.split('-').collect();
    if parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && is_hex(&parts.concat()) {
        return Some(parts.concat());
    }
    let last = bare.rsplit('-').next().unwrap_or_default();
    (last.len() == NAME_DIGITS && is_hex(last)).then(|| last.to_owned())
}

/// Returns an id as CKAN writes ids: the first 128 bits as a UUID.
pub fn uuid(id: &[u8]) -> String {
    let digits = data_encoding::HEXLOWER.encode(id.get(..16).unwrap_or(id));
    let part = |range: core::ops::Range<usize>| digits.get(range).unwrap_or_default();
    [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
}

/// Returns a title in the letters of an address.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    for c in title.chars().flat_map(char::to_lowercase) {
        let plain = match c {
            'a'..='z' | '0'..='9' => c,
            'å' | 'ä' | 'à' | 'á' | 'â' | 'æ' => 'a',
            'ö' | 'ø' | 'ó' | 'ô' => 'o',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'ü' | 'ú' => 'u',
            'í' | 'ï' => 'i',
            // Dots of their own, as some systems write them.
            '\u{300}'..='\u{36f}' => continue,
            _ => '-',
        };
        if plain != '-' || !(slug.is_empty() || slug.ends_with('-')) {
            slug.push(plain);
        }
        if slug.len() >= SLUG_CHARS_MAX {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// Returns a keyword as CKAN takes tags; `None` where nothing of it can be one.
pub fn tag(keyword: &str) -> Option<String> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let words = keyword.split(|c: char| !allowed(c)).filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join(" ");
    let tag: String = joined.chars().take(TAG_CHARS_MAX).collect();
    let tag = tag.trim_end();
    (tag.chars().count() >= TAG_CHARS_MIN).then(|| tag.to_owned())
}

/// Returns the tags of an entry: its keywords in all languages, each once.
pub fn tags_of(resource: &Resource) -> BTreeSet<String> {
    resource.keyword.iter().filter_map(|keyword| tag(&keyword.text)).take(TAGS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use dela_protocol::dcat::{Distribution, Text};

    use super::*;

    #[test]
    fn a_name_is_one_by_the_rules_of_ckan_and_leads_back() {
        let id = EntityId::from_bytes([0xab; 16]);
        for (title, name) in [
            ("Luftkvalitet i realtid", "luftkvalitet-i-realtid-abababababababab"),
            ("  Åsa & Östens \"vägar\" (2024)! ", "asa-ostens-vagar-2024-abababababababab"),
            ("fo\u{308}rskolor", "forskolor-abababababababab"),
            ("数据", "abababababababab"),
            ("", "abababababababab"),
        ] {
            let title = vec![Text { text: title.to_owned(), language: None }];
            let resource = Resource { title, ..Resource::default() };
            assert_eq!(package_name(&id, &resource), name);
            assert_eq!(digits_of(name).as_deref(), Some("abababababababab"));
        }
        let title = vec![Text { text: "å-".repeat(500), language: None }];
        let name = package_name(&id, &Resource { title, ..Resource::default() });
        assert!(name.len() <= 100, "{name}");
        let uuid = uuid(id.as_bytes());
        assert_eq!(uuid, "abababab-abab-abab-abab-abababababab");
        assert_eq!(digits_of(&uuid), Some(id.to_string()));
        for bad in ["", "luft", "luft-2024", "luft-abababababababa", "å-abababababababå"] {
            assert_eq!(digits_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn keywords_become_tags() {
        assert_eq!(tag("luft"), Some("luft".to_owned()));
        assert_eq!(tag(" luft, vatten (och) mark "), Some("luft vatten och mark".to_owned()));
        assert_eq!(tag("c"), None);
        assert_eq!(tag("<>"), None);
        assert_eq!(tag(&"å".repeat(500)).unwrap().chars().count(), TAG_CHARS_MAX);
    }

    #[test]
    fn licences_have_the_ids_of_ckan_and_keep_their_version_in_the_address() {
        let of = |raw: &str| {
            licence_of(&Resource {
                distribution: vec![Distribution {
                    license: vec![raw.to_owned()],
                    ..Distribution::default()
                }],
                ..Resource::default()
            })
        };
        let by = of("http://creativecommons.org/licenses/by/4.0/");
        assert_eq!((by.id.as_str(), by.title.as_str(), by.is_open), ("cc-by", "CC BY 4.0", true));
        assert_eq!(by.url.as_deref(), Some("http://creativecommons.org/licenses/by/4.0/"));
        assert_eq!(of("CC0").id, "cc-zero");
        assert_eq!(of("cc-by-nc-sa").id, "cc-nc");
        assert_eq!(of("cc-by-nd").id, "CC-BY-ND-4.0");
        assert_eq!(of("odbl").id, "odc-odbl");
        let none = licence_of(&Resource::default());
        assert_eq!((none.id.as_str(), none.is_open, none.url), ("notspecified", false, None));
        assert!(!of("Fri användning").is_open);
    }
}
