//! The federation and its council, as a client asks for them.

use dela_protocol::api::{
    ActList, CardText, CouncilReport, DomainCheck, DomainProof, InvitationText, Join, KeyChange,
    Moving, NewFederation, NewKey, NewMotion, NewVote, NodePolicy, Voted, WhoseDomain,
};
use ureq::http::Method;

use super::{Answer, Client, ClientError};

impl Client {
    /// `GET /api/v1/federation/council`: the charter, the members, and what the
    /// council decides.
    pub fn council(&self) -> Result<Answer<CouncilReport>, ClientError> {
        self.get(&["federation", "council"], &[])
    }

    /// `GET /api/v1/federation/acts`: all that the council has signed, byte for byte.
    pub fn acts(&self) -> Result<Answer<ActList>, ClientError> {
        self.get(&["federation", "acts"], &[])
    }

    /// `GET /api/v1/federation/card`: the card by which the node's agency applies,
    /// or the one for founding a federation.
    pub fn card(&self, to_found: bool) -> Result<Answer<CardText>, ClientError> {
        let query: &[_] = if to_found { &[("to_found", "true")] } else { &[] };
        self.get(&["federation", "card"], query)
    }

    /// `POST /api/v1/federation/domains`: asks the domain of an agency whether the
    /// agency is its own.
    pub fn check_domain(&self, agency: &str) -> Result<Answer<DomainCheck>, ClientError> {
        let whose = WhoseDomain { agency: agency.to_owned() };
        self.with_the_token(Method::POST, &["federation", "domains"], &[], Some(&whose))
    }

    /// `GET /api/v1/federation/policy`: what the node takes, whatever the federation
    /// would have it take.
    pub fn policy(&self) -> Result<Answer<NodePolicy>, ClientError> {
        self.get(&["federation", "policy"], &[])
    }

    /// `PUT /api/v1/federation/policy`: replaces that.
    pub fn set_policy(&self, policy: &NodePolicy) -> Result<Answer<NodePolicy>, ClientError> {
        self.with_the_token(Method::PUT, &["federation", "policy"], &[], Some(policy))
    }

    /// `GET /.well-known/dela.json`: what the domain of the node's agency has to say.
    pub fn domain_proof(&self) -> Result<Answer<DomainProof>, ClientError> {
        self.get_at(&[".well-known", "dela.json"], &[])
    }

    /// `GET /api/v1/federation/invitation`: how others find the node's federation.
    pub fn invitation(&self) -> Result<Answer<InvitationText>, ClientError> {
        self.get(&["federation", "invitation"], &[])
    }

    /// `POST /api/v1/federation/join`: moves the node to another federation.
    pub fn join(&self, invitation: &str) -> Result<Answer<Moving>, ClientError> {
        let join = Join { invitation: invitation.to_owned() };
        self.with_the_token(Method::POST, &["federation", "join"], &[], Some(&join))
    }

    /// `POST /api/v1/federation/found`: founds a federation, and moves the node
    /// there.
    pub fn found(&self, new: &NewFederation) -> Result<Answer<Moving>, ClientError> {
        self.with_the_token(Method::POST, &["federation", "found"], &[], Some(new))
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
