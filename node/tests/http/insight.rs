//! What there is, how the federation is, and what an agency is: as JSON, as
//! tables and as pages.

use axum::http::StatusCode;
use dela_protocol::api::{
    AgencyInsightList, AgencyList, AgencyState, AgencySummary, EventKind, EventList,
    FederationReport, HistoryPoint, InsightReport, Problem,
};

use super::fixture::{Node, empty_node, node};
use super::{get, id_of, write};

/// Keeps how the catalogues are, as that of a day.
fn keep(node: &Node, date: &str) {
    let (since, held) = node.history.counted();
    node.history.record(node.index.today(date, since, &held).unwrap()).unwrap();
}

/// Returns the last line of the federation: new, changed and withdrawn.
fn churn(node: &Node) -> (Option<u64>, Option<u64>, Option<u64>) {
    let last: HistoryPoint = node.history.of(None).pop().unwrap();
    (last.created, last.changed, last.withdrawn)
}

fn dataset(name: &str, title: &str) -> String {
    format!(
        "<https://data.alvar.example/{name}> a <http://www.w3.org/ns/dcat#Dataset> ; \
         <http://purl.org/dc/terms/title> \"{title}\"@sv ."
    )
}

/// A dataset whose licence and format a spreadsheet would run.
const FORMULAS: &str = r#"@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
<https://data.alvar.example/formel> a dcat:Dataset ; dct:title "Formel, \"farlig\""@sv ;
  dcat:distribution [ a dcat:Distribution ; dcat:accessURL <https://alvar.example/f> ;
    dct:format "@SUM(1,2)" ; dct:license "=HYPERLINK(\"https://evil.example/\")" ] ."#;

#[tokio::test]
async fn what_there_is_is_counted_of_one_agency_and_of_all() {
    let node = node();
    let ask = async |query: String| -> InsightReport {
        get(&node, &format!("/api/v1/insight{query}")).await.json()
    };
    let all = ask(String::new()).await;
    let own = ask(format!("?agency={}&language=sv", node.own)).await;
    let other = ask(format!("?agency={}", node.other.short())).await;
    assert_eq!((all.agencies, own.agencies), (2, 1));
    for count in [
        (|report| report.datasets) as fn(&InsightReport) -> u64,
        |report| report.distributions,
        |report| report.data_services,
        |report| report.dataset_series,
        |report| report.open_licence,
        |report| report.without_licence,
        |report| report.machine_readable,
        |report| report.without_format,
        |report| report.ratings.bad + report.ratings.sufficient,
        |report| report.changed_in.iter().map(|year| year.datasets).sum(),
    ] {
        assert_eq!(count(&own) + count(&other), count(&all));
    }
    assert!(own.datasets >= 2 && own.without_licence >= 1, "{own:?}");
    assert!(own.licences.values.iter().any(|one| one.label == "CC0 1.0"), "{:?}", own.licences);
    assert!(own.formats.values.iter().any(|one| one.value == "CSV"), "{:?}", own.formats);
    assert!(own.themes.values.iter().any(|one| one.label == "Miljö"), "{:?}", own.themes);
    // What is counted is what can be searched: a new dataset counts at once.
    node.world.lock().unwrap().other_publishes(FORMULAS);
    let after = ask(String::new()).await;
    assert_eq!(
        (after.datasets, after.licences.distinct),
        (all.datasets + 1, all.licences.distinct + 1)
    );
}

#[tokio::test]
async fn agencies_stand_side_by_side_in_the_order_asked_for() {
    let node = node();
    let ask = async |query: &str| -> AgencyInsightList {
        get(&node, &format!("/api/v1/insight/agencies{query}")).await.json()
    };
    let by_name = ask("?sort=name").await;
    let names: Vec<_> = by_name.agencies.iter().map(|agency| &*agency.name).collect();
    assert_eq!(names, ["Myndigheten för älvar", "Sjöviks kommun"]);
    let first = ask("?sort=name&limit=1").await;
    let second = ask(&format!("?sort=name&limit=1&after={}", first.next.unwrap())).await;
    assert_eq!((second.total, second.agencies.len(), second.next), (2, 1, None));
    for sort in ["datasets", "points", "high_value", "changes"] {
        assert_eq!(ask(&format!("?sort={sort}")).await.agencies.len(), 2, "{sort}");
    }
}

