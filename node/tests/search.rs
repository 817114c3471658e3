//! The search index: what is found, in which order, and how it follows.

use core::ops::Bound;
use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dela_node::quality::Marks;
use dela_node::search::indexer::{COMMIT_INTERVAL, Follower, Indexer, Source, SourceError, Step};
use dela_node::search::{
    Condition, Document, Filters, Hits, Key, Order, Query, Search, SearchError, Selection, Term,
};
use dela_protocol::api::{DatasetKind, Facet, Sort};
use dela_protocol::dcat::{Agent, Distribution, Resource, Text};
use dela_protocol::id::{AgencyId, EntityId};
use dela_protocol::time::Timestamp;
use tempfile::TempDir;

use crate::sample;

fn text(text: &str, language: Option<&str>) -> Text {
    Text { text: text.to_owned(), language: language.map(str::to_owned) }
}

/// Returns a dataset with a Swedish title and description.
fn document(number: u8, title: &str, description: &str) -> Document {
    let agency = AgencyId::from_bytes([number % 2; 32]);
    let iri = format!("https://data.norrvik.example/d/{number}");
    Document {
        id: EntityId::of(&agency, &iri),
        agency,
        kind: DatasetKind::Dataset,
        resource: Resource {
            title: vec![text(title, Some("sv"))],
            description: vec![text(description, Some("sv"))],
            iri,
            ..Resource::default()
        },
        agency_name: "Norrviks kommun".to_owned(),
        modified: format!("2024-01-{:02}", number + 1),
        marks: Marks::default(),
        signed_at: Timestamp::from_millis(0),
    }
}

struct Library {
    _dir: TempDir,
    search: Search,
    titles: BTreeMap<EntityId, String>,
}

impl Library {
    fn of(documents: &[Document]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let search = Search::open(dir.path()).unwrap();
        let mut writer = search.writer().unwrap();
        for document in documents {
            writer.put(document).unwrap();
        }
        writer.commit(1).unwrap();
        let titles = documents
            .iter()
            .map(|document| (document.id, document.resource.title_in(&["sv"]).unwrap().to_owned()));
        Self { _dir: dir, search, titles: titles.collect() }
    }

    fn hits(&self, query: &Query) -> Hits {
        self.search.query(query).unwrap()
    }

    fn titles(&self, query: &Query) -> Vec<&str> {
        self.hits(query).ids.iter().map(|id| self.titles[id].as_str()).collect()
    }

    fn find(&self, words: &str) -> Vec<&str> {
        self.titles(&words_query(words))
    }
}

fn words_query(words: &str) -> Query {
    Query { words: words.to_owned(), limit: 20, ..Query::default() }
}

#[test]
fn swedish_is_found_as_swedes_write_it() {
    let library = Library::of(&[
        document(0, "Vägnät", "Alla vägar i kommunen"),
        document(1, "Förskolor", "Barnomsorg"),
        document(2, "Badplatser", "Vattenprover från sjöar och hav"),
        document(3, "Vagnar", "Spårvagnar i trafik"),
    ]);
    assert_eq!(library.find("väg"), ["Vägnät"], "the beginning of a compound");
    assert_eq!(library.find("vägar"), ["Vägnät"]);
    assert_eq!(library.find("VÄGARNA"), ["Vägnät"]);
    assert_eq!(library.find("va\u{308}g"), ["Vägnät"], "dots of their own");
    assert_eq!(library.find("forskola"), ["Förskolor"], "without dots");
    assert_eq!(library.find("förskola"), ["Förskolor"]);
    assert_eq!(library.find("försk"), ["Förskolor"]);
    assert_eq!(library.find("vattenprov"), ["Badplatser"]);
    assert_eq!(library.find("sjöar badplatser"), ["Badplatser"], "in any order");
    assert!(library.find("badplatser vagnar").is_empty(), "all words");
    assert_eq!(library.find("vatten och hav"), ["Badplatser"]);
    assert_eq!(library.find("och"), ["Badplatser"], "nothing but a stop word");
    assert_eq!(library.find("norrvik").len(), 4, "by the agency's name");
}

