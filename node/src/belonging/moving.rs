//! Moving from one federation to another: what a node leaves behind, and what it
//! takes with it.
//!
//! What belongs to a federation (the store, the mark of how far the agency has
//! published, the acts of the council, the search, the address book, the history)
//! is put aside in `elsewhere/<id>`, whole, and is taken back where the node
//! returns: an agency that forgot how far it has published somewhere would sign
//! two records for one position there. Keys, sources and settings stay. What the
//! agency itself published is signed anew in the other federation, since its
//! signatures are worth nothing there.
//!
//! Invariant: each step can be cut short and is gone on with at the next start,
//! and nothing is deleted. `moving` says where to until the node is there, and
//! `carry` from where until what it published is published there; with how far the
//! agency's catalogue reached here when the node came. What stands after that, since
//! it was published here or came back from peers, is left as it is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dela_protocol::agency::profile_iri;
use dela_protocol::head::Head;
use dela_protocol::id::{AgencyId, EntityId};
use dela_protocol::record::{Position, Record, RecordKind, Statement};
use dela_protocol::store::Store as _;

use super::{Belonging, BelongingError, Home};
use crate::history;
use crate::storage::{self, Options, Reader, SledStore, StoreError};

const MOVING: &str = "moving";
const CARRY: &str = "carry";
const ELSEWHERE: &str = "elsewhere";

/// What belongs to a federation, and not to the agency.
const PARTS: [&str; 6] =
    ["store", "search", HIGH_WATER, "council-acts", "address-book", history::FILE_NAME];

/// How many nodes by which it was entered a folder keeps; those told last go first.
const PEERS_KEPT_MAX: usize = 8;

const HIGH_WATER: &str = "high-water";

/// Says that the node of a folder is to move at its next start; where the folder
/// is at home nowhere yet, it is at home there at once.
///
/// # Errors
///
/// When it is there already, or a setting would keep it where it is.
pub fn ask(folder: &Path, setting: Option<&str>, to: &Home) -> Result<(), BelongingError> {
    demand_unset(setting, Some(&to.federation))?;
    match Home::of(folder)? {
        None => to.note(folder),
        Some(home) if home.federation == to.federation => {
            // It is there; by nodes that it was not told of yet it may find others.
            if to.peers.iter().all(|peer| home.peers.contains(peer)) {
                return Err(BelongingError::There(home.federation));
            }
            let mut peers = to.peers.clone();
            peers.extend(home.peers.into_iter().filter(|peer| !to.peers.contains(peer)));
            peers.truncate(PEERS_KEPT_MAX);
            Home { federation: home.federation, peers }.write(&folder.join(MOVING))
        }
        Some(_) => {
            if let Some(pending) = Carry::pending(folder)?.filter(|it| it.from != to.federation) {
                return Err(BelongingError::Carrying(pending.from));
            }
            to.write(&folder.join(MOVING))
        }
    }
}

/// Refuses where a setting would keep the node from starting there.
pub fn demand_unset(setting: Option<&str>, to: Option<&Belonging>) -> Result<(), BelongingError> {
    match setting {
        Some(setting) if to != Some(&Belonging::parse(setting)) => {
            Err(BelongingError::Set(setting.to_owned()))
        }
        Some(_) | None => Ok(()),
    }
}

/// Keeps the acts by which a federation is founded where the node of a folder
/// finds them when it gets there, and returns the home it then has.
pub fn prepare(
    folder: &Path,
    federation: Belonging,
    acts: &[Vec<u8>],
) -> Result<Home, BelongingError> {
    let place = if Home::of(folder)?.is_some() {
        let place = elsewhere(folder, &federation);
        fs::create_dir_all(&place).map_err(at(&place))?;
        place
    } else {
        folder.to_owned()
    };
    SledStore::begin_acts(&place.join(HIGH_WATER), acts)?;
    Ok(Home::new(federation))
}

/// Moves, where the node of a folder is to. Nobody may have its store open.
pub fn carry_out(folder: &Path) -> Result<(), BelongingError> {
    let mark = folder.join(MOVING);
    let Some(to) = Home::read(&mark)? else { return Ok(()) };
    let _held = storage::hold(&folder.join("store"))?;
    if let Some(from) = Home::of(folder)?.filter(|from| from.federation != to.federation) {
        // Who goes back before anything was carried has nothing to carry back.
        if Carry::pending(folder)?.is_none() {
            Home::new(from.federation.clone()).write(&folder.join(CARRY))?;
        }
        put(folder, &elsewhere(folder, &from.federation))?;
    }
    to.note(folder)?;
    let back_from = elsewhere(folder, &to.federation);
    put(&back_from, folder)?;
    // Where something else was left in it, it stays.
    drop(fs::remove_dir(back_from));
    // A mark that says nothing was published: whether that is so, its peers are
    // asked before anything is signed.
    SledStore::begin(&folder.join(HIGH_WATER), false)?;
    if let Some(back) = Carry::pending(folder)?.filter(|carry| carry.from == to.federation) {
        back.done();
    }
    fs::remove_file(&mark).map_err(at(&mark))
}

