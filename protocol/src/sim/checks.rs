//! What must hold: on every step that nothing is forged, lost or goes back,
//! after healing that all hold the same.

use std::collections::{BTreeMap, BTreeSet};

use super::node::{Node, Seen, records_of};
use super::tally::Fault;
use super::{Run, Simulation, Violation};
use crate::catalogue::Catalogue;
use crate::fork::Fork;
use crate::head::Head;
use crate::id::{AgencyId, Digest, HeadId, RecordId, hash};
use crate::record::{Position, Record, RecordKind};
use crate::set_digest::SetDigest;
use crate::store::Store as _;

/// What the checks know of everything that was ever signed.
#[derive(Debug, Default)]
pub(super) struct Register {
    /// Records whose signature was checked.
    authentic: BTreeSet<RecordId>,
    /// The record of an honest agency at each position.
    signed: BTreeMap<(AgencyId, Position), RecordId>,
    /// Honest agencies that signed twice for one position, as a node that came
    /// back from an old copy may if nobody could tell it.
    forked: BTreeSet<AgencyId>,
    /// Honest agencies of which one honest node held two heads that contradict
    /// each other.
    provable: BTreeSet<AgencyId>,
    /// Agencies that were said to have forked.
    forks_told: BTreeSet<AgencyId>,
    /// Whether any catalogue of an honest node changed since this was asked.
    pub(super) has_changed: bool,
}

impl Simulation {
    /// Checks what a step changed at an honest node.
    pub(super) fn check_step(&mut self, index: usize) -> Run {
        let Some(node) = self.nodes.get(index) else { return Ok(()) };
        let is_honest = node.is_honest();
        let written = node.disk().written();
        for _ in 0..written.refused {
            self.tally.fault(Fault::FullDisk);
        }
        if !is_honest {
            // What it keeps itself, the dishonest can lie with too.
            for record in &written.verified {
                self.liars.loot.record(record.clone());
            }
        }
        if !is_honest || written.agencies.is_empty() || !self.is_up(index) {
            return Ok(());
        }
        self.register.has_changed = true;
        for record in &written.verified {
            self.check_record(index, record)?;
        }
        for agency in written.agencies {
            self.check_holding(index, &agency)?;
            self.check_catalogue(index, &agency)?;
        }
        Ok(())
    }

    /// A record is accepted only if its agency signed it in this federation,
    /// and an honest agency signs one for each position.
    fn check_record(&mut self, index: usize, record: &Record) -> Run {
        if !self.register.authentic.contains(&record.id()) {
            let agency = self.nodes.iter().find(|node| node.agency.id() == record.agency());
            let is_signed =
                agency.is_some_and(|node| record.verify(&node.agency, &self.federation).is_ok());
            if !is_signed {
                return Err(self.broken(
                    Violation::Forged,
                    &format!("{index} took in a record that {} did not sign", record.agency()),
                ));
            }
            self.register.authentic.insert(record.id());
        }
        let author = self.nodes.iter().position(|node| node.agency.id() == record.agency());
        let Some(author) = author.filter(|author| *author < self.honest) else { return Ok(()) };
        if self.is_robbed(&record.agency()) {
            return Ok(()); // A thief may have signed it, for who does not know yet.
        }
        let seen = self.nodes.get(index).and_then(|node| node.shown.get(&record.agency()));
        let gone = seen.and_then(|seen| seen.gone.get(&record.entity()));
        let newer = seen.and_then(|seen| seen.live.get(&record.entity()));
        if record.kind() != RecordKind::Withdrawal
            && !self.is_excused(&record.agency())
            && gone.max(newer).is_some_and(|gone| record.position() < *gone)
        {
            let what = format!("{index} takes in {:?}, which was superseded", record.position());
            return Err(self.broken(Violation::Resurrected, &what));
        }
        let key = (record.agency(), record.position());
        let known = *self.register.signed.entry(key).or_insert(record.id());
        if known != record.id() && !self.register.forked.contains(&record.agency()) {
            // Whoever held anything of that epoch would have led it to the next.
            let could_know = self.nodes.get(author).is_none_or(|node| {
                let back = &node.comeback;
                let told = |peer: &usize| {
                    let knew = back.knew.get(peer);
                    knew.is_some_and(|knew| knew.epoch >= record.position().epoch)
                };
                !back.is_forgetful || back.answered.iter().any(told)
            });
            if could_know {
                return Err(self.broken(
                    Violation::SignedTwice,
                    &format!("{author} signed two records for {:?}", record.position()),
                ));
            }
            self.register.forked.insert(record.agency());
        }
        Ok(())
    }