#[test]
fn what_is_typed_ranks_above_what_only_looks_like_it() {
    let mut folded = document(0, "Mal", "Fjärilar");
    folded.modified = "2026-01-01".to_owned();
    let library = Library::of(&[
        folded,
        document(1, "Mål", "Budgetmål"),
        document(2, "Annat", "Här nämns ett mål"),
        document(3, "Målning", "Färg"),
    ]);
    assert_eq!(library.find("mål").first(), Some(&"Mål"));
    assert_eq!(library.find("mål").last(), Some(&"Mal"));
    assert_eq!(library.find("mal").first(), Some(&"Mal"));
}

#[test]
fn languages_are_stemmed_each_by_its_rules() {
    let mut english = document(0, "Cykelvägar", "Karta");
    english.resource.title.push(text("Cities and bicycle paths", Some("en")));
    let mut unknown = document(1, "Städer", "Karta");
    unknown.resource.title = vec![text("Cities", None)];
    let library = Library::of(&[english, unknown]);
    assert_eq!(library.find("city").len(), 2);
    assert_eq!(library.find("path"), ["Cykelvägar"]);
}

#[test]
fn what_names_a_dataset_exactly_finds_it() {
    let mut documents = [document(0, "Luft", "a"), document(1, "Vatten", "b")];
    documents[1].resource.identifier = vec!["DNR 2024/17-B".to_owned(), "Lv-77".to_owned()];
    let library = Library::of(&documents);
    assert_eq!(library.find("https://data.norrvik.example/d/1"), ["Vatten"]);
    assert_eq!(library.find(&documents[0].id.to_string()), ["Luft"]);
    assert_eq!(library.find("lv-77"), ["Vatten"]);
}

#[test]
fn no_text_is_an_error() {
    let library = Library::of(&[document(0, "Luft: halter (2024)", "NO2 + PM10")]);
    let texts = [
        "\"",
        "luft AND",
        "title:luft",
        "(((",
        "luft~2",
        "*",
        "luft^",
        "[a TO b]",
        "-luft",
        "/a/",
        "\u{0}",
        "🦀",
        "''",
        "luft\\",
        "NOT",
        "ﬁ",
        "\u{10ffff}",
    ];
    for text in texts {
        library.search.query(&words_query(text)).unwrap();
    }
    assert_eq!(library.find("luft: (halter)").len(), 1);
    assert_eq!(library.find("").len(), 1, "no words: everything");
    assert_eq!(library.find(" ?! ").len(), 1);
    let long = "a".repeat(9_000);
    assert!(matches!(library.search.query(&words_query(&long)), Err(SearchError::TooLong { .. })));
    let many = "ord ".repeat(40);
    assert!(matches!(library.search.query(&words_query(&many)), Err(SearchError::TooManyWords)));
    let many = "a-b-".repeat(40);
    assert!(matches!(library.search.query(&words_query(&many)), Err(SearchError::TooManyWords)));
    let filter = Query {
        filters: Filters::default().with(Term::Theme, vec![String::new(); 500]),
        ..words_query("luft")
    };
    let error = library.search.query(&filter).unwrap_err();
    assert!(error.to_string().starts_with("a filter on theme"), "{error}");
}

#[test]
fn titles_sort_by_the_swedish_alphabet_and_dates_newest_first() {
    let titles = ["Ölandsalvar", "Ängar", "Zoner", "Åar", "adresser", "Cyklar"];
    let documents: Vec<Document> =
        (0..).zip(titles).map(|(number, title)| document(number, title, "x")).collect();
    let library = Library::of(&documents);
    let sorted = |sort| library.titles(&Query { sort, ..words_query("") });
    assert_eq!(sorted(Sort::Title), ["adresser", "Cyklar", "Zoner", "Åar", "Ängar", "Ölandsalvar"]);
    let newest: Vec<&str> = titles.into_iter().rev().collect();
    assert_eq!(sorted(Sort::Modified), newest);
    assert_eq!(sorted(Sort::Relevance), newest, "without words");
}

