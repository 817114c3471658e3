//! Days, as people and histories name them: in UTC, without a clock of its own.

use core::fmt;

use dela_protocol::time::Timestamp;
use time::{Date, Month, OffsetDateTime};

use crate::language::Language;

/// A day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

impl Day {
    /// Returns the day of a moment; the first one there is, for a moment beyond
    /// the year 9999.
    pub fn of(moment: Timestamp) -> Self {
        let seconds = i64::try_from(moment.as_millis() / 1_000).unwrap_or(i64::MAX);
        let moment = OffsetDateTime::from_unix_timestamp(seconds);
        Self(moment.unwrap_or(OffsetDateTime::UNIX_EPOCH).date())
    }

    /// Reads a day as `2026-05-31`; what follows it, as in a time, does not
    /// count.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.get(..10)?.splitn(3, '-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let month: u8 = month.parse().ok()?;
        let month = Month::try_from(month).ok()?;
        Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok().map(Self)
    }

    /// Returns its number, which grows by one each day.
    pub const fn number(self) -> i32 {
        self.0.to_julian_day()
    }

    /// Returns the day with a number; `None` beyond the years there are.
    pub fn of_number(number: i32) -> Option<Self> {
        Date::from_julian_day(number).ok().map(Self)
    }

    /// Returns the day so many days earlier; the first one there is, where that
    /// lies before it.
    #[must_use]
    pub fn before(self, days: i32) -> Self {
        Self(Date::from_julian_day(self.number().saturating_sub(days)).unwrap_or(Date::MIN))
    }

    /// Returns the first day of its month.
    #[must_use]
    pub fn month_begin(self) -> Self {
        Self(self.0.replace_day(1).unwrap_or(self.0))
    }

    /// Returns the Monday of its week.
    #[must_use]
    pub fn week_begin(self) -> Self {
        self.before(self.0.weekday().number_days_from_monday().into())
    }

    /// Returns its year; 0 for those before our era.
    pub fn year(self) -> u32 {
        u32::try_from(self.0.year()).unwrap_or(0)
    }

    /// Returns it as people write it: 26 november 2026, 26 November 2026.
    pub fn long(self, language: Language) -> String {
        format!("{} {} {}", self.0.day(), month_name(self.0.month(), language), self.0.year())
    }

    /// Returns day and month in short, without the year: 26 nov, 26 Nov.
    pub fn short(self, language: Language) -> String {
        format!("{} {}", self.0.day(), short(month_name(self.0.month(), language)))
    }

    /// Returns month and year in short: nov 2026, Nov 2026.
    pub fn month(self, language: Language) -> String {
        format!("{} {}", short(month_name(self.0.month(), language)), self.0.year())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.0.to_calendar_date();
        write!(f, "{year:04}-{:02}-{day:02}", u8::from(month))
    }
}

fn short(month: &str) -> &str {
    month.get(..3).unwrap_or(month)
}

const fn month_name(month: Month, language: Language) -> &'static str {
    match (language, month) {
        (Language::Swedish, Month::January) => "januari",
        (Language::Swedish, Month::February) => "februari",
        (Language::Swedish, Month::March) => "mars",
        (Language::Swedish, Month::April) => "april",
        (Language::Swedish, Month::May) => "maj",
        (Language::Swedish, Month::June) => "juni",
        (Language::Swedish, Month::July) => "juli",
        (Language::Swedish, Month::August) => "augusti",
        (Language::Swedish, Month::September) => "september",
        (Language::Swedish, Month::October) => "oktober",
        (Language::Swedish, Month::November) => "november",
        (Language::Swedish, Month::December) => "december",
        (Language::English, Month::January) => "January",
        (Language::English, Month::February) => "February",
        (Language::English, Month::March) => "March",
        (Language::English, Month::April) => "April",
        (Language::English, Month::May) => "May",
        (Language::English, Month::June) => "June",
        (Language::English, Month::July) => "July",
        (Language::English, Month::August) => "August",
        (Language::English, Month::September) => "September",
        (Language::English, Month::October) => "October",
        (Language::English, Month::November) => "November",
        (Language::English, Month::December) => "December",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_and_written_as_people_do() {
        let day = Day::parse("2026-11-26T08:00:00Z").unwrap();
        assert_eq!(day.to_string(), "2026-11-26");
        assert_eq!(day.long(Language::Swedish), "26 november 2026");
        assert_eq!(day.short(Language::English), "26 Nov");
        assert_eq!(day.month(Language::Swedish), "nov 2026");
        assert_eq!(day.month_begin().to_string(), "2026-11-01");
        assert_eq!(day.week_begin().to_string(), "2026-11-23");
        assert_eq!(day.before(30).to_string(), "2026-10-27");
        assert_eq!(Day::of_number(day.number()), Some(day));
    }

    #[test]
    fn what_is_no_day_is_not_read() {
        for text in ["", "2026-02-30", "2026-13-01", "förra året", "2026-1-1 xx", "00000001"] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
        let last = Timestamp::from_millis(u64::MAX);
        assert_eq!(Day::of(last).to_string(), "1970-01-01");
    }
}
