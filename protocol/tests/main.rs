//! The protocol from outside: stories, seeds, properties and golden bytes.

#![expect(clippy::unwrap_used, reason = "what fails in a test is to end the test")]

mod agencies;
#[cfg(feature = "sim")]
mod chartered;
#[cfg(feature = "sim")]
mod convergence;
#[cfg(feature = "sim")]
mod council;
mod federation;
#[cfg(feature = "fuzz")]
mod fuzz;
mod golden;
mod properties;
mod replica;