#[test]
fn pages_join_without_gap_or_repetition() {
    let dir = tempfile::tempdir().unwrap();
    let search = Search::open(dir.path()).unwrap();
    let mut writer = search.writer().unwrap();
    // Many equal keys, over several segments.
    for batch in 0..5 {
        for number in 0..20 {
            let mut one =
                document(number, ["Luft", "Vatten", "Å"][usize::from(number % 3)], "prov");
            one.id = EntityId::from_bytes([batch * 20 + number; 16]);
            one.modified = format!("20{:02}", number % 4);
            writer.put(&one).unwrap();
        }
        writer.commit(u64::from(batch)).unwrap();
    }
    for (sort, words) in [
        (Sort::Relevance, "prov"),
        (Sort::Relevance, ""),
        (Sort::Modified, "prov"),
        (Sort::Title, ""),
    ] {
        let mut query = Query { sort, limit: 7, ..words_query(words) };
        let whole = search.query(&Query { limit: 1_000, ..query.clone() }).unwrap();
        assert_eq!((whole.ids.len(), whole.total), (100, 100));
        assert_eq!(whole.next, None);
        let mut paged = Vec::new();
        loop {
            let hits = search.query(&query).unwrap();
            assert_eq!(hits.total, 100, "the total is that of all pages");
            paged.extend(hits.ids);
            match hits.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
        assert_eq!(paged, whole.ids, "{sort:?} {words:?}");
    }
    let first = search.query(&Query { limit: 7, ..words_query("prov") }).unwrap();
    let elsewhere = Query { after: first.next, ..words_query("vatten") };
    let error = search.query(&elsewhere).unwrap_err();
    assert!(error.to_string().contains("ask for the first page"), "{error}");
    let garbage = Query { after: Some("../../etc".to_owned()), ..words_query("") };
    assert!(matches!(search.query(&garbage), Err(SearchError::BadCursor)));
    assert_eq!(search.query(&Query { limit: 0, ..words_query("") }).unwrap().ids, []);
}

fn with_facets(number: u8, theme: &str, licence: &str, formats: &[&str]) -> Document {
    let mut document = document(number, "Mätdata", "värden");
    document.resource.theme =
        vec![format!("http://publications.europa.eu/resource/authority/data-theme/{theme}")];
    document.resource.distribution = formats
        .iter()
        .map(|format| Distribution {
            license: vec![licence.to_owned()],
            format: vec![(*format).to_owned()],
            ..Distribution::default()
        })
        .collect();
    document.resource.publisher =
        vec![Agent { name: vec![text("Ekeby kommun", None)], ..Agent::default() }];
    document
}

fn counts<'a>(facets: &'a [Facet], name: &str) -> Vec<(&'a str, u64)> {
    let facet = facets.iter().find(|facet| facet.name == name).unwrap();
    facet.values.iter().map(|value| (value.value.as_str(), value.count)).collect()
}

