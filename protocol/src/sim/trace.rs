//! What happened in a run: its digest always, its lines where they are wanted.

use crate::id::Digest;
use crate::time::Timestamp;

/// What happened, in order.
#[derive(Debug)]
pub(super) struct Trace {
    hasher: blake3::Hasher,
    lines: Option<Vec<String>>,
}

impl Trace {
    pub(super) fn new() -> Self {
        Self { hasher: blake3::Hasher::new_derive_key("dela 1 simulated run"), lines: None }
    }

    pub(super) fn keep_lines(&mut self) {
        self.lines = Some(Vec::new());
    }

    pub(super) fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }

    /// Notes what happened by its kind, whom it concerns and its bytes.
    pub(super) fn happened(&mut self, now: Timestamp, kind: u8, numbers: [u64; 3], bytes: &[u8]) {
        self.hasher.update(&[kind]);
        self.hasher.update(&now.as_millis().to_be_bytes());
        for number in numbers {
            self.hasher.update(&number.to_be_bytes());
        }
        self.hasher.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.hasher.update(bytes);
    }

    pub(super) fn line(&mut self, now: Timestamp, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{now} {}", line()));
        }
    }

    /// Returns the digest of all that happened.
    pub(super) fn digest(&self) -> Digest {
        Digest::from_bytes(*self.hasher.finalize().as_bytes())
    }
}
