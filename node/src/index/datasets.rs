//! Datasets: found by search, by id, by the beginning of an id, or by IRI.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use std::sync::Arc;

use dela_protocol::api::{
    DatasetKind, DatasetSummary, DatasetView, EarlierVersion, Facet, Proof, Provenance, SearchPage,
    Sort,
};
use dela_protocol::catalogue::Catalogue;
use dela_protocol::dcat::{Resource, Text};
use dela_protocol::description::Description;
use dela_protocol::id::{AgencyId, EntityId};
use dela_protocol::record::{Record, RecordKind, Withdrawal};

use super::agencies::{description, is_stale};
use super::{Index, IndexError, now};
use crate::search::{Filters, Query, SearchError, Term, kind_name};
use crate::storage::Version;
use crate::vocabulary::{self, ckan};

/// The fewest digits of an id that may stand for it: what tables show.
const PREFIX_DIGITS_MIN: usize = 8;

/// How many of the entries that fit a shortened id are named in the refusal.
const AMBIGUOUS_SHOWN_MAX: usize = 5;

/// How much of a description a hit shows.
const DESCRIPTION_CHARS_MAX: usize = 500;

/// By what a dataset is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatasetName {
    /// Its id.
    Id(EntityId),
    /// The beginning of its id, in lower-case hexadecimal digits. So ends the
    /// name that CKAN's clients know it by.
    Prefix(String),
    /// Its IRI.
    Iri(String),
}

impl FromStr for DatasetName {
    type Err = IndexError;

    fn from_str(text: &str) -> Result<Self, IndexError> {
        if text.contains(':') {
            return Ok(Self::Iri(text.to_owned()));
        }
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        let digits = ckan::digits_of(text).unwrap_or_else(|| text.to_ascii_lowercase());
        if let Ok(id) = digits.parse() {
            return Ok(Self::Id(id));
        }
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hex && (PREFIX_DIGITS_MIN..EntityId::BYTES * 2).contains(&digits.len()) {
            return Ok(Self::Prefix(digits));
        }
        Err(IndexError::BadName(text.chars().filter(|c| !c.is_control()).take(80).collect()))
    }
}

/// What is searched for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchRequest {
    /// Words, all of which must occur.
    pub words: String,
    /// What it is narrowed to; agencies by id or the beginning of one.
    pub filters: Filters,
    /// In which order.
    pub sort: Sort,
    /// How many hits.
    pub limit: usize,
    /// The cursor of the page before.
    pub after: Option<String>,
}

/// How many keywords a hit shows: in two languages, fifteen each.
const KEYWORDS_MAX: usize = 30;

/// An entry with what it was read from.
#[derive(Debug, Clone)]
pub struct Described {
    /// The signed record.
    pub record: Record,
    /// What the record says.
    pub description: Description,
}

/// What is looked up once per agency while a page of hits is made.
struct Context {
    catalogue: Arc<Catalogue>,
    name: String,
}

impl Index {
    /// Searches.
    pub fn search(&self, request: &SearchRequest) -> Result<SearchPage, IndexError> {
        self.demand_ready()?;
        let query = self.query(request)?;
        let hits = self.parts.search.query(&query).map_err(refused)?;
        let mut contexts = BTreeMap::new();
        let mut datasets = Vec::with_capacity(hits.ids.len());
        for id in &hits.ids {
            // What was withdrawn a moment ago may still be in the search.
            let Some(record) = self.parts.reader.newest(id)? else { continue };
            datasets.extend(self.hit(&record, &mut contexts)?);
        }
        let facets = self.named_facets(hits.facets)?;
        Ok(SearchPage {
            total: hits.total,
            datasets,
            facets,
            next: hits.next,
            corrected: hits.corrected,
        })
    }

    /// Returns what is to be asked of the search.
    pub(super) fn query(&self, request: &SearchRequest) -> Result<Query, IndexError> {
        Ok(Query {
            words: request.words.clone(),
            filters: self.whole_names(&request.filters)?,
            sort: request.sort,
            limit: request.limit,
            after: request.after.clone(),
            facets: request.after.is_none(),
        })
    }

