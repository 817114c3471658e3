//! What the search follows: the store's change log, as documents.
//!
//! Here, because this is the one place that knows both the store and the
//! search; they do not know each other.

use dela_protocol::api::DatasetKind;
use dela_protocol::dcat::Resource;
use dela_protocol::id::EntityId;

use super::IndexError;
use super::agencies::{description, profile_in};
use super::datasets::dataset_kind;
use crate::quality::Marks;
use crate::search::Document;
use crate::search::indexer::{Source, SourceError};
use crate::storage::Reader;

/// What the search follows.
#[derive(Debug, Clone)]
pub struct SearchSource {
    reader: Reader,
}

impl SearchSource {
    /// Follows what `reader` reads.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }

    fn find(&self, entity: &EntityId) -> Result<Option<Document>, IndexError> {
        let Some(record) = self.reader.newest(entity)? else { return Ok(None) };
        let Some(kind) = dataset_kind(record.kind()) else { return Ok(None) };
        let Some(description) = description(&record)? else { return Ok(None) };
        let resource = Resource::of(&description);
        let modified = resource.modified.clone();
        // Only datasets are scored.
        let scored = (kind == DatasetKind::Dataset).then(|| Marks::of(&description, &resource));
        Ok(Some(Document {
            id: *entity,
            agency: record.agency(),
            kind,
            agency_name: profile_in(&self.reader, &record.agency())?.name,
            modified: modified.unwrap_or_else(|| record.issued_at().to_string()),
            signed_at: record.issued_at(),
            resource,
            marks: scored.unwrap_or_default(),
        }))
    }
}

impl Source for SearchSource {
    fn origin(&self) -> u64 {
        self.reader.origin()
    }

    fn first_change(&self) -> Result<u64, SourceError> {
        Ok(self.reader.first_change()?)
    }

    fn last_change(&self) -> Result<u64, SourceError> {
        Ok(self.reader.last_change()?)
    }

    fn changes_after(
        &self,
        number: u64,
        limit: usize,
    ) -> Result<Vec<(u64, EntityId)>, SourceError> {
        let changes = self.reader.changes_after(number, limit)?;
        Ok(changes.into_iter().map(|change| (change.number, change.entity)).collect())
    }

    fn entities(&self) -> Box<dyn Iterator<Item = Result<EntityId, SourceError>> + '_> {
        Box::new(self.reader.entities().map(|entity| entity.map_err(Into::into)))
    }

    fn document(&self, entity: &EntityId) -> Result<Option<Document>, SourceError> {
        Ok(self.find(entity)?)
    }
}
