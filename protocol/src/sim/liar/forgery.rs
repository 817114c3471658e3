//! What the dishonest sign: in their own name what they must not, and in the
//! name of others what nobody should believe.

use core::time::Duration;

use oorandom::Rand64;

use super::{below, noise};
use crate::agency::Signer;
use crate::catalogue::Catalogue;
use crate::head::{Commitment, Head};
use crate::id::{Digest, FederationId};
use crate::limits::{AGENCIES_PER_MESSAGE_MAX, HEARTBEAT_WITHIN};
use crate::record::{Position, Record, RecordKind, Statement};
use crate::sim::charter::Theft;
use crate::sim::disk::{Disk, Full};
use crate::sim::loot::Loot;
use crate::sim::node::Node;
use crate::store::{Batch, HighWater, Standing, Store as _};
use crate::time::Timestamp;
use crate::wire::{Announcement, ForkProof, Request};

/// One dishonest node, and an honest one in whose name it would like to speak.
#[derive(Debug)]
pub(super) struct Forger<'a> {
    pub(super) node: &'a Node,
    pub(super) victim: &'a Node,
    pub(super) federation: &'a FederationId,
    pub(super) now: Timestamp,
    pub(super) ages: u64,
}

impl Forger<'_> {
    fn now(&self) -> Timestamp {
        self.now.after(Duration::from_millis(self.ages))
    }

    fn elsewhere() -> FederationId {
        FederationId::open("another simulation")
    }

    /// The signature of the victim's agency, made with our own key.
    fn false_signer(&self) -> Signer {
        let agency = self.victim.agency.id();
        Signer { agency, key: self.node.signer.key.clone(), key_index: 0 }
    }

    /// Our agency's head, as our replica has it.
    fn own_head(&self) -> Option<Head> {
        let own = self.node.agency.id();
        let replica = self.node.replica()?;
        replica.catalogues().find(|one| one.id() == own)?.head.clone()
    }

    fn announcement(node: &Node, head: &Head, records: &[Record]) -> Vec<u8> {
        let records = records.iter().map(|record| record.bytes().to_vec()).collect();
        let statements = node.agency.statements().to_vec();
        Announcement { statements, head: head.bytes().to_vec(), records }.encode()
    }

    /// Heads that change nothing, one after the other: all are in order, and
    /// all have to be looked at.
    pub(super) fn heartbeats(&self, count: usize) -> Vec<Vec<u8>> {
        let mut announcements = Vec::new();
        let Some(mut head) = self.own_head() else { return announcements };
        for _ in 0..count {
            let commitment = Commitment {
                position: head.position().next(),
                previous: head.id(),
                issued_at: self.now(),
                heartbeat_by: self.now().after(HEARTBEAT_WITHIN),
                ..head.commitment()
            };
            head = Head::sign(&self.node.signer, self.federation, &commitment);
            announcements.push(Self::announcement(self.node, &head, &[]));
        }
        announcements
    }

    /// Another head for the position of the last.
    pub(super) fn equivocate(&self, chance: &mut Rand64) -> Option<Vec<u8>> {
        let head = self.own_head()?;
        let digest = if below(chance, 2) == 0 {
            head.commitment().digest
        } else {
            Digest::from_bytes(crate::id::hash("no set has this", &[]))
        };
        let issued_at = Timestamp::from_millis(chance.rand_range(0..self.now().as_millis()));
        let commitment = Commitment { digest, issued_at, ..head.commitment() };
        let head = Head::sign(&self.node.signer, self.federation, &commitment);
        Some(Self::announcement(self.node, &head, &[]))
    }

    /// A head far in the future, or as far on as positions go. Rare: it is the
    /// last its agency can sign.
    pub(super) fn fast_forward(&self, chance: &mut Rand64) -> Option<Vec<u8>> {
        let mut commitment = self.own_head()?.commitment();
        match below(chance, 8) {
            0 => commitment.position = Position { epoch: u32::MAX, seq: u64::MAX },
            1 => commitment.position.seq = u64::MAX,
            _ => {
                commitment.position = commitment.position.next();
                commitment.issued_at = self.now().after(Duration::from_secs(1 << 30));
            }
        }
        let head = Head::sign(&self.node.signer, self.federation, &commitment);
        Some(Self::announcement(self.node, &head, &[]))
    }

    /// An old announcement, whole or without its records.
    pub(super) fn replay(chance: &mut Rand64, loot: &Loot) -> Option<Vec<u8>> {
        let mut announcement = loot.announcement(chance)?;
        match below(chance, 3) {
            0 => {}
            1 => announcement.records.clear(),
            _ => {
                let head = Head::decode(announcement.head).ok()?;
                announcement.head = loot.old_head(&head.agency(), chance)?.bytes().to_vec();
            }
        }
        Some(announcement.encode())
    }

    /// What the victim signed for another federation.
    pub(super) fn graft(&self, chance: &mut Rand64, loot: &Loot) -> Option<Vec<u8>> {
        let head = self.grafted_head(chance, loot)?;
        let position = Position { seq: head.position().seq - 1, ..head.position() };
        let record = self.sign_for(&self.victim.signer, &Self::elsewhere(), position);
        Some(Self::announcement(self.victim, &head, &[record]))
    }

    pub(super) fn grafted_head(&self, chance: &mut Rand64, loot: &Loot) -> Option<Head> {
        let commitment = self.next_commitment(chance, loot)?;
        Some(Head::sign(&self.victim.signer, &Self::elsewhere(), &commitment))
    }

    /// A head of the victim's agency that we signed, or a record of ours under
    /// a head of its own.
    pub(super) fn forge(&self, chance: &mut Rand64, loot: &Loot) -> Option<Vec<u8>> {
        match below(chance, 3) {
            0 => {
                let head = self.forged_head(chance, loot)?;
                return Some(Self::announcement(self.victim, &head, &[]));
            }
            1 => {
                // As if the victim had contradicted itself.
                let agency = self.victim.agency.id();
                let heads = [loot.old_head(&agency, chance)?, loot.old_head(&agency, chance)?];
                let heads = heads.map(|head| head.bytes().to_vec());
                let statements = self.victim.agency.statements().to_vec();
                return Some(ForkProof { statements, heads }.encode());
            }
            _ => {}
        }
        let head = loot.old_head(&self.victim.agency.id(), chance)?;
        let position = Position { seq: head.position().seq.checked_sub(1)?, ..head.position() };
        let record = self.forged_record(position.seq.max(1), position.epoch);
        Some(Self::announcement(self.victim, &head, &[record]))
    }

    pub(super) fn forged_head(&self, chance: &mut Rand64, loot: &Loot) -> Option<Head> {
        let commitment = self.next_commitment(chance, loot)?;
        Some(Head::sign(&self.false_signer(), self.federation, &commitment))
    }

    pub(super) fn forged_record(&self, seq: u64, epoch: u32) -> Record {
        self.sign_for(&self.false_signer(), self.federation, Position { epoch, seq })
    }

    pub(super) fn grafted_record(&self, position: Position) -> Record {
        self.sign_for(&self.victim.signer, &Self::elsewhere(), position)
    }

    fn sign_for(&self, signer: &Signer, federation: &FederationId, position: Position) -> Record {
        let statement = Statement {
            iri: "https://example.org/forged".to_owned(),
            kind: RecordKind::Later(200),
            body: b"not what the agency says".to_vec(),
        };
        Record::sign(signer, federation, position, &statement, self.now())
    }

    fn next_commitment(&self, chance: &mut Rand64, loot: &Loot) -> Option<Commitment> {
        let head = loot.old_head(&self.victim.agency.id(), chance)?;
        let seq = head.position().seq.saturating_add(100);
        Some(Commitment {
            position: Position { seq, ..head.position() },
            previous: head.id(),
            issued_at: self.now(),
            ..head.commitment()
        })
    }

    /// A question that makes work.
    pub(super) fn question(&self, chance: &mut Rand64, loot: &Loot) -> Request {
        let agencies: Vec<_> = loot.agencies().copied().collect();
        let agency = agencies.get(below(chance, agencies.len())).copied();
        let agency = agency.unwrap_or_else(|| self.victim.agency.id());
        match below(chance, 6) {
            0 => Request::Status { root: Digest::from_bytes([7; 32]) },
            1 => Request::Summaries { buckets: (0..=u8::MAX).collect() },
            2 => Request::Heads { agencies },
            3 => Request::Map { agency, after: Position::START },
            4 => {
                let records = loot.between(&agency, Position::START, LAST);
                Request::Records { agency, positions: records.map(Record::position).collect() }
            }
            _ => Request::Since { agency, after: Position::START },
        }
    }

    /// A request with more than may be asked for at once.
    pub(super) fn too_many(&self) -> Vec<u8> {
        let agencies = vec![self.victim.agency.id(); AGENCIES_PER_MESSAGE_MAX + 1];
        Request::Heads { agencies }.encode()
    }

    /// Bytes of one of several kinds of nothing.
    pub(super) fn garbage(chance: &mut Rand64) -> Vec<u8> {
        let mut bytes = noise(chance, 200);
        bytes.insert(0, u8::try_from(below(chance, 12)).unwrap_or(0));
        bytes
    }
}