    /// Returns filters with the beginnings of agencies' ids made whole.
    pub(super) fn whole_names(&self, filters: &Filters) -> Result<Filters, IndexError> {
        let agencies = filters.of(Term::Agency).iter().map(|name| self.agency_named(name));
        let agencies: Vec<String> =
            agencies.map(|id| id.map(|id| id.to_string())).collect::<Result<_, _>>()?;
        Ok(filters.clone().with(Term::Agency, agencies))
    }

    /// Returns how many datasets there are, of one agency or of all.
    pub(super) fn dataset_count(&self, agency: Option<&AgencyId>) -> Result<u64, IndexError> {
        let query = Query {
            filters: Filters::default()
                .with(Term::Agency, agency.map(ToString::to_string))
                .with(Term::Kind, [kind_name(DatasetKind::Dataset)]),
            limit: 1,
            ..Query::default()
        };
        Ok(self.parts.search.query(&query).map_err(refused)?.total)
    }

    /// Returns what the agencies say about one IRI: each has an entry of its
    /// own.
    pub fn about_iri(&self, iri: &str) -> Result<SearchPage, IndexError> {
        self.demand_recovered()?;
        let mut contexts = BTreeMap::new();
        let mut datasets = Vec::new();
        for record in self.records_about(iri)? {
            datasets.extend(self.hit(&record, &mut contexts)?);
        }
        let total = u64::try_from(datasets.len()).unwrap_or(u64::MAX);
        Ok(SearchPage { total, datasets, facets: Vec::new(), next: None, corrected: None })
    }

    /// Returns one entry in full.
    pub fn dataset(&self, name: &DatasetName) -> Result<DatasetView, IndexError> {
        self.view(name, &self.described(name)?)
    }

    /// Returns what was found under a name, for clients.
    pub(super) fn view(
        &self,
        name: &DatasetName,
        Described { record, description }: &Described,
    ) -> Result<DatasetView, IndexError> {
        let context = self.context(&record.agency())?;
        let resource = Resource::of(description);
        let Some(summary) = summary(record, &resource, &context) else {
            return Err(IndexError::NotFound(shown(name)));
        };
        let triples = u64::try_from(description.triples().count()).unwrap_or(u64::MAX);
        let related = self.related(record, &resource)?;
        let earlier = self.parts.reader.versions(record)?.into_iter();
        let earlier = earlier.map(|Version { position, issued_at, record }| EarlierVersion {
            record,
            position,
            issued_at,
        });
        Ok(DatasetView { summary, resource, triples, related, earlier: earlier.collect() })
    }

    /// Returns the record of a live entry, with what it says.
    pub fn described(&self, name: &DatasetName) -> Result<Described, IndexError> {
        let record = self.record(name)?;
        let described = description(&record)?
            .filter(|_| dataset_kind(record.kind()).is_some())
            .ok_or_else(|| IndexError::NotFound(shown(name)))?;
        Ok(Described { record, description: described })
    }

    /// Returns the newest record of a live entry, as it was signed.
    pub fn record(&self, name: &DatasetName) -> Result<Record, IndexError> {
        let record = match name {
            DatasetName::Id(id) => self.parts.reader.newest(id)?,
            DatasetName::Prefix(digits) => only(name, self.beginning_with(digits)?)?,
            DatasetName::Iri(iri) => only(name, self.records_about(iri)?)?,
        };
        let Some(record) = record else {
            self.demand_recovered()?;
            return Err(IndexError::NotFound(shown(name)));
        };
        if record.kind() == RecordKind::Withdrawal {
            let Withdrawal { iri, reason } = Withdrawal::decode(record.body())
                .map_err(|source| IndexError::Unreadable { entity: record.entity(), source })?;
            return Err(IndexError::Withdrawn { iri, at: record.issued_at(), reason });
        }
        Ok(record)
    }

