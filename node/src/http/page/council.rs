//! The charter and the council, for everybody to see: who belongs, what is decided
//! and by whom, and how to come in.

use dela_protocol::api::{
    ApplicationView, CharterView, CouncilReport, DomainCheck, InvitationText, MemberView,
    MotionKind, MotionProgress, MotionView, StandingView, VoteView,
};
use dela_protocol::federation::decision::Disposition;
use dela_protocol::time::Timestamp;
use maud::{Markup, PreEscaped, html};
use qrcode::QrCode;
use qrcode::render::svg;

use super::layout::Frame;
use super::words::council as say;
use crate::calendar::Day;
use crate::language::Words;

/// Returns the page of the council.
pub(super) fn page(frame: &Frame, report: &CouncilReport, invitation: &InvitationText) -> Markup {
    let title = frame.text(say::TITLE);
    let main = html! {
        div.wide {
            h1 { (title) }
            (state(frame, report))
            @if let Some(charter) = &report.charter {
                section { h2 { (frame.text(say::CHARTER)) } (self::charter(frame, charter)) }
                section #motions {
                    h2 { (frame.text(say::MOTIONS)) }
                    (open_motions(frame, report))
                    p { a href=(frame.path("/share/federation")) { (frame.text(say::GOVERN_LINK)) } }
                }
                (applicants(frame, &report.applications))
                section { (members(frame, report, charter)) }
                (decided(frame, report))
            }
            section #invite { (invite(frame, invitation)) }
            p.quiet { a href="/api/v1/federation/council" { (frame.text(say::AS_JSON)) } }
        }
    };
    frame.around(title, &html! {}, &main)
}

/// Says what kind of federation it is, and what is wrong with it.
pub(super) fn state(frame: &Frame, report: &CouncilReport) -> Markup {
    let text = match (&report.charter, report.is_open) {
        (_, true) => say::OPEN,
        (None, false) => say::UNKNOWN,
        (Some(_), false) => say::LEDE,
    };
    html! {
        p.lede { (frame.text(text)) }
        @if report.charter.is_some() && !report.is_founded {
            p.warning role="note" { "⚠ " (frame.text(say::NOT_FOUNDED)) }
        }
        @if !report.rivals.is_empty() {
            p.warning role="note" { "⚠ " (frame.text(say::RIVALS)) }
        }
    }
}

fn charter(frame: &Frame, charter: &CharterView) -> Markup {
    let seats = charter.seats.len();
    let of_seats = |needed: u16| {
        format!("{needed} {} {seats} {}", frame.text(say::OF), frame.text(say::OF_SEATS))
    };
    let readers = if charter.guests_read { say::ANYBODY } else { say::MEMBERS_ONLY };
    html! {
        p { strong { (charter.name) } }
        @if !charter.purpose.is_empty() {
            p { (frame.text(say::PURPOSE)) ": " (charter.purpose) }
        }
        dl.counts {
            (pair(frame, say::NUMBER, &format!("{} {} {}", charter.number, frame.text(say::OF_DAY), day(frame, charter.issued_at))))
            (pair(frame, say::ADMITS, &of_seats(charter.admit)))
            (pair(frame, say::REVOKES, &of_seats(charter.revoke)))
            (pair(frame, say::AMENDS, &of_seats(charter.amend)))
            (pair(frame, say::READERS, frame.text(readers)))
            (pair(frame, say::RECORDS, &frame.language.number(charter.records_max)))
            (pair(frame, say::REVIEW, &day(frame, charter.review_by)))
        }
        p { (frame.text(say::COUNCIL)) ":" }
        ul {
            @for seat in &charter.seats {
                li {
                    (agency(frame, &seat.agency.to_string(), &seat.name))
                    @match seat.has_founded {
                        Some(true) => { " · " (frame.text(say::SIGNED)) },
                        Some(false) => { " · " (frame.text(say::NOT_SIGNED)) },
                        None => {},
                    }
                }
            }
        }
    }
}

