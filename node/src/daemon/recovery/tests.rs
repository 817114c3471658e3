//! The whole way of a recovery, from machine to machine.

use dela_protocol::agency::RecoveryKeys;
use dela_protocol::key::PublicKey;
use dela_protocol::time::Timestamp;

use super::*;
use crate::identity::Rotation;

/// An agency with its folder, and three who hold recovery keys, of whom two must
/// agree.
struct Scene {
    folder: tempfile::TempDir,
}

const HOLDERS: [&str; 3] = ["astrid.key", "birgit.key", "cecilia.key"];

impl Scene {
    fn new() -> Self {
        let scene = Self { folder: tempfile::tempdir().unwrap() };
        let public = |name| {
            let made = make(&scene.path(name), None).unwrap();
            let bytes = HEX.decode(made.trim().as_bytes()).unwrap();
            PublicKey::from_bytes(&bytes.try_into().unwrap()).unwrap()
        };
        let keys = HOLDERS.map(public).to_vec();
        scene.identity("data");
        let recovery = RecoveryKeys::new(2, keys).unwrap();
        scene.rotate(Some(recovery));
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn identity(&self, folder: &str) -> Identity {
        Identity::open(&self.path(folder), false, None, Timestamp::from_millis(1)).unwrap()
    }

    fn rotate(&self, recovery: Option<RecoveryKeys>) {
        let now = Timestamp::from_millis(2);
        let rotation = Rotation::state(&self.path("data"), None, recovery, now).unwrap();
        rotation.complete().unwrap();
    }

    fn config(&self, folder: &str) -> Config {
        Config { data: self.path(folder), ..Config::default() }
    }

    /// The files with what the agency has stated.
    fn statements(&self, names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(|name| self.path("data").join(name)).collect()
    }

    fn signed(&self, draft: &str, holder: &str) -> Result<PathBuf, RecoverError> {
        let copy = self.path(&format!("{draft}-{holder}"));
        fs::copy(self.path(draft), &copy).unwrap();
        sign(&copy, &self.path(holder), None, true).map(|_| copy)
    }
}

#[test]
fn an_agency_whose_keys_are_lost_is_recovered_by_two_of_three() {
    let scene = Scene::new();
    let before = scene.identity("data");
    let config = scene.config("new");
    // In any order, as a shell may list them.
    let files = scene.statements(&["rotation-1.cose", "inception.cose"]);
    let told = begin(&config, &scene.path("draft"), &files, None).unwrap();
    assert!(told.contains(&before.agency.id().to_string()), "{told}");
    assert!(told.contains("recovery takes 2 of these 3 keys"), "{told}");

    let one = scene.signed("draft", HOLDERS[0]).unwrap();
    let refused = finish(&config, std::slice::from_ref(&one)).unwrap_err().to_string();
    assert!(refused.contains("1 of the 2") && refused.contains("nothing was changed"), "{refused}");
    assert!(!Identity::exists(&config.data));

    let other = scene.signed("draft", HOLDERS[2]).unwrap();
    finish(&config, &[one.clone(), other.clone()]).unwrap();
    let after = scene.identity("new");
    assert_eq!((after.agency.id(), after.agency.key_index()), (before.agency.id(), 2));
    assert_ne!(after.key.public(), before.key.public());
    assert_eq!(after.agency.current().recovery_keys, before.agency.current().recovery_keys);
    assert!(!config.data.join(FOLDER).exists());
    let again = finish(&config, &[one, other]).unwrap_err();
    assert!(matches!(again, RecoverError::NotPreferred(_)), "{again}");
    // And it goes on as any other.
    let rotation = Rotation::state(&config.data, None, None, Timestamp::from_millis(3)).unwrap();
    assert_eq!(rotation.complete().unwrap().0.key_index(), 3);
}

#[test]
fn a_thief_who_has_stated_another_key_is_passed_by() {
    let scene = Scene::new();
    let backup = scene.path("backup.key");
    fs::copy(scene.path("data").join(AGENCY_KEY), &backup).unwrap();
    // The thief has the next key too, and takes the recovery keys away.
    scene.rotate(Some(RecoveryKeys::none()));
    let thief = scene.identity("data").agency;
    let config = scene.config("data");
    let after_the_thief = begin(&config, &scene.path("late"), &[], None).unwrap_err();
    assert!(matches!(after_the_thief, RecoverError::Recovery(RecoveryError::NoRecoveryKeys)));
    for number in [0, 4] {
        let refused = begin(&config, &scene.path("draft"), &[], Some(number)).unwrap_err();
        assert!(matches!(refused, RecoverError::Before { .. }), "{refused}");
    }
    begin(&config, &scene.path("draft"), &[], Some(2)).unwrap();
    let signed = [HOLDERS[0], HOLDERS[1]].map(|holder| scene.signed("draft", holder).unwrap());
    finish(&config, &signed).unwrap();
    let after = scene.identity("data");
    assert_eq!((after.agency.id(), after.agency.key_index()), (thief.id(), 2));
    assert!(after.agency.preferred(&thief).is_gt() && !after.agency.continues(&thief));
    let kept = fs::read(config.data.join("rotation-2.cose.replaced")).unwrap();
    assert_eq!(Some(&kept), thief.statements().last());
}

#[test]
fn a_shorter_line_leaves_nothing_of_the_longer_one() {
    let scene = Scene::new();
    scene.rotate(None);
    scene.rotate(None);
    let config = scene.config("data");
    begin(&config, &scene.path("draft"), &[], Some(2)).unwrap();
    let signed = [HOLDERS[0], HOLDERS[1]].map(|holder| scene.signed("draft", holder).unwrap());
    finish(&config, &signed).unwrap();
    assert_eq!(scene.identity("data").agency.key_index(), 2);
    assert!(!config.data.join("rotation-3.cose").exists());
}

#[test]
fn only_a_holder_signs_and_only_who_agrees() {
    let scene = Scene::new();
    let config = scene.config("data");
    begin(&config, &scene.path("draft"), &[], None).unwrap();
    make(&scene.path("stranger.key"), None).unwrap();
    let before = fs::read(scene.path("draft")).unwrap();
    let stranger = sign(&scene.path("draft"), &scene.path("stranger.key"), None, true).unwrap_err();
    assert!(matches!(stranger, RecoverError::Recovery(RecoveryError::NotAHolder(_))));
    let silent = sign(&scene.path("draft"), &scene.path(HOLDERS[0]), None, false).unwrap_err();
    assert!(matches!(silent, RecoverError::NotAgreed));
    assert_eq!(fs::read(scene.path("draft")).unwrap(), before);
    let again = begin(&config, &scene.path("draft"), &[], None).unwrap_err();
    assert!(again.to_string().contains("never overwritten"), "{again}");
    let again = make(&scene.path(HOLDERS[0]), None).unwrap_err();
    assert!(again.to_string().contains("never overwritten"), "{again}");
}

#[test]
fn a_draft_is_finished_only_where_it_was_begun() {
    let scene = Scene::new();
    begin(&scene.config("data"), &scene.path("draft"), &[], None).unwrap();
    let signed = [HOLDERS[0], HOLDERS[1]].map(|holder| scene.signed("draft", holder).unwrap());
    let elsewhere = finish(&scene.config("elsewhere"), &signed).unwrap_err();
    assert!(matches!(elsewhere, RecoverError::OtherKeys(_)), "{elsewhere}");
    scene.identity("others");
    let others = finish(&scene.config("others"), &signed).unwrap_err();
    assert!(matches!(others, RecoverError::OtherAgency { .. }), "{others}");
    let empty = begin(&scene.config("nothing"), &scene.path("x"), &[], None).unwrap_err();
    assert!(matches!(empty, RecoverError::NoStatements(_)), "{empty}");
    fs::write(scene.path("cut"), &fs::read(scene.path("draft")).unwrap()[..300]).unwrap();
    let cut = finish(&scene.config("data"), &[scene.path("cut")]).unwrap_err();
    assert!(cut.to_string().contains("no draft of a recovery"), "{cut}");
}

#[test]
fn what_any_node_tells_of_the_agency_is_enough() {
    let scene = Scene::new();
    let agency = scene.identity("data").agency;
    let statements: Vec<String> = agency.statements().iter().map(|it| HEX.encode(it)).collect();
    let told = serde_json::json!({
        "id": agency.id(), "name": "Ekby \u{1b}[31m", "own": false, "keys": { "statements": statements },
    });
    fs::write(scene.path("agency.json"), told.to_string()).unwrap();
    let text =
        begin(&scene.config("new"), &scene.path("draft"), &[scene.path("agency.json")], None);
    let text = text.unwrap();
    assert!(text.contains("\"Ekby [31m\"") && !text.contains('\u{1b}'), "{text}");
}
