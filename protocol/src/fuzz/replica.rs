//! A replica that is told anything: garbage, messages of the right form, and
//! what agencies sign that keep no rule.
//!
//! The bytes are read as a sequence of steps. Beside messages decoded from
//! them, a step can let an agency sign a record or a head of any content, or
//! make a message of what was signed: no fuzzer guesses a signature, and what
//! lies behind it is where the state is.
//!
//! Invariant: after every step the digest and the counts of each catalogue are
//! those of the records in the store, what is complete has the digest its head
//! commits to, and no head is ever replaced by a lower one.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::{NOW, SCENE, open};
use crate::agency::{Agency, Signer};
use crate::catalogue::Catalogue;
use crate::federation::Federation;
use crate::head::{Commitment, Head, Rank};
use crate::id::{AgencyId, Digest, FederationId, HeadId, NodeId};
use crate::key::SecretKey;
use crate::limits::{HEARTBEAT_WITHIN, MESSAGE_BYTES_MAX};
use crate::record::{Position, Record, RecordKind, Statement};
use crate::replica::{Check, Input, Output, Replica};
use crate::store::{MemoryStore, Store as _};
use crate::time::Timestamp;
use crate::wire::membership::Answer;
use crate::wire::{AgencyHead, Announcement, Page, Request, Response, Summary};

/// The most steps of one run: more than the longest story takes, and few enough
/// for thousands of runs a second.
const STEPS_MAX: usize = 96;

/// The most a replica may ask for in one step: it has four peers here, and the
/// agencies are three.
const OUTPUTS_MAX: usize = 64;

/// Who signs whatever a step says, and what was signed before the first.
struct Liars {
    agencies: [(Agency, Signer); 2],
    records: Vec<Record>,
    heads: Vec<Head>,
    /// What the replica holds at the beginning: the catalogue of the first
    /// agency up to its first head, and its own.
    store: MemoryStore,
    own: (Agency, Signer),
}

static LIARS: LazyLock<Liars> = LazyLock::new(|| {
    let federation = &SCENE.federation;
    let first = (SCENE.agency.clone(), SCENE.signer.clone());
    let second = open(&SecretKey::from_bytes(&[7; 32]));
    let own = open(&SecretKey::from_bytes(&[8; 32]));
    let mut replica = opened(MemoryStore::default(), &own, federation);
    let published = replica.publish(vec![statement(0, RecordKind::Dataset, 9)], NOW);
    published.expect("memory is always there");

    let record = |seq, entity, kind| {
        let position = Position { epoch: 0, seq };
        Record::sign(&first.1, federation, position, &statement(entity, kind, 1), NOW)
    };
    let records = vec![
        record(1, 0, RecordKind::Dataset),
        record(2, 1, RecordKind::Dataset),
        record(4, 0, RecordKind::Dataset),
        record(5, 1, RecordKind::Withdrawal),
        record(6, 2, RecordKind::Later(9)),
    ];
    let [one, two, three, four, five] = &*records else { unreachable!("there are five") };
    let at = |seq| Position { epoch: 0, seq };
    let begun = commitment(&first.0, at(3), HeadId::NONE, &[one, two]);
    let begun = Head::sign(&first.1, federation, &begun);
    let gone_on = commitment(&first.0, at(7), begun.id(), &[three, four, five]);
    let gone_on = Head::sign(&first.1, federation, &gone_on);
    let announced = Announcement {
        statements: first.0.statements().to_vec(),
        head: begun.bytes().to_vec(),
        records: [one, two].map(|record| record.bytes().to_vec()).into(),
    };
    let from = peer(0);
    let input = Input::Announced { from, token: 0, bytes: announced.encode() };
    replica.handle(input, NOW).expect("memory is always there");
    assert_eq!(replica.catalogues().filter(|held| held.is_complete()).count(), 2);
    Liars {
        agencies: [first, second],
        heads: vec![begun, gone_on],
        store: replica.into_store(),
        own,
        records,
    }
});

fn opened(
    store: MemoryStore,
    (agency, signer): &(Agency, Signer),
    federation: &FederationId,
) -> Replica<MemoryStore> {
    let own = Some((agency.clone(), signer.clone()));
    Replica::open(store, Federation::open(*federation), own, 1, NOW)
        .expect("memory is always there")
}

fn peer(number: u8) -> NodeId {
    NodeId::from_bytes([number % 4; 32])
}

