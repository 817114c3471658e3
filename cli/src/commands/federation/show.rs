//! The council, for people to read.

use dela_protocol::api::{
    ApplicationView, CharterView, CouncilReport, DomainCheck, MemberView, MotionKind,
    MotionProgress, MotionView, StandingView, VoteView,
};
use dela_protocol::time::Timestamp;

use crate::error::Error;
use crate::output::{Column, Output, Table, clean, count, moment, number};

/// Shows the charter, the members, and who applies.
pub(super) fn overview(report: &CouncilReport, output: &mut Output) -> Result<(), Error> {
    let name = clean(&report.federation.name);
    if report.is_open {
        output.heading(&format!("{name} is an open federation"))?;
        output.say("it has no council: every agency belongs to it");
        return Ok(());
    }
    let Some(charter) = &report.charter else {
        output.heading(&format!("federation {}", report.federation.id))?;
        output.say("its charter has not come yet: no node that knows it was reached");
        return Ok(());
    };
    output.heading(&name)?;
    terms(charter, output)?;
    output.field("federation", &report.federation.id.to_string())?;
    output.field("this node", own(report))?;
    if !report.is_founded {
        output.say("not founded yet: it is when all founders have signed");
        return founders(charter, output);
    }
    members(&report.members, charter, output)?;
    if !report.rivals.is_empty() {
        output.warning(
            "seats of the council have voted for two charters at once, and nodes may follow either: \
             see \"When nodes follow two charters\" in how-to/found-a-federation.md",
        );
    }
    applicants(&report.applications, output)?;
    let open = report.motions.iter().filter(|one| one.progress == MotionProgress::Open).count();
    if open > 0 {
        let open = u64::try_from(open).unwrap_or(u64::MAX);
        output.say(&format!("{} for votes", count(open, "motion waits", "motions wait")));
        output.suggest("`dela federation motions` lists them");
    }
    Ok(())
}

fn own(report: &CouncilReport) -> &'static str {
    let standing = report.members.iter().find(|one| one.agency == report.own.agency);
    match standing.map(|one| one.standing) {
        Some(StandingView::Suspended) => {
            return "its agency is suspended: nothing new of it is taken anywhere";
        }
        Some(StandingView::Revoked) => {
            return "its agency was revoked: nothing new of it is taken anywhere";
        }
        Some(StandingView::Member) | None => {}
    }
    match (report.own.is_member, report.own.has_seat) {
        (_, true) => "its agency has a seat on the council",
        (true, false) => "its agency is a member",
        (false, false) => "its agency is no member; it applies at every node it meets",
    }
}

fn terms(charter: &CharterView, output: &mut Output) -> Result<(), Error> {
    if !charter.purpose.is_empty() {
        output.field("purpose", &clean(&charter.purpose))?;
    }
    let seats = charter.seats.len();
    output
        .field("charter", &format!("number {} of {}", charter.number, moment(charter.issued_at)))?;
    let decides = format!(
        "{} of {seats} seats admit, {} revoke, {} amend",
        charter.admit, charter.revoke, charter.amend
    );
    output.field("council", &decides)?;
    let guests = if charter.guests_read { "anybody" } else { "members only" };
    output.field("read by", guests)?;
    Ok(())
}

fn founders(charter: &CharterView, output: &mut Output) -> Result<(), Error> {
    let mut table =
        Table::new([Column::Left("AGENCY"), Column::Cut("NAME"), Column::Left("SIGNED")]);
    for seat in &charter.seats {
        let signed = if seat.has_founded == Some(true) { "yes" } else { "not yet" };
        table.row([seat.agency.short(), clean(&seat.name).into_owned(), signed.to_owned()]);
    }
    Ok(output.table(&table)?)
}

fn members(
    members: &[MemberView],
    charter: &CharterView,
    output: &mut Output,
) -> Result<(), Error> {
    let mut table = Table::new([
        Column::Left("AGENCY"),
        Column::Cut("NAME"),
        Column::Left("IS"),
        Column::Left("COUNCIL"),
        Column::Left("NUMBER"),
        Column::Cut("DOMAIN"),
        Column::Right("RECORDS AT MOST"),
    ]);
    for member in members {
        let sits = charter.seats.iter().any(|seat| seat.agency == member.agency);
        table.row([
            member.agency.short(),
            clean(&member.name).into_owned(),
            standing(member),
            if sits { "seat" } else { "" }.to_owned(),
            sound(&member.organisation_number, member.organisation_number_is_sound),
            domain(&member.domain, member.domain_check.as_ref()),
            number(member.records_max),
        ]);
    }
    Ok(output.table(&table)?)
}

fn applicants(applications: &[ApplicationView], output: &mut Output) -> Result<(), Error> {
    if applications.is_empty() {
        return Ok(());
    }
    let mut table = Table::new([
        Column::Left("APPLIES"),
        Column::Cut("NAME"),
        Column::Left("NUMBER"),
        Column::Cut("DOMAIN"),
        Column::Left("SINCE"),
    ]);
    for one in applications {
        table.row([
            one.agency.short(),
            clean(&one.name).into_owned(),
            sound(&one.organisation_number, one.organisation_number_is_sound),
            domain(&one.domain, one.domain_check.as_ref()),
            moment(one.since),
        ]);
    }
    output.table(&table)?;
    output.suggest("`dela federation admit NAME` moves to admit one; ask first who it is");
    Ok(())
}

/// A domain, with what it said when this node asked it.
fn domain(text: &str, check: Option<&DomainCheck>) -> String {
    let text = clean(text).into_owned();
    match check {
        None => text,
        Some(check) if check.holds() => format!("{text} (confirmed {})", day(check.at)),
        Some(check) => format!("{text} (not confirmed {})", day(check.at)),
    }
}

