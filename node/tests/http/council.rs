//! The council over HTTP: what is told of it, and what this node's people may
//! move and vote.

use axum::body::Body;
use axum::http::header::RETRY_AFTER;
use axum::http::{Request, StatusCode};
use dela_node::belonging::{Founding, card_from_text, card_to_text};
use dela_node::opening::Arrival;
use dela_protocol::api::{
    CardText, CouncilReport, DomainCheck, DomainOutcome, DomainProof, InvitationText, MotionKind,
    MotionProgress, Moving, NodePolicy, NodeState, Problem, StandingView, Status, Voted,
};
use dela_protocol::federation::card::{Card, CardStatement};
use dela_protocol::federation::charter::{Charter, CharterStatement, Guests, Thresholds};
use dela_protocol::federation::decision::{Decision, Motion, MotionStatement, Vote};
use dela_protocol::federation::{Act, Federation};
use dela_protocol::id::{FederationId, MotionId};
use dela_protocol::key::SecretKey;
use dela_protocol::time::Timestamp;

use super::fixture::{Node, agency_of, council_key, node};
use super::{get, send, write};

const VOTES: &str = "/api/v1/federation/votes";
const MOTIONS: &str = "/api/v1/federation/motions";
const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

fn card(seed: u8, name: &str, federation: FederationId, council_key: &SecretKey) -> Card {
    let (agency, key) = agency_of(seed);
    let statement = CardStatement {
        federation,
        name: name.to_owned(),
        organisation_number: "212000-0142".to_owned(),
        // Looked up on this machine, whatever the network (RFC 6761, section 6.3).
        domain: "ekby.localhost".to_owned(),
        council_key: council_key.public(),
        issued_at: NOW,
    };
    Card::sign(&agency, &key, statement).unwrap()
}

/// A node whose agency alone is the council of its federation.
fn governed() -> (Node, FederationId) {
    let node = node();
    let founding = Founding {
        name: "Provet".to_owned(),
        purpose: String::new(),
        cards: vec![card(1, "Älvars kommun", FederationId::ANY, &council_key())],
        thresholds: Thresholds::usual(1),
        guests: Guests::Read,
    };
    let (id, acts) = founding.acts(&council_key(), NOW).unwrap();
    let mut federation = Federation::chartered(id);
    federation.take(&acts).unwrap();
    node.govern(federation);
    (node, id)
}

async fn told(node: &Node) -> CouncilReport {
    get(node, "/api/v1/federation/council").await.json()
}

async fn post(node: &Node, path: &str, body: &str) -> (StatusCode, super::Answer) {
    let answer = write(node, "POST", path, "application/json", body).await;
    (answer.status, answer)
}

#[tokio::test]
async fn an_open_federation_says_that_it_is_and_nobody_votes_in_it() {
    let node = node();
    let report = told(&node).await;
    assert!(report.is_open && report.charter.is_none() && report.members.is_empty());
    let vote = r#"{"motion": "charter", "for": true}"#;
    let (status, answer) = post(&node, "/api/v1/federation/votes", vote).await;
    let problem: Problem = answer.json();
    assert_eq!((status, &*problem.problem_type), (StatusCode::CONFLICT, "/problems/no-say"));
    assert!(problem.detail.contains("open"), "{}", problem.detail);
}

