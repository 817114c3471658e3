//! Atom feeds, as feed readers ask for them.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use super::fixture::{Node, node, node_without_search};
use super::{Answer, get, send};

/// Asks under a header.
async fn asked(node: &Node, path: &str, name: &str, value: &str) -> Answer {
    let request = Request::get(path).header(name, value).body(Body::empty()).unwrap();
    send(&node.router, request).await
}

/// Returns how many entries a feed has.
async fn entries(node: &Node, path: &str) -> usize {
    let answer = get(node, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    assert_eq!(answer.header("content-type"), "application/atom+xml; charset=utf-8");
    answer.text().matches("<entry").count()
}

#[tokio::test]
async fn a_feed_is_atom_with_ids_that_stay() {
    let node = node();
    let answer = get(&node, "/feeds/search.atom?q=luftkvalitet").await;
    insta::with_settings!({ omit_expression => true, snapshot_path => "../snapshots" }, {
        insta::assert_snapshot!("feed", answer.text());
    });
    let elsewhere =
        asked(&node, "/feeds/search.atom?q=luftkvalitet&lang=en", "host", "data.example.org").await;
    let ids = |answer: &Answer| -> Vec<String> {
        let text = answer.text();
        text.lines().filter(|line| line.contains("<id>")).map(str::to_owned).collect()
    };
    assert_eq!(ids(&answer), ids(&elsewhere));
    assert_eq!(ids(&answer).len(), 2);
    assert!(elsewhere.text().contains("href=\"http://data.example.org/dataset/"));
}

#[tokio::test]
async fn feeds_are_where_ckan_has_them_and_for_every_search() {
    let node = node();
    assert_eq!(entries(&node, "/feeds/dataset.atom").await, 4);
    assert_eq!(entries(&node, "/feeds/dataset.atom?page=2").await, 0);
    assert_eq!(entries(&node, "/feeds/custom.atom?q=luft&tags=luft").await, 1);
    assert_eq!(entries(&node, "/feeds/custom.atom?fq=groups:envi&_=1&sort=x").await, 3);
    assert_eq!(entries(&node, "/feeds/tag/luft.atom").await, 1);
    assert_eq!(entries(&node, "/feeds/group/envi.atom").await, 3);
    assert_eq!(entries(&node, &format!("/feeds/organization/{}.atom", node.own)).await, 2);
    assert_eq!(entries(&node, "/feeds/search.atom").await, 6, "all kinds");
    let own = format!("/feeds/search.atom?agency={}&kind=dataset&lang=sv", node.own);
    assert_eq!(entries(&node, &own).await, 2);
    let hostile = get(&node, "/feeds/search.atom?q=badplatser").await.text();
    assert!(hostile.contains("Badplatser &lt;/script&gt;"), "{hostile}");
    for (path, status) in [
        ("/feeds/tag/luft", 404),
        ("/feeds/group/nobody.atom", 404),
        ("/feeds/organization/nobody.atom", 404),
        ("/feeds/dataset.atom?page=0", 400),
        ("/feeds/custom.atom?nothing=x", 400),
        ("/feeds/search.atom?nothing=x", 400),
    ] {
        let answer = get(&node, path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
    }
    let stalled = node_without_search(2_000);
    let answer = get(&stalled, "/feeds/dataset.atom").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "never an emptied feed");
}

#[tokio::test]
async fn what_a_reader_has_is_not_sent_again() {
    let node = node();
    let path = "/feeds/dataset.atom";
    let first = get(&node, path).await;
    assert_eq!(first.header("last-modified"), "Thu, 01 Jan 2026 08:00:00 GMT");
    let again = asked(&node, path, "if-none-match", first.header("etag")).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let since = asked(&node, path, "if-modified-since", first.header("last-modified")).await;
    assert_eq!(since.status, StatusCode::NOT_MODIFIED);
    let head = send(&node.router, Request::head(path).body(Body::empty()).unwrap()).await;
    assert_eq!((head.status, head.header("etag")), (StatusCode::OK, first.header("etag")));
    let turtle = "<urn:x:ny> a <http://www.w3.org/ns/dcat#Dataset> .\n";
    node.world.lock().unwrap().other_publishes(turtle);
    let changed = asked(&node, path, "if-none-match", first.header("etag")).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert!(changed.text().contains("urn:x:ny"), "without a title its address stands for it");
}

#[tokio::test]
async fn pages_lead_to_their_feeds() {
    let node = node();
    let results = get(&node, "/?q=luft&theme=ENVI&lang=en").await.text();
    let feed = "/feeds/search.atom?q=luft&amp;theme=ENVI&amp;lang=en";
    assert!(results.contains(&format!("href=\"{feed}\" rel=\"nofollow\">Follow this search")));
    assert!(results.contains("type=\"application/atom+xml\""));
    let agency = get(&node, &format!("/agency/{}?lang=sv", node.own)).await.text();
    assert!(agency.contains(&format!("/feeds/search.atom?agency={}&amp;lang=sv", node.own)));
    assert!(agency.contains("Följ organisationen"));
}
