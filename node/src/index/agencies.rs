//! Agencies: who they are, how complete and current their catalogues are here.

use core::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::HEXLOWER;
use dela_protocol::agency::profile_iri;
use dela_protocol::api::{
    AgencyKeys, AgencyList, AgencyProfile, AgencySort, AgencyState, AgencySummary, DatasetKind,
    ForkSummary, Sort,
};
use dela_protocol::catalogue::Catalogue;
use dela_protocol::dcat::{Agent, Resource, Text};
use dela_protocol::description::Description;
use dela_protocol::head::Head;
use dela_protocol::id::{AgencyId, Digest, EntityId};
use dela_protocol::record::{Position, Record, RecordKind};
use dela_protocol::time::Timestamp;

use super::{DatasetName, Described, Index, IndexError, SearchRequest, now};
use crate::search::{Filters, Term, kind_name};
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

/// Which agencies are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgencyRequest {
    /// Only those in one of these states; in any, where there is none.
    pub state: Vec<AgencyState>,
    /// In which order.
    pub sort: AgencySort,
    /// How many.
    pub limit: usize,
    /// Only those that follow this one.
    pub after: Option<AgencyId>,
}

/// What agencies say of themselves, and as of when: one for each agency that is
/// held, of which there are at most
/// [`AGENCIES_MAX`](dela_protocol::limits::AGENCIES_MAX).
pub(super) type Profiles = Mutex<BTreeMap<AgencyId, (AsOf, Profile)>>;

