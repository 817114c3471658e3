//! How good the descriptions are: of one dataset, one agency, the federation.

use dela_protocol::api::{
    DatasetIndicator, DatasetQuality, DatasetView, DimensionScore, HighValueCategory,
    HighValueReport, HistoryPoint, IndicatorOutcome, IndicatorShare, QualityReport, Ratings,
};
use dela_protocol::dcat::Resource;
use dela_protocol::description::Description;
use dela_protocol::id::AgencyId;
use dela_protocol::record::{Record, RecordKind};

use super::{DatasetName, Described, Index, IndexError};
use crate::language::Language;
use crate::quality::{self, Dimension, INDICATORS, Indicator, Marks, Of, POINTS_MAX, Rating};
use crate::search::Tally;
use crate::vocabulary;

impl Index {
    /// Returns what one agency's descriptions score, or those of all.
    pub fn quality(
        &self,
        agency: Option<&AgencyId>,
        language: Language,
    ) -> Result<QualityReport, IndexError> {
        self.demand_ready()?;
        if let Some(agency) = agency {
            self.catalogue(agency)?;
        }
        let agency_name = agency.map(|id| self.profile(id)).transpose()?.map(|known| known.name);
        let tally = self.tally(agency)?;
        let indicators = shares(&tally, language);
        let dimensions = dimensions(&indicators);
        let (points, points_unchecked) = sums(&indicators);
        let [excellent, good, sufficient, bad] = tally.ratings;
        Ok(QualityReport {
            agency: agency.copied(),
            agency_name,
            datasets: tally.datasets,
            distributions: tally.distributions,
            points,
            points_unchecked,
            points_max: POINTS_MAX,
            rating: rating(points).name().to_owned(),
            ratings: Ratings { excellent, good, sufficient, bad },
            dimensions,
            indicators,
            high_value: high_value(&tally, language),
            trend: self.parts.history.of(agency),
        })
    }

    /// Returns what one dataset scores; services, series and catalogues are not
    /// scored.
    pub fn dataset_quality(
        &self,
        name: &DatasetName,
        language: Language,
    ) -> Result<DatasetQuality, IndexError> {
        let Described { record, description } = self.described(name)?;
        if record.kind() != RecordKind::Dataset {
            return Err(IndexError::NotScored(record.entity()));
        }
        Ok(score(&record, &description, &Resource::of(&description), language))
    }

    /// Returns an entry for clients, and what it scores if it is a dataset.
    pub fn dataset_scored(
        &self,
        name: &DatasetName,
        language: Language,
    ) -> Result<(DatasetView, Option<DatasetQuality>), IndexError> {
        let described = self.described(name)?;
        let view = self.view(name, &described)?;
        let Described { record, description } = &described;
        let scored = record.kind() == RecordKind::Dataset;
        let quality = scored.then(|| score(record, description, &view.resource, language));
        Ok((view, quality))
    }

    pub(super) fn tally(&self, agency: Option<&AgencyId>) -> Result<Tally, IndexError> {
        let tallies = self.parts.search.tallies().map_err(IndexError::Search)?;
        Ok(tallies.of(agency).cloned().unwrap_or_default())
    }
}

/// Returns what a dataset scores, as clients are told.
fn score(
    record: &Record,
    description: &Description,
    resource: &Resource,
    language: Language,
) -> DatasetQuality {
    let score = Marks::of(description, resource).score();
    let indicators = score.outcomes().map(|(indicator, outcome)| DatasetIndicator {
        name: indicator.name.to_owned(),
        dimension: indicator.dimension.name().to_owned(),
        label: indicator.label.text(language).to_owned(),
        outcome: match outcome {
            quality::Outcome::Met => IndicatorOutcome::Met,
            quality::Outcome::Missed => IndicatorOutcome::Missed,
            quality::Outcome::Unchecked => IndicatorOutcome::Unchecked,
        },
        points: indicator.points,
        remedy: indicator.remedy.text(language).to_owned(),
    });
    DatasetQuality {
        id: record.entity(),
        issued_at: record.issued_at(),
        points: score.points,
        points_unchecked: score.unchecked,
        points_max: POINTS_MAX,
        rating: score.rating().name().to_owned(),
        indicators: indicators.collect(),
    }
}

