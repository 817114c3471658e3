//! The node: joins the core to disk, network and HTTP.
//!
//! [`Node::start`] makes everything and returns a handle; `delad` and the
//! testnet both use it. Inside, `storage` (sled), `search` (tantivy), `network`
//! (libp2p) and `http` (axum) know nothing of each other: only [`driver`] and
//! [`node`] know them all.

mod allocator;
pub mod belonging;
pub mod calendar;
pub mod check;
pub mod compose;
pub mod config;
pub mod council;
pub mod daemon;
pub mod domain;
pub mod driver;
pub mod export;
pub mod fetch;
#[cfg(feature = "fuzz")]
pub mod fuzz;
pub mod geometry;
pub mod history;
pub mod http;
pub mod identity;
pub mod import;
pub mod index;
pub mod key_file;
pub mod language;
pub mod network;
pub mod node;
pub mod opening;
pub mod policy;
pub mod publish;
pub mod quality;
pub mod rdf;
pub mod search;
pub mod source;
pub mod storage;
pub mod telemetry;
pub mod vocabulary;

pub use config::Config;
pub use node::{Node, StartError};
