//! What is asked of a distribution and its checksum.

use dela_protocol::api::Severity;
use dela_protocol::dcat::term;

use super::{Class, Table, Test};
use crate::check::forms::Form;

pub(super) const RULES: Table = Table(
    Class::Distribution,
    &[
        ("distribution-iri", term::DCAT_ACCESS_URL, Test::Named, Severity::Warning),
        ("distribution-access-url", term::DCAT_ACCESS_URL, Test::Present, Severity::Error),
        (
            "distribution-access-url-form",
            term::DCAT_ACCESS_URL,
            Test::Form(Form::WebAddress),
            Severity::Error,
        ),
        ("distribution-access-url-one", term::DCAT_ACCESS_URL, Test::AtMostOne, Severity::Warning),
        (
            "distribution-download-url-form",
            term::DCAT_DOWNLOAD_URL,
            Test::Form(Form::FileAddress),
            Severity::Warning,
        ),
        ("distribution-format", term::DCTERMS_FORMAT, Test::Present, Severity::Warning),
        ("distribution-licence", term::DCTERMS_LICENSE, Test::Present, Severity::Warning),
        (
            "distribution-licence-form",
            term::DCTERMS_LICENSE,
            Test::Form(Form::Licence),
            Severity::Warning,
        ),
        ("distribution-description", term::DCTERMS_DESCRIPTION, Test::Present, Severity::Warning),
        (
            "distribution-description-language",
            term::DCTERMS_DESCRIPTION,
            Test::Languages,
            Severity::Warning,
        ),
        ("distribution-title-language", term::DCTERMS_TITLE, Test::Languages, Severity::Warning),
        ("distribution-availability", term::DCATAP_AVAILABILITY, Test::Present, Severity::Warning),
        (
            "distribution-byte-size",
            term::DCAT_BYTE_SIZE,
            Test::Form(Form::WholeNumber),
            Severity::Warning,
        ),
        (
            "distribution-issued-form",
            term::DCTERMS_ISSUED,
            Test::Form(Form::Date),
            Severity::Warning,
        ),
        (
            "distribution-modified-form",
            term::DCTERMS_MODIFIED,
            Test::Form(Form::Date),
            Severity::Warning,
        ),
    ],
);

pub(super) const CHECKSUM: Table = Table(
    Class::Checksum,
    &[
        ("checksum-value", term::SPDX_CHECKSUM_VALUE, Test::Present, Severity::Error),
        ("checksum-algorithm", term::SPDX_ALGORITHM, Test::Present, Severity::Error),
        ("checksum-algorithm-form", term::SPDX_ALGORITHM, Test::Form(Form::Iri), Severity::Error),
    ],
);
