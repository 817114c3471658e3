//! What must hold in a federation with a charter, beside all else: whatever an
//! honest node holds, serves or passes on is of agencies that its council has let
//! in, as far as it let them, signed with keys that were not replaced.

use super::charter::Fate;
use super::disk::Disk;
use super::node::{Seen, records_of};
use super::{Run, Simulation, Violation};
use crate::catalogue::Catalogue;
use crate::federation::Admittance;
use crate::federation::decision::Disposition;
use crate::fork::Fork;
use crate::head::Head;
use crate::id::AgencyId;
use crate::replica::Replica;
use crate::store::Store as _;
use crate::wire::{AgencyHead, Gossip, Response};

impl Simulation {
    fn honest_replica(&self, index: usize) -> Option<&Replica<Disk>> {
        let is_checked = self.charter.is_some() && self.is_honest(index);
        self.nodes.get(index).filter(|_| is_checked)?.replica()
    }

    fn intruded(&self, what: &str) -> Run {
        Err(self.broken(Violation::Intruded, what))
    }

    /// What a node holds of another agency is what the council, as far as the node
    /// knows its acts, lets it hold.
    pub(super) fn check_holding(&self, index: usize, agency: &AgencyId) -> Run {
        let Some(replica) = self.honest_replica(index) else { return Ok(()) };
        let Some(held) = replica.catalogues().find(|one| one.id() == *agency) else {
            return Ok(());
        };
        if let Some(head) = self.outdated(held) {
            let what = format!("{index} takes {:?} of {agency} by an old key", head.position());
            return self.intruded(&what);
        }
        if replica.own_agency() == Some(*agency) {
            return Ok(());
        }
        let heads = || held.head.iter().chain(&held.claimed);
        let is_sound = match replica.federation().admittance(agency) {
            Admittance::Full | Admittance::Frozen => true,
            Admittance::Hidden => heads().next().is_none(),
            Admittance::None => heads().next().is_none() && held.bytes == 0,
            Admittance::Pinned(pin) => {
                let positions = replica.store().positions(agency).unwrap_or_default();
                heads().all(|head| head.rank() <= pin.rank())
                    && positions.iter().all(|position| *position < pin.position())
            }
        };
        if is_sound {
            return Ok(());
        }
        let admittance = replica.federation().admittance(agency);
        self.intruded(&format!("{index} holds of {agency} what it must not: {admittance:?}"))
    }

