//! Integration tests of the node crate, in one binary.

// Clippy knows a test module by this attribute.
#[cfg(test)]
mod import;
