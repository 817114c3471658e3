//! What is asked of a dataset.

use dela_protocol::api::Severity;
use dela_protocol::dcat::term;

use super::{Class, Table, Test};
use crate::check::forms::Form;

pub(super) const RULES: Table = Table(
    Class::Dataset,
    &[
        ("dataset-title", term::DCTERMS_TITLE, Test::Present, Severity::Error),
        ("dataset-title-language", term::DCTERMS_TITLE, Test::Languages, Severity::Warning),
        ("dataset-description", term::DCTERMS_DESCRIPTION, Test::Present, Severity::Error),
        (
            "dataset-description-language",
            term::DCTERMS_DESCRIPTION,
            Test::Languages,
            Severity::Warning,
        ),
        ("dataset-publisher", term::DCTERMS_PUBLISHER, Test::Present, Severity::Error),
        (
            "dataset-publisher-iri",
            term::DCTERMS_PUBLISHER,
            Test::Form(Form::Organisation),
            Severity::Warning,
        ),
        (
            "dataset-hvd-category",
            term::DCATAP_HVD_CATEGORY,
            Test::PresentForHighValue,
            Severity::Error,
        ),
        (
            "dataset-hvd-category-vocabulary",
            term::DCATAP_HVD_CATEGORY,
            Test::Form(Form::HighValueCategory),
            Severity::Warning,
        ),
        ("dataset-contact", term::DCAT_CONTACT_POINT, Test::Present, Severity::Warning),
        ("dataset-keyword", term::DCAT_KEYWORD, Test::Present, Severity::Warning),
        ("dataset-keyword-language", term::DCAT_KEYWORD, Test::Languages, Severity::Warning),
        ("dataset-theme", term::DCAT_THEME, Test::Present, Severity::Warning),
        ("dataset-theme-vocabulary", term::DCAT_THEME, Test::Form(Form::Theme), Severity::Warning),
        ("dataset-issued", term::DCTERMS_ISSUED, Test::Present, Severity::Warning),
        ("dataset-issued-form", term::DCTERMS_ISSUED, Test::Form(Form::Date), Severity::Warning),
        (
            "dataset-modified-form",
            term::DCTERMS_MODIFIED,
            Test::Form(Form::Date),
            Severity::Warning,
        ),
        ("dataset-conforms-to", term::DCTERMS_CONFORMS_TO, Test::Present, Severity::Warning),
        ("dataset-spatial", term::DCTERMS_SPATIAL, Test::Present, Severity::Warning),
        ("dataset-temporal", term::DCTERMS_TEMPORAL, Test::Present, Severity::Warning),
        ("dataset-access-rights", term::DCTERMS_ACCESS_RIGHTS, Test::Present, Severity::Warning),
        (
            "dataset-access-rights-vocabulary",
            term::DCTERMS_ACCESS_RIGHTS,
            Test::Form(Form::AccessRights),
            Severity::Warning,
        ),
        (
            "dataset-frequency-vocabulary",
            term::DCTERMS_ACCRUAL_PERIODICITY,
            Test::Form(Form::Frequency),
            Severity::Warning,
        ),
        (
            "dataset-language-vocabulary",
            term::DCTERMS_LANGUAGE,
            Test::Form(Form::LanguageCode),
            Severity::Warning,
        ),
        (
            "dataset-landing-page",
            term::DCAT_LANDING_PAGE,
            Test::Form(Form::WebAddress),
            Severity::Warning,
        ),
    ],
);
