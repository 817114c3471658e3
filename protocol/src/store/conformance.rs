//! The checks every [`Store`](super::Store) must pass.
