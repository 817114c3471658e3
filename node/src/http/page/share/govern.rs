//! Governing the federation: votes and motions of the agency's seat, its key, and
//! moving to another federation.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use dela_protocol::api::{
    ApplicationView, CharterView, CouncilReport, MemberView, MotionKind, MotionProgress,
    MotionView, NewKey, NewMotion, NewVote, StandingView,
};
use dela_protocol::federation::decision::Disposition;
use maud::{Markup, html};

use super::super::App;
use super::super::council as shown;
use super::super::words::council as say;
use super::sheet::{go, refuse};
use super::signed::{Fields, Signed, Submitted, apart, refused};
use super::{Sheet, TYPED_CHARS_MAX};
use crate::council::CouncilError;
use crate::driver::now;
use crate::language::Words;

const PATH: &str = "/share/federation";

/// What the council decides, and what can be done about it.
pub(super) async fn page(State(app): State<App>, signed: Signed) -> Response {
    let council = match app.council() {
        Ok(council) => council,
        Err(refusal) => return refused(refusal, signed.language()),
    };
    let (done, fault) = (signed.asked("done"), signed.asked("fault"));
    let make = move |_: &_, sheet: &Sheet<'_>| Ok(all(sheet, &council.report(), &done, &fault));
    signed.show(app, make).await
}

fn all(sheet: &Sheet<'_>, report: &CouncilReport, done: &str, fault: &str) -> Markup {
    let text = |words| sheet.text(words);
    let is_open = |one: &&MotionView| one.progress == MotionProgress::Open;
    let open: Vec<&MotionView> = report.motions.iter().filter(is_open).collect();
    // One that was refused can pass yet.
    let present = report.charter.as_ref().map(|charter| charter.number);
    let may_follow = |one: &&MotionView| {
        let is_open = one.progress != MotionProgress::Passed;
        one.kind == MotionKind::Amend && is_open && Some(one.charter_number) == present
    };
    let amendments = report.motions.iter().filter(may_follow).count();
    let may_move = report.own.has_seat && report.is_founded;
    let main = html! {
        h1 { (text(say::GOVERN)) ": " (report.federation.name) }
        @if !done.is_empty() { p.done role="status" { "✓ " (text(say::DONE)) } }
        @if fault == "number" { div.errors role="alert" { p { (text(say::NUMBER_NEEDED)) } } }
        (shown::state(sheet.frame, report))
        @if !report.is_open { p { (text(own(report))) } }
        p { a href=(sheet.path("/federation/council")) { (text(say::SEE_COUNCIL)) } }
        @if report.own.has_seat && !report.is_founded { (founding(sheet, report)) }
        section {
            h2 { (text(say::MOTIONS)) }
            @if open.is_empty() { p { (text(say::NO_MOTIONS)) } }
            @for one in open { (motion(sheet, one, amendments > 1)) }
        }
        @for one in &report.applications { section { (applicant(sheet, one, may_move)) } }
        @if may_move {
            section {
                h2 { (text(say::MEMBERS)) }
                @for one in &report.members { (member(sheet, one)) }
            }
            @if let Some(charter) = &report.charter {
                (amend(sheet, report, charter, amendments > 0))
            }
        }
        (key(sheet))
        (elsewhere(sheet))
    };
    sheet.around(text(say::GOVERN), PATH, &main)
}

fn own(report: &CouncilReport) -> Words {
    match (report.own.has_seat, report.own.is_member) {
        (true, _) => say::HAS_SEAT,
        (false, true) => say::IS_MEMBER,
        (false, false) => say::IS_STRANGER,
    }
}

/// A form that does one thing to one agency or motion.
fn form(sheet: &Sheet<'_>, path: &str, pairs: &[(&str, &str)], inside: &Markup) -> Markup {
    html! {
        form method="post" action=(sheet.path(&format!("{PATH}/{path}"))) {
            (sheet.secret_field())
            @for (name, value) in pairs { input type="hidden" name=(name) value=(value); }
            (inside)
        }
    }
}

fn button(sheet: &Sheet<'_>, name: Words, about: &str, class: &str) -> Markup {
    html! {
        button class=(class) type="submit" {
            (sheet.text(name)) @if !about.is_empty() { span.hidden { ": " (about) } }
        }
    }
}

fn founding(sheet: &Sheet<'_>, report: &CouncilReport) -> Markup {
    let seats = report.charter.iter().flat_map(|charter| &charter.seats);
    let has_signed = seats
        .filter(|seat| seat.agency == report.own.agency)
        .any(|seat| seat.has_founded == Some(true));
    let pairs = [("motion", "charter"), ("for", "yes")];
    html! {
        @if !has_signed {
            (form(sheet, "vote", &pairs, &button(sheet, say::SIGN, "", "button")))
        }
    }
}

