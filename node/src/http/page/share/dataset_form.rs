//! The form for a dataset, in the words of whoever has the data.

use maud::{Markup, html};

use super::super::words::share as common;
use super::super::words::share::form as say;
use super::Sheet;
use super::field::{Fields, Line};
use super::sketch::Sketch;
use crate::compose::draft::{DISTRIBUTIONS_MAX, Draft, DraftDistribution, FieldFault, Issuer};
use crate::language::Words;
use crate::vocabulary;

/// The formats offered, by their key, those for everybody first.
const FORMATS: [&str; 24] = [
    "CSV",
    "XLSX",
    "ODS",
    "JSON",
    "GeoJSON",
    "XML",
    "TXT",
    "PDF",
    "HTML",
    "ZIP",
    "GeoPackage",
    "Shapefile",
    "GML",
    "WMS",
    "WFS",
    "KML",
    "GeoTIFF",
    "GTFS",
    "NetCDF",
    "Parquet",
    "JSON-LD",
    "RDF/XML",
    "Turtle",
    "RSS",
];

/// What the form shows.
pub(super) struct Shown<'a> {
    pub(super) sketch: &'a Sketch,
    pub(super) faults: &'a [FieldFault],
    pub(super) issuer: &'a Issuer,
    /// Whether the dataset says already who publishes it.
    pub(super) has_publisher: bool,
    /// Whether it says more than the form shows.
    pub(super) has_hidden: bool,
    /// Whether a source keeps it.
    pub(super) is_kept: bool,
}

/// Returns the page with the form.
pub(super) fn page(sheet: &Sheet<'_>, shown: &Shown<'_>) -> Markup {
    let Shown { sketch, faults, .. } = shown;
    let fields = Fields { language: sheet.language(), faults };
    let draft = &sketch.draft;
    let heading = sheet.text(if sketch.of.is_some() { say::EDIT_TITLE } else { say::NEW_TITLE });
    let main = html! {
        h1 { (heading) }
        p { (sheet.text(say::LEAD)) }
        @if shown.is_kept { p.warning { (sheet.text(common::KEPT_BY_SOURCE)) } }
        @if shown.has_hidden { p.quiet { (sheet.text(say::HIDDEN)) } }
        @if !faults.is_empty() { (summary(&fields, draft)) }
        form.dataset-form method="post" action=(sheet.path("/share/dataset"))
            data-live=(sheet.path("/share/dataset/check")) data-live-target="#check" {
            (sheet.secret_field())
            input type="hidden" name="draft" value=(sketch.id);
            @if let Some(of) = sketch.of {
                input type="hidden" name="of" value=(of.id);
                input type="hidden" name="record" value=(of.record);
            }
            // What Enter does in a line: what the last button does.
            button.hidden type="submit" name="do" value="preview" tabindex="-1" aria-hidden="true" {
                (sheet.text(say::PREVIEW))
            }
            (what(&fields, draft))
            (about(&fields, draft))
            (usage(&fields, draft))
            (distributions(&fields, draft))
            (time_and_place(&fields, draft))
            (contact(&fields, draft))
            @if !shown.has_publisher { (issuer(&fields, draft, shown.issuer)) }
            (more(&fields, draft))
            div #check {}
            p.buttons {
                button.button type="submit" name="do" value="preview" { (sheet.text(say::PREVIEW)) }
                " " a href=(sheet.path("/share/datasets")) { (sheet.text(common::CANCEL)) }
            }
        }
    };
    let title = if faults.is_empty() {
        heading.to_owned()
    } else {
        format!("{}{heading}", sheet.text(say::FAULTS_TITLE))
    };
    let here = if sketch.of.is_some() { "/share/datasets" } else { "/share/dataset" };
    sheet.around(&title, here, &main)
}

/// Lists what is wrong, each with a link to its field.
fn summary(fields: &Fields<'_>, draft: &Draft) -> Markup {
    html! {
        div.errors #errors tabindex="-1" role="alert" aria-labelledby="errors-title" {
            h2 #errors-title { (fields.text(say::FAULTS)) }
            ul {
                @for fault in fields.faults {
                    li {
                        a href=(format!("#{}", fault.field)) {
                            (name_of(fields, draft, &fault.field)) ": "
                            (fields.fault(&fault.field).unwrap_or_default())
                        }
                    }
                }
            }
        }
    }
}

