//! The one error of the command line: what failed, where, and what to do.
//!
//! Invariant: whatever goes wrong becomes one of these, once, here or in the
//! command that knows more; only [`Error::report`] writes it.

use std::io;

use dela_protocol::api::{Finding, Problem};

use crate::client::{ClientError, TokenError};
use crate::output::Output;

/// What kind of failure it is, by which scripts tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The node refused, or nothing was found where something was asked for.
    Refused,
    /// The command line or the configuration is wrong.
    Usage,
    /// No node can be reached.
    Unreachable,
    /// Who reads our output has read enough: success, and nothing to say.
    ClosedPipe,
}

impl ErrorKind {
    /// Returns the exit code.
    pub(crate) const fn exit_code(self) -> u8 {
        match self {
            Self::ClosedPipe => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
        }
    }
}

/// A failure, for the person at the keyboard.
#[derive(Debug)]
pub(crate) struct Error {
    pub(crate) kind: ErrorKind,
    message: String,
    /// The place in a file: `catalogue.ttl:12`.
    place: Option<String>,
    /// What should be mended, and in which file.
    findings: Box<[Finding]>,
    file: Option<String>,
    hints: Vec<String>,
}

impl Error {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            place: None,
            findings: Box::default(),
            file: None,
            hints: Vec::new(),
        }
    }

    /// Makes an error of what was asked for and is not there, or is not done.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, message)
    }

    /// Makes an error of a wrong command line.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Adds what to do.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds what should be mended.
    #[must_use]
    pub(crate) fn findings(mut self, findings: Vec<Finding>) -> Self {
        self.findings = findings.into_boxed_slice();
        self
    }

    /// Says in which file it happened; the line is known already if it is.
    #[must_use]
    pub(crate) fn in_file(mut self, name: &str) -> Self {
        self.file = Some(name.to_owned());
        self.place = self.place.map(|line| format!("{name}:{line}"));
        self
    }

    /// Writes the error on stderr.
    pub(crate) fn report(&self, output: &mut Output) {
        if self.kind == ErrorKind::ClosedPipe {
            return;
        }
        output.error(&self.message);
        if let Some(place) = &self.place {
            let place = if place.contains(':') { place.clone() } else { format!("line {place}") };
            output.detail(&format!("at {place}"));
        }
        for finding in &self.findings {
            let place = match (&self.file, finding.line) {
                (Some(file), Some(line)) => format!("{file}:{line}: "),
                (None, Some(line)) => format!("line {line}: "),
                (_, None) => String::new(),
            };
            output.detail(&format!("{place}{} [{}]", finding.message, finding.rule));
            let path = finding.path.as_deref().unwrap_or_default();
            for (name, value) in [
                ("about", finding.subject.as_str()),
                ("where", path),
                ("why", &finding.why),
                ("remedy", &finding.remedy),
            ] {
                if !value.is_empty() {
                    output.detail(&format!("{name}: {value}"));
                }
            }
        }
        for hint in &self.hints {
            output.hint(hint);
        }
    }
}

impl From<ClientError> for Error {
    fn from(error: ClientError) -> Self {
        let message = error.to_string();
        match error {
            ClientError::Address(_) => Self::usage(message).hint(NAME_NODE),
            ClientError::Unreachable { .. } => Self::new(ErrorKind::Unreachable, message)
                .hint("start a node with `delad`, or several with `dela-testnet up`")
                .hint("name another node with `--node URL` or DELA_NODE"),
            ClientError::NotANode { .. } => {
                Self::new(ErrorKind::Unreachable, message).hint(NAME_NODE)
            }
            ClientError::BrokenOff { .. } => Self::new(ErrorKind::Unreachable, message)
                .hint("`dela status` tells whether the node still runs; then try again"),
            ClientError::Unknown { .. } => Self::refused(message)
                .hint("`dela status` and `dela --version` tell the versions; use the same"),
            ClientError::Refused { problem, token_from } => Self::of_problem(*problem, token_from),
            ClientError::Token(error) => {
                let hint = match error {
                    TokenError::Unreadable { .. } => {
                        "run dela as the user who runs the node, or pass a copy that you may read \
                         with `--token-file FILE`"
                    }
                    TokenError::NotAToken { .. } => {
                        "the token is in the file `token` in the node's data folder; pass it with \
                         `--token-file FILE`"
                    }
                    TokenError::NotGiven { .. } => {
                        "copy the file `token` from the node's data folder and pass it with \
                         `--token-file FILE` or DELA_TOKEN_FILE"
                    }
                    TokenError::NotFound { .. } => {
                        "name the node's data folder with `--data DIR`, or the token with \
                         `--token-file FILE`"
                    }
                };
                Self::usage(message).hint(hint)
            }
        }
    }
}

const NAME_NODE: &str = "name the node with `--node URL` or DELA_NODE; a node listens at http://127.0.0.1:4800 unless \
     told otherwise";

impl Error {
    /// Tells what the node refused. The node speaks of HTTP; where there is a
    /// flag for what it asks, we speak of the flag.
    fn of_problem(problem: Problem, token_from: Option<String>) -> Self {
        let Problem { problem_type, detail, hint, line, findings, .. } = problem;
        let mut error = Self::refused(detail).findings(findings);
        error.place = line.map(|line| line.to_string());
        let kind = problem_type.rsplit('/').next().unwrap_or_default();
        match (kind, token_from) {
            ("unauthorized", Some(origin)) => error
                .hint(format!("the token that was sent is from {origin}"))
                .hint("pass this node's own with `--token-file FILE` or `--data DIR`"),
            ("shrink", _) => error
                .hint("if the file is right, import it again with `--allow-shrink`")
                .hint("`--dry-run --allow-shrink` lists what would be withdrawn"),
            ("faulty", _) => error
                .hint("nothing was changed; mend it: `dela check FILE` lists all that is found")
                .hint("without `--strict` it is published as it is"),
            ("unsupported-media-type", _) => error.hint(
                "say what it is with `--format`: turtle, rdf-xml, json-ld, n-triples, n-quads or \
                 trig",
            ),
            _ => match hint {
                Some(hint) => error.hint(hint),
                None => error,
            },
        }
    }
}

/// A failure to copy data to stdout: of the node that sends it, or of who
/// should take it.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(ErrorKind::ClosedPipe, "");
        }
        let error = match error.downcast::<ClientError>() {
            Ok(of_node) => return of_node.into(),
            Err(error) => error,
        };
        Self::refused(format!("the output cannot be written: {error}"))
            .hint("see whether the disk is full")
    }
}
