//! Agencies: who they are, how complete and current their catalogues are here.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use dela_protocol::agency::profile_iri;
use dela_protocol::api::{AgencyList, AgencyState, AgencySummary, ForkSummary};
use dela_protocol::catalogue::Catalogue;
use dela_protocol::dcat::{Agent, Text};
use dela_protocol::description::Description;
use dela_protocol::head::Head;
use dela_protocol::id::{AgencyId, Digest, EntityId};
use dela_protocol::record::{Record, RecordKind};
use dela_protocol::time::Timestamp;

use super::{Index, IndexError, now};
use crate::storage::Reader;

/// What an agency says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name; its shortened id where it has not said.
    pub name: String,
    /// Its names as it gave them, by language.
    pub names: Vec<Text>,
    /// What kind of organisation it is, where it has said.
    pub agent_type: Option<String>,
    /// Its homepage, where it has said.
    pub homepage: Option<String>,
}

/// The state of the node in a few numbers, for the foot of each page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The name of the agency the node publishes for.
    pub agency_name: String,
    /// The digest of all heads.
    pub root: Digest,
    /// How many agencies the index holds.
    pub agencies: u64,
    /// How many datasets can be found.
    pub datasets: u64,
    /// How many agencies have announced more than is held.
    pub behind: u64,
    /// How many agencies are overdue to confirm their catalogues.
    pub stale: u64,
    /// Whether the node waits for its own catalogue to come back.
    pub recovering: bool,
}

impl Index {
    /// Returns the state of the node in a few numbers.
    pub fn overview(&self) -> Result<Overview, IndexError> {
        let (root, behind, recovering) = {
            let live = self.parts.live.borrow();
            (live.root, live.behind, live.has_lost_its_own())
        };
        let catalogues = self.parts.reader.catalogues();
        let now = now();
        let stale = catalogues.iter().filter(|catalogue| is_stale(catalogue, now)).count();
        Ok(Overview {
            agency_name: self.profile(&self.parts.own)?.name,
            root,
            agencies: u64::try_from(catalogues.len()).unwrap_or(u64::MAX),
            datasets: self.dataset_count(None)?,
            behind,
            stale: u64::try_from(stale).unwrap_or(u64::MAX),
            recovering,
        })
    }

    /// Returns what an agency says of itself.
    pub fn profile(&self, agency: &AgencyId) -> Result<Profile, IndexError> {
        profile_in(&self.parts.reader, agency)
    }

    /// Returns the agencies by name, from the one that follows `after`.
    pub fn agencies(
        &self,
        limit: usize,
        after: Option<&AgencyId>,
    ) -> Result<AgencyList, IndexError> {
        self.demand_ready()?;
        let mut named = Vec::new();
        for catalogue in self.parts.reader.catalogues() {
            let profile = self.profile(&catalogue.id())?;
            named.push((profile.name.to_lowercase(), catalogue.id(), profile, catalogue));
        }
        named.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        let start = match after {
            None => 0,
            Some(after) => {
                named.iter().position(|(_, id, ..)| id == after).ok_or(IndexError::BadCursor)? + 1
            }
        };
        let more = named.len() > start.saturating_add(limit);
        let agencies = named
            .into_iter()
            .skip(start)
            .take(limit)
            .map(|(_, _, profile, catalogue)| self.summary_of(profile, &catalogue))
            .collect::<Result<Vec<_>, _>>()?;
        let next = agencies.last().filter(|_| more).map(|agency| agency.id.to_string());
        Ok(AgencyList { agencies, next })
    }

    /// Returns one agency.
    pub fn agency(&self, agency: &AgencyId) -> Result<AgencySummary, IndexError> {
        self.demand_ready()?;
        let catalogue = self.catalogue(agency)?;
        self.summary_of(self.profile(agency)?, &catalogue)
    }

    /// Returns the state of an agency's catalogue.
    pub(super) fn catalogue(&self, agency: &AgencyId) -> Result<Arc<Catalogue>, IndexError> {
        let found = self.parts.reader.catalogue(agency);
        let Some(found) = found else {
            self.demand_recovered()?;
            return Err(IndexError::NoAgency(agency.to_string()));
        };
        Ok(found)
    }

