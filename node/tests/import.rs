//! Importing real catalogues and hostile files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use dela_node::import::{ImportError, ImportOptions, Imported, read};
use dela_node::rdf::Format;
use dela_protocol::id::AgencyId;
use dela_protocol::record::RecordKind;

fn agency() -> AgencyId {
    AgencyId::of_inception(b"a fictional agency")
}

/// Returns the folder of real catalogues, if it is here.
fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("DELA_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"),
        PathBuf::from,
    );
    if folder.join("MANIFEST.tsv").is_file() {
        return Some(folder);
    }
    println!("skipped: no corpus at {}", folder.display());
    None
}

/// One row of the manifest.
struct Row {
    file: String,
    format: String,
    datasets: Option<u64>,
    triples: Option<u64>,
}

fn manifest(corpus: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(corpus.join("MANIFEST.tsv")).unwrap();
    text.lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            Row {
                file: cells[0].to_owned(),
                format: cells[5].to_owned(),
                datasets: cells[7].parse().ok(),
                triples: cells[9].parse().ok(),
            }
        })
        .collect()
}

fn import(bytes: &[u8], format: Option<Format>) -> Result<Imported, ImportError> {
    read(bytes, &ImportOptions { format, base: None }, &agency())
}

fn number(imported: &Imported, kind: RecordKind) -> u64 {
    imported.entries.iter().filter(|entry| entry.kind == kind).count() as u64
}

#[test]
fn table() {
    let Some(corpus) = corpus() else { return };
    for row in manifest(&corpus) {
        let bytes = std::fs::read(corpus.join(&row.file)).unwrap();
        let start = Instant::now();
        let format = Format::from_file_name(&row.file);
        match import(&bytes, format) {
            Ok(imported) => println!(
                "{:50} {:>5}/{:<5} ser {} svc {} cat {} dist {} triples {}/{} left {} warn {} {:?} sniff {}",
                row.file,
                number(&imported, RecordKind::Dataset),
                row.datasets.map_or("-".into(), |n| n.to_string()),
                number(&imported, RecordKind::DatasetSeries),
                number(&imported, RecordKind::DataService),
                number(&imported, RecordKind::Catalogue),
                imported.distributions,
                imported.triples,
                row.triples.map_or("-".into(), |n| n.to_string()),
                imported.not_carried.triples,
                imported.warnings.len(),
                start.elapsed(),
                Format::sniff(&bytes),
            ),
            Err(error) => println!("{:50} ERROR {error} | {}", row.file, error.hint()),
        }
    }
}
