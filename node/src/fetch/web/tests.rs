//! The web at its worst: servers that stall, break off, lie and lead inside.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use super::*;

/// What a request asked: its path and its headers, names in lower case.
type Asked = (String, BTreeMap<String, String>);

/// A server that answers each path with fixed bytes, and holds the connection
/// open after them until the client lets go, unless they say otherwise.
struct Server {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    fn start(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let Some(Ok(first)) = lines.next() else { continue };
                let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
                let headers = lines
                    .map_while(|line| line.ok().filter(|line| !line.is_empty()))
                    .filter_map(|line| {
                        let (name, value) = line.split_once(':')?;
                        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
                    });
                log.lock().unwrap().push((path.clone(), headers.collect()));
                let bytes = answer(&path);
                let closes = bytes.windows(18).any(|part| part == b"Connection: close\r");
                drop(stream.write_all(&bytes));
                if !closes {
                    drop(stream.read(&mut [0; 1]));
                }
            }
        });
        Self { url, asked }
    }

    fn web(&self, limits: Limits) -> Web {
        let networks = Networks::read(&["127.0.0.1".to_owned()]).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        Web::new(&self.url, networks, limits, deadline, CancellationToken::new(), None)
    }

    fn get(&self, path: &str) -> Result<Answer, FetchError> {
        get(&self.web(Limits::default()), &format!("{}{path}", self.url), None)
    }
}

const BYTES_MAX: usize = 100_000;

fn get(web: &Web, address: &str, known: Option<&Validators>) -> Result<Answer, FetchError> {
    web.get(&Request { address, accept: "text/turtle", bytes_max: BYTES_MAX, known })
}

fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn found(answer: Result<Answer, FetchError>) -> Document {
    match answer {
        Ok(Answer::Found(document)) => document,
        other => panic!("{other:?}"),
    }
}

fn redirect(status: u16, to: &str) -> Vec<u8> {
    answer(&format!("{status} Elsewhere\r\nLocation: {to}"), b"")
}

#[test]
fn a_document_comes_with_what_to_recognise_it_by() {
    let head = "200 OK\r\nContent-Type: text/turtle; charset=utf-8\r\nETag: \"a\"\r\n\
                Last-Modified: Mon, 02 Nov 2026 10:00:00 GMT";
    let server = Server::start(move |_| answer(head, b"<a:b> a <c:d> ."));
    let document = found(server.get("/dcat"));
    assert_eq!(document.body, b"<a:b> a <c:d> .");
    assert_eq!(document.media_type.as_deref(), Some("text/turtle; charset=utf-8"));
    assert_eq!(document.address, format!("{}/dcat", server.url));
    assert_eq!(document.validators.etag.as_deref(), Some("\"a\""));
    let asked = server.asked.lock().unwrap().clone();
    let (_, headers) = &asked[0];
    assert!(headers["user-agent"].starts_with("Dela/"), "{headers:?}");
    assert_eq!(headers["accept"], "text/turtle");
    assert!(!headers.contains_key("if-none-match"), "{headers:?}");
}

#[test]
fn what_is_known_is_asked_for_only_if_it_changed() {
    let server =
        Server::start(|_| b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n".into());
    let known = Validators {
        etag: Some("\"a\"".to_owned()),
        last_modified: Some("Mon, 02 Nov 2026 10:00:00 GMT".to_owned()),
    };
    let web = server.web(Limits::default());
    assert_eq!(get(&web, &server.url, Some(&known)).unwrap(), Answer::NotModified);
    let asked = server.asked.lock().unwrap().clone();
    assert_eq!(asked[0].1["if-none-match"], "\"a\"");
    assert_eq!(asked[0].1["if-modified-since"], "Mon, 02 Nov 2026 10:00:00 GMT");
    assert!(matches!(server.get("/"), Err(FetchError::Status { status: 304, .. })));
}

#[test]
fn redirects_are_followed_a_few_times() {
    for status in [301, 302, 303, 307, 308] {
        let server = Server::start(move |path| match path {
            "/old" => redirect(status, "new"),
            _ => answer("200 OK", b"here"),
        });
        let document = found(server.get("/old"));
        assert_eq!(document.address, format!("{}/new", server.url), "{status}");
    }
    let server = Server::start(|_| redirect(301, "/again"));
    let error = server.get("/").unwrap_err();
    assert!(matches!(error, FetchError::Refused { .. }), "{error}");
    assert!(!error.may_pass(), "a loop does not pass by itself");
    assert_eq!(server.asked.lock().unwrap().len(), REDIRECTS_MAX + 1);
}

#[test]
fn a_private_address_is_refused_where_it_is_not_listed() {
    let server = Server::start(|_| answer("200 OK", b"secret"));
    let open = |address: &str| {
        let deadline = Instant::now() + Duration::from_secs(60);
        let limits = Limits::default();
        Web::new(address, Networks::default(), limits, deadline, CancellationToken::new(), None)
    };
    let port = server.url.rsplit(':').next().unwrap();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"] {
        let address = format!("http://{host}:{port}/");
        let error = get(&open(&address), &address, None).unwrap_err();
        // A number is no address; where the resolver takes it for one, it is judged.
        assert!(
            matches!(error, FetchError::Refused { .. } | FetchError::Unreachable { .. }),
            "{error}"
        );
    }
    assert!(server.asked.lock().unwrap().is_empty(), "nothing was asked");
}

