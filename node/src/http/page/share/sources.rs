//! The sources: where they are, how they are, and what to do about them.

use axum::extract::State;
use axum::response::Response;
use dela_protocol::api::{NewSource, Source, SourceChange};
use maud::{Markup, html};

use super::super::App;
use super::super::layout::sentence;
use super::super::sources as shown;
use super::super::words::share as say;
use super::sheet::go;
use super::signed::{Fields, Signed, Submitted, apart, refused};
use super::{Sheet, TYPED_CHARS_MAX, Typed};
use crate::driver::now;
use crate::source::SourceFault;

const PATH: &str = "/share/sources";

/// The sources.
pub(super) async fn list(State(app): State<App>, signed: Signed) -> Response {
    let listed = app.keeper.as_ref().map(|keeper| keeper.sources().list()).unwrap_or_default();
    let (done, fault) = (signed.asked("done"), signed.asked("fault"));
    let typed = app.sessions.at_desk(&signed.key, |desk| desk.typed.clone());
    let typed = typed.filter(|_| !fault.is_empty()).unwrap_or_default();
    let shown = Shown { listed, done, fault, typed };
    signed.show(app, move |_, sheet| Ok(page(sheet, &shown))).await
}

struct Shown {
    listed: Vec<Source>,
    done: String,
    fault: String,
    typed: Typed,
}

fn page(sheet: &Sheet<'_>, shown: &Shown) -> Markup {
    let Shown { listed: sources, fault, typed, .. } = shown;
    let text = |words| sheet.text(words);
    let told = match shown.done.as_str() {
        "added" => Some(say::SOURCE_ADDED),
        "runs" => Some(say::SOURCE_RUNS),
        "saved" => Some(say::SOURCE_SAVED),
        "removed" => Some(say::SOURCE_REMOVED),
        _ => None,
    };
    let wrong = match fault.as_str() {
        "address" => Some(say::NO_ADDRESS),
        "number" => Some(say::NUMBER_NEEDED),
        _ => None,
    };
    let main = html! {
        h1 { (text(say::SOURCES)) }
        @if let Some(told) = told { p.done role="status" { "✓ " (text(told)) } }
        @if let Some(wrong) = wrong { div.errors role="alert" { p { (text(wrong)) } } }
        p { (text(say::SOURCES_LEAD)) }
        @if sources.is_empty() { p { (text(say::NO_SOURCES)) } }
        @for source in sources { (one(sheet, source)) }
        section {
            h2 { (text(say::ADD_SOURCE)) }
            form method="post" action=(sheet.path(PATH)) {
                (sheet.secret_field())
                div.field {
                    label for="address" { (text(say::ADDRESS)) }
                    p.hint #address-hint { (text(say::ADDRESS_HINT)) }
                    input #address type="url" name="address" value=(typed.address) autocomplete="off"
                        aria-describedby="address-hint"
                        aria-invalid=[(fault == "address").then_some("true")];
                }
                (times(sheet, "new", or(&typed.every, "360"), or(&typed.grace, "72")))
                p { button.button type="submit" { (text(say::ADD)) } }
            }
        }
    };
    sheet.around(text(say::SOURCES), PATH, &main)
}

fn or<'a>(typed: &'a str, usual: &'a str) -> &'a str {
    if typed.is_empty() { usual } else { typed }
}

/// How often a source is asked, and how long what vanished stays.
fn times(sheet: &Sheet<'_>, id: &str, minutes: &str, hours: &str) -> Markup {
    let fields = [
        ("every", say::EVERY, say::EVERY_UNIT, minutes),
        ("grace", say::GRACE, say::GRACE_UNIT, hours),
    ];
    html! {
        div.pair {
            @for (name, label, unit, value) in fields {
                div.field {
                    @let field = format!("{id}-{name}");
                    label for=(field) { (sheet.text(label)) }
                    p.hint id=(format!("{field}-hint")) { (sheet.text(unit)) }
                    input.short id=(field) name=(name) inputmode="numeric" autocomplete="off"
                        value=(value) aria-describedby=(format!("{field}-hint"));
                }
            }
        }
    }
}

