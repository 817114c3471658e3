//! The HTTP side, asked without a network: every endpoint, and every kind of
//! wrong input.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use dela_node::http::ClientAddress;
use dela_protocol::api::{
    DatasetQuality, DatasetView, ImportReport, IndicatorOutcome, Problem, PublishReport,
    QualityReport, Relation, SearchPage,
};
use dela_protocol::id::EntityId;
use futures::StreamExt as _;
use serde::de::DeserializeOwned;
use tower::ServiceExt as _;

mod ckan;
mod council;
mod feed;
mod feeds;
mod fixture;
mod harvest;
mod insight;
mod share;
mod site;
mod sources;
mod strict;

use fixture::{Node, OWN, TOKEN, empty_node, node, node_without_search};

/// An answer, whole.
struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Returns status, media type and body, JSON spread out, for a snapshot.
    fn shown(&self) -> String {
        let media_type = self.header("content-type");
        let body = if media_type.ends_with("json") {
            serde_json::to_string_pretty(&self.json::<serde_json::Value>()).unwrap()
        } else {
            self.text()
        };
        let body = body.replace(env!("CARGO_PKG_VERSION"), "[VERSION]");
        format!("{} {media_type}\n{body}", self.status.as_u16())
    }
}

async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

async fn get(node: &Node, path: &str) -> Answer {
    send(&node.router, Request::get(path).body(Body::empty()).unwrap()).await
}

/// Sends a body with the token.
async fn write(node: &Node, method: &str, path: &str, media_type: &str, body: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
        .header(header::CONTENT_TYPE, media_type)
        .body(Body::from(body.to_owned()))
        .unwrap();
    send(&node.router, request).await
}

/// Returns the id of the one hit of a search.
async fn id_of(node: &Node, words: &str) -> String {
    let page: SearchPage = get(node, &format!("/api/v1/datasets?q={words}")).await.json();
    assert_eq!(page.total, 1, "{words}");
    page.datasets[0].id.to_string()
}

macro_rules! snapshot {
    ($name:literal, $answer:expr) => {
        let shown = $answer.shown();
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!($name, shown);
        });
    };
}

#[tokio::test]
async fn the_state_of_the_node_is_told() {
    let node = node();
    snapshot!("status", get(&node, "/api/v1/status").await);
    snapshot!("peers", get(&node, "/api/v1/peers").await);
    snapshot!("nodes", get(&node, "/api/v1/nodes").await);
    assert_eq!(get(&node, "/healthz").await.text(), "ok\n");
    assert_eq!(get(&node, "/readyz").await.text(), "ready\n");
    let metrics = get(&node, "/metrics").await.text();
    assert!(metrics.contains("dela_agencies 2\n"), "{metrics}");
    assert!(metrics.contains("path=\"/api/v1/status\""), "{metrics}");
}

#[tokio::test]
async fn a_search_finds_with_facets_filters_and_pages() {
    let node = node();
    snapshot!("search", get(&node, "/api/v1/datasets?q=luftkvalitet").await);
    let all: SearchPage = get(&node, "/api/v1/datasets").await.json();
    assert_eq!(all.total, 6);
    let path = format!("/api/v1/datasets?agency={}&kind=dataset", node.other);
    let filtered: SearchPage = get(&node, &path).await.json();
    assert_eq!(filtered.total, 2);
    assert!(filtered.datasets.iter().all(|hit| hit.provenance.stale && hit.verified));
    let path = format!("/api/v1/datasets?agency={}", node.own.short());
    assert_eq!(get(&node, &path).await.json::<SearchPage>().total, 3);
    assert_eq!(
        get(&node, "/api/v1/datasets?kind=dataset&kind=data_service")
            .await
            .json::<SearchPage>()
            .total,
        5
    );
    let first: SearchPage = get(&node, "/api/v1/datasets?limit=4").await.json();
    let next = first.next.unwrap();
    let second: SearchPage =
        get(&node, &format!("/api/v1/datasets?limit=4&after={next}")).await.json();
    assert_eq!((first.datasets.len(), second.datasets.len(), second.next), (4, 2, None));
    assert!(second.facets.is_empty());
}

