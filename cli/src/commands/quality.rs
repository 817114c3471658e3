//! `dela quality`.

use clap::Args;
use dela_protocol::api::{
    DatasetQuality, HighValueReport, IndicatorOutcome, IndicatorShare, QualityReport,
};

use crate::args::Global;
use crate::error::Error;
use crate::lookup::{self, DatasetName};
use crate::output::{Column, Output, Table, count, number};

/// How many indicators are named as the best to mend first.
const BEST_SHOWN: usize = 5;

/// Tell how good the descriptions are, and what would gain the most
///
/// Counts as the EU's portal does (MQA, 405 points): for all agencies, for one,
/// or for one dataset. Whether addresses answer is not checked, and told apart.
#[derive(Debug, Args)]
pub(crate) struct QualityArgs {
    /// Only this dataset: its id, the beginning of it (8 digits or more), or its
    /// IRI
    #[arg(value_name = "DATASET", conflicts_with = "agency")]
    dataset: Option<DatasetName>,
    /// Only this agency: its name, its id or the beginning of it
    #[arg(long, value_name = "AGENCY")]
    agency: Option<String>,
    /// Tell every indicator
    #[arg(long)]
    all: bool,
    /// Tell it in this language, instead of the locale's
    #[arg(long, value_parser = ["sv", "en"])]
    language: Option<String>,
}

impl QualityArgs {
    pub(crate) fn run(&self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let client = global.client();
        let language = self.language.as_deref().unwrap_or_else(|| output.language());
        if let Some(dataset) = &self.dataset {
            let id = dataset.resolve(&client)?;
            let answer = client.dataset_quality(&id, language)?;
            if output.is_json() {
                return Ok(output.json(&answer.json)?);
            }
            return of_dataset(&answer.value, output);
        }
        let agency = self.agency.as_ref().map(|name| lookup::agency(&client, name)).transpose()?;
        let agency = agency.map(|id| id.to_string());
        let answer = client.quality(agency.as_deref(), language)?;
        if output.is_json() {
            return Ok(output.json(&answer.json)?);
        }
        of_catalogue(&answer.value, self.all, output)
    }
}

fn of_catalogue(report: &QualityReport, all: bool, output: &mut Output) -> Result<(), Error> {
    let name = report.agency_name.as_deref().unwrap_or("All agencies");
    output.heading(&crate::output::clean(name))?;
    let (points, max) = (decimal(report.points), report.points_max);
    output.field("points", &format!("{points} of {max}: {}", report.rating))?;
    output.field("not checked", &decimal(report.points_unchecked))?;
    output.field("datasets", &number(report.datasets))?;
    output.field("distributions", &number(report.distributions))?;
    let ratings = &report.ratings;
    output.field(
        "ratings",
        &format!(
            "{} excellent, {} good, {} sufficient, {} bad",
            ratings.excellent, ratings.good, ratings.sufficient, ratings.bad
        ),
    )?;
    high_value(&report.high_value, output)?;
    let mut table = Table::new([
        Column::Cut("INDICATOR"),
        Column::Right("MEET IT"),
        Column::Right("POINTS"),
        Column::Right("GAIN"),
    ]);
    let mut shown: Vec<&IndicatorShare> = report.indicators.iter().collect();
    if !all {
        shown.retain(|one| one.checked && gain(one) >= 0.1);
        shown.sort_by(|a, b| gain(b).total_cmp(&gain(a)));
        shown.truncate(BEST_SHOWN);
        output.heading("What gains the most")?;
    }
    for one in &shown {
        let met = if one.checked {
            format!("{} of {}", number(one.met), number(one.total))
        } else {
            "not checked".to_owned()
        };
        let points = format!("{} of {}", decimal(one.points), one.points_max);
        table.row([one.label.clone(), met, points, decimal(gain(one))]);
    }
    output.table(&table)?;
    if let Some(best) = shown.first().filter(|_| !all) {
        output.suggest(&best.remedy);
    }
    Ok(())
}

fn high_value(report: &HighValueReport, output: &mut Output) -> Result<(), Error> {
    if report.datasets == 0 {
        return Ok(());
    }
    let datasets = count(report.datasets, "dataset", "datasets");
    let text = format!(
        "{datasets}: {} with a category, {} with a covered distribution, {} under an open licence, \
         {} to download",
        report.with_category,
        report.with_distribution,
        report.with_open_licence,
        report.with_download
    );
    Ok(output.field("high value", &text)?)
}

fn of_dataset(quality: &DatasetQuality, output: &mut Output) -> Result<(), Error> {
    let (points, max) = (quality.points, quality.points_max);
    output.field("points", &format!("{points} of {max}: {}", quality.rating))?;
    output.field("not checked", &quality.points_unchecked.to_string())?;
    let mut table =
        Table::new([Column::Cut("INDICATOR"), Column::Left("OUTCOME"), Column::Right("POINTS")]);
    for one in &quality.indicators {
        let outcome = match one.outcome {
            IndicatorOutcome::Met => "met",
            IndicatorOutcome::Missed => "missed",
            IndicatorOutcome::Unchecked => "not checked",
        };
        table.row([one.label.clone(), outcome.to_owned(), one.points.to_string()]);
    }
    output.table(&table)?;
    let missed = quality.indicators.iter().filter(|one| one.outcome == IndicatorOutcome::Missed);
    if let Some(best) = missed.max_by_key(|one| one.points) {
        output.suggest(&best.remedy);
    }
    Ok(())
}

fn gain(one: &IndicatorShare) -> f64 {
    f64::from(one.points_max) - one.points
}

/// Writes points with one decimal, if there is one.
fn decimal(points: f64) -> String {
    let text = format!("{points:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