#[test]
fn facets_count_what_choosing_another_value_would_give() {
    let cc0 = "https://creativecommons.org/publicdomain/zero/1.0/deed.sv";
    let by = "http://creativecommons.org/licenses/by/4.0/";
    let library = Library::of(&[
        with_facets(0, "ENVI", cc0, &["text/csv", "application/json"]),
        with_facets(1, "ENVI", by, &["CSV"]),
        with_facets(2, "TRAN", cc0, &["text/csv"]),
        with_facets(3, "TRAN", by, &["WMS"]),
    ]);
    let all = Query { facets: true, ..words_query("mätdata") };
    let hits = library.hits(&all);
    assert_eq!(counts(&hits.facets, "theme"), [("ENVI", 2), ("TRAN", 2)]);
    assert_eq!(counts(&hits.facets, "format"), [("CSV", 3), ("JSON", 1), ("WMS", 1)]);
    assert_eq!(counts(&hits.facets, "kind"), [("dataset", 4)]);
    assert_eq!(counts(&hits.facets, "agency").len(), 2);
    let theme = hits.facets.iter().find(|facet| facet.name == "theme").unwrap();
    assert_eq!(theme.values[0].label, "Environment");

    let csv = Query { filters: Filters::default().with(Term::Format, ["CSV"]), ..all.clone() };
    let hits = library.hits(&csv);
    assert_eq!(hits.total, 3);
    assert_eq!(counts(&hits.facets, "format"), [("CSV", 3), ("JSON", 1), ("WMS", 1)]);
    assert_eq!(counts(&hits.facets, "theme"), [("ENVI", 2), ("TRAN", 1)]);

    let both = Query { filters: csv.filters.clone().with(Term::Theme, ["TRAN"]), ..csv.clone() };
    let hits = library.hits(&both);
    assert_eq!(hits.total, 1);
    assert_eq!(counts(&hits.facets, "theme"), [("ENVI", 2), ("TRAN", 1)]);
    assert_eq!(counts(&hits.facets, "format"), [("CSV", 1), ("WMS", 1)]);
    assert_eq!(counts(&hits.facets, "licence"), [("CC0-1.0", 1)]);

    let licences = Filters::default().with(Term::Licence, ["CC0-1.0", "CC-BY-4.0"]);
    let either = Query { filters: licences, ..all };
    assert_eq!(library.hits(&either).total, 4, "values of one filter are alternatives");
    let none = Query { filters: csv.filters.clone().with(Term::Theme, ["X"]), ..csv };
    assert_eq!(library.hits(&none).total, 0);
}

#[test]
fn what_is_said_in_codes_of_the_eu_is_counted_in_any_writing() {
    let authority = "http://publications.europa.eu/resource/authority";
    let mut one = document(0, "Luft", "x");
    one.resource.access_rights = vec![format!("{authority}/access-right/PUBLIC")];
    one.resource.accrual_periodicity = vec![format!("{authority}/frequency/MONTHLY")];
    one.resource.language = vec![format!("{authority}/language/SWE"), "en".to_owned()];
    one.resource.distribution =
        vec![Distribution { format: vec!["WMS".to_owned()], ..Distribution::default() }];
    let mut other = document(1, "Vatten", "x");
    other.resource.language = vec!["sv-SE".to_owned()];
    let library = Library::of(&[one, other]);
    let all = Query { facets: true, ..words_query("") };
    let hits = library.hits(&all);
    assert_eq!(counts(&hits.facets, "access_rights"), [("PUBLIC", 1)]);
    assert_eq!(counts(&hits.facets, "frequency"), [("MONTHLY", 1)]);
    assert_eq!(counts(&hits.facets, "language"), [("SWE", 2), ("ENG", 1)]);
    assert_eq!(counts(&hits.facets, "api"), [("true", 1)]);
    assert_eq!(counts(&hits.facets, "quality"), [("bad", 2)]);
    let by_api = Query { filters: Filters::default().with(Term::Api, ["true"]), ..all };
    assert_eq!(library.titles(&by_api), ["Luft"]);
}

#[test]
fn a_word_is_found_at_the_end_of_a_longer_one() {
    let library = Library::of(&[
        document(0, "Luftkvaliteten i Norrvik", "x"),
        document(1, "Kvalitet på luft", "x"),
        document(2, "Ståltråd", "tråkvalitet"),
    ]);
    assert_eq!(library.find("kvalitet"), ["Kvalitet på luft", "Luftkvaliteten i Norrvik"]);
    assert_eq!(library.find("luft kvaliteter"), ["Kvalitet på luft", "Luftkvaliteten i Norrvik"]);
}

