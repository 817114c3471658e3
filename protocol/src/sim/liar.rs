//! Dishonest peers: each runs a real replica and tampers with what it says.
//!
//! They work together: what one has seen, all can use. What they cannot do is
//! sign for others.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is not lied about is left as it is, also what is still to come"
)]

mod forgery;
mod tampering;

use core::time::Duration;

use oorandom::Rand64;

use super::loot::Loot;
use super::network::Message;
use super::node::{Loss, Node};
use super::tally::Lie;
use super::{Happening, Run, Simulation};
use crate::id::{FederationId, NodeId, hash};
use crate::replica::Input;
use crate::wire::{Gossip, Request, Response};

use forgery::Forger;
pub(super) use forgery::stolen;
use tampering::{Told, tamper};

/// The dishonest peers, all of them.
#[derive(Debug)]
pub(super) struct Liars {
    pub(super) chance: Rand64,
    pub(super) federation: FederationId,
    pub(super) loot: Loot,
}

/// Lies that nobody can prove: they look like loss, delay or another state.
const SUBTLE: &[Lie] = &[
    Lie::WithholdHeads,
    Lie::WithholdRecords,
    Lie::TruncatePage,
    Lie::ReplayHead,
    Lie::ReplayAnnouncement,
    Lie::Resurrect,
    Lie::FalseMap,
    Lie::Boast,
    Lie::SlowLoris,
    Lie::FloodRequests,
    Lie::FloodAnnouncements,
    Lie::Equivocate,
    Lie::CommitToForged,
];

/// Lies that give away who tells them.
const GROSS: &[Lie] = &[
    Lie::EndlessPages,
    Lie::Graft,
    Lie::Forge,
    Lie::FastForward,
    Lie::WrongAnswer,
    Lie::Garbage,
    Lie::FlipBit,
    Lie::Oversize,
];

/// What is done unasked.
const SPONTANEOUS: &[Lie] = &[
    Lie::ReplayAnnouncement,
    Lie::Equivocate,
    Lie::Graft,
    Lie::Forge,
    Lie::FastForward,
    Lie::Garbage,
    Lie::Oversize,
    Lie::FloodAnnouncements,
    Lie::FloodRequests,
];

/// How many messages a flood has. Enough to see that nothing is counted on
/// their being few, and few enough to run thousands of seeds.
const FLOOD: usize = 12;

impl Liars {
    pub(super) fn new(seed: u64, federation: FederationId) -> Self {
        // Apart from the other chance, so that lies change nothing else.
        Self { chance: Rand64::new(u128::from(seed) << 64 | 1), federation, loot: Loot::default() }
    }

    /// Draws which lies a node tells: one in three tells gross ones too, and is
    /// soon found out.
    pub(super) fn character(&mut self, has_twin: bool) -> Vec<Lie> {
        let is_gross = below(&mut self.chance, 3) == 0;
        let mut lies: Vec<Lie> =
            SUBTLE.iter().filter(|_| below(&mut self.chance, 3) > 0).copied().collect();
        if is_gross {
            lies.extend(GROSS.iter().filter(|_| below(&mut self.chance, 2) > 0));
            lies.push(Lie::NewName);
        }
        if (has_twin || lies.is_empty()) && !lies.contains(&Lie::Equivocate) {
            lies.push(Lie::Equivocate);
        }
        lies
    }

    fn pick(&mut self, lies: &[Lie]) -> Option<Lie> {
        lies.get(below(&mut self.chance, lies.len())).copied()
    }
}

impl Simulation {
    /// Lets a dishonest node see what it is told, and forget what does not fit
    /// its story; an honest one takes it as it is.
    pub(super) fn overhear(&mut self, index: usize, input: Input) -> Option<Input> {
        let Some(node) = self.nodes.get(index).filter(|node| !node.is_honest()) else {
            return Some(input);
        };
        match &input {
            Input::Announced { bytes, .. } => self.liars.loot.announced(bytes),
            Input::Answered { response, .. } => self.liars.loot.answered(response),
            _ => {}
        }
        if node.has_twin { unlearn(node, input) } else { Some(input) }
    }

    /// Returns whether a node does not pass on what it should.
    pub(super) fn keeps_to_itself(&mut self, from: usize, to: usize) -> bool {
        let Some(node) = self.nodes.get(from) else { return false };
        let withholds =
            node.lies.contains(&Lie::WithholdHeads) && below(&mut self.liars.chance, 2) == 0;
        if withholds {
            self.told(from, to, Lie::WithholdHeads);
        }
        withholds
    }

