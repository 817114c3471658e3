//! What is asked of a catalogue.

use dela_protocol::api::Severity;
use dela_protocol::dcat::term;

use super::{Class, Table, Test};
use crate::check::forms::Form;

pub(super) const RULES: Table = Table(
    Class::Catalogue,
    &[
        ("catalogue-title", term::DCTERMS_TITLE, Test::Present, Severity::Error),
        ("catalogue-title-language", term::DCTERMS_TITLE, Test::Languages, Severity::Warning),
        ("catalogue-description", term::DCTERMS_DESCRIPTION, Test::Present, Severity::Error),
        (
            "catalogue-description-language",
            term::DCTERMS_DESCRIPTION,
            Test::Languages,
            Severity::Warning,
        ),
        ("catalogue-publisher", term::DCTERMS_PUBLISHER, Test::Present, Severity::Error),
        (
            "catalogue-publisher-iri",
            term::DCTERMS_PUBLISHER,
            Test::Form(Form::Organisation),
            Severity::Warning,
        ),
        ("catalogue-licence", term::DCTERMS_LICENSE, Test::Present, Severity::Error),
        ("catalogue-licence-cc0", term::DCTERMS_LICENSE, Test::Form(Form::Cc0), Severity::Error),
        ("catalogue-issued", term::DCTERMS_ISSUED, Test::Present, Severity::Warning),
        ("catalogue-issued-form", term::DCTERMS_ISSUED, Test::Form(Form::Date), Severity::Warning),
        ("catalogue-language", term::DCTERMS_LANGUAGE, Test::Present, Severity::Warning),
        (
            "catalogue-language-vocabulary",
            term::DCTERMS_LANGUAGE,
            Test::Form(Form::LanguageCode),
            Severity::Warning,
        ),
        ("catalogue-modified", term::DCTERMS_MODIFIED, Test::Present, Severity::Warning),
        (
            "catalogue-modified-form",
            term::DCTERMS_MODIFIED,
            Test::Form(Form::Date),
            Severity::Warning,
        ),
        ("catalogue-homepage", term::FOAF_HOMEPAGE, Test::Present, Severity::Warning),
        ("catalogue-spatial", term::DCTERMS_SPATIAL, Test::Present, Severity::Warning),
        ("catalogue-themes", term::DCAT_THEME_TAXONOMY, Test::Present, Severity::Warning),
    ],
);
