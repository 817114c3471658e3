//! What is said of what was noticed while a file was read.

use dela_protocol::api::{Finding, Severity};

use super::{Saying, Sentences, WHY_LANGUAGE};
use crate::language::{Language, Words, words};
use crate::rdf::{Noticed, Remark, shorten};

/// Says in a language what was noticed.
pub(in crate::check) fn finding(remark: &Remark, language: Language) -> Finding {
    let Sentences { message, why, remedy } = sentences(remark, language);
    let whole = words("hela filen", "the whole file");
    let subject = if remark.subject.is_empty() { whole.text(language) } else { &remark.subject };
    Finding {
        severity: Severity::Warning,
        rule: remark.rule().to_owned(),
        subject: subject.to_owned(),
        path: None,
        line: remark.line,
        message: shorten(message),
        why,
        remedy,
    }
}

fn sentences(remark: &Remark, language: Language) -> Sentences {
    let subject = &remark.subject;
    let mut said = match &remark.what {
        Noticed::NamedGraphs { .. } => NAMED_GRAPHS,
        Noticed::IriCharacters { .. } => IRI_CHARACTERS,
        Noticed::IriScheme { .. } => IRI_SCHEME,
        Noticed::IriRelative { .. } => IRI_RELATIVE,
        Noticed::LanguageTag { .. } => LANGUAGE_TAG,
        Noticed::KeptAsJson => KEPT_AS_JSON,
        Noticed::NumberAsText => NUMBER_AS_TEXT,
        Noticed::BoolAsText => BOOL_AS_TEXT,
        Noticed::Null => NULL,
        Noticed::EmptyDataset => EMPTY_DATASET,
        Noticed::NoIdentifier => NO_IDENTIFIER,
        Noticed::PartOfNothing => PART_OF_NOTHING,
        Noticed::NoPeriod => NO_PERIOD,
        Noticed::Unnamed { from: "catalogue", .. } => ONLY_CATALOGUE,
        Noticed::Unnamed { from: "content", .. } => BY_CONTENT,
        Noticed::Unnamed { .. } => BY_KEY,
    }
    .sentences(language);
    // The part before and after a value is the same in both languages.
    let message = said.message;
    said.message = match &remark.what {
        Noticed::NamedGraphs { triples } => format!("{triples} {message}"),
        Noticed::IriCharacters { repaired: read } | Noticed::IriRelative { resolved: read } => {
            format!("<{subject}> {message} <{read}>")
        }
        Noticed::IriScheme { scheme } => format!("{scheme}: {message}"),
        Noticed::LanguageTag { tag } => format!("`{tag}` {message}"),
        Noticed::KeptAsJson
        | Noticed::NumberAsText
        | Noticed::BoolAsText
        | Noticed::Null
        | Noticed::EmptyDataset
        | Noticed::NoIdentifier
        | Noticed::PartOfNothing
        | Noticed::NoPeriod => format!("{subject} {message}"),
        Noticed::Unnamed { from, title } => {
            let key = key(from).map(|key| format!(" {}", key.text(language)));
            let title = title.as_ref().map(|title| format!(": {title}")).unwrap_or_default();
            format!("{message}{}{title}", key.unwrap_or_default())
        }
    };
    said
}

/// Names the property that an entity was named from.
fn key(from: &str) -> Option<Words> {
    Some(match from {
        "identifier" => words("sin identifierare", "its identifier"),
        "landing page" => words("sin landningssida", "its landing page"),
        "addresses" => {
            words("adresserna till sina distributioner", "the addresses of its distributions")
        }
        "title" => words("sin titel", "its title"),
        _ => return None,
    })
}

