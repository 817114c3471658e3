//! Every bound of the protocol in one table, each with its reason.
//!
//! Invariant: nothing a stranger can send is read, kept, queued or worked on
//! beyond a bound that stands here.

use core::time::Duration;

/// The longest signed record. The largest description in 12,681 real datasets
/// is 310 KB (a polygon as GeoJSON); the median is 1.4 KB.
pub const RECORD_BYTES_MAX: usize = 512 * 1024;

/// The longest description: what a record has room for, beside its envelope of
/// some 200 bytes.
pub const DESCRIPTION_BYTES_MAX: usize = RECORD_BYTES_MAX - 1024;

/// The most properties a description may have, counted as RDF triples. The
/// largest real dataset has some 2,000; reading that many takes milliseconds.
pub const TRIPLES_MAX: usize = 20_000;

/// The longest IRI, language tag or datatype. Browsers and servers stop at
/// 2,000 to 8,000 characters; real catalogues have 2,100.
pub const IRI_BYTES_MAX: usize = 8 * 1024;

/// The longest signed head: 300 bytes are needed, the rest is for fields of
/// later versions.
pub const HEAD_BYTES_MAX: usize = 1024;

/// The longest signed statement about an agency's keys: an inception with the
/// most recovery keys takes 700 bytes.
pub const STATEMENT_BYTES_MAX: usize = 2 * 1024;

/// The most statements about one agency's keys: a rotation each year for thirty
/// years. An announcement has room for them.
pub const STATEMENTS_MAX: usize = 32;

/// The most keys that can share the recovery of an agency.
pub const RECOVERY_KEYS_MAX: usize = 16;

/// The most bytes in all statements of an agency together: ten recoveries by all keys
/// there can be, or the most statements by a few. They are saved with its catalogue and
/// sent with its heads.
pub const STATEMENTS_BYTES_MAX: usize = 128 * 1024;

/// The most agencies a replica keeps. Sweden has 356 publishers with data; the
/// design point is 2,000; each costs about 3 KB of memory.
pub const AGENCIES_MAX: usize = 20_000;

/// The most records of one agency. The largest Swedish publisher has 5,920
/// datasets; a million records of 1 KB are what one disk holds without notice.
pub const RECORDS_PER_AGENCY_MAX: u64 = 1_000_000;

/// The longest announcement on gossip. Each node receives an announcement some
/// six times, so whatever is larger is announced by its head alone and pulled
/// once.
pub const ANNOUNCEMENT_BYTES_MAX: usize = 16 * 1024;

/// The longest message between two nodes: a page with one record of the
/// largest size has room in it twice.
pub const MESSAGE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// How many bytes of records a node asks for in one page, and the most it
/// serves: large enough that round trips do not matter, small enough that four
/// of them in flight are no burden.
pub const PAGE_BYTES: usize = 1024 * 1024;

/// The most records in one page: a record takes at least 180 bytes, so a full
/// page of the smallest has some 6,000.
pub const RECORDS_PER_PAGE_MAX: usize = 8_192;

/// The most agencies named in one request or answer: their heads together take
/// 100 KB.
pub const AGENCIES_PER_MESSAGE_MAX: usize = 256;

/// Up to so many agencies, the answer to a differing root lists them all
/// instead of going through buckets: 64 summaries are as long as the 2 KB of
/// bucket digests.
pub const AGENCIES_WITHOUT_BUCKETS_MAX: usize = 32;

/// The most heads in one answer: of each agency asked for the one that is held,
/// a newer one, and the two of a fork.
pub const HEADS_PER_MESSAGE_MAX: usize = 4 * AGENCIES_PER_MESSAGE_MAX;

/// The most positions named in one request for single records: more records
/// than an answer has room for.
pub const POSITIONS_PER_REQUEST_MAX: usize = 4096;

/// The most positions told in one answer. They take 4 MB in memory and, where
/// no two follow each other, 500 KB on the wire; a larger set takes several
/// answers.
pub const POSITIONS_PER_MAP_MAX: usize = 250_000;

/// How many bytes of records a repair may hold in memory before it takes in what
/// came and looks again.
pub const REPAIR_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Requests in flight to one peer: keeps the link busy without letting one peer
/// hold all our slots.
pub const REQUESTS_PER_PEER_MAX: usize = 4;

