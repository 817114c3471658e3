//! The command-line client of a node: knows only the HTTP API.
