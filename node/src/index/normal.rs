//! Values brought to one form each, for hits and filters.

use dela_protocol::dcat::Resource;

use crate::vocabulary;

/// Returns the formats a resource can be had in: `CSV`, `GeoJSON`.
pub(super) fn formats(resource: &Resource) -> Vec<String> {
    let of = |one: &dela_protocol::dcat::Distribution| {
        // The media type says what the format does not.
        let raw = if one.format.is_empty() { &one.media_type } else { &one.format };
        raw.iter().map(|raw| vocabulary::format(raw).key).collect::<Vec<_>>()
    };
    each_once(resource.distribution.iter().flat_map(of))
}

/// Returns the licences of a resource and its distributions: `CC-BY-4.0`.
pub(super) fn licences(resource: &Resource) -> Vec<String> {
    let of_files = resource.distribution.iter().flat_map(|one| &one.license);
    each_once(resource.license.iter().chain(of_files).map(|raw| vocabulary::licence(raw).key))
}

/// Returns the codes of the EU themes of a resource: `ENVI`.
pub(super) fn themes(resource: &Resource) -> Vec<String> {
    let known = resource.theme.iter().filter_map(|raw| vocabulary::theme(raw));
    each_once(known.map(|theme| theme.code.to_owned()))
}

/// Leaves out repetitions, and keeps the order.
fn each_once(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for value in values {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}