/// Returns what a field is called on the page.
pub(super) fn name_of(fields: &Fields<'_>, draft: &Draft, field: &str) -> String {
    if let Some((number, part)) = field.strip_prefix('d').and_then(|rest| rest.split_once('.')) {
        let label = match part {
            "access_url" => say::ACCESS_URL,
            "download_url" => say::DOWNLOAD_URL,
            "format" => say::FORMAT,
            "title" => say::D_TITLE,
            "description" => say::D_DESCRIPTION,
            "licence_other" => say::LICENCE_OTHER,
            "availability" => say::AVAILABILITY,
            _ => say::D_LICENCE,
        };
        let number: usize = number.parse().unwrap_or_default();
        let title = draft.distributions.get(number).map_or("", |one| one.title.trim());
        let which = if title.is_empty() {
            format!("{} {}", fields.text(say::DISTRIBUTION), number + 1)
        } else {
            title.to_owned()
        };
        return format!("{which}: {}", fields.text(label));
    }
    let label: Words = match field {
        "title_sv" => say::TITLE,
        "title_en" => say::TITLE_EN,
        "description_sv" => say::DESCRIPTION,
        "description_en" => say::DESCRIPTION_EN,
        "keywords_sv" => say::KEYWORDS,
        "keywords_en" => say::KEYWORDS_EN,
        "themes" => say::THEMES,
        "licence" => say::LICENCE,
        "licence_other" => say::LICENCE_OTHER,
        "access_rights" => say::ACCESS,
        "frequency" => say::FREQUENCY,
        "issued" => say::ISSUED,
        "modified" => say::MODIFIED,
        "period_start" | "period_end" => say::PERIOD,
        "places" => say::PLACES,
        "place_other" => say::PLACE_OTHER,
        "languages" => say::LANGUAGES,
        "high_value" => say::HIGH_VALUE,
        "contact_name" => say::CONTACT_NAME,
        "contact_email" => say::CONTACT_EMAIL,
        "contact_telephone" => say::CONTACT_TELEPHONE,
        "landing_page" => say::LANDING_PAGE,
        "conforms_to" => say::CONFORMS_TO,
        "publisher_name" => say::PUBLISHER_NAME,
        "publisher_number" => say::PUBLISHER_NUMBER,
        _ => say::PUBLISHER_TYPE,
    };
    fields.text(label).to_owned()
}

fn section(fields: &Fields<'_>, id: &str, title: Words, inside: &Markup) -> Markup {
    html! { section id=(id) { h2 { (fields.text(title)) } (inside) } }
}

fn what(fields: &Fields<'_>, draft: &Draft) -> Markup {
    let english =
        [&draft.title_en, &draft.description_en, &draft.keywords_en].iter().any(|t| !t.is_empty());
    let faulty = fields.faults.iter().any(|fault| fault.field.ends_with("_en"));
    section(
        fields,
        "what",
        say::WHAT,
        &html! {
            (fields.line(Line::new("title_sv", say::TITLE, &draft.title_sv).hint(say::TITLE_HINT).needed()))
            (fields.area(Line::new("description_sv", say::DESCRIPTION, &draft.description_sv)
                .hint(say::DESCRIPTION_HINT).needed(), 6))
            (fields.area(Line::new("keywords_sv", say::KEYWORDS, &draft.keywords_sv)
                .hint(say::KEYWORDS_HINT), 3))
            details open[english || faulty] {
                summary { (fields.text(say::IN_ENGLISH)) }
                (fields.line(Line::new("title_en", say::TITLE_EN, &draft.title_en)))
                (fields.area(Line::new("description_en", say::DESCRIPTION_EN, &draft.description_en), 4))
                (fields.area(Line::new("keywords_en", say::KEYWORDS_EN, &draft.keywords_en), 2))
            }
        },
    )
}

fn about(fields: &Fields<'_>, draft: &Draft) -> Markup {
    // Provisional data are a matter of the EU's own institutions.
    let themes: Vec<_> =
        vocabulary::THEMES.iter().filter(|theme| theme.code != "OP_DATPRO").copied().collect();
    section(
        fields,
        "about",
        say::ABOUT,
        &html! {
            fieldset.field aria-describedby="themes-hint" {
                legend { (fields.text(say::THEMES)) }
                (fields.beside("themes", Some(say::THEMES_HINT)))
                (fields.boxes("themes", &themes, &draft.themes))
            }
        },
    )
}

fn usage(fields: &Fields<'_>, draft: &Draft) -> Markup {
    let licences = [
        ("CC0-1.0", say::CC0, Some(say::CC0_HINT)),
        ("CC-BY-4.0", say::CC_BY, Some(say::CC_BY_HINT)),
        ("CC-BY-SA-4.0", say::CC_BY_SA, Some(say::CC_BY_SA_HINT)),
        ("other", say::OTHER_LICENCE, Some(say::OTHER_LICENCE_HINT)),
        ("", say::NO_LICENCE, None),
    ];
    let rights = [
        ("PUBLIC", say::ACCESS_PUBLIC, None),
        ("RESTRICTED", say::ACCESS_RESTRICTED, None),
        ("NON_PUBLIC", say::ACCESS_NON_PUBLIC, None),
        ("", say::ACCESS_UNSAID, None),
    ];
    let is_offered = rights.iter().any(|(code, ..)| *code == draft.access_rights);
    section(
        fields,
        "use",
        say::USE,
        &html! {
            (fields.radios("licence", say::LICENCE, Some(say::LICENCE_HINT), &draft.licence, &licences))
            div.other-licence { (fields.line(Line::new("licence_other", say::LICENCE_OTHER, &draft.licence_other).kind("url"))) }
            @if is_offered {
                (fields.radios("access_rights", say::ACCESS, None, &draft.access_rights, &rights))
            } @else {
                (fields.select(Line::new("access_rights", say::ACCESS, &draft.access_rights), &[]))
            }
        },
    )
}

