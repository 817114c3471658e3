//! The first charter of a federation: what its founders agree on.

use dela_protocol::federation::Act;
use dela_protocol::federation::card::Card;
use dela_protocol::federation::charter::{
    Charter, CharterError, CharterStatement, Guests, Seat, Thresholds,
};
use dela_protocol::federation::decision::Vote;
use dela_protocol::id::{FederationId, MotionId};
use dela_protocol::key::SecretKey;
use dela_protocol::time::Timestamp;

/// What founders agree on.
#[derive(Debug, Clone)]
pub struct Founding {
    /// The name of the federation.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// The cards of the founders, who are its first council.
    pub cards: Vec<Card>,
    /// How many of them decide.
    pub thresholds: Thresholds,
    /// What strangers get.
    pub guests: Guests,
}

/// How long a charter holds before it is to be looked at again: two years.
pub const REVIEWED_AFTER: core::time::Duration = core::time::Duration::from_secs(2 * 365 * 86_400);

impl Founding {
    /// Writes the first charter of a federation and votes for it with the council
    /// key of one of the founders. Returns the federation and these acts.
    pub fn acts(
        self,
        council_key: &SecretKey,
        now: Timestamp,
    ) -> Result<(FederationId, Vec<Vec<u8>>), CharterError> {
        let Self { name, purpose, cards, thresholds, guests } = self;
        let charter = Charter::write(&CharterStatement {
            name,
            purpose,
            number: 1,
            previous: None,
            seats: cards.iter().map(Seat::of).collect(),
            thresholds,
            records_max: RECORDS_MAX,
            guests,
            founders: cards,
            carried: Vec::new(),
            review_by: now.after(REVIEWED_AFTER),
            issued_at: now,
        })?;
        let federation = charter.federation();
        let founding = MotionId::founding(&charter.id());
        let vote = Vote::sign(council_key, &federation, founding, true, now);
        let acts = [Act::Charter(charter), Act::Vote(vote)];
        Ok((federation, acts.iter().map(Act::encode).collect()))
    }
}

/// The records a member may publish where its charter's founders do not say
/// otherwise: seventeen times the largest Swedish catalogue.
const RECORDS_MAX: u64 = 50_000;