#[tokio::test]
async fn changes_are_counted_day_by_day_and_what_was_there_before_is_not_new() {
    let node = node();
    keep(&node, "2026-05-01");
    assert_eq!(churn(&node), (None, None, None));
    node.world.lock().unwrap().other_publishes(&dataset("ny", "Ny"));
    node.world.lock().unwrap().other_publishes(&dataset("ny2", "Också ny"));
    keep(&node, "2026-05-02");
    assert_eq!(churn(&node), (Some(2), Some(0), Some(0)));
    node.world.lock().unwrap().other_publishes(&dataset("ny", "Ny igen"));
    let id = id_of(&node, "badplatser").await;
    let gone = write(&node, "DELETE", &format!("/api/v1/datasets/{id}"), "", "").await;
    assert_eq!(gone.status, StatusCode::OK, "{}", gone.text());
    keep(&node, "2026-05-03");
    assert_eq!(churn(&node), (Some(0), Some(1), Some(1)));
    // Nothing happened since.
    keep(&node, "2026-05-03");
    keep(&node, "2026-05-04");
    assert_eq!(churn(&node), (Some(0), Some(1), Some(1)));
    assert_eq!(node.history.of(None).last().unwrap().date, "2026-05-03");
    let all: InsightReport = get(&node, "/api/v1/insight").await.json();
    assert_eq!(all.history.len(), 3);
    let csv = get(&node, "/insight/history.csv").await.text();
    assert!(csv.contains("\r\n2026-05-03,2,") && csv.ends_with(",0,1,1\r\n"), "{csv}");
    let page = get(&node, "/insight?lang=sv").await.text();
    assert_eq!(page.matches("role=\"img\"").count(), 7, "{page}");
    assert!(page.contains("Nya, ändrade och återkallade poster"));
}

