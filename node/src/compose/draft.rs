//! A dataset as somebody is filling it in: what was typed, field by field,
//! whether it can be used or not.
//!
//! A form shows part of what DCAT can say. What a description says beside is
//! kept ([`Existing`]): changing a dataset by the form changes what the form
//! shows and nothing else.
//!
//! Invariants:
//! - What was typed is kept as it was typed, so that it can be shown again
//!   beside what is wrong with it.
//! - A draft without faults becomes a description that passes the mandatory
//!   rules of DCAT-AP-SE, whatever texts it has.
//! - The same draft gives the same bytes.

use dela_protocol::description::Description;
use dela_protocol::id::AgencyId;

mod existing;
mod issuer;
mod read;
mod values;
mod write;

pub use existing::{EditError, Existing};
pub use issuer::Issuer;
pub use write::iri_for;

/// How many characters a title or a name may have: it is shown on one line.
pub const LINE_CHARS_MAX: usize = 300;

/// How many characters a description may have: the longest known one of a real
/// catalogue has 30,741.
pub const TEXT_CHARS_MAX: usize = 32_000;

/// How many characters an address may have: what browsers and servers take.
pub const ADDRESS_CHARS_MAX: usize = 2_000;

/// How many keywords there may be in one language: a hundred already say
/// nothing.
pub const KEYWORDS_MAX: usize = 100;

/// How many distributions one form has: more are made by a program, which can
/// publish them too.
pub const DISTRIBUTIONS_MAX: usize = 40;

/// What the licence field has for a licence given by its address.
pub const OTHER_LICENCE: &str = "other";

/// The licences the form offers, by their key, the recommended first.
pub const LICENCES_OFFERED: [&str; 3] = ["CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0"];

/// The languages data are offered as being in, by their code in the EU's
/// vocabulary.
pub const LANGUAGES_OFFERED: [&str; 2] = ["SWE", "ENG"];

/// A dataset as it was typed. Every text is as it came, except that line ends
/// and control characters are those of plain text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Its title in Swedish.
    pub title_sv: String,
    /// Its title in English.
    pub title_en: String,
    /// Its description in Swedish.
    pub description_sv: String,
    /// Its description in English.
    pub description_en: String,
    /// Its keywords in Swedish, one on each line or with commas between.
    pub keywords_sv: String,
    /// Its keywords in English.
    pub keywords_en: String,
    /// Its themes, by the codes of the EU vocabulary.
    pub themes: Vec<String>,
    /// The licence of its distributions: one of [`LICENCES_OFFERED`],
    /// [`OTHER_LICENCE`], or nothing.
    pub licence: String,
    /// The address of the licence, where it is another.
    pub licence_other: String,
    /// Who may have the data, by the code of the EU vocabulary.
    pub access_rights: String,
    /// How often the data are updated, by the code of the EU vocabulary.
    pub frequency: String,
    /// When the data were first published: a year, a month, a day or a moment.
    pub issued: String,
    /// When the data were last changed.
    pub modified: String,
    /// When the period begins that the data are about.
    pub period_start: String,
    /// When it ends.
    pub period_end: String,
    /// Which places the data are about, by their code among those offered.
    pub places: Vec<String>,
    /// Another place, by its name or its IRI.
    pub place_other: String,
    /// Which languages the data are in, by their code among those offered.
    pub languages: Vec<String>,
    /// The category of high-value data, by its code.
    pub high_value: String,
    /// The name of whom to ask.
    pub contact_name: String,
    /// The e-mail address of whom to ask.
    pub contact_email: String,
    /// The telephone number of whom to ask.
    pub contact_telephone: String,
    /// A page about the data.
    pub landing_page: String,
    /// The address of a specification that the data follow.
    pub conforms_to: String,
    /// The name of the organisation, where it is not known already.
    pub publisher_name: String,
    /// Its organisation number.
    pub publisher_number: String,
    /// What kind of organisation it is, by its code.
    pub publisher_type: String,
    /// Where the data can be had.
    pub distributions: Vec<DraftDistribution>,
}

/// One form in which the data can be had, as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftDistribution {
    /// Which part of the description it was before; empty for a new one.
    pub node: String,
    /// Its title, in Swedish.
    pub title: String,
    /// Its description, in Swedish.
    pub description: String,
    /// The address at which it can be had or asked for.
    pub access_url: String,
    /// The address of the file itself.
    pub download_url: String,
    /// Its format, a key or whatever was published.
    pub format: String,
    /// Its own licence: as that of the dataset, or nothing for the same.
    pub licence: String,
    /// The address of its own licence, where it is another.
    pub licence_other: String,
    /// For how long it is meant to be there, by its code.
    pub availability: String,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// The name of the field, as in the form: `title_sv`, `d2.access_url`.
    pub field: String,
    /// What is wrong.
    pub fault: Fault,
}

