//! Formats: file types of the EU vocabulary, media types, and what people
//! write.

use super::{Format, bare, squeezed, unknown};

/// A format: its key, and the other ways of writing it, squeezed to letters and
/// digits (of a media type, what follows the slash).
struct Known(&'static str, &'static [&'static str]);

const KNOWN: &[Known] = &[
    Known("CSV", &["textcsv", "commaseparatedvalues"]),
    Known("TSV", &["tabseparatedvalues"]),
    Known("JSON", &["textjson", "xjson"]),
    Known("JSON-LD", &["ldjson", "jsonld"]),
    Known("JSON-stat", &["jsonstat", "jsonstat2", "jsonstat2json"]),
    Known("GeoJSON", &["geojson", "vndgeojson"]),
    Known("XML", &["textxml"]),
    Known("XLS", &["vndmsexcel", "excel", "msexcel", "xexcel"]),
    Known("XLSX", &["vndopenxmlformatsofficedocumentspreadsheetmlsheet", "excelxlsx"]),
    Known("ODS", &["vndoasisopendocumentspreadsheet"]),
    Known("DOC", &["msword", "vndmsword"]),
    Known("DOCX", &["vndopenxmlformatsofficedocumentwordprocessingmldocument"]),
    Known("ODT", &["vndoasisopendocumenttext"]),
    Known("PDF", &["xpdf"]),
    Known("HTML", &["htm", "xhtml", "xhtmlxml", "htmlsimpl", "xhtmlsimpl", "webpage"]),
    Known("TXT", &["plain", "text", "textplain"]),
    Known("ZIP", &["xzipcompressed", "xzip"]),
    Known("GZIP", &["gz", "xgzip"]),
    Known("TAR", &["xtar"]),
    Known("7Z", &["x7zcompressed"]),
    Known("RDF/XML", &["rdfxml", "rdf"]),
    Known("Turtle", &["rdfturtle", "ttl", "xturtle"]),
    Known("N-Triples", &["rdfntriples", "ntriples", "nt"]),
    Known("N-Quads", &["rdfnquads", "nquads"]),
    Known("TriG", &["rdftrig", "trig"]),
    Known("SPARQL", &["sparqlq", "sparqlquery", "sparqlresultsjson", "sparqlqres"]),
    Known("Shapefile", &["shp", "xshapefile", "esrishape", "esrishapefile", "vndshp", "shapezip"]),
    Known("GeoPackage", &["gpkg", "geopackagesqlite3", "geopackagevndsqlite3"]),
    Known("GML", &["gmlxml"]),
    Known("KML", &["vndgoogleearthkmlxml", "vndgoogleearthkml"]),
    Known("KMZ", &["vndgoogleearthkmz"]),
    Known("DXF", &["vnddxf", "imagevnddxf"]),
    Known("DWG", &["vnddwg", "autocaddwg"]),
    Known("MapInfo", &["tab", "mapinfo", "mif"]),
    Known("FileGDB", &["gdb", "filegdb", "esrifilegdb"]),
    Known("LAZ", &["laszip"]),
    Known("LAS", &["vndlas"]),
    Known("NetCDF", &["xnetcdf", "nc"]),
    Known("GRIB", &["grib2", "wmogrib"]),
    Known("HDF5", &["hdf", "xhdf5", "xhdf"]),
    Known("WMS", &["wmssrvc", "ogcwms", "vndogcwmsxml", "vndogcwms"]),
    Known("WMTS", &["wmtssrvc", "ogcwmts"]),
    Known("WFS", &["wfssrvc", "ogcwfs"]),
    Known("WCS", &["wcssrvc", "ogcwcs"]),
    Known("Atom", &["atomxml", "atomfeed"]),
    Known("RSS", &["rssxml", "rss20"]),
    Known("iCalendar", &["ics", "ical", "calendar", "textcalendar"]),
    Known("GTFS", &["gtfszip", "gtfsstatic"]),
    Known("GTFS-RT", &["gtfsrt", "gtfsrealtime", "xprotobufgtfsrt"]),
    Known("NeTEx", &["netexxml"]),
    Known("SIRI", &["sirixml"]),
    Known("DATEX II", &["datex2", "datexii"]),
    Known("Protobuf", &["xprotobuf", "vndgoogleprotobuf"]),
    Known("TIFF", &["tif"]),
    Known("GeoTIFF", &["geotif", "tiffgeo"]),
    Known("JPEG", &["jpg", "pjpeg"]),
    Known("PNG", &["xpng"]),
    Known("SVG", &["svgxml"]),
    Known("GIF", &[]),
    Known("MP3", &["mpeg3", "audiompeg"]),
    Known("MP4", &["mpeg4"]),
    Known("Parquet", &["vndapacheparquet", "xparquet"]),
    Known("SQLite", &["vndsqlite3", "xsqlite3"]),
    Known("PC-Axis", &["px", "pcaxis", "xpx"]),
    Known("SDMX", &["vndsdmxstructurexml", "sdmxml", "vndsdmxdatajson"]),
    Known("SAV", &["spss", "xspsssav", "xspss"]),
    Known("OpenAPI", &["vndoaiopenapijson", "vndoaiopenapi", "swagger"]),
    Known("SOAP", &["soapxml", "wsdl"]),
    Known("API", &["rest", "restapi", "webservice", "httpapi"]),
];

/// What only a service speaks.
const SERVICES: &[&str] =
    &["WMS", "WMTS", "WFS", "WCS", "SPARQL", "OpenAPI", "SOAP", "API", "GTFS-RT", "SIRI"];

/// Returns whether this is a format that only a service speaks.
pub(super) fn is_service(key: &str) -> bool {
    SERVICES.contains(&key)
}

/// Returns the format that was published as `raw`: an IRI of the EU vocabulary
/// of file types or of IANA's media types, a media type, or a name.
pub fn format(raw: &str) -> Format {
    let name = bare(raw);
    // A media type may carry parameters, and an IANA address ends in one.
    let name = name.split(';').next().unwrap_or_default().trim();
    let last = name.rsplit(['/', '#']).next().unwrap_or_default();
    // The whole first: `RDF/XML` is not XML.
    let known = [squeezed(name), squeezed(last)].into_iter().find_map(|way| {
        KNOWN
            .iter()
            .find(|Known(key, others)| squeezed(key) == way || others.contains(&way.as_str()))
    });
    let key = known.map_or_else(|| unknown_format(raw), |Known(key, _)| (*key).to_owned());
    Format { label: key.clone(), key }
}

/// Returns a format nobody has heard of by its own name: the code of the EU
/// vocabulary, or the words.
fn unknown_format(raw: &str) -> String {
    let trimmed = raw.trim();
    let vocabularies = ["/authority/file-type/", "/assignments/media-types/"];
    let code = vocabularies.iter().find_map(|path| trimmed.split_once(path));
    unknown(code.map_or(trimmed, |(_, code)| code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_format_leads_to_one_key() {
        let ways = [
            ("CSV", &["text/csv", "CSV", "csv", ".csv", "text/csv; charset=utf-8"][..]),
            ("CSV", &["http://publications.europa.eu/resource/authority/file-type/CSV"]),
            ("CSV", &["https://www.iana.org/assignments/media-types/text/csv"]),
            ("XLS", &["application/vnd.ms-excel", "Excel", "xls"]),
            ("XLSX", &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"]),
            ("GeoJSON", &["application/geo+json", "application/vnd.geo+json", "GEOJSON"]),
            ("JSON", &["application/json", "JSON"]),
            ("JSON-LD", &["application/ld+json", "JSON_LD"]),
            (
                "WMS",
                &[
                    "WMS",
                    "OGC:WMS",
                    "http://publications.europa.eu/resource/authority/file-type/WMS_SRVC",
                ],
            ),
            ("RDF/XML", &["application/rdf+xml", "RDF_XML"]),
            (
                "Turtle",
                &[
                    "text/turtle",
                    "http://publications.europa.eu/resource/authority/file-type/RDF_TURTLE",
                ],
            ),
            ("Shapefile", &["SHP", "application/x-shapefile", "ESRI Shapefile"]),
            ("TXT", &["text/plain"]),
            ("HTML", &["text/html", "application/xhtml+xml"]),
            ("PC-Axis", &["PX", "text/x-px"]),
            ("GTFS", &["GTFS"]),
        ];
        for (key, ways) in ways {
            for way in ways {
                assert_eq!(format(way).key, key, "{way}");
            }
        }
    }

    #[test]
    fn a_format_nobody_has_heard_of_keeps_its_name() {
        assert_eq!(format("Hålkort").key, "Hålkort");
        let iri = "http://publications.europa.eu/resource/authority/file-type/FMX4";
        assert_eq!(format(iri).key, "FMX4");
        assert_eq!(format("").key, "");
    }

    #[test]
    fn keys_lead_to_themselves_and_no_name_is_given_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for Known(key, others) in KNOWN {
            assert_eq!(format(key).key, *key);
            assert!(seen.insert(squeezed(key)), "{key} is given twice");
            for other in others.iter().filter(|other| **other != squeezed(key)) {
                assert!(seen.insert((*other).to_owned()), "{other} is given twice");
            }
        }
    }
}
