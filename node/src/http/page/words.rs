//! The texts of the pages, page by page, each in every language.

pub(super) mod federation;
pub(super) mod insight;
