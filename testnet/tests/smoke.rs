//! A few real processes: what a person sees who starts a federation, and what
//! happens when one of its nodes dies.

use std::fs;
use std::path::Path;
use std::process::Command;

use dela_cli::{PublishOptions, SearchQuery};
use dela_protocol::api::NewDataset;
use dela_protocol::dcat::Text;
use dela_testnet::cluster::Cluster;
use dela_testnet::{sample, up};

const PROGRAM: &str = env!("CARGO_BIN_EXE_dela-testnet");

fn swedish(text: &str) -> Vec<Text> {
    vec![Text { text: text.to_owned(), language: Some("sv".to_owned()) }]
}

#[test]
fn a_federation_starts_converges_and_stops() {
    let output = Command::new(PROGRAM).args(["up", "--once", "--json"]).output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{talk}");
    let line = String::from_utf8(output.stdout).unwrap();
    assert_eq!(line.lines().count(), 1, "{line}");
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(ready["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(ready["root"].as_str().unwrap().len(), 64);
    assert!(ready["converged_ms"].as_u64().unwrap() > 0);
}

#[test]
fn a_killed_node_catches_up_and_a_late_one_holds_everything() {
    let agencies = sample::agencies(4);
    let mut cluster = Cluster::start(Path::new(PROGRAM), agencies[..3].to_vec(), None).unwrap();
    let catalogue = agencies[0].catalogue.unwrap();
    let first = up::import(&cluster.members[0].client, catalogue).unwrap();
    assert!(first.datasets >= 30 && first.created >= first.datasets);
    cluster.wait_for_agreement(first.datasets).unwrap();

    cluster.members[1].kill().unwrap();
    let dataset = NewDataset {
        title: swedish("Isläget på Storsjöns vikar"),
        description: swedish("När isen lägger sig och när den går upp."),
        ..NewDataset::default()
    };
    let published =
        cluster.members[0].client.publish(&dataset, PublishOptions::default()).unwrap().value;
    cluster.restart(1).unwrap();
    cluster.wait_for_agreement(first.datasets + 1).unwrap();
    let query = SearchQuery { words: "isläget".to_owned(), ..SearchQuery::default() };
    let found = cluster.members[1].client.search(&query).unwrap().value;
    assert_eq!(found.datasets[0].id, published.id);
    assert!(found.datasets[0].verified);

    cluster.add(agencies[3].clone()).unwrap();
    let statuses = cluster.wait_for_agreement(first.datasets + 1).unwrap();
    assert_eq!(statuses.len(), 4);
}

#[test]
fn the_same_import_twice_changes_nothing() {
    let agencies = sample::agencies(2);
    let mut cluster = Cluster::start(Path::new(PROGRAM), agencies.clone(), None).unwrap();
    let catalogue = agencies[0].catalogue.unwrap();
    let first = up::import(&cluster.members[0].client, catalogue).unwrap();
    let before = cluster.wait_for_agreement(first.datasets).unwrap();
    let second = up::import(&cluster.members[0].client, catalogue).unwrap();
    assert_eq!((second.created, second.changed, second.withdrawn), (0, 0, 0));
    assert_eq!(second.unchanged, first.created);
    assert_eq!(second.position, first.position);
    let after = cluster.wait_for_agreement(first.datasets).unwrap();
    assert_eq!(before[0].root, after[0].root);
    assert_eq!(before[0].position, after[0].position);
}

#[test]
fn a_node_with_nothing_but_its_keys_gets_its_catalogue_back_before_it_signs() {
    let agencies = sample::agencies(2);
    let mut cluster = Cluster::start(Path::new(PROGRAM), agencies.clone(), None).unwrap();
    let catalogue = agencies[0].catalogue.unwrap();
    let first = up::import(&cluster.members[0].client, catalogue).unwrap();
    let before = cluster.wait_for_agreement(first.datasets).unwrap();

    cluster.members[0].kill().unwrap();
    let data = cluster.members[0].data.clone();
    for folder in ["store", "search"] {
        fs::remove_dir_all(data.join(folder)).unwrap();
    }
    fs::remove_file(data.join("high-water")).unwrap();
    cluster.restart(0).unwrap();
    let after = cluster.wait_for_agreement(first.datasets).unwrap();
    assert_eq!(after[0].root, before[0].root);
    assert_eq!(after[0].position, before[0].position);
    cluster.wait_for(0, "its catalogue to be whole", |status| status.recovery.is_none()).unwrap();

    let dataset = NewDataset {
        title: swedish("Isläget på Storsjöns vikar"),
        description: swedish("När isen lägger sig och när den går upp."),
        ..NewDataset::default()
    };
    cluster.members[0].client.publish(&dataset, PublishOptions::default()).unwrap();
    let last = cluster.wait_for_agreement(first.datasets + 1).unwrap();
    assert_eq!(last[0].position.map(|position| position.epoch), Some(1));
}
