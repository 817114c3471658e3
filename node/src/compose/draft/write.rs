//! From what was typed to triples.
//!
//! Invariant: all faults are found at once, each by the name of its field, and
//! where there is none the triples pass the mandatory rules.

use dela_protocol::dcat::{Text, term};
use dela_protocol::description::{Node, Object, Triple};
use dela_protocol::id::AgencyId;

use super::super::{LICENCES, RDF_TYPE, made_up, mailto, web};
use super::values::{self, given};
use super::{
    ADDRESS_CHARS_MAX, DISTRIBUTIONS_MAX, Draft, DraftDistribution, Fault, FieldFault, Issuer,
    KEYWORDS_MAX, LANGUAGES_OFFERED, LINE_CHARS_MAX, OTHER_LICENCE, TEXT_CHARS_MAX,
};
use crate::check::HIGH_VALUE_REGULATION;
use crate::vocabulary;

const LANGUAGE: &str = "http://publications.europa.eu/resource/authority/language/";

/// For which entity a draft is written, and which parts it has already.
#[derive(Debug, Clone, Default)]
pub(super) struct WrittenFor<'a> {
    /// Its IRI.
    pub(super) iri: String,
    /// Who publishes it; `None` where that is said already.
    pub(super) issuer: Option<&'a Issuer>,
    /// The contact that is there.
    pub(super) contact: Option<Node>,
    /// The telephone number of the contact that is there.
    pub(super) telephone: Option<Node>,
    /// The period that is there.
    pub(super) period: Option<Node>,
    /// The place with a name that is there.
    pub(super) place: Option<Node>,
    /// The distributions that are there.
    pub(super) distributions: Vec<Node>,
    /// A number that no blank node has.
    pub(super) fresh: u32,
}

/// Returns the IRI of a new dataset with these titles: the same titles make the
/// same dataset.
pub fn iri_for(draft: &Draft, agency: &AgencyId) -> String {
    let titles = [(&draft.title_sv, "sv"), (&draft.title_en, "en")];
    let titles = titles.into_iter().filter_map(|(text, language)| {
        let text = given(text)?.to_owned();
        Some(Text { text, language: Some(language.to_owned()) })
    });
    made_up(titles.collect(), agency)
}

/// Writes a draft as triples, or says what is wrong with it.
pub(super) fn written(
    draft: &Draft,
    target: &WrittenFor<'_>,
) -> Result<Vec<Triple>, Vec<FieldFault>> {
    let dataset = Node::Iri(target.iri.clone());
    let mut pen = Pen { target, dataset, triples: Vec::new(), faults: Vec::new() };
    pen.texts(draft);
    pen.choices(draft);
    pen.times_and_places(draft);
    pen.contact(draft);
    if let Some(issuer) = target.issuer {
        pen.issuer(draft, issuer);
    }
    pen.distributions(draft);
    if pen.faults.is_empty() { Ok(pen.triples) } else { Err(pen.faults) }
}

struct Pen<'a> {
    target: &'a WrittenFor<'a>,
    dataset: Node,
    triples: Vec<Triple>,
    faults: Vec<FieldFault>,
}

