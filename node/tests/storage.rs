//! The store on a real disk: the suite of all stores, crashes and damage.

use std::cell::RefCell;
use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dela_node::index::SearchSource;
use dela_node::search::Search;
use dela_node::search::indexer::Indexer;
use dela_node::storage::{Opened, Options, Reader, SledStore, StoreError};
use dela_protocol::catalogue::Catalogue;
use dela_protocol::id::FederationId;
use dela_protocol::record::{Position, Record, RecordKind, Statement};
use dela_protocol::store::conformance::{self, Publisher, at};
use dela_protocol::store::{Batch, HighWater, Standing, Store as _};
use dela_protocol::time::Timestamp;
use tempfile::TempDir;

use crate::sample;

fn federation() -> FederationId {
    Publisher::numbered(0).federation
}

fn try_open(dir: &Path) -> Result<Opened, StoreError> {
    SledStore::open(&dir.join("store"), &dir.join("high-water"), federation())
}

fn open(dir: &Path) -> SledStore {
    let opened = try_open(dir).unwrap();
    assert_eq!(opened.set_aside, None);
    opened.store
}

#[test]
fn it_keeps_the_promises_of_a_store() {
    let dirs = RefCell::new(Vec::new());
    let last = || dirs.borrow().last().map(|dir: &TempDir| dir.path().to_owned()).unwrap();
    let fresh = || {
        dirs.borrow_mut().push(tempfile::tempdir().unwrap());
        open(&last())
    };
    conformance::check(fresh, |store| {
        drop(store);
        open(&last())
    });
}

/// Commits `records` batches of one dataset each, with a withdrawal of every
/// third, and returns the catalogue after them.
fn fill(store: &mut SledStore, publisher: &Publisher, count: u64) -> Catalogue {
    let mut catalogue = Catalogue::new(publisher.agency.clone());
    for number in 1..=count {
        let batch = step(publisher, &catalogue, number);
        catalogue = batch.catalogue.clone();
        store.commit(batch).unwrap();
    }
    catalogue
}

/// Returns the batch of that number: a dataset comes, and every third time an
/// earlier one is withdrawn.
fn step(publisher: &Publisher, catalogue: &Catalogue, number: u64) -> Batch {
    let description = sample::dataset(number);
    let statement = Statement::describe(RecordKind::Dataset, &description);
    let mut put = vec![publisher.sign(at(number * 2), &statement)];
    let mut remove = Vec::new();
    if number.is_multiple_of(3) {
        let old = sample::dataset(number - 1);
        let gone = Statement::describe(RecordKind::Dataset, &old);
        remove.push(publisher.sign(at((number - 1) * 2), &gone));
        put.push(publisher.withdrawal(at(number * 2 + 1), old.iri()));
    }
    publisher.batch(catalogue, &remove, &put)
}

fn held(store: &SledStore, publisher: &Publisher) -> Vec<Record> {
    store.records_after(&publisher.id(), Position::START, usize::MAX).unwrap()
}

#[test]
fn readers_see_no_record_before_its_signature_was_found_to_hold() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let reader = store.reader();
    let publisher = Publisher::numbered(1);
    let records: Vec<Record> =
        (1..=3).map(|seq| publisher.dataset(at(seq), &format!("urn:x:{seq}"), "Luft")).collect();
    let empty = Catalogue::new(publisher.agency.clone());
    let mut batch = publisher.batch(&empty, &[], &records);
    for (_, standing) in &mut batch.put {
        *standing = Standing::Unverified;
    }
    let mut catalogue = batch.catalogue.clone();
    store.commit(batch).unwrap();
    let seen = |reader: &Reader| -> Vec<u64> {
        let agency = publisher.id();
        reader.records(&agency).map(|record| record.unwrap().position().seq).collect()
    };
    assert_eq!(seen(&reader), [0; 0]);
    assert_eq!(reader.newest(&records[0].entity()).unwrap(), None);
    assert_eq!(reader.last_change().unwrap(), 0, "nothing changed for who follows the index");
    assert_eq!(held(&store, &publisher), records, "peers are served all the same");

    catalogue.checked = at(2);
    let judged =
        vec![(records[0].clone(), Standing::Verified), (records[1].clone(), Standing::Quarantined)];
    store.commit(Batch { judged, ..Batch::of(catalogue, Timestamp::from_millis(1)) }).unwrap();
    assert_eq!(seen(&reader), [1]);
    assert_eq!(reader.newest(&records[0].entity()).unwrap().as_ref(), Some(&records[0]));
    assert_eq!(reader.newest(&records[1].entity()).unwrap(), None);
    assert_eq!(reader.last_change().unwrap(), 2);

    drop(reader);
    store.flush().unwrap();
    drop(store);
    let store = open(dir.path());
    assert_eq!(seen(&store.reader()), [1], "and it is the same after a restart");
    assert_eq!(held(&store, &publisher), records);
}

