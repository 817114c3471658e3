//! Single values: from what people type to what DCAT has, and back.
//!
//! Invariant: a value that was read back from a description and not changed is
//! written as it was.

use dela_protocol::dcat::term::XSD;
use dela_protocol::description::{LiteralKind, Object};

use super::Fault;
use crate::vocabulary;

/// Returns a text with line ends as in plain text, and without control
/// characters, which some forms of RDF cannot carry and nobody can see.
pub(super) fn cleaned(text: &str) -> String {
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    let plain = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    unix.chars().filter(plain).collect()
}

/// Returns what was typed without what surrounds it; `None` where that is
/// nothing.
pub(super) fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// Reads a year, a month, a day or a moment, typed by the kind it is.
pub(super) fn date(text: &str) -> Result<Object, Fault> {
    let kind = match text.split_once('T') {
        Some((day, time)) if is_day(day) && is_time(time) => "dateTime",
        None if is_year(text) => "gYear",
        None if is_month(text) => "gYearMonth",
        None if is_day(text) => "date",
        Some(_) | None => return Err(Fault::Date),
    };
    Ok(Object::typed(text, format!("{XSD}{kind}")))
}

/// Returns what would be typed for a date that is published so; `None` where it
/// would be written otherwise.
pub(super) fn typed_date(object: &Object) -> Option<String> {
    let Object::Literal(literal) = object else { return None };
    let LiteralKind::Typed(_) = literal.kind else { return None };
    (date(&literal.text).as_ref() == Ok(object)).then(|| literal.text.clone())
}

/// Returns whether a period that begins and ends so is none.
pub(super) fn ends_before_it_begins(start: &str, end: &str) -> bool {
    // As much as both say: what begins in 2024 may end in 2024-03.
    let shared = start.len().min(end.len());
    match (start.get(..shared), end.get(..shared)) {
        (Some(start), Some(end)) => end < start,
        _ => false,
    }
}

fn digits(text: &str, count: usize) -> Option<u32> {
    let all = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if all { text.parse().ok() } else { None }
}

fn is_year(text: &str) -> bool {
    digits(text, 4).is_some_and(|year| year > 0)
}

fn is_month(text: &str) -> bool {
    text.split_once('-').is_some_and(|(year, month)| {
        is_year(year) && digits(month, 2).is_some_and(|month| (1..=12).contains(&month))
    })
}

