//! The council, for this node's people: what it has decided, and motions and
//! votes by the agency's own seat.
//!
//! Invariant: nothing is signed that would not count: a motion or vote is
//! written with what this node knows, signed with the council key, and handed to
//! the driver, which takes it in as it would from anybody.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use data_encoding::HEXLOWER_PERMISSIVE;
use dela_protocol::agency::{Agency, RecoveryKeys};
use dela_protocol::api::{
    DomainCheck, KeyChange, NewFederation, NewKey, NewMotion, NewVote, NodePolicy, Voted,
};
use dela_protocol::federation::card::{Card, CardError, CardStatement};
use dela_protocol::federation::charter::{
    Charter, CharterError, CharterStatement, Guests, Seat, Thresholds,
};
use dela_protocol::federation::decision::{
    Decision, DecisionError, Disposition, Motion, MotionStatement, Vote,
};
use dela_protocol::federation::{Act, Federation, Member, MotionState, Progress, Standing};
use dela_protocol::head::Head;
use dela_protocol::id::{AgencyId, FederationId, MotionId};
use dela_protocol::key::{PublicKey, SecretKey};
use dela_protocol::time::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::belonging::{self, Belonging, BelongingError, Founding, Home, moving};
use crate::domain::{DomainError, Domains};
use crate::identity::{IdentityError, Rotation};
use crate::index::Index;
use crate::key_file::Passphrase;
use crate::policy::{self, PolicyFileError};
use crate::publish::{Command, CommandRefused};

mod place;
mod report;

pub use place::Place;

