//! What the operator of this node has decided for this node alone: which
//! agencies it blocks, and in an open federation which alone it takes.
//!
//! Of a blocked agency nothing but its newest head is kept. That is told on, and
//! counts in what nodes compare as if its records were here: so nodes that block
//! different agencies still see at once whether they agree about all others, and
//! a blocking node is no reason for rounds without end.
//!
//! Invariants: a policy is stricter than what the council has decided, never
//! looser. Of a blocked agency no record is held, asked for, taken in, served or
//! passed on, and its node gets no more than a stranger that may not read. Our
//! own agency is never blocked.

use std::collections::BTreeSet;

use super::{Output, Replica};
use crate::catalogue::Catalogue;
use crate::federation::Admittance;
use crate::fork::Fork;
use crate::head::Head;
use crate::id::AgencyId;
use crate::store::{Batch, Store};
use crate::time::Timestamp;

/// What an operator has decided for one node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Agencies of which nothing is shown, kept or passed on.
    pub blocked: BTreeSet<AgencyId>,
    /// In an open federation: of these agencies alone anything is taken, beside
    /// our own; of all, where there is no such list. Whoever is also blocked is
    /// blocked.
    pub allowed: Option<BTreeSet<AgencyId>>,
}

impl Policy {
    /// Returns whether it lets nothing of an agency in. Of our own agency that is
    /// never so, whatever stands here.
    pub fn blocks(&self, agency: &AgencyId) -> bool {
        let is_allowed = self.allowed.as_ref().is_none_or(|allowed| allowed.contains(agency));
        self.blocked.contains(agency) || !is_allowed
    }
}

/// Why a policy was refused. The one before it stays in force, then.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError<E> {
    /// Who belongs to a federation with a charter is decided by its council; a
    /// node can only block.
    #[error(
        "a list of allowed agencies is for open federations; in this one the council decides who \
         belongs: block those whose records you do not want"
    )]
    CouncilDecides,
    /// Our own agency is to be blocked.
    #[error("a node cannot block its own agency")]
    OwnAgency,
    /// The store failed.
    #[error(transparent)]
    Store(E),
}

impl<S: Store> Replica<S> {
    /// Takes up a policy in place of the one before, and returns what is to be
    /// done.
    ///
    /// What is held of the agencies that are now blocked is deleted before this
    /// returns; what was not kept of those that no longer are is fetched again.
    /// The replica does not write the policy down: whoever opens it sets it before
    /// anything else happens.
    pub fn set_policy(
        &mut self,
        policy: Policy,
        now: Timestamp,
    ) -> Result<Vec<Output>, PolicyError<S::Error>> {
        self.now = now;
        if policy.allowed.is_some() && !self.council.is_open() {
            return Err(PolicyError::CouncilDecides);
        }
        if self.own_agency().is_some_and(|own| policy.blocked.contains(&own)) {
            return Err(PolicyError::OwnAgency);
        }
        self.policy = policy;
        self.take_up_policy().map_err(PolicyError::Store)?;
        Ok(core::mem::take(&mut self.outputs))
    }

    fn take_up_policy(&mut self) -> Result<(), S::Error> {
        self.enforce()?;
        let claimed = self.catalogues.values().filter(|held| held.claimed.is_some());
        let mut wanted: Vec<AgencyId> = claimed.map(Catalogue::id).collect();
        wanted.retain(|agency| !self.is_blocked(agency));
        for agency in wanted {
            self.chases.entry(agency).or_default();
        }
        self.save()?;
        self.begin_rounds();
        self.chase_all();
        Ok(())
    }

    /// Returns the policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Returns whether nothing of an agency is shown, kept or passed on here
    /// though the federation would have it.
    pub fn is_blocked(&self, agency: &AgencyId) -> bool {
        self.own_agency() != Some(*agency) && self.policy.blocks(agency)
    }

    /// Deletes what is held of an agency, all but the newest head that is known
    /// of it.
    pub(super) fn keep_head_only(&mut self, agency: AgencyId) -> Result<(), S::Error> {
        let Some(held) = self.catalogues.get(&agency) else { return Ok(()) };
        let newest = match self.council.admittance(&agency) {
            Admittance::Full | Admittance::Frozen => {
                held.head.iter().chain(&held.claimed).max_by_key(|head| head.rank()).cloned()
            }
            Admittance::Pinned(head) => Some(head.clone()),
            Admittance::Hidden | Admittance::None => None,
        };
        let signed = |head: &Head| head.verify(&held.agency, &self.federation).is_ok();
        let newest = newest.filter(signed);
        self.chases.remove(&agency);
        let is_so = held.head.is_none() && held.claimed == newest && held.bytes == 0;
        if is_so {
            return Ok(());
        }
        let catalogue = Catalogue { head: None, claimed: newest, ..held.clone() };
        self.commit(Batch::of(catalogue, self.now), None)?;
        self.remove_all(agency)
    }

    /// Returns the head that counts as held in what nodes compare and tell, and the
    /// one that counts as only announced.
    pub(super) fn counted_heads<'a>(
        &'a self,
        catalogue: &'a Catalogue,
    ) -> (Option<&'a Head>, Option<&'a Head>) {
        let (agency, held) = (catalogue.id(), catalogue.head.as_ref());
        let claimed = catalogue.claimed.as_ref();
        match self.council.admittance(&agency) {
            _ if self.is_blocked(&agency) => (claimed.or(held), None),
            // What it goes on to sign for itself is no matter of others.
            Admittance::Pinned(pin) if self.own_agency() == Some(agency) => (Some(pin), None),
            // What our own was before a recovery is asked for, and not told on: it may
            // be a thief's.
            _ if self.own_agency() == Some(agency) => {
                let key_index = catalogue.agency.key_index();
                (held, claimed.filter(|head| head.key_index() == key_index))
            }
            Admittance::Full
            | Admittance::Frozen
            | Admittance::Pinned(_)
            | Admittance::Hidden
            | Admittance::None => (held, claimed),
        }
    }

    /// Returns the proof that an agency contradicted itself, if no head that
    /// counts as held has ended that.
    pub(super) fn open_fork<'a>(&self, catalogue: &'a Catalogue) -> Option<&'a Fork> {
        if matches!(self.council.admittance(&catalogue.id()), Admittance::Pinned(_)) {
            return None; // Not all know of it, and nobody is told any more.
        }
        let (held, _) = self.counted_heads(catalogue);
        let epoch = held.map_or(0, |head| head.position().epoch);
        catalogue.fork.as_ref().filter(|fork| fork.position().epoch >= epoch)
    }
}
