//! What a replica knows of one agency's catalogue, beside the records.
//!
//! Invariant: the running digest and the counts are those of exactly the
//! records that the store holds for the agency; they change in the same commit.

use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

use crate::agency::{Agency, AgencyError};
use crate::codec::{self, CodecError};
use crate::fork::Fork;
use crate::head::{Head, HeadError};
use crate::id::{AgencyId, FederationId};
use crate::record::{Position, Record, RecordKind};
use crate::set_digest::SetDigest;

/// The state of one agency's catalogue at one replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    /// Who publishes it.
    pub agency: Agency,
    /// The newest head whose set we hold in full: the digests agreed.
    pub head: Option<Head>,
    /// A newer head whose signature holds, and whose records are not all here.
    pub claimed: Option<Head>,
    /// How far the agency's changes have been taken in.
    pub cursor: Position,
    /// How far the records' own signatures have been checked: whatever stands
    /// up to here is verified, or known not to hold.
    pub checked: Position,
    /// The newest proof that the agency contradicted itself, if it did.
    pub fork: Option<Fork>,
    /// The running digest of the records held.
    pub set: SetDigest,
    /// How many of the records held are live.
    pub live_count: u64,
    /// How many of the records held are withdrawals.
    pub withdrawal_count: u64,
    /// The bytes of all records held.
    pub bytes: u64,
}

