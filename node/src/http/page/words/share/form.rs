//! The words of the form for a dataset.

use crate::language::{Words, words};

// The page

pub(in crate::http::page) const NEW_TITLE: Words = words("Ny datamängd", "New dataset");
pub(in crate::http::page) const EDIT_TITLE: Words =
    words("Ändra datamängden", "Change the dataset");
pub(in crate::http::page) const LEAD: Words = words(
    "Fyll i det du vet. Bara det som är märkt med * behövs. Ingenting publiceras förrän du har sett hur det blir.",
    "Fill in what you know. Only what is marked with * is needed. Nothing is published until you have seen what it will be like.",
);
pub(in crate::http::page) const PREVIEW: Words =
    words("Granska före publicering", "Review before publishing");
pub(in crate::http::page) const FAULTS: Words = words("Rätta det här först", "Mend this first");
pub(in crate::http::page) const FAULTS_TITLE: Words = words("Fel: ", "Error: ");
pub(in crate::http::page) const HIDDEN: Words = words(
    "Datamängden har också uppgifter som formuläret inte visar. De ligger kvar som de är.",
    "The dataset also has particulars that the form does not show. They stay as they are.",
);
pub(in crate::http::page) const MISFIT: Words =
    words("Datamängden får inte plats i formuläret", "The dataset does not fit in the form");
pub(in crate::http::page) const MISFIT_TEXT: Words = words(
    "Den har flera värden, eller värden av annat slag, där formuläret har plats för ett. Formuläret skulle förlora något, så ändra den där den kommer från, eller som RDF:",
    "It has several values, or values of another kind, where the form has room for one. The form would lose something, so change it where it comes from, or as RDF:",
);
pub(in crate::http::page) const MISFIT_FIELDS: Words = words("Det gäller:", "It concerns:");
pub(in crate::http::page) const MISFIT_HOW: Words = words(
    "Ladda ner beskrivningen, ändra den och publicera den med dela publish FIL.",
    "Download the description, change it, and publish it with dela publish FILE.",
);
pub(in crate::http::page) const GONE: Words =
    words("Utkastet finns inte kvar", "The draft is no longer there");
pub(in crate::http::page) const GONE_TEXT: Words = words(
    "Noden minns de senaste utkasten så länge du är inloggad. Börja om från datamängden.",
    "The node remembers the latest drafts as long as you are signed in. Begin again from the dataset.",
);
pub(in crate::http::page) const MOVED: Words = words(
    "Någon annan har ändrat datamängden sedan du öppnade den",
    "Somebody else has changed the dataset since you opened it",
);
pub(in crate::http::page) const MOVED_TEXT: Words = words(
    "Ingenting har publicerats. Öppna datamängden igen och gör om ändringen.",
    "Nothing was published. Open the dataset again and redo the change.",
);

// Sections

pub(in crate::http::page) const WHAT: Words = words("Vad är det?", "What is it?");
pub(in crate::http::page) const ABOUT: Words = words("Vad handlar det om?", "What is it about?");
pub(in crate::http::page) const USE: Words =
    words("Hur får data användas?", "How may the data be used?");
pub(in crate::http::page) const WHERE: Words = words("Var finns data?", "Where are the data?");
pub(in crate::http::page) const WHEN: Words = words("Tid och plats", "Time and place");
pub(in crate::http::page) const WHO: Words =
    words("Vem svarar på frågor?", "Who answers questions?");
pub(in crate::http::page) const ISSUER: Words = words("Vilka är ni?", "Who are you?");
pub(in crate::http::page) const ISSUER_HINT: Words =
    words("Frågan ställs bara första gången.", "This is asked the first time only.");
pub(in crate::http::page) const ISSUER_KNOWN: Words = words("Utgivare:", "Publisher:");
pub(in crate::http::page) const MORE: Words = words("Mer om data", "More about the data");
pub(in crate::http::page) const IN_ENGLISH: Words = words("På engelska", "In English");

// Fields

pub(in crate::http::page) const TITLE: Words = words("Titel", "Title");
pub(in crate::http::page) const TITLE_HINT: Words = words(
    "Säg vad data är, och var eller när om det behövs: Luftkvalitet i Sjövik. Skriv på svenska, engelska eller båda.",
    "Say what the data are, and where or when if needed: Air quality in Sjövik. Write in Swedish, English or both.",
);
pub(in crate::http::page) const DESCRIPTION: Words = words("Beskrivning", "Description");
pub(in crate::http::page) const DESCRIPTION_HINT: Words = words(
    "Vad innehåller data, hur har de kommit till, och vad kan de användas till? Några meningar räcker.",
    "What do the data contain, how did they come about, and what can they be used for? A few sentences will do.",
);
pub(in crate::http::page) const KEYWORDS: Words = words("Nyckelord", "Keywords");
pub(in crate::http::page) const KEYWORDS_HINT: Words = words(
    "Ord som någon skulle söka på. Ett på varje rad, eller med komma emellan.",
    "Words that somebody would search for. One on each line, or with commas between.",
);
pub(in crate::http::page) const TITLE_EN: Words = words("Titel på engelska", "Title in English");
pub(in crate::http::page) const DESCRIPTION_EN: Words =
    words("Beskrivning på engelska", "Description in English");
