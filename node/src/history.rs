//! How the catalogues were, day by day.
//!
//! The index knows only what is. What was at the end of each day is kept in a
//! file of the data folder, one line of JSON for each agency, and for the
//! federation, on each day on which something had changed. It cannot be had
//! from peers, but nothing depends on it: without the file the trend begins
//! anew.
//!
//! Invariants: a later line for a day replaces an earlier one, so that a line
//! that was cut off by a crash is the only one lost; and lines that were
//! replaced are dropped before they are more than those that count.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dela_protocol::api::QualityPoint;
use dela_protocol::id::AgencyId;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::index::Index;

/// The name of the file in the data folder.
pub const FILE_NAME: &str = "history";

/// The most days that are kept, of all agencies together: a hundred agencies
/// that change daily, for three years, in some 10 MB. The oldest go first.
const ROWS_MAX: usize = 100_000;

/// So many replaced lines are left in any case: a small file is not written anew
/// at every turn.
const REPLACED_MIN: usize = 1_000;

/// How often the day's line is brought up to date. What changes is a trend over
/// months, and a node that is stopped loses no more than this.
const PERIOD: Duration = Duration::from_secs(10 * 60);

/// How soon to look again while the search is being built.
const RETRY: Duration = Duration::from_secs(30);

/// What was. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub struct History {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Where it is kept; nowhere in tests.
    file: Option<PathBuf>,
    kept: Mutex<Kept>,
}

/// What is kept, and how many lines of the file it takes.
#[derive(Debug, Default)]
struct Kept {
    days: Days,
    lines: usize,
}

/// The days of each agency, in order, and those of the federation.
type Days = BTreeMap<Option<AgencyId>, Vec<QualityPoint>>;

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    /// Whose; absent for the federation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    agency: Option<AgencyId>,
    #[serde(flatten)]
    point: QualityPoint,
}

impl History {
    /// Reads the history in `file`, where there is one. What cannot be read is
    /// left out, and logged.
    pub fn open(file: &Path) -> Self {
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                tracing::warn!(%error, file = %file.display(), "the history cannot be read");
                Vec::new()
            }
        };
        let mut days = Days::new();
        let mut lines = 0_usize;
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            lines += 1;
            match serde_json::from_slice::<Line>(line) {
                Ok(Line { agency, point }) => put(days.entry(agency).or_default(), point),
                Err(error) => tracing::warn!(%error, "left out a line of the history"),
            }
        }
        bound(&mut days);
        let kept = Mutex::new(Kept { days, lines });
        Self { inner: Arc::new(Inner { file: Some(file.to_owned()), kept }) }
    }

    /// Returns the days of an agency, or of the federation, the oldest first.
    pub fn of(&self, agency: Option<&AgencyId>) -> Vec<QualityPoint> {
        let kept = self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.days.get(&agency.copied()).cloned().unwrap_or_default()
    }

    /// Keeps what is new of these states. After an error none of them is kept.
    pub fn record(&self, mut states: Vec<(Option<AgencyId>, QualityPoint)>) -> io::Result<()> {
        let mut kept = self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner);
        states.retain(|(agency, point)| {
            let last = kept.days.get(agency).and_then(|own| own.last());
            !last.is_some_and(|last| is_same(last, point))
        });
        if states.is_empty() {
            return Ok(());
        }
        if let Some(file) = &self.inner.file {
            let lines = text(states.iter().map(|(agency, point)| (*agency, point)))?;
            OpenOptions::new().create(true).append(true).open(file)?.write_all(&lines)?;
        }
        kept.lines += states.len();
        for (agency, point) in states {
            put(kept.days.entry(agency).or_default(), point);
        }
        bound(&mut kept.days);
        let count: usize = kept.days.values().map(Vec::len).sum();
        if let Some(file) = &self.inner.file
            && kept.lines > count.saturating_mul(2).saturating_add(REPLACED_MIN)
        {
            rewrite(file, &kept.days)?;
            kept.lines = count;
        }
        Ok(())
    }
}

/// Adds a day; the last one is replaced if it is the same day.
fn put(days: &mut Vec<QualityPoint>, point: QualityPoint) {
    match days.last_mut() {
        Some(last) if last.date == point.date => *last = point,
        // A clock that was set back: what came later stays the last.
        Some(last) if last.date > point.date => {}
        _ => days.push(point),
    }
}

/// Whether nothing changed but the day.
fn is_same(last: &QualityPoint, point: &QualityPoint) -> bool {
    QualityPoint { date: last.date.clone(), ..point.clone() } == *last
}

