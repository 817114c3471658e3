//! The people who publish: what they state, and what is acknowledged to them.

use std::collections::BTreeMap;

use super::Simulation;
use super::node::{State, own_records};
use crate::id::EntityId;
use crate::record::{RecordKind, Statement};

impl Simulation {
    pub(super) fn publish(&mut self, index: usize) -> Result<(), String> {
        let count = 1 + self.below(4);
        let mut statements = Vec::new();
        for _ in 0..count {
            let iri = format!("https://example.org/{index}/{}", self.below(20));
            let statement = if self.below(5) == 0 {
                Statement::withdraw(&iri, "no longer kept")
            } else {
                let size = if self.below(8) == 0 { 20_000 } else { 40 };
                describe_entity(&iri, self.chance.rand_u64(), size)
            };
            statements.push(statement);
        }
        let now = self.now;
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        let State::Up(replica) = &mut node.state else { return Ok(()) };
        let Ok((_, outputs)) = replica.publish(statements.clone(), now) else { return Ok(()) };
        let agency = node.agency.id();
        // Of several statements about one entity the last counts.
        let last: BTreeMap<EntityId, Statement> =
            statements.into_iter().map(|one| (one.entity(&agency), one)).collect();
        for (entity, statement) in last {
            let withdrawn = statement.kind == RecordKind::Withdrawal;
            if !withdrawn || node.acknowledged.contains_key(&entity) {
                node.acknowledged.insert(entity, (!withdrawn).then_some(statement.body));
            }
        }
        let records = own_records(replica, &agency);
        for record in records {
            let known = self.signed.entry((agency, record.position())).or_insert(record.id());
            if *known != record.id() {
                return Err(self.failed("two records signed for one position"));
            }
        }
        self.carry_out(index, outputs)
    }
}

fn describe_entity(iri: &str, number: u64, size: usize) -> Statement {
    use crate::description::{Description, Node, Object};
    let title = format!("{number} {}", "x".repeat(size));
    let triple = (Node::Iri(iri.to_owned()), "urn:title".to_owned(), Object::plain(title));
    let description = Description::new(iri, [triple]).expect("one small triple");
    Statement::describe(RecordKind::Dataset, &description)
}
