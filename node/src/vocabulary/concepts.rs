//! Closed vocabularies of the EU, with the labels the Publications Office gives
//! them in Swedish and English.

/// One value of a closed vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concept {
    /// Its code, the end of its IRI: `ENVI`.
    pub code: &'static str,
    /// Its Swedish label.
    pub swedish: &'static str,
    /// Its English label.
    pub english: &'static str,
}

impl Concept {
    /// Returns the label in a language: English for `en`, else Swedish.
    pub fn label(&self, language: &str) -> &'static str {
        if language.starts_with("en") { self.english } else { self.swedish }
    }
}

pub(super) const fn concept(
    code: &'static str,
    swedish: &'static str,
    english: &'static str,
) -> Concept {
    Concept { code, swedish, english }
}

const THEME: &str = "http://publications.europa.eu/resource/authority/data-theme/";
const ACCESS_RIGHT: &str = "http://publications.europa.eu/resource/authority/access-right/";
const AVAILABILITY: &str = "http://publications.europa.eu/resource/authority/planned-availability/";
const PUBLISHER_TYPE: &str = "http://purl.org/adms/publishertype/";
const FREQUENCY: &str = "http://publications.europa.eu/resource/authority/frequency/";

/// The data themes of the EU.
pub const THEMES: &[Concept] = &[
    concept(
        "AGRI",
        "Jordbruk, fiske, skogsbruk och livsmedel",
        "Agriculture, fisheries, forestry and food",
    ),
    concept("ECON", "Ekonomi och finans", "Economy and finance"),
    concept("EDUC", "Utbildning, kultur och sport", "Education, culture and sport"),
    concept("ENER", "Energi", "Energy"),
    concept("ENVI", "Miljö", "Environment"),
    concept("GOVE", "Regeringen och den offentliga sektorn", "Government and public sector"),
    concept("HEAL", "Hälsa", "Health"),
    concept("INTR", "Internationella frågor", "International issues"),
    concept(
        "JUST",
        "Rättvisa, rättsliga system och allmän säkerhet",
        "Justice, legal system and public safety",
    ),
    concept("OP_DATPRO", "Provisoriska data", "Provisional data"),
    concept("REGI", "Regioner och städer", "Regions and cities"),
    concept("SOCI", "Befolkning och samhälle", "Population and society"),
    concept("TECH", "Vetenskap och teknik", "Science and technology"),
    concept("TRAN", "Transport", "Transport"),
];

/// Who may have the data.
pub const ACCESS_RIGHTS: &[Concept] = &[
    concept("PUBLIC", "Offentlig", "Public"),
    concept("RESTRICTED", "Begränsad tillgång", "Restricted"),
    concept("NON_PUBLIC", "Icke-offentlig", "Non-public"),
    concept("SENSITIVE", "Känslig", "Sensitive"),
    concept("CONFIDENTIAL", "Konfidentiell", "Confidential"),
];

