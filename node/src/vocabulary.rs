//! What published values mean: licences, formats, themes and the like.
//!
//! Agencies write one licence in a dozen ways. For search and for people they
//! are brought to one key and one label here, and for readers elsewhere in
//! Europe to a term of the vocabularies they expect.
//!
//! Invariant: this is derived and never written back. What was signed stays as
//! published, and a value nobody here has heard of keeps its own words.

use std::collections::BTreeSet;

use dela_protocol::dcat::Resource;
use dela_protocol::time::Timestamp;

pub mod ckan;
mod concepts;
mod file_types;
mod formats;
mod high_value;
mod licences;
mod places;

pub use concepts::{
    ACCESS_RIGHTS, AVAILABILITIES, Concept, FREQUENCIES, LANGUAGES, PUBLISHER_TYPES, THEMES,
    access_right, access_right_iri, availability, availability_iri, frequency, frequency_iri,
    language, publisher_type_iri, theme, theme_iri,
};
pub use file_types::{file_type, media_type};
pub use formats::format;
pub use high_value::{
    HIGH_VALUE_CATEGORIES, HIGH_VALUE_PARTS, high_value_category, high_value_iri,
};
pub use licences::{licence, licence_iri};
pub use places::{PLACES, place, place_iri};

/// A licence, known or not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Licence {
    /// What to compare and filter by: `CC-BY-4.0`.
    pub key: String,
    /// What to show people: `CC BY 4.0`.
    pub label: String,
}

/// A format in which data can be had, known or not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Format {
    /// What to compare and filter by: `GeoJSON`.
    pub key: String,
    /// What to show people.
    pub label: String,
}

/// Returns the licences of a dataset and its distributions, each once.
pub fn licences_of(resource: &Resource) -> BTreeSet<Licence> {
    let of_distributions = resource.distribution.iter().flat_map(|form| &form.license);
    let all = resource.license.iter().chain(of_distributions);
    all.map(|raw| licence(raw)).filter(|licence| !licence.key.is_empty()).collect()
}

/// Returns the formats in which a dataset can be had, each once.
pub fn formats_of(resource: &Resource) -> BTreeSet<Format> {
    let all =
        resource.distribution.iter().flat_map(|form| form.format.iter().chain(&form.media_type));
    all.map(|raw| format(raw)).filter(|format| !format.key.is_empty()).collect()
}

/// Returns the EU data themes of a dataset, each once; themes of other
/// vocabularies are left out.
pub fn themes_of(resource: &Resource) -> BTreeSet<&'static str> {
    resource.theme.iter().filter_map(|raw| theme(raw)).map(|theme| theme.code).collect()
}

/// Returns who may have it, by the codes of the EU, each once.
pub fn access_rights_of(resource: &Resource) -> BTreeSet<&'static str> {
    codes(&resource.access_rights, access_right)
}

/// Returns how often it is updated, by the codes of the EU, each once.
pub fn frequencies_of(resource: &Resource) -> BTreeSet<&'static str> {
    codes(&resource.accrual_periodicity, frequency)
}

/// Returns its categories of high-value data, by their codes, each once.
pub fn high_value_categories_of(resource: &Resource) -> BTreeSet<&'static str> {
    codes(&resource.hvd_category, high_value_category)
}

/// Returns the languages of the data, by the codes of the EU, each once.
pub fn languages_of(resource: &Resource) -> BTreeSet<&'static str> {
    codes(&resource.language, language)
}

fn codes(values: &[String], find: fn(&str) -> Option<&'static Concept>) -> BTreeSet<&'static str> {
    values.iter().filter_map(|raw| find(raw)).map(|concept| concept.code).collect()
}

/// Returns whether it can be asked over an API: it has an endpoint, a
/// distribution names a service, or comes in what only a service speaks.
pub fn has_api(resource: &Resource) -> bool {
    let by_service = resource.distribution.iter().any(|form| !form.access_service.is_empty());
    !resource.endpoint_url.is_empty()
        || by_service
        || formats_of(resource).iter().any(|format| formats::is_service(&format.key))
}

/// Returns a moment as agencies write it: a time, a day, a month or a year. What
/// lies before 1970 cannot be read.
pub fn moment(raw: &str) -> Option<Timestamp> {
    let text = raw.trim();
    ["", "Z", "T00:00:00Z", "-01T00:00:00Z", "-01-01T00:00:00Z"]
        .iter()
        .find_map(|rest| Timestamp::parse_rfc3339(&format!("{text}{rest}")))
}

/// The longest key of a value nobody here has heard of: some agencies publish
/// whole paragraphs as a licence, and a filter is shown on one line.
const UNKNOWN_CHARS_MAX: usize = 80;

/// Returns a value nobody has heard of as it is shown: on one line, shortened,
/// an IRI by its last words.
fn unknown(raw: &str) -> String {
    let words = raw.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut chars = words.chars();
    let short: String = chars.by_ref().take(UNKNOWN_CHARS_MAX - 1).collect();
    match (chars.next(), chars.next()) {
        (None, _) => short,
        (Some(last), None) => format!("{short}{last}"),
        (Some(_), Some(_)) => format!("{short}…"),
    }
}

/// Returns what identifies a value that is written as an IRI: without scheme,
/// `www.` and what follows `?` or `#` where nothing depends on it, in lower
/// case, and without slashes at the end.
fn bare(raw: &str) -> String {
    let lower = raw.trim().to_lowercase();
    let rest =
        lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")).unwrap_or(&lower);
    rest.strip_prefix("www.").unwrap_or(rest).trim_end_matches('/').to_owned()
}

/// Returns only letters and digits, in lower case: `CC_BY 4.0` is `ccby40`.
fn squeezed(raw: &str) -> String {
    raw.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_has_heard_of_keeps_its_words_on_one_line() {
        assert_eq!(unknown("  Fri\n användning "), "Fri användning");
        let long = unknown(&"å".repeat(500));
        assert_eq!(long.chars().count(), UNKNOWN_CHARS_MAX);
        assert!(long.ends_with('…'));
        assert_eq!(unknown(&"å".repeat(UNKNOWN_CHARS_MAX)), "å".repeat(UNKNOWN_CHARS_MAX));
    }
}