pub(in crate::http::page) const KEYWORDS_EN: Words =
    words("Nyckelord på engelska", "Keywords in English");
pub(in crate::http::page) const THEMES: Words = words("Ämnen", "Themes");
pub(in crate::http::page) const THEMES_HINT: Words = words(
    "Välj ett eller några. De hjälper den som bläddrar.",
    "Choose one or a few. They help whoever browses.",
);
pub(in crate::http::page) const LICENCE: Words = words("Licens", "Licence");
pub(in crate::http::page) const LICENCE_HINT: Words = words(
    "Licensen säger vad andra får göra. Utan licens vet ingen om de får använda data.",
    "The licence says what others may do. Without a licence nobody knows whether they may use the data.",
);
pub(in crate::http::page) const CC0: Words = words(
    "CC0 – fritt utan villkor (rekommenderas)",
    "CC0 – free without conditions (recommended)",
);
pub(in crate::http::page) const CC0_HINT: Words = words(
    "Alla får använda, ändra och sprida data till vad som helst, utan att fråga och utan att ange källa. Enklast för alla. Det går inte att ångra för den som redan har hämtat data.",
    "Everybody may use, change and pass on the data for anything, without asking and without naming the source. Simplest for all. It cannot be undone for whoever has fetched the data already.",
);
pub(in crate::http::page) const CC_BY: Words =
    words("CC BY 4.0 – fritt om källan anges", "CC BY 4.0 – free if the source is named");
pub(in crate::http::page) const CC_BY_HINT: Words = words(
    "Som CC0, men den som använder data måste ange er som källa. Blir krångligt när någon blandar data från hundra kommuner.",
    "As CC0, but whoever uses the data must name you as the source. That becomes awkward when somebody mixes data from a hundred municipalities.",
);
pub(in crate::http::page) const CC_BY_SA: Words = words(
    "CC BY-SA 4.0 – källan anges och delas lika",
    "CC BY-SA 4.0 – name the source and share alike",
);
pub(in crate::http::page) const CC_BY_SA_HINT: Words = words(
    "Som CC BY, och den som bygger vidare måste använda samma licens. Hindrar många användningar, och duger inte för särskilt värdefulla data.",
    "As CC BY, and whoever builds upon the data must use the same licence. It stands in the way of many uses, and will not do for high-value data.",
);
pub(in crate::http::page) const OTHER_LICENCE: Words = words("En annan licens", "Another licence");
pub(in crate::http::page) const OTHER_LICENCE_HINT: Words = words(
    "Förbud mot kommersiell användning eller bearbetning gör att data inte räknas som öppna. Skriv licensens adress nedanför.",
    "If commercial use or adaptation is forbidden, the data do not count as open. Write the address of the licence below.",
);
pub(in crate::http::page) const LICENCE_OTHER: Words =
    words("Den andra licensens adress", "Address of the other licence");
pub(in crate::http::page) const NO_LICENCE: Words =
    words("Ingen licens angiven", "No licence stated");
pub(in crate::http::page) const ACCESS: Words =
    words("Vem får ta del av data?", "Who may have the data?");
pub(in crate::http::page) const ACCESS_PUBLIC: Words = words("Alla", "Everybody");
pub(in crate::http::page) const ACCESS_RESTRICTED: Words =
    words("Den som uppfyller vissa villkor", "Whoever meets certain conditions");
pub(in crate::http::page) const ACCESS_NON_PUBLIC: Words = words(
    "Bara behöriga: beskrivningen är öppen, men data är det inte",
    "Only who is entitled: the description is open, the data are not",
);
pub(in crate::http::page) const ACCESS_UNSAID: Words = words("Inte angivet", "Not stated");
pub(in crate::http::page) const FREQUENCY: Words =
    words("Hur ofta uppdateras data?", "How often are the data updated?");
pub(in crate::http::page) const UNSAID: Words = words("– välj –", "– choose –");
pub(in crate::http::page) const ISSUED: Words = words("Publicerades först", "First published");
pub(in crate::http::page) const MODIFIED: Words = words("Ändrades senast", "Last changed");
pub(in crate::http::page) const DATE_HINT: Words = words(
    "År, månad eller dag: 2024, 2024-05 eller 2024-05-31.",
    "Year, month or day: 2024, 2024-05 or 2024-05-31.",
);
pub(in crate::http::page) const PERIOD: Words =
    words("Vilken tid handlar data om?", "Which time are the data about?");