    /// A head is taken only with exactly its set, never again a lower one, and
    /// nothing comes back that was gone.
    fn check_catalogue(&mut self, index: usize, agency: &AgencyId) -> Run {
        let is_author_honest = self.is_honest_agency(agency);
        let is_excused = self.is_excused(agency);
        let is_robbed = self.is_robbed(agency);
        let Some(replica) = self.nodes.get(index).and_then(super::node::Node::replica) else {
            return Ok(());
        };
        let Some(catalogue) = replica.catalogues().find(|one| one.id() == *agency) else {
            return Ok(());
        };
        let checked = catalogue.checked;
        let unverified = replica.store().unverified_after(agency, Position::START, usize::MAX);
        let passed_over =
            unverified.unwrap_or_default().into_iter().find(|one| one.position() <= checked);
        let head = catalogue.head.clone();
        if let Some(record) = passed_over
            && record.verify(&catalogue.agency, &self.federation).is_err()
        {
            let what =
                format!("{index} counts {:?} as checked, which is forged", record.position());
            return Err(self.broken(Violation::Forged, &what));
        }
        let Some(head) = head else { return Ok(()) };
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        let super::node::State::Up(replica) = &node.state else { return Ok(()) };
        let seen = node.shown.entry(*agency).or_default();
        let rank = head.rank();
        if seen.head == Some(rank) {
            return Ok(());
        }
        if seen.head.is_some_and(|last| last > rank) {
            let what = format!("{index} went back from {:?} to {rank:?}", seen.head);
            return Err(self.broken(Violation::RolledBack, &what));
        }
        seen.head = Some(rank);
        let records = records_of(replica.store(), agency);
        let mut set = SetDigest::empty();
        for record in &records {
            set.add(&record.id());
        }
        if set.digest() != head.commitment().digest {
            let what = format!("{index} calls a set complete that {agency} did not sign");
            return Err(self.broken(Violation::Omission, &what));
        }
        if is_author_honest && !is_robbed {
            if seen.heads.iter().any(|former| Fork::between(former, &head).is_some()) {
                self.register.provable.insert(*agency);
            }
            seen.heads.push(head);
        }
        if is_author_honest
            && !is_excused
            && let Some(what) = resurrected(seen, rank.position, &records)
        {
            return Err(self.broken(Violation::Resurrected, &format!("{index} {what}")));
        }
        Ok(())
    }

    /// Notes that a node said that an agency forked.
    pub(super) fn told_of_fork(&mut self, index: usize, agency: AgencyId) -> Run {
        if !self.is_honest(index) {
            return Ok(());
        }
        self.tally.forks += 1;
        self.register.forks_told.insert(agency);
        let author = self.nodes.iter().take(self.honest).find(|one| one.agency.id() == agency);
        if author.is_some_and(|author| !author.comeback.is_forgetful && !author.is_robbed) {
            let what = format!("{index} says that {agency} forked, which is honest");
            return Err(self.broken(Violation::Fork, &what));
        }
        Ok(())
    }

    /// Every fork that honest agencies could not help, and that somebody had the
    /// proof of, was told of.
    pub(super) fn check_forks(&self) -> Run {
        match self.register.provable.difference(&self.register.forks_told).next() {
            None => Ok(()),
            Some(agency) => {
                Err(self.broken(Violation::Fork, &format!("nobody said that {agency} forked")))
            }
        }
    }

    /// Returns the root over the honest agencies, if all honest nodes are up and
    /// hold the same of them.
    pub(super) fn common_root(&self) -> Option<Digest> {
        let agencies: BTreeSet<AgencyId> =
            self.nodes.iter().take(self.honest).map(|node| node.agency.id()).collect();
        let heads = |index: usize| -> Option<Vec<(AgencyId, HeadId)>> {
            let replica = self.nodes.get(index)?.replica()?;
            let held = replica.catalogues().filter(|one| agencies.contains(&one.id()));
            Some(held.filter_map(|one| Some((one.id(), one.head.as_ref()?.id()))).collect())
        };
        let first = heads(0)?;
        let is_common = (1..self.honest).all(|index| heads(index).as_ref() == Some(&first));
        is_common.then(|| {
            let bytes: Vec<u8> = first
                .iter()
                .flat_map(|(agency, head)| [*agency.as_bytes(), *head.as_bytes()].concat())
                .collect();
            Digest::from_bytes(hash("dela 1 root", &[&bytes]))
        })
    }

    /// Returns whether all honest nodes know the same newest head of every
    /// dishonest agency, and where one holds its set, all do.
    ///
    /// An agency may announce what it never shows: then nobody can hold it.
    pub(super) fn agree_on_dishonest(&self) -> bool {
        let dishonest = self.nodes.iter().skip(self.honest).map(|node| node.agency.id());
        dishonest.filter(|agency| self.is_common(agency)).all(|agency| {
            let known = |index: usize| {
                let replica = self.nodes.get(index)?.replica()?;
                let one = replica.catalogues().find(|one| one.id() == agency)?;
                let newest = one.head.iter().chain(&one.claimed).map(Head::rank).max()?;
                Some((newest, one.head.as_ref().map(Head::rank) == Some(newest)))
            };
            let first = known(0);
            (1..self.honest).all(|index| known(index) == first)
        })
    }

