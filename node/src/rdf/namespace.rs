//! Namespaces of vocabularies that pages and feeds are described in, for those
//! who read them and those who write them.

/// Activity Streams 2.0, in which feeds tell what happened.
pub(crate) const AS: &str = "https://www.w3.org/ns/activitystreams#";
/// Hydra, in which catalogues are divided into pages.
pub(crate) const HYDRA: &str = "http://www.w3.org/ns/hydra/core#";
/// Linked Data Event Streams.
pub(crate) const LDES: &str = "https://w3id.org/ldes#";
/// TREE, in which event streams are divided into pages.
pub(crate) const TREE: &str = "https://w3id.org/tree#";
