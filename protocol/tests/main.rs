//! The protocol from outside: stories, seeds, properties and golden bytes.

mod agencies;
#[cfg(feature = "sim")]
mod convergence;
mod golden;
mod properties;
mod replica;
