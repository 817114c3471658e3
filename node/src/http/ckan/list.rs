//! A list of packages on its way to the client, written as they come.
//!
//! Invariant: a page is whole or an error. Clients count on by what they asked
//! for, so a page that was cut would be a hole in their copy.

use serde::Serialize;

use super::failure::Failure;

/// The longest page: a hundred of the largest records there are. A thousand
/// usual packages have 5 MiB.
const PAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A JSON array of packages.
pub(super) struct PackageList {
    json: Vec<u8>,
}

impl PackageList {
    /// Begins an empty list.
    pub(super) fn new() -> Self {
        Self { json: vec![b'['] }
    }

    /// Writes a package at the end.
    pub(super) fn push<T: Serialize>(&mut self, package: &T) -> Result<(), Failure> {
        if self.json.len() > 1 {
            self.json.push(b',');
        }
        serde_json::to_writer(&mut self.json, package).map_err(|error| {
            Failure::Unready(500, format!("a package cannot be written: {error}"))
        })?;
        if self.json.len() > PAGE_BYTES_MAX {
            let mebibytes = PAGE_BYTES_MAX / (1024 * 1024);
            return Err(Failure::Unready(
                409,
                format!("the page is longer than {mebibytes} MiB; ask for fewer rows"),
            ));
        }
        Ok(())
    }

    /// Returns the list, whole.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.json.push(b']');
        self.json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_json_and_whole_or_an_error() {
        let mut list = PackageList::new();
        assert_eq!(PackageList::new().finish(), b"[]");
        list.push(&"a").unwrap();
        list.push(&1).unwrap();
        assert_eq!(list.finish(), b"[\"a\",1]");
        let mut list = PackageList::new();
        let large = "a".repeat(PAGE_BYTES_MAX / 2);
        list.push(&large).unwrap();
        assert!(matches!(list.push(&large), Err(Failure::Unready(409, _))));
    }
}
