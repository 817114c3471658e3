//! DCAT-US 1.1: the `data.json` of the United States.
//!
//! It is JSON-LD with a context that is never in the file. The context is short
//! and official, so it is known here: as a table, with what the schema's own
//! page says where the context says nothing useful (`references`, `isPartOf`).
//! People and places become nodes, as DCAT has them. What has no term in DCAT
//! keeps its name in the vocabulary of Project Open Data, so that an export
//! still has it.
//!
//! Invariant: every field of the file is in the graph or in a finding.

use std::collections::HashMap;

use dela_protocol::api::NotCarried;
use dela_protocol::dcat::term;

use super::fields::{Field, How, Mapping, is_iri};
use super::json::{Kind, Path, Value};
use super::{Page, hydra, json};
use crate::import::form::Form;
use crate::rdf::{Noticed, ParseError, TermId};

/// The vocabulary of Project Open Data.
const POD: &str = "https://project-open-data.cio.gov/v1.1/schema#";
const DESCRIBED_BY: &str = "http://www.w3.org/2007/05/powder#describedby";
const REFERENCES: &str = "http://purl.org/dc/terms/references";
const SUB_ORGANIZATION_OF: &str = "http://www.w3.org/ns/org#subOrganizationOf";
const ORG_ORGANIZATION: &str = "http://www.w3.org/ns/org#Organization";
const ACCESS_RIGHT: &str = "http://publications.europa.eu/resource/authority/access-right/";

/// The fields of datasets and of the catalogue that need nothing but a property.
const RESOURCE: [Field; 13] = [
    ("title", term::DCTERMS_TITLE, How::Text),
    ("description", term::DCTERMS_DESCRIPTION, How::Text),
    ("keyword", term::DCAT_KEYWORD, How::Text),
    ("identifier", term::DCTERMS_IDENTIFIER, How::Text),
    ("modified", term::DCTERMS_MODIFIED, How::Date),
    ("issued", term::DCTERMS_ISSUED, How::Date),
    ("language", term::DCTERMS_LANGUAGE, How::Either),
    ("license", term::DCTERMS_LICENSE, How::Either),
    ("rights", term::DCTERMS_RIGHTS, How::Either),
    ("accrualPeriodicity", term::DCTERMS_ACCRUAL_PERIODICITY, How::Either),
    ("landingPage", term::DCAT_LANDING_PAGE, How::Link),
    ("conformsTo", term::DCTERMS_CONFORMS_TO, How::Link),
    ("references", REFERENCES, How::Link),
];

/// The fields of distributions.
const DISTRIBUTION: [Field; 9] = [
    ("title", term::DCTERMS_TITLE, How::Text),
    ("description", term::DCTERMS_DESCRIPTION, How::Text),
    ("accessURL", term::DCAT_ACCESS_URL, How::Link),
    ("downloadURL", term::DCAT_DOWNLOAD_URL, How::Link),
    ("mediaType", term::DCAT_MEDIA_TYPE, How::MediaType),
    ("format", term::DCTERMS_FORMAT, How::Either),
    ("license", term::DCTERMS_LICENSE, How::Either),
    ("rights", term::DCTERMS_RIGHTS, How::Either),
    ("conformsTo", term::DCTERMS_CONFORMS_TO, How::Link),
];

/// The fields of whom to ask.
const CONTACT: [Field; 2] =
    [("fn", term::VCARD_FN, How::Text), ("hasEmail", term::VCARD_HAS_EMAIL, How::Mail)];

/// The levels of access, and what the EU calls them.
const ACCESS_LEVELS: [(&str, &str); 3] =
    [("public", "PUBLIC"), ("restricted public", "RESTRICTED"), ("non-public", "NON_PUBLIC")];

type Done = Result<(), ParseError>;

/// Reads a `data.json`.
pub(super) fn read(bytes: &[u8], base: Option<&str>) -> Result<Page, ParseError> {
    let file = json::parse(bytes)?;
    if !matches!(file.get("dataset").map(|datasets| &datasets.kind), Some(Kind::List(_))) {
        return Err(ParseError::new(
            Some(file.line),
            "this has no list of datasets at its top, as a data.json of DCAT-US has",
            "give the file whose top has a field `dataset`",
        ));
    }
    let mut reader = Reader { map: Mapping::new(base)?, datasets: HashMap::new() };
    reader.catalogue(&file, base)?;
    Ok(Page {
        form: Form::DcatUs,
        graph: reader.map.builder.finish(),
        left_out: NotCarried::default(),
        paging: hydra::Paging::default(),
    })
}

