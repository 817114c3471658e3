//! A federation that governs itself, in seven real processes and by the commands
//! its operators type: it is founded by five, admits one and refuses one, a key is
//! replaced, a thief is revoked and the council amended, and every node says the
//! same at each step.

#![expect(clippy::unwrap_used, reason = "what fails in a test is to end the test")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use dela_cli::{Client, SearchQuery};
use dela_node::network::{Network, NetworkConfig, NetworkEvent};
use dela_protocol::agency::{Agency, Signer};
use dela_protocol::api::{
    CouncilReport, InvitationText, KeyChange, MotionProgress, StandingView, Status, Voted,
};
use dela_protocol::dcat::term;
use dela_protocol::description::{Description, Node, Object};
use dela_protocol::head::{Commitment, Head};
use dela_protocol::id::HeadId;
use dela_protocol::key::SecretKey;
use dela_protocol::record::{Position, Record, RecordKind, Statement};
use dela_protocol::set_digest::SetDigest;
use dela_protocol::time::Timestamp;
use dela_protocol::wire::Announcement;
use dela_testnet::cluster::Cluster;
use dela_testnet::{sample, up};

const PROGRAM: &str = env!("CARGO_BIN_EXE_dela-testnet");
const FOUNDERS: usize = 5;
const SIXTH: usize = 5;
const SEVENTH: usize = 6;