fn one(sheet: &Sheet<'_>, source: &Source) -> Markup {
    let language = sheet.language();
    let text = |words| sheet.text(words);
    html! {
        section.source id=(format!("s-{}", source.id)) {
            h2 { (source.address) }
            p { (shown::state(language, source)) }
            dl.counts {
                div { dt { (text(say::RECORDS)) } dd { (language.number(source.records)) } }
                div {
                    dt { (text(say::LAST_READ)) }
                    dd { @match source.succeeded_at { Some(at) => (shown::moment(at)), None => (text(say::NEVER)) } }
                }
                div {
                    dt { (text(say::NEXT_READ)) }
                    dd { @match source.next_run_at { Some(at) => (shown::moment(at)), None => (text(say::BY_HAND)) } }
                }
            }
            @if let Some(error) = &source.error {
                div.warning {
                    strong { (text(say::LAST_ERROR)) ". " }
                    span lang="en" {
                        @if let Some(line) = error.line { "Line " (line) ": " }
                        (sentence(&error.reason))
                        @if let Some(hint) = &error.hint { " " (sentence(hint)) }
                    }
                }
            }
            @if let Some(waiting) = &source.waiting {
                p.warning[waiting.suspicion.is_some()] { (shown::waiting(language, waiting)) }
            }
            (buttons(sheet, source))
            (settings(sheet, source))
        }
    }
}

fn buttons(sheet: &Sheet<'_>, source: &Source) -> Markup {
    let button = |path: &str, name, class: &str| {
        html! {
            form method="post" action=(sheet.path(path)) {
                (sheet.secret_field())
                input type="hidden" name="id" value=(source.id);
                button class=(class) type="submit" {
                    (sheet.text(name)) span.hidden { ": " (source.address) }
                }
            }
        }
    };
    html! {
        div.actions {
            @if source.running_since.is_none() {
                (button("/share/sources/run", say::RUN, "button second"))
            }
            @if source.waiting.is_some() {
                (button("/share/sources/accept", say::ACCEPT, "button second"))
            }
        }
    }
}

fn settings(sheet: &Sheet<'_>, source: &Source) -> Markup {
    let text = |words| sheet.text(words);
    let (paused, sure) = (format!("{}-paused", source.id), format!("{}-sure", source.id));
    html! {
        details {
            summary { (text(say::SOURCE_SETTINGS)) span.hidden { ": " (source.address) } }
            form method="post" action=(sheet.path("/share/sources/change")) {
                (sheet.secret_field())
                input type="hidden" name="id" value=(source.id);
                (times(sheet, &source.id, &source.every_minutes.to_string(), &source.grace_hours.to_string()))
                div.choice {
                    input id=(paused) type="checkbox" name="paused" value="yes" checked[source.paused];
                    label for=(paused) { (text(say::PAUSED)) }
                }
                p { button.button type="submit" { (text(say::SAVE)) } }
            }
            form method="post" action=(sheet.path("/share/sources/remove")) {
                (sheet.secret_field())
                input type="hidden" name="id" value=(source.id);
                p { (text(say::REMOVE_TEXT)) }
                div.choice {
                    input id=(sure) type="checkbox" name="sure" value="yes" required;
                    label for=(sure) { (text(say::REMOVE_SURE)) }
                }
                p { button.button.second type="submit" { (text(say::REMOVE)) } }
            }
        }
    }
}

/// Reads a number, or says that it is none.
fn number(fields: &Fields, name: &str) -> Option<u32> {
    let digits: String = fields.one(name).chars().filter(|c| !c.is_whitespace()).collect();
    digits.parse().ok()
}

