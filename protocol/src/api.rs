//! What a node and its clients must agree on: the bodies of the HTTP API, one
//! file per resource.
//!
//! Invariant: a field that is here is documented, stays, and keeps its meaning
//! within `/api/v1`. Times are RFC 3339 in UTC, identifiers lower-case
//! hexadecimal, and an error is always a [`Problem`].

mod agencies;
mod check;
mod council;
mod datasets;
mod domain;
mod events;
mod federation;
mod imports;
mod insight;
mod invitation;
mod nodes;
mod peers;
mod policy;
mod problem;
mod quality;
mod sources;
mod status;
mod token;

pub use agencies::{
    AgencyKeys, AgencyList, AgencyProfile, AgencySort, AgencyState, AgencySummary, AgencyThrottled,
    ForkSummary,
};
pub use check::{CheckReport, Finding, Severity};
pub use council::{
    ActKind, ActList, ApplicationView, CardText, CharterView, CouncilReport, EndedView, KeyChange,
    MemberView, MotionKind, MotionProgress, MotionView, NewKey, NewMotion, NewVote, OwnSeat,
    SeatView, SignedAct, StandingView, VoteView, Voted,
};
pub use datasets::{
    DatasetKind, DatasetSummary, DatasetView, EarlierVersion, Facet, FacetValue, NewDataset,
    NewDistribution, Proof, Provenance, Related, Relation, SearchPage, Sort,
};
pub use domain::{DomainAnswer, DomainCheck, DomainOutcome, DomainProof, WhoseDomain};
pub use events::{Event, EventKind, EventList};
pub use federation::{AgencyStates, FederationReport};
pub use imports::{Change, ChangeKind, ImportReport, NotCarried, PublishReport};
pub use insight::{
    AgencyInsight, AgencyInsightList, Breakdown, InsightReport, InsightSort, ValueCount, YearCount,
};
pub use invitation::{InvitationText, Join, Moving, NewFederation};
pub use nodes::{KnownNode, NodeList};
pub use peers::{CutOff, Peer, PeerList, Strike, Throttled};
pub use policy::NodePolicy;
pub use problem::Problem;
pub use quality::{
    DatasetIndicator, DatasetQuality, DimensionScore, HighValueCategory, HighValueReport,
    HistoryPoint, IndicatorOutcome, IndicatorShare, QualityReport, Ratings,
};
pub use sources::{
    NewSource, Outcome, Source, SourceChange, SourceError, SourceKind, SourceList, SourceReport,
    SourceRun, SourceState, SourcesStatus, Suspicion, Waiting,
};
pub use status::{FederationStatus, NodeState, RecoveryStatus, Status};
pub use token::TokenFile;
