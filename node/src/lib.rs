//! The node: joins the core to disk, network and HTTP.

pub mod storage;
pub mod vocabulary;
