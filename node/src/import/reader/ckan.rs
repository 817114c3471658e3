//! What CKAN's Action API answers: packages, and their resources.
//!
//! Packages become datasets as ckanext-dcat makes them (its mapping of
//! DCAT-AP 3), so that a portal that is read through its API and one that is
//! read through its RDF give the same. What ckanext-dcat leaves out is carried
//! as `schema:additionalProperty`, a name and a value, which is what extras are.
//!
//! Invariant: every field of a package is in the graph, except what CKAN derives
//! or counts (`DERIVED`).

use dela_protocol::api::NotCarried;
use dela_protocol::dcat::term;

use super::fields::{Field, How, Mapping, is_iri};
use super::json::{Kind, Path, Value};
use super::{Page, hydra, json};
use crate::import::form::Form;
use crate::rdf::{Noticed, ParseError, TermId};

mod tables;

use tables::{AGENT, CONTACT, DATASET, DERIVED, DISTRIBUTION, IN_NODES};

const ADDITIONAL_PROPERTY: &str = "http://schema.org/additionalProperty";
const PROPERTY_VALUE: &str = "http://schema.org/PropertyValue";
const SCHEMA_NAME: &str = "http://schema.org/name";
const SCHEMA_VALUE: &str = "http://schema.org/value";
const CHECKSUM: &str = "http://spdx.org/rdf/terms#";

type Done = Result<(), ParseError>;

/// Reads a file: an answer of the API, a list of packages, or a dump with one
/// package on each line.
pub(super) fn read(bytes: &[u8], base: Option<&str>) -> Result<Page, ParseError> {
    let documents = match json::parse(bytes) {
        Ok(document) => vec![document],
        Err(error) => json::parse_lines(bytes).map_err(|_| error)?,
    };
    let mut reader = Reader::new(base)?;
    for (at, package) in documents.iter().flat_map(packages).enumerate() {
        reader.package(package, &Path::Root.item(at))?;
    }
    Ok(reader.finish())
}

/// Returns the packages of a document.
fn packages(document: &Value) -> &[Value] {
    let result = document.get("result").unwrap_or(document);
    match result.get("results") {
        Some(results) => results.items(),
        None => result.items(),
    }
}

/// Makes DCAT of packages, one after another.
pub(in super::super) struct Reader {
    map: Mapping,
    /// The address of the site, without a slash at the end.
    site: Option<String>,
    catalogue: Option<TermId>,
}

impl Reader {
    /// Begins; `site` is where the packages are published.
    pub(in super::super) fn new(site: Option<&str>) -> Result<Self, ParseError> {
        let site = site.map(|site| site.trim_end_matches('/').to_owned());
        Ok(Self { map: Mapping::new(site.as_deref())?, site, catalogue: None })
    }

    /// Adds the site itself, as the catalogue of all packages.
    pub(in super::super) fn site(&mut self, title: Option<&str>, about: Option<&str>) -> Done {
        let Some(site) = self.site.clone() else { return Ok(()) };
        let catalogue = self.map.node(Some(&site));
        self.map.class(catalogue, term::DCAT_CLASS_CATALOG)?;
        self.map.add_iri(catalogue, term::FOAF_HOMEPAGE, &site)?;
        for (property, text) in [(term::DCTERMS_TITLE, title), (term::DCTERMS_DESCRIPTION, about)] {
            if let Some(text) = text {
                self.map.add_text(catalogue, property, text)?;
            }
        }
        self.catalogue = Some(catalogue);
        Ok(())
    }

    /// Returns all packages that were added.
    pub(in super::super) fn finish(self) -> Page {
        Page {
            form: Form::Ckan,
            graph: self.map.builder.finish(),
            left_out: NotCarried::default(),
            paging: hydra::Paging::default(),
        }
    }

    /// Adds a package.
    pub(in super::super) fn package(&mut self, package: &Value, path: &Path<'_>) -> Done {
        if package.members().is_empty() {
            self.map.warn(Noticed::EmptyDataset, package, path);
            return Ok(());
        }
        let fields = Fields::of(package);
        let address = |id: &str| self.site.as_ref().map(|site| format!("{site}/dataset/{id}"));
        let iri = fields.text("uri").filter(|uri| is_iri(uri)).map(str::to_owned);
        let iri = iri.or_else(|| address(fields.text("id")?));
        let dataset = self.map.node(iri.as_deref());
        let class = match fields.text("type") {
            Some("dataset_series") => term::DCAT_DATASET_SERIES,
            Some("dataservice" | "data-service") => term::DCAT_DATA_SERVICE,
            _ => term::DCAT_CLASS_DATASET,
        };
        self.map.class(dataset, class)?;
        if let Some(catalogue) = self.catalogue {
            let listed = if class == term::DCAT_DATA_SERVICE {
                term::DCAT_SERVICE
            } else {
                term::DCAT_DATASET
            };
            self.map.add(catalogue, listed, dataset)?;
        }
        self.table(dataset, &DATASET, &fields, path)?;
        self.themes_and_tags(dataset, &fields, path)?;
        self.contact(dataset, &fields, path)?;
        self.publisher(dataset, &fields, path)?;
        self.coverage(dataset, &fields, path)?;
        self.rest(dataset, &fields, &DATASET)?;
        let licence = licence(&fields);
        let list = path.member("resources");
        let resources = package.get("resources").map(Value::items).unwrap_or_default();
        for (at, resource) in resources.iter().enumerate() {
            self.resource(dataset, iri.as_deref(), resource, licence, &list.item(at))?;
        }
        if resources.is_empty()
            && let Some(licence) = licence
        {
            self.map.written(dataset, term::DCTERMS_LICENSE, How::Either, licence)?;
        }
        Ok(())
    }

