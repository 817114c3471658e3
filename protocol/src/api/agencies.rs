//! Who takes part.

use serde::{Deserialize, Serialize};

use crate::dcat::{Contact, Text};
use crate::id::{AgencyId, Digest, HeadId};
use crate::record::Position;
use crate::time::Timestamp;

/// `GET /api/v1/agencies`: the agencies in the index, by name unless asked
/// otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgencyList {
    /// The agencies of this page.
    pub agencies: Vec<AgencySummary>,
    /// What to pass as `after` for the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next: Option<String>,
}

/// `GET /api/v1/agencies/{id}`: one agency and its catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgencySummary {
    /// Its id.
    pub id: AgencyId,
    /// Its name, as its profile says; its shortened id before that is known.
    pub name: String,
    /// Its homepage, if its profile says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub homepage: Option<String>,
    /// Whether this is the agency that the answering node publishes for.
    pub own: bool,
    /// How complete and current its catalogue is here.
    pub state: AgencyState,
    /// How many datasets it offers.
    pub datasets: u64,
    /// How many live records it has, of any kind.
    pub records: u64,
    /// The bytes of its records.
    pub bytes: u64,
    /// Where its catalogue stands here.
    pub position: Position,
    /// Where it stands by the newest head known, if that is further on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub announced: Option<Position>,
    /// Why what it announced is not fetched, where it is over a quota.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub throttled: Option<AgencyThrottled>,
    /// The id of its head.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub head: Option<HeadId>,
    /// The digest of its live set.
    pub digest: Digest,
    /// When the agency last confirmed its catalogue.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confirmed_at: Option<Timestamp>,
    /// When it promised to confirm again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confirm_by: Option<Timestamp>,
    /// The newest proof that the agency contradicted itself, if it ever did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fork: Option<ForkSummary>,
    /// What else it says of itself, where one agency is asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub profile: Option<AgencyProfile>,
    /// Its keys, and what it has stated about them, where one agency is asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub keys: Option<AgencyKeys>,
}

/// The keys of an agency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgencyKeys {
    /// The number of the key it signs with, counted from 0.
    pub key_index: u32,
    /// That key, in hexadecimal.
    pub key: String,
    /// How many of the recovery keys must agree to give it new keys; 0 where there
    /// are none.
    pub recovery_threshold: u8,
    /// The keys that can recover it, in hexadecimal.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub recovery_keys: Vec<String>,
    /// The exact bytes of its statements about its keys, in hexadecimal, the inception
    /// first, whose hash is its id. They verify by themselves.
    pub statements: Vec<String>,
}

/// What an agency says of itself: in its profile, or in the description of its
/// catalogue where the profile does not say it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgencyProfile {
    /// Its names, by language.
    pub names: Vec<Text>,
    /// What kind of organisation it is, as it says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agent_type: Option<String>,
    /// Its Swedish organisation number, where the IRI it publishes under has one:
    /// ten digits, the last of which proves the others.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organisation_number: Option<String>,
    /// What its catalogue says it holds.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub description: Vec<Text>,
    /// Whom to ask.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub contact_point: Vec<Contact>,
    /// The page of its catalogue on its own website.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub landing_page: Option<String>,
}

/// In which order agencies are listed; equal ones by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AgencySort {
    /// By name.
    #[default]
    Name,
    /// Most datasets first.
    Datasets,
    /// Last confirmed first.
    Confirmed,
    /// What needs attention first: those that contradict themselves, then those
    /// held back, overdue and being fetched.
    State,
}

/// Two heads of one agency that contradict each other: its keys were in use at
/// two places, or were put back with old data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForkSummary {
    /// Where the head stands that all nodes choose.
    pub position: Position,
    /// The exact signed bytes of the two heads, each a tagged `COSE_Sign1` in
    /// hexadecimal, the one that is chosen last.
    pub heads: Vec<String>,
    /// Whether the agency has since begun a new epoch, which ends the fork.
    pub ended: bool,
}

/// An agency that is over a quota. What it published before stays; what is new
/// waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgencyThrottled {
    /// Which quota.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// When it goes on; not given where the agency has to offer less first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<Timestamp>,
}

/// How complete and current an agency's catalogue is at the answering node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AgencyState {
    /// Complete by the agency's own signed digest.
    Complete,
    /// More has been announced than is here yet.
    CatchingUp,
    /// Complete, but the agency has not confirmed it when it promised to.
    Stale,
    /// More has been announced, and for minutes nobody who was asked has
    /// delivered it.
    Withheld,
    /// The agency has contradicted itself and has not ended that by a new epoch.
    /// All nodes show the same of what it said.
    Conflicting,
}
