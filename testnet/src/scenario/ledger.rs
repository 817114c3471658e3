//! What nodes have promised, and what was seen of it anywhere.
//!
//! Invariant: a position that was seen once keeps its id. Whatever node shows
//! another record or head there, at whatever time, has caught an agency saying
//! two things at once, and [`Ledger::note`] fails with both.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Instant;

use anyhow::{bail, ensure};
use dela_cli::{Client, SearchQuery};
use dela_protocol::api::{AgencySummary, DatasetSummary};
use dela_protocol::id::{AgencyId, EntityId, RecordId};
use dela_protocol::record::{Position, Record};

use super::missing;
use crate::cluster::{Cluster, Member, PATIENCE, POLL};

/// How many datasets are asked for at a time: as many as the API gives.
const PAGE: usize = 100;

/// How many of what is lost an error names.
const NAMED_MAX: usize = 5;

/// A publication that a node has acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// What was published.
    pub entity: EntityId,
    /// Its IRI.
    pub iri: String,
    /// Where the agency's catalogue stood then.
    pub position: Position,
}

/// What one node holds: the newest record about each entity.
pub type Holdings = BTreeMap<EntityId, (AgencyId, RecordId, Position)>;

/// What was promised and seen.
#[derive(Debug, Default)]
pub struct Ledger {
    acknowledged: BTreeMap<EntityId, Acknowledged>,
    seen: BTreeMap<(AgencyId, Position), String>,
}

impl Ledger {
    /// Remembers what was acknowledged.
    pub fn remember(&mut self, acknowledged: impl IntoIterator<Item = Acknowledged>) {
        self.acknowledged.extend(acknowledged.into_iter().map(|one| (one.entity, one)));
    }

    /// Returns how many publications were acknowledged.
    pub fn promises(&self) -> usize {
        self.acknowledged.len()
    }

    /// Returns all that was acknowledged.
    pub fn promised(&self) -> Vec<Acknowledged> {
        self.acknowledged.values().cloned().collect()
    }

    /// Returns how many positions were seen.
    pub fn positions(&self) -> usize {
        self.seen.len()
    }

    /// Returns the highest position seen of an agency.
    pub fn last(&self, agency: &AgencyId) -> Option<Position> {
        let of_agency = self.seen.keys().filter(|(one, _)| one == agency);
        of_agency.map(|(_, position)| *position).max()
    }

    /// Notes what stands at a position.
    pub fn note(&mut self, agency: AgencyId, position: Position, id: String) -> anyhow::Result<()> {
        match self.seen.get(&(agency, position)) {
            Some(known) if *known != id => bail!(
                "agency {} used position {}:{} twice: for {known} and for {id}",
                agency.short(),
                position.epoch,
                position.seq
            ),
            Some(_) => {}
            None => {
                self.seen.insert((agency, position), id);
            }
        }
        Ok(())
    }

    /// Notes the heads that a node holds now.
    pub fn note_heads(&mut self, client: &Client) -> anyhow::Result<()> {
        for agency in agencies(client)? {
            if let Some(head) = agency.head {
                self.note(agency.id, agency.position, format!("head {head}"))?;
            }
        }
        Ok(())
    }

    /// Looks into a node's store, past its search, for publications it has
    /// acknowledged, and notes where they stand.
    pub fn look_up(&mut self, client: &Client, promised: &[Acknowledged]) -> anyhow::Result<()> {
        for one in promised {
            let id = one.entity.to_string();
            let bytes = client.record(&id).map_err(|error| {
                missing(format_args!("{} was acknowledged and is lost: {error}", one.iri))
            })?;
            let record = Record::decode(bytes)?;
            ensure!(record.entity() == one.entity, "{id} is answered with another record");
            let named = format!("record {}", record.id());
            self.note(record.agency(), record.position(), named)?;
        }
        Ok(())
    }

