//! The node's components with their real neighbours: disk, network, HTTP.

#![expect(clippy::unwrap_used, reason = "in a test, what goes wrong is the result")]

mod http;
// Clippy knows a test module by this attribute.
#[cfg(test)]
mod import;
mod sample;
mod search;
mod storage;