/// How often data are updated.
pub const FREQUENCIES: &[Concept] = &[
    concept("UPDATE_CONT", "Uppdateras kontinuerligt", "Continuously updated"),
    concept("CONT", "Kontinuerligt", "Continuous"),
    concept("1MIN", "Varje minut", "Every minute"),
    concept("5MIN", "Var femte minut", "Every five minutes"),
    concept("10MIN", "Var tionde minut", "Every ten minutes"),
    concept("15MIN", "Var femtonde minut", "Every fifteen minutes"),
    concept("30MIN", "Var trettionde minut", "Every thirty minutes"),
    concept("HOURLY", "Varje timme", "Hourly"),
    concept("BIHOURLY", "Varannan timme", "Every two hours"),
    concept("TRIHOURLY", "Var tredje timme", "Every three hours"),
    concept("12HRS", "Var tolfte timme", "Every twelve hours"),
    concept("CONT_DAY", "Flera gånger om dagen", "Several times a day"),
    concept("DAILY_2", "Två gånger om dagen", "Twice a day"),
    concept("DAILY", "Dagligen", "Daily"),
    concept("WEEKLY_5", "Fem gånger i veckan", "Five times a week"),
    concept("WEEKLY_3", "Tre gånger i veckan", "Three times a week"),
    concept("WEEKLY_2", "Två gånger i veckan", "Twice a week"),
    concept("WEEKLY", "Varje vecka", "Weekly"),
    concept("BIWEEKLY", "Varannan vecka", "Every two weeks"),
    concept("MONTHLY_3", "Tre gånger i månaden", "Three times a month"),
    concept("MONTHLY_2", "Två gånger i månaden", "Twice a month"),
    concept("MONTHLY", "Varje månad", "Monthly"),
    concept("BIMONTHLY", "Varannan månad", "Every two months"),
    concept("QUARTERLY", "Varje kvartal", "Quarterly"),
    concept("ANNUAL_3", "Tre gånger om året", "Three times a year"),
    concept("ANNUAL_2", "Två gånger om året", "Twice a year"),
    concept("ANNUAL", "Varje år", "Annual"),
    concept("BIENNIAL", "Vartannat år", "Every two years"),
    concept("TRIENNIAL", "Vart tredje år", "Every three years"),
    concept("QUADRENNIAL", "Vart fjärde år", "Every four years"),
    concept("QUINQUENNIAL", "Vart femte år", "Every five years"),
    concept("DECENNIAL", "Vart tionde år", "Every ten years"),
    concept("IRREG", "Oregelbundet", "Irregular"),
    concept("AS_NEEDED", "Vid behov", "As needed"),
    concept("NOT_PLANNED", "Inte planerat", "Not planned"),
    concept("NEVER", "Aldrig", "Never"),
    concept("UNKNOWN", "Okänt", "Unknown"),
    concept("OTHER", "Annat", "Other"),
];

/// The languages that data in the Nordic countries and the EU are in.
pub const LANGUAGES: &[Concept] = &[
    concept("SWE", "Svenska", "Swedish"),
    concept("ENG", "Engelska", "English"),
    concept("FIN", "Finska", "Finnish"),
    concept("FIT", "Meänkieli", "Meänkieli"),
    concept("SME", "Nordsamiska", "Northern Sami"),
    concept("SMJ", "Lulesamiska", "Lule Sami"),
    concept("SMA", "Sydsamiska", "Southern Sami"),
    concept("ROM", "Romani", "Romany"),
    concept("YID", "Jiddisch", "Yiddish"),
    concept("SWL", "Svenskt teckenspråk", "Swedish Sign Language"),
    concept("NOR", "Norska", "Norwegian"),
    concept("NOB", "Norska (bokmål)", "Norwegian Bokmål"),
    concept("NNO", "Norska (nynorska)", "Norwegian Nynorsk"),
    concept("DAN", "Danska", "Danish"),
    concept("ISL", "Isländska", "Icelandic"),
    concept("FAO", "Färöiska", "Faroese"),
    concept("DEU", "Tyska", "German"),
    concept("FRA", "Franska", "French"),
    concept("SPA", "Spanska", "Spanish"),
    concept("ITA", "Italienska", "Italian"),
    concept("POR", "Portugisiska", "Portuguese"),
    concept("NLD", "Nederländska", "Dutch"),
    concept("POL", "Polska", "Polish"),
    concept("CES", "Tjeckiska", "Czech"),
    concept("SLK", "Slovakiska", "Slovak"),
    concept("SLV", "Slovenska", "Slovenian"),
    concept("HRV", "Kroatiska", "Croatian"),
    concept("HUN", "Ungerska", "Hungarian"),
    concept("RON", "Rumänska", "Romanian"),
    concept("BUL", "Bulgariska", "Bulgarian"),
    concept("ELL", "Grekiska", "Greek"),
    concept("EST", "Estniska", "Estonian"),
    concept("LAV", "Lettiska", "Latvian"),
    concept("LIT", "Litauiska", "Lithuanian"),
    concept("GLE", "Iriska", "Irish"),
    concept("MLT", "Maltesiska", "Maltese"),
    concept("UKR", "Ukrainska", "Ukrainian"),
    concept("RUS", "Ryska", "Russian"),
    concept("TUR", "Turkiska", "Turkish"),
    concept("ARA", "Arabiska", "Arabic"),
    concept("SOM", "Somaliska", "Somali"),
    concept("PES", "Persiska", "Persian"),
    concept("MUL", "Flera språk", "Multilingual"),
];