/// The day of a moment; the hour of a check is of no interest.
fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

fn standing(member: &MemberView) -> String {
    match (member.standing, member.disposition) {
        (StandingView::Member, _) => "member".to_owned(),
        (StandingView::Suspended, _) => "suspended".to_owned(),
        (StandingView::Revoked, Some(disposition)) => format!("revoked, {disposition}"),
        (StandingView::Revoked, None) => "revoked".to_owned(),
    }
}

/// An organisation number, with a mark where it has not the form of one.
fn sound(text: &str, is_sound: bool) -> String {
    let text = clean(text).into_owned();
    if text.is_empty() || is_sound { text } else { format!("{text} (not the form of one)") }
}

/// Lists motions: those that wait, or all.
pub(super) fn motions(report: &CouncilReport, all: bool, output: &mut Output) -> Result<(), Error> {
    let is_shown = |one: &&MotionView| all || one.progress == MotionProgress::Open;
    let shown: Vec<&MotionView> = report.motions.iter().filter(is_shown).collect();
    if shown.is_empty() {
        output.say("no motion waits for votes");
        return Ok(());
    }
    let mut table = Table::new([
        Column::Left("MOTION"),
        Column::Cut("WHAT"),
        Column::Left("IS"),
        Column::Left("FOR"),
        Column::Right("AGAINST"),
        Column::Left("MOVED"),
        Column::Cut("WHY"),
    ]);
    for one in shown {
        table.row([
            one.id.short(),
            what(one),
            progress(one).to_owned(),
            votes(one),
            number(u64::try_from(one.votes_against.len()).unwrap_or(u64::MAX)),
            moment(one.issued_at),
            clean(&one.reason).into_owned(),
        ]);
    }
    output.table(&table)?;
    output.suggest("`dela federation motions MOTION` tells all about one");
    Ok(())
}

/// Tells all about the motion whose id begins with `text`.
pub(super) fn one(report: &CouncilReport, text: &str, output: &mut Output) -> Result<(), Error> {
    let wanted = text.to_lowercase();
    let begins = |one: &&MotionView| one.id.to_string().starts_with(&wanted);
    let found: Vec<&MotionView> = report.motions.iter().filter(begins).collect();
    match found.as_slice() {
        [one] => motion(one, output),
        [] => Err(Error::refused(format!("no motion begins with {}", clean(text)))
            .hint("`dela federation motions --all` lists them")),
        several => {
            Err(Error::refused(format!("{} motions begin with {}", several.len(), clean(text))))
        }
    }
}

/// Tells all that was decided, and who signed it.
pub(super) fn audit(report: &CouncilReport, output: &mut Output) -> Result<(), Error> {
    if report.is_open {
        return overview(report, output);
    }
    for charter in &report.charters {
        output.heading(&format!("charter number {}: {}", charter.number, clean(&charter.name)))?;
        terms(charter, output)?;
        for seat in &charter.seats {
            let signed = if seat.has_founded == Some(true) { ", signed" } else { "" };
            let said = format!("{} ({}){signed}", clean(&seat.name), seat.agency.short());
            output.field("seat", &said)?;
        }
    }
    for one in &report.motions {
        motion(one, output)?;
    }
    if report.motions.is_empty() {
        output.say("nothing was moved yet");
    }
    Ok(())
}

/// Shows one motion and who voted how.
pub(super) fn motion(one: &MotionView, output: &mut Output) -> Result<(), Error> {
    output.heading(&format!("{}: {}", what(one), progress(one)))?;
    output.field("motion", &one.id.to_string())?;
    output.field("votes", &votes(one))?;
    if !one.reason.is_empty() {
        output.field("reason", &clean(&one.reason))?;
    }
    if let Some(successor) = one.successor {
        output.field("successor", &successor.short())?;
    }
    for ended in &one.ends {
        output.field("would end", &format!("{} {}", ended.kind, clean(&ended.name)))?;
    }
    for (label, seats) in [
        ("for", &one.votes_for),
        ("next council", &one.votes_of_next),
        ("against", &one.votes_against),
    ] {
        for VoteView { name, agency, at } in seats {
            let said = format!("{} ({}), {}", clean(name), agency.short(), moment(*at));
            output.field(label, &said)?;
        }
    }
    if let Some(charter) = &one.charter {
        output.field("name", &clean(&charter.name))?;
        terms(charter, output)?;
        for seat in &charter.seats {
            output.field("seat", &format!("{} ({})", clean(&seat.name), seat.agency.short()))?;
        }
    }
    Ok(())
}

fn what(one: &MotionView) -> String {
    let name = clean(&one.name);
    match one.kind {
        MotionKind::Admit => format!("admit {name}"),
        MotionKind::Suspend => format!("suspend {name}"),
        MotionKind::Revoke => match one.disposition {
            Some(disposition) => format!("revoke {name}, {disposition} its records"),
            None => format!("revoke {name}"),
        },
        MotionKind::Quota => {
            format!("let {name} publish {} records", number(one.records_max.unwrap_or(0)))
        }
        MotionKind::Amend => match &one.charter {
            Some(charter) => format!("amend the charter to number {}", charter.number),
            None => "amend the charter".to_owned(),
        },
    }
}

fn progress(one: &MotionView) -> &'static str {
    match one.progress {
        MotionProgress::Open => "waits for votes",
        MotionProgress::Passed => "passed",
        MotionProgress::Refused => "refused",
    }
}

fn votes(one: &MotionView) -> String {
    let of_next = match one.needed_of_next {
        Some(needed) => format!(", {} of {needed} of the next council", one.votes_of_next.len()),
        None => String::new(),
    };
    format!("{} of {}{of_next}", one.votes_for.len(), one.needed)
}
