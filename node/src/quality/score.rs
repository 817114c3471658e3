//! From what is met to points and a rating.

use super::indicators::{INDICATORS, Indicator};
use crate::language::{Words, words};

/// All points there are.
pub const POINTS_MAX: u32 = 405;

/// Whether an indicator is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is.
    Met,
    /// It is not.
    Missed,
    /// It may be, but nobody here has looked.
    Unchecked,
}

/// How the EU's portal calls a number of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rating {
    /// 0 to 120.
    Bad,
    /// 121 to 220.
    Sufficient,
    /// 221 to 350.
    Good,
    /// 351 to 405.
    Excellent,
}

impl Rating {
    /// Every rating, the best first.
    pub const ALL: [Self; 4] = [Self::Excellent, Self::Good, Self::Sufficient, Self::Bad];

    /// Returns the rating of a number of points.
    pub const fn of(points: u32) -> Self {
        match points {
            0..=120 => Self::Bad,
            121..=220 => Self::Sufficient,
            221..=350 => Self::Good,
            _ => Self::Excellent,
        }
    }

    /// Returns the rating with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rating| rating.name() == name)
    }

    /// Returns its name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Sufficient => "sufficient",
            Self::Good => "good",
            Self::Excellent => "excellent",
        }
    }

    /// Returns what people call it.
    pub const fn words(self) -> Words {
        match self {
            Self::Bad => words("Svag", "Bad"),
            Self::Sufficient => words("Tillräcklig", "Sufficient"),
            Self::Good => words("Bra", "Good"),
            Self::Excellent => words("Utmärkt", "Excellent"),
        }
    }
}

/// What one description scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    met: u64,
    /// The points it has for certain.
    pub points: u32,
    /// The points it may have beside, which nobody has checked.
    pub unchecked: u32,
}

impl Score {
    /// Adds up what is met.
    pub(super) fn of(met: u64) -> Self {
        let sum = |checked: bool| {
            let counted =
                zip(met).filter(|(indicator, is_met)| *is_met && indicator.checked == checked);
            counted.map(|(indicator, _)| indicator.points).sum()
        };
        Self { met, points: sum(true), unchecked: sum(false) }
    }

    /// Returns how the points are called.
    pub const fn rating(&self) -> Rating {
        Rating::of(self.points)
    }

    /// Returns each indicator with its outcome, in the order of the method.
    pub fn outcomes(&self) -> impl Iterator<Item = (&'static Indicator, Outcome)> {
        zip(self.met).map(|(indicator, is_met)| {
            let outcome = match (is_met, indicator.checked) {
                (false, _) => Outcome::Missed,
                (true, true) => Outcome::Met,
                (true, false) => Outcome::Unchecked,
            };
            (indicator, outcome)
        })
    }
}

/// Returns the points that certainly belong to these marks.
pub fn points_of(met: u64) -> u32 {
    Score::of(met).points
}

fn zip(met: u64) -> impl Iterator<Item = (&'static Indicator, bool)> {
    INDICATORS
        .iter()
        .zip(0..)
        .map(move |(indicator, bit): (_, u32)| (indicator, met >> bit & 1 == 1))
}
