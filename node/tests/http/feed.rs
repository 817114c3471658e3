//! The feed of what happened to every dataset last.

use std::collections::BTreeMap;

use dela_node::rdf::{self, Format};

use super::fixture::node_with_short_log;
use super::harvest::{ask, dataset, path_of};
use super::*;

const AS: &str = "https://www.w3.org/ns/activitystreams#";
const NODE: &str = "<https://w3id.org/tree#node> <";

/// What a reader has copied: of each entity, what was done last and what was
/// said.
type Copied = BTreeMap<String, (String, Vec<String>)>;

/// Returns the values of a property in N-Quads, by subject.
fn values<'a>(text: &'a str, property: &str) -> Vec<(&'a str, &'a str)> {
    let infix = format!(" <{property}> ");
    text.lines().filter_map(|line| line.strip_suffix(" .")?.split_once(&infix)).collect()
}

/// Copies the feed as a reader would who begins at the root.
async fn copy(node: &Node) -> Copied {
    let mut to_do = vec!["/feed".to_owned()];
    let mut seen = Vec::new();
    let mut copied: BTreeMap<String, (String, String, Vec<String>)> = BTreeMap::new();
    while let Some(path) = to_do.pop() {
        if seen.contains(&path) {
            continue;
        }
        let page = ask(node, "GET", &path, &[("accept", "application/n-quads")]).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        let page = page.text();
        let links = page.split(NODE).skip(1).filter_map(|rest| rest.split('>').next());
        to_do.extend(links.map(|link| path_of(link).to_owned()));
        let published: BTreeMap<_, _> =
            values(&page, &format!("{AS}published")).into_iter().collect();
        let types: BTreeMap<_, _> =
            values(&page, "http://www.w3.org/1999/02/22-rdf-syntax-ns#type").into_iter().collect();
        for (activity, object) in values(&page, &format!("{AS}object")) {
            let graph = format!(" {activity} .");
            let said = page.lines().filter_map(|line| line.strip_suffix(&graph));
            let said = said.filter(|line| !line.contains("tree#member"));
            let entry = (
                published[activity].to_owned(),
                types[activity].replace(AS, ""),
                said.map(str::to_owned).collect(),
            );
            let newest = copied.entry(object.to_owned()).or_insert_with(|| entry.clone());
            if newest.0 <= entry.0 {
                *newest = entry;
            }
        }
        seen.push(path);
    }
    copied.into_iter().map(|(iri, (_, done, said))| (iri, (done, said))).collect()
}

fn done<'a>(copied: &'a Copied, iri: &str) -> Option<&'a str> {
    copied.get(&format!("<{iri}>")).map(|(done, _)| done.as_str())
}

#[tokio::test]
async fn who_reads_the_feed_has_what_the_index_has_and_knows_what_is_gone() {
    let node = empty_node();
    let answer = write(&node, "POST", "/api/v1/imports", "text/turtle", OWN).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let copied = copy(&node).await;
    assert_eq!(copied.len(), 3, "two datasets and the catalogue");
    assert_eq!(done(&copied, "https://data.sjovik.example/bad"), Some("<Create>"));
    let (_, said) = &copied["<https://data.sjovik.example/luft>"];
    assert!(said.iter().any(|line| line.contains("file-type/CSV")), "{said:#?}");
    assert!(said.iter().any(|line| line.contains("hasEmail")), "the contact is inside: {said:#?}");

    let other = OWN.replace("Var man kan bada", "Var man får bada");
    let answer = write(&node, "POST", "/api/v1/imports", "text/turtle", &other).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let bad = id_of(&node, "badplatser").await;
    let copied = copy(&node).await;
    assert_eq!(done(&copied, "https://data.sjovik.example/bad"), Some("<Update>"));
    let path = format!("/api/v1/datasets/{bad}?reason=stängt");
    let answer = write(&node, "DELETE", &path, "text/plain", "").await;
    assert!(answer.status.is_success(), "{}", answer.text());
    let copied = copy(&node).await;
    assert_eq!(done(&copied, "https://data.sjovik.example/bad"), Some("<Delete>"));
    assert_eq!(copied["<https://data.sjovik.example/bad>"].1, [] as [String; 0]);
}