#[test]
fn readers_see_what_is_committed() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let reader = store.reader();
    let publisher = Publisher::numbered(1);
    assert_eq!((reader.first_change().unwrap(), reader.last_change().unwrap()), (1, 0));
    assert_eq!(reader.changes_after(0, 10).unwrap(), []);
    assert_eq!(reader.catalogue(&publisher.id()), None);
    assert_eq!(reader.records(&publisher.id()).count(), 0);

    let catalogue = fill(&mut store, &publisher, 6);
    let catalogue = std::sync::Arc::new(catalogue);
    assert_eq!(reader.catalogues(), std::slice::from_ref(&catalogue));
    assert_eq!(reader.catalogue(&publisher.id()), Some(catalogue));
    let records: Vec<Record> = reader.records(&publisher.id()).map(Result::unwrap).collect();
    assert_eq!(records, held(&store, &publisher));
    assert_eq!(records.len(), 6, "four datasets and two withdrawals");
    assert_eq!(reader.entities().count(), 6);

    let withdrawn = publisher.entity(sample::dataset(2).iri());
    assert_eq!(reader.newest(&withdrawn).unwrap().unwrap().kind(), RecordKind::Withdrawal);
    let unknown = publisher.entity("urn:dela:none");
    assert_eq!(reader.newest(&unknown).unwrap(), None);

    // Each entity that changed is one change; every third batch changes two.
    assert_eq!(reader.last_change().unwrap(), 8);
    let changes = reader.changes_after(0, 100).unwrap();
    assert_eq!(
        changes.iter().map(|change| change.number).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 6, 7, 8]
    );
    assert!(changes.iter().all(|change| change.agency == publisher.id()));
    assert_eq!(reader.changes_after(3, 2).unwrap(), changes[3..5], "from the middle of a commit");
    assert_eq!(reader.changes_after(8, 2).unwrap(), []);
    assert_eq!(reader.changes_after(u64::MAX, 2).unwrap(), []);
}

#[test]
fn the_log_of_changes_goes_on_after_a_restart_and_has_a_name() {
    let dir = tempfile::tempdir().unwrap();
    let publisher = Publisher::numbered(1);
    let (origin, last) = {
        let mut store = open(dir.path());
        fill(&mut store, &publisher, 4);
        store.flush().unwrap();
        (store.reader().origin(), store.reader().last_change().unwrap())
    };
    let store = open(dir.path());
    assert_eq!(store.reader().origin(), origin);
    assert_eq!(store.reader().last_change().unwrap(), last);
    let other = tempfile::tempdir().unwrap();
    assert_ne!(open(other.path()).reader().origin(), origin);
}

#[test]
fn the_log_of_changes_is_bounded_and_says_where_it_begins() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { changes_max: 10, ..Options::default() };
    let (folder, high_water) = (dir.path().join("store"), dir.path().join("high-water"));
    let opened = SledStore::open_with(&folder, &high_water, federation(), options).unwrap();
    let mut store = opened.store;
    fill(&mut store, &Publisher::numbered(1), 30);
    let reader = store.reader();
    let (first, last) = (reader.first_change().unwrap(), reader.last_change().unwrap());
    assert_eq!(last, 40);
    assert!(
        (30..=32).contains(&first),
        "whole commits are dropped, and the last ten stay: {first}"
    );
    let changes = reader.changes_after(0, 100).unwrap();
    assert_eq!(changes.first().unwrap().number, first);
    assert_eq!(changes.last().unwrap().number, last);
}

#[test]
fn what_changed_since_a_moment_is_found_though_the_clock_goes_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let reader = store.reader();
    let publisher = Publisher::numbered(1);
    let moment = Timestamp::from_millis;
    assert_eq!(reader.first_change_since(moment(0)).unwrap(), 1);
    assert_eq!(reader.changed_at().unwrap(), None);
    let mut catalogue = Catalogue::new(publisher.agency.clone());
    // Every third commit has two changes; the clock goes back after the fourth.
    for (number, millis) in (1..).zip([10, 20, 30, 40, 5, 50]) {
        let batch = Batch { at: moment(millis), ..step(&publisher, &catalogue, number) };
        catalogue = batch.catalogue.clone();
        store.commit(batch).unwrap();
    }
    let times: Vec<u64> =
        reader.changes_after(0, 100).unwrap().iter().map(|change| change.at.as_millis()).collect();
    assert_eq!(times, [10, 20, 30, 30, 40, 40, 50, 50]);
    for (since, number) in [(0, 1), (10, 1), (11, 2), (30, 3), (31, 5), (40, 5), (41, 7), (51, 9)] {
        assert_eq!(reader.first_change_since(moment(since)).unwrap(), number, "{since}");
    }
    assert_eq!(reader.changed_at().unwrap(), Some(moment(50)));
}

