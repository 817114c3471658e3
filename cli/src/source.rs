//! Where RDF comes from: a file or stdin, read here, or an address, read by the
//! node.
//!
//! Invariant: what is handed on was read whole and is no longer than a node
//! takes, so that a node never sees half a file.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::Path;

use crate::client::{ClientError, Upload};
use crate::error::Error;
use crate::format::InputFormat;
use crate::output::{Output, count};

/// The longest file: what a node takes in one import. The largest real
/// catalogue, of 25,000 datasets, is some 40 MB.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Returns the address that a name is, if it is one of the web.
pub(crate) fn address(name: &str) -> Option<&str> {
    let is_url = |scheme: &str| {
        name.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    Some(name).filter(|_| is_url("http://") || is_url("https://"))
}

/// Refuses flags that tell how to read a file, for an address: its server says
/// what it is, and it is its own base.
pub(crate) fn refuse_for_address(
    format: Option<InputFormat>,
    base: Option<&str>,
) -> Result<(), Error> {
    let flag = match (format, base) {
        (None, None) => return Ok(()),
        (Some(_), _) => "--format",
        (None, Some(_)) => "--base",
    };
    Err(Error::usage(format!("{flag} is for files; the node reads an address as its server says"))
        .hint("fetch the file and name that, if its server says something wrong"))
}

/// What was read, and from where.
#[derive(Debug)]
pub(crate) struct Source {
    /// The name for people: the path, the URL, or `stdin`.
    pub(crate) name: String,
    bytes: Vec<u8>,
    media_type: &'static str,
}

impl Source {
    /// Reads a file, or stdin where the name is `-`.
    pub(crate) fn read(name: &str) -> Result<Self, Error> {
        let source = if name == "-" {
            of_stdin()?
        } else if address(name).is_some() {
            return Err(Error::usage(format!("{name} is an address, where a file is needed"))
                .hint(
                    "fetch it and name the file; `dela import` takes a whole catalogue from there",
                ));
        } else if let Some((scheme, _)) = name.split_once("://") {
            return Err(Error::usage(format!("{name} cannot be fetched: {scheme} is not http"))
                .hint("name a file, an http or https URL, or - for stdin"));
        } else {
            of_file(name)?
        };
        if source.bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(Error::refused(format!("{} is empty", source.name))
                .hint("give RDF as Turtle, RDF/XML, JSON-LD, N-Triples, N-Quads or TriG"));
        }
        Ok(source)
    }

    /// Returns the bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Sends it with progress: calls `send` with what a client takes.
    pub(crate) fn send<T>(
        &self,
        output: &Output,
        format: Option<InputFormat>,
        base: Option<&str>,
        send: impl FnOnce(Upload<'_>) -> Result<T, ClientError>,
    ) -> Result<T, Error> {
        let bytes = u64::try_from(self.bytes.len()).unwrap_or(u64::MAX);
        let bar = output.spinner(&format!("The node reads {}", self.name));
        let answer = send(Upload {
            body: &mut bar.wrap_read(self.bytes.as_slice()),
            bytes,
            media_type: format.map_or(self.media_type, InputFormat::media_type),
            format,
            base,
        });
        bar.finish_and_clear();
        answer.map_err(|error| Error::from(error).in_file(&self.name))
    }
}

/// Where the form is not known, the node looks at the bytes.
const UNKNOWN: &str = "application/octet-stream";

fn of_file(name: &str) -> Result<Source, Error> {
    let unreadable = |error: io::Error| {
        let error_text = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            io::ErrorKind::PermissionDenied => "you may not read it".to_owned(),
            _ => error.to_string(),
        };
        Error::refused(format!("{name} cannot be read: {error_text}"))
            .hint("name a file, an http or https URL, or - for stdin")
    };
    let file = File::open(Path::new(name)).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(Error::refused(format!("{name} is a folder"))
            .hint("name one file; an import makes the catalogue equal to that file"));
    }
    Ok(Source {
        name: name.to_owned(),
        bytes: read_bounded(file, name, unreadable)?,
        media_type: InputFormat::of_file_name(name).map_or(UNKNOWN, InputFormat::media_type),
    })
}

fn of_stdin() -> Result<Source, Error> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Err(Error::usage("nothing is piped to stdin")
            .hint("pipe a file in: `dela check - < catalogue.ttl`"));
    }
    let name = "stdin";
    let unreadable = |error| Error::refused(format!("stdin cannot be read: {error}"));
    let bytes = read_bounded(stdin.lock(), name, unreadable)?;
    Ok(Source { name: name.to_owned(), bytes, media_type: UNKNOWN })
}

fn read_bounded(
    from: impl Read,
    name: &str,
    unreadable: impl FnOnce(io::Error) -> Error,
) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    from.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > BYTES_MAX {
        return Err(too_long(name));
    }
    Ok(bytes)
}

fn too_long(name: &str) -> Error {
    Error::refused(format!("{name} is longer than 64 MiB, which is what a node takes"))
        .hint("write it as Turtle, which is a third of RDF/XML, or leave out what is no DCAT")
}

/// Shows what should be mended, the first of them in full.
pub(crate) fn findings(
    output: &mut Output,
    name: &str,
    findings: &[dela_protocol::api::Finding],
    shown_max: usize,
) -> io::Result<()> {
    use dela_protocol::api::Severity;
    for finding in findings.iter().take(shown_max) {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let place = match finding.line {
            Some(line) => format!("{name}:{line}"),
            None => name.to_owned(),
        };
        let message = crate::output::clean(&finding.message);
        output.line(&format!("{place}: {severity}: {message} [{}]", finding.rule))?;
        output.field("about", &finding.subject)?;
        if let Some(path) = &finding.path {
            output.field("where", path)?;
        }
        if !finding.why.is_empty() {
            output.field("why", &finding.why)?;
        }
        output.field("remedy", &finding.remedy)?;
    }
    let more = findings.len().saturating_sub(shown_max);
    if more > 0 {
        let more = u64::try_from(more).unwrap_or(u64::MAX);
        output.line(&format!("and {}", count(more, "more finding", "more findings")))?;
    }
    Ok(())
}
