//! Filling in, checking and publishing a dataset.

use core::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use dela_protocol::record::RecordKind;
use maud::{Markup, html};

use super::super::App;
use super::super::words::share::form as say;
use super::dataset_form::{self, Shown};
use super::field::Fields as FormFields;
use super::sheet::{fragment, go, refuse};
use super::signed::{Fields, Signed, Submitted, apart, refused};
use super::sketch::{Of, Outcome, Sketch, issuer, own_dataset};
use super::{Sheet, checked, preview as shown_before};
use crate::compose::draft::{DISTRIBUTIONS_MAX, Draft, DraftDistribution, Existing, Issuer};
use crate::driver::now;
use crate::http::error::Refusal;
use crate::index::Index;

impl Sketch {
    /// Reads a sketch from the fields of its form.
    fn from_fields(fields: &Fields) -> Self {
        let of = fields.one("of").parse().ok().zip(fields.one("record").parse().ok());
        Self {
            id: fields.one("draft").to_owned(),
            draft: Draft::from_fields(fields.pairs()),
            of: of.map(|(id, record)| Of { id, record }),
        }
    }

    /// A new dataset, of today and with room for one distribution.
    fn blank(issuer: &Issuer) -> Self {
        let today: String = now().to_string().chars().take(10).collect();
        let publisher_name = match issuer {
            // A name that the node made up is no beginning.
            Issuer::Asked { name, .. } if !name.starts_with("Unnamed agency") => name.clone(),
            Issuer::Asked { .. } | Issuer::Known { .. } => String::new(),
        };
        let draft = Draft {
            access_rights: "PUBLIC".to_owned(),
            issued: today.clone(),
            modified: today,
            publisher_name,
            distributions: vec![DraftDistribution::default()],
            ..Draft::default()
        };
        Self { draft, ..Self::default() }
    }
}

/// The form: empty, of a published dataset (`of`), or as it was left (`draft`),
/// with what is wrong (`check`).
pub(super) async fn form(State(app): State<App>, signed: Signed) -> Response {
    let (draft, of) = (signed.asked("draft"), signed.asked("of"));
    let is_checked = !signed.asked("check").is_empty();
    let kept = app.sessions.at_desk(&signed.key, |desk| desk.sketches.find(&draft)).flatten();
    if kept.is_none() && !draft.is_empty() {
        return refuse(signed.language(), StatusCode::NOT_FOUND, say::GONE, say::GONE_TEXT);
    }
    let shares = app.publisher.shares().clone();
    signed
        .show(app, move |index, sheet| {
            let issuer = issuer(index)?;
            let (sketch, existing) = match (kept, of.parse().ok()) {
                (Some(sketch), _) => {
                    let existing = sketch.of.map(|of| own_dataset(index, of.id)).transpose()?;
                    (sketch, existing)
                }
                (None, Some(id)) => {
                    let (described, existing) = own_dataset(index, id)?;
                    let misfits: Vec<_> = existing.misfits().collect();
                    if !misfits.is_empty() {
                        return Ok(shown_before::misfit(sheet, &id.to_string(), &misfits));
                    }
                    let of = Some(Of { id, record: described.record.id() });
                    let draft = existing.draft().clone();
                    (Sketch { draft, of, ..Sketch::default() }, Some((described, existing)))
                }
                (None, None) => (Sketch::blank(&issuer), None),
            };
            let faults = match is_checked.then(|| sketch.outcome(index)).transpose()? {
                Some(Outcome::Faults(faults)) => faults,
                _ => Vec::new(),
            };
            let existing = existing.as_ref().map(|(_, existing)| existing);
            Ok(dataset_form::page(
                sheet,
                &Shown {
                    sketch: &sketch,
                    faults: &faults,
                    issuer: &issuer,
                    has_publisher: existing.is_some_and(Existing::has_publisher),
                    has_hidden: existing.is_some_and(|one| one.hidden() > 0),
                    is_kept: sketch.of.is_some_and(|of| shares.keeper(&of.id).is_some()),
                },
            ))
        })
        .await
}

/// Takes in the form, and sends on to what is to be done next.
pub(super) async fn submit(State(app): State<App>, submitted: Submitted) -> Response {
    let Submitted { signed, fields } = submitted;
    let language = signed.language();
    let mut sketch = Sketch::from_fields(&fields);
    let wanted = fields.one("do");
    let parts = &mut sketch.draft.distributions;
    let mut place = None;
    if wanted == "add" && parts.len() < DISTRIBUTIONS_MAX {
        place = Some(format!("d{}", parts.len()));
        parts.push(DraftDistribution::default());
    } else if let Some(number) = wanted.strip_prefix("remove-").and_then(|n| n.parse().ok())
        && parts.len() > number
    {
        parts.remove(number);
        place = Some(format!("d{}", usize::saturating_sub(number, 1)));
    }
    let kept = sketch.clone();
    let kept = app.sessions.at_desk(&signed.key, |desk| desk.sketches.keep(kept));
    let id = match kept {
        Some(Ok(id)) => id,
        Some(Err(error)) => {
            return refused(Refusal::internal(&std::io::Error::other(error.to_string())), language);
        }
        None => return refuse(language, StatusCode::NOT_FOUND, say::GONE, say::GONE_TEXT),
    };
    if let Some(place) = place {
        return go(language, "/share/dataset", [("draft", id.as_str())], &place);
    }
    let outcome = apart(language, move || sketch.outcome(&app.index)).await;
    match outcome {
        Err(response) => response,
        Ok(Outcome::Made(_)) => {
            go(language, "/share/dataset/preview", [("draft", id.as_str())], "")
        }
        Ok(Outcome::Faults(_)) => {
            go(language, "/share/dataset", [("draft", id.as_str()), ("check", "1")], "errors")
        }
        Ok(Outcome::Moved) => moved(language),
    }
}

