//! From a description to what a form shows of it.
//!
//! Invariant: every triple that the form shows is noted as shown, and no other.
//! Where the form has room for one value and the description has several, or one
//! that the form would write otherwise, it does not fit, and that is said.

use std::collections::BTreeSet;

use dela_protocol::dcat::term;
use dela_protocol::description::{Description, LiteralKind, Node, Object, Triple};

use super::super::{LICENCES, RDF_TYPE};
use super::values;
use super::write::name_of;
use super::{Draft, DraftDistribution, LANGUAGES_OFFERED, OTHER_LICENCE};
use crate::check::HIGH_VALUE_REGULATION;
use crate::vocabulary;

/// What was read.
#[derive(Debug, Clone, Default)]
pub(super) struct Read {
    pub(super) draft: Draft,
    pub(super) shown: BTreeSet<Triple>,
    /// Properties that do not fit.
    pub(super) misfits: BTreeSet<&'static str>,
    pub(super) contact: Option<Node>,
    pub(super) telephone: Option<Node>,
    pub(super) period: Option<Node>,
    pub(super) place: Option<Node>,
    pub(super) distributions: Vec<Node>,
}

/// Reads a description.
pub(super) fn read(description: &Description) -> Read {
    let entity = Node::Iri(description.iri().to_owned());
    let mut reader = Reader { description, entity, read: Read::default() };
    reader.texts();
    reader.choices();
    reader.times();
    reader.places();
    reader.contact();
    reader.distributions();
    reader.read
}

struct Reader<'a> {
    description: &'a Description,
    entity: Node,
    read: Read,
}

