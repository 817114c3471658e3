//! In which forms values are of use to others.

use dela_protocol::dcat::term::XSD;
use dela_protocol::description::{LiteralKind, Object};

use crate::language::{Words, words};
use crate::vocabulary;

/// The regulation on high-value datasets.
pub(crate) const HIGH_VALUE_REGULATION: &str = "http://data.europa.eu/eli/reg_impl/2023/138/oj";

const CC0: &str = "http://creativecommons.org/publicdomain/zero/1.0/";
const AUTHORITY: &str = "http://publications.europa.eu/resource/authority/";
const PUBLISHER_TYPES: &str = "http://purl.org/adms/publishertype/";
const ORGANISATIONS: [&str; 2] =
    ["http://dataportal.se/organisation/SE", "http://id.kb.se/organisations/SE"];

/// The six Creative Commons licences DCAT-AP-SE lists beside CC0.
const CREATIVE_COMMONS: [&str; 6] = [
    "http://creativecommons.org/licenses/by/4.0/",
    "http://creativecommons.org/licenses/by-nc/4.0/",
    "http://creativecommons.org/licenses/by-nc-nd/4.0/",
    "http://creativecommons.org/licenses/by-nc-sa/4.0/",
    "http://creativecommons.org/licenses/by-nd/4.0/",
    "http://creativecommons.org/licenses/by-sa/4.0/",
];

/// The types of publisher that ADMS lists.
const PUBLISHER_TYPE_WORDS: [&str; 11] = [
    "Academia-ScientificOrganisation",
    "Company",
    "IndustryConsortium",
    "LocalAuthority",
    "NationalAuthority",
    "NonGovernmentalOrganisation",
    "NonProfitOrganisation",
    "PrivateIndividual(s)",
    "RegionalAuthority",
    "StandardisationBody",
    "SupraNationalAuthority",
];

/// A form that values must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// An address of the web.
    WebAddress,
    /// An address files are fetched from.
    FileAddress,
    /// An IRI of any scheme.
    Iri,
    /// An IRI or a blank node, which others can say more about.
    Resource,
    /// A text or number.
    Literal,
    /// An `xsd:date`, `xsd:dateTime`, `xsd:gYear` or `xsd:gYearMonth`.
    Date,
    /// A literal of this XML Schema datatype.
    Datatype(&'static str),
    /// A number of bytes, however typed.
    WholeNumber,
    /// An e-mail address as a `mailto:` IRI.
    Mailto,
    /// CC0 as DCAT-AP-SE writes it.
    Cc0,
    /// A licence as DCAT-AP-SE or the EU vocabulary writes it.
    Licence,
    /// A theme of the EU vocabulary.
    Theme,
    /// A type of publisher.
    PublisherType,
    /// A right of access of the EU vocabulary.
    AccessRights,
    /// A frequency of the EU vocabulary.
    Frequency,
    /// A language of the EU vocabulary.
    LanguageCode,
    /// A category of high-value data.
    HighValueCategory,
    /// An organisation by its number.
    Organisation,
}

