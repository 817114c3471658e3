//! What the search is made from: the store's log of changes, and what each
//! changed record says now.

use dela_protocol::dcat::Resource;
use dela_protocol::id::EntityId;

use super::Index;
use super::datasets::{dataset_kind, modified};
use crate::search::Document;
use crate::search::indexer::{Source, SourceError};

/// Feeds the search from the index.
#[derive(Debug)]
pub struct Feed(pub Index);

impl Source for Feed {
    fn origin(&self) -> u64 {
        self.0.reader().origin()
    }

    fn first_change(&self) -> Result<u64, SourceError> {
        Ok(self.0.reader().first_change()?)
    }

    fn last_change(&self) -> Result<u64, SourceError> {
        Ok(self.0.reader().last_change()?)
    }

    fn changes_after(
        &self,
        number: u64,
        limit: usize,
    ) -> Result<Vec<(u64, EntityId)>, SourceError> {
        let changes = self.0.reader().changes_after(number, limit)?;
        Ok(changes.into_iter().map(|change| (change.number, change.entity)).collect())
    }

    fn entities(&self) -> Box<dyn Iterator<Item = Result<EntityId, SourceError>> + '_> {
        Box::new(self.0.reader().entities().map(|entity| Ok(entity?)))
    }

    fn document(&self, entity: &EntityId) -> Result<Option<Document>, SourceError> {
        let Some(record) = self.0.reader().newest(entity)? else { return Ok(None) };
        let Some(kind) = dataset_kind(record.kind()) else { return Ok(None) };
        let Some(description) = record.description()? else { return Ok(None) };
        let resource = Resource::of(&description);
        Ok(Some(Document {
            id: *entity,
            agency: record.agency(),
            kind,
            agency_name: self.0.profile(&record.agency())?.name,
            modified: modified(&resource, &record),
            resource,
        }))
    }
}