    /// Returns whether every record's own signature was checked everywhere.
    pub(super) fn is_all_checked(&self) -> bool {
        let mut replicas = self.nodes.iter().take(self.honest).filter_map(|node| node.replica());
        replicas.all(|replica| replica.catalogues().all(Catalogue::is_checked))
    }

    /// Says in which agency the honest nodes differ, and how.
    pub(super) fn differences(&self) -> String {
        let mut lines = self.council_differences();
        if !self.is_all_decided() {
            lines.push("not all is decided".to_owned());
        }
        for (author, agency) in self.nodes.iter().map(|node| node.agency.id()).enumerate() {
            let held = |index: usize| {
                let replica = self.nodes.get(index)?.replica()?;
                let one = replica.catalogues().find(|one| one.id() == agency)?;
                let position = |head: &Option<Head>| {
                    head.as_ref()
                        .map(|head| (head.position().epoch, head.position().seq, head.id().short()))
                };
                Some((position(&one.head), position(&one.claimed)))
            };
            let all: Vec<_> = (0..self.honest).map(held).collect();
            if all.iter().any(|one| *one != held(0)) {
                let kind = if author < self.honest { "honest" } else { "dishonest" };
                lines.push(format!("{kind} agency of {author}: {all:?}"));
            }
        }
        lines.join("; ")
    }

    /// All honest nodes hold the same records of every agency.
    pub(super) fn check_equality(&self) -> Run {
        for agency in self.nodes.iter().map(|node| node.agency.id()) {
            let held = |index: usize| -> Option<Vec<(RecordId, bool)>> {
                let disk = self.nodes.get(index)?.replica()?.store();
                let records = records_of(disk, &agency);
                Some(records.iter().map(|record| (record.id(), disk.shows(record))).collect())
            };
            let complete = |index: usize| {
                let replica = self.nodes.get(index).and_then(super::node::Node::replica);
                replica.is_some_and(|replica| {
                    replica.catalogues().any(|one| one.id() == agency && one.is_complete())
                })
            };
            let is_withheld =
                (0..self.honest).any(|index| !complete(index)) && !self.is_honest_agency(&agency);
            if is_withheld || !self.is_common(&agency) {
                // Its agency announced what it never showed, or is none of theirs.
                continue;
            }
            if let Some(other) = (1..self.honest).find(|index| held(*index) != held(0)) {
                let [one, two] = [held(0), held(other)].map(Option::unwrap_or_default);
                let differing = one.iter().filter(|record| !two.contains(record));
                let what = format!(
                    "0 and {other} hold or show different records under one head of {agency}: {:?}",
                    differing.collect::<Vec<_>>()
                );
                return Err(self.broken(Violation::Diverged, &what));
            }
        }
        Ok(())
    }

    /// Returns whether an honest agency may contradict itself, since its node
    /// came back without knowing what it lost, or its only copies are gone.
    fn is_excused(&self, agency: &AgencyId) -> bool {
        let author = self.nodes.iter().find(|node| node.agency.id() == *agency);
        let is_excused =
            |node: &Node| node.comeback.is_forgetful || node.comeback.is_bereft || node.is_robbed;
        author.is_some_and(is_excused)
    }

    /// Returns whether a thief signs in the name of an agency.
    fn is_robbed(&self, agency: &AgencyId) -> bool {
        self.nodes.iter().any(|node| node.is_robbed && node.agency.id() == *agency)
    }

    fn is_honest_agency(&self, agency: &AgencyId) -> bool {
        self.nodes.iter().take(self.honest).any(|node| node.agency.id() == *agency)
    }
}

/// Compares what is shown at a head with what was shown before; returns what
/// came back though it was gone.
fn resurrected(seen: &mut Seen, head: Position, records: &[Record]) -> Option<String> {
    let live: BTreeMap<_, _> = records
        .iter()
        .filter(|record| record.kind() != RecordKind::Withdrawal)
        .map(|record| (record.entity(), record))
        .collect();
    for (entity, record) in &live {
        let newer = seen.gone.get(entity).max(seen.live.get(entity));
        if newer.is_some_and(|newer| record.position() < *newer) {
            return Some(format!("shows {:?} again, which was superseded", record.position()));
        }
        seen.gone.remove(entity);
    }
    for entity in seen.live.keys().filter(|entity| !live.contains_key(*entity)) {
        seen.gone.insert(*entity, head);
    }
    seen.live = live.into_iter().map(|(entity, record)| (entity, record.position())).collect();
    None
}
