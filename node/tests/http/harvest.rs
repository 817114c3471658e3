//! RDF out: the whole index page by page, single datasets, and the own
//! catalogue as portals want it.

use std::collections::BTreeMap;

use dela_node::rdf::{self, Format};

use super::*;

const DCAT_DATASET: &str = "<http://www.w3.org/ns/dcat#dataset>";

/// Asks with some headers.
pub(super) async fn ask(node: &Node, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(&node.router, request.body(Body::empty()).unwrap()).await
}

/// Returns what a page links to by a property, if to anything.
fn link(page: &str, property: &str) -> Option<String> {
    let wanted = format!("<http://www.w3.org/ns/hydra/core#{property}> <");
    let (_, rest) = page.split_once(&wanted)?;
    rest.split_once('>').map(|(address, _)| address.to_owned())
}

/// Returns the datasets that a page lists as the whole catalogue's.
fn listed(page: &str) -> Vec<String> {
    let whole = "<http://localhost/catalog> ";
    let of_whole = page.lines().filter_map(|line| line.strip_prefix(whole));
    let lists = of_whole.filter_map(|line| line.strip_prefix(DCAT_DATASET));
    lists.map(|rest| rest.trim_end_matches(" .").trim().to_owned()).collect()
}

/// Returns the path of an address of this node.
pub(super) fn path_of(address: &str) -> &str {
    address.strip_prefix("http://localhost").unwrap()
}

pub(super) fn dataset(number: usize) -> String {
    format!(
        "<urn:x:{number}> a <http://www.w3.org/ns/dcat#Dataset> ;
         <http://purl.org/dc/terms/title> \"Nummer {number}\"@sv .\n"
    )
}

#[tokio::test]
async fn who_follows_the_pages_sees_all_that_was_there_throughout_exactly_once() {
    let node = empty_node();
    let many: String = (0..40).map(dataset).collect();
    node.world.lock().unwrap().other_publishes(&many);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut next = Some("http://localhost/catalog.nt?limit=7&kind=dataset".to_owned());
    let mut pages = 0;
    while let Some(address) = next {
        let page = get(&node, path_of(&address)).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.text();
        for iri in listed(&page) {
            *seen.entry(iri).or_default() += 1;
        }
        next = link(&page, "next");
        assert_eq!(next, link(&page, "nextPage"));
        // More come, and some change, while the harvester is on its way.
        let new = format!("{}{}", dataset(100 + pages), dataset(pages).replace("Nummer", "Ny"));
        node.world.lock().unwrap().other_publishes(&new);
        pages += 1;
        assert!(pages < 20, "the pages do not end");
    }
    for number in 0..40 {
        assert_eq!(seen.get(&format!("<urn:x:{number}>")), Some(&1), "{number}: {seen:?}");
    }
    assert!(seen.values().all(|times| *times == 1), "{seen:?}");
}

#[tokio::test]
async fn a_page_says_in_both_vocabularies_where_it_stands() {
    let node = node();
    let path = "/catalog.nt?limit=1&page=2";
    let page = get(&node, path).await.text();
    let here = format!("<http://localhost{path}>");
    for class in ["PagedCollection", "PartialCollectionView"] {
        let line = format!(
            "{here} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> \
             <http://www.w3.org/ns/hydra/core#{class}> ."
        );
        assert!(page.contains(&line), "{page}");
    }
    for (name, before) in [
        ("first", "firstPage"),
        ("previous", "previousPage"),
        ("next", "nextPage"),
        ("last", "lastPage"),
    ] {
        assert!(link(&page, name).is_some(), "{name}: {page}");
        assert_eq!(link(&page, name), link(&page, before), "{name}");
    }
    assert_eq!(link(&page, "first").unwrap(), "http://localhost/catalog.nt?limit=1");
    let all = get(&node, "/catalog.nt").await.text();
    assert_eq!(link(&all, "next"), None);
    assert!(all.contains("totalItems> \"6\""), "{all}");
    // By number, each page begins where the one before ended.
    let mut by_number = Vec::new();
    for number in 1..=6 {
        let path = format!("/catalog.nt?limit=1&page={number}");
        let page = get(&node, &path).await.text();
        by_number.push(
            page.lines()
                .filter(|line| {
                    line.starts_with("<http://localhost/catalog> <http://www.w3.org/ns/dcat#")
                })
                .count(),
        );
    }
    assert_eq!(by_number, [1, 1, 1, 1, 1, 1]);
}

#[tokio::test]
async fn every_form_says_the_same() {
    let node = node();
    for (extension, format) in [
        ("rdf", Format::RdfXml),
        ("xml", Format::RdfXml),
        ("ttl", Format::Turtle),
        ("jsonld", Format::JsonLd),
        ("nt", Format::NTriples),
        ("nq", Format::NQuads),
        ("trig", Format::TriG),
    ] {
        let answer = get(&node, &format!("/catalog.{extension}")).await;
        assert_eq!(answer.status, 200);
        assert!(answer.header("content-type").starts_with(format.media_type()), "{extension}");
        let negotiated = [("accept", format.media_type())];
        let by_header = ask(&node, "GET", "/catalog", &negotiated).await;
        let count = |answer: &Answer| rdf::parse(&answer.body, format, None).unwrap().len();
        assert_eq!(count(&answer), count(&by_header), "{extension}");
        assert_eq!(by_header.header("vary"), "accept");
    }
    assert_eq!(ask(&node, "GET", "/catalog", &[("accept", "image/png")]).await.status, 406);
}

