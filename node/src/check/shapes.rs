//! What DCAT-AP 3.0.1 demands of everything in a catalogue: the shapes it is
//! published with (SHACL, `shapes.ttl` of release 3.0.1), as a table.
//!
//! As there, a shape applies to whatever has its class, wherever it stands.
//! Left out is what cannot be judged from one description: that a dataset
//! series has members, and that a catalogue record is about a resource. Like
//! the published file, this knows no dates of datasets: it asks for their form
//! in a way that SHACL does not have.

use std::collections::HashMap;
use std::sync::LazyLock;

use dela_protocol::dcat::term::RDF_TYPE;
use dela_protocol::description::{Description, Node, Object};

use super::forms::Form;
use super::rules::{Class, Test};
use crate::rdf;

/// How many values there may be.
type Count = (usize, usize);

const ANY: Count = (0, usize::MAX);
const AT_MOST_ONE: Count = (0, 1);
const AT_LEAST_ONE: Count = (1, usize::MAX);
const ONE: Count = (1, 1);

/// What is demanded of one property of the instances of a class.
#[derive(Debug)]
struct Shape {
    class: Class,
    property: String,
    count: Count,
    form: Option<Form>,
}

/// A value, or the lack of one, that DCAT-AP does not allow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Violation<'a> {
    pub(super) class: Class,
    pub(super) node: &'a Node,
    pub(super) property: &'static str,
    pub(super) test: Test,
}

impl Violation<'_> {
    /// Returns the name of the rule in the API: `dcat-ap-dcterms-title`.
    pub(super) fn rule(&self) -> String {
        let property = rdf::shortened(self.property);
        let name = property.rsplit(['/', '#']).next().unwrap_or_default().replace(':', "-");
        format!("dcat-ap-{name}")
    }

    /// Whether Sweden has decided otherwise: DCAT-AP-SE gives formats as texts,
    /// where DCAT-AP asks for IRIs.
    pub(super) fn is_swedish_usage(&self) -> bool {
        let format = dela_protocol::dcat::term::DCTERMS_FORMAT;
        self.property == format && self.test == Test::Form(Form::Resource)
    }
}

/// Returns what a description has that DCAT-AP does not allow.
pub(super) fn violations(description: &Description) -> impl Iterator<Item = Violation<'_>> {
    description.subjects().iter().flat_map(move |subject| {
        let node = &subject.name;
        let classes = description.objects(node, RDF_TYPE).iter().filter_map(Object::text);
        let applying = classes.filter_map(|class| SHAPES.get(class)).flatten();
        applying.filter_map(move |shape| {
            let test = shape.failed(description.objects(node, &shape.property))?;
            Some(Violation { class: shape.class, node, property: &shape.property, test })
        })
    })
}

impl Shape {
    /// Returns which of its demands these values do not meet.
    fn failed(&self, values: &[Object]) -> Option<Test> {
        if values.len() < self.count.0 {
            return Some(Test::Present);
        }
        if let Some(form) = self.form.filter(|form| !values.iter().all(|value| form.fits(value))) {
            return Some(Test::Form(form));
        }
        Some(Test::AtMostOne).filter(|_| values.len() > self.count.1)
    }
}

/// The shapes of each class, by its IRI.
static SHAPES: LazyLock<HashMap<&str, Vec<Shape>>> = LazyLock::new(|| {
    let shape = |class: Class, (property, count, form): &Row| Shape {
        class,
        property: rdf::expanded(property),
        count: *count,
        form: *form,
    };
    let of = |class, rows: &[Row]| rows.iter().map(|row| shape(class, row)).collect();
    TABLE.iter().map(|(class, iri, rows)| (*iri, of(*class, rows))).collect()
});

