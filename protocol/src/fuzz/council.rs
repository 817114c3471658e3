//! Cards, and a council whose seats and strangers sign anything.
//!
//! The bytes of [`act`] are read as a sequence of steps. Beside acts as they
//! come, a step can let a key sign a motion or a vote of any content: no fuzzer
//! guesses a signature, and what lies behind it is where the counting is.
//!
//! Invariant: after every step a federation that is built from the acts of
//! another evaluates as it does, names each act once, and keeps of no seat more
//! motions that wait than it may.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::replica::Script;
use super::{NOW, SCENE, envelope, one_form, open};
use crate::agency::Agency;
use crate::cose::{self, Domain};
use crate::federation::card::{Card, CardStatement};
use crate::federation::charter::{Charter, CharterStatement, Guests, Seat, Thresholds};
use crate::federation::decision::{Decision, Disposition, Motion, MotionStatement, Vote};
use crate::federation::{Act, Federation, Progress};
use crate::id::{FederationId, MotionId};
use crate::key::SecretKey;
use crate::limits::{
    CARD_BYTES_MAX, CARD_TEXT_BYTES_MAX, CHARTER_BYTES_MAX, MOTION_BYTES_MAX, MOTIONS_PER_SEAT_MAX,
    VOTE_BYTES_MAX,
};

/// The most steps of one run.
const STEPS_MAX: usize = 48;

/// A card: the bytes as such, and as what is signed in one.
pub fn card(data: &[u8]) {
    card_as_sent(data);
    card_as_sent(&envelope(data, &[0; 64]));
    let anywhere = &FederationId::ANY;
    let signed = cose::sign(&SCENE.key, Domain::Card, anywhere, data.to_vec());
    if card_as_sent(&signed) {
        for forged in [
            cose::sign(&SCENE.foreign_key, Domain::Card, anywhere, data.to_vec()),
            cose::sign(&SCENE.key, Domain::Card, &SCENE.federation, data.to_vec()),
            cose::sign(&SCENE.key, Domain::Vote, anywhere, data.to_vec()),
        ] {
            assert!(!card_as_sent(&forged), "a forged card was accepted");
        }
    }
}

fn card_as_sent(bytes: &[u8]) -> bool {
    let Ok(card) = Card::decode(bytes.to_vec()) else { return false };
    one_form(bytes, card.bytes(), CARD_BYTES_MAX);
    let CardStatement { name, organisation_number, domain, .. } = card.statement();
    for text in [name, organisation_number, domain] {
        assert!(text.len() <= CARD_TEXT_BYTES_MAX && !text.chars().any(char::is_control));
    }
    assert_eq!(card.id(), card.agency().id());
    true
}

/// A council that was founded, and who signs in its name or without.
struct Council {
    first: Charter,
    founded: Federation,
    /// Three hold a seat, the fourth may get one, the fifth is a stranger.
    keys: Vec<SecretKey>,
    agencies: Vec<Agency>,
    cards: Vec<Card>,
}

static COUNCIL: LazyLock<Council> = LazyLock::new(|| {
    let keys: Vec<SecretKey> = (20..25).map(|byte| SecretKey::from_bytes(&[byte; 32])).collect();
    let owners: Vec<SecretKey> = (30..35).map(|byte| SecretKey::from_bytes(&[byte; 32])).collect();
    let agencies: Vec<Agency> = owners.iter().map(|owner| open(owner).0).collect();
    let cards = |federation| -> Vec<Card> {
        let everybody = agencies.iter().zip(&owners).zip(&keys);
        let card = |((agency, owner), key): ((&Agency, &SecretKey), &SecretKey)| {
            let statement = CardStatement {
                federation,
                name: "A".to_owned(),
                organisation_number: String::new(),
                domain: String::new(),
                council_key: key.public(),
                issued_at: NOW,
            };
            Card::sign(agency, owner, statement).expect("a card with a name")
        };
        everybody.map(card).collect()
    };
    let mut founders = cards(FederationId::ANY);
    founders.truncate(3);
    let statement = CharterStatement {
        name: "Fuzzed".to_owned(),
        purpose: String::new(),
        number: 1,
        previous: None,
        seats: seats(&agencies, &keys, 0b111),
        thresholds: Thresholds::usual(3),
        records_max: 9,
        guests: Guests::Apply,
        founders,
        carried: Vec::new(),
        review_by: NOW,
        issued_at: NOW,
    };
    let first = Charter::write(&statement).expect("a charter of three seats");
    let federation = first.federation();
    let founding = MotionId::founding(&first.id());
    let vote = |key| Act::Vote(Vote::sign(key, &federation, founding, true, NOW)).encode();
    let mut acts = vec![Act::Charter(first.clone()).encode()];
    acts.extend(keys.iter().take(3).map(vote));
    let mut founded = Federation::chartered(federation);
    founded.take(&acts).expect("all seats are for it");
    let cards = cards(federation);
    Council { first, founded, keys, agencies, cards }
});

