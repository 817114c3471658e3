//! From fields of JSON to properties: what the forms that are no RDF share.
//!
//! A form is a table of fields, each with the property it becomes and how its
//! value is written ([`Field`]). What is in no table is carried too, under names
//! of its own.
//!
//! Invariants: no value is dropped in silence, and a value of the wrong kind is
//! taken for what it says and reported with its path and line.

use dela_protocol::dcat::term;
use oxiri::Iri;

use super::json::{Kind, Path, Value};
use crate::rdf::{Builder, Noticed, ParseError, Remark, TermId};

pub(super) const DCTERMS: &str = "http://purl.org/dc/terms/";
pub(super) const LOCN_GEOMETRY: &str = "http://www.w3.org/ns/locn#geometry";
const DCAT_BBOX: &str = "http://www.w3.org/ns/dcat#bbox";
const WKT: &str = "http://www.opengis.net/ont/geosparql#wktLiteral";
const GEO_JSON: &str = "https://www.iana.org/assignments/media-types/application/vnd.geo+json";
const RDF_JSON: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON";
const MEDIA_TYPES: &str = "https://www.iana.org/assignments/media-types/";

/// How the value of a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// A text.
    Text,
    /// An IRI where it is one, else a text.
    Either,
    /// An IRI, repaired where it is none.
    Link,
    /// An e-mail address, as `mailto:`.
    Mail,
    /// A day or a moment.
    Date,
    /// A media type, as IANA has them.
    MediaType,
    /// A whole number of bytes.
    Bytes,
}

/// A field, the property it becomes, and how.
pub(super) type Field = (&'static str, &'static str, How);

/// A graph that is being made of JSON.
pub(super) struct Mapping {
    pub(super) builder: Builder,
}

type Done = Result<(), ParseError>;

impl Mapping {
    pub(super) fn new(base: Option<&str>) -> Result<Self, ParseError> {
        Ok(Self { builder: Builder::new(base)? })
    }

    /// Makes the node of an entity: named if `iri` is an absolute IRI.
    pub(super) fn node(&mut self, iri: Option<&str>) -> TermId {
        match iri.filter(|iri| is_iri(iri)) {
            Some(iri) => self.builder.iri(iri.to_owned()),
            None => self.builder.fresh_blank(),
        }
    }

    pub(super) fn add(&mut self, subject: TermId, property: &str, object: TermId) -> Done {
        let property = self.builder.iri(property.to_owned());
        self.builder.add([subject, property, object])
    }

    pub(super) fn add_iri(&mut self, subject: TermId, property: &str, object: &str) -> Done {
        let object = self.builder.iri(object.to_owned());
        self.add(subject, property, object)
    }

    pub(super) fn add_text(&mut self, subject: TermId, property: &str, text: &str) -> Done {
        let object = self.builder.plain(text);
        self.add(subject, property, object)
    }

    pub(super) fn class(&mut self, subject: TermId, class: &str) -> Done {
        self.add_iri(subject, term::RDF_TYPE, class)
    }

    /// Adds a node of a class that hangs on a subject.
    pub(super) fn nested(
        &mut self,
        subject: TermId,
        property: &str,
        class: &str,
        iri: Option<&str>,
    ) -> Result<TermId, ParseError> {
        let node = self.node(iri);
        self.add(subject, property, node)?;
        self.class(node, class)?;
        Ok(node)
    }

    /// Adds every value of a field.
    pub(super) fn field(
        &mut self,
        subject: TermId,
        (_, property, how): Field,
        value: &Value,
        path: &Path<'_>,
    ) -> Done {
        if value.kind == Kind::Null {
            self.null(value, path);
        }
        for (at, item) in value.items().iter().enumerate() {
            let path = if matches!(value.kind, Kind::List(_)) { &path.item(at) } else { path };
            if let Some(text) = self.text(item, how, path) {
                self.written(subject, property, how, &text)?;
            } else if matches!(item.kind, Kind::Object(_) | Kind::List(_)) {
                self.warn(Noticed::KeptAsJson, item, path);
                let object = self.builder.typed(item.to_string(), RDF_JSON);
                self.add(subject, property, object)?;
            }
        }
        Ok(())
    }

