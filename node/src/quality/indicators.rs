//! The indicators: what each asks, of what, and what it is worth.
//!
//! Source: the method of data.europa.eu's Metadata Quality Assessment
//! (data.europa.eu/mqa/methodology), with its lists of formats.

use dela_protocol::dcat::{Distribution, Resource, Text, term};
use dela_protocol::description::Description;

use crate::language::{Words, words};
use crate::{check, vocabulary};

/// What an indicator belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// Whether people and programs find it: 100 points.
    Findability,
    /// Whether it can be had: 100 points.
    Accessibility,
    /// Whether programs can read it: 110 points.
    Interoperability,
    /// Whether one may use it: 75 points.
    Reusability,
    /// Whether one can judge it: 20 points.
    Contextuality,
}

impl Dimension {
    /// Every dimension, in the order of the method.
    pub const ALL: [Self; 5] = [
        Self::Findability,
        Self::Accessibility,
        Self::Interoperability,
        Self::Reusability,
        Self::Contextuality,
    ];

    /// Returns its name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Findability => "findability",
            Self::Accessibility => "accessibility",
            Self::Interoperability => "interoperability",
            Self::Reusability => "reusability",
            Self::Contextuality => "contextuality",
        }
    }

    /// Returns what people call it.
    pub const fn words(self) -> Words {
        match self {
            Self::Findability => words("Sökbarhet", "Findability"),
            Self::Accessibility => words("Tillgänglighet", "Accessibility"),
            Self::Interoperability => words("Interoperabilitet", "Interoperability"),
            Self::Reusability => words("Återanvändbarhet", "Reusability"),
            Self::Contextuality => words("Kontext", "Contextuality"),
        }
    }
}

/// Of what an indicator is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Of each dataset.
    Dataset,
    /// Of each distribution; in a catalogue its share of the distributions
    /// counts.
    Distribution,
    /// Of the best distribution of each dataset; in a catalogue its share of the
    /// datasets counts.
    BestDistribution,
}

/// An indicator of the method.
#[derive(Debug, Clone, Copy)]
pub struct Indicator {
    /// Its name in the API: `keyword_usage`.
    pub name: &'static str,
    /// What it belongs to.
    pub dimension: Dimension,
    /// What it is asked of.
    pub of: Of,
    /// What meeting it is worth.
    pub points: u32,
    /// Whether a node can know, without asking others.
    pub checked: bool,
    /// What people call it.
    pub label: Words,
    /// What to do to meet it.
    pub remedy: Words,
}

const fn indicator(
    name: &'static str,
    dimension: Dimension,
    of: Of,
    points: u32,
    label: Words,
    remedy: Words,
) -> Indicator {
    Indicator { name, dimension, of, points, checked: true, label, remedy }
}

impl Indicator {
    const fn unchecked(self) -> Self {
        Self { checked: false, ..self }
    }

    /// Returns its place among [`INDICATORS`]: its bit in the marks.
    pub fn bit(name: &str) -> Option<u32> {
        let place = INDICATORS.iter().position(|indicator| indicator.name == name)?;
        u32::try_from(place).ok()
    }
}

