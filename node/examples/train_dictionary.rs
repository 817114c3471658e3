//! Trains the dictionary that stored records are compressed with.
//!
//! `cargo run -p dela-node --example train_dictionary -- FILE`
//!
//! writes it to FILE. A dictionary that stores were written with is never
//! changed: a better one gets a new file beside it in `node/src/storage/` and a
//! new codec number in `storage/compression.rs`.

use std::error::Error;
use std::path::PathBuf;

use dela_protocol::record::{Position, RecordKind, Statement};
use dela_protocol::store::conformance::Publisher;

#[path = "../tests/sample.rs"]
mod sample;

/// Training stops to pay beyond some hundred times the dictionary's size.
const SAMPLES: u64 = 6_000;

/// Larger ones gain less than they cost in memory and in the binary.
const DICTIONARY_BYTES: usize = 64 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).map(PathBuf::from).ok_or("name the file to write")?;
    let samples: Vec<Vec<u8>> = (0..SAMPLES)
        .map(|number| {
            // Signed, because the envelope is part of what is compressed.
            let publisher = Publisher::numbered(number);
            let statement = Statement::describe(RecordKind::Dataset, &sample::dataset(number));
            publisher.sign(Position { epoch: 0, seq: number + 1 }, &statement).bytes().to_vec()
        })
        .collect();
    let dictionary = zstd::dict::from_samples(&samples, DICTIONARY_BYTES)?;
    std::fs::write(&path, dictionary)?;
    Ok(())
}