/// Two-letter codes (ISO 639-1) of those languages that have one: agencies write
/// `sv` where the EU writes `SWE`.
const SHORT_LANGUAGES: &[(&str, &str)] = &[
    ("sv", "SWE"),
    ("en", "ENG"),
    ("fi", "FIN"),
    ("se", "SME"),
    ("yi", "YID"),
    ("no", "NOR"),
    ("nb", "NOB"),
    ("nn", "NNO"),
    ("da", "DAN"),
    ("is", "ISL"),
    ("fo", "FAO"),
    ("de", "DEU"),
    ("fr", "FRA"),
    ("es", "SPA"),
    ("it", "ITA"),
    ("pt", "POR"),
    ("nl", "NLD"),
    ("pl", "POL"),
    ("cs", "CES"),
    ("sk", "SLK"),
    ("sl", "SLV"),
    ("hr", "HRV"),
    ("hu", "HUN"),
    ("ro", "RON"),
    ("bg", "BUL"),
    ("el", "ELL"),
    ("et", "EST"),
    ("lv", "LAV"),
    ("lt", "LIT"),
    ("ga", "GLE"),
    ("mt", "MLT"),
    ("uk", "UKR"),
    ("ru", "RUS"),
    ("tr", "TUR"),
    ("ar", "ARA"),
    ("so", "SOM"),
    ("fa", "PES"),
];

/// Returns the language with this IRI of the EU or of the Library of Congress,
/// with this code or with this tag (BCP 47).
pub fn language(raw: &str) -> Option<&'static Concept> {
    let raw = raw.trim().trim_end_matches('/');
    let last = match raw.rsplit_once('/') {
        Some((path, code)) if path.ends_with("language") || path.contains("/iso639-") => code,
        Some(_) => return None,
        None => raw,
    };
    let tag = last.split('-').next().unwrap_or(last);
    let short = SHORT_LANGUAGES.iter().find(|(short, _)| short.eq_ignore_ascii_case(tag));
    let code = short.map_or(tag, |(_, code)| code);
    LANGUAGES.iter().find(|concept| concept.code.eq_ignore_ascii_case(code))
}

/// How long data are meant to be there.
pub const AVAILABILITIES: &[Concept] = &[
    concept("STABLE", "Stabil", "Stable"),
    concept("AVAILABLE", "Tillgänglig", "Available"),
    concept("TEMPORARY", "Tillfällig", "Temporary"),
    concept("EXPERIMENTAL", "Experimentell", "Experimental"),
];

/// The types of publisher of ADMS that public bodies in Sweden are, the
/// commonest first; the rest of the vocabulary is for others.
pub const PUBLISHER_TYPES: &[Concept] = &[
    concept("LocalAuthority", "Kommun", "Municipality"),
    concept("RegionalAuthority", "Region", "Region"),
    concept("NationalAuthority", "Statlig myndighet", "National authority"),
    concept(
        "Academia-ScientificOrganisation",
        "Universitet, högskola eller forskningsinstitut",
        "University or research institute",
    ),
    concept("Company", "Företag", "Company"),
    concept("NonProfitOrganisation", "Ideell organisation", "Non-profit organisation"),
    concept(
        "NonGovernmentalOrganisation",
        "Icke-statlig organisation",
        "Non-governmental organisation",
    ),
    concept("StandardisationBody", "Standardiseringsorgan", "Standardisation body"),
    concept("IndustryConsortium", "Branschorganisation", "Industry consortium"),
    concept("SupraNationalAuthority", "Överstatlig myndighet", "Supranational authority"),
];

