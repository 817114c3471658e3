//! The integration tests of the node, in one binary.

mod network;
