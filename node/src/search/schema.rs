//! The fields of the index, and how a dataset fills them.
//!
//! Text is indexed by weight (title, keywords, the rest) and by language: as
//! Swedish stems, as English stems, and as words as they are written, for the
//! beginnings of words. A text that does not say its language counts as both.
//! Nothing is stored but what hits are ordered, counted and named by.

use std::collections::BTreeSet;

use dela_protocol::api::DatasetKind;
use dela_protocol::dcat::{Resource, Text};
use dela_protocol::id::EntityId;
use tantivy::TantivyDocument;
use tantivy::schema::{
    BytesOptions, FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};

use super::term::YES;
use super::text::{self, Analysis};
use super::{Document, Term};
use crate::vocabulary::{self, ckan};

/// Grows with every change of what is indexed or how: an index of another
/// version is built anew.
pub(super) const VERSION: u32 = 4;

/// Words shorter than this are not made of others that somebody would look for.
const COMPOUND_CHARS_MIN: usize = 7;

/// Text of one weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weighted {
    pub(super) swedish: Field,
    pub(super) english: Field,
}

/// All fields.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    pub(super) id: Field,
    pub(super) id_high: Field,
    pub(super) id_low: Field,
    /// Whatever names the dataset exactly: id, IRI, identifiers.
    pub(super) exact: Field,
    pub(super) title: Weighted,
    pub(super) keyword: Weighted,
    pub(super) body: Weighted,
    pub(super) title_words: Field,
    pub(super) name_words: Field,
    pub(super) body_words: Field,
    /// Stems of long words of titles and keywords, from their ends: Swedish
    /// puts the word that matters last.
    pub(super) endings: Field,
    pub(super) modified: Field,
    pub(super) title_key: Field,
    pub(super) marks: Field,
    pub(super) form_marks: Field,
    pub(super) points: Field,
    /// When the record was signed, in milliseconds.
    pub(super) signed: Field,
    terms: Terms,
}

/// The fields of the terms.
#[derive(Debug, Clone, Copy)]
struct Terms {
    agency: Field,
    theme: Field,
    format: Field,
    licence: Field,
    access_rights: Field,
    frequency: Field,
    high_value: Field,
    api: Field,
    language: Field,
    quality: Field,
    kind: Field,
    package: Field,
    tag: Field,
    licence_id: Field,
    refers: Field,
}

impl Fields {
    /// Returns the field of a term.
    pub(super) const fn term(&self, term: Term) -> Field {
        match term {
            Term::Agency => self.terms.agency,
            Term::Theme => self.terms.theme,
            Term::Format => self.terms.format,
            Term::Licence => self.terms.licence,
            Term::AccessRights => self.terms.access_rights,
            Term::Frequency => self.terms.frequency,
            Term::HighValue => self.terms.high_value,
            Term::Api => self.terms.api,
            Term::Language => self.terms.language,
            Term::Quality => self.terms.quality,
            Term::Kind => self.terms.kind,
            Term::Package => self.terms.package,
            Term::Tag => self.terms.tag,
            Term::LicenceId => self.terms.licence_id,
            Term::Refers => self.terms.refers,
        }
    }
}

/// Returns the schema and its fields.
pub(super) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let indexed = |analyzer: &str, option| {
        let indexing =
            TextFieldIndexing::default().set_tokenizer(analyzer).set_index_option(option);
        TextOptions::default().set_indexing_options(indexing)
    };
    let text = |analyzer: &str| indexed(analyzer, IndexRecordOption::WithFreqs);
    // Positions cost a tenth, so only words as they are written have them: those
    // are what phrases are made of.
    let words = || indexed(text::WORDS, IndexRecordOption::WithFreqsAndPositions);
    let raw = TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::Basic),
    );
    let mut weighted = |name: &str| Weighted {
        swedish: builder.add_text_field(&format!("{name}_sv"), text(text::SWEDISH)),
        english: builder.add_text_field(&format!("{name}_en"), text(text::ENGLISH)),
    };
    let (title, keyword, body) = (weighted("title"), weighted("keyword"), weighted("body"));
    let fields = Fields {
        id: builder.add_bytes_field("id", BytesOptions::default().set_indexed()),
        id_high: builder.add_u64_field("id_high", FAST),
        id_low: builder.add_u64_field("id_low", FAST),
        exact: builder.add_text_field("exact", raw.clone()),
        title,
        keyword,
        body,
        title_words: builder.add_text_field("title_words", words()),
        name_words: builder.add_text_field("name_words", words()),
        body_words: builder.add_text_field("body_words", words()),
        endings: builder.add_text_field("endings", raw.clone()),
        modified: builder.add_u64_field("modified", FAST),
        title_key: builder.add_text_field("title_key", TextOptions::default().set_fast("raw")),
        marks: builder.add_u64_field("marks", FAST),
        form_marks: builder.add_u64_field("form_marks", FAST),
        points: builder.add_u64_field("points", FAST),
        signed: builder.add_u64_field("signed", FAST),
        terms: Terms::new(|term| builder.add_text_field(term.name(), raw.clone().set_fast("raw"))),
    };
    (builder.build(), fields)
}

