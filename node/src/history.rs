//! How the catalogues were, day by day.
//!
//! The index knows only what is. What was at the end of each day is kept in a
//! file of the data folder, one line of JSON for each agency, and for the
//! federation, on each day on which something had changed. It cannot be had
//! from peers, but nothing depends on it: without the file the trend begins
//! anew.
//!
//! Invariants: a later line for a day replaces an earlier one, so that a line
//! that was cut off by a crash is the only one lost; lines that were replaced are
//! dropped before they are more than those that count; and lines of earlier
//! versions, which say less, are read.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dela_protocol::api::HistoryPoint;
use dela_protocol::id::AgencyId;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::index::{Churn, Counted, Index, Today};

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

/// What is kept, how many lines of the file it takes, and how far the log of
/// changes was counted into it.
#[derive(Debug, Default)]
struct Kept {
    days: Days,
    lines: usize,
    counted: Option<Counted>,
}

/// The days of each agency, in order, and those of the federation.
type Days = BTreeMap<Option<AgencyId>, Vec<HistoryPoint>>;

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    /// Whose; absent for the federation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    agency: Option<AgencyId>,
    /// How far the log of changes was counted; only in lines of the federation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    counted: Option<Counted>,
    #[serde(flatten)]
    point: HistoryPoint,
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
        let mut reached = None;
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            lines += 1;
            match serde_json::from_slice::<Line>(line) {
                Ok(Line { agency, counted, point }) => {
                    reached = counted.or(reached);
                    put(days.entry(agency).or_default(), point);
                }
                Err(error) => tracing::warn!(%error, "left out a line of the history"),
            }
        }
        bound(&mut days);
        let kept = Mutex::new(Kept { days, lines, counted: reached });
        Self { inner: Arc::new(Inner { file: Some(file.to_owned()), kept }) }
    }

    /// Returns the days of an agency, or of the federation, the oldest first.
    pub fn of(&self, agency: Option<&AgencyId>) -> Vec<HistoryPoint> {
        let kept = self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.days.get(&agency.copied()).cloned().unwrap_or_default()
    }

    /// Returns how far the log of changes was counted, and how many records each
    /// catalogue then had, where it was here in full.
    pub fn counted(&self) -> (Option<Counted>, BTreeMap<AgencyId, u64>) {
        let kept = self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let held = kept.days.iter().filter_map(|(agency, own)| {
            let records = own.last().and_then(|last| last.records);
            Some(((*agency)?, records?))
        });
        (kept.counted, held.collect())
    }

    /// Adds up what changed on a day and later, of each agency and of the
    /// federation.
    pub fn churn_since(&self, date: &str) -> BTreeMap<Option<AgencyId>, Churn> {
        let kept = self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = |own: &Vec<HistoryPoint>| {
            let recent = own.iter().rev().take_while(|point| *point.date >= *date);
            recent.fold(Churn::default(), |sum, point| sum.and(churn_of(point)))
        };
        kept.days.iter().map(|(agency, own)| (*agency, sum(own))).collect()
    }

    /// Returns the first day on which changes were counted, of an agency or of
    /// the federation.
    pub fn counted_since(&self, agency: Option<&AgencyId>) -> Option<String> {
        let kept = self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let own = kept.days.get(&agency.copied())?;
        own.iter().find(|point| point.records.is_some()).map(|point| point.date.clone())
    }

    /// Keeps what is new today, and adds what changed to what changed earlier in
    /// the day. After an error none of it is kept.
    pub fn record(&self, today: Today) -> io::Result<()> {
        let mut kept = self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Today { counted, points } = today;
        let mut states: Vec<(Option<AgencyId>, HistoryPoint)> = Vec::new();
        for (agency, point) in points {
            let last = kept.days.get(&agency).and_then(|own| own.last());
            let point = match last {
                Some(last) if last.date == point.date => continued(last, point),
                _ => point,
            };
            if !last.is_some_and(|last| is_same(last, &point)) {
                states.push((agency, point));
            }
        }
        if states.is_empty() {
            kept.counted = Some(counted);
            return Ok(());
        }
        if let Some(file) = &self.inner.file {
            let points = states.iter().map(|(agency, point)| (*agency, point));
            let lines = text(points, Some(counted))?;
            OpenOptions::new().create(true).append(true).open(file)?.write_all(&lines)?;
        }
        kept.counted = Some(counted);
        kept.lines += states.len();
        for (agency, point) in states {
            put(kept.days.entry(agency).or_default(), point);
        }
        bound(&mut kept.days);
        let count: usize = kept.days.values().map(Vec::len).sum();
        if let Some(file) = &self.inner.file
            && kept.lines > count.saturating_mul(2).saturating_add(REPLACED_MIN)
        {
            rewrite(file, &kept.days, kept.counted)?;
            kept.lines = count;
        }
        Ok(())
    }
}

