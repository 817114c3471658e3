//! How the datasets divide by licence, format and theme.
//!
//! Agencies make such values up, so how many there are has no bound but what
//! can be searched. The counts are made from all of them, and only the most
//! frequent are kept, until the search shows something else.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use dela_protocol::api::DatasetKind;

use super::{Condition, Search, SearchError, Selection, Term, schema};

/// How many values of one property are kept: more than anybody reads, and all
/// the licences and formats that are known.
const VALUES_MAX: usize = 100;

/// How many agencies' counts are kept: those that people look at while nothing
/// changes. Each has at most some 50 KB.
const AGENCIES_KEPT_MAX: usize = 64;

/// How datasets divide by one property.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// How many different values there are.
    pub distinct: u64,
    /// The most frequent of them, with how many datasets have each.
    pub most_frequent: Vec<(String, u64)>,
}

/// How datasets divide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Division {
    /// By the keys of their licences.
    pub licence: Values,
    /// By the keys of their formats.
    pub format: Values,
    /// By the codes of their themes.
    pub theme: Values,
}

/// The counts as they were last made, and of which state of the index.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Made>);

/// The counts of agencies, and of all, made of one state of the index.
#[derive(Debug, Default)]
struct Made {
    of: u64,
    divisions: BTreeMap<Option<String>, Arc<Division>>,
}

impl Search {
    /// Counts how the datasets of an agency, by its id, or of all divide, unless
    /// nothing has changed since that was done.
    pub fn division(&self, agency: Option<&str>) -> Result<Arc<Division>, SearchError> {
        let generation = self.inner.reader.searcher().generation().generation_id();
        let whose = agency.map(str::to_owned);
        {
            let mut kept = self.inner.divisions.0.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.of != generation {
                *kept = Made { of: generation, divisions: BTreeMap::new() };
            }
            if let Some(division) = kept.divisions.get(&whose) {
                return Ok(Arc::clone(division));
            }
        }
        let division = Arc::new(self.divide(agency)?);
        let mut kept = self.inner.divisions.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.of == generation {
            if kept.divisions.len() > AGENCIES_KEPT_MAX {
                kept.divisions.clear();
            }
            kept.divisions.insert(whose, Arc::clone(&division));
        }
        Ok(division)
    }

    fn divide(&self, agency: Option<&str>) -> Result<Division, SearchError> {
        let kind = schema::kind_name(DatasetKind::Dataset).to_owned();
        let mut all = vec![Condition::Is(Term::Kind, kind)];
        all.extend(agency.map(|id| Condition::Is(Term::Agency, id.to_owned())));
        let selection = Selection {
            condition: Condition::All(all),
            order: Vec::new(),
            offset: 0,
            limit: 0,
            counted: vec![Term::Licence, Term::Format, Term::Theme],
        };
        let mut counts = self.select(&selection)?.counts.into_iter();
        let mut next = || {
            let mut values = counts.next().unwrap_or_default();
            let distinct = u64::try_from(values.len()).unwrap_or(u64::MAX);
            values.truncate(VALUES_MAX);
            Values { distinct, most_frequent: values }
        };
        Ok(Division { licence: next(), format: next(), theme: next() })
    }
}
