//! The node: joins the core to disk, network and HTTP.

pub mod search;
pub mod storage;
pub mod vocabulary;
