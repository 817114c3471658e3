//! What `dela` says and how it ends, against a node that gives canned answers.

mod errors;
mod node;
mod output;
mod reference;
mod stories;
mod token;
