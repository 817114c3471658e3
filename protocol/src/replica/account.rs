//! The account of each peer: what it sent, what it got, what it cost, and what
//! it did that no honest node does.
//!
//! Two things are kept apart. Whoever asks or announces more than its budget is
//! throttled: nothing is held against it, and it is heard again as time passes.
//! Whoever sends what is provably wrong gets a strike; strikes are forgiven
//! slowly, and three together cut the peer off.
//!
//! # Invariants
//!
//! - Accounts are bounded, whoever connects: those of peers that left are kept
//!   only while something is owed, and only so many.
//! - Being over budget costs no strike.
//! - Leaving and coming back pays no debt and forgives no strike.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use super::{Event, Input, Output, Replica, Verdict};
use crate::bucket::Bucket;
use crate::id::NodeId;
use crate::limits::{
    ACCOUNTS_OF_DEPARTED_MAX, ANNOUNCED_BYTES_PER_PEER_A_SECOND, ANNOUNCED_BYTES_PER_PEER_BURST,
    ANNOUNCEMENTS_PER_PEER_A_SECOND, ANNOUNCEMENTS_PER_PEER_BURST, CUT_OFFS_REMEMBERED, HUSHED_FOR,
    SERVED_BYTES_PER_PEER_A_MINUTE, SERVED_BYTES_PER_PEER_BURST, STRIKE_FORGIVEN_AFTER,
    STRIKE_REASON_CHARS_MAX, STRIKES_MAX, STRIKES_REMEMBERED, THROTTLED_SHOWN_FOR,
    VAIN_CHECKS_PER_PEER_A_SECOND, VAIN_CHECKS_PER_PEER_BURST, WORK_PER_PEER_A_SECOND,
    WORK_PER_PEER_BURST,
};
use crate::store::Store;
use crate::time::Timestamp;
use crate::wire::membership::{Answer, Question};
use crate::wire::{Request, Response};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Positions looked up and found missing for one unit of work; a lookup costs
/// some microseconds.
const LOOKUPS_A_UNIT: usize = 32;

/// Positions of a map for one unit of work: a scan passes a microsecond each.
const POSITIONS_A_UNIT: usize = 64;

/// Heads for one unit of work: they are in memory.
const HEADS_A_UNIT: usize = 16;

/// The shortest signed thing: what an announcement can cost in checks is at
/// most one for each so many bytes.
const SIGNED_BYTES_MIN: usize = 200;

/// What a peer is short of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Budget {
    /// Announcements, or their bytes.
    Announcements,
    /// The work of answering it, or the bytes served.
    Requests,
    /// Signatures checked in vain.
    Checks,
}

/// A strike and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strike {
    /// When.
    pub at: Timestamp,
    /// What the peer sent.
    pub reason: String,
}

/// A peer that was cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutOff {
    /// The peer.
    pub node: NodeId,
    /// When.
    pub at: Timestamp,
    /// Its last strikes, the newest last.
    pub strikes: Vec<Strike>,
}

/// What is counted over all peers, also those that left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Announcements that came.
    pub announcements: u64,
    /// Requests that came.
    pub requests: u64,
    /// Records taken in.
    pub records_received: u64,
    /// Records served.
    pub records_sent: u64,
    /// Announcements, requests and answers that were over a budget.
    pub throttled: u64,
    /// Strikes.
    pub strikes: u64,
    /// Peers cut off.
    pub cut_offs: u64,
}

/// One peer's account.
#[derive(Debug, Clone)]
pub struct Account {
    totals: Totals,
    announcements: Bucket,
    announced_bytes: Bucket,
    work: Bucket,
    served_bytes: Bucket,
    checks: Bucket,
    pardon: Bucket,
    strikes: VecDeque<Strike>,
    throttled_since: Option<Timestamp>,
    throttled_last: Option<Timestamp>,
    hushed_until: Timestamp,
    departed: Option<Timestamp>,
}

