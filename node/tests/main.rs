//! The node's components with their real neighbours: disk, network, HTTP.

#![cfg(test)]

mod network;
mod sample;
mod storage;