/// Adds a record whose signature does not hold to the catalogue of the agency
/// that signs, and a head over it whose signature does.
pub(super) fn put_forged(
    disk: &mut Disk,
    signer: &Signer,
    federation: &FederationId,
    now: Timestamp,
) -> Result<(), Full> {
    let catalogues = disk.catalogues()?;
    let Some(mut catalogue) = catalogues.into_iter().find(|one| one.id() == signer.agency()) else {
        return Ok(());
    };
    let Some(previous) = catalogue.head.clone().filter(|head| catalogue.fulfils(head)) else {
        return Ok(());
    };
    let mark = disk.high_water()?;
    let position = mark.reserved.max(mark.published).max(catalogue.cursor).next();
    let iri = format!("https://example.org/forged/{}", position.seq);
    let statement = Statement::withdraw(&iri, "never said");
    let statement = Statement { kind: RecordKind::Later(201), ..statement };
    let mut bytes = Record::sign(signer, federation, position, &statement, now).bytes().to_vec();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    let Ok(record) = Record::decode(bytes) else { return Ok(()) };
    catalogue.add(&record);
    let commitment = Commitment {
        position: position.next(),
        live_count: catalogue.live_count,
        withdrawal_count: catalogue.withdrawal_count,
        bytes: catalogue.bytes,
        digest: catalogue.set.digest(),
        previous: previous.id(),
        issued_at: now,
        heartbeat_by: now.after(HEARTBEAT_WITHIN),
        ..previous.commitment()
    };
    catalogue.head = Some(Head::sign(signer, federation, &commitment));
    catalogue.advance(commitment.position, true);
    disk.set_high_water(HighWater {
        reserved: commitment.position,
        published: commitment.position,
    })?;
    let put = vec![(record, Standing::Quarantined)];
    disk.commit(Batch { put, ..Batch::of(catalogue, now) })?;
    disk.flush()
}

