//! The federation and its council, as a client asks for them.

use dela_protocol::api::{CardText, CouncilReport, KeyChange, NewKey, NewMotion, NewVote, Voted};
use ureq::http::Method;

use super::{Answer, Client, ClientError};

impl Client {
    /// `GET /api/v1/federation/council`: the charter, the members, and what the
    /// council decides.
    pub fn council(&self) -> Result<Answer<CouncilReport>, ClientError> {
        self.get(&["federation", "council"], &[])
    }

    /// `GET /api/v1/federation/card`: the card by which the node's agency applies.
    pub fn card(&self) -> Result<Answer<CardText>, ClientError> {
        self.get(&["federation", "card"], &[])
    }

    /// `POST /api/v1/federation/motions`: moves something before the council.
    pub fn move_motion(&self, new: &NewMotion) -> Result<Answer<Voted>, ClientError> {
        self.with_the_token(Method::POST, &["federation", "motions"], &[], Some(new))
    }

    /// `POST /api/v1/federation/votes`: votes on a motion, or for the first
    /// charter.
    pub fn vote(&self, new: &NewVote) -> Result<Answer<Voted>, ClientError> {
        self.with_the_token(Method::POST, &["federation", "votes"], &[], Some(new))
    }

    /// `POST /api/v1/federation/key`: replaces the agency's key, and says who can
    /// recover the agency from then on, where that is to change.
    pub fn change_key(&self, new: &NewKey) -> Result<Answer<KeyChange>, ClientError> {
        self.with_the_token(Method::POST, &["federation", "key"], &[], Some(new))
    }
}