/// Adds a source.
pub(super) async fn add(State(app): State<App>, submitted: Submitted) -> Response {
    let Submitted { signed, fields } = submitted;
    let new = NewSource {
        address: fields.one("address").trim().to_owned(),
        every_minutes: number(&fields, "every"),
        grace_hours: number(&fields, "grace"),
        ..NewSource::default()
    };
    let typed = |name: &str| fields.one(name).chars().take(TYPED_CHARS_MAX).collect();
    let typed = Typed { address: typed("address"), every: typed("every"), grace: typed("grace") };
    // Shown again only if something is wrong.
    app.sessions.at_desk(&signed.key, |desk| desk.typed = typed);
    if new.every_minutes.is_none() || new.grace_hours.is_none() {
        return go(signed.language(), PATH, [("fault", "number")], "");
    }
    let added =
        apart(signed.language(), move || Ok(app.keeper()?.sources().clone().add(&new, now())));
    answer(&signed, added.await, "added")
}

/// Sends on to the list, with what became of it.
fn answer(
    signed: &Signed,
    done: Result<Result<Source, SourceFault>, Response>,
    told: &'static str,
) -> Response {
    let language = signed.language();
    match done {
        Err(response) => response,
        Ok(Ok(source)) => {
            let place = if told == "removed" { String::new() } else { format!("s-{}", source.id) };
            go(language, PATH, [("done", told)], &place)
        }
        Ok(Err(SourceFault::BadAddress(_))) => {
            go(language, PATH, [("fault", "address")], "address")
        }
        Ok(Err(SourceFault::OutOfRange { .. })) => go(language, PATH, [("fault", "number")], ""),
        Ok(Err(fault)) => refused(fault, language),
    }
}

/// Changes how a source is asked.
pub(super) async fn change(State(app): State<App>, submitted: Submitted) -> Response {
    let Submitted { signed, fields } = submitted;
    let (every, grace) = (number(&fields, "every"), number(&fields, "grace"));
    if every.is_none() || grace.is_none() {
        return go(signed.language(), PATH, [("fault", "number")], "");
    }
    let change = SourceChange {
        every_minutes: every,
        grace_hours: grace,
        paused: Some(fields.one("paused") == "yes"),
        ..SourceChange::default()
    };
    let id = fields.one("id").to_owned();
    let changed = apart(signed.language(), move || {
        Ok(app.keeper()?.sources().clone().change(&id, &change, now()))
    });
    answer(&signed, changed.await, "saved")
}

/// Removes a source.
pub(super) async fn remove(State(app): State<App>, submitted: Submitted) -> Response {
    let Submitted { signed, fields } = submitted;
    if fields.one("sure") != "yes" {
        return go(signed.language(), PATH, [], "");
    }
    let id = fields.one("id").to_owned();
    let removed = apart(signed.language(), move || Ok(app.keeper()?.sources().clone().remove(&id)));
    answer(&signed, removed.await, "removed")
}

/// Has a source asked now. Whoever asked need not wait for the answer, which may
/// take half an hour: the list shows how it is.
pub(super) async fn run(State(app): State<App>, submitted: Submitted) -> Response {
    begin(&app, &submitted, false)
}

/// Takes somebody's word for it that what vanished is gone.
pub(super) async fn accept(State(app): State<App>, submitted: Submitted) -> Response {
    begin(&app, &submitted, true)
}

fn begin(app: &App, submitted: &Submitted, accepts: bool) -> Response {
    let Submitted { signed, fields } = submitted;
    let keeper = match app.keeper() {
        Ok(keeper) => keeper.clone(),
        Err(refusal) => return refused(refusal, signed.language()),
    };
    let source = match keeper.sources().source(fields.one("id")) {
        Ok(source) if accepts && source.waiting.is_none() => {
            return refused(SourceFault::NothingWaits(source.id), signed.language());
        }
        Ok(source) => source,
        Err(fault) => return refused(fault, signed.language()),
    };
    let id = source.id.clone();
    tokio::spawn(async move {
        let ended = if accepts { keeper.accept(&id).await } else { keeper.run(&id, false).await };
        // How a run went is written down with the source; that none began is not.
        if let Err(fault) = ended {
            tracing::warn!(source = id, error = %fault, "a source could not be asked");
        }
    });
    answer(signed, Ok(Ok(source)), "runs")
}