fn pair(frame: &Frame, name: Words, value: &str) -> Markup {
    html! { div { dt { (frame.text(name)) } dd { (value) } } }
}

fn agency(frame: &Frame, id: &str, name: &str) -> Markup {
    html! { a href=(frame.path(&format!("/agency/{id}"))) { (name) } }
}

fn members(frame: &Frame, report: &CouncilReport, charter: &CharterView) -> Markup {
    let columns = [say::AGENCY, say::IS, say::ORGANISATION_NUMBER, say::DOMAIN];
    html! {
        h2 { (frame.text(say::MEMBERS)) }
        div.scroll {
            table {
                thead { tr { @for column in columns { th scope="col" { (frame.text(column)) } } } }
                tbody {
                    @for member in &report.members {
                        tr {
                            th scope="row" { (agency(frame, &member.agency.to_string(), &member.name)) }
                            td {
                                (standing(frame, member))
                                @if charter.seats.iter().any(|seat| seat.agency == member.agency) {
                                    ", " (frame.text(say::SEAT))
                                }
                            }
                            td { (number(frame, &member.organisation_number, member.organisation_number_is_sound)) }
                            td { (domain(frame, &member.domain, member.domain_check.as_ref())) }
                        }
                    }
                }
            }
        }
    }
}

/// Says what a member is now.
pub(super) fn standing(frame: &Frame, member: &MemberView) -> Markup {
    let (what, records) = match (member.standing, member.disposition) {
        (StandingView::Member, _) => (say::MEMBER, None),
        (StandingView::Suspended, _) => (say::SUSPENDED, None),
        (StandingView::Revoked, disposition) => (say::REVOKED, disposition.map(of_records)),
    };
    html! {
        (frame.text(what))
        @if let Some(records) = records { span.quiet { ". " (frame.text(records)) } }
    }
}

/// Says what becomes of the records of who is revoked.
pub(super) const fn of_records(disposition: Disposition) -> Words {
    match disposition {
        Disposition::Keep => say::KEEP,
        Disposition::Hide => say::HIDE,
        Disposition::Purge => say::PURGE,
    }
}

fn number(frame: &Frame, text: &str, is_sound: bool) -> Markup {
    html! {
        (text)
        @if !text.is_empty() && !is_sound { " (" (frame.text(say::UNSOUND)) ")" }
    }
}

/// A domain, with what it said when this node asked it.
pub(super) fn domain(frame: &Frame, text: &str, check: Option<&DomainCheck>) -> Markup {
    html! {
        (text)
        @if let Some(check) = check {
            @let said = if check.holds() { say::DOMAIN_HOLDS } else { say::DOMAIN_FAILS };
            span.quiet {
                @if check.holds() { " ✓ " } @else { " – " }
                (frame.text(said)) " " (day(frame, check.at))
            }
        }
    }
}

fn applicants(frame: &Frame, applications: &[ApplicationView]) -> Markup {
    html! {
        @if !applications.is_empty() {
            section #applicants {
                h2 { (frame.text(say::APPLICANTS)) }
                ul { @for one in applications { li { (applicant(frame, one)) } } }
            }
        }
    }
}

/// Who applies, as it says of itself.
pub(super) fn applicant(frame: &Frame, one: &ApplicationView) -> Markup {
    html! {
        strong { (one.name) } " (" code { (one.agency.short()) } ") "
        (number(frame, &one.organisation_number, one.organisation_number_is_sound)) " "
        (domain(frame, &one.domain, one.domain_check.as_ref()))
        span.quiet { " " (frame.text(say::SINCE)) " " (day(frame, one.since)) }
    }
}

fn open_motions(frame: &Frame, report: &CouncilReport) -> Markup {
    let mut open = report.motions.iter().filter(|one| one.progress == MotionProgress::Open);
    let first = open.next();
    html! {
        @if first.is_none() { p { (frame.text(say::NO_MOTIONS)) } }
        @for one in first.into_iter().chain(open) { (motion(frame, one)) }
    }
}

