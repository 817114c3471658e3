//! The texts of the page of the federation, and of those of agencies.

use crate::language::{Words, words};

pub(crate) const TITLE: Words = words("Federationen", "The federation");
pub(crate) const MENU: Words = words("Federation", "Federation");
pub(crate) const LEDE: Words = words(
    "Här delar organisationer öppna data direkt med varandra, utan en central server. Var och en \
     signerar sin egen katalog, och varje nod håller alla kataloger. Så här ser det ut från den här \
     noden.",
    "Here agencies share open data straight with each other, without a central server. Each signs \
     its own catalogue, and every node holds all catalogues. This is how it looks from this node.",
);
pub(crate) const NAME: Words = words("Federationens namn", "Name of the federation");
pub(crate) const RECORDS: Words = words("Signerade poster", "Signed records");
pub(crate) const PEERS: Words = words("Anslutna noder", "Connected nodes");
pub(crate) const PEERS_SAME: Words =
    words("med samma index som den här noden", "with the same index as this node");
pub(crate) const PEERS_NONE: Words = words(
    "Noden är inte ansluten till någon annan just nu. Det som visas kan vara inaktuellt.",
    "The node is connected to no other right now. What is shown may be out of date.",
);
pub(crate) const NODES_KNOWN: Words = words("Kända noder", "Nodes known");

pub(crate) const ALL: Words = words("Alla", "All");
pub(crate) const MEMBERS: Words =
    words("Organisationer och deras läge", "Agencies and their state");
pub(crate) const STATE: Words = words("Läge", "State");
pub(crate) const CONFIRMED: Words = words("Senast bekräftad", "Last confirmed");
pub(crate) const NEVER: Words = words("inte än", "not yet");
pub(crate) const SHOW: Words = words("Visa", "Show");
pub(crate) const SORT_BY: Words = words("Sortera efter", "Sort by");
pub(crate) const NO_MEMBERS: Words =
    words("Ingen organisation är i det läget.", "No agency is in that state.");
pub(crate) const NEXT: Words = words("Nästa sida", "Next page");
pub(crate) const FIRST: Words = words("Till första sidan", "To the first page");

pub(crate) const COMPLETE_LONG: Words = words(
    "Hela katalogen finns här, och organisationen har bekräftat den i tid.",
    "The whole catalogue is here, and the agency has confirmed it in time.",
);
pub(crate) const CATCHING_UP_LONG: Words = words(
    "Mer har utannonserats än vad noden har hunnit hämta.",
    "More has been announced than the node has fetched so far.",
);
pub(crate) const STALE_LONG: Words = words(
    "Katalogen är komplett, men organisationen har inte bekräftat den när den lovade.",
    "The catalogue is complete, but the agency has not confirmed it when it promised to.",
);
pub(crate) const WITHHELD_LONG: Words = words(
    "Mer har utannonserats, men ingen av de noder som har tillfrågats lämnar ut det.",
    "More has been announced, but none of the nodes that were asked delivers it.",
);
pub(crate) const CONFLICTING_LONG: Words = words(
    "Organisationen har signerat två versioner av sin katalog som säger emot varandra.",
    "The agency has signed two versions of its catalogue that contradict each other.",
);
pub(crate) const WHAT_STATES_MEAN: Words = words("Vad lägena betyder", "What the states mean");

pub(crate) const FORKS: Words =
    words("Kataloger som säger emot sig själva", "Catalogues that contradict themselves");
pub(crate) const FORK_WHAT: Words = words(
    "Nycklarna har använts på två ställen, eller så har en gammal säkerhetskopia tagits i bruk. \
     Alla noder väljer samma version, så alla ser samma sak.",
    "The keys were in use at two places, or an old backup was put to use. All nodes choose the \
     same version, so everybody sees the same.",
);
pub(crate) const FORK_DO: Words = words(
    "Arbetar du på organisationen: se till att bara en nod har nyckeln och publicera sedan på nytt. \
     Det avslutar motsägelsen. Använder du datamängderna: fråga organisationen vilken version som gäller.",
    "If you work there: make sure that only one node has the key, then publish again. That ends \
     the contradiction. If you use the data: ask the agency which version holds.",
);
pub(crate) const FORK_ENDED: Words = words(
    "Organisationen har sagt emot sig själv tidigare och rett ut det.",
    "The agency contradicted itself before, and has settled it.",
);

pub(crate) const ROOT: Words = words("Är det samma överallt?", "Is it the same everywhere?");
pub(crate) const ROOT_LONG: Words = words(
    "Indexets rot är en kontrollsumma över alla organisationers senaste signerade läge. Visar två \
     noder samma rot har de exakt samma index, utom av organisationer som en av dem \
     blockerar. Jämför med en annan nods sida.",
    "The root of the index is a checksum over the newest signed state of all agencies. If two \
     nodes show the same root, they hold exactly the same index, but for agencies that one of \
     them blocks. Compare it with the page of another node.",
);
pub(crate) const ROOT_LABEL: Words = words("Rot", "Root");

pub(crate) const ACTIVITY: Words = words("Senaste händelserna", "Latest activity");
pub(crate) const NO_ACTIVITY: Words =
    words("Inget har hänt här än.", "Nothing has happened here yet.");