fn moved(language: crate::language::Language) -> Response {
    refuse(language, StatusCode::CONFLICT, say::MOVED, say::MOVED_TEXT)
}

/// Checks the form while somebody types: a part of a page.
pub(super) async fn check(State(app): State<App>, submitted: Submitted) -> Response {
    let Submitted { signed, fields } = submitted;
    let language = signed.language();
    let sketch = Sketch::from_fields(&fields);
    let draft = sketch.draft.clone();
    let outcome = apart(language, move || sketch.outcome(&app.index)).await;
    match outcome {
        Err(response) => response,
        Ok(Outcome::Made(description)) => fragment(checked::dataset(language, &description, "")),
        Ok(Outcome::Faults(faults)) => {
            let fields = FormFields { language, faults: &faults };
            fragment(html! {
                h2 { (say::FAULTS.text(language)) }
                ul {
                    @for fault in &faults {
                        li {
                            a href=(format!("#{}", fault.field)) {
                                (dataset_form::name_of(&fields, &draft, &fault.field)) ": "
                                (fields.fault(&fault.field).unwrap_or_default())
                            }
                        }
                    }
                }
            })
        }
        Ok(Outcome::Moved) => fragment(html! {
            p.warning { (say::MOVED.text(language)) ". " (say::MOVED_TEXT.text(language)) }
        }),
    }
}

/// The dataset as it will be seen.
pub(super) async fn preview(State(app): State<App>, signed: Signed) -> Response {
    let language = signed.language();
    let draft = signed.asked("draft");
    let kept = app.sessions.at_desk(&signed.key, |desk| desk.sketches.find(&draft)).flatten();
    let Some(sketch) = kept else {
        return refuse(language, StatusCode::NOT_FOUND, say::GONE, say::GONE_TEXT);
    };
    let index = app.index.clone();
    let outcome = apart(language, move || sketch.outcome(&index)).await;
    match outcome {
        Err(response) => response,
        Ok(Outcome::Made(description)) => {
            let make = move |_: &Index, sheet: &Sheet<'_>| -> Result<Markup, Refusal> {
                Ok(shown_before::page(sheet, &draft, &description))
            };
            signed.show(app, make).await
        }
        Ok(Outcome::Faults(_)) => {
            go(language, "/share/dataset", [("draft", draft.as_str()), ("check", "1")], "errors")
        }
        Ok(Outcome::Moved) => moved(language),
    }
}

/// Publishes what was previewed.
pub(super) async fn publish(State(app): State<App>, submitted: Submitted) -> Response {
    let Submitted { signed, fields } = submitted;
    let language = signed.language();
    let draft = fields.one("draft").to_owned();
    let kept = app.sessions.at_desk(&signed.key, |desk| desk.sketches.find(&draft)).flatten();
    let Some(sketch) = kept else {
        return refuse(language, StatusCode::NOT_FOUND, say::GONE, say::GONE_TEXT);
    };
    let index = app.index.clone();
    let description = match apart(language, move || sketch.outcome(&index)).await {
        Err(response) => return response,
        Ok(Outcome::Made(description)) => *description,
        Ok(Outcome::Faults(_)) => {
            let pairs = [("draft", draft.as_str()), ("check", "1")];
            return go(language, "/share/dataset", pairs, "errors");
        }
        Ok(Outcome::Moved) => return moved(language),
    };
    // The work goes on to its end even if the client goes away.
    let publisher = app.publisher.clone();
    let options = checked::options(language);
    let done = tokio::spawn(async move {
        publisher.publish_description(RecordKind::Dataset, description, options).await
    });
    let report = match done.await {
        Ok(Ok(report)) => report,
        Ok(Err(error)) => return refused(error, language),
        Err(error) => return refused(Refusal::internal(&error), language),
    };
    app.sessions.at_desk(&signed.key, |desk| desk.sketches.forget(&draft));
    wait_until_searchable(&app).await;
    let done = if report.change.is_some() { "published" } else { "unchanged" };
    let id = report.id.to_string();
    go(language, "/share/datasets", [("done", done), ("id", id.as_str())], "")
}

/// Waits until the list that comes next shows what was just published, but not
/// for long: the page says that it is published, whatever the list shows.
pub(super) async fn wait_until_searchable(app: &App) {
    /// A search takes in a change within a few tens of milliseconds.
    const LIST_WITHIN: Duration = Duration::from_secs(2);
    let index = app.index.clone();
    let waited = tokio::task::spawn_blocking(move || index.wait_for_search(LIST_WITHIN));
    if let Ok(Err(error)) = waited.await {
        tracing::debug!(%error, "how far the search is cannot be read");
    }
}