#[test]
fn an_agency_that_takes_the_id_of_a_foreign_entity_hides_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let (owner, thief) = (Publisher::numbered(1), Publisher::numbered(2));
    let iri = "https://data.norrvik.example/luft";
    let record = owner.dataset(at(1), iri, "Luftkvalitet");
    let empty = |publisher: &Publisher| Catalogue::new(publisher.agency.clone());
    // The thief comes first, so that its record is found first.
    let theirs = thief.dataset(at(1), "urn:dela:x", "Stulet");
    store.commit(thief.batch(&empty(&thief), &[], &[theirs])).unwrap();
    store.commit(owner.batch(&empty(&owner), &[], std::slice::from_ref(&record))).unwrap();
    assert_eq!(store.reader().newest(&owner.entity(iri)).unwrap(), Some(record));
}

// -- Crashes ---------------------------------------------------------------

const CHILD: &str = "DELA_TEST_CRASH_DIR";

/// Not a test by itself: the process that [`a_killed_process_loses_nothing_it_acknowledged`]
/// starts, and kills while it writes.
#[test]
fn crash_child() {
    let Some(dir) = std::env::var_os(CHILD) else { return };
    let mut store = open(Path::new(&dir));
    let publisher = Publisher::numbered(1);
    let mut catalogue = store
        .catalogues()
        .unwrap()
        .pop()
        .unwrap_or_else(|| Catalogue::new(publisher.agency.clone()));
    let begin = catalogue.cursor.seq / 2 + 1;
    for number in begin.. {
        let batch = step(&publisher, &catalogue, number);
        catalogue = batch.catalogue.clone();
        store.commit(batch).unwrap();
        if number.is_multiple_of(4) {
            let mark = HighWater { reserved: at(number * 2 + 64), published: at(number * 2) };
            store.flush().unwrap();
            store.set_high_water(mark).unwrap();
            println!("\nacknowledged {number}");
            std::io::stdout().flush().unwrap();
        }
    }
}

/// Starts the child, kills it after so many acknowledgements, and returns the
/// last number it acknowledged.
fn run_until_killed(dir: &Path, acknowledgements: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "storage::crash_child", "--nocapture"])
        .env(CHILD, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let numbers = lines.filter_map(|line| {
        line.unwrap().strip_prefix("acknowledged ").map(|number| number.parse::<u64>().unwrap())
    });
    let last = numbers.take(acknowledgements).last();
    child.kill().unwrap();
    child.wait().unwrap();
    last.unwrap()
}

#[test]
fn a_killed_process_loses_nothing_it_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let publisher = Publisher::numbered(1);
    for acknowledgements in [1, 2, 5, 3, 11, 4, 20, 7] {
        let acknowledged = run_until_killed(dir.path(), acknowledgements);
        let store = open(dir.path());
        let reader = store.reader();
        reader.verify().unwrap();
        let [catalogue] = &store.catalogues().unwrap()[..] else { panic!("one agency") };
        assert!(catalogue.cursor.seq / 2 >= acknowledged, "an acknowledged batch was lost");
        assert!(store.high_water().unwrap().published.seq >= acknowledged * 2);
        assert_eq!(catalogue.set.digest(), conformance::digest_of(&store, &publisher.id()));

        // Replaying the batches gives the same state: whole batches only.
        let mut expected = Catalogue::new(publisher.agency.clone());
        let written = (catalogue.cursor.seq - 1) / 2 + u64::from(catalogue.cursor.seq == 2);
        for number in 1..=written.max(1) {
            expected = step(&publisher, &expected, number).catalogue;
        }
        if expected.cursor != catalogue.cursor {
            expected = step(&publisher, &expected, written + 1).catalogue;
        }
        assert_eq!(*catalogue, expected);
        let entities = u64::try_from(reader.entities().count()).unwrap();
        assert_eq!(entities, catalogue.live_count + catalogue.withdrawal_count);
    }
}

