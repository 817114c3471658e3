//! A dataset as CKAN's clients know it: a package with resources.
//!
//! Invariants:
//! - Everything is there that CKAN's clients count on, also where it is empty;
//!   udata refuses a package that lacks one field.
//! - Ids and names are made of the entry's own id: the same at every node, today
//!   and after the next import.
//! - An address that cannot be followed is not handed out as one.

use std::collections::BTreeMap;

use dela_protocol::dcat::{Contact, Distribution, Resource, Text};
use dela_protocol::id::EntityId;
use dela_protocol::time::Timestamp;
use serde::Serialize;

use super::organization::{Group, OrganizationBrief};
use crate::http::address::PublicAddress;
use crate::http::link::followable;
use crate::index::Entry;
use crate::search::kind_name;
use crate::vocabulary;
use crate::vocabulary::ckan::{self, LANGUAGES};

/// The most resources of one package: one dataset may have a file for each hour
/// of a year, and 8,760 of them.
const RESOURCES_MAX: usize = 10_000;

/// Formats that are asked, not downloaded.
const SERVICES: [&str; 7] = ["API", "WMS", "WFS", "WMTS", "WCS", "SPARQL", "SOAP"];

/// A package.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Package {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) title: String,
    notes: String,
    url: Option<String>,
    version: Option<String>,
    author: Option<String>,
    author_email: Option<String>,
    maintainer: Option<String>,
    maintainer_email: Option<String>,
    license_id: String,
    license_title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_url: Option<String>,
    isopen: bool,
    metadata_created: String,
    pub(super) metadata_modified: String,
    owner_org: String,
    organization: OrganizationBrief,
    creator_user_id: Option<String>,
    private: bool,
    state: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    num_resources: usize,
    num_tags: usize,
    tags: Vec<Tag>,
    groups: Vec<Group>,
    pub(super) resources: Vec<PackageResource>,
    extras: Vec<Extra>,
    relationships_as_subject: [(); 0],
    relationships_as_object: [(); 0],
}

/// A keyword.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Tag {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) state: &'static str,
    pub(super) vocabulary_id: Option<String>,
}

impl Tag {
    pub(super) fn new(name: String) -> Self {
        Self {
            id: name.clone(),
            display_name: name.clone(),
            name,
            state: "active",
            vocabulary_id: None,
        }
    }
}

/// One form in which a package can be had.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PackageResource {
    pub(super) id: String,
    package_id: String,
    position: usize,
    name: String,
    description: String,
    format: String,
    mimetype: Option<String>,
    mimetype_inner: Option<String>,
    size: Option<u64>,
    hash: String,
    created: String,
    last_modified: Option<String>,
    metadata_modified: String,
    cache_url: Option<String>,
    cache_last_updated: Option<String>,
    url: String,
    url_type: Option<String>,
    resource_type: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<String>,
}

/// What CKAN has no field for.
#[derive(Debug, Clone, Serialize)]
struct Extra {
    key: &'static str,
    value: String,
}

/// Returns a moment as CKAN writes them: in UTC, without saying so, to the
/// microsecond. What lies beyond the year 9999 is its end.
pub(super) fn moment(at: Timestamp) -> String {
    /// The last moment of the year 9999, in milliseconds.
    const LAST: u64 = 253_402_300_799_999;
    let text = Timestamp::from_millis(at.as_millis().min(LAST)).to_string();
    let text = text.trim_end_matches('Z');
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{seconds}.{fraction:0<6}")
}

impl Package {
    /// Makes the package of an entry.
    pub(super) fn new(entry: &Entry, address: &PublicAddress) -> Self {
        let resource = &entry.resource;
        let licence = ckan::licence_of(resource);
        let organization = OrganizationBrief::new(&entry.agency);
        let created = created(entry);
        let contact = resource.contact_point.first();
        let tags: Vec<Tag> = ckan::tags_of(resource).into_iter().map(Tag::new).collect();
        let groups = vocabulary::themes_of(resource).into_iter().filter_map(vocabulary::theme);
        let resources = resources(entry);
        Self {
            id: ckan::uuid(entry.id.as_bytes()),
            name: ckan::package_name(&entry.id, resource),
            title: text(&resource.title).unwrap_or_else(|| resource.iri.clone()),
            notes: text(&resource.description).unwrap_or_default(),
            url: resource.landing_page.iter().find_map(|page| followable(page)).map(str::to_owned),
            version: None,
            author: publisher(resource).or_else(|| Some(entry.agency.profile.name.clone())),
            author_email: None,
            maintainer: contact.and_then(|contact| contact.name.first().cloned()),
            maintainer_email: contact.and_then(email),
            license_id: licence.id,
            license_title: licence.title,
            license_url: licence.url,
            isopen: licence.is_open,
            metadata_created: moment(created),
            metadata_modified: moment(entry.signed_at),
            owner_org: organization.id().to_owned(),
            organization,
            creator_user_id: None,
            private: false,
            state: "active",
            kind: "dataset",
            num_resources: resources.len(),
            num_tags: tags.len(),
            tags,
            groups: groups.map(Group::new).collect(),
            resources,
            extras: extras(entry, address),
            relationships_as_subject: [],
            relationships_as_object: [],
        }
    }
}