/// Returns the seats of those whose bit is set.
fn seats(agencies: &[Agency], keys: &[SecretKey], mask: u8) -> Vec<Seat> {
    let everybody = agencies.iter().zip(keys).enumerate();
    let sits = everybody.filter(|(bit, _)| mask >> bit & 1 == 1);
    sits.map(|(_, (agency, key))| Seat {
        agency: agency.id(),
        key: key.public(),
        name: String::new(),
    })
    .collect()
}

/// Acts of a council: as they come, and signed.
pub fn act(data: &[u8]) {
    act_as_sent(data, &mut COUNCIL.founded.clone());
    if let Ok(charter) = Charter::decode(data.to_vec()) {
        one_form(data, charter.bytes(), CHARTER_BYTES_MAX);
    }
    let mut script = Script(data);
    let mut federation = COUNCIL.founded.clone();
    for _ in 0..STEPS_MAX {
        if script.0.is_empty() {
            break;
        }
        let bytes = step(&mut script, &federation);
        act_as_sent(&bytes, &mut federation);
    }
    let acts: Vec<Vec<u8>> = federation.acts().iter().map(Act::encode).collect();
    let keys: BTreeSet<_> = federation.keys().into_iter().collect();
    assert_eq!(keys.len(), acts.len(), "an act that is named twice, or by nothing");
    let mut again = Federation::chartered(federation.id());
    let taken = again.take(&acts).expect("what is kept can be passed on");
    assert_eq!(taken.len(), acts.len());
    assert_eq!(again.digest(), federation.digest());
    assert!(again.members().eq(federation.members()), "other members after a restart");
    assert!(again.charters().eq(federation.charters()), "other charters after a restart");
    let mut waiting: BTreeMap<[u8; 32], usize> = BTreeMap::new();
    for state in federation.motions() {
        if state.progress != Progress::Passed {
            *waiting.entry(*state.motion.mover().as_bytes()).or_default() += 1;
        }
    }
    assert!(waiting.values().all(|count| *count <= MOTIONS_PER_SEAT_MAX));
}

/// Shows bytes to a federation: what it refuses changes nothing.
fn act_as_sent(bytes: &[u8], federation: &mut Federation) {
    if let Ok(act) = Act::decode(bytes, &federation.id()) {
        let bytes_max = match &act {
            Act::Charter(_) => CHARTER_BYTES_MAX,
            Act::Motion(_) => MOTION_BYTES_MAX,
            Act::Vote(_) => VOTE_BYTES_MAX,
        };
        // The byte of the kind is not counted.
        one_form(bytes, &act.encode(), bytes_max + 1);
        assert!(!matches!(&act, Act::Motion(_) | Act::Vote(_)) || !is_elsewhere(bytes));
    }
    let before = federation.digest();
    match federation.take(&[bytes.to_vec()]) {
        Ok(new) if !new.is_empty() => assert_ne!(federation.digest(), before),
        Ok(_) => assert_eq!(federation.digest(), before, "changed by what is not new"),
        Err((new, _)) => assert!(new.is_empty() && federation.digest() == before),
    }
}

/// Returns whether an act holds in another federation.
fn is_elsewhere(bytes: &[u8]) -> bool {
    Act::decode(bytes, &SCENE.elsewhere).is_ok()
}

