//! What is asked of who publishes and whom to ask.

use dela_protocol::api::Severity;
use dela_protocol::dcat::term;

use super::{Class, Table, Test};
use crate::check::forms::Form;

pub(super) const PUBLISHER: Table = Table(
    Class::Agent,
    &[
        ("publisher-iri", term::FOAF_NAME, Test::Named, Severity::Warning),
        ("publisher-name", term::FOAF_NAME, Test::Present, Severity::Error),
        ("publisher-type", term::DCTERMS_TYPE, Test::Present, Severity::Error),
        (
            "publisher-type-vocabulary",
            term::DCTERMS_TYPE,
            Test::Form(Form::PublisherType),
            Severity::Error,
        ),
        ("publisher-identifier", term::DCTERMS_IDENTIFIER, Test::Present, Severity::Warning),
    ],
);

pub(super) const CONTACT: Table = Table(
    Class::Contact,
    &[
        ("contact-iri", term::VCARD_FN, Test::Named, Severity::Warning),
        ("contact-type", term::RDF_TYPE, Test::Present, Severity::Error),
        ("contact-name", term::VCARD_FN, Test::Present, Severity::Error),
        ("contact-email", term::VCARD_HAS_EMAIL, Test::Present, Severity::Error),
        ("contact-email-form", term::VCARD_HAS_EMAIL, Test::Form(Form::Mailto), Severity::Error),
        ("contact-telephone", term::VCARD_HAS_TELEPHONE, Test::Present, Severity::Warning),
    ],
);