    /// Returns what a value says as a text; `None` if it says nothing.
    pub(super) fn text(&mut self, value: &Value, how: How, path: &Path<'_>) -> Option<String> {
        match &value.kind {
            Kind::Text(text) if text.trim().is_empty() => None,
            Kind::Text(text) if how == How::Text => Some(text.clone()),
            Kind::Text(text) => Some(text.trim().to_owned()),
            Kind::Number(number) if how == How::Bytes => Some(number.clone()),
            Kind::Number(number) => {
                self.warn(Noticed::NumberAsText, value, path);
                Some(number.clone())
            }
            Kind::Bool(flag) => {
                self.warn(Noticed::BoolAsText, value, path);
                Some(flag.to_string())
            }
            Kind::Null => {
                self.null(value, path);
                None
            }
            Kind::List(_) | Kind::Object(_) => None,
        }
    }

    fn null(&mut self, value: &Value, path: &Path<'_>) {
        self.warn(Noticed::Null, value, path);
    }

    /// Adds a text in the form that its property asks for.
    pub(super) fn written(
        &mut self,
        subject: TermId,
        property: &str,
        how: How,
        text: &str,
    ) -> Done {
        let xsd = |name: &str| format!("{}{name}", term::XSD);
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let object = match (how, date(text)) {
            (How::Link, _) => self.builder.iri(text.to_owned()),
            (How::MediaType, _) if is_media_type(text) => {
                self.builder.iri(format!("{MEDIA_TYPES}{text}"))
            }
            (How::Either | How::Mail | How::MediaType, _) if is_iri(text) => {
                self.builder.iri(text.to_owned())
            }
            (How::Mail, _) if text.contains('@') => self.builder.iri(format!("mailto:{text}")),
            (How::Date, Some(datatype)) => self.builder.typed(text, &xsd(datatype)),
            (How::Bytes, _) if digits => self.builder.typed(text, &xsd("nonNegativeInteger")),
            _ => self.builder.plain(text),
        };
        self.add(subject, property, object)
    }

    /// Adds a value that no table knows, as what JSON says it is.
    pub(super) fn value(&mut self, subject: TermId, property: &str, value: &Value) -> Done {
        let xsd = |name: &str| format!("{}{name}", term::XSD);
        for item in value.items() {
            let object = match &item.kind {
                Kind::Null => continue,
                Kind::Text(text) if text.is_empty() => continue,
                Kind::Text(text) if is_iri(text) => self.builder.iri(text.clone()),
                Kind::Text(text) => self.builder.plain(text.clone()),
                Kind::Bool(flag) => self.builder.typed(flag.to_string(), &xsd("boolean")),
                Kind::Number(number) => {
                    let whole = number.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit());
                    let datatype = if whole { "integer" } else { "double" };
                    self.builder.typed(number.clone(), &xsd(datatype))
                }
                Kind::List(_) | Kind::Object(_) => self.builder.typed(item.to_string(), RDF_JSON),
            };
            self.add(subject, property, object)?;
        }
        Ok(())
    }

    /// Adds where data are about: an IRI, a name, corners or a geometry.
    pub(super) fn place(&mut self, subject: TermId, value: &Value, path: &Path<'_>) -> Done {
        let geo_json =
            |value: &Value| value.get("type").is_some() && value.get("coordinates").is_some();
        if geo_json(value) {
            return self.located(subject, LOCN_GEOMETRY, &value.to_string(), GEO_JSON);
        }
        let Some(text) = self.text(value, How::Either, path) else {
            return if matches!(value.kind, Kind::Object(_)) {
                let field = ("spatial", term::DCTERMS_SPATIAL, How::Text);
                self.field(subject, field, value, path)
            } else {
                Ok(())
            };
        };
        let upper: String = text.chars().take(20).collect::<String>().to_ascii_uppercase();
        let shapes = ["POINT", "LINESTRING", "POLYGON", "MULTI", "GEOMETRYCOLLECTION"];
        if is_iri(&text) {
            self.add_iri(subject, term::DCTERMS_SPATIAL, &text)
        } else if text.starts_with('{') && text.contains("\"coordinates\"") {
            self.located(subject, LOCN_GEOMETRY, &text, GEO_JSON)
        } else if shapes.iter().any(|shape| upper.starts_with(shape)) && text.contains('(') {
            self.located(subject, LOCN_GEOMETRY, &text, WKT)
        } else if let Some(polygon) = corners(&text) {
            self.located(subject, DCAT_BBOX, &polygon, WKT)
        } else {
            let place = self.builder.fresh_blank();
            self.add(subject, term::DCTERMS_SPATIAL, place)?;
            self.class(place, &format!("{DCTERMS}Location"))?;
            self.add_text(place, term::SKOS_PREF_LABEL, &text)
        }
    }

    fn located(&mut self, subject: TermId, property: &str, text: &str, datatype: &str) -> Done {
        let place = self.builder.fresh_blank();
        self.add(subject, term::DCTERMS_SPATIAL, place)?;
        self.class(place, &format!("{DCTERMS}Location"))?;
        let geometry = self.builder.typed(text, datatype);
        self.add(place, property, geometry)
    }

    /// Adds a period; either end may be missing.
    pub(super) fn period(
        &mut self,
        subject: TermId,
        start: Option<&str>,
        end: Option<&str>,
    ) -> Done {
        let class = format!("{DCTERMS}PeriodOfTime");
        let period = self.nested(subject, term::DCTERMS_TEMPORAL, &class, None)?;
        for (property, text) in [(term::DCAT_START_DATE, start), (term::DCAT_END_DATE, end)] {
            if let Some(text) = text {
                self.written(period, property, How::Date, text)?;
            }
        }
        Ok(())
    }

    /// Adds a theme: an IRI, or a concept by its name.
    pub(super) fn theme(&mut self, subject: TermId, text: &str) -> Done {
        if is_iri(text) {
            return self.add_iri(subject, term::DCAT_THEME, text);
        }
        let class = "http://www.w3.org/2004/02/skos/core#Concept";
        let theme = self.nested(subject, term::DCAT_THEME, class, None)?;
        self.add_text(theme, term::SKOS_PREF_LABEL, text)
    }

    /// Adds what was noticed of a value.
    pub(super) fn warn(&mut self, what: Noticed, value: &Value, path: &Path<'_>) {
        self.builder.report(Remark::new(what, path.to_string()).at_line(value.line));
    }
}

