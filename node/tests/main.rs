//! Integration tests of the node crate, in one binary.

#![cfg(test)]

mod network;