impl Pen<'_> {
    fn fault(&mut self, field: impl Into<String>, fault: Fault) {
        self.faults.push(FieldFault::new(field, fault));
    }

    fn say(&mut self, subject: &Node, predicate: &str, object: Object) {
        self.triples.push((subject.clone(), predicate.to_owned(), object));
    }

    fn say_iri(&mut self, subject: &Node, predicate: &str, iri: impl Into<String>) {
        self.say(subject, predicate, Object::Iri(iri.into()));
    }

    /// Says that the entity is what it is, and its texts.
    fn texts(&mut self, draft: &Draft) {
        let dataset = self.dataset.clone();
        self.say_iri(&dataset, RDF_TYPE, term::DCAT_CLASS_DATASET);
        let pairs = [
            ("title", term::DCTERMS_TITLE, [&draft.title_sv, &draft.title_en], LINE_CHARS_MAX),
            (
                "description",
                term::DCTERMS_DESCRIPTION,
                [&draft.description_sv, &draft.description_en],
                TEXT_CHARS_MAX,
            ),
        ];
        for (name, predicate, texts, chars_max) in pairs {
            if texts.iter().all(|text| given(text).is_none()) {
                self.fault(format!("{name}_sv"), Fault::Missing);
            }
            for (text, language) in texts.into_iter().zip(["sv", "en"]) {
                self.text(
                    &dataset,
                    predicate,
                    text,
                    language,
                    chars_max,
                    &format!("{name}_{language}"),
                );
            }
        }
        for (text, language) in [(&draft.keywords_sv, "sv"), (&draft.keywords_en, "en")] {
            let words = values::keywords(text);
            let field = format!("keywords_{language}");
            if words.len() > KEYWORDS_MAX {
                self.fault(field, Fault::TooMany(KEYWORDS_MAX));
            } else if words.iter().any(|word| word.chars().count() > LINE_CHARS_MAX) {
                self.fault(field, Fault::TooLong(LINE_CHARS_MAX));
            } else {
                for word in words {
                    self.say(&dataset, term::DCAT_KEYWORD, Object::in_language(word, language));
                }
            }
        }
    }

    fn text(
        &mut self,
        subject: &Node,
        predicate: &str,
        text: &str,
        language: &str,
        chars_max: usize,
        field: &str,
    ) {
        let Some(text) = given(text) else { return };
        if text.chars().count() > chars_max {
            self.fault(field, Fault::TooLong(chars_max));
        } else {
            self.say(subject, predicate, Object::in_language(text, language));
        }
    }

    /// Says what was chosen from what is offered.
    fn choices(&mut self, draft: &Draft) {
        for theme in &draft.themes {
            self.choice(term::DCAT_THEME, vocabulary::theme_iri(theme), "themes");
        }
        for code in &draft.languages {
            let offered = LANGUAGES_OFFERED.contains(&code.as_str());
            let iri = offered.then(|| format!("{LANGUAGE}{code}"));
            self.choice(term::DCTERMS_LANGUAGE, iri, "languages");
        }
        for place in &draft.places {
            self.choice(term::DCTERMS_SPATIAL, vocabulary::place_iri(place), "places");
        }
        if let Some(code) = given(&draft.access_rights) {
            let iri = vocabulary::access_right_iri(code);
            self.choice(term::DCTERMS_ACCESS_RIGHTS, iri, "access_rights");
        }
        if let Some(code) = given(&draft.frequency) {
            let iri = vocabulary::frequency_iri(code);
            self.choice(term::DCTERMS_ACCRUAL_PERIODICITY, iri, "frequency");
        }
        if let Some(code) = given(&draft.high_value) {
            self.choice(term::DCATAP_HVD_CATEGORY, vocabulary::high_value_iri(code), "high_value");
            let law = Some(HIGH_VALUE_REGULATION.to_owned());
            self.choice(term::DCATAP_APPLICABLE_LEGISLATION, law, "high_value");
        }
        let pages = [
            ("landing_page", term::DCAT_LANDING_PAGE, &draft.landing_page),
            ("conforms_to", term::DCTERMS_CONFORMS_TO, &draft.conforms_to),
        ];
        for (field, predicate, address) in pages {
            if let Some(iri) = self.address(field, address) {
                let dataset = self.dataset.clone();
                self.say_iri(&dataset, predicate, iri);
            }
        }
    }

    fn choice(&mut self, predicate: &str, iri: Option<String>, field: &str) {
        let dataset = self.dataset.clone();
        match iri {
            Some(iri) => self.say_iri(&dataset, predicate, iri),
            None => self.fault(field, Fault::Unknown),
        }
    }

    /// Reads an address of the web, if one was typed.
    fn address(&mut self, field: &str, address: &str) -> Option<String> {
        let address = given(address)?;
        if address.chars().count() > ADDRESS_CHARS_MAX {
            self.fault(field, Fault::TooLong(ADDRESS_CHARS_MAX));
            return None;
        }
        let read = web("address", address).ok();
        if read.is_none() {
            self.fault(field, Fault::WebAddress);
        }
        read
    }

    fn times_and_places(&mut self, draft: &Draft) {
        let dataset = self.dataset.clone();
        let dates = [
            ("issued", term::DCTERMS_ISSUED, &draft.issued),
            ("modified", term::DCTERMS_MODIFIED, &draft.modified),
        ];
        for (field, predicate, text) in dates {
            if let Some(date) = self.date(field, text) {
                self.say(&dataset, predicate, date);
            }
        }
        let start = self.date("period_start", &draft.period_start);
        let end = self.date("period_end", &draft.period_end);
        if let (Some(start), Some(end)) = (given(&draft.period_start), given(&draft.period_end))
            && values::ends_before_it_begins(start, end)
        {
            self.fault("period_end", Fault::EndsBeforeItBegins);
        }
        if start.is_some() || end.is_some() {
            let (there, class) = (self.target.period.clone(), term::DCTERMS_PERIOD_OF_TIME);
            let node = self.part(&dataset, term::DCTERMS_TEMPORAL, class, "period", there);
            for (predicate, date) in [(term::DCAT_START_DATE, start), (term::DCAT_END_DATE, end)] {
                if let Some(date) = date {
                    self.say(&node, predicate, date);
                }
            }
        }
        let Some(place) = given(&draft.place_other) else { return };
        if place.contains("://") {
            if let Some(iri) = self.address("place_other", place) {
                self.say_iri(&dataset, term::DCTERMS_SPATIAL, iri);
            }
            return;
        }
        // Without an IRI: a place has none that is its own here, and is shown by
        // its name.
        let node = self.target.place.clone().unwrap_or(Node::Blank(self.target.fresh));
        if self.target.place.is_none() {
            self.say_iri(&node, RDF_TYPE, term::DCTERMS_LOCATION);
        }
        self.text(&node, term::SKOS_PREF_LABEL, place, "sv", LINE_CHARS_MAX, "place_other");
        self.say(&dataset, term::DCTERMS_SPATIAL, object_of(node));
    }

    fn date(&mut self, field: &str, text: &str) -> Option<Object> {
        let read = values::date(given(text)?);
        read.map_err(|fault| self.fault(field, fault)).ok()
    }

    /// Makes the part of that name, unless there is one, and refers to it.
    fn part(
        &mut self,
        subject: &Node,
        predicate: &str,
        class: &str,
        name: &str,
        there: Option<Node>,
    ) -> Node {
        let is_new = there.is_none();
        let node = there.unwrap_or_else(|| Node::Iri(self.name_of_part(name)));
        if is_new {
            self.say_iri(&node, RDF_TYPE, class);
        }
        self.say(subject, predicate, object_of(node.clone()));
        node
    }

    fn name_of_part(&self, name: &str) -> String {
        let iri = &self.target.iri;
        let separator = if iri.contains('#') { '-' } else { '#' };
        format!("{iri}{separator}{name}")
    }

    fn contact(&mut self, draft: &Draft) {
        let name = given(&draft.contact_name);
        let email = given(&draft.contact_email);
        let telephone = given(&draft.contact_telephone);
        if name.is_none() && email.is_none() && telephone.is_none() {
            return;
        }
        let dataset = self.dataset.clone();
        let there = self.target.contact.clone();
        let class = term::VCARD_ORGANIZATION;
        let contact = self.part(&dataset, term::DCAT_CONTACT_POINT, class, "contact", there);
        match name {
            None => self.fault("contact_name", Fault::Missing),
            Some(name) if name.chars().count() > LINE_CHARS_MAX => {
                self.fault("contact_name", Fault::TooLong(LINE_CHARS_MAX));
            }
            Some(name) => self.say(&contact, term::VCARD_FN, Object::plain(name)),
        }
        match email.map(mailto) {
            None => self.fault("contact_email", Fault::Missing),
            Some(Ok(iri)) if iri.chars().count() <= ADDRESS_CHARS_MAX => {
                self.say_iri(&contact, term::VCARD_HAS_EMAIL, iri);
            }
            Some(_) => self.fault("contact_email", Fault::Email),
        }
        match telephone.map(values::telephone) {
            None => {}
            Some(Ok(iri)) => {
                let there = self.target.telephone.clone();
                let (link, class) = (term::VCARD_HAS_TELEPHONE, term::VCARD_VOICE);
                let node = self.part(&contact, link, class, "telephone", there);
                self.say_iri(&node, term::VCARD_HAS_VALUE, iri);
            }
            Some(Err(fault)) => self.fault("contact_telephone", fault),
        }
    }

    fn issuer(&mut self, draft: &Draft, issuer: &Issuer) {
        let dataset = self.dataset.clone();
        let profile = match issuer {
            Issuer::Known { iri, triples, .. } => {
                self.say_iri(&dataset, term::DCTERMS_PUBLISHER, iri);
                self.triples.extend(triples.iter().cloned());
                return;
            }
            Issuer::Asked { iri, .. } => iri,
        };
        let number = given(&draft.publisher_number).map(values::organisation_number);
        let agent = match &number {
            Some(Ok(number)) => format!("http://dataportal.se/organisation/SE{number}"),
            Some(Err(_)) | None => profile.clone(),
        };
        self.say_iri(&dataset, term::DCTERMS_PUBLISHER, &agent);
        let agent = Node::Iri(agent);
        self.say_iri(&agent, RDF_TYPE, term::FOAF_AGENT);
        match number {
            Some(Ok(number)) => self.say(&agent, term::DCTERMS_IDENTIFIER, Object::plain(number)),
            Some(Err(fault)) => self.fault("publisher_number", fault),
            None => {}
        }
        if given(&draft.publisher_name).is_none() {
            self.fault("publisher_name", Fault::Missing);
        }
        let name = &draft.publisher_name;
        self.text(&agent, term::FOAF_NAME, name, "sv", LINE_CHARS_MAX, "publisher_name");
        match given(&draft.publisher_type).map(vocabulary::publisher_type_iri) {
            Some(Some(iri)) => self.say_iri(&agent, term::DCTERMS_TYPE, iri),
            Some(None) => self.fault("publisher_type", Fault::Unknown),
            None => self.fault("publisher_type", Fault::Missing),
        }
    }

    fn distributions(&mut self, draft: &Draft) {
        let licence = self.licence(&draft.licence, &draft.licence_other, "");
        let high_value = given(&draft.high_value).is_some();
        let mut used = Vec::new();
        let there = draft.distributions.iter().enumerate().filter(|(_, one)| !one.is_blank());
        for (number, one) in there {
            let node = self.distribution_node(one, &mut used);
            self.distribution(number, one, &node, licence.as_deref());
            if high_value {
                let predicate = term::DCATAP_APPLICABLE_LEGISLATION;
                self.say_iri(&node, predicate, HIGH_VALUE_REGULATION);
            }
        }
        if used.is_empty()
            && let Some(licence) = licence
        {
            let dataset = self.dataset.clone();
            self.say_iri(&dataset, term::DCTERMS_LICENSE, licence);
        }
    }

    /// Finds the part a distribution was, or names a new one from what it
    /// offers, so that it keeps its name when others come and go.
    fn distribution_node(&mut self, one: &DraftDistribution, used: &mut Vec<Node>) -> Node {
        let dataset = self.dataset.clone();
        let there = self.target.distributions.iter();
        let mut there = there.filter(|node| name_of(node) == one.node && !used.contains(node));
        let there = there.next().cloned();
        let offered =
            [&one.access_url, &one.download_url, &one.format].map(|field| field.trim()).join("\0");
        let hash = blake3::hash(offered.as_bytes()).to_hex();
        let short = hash.get(..8).unwrap_or_default();
        let taken = |name: &str| {
            let node = Node::Iri(self.name_of_part(name));
            used.contains(&node) || self.target.distributions.contains(&node)
        };
        // One name more than there are distributions, so that one is free.
        let numbered =
            (2..=DISTRIBUTIONS_MAX * 2 + 1).map(|number| format!("distribution-{short}-{number}"));
        let name = core::iter::once(format!("distribution-{short}"))
            .chain(numbered)
            .find(|name| !taken(name))
            .unwrap_or_default();
        let class = term::DCAT_CLASS_DISTRIBUTION;
        let node = self.part(&dataset, term::DCAT_DISTRIBUTION, class, &name, there);
        used.push(node.clone());
        node
    }

    fn distribution(
        &mut self,
        number: usize,
        one: &DraftDistribution,
        node: &Node,
        licence: Option<&str>,
    ) {
        let field = |part: &str| format!("d{number}.{part}");
        let access = match given(&one.access_url) {
            // The address of the file is one at which the data can be had.
            None if given(&one.download_url).is_some() => &one.download_url,
            None => {
                self.fault(field("access_url"), Fault::Missing);
                &one.access_url
            }
            Some(_) => &one.access_url,
        };
        if let Some(iri) = self.address(&field("access_url"), access) {
            self.say_iri(node, term::DCAT_ACCESS_URL, iri);
        }
        if let Some(iri) = self.address(&field("download_url"), &one.download_url) {
            self.say_iri(node, term::DCAT_DOWNLOAD_URL, iri);
        }
        match given(&one.format) {
            None => {}
            Some(text) if text.chars().count() > LINE_CHARS_MAX => {
                self.fault(field("format"), Fault::TooLong(LINE_CHARS_MAX));
            }
            Some(text) => self.say(node, term::DCTERMS_FORMAT, values::format(text)),
        }
        let own = self.licence(&one.licence, &one.licence_other, &field(""));
        if let Some(licence) = own.as_deref().or(licence) {
            self.say_iri(node, term::DCTERMS_LICENSE, licence);
        }
        let (title, text) = (&one.title, &one.description);
        self.text(node, term::DCTERMS_TITLE, title, "sv", LINE_CHARS_MAX, &field("title"));
        let predicate = term::DCTERMS_DESCRIPTION;
        self.text(node, predicate, text, "sv", TEXT_CHARS_MAX, &field("description"));
        match given(&one.availability).map(vocabulary::availability_iri) {
            None => {}
            Some(Some(iri)) => self.say_iri(node, term::DCATAP_AVAILABILITY, iri),
            Some(None) => self.fault(field("availability"), Fault::Unknown),
        }
    }

    /// Returns the IRI of the licence chosen, if one was.
    fn licence(&mut self, chosen: &str, other: &str, prefix: &str) -> Option<String> {
        let chosen = given(chosen)?;
        if chosen != OTHER_LICENCE {
            let known = LICENCES.iter().find(|(name, _)| *name == chosen);
            if known.is_none() {
                self.fault(format!("{prefix}licence"), Fault::Unknown);
            }
            return known.map(|(_, iri)| (*iri).to_owned());
        }
        let field = format!("{prefix}licence_other");
        if given(other).is_none() {
            self.fault(field, Fault::Missing);
            return None;
        }
        self.address(&field, other)
    }
}

fn object_of(node: Node) -> Object {
    match node {
        Node::Iri(iri) => Object::Iri(iri),
        Node::Blank(number) => Object::Blank(number),
    }
}

/// Returns how a form names a part that is there.
pub(super) fn name_of(node: &Node) -> String {
    match node {
        Node::Iri(iri) => iri.clone(),
        Node::Blank(number) => format!("_:{number}"),
    }
}
