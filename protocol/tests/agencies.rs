//! Fictional agencies with fixed keys, and a scribe that signs whatever a story
//! needs, also what no honest agency would.

use core::time::Duration;

use dela_protocol::agency::{Agency, Keys, Signer};
use dela_protocol::catalogue::Catalogue;
use dela_protocol::description::{Description, Node, Object};
use dela_protocol::head::{Commitment, Head};
use dela_protocol::id::{FederationId, HeadId};
use dela_protocol::key::SecretKey;
use dela_protocol::record::{Position, Record, RecordKind, Statement};
use dela_protocol::time::Timestamp;
use dela_protocol::wire::Announcement;

/// When all stories begin.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_790_000_000_000);

/// A day.
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The federation all stories play in.
pub(crate) fn federation() -> FederationId {
    FederationId::open("stories")
}

/// Returns the position in the first epoch.
pub(crate) const fn at(seq: u64) -> Position {
    Position { epoch: 0, seq }
}

/// Returns the IRI of a dataset.
pub(crate) fn iri(name: &str) -> String {
    format!("https://data.example.se/{name}")
}

/// Returns the description of a dataset with this title.
pub(crate) fn description(name: &str, title: &str) -> Description {
    let entity = Node::Iri(iri(name));
    let triples = [
        (
            entity.clone(),
            "http://www.w3.org/1999/02/22-rdf-syntax-ns#type".to_owned(),
            Object::Iri("http://www.w3.org/ns/dcat#Dataset".to_owned()),
        ),
        (entity, "http://purl.org/dc/terms/title".to_owned(), Object::in_language(title, "sv")),
    ];
    Description::new(&iri(name), triples).unwrap()
}

/// States that there is a dataset with this title.
pub(crate) fn dataset(name: &str, title: &str) -> Statement {
    Statement::describe(RecordKind::Dataset, &description(name, title))
}

/// States that a dataset is withdrawn.
pub(crate) fn withdrawal(name: &str) -> Statement {
    Statement::withdraw(&iri(name), "")
}

/// States something of a later version of the protocol, of so many bytes.
pub(crate) fn later(name: &str, bytes: usize) -> Statement {
    Statement { iri: iri(name), kind: RecordKind::Later(77), body: vec![7; bytes] }
}

/// An agency and its key.
#[derive(Debug, Clone)]
pub(crate) struct Scribe {
    /// The agency.
    pub(crate) agency: Agency,
    /// Its key.
    pub(crate) signer: Signer,
}

impl Scribe {
    /// Returns the agency with this number.
    pub(crate) fn new(number: u8) -> Self {
        let key = SecretKey::from_bytes(&[number; 32]);
        let inception = Keys {
            key: key.public(),
            next_key_commitment: SecretKey::from_bytes(&[number ^ 0x80; 32]).public().commitment(),
            recovery_threshold: 0,
            recovery_keys: Vec::new(),
            issued_at: START,
        };
        let agency = Agency::open(vec![inception.sign_inception(&key)]).unwrap();
        let signer = Signer::new(&agency, key).unwrap();
        Self { agency, signer }
    }

    /// Signs a record.
    pub(crate) fn record(&self, seq: u64, statement: &Statement) -> Record {
        self.record_at(at(seq), statement)
    }

    /// Signs a record at any position.
    pub(crate) fn record_at(&self, position: Position, statement: &Statement) -> Record {
        Record::sign(&self.signer, &federation(), position, statement, START)
    }

    /// Signs a head over exactly these records.
    pub(crate) fn head(&self, seq: u64, previous: HeadId, records: &[Record]) -> Head {
        Head::sign(&self.signer, &federation(), &self.commitment(at(seq), previous, records))
    }

    /// Returns what a head over exactly these records commits to.
    pub(crate) fn commitment(
        &self,
        position: Position,
        previous: HeadId,
        records: &[Record],
    ) -> Commitment {
        let mut catalogue = Catalogue::new(self.agency.clone());
        for record in records {
            catalogue.add(record);
        }
        Commitment {
            position,
            floor: 0,
            live_count: catalogue.live_count,
            withdrawal_count: catalogue.withdrawal_count,
            bytes: catalogue.bytes,
            digest: catalogue.set.digest(),
            previous,
            issued_at: START,
            heartbeat_by: START.after(DAY),
        }
    }

    /// Returns the announcement of a head with these records.
    pub(crate) fn announcement(&self, head: &Head, records: &[Record]) -> Vec<u8> {
        Announcement {
            statements: self.agency.statements().to_vec(),
            head: head.bytes().to_vec(),
            records: records.iter().map(|record| record.bytes().to_vec()).collect(),
        }
        .encode()
    }
}