/// Why a motion or a vote was not made.
#[derive(Debug, thiserror::Error)]
pub enum CouncilError {
    /// An open federation.
    #[error("this federation is open: it has no council, and every agency belongs to it")]
    Open,
    /// A charter that is not known or not in force yet.
    #[error("the federation is not founded yet: {missing} of its founders have still to sign")]
    NotFounded {
        /// How many.
        missing: usize,
    },
    /// Nothing is known of the federation but its id.
    #[error("the charter of the federation has not come yet: no node that knows it was reached")]
    Unknown,
    /// The agency has no seat.
    #[error("this node's agency has no seat on the council")]
    NoSeat,
    /// A name or beginning of an id that fits nothing, or several.
    #[error(
        "{} {what} has an id that begins with \"{found}\"{}",
        if *matches == 0 { "no".to_owned() } else { format!("more than one ({matches})") },
        if *matches == 0 { "" } else { ": give more of it" }
    )]
    Ambiguous {
        /// What was looked for.
        what: &'static str,
        /// What was given.
        found: String,
        /// How many there are.
        matches: usize,
    },
    /// An amendment that leaves out what holds.
    #[error(
        "it would end what was decided since it was written, or what it leaves out: {0}. Move it \
         anew, and that is carried on"
    )]
    Ends(String),
    /// Two votes of one seat for different charters in one place.
    #[error(
        "this seat has voted for the amendment {0} already, which can pass yet: should both come \
         to have enough votes, nodes would follow one or the other, and people have to sort it out"
    )]
    VotedOther(String),
    /// A vote against what the seat is for.
    #[error("this seat is for it, and that is not taken back")]
    VotedFor,
    /// A vote against the charter by which a federation is founded.
    #[error("the first charter is signed or not: it has no votes against it")]
    OnlySigned,
    /// A motion for what is so already.
    #[error("{0} is {1} already")]
    SoAlready(String, &'static str),
    /// An agency that is to go on with its own work.
    #[error("{0} cannot succeed itself")]
    OwnSuccessor(AgencyId),
    /// The agency was never admitted.
    #[error("{0} is no member")]
    NotMember(String),
    /// Records that are to be kept, of an agency that has none here.
    #[error("{0} has published nothing that this node holds, so there is nothing to keep")]
    NothingToKeep(AgencyId),
    /// A founder that is to be a member again.
    #[error(
        "{0} was a founder, by a card for founding: take one back with a card that `dela federation \
         card` prints at its node"
    )]
    FounderCard(String),
    /// A card that cannot be used.
    #[error(transparent)]
    Card(#[from] CardError),
    /// A domain that cannot be asked.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// A text that is no card.
    #[error(transparent)]
    Belonging(#[from] BelongingError),
    /// A charter that could not be in force.
    #[error(transparent)]
    Charter(#[from] CharterError),
    /// A text that is no public key.
    #[error("\"{0}\" is no public key: 64 hexadecimal digits, as `delad recovery key` prints them")]
    NotAKey(String),
    /// A threshold for keys that are not given.
    #[error("a recovery threshold without recovery keys: give all the keys again with it")]
    ThresholdAlone,
    /// A motion that nobody would read.
    #[error(transparent)]
    Decision(#[from] DecisionError),
    /// The files of keys.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The file of the policy.
    #[error("it is in force until the node stops, and cannot be kept: {0}")]
    Policy(#[from] PolicyFileError),
    /// The agency's own catalogue is not all here.
    #[error("the node cannot leave: {0}")]
    NotWhole(String),
    /// It was not taken in.
    #[error(transparent)]
    Refused(#[from] CommandRefused),
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopped,
}

/// What a node's people know and may do about the council. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Council {
    index: Index,
    commands: mpsc::Sender<Command>,
    keys: Arc<Mutex<Keys>>,
    /// Held while the agency's key or the node's policy is replaced: one at a time.
    rotating: Arc<tokio::sync::Mutex<()>>,
    place: Place,
    domains: Domains,
}

/// With what the agency signs for itself.
#[derive(Debug)]
pub struct Keys {
    /// The data folder, where new keys are put.
    pub folder: PathBuf,
    /// The agency.
    pub agency: Agency,
    /// Its present key.
    pub publishing: SecretKey,
    /// The key that votes for it.
    pub council: SecretKey,
    /// What keys that are made are encrypted with, where they are to be.
    pub passphrase: Option<Passphrase>,
    /// What it says on its card, beside its keys.
    pub card: CardTexts,
}

/// What an agency says on its card.
#[derive(Debug, Clone, Default)]
pub struct CardTexts {
    /// Its name.
    pub name: Option<String>,
    /// Its organisation number.
    pub organisation_number: Option<String>,
    /// Its domain.
    pub domain: Option<String>,
}

impl Keys {
    /// Signs the card of the agency for a federation, or for founding one
    /// ([`FederationId::ANY`]).
    pub fn card(&self, federation: FederationId, now: Timestamp) -> Result<Card, CardError> {
        let statement = CardStatement {
            federation,
            name: self.name(),
            organisation_number: self.card.organisation_number.clone().unwrap_or_default(),
            domain: self.card.domain.clone().unwrap_or_default(),
            council_key: self.council.public(),
            issued_at: now,
        };
        Card::sign(&self.agency, &self.publishing, statement)
    }
}

impl Keys {
    /// Founds a federation by signing its first charter, and returns the home that
    /// the node then has; whether it moves there is for the caller.
    pub fn found(&self, new: &NewFederation, now: Timestamp) -> Result<Home, BelongingError> {
        let mut cards = vec![self.card(FederationId::ANY, now)?];
        for text in &new.cards {
            let card = belonging::card_from_text(text)?;
            if card.id() != self.agency.id() {
                cards.push(card);
            }
        }
        let usual = Thresholds::usual(cards.len());
        let founding = Founding {
            name: new.name.clone(),
            purpose: new.purpose.clone(),
            thresholds: Thresholds {
                admit: new.admit.unwrap_or(usual.admit),
                revoke: new.revoke.unwrap_or(usual.revoke),
                amend: new.amend.unwrap_or(usual.amend),
            },
            guests: if new.members_only { Guests::Apply } else { Guests::Read },
            cards,
        };
        let (federation, acts) = founding.acts(&self.council, now)?;
        // Whoever belongs to a federation whose charter is nowhere is stuck: so the
        // charter comes first.
        moving::prepare(&self.folder, Belonging::Chartered(federation), &acts)
    }

    /// Founds a federation of the agency alone, under its own name.
    pub fn found_alone(&self, now: Timestamp) -> Result<Home, BelongingError> {
        self.found(&NewFederation::named(&self.name()), now)
    }

    /// Returns what the agency is called, or what to call one without a name.
    fn name(&self) -> String {
        let unnamed = || format!("Unnamed agency {}", self.agency.id().short());
        self.card.name.clone().unwrap_or_else(unnamed)
    }
}

impl Council {
    /// Joins what is known with who may sign and who takes it in.
    pub fn new(
        index: Index,
        commands: mpsc::Sender<Command>,
        keys: Keys,
        place: Place,
        domains: Domains,
    ) -> Self {
        let keys = Arc::new(Mutex::new(keys));
        Self { index, commands, keys, rotating: Arc::default(), place, domains }
    }

    /// Returns the card by which the agency applies here, or the one by which it
    /// founds another federation with others.
    pub fn card(&self, to_found: bool, now: Timestamp) -> Result<String, CouncilError> {
        let here = self.index.live_federation().id();
        let federation = if to_found { FederationId::ANY } else { here };
        Ok(belonging::card_to_text(&self.keys().card(federation, now)?))
    }

    /// Moves something, and returns how the motion stands.
    pub async fn move_motion(&self, new: NewMotion, now: Timestamp) -> Result<Voted, CouncilError> {
        let key = self.keys().council.clone();
        let federation = self.index.live_federation();
        let charter = seated(&federation, &key)?;
        if matches!(new, NewMotion::Amend { anyway: false, .. }) {
            voted_for_no_other(&federation, charter, &key.public(), None)?;
        }
        let (decision, reason) = self.decision(&federation, charter, new, now)?;
        let statement = MotionStatement { charter: charter.id(), decision, reason, issued_at: now };
        let motion = Motion::sign(&key, &federation.id(), &statement)?;
        let id = motion.id();
        let mut acts = vec![Act::Motion(motion.clone())];
        if let Decision::Amend(next) = &motion.statement().decision
            && next.seat(&key.public()).is_some()
        {
            // Who moves has voted by that with the old council; with a vote of
            // its own it is plain that the new seat agrees too.
            let vote = Vote::sign(&key, &federation.id(), id, true, now);
            acts.push(Act::Vote(vote));
        }
        self.take(&acts).await?;
        Ok(self.voted(Some(id)))
    }

    /// Votes on a motion, or for the first charter.
    pub async fn vote(&self, new: NewVote, now: Timestamp) -> Result<Voted, CouncilError> {
        let federation = self.index.live_federation();
        if federation.is_open() {
            return Err(CouncilError::Open);
        }
        let first = federation.first_charter().ok_or(CouncilError::Unknown)?;
        let key = &self.keys().council.clone();
        let motion = if new.motion == "charter" {
            if !new.is_for {
                return Err(CouncilError::OnlySigned);
            }
            first.seat(&key.public()).ok_or(CouncilError::NoSeat)?;
            MotionId::founding(&first.id())
        } else {
            let ids: Vec<MotionId> =
                federation.motions().iter().map(|state| state.motion.id()).collect();
            let id = one_of("motion", &new.motion, ids)?;
            let state = federation.motion(&id).ok_or(CouncilError::NoSeat)?;
            let next = match &state.motion.statement().decision {
                Decision::Amend(next) => next.seat(&key.public()),
                _ => None,
            };
            state.council.seat(&key.public()).or(next).ok_or(CouncilError::NoSeat)?;
            consider(&federation, &state, &key.public(), &new)?;
            id
        };
        let vote = Vote::sign(key, &federation.id(), motion, new.is_for, now);
        self.take(&[Act::Vote(vote)]).await?;
        Ok(self.voted(Some(motion).filter(|_| new.motion != "charter")))
    }

    /// Replaces the agency's key by the one it committed to, and commits to a new
    /// one. Where `new` says who can recover the agency, those can from then on.
    pub async fn rotate(&self, new: NewKey, now: Timestamp) -> Result<KeyChange, CouncilError> {
        let recovery = recovery_keys(new)?;
        let council = self.clone();
        // To its end, also where the client has gone meanwhile.
        let rotated = tokio::spawn(async move { council.rotate_now(recovery, now).await });
        rotated.await.map_err(|_| CouncilError::Stopped)?
    }

    async fn rotate_now(
        &self,
        recovery: Option<RecoveryKeys>,
        now: Timestamp,
    ) -> Result<KeyChange, CouncilError> {
        let _turn = self.rotating.lock().await;
        let (folder, passphrase) = {
            let keys = self.keys();
            (keys.folder.clone(), keys.passphrase.clone())
        };
        let rotation =
            on_disk(move || Rotation::state(&folder, passphrase.as_ref(), recovery, now)).await?;
        let (reply, answer) = oneshot::channel();
        let (statement, key) = (rotation.statement.clone(), rotation.key.clone());
        let command = Command::ChangeKey { statement, key, reply };
        let sent = self.commands.send(command).await;
        let taken = match sent {
            Ok(()) => answer.await.map_err(|_| CouncilError::Stopped)?,
            Err(_) => return Err(CouncilError::Stopped),
        };
        if let Err(refused) = taken {
            on_disk(move || rotation.undo()).await?;
            return Err(refused.into());
        }
        let (agency, publishing) = on_disk(move || rotation.complete()).await?;
        let change = KeyChange {
            agency: agency.id(),
            key_index: agency.key_index(),
            key: publishing.public().to_string(),
            recovery_threshold: agency.current().recovery_threshold,
            recovery_keys: agency.current().recovery_keys.iter().map(ToString::to_string).collect(),
        };
        let mut keys = self.keys();
        keys.agency = agency;
        keys.publishing = publishing;
        Ok(change)
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn voted(&self, motion: Option<MotionId>) -> Voted {
        let federation = self.index.live_federation();
        let state = motion.and_then(|motion| federation.motion(&motion));
        let view = state.and_then(|state| report::motions(&federation, &[state]).pop());
        Voted { motion: view, is_founded: federation.charter().is_some() }
    }

    /// Asks the domain of a member, or of an agency that applies, whether it is
    /// its own. Blocks for up to half a minute.
    pub fn check_domain(&self, whose: &str, now: Timestamp) -> Result<DomainCheck, CouncilError> {
        let federation = self.index.live_federation();
        let card = self.card_of(&federation, whose, |_| true)?;
        let said = card.statement();
        if said.domain.is_empty() {
            return Err(DomainError::None(said.name.clone()).into());
        }
        Ok(self.domains.check(card.id(), &said.domain, now)?)
    }

    /// Returns what this node takes, whatever the federation would have it take.
    pub fn policy(&self) -> NodePolicy {
        policy::of_node(&self.index.policy())
    }

    /// Takes what the policy lets in, from now on, and drops the rest.
    ///
    /// # Errors
    ///
    /// When it is refused; the one before stays in force.
    pub async fn set_policy(&self, new: NodePolicy) -> Result<NodePolicy, CouncilError> {
        let council = self.clone();
        // To its end, also where the client has gone meanwhile.
        let set = tokio::spawn(async move { council.set_policy_now(new).await });
        set.await.map_err(|_| CouncilError::Stopped)?
    }

    async fn set_policy_now(&self, new: NodePolicy) -> Result<NodePolicy, CouncilError> {
        let (reply, answer) = oneshot::channel();
        let policy = policy::of_replica(&new);
        let command = Command::Policy { policy, reply };
        let _turn = self.rotating.lock().await;
        self.commands.send(command).await.map_err(|_| CouncilError::Stopped)?;
        answer.await.map_err(|_| CouncilError::Stopped)??;
        let folder = self.keys().folder.clone();
        let kept = tokio::task::spawn_blocking(move || policy::write(&folder, &new)).await;
        kept.map_err(|_| CouncilError::Stopped)??;
        Ok(self.policy())
    }

    /// Hands acts to the driver.
    async fn take(&self, acts: &[Act]) -> Result<(), CouncilError> {
        let acts = acts.iter().map(Act::encode).collect();
        let (reply, answer) = oneshot::channel();
        let command = Command::Act { acts, reply };
        self.commands.send(command).await.map_err(|_| CouncilError::Stopped)?;
        Ok(answer.await.map_err(|_| CouncilError::Stopped)??)
    }

    fn decision(
        &self,
        federation: &Federation,
        charter: &Charter,
        new: NewMotion,
        now: Timestamp,
    ) -> Result<(Decision, String), CouncilError> {
        Ok(match new {
            NewMotion::Admit { agency, card, reason } => {
                let card = match (card, agency) {
                    (Some(text), _) => belonging::card_from_text(&text)?,
                    (None, Some(agency)) => self.applicant(federation, &agency)?,
                    (None, None) => return Err(CouncilError::NotMember("nobody".to_owned())),
                };
                let before = federation.member(&card.id());
                if before.is_some_and(|it| it.standing == Standing::Member && it.card == card) {
                    return Err(CouncilError::SoAlready(card.statement().name.clone(), "a member"));
                }
                let generation = before.map_or(1, |member| member.generation.saturating_add(1));
                (Decision::Admit { card, generation }, reason)
            }
            NewMotion::Suspend { agency, reason } => {
                let (agency, member) = member(federation, &agency)?;
                if member.standing == Standing::Suspended {
                    let name = member.card.statement().name.clone();
                    return Err(CouncilError::SoAlready(name, "suspended"));
                }
                (Decision::Suspend { agency, generation: member.generation }, reason)
            }
            NewMotion::Revoke { agency, disposition, successor, reason } => {
                let (agency, found) = member(federation, &agency)?;
                let successor = successor.map(|id| member(federation, &id)).transpose()?;
                if successor.as_ref().is_some_and(|(id, _)| *id == agency) {
                    return Err(CouncilError::OwnSuccessor(agency));
                }
                let decision = Decision::Revoke {
                    agency,
                    generation: found.generation,
                    disposition,
                    last_head: self.last_head(agency, disposition)?,
                    successor: successor.map(|(id, _)| id),
                };
                (decision, reason)
            }
            NewMotion::Quota { agency, records_max, reason } => {
                let (agency, member) = member(federation, &agency)?;
                let quotas = federation.motions().into_iter().filter(|state| {
                    let decision = &state.motion.statement().decision;
                    matches!(decision, Decision::Quota { agency: of, .. } if *of == agency)
                });
                let serial = u32::try_from(quotas.count()).unwrap_or(u32::MAX).saturating_add(1);
                let generation = member.generation;
                (Decision::Quota { agency, generation, serial, records_max }, reason)
            }
            amendment @ NewMotion::Amend { .. } => amend(federation, charter, amendment, now)?,
        })
    }

    /// The head to which a member's records are pinned: the one that is held.
    fn last_head(
        &self,
        agency: AgencyId,
        disposition: Disposition,
    ) -> Result<Option<Head>, CouncilError> {
        if disposition != Disposition::Keep {
            return Ok(None);
        }
        self.index.head_of(&agency).map(Some).ok_or(CouncilError::NothingToKeep(agency))
    }

    /// The card of an agency that applies, or that was a member; of a founder none
    /// that it could be admitted by again.
    fn applicant(&self, federation: &Federation, text: &str) -> Result<Card, CouncilError> {
        let here = |card: &Card| card.statement().federation == federation.id();
        self.card_of(federation, text, here).map_err(|error| {
            let founder = self.card_of(federation, text, |_| true);
            founder.map_or(error, |card| CouncilError::FounderCard(card.statement().name.clone()))
        })
    }

    /// The card of an agency that applies, or that is or was a member.
    fn card_of(
        &self,
        federation: &Federation,
        text: &str,
        is_meant: impl Fn(&Card) -> bool,
    ) -> Result<Card, CouncilError> {
        let applications = self.index.applications();
        let mut cards: Vec<&Card> = applications.iter().map(|(card, _)| card).collect();
        cards.extend(federation.members().map(|(_, member)| &member.card));
        cards.retain(|card| is_meant(card));
        let id = one_of(
            "agency that applies or is a member",
            text,
            cards.iter().map(|card| card.id()).collect(),
        )?;
        let card = cards.into_iter().find(|card| card.id() == id).cloned();
        card.ok_or_else(|| CouncilError::NotMember(text.to_owned()))
    }
}

/// Reads who is to be able to recover the agency; `None` where that stays.
fn recovery_keys(new: NewKey) -> Result<Option<RecoveryKeys>, CouncilError> {
    let Some(keys) = new.recovery_keys else {
        return match new.recovery_threshold {
            None => Ok(None),
            Some(_) => Err(CouncilError::ThresholdAlone),
        };
    };
    if keys.is_empty() && new.recovery_threshold.unwrap_or(0) == 0 {
        return Ok(Some(RecoveryKeys::none()));
    }
    let read = |text: &String| {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok();
        let bytes = bytes.and_then(|bytes| <[u8; PublicKey::BYTES]>::try_from(bytes).ok());
        let key = bytes.and_then(|bytes| PublicKey::from_bytes(&bytes).ok());
        key.ok_or_else(|| CouncilError::NotAKey(text.chars().take(80).collect()))
    };
    let keys: Vec<PublicKey> = keys.iter().map(read).collect::<Result<_, _>>()?;
    let more_than_half = u8::try_from(keys.len() / 2 + 1).unwrap_or(u8::MAX);
    let threshold = new.recovery_threshold.unwrap_or(more_than_half);
    let recovery = RecoveryKeys::new(threshold, keys).map_err(IdentityError::from)?;
    Ok(Some(recovery))
}

/// Does what waits for the disk where it keeps nobody waiting.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IdentityError> + Send + 'static,
) -> Result<T, CouncilError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| CouncilError::Stopped)??)
}

/// Returns the charter in force, if the key has a seat by it.
fn seated<'a>(federation: &'a Federation, key: &SecretKey) -> Result<&'a Charter, CouncilError> {
    if federation.is_open() {
        return Err(CouncilError::Open);
    }
    let Some(charter) = federation.charter() else {
        let first = federation.first_charter().ok_or(CouncilError::Unknown)?;
        let signed = federation.founding_votes().iter().filter(|(_, vote)| vote.is_for()).count();
        let missing = first.statement().seats.len().saturating_sub(signed);
        return Err(CouncilError::NotFounded { missing });
    };
    charter.seat(&key.public()).ok_or(CouncilError::NoSeat)?;
    Ok(charter)
}