    /// Returns a head that stands though its key was replaced, and the node knows,
    /// and that is no honest one of before.
    fn outdated<'a>(&self, held: &'a Catalogue) -> Option<&'a Head> {
        let key_index = held.agency.key_index();
        let heads = held.claimed.iter().filter(|head| head.key_index() < key_index);
        heads.into_iter().find(|head| self.is_stolen(head))
    }

    /// What a node answers is of agencies that it may tell of, and goes to who may
    /// know.
    pub(super) fn check_answer(&self, from: usize, to: usize, response: &Response) -> Run {
        let Some(replica) = self.honest_replica(from) else { return Ok(()) };
        let heads: Vec<&[u8]> = match response {
            Response::NotReady | Response::Membership(_) => return Ok(()),
            Response::Same | Response::Buckets(_) => Vec::new(),
            Response::Summaries(list) => {
                let told = list.iter().map(|summary| summary.0);
                return self.check_told(replica, (from, to), told);
            }
            Response::Heads(list) => list.iter().map(|AgencyHead { head, .. }| &**head).collect(),
            Response::Page(page) => vec![&page.head],
            Response::Map { head, .. } | Response::Records { head, .. } => vec![head],
        };
        let heads = heads.into_iter().filter_map(|head| Head::decode(head.to_vec()).ok());
        let heads: Vec<Head> = heads.collect();
        self.check_told(replica, (from, to), heads.iter().map(Head::agency))?;
        heads.iter().try_for_each(|head| self.check_head(replica, from, head))
    }

    fn check_told(
        &self,
        replica: &Replica<Disk>,
        (from, to): (usize, usize),
        mut agencies: impl Iterator<Item = AgencyId>,
    ) -> Run {
        let asks = self.nodes.get(to).map(|node| node.agency.id());
        if !replica.federation().may_read(asks.as_ref()) {
            return self.intruded(&format!("{from} tells {to}, which may not read"));
        }
        let may_tell = |agency: &AgencyId| {
            let admittance = replica.federation().admittance(agency);
            matches!(admittance, Admittance::Full | Admittance::Pinned(_))
        };
        match agencies.find(|agency| !may_tell(agency)) {
            Some(agency) => self.intruded(&format!("{from} tells {to} of {agency}")),
            None => Ok(()),
        }
    }

    fn check_head(&self, replica: &Replica<Disk>, index: usize, head: &Head) -> Run {
        let agency = head.agency();
        if let Admittance::Pinned(pin) = replica.federation().admittance(&agency)
            && head.rank() > pin.rank()
        {
            return self.intruded(&format!("{index} tells more of {agency} than is kept"));
        }
        let held = replica.catalogues().find(|one| one.id() == agency);
        let key_index = held.map_or(0, |held| held.agency.key_index());
        // What was taken in before the new key was heard of is told until that
        // speaks, and so is that the old key contradicted itself.
        let mut excused = held
            .into_iter()
            .flat_map(|held| held.head.iter().chain(held.fork.iter().flat_map(Fork::heads)));
        let is_excused = excused.any(|excused| excused == head);
        if head.key_index() < key_index && !is_excused && self.is_stolen(head) {
            return self.intruded(&format!("{index} tells what a thief signed for {agency}"));
        }
        Ok(())
    }

    /// What a node passes on by gossip is of members, and by keys that hold.
    pub(super) fn check_passed_on(&self, index: usize, bytes: &[u8]) -> Run {
        let Some(replica) = self.honest_replica(index) else { return Ok(()) };
        let heads = match Gossip::decode(bytes) {
            Ok(Gossip::Announcement(announcement)) => vec![announcement.head],
            Ok(Gossip::Fork(proof)) => proof.heads.into(),
            Ok(Gossip::Acts(_) | Gossip::Application(_)) | Err(_) => return Ok(()),
        };
        let heads = heads.into_iter().filter_map(|head| Head::decode(head).ok());
        for head in heads {
            let agency = head.agency();
            let admittance = replica.federation().admittance(&agency);
            if admittance != Admittance::Full && replica.own_agency() != Some(agency) {
                return self.intruded(&format!("{index} passes on {agency}: {admittance:?}"));
            }
            let author = self.nodes.iter().find(|node| node.agency.id() == agency);
            let is_signed =
                author.is_some_and(|node| head.verify(&node.agency, &self.federation).is_ok());
            if !is_signed {
                return self.intruded(&format!("{index} passes on what {agency} did not sign"));
            }
            self.check_head(replica, index, &head)?;
        }
        Ok(())
    }

    /// In the end nothing is left anywhere of what the council did not let in.
    pub(super) fn check_fates(&self) -> Run {
        for (agency, fate) in self.fates() {
            for index in 0..self.honest {
                let Some(replica) = self.honest_replica(index) else { continue };
                if replica.own_agency() != Some(agency) {
                    self.check_fate(index, replica, &agency, fate)?;
                }
                self.check_holding(index, &agency)?;
                self.check_theft(index, replica, &agency)?;
            }
        }
        Ok(())
    }

    fn check_fate(
        &self,
        index: usize,
        replica: &Replica<Disk>,
        agency: &AgencyId,
        fate: Fate,
    ) -> Run {
        let held = replica.catalogues().find(|one| one.id() == *agency);
        let has_head = held.is_some_and(|held| held.head.is_some() || held.claimed.is_some());
        let records = records_of(replica.store(), agency);
        let is_sound = match fate {
            Fate::Member | Fate::Suspended | Fate::Revoked(Disposition::Keep) => true,
            Fate::Stranger | Fate::Revoked(Disposition::Purge) => !has_head && records.is_empty(),
            Fate::Revoked(Disposition::Hide) => {
                !has_head && !records.iter().any(|record| replica.store().shows(record))
            }
        };
        if is_sound {
            return Ok(());
        }
        self.intruded(&format!(
            "{index} ends with {} records of {agency}, with a head: {has_head}, though it is a \
             {fate:?}",
            records.len()
        ))
    }

    fn check_theft(&self, index: usize, replica: &Replica<Disk>, agency: &AgencyId) -> Run {
        let theft = self.charter.as_ref().and_then(|charter| charter.theft.as_ref());
        let Some(theft) = theft.filter(|theft| theft.agency == *agency) else { return Ok(()) };
        let held = replica.catalogues().find(|one| one.id() == *agency);
        let mut heads = held.into_iter().flat_map(|held| held.head.iter().chain(&held.claimed));
        let has_head = heads.any(|head| theft.heads.contains(&head.id()));
        let records = records_of(replica.store(), agency);
        if has_head || records.iter().any(|record| theft.records.contains(&record.id())) {
            return self.intruded(&format!("{index} ends with what a thief signed for {agency}"));
        }
        Ok(())
    }

    /// Returns whether all honest nodes count the council's votes to the same, and
    /// to what it has decided.
    pub(super) fn agree_on_members(&self) -> bool {
        self.is_all_decided() && self.council_differences().is_empty()
    }

    /// Says at which honest nodes an agency is not what the council has made it.
    pub(super) fn council_differences(&self) -> Vec<String> {
        let fates = self.fates();
        let mut lines = Vec::new();
        for index in (0..self.honest).filter(|_| self.charter.is_some()) {
            let Some(replica) = self.honest_replica(index) else {
                lines.push(format!("{index} is down"));
                continue;
            };
            for (agency, fate) in &fates {
                let admittance = replica.federation().admittance(agency);
                if !fate.is(&admittance) {
                    let of = self.nodes.iter().position(|node| node.agency.id() == *agency);
                    lines.push(format!("at {index} the agency of {of:?} is no {fate:?}"));
                }
            }
        }
        lines
    }

    /// Returns whether all are to hold the same of an agency.
    pub(super) fn is_common(&self, agency: &AgencyId) -> bool {
        self.charter.is_none() || self.fates().get(agency) == Some(&Fate::Member)
    }

    /// A node that heard from the council begins anew with those it has ended:
    /// what is held of them may go back.
    pub(super) fn forget_ended(&mut self, index: usize) {
        let Some(replica) = self.honest_replica(index) else { return };
        let ended = replica
            .catalogues()
            .filter(|held| replica.federation().admittance(&held.id()) != Admittance::Full);
        let ended: Vec<(AgencyId, Seen)> =
            ended.map(|held| (held.id(), Seen::at(held.head.as_ref()))).collect();
        self.register.has_changed = true;
        if let Some(node) = self.nodes.get_mut(index) {
            node.shown.extend(ended);
        }
    }
}
