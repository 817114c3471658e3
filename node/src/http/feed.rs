//! The feed: what happened to every dataset last, as a DCAT-AP Feed, which is a
//! Linked Data Event Stream of activities.
//!
//! The feed is a tree of three levels: `/feed` names stretches of 10,000
//! changes, these name pages of 100, and pages have the activities. Each branch
//! says from when to when its activities are, so that who comes back reads only
//! what is new. What changed before the log begins hangs beside them, as pages
//! in the order of ids.
//!
//! Invariants:
//! - A page that is full is never added to, so it may be kept for ever. It only
//!   loses activities that a newer one on a later page replaces, as the feed's
//!   retention policy says.
//! - An activity has all that is known of its entity in the graph of its own
//!   name, distributions and contacts too: what the graph no longer has is gone,
//!   without a word of its own.
//! - Another store is another feed: the name of the log is part of every address
//!   but the root's.

use axum::extract::State;
use axum::response::Response;
use dela_protocol::api::Problem;
use dela_protocol::dcat::term;
use dela_protocol::description::{Node, Object, Triple};
use dela_protocol::id::EntityId;
use dela_protocol::time::Timestamp;

use super::App;
use super::address::PublicAddress;
use super::error::{Kind, Refusal};
use super::graph;
use super::parameters::{Parameters, Segment, blocking, shown};
use super::version::{Asked, Version};
use crate::export::{Document, Profile};
use crate::index::{Activity, Done, Index, Reach};
use crate::rdf::namespace::{AS, LDES, TREE};
use crate::rdf::{self, Format};

/// How many changes a page is about: some 300 KB of ordinary descriptions.
const PAGE_CHANGES: u64 = 100;

/// How many changes a stretch is about: a stretch names a hundred pages, and the
/// root a hundred stretches when the log is full.
const STRETCH_CHANGES: u64 = 100 * PAGE_CHANGES;

/// The forms that have named graphs, without which there is no feed.
const FORMS: [Format; 3] = [Format::TriG, Format::JsonLd, Format::NQuads];

const SHAPE: &str = "https://semiceu.github.io/LDES-DCAT-AP-feeds/shape.ttl#ActivityShape";

/// What happened to every dataset last, as a DCAT-AP Feed
///
/// A Linked Data Event Stream of `as:Create`, `as:Update` and `as:Delete`, the
/// newest of each entity, with all that is known of it in the graph of the
/// activity. `TriG` by default; JSON-LD and N-Quads by `Accept`. The members hang
/// on the pages that the relations lead to.
#[utoipa::path(
    get,
    path = "/feed",
    tag = "rdf",
    responses(
        (status = 200, body = String, content_type = "application/trig"),
        (status = 304, description = "It is what `If-None-Match` or `If-Modified-Since` says"),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn root(
    State(app): State<App>,
    here: PublicAddress,
    asked: Asked,
    parameters: Parameters,
) -> Result<Response, Refusal> {
    parameters.finish()?;
    answer(app, here, asked, None).await
}

/// A part of the feed, named by what leads to it.
pub(super) async fn part(
    State(app): State<App>,
    Segment(name): Segment,
    here: PublicAddress,
    asked: Asked,
    parameters: Parameters,
) -> Result<Response, Refusal> {
    parameters.finish()?;
    answer(app, here, asked, Some(name)).await
}

async fn answer(
    app: App,
    here: PublicAddress,
    asked: Asked,
    name: Option<String>,
) -> Result<Response, Refusal> {
    let format = graph::negotiate_among(&asked.headers, Some(Format::TriG), &FORMS)?;
    let format = format.unwrap_or(Format::TriG);
    blocking(move || {
        let reach = app.index.reach()?;
        let part = match &name {
            None => Part::Root,
            Some(name) => Part::named(name, &reach)?,
        };
        let state = app.index.now()?;
        let version = Version::of("feed")
            .with(here.of(&asked.path))
            .with(format.name())
            .with(reach.origin.to_be_bytes())
            .with(reach.last.to_be_bytes())
            .modified_at(state.changed_at);
        let version = if part.is_full(&reach) { version.for_ever() } else { version };
        version.answer(&asked, graph::media_type(format), || {
            let mut feed = Feed::new(&here, reach, &part);
            feed.write(&app.index, &part)?;
            Ok(feed.into_bytes(format))
        })
    })
    .await
}

/// A part of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Where one begins.
    Root,
    /// Names pages.
    Stretch(u64),
    /// Has activities.
    Page(u64),
    /// Has what changed before the log begins, after an id.
    Before(Option<EntityId>),
}

