//! Atom feeds: what changed last, of a search, an agency, a tag or everything.
//!
//! Under the addresses at which CKAN has them (`/feeds/dataset.atom`,
//! `/feeds/tag/luft.atom`), and at `/feeds/search.atom` with the parameters of
//! the page, so that any search can be followed.
//!
//! Invariants:
//! - The id of a feed depends on what it is about and on this node's agency, that
//!   of an entry on the dataset alone: neither on the address it was asked at.
//! - What a reader has is not sent again.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use dela_protocol::dcat::Text;
use dela_protocol::time::Timestamp;

use super::App;
use super::address::PublicAddress;
use super::ckan::failure::Failure;
use super::ckan::fields::{Fields, packages};
use super::datasets::search_request;
use super::error::{Kind, Refusal};
use super::link::{followable, with_query};
use super::parameters::{Parameters, Segment, blocking, shown};
use super::version::{Asked, Version};
use crate::index::{Entries, Entry, Index, SearchRequest, now};
use crate::language::Language;
use crate::search::{Condition, Key, Order, Selection, Term};
use crate::vocabulary::{self, ckan};

mod atom;

use atom::{ATOM, Feed, Item, Link};

/// How many entries a page has: a day's changes of most agencies.
const ENTRIES: usize = 50;

/// Returns the routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/feeds/dataset.atom", get(everything))
        .route("/feeds/custom.atom", get(custom))
        .route("/feeds/search.atom", get(search))
        .route("/feeds/tag/{name}", get(tag))
        .route("/feeds/organization/{name}", get(organization))
        .route("/feeds/group/{name}", get(group))
}

/// What a feed is about.
struct Topic {
    title: String,
    condition: Condition,
    /// What identifies it among the feeds of this node.
    key: String,
    /// The path and query of the page for people.
    page: String,
}

async fn everything(State(app): State<App>, address: PublicAddress, asked: Asked) -> Answer {
    feed(app, address, asked, |_, _| {
        let page = with_query("/", [("sort", "modified")]);
        Ok(Topic { title: String::new(), condition: packages(), key: "dataset".to_owned(), page })
    })
    .await
}

async fn custom(State(app): State<App>, address: PublicAddress, asked: Asked) -> Answer {
    feed(app, address, asked, |index, query| {
        let mut q = String::new();
        let mut filters = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                // The order of a feed is always the same.
                "page" | "sort" | "lang" => {}
                "q" => q = value.into_owned(),
                "fq" => filters.push(value.into_owned()),
                _ if name.starts_with('_') || value.is_empty() => {}
                _ => {
                    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
                    filters.push(format!("{name}:\"{value}\""));
                }
            }
        }
        let condition = Fields::new(index, now()).condition(&q, &filters)?;
        let key = serde_json::json!(["custom", q, filters]).to_string();
        let title = if q.is_empty() { filters.join(" ") } else { q.clone() };
        Ok(Topic { title, condition, key, page: with_query("/", [("q", q.as_str())]) })
    })
    .await
}

async fn search(State(app): State<App>, address: PublicAddress, asked: Asked) -> Answer {
    feed(app, address, asked, |index, query| {
        let mut parameters = Parameters::read(query)?;
        let request = search_request(&mut parameters)?;
        drop((parameters.many("page"), parameters.many("lang")));
        parameters.finish()?;
        let pairs = pairs(&request);
        let key = serde_json::json!(["search", pairs]).to_string();
        let page = with_query("/", pairs.iter().map(|(name, value)| (*name, value.as_str())));
        let condition = index.condition(&request)?;
        Ok(Topic { title: title(index, &request)?, condition, key, page })
    })
    .await
}

async fn tag(
    State(app): State<App>,
    address: PublicAddress,
    Segment(name): Segment,
    asked: Asked,
) -> Answer {
    let name = without_extension(&name)?.to_owned();
    feed(app, address, asked, move |_, _| {
        let tag = ckan::tag(&name).unwrap_or_default();
        let its = Condition::Is(Term::Tag, tag);
        let condition = Condition::All(vec![packages(), its]);
        let page = with_query("/", [("q", name.as_str())]);
        Ok(Topic { key: format!("tag {name}"), title: name, condition, page })
    })
    .await
}

