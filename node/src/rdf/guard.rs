//! What is looked at before a parser sees a file.
//!
//! Parsers are made for files that are what they claim to be. An XML parser
//! expands 668 bytes of nested entities to 3 GB, is quadratic in the attributes
//! of one element, and says of an HTML error page that a prefix is unknown. All
//! of that is cheaper to see, and better to explain, here.

use super::{FILE_BYTES_MAX, Format, ParseError};

/// The most attributes of one XML element: RDF/XML needs a handful, with all
/// namespaces declared on the root some fifty. Duplicates are found by comparing
/// all pairs, so 40,000 of them take seconds.
const XML_ATTRIBUTES_MAX: usize = 256;

/// The deepest nesting of XML elements: real catalogues have eight levels.
const XML_DEPTH_MAX: usize = 256;

/// The deepest nesting of JSON: real catalogues have ten levels, and a parser
/// that recurses must not run out of stack.
const JSON_DEPTH_MAX: usize = 128;

/// The encodings and containers that are recognised by how they begin.
const NOT_TEXT: [(&[u8], &str); 8] = [
    (b"\xFF\xFE", "UTF-16"),
    (b"\xFE\xFF", "UTF-16"),
    (b"<\0", "UTF-16"),
    (b"\0<", "UTF-16"),
    (b"{\0", "UTF-16"),
    (b"\x1F\x8B", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"%PDF", "PDF"),
];

/// Checks a file against its format. Returns its text, without byte order mark.
pub(super) fn check(bytes: &[u8], format: Format) -> Result<&str, ParseError> {
    let text = readable(bytes)?;
    match (format, looks_like(text)) {
        (Format::RdfXml, Some(Format::RdfXml)) => drop(xml(text)?),
        (Format::JsonLd, Some(Format::JsonLd)) => json(text)?,
        (Format::Turtle | Format::TriG | Format::NTriples | Format::NQuads, None) => (),
        // A graph without a name in braces.
        (Format::TriG, Some(Format::JsonLd)) if !text.contains("\":") => (),
        (_, looks) => return Err(other_format(text, format, looks)),
    }
    Ok(text)
}

/// Checks that a file is a text of some kind, and no web page.
fn readable(bytes: &[u8]) -> Result<&str, ParseError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(ParseError::new(
            None,
            format!("the file has {} bytes, where at most {FILE_BYTES_MAX} are read", bytes.len()),
            "split the catalogue into several files, or leave out what nobody needs",
        ));
    }
    let text = text(bytes)?;
    if is_html(text) {
        return Err(ParseError::new(
            Some(1),
            "this is an HTML page, not RDF",
            "the address probably answers with an error or login page: open it in a browser, \
             then use the address of the RDF file itself",
        ));
    }
    Ok(text)
}

/// Whether this is a web page, as servers answer where there is no file.
pub(crate) fn is_web_page(bytes: &[u8]) -> bool {
    text(bytes).is_ok_and(is_html)
}

/// Guesses the format from how the file begins.
pub(super) fn sniff(bytes: &[u8]) -> Format {
    let text = text(bytes).unwrap_or_default();
    if let Some(format) = looks_like(text) {
        return format;
    }
    // N-Triples and N-Quads begin each line with a term and know no prefixes.
    let mut statements = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let Some(first) = statements.find(|line| !line.starts_with('#')) else {
        return Format::Turtle;
    };
    let terms = first.trim_end_matches(['.', ' ', '\t']);
    let line_format = first.ends_with('.') && first.matches('<').count() >= 2;
    let predicate = first.split_whitespace().nth(1).unwrap_or_default();
    if !line_format
        || !predicate.starts_with('<')
        || !(first.starts_with('<') || first.starts_with("_:"))
    {
        return if opens_graph(text) { Format::TriG } else { Format::Turtle };
    }
    // A graph name follows a literal, or is the fourth term in brackets.
    let after_literal = terms
        .rsplit_once('"')
        .is_some_and(|(_, rest)| rest.trim_start_matches("^^<").contains('<'));
    let four = !terms.contains('"') && terms.split_whitespace().count() == 4;
    if after_literal || four { Format::NQuads } else { Format::NTriples }
}