/// What says that nothing has come from an agency since.
type AsOf = (Position, Position, Digest);

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
            (live.root, live.behind, live.lacks_its_own().is_some())
        };
        let catalogues = self.catalogues();
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

    /// Returns the same of an agency of which something is held, without reading
    /// it again as long as nothing came from the agency: lists have all of them.
    pub(super) fn profile_of(&self, catalogue: &Catalogue) -> Result<Profile, IndexError> {
        let agency = catalogue.id();
        let at = (catalogue.cursor, catalogue.checked, catalogue.set.digest());
        {
            let kept = self.profiles.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((of, profile)) = kept.get(&agency)
                && *of == at
            {
                return Ok(profile.clone());
            }
        }
        let profile = self.profile(&agency)?;
        let mut kept = self.profiles.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(agency, (at, profile.clone()));
        Ok(profile)
    }

    /// Returns the agencies that are asked for, from the one that follows
    /// `after`.
    pub fn agencies(&self, request: &AgencyRequest) -> Result<AgencyList, IndexError> {
        self.demand_ready()?;
        let mut found = Vec::new();
        for catalogue in self.catalogues() {
            let state = self.state_of(&catalogue);
            if request.state.is_empty() || request.state.contains(&state) {
                let profile = self.profile_of(&catalogue)?;
                found.push((
                    profile.name.to_lowercase(),
                    catalogue.id(),
                    profile,
                    catalogue,
                    state,
                ));
            }
        }
        found.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        let tallies = self.parts.search.tallies().map_err(IndexError::Search)?;
        let datasets = |id: &AgencyId| tallies.of(Some(id)).map_or(0, |tally| tally.datasets);
        let confirmed =
            |catalogue: &Catalogue| catalogue.head.as_ref().map(|head| head.commitment().issued_at);
        match request.sort {
            AgencySort::Name => {}
            AgencySort::Datasets => found.sort_by_key(|(_, id, ..)| Reverse(datasets(id))),
            AgencySort::Confirmed => found.sort_by_key(|found| Reverse(confirmed(&found.3))),
            AgencySort::State => found.sort_by_key(|found| Reverse(found.4)),
        }
        let start = match request.after {
            None => 0,
            Some(after) => {
                let place = found.iter().position(|(_, id, ..)| *id == after);
                place.ok_or(IndexError::BadCursor)? + 1
            }
        };
        let more = found.len() > start.saturating_add(request.limit);
        let agencies: Vec<AgencySummary> = found
            .into_iter()
            .skip(start)
            .take(request.limit)
            .map(|(_, id, profile, catalogue, state)| {
                self.summary_of(profile, &catalogue, state, datasets(&id))
            })
            .collect();
        let next = agencies.last().filter(|_| more).map(|agency| agency.id.to_string());
        Ok(AgencyList { agencies, next })
    }

    /// Returns agencies that contradict themselves or did, by name.
    pub fn forked(&self, limit: usize) -> Result<Vec<AgencySummary>, IndexError> {
        let request = AgencyRequest { limit: usize::MAX, ..AgencyRequest::default() };
        let all = self.agencies(&request)?.agencies.into_iter();
        Ok(all.filter(|agency| agency.fork.is_some()).take(limit).collect())
    }

    /// Returns one agency, with what it says of itself.
    pub fn agency(&self, agency: &AgencyId) -> Result<AgencySummary, IndexError> {
        self.demand_ready()?;
        let catalogue = self.catalogue(agency)?;
        let profile = self.profile_of(&catalogue)?;
        let about = self.about(agency, &profile)?;
        let state = self.state_of(&catalogue);
        let summary =
            self.summary_of(profile, &catalogue, state, self.tally(Some(agency))?.datasets);
        let keys = Some(keys_of(&catalogue));
        Ok(AgencySummary { profile: Some(about), keys, ..summary })
    }

    /// Returns what else an agency says of itself, in its profile and in the
    /// first of its catalogues.
    fn about(&self, agency: &AgencyId, profile: &Profile) -> Result<AgencyProfile, IndexError> {
        let catalogue = self.search(&SearchRequest {
            filters: Filters::default()
                .with(Term::Agency, [agency.to_string()])
                .with(Term::Kind, [kind_name(DatasetKind::Catalogue)]),
            sort: Sort::Title,
            limit: 1,
            ..SearchRequest::default()
        })?;
        let resource = match catalogue.datasets.first() {
            None => Resource::default(),
            Some(found) => match self.described(&DatasetName::Id(found.id)) {
                Ok(Described { description, .. }) => Resource::of(&description),
                // Withdrawn a moment ago.
                Err(IndexError::Withdrawn { .. } | IndexError::NotFound(_)) => Resource::default(),
                Err(error) => return Err(error),
            },
        };
        let publisher = resource.publisher.first();
        let iri = publisher.and_then(|publisher| publisher.iri.as_deref());
        let agent_type = publisher.and_then(|publisher| publisher.agent_type.first());
        Ok(AgencyProfile {
            names: profile.names.clone(),
            agent_type: profile.agent_type.clone().or_else(|| agent_type.cloned()),
            organisation_number: iri.and_then(organisation_number),
            description: resource.description,
            contact_point: resource.contact_point,
            landing_page: resource.landing_page.into_iter().next(),
        })
    }

    /// Returns the state of an agency's catalogue.
    pub(super) fn catalogue(&self, agency: &AgencyId) -> Result<Arc<Catalogue>, IndexError> {
        let found = self.shown_catalogue(agency);
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
        state: AgencyState,
        datasets: u64,
    ) -> AgencySummary {
        let head = catalogue.head.as_ref();
        let commitment = head.map(Head::commitment);
        AgencySummary {
            id: catalogue.id(),
            name: profile.name,
            homepage: profile.homepage,
            own: catalogue.id() == self.parts.own,
            state,
            datasets,
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
            profile: None,
            keys: None,
        }
    }

    /// Returns how complete and current a catalogue is.
    pub(super) fn state_of(&self, catalogue: &Catalogue) -> AgencyState {
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

/// Returns the Swedish organisation number in an IRI that ends in
/// `/organisation/SE` and ten digits, if its last digit proves the others.
fn organisation_number(iri: &str) -> Option<String> {
    let digits = iri.rsplit_once("/organisation/SE")?.1;
    let is_number = digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
    // By Luhn: every other digit counts double, and its own digits are added.
    let sum: u32 = digits
        .bytes()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit.wrapping_sub(b'0')) * if place % 2 == 0 { 2 } else { 1 };
            value / 10 + value % 10
        })
        .sum();
    (is_number && sum.is_multiple_of(10)).then(|| digits.to_owned())
}

/// Returns an agency's keys, and what it has stated about them.
fn keys_of(catalogue: &Catalogue) -> AgencyKeys {
    let agency = &catalogue.agency;
    let now = agency.current();
    AgencyKeys {
        key_index: agency.key_index(),
        key: now.key.to_string(),
        recovery_threshold: now.recovery_threshold,
        recovery_keys: now.recovery_keys.iter().map(ToString::to_string).collect(),
        statements: agency.statements().iter().map(|it| HEXLOWER.encode(it)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_number_is_taken_only_where_it_proves_itself() {
        let found = |iri: &str| organisation_number(iri);
        let known = found("http://dataportal.se/organisation/SE2021005489");
        assert_eq!(known.as_deref(), Some("2021005489"));
        for iri in [
            "http://dataportal.se/organisation/SE2021005488",
            "http://dataportal.se/organisation/SE20210054",
            "http://dataportal.se/organisation/SEabcdefghij",
            "https://example.org/2021005489",
            "",
        ] {
            assert_eq!(found(iri), None, "{iri}");
        }
    }
}