    /// Adds the fields of a table. Several fields may stand for one property; the
    /// first there is counts, and those after it are carried as they are.
    fn table(
        &mut self,
        node: TermId,
        table: &[Field],
        fields: &Fields<'_>,
        path: &Path<'_>,
    ) -> Done {
        let mut last = "";
        for field in table {
            let (name, property, _) = *field;
            if property == last {
                continue;
            }
            let Some(value) = fields.get(name) else { continue };
            last = property;
            let list = listed(value);
            self.map.field(node, *field, list.as_ref().unwrap_or(value), &path.member(name))?;
        }
        Ok(())
    }

    fn themes_and_tags(&mut self, dataset: TermId, fields: &Fields<'_>, path: &Path<'_>) -> Done {
        for tag in fields.items("tags") {
            let name = tag.text_of("display_name").or_else(|| tag.text_of("name")).or(tag.text());
            if let Some(name) = name {
                self.map.add_text(dataset, term::DCAT_KEYWORD, name)?;
            }
        }
        let path = path.member("theme");
        if let Some(theme) = fields.get("theme") {
            for theme in listed(theme).as_ref().unwrap_or(theme).items() {
                if let Some(theme) = self.map.text(theme, How::Either, &path) {
                    self.map.theme(dataset, &theme)?;
                }
            }
        }
        for group in fields.items("groups") {
            let Some(name) = group.text_of("name") else { continue };
            let title = group.text_of("title").or_else(|| group.text_of("display_name"));
            let iri = self.site.as_ref().map(|site| format!("{site}/group/{name}"));
            let class = "http://www.w3.org/2004/02/skos/core#Concept";
            let theme = self.map.nested(dataset, term::DCAT_THEME, class, iri.as_deref())?;
            self.map.add_text(theme, term::SKOS_PREF_LABEL, title.unwrap_or(name))?;
        }
        Ok(())
    }

    fn contact(&mut self, dataset: TermId, fields: &Fields<'_>, path: &Path<'_>) -> Done {
        if !CONTACT.iter().any(|(name, ..)| fields.get(name).is_some()) {
            return Ok(());
        }
        let iri = fields.text("contact_uri");
        let class = term::VCARD_ORGANIZATION;
        let contact = self.map.nested(dataset, term::DCAT_CONTACT_POINT, class, iri)?;
        self.table(contact, &CONTACT, fields, path)
    }

    fn publisher(&mut self, dataset: TermId, fields: &Fields<'_>, path: &Path<'_>) -> Done {
        if AGENT.iter().any(|(name, ..)| fields.get(name).is_some()) {
            let iri = fields.text("publisher_uri");
            let class = term::FOAF_AGENT;
            let agent = self.map.nested(dataset, term::DCTERMS_PUBLISHER, class, iri)?;
            return self.table(agent, &AGENT, fields, path);
        }
        let Some(organization) = fields.get("organization") else { return Ok(()) };
        let Some(id) = organization.text_of("id").or_else(|| organization.text_of("name")) else {
            return Ok(());
        };
        let iri = self.site.as_ref().map(|site| format!("{site}/organization/{id}"));
        let class = term::FOAF_ORGANIZATION;
        let agent = self.map.nested(dataset, term::DCTERMS_PUBLISHER, class, iri.as_deref())?;
        let title = organization.text_of("title").or_else(|| organization.text_of("name"));
        self.map.add_text(agent, term::FOAF_NAME, title.unwrap_or(id))?;
        if let Some(about) = organization.text_of("description") {
            self.map.add_text(agent, term::DCTERMS_DESCRIPTION, about)?;
        }
        Ok(())
    }

    fn coverage(&mut self, dataset: TermId, fields: &Fields<'_>, path: &Path<'_>) -> Done {
        let (start, end) = (fields.text("temporal_start"), fields.text("temporal_end"));
        if start.is_some() || end.is_some() {
            self.map.period(dataset, start, end)?;
        }
        for name in ["spatial_uri", "spatial_text", "spatial"] {
            if let Some(place) = fields.get(name) {
                self.map.place(dataset, place, &path.member(name))?;
            }
        }
        Ok(())
    }

