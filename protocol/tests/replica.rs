//! Stories of a few replicas, told message by message.
//!
//! There is no chance and no clock here but the story's own: every message is
//! delivered by hand, and time passes when the story says so.

mod budgets;
mod fetching;
mod gate;
mod gossip;
mod harness;
mod liars;
mod membership;
mod policy;
mod publishing;
mod rekeyed;
mod statements;
