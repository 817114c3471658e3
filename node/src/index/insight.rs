//! How much there is, how open it is, and how it was before.

use core::cmp::Reverse;
use std::collections::BTreeMap;

use dela_protocol::api::{
    AgencyInsight, AgencyInsightList, Breakdown, InsightReport, InsightSort, Ratings, ValueCount,
    YearCount,
};
use dela_protocol::id::AgencyId;

use super::quality::{certain_points, high_value, machine_readable};
use super::{Churn, Index, IndexError, now};
use crate::calendar;
use crate::language::Language;
use crate::quality::{Marks, POINTS_MAX};
use crate::search::{Tally, Values};
use crate::vocabulary;

/// How many days "lately" is.
const LATELY_DAYS: i32 = 30;

impl Index {
    /// Returns what there is of one agency, or of all, counted.
    pub fn insight(
        &self,
        agency: Option<&AgencyId>,
        language: Language,
    ) -> Result<InsightReport, IndexError> {
        self.demand_ready()?;
        if let Some(agency) = agency {
            self.catalogue(agency)?;
        }
        let agency_name = agency.map(|id| self.profile(id)).transpose()?.map(|known| known.name);
        let agencies = match agency {
            Some(_) => 1,
            None => u64::try_from(self.catalogues().len()).unwrap_or(u64::MAX),
        };
        let tally = self.tally(agency)?;
        let [licences, formats, themes] = self.breakdowns(agency, language)?;
        let [excellent, good, sufficient, bad] = tally.ratings;
        Ok(InsightReport {
            agency: agency.copied(),
            agency_name,
            agencies,
            datasets: tally.datasets,
            distributions: tally.distributions,
            data_services: tally.data_services,
            dataset_series: tally.dataset_series,
            open_licence: tally.count(Marks::OPEN_LICENCE),
            without_licence: tally.without_licence,
            machine_readable: machine_readable(&tally),
            without_format: tally.without_format,
            licences,
            formats,
            themes,
            high_value: high_value(&tally, language),
            points: certain_points(&tally),
            points_max: POINTS_MAX,
            ratings: Ratings { excellent, good, sufficient, bad },
            changed_in: years(&tally),
            history: self.parts.history.of(agency),
        })
    }

    /// Returns the agencies side by side, from the one that follows `after`.
    pub fn insight_of_agencies(
        &self,
        sort: InsightSort,
        limit: usize,
        after: Option<&AgencyId>,
    ) -> Result<AgencyInsightList, IndexError> {
        self.demand_ready()?;
        let lately = self.lately();
        let tallies = self.parts.search.tallies().map_err(IndexError::Search)?;
        let mut agencies = Vec::new();
        for catalogue in self.catalogues() {
            let id = catalogue.id();
            let tally = tallies.of(Some(&id)).cloned().unwrap_or_default();
            let churn = lately.get(&Some(id)).copied().unwrap_or_default();
            agencies.push(agency_insight(id, self.profile_of(&catalogue)?.name, &tally, churn));
        }
        order(&mut agencies, sort);
        let total = u64::try_from(agencies.len()).unwrap_or(u64::MAX);
        let start = match after {
            None => 0,
            Some(after) => {
                let found = agencies.iter().position(|agency| agency.id == *after);
                found.ok_or(IndexError::BadCursor)? + 1
            }
        };
        let more = agencies.len() > start.saturating_add(limit);
        let agencies: Vec<_> = agencies.into_iter().skip(start).take(limit).collect();
        let next = agencies.last().filter(|_| more).map(|agency| agency.id.to_string());
        Ok(AgencyInsightList { total, agencies, next })
    }

    /// Returns what changed in the last 30 days, of each agency and of the
    /// federation, as far as this node has counted.
    pub fn lately(&self) -> BTreeMap<Option<AgencyId>, Churn> {
        let first = calendar::Day::of(now()).before(LATELY_DAYS);
        self.parts.history.churn_since(&first.to_string())
    }

    /// Returns the first day on which changes of an agency, or of the federation,
    /// were counted.
    pub fn counted_since(&self, agency: Option<&AgencyId>) -> Option<calendar::Day> {
        calendar::Day::parse(&self.parts.history.counted_since(agency)?)
    }

    /// Names the licences, formats and themes of datasets.
    fn breakdowns(
        &self,
        agency: Option<&AgencyId>,
        language: Language,
    ) -> Result<[Breakdown; 3], IndexError> {
        let id = agency.map(ToString::to_string);
        let division = self.parts.search.division(id.as_deref()).map_err(IndexError::Search)?;
        let theme = |code: &str| {
            vocabulary::theme(code).map_or(code, |theme| theme.label(language.tag())).to_owned()
        };
        Ok([
            breakdown(&division.licence, |key| vocabulary::licence(key).label),
            breakdown(&division.format, |key| vocabulary::format(key).label),
            breakdown(&division.theme, theme),
        ])
    }
}

fn breakdown(values: &Values, label: impl Fn(&str) -> String) -> Breakdown {
    let counts = values.most_frequent.iter().map(|(value, datasets)| ValueCount {
        value: value.clone(),
        label: label(value),
        datasets: *datasets,
    });
    Breakdown { distinct: values.distinct, values: counts.collect() }
}

fn agency_insight(id: AgencyId, name: String, tally: &Tally, churn: Churn) -> AgencyInsight {
    AgencyInsight {
        id,
        name,
        datasets: tally.datasets,
        distributions: tally.distributions,
        data_services: tally.data_services,
        open_licence: tally.count(Marks::OPEN_LICENCE),
        without_licence: tally.without_licence,
        machine_readable: machine_readable(tally),
        high_value: tally.count(Marks::HIGH_VALUE),
        points: certain_points(tally),
        created: churn.created,
        changed: churn.changed,
        withdrawn: churn.withdrawn,
    }
}

/// Orders agencies; equal ones by name, then by id.
fn order(agencies: &mut [AgencyInsight], sort: InsightSort) {
    let by_name = |agency: &AgencyInsight| (agency.name.to_lowercase(), agency.id);
    agencies.sort_by_cached_key(by_name);
    let changes = |agency: &AgencyInsight| agency.created + agency.changed + agency.withdrawn;
    match sort {
        InsightSort::Name => {}
        InsightSort::Datasets => agencies.sort_by_key(|agency| Reverse(agency.datasets)),
        InsightSort::Points => agencies.sort_by(|a, b| b.points.total_cmp(&a.points)),
        InsightSort::HighValue => agencies.sort_by_key(|agency| Reverse(agency.high_value)),
        InsightSort::Changes => agencies.sort_by_key(|agency| Reverse(changes(agency))),
    }
}

/// Returns the years up to this one, without gaps.
fn years(tally: &Tally) -> Vec<YearCount> {
    let this = calendar::Day::of(now()).year();
    let Some(first) = tally.years.keys().next() else { return Vec::new() };
    let count = |year: u32| tally.years.get(&year).copied().unwrap_or_default();
    (*first..=this).map(|year| YearCount { year, datasets: count(year) }).collect()
}
