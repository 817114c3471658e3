//! Licences: every way of writing one leads to the same key.

use super::{Licence, bare, squeezed, unknown};

/// A licence other than those of Creative Commons: key, label, its IRI, and the
/// other ways of writing it, each without scheme or squeezed to letters and
/// digits.
struct Known(&'static str, &'static str, &'static str, &'static [&'static str]);

const KNOWN: &[Known] = &[
    Known(
        "CC0-1.0",
        "CC0 1.0",
        "http://creativecommons.org/publicdomain/zero/1.0/",
        &["cc0", "cc010", "cczero", "creativecommonszero", "publicdomaincc0", "cc0publicdomain"],
    ),
    Known(
        "CC-PDM-1.0",
        "Public Domain Mark 1.0",
        "http://creativecommons.org/publicdomain/mark/1.0/",
        &["pdm", "publicdomainmark", "publicdomain"],
    ),
    Known(
        "ODbL-1.0",
        "ODbL 1.0",
        "http://opendatacommons.org/licenses/odbl/1-0/",
        &[
            "odbl",
            "odbl10",
            "odcodbl",
            "opendatacommons.org/licenses/odbl",
            "opendatacommons.org/licenses/odbl/1.0",
        ],
    ),
    Known(
        "ODC-By-1.0",
        "ODC-BY 1.0",
        "http://opendatacommons.org/licenses/by/1-0/",
        &[
            "odcby",
            "odcby10",
            "opendatacommons.org/licenses/by",
            "opendatacommons.org/licenses/by/1.0",
        ],
    ),
    Known(
        "PDDL-1.0",
        "PDDL 1.0",
        "http://opendatacommons.org/licenses/pddl/1-0/",
        &[
            "pddl",
            "odcpddl",
            "opendatacommons.org/licenses/pddl",
            "opendatacommons.org/licenses/pddl/1.0",
        ],
    ),
    Known(
        "NLOD-2.0",
        "NLOD 2.0",
        "http://data.norge.no/nlod/no/2.0",
        &["nlod20", "nlod2", "data.norge.no/nlod/en/2.0", "data.norge.no/nlod"],
    ),
    Known(
        "NLOD-1.0",
        "NLOD 1.0",
        "http://data.norge.no/nlod/no/1.0",
        &["nlod", "nlod10", "data.norge.no/nlod/en/1.0"],
    ),
    Known(
        "OGL-UK-3.0",
        "OGL 3.0",
        "http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        &["ogl", "ogl3", "ogl30", "ukogl", "nationalarchives.gov.uk/doc/open-government-licence"],
    ),
    Known(
        "EUPL-1.2",
        "EUPL 1.2",
        "https://joinup.ec.europa.eu/collection/eupl/eupl-text-eupl-12",
        &["eupl", "eupl12"],
    ),
    Known("MIT", "MIT", "https://opensource.org/licenses/MIT", &["mit", "mitlicense"]),
    Known(
        "Apache-2.0",
        "Apache 2.0",
        "http://www.apache.org/licenses/LICENSE-2.0",
        &["apache", "apache2", "apache20", "apache.org/licenses/license-2.0.html"],
    ),
    Known(
        "other",
        "Annan licens",
        "https://dataportal.se/concepts/licensecategories/otherlicense",
        &["otherlicense", "other", "annan", "annanlicens"],
    ),
    Known(
        "none",
        "Ingen licens angiven",
        "https://dataportal.se/concepts/licensecategories/nolicense",
        &["nolicense", "notspecified", "ingenlicens"],
    ),
];

/// The conditions that licences of Creative Commons combine, in their order.
const CONDITIONS: &[&str] = &["by-nc-nd", "by-nc-sa", "by-nc", "by-nd", "by-sa", "by"];

/// Returns the licence that was published as `raw`.
pub fn licence(raw: &str) -> Licence {
    let name = bare(raw);
    if let Some((key, label)) = creative_commons(&name) {
        return Licence { key, label };
    }
    // The authority's vocabulary and others that name a licence at the end.
    let last = name.rsplit(['/', '#']).next().unwrap_or_default();
    let squeezed_last = squeezed(last);
    if let Some((key, label)) = short_name(&squeezed_last) {
        return Licence { key, label };
    }
    let known = KNOWN.iter().find(|Known(key, _, iri, others)| {
        bare(iri) == name
            || squeezed(key) == squeezed_last
            || others.iter().any(|other| *other == name || *other == squeezed_last)
    });
    match known {
        Some(Known(key, label, ..)) => {
            Licence { key: (*key).to_owned(), label: (*label).to_owned() }
        }
        None => Licence { key: unknown(raw), label: unknown(raw) },
    }
}

/// Returns the IRI by which a licence is published in Sweden, by any of its
/// names; `None` for one nobody here has heard of.
pub fn licence_iri(raw: &str) -> Option<String> {
    let key = licence(raw).key;
    if let Some(Known(_, _, iri, _)) = KNOWN.iter().find(|Known(known, ..)| *known == key) {
        return Some((*iri).to_owned());
    }
    let lower = key.to_lowercase();
    let name = lower.strip_prefix("cc-")?;
    let condition = CONDITIONS.iter().find(|condition| name.starts_with(**condition))?;
    let version = name.strip_prefix(condition)?.strip_prefix('-')?;
    let path = version.replacen('-', "/", 1);
    Some(format!("http://creativecommons.org/licenses/{condition}/{path}/"))
}

/// Reads an address at creativecommons.org, whatever page of the licence it is.
fn creative_commons(name: &str) -> Option<(String, String)> {
    let path = name.strip_prefix("creativecommons.org/")?;
    let mut parts = path.split('/');
    match (parts.next()?, parts.next()?) {
        ("publicdomain", "zero") => Some(("CC0-1.0".to_owned(), "CC0 1.0".to_owned())),
        ("publicdomain", "mark") => {
            Some(("CC-PDM-1.0".to_owned(), "Public Domain Mark 1.0".to_owned()))
        }
        ("licenses" | "licences", condition) if CONDITIONS.contains(&condition) => {
            // Where a template was filled in badly, the version comes later.
            let rest: Vec<&str> = parts.collect();
            let is_version = |part: &&&str| {
                part.len() == 3
                    && part.as_bytes().iter().step_by(2).all(u8::is_ascii_digit)
                    && part.get(1..2) == Some(".")
            };
            let version = rest.iter().find(is_version)?;
            let after = rest.iter().skip_while(|part| *part != version).nth(1);
            // A country of its own law; from 4.0 on there is but one text, and
            // what follows is the language of the page.
            let country = after
                .filter(|part| part.len() == 2 && !version.starts_with('4'))
                .map(|country| country.to_uppercase());
            Some(named(condition, version, country.as_deref()))
        }
        _ => None,
    }
}

/// Reads a short name, squeezed: `ccby40`, `ccbysa40`, `ccby`.
fn short_name(squeezed_name: &str) -> Option<(String, String)> {
    let name = squeezed_name
        .strip_prefix("cc")
        .or_else(|| squeezed_name.strip_prefix("creativecommons"))?;
    let condition = CONDITIONS.iter().find(|condition| name.starts_with(&squeezed(condition)))?;
    let rest = name.strip_prefix(&squeezed(condition))?;
    let (rest, country) = match rest.strip_suffix("se") {
        Some(rest) => (rest, Some("SE")),
        None => (rest, None),
    };
    let version = match rest {
        // Without a version the newest is meant, as in CKAN's list.
        "" | "40" | "4" | "40int" => "4.0",
        "30" | "3" => "3.0",
        "25" => "2.5",
        "20" | "2" => "2.0",
        "10" | "1" => "1.0",
        _ => return None,
    };
    Some(named(condition, version, country))
}

fn named(condition: &str, version: &str, country: Option<&str>) -> (String, String) {
    let condition = condition.to_uppercase();
    let (dash, space) = match country {
        Some(country) => (format!("-{country}"), format!(" {country}")),
        None => (String::new(), String::new()),
    };
    (format!("CC-{condition}-{version}{dash}"), format!("CC {condition} {version}{space}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_licence_leads_to_one_key() {
        let ways = [
            (
                "CC0-1.0",
                &[
                    "http://creativecommons.org/publicdomain/zero/1.0/",
                    "https://creativecommons.org/publicdomain/zero/1.0/deed.sv",
                    "https://www.creativecommons.org/publicdomain/zero/1.0",
                    "http://publications.europa.eu/resource/authority/licence/CC0",
                    "CC0",
                    "cc0 1.0",
                    "cc-zero",
                ][..],
            ),
            (
                "CC-BY-4.0",
                &[
                    "http://creativecommons.org/licenses/by/4.0/",
                    "https://creativecommons.org/licenses/by/4.0/deed.sv",
                    "https://creativecommons.org/licenses/by/4.0/legalcode",
                    "https://creativecommons.org/licenses/by/4.0/no/",
                    "http://creativecommons.org/licenses/by/4.y/4.0/no/",
                    "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0",
                    "CC-BY-4.0",
                    "CC BY",
                    "cc-by",
                ],
            ),
            ("CC-BY-2.5-SE", &["http://creativecommons.org/licenses/by/2.5/se"]),
            (
                "CC-BY-SA-4.0",
                &[
                    "https://creativecommons.org/licenses/by-sa/4.0/deed.sv",
                    "http://publications.europa.eu/resource/authority/licence/CC_BYSA_4_0",
                    "cc-by-sa",
                ],
            ),
            ("ODbL-1.0", &["https://opendatacommons.org/licenses/odbl/", "odc-odbl", "ODbL"]),
            ("none", &["https://dataportal.se/concepts/licensecategories/nolicense"]),
        ];
        for (key, ways) in ways {
            for way in ways {
                assert_eq!(licence(way).key, key, "{way}");
            }
        }
    }

    #[test]
    fn what_is_no_licence_keeps_its_words() {
        let text = "Fri användning, ange källa";
        assert_eq!(licence(text), Licence { key: text.to_owned(), label: text.to_owned() });
        for raw in ["", "http://", "cc", "ccby99", "http://purl.org/dc/terms/license", "🙂"] {
            assert_eq!(licence(raw).key, unknown(raw));
        }
    }

    #[test]
    fn names_lead_to_the_addresses_that_sweden_demands() {
        let iri = |name| licence_iri(name).unwrap();
        assert_eq!(iri("CC0-1.0"), "http://creativecommons.org/publicdomain/zero/1.0/");
        assert_eq!(iri("cc by 4.0"), "http://creativecommons.org/licenses/by/4.0/");
        assert_eq!(iri("CC-BY-2.5-SE"), "http://creativecommons.org/licenses/by/2.5/se/");
        assert_eq!(iri("CC-BY-NC-SA-4.0"), "http://creativecommons.org/licenses/by-nc-sa/4.0/");
        assert_eq!(licence_iri("Fri användning"), None);
        for name in ["CC0-1.0", "CC-BY-4.0", "ODbL-1.0", "CC-BY-2.5-SE", "NLOD-2.0", "MIT"] {
            assert_eq!(licence(&iri(name)).key, name, "there and back");
        }
    }
}
