//! The page in a real browser: what people do, and what must never happen to
//! them.

#![expect(clippy::unwrap_used, reason = "what fails in a helper is to end the test")]

mod accessibility;
mod driver;
mod governing;
mod hostile;
mod journey;
mod pictures;
mod site;