impl PackageResource {
    fn new(entry: &Entry, position: usize, form: &Distribution, url: &str, id: String) -> Self {
        let formats = form.format.iter().chain(&form.media_type);
        let format = formats.map(|raw| vocabulary::format(raw)).find(|found| !found.key.is_empty());
        let format = format.map(|format| format.key).unwrap_or_default();
        let is_service = !form.access_service.is_empty() || SERVICES.contains(&format.as_str());
        let day = |raw: &Option<String>| raw.as_deref().and_then(vocabulary::moment);
        Self {
            id,
            package_id: ckan::uuid(entry.id.as_bytes()),
            position,
            name: text(&form.title).unwrap_or_else(|| format.clone()),
            description: text(&form.description).unwrap_or_default(),
            mimetype: form.media_type.iter().chain(&form.format).find_map(|raw| media_type(raw)),
            mimetype_inner: None,
            size: form.byte_size.as_deref().and_then(size),
            hash: String::new(),
            created: moment(day(&form.issued).unwrap_or_else(|| created(entry))),
            last_modified: day(&form.modified).map(moment),
            metadata_modified: moment(entry.signed_at),
            cache_url: None,
            cache_last_updated: None,
            url: url.to_owned(),
            url_type: None,
            resource_type: if is_service { "api" } else { "file" },
            state: "active",
            uri: form.iri.clone(),
            license: form.license.first().cloned(),
            format,
        }
    }
}

/// Returns when a package came to be, as far as that is known: when the dataset
/// was issued, by its own word, else when its record was signed.
fn created(entry: &Entry) -> Timestamp {
    let issued = entry.resource.issued.as_deref().and_then(vocabulary::moment);
    issued.filter(|issued| *issued <= entry.signed_at).unwrap_or(entry.signed_at)
}

/// Returns the resources: the distributions that can be followed.
fn resources(entry: &Entry) -> Vec<PackageResource> {
    let mut turns = BTreeMap::new();
    let mut found = Vec::new();
    for form in entry.resource.distribution.iter().take(RESOURCES_MAX) {
        let addresses = form.download_url.iter().chain(&form.access_url);
        let Some(url) = addresses.into_iter().find_map(|address| followable(address)) else {
            continue;
        };
        let name = form.iri.as_deref().unwrap_or(url);
        // Two that nothing tells apart are told apart by their place.
        let turn: &mut u64 = turns.entry(name).or_default();
        let id = resource_id(&entry.id, name, *turn);
        *turn += 1;
        found.push(PackageResource::new(entry, found.len(), form, url, id));
    }
    found
}

/// Returns the id of a resource: half of it that of its package, so that it
/// leads there.
fn resource_id(entity: &EntityId, name: &str, turn: u64) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(entity.as_bytes());
    hasher.update(&turn.to_be_bytes());
    hasher.update(name.as_bytes());
    let hash = hasher.finalize();
    let (package, _) = entity.as_bytes().split_at(8);
    let own = hash.as_bytes().iter().take(8);
    let bytes: Vec<u8> = package.iter().chain(own).copied().collect();
    ckan::uuid(&bytes)
}

/// Returns the beginning of the id of the package that a resource with this id
/// belongs to.
pub(super) fn package_of(resource_id: &str) -> Option<String> {
    let digits = ckan::digits_of(resource_id)?;
    digits.get(..ckan::NAME_DIGITS).map(str::to_owned)
}

fn text(texts: &[Text]) -> Option<String> {
    let found = Text::in_languages(texts, LANGUAGES).map(str::trim);
    found.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn publisher(resource: &Resource) -> Option<String> {
    resource.publisher.iter().find_map(|publisher| text(&publisher.name))
}

/// Returns an address for mail, if it has the form of one: clients refuse a
/// whole package for one that has not.
fn email(contact: &Contact) -> Option<String> {
    let is_address = |text: &&String| {
        text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty()
                && host.contains('.')
                && !host.starts_with('.')
                && !host.ends_with('.')
                && text.is_ascii()
                && !text
                    .contains(|c: char| c.is_whitespace() || "<>,;:()\"@".contains(c) && c != '@')
                && !host.contains('@')
        })
    };
    contact.email.iter().find(is_address).cloned()
}

/// Returns a media type, out of an IRI of IANA's or as it is written.
fn media_type(raw: &str) -> Option<String> {
    let name = raw.split_once("/assignments/media-types/").map_or(raw, |(_, name)| name).trim();
    let name = name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (kind, subtype) = name.split_once('/')?;
    let kinds =
        ["application", "audio", "font", "image", "message", "model", "multipart", "text", "video"];
    let is_name = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c);
    (kinds.contains(&kind) && !subtype.is_empty() && subtype.chars().all(is_name)).then_some(name)
}

