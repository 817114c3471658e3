//! What findings say, in Swedish and English.
//!
//! What was noticed while reading a file has its words in [`reading`].
//!
//! A sentence is put together from what it is about: the class, the property
//! and what is wrong with it. So each property is explained once, in
//! [`properties`], and is called the same wherever it occurs.

use crate::language::{Language, Words, words};
use crate::rdf;

use super::rules::{Class, Test};

mod properties;
pub(super) mod reading;

use properties::PropertyWords;

/// A finding's sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentences {
    pub(super) message: String,
    pub(super) why: String,
    pub(super) remedy: String,
}

/// Says that a property of something fails a test.
pub(super) fn sentences(class: Class, property: &str, test: Test, language: Language) -> Sentences {
    let known = properties::of(class, property);
    let curie = rdf::shortened(property);
    let name = known.map_or(&*curie, |known| known.name.text(language));
    let why = |test_why: Option<Words>| {
        let own = known.map(|known| known.why);
        test_why.or(own).unwrap_or(WHY_DCAT_AP).text(language).to_owned()
    };
    let message = message(class, name, test, language);
    match test {
        Test::Present | Test::PresentForHighValue => {
            Sentences { message, why: why(None), remedy: add(known, &curie, language) }
        }
        Test::Languages => Sentences {
            message,
            why: WHY_LANGUAGE.text(language).to_owned(),
            remedy: MARK_LANGUAGE.text(language).to_owned(),
        },
        Test::Form(form) => Sentences {
            message,
            why: why(form.why()),
            remedy: form.remedy().text(language).to_owned(),
        },
        Test::AtMostOne => Sentences {
            message,
            why: WHY_ONE.text(language).to_owned(),
            remedy: match language {
                Language::Swedish => format!("behåll ett värde för {curie}"),
                Language::English => format!("keep one value of {curie}"),
            },
        },
        Test::Named => Sentences {
            message,
            why: WHY_NAMED.text(language).to_owned(),
            remedy: GIVE_IRI.text(language).to_owned(),
        },
    }
}

/// Says what is wrong.
fn message(class: Class, name: &str, test: Test, language: Language) -> String {
    let class = class.words().text(language);
    match (test, language) {
        (Test::Present, Language::Swedish) => format!("{class} saknar {name}"),
        (Test::Present, Language::English) => format!("{class} has no {name}"),
        (Test::PresentForHighValue, Language::Swedish) => {
            format!("{class} är särskilt värdefull enligt lag men saknar {name}")
        }
        (Test::PresentForHighValue, Language::English) => {
            format!("{class} is of high value by law, but has no {name}")
        }
        (Test::Languages, Language::Swedish) => format!("{name} utan språk"),
        (Test::Languages, Language::English) => format!("{} without a language", a(name)),
        (Test::Form(form), Language::Swedish) => format!("{name} {}", form.fault().swedish),
        (Test::Form(form), Language::English) => format!("{} {}", a(name), form.fault().english),
        (Test::AtMostOne, Language::Swedish) => format!("{class} har flera värden för {name}"),
        (Test::AtMostOne, Language::English) => format!("{class} has several values for {name}"),
        (Test::Named, Language::Swedish) => format!("{class} har ingen IRI"),
        (Test::Named, Language::English) => format!("{class} has no IRI"),
    }
}

/// Puts an English article before a name that takes one.
fn a(name: &str) -> String {
    let is_curie = name.contains(':');
    if is_curie || ["access rights", "applicable legislation", "documentation"].contains(&name) {
        return name.to_owned();
    }
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {name}")
}

/// Says what to add.
fn add(known: Option<&PropertyWords>, curie: &str, language: Language) -> String {
    match (known, language) {
        (Some(known), Language::Swedish) => format!("lägg till {curie}{}", known.how.swedish),
        (Some(known), Language::English) => format!("add {curie}{}", known.how.english),
        (None, Language::Swedish) => format!("lägg till {curie}"),
        (None, Language::English) => format!("add {curie}"),
    }
}

const WHY_DCAT_AP: Words = words(
    "portaler i Europa läser egenskapen så och hoppar annars över den",
    "portals in Europe read the property so, and skip it otherwise",
);
const WHY_LANGUAGE: Words = words(
    "utan språk vet ingen vem texten kan visas för, och sökningen böjer orden fel",
    "without it nobody knows whom to show the text to, and search bends its words wrongly",
);
const MARK_LANGUAGE: Words =
    words("märk texten med dess språk: sv, en", "mark it with its language: sv, en");
