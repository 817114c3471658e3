//! The agency's own datasets: finding, changing and withdrawing them.

use axum::extract::State;
use axum::response::Response;
use dela_protocol::api::{DatasetKind, DatasetSummary, SearchPage, Sort};
use dela_protocol::id::EntityId;
use dela_protocol::time::Timestamp;
use maud::{Markup, html};

use super::super::App;
use super::super::words::share as say;
use super::Sheet;
use super::preview::day;
use super::sheet::go;
use super::signed::{Signed, Submitted, apart, refused};
use crate::driver::now;
use crate::http::error::{Kind, Refusal};
use crate::index::{DatasetName, IndexError, SearchRequest};
use crate::publish::Withdrawals;
use crate::publish::postponed::{PostponeError, Postponed, PostponedState};
use crate::search::{Filters, Term};

/// How many datasets one page lists.
const LISTED_MAX: usize = 50;

/// The longest reason for a withdrawal: a few sentences, kept by every node.
const REASON_CHARS_MAX: usize = 1_000;

/// The own datasets, and what waits to be withdrawn.
pub(super) async fn list(State(app): State<App>, signed: Signed) -> Response {
    let (words, after) = (signed.asked("q"), signed.asked("after"));
    let (done, id) = (signed.asked("done"), signed.asked("id"));
    let waiting = app.withdrawals.as_ref().map(Withdrawals::list).unwrap_or_default();
    signed
        .show(app, move |index, sheet| {
            let request = SearchRequest {
                words: words.clone(),
                filters: Filters::default().with(Term::Agency, [index.own().to_string()]),
                sort: if words.trim().is_empty() { Sort::Title } else { Sort::Relevance },
                limit: LISTED_MAX,
                after: Some(after).filter(|after| !after.is_empty()),
            };
            let found = match index.search(&request) {
                // The catalogue of an agency that has never published.
                Err(IndexError::NoAgency(_)) => None,
                found => Some(found?),
            };
            Ok(page(sheet, &Shown { words, done, id: id.parse().ok(), waiting, found }))
        })
        .await
}

struct Shown {
    words: String,
    done: String,
    id: Option<EntityId>,
    waiting: Vec<Postponed>,
    found: Option<SearchPage>,
}

fn page(sheet: &Sheet<'_>, shown: &Shown) -> Markup {
    let hits = shown.found.as_ref().map_or(&[][..], |found| &found.datasets);
    let total = shown.found.as_ref().map_or(0, |found| found.total);
    let main = html! {
        h1 { (sheet.text(say::OWN)) }
        (done(sheet, shown))
        (waiting(sheet, &shown.waiting))
        form.search role="search" action="/share/datasets" {
            input type="hidden" name="lang" value=(sheet.language().tag());
            input type="search" name="q" value=(shown.words) aria-label=(sheet.text(say::SEARCH_OWN))
                placeholder=(sheet.text(say::SEARCH_OWN));
            button type="submit" { (sheet.text(say::SEARCH)) }
        }
        @if hits.is_empty() {
            p { (sheet.text(if shown.words.is_empty() { say::NONE_OWN } else { say::NOTHING_OWN })) }
        } @else {
            p.count { (sheet.text(say::FOUND)) " " (sheet.language().number(total)) }
            ul.own { @for hit in hits { li { (row(sheet, hit, &shown.waiting)) } } }
        }
        @if let Some(next) = shown.found.as_ref().and_then(|found| found.next.as_deref()) {
            p {
                a href=(sheet.path_with("/share/datasets", [("q", shown.words.as_str()), ("after", next)])) {
                    (sheet.text(say::NEXT_PAGE))
                }
            }
        }
    };
    sheet.around(sheet.text(say::OWN), "/share/datasets", &main)
}

fn done(sheet: &Sheet<'_>, shown: &Shown) -> Markup {
    let told = match shown.done.as_str() {
        "published" => say::PUBLISHED,
        "unchanged" => say::UNCHANGED,
        "undone" => say::UNDONE,
        "too-late" => say::TOO_LATE,
        _ => return html! {},
    };
    html! {
        p.done role="status" {
            "✓ " (sheet.text(told))
            @if let Some(id) = shown.id {
                " " a href=(sheet.path(&format!("/dataset/{id}"))) { (sheet.text(say::VIEW)) }
            }
        }
    }
}