/// A property, how often it may occur, and in which form.
type Row = (&'static str, Count, Option<Form>);

const TABLE: &[(Class, &str, &[Row])] = &[
    (
        Class::Agent,
        "http://xmlns.com/foaf/0.1/Agent",
        &[("dcterms:type", AT_MOST_ONE, None), ("foaf:name", AT_LEAST_ONE, Some(Form::Literal))],
    ),
    (
        Class::Catalogue,
        "http://www.w3.org/ns/dcat#Catalog",
        &[
            ("dcat:catalog", ANY, Some(Form::Resource)),
            ("dcat:dataset", ANY, Some(Form::Resource)),
            ("dcat:record", ANY, Some(Form::Resource)),
            ("dcat:service", ANY, Some(Form::Resource)),
            ("dcat:themeTaxonomy", ANY, Some(Form::Resource)),
            ("dcatap:applicableLegislation", ANY, Some(Form::Iri)),
            ("dcterms:creator", AT_MOST_ONE, Some(Form::Resource)),
            ("dcterms:description", AT_LEAST_ONE, Some(Form::Literal)),
            ("dcterms:hasPart", ANY, Some(Form::Resource)),
            ("dcterms:issued", AT_MOST_ONE, Some(Form::Date)),
            ("dcterms:language", ANY, Some(Form::Resource)),
            ("dcterms:license", AT_MOST_ONE, Some(Form::Resource)),
            ("dcterms:modified", AT_MOST_ONE, Some(Form::Date)),
            ("dcterms:publisher", ONE, None),
            ("dcterms:rights", AT_MOST_ONE, Some(Form::Resource)),
            ("dcterms:spatial", ANY, Some(Form::Resource)),
            ("dcterms:title", AT_LEAST_ONE, Some(Form::Literal)),
            ("foaf:homepage", AT_MOST_ONE, Some(Form::Resource)),
        ],
    ),
    (
        Class::CatalogueRecord,
        "http://www.w3.org/ns/dcat#CatalogRecord",
        &[
            ("adms:status", AT_MOST_ONE, None),
            ("dcterms:conformsTo", AT_MOST_ONE, None),
            ("dcterms:description", ANY, Some(Form::Literal)),
            ("dcterms:issued", AT_MOST_ONE, Some(Form::Date)),
            ("dcterms:modified", ONE, None),
            ("dcterms:source", AT_MOST_ONE, None),
            ("dcterms:title", ANY, Some(Form::Literal)),
            ("foaf:primaryTopic", ONE, None),
        ],
    ),
    (
        Class::Checksum,
        "http://spdx.org/rdf/terms#Checksum",
        &[
            ("spdx:algorithm", ONE, None),
            ("spdx:checksumValue", ONE, Some(Form::Datatype("hexBinary"))),
        ],
    ),
    (
        Class::Concept,
        "http://www.w3.org/2004/02/skos/core#Concept",
        &[("skos:prefLabel", AT_LEAST_ONE, Some(Form::Literal))],
    ),
    (
        Class::ConceptScheme,
        "http://www.w3.org/2004/02/skos/core#ConceptScheme",
        &[("dcterms:title", AT_LEAST_ONE, Some(Form::Literal))],
    ),
    (
        Class::DataService,
        "http://www.w3.org/ns/dcat#DataService",
        &[
            ("dcat:contactPoint", ANY, Some(Form::Resource)),
            ("dcat:endpointDescription", ANY, Some(Form::Resource)),
            ("dcat:endpointURL", AT_LEAST_ONE, Some(Form::Resource)),
            ("dcat:keyword", ANY, Some(Form::Literal)),
            ("dcat:landingPage", ANY, Some(Form::Resource)),
            ("dcat:servesDataset", ANY, Some(Form::Resource)),
            ("dcat:theme", ANY, Some(Form::Iri)),
            ("dcatap:applicableLegislation", ANY, Some(Form::Iri)),
            ("dcterms:accessRights", AT_MOST_ONE, Some(Form::Resource)),
            ("dcterms:conformsTo", ANY, Some(Form::Resource)),
            ("dcterms:description", ANY, Some(Form::Literal)),
            ("dcterms:format", ANY, Some(Form::Resource)),
            ("dcterms:license", AT_MOST_ONE, Some(Form::Resource)),
            ("dcterms:publisher", AT_MOST_ONE, Some(Form::Resource)),
            ("dcterms:title", AT_LEAST_ONE, Some(Form::Literal)),
        ],
    ),
    (
        Class::Dataset,
        "http://www.w3.org/ns/dcat#Dataset",
        &[
            ("adms:identifier", ANY, Some(Form::Resource)),
            ("adms:sample", ANY, Some(Form::Resource)),
            ("adms:versionNotes", ANY, Some(Form::Literal)),
            ("dcat:contactPoint", ANY, Some(Form::Resource)),
            ("dcat:distribution", ANY, Some(Form::Resource)),
            ("dcat:inSeries", ANY, Some(Form::Resource)),
            ("dcat:keyword", ANY, Some(Form::Literal)),
            ("dcat:landingPage", ANY, Some(Form::Resource)),
            ("dcat:qualifiedRelation", ANY, Some(Form::Resource)),
            ("dcat:spatialResolutionInMeters", AT_MOST_ONE, Some(Form::Datatype("decimal"))),
            ("dcat:temporalResolution", AT_MOST_ONE, Some(Form::Datatype("duration"))),
            ("dcat:theme", ANY, Some(Form::Iri)),
            ("dcat:version", AT_MOST_ONE, Some(Form::Literal)),
            ("dcatap:applicableLegislation", ANY, Some(Form::Iri)),
            ("dcterms:accessRights", AT_MOST_ONE, Some(Form::Resource)),
            ("dcterms:accrualPeriodicity", AT_MOST_ONE, Some(Form::Resource)),
            ("dcterms:conformsTo", ANY, Some(Form::Resource)),
            ("dcterms:creator", ANY, Some(Form::Resource)),
            ("dcterms:description", AT_LEAST_ONE, Some(Form::Literal)),
            ("dcterms:hasVersion", ANY, Some(Form::Resource)),
            ("dcterms:identifier", ANY, Some(Form::Literal)),
            ("dcterms:isReferencedBy", ANY, Some(Form::Resource)),
            ("dcterms:issued", AT_MOST_ONE, None),
            ("dcterms:language", ANY, Some(Form::Resource)),
            ("dcterms:modified", AT_MOST_ONE, None),
            ("dcterms:provenance", ANY, Some(Form::Resource)),
            ("dcterms:publisher", AT_MOST_ONE, Some(Form::Resource)),
            ("dcterms:relation", ANY, Some(Form::Resource)),
            ("dcterms:source", ANY, Some(Form::Resource)),
            ("dcterms:spatial", ANY, Some(Form::Resource)),
            ("dcterms:temporal", ANY, Some(Form::Resource)),
            ("dcterms:title", AT_LEAST_ONE, Some(Form::Literal)),
            ("dcterms:type", ANY, Some(Form::Resource)),
            ("foaf:page", ANY, Some(Form::Resource)),
            ("prov:qualifiedAttribution", ANY, Some(Form::Resource)),
            ("prov:wasGeneratedBy", ANY, Some(Form::Resource)),
        ],
    ),
    (
        Class::DatasetSeries,
        "http://www.w3.org/ns/dcat#DatasetSeries",
        &[
            ("dcat:contactPoint", ANY, Some(Form::Resource)),
            ("dcatap:applicableLegislation", ANY, Some(Form::Iri)),
            ("dcterms:accrualPeriodicity", AT_MOST_ONE, Some(Form::Resource)),
            ("dcterms:description", AT_LEAST_ONE, Some(Form::Literal)),
            ("dcterms:issued", AT_MOST_ONE, Some(Form::Date)),
            ("dcterms:modified", AT_MOST_ONE, Some(Form::Date)),
            ("dcterms:publisher", AT_MOST_ONE, Some(Form::Resource)),
            ("dcterms:spatial", ANY, Some(Form::Resource)),
            ("dcterms:temporal", ANY, Some(Form::Resource)),
            ("dcterms:title", AT_LEAST_ONE, Some(Form::Literal)),
        ],
    ),
    (
        Class::Distribution,
        "http://www.w3.org/ns/dcat#Distribution",
        &[
            ("adms:status", AT_MOST_ONE, Some(Form::Resource)),
            ("dcat:accessService", ANY, Some(Form::Resource)),
            ("dcat:accessURL", AT_LEAST_ONE, Some(Form::Resource)),
            ("dcat:byteSize", AT_MOST_ONE, Some(Form::Datatype("nonNegativeInteger"))),
            ("dcat:compressFormat", AT_MOST_ONE, Some(Form::Resource)),
            ("dcat:downloadURL", ANY, Some(Form::Resource)),
            ("dcat:mediaType", AT_MOST_ONE, Some(Form::Resource)),
            ("dcat:packageFormat", AT_MOST_ONE, Some(Form::Resource)),
            ("dcat:spatialResolutionInMeters", AT_MOST_ONE, Some(Form::Datatype("decimal"))),
            ("dcat:temporalResolution", AT_MOST_ONE, Some(Form::Datatype("duration"))),
            ("dcatap:applicableLegislation", ANY, Some(Form::Iri)),
            ("dcatap:availability", AT_MOST_ONE, Some(Form::Resource)),
            ("dcterms:conformsTo", ANY, Some(Form::Resource)),
            ("dcterms:description", ANY, Some(Form::Literal)),
            ("dcterms:format", AT_MOST_ONE, Some(Form::Resource)),
            ("dcterms:issued", AT_MOST_ONE, Some(Form::Date)),
            ("dcterms:language", ANY, Some(Form::Resource)),
            ("dcterms:license", AT_MOST_ONE, Some(Form::Resource)),
            ("dcterms:modified", AT_MOST_ONE, Some(Form::Date)),
            ("dcterms:rights", AT_MOST_ONE, Some(Form::Resource)),
            ("dcterms:title", ANY, Some(Form::Literal)),
            ("foaf:page", ANY, Some(Form::Resource)),
            ("http://www.w3.org/ns/odrl/2/hasPolicy", AT_MOST_ONE, Some(Form::Resource)),
            ("spdx:checksum", AT_MOST_ONE, Some(Form::Resource)),
        ],
    ),
    (
        Class::Identifier,
        "http://www.w3.org/ns/adms#Identifier",
        &[("skos:notation", AT_MOST_ONE, None)],
    ),
    (
        Class::Period,
        "http://purl.org/dc/terms/PeriodOfTime",
        &[
            ("dcat:endDate", AT_MOST_ONE, None),
            ("dcat:startDate", AT_MOST_ONE, None),
            ("http://www.w3.org/2006/time#hasBeginning", AT_MOST_ONE, None),
            ("http://www.w3.org/2006/time#hasEnd", AT_MOST_ONE, None),
        ],
    ),
    (
        Class::Place,
        "http://purl.org/dc/terms/Location",
        &[
            ("dcat:bbox", AT_MOST_ONE, Some(Form::Literal)),
            ("dcat:centroid", AT_MOST_ONE, Some(Form::Literal)),
            ("locn:geometry", AT_MOST_ONE, Some(Form::Literal)),
        ],
    ),
    (
        Class::Relationship,
        "http://www.w3.org/ns/dcat#Relationship",
        &[("dcat:hadRole", AT_LEAST_ONE, None), ("dcterms:relation", AT_LEAST_ONE, None)],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_of_the_table_has_an_iri() {
        let shapes: Vec<&Shape> = SHAPES.values().flatten().collect();
        for shape in &shapes {
            assert!(shape.property.starts_with("http"), "{}", shape.property);
        }
        assert_eq!(shapes.len(), 127);
    }
}