/// What is moved, and the votes that can be cast on it: whose seat has none is told
/// so, and a seat of the council to be has one too.
fn motion(sheet: &Sheet<'_>, one: &MotionView, has_rivals: bool) -> Markup {
    let is_doubtful = one.kind == MotionKind::Amend && (has_rivals || !one.ends.is_empty());
    let id = one.id.to_string();
    html! {
        (shown::motion(sheet.frame, one))
        div.actions {
            (form(sheet, "vote", &[("motion", &id), ("for", "yes")], &html! {
                @if is_doubtful { (anyway(sheet, &id)) }
                (button(sheet, say::VOTE_FOR, &one.name, "button"))
            }))
            (form(sheet, "vote", &[("motion", &id)],
                &button(sheet, say::VOTE_AGAINST, &one.name, "button second")))
        }
    }
}

/// The tick with which somebody means what they are warned of otherwise.
fn anyway(sheet: &Sheet<'_>, id: &str) -> Markup {
    let field = format!("anyway-{id}");
    html! {
        p.check {
            input #(field) type="checkbox" name="anyway" value="yes";
            " " label for=(field) { (sheet.text(say::ANYWAY)) }
        }
    }
}

fn reason(sheet: &Sheet<'_>, id: &str) -> Markup {
    let field = format!("reason-{id}");
    html! {
        div.field {
            label for=(field) { (sheet.text(say::REASON)) }
            input #(field) type="text" name="reason" autocomplete="off" maxlength="500";
        }
    }
}

fn applicant(sheet: &Sheet<'_>, one: &ApplicationView, may_move: bool) -> Markup {
    let id = one.agency.to_string();
    let admit = html! {
        p.hint { (sheet.text(say::ASK_FIRST)) }
        (reason(sheet, &id))
        p { (button(sheet, say::ADMIT, &one.name, "button")) }
    };
    html! {
        h2 { (sheet.text(say::APPLICANTS)) ": " (one.name) }
        p { (shown::applicant(sheet.frame, one)) }
        (ask_domain(sheet, &id, &one.domain, &one.name))
        @if may_move { (form(sheet, "admit", &[("agency", &id)], &admit)) }
    }
}

fn ask_domain(sheet: &Sheet<'_>, id: &str, domain: &str, name: &str) -> Markup {
    let ask = button(sheet, say::CHECK_DOMAIN, name, "button second");
    html! { @if !domain.is_empty() { (form(sheet, "domain", &[("agency", id)], &ask)) } }
}

fn member(sheet: &Sheet<'_>, one: &MemberView) -> Markup {
    let id = one.agency.to_string();
    let text = |words| sheet.text(words);
    let is_member = one.standing != StandingView::Revoked;
    let readmit = html! { (reason(sheet, &format!("admit-{id}"))) p { (button(sheet, say::ADMIT, &one.name, "button second")) } };
    html! {
        details {
            summary {
                (one.name) " · " (shown::standing(sheet.frame, one)) " "
                span.quiet { code { (one.agency.short()) } } " "
                (shown::domain(sheet.frame, &one.domain, one.domain_check.as_ref()))
            }
            h3 { (text(say::ABOUT_MEMBER)) " " (one.name) " " span.quiet { code { (one.agency.short()) } } }
            (ask_domain(sheet, &id, &one.domain, &one.name))
            @if one.standing != StandingView::Member {
                (form(sheet, "admit", &[("agency", &id)], &readmit))
            }
            @if one.standing == StandingView::Member { (suspend(sheet, one, &id)) }
            @if is_member { (quota(sheet, one, &id)) (revoke(sheet, one, &id)) }
        }
    }
}

fn suspend(sheet: &Sheet<'_>, one: &MemberView, id: &str) -> Markup {
    let inside = html! {
        h4 { (sheet.text(say::SUSPEND)) }
        (reason(sheet, &format!("suspend-{id}")))
        p { (button(sheet, say::SUSPEND, &one.name, "button second")) }
    };
    form(sheet, "suspend", &[("agency", id)], &inside)
}

fn quota(sheet: &Sheet<'_>, one: &MemberView, id: &str) -> Markup {
    let field = format!("records-{id}");
    let inside = html! {
        h4 { (sheet.text(say::MOST_RECORDS)) }
        div.field {
            label for=(field) { (sheet.text(say::MOST_RECORDS)) }
            input.short #(field) name="records" inputmode="numeric" autocomplete="off"
                value=(one.records_max);
        }
        (reason(sheet, &format!("quota-{id}")))
        p { (button(sheet, say::MOVE, &one.name, "button second")) }
    };
    form(sheet, "quota", &[("agency", id)], &inside)
}

