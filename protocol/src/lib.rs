#![warn(clippy::wildcard_enum_match_arm, clippy::indexing_slicing)]
//! What Dela nodes must agree on: signed records, heads, replication, and the
//! bodies of the HTTP API. Pure: no I/O, no clock, no randomness, no threads.
//!
//! # The protocol on one page
//!
//! An [agency] is named by the hash of its inception statement. It
//! publishes [records](record): each is a `COSE_Sign1` that carries the
//! [description] of one entity (a dataset, say) whole, and has a
//! position in the agency's single-writer sequence. After each change the
//! agency signs a [head]: its commitment to everything it now offers, by
//! a [digest](set_digest) whose cost does not grow with the set.
//!
//! A [replica] keeps the live records of all agencies in a
//! [store]. New heads reach it by gossip, with their records while they
//! are small; whatever it misses it finds by comparing one digest of all heads
//! with a random peer, and fetches as "what has this agency signed since?"
//! ([wire]). A [catalogue] is complete when the records held
//! have exactly the digest its head commits to, whoever they came from.
//!
//! # Invariants
//!
//! - Every signature covers the type of what is signed and the federation.
//! - Signed bytes are kept, hashed and sent as they came.
//! - Everything a stranger can send is bounded by [limits].
//! - [`dcat`] reads, it never writes back: what was signed stays as published.
//! - [`api`] is the contract with clients; nothing else here knows HTTP.

pub mod agency;
pub mod api;
pub mod bucket;
pub mod catalogue;
pub(crate) mod codec;
pub(crate) mod cose;
pub mod dcat;
pub mod description;
pub mod federation;
pub mod fork;
#[cfg(feature = "fuzz")]
pub mod fuzz;
pub mod head;
pub mod id;
pub mod key;
pub mod limits;
pub mod node_record;
pub mod node_wire;
pub mod record;
pub mod replica;
pub mod set_digest;
#[cfg(feature = "sim")]
pub mod sim;
pub mod store;
pub mod time;
pub mod wire;
pub use codec::CodecError;
