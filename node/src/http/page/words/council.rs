//! The texts of the council: who belongs, and what is decided.

use crate::language::{Words, words};

// What everybody sees

pub(crate) const TITLE: Words = words("Stadga och råd", "Charter and council");
pub(crate) const LEDE: Words = words(
    "Federationen har en stadga. Den utser ett råd, och rådets medlemmar röstar om vem som får vara med. Varje nod räknar rösterna själv.",
    "The federation has a charter. It names a council, whose seats vote on who may take part. Every node counts the votes by itself.",
);
pub(crate) const OPEN: Words = words(
    "Den här federationen är öppen. Den har ingen stadga och inget råd: alla organisationer kan vara med, och ingen har prövat vilka de är.",
    "This federation is open. It has no charter and no council: every agency can take part, and nobody has examined who they are.",
);
pub(crate) const UNKNOWN: Words = words(
    "Stadgan har inte kommit hit än: noden har inte nått någon som känner till den.",
    "The charter has not come here yet: the node has reached nobody who knows it.",
);
pub(crate) const NOT_FOUNDED: Words = words(
    "Federationen är inte bildad än. Det är den när alla grundare har skrivit under.",
    "The federation is not founded yet. It is when all founders have signed.",
);
pub(crate) const RIVALS: Words = words(
    "Platser i rådet har röstat för två stadgar på en gång. Noderna håller sig till den de först såg. Fråga de andra vad som har hänt.",
    "Seats on the council have voted for two charters at once. Nodes keep to the one they saw first. Ask the others what has happened.",
);
pub(crate) const CHARTER: Words = words("Stadgan", "The charter");
pub(crate) const PURPOSE: Words = words("Ändamål", "Purpose");
pub(crate) const NUMBER: Words = words("Nummer", "Number");
pub(crate) const OF_DAY: Words = words("från", "of");
pub(crate) const REVIEW: Words = words("Ses över senast", "To be looked at again by");
pub(crate) const ADMITS: Words = words("Antar medlemmar", "Admits members");
pub(crate) const REVOKES: Words = words("Stänger av och utesluter", "Suspends and revokes");
pub(crate) const AMENDS: Words = words("Ändrar stadgan", "Amends the charter");
pub(crate) const OF: Words = words("av", "of");
pub(crate) const OF_SEATS: Words = words("platser", "seats");
pub(crate) const READERS: Words = words("Får läsa", "May read");
pub(crate) const ANYBODY: Words = words("alla", "anybody");
pub(crate) const MEMBERS_ONLY: Words = words("bara medlemmar", "members only");
pub(crate) const RECORDS: Words = words("Poster per medlem, högst", "Records of a member, at most");
pub(crate) const COUNCIL: Words = words("Rådet", "The council");
pub(crate) const SIGNED: Words = words("har skrivit under", "has signed");
pub(crate) const NOT_SIGNED: Words = words("har inte skrivit under", "has not signed");
pub(crate) const MEMBERS: Words = words("Medlemmar", "Members");
pub(crate) const AGENCY: Words = words("Organisation", "Agency");
pub(crate) const IS: Words = words("Är", "Is");
pub(crate) const ORGANISATION_NUMBER: Words = words("Organisationsnummer", "Organisation number");
pub(crate) const UNSOUND: Words = words("har inte formen av ett", "has not the form of one");
pub(crate) const DOMAIN: Words = words("Domän", "Domain");
pub(crate) const DOMAIN_HOLDS: Words = words("bekräftad", "confirmed");
pub(crate) const DOMAIN_FAILS: Words = words("inte bekräftad", "not confirmed");
pub(crate) const MEMBER: Words = words("medlem", "member");
pub(crate) const SUSPENDED: Words = words("avstängd", "suspended");
pub(crate) const REVOKED: Words = words("utesluten", "revoked");
pub(crate) const SEAT: Words = words("plats i rådet", "seat on the council");
pub(crate) const APPLICANTS: Words = words("Ansöker om att vara med", "Apply to take part");
pub(crate) const SINCE: Words = words("sedan", "since");
pub(crate) const MOTIONS: Words = words("Förslag att rösta om", "Motions to vote on");
pub(crate) const NO_MOTIONS: Words =
    words("Inget förslag väntar på röster.", "No motion waits for votes.");
pub(crate) const DECIDED: Words = words("Vad som har beslutats", "What was decided");
pub(crate) const ADMIT: Words = words("Anta", "Admit");
pub(crate) const SUSPEND: Words = words("Stäng av tills vidare", "Suspend for now");
pub(crate) const REVOKE: Words = words("Uteslut", "Revoke");
pub(crate) const QUOTA: Words = words("Ändra högsta antal poster för", "Set the most records of");
pub(crate) const AMEND: Words = words("Ändra stadgan för", "Amend the charter of");
pub(crate) const PASSED: Words = words("antaget", "passed");
pub(crate) const REFUSED: Words = words("avslaget", "refused");
pub(crate) const WAITS: Words = words("väntar på röster", "waits for votes");
pub(crate) const FOR: Words = words("För", "For");
pub(crate) const AGAINST: Words = words("Emot", "Against");
pub(crate) const NEEDED: Words = words("behövs", "needed");
pub(crate) const NEXT_COUNCIL: Words = words("Det nya rådet", "The council to be");
pub(crate) const INVITE: Words = words("Bjud in", "Invite");
pub(crate) const INVITE_TEXT: Words = words(
    "Raden säger vilken federation det är och var man börjar. Den är ingen hemlighet och släpper inte in någon. Den som blir inbjuden kör:",
    "The line says which federation it is and where to begin. It is no secret and admits nobody. Who is invited runs:",
);
pub(crate) const SQUARE: Words = words("Inbjudan som rutkod", "The invitation as a square");
pub(crate) const AS_JSON: Words = words("Allt som JSON", "All of it as JSON");
pub(crate) const GOVERN_LINK: Words = words("Rösta och föreslå", "Vote and move");

