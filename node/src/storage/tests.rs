//! What a reader sees between the steps of a commit.

use dela_protocol::store::conformance::{Publisher, at};
use dela_protocol::time::Timestamp;

use super::*;

/// The search follows the log of changes on a thread of its own. If it saw that
/// a record was found to hold before the record is shown, it would look, find
/// nothing, and never look again.
#[test]
fn no_change_can_be_followed_before_what_it_leads_to_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let publisher = Publisher::numbered(1);
    let path = |name: &str| folder.path().join(name);
    let opened = SledStore::open(&path("store"), &path("mark"), publisher.federation).unwrap();
    let mut store = opened.store;
    let reader = store.reader();
    let record = publisher.dataset(at(1), "urn:x:1", "Luft");
    let empty = Catalogue::new(publisher.agency.clone());
    let mut batch = publisher.batch(&empty, &[], core::slice::from_ref(&record));
    for (_, standing) in &mut batch.put {
        *standing = Standing::Unverified;
    }
    let mut catalogue = batch.catalogue.clone();
    store.commit(batch).unwrap();
    assert_eq!(reader.last_change().unwrap(), 0);

    catalogue.checked = at(1);
    let judged = vec![(record.clone(), Standing::Verified)];
    let batch = Batch { judged, ..Batch::of(catalogue, Timestamp::from_millis(1)) };
    let written = store.write(batch).unwrap();
    assert_eq!(reader.newest(&record.entity()).unwrap(), None);
    assert_eq!(reader.changes_after(0, 10).unwrap(), []);
    assert_eq!(reader.last_change().unwrap(), 0);
    store.show(written);
    assert_eq!(reader.changes_after(0, 10).unwrap().len(), 1);
    assert_eq!(reader.newest(&record.entity()).unwrap(), Some(record));
    assert_eq!(reader.last_change().unwrap(), 1);
}