/// Catalogues being pulled at the same time, over all peers: bounds the pages
/// in memory to 16 MiB.
pub const PULLS_MAX: usize = 16;

/// Peers remembered as able to serve a claimed head; the next round of
/// reconciliation names others.
pub const SOURCES_PER_AGENCY_MAX: usize = 8;

/// How often a replica compares what it holds with a random peer. Gossip
/// carries what is new within milliseconds; this bounds how long a lost
/// announcement stays unnoticed.
pub const RECONCILE_INTERVAL: Duration = Duration::from_secs(60);

/// The shortest time between two rounds that a peer's differing root makes us
/// start, so that a peer cannot keep us busy.
pub const RECONCILE_INTERVAL_MIN: Duration = Duration::from_secs(2);

/// How long after a request that failed the peer is asked again: a lost answer
/// must not cost a whole interval.
pub const RECONCILE_RETRY: Duration = Duration::from_secs(10);

/// How long a peer may take to answer before the request counts as failed. A
/// page of the largest size takes 20 s over 1 Mbit/s.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// How long after a head its agency promises the next one, so that an overdue
/// agency can be shown as stale: a day and two hours of grace.
pub const HEARTBEAT_WITHIN: Duration = Duration::from_secs(26 * 60 * 60);

/// How often an agency without changes signs a new head.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a withdrawal is kept before its agency may prune it: longer than
/// nodes are usually away.
pub const WITHDRAWAL_KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// How far ahead of our clock a signed time may lie before it is not believed:
/// clocks that drift are common, clocks a day wrong are not.
pub const CLOCK_SKEW_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// The gap an agency leaves in its sequence when it begins a new epoch, so that
/// records of the old epoch that turn up late cannot collide.
pub const EPOCH_GAP: u64 = 1024;

/// How many peers must say what they know of our own catalogue before we go on
/// after a loss, where so many are connected: one that is behind, or lies, must
/// not be all we hear.
pub const RECOVERY_ANSWERS: usize = 3;

/// Where fewer peers than that are connected, how long after the first answer
/// others are waited for: longer than it takes to dial the peers that are known.
pub const RECOVERY_SETTLE: Duration = Duration::from_secs(5);

/// How long after the last thing that came back more is waited for, where more
/// is known to have been signed: longer than a reconciliation period, so that
/// who has it would have said so.
pub const RECOVERY_PATIENCE: Duration = Duration::from_secs(90);

/// Being woken so much later than was asked for is a sleep of the machine, or a
/// clock that was set: nobody was there to hear an answer.
pub const ASLEEP: Duration = Duration::from_secs(10);

/// How many bytes of our own records that peers do not hold are kept in memory
/// to be published again: a year of a busy agency's changes.
pub const SALVAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How many bytes of records are given out to be checked at a time: some 300,
/// which takes 15 ms.
pub const CHECKS_BYTES: usize = 512 * 1024;

/// How many such parts are given out at the same time: enough to keep two
/// threads busy.
pub const CHECKS_MAX: usize = 4;

/// Up to so many records of a page are checked at once, so that a small change
/// is shown at once: 3 ms.
pub const CHECKED_AT_ONCE_MAX: usize = 64;

/// How many superseded heads are remembered of an agency, to recognise a fork
/// that is some steps old: 10 KB for each agency that signs so often.
pub const FORMER_HEADS_MAX: usize = 16;

/// How many superseded heads are remembered of our own agency: what it signed in
/// a day of many changes.
pub const OWN_FORMER_HEADS_MAX: usize = 256;

/// Announcements taken from one peer at once. A mesh of 2,000 agencies that all
/// publish within the same minutes reaches us through one peer in the worst
/// case; whatever is over is ignored and found by the next round.
pub const ANNOUNCEMENTS_PER_PEER_BURST: u64 = 5_000;

/// Announcements taken from one peer each second, on average: a hundred times
/// what 2,000 agencies publish that change something every half hour. Judging
/// so many takes about 1 % of a processor.
pub const ANNOUNCEMENTS_PER_PEER_A_SECOND: u64 = 100;