/// Returns whether a seat, of the council there is or of the one to be, is for a motion.
fn is_for(state: &MotionState<'_>, key: &PublicKey) -> bool {
    state.seats_for.iter().chain(&state.next_for).any(|(seat, _)| seat.key == *key)
}

/// Refuses a vote that its seat may not mean.
fn consider(
    federation: &Federation,
    state: &MotionState<'_>,
    key: &PublicKey,
    new: &NewVote,
) -> Result<(), CouncilError> {
    if !new.is_for {
        return if is_for(state, key) { Err(CouncilError::VotedFor) } else { Ok(()) };
    }
    let Decision::Amend(next) = &state.motion.statement().decision else { return Ok(()) };
    // One that was refused passes yet, where seats change their minds.
    if new.anyway || state.progress == Progress::Passed {
        return Ok(());
    }
    let ends = report::ends(federation, &federation.effective(state.council), next);
    if !ends.is_empty() {
        let told: Vec<String> =
            ends.iter().map(|ended| format!("{} {}", ended.kind, ended.name)).collect();
        return Err(CouncilError::Ends(told.join(", ")));
    }
    voted_for_no_other(federation, state.council, key, Some(state.motion.id()))
}

/// Refuses where a seat has voted for another charter that may yet follow on the
/// same one.
fn voted_for_no_other(
    federation: &Federation,
    council: &Charter,
    key: &PublicKey,
    meant: Option<MotionId>,
) -> Result<(), CouncilError> {
    let motions = federation.motions();
    let other = motions.iter().find(|state| {
        let is_other = state.council.id() == council.id()
            && state.progress != Progress::Passed
            && matches!(state.motion.statement().decision, Decision::Amend(_))
            && Some(state.motion.id()) != meant;
        is_other && is_for(state, key)
    });
    match other {
        Some(state) => Err(CouncilError::VotedOther(state.motion.id().short())),
        None => Ok(()),
    }
}

