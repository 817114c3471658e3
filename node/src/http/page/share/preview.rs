//! A dataset before it is published, as it will be seen.

use dela_protocol::dcat::{Distribution, Period, Resource, Text};
use dela_protocol::description::Description;
use maud::{Markup, html};

use super::super::language::Language;
use super::super::words::share::form as say;
use super::super::{dataset, link};
use super::{Sheet, checked};
use crate::language::Words;
use crate::vocabulary;

/// Returns the page.
pub(super) fn page(sheet: &Sheet<'_>, draft: &str, description: &Description) -> Markup {
    let resource = Resource::of(description);
    let main = html! {
        h1 { (sheet.text(say::PREVIEW_TITLE)) }
        p { (sheet.text(say::PREVIEW_LEAD)) }
        (buttons(sheet, draft))
        div.preview { (seen(sheet.language(), &resource)) }
        (checked::dataset(sheet.language(), description, &sheet.path_with("/share/dataset", [("draft", draft)])))
        (buttons(sheet, draft))
    };
    sheet.around(sheet.text(say::PREVIEW_TITLE), "/share/dataset", &main)
}

fn buttons(sheet: &Sheet<'_>, draft: &str) -> Markup {
    html! {
        form.buttons method="post" action=(sheet.path("/share/dataset/publish")) {
            (sheet.secret_field())
            input type="hidden" name="draft" value=(draft);
            button.button type="submit" { (sheet.text(say::PUBLISH)) }
            " "
            a.button.second href=(sheet.path_with("/share/dataset", [("draft", draft)])) {
                (sheet.text(say::CHANGE))
            }
        }
    }
}

/// Shows what people will see.
fn seen(language: Language, resource: &Resource) -> Markup {
    let spoken = |text: &&Text| text.language.as_deref() != Some(language.tag());
    let in_order = |texts: &[Text]| {
        // What is in the language of the page comes first.
        let mut texts = texts.to_vec();
        texts.sort_by_key(|text| spoken(&text));
        texts
    };
    html! {
        @for text in in_order(&resource.title) { h2 lang=[text.language.as_deref()] { (text.text) } }
        @for text in in_order(&resource.description) {
            div.description lang=[text.language.as_deref()] { (text.text) }
        }
        @if resource.distribution.is_empty() {
            p.quiet { (say::NO_DISTRIBUTIONS.text(language)) }
        }
        ul.distributions {
            @for one in &resource.distribution { li { (distribution(language, one)) } }
        }
        dl {
            @for (name, values) in facts(language, resource) {
                @if !values.is_empty() {
                    dt { (name.text(language)) }
                    dd { @for value in values { div { (value) } } }
                }
            }
        }
    }
}

fn distribution(language: Language, one: &Distribution) -> Markup {
    let preferred = language.preferred();
    let title = Text::in_languages(&one.title, &preferred);
    let addresses = one.download_url.iter().chain(&one.access_url);
    let mut addresses: Vec<&String> = addresses.collect();
    addresses.dedup();
    html! {
        div.distribution {
            div {
                h3 { (title.unwrap_or(say::DISTRIBUTION.text(language))) }
                @if let Some(text) = Text::in_languages(&one.description, &preferred) { p { (text) } }
                p.tags {
                    @for format in &one.format { span.tag { (vocabulary::format(format).label) } }
                    @for raw in &one.license {
                        span.tag.licence { (vocabulary::licence(raw).label) }
                    }
                }
                @for address in addresses { p { (link::address(address)) } }
            }
        }
    }
}

fn facts(language: Language, resource: &Resource) -> Vec<(Words, Vec<String>)> {
    let tag = language.tag();
    let label = |found: Option<&vocabulary::Concept>, raw: &str| {
        found.map_or_else(|| raw.to_owned(), |concept| concept.label(tag).to_owned())
    };
    let each = |values: &[String], find: fn(&str) -> Option<&'static vocabulary::Concept>| {
        values.iter().map(|raw| label(find(raw), raw)).collect::<Vec<_>>()
    };
    let preferred = language.preferred();
    let publishers = resource
        .publisher
        .iter()
        .filter_map(|agent| Text::in_languages(&agent.name, &preferred).map(str::to_owned));
    let contacts = resource.contact_point.iter().map(|contact| {
        [&contact.name, &contact.email, &contact.telephone]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    });
    let day = |text: &Option<String>| text.clone().into_iter().collect::<Vec<_>>();
    let period = |one: &Period| {
        let end = |text: &Option<String>| text.clone().unwrap_or_else(|| "…".to_owned());
        format!("{} – {}", end(&one.start), end(&one.end))
    };
    vec![
        (say::PUBLISHER, publishers.collect()),
        (say::CONTACT, contacts.collect()),
        (say::THEMES, each(&resource.theme, vocabulary::theme)),
        (say::KEYWORDS, resource.keyword.iter().map(|word| word.text.clone()).collect()),
        (say::ACCESS_SHORT, each(&resource.access_rights, vocabulary::access_right)),
        (say::FREQUENCY_SHORT, each(&resource.accrual_periodicity, vocabulary::frequency)),
        (say::ISSUED, day(&resource.issued)),
        (say::MODIFIED, day(&resource.modified)),
        (say::PERIOD_SHORT, resource.temporal.iter().map(period).collect()),
        (say::PLACE, each(&resource.spatial, vocabulary::place)),
        (say::HIGH_VALUE_SHORT, each(&resource.hvd_category, vocabulary::high_value_category)),
        (
            say::LANGUAGES_SHORT,
            resource.language.iter().map(|raw| language_name(language, raw)).collect(),
        ),
        (say::LANDING_PAGE, resource.landing_page.clone()),
        (say::CONFORMS_TO, resource.conforms_to.clone()),
        (say::IRI, vec![resource.iri.clone()]),
    ]
}

fn language_name(language: Language, raw: &str) -> String {
    match raw.rsplit('/').next() {
        Some("SWE") => say::SWE.text(language).to_owned(),
        Some("ENG") => say::ENG.text(language).to_owned(),
        _ => raw.to_owned(),
    }
}

/// Shows a dataset that the form has no room for, and offers it as RDF.
pub(super) fn misfit(sheet: &Sheet<'_>, id: &str, properties: &[&'static str]) -> Markup {
    let main = html! {
        h1 { (sheet.text(say::MISFIT)) }
        p { (sheet.text(say::MISFIT_TEXT)) }
        p {
            @for (label, extension) in [("Turtle", "ttl"), ("RDF/XML", "rdf"), ("JSON-LD", "jsonld")] {
                a href=(format!("/dataset/{id}.{extension}")) { (label) } " "
            }
        }
        p { (sheet.text(say::MISFIT_HOW)) }
        p {
            (sheet.text(say::MISFIT_FIELDS)) " "
            @for property in properties { code { (crate::rdf::shortened(property)) } " " }
        }
    };
    sheet.around(sheet.text(say::MISFIT), "/share/datasets", &main)
}

/// Says in the list of own datasets when something was changed.
pub(super) fn day(text: &str) -> Markup {
    dataset::date(text)
}
