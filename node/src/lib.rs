//! The node: joins the core to disk, network and HTTP.

pub mod network;
pub mod check;
pub mod compose;
pub mod export;
pub mod http;
pub mod import;
pub mod index;
pub mod publish;
pub mod rdf;
pub mod search;
pub mod storage;
pub mod telemetry;
pub mod vocabulary;
