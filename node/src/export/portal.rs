//! One agency's catalogue, as national portals harvest it.
//!
//! The rules are those of dataportal.se. They are kept on the way out; what the
//! agency signed is not touched.
//!
//! Invariants of what is made here:
//! - There is one main `dcat:Catalog`; others are its parts, one level deep, and
//!   none is empty: the harvester takes an empty one for the address of another
//!   source, and a source that fails ends the whole harvest.
//! - Every dataset, service and series is listed by a catalogue.
//! - Distributions, publishers and contacts have IRIs. A name that is made here
//!   follows from what the thing says, so it is the same in every run, wherever
//!   the thing stands.
//! - A publisher and a contact are never the same thing.
//! - There is no `dcat:CatalogRecord`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use dela_protocol::dcat::{Text, term};
use dela_protocol::description::{Description, Node, Object};
use dela_protocol::id::AgencyId;

use super::Document;
use super::merge::{self, Namer, Trees, Triple};

const VCARD: &str = "http://www.w3.org/2006/vcard/ns#";

/// What says that one catalogue is part of another, in either direction.
const PARTS: [&str; 4] =
    [term::DCTERMS_HAS_PART, term::DCAT_CATALOG, term::DCAT_HAS_PART, term::DCTERMS_IS_PART_OF];

/// Whose catalogue it is: for what the agency has not said in a catalogue of
/// its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    /// Its id.
    pub id: AgencyId,
    /// The IRI of its profile.
    pub iri: String,
    /// Its name.
    pub name: Vec<Text>,
    /// What kind of publisher it is.
    pub kind: Option<String>,
    /// The address at which its catalogue is served.
    pub address: String,
}

/// Makes the catalogue of what an agency has published.
pub fn catalogue<'a>(descriptions: &'a [Description], agency: &Agency) -> Document<'a> {
    let mut document = merge::merge(descriptions, &Names { agency: agency.id });
    drop_records(&mut document);
    separate_contacts(&mut document, &agency.id);
    let structure = Structure::of(&document, descriptions);
    structure.settle(&mut document, agency);
    document
}

/// Returns the name of a thing without one: `what` it is, and what it says.
fn name(agency: &AgencyId, what: &str, says: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"dela:portal\0").update(what.as_bytes()).update(b"\0").update(says);
    let hash = hasher.finalize().to_hex();
    format!("urn:dela:{agency}:{}", hash.get(..32).unwrap_or_default())
}

/// Names the blank nodes that the harvester wants names for.
struct Names {
    agency: AgencyId,
}

impl Namer for Names {
    fn names(&self, description: &Description, trees: &mut Trees<'_>) -> HashMap<u32, String> {
        let mut names = HashMap::new();
        let mut taken = BTreeSet::new();
        for (subject, predicate, object) in description.triples() {
            let Object::Blank(blank) = object else { continue };
            let what = match predicate {
                term::DCAT_DISTRIBUTION => "distribution",
                term::DCTERMS_PUBLISHER | term::DCTERMS_CREATOR => "agent",
                term::DCAT_CONTACT_POINT => "contact",
                _ => continue,
            };
            if names.contains_key(blank) {
                continue;
            }
            let mut says = match what {
                "distribution" => addresses(description, subject, *blank),
                _ => trees.content_of(*blank).map(|hash| hash.to_vec()),
            };
            if what == "distribution" && says.as_ref().is_some_and(|says| taken.contains(says)) {
                says = None;
            }
            // What is like another, or no tree, is told apart by its number,
            // which the importer gave it by what it says.
            let says =
                says.unwrap_or_else(|| format!("{}\n{blank}", description.iri()).into_bytes());
            names.insert(*blank, name(&self.agency, what, &says));
            taken.insert(says);
        }
        names
    }
}

/// Returns what a distribution is known by: its dataset and its addresses.
fn addresses(description: &Description, dataset: &Node, blank: u32) -> Option<Vec<u8>> {
    let node = Node::Blank(blank);
    let mut known = vec![dataset.iri()?];
    for predicate in [term::DCAT_ACCESS_URL, term::DCAT_DOWNLOAD_URL] {
        known.extend(description.objects(&node, predicate).iter().filter_map(Object::text));
    }
    (known.len() > 1).then(|| known.join("\n").into_bytes())
}

/// Leaves out catalogue records, and what refers to them.
fn drop_records(document: &mut Document<'_>) {
    let is_record = |(_, predicate, object): &&Triple<'_>| {
        **predicate == *term::RDF_TYPE && object.text() == Some(term::DCAT_CATALOG_RECORD)
    };
    let records: BTreeSet<Node> = document
        .triples
        .iter()
        .filter(is_record)
        .map(|(subject, ..)| subject.clone().into_owned())
        .collect();
    document.triples.retain(|(subject, predicate, object)| {
        !records.contains(&**subject)
            && **predicate != *term::DCAT_RECORD
            && !object.as_node().is_some_and(|object| records.contains(&object))
    });
}

