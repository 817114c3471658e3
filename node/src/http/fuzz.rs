//! What must hold for whatever a client writes into a query, a path or a header.
//! See [`crate::fuzz`].

use axum::http::header::{
    ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, IF_MODIFIED_SINCE, IF_NONE_MATCH,
};
use axum::http::{HeaderMap, HeaderValue};

use super::access::Access;
use super::parameters::{Parameters, Segment, json, media_type, shown};
use super::{datasets, feed, graph, harvest, imports, parameters, version};
use crate::index::DatasetName;

/// The query of a URL, and a segment of its path.
pub fn http_query(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    assert!(shown(text).chars().count() <= 80);
    let headers = HeaderMap::new();
    if let Ok(parameters) = Parameters::read(text) {
        let mut asked = parameters.clone();
        if let Ok(request) = datasets::search_request(&mut asked) {
            assert!((1..=datasets::LIMIT_MAX).contains(&request.limit));
            // What is not known is refused, not skipped.
            let known = form_urlencoded::parse(data).all(|(name, value)| {
                let names = ["q", "sort", "limit", "after"];
                let lists = ["agency", "theme", "licence", "format", "kind"];
                value.is_empty() || names.contains(&&*name) || lists.contains(&&*name)
            });
            assert_eq!(asked.finish().is_ok(), known);
        }
        let mut asked = parameters.clone();
        drop((asked.flag("dry_run"), asked.flag("allow_shrink")));
        if let Ok((_, Some(base))) = imports::format_and_base(&mut asked, &headers) {
            assert!(oxiri::Iri::parse(base).is_ok());
        }
        drop(graph::chosen(&mut parameters.clone(), &headers));
    }
    let Segment(segment) = Segment(text.to_owned());
    if let Ok(name) = datasets::name(&segment) {
        match name {
            DatasetName::Iri(iri) => assert_eq!(iri, text),
            DatasetName::Id(id) => assert_eq!(id.to_string(), text.to_ascii_lowercase()),
            DatasetName::Prefix(digits) => assert!(digits.bytes().all(|b| b.is_ascii_hexdigit())),
        }
    }
    super::ckan::fuzz(text);
    drop(parameters::moment("modified_since", text));
    harvest::fuzz(text);
    feed::fuzz(text);
    drop(json::<dela_protocol::api::NewDataset>(data));
}

/// The value of each header that is read.
pub fn http_headers(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let mut headers = HeaderMap::new();
    let conditions = [IF_MODIFIED_SINCE, IF_NONE_MATCH];
    for name in [ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE].into_iter().chain(conditions)
    {
        headers.insert(name, value.clone());
    }
    drop(graph::negotiate(&headers, None));
    version::fuzz(&headers);
    media_type(&headers);
    drop(imports::format_and_base(&mut Parameters::default(), &headers));
    super::page::fuzz(&headers);
    let access = Access::new("hemlig", "token".into(), Vec::new());
    let text = value.to_str().unwrap_or_default();
    assert_eq!(access.may_write(&headers).is_ok(), carries(text, "hemlig"));
    access.is_known(text);
}

/// Whether an `Authorization` header carries the token, by the letter of it.
fn carries(text: &str, token: &str) -> bool {
    let scheme = text.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"));
    scheme && text.get(6..).is_some_and(|rest| rest.starts_with(' ') && rest.trim() == token)
}
