//! The words of the pages behind the sign-in.
//!
//! Written for somebody who looks after a municipality's data and not for
//! somebody who knows how they are described for machines.

use crate::language::{Words, words};

pub(in crate::http::page) mod form;

// Menu and frame

pub(in crate::http::page) const NAME: Words = words("Dela data", "Share data");
pub(in crate::http::page) const MENU: Words = words("Meny för Dela data", "Share data menu");
pub(in crate::http::page) const OVERVIEW: Words = words("Översikt", "Overview");
pub(in crate::http::page) const OWN: Words = words("Våra datamängder", "Our datasets");
pub(in crate::http::page) const NEW: Words = words("Ny datamängd", "New dataset");
pub(in crate::http::page) const IMPORT: Words = words("Läs in en katalog", "Import a catalogue");
pub(in crate::http::page) const SOURCES: Words = words("Källor", "Sources");
pub(in crate::http::page) const SIGN_OUT: Words = words("Logga ut", "Sign out");
pub(in crate::http::page) const BACK: Words = words("Tillbaka", "Back");
pub(in crate::http::page) const CANCEL: Words = words("Avbryt", "Cancel");

// Signing in

pub(in crate::http::page) const SIGN_IN_LEAD: Words = words(
    "Här lägger organisationens egna medarbetare in och ändrar datamängder. Logga in med nodens nyckel. Den som sköter noden har den.",
    "This is where the agency’s own people add and change datasets. Sign in with the node’s token. Whoever runs the node has it.",
);
pub(in crate::http::page) const TOKEN: Words = words("Nyckel", "Token");
pub(in crate::http::page) const TOKEN_FILE: Words = words(
    "Nyckeln ligger i den här filen på datorn:",
    "The token is in this file on this computer:",
);
pub(in crate::http::page) const TOKEN_ASK: Words = words(
    "Nyckeln ligger i filen token i nodens datakatalog. Fråga den som sköter noden.",
    "The token is in the file named token in the node’s data folder. Ask whoever runs the node.",
);
pub(in crate::http::page) const TOKEN_USE: Words = words(
    "Nyckeln ger rätt att publicera i organisationens namn. Lämna den inte vidare. Den sparas inte i webbläsaren. Du loggas ut om du inte har gjort något på fyra timmar, när du själv loggar ut och när noden startas om.",
    "The token gives the right to publish in the agency’s name. Do not pass it on. It is not kept in the browser. You are signed out after four idle hours, when you sign out yourself, and when the node is restarted.",
);
pub(in crate::http::page) const SIGN_IN: Words = words("Logga in", "Sign in");
pub(in crate::http::page) const WRONG_TOKEN: Words =
    words("Nyckeln stämmer inte", "That is not the token");
pub(in crate::http::page) const WRONG_TOKEN_TEXT: Words = words(
    "Kontrollera att du fick med hela raden ur filen och ingenting annat.",
    "Check that you copied the whole line of the file and nothing else.",
);
pub(in crate::http::page) const TOO_MANY_TRIES: Words = words("För många försök", "Too many tries");
pub(in crate::http::page) const TOO_MANY_TRIES_TEXT: Words = words(
    "Nyckeln har varit fel för många gånger. Vänta tio minuter och försök igen.",
    "The token has been wrong too many times. Wait ten minutes and try again.",
);
pub(in crate::http::page) const SIGNED_OUT: Words = words("Du är utloggad", "You are signed out");
pub(in crate::http::page) const SIGNED_OUT_TEXT: Words = words(
    "Logga in igen. Om du höll på att skriva något: gå bakåt i webbläsaren, kopiera texten och logga in i en annan flik först.",
    "Sign in again. If you were writing something: go back in the browser, copy the text, and sign in in another tab first.",
);
pub(in crate::http::page) const DONE_SIGNED_OUT: Words =
    words("Du är utloggad.", "You are signed out.");
pub(in crate::http::page) const FOREIGN: Words =
    words("Det gick inte att ta emot", "That could not be accepted");