fn distributions(fields: &Fields<'_>, draft: &Draft) -> Markup {
    section(
        fields,
        "where",
        say::WHERE,
        &html! {
            @for (number, one) in draft.distributions.iter().enumerate() {
                (distribution(fields, number, one))
            }
            @if draft.distributions.len() < DISTRIBUTIONS_MAX {
                p {
                    button.button.second type="submit" name="do" value="add" {
                        (fields.text(say::ADD_DISTRIBUTION))
                    }
                }
            }
        },
    )
}

fn distribution(fields: &Fields<'_>, number: usize, one: &DraftDistribution) -> Markup {
    let name = |part: &str| format!("d{number}.{part}");
    let none = [("", fields.text(say::UNSAID))];
    let formats: Vec<_> = none.iter().copied().chain(FORMATS.map(|key| (key, key))).collect();
    let licences = [
        ("", fields.text(say::D_SAME)),
        ("CC0-1.0", "CC0"),
        ("CC-BY-4.0", "CC BY 4.0"),
        ("CC-BY-SA-4.0", "CC BY-SA 4.0"),
        ("other", fields.text(say::OTHER_LICENCE)),
    ];
    let times = [
        ("", fields.text(say::UNSAID)),
        ("STABLE", fields.text(say::STABLE)),
        ("AVAILABLE", fields.text(say::AVAILABLE)),
        ("TEMPORARY", fields.text(say::TEMPORARY)),
        ("EXPERIMENTAL", fields.text(say::EXPERIMENTAL)),
    ];
    let has_more = [&one.description, &one.licence, &one.licence_other, &one.availability]
        .iter()
        .any(|text| !text.is_empty());
    let in_more = ["description", "licence", "licence_other", "availability"];
    let faulty = in_more.iter().any(|part| fields.fault(&name(part)).is_some());
    let heading = format!("{} {}", fields.text(say::DISTRIBUTION), number + 1);
    html! {
        fieldset.part id=(format!("d{number}")) tabindex="-1" {
            legend { (heading) }
            input type="hidden" name=(name("node")) value=(one.node);
            (fields.line(Line::new(&name("access_url"), say::ACCESS_URL, &one.access_url)
                .hint(say::ACCESS_URL_HINT).kind("url")))
            (fields.line(Line::new(&name("download_url"), say::DOWNLOAD_URL, &one.download_url)
                .hint(say::DOWNLOAD_URL_HINT).kind("url")))
            (fields.select(Line::new(&name("format"), say::FORMAT, &one.format), &formats))
            (fields.line(Line::new(&name("title"), say::D_TITLE, &one.title)))
            details open[has_more || faulty] {
                summary { (fields.text(say::D_MORE)) }
                (fields.area(Line::new(&name("description"), say::D_DESCRIPTION, &one.description), 3))
                (fields.select(Line::new(&name("licence"), say::D_LICENCE, &one.licence), &licences))
                (fields.line(Line::new(&name("licence_other"), say::LICENCE_OTHER, &one.licence_other).kind("url")))
                (fields.select(Line::new(&name("availability"), say::AVAILABILITY, &one.availability), &times))
            }
            p {
                button.plain type="submit" name="do" value=(format!("remove-{number}")) {
                    (fields.text(say::REMOVE_DISTRIBUTION)) span.hidden { " " (heading) }
                }
            }
        }
    }
}