    fn resource(
        &mut self,
        dataset: TermId,
        parent: Option<&str>,
        resource: &Value,
        licence: Option<&str>,
        path: &Path<'_>,
    ) -> Done {
        let fields = Fields::of(resource);
        let iri = fields.text("uri").filter(|uri| is_iri(uri)).map(str::to_owned);
        let iri = iri.or_else(|| Some(format!("{}/resource/{}", parent?, fields.text("id")?)));
        let class = term::DCAT_CLASS_DISTRIBUTION;
        let node = self.map.nested(dataset, term::DCAT_DISTRIBUTION, class, iri.as_deref())?;
        self.table(node, &DISTRIBUTION, &fields, path)?;
        if fields.get("license").is_none()
            && let Some(licence) = licence
        {
            self.map.written(node, term::DCTERMS_LICENSE, How::Either, licence)?;
        }
        if let Some(hash) = fields.text("hash") {
            let (property, class) = (format!("{CHECKSUM}checksum"), format!("{CHECKSUM}Checksum"));
            let checksum = self.map.nested(node, &property, &class, None)?;
            self.map.add_text(checksum, &format!("{CHECKSUM}checksumValue"), hash)?;
            if let Some(algorithm) = fields.text("hash_algorithm") {
                let property = format!("{CHECKSUM}algorithm");
                self.map.written(checksum, &property, How::Either, algorithm)?;
            }
        }
        self.rest(node, &fields, &DISTRIBUTION)
    }

    /// Adds what no table has, each as a name and a value.
    fn rest(&mut self, node: TermId, fields: &Fields<'_>, table: &[Field]) -> Done {
        for (name, value) in fields.own.iter().chain(&fields.extras) {
            let tables = [table, &CONTACT, &AGENT];
            let used = tables.iter().any(|table| {
                let is = |(known, property, _): &Field| {
                    known == name && fields.counts(table, known, property)
                };
                table.iter().any(is)
            });
            if used || DERIVED.contains(name) || IN_NODES.contains(name) || empty(value) {
                continue;
            }
            let extra = self.map.nested(node, ADDITIONAL_PROPERTY, PROPERTY_VALUE, None)?;
            self.map.add_text(extra, SCHEMA_NAME, name)?;
            self.map.value(extra, SCHEMA_VALUE, value)?;
        }
        Ok(())
    }
}

/// Returns the licence of a package: its address, its id if that is one, or its
/// title.
fn licence<'a>(fields: &Fields<'a>) -> Option<&'a str> {
    let url = fields.text("license_url");
    let id = fields.text("license_id").filter(|id| is_iri(id));
    url.or(id).or_else(|| fields.text("license_title")).or_else(|| fields.text("license_id"))
}

/// Whether a value says nothing.
fn empty(value: &Value) -> bool {
    match &value.kind {
        Kind::Null => true,
        Kind::Text(text) => text.trim().is_empty(),
        Kind::List(items) => items.is_empty(),
        Kind::Object(members) => members.is_empty(),
        Kind::Bool(_) | Kind::Number(_) => false,
    }
}

/// Returns the list in a text: CKAN keeps lists in extras as JSON.
fn listed(value: &Value) -> Option<Value> {
    let text = value.text().filter(|text| text.starts_with('[') && text.ends_with(']'))?;
    let list = json::parse(text.as_bytes()).ok()?;
    matches!(list.kind, Kind::List(_)).then_some(list)
}

/// The fields of a package or resource: its own, and those in its extras.
struct Fields<'a> {
    own: Vec<(&'a str, &'a Value)>,
    extras: Vec<(&'a str, &'a Value)>,
}

impl<'a> Fields<'a> {
    fn of(object: &'a Value) -> Self {
        let own = object.members().iter().filter(|(name, _)| name != "extras");
        let extras = object.get("extras").map(Value::items).unwrap_or_default();
        Self {
            own: own.map(|(name, value)| (name.as_str(), value)).collect(),
            extras: extras
                .iter()
                .filter_map(|extra| Some((extra.text_of("key")?, extra.get("value")?)))
                .collect(),
        }
    }

    /// Returns a field that says something.
    fn get(&self, name: &str) -> Option<&'a Value> {
        let mut all = self.own.iter().chain(&self.extras);
        all.find(|(known, value)| *known == name && !empty(value)).map(|(_, value)| *value)
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name)?.text()
    }

    fn items(&self, name: &str) -> &'a [Value] {
        self.get(name).map(Value::items).unwrap_or_default()
    }

    /// Whether a field is the one that stands for its property.
    fn counts(&self, table: &[Field], name: &str, property: &str) -> bool {
        let mut same = table.iter().filter(|(_, other, _)| *other == property);
        same.find(|(known, ..)| self.get(known).is_some()).is_some_and(|(known, ..)| *known == name)
    }
}