/// Returns what a line says of changes; those that were not counted are none.
fn churn_of(point: &HistoryPoint) -> Churn {
    Churn {
        created: point.created.unwrap_or_default(),
        changed: point.changed.unwrap_or_default(),
        withdrawn: point.withdrawn.unwrap_or_default(),
    }
}

/// Returns a state of today with what changed earlier in the day, too.
fn continued(last: &HistoryPoint, point: HistoryPoint) -> HistoryPoint {
    let sum = |earlier: Option<u64>, later: Option<u64>| match (earlier, later) {
        (Some(earlier), Some(later)) => Some(earlier.saturating_add(later)),
        (earlier, later) => earlier.or(later),
    };
    HistoryPoint {
        created: sum(last.created, point.created),
        changed: sum(last.changed, point.changed),
        withdrawn: sum(last.withdrawn, point.withdrawn),
        ..point
    }
}

/// Adds a day; the last one is replaced if it is the same day.
fn put(days: &mut Vec<HistoryPoint>, point: HistoryPoint) {
    match days.last_mut() {
        Some(last) if last.date == point.date => *last = point,
        // A clock that was set back: what came later stays the last.
        Some(last) if last.date > point.date => {}
        _ => days.push(point),
    }
}

/// Whether a state needs no line: nothing but the day is other than in the last
/// one, and on another day nothing changed.
fn is_same(last: &HistoryPoint, point: &HistoryPoint) -> bool {
    let as_last = HistoryPoint { date: last.date.clone(), ..point.clone() };
    if last.date == point.date {
        return as_last == *last;
    }
    let HistoryPoint { created, changed, withdrawn, .. } = *last;
    churn_of(point).total() == 0 && HistoryPoint { created, changed, withdrawn, ..as_last } == *last
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

/// Returns the lines of the file that say this. Only the last line of the
/// federation says how far the log was counted: it is written last.
fn text<'a>(
    points: impl Iterator<Item = (Option<AgencyId>, &'a HistoryPoint)>,
    counted: Option<Counted>,
) -> io::Result<Vec<u8>> {
    let mut points: Vec<_> = points.collect();
    // A line that was cut off must not be the one of an agency whose changes the
    // federation's line says were counted.
    points.sort_by_key(|(agency, _)| agency.is_none());
    let last = points.len().saturating_sub(1);
    let mut text = Vec::new();
    for (place, (agency, point)) in points.into_iter().enumerate() {
        let counted = counted.filter(|_| agency.is_none() && place == last);
        serde_json::to_writer(&mut text, &Line { agency, counted, point: point.clone() })?;
        text.push(b'\n');
    }
    Ok(text)
}

/// Writes the file anew, whole or not at all.
fn rewrite(file: &Path, days: &Days, counted: Option<Counted>) -> io::Result<()> {
    let part = file.with_extension("part");
    let points = days.iter().flat_map(|(agency, own)| own.iter().map(|point| (*agency, point)));
    fs::write(&part, text(points, counted)?)?;
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
    let (since, held) = history.counted();
    let today = index.today(&now.0, since, &held).map_err(|error| error.to_string())?;
    history.record(today).map_err(|error| {
        tracing::warn!(%error, "the history of today could not be kept");
        error.to_string()
    })?;
    Ok(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(date: &str, datasets: u64) -> HistoryPoint {
        HistoryPoint {
            date: date.to_owned(),
            datasets,
            distributions: 2 * datasets,
            points: 187.5,
            open_licence: 1,
            ..HistoryPoint::default()
        }
    }

    fn agency() -> AgencyId {
        AgencyId::from_bytes([7; 32])
    }

    fn counted(through: u64) -> Counted {
        Counted { origin: 9, through }
    }

    fn today(points: Vec<(Option<AgencyId>, HistoryPoint)>) -> Today {
        Today { counted: counted(1), points }
    }

    /// A day on which so many records were new.
    fn created(date: &str, records: u64, created: u64) -> HistoryPoint {
        let (records, created) = (Some(records), Some(created));
        let (changed, withdrawn) = (Some(0), Some(0));
        HistoryPoint { records, created, changed, withdrawn, ..point(date, 1) }
    }

    #[test]
    fn days_are_kept_once_and_only_where_something_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE_NAME);
        let history = History::open(&file);
        for (date, datasets) in
            [("2026-05-30", 1), ("2026-05-31", 1), ("2026-06-01", 2), ("2026-06-01", 3)]
        {
            let points = vec![(None, point(date, datasets)), (Some(agency()), point(date, 9))];
            history.record(today(points)).unwrap();
        }
        let expected = vec![point("2026-05-30", 1), point("2026-06-01", 3)];
        assert_eq!(history.of(None), expected);
        assert_eq!(history.of(Some(&agency())), [point("2026-05-30", 9)]);
        // A crash cut the last line off.
        let mut text = fs::read_to_string(&file).unwrap();
        text.push_str("{\"date\":\"2026-06-");
        fs::write(&file, text).unwrap();
        assert_eq!(History::open(&file).of(None), expected);
    }

    #[test]
    fn what_changed_is_added_up_over_the_day_and_over_days() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE_NAME);
        let history = History::open(&file);
        let looks = [
            ("2026-05-30", 10, 0),
            ("2026-05-31", 12, 2),
            ("2026-05-31", 15, 3),
            ("2026-06-01", 15, 0),
            ("2026-06-02", 16, 1),
        ];
        for (through, (date, records, new)) in (1..).zip(looks) {
            let points = vec![
                (None, created(date, records, new)),
                (Some(agency()), created(date, records, new)),
            ];
            history.record(Today { counted: counted(through), points }).unwrap();
        }
        for history in [history, History::open(&file)] {
            let of = history.of(Some(&agency()));
            let seen: Vec<_> = of.iter().map(|day| (&*day.date, day.created.unwrap())).collect();
            // On the first of June nothing changed, so it has no line.
            assert_eq!(seen, [("2026-05-30", 0), ("2026-05-31", 5), ("2026-06-02", 1)]);
            assert_eq!(history.churn_since("2026-05-31")[&None].created, 6);
            assert_eq!(history.churn_since("2026-06-01")[&Some(agency())].created, 1);
            assert_eq!(history.counted_since(None).as_deref(), Some("2026-05-30"));
            assert_eq!(history.counted(), (Some(counted(5)), BTreeMap::from([(agency(), 16)])));
        }
    }

    #[test]
    fn lines_of_earlier_versions_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE_NAME);
        let line = "{\"date\":\"2026-05-30\",\"datasets\":1,\"distributions\":2,\"points\":187.5,\
                    \"high_value\":0,\"open_licence\":1}\n";
        fs::write(&file, line).unwrap();
        let history = History::open(&file);
        assert_eq!(history.of(None), [point("2026-05-30", 1)]);
        // Nothing says how far the log was counted, so counting begins anew.
        assert_eq!(history.counted(), (None, BTreeMap::new()));
        assert_eq!(history.counted_since(None), None);
        history.record(today(vec![(None, created("2026-05-31", 3, 2))])).unwrap();
        assert_eq!(History::open(&file).of(None).len(), 2);
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
            let points = vec![(None, point("2026-05-31", datasets))];
            history.record(Today { counted: counted(datasets), points }).unwrap();
        }
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= REPLACED_MIN + 2, "{lines} lines for one day");
        let again = History::open(&file);
        assert_eq!(again.of(None), [point("2026-05-31", 2_499)]);
        assert_eq!(again.counted().0, Some(counted(2_499)));
    }

    #[test]
    fn what_could_not_be_written_is_written_when_it_can() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("not-there-yet").join(FILE_NAME);
        let history = History::open(&file);
        let now = today(vec![(None, point("2026-05-31", 1))]);
        assert!(history.record(now.clone()).is_err());
        fs::create_dir(file.parent().unwrap()).unwrap();
        history.record(now).unwrap();
        assert_eq!(History::open(&file).of(None), [point("2026-05-31", 1)]);
    }
}
