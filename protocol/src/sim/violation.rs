//! What did not hold in a run.

use core::fmt;

/// The kind of promise that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// A record was taken in that its agency did not sign in this federation.
    Forged,
    /// A replica that stayed up went back to an older head.
    RolledBack,
    /// A record that was gone was shown again.
    Resurrected,
    /// An honest agency signed two records for one position.
    SignedTwice,
    /// A set was called complete that is not what its head commits to, or
    /// something that was acknowledged is missing.
    Omission,
    /// An honest replica blamed another.
    HonestBlamed,
    /// An honest agency was said to have forked though it had not, or had and
    /// nobody said so.
    Fork,
    /// A node did not come to publish again.
    Stuck,
    /// The replicas did not come to hold the same of honest agencies.
    Diverged,
    /// The replicas did not come to agree on the newest of a dishonest agency.
    Torn,
    /// Something was held, served or passed on of an agency that the council has
    /// not let in, or beyond what it let it.
    Intruded,
    /// The run did not end.
    Livelock,
}

/// Which promise was broken, and the seed that shows it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// Whether the federation had a charter.
    pub is_chartered: bool,
    /// The promise.
    pub violation: Violation,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, is_chartered, violation, what } = self;
        let charter = if *is_chartered { "--charter " } else { "" };
        write!(
            f,
            "seed {seed}: {violation:?}: {what}. Run it again: cargo run --bin dela-testnet -- \
             sim {charter}--seed {seed}, with the same other options"
        )
    }
}

impl core::error::Error for Failure {}