#[test]
fn a_misspelt_word_is_taken_for_the_nearest_there_is() {
    let library = Library::of(&[
        document(0, "Luftkvalitet", "Halter av partiklar"),
        document(1, "Vattenkvalitet", "Halter av kväve"),
    ]);
    for typed in ["luftkvaltiet", "luftkvlitet", "Lufftkvalitett", "luftkvaltiet partiklar"] {
        let hits = library.hits(&words_query(typed));
        assert_eq!(hits.total, 1, "{typed}");
        let meant = hits.corrected.unwrap();
        assert!(meant.starts_with("luftkvalitet"), "{typed}: {meant}");
    }
    for typed in ["luftkvalitet", "", "luftkvalitet kväve", "xyz", "2031", "qqqqqqqqqqqqqqq"] {
        assert_eq!(library.hits(&words_query(typed)).corrected, None, "{typed}");
    }
    // Only so many words are compared, and only words that somebody may have meant.
    let many = "qqqqqq wwwwww zzzzzz xxxxxx luftkvaltiet";
    assert_eq!(library.hits(&words_query(many)).corrected, None);
    let long = format!("{}luftkvaltiet", "q".repeat(60));
    assert_eq!(library.hits(&words_query(&long)).corrected, None);
    // Pages go on as they began.
    let first = library.hits(&Query { limit: 1, ..words_query("hatler") });
    assert_eq!((first.total, first.corrected.as_deref()), (2, Some("halter")));
    let second = library.hits(&Query { limit: 1, after: first.next, ..words_query("hatler") });
    assert_eq!(second.ids.len(), 1);
    assert_ne!(second.ids, first.ids);
}

#[test]
fn a_misspelt_beginning_of_a_compound_is_completed_as_it_begins() {
    let library = Library::of(&[
        document(0, "Arbetslöshetsstatistik", "x"),
        document(1, "Arbetslöshetsersättning", "x"),
        document(2, "Arbetsmarknad", "x"),
        document(3, "Luftkvalitet", "x"),
        document(4, "Lufta", "x"),
    ]);
    // As nobody wrote it, but as two words begin.
    for typed in ["arbetslshet", "arbetlöshet", "arbetslöhset", "arbetslshets"] {
        let hits = library.hits(&words_query(typed));
        let meant = hits.corrected.unwrap();
        assert!(meant.starts_with("arbetslöshet"), "{typed}: {meant}");
        assert_eq!(hits.total, 2, "{typed}: {meant}");
    }
    // A whole word as near goes before the beginning of another.
    assert_eq!(library.hits(&words_query("lutfa")).corrected.as_deref(), Some("lufta"));
    // Short beginnings are as near to too many words.
    assert_eq!(library.hits(&words_query("lfutk")).corrected, None);
}

#[test]
fn a_dataset_is_replaced_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    let search = Search::open(dir.path()).unwrap();
    let mut writer = search.writer().unwrap();
    assert!(matches!(search.writer(), Err(SearchError::InUse { .. })), "one writer");
    let one = document(0, "Luft", "x");
    writer.put(&one).unwrap();
    writer.put(&document(0, "Luftkvalitet", "x")).unwrap();
    assert!(search.is_empty(), "nothing is found before it is committed");
    writer.commit(5).unwrap();
    assert_eq!((search.len(), writer.cursor()), (1, 5));
    writer.remove(&one.id);
    writer.commit(6).unwrap();
    assert!(search.is_empty());
}

#[test]
fn an_index_comes_back_and_one_that_is_damaged_begins_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("search");
    let fill = || {
        let search = Search::open(&path).unwrap();
        let mut writer = search.writer().unwrap();
        writer.put(&document(0, "Luft", "x")).unwrap();
        writer.commit(9).unwrap();
    };
    let cursor = || {
        let search = Search::open(&path).unwrap();
        let writer = search.writer().unwrap();
        (search.len(), writer.cursor())
    };
    fill();
    assert_eq!(cursor(), (1, 9));

    fs::write(path.join("version"), "0\n").unwrap();
    assert_eq!(cursor(), (0, 0), "another version");

    for damage in ["meta.json", ".idx", ".term", ".fast"] {
        fill();
        let files = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
        let hit = files.filter(|file| file.to_string_lossy().ends_with(damage));
        let hit: Vec<_> = hit.collect();
        assert!(!hit.is_empty(), "no file {damage} any more");
        for file in hit {
            let mut bytes = fs::read(&file).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x55;
            bytes.truncate(bytes.len() - 1);
            fs::write(&file, bytes).unwrap();
        }
        assert_eq!(cursor(), (0, 0), "{damage}");
    }

    // What is no index is not removed.
    let other = dir.path().join("bilder");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("sommar.jpg"), "x").unwrap();
    Search::open(&other).unwrap();
    assert!(dir.path().join("bilder.aside-1").join("sommar.jpg").exists());
}

