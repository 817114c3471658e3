//! What is asked of who publishes and whom to ask.

use dela_protocol::api::Severity;
use dela_protocol::dcat::term;

use super::{Class, Rule, Test};
use crate::check::values;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "publisher-name",
        class: Class::Agent,
        property: term::FOAF_NAME,
        test: Test::Present,
        severity: Severity::Error,
        message: "the publisher has no name",
        remedy: "add foaf:name to the publisher, in the same file",
    },
    Rule {
        id: "publisher-type",
        class: Class::Agent,
        property: term::DCTERMS_TYPE,
        test: Test::Present,
        severity: Severity::Error,
        message: "the publisher has no type",
        remedy: "add dcterms:type with a value of http://purl.org/adms/publishertype/",
    },
    Rule {
        id: "publisher-type-vocabulary",
        class: Class::Agent,
        property: term::DCTERMS_TYPE,
        test: Test::Each(values::publisher_type),
        severity: Severity::Error,
        message: "a type of publisher that is not in the vocabulary",
        remedy: "use http://purl.org/adms/publishertype/ and a word such as NationalAuthority or LocalAuthority",
    },
    Rule {
        id: "publisher-identifier",
        class: Class::Agent,
        property: term::DCTERMS_IDENTIFIER,
        test: Test::Present,
        severity: Severity::Warning,
        message: "the publisher has no organisation number",
        remedy: "add dcterms:identifier with the organisation number",
    },
    Rule {
        id: "contact-type",
        class: Class::Contact,
        property: term::RDF_TYPE,
        test: Test::Present,
        severity: Severity::Error,
        message: "the contact has no type",
        remedy: "add rdf:type vcard:Organization or vcard:Individual",
    },
    Rule {
        id: "contact-name",
        class: Class::Contact,
        property: term::VCARD_FN,
        test: Test::Present,
        severity: Severity::Error,
        message: "the contact has no name",
        remedy: "add vcard:fn to the contact, in the same file",
    },
    Rule {
        id: "contact-email",
        class: Class::Contact,
        property: term::VCARD_HAS_EMAIL,
        test: Test::Present,
        severity: Severity::Error,
        message: "the contact has no e-mail address",
        remedy: "add vcard:hasEmail with a mailto: IRI",
    },
    Rule {
        id: "contact-email-form",
        class: Class::Contact,
        property: term::VCARD_HAS_EMAIL,
        test: Test::Each(values::mailto),
        severity: Severity::Error,
        message: "an e-mail address that is not a mailto: IRI",
        remedy: "write mailto: and the address, as an IRI",
    },
    Rule {
        id: "contact-telephone",
        class: Class::Contact,
        property: term::VCARD_HAS_TELEPHONE,
        test: Test::Present,
        severity: Severity::Warning,
        message: "the contact has no telephone number",
        remedy: "add vcard:hasTelephone with a tel: IRI",
    },
];