#[tokio::test]
async fn moving_and_voting_need_the_token_and_a_seat() {
    let (node, id) = governed();
    let motion = r#"{"kind": "suspend", "agency": "00", "reason": ""}"#;
    for path in ["motions", "votes", "key", "join", "found", "domains"] {
        let uri = format!("/api/v1/federation/{path}");
        let without = Request::post(uri).body(Body::from(motion)).unwrap();
        assert_eq!(send(&node.router, without).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    node.govern(Federation::chartered(id));
    let (status, _) = post(&node, "/api/v1/federation/motions", motion).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "its charter is not known");
    let stranger = SecretKey::from_bytes(&[44; 32]);
    let founding = Founding {
        name: "Andras".to_owned(),
        purpose: String::new(),
        cards: vec![card(3, "Ekby", FederationId::ANY, &stranger)],
        thresholds: Thresholds::usual(1),
        guests: Guests::Read,
    };
    let (id, acts) = founding.acts(&stranger, NOW).unwrap();
    let mut federation = Federation::chartered(id);
    federation.take(&acts).unwrap();
    node.govern(federation);
    let (status, answer) = post(&node, "/api/v1/federation/motions", motion).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(answer.json::<Problem>().detail.contains("no seat"));
}

#[tokio::test]
async fn what_is_moved_is_counted_and_told() {
    let (node, id) = governed();
    let own = format!(r#"{{"kind": "admit", "agency": "{}"}}"#, node.own);
    let (status, answer) = post(&node, "/api/v1/federation/motions", &own).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(answer.json::<Problem>().detail.contains("was a founder"), "{}", answer.text());
    let ekby = card_to_text(&card(3, "Ekby", id, &council_key()));
    let admit = format!(r#"{{"kind": "admit", "card": "{ekby}", "reason": "De har ansökt"}}"#);
    let (status, answer) = post(&node, "/api/v1/federation/motions", &admit).await;
    assert_eq!(status, StatusCode::CREATED);
    let moved = answer.json::<Voted>().motion.unwrap();
    assert_eq!((moved.kind, moved.progress), (MotionKind::Admit, MotionProgress::Passed));
    let report = told(&node).await;
    let member = report.members.iter().find(|member| member.name == "Ekby").unwrap();
    assert_eq!((member.standing, member.generation), (StandingView::Member, 1));
    assert!(member.organisation_number_is_sound);
    assert_eq!((report.federation.id, &*report.federation.name), (id, "Provet"));

    let begins = &member.agency.to_string()[..8];
    let quota = format!(r#"{{"kind": "quota", "agency": "{begins}", "records_max": 7}}"#);
    assert_eq!(post(&node, "/api/v1/federation/motions", &quota).await.0, StatusCode::CREATED);
    let amend =
        format!(r#"{{"kind": "amend", "seats": ["{}"], "name": "Provet två"}}"#, report.own.agency);
    assert_eq!(post(&node, "/api/v1/federation/motions", &amend).await.0, StatusCode::CREATED);
    let report = told(&node).await;
    assert_eq!(report.charter.unwrap().number, 2);
    assert_eq!((&*report.federation.name, report.federation.id), ("Provet två", id));
    let member = report.members.iter().find(|member| member.name == "Ekby").unwrap();
    assert_eq!(member.records_max, 7, "what was decided is carried on");
}

/// A node whose agency is one of two on the council, and the key of the other seat.
fn governed_by_two() -> (Node, FederationId, SecretKey) {
    let (node, other) = (node(), SecretKey::from_bytes(&[9; 32]));
    let founding = Founding {
        name: "Provet".to_owned(),
        purpose: String::new(),
        cards: vec![
            card(1, "Älvars kommun", FederationId::ANY, &council_key()),
            card(4, "Norrlunda", FederationId::ANY, &other),
        ],
        thresholds: Thresholds::usual(2),
        guests: Guests::Read,
    };
    let (id, acts) = founding.acts(&council_key(), NOW).unwrap();
    let mut federation = Federation::chartered(id);
    federation.take(&acts).unwrap();
    let founded = MotionId::founding(&federation.first_charter().unwrap().id());
    federation.take(&[Act::Vote(Vote::sign(&other, &id, founded, true, NOW)).encode()]).unwrap();
    node.govern(federation);
    (node, id, other)
}

/// Takes in what the other seat has signed.
fn hears(node: &Node, act: &Act) {
    let mut federation = Federation::clone(&node.index.live().borrow().council);
    assert_eq!(federation.take(&[act.encode()]).unwrap().len(), 1);
    node.govern(federation);
}

#[tokio::test]
async fn a_seat_is_asked_before_it_votes_for_what_it_may_not_mean() {
    let (node, id, other) = governed_by_two();
    let first = node.index.live().borrow().council.charter().unwrap().clone();
    let said = CharterStatement {
        name: "Provet två".to_owned(),
        number: 2,
        previous: Some(first.id()),
        founders: Vec::new(),
        ..first.statement().clone()
    };
    let decision = Decision::Amend(Charter::write(&said).unwrap());
    let (charter, reason) = (first.id(), String::new());
    let statement = MotionStatement { charter, decision, reason, issued_at: NOW };
    let amendment = Motion::sign(&other, &id, &statement).unwrap();
    let amended = amendment.id();
    hears(&node, &Act::Motion(amendment));

    // While that waits, both admit somebody.
    let ekby = card_to_text(&card(3, "Ekby", id, &council_key()));
    let admit = format!(r#"{{"kind": "admit", "card": "{ekby}"}}"#);
    let admitted = post(&node, "/api/v1/federation/motions", &admit).await.1;
    let admitted = admitted.json::<Voted>().motion.unwrap().id;
    hears(&node, &Act::Vote(Vote::sign(&other, &id, admitted, true, NOW)));
    let report = told(&node).await;
    assert_eq!(report.charters.len(), 1);
    let shown = report.motions.iter().find(|motion| motion.id == amended).unwrap();
    assert_eq!(shown.ends.len(), 1);
    assert_eq!((shown.ends[0].id, &*shown.ends[0].name), (admitted, "Ekby"));

    let refused = async |path: &str, body: String, why: &str| {
        let (status, answer) = post(&node, path, &body).await;
        let problem: Problem = answer.json();
        assert_eq!(status, StatusCode::CONFLICT, "{body}: {}", problem.detail);
        assert!(problem.detail.contains(why), "{body}: {}", problem.detail);
    };
    let vote = |motion: MotionId, rest: &str| format!(r#"{{"motion": "{motion}", {rest}}}"#);
    refused(VOTES, vote(amended, r#""for": true"#), "admit Ekby").await;
    let against = r#"{"motion": "charter", "for": false}"#.to_owned();
    refused(VOTES, against, "signed or not").await;
    refused(VOTES, vote(admitted, r#""for": false"#), "not taken back").await;

    // Another amendment, and then none beside it.
    let amend = |rest: &str| format!(r#"{{"kind": "amend", "name": "Provet igen"{rest}}}"#);
    assert_eq!(post(&node, MOTIONS, &amend("")).await.0, StatusCode::CREATED);
    refused(MOTIONS, amend(""), "has voted for the amendment").await;
    let anyway = amend(r#", "anyway": true"#);
    assert_eq!(post(&node, MOTIONS, &anyway).await.0, StatusCode::CREATED);
    let body = vote(amended, r#""for": true, "anyway": true"#);
    let (status, answer) = post(&node, VOTES, &body).await;
    assert_eq!(status, StatusCode::CREATED, "{}", answer.text());
    let report = told(&node).await;
    assert_eq!(report.charters.len(), 2);
    assert!(report.members.iter().all(|member| member.name != "Ekby"), "it was told so");
}

#[tokio::test]
async fn thresholds_that_somebody_chose_stay_and_a_seat_has_the_newest_key() {
    let (node, id) = governed();
    let post = async |body: &str| {
        let (status, answer) = post(&node, "/api/v1/federation/motions", body).await;
        assert_eq!(status, StatusCode::CREATED, "{body}: {}", answer.text());
    };
    let newest = SecretKey::from_bytes(&[77; 32]);
    for key in [&council_key(), &newest] {
        let ekby = card_to_text(&card(3, "Ekby", id, key));
        post(&format!(r#"{{"kind": "admit", "card": "{ekby}"}}"#)).await;
    }
    let report = told(&node).await;
    let ids: Vec<String> = report.members.iter().map(|one| format!("\"{}\"", one.agency)).collect();
    post(&format!(r#"{{"kind": "amend", "seats": [{}], "admit": 1}}"#, ids.join(", "))).await;
    // It waits for the other seat of the council to be.
    let charter = told(&node).await.motions.into_iter().find_map(|motion| motion.charter).unwrap();
    assert_eq!((charter.seats.len(), charter.admit, charter.amend), (2, 1, 2));
    let seat = charter.seats.iter().find(|seat| seat.name == "Ekby").unwrap();
    assert_eq!(seat.key, newest.public().to_string());
}

#[tokio::test]
async fn what_cannot_be_moved_says_why() {
    let (node, id) = governed();
    let elsewhere = card_to_text(&card(3, "Ekby", FederationId::ANY, &council_key()));
    let ours = told(&node).await.own.agency;
    for (body, status, said) in [
        (format!(r#"{{"kind": "admit", "card": "{elsewhere}"}}"#), 422, "another federation"),
        (r#"{"kind": "admit", "card": "ett kort"}"#.to_owned(), 422, "is no card"),
        (r#"{"kind": "suspend", "agency": "ab"}"#.to_owned(), 404, "no member has an id"),
        (r#"{"kind": "suspend", "agency": ""}"#.to_owned(), 404, "no member has an id"),
        (
            format!(r#"{{"kind": "quota", "agency": "{ours}", "records_max": 99999999}}"#),
            422,
            "quota",
        ),
        (r#"{"kind": "amend", "amend": 9}"#.to_owned(), 422, "cannot reach"),
        (r#"{"kind": "abolish"}"#.to_owned(), 422, "abolish"),
    ] {
        let (found, answer) = post(&node, "/api/v1/federation/motions", &body).await;
        let problem: Problem = answer.json();
        assert_eq!(found.as_u16(), status, "{body}: {}", problem.detail);
        assert!(problem.detail.contains(said), "{body}: {}", problem.detail);
        assert!(problem.hint.is_some_and(|hint| !hint.is_empty()), "{body}");
    }
    let unknown = r#"{"motion": "abcdef", "for": true}"#;
    assert_eq!(post(&node, "/api/v1/federation/votes", unknown).await.0, StatusCode::NOT_FOUND);
    assert!(told(&node).await.motions.is_empty(), "nothing was half done");
    let card: CardText = get(&node, "/api/v1/federation/card").await.json();
    assert_eq!(card_from_text(&card.card).unwrap().statement().federation, id);
}

#[tokio::test]
async fn who_is_blocked_is_shown_nowhere_and_the_policy_is_kept() {
    let node = node();
    let uri = "/api/v1/federation/policy";
    let put = async |body: String| write(&node, "PUT", uri, "application/json", &body).await;
    let open: NodePolicy = get(&node, uri).await.json();
    assert_eq!(open, NodePolicy::default());
    let agency = format!("/api/v1/agencies/{}", node.other);
    assert_eq!(get(&node, &agency).await.status, StatusCode::OK);
    let blocked = put(format!(r#"{{"blocked": ["{}"]}}"#, node.other)).await;
    assert_eq!(blocked.status, StatusCode::OK, "{}", blocked.text());
    let policy: NodePolicy = get(&node, uri).await.json();
    assert_eq!((policy.blocked, policy.allowed), (vec![node.other], None));
    assert_eq!(get(&node, &agency).await.status, StatusCode::NOT_FOUND);
    let all = get(&node, "/api/v1/agencies").await.text();
    assert!(!all.contains(&node.other.to_string()), "{all}");
    let own = put(format!(r#"{{"blocked": ["{}"]}}"#, node.own)).await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(own.json::<Problem>().detail.contains("its own agency"));
    for wrong in [r#"{"blocked": ["x"]}"#, r#"{"barred": []}"#] {
        assert_eq!(put(wrong.to_owned()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let allowed = put(r#"{"allowed": []}"#.to_owned()).await;
    assert_eq!(allowed.status, StatusCode::OK);
    assert_eq!(get(&node, &agency).await.status, StatusCode::NOT_FOUND, "nobody is allowed");
    let without = Request::put(uri).body(Body::from("{}")).unwrap();
    assert_eq!(send(&node.router, without).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_domain_is_asked_and_says_so_itself() {
    let (node, _) = governed();
    let own: DomainProof = get(&node, "/.well-known/dela.json").await.json();
    assert_eq!(own.agencies, [node.own.to_string()]);
    assert_eq!(own.text, format!("dela-agency={}", node.own));
    // It leads inside, where no stranger may send a node: that is dated and shown.
    let whose = format!(r#"{{"agency": "{}"}}"#, node.own);
    let (status, answer) = post(&node, "/api/v1/federation/domains", &whose).await;
    assert_eq!(status, StatusCode::OK, "{}", answer.text());
    let check: DomainCheck = answer.json();
    assert!(!check.holds() && check.web.outcome == DomainOutcome::Failed);
    let report = told(&node).await;
    assert_eq!(report.members[0].domain_check.as_ref(), Some(&check));
    let (status, _) = post(&node, "/api/v1/federation/domains", r#"{"agency": "x"}"#).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_invitation_says_where_to_go_and_moving_is_asked_for_once() {
    let node = node();
    let invited: InvitationText = get(&node, "/api/v1/federation/invitation").await.json();
    assert_eq!(invited.federation, "test");
    assert!(invited.invitation.starts_with("dela:test?name=test"), "{}", invited.invitation);
    let refused = [
        (invited.invitation.as_str(), StatusCode::CONFLICT, "already"),
        // It has a peer, and so needs no others.
        ("dela:test?peer=/ip4/192.0.2.99/tcp/4801", StatusCode::CONFLICT, "already"),
        ("nothing", StatusCode::UNPROCESSABLE_ENTITY, "is no invitation"),
        ("dela:x?peer=nowhere", StatusCode::UNPROCESSABLE_ENTITY, "nowhere is not the address"),
    ];
    for (invitation, wanted, word) in refused {
        let join = format!(r#"{{"invitation": "{invitation}"}}"#);
        let (status, answer) = post(&node, "/api/v1/federation/join", &join).await;
        assert_eq!(status, wanted, "{invitation}");
        let problem: Problem = answer.json();
        assert!(problem.detail.contains(word) && problem.hint.is_some(), "{}", problem.detail);
    }
    let join = r#"{"invitation": "dela:annan"}"#;
    let (status, answer) = post(&node, "/api/v1/federation/join", join).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let moving: Moving = answer.json();
    assert_eq!((&*moving.from, &*moving.to), ("test", "annan"));
}

#[tokio::test]
async fn a_node_that_waits_for_its_own_catalogue_does_not_move() {
    let node = node();
    node.world.lock().unwrap().recover();
    for (path, body) in
        [("join", r#"{"invitation": "dela:annan"}"#), ("found", r#"{"name": "Alla tillsammans"}"#)]
    {
        let (status, answer) = post(&node, &format!("/api/v1/federation/{path}"), body).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.json::<Problem>().detail.contains("cannot leave"));
    }
}

#[tokio::test]
async fn a_node_that_has_come_from_elsewhere_answers_when_it_has_all_that_it_brought() {
    let node = node();
    let refused = "60000 records, where the agency may have at most 50000";
    let arrivals = [
        (Arrival::Waiting, "come here from another federation"),
        (Arrival::Refused(refused.to_owned()), refused),
    ];
    for (arrival, why) in arrivals {
        node.world.lock().unwrap().arrive(arrival);
        for path in ["/readyz", "/api/v1/datasets", "/datasets/dcat", "/catalog.ttl", "/"] {
            let answer = get(&node, path).await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert!(answer.text().contains(why), "{path}: {}", answer.text());
        }
        let status: Status = get(&node, "/api/v1/status").await.json();
        assert_eq!(status.state, NodeState::Recovering);
        assert!(status.reason.unwrap().contains(why));
    }
    node.world.lock().unwrap().arrive(Arrival::Complete);
    assert_eq!(get(&node, "/readyz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_key_that_cannot_be_replaced_yet_stays_and_who_asked_is_told_when() {
    let node = node();
    let before = node.make_keys();
    let (status, answer) = post(&node, "/api/v1/federation/key", "{}").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text());
    assert!(answer.headers.contains_key(RETRY_AFTER));
    let problem: Problem = answer.json();
    assert!(problem.detail.starts_with("not yet: "), "{}", problem.detail);
    assert!(problem.hint.unwrap().contains("/api/v1/status"));
    assert_eq!(node.files(), before, "nothing of the new key is left");
}

#[tokio::test]
async fn a_federation_is_founded_with_cards_for_that() {
    let node = node();
    let wrong = card_to_text(&card(3, "Ekby", FederationId::open("test"), &council_key()));
    let found = format!(r#"{{"name": "Alla tillsammans", "cards": ["{wrong}"]}}"#);
    let (status, answer) = post(&node, "/api/v1/federation/found", &found).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text());
    let right = card_to_text(&card(3, "Ekby", FederationId::ANY, &SecretKey::from_bytes(&[9; 32])));
    let found = format!(r#"{{"name": "Alla tillsammans", "cards": ["{right}"]}}"#);
    let (status, answer) = post(&node, "/api/v1/federation/found", &found).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(answer.json::<Moving>().to.len(), 64, "the hash of its charter");
}
