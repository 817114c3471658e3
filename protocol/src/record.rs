//! A record: one signed statement of an agency about one entity.
//!
//! Invariant: the exact signed bytes are kept, hashed and sent as they came.
//! Nothing is ever encoded again to be verified, and what replication must know
//! (who, what, where in the sequence) stands outside the body, so that records
//! of kinds this version does not know are kept and forwarded like all others.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::agency::{Agency, Signer};
use crate::codec::{self, CodecError};
use crate::cose::{self, Domain};
use crate::description::Description;
use crate::id::{AgencyId, EntityId, FederationId, RecordId};
use crate::key::KeyError;
use crate::limits::RECORD_BYTES_MAX;
use crate::time::Timestamp;

/// Where a record stands in its agency's sequence.
///
/// Ordered by epoch, then by sequence number. An honest agency only ever moves
/// forward, and gives no two records the same position.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Position {
    /// Grows by one each time the agency recovers from the loss of its data.
    pub epoch: u32,
    /// Grows with everything the agency signs; the first is 1.
    pub seq: u64,
}

impl Position {
    /// The position before everything.
    pub const START: Self = Self { epoch: 0, seq: 0 };

    /// Returns the position that follows in the same epoch.
    #[must_use]
    pub const fn next(self) -> Self {
        Self { epoch: self.epoch, seq: self.seq.saturating_add(1) }
    }
}

/// What a record is about. Numbers stand on the wire and never change meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// The entity is no longer offered: the body is a [`Withdrawal`].
    Withdrawal,
    /// A `dcat:Dataset`; the body is a [`Description`].
    Dataset,
    /// A `dcat:DataService`; the body is a [`Description`].
    DataService,
    /// A `dcat:DatasetSeries`; the body is a [`Description`].
    DatasetSeries,
    /// A `dcat:Catalog`; the body is a [`Description`].
    Catalogue,
    /// The agency itself, a `foaf:Agent`; the body is a [`Description`].
    Profile,
    /// A kind of a later version: kept and forwarded, not shown.
    Later(u8),
}

impl RecordKind {
    /// Returns the number that stands for this kind on the wire.
    pub const fn number(self) -> u8 {
        match self {
            Self::Withdrawal => 0,
            Self::Dataset => 1,
            Self::DataService => 2,
            Self::DatasetSeries => 3,
            Self::Catalogue => 4,
            Self::Profile => 5,
            Self::Later(number) => number,
        }
    }

    /// Returns the kind with this number.
    pub const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Withdrawal,
            1 => Self::Dataset,
            2 => Self::DataService,
            3 => Self::DatasetSeries,
            4 => Self::Catalogue,
            5 => Self::Profile,
            later => Self::Later(later),
        }
    }
}

/// The body of a withdrawal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// The IRI of what is withdrawn.
    pub iri: String,
    /// Why, in the agency's own words; may be empty.
    pub reason: String,
}

impl Withdrawal {
    /// Returns the one encoding of this withdrawal.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&(&self.iri, &self.reason))
    }

    /// Reads a withdrawal.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let (iri, reason) = codec::decode(bytes, RECORD_BYTES_MAX)?;
        Ok(Self { iri, reason })
    }
}

