//! What belongs together: series and what is in them, services and what they
//! serve.
//!
//! Descriptions name each other by IRI. Where several agencies have an entry with
//! that IRI, the one of the same agency is meant, else all of them.

use std::collections::BTreeSet;

use dela_protocol::api::{Related, Relation};
use dela_protocol::dcat::Resource;
use dela_protocol::id::EntityId;
use dela_protocol::record::Record;

use super::agencies::description;
use super::datasets::{dataset_kind, refused};
use super::{Index, IndexError};
use crate::search::{Condition, Key, Order, Selection, Term};

/// How many of each kind are returned: what fits on a page. A series of more has
/// a search of its own.
const EACH_MAX: usize = 50;

impl Index {
    /// Returns what else in the index belongs to an entry.
    pub(super) fn related(
        &self,
        record: &Record,
        resource: &Resource,
    ) -> Result<Vec<Related>, IndexError> {
        let services = resource.distribution.iter().flat_map(|form| &form.access_service);
        let named = [
            (Relation::Series, resource.in_series.iter().collect::<BTreeSet<_>>()),
            (Relation::Served, resource.serves_dataset.iter().collect()),
            (Relation::Service, services.collect()),
        ];
        let mut seen = BTreeSet::from([record.entity()]);
        let mut related = Vec::new();
        for (relation, iris) in named {
            for iri in iris.into_iter().take(EACH_MAX) {
                for found in self.meant_by(record, iri)? {
                    if seen.insert(found.entity()) {
                        related.extend(entry(&found, relation)?);
                    }
                }
            }
        }
        for found in self.naming(&resource.iri)? {
            let Some(said) = description(&found)? else { continue };
            let said = Resource::of(&said);
            let relation = if said.in_series.contains(&resource.iri) {
                Relation::Member
            } else {
                Relation::Service
            };
            if seen.insert(found.entity()) {
                related.extend(entry(&found, relation)?);
            }
        }
        related.sort_by_key(|one| one.relation);
        Ok(related)
    }

    /// Returns the records that an IRI in a record means.
    fn meant_by(&self, record: &Record, iri: &str) -> Result<Vec<Record>, IndexError> {
        let own = EntityId::of(&record.agency(), iri);
        match self.parts.reader.newest(&own)? {
            Some(own) => Ok(vec![own]),
            None => self.records_about(iri),
        }
    }

    /// Returns the newest records that name this IRI as their series or as what
    /// they serve, by title. While the search is being built there are fewer.
    fn naming(&self, iri: &str) -> Result<Vec<Record>, IndexError> {
        let selection = Selection {
            condition: Condition::Is(Term::Refers, iri.to_owned()),
            order: vec![Order { key: Key::Title, descending: false }],
            offset: 0,
            limit: EACH_MAX,
            counted: Vec::new(),
        };
        let mut found = Vec::new();
        for id in self.parts.search.select(&selection).map_err(refused)?.ids {
            found.extend(self.parts.reader.newest(&id)?);
        }
        Ok(found)
    }
}

/// Returns an entry as it is named on the page of another; `None` for what was
/// withdrawn.
fn entry(record: &Record, relation: Relation) -> Result<Option<Related>, IndexError> {
    let Some(kind) = dataset_kind(record.kind()) else { return Ok(None) };
    let said = description(record)?;
    let title = said.map(|said| Resource::of(&said).title).unwrap_or_default();
    Ok(Some(Related { relation, id: record.entity(), kind, title }))
}
