//! An agency whose keys are lost, and one whose keys are stolen, in real processes:
//! the holders of its recovery keys give it new ones, and all nodes follow.

#![expect(clippy::unwrap_used, reason = "what fails in a test is to end the test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use dela_cli::{ClientError, PublishOptions};
use dela_protocol::api::{AgencyKeys, NewDataset, NewKey, Status};
use dela_protocol::dcat::Text;
use dela_protocol::id::AgencyId;
use dela_testnet::cluster::Cluster;
use dela_testnet::{sample, up};

const PROGRAM: &str = env!("CARGO_BIN_EXE_dela-testnet");
const HOLDERS: [&str; 3] = ["astrid.key", "birgit.key", "cecilia.key"];

/// What of a data folder whoever reads it can steal.
const STOLEN: [&str; 4] = ["agency.key", "agency-next.key", "inception.cose", "rotation-1.cose"];

/// Three nodes of whom the first has published and named recovery keys, of which
/// two must agree.
struct Scene {
    cluster: Cluster,
    desk: tempfile::TempDir,
    agency: AgencyId,
    datasets: u64,
}

impl Scene {
    fn new() -> Self {
        let cluster = Cluster::start(Path::new(PROGRAM), sample::agencies(3), None).unwrap();
        let desk = tempfile::tempdir().unwrap();
        let agency = cluster.members[0].client.status().unwrap().value.agency;
        let catalogue = cluster.members[0].sample.catalogue.unwrap();
        let datasets = up::import(&cluster.members[0].client, catalogue).unwrap().datasets;
        let mut scene = Self { cluster, desk, agency, datasets };
        let keys = HOLDERS.map(|holder| {
            let made = scene.done(&["recovery", "key", &scene.desk(holder)]);
            made.trim().to_owned()
        });
        let new = NewKey { recovery_keys: Some(keys.to_vec()), recovery_threshold: Some(2) };
        let changed = scene.cluster.members[0].client.change_key(&new).unwrap().value;
        assert_eq!((changed.key_index, changed.recovery_keys.len()), (1, 3));
        for index in 0..3 {
            scene.wait_for_key(index, 1);
        }
        scene.cluster.wait_for_agreement(datasets).unwrap();
        scene
    }

    fn desk(&self, name: &str) -> String {
        self.desk.path().join(name).to_str().unwrap().to_owned()
    }

    /// Runs `delad` with the first node's data folder.
    fn delad(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(PROGRAM);
        command.args(["node", "--", "--data"]).arg(&self.cluster.members[0].data);
        command.args(arguments).output().unwrap()
    }