// -- Damage ----------------------------------------------------------------

/// Makes a store with some hundred records in `dir` and closes it.
fn prepare(dir: &Path) -> Catalogue {
    let mut store = open(dir);
    let catalogue = fill(&mut store, &Publisher::numbered(1), 150);
    store.flush().unwrap();
    drop(store);
    // The engine writes its first snapshot when it opens what is there.
    drop(open(dir));
    catalogue
}

/// Opens a store that may be damaged, and uses it: whatever was done to it,
/// what is answered is right or an error, and after at most one restart it
/// works. Returns where the damaged folder went.
fn survive(dir: &Path, whole: &Catalogue) -> Option<PathBuf> {
    let mut moved = None;
    for _ in 0..2 {
        let opened = try_open(dir).expect("an open that can set a store aside succeeds");
        moved = moved.or(opened.set_aside);
        let mut store = opened.store;
        let answers = store.reader().verify();
        let used = answers.and_then(|_| {
            let publisher = Publisher::numbered(2);
            let record = publisher.dataset(at(1), "urn:dela:efter", "Efter skadan");
            let empty = Catalogue::new(publisher.agency.clone());
            store.commit(publisher.batch(&empty, &[], &[record]))?;
            store.flush()
        });
        match used {
            Ok(()) => {
                let held = store.catalogues().unwrap();
                let first = held.iter().find(|c| c.id() == whole.id());
                assert!(
                    moved.is_some() || first == Some(whole),
                    "data vanished and nobody was told"
                );
                return moved;
            }
            Err(StoreError::Damaged { .. }) => {}
            Err(error) => panic!("damage was reported as {error}"),
        }
    }
    panic!("the store did not come back after a restart");
}

fn database(dir: &Path) -> PathBuf {
    dir.join("store").join("db")
}

fn snapshots(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir.join("store"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("snap."))
        .collect()
}

fn truncate(path: &Path, length: u64) {
    OpenOptions::new().write(true).open(path).unwrap().set_len(length).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn flipped_bytes_are_found_and_never_answered_as_data() {
    let original = tempfile::tempdir().unwrap();
    let whole = prepare(original.path());
    let length = fs::metadata(database(original.path())).unwrap().len();
    for place in 0..12 {
        let dir = tempfile::tempdir().unwrap();
        copy(original.path(), dir.path());
        let mut file =
            OpenOptions::new().read(true).write(true).open(database(dir.path())).unwrap();
        let offset = length * place / 12 + 977;
        let mut bytes = [0; 8];
        file.seek(SeekFrom::Start(offset.min(length - 8))).unwrap();
        file.read_exact(&mut bytes).unwrap();
        file.seek(SeekFrom::Start(offset.min(length - 8))).unwrap();
        file.write_all(&bytes.map(|byte| !byte)).unwrap();
        drop(file);
        if let Some(aside) = survive(dir.path(), &whole) {
            assert!(aside.join("db").exists(), "the damaged folder was kept");
        }
    }
}

#[test]
fn a_file_that_was_cut_is_survived() {
    let original = tempfile::tempdir().unwrap();
    let whole = prepare(original.path());
    let length = fs::metadata(database(original.path())).unwrap().len();
    for kept in [0, 1, 100, length / 4, length / 2, length * 3 / 4, length - 4_096] {
        let dir = tempfile::tempdir().unwrap();
        copy(original.path(), dir.path());
        truncate(&database(dir.path()), kept);
        survive(dir.path(), &whole);
    }
}

#[test]
fn half_a_snapshot_is_repaired_without_loss() {
    let dir = tempfile::tempdir().unwrap();
    let whole = prepare(dir.path());
    let found = snapshots(dir.path());
    assert!(!found.is_empty(), "the engine writes no snapshots any more");
    for snapshot in found {
        truncate(&snapshot, fs::metadata(&snapshot).unwrap().len() / 2);
    }
    assert_eq!(survive(dir.path(), &whole), None, "no reason to move it aside");
}

#[test]
fn a_folder_of_something_else_is_moved_aside_whole() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("store");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("semesterbilder.zip"), "inte en databas").unwrap();
    let aside = try_open(dir.path()).unwrap().set_aside.unwrap();
    assert!(aside.file_name().unwrap().to_string_lossy().starts_with("store.damaged-"));
    assert_eq!(fs::read(aside.join("semesterbilder.zip")).unwrap(), b"inte en databas");

    for name in ["db", "conf", "version"] {
        let dir = tempfile::tempdir().unwrap();
        let whole = prepare(dir.path());
        fs::write(dir.path().join("store").join(name), "skräp".repeat(2_000)).unwrap();
        survive(dir.path(), &whole);
    }
}