/// The indicators, in the order of the method. A place is a bit of the marks:
/// the search index keeps them, so whoever changes it raises the index's
/// version.
pub const INDICATORS: [Indicator; 23] = [
    indicator(
        "keyword_usage",
        Dimension::Findability,
        Of::Dataset,
        30,
        words("Nyckelord", "Keywords"),
        words("lägg till minst ett dcat:keyword", "add at least one dcat:keyword"),
    ),
    indicator(
        "categories",
        Dimension::Findability,
        Of::Dataset,
        30,
        words("Teman", "Themes"),
        words("lägg till minst ett dcat:theme", "add at least one dcat:theme"),
    ),
    indicator(
        "geo_search",
        Dimension::Findability,
        Of::Dataset,
        20,
        words("Geografiskt område", "Area"),
        words("lägg till dcterms:spatial", "add dcterms:spatial"),
    ),
    indicator(
        "time_based_search",
        Dimension::Findability,
        Of::Dataset,
        20,
        words("Tidsperiod", "Period"),
        words("lägg till dcterms:temporal", "add dcterms:temporal"),
    ),
    indicator(
        "access_url_status",
        Dimension::Accessibility,
        Of::Distribution,
        50,
        words("Åtkomstadressen svarar", "The access address answers"),
        words(
            "ange en dcat:accessURL som svarar när den anropas",
            "give a dcat:accessURL that answers when it is called",
        ),
    )
    .unchecked(),
    indicator(
        "download_url",
        Dimension::Accessibility,
        Of::Distribution,
        20,
        words("Nedladdningsadress", "Download address"),
        words(
            "lägg till dcat:downloadURL med filens egen adress",
            "add dcat:downloadURL with the address of the file itself",
        ),
    ),
    indicator(
        "download_url_status",
        Dimension::Accessibility,
        Of::Distribution,
        30,
        words("Nedladdningsadressen svarar", "The download address answers"),
        words(
            "ange en dcat:downloadURL som svarar när den anropas",
            "give a dcat:downloadURL that answers when it is called",
        ),
    )
    .unchecked(),
    indicator(
        "format",
        Dimension::Interoperability,
        Of::BestDistribution,
        20,
        words("Format", "Format"),
        words("lägg till dcterms:format", "add dcterms:format"),
    ),
    indicator(
        "media_type",
        Dimension::Interoperability,
        Of::BestDistribution,
        10,
        words("Mediatyp", "Media type"),
        words("lägg till dcat:mediaType", "add dcat:mediaType"),
    ),
    indicator(
        "format_vocabulary",
        Dimension::Interoperability,
        Of::BestDistribution,
        10,
        words("Format och mediatyp ur vokabulär", "Format and media type from vocabularies"),
        words(
            "ange formatet ur EU:s filtyper och mediatypen ur IANA:s register, båda som IRI",
            "give the format from the EU's file types and the media type from IANA's, both as IRIs",
        ),
    ),
    indicator(
        "non_proprietary",
        Dimension::Interoperability,
        Of::BestDistribution,
        20,
        words("Öppet format", "Non-proprietary format"),
        words(
            "erbjud data också i ett öppet format som CSV, JSON eller XML",
            "offer the data also in an open format such as CSV, JSON or XML",
        ),
    ),
    indicator(
        "machine_readable",
        Dimension::Interoperability,
        Of::BestDistribution,
        20,
        words("Maskinläsbart format", "Machine-readable format"),
        words(
            "erbjud data också i ett format som program läser: CSV, JSON, XML, XLSX",
            "offer the data also in a format programs read: CSV, JSON, XML, XLSX",
        ),
    ),
    indicator(
        "dcat_ap_compliance",
        Dimension::Interoperability,
        Of::Dataset,
        30,
        words("Följer DCAT-AP", "Complies with DCAT-AP"),
        words(
            "åtgärda det som `dela check --profile dcat-ap` listar",
            "mend what `dela check --profile dcat-ap` lists",
        ),
    ),
    indicator(
        "licence",
        Dimension::Reusability,
        Of::Distribution,
        20,
        words("Licens", "Licence"),
        words(
            "lägg till dcterms:license på distributionen",
            "add dcterms:license to the distribution",
        ),
    ),
    indicator(
        "licence_vocabulary",
        Dimension::Reusability,
        Of::Distribution,
        10,
        words("Känd licens", "Known licence"),
        words(
            "ange licensens exakta IRI, till exempel http://creativecommons.org/publicdomain/zero/1.0/",
            "give the exact IRI of the licence, such as http://creativecommons.org/publicdomain/zero/1.0/",
        ),
    ),
    indicator(
        "access_rights",
        Dimension::Reusability,
        Of::Dataset,
        10,
        words("Åtkomsträttigheter", "Access rights"),
        words("lägg till dcterms:accessRights", "add dcterms:accessRights"),
    ),
    indicator(
        "access_rights_vocabulary",
        Dimension::Reusability,
        Of::Dataset,
        5,
        words("Åtkomsträttigheter ur vokabulär", "Access rights from the vocabulary"),
        words(
            "använd PUBLIC, RESTRICTED eller NON_PUBLIC ur EU:s vokabulär",
            "use PUBLIC, RESTRICTED or NON_PUBLIC of the EU vocabulary",
        ),
    ),
    indicator(
        "contact_point",
        Dimension::Reusability,
        Of::Dataset,
        20,
        words("Kontakt", "Contact"),
        words("lägg till dcat:contactPoint", "add dcat:contactPoint"),
    ),
    indicator(
        "publisher",
        Dimension::Reusability,
        Of::Dataset,
        10,
        words("Utgivare", "Publisher"),
        words("lägg till dcterms:publisher", "add dcterms:publisher"),
    ),
    indicator(
        "rights",
        Dimension::Contextuality,
        Of::Distribution,
        5,
        words("Rättigheter", "Rights"),
        words(
            "lägg till dcterms:rights på distributionen",
            "add dcterms:rights to the distribution",
        ),
    ),
    indicator(
        "byte_size",
        Dimension::Contextuality,
        Of::Distribution,
        5,
        words("Filstorlek", "File size"),
        words("lägg till dcat:byteSize", "add dcat:byteSize"),
    ),
    indicator(
        "issued",
        Dimension::Contextuality,
        Of::Dataset,
        5,
        words("Utgivningsdatum", "Date of issue"),
        words("lägg till dcterms:issued", "add dcterms:issued"),
    ),
    indicator(
        "modified",
        Dimension::Contextuality,
        Of::Dataset,
        5,
        words("Ändringsdatum", "Date of change"),
        words("lägg till dcterms:modified", "add dcterms:modified"),
    ),
];

/// Joins what holds to bits, by the names of indicators.
fn bits<const N: usize>(holds: [(&str, bool); N]) -> u64 {
    let met = holds.into_iter().filter(|(_, holds)| *holds);
    met.filter_map(|(name, _)| Indicator::bit(name)).fold(0, |bits, bit| bits | 1 << bit)
}

