//! Judging what comes by gossip, and taking in what is complete in itself.

use super::chase::distinct;
use super::heads::{Shown, Way};
use super::{Replica, Sabotage, Verdict};
use crate::fork::Fork;
use crate::head::Head;
use crate::id::NodeId;
use crate::record::Record;
use crate::store::{Batch, Standing, Store};
use crate::wire::{Announcement, ForkProof, Gossip};

impl<S: Store> Replica<S> {
    /// Judges what came by gossip. Only what is provably wrong is rejected; what is
    /// old, unknown or not for us to judge rests without blame.
    pub(super) fn judge(&mut self, from: NodeId, bytes: &[u8]) -> Result<Verdict, S::Error> {
        match Gossip::decode(bytes) {
            Ok(Gossip::Acts(acts)) => self.judge_acts(from, &acts),
            Ok(_) if !self.is_member(&from) && !self.has(Sabotage::AdmitByGossip) => {
                Ok(Verdict::Ignore)
            }
            Ok(Gossip::Application(card)) => Ok(self.judge_application(from, card)),
            Ok(Gossip::Fork(proof)) => Ok(self.judge_fork(from, proof)),
            Ok(Gossip::Announcement(announcement)) => self.judge_announcement(from, announcement),
            Err(error) => Ok(self.reject(from, format!("an announcement: {error}"))),
        }
    }

    fn judge_announcement(
        &mut self,
        from: NodeId,
        announcement: Announcement,
    ) -> Result<Verdict, S::Error> {
        let head = match Head::decode(announcement.head) {
            Ok(head) => head,
            Err(error) => return Ok(self.reject(from, error.to_string())),
        };
        let verdict = match self.shown((from, Way::Gossip), announcement.statements, head.clone()) {
            // Its head is known now; its records are not for us to pass on.
            Ok(_) if self.is_blocked(&head.agency()) => return Ok(Verdict::Ignore),
            Ok(Shown::Newer) if !self.spend_head(head.agency()) => return Ok(Verdict::Ignore),
            Ok(Shown::Newer) => Verdict::Accept,
            // The head was here before its records: someone passed it on without
            // them. They are welcome, and need not travel twice.
            Ok(Shown::Known)
                if self.is_claimed(&head) && self.may_fetch_at(&head.agency()) <= self.now =>
            {
                Verdict::Ignore
            }
            Ok(Shown::Known | Shown::Undecided) => return Ok(Verdict::Ignore),
            Err(reason) => return Ok(self.reject(from, reason)),
        };
        let mut records = Vec::new();
        for bytes in announcement.records {
            match read_record(&head, bytes) {
                Ok(record) if self.holds(&record) => records.push(record),
                Ok(_) => return Ok(self.reject(from, "a record that its agency did not sign")),
                Err(reason) => return Ok(self.reject(from, reason)),
            }
        }
        if let Err(reason) = distinct(&records) {
            return Ok(self.reject(from, reason));
        }
        self.take_in_whole(from, &head, records)?;
        Ok(verdict)
    }

    /// Judges the proof that an agency contradicted itself. One proof is kept of
    /// each agency, so only what is newer than that travels.
    fn judge_fork(&mut self, from: NodeId, proof: ForkProof) -> Verdict {
        let [one, other] = proof.heads.map(Head::decode);
        let heads = match (one, other) {
            (Ok(one), Ok(other)) => [one, other],
            (Err(error), _) | (_, Err(error)) => return self.reject(from, error.to_string()),
        };
        let [one, other] = &heads;
        let Some(fork) = Fork::between(one, other) else {
            return self.reject(from, "two heads that do not contradict each other");
        };
        let known = self.catalogues.get(&fork.agency());
        if known.and_then(|known| known.fork.as_ref()).is_some_and(|known| *known == fork) {
            return Verdict::Ignore;
        }
        let epoch = fork.position().epoch;
        let known = known.and_then(|known| known.fork.as_ref());
        let is_news = known.is_none_or(|known| known.position().epoch < epoch);
        for head in heads {
            match self.shown((from, Way::Gossip), proof.statements.clone(), head) {
                Ok(Shown::Newer | Shown::Known) => {}
                Ok(Shown::Undecided) => return Verdict::Ignore,
                Err(reason) => return self.reject(from, reason),
            }
        }
        // Seen one after the other, they may have proved it already.
        self.forked(fork);
        if is_news { Verdict::Accept } else { Verdict::Ignore }
    }

    fn is_claimed(&self, head: &Head) -> bool {
        let catalogue = self.catalogues.get(&head.agency());
        catalogue.and_then(|catalogue| catalogue.claimed.as_ref()) == Some(head)
    }

    fn reject(&mut self, from: NodeId, reason: impl Into<String>) -> Verdict {
        self.blame(from, reason);
        Verdict::Reject
    }

    /// Takes in the records of an announcement if they lead exactly from the
    /// head we hold to the head announced, as no records do at a heartbeat;
    /// otherwise they are fetched.
    fn take_in_whole(
        &mut self,
        from: NodeId,
        head: &Head,
        records: Vec<Record>,
    ) -> Result<(), S::Error> {
        let agency = head.agency();
        let Some(catalogue) = self.catalogues.get(&agency) else { return Ok(()) };
        let follows = match &catalogue.head {
            Some(held) => held.id() == head.commitment().previous && catalogue.fulfils(held),
            None => catalogue.live_count == 0 && catalogue.withdrawal_count == 0,
        };
        if !follows {
            return Ok(());
        }
        let mut catalogue = catalogue.clone();
        let remove = self.replaced(&mut catalogue, &records, Some(head))?;
        for record in &records {
            catalogue.add(record);
        }
        if !catalogue.completes(head) {
            return Ok(());
        }
        Self::settle(&mut catalogue, head);
        let put = records.into_iter().map(|record| (record, Standing::Verified)).collect();
        let batch = Batch { remove, put, ..Batch::of(catalogue, self.now) };
        self.commit(batch, Some(from))?;
        self.completed(agency);
        Ok(())
    }
}

/// Reads a record and checks that it belongs under `head`. Its own signature
/// is another matter.
pub(super) fn read_record(head: &Head, bytes: Vec<u8>) -> Result<Record, String> {
    let record = Record::decode(bytes).map_err(|error| error.to_string())?;
    if record.agency() != head.agency() {
        return Err("a record of another agency than was asked for".to_owned());
    }
    if record.position() >= head.position() {
        return Err("a record that stands after its head".to_owned());
    }
    Ok(record)
}