const NAMED_GRAPHS: Saying = Saying {
    message: words(
        "tripplar står i namngivna grafer; graferna slogs ihop utan sina namn",
        "triples stand in named graphs; the graphs were merged without their names",
    ),
    why: words(
        "en katalog är en enda graf, och dess poster kan inte bära namn på grafer",
        "a catalogue is one graph, and its records cannot carry the names of others",
    ),
    remedy: words(
        "om namnen inte betyder något behöver du inte göra något",
        "nothing needs to be done if the names carry no meaning",
    ),
};
const IRI_CHARACTERS: Saying = Saying {
    message: words("är ingen giltig IRI och lästes som", "is not a valid IRI and was taken as"),
    why: words(
        "en del program vägrar läsa en ogiltig IRI, och andra läser den på sitt eget sätt",
        "some readers refuse an IRI that is not valid, and others read it their own way",
    ),
    remedy: words(
        "procentkoda tecken som mellanslag, klamrar och hakparenteser",
        "percent-encode characters such as spaces, braces and brackets",
    ),
};
const IRI_SCHEME: Saying = Saying {
    message: words(
        "en IRI med ett sådant schema visas som text och aldrig som länk",
        "an IRI with such a scheme is shown as text, never as a link",
    ),
    why: words(
        "en sådan adress kan köra kod hos den som öppnar den",
        "such an address can run code where it is opened",
    ),
    remedy: words(
        "ange en adress som börjar med http eller https",
        "give an http or https address",
    ),
};
const IRI_RELATIVE: Saying = Saying {
    message: words(
        "är relativ, filen har ingen basadress, och den lästes som",
        "is relative and the file has no base: taken as",
    ),
    why: words(
        "utan basadress går det inte att veta vilken adress som menas",
        "without a base nobody can tell which address is meant",
    ),
    remedy: words(
        "skriv hela adressen (https://…) eller ange filens basadress",
        "write it in full with its scheme (https://…), or give the base of the file",
    ),
};
const LANGUAGE_TAG: Saying = Saying {
    message: words("är ingen språktagg och utelämnades", "is not a language tag and was left out"),
    why: WHY_LANGUAGE,
    remedy: words("använd en tagg som sv, en eller nb", "use a tag such as sv, en or nb"),
};
const WHY_TEXT: Words = words(
    "enligt formatet ska det vara en text, och andra läsare hoppar över fältet",
    "the form wants a text there, and other readers skip the field",
);
const GIVE_TEXT: Words = words("ange en text", "give a text");
const KEPT_AS_JSON: Saying = Saying {
    message: words("är ingen text och behölls som JSON", "is no text and was kept as JSON"),
    why: WHY_TEXT,
    remedy: GIVE_TEXT,
};
const NUMBER_AS_TEXT: Saying = Saying {
    message: words("är ett tal och lästes som text", "is a number and was taken as text"),
    why: WHY_TEXT,
    remedy: GIVE_TEXT,
};
const BOOL_AS_TEXT: Saying = Saying {
    message: words(
        "är sant eller falskt och lästes som text",
        "is true or false and was taken as text",
    ),
    why: WHY_TEXT,
    remedy: GIVE_TEXT,
};
const NULL: Saying = Saying {
    message: words("är null och utelämnades", "is null and was left out"),
    why: words(
        "null säger ingenting, och läsare som prövar formatet godtar det inte",
        "null says nothing, and readers that check the form do not take it",
    ),
    remedy: words("utelämna fältet", "leave the field out"),
};
const EMPTY_DATASET: Saying = Saying {
    message: words("beskriver ingenting och utelämnades", "describes nothing and was left out"),
    why: words(
        "en tom datamängd går varken att hitta eller att känna igen nästa gång",
        "an empty dataset can neither be found nor be recognised next time",
    ),
    remedy: words("ta bort den, eller beskriv den", "remove it, or say what it describes"),
};
const NO_IDENTIFIER: Saying = Saying {
    message: words("saknar identifierare", "has no identifier"),
    why: words(
        "utan identifierare blir den en annan datamängd när titeln ändras",
        "without one it is another dataset when its title changes",
    ),
    remedy: words("ge den en identifierare som inte ändras", "give it an identifier that stays"),
};
const PART_OF_NOTHING: Saying = Saying {
    message: words("anger ingen datamängd som finns i filen", "names no dataset of this file"),
    why: words(
        "den som läser hittar inte samlingen som datamängden hör till",
        "whoever reads does not find the collection that the dataset belongs to",
    ),
    remedy: words(
        "ange identifieraren för en datamängd i filen",
        "give the identifier of a dataset of this file",
    ),
};
const NO_PERIOD: Saying = Saying {
    message: words("är ingen tidsperiod och behölls som text", "is no period and was kept as text"),
    why: words(
        "den som söker på tid hittar inte datamängden",
        "whoever searches by time does not find the dataset",
    ),
    remedy: words(
        "skriv den som start/slut: 2009-09-01/2010-05-31",
        "write it as start/end: 2009-09-01/2010-05-31",
    ),
};
const GIVE_OWN_IRI: Words =
    words("ge den en egen IRI (rdf:about, @id)", "give it an IRI of your own (rdf:about, @id)");