/// What can become of records, as forms have it.
const DISPOSITIONS: [(&str, Disposition); 3] =
    [("keep", Disposition::Keep), ("hide", Disposition::Hide), ("purge", Disposition::Purge)];

fn revoke(sheet: &Sheet<'_>, one: &MemberView, id: &str) -> Markup {
    let inside = html! {
        fieldset.field {
            legend { (sheet.text(say::REVOKE)) ": " (sheet.text(say::WHAT_OF_RECORDS)) }
            @for (key, disposition) in DISPOSITIONS {
                @let field = format!("{key}-{id}");
                div.choice {
                    input #(field) type="radio" name="records" value=(key) required;
                    label for=(field) { (sheet.text(shown::of_records(disposition))) }
                }
            }
        }
        (reason(sheet, &format!("revoke-{id}")))
        p { (button(sheet, say::REVOKE, &one.name, "button second")) }
    };
    form(sheet, "revoke", &[("agency", id)], &inside)
}

fn amend(
    sheet: &Sheet<'_>,
    report: &CouncilReport,
    charter: &CharterView,
    has_rivals: bool,
) -> Markup {
    let text = |words| sheet.text(words);
    // Who sits stays, unless somebody takes the tick away.
    let sits = |one: &MemberView| charter.seats.iter().any(|seat| seat.agency == one.agency);
    let may_sit = |one: &&MemberView| one.standing == StandingView::Member || sits(one);
    let members = report.members.iter().filter(may_sit);
    let inside = html! {
        p { (text(say::AMEND_TEXT)) }
        div.field {
            label for="charter-name" { (text(say::FEDERATION_NAME)) }
            input #charter-name type="text" name="name" value=(charter.name) autocomplete="off";
        }
        div.field {
            label for="charter-purpose" { (text(say::PURPOSE)) }
            input #charter-purpose type="text" name="purpose" value=(charter.purpose) autocomplete="off";
        }
        fieldset.field {
            legend { (text(say::SEATS)) }
            @for one in members {
                @let field = format!("seat-{}", one.agency);
                div.choice {
                    input #(field) type="checkbox" name="seat" value=(one.agency)
                        checked[sits(one)];
                    label for=(field) { (one.name) " " span.quiet { code { (one.agency.short()) } } }
                }
            }
        }
        (reason(sheet, "amend"))
        @if has_rivals { (anyway(sheet, "amendment")) }
        p { (button(sheet, say::MOVE, text(say::AMEND_HEAD), "button")) }
    };
    html! {
        section {
            details {
                summary { (text(say::AMEND_HEAD)) }
                (form(sheet, "amend", &[], &inside))
            }
        }
    }
}

fn key(sheet: &Sheet<'_>) -> Markup {
    let inside = html! {
        p { (sheet.text(say::KEY_TEXT)) }
        (sure(sheet, "key-sure"))
        p { (button(sheet, say::ROTATE, "", "button second")) }
    };
    html! {
        section {
            details {
                summary { (sheet.text(say::KEY)) }
                (form(sheet, "key", &[], &inside))
            }
        }
    }
}

fn sure(sheet: &Sheet<'_>, field: &str) -> Markup {
    html! {
        div.choice {
            input #(field) type="checkbox" name="sure" value="yes" required;
            label for=(field) { (sheet.text(say::SURE)) }
        }
    }
}

fn elsewhere(sheet: &Sheet<'_>) -> Markup {
    let inside = html! {
        p { (sheet.text(say::ELSEWHERE_TEXT)) }
        div.field {
            label for="invitation" { (sheet.text(say::INVITATION)) }
            p.hint #invitation-hint { (sheet.text(say::INVITATION_HINT)) }
            textarea #invitation name="invitation" rows="3" autocomplete="off" required
                aria-describedby="invitation-hint" {}
        }
        (sure(sheet, "join-sure"))
        p { (button(sheet, say::JOIN, "", "button second")) }
    };
    html! {
        section {
            details {
                summary { (sheet.text(say::ELSEWHERE)) }
                (form(sheet, "join", &[], &inside))
            }
        }
    }
}

/// Goes back to the page, or says why nothing was done.
fn answer<T>(signed: &Signed, done: Result<T, CouncilError>) -> Response {
    match done {
        Ok(_) => go(signed.language(), PATH, [("done", "yes")], ""),
        Err(error) => refused(error, signed.language()),
    }
}

/// Votes on a motion, or signs the charter.
pub(super) async fn vote(State(app): State<App>, submitted: Submitted) -> Response {
    let Submitted { signed, fields } = submitted;
    let council = match app.council() {
        Ok(council) => council,
        Err(refusal) => return refused(refusal, signed.language()),
    };
    let motion = fields.one("motion").to_owned();
    let anyway = fields.one("anyway") == "yes";
    let vote = NewVote { motion, is_for: fields.one("for") == "yes", anyway };
    answer(&signed, council.vote(vote, now()).await)
}

