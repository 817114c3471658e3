//! The people who publish: what they state, and what is acknowledged to them.

use std::collections::BTreeMap;

use super::node::{Loss, State, complete_at, records_of};
use super::tally::Fault;
use super::{Run, Simulation};
use crate::id::EntityId;
use crate::record::{Position, RecordKind, Statement};
use crate::replica::PublishError;
use crate::store::MemoryStore;

/// What a publisher may expect to be offered about one entity: a body, or
/// nothing where it is withdrawn or was never published.
#[derive(Debug)]
pub(super) struct Offer {
    /// All that was ever stated, in order; nothing at first.
    stated: Vec<Option<Vec<u8>>>,
    /// From which on any may be true: the last that was acknowledged, unless
    /// its only copy was lost.
    from: usize,
}

impl Default for Offer {
    fn default() -> Self {
        Self { stated: vec![None], from: 0 }
    }
}

impl Offer {
    fn state(&mut self, body: Option<Vec<u8>>, is_acknowledged: bool) {
        self.stated.push(body);
        if is_acknowledged {
            self.from = self.stated.len() - 1;
        }
    }

    /// Lowers the expectation to what is kept somewhere.
    fn lower(&mut self, kept: &[Option<Vec<u8>>]) {
        let newest = self.stated.iter().rposition(|body| kept.contains(body)).unwrap_or(0);
        self.from = self.from.min(newest);
    }

    pub(super) fn allows(&self, held: Option<&[u8]>) -> bool {
        self.stated.iter().skip(self.from).any(|body| body.as_deref() == held)
    }
}

/// Returns what is offered about each entity.
pub(super) fn offered<S: crate::store::Store>(
    store: &S,
    agency: &crate::id::AgencyId,
) -> BTreeMap<EntityId, Vec<u8>> {
    records_of(store, agency)
        .into_iter()
        .filter(|record| record.kind() != RecordKind::Withdrawal)
        .map(|record| (record.entity(), record.body().to_vec()))
        .collect()
}

impl Simulation {
    /// Publishes something at a node, and lets it crash before anything leaves
    /// it, if so asked.
    pub(super) fn publish(&mut self, index: usize, then_crash: bool) -> Run {
        let statements = self.statements(index);
        self.crashes_after_publication = then_crash;
        self.publish_these(index, statements)?;
        self.crashes_after_publication = false;
        if self.is_honest(index) { Ok(()) } else { self.commit_to_forged(index) }
    }

    fn statements(&mut self, index: usize) -> Vec<Statement> {
        // Two agencies are large, so that not all is checked at once.
        let is_large = index == 0 || index == self.honest;
        let entities = if is_large { 200 } else { 20 };
        let count = if is_large && self.below(3) == 0 { 100 } else { 1 + self.below(4) };
        (0..count)
            .map(|_| {
                let iri = format!("https://example.org/{index}/{}", self.below(entities));
                if self.below(5) == 0 {
                    return Statement::withdraw(&iri, "no longer kept");
                }
                let size = if self.below(8) == 0 { 20_000 } else { 40 };
                describe_entity(&iri, self.chance.rand_u64(), size)
            })
            .collect()
    }

    /// Publishes; returns whether it was acknowledged.
    pub(super) fn publish_these(&mut self, index: usize, statements: Vec<Statement>) -> Run<bool> {
        let now = self.local(index);
        let Some(node) = self.nodes.get_mut(index) else { return Ok(false) };
        let State::Up(replica) = &mut node.state else { return Ok(false) };
        let result = replica.publish(statements.clone(), now);
        let is_store_failure = matches!(result, Err(PublishError::Store(_)));
        if result.is_ok() || is_store_failure {
            let agency = node.agency.id();
            // Of several statements about one entity the last counts.
            let last: BTreeMap<EntityId, Statement> =
                statements.into_iter().map(|one| (one.entity(&agency), one)).collect();
            for (entity, statement) in last {
                let body = (statement.kind != RecordKind::Withdrawal).then_some(statement.body);
                node.offers.entry(entity).or_default().state(body, result.is_ok());
            }
        }
        match result {
            Ok((published, outputs)) => {
                node.published = published.position;
                if node.is_honest() {
                    self.tally.acknowledged += 1;
                }
                self.note(|| format!("{index}: published up to {:?}", published.position));
                if self.crashes_after_publication {
                    self.check_step(index)?;
                    self.tally.fault(Fault::SuddenCrash);
                    self.crash(index, Loss::Unflushed)?;
                    return Ok(true);
                }
                self.carry_out(index, outputs)?;
                self.check_step(index)?;
                Ok(true)
            }
            Err(PublishError::Store(_)) => {
                self.fail(index)?;
                Ok(false)
            }
            Err(error) => {
                if self.is_honest(index) {
                    self.tally.refused += 1;
                }
                self.note(|| format!("{index}: not published: {error}"));
                Ok(false)
            }
        }
    }

    /// Lowers what publishers may expect after a loss to what is kept by
    /// anybody honest, flushed and complete.
    pub(super) fn lower_expectations(&mut self) {
        for publisher in 0..self.honest {
            self.lower_expectations_of(publisher, (0..self.honest).collect());
        }
    }