impl Part {
    /// Reads the name of a part: that of the log, and which part of it.
    fn named(name: &str, reach: &Reach) -> Result<Self, Refusal> {
        let nothing = || {
            Refusal::new(
                Kind::NotFound,
                format!("{} is no part of the feed", shown(name)),
                "begin at /feed and follow its relations",
            )
        };
        let (origin, part) = name.split_once('.').ok_or_else(nothing)?;
        let number = |text: &str| text.parse::<u64>().map_err(|_| nothing());
        let part = match part.split_at_checked(1).ok_or_else(nothing)? {
            ("s", text) => Self::Stretch(number(text)?),
            ("p", text) => Self::Page(number(text)?),
            ("b", "") => Self::Before(None),
            ("b", text) => Self::Before(Some(text.parse().map_err(|_| nothing())?)),
            _ => return Err(nothing()),
        };
        let is_gone = match part {
            Self::Root | Self::Before(_) => false,
            Self::Stretch(_) | Self::Page(_) => {
                let (first, last) = part.changes();
                if first > reach.last.max(1) {
                    return Err(nothing());
                }
                last < reach.first
            }
        };
        if origin != origin_of(reach) || is_gone {
            return Err(Refusal::new(
                Kind::Gone,
                format!("{} is of changes that are no longer kept", shown(name)),
                "begin at /feed again: it has the newest of every dataset",
            ));
        }
        Ok(part)
    }

    /// Returns the numbers of the first and the last change it is about.
    const fn changes(self) -> (u64, u64) {
        let (number, changes) = match self {
            Self::Root | Self::Before(_) => return (1, u64::MAX),
            Self::Stretch(number) => (number, STRETCH_CHANGES),
            Self::Page(number) => (number, PAGE_CHANGES),
        };
        let first = number.saturating_mul(changes).saturating_add(1);
        (first, first.saturating_add(changes - 1))
    }

    /// Whether no change will be added to it.
    fn is_full(self, reach: &Reach) -> bool {
        self.changes().1 <= reach.last
    }

    fn name(self, reach: &Reach) -> String {
        let origin = origin_of(reach);
        match self {
            Self::Root => String::new(),
            Self::Stretch(number) => format!("/{origin}.s{number}"),
            Self::Page(number) => format!("/{origin}.p{number}"),
            Self::Before(None) => format!("/{origin}.b"),
            Self::Before(Some(after)) => format!("/{origin}.b{after}"),
        }
    }
}

fn origin_of(reach: &Reach) -> String {
    format!("{:016x}", reach.origin)
}

/// A part of the feed, as it is written.
struct Feed {
    root: String,
    stream: String,
    reach: Reach,
    /// What is said about the feed and its activities.
    outside: Vec<Triple>,
    /// What is said in each activity, by its name.
    inside: Vec<(String, Vec<Triple>)>,
    blanks: u32,
}

impl Feed {
    fn new(here: &PublicAddress, reach: Reach, part: &Part) -> Self {
        let root = here.of("/feed");
        let stream = format!("{root}#stream");
        // Elsewhere on each page, as `Document::with_blanks_of` explains.
        let hash = blake3::hash(part.name(&reach).as_bytes());
        let blanks = hash.as_bytes().first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
        Self { root, stream, reach, outside: Vec::new(), inside: Vec::new(), blanks }
    }

    /// Writes a part: what the feed is, and what the part has.
    fn write(&mut self, index: &Index, part: &Part) -> Result<(), Refusal> {
        self.introduce();
        let page = self.address(*part);
        match *part {
            Part::Root => {
                let stretch = |change: u64| change.saturating_sub(1) / STRETCH_CHANGES;
                if self.reach.first > 1 {
                    let end = index.change_at(self.reach.first)?;
                    self.relation(&page, Part::Before(None), None, end);
                }
                self.branches(index, &page, stretch, Part::Stretch, (1, u64::MAX))?;
            }
            Part::Stretch(_) => {
                let number = |change: u64| change.saturating_sub(1) / PAGE_CHANGES;
                self.branches(index, &page, number, Part::Page, part.changes())?;
            }
            Part::Page(_) => {
                let (first, last) = part.changes();
                for activity in index.activities(first, last)? {
                    self.activity(activity);
                }
            }
            Part::Before(after) => {
                let limit = usize::try_from(PAGE_CHANGES).unwrap_or(usize::MAX);
                let (activities, next) = index.before_the_log(after, limit)?;
                for activity in activities {
                    self.activity(activity);
                }
                if next.is_some() {
                    let end = index.change_at(self.reach.first)?;
                    self.relation(&page, Part::Before(next), None, end);
                }
            }
        }
        Ok(())
    }