/// What a thief signs with a key that its agency has replaced: right after the head
/// that it knows, or far ahead, dated before the key was replaced, and with the
/// statement about the new key or without. Returns the announcement, its head and
/// its record.
pub(in crate::sim) fn stolen(
    theft: &Theft,
    held: &Catalogue,
    federation: &FederationId,
    chance: &mut Rand64,
) -> Option<(Vec<u8>, Head, Record)> {
    let before = held.head.as_ref()?.commitment();
    let mut position = before.position.next();
    match below(chance, 3) {
        0 => position.seq = position.seq.saturating_add(1_000_000),
        1 => position.epoch = position.epoch.saturating_add(9),
        _ => {}
    }
    let number = chance.rand_u64();
    let statement = Statement {
        iri: format!("https://example.org/stolen/{number}"),
        kind: RecordKind::Later(202),
        body: b"not what the agency says".to_vec(),
    };
    let record = Record::sign(&theft.signer, federation, position, &statement, before.issued_at);
    let mut set = held.clone();
    set.add(&record);
    let commitment = Commitment {
        position: position.next(),
        live_count: set.live_count,
        bytes: set.bytes,
        digest: set.set.digest(),
        previous: held.head.as_ref()?.id(),
        ..before
    };
    let head = Head::sign(&theft.signer, federation, &commitment);
    let [old, new] = &theft.statements;
    let statements = if below(chance, 2) == 0 { old.clone() } else { new.clone() };
    let records = vec![record.bytes().to_vec()];
    let announcement = Announcement { statements, head: head.bytes().to_vec(), records };
    Some((announcement.encode(), head, record))
}

/// The last position there is.
pub(super) const LAST: Position = Position { epoch: u32::MAX, seq: u64::MAX };
