//! Behind the sign-in: sessions, forms, and who is refused.

use core::time::Duration;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use dela_node::http::ClientAddress;
use dela_node::publish::postponed::UNDO_WITHIN;
use dela_protocol::api::SearchPage;
use dela_protocol::time::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::fixture::{Node, OWN, TOKEN, empty_node, node, node_at};
use super::site::Site;
use super::{Answer, get, id_of, send};

/// A browser that keeps a cookie and reads forms.
struct Browser<'a> {
    node: &'a Node,
    cookie: String,
}

fn form(pairs: &[(&str, &str)]) -> String {
    let escape = |text: &str| {
        let byte = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        };
        text.bytes().map(byte).collect::<String>()
    };
    let pairs = pairs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn post(path: &str) -> axum::http::request::Builder {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::HOST, "localhost:4800")
}

impl<'a> Browser<'a> {
    /// Signs in with the token.
    async fn sign_in(node: &'a Node) -> Self {
        let pairs = [("token", TOKEN), ("to", "/share/datasets?q=luft")];
        let request = post("/share/sign-in?lang=sv").body(form(&pairs).into()).unwrap();
        let answer = send(&node.router, request).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        assert_eq!(answer.header("location"), "/share/datasets?q=luft&lang=sv");
        assert_eq!(answer.header("cache-control"), "no-store");
        let cookie = answer.header("set-cookie").to_owned();
        assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/"), "{cookie}");
        assert!(!cookie.contains(TOKEN));
        Self { node, cookie: cookie.split(';').next().unwrap().to_owned() }
    }

    async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header(header::COOKIE, &self.cookie);
        send(&self.node.router, request.body(Body::empty()).unwrap()).await
    }

    /// Returns the secret that the forms of this session carry.
    async fn secret(&self) -> String {
        let page = self.get("/share").await.text();
        let (_, rest) = page.split_once("name=\"secret\" value=\"").expect("the page has a form");
        rest.split('"').next().unwrap().to_owned()
    }

    /// Sends a form of the page.
    async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let secret = self.secret().await;
        let mut all = vec![("secret", secret.as_str())];
        all.extend_from_slice(pairs);
        self.post_bare(path, &all, &[]).await
    }

    /// Sends exactly these fields and headers.
    async fn post_bare(
        &self,
        path: &str,
        pairs: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = post(path).header(header::COOKIE, &self.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(&self.node.router, request.body(form(pairs).into()).unwrap()).await
    }

    /// Sends a file.
    async fn upload(&self, secret: &str, name: &str, content: &str) -> Answer {
        let body = format!(
            "--border\r\nContent-Disposition: form-data; name=\"secret\"\r\n\r\n{secret}\r\n\
             --border\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n{content}\r\n--border--\r\n"
        );
        let request = Request::post("/share/import/file?lang=en")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=border")
            .header(header::COOKIE, &self.cookie);
        send(&self.node.router, request.body(body.into()).unwrap()).await
    }

    /// Follows where an answer sends on to.
    async fn follow(&self, answer: &Answer) -> Answer {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        let place = answer.header("location").split('#').next().unwrap().to_owned();
        self.get(&place).await
    }
}

fn cycles() -> Vec<(&'static str, &'static str)> {
    vec![
        ("title_sv", "Räknade cyklar"),
        ("description_sv", "Antal cyklar per dygn <b>\"nära\"</b> torget."),
        ("keywords_sv", "cykel, trafik"),
        ("themes", "TRAN"),
        ("licence", "CC0-1.0"),
        ("access_rights", "PUBLIC"),
        ("contact_name", "Gatukontoret"),
        ("contact_email", "gata@sjovik.example"),
        ("publisher_name", "Sjöviks kommun"),
        ("publisher_type", "LocalAuthority"),
        ("d0.access_url", "https://sjovik.example/cyklar.csv"),
        ("d0.format", "CSV"),
        ("do", "preview"),
    ]
}

