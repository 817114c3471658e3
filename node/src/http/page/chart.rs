//! Charts, drawn as SVG by the server.
//!
//! Lines and columns are drawn with plotters; its colours are names for the
//! style sheet, which knows them in light and dark. The small bars in tables are
//! two rectangles.
//!
//! Invariants: a chart says in words what it shows, and stands beside a table
//! with the same numbers; lines and columns differ by more than colour; nothing
//! an agency wrote is drawn.

use core::fmt::Display;
use core::ops::Range;

use maud::{Markup, PreEscaped, html};
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::drawing::{DrawingAreaErrorKind, IntoDrawingArea as _};
use plotters::element::Rectangle;
use plotters::prelude::SVGBackend;
use plotters::series::{DashedLineSeries, LineSeries};
use plotters::style::{
    Color as _, FontFamily, IntoFont as _, IntoTextStyle as _, RGBColor, ShapeStyle, TRANSPARENT,
};

use super::language::Language;

/// The size of a chart, in its own units: two for each pixel at which it is
/// usually shown, since places are whole numbers.
const WIDTH: u32 = 1_120;
const HEIGHT: u32 = 440;

/// The size of the text in a chart, in its units: 15 pixels where it is usually
/// shown, since plotters divides by 1.24, and 10 on a telephone.
const TEXT_SIZE: f64 = 38.0;

/// How much is left for labels beside and below.
const LABELS_WIDTH: u32 = 140;
const LABELS_HEIGHT: u32 = 60;

/// How many labels stand below a chart at most: more would touch each other on a
/// telephone.
const LABELS_MAX: usize = 5;

/// How many lines go across a chart, beside its ground.
const TICKS_MAX: f64 = 4.0;

/// Colours by which the style sheet knows what is drawn; these are the light
/// ones, for who takes the picture out of the page.
const INK: RGBColor = RGBColor(0x56, 0x60, 0x64);
const RULE: RGBColor = RGBColor(0xD9, 0xD5, 0xCB);
const FIRST: RGBColor = RGBColor(0x0B, 0x55, 0x63);
const SECOND: RGBColor = RGBColor(0xA2, 0x51, 0x0A);
const PALE: RGBColor = RGBColor(0xA9, 0xCB, 0xD1);

/// How something is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// A whole line, or a filled column.
    First,
    /// A dashed line in another colour, or a column below the ground.
    Second,
    /// A pale column with an edge.
    Pale,
}

/// What is drawn of one kind.
#[derive(Debug)]
pub(super) struct Series {
    /// What it is.
    pub(super) label: &'static str,
    /// How it is drawn.
    pub(super) tone: Tone,
    /// Its values, one for each place; `None` where nobody counted.
    pub(super) values: Vec<Option<f64>>,
}

/// What every chart has.
#[derive(Debug)]
pub(super) struct Chart<'a> {
    /// A name for it that is its own on the page.
    pub(super) id: &'static str,
    /// What it shows, as its caption.
    pub(super) title: &'static str,
    /// What one would see in it.
    pub(super) said: String,
    /// What the places from left to right are called.
    pub(super) labels: &'a [String],
    /// The language of its numbers.
    pub(super) language: Language,
    /// What is drawn.
    pub(super) series: Vec<Series>,
}

