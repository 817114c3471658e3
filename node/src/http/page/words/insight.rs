//! The texts of the pages of insight.

use crate::language::{Words, words};

pub(crate) const TITLE: Words = words("Insikt", "Insight");
pub(crate) const LEDE: Words = words(
    "Vad som finns, hur öppet det är och hur det förändras. Den här noden räknar själv, ur de \
     signerade beskrivningar den håller.",
    "What there is, how open it is and how it changes. This node counts for itself, from the \
     signed descriptions it holds.",
);
pub(crate) const VIEWS: Words = words("Vyer", "Views");
pub(crate) const OVERVIEW: Words = words("Översikt", "Overview");
pub(crate) const SIDE_BY_SIDE: Words = words("Organisationer", "Agencies");
pub(crate) const QUALITY: Words = words("Kvalitet", "Quality");
pub(crate) const KEY_FIGURES: Words = words("Nyckeltal", "Key figures");

pub(crate) const DATASETS: Words = words("Datamängder", "Datasets");
pub(crate) const AGENCIES: Words = words("Organisationer", "Agencies");
pub(crate) const DISTRIBUTIONS_SMALL: Words = words("distributioner", "distributions");
pub(crate) const DATA_SERVICES: Words = words("Datatjänster", "Data services");
pub(crate) const OPEN_LICENCE: Words = words("Öppen licens", "Open licence");
pub(crate) const OPEN_LICENCE_LONG: Words =
    words("kräver på sin höjd att källan anges", "ask for no more than to name the source");
pub(crate) const MACHINE_READABLE: Words = words("Maskinläsbart", "Machine-readable");
pub(crate) const MACHINE_READABLE_LONG: Words =
    words("finns i ett format som program kan läsa", "come in a format that programs read");
pub(crate) const HIGH_VALUE: Words = words("Särskilt värdefulla", "High-value");
pub(crate) const HIGH_VALUE_LONG: Words =
    words("enligt EU:s förordning 2023/138", "by EU regulation 2023/138");
pub(crate) const POINTS: Words = words("Kvalitet", "Quality");
pub(crate) const POINTS_UNIT: Words = words("poäng", "points");
pub(crate) const OF: Words = words("av", "of");

pub(crate) const OVER_TIME: Words = words("Över tid", "Over time");
pub(crate) const BEGINS: Words = words(
    "Historiken börjar när noden börjar räkna. Diagrammen visas när det finns mer än en dag att \
     jämföra. Första dagen:",
    "History begins when the node begins to count. Charts are shown once there is more than one \
     day to compare. The first day:",
);
pub(crate) const NO_HISTORY: Words = words(
    "Noden har inte hunnit räkna än. Historiken börjar inom tio minuter från starten.",
    "The node has not counted yet. History begins within ten minutes of its start.",
);
pub(crate) const PER_DAY: Words = words("En rad per dag, i UTC.", "One row a day, in UTC.");
pub(crate) const PER_WEEK: Words = words(
    "En rad per vecka, som börjar på måndagen, i UTC.",
    "One row a week, which begins on Monday, in UTC.",
);
pub(crate) const PER_MONTH: Words = words("En rad per månad, i UTC.", "One row a month, in UTC.");
pub(crate) const CHURN_NOTE: Words = words(
    "En post är en signerad beskrivning: av en datamängd, datatjänst, serie eller katalog, eller \
     organisationens profil. Ändringar räknas den dag de når den här noden. Det som fanns innan \
     noden lärde känna organisationen räknas inte som nytt.",
    "A record is a signed description: of a dataset, data service, series or catalogue, or the \
     agency's profile. Changes count on the day they reach this node. What was there before the \
     node met the agency does not count as new.",
);
pub(crate) const CHART_DATASETS: Words = words("Antal datamängder", "Number of datasets");
pub(crate) const CHART_RECORDS: Words = words("Antal poster", "Number of records");
pub(crate) const CHART_CHURN: Words =
    words("Nya, ändrade och återkallade poster", "Records new, changed and withdrawn");
pub(crate) const CHART_OPEN: Words = words(
    "Datamängder med öppen licens och utan licens",
    "Datasets with an open licence and without a licence",
);
pub(crate) const CHART_READABLE: Words =
    words("Datamängder i maskinläsbart format", "Datasets in a machine-readable format");
pub(crate) const CHART_HIGH_VALUE: Words =
    words("Särskilt värdefulla datamängder", "High-value datasets");
pub(crate) const CHART_POINTS: Words =
    words("Beskrivningarnas kvalitet, poäng av 405", "Quality of descriptions, points of 405");
