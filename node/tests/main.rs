//! Integration tests of the node crate, in one binary.

mod import;
