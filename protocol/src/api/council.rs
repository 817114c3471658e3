//! Who belongs to the federation, and what its council decides.

use serde::{Deserialize, Serialize};

use super::domain::DomainCheck;
use super::status::FederationStatus;
use crate::federation::decision::Disposition;
use crate::id::{AgencyId, CharterId, FederationId, MotionId};
use crate::time::Timestamp;

/// `GET /api/v1/federation/council`: the charter, the members, and what the
/// council has decided and is to decide, each counted by this node itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CouncilReport {
    /// Which federation.
    pub federation: FederationStatus,
    /// Whether it is open: without a council, and every agency belongs to it.
    pub is_open: bool,
    /// The charter in force, or the first one while its founders are still to
    /// sign it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charter: Option<CharterView>,
    /// Whether a charter is in force.
    pub is_founded: bool,
    /// The agency of this node.
    pub own: OwnSeat,
    /// Whom the council has admitted, now or once.
    pub members: Vec<MemberView>,
    /// What was moved and can still have an effect, in the order it was moved.
    pub motions: Vec<MotionView>,
    /// The charters that followed one another up to the one in force.
    #[serde(default)]
    pub charters: Vec<CharterView>,
    /// The agencies that apply to become members.
    pub applications: Vec<ApplicationView>,
    /// Motions for two charters in one place that both have enough votes: seats
    /// of the council have voted twice.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rivals: Vec<MotionId>,
}

/// A charter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CharterView {
    /// Its id.
    pub id: CharterId,
    /// The name of the federation.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// Counted from 1.
    pub number: u32,
    /// The council.
    pub seats: Vec<SeatView>,
    /// How many seats it takes to admit a member.
    pub admit: u16,
    /// How many to suspend or revoke one.
    pub revoke: u16,
    /// How many, of the old council and of the new, to change the charter.
    pub amend: u16,
    /// The most records of a member, where the council has set no other number.
    pub records_max: u64,
    /// Whether nodes of no member may read.
    pub guests_read: bool,
    /// When it is to be looked at again.
    pub review_by: Timestamp,
    /// When it was written.
    pub issued_at: Timestamp,
}

/// A seat on the council.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeatView {
    /// The agency that holds it.
    pub agency: AgencyId,
    /// Its name.
    pub name: String,
    /// The key that votes for it, in hexadecimal.
    pub key: String,
    /// Whether it has signed the first charter; only of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_founded: Option<bool>,
}

/// What the agency of this node is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnSeat {
    /// The agency.
    pub agency: AgencyId,
    /// Its key for votes, in hexadecimal.
    pub council_key: String,
    /// Whether it has a seat on the council.
    pub has_seat: bool,
    /// Whether it is a member.
    pub is_member: bool,
}

/// What an agency is in the federation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum StandingView {
    /// It publishes.
    Member,
    /// Nothing new is taken from it for now.
    Suspended,
    /// It is a member no longer.
    Revoked,
}

/// An agency that was admitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberView {
    /// The agency.
    pub agency: AgencyId,
    /// Its name, as it applied.
    pub name: String,
    /// Its organisation number, as it applied; may be empty.
    pub organisation_number: String,
    /// Whether that has the form of a Swedish organisation number.
    pub organisation_number_is_sound: bool,
    /// The domain it says is its own; may be empty.
    pub domain: String,
    /// What that domain said when this node last asked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain_check: Option<DomainCheck>,
    /// What it is now.
    pub standing: StandingView,
    /// What becomes of its records, where it is a member no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposition: Option<Disposition>,
    /// Which member goes on with its work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<AgencyId>,
    /// How often it was admitted; 0 of a founder.
    pub generation: u32,
    /// The most records it may publish.
    pub records_max: u64,
    /// The motion by which it is what it is; none of a founder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<MotionId>,
}

/// An agency that applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApplicationView {
    /// The agency.
    pub agency: AgencyId,
    /// Its name.
    pub name: String,
    /// Its organisation number; may be empty.
    pub organisation_number: String,
    /// Whether that has the form of a Swedish organisation number.
    pub organisation_number_is_sound: bool,
    /// The domain it says is its own; may be empty.
    pub domain: String,
    /// What that domain said when this node last asked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain_check: Option<DomainCheck>,
    /// When this node first heard of it.
    pub since: Timestamp,
}

/// What a motion is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum MotionKind {
    /// An agency becomes a member.
    Admit,
    /// Nothing new is taken from a member for now.
    Suspend,
    /// A member is one no longer.
    Revoke,
    /// A member may publish so many records.
    Quota,
    /// The federation has another charter.
    Amend,
}

impl core::fmt::Display for MotionKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Admit => "admit",
            Self::Suspend => "suspend",
            Self::Revoke => "revoke",
            Self::Quota => "quota of",
            Self::Amend => "amend",
        })
    }
}

/// What has become of a motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum MotionProgress {
    /// It waits for votes.
    Open,
    /// It has the votes it takes.
    Passed,
    /// So many are against it that it cannot pass.
    Refused,
}

