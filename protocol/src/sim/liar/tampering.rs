//! How the dishonest change an answer before they give it.

use core::time::Duration;
use std::collections::BTreeSet;

use oorandom::Rand64;

use super::below;
use super::forgery::{Forger, LAST};
use crate::head::Head;
use crate::id::AgencyId;
use crate::limits::{AGENCIES_PER_MESSAGE_MAX, MESSAGE_BYTES_MAX};
use crate::record::{Position, Record};
use crate::sim::driver::TIMEOUT;
use crate::sim::loot::Loot;
use crate::sim::tally::Lie;
use crate::wire::{AgencyHead, Page, Request, Response, Summary};

/// What is answered in the end.
#[derive(Debug)]
pub(super) enum Told {
    Response(Response),
    Bytes(Vec<u8>),
    /// The truth, but so late.
    Late(Duration),
    Never,
}

/// Changes an answer in the way of one lie; nothing if that lie does not fit
/// the question.
pub(super) fn tamper(
    lie: Lie,
    chance: &mut Rand64,
    loot: &Loot,
    forger: &Forger<'_>,
    question: &Request,
    response: &Response,
) -> Option<Told> {
    let truth = response.clone();
    match lie {
        Lie::WithholdHeads => withhold_heads(chance, truth).map(Told::Response),
        Lie::WithholdRecords => withhold_records(chance, truth).map(Told::Response),
        Lie::TruncatePage => truncate(chance, truth).map(Told::Response),
        Lie::EndlessPages => endless(chance, truth).map(Told::Response),
        Lie::ReplayHead => replay_head(chance, loot, truth).map(Told::Response),
        Lie::Resurrect => resurrect(chance, loot, question, truth).map(Told::Response),
        Lie::FalseMap => false_map(chance, truth).map(Told::Response),
        Lie::Boast => boast(chance, loot, truth).map(Told::Response),
        Lie::Graft => replace(chance, loot, forger, truth, true).map(Told::Response),
        Lie::Forge => replace(chance, loot, forger, truth, false).map(Told::Response),
        Lie::WrongAnswer => wrong_answer(chance, response).map(Told::Response),
        Lie::Garbage => Some(Told::Bytes(Forger::garbage(chance))),
        Lie::FlipBit => {
            let mut bytes = response.encode();
            let place = below(chance, bytes.len());
            *bytes.get_mut(place)? ^= 1 << below(chance, 8);
            Some(Told::Bytes(bytes))
        }
        Lie::Oversize => oversize(chance, truth),
        Lie::SlowLoris => Some(match below(chance, 3) {
            0 => Told::Late(TIMEOUT.saturating_sub(Duration::from_secs(1))),
            1 => Told::Late(TIMEOUT.saturating_add(Duration::from_secs(1))),
            _ => Told::Never,
        }),
        Lie::ReplayAnnouncement
        | Lie::Equivocate
        | Lie::FastForward
        | Lie::CommitToForged
        | Lie::FloodAnnouncements
        | Lie::FloodRequests
        | Lie::NewName
        | Lie::StolenKey => None,
    }
}

fn withhold_heads(chance: &mut Rand64, mut response: Response) -> Option<Response> {
    match &mut response {
        Response::Summaries(list) => list.retain(|_| below(chance, 2) == 0),
        Response::Heads(list) => list.retain(|_| below(chance, 2) == 0),
        Response::Buckets(_) => return Some(Response::Same),
        _ => return None,
    }
    Some(response)
}

fn withhold_records(chance: &mut Rand64, mut response: Response) -> Option<Response> {
    let records = match &mut response {
        Response::Page(page) => &mut page.records,
        Response::Records { records, .. } => records,
        Response::Map { .. } => return Some(Response::NotReady),
        _ => return None,
    };
    if records.is_empty() {
        return None;
    }
    match below(chance, 4) {
        0 => return Some(Response::NotReady),
        1 => records.clear(),
        _ => {
            let place = below(chance, records.len());
            records.remove(place);
        }
    }
    Some(response)
}

fn truncate(chance: &mut Rand64, mut response: Response) -> Option<Response> {
    let Response::Page(page) = &mut response else { return None };
    if page.records.is_empty() {
        return None;
    }
    page.records.truncate(below(chance, page.records.len()));
    page.more = false;
    Some(response)
}

fn endless(chance: &mut Rand64, mut response: Response) -> Option<Response> {
    let Response::Page(page) = &mut response else { return None };
    if below(chance, 2) == 0 {
        page.records.clear();
    }
    page.more = true;
    Some(response)
}

fn replay_head(chance: &mut Rand64, loot: &Loot, mut response: Response) -> Option<Response> {
    let mut old = |head: &mut Vec<u8>| -> Option<()> {
        let agency = Head::decode(head.clone()).ok()?.agency();
        *head = loot.old_head(&agency, chance)?.bytes().to_vec();
        Some(())
    };
    match &mut response {
        Response::Heads(heads) => {
            for one in heads {
                old(&mut one.head);
            }
        }
        Response::Page(page) => old(&mut page.head)?,
        Response::Map { head, .. } | Response::Records { head, .. } => old(head)?,
        Response::Summaries(list) => {
            for summary in list {
                let Some(head) = loot.old_head(&summary.0, chance) else { continue };
                summary.2 = head.position().epoch;
                summary.3 = head.position().seq;
            }
        }
        _ => return None,
    }
    Some(response)
}

