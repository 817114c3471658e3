//! One announcement to fifty nodes: how long until the slowest of a hundred has
//! it, by what bare gossipsub takes on the same machine in the same minute.
//!
//! Both have the same links, the same settings of gossipsub, TCP on loopback
//! with the same encryption, one task a node, in one process, and take turns,
//! so that what else the machine does hits both. A third mesh is of nodes that
//! check every signature before they pass an announcement on, as ours do; bare
//! gossipsub checks nothing.

mod bare;
mod mesh;
mod ours;

use std::time::Duration;

use anyhow::Context as _;
use dela_protocol::agency::{Agency, Keys, Signer};
use dela_protocol::catalogue::Catalogue;
use dela_protocol::head::{Commitment, Head};
use dela_protocol::id::HeadId;
use dela_protocol::key::SecretKey;
use dela_protocol::limits::HEARTBEAT_WITHIN;
use dela_protocol::record::Record;
use dela_protocol::time::Timestamp;
use dela_protocol::wire::Announcement;

use super::population::{federation, statement};
use super::table::{Row, Unit, quantile};
use super::written::Dice;
use super::{Settings, runtime, talk};
use mesh::Mesh;

/// What is measured here.
pub(super) const NAME: &str = "propagation";

/// How many nodes there are.
const NODES: usize = 50;

/// How many links each node makes; as many others are made to it on average.
const LINKS_PER_NODE: usize = 4;

/// How long meshes are left to find their shape: gossipsub's first heartbeat
/// comes after five seconds.
const SETTLE: Duration = Duration::from_secs(8);

/// When everything is signed.
const START: Timestamp = Timestamp::from_millis(1_000_000);

/// How often new meshes are tried until all hear an announcement.
const TRIES_MAX: u8 = 50;

/// Measures.
pub(super) fn measure(settings: &Settings) -> anyhow::Result<Vec<Row>> {
    let nodes = if settings.quick { 4 } else { NODES };
    talk(&format!("{NAME}: connecting three meshes of {nodes} nodes ..."));
    let links = links(nodes);
    runtime()?.block_on(async {
        let mut layers = ours::start(nodes, &links, ours::Checks::None).await?;
        let mut checked = ours::start(nodes, &links, ours::Checks::Signatures).await?;
        let mut bare = bare::start(nodes, &links).await?;
        for mesh in [&mut layers, &mut checked, &mut bare] {
            meet(mesh).await?;
        }
        if !settings.quick {
            tokio::time::sleep(SETTLE).await;
        }
        let mut figures = Figures::default();
        let mut sequence = Sequence::of(1)?;
        for repeat in 0..settings.repeats {
            talk(&format!("{NAME}: repeat {} of {} ...", repeat + 1, settings.repeats));
            figures.add(&mut layers, &mut checked, &mut bare, nodes, &mut sequence).await?;
        }
        anyhow::Ok(figures.rows(nodes))
    })
}

/// Waits until an announcement reaches all nodes of a mesh. Each try is of
/// another agency, so that nobody waits for what was missed.
async fn meet(mesh: &mut Mesh) -> anyhow::Result<()> {
    for number in 0..TRIES_MAX {
        if mesh.reaches_all(Sequence::of(100 + number)?.next()).await? {
            return Ok(());
        }
    }
    anyhow::bail!("the nodes of a mesh do not hear each other")
}

/// Returns who dials whom: each node some that came before it, so that all are
/// connected.
fn links(nodes: usize) -> Vec<(usize, usize)> {
    let mut dice = Dice::numbered(50);
    let mut links = Vec::new();
    for node in 1..nodes {
        let before = u64::try_from(node).unwrap_or(u64::MAX);
        let mut chosen = std::collections::BTreeSet::new();
        while chosen.len() < LINKS_PER_NODE.min(node) {
            chosen.insert(usize::try_from(dice.below(before)).unwrap_or_default());
        }
        links.extend(chosen.into_iter().map(|other| (node, other)));
    }
    links
}

/// An agency that announces one new record after the other.
struct Sequence {
    agency: Agency,
    signer: Signer,
    catalogue: Catalogue,
}

impl Sequence {
    /// Begins as the agency of that number.
    fn of(number: u8) -> anyhow::Result<Self> {
        let key = SecretKey::from_bytes(&[number; 32]);
        let inception = Keys {
            key: key.public(),
            next_key_commitment: key.public().commitment(),
            recovery_threshold: 0,
            recovery_keys: Vec::new(),
            issued_at: START,
        };
        let agency = Agency::open(vec![inception.sign_inception(&key)])?;
        let signer = Signer::new(&agency, key).context("an agency made with this key")?;
        let catalogue = Catalogue::new(agency.clone());
        Ok(Self { agency, signer, catalogue })
    }