fn row(sheet: &Sheet<'_>, hit: &DatasetSummary, waiting: &[Postponed]) -> Markup {
    let language = sheet.language();
    let (title, spoken) =
        language.choose_text(&hit.title).unwrap_or((sheet.frame.words.untitled, None));
    let id = hit.id.to_string();
    let waits = waiting.iter().any(|one| one.id == hit.id);
    html! {
        div {
            a href=(sheet.path(&format!("/dataset/{id}"))) lang=[spoken] { (title) }
            div.quiet {
                (language.kind(hit.kind)) " · " (sheet.text(say::CHANGED_AT)) " " (day(&hit.modified))
            }
        }
        div.actions {
            @if hit.kind == DatasetKind::Dataset {
                a.button.second href=(sheet.path_with("/share/dataset", [("of", id.as_str())])) {
                    (sheet.text(say::CHANGE)) span.hidden { " " (title) }
                }
            }
            @if !waits {
                a.button.second href=(sheet.path_with("/share/withdraw", [("id", id.as_str())])) {
                    (sheet.text(say::WITHDRAW)) span.hidden { " " (title) }
                }
            }
        }
    }
}

/// Shows what waits to be withdrawn, and how to undo it.
fn waiting(sheet: &Sheet<'_>, waiting: &[Postponed]) -> Markup {
    html! {
        @if !waiting.is_empty() {
            section.pending aria-labelledby="pending" {
                h2 #pending { (sheet.text(say::PENDING)) }
                ul.own { @for one in waiting { li { (pending(sheet, one)) } } }
            }
        }
    }
}

fn pending(sheet: &Sheet<'_>, one: &Postponed) -> Markup {
    let button = |path: &str, name: crate::language::Words, class: &str| {
        html! {
            form method="post" action=(sheet.path(path)) {
                (sheet.secret_field())
                input type="hidden" name="id" value=(one.id);
                button class=(class) type="submit" { (sheet.text(name)) span.hidden { " " (one.title) } }
            }
        }
    };
    let stopped = html! {
        (button("/share/undo", say::KEEP, "button"))
        (button("/share/resume", say::WITHDRAW_AFTER_ALL, "button second"))
    };
    html! {
        div {
            strong { (one.title) }
            div {
                @match &one.state {
                    PostponedState::Due(at) => {
                        (sheet.text(say::DUE)) " " (remaining(*at)) ". "
                        span.quiet { (sheet.text(say::DUE_HINT)) }
                    },
                    PostponedState::Signing => (sheet.text(say::SIGNING)),
                    PostponedState::Interrupted => (sheet.text(say::INTERRUPTED)),
                    PostponedState::Failed(why) => {
                        (sheet.text(say::FAILED)) " " span.quiet lang="en" { (why) }
                    },
                }
            }
        }
        div.actions {
            @match &one.state {
                PostponedState::Due(_) => (button("/share/undo", say::UNDO, "button")),
                PostponedState::Signing => {},
                PostponedState::Interrupted | PostponedState::Failed(_) => (stopped),
            }
        }
    }
}

/// Writes how many seconds remain until a moment.
fn remaining(at: Timestamp) -> Markup {
    html! { time datetime=(at) { (at.since(now()).as_secs()) } }
}

