//! A selection: what fulfils a condition, in an order, from an offset on.
//!
//! For clients that page by numbers. They read on until a page is empty, so
//! there is no offset too large; a page costs what all pages before it cost
//! together. Who can follow a cursor has [`Query`](super::Query).

use dela_protocol::id::EntityId;

use super::facets::{self, Facets};
use super::ranking::{Ranking, Rows};
use super::{Condition, LIMIT_MAX, Search, SearchError, Term};

/// What is selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// What hits must fulfil.
    pub condition: Condition,
    /// In which order; by id, where that leaves them equal. At most
    /// [`Order::KEYS_MAX`] count.
    pub order: Vec<Order>,
    /// How many hits are passed over.
    pub offset: usize,
    /// How many hits are returned, at most [`LIMIT_MAX`].
    pub limit: usize,
    /// By what the hits are counted.
    pub counted: Vec<Term>,
}

/// One thing to order by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// What.
    pub key: Key,
    /// Whether the largest comes first.
    pub descending: bool,
}

impl Order {
    /// How many keys count: the longest order that clients are known to ask for
    /// has two.
    pub const KEYS_MAX: usize = 4;
}

/// What hits can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// How well it fits the words.
    Score,
    /// When its record was signed.
    Signed,
    /// What CKAN calls it.
    Package,
    /// Its title.
    Title,
    /// Its id.
    Id,
}

/// What was selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// How many hits there are in all.
    pub total: u64,
    /// The hits from the offset on.
    pub ids: Vec<EntityId>,
    /// How many hits have which values, the most frequent first, in the order
    /// that was asked for.
    pub counts: Vec<Vec<(String, u64)>>,
}

impl Search {
    /// Finds what is selected.
    pub fn select(&self, selection: &Selection) -> Result<Selected, SearchError> {
        let Selection { condition, order, offset, limit, counted } = selection;
        let limit = (*limit).min(LIMIT_MAX);
        let rows = self.rows(condition, order, *offset, limit)?;
        let inner = &self.inner;
        let counts = if counted.is_empty() {
            Vec::new()
        } else {
            let terms = counted.iter().map(|term| (*term, &[][..])).collect();
            let query = condition.query(&inner.fields)?;
            let counted = inner.reader.searcher().search(&*query, &Facets { terms });
            inner.judge(counted)?.into_iter().map(facets::most_frequent).collect()
        };
        Ok(Selected { total: rows.total, ids: rows.ids(), counts })
    }

    /// Returns what CKAN calls everything that fulfils a condition, in order,
    /// after passing over `offset` of them.
    pub fn package_names(
        &self,
        condition: &Condition,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<String>, SearchError> {
        let by_name = Order { key: Key::Package, descending: false };
        Ok(self.rows(condition, &[by_name], offset, limit)?.first_keys())
    }

    fn rows(
        &self,
        condition: &Condition,
        order: &[Order],
        offset: usize,
        limit: usize,
    ) -> Result<Rows, SearchError> {
        let inner = &self.inner;
        let query = condition.query(&inner.fields)?;
        let ranking = Ranking { order, offset, limit };
        inner.judge(inner.reader.searcher().search(&*query, &ranking))
    }
}
