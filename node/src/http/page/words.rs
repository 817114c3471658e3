//! The words of the pages, page by page, each text in Swedish and in English.

pub(super) mod council;
pub(super) mod federation;
pub(super) mod insight;
pub(super) mod share;