pub(in crate::http::page) const FOREIGN_TEXT: Words = words(
    "Formuläret skickades inte från den här sidan, eller var för gammalt. Ingenting har ändrats. Öppna sidan igen och försök en gång till.",
    "The form was not sent from this page, or was too old. Nothing was changed. Open the page again and try once more.",
);
pub(in crate::http::page) const TOO_LARGE: Words = words("Det är för stort", "That is too large");
pub(in crate::http::page) const TOO_LARGE_TEXT: Words = words(
    "Ingenting har ändrats. En fil får vara högst 64 MiB.",
    "Nothing was changed. A file may have at most 64 MiB.",
);

// Overview

pub(in crate::http::page) const NEW_TEXT: Words = words(
    "Beskriv en datamängd i ett formulär. Du behöver inte kunna något om metadata.",
    "Describe a dataset in a form. You need to know nothing about metadata.",
);
pub(in crate::http::page) const OWN_TEXT: Words = words(
    "Sök, ändra och återkalla det som organisationen redan har publicerat.",
    "Search, change and withdraw what the agency has already published.",
);
pub(in crate::http::page) const IMPORT_TEXT: Words = words(
    "Har ni redan en katalog, i en fil eller på en webbadress? Se först vad som skulle ändras.",
    "Do you have a catalogue already, in a file or at an address? See first what would change.",
);
pub(in crate::http::page) const SOURCES_TEXT: Words = words(
    "Låt noden hämta katalogen själv och hålla den aktuell.",
    "Let the node fetch the catalogue itself and keep it current.",
);

// Own datasets

pub(in crate::http::page) const SEARCH_OWN: Words =
    words("Sök bland våra datamängder", "Search our datasets");
pub(in crate::http::page) const SEARCH: Words = words("Sök", "Search");
pub(in crate::http::page) const NOTHING_OWN: Words =
    words("Ingenting hittades.", "Nothing was found.");
pub(in crate::http::page) const NONE_OWN: Words = words(
    "Organisationen har inte publicerat något än.",
    "The agency has not published anything yet.",
);
pub(in crate::http::page) const CHANGE: Words = words("Ändra", "Change");
pub(in crate::http::page) const WITHDRAW: Words = words("Återkalla", "Withdraw");
pub(in crate::http::page) const NEXT_PAGE: Words = words("Nästa sida", "Next page");
pub(in crate::http::page) const CHANGED_AT: Words = words("Ändrad", "Changed");
pub(in crate::http::page) const FOUND: Words = words("Antal:", "Number:");
pub(in crate::http::page) const PUBLISHED: Words = words(
    "Publicerad. Andra noder får veta det inom några sekunder.",
    "Published. Other nodes hear of it within seconds.",
);
pub(in crate::http::page) const UNCHANGED: Words = words(
    "Allt var redan som i formuläret. Ingenting nytt publicerades.",
    "Everything was already as in the form. Nothing new was published.",
);
pub(in crate::http::page) const VIEW: Words = words("Visa datamängden", "View the dataset");
pub(in crate::http::page) const KEPT_BY_SOURCE: Words = words(
    "Datamängden kommer från en källa. Nästa gång källan läses blir den som där igen. Ändra den hellre där den kommer från.",
    "The dataset comes from a source. When the source is next read, it becomes as it is there again. Rather change it where it comes from.",
);

// Withdrawing

pub(in crate::http::page) const WITHDRAW_TITLE: Words =
    words("Återkalla datamängden?", "Withdraw the dataset?");
pub(in crate::http::page) const WITHDRAW_TEXT: Words = words(
    "Datamängden försvinner ur sökningen hos alla noder. Beskrivningen kan publiceras på nytt, men själva återkallelsen kan inte tas tillbaka när den har gått ut. Filerna hos er rörs inte.",
    "The dataset disappears from the search of all nodes. The description can be published anew, but the withdrawal itself cannot be taken back once it is out. Your files are not touched.",
);
pub(in crate::http::page) const WITHDRAW_UNDO: Words =
    words("Du har 30 sekunder på dig att ångra dig.", "You have 30 seconds to undo it.");
