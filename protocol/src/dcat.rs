//! The typed view of a description, in DCAT's own words.
//!
//! The description is what was signed; this is what can be read from it by a
//! program that knows DCAT 3, DCAT-AP and DCAT-AP-SE. Values are as published:
//! nothing is normalised here, and what this view does not know stays in the
//! description.
//!
//! Invariant: reading never fails. A property with a value of the wrong form is
//! read as far as it makes sense or left out.

use serde::{Deserialize, Serialize};

use crate::description::{Description, LiteralKind, Node, Object};

pub mod term;

/// A text in a language, as published.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Text {
    /// The text itself.
    pub text: String,
    /// Its language tag (BCP 47), where one was given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<String>,
}

/// A `dcat:Resource`: a dataset, data service, dataset series or catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Resource {
    /// The IRI its agency gave it.
    pub iri: String,
    /// `dcterms:title`.
    pub title: Vec<Text>,
    /// `dcterms:description`.
    pub description: Vec<Text>,
    /// `dcat:keyword`.
    pub keyword: Vec<Text>,
    /// `dcat:theme`: IRIs of the EU vocabulary of data themes, or others.
    pub theme: Vec<String>,
    /// `dcterms:publisher`.
    pub publisher: Vec<Agent>,
    /// `dcat:contactPoint`.
    pub contact_point: Vec<Contact>,
    /// `dcat:landingPage`.
    pub landing_page: Vec<String>,
    /// `dcterms:identifier`.
    pub identifier: Vec<String>,
    /// `dcterms:issued`, as written.
    pub issued: Option<String>,
    /// `dcterms:modified`, as written.
    pub modified: Option<String>,
    /// `dcterms:accessRights`.
    pub access_rights: Vec<String>,
    /// `dcterms:license`, when it is said of the resource itself.
    pub license: Vec<String>,
    /// `dcterms:accrualPeriodicity`.
    pub accrual_periodicity: Vec<String>,
    /// `dcterms:spatial`: IRIs, or names where there is no IRI.
    pub spatial: Vec<String>,
    /// `dcat:bbox`, `dcat:centroid` and `locn:geometry` of the places of
    /// `dcterms:spatial`, as written: WKT, GeoJSON or GML.
    pub geometry: Vec<String>,
    /// `dcterms:temporal`.
    pub temporal: Vec<Period>,
    /// `dcterms:language`.
    pub language: Vec<String>,
    /// `dcterms:conformsTo`.
    pub conforms_to: Vec<String>,
    /// `dcatap:hvdCategory`: which categories of high-value data it belongs to.
    pub hvd_category: Vec<String>,
    /// `dcat:inSeries`.
    pub in_series: Vec<String>,
    /// `dcat:servesDataset`, of a data service.
    pub serves_dataset: Vec<String>,
    /// `dcat:endpointURL`, of a data service.
    pub endpoint_url: Vec<String>,
    /// `dcat:endpointDescription`, of a data service.
    pub endpoint_description: Vec<String>,
    /// `dcat:distribution`, of a dataset.
    pub distribution: Vec<Distribution>,
}

/// A `dcat:Distribution`: one form in which a dataset can be had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Distribution {
    /// Its IRI, unless it is a blank node.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub iri: Option<String>,
    /// `dcterms:title`.
    pub title: Vec<Text>,
    /// `dcterms:description`.
    pub description: Vec<Text>,
    /// `dcat:accessURL`.
    pub access_url: Vec<String>,
    /// `dcat:downloadURL`.
    pub download_url: Vec<String>,
    /// `dcterms:format`, an IRI of the EU vocabulary of file types or a text.
    pub format: Vec<String>,
    /// `dcat:mediaType`, an IANA media type as IRI or text.
    pub media_type: Vec<String>,
    /// `dcterms:license`.
    pub license: Vec<String>,
    /// `dcterms:rights`.
    pub rights: Vec<String>,
    /// `dcat:byteSize`, as written.
    pub byte_size: Option<String>,
    /// `dcterms:issued`, as written.
    pub issued: Option<String>,
    /// `dcterms:modified`, as written.
    pub modified: Option<String>,
    /// `dcat:accessService`.
    pub access_service: Vec<String>,
}