pub(crate) const CREATED: Words = words("Ny", "New");
pub(crate) const CHANGED: Words = words("Ändrad", "Changed");
pub(crate) const WITHDRAWN: Words = words("Återkallad", "Withdrawn");
pub(crate) const UNTITLED: Words = words("Utan titel", "Untitled");
pub(crate) const FOLLOW: Words =
    words("Följ ändringarna med en feedläsare (Atom)", "Follow changes in a feed reader (Atom)");
pub(crate) const AS_EVENTS: Words = words("som händelser (SSE)", "as events (SSE)");
pub(crate) const AS_LDES: Words = words("som LDES", "as LDES");

// One agency.

pub(crate) const NEWEST: Words = words("Senast ändrade datamängder", "Datasets changed last");
pub(crate) const NO_DATASETS: Words =
    words("Organisationen har inga datamängder än.", "The agency has no datasets yet.");
pub(crate) const SHOW_ALL: Words = words("Visa alla datamängder", "Show all datasets");
pub(crate) const AT_A_GLANCE: Words = words("Katalogen i korthet", "The catalogue at a glance");
pub(crate) const MORE_INSIGHT: Words =
    words("Mer om katalogens innehåll och historik", "More about what it holds, and its history");
pub(crate) const WHAT_TO_MEND: Words =
    words("Vad som skulle höja kvaliteten", "What would raise the quality");
pub(crate) const FRESHNESS: Words = words("Aktualitet", "Freshness");
pub(crate) const CONFIRMED_AT: Words =
    words("Organisationen bekräftade sin katalog", "The agency confirmed its catalogue");
pub(crate) const CONFIRM_BY: Words =
    words("Nästa bekräftelse väntas senast", "The next confirmation is due by");
pub(crate) const CONFIRM_BY_PAST: Words =
    words("Nästa bekräftelse skulle ha kommit", "The next confirmation was due on");
pub(crate) const NOT_CONFIRMED: Words = words(
    "Katalogen har inte funnits här i sin helhet än.",
    "The catalogue has not been here in full yet.",
);
pub(crate) const TODAY: Words = words("i dag", "today");
pub(crate) const YESTERDAY: Words = words("i går", "yesterday");
pub(crate) const LATELY: Words = words("De senaste 30 dagarna", "In the last 30 days");
pub(crate) const LATELY_SINCE: Words = words("Sedan", "Since");
pub(crate) const LATELY_NOTHING: Words = words("inga ändringar", "no changes");
pub(crate) const LATELY_UNKNOWN: Words = words(
    "Den här noden har inte hunnit räkna ändringar än.",
    "This node has not counted changes yet.",
);
pub(crate) const RECORDS_NEW: Words = words("nya poster", "new records");
pub(crate) const RECORDS_CHANGED: Words = words("ändrade", "changed");
pub(crate) const RECORDS_WITHDRAWN: Words = words("återkallade", "withdrawn");

pub(crate) const CONTACT: Words = words("Kontakt", "Contact");
pub(crate) const NO_CONTACT: Words = words(
    "Ingen kontakt är angiven för katalogen. Se varje datamängd.",
    "No contact is given for the catalogue. See each dataset.",
);
pub(crate) const ORGANISATION_NUMBER: Words =
    words("Organisationsnummer", "Swedish organisation number");
pub(crate) const HOMEPAGE: Words = words("Webbplats", "Website");
pub(crate) const LANDING_PAGE: Words = words("Katalogens sida", "Page of the catalogue");

pub(crate) const ITS_NODE: Words = words("Organisationens nod", "The agency's node");
pub(crate) const NODE_OWN: Words =
    words("Det här är organisationens egen nod.", "This is the agency's own node.");
pub(crate) const NODE_CONNECTED: Words =
    words("Ansluten till den här noden just nu.", "Connected to this node right now.");
pub(crate) const NODE_REACHED: Words = words("Svarade senast", "Last answered");
pub(crate) const NODE_FAILED: Words = words("Svarade inte", "Did not answer");
pub(crate) const NODE_UNREACHED: Words = words(
    "Känd, men har aldrig kontaktats härifrån. Det är vanligt: alla noder är inte anslutna till \
     alla.",
    "Known, but never contacted from here. That is common: not every node is connected to every \
     other.",
);
pub(crate) const NODE_UNKNOWN: Words = words(
    "Okänt. Den här noden känner inte till någon nod som säger sig tillhöra organisationen; \
     katalogen kommer via andra noder och är lika äkta för det.",
    "Not known. This node knows of no node that says it belongs to the agency; the catalogue comes \
     by way of others, and is no less genuine for that.",
);
pub(crate) const NODE_CLAIM: Words = words(
    "Vilken organisation en nod tillhör är nodens egen uppgift.",
    "Which agency a node belongs to is the node's own word.",
);

pub(crate) const CHECKERS: Words = words("För den som vill kontrollera", "For those who check");
pub(crate) const POSITION: Words = words("Position (epok, nummer)", "Position (epoch, number)");
pub(crate) const BYTES: Words = words("Byte", "Bytes");
pub(crate) const HEAD: Words = words("Huvud", "Head");
pub(crate) const AS_DATA: Words = words("Hela katalogen som data", "The whole catalogue as data");