#[tokio::test]
async fn a_full_page_is_kept_for_ever_and_the_open_one_is_not() {
    let node = empty_node();
    let many: String = (0..250).map(dataset).collect();
    node.world.lock().unwrap().other_publishes(&many);
    let stretch = follow(&get(&node, "/feed").await.text()).remove(0);
    let pages = follow(&get(&node, &stretch).await.text());
    assert_eq!(pages.len(), 3, "{pages:?}");
    let mut cached = Vec::new();
    for page in &pages {
        let answer = get(&node, page).await;
        cached.push(answer.header("cache-control").contains("immutable"));
    }
    assert_eq!(cached, [true, true, false]);
    assert_eq!(copy(&node).await.len(), 250);
    // A page that has not begun, and one of another log.
    let next = pages[2].replace(".p2", ".p3");
    assert_eq!(get(&node, &next).await.status, 404);
    assert_eq!(get(&node, "/feed/0123456789abcdef.p0").await.status, 410);
}

/// Returns the paths that the relations of a page in `TriG` lead to, sorted,
/// each once.
fn follow(page: &str) -> Vec<String> {
    let links = page.split("tree:node <").skip(1).filter_map(|rest| rest.split('>').next());
    let mut paths: Vec<String> = links.map(|link| path_of(link).to_owned()).collect();
    paths.sort();
    paths.dedup();
    paths
}

#[tokio::test]
async fn what_changed_before_the_log_begins_is_in_the_feed_as_well() {
    let node = node_with_short_log(50);
    for turn in 0..5 {
        let new: String = (turn * 60..(turn + 1) * 60).map(dataset).collect();
        // One of before changes, so that the log still tells of it.
        let again = if turn > 0 { dataset(turn) } else { String::new() };
        let turtle = format!("{new}{}", again.replace("Nummer", "Ny"));
        node.world.lock().unwrap().other_publishes(&turtle);
    }
    let root = get(&node, "/feed").await.text();
    assert_eq!(root.matches("LessThanRelation").count(), 1, "{root}");
    assert_eq!(copy(&node).await.len(), 300);
    assert!(
        follow(&root).iter().any(|path| path.split_once('.').is_some_and(|(_, part)| part == "b")),
        "{root}"
    );
}

#[tokio::test]
async fn the_feed_is_offered_only_in_forms_that_have_graphs() {
    let node = node();
    for (accept, format) in [
        ("*/*", Format::TriG),
        ("application/ld+json", Format::JsonLd),
        ("text/turtle, application/ld+json;q=0.5", Format::JsonLd),
    ] {
        let answer = ask(&node, "GET", "/feed", &[("accept", accept)]).await;
        assert_eq!(answer.header("content-type"), format.media_type(), "{accept}");
        assert!(rdf::parse(&answer.body, format, None).unwrap().len() > 5);
    }
    let refused = ask(&node, "GET", "/feed", &[("accept", "text/turtle")]).await;
    assert_eq!(refused.status, 406);
    assert!(refused.text().contains("application/trig, application/ld+json"), "{}", refused.text());
}

#[tokio::test]
async fn what_another_agency_still_offers_is_not_told_to_be_gone() {
    let node = empty_node();
    let dataset = "<urn:x:1> a <http://www.w3.org/ns/dcat#Dataset> ;
        <http://purl.org/dc/terms/title> \"Samma\"@sv .";
    node.world.lock().unwrap().other_publishes(dataset);
    let answer = write(&node, "POST", "/api/v1/imports", "text/turtle", dataset).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let page: SearchPage = get(&node, "/api/v1/datasets?q=samma").await.json();
    let own = page.datasets.iter().find(|found| found.agency == node.own).unwrap().id;
    let answer = write(&node, "DELETE", &format!("/api/v1/datasets/{own}"), "text/plain", "").await;
    assert!(answer.status.is_success(), "{}", answer.text());
    assert_eq!(done(&copy(&node).await, "urn:x:1"), Some("<Update>"));
}

#[tokio::test]
async fn an_empty_node_has_an_empty_feed() {
    let node = empty_node();
    let answer = get(&node, "/feed").await;
    assert_eq!(answer.status, 200);
    assert!(!answer.text().contains("relation"), "{}", answer.text());
    node.world.lock().unwrap().recover();
    assert_eq!(get(&node, "/feed").await.status, 503);
}
