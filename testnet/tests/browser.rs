//! The page in a real browser: what people do, and what must never happen to
//! them.

mod accessibility;
mod driver;
mod hostile;
mod journey;
mod pictures;
mod site;