impl Default for Account {
    fn default() -> Self {
        let per_second = |burst, tokens| Bucket::new(burst, tokens, SECOND);
        Self {
            totals: Totals::default(),
            announcements: per_second(
                ANNOUNCEMENTS_PER_PEER_BURST,
                ANNOUNCEMENTS_PER_PEER_A_SECOND,
            ),
            announced_bytes: per_second(
                ANNOUNCED_BYTES_PER_PEER_BURST,
                ANNOUNCED_BYTES_PER_PEER_A_SECOND,
            ),
            work: per_second(WORK_PER_PEER_BURST, WORK_PER_PEER_A_SECOND),
            served_bytes: Bucket::new(
                SERVED_BYTES_PER_PEER_BURST,
                SERVED_BYTES_PER_PEER_A_MINUTE,
                MINUTE,
            ),
            checks: per_second(VAIN_CHECKS_PER_PEER_BURST, VAIN_CHECKS_PER_PEER_A_SECOND),
            pardon: Bucket::new(STRIKES_MAX, 1, STRIKE_FORGIVEN_AFTER),
            strikes: VecDeque::new(),
            throttled_since: None,
            throttled_last: None,
            hushed_until: Timestamp::default(),
            departed: None,
        }
    }
}

impl Account {
    /// Returns what was counted since the peer first came, or came back with
    /// nothing owed.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Returns since when the peer is throttled, if it is.
    pub fn throttled_since(&self, now: Timestamp) -> Option<Timestamp> {
        self.throttled_since.filter(|_| self.is_throttled(now))
    }

    /// Returns how many strikes count against the peer; some may have been
    /// forgiven.
    pub fn strikes(&self, now: Timestamp) -> u64 {
        STRIKES_MAX.saturating_sub(self.pardon.level(now))
    }

    /// Returns the last strikes, the newest last.
    pub fn last_strikes(&self) -> impl Iterator<Item = &Strike> {
        self.strikes.iter()
    }

    /// Returns whether nothing is taken from the peer any more.
    pub fn is_cut_off(&self, now: Timestamp) -> bool {
        self.pardon.level(now) == 0
    }

    fn is_throttled(&self, now: Timestamp) -> bool {
        self.throttled_last.is_some_and(|last| now < last.after(THROTTLED_SHOWN_FOR))
    }

    /// Returns whether forgetting the account would give anything away.
    fn owes(&self, now: Timestamp) -> bool {
        let budgets = [
            &self.announcements,
            &self.announced_bytes,
            &self.work,
            &self.served_bytes,
            &self.checks,
            &self.pardon,
        ];
        budgets.into_iter().any(|bucket| !bucket.is_full(now))
    }

    /// Takes note of a refusal; returns whether that is worth telling, which it
    /// is once for as long as the peer would be hushed.
    fn throttle(&mut self, now: Timestamp) -> bool {
        if !self.is_throttled(now) {
            self.throttled_since = Some(now);
        }
        self.throttled_last = Some(now);
        self.totals.throttled = self.totals.throttled.saturating_add(1);
        let tells = self.hushed_until <= now;
        if tells {
            self.hushed_until = now.after(HUSHED_FOR);
        }
        tells
    }

    fn admits_announcement(&mut self, bytes: u64, now: Timestamp) -> Result<(), Budget> {
        self.totals.announcements = self.totals.announcements.saturating_add(1);
        if self.checks.level(now) == 0 {
            return Err(Budget::Checks);
        }
        if self.announced_bytes.level(now) < bytes || !self.announcements.take(1, now) {
            return Err(Budget::Announcements);
        }
        self.announced_bytes.charge(bytes, now);
        Ok(())
    }

    fn admits_request(&mut self, now: Timestamp) -> Result<(), Budget> {
        self.totals.requests = self.totals.requests.saturating_add(1);
        if self.work.level(now) == 0 || self.served_bytes.level(now) == 0 {
            return Err(Budget::Requests);
        }
        Ok(())
    }
}

