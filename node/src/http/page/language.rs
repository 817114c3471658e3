//! The languages of the page, and its words in each.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use dela_protocol::api::{AgencyState, DatasetKind, Sort};
use dela_protocol::dcat::Text;

pub(super) use crate::language::Language;
use crate::language::words;
use crate::search::{Term, kind_words};

impl Language {
    /// Chooses by `?lang=`, else by what the browser prefers, else Swedish.
    pub(super) fn choose(asked: Option<&str>, headers: &HeaderMap) -> Self {
        match asked {
            Some("sv") => return Self::Swedish,
            Some("en") => return Self::English,
            _ => {}
        }
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        match accepted {
            None => Self::Swedish,
            Some(tags) => match Self::accepted(tags) {
                Some(language) => language,
                None if tags.trim().is_empty() || tags.contains('*') => Self::Swedish,
                // Whoever reads neither is likelier to read English.
                None => Self::English,
            },
        }
    }

    pub(super) const fn other(self) -> Self {
        match self {
            Self::Swedish => Self::English,
            Self::English => Self::Swedish,
        }
    }

    pub(super) const fn words(self) -> &'static Words {
        match self {
            Self::Swedish => &SWEDISH,
            Self::English => &ENGLISH,
        }
    }

    /// Returns the text to show, and its language where it is not that of the
    /// page, for the `lang` attribute.
    pub(super) fn choose_text(self, texts: &[Text]) -> Option<(&str, Option<&str>)> {
        let text = Text::in_languages(texts, &self.preferred())?;
        let language = texts.iter().find(|found| found.text == text)?.language.as_deref();
        let differs = |tag: &&str| tag.split('-').next() != Some(self.tag());
        Some((text, language.filter(differs)))
    }

    /// Writes a number with its thousands apart.
    pub(super) fn number(self, number: u64) -> String {
        let separator = match self {
            Self::Swedish => '\u{a0}',
            Self::English => ',',
        };
        let digits = number.to_string();
        let mut text = String::with_capacity(digits.len() * 2);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push(separator);
            }
            text.push(digit);
        }
        text
    }

    /// Writes a number with so many decimals.
    pub(super) fn decimal(self, number: f64, decimals: usize) -> String {
        let text = format!("{number:.decimals$}");
        match self {
            Self::Swedish => text.replace('.', ","),
            Self::English => text,
        }
    }

    pub(super) const fn kind(self, kind: DatasetKind) -> &'static str {
        kind_words(kind, self)
    }

    pub(super) const fn state(self, state: AgencyState) -> &'static str {
        match (self, state) {
            (Self::Swedish, AgencyState::Complete) => "Komplett och aktuell",
            (Self::Swedish, AgencyState::CatchingUp) => "Hämtas",
            (Self::Swedish, AgencyState::Stale) => "Inte bekräftad i tid",
            (Self::Swedish, AgencyState::Withheld) => "Utannonserad men hålls tillbaka",
            (Self::Swedish, AgencyState::Conflicting) => "Motsäger sig själv",
            (Self::English, AgencyState::Complete) => "Complete and current",
            (Self::English, AgencyState::CatchingUp) => "Being fetched",
            (Self::English, AgencyState::Stale) => "Overdue to confirm",
            (Self::English, AgencyState::Withheld) => "Announced and held back",
            (Self::English, AgencyState::Conflicting) => "Contradicts itself",
        }
    }

    pub(super) const fn sort(self, sort: Sort) -> &'static str {
        match (self, sort) {
            (Self::Swedish, Sort::Relevance) => "Bästa träff",
            (Self::Swedish, Sort::Modified) => "Senast ändrad",
            (Self::Swedish, Sort::Title) => "Titel",
            (Self::English, Sort::Relevance) => "Best match",
            (Self::English, Sort::Modified) => "Last changed",
            (Self::English, Sort::Title) => "Title",
        }
    }

    /// Says in a few words why there is no page.
    pub(super) const fn problem(self, status: u16) -> &'static str {
        match (self, status) {
            (Self::Swedish, 404) => "Det finns inte här",
            (Self::Swedish, 410) => "Det är återkallat",
            (Self::Swedish, 503) => "Noden kan inte svara just nu",
            (Self::Swedish, _) => "Det gick inte",
            (Self::English, 404) => "It is not here",
            (Self::English, 410) => "It has been withdrawn",
            (Self::English, 503) => "The node cannot answer now",
            (Self::English, _) => "That did not work",
        }
    }

    /// Returns what people call something that hits are narrowed by.
    pub(super) const fn facet(self, term: Term) -> &'static str {
        let both = match term {
            Term::Agency => words("Organisation", "Agency"),
            Term::Theme => words("Ämne", "Theme"),
            Term::Format => words("Format", "Format"),
            Term::Licence | Term::LicenceId => words("Licens", "Licence"),
            Term::AccessRights => words("Åtkomst", "Access"),
            Term::Frequency => words("Uppdateras", "Updated"),
            Term::HighValue => words("Värdefulla datamängder", "High-value data"),
            Term::Api => words("API", "API"),
            Term::Language => words("Datans språk", "Language of the data"),
            Term::Quality => words("Beskrivningens kvalitet", "Quality of the description"),
            Term::Kind => words("Typ", "Kind"),
            Term::Package => words("Namn i CKAN", "Name in CKAN"),
            Term::Tag => words("Nyckelord", "Keyword"),
            Term::Refers => words("Hör till", "Belongs to"),
        };
        both.text(self)
    }
}

