//! Where on earth something is, as far as a small map needs it: the box around
//! a geometry.

use serde_json::Value;
use wkt::Wkt;
use wkt::types::{Coord, Polygon};

/// The longest geometry that is read: a municipality's border in every detail
/// has 40 kB, and only the box around it counts.
const BYTES_MAX: usize = 256 * 1024;

/// How deep collections in WKT may be nested: the parser goes down one step for
/// each.
const COLLECTIONS_MAX: usize = 8;

/// The coordinate system whose axes the other way round are the usual ones.
const LATITUDE_FIRST: &str = "/EPSG/0/4326";

/// A box, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The least longitude.
    pub west: f64,
    /// The least latitude.
    pub south: f64,
    /// The greatest longitude.
    pub east: f64,
    /// The greatest latitude.
    pub north: f64,
}

impl Bounds {
    /// Returns the box around a geometry in `GeoSPARQL`'s WKT or in `GeoJSON`; `None`
    /// for what is neither, or not in degrees.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > BYTES_MAX {
            return None;
        }
        let mut points = Vec::new();
        if text.starts_with('{') {
            json_points(&serde_json::from_str(text).ok()?, &mut points);
        } else {
            wkt_points(text, &mut points)?;
        }
        Self::around(&points)
    }

    /// Returns the smallest box with all points in it.
    fn around(points: &[(f64, f64)]) -> Option<Self> {
        let (first, rest) = points.split_first()?;
        let mut bounds = Self { west: first.0, south: first.1, east: first.0, north: first.1 };
        for (longitude, latitude) in rest {
            bounds.west = bounds.west.min(*longitude);
            bounds.east = bounds.east.max(*longitude);
            bounds.south = bounds.south.min(*latitude);
            bounds.north = bounds.north.max(*latitude);
        }
        let in_degrees = bounds.west >= -180.0
            && bounds.east <= 180.0
            && bounds.south >= -90.0
            && bounds.north <= 90.0;
        in_degrees.then_some(bounds)
    }

    /// Returns the smallest box around both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            west: self.west.min(other.west),
            south: self.south.min(other.south),
            east: self.east.max(other.east),
            north: self.north.max(other.north),
        }
    }

    /// Returns whether all of it lies within another.
    pub fn is_within(&self, other: &Self) -> bool {
        self.west >= other.west
            && self.east <= other.east
            && self.south >= other.south
            && self.north <= other.north
    }
}

/// Adds the points of a `GeoJSON` object (RFC 7946): every array that begins with
/// two numbers is a position.
fn json_points(value: &Value, points: &mut Vec<(f64, f64)>) {
    match value {
        Value::Object(members) => {
            let parts = ["geometry", "geometries", "features", "coordinates"];
            for part in parts.iter().filter_map(|name| members.get(*name)) {
                json_points(part, points);
            }
        }
        Value::Array(items) => match items.as_slice() {
            [Value::Number(longitude), Value::Number(latitude), ..] => {
                points.extend(longitude.as_f64().zip(latitude.as_f64()));
            }
            items => items.iter().for_each(|item| json_points(item, points)),
        },
        _ => {}
    }
}

/// Adds the points of WKT, before which `GeoSPARQL` lets the IRI of a coordinate
/// system stand.
fn wkt_points(text: &str, points: &mut Vec<(f64, f64)>) -> Option<()> {
    let (system, text) = match text.strip_prefix('<') {
        Some(rest) => rest.split_once('>')?,
        None => ("", text),
    };
    let upper = text.to_ascii_uppercase();
    if upper.matches("COLLECTION").count() > COLLECTIONS_MAX {
        return None;
    }
    let before = points.len();
    add(&upper.trim().parse().ok()?, points);
    if system.ends_with(LATITUDE_FIRST) {
        for point in points.iter_mut().skip(before) {
            *point = (point.1, point.0);
        }
    }
    Some(())
}

fn add(geometry: &Wkt<f64>, points: &mut Vec<(f64, f64)>) {
    let mut all = |coords: &[Coord<f64>]| points.extend(coords.iter().map(|at| (at.x, at.y)));
    match geometry {
        Wkt::Point(point) => all(point.coord().map(core::slice::from_ref).unwrap_or_default()),
        Wkt::LineString(line) => all(line.coords()),
        Wkt::Polygon(polygon) => polygon.rings().iter().for_each(|ring| all(ring.coords())),
        Wkt::MultiPoint(many) => {
            many.points().iter().filter_map(|point| point.coord()).for_each(|at| {
                all(core::slice::from_ref(at));
            });
        }
        Wkt::MultiLineString(many) => {
            many.line_strings().iter().for_each(|line| all(line.coords()));
        }
        Wkt::MultiPolygon(many) => {
            let rings = many.polygons().iter().flat_map(Polygon::rings);
            rings.for_each(|ring| all(ring.coords()));
        }
        Wkt::GeometryCollection(many) => many.geometries().iter().for_each(|one| add(one, points)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_box_around_a_geometry_is_found_in_every_form() {
        let expected = Bounds { west: 17.0, south: 59.0, east: 18.5, north: 60.0 };
        for text in [
            "POLYGON((17 59, 18.5 59, 18.5 60, 17 60, 17 59))",
            "polygon ((17.0 59.0,18.5 60.0,17.0 59.0))",
            "<http://www.opengis.net/def/crs/OGC/1.3/CRS84> POLYGON((17 59, 18.5 60, 17 60, 17 59))",
            "<http://www.opengis.net/def/crs/EPSG/0/4326> POLYGON((59 17, 60 18.5, 59 17))",
            "GEOMETRYCOLLECTION(POINT(17 59), LINESTRING(18 60, 18.5 59.5))",
            "MULTIPOINT((17 59), (18.5 60))",
            r#"{"type":"Polygon","coordinates":[[[17,59],[18.5,59],[18.5,60],[17,59]]]}"#,
            r#"{"type":"Feature","geometry":{"type":"MultiPoint","coordinates":[[17,59,0],[18.5,60]]}}"#,
        ] {
            assert_eq!(Bounds::of(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_geometry_in_degrees_has_no_box() {
        let nested = "GEOMETRYCOLLECTION(".repeat(10_000);
        let deep = format!("{{\"coordinates\":{}", "[".repeat(100_000));
        for text in [
            "",
            "POINT EMPTY",
            "Norrvik",
            "POINT(674032 6580822)",
            "POLYGON((17 59",
            "<POINT(1 2)",
            "{}",
            "<gml:Envelope/>",
            &nested,
            &deep,
        ] {
            assert_eq!(Bounds::of(text), None, "{}", text.chars().take(40).collect::<String>());
        }
    }
}