/// Returns the one id that begins with `text`.
fn one_of<I: core::fmt::Display + Ord>(
    what: &'static str,
    text: &str,
    mut ids: Vec<I>,
) -> Result<I, CouncilError> {
    let wanted = text.to_lowercase();
    ids.sort();
    ids.dedup();
    ids.retain(|id| !wanted.is_empty() && id.to_string().starts_with(&wanted));
    let (matches, found) = (ids.len(), text.to_owned());
    match ids.pop() {
        Some(id) if matches == 1 => Ok(id),
        _ => Err(CouncilError::Ambiguous { what, found, matches }),
    }
}

fn member<'a>(
    federation: &'a Federation,
    text: &str,
) -> Result<(AgencyId, &'a Member), CouncilError> {
    let ids = federation.members().map(|(id, _)| *id).collect();
    let id = one_of("member", text, ids)?;
    let member = federation.member(&id).ok_or_else(|| CouncilError::NotMember(text.to_owned()))?;
    Ok((id, member))
}

/// Returns how many seats it takes where there are `after` instead of `before`: what
/// somebody chose stays where it can, and what is usual stays usual.
fn thresholds(chosen: Thresholds, before: usize, after: usize) -> Thresholds {
    let (then, now) = (Thresholds::usual(before), Thresholds::usual(after));
    let pick = |chosen: u16, then: u16, now: u16, least: usize| {
        let is_possible = (least..=after).contains(&usize::from(chosen));
        if chosen != then && is_possible { chosen } else { now }
    };
    Thresholds {
        admit: pick(chosen.admit, then.admit, now.admit, 1),
        revoke: pick(chosen.revoke, then.revoke, now.revoke, 1),
        // Of two charters in one place only one can have more than half.
        amend: pick(chosen.amend, then.amend, now.amend, after / 2 + 1),
    }
}

