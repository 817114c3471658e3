//! What a run of the bench prints: one row for each figure, with its target
//! beside it.
//!
//! Invariant: a target is held against the median, and a row says for itself
//! what was measured against what.

use std::fmt::Write as _;

use serde::Serialize;

/// In what a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unit {
    /// One rate, time or size by another, taken in the same run.
    Ratio,
    /// Bytes.
    Bytes,
    /// Milliseconds.
    Milliseconds,
    /// Things in a second.
    PerSecond,
    /// Megabytes, of a million bytes.
    Megabytes,
    /// Hundredths of one core.
    Percent,
}

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Target {
    /// So much or less.
    AtMost(f64),
    /// So much or more.
    AtLeast(f64),
}

/// One figure, measured several times.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Row {
    measurement: &'static str,
    what: String,
    unit: Unit,
    samples: usize,
    min: f64,
    median: f64,
    max: f64,
    target: Option<Target>,
    met: Option<bool>,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

impl Row {
    /// Returns the row of what was measured, one value for each repeat.
    pub(super) fn new(
        measurement: &'static str,
        what: impl Into<String>,
        unit: Unit,
        mut values: Vec<f64>,
    ) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        Self {
            measurement,
            what: what.into(),
            unit,
            samples: values.len(),
            min: at(0),
            median: at(values.len() / 2),
            max: at(values.len().saturating_sub(1)),
            target: None,
            met: None,
            note: String::new(),
        }
    }

    /// Demands at most so much.
    pub(super) fn at_most(mut self, bound: f64) -> Self {
        self.target = Some(Target::AtMost(bound));
        self.met = Some(self.median <= bound);
        self
    }

    /// Demands at least so much.
    pub(super) fn at_least(mut self, bound: f64) -> Self {
        self.target = Some(Target::AtLeast(bound));
        self.met = Some(self.median >= bound);
        self
    }

    /// Adds what a reader must know to read the figure.
    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

/// All that a run found.
#[derive(Debug, Serialize)]
pub(super) struct Table {
    /// The version that was measured.
    pub(super) version: &'static str,
    /// How many cores the machine gave.
    pub(super) cores: usize,
    /// Whether the program was built with optimisation.
    pub(super) optimised: bool,
    /// The figures.
    pub(super) rows: Vec<Row>,
}

impl Table {
    /// Returns the table as people read it, which is also Markdown.
    pub(super) fn text(&self) -> String {
        let mut cells = vec![
            ["measurement", "figure", "min", "median", "max", "target", ""].map(str::to_owned),
            ["---", "---", "---:", "---:", "---:", "---", "---"].map(str::to_owned),
        ];
        cells.extend(self.rows.iter().map(|row| {
            let met = match row.met {
                Some(true) => "met",
                Some(false) => "missed",
                None => "",
            };
            [
                row.measurement.to_owned(),
                row.what.clone(),
                written(row.min, row.unit),
                written(row.median, row.unit),
                written(row.max, row.unit),
                row.target.map_or(String::new(), |target| target.written(row.unit)),
                met.to_owned(),
            ]
        }));
        let mut text = aligned(&cells);
        let noted = self.rows.iter().filter(|row| !row.note.is_empty());
        for (index, row) in noted.enumerate() {
            let gap = if index == 0 { "\n" } else { "" };
            writeln!(text, "{gap}- {}, {}: {}", row.measurement, row.what, row.note)
                .expect("writing to a string works");
        }
        text
    }
}

fn aligned(cells: &[[String; 7]]) -> String {
    let mut widths = [0; 7];
    for row in cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in cells {
        for (width, cell) in widths.iter().zip(row) {
            write!(text, "| {cell:<width$} ").expect("writing to a string works");
        }
        text.push_str("|\n");
    }
    text
}

impl Target {
    fn written(self, unit: Unit) -> String {
        match self {
            Self::AtMost(bound) => format!("≤ {}", written(bound, unit)),
            Self::AtLeast(bound) => format!("≥ {}", written(bound, unit)),
        }
    }
}

/// Returns a figure with as many digits as it deserves.
fn written(value: f64, unit: Unit) -> String {
    let digits = match unit {
        Unit::Ratio => 2,
        Unit::Milliseconds | Unit::Percent | Unit::Megabytes => 1,
        Unit::Bytes | Unit::PerSecond => 0,
    };
    let suffix = match unit {
        Unit::Ratio => "",
        Unit::Bytes => " B",
        Unit::Milliseconds => " ms",
        Unit::PerSecond => "/s",
        Unit::Megabytes => " MB",
        Unit::Percent => " %",
    };
    format!("{value:.digits$}{suffix}")
}

/// Returns a count as a figure.
#[expect(clippy::cast_precision_loss, reason = "figures are read to three digits")]
pub(super) fn figure(count: impl TryInto<u64>) -> f64 {
    count.try_into().map_or(f64::NAN, |count| count as f64)
}

/// Returns the value that so many of 1,000 values do not exceed; the values are
/// put in order for it.
pub(super) fn quantile(values: &mut [f64], per_mille: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = (values.len() * per_mille).div_ceil(1_000).saturating_sub(1);
    values.get(index).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_orders_its_values_and_holds_the_median_against_the_target() {
        let row = Row::new("a", "b", Unit::Ratio, vec![3.0, 1.0, 2.0]);
        assert_eq!((row.min, row.median, row.max), (1.0, 2.0, 3.0));
        assert_eq!(row.clone().at_most(2.0).met, Some(true));
        assert_eq!(row.clone().at_most(1.9).met, Some(false));
        assert_eq!(row.at_least(2.1).met, Some(false));
    }

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let mut values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        let text = |value: f64| format!("{value:.1}");
        assert_eq!(text(quantile(&mut values, 990)), "198.0");
        assert_eq!(text(quantile(&mut values, 500)), "100.0");
        assert!(quantile(&mut [], 990).is_nan());
    }
}