struct Reader {
    map: Mapping,
    /// The nodes of datasets, by their identifiers.
    datasets: HashMap<String, TermId>,
}

impl Reader {
    fn catalogue(&mut self, file: &Value, base: Option<&str>) -> Done {
        let catalogue = self.map.node(file.text_of("@id").or(base));
        self.map.class(catalogue, term::DCAT_CLASS_CATALOG)?;
        let root = Path::Root;
        let list = root.member("dataset");
        let datasets = file.get("dataset").map(Value::items).unwrap_or_default();
        let nodes: Vec<TermId> = datasets.iter().map(|dataset| self.name(dataset)).collect();
        for (at, (dataset, node)) in datasets.iter().zip(nodes).enumerate() {
            let path = list.item(at);
            if dataset.members().is_empty() {
                self.map.warn(Noticed::EmptyDataset, dataset, &path);
                continue;
            }
            self.map.add(catalogue, term::DCAT_DATASET, node)?;
            self.dataset(node, dataset, &path)?;
        }
        for (name, value) in file.members() {
            match name.as_str() {
                "dataset" | "@id" | "@context" | "@type" => (),
                _ => self.resource(catalogue, name, value, &root.member(name))?,
            }
        }
        Ok(())
    }

    /// Returns the node of a dataset: its IRI, or its identifier if that is one.
    fn name(&mut self, dataset: &Value) -> TermId {
        let identifier = dataset.text_of("identifier");
        let iri = dataset.text_of("@id").filter(|id| is_iri(id)).or(identifier);
        let node = self.map.node(iri);
        if let Some(identifier) = identifier {
            self.datasets.entry(identifier.to_owned()).or_insert(node);
        }
        node
    }

    fn dataset(&mut self, node: TermId, dataset: &Value, path: &Path<'_>) -> Done {
        self.map.class(node, term::DCAT_CLASS_DATASET)?;
        if dataset.text_of("identifier").is_none() {
            self.map.warn(Noticed::NoIdentifier, dataset, path);
        }
        for (name, value) in dataset.members() {
            let path = path.member(name);
            match name.as_str() {
                "@id" | "@type" => (),
                "distribution" => self.distributions(node, value, &path)?,
                "isPartOf" => self.is_part_of(node, value, &path)?,
                "temporal" => self.temporal(node, value, &path)?,
                "spatial" => {
                    for place in value.items() {
                        self.map.place(node, place, &path)?;
                    }
                    if value.kind == Kind::Null {
                        self.map.field(
                            node,
                            ("spatial", term::DCTERMS_SPATIAL, How::Text),
                            value,
                            &path,
                        )?;
                    }
                }
                "theme" => {
                    for theme in value.items() {
                        if let Some(theme) = self.map.text(theme, How::Either, &path) {
                            self.map.theme(node, &theme)?;
                        }
                    }
                }
                "accessLevel" => self.access_level(node, value, &path)?,
                _ => self.resource(node, name, value, &path)?,
            }
        }
        Ok(())
    }

    /// A field that datasets and the catalogue share.
    fn resource(&mut self, node: TermId, name: &str, value: &Value, path: &Path<'_>) -> Done {
        match name {
            "publisher" => {
                for publisher in value.items() {
                    self.publisher(node, term::DCTERMS_PUBLISHER, publisher, path)?;
                }
                Ok(())
            }
            "contactPoint" => {
                for contact in value.items() {
                    self.contact(node, contact, path)?;
                }
                Ok(())
            }
            _ => self.table(node, &RESOURCE, name, value, path),
        }
    }

    /// A field by a table, or under its own name.
    fn table(
        &mut self,
        node: TermId,
        table: &[Field],
        name: &str,
        value: &Value,
        path: &Path<'_>,
    ) -> Done {
        if let Some(field) = table.iter().find(|(known, ..)| *known == name) {
            return self.map.field(node, *field, value, path);
        }
        if name == "describedBy" {
            return self.map.field(node, ("describedBy", DESCRIBED_BY, How::Link), value, path);
        }
        let name = name.strip_prefix("pod:").unwrap_or(name);
        self.map.value(node, &format!("{POD}{name}"), value)
    }