/// A motion and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MotionView {
    /// Its id.
    pub id: MotionId,
    /// What it is about.
    pub kind: MotionKind,
    /// Whom it is about; none of an amendment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyId>,
    /// The name of that agency, as it applied; of an amendment that of the
    /// federation.
    pub name: String,
    /// What becomes of the records, of a revocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposition: Option<Disposition>,
    /// The member that goes on with its work, of a revocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<AgencyId>,
    /// The most records, of a quota.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records_max: Option<u64>,
    /// The charter that is proposed, of an amendment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charter: Option<CharterView>,
    /// What an amendment that can pass yet would end by that: decisions that have an
    /// effect and that it does not carry on.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub ends: Vec<EndedView>,
    /// Why, as its mover says; may be empty.
    pub reason: String,
    /// The number of the charter whose council decides.
    pub charter_number: u32,
    /// How it stands.
    pub progress: MotionProgress,
    /// How many seats must be for it.
    pub needed: u64,
    /// How many seats of the next council as well, of an amendment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needed_of_next: Option<u64>,
    /// The seats for it, the mover among them.
    pub votes_for: Vec<VoteView>,
    /// The seats of the next council for it, of an amendment.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub votes_of_next: Vec<VoteView>,
    /// The seats against it.
    pub votes_against: Vec<VoteView>,
    /// When it was moved, as its mover says.
    pub issued_at: Timestamp,
}

/// A decision that would end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndedView {
    /// The motion by which it was made.
    pub id: MotionId,
    /// What it is about.
    pub kind: MotionKind,
    /// The name of the agency it is about.
    pub name: String,
}

/// A vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VoteView {
    /// The agency whose seat it is.
    pub agency: AgencyId,
    /// Its name.
    pub name: String,
    /// When it voted, as it says.
    pub at: Timestamp,
}

/// `POST /api/v1/federation/motions`: what this node's seat moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum NewMotion {
    /// Admit an agency that applies, or whose card is given; one that was a
    /// member before is one again.
    Admit {
        /// The agency that applies, or the beginning of its id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agency: Option<String>,
        /// Its card, as text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        card: Option<String>,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// Take nothing new from a member for now.
    Suspend {
        /// The member, or the beginning of its id.
        agency: String,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// End a membership.
    Revoke {
        /// The member, or the beginning of its id.
        agency: String,
        /// What becomes of its records: kept as they are now, hidden, or deleted.
        disposition: Disposition,
        /// The member that goes on with its work.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        successor: Option<String>,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// Let a member publish so many records.
    Quota {
        /// The member, or the beginning of its id.
        agency: String,
        /// The most records.
        records_max: u64,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// Change the charter: what is not given stays, and all decisions that have an
    /// effect by then are carried on.
    Amend {
        /// The members that are to sit on the council: their ids, or the
        /// beginnings. Each sits with the council key on its newest card.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seats: Option<Vec<String>>,
        /// The name of the federation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// What it is for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        purpose: Option<String>,
        /// How many seats it takes to admit; the usual number for other seats, where
        /// it is the usual one now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        admit: Option<u16>,
        /// How many to suspend or revoke.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revoke: Option<u16>,
        /// How many to amend.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amend: Option<u16>,
        /// Also where this seat has voted for another amendment that can pass yet.
        #[serde(default)]
        anyway: bool,
        /// Whether nodes of no member may read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        guests_read: Option<bool>,
        /// Why.
        #[serde(default)]
        reason: String,
    },
}

/// `POST /api/v1/federation/votes`: how this node's seat votes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewVote {
    /// The motion, or the beginning of its id; `charter` for the first charter.
    pub motion: String,
    /// Whether it is for it.
    #[serde(rename = "for")]
    pub is_for: bool,
    /// Vote for an amendment also where it would end decisions that hold, or where
    /// this seat has voted for another one that can pass yet.
    #[serde(default)]
    pub anyway: bool,
}

/// What a motion or vote was taken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Voted {
    /// The motion, as it stands now; none of a vote for the first charter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub motion: Option<MotionView>,
    /// Whether the first charter is in force now.
    pub is_founded: bool,
}

/// `GET /api/v1/federation/acts`: all that the council has signed and that still
/// has an effect, byte for byte, for others to verify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActList {
    /// The federation, over which they are signed.
    pub federation: FederationId,
    /// The acts, each after what it is about; none in an open federation.
    pub acts: Vec<SignedAct>,
}

/// One act of a council.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedAct {
    /// What it is.
    pub kind: ActKind,
    /// Its exact bytes, in hexadecimal: of motions and votes a `COSE_Sign1` over the
    /// external data `dela/motion/1` or `dela/vote/1` and the federation's id; of the
    /// first charter the CBOR whose hash is that id.
    pub bytes: String,
}

/// What kinds of act there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ActKind {
    /// The first charter; those after it are in the motions that proposed them.
    Charter,
    /// A motion.
    Motion,
    /// A vote.
    Vote,
}

/// `GET /api/v1/federation/card`: the card by which this node's agency applies
/// here, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CardText {
    /// The card.
    pub card: String,
}

/// `POST /api/v1/federation/key`: what else changes with the agency's key. Who can
/// recover the agency stays as it is where that is not given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// All the keys that can recover the agency from now on, in hexadecimal; empty
    /// where nobody is to be able to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_keys: Option<Vec<String>>,
    /// How many of them must agree; more than half where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_threshold: Option<u8>,
}

/// The agency has another key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyChange {
    /// The agency.
    pub agency: AgencyId,
    /// The number of its key, counted from 0.
    pub key_index: u32,
    /// The key, in hexadecimal.
    pub key: String,
    /// How many of the recovery keys must agree to recover the agency; 0 where there
    /// are none.
    pub recovery_threshold: u8,
    /// The keys that can recover the agency, in hexadecimal.
    pub recovery_keys: Vec<String>,
}