/// Moves something about a member or an applicant, or an amendment.
async fn move_motion(
    app: App,
    submitted: Submitted,
    read: impl FnOnce(&Fields) -> Option<NewMotion>,
) -> Response {
    let Submitted { signed, fields } = submitted;
    let council = match app.council() {
        Ok(council) => council,
        Err(refusal) => return refused(refusal, signed.language()),
    };
    let Some(motion) = read(&fields) else {
        return go(signed.language(), PATH, [("fault", "number")], "");
    };
    answer(&signed, council.move_motion(motion, now()).await)
}

fn agency(fields: &Fields) -> String {
    fields.one("agency").to_owned()
}

fn why(fields: &Fields) -> String {
    fields.one("reason").trim().chars().take(TYPED_CHARS_MAX).collect()
}

/// Moves to admit an agency.
pub(super) async fn admit(State(app): State<App>, submitted: Submitted) -> Response {
    let motion = |fields: &Fields| {
        let (agency, reason) = (Some(agency(fields)), why(fields));
        Some(NewMotion::Admit { agency, card: None, reason })
    };
    move_motion(app, submitted, motion).await
}

/// Moves to suspend a member.
pub(super) async fn suspend_member(State(app): State<App>, submitted: Submitted) -> Response {
    let motion =
        |fields: &Fields| Some(NewMotion::Suspend { agency: agency(fields), reason: why(fields) });
    move_motion(app, submitted, motion).await
}

/// Moves to revoke a member.
pub(super) async fn revoke_member(State(app): State<App>, submitted: Submitted) -> Response {
    let motion = |fields: &Fields| {
        let wanted = fields.one("records");
        let (_, disposition) = DISPOSITIONS.into_iter().find(|(key, _)| *key == wanted)?;
        let (agency, reason) = (agency(fields), why(fields));
        Some(NewMotion::Revoke { agency, disposition, successor: None, reason })
    };
    move_motion(app, submitted, motion).await
}

/// Moves to let a member publish so many records.
pub(super) async fn set_quota(State(app): State<App>, submitted: Submitted) -> Response {
    let motion = |fields: &Fields| {
        let digits: String = fields.one("records").chars().filter(|c| !c.is_whitespace()).collect();
        let records_max = digits.parse().ok()?;
        Some(NewMotion::Quota { agency: agency(fields), records_max, reason: why(fields) })
    };
    move_motion(app, submitted, motion).await
}

/// Moves to change the charter.
pub(super) async fn amend_charter(State(app): State<App>, submitted: Submitted) -> Response {
    let motion = |fields: &Fields| {
        let seats = fields.pairs().filter(|(name, _)| *name == "seat");
        Some(NewMotion::Amend {
            seats: Some(seats.map(|(_, id)| id.to_owned()).collect()),
            name: Some(fields.one("name").trim().to_owned()),
            purpose: Some(fields.one("purpose").trim().to_owned()),
            admit: None,
            revoke: None,
            amend: None,
            guests_read: None,
            anyway: fields.one("anyway") == "yes",
            reason: why(fields),
        })
    };
    move_motion(app, submitted, motion).await
}

/// Replaces the agency's key.
pub(super) async fn rotate(State(app): State<App>, submitted: Submitted) -> Response {
    let Submitted { signed, fields } = submitted;
    if fields.one("sure") != "yes" {
        return go(signed.language(), PATH, [], "");
    }
    let council = match app.council() {
        Ok(council) => council,
        Err(refusal) => return refused(refusal, signed.language()),
    };
    answer(&signed, council.rotate(NewKey::default(), now()).await)
}

/// Asks the domain of an agency.
pub(super) async fn domain(State(app): State<App>, submitted: Submitted) -> Response {
    let Submitted { signed, fields } = submitted;
    let agency = agency(&fields);
    let asked =
        apart(signed.language(), move || Ok(app.council()?.check_domain(&agency, now())?));
    match asked.await {
        Ok(_) => go(signed.language(), PATH, [("done", "yes")], ""),
        Err(response) => response,
    }
}

/// Moves the node to the federation it is invited to.
pub(super) async fn join(State(app): State<App>, submitted: Submitted) -> Response {
    let Submitted { signed, fields } = submitted;
    if fields.one("sure") != "yes" {
        return go(signed.language(), PATH, [], "");
    }
    let invitation = fields.one("invitation").to_owned();
    let moved = apart(signed.language(), move || Ok(app.council()?.join(&invitation)?));
    match moved.await {
        Ok(_) => refuse(signed.language(), StatusCode::ACCEPTED, say::MOVING, say::MOVING_TEXT),
        Err(response) => response,
    }
}
