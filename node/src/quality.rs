//! How good a description is, as the EU's portal counts it: the Metadata
//! Quality Assessment (MQA) of data.europa.eu, 405 points in 23 indicators.
//!
//! Everything is judged from the description as it was published. Two
//! indicators ask whether addresses answer; a node does not knock on strangers'
//! doors, so these 80 points are told apart as not checked, and nobody loses
//! them because a checker could not get through.
//!
//! Of a dataset with several distributions the best one counts, as the method
//! has it for interoperability. Of a catalogue each indicator counts by its
//! share: of the datasets, or of the distributions, that meet it.
//!
//! Invariant: [`Marks`] are facts about one description and fit in a few
//! numbers, so that a hundred thousand of them are added up in an instant; what
//! they are worth is said in one table.

use dela_protocol::dcat::{Distribution, Resource};
use dela_protocol::description::{Description, Node};

use crate::{check, vocabulary};

mod indicators;
mod score;

pub use indicators::{Dimension, INDICATORS, Indicator, Of};
pub use score::{Outcome, POINTS_MAX, Rating, Score, points_of};

/// What a description meets: a bit for each indicator, by its place in
/// [`INDICATORS`], and from [`Marks::HIGH_VALUE`] on what else is counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// What the dataset meets, with the best of its distributions.
    pub dataset: u64,
    /// What each distribution meets.
    pub distributions: Vec<u64>,
}

impl Marks {
    /// The law on high-value datasets is said to apply.
    pub const HIGH_VALUE: u32 = 40;
    /// Then: a category of the law is given.
    pub const HIGH_VALUE_CATEGORY: u32 = 41;
    /// Then: a distribution is said to be covered too.
    pub const HIGH_VALUE_DISTRIBUTION: u32 = 42;
    /// Then: a distribution has a licence as open as the law demands.
    pub const HIGH_VALUE_LICENCE: u32 = 43;
    /// Then: it can be downloaded in bulk.
    pub const HIGH_VALUE_DOWNLOAD: u32 = 44;
    /// A distribution has a licence that lets everybody use it.
    pub const OPEN_LICENCE: u32 = 45;
    /// There is a data service, by a distribution that names one.
    pub const SERVICE: u32 = 46;

    /// Judges the description of a dataset, of which `resource` is the view.
    pub fn of(description: &Description, resource: &Resource) -> Self {
        let distributions: Vec<u64> =
            resource.distribution.iter().map(indicators::met_by_distribution).collect();
        let best = distributions.iter().copied().max_by_key(|met| points_of(*met));
        let met = indicators::met_by_dataset(description, resource);
        let more = more(description, resource);
        Self { dataset: met | best.unwrap_or_default() | more, distributions }
    }

    /// Returns whether a bit is set for the dataset.
    pub const fn has(&self, bit: u32) -> bool {
        self.dataset >> bit & 1 == 1
    }

    /// Returns the score of the dataset.
    pub fn score(&self) -> Score {
        Score::of(self.dataset)
    }
}

/// Returns what is counted beside the indicators.
fn more(description: &Description, resource: &Resource) -> u64 {
    let bit = |holds: bool, bit: u32| u64::from(holds) << bit;
    let forms = &resource.distribution;
    let open = forms.iter().any(is_open) || resource.license.iter().any(|raw| is_open_licence(raw));
    let entity = Node::Iri(description.iri().to_owned());
    let mut more = bit(open, Marks::OPEN_LICENCE);
    more |= bit(forms.iter().any(|form| !form.access_service.is_empty()), Marks::SERVICE);
    if !check::is_high_value(description, &entity) {
        return more;
    }
    let covered = description
        .subjects()
        .iter()
        .any(|subject| subject.name != entity && check::is_high_value(description, &subject.name));
    let is_category = |iri: &String| vocabulary::high_value_category(iri).is_some();
    more |= bit(true, Marks::HIGH_VALUE);
    more |= bit(resource.hvd_category.iter().any(is_category), Marks::HIGH_VALUE_CATEGORY);
    more |= bit(covered, Marks::HIGH_VALUE_DISTRIBUTION);
    more |= bit(open, Marks::HIGH_VALUE_LICENCE);
    let download = forms.iter().any(|form| !form.download_url.is_empty());
    more | bit(download, Marks::HIGH_VALUE_DOWNLOAD)
}

fn is_open(form: &Distribution) -> bool {
    form.license.iter().any(|raw| is_open_licence(raw))
}

/// Whether a licence asks for no more than to be named as the source: what the
/// law on high-value datasets allows at most.
fn is_open_licence(raw: &str) -> bool {
    let key = vocabulary::licence(raw).key;
    key.starts_with("CC0-")
        || key.starts_with("CC-PDM")
        || key
            .strip_prefix("CC-BY-")
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        || ["PDDL-1.0", "ODC-BY-1.0", "NLOD-2.0", "NLOD-1.0"].contains(&key.as_str())
}

#[cfg(test)]
mod tests;
