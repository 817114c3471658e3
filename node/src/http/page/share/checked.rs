//! What is found in a description, and what it scores, for people.

use dela_protocol::api::{Finding, Severity};
use dela_protocol::dcat::Resource;
use dela_protocol::description::Description;
use dela_protocol::record::RecordKind;
use maud::{Markup, html};

use super::super::language::Language;
use super::super::words::share as say;
use crate::check::{self, CheckOptions};
use crate::language::Words;
use crate::quality::{Marks, Outcome, POINTS_MAX};

/// How many findings of a kind are shown: more than these are not mended in one
/// go.
const FINDINGS_SHOWN: usize = 50;

/// How many of the points that are missed are named.
const GAINS_SHOWN: usize = 5;

/// Returns how to check a description for people who speak a language.
pub(super) fn options(language: Language) -> CheckOptions {
    CheckOptions { language, ..CheckOptions::default() }
}

/// Shows what is found in a dataset, and its score.
pub(super) fn dataset(language: Language, description: &Description) -> Markup {
    let findings = check::description(RecordKind::Dataset, description, options(language));
    html! {
        h2 { (say::CHECKED.text(language)) }
        (self::findings(language, &findings))
        (score(language, description))
    }
}

/// Lists findings, the errors first.
pub(super) fn findings(language: Language, findings: &[Finding]) -> Markup {
    let of = |severity| {
        findings.iter().filter(move |found| found.severity == severity).collect::<Vec<_>>()
    };
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    html! {
        @if findings.is_empty() { p.done { "✓ " (say::NO_FINDINGS.text(language)) } }
        @if !errors.is_empty() {
            h3.bad { "⚠ " (say::TO_MEND.text(language)) " (" (errors.len()) ")" }
            (listed(language, &errors))
        }
        @if !warnings.is_empty() {
            h3 { (say::TO_BETTER.text(language)) " (" (warnings.len()) ")" }
            (listed(language, &warnings))
        }
    }
}

fn listed(language: Language, findings: &[&Finding]) -> Markup {
    html! {
        ul.findings {
            @for found in findings.iter().take(FINDINGS_SHOWN) {
                li {
                    strong { (found.message) } ": " (found.remedy) "."
                    @if let Some(line) = found.line {
                        " " span.quiet { (say::LINE.text(language)) " " (line) }
                    }
                    @if !found.why.is_empty() { br; span.quiet { (found.why) } }
                }
            }
            @if findings.len() > FINDINGS_SHOWN {
                li.quiet { "+ " (findings.len() - FINDINGS_SHOWN) " " (say::MORE_FINDINGS.text(language)) }
            }
        }
    }
}

/// Shows the score, and what would gain the most.
fn score(language: Language, description: &Description) -> Markup {
    let text = |words: Words| words.text(language);
    let score = Marks::of(description, &Resource::of(description)).score();
    let mut missed: Vec<_> = score
        .outcomes()
        .filter(|(_, outcome)| *outcome == Outcome::Missed)
        .map(|(indicator, _)| indicator)
        .collect();
    missed.sort_by_key(|indicator| core::cmp::Reverse(indicator.points));
    html! {
        h2 { (text(say::SCORE)) }
        p.score {
            strong { (score.points) } " " (text(say::OF)) " " (POINTS_MAX) " " (text(say::POINTS))
            " – " (score.rating().words().text(language))
        }
        p { meter min="0" max=(POINTS_MAX) value=(score.points) aria-label=(text(say::SCORE)) {} }
        @if score.unchecked > 0 {
            p.quiet { (score.unchecked) " " (text(say::UNCHECKED)) }
        }
        @if !missed.is_empty() {
            h3 { (text(say::GAINS)) }
            ul.findings {
                @for indicator in missed.iter().take(GAINS_SHOWN) {
                    li {
                        strong { "+" (indicator.points) " " (indicator.label.text(language)) }
                        ": " (indicator.remedy.text(language))
                    }
                }
            }
        }
    }
}
