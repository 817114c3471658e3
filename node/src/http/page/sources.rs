//! The sources of the node: how they are, for everybody; where they are, and
//! what went wrong in their own words, only for who has the token.
//!
//! Invariant: no address of a source and no word of its answer is on the page.
//! Both may tell how an agency's network looks from the inside.

use dela_protocol::api::{Outcome, Source, SourceState, SourcesStatus, Suspicion, Waiting};
use dela_protocol::time::Timestamp;
use maud::{Markup, html};

use super::language::Language;
use super::layout::Frame;
use super::words::share;
use crate::language::words;

/// Returns one of two texts, by the language of the page.
fn say(language: Language, swedish: &'static str, english: &'static str) -> &'static str {
    words(swedish, english).text(language)
}

/// Returns what a link to the page is called.
pub(super) fn name(language: Language) -> &'static str {
    say(language, "Källor", "Sources")
}

/// Says below every page that somebody should look at a source.
pub(super) fn footer(language: Language, status: SourcesStatus) -> Markup {
    let failing = match status.failing {
        1 => say(language, "källa kan inte läsas", "source cannot be read"),
        _ => say(language, "källor kan inte läsas", "sources cannot be read"),
    };
    let refused = match status.refused {
        1 => say(language, "källa avvisades för sina fel", "source was refused for its errors"),
        _ => {
            say(language, "källor avvisades för sina fel", "sources were refused for their errors")
        }
    };
    let suspicious = match status.suspicious {
        1 => {
            say(language, "källa saknar mycket av vad den hade", "source lacks much of what it had")
        }
        _ => say(
            language,
            "källor saknar mycket av vad de hade",
            "sources lack much of what they had",
        ),
    };
    html! {
        @for (count, text) in [
            (status.failing, failing),
            (status.refused, refused),
            (status.suspicious, suspicious),
        ] {
            @if count > 0 { p.warning { (language.number(count)) " " (text) } }
        }
    }
}

/// Returns the page.
pub(super) fn page(frame: &Frame, sources: &[Source]) -> Markup {
    let language = frame.language;
    let say = |swedish, english| say(language, swedish, english);
    let main = html! {
        div.wide {
            h1 { (name(language)) }
            @if sources.is_empty() {
                p { (say("Noden har inga källor.", "The node has no sources.")) }
            } @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { (say("Källa", "Source")) }
                                th scope="col" { (say("Tillstånd", "State")) }
                                th.number scope="col" { (say("Poster", "Records")) }
                                th scope="col" { (say("Senast läst", "Last read")) }
                                th.later scope="col" { (say("Nästa gång", "Next")) }
                                th scope="col" { (say("Senaste ändring", "Last change")) }
                            }
                        }
                        tbody { @for source in sources { (row(language, source)) } }
                    }
                }
                @for source in sources.iter() { (advice(language, source)) }
            }
            p.quiet {
                (say(
                    "Noden frågar sina källor på bestämda tider och publicerar vad som är nytt. \
                     Var källorna finns visar ",
                    "The node asks its sources on a schedule and publishes what is new. Where they \
                     are is told by ",
                ))
                code { "dela sources" }
                "."
            }
            p { a href=(frame.path("/share/sources")) { (frame.text(share::MANAGE)) } }
        }
    };
    frame.around(name(language), &html! {}, &main)
}

fn row(language: Language, source: &Source) -> Markup {
    let never = say(language, "aldrig", "never");
    let changed = source.runs.iter().find(|run| run.created + run.changed + run.withdrawn > 0);
    html! {
        tr {
            th scope="row" { code { (source.id) } }
            td { (state(language, source)) }
            td.number { (language.number(source.records)) }
            td { @match source.succeeded_at { Some(at) => (moment(at)), None => (never) } }
            td.later {
                @match source.next_run_at {
                    Some(at) => (moment(at)),
                    None => (say(language, "för hand", "by hand")),
                }
            }
            td {
                @match changed {
                    Some(run) => {
                        (moment(run.started_at)) ": "
                        "+" (language.number(run.created)) " "
                        "~" (language.number(run.changed)) " "
                        "−" (language.number(run.withdrawn))
                    },
                    None => "–",
                }
            }
        }
    }
}

pub(super) fn state(language: Language, source: &Source) -> Markup {
    let (mark, class, text) = match source.state {
        SourceState::InStep => ("✓", "good", say(language, "I takt", "In step")),
        SourceState::New => ("…", "quiet", say(language, "Ny", "New")),
        SourceState::Paused => ("…", "quiet", say(language, "Vilar", "Paused")),
        SourceState::Waiting => ("…", "quiet", say(language, "Avvaktar", "Waiting")),
        SourceState::Suspicious => ("⚠", "bad", say(language, "Misstänkt", "Suspicious")),
        SourceState::Refused => ("⚠", "bad", say(language, "Avvisad", "Refused")),
        SourceState::Failing => ("⚠", "bad", say(language, "Kan inte läsas", "Cannot be read")),
    };
    html! {
        span class=(class) { (mark) " " (text) }
        @if source.running_since.is_some() {
            " (" (say(language, "läses nu", "being read")) ")"
        }
    }
}

/// Says what waits, and what somebody should do.
fn advice(language: Language, source: &Source) -> Markup {
    let failed = source.runs.first().is_some_and(|run| run.outcome == Outcome::Failed);
    html! {
        @if failed && source.error.is_some() {
            p.warning {
                code { (source.id) } ": "
                @if source.state == SourceState::Refused {
                    (say(language, "det senaste svaret har fel och publicerades inte; felen visar ",
                        "the last answer has errors and was not published; they are told by "))
                } @else {
                    (say(language, "senaste försöket misslyckades; orsaken visar ",
                        "the last run failed; why is told by "))
                }
                code { "dela sources show " (source.id) }
            }
        }
        @if let Some(waiting) = &source.waiting {
            p.warning[waiting.suspicion.is_some()] {
                code { (source.id) } ": " (self::waiting(language, waiting))
                @if waiting.suspicion.is_some() {
                    " " (say(language, "Är det meningen: ", "If it is meant: "))
                    code { "dela sources accept " (source.id) }
                }
            }
        }
    }
}

pub(super) fn waiting(language: Language, waiting: &Waiting) -> Markup {
    let what = match waiting.suspicion {
        None => say(language, "försvann", "vanished"),
        Some(Suspicion::Emptied) => {
            say(language, "försvann, allt som fanns", "vanished, all there was")
        }
        Some(Suspicion::Shrunk) => say(language, "försvann på en gång", "vanished at once"),
        Some(Suspicion::Replaced) => say(
            language,
            "försvann, och lika många nya kom i stället",
            "vanished, and as many new ones came instead",
        ),
    };
    html! {
        (language.number(waiting.records)) " " (say(language, "poster", "records")) " " (what)
        " (" (moment(waiting.since)) "). "
        @match waiting.withdrawn_after {
            Some(at) => {
                (say(language, "De återkallas efter ", "They are withdrawn after ")) (moment(at))
                (say(language, " om de inte kommer tillbaka.", " unless they come back."))
            },
            None => (say(language, "De ligger kvar.", "They stay published.")),
        }
    }
}

/// Writes a moment to the minute.
pub(super) fn moment(at: Timestamp) -> Markup {
    let text = at.to_string();
    let minute = text.get(..16).map_or(text.clone(), |minute| minute.replace('T', " "));
    html! { time datetime=(text) { (minute) " UTC" } }
}