const BY_KEY: Saying = Saying {
    message: words("en post utan IRI fick ett namn av", "an entity without an IRI was named from"),
    why: words(
        "den blir en annan post när det som namnet kommer av ändras",
        "it becomes another one when what it was named from changes",
    ),
    remedy: GIVE_OWN_IRI,
};
const BY_CONTENT: Saying = Saying {
    message: words(
        "en post utan IRI fick ett namn av allt som sägs om den",
        "an entity without an IRI was named from all that is said about it",
    ),
    why: words(
        "den blir en annan post så snart något ändras i den",
        "it becomes another one as soon as anything in it changes",
    ),
    remedy: GIVE_OWN_IRI,
};
const ONLY_CATALOGUE: Saying = Saying {
    message: words(
        "katalogen har ingen IRI och fick ett namn som den enda i filen",
        "the catalogue has no IRI and was named as the only one of the file",
    ),
    why: words(
        "den blir en annan katalog om filen får en till utan IRI",
        "it becomes another one if the file gets a second without an IRI",
    ),
    remedy: GIVE_OWN_IRI,
};

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each.
    fn remarks() -> Vec<Remark> {
        let unnamed =
            |from, title: Option<&str>| Noticed::Unnamed { from, title: title.map(str::to_owned) };
        let noticed = [
            Noticed::IriCharacters { repaired: "https://a.example/%20".to_owned() },
            Noticed::IriScheme { scheme: "javascript".to_owned() },
            Noticed::IriRelative { resolved: "https://a.example/x".to_owned() },
            Noticed::LanguageTag { tag: "svenska!".to_owned() },
            Noticed::KeptAsJson,
            Noticed::NumberAsText,
            Noticed::BoolAsText,
            Noticed::Null,
            Noticed::EmptyDataset,
            Noticed::NoIdentifier,
            Noticed::PartOfNothing,
            Noticed::NoPeriod,
            unnamed("identifier", None),
            unnamed("landing page", Some("Räkning")),
            unnamed("addresses", None),
            unnamed("title", Some("Räkning")),
            unnamed("catalogue", None),
            unnamed("content", None),
        ];
        let whole = Remark::new(Noticed::NamedGraphs { triples: 7 }, "");
        let about = noticed.into_iter().map(|what| Remark::new(what, "ämnet"));
        about.chain([whole]).collect()
    }

    #[test]
    fn everything_noticed_is_told_with_its_reason_in_both_languages() {
        let told: Vec<String> = remarks()
            .iter()
            .flat_map(|remark| {
                [Language::English, Language::Swedish].map(|one| finding(remark, one))
            })
            .map(|found| {
                assert!(!found.why.is_empty() && !found.remedy.is_empty(), "{found:?}");
                format!(
                    "[{}] {}\n  {}\n  {}\n  {}\n",
                    found.rule, found.subject, found.message, found.why, found.remedy
                )
            })
            .collect();
        insta::assert_snapshot!("reading", told.concat());
    }

    #[test]
    fn what_is_quoted_of_a_file_is_cut() {
        let long = "x".repeat(100_000);
        let tag = Remark::new(Noticed::LanguageTag { tag: long.clone() }, "");
        assert!(finding(&tag, Language::Swedish).message.len() < 1_000);
        let relative = Remark::new(Noticed::IriRelative { resolved: long.clone() }, long);
        assert!(finding(&relative, Language::English).message.len() < 1_000);
    }
}