    fn done(&self, arguments: &[&str]) -> String {
        let output = self.delad(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a node tells of the agency's keys.
    fn keys(&self, index: usize) -> Option<AgencyKeys> {
        let agency = self.cluster.members[index].client.agency(&self.agency.to_string());
        agency.ok()?.value.keys
    }

    fn wait_for_key(&mut self, index: usize, key_index: u32) {
        let (client, agency) =
            (self.cluster.members[index].client.clone(), self.agency.to_string());
        let is_known = |_: &Status| {
            let keys = client.agency(&agency).ok().and_then(|answer| answer.value.keys);
            keys.is_some_and(|keys| keys.key_index == key_index)
        };
        self.cluster.wait_for(index, "the new key to be known", is_known).unwrap();
    }

    /// Leaves nothing of the first node's data folder.
    fn lose_the_folder(&mut self) {
        let data = self.cluster.members[0].data.clone();
        self.cluster.members[0].kill().unwrap();
        fs::remove_dir_all(&data).unwrap();
        fs::create_dir_all(&data).unwrap();
    }

    /// Leaves of the first node's folder what a thief has of it.
    fn let_it_be_stolen(&mut self, thief: usize) {
        let from = self.cluster.members[0].data.clone();
        for name in STOLEN {
            fs::copy(from.join(name), self.cluster.members[thief].data.join(name)).unwrap();
        }
        self.lose_the_folder();
    }

    /// Recovers the agency with what a node tells of it.
    fn recover(&self, told_by: usize, before: &[&str]) {
        let agency = self.agency.to_string();
        let told = self.cluster.members[told_by].client.agency(&agency).unwrap().json;
        fs::write(self.desk("agency.json"), told).unwrap();
        let draft = self.desk("draft");
        let statements = self.desk("agency.json");
        let mut begin = vec!["recovery", "begin", &*draft, "--statements", &*statements];
        begin.extend(before);
        assert!(self.done(&begin).contains(&agency));

        self.done(&["recovery", "sign", &draft, "--key", &self.desk(HOLDERS[0]), "--yes"]);
        let refused = self.delad(&["recovery", "finish", &draft]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("1 of the 2 keys"));
        self.done(&["recovery", "sign", &draft, "--key", &self.desk(HOLDERS[2]), "--yes"]);
        self.done(&["recovery", "finish", &draft]);
    }

    fn publish(&self, index: usize, title: &str) {
        self.try_publish(index, title).unwrap();
    }

    fn try_publish(&self, index: usize, title: &str) -> Result<(), ClientError> {
        let text =
            |text: &str| vec![Text { text: text.to_owned(), language: Some("sv".to_owned()) }];
        let dataset = NewDataset {
            title: text(title),
            description: text("Påhittat."),
            ..NewDataset::default()
        };
        let client = &self.cluster.members[index].client;
        client.publish(&dataset, PublishOptions::default()).map(drop)
    }
}

#[test]
fn an_agency_that_lost_all_is_recovered_and_gets_its_catalogue_back() {
    let mut scene = Scene::new();
    scene.lose_the_folder();
    scene.recover(1, &[]);
    scene.cluster.launch(0).unwrap();
    scene.cluster.wait_for_peers(0).unwrap();
    assert_eq!(scene.cluster.members[0].client.status().unwrap().value.agency, scene.agency);
    let is_whole = |status: &Status| status.recovery.is_none();
    scene.cluster.wait_for(0, "its catalogue to come back", is_whole).unwrap();
    scene.publish(0, "Efter återställningen");
    scene.cluster.wait_for_agreement(scene.datasets + 1).unwrap();
    for index in 0..3 {
        scene.wait_for_key(index, 2);
        assert_eq!(scene.keys(index).unwrap().recovery_threshold, 2);
    }
}

#[test]
fn a_thief_with_all_keys_loses_the_agency_to_the_holders_of_its_recovery_keys() {
    let mut scene = Scene::new();
    // The thief runs a node with all there was, and takes the recovery keys away.
    let thief = scene.cluster.prepare_one(sample::agencies(4)[3].clone()).unwrap();
    scene.let_it_be_stolen(thief);
    scene.cluster.launch(thief).unwrap();
    scene.cluster.wait_for_peers(thief).unwrap();
    let is_whole = |status: &Status| status.recovery.is_none();
    scene.cluster.wait_for(thief, "the stolen catalogue", is_whole).unwrap();
    let none = NewKey { recovery_keys: Some(Vec::new()), recovery_threshold: None };
    scene.cluster.members[thief].client.change_key(&none).unwrap();
    scene.publish(thief, "Stulet");
    for index in [1, 2] {
        scene.wait_for_key(index, 2);
        assert_eq!(scene.keys(index).unwrap().recovery_threshold, 0);
    }

    // Not after the thief's statement, but in its place. Nobody holds a catalogue any
    // more that is signed with a key of this line: the agency begins anew.
    scene.recover(1, &["--before", "2"]);
    let anew = ["sh", "-c", "exec \"$@\" --begin-anew", "sh"];
    scene.cluster.members[0].wrapper = anew.map(str::to_owned).to_vec();
    scene.cluster.launch(0).unwrap();
    scene.cluster.wait_for_peers(0).unwrap();
    let catalogue = scene.cluster.members[0].sample.catalogue.unwrap();
    up::import(&scene.cluster.members[0].client, catalogue).unwrap();
    for index in [0, 1, 2] {
        let held = scene.datasets;
        let is_back = |status: &Status| {
            status.datasets == held && status.search_behind == 0 && status.behind == 0
        };
        scene.cluster.wait_for(index, "the catalogue to be the agency's again", is_back).unwrap();
        let keys = scene.keys(index).unwrap();
        assert_eq!((keys.key_index, keys.recovery_threshold), (2, 2));
    }
    assert!(scene.try_publish(thief, "Stulet igen").is_err(), "its own node signs no more");
}