/// The words of the page.
#[derive(Debug)]
pub(super) struct Words {
    pub tagline: &'static str,
    pub skip: &'static str,
    pub datasets: &'static str,
    pub agencies: &'static str,
    pub main_navigation: &'static str,
    pub other_language: &'static str,
    pub search_label: &'static str,
    pub search_button: &'static str,
    pub sort_label: &'static str,
    pub filters: &'static str,
    pub remove_filter: &'static str,
    pub remove_all: &'static str,
    pub hit: &'static str,
    pub hits: &'static str,
    pub hits_for: &'static str,
    pub no_hits: &'static str,
    pub no_hits_hint: &'static str,
    pub without_filters: &'static str,
    pub show_all: &'static str,
    pub nothing_for: &'static str,
    pub shown_instead: &'static str,
    pub more_filters: &'static str,
    pub empty: &'static str,
    pub empty_hint: &'static str,
    pub next: &'static str,
    pub first: &'static str,
    pub paging: &'static str,
    pub updated: &'static str,
    pub stale: &'static str,
    pub stale_long: &'static str,
    pub distributions: &'static str,
    pub no_distributions: &'static str,
    pub download: &'static str,
    pub open: &'static str,
    pub service_address: &'static str,
    pub about: &'static str,
    pub publisher: &'static str,
    pub licence: &'static str,
    pub no_licence: &'static str,
    pub theme: &'static str,
    pub keywords: &'static str,
    pub contact: &'static str,
    pub no_contact: &'static str,
    pub more: &'static str,
    pub period: &'static str,
    pub place: &'static str,
    pub identifier: &'static str,
    pub trust: &'static str,
    pub verified: &'static str,
    pub verified_long: &'static str,
    pub signed_by: &'static str,
    pub signed_at: &'static str,
    pub key: &'static str,
    pub record: &'static str,
    pub unlisted: &'static str,
    pub position: &'static str,
    pub epoch: &'static str,
    pub copy_record: &'static str,
    pub copied: &'static str,
    pub confirmed: &'static str,
    pub proof: &'static str,
    pub signed_bytes: &'static str,
    pub as_data: &'static str,
    pub untitled: &'static str,
    pub no_description: &'static str,
    pub agency_datasets: &'static str,
    pub follow_agency: &'static str,
    pub follow_search: &'static str,
    pub own: &'static str,
    pub state: &'static str,
    pub name: &'static str,
    pub records: &'static str,
    pub agency_id: &'static str,
    pub digest: &'static str,
    pub node_status: &'static str,
    pub node_of: &'static str,
    pub root: &'static str,
    pub catching_up: &'static str,
    pub stale_agencies: &'static str,
    pub recovering: &'static str,
    pub status_code: &'static str,
    pub what_to_do: &'static str,
    pub back: &'static str,
}

