//! What it takes to find and fetch few changes among very many records: the
//! bytes beside the records themselves.
//!
//! The cost goes by how many agencies changed, so it is taken twice: with the
//! changes in as many agencies as there are changes, and gathered in a fifth of
//! them, as publishers do who change several datasets at once.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use dela_protocol::catalogue::Catalogue;
use dela_protocol::federation::Federation;
use dela_protocol::id::NodeId;
use dela_protocol::record::Position;
use dela_protocol::replica::{Input, Output, Replica, Verdict};
use dela_protocol::store::conformance::Publisher;
use dela_protocol::store::{MemoryStore, Store as _};
use dela_protocol::time::Timestamp;
use dela_protocol::wire::Announcement;

use super::exchange::{Pair, Traffic};
use super::population::{federation, fill, head_after, short};
use super::table::{Row, Unit, figure};
use super::written::Dice;
use super::{Settings, talk};

/// What is measured here.
pub(super) const NAME: &str = "differences";

const NOW: Timestamp = Timestamp::from_millis(10_000_000);

/// How many records change.
const CHANGES: u64 = 100;

/// How much there is, and how much of it changes.
#[derive(Debug, Clone, Copy)]
struct Scale {
    agencies: u64,
    records_per_agency: u64,
    changes: u64,
}

/// Measures.
pub(super) fn measure(settings: &Settings) -> anyhow::Result<Vec<Row>> {
    let scale = if settings.quick {
        Scale { agencies: 40, records_per_agency: 3, changes: 10 }
    } else {
        let records = u64::try_from(settings.records)?.saturating_mul(10);
        Scale { agencies: 1_000, records_per_agency: (records / 1_000).max(1), changes: CHANGES }
    };
    let Scale { agencies, records_per_agency, changes } = scale;
    let total = agencies * records_per_agency;
    talk(&format!("{NAME}: signing {total} records of {agencies} agencies ..."));
    let mut base = MemoryStore::default();
    for agency in 0..agencies {
        let publisher = Publisher::numbered(agency);
        let records = (1..=records_per_agency)
            .map(|seq| short(&publisher, Position { epoch: 0, seq }, seq, "Luftkvalitet"));
        fill(&mut base, &publisher, records)?;
    }
    let mut rows = Vec::new();
    for changed in [changes / 5, changes] {
        let mut found = Vec::new();
        for repeat in 0..settings.repeats {
            let mut dice = Dice::numbered(u64::try_from(repeat)? + changed);
            found.push(once(&base, scale, changed, &mut dice)?);
        }
        let values = found.iter().map(|traffic| figure(traffic.overhead())).collect();
        let what =
            format!("{changes} changes in {changed} of {agencies} agencies, {total} records");
        let row = Row::new(NAME, what, Unit::Bytes, values).at_most(15.0 * 1024.0);
        rows.push(row.note(found.first().map_or(String::new(), told)));
    }
    Ok(rows)
}

/// Says what the bytes of an exchange were.
fn told(traffic: &Traffic) -> String {
    let mut parts: Vec<_> = traffic.beside.iter().collect();
    parts.sort_by_key(|(_, bytes)| std::cmp::Reverse(**bytes));
    let parts: Vec<String> =
        parts.iter().map(|(what, bytes)| format!("{what} {bytes} B")).collect();
    format!(
        "{} messages, records of {} B, and beside them: {}",
        traffic.messages,
        traffic.records,
        parts.join(", ")
    )
}

/// Has `changed` agencies change records, of which one replica hears and another
/// does not, and then those two meet.
fn once(
    base: &MemoryStore,
    scale: Scale,
    changed: u64,
    dice: &mut Dice,
) -> anyhow::Result<Traffic> {
    let mut agencies = BTreeSet::new();
    while u64::try_from(agencies.len())? < changed {
        agencies.insert(dice.below(scale.agencies));
    }
    let catalogues = base.catalogues()?;
    let mut far = Replica::open(base.clone(), Federation::open(federation()), None, 2, NOW)?;
    for agency in agencies {
        let id = Publisher::numbered(agency).id();
        let catalogue = catalogues.iter().find(|catalogue| catalogue.id() == id);
        let catalogue = catalogue.context("every agency has a catalogue")?;
        let bytes = change(base, agency, catalogue, scale, scale.changes / changed, dice)?;
        let from = NodeId::from_bytes([9; 32]);
        let Ok(outputs) = far.handle(Input::Announced { from, token: agency, bytes }, NOW);
        let verdict = Verdict::Accept;
        ensure!(outputs.contains(&Output::Judge { token: agency, verdict }), "{outputs:?}");
    }
    let near = Replica::open(base.clone(), Federation::open(federation()), None, 1, NOW)?;
    let (traffic, ..) = Pair::new(near, far, NOW).reconcile()?;
    Ok(traffic)
}

/// Returns the announcement of an agency that says something new about some of
/// its datasets.
fn change(
    store: &MemoryStore,
    agency: u64,
    catalogue: &Catalogue,
    scale: Scale,
    count: u64,
    dice: &mut Dice,
) -> anyhow::Result<Vec<u8>> {
    let publisher = Publisher::numbered(agency);
    let mut numbers = BTreeSet::new();
    while u64::try_from(numbers.len())? < count.min(scale.records_per_agency) {
        numbers.insert(1 + dice.below(scale.records_per_agency));
    }
    let mut position = catalogue.cursor;
    let mut remove = Vec::new();
    let mut put = Vec::new();
    for number in numbers {
        let old = store.record(&publisher.id(), Position { epoch: 0, seq: number })?;
        remove.extend(old);
        position = position.next();
        put.push(short(&publisher, position, number, "Luftkvalitet, rättad"));
    }
    let after = publisher.batch(catalogue, &remove, &put).catalogue;
    let announcement = Announcement {
        statements: publisher.agency.statements().to_vec(),
        head: head_after(agency, &after, position.next())?.bytes().to_vec(),
        records: put.iter().map(|record| record.bytes().to_vec()).collect(),
    };
    Ok(announcement.encode())
}