const WHY_ONE: Words = words(
    "den som läser väljer ett av värdena, och alla väljer inte samma",
    "whoever reads takes one of them, and not everybody the same",
);
const WHY_NAMED: Words = words(
    "den nationella portalen skördar bara det som har en egen IRI och kan kännas igen nästa gång",
    "the national portal harvests only what has an IRI of its own and can be recognised next time",
);
const GIVE_IRI: Words =
    words("ge den en egen IRI som inte ändras", "give it an IRI of its own that does not change");

/// Sentences that are about several things at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Saying {
    message: Words,
    why: Words,
    remedy: Words,
}

impl Saying {
    /// Returns the sentences in a language.
    pub(super) fn sentences(self, language: Language) -> Sentences {
        let said = |words: Words| words.text(language).to_owned();
        Sentences { message: said(self.message), why: said(self.why), remedy: said(self.remedy) }
    }
}

/// That a catalogue must list something.
pub(super) const EMPTY_CATALOGUE: Saying = Saying {
    message: words("katalogen har inga datamängder", "the catalogue lists no datasets"),
    why: words(
        "den som skördar går från katalogen till datamängderna och hittar annars inga",
        "whoever harvests goes from the catalogue to its datasets, and finds none",
    ),
    remedy: words("ange varje datamängd med dcat:dataset", "list each dataset with dcat:dataset"),
};

/// That the national portal takes no catalogue records.
pub(super) const CATALOGUE_RECORD: Saying = Saying {
    message: words(
        "en dcat:CatalogRecord, som DCAT-AP-SE inte tillåter",
        "a dcat:CatalogRecord, which DCAT-AP-SE does not allow",
    ),
    why: words(
        "den nationella portalen för sådana poster själv och tar inte emot andras",
        "the national portal keeps such records itself and takes no others",
    ),
    remedy: words(
        "utelämna posten; det den säger om datamängden kan stå på datamängden",
        "leave it out; what it says of the dataset can be said of the dataset",
    ),
};

/// That one IRI is both who publishes and whom to ask.
pub(super) const SHARED_CONTACT: Saying = Saying {
    message: words(
        "utgivaren och kontakten har samma IRI",
        "the publisher and the contact have the same IRI",
    ),
    why: words(
        "en organisation och en adress är olika saker; portalen tar då bara emot en av dem",
        "an organisation and an address are different things; the portal then takes one of them",
    ),
    remedy: words("ge kontakten en egen IRI", "give the contact an IRI of its own"),
};

/// That no form of a dataset of high value is said to be one.
pub(super) const NO_HIGH_VALUE_FORM: Saying = Saying {
    message: words(
        "datamängden är särskilt värdefull enligt lag, men ingen distribution sägs omfattas",
        "the dataset is of high value by law, but no distribution is said to be covered",
    ),
    why: words(
        "i rapporteringen till EU räknas datamängden först när en distribution omfattas",
        "it counts in the report to the EU only once a distribution is covered",
    ),
    remedy: words(
        "lägg till dcatap:applicableLegislation <http://data.europa.eu/eli/reg_impl/2023/138/oj> på minst en distribution",
        "add dcatap:applicableLegislation <http://data.europa.eu/eli/reg_impl/2023/138/oj> to at least one distribution",
    ),
};

/// That a category of the law is given without the law.
pub(super) const CATEGORY_WITHOUT_LAW: Saying = Saying {
    message: words(
        "kategorin för särskilt värdefulla data är angiven, men inte lagen",
        "a category of high-value data is given, but not the law",
    ),
    why: words(
        "det är lagen som gör datamängden särskilt värdefull; utan den räknas kategorin inte",
        "it is the law that makes it one; without it the category does not count",
    ),
    remedy: words(
        "lägg till dcatap:applicableLegislation <http://data.europa.eu/eli/reg_impl/2023/138/oj>",
        "add dcatap:applicableLegislation <http://data.europa.eu/eli/reg_impl/2023/138/oj>",
    ),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_name_the_thing_and_its_property_in_both_languages() {
        let title = dela_protocol::dcat::term::DCTERMS_TITLE;
        let swedish = sentences(Class::Dataset, title, Test::Present, Language::Swedish);
        assert_eq!(swedish.message, "datamängden saknar titel");
        assert!(swedish.remedy.starts_with("lägg till dcterms:title"), "{}", swedish.remedy);
        let english = sentences(Class::Dataset, title, Test::Present, Language::English);
        assert_eq!(english.message, "the dataset has no title");
        let unknown = sentences(Class::Dataset, "urn:x", Test::AtMostOne, Language::English);
        assert_eq!(unknown.message, "the dataset has several values for urn:x");
    }
}