// -- Following -------------------------------------------------------------

/// A log of changes in memory.
#[derive(Clone, Default)]
struct Log {
    inner: Arc<Mutex<LogState>>,
}

#[derive(Default)]
struct LogState {
    origin: u64,
    first: u64,
    changes: Vec<EntityId>,
    documents: BTreeMap<EntityId, Document>,
    broken: bool,
}

impl Log {
    fn put(&self, document: Document) -> u64 {
        let mut log = self.inner.lock().unwrap();
        log.changes.push(document.id);
        log.documents.insert(document.id, document);
        log.changes.len() as u64
    }

    fn remove(&self, id: &EntityId) {
        let mut log = self.inner.lock().unwrap();
        log.changes.push(*id);
        log.documents.remove(id);
    }
}

impl Source for Log {
    fn origin(&self) -> u64 {
        self.inner.lock().unwrap().origin
    }

    fn first_change(&self) -> Result<u64, SourceError> {
        Ok(self.inner.lock().unwrap().first.max(1))
    }

    fn last_change(&self) -> Result<u64, SourceError> {
        Ok(self.inner.lock().unwrap().changes.len() as u64)
    }

    fn changes_after(
        &self,
        number: u64,
        limit: usize,
    ) -> Result<Vec<(u64, EntityId)>, SourceError> {
        let log = self.inner.lock().unwrap();
        let all = (1..).zip(log.changes.iter().copied());
        Ok(all.filter(|(at, _)| *at > number).take(limit).collect())
    }

    fn entities(&self) -> Box<dyn Iterator<Item = Result<EntityId, SourceError>> + '_> {
        let ids: Vec<_> = self.inner.lock().unwrap().documents.keys().copied().map(Ok).collect();
        Box::new(ids.into_iter())
    }

    fn document(&self, entity: &EntityId) -> Result<Option<Document>, SourceError> {
        let log = self.inner.lock().unwrap();
        if log.broken {
            Err("the disk is on fire".into())
        } else {
            Ok(log.documents.get(entity).cloned())
        }
    }
}

#[test]
fn the_first_change_after_a_pause_is_found_at_once_and_a_load_is_gathered() {
    let dir = tempfile::tempdir().unwrap();
    let search = Search::open(dir.path()).unwrap();
    let log = Log::default();
    let mut follower = Follower::new(log.clone(), &search).unwrap();
    let start = Instant::now();
    assert_eq!(follower.step(start).unwrap(), Step::Idle);

    log.put(document(0, "Luft", "x"));
    assert_eq!(follower.step(start).unwrap(), Step::Idle);
    assert_eq!((search.len(), follower.indexed()), (1, 1));

    log.put(document(1, "Vatten", "x"));
    let soon = start + COMMIT_INTERVAL / 2;
    let due = start + COMMIT_INTERVAL;
    assert_eq!(follower.step(soon).unwrap(), Step::CommitAt(due));
    log.put(document(2, "Jord", "x"));
    log.remove(&document(0, "", "").id);
    assert_eq!(follower.step(soon).unwrap(), Step::CommitAt(due));
    assert_eq!((search.len(), follower.indexed()), (1, 1), "gathering");
    assert_eq!(follower.step(due).unwrap(), Step::Idle);
    assert_eq!((search.len(), follower.indexed()), (2, 4));
}

