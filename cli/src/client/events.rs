//! The stream of events, as server-sent events are written on the wire.
//!
//! Invariant: an event is handed on whole or not at all, and the memory it
//! takes is bounded.

use std::io::{BufRead as _, BufReader, Read};

use dela_protocol::api::Event;

/// The longest line of a stream: an event is some 500 bytes, and its title is
/// bounded by the 512 KiB a record may have.
const LINE_BYTES_MAX: u64 = 1024 * 1024;

/// One event, and where to resume after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerEvent {
    /// The event.
    pub event: Event,
    /// The node's own JSON.
    pub json: String,
}

/// Events as they come; ends when the node ends the stream.
pub struct Events {
    lines: BufReader<Box<dyn Read + Send>>,
    last: Option<u64>,
}

impl core::fmt::Debug for Events {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Events").field("last", &self.last).finish_non_exhaustive()
    }
}

impl Events {
    pub(super) fn new(body: impl Read + Send + 'static) -> Self {
        Self { lines: BufReader::new(Box::new(body)), last: None }
    }

    /// Returns the number to resume after, if the node has told one.
    pub const fn resume_after(&self) -> Option<u64> {
        self.last
    }

    /// Returns the next line without its end, `None` at the end of the stream.
    fn line(&mut self) -> std::io::Result<Option<String>> {
        let mut line = Vec::new();
        let read = (&mut self.lines).take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        if line.pop_if(|end| *end == b'\n').is_none() {
            // A line that was cut off is no line.
            return if u64::try_from(read).unwrap_or(u64::MAX) < LINE_BYTES_MAX {
                Ok(None)
            } else {
                Err(std::io::Error::other("a line of the stream is longer than 1 MiB"))
            };
        }
        line.pop_if(|end| *end == b'\r');
        Ok(Some(String::from_utf8_lossy(&line).into_owned()))
    }
}

impl Iterator for Events {
    type Item = std::io::Result<ServerEvent>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut data = String::new();
        loop {
            let line = match self.line() {
                Ok(Some(line)) => line,
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            };
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => self.last = value.parse().ok().or(self.last),
                "data" => {
                    if !data.is_empty() {
                        data.push('\n');
                    }
                    data.push_str(value);
                }
                // The end of an event. One of a kind that this version does
                // not know is passed over, as a later node may send it.
                "" if line.is_empty() && !data.is_empty() => {
                    if let Ok(event) = serde_json::from_str::<Event>(&data) {
                        self.last = Some(event.number);
                        return Some(Ok(ServerEvent { event, json: data }));
                    }
                    data.clear();
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"number":7,"at":"2026-03-01T12:00:00Z","event":"published","agency":"0101010101010101010101010101010101010101010101010101010101010101","agency_name":"A","id":"02020202020202020202020202020202","iri":"urn:x","title":"T"}"#;

    #[test]
    fn events_are_read_among_comments_and_unknown_kinds() {
        let stream = format!(
            ": hello\n\nid: 3\n\nevent: weather\ndata: rain\n\nid: 7\r\ndata: {EVENT}\r\n\r\ndata: {EVENT}\n"
        );
        let mut events = Events::new(std::io::Cursor::new(stream));
        let first = events.next().unwrap().unwrap();
        assert_eq!((first.event.number, first.json.as_str()), (7, EVENT));
        assert!(events.next().is_none(), "an event that was cut off is not told");
        assert_eq!(events.resume_after(), Some(7));
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let endless = std::io::repeat(b'x');
        assert!(Events::new(endless).next().unwrap().is_err());
    }
}
