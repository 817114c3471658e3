//! Deterministic CBOR (RFC 8949, section 4.2): the only user of the CBOR crate.
//!
//! Invariant: every value has exactly one encoding, and [`decode`] refuses the
//! others. What we encode is arrays, integers, texts, byte strings and null
//! (never floats, maps with entries or indefinite lengths), so the encoder is
//! deterministic as it stands; and what we decode is encoded again and
//! compared, which catches whatever the crate's decoder is lenient about. See
//! docs/decisions/0003-cbor-and-signed-bytes.md.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why bytes could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Longer than anything of its type may be.
    #[error("{bytes} bytes, where at most {bytes_max} are allowed")]
    TooLarge {
        /// The length that was offered.
        bytes: usize,
        /// The longest that is read.
        bytes_max: usize,
    },
    /// Not CBOR, or not of the expected shape.
    #[error("malformed CBOR at byte {offset}")]
    Malformed {
        /// Where reading stopped.
        offset: u64,
    },
    /// CBOR of the expected shape that is not in its one deterministic form.
    #[error("CBOR that is not in deterministic form")]
    NotDeterministic,
    /// A value that its field does not allow.
    #[error("{0}")]
    Invalid(&'static str),
}

/// Encodes `value` in its one deterministic form.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    serde_cbor::to_vec(value).expect("encoding to memory has no way to fail for our types")
}

/// Decodes `bytes`, refusing more than `bytes_max` of them, trailing bytes, and
/// anything that is not the deterministic form of the value.
pub(crate) fn decode<T: Serialize + DeserializeOwned>(
    bytes: &[u8],
    bytes_max: usize,
) -> Result<T, CodecError> {
    if bytes.len() > bytes_max {
        return Err(CodecError::TooLarge { bytes: bytes.len(), bytes_max });
    }
    let value: T = serde_cbor::from_slice(bytes)
        .map_err(|error| CodecError::Malformed { offset: error.offset() })?;
    if encode(&value) == bytes { Ok(value) } else { Err(CodecError::NotDeterministic) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<(u64, String), CodecError> {
        decode(bytes, 64)
    }

    #[test]
    fn the_one_form_is_read() {
        assert_eq!(read(b"\x82\x05\x61a"), Ok((5, "a".to_owned())));
    }

    #[test]
    fn every_other_form_of_the_same_value_is_refused() {
        let forms: [&[u8]; 5] = [
            b"\x82\x18\x05\x61a",     // an integer that is not shortest
            b"\x9f\x05\x61a\xff",     // an array of indefinite length
            b"\x82\x05\x7f\x61a\xff", // a text of indefinite length
            b"\x82\xc1\x05\x61a",     // a tag nobody asked for
            b"\x82\x05\x78\x01a",     // a length that is not shortest
        ];
        for form in forms {
            assert!(read(form).is_err(), "{form:02x?} was read");
        }
    }

    #[test]
    fn trailing_bytes_and_oversize_are_refused() {
        assert!(read(b"\x82\x05\x61a\x00").is_err());
        assert_eq!(
            decode::<(u64, String)>(b"\x82\x05\x61a", 3),
            Err(CodecError::TooLarge { bytes: 4, bytes_max: 3 })
        );
    }

    #[test]
    fn lengths_that_lie_allocate_nothing() {
        assert!(decode::<Vec<u64>>(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", 64).is_err());
    }
}
