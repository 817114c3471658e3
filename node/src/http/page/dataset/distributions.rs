//! The forms in which a dataset can be had.

use dela_protocol::api::{DatasetKind, DatasetView};
use dela_protocol::dcat::{Distribution, Text};
use maud::{Markup, html};

use crate::http::link;
use crate::http::page::layout::Frame;
use crate::vocabulary;

/// How many are shown before the rest are folded.
const SHOWN: usize = 12;

/// How many are on the page at all: it stays below 100 kB.
const LISTED_MAX: usize = 60;

/// Returns whether there are data to get, or should be.
pub(super) fn has_data(view: &DatasetView) -> bool {
    match view.summary.kind {
        DatasetKind::Dataset | DatasetKind::DataService => true,
        DatasetKind::DatasetSeries | DatasetKind::Catalogue => {
            !view.resource.distribution.is_empty()
        }
    }
}

pub(super) fn distributions(frame: &Frame, view: &DatasetView) -> Markup {
    let words = frame.words;
    let resource = &view.resource;
    let (listed, unlisted) = split(&resource.distribution, LISTED_MAX);
    let (shown, more) = split(listed, SHOWN);
    html! {
        section aria-labelledby="data" {
            h2 #data { (words.distributions) }
            @if !resource.endpoint_url.is_empty() {
                p { (words.service_address) }
                ul.plain { @for url in &resource.endpoint_url { li { (link::address(url)) } } }
            }
            @if resource.distribution.is_empty() && resource.endpoint_url.is_empty() {
                p { (words.no_distributions) }
            }
            ul.distributions { @for one in shown { li { (distribution(frame, one)) } } }
            @if !more.is_empty() {
                details {
                    summary { "+ " (more.len()) }
                    ul.distributions { @for one in more { li { (distribution(frame, one)) } } }
                }
            }
            @if !unlisted.is_empty() {
                p.quiet {
                    (frame.language.number(u64::try_from(unlisted.len()).unwrap_or(u64::MAX))) " "
                    a href=(format!("/dataset/{}.ttl", view.summary.id)) { (words.unlisted) }
                }
            }
        }
    }
}

/// Parts the first of some from the others.
fn split<T>(all: &[T], first: usize) -> (&[T], &[T]) {
    all.split_at(all.len().min(first))
}

fn distribution(frame: &Frame, one: &Distribution) -> Markup {
    let words = frame.words;
    let preferred = frame.language.preferred();
    let formats = formats(one);
    let title = Text::in_languages(&one.title, &preferred);
    let address = one.download_url.iter().chain(&one.access_url).next().map(String::as_str);
    let name = title
        .map(str::to_owned)
        .or_else(|| formats.first().cloned())
        .or_else(|| address.map(|address| last_segment(address).to_owned()))
        .unwrap_or_else(|| words.untitled.to_owned());
    html! {
        div.distribution {
            div {
                h3 { (name) }
                @if let Some(text) = Text::in_languages(&one.description, &preferred) { p { (text) } }
                p.tags {
                    @for format in &formats { span.tag { (format) } }
                    @for licence in &one.license {
                        span.tag.licence { (vocabulary::licence(licence).label) }
                    }
                    @if let Some(size) = one.byte_size.as_deref().and_then(size) {
                        span.quiet { (size) }
                    }
                }
            }
            div.actions { (actions(frame, one, &name)) }
        }
    }
}

fn actions(frame: &Frame, one: &Distribution, name: &str) -> Markup {
    let words = frame.words;
    let downloads: Vec<&str> =
        one.download_url.iter().filter_map(|url| link::followable(url)).collect();
    let others = one.access_url.iter().filter(|url| !one.download_url.contains(url));
    let dead = one.download_url.iter().chain(&one.access_url);
    html! {
        @for url in &downloads {
            a.button href=(url) rel="external noopener" {
                (words.download) span.hidden { ": " (name) }
            }
        }
        @for url in others.filter_map(|url| link::followable(url)) {
            a.button.second[!downloads.is_empty()] href=(url) rel="external noopener" {
                (words.open) span.hidden { ": " (name) }
            }
        }
        // What is no web address is shown, and not made a link.
        @for url in dead.filter(|url| link::followable(url).is_none()) { code { (url) } }
    }
}

fn formats(one: &Distribution) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for raw in one.format.iter().chain(&one.media_type) {
        let label = vocabulary::format(raw).label;
        if !found.contains(&label) {
            found.push(label);
        }
    }
    found
}

fn last_segment(address: &str) -> &str {
    address.trim_end_matches('/').rsplit('/').next().unwrap_or(address)
}

/// Writes a number of bytes for people.
fn size(bytes: &str) -> Option<String> {
    let bytes: f64 = bytes.trim().parse().ok().filter(|bytes| *bytes >= 1.0)?;
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut value = bytes;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let unit = units.get(unit)?;
    Some(if value < 10.0 && *unit != "B" {
        format!("{value:.1} {unit}")
    } else {
        format!("{value:.0} {unit}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_for_people() {
        assert_eq!(size("1234567").as_deref(), Some("1.2 MB"));
        assert_eq!(size("12").as_deref(), Some("12 B"));
        assert_eq!(size("stor"), None);
    }
}