fn any(values: &[String]) -> bool {
    values.iter().any(|value| !value.trim().is_empty())
}

fn any_text(texts: &[Text]) -> bool {
    texts.iter().any(|text| !text.text.trim().is_empty())
}

/// Returns which of the indicators asked of datasets this one meets.
pub(super) fn met_by_dataset(description: &Description, resource: &Resource) -> u64 {
    let entity = dela_protocol::description::Node::Iri(description.iri().to_owned());
    let is_said = |predicate: &str| !description.objects(&entity, predicate).is_empty();
    let forms = &resource.distribution;
    bits([
        ("keyword_usage", any_text(&resource.keyword)),
        ("categories", is_said(term::DCAT_THEME)),
        ("geo_search", is_said(term::DCTERMS_SPATIAL)),
        ("time_based_search", is_said(term::DCTERMS_TEMPORAL)),
        ("dcat_ap_compliance", check::conforms_to_dcat_ap(description)),
        ("access_rights", is_said(term::DCTERMS_ACCESS_RIGHTS)),
        (
            "access_rights_vocabulary",
            resource.access_rights.iter().any(|raw| {
                raw.contains("/authority/access-right/") && vocabulary::access_right(raw).is_some()
            }),
        ),
        ("contact_point", is_said(term::DCAT_CONTACT_POINT)),
        ("publisher", is_said(term::DCTERMS_PUBLISHER)),
        ("issued", resource.issued.is_some() || forms.iter().any(|form| form.issued.is_some())),
        (
            "modified",
            resource.modified.is_some() || forms.iter().any(|form| form.modified.is_some()),
        ),
    ])
}

/// Returns which of the indicators asked of distributions this one meets. Those
/// that nobody checks are set where there is an address to check.
pub(super) fn met_by_distribution(form: &Distribution) -> u64 {
    let keys: Vec<String> =
        form.format.iter().chain(&form.media_type).map(|raw| vocabulary::format(raw).key).collect();
    let is_one_of = |list: &[&str]| keys.iter().any(|key| list.contains(&key.as_str()));
    bits([
        ("access_url_status", any(&form.access_url)),
        ("download_url", any(&form.download_url)),
        ("download_url_status", any(&form.download_url)),
        ("format", any(&form.format)),
        ("media_type", any(&form.media_type)),
        (
            "format_vocabulary",
            form.format.iter().any(|raw| is_file_type(raw))
                && form.media_type.iter().any(|raw| is_media_type(raw)),
        ),
        ("non_proprietary", is_one_of(NON_PROPRIETARY)),
        ("machine_readable", is_one_of(MACHINE_READABLE)),
        ("licence", any(&form.license)),
        ("licence_vocabulary", form.license.iter().any(|raw| is_known_licence(raw))),
        ("rights", any(&form.rights)),
        ("byte_size", form.byte_size.is_some()),
    ])
}

fn is_file_type(raw: &str) -> bool {
    let code = raw.split_once("/resource/authority/file-type/").map(|(_, code)| code);
    code.is_some_and(|code| !code.is_empty() && !code.contains('/'))
}

fn is_media_type(raw: &str) -> bool {
    const TOP_LEVEL: [&str; 9] =
        ["application", "audio", "font", "image", "message", "model", "multipart", "text", "video"];
    let name = raw.split_once("/assignments/media-types/").map_or(raw, |(_, name)| name);
    name.split_once('/').is_some_and(|(top, rest)| TOP_LEVEL.contains(&top) && !rest.is_empty())
}

/// Whether a licence is written as an IRI that the vocabularies know, in any of
/// their spellings.
fn is_known_licence(raw: &str) -> bool {
    raw.contains("://") && vocabulary::licence_iri(&vocabulary::licence(raw).key).is_some()
}

/// The formats the EU calls machine-readable, by our keys.
const MACHINE_READABLE: &[&str] = &[
    "CSV",
    "GeoJSON",
    "iCalendar",
    "JSON",
    "JSON-LD",
    "KML",
    "KMZ",
    "NetCDF",
    "ODS",
    "RDFa",
    "N-Quads",
    "N-Triples",
    "TriG",
    "Turtle",
    "RDF/XML",
    "RSS",
    "Shapefile",
    "XLS",
    "XLSX",
    "XML",
];

/// The formats the EU calls non-proprietary, by our keys.
const NON_PROPRIETARY: &[&str] = &[
    "BMP",
    "CSV",
    "DBF",
    "GeoJSON",
    "GZIP",
    "HTML",
    "iCalendar",
    "JPEG",
    "JSON",
    "JSON-LD",
    "KML",
    "KMZ",
    "NetCDF",
    "ODS",
    "PNG",
    "N-Quads",
    "N-Triples",
    "Turtle",
    "RDF/XML",
    "RSS",
    "RTF",
    "TAR",
    "TIFF",
    "TSV",
    "TXT",
    "WMS",
    "XML",
    "ZIP",
];