impl Terms {
    fn new(mut field: impl FnMut(Term) -> Field) -> Self {
        Self {
            agency: field(Term::Agency),
            theme: field(Term::Theme),
            format: field(Term::Format),
            licence: field(Term::Licence),
            access_rights: field(Term::AccessRights),
            frequency: field(Term::Frequency),
            high_value: field(Term::HighValue),
            api: field(Term::Api),
            language: field(Term::Language),
            quality: field(Term::Quality),
            kind: field(Term::Kind),
            package: field(Term::Package),
            tag: field(Term::Tag),
            licence_id: field(Term::LicenceId),
            refers: field(Term::Refers),
        }
    }
}

/// Returns the two halves of an id, which order hits that are otherwise equal.
pub(super) fn halves(id: &EntityId) -> (u64, u64) {
    let id = u128::from_be_bytes(*id.as_bytes());
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    let low = id as u64;
    ((id >> 64) as u64, low)
}

/// Returns what a kind is called in queries, and in the API.
pub const fn kind_name(kind: DatasetKind) -> &'static str {
    match kind {
        DatasetKind::Dataset => "dataset",
        DatasetKind::DataService => "data_service",
        DatasetKind::DatasetSeries => "dataset_series",
        DatasetKind::Catalogue => "catalogue",
    }
}

/// Returns the kind that is called so in queries.
pub(super) fn kind_named(name: &str) -> Option<DatasetKind> {
    let kinds = [
        DatasetKind::Dataset,
        DatasetKind::DataService,
        DatasetKind::DatasetSeries,
        DatasetKind::Catalogue,
    ];
    kinds.into_iter().find(|kind| kind_name(*kind) == name)
}

/// Fills the fields of one document.
pub(super) struct Filler {
    fields: Fields,
    analysis: Analysis,
}

impl Filler {
    /// Returns a filler of these fields.
    pub(super) fn new(fields: Fields) -> Self {
        Self { fields, analysis: Analysis::new() }
    }

    /// Returns what is indexed of a dataset.
    pub(super) fn fill(&mut self, document: &Document) -> TantivyDocument {
        let Fields { title, keyword, body, title_words, name_words, body_words, .. } = self.fields;
        let resource = &document.resource;
        let mut filled = TantivyDocument::new();
        self.identify(&mut filled, document);
        self.texts(&mut filled, title, title_words, &resource.title);
        self.texts(&mut filled, keyword, body_words, &resource.keyword);
        self.texts(&mut filled, body, body_words, &resource.description);
        for form in &resource.distribution {
            self.texts(&mut filled, body, body_words, &form.title);
            self.texts(&mut filled, body, body_words, &form.description);
        }
        for theme in vocabulary::themes_of(resource).into_iter().filter_map(vocabulary::theme) {
            filled.add_text(keyword.swedish, theme.swedish);
            filled.add_text(keyword.english, theme.english);
        }
        for place in resource.spatial.iter().filter(|place| !place.contains("://")) {
            self.words(&mut filled, body_words, place);
        }
        let publishers = resource.publisher.iter().flat_map(|publisher| &publisher.name);
        let names: BTreeSet<&str> = publishers
            .map(|name| name.text.as_str())
            .chain(core::iter::once(document.agency_name.as_str()))
            .collect();
        for name in names {
            self.words(&mut filled, name_words, name);
        }
        self.endings(&mut filled, resource);
        self.count(&mut filled, document);
        self.package(&mut filled, document);
        filled
    }

    /// Adds the ends of long words of titles and keywords.
    fn endings(&mut self, filled: &mut TantivyDocument, resource: &Resource) {
        let texts = resource.title.iter().chain(&resource.keyword);
        let mut endings = BTreeSet::new();
        for Text { text, .. } in texts {
            for word in self.analysis.words(&text::composed(text)) {
                if word.chars().count() >= COMPOUND_CHARS_MIN {
                    endings.extend(self.analysis.swedish(&word).map(|stem| text::reversed(&stem)));
                }
            }
        }
        for ending in endings {
            filled.add_text(self.fields.endings, ending);
        }
    }