impl Form {
    /// Returns whether a value has this form.
    pub(super) fn fits(self, object: &Object) -> bool {
        match self {
            Self::WebAddress => {
                iri(object).is_some_and(|iri| is_web_address(iri, &["http", "https"]))
            }
            Self::FileAddress => {
                iri(object).is_some_and(|iri| is_web_address(iri, &["http", "https", "ftp"]))
            }
            Self::Iri => iri(object).is_some(),
            Self::Resource => !matches!(object, Object::Literal(_)),
            Self::Literal => matches!(object, Object::Literal(_)),
            Self::Date => is_date(object),
            Self::Datatype(name) => datatype(object) == Some(name) && is_lexical(name, object),
            Self::WholeNumber => match object {
                Object::Literal(literal) => literal.text.trim().parse::<u64>().is_ok(),
                Object::Iri(_) | Object::Blank(_) => false,
            },
            Self::Mailto => is_mailto(object),
            Self::Cc0 => iri(object) == Some(CC0),
            Self::Licence => {
                iri(object).is_some_and(|iri| iri == CC0 || CREATIVE_COMMONS.contains(&iri))
                    || authority(object, "licence/").is_some()
            }
            Self::Theme => authority(object, "data-theme/")
                .is_some_and(|code| vocabulary::theme(code).is_some()),
            Self::PublisherType => code_of(object, PUBLISHER_TYPES)
                .is_some_and(|word| PUBLISHER_TYPE_WORDS.contains(&word)),
            Self::AccessRights => authority(object, "access-right/")
                .is_some_and(|code| vocabulary::access_right(code).is_some()),
            Self::Frequency => authority(object, "frequency/")
                .is_some_and(|code| vocabulary::frequency(code).is_some()),
            Self::LanguageCode => authority(object, "language/").is_some_and(|code| {
                code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())
            }),
            Self::HighValueCategory => {
                iri(object).is_some_and(|iri| vocabulary::high_value_category(iri).is_some())
            }
            Self::Organisation => is_organisation(object),
        }
    }

    /// Says what is wrong with a value that has another form; follows the name
    /// of the property.
    pub(super) const fn fault(self) -> Words {
        match self {
            Self::WebAddress => words("som inte är en webbadress", "that is not a web address"),
            Self::FileAddress => {
                words("som inte går att hämta från", "that cannot be fetched from")
            }
            Self::Iri => words("som inte är en IRI", "that is not an IRI"),
            Self::Resource => {
                words("som text, där en IRI behövs", "as a text, where an IRI is needed")
            }
            Self::Literal => {
                words("som IRI, där en text behövs", "as an IRI, where a text is needed")
            }
            Self::Date => {
                words("som inte är ett datum med datatyp", "that is not a date with its datatype")
            }
            Self::Datatype(_) => words("av en annan datatyp", "of another datatype"),
            Self::WholeNumber => {
                words("som inte är ett antal byte", "that is not a number of bytes")
            }
            Self::Mailto => words("som inte är en mailto:-IRI", "that is not a mailto: IRI"),
            Self::Cc0 => words("som inte är CC0", "that is not CC0"),
            Self::Licence => words("som andra inte känner igen", "that others do not recognise"),
            Self::Theme | Self::AccessRights | Self::Frequency | Self::LanguageCode => {
                words("som inte finns i EU:s vokabulär", "not in the EU vocabulary")
            }
            Self::PublisherType | Self::HighValueCategory => {
                words("som inte finns i vokabulären", "not in the vocabulary")
            }
            Self::Organisation => words(
                "som inte anges med sitt organisationsnummer",
                "not named by its organisation number",
            ),
        }
    }

    /// Says why the form matters, where that is not why the property does.
    pub(super) const fn why(self) -> Option<Words> {
        Some(match self {
            Self::WebAddress | Self::FileAddress => {
                words("ingen kan följa länken", "nobody can follow the link")
            }
            Self::Mailto => words(
                "program kan då inte öppna ett brev till adressen",
                "programs cannot open a letter to it",
            ),
            Self::Cc0 => words(
                "katalogens uppgifter skördas och delas vidare; i Sverige kräver det CC0",
                "a catalogue is harvested and passed on; in Sweden that demands CC0",
            ),
            Self::Licence => words(
                "portaler jämför licenser tecken för tecken; en annan stavning räknas som okänd licens",
                "portals compare licences letter by letter; another spelling counts as an unknown licence",
            ),
            Self::Theme | Self::AccessRights | Self::Frequency | Self::PublisherType => words(
                "portaler delar in efter vokabulären; andra värden hamnar utanför",
                "portals divide by the vocabulary; other values fall outside",
            ),
            Self::HighValueCategory => words(
                "EU räknar med kategorierna i vokabulären; andra räknas inte",
                "the EU counts by the categories of the vocabulary; others do not count",
            ),
            Self::Organisation => words(
                "samma organisation under flera IRI:er räknas som flera utgivare",
                "one organisation under several IRIs counts as several publishers",
            ),
            Self::Iri
            | Self::Resource
            | Self::Literal
            | Self::Date
            | Self::Datatype(_)
            | Self::WholeNumber
            | Self::LanguageCode => return None,
        })
    }

    /// Says how to mend it.
    pub(super) fn remedy(self) -> Words {
        match self {
            Self::WebAddress | Self::FileAddress => words(
                "ange en adress som börjar med https://, som IRI",
                "give an address that begins with https://, as an IRI",
            ),
            Self::Iri => words("ange en IRI", "give an IRI"),
            Self::Resource => words(
                "ange en IRI ur en vokabulär i stället för en text",
                "give an IRI of a vocabulary instead of a text",
            ),
            Self::Literal => words("ange en text", "give a text"),
            Self::Date => words(
                "skriv 2026-05-31 med datatypen xsd:date, eller en xsd:dateTime",
                "write 2026-05-31 with the datatype xsd:date, or an xsd:dateTime",
            ),
            Self::Datatype(name) => datatype_remedy(name),
            Self::WholeNumber => datatype_remedy("nonNegativeInteger"),
            Self::Mailto => words(
                "skriv mailto: och adressen, som IRI",
                "write mailto: and the address, as an IRI",
            ),
            Self::Cc0 => words(
                "använd exakt <http://creativecommons.org/publicdomain/zero/1.0/>",
                "use exactly <http://creativecommons.org/publicdomain/zero/1.0/>",
            ),
            Self::Licence => words(
                "använd exakt IRI: <http://creativecommons.org/publicdomain/zero/1.0/> eller <http://creativecommons.org/licenses/by/4.0/>, med http och avslutande snedstreck",
                "use the exact IRI: <http://creativecommons.org/publicdomain/zero/1.0/> or <http://creativecommons.org/licenses/by/4.0/>, with http and the last slash",
            ),
            Self::Theme => words(
                "använd http://publications.europa.eu/resource/authority/data-theme/ och en kod som ENVI",
                "use http://publications.europa.eu/resource/authority/data-theme/ and a code such as ENVI",
            ),
            Self::PublisherType => words(
                "använd http://purl.org/adms/publishertype/ och ett ord som NationalAuthority eller LocalAuthority",
                "use http://purl.org/adms/publishertype/ and a word such as NationalAuthority or LocalAuthority",
            ),
            Self::AccessRights => words(
                "använd http://publications.europa.eu/resource/authority/access-right/ och PUBLIC, RESTRICTED eller NON_PUBLIC",
                "use http://publications.europa.eu/resource/authority/access-right/ and PUBLIC, RESTRICTED or NON_PUBLIC",
            ),
            Self::Frequency => words(
                "använd http://publications.europa.eu/resource/authority/frequency/ och en kod som MONTHLY",
                "use http://publications.europa.eu/resource/authority/frequency/ and a code such as MONTHLY",
            ),
            Self::LanguageCode => words(
                "använd http://publications.europa.eu/resource/authority/language/ och en kod som SWE",
                "use http://publications.europa.eu/resource/authority/language/ and a code such as SWE",
            ),
            Self::HighValueCategory => words(
                "använd en kategori ur http://data.europa.eu/bna/, till exempel c_ac64a52d för geospatiala data",
                "use a category of http://data.europa.eu/bna/, such as c_ac64a52d for geospatial data",
            ),
            Self::Organisation => words(
                "skriv http://dataportal.se/organisation/SE och de tio siffrorna, utan bindestreck",
                "name it http://dataportal.se/organisation/SE and its ten digits, without hyphen",
            ),
        }
    }
}

