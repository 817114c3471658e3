//! The node: joins the core to disk, network and HTTP.

pub mod check;
pub mod compose;
pub mod export;
pub mod import;
pub mod rdf;
