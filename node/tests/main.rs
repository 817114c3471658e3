//! Integration tests of the node crate, in one binary.

mod http;
mod import;