static SWEDISH: Words = Words {
    tagline: "Öppna data, direkt från dem som ansvarar för dem",
    skip: "Hoppa till innehållet",
    datasets: "Datamängder",
    agencies: "Organisationer",
    main_navigation: "Huvudmeny",
    other_language: "In English",
    search_label: "Sök öppna data",
    search_button: "Sök",
    sort_label: "Ordning",
    filters: "Avgränsa",
    remove_filter: "Ta bort",
    remove_all: "Rensa allt",
    hit: "träff",
    hits: "träffar",
    hits_for: "för",
    no_hits: "Inget hittades",
    no_hits_hint: "Pröva färre eller andra ord, eller ta bort en avgränsning. Alla ord måste finnas \
                   i beskrivningen.",
    without_filters: "Sök utan avgränsningar",
    show_all: "Visa allt som finns",
    nothing_for: "Inget hittades för",
    shown_instead: "Du ser träffar för",
    more_filters: "Fler avgränsningar",
    empty: "Här finns inga datamängder än",
    empty_hint: "Publicera en katalog med dela import FIL, eller anslut till en annan nod.",
    next: "Nästa sida",
    first: "Till första sidan",
    paging: "Sidor",
    updated: "Ändrad",
    stale: "Ej bekräftad i tid",
    stale_long: "Organisationen har inte bekräftat sin katalog när den lovade. Uppgifterna kan \
                 vara inaktuella; fråga kontakten.",
    distributions: "Hämta data",
    no_distributions: "Inga filer eller tjänster är angivna. Kontakta organisationen för att få \
                       tillgång.",
    download: "Ladda ner",
    open: "Öppna",
    service_address: "Tjänstens adress",
    about: "Om",
    publisher: "Organisation",
    licence: "Licens",
    no_licence: "Ej angiven",
    theme: "Ämne",
    keywords: "Nyckelord",
    contact: "Kontakt",
    no_contact: "Ej angiven; se organisationens webbplats",
    more: "Mer information",
    period: "Tidsperiod",
    place: "Område",
    identifier: "Identifierare",
    trust: "Vem som intygar detta",
    verified: "Signaturen stämmer",
    verified_long: "Beskrivningen är signerad av organisationen och oförändrad. Den här noden \
                    kontrollerade signaturen när den kom.",
    signed_by: "Signerad av",
    signed_at: "Signerad",
    key: "Nyckel",
    record: "Post",
    unlisted: "filer och tjänster till finns i beskrivningen som data",
    position: "Plats i följden",
    epoch: "epok",
    copy_record: "Kopiera postens id",
    copied: "Kopierat",
    confirmed: "Senast bekräftad",
    proof: "Bevis (JSON)",
    signed_bytes: "Signerade byte (COSE)",
    as_data: "Beskrivningen som data",
    untitled: "Utan titel",
    no_description: "Beskrivning saknas.",
    agency_datasets: "Datamängder",
    follow_agency: "Följ organisationen med en feedläsare (Atom)",
    follow_search: "Följ sökningen med en feedläsare (Atom)",
    own: "denna nod",
    state: "Tillstånd",
    name: "Namn",
    records: "Poster",
    agency_id: "Id",
    digest: "Kontrollsumma",
    node_status: "Nodens tillstånd",
    node_of: "En nod hos",
    root: "Rot",
    catching_up: "hämtar mer från andra noder",
    stale_agencies: "har inte bekräftat i tid",
    recovering: "Noden återställer sin egen katalog",
    status_code: "Felkod",
    what_to_do: "Gör så här",
    back: "Till sökningen",
};