/// Gives a contact that is also a publisher a name of its own, and takes what
/// is said of it as a contact along.
fn separate_contacts(document: &mut Document<'_>, agency: &AgencyId) {
    let values = |wanted: &[&str]| -> BTreeSet<String> {
        let of = |(_, predicate, object): &Triple<'_>| match &**object {
            Object::Iri(iri) if wanted.contains(&&**predicate) => Some(iri.clone()),
            _ => None,
        };
        document.triples.iter().filter_map(of).collect()
    };
    let agents = values(&[term::DCTERMS_PUBLISHER, term::DCTERMS_CREATOR]);
    let contacts = values(&[term::DCAT_CONTACT_POINT]);
    let renamed: BTreeMap<&String, String> = contacts
        .intersection(&agents)
        .map(|iri| (iri, name(agency, "contact", iri.as_bytes())))
        .collect();
    if renamed.is_empty() {
        return;
    }
    let mut copied = Vec::new();
    document.triples.retain_mut(|(subject, predicate, object)| {
        if **predicate == *term::DCAT_CONTACT_POINT
            && let Object::Iri(iri) = &**object
            && let Some(name) = renamed.get(iri)
        {
            *object = Cow::Owned(Object::Iri(name.clone()));
            return true;
        }
        let Some(name) = subject.iri().and_then(|iri| renamed.get(&iri.to_owned())) else {
            return true;
        };
        let node = Cow::Owned(Node::Iri(name.clone()));
        let is_class = object.text().is_some_and(|class| class.starts_with(VCARD));
        if predicate.starts_with(VCARD) || (**predicate == *term::RDF_TYPE && is_class) {
            *subject = node;
        } else if **predicate == *term::FOAF_NAME {
            copied.push((node, Cow::Borrowed(term::VCARD_FN), object.clone()));
        } else if **predicate == *term::FOAF_MBOX {
            copied.push((node, Cow::Borrowed(term::VCARD_HAS_EMAIL), object.clone()));
        }
        true
    });
    for name in renamed.into_values() {
        let says = |triples: &[Triple<'_>], wanted: &str| {
            let is = |(subject, predicate, _): &Triple<'_>| {
                subject.iri() == Some(&name) && **predicate == *wanted
            };
            triples.iter().any(is)
        };
        // Only what the contact does not say itself.
        let lacks: Vec<&str> = [term::VCARD_FN, term::VCARD_HAS_EMAIL, term::RDF_TYPE]
            .into_iter()
            .filter(|wanted| !says(&document.triples, wanted))
            .collect();
        let wanted = copied.iter().filter(|(subject, predicate, _)| {
            subject.iri() == Some(&name) && lacks.contains(&&**predicate)
        });
        document.triples.extend(wanted.cloned());
        if lacks.contains(&term::RDF_TYPE) {
            document.say(&name, term::RDF_TYPE, Object::Iri(term::VCARD_KIND.to_owned()));
        }
    }
}

/// Which catalogues there are, and what they list.
#[derive(Debug, Default)]
struct Structure {
    /// What is published beside catalogues, and whether it is a service.
    entries: BTreeMap<String, bool>,
    /// The members of each catalogue.
    catalogues: BTreeMap<String, BTreeSet<String>>,
    /// Catalogues that are part of another.
    parts: BTreeSet<String>,
    /// How often each publisher is named.
    publishers: BTreeMap<String, usize>,
}

impl Structure {
    fn of(document: &Document<'_>, descriptions: &[Description]) -> Self {
        let mut structure = Self::default();
        for description in descriptions {
            let entity = Node::Iri(description.iri().to_owned());
            let types = description.objects(&entity, term::RDF_TYPE);
            let is = |class: &str| types.iter().any(|found| found.text() == Some(class));
            let is_data = is(term::DCAT_CLASS_DATASET) || is(term::DCAT_DATASET_SERIES);
            if is(term::DCAT_CLASS_CATALOG) && !is_data && !is(term::DCAT_DATA_SERVICE) {
                structure.catalogues.insert(description.iri().to_owned(), BTreeSet::new());
            } else {
                structure.entries.insert(description.iri().to_owned(), !is_data);
            }
        }
        for (subject, predicate, object) in document.triples() {
            let (Some(subject), Object::Iri(object)) = (subject.iri(), object) else { continue };
            if predicate == term::DCTERMS_PUBLISHER {
                *structure.publishers.entry(object.clone()).or_default() += 1;
            }
            structure.link(subject, predicate, object);
        }
        structure
    }

