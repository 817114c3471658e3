//! The ledger: who signed what, and what follows from it, counted apart from
//! what it is to check.

use std::collections::{BTreeMap, BTreeSet};

use super::Violation;
use crate::federation::card::Card;
use crate::federation::charter::Charter;
use crate::federation::decision::{Decision, Disposition, Motion, Vote};
use crate::federation::{Act, Federation, Member, Standing};
use crate::id::{AgencyId, CharterId, MotionId};

/// What does not hold, and where.
#[derive(Debug)]
pub(super) struct Broken(pub(super) Violation, pub(super) String);

type Checked<T = ()> = Result<T, Broken>;

/// Who is for what.
type Supporters = BTreeMap<MotionId, BTreeSet<[u8; 32]>>;

/// All that was signed in this federation, by whomever.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    motions: BTreeMap<MotionId, Motion>,
    supporters: Supporters,
}

impl Ledger {
    pub(super) fn moved(&mut self, motion: &Motion) {
        let by = *motion.mover().as_bytes();
        self.supporters.entry(motion.id()).or_default().insert(by);
        self.motions.insert(motion.id(), motion.clone());
    }

    pub(super) fn voted(&mut self, vote: &Vote) {
        if vote.is_for() {
            let by = *vote.voter().as_bytes();
            self.supporters.entry(vote.motion()).or_default().insert(by);
        }
    }

    pub(super) fn motions(&self) -> &BTreeMap<MotionId, Motion> {
        &self.motions
    }

    /// Returns how many motions put to a council ended with it.
    pub(super) fn ended(&self, charter: CharterId, carried: &[MotionId]) -> usize {
        let ends = |motion: &&Motion| {
            motion.statement().charter == charter
                && !carried.contains(&motion.id())
                && !matches!(motion.statement().decision, Decision::Amend(_))
        };
        self.motions.values().filter(ends).count()
    }

    /// Checks that enough seats signed for all that is in force at a node.
    pub(super) fn check(&self, node: &Federation) -> Checked {
        let chain: Vec<(&Charter, Option<MotionId>)> = node.charters().collect();
        let Some((first, _)) = chain.first() else {
            return Ok(());
        };
        let founding = MotionId::founding(&first.id());
        let founders = count(&self.supporters, founding, first);
        enough(founders, first.statement().seats.len(), "the founding")?;
        for (before, now) in chain.iter().zip(chain.iter().skip(1)) {
            self.check_amendment(before.0, now.0, now.1)?;
        }
        let charters: Vec<&Charter> = chain.iter().map(|(charter, _)| *charter).collect();
        for (agency, member) in node.members() {
            if let Some(by) = member.by {
                let motion = self.check_decision(by, &charters)?;
                if motion.statement().decision.agency() != Some(*agency) {
                    return Err(Broken(Violation::Forged, format!("{by} is about somebody else")));
                }
            }
        }
        Ok(())
    }

    fn known(&self, id: MotionId) -> Checked<&Motion> {
        let unknown = || Broken(Violation::Forged, format!("nobody moved {id}"));
        self.motions.get(&id).ok_or_else(unknown)
    }

    fn check_amendment(&self, old: &Charter, new: &Charter, by: Option<MotionId>) -> Checked {
        let unfounded = || Broken(Violation::Forged, "a later charter without a motion".to_owned());
        let motion = self.known(by.ok_or_else(unfounded)?)?;
        let is_it =
            matches!(&motion.statement().decision, Decision::Amend(one) if one.id() == new.id());
        if !is_it || motion.statement().charter != old.id() {
            return Err(Broken(Violation::Forged, format!("{} is no such motion", motion.id())));
        }
        for council in [old, new] {
            let needed = usize::from(council.statement().thresholds.amend);
            let by = count(&self.supporters, motion.id(), council);
            enough(by, needed, &format!("charter {}", new.statement().number))?;
        }
        Ok(())
    }

    fn check_decision(&self, by: MotionId, chain: &[&Charter]) -> Checked<&Motion> {
        let motion = self.known(by)?;
        let at = chain.iter().position(|one| one.id() == motion.statement().charter);
        let stray = || Broken(Violation::Forged, format!("{by} was put to no council in force"));
        let at = at.ok_or_else(stray)?;
        let council = chain.get(at).ok_or_else(stray)?;
        let needed = needed(&motion.statement().decision, council);
        enough(count(&self.supporters, by, council), needed, &format!("decision {by}"))?;
        match chain.get(at + 1) {
            Some(next) if !next.statement().carried.contains(&by) => {
                Err(Broken(Violation::NotCarried, format!("{by} ended with its council")))
            }
            _ => Ok(motion),
        }
    }
}

/// What a node holds, as the ledger counts it.
struct Held<'a> {
    chain: Vec<&'a Charter>,
    motions: Vec<Motion>,
    supporters: Supporters,
}

/// Evaluates the acts that a node holds, and compares.
pub(super) fn recount(node: &Federation) -> Checked {
    let held = Held::of(node);
    let Some((first, last)) = held.chain.first().zip(held.chain.last()) else { return Ok(()) };
    let wrong = |what: String| Err(Broken(Violation::Miscounted, what));
    if let Some(next) = held.motions.iter().find_map(|motion| held.succeeds(motion, last)) {
        return wrong(format!("charter {} is not in force", next.id()));
    }
    let in_force: Vec<&Motion> = held.motions.iter().filter(|one| held.is_in_force(one)).collect();
    let founders: BTreeSet<AgencyId> = first.statement().founders.iter().map(Card::id).collect();
    let mut agencies = founders.clone();
    agencies.extend(in_force.iter().filter_map(|motion| admitted(motion)));
    if !agencies.iter().eq(node.members().map(|(agency, _)| agency)) {
        return wrong("other members".to_owned());
    }
    for (agency, member) in node.members() {
        let is_about = |one: &&&Motion| one.statement().decision.agency() == Some(*agency);
        let about: Vec<&Motion> = in_force.iter().filter(is_about).copied().collect();
        let expected = expected(founders.contains(agency), &about, last.statement().records_max);
        if expected != seen(member) {
            return wrong(format!("{agency} is {:?}, not {expected:?}", seen(member)));
        }
    }
    Ok(())
}