/// Writes the next charter: what is not given stays, and all that has an effect is
/// carried on.
fn amend(
    federation: &Federation,
    now_in_force: &Charter,
    new: NewMotion,
    now: Timestamp,
) -> Result<(Decision, String), CouncilError> {
    let NewMotion::Amend {
        seats, name, purpose, admit, revoke, amend, guests_read, reason, ..
    } = new
    else {
        return Err(CouncilError::NoSeat);
    };
    let before = now_in_force.statement();
    let seats_after = match &seats {
        None => before.seats.clone(),
        Some(members) => {
            let seat = |text: &String| -> Result<Seat, CouncilError> {
                // By the newest card: who lost its council key is admitted with
                // another, and sits with that.
                Ok(Seat::of(&member(federation, text)?.1.card))
            };
            members.iter().map(seat).collect::<Result<_, _>>()?
        }
    };
    let usual = thresholds(before.thresholds, before.seats.len(), seats_after.len());
    let guests = match guests_read {
        None => before.guests,
        Some(true) => Guests::Read,
        Some(false) => Guests::Apply,
    };
    let charter = Charter::write(&CharterStatement {
        name: name.unwrap_or_else(|| before.name.clone()),
        purpose: purpose.unwrap_or_else(|| before.purpose.clone()),
        number: before.number.saturating_add(1),
        previous: Some(now_in_force.id()),
        seats: seats_after,
        thresholds: Thresholds {
            admit: admit.unwrap_or(usual.admit),
            revoke: revoke.unwrap_or(usual.revoke),
            amend: amend.unwrap_or(usual.amend),
        },
        records_max: before.records_max,
        guests,
        founders: Vec::new(),
        carried: federation.effective(now_in_force),
        review_by: now.after(belonging::REVIEWED_AFTER),
        issued_at: now,
    })?;
    Ok((Decision::Amend(charter), reason))
}
