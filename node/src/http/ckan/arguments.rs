//! The arguments of an action: out of a query, a form or a JSON object.
//!
//! Clients send what they like in the form they like: numbers as texts, lists as
//! JSON within a text. Here they become what the action wants.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use serde_json::{Map, Value};

use super::failure::Failure;
use crate::http::parameters::{media_type, shown};

/// The most arguments of one action: the longest list of CKAN's has twenty.
const ARGUMENTS_MAX: usize = 256;

/// The arguments of an action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Arguments(Map<String, Value>);

impl Arguments {
    /// Reads them as CKAN does: a form, else the query, else a JSON body.
    pub(super) fn read(
        method: &Method,
        headers: &HeaderMap,
        query: &str,
        body: &Bytes,
    ) -> Result<Self, Failure> {
        let is_form = media_type(headers) == Some("application/x-www-form-urlencoded");
        if *method != Method::POST {
            return Self::of_pairs(query.as_bytes());
        }
        if is_form && !body.is_empty() {
            // A form with one field without a value is JSON from a client that
            // did not say so.
            if body.first() != Some(&b'{') {
                return Self::of_pairs(body);
            }
        } else if !query.is_empty() {
            return Self::of_pairs(query.as_bytes());
        }
        if body.is_empty() {
            return Ok(Self::default());
        }
        if media_type(headers).is_some_and(|found| found.starts_with("multipart/")) {
            let why = "multipart forms are for uploads; send JSON";
            return Err(Failure::BadRequest(format!("JSON Error: {why}")));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => Ok(Self(object)),
            Ok(_) => Err(Failure::BadRequest(
                "JSON Error: the data decoded from JSON needs to be a dictionary".to_owned(),
            )),
            Err(error) => Err(Failure::BadRequest(format!(
                "JSON Error: Error decoding JSON data. Error: {error}"
            ))),
        }
    }

    fn of_pairs(encoded: &[u8]) -> Result<Self, Failure> {
        let mut found = Map::new();
        for (number, (name, value)) in form_urlencoded::parse(encoded).enumerate() {
            if number >= ARGUMENTS_MAX {
                return Err(Failure::BadRequest(format!("more than {ARGUMENTS_MAX} arguments")));
            }
            let value = Value::String(value.into_owned());
            match found.get_mut(&*name) {
                None => drop(found.insert(name.into_owned(), value)),
                Some(Value::Array(values)) => values.push(value),
                Some(one) => *one = Value::Array(vec![one.take(), value]),
            }
        }
        Ok(Self(found))
    }