    /// Adds what names the dataset and what orders it.
    fn identify(&self, filled: &mut TantivyDocument, document: &Document) {
        let Fields { id, id_high, id_low, exact, modified, title_key, .. } = self.fields;
        let (high, low) = halves(&document.id);
        filled.add_bytes(id, document.id.as_bytes());
        filled.add_u64(id_high, high);
        filled.add_u64(id_low, low);
        filled.add_text(exact, document.id.to_string());
        filled.add_text(exact, document.resource.iri.to_lowercase());
        for identifier in &document.resource.identifier {
            filled.add_text(exact, identifier.trim().to_lowercase());
        }
        filled.add_u64(modified, seconds(&document.modified));
        let title = document.resource.title_in(&["sv", "en"]).unwrap_or_default();
        filled.add_text(title_key, text::sort_key(title));
    }

    /// Adds what hits are filtered and counted by.
    fn count(&self, filled: &mut TantivyDocument, document: &Document) {
        let resource = &document.resource;
        let mut add = |term: Term, value: &str| filled.add_text(self.fields.term(term), value);
        add(Term::Agency, &document.agency.to_string());
        for code in vocabulary::themes_of(resource) {
            add(Term::Theme, code);
        }
        for known in vocabulary::licences_of(resource) {
            add(Term::Licence, &known.key);
        }
        for known in vocabulary::formats_of(resource) {
            add(Term::Format, &known.key);
        }
        for (term, concepts) in [
            (Term::AccessRights, vocabulary::access_rights_of(resource)),
            (Term::Frequency, vocabulary::frequencies_of(resource)),
            (Term::HighValue, vocabulary::high_value_categories_of(resource)),
            (Term::Language, vocabulary::languages_of(resource)),
        ] {
            for code in concepts {
                add(term, code);
            }
        }
        if document.kind == DatasetKind::DataService || vocabulary::has_api(resource) {
            add(Term::Api, YES);
        }
        if document.kind == DatasetKind::Dataset {
            add(Term::Quality, document.marks.score().rating().name());
        }
        add(Term::Kind, kind_name(document.kind));
        for iri in resource.in_series.iter().chain(&resource.serves_dataset) {
            add(Term::Refers, iri);
        }
        let Fields { marks, form_marks, points, .. } = self.fields;
        filled.add_u64(marks, document.marks.dataset);
        filled.add_u64(points, document.marks.score().points.into());
        for met in &document.marks.distributions {
            filled.add_u64(form_marks, *met);
        }
    }

    /// Adds what CKAN's clients search and sort by.
    fn package(&self, filled: &mut TantivyDocument, document: &Document) {
        let fields = &self.fields;
        filled.add_u64(fields.signed, document.signed_at.as_millis());
        let name = ckan::package_name(&document.id, &document.resource);
        filled.add_text(fields.term(Term::Package), name);
        for name in ckan::tags_of(&document.resource) {
            filled.add_text(fields.term(Term::Tag), name);
        }
        let licence = ckan::licence_of(&document.resource);
        filled.add_text(fields.term(Term::LicenceId), licence.id);
    }

    fn texts(
        &mut self,
        filled: &mut TantivyDocument,
        stems: Weighted,
        words: Field,
        texts: &[Text],
    ) {
        for Text { text, language } in texts {
            let composed = text::composed(text);
            let language = language.as_deref().and_then(|tag| tag.split('-').next());
            if !language.is_some_and(|language| language.eq_ignore_ascii_case("en")) {
                filled.add_text(stems.swedish, &composed);
            }
            if !language.is_some_and(|language| language.eq_ignore_ascii_case("sv")) {
                filled.add_text(stems.english, &composed);
            }
            self.words(filled, words, &composed);
        }
    }

    /// Adds words as they are written, and without their dots and accents.
    fn words(&mut self, filled: &mut TantivyDocument, field: Field, text: &str) {
        let composed = text::composed(text);
        let folded = self.analysis.folded(&composed);
        filled.add_text(field, composed);
        if !folded.is_empty() {
            filled.add_text(field, folded);
        }
    }
}

/// Returns a moment as agencies write it, as seconds since 1970; what lies
/// before or cannot be read is 0.
fn seconds(modified: &str) -> u64 {
    vocabulary::moment(modified).map_or(0, |moment| moment.as_millis() / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_agencies_write_them() {
        let day = seconds("2024-05-06");
        assert_eq!(day, seconds("2024-05-06T00:00:00Z"));
        assert_eq!(day, seconds("2024-05-06T02:00:00+02:00"));
        assert_eq!(seconds("2024-05-06T10:00:00"), day + 36_000);
        assert!(seconds("2024") < seconds("2024-02"));
        assert!(seconds("2024-02") < day);
        assert_eq!(seconds("förra veckan"), 0);
        assert_eq!(seconds(""), 0);
    }
}