    /// Returns the next announcement, as a node makes it.
    fn next(&mut self) -> Vec<u8> {
        let at = self.catalogue.cursor.next();
        let record = Record::sign(&self.signer, &federation(), at, &statement(at.seq), START);
        self.catalogue.add(&record);
        let previous = self.catalogue.head.as_ref();
        let commitment = Commitment {
            position: at.next(),
            floor: 0,
            live_count: self.catalogue.live_count,
            withdrawal_count: 0,
            bytes: self.catalogue.bytes,
            digest: self.catalogue.set.digest(),
            previous: previous.map_or(HeadId::NONE, Head::id),
            issued_at: START,
            heartbeat_by: START.after(HEARTBEAT_WITHIN),
        };
        let head = Head::sign(&self.signer, &federation(), &commitment);
        self.catalogue.cursor = head.position();
        self.catalogue.head = Some(head.clone());
        let announcement = Announcement {
            statements: self.agency.statements().to_vec(),
            head: head.bytes().to_vec(),
            records: vec![record.bytes().to_vec()],
        };
        announcement.encode()
    }
}

/// The figures of all repeats.
#[derive(Default)]
struct Figures {
    layers: Vec<f64>,
    checked: Vec<f64>,
    bare: Vec<f64>,
}

impl Figures {
    /// Has every node announce once in each mesh.
    async fn add(
        &mut self,
        layers: &mut Mesh,
        checked: &mut Mesh,
        bare: &mut Mesh,
        nodes: usize,
        sequence: &mut Sequence,
    ) -> anyhow::Result<()> {
        let mut times = [Vec::new(), Vec::new(), Vec::new()];
        for node in 0..nodes {
            let bytes = sequence.next();
            for turn in 0..3 {
                // Each goes first in its turn.
                let which = (turn + node) % 3;
                let mesh = match which {
                    0 => &mut *layers,
                    1 => &mut *checked,
                    _ => &mut *bare,
                };
                let spread = mesh.spread(node, bytes.clone()).await?;
                if let Some(times) = times.get_mut(which) {
                    times.extend(spread.iter().map(|time| time.as_secs_f64() * 1_000.0));
                }
            }
        }
        let [of_layers, of_checked, of_bare] = &mut times;
        self.layers.push(quantile(of_layers, 990));
        self.checked.push(quantile(of_checked, 990));
        self.bare.push(quantile(of_bare, 990));
        Ok(())
    }

    fn rows(self, nodes: usize) -> Vec<Row> {
        let by_bare = |times: &[f64]| {
            times.iter().zip(&self.bare).map(|(ours, bare)| ours / bare).collect::<Vec<f64>>()
        };
        let row = |what: &str, unit, values| {
            Row::new(NAME, format!("{what}, {nodes} nodes"), unit, values)
        };
        vec![
            row("network layer, p99 by bare gossipsub's", Unit::Ratio, by_bare(&self.layers))
                .at_most(1.5),
            row(
                "signatures checked on the way, p99 by the same",
                Unit::Ratio,
                by_bare(&self.checked),
            )
            .at_most(1.5),
            row("network layer, p99", Unit::Milliseconds, self.layers),
            row("signatures checked on the way, p99", Unit::Milliseconds, self.checked),
            row("bare gossipsub, p99", Unit::Milliseconds, self.bare),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_links_connect_every_node() {
        let links = links(NODES);
        let mut reached = std::collections::BTreeSet::from([0]);
        for (node, other) in links {
            assert!(other < node && reached.contains(&other));
            reached.insert(node);
        }
        assert_eq!(reached.len(), NODES);
    }

    #[test]
    fn every_announcement_is_new_to_a_replica_that_heard_those_before() {
        use dela_protocol::replica::{Event, Input, Output, Replica, Verdict};

        let now = START.after(Duration::from_secs(1));
        let store = dela_protocol::store::MemoryStore::default();
        let mut listener = Replica::open(
            store,
            dela_protocol::federation::Federation::open(federation()),
            None,
            3,
            now,
        )
        .unwrap();
        let mut sequence = Sequence::of(1).unwrap();
        for token in 0..3 {
            let from = dela_protocol::id::NodeId::from_bytes([2; 32]);
            let bytes = sequence.next();
            let outputs = listener.handle(Input::Announced { from, token, bytes }, now).unwrap();
            let verdict = Verdict::Accept;
            assert!(outputs.contains(&Output::Judge { token, verdict }), "{outputs:?}");
            let is_change =
                |output: &Output| matches!(output, Output::Event(Event::Changed { .. }));
            assert!(outputs.iter().any(is_change), "{outputs:?}");
        }
    }
}
