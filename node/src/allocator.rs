//! The allocator of every program that is a node.
//!
//! An import takes some hundred megabytes for a moment, on a thread that is
//! gone soon after. The system's allocator keeps them: glibc gives each thread
//! an arena of its own, and gives back of an arena only what lies at its end.
//! mimalloc returns what is free, wherever it lies, within a second.
//!
//! Invariant: it stands here and not in `main.rs`, so that `delad` and a node of
//! the testnet keep the same.

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;