#[test]
fn neither_a_redirect_nor_another_host_leads_inside() {
    let server = Server::start(|path| match path {
        "/metadata" => redirect(302, "http://169.254.169.254/latest/meta-data/"),
        "/file" => redirect(302, "file:///etc/passwd"),
        _ => redirect(307, "http://localhost/"),
    });
    for (path, reason) in [
        ("/metadata", "not in `source_networks`"),
        ("/file", "no address of the web"),
        // Listed, but not what the source names.
        ("/other", "localhost"),
    ] {
        let error = server.get(path).unwrap_err();
        assert!(matches!(error, FetchError::Refused { .. }), "{path}: {error}");
        assert!(error.to_string().contains(reason), "{path}: {error}");
    }
    assert_eq!(server.asked.lock().unwrap().len(), 3);
}

#[test]
fn an_answer_that_ends_early_is_an_error() {
    let server = Server::start(|path| match path {
        "/length" => {
            b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhalf".into()
        }
        "/chunked" => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
                        4\r\nhalf\r\n"
            .into(),
        "/gzip" => {
            let half = &gzip(&[7; 5_000])[..20];
            answer("200 OK\r\nContent-Encoding: gzip", half)
        }
        "/nothing" => Vec::new(),
        "/garbage" => b"\x16\x03\x01 this is not HTTP\r\n\r\nConnection: close\r\n".into(),
        _ => b"HTTP/1.1 200 OK\r\nContent-Len".into(),
    });
    let short = Limits { pause: Duration::from_millis(200), ..Limits::default() };
    for path in ["/length", "/chunked", "/gzip", "/nothing", "/garbage", "/head"] {
        let error = get(&server.web(short), &format!("{}{path}", server.url), None).unwrap_err();
        assert!(error.may_pass(), "{path}: {error}");
    }
}

#[test]
fn a_server_that_stalls_is_given_up() {
    let server = Server::start(|path| match path {
        "/body" => b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".into(),
        _ => b"HTTP/1.1 200 OK\r\n".into(),
    });
    let short = Limits { pause: Duration::from_millis(100), ..Limits::default() };
    for path in ["/body", "/head"] {
        let error = get(&server.web(short), &format!("{}{path}", server.url), None).unwrap_err();
        assert!(error.to_string().contains("it took too long"), "{error}");
    }
    let total = Limits { document: Duration::from_millis(100), ..Limits::default() };
    let error = get(&server.web(total), &format!("{}/body", server.url), None).unwrap_err();
    assert!(error.to_string().contains("it took too long"), "{error}");
}

#[test]
fn what_unpacks_to_more_than_allowed_is_let_go() {
    let server = Server::start(|path| match path {
        "/bomb" => answer("200 OK\r\nContent-Encoding: gzip", &gzip(&vec![0; 50_000_000])),
        "/long" => answer("200 OK", &vec![b' '; BYTES_MAX + 1]),
        "/packed" => answer("200 OK\r\nContent-Encoding: gzip", &gzip(&vec![b'x'; BYTES_MAX])),
        _ => answer("200 OK\r\nContent-Encoding: br", b"brotli"),
    });
    for path in ["/bomb", "/long"] {
        assert!(matches!(server.get(path), Err(FetchError::TooLong { .. })), "{path}");
    }
    assert_eq!(found(server.get("/packed")).body.len(), BYTES_MAX);
    let error = server.get("/other").unwrap_err();
    assert!(error.to_string().contains("packed as br"), "{error}");
}

#[test]
fn a_refusal_says_how_long_to_wait() {
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3_000));
    let server = Server::start(move |path| match path {
        "/seconds" => answer("503 Later\r\nRetry-After: 120", b""),
        "/date" => answer(&format!("429 Later\r\nRetry-After: {date}"), b""),
        "/never" => answer("503 Later\r\nRetry-After: 99999999999", b""),
        _ => answer("404 Not Found\r\nRetry-After: soon", b"gone"),
    });
    let wait = |path: &str| server.get(path).unwrap_err().retry_after();
    assert_eq!(wait("/seconds"), Some(120));
    assert!(wait("/date").is_some_and(|wait| (2_900..=3_000).contains(&wait)));
    assert_eq!(wait("/never"), Some(RETRY_AFTER_MAX.as_secs()));
    let error = server.get("/gone").unwrap_err();
    assert_eq!(error.retry_after(), None);
    assert!(!error.may_pass(), "{error}");
}

#[test]
fn a_cancelled_run_asks_nothing_more() {
    let server = Server::start(|_| answer("200 OK", b"here"));
    let web = server.web(Limits::default());
    web.stop.cancel();
    assert!(get(&web, &server.url, None).unwrap_err().to_string().contains("cancelled"));
    let mut web = server.web(Limits::default());
    web.deadline = Instant::now();
    assert!(get(&web, &server.url, None).is_err());
    assert!(server.asked.lock().unwrap().is_empty());
}

/// Packs bytes without compressing them, but zeros, which it repeats: a
/// deflate stream of stored blocks, or of one symbol.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}