/// Whether a text is an absolute IRI of a kind that catalogues name things by.
/// A colon alone makes many a title one.
pub(super) fn is_iri(text: &str) -> bool {
    let scheme = text.split(':').next().unwrap_or_default();
    let named = ["http", "https", "urn", "mailto", "ftp", "doi", "tel"];
    named.iter().any(|known| scheme.eq_ignore_ascii_case(known)) && Iri::parse(text).is_ok()
}

fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".+-_".contains(&byte);
        !part.is_empty() && part.bytes().all(plain)
    };
    text.split_once('/').is_some_and(|(kind, name)| token(kind) && token(name))
}

/// Returns the datatype of XML Schema that a day or moment has as written.
fn date(text: &str) -> Option<&'static str> {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let day = "0000-00-00";
    match shape.as_str() {
        "0000" => Some("gYear"),
        "0000-00" => Some("gYearMonth"),
        shape if shape == day => Some("date"),
        shape => {
            let time = shape.strip_prefix(day)?.strip_prefix("T00:00:00")?;
            let zone = match time.strip_prefix('.') {
                Some(fraction) => fraction.trim_start_matches('0'),
                None => time,
            };
            ["", "Z", "+00:00", "-00:00"].contains(&zone).then_some("dateTime")
        }
    }
}

/// Returns `west,south,east,north` as a polygon.
fn corners(text: &str) -> Option<String> {
    let numbers: Vec<&str> = text.split(',').map(str::trim).collect();
    let [west, south, east, north] = numbers.as_slice() else { return None };
    let number = |text: &&str| text.parse::<f64>().is_ok_and(f64::is_finite);
    numbers.iter().all(number).then(|| {
        format!(
            "POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_typed_as_far_as_they_are_dates() {
        let cases = [
            ("2011", Some("gYear")),
            ("2011-11", Some("gYearMonth")),
            ("2011-11-19", Some("date")),
            ("2011-11-19T12:00:00Z", Some("dateTime")),
            ("2016-11-07T16:38:29.123+02:00", Some("dateTime")),
            ("2019-06-27 12:41:27", None),
            ("R/P1D", None),
        ];
        for (text, datatype) in cases {
            assert_eq!(date(text), datatype, "{text}");
        }
    }

    #[test]
    fn corners_become_a_polygon() {
        let polygon = "POLYGON((-83.7 42.2,-82.9 42.2,-82.9 42.7,-83.7 42.7,-83.7 42.2))";
        assert_eq!(corners("-83.7, 42.2,-82.9,42.7").as_deref(), Some(polygon));
        assert_eq!(corners("Umeå, Luleå, Boden, Kiruna"), None);
    }
}
