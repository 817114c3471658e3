//! What really happened in a run: how often each fault struck and each lie was
//! told, so that nobody takes a run without them for proof.

use std::collections::BTreeMap;

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident => $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$variant),*];
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(match self { $(Self::$variant => $text,)* })
            }
        }
    };
}

pub(super) use named;

named!(
    /// Something that goes wrong without anybody meaning it.
    Fault {
        /// A message was lost.
        Loss => "loss",
        /// A message was held up beyond the time a request may take.
        Delay => "delay",
        /// A message arrived twice.
        Duplication => "duplication",
        /// A message was overtaken by a later one.
        Reordering => "reordering",
        /// The network split in two.
        Partition => "partition",
        /// A message was lost where the other direction works.
        Deafness => "asymmetric partition",
        /// A node started with a clock that is off.
        ClockSkew => "clock skew",
        /// A clock jumped ahead.
        ClockJump => "clock jump",
        /// A quarter of a year passed.
        Ages => "a quarter of a year",
        /// A node crashed.
        Crash => "crash",
        /// A node crashed right after it acknowledged a publication.
        SuddenCrash => "crash after publication",
        /// A crash lost writes that were not flushed.
        UnflushedLoss => "unflushed writes lost",
        /// A disk was lost, all but the high-water mark.
        DiskLoss => "disk loss",
        /// Everything was lost but the keys.
        TotalLoss => "total loss",
        /// An old copy of a disk was put back.
        OldCopy => "old copy restored",
        /// A full disk refused a write.
        FullDisk => "full disk",
    }
);

named!(
    /// Something a dishonest peer does.
    Lie {
        /// Leaves out heads it knows, or says that there is nothing new.
        WithholdHeads => "withhold heads",
        /// Leaves out records.
        WithholdRecords => "withhold records",
        /// Ends a page early, as if there were no more.
        TruncatePage => "truncate pages",
        /// Promises more, page after page without records.
        EndlessPages => "endless pages",
        /// Shows an old head as the newest.
        ReplayHead => "replay old heads",
        /// Announces again what was announced before.
        ReplayAnnouncement => "replay announcements",
        /// Serves records that were superseded, withdrawn or pruned.
        Resurrect => "resurrect records",
        /// Signs two truths for one position, each for other peers.
        Equivocate => "equivocate",
        /// Sends what was signed for another federation.
        Graft => "graft between federations",
        /// Signs in the name of another agency.
        Forge => "forge",
        /// Signs a head over a record whose own signature does not hold.
        CommitToForged => "commit to a forged record",
        /// Tells a wrong map of positions.
        FalseMap => "false maps",
        /// Speaks of heads that do not exist.
        Boast => "boast of heads",
        /// Signs heads in the far future, or at the last position there is.
        FastForward => "fast-forward",
        /// Answers another question.
        WrongAnswer => "answer another question",
        /// Sends bytes without meaning.
        Garbage => "garbage",
        /// Changes a byte.
        FlipBit => "flip bits",
        /// Sends lists and messages beyond every limit.
        Oversize => "oversize",
        /// Answers at the last moment, too late or never.
        SlowLoris => "slow-loris",
        /// Announces without end.
        FloodAnnouncements => "flood announcements",
        /// Asks without end.
        FloodRequests => "flood requests",
        /// Comes back under a new name after it was cut off.
        NewName => "come back renamed",
        /// Signs with a key that its agency has replaced.
        StolenKey => "use a stolen key",
    }
);

named!(
    /// What becomes of agencies in a federation with a charter.
    Turn {
        /// The council admitted an agency.
        Admitted => "admitted",
        /// It admitted one that it had suspended or revoked.
        AdmittedAgain => "admitted again",
        /// It suspended one.
        Suspended => "suspended",
        /// It revoked one, whose records are kept.
        Kept => "revoked, records kept",
        /// It revoked one, whose records are hidden.
        Hidden => "revoked, records hidden",
        /// It revoked one, whose records are deleted.
        Purged => "revoked, records purged",
        /// One replaced its key.
        KeyReplaced => "key replaced",
    }
);

/// How often what happened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// How often each fault struck.
    pub faults: BTreeMap<Fault, u64>,
    /// How often each lie was told.
    pub lies: BTreeMap<Lie, u64>,
    /// How often agencies were admitted, put out, and the like.
    pub turns: BTreeMap<Turn, u64>,
    /// How often an honest node blamed a dishonest one.
    pub blames: u64,
    /// How often an honest node cut off a dishonest one.
    pub cut_offs: u64,
    /// How often an honest node throttled a dishonest one.
    pub throttled: u64,
    /// How often an honest node throttled another.
    pub honest_throttled: u64,
    /// How often an honest node told of a fork.
    pub forks: u64,
    /// How many publications were acknowledged to honest publishers.
    pub acknowledged: u64,
    /// How many were refused while a node was making sure of its own state.
    pub refused: u64,
}

impl Tally {
    pub(super) fn fault(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }

    pub(super) fn lie(&mut self, lie: Lie) {
        *self.lies.entry(lie).or_default() += 1;
    }

    pub(super) fn turn(&mut self, turn: Turn) {
        *self.turns.entry(turn).or_default() += 1;
    }

    /// Adds what happened in another run.
    pub fn add(&mut self, other: &Self) {
        for (fault, count) in &other.faults {
            *self.faults.entry(*fault).or_default() += count;
        }
        for (lie, count) in &other.lies {
            *self.lies.entry(*lie).or_default() += count;
        }
        for (turn, count) in &other.turns {
            *self.turns.entry(*turn).or_default() += count;
        }
        self.blames += other.blames;
        self.cut_offs += other.cut_offs;
        self.throttled += other.throttled;
        self.honest_throttled += other.honest_throttled;
        self.forks += other.forks;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
    }
}
