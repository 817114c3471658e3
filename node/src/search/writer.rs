//! The side of the index that is written to.
//!
//! Invariant: a commit holds the documents and how far the log of changes was
//! followed, together; after a crash the index goes on from exactly there.

use core::fmt;

use dela_protocol::id::EntityId;
use tantivy::{IndexWriter, Term};

use super::schema::Filler;
use super::{Document, Search, SearchError};

/// Memory for documents that are not yet written. More makes larger segments
/// and indexes a little faster; a node as a whole should stay under 150 MB.
pub(super) const MEMORY_BYTES: usize = 30_000_000;

/// Writes to the index. There is one at a time.
pub struct Writer {
    search: Search,
    engine: IndexWriter,
    filler: Filler,
    progress: Progress,
}

/// How far a log of changes was followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Progress {
    origin: u64,
    cursor: u64,
}

impl Progress {
    fn payload(self) -> String {
        format!("{:016x} {}", self.origin, self.cursor)
    }

    fn read(payload: &str) -> Option<Self> {
        let (origin, cursor) = payload.split_once(' ')?;
        let origin = u64::from_str_radix(origin, 16).ok()?;
        Some(Self { origin, cursor: cursor.parse().ok()? })
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("progress", &self.progress).finish_non_exhaustive()
    }
}

impl Writer {
    pub(super) fn new(search: Search) -> Result<Self, SearchError> {
        let inner = &search.inner;
        let engine = inner.index.writer_with_num_threads(1, MEMORY_BYTES);
        let engine = inner.judge(engine)?;
        let payload = inner.judge(inner.index.load_metas())?.payload;
        let progress = payload.as_deref().and_then(Progress::read).unwrap_or_default();
        let filler = Filler::new(inner.fields);
        Ok(Self { search, engine, filler, progress })
    }

    /// Returns how far the log of changes was followed at the last commit; 0 for
    /// an index that is empty or was never complete.
    pub fn cursor(&self) -> u64 {
        self.progress.cursor
    }

    /// Says which log of changes is followed from now on, by the number that
    /// names it, and returns how far it was followed; if the index was made from
    /// another log, it is cleared, and searches find nothing of it any more.
    pub fn follow(&mut self, origin: u64) -> Result<u64, SearchError> {
        if self.progress.origin != origin {
            self.clear()?;
            self.progress.origin = origin;
            self.commit(0)?;
        }
        Ok(self.progress.cursor)
    }

    /// Adds a dataset, in place of what was indexed under its id.
    pub fn put(&mut self, document: &Document) -> Result<(), SearchError> {
        self.remove(&document.id);
        let filled = self.filler.fill(document);
        self.search.inner.judge(self.engine.add_document(filled)).map(drop)
    }

    /// Removes what is indexed under an id, if anything is.
    pub fn remove(&mut self, id: &EntityId) {
        let field = self.search.inner.fields.id;
        self.engine.delete_term(Term::from_field_bytes(field, id.as_bytes()));
    }

    /// Removes everything.
    pub fn clear(&mut self) -> Result<(), SearchError> {
        self.progress.cursor = 0;
        self.search.inner.judge(self.engine.delete_all_documents()).map(drop)
    }

    /// Writes what was put and removed, and that the log of changes was followed
    /// to `cursor`; searches see it when this returns.
    pub fn commit(&mut self, cursor: u64) -> Result<(), SearchError> {
        let inner = &self.search.inner;
        let progress = Progress { cursor, ..self.progress };
        let committed = self.engine.prepare_commit().and_then(|mut prepared| {
            prepared.set_payload(&progress.payload());
            prepared.commit()
        });
        inner.judge(committed)?;
        self.progress = progress;
        inner.judge(inner.reader.reload())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_comes_back_and_nothing_else_counts() {
        let progress = Progress { origin: u64::MAX, cursor: 12 };
        assert_eq!(Progress::read(&progress.payload()), Some(progress));
        for payload in ["", "12", "x 12", "00 x"] {
            assert_eq!(Progress::read(payload), None);
        }
    }
}
