//! A node record: what a node says about itself, signed by the key of its
//! transport, so that anybody can pass it on and nobody can change it.
//!
//! Invariant: of the records a node signed, all nodes keep the same one: the
//! newest, and of two signed for one moment that with the greater id. A record
//! tells of one node only, the one whose key signed it, and ends: an address
//! that nobody confirms any more is not passed on for ever.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::codec::{self, CodecError};
use crate::cose::{self, Domain};
use crate::id::{AgencyId, FederationId, NodeId, NodeRecordId};
use crate::key::{KeyError, PublicKey, SecretKey};
use crate::limits::{
    CLOCK_SKEW_MAX, NODE_ADDRESS_BYTES_MAX, NODE_ADDRESSES_MAX, NODE_RECORD_BYTES_MAX,
    NODE_RECORD_LIFETIME_MAX,
};
use crate::time::Timestamp;

/// Why a node record was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NodeRecordError {
    /// Bytes that are not a node record.
    #[error("a node record that cannot be read: {0}")]
    Codec(#[from] CodecError),
    /// A record that its node did not sign in this federation.
    #[error("a node record whose {0}")]
    Signature(#[from] KeyError),
    /// A record that has ended.
    #[error("a node record that ended at {0}")]
    Expired(Timestamp),
    /// A record that is signed further in the future than clocks differ.
    #[error("a node record that was signed in the future, at {0}")]
    Future(Timestamp),
}

/// What a node says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeStatement {
    /// The agency it publishes for. A claim of the node's, not of the agency's.
    pub agency: Option<AgencyId>,
    /// Where it can be dialled: multiaddresses without `/p2p/`. None, where it
    /// can only dial out.
    pub addresses: Vec<String>,
    /// When it says it signed.
    pub issued_at: Timestamp,
    /// When the record ends.
    pub expires_at: Timestamp,
}

/// A signed node record. Its form was checked; its signature is checked by
/// [`NodeRecord::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRecord {
    bytes: Vec<u8>,
    id: NodeRecordId,
    signature: [u8; 64],
    payload: Payload,
}

/// The payload on the wire: version, node, agency, addresses, times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Payload(u8, NodeId, Option<AgencyId>, Vec<String>, Timestamp, Timestamp);

const VERSION: u8 = 1;

impl NodeRecord {
    /// Signs what the node of this key says.
    ///
    /// # Errors
    ///
    /// When the statement is one that nobody would read: too many addresses,
    /// too long ones, or times that do not fit.
    pub fn sign(
        key: &SecretKey,
        federation: &FederationId,
        statement: &NodeStatement,
    ) -> Result<Self, NodeRecordError> {
        let payload = Payload(
            VERSION,
            NodeId::from_bytes(*key.public().as_bytes()),
            statement.agency,
            statement.addresses.clone(),
            statement.issued_at,
            statement.expires_at,
        );
        Self::decode(cose::sign(key, Domain::NodeRecord, federation, codec::encode(&payload)))
    }

