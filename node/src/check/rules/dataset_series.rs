//! What is asked of a dataset series.

use dela_protocol::api::Severity;
use dela_protocol::dcat::term;

use super::{Class, Table, Test};
use crate::check::forms::Form;

pub(super) const RULES: Table = Table(
    Class::DatasetSeries,
    &[
        ("series-title", term::DCTERMS_TITLE, Test::Present, Severity::Error),
        ("series-title-language", term::DCTERMS_TITLE, Test::Languages, Severity::Warning),
        ("series-description", term::DCTERMS_DESCRIPTION, Test::Present, Severity::Error),
        (
            "series-description-language",
            term::DCTERMS_DESCRIPTION,
            Test::Languages,
            Severity::Warning,
        ),
        ("series-publisher", term::DCTERMS_PUBLISHER, Test::Present, Severity::Error),
        (
            "series-publisher-iri",
            term::DCTERMS_PUBLISHER,
            Test::Form(Form::Organisation),
            Severity::Warning,
        ),
        (
            "series-hvd-category",
            term::DCATAP_HVD_CATEGORY,
            Test::PresentForHighValue,
            Severity::Error,
        ),
        (
            "series-hvd-category-vocabulary",
            term::DCATAP_HVD_CATEGORY,
            Test::Form(Form::HighValueCategory),
            Severity::Warning,
        ),
        ("series-contact", term::DCAT_CONTACT_POINT, Test::Present, Severity::Warning),
        ("series-keyword", term::DCAT_KEYWORD, Test::Present, Severity::Warning),
        ("series-keyword-language", term::DCAT_KEYWORD, Test::Languages, Severity::Warning),
        ("series-theme", term::DCAT_THEME, Test::Present, Severity::Warning),
        ("series-theme-vocabulary", term::DCAT_THEME, Test::Form(Form::Theme), Severity::Warning),
        ("series-conforms-to", term::DCTERMS_CONFORMS_TO, Test::Present, Severity::Warning),
        ("series-issued", term::DCTERMS_ISSUED, Test::Present, Severity::Warning),
        ("series-issued-form", term::DCTERMS_ISSUED, Test::Form(Form::Date), Severity::Warning),
        ("series-spatial", term::DCTERMS_SPATIAL, Test::Present, Severity::Warning),
        ("series-temporal", term::DCTERMS_TEMPORAL, Test::Present, Severity::Warning),
        (
            "series-frequency-vocabulary",
            term::DCTERMS_ACCRUAL_PERIODICITY,
            Test::Form(Form::Frequency),
            Severity::Warning,
        ),
    ],
);