pub(in crate::http::page) const PERIOD_START: Words = words("Från", "From");
pub(in crate::http::page) const PERIOD_END: Words = words("Till", "To");
pub(in crate::http::page) const PERIOD_END_HINT: Words =
    words("Lämna tomt om data fylls på hela tiden.", "Leave empty if data keep coming.");
pub(in crate::http::page) const PLACES: Words =
    words("Vilket område handlar data om?", "Which area are the data about?");
pub(in crate::http::page) const PLACES_SUMMARY: Words =
    words("Välj Sverige eller län", "Choose Sweden or counties");
pub(in crate::http::page) const PLACE_OTHER: Words =
    words("Kommun eller annan plats", "Municipality or other place");
pub(in crate::http::page) const PLACE_OTHER_HINT: Words = words(
    "Namnet, till exempel Sjövik, eller platsens adress i GeoNames.",
    "The name, for example Sjövik, or the address of the place in GeoNames.",
);
pub(in crate::http::page) const CONTACT_HINT: Words = words(
    "Hellre en funktion än en person: den finns kvar när folk byter jobb.",
    "Rather a function than a person: it remains when people change jobs.",
);
pub(in crate::http::page) const CONTACT_NAME: Words = words("Namn", "Name");
pub(in crate::http::page) const CONTACT_EMAIL: Words = words("E-post", "E-mail");
pub(in crate::http::page) const CONTACT_TELEPHONE: Words = words("Telefon", "Telephone");
pub(in crate::http::page) const PUBLISHER_NAME: Words =
    words("Organisationens namn", "Name of the organisation");
pub(in crate::http::page) const PUBLISHER_NUMBER: Words =
    words("Organisationsnummer", "Organisation number");
pub(in crate::http::page) const PUBLISHER_NUMBER_HINT: Words = words(
    "Tio siffror. Med det känner den nationella portalen igen er.",
    "Ten digits. By it the national portal recognises you.",
);
pub(in crate::http::page) const PUBLISHER_TYPE: Words =
    words("Vad för slags organisation?", "What kind of organisation?");
pub(in crate::http::page) const LANGUAGES: Words =
    words("Vilket språk är data på?", "Which language are the data in?");
pub(in crate::http::page) const SWE: Words = words("Svenska", "Swedish");
pub(in crate::http::page) const ENG: Words = words("Engelska", "English");
pub(in crate::http::page) const HIGH_VALUE: Words =
    words("Är det särskilt värdefulla data enligt EU?", "Are they high-value data by EU law?");
pub(in crate::http::page) const HIGH_VALUE_HINT: Words = words(
    "Lagen gäller vissa data, till exempel adresser, byggnader och väder. Välj nej om du är osäker.",
    "The law is about certain data, such as addresses, buildings and weather. Choose no if unsure.",
);
pub(in crate::http::page) const HIGH_VALUE_NO: Words = words("Nej", "No");
pub(in crate::http::page) const HIGH_VALUE_WHOLE: Words = words("Hela områden", "Whole areas");
pub(in crate::http::page) const HIGH_VALUE_PARTS: Words = words("Delar", "Parts");
pub(in crate::http::page) const LANDING_PAGE: Words =
    words("Webbsida om datamängden", "Web page about the dataset");
pub(in crate::http::page) const CONFORMS_TO: Words = words(
    "Standard eller specifikation som data följer",
    "Standard or specification that the data follow",
);
pub(in crate::http::page) const CONFORMS_TO_HINT: Words = words(
    "Adressen till specifikationen, om det finns en.",
    "The address of the specification, if there is one.",
);

// Distributions

pub(in crate::http::page) const DISTRIBUTION: Words = words("Fil eller tjänst", "File or service");
pub(in crate::http::page) const ADD_DISTRIBUTION: Words =
    words("Lägg till en fil eller tjänst", "Add a file or service");
pub(in crate::http::page) const REMOVE_DISTRIBUTION: Words = words("Ta bort", "Remove");
pub(in crate::http::page) const ACCESS_URL: Words = words("Adress", "Address");
pub(in crate::http::page) const ACCESS_URL_HINT: Words = words(
    "Där data kan hämtas eller läsas: en fil, en sida eller ett API.",
    "Where the data can be fetched or read: a file, a page or an API.",
);
pub(in crate::http::page) const DOWNLOAD_URL: Words =
    words("Adress direkt till filen", "Address straight to the file");