    /// Reads all datasets a node has, and notes where they stand.
    pub fn survey(&mut self, client: &Client) -> anyhow::Result<Holdings> {
        let mut holdings = Holdings::new();
        let mut after = None;
        loop {
            let query = SearchQuery { limit: Some(PAGE), after, ..SearchQuery::default() };
            let page = client.search(&query)?.value;
            for dataset in page.datasets {
                self.note_dataset(&mut holdings, &dataset)?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        self.note_heads(client)?;
        Ok(holdings)
    }

    fn note_dataset(
        &mut self,
        holdings: &mut Holdings,
        dataset: &DatasetSummary,
    ) -> anyhow::Result<()> {
        let provenance = &dataset.provenance;
        ensure!(dataset.verified, "{} is shown unverified", dataset.iri);
        let id = format!("record {}", provenance.record);
        self.note(dataset.agency, provenance.position, id)?;
        let held = (dataset.agency, provenance.record, provenance.position);
        holdings.insert(dataset.id, held);
        Ok(())
    }

    /// Checks that nothing that was acknowledged is missing from what a node
    /// holds.
    pub fn check_promises(&self, member: &Member, holdings: &Holdings) -> anyhow::Result<()> {
        let lost: Vec<&Acknowledged> =
            self.acknowledged.values().filter(|one| !holdings.contains_key(&one.entity)).collect();
        let named: Vec<String> = lost
            .iter()
            .take(NAMED_MAX)
            .map(|one| format!("{} (before {}:{})", one.iri, one.position.epoch, one.position.seq))
            .collect();
        ensure!(
            lost.is_empty(),
            "{} of {} acknowledged publications are lost on the node of {}: {} ...",
            lost.len(),
            self.acknowledged.len(),
            member.sample.name,
            named.join(", ")
        );
        Ok(())
    }

    /// Surveys all nodes, and checks that all hold the same, that nothing
    /// acknowledged is lost, and that no position was used twice. Returns how
    /// many datasets each of them holds.
    pub fn audit(&mut self, cluster: &Cluster) -> anyhow::Result<usize> {
        let mut first: Option<(String, Holdings)> = None;
        for member in &cluster.members {
            let holdings = self.survey(&member.client)?;
            self.check_promises(member, &holdings)?;
            let name = &member.sample.name;
            match &first {
                Some((one, expected)) => ensure!(
                    *expected == holdings,
                    "the nodes of {one} and {name} hold different records: {} and {} of them, {} \
                     in common",
                    expected.len(),
                    holdings.len(),
                    expected.iter().filter(|(id, held)| holdings.get(id) == Some(held)).count()
                ),
                None => first = Some((name.clone(), holdings)),
            }
        }
        check_digests(cluster)?;
        Ok(first.map_or(0, |(_, holdings)| holdings.len()))
    }
}

/// Returns the agencies a node knows. While it makes its search index anew it
/// has no answer, and is asked again.
fn agencies(client: &Client) -> anyhow::Result<Vec<AgencySummary>> {
    let begun = Instant::now();
    loop {
        match client.agencies(None) {
            Ok(answer) => return Ok(answer.value.agencies),
            Err(error) if error.status() == Some(503) && begun.elapsed() < PATIENCE => sleep(POLL),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Checks that all nodes hold the same set of each agency, by its digest and
/// head, and the same of all, by its root.
fn check_digests(cluster: &Cluster) -> anyhow::Result<()> {
    let mut expected = None;
    for member in &cluster.members {
        let root = member.client.status()?.value.root;
        let sets: BTreeMap<_, _> = agencies(&member.client)?
            .into_iter()
            .map(|one| (one.id, (one.position, one.head, one.digest, one.records)))
            .collect();
        let found = (root, sets);
        match &expected {
            None => expected = Some(found),
            Some(expected) => ensure!(
                *expected == found,
                "the node of {} holds other digests than the first",
                member.sample.name
            ),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_used_twice_is_found_out() {
        let mut ledger = Ledger::default();
        let (agency, position) = (AgencyId::of_inception(b"a"), Position { epoch: 1, seq: 5 });
        ledger.note(agency, position, "record a".to_owned()).unwrap();
        ledger.note(agency, position, "record a".to_owned()).unwrap();
        ledger.note(AgencyId::of_inception(b"b"), position, "record b".to_owned()).unwrap();
        let error = ledger.note(agency, position, "head b".to_owned()).unwrap_err().to_string();
        assert!(error.contains("1:5 twice: for record a and for head b"), "{error}");
        assert_eq!(ledger.last(&agency), Some(position));
    }
}
