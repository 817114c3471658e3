//! The properties of DCAT-AP-SE, in words: what each is called, why it matters
//! and how to give it.

use dela_protocol::dcat::term;

use crate::check::rules::Class;
use crate::language::{Words, words};

/// A property, in words.
#[derive(Debug)]
pub(super) struct PropertyWords {
    pub(super) iri: &'static str,
    /// Of which class; of any if none is named.
    class: Option<Class>,
    /// What it is called, without an article.
    pub(super) name: Words,
    /// Why it matters that it is there.
    pub(super) why: Words,
    /// How to give it; follows its name.
    pub(super) how: Words,
}

/// Finds a property of a class.
pub(super) fn of(class: Class, iri: &str) -> Option<&'static PropertyWords> {
    let is_meant = |property: &&PropertyWords| {
        property.iri == iri && property.class.is_none_or(|only| only == class)
    };
    PROPERTIES.iter().find(is_meant)
}

const fn property(iri: &'static str, name: Words, why: Words, how: Words) -> PropertyWords {
    PropertyWords { iri, class: None, name, why, how }
}

impl PropertyWords {
    /// Returns the same, of one class only.
    const fn only_of(self, class: Class) -> Self {
        Self { class: Some(class), ..self }
    }
}

const PROPERTIES: &[PropertyWords] = &[
    property(
        term::DCTERMS_TITLE,
        words("titel", "title"),
        words(
            "titeln är det enda som syns i en träfflista",
            "the title is all that a list of hits shows",
        ),
        words(" på svenska, märkt xml:lang=sv eller @sv", " in Swedish, marked xml:lang=sv or @sv"),
    ),
    property(
        term::DCTERMS_DESCRIPTION,
        words("beskrivning", "description"),
        words(
            "den som söker avgör med beskrivningen om data duger",
            "by the description people judge whether the data will do",
        ),
        words(
            " som säger vad det är, märkt med sitt språk",
            " that says what it is, marked with its language",
        ),
    ),
    property(
        term::DCTERMS_PUBLISHER,
        words("utgivare", "publisher"),
        words(
            "utan utgivare vet ingen vem som svarar för uppgifterna",
            "without a publisher nobody knows who answers for the data",
        ),
        words(" med organisationens IRI", " with the IRI of the organisation"),
    ),
    property(
        term::DCTERMS_LICENSE,
        words("licens", "licence"),
        words(
            "utan licens får ingen använda data med säkerhet",
            "without a licence nobody can be sure to be allowed to use the data",
        ),
        words(
            ", till exempel <http://creativecommons.org/publicdomain/zero/1.0/>",
            ", such as <http://creativecommons.org/publicdomain/zero/1.0/>",
        ),
    ),
    property(
        term::DCTERMS_ISSUED,
        words("utgivningsdatum", "date of issue"),
        words("det säger hur länge data har funnits", "it says how long the data have existed"),
        words(" med ett datum", " with a date"),
    ),
    property(
        term::DCTERMS_MODIFIED,
        words("ändringsdatum", "date of change"),
        words("det säger om data är färska", "it says whether the data are fresh"),
        words(" med ett datum", " with a date"),
    ),
    property(
        term::DCTERMS_LANGUAGE,
        words("språk", "language"),
        words("det säger vem som kan läsa innehållet", "it says who can read what is in it"),
        words(
            " med en kod ur EU:s vokabulär: <http://publications.europa.eu/resource/authority/language/SWE>",
            " with a code of the EU vocabulary: <http://publications.europa.eu/resource/authority/language/SWE>",
        ),
    ),
    property(
        term::FOAF_HOMEPAGE,
        words("hemsida", "home page"),
        words("där kan läsaren få veta mer", "there the reader can learn more"),
        words(" med en adress", " with an address"),
    ),
    property(
        term::DCTERMS_SPATIAL,
        words("område", "area"),
        words(
            "den som söker efter en plats hittar annars inget",
            "whoever looks for a place finds nothing otherwise",
        ),
        words(
            " med en plats, till exempel <http://publications.europa.eu/resource/authority/country/SWE>",
            " with a place, such as <http://publications.europa.eu/resource/authority/country/SWE>",
        ),
    ),
    property(
        term::DCTERMS_TEMPORAL,
        words("tidsperiod", "period"),
        words("den säger vilka år data handlar om", "it says which years the data are about"),
        words(
            " med en dcterms:PeriodOfTime som har dcat:startDate och dcat:endDate",
            " with a dcterms:PeriodOfTime that has dcat:startDate and dcat:endDate",
        ),
    ),
    property(
        term::DCAT_THEME_TAXONOMY,
        words("temavokabulär", "theme vocabulary"),
        words("den säger var temana kommer ifrån", "it says where the themes come from"),
        words(
            " <http://publications.europa.eu/resource/authority/data-theme>",
            " <http://publications.europa.eu/resource/authority/data-theme>",
        ),
    ),
    property(
        term::DCAT_CONTACT_POINT,
        words("kontakt", "contact"),
        words(
            "den som hittar ett fel eller undrar något har annars ingen att fråga",
            "whoever finds a fault or has a question has nobody to ask otherwise",
        ),
        words(" med namn och e-postadress", " with a name and an e-mail address"),
    ),
    property(
        term::DCAT_KEYWORD,
        words("nyckelord", "keyword"),
        words(
            "med nyckelord hittas data även av den som använder andra ord än titeln",
            "by keywords it is found also by those who use other words than the title",
        ),
        words(" med ord som folk söker på", " with words people search for"),
    ),
    property(
        term::DCAT_THEME,
        words("tema", "theme"),
        words(
            "portaler delar in allt efter tema; det som saknar tema syns inte där",
            "portals divide everything by theme; what has none is not seen there",
        ),
        words(
            " med en kod ur EU:s vokabulär för datateman",
            " with a code of the EU vocabulary of data themes",
        ),
    ),
    property(
        term::DCTERMS_CONFORMS_TO,
        words("specifikation", "specification"),
        words(
            "program som kan en specifikation hittar då data som följer den",
            "programs that know a specification then find the data that follow it",
        ),
        words(" med specifikationen som följs", " with the specification it follows"),
    ),
    property(
        term::DCTERMS_ACCESS_RIGHTS,
        words("åtkomsträttigheter", "access rights"),
        words(
            "de säger om data är öppna eller måste begäras ut",
            "they say whether the data are open or must be asked for",
        ),
        words(
            ": PUBLIC, RESTRICTED eller NON_PUBLIC ur EU:s vokabulär",
            ": PUBLIC, RESTRICTED or NON_PUBLIC of the EU vocabulary",
        ),
    ),
    property(
        term::DCATAP_HVD_CATEGORY,
        words("kategori för särskilt värdefulla data", "category of high-value data"),
        words(
            "lagen om särskilt värdefulla datamängder kräver den, och EU räknar med den",
            "the law on high-value datasets demands it, and the EU counts by it",
        ),
        words(
            " med en kategori ur http://data.europa.eu/bna/",
            " with a category of http://data.europa.eu/bna/",
        ),
    ),
    property(
        term::DCATAP_APPLICABLE_LEGISLATION,
        words("tillämplig lagstiftning", "applicable legislation"),
        words(
            "med den räknas datamängden i rapporteringen till EU",
            "by it the dataset is counted in the report to the EU",
        ),
        words(
            " <http://data.europa.eu/eli/reg_impl/2023/138/oj>",
            " <http://data.europa.eu/eli/reg_impl/2023/138/oj>",
        ),
    ),
    property(
        term::DCAT_LANDING_PAGE,
        words("ingångssida", "landing page"),
        words("där kan läsaren få veta mer", "there the reader can learn more"),
        words(" med en adress", " with an address"),
    ),
    property(
        term::DCAT_DISTRIBUTION,
        words("distribution", "distribution"),
        words(
            "utan distribution säger posten att data finns, men inte hur man får dem",
            "without one it says that data exist, but not how to have them",
        ),
        words(" för varje sätt att få data", " for each way to have the data"),
    ),
    property(
        term::DCAT_ACCESS_URL,
        words("webbadress för åtkomst", "access address"),
        words("utan adress kan ingen hämta data", "without an address nobody can have the data"),
        words(" med adressen där data finns", " with the address where the data can be had"),
    ),
    property(
        term::DCAT_DOWNLOAD_URL,
        words("nedladdningsadress", "download address"),
        words("program hämtar data direkt från den", "programs fetch the data from it directly"),
        words(" med filens adress", " with the address of the file"),
    ),
    property(
        term::DCTERMS_FORMAT,
        words("format", "format"),
        words(
            "den som söker väljer ofta efter vad det egna programmet kan läsa",
            "people often choose by what their program can read",
        ),
        words(" med en mediatyp som text/csv", " with a media type such as text/csv"),
    ),
    property(
        term::DCAT_MEDIA_TYPE,
        words("mediatyp", "media type"),
        words(
            "program avgör med den hur filen ska läsas",
            "by it programs know how to read the file",
        ),
        words(
            " <https://www.iana.org/assignments/media-types/text/csv>",
            " <https://www.iana.org/assignments/media-types/text/csv>",
        ),
    ),
    property(
        term::DCATAP_AVAILABILITY,
        words("tillgänglighet", "availability"),
        words(
            "den säger om man kan bygga något som ska hålla på data",
            "it says whether one can build on the data something that is to last",
        ),
        words(
            " med ett värde ur EU:s vokabulär för planerad tillgänglighet",
            " with a value of the EU vocabulary of planned availability",
        ),
    ),
    property(
        term::DCAT_BYTE_SIZE,
        words("storlek", "size"),
        words(
            "den som hämtar vill veta hur stort det är",
            "whoever downloads wants to know how much it is",
        ),
        words(" i byte", " in bytes"),
    ),
    property(
        term::SPDX_CHECKSUM_VALUE,
        words("värde", "value"),
        words("utan värde kan ingen kontrollera filen", "without it nobody can check the file"),
        words("", ""),
    ),
    property(
        term::SPDX_ALGORITHM,
        words("algoritm", "algorithm"),
        words(
            "utan algoritm kan ingen räkna ut kontrollsumman",
            "without it nobody can work out the checksum",
        ),
        words(
            ", till exempel spdx:checksumAlgorithm_sha256",
            ", such as spdx:checksumAlgorithm_sha256",
        ),
    ),
    property(
        term::DCAT_ENDPOINT_URL,
        words("tjänsteadress", "address of the service"),
        words(
            "utan adress kan inget program nå tjänsten",
            "without an address no program can reach the service",
        ),
        words(" med tjänstens adress", " with the address of the service"),
    ),
    property(
        term::DCAT_ENDPOINT_DESCRIPTION,
        words("tjänstebeskrivning", "description for programs"),
        words(
            "med den kan program och utvecklare använda tjänsten utan att gissa",
            "by it programs and developers use the service without guessing",
        ),
        words(
            " med adressen till dess OpenAPI eller annan beskrivning",
            " with the address of its OpenAPI or other description",
        ),
    ),
    property(
        term::DCAT_SERVES_DATASET,
        words("datamängd som tillhandahålls", "dataset it serves"),
        words(
            "den som hittar datamängden hittar annars inte tjänsten",
            "whoever finds the dataset does not find the service otherwise",
        ),
        words(" med datamängdens IRI", " with the IRI of the dataset"),
    ),
    property(
        term::FOAF_PAGE,
        words("dokumentation", "documentation"),
        words(
            "lagen om särskilt värdefulla datamängder kräver att tjänsten är dokumenterad",
            "the law on high-value datasets demands that the service is documented",
        ),
        words(" med adressen till dokumentationen", " with the address of the documentation"),
    ),
    property(
        term::FOAF_NAME,
        words("namn", "name"),
        words("det är namnet som visas", "it is the name that is shown"),
        words(" i samma fil", " in the same file"),
    ),
    property(
        term::DCTERMS_TYPE,
        words("typ", "type"),
        words(
            "portalen delar in utgivare efter typ: stat, region, kommun",
            "the portal divides publishers by type: state, region, municipality",
        ),
        words(
            " med ett värde ur http://purl.org/adms/publishertype/",
            " with a value of http://purl.org/adms/publishertype/",
        ),
    ),
    property(
        term::DCTERMS_IDENTIFIER,
        words("organisationsnummer", "organisation number"),
        words(
            "numret säger säkert vilken organisation det är, också när namnet ändras",
            "the number says for certain which organisation it is, also when its name changes",
        ),
        words(" med organisationsnumret", " with the organisation number"),
    )
    .only_of(Class::Agent),
    property(
        term::RDF_TYPE,
        words("typ", "type"),
        words(
            "den säger om man skriver till en person eller en organisation",
            "it says whether one writes to a person or an organisation",
        ),
        words(
            " vcard:Organization eller vcard:Individual",
            " vcard:Organization or vcard:Individual",
        ),
    ),
    property(
        term::VCARD_FN,
        words("namn", "name"),
        words("det är namnet som visas", "it is the name that is shown"),
        words(" i samma fil", " in the same file"),
    ),
    property(
        term::VCARD_HAS_EMAIL,
        words("e-postadress", "e-mail address"),
        words(
            "den är ofta det enda sättet att nå någon",
            "it is often the only way to reach anybody",
        ),
        words(" med en mailto:-IRI", " with a mailto: IRI"),
    ),
    property(
        term::VCARD_HAS_TELEPHONE,
        words("telefonnummer", "telephone number"),
        words("den som har bråttom kan ringa", "whoever is in a hurry can call"),
        words(" med en tel:-IRI", " with a tel: IRI"),
    ),
    property(
        term::DCTERMS_ACCRUAL_PERIODICITY,
        words("uppdateringsfrekvens", "frequency"),
        words(
            "den säger när nästa uppdatering är att vänta",
            "it says when the next update is to be expected",
        ),
        words(
            " med ett värde ur http://publications.europa.eu/resource/authority/frequency/",
            " with a value of http://publications.europa.eu/resource/authority/frequency/",
        ),
    ),
];