    fn access_level(&mut self, node: TermId, value: &Value, path: &Path<'_>) -> Done {
        let level = value.text().unwrap_or_default();
        if let Some((_, right)) = ACCESS_LEVELS.iter().find(|(known, _)| *known == level) {
            self.map.add_iri(
                node,
                term::DCTERMS_ACCESS_RIGHTS,
                &format!("{ACCESS_RIGHT}{right}"),
            )?;
        }
        let property = format!("{POD}accessLevel");
        if let Some(text) = self.map.text(value, How::Text, path) {
            self.map.add_text(node, &property, &text)?;
        }
        Ok(())
    }

    fn is_part_of(&mut self, node: TermId, value: &Value, path: &Path<'_>) -> Done {
        for item in value.items() {
            let Some(identifier) = self.map.text(item, How::Either, path) else { continue };
            if let Some(collection) = self.datasets.get(&identifier) {
                let collection = *collection;
                self.map.add(node, term::DCTERMS_IS_PART_OF, collection)?;
                continue;
            }
            self.map.written(node, term::DCTERMS_IS_PART_OF, How::Either, &identifier)?;
            self.map.warn(Noticed::PartOfNothing, item, path);
        }
        Ok(())
    }

    fn temporal(&mut self, node: TermId, value: &Value, path: &Path<'_>) -> Done {
        for item in value.items() {
            let Some(text) = self.map.text(item, How::Either, path) else { continue };
            match text.split_once('/') {
                Some((start, end)) if !start.starts_with('R') && !end.contains('/') => {
                    let some =
                        |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
                    self.map.period(node, some(start).as_deref(), some(end).as_deref())?;
                }
                _ => {
                    self.map.add_text(node, term::DCTERMS_TEMPORAL, &text)?;
                    self.map.warn(Noticed::NoPeriod, item, path);
                }
            }
        }
        Ok(())
    }

    fn publisher(&mut self, node: TermId, property: &str, value: &Value, path: &Path<'_>) -> Done {
        if !matches!(value.kind, Kind::Object(_)) {
            let Some(name) = self.map.text(value, How::Text, path) else { return Ok(()) };
            let agent = self.map.nested(node, property, term::FOAF_ORGANIZATION, None)?;
            return self.map.add_text(agent, term::FOAF_NAME, &name);
        }
        let agent =
            self.map.nested(node, property, term::FOAF_ORGANIZATION, value.text_of("@id"))?;
        self.map.class(agent, ORG_ORGANIZATION)?;
        for (name, value) in value.members() {
            let path = path.member(name);
            match name.as_str() {
                "@id" | "@type" => (),
                "name" => {
                    self.map.field(agent, ("name", term::FOAF_NAME, How::Text), value, &path)?;
                }
                // Nesting was bounded when the file was read.
                "subOrganizationOf" => self.publisher(agent, SUB_ORGANIZATION_OF, value, &path)?,
                _ => self.table(agent, &[], name, value, &path)?,
            }
        }
        Ok(())
    }

    fn contact(&mut self, node: TermId, value: &Value, path: &Path<'_>) -> Done {
        let contact = self.map.nested(
            node,
            term::DCAT_CONTACT_POINT,
            term::VCARD_KIND,
            value.text_of("@id"),
        )?;
        if !matches!(value.kind, Kind::Object(_)) {
            return self.map.field(contact, ("fn", term::VCARD_FN, How::Text), value, path);
        }
        for (name, value) in value.members() {
            if !["@id", "@type"].contains(&name.as_str()) {
                self.table(contact, &CONTACT, name, value, &path.member(name))?;
            }
        }
        Ok(())
    }

    fn distributions(&mut self, node: TermId, value: &Value, path: &Path<'_>) -> Done {
        if value.kind == Kind::Null {
            return self.map.field(node, ("", term::DCAT_DISTRIBUTION, How::Link), value, path);
        }
        for (at, item) in value.items().iter().enumerate() {
            let path = path.item(at);
            if !matches!(item.kind, Kind::Object(_)) {
                self.map.field(node, ("", term::DCAT_DISTRIBUTION, How::Either), item, &path)?;
                continue;
            }
            let iri = item.text_of("@id");
            let class = term::DCAT_CLASS_DISTRIBUTION;
            let distribution = self.map.nested(node, term::DCAT_DISTRIBUTION, class, iri)?;
            for (name, value) in item.members() {
                if !["@id", "@type"].contains(&name.as_str()) {
                    self.table(distribution, &DISTRIBUTION, name, value, &path.member(name))?;
                }
            }
        }
        Ok(())
    }
}
