//! On which line of a file something is first named.
//!
//! Parsers of RDF do not say where a triple came from. Names do stand in the
//! file, though, between angle brackets or quotes, so one pass over the bytes
//! finds nearly all of them, at a cost that does not grow with their number.

use std::collections::HashMap;

/// Names longer than this are not looked for.
const NAME_BYTES_MAX: usize = 4 * 1024;

/// Sets the line of each subject that is named in `source` and has none yet.
pub(crate) fn locate<'a>(
    source: &[u8],
    subjects: impl Iterator<Item = (&'a str, &'a mut Option<u64>)>,
) {
    let wanted: Vec<(&str, &mut Option<u64>)> =
        subjects.filter(|(_, line)| line.is_none()).collect();
    let lines = find(source, wanted.iter().map(|(subject, _)| *subject));
    for (subject, line) in wanted {
        *line = lines.get(subject).copied();
    }
}

/// Finds the line where each name is described, or else first named. Lines are
/// counted from 1; a name written in a shortened form is not found.
pub(crate) fn find<'a>(
    source: &[u8],
    names: impl IntoIterator<Item = &'a str>,
) -> HashMap<&'a str, u64> {
    // How good a place is: 0 nothing yet, 1 named, 2 described.
    let mut places: HashMap<&[u8], (&'a str, u8, u64)> =
        names.into_iter().map(|name| (name.as_bytes(), (name, 0, 0))).collect();
    if places.is_empty() {
        return HashMap::new();
    }
    let mut line = 1;
    for (row, bytes) in source.split(|byte| *byte == b'\n').enumerate() {
        line = u64::try_from(row).unwrap_or(u64::MAX).saturating_add(1).max(line);
        for (name, before) in delimited(bytes) {
            if let Some(place) = places.get_mut(name) {
                let rank = if describes(before) { 2 } else { 1 };
                if rank > place.1 {
                    (place.1, place.2) = (rank, line);
                }
            }
        }
    }
    places.into_values().filter(|place| place.1 > 0).map(|place| (place.0, place.2)).collect()
}

/// Whether what stands before a name says that it is described there: nothing
/// (Turtle), `rdf:about=` (RDF/XML) or `"@id":` (JSON-LD).
fn describes(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    before.is_empty() || before.ends_with(b"about=") || before.ends_with(b"\"@id\":")
}

/// Returns what stands between `<>` or `""` on a line, and what is before it.
fn delimited(line: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut at = 0;
    core::iter::from_fn(move || {
        loop {
            let rest = line.get(at..)?;
            let open = rest.iter().position(|byte| matches!(byte, b'<' | b'"' | b'\''))?;
            let close = if rest.get(open) == Some(&b'<') { b'>' } else { *rest.get(open)? };
            let start = open + 1;
            let inner = rest.get(start..)?;
            let window = inner.get(..inner.len().min(NAME_BYTES_MAX))?;
            let before = line.get(..at + open)?;
            // A tag of XML has its names in quotes inside the brackets.
            let length = window.iter().position(|byte| *byte == close || *byte == b'"');
            match length {
                Some(length) if inner.get(length) == Some(&close) => {
                    at += start + length + usize::from(close == b'>');
                    return Some((inner.get(..length)?, before));
                }
                Some(_) | None => at += start,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_they_are_described() {
        let turtle =
            b"@prefix a: <http://a/> .\n<http://c> a:dataset <http://d> .\n<http://d> a a:D .";
        let lines = find(turtle, ["http://c", "http://d", "http://nowhere"]);
        assert_eq!(lines.get("http://c"), Some(&2));
        assert_eq!(lines.get("http://d"), Some(&3));
        assert_eq!(lines.get("http://nowhere"), None);
        let xml = b"<rdf:RDF>\n<d:C><d:dataset rdf:resource=\"http://d\"/></d:C>\n<d:D rdf:about=\"http://d\">";
        assert_eq!(find(xml, ["http://d"]).get("http://d"), Some(&3));
        let json = b"{\n \"@graph\": [\n  {\"@id\": \"http://d\"}";
        assert_eq!(find(json, ["http://d"]).get("http://d"), Some(&3));
    }
}