#[tokio::test]
async fn tables_are_files_and_no_cell_is_a_formula() {
    let node = node();
    node.world.lock().unwrap().other_publishes(FORMULAS);
    let first_lines = [
        ("agencies", "agency,name,datasets,distributions,data_services,open_licence,"),
        ("licences", "licence,label,datasets\r\n"),
        ("formats", "format,label,datasets\r\n"),
        ("themes", "theme,label,datasets\r\n"),
        ("high-value", "category,label,datasets\r\n"),
        ("years", "year,datasets\r\n"),
        ("quality", "indicator,dimension,label,of,met,total,checked,points,points_max\r\n"),
        ("history", "date,agencies,datasets,distributions,open_licence,without_licence,"),
    ];
    for (name, begins) in first_lines {
        let file = get(&node, &format!("/insight/{name}.csv?lang=sv")).await;
        assert_eq!(file.status, StatusCode::OK, "{name}");
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8; header=present");
        let disposition = format!("attachment; filename=\"{name}.csv\"");
        assert_eq!(file.header("content-disposition"), disposition);
        assert!(file.text().starts_with(begins), "{}", file.text());
        let of_own = format!("/insight/{name}.csv?agency={}", node.own);
        let expected = if name == "agencies" { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        assert_eq!(get(&node, &of_own).await.status, expected, "{name}");
    }
    let licences = get(&node, "/insight/licences.csv").await.text();
    let quoted = "\"'=HYPERLINK(\"\"https://evil.example/\"\")\"";
    assert!(licences.contains(&format!("\r\n{quoted},{quoted},1\r\n")), "{licences}");
    let formats = get(&node, "/insight/formats.csv").await.text();
    assert!(formats.contains("\"'@"), "{formats}");
}

#[tokio::test]
async fn the_federation_is_told_with_its_states_and_latest_changes() {
    let node = node();
    let report: FederationReport = get(&node, "/api/v1/federation").await.json();
    assert_eq!((report.agencies, report.peers, report.nodes), (2, 1, 2));
    assert_eq!((report.states.complete, report.states.stale), (1, 1));
    assert_eq!(report.peers_same_root, 0);
    let ask = async |query: &str| -> AgencyList {
        get(&node, &format!("/api/v1/agencies{query}")).await.json()
    };
    let stale = ask("?state=stale").await;
    assert_eq!(stale.agencies.len(), 1);
    assert_eq!(stale.agencies[0].state, AgencyState::Stale);
    assert!(ask("?state=withheld&state=conflicting").await.agencies.is_empty());
    // What needs attention comes first.
    assert_eq!(ask("?sort=state").await.agencies[0].id, node.other);
    let first = ask("?sort=datasets&limit=1").await;
    let second = ask(&format!("?sort=datasets&limit=1&after={}", first.next.unwrap())).await;
    assert!(first.agencies[0].datasets >= second.agencies[0].datasets);
    assert_ne!(first.agencies[0].id, second.agencies[0].id);

    node.world.lock().unwrap().other_publishes(&dataset("ny", "Ny"));
    node.world.lock().unwrap().other_publishes(&dataset("alltid-ny", "Ändras"));
    node.world.lock().unwrap().other_publishes(&dataset("alltid-ny", "Ändrad"));
    let latest: EventList = get(&node, "/api/v1/events/latest?limit=2").await.json();
    let seen: Vec<_> =
        latest.events.iter().map(|event| (&*event.title, event.event, event.created)).collect();
    assert_eq!(
        seen,
        [("Ändrad", EventKind::Published, false), ("Ny", EventKind::Published, true)],
        "each entry once, the newest first"
    );
    assert_eq!(latest.through, latest.events[0].number);
    let of_own: EventList =
        get(&node, &format!("/api/v1/events/latest?agency={}", node.own)).await.json();
    assert!(!of_own.events.is_empty());
    assert!(of_own.events.iter().all(|event| event.agency == node.own));
}

#[tokio::test]
async fn the_page_of_the_federation_filters_orders_and_shows_no_addresses() {
    let node = node();
    let page = get(&node, "/federation?lang=sv").await.text();
    assert!(page.contains("Sjöviks kommun") && page.contains("Myndigheten för älvar"));
    assert!(page.contains("data-events=\"/api/v1/events?after="));
    assert!(!page.contains("/ip4/") && !page.contains("192.0.2.7") && !page.contains("12D3KooW"));
    let rows = |page: &str| page.matches("<th scope=\"row\">").count();
    let stale = get(&node, "/federation?lang=en&state=stale&sort=datasets").await.text();
    assert!(stale.contains("aria-sort=\"descending\"") && stale.contains("Overdue to confirm"));
    assert_eq!((rows(&page), rows(&stale)), (2, 1));
    let none = get(&node, "/federation?state=withheld&lang=sv").await.text();
    assert!(none.contains("Ingen organisation är i det läget."));
    let refused = get(&node, "/federation?sort=best").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_page_of_an_agency_says_how_fresh_it_is_and_hides_what_is_technical() {
    let node = node();
    let own = get(&node, &format!("/agency/{}?lang=sv", node.own)).await.text();
    assert!(own.contains("<h1>Sjöviks kommun</h1>"), "{own}");
    assert!(own.contains("Det här är organisationens egen nod."));
    assert!(own.contains("Organisationen bekräftade sin katalog"));
    assert!(own.contains("1 januari 2026"), "{own}");
    assert!(own.contains("Den här noden har inte hunnit räkna ändringar än."));
    let technical = own.find("För den som vill kontrollera").unwrap();
    assert!(own.find(&format!("<code class=\"id\">{}", node.own)).unwrap() > technical);
    let other = get(&node, &format!("/agency/{}?lang=en", node.other)).await.text();
    assert!(other.contains("The next confirmation was due on") && other.contains("2 January 2026"));
    assert!(other.contains("Not known. This node knows of no node"));
    keep(&node, "2026-05-01");
    let counted = get(&node, &format!("/agency/{}?lang=en", node.other)).await.text();
    assert!(counted.contains("no changes"), "{counted}");
    let summary: AgencySummary = get(&node, &format!("/api/v1/agencies/{}", node.own)).await.json();
    assert!(summary.profile.is_some_and(|profile| !profile.names.is_empty()));
}

#[tokio::test]
async fn the_pages_are_small_and_bring_no_style_or_script_of_their_own() {
    for node in [node(), empty_node()] {
        if node.index.agency_ids().len() == 2 {
            keep(&node, "2026-01-01");
            node.world.lock().unwrap().other_publishes(&dataset("ny", "Ny <b>& farlig</b>"));
            keep(&node, "2026-05-01");
        }
        for path in ["/insight", "/insight/agencies", "/quality", "/federation"] {
            for language in ["sv", "en"] {
                let page = get(&node, &format!("{path}?lang={language}")).await;
                assert_eq!(page.status, StatusCode::OK, "{path}");
                let page = page.text();
                assert!(page.len() < 100_000, "{path}: {} bytes", page.len());
                assert!(!page.contains("style=\"") && !page.contains("<style"), "{path}");
                assert!(!page.contains("onclick") && !page.contains("<b>&"), "{path}");
                let headers = page.matches("<th").count() - page.matches("<thead").count();
                assert_eq!(page.matches("scope=\"").count(), headers, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_not_known_is_refused_with_a_hint() {
    let node = node();
    for (path, status) in [
        ("/api/v1/insight?agency=kattskott", 404),
        ("/api/v1/insight?from=2026", 400),
        ("/api/v1/insight/agencies?sort=best", 400),
        ("/api/v1/insight/agencies?after=x", 400),
        ("/api/v1/insight/agencies?limit=0", 400),
        ("/api/v1/agencies?state=dead", 400),
        ("/api/v1/agencies?sort=best", 400),
        ("/api/v1/events/latest?limit=101", 400),
        ("/api/v1/events/latest?agency=kattskott", 404),
        ("/api/v1/federation?x=1", 400),
        ("/insight/members.csv", 404),
        ("/insight/licences.csv?agency=kattskott", 404),
        ("/insight/licences.csv?from=2026", 400),
    ] {
        let answer = get(&node, path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert!(answer.json::<Problem>().hint.is_some(), "{path}");
    }
}