pub(in crate::http::page) const REASON: Words = words("Varför? (frivilligt)", "Why? (optional)");
pub(in crate::http::page) const REASON_HINT: Words = words(
    "Visas för den som letar efter datamängden. Till exempel: Ersatt av nya mätningar.",
    "Shown to whoever looks for the dataset. For example: Replaced by new measurements.",
);
pub(in crate::http::page) const PENDING: Words =
    words("Väntar på att återkallas", "Waiting to be withdrawn");
pub(in crate::http::page) const DUE: Words =
    words("Återkallas om så här många sekunder:", "Is withdrawn in so many seconds:");
pub(in crate::http::page) const DUE_HINT: Words =
    words("Ladda om sidan för att se hur det gick.", "Reload the page to see how it went.");
pub(in crate::http::page) const SIGNING: Words =
    words("Återkallas just nu.", "Is being withdrawn just now.");
pub(in crate::http::page) const INTERRUPTED: Words = words(
    "Noden startades om innan återkallelsen hann gå ut. Datamängden är fortfarande publicerad. Bestäm vad som ska gälla.",
    "The node was restarted before the withdrawal was out. The dataset is still published. Decide what is to be.",
);
pub(in crate::http::page) const FAILED: Words = words(
    "Det gick inte att återkalla. Datamängden är fortfarande publicerad.",
    "It could not be withdrawn. The dataset is still published.",
);
pub(in crate::http::page) const UNDO: Words = words("Ångra", "Undo");
pub(in crate::http::page) const KEEP: Words = words("Behåll den", "Keep it");
pub(in crate::http::page) const WITHDRAW_AFTER_ALL: Words =
    words("Återkalla ändå", "Withdraw after all");
pub(in crate::http::page) const UNDONE: Words =
    words("Ångrat. Datamängden är kvar.", "Undone. The dataset stays.");
pub(in crate::http::page) const TOO_LATE: Words = words(
    "För sent: återkallelsen har redan gått ut. Du kan publicera datamängden igen.",
    "Too late: the withdrawal is already out. You can publish the dataset again.",
);

// Import

pub(in crate::http::page) const IMPORT_LEAD: Words = words(
    "Katalogen läses och jämförs med det som är publicerat. Den ersätter allt som inte kommer från en källa: det som saknas i katalogen återkallas. Ingenting ändras förrän du har sett skillnaden och bekräftat den.",
    "The catalogue is read and compared with what is published. It replaces all that does not come from a source: what the catalogue lacks is withdrawn. Nothing changes until you have seen the difference and confirmed it.",
);
pub(in crate::http::page) const FROM_FILE: Words = words("Från en fil", "From a file");
pub(in crate::http::page) const FILE: Words = words("Fil", "File");
pub(in crate::http::page) const FILE_HINT: Words = words(
    "DCAT som Turtle, RDF/XML eller JSON-LD, eller en export från CKAN. Högst 64 MiB.",
    "DCAT as Turtle, RDF/XML or JSON-LD, or an export from CKAN. At most 64 MiB.",
);
pub(in crate::http::page) const FROM_ADDRESS: Words =
    words("Från en webbadress", "From a web address");
pub(in crate::http::page) const ADDRESS: Words = words("Adress", "Address");
pub(in crate::http::page) const ADDRESS_HINT: Words = words(
    "Till exempel https://data.kommun.example/katalog.rdf. Noden hämtar den.",
    "For example https://data.agency.example/catalogue.rdf. The node fetches it.",
);
pub(in crate::http::page) const COMPARE: Words = words("Läs och jämför", "Read and compare");
pub(in crate::http::page) const NO_FILE: Words =
    words("Välj en fil att läsa in.", "Choose a file to import.");
pub(in crate::http::page) const NO_ADDRESS: Words = words(
    "Noden kan inte läsa den adressen. Den ska börja med https:// eller http:// och leda till en webbserver.",
    "The node cannot read that address. It should begin with https:// or http:// and lead to a web server.",
);
pub(in crate::http::page) const UNREADABLE: Words =
    words("Katalogen kunde inte läsas", "The catalogue could not be read");
pub(in crate::http::page) const LINE: Words = words("Rad", "Line");
pub(in crate::http::page) const DIFFERENCE: Words =
    words("Det här skulle ändras", "This would change");