#[test]
fn a_log_that_was_lost_or_does_not_reach_back_is_read_anew() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::default();
    let now = Instant::now();
    let follow = |log: &Log| {
        let search = Search::open(dir.path()).unwrap();
        let mut follower = Follower::new(log.clone(), &search).unwrap();
        while follower.step(now).unwrap() == Step::More {}
        (search.len(), follower.indexed(), follower.rebuilds())
    };
    log.put(document(0, "Luft", "x"));
    log.put(document(1, "Vatten", "x"));
    assert_eq!(follow(&log), (2, 2, 0));
    assert_eq!(follow(&log), (2, 2, 0), "it goes on where it was");

    log.remove(&document(0, "", "").id);
    log.put(document(2, "Jord", "x"));
    log.inner.lock().unwrap().first = 4;
    assert_eq!(
        follow(&log),
        (2, 4, 1),
        "change 3 was missed, and its removal is seen all the same"
    );

    let shorter = Log::default();
    shorter.put(document(5, "Skog", "x"));
    assert_eq!(follow(&shorter), (1, 1, 1), "the log ends before what was read");

    let other = Log::default();
    other.inner.lock().unwrap().origin = 7;
    for number in 6..9 {
        other.put(document(number, "Berg", "x"));
    }
    assert_eq!(follow(&other), (3, 3, 0), "another log, longer than the one followed");

    let empty = Log::default();
    empty.inner.lock().unwrap().origin = 8;
    assert_eq!(follow(&empty), (0, 0, 0), "what is not in the log is not found any more");
}

#[test]
fn the_thread_follows_reports_and_stops() {
    let dir = tempfile::tempdir().unwrap();
    let search = Search::open(dir.path()).unwrap();
    let log = Log::default();
    let indexer = Indexer::start(log.clone(), &search).unwrap();
    let notifier = indexer.notifier();
    let patience = Duration::from_secs(20);
    let mut last = 0;
    for number in 0..30 {
        last = log.put(document(number, "Luft", "x"));
        notifier.notify();
    }
    assert!(notifier.wait_for(last, patience));
    assert_eq!(search.len(), 30);

    log.inner.lock().unwrap().broken = true;
    let last = log.put(document(31, "Eld", "x"));
    notifier.notify();
    assert!(!notifier.wait_for(last, Duration::from_millis(1)));
    log.inner.lock().unwrap().broken = false;
    notifier.notify();
    assert!(notifier.wait_for(last, patience), "it goes on after an error");
    assert_eq!(indexer.indexed().failure, None);
    indexer.stop();
    search.writer().expect("the writer was given back");
}

/// Indexes made-up datasets and searches them; with `DELA_MEASURE=n`, many, and
/// prints how long it took.
#[test]
fn thousands_of_datasets_are_searched_in_milliseconds() {
    let measure = std::env::var("DELA_MEASURE").ok().and_then(|count| count.parse::<u64>().ok());
    let count = measure.unwrap_or(500);
    let dir = tempfile::tempdir().unwrap();
    let search = Search::open(dir.path()).unwrap();
    let mut writer = search.writer().unwrap();
    let agency = AgencyId::from_bytes([9; 32]);
    let documents: Vec<Document> = (0..count)
        .map(|number| {
            let resource = Resource::of(&sample::dataset(number));
            Document {
                id: EntityId::of(&agency, &resource.iri),
                agency,
                kind: DatasetKind::Dataset,
                agency_name: "Norrviks kommun".to_owned(),
                modified: resource.modified.clone().unwrap_or_default(),
                marks: Marks::default(),
                signed_at: Timestamp::from_millis(0),
                resource,
            }
        })
        .collect();
    let begin = Instant::now();
    for document in &documents {
        writer.put(document).unwrap();
    }
    writer.commit(count).unwrap();
    let built = begin.elapsed();
    assert_eq!(search.len(), count);
    let begin = Instant::now();
    writer.put(&documents[0]).unwrap();
    writer.commit(count + 1).unwrap();
    let one = begin.elapsed();
    if measure.is_some() {
        let bytes: u64 = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .sum();
        println!("{count} in {built:?}, {bytes} bytes; one more in {one:?}");
    }
    for words in ["", "väg", "luftkvalitet norrvik", "statistik kommun energi", "sk"] {
        for facets in [false, true] {
            let query = Query { facets, ..words_query(words) };
            let mut times: Vec<Duration> = (0..if measure.is_some() { 50 } else { 1 })
                .map(|_| {
                    let begin = Instant::now();
                    assert!(search.query(&query).unwrap().total > 0, "{words}");
                    begin.elapsed()
                })
                .collect();
            times.sort();
            if measure.is_some() {
                let total = search.query(&query).unwrap().total;
                let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
                println!("{words:?} facets {facets}: {total} hits, {median:?}, worst {worst:?}");
            }
        }
    }
}