    /// Returns what a dishonest node answers, and how late; nothing if it does
    /// not answer at all.
    pub(super) fn answer_falsely(
        &mut self,
        from: usize,
        to: usize,
        question: &Request,
        response: &Response,
    ) -> Option<(Vec<u8>, Duration)> {
        let truth = (response.encode(), Duration::ZERO);
        let Some(node) = self.nodes.get(from) else { return Some(truth) };
        if below(&mut self.liars.chance, 2) == 0 {
            return Some(truth);
        }
        for _ in 0..3 {
            let Some(lie) = self.liars.pick(&node.lies) else { break };
            let victim = self.nodes.get(below(&mut self.liars.chance, self.honest))?;
            let Liars { chance, loot, federation } = &mut self.liars;
            let forger = Forger { node, victim, federation, now: self.now, ages: self.ages };
            let Some(told) = tamper(lie, chance, loot, &forger, question, response) else {
                continue;
            };
            self.told(from, to, lie);
            return match told {
                Told::Response(response) => Some((response.encode(), Duration::ZERO)),
                Told::Bytes(bytes) => Some((bytes, Duration::ZERO)),
                Told::Late(late) => Some((truth.0, late)),
                Told::Never => None,
            };
        }
        Some(truth)
    }

    /// Lets a dishonest node do something unasked, now and then.
    pub(super) fn lie(&mut self, index: usize) -> Run {
        let wait = 1000 + self.liars.chance.rand_range(0..3000);
        self.schedule(Duration::from_millis(wait), Happening::Lie { node: index });
        self.come_back_renamed(index)?;
        if self.is_thievish()
            && let Some(bytes) = self.steal(index)
        {
            self.say(index, Lie::StolenKey, &[Message::Gossip { bytes: bytes.into() }]);
        }
        let Some(node) = self.nodes.get(index).filter(|node| node.is_up()) else { return Ok(()) };
        let able: Vec<Lie> =
            node.lies.iter().filter(|lie| SPONTANEOUS.contains(lie)).copied().collect();
        let Some(lie) = self.liars.pick(&able) else { return Ok(()) };
        let Some(victim) = self.nodes.get(below(&mut self.liars.chance, self.honest)) else {
            return Ok(());
        };
        // After healing began, their agencies sign nothing new, so that one can
        // see whether all came to hold the same of them.
        let Liars { chance, loot, federation } = &mut self.liars;
        let forger = Forger { node, victim, federation, now: self.now, ages: self.ages };
        let start = node.starts;
        let announcement = |bytes: Vec<u8>| Message::Gossip { bytes: bytes.into() };
        let request =
            |bytes: Vec<u8>| Message::Request { start, id: u64::MAX, bytes: bytes.into() };
        let is_signing = matches!(lie, Lie::Equivocate | Lie::FastForward);
        if is_signing && !self.chaotic {
            return Ok(());
        }
        let messages: Vec<Message> = match lie {
            Lie::FloodRequests => {
                (0..FLOOD).map(|_| request(forger.question(chance, loot).encode())).collect()
            }
            Lie::FloodAnnouncements if self.chaotic => {
                forger.heartbeats(FLOOD).into_iter().map(announcement).collect()
            }
            Lie::FloodAnnouncements => {
                let replay = |_| Forger::replay(chance, loot).map(announcement);
                (0..FLOOD).filter_map(replay).collect()
            }
            Lie::ReplayAnnouncement => {
                Forger::replay(chance, loot).map(announcement).into_iter().collect()
            }
            Lie::Equivocate => forger.equivocate(chance).map(announcement).into_iter().collect(),
            Lie::FastForward => forger.fast_forward(chance).map(announcement).into_iter().collect(),
            Lie::Graft => forger.graft(chance, loot).map(announcement).into_iter().collect(),
            Lie::Forge => forger.forge(chance, loot).map(announcement).into_iter().collect(),
            Lie::Garbage => vec![announcement(noise(chance, 300)), request(noise(chance, 60))],
            Lie::Oversize => vec![announcement(vec![0x83; 20_000]), request(forger.too_many())],
            _ => return Ok(()),
        };
        self.say(index, lie, &messages);
        Ok(())
    }

