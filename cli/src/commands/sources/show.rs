//! How sources and their runs are shown.

use std::io;

use dela_protocol::api::{
    Outcome, Source, SourceKind, SourceReport, SourceRun, SourceState, Suspicion, Waiting,
};

use crate::output::{Column, Output, Table, count, moment, number};

/// How many runs of a source are shown: what fits a screen; `--json` has all.
const RUNS_SHOWN_MAX: usize = 10;

/// Shows all sources.
pub(super) fn list(sources: &[Source], output: &mut Output) -> io::Result<()> {
    let mut table = Table::new([
        Column::Left("SOURCE"),
        Column::Left("STATE"),
        Column::Right("RECORDS"),
        Column::Left("LAST READ"),
        Column::Left("NEXT"),
        Column::Cut("ADDRESS"),
    ]);
    for source in sources {
        table.row([
            source.id.clone(),
            state(source),
            number(source.records),
            source.succeeded_at.map_or_else(|| "never".to_owned(), moment),
            next(source),
            source.address.clone(),
        ]);
    }
    output.table(&table)?;
    for source in sources {
        warn(source, output);
    }
    Ok(())
}

/// Shows one source.
pub(super) fn source(source: &Source, output: &mut Output) -> io::Result<()> {
    output.heading(&format!("{} is {}", source.id, state(source)))?;
    output.field("address", &source.address)?;
    let kind = match source.kind {
        SourceKind::Auto => "whatever it answers",
        SourceKind::Rdf => "DCAT as RDF",
        SourceKind::DcatUs => "data.json of DCAT-US",
        SourceKind::Ckan => "CKAN site",
        SourceKind::DcatApFeed => "DCAT-AP Feed",
    };
    output.field("kind", kind)?;
    output.field("keeps", &count(source.records, "record", "records"))?;
    output.field("asked", &format!("every {}", minutes(source.every_minutes)))?;
    output.field("grace", &hours(source.grace_hours))?;
    output.field("strict", if source.strict { "refuses an answer with errors" } else { "" })?;
    output.field("last asked", &source.attempted_at.map_or_else(|| "never".to_owned(), moment))?;
    output.field("last read", &source.succeeded_at.map_or_else(|| "never".to_owned(), moment))?;
    output.field("next", &next(source))?;
    if let Some(waiting) = &source.waiting {
        output.field("waiting", &self::waiting(waiting))?;
    }
    if !source.runs.is_empty() {
        output.line("")?;
        let mut table = Table::new([
            Column::Left("RUN"),
            Column::Left("ENDED"),
            Column::Right("CREATED"),
            Column::Right("CHANGED"),
            Column::Right("WITHDRAWN"),
            Column::Right("SECONDS"),
        ]);
        for run in source.runs.iter().take(RUNS_SHOWN_MAX) {
            table.row([
                moment(run.started_at),
                outcome(run).to_owned(),
                number(run.created),
                number(run.changed),
                number(run.withdrawn),
                format!("{}.{}", run.took_ms / 1_000, run.took_ms % 1_000 / 100),
            ]);
        }
        output.table(&table)?;
    }
    if let Some(error) = source.error.as_ref().filter(|error| !error.findings.is_empty()) {
        output.line("")?;
        output.heading("To mend in it")?;
        crate::source::findings(output, &source.address, &error.findings, usize::MAX)?;
    }
    warn(source, output);
    Ok(())
}

