//! Formats in the two vocabularies that DCAT-AP expects: the file types of the
//! EU's Publications Office, and the media types registered with IANA.
//!
//! Invariant: what is returned is in its vocabulary. A format that a vocabulary
//! has no term for gets none, rather than one that is nearly right.

use super::{bare, format};

const FILE_TYPE: &str = "http://publications.europa.eu/resource/authority/file-type/";
const MEDIA_TYPE: &str = "https://www.iana.org/assignments/media-types/";

/// A format by its key, its code among the file types, and its media type if it
/// has one that is registered.
struct Known(&'static str, &'static str, Option<&'static str>);

const KNOWN: &[Known] = &[
    Known("7Z", "7Z", None),
    Known("Atom", "ATOM", Some("application/atom+xml")),
    Known("CSV", "CSV", Some("text/csv")),
    Known("DOC", "DOC", Some("application/msword")),
    Known(
        "DOCX",
        "DOCX",
        Some("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ),
    Known("DWG", "DWG", Some("image/vnd.dwg")),
    Known("DXF", "DXF", Some("image/vnd.dxf")),
    Known("FileGDB", "GDB", None),
    Known("GIF", "GIF", Some("image/gif")),
    Known("GML", "GML", Some("application/gml+xml")),
    Known("GTFS", "GTFS", None),
    Known("GZIP", "GZIP", Some("application/gzip")),
    Known("GeoJSON", "GEOJSON", Some("application/geo+json")),
    Known("GeoPackage", "GPKG", Some("application/geopackage+sqlite3")),
    Known("GeoTIFF", "GEOTIFF", Some("image/tiff")),
    Known("HTML", "HTML", Some("text/html")),
    Known("JPEG", "JPEG", Some("image/jpeg")),
    Known("JSON", "JSON", Some("application/json")),
    Known("JSON-LD", "JSON_LD", Some("application/ld+json")),
    Known("KML", "KML", Some("application/vnd.google-earth.kml+xml")),
    Known("KMZ", "KMZ", Some("application/vnd.google-earth.kmz")),
    Known("LAS", "LAS", Some("application/vnd.las")),
    Known("LAZ", "LAZ", Some("application/vnd.laszip")),
    Known("N-Quads", "RDF_N_QUADS", Some("application/n-quads")),
    Known("N-Triples", "RDF_N_TRIPLES", Some("application/n-triples")),
    Known("NetCDF", "NETCDF", None),
    Known("ODS", "ODS", Some("application/vnd.oasis.opendocument.spreadsheet")),
    Known("ODT", "ODT", Some("application/vnd.oasis.opendocument.text")),
    Known("PDF", "PDF", Some("application/pdf")),
    Known("PNG", "PNG", Some("image/png")),
    Known("Parquet", "PARQUET", Some("application/vnd.apache.parquet")),
    Known("RDF/XML", "RDF_XML", Some("application/rdf+xml")),
    Known("RSS", "RSS", None),
    Known("SPARQL", "SPARQLQ", None),
    Known("SVG", "SVG", Some("image/svg+xml")),
    Known("Shapefile", "SHP", Some("application/vnd.shp")),
    Known("TAR", "TAR", None),
    Known("TIFF", "TIFF", Some("image/tiff")),
    Known("TSV", "TSV", Some("text/tab-separated-values")),
    Known("TXT", "TXT", Some("text/plain")),
    Known("TriG", "RDF_TRIG", Some("application/trig")),
    Known("Turtle", "RDF_TURTLE", Some("text/turtle")),
    Known("WCS", "WCS_SRVC", None),
    Known("WFS", "WFS_SRVC", None),
    Known("WMS", "WMS_SRVC", None),
    Known("WMTS", "WMTS_SRVC", None),
    Known("XLS", "XLS", Some("application/vnd.ms-excel")),
    Known(
        "XLSX",
        "XLSX",
        Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ),
    Known("XML", "XML", Some("application/xml")),
    Known("ZIP", "ZIP", Some("application/zip")),
    Known("iCalendar", "ICS", Some("text/calendar")),
];

/// The kinds of media that IANA registers types of.
const KINDS: [&str; 10] = [
    "application",
    "audio",
    "font",
    "haptics",
    "image",
    "message",
    "model",
    "multipart",
    "text",
    "video",
];

/// Returns the EU's file type for a format that was published as `raw`, as an
/// IRI. One that is already a file type is returned as it is, known here or not.
pub fn file_type(raw: &str) -> Option<String> {
    let raw = raw.trim();
    if is_file_type(raw) {
        return Some(raw.to_owned());
    }
    known(raw).map(|Known(_, code, _)| format!("{FILE_TYPE}{code}"))
}

/// Returns IANA's media type for a format that was published as `raw`, as an
/// IRI: the one it names itself, else that of its format.
pub fn media_type(raw: &str) -> Option<String> {
    named(raw)
        .or_else(|| known(raw).and_then(|Known(.., media_type)| media_type.map(str::to_owned)))
        .map(|name| format!("{MEDIA_TYPE}{name}"))
}

fn is_file_type(raw: &str) -> bool {
    raw.strip_prefix(FILE_TYPE).is_some_and(|code| !code.is_empty())
}

fn known(raw: &str) -> Option<&'static Known> {
    let key = format(raw).key;
    KNOWN.iter().find(|Known(known, ..)| *known == key)
}

/// Reads a media type that can be registered, as a name or as IANA's address:
/// `x-` and `x.` are for those that are not.
fn named(raw: &str) -> Option<String> {
    let bare = bare(raw);
    let name = bare.strip_prefix("iana.org/assignments/media-types/").unwrap_or(&bare);
    let name = name.split(';').next().unwrap_or_default().trim();
    let (kind, subtype) = name.split_once('/')?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c);
    let is_registered = KINDS.contains(&kind)
        && subtype.starts_with(|c: char| c.is_ascii_alphanumeric())
        && subtype.chars().all(is_word)
        && !subtype.starts_with("x-")
        && !subtype.starts_with("x.");
    is_registered.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_format_leads_to_both_vocabularies() {
        let csv = Some("http://publications.europa.eu/resource/authority/file-type/CSV".to_owned());
        let text_csv = Some("https://www.iana.org/assignments/media-types/text/csv".to_owned());
        for raw in [
            "text/csv",
            "CSV",
            "text/csv; charset=utf-8",
            "http://www.iana.org/assignments/media-types/text/csv",
            "http://publications.europa.eu/resource/authority/file-type/CSV",
        ] {
            assert_eq!((file_type(raw), media_type(raw)), (csv.clone(), text_csv.clone()), "{raw}");
        }
    }

    #[test]
    fn what_a_vocabulary_has_no_term_for_gets_none() {
        assert_eq!(file_type("Hålkort"), None);
        assert_eq!(media_type("application/x-hålkort"), None);
        assert_eq!(media_type("http://example.org/format"), None);
        let unknown_here = format!("{FILE_TYPE}FMX4");
        assert_eq!(file_type(&unknown_here), Some(unknown_here.clone()));
        assert_eq!(media_type(&unknown_here), None);
        // A registered type that has no file type keeps its own name.
        assert_eq!(file_type("application/cbor"), None);
        assert!(media_type("application/cbor").is_some());
    }

    #[test]
    fn the_keys_are_those_of_formats() {
        for Known(key, _, media_type) in KNOWN {
            assert_eq!(format(key).key, *key);
            assert!(media_type.is_none_or(|name| named(name).as_deref() == Some(name)), "{key}");
        }
    }
}