    /// Returns all one needs to check the signature of an entry's record
    /// without this software.
    pub fn proof(&self, name: &DatasetName) -> Result<Proof, IndexError> {
        let record = self.record(name)?;
        let catalogue = self.catalogue(&record.agency())?;
        let covers = |head: &&dela_protocol::head::Head| head.position() > record.position();
        let head = catalogue.head.as_ref().filter(covers).or(catalogue.claimed.as_ref());
        let head = head.ok_or_else(|| IndexError::Unproven(record.entity()))?;
        let statements = catalogue.agency.statements();
        Ok(Proof {
            cose_sign1: HEXLOWER.encode(record.bytes()),
            external_aad: HEXLOWER.encode(&Record::external_aad(&self.parts.federation.id())),
            key: key_of(&record, &catalogue),
            agency: record.agency(),
            statements: statements.iter().map(|statement| HEXLOWER.encode(statement)).collect(),
            head: HEXLOWER.encode(head.bytes()),
            record: record.id(),
        })
    }

    /// Finds the one agency whose id is, or begins with, `name`.
    pub fn agency_named(&self, name: &str) -> Result<AgencyId, IndexError> {
        if let Ok(id) = name.parse() {
            return Ok(id);
        }
        let digits = name.to_ascii_lowercase();
        let unknown =
            || IndexError::NoAgency(name.chars().filter(|c| !c.is_control()).take(80).collect());
        if digits.len() < PREFIX_DIGITS_MIN {
            return Err(unknown());
        }
        let catalogues = self.catalogues();
        let mut fitting = catalogues
            .iter()
            .map(|catalogue| catalogue.id())
            .filter(|id| id.to_string().starts_with(&digits));
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Ok(only),
            // Two ids that begin alike: as good as none.
            _ => Err(unknown()),
        }
    }

    /// Returns the newest records of all agencies about `iri`.
    pub(super) fn records_about(&self, iri: &str) -> Result<Vec<Record>, IndexError> {
        let mut found = Vec::new();
        for catalogue in self.catalogues() {
            let entity = EntityId::of(&catalogue.id(), iri);
            found.extend(self.parts.reader.newest(&entity)?);
        }
        Ok(found)
    }

    /// Returns the newest records about entities whose id begins with `digits`.
    fn beginning_with(&self, digits: &str) -> Result<Vec<Record>, IndexError> {
        let mut found = Vec::new();
        for id in self.parts.reader.beginning_with(digits, AMBIGUOUS_SHOWN_MAX + 1)? {
            found.extend(self.parts.reader.newest(&id)?);
        }
        Ok(found)
    }

    fn context(&self, agency: &AgencyId) -> Result<Context, IndexError> {
        Ok(Context { catalogue: self.catalogue(agency)?, name: self.profile(agency)?.name })
    }

    fn hit(
        &self,
        record: &Record,
        contexts: &mut BTreeMap<AgencyId, Context>,
    ) -> Result<Option<DatasetSummary>, IndexError> {
        let Some(description) = description(record)? else { return Ok(None) };
        let agency = record.agency();
        let context = match contexts.entry(agency) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(self.context(&agency)?),
        };
        let summary = summary(record, &Resource::of(&description), context);
        Ok(summary.map(|mut summary| {
            summary.description.iter_mut().for_each(shorten);
            summary.keyword.truncate(KEYWORDS_MAX);
            summary
        }))
    }

    /// Gives the agencies in facets their names.
    fn named_facets(&self, mut facets: Vec<Facet>) -> Result<Vec<Facet>, IndexError> {
        for facet in facets.iter_mut().filter(|facet| facet.name == "agency") {
            for value in &mut facet.values {
                if let Ok(agency) = value.value.parse() {
                    value.label = self.profile(&agency)?.name;
                }
            }
        }
        Ok(facets)
    }
}

/// Returns the one live record among `found`; if there is none, what is there.
fn only(name: &DatasetName, found: Vec<Record>) -> Result<Option<Record>, IndexError> {
    let (mut live, mut withdrawn): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|record| dataset_kind(record.kind()).is_some());
    if live.len() > 1 {
        let ids = live.iter().take(AMBIGUOUS_SHOWN_MAX).map(Record::entity).collect();
        return Err(IndexError::Ambiguous { name: shown(name), ids });
    }
    Ok(live.pop().or_else(|| withdrawn.pop()))
}

