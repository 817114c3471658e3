//! What a record takes on the disk, beside the search index: real catalogues,
//! published by as many agencies as it takes for what a store needs in any case
//! not to weigh.

use std::fs;
use std::path::Path;

use dela_node::import::{self, ImportOptions};
use dela_node::storage::SledStore;
use dela_protocol::record::{Position, Statement};
use dela_protocol::store::Store as _;
use dela_protocol::store::conformance::Publisher;

use super::engine::records_of;
use super::population::{bytes_in, corpus, federation, fill, statement};
use super::table::{Row, Unit, figure};
use super::{Settings, talk};

/// What is measured here.
pub(super) const NAME: &str = "disk";

/// Where real catalogues lie in the corpus.
const FOLDERS: [&str; 3] = ["swedish", "norwegian", "european"];

/// Measures.
pub(super) fn measure(settings: &Settings) -> anyhow::Result<Vec<Row>> {
    let (statements, source) = statements(settings);
    let wanted = (settings.records / 4).max(1);
    let (mut on_disk, mut packed, mut signed) = (Vec::new(), Vec::new(), Vec::new());
    let mut count = 0;
    for _ in 0..settings.repeats {
        let folder = tempfile::tempdir()?;
        let dir = folder.path().join("store");
        let mark = folder.path().join("high-water");
        let mut store = SledStore::open(&dir, &mark, federation())?.store;
        count = 0;
        let mut bytes = 0;
        for agency in 0.. {
            if count >= wanted {
                break;
            }
            let publisher = Publisher::numbered(agency);
            let records = (1..)
                .zip(&statements)
                .map(|(seq, statement)| publisher.sign(Position { epoch: 0, seq }, statement));
            let records: Vec<_> = records.collect();
            count += records.len();
            bytes += records.iter().map(|record| record.bytes().len()).sum::<usize>();
            fill(&mut store, &publisher, records.into_iter())?;
        }
        store.flush()?;
        drop(store);
        on_disk.push(figure(bytes_in(&dir)?) / figure(count));
        let entries = records_of(&dir)?;
        let values = entries.iter().map(|(_, value)| value.len()).sum::<usize>();
        packed.push(figure(values) / figure(entries.len()));
        signed.push(figure(bytes) / figure(count));
    }
    let note = format!("{count} records, {source}");
    Ok(vec![
        Row::new(NAME, "a record in the store", Unit::Bytes, on_disk).at_most(900.0).note(note),
        Row::new(NAME, "of it the packed record itself", Unit::Bytes, packed),
        Row::new(NAME, "the same record as it is signed and sent", Unit::Bytes, signed),
    ])
}

/// Says how large the entries of a catalogue are.
fn told(file: &Path, said: &[Statement]) -> String {
    let bytes: usize = said.iter().map(|statement| statement.body.len()).sum();
    let mean = bytes / said.len().max(1);
    format!("{NAME}: {} has {} entries of {mean} bytes", file.display(), said.len())
}

/// Returns what real catalogues say, and which they are; what made-up ones say
/// where there is no corpus.
fn statements(settings: &Settings) -> (Vec<Statement>, String) {
    let own = Publisher::numbered(0).id();
    let mut statements = Vec::new();
    let mut catalogues = 0;
    for file in corpus(&settings.corpus, &FOLDERS) {
        let Ok(bytes) = fs::read(&file) else { continue };
        match import::read(&bytes, &ImportOptions::default(), &own) {
            Ok(imported) => {
                catalogues += 1;
                let entries = imported.entries.iter();
                let said = entries.map(|entry| Statement::describe(entry.kind, &entry.description));
                let said: Vec<Statement> = said.collect();
                talk(&told(&file, &said));
                statements.extend(said);
            }
            Err(error) => talk(&format!("{NAME}: {} is left out: {error}", file.display())),
        }
    }
    if statements.is_empty() {
        let made_up = (0..1_000).map(statement).collect();
        return (made_up, "made up: no corpus of real catalogues was found".to_owned());
    }
    let source = format!(
        "the {} entries of {catalogues} real catalogues, published by one agency after another",
        statements.len()
    );
    (statements, source)
}