/// What can be wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is needed, and empty.
    Missing,
    /// It is no address of the web.
    WebAddress,
    /// It is no e-mail address.
    Email,
    /// It is no telephone number.
    Telephone,
    /// It is no year, month, day or moment.
    Date,
    /// It ends before it begins.
    EndsBeforeItBegins,
    /// It is none of what is offered.
    Unknown,
    /// It is no organisation number.
    OrganisationNumber,
    /// It is longer than so many characters.
    TooLong(usize),
    /// It has more than so many values.
    TooMany(usize),
    /// Another dataset of the agency has the same title.
    Taken,
    /// All fields together are more than a description may be.
    TooMuch,
}

impl FieldFault {
    /// Says what is wrong with a field.
    pub fn new(field: impl Into<String>, fault: Fault) -> Self {
        Self { field: field.into(), fault }
    }
}

/// Composes the description of a new dataset of `agency`.
pub fn composed(
    draft: &Draft,
    issuer: &Issuer,
    agency: &AgencyId,
) -> Result<Description, EditError> {
    existing::composed(draft, issuer, agency)
}

impl Draft {
    /// Reads a draft from the fields of a form, in the order they were sent.
    /// What is not a field of the draft is passed over, and distributions beyond
    /// the bound are left out.
    pub fn from_fields<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut draft = Self::default();
        for (name, value) in fields {
            match name.strip_prefix('d').and_then(|rest| rest.split_once('.')) {
                Some((number, part)) => draft.put_in_distribution(number, part, value),
                None => draft.put(name, value),
            }
        }
        draft
    }

    fn put(&mut self, name: &str, value: &str) {
        if let Some(many) = self.many(name) {
            if !value.is_empty() && !many.iter().any(|known| known == value) {
                many.push(values::cleaned(value));
            }
        } else if let Some(field) = self.field(name) {
            *field = values::cleaned(value);
        }
    }

    fn many(&mut self, name: &str) -> Option<&mut Vec<String>> {
        Some(match name {
            "themes" => &mut self.themes,
            "places" => &mut self.places,
            "languages" => &mut self.languages,
            _ => return None,
        })
    }

    fn field(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "title_sv" => &mut self.title_sv,
            "title_en" => &mut self.title_en,
            "description_sv" => &mut self.description_sv,
            "description_en" => &mut self.description_en,
            "keywords_sv" => &mut self.keywords_sv,
            "keywords_en" => &mut self.keywords_en,
            "licence" => &mut self.licence,
            "licence_other" => &mut self.licence_other,
            "access_rights" => &mut self.access_rights,
            "frequency" => &mut self.frequency,
            "issued" => &mut self.issued,
            "modified" => &mut self.modified,
            "period_start" => &mut self.period_start,
            "period_end" => &mut self.period_end,
            "place_other" => &mut self.place_other,
            "high_value" => &mut self.high_value,
            "contact_name" => &mut self.contact_name,
            "contact_email" => &mut self.contact_email,
            "contact_telephone" => &mut self.contact_telephone,
            "landing_page" => &mut self.landing_page,
            "conforms_to" => &mut self.conforms_to,
            "publisher_name" => &mut self.publisher_name,
            "publisher_number" => &mut self.publisher_number,
            "publisher_type" => &mut self.publisher_type,
            _ => return None,
        })
    }

    fn put_in_distribution(&mut self, number: &str, part: &str, value: &str) {
        let Some(index) = number.parse().ok().filter(|index| *index < DISTRIBUTIONS_MAX) else {
            return;
        };
        while self.distributions.len() <= index {
            self.distributions.push(DraftDistribution::default());
        }
        if let Some(one) = self.distributions.get_mut(index)
            && let Some(field) = one.field(part)
        {
            *field = values::cleaned(value);
        }
    }
}

impl DraftDistribution {
    fn field(&mut self, part: &str) -> Option<&mut String> {
        Some(match part {
            "node" => &mut self.node,
            "title" => &mut self.title,
            "description" => &mut self.description,
            "access_url" => &mut self.access_url,
            "download_url" => &mut self.download_url,
            "format" => &mut self.format,
            "licence" => &mut self.licence,
            "licence_other" => &mut self.licence_other,
            "availability" => &mut self.availability,
            _ => return None,
        })
    }

    /// Returns whether nothing was typed: such a one is not there.
    pub fn is_blank(&self) -> bool {
        let typed = [
            &self.title,
            &self.description,
            &self.access_url,
            &self.download_url,
            &self.format,
            &self.licence_other,
        ];
        typed.into_iter().all(|text| text.trim().is_empty())
    }
}

#[cfg(test)]
mod tests;
