//! A web server of the tests, which answers as it is told and breaks as it is
//! told.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A server on loopback; it ends with the test.
pub(crate) struct Site {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    answers: BTreeMap<String, Answer>,
    asked: Vec<String>,
}

#[derive(Clone)]
struct Answer {
    bytes: Vec<u8>,
    etag: Option<String>,
    /// Whether the connection is held open afterwards.
    stalls: bool,
}

impl Site {
    /// Starts a server that has nothing.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                thread::spawn(move || answer(stream, &state));
            }
        });
        Self { url, state }
    }

    /// Returns the address of a path.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Serves a document, whole, to be recognised by its bytes.
    pub(crate) fn serve(&self, path: &str, media_type: &str, body: impl AsRef<[u8]>) {
        let body = body.as_ref();
        let etag = format!("\"{}\"", blake3_of(body));
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nETag: {etag}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let bytes = [head.as_bytes(), body].concat();
        self.set(path, Answer { bytes, etag: Some(etag), stalls: false });
    }

    /// Serves just these bytes, and then closes the connection or holds it.
    pub(crate) fn raw(&self, path: &str, bytes: impl Into<Vec<u8>>, stalls: bool) {
        self.set(path, Answer { bytes: bytes.into(), etag: None, stalls });
    }

    fn set(&self, path: &str, answer: Answer) {
        self.state.lock().unwrap().answers.insert(path.to_owned(), answer);
    }

    /// Returns how often a path was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.state.lock().unwrap().asked.iter().filter(|asked| *asked == path).count()
    }
}

/// A name for bytes; any would do.
fn blake3_of(bytes: &[u8]) -> String {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn answer(mut stream: TcpStream, state: &Mutex<State>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else { return };
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let head: Vec<String> =
        lines.map_while(|line| line.ok().filter(|line| !line.is_empty())).collect();
    let known = head.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("if-none-match").then(|| value.trim().to_owned())
    });
    let found = {
        let mut state = state.lock().unwrap();
        state.asked.push(path.clone());
        state.answers.get(&path).cloned()
    };
    let same = |found: &Answer| found.etag.is_some() && found.etag == known;
    let bytes = match &found {
        Some(found) if same(found) => {
            b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n".to_vec()
        }
        Some(found) => found.bytes.clone(),
        None => {
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec()
        }
    };
    // The other side may have gone.
    drop(stream.write_all(&bytes));
    if found.is_some_and(|found| found.stalls) {
        drop(stream.read(&mut [0; 1]));
    }
}