/// Returns a size in bytes: some write it as a decimal number.
fn size(raw: &str) -> Option<u64> {
    let whole = raw.trim().split('.').next().unwrap_or_default();
    whole.parse().ok().filter(|size| i64::try_from(*size).is_ok())
}

/// Returns what CKAN has no field for, under the names that ckanext-dcat gives
/// it, and who vouches for it.
fn extras(entry: &Entry, address: &PublicAddress) -> Vec<Extra> {
    let resource = &entry.resource;
    let mut extras = Vec::new();
    let mut one = |key, value: Option<&str>| {
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        extras.extend(value.map(|value| Extra { key, value: value.to_owned() }));
    };
    let publisher = resource.publisher.first();
    let contact = resource.contact_point.first();
    let period = resource.temporal.first();
    let is_address = |place: &&String| place.contains("://");
    one("uri", Some(&resource.iri));
    one("guid", Some(&resource.iri));
    one("identifier", resource.identifier.first().map(String::as_str));
    one("issued", resource.issued.as_deref());
    one("modified", resource.modified.as_deref());
    one("publisher_uri", publisher.and_then(|publisher| publisher.iri.as_deref()));
    one("publisher_name", publisher.and_then(|publisher| text(&publisher.name)).as_deref());
    one(
        "publisher_url",
        publisher.and_then(|publisher| publisher.homepage.first()).map(String::as_str),
    );
    one(
        "publisher_type",
        publisher.and_then(|publisher| publisher.agent_type.first()).map(String::as_str),
    );
    one("contact_name", contact.and_then(|contact| contact.name.first()).map(String::as_str));
    one("contact_email", contact.and_then(|contact| contact.email.first()).map(String::as_str));
    one("access_rights", resource.access_rights.first().map(String::as_str));
    one("frequency", resource.accrual_periodicity.first().map(String::as_str));
    one("spatial_uri", resource.spatial.iter().find(is_address).map(String::as_str));
    one(
        "spatial_text",
        resource.spatial.iter().find(|place| !is_address(place)).map(String::as_str),
    );
    one("temporal_start", period.and_then(|period| period.start.as_deref()));
    one("temporal_end", period.and_then(|period| period.end.as_deref()));
    one("dcat_kind", Some(kind_name(entry.kind)));
    one("dela_agency", Some(&entry.agency.id.to_string()));
    one("dela_record", Some(&entry.record.to_string()));
    one("dela_signed_at", Some(&entry.signed_at.to_string()));
    one("dela_page", Some(&address.of(&format!("/dataset/{}", entry.id))));
    let lists = [
        ("theme", &resource.theme),
        ("language", &resource.language),
        ("conforms_to", &resource.conforms_to),
        ("hvd_category", &resource.hvd_category),
        ("in_series", &resource.in_series),
        ("alternate_identifier", &resource.identifier.get(1..).unwrap_or_default().to_vec()),
    ];
    for (key, values) in lists {
        // Lists are JSON within the text, as ckanext-dcat has them.
        if !values.is_empty() {
            extras.push(Extra { key, value: serde_json::json!(values).to_string() });
        }
    }
    extras
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_without_an_offset_to_the_microsecond() {
        let at = |text| moment(Timestamp::parse_rfc3339(text).unwrap());
        assert_eq!(at("2026-08-20T10:11:12Z"), "2026-08-20T10:11:12.000000");
        assert_eq!(at("2026-08-20T10:11:12.12Z"), "2026-08-20T10:11:12.120000");
        assert_eq!(moment(Timestamp::from_millis(u64::MAX)), "9999-12-31T23:59:59.999000");
    }

    #[test]
    fn what_clients_would_refuse_is_left_out() {
        let mail =
            |text: &str| email(&Contact { email: vec![text.to_owned()], ..Contact::default() });
        assert!(mail("miljo@provkoping.example").is_some());
        for bad in ["", "miljo", "a b@c.example", "a@b@c.example", "a@example", "<a@b.example>"] {
            assert_eq!(mail(bad), None, "{bad}");
        }
        let csv = "https://www.iana.org/assignments/media-types/text/csv";
        assert_eq!(media_type(csv).as_deref(), Some("text/csv"));
        assert_eq!(media_type("text/csv; charset=utf-8").as_deref(), Some("text/csv"));
        assert_eq!(media_type("CSV"), None);
        assert_eq!(media_type("http://example.org/csv"), None);
        assert_eq!((size("1234"), size("12.0"), size("stor")), (Some(1234), Some(12), None));
    }

    #[test]
    fn the_id_of_a_resource_leads_to_its_package() {
        let entity = EntityId::from_bytes([7; 16]);
        let id = resource_id(&entity, "https://data.provkoping.example/1.csv", 0);
        assert_eq!(id.len(), 36);
        assert_eq!(package_of(&id).as_deref(), Some("0707070707070707"));
        assert_ne!(id, resource_id(&entity, "https://data.provkoping.example/1.csv", 1));
    }
}
