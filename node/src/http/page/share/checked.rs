//! What is found in a description, and what it scores, for people.

use dela_protocol::api::{Finding, Severity};
use dela_protocol::dcat::Resource;
use dela_protocol::description::Description;
use dela_protocol::record::RecordKind;
use maud::{Markup, html};

use super::super::language::Language;
use super::super::words::share as say;
use super::super::words::share::form as field;
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

/// Shows what is found in a dataset, and its score. `form` is the address of
/// the form in which it can be mended, empty where that is around it.
pub(super) fn dataset(language: Language, description: &Description, form: &str) -> Markup {
    let findings = check::description(RecordKind::Dataset, description, options(language));
    html! {
        h2 { (say::CHECKED.text(language)) }
        (listed_by_severity(language, &findings, Some(form)))
        (score(language, description, form))
    }
}

/// Lists findings in a file, the errors first.
pub(super) fn findings(language: Language, findings: &[Finding]) -> Markup {
    listed_by_severity(language, findings, None)
}

fn listed_by_severity(language: Language, findings: &[Finding], form: Option<&str>) -> Markup {
    let of = |severity| {
        findings.iter().filter(move |found| found.severity == severity).collect::<Vec<_>>()
    };
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    html! {
        @if findings.is_empty() { p.done { "✓ " (say::NO_FINDINGS.text(language)) } }
        @if !errors.is_empty() {
            h3.bad { "⚠ " (say::TO_MEND.text(language)) " (" (errors.len()) ")" }
            (listed(language, &errors, form))
        }
        @if !warnings.is_empty() {
            h3 { (say::TO_BETTER.text(language)) " (" (warnings.len()) ")" }
            (listed(language, &warnings, form))
        }
    }
}

fn listed(language: Language, findings: &[&Finding], form: Option<&str>) -> Markup {
    html! {
        ul.findings {
            @for found in findings.iter().take(FINDINGS_SHOWN) {
                li {
                    strong { (capitalised(&found.message)) } ". "
                    @match form.zip(field_of(&found.rule)) {
                        Some((form, field)) => (mend(language, form, field)),
                        None => { (capitalised(&found.remedy)) "." },
                    }
                    @if let Some(line) = found.line {
                        " " span.quiet { (say::LINE.text(language)) " " (line) }
                    }
                    @if !found.why.is_empty() { br; span.quiet { (capitalised(&found.why)) "." } }
                }
            }
            @if findings.len() > FINDINGS_SHOWN {
                li.quiet {
                    "+ " (findings.len() - FINDINGS_SHOWN) " " (say::MORE_FINDINGS.text(language))
                }
            }
        }
    }
}

/// Says in which field something can be mended.
fn mend(language: Language, form: &str, (anchor, label): (&str, Words)) -> Markup {
    html! {
        (say::FILL_IN.text(language)) " "
        a href=(format!("{form}#{anchor}")) { (label.text(language)) } "."
    }
}

/// Returns in which field of the form something can be mended: where it is, and
/// what it is called.
fn field_of(rule_or_indicator: &str) -> Option<(&'static str, Words)> {
    Some(match rule_or_indicator {
        "dataset-title" => ("title_sv", field::TITLE),
        "dataset-description" => ("description_sv", field::DESCRIPTION),
        "dataset-keyword" | "keyword_usage" => ("keywords_sv", field::KEYWORDS),
        "dataset-theme" | "categories" => ("themes", field::THEMES),
        "dataset-issued" | "issued" => ("issued", field::ISSUED),
        "modified" => ("modified", field::MODIFIED),
        "dataset-conforms-to" => ("conforms_to", field::CONFORMS_TO),
        "dataset-spatial" | "geo_search" => ("place_other", field::PLACES),
        "dataset-temporal" | "time_based_search" => ("period_start", field::PERIOD),
        "dataset-access-rights" | "access_rights" | "access_rights_vocabulary" => {
            ("access_rights", field::ACCESS)
        }
        "dataset-contact" | "contact_point" | "contact-name" => {
            ("contact_name", field::CONTACT_NAME)
        }
        "contact-email" => ("contact_email", field::CONTACT_EMAIL),
        "contact-telephone" => ("contact_telephone", field::CONTACT_TELEPHONE),
        "distribution-licence" | "licence" | "licence_vocabulary" => ("licence", field::LICENCE),
        "publisher-type" => ("publisher_type", field::PUBLISHER_TYPE),
        "publisher-identifier" | "dataset-publisher-iri" => {
            ("publisher_number", field::PUBLISHER_NUMBER)
        }
        // Which of them, the finding tells by an IRI that says nothing to people.
        "distribution-access-url" => ("where", field::ACCESS_URL),
        "download_url" => ("where", field::DOWNLOAD_URL),
        "distribution-format" | "format" | "machine_readable" | "non_proprietary" => {
            ("where", field::FORMAT)
        }
        "distribution-description" => ("where", field::D_DESCRIPTION),
        "distribution-availability" => ("where", field::AVAILABILITY),
        _ => return None,
    })
}

/// Begins a sentence: rules speak in lower case, as errors do.
fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), chars.as_str())
}

/// Shows the score, and what would gain the most of what the form can give.
fn score(language: Language, description: &Description, form: &str) -> Markup {
    let text = |words: Words| words.text(language);
    let score = Marks::of(description, &Resource::of(description)).score();
    let missed = score.outcomes().filter(|(_, outcome)| *outcome == Outcome::Missed);
    let (mut gains, others): (Vec<_>, Vec<_>) = missed
        .map(|(indicator, _)| (indicator, field_of(indicator.name)))
        .partition(|(_, field)| field.is_some());
    gains.sort_by_key(|(indicator, _)| core::cmp::Reverse(indicator.points));
    let rest: u32 = others.iter().map(|(indicator, _)| indicator.points).sum();
    html! {
        h2 { (text(say::SCORE)) }
        p.score {
            strong { (score.points) } " " (text(say::OF)) " " (POINTS_MAX) " " (text(say::POINTS))
            " – " (score.rating().words().text(language))
        }
        p { meter min="0" max=(POINTS_MAX) value=(score.points) aria-label=(text(say::SCORE)) {} }
        @if !gains.is_empty() {
            h3 { (text(say::GAINS)) }
            ul.findings {
                @for (indicator, field) in gains.iter().take(GAINS_SHOWN) {
                    li {
                        strong { "+" (indicator.points) " " (indicator.label.text(language)) } ". "
                        @if let Some(field) = field { (mend(language, form, *field)) }
                    }
                }
            }
        }
        @if score.unchecked > 0 { p.quiet { (score.unchecked) " " (text(say::UNCHECKED)) "." } }
        @if rest > 0 { p.quiet { (rest) " " (text(say::REST)) "." } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::INDICATORS;

    #[test]
    fn what_leads_to_a_field_is_a_rule_or_an_indicator() {
        let led = INDICATORS.iter().filter(|indicator| field_of(indicator.name).is_some());
        assert_eq!(led.count(), 15);
        assert!(field_of("dcat_ap_compliance").is_none());
        assert_eq!(capitalised("åtgärda det"), "Åtgärda det");
        assert_eq!(capitalised(""), "");
    }
}
