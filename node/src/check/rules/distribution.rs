//! What is asked of a distribution and its checksums.

use dela_protocol::api::Severity;
use dela_protocol::dcat::term;

use super::{Class, Rule, Test};
use crate::check::values;

const SPDX_CHECKSUM_VALUE: &str = "http://spdx.org/rdf/terms#checksumValue";
const SPDX_ALGORITHM: &str = "http://spdx.org/rdf/terms#algorithm";

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "distribution-access-url",
        class: Class::Distribution,
        property: term::DCAT_ACCESS_URL,
        test: Test::Present,
        severity: Severity::Error,
        message: "the distribution has no address",
        remedy: "add dcat:accessURL with the address where the data can be had",
    },
    Rule {
        id: "distribution-access-url-form",
        class: Class::Distribution,
        property: term::DCAT_ACCESS_URL,
        test: Test::Each(values::web_address),
        severity: Severity::Error,
        message: "an access address that is not a web address",
        remedy: "give an address that begins with https://, as an IRI",
    },
    Rule {
        id: "distribution-download-url-form",
        class: Class::Distribution,
        property: term::DCAT_DOWNLOAD_URL,
        test: Test::Each(values::file_address),
        severity: Severity::Warning,
        message: "a download address that cannot be fetched",
        remedy: "give an address that begins with https://, as an IRI",
    },
    Rule {
        id: "distribution-format",
        class: Class::Distribution,
        property: term::DCTERMS_FORMAT,
        test: Test::Present,
        severity: Severity::Warning,
        message: "the distribution has no format",
        remedy: "add dcterms:format with a media type such as text/csv",
    },
    Rule {
        id: "distribution-licence",
        class: Class::Distribution,
        property: term::DCTERMS_LICENSE,
        test: Test::Present,
        severity: Severity::Warning,
        message: "the distribution has no licence",
        remedy: "add dcterms:license, such as <http://creativecommons.org/publicdomain/zero/1.0/>",
    },
    Rule {
        id: "distribution-licence-form",
        class: Class::Distribution,
        property: term::DCTERMS_LICENSE,
        test: Test::Each(values::licence),
        severity: Severity::Warning,
        message: "a licence that others do not recognise",
        remedy: "use the exact IRI: <http://creativecommons.org/publicdomain/zero/1.0/> or <http://creativecommons.org/licenses/by/4.0/>, with http and the last slash",
    },
    Rule {
        id: "distribution-description",
        class: Class::Distribution,
        property: term::DCTERMS_DESCRIPTION,
        test: Test::Present,
        severity: Severity::Warning,
        message: "the distribution has no description",
        remedy: "add dcterms:description that says what it is, marked with its language",
    },
    Rule {
        id: "distribution-description-language",
        class: Class::Distribution,
        property: term::DCTERMS_DESCRIPTION,
        test: Test::Languages,
        severity: Severity::Warning,
        message: "a description without a language",
        remedy: "mark it with its language: sv, en",
    },
    Rule {
        id: "distribution-title-language",
        class: Class::Distribution,
        property: term::DCTERMS_TITLE,
        test: Test::Languages,
        severity: Severity::Warning,
        message: "a title without a language",
        remedy: "mark it with its language: sv, en",
    },
    Rule {
        id: "distribution-availability",
        class: Class::Distribution,
        property: term::DCATAP_AVAILABILITY,
        test: Test::Present,
        severity: Severity::Warning,
        message: "the distribution has no availability",
        remedy: "add dcatap:availability with a value of the EU vocabulary of planned availability",
    },
    Rule {
        id: "distribution-byte-size",
        class: Class::Distribution,
        property: term::DCAT_BYTE_SIZE,
        test: Test::Each(values::whole_number),
        severity: Severity::Warning,
        message: "a size that is not a number of bytes",
        remedy: "give a whole number, xsd:nonNegativeInteger",
    },
    Rule {
        id: "checksum-value",
        class: Class::Checksum,
        property: SPDX_CHECKSUM_VALUE,
        test: Test::Present,
        severity: Severity::Error,
        message: "the checksum has no value",
        remedy: "add spdx:checksumValue",
    },
    Rule {
        id: "checksum-algorithm",
        class: Class::Checksum,
        property: SPDX_ALGORITHM,
        test: Test::Present,
        severity: Severity::Error,
        message: "the checksum has no algorithm",
        remedy: "add spdx:algorithm, such as spdx:checksumAlgorithm_sha256",
    },
    Rule {
        id: "checksum-algorithm-form",
        class: Class::Checksum,
        property: SPDX_ALGORITHM,
        test: Test::Each(values::any_iri),
        severity: Severity::Error,
        message: "an algorithm that is not an IRI",
        remedy: "use an IRI such as http://spdx.org/rdf/terms#checksumAlgorithm_sha256",
    },
];