    /// Returns the names of what was given.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns a text; empty is none.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::Bool(flag)) => Ok(Some(flag.to_string())),
            Some(Value::Array(_) | Value::Object(_)) => {
                Err(Failure::Validation(name, "Must be a Unicode string value".to_owned()))
            }
        }
    }

    /// Returns a text that has to be there.
    pub(super) fn needed(&self, name: &'static str) -> Result<String, Failure> {
        self.text(name)?.ok_or_else(|| Failure::missing(name))
    }

    /// Returns a list of texts: a list, a JSON list within a text, or a text of
    /// words with commas between.
    pub(super) fn list(&self, name: &'static str) -> Result<Vec<String>, Failure> {
        let refused = || Failure::Validation(name, "Must be a list of strings".to_owned());
        let values = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(values)) => values.clone(),
            Some(Value::String(text)) if text.trim_start().starts_with('[') => {
                serde_json::from_str(text).map_err(|_| refused())?
            }
            Some(Value::String(text)) => {
                let words = text.split([',', ' ']).filter(|word| !word.is_empty());
                return Ok(words.map(str::to_owned).collect());
            }
            Some(_) => return Err(refused()),
        };
        let texts = values.into_iter().map(|value| match value {
            Value::String(text) => Ok(text),
            _ => Err(refused()),
        });
        texts.collect()
    }

    /// Returns the texts of an argument that may be repeated, each as it stands.
    pub(super) fn texts(&self, name: &'static str) -> Result<Vec<String>, Failure> {
        match self.0.get(name) {
            Some(Value::Array(_)) => self.list(name),
            Some(Value::String(text)) if text.trim_start().starts_with("[\"") => self.list(name),
            _ => Ok(self.text(name)?.into_iter().collect()),
        }
    }

    /// Returns a natural number.
    pub(super) fn natural(&self, name: &'static str) -> Result<Option<usize>, Failure> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let number = text.trim().parse().map_err(|_| {
            let what = if text.trim().parse::<i64>().is_ok() {
                "Must be a natural number".to_owned()
            } else {
                format!("Invalid integer: {}", shown(&text))
            };
            Failure::Validation(name, what)
        });
        number.map(Some)
    }

    /// Returns a flag, written in any of the ways CKAN knows.
    pub(super) fn flag(&self, name: &'static str, default: bool) -> Result<bool, Failure> {
        let Some(text) = self.text(name)? else { return Ok(default) };
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" | "t" | "1" => Ok(true),
            "false" | "no" | "off" | "n" | "f" | "0" => Ok(false),
            _ => {
                let what = format!("String is not true/false: {}", shown(&text));
                Err(Failure::Validation(name, what))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use axum::http::header::CONTENT_TYPE;

    use super::*;

    fn posted(media_type: &'static str, query: &str, body: &'static str) -> Arguments {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        let body = Bytes::from_static(body.as_bytes());
        Arguments::read(&Method::POST, &headers, query, &body).unwrap()
    }

    #[test]
    fn arguments_come_as_a_query_a_form_or_json() {
        let nothing = Bytes::new();
        let query = "q=a+b&fq=x&fq=y&rows=5&facet.field=[\"tags\",\"groups\"]&facet=False";
        let got = Arguments::read(&Method::GET, &HeaderMap::new(), query, &nothing).unwrap();
        assert_eq!(got.text("q").unwrap().as_deref(), Some("a b"));
        assert_eq!(got.texts("fq").unwrap(), ["x", "y"]);
        assert_eq!(got.natural("rows").unwrap(), Some(5));
        assert_eq!(got.list("facet.field").unwrap(), ["tags", "groups"]);
        assert!(!got.flag("facet", true).unwrap());
        let json = posted("application/json", "", r#"{"rows":5,"fq_list":["a"],"x":null}"#);
        assert_eq!(json.natural("rows").unwrap(), Some(5));
        assert_eq!(json.texts("fq_list").unwrap(), ["a"]);
        assert_eq!(json.text("x").unwrap(), None);
        let form = "application/x-www-form-urlencoded";
        assert_eq!(posted(form, "", "q=a").text("q").unwrap().as_deref(), Some("a"));
        assert_eq!(posted(form, "", r#"{"q":"a"}"#).text("q").unwrap().as_deref(), Some("a"));
        assert_eq!(posted("application/json", "q=a", "").text("q").unwrap().as_deref(), Some("a"));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let got = posted("application/json", "", r#"{"rows":-1,"start":"x","q":{},"facet":"?"}"#);
        let field = |failure: Failure| match failure {
            Failure::Validation(field, why) => (field, why),
            other => panic!("{other:?}"),
        };
        assert_eq!(field(got.natural("rows").unwrap_err()).1, "Must be a natural number");
        assert_eq!(field(got.natural("start").unwrap_err()).1, "Invalid integer: x");
        assert_eq!(field(got.text("q").unwrap_err()).0, "q");
        assert_eq!(field(got.flag("facet", true).unwrap_err()).0, "facet");
        let wrong = |body: &'static str| {
            Arguments::read(
                &Method::POST,
                &HeaderMap::new(),
                "",
                &Bytes::from_static(body.as_bytes()),
            )
        };
        assert!(matches!(wrong("[1]"), Err(Failure::BadRequest(_))));
        assert!(matches!(wrong("{"), Err(Failure::BadRequest(_))));
    }
}