impl Chart<'_> {
    /// Draws the values as lines.
    pub(super) fn lines(&self) -> Markup {
        self.figure(self.draw(|plot| {
            for series in &self.series {
                let style = style(series.tone);
                for run in runs(&series.values) {
                    match series.tone {
                        Tone::Second => dashes(plot, &run, style)?,
                        Tone::First | Tone::Pale => {
                            plot.draw_series(LineSeries::new(run, style))?;
                        }
                    }
                }
            }
            Ok(())
        }))
    }

    /// Draws the values as columns on each other; those of the second tone hang
    /// below the ground.
    pub(super) fn columns(&self) -> Markup {
        self.figure(self.draw(|plot| {
            let mut tops = vec![0.0; self.labels.len()];
            for series in &self.series {
                for ((place, value), top) in (0..).zip(&series.values).zip(&mut tops) {
                    let Some(value) = value.filter(|value| *value > 0.0) else { continue };
                    let (from, to) = match series.tone {
                        Tone::Second => (0.0, -value),
                        Tone::First | Tone::Pale => (*top, *top + value),
                    };
                    *top = top.max(to);
                    let place = f64::from(place);
                    let corners = [(place - 0.38, from), (place + 0.38, to)];
                    plot.draw_series([Rectangle::new(corners, fill(series.tone))])?;
                    if series.tone == Tone::Pale {
                        plot.draw_series([Rectangle::new(corners, FIRST.stroke_width(2))])?;
                    }
                }
            }
            Ok(())
        }))
    }

    /// Puts what was drawn in its frame. What could not be drawn is left out: its
    /// numbers are in the table.
    fn figure(&self, drawn: Result<String, Failure>) -> Markup {
        let drawn = match drawn {
            Ok(drawn) => drawn,
            Err(error) => {
                tracing::warn!(%error, chart = self.id, "a chart could not be drawn");
                return html! {};
            }
        };
        let name = |part: &str| format!("{}-{part}", self.id);
        html! {
            figure.chart {
                figcaption { (self.title) }
                @if self.series.len() > 1 {
                    ul.legend {
                        @for series in &self.series { li { (sample(series.tone)) (series.label) } }
                    }
                }
                svg role="img" aria-labelledby=(name("title")) aria-describedby=(name("said"))
                    viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) {
                    title id=(name("title")) { (self.title) }
                    desc id=(name("said")) { (self.said) }
                    (PreEscaped(drawn))
                }
            }
        }
    }

    /// Draws axes, and on them what `plot` draws.
    fn draw(
        &self,
        plot: impl FnOnce(&mut Plot<'_, '_>) -> Result<(), Failure>,
    ) -> Result<String, Failure> {
        let mut text = String::new();
        let places = u32::try_from(self.labels.len()).unwrap_or(u32::MAX);
        let ticks = Ticks::of(&self.series);
        {
            let area = SVGBackend::with_string(&mut text, (WIDTH, HEIGHT)).into_drawing_area();
            let across = Axis { range: -0.5..f64::from(places.max(1)) - 0.5, marks: marks(places) };
            let up = Axis { range: ticks.lowest..ticks.highest, marks: ticks.places() };
            let mut context = ChartBuilder::on(&area)
                .margin(8)
                .margin_top(24)
                .margin_right(60)
                .x_label_area_size(LABELS_HEIGHT)
                .y_label_area_size(LABELS_WIDTH)
                .build_cartesian_2d(across, up)?;
            let label = |place: &f64| self.label(*place);
            let number = |value: &f64| signless(self.language, *value);
            context
                .configure_mesh()
                .disable_x_mesh()
                .light_line_style(TRANSPARENT)
                .bold_line_style(RULE.stroke_width(2))
                .axis_style(RULE.stroke_width(2))
                .label_style(
                    (FontFamily::SansSerif, TEXT_SIZE)
                        .into_font()
                        .color(&INK)
                        .into_text_style(&area),
                )
                .x_label_formatter(&label)
                .y_label_formatter(&number)
                .draw()?;
            plot(&mut context)?;
            area.present()?;
        }
        Ok(shortened(&text))
    }

    /// Returns what stands below a place.
    fn label(&self, place: f64) -> String {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "places are small whole numbers"
        )]
        let place = place.round().max(0.0) as usize;
        self.labels.get(place).cloned().unwrap_or_default()
    }
}

/// Leaves out what means nothing: each column and dash says that it is not
/// transparent and has no edge, which is a quarter of a drawing.
fn shortened(drawn: &str) -> String {
    drawn.replace(" opacity=\"1\"", "").replace(" stroke=\"none\"", "")
}

/// The drawing with its axes.
type Plot<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;

/// Why something could not be drawn.
type Failure = DrawingAreaErrorKind<std::io::Error>;