/// Says how to give a value of an XML Schema datatype.
fn datatype_remedy(name: &str) -> Words {
    match name {
        "decimal" => words(
            "ange ett tal med datatypen xsd:decimal",
            "give a number with the datatype xsd:decimal",
        ),
        "duration" => words(
            "ange en tid som P1D med datatypen xsd:duration",
            "give a time such as P1D with the datatype xsd:duration",
        ),
        "hexBinary" => words(
            "ange hexadecimala siffror med datatypen xsd:hexBinary",
            "give hexadecimal digits with the datatype xsd:hexBinary",
        ),
        _ => words(
            "ange ett heltal med datatypen xsd:nonNegativeInteger",
            "give a whole number with the datatype xsd:nonNegativeInteger",
        ),
    }
}

fn iri(object: &Object) -> Option<&str> {
    match object {
        Object::Iri(iri) => Some(iri),
        Object::Blank(_) | Object::Literal(_) => None,
    }
}

/// Returns the single word by which an IRI continues `start`.
fn code_of<'a>(object: &'a Object, start: &str) -> Option<&'a str> {
    let code = iri(object)?.strip_prefix(start)?;
    Some(code).filter(|code| !code.is_empty() && !code.contains(['/', '#', '?']))
}

/// Returns the code of a value of one of the EU's authority tables.
fn authority<'a>(object: &'a Object, table: &str) -> Option<&'a str> {
    let path = iri(object)?.strip_prefix(AUTHORITY)?;
    let code = path.strip_prefix(table)?;
    Some(code).filter(|code| !code.is_empty() && !code.contains(['/', '#', '?']))
}

