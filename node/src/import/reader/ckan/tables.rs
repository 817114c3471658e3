//! Which field of CKAN is which property: the tables of ckanext-dcat.
//!
//! Where several fields stand for one property, they follow each other, and the
//! first that a package has counts.

use dela_protocol::dcat::term;

use crate::import::reader::fields::{Field, How};

const OWL_VERSION_INFO: &str = "http://www.w3.org/2002/07/owl#versionInfo";

/// The fields of a package.
pub(super) const DATASET: [Field; 33] = [
    ("title", term::DCTERMS_TITLE, How::Text),
    ("name", term::DCTERMS_TITLE, How::Text),
    ("notes", term::DCTERMS_DESCRIPTION, How::Text),
    ("identifier", term::DCTERMS_IDENTIFIER, How::Text),
    ("guid", term::DCTERMS_IDENTIFIER, How::Text),
    ("id", term::DCTERMS_IDENTIFIER, How::Text),
    ("alternate_identifier", "http://www.w3.org/ns/adms#identifier", How::Either),
    ("issued", term::DCTERMS_ISSUED, How::Date),
    ("metadata_created", term::DCTERMS_ISSUED, How::Date),
    ("modified", term::DCTERMS_MODIFIED, How::Date),
    ("metadata_modified", term::DCTERMS_MODIFIED, How::Date),
    ("version", OWL_VERSION_INFO, How::Text),
    ("dcat_version", OWL_VERSION_INFO, How::Text),
    ("version_notes", "http://www.w3.org/ns/adms#versionNotes", How::Text),
    ("url", term::DCAT_LANDING_PAGE, How::Either),
    ("frequency", term::DCTERMS_ACCRUAL_PERIODICITY, How::Either),
    ("dcat_type", term::DCTERMS_TYPE, How::Either),
    ("access_rights", term::DCTERMS_ACCESS_RIGHTS, How::Either),
    ("provenance", "http://purl.org/dc/terms/provenance", How::Either),
    ("language", term::DCTERMS_LANGUAGE, How::Either),
    ("conforms_to", term::DCTERMS_CONFORMS_TO, How::Either),
    ("documentation", term::FOAF_PAGE, How::Either),
    ("related_resource", "http://purl.org/dc/terms/relation", How::Either),
    ("has_version", "http://purl.org/dc/terms/hasVersion", How::Either),
    ("is_version_of", "http://purl.org/dc/terms/isVersionOf", How::Either),
    ("source", "http://purl.org/dc/terms/source", How::Either),
    ("sample", "http://www.w3.org/ns/adms#sample", How::Either),
    ("is_referenced_by", "http://purl.org/dc/terms/isReferencedBy", How::Either),
    ("hvd_category", term::DCATAP_HVD_CATEGORY, How::Either),
    ("applicable_legislation", term::DCATAP_APPLICABLE_LEGISLATION, How::Either),
    ("in_series", term::DCAT_IN_SERIES, How::Either),
    ("temporal_resolution", "http://www.w3.org/ns/dcat#temporalResolution", How::Text),
    (
        "spatial_resolution_in_meters",
        "http://www.w3.org/ns/dcat#spatialResolutionInMeters",
        How::Text,
    ),
];

/// The fields of a resource.
pub(super) const DISTRIBUTION: [Field; 24] = [
    ("name", term::DCTERMS_TITLE, How::Text),
    ("title", term::DCTERMS_TITLE, How::Text),
    ("description", term::DCTERMS_DESCRIPTION, How::Text),
    ("access_url", term::DCAT_ACCESS_URL, How::Link),
    ("url", term::DCAT_ACCESS_URL, How::Link),
    ("download_url", term::DCAT_DOWNLOAD_URL, How::Link),
    ("mimetype", term::DCAT_MEDIA_TYPE, How::MediaType),
    ("format", term::DCTERMS_FORMAT, How::Either),
    ("license", term::DCTERMS_LICENSE, How::Either),
    ("status", "http://www.w3.org/ns/adms#status", How::Either),
    ("size", term::DCAT_BYTE_SIZE, How::Bytes),
    ("issued", term::DCTERMS_ISSUED, How::Date),
    ("created", term::DCTERMS_ISSUED, How::Date),
    ("modified", term::DCTERMS_MODIFIED, How::Date),
    ("last_modified", term::DCTERMS_MODIFIED, How::Date),
    ("metadata_modified", term::DCTERMS_MODIFIED, How::Date),
    ("rights", term::DCTERMS_RIGHTS, How::Either),
    ("documentation", term::FOAF_PAGE, How::Either),
    ("language", term::DCTERMS_LANGUAGE, How::Either),
    ("conforms_to", term::DCTERMS_CONFORMS_TO, How::Either),
    ("availability", term::DCATAP_AVAILABILITY, How::Either),
    ("applicable_legislation", term::DCATAP_APPLICABLE_LEGISLATION, How::Either),
    ("compress_format", "http://www.w3.org/ns/dcat#compressFormat", How::MediaType),
    ("package_format", "http://www.w3.org/ns/dcat#packageFormat", How::MediaType),
];

/// Whom to ask.
pub(super) const CONTACT: [Field; 6] = [
    ("contact_name", term::VCARD_FN, How::Text),
    ("maintainer", term::VCARD_FN, How::Text),
    ("author", term::VCARD_FN, How::Text),
    ("contact_email", term::VCARD_HAS_EMAIL, How::Mail),
    ("maintainer_email", term::VCARD_HAS_EMAIL, How::Mail),
    ("author_email", term::VCARD_HAS_EMAIL, How::Mail),
];

/// Who publishes, where it is said apart from the organisation.
pub(super) const AGENT: [Field; 5] = [
    ("publisher_name", term::FOAF_NAME, How::Text),
    ("publisher_email", term::FOAF_MBOX, How::Mail),
    ("publisher_url", term::FOAF_HOMEPAGE, How::Either),
    ("publisher_type", term::DCTERMS_TYPE, How::Either),
    ("publisher_identifier", term::DCTERMS_IDENTIFIER, How::Either),
];

/// What becomes a node or decides about one, and is in no table.
pub(super) const IN_NODES: [&str; 17] = [
    "uri",
    "type",
    "tags",
    "theme",
    "groups",
    "organization",
    "resources",
    "contact_uri",
    "publisher_uri",
    "temporal_start",
    "temporal_end",
    "spatial_uri",
    "spatial_text",
    "spatial",
    "license_url",
    "hash",
    "hash_algorithm",
];

/// What CKAN derives from the rest, counts, or keeps for its own users: it says
/// nothing about the data, or changes by itself.
pub(super) const DERIVED: [&str; 24] = [
    "num_resources",
    "num_tags",
    "isopen",
    "state",
    "private",
    "creator_user_id",
    "owner_org",
    "revision_id",
    "revision_timestamp",
    "relationships_as_object",
    "relationships_as_subject",
    "tracking_summary",
    "license_title",
    "score",
    "package_id",
    "position",
    "cache_url",
    "cache_last_updated",
    "mimetype_inner",
    "url_type",
    "datastore_active",
    "resource_group_id",
    "webstore_url",
    "webstore_last_updated",
];
