//! CKAN's Action API, asked as CKAN's clients ask.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use super::fixture::{Node, node, node_without_search};
use super::{Answer, get, send};

/// Asks with GET, and returns the result.
async fn result(node: &Node, path: &str) -> Value {
    let answer = get(node, &format!("/api/3/action/{path}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    assert_eq!(answer.header("content-type"), "application/json;charset=utf-8");
    let mut body: Value = answer.json();
    assert_eq!(body["success"], true);
    assert!(body["help"].as_str().unwrap().contains("/api/3/action/help_show?name="));
    body["result"].take()
}

/// Asks with a JSON body.
async fn post(node: &Node, path: &str, body: &Value) -> Answer {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    send(&node.router, request.body(Body::from(body.to_string())).unwrap()).await
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Returns the titles of what a filter lets through, by name.
async fn titles(node: &Node, q: &str, fq: &str) -> Vec<String> {
    let path = format!("package_search?q={}&fq={}&sort=title_string+asc", encoded(q), encoded(fq));
    let found = result(node, &path).await;
    let results = found["results"].as_array().unwrap();
    assert_eq!(found["count"], results.len());
    results.iter().map(|package| package["title"].as_str().unwrap().to_owned()).collect()
}

const AIR: &str = "Luftkvalitet i realtid";
const BATHS: &str = "Badplatser </script><b>norr</b>";
const JOINED: &str = "Luft, sammanställd";
const FLOWS: &str = "Vattenflöden";

#[tokio::test]
async fn a_package_has_all_that_clients_count_on() {
    let node = node();
    let found = result(&node, "package_search?q=luftkvalitet").await;
    let package = &found["results"][0];
    insta::with_settings!({ omit_expression => true, snapshot_path => "../snapshots" }, {
        insta::assert_snapshot!("ckan_package", serde_json::to_string_pretty(package).unwrap());
    });
    for id in [&package["id"], &package["name"], &json!("https://data.sjovik.example/bad")] {
        let path = format!("package_show?id={}", encoded(id.as_str().unwrap()));
        let shown = result(&node, &path);
        let title = if id == "https://data.sjovik.example/bad" { BATHS } else { AIR };
        assert_eq!(shown.await["title"], title, "{id}");
    }
    // The address that is none is not handed out as one.
    assert_eq!(package["num_resources"], 1);
    let resource = package["resources"][0].clone();
    let id = resource["id"].as_str().unwrap();
    assert_eq!(result(&node, &format!("resource_show?id={id}")).await, resource);
}

#[tokio::test]
async fn queries_and_filters_find_what_they_say() {
    let node = node();
    let organizations = result(&node, "organization_list").await;
    let organization = |title: &str| {
        let all = organizations.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
        all.into_iter().find(|name| name.starts_with(title)).unwrap().to_owned()
    };
    let own = organization("sjoviks-kommun");
    let all = [BATHS, JOINED, AIR, FLOWS];
    let cases: Vec<(&str, String, &[&str])> = vec![
        ("", String::new(), &all),
        ("*:*", String::new(), &all),
        ("luft", String::new(), &[JOINED, AIR]),
        ("luftkvalitet OR vattenflöden", String::new(), &[AIR, FLOWS]),
        ("luft AND NOT sammanställd", String::new(), &[AIR]),
        ("luft -sammanställd", String::new(), &[AIR]),
        ("\"partiklar timme\"", String::new(), &[AIR]),
        ("\"timme partiklar\"", String::new(), &[]),
        ("title:luft*", String::new(), &[JOINED, AIR]),
        ("title:(vattenflöden OR badplatser)", String::new(), &[BATHS, FLOWS]),
        ("halter och partiklar", String::new(), &[AIR]),
        ("\"luft", String::new(), &[JOINED, AIR]),
        ("", format!("organization:{own}"), &[BATHS, AIR]),
        ("", format!("-organization:{own}"), &[JOINED, FLOWS]),
        ("", format!("organization:{own} AND tags:luft"), &[AIR]),
        ("", "organization:nobody".to_owned(), &[]),
        ("", "organization:sjov*".to_owned(), &[BATHS, AIR]),
        ("", format!("owner_org:{}", node.own), &[BATHS, AIR]),
        ("", "groups:envi".to_owned(), &[BATHS, AIR, FLOWS]),
        ("", "(groups:econ OR groups:envi)".to_owned(), &[BATHS, AIR, FLOWS]),
        ("", "groups:(econ OR heal)".to_owned(), &[]),
        ("", "NOT groups:*".to_owned(), &[JOINED]),
        ("", "tags:\"miljö\"".to_owned(), &[AIR]),
        ("", "res_format:CSV".to_owned(), &[AIR]),
        ("", "res_format:(csv OR geojson)".to_owned(), &[AIR, FLOWS]),
        ("", "license_id:cc-zero".to_owned(), &[AIR]),
        ("", "license_id:cc-by".to_owned(), &[FLOWS]),
        ("", "license_id:notspecified".to_owned(), &[BATHS, JOINED]),
        ("", "+capacity:public +state:(active OR draft) +type:dataset".to_owned(), &all),
        ("", "type:harvest".to_owned(), &[]),
        ("", "metadata_modified:[2026-01-01T08:00:00Z TO *]".to_owned(), &all),
        ("", "metadata_modified:{2026-01-01T08:00:00Z TO *]".to_owned(), &[]),
        ("", "metadata_modified:[* TO 2026-01-01T08:00:00Z}".to_owned(), &[]),
        ("", "metadata_modified:[2025-12-31T00:00:00Z TO NOW]".to_owned(), &all),
    ];
    for (q, fq, expected) in cases {
        assert_eq!(titles(&node, q, &fq).await, expected, "q={q} fq={fq}");
    }
    let name = result(&node, "package_list?limit=1").await[0].as_str().unwrap().to_owned();
    assert_eq!(titles(&node, "", &format!("name:{name}")).await, [BATHS]);
    let id = result(&node, &format!("package_show?id={name}")).await["id"].clone();
    assert_eq!(titles(&node, &format!("id:{}", id.as_str().unwrap()), "").await, [BATHS]);
}

#[tokio::test]
async fn pages_by_offset_neither_repeat_nor_miss_and_end_empty() {
    let node = node();
    for sort in [
        "id asc",
        "id desc",
        "name asc",
        "title_string desc",
        "metadata_modified desc",
        "score desc, name desc",
    ] {
        let mut seen = Vec::new();
        loop {
            let body = json!({ "start": seen.len(), "rows": 1, "sort": sort });
            let page: Value = post(&node, "/api/action/package_search", &body).await.json();
            let results = page["result"]["results"].as_array().unwrap().clone();
            assert_eq!(page["result"]["count"], 4);
            let Some(package) = results.first() else { break };
            seen.push((package["id"].to_string(), package["name"].to_string()));
        }
        let mut sorted = seen.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), 4, "{sort}");
        match sort {
            "id asc" => assert_eq!(seen, sorted),
            "id desc" => assert!(seen.is_sorted_by_key(|(id, _)| std::cmp::Reverse(id.clone()))),
            "name asc" => assert!(seen.is_sorted_by_key(|(_, name)| name.clone())),
            _ => {}
        }
    }
    let far = result(&node, "package_search?start=99999999999&rows=1000").await;
    assert_eq!((&far["count"], &far["results"]), (&json!(4), &json!([])));
    assert_eq!(result(&node, "package_search?rows=0").await["results"], json!([]));
}

#[tokio::test]
async fn facets_count_what_was_found() {
    let node = node();
    let path = "package_search?rows=0&facet.field=[\"groups\",\"organization\",\"tags\",\
                \"res_format\",\"license_id\"]&facet.limit=2";
    let path = path.replace('"', "%22").replace('[', "%5B").replace(']', "%5D");
    let found = result(&node, &path).await;
    assert_eq!(found["facets"]["groups"], json!({ "envi": 3 }));
    assert_eq!(found["facets"]["license_id"]["notspecified"], 2);
    let groups = &found["search_facets"]["groups"];
    assert_eq!(groups["title"], "groups");
    assert_eq!(groups["items"], json!([{ "name": "envi", "display_name": "Miljö", "count": 3 }]));
    assert_eq!(found["search_facets"]["tags"]["items"].as_array().unwrap().len(), 2);
    let organizations = &found["search_facets"]["organization"]["items"];
    assert_eq!(organizations[0]["count"], 2);
    let off = result(&node, "package_search?facet=false&facet.field=tags").await;
    assert_eq!(off["facets"], json!({}));
}

#[tokio::test]
async fn the_other_lists_are_there() {
    let node = node();
    let names = result(&node, "package_list").await;
    assert_eq!(names.as_array().unwrap().len(), 4, "no service, no catalogue");
    assert_eq!(result(&node, "package_list?limit=2&offset=3").await.as_array().unwrap().len(), 1);
    let current = result(&node, "current_package_list_with_resources?limit=3&page=2").await;
    assert_eq!(current.as_array().unwrap().len(), 1);
    let organizations = result(&node, "organization_list?all_fields=true").await;
    assert_eq!(organizations[1]["title"], "Sjöviks kommun");
    assert_eq!(organizations[1]["package_count"], 2);
    let id = organizations[1]["id"].as_str().unwrap();
    let shown = result(&node, &format!("organization_show?id={id}&include_datasets=True")).await;
    assert_eq!(shown["packages"].as_array().unwrap().len(), 2);
    assert_eq!(shown["name"], organizations[1]["name"]);
    let by_name = format!("organization_show?id={}", shown["name"].as_str().unwrap());
    assert_eq!(result(&node, &by_name).await["id"], id);
    let groups = result(&node, "group_list?all_fields=true").await;
    let envi = groups.as_array().unwrap().iter().find(|group| group["name"] == "envi").unwrap();
    assert_eq!((&envi["display_name"], &envi["package_count"]), (&json!("Miljö"), &json!(3)));
    assert_eq!(result(&node, "group_show?id=envi").await["title"], "Miljö");
    assert_eq!(result(&node, "tag_list").await, json!(["air", "luft", "miljö"]));
    assert_eq!(result(&node, "tag_list?query=LU").await, json!(["luft"]));
    assert_eq!(result(&node, "tag_show?id=luft").await["name"], "luft");
    let licences = result(&node, "license_list").await;
    assert!(licences.as_array().unwrap().iter().any(|licence| licence["id"] == "cc-zero"));
    let found = result(&node, "package_autocomplete?q=luft").await;
    assert_eq!(found.as_array().unwrap().len(), 2);
    assert_eq!(result(&node, "format_autocomplete?q=cs").await, json!(["csv"]));
    assert_eq!(result(&node, "site_read").await, true);
    assert_eq!(result(&node, "status_show").await["ckan_version"], "2.11.5");
    assert!(result(&node, "help_show?name=package_search").await.is_string());
    assert_eq!(get(&node, "/api/3/").await.text(), "{\"version\": 3}");
    let description: Value = get(&node, "/api/3/openapi.json").await.json();
    assert_eq!(description["openapi"], "3.1.0");
}

#[tokio::test]
async fn errors_are_those_of_ckan() {
    let node = node();
    let unknown = get(&node, "/api/3/action/frobnicate").await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert_eq!(unknown.json::<Value>(), json!("Bad request: Action name not known: frobnicate"));
    for (path, status, kind) in [
        ("package_create", 403, "Authorization Error"),
        ("package_show?id=nobody", 404, "Not Found Error"),
        ("package_show?id=00000000-0000-0000-0000-000000000000", 404, "Not Found Error"),
        ("package_show", 409, "Validation Error"),
        ("organization_show?id=nobody", 404, "Not Found Error"),
        ("group_show?id=nobody", 404, "Not Found Error"),
        ("resource_show?id=nobody", 404, "Not Found Error"),
        ("tag_show?id=nobody", 404, "Not Found Error"),
        ("package_search?rows=x", 409, "Validation Error"),
        ("package_search?rows=-1", 409, "Validation Error"),
        ("package_search?q=title:(", 400, "Search Query Error"),
        ("package_search?fq=luft%20AND", 400, "Search Query Error"),
        ("package_search?fq=nothing:x", 400, "Search Query Error"),
        ("package_search?fq=metadata_modified:[igar%20TO%20*]", 400, "Search Query Error"),
        ("package_search?sort=luft", 400, "Search Query Error"),
        ("package_search?mm=1", 400, "Search Query Error"),
        ("package_search?facet.field=luft", 400, "Search Query Error"),
    ] {
        let answer = get(&node, &format!("/api/3/action/{path}")).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text());
        let body: Value = answer.json();
        assert_eq!(body["success"], false, "{path}");
        assert_eq!(body["error"]["__type"], kind, "{path}: {body}");
    }
    for q in ["luft OR ".repeat(80) + "luft", "title:a* ".repeat(80), "tags:a* ".repeat(80)] {
        let answer = post(&node, "/api/action/package_search", &json!({ "q": q })).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "each costs more than it seems");
    }
    let stalled = node_without_search(2_000);
    let answer = get(&stalled, "/api/3/action/package_search").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "never an emptied index");
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(answer.json::<Value>()["error"]["__type"], "Search Error");
}

#[tokio::test]
async fn other_sites_may_ask_in_every_form() {
    let node = node();
    let answer = get(&node, "/api/3/action/site_read?callback=jQuery1_2").await;
    assert!(answer.header("content-type").starts_with("application/javascript"));
    assert!(answer.text().starts_with("/**/jQuery1_2({"), "{}", answer.text());
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let bad = get(&node, "/api/3/action/site_read?callback=alert(1)").await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    let posted = post(&node, "/api/3/action/package_search", &json!({ "q": "luft" })).await;
    assert_eq!(posted.header("access-control-allow-origin"), "*");
    assert_eq!(posted.json::<Value>()["result"]["count"], 2);
    let asked = Request::options("/api/3/action/package_search").body(Body::empty()).unwrap();
    let asked = send(&node.router, asked).await;
    assert_eq!(asked.status, StatusCode::NO_CONTENT);
    assert_eq!(
        asked.header("access-control-allow-headers").split(',').next(),
        Some("content-type")
    );
    assert_eq!(asked.header("access-control-allow-origin"), "*");
    let head = Request::head("/api/3/action/package_search").body(Body::empty()).unwrap();
    assert_eq!(send(&node.router, head).await.status, StatusCode::OK);
}
