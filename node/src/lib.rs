//! The node: joins the core to disk, network and HTTP.

pub mod network;
pub mod storage;