async fn organization(
    State(app): State<App>,
    address: PublicAddress,
    Segment(name): Segment,
    asked: Asked,
) -> Answer {
    let name = without_extension(&name)?.to_owned();
    feed(app, address, asked, move |index, _| {
        let agency = index.agency_entry(&name)?;
        let id = agency.id.to_string();
        let its = Condition::Is(Term::Agency, id.clone());
        Ok(Topic {
            title: agency.profile.name,
            condition: Condition::All(vec![packages(), its]),
            key: format!("organization {id}"),
            page: format!("/agency/{id}"),
        })
    })
    .await
}

async fn group(
    State(app): State<App>,
    address: PublicAddress,
    Segment(name): Segment,
    asked: Asked,
) -> Answer {
    let name = without_extension(&name)?.to_owned();
    feed(app, address, asked, move |_, _| {
        let theme = vocabulary::theme(&name).ok_or_else(|| nothing_there(&name))?;
        let its = Condition::Is(Term::Theme, theme.code.to_owned());
        Ok(Topic {
            title: theme.swedish.to_owned(),
            condition: Condition::All(vec![packages(), its]),
            key: format!("group {}", theme.code),
            page: with_query("/", [("theme", theme.code)]),
        })
    })
    .await
}

type Answer = Result<Response, Refusal>;

/// Answers with a page of the feed about what `topic` finds out of the query.
async fn feed(
    app: App,
    address: PublicAddress,
    asked: Asked,
    topic: impl FnOnce(&Index, &str) -> Result<Topic, Refusal> + Send + 'static,
) -> Answer {
    blocking(move || {
        let page = page_number(&asked.query)?;
        let topic = topic(&app.index, &asked.query)?;
        let selection = Selection {
            condition: topic.condition.clone(),
            order: vec![Order { key: Key::Signed, descending: true }],
            offset: (page - 1).saturating_mul(ENTRIES),
            limit: ENTRIES,
            counted: Vec::new(),
        };
        let found = app.index.entries(&selection)?;
        let updated = found.entries.iter().map(|entry| entry.signed_at).max();
        let mut version = Version::of("atom")
            .with(address.of(&asked.path))
            .with(&asked.query)
            .with(found.total.to_be_bytes())
            .modified_at(updated);
        for entry in &found.entries {
            version = version.with(entry.record.as_bytes()).with(&entry.agency.profile.name);
        }
        let own = app.index.profile(&app.index.own())?.name;
        version = version.with(&own);
        let reader = Reader { app: &app, address: &address, asked: &asked, page };
        version.answer(&asked, ATOM, || reader.written(&topic, &own, &found, updated))
    })
    .await
}

/// Who asked for which page.
struct Reader<'a> {
    app: &'a App,
    address: &'a PublicAddress,
    asked: &'a Asked,
    page: usize,
}

