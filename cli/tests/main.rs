//! What `dela` says and how it ends, against a node that gives canned answers.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should end")]

mod errors;
mod node;
mod output;
mod reference;
mod stories;
mod token;