fn is_web_address(iri: &str, schemes: &[&str]) -> bool {
    let Some((scheme, rest)) = iri.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    schemes.iter().any(|allowed| scheme.eq_ignore_ascii_case(allowed))
        && !host.is_empty()
        && !iri.starts_with(crate::rdf::FALLBACK_BASE)
}

/// A blank node may hold the address.
fn is_mailto(object: &Object) -> bool {
    match object {
        Object::Iri(iri) => iri
            .strip_prefix("mailto:")
            .and_then(|address| address.split_once('@'))
            .is_some_and(|(name, host)| !name.is_empty() && host.contains('.')),
        Object::Blank(_) => true,
        Object::Literal(_) => false,
    }
}

/// Returns the name of a literal's XML Schema datatype.
fn datatype(object: &Object) -> Option<&str> {
    match object {
        Object::Literal(literal) => match &literal.kind {
            LiteralKind::Typed(datatype) => datatype.strip_prefix(XSD),
            LiteralKind::Plain | LiteralKind::Language(_) => None,
        },
        Object::Iri(_) | Object::Blank(_) => None,
    }
}

/// Returns whether a literal's text is one its datatype allows; SHACL asks for
/// that too.
fn is_lexical(datatype: &str, object: &Object) -> bool {
    let text = object.text().unwrap_or_default().trim();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match datatype {
        "nonNegativeInteger" => digits(text.strip_prefix('+').unwrap_or(text)),
        "decimal" => {
            let number = text.strip_prefix(['+', '-']).unwrap_or(text);
            let (whole, part) = number.split_once('.').unwrap_or((number, ""));
            digits(&format!("{whole}{part}"))
        }
        "hexBinary" => {
            text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        }
        "duration" => {
            text.trim_start_matches('-').starts_with('P') && text.ends_with(char::is_uppercase)
        }
        // A year, a month or a day, which may have a time zone; or a moment.
        _ => {
            let mut parts = text.trim_start_matches('-').splitn(2, 'T');
            let date = parts.next().unwrap_or_default();
            let year = date.split('-').next().unwrap_or_default();
            digits(year.trim_end_matches('Z')) && (datatype != "dateTime" || parts.next().is_some())
        }
    }
}

fn is_date(object: &Object) -> bool {
    datatype(object).is_some_and(|name| {
        ["date", "dateTime", "gYear", "gYearMonth"].contains(&name) && is_lexical(name, object)
    })
}

/// An organisation by its number, as the national portal names it, or as the
/// national library did; a unit of it may follow after a hyphen.
fn is_organisation(object: &Object) -> bool {
    ORGANISATIONS.iter().any(|start| {
        let rest = iri(object).and_then(|iri| iri.strip_prefix(start));
        rest.is_some_and(|rest| {
            let (number, after) = rest.split_at_checked(10).unwrap_or_default();
            number.len() == 10
                && number.bytes().all(|byte| byte.is_ascii_digit())
                && (after.is_empty() || after.starts_with('-'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(iri: &str) -> Object {
        Object::Iri(iri.to_owned())
    }

    #[test]
    fn values_are_taken_as_the_vocabularies_have_them() {
        let authority = |path: &str| named(&format!("{AUTHORITY}{path}"));
        assert!(Form::Theme.fits(&authority("data-theme/ENVI")));
        assert!(!Form::Theme.fits(&authority("data-theme/MILJO")));
        assert!(Form::LanguageCode.fits(&authority("language/SWE")));
        assert!(!Form::LanguageCode.fits(&named("http://id.loc.gov/vocabulary/iso639-1/sv")));
        assert!(Form::PublisherType.fits(&named(&format!("{PUBLISHER_TYPES}LocalAuthority"))));
        assert!(!Form::PublisherType.fits(&named(&format!("{PUBLISHER_TYPES}Kommun"))));
        assert!(Form::HighValueCategory.fits(&named("http://data.europa.eu/bna/c_e1da4e07")));
        assert!(!Form::HighValueCategory.fits(&named("http://data.europa.eu/bna/c_00000000")));
    }

    #[test]
    fn an_organisation_has_ten_digits_and_perhaps_a_unit() {
        let named = |rest: &str| named(&format!("http://dataportal.se/organisation/SE{rest}"));
        for good in ["2021000000", "2021000000-miljo"] {
            assert!(Form::Organisation.fits(&named(good)), "{good}");
        }
        for bad in ["202100-0000", "20210000001", "202100000", ""] {
            assert!(!Form::Organisation.fits(&named(bad)), "{bad}");
        }
    }
}
