//! The protocol from outside: stories, seeds and golden bytes.

mod convergence;
