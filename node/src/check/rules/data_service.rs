//! What is asked of a data service.

use dela_protocol::api::Severity;
use dela_protocol::dcat::term;

use super::{Class, Table, Test};
use crate::check::forms::Form;

pub(super) const RULES: Table = Table(
    Class::DataService,
    &[
        ("data-service-title", term::DCTERMS_TITLE, Test::Present, Severity::Error),
        ("data-service-title-language", term::DCTERMS_TITLE, Test::Languages, Severity::Warning),
        ("data-service-endpoint", term::DCAT_ENDPOINT_URL, Test::Present, Severity::Error),
        (
            "data-service-endpoint-form",
            term::DCAT_ENDPOINT_URL,
            Test::Form(Form::WebAddress),
            Severity::Error,
        ),
        (
            "data-service-hvd-category",
            term::DCATAP_HVD_CATEGORY,
            Test::PresentForHighValue,
            Severity::Error,
        ),
        (
            "data-service-hvd-category-vocabulary",
            term::DCATAP_HVD_CATEGORY,
            Test::Form(Form::HighValueCategory),
            Severity::Warning,
        ),
        (
            "data-service-hvd-contact",
            term::DCAT_CONTACT_POINT,
            Test::PresentForHighValue,
            Severity::Error,
        ),
        (
            "data-service-hvd-documentation",
            term::FOAF_PAGE,
            Test::PresentForHighValue,
            Severity::Error,
        ),
        (
            "data-service-hvd-dataset",
            term::DCAT_SERVES_DATASET,
            Test::PresentForHighValue,
            Severity::Error,
        ),
        (
            "data-service-endpoint-description",
            term::DCAT_ENDPOINT_DESCRIPTION,
            Test::Present,
            Severity::Warning,
        ),
        ("data-service-contact", term::DCAT_CONTACT_POINT, Test::Present, Severity::Warning),
        ("data-service-keyword", term::DCAT_KEYWORD, Test::Present, Severity::Warning),
        ("data-service-keyword-language", term::DCAT_KEYWORD, Test::Languages, Severity::Warning),
        (
            "data-service-access-rights",
            term::DCTERMS_ACCESS_RIGHTS,
            Test::Present,
            Severity::Warning,
        ),
        (
            "data-service-access-rights-vocabulary",
            term::DCTERMS_ACCESS_RIGHTS,
            Test::Form(Form::AccessRights),
            Severity::Warning,
        ),
        (
            "data-service-publisher-iri",
            term::DCTERMS_PUBLISHER,
            Test::Form(Form::Organisation),
            Severity::Warning,
        ),
        (
            "data-service-theme-vocabulary",
            term::DCAT_THEME,
            Test::Form(Form::Theme),
            Severity::Warning,
        ),
    ],
);