/// Moves all parts of a federation from one folder to another.
fn put(from: &Path, to: &Path) -> Result<(), BelongingError> {
    if !from.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(to).map_err(at(to))?;
    for part in PARTS {
        let (here, there) = (from.join(part), to.join(part));
        // The folder of the store is made when it is held.
        let is_empty = |path: &Path| path.is_dir() && fs::remove_dir(path).is_ok();
        if here.exists() && (!there.exists() || is_empty(&there)) {
            fs::rename(&here, &there).map_err(at(&here))?;
        }
    }
    Ok(())
}

/// What an agency takes with it from another federation.
#[derive(Debug)]
pub struct Carry {
    mark: PathBuf,
    store: PathBuf,
    from: Belonging,
    /// How far the agency's catalogue reached here when the node came, once that has
    /// been noted.
    since: Option<Position>,
}

impl Carry {
    /// Returns what is left to be carried to where the node of a folder is.
    pub fn pending(folder: &Path) -> Result<Option<Self>, BelongingError> {
        let mark = folder.join(CARRY);
        Ok(Home::read(&mark)?.map(|home| Self {
            mark,
            store: elsewhere(folder, &home.federation),
            since: home.peers.first().and_then(|line| position(line)),
            from: home.federation,
        }))
    }

    /// Notes how far the agency's catalogue reaches here, where the node has just
    /// come.
    pub fn arrive(&mut self, here: &Reader, agency: AgencyId) -> Result<(), BelongingError> {
        if self.since.is_some() {
            return Ok(());
        }
        let held = here.catalogue(&agency);
        let since =
            held.and_then(|held| held.head.as_ref().map(Head::position)).unwrap_or(Position::START);
        let line = format!("{} {}", since.epoch, since.seq);
        Home { federation: self.from.clone(), peers: vec![line] }.write(&self.mark)?;
        self.since = Some(since);
        Ok(())
    }

    /// Returns where from.
    pub fn from(&self) -> &Belonging {
        &self.from
    }

    /// Returns what has to be stated for the agency to offer here what it offered
    /// there: all of that, and withdrawals of what it offered here, when the node
    /// came, and has withdrawn there. Who it is it says for itself.
    pub fn statements(
        &self,
        agency: AgencyId,
        here: &Reader,
    ) -> Result<Vec<Statement>, StoreError> {
        let high_water = self.store.join(HIGH_WATER);
        let folder = self.store.join("store");
        let options = Options::default();
        let opened = SledStore::open_with(&folder, &high_water, self.from.id(), options)?;
        if let Some(aside) = opened.set_aside {
            tracing::error!(
                folder = %aside.display(),
                "the store of the federation that was left is damaged: what the agency published \
                 there has to be imported again"
            );
            return Ok(Vec::new());
        }
        let there = opened.store.reader();
        let published = opened.store.high_water()?.published;
        let held = there.catalogue(&agency);
        let head = held.as_ref().and_then(|held| held.head.as_ref());
        if head.map_or(Position::START, Head::position) < published {
            tracing::warn!(
                from = %self.from,
                "the node did not hold all that the agency published in the federation it left: \
                 what it held is taken along"
            );
        }
        let since = self.since.unwrap_or(Position::START);
        let profile = profile_iri(&agency);
        let mut statements = Vec::new();
        for record in there.records(&agency) {
            let Some(statement) = stated(&record?).filter(|it| it.iri != profile) else { continue };
            let newest = here.newest(&EntityId::of(&agency, &statement.iri))?;
            if newest.is_none_or(|newest| newest.position() <= since) {
                statements.push(statement);
            }
        }
        for record in here.records(&agency) {
            let record = record?;
            let Some(statement) = stated(&record).filter(|it| it.iri != profile) else { continue };
            let there = there.newest(&EntityId::of(&agency, &statement.iri))?;
            // That it is not there proves nothing: it may never have come there.
            if record.position() <= since && there.is_some_and(|newest| !is_live(&newest)) {
                statements.push(Statement::withdraw(&statement.iri, ""));
            }
        }
        Ok(statements)
    }

    /// Notes that it was carried.
    pub fn done(self) {
        if let Err(error) = fs::remove_file(&self.mark) {
            // Then it is compared once more at the next start, and found to be here.
            tracing::warn!(path = %self.mark.display(), %error, "cannot be removed");
        }
    }
}

fn is_live(record: &Record) -> bool {
    record.kind() != RecordKind::Withdrawal
}

/// Returns what a record says, if it offers something that this version knows.
fn stated(record: &Record) -> Option<Statement> {
    let iri = record.iri().ok().flatten().filter(|_| is_live(record))?;
    Some(Statement { iri, kind: record.kind(), body: record.body().to_vec() })
}

fn position(line: &str) -> Option<Position> {
    let (epoch, seq) = line.split_once(' ')?;
    Some(Position { epoch: epoch.parse().ok()?, seq: seq.parse().ok()? })
}