/// A `foaf:Agent`: an organisation that publishes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Agent {
    /// Its IRI, unless it is a blank node.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub iri: Option<String>,
    /// `foaf:name`.
    pub name: Vec<Text>,
    /// `dcterms:type`.
    #[serde(rename = "type")]
    pub agent_type: Vec<String>,
    /// `foaf:homepage`.
    pub homepage: Vec<String>,
}

/// A `vcard:Kind`: whom to ask.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contact {
    /// `vcard:fn`.
    pub name: Vec<String>,
    /// `vcard:hasEmail`, without `mailto:`.
    pub email: Vec<String>,
    /// `vcard:hasTelephone`, without `tel:`.
    pub telephone: Vec<String>,
    /// `vcard:hasURL`.
    pub url: Vec<String>,
}

/// A `dcterms:PeriodOfTime`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Period {
    /// `dcat:startDate`, as written.
    pub start: Option<String>,
    /// `dcat:endDate`, as written.
    pub end: Option<String>,
}

impl Resource {
    /// Reads the entity of a description.
    pub fn of(description: &Description) -> Self {
        let graph = Graph(description);
        let iri = description.iri().to_owned();
        let entity = Node::Iri(iri.clone());
        let values = |predicate| graph.values(&entity, predicate);
        let texts = |predicate| graph.texts(&entity, predicate);
        let first = |predicate| graph.first(&entity, predicate);
        Self {
            title: texts(term::DCTERMS_TITLE),
            description: texts(term::DCTERMS_DESCRIPTION),
            keyword: texts(term::DCAT_KEYWORD),
            theme: values(term::DCAT_THEME),
            publisher: graph.nested(&entity, term::DCTERMS_PUBLISHER, Graph::agent),
            contact_point: graph.nested(&entity, term::DCAT_CONTACT_POINT, Graph::contact),
            landing_page: values(term::DCAT_LANDING_PAGE),
            identifier: values(term::DCTERMS_IDENTIFIER),
            issued: first(term::DCTERMS_ISSUED),
            modified: first(term::DCTERMS_MODIFIED),
            access_rights: values(term::DCTERMS_ACCESS_RIGHTS),
            license: values(term::DCTERMS_LICENSE),
            accrual_periodicity: values(term::DCTERMS_ACCRUAL_PERIODICITY),
            spatial: graph.places(&entity),
            geometry: graph.geometries(&entity),
            temporal: graph.nested(&entity, term::DCTERMS_TEMPORAL, Graph::period),
            language: values(term::DCTERMS_LANGUAGE),
            conforms_to: values(term::DCTERMS_CONFORMS_TO),
            hvd_category: values(term::DCATAP_HVD_CATEGORY),
            in_series: values(term::DCAT_IN_SERIES),
            serves_dataset: values(term::DCAT_SERVES_DATASET),
            endpoint_url: values(term::DCAT_ENDPOINT_URL),
            endpoint_description: values(term::DCAT_ENDPOINT_DESCRIPTION),
            distribution: graph.nested(&entity, term::DCAT_DISTRIBUTION, Graph::distribution),
            iri,
        }
    }

    /// Returns the title in the first of `languages` there is one in, else any.
    pub fn title_in(&self, languages: &[&str]) -> Option<&str> {
        Text::in_languages(&self.title, languages)
    }
}

impl Agent {
    /// Reads an agency's profile: the entity of its description is the agent.
    pub fn of(description: &Description) -> Self {
        Graph(description).agent(&Node::Iri(description.iri().to_owned()))
    }
}