impl Reader<'_> {
    fn written(
        &self,
        topic: &Topic,
        own: &str,
        found: &Entries,
        updated: Option<Timestamp>,
    ) -> Result<Vec<u8>, Refusal> {
        let mut links = vec![
            Link::new("self", "application/atom+xml", self.address_of(self.page)),
            Link::new("alternate", "text/html", self.address.of(&topic.page)),
        ];
        links.extend(self.paging(found.total));
        let title = if topic.title.is_empty() {
            format!("Dela – {own}")
        } else {
            format!("{} – Dela", topic.title)
        };
        let feed = Feed {
            id: self.id(&topic.key),
            title,
            author: own.to_owned(),
            // An empty feed has never changed.
            updated: updated.unwrap_or_default(),
            links,
            entries: found.entries.iter().map(|entry| self.item(entry)).collect(),
        };
        feed.write().map_err(|error| Refusal::internal(&error))
    }

    /// Returns what identifies a feed of this node's agency for ever.
    fn id(&self, key: &str) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.app.index.own().as_bytes());
        hasher.update(key.as_bytes());
        format!("urn:uuid:{}", ckan::uuid(hasher.finalize().as_bytes()))
    }

    /// Returns the address of a page of the same feed.
    fn address_of(&self, page: usize) -> String {
        let kept = form_urlencoded::parse(self.asked.query.as_bytes());
        let kept: Vec<_> = kept.filter(|(name, _)| name != "page").collect();
        let number = page.to_string();
        let pairs = kept.iter().map(|(name, value)| (&**name, &**value));
        let pairs = pairs.chain((page > 1).then_some(("page", number.as_str())));
        self.address.of(&with_query(&self.asked.path, pairs))
    }

    fn paging(&self, total: u64) -> Vec<Link> {
        let last = usize::try_from(total).unwrap_or(usize::MAX).div_ceil(ENTRIES).max(1);
        let mut pages = vec![("first", 1), ("last", last)];
        if self.page > 1 {
            pages.push(("previous", (self.page - 1).min(last)));
        }
        if self.page < last {
            pages.push(("next", self.page + 1));
        }
        let link = |(rel, page)| Link::new(rel, "application/atom+xml", self.address_of(page));
        pages.into_iter().map(link).collect()
    }

    fn item(&self, entry: &Entry) -> Item {
        let resource = &entry.resource;
        let title = resource.title_in(ckan::LANGUAGES).unwrap_or(&resource.iri);
        let language = resource.title.iter().find(|text| text.text == title);
        let path = |end: &str| self.address.of(&format!("/dataset/{}{end}", entry.id));
        let json = self.address.of(&format!("/api/v1/datasets/{}", entry.id));
        let landing_page = resource.landing_page.iter().find_map(|page| followable(page));
        let mut links = vec![
            Link::new("alternate", "text/html", path("")),
            Link::new("alternate", "text/turtle", path(".ttl")),
            Link::new("alternate", "application/json", json),
        ];
        links.extend(landing_page.map(|page| Link::new("related", "text/html", page.to_owned())));
        let issued = resource.issued.as_deref().and_then(vocabulary::moment);
        let homepage = entry.agency.profile.homepage.as_deref();
        Item {
            id: format!("urn:uuid:{}", ckan::uuid(entry.id.as_bytes())),
            title: title.to_owned(),
            language: language.and_then(|text| text.language.clone()),
            author: entry.agency.profile.name.clone(),
            author_uri: homepage.and_then(followable).map(str::to_owned),
            published: issued.filter(|issued| *issued <= entry.signed_at),
            updated: entry.signed_at,
            summary: Text::in_languages(&resource.description, ckan::LANGUAGES)
                .unwrap_or_default()
                .to_owned(),
            categories: ckan::tags_of(resource).into_iter().collect(),
            links,
        }
    }
}

/// Returns the parameters that make a search, without its order and page.
fn pairs(request: &SearchRequest) -> Vec<(&'static str, String)> {
    let mut pairs = Vec::new();
    if !request.words.is_empty() {
        pairs.push(("q", request.words.clone()));
    }
    pairs.extend(request.filters.pairs().map(|(term, value)| (term.name(), value.to_owned())));
    pairs
}

/// Returns what a search is called: its words, then the agencies, then the other
/// filters.
fn title(index: &Index, request: &SearchRequest) -> Result<String, Refusal> {
    let mut parts = Vec::new();
    if !request.words.is_empty() {
        parts.push(request.words.clone());
    }
    for (term, value) in request.filters.pairs() {
        parts.push(match term {
            Term::Agency => index.profile(&index.agency_named(value)?)?.name,
            other => other.label(value, Language::Swedish),
        });
    }
    Ok(parts.join(", "))
}

/// Returns which page is asked for, from 1.
fn page_number(query: &str) -> Result<usize, Refusal> {
    let page = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "page");
    let Some((_, page)) = page.filter(|(_, value)| !value.is_empty()) else { return Ok(1) };
    page.parse().ok().filter(|page| *page > 0).ok_or_else(|| {
        let detail = format!("page={} cannot be read", shown(&page));
        Refusal::new(Kind::BadRequest, detail, "expected a number from 1")
    })
}

fn without_extension(name: &str) -> Result<&str, Refusal> {
    name.strip_suffix(".atom").filter(|name| !name.is_empty()).ok_or_else(|| nothing_there(name))
}

fn nothing_there(name: &str) -> Refusal {
    Refusal::new(
        Kind::NotFound,
        format!("there is no feed {}", shown(name)),
        "feeds are at /feeds/dataset.atom, /feeds/search.atom?q=, /feeds/tag/TAG.atom, \
         /feeds/organization/NAME.atom and /feeds/group/THEME.atom",
    )
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let hint = "docs/reference/ckan.md has the query language; /feeds/search.atom takes words";
        match failure {
            Failure::Unready(status, detail) => {
                let kind = if status == 503 { Kind::Unavailable } else { Kind::Internal };
                Self::new(kind, detail, "ask again in a few seconds")
            }
            Failure::BadRequest(detail)
            | Failure::Denied(detail)
            | Failure::Query(detail)
            | Failure::Validation(_, detail) => Self::new(Kind::BadRequest, detail, hint),
            Failure::NotFound(detail) => Self::new(Kind::NotFound, detail, hint),
        }
    }
}
