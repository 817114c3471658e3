//! How people name datasets and agencies: by an id, the beginning of one, an
//! IRI, or a name.
//!
//! Invariant: a name stands for exactly one thing or is refused with what it
//! could have meant; nothing is guessed.

use core::str::FromStr;

use dela_protocol::api::DatasetSummary;
use dela_protocol::id::{AgencyId, EntityId};

use crate::client::Client;
use crate::error::Error;
use crate::output::{clean, title};

/// The fewest digits of an id that name something: what tables show.
const ID_DIGITS_MIN: usize = 8;

/// How many meanings of an ambiguous name are listed: they fit a screen.
const MEANINGS_SHOWN_MAX: usize = 10;

/// A dataset, as named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DatasetName {
    /// By its id, or the beginning of it.
    Id(String),
    /// By the IRI its agency gave it.
    Iri(String),
}

impl FromStr for DatasetName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if is_id(text, EntityId::BYTES) {
            return Ok(Self::Id(text.to_ascii_lowercase()));
        }
        if is_iri(text) {
            return Ok(Self::Iri(text.to_owned()));
        }
        Err("neither an id, of which `dela search` shows the first 8 digits, nor an IRI such as \
             https://data.example.org/dataset/1"
            .to_owned())
    }
}

impl DatasetName {
    /// Returns what to ask the node for: an id, or the beginning of one.
    pub(crate) fn resolve(&self, client: &Client) -> Result<String, Error> {
        let iri = match self {
            Self::Id(id) => return Ok(id.clone()),
            Self::Iri(iri) => iri,
        };
        let page = client.datasets_with_iri(iri)?.value;
        match page.datasets.as_slice() {
            [] => Err(Error::refused(format!("no dataset has the IRI {iri}"))
                .hint("`dela search WORDS` lists datasets with their ids")),
            [dataset] => Ok(dataset.id.to_string()),
            several => Err(ambiguous_iri(iri, several)),
        }
    }

    /// Returns the whole id, which some paths need.
    pub(crate) fn resolve_whole(&self, client: &Client) -> Result<String, Error> {
        let id = self.resolve(client)?;
        if id.len() == EntityId::BYTES * 2 {
            return Ok(id);
        }
        Ok(client.dataset(&id)?.value.summary.id.to_string())
    }
}

fn ambiguous_iri(iri: &str, datasets: &[DatasetSummary]) -> Error {
    let message = format!("{} agencies describe {iri}", datasets.len());
    datasets.iter().take(MEANINGS_SHOWN_MAX).fold(Error::refused(message), |error, dataset| {
        let title = title(&dataset.title, &[], &dataset.iri);
        error.hint(format!("{} is \"{title}\" of {}", dataset.id, dataset.agency_name))
    })
}

/// Returns the agency that is named by its id, the beginning of it, or its name.
pub(crate) fn agency(client: &Client, name: &str) -> Result<AgencyId, Error> {
    let name = name.trim();
    if let Ok(id) = name.parse() {
        return Ok(id);
    }
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = client.agencies(after.as_deref())?.value;
        all.extend(page.agencies.into_iter().map(|agency| (agency.id, agency.name)));
        if page.next.is_none() || page.next == after {
            break;
        }
        after = page.next;
    }
    match named(name, all).as_slice() {
        [] => Err(Error::refused(format!("no agency is called \"{name}\""))
            .hint("`dela agencies` lists them with their ids")),
        [(id, _)] => Ok(*id),
        several => Err(ambiguous_agency(name, several)),
    }
}

/// Returns those of some agencies that are named by the id, the beginning of it, or
/// the name; where there are none, those with it in their names.
pub(crate) fn named(
    name: &str,
    agencies: impl IntoIterator<Item = (AgencyId, String)>,
) -> Vec<(AgencyId, String)> {
    let wanted = name.trim().to_lowercase();
    let (mut exact, mut partial) = (Vec::new(), Vec::new());
    for (id, its_name) in agencies {
        let lower = its_name.to_lowercase();
        let by_id = is_id(&wanted, AgencyId::BYTES) && id.to_string().starts_with(&wanted);
        if by_id || lower == wanted {
            exact.push((id, its_name));
        } else if !wanted.is_empty() && lower.contains(&wanted) {
            partial.push((id, its_name));
        }
    }
    if exact.is_empty() { partial } else { exact }
}

/// Says which agencies could be meant.
pub(crate) fn ambiguous_agency(name: &str, agencies: &[(AgencyId, String)]) -> Error {
    let message = format!("\"{name}\" fits {} agencies", agencies.len());
    agencies.iter().take(MEANINGS_SHOWN_MAX).fold(Error::refused(message), |error, (id, name)| {
        error.hint(format!("{} is {}", id.short(), clean(name)))
    })
}

/// Returns whether the text is an id of so many bytes, or the beginning of one.
fn is_id(text: &str, bytes: usize) -> bool {
    (ID_DIGITS_MIN..=bytes * 2).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns whether the text has the form of an absolute IRI.
pub(crate) fn is_iri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && !rest.trim_start_matches('/').is_empty()
        && !text
            .contains(|c: char| c.is_control() || c.is_whitespace() || "\"<>\\^`{|}".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datasets_are_named_by_id_or_iri() {
        let id = |text: &str| Ok(DatasetName::Id(text.to_owned()));
        assert_eq!("3FA4B21C".parse(), id("3fa4b21c"));
        assert_eq!(
            "0123456789abcdef0123456789abcdef".parse(),
            id("0123456789abcdef0123456789abcdef")
        );
        let iri = "https://data.example.org/dataset/1";
        assert_eq!(iri.parse(), Ok(DatasetName::Iri(iri.to_owned())));
        assert_eq!("urn:x".parse(), Ok(DatasetName::Iri("urn:x".to_owned())));
        let too_long = "0".repeat(33);
        for text in ["", "3fa4", "befolkning", "https://", "a b:c", "https://x/ y", &too_long] {
            assert!(text.parse::<DatasetName>().is_err(), "{text}");
        }
    }
}
