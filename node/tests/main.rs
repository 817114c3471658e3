//! The node's components with their real neighbours: disk, network, HTTP.

#![cfg(test)]

#[cfg(feature = "fuzz")]
mod fuzz;
mod http;
mod import;
mod network;
mod sample;
mod search;
mod storage;
