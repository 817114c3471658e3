//! Importing a whole catalogue: first what would change, then doing it.
//!
//! What was read stays with the node between the two steps, so that what is
//! carried out is what was shown. If the catalogue itself has changed meanwhile,
//! the difference is shown again.

use core::time::Duration;
use std::sync::Arc;

use axum::extract::{FromRequest as _, Multipart, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use dela_protocol::api::{ChangeKind, Finding, ImportReport};
use dela_protocol::time::Timestamp;
use maud::{Markup, html};

use super::super::App;
use super::super::language::Language;
use super::super::layout::sentence;
use super::super::words::share as say;
use super::dataset::wait_until_searchable;
use super::sheet::{go, refuse};
use super::signed::{Signed, Submitted, apart, entitled, foreign, refused};
use super::{Desk, Sheet, TYPED_CHARS_MAX, Typed, checked};
use crate::check::CheckOptions;
use crate::driver::now;
use crate::http::error::Refusal;
use crate::http::imports::upload_slot;
use crate::import::{self, ImportOptions, Imported};
use crate::language::Words;
use crate::publish::{self, ImportRequest, PublishError};
use crate::rdf::Format;

/// For how long what was read is remembered: long enough to look through the
/// difference, and to ask somebody.
const REMEMBERED_FOR: Duration = Duration::from_secs(15 * 60);

/// How many catalogues are remembered at a time: each may take, with its
/// descriptions in memory, some times the 64 MiB its file may have.
const REMEMBERED_MAX: usize = 2;

/// How many changes of a kind are shown; the counts are of all.
const CHANGES_SHOWN: usize = 100;

/// What was read, and the difference it would make.
#[derive(Debug, Clone)]
pub(super) struct Laid {
    name: String,
    at: Timestamp,
    imported: Option<Arc<Imported>>,
    report: ImportReport,
    findings: Found,
    fault: Option<(String, Option<String>)>,
}

/// What is to be mended in what was read.
#[derive(Debug, Clone, Default)]
struct Found {
    /// How many findings there are.
    total: u64,
    /// The first of them.
    first: Vec<Finding>,
}

/// How many findings are kept: more than these are not mended in one go.
const FINDINGS_KEPT: usize = 100;

/// What an import would change, for comparing.
type Fingerprint = (u64, u64, u64, Vec<(dela_protocol::id::EntityId, ChangeKind)>);

fn fingerprint(report: &ImportReport) -> Fingerprint {
    let changes = report.changes.iter().map(|change| (change.id, change.change));
    (report.created, report.changed, report.withdrawn, changes.collect())
}

/// Where to import from.
pub(super) async fn form(State(app): State<App>, signed: Signed) -> Response {
    let fault = signed.asked("fault");
    let told = app.sessions.at_desk(&signed.key, |desk| {
        desk.import
            .as_ref()
            .and_then(|laid| laid.fault.clone().map(|fault| (laid.name.clone(), fault)))
    });
    let told = told.flatten().filter(|_| fault == "unreadable");
    let typed = app.sessions.at_desk(&signed.key, |desk| desk.typed.address.clone());
    let typed = typed.filter(|_| fault == "address").unwrap_or_default();
    signed.show(app, move |_, sheet| Ok(form_page(sheet, &fault, &typed, told))).await
}

fn form_page(
    sheet: &Sheet<'_>,
    fault: &str,
    typed: &str,
    told: Option<(String, (String, Option<String>))>,
) -> Markup {
    let wrong = |name: &str| (fault == name).then_some("true");
    let text = |words| sheet.text(words);
    let main = html! {
        h1 { (text(say::IMPORT)) }
        p { (text(say::IMPORT_LEAD)) }
        @if let Some((name, (message, hint))) = told {
            div.errors role="alert" {
                h2 { (text(say::UNREADABLE)) ": " (name) }
                p lang="en" { (sentence(&message)) }
                @if let Some(hint) = hint { p lang="en" { (sentence(&hint)) } }
            }
        }
        section {
            h2 { (text(say::FROM_FILE)) }
            form method="post" enctype="multipart/form-data" action=(sheet.path("/share/import/file")) {
                (sheet.secret_field())
                div.field {
                    label for="file" { (text(say::FILE)) }
                    p.hint #file-hint { (text(say::FILE_HINT)) }
                    @if fault == "file" { p.error #file-error { "⚠ " (text(say::NO_FILE)) } }
                    input #file type="file" name="file" aria-invalid=[wrong("file")]
                        aria-describedby=(if fault == "file" { "file-hint file-error" } else { "file-hint" });
                }
                p { button.button type="submit" { (text(say::COMPARE)) } }
            }
        }
        section {
            h2 { (text(say::FROM_ADDRESS)) }
            form method="post" action=(sheet.path("/share/import/address")) {
                (sheet.secret_field())
                div.field {
                    label for="address" { (text(say::ADDRESS)) }
                    p.hint #address-hint { (text(say::ADDRESS_HINT)) }
                    @if fault == "address" { p.error #address-error { "⚠ " (text(say::NO_ADDRESS)) } }
                    input #address type="url" name="address" value=(typed) autocomplete="off"
                        aria-invalid=[wrong("address")]
                        aria-describedby=(if fault == "address" { "address-hint address-error" } else { "address-hint" });
                }
                p { button.button type="submit" { (text(say::COMPARE)) } }
            }
        }
    };
    sheet.around(text(say::IMPORT), "/share/import", &main)
}

/// Reads a file that is sent.
pub(super) async fn read_file(State(app): State<App>, request: Request) -> Response {
    let (mut parts, stream) = request.into_parts();
    let signed = match entitled(&mut parts, &app).await {
        Ok(signed) => signed,
        Err(response) => return response,
    };
    let language = signed.language();
    let Ok(slot) = upload_slot(&app) else { return full(language) };
    let request = Request::from_parts(parts, stream);
    let Ok(mut form) = Multipart::from_request(request, &app).await else {
        return foreign(language);
    };
    // The secret comes first, so that nothing is read for who has none.
    let secret = match form.next_field().await {
        Ok(Some(field)) if field.name() == Some("secret") => field.text().await.unwrap_or_default(),
        _ => return foreign(language),
    };
    if !signed.secret.is(&secret) {
        return foreign(language);
    }
    let (name, bytes) = match form.next_field().await {
        Ok(Some(field)) if field.name() == Some("file") => {
            let name = field.file_name().unwrap_or_default().chars().take(100).collect::<String>();
            match field.bytes().await {
                Ok(bytes) => (name, bytes),
                Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                    return refuse(language, error.status(), say::TOO_LARGE, say::TOO_LARGE_TEXT);
                }
                Err(_) => return foreign(language),
            }
        }
        _ => return foreign(language),
    };
    if bytes.is_empty() {
        return go(language, "/share/import", [("fault", "file")], "file");
    }
    let format = Format::from_file_name(&name).map(Into::into);
    let own = app.index.own();
    let read = apart(language, move || {
        let options = ImportOptions { format, base: None };
        let read = import::read(&bytes, &options, &own).or_else(|error| {
            // The name of a file may say something else than it is.
            let sniffed = import::read(&bytes, &ImportOptions::default(), &own);
            sniffed.map_err(|_| error)
        });
        Ok(read.map_err(PublishError::from).map(|imported| {
            let found = found(&imported, &bytes, language);
            (Arc::new(imported), found)
        }))
    });
    let read = read.await;
    drop(slot);
    match read {
        Err(response) => response,
        Ok(Err(error)) => unreadable(&app, &signed, name, &error.into()),
        Ok(Ok((imported, found))) => lay(&app, &signed, name, imported, found).await,
    }
}

/// Reads what the node finds at an address.
pub(super) async fn read_address(State(app): State<App>, submitted: Submitted) -> Response {
    let Submitted { signed, fields } = submitted;
    let language = signed.language();
    let address = fields.one("address").trim().to_owned();
    if crate::fetch::check_address(&address).is_err() {
        let typed =
            Typed { address: address.chars().take(TYPED_CHARS_MAX).collect(), ..Typed::default() };
        app.sessions.at_desk(&signed.key, |desk| desk.typed = typed);
        return go(language, "/share/import", [("fault", "address")], "address");
    }
    let keeper = match app.keeper() {
        Ok(keeper) => keeper.clone(),
        Err(refusal) => return refused(refusal, language),
    };
    match keeper.read_once(&address).await {
        Err(fault) => refused(fault, language),
        Ok(Err(error)) => unreadable(&app, &signed, address, &error.into()),
        Ok(Ok((imported, bytes))) => {
            let looked = apart(language, move || {
                let found = found(&imported, &bytes, language);
                Ok((Arc::new(imported), found))
            });
            match looked.await {
                Ok((imported, found)) => lay(&app, &signed, address, imported, found).await,
                Err(response) => response,
            }
        }
    }
}

fn full(language: Language) -> Response {
    refuse(language, StatusCode::SERVICE_UNAVAILABLE, say::IMPORT, say::IMPORT_FULL)
}

/// Keeps why nothing could be read, and shows it beside the form.
fn unreadable(app: &App, signed: &Signed, name: String, refusal: &Refusal) -> Response {
    let problem = &refusal.problem;
    let line = problem.line.map(|line| format!("line {line}: ")).unwrap_or_default();
    let message = format!("{line}{}", problem.detail);
    let laid = Laid {
        name,
        at: now(),
        imported: None,
        report: publish::empty_report(true),
        findings: Found::default(),
        fault: Some((message, problem.hint.clone())),
    };
    app.sessions.at_desk(&signed.key, |desk| desk.import = Some(laid));
    go(signed.language(), "/share/import", [("fault", "unreadable")], "")
}

/// Says what is to be mended in what was read.
fn found(imported: &Imported, bytes: &[u8], language: Language) -> Found {
    let report = publish::check_read(imported, bytes, checked::options(language));
    let mut first = report.findings;
    first.truncate(FINDINGS_KEPT);
    Found { total: report.errors.saturating_add(report.warnings), first }
}

/// Has what is found said in the language of the page.
fn spoken(language: Language) -> CheckOptions {
    CheckOptions { language, ..CheckOptions::default() }
}

/// Finds what would change, and keeps it with what was read.
async fn lay(
    app: &App,
    signed: &Signed,
    name: String,
    imported: Arc<Imported>,
    findings: Found,
) -> Response {
    let language = signed.language();
    let request =
        ImportRequest { dry_run: true, check: spoken(language), ..ImportRequest::default() };
    let report = match app.publisher.import_read(Arc::clone(&imported), &request).await {
        Ok(report) => report,
        Err(error) => return refused(error, language),
    };
    let laid = Laid { name, at: now(), imported: Some(imported), report, findings, fault: None };
    app.sessions.at_desk(&signed.key, |desk| desk.import = None);
    make_room(app, now());
    app.sessions.at_desk(&signed.key, |desk| desk.import = Some(laid));
    go(language, "/share/import/difference", [], "")
}

/// Forgets what was read too long ago, and the oldest of what is too much.
fn make_room(app: &App, now: Timestamp) {
    let mut times = Vec::new();
    app.sessions.at_every_desk(|desk| {
        if is_old(desk, now) {
            desk.import = None;
        }
        times.extend(
            desk.import.as_ref().filter(|laid| laid.imported.is_some()).map(|laid| laid.at),
        );
    });
    times.sort_unstable();
    while times.len() >= REMEMBERED_MAX {
        let oldest = times.remove(0);
        app.sessions.at_every_desk(|desk| {
            if desk.import.as_ref().is_some_and(|laid| laid.at == oldest) {
                desk.import = None;
            }
        });
    }
}

fn is_old(desk: &Desk, now: Timestamp) -> bool {
    desk.import.as_ref().is_some_and(|laid| now.since(laid.at) >= REMEMBERED_FOR)
}

/// Returns what was read and is still remembered.
fn laid(app: &App, signed: &Signed) -> Option<Laid> {
    let found = app.sessions.at_desk(&signed.key, |desk| {
        if is_old(desk, now()) {
            desk.import = None;
        }
        desk.import.clone().filter(|laid| laid.fault.is_none())
    });
    found.flatten()
}

fn gone(language: Language) -> Response {
    refuse(language, StatusCode::NOT_FOUND, say::IMPORT_GONE, say::IMPORT_GONE_TEXT)
}

/// What would change.
pub(super) async fn difference(State(app): State<App>, signed: Signed) -> Response {
    let fault = signed.asked("fault");
    match laid(&app, &signed) {
        Some(laid) if laid.imported.is_some() => {
            signed.show(app, move |_, sheet| Ok(difference_page(sheet, &laid, &fault))).await
        }
        _ => gone(signed.language()),
    }
}

fn shrinks(report: &ImportReport) -> bool {
    report.warnings.iter().any(|found| found.rule == "shrink")
}

fn difference_page(sheet: &Sheet<'_>, laid: &Laid, fault: &str) -> Markup {
    let report = &laid.report;
    let text = |words| sheet.text(words);
    let nothing = report.created + report.changed + report.withdrawn == 0;
    let shrinks = shrinks(report);
    let main = html! {
        h1 { (text(say::DIFFERENCE)) }
        p { (text(say::READ_FROM)) " " code { (laid.name) } }
        @if fault == "moved" { div.errors role="alert" { p { (text(say::IMPORT_MOVED)) } } }
        @if fault == "shrink" {
            div.errors role="alert" { p { a href="#allow_shrink" { (text(say::SHRINK_NEEDED)) } } }
        }
        (counts(sheet, report))
        @if nothing {
            p.done { "✓ " (text(say::NOTHING_DIFFERS)) }
            p { a.button href=(sheet.path("/share/import")) { (text(say::BACK)) } }
        } @else {
            (changes(sheet, report))
            form method="post" action=(sheet.path("/share/import/do")) {
                (sheet.secret_field())
                @if shrinks {
                    div.errors {
                        h2 { (text(say::SHRINKS)) }
                        p { (text(say::SHRINKS_TEXT)) }
                        div.choice {
                            input #allow_shrink type="checkbox" name="allow_shrink" value="yes"
                                aria-invalid=[(fault == "shrink").then_some("true")];
                            label for="allow_shrink" { (text(say::SHRINK_MEANT)) }
                        }
                    }
                }
                p.buttons {
                    button.button type="submit" { (text(say::DO_IT)) }
                    " " a href=(sheet.path("/share/import")) { (text(say::CANCEL)) }
                }
                p.quiet { (text(say::IMPORT_KEPT)) }
            }
        }
        (more(sheet, laid))
    };
    sheet.around(text(say::DIFFERENCE), "/share/import", &main)
}

fn counts(sheet: &Sheet<'_>, report: &ImportReport) -> Markup {
    let rows = [
        (say::CREATED, report.created),
        (say::CHANGED, report.changed),
        (say::WITHDRAWN, report.withdrawn),
        (say::SAME, report.unchanged),
    ];
    html! {
        dl.counts {
            @for (name, count) in rows {
                div { dt { (sheet.text(name)) } dd { (sheet.language().number(count)) } }
            }
        }
    }
}

/// Lists what changes, by what happens to it; what is withdrawn first.
fn changes(sheet: &Sheet<'_>, report: &ImportReport) -> Markup {
    let kinds: [(ChangeKind, Words, u64); 3] = [
        (ChangeKind::Withdrawn, say::WITHDRAWN, report.withdrawn),
        (ChangeKind::Created, say::CREATED, report.created),
        (ChangeKind::Changed, say::CHANGED, report.changed),
    ];
    html! {
        @for (kind, name, count) in kinds.into_iter().filter(|(.., count)| *count > 0) {
            @let of_kind = report.changes.iter().filter(|change| change.change == kind);
            @let shown: Vec<_> = of_kind.take(CHANGES_SHOWN).collect();
            details open {
                summary { (sheet.text(name)) " (" (sheet.language().number(count)) ")" }
                ul {
                    @for change in &shown {
                        li {
                            (if change.title.is_empty() { &change.iri } else { &change.title })
                            " " span.quiet { (sheet.language().kind(change.kind)) }
                        }
                    }
                    @if u64::try_from(shown.len()).unwrap_or(u64::MAX) < count {
                        li.quiet { (sheet.text(say::MORE_CHANGES)) }
                    }
                }
            }
        }
    }
}

/// Shows what is not carried, and what is to be mended.
fn more(sheet: &Sheet<'_>, laid: &Laid) -> Markup {
    let Laid { report, findings, .. } = laid;
    let kept = report.warnings.iter().filter(|found| found.rule == "kept-by-source");
    html! {
        @for found in kept { p.warning lang="en" { (found.message) ". " (found.remedy) } }
        @if report.not_carried.triples > 0 {
            details {
                summary {
                    (sheet.text(say::NOT_CARRIED)) " ("
                    (sheet.language().number(report.not_carried.triples)) ")"
                }
                p { (sheet.text(say::NOT_CARRIED_TEXT)) }
                ul { @for subject in &report.not_carried.subjects { li lang="en" { (subject) } } }
            }
        }
        @if findings.total > 0 {
            details {
                summary {
                    (sheet.text(say::CHECKED)) " (" (sheet.language().number(findings.total)) ")"
                }
                (checked::findings(sheet.language(), &findings.first))
            }
        }
    }
}

/// Carries out what was shown.
pub(super) async fn carry_out(State(app): State<App>, submitted: Submitted) -> Response {
    let Submitted { signed, fields } = submitted;
    let language = signed.language();
    let allow_shrink = fields.one("allow_shrink") == "yes";
    let Some(shown) = laid(&app, &signed) else { return gone(language) };
    let Some(imported) = shown.imported.clone() else { return gone(language) };
    if shrinks(&shown.report) && !allow_shrink {
        return go(language, "/share/import/difference", [("fault", "shrink")], "");
    }
    let dry = ImportRequest { dry_run: true, check: spoken(language), ..ImportRequest::default() };
    let again = match app.publisher.import_read(Arc::clone(&imported), &dry).await {
        Ok(report) => report,
        Err(error) => return refused(error, language),
    };
    if fingerprint(&again) != fingerprint(&shown.report) {
        let moved = Laid { at: now(), report: again, ..shown };
        app.sessions.at_desk(&signed.key, |desk| desk.import = Some(moved));
        return go(language, "/share/import/difference", [("fault", "moved")], "");
    }
    // The work goes on to its end even if the client goes away.
    let publisher = app.publisher.clone();
    let request =
        ImportRequest { allow_shrink, check: spoken(language), ..ImportRequest::default() };
    let done = tokio::spawn(async move { publisher.import_read(imported, &request).await });
    let report = match done.await {
        Ok(Ok(report)) => report,
        Ok(Err(error)) => return refused(error, language),
        Err(error) => return refused(Refusal::internal(&error), language),
    };
    let over = Laid { at: now(), imported: None, report, ..shown };
    wait_until_searchable(&app).await;
    app.sessions.at_desk(&signed.key, |desk| desk.import = Some(over));
    go(language, "/share/import/report", [], "")
}

/// What was changed.
pub(super) async fn report(State(app): State<App>, signed: Signed) -> Response {
    match laid(&app, &signed) {
        Some(laid) if laid.imported.is_none() => {
            signed
                .show(app, move |_, sheet| {
                    let main = html! {
                        h1 { (sheet.text(say::IMPORT)) }
                        p.done role="status" { "✓ " (sheet.text(say::IMPORT_DONE)) }
                        p { (sheet.text(say::READ_FROM)) " " code { (laid.name) } }
                        (counts(sheet, &laid.report))
                        (changes(sheet, &laid.report))
                        (more(sheet, &laid))
                        p {
                            a.button href=(sheet.path("/share/datasets")) { (sheet.text(say::OWN)) }
                        }
                    };
                    Ok(sheet.around(sheet.text(say::IMPORT), "/share/import", &main))
                })
                .await
        }
        _ => gone(signed.language()),
    }
}
