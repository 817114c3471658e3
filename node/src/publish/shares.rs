//! Which part of the catalogue is whose: what each source keeps, and by what
//! is left what is published by hand.
//!
//! Invariants:
//! - Where two sources have the same entity, the older one describes it.
//! - What a source keeps is withdrawn by nobody but it, and by it only where no
//!   other has it.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use dela_protocol::id::EntityId;

/// What the sources keep, in the order they were added. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub struct Shares {
    of: Arc<RwLock<Vec<Share>>>,
}

#[derive(Debug, Clone)]
struct Share {
    source: String,
    entities: Arc<BTreeSet<EntityId>>,
}

impl Shares {
    /// Sets what a source keeps; a source not heard of is the newest.
    pub fn set(&self, source: &str, entities: Arc<BTreeSet<EntityId>>) {
        let mut of = self.of.write().unwrap_or_else(PoisonError::into_inner);
        match of.iter_mut().find(|share| share.source == source) {
            Some(share) => share.entities = entities,
            None => of.push(Share { source: source.to_owned(), entities }),
        }
    }

    /// Forgets a source: what it kept is as if published by hand.
    pub fn remove(&self, source: &str) {
        let mut of = self.of.write().unwrap_or_else(PoisonError::into_inner);
        of.retain(|share| share.source != source);
    }

    /// Returns the source that describes an entity.
    pub fn keeper(&self, entity: &EntityId) -> Option<String> {
        let of = self.of.read().unwrap_or_else(PoisonError::into_inner);
        let share = of.iter().find(|share| share.entities.contains(entity))?;
        Some(share.source.clone())
    }

    /// Returns what is kept by any source.
    pub(crate) fn all(&self) -> Kept {
        Kept(self.matching(|_| true))
    }

    /// Returns what is kept by the sources added before this one.
    pub(crate) fn before(&self, source: &str) -> Kept {
        let mut is_older = true;
        Kept(self.matching(|share| {
            is_older &= share.source != source;
            is_older
        }))
    }

    /// Returns what is kept by any source but this one.
    pub(crate) fn beside(&self, source: &str) -> Kept {
        Kept(self.matching(|share| share.source != source))
    }

    fn matching(&self, mut wanted: impl FnMut(&Share) -> bool) -> Vec<Arc<BTreeSet<EntityId>>> {
        let of = self.of.read().unwrap_or_else(PoisonError::into_inner);
        of.iter().filter(|share| wanted(share)).map(|share| Arc::clone(&share.entities)).collect()
    }
}

/// What some of the sources keep.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept(Vec<Arc<BTreeSet<EntityId>>>);

impl Kept {
    /// Returns whether one of them keeps an entity.
    pub(crate) fn contains(&self, entity: &EntityId) -> bool {
        self.0.iter().any(|entities| entities.contains(entity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(numbers: &[u8]) -> Arc<BTreeSet<EntityId>> {
        Arc::new(numbers.iter().map(|n| EntityId::from_bytes([*n; 16])).collect())
    }

    #[test]
    fn the_older_source_describes_what_two_have() {
        let shares = Shares::default();
        shares.set("b", set(&[1, 2]));
        shares.set("a", set(&[2, 3]));
        let entity = |n| EntityId::from_bytes([n; 16]);
        assert_eq!(shares.keeper(&entity(2)).as_deref(), Some("b"));
        assert!(shares.before("a").contains(&entity(2)));
        assert!(!shares.before("b").contains(&entity(2)));
        assert!(shares.beside("b").contains(&entity(2)));
        assert!(shares.all().contains(&entity(3)) && !shares.all().contains(&entity(4)));
        shares.remove("b");
        assert_eq!(shares.keeper(&entity(2)).as_deref(), Some("a"));
        assert_eq!(shares.keeper(&entity(1)), None);
    }
}