/// Serves all that was ever signed, also what is long withdrawn or pruned.
fn resurrect(
    chance: &mut Rand64,
    loot: &Loot,
    question: &Request,
    mut response: Response,
) -> Option<Response> {
    let until = |head: &[u8]| Head::decode(head.to_vec()).map_or(LAST, |head| head.position());
    let bytes = |record: &Record| record.bytes().to_vec();
    match (question, &mut response) {
        (Request::Since { agency, after }, Response::Page(page)) => {
            let until = until(&page.head);
            // Now and then also what it could tell to be old at sight.
            let after = if below(chance, 4) == 0 { Position::START } else { *after };
            page.records = one_each(loot.between(agency, after, until)).map(bytes).collect();
            page.more = false;
        }
        (Request::Map { agency, after }, Response::Map { head, positions, .. }) => {
            let all = loot.between(agency, *after, until(head)).map(Record::position);
            let all: BTreeSet<Position> = positions.iter().copied().chain(all).collect();
            *positions = all.into_iter().collect();
        }
        (Request::Records { agency, positions }, Response::Records { records, .. }) => {
            let wanted: BTreeSet<Position> = positions.iter().copied().collect();
            let all = loot.between(agency, Position::START, LAST);
            *records = all.filter(|one| wanted.contains(&one.position())).map(bytes).collect();
        }
        _ => return None,
    }
    Some(response)
}

/// The oldest record about each entity, in order of position: what is refused
/// at sight would show nothing.
fn one_each<'a>(records: impl Iterator<Item = &'a Record>) -> impl Iterator<Item = &'a Record> {
    let mut entities = BTreeSet::new();
    let mut positions = BTreeSet::new();
    records.filter(move |one| entities.insert(one.entity()) && positions.insert(one.position()))
}

fn false_map(chance: &mut Rand64, mut response: Response) -> Option<Response> {
    let Response::Map { positions, .. } = &mut response else { return None };
    positions.retain(|_| below(chance, 4) > 0);
    if below(chance, 2) == 0 {
        let last = positions.last().copied().unwrap_or(Position { epoch: 0, seq: 1 });
        positions.push(Position { seq: last.seq.saturating_add(1), ..last });
    }
    Some(response)
}

/// Speaks of newer heads than there are.
fn boast(chance: &mut Rand64, loot: &Loot, response: Response) -> Option<Response> {
    match response {
        Response::Summaries(mut list) => {
            for Summary(_, _, _, seq, id) in &mut list {
                *seq = seq.saturating_add(1 + chance.rand_range(0..1000));
                **id = chance.rand_u64().to_be_bytes();
            }
            Some(Response::Summaries(list))
        }
        Response::Same => {
            let boasted =
                |agency: &AgencyId| Summary(*agency, 0, 9, 9, serde_bytes::ByteArray::new([9; 8]));
            Some(Response::Summaries(loot.agencies().map(boasted).collect()))
        }
        _ => None,
    }
}

/// Puts what the agency did not sign, or not here, in place of what it signed.
fn replace(
    chance: &mut Rand64,
    loot: &Loot,
    forger: &Forger<'_>,
    mut response: Response,
    is_graft: bool,
) -> Option<Response> {
    if let Response::Heads(heads) = &mut response {
        let head = if is_graft {
            forger.grafted_head(chance, loot)?
        } else {
            forger.forged_head(chance, loot)?
        };
        let statements = loot.statements(&head.agency());
        heads.push(AgencyHead { statements, head: head.bytes().to_vec() });
        return Some(response);
    }
    let (Response::Page(Page { records, .. }) | Response::Records { records, .. }) = &mut response
    else {
        return None;
    };
    let place = below(chance, records.len());
    let old = records.get_mut(place)?;
    let position = Record::decode(old.clone()).ok()?.position();
    let record = if is_graft {
        forger.grafted_record(position)
    } else {
        forger.forged_record(position.seq, position.epoch)
    };
    *old = record.bytes().to_vec();
    Some(response)
}

fn wrong_answer(chance: &mut Rand64, response: &Response) -> Option<Response> {
    let other = match below(chance, 4) {
        0 => Response::Same,
        1 => Response::Summaries(Vec::new()),
        2 => Response::NotReady,
        _ => Response::Records { head: Vec::new(), records: Vec::new() },
    };
    (core::mem::discriminant(&other) != core::mem::discriminant(response)).then_some(other)
}

/// Lists and messages beyond their limits. The longest are rare, since they
/// cost the simulator most.
fn oversize(chance: &mut Rand64, mut response: Response) -> Option<Told> {
    if below(chance, 16) == 0 {
        let mut bytes = response.encode();
        bytes.resize(MESSAGE_BYTES_MAX + 1, 0);
        return Some(Told::Bytes(bytes));
    }
    match &mut response {
        Response::Summaries(list) => {
            let first = list.first()?.clone();
            list.resize(5000, first);
        }
        Response::Heads(list) => {
            let first = list.first()?.clone();
            list.resize(AGENCIES_PER_MESSAGE_MAX + 1, first);
        }
        Response::Map { positions, .. } => {
            let last = positions.last().copied()?.seq;
            positions
                .extend((last..last.saturating_add(10_000)).map(|seq| Position { epoch: 0, seq }));
        }
        Response::Page(Page { records, .. }) | Response::Records { records, .. } => {
            let first = records.first()?.clone();
            records.resize(1000, first);
        }
        _ => return None,
    }
    Some(Told::Response(response))
}