    /// Takes in a triple about a catalogue.
    fn link(&mut self, subject: &str, predicate: &str, object: &str) {
        let is_catalogue = |iri: &str| self.catalogues.contains_key(iri);
        if predicate == term::DCTERMS_IS_PART_OF && is_catalogue(subject) && is_catalogue(object) {
            self.parts.insert(subject.to_owned());
        } else if PARTS.contains(&predicate) && is_catalogue(subject) && is_catalogue(object) {
            self.parts.insert(object.to_owned());
        } else if lists(predicate)
            && self.entries.contains_key(object)
            && let Some(members) = self.catalogues.get_mut(subject)
        {
            members.insert(object.to_owned());
        }
    }

    /// Returns the main catalogue: one that is part of no other, the one that
    /// lists the most, the first by its IRI.
    fn main(&self) -> Option<&str> {
        self.catalogues
            .iter()
            .min_by_key(|(iri, members)| {
                (self.parts.contains(*iri), core::cmp::Reverse(members.len()), *iri)
            })
            .map(|(iri, _)| iri.as_str())
    }

    /// Makes the document say the structure it should have.
    fn settle(&self, document: &mut Document<'_>, agency: &Agency) {
        let main = self.main().unwrap_or(&agency.address).to_owned();
        let is_shown = |iri: &str| {
            iri == main || self.catalogues.get(iri).is_some_and(|members| !members.is_empty())
        };
        document.triples.retain(|(subject, predicate, object)| {
            let (Some(subject), Some(object)) = (subject.iri(), object.text()) else {
                return true;
            };
            if self.catalogues.contains_key(subject) {
                let listed = self.entries.contains_key(object);
                return is_shown(subject) && (!PARTS.contains(&&**predicate) || listed);
            }
            // Nobody may list what is here but the catalogues that are here.
            !matches!(&**predicate, term::DCAT_DATASET | term::DCAT_SERVICE)
                || !self.entries.contains_key(object)
        });
        for part in self.catalogues.keys().filter(|part| **part != main && is_shown(part)) {
            document.say(&main, term::DCTERMS_HAS_PART, Object::Iri(part.clone()));
        }
        let listed: BTreeSet<&String> = self.catalogues.values().flatten().collect();
        for (entry, is_service) in self.entries.iter().filter(|(iri, _)| !listed.contains(iri)) {
            let predicate = if *is_service { term::DCAT_SERVICE } else { term::DCAT_DATASET };
            document.say(&main, predicate, Object::Iri(entry.clone()));
        }
        if self.catalogues.is_empty() {
            self.introduce(document, &main, agency);
        }
    }

    /// Describes the main catalogue of an agency that has described none, by
    /// what is known: no licence, because nobody has given one.
    fn introduce(&self, document: &mut Document<'_>, main: &str, agency: &Agency) {
        let iri = |iri: &str| Object::Iri(iri.to_owned());
        document.say(main, term::RDF_TYPE, iri(term::DCAT_CLASS_CATALOG));
        for (language, title) in [("sv", "Öppna data från"), ("en", "Open data from")] {
            let name = Text::in_languages(&agency.name, &[language]).unwrap_or_default();
            let text = format!("{title} {name}");
            let text = text.trim();
            document.say(main, term::DCTERMS_TITLE, Object::in_language(text, language));
            document.say(main, term::DCTERMS_DESCRIPTION, Object::in_language(text, language));
        }
        let most =
            self.publishers.iter().max_by_key(|(iri, count)| (**count, core::cmp::Reverse(*iri)));
        if let Some((publisher, _)) = most {
            document.say(main, term::DCTERMS_PUBLISHER, iri(publisher));
            return;
        }
        document.say(main, term::DCTERMS_PUBLISHER, iri(&agency.iri));
        document.say(&agency.iri, term::RDF_TYPE, iri(term::FOAF_AGENT));
        for name in &agency.name {
            let name = match &name.language {
                Some(language) => Object::in_language(name.text.clone(), language.clone()),
                None => Object::plain(name.text.clone()),
            };
            document.say(&agency.iri, term::FOAF_NAME, name);
        }
        if let Some(kind) = &agency.kind {
            document.say(&agency.iri, term::DCTERMS_TYPE, iri(kind));
        }
    }
}

/// Whether a property of a catalogue lists what it offers.
fn lists(predicate: &str) -> bool {
    matches!(predicate, term::DCAT_DATASET | term::DCAT_SERVICE)
        || (PARTS.contains(&predicate) && predicate != term::DCTERMS_IS_PART_OF)
}

#[cfg(test)]
mod tests;
