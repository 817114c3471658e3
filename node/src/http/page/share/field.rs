//! The parts of a form: a label, a hint, what is wrong, and what one fills in.
//!
//! Invariant: whatever stands beside a field is bound to it for those who do not
//! see the page, and what is wrong is said in words.

use maud::{Markup, html};

use super::super::language::Language;
use super::super::words::share::form as say;
use crate::compose::draft::{Fault, FieldFault};
use crate::language::Words;
use crate::vocabulary::Concept;

/// Makes fields in one language, each with what is wrong with it.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) language: Language,
    pub(super) faults: &'a [FieldFault],
}

/// A line to write on.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) name: &'a str,
    pub(super) label: Words,
    pub(super) hint: Option<Words>,
    pub(super) value: &'a str,
    /// The type of input: `text`, `url`, `email`, `tel`.
    pub(super) kind: &'static str,
    pub(super) autocomplete: &'static str,
    pub(super) needed: bool,
}

impl<'a> Line<'a> {
    /// A line of text.
    pub(super) const fn new(name: &'a str, label: Words, value: &'a str) -> Self {
        Self { name, label, hint: None, value, kind: "text", autocomplete: "off", needed: false }
    }

    pub(super) const fn hint(self, hint: Words) -> Self {
        Self { hint: Some(hint), ..self }
    }

    pub(super) const fn kind(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }

    pub(super) const fn autocomplete(self, autocomplete: &'static str) -> Self {
        Self { autocomplete, ..self }
    }

    pub(super) const fn needed(self) -> Self {
        Self { needed: true, ..self }
    }
}

impl Fields<'_> {
    pub(super) fn text(&self, words: Words) -> &'static str {
        words.text(self.language)
    }

    pub(super) fn fault(&self, name: &str) -> Option<String> {
        let found = self.faults.iter().find(|fault| fault.field == name)?;
        Some(fault_text(self.language, found.fault))
    }

    fn described_by(&self, name: &str, has_hint: bool) -> Option<String> {
        let hint = has_hint.then(|| format!("{name}-hint"));
        let fault = self.fault(name).map(|_| format!("{name}-error"));
        let ids: Vec<String> = hint.into_iter().chain(fault).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    /// Shows a hint, and what is wrong.
    pub(super) fn beside(&self, name: &str, hint: Option<Words>) -> Markup {
        html! {
            @if let Some(hint) = hint { p.hint id=(format!("{name}-hint")) { (self.text(hint)) } }
            @if let Some(fault) = self.fault(name) {
                p.error id=(format!("{name}-error")) { span aria-hidden="true" { "⚠ " } (fault) }
            }
        }
    }

    fn label(&self, line: &Line<'_>) -> Markup {
        html! {
            label for=(line.name) {
                (self.text(line.label)) @if line.needed { span aria-hidden="true" { " *" } }
            }
        }
    }

    /// A line to write on.
    pub(super) fn line(&self, line: Line<'_>) -> Markup {
        let name = line.name;
        html! {
            div.field {
                (self.label(&line))
                (self.beside(name, line.hint))
                input id=(name) name=(name) type=(line.kind) value=(line.value)
                    autocomplete=(line.autocomplete)
                    aria-required=[line.needed.then_some("true")]
                    aria-invalid=[self.fault(name).map(|_| "true")]
                    aria-describedby=[self.described_by(name, line.hint.is_some())];
            }
        }
    }

    /// Several lines to write on.
    pub(super) fn area(&self, line: Line<'_>, rows: u8) -> Markup {
        let name = line.name;
        html! {
            div.field {
                (self.label(&line))
                (self.beside(name, line.hint))
                // The first line end after the tag is not of the text.
                textarea id=(name) name=(name) rows=(rows)
                    aria-required=[line.needed.then_some("true")]
                    aria-invalid=[self.fault(name).map(|_| "true")]
                    aria-describedby=[self.described_by(name, line.hint.is_some())] {
                    "\n" (line.value)
                }
            }
        }
    }

    /// One of several, from a list.
    pub(super) fn select(&self, line: Line<'_>, options: &[(&str, &str)]) -> Markup {
        let name = line.name;
        let is_listed = options.iter().any(|(value, _)| *value == line.value);
        html! {
            div.field {
                (self.label(&line))
                (self.beside(name, line.hint))
                select id=(name) name=(name)
                    aria-required=[line.needed.then_some("true")]
                    aria-invalid=[self.fault(name).map(|_| "true")]
                    aria-describedby=[self.described_by(name, line.hint.is_some())] {
                    @for (value, label) in options {
                        option value=(value) selected[*value == line.value] { (label) }
                    }
                    // What is published and not offered stays what it is.
                    @if !is_listed { option value=(line.value) selected { (line.value) } }
                }
            }
        }
    }

    /// One of several, all seen at once, each with what it means.
    pub(super) fn radios(
        &self,
        name: &str,
        legend: Words,
        hint: Option<Words>,
        value: &str,
        options: &[(&str, Words, Option<Words>)],
    ) -> Markup {
        html! {
            fieldset.field aria-describedby=[self.described_by(name, hint.is_some())] {
                legend { (self.text(legend)) }
                (self.beside(name, hint))
                @for (number, (option, label, means)) in options.iter().enumerate() {
                    // The first has the name of the field, so that the list of
                    // faults leads to it.
                    @let id = if number == 0 { name.to_owned() } else { format!("{name}-{number}") };
                    div.choice {
                        input id=(id) type="radio" name=(name) value=(option)
                            checked[*option == value]
                            aria-describedby=[means.map(|_| format!("{id}-means"))];
                        div {
                            label for=(id) { (self.text(*label)) }
                            @if let Some(means) = means {
                                p.hint id=(format!("{id}-means")) { (self.text(*means)) }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Any of several.
    pub(super) fn boxes(&self, name: &str, concepts: &[Concept], chosen: &[String]) -> Markup {
        html! {
            div.choices {
                @for (number, concept) in concepts.iter().enumerate() {
                    @let id = if number == 0 { name.to_owned() } else { format!("{name}-{number}") };
                    div.choice {
                        input id=(id) type="checkbox" name=(name) value=(concept.code)
                            checked[chosen.iter().any(|code| code == concept.code)];
                        label for=(id) { (concept.label(self.language.tag())) }
                    }
                }
            }
        }
    }
}

/// Says what is wrong with a field, after its name.
pub(super) fn fault_text(language: Language, fault: Fault) -> String {
    let text = |words: Words| words.text(language);
    match fault {
        Fault::Missing => text(say::MISSING).to_owned(),
        Fault::WebAddress => text(say::WEB_ADDRESS).to_owned(),
        Fault::Email => text(say::EMAIL).to_owned(),
        Fault::Telephone => text(say::TELEPHONE).to_owned(),
        Fault::Date => text(say::DATE).to_owned(),
        Fault::EndsBeforeItBegins => text(say::ENDS_BEFORE).to_owned(),
        Fault::Unknown => text(say::UNKNOWN).to_owned(),
        Fault::OrganisationNumber => text(say::NUMBER).to_owned(),
        Fault::TooLong(most) => format!("{} {most}", text(say::TOO_LONG)),
        Fault::TooMany(most) => format!("{} {most}", text(say::TOO_MANY)),
        Fault::Taken => text(say::TAKEN).to_owned(),
        Fault::TooMuch => text(say::TOO_MUCH).to_owned(),
    }
}
