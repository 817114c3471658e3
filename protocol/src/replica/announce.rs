//! Judging what comes by gossip, and taking in what is complete in itself.

use super::chase::distinct;
use super::{Replica, Shown, Verdict};
use crate::head::Head;
use crate::id::NodeId;
use crate::record::Record;
use crate::store::Store;
use crate::wire::Announcement;

impl<S: Store> Replica<S> {
    /// Judges an announcement. Only what is provably wrong is rejected; what is
    /// old, unknown or not for us to judge rests without blame.
    pub(super) fn judge(&mut self, from: NodeId, bytes: &[u8]) -> Result<Verdict, S::Error> {
        let announcement = match Announcement::decode(bytes) {
            Ok(announcement) => announcement,
            Err(error) => return Ok(self.reject(from, format!("an announcement: {error}"))),
        };
        let head = match Head::decode(announcement.head) {
            Ok(head) => head,
            Err(error) => return Ok(self.reject(from, error.to_string())),
        };
        let verdict = match self.shown(from, announcement.statements, head.clone()) {
            Ok(Shown::Newer) => Verdict::Accept,
            // The head was here before its records: someone passed it on without
            // them. They are welcome, and need not travel twice.
            Ok(Shown::Known) if self.is_claimed(&head) => Verdict::Ignore,
            Ok(Shown::Known | Shown::Undecided) => return Ok(Verdict::Ignore),
            Err(reason) => return Ok(self.reject(from, reason)),
        };
        let mut records = Vec::new();
        for bytes in announcement.records {
            match self.verified(&head, bytes) {
                Ok(record) => records.push(record),
                Err(reason) => return Ok(self.reject(from, reason)),
            }
        }
        if let Err(reason) = distinct(&records) {
            return Ok(self.reject(from, reason));
        }
        self.take_in_whole(from, &head, records)?;
        Ok(verdict)
    }

    fn is_claimed(&self, head: &Head) -> bool {
        let catalogue = self.catalogues.get(&head.agency());
        catalogue.and_then(|catalogue| catalogue.claimed.as_ref()) == Some(head)
    }

    fn reject(&mut self, from: NodeId, reason: String) -> Verdict {
        self.blame(from, reason);
        Verdict::Reject
    }

    /// Reads a record and checks that it belongs under `head`.
    pub(super) fn verified(&self, head: &Head, bytes: Vec<u8>) -> Result<Record, String> {
        let record = Record::decode(bytes).map_err(|error| error.to_string())?;
        let Some(catalogue) = self.catalogues.get(&head.agency()) else {
            return Err("a record of an unknown agency".to_owned());
        };
        record.verify(&catalogue.agency, &self.federation).map_err(|error| error.to_string())?;
        if record.position() >= head.position() {
            return Err("a record that stands after its head".to_owned());
        }
        Ok(record)
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
        if !follows || self.is_chasing(&agency) {
            return Ok(());
        }
        let mut catalogue = catalogue.clone();
        let remove = self.replaced(&mut catalogue, &records, Some(head))?;
        for record in &records {
            catalogue.add(record);
        }
        if !catalogue.fulfils(head) {
            return Ok(());
        }
        Self::settle(&mut catalogue, head);
        self.commit(catalogue, remove, records, Some(from))?;
        self.completed(agency)
    }
}