/// Why a saved catalogue could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// Bytes of another form.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The agency's statements.
    #[error(transparent)]
    Agency(#[from] AgencyError),
    /// One of the heads.
    #[error(transparent)]
    Head(#[from] HeadError),
}

/// The saved form: statements, head, claimed head (empty where there is none),
/// cursor, how far checked, digest state, counts, the two heads of a fork (empty
/// where there is none).
#[derive(Serialize, Deserialize)]
struct Saved(
    Vec<ByteBuf>,
    ByteBuf,
    ByteBuf,
    (u32, u64),
    (u32, u64),
    ByteArray<{ SetDigest::BYTES }>,
    u64,
    u64,
    u64,
    ByteBuf,
    ByteBuf,
);

/// The longest saved catalogue: statements, four heads and the digest state.
const SAVED_BYTES_MAX: usize = 256 * 1024;

impl Catalogue {
    /// Returns the catalogue of an agency of which nothing is held yet.
    pub fn new(agency: Agency) -> Self {
        Self {
            agency,
            head: None,
            claimed: None,
            cursor: Position::START,
            checked: Position::START,
            fork: None,
            set: SetDigest::empty(),
            live_count: 0,
            withdrawal_count: 0,
            bytes: 0,
        }
    }

    /// Returns whose catalogue it is.
    pub fn id(&self) -> AgencyId {
        self.agency.id()
    }

    /// Takes over newer or better statements of the agency about its keys. Returns
    /// whether heads were given up by that.
    pub(crate) fn rekey(&mut self, agency: Agency, federation: &FederationId) -> bool {
        self.agency = agency;
        // What an earlier key announced, and nobody has delivered, is void.
        let key_index = self.agency.key_index();
        let is_void = |head: &mut Head| head.key_index() < key_index;
        let is_changed = self.claimed.take_if(is_void).is_some();
        // On another line of keys, what was signed on this one is worth nothing.
        let signer = &self.agency;
        let is_foreign = |head: &mut Head| head.verify(signer, federation).is_err();
        let is_overruled = self.claimed.take_if(is_foreign).is_some();
        let signed = |head: &Head| head.verify(signer, federation).is_ok();
        self.fork.take_if(|fork| !fork.heads().into_iter().all(signed));
        self.head.take_if(is_foreign).is_some() || is_changed || is_overruled
    }

    /// Counts a record that is being added.
    pub fn add(&mut self, record: &Record) {
        self.set.add(&record.id());
        self.bytes = self.bytes.saturating_add(length(record));
        *self.count(record) += 1;
    }

    /// Stops counting a record that is being removed.
    pub fn remove(&mut self, record: &Record) {
        self.set.remove(&record.id());
        self.bytes = self.bytes.saturating_sub(length(record));
        let count = self.count(record);
        *count = count.saturating_sub(1);
    }

    fn count(&mut self, record: &Record) -> &mut u64 {
        if record.kind() == RecordKind::Withdrawal {
            &mut self.withdrawal_count
        } else {
            &mut self.live_count
        }
    }

    /// Returns whether the records held are exactly those `head` commits to.
    pub fn fulfils(&self, head: &Head) -> bool {
        let commitment = head.commitment();
        commitment.live_count == self.live_count
            && commitment.withdrawal_count == self.withdrawal_count
            && commitment.digest == self.set.digest()
    }

    /// Notes that the agency's changes have been taken in up to `position`, with
    /// records whose signatures all were checked, or not. Where some before them
    /// were not, those come first.
    pub fn advance(&mut self, position: Position, checked: bool) {
        let is_checked = self.is_checked();
        self.cursor = self.cursor.max(position);
        if checked && is_checked {
            self.checked = self.cursor;
        }
    }

    /// Returns whether the own signature of every record held was checked.
    pub fn is_checked(&self) -> bool {
        self.checked >= self.cursor
    }

    /// Returns whether the agency has contradicted itself and has not begun a
    /// new epoch since.
    pub fn is_conflicting(&self) -> bool {
        self.open_fork().is_some()
    }

    /// Returns the proof that the agency contradicted itself, if it has not begun
    /// a new epoch since.
    pub fn open_fork(&self) -> Option<&Fork> {
        let epoch = self.head.as_ref().map_or(0, |head| head.position().epoch);
        self.fork.as_ref().filter(|fork| fork.position().epoch >= epoch)
    }

    /// Returns whether the catalogue may be taken as complete up to `head`: it
    /// fulfils it, and nothing that was taken in stands after it. A head that
    /// commits to what comes later is no honest one, and who has not got that by
    /// chance could not complete it.
    pub fn completes(&self, head: &Head) -> bool {
        self.cursor <= head.position() && self.fulfils(head)
    }

    /// Returns whether all that the agency is known to have announced is held.
    pub fn is_complete(&self) -> bool {
        self.claimed.is_none() && self.head.is_some()
    }

    /// Returns the bytes to save.
    pub fn encode(&self) -> Vec<u8> {
        let head = |head: Option<&Head>| {
            ByteBuf::from(head.map_or(Vec::new(), |head| head.bytes().to_vec()))
        };
        let fork = self.fork.as_ref().map(Fork::heads);
        let set: [u8; SetDigest::BYTES] =
            self.set.to_bytes().try_into().expect("the state has a fixed length");
        codec::encode(&Saved(
            self.agency.statements().iter().cloned().map(ByteBuf::from).collect(),
            head(self.head.as_ref()),
            head(self.claimed.as_ref()),
            (self.cursor.epoch, self.cursor.seq),
            (self.checked.epoch, self.checked.seq),
            ByteArray::new(set),
            self.live_count,
            self.withdrawal_count,
            self.bytes,
            head(fork.map(|[one, _]| one)),
            head(fork.map(|[_, other]| other)),
        ))
    }

    /// Reads what [`encode`](Self::encode) returned. Heads that do not verify, in
    /// this federation and by these keys, are left out, as if nobody had shown them.
    pub fn decode(bytes: &[u8], federation: &FederationId) -> Result<Self, CatalogueError> {
        let Saved(statements, head, claimed, cursor, checked, set, live, withdrawn, total, a, b) =
            codec::decode(bytes, SAVED_BYTES_MAX)?;
        let agency = Agency::open(statements.into_iter().map(ByteBuf::into_vec).collect())?;
        let read = |bytes: ByteBuf| -> Result<Option<Head>, HeadError> {
            if bytes.is_empty() {
                return Ok(None);
            }
            let head = Head::decode(bytes.into_vec())?;
            Ok(Some(head).filter(|head| head.verify(&agency, federation).is_ok()))
        };
        let position = |(epoch, seq)| Position { epoch, seq };
        let fork = read(a)?.zip(read(b)?).and_then(|(one, other)| Fork::between(&one, &other));
        let (head, claimed) = (read(head)?, read(claimed)?);
        Ok(Self {
            agency,
            head,
            claimed,
            cursor: position(cursor),
            checked: position(checked),
            fork,
            set: SetDigest::from_bytes(&set),
            live_count: live,
            withdrawal_count: withdrawn,
            bytes: total,
        })
    }
}

fn length(record: &Record) -> u64 {
    u64::try_from(record.bytes().len()).unwrap_or(u64::MAX)
}