    /// Says what the feed is, which every part must.
    fn introduce(&mut self) {
        let (root, stream) = (self.root.clone(), self.stream.clone());
        let iri = |namespace: &str, name: &str| Object::Iri(format!("{namespace}{name}"));
        self.say(&stream, term::RDF_TYPE, iri(LDES, "EventStream"));
        self.say(&stream, term::DCTERMS_TITLE, Object::in_language("Ändringar i Dela", "sv"));
        self.say(&stream, term::DCTERMS_TITLE, Object::in_language("Changes in Dela", "en"));
        self.say(&stream, &format!("{TREE}shape"), iri(SHAPE, ""));
        self.say(&stream, &format!("{TREE}view"), iri(&root, ""));
        self.say(&stream, &format!("{LDES}timestampPath"), iri(AS, "published"));
        self.say(&stream, &format!("{LDES}versionOfPath"), iri(AS, "object"));
        let policy = self.blank();
        self.say(&root, term::RDF_TYPE, iri(TREE, "Node"));
        self.say(&root, &format!("{LDES}retentionPolicy"), Object::Blank(policy));
        self.say_of(policy, term::RDF_TYPE, iri(LDES, "LatestVersionSubset"));
        let one = Object::typed("1", format!("{}integer", term::XSD));
        self.say_of(policy, &format!("{LDES}amount"), one);
    }

    /// Names the branches of a part that are about changes in the log.
    fn branches(
        &mut self,
        index: &Index,
        page: &str,
        number: impl Fn(u64) -> u64,
        branch: impl Fn(u64) -> Part,
        (first, last): (u64, u64),
    ) -> Result<(), Refusal> {
        let first = first.max(self.reach.first);
        let last = last.min(self.reach.last);
        if first > last {
            return Ok(());
        }
        for branch in (number(first)..=number(last)).map(branch) {
            let (begin, end) = branch.changes();
            let from = index.change_at(begin)?;
            let until = if branch.is_full(&self.reach) { index.change_at(end)? } else { None };
            self.relation(page, branch, from, until);
        }
        Ok(())
    }

    /// Says that a part is reached from a page, and from when to when it tells,
    /// both included.
    fn relation(
        &mut self,
        page: &str,
        part: Part,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) {
        let node = self.address(part);
        // Times have milliseconds, so this is the first moment too late.
        let until = until.map(|until| Timestamp::from_millis(until.as_millis().saturating_add(1)));
        let bounds = [("GreaterThanOrEqualToRelation", from), ("LessThanRelation", until)];
        for (class, value) in bounds {
            let Some(value) = value else { continue };
            let relation = self.blank();
            self.say(page, &format!("{TREE}relation"), Object::Blank(relation));
            self.say_of(relation, term::RDF_TYPE, Object::Iri(format!("{TREE}{class}")));
            self.say_of(relation, &format!("{TREE}node"), Object::Iri(node.clone()));
            self.say_of(relation, &format!("{TREE}path"), Object::Iri(format!("{AS}published")));
            self.say_of(relation, &format!("{TREE}value"), moment(value));
        }
    }

    /// Adds an activity.
    fn activity(&mut self, activity: Activity) {
        let Activity { number, at, entity, iri, done } = activity;
        let origin = origin_of(&self.reach);
        let name = match number {
            Some(number) => format!("{}#{origin}-{number}", self.root),
            None => format!("{}#{origin}-{entity}", self.root),
        };
        let (class, description) = match done {
            Done::Created(description) => ("Create", Some(description)),
            Done::Updated(description) => ("Update", Some(description)),
            Done::Deleted => ("Delete", None),
        };
        let stream = self.stream.clone();
        self.say(&stream, &format!("{TREE}member"), Object::Iri(name.clone()));
        self.say(&name, term::RDF_TYPE, Object::Iri(format!("{AS}{class}")));
        self.say(&name, &format!("{AS}object"), Object::Iri(iri.clone()));
        self.say(&name, &format!("{AS}published"), moment(at));
        let Some(description) = description else { return };
        let mut document = Document::of([&description]);
        let entity = Node::Iri(iri.clone());
        let types = description.objects(&entity, term::RDF_TYPE);
        if types.iter().any(|class| class.text() == Some(term::DCAT_DATASET_SERIES)) {
            // A series is a dataset (DCAT 3), and those who check the feed are
            // not expected to know.
            let class = Object::Iri(term::DCAT_CLASS_DATASET.to_owned());
            document.say(&iri, term::RDF_TYPE, class);
        }
        let (mut said, blanks) = document.in_profile(Profile::DcatAp).into_parts();
        for (subject, _, object) in &mut said {
            if let Node::Blank(number) = subject {
                *number = number.wrapping_add(self.blanks);
            }
            if let Object::Blank(number) = object {
                *number = number.wrapping_add(self.blanks);
            }
        }
        self.blanks = self.blanks.wrapping_add(blanks);
        self.inside.push((name, said));
    }

