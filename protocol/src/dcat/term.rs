//! The IRIs of the terms that are read here, by vocabulary.
//!
//! Invariant: a term's name is its prefix and its local name. Where class and
//! property differ only in case, the class has `CLASS` in its name.

/// `type` of RDF.
pub const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
/// `value` of RDF.
pub const RDF_VALUE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#value";
/// `label` of RDF Schema.
pub const RDFS_LABEL: &str = "http://www.w3.org/2000/01/rdf-schema#label";
/// `Catalog` of DCAT 3.
pub const DCAT_CLASS_CATALOG: &str = "http://www.w3.org/ns/dcat#Catalog";
/// `Dataset` of DCAT 3.
pub const DCAT_CLASS_DATASET: &str = "http://www.w3.org/ns/dcat#Dataset";
/// `DatasetSeries` of DCAT 3.
pub const DCAT_DATASET_SERIES: &str = "http://www.w3.org/ns/dcat#DatasetSeries";
/// `DataService` of DCAT 3.
pub const DCAT_DATA_SERVICE: &str = "http://www.w3.org/ns/dcat#DataService";
/// `Distribution` of DCAT 3.
pub const DCAT_CLASS_DISTRIBUTION: &str = "http://www.w3.org/ns/dcat#Distribution";
/// `CatalogRecord` of DCAT 3.
pub const DCAT_CATALOG_RECORD: &str = "http://www.w3.org/ns/dcat#CatalogRecord";
/// `dataset` of DCAT 3.
pub const DCAT_DATASET: &str = "http://www.w3.org/ns/dcat#dataset";
/// `service` of DCAT 3.
pub const DCAT_SERVICE: &str = "http://www.w3.org/ns/dcat#service";
/// `catalog` of DCAT 3.
pub const DCAT_CATALOG: &str = "http://www.w3.org/ns/dcat#catalog";
/// `record` of DCAT 3.
pub const DCAT_RECORD: &str = "http://www.w3.org/ns/dcat#record";
/// `distribution` of DCAT 3.
pub const DCAT_DISTRIBUTION: &str = "http://www.w3.org/ns/dcat#distribution";
/// `keyword` of DCAT 3.
pub const DCAT_KEYWORD: &str = "http://www.w3.org/ns/dcat#keyword";
/// `theme` of DCAT 3.
pub const DCAT_THEME: &str = "http://www.w3.org/ns/dcat#theme";
/// `contactPoint` of DCAT 3.
pub const DCAT_CONTACT_POINT: &str = "http://www.w3.org/ns/dcat#contactPoint";
/// `landingPage` of DCAT 3.
pub const DCAT_LANDING_PAGE: &str = "http://www.w3.org/ns/dcat#landingPage";
/// `accessURL` of DCAT 3.
pub const DCAT_ACCESS_URL: &str = "http://www.w3.org/ns/dcat#accessURL";
/// `downloadURL` of DCAT 3.
pub const DCAT_DOWNLOAD_URL: &str = "http://www.w3.org/ns/dcat#downloadURL";
/// `accessService` of DCAT 3.
pub const DCAT_ACCESS_SERVICE: &str = "http://www.w3.org/ns/dcat#accessService";
/// `mediaType` of DCAT 3.
pub const DCAT_MEDIA_TYPE: &str = "http://www.w3.org/ns/dcat#mediaType";
/// `byteSize` of DCAT 3.
pub const DCAT_BYTE_SIZE: &str = "http://www.w3.org/ns/dcat#byteSize";
/// `endpointURL` of DCAT 3.
pub const DCAT_ENDPOINT_URL: &str = "http://www.w3.org/ns/dcat#endpointURL";
/// `endpointDescription` of DCAT 3.
pub const DCAT_ENDPOINT_DESCRIPTION: &str = "http://www.w3.org/ns/dcat#endpointDescription";
/// `servesDataset` of DCAT 3.
pub const DCAT_SERVES_DATASET: &str = "http://www.w3.org/ns/dcat#servesDataset";
/// `inSeries` of DCAT 3.
pub const DCAT_IN_SERIES: &str = "http://www.w3.org/ns/dcat#inSeries";
/// `startDate` of DCAT 3.
pub const DCAT_START_DATE: &str = "http://www.w3.org/ns/dcat#startDate";
/// `endDate` of DCAT 3.
pub const DCAT_END_DATE: &str = "http://www.w3.org/ns/dcat#endDate";
/// `title` of DCMI Metadata Terms.
pub const DCTERMS_TITLE: &str = "http://purl.org/dc/terms/title";
/// `description` of DCMI Metadata Terms.
pub const DCTERMS_DESCRIPTION: &str = "http://purl.org/dc/terms/description";
/// `publisher` of DCMI Metadata Terms.
pub const DCTERMS_PUBLISHER: &str = "http://purl.org/dc/terms/publisher";
/// `creator` of DCMI Metadata Terms.
pub const DCTERMS_CREATOR: &str = "http://purl.org/dc/terms/creator";
/// `identifier` of DCMI Metadata Terms.
pub const DCTERMS_IDENTIFIER: &str = "http://purl.org/dc/terms/identifier";
/// `issued` of DCMI Metadata Terms.
pub const DCTERMS_ISSUED: &str = "http://purl.org/dc/terms/issued";
/// `modified` of DCMI Metadata Terms.
pub const DCTERMS_MODIFIED: &str = "http://purl.org/dc/terms/modified";
/// `accessRights` of DCMI Metadata Terms.
pub const DCTERMS_ACCESS_RIGHTS: &str = "http://purl.org/dc/terms/accessRights";
/// `license` of DCMI Metadata Terms.
pub const DCTERMS_LICENSE: &str = "http://purl.org/dc/terms/license";
/// `rights` of DCMI Metadata Terms.
pub const DCTERMS_RIGHTS: &str = "http://purl.org/dc/terms/rights";
/// `accrualPeriodicity` of DCMI Metadata Terms.
pub const DCTERMS_ACCRUAL_PERIODICITY: &str = "http://purl.org/dc/terms/accrualPeriodicity";
/// `spatial` of DCMI Metadata Terms.
pub const DCTERMS_SPATIAL: &str = "http://purl.org/dc/terms/spatial";
/// `temporal` of DCMI Metadata Terms.
pub const DCTERMS_TEMPORAL: &str = "http://purl.org/dc/terms/temporal";
/// `language` of DCMI Metadata Terms.
pub const DCTERMS_LANGUAGE: &str = "http://purl.org/dc/terms/language";
/// `conformsTo` of DCMI Metadata Terms.
pub const DCTERMS_CONFORMS_TO: &str = "http://purl.org/dc/terms/conformsTo";
/// `format` of DCMI Metadata Terms.
pub const DCTERMS_FORMAT: &str = "http://purl.org/dc/terms/format";
/// `type` of DCMI Metadata Terms.
pub const DCTERMS_TYPE: &str = "http://purl.org/dc/terms/type";
/// `hasPart` of DCMI Metadata Terms.
pub const DCTERMS_HAS_PART: &str = "http://purl.org/dc/terms/hasPart";
/// `hvdCategory` of DCAT-AP.
pub const DCATAP_HVD_CATEGORY: &str = "http://data.europa.eu/r5r/hvdCategory";
/// `applicableLegislation` of DCAT-AP.
pub const DCATAP_APPLICABLE_LEGISLATION: &str = "http://data.europa.eu/r5r/applicableLegislation";
/// `availability` of DCAT-AP.
pub const DCATAP_AVAILABILITY: &str = "http://data.europa.eu/r5r/availability";
/// `name` of FOAF.
pub const FOAF_NAME: &str = "http://xmlns.com/foaf/0.1/name";
/// `Agent` of FOAF.
pub const FOAF_AGENT: &str = "http://xmlns.com/foaf/0.1/Agent";
/// `Organization` of FOAF.
pub const FOAF_ORGANIZATION: &str = "http://xmlns.com/foaf/0.1/Organization";
/// `homepage` of FOAF.
pub const FOAF_HOMEPAGE: &str = "http://xmlns.com/foaf/0.1/homepage";
/// `page` of FOAF.
pub const FOAF_PAGE: &str = "http://xmlns.com/foaf/0.1/page";
/// `mbox` of FOAF.
pub const FOAF_MBOX: &str = "http://xmlns.com/foaf/0.1/mbox";
/// `fn` of vCard.
pub const VCARD_FN: &str = "http://www.w3.org/2006/vcard/ns#fn";
/// `hasEmail` of vCard.
pub const VCARD_HAS_EMAIL: &str = "http://www.w3.org/2006/vcard/ns#hasEmail";
/// `hasTelephone` of vCard.
pub const VCARD_HAS_TELEPHONE: &str = "http://www.w3.org/2006/vcard/ns#hasTelephone";
/// `hasURL` of vCard.
pub const VCARD_HAS_URL: &str = "http://www.w3.org/2006/vcard/ns#hasURL";
/// `hasValue` of vCard.
pub const VCARD_HAS_VALUE: &str = "http://www.w3.org/2006/vcard/ns#hasValue";
/// `Organization` of vCard.
pub const VCARD_ORGANIZATION: &str = "http://www.w3.org/2006/vcard/ns#Organization";
/// `Kind` of vCard.
pub const VCARD_KIND: &str = "http://www.w3.org/2006/vcard/ns#Kind";
/// `prefLabel` of SKOS.
pub const SKOS_PREF_LABEL: &str = "http://www.w3.org/2004/02/skos/core#prefLabel";
/// `bbox` of DCAT.
pub const DCAT_BBOX: &str = "http://www.w3.org/ns/dcat#bbox";
/// `centroid` of DCAT.
pub const DCAT_CENTROID: &str = "http://www.w3.org/ns/dcat#centroid";
/// `geometry` of the ISA Core Location Vocabulary.
pub const LOCN_GEOMETRY: &str = "http://www.w3.org/ns/locn#geometry";
/// `startDate` of schema.org.
pub const SCHEMA_START_DATE: &str = "http://schema.org/startDate";
/// `endDate` of schema.org.
pub const SCHEMA_END_DATE: &str = "http://schema.org/endDate";