/// Why a record was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Bytes that are not a record.
    #[error("a record that cannot be read: {0}")]
    Codec(#[from] CodecError),
    /// A record of another agency than the one it was sent for.
    #[error("a record of another agency")]
    OtherAgency,
    /// A record signed by a key the agency did not announce.
    #[error("signed by key {0}, which the agency has not announced")]
    UnknownKey(u32),
    /// A record that is not signed by its agency in this federation.
    #[error("a record whose {0}")]
    Signature(#[from] KeyError),
    /// A record about one entity whose body describes another.
    #[error("a record whose body is about something else than the record")]
    OtherEntity,
}

/// A signed record. Its form was checked; its signature is checked by
/// [`Record::verify`]. Copies share their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record(Arc<Parts>);

#[derive(Debug, PartialEq, Eq)]
struct Parts {
    bytes: Vec<u8>,
    id: RecordId,
    signature: [u8; 64],
    payload: Payload,
}

/// The payload on the wire: version, agency, entity, epoch, sequence number,
/// key index, kind, time, body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Payload(u8, AgencyId, EntityId, u32, u64, u32, u8, Timestamp, ByteBuf);

const VERSION: u8 = 1;

impl Record {
    /// Signs a record about the entity `iri`.
    pub fn sign(
        signer: &Signer,
        federation: &FederationId,
        position: Position,
        statement: &Statement,
        now: Timestamp,
    ) -> Self {
        let payload = Payload(
            VERSION,
            signer.agency,
            statement.entity(&signer.agency),
            position.epoch,
            position.seq,
            signer.key_index,
            statement.kind.number(),
            now,
            ByteBuf::from(statement.body.clone()),
        );
        let bytes = cose::sign(&signer.key, Domain::Record, federation, codec::encode(&payload));
        Self::decode(bytes).expect("what we signed has the form we read")
    }

    /// Reads a record, without checking its signature.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, RecordError> {
        let opened = cose::open(&bytes, RECORD_BYTES_MAX)?;
        let payload: Payload = codec::decode(&opened.payload, RECORD_BYTES_MAX)?;
        if payload.0 != VERSION {
            return Err(CodecError::Invalid("a record of another version").into());
        }
        if payload.4 == 0 {
            // No scan that begins at the start would ever reach it.
            return Err(CodecError::Invalid("a record before the first position").into());
        }
        let id = RecordId::of(&bytes);
        Ok(Self(Arc::new(Parts { bytes, id, signature: opened.signature, payload })))
    }

    /// Checks that `agency` signed this record in `federation`, and that its
    /// body is what its kind demands and about its entity.
    pub fn verify(&self, agency: &Agency, federation: &FederationId) -> Result<(), RecordError> {
        if self.agency() != agency.id() {
            return Err(RecordError::OtherAgency);
        }
        let key = agency
            .key(self.key_index())
            .ok_or_else(|| RecordError::UnknownKey(self.key_index()))?;
        let payload = codec::encode(&self.0.payload);
        cose::verify(key, Domain::Record, federation, &payload, &self.0.signature)?;
        if let Some(iri) = self.iri()?
            && EntityId::of(&self.agency(), &iri) != self.entity()
        {
            return Err(RecordError::OtherEntity);
        }
        Ok(())
    }

    /// Returns the exact signed bytes: a `COSE_Sign1`.
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// Returns the external additional data the signature covers, for checking
    /// it with another COSE library.
    pub fn external_aad(federation: &FederationId) -> Vec<u8> {
        Domain::Record.external_aad(federation)
    }

    /// Returns the record's id, the hash of its bytes.
    pub fn id(&self) -> RecordId {
        self.0.id
    }

    /// Returns who says it.
    pub fn agency(&self) -> AgencyId {
        self.0.payload.1
    }

    /// Returns what it is about.
    pub fn entity(&self) -> EntityId {
        self.0.payload.2
    }

    /// Returns where it stands in the agency's sequence.
    pub fn position(&self) -> Position {
        Position { epoch: self.0.payload.3, seq: self.0.payload.4 }
    }

    /// Returns which of the agency's keys signed it.
    pub fn key_index(&self) -> u32 {
        self.0.payload.5
    }

    /// Returns what kind of record it is.
    pub fn kind(&self) -> RecordKind {
        RecordKind::from_number(self.0.payload.6)
    }

    /// Returns when the agency says it signed.
    pub fn issued_at(&self) -> Timestamp {
        self.0.payload.7
    }

    /// Returns the body, whose meaning depends on the kind.
    pub fn body(&self) -> &[u8] {
        self.0.payload.8.as_slice()
    }

    /// Returns the description it carries; `None` for a withdrawal and for a
    /// kind of a later version.
    pub fn description(&self) -> Result<Option<Description>, CodecError> {
        match self.kind() {
            RecordKind::Dataset
            | RecordKind::DataService
            | RecordKind::DatasetSeries
            | RecordKind::Catalogue
            | RecordKind::Profile => Description::decode(self.body()).map(Some),
            RecordKind::Withdrawal | RecordKind::Later(_) => Ok(None),
        }
    }

    /// Returns the IRI of the entity; `None` for a kind of a later version.
    pub fn iri(&self) -> Result<Option<String>, CodecError> {
        if self.kind() == RecordKind::Withdrawal {
            return Withdrawal::decode(self.body()).map(|withdrawal| Some(withdrawal.iri));
        }
        Ok(self.description()?.map(|description| description.iri().to_owned()))
    }
}

/// What an agency has to say about one entity: a record before it has a
/// position and a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The IRI of the entity.
    pub iri: String,
    /// What kind of record it becomes.
    pub kind: RecordKind,
    /// The body of the record.
    pub body: Vec<u8>,
}

impl Statement {
    /// States a description.
    pub fn describe(kind: RecordKind, description: &Description) -> Self {
        Self { iri: description.iri().to_owned(), kind, body: description.encode() }
    }

    /// States that `iri` is withdrawn.
    pub fn withdraw(iri: &str, reason: &str) -> Self {
        let withdrawal = Withdrawal { iri: iri.to_owned(), reason: reason.to_owned() };
        Self { iri: iri.to_owned(), kind: RecordKind::Withdrawal, body: withdrawal.encode() }
    }

    /// Returns the id of the entity, as `agency` describes it.
    pub fn entity(&self, agency: &AgencyId) -> EntityId {
        EntityId::of(agency, &self.iri)
    }
}