    fn into_bytes(mut self, format: Format) -> Vec<u8> {
        self.outside.sort_unstable();
        let outside = self.outside.iter().map(|(s, p, o)| (s, p.as_str(), o, None));
        let inside = self.inside.iter().flat_map(|(graph, said)| {
            said.iter().map(|(s, p, o)| (s, p.as_str(), o, Some(graph.as_str())))
        });
        rdf::write_graphs(outside.chain(inside), format)
    }

    fn address(&self, part: Part) -> String {
        format!("{}{}", self.root, part.name(&self.reach))
    }

    fn blank(&mut self) -> u32 {
        let number = self.blanks;
        self.blanks = number.wrapping_add(1);
        number
    }

    fn say(&mut self, subject: &str, predicate: &str, object: Object) {
        self.outside.push((Node::Iri(subject.to_owned()), predicate.to_owned(), object));
    }

    fn say_of(&mut self, blank: u32, predicate: &str, object: Object) {
        self.outside.push((Node::Blank(blank), predicate.to_owned(), object));
    }
}

fn moment(at: Timestamp) -> Object {
    Object::typed(at.to_string(), format!("{}dateTime", term::XSD))
}

/// Reads the name of a part, whatever it is; one that is read is written the
/// same. See [`crate::fuzz`].
#[cfg(feature = "fuzz")]
pub(super) fn fuzz(name: &str) {
    let reach = Reach { origin: 0xab, first: 20_050, last: 1_000_000 };
    for name in [name.to_owned(), format!("{}.{name}", origin_of(&reach))] {
        if let Ok(part) = Part::named(&name, &reach) {
            let again = part.name(&reach);
            assert_eq!(Part::named(again.trim_start_matches('/'), &reach).ok(), Some(part));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(first: u64, last: u64) -> Reach {
        Reach { origin: 0xab, first, last }
    }

    fn named(part: &str, reach: &Reach) -> Result<Part, u16> {
        let name = format!("{}.{part}", origin_of(reach));
        Part::named(&name, reach).map_err(|refusal| refusal.problem.status)
    }

    #[test]
    fn a_part_is_read_by_the_name_it_has() {
        let reach = reach(1, 25_000);
        let id = EntityId::from_bytes([7; 16]);
        for part in [
            Part::Stretch(2),
            Part::Page(249),
            Part::Page(0),
            Part::Before(None),
            Part::Before(Some(id)),
        ] {
            let name = part.name(&reach);
            assert_eq!(Part::named(name.trim_start_matches('/'), &reach).unwrap(), part);
        }
        for nothing in ["", "x1", "p", "p-1", "p250", "s3", "bb", "é"] {
            assert_eq!(named(nothing, &reach), Err(404), "{nothing}");
        }
    }

    #[test]
    fn what_is_of_another_log_or_no_longer_kept_is_gone() {
        let reach = reach(20_050, 25_000);
        assert_eq!(named("p199", &reach), Err(410));
        assert_eq!(named("p200", &reach), Ok(Part::Page(200)));
        assert_eq!(named("s1", &reach), Err(410));
        let other = Part::named("00000000000000cd.p1", &reach).unwrap_err();
        assert_eq!(other.problem.status, 410);
    }

    #[test]
    fn a_page_is_full_when_its_last_change_has_happened() {
        assert_eq!(Part::Page(0).changes(), (1, 100));
        assert_eq!(Part::Stretch(1).changes(), (10_001, 20_000));
        assert!(!Part::Page(0).is_full(&reach(1, 99)));
        assert!(Part::Page(0).is_full(&reach(1, 100)));
        assert!(!Part::Root.is_full(&reach(1, u64::MAX - 1)));
    }
}
