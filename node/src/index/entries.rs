//! Entries in full: what clients of CKAN and followers of feeds are given.
//!
//! Unlike the hits of the page, each carries all of what DCAT says of it, and
//! pages are by offset.

use std::collections::BTreeMap;
use std::sync::Arc;

use dela_protocol::agency::profile_iri;
use dela_protocol::api::DatasetKind;
use dela_protocol::dcat::Resource;
use dela_protocol::id::{AgencyId, EntityId, RecordId};
use dela_protocol::record::Record;
use dela_protocol::time::Timestamp;

use super::agencies::description;
use super::datasets::refused;
use super::{DatasetName, Index, IndexError, Profile, SearchRequest, dataset_kind};
use crate::search::{Condition, Selected, Selection, Term};
use crate::vocabulary::ckan;

/// The most values of one term that are counted out: every keyword of a
/// national catalogue.
const VALUES_MAX: usize = 100_000;

/// An entry in full.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its id.
    pub id: EntityId,
    /// What it is.
    pub kind: DatasetKind,
    /// The record that says so.
    pub record: RecordId,
    /// When that was signed.
    pub signed_at: Timestamp,
    /// What DCAT says of it.
    pub resource: Resource,
    /// Who publishes it.
    pub agency: Arc<Agency>,
}

/// An agency, as its entries show it.
#[derive(Debug, Clone)]
pub struct Agency {
    /// Its id.
    pub id: AgencyId,
    /// What it says of itself.
    pub profile: Profile,
    /// When it said so.
    pub signed_at: Timestamp,
}

impl Agency {
    /// Returns what CKAN calls it.
    pub fn package_name(&self) -> String {
        ckan::organization_name(&self.id, &self.profile.name)
    }
}

/// A page of entries.
#[derive(Debug, Clone)]
pub struct Entries {
    /// How many there are in all.
    pub total: u64,
    /// Those of the page.
    pub entries: Vec<Entry>,
}

/// What is known of a selection beside its entries.
#[derive(Debug, Clone)]
pub struct Visited {
    /// How many entries there are in all.
    pub total: u64,
    /// How many have which values, in the order that was asked for.
    pub counts: Vec<Vec<(String, u64)>>,
}

impl Index {
    /// Returns what is selected.
    pub fn entries(&self, selection: &Selection) -> Result<Entries, IndexError> {
        let mut entries = Vec::new();
        let visited = self.visit_entries(selection, |entry| {
            entries.push(entry);
            Ok::<_, IndexError>(())
        })?;
        Ok(Entries { total: visited.total, entries })
    }

    /// Shows what is selected, entry by entry: a page of large ones need not be
    /// in memory at once. Ends at the first error.
    pub fn visit_entries<E: From<IndexError>>(
        &self,
        selection: &Selection,
        mut visit: impl FnMut(Entry) -> Result<(), E>,
    ) -> Result<Visited, E> {
        self.demand_ready()?;
        let Selected { total, ids, counts } =
            self.parts.search.select(selection).map_err(refused)?;
        let mut agencies = BTreeMap::new();
        for id in &ids {
            // What was withdrawn a moment ago may still be in the search.
            let Some(record) = self.parts.reader.newest(id).map_err(IndexError::from)? else {
                continue;
            };
            if let Some(entry) = self.entry(&record, &mut agencies)? {
                visit(entry)?;
            }
        }
        Ok(Visited { total, counts })
    }

    /// Returns the condition for what a search looks for; its order and page do
    /// not count.
    pub fn condition(&self, request: &SearchRequest) -> Result<Condition, IndexError> {
        let mut all = vec![Condition::Everything];
        // Without a letter nothing was asked for.
        if request.words.contains(char::is_alphanumeric) {
            all.push(Condition::Words(request.words.clone()));
        }
        for (term, values) in self.whole_names(&request.filters)?.terms() {
            let any = values.iter().map(|value| Condition::Is(term, value.clone()));
            all.push(Condition::Any(any.collect()));
        }
        Ok(Condition::All(all))
    }

    /// Returns one entry by its id, its UUID, its name in CKAN or its IRI.
    pub fn entry_named(&self, name: &str) -> Result<Entry, IndexError> {
        let record = self.record(&name.parse::<DatasetName>()?)?;
        let entry = self.entry(&record, &mut BTreeMap::new())?;
        entry.ok_or_else(|| IndexError::NotFound(record.entity().to_string()))
    }

    /// Returns what CKAN calls everything that fulfils a condition, by name.
    pub fn package_names(
        &self,
        condition: &Condition,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<String>, IndexError> {
        self.demand_ready()?;
        self.parts.search.package_names(condition, offset, limit).map_err(refused)
    }

    /// Returns the values of a term among what fulfils a condition, with how
    /// many have them.
    pub fn values(
        &self,
        condition: Condition,
        term: Term,
    ) -> Result<Vec<(String, u64)>, IndexError> {
        self.demand_ready()?;
        let selection =
            Selection { condition, order: Vec::new(), offset: 0, limit: 0, counted: vec![term] };
        let counts = self.parts.search.select(&selection).map_err(refused)?.counts;
        let mut values = counts.into_iter().next().unwrap_or_default();
        values.truncate(VALUES_MAX);
        Ok(values)
    }

    /// Returns an agency by its id, its UUID or its name in CKAN.
    pub fn agency_entry(&self, name: &str) -> Result<Agency, IndexError> {
        let digits = ckan::digits_of(name);
        let digits = digits.ok_or_else(|| IndexError::NoAgency(shown(name)))?;
        let id = self.agency_named(&digits)?;
        self.catalogue(&id)?;
        self.agency_of(&id)
    }

    /// Returns the ids of all agencies, ascending.
    pub fn agency_ids(&self) -> Vec<AgencyId> {
        let catalogues = self.catalogues();
        let mut ids: Vec<AgencyId> = catalogues.iter().map(|catalogue| catalogue.id()).collect();
        ids.sort_unstable();
        ids
    }

    /// Returns all agencies, by name.
    pub fn agency_entries(&self) -> Result<Vec<Agency>, IndexError> {
        self.demand_ready()?;
        let catalogues = self.catalogues();
        let mut agencies = catalogues
            .iter()
            .map(|catalogue| self.agency_of(&catalogue.id()))
            .collect::<Result<Vec<_>, _>>()?;
        agencies.sort_by_cached_key(|agency| (agency.profile.name.to_lowercase(), agency.id));
        Ok(agencies)
    }

    /// Returns an agency of which something is held.
    pub fn agency_of(&self, id: &AgencyId) -> Result<Agency, IndexError> {
        let record = self.parts.reader.newest(&EntityId::of(id, &profile_iri(id)))?;
        let signed_at = record.map_or(Timestamp::default(), |record| record.issued_at());
        Ok(Agency { id: *id, profile: self.profile(id)?, signed_at })
    }

    fn entry(
        &self,
        record: &Record,
        agencies: &mut BTreeMap<AgencyId, Arc<Agency>>,
    ) -> Result<Option<Entry>, IndexError> {
        let Some(kind) = dataset_kind(record.kind()) else { return Ok(None) };
        let Some(description) = description(record)? else { return Ok(None) };
        let id = record.agency();
        let agency = match agencies.get(&id) {
            Some(known) => Arc::clone(known),
            None => Arc::clone(agencies.entry(id).or_insert(Arc::new(self.agency_of(&id)?))),
        };
        Ok(Some(Entry {
            id: record.entity(),
            kind,
            record: record.id(),
            signed_at: record.issued_at(),
            resource: Resource::of(&description),
            agency,
        }))
    }
}

fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(80).collect()
}
