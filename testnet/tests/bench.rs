//! The bench runs: all its measurements, on next to nothing, and with a row for
//! each target. What it finds is not looked at.

use std::process::Command;

use serde_json::Value;

#[test]
fn a_quick_bench_prints_a_row_for_every_target() {
    let output = Command::new(env!("CARGO_BIN_EXE_dela-testnet"))
        .args(["bench", "--quick", "--json", "--corpus", "no-such-folder"])
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{talk}");
    let table: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = table["rows"].as_array().unwrap();
    for row in rows {
        for figure in ["min", "median", "max"] {
            assert!(row[figure].is_number(), "{row}");
        }
        assert_eq!(row["met"].is_boolean(), row["target"].is_object(), "{row}");
    }
    let targets = |name: &str| {
        let of_it = rows.iter().filter(|row| row["measurement"] == name);
        of_it.filter(|row| row["target"].is_object()).count()
    };
    let found = [
        ("catch-up", 2),
        ("round", 2),
        ("differences", 2),
        ("visible", 1),
        ("propagation", 2),
        ("disk", 1),
        ("search", 1),
        ("import", 1),
        ("pages", 48),
    ];
    for (name, count) in found {
        assert_eq!(targets(name), count, "{name}: {talk}");
    }
    if cfg!(target_os = "linux") {
        assert_eq!(targets("memory"), 4, "{talk}");
    }
}

#[test]
fn the_table_says_whether_a_target_is_met() {
    let output = Command::new(env!("CARGO_BIN_EXE_dela-testnet"))
        .args(["bench", "--quick", "--only", "differences", "--repeats", "2"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| differences"));
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [_, _, _, median, _, target, met] = cells[..] else { panic!("{row}") };
        let median: f64 = median.trim_end_matches(" B").parse().unwrap();
        assert_eq!(target, "≤ 15360 B");
        assert_eq!(met, if median <= 15_360.0 { "met" } else { "missed" }, "{row}");
        count += 1;
    }
    assert_eq!(count, 2, "{text}");
}