/// Returns the planned availability with this IRI or code.
pub fn availability(raw: &str) -> Option<&'static Concept> {
    find(AVAILABILITIES, "planned-availability", raw)
}

/// Returns the IRI of the planned availability with this IRI or code.
pub fn availability_iri(raw: &str) -> Option<String> {
    availability(raw).map(|found| format!("{AVAILABILITY}{}", found.code))
}

/// Returns the IRI of the type of publisher with this code.
pub fn publisher_type_iri(code: &str) -> Option<String> {
    let found = PUBLISHER_TYPES.iter().find(|concept| concept.code == code)?;
    Some(format!("{PUBLISHER_TYPE}{}", found.code))
}

/// Returns the data theme with this IRI or code.
pub fn theme(raw: &str) -> Option<&'static Concept> {
    find(THEMES, "data-theme", raw)
}

/// Returns the IRI of the data theme with this code.
pub fn theme_iri(code: &str) -> Option<String> {
    theme(code).map(|theme| format!("{THEME}{}", theme.code))
}

/// Returns the access right with this IRI or code.
pub fn access_right(raw: &str) -> Option<&'static Concept> {
    find(ACCESS_RIGHTS, "access-right", raw)
}

/// Returns the IRI of the access right with this IRI or code.
pub fn access_right_iri(raw: &str) -> Option<String> {
    access_right(raw).map(|right| format!("{ACCESS_RIGHT}{}", right.code))
}

/// Returns the IRI of the frequency with this IRI or code.
pub fn frequency_iri(raw: &str) -> Option<String> {
    frequency(raw).map(|frequency| format!("{FREQUENCY}{}", frequency.code))
}

/// Returns the frequency with this IRI or code.
pub fn frequency(raw: &str) -> Option<&'static Concept> {
    find(FREQUENCIES, "frequency", raw)
}

/// Finds a concept by its code, alone or at the end of an IRI of its
/// vocabulary.
fn find(concepts: &'static [Concept], vocabulary: &str, raw: &str) -> Option<&'static Concept> {
    let raw = raw.trim().trim_end_matches('/');
    let code = match raw.rsplit_once('/') {
        Some((path, code)) if path.ends_with(vocabulary) => code,
        Some(_) => return None,
        None => raw,
    };
    concepts.iter().find(|concept| concept.code.eq_ignore_ascii_case(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concepts_are_found_by_iri_and_by_code() {
        let iri = theme_iri("ENVI").unwrap();
        assert_eq!(theme(&iri).unwrap().swedish, "Miljö");
        assert_eq!(theme(&iri.replace("http:", "https:")).unwrap().label("en-GB"), "Environment");
        assert_eq!(theme("tran").unwrap().label("sv"), "Transport");
        assert_eq!(theme("http://inspire.ec.europa.eu/theme/ENVI"), None);
        assert_eq!(theme("X"), None);
        let frequency =
            frequency("http://publications.europa.eu/resource/authority/frequency/ANNUAL");
        assert_eq!(frequency.unwrap().swedish, "Varje år");
        for swedish in [
            "http://publications.europa.eu/resource/authority/language/SWE",
            "http://id.loc.gov/vocabulary/iso639-1/sv",
            "sv-SE",
            "swe",
        ] {
            assert_eq!(language(swedish).unwrap().code, "SWE", "{swedish}");
        }
        assert_eq!(language("https://språk.example/svenska"), None);
        assert_eq!(access_right("NON_PUBLIC").unwrap().english, "Non-public");
    }

    #[test]
    fn short_names_lead_to_languages() {
        for (short, code) in SHORT_LANGUAGES {
            assert_eq!(language(short).unwrap().code, *code);
        }
    }

    #[test]
    fn codes_are_unique() {
        for concepts in [THEMES, ACCESS_RIGHTS, FREQUENCIES, LANGUAGES] {
            let codes: std::collections::BTreeSet<_> = concepts.iter().map(|c| c.code).collect();
            assert_eq!(codes.len(), concepts.len());
        }
    }
}