pub(crate) const CREATED: Words = words("Nya", "New");
pub(crate) const CHANGED: Words = words("Ändrade", "Changed");
pub(crate) const WITHDRAWN: Words = words("Återkallade", "Withdrawn");
pub(crate) const WITHOUT_LICENCE: Words = words("Utan licens", "Without a licence");
pub(crate) const AS_TABLE: Words =
    words("Visa siffrorna som tabell", "Show the numbers as a table");
pub(crate) const DATE: Words = words("Från och med", "From");
pub(crate) const RECORDS: Words = words("Poster", "Records");
pub(crate) const NOT_COUNTED: Words = words("inte räknat", "not counted");

pub(crate) const YEARS: Words = words("Hur färska datamängderna är", "How fresh the datasets are");
pub(crate) const YEARS_NOTE: Words = words(
    "Året då datamängden senast ändrades enligt organisationen själv, annars året då beskrivningen \
     signerades.",
    "The year in which the dataset was last changed by the agency's own word, or else in which its \
     description was signed.",
);
pub(crate) const CHART_YEARS: Words =
    words("Datamängder efter år för senaste ändring", "Datasets by year of last change");
pub(crate) const YEAR: Words = words("År", "Year");

pub(crate) const LICENCES: Words = words("Licenser", "Licences");
pub(crate) const LICENCE: Words = words("Licens", "Licence");
pub(crate) const FORMATS: Words = words("Format", "Formats");
pub(crate) const FORMAT: Words = words("Format", "Format");
pub(crate) const THEMES: Words = words("Ämnen", "Themes");
pub(crate) const THEME: Words = words("Ämne", "Theme");
pub(crate) const CATEGORY: Words = words("Kategori", "Category");
pub(crate) const HIGH_VALUE_DATA: Words = words("Särskilt värdefulla data", "High-value data");
pub(crate) const NO_HIGH_VALUE: Words = words(
    "Ingen datamängd anges vara särskilt värdefull enligt EU:s förordning 2023/138.",
    "No dataset is said to be of high value by EU regulation 2023/138.",
);
pub(crate) const NONE_STATED: Words = words("Ingen är angiven.", "None is stated.");
pub(crate) const SHARE: Words = words("Andel", "Share");
pub(crate) const NO_LICENCE: Words =
    words("Datamängder utan angiven licens", "Datasets that state no licence");
pub(crate) const NO_FORMAT: Words =
    words("Datamängder utan angivet format", "Datasets that state no format");
pub(crate) const MORE: Words = words("fler", "more");
pub(crate) const REST_AS_CSV: Words =
    words("Fler finns i CSV-filen och i API:et.", "There are more in the CSV file and the API.");
pub(crate) const SEVERAL_NOTE: Words = words(
    "En datamängd med flera värden räknas en gång för varje.",
    "A dataset with several values counts once for each.",
);

pub(crate) const WITH_CATEGORY: Words = words("Har en kategori", "Have a category");
pub(crate) const WITH_DISTRIBUTION: Words =
    words("Har en distribution som omfattas", "Have a distribution that is covered");
pub(crate) const WITH_OPEN_LICENCE: Words = words("Har en öppen licens", "Have an open licence");
pub(crate) const WITH_DOWNLOAD: Words = words("Kan laddas ner", "Can be downloaded");
pub(crate) const REQUIREMENT: Words = words("Vad lagen kräver", "What the law demands");

pub(crate) const AGENCY: Words = words("Organisation", "Agency");
pub(crate) const LATELY: Words = words("Ändringar på 30 dagar", "Changes in 30 days");
pub(crate) const SORTED_BY: Words = words("Ordning", "Order");
pub(crate) const BY_DATASETS: Words = words("Flest datamängder", "Most datasets");
pub(crate) const BY_NAME: Words = words("Namn", "Name");
pub(crate) const BY_POINTS: Words = words("Högst kvalitet", "Highest quality");
pub(crate) const BY_HIGH_VALUE: Words = words("Flest särskilt värdefulla", "Most high-value data");
pub(crate) const BY_CHANGES: Words = words("Flest ändringar", "Most changes");
pub(crate) const SIDE_BY_SIDE_NOTE: Words = words(
    "Jämför varsamt: organisationer har olika mycket att dela, och poängen mäter beskrivningarna, \
     inte datamängderna.",
    "Compare with care: agencies have different amounts to share, and points measure the \
     descriptions, not the datasets.",
);
pub(crate) const DOWNLOAD_CSV: Words = words("Ladda ner som CSV", "Download as CSV");
pub(crate) const AS_JSON: Words = words("Samma siffror som JSON", "The same numbers as JSON");