#[tokio::test]
async fn only_the_token_signs_in_and_it_is_told_where_it_is_only_nearby() {
    let node = node();
    let page = get(&node, "/share?lang=sv").await;
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.text().contains("Fråga den som sköter noden"));
    assert!(!page.text().contains("/var/lib/dela/token"));
    let near = Request::get("/share?lang=en")
        .extension(ClientAddress("127.0.0.1:5000".parse().unwrap()))
        .body(Body::empty())
        .unwrap();
    assert!(send(&node.router, near).await.text().contains("/var/lib/dela/token"));
    let wrong = [("token", "hemligt")];
    let request = post("/share/sign-in?lang=sv").body(form(&wrong).into()).unwrap();
    let answer = send(&node.router, request).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text().contains("Nyckeln stämmer inte"));
    assert_eq!(answer.header("set-cookie"), "");
    assert!(!answer.text().contains("hemligt"));
    // Whoever tries again and again has to wait, even with the token.
    for _ in 0..20 {
        let request = post("/share/sign-in").body(form(&wrong).into()).unwrap();
        send(&node.router, request).await;
    }
    let right = [("token", TOKEN)];
    let request = post("/share/sign-in").body(form(&right).into()).unwrap();
    assert_eq!(send(&node.router, request).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_session_opens_the_page_and_not_the_api_and_ends_at_sign_out() {
    let node = node();
    let away = get(&node, "/share/datasets?q=luft&lang=sv").await;
    assert_eq!(away.status, StatusCode::SEE_OTHER);
    assert_eq!(
        away.header("location"),
        "/share?to=%2Fshare%2Fdatasets%3Fq%3Dluft%26lang%3Dsv&lang=sv"
    );
    let browser = Browser::sign_in(&node).await;
    assert!(browser.get("/share?lang=sv").await.text().contains("Logga ut"));
    let id = id_of(&node, "badplatser").await;
    let request = Request::delete(format!("/api/v1/datasets/{id}"))
        .header(header::COOKIE, &browser.cookie)
        .body(Body::empty())
        .unwrap();
    assert_eq!(send(&node.router, request).await.status, StatusCode::UNAUTHORIZED);
    let request = Request::get("/api/v1/sources").header(header::COOKIE, &browser.cookie);
    let request = request.body(Body::empty()).unwrap();
    assert_eq!(send(&node.router, request).await.status, StatusCode::UNAUTHORIZED);
    let out = browser.post("/share/sign-out", &[]).await;
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert!(browser.follow(&out).await.text().contains("name=\"token\""));
    assert_eq!(browser.get("/share/datasets").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn behind_a_proxy_the_cookie_goes_over_https_only() {
    let node = node_at("https://oppna.sjovik.example/data");
    let pairs = [("token", TOKEN)];
    let from = async |origin: &str| {
        let request = post("/share/sign-in").header("origin", origin);
        send(&node.router, request.body(form(&pairs).into()).unwrap()).await
    };
    let answer = from("https://oppna.sjovik.example").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert!(answer.header("set-cookie").ends_with("; Path=/; Secure"));
    // What only begins like the node's address is another site.
    for origin in ["https://oppna.sjovik", "https://oppna.sjovik.example.evil.example", "https://"]
    {
        assert_eq!(from(origin).await.status, StatusCode::FORBIDDEN, "{origin}");
    }
}

#[tokio::test]
async fn who_signs_in_again_ends_the_session_before() {
    let node = node();
    let first = Browser::sign_in(&node).await;
    let request = post("/share/sign-in").header(header::COOKIE, &first.cookie);
    let again = send(&node.router, request.body(form(&[("token", TOKEN)]).into()).unwrap()).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    assert_eq!(first.get("/share/datasets").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn forms_of_other_pages_change_nothing() {
    let node = node();
    let browser = Browser::sign_in(&node).await;
    let id = id_of(&node, "badplatser").await;
    let secret = browser.secret().await;
    let fields = [("id", id.as_str())];
    let with_secret = [("secret", secret.as_str()), ("id", id.as_str())];
    let wrong_secret = [("secret", "0"), ("id", id.as_str())];
    let refused = [
        browser.post_bare("/share/withdraw", &fields, &[]).await,
        browser.post_bare("/share/withdraw", &wrong_secret, &[]).await,
        browser
            .post_bare("/share/withdraw", &with_secret, &[("origin", "https://evil.example")])
            .await,
        browser.post_bare("/share/withdraw", &with_secret, &[("origin", "null")]).await,
        browser
            .post_bare("/share/withdraw", &with_secret, &[("origin", "http://localhost:9999")])
            .await,
        browser
            .post_bare("/share/withdraw", &with_secret, &[("sec-fetch-site", "cross-site")])
            .await,
        browser
            .post_bare("/share/withdraw", &with_secret, &[("sec-fetch-site", "same-site")])
            .await,
        browser.upload("0", "x.ttl", OWN).await,
    ];
    for answer in refused {
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text());
    }
    assert_eq!(node.withdrawals.list(), []);
    let own = [("origin", "http://localhost:4800"), ("sec-fetch-site", "same-origin")];
    let answer = browser.post_bare("/share/withdraw", &with_secret, &own).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(node.withdrawals.list().len(), 1);
    // Signing in, too, is done from this page.
    let pairs = [("token", TOKEN)];
    let request = post("/share/sign-in").header("origin", "https://evil.example");
    let answer = send(&node.router, request.body(form(&pairs).into()).unwrap()).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (StatusCode::FORBIDDEN, ""));
}

#[tokio::test]
async fn a_dataset_is_filled_in_previewed_published_and_found() {
    let node = node();
    let browser = Browser::sign_in(&node).await;
    let blank = browser.get("/share/dataset?lang=sv").await.text();
    assert!(blank.contains("data-live=\"/share/dataset/check?lang=sv\""), "{blank}");
    assert!(blank.len() < 100_000, "the page has {} bytes", blank.len());
    let sent = browser.post("/share/dataset?lang=sv", &cycles()).await;
    let preview = browser.follow(&sent).await.text();
    assert!(preview.contains("Så här blir det"), "{preview}");
    assert!(preview.contains("&lt;b&gt;&quot;nära&quot;&lt;/b&gt;"), "{preview}");
    assert!(preview.contains("av 405 poäng"), "{preview}");
    assert!(!preview.contains("Måste rättas"), "{preview}");
    let (_, rest) = preview.split_once("name=\"draft\" value=\"").unwrap();
    let draft = rest.split('"').next().unwrap().to_owned();
    let found: SearchPage = get(&node, "/api/v1/datasets?q=cyklar").await.json();
    assert_eq!(found.total, 0, "a preview publishes nothing");
    let done = browser.post("/share/dataset/publish?lang=sv", &[("draft", &draft)]).await;
    assert!(browser.follow(&done).await.text().contains("Publicerad."));
    let id = id_of(&node, "cyklar").await;
    let turtle = get(&node, &format!("/dataset/{id}.ttl")).await.text();
    assert!(turtle.contains("publishertype/LocalAuthority"), "{turtle}");
    // The same title again is no other dataset.
    let again = browser.post("/share/dataset?lang=sv", &cycles()).await;
    assert!(browser.follow(&again).await.text().contains("har redan den titeln"));
    // The publisher is known from now on.
    let next = browser.get("/share/dataset?lang=sv").await.text();
    assert!(!next.contains("name=\"publisher_type\""), "{next}");
    // Published twice from the same preview: the draft is gone.
    let twice = browser.post("/share/dataset/publish", &[("draft", &draft)]).await;
    assert_eq!(twice.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_was_typed_is_kept_beside_what_is_wrong_with_it() {
    let node = node();
    let browser = Browser::sign_in(&node).await;
    let mut fields = cycles();
    fields.retain(|(name, _)| *name != "title_sv");
    fields.push(("d0.access_url", "javascript:alert(1)"));
    fields.retain(|field| *field != ("d0.access_url", "https://sjovik.example/cyklar.csv"));
    let sent = browser.post("/share/dataset?lang=en", &fields).await;
    assert!(sent.header("location").ends_with("#errors"), "{}", sent.header("location"));
    let page = browser.follow(&sent).await.text();
    assert!(page.contains("<title>Error: New dataset"), "{page}");
    assert!(page.contains("href=\"#title_sv\""), "{page}");
    assert!(page.contains("aria-describedby=\"title_sv-hint title_sv-error\""), "{page}");
    assert!(page.contains("href=\"#d0.access_url\""), "{page}");
    assert!(page.contains("value=\"javascript:alert(1)\""), "{page}");
    assert!(page.contains("Antal cyklar per dygn &lt;b&gt;"), "{page}");
    assert!(page.contains("value=\"gata@sjovik.example\""), "{page}");
    // One more distribution, and one fewer, without a script.
    fields.retain(|(name, _)| *name != "do");
    fields.push(("do", "add"));
    let added = browser.post("/share/dataset?lang=en", &fields).await;
    assert!(added.header("location").ends_with("#d1"));
    let page = browser.follow(&added).await.text();
    assert!(page.contains("name=\"d1.access_url\""), "{page}");
    assert!(!page.contains("id=\"errors\""), "{page}");
    // What the page's script shows while somebody types.
    let part = browser.post("/share/dataset/check?lang=en", &fields).await;
    assert_eq!(part.status, StatusCode::OK);
    assert!(part.text().starts_with("<h2>Mend this first"), "{}", part.text());
    let part = browser.post("/share/dataset/check?lang=sv", &cycles()).await.text();
    assert!(part.contains("av 405") && !part.contains("<html"), "{part}");
}

#[tokio::test]
async fn a_dataset_from_elsewhere_is_changed_without_losing_anything() {
    let node = node();
    let browser = Browser::sign_in(&node).await;
    let id = id_of(&node, "badplatser").await;
    let page = browser.get(&format!("/share/dataset?of={id}&lang=sv")).await.text();
    assert!(page.contains("value=\"Badplatser &lt;/script&gt;"), "{page}");
    let value = |name: &str| {
        let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let (of, record) = (value("of"), value("record"));
    let fields = [
        ("of", of.as_str()),
        ("record", record.as_str()),
        ("title_sv", "Badplatser"),
        ("description_sv", "Var man kan bada."),
        ("themes", "ENVI"),
        ("do", "preview"),
    ];
    let sent = browser.post("/share/dataset?lang=sv", &fields).await;
    let preview = browser.follow(&sent).await.text();
    let (_, rest) = preview.split_once("name=\"draft\" value=\"").unwrap();
    let draft = rest.split('"').next().unwrap().to_owned();
    let done = browser.post("/share/dataset/publish", &[("draft", &draft)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    assert_eq!(id_of(&node, "badplatser").await, id);
    let turtle = get(&node, &format!("/dataset/{id}.ttl")).await.text();
    assert!(
        turtle.contains("sjovik.example/> ") && turtle.contains("\"Badplatser\"@sv"),
        "{turtle}"
    );
    assert!(turtle.contains("Sjöviks kommun"), "{turtle}");
    // Who opened it before it changed begins again.
    let stale = browser.post("/share/dataset?lang=sv", &fields).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    // Another agency's dataset is not ours to change.
    let other: SearchPage =
        get(&node, &format!("/api/v1/datasets?agency={}&kind=dataset", node.other)).await.json();
    let path = format!("/share/dataset?of={}", other.datasets[0].id);
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_withdrawal_waits_can_be_undone_and_survives_a_restart_unsigned() {
    let node = node();
    let browser = Browser::sign_in(&node).await;
    let id = id_of(&node, "badplatser").await;
    let later = |waited: Duration| {
        let asked = node.withdrawals.list().first().map(|one| one.asked_at);
        asked.unwrap_or(Timestamp::from_millis(0)).after(waited)
    };
    let is_there = async || {
        let found: SearchPage = get(&node, "/api/v1/datasets?q=badplatser").await.json();
        found.total == 1
    };
    let page = browser.get(&format!("/share/withdraw?id={id}&lang=sv")).await.text();
    assert!(page.contains("30 sekunder") && page.contains("Badplatser"), "{page}");
    let fields = [("id", id.as_str()), ("reason", "Ersatt")];
    browser.post("/share/withdraw", &fields).await;
    let page = browser.get("/share/datasets?lang=sv").await.text();
    assert!(page.contains("Väntar på att återkallas") && page.contains("Ångra"), "{page}");
    node.withdrawals.carry_out_due(later(UNDO_WITHIN.saturating_sub(Duration::from_secs(1)))).await;
    assert!(is_there().await);
    let undone = browser.post("/share/undo?lang=sv", &[("id", &id)]).await;
    assert!(browser.follow(&undone).await.text().contains("Ångrat."));
    node.withdrawals.carry_out_due(later(UNDO_WITHIN * 2)).await;
    assert!(is_there().await);
    // Asked for again, and the node restarts before it is out.
    browser.post("/share/withdraw", &fields).await;
    let again = node.withdrawals_again();
    let due = later(UNDO_WITHIN);
    again.carry_out_due(due).await;
    assert!(is_there().await, "nothing is withdrawn silently");
    assert_eq!(again.list().len(), 1, "and nothing is forgotten");
    again.resume(&id.parse().unwrap(), due).unwrap();
    again.carry_out_due(due).await;
    assert!(is_there().await, "there is time to undo it once more");
    again.carry_out_due(due.after(UNDO_WITHIN)).await;
    assert!(!is_there().await);
    assert_eq!(again.list(), []);
    let told = get(&node, &format!("/api/v1/datasets/{id}")).await;
    assert_eq!(told.status, StatusCode::GONE);
    assert!(told.text().contains("Ersatt"), "{}", told.text());
    let late = browser.post("/share/undo", &[("id", &id)]).await;
    // The list in memory of the node that did not restart still has it.
    assert_eq!(late.status, StatusCode::SEE_OTHER);
}

/// A clock that shows these moments one after another, then the last for ever,
/// and lets one wait until it has been looked at so often.
struct Script {
    shows: Vec<Timestamp>,
    looked: watch::Sender<usize>,
}

impl Script {
    fn now(&self) -> Timestamp {
        let mut place = 0;
        self.looked.send_modify(|looked| {
            place = (*looked).min(self.shows.len() - 1);
            *looked += 1;
        });
        self.shows[place]
    }

    async fn looked_at(&self, times: usize) {
        let mut looked = self.looked.subscribe();
        looked.wait_for(|looked| *looked >= times).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_due_is_signed_without_anybody_asking_again() {
    let node = node();
    let (id, other) = (id_of(&node, "badplatser").await, id_of(&node, "realtid").await);
    assert_ne!(id, other);
    let asked = Timestamp::from_millis(1_000);
    let due = asked.after(UNDO_WITHIN);
    let almost = asked.after(UNDO_WITHIN.saturating_sub(Duration::from_millis(1)));
    for id in [&id, &other] {
        node.withdrawals.postpone(id.parse().unwrap(), "Titel", "Ersatt", asked).unwrap();
    }
    assert!(node.withdrawals.undo(&other.parse().unwrap()).unwrap());
    // Not due, a look at the clock for how long to wait, and the same once more,
    // since what was just changed is looked at. Then the time has come.
    let shows = vec![asked, almost, almost, almost, due];
    let clock = Arc::new(Script { shows, looked: watch::Sender::new(0) });
    let stop = CancellationToken::new();
    let (read, withdrawals) = (Arc::clone(&clock), node.withdrawals.clone());
    let task = tokio::spawn(withdrawals.follow(stop.clone(), move || read.now()));
    clock.looked_at(5).await;
    // Whatever changes makes it look again, after it has signed.
    node.withdrawals.undo(&other.parse().unwrap()).unwrap();
    clock.looked_at(6).await;
    assert_eq!(node.withdrawals.list(), []);
    let gone = get(&node, &format!("/api/v1/datasets/{id}")).await;
    assert_eq!(gone.status, StatusCode::GONE);
    let left = get(&node, &format!("/api/v1/datasets/{other}")).await;
    assert_eq!(left.status, StatusCode::OK, "what was undone stays");
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn a_file_is_compared_first_and_then_imported() {
    let node = node();
    let browser = Browser::sign_in(&node).await;
    let secret = browser.secret().await;
    let new = OWN.replace("Badplatser </script><b>norr</b>", "Lekplatser");
    let sent = browser.upload(&secret, "katalog.ttl", &new).await;
    let page = browser.follow(&sent).await.text();
    assert!(page.contains("This would change") && page.contains("Lekplatser"), "{page}");
    let found: SearchPage = get(&node, "/api/v1/datasets?q=lekplatser").await.json();
    assert_eq!(found.total, 0, "a difference changes nothing");
    let done = browser.post("/share/import/do?lang=en", &[]).await;
    let report = browser.follow(&done).await.text();
    assert!(report.contains("Done.") && report.contains("Lekplatser"), "{report}");
    id_of(&node, "lekplatser").await;
    // Done once; what was read is gone.
    assert_eq!(browser.post("/share/import/do", &[]).await.status, StatusCode::NOT_FOUND);
    let same = browser.upload(&secret, "katalog.ttl", &new).await;
    assert!(browser.follow(&same).await.text().contains("There is nothing to do"));
    let broken = browser.upload(&secret, "katalog.ttl", "<a> <b> .").await;
    let page = browser.follow(&broken).await.text();
    assert!(page.contains("could not be read") && page.contains("line 1"), "{page}");
    let nothing = browser.upload(&secret, "", "").await;
    assert!(browser.follow(&nothing).await.text().contains("Choose a file"));
}

#[tokio::test]
async fn a_catalogue_that_shrinks_needs_a_tick_and_one_that_moved_is_shown_again() {
    let node = empty_node();
    let browser = Browser::sign_in(&node).await;
    let secret = browser.secret().await;
    let dataset = |n: u32| {
        format!(
            "<urn:x:{n}> a <http://www.w3.org/ns/dcat#Dataset> ; <http://purl.org/dc/terms/title> \"Nummer {n}\"@sv .\n"
        )
    };
    let many: String = (0..10).map(dataset).collect();
    browser.follow(&browser.upload(&secret, "m.ttl", &many).await).await;
    browser.post("/share/import/do", &[]).await;
    let sent = browser.upload(&secret, "m.ttl", &dataset(1)).await;
    assert!(browser.follow(&sent).await.text().contains("The catalogue shrinks a lot"));
    let refused = browser.post("/share/import/do?lang=en", &[]).await;
    assert!(browser.follow(&refused).await.text().contains("Tick that the catalogue is whole"));
    let total = async || get(&node, "/api/v1/datasets").await.json::<SearchPage>().total;
    assert_eq!(total().await, 10);
    // Meanwhile somebody publishes something else.
    super::write(&node, "POST", "/api/v1/datasets", "text/turtle", &dataset(77)).await;
    let moved = browser.post("/share/import/do?lang=en", &[("allow_shrink", "yes")]).await;
    assert!(browser.follow(&moved).await.text().contains("Something else has changed"));
    assert_eq!(total().await, 11);
    browser.post("/share/import/do?lang=en", &[("allow_shrink", "yes")]).await;
    assert_eq!(total().await, 1);
}

#[tokio::test]
async fn sources_are_kept_from_the_page() {
    let node = node();
    let browser = Browser::sign_in(&node).await;
    let fields = [("address", "https://katalog.example/dcat"), ("every", "360"), ("grace", "72")];
    let added = browser.post("/share/sources?lang=sv", &fields).await;
    let page = browser.follow(&added).await.text();
    assert!(page.contains("https://katalog.example/dcat"), "{page}");
    let id = node.keeper.sources().list()[0].id.clone();
    // Everybody sees that there is one, and only who is signed in where.
    assert!(!get(&node, "/sources").await.text().contains("katalog.example"));
    let change = [("id", id.as_str()), ("every", "1 440"), ("grace", "24"), ("paused", "yes")];
    browser.post("/share/sources/change", &change).await;
    let source = node.keeper.sources().source(&id).unwrap();
    assert_eq!((source.every_minutes, source.grace_hours, source.paused), (1_440, 24, true));
    let wrong = browser
        .post("/share/sources/change?lang=en", &[("id", &id), ("every", "1"), ("grace", "1")])
        .await;
    assert!(browser.follow(&wrong).await.text().contains("within the bounds"));
    let bad = browser
        .post(
            "/share/sources?lang=en",
            &[("address", "katalog"), ("every", "360"), ("grace", "72")],
        )
        .await;
    assert!(
        browser.follow(&bad).await.text().contains("value=\"katalog\""),
        "what was typed is kept"
    );
    browser.post("/share/sources/remove", &[("id", &id)]).await;
    assert_eq!(node.keeper.sources().list().len(), 1, "not without the tick");
    browser.post("/share/sources/remove", &[("id", &id), ("sure", "yes")]).await;
    assert_eq!(node.keeper.sources().list().len(), 0);
}

#[tokio::test]
async fn an_address_is_compared_and_a_source_is_read_and_believed() {
    let (node, site) = (empty_node(), Site::start());
    let dataset = |n: u32| {
        format!(
            "<urn:x:{n}> a <http://www.w3.org/ns/dcat#Dataset> ; \
             <http://purl.org/dc/terms/title> \"Nummer {n}\"@sv .\n"
        )
    };
    let serve =
        |count| site.serve("/dcat", "text/turtle", (0..count).map(dataset).collect::<String>());
    serve(10);
    let address = site.address("/dcat");
    let browser = Browser::sign_in(&node).await;
    let sent = browser.post("/share/import/address?lang=en", &[("address", &address)]).await;
    let page = browser.follow(&sent).await.text();
    assert!(page.contains("This would change") && page.contains("Nummer 7"), "{page}");
    let missing = site.address("/nothing");
    let sent = browser.post("/share/import/address?lang=en", &[("address", &missing)]).await;
    assert!(browser.follow(&sent).await.text().contains("could not be read"));
    let fields = [("address", address.as_str()), ("every", "360"), ("grace", "0")];
    browser.post("/share/sources", &fields).await;
    let id = node.keeper.sources().list()[0].id.clone();
    let source = || node.keeper.sources().source(&id).unwrap();
    let ran = browser.post("/share/sources/run?lang=en", &[("id", &id)]).await;
    assert!(browser.follow(&ran).await.text().contains("being read"));
    while source().succeeded_at.is_none() || source().running_since.is_some() {
        tokio::task::yield_now().await;
    }
    let total = async || get(&node, "/api/v1/datasets").await.json::<SearchPage>().total;
    assert_eq!(total().await, 10);
    // So much vanishes that somebody has to say that it is meant.
    serve(2);
    node.keeper.run(&id, false).await.unwrap();
    assert_eq!(total().await, 10);
    let page = browser.get("/share/sources?lang=en").await.text();
    assert!(page.contains("Yes, what vanished is gone"), "{page}");
    browser.post("/share/sources/accept", &[("id", &id)]).await;
    while source().waiting.is_some() || source().running_since.is_some() {
        tokio::task::yield_now().await;
    }
    assert_eq!(total().await, 2);
    let nothing = browser.post("/share/sources/accept", &[("id", &id)]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn nobody_governs_without_the_secret_of_a_session_and_errors_say_why() {
    let node = node();
    let browser = Browser::sign_in(&node).await;
    let actions = ["vote", "admit", "suspend", "revoke", "quota", "amend", "key", "domain", "join"];
    for action in actions {
        let path = format!("/share/federation/{action}");
        let fields = [("invitation", "dela:annan"), ("sure", "yes"), ("secret", "00")];
        let refused = browser.post_bare(&path, &fields, &[]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{action}");
    }
    // The node is in an open federation, where nobody votes.
    let vote = [("motion", "charter"), ("for", "yes")];
    let refused = browser.post("/share/federation/vote", &vote).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains("has no council"), "{}", refused.text());
    let unsure = browser.post("/share/federation/join", &[("invitation", "dela:annan")]).await;
    assert_eq!(unsure.status, StatusCode::SEE_OTHER);
    let sure = [("invitation", "dela:annan"), ("sure", "yes")];
    let moving = browser.post("/share/federation/join?lang=en", &sure).await;
    assert_eq!(moving.status, StatusCode::ACCEPTED);
    assert!(moving.text().contains("The node moves"), "{}", moving.text());
    let open = get(&node, "/federation/council?lang=en").await.text();
    assert!(open.contains("This federation is open") && open.contains("dela:test"), "{open}");
}