#[test]
fn a_selection_has_any_order_and_any_offset_across_commits() {
    let titles = ["Örter", "alger", "Tall", "Ålar", "Bin", "ekar"];
    let mut documents: Vec<Document> = (0u8..)
        .zip(titles)
        .map(|(number, title)| Document {
            signed_at: Timestamp::from_millis(u64::from(number % 3) * 1_000),
            ..document(number, title, "Natur")
        })
        .collect();
    let library = Library::of(&[]);
    let mut writer = library.search.writer().unwrap();
    for (number, document) in (2..).zip(&documents) {
        writer.put(document).unwrap();
        writer.commit(number).unwrap();
    }
    let select = |condition: Condition, key: Key, descending: bool| -> Vec<EntityId> {
        let order = vec![Order { key, descending }];
        let mut all = Vec::new();
        loop {
            let selection = Selection {
                condition: condition.clone(),
                order: order.clone(),
                offset: all.len(),
                limit: 4,
                counted: Vec::new(),
            };
            let page = library.search.select(&selection).unwrap().ids;
            if page.is_empty() {
                return all;
            }
            all.extend(page);
        }
    };
    let ids = |documents: &[Document]| -> Vec<EntityId> {
        documents.iter().map(|document| document.id).collect()
    };
    documents.sort_by_key(|document| document.id);
    assert_eq!(select(Condition::Everything, Key::Id, false), ids(&documents));
    documents.reverse();
    assert_eq!(select(Condition::Everything, Key::Id, true), ids(&documents));
    documents.sort_by_key(|document| (core::cmp::Reverse(document.signed_at), document.id));
    assert_eq!(select(Condition::Everything, Key::Signed, true), ids(&documents));
    let by_title = ["alger", "Bin", "ekar", "Tall", "Ålar", "Örter"];
    let place = |document: &Document| {
        let title = document.resource.title_in(&["sv"]).unwrap().to_owned();
        by_title.iter().position(|other| *other == title)
    };
    documents.sort_by_key(place);
    assert_eq!(select(Condition::Everything, Key::Title, false), ids(&documents));
    documents.reverse();
    assert_eq!(select(Condition::Everything, Key::Title, true), ids(&documents));

    let not = |condition| Condition::Not(Box::new(condition));
    let title = |word: &str| Condition::Title(word.to_owned());
    let count = |condition| select(condition, Key::Id, false).len();
    assert_eq!(count(not(Condition::Everything)), 0);
    assert_eq!(count(not(title("tall"))), 5);
    assert_eq!(count(Condition::All(vec![not(title("tall")), not(title("bin"))])), 4);
    assert_eq!(count(Condition::Any(vec![title("tall"), not(title("bin"))])), 5);
    assert_eq!(count(Condition::Any(Vec::new())), 0);
    assert_eq!(count(Condition::All(Vec::new())), 6);
    let second = Timestamp::from_millis(1_000);
    let signed = |from, to| count(Condition::Signed(from, to));
    assert_eq!(signed(Bound::Included(second), Bound::Unbounded), 4);
    assert_eq!(signed(Bound::Excluded(second), Bound::Unbounded), 2);
    assert_eq!(signed(Bound::Unbounded, Bound::Excluded(second)), 2);
}