pub(in crate::http::page) const READ_FROM: Words = words("Inläst från", "Read from");
pub(in crate::http::page) const CREATED: Words = words("Nya", "New");
pub(in crate::http::page) const CHANGED: Words = words("Ändrade", "Changed");
pub(in crate::http::page) const WITHDRAWN: Words = words("Återkallas", "Withdrawn");
pub(in crate::http::page) const SAME: Words = words("Oförändrade", "Unchanged");
pub(in crate::http::page) const NOTHING_DIFFERS: Words = words(
    "Allt är redan som i katalogen. Det finns ingenting att göra.",
    "Everything is already as in the catalogue. There is nothing to do.",
);
pub(in crate::http::page) const MORE_CHANGES: Words =
    words("och fler, som inte visas här", "and more, not shown here");
pub(in crate::http::page) const NOT_CARRIED: Words =
    words("Uppgifter som inte följer med", "What is not carried");
pub(in crate::http::page) const NOT_CARRIED_TEXT: Words = words(
    "De hör inte till någon datamängd eller tjänst i katalogen.",
    "They belong to no dataset or service of the catalogue.",
);
pub(in crate::http::page) const SHRINKS: Words =
    words("Katalogen krymper mycket", "The catalogue shrinks a lot");
pub(in crate::http::page) const SHRINKS_TEXT: Words = words(
    "Så mycket skulle försvinna att filen kanske inte är hel. Kontrollera listan noga.",
    "So much would disappear that the file may not be whole. Check the list carefully.",
);
pub(in crate::http::page) const SHRINK_MEANT: Words = words(
    "Ja, katalogen är hel. Allt som står under Återkallas ska bort.",
    "Yes, the catalogue is whole. All that stands under Withdrawn is to go.",
);
pub(in crate::http::page) const SHRINK_NEEDED: Words = words(
    "Kryssa i att katalogen är hel, eller avbryt.",
    "Tick that the catalogue is whole, or cancel.",
);
pub(in crate::http::page) const DO_IT: Words = words("Genomför", "Do it");
pub(in crate::http::page) const IMPORT_KEPT: Words = words(
    "Noden minns det inlästa i 15 minuter.",
    "The node remembers what was read for 15 minutes.",
);
pub(in crate::http::page) const IMPORT_GONE: Words =
    words("Det inlästa finns inte kvar", "What was read is no longer there");
pub(in crate::http::page) const IMPORT_GONE_TEXT: Words = words(
    "Noden minns det i 15 minuter, och bara det senaste. Läs in katalogen igen.",
    "The node remembers it for 15 minutes, and only the latest. Import the catalogue again.",
);
pub(in crate::http::page) const IMPORT_MOVED: Words = words(
    "Något annat har ändrats sedan du såg skillnaden. Titta igen innan du bekräftar.",
    "Something else has changed since you saw the difference. Look again before you confirm.",
);
pub(in crate::http::page) const IMPORT_DONE: Words =
    words("Klart. Så här blev det:", "Done. This is what happened:");
pub(in crate::http::page) const IMPORT_FULL: Words = words(
    "Noden läser redan andra filer. Försök igen om en stund.",
    "The node is reading other files already. Try again in a while.",
);

// Sources

pub(in crate::http::page) const SOURCES_LEAD: Words = words(
    "En källa är en adress som noden läser om och om igen. Det som är nytt där publiceras. Det som försvinner därifrån återkallas först efter en tid, så att ett tillfälligt fel inte tömmer katalogen.",
    "A source is an address that the node reads again and again. What is new there is published. What disappears from there is withdrawn only after a time, so that a passing fault does not empty the catalogue.",
);
pub(in crate::http::page) const NO_SOURCES: Words =
    words("Det finns inga källor än.", "There are no sources yet.");
pub(in crate::http::page) const ADD_SOURCE: Words = words("Lägg till en källa", "Add a source");
pub(in crate::http::page) const ADD: Words = words("Lägg till", "Add");
pub(in crate::http::page) const EVERY: Words =
    words("Hur ofta källan läses, i minuter", "How often the source is read, in minutes");
pub(in crate::http::page) const EVERY_UNIT: Words =
    words("5 till 43 200. 360 är var sjätte timme.", "5 to 43,200. 360 is every six hours.");