/// The accounts of all peers.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    by_peer: BTreeMap<NodeId, Account>,
    cut_off: VecDeque<CutOff>,
    totals: Totals,
    /// Counts what was good and new, from whomever: what did not move it was
    /// checked in vain.
    news: u64,
}

impl Accounts {
    /// Opens an account, or finds the one that was left open.
    fn connected(&mut self, peer: NodeId, now: Timestamp) {
        self.forget_departed(now);
        self.by_peer.entry(peer).or_default().departed = None;
    }

    fn disconnected(&mut self, peer: NodeId, now: Timestamp) {
        if let Some(account) = self.by_peer.get_mut(&peer) {
            account.departed = Some(now);
        }
        self.forget_departed(now);
    }

    /// Closes the accounts of peers that left and owe nothing, and of who left
    /// longest ago where there are too many.
    fn forget_departed(&mut self, now: Timestamp) {
        self.by_peer.retain(|_, account| account.departed.is_none() || account.owes(now));
        let mut departed: Vec<(Timestamp, NodeId)> = self
            .by_peer
            .iter()
            .filter_map(|(peer, account)| Some((account.departed?, *peer)))
            .collect();
        departed.sort_unstable();
        let surplus = departed.len().saturating_sub(ACCOUNTS_OF_DEPARTED_MAX);
        for (_, peer) in departed.into_iter().take(surplus) {
            self.by_peer.remove(&peer);
        }
    }

    /// Notes a strike; returns whether it is the one that cuts the peer off.
    pub(super) fn strike(&mut self, peer: NodeId, reason: &str, now: Timestamp) -> bool {
        let Some(account) = self.by_peer.get_mut(&peer) else { return false };
        if account.is_cut_off(now) {
            return false;
        }
        account.pardon.charge(1, now);
        account.totals.strikes = account.totals.strikes.saturating_add(1);
        self.totals.strikes = self.totals.strikes.saturating_add(1);
        let reason = reason.chars().take(STRIKE_REASON_CHARS_MAX).collect();
        account.strikes.push_back(Strike { at: now, reason });
        if account.strikes.len() > STRIKES_REMEMBERED {
            account.strikes.pop_front();
        }
        if !account.is_cut_off(now) {
            return false;
        }
        self.totals.cut_offs = self.totals.cut_offs.saturating_add(1);
        let strikes = account.strikes.iter().cloned().collect();
        self.cut_off.push_back(CutOff { node: peer, at: now, strikes });
        if self.cut_off.len() > CUT_OFFS_REMEMBERED {
            self.cut_off.pop_front();
        }
        true
    }

    /// Notes that something good and new came.
    pub(super) fn note_news(&mut self) {
        self.news = self.news.saturating_add(1);
    }

    /// Notes records taken in from a peer.
    pub(super) fn note_received(&mut self, peer: Option<NodeId>, records: usize) {
        self.note_news();
        let records = count(records);
        let account = peer.and_then(|peer| self.by_peer.get_mut(&peer));
        let Some(account) = account else { return };
        account.totals.records_received = account.totals.records_received.saturating_add(records);
        self.totals.records_received = self.totals.records_received.saturating_add(records);
    }

    /// Charges a peer for an answer.
    pub(super) fn note_served(
        &mut self,
        peer: NodeId,
        request: &Request,
        response: &Response,
        now: Timestamp,
    ) {
        let Some(account) = self.by_peer.get_mut(&peer) else { return };
        account.work.charge(work(request, response), now);
        let records: &[Vec<u8>] = match response {
            Response::Page(page) => &page.records,
            Response::Records { records, .. } => records,
            Response::Same
            | Response::Buckets(_)
            | Response::Summaries(_)
            | Response::Heads(_)
            | Response::NotReady
            | Response::Membership(_)
            | Response::Map { .. } => &[],
        };
        account.served_bytes.charge(records.iter().map(|record| count(record.len())).sum(), now);
        let records = count(records.len());
        account.totals.records_sent = account.totals.records_sent.saturating_add(records);
        self.totals.records_sent = self.totals.records_sent.saturating_add(records);
    }

