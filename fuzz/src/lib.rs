//! The memory a target may take, counted by the allocator: what a parser
//! reserves and gives back again is seen by nobody else.
//!
//! Invariant: a target that takes more than [`BYTES_FREE`] and
//! [`BYTES_PER_BYTE`] for each byte of its input ends the fuzzer.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What every target may take: the working memory of zstd and of the parsers,
/// and what is made once.
const BYTES_FREE: usize = 16 * 1024 * 1024;

/// What a byte may cost: an RDF term of one letter takes some 300 bytes, in each
/// of the dozen graphs that are compared.
const BYTES_PER_BYTE: usize = 16 * 1024;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// The allocator of the system, with a count.
struct Counted;

#[global_allocator]
static COUNTED: Counted = Counted;

// SAFETY: every call is the system's, with the arguments as they came.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed).wrapping_add(layout.size());
        PEAK.fetch_max(now, Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Runs a target, and ends the process where it took more memory than it may.
pub fn bounded(target: fn(&[u8]), data: &[u8]) {
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    target(data);
    let taken = PEAK.load(Relaxed).saturating_sub(before);
    let most = BYTES_FREE + data.len() * BYTES_PER_BYTE;
    assert!(taken <= most, "{taken} bytes of memory for {} bytes, of at most {most}", data.len());
}
