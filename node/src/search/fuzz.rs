//! What must hold for whatever is searched for, and for whatever is indexed.
//! See [`crate::fuzz`].

use data_encoding::BASE64URL_NOPAD;
use dela_protocol::api::DatasetKind;
use dela_protocol::dcat::Resource;
use dela_protocol::id::{AgencyId, EntityId};
use dela_protocol::time::Timestamp;

use super::page::Place;
use super::schema::{self, Filler};
use super::{Document, text, words};

/// What somebody typed, and the cursor of a page: as text, and as the bytes in
/// one.
pub fn search(data: &[u8]) {
    cursor(&BASE64URL_NOPAD.encode(data), data);
    let Ok(typed) = core::str::from_utf8(data) else { return };
    if let Ok(bytes) = BASE64URL_NOPAD.decode(data) {
        cursor(typed, &bytes);
    }
    let (_, fields) = schema::schema();
    if words::query(typed, &fields).is_ok() {
        assert!(typed.len() <= words::QUERY_BYTES_MAX);
    }
    for in_title in [false, true] {
        drop(words::phrase(typed, in_title, &fields));
        drop(words::beginning(typed, in_title, &fields));
    }
    drop(words::title(typed, &fields));
    drop((text::composed(typed), text::sort_key(typed)));
}

/// A cursor that is read is written as the same text, for the query it names.
fn cursor(text: &str, bytes: &[u8]) {
    let Some((_, rest)) = bytes.split_first() else { return };
    let Some(fingerprint) = rest.first_chunk().map(|bytes| u64::from_be_bytes(*bytes)) else {
        return;
    };
    if let Ok(place) = Place::read(text, fingerprint) {
        assert_eq!(place.cursor(fingerprint), text);
        assert!(Place::read(text, fingerprint ^ 1).is_err(), "a cursor of another query");
    }
}

/// What DCAT says of a dataset, as it is indexed.
pub(crate) fn search_document(resource: Resource) {
    let (_, fields) = schema::schema();
    let document = Document {
        id: EntityId::from_bytes([1; 16]),
        agency: AgencyId::from_bytes([1; 32]),
        kind: DatasetKind::Dataset,
        modified: resource.modified.clone().unwrap_or_default(),
        resource,
        marks: crate::quality::Marks::default(),
        agency_name: String::new(),
        signed_at: Timestamp::default(),
    };
    Filler::new(fields).fill(&document);
}
