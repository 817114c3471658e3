//! The council: what it decides, and what this node's people move and vote.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use dela_protocol::api::{
    CardText, CouncilReport, KeyChange, NewKey, NewMotion, NewVote, Problem, Voted,
};

use super::App;
use super::access::Writer;
use super::error::{HINT_API, HINT_LOG, Kind, Refusal};
use super::parameters::{Parameters, blocking, sent, sent_or_default};
use crate::council::{Council, CouncilError};
use crate::driver::now;
use crate::identity::IdentityError;

impl App {
    fn council(&self) -> Result<Council, Refusal> {
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

/// The card by which this node's agency applies
///
/// Anybody with a seat on the council can admit the agency by it.
#[utoipa::path(
    get,
    path = "/api/v1/federation/card",
    tag = "agencies",
    responses((status = 200, body = CardText), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn card(
    State(app): State<App>,
    parameters: Parameters,
) -> Result<Json<CardText>, Refusal> {
    parameters.finish()?;
    let council = app.council()?;
    blocking(move || council.card(now())).await.map(|card| Json(CardText { card }))
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

const HINT_COUNCIL: &str =
    "GET /api/v1/federation/council tells the council, its members and its motions";

impl From<CouncilError> for Refusal {
    fn from(error: CouncilError) -> Self {
        let detail = error.to_string();
        let (kind, hint) = match error {
            CouncilError::Open
            | CouncilError::NotFounded { .. }
            | CouncilError::NoSeat
            | CouncilError::NothingToKeep(_) => (Kind::NoSay, HINT_COUNCIL),
            CouncilError::Ambiguous { .. } | CouncilError::NotMember(_) => {
                (Kind::NotFound, HINT_COUNCIL)
            }
            CouncilError::Unknown => (Kind::Unavailable, "wait until a peer is connected"),
            CouncilError::Card(_)
            | CouncilError::Belonging(_)
            | CouncilError::Charter(_)
            | CouncilError::Decision(_)
            | CouncilError::NotAKey(_)
            | CouncilError::ThresholdAlone
            | CouncilError::Identity(IdentityError::Recovery(_)) => (Kind::BadContent, HINT_API),
            CouncilError::Refused(_) => (Kind::BadContent, HINT_COUNCIL),
            CouncilError::Identity(ref error) => return Self::internal(error),
            CouncilError::Stopped => (Kind::Unavailable, HINT_LOG),
        };
        Self::new(kind, detail, hint)
    }
}