/// Returns the act that a step is about.
fn step(script: &mut Script<'_>, federation: &Federation) -> Vec<u8> {
    let Council { first, keys, .. } = &*COUNCIL;
    let (id, kind) = (federation.id(), script.byte());
    let Some(key) = script.pick(keys) else { return Vec::new() };
    let charters: Vec<&Charter> = federation.charters().map(|(charter, _)| charter).collect();
    let motions: Vec<MotionId> =
        federation.motions().into_iter().map(|state| state.motion.id()).collect();
    match kind % 6 {
        0 => script.chunk(),
        1 => {
            let founding = MotionId::founding(&first.id());
            let motion = script.pick(&motions).copied().unwrap_or(founding);
            let is_for = !script.byte().is_multiple_of(4);
            Act::Vote(Vote::sign(key, &id, motion, is_for, NOW)).encode()
        }
        2 => [&[2], &*cose::sign(key, Domain::Motion, &id, script.chunk())].concat(),
        3 => [&[3], &*cose::sign(key, Domain::Vote, &id, script.chunk())].concat(),
        4 => {
            let acts = federation.acts();
            let mut bytes = script.pick(&acts).map(Act::encode).unwrap_or_default();
            let at = usize::from(script.byte()) * bytes.len() / 256;
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= script.byte();
            }
            bytes
        }
        _ => {
            let Some(council) = script.pick(&charters) else { return Vec::new() };
            let decision = decision(script, council, &motions);
            let reason = String::new();
            let statement =
                MotionStatement { charter: council.id(), decision, reason, issued_at: NOW };
            let motion = Motion::sign(key, &id, &statement);
            motion.map_or_else(|_| Vec::new(), |motion| Act::Motion(motion).encode())
        }
    }
}

fn decision(script: &mut Script<'_>, council: &Charter, motions: &[MotionId]) -> Decision {
    let Council { keys, agencies, cards, first, .. } = &*COUNCIL;
    let kind = script.byte();
    let generation = match script.byte() {
        u8::MAX => u32::MAX,
        low => u32::from(low % 4),
    };
    let (agency, card) = script.pick(agencies).zip(cards.first()).expect("there are five");
    let card = cards.iter().find(|card| card.id() == agency.id()).unwrap_or(card).clone();
    let agency = agency.id();
    match kind % 5 {
        0 => Decision::Admit { card, generation },
        1 => Decision::Suspend { agency, generation },
        2 => {
            let disposition =
                if script.byte() < 128 { Disposition::Hide } else { Disposition::Purge };
            Decision::Revoke { agency, generation, disposition, last_head: None, successor: None }
        }
        3 => {
            let (serial, records_max) = (script.byte().into(), script.byte().into());
            Decision::Quota { agency, generation, serial, records_max }
        }
        _ => {
            let seats = seats(agencies, keys, script.byte());
            let statement = CharterStatement {
                number: council.statement().number + u32::from(script.byte() != u8::MAX),
                previous: Some(council.id()),
                thresholds: Thresholds::usual(seats.len()),
                seats,
                founders: Vec::new(),
                carried: script.some(motions).into_iter().copied().collect(),
                ..council.statement().clone()
            };
            Decision::Amend(Charter::write(&statement).unwrap_or_else(|_| first.clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(story: &[u8]) -> Federation {
        let (mut script, mut federation) = (Script(story), COUNCIL.founded.clone());
        while !script.0.is_empty() {
            let bytes = step(&mut script, &federation);
            drop(federation.take(&[bytes]));
        }
        federation
    }

    /// Otherwise no fuzzer would get to where the counting is.
    #[test]
    fn the_corpus_tells_of_members_charters_and_rivals() {
        let told_in = |story| {
            let federation = told(story);
            let (members, charters) = (federation.members().count(), federation.charters().count());
            (members, charters, federation.rivals().len())
        };
        let admitted = include_bytes!("../../../fuzz/corpus/act/admitted-and-suspended");
        assert_eq!(told_in(admitted), (4, 1, 0));
        assert_eq!(told_in(include_bytes!("../../../fuzz/corpus/act/amended")), (4, 2, 0));
        assert_eq!(told_in(include_bytes!("../../../fuzz/corpus/act/rivals")), (3, 2, 2));
    }
}