/// Runs `dela` for one node as its operator would; returns whether it did, what it
/// said, and what it said beside that.
fn typed(cluster: &Cluster, index: usize, arguments: &[&str]) -> (bool, String, String) {
    let member = &cluster.members[index];
    let output = Command::new(PROGRAM)
        .args(["client", "--", "--node", &member.http])
        .args(arguments)
        .env("DELA_TOKEN_FILE", member.data.join("token"))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

/// Runs `dela`, which is to succeed.
fn dela(cluster: &Cluster, index: usize, arguments: &[&str]) -> String {
    let (is_done, told, beside) = typed(cluster, index, arguments);
    assert!(is_done, "dela {}: {told}{beside}", arguments.join(" "));
    told
}

fn read<T: serde::de::DeserializeOwned>(cluster: &Cluster, index: usize, arguments: &[&str]) -> T {
    let told = dela(cluster, index, &[&["--json"], arguments].concat());
    serde_json::from_str(&told).unwrap()
}

/// Seven nodes, each in a federation of its own.
fn alone() -> Cluster {
    let mut cluster = Cluster::prepare_alone(Path::new(PROGRAM), sample::agencies(7)).unwrap();
    for index in 0..cluster.members.len() {
        cluster.launch(index).unwrap();
        cluster.wait_for(index, "the node to answer", |_| true).unwrap();
        let report: CouncilReport = read(&cluster, index, &["federation"]);
        assert!(report.is_founded && report.own.is_member && report.members.len() == 1);
    }
    cluster
}

/// Five found one together; nobody has signed it but the first.
fn founded(cluster: &mut Cluster) -> String {
    let mut found = vec!["federation", "found", "--name", "Öppna data i norr"];
    let mut cards = Vec::new();
    for index in 1..FOUNDERS {
        let card = cluster.members[index].data.join("card");
        fs::write(&card, dela(cluster, index, &["federation", "card", "--to-found"])).unwrap();
        cards.push(card.to_str().unwrap().to_owned());
    }
    found.extend(cards.iter().map(String::as_str));
    let told = dela(cluster, 0, &found);
    assert!(told.contains("belongs to Öppna data i norr now"), "{told}");
    let invited: InvitationText = read(cluster, 0, &["federation", "invite"]);
    assert_eq!((&*invited.name, invited.peers.len()), ("Öppna data i norr", 1));
    invited.invitation
}

/// Returns how many entries a node finds, while it answers.
fn found(client: &Client) -> Option<u64> {
    client.search(&SearchQuery::default()).ok().map(|page| page.value.total)
}

/// Waits until a node that moved can be searched; what it finds then is all.
fn never_emptied(cluster: &mut Cluster, index: usize, before: u64) {
    let client = cluster.members[index].client.clone();
    let answers = |_: &Status| {
        let after = found(&client);
        assert!(after.is_none_or(|after| after == before), "node {index} has a part: {after:?}");
        after.is_some()
    };
    cluster.wait_for(index, "the node to be searched where it has moved", answers).unwrap();
}

fn join(cluster: &Cluster, index: usize, invitation: &str) {
    let told = dela(cluster, index, &["federation", "join", invitation]);
    assert!(told.contains("the node belongs to"), "{told}");
}

/// Waits until every running node's count is as wanted.
fn all(cluster: &mut Cluster, nodes: usize, what: &str, wanted: impl Fn(&CouncilReport) -> bool) {
    for index in 0..nodes {
        cluster.wait_for_council(index, what, &wanted).unwrap();
    }
}

/// Returns what a node says that all must say alike.
fn agreed(cluster: &Cluster, index: usize) -> String {
    let CouncilReport { federation, charter, members, motions, rivals, .. } =
        read(cluster, index, &["federation"]);
    assert!(rivals.is_empty());
    serde_json::to_string(&(federation, charter, members, motions)).unwrap()
}

/// Moves something with one node's seat, and has others vote on it as soon as
/// they know it. Returns the motion.
fn decide(cluster: &mut Cluster, motion: &[&str], votes: &[(usize, bool)]) -> String {
    let moved: Voted = read(cluster, 0, &[&["federation"], motion].concat());
    let id = moved.motion.unwrap().id;
    let text = id.to_string();
    for (index, is_for) in votes {
        let knows = |report: &CouncilReport| report.motions.iter().any(|one| one.id == id);
        cluster.wait_for_council(*index, "the motion to come", knows).unwrap();
        let how: &[&str] = if *is_for { &[] } else { &["--against"] };
        dela(cluster, *index, &[&["federation", "vote", &text[..8]], how].concat());
    }
    text
}

fn progress(report: &CouncilReport, motion: &str) -> Option<MotionProgress> {
    report.motions.iter().find(|one| one.id.to_string() == motion).map(|one| one.progress)
}

fn ended(cluster: &mut Cluster, motion: &str, how: MotionProgress) {
    let nodes = cluster.members.len();
    all(cluster, nodes, "the votes to come", |report| progress(report, motion) == Some(how));
    let first = agreed(cluster, 0);
    for index in 1..nodes {
        assert_eq!(agreed(cluster, index), first, "node {index} counts otherwise");
    }
}

fn name(cluster: &Cluster, index: usize) -> String {
    cluster.members[index].sample.name.clone()
}

fn publish(cluster: &Cluster, index: usize, title: &str) {
    let title = format!("{title}@sv");
    dela(cluster, index, &["publish", "--title", &title, "--description", "Påhittat.@sv"]);
}

/// Waits until nodes that started again may sign: a peer has told them that nothing
/// newer of theirs is about.
fn confirmed(cluster: &mut Cluster, nodes: &[usize]) {
    for index in nodes {
        let may_sign = |status: &Status| status.recovery.is_none();
        cluster.wait_for(*index, "the catalogue to be confirmed", may_sign).unwrap();
    }
}

fn datasets(cluster: &mut Cluster, nodes: &[usize], count: u64) {
    for index in nodes {
        cluster
            .wait_for(*index, "the datasets to agree", |status| {
                status.datasets == count && status.search_behind == 0 && status.behind == 0
            })
            .unwrap();
    }
}

#[test]
fn seven_agencies_found_admit_refuse_rotate_revoke_and_amend() {
    let mut cluster = alone();
    // What the first published in its own federation goes with it.
    let catalogue = cluster.members[0].sample.catalogue.unwrap();
    let held = up::import(&cluster.members[0].client, catalogue).unwrap().datasets;
    datasets(&mut cluster, &[0], held);
    let before = found(&cluster.members[0].client).unwrap();
    let invitation = founded(&mut cluster);
    never_emptied(&mut cluster, 0, before);
    for index in 1..FOUNDERS {
        join(&cluster, index, &invitation);
        let has_come = |report: &CouncilReport| report.charter.is_some();
        cluster.wait_for_council(index, "the charter to come", has_come).unwrap();
        dela(&cluster, index, &["federation", "vote", "charter"]);
    }
    all(&mut cluster, FOUNDERS, "the founding", |report| {
        report.is_founded && report.members.len() == FOUNDERS
    });
    let founders = [0, 1, 2, 3, 4];
    datasets(&mut cluster, &founders, held);
    confirmed(&mut cluster, &founders);

    // Two apply. What they publish before they are members is with nobody else.
    for index in [SIXTH, SEVENTH] {
        join(&cluster, index, &invitation);
        confirmed(&mut cluster, &[index]);
        publish(&cluster, index, "Före medlemskapet");
    }
    all(&mut cluster, FOUNDERS, "two applications", |report| report.applications.len() == 2);
    let (sixth, seventh) = (name(&cluster, SIXTH), name(&cluster, SEVENTH));
    datasets(&mut cluster, &founders, held);

    let admit = ["admit", &sixth, "--reason", "De har ansökt"];
    let motion = decide(&mut cluster, &admit, &[(1, true), (2, true)]);
    ended(&mut cluster, &motion, MotionProgress::Passed);
    datasets(&mut cluster, &[0, 1, 2, 3, 4, SIXTH], held + 1);
    let votes = [(1, false), (2, false), (3, false)];
    let motion = decide(&mut cluster, &["admit", &seventh], &votes);
    ended(&mut cluster, &motion, MotionProgress::Refused);

    // A key is replaced; the agency stays, and goes on.
    let changed: KeyChange = read(&cluster, 2, &["federation", "rotate"]);
    assert_eq!(changed.key_index, 1);
    publish(&cluster, 2, "Med den nya nyckeln");
    datasets(&mut cluster, &[0, 1, 3, 4, SIXTH], held + 2);
    cluster.restart(2).unwrap();
    cluster.wait_for_peers(2).unwrap();
    datasets(&mut cluster, &[2], held + 2);

    // The sixth was robbed. What it published stays; what its key says from now on
    // is with nobody, whenever it pretends to have said it.
    let revoke = ["revoke", &sixth, "--records", "keep", "--reason", "Nyckeln är stulen"];
    let motion = decide(&mut cluster, &revoke, &[(1, true), (3, true), (4, true)]);
    ended(&mut cluster, &motion, MotionProgress::Passed);
    publish(&cluster, SIXTH, "Efter uteslutningen");
    backdated(&cluster);
    publish(&cluster, 3, "Strax därefter");
    datasets(&mut cluster, &founders, held + 3);

    amended(&mut cluster);
    publish(&cluster, SIXTH, "Efter stadgan");
    publish(&cluster, 1, "Framtid");
    datasets(&mut cluster, &founders, held + 4);
    for index in founders {
        let (is_found, told, _) = typed(&cluster, index, &["search", "stulet"]);
        assert!(!is_found, "node {index}: {told}");
        let found = dela(&cluster, index, &["search", "medlemskapet"]);
        assert!(found.contains("Före medlemskapet") && found.contains(&sixth), "{found}");
    }
}

/// Left with its keys alone, it is started without being told where it belongs, and so
/// founds a federation of its own; then it is sent back. What its peers hold of it is
/// not withdrawn for that.
#[test]
fn a_node_that_goes_astray_with_its_keys_alone_loses_nothing_on_its_way_back() {
    let program = Path::new(PROGRAM);
    let mut cluster = Cluster::prepare_alone(program, sample::agencies(2)).unwrap();
    for index in [0, 1] {
        cluster.launch(index).unwrap();
        cluster.wait_for(index, "the node to answer", |_| true).unwrap();
    }
    let catalogue = cluster.members[0].sample.catalogue.unwrap();
    let held = up::import(&cluster.members[0].client, catalogue).unwrap().datasets;
    let invited: InvitationText = read(&cluster, 1, &["federation", "invite"]);
    join(&cluster, 0, &invited.invitation);
    let applies = |report: &CouncilReport| report.applications.len() == 1;
    cluster.wait_for_council(1, "the application", applies).unwrap();
    let first = name(&cluster, 0);
    dela(&cluster, 1, &["federation", "admit", &first]);
    datasets(&mut cluster, &[0, 1], held);

    cluster.members[0].kill().unwrap();
    let kept = ["agency.key", "agency-next.key", "inception.cose", "council.key"];
    cluster.members[0].wipe_all_but(&kept).unwrap();
    cluster.launch(0).unwrap();
    cluster.wait_for(0, "the node to answer", |_| true).unwrap();
    cluster.members[0].stop().unwrap();
    let sent = Command::new(PROGRAM)
        .args(["node", "--", "--data"])
        .arg(&cluster.members[0].data)
        .args(["join", &invited.invitation])
        .output()
        .unwrap();
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    cluster.launch(0).unwrap();
    confirmed(&mut cluster, &[0]);
    publish(&cluster, 0, "Efter irrfärden");
    datasets(&mut cluster, &[0, 1], held + 1);
}

#[test]
fn a_node_blocks_an_agency_for_itself_and_takes_it_again() {
    let program = Path::new(PROGRAM);
    let mut cluster = Cluster::start(program, sample::agencies(3), None).unwrap();
    let catalogue = cluster.members[0].sample.catalogue.unwrap();
    let held = up::import(&cluster.members[0].client, catalogue).unwrap().datasets;
    publish(&cluster, 1, "Av den andra");
    datasets(&mut cluster, &[0, 1, 2], held + 1);
    let first = name(&cluster, 0);
    let told = dela(&cluster, 2, &["federation", "block", &first]);
    let id = told.lines().last().unwrap().to_owned();
    datasets(&mut cluster, &[2], 1);
    publish(&cluster, 0, "Medan den är blockerad");
    publish(&cluster, 1, "Också av den andra");
    datasets(&mut cluster, &[2], 2);
    datasets(&mut cluster, &[1], held + 3);
    cluster.restart(2).unwrap();
    cluster.wait_for_peers(2).unwrap();
    datasets(&mut cluster, &[2], 2);
    let (is_shown, _, _) = typed(&cluster, 2, &["search", "--agency", &id]);
    assert!(!is_shown);
    dela(&cluster, 2, &["federation", "unblock", &id[..8]]);
    datasets(&mut cluster, &[0, 1, 2], held + 3);
}

/// A thief announces, with the sixth's key and at every founder, a record that it
/// dates from before the revocation.
fn backdated(cluster: &Cluster) {
    let folder = &cluster.members[SIXTH].data;
    let secret = |name: &str| {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        let bytes = data_encoding::HEXLOWER.decode(text.trim().as_bytes()).unwrap();
        SecretKey::from_bytes(&bytes.try_into().unwrap())
    };
    let report: CouncilReport = read(cluster, 0, &["federation"]);
    let federation = report.federation.id;
    let agency = Agency::open(vec![fs::read(folder.join("inception.cose")).unwrap()]).unwrap();
    let signer = Signer::new(&agency, secret("agency.key")).unwrap();
    let before = Timestamp::from_millis(1_700_000_000_000);
    let later = |seq| Position { epoch: 0, seq };
    let iri = "https://prov.example/stulet";
    let subject = Node::Iri(iri.to_owned());
    let class = Object::Iri(term::DCAT_CLASS_DATASET.to_owned());
    let title = Object::plain("Stulet");
    let triples = [
        (subject.clone(), term::RDF_TYPE.to_owned(), class),
        (subject, term::DCTERMS_TITLE.to_owned(), title),
    ];
    let description = Description::new(iri, triples).unwrap();
    let statement = Statement::describe(RecordKind::Dataset, &description);
    let record = Record::sign(&signer, &federation, later(1_000), &statement, before);
    let mut set = SetDigest::empty();
    set.add(&record.id());
    let commitment = Commitment {
        position: later(1_001),
        floor: 0,
        live_count: 1,
        withdrawal_count: 0,
        bytes: u64::try_from(record.bytes().len()).unwrap(),
        digest: set.digest(),
        previous: HeadId::NONE,
        issued_at: before,
        heartbeat_by: before,
    };
    let head = Head::sign(&signer, &federation, &commitment);
    let announcement = Announcement {
        statements: agency.statements().to_vec(),
        head: head.bytes().to_vec(),
        records: vec![record.bytes().to_vec()],
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let peers = cluster.members[..FOUNDERS].iter().map(|member| member.p2p.clone()).collect();
        let config = NetworkConfig { peers, ..NetworkConfig::new([66; 32], federation) };
        let mut thief = Network::start(config).unwrap();
        let mut connected = 0;
        while connected < FOUNDERS {
            if let NetworkEvent::Connected { .. } = thief.next().await {
                connected += 1;
            }
        }
        // Gossip goes out once the others have said what they listen to.
        while !thief.announce(announcement.encode()) {
            let turn = tokio::time::timeout(Duration::from_millis(50), thief.next());
            drop(turn.await);
        }
        thief.shutdown().await;
    });
}

/// The council goes on without one of its seats, which decides nothing any more.
fn amended(cluster: &mut Cluster) {
    let names: Vec<String> = (0..4).map(|index| name(cluster, index)).collect();
    let mut amend = vec!["amend"];
    for name in &names {
        amend.extend(["--seat", name]);
    }
    let motion = decide(cluster, &amend, &[(1, true), (2, true), (3, true)]);
    ended(cluster, &motion, MotionProgress::Passed);
    all(cluster, 7, "the second charter", |report| {
        report.charter.as_ref().is_some_and(|charter| charter.number == 2)
            && report.members.iter().filter(|one| one.standing == StandingView::Revoked).count()
                == 1
    });
    let seventh = name(cluster, SEVENTH);
    let (is_done, _, beside) = typed(cluster, 4, &["federation", "admit", &seventh]);
    assert!(!is_done && beside.contains("no seat"), "{beside}");
    let audit = dela(cluster, 4, &["federation", "audit"]);
    assert!(audit.contains("Nyckeln är stulen"), "{audit}");
}