#[tokio::test]
async fn what_a_harvester_has_is_not_sent_again_until_something_changes() {
    let node = node();
    let own = id_of(&node, "realtid").await;
    for path in [
        "/catalog.rdf".to_owned(),
        "/datasets/dcat".to_owned(),
        format!("/dataset/{own}.ttl"),
        format!("/api/v1/agencies/{}/catalogue", node.own),
    ] {
        let whole = get(&node, &path).await;
        let head = ask(&node, "HEAD", &path, &[]).await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0), "{path}");
        for name in ["etag", "content-type", "last-modified", "vary", "cache-control"] {
            assert!(!whole.header(name).is_empty(), "{path}: {name}");
            assert_eq!(head.header(name), whole.header(name), "{path}: {name}");
        }
        let tag = whole.header("etag").to_owned();
        let again = ask(&node, "GET", &path, &[("if-none-match", &tag)]).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{path}");
        assert_eq!(again.header("etag"), tag);
        let since = [("if-modified-since", whole.header("last-modified"))];
        assert_eq!(ask(&node, "GET", &path, &since).await.status, 304, "{path}");
        let path = format!("{path}?profile=dcat-ap");
        let other = ask(&node, "GET", &path, &[("if-none-match", &tag)]).await;
        assert_eq!(other.status, 200, "{path}");
    }
    let tag = get(&node, "/catalog.rdf").await.header("etag").to_owned();
    node.world.lock().unwrap().other_publishes(&dataset(1));
    let changed = ask(&node, "GET", "/catalog.rdf", &[("if-none-match", &tag)]).await;
    assert_eq!(changed.status, 200);
}

#[tokio::test]
async fn only_what_changed_since_a_moment_is_listed_on_request() {
    let node = node();
    for (since, expected) in [
        ("2026-01-01", "6"),
        ("2026-01-01T08:00:00Z", "6"),
        ("2026-01-01T08:00:00.001Z", "0"),
        ("2030-01-01", "0"),
    ] {
        let page = get(&node, &format!("/catalog.nt?modified_since={since}")).await.text();
        assert!(page.contains(&format!("totalItems> \"{expected}\"")), "{since}: {page}");
    }
    assert_eq!(get(&node, "/catalog?modified_since=nyss").await.status, 400);
}

#[tokio::test]
async fn the_pages_are_refused_while_the_index_is_not_whole() {
    let node = node_without_search(1_100);
    let answer = get(&node, "/catalog.rdf").await;
    assert_eq!(answer.status, 503);
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test]
async fn formats_are_terms_in_the_profile_of_europe() {
    let node = node();
    let id = id_of(&node, "realtid").await;
    let published = get(&node, &format!("/dataset/{id}.nt")).await.text();
    assert!(published.contains("/format> \"text/csv\""), "{published}");
    let european = get(&node, &format!("/dataset/{id}.nt?profile=dcat-ap")).await.text();
    for term in ["authority/file-type/CSV>", "assignments/media-types/text/csv>"] {
        assert!(european.contains(term), "{european}");
    }
    assert!(!european.contains("\"text/csv\""), "{european}");
    let unknown = get(&node, &format!("/dataset/{id}.nt?profile=marc21")).await;
    assert_eq!(unknown.status, 400);
    assert!(unknown.text().contains("dcat-ap-se, dcat-ap"), "{}", unknown.text());
}

#[tokio::test]
async fn links_begin_with_what_the_client_called_the_node() {
    let node = node();
    let called = [("host", "data.example.org")];
    let page = ask(&node, "GET", "/catalog.nt?limit=1", &called).await.text();
    let next = link(&page, "next").unwrap();
    assert!(next.starts_with("http://data.example.org/catalog.nt?limit=1&page=2&after="), "{next}");
}

#[tokio::test]
async fn the_sitemap_has_every_dataset_and_robots_are_told_of_it() {
    let node = node();
    let robots = get(&node, "/robots.txt").await;
    assert!(
        robots.text().contains("\nSitemap: http://localhost/sitemap.xml\n"),
        "{}",
        robots.text()
    );
    let index = get(&node, "/sitemap.xml").await;
    assert!(index.header("content-type").starts_with("application/xml"));
    assert!(index.text().contains("<loc>http://localhost/sitemap/0.xml</loc>"), "{}", index.text());
    let part = get(&node, "/sitemap/0.xml").await.text();
    let id = id_of(&node, "realtid").await;
    let page = format!("<loc>http://localhost/dataset/{id}</loc><lastmod>2026-01-01T08:00:00Z<");
    assert!(part.contains(&page), "{part}");
    assert_eq!(part.matches("/dataset/").count(), 6, "{part}");
    assert_eq!(get(&node, "/sitemap/1.xml").await.status, 404);
    assert_eq!(get(&node_without_search(1_100), "/sitemap.xml").await.status, 503);
}

#[tokio::test]
async fn pages_name_what_programs_can_read_instead() {
    let node = node();
    let page = get(&node, "/?q=luft&theme=ENVI").await.text();
    assert!(page.contains("href=\"/catalog.ttl?q=luft&amp;theme=ENVI\""), "{page}");
    assert!(page.contains("type=\"application/trig\" href=\"/feed\""), "{page}");
    let id = id_of(&node, "realtid").await;
    let page = get(&node, &format!("/dataset/{id}")).await.text();
    for said in ["\"sameAs\":", "\"encodingFormat\":\"text/csv\"", "\"contentSize\":\"1234567 B\""]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
}
