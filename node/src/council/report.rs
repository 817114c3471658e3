//! The council as the API tells of it.

use data_encoding::HEXLOWER;
use dela_protocol::api::{
    ActKind, ActList, ApplicationView, CharterView, CouncilReport, DomainCheck, EndedView,
    MemberView, MotionKind, MotionProgress, MotionView, OwnSeat, SeatView, SignedAct, StandingView,
    VoteView,
};
use dela_protocol::federation::card::is_organisation_number;
use dela_protocol::federation::charter::{Charter, Guests, Seat};
use dela_protocol::federation::decision::{Decision, Motion};
use dela_protocol::federation::{
    Act, Admittance, Federation, Member, MotionState, Progress, Standing,
};
use dela_protocol::id::{AgencyId, MotionId};
use dela_protocol::time::Timestamp;

use super::Council;

impl Council {
    /// Returns the charter, the members, and what is decided and to be decided.
    pub fn report(&self) -> CouncilReport {
        let federation = self.index.live_federation();
        let (own, key) = {
            let keys = self.keys();
            (keys.agency.id(), keys.council.public())
        };
        let charter = federation.charter().or(federation.first_charter());
        let applications = self.index.applications();
        let application = |(card, since): &(super::Card, Timestamp)| {
            let said = card.statement();
            ApplicationView {
                agency: card.id(),
                name: said.name.clone(),
                organisation_number: said.organisation_number.clone(),
                organisation_number_is_sound: is_organisation_number(&said.organisation_number),
                domain: said.domain.clone(),
                domain_check: self.domains.last(&card.id(), &said.domain),
                since: *since,
            }
        };
        let view = |(id, member): (&AgencyId, &Member)| {
            let domain = &member.card.statement().domain;
            self::member(id, member, self.domains.last(id, domain))
        };
        CouncilReport {
            federation: self.index.federation_status(),
            is_open: federation.is_open(),
            charter: charter.map(|charter| self::charter(&federation, charter)),
            is_founded: federation.charter().is_some(),
            own: OwnSeat {
                agency: own,
                council_key: key.to_string(),
                has_seat: charter.is_some_and(|charter| charter.seat(&key).is_some()),
                is_member: federation.admittance(&own) == Admittance::Full,
            },
            members: federation.members().map(view).collect(),
            motions: motions(&federation, &federation.motions()),
            applications: applications.iter().map(application).collect(),
            charters: federation
                .charters()
                .map(|(one, _)| self::charter(&federation, one))
                .collect(),
            rivals: federation.rivals().iter().copied().collect(),
        }
    }
}

impl Council {
    /// Returns all that the council has signed and that still has an effect.
    pub fn acts(&self) -> ActList {
        let federation = self.index.live_federation();
        let signed = |act: &Act| {
            let (kind, bytes) = match act {
                Act::Charter(charter) => (ActKind::Charter, charter.bytes()),
                Act::Motion(motion) => (ActKind::Motion, motion.bytes()),
                Act::Vote(vote) => (ActKind::Vote, vote.bytes()),
            };
            SignedAct { kind, bytes: HEXLOWER.encode(bytes) }
        };
        let acts = federation.acts().iter().map(signed).collect();
        ActList { federation: federation.id(), acts }
    }
}

fn charter(federation: &Federation, charter: &Charter) -> CharterView {
    let said = charter.statement();
    let is_first = said.number == 1;
    let founding = federation.founding_votes();
    let seat = |seat: &Seat| SeatView {
        agency: seat.agency,
        name: seat.name.clone(),
        key: seat.key.to_string(),
        has_founded: is_first
            .then(|| founding.iter().any(|(by, vote)| by.agency == seat.agency && vote.is_for())),
    };
    CharterView {
        id: charter.id(),
        name: said.name.clone(),
        purpose: said.purpose.clone(),
        number: said.number,
        seats: said.seats.iter().map(seat).collect(),
        admit: said.thresholds.admit,
        revoke: said.thresholds.revoke,
        amend: said.thresholds.amend,
        records_max: said.records_max,
        guests_read: said.guests == Guests::Read,
        review_by: said.review_by,
        issued_at: said.issued_at,
    }
}