static ENGLISH: Words = Words {
    tagline: "Open data, straight from those who answer for it",
    skip: "Skip to content",
    datasets: "Datasets",
    agencies: "Agencies",
    main_navigation: "Main menu",
    other_language: "På svenska",
    search_label: "Search open data",
    search_button: "Search",
    sort_label: "Order",
    filters: "Narrow down",
    remove_filter: "Remove",
    remove_all: "Clear all",
    hit: "hit",
    hits: "hits",
    hits_for: "for",
    no_hits: "Nothing was found",
    no_hits_hint: "Try fewer or other words, or remove a filter. All words must occur in the \
                   description.",
    without_filters: "Search without filters",
    show_all: "Show everything there is",
    nothing_for: "Nothing was found for",
    shown_instead: "You see hits for",
    more_filters: "More filters",
    empty: "There are no datasets here yet",
    empty_hint: "Publish a catalogue with dela import FILE, or connect to another node.",
    next: "Next page",
    first: "To the first page",
    paging: "Pages",
    updated: "Changed",
    stale: "Overdue to confirm",
    stale_long: "The agency has not confirmed its catalogue when it promised to. What is said \
                 here may be out of date; ask the contact.",
    distributions: "Get the data",
    no_distributions: "No files or services are given. Contact the agency for access.",
    download: "Download",
    open: "Open",
    service_address: "Address of the service",
    about: "About",
    publisher: "Agency",
    licence: "Licence",
    no_licence: "Not stated",
    theme: "Theme",
    keywords: "Keywords",
    contact: "Contact",
    no_contact: "Not stated; see the agency's website",
    more: "More information",
    period: "Period",
    place: "Area",
    identifier: "Identifier",
    trust: "Who vouches for this",
    verified: "Signature verified",
    verified_long: "The description is signed by the agency and unaltered. This node checked the \
                    signature when it arrived.",
    signed_by: "Signed by",
    signed_at: "Signed",
    key: "Key",
    record: "Record",
    unlisted: "more files and services are in the description as data",
    position: "Place in the sequence",
    epoch: "epoch",
    copy_record: "Copy the id of the record",
    copied: "Copied",
    confirmed: "Last confirmed",
    proof: "Proof (JSON)",
    signed_bytes: "Signed bytes (COSE)",
    as_data: "The description as data",
    untitled: "Untitled",
    no_description: "There is no description.",
    agency_datasets: "Datasets",
    follow_agency: "Follow this agency in a feed reader (Atom)",
    follow_search: "Follow this search in a feed reader (Atom)",
    own: "this node",
    state: "State",
    name: "Name",
    records: "Records",
    agency_id: "Id",
    digest: "Digest",
    node_status: "State of the node",
    node_of: "A node of",
    root: "Root",
    catching_up: "fetching more from other nodes",
    stale_agencies: "overdue to confirm",
    recovering: "The node is recovering its own catalogue",
    status_code: "Status",
    what_to_do: "What to do",
    back: "Back to the search",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_decides_then_the_browser_then_swedish() {
        let headers = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, accept.parse().unwrap());
            headers
        };
        let german = headers("de-DE,de;q=0.9");
        assert_eq!(Language::choose(None, &HeaderMap::new()), Language::Swedish);
        assert_eq!(Language::choose(None, &headers("sv-SE,en;q=0.5")), Language::Swedish);
        assert_eq!(Language::choose(None, &german), Language::English);
        assert_eq!(Language::choose(Some("sv"), &german), Language::Swedish);
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(Language::English.number(1_159), "1,159");
        assert_eq!(Language::English.number(999), "999");
        assert_eq!(Language::Swedish.number(1_000_000), "1\u{a0}000\u{a0}000");
    }
}
