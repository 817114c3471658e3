//! The history, as charts and tables show it: by day, week or month.
//!
//! The file has a line only for days on which something changed, and as many as
//! there are. Here there is a row for every period, none left out, and so few
//! that a page stays small.

use dela_protocol::api::HistoryPoint;

use super::language::Language;
use crate::calendar::Day;

/// The most rows: what a chart of the width of a page can show apart.
const ROWS_MAX: i32 = 60;

/// How long one row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Period {
    Day,
    Week,
    Month,
}

impl Period {
    /// Returns the shortest with which so many days are not too many rows.
    const fn of(days: i32) -> Self {
        if days < ROWS_MAX {
            Self::Day
        } else if days < 7 * ROWS_MAX {
            Self::Week
        } else {
            Self::Month
        }
    }

    /// Returns the first day of the period that a day belongs to.
    fn begin(self, day: Day) -> Day {
        match self {
            Self::Day => day,
            Self::Week => day.week_begin(),
            Self::Month => day.month_begin(),
        }
    }

    /// Returns the first day of the period before one.
    fn before(self, begin: Day) -> Day {
        match self {
            Self::Day => begin.before(1),
            Self::Week => begin.before(7),
            Self::Month => begin.before(1).month_begin(),
        }
    }
}

/// One row.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Its first day.
    pub(super) begin: Day,
    /// How it was at its end.
    pub(super) state: HistoryPoint,
    /// What changed in it, where anybody counted.
    pub(super) created: Option<u64>,
    pub(super) changed: Option<u64>,
    pub(super) withdrawn: Option<u64>,
}

/// A history in rows of one length, the oldest first.
#[derive(Debug)]
pub(super) struct Trend {
    pub(super) period: Period,
    pub(super) rows: Vec<Row>,
}

impl Trend {
    /// Divides a history up to today into rows.
    pub(super) fn of(history: &[HistoryPoint], today: Day) -> Self {
        let days: Vec<(Day, &HistoryPoint)> =
            history.iter().filter_map(|point| Some((Day::parse(&point.date)?, point))).collect();
        let (Some((first, _)), Some((last, _))) = (days.first(), days.last()) else {
            return Self { period: Period::Day, rows: Vec::new() };
        };
        let today = today.max(*last);
        let period = Period::of(today.number().saturating_sub(first.number()));
        let mut begins = Vec::new();
        let mut begin = period.begin(today);
        for _ in 0..ROWS_MAX {
            begins.push(begin);
            if begin <= *first {
                break;
            }
            begin = period.before(begin);
        }
        begins.reverse();
        let ends = begins.iter().skip(1).copied().map(Some).chain([None]);
        let rows = begins.iter().zip(ends).filter_map(|(begin, end)| row(&days, *begin, end));
        Self { period, rows: rows.collect() }
    }

    /// Returns what the rows are called below a chart.
    pub(super) fn labels(&self, language: Language) -> Vec<String> {
        let label = |row: &Row| match self.period {
            Period::Day | Period::Week => row.begin.short(language),
            Period::Month => row.begin.month(language),
        };
        self.rows.iter().map(label).collect()
    }

    /// Returns one number of each row.
    pub(super) fn values(&self, value: impl Fn(&Row) -> Option<f64>) -> Vec<Option<f64>> {
        self.rows.iter().map(value).collect()
    }
}

/// Returns the row from one day until before another; `None` where nothing is
/// known yet at its end.
fn row(days: &[(Day, &HistoryPoint)], begin: Day, end: Option<Day>) -> Option<Row> {
    let is_before_end = |day: Day| end.is_none_or(|end| day < end);
    let (_, state) = days.iter().rev().find(|(day, _)| is_before_end(*day))?;
    let within = || days.iter().filter(|(day, _)| *day >= begin && is_before_end(*day));
    let sum = |count: fn(&HistoryPoint) -> Option<u64>| {
        let sum = within().filter_map(|(_, point)| count(point)).sum();
        // A period without a line had no change, if anybody counted by then.
        let counted = within().next().is_none() && state.records.is_some();
        (counted || within().any(|(_, point)| count(point).is_some())).then_some(sum)
    };
    Some(Row {
        begin,
        state: (*state).clone(),
        created: sum(|point| point.created),
        changed: sum(|point| point.changed),
        withdrawn: sum(|point| point.withdrawn),
    })
}

/// Returns a count as a chart draws it.
#[expect(clippy::cast_precision_loss, reason = "counts of datasets are far below 2^52")]
pub(super) const fn drawn(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(date: &str, datasets: u64, created: Option<u64>) -> HistoryPoint {
        let records = created.map(|_| datasets);
        HistoryPoint { date: date.to_owned(), datasets, created, records, ..Default::default() }
    }

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn days_without_a_line_are_as_the_day_before() {
        let history = [point("2026-11-01", 5, None), point("2026-11-03", 7, Some(2))];
        let trend = Trend::of(&history, day("2026-11-05"));
        let seen: Vec<_> = trend.rows.iter().map(|row| (row.state.datasets, row.created)).collect();
        assert_eq!(
            seen,
            [(5, None), (5, None), (7, Some(2)), (7, Some(0)), (7, Some(0))],
            "{trend:?}"
        );
        assert_eq!(trend.labels(Language::Swedish).last().unwrap(), "5 nov");
    }

    #[test]
    fn a_long_history_has_longer_rows_and_no_more_of_them() {
        let history = [point("2019-03-02", 1, Some(0)), point("2026-11-01", 9, Some(8))];
        for (today, period) in [
            ("2019-04-01", Period::Month),
            ("2026-11-26", Period::Month),
            ("9999-12-31", Period::Month),
        ] {
            let trend = Trend::of(&history, day(today));
            assert_eq!(trend.period, period, "{today}");
            assert!(trend.rows.len() <= 60 && trend.rows.last().unwrap().state.datasets == 9);
        }
        let short = Trend::of(&history[1..], day("2027-06-01"));
        assert_eq!(short.period, Period::Week);
        assert_eq!(short.rows.iter().filter_map(|row| row.created).sum::<u64>(), 8);
        assert!(Trend::of(&[], day("2026-11-26")).rows.is_empty());
    }
}