impl Text {
    /// Returns the text in the first of `languages` there is one in, else the
    /// first that says no language, else any. `sv` finds `sv-SE`.
    pub fn in_languages<'a>(texts: &'a [Self], languages: &[&str]) -> Option<&'a str> {
        let speaks = |text: &Self, wanted: &str| {
            text.language
                .as_deref()
                .and_then(|tag| tag.split('-').next())
                .is_some_and(|tag| tag.eq_ignore_ascii_case(wanted))
        };
        languages
            .iter()
            .find_map(|wanted| texts.iter().find(|text| speaks(text, wanted)))
            .or_else(|| texts.iter().find(|text| text.language.is_none()))
            .or_else(|| texts.first())
            .map(|text| text.text.as_str())
    }
}

/// Reads values out of a description.
struct Graph<'a>(&'a Description);

impl Graph<'_> {
    fn values(&self, subject: &Node, predicate: &str) -> Vec<String> {
        let objects = self.0.objects(subject, predicate);
        objects.iter().filter_map(Object::text).map(str::to_owned).collect()
    }

    fn first(&self, subject: &Node, predicate: &str) -> Option<String> {
        self.0.objects(subject, predicate).iter().find_map(Object::text).map(str::to_owned)
    }

    fn texts(&self, subject: &Node, predicate: &str) -> Vec<Text> {
        self.0
            .objects(subject, predicate)
            .iter()
            .filter_map(|object| match object {
                Object::Literal(literal) => Some(Text {
                    text: literal.text.clone(),
                    language: match &literal.kind {
                        LiteralKind::Language(language) => Some(language.clone()),
                        LiteralKind::Plain | LiteralKind::Typed(_) => None,
                    },
                }),
                Object::Iri(_) | Object::Blank(_) => None,
            })
            .collect()
    }

    fn nested<T>(&self, subject: &Node, predicate: &str, read: fn(&Self, &Node) -> T) -> Vec<T> {
        let objects = self.0.objects(subject, predicate);
        objects.iter().filter_map(Object::as_node).map(|node| read(self, &node)).collect()
    }

    fn agent(&self, node: &Node) -> Agent {
        Agent {
            iri: node.iri().map(str::to_owned),
            name: self.texts(node, term::FOAF_NAME),
            agent_type: self.values(node, term::DCTERMS_TYPE),
            homepage: self.values(node, term::FOAF_HOMEPAGE),
        }
    }

    fn contact(&self, node: &Node) -> Contact {
        // A telephone or address may be an IRI, or a node with the value inside.
        // The name of such a node tells nobody anything.
        let inner = |predicate| {
            let value = |object: &Object| {
                let inside =
                    object.as_node().map(|nested| self.values(&nested, term::VCARD_HAS_VALUE));
                match inside.filter(|values| !values.is_empty()) {
                    Some(values) => values,
                    None => object.text().map(str::to_owned).into_iter().collect(),
                }
            };
            self.0.objects(node, predicate).iter().flat_map(value).collect::<Vec<_>>()
        };
        let without = |scheme: &str, values: Vec<String>| {
            values.iter().map(|v| v.strip_prefix(scheme).unwrap_or(v).to_owned()).collect()
        };
        Contact {
            name: self.values(node, term::VCARD_FN),
            email: without("mailto:", inner(term::VCARD_HAS_EMAIL)),
            telephone: without("tel:", inner(term::VCARD_HAS_TELEPHONE)),
            url: inner(term::VCARD_HAS_URL),
        }
    }

    fn places(&self, entity: &Node) -> Vec<String> {
        self.0
            .objects(entity, term::DCTERMS_SPATIAL)
            .iter()
            .filter_map(|place| match place {
                Object::Iri(iri) => Some(iri.clone()),
                Object::Literal(literal) => Some(literal.text.clone()),
                Object::Blank(number) => {
                    let node = Node::Blank(*number);
                    [term::SKOS_PREF_LABEL, term::RDFS_LABEL]
                        .into_iter()
                        .find_map(|label| self.first(&node, label))
                }
            })
            .collect()
    }

    fn geometries(&self, entity: &Node) -> Vec<String> {
        let places = self.0.objects(entity, term::DCTERMS_SPATIAL);
        let places: Vec<Node> = places.iter().filter_map(Object::as_node).collect();
        let ways = [term::DCAT_BBOX, term::DCAT_CENTROID, term::LOCN_GEOMETRY];
        let said = |place: &Node| ways.map(|way| self.values(place, way)).concat();
        places.iter().flat_map(said).collect()
    }

    fn period(&self, node: &Node) -> Period {
        let either = |dcat, schema| self.first(node, dcat).or_else(|| self.first(node, schema));
        Period {
            start: either(term::DCAT_START_DATE, term::SCHEMA_START_DATE),
            end: either(term::DCAT_END_DATE, term::SCHEMA_END_DATE),
        }
    }

    fn distribution(&self, node: &Node) -> Distribution {
        let values = |predicate| self.values(node, predicate);
        Distribution {
            iri: node.iri().map(str::to_owned),
            title: self.texts(node, term::DCTERMS_TITLE),
            description: self.texts(node, term::DCTERMS_DESCRIPTION),
            access_url: values(term::DCAT_ACCESS_URL),
            download_url: values(term::DCAT_DOWNLOAD_URL),
            format: self.labelled(node, term::DCTERMS_FORMAT),
            media_type: self.labelled(node, term::DCAT_MEDIA_TYPE),
            license: values(term::DCTERMS_LICENSE),
            rights: values(term::DCTERMS_RIGHTS),
            byte_size: self.first(node, term::DCAT_BYTE_SIZE),
            issued: self.first(node, term::DCTERMS_ISSUED),
            modified: self.first(node, term::DCTERMS_MODIFIED),
            access_service: values(term::DCAT_ACCESS_SERVICE),
        }
    }

    /// Values, where a blank node stands for its label or `rdf:value`.
    fn labelled(&self, node: &Node, predicate: &str) -> Vec<String> {
        let mut values = self.values(node, predicate);
        for object in self.0.objects(node, predicate) {
            if let Object::Blank(number) = object {
                let inner = Node::Blank(*number);
                let label = [term::RDFS_LABEL, term::RDF_VALUE]
                    .into_iter()
                    .find_map(|label| self.first(&inner, label));
                values.extend(label);
            }
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dataset_is_read_with_what_hangs_off_it() {
        let dataset = Node::Iri("https://example.org/d".to_owned());
        let triple =
            |node: &Node, predicate: &str, object| (node.clone(), predicate.to_owned(), object);
        let contact = Node::Blank(0);
        let distribution = Node::Iri("https://example.org/d/csv".to_owned());
        let description = Description::new(
            "https://example.org/d",
            [
                triple(&dataset, term::DCTERMS_TITLE, Object::in_language("Luftkvalitet", "sv")),
                triple(&dataset, term::DCTERMS_TITLE, Object::in_language("Air quality", "en-GB")),
                triple(&dataset, term::DCAT_CONTACT_POINT, Object::Blank(0)),
                triple(&contact, term::VCARD_FN, Object::plain("Miljöenheten")),
                triple(
                    &contact,
                    term::VCARD_HAS_EMAIL,
                    Object::Iri("mailto:miljo@example.org".to_owned()),
                ),
                triple(
                    &contact,
                    term::VCARD_HAS_TELEPHONE,
                    Object::Iri("https://example.org/telephone".to_owned()),
                ),
                triple(
                    &Node::Iri("https://example.org/telephone".to_owned()),
                    term::VCARD_HAS_VALUE,
                    Object::Iri("tel:+46313900611".to_owned()),
                ),
                triple(
                    &dataset,
                    term::DCAT_DISTRIBUTION,
                    Object::Iri("https://example.org/d/csv".to_owned()),
                ),
                triple(&distribution, term::DCTERMS_FORMAT, Object::plain("text/csv")),
            ],
        )
        .unwrap();
        let resource = Resource::of(&description);
        assert_eq!(resource.title_in(&["en", "sv"]), Some("Air quality"));
        assert_eq!(resource.title_in(&["fi"]), Some("Air quality"));
        assert_eq!(resource.contact_point[0].email, ["miljo@example.org"]);
        assert_eq!(resource.contact_point[0].telephone, ["+46313900611"]);
        assert_eq!(resource.distribution[0].format, ["text/csv"]);
    }
}