#[tokio::test]
async fn a_dataset_is_found_by_id_by_its_beginning_and_by_iri() {
    let node = node();
    let id = id_of(&node, "luftkvalitet").await;
    let whole = get(&node, &format!("/api/v1/datasets/{id}")).await;
    snapshot!("dataset", whole);
    let short = get(&node, &format!("/api/v1/datasets/{}", &id[..9])).await;
    assert_eq!(short.text(), whole.text());
    let iri = "https%3A%2F%2Fdata.sjovik.example%2Fbad";
    let by_iri = get(&node, &format!("/api/v1/datasets/{iri}")).await;
    assert_eq!(by_iri.status, StatusCode::OK);
    // Two agencies describe the same air.
    let both: SearchPage =
        get(&node, "/api/v1/datasets?iri=https://data.sjovik.example/luft").await.json();
    assert_eq!(both.total, 2);
    let ambiguous = get(&node, "/api/v1/datasets/https%3A%2F%2Fdata.sjovik.example%2Fluft").await;
    assert_eq!(ambiguous.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_descriptions_score_is_told_for_one_an_agency_and_all() {
    let node = node();
    let id = id_of(&node, "luftkvalitet&kind=dataset").await;
    let one: DatasetQuality = get(&node, &format!("/api/v1/datasets/{id}/quality")).await.json();
    let met = one.indicators.iter().filter(|one| one.outcome == IndicatorOutcome::Met);
    assert_eq!(one.points, met.map(|one| one.points).sum::<u32>());
    assert_eq!(one.points_max, 405);
    snapshot!("quality", get(&node, "/api/v1/quality?language=sv").await);
    let own: QualityReport =
        get(&node, &format!("/api/v1/quality?agency={}", node.own)).await.json();
    let other: QualityReport =
        get(&node, &format!("/api/v1/quality?agency={}", node.other)).await.json();
    let all: QualityReport = get(&node, "/api/v1/quality").await.json();
    assert_eq!(own.datasets + other.datasets, all.datasets);
    assert_eq!(own.distributions + other.distributions, all.distributions);
    for (name, score) in all.indicators.iter().map(|one| (&one.name, one)) {
        let of = |report: &QualityReport| {
            report.indicators.iter().find(|one| one.name == *name).unwrap().met
        };
        assert_eq!(of(&own) + of(&other), score.met, "{name}");
    }
    let page = get(&node, &format!("/quality?agency={}&lang=sv", node.own)).await.text();
    assert!(page.contains("Det här ger mest"), "{page}");
    assert_eq!(get(&node, "/api/v1/quality?agency=00000000").await.status, 404);
}

#[tokio::test]
async fn the_proof_and_the_signed_bytes_are_those_of_the_record() {
    let node = node();
    let id = id_of(&node, "luftkvalitet").await;
    snapshot!("proof", get(&node, &format!("/api/v1/datasets/{id}/proof")).await);
    let record = get(&node, &format!("/api/v1/datasets/{id}/record")).await;
    assert_eq!(record.header("content-type"), "application/cose; cose-type=\"cose-sign1\"");
    let record = dela_protocol::record::Record::decode(record.body).unwrap();
    assert_eq!(record.entity().to_string(), id);
}

#[tokio::test]
async fn agencies_are_listed_and_their_catalogues_given_back() {
    let node = node();
    snapshot!("agencies", get(&node, "/api/v1/agencies").await);
    let first: dela_protocol::api::AgencyList = get(&node, "/api/v1/agencies?limit=1").await.json();
    let next = first.next.unwrap();
    let second: dela_protocol::api::AgencyList =
        get(&node, &format!("/api/v1/agencies?limit=1&after={next}")).await.json();
    assert_eq!(second.agencies.len(), 1);
    assert_eq!(second.next, None);
    snapshot!("agency", get(&node, &format!("/api/v1/agencies/{}", node.own)).await);
    let path = format!("/api/v1/agencies/{}/catalogue?format=turtle", node.other.short());
    snapshot!("agency_catalogue", get(&node, &path).await);
    let own = get(&node, "/datasets/dcat").await;
    assert_eq!(own.header("content-type"), "application/rdf+xml");
    assert!(
        own.text().contains("https://data.sjovik.example/luft.csv")
            || own.text().contains("sjovik.example/luft.csv")
    );
}

#[tokio::test]
async fn a_dataset_is_given_in_the_form_the_client_accepts() {
    let node = node();
    let id = id_of(&node, "luftkvalitet").await;
    for (extension, media_type) in [
        ("ttl", "text/turtle; charset=utf-8"),
        ("rdf", "application/rdf+xml"),
        ("jsonld", "application/ld+json"),
        ("nt", "application/n-triples"),
    ] {
        let answer = get(&node, &format!("/dataset/{id}.{extension}")).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, media_type));
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
    let request = Request::get(format!("/dataset/{id}"))
        .header(header::ACCEPT, "text/turtle")
        .body(Body::empty())
        .unwrap();
    let answer = send(&node.router, request).await;
    assert_eq!(answer.header("content-type"), "text/turtle; charset=utf-8");
    let page = get(&node, &format!("/dataset/{id}")).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn the_same_import_twice_changes_nothing() {
    let node = empty_node();
    let first = write(&node, "POST", "/api/v1/imports", "text/turtle", OWN).await;
    snapshot!("import", first);
    let again: ImportReport =
        write(&node, "POST", "/api/v1/imports", "text/turtle", OWN).await.json();
    assert_eq!((again.created, again.changed, again.withdrawn, again.unchanged), (0, 0, 0, 3));
    assert_eq!(again.position, first.json::<ImportReport>().position);
    assert_eq!(node.world.lock().unwrap().commands, 1);
}

#[tokio::test]
async fn an_import_withdraws_what_is_gone_and_a_dry_run_only_says_so() {
    let node = node();
    let smaller = OWN.replace("bad>", "badet>");
    let dry: ImportReport =
        write(&node, "POST", "/api/v1/imports?dry_run=true", "text/turtle", &smaller).await.json();
    assert_eq!((dry.created, dry.changed, dry.withdrawn, dry.unchanged), (1, 0, 1, 2));
    assert_eq!(node.world.lock().unwrap().commands, 0);
    let id = id_of(&node, "badplatser").await;
    let done: ImportReport =
        write(&node, "POST", "/api/v1/imports", "text/turtle", &smaller).await.json();
    assert_eq!(done.changes, dry.changes);
    let gone = get(&node, &format!("/api/v1/datasets/{id}")).await;
    assert_eq!(gone.status, StatusCode::GONE);
    // The profile is no part of the file, and stays.
    let agency: dela_protocol::api::AgencySummary =
        get(&node, &format!("/api/v1/agencies/{}", node.own)).await.json();
    assert_eq!(agency.name, "Sjöviks kommun");
}

#[tokio::test]
async fn what_an_import_notices_is_told_in_the_language_asked() {
    let node = empty_node();
    let bad = OWN.replace("sjovik.example/luft.csv", "sjovik.example/luft data.csv");
    let noticed = async |query: &str| {
        let path = format!("/api/v1/imports?dry_run=true{query}");
        let report: ImportReport = write(&node, "POST", &path, "text/turtle", &bad).await.json();
        let found = report.warnings.into_iter().find(|found| found.rule == "iri-characters");
        found.expect("an IRI has a space in it")
    };
    let (english, swedish) = (noticed("").await, noticed("&language=sv").await);
    assert!(english.message.contains("is not a valid IRI"), "{english:?}");
    assert!(swedish.message.contains("är ingen giltig IRI"), "{swedish:?}");
    assert!(!english.why.is_empty() && !swedish.why.is_empty());
    assert_eq!((english.line, swedish.line), (Some(27), Some(27)));
}

#[tokio::test]
async fn a_catalogue_that_shrinks_suspiciously_is_refused_unless_allowed() {
    let node = empty_node();
    let many = |count: usize| {
        let each = |n| {
            format!(
                "<https://data.sjovik.example/{n}> a <http://www.w3.org/ns/dcat#Dataset> ; \
                 <http://purl.org/dc/terms/title> \"{n}\"@sv .\n"
            )
        };
        (0..count).map(each).collect::<String>()
    };
    let status = async |count, query: &str| {
        let path = format!("/api/v1/imports{query}");
        write(&node, "POST", &path, "text/turtle", &many(count)).await
    };
    assert_eq!(status(30, "").await.status, StatusCode::OK);
    assert_eq!(status(24, "").await.status, StatusCode::OK);
    let refused = status(10, "").await;
    snapshot!("shrink", refused);
    assert_eq!(node.world.lock().unwrap().commands, 2);
    let dry: ImportReport = status(10, "?dry_run").await.json();
    assert_eq!((dry.withdrawn, dry.warnings[0].rule.as_str()), (14, "shrink"));
    assert_eq!(status(10, "?allow_shrink=true").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_catalogue_that_loses_its_last_dataset_is_refused_however_small() {
    let node = empty_node();
    let catalogue = "<https://data.sjovik.example/> a <http://www.w3.org/ns/dcat#Catalog> .\n";
    let dataset = "<https://data.sjovik.example/1> a <http://www.w3.org/ns/dcat#Dataset> .\n";
    let import = async |file: &str, query: &str| {
        let path = format!("/api/v1/imports{query}");
        write(&node, "POST", &path, "text/turtle", file).await.status
    };
    assert_eq!(import(&[catalogue, dataset].concat(), "").await, StatusCode::OK);
    assert_eq!(import(catalogue, "").await, StatusCode::CONFLICT);
    assert_eq!(import(catalogue, "?allow_shrink").await, StatusCode::OK);
    assert_eq!(import(catalogue, "").await, StatusCode::OK, "nothing is left to lose");
}

#[tokio::test]
async fn one_dataset_is_published_changed_and_withdrawn() {
    let node = node();
    let form = r#"{ "title": [{ "text": "Cykelräkning", "language": "sv" }],
        "description": [{ "text": "Passager per dygn", "language": "sv" }],
        "licence": "CC0-1.0", "theme": ["TRAN"],
        "contact_name": "Trafik", "contact_email": "trafik@sjovik.example",
        "distribution": [{ "access_url": "https://sjovik.example/cykel", "format": "CSV" }] }"#;
    let created = write(&node, "POST", "/api/v1/datasets", "application/json", form).await;
    snapshot!("publish", created);
    let created: PublishReport = created.json();
    let again: PublishReport =
        write(&node, "POST", "/api/v1/datasets", "application/json", form).await.json();
    assert_eq!((again.change, again.position), (None, created.position));
    let turtle = "<https://data.sjovik.example/bad> a <http://www.w3.org/ns/dcat#Dataset> ; \
                  <http://purl.org/dc/terms/title> \"Bad\"@sv .";
    let changed: PublishReport =
        write(&node, "POST", "/api/v1/datasets", "text/turtle", turtle).await.json();
    assert_eq!(changed.change, Some(dela_protocol::api::ChangeKind::Changed));
    let path = format!("/api/v1/datasets/{}?reason=Ersatt", created.id);
    let withdrawn = write(&node, "DELETE", &path, "text/plain", "").await;
    assert_eq!(withdrawn.status, StatusCode::OK);
    let path = format!("/api/v1/datasets/{}", created.id);
    let problem: Problem = get(&node, &path).await.json();
    assert!(problem.detail.ends_with(": Ersatt"), "{}", problem.detail);
}

#[tokio::test]
async fn a_file_is_checked_without_token_and_without_change() {
    let node = node();
    let request = Request::post("/api/v1/check").body(Body::from(OWN)).unwrap();
    snapshot!("check", send(&node.router, request).await);
    assert_eq!(node.world.lock().unwrap().commands, 0);
}

#[tokio::test]
async fn while_the_own_catalogue_is_away_nothing_is_published_or_exported() {
    let node = node();
    node.world.lock().unwrap().recover();
    let import = write(&node, "POST", "/api/v1/imports", "text/turtle", OWN).await;
    snapshot!("recovering", import);
    assert!(!import.header("retry-after").is_empty());
    assert_eq!(get(&node, "/datasets/dcat").await.status, StatusCode::SERVICE_UNAVAILABLE);
    let status: dela_protocol::api::Status = get(&node, "/api/v1/status").await.json();
    assert_eq!(status.state, dela_protocol::api::NodeState::Recovering);
}

#[tokio::test]
async fn a_node_that_lost_its_store_says_so_instead_of_that_nothing_is_there() {
    let node = empty_node();
    node.world.lock().unwrap().recover();
    let of_own = format!("/api/v1/agencies/{}", node.own);
    let away = [
        "/readyz",
        "/api/v1/datasets",
        "/api/v1/datasets?q=luft",
        "/api/v1/datasets?iri=urn:x:7",
        "/api/v1/datasets/urn:x:7",
        "/api/v1/datasets/0123456789abcdef",
        "/api/v1/agencies",
        &of_own,
        "/datasets/dcat",
        "/dataset/0123456789abcdef.ttl",
    ];
    for path in away {
        let answer = get(&node, path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(!answer.header("retry-after").is_empty(), "{path}");
        let problem: Problem = answer.json();
        assert_eq!(problem.problem_type, "/problems/recovering", "{path}");
    }
    assert_eq!(get(&node, "/").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(get(&node, "/healthz").await.status, StatusCode::OK);
    assert_eq!(get(&node, "/metrics").await.status, StatusCode::OK);
}

#[tokio::test]
async fn while_the_search_is_being_built_nobody_sees_an_emptied_index() {
    let node = node_without_search(8);
    for path in ["/api/v1/datasets", "/api/v1/datasets?q=luft", "/api/v1/agencies", "/readyz"] {
        let answer = get(&node, path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(!answer.header("retry-after").is_empty(), "{path}");
        let problem: Problem = answer.json();
        assert!(problem.detail.contains("8 changes remain"), "{}", problem.detail);
    }
    let page = get(&node, "/").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    // What needs no search is answered.
    let status: dela_protocol::api::Status = get(&node, "/api/v1/status").await.json();
    assert_eq!(status.state, dela_protocol::api::NodeState::CatchingUp);
    let one = get(&node, "/api/v1/datasets/urn:x:7").await;
    assert_eq!(one.status, StatusCode::OK);
    // What comes later is new, and its lag no reason to refuse.
    let ready = node_without_search(0);
    assert_eq!(get(&ready, "/readyz").await.status, StatusCode::OK);
    ready
        .world
        .lock()
        .unwrap()
        .other_publishes("<urn:x:9> a <http://www.w3.org/ns/dcat#Dataset> .");
    assert_eq!(get(&ready, "/readyz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn where_the_token_lies_is_told_to_clients_on_this_machine_only() {
    let node = node();
    let ask = async |address: &str, proxied: bool| {
        let mut request = Request::get("/api/v1/token-file");
        if proxied {
            request = request.header("x-forwarded-for", "192.0.2.7");
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(ClientAddress(address.parse().unwrap()));
        send(&node.router, request).await
    };
    let local = ask("127.0.0.1:50000", false).await;
    assert_eq!(local.text(), r#"{"path":"/var/lib/dela/token"}"#);
    assert_eq!(local.header("access-control-allow-origin"), "");
    assert_eq!(ask("127.0.0.1:50000", true).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ask("192.0.2.7:50000", false).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn events_are_followed_from_any_number_and_end_when_the_node_stops() {
    let node = node();
    let request = Request::get("/api/v1/events?after=4")
        .header(header::ACCEPT, "text/event-stream")
        .body(Body::empty())
        .unwrap();
    let response = node.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut stream = response.into_body().into_data_stream();
    let mut seen = String::new();
    while !seen.contains("id: 8\n") {
        seen.push_str(core::str::from_utf8(&stream.next().await.unwrap().unwrap()).unwrap());
    }
    // Four changes, of which one is the agency's profile: no event.
    assert_eq!(seen.matches("event: published\n").count(), 3, "{seen}");
    let new = "<https://data.alvar.example/ny> a <http://www.w3.org/ns/dcat#Dataset> ; \
               <http://purl.org/dc/terms/title> \"Ny\"@sv .";
    node.world.lock().unwrap().other_publishes(new);
    let next = stream.next().await.unwrap().unwrap();
    let next = core::str::from_utf8(&next).unwrap();
    assert!(next.contains("id: 9\n") && next.contains("\"title\":\"Ny\""), "{next}");
    node.stop.cancel();
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn one_who_followed_a_log_that_was_lost_is_told_so() {
    let node = node();
    // Since the store was made anew, numbers begin at 1 again.
    for path in ["/api/v1/events?after=9", "/api/v1/events?after=18446744073709551615"] {
        let answer = get(&node, path).await;
        assert_eq!(answer.status, StatusCode::GONE, "{path}");
        let problem: Problem = answer.json();
        assert!(problem.detail.contains("the newest is 8"), "{}", problem.detail);
    }
}

#[tokio::test]
async fn heads_are_answered_and_other_sites_may_read_but_not_write() {
    let node = node();
    for path in ["/api/v1/status", "/", "/datasets/dcat", "/metrics", "/style.css"] {
        let head = send(&node.router, Request::head(path).body(Body::empty()).unwrap()).await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0), "{path}");
        assert_eq!(head.header("x-content-type-options"), "nosniff", "{path}");
    }
    assert_eq!(get(&node, "/api/v1/status").await.header("access-control-allow-origin"), "*");
    let import = write(&node, "POST", "/api/v1/imports?dry_run", "text/turtle", OWN).await;
    assert_eq!(import.header("access-control-allow-origin"), "");
    let page = get(&node, "/").await;
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
}

#[tokio::test]
async fn the_page_speaks_two_languages_and_runs_nothing_of_others() {
    let node = node();
    let swedish = get(&node, "/").await.text();
    assert!(swedish.contains("<html lang=\"sv\">") && swedish.contains("Luftkvalitet i realtid"));
    let english = get(&node, "/?lang=en&q=air").await.text();
    assert!(
        english.contains("<html lang=\"en\">")
            && english.contains("<mark>Air</mark> quality in real time")
    );
    let id = id_of(&node, "luftkvalitet").await;
    let dataset = get(&node, &format!("/dataset/{id}?lang=sv")).await.text();
    assert!(dataset.contains("Signaturen stämmer"));
    assert!(!dataset.contains("href=\"javascript:"));
    assert!(dataset.contains("<code>javascript:alert(1)</code>"));
    let id = id_of(&node, "badplatser").await;
    let hostile = get(&node, &format!("/dataset/{id}")).await.text();
    assert!(!hostile.contains("</script><b>"));
    for path in ["/agencies", "/agency/0badc0de", &format!("/agency/{}", node.other)] {
        let page = get(&node, path).await;
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    }
    // Where something is missing a person is not told of the API.
    let missing = get(&node, "/dataset/0badc0de").await;
    let missing = missing.text();
    assert!(missing.contains("Det finns inte här") && !missing.contains("/api/v1/"));
    assert!(get(&node, "/dataset/kort").await.text().contains("Gör så här"));
}

const SERIES: &str = r#"
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
<https://data.alvar.example/serie> a dcat:DatasetSeries ; dcterms:title "Årsserien"@sv .
<https://data.alvar.example/2024> a dcat:Dataset ; dcterms:title "Året 2024"@sv ;
  dcat:inSeries <https://data.alvar.example/serie> ;
  dcterms:spatial [ a dcterms:Location ; dcat:bbox "POLYGON((17 59, 18.5 60, 17 60, 17 59))" ] .
<https://data.alvar.example/2025> a dcat:Dataset ; dcterms:title "Året 2025"@sv ;
  dcat:inSeries <https://data.alvar.example/serie> ;
  dcterms:spatial [ a dcterms:Location ; dcat:centroid "POINT(-70 40)" ] .
<https://data.alvar.example/tjanst> a dcat:DataService ; dcterms:title "Års-API"@sv ;
  dcat:endpointURL <https://alvar.example/ar> ;
  dcat:servesDataset <https://data.alvar.example/2024>, <https://data.alvar.example/borta> .
"#;

/// Returns an entry by its IRI, and its page.
async fn entry_and_page(node: &Node, iri: &str) -> (DatasetView, String) {
    let id = EntityId::of(&node.other, iri);
    let view: DatasetView = get(node, &format!("/api/v1/datasets/{id}")).await.json();
    let page = get(node, &format!("/dataset/{id}")).await.text();
    (view, page)
}

#[tokio::test]
async fn what_belongs_to_an_entry_is_told_and_linked() {
    let node = node();
    node.world.lock().unwrap().other_publishes(SERIES);
    let related = |view: &DatasetView| -> Vec<(Relation, String)> {
        let titles = view.related.iter().map(|one| (one.relation, one.title[0].text.clone()));
        titles.collect()
    };
    let (series, page) = entry_and_page(&node, "https://data.alvar.example/serie").await;
    let members = ["Året 2024", "Året 2025"].map(|title| (Relation::Member, title.to_owned()));
    assert_eq!(related(&series), members);
    assert!(page.contains("I serien") && page.contains("Året 2025"), "{page}");
    let (year, page) = entry_and_page(&node, "https://data.alvar.example/2024").await;
    assert_eq!(
        related(&year),
        [(Relation::Series, "Årsserien".to_owned()), (Relation::Service, "Års-API".to_owned())]
    );
    assert!(page.contains("<svg class=\"map\"") && page.contains("59,00–60,00 °N"), "{page}");
    let (service, _) = entry_and_page(&node, "https://data.alvar.example/tjanst").await;
    assert_eq!(related(&service), [(Relation::Served, "Året 2024".to_owned())]);
    let (_, page) = entry_and_page(&node, "https://data.alvar.example/2025").await;
    assert!(!page.contains("class=\"map\""), "it is not in Europe");
}

#[tokio::test]
async fn what_an_entry_was_before_is_told() {
    let node = node();
    node.world.lock().unwrap().other_publishes(SERIES);
    let (first, page) = entry_and_page(&node, "https://data.alvar.example/2024").await;
    assert_eq!(first.earlier, []);
    assert!(!page.contains("Tidigare versioner"));
    let changed = SERIES.replace("Året 2024", "Hela året 2024");
    node.world.lock().unwrap().other_publishes(&changed);
    let (second, page) = entry_and_page(&node, "https://data.alvar.example/2024").await;
    assert_eq!(second.earlier.len(), 1);
    assert_eq!(second.earlier[0].record, first.summary.provenance.record);
    assert!(page.contains("Tidigare versioner"), "{page}");
    assert!(page.contains(&first.summary.provenance.record.short()), "{page}");
}

#[tokio::test]
async fn a_dataset_with_a_thousand_forms_has_a_page_all_the_same() {
    let node = node();
    let forms: Vec<String> = (0..1_000)
        .map(|n| {
            format!(
                "[ a dcat:Distribution ; dcat:accessURL <https://alvar.example/{n}> ; \
                 dcterms:description \"{}\"@sv ]",
                "lång ".repeat(20)
            )
        })
        .collect();
    let turtle = format!(
        "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dcterms: \
         <http://purl.org/dc/terms/> . <urn:x:many> a dcat:Dataset ; dcat:distribution {}  .",
        forms.join(", ")
    );
    node.world.lock().unwrap().other_publishes(&turtle);
    let (view, page) = entry_and_page(&node, "urn:x:many").await;
    assert_eq!(view.resource.distribution.len(), 1_000);
    assert!(page.len() < 100_000, "{}", page.len());
    assert!(page.contains("filer och tjänster till"), "{page}");
}

#[tokio::test]
async fn an_empty_node_answers_everywhere() {
    let node = empty_node();
    for path in ["/", "/agencies", "/api/v1/datasets", "/api/v1/agencies", "/api/v1/status"] {
        assert_eq!(get(&node, path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(get(&node, "/datasets/dcat").await.status, StatusCode::NOT_FOUND);
}

const NO_TYPE: &str = "";
const JSON: &str = "application/json";
const TURTLE: &str = "text/turtle";
const FORM: &str = r#"{ "title": [], "description": [] }"#;
const UNKNOWN_FIELD: &str = r#"{ "title": [], "description": [], "color": 1 }"#;
const TWO: &str = "<urn:x:a> a <http://www.w3.org/ns/dcat#Dataset> . <urn:x:b> a \
                   <http://www.w3.org/ns/dcat#Dataset> .";
const TOO_MANY: &str = "<urn:x:too-many> a <http://www.w3.org/ns/dcat#Dataset> .";

/// Method, path, media type and body of what must be refused.
const REFUSED: &[(&str, &str, &str, &str)] = &[
    ("GET", "/api/v1/status?verbose=1", NO_TYPE, ""),
    ("POST", "/api/v1/status", NO_TYPE, ""),
    ("PATCH", "/api/v1/datasets", NO_TYPE, ""),
    ("GET", "/api/v1/datasets?limit=0", NO_TYPE, ""),
    ("GET", "/api/v1/datasets?limit=101", NO_TYPE, ""),
    ("GET", "/api/v1/datasets?limit=många", NO_TYPE, ""),
    ("GET", "/api/v1/datasets?limit=1&limit=2", NO_TYPE, ""),
    ("GET", "/api/v1/datasets?sort=best", NO_TYPE, ""),
    ("GET", "/api/v1/datasets?kind=map", NO_TYPE, ""),
    ("GET", "/api/v1/datasets?after=kattskott", NO_TYPE, ""),
    ("GET", "/api/v1/datasets?agency=kattskott", NO_TYPE, ""),
    ("GET", "/api/v1/datasets?query=luft", NO_TYPE, ""),
    ("GET", "/api/v1/datasets?iri=urn:x&q=luft", NO_TYPE, ""),
    ("GET", "/api/v1/datasets/kattskott", NO_TYPE, ""),
    ("GET", "/api/v1/datasets/00000000", NO_TYPE, ""),
    ("GET", "/api/v1/datasets/00000000000000000000000000000000", NO_TYPE, ""),
    ("GET", "/api/v1/datasets/urn:x:none", NO_TYPE, ""),
    ("GET", "/api/v1/datasets/%ff", NO_TYPE, ""),
    ("GET", "/api/v1/datasets/kattskott/proof", NO_TYPE, ""),
    ("GET", "/api/v1/datasets/00000000/record", NO_TYPE, ""),
    ("POST", "/api/v1/datasets", JSON, ""),
    ("POST", "/api/v1/datasets", JSON, "{"),
    ("POST", "/api/v1/datasets", JSON, FORM),
    ("POST", "/api/v1/datasets", JSON, UNKNOWN_FIELD),
    ("POST", "/api/v1/datasets", TURTLE, "<urn:x:a> a ."),
    ("POST", "/api/v1/datasets", TURTLE, TWO),
    ("POST", "/api/v1/datasets", TURTLE, TOO_MANY),
    ("POST", "/api/v1/datasets", "image/png", "x"),
    ("DELETE", "/api/v1/datasets/kattskott", NO_TYPE, ""),
    ("DELETE", "/api/v1/datasets/00000000", NO_TYPE, ""),
    ("GET", "/api/v1/agencies?limit=x", NO_TYPE, ""),
    ("GET", "/api/v1/agencies?after=x", NO_TYPE, ""),
    ("GET", "/api/v1/agencies/kattskott", NO_TYPE, ""),
    ("GET", "/api/v1/agencies/kattskott/catalogue", NO_TYPE, ""),
    ("GET", "/api/v1/agencies/kattskott/catalogue?format=csv", NO_TYPE, ""),
    ("GET", "/datasets/dcat?format=csv", NO_TYPE, ""),
    ("GET", "/datasets/dcat?modified_since=2024", NO_TYPE, ""),
    ("GET", "/api/v1/peers?x=1", NO_TYPE, ""),
    ("GET", "/api/v1/nodes?x=1", NO_TYPE, ""),
    ("POST", "/api/v1/imports", TURTLE, ""),
    ("POST", "/api/v1/imports", TURTLE, "@prefix dcat: <x> .\n<urn:x:a> a ."),
    ("POST", "/api/v1/imports", TURTLE, "<urn:x:a> <urn:x:b> <urn:x:c> ."),
    ("POST", "/api/v1/imports", "application/rdf+xml", "<rdf:RDF>"),
    ("POST", "/api/v1/imports", "application/ld+json", "[1"),
    ("POST", "/api/v1/imports?format=csv", NO_TYPE, "a;b"),
    ("POST", "/api/v1/imports?base=hit", TURTLE, TWO),
    ("POST", "/api/v1/imports?dry_run=maybe", TURTLE, TWO),
    ("POST", "/api/v1/imports", "text/csv", "a;b"),
    ("POST", "/api/v1/check", TURTLE, "<urn:x:a> a ."),
    ("POST", "/api/v1/check?rules=all", TURTLE, TWO),
    ("GET", "/api/v1/events?after=igår", NO_TYPE, ""),
    ("GET", "/api/v1/token-file", NO_TYPE, ""),
    ("GET", "/api/v1/kattskott", NO_TYPE, ""),
    ("GET", "/dataset/kattskott.ttl", NO_TYPE, ""),
    ("GET", "/dataset/00000000.png", NO_TYPE, ""),
    ("DELETE", "/", NO_TYPE, ""),
];

/// Every endpoint with every kind of input it must refuse.
#[tokio::test]
async fn wrong_input_gives_a_problem_with_a_hint() {
    let node = node();
    let own = id_of(&node, "luftkvalitet").await;
    let other = id_of(&node, "vattenfl").await;
    let foreign = format!("/api/v1/datasets/{other}");
    let long_reason = format!("/api/v1/datasets/{own}?reason={}", "x".repeat(1_001));
    let of_this_node =
        [("DELETE", foreign.as_str(), NO_TYPE, ""), ("DELETE", long_reason.as_str(), NO_TYPE, "")];
    let mut told: Vec<String> = Vec::new();
    for (method, path, media_type, body) in REFUSED.iter().chain(&of_this_node) {
        let path = path.replace('å', "%C3%A5").replace('ä', "%C3%A4");
        let answer = write(&node, method, &path, media_type, body).await;
        let what = format!("{method} {path}");
        assert!(answer.status.is_client_error(), "{what}: {}", answer.status);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
        let problem: Problem = answer.json();
        assert_eq!(problem.status, answer.status.as_u16());
        if answer.status == StatusCode::METHOD_NOT_ALLOWED {
            assert!(!answer.header("allow").is_empty(), "{what}");
        }
        let line = problem.line.map_or(String::new(), |line| format!(" (line {line})"));
        let hint = problem.hint.unwrap_or_else(|| panic!("{what}: no hint"));
        let shown: String = what.chars().take(70).collect();
        let Problem { status, problem_type, detail, .. } = problem;
        told.push(format!(
            "{shown}\n  {status} {problem_type}{line}\n  {detail}\n  hint: {hint}\n"
        ));
    }
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("wrong_input", told.concat());
    });
    assert_eq!(node.world.lock().unwrap().commands, 1, "only the one the driver refuses");
}

#[tokio::test]
async fn wrong_headers_give_a_problem_with_a_hint() {
    let node = node();
    let mut told: Vec<String> = Vec::new();
    for (method, path, name, value) in [
        ("POST", "/api/v1/imports", "x-nothing", ""),
        ("DELETE", "/api/v1/datasets/00000000", "authorization", "Bearer fel"),
        ("POST", "/api/v1/datasets", "authorization", "Basic aGVtbGln"),
        ("GET", "/api/v1/status", "host", "ondskan.example:4800"),
        ("GET", "/datasets/dcat", "accept", "image/png"),
        ("GET", "/dataset/00000000", "accept", "image/png"),
        ("GET", "/api/v1/events", "last-event-id", "x"),
    ] {
        let request = Request::builder().method(method).uri(path).header(name, value);
        let answer = send(&node.router, request.body(Body::empty()).unwrap()).await;
        let problem: Problem = answer.json();
        let Problem { status, problem_type, detail, hint, .. } = problem;
        let hint = hint.unwrap();
        told.push(format!(
            "{method} {path} {name}: {value}\n  {status} {problem_type}\n  {detail}\n  hint: {hint}\n"
        ));
    }
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("wrong_headers", told.concat());
    });
    let named = Request::get("/api/v1/status").header("host", "data.example.org:80");
    let answer = send(&node.router, named.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    let long = Request::post("/api/v1/imports")
        .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
        .header(header::CONTENT_LENGTH, "99999999999");
    let answer = send(&node.router, long.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[test]
fn the_description_of_the_api_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/openapi.json");
    let current = dela_node::http::api_description().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("DELA_UPDATE").is_some() {
        std::fs::write(path, &current).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == current,
        "docs/reference/openapi.json is not current: run DELA_UPDATE=1 cargo nextest run -p \
         dela-node description_of_the_api"
    );
}
