//! The words of the pages, each text in Swedish and in English.

pub(super) mod share;