/// Shows what a run that went well did.
pub(super) fn run(report: &SourceReport, dry_run: bool, output: &mut Output) -> io::Result<()> {
    let run = &report.run;
    let changes = run.created + run.changed + run.withdrawn;
    let id = &report.source.id;
    match (dry_run, changes) {
        (true, 0) => output.done(&format!("{id} was read, and nothing would change"))?,
        (true, _) => output.heading(&format!("{id} was read; nothing is changed yet"))?,
        (false, 0) => output.done(&format!("{id} was read, and nothing has changed"))?,
        (false, _) => output.done(&format!("{id} was taken in"))?,
    }
    let counted = [
        ("created", run.created),
        ("changed", run.changed),
        ("withdrawn", run.withdrawn),
        ("unchanged", run.unchanged),
    ];
    for (what, records) in counted {
        output.field(what, &count(records, "record", "records"))?;
    }
    if run.left > 0 {
        let records = count(run.left, "record", "records");
        output.field("left", &format!("{records} to an older source that has them too"))?;
    }
    if let Some(waiting) = &report.source.waiting {
        output.field("waiting", &self::waiting(waiting))?;
    }
    warn(&report.source, output);
    Ok(())
}

/// Says on stderr what somebody should do.
fn warn(source: &Source, output: &mut Output) {
    if let Some(error) = &source.error {
        let times = match source.failures {
            0 | 1 => String::new(),
            failures => format!(", {failures} times in a row"),
        };
        let what = match source.state {
            SourceState::Refused => "was refused",
            _ => "could not be read",
        };
        output.warning(&format!("{} {what}{times}: {}", source.id, error.reason));
        if let Some(hint) = &error.hint {
            output.suggest(hint);
        }
    }
    let suspicion = source.waiting.as_ref().and_then(|waiting| waiting.suspicion);
    if let Some(suspicion) = suspicion {
        let what = match suspicion {
            Suspicion::Emptied => "has nothing any more",
            Suspicion::Shrunk => "lacks much of what it had",
            Suspicion::Replaced => "has other datasets than before",
        };
        output.warning(&format!("{} {what}, which may be a mistake there", source.id));
        output.suggest(&format!(
            "if it is meant, `dela sources accept {}`; if not, mend the source, and nothing is lost",
            source.id
        ));
    }
}

/// Says what waits, and until when.
fn waiting(waiting: &Waiting) -> String {
    let records = if waiting.datasets == waiting.records {
        count(waiting.datasets, "dataset", "datasets")
    } else {
        format!(
            "{}, {} of them datasets,",
            count(waiting.records, "record", "records"),
            number(waiting.datasets)
        )
    };
    let until = match waiting.withdrawn_after {
        Some(at) => format!("withdrawn after {} if still away", moment(at)),
        None => "withdrawn only by `dela sources accept`".to_owned(),
    };
    let held = match waiting.held_back {
        0 => String::new(),
        held => format!("; {} held back with them", count(held, "new record", "new records")),
    };
    format!("{records} vanished at {}; {until}{held}", moment(waiting.since))
}

fn state(source: &Source) -> String {
    let state = match source.state {
        SourceState::New => "new",
        SourceState::InStep => "in step",
        SourceState::Waiting => "waiting",
        SourceState::Suspicious => "suspicious",
        SourceState::Failing => "failing",
        SourceState::Refused => "refused",
        SourceState::Paused => "paused",
    };
    match source.running_since {
        Some(_) => format!("{state}, being asked"),
        None => state.to_owned(),
    }
}

fn next(source: &Source) -> String {
    source.next_run_at.map_or_else(|| "by hand".to_owned(), moment)
}

fn outcome(run: &SourceRun) -> &'static str {
    match run.outcome {
        Outcome::NotModified => "not modified",
        Outcome::TakenIn => "taken in",
        Outcome::Failed => "failed",
    }
}

/// Returns a time in the largest unit in which it is whole.
pub(super) fn minutes(minutes: u32) -> String {
    if minutes > 0 && minutes.is_multiple_of(24 * 60) {
        count(u64::from(minutes / (24 * 60)), "day", "days")
    } else if minutes > 0 && minutes.is_multiple_of(60) {
        count(u64::from(minutes / 60), "hour", "hours")
    } else {
        count(u64::from(minutes), "minute", "minutes")
    }
}

/// Returns a time of grace.
pub(super) fn hours(hours: u32) -> String {
    match hours {
        0 => "none".to_owned(),
        hours => minutes(hours.saturating_mul(60)),
    }
}
