//! A charter: what a federation is, who sits on its council, and how many of
//! them it takes.
//!
//! A federation is named by the hash of its first charter, which therefore is
//! all that a newcomer needs to be told. Each later one names the one before it
//! and takes effect when enough of both councils agree, as a root of The Update
//! Framework does (TUF specification, section 5.3).
//!
//! Invariants: a charter takes effect only by votes. It names the decisions of
//! the council before it that go on to hold; all others end. So a council, once
//! replaced, can change nothing any more, whoever has its keys.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::card::{Card, CardError};
use crate::codec::{self, CodecError};
use crate::id::{AgencyId, CharterId, FederationId, MotionId};
use crate::key::PublicKey;
use crate::limits::{
    CARRIED_MAX, CHARTER_BYTES_MAX, CHARTER_TEXT_BYTES_MAX, RECORDS_PER_AGENCY_MAX, SEATS_MAX,
};
use crate::time::Timestamp;

/// Why a charter was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CharterError {
    /// Bytes that are not a charter.
    #[error("a charter that cannot be read: {0}")]
    Codec(#[from] CodecError),
    /// A council that cannot decide, or could decide two things at once.
    #[error("a charter that {0}")]
    Unsound(&'static str),
    /// One of the founders' cards.
    #[error("a founder with {0}")]
    Founder(#[from] CardError),
}

/// A seat on the council.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The agency that holds it.
    pub agency: AgencyId,
    /// The key that votes for it.
    pub key: PublicKey,
    /// The agency's name, for people.
    pub name: String,
}

impl Seat {
    /// Returns the seat of the agency with this card.
    pub fn of(card: &Card) -> Self {
        let said = card.statement();
        Self { agency: card.id(), key: said.council_key, name: said.name.clone() }
    }
}

/// How many seats it takes to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// To admit a member, or to change what it may publish.
    pub admit: u16,
    /// To suspend or revoke a member.
    pub revoke: u16,
    /// To change the charter: of the old council, and of the new one.
    pub amend: u16,
}

impl Thresholds {
    /// Returns the usual ones for a council of so many seats: more than half to
    /// admit, two thirds to revoke and to amend.
    pub fn usual(seats: usize) -> Self {
        let seats = u16::try_from(seats).unwrap_or(u16::MAX);
        let most = (seats.saturating_mul(2)).div_ceil(3).max(seats / 2 + 1);
        Self { admit: seats / 2 + 1, revoke: most, amend: most }
    }
}

/// What nodes that belong to no member get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guests {
    /// Nothing but what it takes to apply: the charter, the council's decisions,
    /// and a place to leave an application.
    Apply,
    /// All records too.
    Read,
}

/// What a charter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharterStatement {
    /// The name of the federation.
    pub name: String,
    /// What it is for, or the address of a page that says so.
    pub purpose: String,
    /// Counted from 1.
    pub number: u32,
    /// The charter before it; `None` in the first.
    pub previous: Option<CharterId>,
    /// The council.
    pub seats: Vec<Seat>,
    /// How many of it decide.
    pub thresholds: Thresholds,
    /// The most records of a member whose quota the council did not set.
    pub records_max: u64,
    /// What strangers get.
    pub guests: Guests,
    /// The cards of the members that founded the federation, in the first
    /// charter; none in later ones.
    pub founders: Vec<Card>,
    /// The decisions of the council before it that go on to hold.
    pub carried: Vec<MotionId>,
    /// When it is to be renewed: nobody is stopped after that, but all are told.
    pub review_by: Timestamp,
    /// When it was written.
    pub issued_at: Timestamp,
}

/// A charter. Its form was checked; whether it takes effect is a matter of votes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charter {
    bytes: Vec<u8>,
    id: CharterId,
    statement: CharterStatement,
}

/// The bytes: version, name, purpose, number, previous charter, seats,
/// thresholds, records, guests, founders, carried, times.
#[derive(Serialize, Deserialize)]
struct Payload(
    u8,
    String,
    String,
    u32,
    Option<CharterId>,
    Vec<(AgencyId, PublicKey, String)>,
    (u16, u16, u16),
    u64,
    u8,
    Vec<ByteBuf>,
    Vec<MotionId>,
    (Timestamp, Timestamp),
);

const VERSION: u8 = 1;

impl Charter {
    /// Writes a charter.
    ///
    /// # Errors
    ///
    /// When nobody would read it: see [`decode`](Self::decode).
    pub fn write(statement: &CharterStatement) -> Result<Self, CharterError> {
        let seat = |seat: &Seat| (seat.agency, seat.key, seat.name.clone());
        let founders = statement.founders.iter().map(|card| ByteBuf::from(card.bytes())).collect();
        let Thresholds { admit, revoke, amend } = statement.thresholds;
        let payload = Payload(
            VERSION,
            statement.name.clone(),
            statement.purpose.clone(),
            statement.number,
            statement.previous,
            statement.seats.iter().map(seat).collect(),
            (admit, revoke, amend),
            statement.records_max,
            u8::from(statement.guests == Guests::Read),
            founders,
            statement.carried.clone(),
            (statement.review_by, statement.issued_at),
        );
        Self::decode(codec::encode(&payload))
    }