/// An axis whose marks are chosen here.
#[derive(Debug, Clone)]
struct Axis {
    range: Range<f64>,
    marks: Vec<f64>,
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (begin, end): (i32, i32)) -> i32 {
        let part = (value - self.range.start) / (self.range.end - self.range.start);
        let length = f64::from(end) - f64::from(begin);
        #[expect(clippy::cast_possible_truncation, reason = "places in a chart are small")]
        let place = (f64::from(begin) + part * length).round() as i32;
        place
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.marks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

/// The lines that go across.
#[derive(Debug, PartialEq)]
struct Ticks {
    lowest: f64,
    highest: f64,
    step: f64,
}

impl Ticks {
    /// Chooses round numbers around all values; counts, so no step is below one.
    fn of(series: &[Series]) -> Self {
        let mut highest = 0.0_f64;
        let mut lowest = 0.0_f64;
        let places = series.iter().map(|one| one.values.len()).max().unwrap_or(0);
        for place in 0..places {
            let of_place = |below: bool| -> Vec<f64> {
                let own = series.iter().filter(|one| (one.tone == Tone::Second) == below);
                own.filter_map(|one| one.values.get(place).copied().flatten()).collect()
            };
            highest = highest.max(of_place(false).iter().sum());
            lowest = lowest.max(of_place(true).iter().sum());
        }
        let is_below = series.iter().any(|one| one.tone == Tone::Pale);
        let (below, above) = if is_below { (lowest, highest) } else { (0.0, highest.max(lowest)) };
        let step = round_step((below + above) / TICKS_MAX);
        let up = (above / step).ceil().max(1.0) * step;
        Self { lowest: -(below / step).ceil() * step, highest: up, step }
    }

    fn places(&self) -> Vec<f64> {
        let count = ((self.highest - self.lowest) / self.step).round();
        let mut places = Vec::new();
        let mut place = 0.0;
        while place <= count {
            places.push(self.lowest + place * self.step);
            place += 1.0;
        }
        places
    }
}

/// Returns the smallest of 1, 2, 5, 10, 20, … that is no less.
fn round_step(least: f64) -> f64 {
    let mut power = 1.0;
    while power < 1e15 {
        for step in [power, 2.0 * power, 5.0 * power] {
            if step >= least {
                return step;
            }
        }
        power *= 10.0;
    }
    power
}

/// Returns the places that are labelled: the last, and as many before it as fit,
/// evenly apart.
fn marks(places: u32) -> Vec<f64> {
    let most = u32::try_from(LABELS_MAX).unwrap_or(u32::MAX);
    let apart = places.div_ceil(most).max(1);
    let last = places.saturating_sub(1);
    (0..places).filter(|place| (last - place).is_multiple_of(apart)).map(f64::from).collect()
}

/// Divides values where nobody counted.
fn runs(values: &[Option<f64>]) -> Vec<Vec<(f64, f64)>> {
    let mut runs = vec![Vec::new()];
    for (place, value) in (0_u32..).zip(values) {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push((f64::from(place), *value)),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// Draws a line of dashes.
fn dashes(plot: &mut Plot<'_, '_>, run: &[(f64, f64)], style: ShapeStyle) -> Result<(), Failure> {
    let series = DashedLineSeries::new(run.iter().copied(), 18, 10, style);
    plot.draw_series(series)?;
    Ok(())
}

fn style(tone: Tone) -> ShapeStyle {
    match tone {
        Tone::First => FIRST.stroke_width(5),
        Tone::Second => SECOND.stroke_width(5),
        Tone::Pale => PALE.stroke_width(5),
    }
}

fn fill(tone: Tone) -> ShapeStyle {
    match tone {
        Tone::First => FIRST.filled(),
        Tone::Second => SECOND.filled(),
        Tone::Pale => PALE.filled(),
    }
}

/// Writes a number on the axis: what hangs below the ground is counted, too.
fn signless(language: Language, value: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "round numbers of datasets, below 2^52"
    )]
    let whole = value.abs().round() as u64;
    language.number(whole)
}

/// Shows how a series is drawn, for its legend.
fn sample(tone: Tone) -> Markup {
    let colour = |RGBColor(red, green, blue)| format!("#{red:02X}{green:02X}{blue:02X}");
    html! {
        svg.sample viewBox="0 0 28 14" aria-hidden="true" {
            @match tone {
                Tone::First => rect x="1" y="2" width="26" height="10" fill=(colour(FIRST)) {},
                Tone::Second => {
                    @for x in [0, 10, 20] {
                        rect x=(x) y="4" width="7" height="6" fill=(colour(SECOND)) {}
                    }
                },
                Tone::Pale => rect x="1" y="2" width="26" height="10" fill=(colour(PALE))
                    stroke=(colour(FIRST)) stroke-width="2" {},
            }
        }
    }
}

/// The length of a whole bar, in its units.
const BAR_WIDTH: u64 = 200;

/// Draws a part of a whole as a bar, for a cell beside the number it shows.
pub(super) fn bar(part: u64, whole: u64) -> Markup {
    let length = part.min(whole).saturating_mul(BAR_WIDTH).checked_div(whole).unwrap_or(0);
    html! {
        svg.bar viewBox=(format!("0 0 {BAR_WIDTH} 10")) preserveAspectRatio="none" aria-hidden="true" {
            rect.whole width=(BAR_WIDTH) height="10" {}
            rect.part width=(length.max(u64::from(part > 0))) height="10" {}
        }
    }
}

/// Says what one would see in a line: where it begins and where it ends.
pub(super) fn from_to(
    (first, from): (&str, impl Display),
    (last, to): (&str, impl Display),
) -> String {
    format!("{first}: {from}. {last}: {to}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(labels: &[String], series: Vec<Series>) -> Chart<'_> {
        Chart {
            id: "test",
            title: "Datamängder",
            said: "Först 1, sist <3>.".to_owned(),
            labels,
            language: Language::Swedish,
            series,
        }
    }

    fn series(tone: Tone, values: &[f64]) -> Series {
        Series { label: "alla", tone, values: values.iter().copied().map(Some).collect() }
    }

    fn labels(count: usize) -> Vec<String> {
        (1..=count).map(|day| format!("{day} nov")).collect()
    }

    #[test]
    fn a_chart_says_what_it_shows_and_has_no_style_of_its_own() {
        let labels = labels(3);
        let drawn = chart(&labels, vec![series(Tone::First, &[1.0, 12_000.0, 3.0])]).lines();
        let drawn = drawn.into_string();
        assert!(drawn.contains("role=\"img\""));
        assert!(drawn.contains("<title id=\"test-title\">Datamängder</title>"));
        assert!(drawn.contains("Först 1, sist &lt;3&gt;."));
        assert!(drawn.contains("3 nov") && drawn.contains("10\u{a0}000"));
        assert!(!drawn.contains("style=") && !drawn.contains("<style"));
    }

    #[test]
    fn columns_stand_on_each_other_and_hang_below_the_ground() {
        let labels = labels(2);
        let all = vec![
            series(Tone::First, &[2.0, 0.0]),
            series(Tone::Pale, &[3.0, 1.0]),
            series(Tone::Second, &[4.0, 0.0]),
        ];
        assert_eq!(Ticks::of(&all), Ticks { lowest: -5.0, highest: 5.0, step: 5.0 });
        let drawn = chart(&labels, all).columns().into_string();
        // Four columns, of which two have an edge.
        assert_eq!(drawn.matches("<rect x=").count(), 6 + 5);
        assert!(drawn.contains("class=\"legend\""));
    }

    #[test]
    fn a_drawing_says_nothing_twice_and_stays_small() {
        let labels = labels(60);
        let all = [Tone::First, Tone::Pale, Tone::Second];
        let all = all.map(|tone| series(tone, &[3.0; 60])).into();
        let drawn = chart(&labels, all).columns().into_string();
        assert!(!drawn.contains("opacity=\"1\"") && !drawn.contains("stroke=\"none\""));
        assert!(drawn.len() < 22_000, "{}", drawn.len());
    }

    #[test]
    fn lines_across_are_at_round_numbers() {
        for (highest, expected) in
            [(0.0, 1.0), (1.0, 1.0), (3.0, 3.0), (9.0, 10.0), (405.0, 600.0), (25_000.0, 30_000.0)]
        {
            let ticks = Ticks::of(&[series(Tone::First, &[highest])]);
            assert!((ticks.highest - expected).abs() < 1e-9, "{highest}: {ticks:?}");
            assert!(ticks.places().len() <= 6);
        }
    }

    #[test]
    fn labels_are_few_and_the_last_has_one() {
        assert_eq!(marks(0), Vec::<f64>::new());
        assert_eq!(marks(1), [0.0]);
        assert_eq!(marks(62).last(), Some(&61.0));
        assert!((1..200).all(|places| marks(places).len() <= LABELS_MAX));
    }

    #[test]
    fn where_nobody_counted_there_is_no_line() {
        let runs = runs(&[None, Some(1.0), Some(2.0), None, None, Some(3.0)]);
        assert_eq!(runs, [vec![(1.0, 1.0), (2.0, 2.0)], vec![(5.0, 3.0)]]);
    }

    #[test]
    fn a_bar_shows_a_part_and_never_more_than_the_whole() {
        let drawn = |part, whole| bar(part, whole).into_string();
        assert!(drawn(1, 2).contains("class=\"part\" width=\"100\""));
        assert!(drawn(1, 100_000).contains("class=\"part\" width=\"1\""));
        assert!(drawn(0, 0).contains("class=\"part\" width=\"0\""));
        assert!(drawn(9, 3).contains("class=\"part\" width=\"200\""));
    }
}
