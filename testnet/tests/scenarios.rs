//! Scenarios in their short form: what takes minutes from the command line and
//! is to be shown of real processes in every run, too.

use std::path::Path;

use dela_testnet::scenario::{Options, Outcome, Report, Scenario, play};

const PROGRAM: &str = env!("CARGO_BIN_EXE_dela-testnet");

/// Plays a scenario that no machine can skip, and returns its figures.
fn passes(scenario: Scenario, rounds: Option<u32>, records: Option<u32>) -> Report {
    let mut report = Report::default();
    let options = Options { rounds, records, ..Options::new(Path::new(PROGRAM).to_owned()) };
    let outcome = play(scenario, &options, &mut report);
    let outcome = outcome.unwrap_or_else(|error| panic!("{error:#}"));
    assert_eq!(outcome, Outcome::Passed);
    report
}

fn number(report: &Report, name: &str) -> u64 {
    report.figure(name).and_then(serde_json::Value::as_u64).expect("it was measured")
}

#[test]
fn a_node_that_is_killed_loses_nothing_it_acknowledged() {
    let report = passes(Scenario::Kill, Some(3), None);
    assert!(number(&report, "acknowledged") > 0);
}

#[test]
fn an_agency_with_nothing_but_its_keys_gets_every_record_back() {
    let report = passes(Scenario::Wipe, None, Some(300));
    assert_eq!(number(&report, "records"), 300);
}

#[test]
fn a_catalogue_that_changes_whole_is_read_whole() {
    let report = passes(Scenario::Readers, Some(3), Some(210));
    assert!(number(&report, "pages") > 0 && number(&report, "catalogues_whole") > 0);
}

#[test]
fn an_old_backup_does_not_fork() {
    let report = passes(Scenario::Backup, None, Some(10));
    assert!(number(&report, "refused_while_alone") > 0);
}

#[test]
fn a_fork_is_reported_and_loses_nothing() {
    let report = passes(Scenario::Fork, None, Some(5));
    assert!(number(&report, "reported_by_nodes") > 0);
}