    /// Reads a node record, without checking its signature.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, NodeRecordError> {
        let opened = cose::open(&bytes, NODE_RECORD_BYTES_MAX)?;
        let payload: Payload = codec::decode(&opened.payload, NODE_RECORD_BYTES_MAX)?;
        let Payload(version, _, _, addresses, issued_at, expires_at) = &payload;
        let refused = if *version != VERSION {
            Some("a node record of another version")
        } else if addresses.len() > NODE_ADDRESSES_MAX {
            Some("more addresses than a node may have")
        } else if addresses.iter().any(|address| address.len() > NODE_ADDRESS_BYTES_MAX) {
            Some("an address longer than any is")
        } else if expires_at <= issued_at || expires_at.since(*issued_at) > NODE_RECORD_LIFETIME_MAX
        {
            Some("a node record that ends before it begins, or too late")
        } else {
            None
        };
        if let Some(reason) = refused {
            return Err(CodecError::Invalid(reason).into());
        }
        let id = NodeRecordId::of(&bytes);
        Ok(Self { bytes, id, signature: opened.signature, payload })
    }

    /// Checks that its node signed this record in `federation`.
    pub fn verify(&self, federation: &FederationId) -> Result<(), NodeRecordError> {
        let key = PublicKey::from_bytes(self.node().as_bytes())?;
        let payload = codec::encode(&self.payload);
        cose::verify(&key, Domain::NodeRecord, federation, &payload, &self.signature)?;
        Ok(())
    }

    /// Checks that the record holds at this moment. One that does not is no
    /// proof against whoever sent it: his clock may differ from ours.
    pub fn check_time(&self, now: Timestamp) -> Result<(), NodeRecordError> {
        if self.expires_at() <= now {
            return Err(NodeRecordError::Expired(self.expires_at()));
        }
        if self.issued_at() > now.after(CLOCK_SKEW_MAX) {
            return Err(NodeRecordError::Future(self.issued_at()));
        }
        Ok(())
    }

    /// Returns the exact signed bytes: a `COSE_Sign1`.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the record's id, the hash of its bytes.
    pub fn id(&self) -> NodeRecordId {
        self.id
    }

    /// Returns whose record it is.
    pub fn node(&self) -> NodeId {
        self.payload.1
    }

    /// Returns the agency the node says it publishes for.
    pub fn agency(&self) -> Option<AgencyId> {
        self.payload.2
    }

    /// Returns where the node can be dialled.
    pub fn addresses(&self) -> &[String] {
        &self.payload.3
    }

    /// Returns when the node says it signed.
    pub fn issued_at(&self) -> Timestamp {
        self.payload.4
    }

    /// Returns when the record ends.
    pub fn expires_at(&self) -> Timestamp {
        self.payload.5
    }

    /// Returns the order among records of one node: the newer is the one that
    /// counts.
    pub fn rank(&self) -> (Timestamp, NodeRecordId) {
        (self.issued_at(), self.id)
    }

    /// Returns how long the record holds, counted from when it was signed.
    pub fn lifetime(&self) -> Duration {
        self.expires_at().since(self.issued_at())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    fn federation() -> FederationId {
        FederationId::open("test")
    }

    fn statement() -> NodeStatement {
        NodeStatement {
            agency: Some(AgencyId::from_bytes([7; 32])),
            addresses: vec!["/dns/node.example.se/tcp/4801".to_owned()],
            issued_at: NOW,
            expires_at: NOW.after(NODE_RECORD_LIFETIME_MAX),
        }
    }

    fn sign(statement: &NodeStatement) -> Result<NodeRecord, NodeRecordError> {
        NodeRecord::sign(&SecretKey::from_bytes(&[5; 32]), &federation(), statement)
    }

    #[test]
    fn a_record_says_what_was_signed_and_holds_in_its_federation_alone() {
        let record = sign(&statement()).unwrap();
        assert_eq!(record.verify(&federation()), Ok(()));
        assert_eq!(record.agency(), statement().agency);
        assert_eq!(record.addresses(), statement().addresses);
        assert_eq!(record.lifetime(), NODE_RECORD_LIFETIME_MAX);
        let other = record.verify(&FederationId::open("other"));
        assert_eq!(other, Err(NodeRecordError::Signature(KeyError::BadSignature)));
    }

    #[test]
    fn nobody_can_change_a_record_or_sign_for_another_node() {
        let record = sign(&statement()).unwrap();
        let address = record.bytes().windows(4).position(|four| four == b"node").unwrap();
        let mut changed = record.bytes().to_vec();
        changed[address] = b'm';
        let changed = NodeRecord::decode(changed).unwrap();
        assert_eq!(changed.addresses(), ["/dns/mode.example.se/tcp/4801"]);
        assert!(changed.verify(&federation()).is_err());

        let mut grafted = record.bytes().to_vec();
        let node = *record.node().as_bytes();
        let at = grafted.windows(32).position(|bytes| bytes == node).unwrap();
        let another = SecretKey::from_bytes(&[6; 32]).public();
        grafted[at..at + 32].copy_from_slice(another.as_bytes());
        assert!(NodeRecord::decode(grafted).unwrap().verify(&federation()).is_err());
    }

    #[test]
    fn what_is_too_much_or_lasts_too_long_is_refused_by_its_form() {
        let refused = |change: fn(&mut NodeStatement)| {
            let mut statement = statement();
            change(&mut statement);
            sign(&statement).unwrap_err().to_string()
        };
        let many = refused(|it| it.addresses = vec!["/x".to_owned(); NODE_ADDRESSES_MAX + 1]);
        assert!(many.contains("more addresses"), "{many}");
        let long = refused(|it| it.addresses = vec!["x".repeat(NODE_ADDRESS_BYTES_MAX + 1)]);
        assert!(long.contains("longer than any"), "{long}");
        let both = refused(|it| {
            it.addresses = vec!["x".repeat(NODE_ADDRESS_BYTES_MAX); NODE_ADDRESSES_MAX];
        });
        assert!(both.contains("at most 1024 are allowed"), "{both}");
        let late = refused(|it| it.expires_at = it.expires_at.after(Duration::from_millis(1)));
        assert!(late.contains("too late"), "{late}");
        assert!(refused(|it| it.expires_at = it.issued_at).contains("ends before"));
    }

    #[test]
    fn a_record_holds_from_a_day_before_it_was_signed_until_it_ends() {
        let record = sign(&statement()).unwrap();
        let early = Timestamp::from_millis(NOW.as_millis() - 24 * 60 * 60 * 1_000);
        assert_eq!(record.check_time(early), Ok(()));
        let earlier = Timestamp::from_millis(early.as_millis() - 1);
        assert_eq!(record.check_time(earlier), Err(NodeRecordError::Future(NOW)));
        let end = record.expires_at();
        assert_eq!(record.check_time(end), Err(NodeRecordError::Expired(end)));
    }
}
