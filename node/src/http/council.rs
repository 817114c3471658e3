//! The council: what it decides, and what this node's people move and vote.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use dela_protocol::api::{
    ActList, CardText, CouncilReport, DomainCheck, DomainProof, InvitationText, Join, KeyChange,
    Moving, NewFederation, NewKey, NewMotion, NewVote, NodePolicy, Problem, Voted, WhoseDomain,
};

use super::App;
use super::access::Writer;
use super::error::{HINT_API, HINT_LOG, Kind, Refusal};
use super::parameters::{Parameters, blocking, sent, sent_or_default};
use crate::belonging::BelongingError;
use crate::council::{Council, CouncilError};
use crate::domain;
use crate::driver::now;
use crate::identity::IdentityError;
use crate::publish::CommandRefused;

impl App {
    /// Returns who tells of the council.
    pub(super) fn council(&self) -> Result<Council, Refusal> {
        self.council.clone().ok_or_else(|| {
            Refusal::new(Kind::Unavailable, "this node takes part in no federation", HINT_API)
        })
    }
}

/// The charter, the members, and what the council decides
///
/// As this node counts it by itself, from votes that are signed.
#[utoipa::path(
    get,
    path = "/api/v1/federation/council",
    tag = "agencies",
    responses((status = 200, body = CouncilReport), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn council(
    State(app): State<App>,
    parameters: Parameters,
) -> Result<Json<CouncilReport>, Refusal> {
    parameters.finish()?;
    let council = app.council()?;
    blocking(move || Ok::<_, Refusal>(council.report())).await.map(Json)
}

/// All that the council has signed, byte for byte
///
/// For others to verify: motions and votes are `COSE_Sign1`, and the hash of the first
/// charter is the federation's id.
#[utoipa::path(
    get,
    path = "/api/v1/federation/acts",
    tag = "agencies",
    responses((status = 200, body = ActList), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn acts(
    State(app): State<App>,
    parameters: Parameters,
) -> Result<Json<ActList>, Refusal> {
    parameters.finish()?;
    let council = app.council()?;
    blocking(move || Ok::<_, Refusal>(council.acts())).await.map(Json)
}

/// The card by which this node's agency applies
///
/// Anybody with a seat on the council can admit the agency by it. The card for
/// founding another federation is asked for by itself.
#[utoipa::path(
    get,
    path = "/api/v1/federation/card",
    tag = "agencies",
    params(("to_found" = Option<bool>, Query, description = "Whether to return the card for founding a federation")),
    responses((status = 200, body = CardText), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn card(
    State(app): State<App>,
    mut parameters: Parameters,
) -> Result<Json<CardText>, Refusal> {
    let to_found = parameters.flag("to_found")?;
    parameters.finish()?;
    let council = app.council()?;
    blocking(move || council.card(to_found, now())).await.map(|card| Json(CardText { card }))
}

/// Move something before the council
///
/// With the agency's seat, which has voted for it by that. Others see the motion
/// as soon as it reaches them.
#[utoipa::path(
    post,
    path = "/api/v1/federation/motions",
    tag = "agencies",
    security(("token" = [])),
    request_body(content = NewMotion, description = "What is moved"),
    responses(
        (status = 201, body = Voted),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The agency has no seat, or there is no council"),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn motion(
    _: Writer,
    State(app): State<App>,
    headers: HeaderMap,
    parameters: Parameters,
    stream: Body,
) -> Result<(StatusCode, Json<Voted>), Refusal> {
    let new: NewMotion = sent(parameters, &headers, stream).await?;
    Ok((StatusCode::CREATED, Json(app.council()?.move_motion(new, now()).await?)))
}

/// Vote on a motion, or for the first charter
///
/// A vote for something is never taken back.
#[utoipa::path(
    post,
    path = "/api/v1/federation/votes",
    tag = "agencies",
    security(("token" = [])),
    request_body(content = NewVote, description = "On what, and how"),
    responses(
        (status = 201, body = Voted),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The agency has no seat, or there is no council"),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn vote(
    _: Writer,
    State(app): State<App>,
    headers: HeaderMap,
    parameters: Parameters,
    stream: Body,
) -> Result<(StatusCode, Json<Voted>), Refusal> {
    let new: NewVote = sent(parameters, &headers, stream).await?;
    Ok((StatusCode::CREATED, Json(app.council()?.vote(new, now()).await?)))
}

/// Replace the agency's key
///
/// By the one it committed to, which a thief of the present one does not have.
/// Whatever the old key signs from now on is worth nothing; what it signed before
/// stays as it is. The body says who can recover the agency from then on; without a
/// body that stays. Back up the data folder afterwards.
#[utoipa::path(
    post,
    path = "/api/v1/federation/key",
    tag = "agencies",
    security(("token" = [])),
    request_body = Option<NewKey>,
    responses((status = 201, body = KeyChange), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn key(
    _: Writer,
    State(app): State<App>,
    headers: HeaderMap,
    parameters: Parameters,
    stream: Body,
) -> Result<(StatusCode, Json<KeyChange>), Refusal> {
    let new: NewKey = sent_or_default(parameters, &headers, stream).await?;
    Ok((StatusCode::CREATED, Json(app.council()?.rotate(new, now()).await?)))
}

/// Ask the domain of an agency whether the agency is its own
///
/// By `https://<domain>/.well-known/dela.json` and the text at `_dela.<domain>`. Takes
/// up to half a minute. What it says is shown with its date, and decides nothing.
#[utoipa::path(
    post,
    path = "/api/v1/federation/domains",
    tag = "agencies",
    security(("token" = [])),
    request_body(content = WhoseDomain, description = "Whose domain"),
    responses((status = 200, body = DomainCheck), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn domain(
    _: Writer,
    State(app): State<App>,
    headers: HeaderMap,
    parameters: Parameters,
    stream: Body,
) -> Result<Json<DomainCheck>, Refusal> {
    let whose: WhoseDomain = sent(parameters, &headers, stream).await?;
    let council = app.council()?;
    let check = move || Ok::<_, Refusal>(council.check_domain(&whose.agency, now())?);
    blocking(check).await.map(Json)
}

/// What this node takes, whatever the federation would have it take
#[utoipa::path(
    get,
    path = "/api/v1/federation/policy",
    tag = "agencies",
    responses((status = 200, body = NodePolicy), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn policy(
    State(app): State<App>,
    parameters: Parameters,
) -> Result<Json<NodePolicy>, Refusal> {
    parameters.finish()?;
    Ok(Json(app.council()?.policy()))
}

/// Replace the policy of this node
///
/// At once: the records of who is blocked are deleted here, and come back from peers
/// when it no longer is. Other nodes are not told, and take what they like.
#[utoipa::path(
    put,
    path = "/api/v1/federation/policy",
    tag = "agencies",
    security(("token" = [])),
    request_body(content = NodePolicy, description = "The whole policy"),
    responses((status = 200, body = NodePolicy), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn set_policy(
    _: Writer,
    State(app): State<App>,
    headers: HeaderMap,
    parameters: Parameters,
    stream: Body,
) -> Result<Json<NodePolicy>, Refusal> {
    let new: NodePolicy = sent(parameters, &headers, stream).await?;
    Ok(Json(app.council()?.set_policy(new).await?))
}

/// `GET /.well-known/dela.json`: says that this node's agency belongs to the domain
/// where it is asked.
pub(super) async fn well_known(State(app): State<App>) -> Json<DomainProof> {
    Json(domain::proof(app.index.own()))
}

/// How others find this node's federation
///
/// As one line that can be sent, printed or scanned. It is no secret and admits
/// nobody.
#[utoipa::path(
    get,
    path = "/api/v1/federation/invitation",
    tag = "agencies",
    responses((status = 200, body = InvitationText), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn invitation(
    State(app): State<App>,
    parameters: Parameters,
) -> Result<Json<InvitationText>, Refusal> {
    parameters.finish()?;
    let council = app.council()?;
    blocking(move || Ok::<_, Refusal>(council.invitation())).await.map(Json)
}

/// Move the node to the federation it is invited to
///
/// It starts anew at once, and applies there. What its agency has published goes
/// with it; what it holds of others stays behind, for when it comes back.
#[utoipa::path(
    post,
    path = "/api/v1/federation/join",
    tag = "agencies",
    security(("token" = [])),
    request_body(content = Join, description = "The invitation"),
    responses(
        (status = 202, body = Moving),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "It belongs there already, or cannot leave"),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn join(
    _: Writer,
    State(app): State<App>,
    headers: HeaderMap,
    parameters: Parameters,
    stream: Body,
) -> Result<(StatusCode, Json<Moving>), Refusal> {
    let join: Join = sent(parameters, &headers, stream).await?;
    let council = app.council()?;
    let moving = blocking(move || Ok::<_, Refusal>(council.join(&join.invitation)?)).await?;
    Ok((StatusCode::ACCEPTED, Json(moving)))
}

/// Found a federation, and move the node there
///
/// With the cards of the other founders, or alone. It is founded when all of them
/// have signed.
#[utoipa::path(
    post,
    path = "/api/v1/federation/found",
    tag = "agencies",
    security(("token" = [])),
    request_body(content = NewFederation, description = "What its founders agree on"),
    responses(
        (status = 202, body = Moving),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The node cannot leave where it is"),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn found(
    _: Writer,
    State(app): State<App>,
    headers: HeaderMap,
    parameters: Parameters,
    stream: Body,
) -> Result<(StatusCode, Json<Moving>), Refusal> {
    let new: NewFederation = sent(parameters, &headers, stream).await?;
    let council = app.council()?;
    let moving = blocking(move || Ok::<_, Refusal>(council.found(&new, now())?)).await?;
    Ok((StatusCode::ACCEPTED, Json(moving)))
}

const HINT_COUNCIL: &str = "`dela federation` (GET /api/v1/federation/council) tells the council, its members and its motions";

const HINT_ANYWAY: &str = "look at it, and say `anyway` (`--anyway`) if that is meant";

const HINT_INVITATION: &str =
    "`dela federation` (GET /api/v1/federation/invitation) tells where the node belongs";

const HINT_ASK: &str = "who invites finds the line with `dela federation invite`";

const HINT_DOMAIN: &str =
    "the agency names its domain in its settings, and applies with a new card";

const HINT_STATUS: &str = "`dela status` (GET /api/v1/status) tells what the node waits for";

impl From<CouncilError> for Refusal {
    fn from(error: CouncilError) -> Self {
        let detail = error.to_string();
        let (kind, hint) = match error {
            CouncilError::Open
            | CouncilError::NotFounded { .. }
            | CouncilError::NoSeat
            | CouncilError::FounderCard(_)
            | CouncilError::NothingToKeep(_)
            | CouncilError::VotedFor
            | CouncilError::SoAlready(..)
            | CouncilError::OnlySigned => (Kind::NoSay, HINT_COUNCIL),
            CouncilError::Ends(_) | CouncilError::VotedOther(_) => (Kind::NoSay, HINT_ANYWAY),
            CouncilError::Ambiguous { .. } | CouncilError::NotMember(_) => {
                (Kind::NotFound, HINT_COUNCIL)
            }
            CouncilError::Unknown => (Kind::Unavailable, "wait until a peer is connected"),
            CouncilError::NotWhole(_) | CouncilError::Refused(CommandRefused::NotYet(_)) => {
                (Kind::Recovering, HINT_STATUS)
            }
            CouncilError::Belonging(BelongingError::File { .. } | BelongingError::Store(_)) => {
                return Self::told_internal(&error);
            }
            CouncilError::Belonging(
                BelongingError::There(_) | BelongingError::Set(_) | BelongingError::Carrying(_),
            ) => (Kind::NoSay, HINT_INVITATION),
            CouncilError::Belonging(
                BelongingError::CutInvitation { .. } | BelongingError::NoInvitation { .. },
            ) => (Kind::BadContent, HINT_ASK),
            CouncilError::Domain(_) => (Kind::BadContent, HINT_DOMAIN),
            CouncilError::Card(_)
            | CouncilError::Belonging(_)
            | CouncilError::Charter(_)
            | CouncilError::Decision(_)
            | CouncilError::NotAKey(_)
            | CouncilError::ThresholdAlone
            | CouncilError::OwnSuccessor(_)
            | CouncilError::Identity(IdentityError::Recovery(_)) => (Kind::BadContent, HINT_API),
            CouncilError::Refused(CommandRefused::Refused(_)) => (Kind::BadContent, HINT_COUNCIL),
            CouncilError::Policy(ref error) => return Self::told_internal(error),
            CouncilError::Identity(ref error) => return Self::told_internal(error),
            CouncilError::Stopped => (Kind::Unavailable, HINT_LOG),
        };
        Self::new(kind, detail, hint)
    }
}
