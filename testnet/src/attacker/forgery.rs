//! Announcements of agencies that are made up on the spot, with signatures that
//! hold or do not.
//!
//! Invariant: no two are equal, so that gossip takes none for a duplicate.

use dela_protocol::agency::{Agency, Keys, Signer};
use dela_protocol::dcat::term;
use dela_protocol::description::{Description, Node, Object};
use dela_protocol::head::{Commitment, Head};
use dela_protocol::id::{FederationId, HeadId};
use dela_protocol::key::SecretKey;
use dela_protocol::limits::HEARTBEAT_WITHIN;
use dela_protocol::record::{Position, Record, RecordKind, Statement};
use dela_protocol::set_digest::SetDigest;
use dela_protocol::time::Timestamp;
use dela_protocol::wire::Announcement;

use crate::chance::Chance;

/// The length of the text in each record: with it, an announcement is nearly
/// as long as one may be, so that whoever keeps many of them keeps much.
const TEXT_BYTES: usize = 14 * 1024;

/// Makes announcements.
#[derive(Debug)]
pub(super) struct Forger {
    federation: FederationId,
    chance: Chance,
    text: String,
}

impl Forger {
    pub(super) fn new(federation: FederationId, seed: u64) -> Self {
        Self { federation, chance: Chance::new(seed), text: "brus ".repeat(TEXT_BYTES / 5) }
    }

    /// Announces a new agency with one dataset. Where it is not to hold, the
    /// head is signed by the key of another.
    pub(super) fn announcement(&mut self, holds: bool) -> Vec<u8> {
        let now = now();
        let key = self.key();
        let inception = Keys {
            key: key.public(),
            next_key_commitment: self.key().public().commitment(),
            recovery_threshold: 0,
            recovery_keys: Vec::new(),
            issued_at: now,
        };
        let statement = inception.sign_inception(&key);
        let agency = Agency::open(vec![statement]).expect("an inception that was just made holds");
        let signer = Signer::new(&agency, key).expect("the key is the agency's first");
        let record = self.record(&signer, now);
        let head = self.head(&signer, &record, now);
        let mut head = head.bytes().to_vec();
        if !holds && let Some(last) = head.last_mut() {
            *last ^= 1;
        }
        let statements = agency.statements().to_vec();
        Announcement { statements, head, records: vec![record.bytes().to_vec()] }.encode()
    }

    fn record(&mut self, signer: &Signer, now: Timestamp) -> Record {
        let iri = format!("https://data.prov.example/brus/{}", self.chance.number());
        let subject = Node::Iri(iri.clone());
        let triples = [
            (
                subject.clone(),
                term::RDF_TYPE.to_owned(),
                Object::Iri(term::DCAT_CLASS_DATASET.to_owned()),
            ),
            (subject, term::DCTERMS_TITLE.to_owned(), Object::plain(&self.text)),
        ];
        let description = Description::new(&iri, triples).expect("two plain triples");
        let statement = Statement::describe(RecordKind::Dataset, &description);
        let position = Position { epoch: 0, seq: 1 };
        Record::sign(signer, &self.federation, position, &statement, now)
    }

    fn head(&self, signer: &Signer, record: &Record, now: Timestamp) -> Head {
        let mut set = SetDigest::empty();
        set.add(&record.id());
        let commitment = Commitment {
            position: Position { epoch: 0, seq: 2 },
            floor: 0,
            live_count: 1,
            withdrawal_count: 0,
            bytes: u64::try_from(record.bytes().len()).unwrap_or(u64::MAX),
            digest: set.digest(),
            previous: HeadId::NONE,
            issued_at: now,
            heartbeat_by: now.after(HEARTBEAT_WITHIN),
        };
        Head::sign(signer, &self.federation, &commitment)
    }

    fn key(&mut self) -> SecretKey {
        let mut secret = [0; 32];
        for (to, from) in secret.iter_mut().zip(self.chance.bytes(32)) {
            *to = from;
        }
        SecretKey::from_bytes(&secret)
    }
}

fn now() -> Timestamp {
    dela_node::driver::now()
}