    pub(super) fn lower_expectations_of(&mut self, publisher: usize, keepers: Vec<usize>) {
        // What the council has put out others drop, when they hear of it.
        let is_put_out = self.is_put_out(publisher);
        let keepers = keepers.into_iter().filter(|keeper| !is_put_out || *keeper == publisher);
        let copies: Vec<MemoryStore> =
            keepers.filter_map(|keeper| Some(self.nodes.get(keeper)?.disk().flushed())).collect();
        let Some(node) = self.nodes.get_mut(publisher) else { return };
        let agency = node.agency.id();
        let complete: Vec<(Position, BTreeMap<EntityId, Vec<u8>>)> = copies
            .iter()
            .filter_map(|copy| Some((complete_at(copy, &agency)?, offered(copy, &agency))))
            .collect();
        let newest = complete.iter().map(|(position, _)| *position).max();
        if newest.unwrap_or(Position::START) < node.published {
            node.comeback.is_bereft = true;
        }
        for (entity, offer) in &mut node.offers {
            // What stands in older copies may be older than it looks.
            let kept = complete.iter().filter(|(position, _)| Some(*position) == newest);
            let kept: Vec<Option<Vec<u8>>> =
                kept.map(|(_, bodies)| bodies.get(entity).cloned()).collect();
            offer.lower(&kept);
        }
    }

    /// Notes who could tell a node that came back without knowing what it lost.
    pub(super) fn returns(&mut self, index: usize, loss: Loss) {
        if !matches!(loss, Loss::Everything | Loss::OldCopy) {
            return;
        }
        let Some(node) = self.nodes.get(index) else { return };
        let agency = node.agency.id();
        let own = complete_at(&node.disk().flushed(), &agency);
        let reach: Vec<usize> = self
            .neighbours(index)
            .into_iter()
            .filter(|other| self.is_honest(*other))
            .filter(|other| self.network.hears(index, *other) && self.network.hears(*other, index))
            .collect();
        let held_by = |other: usize| {
            let replica = self.nodes.get(other).and_then(super::node::Node::replica)?;
            let mut catalogues = replica.catalogues();
            let catalogue = catalogues.find(|one| one.id() == agency)?;
            Some(catalogue.head.as_ref()?.position())
        };
        let held = reach.iter().filter_map(|other| Some((*other, held_by(*other)?)));
        let knew = held.filter(|(_, held)| Some(*held) > own).collect();
        if let Some(node) = self.nodes.get_mut(index) {
            node.comeback.is_forgetful = true;
            node.comeback.knew = knew;
            node.comeback.answered.clear();
        }
        self.lower_expectations_of(index, reach.into_iter().chain([index]).collect());
    }

    /// Returns whether every honest node may publish again. One whose catalogue
    /// nobody has any more gives up waiting for it in time, too.
    pub(super) fn gates_are_open(&self) -> bool {
        let mut honest = self.nodes.iter().take(self.honest);
        honest.all(|node| node.replica().is_some_and(|replica| replica.recovery().is_none()))
    }

    /// Everybody publishes once more: nobody may be stuck after healing.
    pub(super) fn publish_once_more(&mut self) -> Run {
        for index in 0..self.honest {
            let statements = self.statements(index);
            if self.publish_these(index, statements.clone())? {
                continue;
            }
            let Some(node) = self.nodes.get_mut(index) else { continue };
            let is_bereft = node.comeback.is_bereft;
            if let State::Up(replica) = &mut node.state
                && is_bereft
            {
                // What its operator does where nobody has its catalogue any more.
                let begun = replica.begin_anew();
                self.note(|| format!("{index}: begins anew: {begun:?}"));
                if self.publish_these(index, statements)? {
                    continue;
                }
            }
            return Err(self.broken(
                super::Violation::Stuck,
                &format!("{index} cannot publish after healing"),
            ));
        }
        Ok(())
    }

    /// Every replica offers exactly what was acknowledged to each publisher.
    pub(super) fn check_offers(&self) -> Run {
        for (number, publisher) in self.nodes.iter().take(self.honest).enumerate() {
            let agency = publisher.agency.id();
            for (index, node) in self.nodes.iter().take(self.honest).enumerate() {
                let held = offered(node.disk(), &agency);
                let is_right = |(entity, offer): (&EntityId, &Offer)| {
                    offer.allows(held.get(entity).map(Vec::as_slice))
                };
                let is_known = held.keys().all(|entity| publisher.offers.contains_key(entity));
                if !is_known || !publisher.offers.iter().all(is_right) {
                    return Err(self.broken(
                        super::Violation::Omission,
                        &format!("{index} does not offer what was acknowledged to {number}"),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Returns how many live records the first replica holds.
    pub(super) fn live_records(&self) -> usize {
        let Some(replica) = self.nodes.first().and_then(super::node::Node::replica) else {
            return 0;
        };
        let live: u64 = replica.catalogues().map(|catalogue| catalogue.live_count).sum();
        usize::try_from(live).unwrap_or(usize::MAX)
    }
}

fn describe_entity(iri: &str, number: u64, size: usize) -> Statement {
    use crate::description::{Description, Node, Object};
    let title = format!("{number} {}", "x".repeat(size));
    let triple = (Node::Iri(iri.to_owned()), "urn:title".to_owned(), Object::plain(title));
    let description = Description::new(iri, [triple]).expect("one small triple");
    Statement::describe(RecordKind::Dataset, &description)
}