fn member(agency: &AgencyId, member: &Member, domain_check: Option<DomainCheck>) -> MemberView {
    let said = member.card.statement();
    let (standing, disposition, successor) = match &member.standing {
        Standing::Member => (StandingView::Member, None, None),
        Standing::Suspended => (StandingView::Suspended, None, None),
        Standing::Revoked { disposition, successor, .. } => {
            (StandingView::Revoked, Some(*disposition), *successor)
        }
    };
    MemberView {
        agency: *agency,
        name: said.name.clone(),
        organisation_number: said.organisation_number.clone(),
        organisation_number_is_sound: is_organisation_number(&said.organisation_number),
        domain: said.domain.clone(),
        domain_check,
        standing,
        disposition,
        successor,
        generation: member.generation,
        records_max: member.records_max,
        by: member.by,
    }
}

/// Returns how motions stand. What has an effect is counted once for all of them: it
/// takes going through all decisions.
pub(super) fn motions(federation: &Federation, states: &[MotionState<'_>]) -> Vec<MotionView> {
    let present = federation.charter();
    let effective = present.map(|charter| federation.effective(charter)).unwrap_or_default();
    let view = |state: &MotionState<'_>| {
        let ends = match &state.motion.statement().decision {
            // One that was refused can pass yet; one before another council cannot.
            Decision::Amend(next)
                if state.progress != Progress::Passed && Some(state.council) == present =>
            {
                ends(federation, &effective, next)
            }
            _ => Vec::new(),
        };
        motion(federation, state, ends)
    };
    states.iter().map(view).collect()
}

/// Returns what an amendment would end of the decisions that have an effect.
pub(super) fn ends(
    federation: &Federation,
    effective: &[MotionId],
    next: &Charter,
) -> Vec<EndedView> {
    let view = |motion: &Motion| {
        let (kind, name) = about(federation, &motion.statement().decision);
        EndedView { id: motion.id(), kind, name }
    };
    federation.ended_by(effective, next).into_iter().map(view).collect()
}

/// Returns what a decision is about: of which kind, and whom.
fn about(federation: &Federation, decision: &Decision) -> (MotionKind, String) {
    let name_of = |agency: &AgencyId| {
        let member = federation.member(agency);
        member.map(|member| member.card.statement().name.clone()).unwrap_or_default()
    };
    match decision {
        Decision::Admit { card, .. } => (MotionKind::Admit, card.statement().name.clone()),
        Decision::Suspend { agency, .. } => (MotionKind::Suspend, name_of(agency)),
        Decision::Revoke { agency, .. } => (MotionKind::Revoke, name_of(agency)),
        Decision::Quota { agency, .. } => (MotionKind::Quota, name_of(agency)),
        Decision::Amend(next) => (MotionKind::Amend, next.statement().name.clone()),
    }
}

/// Returns how a motion stands.
fn motion(federation: &Federation, state: &MotionState<'_>, ends: Vec<EndedView>) -> MotionView {
    let statement = state.motion.statement();
    let decision = &statement.decision;
    let (kind, name) = about(federation, decision);
    let (disposition, successor, records_max, proposed) = match decision {
        Decision::Revoke { disposition, successor, .. } => {
            (Some(*disposition), *successor, None, None)
        }
        Decision::Quota { records_max, .. } => (None, None, Some(*records_max), None),
        Decision::Amend(next) => (None, None, None, Some(charter(federation, next))),
        Decision::Admit { .. } | Decision::Suspend { .. } => (None, None, None, None),
    };
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    MotionView {
        id: state.motion.id(),
        kind,
        agency: decision.agency(),
        name,
        disposition,
        successor,
        records_max,
        charter: proposed,
        ends,
        reason: statement.reason.clone(),
        charter_number: state.council.statement().number,
        progress: match state.progress {
            Progress::Open => MotionProgress::Open,
            Progress::Passed => MotionProgress::Passed,
            Progress::Refused => MotionProgress::Refused,
        },
        needed: count(state.needed),
        needed_of_next: state.needed_of_next.map(count),
        votes_for: votes(&state.seats_for),
        votes_of_next: votes(&state.next_for),
        votes_against: votes(&state.seats_against),
        issued_at: statement.issued_at,
    }
}

fn votes(seats: &[(&Seat, Timestamp)]) -> Vec<VoteView> {
    let vote = |(seat, at): &(&Seat, Timestamp)| VoteView {
        agency: seat.agency,
        name: seat.name.clone(),
        at: *at,
    };
    seats.iter().map(vote).collect()
}
