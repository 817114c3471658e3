//! What domains say, of a web and a DNS in memory, and of a real one on loopback.

use std::net::{SocketAddr, UdpSocket};
use std::thread;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::TXT;
use hickory_resolver::proto::rr::{RData, Record};

use super::*;
use crate::fetch::Document;

const AGENCY: AgencyId = AgencyId::from_bytes([7; 32]);

/// A web with one answer.
struct Site(Result<(&'static str, String), u16>);

impl Fetch for Site {
    fn get(&self, request: &Request<'_>) -> Result<Answer, FetchError> {
        assert_eq!(request.address, "https://ekby.example/.well-known/dela.json");
        match &self.0 {
            Ok((address, body)) => Ok(Answer::Found(Document {
                address: (*address).to_owned(),
                media_type: None,
                validators: crate::fetch::Validators::default(),
                body: body.clone().into_bytes(),
            })),
            Err(status) => Err(FetchError::Status {
                address: request.address.to_owned(),
                status: *status,
                retry_after: None,
            }),
        }
    }
}

/// A DNS with one answer.
struct Zone(Result<Vec<String>, String>);

impl Names for Zone {
    fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        assert_eq!(name, "_dela.ekby.example.");
        self.0.clone()
    }
}

fn by_web(site: Result<(&'static str, String), u16>) -> DomainAnswer {
    ask_web(&Site(site), &well_known("ekby.example"), AGENCY)
}

const HERE: &str = "https://ekby.example/.well-known/dela.json";

#[test]
fn a_document_that_names_the_agency_confirms_it() {
    let proof = serde_json::to_string(&proof(AGENCY)).unwrap();
    assert_eq!(by_web(Ok((HERE, proof.clone()))).outcome, DomainOutcome::Confirmed);
    let www = "https://www.ekby.example/.well-known/dela.json";
    assert_eq!(by_web(Ok((www, proof.clone()))).outcome, DomainOutcome::Confirmed);
    let plain = by_web(Ok(("http://ekby.example/", proof)));
    assert_eq!(plain.outcome, DomainOutcome::Failed);
    assert!(plain.detail.contains("fake"), "{}", plain.detail);
}

#[test]
fn a_document_that_says_something_else_does_not() {
    let other = format!(r#"{{"agencies": ["{}"]}}"#, AgencyId::from_bytes([8; 32]));
    assert_eq!(by_web(Ok((HERE, other))).outcome, DomainOutcome::Other);
    assert_eq!(by_web(Ok((HERE, r#"{"agencies": []}"#.to_owned()))).outcome, DomainOutcome::Other);
    assert_eq!(by_web(Ok((HERE, "<html>".to_owned()))).outcome, DomainOutcome::Failed);
    assert_eq!(by_web(Err(404)).outcome, DomainOutcome::Missing);
    assert_eq!(by_web(Err(503)).outcome, DomainOutcome::Failed);
}

#[test]
fn a_text_in_the_dns_confirms_it_as_well() {
    let ask = |texts| ask_dns(&Zone(texts), "ekby.example", AGENCY).outcome;
    let right = proof(AGENCY).text;
    assert_eq!(ask(Ok(vec!["v=spf1".to_owned(), right])), DomainOutcome::Confirmed);
    assert_eq!(ask(Ok(vec!["dela-agency=0808".to_owned()])), DomainOutcome::Other);
    assert_eq!(ask(Ok(vec!["v=spf1".to_owned()])), DomainOutcome::Missing);
    assert_eq!(ask(Err("no server".to_owned())), DomainOutcome::Failed);
}

#[test]
fn only_domains_are_asked() {
    assert_eq!(host("Ekby.Example").unwrap(), "ekby.example");
    assert_eq!(host("älvby.example").unwrap(), "xn--lvby-koa.example");
    let long = format!("{}.example", "a".repeat(64));
    for wrong in ["", "ekby", "127.0.0.1", "ekby.example/x", "a b.example", "u@h.example", &long] {
        assert!(host(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn checks_are_kept_and_hold_for_the_domain_that_was_asked() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let stop = CancellationToken::new();
        Domains::open(folder.path(), Networks::default(), None, stop)
    };
    let check = DomainCheck {
        domain: "ekby.example".to_owned(),
        at: Timestamp::from_millis(5),
        web: answer(DomainOutcome::Confirmed, ""),
        dns: answer(DomainOutcome::Missing, "nothing"),
    };
    open().keep(AGENCY, check.clone());
    assert!(check.holds());
    assert_eq!(open().last(&AGENCY, "ekby.example"), Some(check));
    assert_eq!(open().last(&AGENCY, "annan.example"), None);
}

/// Answers questions on loopback, as a server of names does.
fn name_server(texts: &'static [&'static str]) -> TokioResolver {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let place = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 4_096];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let asked = Message::from_vec(&buffer[..length]).unwrap();
            let mut answer = Message::response(asked.metadata.id, asked.metadata.op_code);
            for query in &asked.queries {
                answer.add_query(query.clone());
                for text in texts {
                    let (begin, end) = text.split_at(text.len() / 2);
                    let parts = TXT::new(vec![begin.to_owned(), end.to_owned()]);
                    let record = Record::from_rdata(query.name().clone(), 60, RData::TXT(parts));
                    answer.add_answer(record);
                }
            }
            if texts.is_empty() {
                answer.metadata.response_code = ResponseCode::NXDomain;
            }
            socket.send_to(&answer.to_vec().unwrap(), from).unwrap();
        }
    });
    resolver_at(place)
}

/// Returns who asks a server of names at that place, and nobody else.
fn resolver_at(place: SocketAddr) -> TokioResolver {
    let mut connection = ConnectionConfig::udp();
    connection.port = place.port();
    let server = NameServerConfig::new(place.ip(), true, vec![connection]);
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    let provider = TokioRuntimeProvider::default();
    TokioResolver::builder_with_config(config, provider).build().unwrap()
}

#[test]
fn the_dns_is_asked_for_texts_and_joins_their_parts() {
    let within = Duration::from_secs(10);
    let asked = |texts| names::texts(&name_server(texts), "_dela.ekby.example.", within);
    assert_eq!(asked(&["dela-agency=0707", "v=spf1"]).unwrap(), ["dela-agency=0707", "v=spf1"]);
    assert_eq!(asked(&[]).unwrap(), Vec::<String>::new());
}

#[test]
fn a_dns_that_is_silent_is_not_waited_for() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let resolver = resolver_at(silent.local_addr().unwrap());
    let within = Duration::from_millis(50);
    let error = names::texts(&resolver, "_dela.ekby.example.", within).unwrap_err();
    assert_eq!(error, "no answer in 50ms");
}