/// Whether a graph is opened, which only `TriG` has: a brace before any text of
/// its line.
fn opens_graph(text: &str) -> bool {
    text.lines().any(|line| {
        let before_text = line.split('"').next().unwrap_or_default();
        before_text.starts_with('{') || before_text.contains(" {") || before_text.contains(">{")
    })
}

fn text(bytes: &[u8]) -> Result<&str, ParseError> {
    if let Some((_, kind)) = NOT_TEXT.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(ParseError::new(
            None,
            format!("the file is {kind}, where UTF-8 text is expected"),
            match *kind {
                "UTF-16" => "save it as UTF-8",
                "PDF" => "give the RDF file instead",
                _ => "unpack it first",
            },
        ));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = core::str::from_utf8(bytes).map_err(|error| {
        let line = line_at(bytes, error.valid_up_to());
        ParseError::new(Some(line), "the file is not UTF-8", "save it as UTF-8 (without BOM)")
    })?;
    if text.trim().is_empty() {
        return Err(ParseError::new(
            None,
            "the file is empty",
            "check that whatever writes it has finished",
        ));
    }
    Ok(text)
}

/// Returns the line of a byte, counted from 1.
pub(super) fn line_at(bytes: &[u8], offset: usize) -> u64 {
    let before = bytes.get(..offset.min(bytes.len())).unwrap_or_default();
    let lines = before.split(|byte| *byte == b'\n').count();
    u64::try_from(lines).unwrap_or(u64::MAX)
}

