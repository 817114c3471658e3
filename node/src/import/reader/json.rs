//! JSON with line numbers, for the forms that are no RDF.
//!
//! Findings say on which line a value stands, which ordinary JSON values have
//! forgotten.
//!
//! Invariant: how many values there are and how deep they are nested is bounded.

use core::fmt;

use json_event_parser::{JsonEvent, JsonSyntaxError, LowLevelJsonParser};

use crate::rdf::{self, ParseError};

/// The most values in a document. A dataset has some fifty, so this is 80,000
/// datasets; each takes some 50 bytes beside its text.
const VALUES_MAX: usize = 4_000_000;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Value {
    pub(in super::super) line: u64,
    pub(in super::super) kind: Kind,
}

/// What a value is. Numbers are as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Kind {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

impl Value {
    /// Returns the members of an object; none of anything else.
    pub(in super::super) fn members(&self) -> &[(String, Value)] {
        match &self.kind {
            Kind::Object(members) => members,
            _ => &[],
        }
    }

    /// Returns a member of an object.
    pub(in super::super) fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// Returns the items of a list; anything else but null is a list of itself.
    pub(in super::super) fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            Kind::Null => &[],
            _ => core::slice::from_ref(self),
        }
    }

    /// Returns a text that says something.
    pub(in super::super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// Returns a text of an object.
    pub(in super::super) fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// Returns a whole number.
    pub(in super::super) fn number(&self) -> Option<u64> {
        match &self.kind {
            Kind::Number(number) => number.parse().ok(),
            _ => None,
        }
    }
}

/// As JSON again, on one line.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        match &self.kind {
            Kind::Null => f.write_str("null"),
            Kind::Bool(value) => write!(f, "{value}"),
            Kind::Number(number) => f.write_str(number),
            Kind::Text(text) => f.write_str(&quoted(text)),
            Kind::List(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if at == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Kind::Object(members) => {
                f.write_str("{")?;
                for (at, (name, value)) in members.iter().enumerate() {
                    write!(f, "{}{}:{value}", if at == 0 { "" } else { "," }, quoted(name))?;
                }
                f.write_str("}")
            }
        }
    }
}

/// Reads a document.
pub(in super::super) fn parse(bytes: &[u8]) -> Result<Value, ParseError> {
    let text = rdf::json_text(bytes)?;
    let mut events = Events::new(text, 1);
    let value = events.value()?;
    match events.next()? {
        JsonEvent::Eof => Ok(value),
        _ => Err(events.error("more follows after the end")),
    }
}

/// Reads documents that stand on one line each, as dumps have them.
pub(in super::super) fn parse_lines(bytes: &[u8]) -> Result<Vec<Value>, ParseError> {
    let text = rdf::json_text(bytes)?;
    let mut values = 0;
    let mut documents = Vec::new();
    for (line, text) in (1_u64..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let mut events = Events::new(text, line);
        events.values = values;
        documents.push(events.value()?);
        values = events.values;
    }
    Ok(documents)
}

/// What a document in JSON looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    DcatUs,
    Ckan,
    /// JSON-LD, or what its reader explains best.
    Other,
}

/// Finds out what a document in JSON is by the names at its top.
pub(super) fn shape(bytes: &[u8]) -> Shape {
    shape_of(bytes).unwrap_or(Shape::Other)
}

fn shape_of(bytes: &[u8]) -> Option<Shape> {
    let text = rdf::json_text(bytes).ok()?;
    let mut events = Events::new(text, 1);
    if events.next().ok()? != JsonEvent::StartObject {
        return None;
    }
    let (mut depth, mut key) = (1_usize, String::new());
    let (mut datasets, mut own_context, mut success, mut result) = (false, false, false, false);
    while depth > 0 {
        let event = events.next().ok()?;
        let known = |text: &str| text.contains("project-open-data") || text.contains("dcat-us");
        match (&event, depth, key.as_str()) {
            (JsonEvent::StartArray, 1, "dataset") => datasets = true,
            (JsonEvent::StartArray | JsonEvent::StartObject, 1, "result") => result = true,
            (JsonEvent::Boolean(_), 1, "success") => success = true,
            (JsonEvent::StartArray | JsonEvent::StartObject, 1, "@context" | "@graph") => {
                own_context = true;
            }
            (JsonEvent::String(context), 1, "@context") => own_context = !known(context),
            _ => (),
        }
        match event {
            JsonEvent::ObjectKey(name) if depth == 1 => key = name.into_owned(),
            JsonEvent::StartArray | JsonEvent::StartObject => depth += 1,
            JsonEvent::EndArray | JsonEvent::EndObject => depth -= 1,
            JsonEvent::Eof => return None,
            _ => (),
        }
    }
    match (datasets && !own_context, success && result) {
        (true, _) => Some(Shape::DcatUs),
        (false, true) => Some(Shape::Ckan),
        (false, false) => None,
    }
}

/// The events of a text, and the line they are on.
struct Events<'a> {
    parser: LowLevelJsonParser,
    rest: &'a [u8],
    line: u64,
    values: usize,
}