/// Bytes of announcements taken from one peer at once: what a burst of
/// announcements has at 6 KiB each.
pub const ANNOUNCED_BYTES_PER_PEER_BURST: u64 = 32 * 1024 * 1024;

/// Bytes of announcements taken from one peer each second, on average: a
/// hundred of the longest.
pub const ANNOUNCED_BYTES_PER_PEER_A_SECOND: u64 = 1_600 * 1024;

/// How long gossip from a peer over its budget of announcements is not listened
/// to. Its budget is more than half full again after that, and the memory that
/// libp2p takes for each message, for five minutes, stays below 10 MB a peer.
pub const HUSHED_FOR: Duration = Duration::from_secs(30);

/// Work for requests of one peer at once, in units of 0.1 ms of a processor: a
/// comparison of roots is one unit, the beginning of a page of changes one. A
/// node that pulls 20,000 agencies of one page each is not held up.
pub const WORK_PER_PEER_BURST: u64 = 20_000;

/// Work for requests of one peer each second, on average: 5 % of a processor.
pub const WORK_PER_PEER_A_SECOND: u64 = 500;

/// Bytes of records served to one peer at once: 600,000 records, with which
/// most federations are replicated whole at full speed.
pub const SERVED_BYTES_PER_PEER_BURST: u64 = 1024 * 1024 * 1024;

/// Bytes of records served to one peer each minute, on average: 10,000 records
/// a second, as fast as a disk takes them in; reading and packing so much takes
/// about 15 % of a processor.
pub const SERVED_BYTES_PER_PEER_A_MINUTE: u64 = 1024 * 1024 * 1024;

/// Signatures that one peer may make us check at once without bringing
/// anything new: 0.9 s of a processor, at 43 microseconds each. What is good
/// and new is not counted.
pub const VAIN_CHECKS_PER_PEER_BURST: u64 = 20_000;

/// Signatures that one peer may make us check in vain each second, on average:
/// 4 % of a processor.
pub const VAIN_CHECKS_PER_PEER_A_SECOND: u64 = 1_000;

/// So many strikes cut a peer off. A strike is for what only a faulty or
/// dishonest node sends; three leave room for one bad disk.
pub const STRIKES_MAX: u64 = 3;

/// After so long one strike is forgiven: an accident an hour is bad luck, two
/// are a node that has to be mended.
pub const STRIKE_FORGIVEN_AFTER: Duration = Duration::from_secs(60 * 60);

/// Reasons for strikes that are remembered of one peer: as many as cut it off,
/// and as many again that were forgiven.
pub const STRIKES_REMEMBERED: usize = 6;

/// The longest reason for a strike that is kept: a sentence. Reasons can quote
/// what a stranger sent.
pub const STRIKE_REASON_CHARS_MAX: usize = 200;

/// Accounts kept of peers that have left: who comes back finds its strikes and
/// debts again. Node ids cost nothing, so more would only keep out who is too
/// lazy to make a new one.
pub const ACCOUNTS_OF_DEPARTED_MAX: usize = 1_024;

/// Cut-offs remembered for the operator: as many as fit on a screen.
pub const CUT_OFFS_REMEMBERED: usize = 32;

/// How long after the last refusal a peer is still shown as throttled: two
/// looks of an operator at a list that refreshes.
pub const THROTTLED_SHOWN_FOR: Duration = Duration::from_secs(60);

/// Heads of one agency that are passed on and fetched at once. People and
/// harvesters publish one to ten at a time.
pub const HEADS_PER_AGENCY_BURST: u64 = 30;

/// In this time one more head of an agency is passed on and fetched. Those
/// between are coalesced: only the newest counts, and it is never lost.
pub const HEAD_PER_AGENCY_EVERY: Duration = Duration::from_secs(2);

/// Records that one agency may change or withdraw at once; new ones are bounded
/// by the quota of records. A catalogue seventeen times the largest Swedish one
/// can change whole.
pub const CHANGES_PER_AGENCY_BURST: u64 = 100_000;

/// Records that one agency may change or withdraw each day, on average: three
/// times all datasets of the largest Swedish publisher.
pub const CHANGES_PER_AGENCY_A_DAY: u64 = 20_000;

