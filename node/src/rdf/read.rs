//! From bytes to a graph: parsers run leniently, and what they let through is
//! repaired on the way.

use std::borrow::Cow;

use oxjsonld::{JsonLdErrorCode, JsonLdParser, JsonLdSyntaxError};
use oxrdfxml::RdfXmlParser;
use oxttl::{NQuadsParser, NTriplesParser, TriGParser, TurtleParser, TurtleSyntaxError};

use super::builder::{Builder, NamedGraphs, bad_base};
use super::graph::Graph;
use super::{Format, ParseError, guard};

/// Reads a file.
///
/// Relative IRIs are resolved against `base`, else [`FALLBACK_BASE`]. Blocks for
/// as long as reading takes, at most a minute.
///
/// [`FALLBACK_BASE`]: super::FALLBACK_BASE
pub fn parse(bytes: &[u8], format: Format, base: Option<&str>) -> Result<Graph, ParseError> {
    Ok(parse_named(bytes, format, base)?.merged())
}

/// Reads a file, and keeps apart what stands in named graphs.
pub(crate) fn parse_named(
    bytes: &[u8],
    format: Format,
    base: Option<&str>,
) -> Result<NamedGraphs, ParseError> {
    let text = guard::check(bytes, format)?;
    let mut builder = Builder::of_file(base)?;
    fill(&mut builder, text, format)?;
    Ok(builder.finish_named(text.as_bytes()))
}

/// Takes all triples of a text.
fn fill(builder: &mut Builder, text: &str, format: Format) -> Result<(), ParseError> {
    let base = builder.base().to_owned();
    let source = text.as_bytes();
    match format {
        Format::Turtle => {
            let parser = TurtleParser::new().lenient().with_base_iri(base).map_err(bad_base)?;
            for triple in parser.for_slice(source) {
                builder.take_triple(triple.map_err(|error| turtle_error(&error))?)?;
            }
        }
        Format::NTriples => {
            for triple in NTriplesParser::new().lenient().for_slice(source) {
                builder.take_triple(triple.map_err(|error| turtle_error(&error))?)?;
            }
        }
        Format::RdfXml => {
            let parser = RdfXmlParser::new().lenient().with_base_iri(base).map_err(bad_base)?;
            let text = xml_lines(text);
            let source = text.as_bytes();
            let mut parser = parser.for_slice(source);
            while let Some(triple) = parser.next() {
                let triple = triple.map_err(|error| {
                    let at = usize::try_from(parser.buffer_position()).unwrap_or(usize::MAX);
                    xml_error(guard::line_at(source, at), &error.to_string())
                })?;
                builder.take_triple(triple)?;
            }
        }
        Format::JsonLd => {
            let parser = JsonLdParser::new().lenient().with_base_iri(base).map_err(bad_base)?;
            for quad in parser.for_slice(source) {
                builder.take(quad.map_err(|error| json_error(&error, text))?)?;
            }
        }
        Format::TriG => {
            let parser = TriGParser::new().lenient().with_base_iri(base).map_err(bad_base)?;
            for quad in parser.for_slice(source) {
                builder.take(quad.map_err(|error| turtle_error(&error))?)?;
            }
        }
        Format::NQuads => {
            for quad in NQuadsParser::new().lenient().for_slice(source) {
                builder.take(quad.map_err(|error| turtle_error(&error))?)?;
            }
        }
    }
    guard::check_end(text, format)
}

/// Ends the lines of XML as its specification (2.11) wants it before anything is
/// read: the parser leaves that to us, and a text of two lines would be another
/// one when the file was written on another system.
fn xml_lines(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

fn turtle_error(error: &TurtleSyntaxError) -> ParseError {
    let line = error.location().start.line.saturating_add(1);
    let message = error.message();
    let hint = if message.contains("prefix") {
        "declare the prefix at the top of the file: @prefix dcat: <http://www.w3.org/ns/dcat#> ."
    } else if message.contains("end of file") || message.contains("end of the file") {
        "the file is cut off, or a statement lacks the full stop that ends it"
    } else {
        "look for a missing full stop, semicolon or quote just before this line"
    };
    ParseError::new(Some(line), message, hint)
}

fn xml_error(line: u64, message: &str) -> ParseError {
    let hint = if message.contains("Unexpected text") {
        "RDF/XML alternates between resources and their properties: text stands in a property, \
         never directly in the element of a resource"
    } else if message.contains("EOF") || message.contains("close tag") || message.contains("end") {
        "the file is cut off, or an element before this line is not closed"
    } else if message.contains("escape") || message.contains("entity") || message.contains('&') {
        "write & as &amp; and only use the five entities of XML"
    } else {
        "look at the elements just before this line"
    };
    ParseError::new(Some(line), message, hint)
}

fn json_error(error: &JsonLdSyntaxError, text: &str) -> ParseError {
    let line = error.location().map(|location| location.start.line.saturating_add(1));
    match error.code() {
        Some(
            JsonLdErrorCode::LoadingRemoteContextFailed | JsonLdErrorCode::InvalidRemoteContext,
        ) => {
            let (context, offset) = remote_context(text).unwrap_or(("elsewhere", 0));
            ParseError::new(
                Some(guard::line_at(text.as_bytes(), offset)),
                format!("the JSON-LD context {context} is not in the file"),
                "contexts are not fetched from elsewhere, so that a file always means the same: \
                 put what the context says into the file, or export Turtle or RDF/XML",
            )
        }
        Some(_) => ParseError::new(
            line,
            error.to_string(),
            "check the file in the JSON-LD playground; Turtle and RDF/XML are read too",
        ),
        None => ParseError::new(
            line,
            error.to_string(),
            "the file is not JSON: look for a missing comma, quote or bracket",
        ),
    }
}

/// Finds the first address that stands for a context.
fn remote_context(text: &str) -> Option<(&str, usize)> {
    let key = text.find("\"@context\"")?;
    let offset = key + text.get(key..)?.find("\"http")? + 1;
    let address = text.get(offset..)?.split('"').next()?;
    Some((address, offset))
}