impl<'a> Held<'a> {
    fn of(node: &'a Federation) -> Self {
        let chain = node.charters().map(|(charter, _)| charter).collect();
        let (mut motions, mut supporters) = (Vec::new(), Supporters::new());
        for act in node.acts() {
            let (motion, by) = match &act {
                Act::Motion(motion) => (motion.id(), *motion.mover().as_bytes()),
                Act::Vote(vote) if vote.is_for() => (vote.motion(), *vote.voter().as_bytes()),
                Act::Vote(_) | Act::Charter(_) => continue,
            };
            supporters.entry(motion).or_default().insert(by);
            if let Act::Motion(motion) = act {
                motions.push(motion);
            }
        }
        Self { chain, motions, supporters }
    }

    /// Returns the charter of a motion that has all it takes to follow on `last`.
    fn succeeds<'b>(&self, motion: &'b Motion, last: &Charter) -> Option<&'b Charter> {
        let Decision::Amend(next) = &motion.statement().decision else { return None };
        let agreed = |council: &Charter| {
            let needed = usize::from(council.statement().thresholds.amend);
            count(&self.supporters, motion.id(), council) >= needed
        };
        let follows = motion.statement().charter == last.id();
        (follows && agreed(last) && agreed(next)).then_some(next)
    }

    fn is_in_force(&self, motion: &Motion) -> bool {
        let at = self.chain.iter().position(|one| one.id() == motion.statement().charter);
        let Some((at, council)) = at.and_then(|at| Some((at, self.chain.get(at)?))) else {
            return false;
        };
        let next = self.chain.get(at + 1);
        let is_carried = next.is_none_or(|next| next.statement().carried.contains(&motion.id()));
        let needed = needed(&motion.statement().decision, council);
        is_carried && count(&self.supporters, motion.id(), council) >= needed
    }
}

fn admitted(motion: &Motion) -> Option<AgencyId> {
    let decision = &motion.statement().decision;
    decision.agency().filter(|_| matches!(decision, Decision::Admit { .. }))
}

/// What a member is: its generation, how harshly it was ended, its quota.
type Seen = (u32, u8, u64);

fn seen(member: &Member) -> Seen {
    let harshness = match &member.standing {
        Standing::Member => 0,
        Standing::Suspended => 1,
        Standing::Revoked { disposition: Disposition::Keep, .. } => 2,
        Standing::Revoked { disposition: Disposition::Hide, .. } => 3,
        Standing::Revoked { disposition: Disposition::Purge, .. } => 4,
    };
    (member.generation, harshness, member.records_max)
}

/// Returns what follows from the decisions about an agency.
fn expected(is_founder: bool, about: &[&Motion], usual: u64) -> Seen {
    let mut generation = if is_founder { Some(0) } else { None };
    // In the highest generation the harshest counts, also where nobody was
    // admitted in it.
    let (mut ending, mut quota) = ((0, 0), None);
    for motion in about {
        if let Decision::Admit { generation: admitted, .. } = motion.statement().decision {
            generation = generation.max(Some(admitted));
        }
    }
    let generation = generation.unwrap_or(0);
    for motion in about {
        match &motion.statement().decision {
            Decision::Suspend { generation: of, .. } if *of >= generation => {
                ending = ending.max((*of, 1));
            }
            Decision::Revoke { generation: of, disposition, .. } if *of >= generation => {
                let harshness = match disposition {
                    Disposition::Keep => 2,
                    Disposition::Hide => 3,
                    Disposition::Purge => 4,
                };
                ending = ending.max((*of, harshness));
            }
            Decision::Quota { generation: of, serial, records_max, .. } if *of == generation => {
                quota = quota.max(Some((*serial, *records_max)));
            }
            Decision::Admit { .. }
            | Decision::Suspend { .. }
            | Decision::Revoke { .. }
            | Decision::Quota { .. }
            | Decision::Amend(_) => {}
        }
    }
    (generation, ending.1, quota.map_or(usual, |(_, max)| max))
}

fn needed(decision: &Decision, council: &Charter) -> usize {
    let thresholds = council.statement().thresholds;
    usize::from(match decision {
        Decision::Admit { .. } | Decision::Quota { .. } => thresholds.admit,
        Decision::Suspend { .. } | Decision::Revoke { .. } => thresholds.revoke,
        Decision::Amend(_) => thresholds.amend,
    })
}

/// Returns how many agencies with a seat are for something.
fn count(supporters: &Supporters, motion: MotionId, council: &Charter) -> usize {
    let Some(by) = supporters.get(&motion) else { return 0 };
    let seats = council.statement().seats.iter().filter(|seat| by.contains(seat.key.as_bytes()));
    seats.map(|seat| seat.agency).collect::<BTreeSet<_>>().len()
}

fn enough(by: usize, needed: usize, what: &str) -> Checked {
    let short = || Broken(Violation::TooFewVotes, format!("{what}: {by} seats of {needed}"));
    if by >= needed { Ok(()) } else { Err(short()) }
}