/// The most bytes of one agency's records: a million records of 2 KB.
pub const BYTES_PER_AGENCY_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// The longest card: the statements of an agency that has changed its keys for
/// some years, and three texts.
pub const CARD_BYTES_MAX: usize = 16 * 1024;

/// The longest name, number or domain on a card, in bytes: the 253 characters of
/// the longest domain.
pub const CARD_TEXT_BYTES_MAX: usize = 256;

/// The most seats on a council. More people than that decide nothing together;
/// and each decision carries a signature by more than half of them.
pub const SEATS_MAX: usize = 64;

/// The longest name or purpose in a charter, in bytes: a paragraph.
pub const CHARTER_TEXT_BYTES_MAX: usize = 1_024;

/// The most decisions that a charter takes over from the council before it: one
/// for each agency of the design point. A council that has decided as much
/// begins a new page by amending its charter.
pub const CARRIED_MAX: usize = 2_048;

/// The longest charter: the most decisions carried, at 34 bytes each, or the
/// most founders, at 1 KB each.
pub const CHARTER_BYTES_MAX: usize = 192 * 1024;

/// The longest motion: one for the longest charter.
pub const MOTION_BYTES_MAX: usize = CHARTER_BYTES_MAX + 4 * 1024;

/// The longest reason given with a motion, in bytes: a paragraph.
pub const REASON_BYTES_MAX: usize = 1_024;

/// The longest vote: three identifiers and a signature take 220 bytes.
pub const VOTE_BYTES_MAX: usize = 512;

/// The most motions of one seat that wait for votes. A council that meets each
/// month moves fewer; a seat that moves more blocks only itself.
pub const MOTIONS_PER_SEAT_MAX: usize = 64;

/// The most times a charter is amended: each month for twenty years.
pub const CHARTERS_MAX: usize = 256;

/// The most applications a node remembers, the newest: a federation grows by
/// fewer in a year, and who is forgotten applies again at the next meeting of
/// nodes.
pub const APPLICATIONS_MAX: usize = 256;

/// The most acts of a council in one message, or named in one: those of 2,000
/// members by a council of seven.
pub const ACTS_PER_MESSAGE_MAX: usize = 16_384;

/// How long a node may say that it belongs to an agency without that agency
/// signing it again: it does each day.
pub const CERTIFICATE_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// After so long a node says again to a peer whose it is: well before the
/// certificate of the last time ends.
pub const GREETED_AGAIN_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Records of a revoked member that are removed in one commit: some 10 ms.
pub const PURGED_AT_ONCE_MAX: usize = 512;

/// The longest certificate: three identifiers, two times and a signature take
/// 230 bytes.
pub const CERTIFICATE_BYTES_MAX: usize = 512;

/// The most nodes whose records a node keeps and passes on: twice the design
/// point of 2,000 agencies; at 300 bytes each they take 1.2 MB.
pub const NODES_MAX: usize = 4096;

/// The longest signed node record: one with an agency and two addresses takes
/// 222 bytes, and one with the longest name of a host has room three times.
pub const NODE_RECORD_BYTES_MAX: usize = 1024;

/// The most addresses in a node record: two families, two networks, twice.
pub const NODE_ADDRESSES_MAX: usize = 8;

/// The longest address in a node record: the 253 characters of the longest name
/// of a host, and a port.
pub const NODE_ADDRESS_BYTES_MAX: usize = 272;

/// How long a node record may hold: a node that is away for a week-long holiday
/// is still known, and an address that is given up is forgotten as soon.
pub const NODE_RECORD_LIFETIME_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How often a node signs its record again, also when nothing changed: six
/// times before it ends.
pub const NODE_RECORD_RENEWED: Duration = Duration::from_secs(24 * 60 * 60);

/// The most node records in one answer: checking their signatures takes 11 ms.
pub const NODE_RECORDS_PER_MESSAGE_MAX: usize = 256;

/// The longest answer about nodes: as many records as it may have, of the
/// largest size, and the lengths between them.
pub const NODE_MESSAGE_BYTES_MAX: usize = 260 * 1024;

/// The longest question about nodes: what is known of as many as are kept, at
/// 28 bytes each.
pub const NODES_REQUEST_BYTES_MAX: usize = 116 * 1024;