/// Returns each indicator with its share.
fn shares(tally: &Tally, language: Language) -> Vec<IndicatorShare> {
    let share = |(place, indicator): (usize, &Indicator)| {
        let count = |counts: &[u64]| counts.get(place).copied().unwrap_or_default();
        let (of, met, total) = match indicator.of {
            Of::Dataset | Of::BestDistribution => {
                ("dataset", count(&tally.of_datasets), tally.datasets)
            }
            Of::Distribution => {
                ("distribution", count(&tally.of_distributions), tally.distributions)
            }
        };
        IndicatorShare {
            name: indicator.name.to_owned(),
            dimension: indicator.dimension.name().to_owned(),
            label: indicator.label.text(language).to_owned(),
            of: of.to_owned(),
            met,
            total,
            checked: indicator.checked,
            points: rounded(f64::from(indicator.points) * ratio(met, total)),
            points_max: indicator.points,
            remedy: indicator.remedy.text(language).to_owned(),
        }
    };
    INDICATORS.iter().enumerate().map(share).collect()
}

fn dimensions(indicators: &[IndicatorShare]) -> Vec<DimensionScore> {
    let score = |dimension: Dimension| {
        let own: Vec<IndicatorShare> = indicators
            .iter()
            .filter(|indicator| indicator.dimension == dimension.name())
            .cloned()
            .collect();
        let (points, points_unchecked) = sums(&own);
        DimensionScore {
            name: dimension.name().to_owned(),
            points,
            points_unchecked,
            points_max: own.iter().map(|indicator| indicator.points_max).sum(),
        }
    };
    Dimension::ALL.into_iter().map(score).collect()
}

/// Returns the points that are certain, and those that may come beside.
fn sums(indicators: &[IndicatorShare]) -> (f64, f64) {
    let sum = |checked: bool| {
        let counted = indicators.iter().filter(|indicator| indicator.checked == checked);
        rounded(counted.map(|indicator| indicator.points).sum())
    };
    (sum(true), sum(false))
}

pub(super) fn high_value(tally: &Tally, language: Language) -> HighValueReport {
    let count = |bit: u32| tally.count(bit);
    let mut categories: Vec<HighValueCategory> = tally
        .high_value
        .iter()
        .filter_map(|(code, datasets)| {
            let iri = format!("http://data.europa.eu/bna/{code}");
            let label = vocabulary::high_value_category(&iri)?.label(language.tag()).to_owned();
            Some(HighValueCategory { iri, label, datasets: *datasets })
        })
        .collect();
    categories.sort_by(|a, b| (b.datasets, &a.label).cmp(&(a.datasets, &b.label)));
    HighValueReport {
        datasets: count(Marks::HIGH_VALUE),
        with_category: count(Marks::HIGH_VALUE_CATEGORY),
        with_distribution: count(Marks::HIGH_VALUE_DISTRIBUTION),
        with_open_licence: count(Marks::HIGH_VALUE_LICENCE),
        with_download: count(Marks::HIGH_VALUE_DOWNLOAD),
        categories,
    }
}

/// Returns the points that are certain.
pub(super) fn certain_points(tally: &Tally) -> f64 {
    sums(&shares(tally, Language::English)).0
}

/// Returns what a day's line says of the datasets there are.
pub(super) fn point(date: &str, tally: &Tally) -> HistoryPoint {
    HistoryPoint {
        date: date.to_owned(),
        datasets: tally.datasets,
        distributions: tally.distributions,
        points: certain_points(tally),
        high_value: tally.count(Marks::HIGH_VALUE),
        open_licence: tally.count(Marks::OPEN_LICENCE),
        without_licence: Some(tally.without_licence),
        machine_readable: Some(machine_readable(tally)),
        ..HistoryPoint::default()
    }
}

/// Returns how many datasets have a format that programs read.
pub(super) fn machine_readable(tally: &Tally) -> u64 {
    Indicator::bit("machine_readable").map_or(0, |bit| tally.count(bit))
}

/// Returns what a number of points, which may be a fraction, is called.
fn rating(points: f64) -> Rating {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 405"
    )]
    let whole = points.clamp(0.0, f64::from(POINTS_MAX)).round() as u32;
    Rating::of(whole)
}

#[expect(clippy::cast_precision_loss, reason = "counts of datasets are far below 2^52")]
fn ratio(met: u64, total: u64) -> f64 {
    if total == 0 { 0.0 } else { met as f64 / total as f64 }
}

/// Rounds to a tenth of a point: what people compare.
fn rounded(points: f64) -> f64 {
    // The sum of nothing is -0.
    (points * 10.0).round() / 10.0 + 0.0
}