/// Returns a statement that differs by `body`, about one of a few entities.
fn statement(entity: u8, kind: RecordKind, body: u8) -> Statement {
    let iri = format!("urn:{}", entity % 4);
    match kind {
        RecordKind::Withdrawal => Statement::withdraw(&iri, ""),
        RecordKind::Later(_) => Statement { iri, kind, body: vec![body] },
        RecordKind::Dataset
        | RecordKind::DataService
        | RecordKind::DatasetSeries
        | RecordKind::Catalogue
        | RecordKind::Profile => {
            use crate::description::{Description, Node, Object};
            let triple = (Node::Iri(iri.clone()), "urn:p".to_owned(), Object::Blank(body.into()));
            let description =
                Description::new(&iri, [triple]).expect("one triple is a description");
            Statement::describe(kind, &description)
        }
    }
}

/// Returns what an honest head over exactly these records commits to.
fn commitment(
    agency: &Agency,
    position: Position,
    previous: HeadId,
    records: &[&Record],
) -> Commitment {
    let mut catalogue = Catalogue::new(agency.clone());
    for record in records {
        catalogue.add(record);
    }
    Commitment {
        position,
        floor: 0,
        live_count: catalogue.live_count,
        withdrawal_count: catalogue.withdrawal_count,
        bytes: catalogue.bytes,
        digest: catalogue.set.digest(),
        previous,
        issued_at: NOW,
        heartbeat_by: NOW.after(HEARTBEAT_WITHIN),
    }
}

/// The bytes, read from the front; zeros where there are none left.
pub(super) struct Script<'a>(pub(super) &'a [u8]);

impl Script<'_> {
    pub(super) fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// Returns bytes whose length stands before them, in two bytes.
    pub(super) fn chunk(&mut self) -> Vec<u8> {
        let length = usize::from(u16::from_be_bytes([self.byte(), self.byte()]));
        let (chunk, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        chunk.to_vec()
    }

    /// Picks one of `items`.
    pub(super) fn pick<'b, T>(&mut self, items: &'b [T]) -> Option<&'b T> {
        let number = usize::from(self.byte());
        items.get(number.checked_rem(items.len())?)
    }

    /// Picks some of the last sixteen of `items`, in their order.
    pub(super) fn some<'b, T>(&mut self, items: &'b [T]) -> Vec<&'b T> {
        let mask = u16::from_be_bytes([self.byte(), self.byte()]);
        let last = items.iter().rev().take(16).rev();
        last.enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, item)| item).collect()
    }

    fn position(&mut self) -> Position {
        let [epoch, seq] = [self.byte(), self.byte()];
        // The highest positions there are, beside low ones.
        let seq = if seq == u8::MAX { u64::MAX } else { seq.into() };
        Position { epoch: if epoch == u8::MAX { u32::MAX } else { (epoch % 3).into() }, seq }
    }
}

/// A replica and all that happens to it.
struct Story {
    replica: Replica<MemoryStore>,
    now: Timestamp,
    connected: BTreeSet<NodeId>,
    /// What the replica asked and nobody has answered.
    asked: Vec<(u64, NodeId, Request)>,
    records: Vec<Record>,
    heads: Vec<Head>,
    highest: BTreeMap<AgencyId, Rank>,
    token: u64,
}

/// Steps of strangers and of dishonest agencies.
pub fn replica(data: &[u8]) {
    let liars = &*LIARS;
    let mut story = Story {
        replica: opened(liars.store.clone(), &liars.own, &SCENE.federation),
        now: NOW,
        connected: BTreeSet::new(),
        asked: Vec::new(),
        records: liars.records.clone(),
        heads: liars.heads.clone(),
        highest: BTreeMap::new(),
        token: 0,
    };
    story.check();
    let mut script = Script(data);
    for _ in 0..STEPS_MAX {
        if script.0.is_empty() {
            break;
        }
        story.step(&mut script);
        story.check();
    }
}

impl Story {
    fn step(&mut self, script: &mut Script<'_>) {
        match script.byte() % 14 {
            0 => {
                let peer = peer(script.byte());
                self.connected.insert(peer);
                self.tell(Input::Connected(peer));
            }
            1 => {
                let peer = peer(script.byte());
                self.connected.remove(&peer);
                self.asked.retain(|(_, to, _)| *to != peer);
                self.tell(Input::Disconnected(peer));
            }
            2 => {
                let (from, bytes) = (peer(script.byte()), script.chunk());
                self.announced(from, bytes);
            }
            3 => {
                let (from, bytes) = (peer(script.byte()), script.chunk());
                if let Ok(request) = Request::decode(&bytes) {
                    self.requested(from, request);
                }
            }
            4 => {
                let (id, bytes) = (self.answering(script).map(|(id, _)| id), script.chunk());
                if let (Some(id), Ok(response)) = (id, Response::decode(&bytes)) {
                    self.tell(Input::Answered { id, response });
                }
            }
            5 => {
                let malformed = script.byte() % 2 == 1;
                if let Some((id, _)) = self.answering(script) {
                    self.tell(Input::Failed { id, malformed });
                }
            }
            6 => {
                self.now = self.now.max(self.replica.wake_at());
                self.tell(Input::Wake);
                assert!(
                    self.replica.wake_at() > self.now,
                    "it wants to be woken at once, for ever"
                );
            }
            7 => self.now = self.now.after(Duration::from_secs(u64::from(script.byte()).pow(2))),
            8 | 9 => self.sign_record(script),
            10 => self.sign_head(script),
            11 => {
                let from = peer(script.byte());
                let bytes = self.announcement(script);
                self.announced(from, bytes);
            }
            12 => {
                if let Some((id, request)) = self.answering(script) {
                    let response = self.response(&request, script);
                    self.tell(Input::Answered { id, response });
                }
            }
            _ => {
                let from = peer(script.byte());
                let request = self.request(script);
                self.requested(from, request);
            }
        }
    }