impl<'a> Reader<'a> {
    fn objects(&self, subject: &Node, predicate: &str) -> &'a [Object] {
        self.description.objects(subject, predicate)
    }

    fn show(&mut self, subject: &Node, predicate: &str, object: &Object) {
        self.read.shown.insert((subject.clone(), predicate.to_owned(), object.clone()));
    }

    /// Shows the one value a property has; several, or one that cannot be typed,
    /// do not fit.
    fn single(
        &mut self,
        subject: &Node,
        predicate: &'static str,
        typed: impl Fn(&Object) -> Option<String>,
    ) -> String {
        match self.objects(subject, predicate) {
            [] => return String::new(),
            [only] => {
                if let Some(text) = typed(only) {
                    self.show(subject, predicate, only);
                    return text;
                }
            }
            _ => {}
        }
        self.read.misfits.insert(predicate);
        String::new()
    }

    /// Shows the values that can be chosen; others are kept.
    fn several(&mut self, predicate: &str, code: impl Fn(&str) -> Option<String>) -> Vec<String> {
        let entity = self.entity.clone();
        let mut codes = Vec::new();
        for object in self.objects(&entity, predicate) {
            if let Object::Iri(iri) = object
                && let Some(code) = code(iri)
            {
                self.show(&entity, predicate, object);
                codes.push(code);
            }
        }
        codes
    }

    /// Shows the text in a language; what says none counts as Swedish where
    /// nothing else does.
    fn text(&mut self, subject: &Node, predicate: &'static str, language: &str) -> String {
        let objects = self.objects(subject, predicate);
        let mut found: Vec<&Object> =
            objects.iter().filter(|object| language_of(object) == Some(language)).collect();
        if found.is_empty() && language == "sv" {
            found = objects.iter().filter(|object| is_plain(object)).collect();
        }
        match found.as_slice() {
            [] => String::new(),
            [only] if only.text().is_some_and(|text| values::cleaned(text) == text) => {
                self.show(subject, predicate, only);
                only.text().unwrap_or_default().to_owned()
            }
            _ => {
                self.read.misfits.insert(predicate);
                String::new()
            }
        }
    }

    fn texts(&mut self) {
        let entity = self.entity.clone();
        let class = Object::Iri(term::DCAT_CLASS_DATASET.to_owned());
        self.show(&entity, RDF_TYPE, &class);
        self.read.draft.title_sv = self.text(&entity, term::DCTERMS_TITLE, "sv");
        self.read.draft.title_en = self.text(&entity, term::DCTERMS_TITLE, "en");
        self.read.draft.description_sv = self.text(&entity, term::DCTERMS_DESCRIPTION, "sv");
        self.read.draft.description_en = self.text(&entity, term::DCTERMS_DESCRIPTION, "en");
        self.read.draft.keywords_sv = self.keywords("sv");
        self.read.draft.keywords_en = self.keywords("en");
    }

    fn keywords(&mut self, language: &str) -> String {
        let entity = self.entity.clone();
        let mut words = Vec::new();
        for object in self.objects(&entity, term::DCAT_KEYWORD) {
            let Some(word) = object.text().filter(|_| language_of(object) == Some(language)) else {
                continue;
            };
            if values::is_typed_as_one(word) {
                self.show(&entity, term::DCAT_KEYWORD, object);
                words.push(word);
            }
        }
        words.join("\n")
    }

    fn choices(&mut self) {
        let entity = self.entity.clone();
        self.read.draft.themes = self.several(term::DCAT_THEME, |iri| {
            let code = vocabulary::theme(iri)?.code;
            (vocabulary::theme_iri(code).as_deref() == Some(iri)).then(|| code.to_owned())
        });
        self.read.draft.languages = self.several(term::DCTERMS_LANGUAGE, |iri| {
            let code = LANGUAGES_OFFERED
                .iter()
                .find(|code| iri.ends_with(&format!("/authority/language/{code}")))?;
            iri.starts_with("http://publications.europa.eu/").then(|| (*code).to_owned())
        });
        self.read.draft.access_rights =
            self.single(&entity, term::DCTERMS_ACCESS_RIGHTS, |object| {
                let code = vocabulary::access_right(iri_of(object)?)?.code;
                (vocabulary::access_right_iri(code).as_deref() == iri_of(object))
                    .then(|| code.to_owned())
            });
        self.read.draft.frequency =
            self.single(&entity, term::DCTERMS_ACCRUAL_PERIODICITY, |object| {
                let code = vocabulary::frequency(iri_of(object)?)?.code;
                (vocabulary::frequency_iri(code).as_deref() == iri_of(object))
                    .then(|| code.to_owned())
            });
        self.read.draft.high_value = self.single(&entity, term::DCATAP_HVD_CATEGORY, |object| {
            Some(vocabulary::high_value_category(iri_of(object)?)?.code.to_owned())
        });
        if !self.read.draft.high_value.is_empty() {
            self.show_law(&entity);
        }
        self.read.draft.landing_page = self.first_address(term::DCAT_LANDING_PAGE);
        self.read.draft.conforms_to = self.first_address(term::DCTERMS_CONFORMS_TO);
    }

    fn show_law(&mut self, subject: &Node) {
        let law = Object::Iri(HIGH_VALUE_REGULATION.to_owned());
        let predicate = term::DCATAP_APPLICABLE_LEGISLATION;
        if self.objects(subject, predicate).contains(&law) {
            self.show(subject, predicate, &law);
        }
    }

    /// Shows the first address of several; the others are kept.
    fn first_address(&mut self, predicate: &str) -> String {
        let entity = self.entity.clone();
        let found = self.objects(&entity, predicate).iter().find(|object| web(object).is_some());
        let Some(object) = found else { return String::new() };
        self.show(&entity, predicate, object);
        web(object).unwrap_or_default()
    }

    fn times(&mut self) {
        let entity = self.entity.clone();
        self.read.draft.issued = self.single(&entity, term::DCTERMS_ISSUED, values::typed_date);
        self.read.draft.modified = self.single(&entity, term::DCTERMS_MODIFIED, values::typed_date);
        let periods = self.objects(&entity, term::DCTERMS_TEMPORAL);
        let Some(period) = self.only_node(periods, term::DCTERMS_TEMPORAL) else { return };
        let start = self.single(&period, term::DCAT_START_DATE, values::typed_date);
        let end = self.single(&period, term::DCAT_END_DATE, values::typed_date);
        let others = [term::SCHEMA_START_DATE, term::SCHEMA_END_DATE];
        if others.iter().any(|other| !self.objects(&period, other).is_empty()) {
            self.read.misfits.insert(term::DCTERMS_TEMPORAL);
        }
        for object in periods {
            self.show(&entity, term::DCTERMS_TEMPORAL, object);
        }
        (self.read.draft.period_start, self.read.draft.period_end) = (start, end);
        self.read.period = Some(period);
    }

    /// Returns the one node among the values of a property.
    fn only_node(&mut self, objects: &[Object], predicate: &'static str) -> Option<Node> {
        match objects {
            [] => None,
            [only] if only.as_node().is_some() => only.as_node(),
            _ => {
                self.read.misfits.insert(predicate);
                None
            }
        }
    }

    fn places(&mut self) {
        let entity = self.entity.clone();
        self.read.draft.places = self.several(term::DCTERMS_SPATIAL, |iri| {
            vocabulary::place(iri).map(|place| place.code.to_owned())
        });
        for object in self.objects(&entity, term::DCTERMS_SPATIAL) {
            let is_shown = iri_of(object).is_some_and(|iri| vocabulary::place(iri).is_some());
            if is_shown || !self.read.draft.place_other.is_empty() {
                continue;
            }
            if let Some(node) = object.as_node() {
                let name = match self.objects(&node, term::SKOS_PREF_LABEL) {
                    [name] if matches!(language_of(name), Some("sv")) => Some(name),
                    _ => None,
                };
                let text = name.and_then(Object::text).filter(|text| !text.contains("://"));
                if let (Some(name), Some(text)) = (name, text) {
                    self.show(&entity, term::DCTERMS_SPATIAL, object);
                    self.show(&node, term::SKOS_PREF_LABEL, name);
                    text.clone_into(&mut self.read.draft.place_other);
                    self.read.place = Some(node);
                } else if let Some(address) = web(object) {
                    self.show(&entity, term::DCTERMS_SPATIAL, object);
                    self.read.draft.place_other = address;
                }
            }
        }
    }

    fn contact(&mut self) {
        let entity = self.entity.clone();
        let contacts = self.objects(&entity, term::DCAT_CONTACT_POINT);
        let Some(contact) = self.only_node(contacts, term::DCAT_CONTACT_POINT) else { return };
        let name = self.single(&contact, term::VCARD_FN, |object| {
            object.text().filter(|_| is_plain(object)).map(str::to_owned)
        });
        let email = self.single(&contact, term::VCARD_HAS_EMAIL, |object| {
            iri_of(object)?.strip_prefix("mailto:").map(str::to_owned)
        });
        for object in contacts {
            self.show(&entity, term::DCAT_CONTACT_POINT, object);
        }
        if let [only] = self.objects(&contact, term::VCARD_HAS_TELEPHONE)
            && let Some(node) = only.as_node()
            && let [number] = self.objects(&node, term::VCARD_HAS_VALUE)
            && let Some(typed) = iri_of(number).and_then(|iri| iri.strip_prefix("tel:"))
            && values::telephone(typed).ok().as_deref() == iri_of(number)
        {
            self.show(&contact, term::VCARD_HAS_TELEPHONE, only);
            self.show(&node, term::VCARD_HAS_VALUE, number);
            typed.clone_into(&mut self.read.draft.contact_telephone);
            self.read.telephone = Some(node);
        }
        (self.read.draft.contact_name, self.read.draft.contact_email) = (name, email);
        self.read.contact = Some(contact);
    }

    fn distributions(&mut self) {
        let entity = self.entity.clone();
        for object in self.objects(&entity, term::DCAT_DISTRIBUTION) {
            let Some(node) = object.as_node() else {
                self.read.misfits.insert(term::DCAT_DISTRIBUTION);
                continue;
            };
            self.show(&entity, term::DCAT_DISTRIBUTION, object);
            let one = self.distribution(&node);
            self.read.draft.distributions.push(one);
            self.read.distributions.push(node);
        }
        if self.read.draft.distributions.len() > super::DISTRIBUTIONS_MAX {
            self.read.misfits.insert(term::DCAT_DISTRIBUTION);
        }
        let own = self.licence(&entity);
        if self.read.draft.distributions.is_empty() {
            (self.read.draft.licence, self.read.draft.licence_other) = own;
        } else if !own.0.is_empty() {
            // Two places for one licence: the form has one.
            self.read.misfits.insert(term::DCTERMS_LICENSE);
        }
        self.share_licence();
    }

    /// Shows a licence that all distributions have as that of the dataset.
    fn share_licence(&mut self) {
        let of = |one: &DraftDistribution| (one.licence.clone(), one.licence_other.clone());
        let draft = &mut self.read.draft;
        let Some(first) = draft.distributions.first().map(of) else { return };
        if first.0.is_empty() || draft.distributions.iter().any(|one| of(one) != first) {
            return;
        }
        (draft.licence, draft.licence_other) = first;
        for one in &mut draft.distributions {
            one.licence.clear();
            one.licence_other.clear();
        }
    }

    fn licence(&mut self, subject: &Node) -> (String, String) {
        let raw = self.single(subject, term::DCTERMS_LICENSE, web);
        if raw.is_empty() {
            return (raw, String::new());
        }
        match LICENCES.iter().find(|(_, iri)| *iri == raw) {
            Some((key, _)) => ((*key).to_owned(), String::new()),
            None => (OTHER_LICENCE.to_owned(), raw),
        }
    }

    fn distribution(&mut self, node: &Node) -> DraftDistribution {
        let (licence, licence_other) = self.licence(node);
        if !self.read.draft.high_value.is_empty() {
            self.show_law(node);
        }
        let download_url = self.single(node, term::DCAT_DOWNLOAD_URL, web);
        DraftDistribution {
            node: name_of(node),
            title: self.text(node, term::DCTERMS_TITLE, "sv"),
            description: self.text(node, term::DCTERMS_DESCRIPTION, "sv"),
            access_url: self.single(node, term::DCAT_ACCESS_URL, web),
            download_url,
            format: self.single(node, term::DCTERMS_FORMAT, values::typed_format),
            licence,
            licence_other,
            availability: self.single(node, term::DCATAP_AVAILABILITY, |object| {
                let code = vocabulary::availability(iri_of(object)?)?.code;
                (vocabulary::availability_iri(code).as_deref() == iri_of(object))
                    .then(|| code.to_owned())
            }),
        }
    }
}

fn iri_of(object: &Object) -> Option<&str> {
    match object {
        Object::Iri(iri) => Some(iri),
        Object::Blank(_) | Object::Literal(_) => None,
    }
}

/// Returns an address that would be written as it is.
fn web(object: &Object) -> Option<String> {
    let iri = iri_of(object)?;
    super::super::web("address", iri).ok().filter(|read| read == iri)
}

/// Returns the language of a text, without its region.
fn language_of(object: &Object) -> Option<&str> {
    match object {
        Object::Literal(literal) => match &literal.kind {
            LiteralKind::Language(tag) => tag.split('-').next(),
            LiteralKind::Plain | LiteralKind::Typed(_) => None,
        },
        Object::Iri(_) | Object::Blank(_) => None,
    }
}

fn is_plain(object: &Object) -> bool {
    matches!(object, Object::Literal(literal) if literal.kind == LiteralKind::Plain)
}
