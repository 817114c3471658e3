//! DCAT-AP Feeds: catalogues as streams of changes (LDES).
//!
//! A page holds activities: that an entity was created or updated, with what is
//! said of it from then on in the named graph of the activity, or that it was
//! deleted. Datasets, distributions, agents and contacts are entities of their
//! own; together, the newest of each are the catalogue.
//!
//! Invariant: of each entity the newest activity counts, in whatever order they
//! come; what was deleted leaves nothing.

use std::collections::BTreeMap;

use dela_protocol::api::NotCarried;
use dela_protocol::dcat::term;
use dela_protocol::time::Timestamp;

use super::{Page, hydra};
use crate::import::form::Form;
use crate::import::split::Entities;
use crate::import::{ImportError, count};
use crate::rdf::namespace::AS;
use crate::rdf::{Builder, FILE_TRIPLES_MAX, Graph, NamedGraphs, ParseError, TermId};

const AS_OBJECT: &str = "https://www.w3.org/ns/activitystreams#object";
const AS_PUBLISHED: &str = "https://www.w3.org/ns/activitystreams#published";
const EVENT_STREAM: &str = "https://w3id.org/ldes#EventStream";
const TREE_NODE: &str = "https://w3id.org/tree#node";
const TREE_VIEW: &str = "https://w3id.org/tree#view";

/// Whether a document is a page of a feed: it says so, or has activities, and
/// nothing else. (A catalogue may well describe a feed as one of its datasets.)
pub(super) fn is_feed(graph: &Graph) -> bool {
    let ids = graph.find(&[EVENT_STREAM, term::RDF_TYPE, AS_OBJECT]);
    let Some(rdf_type) = ids.get(term::RDF_TYPE) else { return false };
    let stream = ids.get(EVENT_STREAM);
    let says_so =
        |[_, predicate, object]: &[TermId; 3]| predicate == rdf_type && Some(object) == stream;
    (ids.contains_key(AS_OBJECT) || graph.ids().iter().any(says_so))
        && Entities::find(graph).is_empty()
}

/// Reads a feed that is one document.
pub(super) fn whole(page: &NamedGraphs) -> Result<Page, ImportError> {
    let mut feed = Feed::default();
    feed.add(page, 0)?;
    if let Some(next) = feed.links.first() {
        return Err(ImportError::OnePage { next: next.clone() });
    }
    Ok(feed.finish()?)
}

/// A feed, page by page.
#[derive(Default)]
pub(in super::super) struct Feed {
    /// The newest of each entity, by its IRI.
    entities: BTreeMap<String, Version>,
    triples: usize,
    left_out: u64,
    /// Where the last page leads.
    links: Vec<String>,
}

/// What an activity says of an entity.
struct Version {
    /// When: moments first, then the order in which they came.
    at: (Option<Timestamp>, u64, TermId),
    /// What is said from then on; nothing if it was deleted.
    content: Option<Graph>,
}

impl Feed {
    /// Adds a page, the `number`th. Returns where it leads.
    pub(in super::super) fn add(
        &mut self,
        page: &NamedGraphs,
        number: u64,
    ) -> Result<Vec<String>, ParseError> {
        let graph = &page.graph;
        let ids = graph.find(&[term::RDF_TYPE, AS_OBJECT, AS_PUBLISHED, TREE_NODE, TREE_VIEW]);
        let id = |iri| ids.get(iri).copied();
        let mut activities: BTreeMap<TermId, Activity> = BTreeMap::new();
        let (mut nodes, mut views) = (Vec::new(), Vec::new());
        for [subject, predicate, object] in graph.ids() {
            let (predicate, text) = (Some(*predicate), graph.term(*object).text());
            let Some(text) = text else { continue };
            if predicate == id(TREE_NODE) {
                nodes.push(text.to_owned());
            } else if predicate == id(TREE_VIEW) {
                views.push(text.to_owned());
            } else if predicate == id(AS_OBJECT) {
                activities.entry(*subject).or_default().object = Some(text.to_owned());
            } else if predicate == id(AS_PUBLISHED) {
                activities.entry(*subject).or_default().published = Some(text.to_owned());
            } else if predicate == id(term::RDF_TYPE)
                && let Some(kind) = text.strip_prefix(AS)
            {
                activities.entry(*subject).or_default().kind = Some(kind.to_owned());
            }
        }
        self.left_out = self.left_out.saturating_add(count(graph.len()));
        let empty = activities.is_empty();
        for (activity, about) in activities {
            self.take(page, activity, about, number)?;
        }
        self.links = if nodes.is_empty() && empty { views } else { nodes };
        Ok(self.links.clone())
    }

    fn take(
        &mut self,
        page: &NamedGraphs,
        activity: TermId,
        about: Activity,
        number: u64,
    ) -> Result<(), ParseError> {
        let name = page.graph.iri(activity).unwrap_or("an activity without an IRI").to_owned();
        let Some(object) = about.object else { return Ok(()) };
        let refuse = |what: &str| {
            let hint = "tell whoever runs the feed; DCAT-AP Feeds says what an activity must have";
            Err(ParseError::new(None, format!("{name} {what}"), hint))
        };
        let published = match about.published.as_deref().map(|text| (text, moment(text))) {
            Some((text, None)) => {
                return refuse(&format!("was published at `{text}`, which is no time"));
            }
            Some((_, moment)) => moment,
            None => None,
        };
        let content = page.named.get(&activity);
        let content = match (about.kind.as_deref(), content) {
            (Some("Delete"), _) => None,
            (Some("Create" | "Update"), Some(triples)) => {
                let mut builder = Builder::default();
                builder.append(&page.graph, triples)?;
                Some(builder.finish())
            }
            (Some("Create" | "Update"), None) => return refuse("says nothing of what it is about"),
            _ => return refuse("neither creates, updates nor deletes"),
        };
        let at = (published, number, activity);
        if self.entities.get(&object).is_some_and(|known| known.at > at) {
            return Ok(());
        }
        self.triples += content.as_ref().map_or(0, Graph::len);
        let version = Version { at, content };
        if let Some(before) = self.entities.insert(object, version) {
            self.triples -= before.content.as_ref().map_or(0, Graph::len);
        }
        if self.triples > FILE_TRIPLES_MAX {
            let message = format!("more than {FILE_TRIPLES_MAX} triples, the most that are read");
            return Err(ParseError::new(None, message, "split the catalogue into several feeds"));
        }
        Ok(())
    }

    /// Returns the catalogue that all pages together are.
    pub(in super::super) fn finish(self) -> Result<Page, ParseError> {
        let mut builder = Builder::default();
        for content in self.entities.into_values().filter_map(|version| version.content) {
            builder.append(&content, content.ids())?;
        }
        let left_out = NotCarried {
            triples: self.left_out,
            subjects: vec![
                "the feed itself: when what changed, and where its pages are".to_owned(),
            ],
        };
        let paging = hydra::Paging::default();
        Ok(Page { form: Form::Feed, graph: builder.finish(), left_out, paging })
    }
}

/// What a page says of an activity.
#[derive(Default)]
struct Activity {
    kind: Option<String>,
    object: Option<String>,
    published: Option<String>,
}

/// Reads a moment of XML Schema: a zone may be missing, and a day is its start.
fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    Timestamp::parse_rfc3339(text)
        .or_else(|| Timestamp::parse_rfc3339(&format!("{text}Z")))
        .or_else(|| Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z")))
}
