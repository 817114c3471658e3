//! Places that a form offers: the country, by the EU's vocabulary of countries,
//! and its counties, which are the regions of the third level of the EU's
//! nomenclature (NUTS), of Regulation (EC) No 1059/2003. The codes were compared
//! with copies of its list, not with the list itself.
//! What is smaller is told by its name, or by an IRI that whoever fills in the form
//! knows.

use super::concepts::{Concept, concept};

const COUNTRY: &str = "http://publications.europa.eu/resource/authority/country/";
const REGION: &str = "http://data.europa.eu/nuts/code/";

/// The country and its counties, the country first and the counties by name.
pub const PLACES: &[Concept] = &[
    concept("SWE", "Hela Sverige", "All of Sweden"),
    concept("SE221", "Blekinge län", "Blekinge county"),
    concept("SE312", "Dalarnas län", "Dalarna county"),
    concept("SE214", "Gotlands län", "Gotland county"),
    concept("SE313", "Gävleborgs län", "Gävleborg county"),
    concept("SE231", "Hallands län", "Halland county"),
    concept("SE322", "Jämtlands län", "Jämtland county"),
    concept("SE211", "Jönköpings län", "Jönköping county"),
    concept("SE213", "Kalmar län", "Kalmar county"),
    concept("SE212", "Kronobergs län", "Kronoberg county"),
    concept("SE332", "Norrbottens län", "Norrbotten county"),
    concept("SE224", "Skåne län", "Skåne county"),
    concept("SE110", "Stockholms län", "Stockholm county"),
    concept("SE122", "Södermanlands län", "Södermanland county"),
    concept("SE121", "Uppsala län", "Uppsala county"),
    concept("SE311", "Värmlands län", "Värmland county"),
    concept("SE331", "Västerbottens län", "Västerbotten county"),
    concept("SE321", "Västernorrlands län", "Västernorrland county"),
    concept("SE125", "Västmanlands län", "Västmanland county"),
    concept("SE232", "Västra Götalands län", "Västra Götaland county"),
    concept("SE124", "Örebro län", "Örebro county"),
    concept("SE123", "Östergötlands län", "Östergötland county"),
];

/// Returns the IRI of the place with this code.
pub fn place_iri(code: &str) -> Option<String> {
    let place = PLACES.iter().find(|place| place.code == code)?;
    let vocabulary = if place.code == "SWE" { COUNTRY } else { REGION };
    Some(format!("{vocabulary}{}", place.code))
}

/// Returns the place with this IRI.
pub fn place(iri: &str) -> Option<&'static Concept> {
    let code = iri.strip_prefix(COUNTRY).or_else(|| iri.strip_prefix(REGION))?;
    PLACES.iter().find(|place| place.code == code && place_iri(code).as_deref() == Some(iri))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_by_the_iri_they_are_given() {
        for one in PLACES {
            assert_eq!(place(&place_iri(one.code).unwrap()), Some(one));
        }
        assert_eq!(place_iri("SE999"), None);
        assert_eq!(place("http://data.europa.eu/nuts/code/SWE"), None);
        assert_eq!(PLACES.len(), 22);
    }
}
