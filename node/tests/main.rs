//! The node's components with their real neighbours: disk, network, HTTP.

#![cfg(test)]

mod http;
mod import;
mod network;
mod sample;
mod search;
mod storage;
