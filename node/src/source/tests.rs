//! Sources without anybody who asks them: what is kept, and what survives.

use super::*;

fn open(folder: &Path) -> (Sources, Shares) {
    let shares = Shares::default();
    (Sources::open(folder, shares.clone()).unwrap(), shares)
}

fn new(address: &str) -> NewSource {
    NewSource { address: address.to_owned(), ..NewSource::default() }
}

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

#[test]
fn sources_survive_the_process_and_keep_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let (sources, _) = open(folder.path());
    let addresses = ["https://b.example/dcat", "https://a.example/dcat", "http://c.example/"];
    for address in addresses {
        sources.add(&new(address), NOW).unwrap();
    }
    let listed = sources.list();
    assert_eq!(listed.iter().map(|source| &*source.address).collect::<Vec<_>>(), addresses);
    let (again, _) = open(folder.path());
    assert_eq!(again.list(), listed);
    assert_eq!(listed[0].state, SourceState::New);
    assert_eq!((listed[0].every_minutes, listed[0].grace_hours), (360, 72));
}

#[test]
fn what_was_going_on_when_the_process_died_is_due() {
    let folder = tempfile::tempdir().unwrap();
    let (sources, _) = open(folder.path());
    let id = sources.add(&new("https://a.example/dcat"), NOW).unwrap().id;
    let begun = sources.begin(&id, NOW, &CancellationToken::new()).unwrap();
    assert!(sources.due(NOW).is_empty(), "it is being asked");
    assert!(matches!(
        sources.begin(&id, NOW, &CancellationToken::new()),
        Err(SourceFault::Busy { .. })
    ));
    let (again, _) = open(folder.path());
    assert_eq!(again.list()[0].running_since, None);
    assert_eq!(again.due(NOW), std::slice::from_ref(&id));
    drop(begun);
    assert_eq!(sources.due(NOW), [id]);
}

#[test]
fn a_source_is_cancelled_when_it_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let (sources, shares) = open(folder.path());
    let id = sources.add(&new("https://a.example/dcat"), NOW).unwrap().id;
    let entity = dela_protocol::id::EntityId::from_bytes([7; 16]);
    sources.update(&id, |entry| entry.share.extend([entity])).unwrap();
    assert_eq!(shares.keeper(&entity), Some(id.clone()));
    let begun = sources.begin(&id, NOW, &CancellationToken::new()).unwrap();
    sources.remove(&id).unwrap();
    assert!(begun.stop.is_cancelled());
    assert_eq!(shares.keeper(&entity), None);
    assert!(matches!(sources.update(&id, |_| {}), Err(SourceFault::NotFound(_))));
    let (again, _) = open(folder.path());
    assert!(again.list().is_empty());
}

#[test]
fn shares_are_known_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (sources, _) = open(folder.path());
    let id = sources.add(&new("https://a.example/dcat"), NOW).unwrap().id;
    let entity = dela_protocol::id::EntityId::from_bytes([7; 16]);
    sources.update(&id, |entry| entry.share.extend([entity])).unwrap();
    let (_, shares) = open(folder.path());
    assert_eq!(shares.keeper(&entity), Some(id));
}

#[test]
fn a_damaged_source_is_left_out_and_left_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let (sources, _) = open(folder.path());
    let id = sources.add(&new("https://a.example/dcat"), NOW).unwrap().id;
    let path = folder.path().join(&id);
    let text = std::fs::read_to_string(&path).unwrap();
    for damaged in
        [text.replace("https", "httpz"), text[..text.len() / 2].to_owned(), String::new()]
    {
        std::fs::write(&path, &damaged).unwrap();
        let (again, _) = open(folder.path());
        assert!(again.list().is_empty());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), damaged);
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_where_a_source_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (sources, _) = open(folder.path());
    let id = sources.add(&new("https://a.example/dcat?key=1"), NOW).unwrap().id;
    let mode = std::fs::metadata(folder.path().join(id)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_cannot_be_a_source_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (sources, _) = open(folder.path());
    for bad in ["", "a.example", "ftp://a.example/", "https://anna:hemlig@a.example/"] {
        assert!(matches!(sources.add(&new(bad), NOW), Err(SourceFault::BadAddress(_))), "{bad}");
    }
    let often = NewSource { every_minutes: Some(1), ..new("https://a.example/") };
    assert!(matches!(sources.add(&often, NOW), Err(SourceFault::OutOfRange { .. })));
    let long = NewSource { grace_hours: Some(100_000), ..new("https://a.example/") };
    assert!(matches!(sources.add(&long, NOW), Err(SourceFault::OutOfRange { .. })));
    sources.add(&new("https://a.example/"), NOW).unwrap();
    assert!(matches!(sources.add(&new("https://a.example/"), NOW), Err(SourceFault::Known(_))));
    assert!(matches!(sources.agree("nothing"), Err(SourceFault::NotFound(_))));
    let id = id_of("https://a.example/");
    assert!(matches!(sources.agree(&id), Err(SourceFault::NothingWaits(_))));
}

#[test]
fn a_paused_source_is_not_due() {
    let folder = tempfile::tempdir().unwrap();
    let (sources, _) = open(folder.path());
    let id = sources.add(&new("https://a.example/"), NOW).unwrap().id;
    let pause = SourceChange { paused: Some(true), ..SourceChange::default() };
    let source = sources.change(&id, &pause, NOW).unwrap();
    assert_eq!((source.state, source.next_run_at), (SourceState::Paused, None));
    assert!(sources.due(NOW).is_empty());
    assert_eq!(sources.next(), None);
}
