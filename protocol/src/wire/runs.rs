//! Positions in few bytes: a live set is mostly runs of numbers that follow each
//! other, so it is told as gaps and lengths.
//!
//! For each epoch, in order: how much greater than the one before, the number of
//! runs, and for each run how many numbers are left out before it and how many
//! are in it. All as unsigned LEB128, seven bits a byte.
//!
//! Invariant: a list of positions has one encoding, and reading stops at the
//! bound whatever lengths the bytes claim.

use crate::codec::CodecError;
use crate::record::Position;

const MALFORMED: CodecError = CodecError::Invalid("a list of positions that cannot be read");

/// Some numbers that follow each other.
struct Run {
    epoch: u32,
    first: u64,
    count: u64,
}

/// Encodes positions that are in order, each once.
pub(super) fn encode(positions: &[Position]) -> Vec<u8> {
    let mut runs: Vec<Run> = Vec::new();
    for position in positions {
        match runs.last_mut() {
            Some(run)
                if run.epoch == position.epoch
                    && run.first.checked_add(run.count) == Some(position.seq) =>
            {
                run.count += 1;
            }
            _ => runs.push(Run { epoch: position.epoch, first: position.seq, count: 1 }),
        }
    }
    let mut bytes = Vec::new();
    let mut epoch = 0;
    for group in runs.chunk_by(|one, other| one.epoch == other.epoch) {
        let Some(first) = group.first() else { continue };
        put(&mut bytes, u64::from(first.epoch.wrapping_sub(epoch)));
        put(&mut bytes, u64::try_from(group.len()).unwrap_or(u64::MAX));
        let mut next = 0;
        for run in group {
            put(&mut bytes, run.first.wrapping_sub(next));
            put(&mut bytes, run.count);
            next = run.first.saturating_add(run.count);
        }
        epoch = first.epoch;
    }
    bytes
}

/// Reads positions, at most `count_max` of them.
pub(super) fn decode(mut bytes: &[u8], count_max: usize) -> Result<Vec<Position>, CodecError> {
    let whole = bytes;
    let count_max = u64::try_from(count_max).unwrap_or(u64::MAX);
    let mut positions = Vec::new();
    let mut total = 0_u64;
    let mut epoch = 0_u64;
    while !bytes.is_empty() {
        epoch = epoch.checked_add(take(&mut bytes)?).ok_or(MALFORMED)?;
        let of = u32::try_from(epoch).map_err(|_| MALFORMED)?;
        let runs = take(&mut bytes)?;
        // Where the next run may begin; nowhere after the highest number.
        let mut next = Some(0_u64);
        for _ in 0..runs {
            let left_out = take(&mut bytes)?;
            let first = next.and_then(|next| next.checked_add(left_out)).ok_or(MALFORMED)?;
            let count = take(&mut bytes)?;
            let more = count.checked_sub(1).ok_or(MALFORMED)?;
            let last = first.checked_add(more).ok_or(MALFORMED)?;
            total = total.saturating_add(count);
            if total > count_max {
                return Err(CodecError::Invalid("a list longer than its limit"));
            }
            positions.extend((first..=last).map(|seq| Position { epoch: of, seq }));
            next = last.checked_add(1);
        }
    }
    // Empty runs, runs that touch and long numbers are other forms of the same.
    if encode(&positions) == whole { Ok(positions) } else { Err(CodecError::NotDeterministic) }
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            bytes.push(low & 0x7f);
            return;
        }
        bytes.push(low | 0x80);
    }
}

fn take(bytes: &mut &[u8]) -> Result<u64, CodecError> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(MALFORMED)?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return Err(MALFORMED);
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(MALFORMED)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_whole_sequence_takes_a_few_bytes_and_every_second_number_two_each() {
        let at = |seq| Position { epoch: 3, seq };
        let whole: Vec<Position> = (1..=100_000).map(at).collect();
        assert!(encode(&whole).len() < 10, "{}", encode(&whole).len());
        let half: Vec<Position> = (1..=100_000).map(|seq| at(seq * 2)).collect();
        assert!(encode(&half).len() < 200_010);
        assert_eq!(decode(&encode(&half), 100_000).unwrap(), half);
    }

    #[test]
    fn the_highest_numbers_are_told_as_well() {
        let at = |seq| Position { epoch: u32::MAX, seq };
        let positions = vec![at(1), at(u64::MAX - 2), at(u64::MAX - 1), at(u64::MAX)];
        assert_eq!(decode(&encode(&positions), 4), Ok(positions));
    }

    #[test]
    fn a_run_of_any_length_is_read_no_further_than_the_bound() {
        let bomb = [0, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
        assert!(decode(&bomb, 4096).is_err());
        let runs = [0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 0];
        assert!(decode(&runs, 4096).is_err());
    }

    #[test]
    fn other_forms_of_the_same_list_are_refused() {
        for form in [
            &[0, 1, 1, 0x81, 0][..],   // a number that is not shortest
            &[0, 2, 1, 1, 0, 1],       // two runs that touch
            &[0, 1, 1, 0],             // a run of nothing
            &[0, 0],                   // an epoch of nothing
            &[0, 1, 1, 1, 0, 1, 5, 1], // one epoch twice
            &[0, 1, 1],                // cut short
        ] {
            assert!(decode(form, 100).is_err(), "{form:?} was read");
        }
    }

    proptest! {
        #[test]
        fn positions_come_back(mut places in prop::collection::vec((0_u32..4, 1_u64..200), 0..200),
                               high in any::<(u32, u64)>()) {
            places.push(high);
            let mut positions: Vec<Position> =
                places.into_iter().map(|(epoch, seq)| Position { epoch, seq }).collect();
            positions.sort_unstable();
            positions.dedup();
            prop_assert_eq!(decode(&encode(&positions), 1000).unwrap(), positions);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(positions) = decode(&bytes, 1000) {
                prop_assert!(positions.len() <= 1000);
                prop_assert_eq!(encode(&positions), bytes);
            }
        }
    }
}