impl<'a> Events<'a> {
    fn new(text: &'a str, line: u64) -> Self {
        Self { parser: LowLevelJsonParser::new(), rest: text.as_bytes(), line, values: 0 }
    }

    fn next(&mut self) -> Result<JsonEvent<'a>, ParseError> {
        let result = self.parser.parse_next(self.rest, true);
        let (read, rest) = self.rest.split_at_checked(result.consumed_bytes).unwrap_or((&[], &[]));
        // Between two events there is little more than white space.
        let lines = read.split(|byte| *byte == b'\n').count().saturating_sub(1);
        self.line = self.line.saturating_add(super::super::count(lines));
        self.rest = rest;
        match result.event {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(self.syntax(&error)),
            None => Err(self.error("the file ends too early")),
        }
    }

    fn syntax(&self, error: &JsonSyntaxError) -> ParseError {
        self.error(error.message())
    }

    fn error(&self, message: &str) -> ParseError {
        let hint = "the file is not JSON: look for a missing comma, quote or bracket";
        ParseError::new(Some(self.line), message, hint)
    }

    /// Reads a value. Nesting was bounded beforehand.
    fn value(&mut self) -> Result<Value, ParseError> {
        let event = self.next()?;
        self.value_of(event)
    }

    fn value_of(&mut self, event: JsonEvent<'a>) -> Result<Value, ParseError> {
        self.values += 1;
        if self.values > VALUES_MAX {
            let message = format!("more than {VALUES_MAX} values, the most that are read");
            return Err(ParseError::new(Some(self.line), message, "split it into several files"));
        }
        let line = self.line;
        let kind = match event {
            JsonEvent::Null => Kind::Null,
            JsonEvent::Boolean(value) => Kind::Bool(value),
            JsonEvent::Number(number) => Kind::Number(number.into_owned()),
            JsonEvent::String(text) => Kind::Text(text.into_owned()),
            JsonEvent::StartArray => Kind::List(self.items()?),
            JsonEvent::StartObject => Kind::Object(self.members()?),
            JsonEvent::EndArray
            | JsonEvent::EndObject
            | JsonEvent::ObjectKey(_)
            | JsonEvent::Eof => return Err(self.error("a value is missing")),
        };
        Ok(Value { line, kind })
    }

    fn items(&mut self) -> Result<Vec<Value>, ParseError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                JsonEvent::EndArray => return Ok(items),
                event => items.push(self.value_of(event)?),
            }
        }
    }

    fn members(&mut self) -> Result<Vec<(String, Value)>, ParseError> {
        let mut members = Vec::new();
        loop {
            match self.next()? {
                JsonEvent::EndObject => return Ok(members),
                JsonEvent::ObjectKey(name) => members.push((name.into_owned(), self.value()?)),
                _ => return Err(self.error("a name is missing")),
            }
        }
    }
}

/// Where a value stands in a document, as `JSONPath` has it.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Path<'a> {
    Root,
    Member(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    pub(in super::super) fn member(&'a self, name: &'a str) -> Self {
        Self::Member(self, name)
    }

    pub(in super::super) fn item(&'a self, at: usize) -> Self {
        Self::Item(self, at)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("$"),
            Self::Member(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, at) => write!(f, "{parent}[{at}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_lines_and_are_written_as_they_were() {
        let text = "{\n \"a\": [1.50, null,\n true], \"b\": {\"c\":\n \"\\u00e5\\n\"}}";
        let value = parse(text.as_bytes()).unwrap();
        assert_eq!(value.to_string(), "{\"a\":[1.50,null,true],\"b\":{\"c\":\"å\\n\"}}");
        let lines = |name: &str| value.get(name).unwrap().line;
        assert_eq!((value.line, lines("a"), lines("b")), (1, 2, 3));
        assert_eq!(value.get("b").unwrap().get("c").unwrap().line, 4);
    }

    #[test]
    fn what_is_no_json_says_where() {
        for (text, line) in [("{\"a\":\n1,,}", 2), ("{}\n{}", 2), ("{\n\"a\": ", 2), ("{", 1)] {
            assert_eq!(parse(text.as_bytes()).unwrap_err().line, Some(line), "{text}");
        }
        let deep = "[".repeat(5_000);
        assert!(parse(deep.as_bytes()).unwrap_err().message.contains("nested"));
    }

    #[test]
    fn forms_are_known_by_the_names_at_the_top() {
        let cases = [
            ("{\"dataset\": []}", Shape::DcatUs),
            (
                "{\"@context\": \"https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld\", \
                 \"dataset\": []}",
                Shape::DcatUs,
            ),
            (
                "{\"@context\": {\"dataset\": \"http://www.w3.org/ns/dcat#dataset\"}, \"dataset\": []}",
                Shape::Other,
            ),
            ("{\"help\": \"x\", \"success\": true, \"result\": {\"dataset\": []}}", Shape::Ckan),
            ("{\"x\": {\"dataset\": []}}", Shape::Other),
            ("[]", Shape::Other),
            ("{", Shape::Other),
        ];
        for (text, form) in cases {
            assert_eq!(shape(text.as_bytes()), form, "{text}");
        }
    }
}