/// Asks whether an entry is to be withdrawn.
pub(super) async fn confirm(State(app): State<App>, signed: Signed) -> Response {
    let name = signed.asked("id");
    let shares = app.publisher.shares().clone();
    signed
        .show(app, move |index, sheet| {
            let (id, title) = own_entry(index, &name)?;
            let kept = shares.keeper(&id).is_some();
            let main = html! {
                h1 { (sheet.text(say::WITHDRAW_TITLE)) }
                p { strong { (title) } }
                p { (sheet.text(say::WITHDRAW_TEXT)) }
                @if kept { p.warning { (sheet.text(say::KEPT_BY_SOURCE)) } }
                form method="post" action=(sheet.path("/share/withdraw")) {
                    (sheet.secret_field())
                    input type="hidden" name="id" value=(id);
                    div.field {
                        label for="reason" { (sheet.text(say::REASON)) }
                        p.hint #reason-hint { (sheet.text(say::REASON_HINT)) }
                        input #reason name="reason" autocomplete="off" maxlength=(REASON_CHARS_MAX)
                            aria-describedby="reason-hint";
                    }
                    p { (sheet.text(say::WITHDRAW_UNDO)) }
                    p.buttons {
                        button.button type="submit" { (sheet.text(say::WITHDRAW)) }
                        " " a href=(sheet.path("/share/datasets")) { (sheet.text(say::CANCEL)) }
                    }
                }
            };
            Ok(sheet.around(sheet.text(say::WITHDRAW_TITLE), "/share/datasets", &main))
        })
        .await
}

/// Finds an entry of the agency's own, with its title.
fn own_entry(index: &crate::index::Index, name: &str) -> Result<(EntityId, String), Refusal> {
    let id: EntityId = name.parse().map_err(|_| IndexError::BadName(String::new()))?;
    let described = index.described(&DatasetName::Id(id))?;
    if described.record.agency() != index.own() {
        return Err(IndexError::NotFound(id.to_string()).into());
    }
    let resource = dela_protocol::dcat::Resource::of(&described.description);
    let title = resource.title_in(&["sv", "en"]).unwrap_or(&resource.iri).to_owned();
    Ok((id, title))
}

/// Has an entry withdrawn, in a while.
pub(super) async fn withdraw(State(app): State<App>, submitted: Submitted) -> Response {
    let Submitted { signed, fields } = submitted;
    let language = signed.language();
    let name = fields.one("id").to_owned();
    let reason: String = fields.one("reason").trim().chars().take(REASON_CHARS_MAX).collect();
    let postponed = apart(language, move || {
        let withdrawals = withdrawals(&app)?;
        let (id, title) = own_entry(&app.index, &name)?;
        Ok(withdrawals.postpone(id, &title, &reason, now())?)
    });
    match postponed.await {
        Ok(()) => go(language, "/share/datasets", [], "pending"),
        Err(response) => response,
    }
}

/// Leaves an entry published that waited to be withdrawn.
pub(super) async fn undo(State(app): State<App>, submitted: Submitted) -> Response {
    let Submitted { signed, fields } = submitted;
    let language = signed.language();
    let id = match id_of(fields.one("id")) {
        Ok(id) => id,
        Err(refusal) => return refused(refusal, language),
    };
    let undone = apart(language, move || Ok(withdrawals(&app)?.undo(&id)?)).await;
    match undone {
        Ok(true) => go(language, "/share/datasets", [("done", "undone")], ""),
        Ok(false) => go(language, "/share/datasets", [("done", "too-late")], ""),
        Err(response) => response,
    }
}

/// Has withdrawn after all what was stopped.
pub(super) async fn resume(State(app): State<App>, submitted: Submitted) -> Response {
    let Submitted { signed, fields } = submitted;
    let language = signed.language();
    let id = match id_of(fields.one("id")) {
        Ok(id) => id,
        Err(refusal) => return refused(refusal, language),
    };
    match apart(language, move || Ok(withdrawals(&app)?.resume(&id, now())?)).await {
        Ok(()) => go(language, "/share/datasets", [], "pending"),
        Err(response) => response,
    }
}

fn id_of(text: &str) -> Result<EntityId, Refusal> {
    text.parse().map_err(|_| IndexError::BadName(String::new()).into())
}

fn withdrawals(app: &App) -> Result<Withdrawals, Refusal> {
    app.withdrawals.clone().ok_or_else(|| {
        Refusal::new(
            Kind::Unavailable,
            "this node does not withdraw from the page",
            "use `dela withdraw`",
        )
    })
}

impl From<PostponeError> for Refusal {
    fn from(error: PostponeError) -> Self {
        match error {
            PostponeError::TooMany => {
                Self::new(Kind::Busy, error.to_string(), "wait until they are out, half a minute")
            }
            PostponeError::File(ref source) => Self::internal(source),
        }
    }
}