fn time_and_place(fields: &Fields<'_>, draft: &Draft) -> Markup {
    let tag = fields.language.tag();
    let none = [("", fields.text(say::UNSAID))];
    let all = vocabulary::FREQUENCIES.iter().map(|one| (one.code, one.label(tag)));
    let frequencies: Vec<_> = none.into_iter().chain(all).collect();
    section(
        fields,
        "when",
        say::WHEN,
        &html! {
            (fields.select(Line::new("frequency", say::FREQUENCY, &draft.frequency), &frequencies))
            div.pair {
                (fields.line(Line::new("issued", say::ISSUED, &draft.issued).hint(say::DATE_HINT)))
                (fields.line(Line::new("modified", say::MODIFIED, &draft.modified).hint(say::DATE_HINT)))
            }
            fieldset.field {
                legend { (fields.text(say::PERIOD)) }
                div.pair {
                    (fields.line(Line::new("period_start", say::PERIOD_START, &draft.period_start)
                        .hint(say::DATE_HINT)))
                    (fields.line(Line::new("period_end", say::PERIOD_END, &draft.period_end)
                        .hint(say::PERIOD_END_HINT)))
                }
            }
            fieldset.field {
                legend { (fields.text(say::PLACES)) }
                (fields.line(Line::new("place_other", say::PLACE_OTHER, &draft.place_other)
                    .hint(say::PLACE_OTHER_HINT)))
                (fields.beside("places", None))
                details open[!draft.places.is_empty()] {
                    summary { (fields.text(say::PLACES_SUMMARY)) }
                    (fields.boxes("places", vocabulary::PLACES, &draft.places))
                }
            }
        },
    )
}

fn contact(fields: &Fields<'_>, draft: &Draft) -> Markup {
    section(
        fields,
        "who",
        say::WHO,
        &html! {
            p.hint { (fields.text(say::CONTACT_HINT)) }
            (fields.line(Line::new("contact_name", say::CONTACT_NAME, &draft.contact_name)
                .autocomplete("organization")))
            (fields.line(Line::new("contact_email", say::CONTACT_EMAIL, &draft.contact_email)
                .kind("email").autocomplete("email")))
            (fields.line(Line::new("contact_telephone", say::CONTACT_TELEPHONE, &draft.contact_telephone)
                .kind("tel").autocomplete("tel")))
        },
    )
}

fn issuer(fields: &Fields<'_>, draft: &Draft, issuer: &Issuer) -> Markup {
    let tag = fields.language.tag();
    let none = [("", fields.text(say::UNSAID))];
    let all = vocabulary::PUBLISHER_TYPES.iter().map(|one| (one.code, one.label(tag)));
    let kinds: Vec<_> = none.into_iter().chain(all).collect();
    section(
        fields,
        "issuer",
        say::ISSUER,
        &html! {
            @match issuer {
                Issuer::Known { name, .. } => {
                    p { (fields.text(say::ISSUER_KNOWN)) " " strong { (name) } }
                },
                Issuer::Asked { .. } => {
                    p.hint { (fields.text(say::ISSUER_HINT)) }
                    (fields.line(Line::new("publisher_name", say::PUBLISHER_NAME, &draft.publisher_name)
                        .autocomplete("organization").needed()))
                    (fields.select(Line::new("publisher_type", say::PUBLISHER_TYPE, &draft.publisher_type)
                        .needed(), &kinds))
                    (fields.line(Line::new("publisher_number", say::PUBLISHER_NUMBER, &draft.publisher_number)
                        .hint(say::PUBLISHER_NUMBER_HINT)))
                },
            }
        },
    )
}

fn more(fields: &Fields<'_>, draft: &Draft) -> Markup {
    let tag = fields.language.tag();
    let languages = [("SWE", say::SWE), ("ENG", say::ENG)];
    section(
        fields,
        "more",
        say::MORE,
        &html! {
            (fields.line(Line::new("landing_page", say::LANDING_PAGE, &draft.landing_page).kind("url")))
            (fields.line(Line::new("conforms_to", say::CONFORMS_TO, &draft.conforms_to)
                .hint(say::CONFORMS_TO_HINT).kind("url")))
            fieldset.field {
                legend { (fields.text(say::LANGUAGES)) }
                (fields.beside("languages", None))
                div.choices {
                    @for (number, (code, name)) in languages.into_iter().enumerate() {
                        @let id = if number == 0 { "languages".to_owned() } else { format!("languages-{number}") };
                        div.choice {
                            input id=(id) type="checkbox" name="languages" value=(code)
                                checked[draft.languages.iter().any(|known| known == code)];
                            label for=(id) { (fields.text(name)) }
                        }
                    }
                }
            }
            div.field {
                label for="high_value" { (fields.text(say::HIGH_VALUE)) }
                (fields.beside("high_value", Some(say::HIGH_VALUE_HINT)))
                select #high_value name="high_value" aria-describedby="high_value-hint" {
                    option value="" { (fields.text(say::HIGH_VALUE_NO)) }
                    @for (group, concepts) in [
                        (say::HIGH_VALUE_WHOLE, vocabulary::HIGH_VALUE_CATEGORIES),
                        (say::HIGH_VALUE_PARTS, vocabulary::HIGH_VALUE_PARTS),
                    ] {
                        optgroup label=(fields.text(group)) {
                            @for one in concepts {
                                option value=(one.code) selected[one.code == draft.high_value] {
                                    (one.label(tag))
                                }
                            }
                        }
                    }
                }
            }
        },
    )
}