#[test]
fn opens_that_never_end_set_the_store_aside() {
    let dir = tempfile::tempdir().unwrap();
    let whole = prepare(dir.path());
    let opening = dir.path().join("store").join("opening");
    // A power cut or two during an open is no damage.
    for unfinished in ["1\n", "2\n"] {
        fs::write(&opening, unfinished).unwrap();
        assert_eq!(survive(dir.path(), &whole), None);
        assert!(!opening.exists());
    }
    fs::write(&opening, "3\n").unwrap();
    assert!(survive(dir.path(), &whole).is_some());
}

#[test]
fn damage_met_while_running_is_noted_for_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let whole = prepare(dir.path());
    fs::write(dir.path().join("store").join("damaged"), "page 5").unwrap();
    let aside = survive(dir.path(), &whole).unwrap();
    assert_eq!(fs::read(aside.join("damaged")).unwrap(), b"page 5");
}

#[test]
fn a_newer_format_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    prepare(dir.path());
    let version = dir.path().join("store").join("version");
    fs::write(&version, "2\n").unwrap();
    let error = try_open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::NewerFormat { found: 2, known: 1, .. }));
    assert!(error.to_string().contains("upgrade delad"), "{error}");
    fs::write(&version, "1\n").unwrap();
    open(dir.path());
}

#[test]
fn a_folder_in_use_is_refused_and_a_file_is_no_folder() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let error = try_open(dir.path()).unwrap_err().to_string();
    assert!(error.starts_with("another delad is using "), "{error}");
    let reader = store.reader();
    drop(store);
    assert!(try_open(dir.path()).is_err(), "a reader still has the folder open");
    drop(reader);
    open(dir.path());

    let file = tempfile::NamedTempFile::new().unwrap();
    let high_water = dir.path().join("high-water");
    for path in [file.path().to_owned(), file.path().join("below")] {
        let error = SledStore::open(&path, &high_water, federation()).unwrap_err();
        assert!(matches!(error, StoreError::NotADirectory { .. }), "{error}");
    }
}

#[test]
fn a_torn_high_water_mark_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let mark = HighWater { reserved: at(64), published: at(5) };
    open(dir.path()).set_high_water(mark).unwrap();
    let path = dir.path().join("high-water");
    truncate(&path, 30);
    let error = try_open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::HighWater { .. }), "{error}");
    // The store itself is not touched by it.
    fs::remove_file(path).unwrap();
    open(dir.path());
}

/// The search follows the store from a thread of its own, while thousands of
/// records come in, are judged in other portions than they came, and shown.
#[test]
fn whatever_comes_in_is_found_in_the_search() {
    const PAGES: u64 = 24;
    const PAGE: u64 = 250;
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let publisher = Publisher::numbered(1);
    let search = Search::open(&dir.path().join("search")).unwrap();
    let indexer = Indexer::start(SearchSource::new(store.reader()), &search).unwrap();
    let mut catalogue = Catalogue::new(publisher.agency.clone());
    let mut waiting: Vec<Record> = Vec::new();
    for page in 0..PAGES {
        let records: Vec<Record> = (1..=PAGE)
            .map(|n| page * PAGE + n)
            .map(|seq| publisher.dataset(at(seq), &format!("urn:x:{seq}"), "Luft"))
            .collect();
        let mut batch = publisher.batch(&catalogue, &[], &records);
        for (_, standing) in &mut batch.put {
            *standing = Standing::Unverified;
        }
        batch.catalogue.checked = catalogue.checked;
        catalogue = batch.catalogue.clone();
        store.commit(batch).unwrap();
        indexer.notifier().notify();
        waiting.extend(records);
        let judged = waiting.len() * 2 / 3;
        if page % 3 == 2 || page + 1 == PAGES {
            let judged = if page + 1 == PAGES { waiting.len() } else { judged };
            catalogue.checked = waiting[judged - 1].position();
            let judged = waiting.drain(..judged).map(|record| (record, Standing::Verified));
            let judged = judged.collect();
            let batch = Batch::of(catalogue.clone(), Timestamp::from_millis(1));
            store.commit(Batch { judged, ..batch }).unwrap();
            indexer.notifier().notify();
        }
    }
    let last = store.reader().last_change().unwrap();
    assert!(indexer.notifier().wait_for(last, std::time::Duration::from_secs(60)));
    assert_eq!(search.len(), PAGES * PAGE);
}
