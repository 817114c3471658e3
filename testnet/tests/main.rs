//! Tests of the whole: the rules of the repository, and many nodes at once.

mod bench;
#[cfg(unix)]
mod browser;
#[cfg(unix)]
mod docs;
mod governing;
mod recovering;
mod scenarios;
mod smoke;
mod tidy;
