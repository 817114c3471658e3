//! What reports of publishing say beside the findings of a check, in Swedish
//! and English.

use dela_protocol::api::{Finding, Severity};

use super::PublishError;
use crate::language::{Language, Words, words};

/// Says in a dry run what would refuse the import; nothing of what would not.
pub(super) fn shrink(shrink: &PublishError, language: Language) -> Option<Finding> {
    let PublishError::Shrink { before, after, withdrawn } = shrink else { return None };
    let said = finding(
        "shrink",
        words("filen", "the file").text(language),
        match language {
            Language::Swedish => format!(
                "filen har {after} datamängder och {before} är publicerade: {withdrawn} skulle \
                 återkallas, och importen skulle avvisas"
            ),
            Language::English => format!("{shrink}: the import would be refused"),
        },
        words(
            "en källa som bara svarar med hälften ska inte återkalla den andra hälften",
            "a source that answers half must not withdraw the other half",
        ),
        words(
            "importera filen med --allow-shrink om den är fullständig",
            "if the file is complete, import it with --allow-shrink",
        ),
        language,
    );
    Some(Finding { severity: Severity::Error, ..said })
}

/// Says that a source will make it again what it was.
pub(super) fn kept(source: &str, iri: &str, language: Language) -> Finding {
    finding(
        "kept-by-source",
        iri,
        match language {
            Language::Swedish => {
                format!(
                    "posten kommer från källan {source}, som återställer den till vad den är där"
                )
            }
            Language::English => {
                format!("the source {source} keeps it, and makes it again what it is there")
            }
        },
        words(
            "det som ändras för hand gäller bara tills källan läses nästa gång",
            "what is changed by hand lasts until the source is asked again",
        ),
        words(
            "ändra den där källan hämtar den, eller ta bort källan",
            "change it where the source takes it from, or remove the source",
        ),
        language,
    )
}

/// Says that a file has what sources keep.
pub(super) fn left_to_sources(entries: u64, language: Language) -> Finding {
    finding(
        "kept-by-source",
        words("filen", "the file").text(language),
        match language {
            Language::Swedish => {
                format!("{entries} av dess poster kommer från en källa och förblir som de är där")
            }
            Language::English => {
                format!("{entries} of its entries are kept by a source and stay as they are there")
            }
        },
        words(
            "bara en kan bestämma över en post, annars ändrar den ena vad den andra har gjort",
            "an entry has one keeper, or each would undo what the other did",
        ),
        words(
            "ta först bort källan, om filen ska ersätta den",
            "remove the source first, if the file is to replace it",
        ),
        language,
    )
}

/// Makes a finding, which is a warning.
fn finding(
    rule: &str,
    subject: &str,
    message: String,
    why: Words,
    remedy: Words,
    language: Language,
) -> Finding {
    Finding {
        severity: Severity::Warning,
        rule: rule.to_owned(),
        subject: subject.to_owned(),
        path: None,
        line: None,
        message,
        why: why.text(language).to_owned(),
        remedy: remedy.text(language).to_owned(),
    }
}