pub(in crate::http::page) const GRACE: Words = words(
    "Hur länge det som försvann ligger kvar, i timmar",
    "How long what vanished stays, in hours",
);
pub(in crate::http::page) const GRACE_UNIT: Words =
    words("0 till 2 160. 72 är tre dygn.", "0 to 2,160. 72 is three days.");
pub(in crate::http::page) const RUN: Words = words("Läs nu", "Read now");
pub(in crate::http::page) const ACCEPT: Words =
    words("Ja, det som försvann är borta", "Yes, what vanished is gone");
pub(in crate::http::page) const SAVE: Words = words("Spara", "Save");
pub(in crate::http::page) const PAUSED: Words =
    words("Läs bara när någon ber om det", "Read only when somebody asks");
pub(in crate::http::page) const REMOVE: Words = words("Ta bort källan", "Remove the source");
pub(in crate::http::page) const REMOVE_TEXT: Words = words(
    "Det som källan har gett ligger kvar, som om det var inlagt för hand.",
    "What the source has given stays, as if put in by hand.",
);
pub(in crate::http::page) const REMOVE_SURE: Words = words("Ja, ta bort den", "Yes, remove it");
pub(in crate::http::page) const SOURCE_ADDED: Words =
    words("Källan är tillagd och läses strax.", "The source is added and is read in a moment.");
pub(in crate::http::page) const SOURCE_RUNS: Words = words(
    "Källan läses. Ladda om sidan om en stund.",
    "The source is being read. Reload the page in a while.",
);
pub(in crate::http::page) const SOURCE_SAVED: Words = words("Sparat.", "Saved.");
pub(in crate::http::page) const SOURCE_REMOVED: Words =
    words("Källan är borttagen.", "The source is removed.");
pub(in crate::http::page) const SOURCE_SETTINGS: Words =
    words("Ändra eller ta bort", "Change or remove");
pub(in crate::http::page) const LAST_READ: Words = words("Senast läst", "Last read");
pub(in crate::http::page) const NEXT_READ: Words = words("Nästa gång", "Next");
pub(in crate::http::page) const NEVER: Words = words("aldrig", "never");
pub(in crate::http::page) const BY_HAND: Words = words("för hand", "by hand");
pub(in crate::http::page) const RECORDS: Words = words("Poster", "Records");
pub(in crate::http::page) const LAST_ERROR: Words =
    words("Senaste försöket misslyckades", "The last try failed");
pub(in crate::http::page) const MANAGE: Words = words("Hantera källorna", "Manage the sources");
pub(in crate::http::page) const NUMBER_NEEDED: Words =
    words("Skriv ett helt tal inom gränserna.", "Write a whole number within the bounds.");

// What is found, and the score

pub(in crate::http::page) const CHECKED: Words = words("Granskning", "Check");
pub(in crate::http::page) const NO_FINDINGS: Words =
    words("Ingenting att anmärka på.", "Nothing to remark on.");
pub(in crate::http::page) const TO_MEND: Words =
    words("Måste rättas för att följa DCAT-AP-SE", "Must be mended to follow DCAT-AP-SE");
pub(in crate::http::page) const TO_BETTER: Words = words("Kan bli bättre", "Can be better");
pub(in crate::http::page) const SCORE: Words = words("Kvalitet", "Quality");
pub(in crate::http::page) const OF: Words = words("av", "of");
pub(in crate::http::page) const POINTS: Words = words("poäng", "points");
pub(in crate::http::page) const GAINS: Words = words("Det här ger mest", "What gains the most");
pub(in crate::http::page) const UNCHECKED: Words = words(
    "poäng till om adresserna svarar; det prövas inte här",
    "more points if the addresses answer; that is not tried here",
);
pub(in crate::http::page) const MORE_FINDINGS: Words = words("fler", "more");
pub(in crate::http::page) const FILL_IN: Words = words("Fyll i", "Fill in");
pub(in crate::http::page) const REST: Words = words(
    "poäng avgörs inte av formuläret, utan av hur filerna beskrivs och hur formaten skrivs i andra länder",
    "points do not depend on the form, but on how files are described and how formats are written in other countries",
);