    /// Charges a peer for signatures that were checked in vain.
    pub(super) fn charge_checks(&mut self, peer: NodeId, checks: u64, now: Timestamp) {
        if let Some(account) = self.by_peer.get_mut(&peer) {
            account.checks.charge(checks, now);
        }
    }
}

/// What a message may turn out to have cost in vain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Doubt {
    peer: NodeId,
    checks: u64,
    news: u64,
}

impl<S: Store> Replica<S> {
    /// Returns the account of a peer that is connected, or that left and owes
    /// something.
    pub fn account(&self, peer: &NodeId) -> Option<&Account> {
        self.accounts.by_peer.get(peer)
    }

    /// Returns who was cut off last, the newest last.
    pub fn cut_offs(&self) -> impl Iterator<Item = &CutOff> {
        self.accounts.cut_off.iter()
    }

    /// Returns what was counted over all peers since the replica was opened.
    pub fn totals(&self) -> Totals {
        self.accounts.totals
    }

    /// Lets in what its peer has a budget for; what it has none for is answered
    /// here, in the way that blames nobody.
    pub(super) fn admit(&mut self, input: Input) -> Option<Input> {
        let now = self.now;
        let (peer, admitted) = match &input {
            Input::Connected(peer) => {
                self.accounts.connected(*peer, now);
                return Some(input);
            }
            Input::Disconnected(peer) => {
                self.accounts.disconnected(*peer, now);
                return Some(input);
            }
            Input::Announced { from, bytes, .. } => {
                self.accounts.totals.announcements += 1;
                (*from, self.budget(from, |it| it.admits_announcement(count(bytes.len()), now)))
            }
            Input::Requested { from, .. } => {
                self.accounts.totals.requests += 1;
                (*from, self.budget(from, |it| it.admits_request(now)))
            }
            Input::Answered { id, .. } => {
                let Some((from, _)) = self.asked.get(id) else { return Some(input) };
                let from = *from;
                let open = |it: &mut Account| match it.checks.level(now) {
                    0 => Err(Budget::Checks),
                    _ => Ok(()),
                };
                (from, self.budget(&from, open))
            }
            Input::Failed { .. }
            | Input::Misbehaved { .. }
            | Input::Verified { .. }
            | Input::Wake => return Some(input),
        };
        match admitted {
            Ok(()) => Some(input),
            Err(budget) => self.refuse(peer, budget, input),
        }
    }

    fn budget(
        &mut self,
        peer: &NodeId,
        admits: impl FnOnce(&mut Account) -> Result<(), Budget>,
    ) -> Result<(), Option<Budget>> {
        // Whoever is not connected has no account: its last words may arrive
        // after it, and there are few of them.
        let Some(account) = self.accounts.by_peer.get_mut(peer) else { return Ok(()) };
        if account.is_cut_off(self.now) {
            return Err(None);
        }
        admits(account).map_err(Some)
    }

    /// Answers what is not let in. Without a budget to name, the peer is cut
    /// off.
    fn refuse(&mut self, peer: NodeId, budget: Option<Budget>, input: Input) -> Option<Input> {
        let now = self.now;
        if let Some(budget) = budget {
            self.accounts.totals.throttled = self.accounts.totals.throttled.saturating_add(1);
            let account = self.accounts.by_peer.get_mut(&peer);
            if account.is_some_and(|account| account.throttle(now)) {
                let until = now.after(HUSHED_FOR);
                self.outputs.push(Output::Event(Event::Throttled { peer, budget, until }));
            }
        }
        match input {
            Input::Announced { token, .. } => {
                self.outputs.push(Output::Judge { token, verdict: Verdict::Ignore });
                None
            }
            Input::Requested { token, .. } => {
                self.outputs.push(Output::Respond { token, response: Response::NotReady });
                None
            }
            // Unread: what was asked is asked again later, or of another.
            Input::Answered { id, .. } => Some(Input::Failed { id, malformed: false }),
            Input::Connected(_)
            | Input::Disconnected(_)
            | Input::Failed { .. }
            | Input::Misbehaved { .. }
            | Input::Verified { .. }
            | Input::Wake => Some(input),
        }
    }