    /// Reads a charter.
    ///
    /// # Errors
    ///
    /// When its form is another, or its council could not decide: no seats, one
    /// key in two of them, a threshold that nobody reaches, or one so low that
    /// two charters could reach it.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, CharterError> {
        let payload: Payload = codec::decode(&bytes, CHARTER_BYTES_MAX)?;
        let Payload(
            version,
            name,
            purpose,
            number,
            previous,
            seats,
            (admit, revoke, amend),
            records_max,
            guests,
            founders,
            carried,
            (review_by, issued_at),
        ) = payload;
        if version != VERSION {
            return Err(CodecError::Invalid("a charter of another version").into());
        }
        let guests = match guests {
            0 => Guests::Apply,
            1 => Guests::Read,
            _ => return Err(CodecError::Invalid("guests of a kind nobody knows").into()),
        };
        if seats.len() > SEATS_MAX || founders.len() > SEATS_MAX || carried.len() > CARRIED_MAX {
            return Err(CodecError::Invalid("a list longer than its limit").into());
        }
        let founders: Result<Vec<Card>, _> =
            founders.into_iter().map(|card| Card::decode(card.into_vec())).collect();
        let seat = |(agency, key, name)| Seat { agency, key, name };
        let statement = CharterStatement {
            name,
            purpose,
            number,
            previous,
            seats: seats.into_iter().map(seat).collect(),
            thresholds: Thresholds { admit, revoke, amend },
            records_max,
            guests,
            founders: founders?,
            carried,
            review_by,
            issued_at,
        };
        check(&statement)?;
        let id = CharterId::of(&bytes);
        Ok(Self { bytes, id, statement })
    }

    /// Returns its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the hash of its bytes.
    pub fn id(&self) -> CharterId {
        self.id
    }

    /// Returns the federation whose first charter this is or would be.
    pub fn federation(&self) -> FederationId {
        FederationId::of_charter(&self.bytes)
    }

    /// Returns what it says.
    pub fn statement(&self) -> &CharterStatement {
        &self.statement
    }

    /// Returns the seat that a key votes for.
    pub fn seat(&self, key: &PublicKey) -> Option<&Seat> {
        self.statement.seats.iter().find(|seat| seat.key == *key)
    }
}

fn check(statement: &CharterStatement) -> Result<(), CharterError> {
    let CharterStatement { name, purpose, seats, thresholds, founders, .. } = statement;
    let texts = || seats.iter().map(|seat| &seat.name).chain([name, purpose]);
    let count = seats.len();
    let within = |threshold: u16| (1..=count).contains(&usize::from(threshold));
    let twice = |at: usize, seat: &Seat| {
        seats.iter().skip(at + 1).any(|other| other.key == seat.key || other.agency == seat.agency)
    };
    let is_first = statement.number == 1;
    let founds = |seat: &Seat| {
        let by = founders.iter().find(|card| card.id() == seat.agency);
        by.is_some_and(|card| card.statement().council_key == seat.key)
    };
    let reason = if name.trim().is_empty() {
        "has no name"
    } else if texts().any(|text| text.len() > CHARTER_TEXT_BYTES_MAX) {
        "has a name or purpose longer than anybody reads"
    } else if texts().any(|text| text.chars().any(char::is_control)) {
        "has control characters in a name or purpose"
    } else if seats.is_empty() {
        "has no council"
    } else if seats.iter().enumerate().any(|(at, seat)| twice(at, seat)) {
        "gives two seats to one key or one agency"
    } else if ![thresholds.admit, thresholds.revoke, thresholds.amend].into_iter().all(within) {
        "has a threshold that its council cannot reach"
    } else if usize::from(thresholds.amend) * 2 <= count {
        "could be amended in two ways at once: it takes more than half of the council"
    } else if statement.records_max == 0 || statement.records_max > RECORDS_PER_AGENCY_MAX {
        "lets members publish nothing, or more than any node keeps"
    } else if is_first != statement.previous.is_none() {
        "is not the first and names none before it, or the other way round"
    } else if is_first && (!statement.carried.is_empty() || founders.is_empty()) {
        "is the first, and names no founders, or decisions before it"
    } else if is_first && !seats.iter().all(founds) {
        "seats somebody on the council who is no founder, or with another key"
    } else if !is_first && !founders.is_empty() {
        "names founders and is not the first"
    } else if founders.iter().any(|card| card.statement().federation != FederationId::ANY) {
        "has a founder whose card was made for another federation"
    } else if founders
        .iter()
        .enumerate()
        .any(|(at, card)| founders.iter().skip(at + 1).any(|other| other.id() == card.id()))
    {
        "names a founder twice"
    } else {
        return Ok(());
    };
    Err(CharterError::Unsound(reason))
}
