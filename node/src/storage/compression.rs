//! How records lie on the disk: compressed one by one, with a dictionary.
//!
//! A record is too short to compress well alone, and records must be read one
//! by one; a dictionary of what descriptions have in common (vocabularies,
//! Swedish) gives both. Signatures and hashes do not compress, so this is for
//! size, not for speed: see docs/decisions/0002-sled-behind-a-port.md.
//!
//! Invariant: a stored value names its codec, and a codec never changes. A
//! better dictionary is a new codec beside the old ones;
//! `examples/train_dictionary.rs` makes one.

use std::cell::RefCell;
use std::io;
use std::sync::LazyLock;

use dela_protocol::limits::RECORD_BYTES_MAX;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

/// As it came: what does not get smaller.
const PLAIN: u8 = 0;
/// Zstandard with the first dictionary.
const ZSTD_1: u8 = 1;

/// The first dictionary; `the_dictionary_never_changes` pins it.
const DICTIONARY_1: &[u8] = include_bytes!("record.zdict");

/// Real records are 14 % smaller than with level 3; level 9 gains 2 % more for
/// up to twice the work.
const LEVEL: i32 = 6;

static ENCODER_1: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY_1, LEVEL));
static DECODER_1: LazyLock<DecoderDictionary<'static>> =
    LazyLock::new(|| DecoderDictionary::copy(DICTIONARY_1));

/// Compresses records; keeps its working memory between them.
pub(super) struct Packer(Compressor<'static>);

impl Packer {
    /// Returns a packer.
    pub(super) fn new() -> io::Result<Self> {
        let mut compressor = Compressor::with_prepared_dictionary(&ENCODER_1)?;
        // Our own codec byte says which dictionary it is.
        compressor.include_dictid(false)?;
        Ok(Self(compressor))
    }

    /// Returns the codec and the bytes to store.
    pub(super) fn pack(&mut self, record: &[u8]) -> (u8, Vec<u8>) {
        match self.0.compress(record) {
            Ok(packed) if packed.len() < record.len() => (ZSTD_1, packed),
            Ok(_) | Err(_) => (PLAIN, record.to_vec()),
        }
    }
}

/// Returns the record that was stored as `bytes` with this codec; never more
/// than a record may be long, whatever the bytes claim.
pub(super) fn unpack(codec: u8, bytes: &[u8]) -> io::Result<Vec<u8>> {
    thread_local! {
        static UNPACKER: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
    }
    match codec {
        PLAIN => Ok(bytes.to_vec()),
        ZSTD_1 => UNPACKER.with_borrow_mut(|slot| {
            let unpacker = match slot {
                Some(unpacker) => unpacker,
                None => slot.insert(Decompressor::with_prepared_dictionary(&DECODER_1)?),
            };
            unpacker.decompress(bytes, RECORD_BYTES_MAX)
        }),
        _ => Err(io::Error::other(format!("a record stored with codec {codec}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dictionary_never_changes() {
        assert_eq!(
            blake3::hash(DICTIONARY_1).to_hex().as_str(),
            "49326f2bcbf84a3bddd671dc3293c1fa2e7567ab67258ed42131d588d5683670",
            "stores written with this dictionary could no longer be read: add another instead"
        );
        assert!(DICTIONARY_1.len() <= 64 * 1024);
    }

    #[test]
    fn records_come_back_and_what_does_not_shrink_is_kept_plain() {
        let mut packer = Packer::new().unwrap();
        let text = "Luftkvalitet i Norrvik. http://www.w3.org/ns/dcat#Dataset".repeat(9);
        let noise: Vec<u8> = blake3::Hasher::new().finalize_xof().fill_to(300);
        for (record, codec) in [(text.into_bytes(), ZSTD_1), (noise, PLAIN), (Vec::new(), PLAIN)] {
            let (found, stored) = packer.pack(&record);
            assert_eq!(found, codec);
            assert_eq!(unpack(found, &stored).unwrap(), record);
        }
    }

    #[test]
    fn a_value_that_claims_to_be_huge_is_refused() {
        let bomb = vec![0; RECORD_BYTES_MAX + 1];
        let (codec, packed) = Packer::new().unwrap().pack(&bomb);
        assert!(packed.len() < 1_000);
        assert!(unpack(codec, &packed).is_err());
        assert!(unpack(9, b"?").is_err());
        assert!(unpack(ZSTD_1, b"not zstd").is_err());
    }

    trait FillTo {
        fn fill_to(self, length: usize) -> Vec<u8>;
    }

    impl FillTo for blake3::OutputReader {
        fn fill_to(mut self, length: usize) -> Vec<u8> {
            let mut bytes = vec![0; length];
            self.fill(&mut bytes);
            bytes
        }
    }
}