pub(in crate::http::page) const DOWNLOAD_URL_HINT: Words = words(
    "Om det är en fil som kan laddas ner. Får vara samma adress.",
    "If it is a file that can be downloaded. May be the same address.",
);
pub(in crate::http::page) const FORMAT: Words = words("Format", "Format");
pub(in crate::http::page) const D_TITLE: Words =
    words("Namn på filen eller tjänsten", "Name of the file or service");
pub(in crate::http::page) const D_DESCRIPTION: Words =
    words("Vad innehåller den?", "What does it contain?");
pub(in crate::http::page) const D_LICENCE: Words =
    words("Licens för just den här", "Licence of this one");
pub(in crate::http::page) const D_SAME: Words =
    words("Samma som datamängden", "Same as the dataset");
pub(in crate::http::page) const D_MORE: Words = words("Mer om den här", "More about this one");
pub(in crate::http::page) const AVAILABILITY: Words =
    words("Hur länge finns den kvar?", "For how long will it be there?");
pub(in crate::http::page) const STABLE: Words =
    words("Länge: adressen ändras inte i första taget", "Long: the address will not change soon");
pub(in crate::http::page) const AVAILABLE: Words = words("Tills vidare", "Until further notice");
pub(in crate::http::page) const TEMPORARY: Words = words("Tillfälligt", "For a time");
pub(in crate::http::page) const EXPERIMENTAL: Words = words("På försök", "On trial");

// Faults

pub(in crate::http::page) const MISSING: Words = words("Fyll i det här", "Fill this in");
pub(in crate::http::page) const WEB_ADDRESS: Words = words(
    "Skriv en webbadress som börjar med https:// eller http://",
    "Write a web address that begins with https:// or http://",
);
pub(in crate::http::page) const EMAIL: Words = words(
    "Skriv en e-postadress, till exempel data@kommun.example",
    "Write an e-mail address, for example data@agency.example",
);
pub(in crate::http::page) const TELEPHONE: Words =
    words("Skriv ett telefonnummer", "Write a telephone number");
pub(in crate::http::page) const DATE: Words = words(
    "Skriv ett år, en månad eller en dag: 2024, 2024-05 eller 2024-05-31",
    "Write a year, a month or a day: 2024, 2024-05 or 2024-05-31",
);
pub(in crate::http::page) const ENDS_BEFORE: Words =
    words("Tiden slutar innan den börjar", "The time ends before it begins");
pub(in crate::http::page) const UNKNOWN: Words =
    words("Välj något ur listan", "Choose something from the list");
pub(in crate::http::page) const NUMBER: Words =
    words("Kontrollera numret. Det ska ha tio siffror", "Check the number. It has ten digits");
pub(in crate::http::page) const TOO_LONG: Words =
    words("För långt. Högsta antalet tecken:", "Too long. Most characters:");
pub(in crate::http::page) const TOO_MANY: Words =
    words("För många. Högsta antalet:", "Too many. At most:");
pub(in crate::http::page) const TAKEN: Words = words(
    "En annan av era datamängder har redan den titeln. Ändra den datamängden i stället, eller välj en annan titel",
    "Another of your datasets has that title already. Change that dataset instead, or choose another title",
);
pub(in crate::http::page) const TOO_MUCH: Words = words(
    "Alla fält tillsammans är mer än en beskrivning får vara. Korta texterna",
    "All fields together are more than a description may be. Shorten the texts",
);

// Preview

pub(in crate::http::page) const PREVIEW_TITLE: Words =
    words("Så här blir det", "This is what it will be like");
pub(in crate::http::page) const PREVIEW_LEAD: Words =
    words("Ingenting är publicerat än.", "Nothing is published yet.");
pub(in crate::http::page) const PUBLISH: Words = words("Publicera", "Publish");
pub(in crate::http::page) const CHANGE: Words = words("Tillbaka och ändra", "Back and change");
pub(in crate::http::page) const IRI: Words = words("Identifierare", "Identifier");
pub(in crate::http::page) const PUBLISHER: Words = words("Utgivare", "Publisher");
pub(in crate::http::page) const CONTACT: Words = words("Kontakt", "Contact");
pub(in crate::http::page) const PLACE: Words = words("Område", "Area");
pub(in crate::http::page) const NO_DISTRIBUTIONS: Words =
    words("Inga filer eller tjänster är angivna.", "No files or services are given.");
pub(in crate::http::page) const ACCESS_SHORT: Words = words("Åtkomst", "Access");
pub(in crate::http::page) const FREQUENCY_SHORT: Words = words("Uppdateras", "Updated");
pub(in crate::http::page) const PERIOD_SHORT: Words = words("Tidsperiod", "Period");
pub(in crate::http::page) const HIGH_VALUE_SHORT: Words =
    words("Särskilt värdefulla data", "High-value data");
pub(in crate::http::page) const LANGUAGES_SHORT: Words = words("Språk", "Language");