fn is_html(text: &str) -> bool {
    let start = text.trim_start();
    let start: String = start.chars().take(16).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// XML and JSON are known by their first characters; nothing else is.
fn looks_like(text: &str) -> Option<Format> {
    let start = text.trim_start();
    let second = start.get(1..).unwrap_or_default().trim_start();
    if start.starts_with('{') || (start.starts_with('[') && second.starts_with('{')) {
        return Some(Format::JsonLd);
    }
    // `<urn:x>` begins Turtle, and FOAF lives at xmlns.com: only an attribute makes
    // it a tag, because no IRI has a space in it.
    let tag = start.strip_prefix('<')?;
    let inside = tag.split('>').next().unwrap_or_default();
    let mut words = inside.split_whitespace();
    let xml = tag.starts_with(['?', '!'])
        || words.next() == Some("rdf:RDF")
        || words.any(|attribute| attribute.starts_with("xmlns"));
    xml.then_some(Format::RdfXml)
}

fn other_format(text: &str, format: Format, looks: Option<Format>) -> ParseError {
    if text.starts_with("---") {
        return ParseError::new(
            Some(1),
            "this is a template with front matter, not RDF",
            "give the file that is made of the template",
        );
    }
    match looks {
        Some(Format::JsonLd) => ParseError::new(
            Some(1),
            format!("this is JSON, where {format} is expected"),
            "if it is JSON-LD, say so: give json-ld as the format",
        ),
        Some(_) => ParseError::new(
            Some(1),
            format!("this is XML, where {format} is expected"),
            "if it is RDF/XML, say so: give rdf-xml as the format",
        ),
        None => ParseError::new(
            Some(1),
            format!("this does not begin like {format}"),
            "give the format it is in: turtle, rdf-xml, json-ld, n-triples, n-quads or trig",
        ),
    }
}

/// Refuses XML that ends before its elements do, once a parser has found nothing
/// else wrong: the RDF/XML parser takes the end of the file for the end of the
/// catalogue, and half a catalogue would withdraw the other half.
pub(super) fn check_end(text: &str, format: Format) -> Result<(), ParseError> {
    if format != Format::RdfXml || xml(text)? == 0 {
        return Ok(());
    }
    Err(ParseError::new(
        Some(line_at(text.as_bytes(), text.len())),
        "the file ends before its elements are closed",
        "the file is cut off: fetch it again",
    ))
}

/// Refuses what makes XML parsers work without bound. Returns how many elements
/// are open at the end.
fn xml(text: &str) -> Result<usize, ParseError> {
    let bytes = text.as_bytes();
    let refuse = |at, message: String, hint: &str| {
        Err(ParseError::new(Some(line_at(bytes, at)), message, hint))
    };
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(open) = find(bytes, at, b"<") {
        let tag = bytes.get(open..).unwrap_or_default();
        if declares(tag) {
            return refuse(
                open,
                "document type and entity declarations are not read: they can be made to fill \
                 the memory"
                    .to_owned(),
                "remove the <!DOCTYPE …> and write namespaces with xmlns",
            );
        }
        if tag.starts_with(b"<!--") || tag.starts_with(b"<![CDATA[") || tag.starts_with(b"<?") {
            let end: &[u8] = match tag.get(2) {
                Some(b'-') => b"-->",
                Some(b'[') => b"]]>",
                _ => b"?>",
            };
            let Some(close) = find(bytes, open + 2, end) else { break };
            // A declaration hidden from us in a comment is not worth the risk.
            if let Some(hidden) = hidden_declaration(bytes.get(open + 1..close)) {
                at = open + 1 + hidden;
                continue;
            }
            at = close + end.len();
            continue;
        }
        let (length, attributes) = tag_end(tag);
        if attributes > XML_ATTRIBUTES_MAX {
            return refuse(
                open,
                format!("an element with more than {XML_ATTRIBUTES_MAX} attributes"),
                "write properties as elements of their own",
            );
        }
        if tag.starts_with(b"</") {
            depth = depth.saturating_sub(1);
        } else if tag.get(length.saturating_sub(2)) != Some(&b'/') {
            depth += 1;
        }
        if depth > XML_DEPTH_MAX {
            return refuse(
                open,
                format!("elements nested more than {XML_DEPTH_MAX} deep"),
                "refer to resources with rdf:resource instead of nesting them",
            );
        }
        at = open + length;
    }
    Ok(depth)
}

/// Whether a document type or entity is declared here.
fn declares(tag: &[u8]) -> bool {
    tag.starts_with(b"<!")
        && [&b"<!DOCTYPE"[..], b"<!ENTITY"]
            .iter()
            .any(|name| tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
}

fn hidden_declaration(inside: Option<&[u8]>) -> Option<usize> {
    let inside = inside?;
    let mut at = 0;
    while let Some(open) = find(inside, at, b"<!") {
        if declares(inside.get(open..)?) {
            return Some(open);
        }
        at = open + 2;
    }
    None
}

/// Returns the length of a tag and how many attribute values it has.
fn tag_end(tag: &[u8]) -> (usize, usize) {
    let mut attributes = 0;
    let mut quote = None;
    for (at, byte) in tag.iter().enumerate() {
        match (quote, byte) {
            (None, b'>') => return (at + 1, attributes),
            (None, b'"' | b'\'') => {
                attributes += 1;
                quote = Some(byte);
            }
            (Some(open), close) if open == close => quote = None,
            _ => (),
        }
        if attributes > XML_ATTRIBUTES_MAX {
            break;
        }
    }
    (tag.len(), attributes)
}

/// Finds `what` at or after `from`.
fn find(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        at += rest.iter().position(|byte| *byte == first)?;
        if bytes.get(at..)?.starts_with(what) {
            return Some(at);
        }
        at += 1;
    }
}

/// Checks a file in JSON that is no RDF. Returns its text, without byte order
/// mark.
pub(crate) fn json_text(bytes: &[u8]) -> Result<&str, ParseError> {
    let text = readable(bytes)?;
    if looks_like(text) != Some(Format::JsonLd) && !text.trim_start().starts_with('[') {
        return Err(other_format(text, Format::JsonLd, looks_like(text)));
    }
    json_depth(text)?;
    Ok(text)
}

/// Refuses JSON that is nested without end.
fn json_depth(text: &str) -> Result<(), ParseError> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => (),
        }
        if depth > JSON_DEPTH_MAX {
            return Err(ParseError::new(
                Some(line_at(text.as_bytes(), at)),
                format!("JSON nested more than {JSON_DEPTH_MAX} deep"),
                "put the resources beside each other under @graph",
            ));
        }
    }
    Ok(())
}

/// Refuses JSON that is not JSON-LD, or nested without end.
fn json(text: &str) -> Result<(), ParseError> {
    json_depth(text)?;
    if !["\"@context\"", "\"@id\"", "\"@type\"", "\"@graph\""].iter().any(|key| text.contains(key))
    {
        return Err(ParseError::new(
            None,
            "this is JSON without anything of JSON-LD in it",
            "add an @context that says what the names mean, or export Turtle or RDF/XML; if it is a \
             data.json or what CKAN answers, give dcat-us or ckan as the format",
        ));
    }
    Ok(())
}
