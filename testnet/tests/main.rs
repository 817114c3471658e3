//! Tests of the whole: the rules of the repository, and many nodes at once.

mod smoke;
mod tidy;