    fn tell(&mut self, input: Input) -> Vec<Output> {
        let mut outputs = self.replica.handle(input, self.now).expect("memory is always there");
        while let Some(at) =
            outputs.iter().position(|output| matches!(output, Output::Verify { .. }))
        {
            let Output::Verify { id, checks } = outputs.remove(at) else { break };
            let verified = Input::Verified { id, holds: checks.iter().map(Check::holds).collect() };
            let more = self.replica.handle(verified, self.now).expect("memory is always there");
            outputs.extend(more);
        }
        assert!(outputs.len() <= OUTPUTS_MAX, "{} outputs in one step", outputs.len());
        for output in &outputs {
            if let Output::Request { to, id, request } = output {
                assert!(self.connected.contains(to), "a request to a peer that is not there");
                assert_eq!(Request::decode(&request.encode()).as_ref(), Ok(request));
                self.asked.push((*id, *to, request.clone()));
            }
        }
        outputs
    }

    fn announced(&mut self, from: NodeId, bytes: Vec<u8>) {
        self.token += 1;
        let outputs = self.tell(Input::Announced { from, token: self.token, bytes });
        let judged = |output: &&Output| matches!(output, Output::Judge { token, .. } if *token == self.token);
        assert_eq!(outputs.iter().filter(judged).count(), 1, "an announcement is judged once");
    }

    fn requested(&mut self, from: NodeId, request: Request) {
        self.token += 1;
        let outputs = self.tell(Input::Requested { from, token: self.token, request });
        let mut answers = 0;
        for output in &outputs {
            if let Output::Respond { token, response } = output
                && *token == self.token
            {
                answers += 1;
                let bytes = response.encode();
                assert!(bytes.len() <= MESSAGE_BYTES_MAX, "an answer too long to send");
                assert_eq!(Response::decode(&bytes).as_ref(), Ok(response));
            }
        }
        assert_eq!(answers, 1, "a request is answered once");
    }

    /// Takes one of the requests that wait for an answer.
    fn answering(&mut self, script: &mut Script<'_>) -> Option<(u64, Request)> {
        let number = usize::from(script.byte()).checked_rem(self.asked.len())?;
        let (id, _, request) = self.asked.remove(number);
        Some((id, request))
    }

    fn sign_record(&mut self, script: &mut Script<'_>) {
        let Some((_, signer)) = script.pick(&LIARS.agencies) else { return };
        let position = script.position();
        let [entity, kind, body] = [script.byte(), script.byte(), script.byte()];
        let kind = RecordKind::from_number(kind % 8);
        if position.seq > 0 {
            let statement = statement(entity, kind, body);
            let record = Record::sign(signer, &SCENE.federation, position, &statement, self.now);
            self.records.push(record);
        }
    }

    fn sign_head(&mut self, script: &mut Script<'_>) {
        let Some((agency, signer)) = script.pick(&LIARS.agencies) else { return };
        let position = script.position();
        let previous = script.pick(&self.heads).map_or(HeadId::NONE, Head::id);
        let records = script.some(&self.records);
        let mut commitment = commitment(agency, position, previous, &records);
        let [floor, lies] = [script.byte(), script.byte()];
        commitment.floor = floor.into();
        commitment.issued_at = self.now;
        commitment.live_count += u64::from(lies & 1);
        commitment.withdrawal_count += u64::from(lies >> 1 & 1);
        if lies & 4 != 0 {
            commitment.digest = Digest::from_bytes([lies; 32]);
        }
        if lies & 8 != 0 {
            commitment.issued_at = Timestamp::from_millis(u64::MAX);
        }
        if lies & 16 != 0 {
            commitment.bytes = u64::MAX;
        }
        self.heads.push(Head::sign(signer, &SCENE.federation, &commitment));
    }

    fn announcement(&self, script: &mut Script<'_>) -> Vec<u8> {
        let head = self.head(script);
        let statements = head.as_ref().map_or_else(Vec::new, statements_of);
        let records = bytes(script.some(&self.records));
        let head = head.map_or_else(Vec::new, |head| head.bytes().to_vec());
        Announcement { statements, head, records }.encode()
    }

