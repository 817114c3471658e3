//! Names of things: every identifier is a newtype over bytes, written in
//! lower-case hexadecimal, and says in its type what it names.
//!
//! Invariant: an identifier is either handed in whole or derived by BLAKE3 with
//! a context of its own, so no identifier of one type can be passed off as
//! another.

use core::fmt;
use core::str::FromStr;

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found} is not {what}: expected {digits} hexadecimal digits")]
pub struct ParseIdError {
    what: &'static str,
    digits: usize,
    found: String,
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $bytes:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// The number of bytes in this identifier.
            pub const BYTES: usize = $bytes;

            /// Wraps bytes that already are this identifier.
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// Returns the identifier's bytes.
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }

            /// Returns the first eight hexadecimal digits, for tables and logs.
            pub fn short(&self) -> String {
                let (head, _) = self.0.split_at(4);
                HEXLOWER_PERMISSIVE.encode(head)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER_PERMISSIVE.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.short())
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                HEXLOWER_PERMISSIVE
                    .decode(text.as_bytes())
                    .ok()
                    .and_then(|bytes| bytes.try_into().ok())
                    .map(Self)
                    .ok_or_else(|| ParseIdError {
                        what: $what,
                        digits: $bytes * 2,
                        found: text.chars().take(80).collect(),
                    })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    serializer.serialize_bytes(&self.0)
                }
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                hex_schema($what, Self::BYTES)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = String::deserialize(deserializer)?;
                    text.parse().map_err(serde::de::Error::custom)
                } else {
                    let bytes = serde_bytes::ByteArray::<$bytes>::deserialize(deserializer)?;
                    Ok(Self(bytes.into_array()))
                }
            }
        }
    };
}

/// Returns the JSON Schema of an identifier of so many bytes.
#[cfg(feature = "openapi")]
fn hex_schema(what: &str, bytes: usize) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::Type::String)
        .description(Some(what))
        .pattern(Some(format!("^[0-9a-f]{{{}}}$", bytes * 2)))
        .into()
}

identifier!(
    /// Names a federation: the nodes that share one charter.
    ///
    /// Every signature is made over this identifier, so nothing signed in one
    /// federation is valid in another.
    FederationId,
    32,
    "a federation id"
);
identifier!(
    /// Names an agency: the hash of its inception statement, so that it
    /// outlives every key the agency ever uses.
    AgencyId,
    32,
    "an agency id"
);
identifier!(
    /// Names a node on the network: the Ed25519 public key of its transport.
    NodeId,
    32,
    "a node id"
);
identifier!(
    /// Names what a record describes (a dataset, a service, ...): the hash of
    /// the agency and the IRI, the same for every version of the description.
    EntityId,
    16,
    "a dataset id"
);
identifier!(
    /// Names one signed record: the hash of its exact bytes.
    RecordId,
    32,
    "a record id"
);
identifier!(
    /// Names one signed head: the hash of its exact bytes.
    HeadId,
    32,
    "a head id"
);
identifier!(
    /// Names one signed node record: the hash of its exact bytes.
    NodeRecordId,
    32,
    "a node record id"
);
identifier!(
    /// Names a charter: the hash of its bytes.
    CharterId,
    32,
    "a charter id"
);
identifier!(
    /// Names a motion before the council: the hash of its exact signed bytes, or
    /// what founds a federation by its first charter
    /// ([`MotionId::founding`]).
    MotionId,
    32,
    "a motion id"
);
identifier!(
    /// The digest of a set: of the live set of an agency (see
    /// [`SetDigest`](crate::set_digest::SetDigest)), or of all heads a replica holds (its
    /// root).
    Digest,
    32,
    "a digest"
);

/// Returns the BLAKE3 hash of `parts`, each with its length before it, in the
/// hash domain named by `context`.
pub(crate) fn hash(context: &'static str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

impl FederationId {
    /// Returns the id of the federation whose first charter has these bytes.
    pub fn of_charter(bytes: &[u8]) -> Self {
        Self(hash("dela 1 federation", &[bytes]))
    }

    /// Stands for every federation, in what holds in all of them: who an agency
    /// is.
    pub const ANY: Self = Self([0; 32]);

    /// Returns the id of the open federation of that name: one without a
    /// charter, which any node may join.
    pub fn open(name: &str) -> Self {
        Self(hash("dela 1 open federation", &[name.as_bytes()]))
    }
}

impl AgencyId {
    /// Returns the id of the agency whose inception statement has these exact
    /// bytes.
    pub fn of_inception(bytes: &[u8]) -> Self {
        Self(hash("dela 1 agency", &[bytes]))
    }
}

impl EntityId {
    /// Returns the id of what `agency` describes under `iri`.
    pub fn of(agency: &AgencyId, iri: &str) -> Self {
        let full = hash("dela 1 entity", &[agency.as_bytes(), iri.as_bytes()]);
        let mut id = [0; Self::BYTES];
        for (to, from) in id.iter_mut().zip(full) {
            *to = from;
        }
        Self(id)
    }
}

impl RecordId {
    /// Returns the id of the record with these exact signed bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(hash("dela 1 record", &[bytes]))
    }
}

impl HeadId {
    /// The id that stands where an agency has no earlier head.
    pub const NONE: Self = Self([0; 32]);

    /// Returns the id of the head with these exact signed bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(hash("dela 1 head", &[bytes]))
    }
}

impl NodeRecordId {
    /// Returns the id of the node record with these exact signed bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(hash("dela 1 node record", &[bytes]))
    }
}

impl CharterId {
    /// Returns the id of the charter with these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(hash("dela 1 charter", &[bytes]))
    }
}

impl MotionId {
    /// Returns the id of the motion with these exact signed bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(hash("dela 1 motion", &[bytes]))
    }

    /// Returns what the founders vote for to found a federation by `charter`:
    /// the motion that nobody had to move.
    pub fn founding(charter: &CharterId) -> Self {
        Self(hash("dela 1 founding", &[charter.as_bytes()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_and_bad_text_says_what_was_expected() {
        let id = FederationId::open("dela");
        assert_eq!(id.to_string().parse::<FederationId>(), Ok(id));
        let error = "kattskott".parse::<EntityId>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "kattskott is not a dataset id: expected 32 hexadecimal digits"
        );
    }

    #[test]
    fn entity_ids_differ_by_agency_and_by_iri() {
        let a = AgencyId::from_bytes([1; 32]);
        let b = AgencyId::from_bytes([2; 32]);
        assert_ne!(EntityId::of(&a, "urn:x"), EntityId::of(&b, "urn:x"));
        assert_ne!(EntityId::of(&a, "urn:x"), EntityId::of(&a, "urn:y"));
    }
}