// Behind the sign-in

pub(crate) const GOVERN: Words = words("Federationen", "The federation");
pub(crate) const GOVERN_TASK: Words = words(
    "Rösta om vem som får vara med, föreslå ändringar, byt nyckel eller flytta till en annan federation.",
    "Vote on who takes part, move changes, replace the key, or move to another federation.",
);
pub(crate) const HAS_SEAT: Words = words(
    "Organisationen har en plats i rådet. En röst för något tas aldrig tillbaka.",
    "The agency has a seat on the council. A vote for something is never taken back.",
);
pub(crate) const IS_MEMBER: Words = words(
    "Organisationen är medlem, men har ingen plats i rådet. Den kan inte rösta.",
    "The agency is a member and has no seat on the council. It cannot vote.",
);
pub(crate) const IS_STRANGER: Words = words(
    "Organisationen är inte medlem. Noden ansöker själv hos alla den träffar, och det som publiceras här finns bara här tills rådet har antagit organisationen.",
    "The agency is no member. The node applies by itself at everybody it meets, and what is published here is only here until the council has admitted the agency.",
);
pub(crate) const DONE: Words = words("Det är gjort.", "It is done.");
pub(crate) const VOTE_FOR: Words = words("Rösta för", "Vote for");
pub(crate) const VOTE_AGAINST: Words = words("Rösta emot", "Vote against");
pub(crate) const SIGN: Words = words("Skriv under stadgan", "Sign the charter");
pub(crate) const REASON: Words =
    words("Varför, för de andra i rådet", "Why, for the others on the council");
pub(crate) const CHECK_DOMAIN: Words = words("Fråga domänen", "Ask the domain");
pub(crate) const ASK_FIRST: Words = words(
    "Fråga först på ett säkert sätt om det verkligen är de.",
    "Ask them first, in a way you trust, whether it is really them.",
);
pub(crate) const MOVE: Words = words("Föreslå", "Move");
pub(crate) const ABOUT_MEMBER: Words = words("Föreslå om medlemmen", "Move about the member");
pub(crate) const WHAT_OF_RECORDS: Words =
    words("Vad händer med det den har publicerat?", "What becomes of what it has published?");
pub(crate) const KEEP: Words = words("Det finns kvar som det är nu", "It stays as it is now");
pub(crate) const HIDE: Words =
    words("Det visas inte, men finns kvar på noderna", "It is not shown, and nodes keep it");
pub(crate) const PURGE: Words = words("Alla noder tar bort det", "All nodes delete it");
pub(crate) const MOST_RECORDS: Words = words("Högst så många poster", "So many records at most");
pub(crate) const AMEND_HEAD: Words = words("Ändra stadgan", "Amend the charter");
pub(crate) const AMEND_TEXT: Words = words(
    "Det kräver röster från rådet som det är, och från rådet som det ska bli. Det som är beslutat när du föreslår den fortsätter att gälla.",
    "It takes votes of the council there is, and of the one there is to be. What was decided when you move it goes on to hold.",
);
pub(crate) const FEDERATION_NAME: Words = words("Federationens namn", "Name of the federation");
pub(crate) const SEATS: Words = words("Platser i rådet", "Seats on the council");
pub(crate) const KEY: Words =
    words("Organisationens signeringsnyckel", "The key the agency signs with");
pub(crate) const KEY_TEXT: Words = words(
    "Det är inte nyckeln som du loggar in med. Byt den om den kan ha kommit i orätta händer. Organisationen är densamma, det som är publicerat gäller, och det som den gamla nyckeln skriver under från och med nu är ingenting värt. Säkerhetskopiera datakatalogen efteråt.",
    "It is not the token you sign in with. Replace it if it may be in wrong hands. The agency stays who it is, what was published holds, and what the old key signs from now on is worth nothing. Back up the data folder afterwards.",
);
pub(crate) const ROTATE: Words = words("Byt signeringsnyckel", "Replace the key");
pub(crate) const SURE: Words = words("Ja, jag är säker", "Yes, I am sure");
pub(crate) const ELSEWHERE: Words =
    words("Flytta till en annan federation", "Move to another federation");
pub(crate) const ELSEWHERE_TEXT: Words = words(
    "Noden startar om, tar med sig det organisationen har publicerat och ansöker där. Det den har av andra sparas tills den kommer tillbaka. Du behöver logga in igen.",
    "The node starts anew, takes along what the agency has published, and applies there. What it holds of others is kept for when it comes back. You have to sign in again.",
);
pub(crate) const INVITATION: Words = words("Inbjudan", "Invitation");
pub(crate) const INVITATION_HINT: Words =
    words("En rad som börjar med dela:", "A line that begins with dela:");
pub(crate) const JOIN: Words = words("Flytta dit", "Move there");
pub(crate) const MOVING: Words = words("Noden flyttar", "The node moves");
pub(crate) const MOVING_TEXT: Words = words(
    "Den startar om och är tillbaka om några sekunder.",
    "It starts anew, and is back in some seconds.",
);
pub(crate) const SEE_COUNCIL: Words = words("Se hur det står till", "See how it stands");
pub(crate) const NUMBER_NEEDED: Words =
    words("Ange hur många poster, med siffror.", "Say how many records, in digits.");
pub(crate) const ANYWAY: Words = words(
    "Också om det upphäver beslut, eller om platsen har röstat för en annan ändring",
    "Also where it ends decisions, or this seat has voted for another amendment",
);
pub(crate) const ENDS: Words = words("Det skulle upphäva", "It would end");