pub(super) fn refused(error: SearchError) -> IndexError {
    match error {
        SearchError::BadCursor => IndexError::BadCursor,
        long @ (SearchError::TooLong { .. }
        | SearchError::TooManyWords
        | SearchError::FilterTooLarge { .. }) => IndexError::BadSearch(long.to_string()),
        failed @ (SearchError::InUse { .. }
        | SearchError::Damaged { .. }
        | SearchError::Io { .. }
        | SearchError::Engine(_)) => IndexError::Search(failed),
    }
}

/// Returns what a record is to clients; `None` for what is no catalogue entry.
pub(crate) fn dataset_kind(kind: RecordKind) -> Option<DatasetKind> {
    match kind {
        RecordKind::Dataset => Some(DatasetKind::Dataset),
        RecordKind::DataService => Some(DatasetKind::DataService),
        RecordKind::DatasetSeries => Some(DatasetKind::DatasetSeries),
        RecordKind::Catalogue => Some(DatasetKind::Catalogue),
        RecordKind::Withdrawal | RecordKind::Profile | RecordKind::Later(_) => None,
    }
}

/// Returns when it was last changed, as it says itself, else when it was signed.
pub(crate) fn modified(resource: &Resource, record: &Record) -> String {
    resource.modified.clone().unwrap_or_else(|| record.issued_at().to_string())
}

fn summary(record: &Record, resource: &Resource, context: &Context) -> Option<DatasetSummary> {
    let head = context.catalogue.claimed.as_ref().or(context.catalogue.head.as_ref());
    Some(DatasetSummary {
        id: record.entity(),
        iri: resource.iri.clone(),
        kind: dataset_kind(record.kind())?,
        title: resource.title.clone(),
        description: resource.description.clone(),
        keyword: resource.keyword.clone(),
        agency: record.agency(),
        agency_name: context.name.clone(),
        formats: vocabulary::formats_of(resource).into_iter().map(|format| format.key).collect(),
        licences: vocabulary::licences_of(resource).into_iter().map(|known| known.key).collect(),
        themes: vocabulary::themes_of(resource).into_iter().map(str::to_owned).collect(),
        modified: modified(resource, record),
        verified: true,
        provenance: Provenance {
            record: record.id(),
            position: record.position(),
            key: key_of(record, &context.catalogue),
            issued_at: record.issued_at(),
            signature_valid: true,
            confirmed_at: head.map(|head| head.commitment().issued_at),
            stale: is_stale(&context.catalogue, now()),
        },
    })
}

fn key_of(record: &Record, catalogue: &Catalogue) -> String {
    catalogue.agency.key(record.key_index()).map(ToString::to_string).unwrap_or_default()
}

fn shorten(text: &mut Text) {
    if let Some((end, _)) = text.text.char_indices().nth(DESCRIPTION_CHARS_MAX) {
        text.text.truncate(end);
        text.text.push('…');
    }
}

fn shown(name: &DatasetName) -> String {
    let text = match name {
        DatasetName::Id(id) => return id.to_string(),
        DatasetName::Prefix(text) | DatasetName::Iri(text) => text,
    };
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_an_id_the_beginning_of_one_or_an_iri() {
        let id = EntityId::from_bytes([0xab; 16]);
        assert_eq!(id.to_string().parse::<DatasetName>().unwrap(), DatasetName::Id(id));
        assert_eq!(
            "ABABABAB".parse::<DatasetName>().unwrap(),
            DatasetName::Prefix("abababab".to_owned())
        );
        for name in ["abababab-abab-abab-abab-abababababab", "luft-i-stan-abababababababab"] {
            assert!(name.parse::<DatasetName>().is_ok(), "{name}, as CKAN's clients say");
        }
        assert_eq!("urn:x".parse::<DatasetName>().unwrap(), DatasetName::Iri("urn:x".to_owned()));
        for bad in ["", "abababa", "kattskott", &"ab".repeat(17)] {
            assert!(bad.parse::<DatasetName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_long_description_is_cut_between_characters() {
        let mut text = Text { text: "å".repeat(600), language: None };
        shorten(&mut text);
        assert_eq!(text.text.chars().count(), DESCRIPTION_CHARS_MAX + 1);
    }
}