    fn head(&self, script: &mut Script<'_>) -> Option<Head> {
        script.pick(&self.heads).cloned()
    }

    fn request(&self, script: &mut Script<'_>) -> Request {
        let agency = match script.byte() % 4 {
            0 => LIARS.own.0.id(),
            1 => AgencyId::from_bytes([1; 32]),
            number => self.head(script).map_or(AgencyId::from_bytes([number; 32]), |h| h.agency()),
        };
        match script.byte() % 6 {
            0 => Request::Status { root: Digest::from_bytes([script.byte(); 32]) },
            1 => Request::Summaries { buckets: script.chunk().into_iter().take(256).collect() },
            2 => Request::Heads { agencies: vec![agency; usize::from(script.byte() % 3)] },
            3 => Request::Since { agency, after: script.position() },
            4 => Request::Map { agency, after: script.position() },
            _ => {
                let positions = script.some(&self.records).into_iter().map(Record::position);
                let positions: BTreeSet<Position> = positions.chain([script.position()]).collect();
                let positions = positions.into_iter().collect();
                Request::Records { agency, positions }
            }
        }
    }

    /// Answers what was asked, or another question where the script says so.
    fn response(&self, request: &Request, script: &mut Script<'_>) -> Response {
        let head = self.head(script).map_or_else(Vec::new, |head| head.bytes().to_vec());
        let mut records = script.some(&self.records);
        let how = script.byte();
        if how & 1 == 0 {
            records.sort_by_key(|record| record.position());
        }
        let more = how & 2 != 0;
        if how & 0xf0 == 0xf0 {
            return Response::NotReady;
        }
        match request {
            Request::Status { .. } if more => Response::Same,
            Request::Membership(_) => Response::Membership(Answer::Denied),
            Request::Status { .. } | Request::Summaries { .. } => {
                let heads = script.some(&self.heads).into_iter();
                Response::Summaries(heads.map(summary).collect())
            }
            Request::Heads { .. } => {
                let heads = script.some(&self.heads).into_iter().map(|head| AgencyHead {
                    statements: statements_of(head),
                    head: head.bytes().to_vec(),
                });
                Response::Heads(heads.collect())
            }
            Request::Since { .. } => Response::Page(Page { head, records: bytes(records), more }),
            Request::Map { .. } => {
                let mut positions: BTreeSet<Position> =
                    records.iter().map(|record| record.position()).collect();
                if how & 4 != 0 {
                    positions.insert(script.position());
                }
                Response::Map { head, positions: positions.into_iter().collect(), more }
            }
            Request::Records { .. } => Response::Records { head, records: bytes(records) },
        }
    }

    /// Checks what must hold after every step.
    fn check(&mut self) {
        let store = self.replica.store();
        for catalogue in self.replica.catalogues() {
            let agency = catalogue.id();
            let mut again = Catalogue::new(catalogue.agency.clone());
            let records = store.records_after(&agency, Position::START, usize::MAX);
            let records = records.expect("memory is always there");
            for record in &records {
                again.add(record);
                let position = store.position(&agency, &record.entity());
                assert_eq!(position, Ok(Some(record.position())), "two records of one entity");
                assert_eq!(record.agency(), agency, "a record of another agency");
            }
            assert!(again.set == catalogue.set, "the digest is not that of the records held");
            let counts = (again.live_count, again.withdrawal_count, again.bytes);
            let kept = (catalogue.live_count, catalogue.withdrawal_count, catalogue.bytes);
            assert_eq!(counts, kept, "the counts are not those of the records held");
            let Some(head) = &catalogue.head else { continue };
            if catalogue.is_complete() {
                assert!(catalogue.fulfils(head), "complete, and not what the head commits to");
            }
            let before = self.highest.insert(agency, head.rank());
            assert!(before.is_none_or(|before| before <= head.rank()), "an older head came back");
        }
    }
}

fn statements_of(head: &Head) -> Vec<Vec<u8>> {
    let agencies = LIARS.agencies.iter().map(|(agency, _)| agency);
    let found = agencies.into_iter().find(|agency| agency.id() == head.agency());
    found.map_or_else(Vec::new, |agency| agency.statements().to_vec())
}

fn summary(head: &Head) -> Summary {
    let full = head.id();
    let (chunks, _) = full.as_bytes().as_chunks::<8>();
    let id = chunks.first().copied().unwrap_or_default();
    let Position { epoch, seq } = head.position();
    Summary(head.agency(), head.key_index(), epoch, seq, serde_bytes::ByteArray::new(id))
}

fn bytes(records: Vec<&Record>) -> Vec<Vec<u8>> {
    records.into_iter().map(|record| record.bytes().to_vec()).collect()
}