    /// Returns what an input may cost in vain, to be settled after it was
    /// handled.
    pub(super) fn doubt(&self, input: &Input) -> Option<Doubt> {
        let (peer, checks) = match input {
            Input::Announced { from, bytes, .. } => (*from, 1 + bytes.len() / SIGNED_BYTES_MIN),
            Input::Answered { id, response } => {
                let (from, _) = self.asked.get(id)?;
                (*from, checks(response))
            }
            Input::Connected(_)
            | Input::Disconnected(_)
            | Input::Requested { .. }
            | Input::Failed { .. }
            | Input::Misbehaved { .. }
            | Input::Verified { .. }
            | Input::Wake => return None,
        };
        Some(Doubt { peer, checks: count(checks), news: self.accounts.news })
    }

    /// Charges for checks that brought nothing new.
    pub(super) fn settle_doubt(&mut self, doubt: Option<Doubt>) {
        if let Some(Doubt { peer, checks, news }) = doubt
            && self.accounts.news == news
        {
            self.accounts.charge_checks(peer, checks, self.now);
        }
    }
}

/// Units of work to look through all acts of a council: 2 ms, for those of 2,000
/// members.
const LOOKED_THROUGH: usize = 20;

/// Returns the units of work that an answer took. Bytes of records are counted
/// by themselves.
fn work(request: &Request, response: &Response) -> u64 {
    let asked = match request {
        Request::Records { positions, .. } => positions.len() / LOOKUPS_A_UNIT,
        Request::Heads { agencies } => agencies.len() / HEADS_A_UNIT,
        // Half a unit for each signature, and one to sign for ourselves.
        Request::Membership(Question::Hello(theirs)) => 2 + signatures(&theirs.statements) / 2,
        Request::Membership(Question::Apply { card }) => 1 + card.len() / (2 * SIGNED_BYTES_MIN),
        Request::Membership(Question::Give { .. }) => LOOKED_THROUGH,
        Request::Membership(Question::Acts { .. })
        | Request::Status { .. }
        | Request::Summaries { .. }
        | Request::Since { .. }
        | Request::Map { .. } => 0,
    };
    let answered = match response {
        Response::Summaries(summaries) => summaries.len() / HEADS_A_UNIT,
        Response::Map { positions, .. } => positions.len() / POSITIONS_A_UNIT,
        // Every agency was gone through.
        Response::Buckets(buckets) => buckets.len() / HEADS_A_UNIT,
        Response::Membership(Answer::Keys(_)) => LOOKED_THROUGH,
        Response::Membership(Answer::Acts(acts)) => acts.len() / HEADS_A_UNIT,
        Response::Same
        | Response::Membership(_)
        | Response::Heads(_)
        | Response::Page(_)
        | Response::NotReady
        | Response::Records { .. } => 0,
    };
    count(1 + asked + answered)
}

/// Returns the signatures that an answer can make us check.
fn checks(response: &Response) -> usize {
    match response {
        Response::Page(page) => 1 + page.records.len(),
        Response::Records { records, .. } => 1 + records.len(),
        Response::Heads(heads) => heads.iter().map(|one| 1 + signatures(&one.statements)).sum(),
        Response::Map { .. } => 1,
        Response::Membership(Answer::Acts(acts)) => acts.len().max(signatures(acts)),
        Response::Membership(Answer::Hello(theirs)) => 1 + signatures(&theirs.statements),
        Response::Same
        | Response::Buckets(_)
        | Response::Summaries(_)
        | Response::Membership(_)
        | Response::NotReady => 0,
    }
}

/// Returns how many signatures there can be to check in what was signed: a recovery
/// has many in one statement.
fn signatures(signed: &[Vec<u8>]) -> usize {
    signed.iter().map(|one| one.len().div_ceil(SIGNED_BYTES_MIN)).sum()
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