fn of_kind(kind: MotionKind) -> Words {
    match kind {
        MotionKind::Admit => say::ADMIT,
        MotionKind::Suspend => say::SUSPEND,
        MotionKind::Revoke => say::REVOKE,
        MotionKind::Quota => say::QUOTA,
        MotionKind::Amend => say::AMEND,
    }
}

/// What is moved, by whom, and how it stands.
pub(super) fn motion(frame: &Frame, one: &MotionView) -> Markup {
    let what = of_kind(one.kind);
    let progress = match one.progress {
        MotionProgress::Open => say::WAITS,
        MotionProgress::Passed => say::PASSED,
        MotionProgress::Refused => say::REFUSED,
    };
    html! {
        div.motion {
            h3 { (frame.text(what)) " " (one.name) }
            p {
                span.tag { (frame.text(progress)) } " "
                span.quiet { code { (one.id.short()) } " · " (day(frame, one.issued_at)) }
            }
            @if let Some(disposition) = one.disposition { p { (frame.text(of_records(disposition))) } }
            @if let Some(records) = one.records_max {
                p { (frame.text(say::MOST_RECORDS)) ": " (frame.language.number(records)) }
            }
            @if !one.reason.is_empty() { blockquote { (one.reason) } }
            @if !one.ends.is_empty() {
                div.errors {
                    p { (frame.text(say::ENDS)) ":" }
                    ul { @for ended in &one.ends { li { (frame.text(of_kind(ended.kind))) " " (ended.name) } } }
                }
            }
            (votes(frame, say::FOR, &one.votes_for, Some(one.needed)))
            @if let Some(needed) = one.needed_of_next {
                (votes(frame, say::NEXT_COUNCIL, &one.votes_of_next, Some(needed)))
            }
            @if !one.votes_against.is_empty() {
                (votes(frame, say::AGAINST, &one.votes_against, None))
            }
            @if let Some(next) = &one.charter {
                details {
                    summary { (frame.text(say::CHARTER)) }
                    (charter(frame, next))
                }
            }
        }
    }
}

fn votes(frame: &Frame, name: Words, votes: &[VoteView], needed: Option<u64>) -> Markup {
    let names: Vec<&str> = votes.iter().map(|vote| vote.name.as_str()).collect();
    html! {
        p {
            (frame.text(name)) ": " (votes.len())
            @if let Some(needed) = needed { " (" (needed) " " (frame.text(say::NEEDED)) ")" }
            @if !names.is_empty() { ". " (names.join(", ")) }
        }
    }
}

fn decided(frame: &Frame, report: &CouncilReport) -> Markup {
    let mut ended = report.motions.iter().filter(|one| one.progress != MotionProgress::Open);
    let last = ended.next_back();
    html! {
        @if last.is_some() {
            section {
                h2 { (frame.text(say::DECIDED)) }
                @for one in last.into_iter().chain(ended.rev()) { (motion(frame, one)) }
            }
        }
    }
}

fn invite(frame: &Frame, invitation: &InvitationText) -> Markup {
    let text = &invitation.invitation;
    html! {
        h2 { (frame.text(say::INVITE)) }
        p { (frame.text(say::INVITE_TEXT)) }
        pre.line { code { "dela federation join '" (text) "'" } }
        @if let Some(drawn) = square(text) {
            figure.square role="img" aria-label=(frame.text(say::SQUARE)) { (PreEscaped(drawn)) }
        }
    }
}

/// The day of a moment.
fn day(frame: &Frame, at: Timestamp) -> String {
    Day::of(at).long(frame.language)
}

/// Draws an invitation as a square, in the colours that readers know.
fn square(text: &str) -> Option<String> {
    let code = QrCode::new(text).ok()?;
    let drawn = code.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    // Inside a page an SVG needs no declaration.
    drawn.find("<svg").and_then(|start| drawn.get(start..)).map(str::to_owned)
}