    /// Sends each message to some neighbours.
    fn say(&mut self, from: usize, lie: Lie, messages: &[Message]) {
        for message in messages {
            for to in self.neighbours(from) {
                if below(&mut self.liars.chance, 2) == 0 {
                    self.told(from, to, lie);
                    self.send(from, to, message);
                }
            }
        }
    }

    /// Puts a record whose own signature does not hold into the set of a
    /// dishonest agency, and signs for that set.
    pub(super) fn commit_to_forged(&mut self, index: usize) -> Run {
        let is_so_minded = self
            .nodes
            .get(index)
            .is_some_and(|node| node.is_up() && node.lies.contains(&Lie::CommitToForged));
        if !is_so_minded || below(&mut self.liars.chance, 3) > 0 {
            return Ok(());
        }
        let (federation, now) = (self.federation, self.local(index));
        let Some(signer) = self.nodes.get(index).map(|node| node.signer.clone()) else {
            return Ok(());
        };
        let mut is_done = false;
        self.go_down(index, |disk| {
            is_done = forgery::put_forged(disk, &signer, &federation, now).is_ok();
        })?;
        if is_done {
            self.told(index, index, Lie::CommitToForged);
        }
        self.start(index)
    }

    /// Starts a node again under another name once most have cut it off.
    fn come_back_renamed(&mut self, index: usize) -> Run {
        let Some(node) = self.nodes.get(index) else { return Ok(()) };
        if !node.lies.contains(&Lie::NewName) || !node.is_up() {
            return Ok(());
        }
        let honest: Vec<usize> =
            self.linked(index).into_iter().filter(|other| self.is_honest(*other)).collect();
        let is_heard = |other: &usize| self.are_linked(index, *other) || !self.is_up(*other);
        if honest.is_empty() || honest.iter().any(is_heard) {
            return Ok(());
        }
        self.crash(index, Loss::Unflushed)?;
        self.told(index, index, Lie::NewName);
        if let Some(node) = self.nodes.get_mut(index) {
            let number = u64::try_from(index).unwrap_or(0).to_be_bytes();
            let name = hash("simulated alias", &[&number, &node.starts.to_be_bytes()]);
            node.id = NodeId::from_bytes(name);
        }
        self.start(index)
    }

    fn told(&mut self, from: usize, to: usize, lie: Lie) {
        self.tally.lie(lie);
        self.trace.happened(
            self.now,
            4,
            [from, to, 0].map(|n| n as u64),
            lie.to_string().as_bytes(),
        );
        self.note(|| format!("{from}: LIE to {to}: {lie}"));
    }
}

/// Takes out what a node hears of its own agency, so that it goes on with its
/// own truth though its twin tells another.
fn unlearn(node: &Node, input: Input) -> Option<Input> {
    let own = node.agency.id();
    let is_own = |head: &[u8]| {
        crate::head::Head::decode(head.to_vec()).is_ok_and(|head| head.agency() == own)
    };
    match input {
        Input::Announced { bytes, .. }
            if match Gossip::decode(&bytes) {
                Ok(Gossip::Announcement(one)) => is_own(&one.head),
                Ok(Gossip::Fork(proof)) => proof.heads.iter().any(|head| is_own(head)),
                Ok(Gossip::Acts(_) | Gossip::Application(_)) | Err(_) => false,
            } =>
        {
            None
        }
        Input::Answered { id, response: Response::Heads(mut heads) } => {
            heads.retain(|one| !is_own(&one.head));
            Some(Input::Answered { id, response: Response::Heads(heads) })
        }
        Input::Answered { id, response: Response::Summaries(mut summaries) } => {
            summaries.retain(|one| one.0 != own);
            Some(Input::Answered { id, response: Response::Summaries(summaries) })
        }
        other => Some(other),
    }
}

/// Returns a number below a length, zero where that is zero.
pub(super) fn below(chance: &mut Rand64, bound: usize) -> usize {
    let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
    usize::try_from(chance.rand_range(0..bound)).unwrap_or(0)
}

/// Returns bytes without meaning.
fn noise(chance: &mut Rand64, length_max: usize) -> Vec<u8> {
    let length = below(chance, length_max);
    (0..length).map(|_| u8::try_from(below(chance, 256)).unwrap_or(0)).collect()
}