fn elsewhere(folder: &Path, federation: &Belonging) -> PathBuf {
    folder.join(ELSEWHERE).join(federation.id().to_string())
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> BelongingError {
    let path = path.to_owned();
    move |source| BelongingError::File { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(name: &str) -> Home {
        Home::new(Belonging::Open(name.to_owned()))
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        open("ett").note(folder.path()).unwrap();
        fs::create_dir(folder.path().join("store")).unwrap();
        fs::write(folder.path().join("store/db"), "ett").unwrap();
        SledStore::begin(&folder.path().join(HIGH_WATER), true).unwrap();
        folder
    }

    fn content(folder: &tempfile::TempDir) -> String {
        fs::read_to_string(folder.path().join("store/db")).unwrap_or_default()
    }

    #[test]
    fn a_folder_that_moves_leaves_its_data_and_finds_it_again() {
        let folder = folder();
        let path = folder.path();
        let mark = fs::read(path.join(HIGH_WATER)).unwrap();
        ask(path, None, &open("två")).unwrap();
        assert_eq!(Home::of(path).unwrap(), Some(open("ett")), "not before the next start");
        carry_out(path).unwrap();
        assert_eq!(Home::of(path).unwrap(), Some(open("två")));
        assert_eq!(content(&folder), "");
        assert_ne!(fs::read(path.join(HIGH_WATER)).unwrap(), mark);
        assert_eq!(Carry::pending(path).unwrap().unwrap().from().to_string(), "ett");
        fs::create_dir_all(path.join("store")).unwrap();
        fs::write(path.join("store/db"), "två").unwrap();
        let error = ask(path, None, &open("fyra")).unwrap_err().to_string();
        assert!(error.contains("ett"), "nothing was carried yet: {error}");
        ask(path, None, &open("ett")).unwrap();
        carry_out(path).unwrap();
        carry_out(path).unwrap(); // There is nothing to do.
        assert_eq!(content(&folder), "ett");
        assert!(!elsewhere(path, &open("ett").federation).exists(), "it is here");
        assert!(Carry::pending(path).unwrap().is_none(), "it took nothing there to bring back");
        assert_eq!(fs::read(path.join(HIGH_WATER)).unwrap(), mark);
    }

    #[test]
    fn a_move_that_was_cut_short_anywhere_is_gone_on_with() {
        for moved in 0..=PARTS.len() {
            let folder = folder();
            let path = folder.path();
            ask(path, None, &open("två")).unwrap();
            // As far as a first attempt came: some of the parts are there.
            open("ett").write(&path.join(CARRY)).unwrap();
            let there = elsewhere(path, &open("ett").federation);
            fs::create_dir_all(&there).unwrap();
            for part in PARTS.iter().take(moved) {
                drop(fs::rename(path.join(part), there.join(part)));
            }
            carry_out(path).unwrap();
            assert_eq!(content(&folder), "", "{moved}");
            assert_eq!(fs::read_to_string(there.join("store/db")).unwrap(), "ett", "{moved}");
            // And after it was noted where it is.
            open("två").write(&path.join(MOVING)).unwrap();
            carry_out(path).unwrap();
            assert_eq!(Home::of(path).unwrap(), Some(open("två")), "{moved}");
        }
    }

    #[test]
    fn what_stands_in_the_settings_is_not_moved_away_from() {
        let folder = folder();
        let error = ask(folder.path(), Some("ett"), &open("två")).unwrap_err().to_string();
        assert!(error.contains("`federation` is ett"), "{error}");
        assert!(ask(folder.path(), Some("två"), &open("två")).is_ok());
        let error = ask(folder.path(), None, &open("ett")).unwrap_err().to_string();
        assert!(error.contains("already"), "{error}");
    }

    #[test]
    fn who_is_invited_to_where_it_is_learns_of_more_nodes() {
        let folder = folder();
        let path = folder.path();
        let told = |peer: &str| Home { peers: vec![peer.to_owned()], ..open("ett") };
        let (one, other) = ("/ip4/192.0.2.7/tcp/4801", "/ip4/192.0.2.8/tcp/4801");
        ask(path, None, &told(one)).unwrap();
        carry_out(path).unwrap();
        ask(path, None, &told(other)).unwrap();
        carry_out(path).unwrap();
        assert_eq!(Home::of(path).unwrap().unwrap().peers, [other, one]);
        assert_eq!(content(&folder), "ett", "nothing was moved");
        assert!(Carry::pending(path).unwrap().is_none());
        assert!(ask(path, None, &told(one)).is_err(), "it knows that one");
    }

    #[test]
    fn a_folder_that_is_in_use_is_not_moved() {
        let folder = folder();
        ask(folder.path(), None, &open("två")).unwrap();
        let _held = storage::hold(&folder.path().join("store")).unwrap();
        assert!(carry_out(folder.path()).is_err());
        assert_eq!(content(&folder), "ett");
    }
}