    fn summary_of(
        &self,
        profile: Profile,
        catalogue: &Catalogue,
    ) -> Result<AgencySummary, IndexError> {
        let head = catalogue.head.as_ref();
        let commitment = head.map(Head::commitment);
        Ok(AgencySummary {
            id: catalogue.id(),
            name: profile.name,
            homepage: profile.homepage,
            own: catalogue.id() == self.parts.own,
            state: self.state_of(catalogue),
            datasets: self.dataset_count(Some(&catalogue.id()))?,
            records: catalogue.live_count,
            bytes: catalogue.bytes,
            position: head.map_or(catalogue.cursor, Head::position),
            announced: catalogue.claimed.as_ref().map(Head::position),
            throttled: self.parts.live.borrow().throttled.get(&catalogue.id()).cloned(),
            head: head.map(Head::id),
            digest: catalogue.set.digest(),
            confirmed_at: commitment.map(|head| head.issued_at),
            confirm_by: commitment.map(|head| head.heartbeat_by),
            fork: catalogue.fork.as_ref().map(|fork| ForkSummary {
                position: fork.position(),
                heads: fork.heads().map(|head| HEXLOWER.encode(head.bytes())).to_vec(),
                ended: !catalogue.is_conflicting(),
            }),
        })
    }

    /// Returns how complete and current a catalogue is.
    fn state_of(&self, catalogue: &Catalogue) -> AgencyState {
        if catalogue.is_conflicting() {
            return AgencyState::Conflicting;
        }
        let is_withheld = self.parts.live.borrow().withheld.contains(&catalogue.id());
        if is_withheld {
            return AgencyState::Withheld;
        }
        state(catalogue, now())
    }

    /// Returns the state of an agency's catalogue; refused as long as it has not
    /// been here in full.
    pub fn whole_catalogue(&self, agency: &AgencyId) -> Result<Arc<Catalogue>, IndexError> {
        if *agency == self.parts.own {
            self.demand_recovered()?;
        }
        let catalogue = self.catalogue(agency)?;
        if catalogue.head.is_none() {
            return Err(IndexError::Incomplete(*agency));
        }
        Ok(catalogue)
    }

    /// Returns the descriptions an agency offers, for export: all but its
    /// profile, in the order it published them. Refused as long as the
    /// catalogue has not been here in full.
    pub fn descriptions(&self, agency: &AgencyId) -> Result<Vec<Description>, IndexError> {
        self.whole_catalogue(agency)?;
        let mut found = Vec::new();
        for record in self.parts.reader.records(agency) {
            let record = record?;
            if record.kind() != RecordKind::Profile {
                found.extend(description(&record)?);
            }
        }
        Ok(found)
    }
}

/// Returns what an agency says of itself in its profile record.
pub(super) fn profile_in(reader: &Reader, agency: &AgencyId) -> Result<Profile, IndexError> {
    let unknown =
        Profile { name: agency.short(), names: Vec::new(), agent_type: None, homepage: None };
    let entity = EntityId::of(agency, &profile_iri(agency));
    let Some(record) = reader.newest(&entity)? else { return Ok(unknown) };
    if record.kind() != RecordKind::Profile {
        return Ok(unknown);
    }
    let Some(description) = description(&record)? else { return Ok(unknown) };
    let agent = Agent::of(&description);
    let name = Text::in_languages(&agent.name, &["sv", "en"]).map(str::trim);
    Ok(Profile {
        name: name.filter(|name| !name.is_empty()).map_or(unknown.name, str::to_owned),
        homepage: agent.homepage.into_iter().next(),
        agent_type: agent.agent_type.into_iter().next(),
        names: agent.name,
    })
}

/// Reads the description a stored record carries.
pub(super) fn description(record: &Record) -> Result<Option<Description>, IndexError> {
    record
        .description()
        .map_err(|source| IndexError::Unreadable { entity: record.entity(), source })
}

/// Returns how complete and current a catalogue is.
pub(super) fn state(catalogue: &Catalogue, now: Timestamp) -> AgencyState {
    if !catalogue.is_complete() {
        AgencyState::CatchingUp
    } else if is_stale(catalogue, now) {
        AgencyState::Stale
    } else {
        AgencyState::Complete
    }
}

/// Returns whether an agency is overdue to confirm its catalogue.
pub(super) fn is_stale(catalogue: &Catalogue, now: Timestamp) -> bool {
    let newest = catalogue.claimed.as_ref().or(catalogue.head.as_ref());
    newest.is_some_and(|head| head.commitment().heartbeat_by < now)
}