fn is_day(text: &str) -> bool {
    let Some((month, day)) = text.rsplit_once('-') else { return false };
    let numbers = month.split_once('-').and_then(|(y, m)| Some((digits(y, 4)?, digits(m, 2)?)));
    let (Some((year, number)), true) = (numbers, is_month(month)) else { return false };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match number {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    digits(day, 2).is_some_and(|day| (1..=last).contains(&day))
}

/// A time of XML Schema: `08:30:00`, with parts of a second and a time zone.
fn is_time(text: &str) -> bool {
    let (clock, zone) = match text.find(['Z', '+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let hour_and_minute = |text: &str, last_hour: u32| {
        text.split_once(':').is_some_and(|(hour, minute)| {
            digits(hour, 2).is_some_and(|hour| hour <= last_hour)
                && digits(minute, 2).is_some_and(|minute| minute < 60)
        })
    };
    let zone = match zone.strip_prefix(['+', '-']) {
        Some(offset) => hour_and_minute(offset, 14),
        None => zone.is_empty() || zone == "Z",
    };
    let Some((minutes, seconds)) = clock.rsplit_once(':') else { return false };
    let (whole, parts) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let parts = !parts.is_empty() && parts.bytes().all(|byte| byte.is_ascii_digit());
    zone && parts
        && hour_and_minute(minutes, 23)
        && digits(whole, 2).is_some_and(|second| second < 60)
}

/// Reads a telephone number as an IRI. One that begins with a single zero is
/// Swedish.
pub(super) fn telephone(text: &str) -> Result<String, Fault> {
    /// What numbers of the world have at most (ITU-T E.164).
    const DIGITS: core::ops::RangeInclusive<usize> = 5..=15;
    // The zero that is dialled at home only, as in +46 (0)8.
    let bare = text.trim().replace("(0)", "");
    let mut number: String =
        bare.chars().filter(|c| !c.is_whitespace() && !"-()./".contains(*c)).collect();
    if let Some(rest) = number.strip_prefix("00") {
        number = format!("+{rest}");
    } else if let Some(rest) = number.strip_prefix('0') {
        number = format!("+46{rest}");
    }
    let digits = number.strip_prefix('+').unwrap_or(&number);
    if DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(format!("tel:{number}"));
    }
    Err(Fault::Telephone)
}

/// Reads an organisation number: ten digits of which the last is a check.
pub(super) fn organisation_number(text: &str) -> Result<String, Fault> {
    let number: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let digit = |(place, c): (usize, char)| {
        let digit = c.to_digit(10)?;
        let weighed = digit * if place.is_multiple_of(2) { 2 } else { 1 };
        Some(weighed / 10 + weighed % 10)
    };
    let sum: Option<u32> = number.chars().enumerate().map(digit).sum();
    match sum {
        Some(sum) if number.len() == 10 && sum.is_multiple_of(10) && sum > 0 => Ok(number),
        _ => Err(Fault::OrganisationNumber),
    }
}

/// Returns the keywords that were typed, each once.
pub(super) fn keywords(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for word in text.split(['\n', ',', ';']).filter_map(given) {
        if !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

/// Returns whether a keyword can be typed.
pub(super) fn is_typed_as_one(word: &str) -> bool {
    given(word) == Some(word) && !word.contains(['\n', ',', ';']) && cleaned(word) == word
}

/// Writes a format: the media type where it has one, as DCAT-AP-SE does, else
/// what was typed; an IRI stays one.
pub(super) fn format(text: &str) -> Object {
    if text.contains("://") && oxiri::Iri::parse(text).is_ok() {
        return Object::Iri(text.to_owned());
    }
    let known = vocabulary::format(text);
    let is_key = known.key == text;
    let media_type = vocabulary::media_type(text).filter(|_| is_key);
    let name = media_type.as_deref().and_then(|iri| iri.split_once("media-types/"));
    Object::plain(name.map_or(text, |(_, name)| name))
}

/// Returns what would be typed for a format that is published so; `None` where
/// it would be written otherwise.
pub(super) fn typed_format(object: &Object) -> Option<String> {
    let text = match object {
        Object::Iri(iri) => iri,
        Object::Literal(literal) if literal.kind == LiteralKind::Plain => &literal.text,
        Object::Literal(_) | Object::Blank(_) => return None,
    };
    let key = vocabulary::format(text).key;
    [key, text.clone()].into_iter().find(|typed| format(typed) == *object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_typed_by_what_they_say_and_read_back() {
        for (text, kind) in [
            ("2024", "gYear"),
            ("2024-02", "gYearMonth"),
            ("2024-02-29", "date"),
            ("2024-02-29T08:00:00Z", "dateTime"),
            ("2024-02-29T08:00:00.5+01:00", "dateTime"),
        ] {
            let object = date(text).unwrap();
            assert_eq!(object, Object::typed(text, format!("{XSD}{kind}")), "{text}");
            assert_eq!(typed_date(&object).as_deref(), Some(text));
        }
        for text in [
            "",
            "0000",
            "24",
            "2023-02-29",
            "2024-13",
            "2024-1-1",
            "2024-04-31",
            "i går",
            "2024-02-29T8",
            "2024-02-29T24:00:00",
            "29/2 2024",
            "2024-01-01T08:00:00+25:00",
        ] {
            assert_eq!(date(text), Err(Fault::Date), "{text}");
        }
        assert_eq!(typed_date(&Object::plain("2024")), None);
        assert_eq!(typed_date(&Object::typed("2024", format!("{XSD}date"))), None);
        assert!(ends_before_it_begins("2024-03", "2023"));
        assert!(!ends_before_it_begins("2024-03-01", "2024"));
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        assert_eq!(telephone("08-465 004 00").as_deref(), Ok("tel:+46846500400"));
        assert_eq!(telephone("0046 8 465 004 00").as_deref(), Ok("tel:+46846500400"));
        assert_eq!(telephone("+46 (0)8-465 004 00").as_deref(), Ok("tel:+46846500400"));
        assert_eq!(telephone("+46846500400").as_deref(), Ok("tel:+46846500400"));
        for text in ["", "12", "ring mig", "+46 8 465 004 00 99 99 99"] {
            assert_eq!(telephone(text), Err(Fault::Telephone), "{text}");
        }
        assert_eq!(organisation_number("999999-9999").as_deref(), Ok("9999999999"));
        for text in ["", "999999-9998", "99999999999", "0000000000", "sexton"] {
            assert_eq!(organisation_number(text), Err(Fault::OrganisationNumber), "{text}");
        }
    }

    #[test]
    fn keywords_are_apart_by_commas_and_lines() {
        assert_eq!(keywords("luft, miljö\n\nluft;hav "), ["luft", "miljö", "hav"]);
        assert!(is_typed_as_one("god luft") && !is_typed_as_one("luft, vatten"));
    }

    #[test]
    fn formats_are_media_types_where_there_is_one_and_stay_what_they_were() {
        assert_eq!(format("CSV"), Object::plain("text/csv"));
        assert_eq!(format("Shapefile"), Object::plain("application/vnd.shp"));
        assert_eq!(format("Eget format"), Object::plain("Eget format"));
        let file_type = "http://publications.europa.eu/resource/authority/file-type/CSV";
        for object in [
            Object::plain("text/csv"),
            Object::plain("Eget format"),
            Object::plain("GTFS"),
            Object::plain("csv"),
            Object::Iri(file_type.to_owned()),
        ] {
            let typed = typed_format(&object).unwrap();
            assert_eq!(format(&typed), object, "{typed}");
        }
        assert_eq!(typed_format(&Object::plain("text/csv")).as_deref(), Some("CSV"));
    }
}
