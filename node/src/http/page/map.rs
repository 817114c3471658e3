//! A small map of where the data are about: drawn here, with nothing loaded from
//! anybody.
//!
//! The ground is the borders of Natural Earth (public domain), simplified to what
//! shows at this size, as SVG paths: a line with Sweden, a line with its
//! neighbours.

use maud::{Markup, html};

use super::layout::Frame;
use crate::geometry::Bounds;
use crate::language::words;

/// How many geometries are looked at: a dataset has a few, and the map shows the
/// box around all.
const GEOMETRIES_MAX: usize = 50;

/// The smallest box that can be seen, in units of the map.
const SIDE_MIN: f64 = 6.0;

/// A piece of the earth's surface, drawn.
struct Ground {
    bounds: Bounds,
    /// Units for a degree of latitude.
    scale: f64,
    /// Degrees of longitude are shorter by this, in the middle of it.
    squeeze: f64,
    paths: &'static str,
}

const SWEDEN: Ground = Ground {
    bounds: Bounds { west: 9.0, south: 54.9, east: 26.0, north: 69.4 },
    scale: 30.0,
    squeeze: 0.467_158,
    paths: include_str!("map/sweden.txt"),
};

const EUROPE: Ground = Ground {
    bounds: Bounds { west: -25.0, south: 34.0, east: 42.0, north: 71.5 },
    scale: 10.0,
    squeeze: 0.605_294,
    paths: include_str!("map/europe.txt"),
};

/// Returns a map with the box around geometries, as they are written; `None`
/// where there is none, or none in Europe.
pub(super) fn around(frame: &Frame, geometries: &[String]) -> Option<Markup> {
    let boxes = geometries.iter().take(GEOMETRIES_MAX).filter_map(|text| Bounds::of(text));
    let bounds = boxes.reduce(Bounds::and)?;
    let ground = [SWEDEN, EUROPE].into_iter().find(|ground| bounds.is_within(&ground.bounds))?;
    let Ground { scale, squeeze, .. } = ground;
    let x = |longitude: f64| (longitude - ground.bounds.west) * squeeze * scale;
    let y = |latitude: f64| (ground.bounds.north - latitude) * scale;
    let (width, height) = (x(ground.bounds.east), y(ground.bounds.south));
    // A point is shown as a box that can be seen.
    let (left, wide) = span(x(bounds.west), x(bounds.east));
    let (top, high) = span(y(bounds.north), y(bounds.south));
    let (sweden, others) = ground.paths.split_once('\n').unwrap_or((ground.paths, ""));
    let degree = |value: f64| frame.language.decimal(value, 2);
    let text = format!(
        "{}: {}–{} °N, {}–{} °{}",
        words("Karta över området", "Map of the area").text(frame.language),
        degree(bounds.south),
        degree(bounds.north),
        degree(bounds.west),
        degree(bounds.east),
        words("Ö", "E").text(frame.language),
    );
    Some(html! {
        svg.map role="img" aria-label=(text) viewBox=(format!("0 0 {width:.0} {height:.0}")) {
            path.land d=(others.trim_end()) {}
            path.land.home d=(sweden) {}
            rect.area x=(format!("{left:.1}")) y=(format!("{top:.1}"))
                width=(format!("{wide:.1}")) height=(format!("{high:.1}")) rx="1.5" {}
        }
    })
}

/// Returns where a side begins and how long it is, at least so long that it can
/// be seen.
fn span(from: f64, to: f64) -> (f64, f64) {
    let long = (to - from).max(SIDE_MIN);
    ((from + to - long) / 2.0, long)
}