/// Drops the oldest days beyond the bound.
fn bound(days: &mut Days) {
    let kept: usize = days.values().map(Vec::len).sum();
    if kept <= ROWS_MAX {
        return;
    }
    let mut dates: Vec<String> = days.values().flatten().map(|point| point.date.clone()).collect();
    dates.sort_unstable();
    if let Some(first) = dates.get(kept - ROWS_MAX) {
        for own in days.values_mut() {
            own.retain(|point| point.date >= *first);
        }
    }
}

/// Returns the lines of the file that say this.
fn text<'a>(
    points: impl Iterator<Item = (Option<AgencyId>, &'a QualityPoint)>,
) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for (agency, point) in points {
        serde_json::to_writer(&mut text, &Line { agency, point: point.clone() })?;
        text.push(b'\n');
    }
    Ok(text)
}

/// Writes the file anew, whole or not at all.
fn rewrite(file: &Path, days: &Days) -> io::Result<()> {
    let part = file.with_extension("part");
    let points = days.iter().flat_map(|(agency, own)| own.iter().map(|point| (*agency, point)));
    fs::write(&part, text(points)?)?;
    fs::rename(part, file)
}

/// Keeps the history of an index until `stop` is cancelled.
pub async fn follow(index: Index, history: History, stop: CancellationToken) {
    let mut seen = None;
    loop {
        let (asked, kept, before) = (index.clone(), history.clone(), seen.clone());
        let looked =
            tokio::task::spawn_blocking(move || look(&asked, &kept, before.as_ref())).await;
        let pause = match looked {
            Ok(Ok(now)) => {
                seen = Some(now);
                PERIOD
            }
            // Not ready yet, or a disk that is full: both pass.
            Ok(Err(_)) | Err(_) => RETRY,
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// What a look was at: the day, and the last change in the index.
type Seen = (String, u64);

/// Keeps the state of today, unless it was seen already.
fn look(index: &Index, history: &History, seen: Option<&Seen>) -> Result<Seen, String> {
    let date: String = crate::driver::now().to_string().chars().take(10).collect();
    let last_change = index.last_change().map_err(|error| error.to_string())?;
    let now = (date, last_change);
    if seen == Some(&now) {
        return Ok(now);
    }
    let states = index.quality_of_day(&now.0).map_err(|error| error.to_string())?;
    history.record(states).map_err(|error| {
        tracing::warn!(%error, "the history of today could not be kept");
        error.to_string()
    })?;
    Ok(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(date: &str, datasets: u64) -> QualityPoint {
        QualityPoint {
            date: date.to_owned(),
            datasets,
            distributions: 2 * datasets,
            points: 187.5,
            high_value: 0,
            open_licence: 1,
        }
    }

    #[test]
    fn days_are_kept_once_and_only_where_something_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE_NAME);
        let agency = AgencyId::from_bytes([7; 32]);
        let history = History::open(&file);
        for (date, datasets) in
            [("2026-05-30", 1), ("2026-05-31", 1), ("2026-06-01", 2), ("2026-06-01", 3)]
        {
            history
                .record(vec![(None, point(date, datasets)), (Some(agency), point(date, 9))])
                .unwrap();
        }
        let expected = vec![point("2026-05-30", 1), point("2026-06-01", 3)];
        assert_eq!(history.of(None), expected);
        assert_eq!(history.of(Some(&agency)), [point("2026-05-30", 9)]);
        // A crash cut the last line off.
        let mut text = fs::read_to_string(&file).unwrap();
        text.push_str("{\"date\":\"2026-06-");
        fs::write(&file, text).unwrap();
        assert_eq!(History::open(&file).of(None), expected);
    }

    #[test]
    fn the_oldest_days_go_first() {
        let own: Vec<_> = (0..ROWS_MAX + 10).map(|day| point(&format!("{day:08}"), 1)).collect();
        let mut days = Days::from([(None, own)]);
        bound(&mut days);
        assert_eq!(days[&None].len(), ROWS_MAX);
        assert_eq!(days[&None][0].date, "00000010");
    }

    #[test]
    fn the_file_stays_small_however_long_the_node_runs() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE_NAME);
        let history = History::open(&file);
        for datasets in 0..2_500 {
            history.record(vec![(None, point("2026-05-31", datasets))]).unwrap();
        }
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= REPLACED_MIN + 2, "{lines} lines for one day");
        assert_eq!(History::open(&file).of(None), [point("2026-05-31", 2_499)]);
    }

    #[test]
    fn what_could_not_be_written_is_written_when_it_can() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("not-there-yet").join(FILE_NAME);
        let history = History::open(&file);
        let states = vec![(None, point("2026-05-31", 1))];
        assert!(history.record(states.clone()).is_err());
        fs::create_dir(file.parent().unwrap()).unwrap();
        history.record(states).unwrap();
        assert_eq!(History::open(&file).of(None), [point("2026-05-31", 1)]);
    }
}