/// `themeTaxonomy` of DCAT.
pub const DCAT_THEME_TAXONOMY: &str = "http://www.w3.org/ns/dcat#themeTaxonomy";
/// `hasPart` of DCAT, which does not exist but is used.
pub const DCAT_HAS_PART: &str = "http://www.w3.org/ns/dcat#hasPart";
/// `isPartOf` of DCMI Metadata Terms.
pub const DCTERMS_IS_PART_OF: &str = "http://purl.org/dc/terms/isPartOf";
/// `checksum` of SPDX.
pub const SPDX_CHECKSUM: &str = "http://spdx.org/rdf/terms#checksum";
/// `checksumValue` of SPDX.
pub const SPDX_CHECKSUM_VALUE: &str = "http://spdx.org/rdf/terms#checksumValue";
/// `algorithm` of SPDX.
pub const SPDX_ALGORITHM: &str = "http://spdx.org/rdf/terms#algorithm";

/// The namespace of XML Schema datatypes.
pub const XSD: &str = "http://www.w3.org/2001/XMLSchema#";

/// `dcterms:Location`, the class.
pub const DCTERMS_LOCATION: &str = "http://purl.org/dc/terms/Location";
/// `dcterms:PeriodOfTime`, the class.
pub const DCTERMS_PERIOD_OF_TIME: &str = "http://purl.org/dc/terms/PeriodOfTime";
/// `vcard:Voice`, the class of telephone numbers.
pub const VCARD_VOICE: &str = "http://www.w3.org/2006/vcard/ns#Voice";
