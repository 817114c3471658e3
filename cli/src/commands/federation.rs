//! `dela federation`.

mod domain;
mod place;
mod policy;
mod show;

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use dela_protocol::api::{CouncilReport, NewKey, NewMotion, NewVote, Voted};
use dela_protocol::federation::decision::Disposition;
use dela_protocol::id::AgencyId;

use crate::args::{Global, TokenArgs};
use crate::client::{Answer, Client};
use crate::error::Error;
use crate::lookup;
use crate::output::Output;

/// See who belongs to the federation, and decide about it
///
/// A federation has a charter, which names a council. Its seats move and vote,
/// and every node counts the votes by itself. Without a further word, shows the
/// charter and the members.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct FederationArgs {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    Show(ShowArgs),
    Motions(MotionsArgs),
    Audit(AuditArgs),
    Invite(place::InviteArgs),
    Join(place::JoinArgs),
    Found(place::FoundArgs),
    Card(CardArgs),
    Domain(domain::DomainArgs),
    Policy(policy::PolicyArgs),
    Block(policy::BlockArgs),
    Unblock(policy::UnblockArgs),
    Allow(policy::AllowArgs),
    Vote(VoteArgs),
    Admit(AdmitArgs),
    Suspend(MemberArgs),
    Revoke(RevokeArgs),
    Quota(QuotaArgs),
    Amend(AmendArgs),
    Rotate(RotateArgs),
}

/// Show the charter, the members and who applies
#[derive(Debug, Args)]
struct ShowArgs {}

/// List the motions that wait for votes
#[derive(Debug, Args)]
struct MotionsArgs {
    /// One alone, with all that is known of it: its id, or the beginning of it
    #[arg(value_name = "MOTION", conflicts_with = "all")]
    motion: Option<String>,
    /// Those that passed or were refused as well
    #[arg(long)]
    all: bool,
}

/// Tell all that was decided, and who signed what
///
/// As the node has verified it: each vote is signed by the seat's key.
#[derive(Debug, Args)]
struct AuditArgs {
    /// The signed bytes themselves, as JSON, for others to verify
    #[arg(long)]
    signed: bool,
}

/// Print the card by which the node's agency applies
///
/// The node applies by itself at every node it meets. With the card somebody
/// with a seat can admit the agency that no node has met.
#[derive(Debug, Args)]
struct CardArgs {
    /// The one for founding a federation: send it to who founds it
    #[arg(long)]
    to_found: bool,
}

/// Vote on a motion, or sign the first charter
#[derive(Debug, Args)]
struct VoteArgs {
    /// The motion: its id, or the beginning of it; `charter` to sign the first
    /// charter as a founder
    #[arg(value_name = "MOTION")]
    motion: String,
    /// Vote against it
    #[arg(long)]
    against: bool,
    /// Vote for an amendment also where it ends decisions that hold, or where the
    /// seat has voted for another one that can pass yet
    #[arg(long, conflicts_with = "against")]
    anyway: bool,
    #[command(flatten)]
    token: TokenArgs,
}

/// Move to admit an agency
///
/// One that applies, one whose card is given, or one that was a member before.
/// Check first that it is who it says it is.
#[derive(Debug, Args)]
struct AdmitArgs {
    /// The agency: its id, the beginning of it, or its name
    #[arg(value_name = "AGENCY", required_unless_present = "card", conflicts_with = "card")]
    agency: Option<String>,
    /// A file with its card
    #[arg(long, value_name = "FILE")]
    card: Option<PathBuf>,
    #[command(flatten)]
    why: WhyArgs,
}

/// Move to take nothing new from a member for now
#[derive(Debug, Args)]
struct MemberArgs {
    /// The member: its id, the beginning of it, or its name
    #[arg(value_name = "AGENCY")]
    agency: String,
    #[command(flatten)]
    why: WhyArgs,
}

/// Move to end a membership
#[derive(Debug, Args)]
struct RevokeArgs {
    /// The member: its id, the beginning of it, or its name
    #[arg(value_name = "AGENCY")]
    agency: String,
    /// What becomes of its records
    #[arg(long, value_name = "WHAT")]
    records: Records,
    /// The member that goes on with its work
    #[arg(long, value_name = "AGENCY")]
    successor: Option<String>,
    #[command(flatten)]
    why: WhyArgs,
}

/// What becomes of the records of a member that is revoked.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Records {
    /// They stay as they are now
    Keep,
    /// Nobody is shown them, and nodes keep them
    Hide,
    /// All nodes delete them
    Purge,
}

/// Move to let a member publish so many records
#[derive(Debug, Args)]
struct QuotaArgs {
    /// The member: its id, the beginning of it, or its name
    #[arg(value_name = "AGENCY")]
    agency: String,
    /// The most records
    #[arg(value_name = "RECORDS")]
    records_max: u64,
    #[command(flatten)]
    why: WhyArgs,
}

/// Move to change the charter
///
/// What is not given stays as it is. It takes the votes of the council there is,
/// and of the one there is to be.
#[derive(Debug, Args)]
struct AmendArgs {
    /// Who is to sit on the council (repeat for each seat)
    #[arg(long = "seat", value_name = "AGENCY")]
    seats: Vec<String>,
    /// The name of the federation
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    purpose: Option<String>,
    /// Seats it takes to admit a member
    #[arg(long, value_name = "N")]
    admit: Option<u16>,
    /// Seats it takes to suspend or revoke one
    #[arg(long, value_name = "N")]
    revoke: Option<u16>,
    /// Seats it takes to change the charter
    #[arg(long, value_name = "N")]
    amend: Option<u16>,
    /// Whether nodes of no member may read
    #[arg(long, value_name = "BOOL")]
    guests_read: Option<bool>,
    /// Also where the seat has voted for another amendment that can pass yet
    #[arg(long)]
    anyway: bool,
    #[command(flatten)]
    why: WhyArgs,
}

/// Replace the key that the node's agency signs with
///
/// By the one it committed to, which a thief of the present one does not have.
/// Nobody has to agree: the agency stays who it is, what it published stays valid,
/// and what the old key signs from now on is worth nothing. Back up the data
/// folder afterwards. It is also how recovery keys are named: who can give the agency
/// new keys when its own are lost or stolen.
#[derive(Debug, Args)]
struct RotateArgs {
    /// A key that can recover the agency from now on, as `delad recovery key` printed
    /// it (repeat for each; they replace those there were)
    #[arg(long = "recovery-key", value_name = "PUBLIC", conflicts_with = "no_recovery_keys")]
    recovery_keys: Vec<String>,
    /// How many of the recovery keys must agree; more than half if not said
    #[arg(long, value_name = "K", requires = "recovery_keys")]
    recovery_threshold: Option<u8>,
    /// Let nobody be able to recover the agency
    #[arg(long)]
    no_recovery_keys: bool,
    #[command(flatten)]
    token: TokenArgs,
}

#[derive(Debug, Args)]
struct WhyArgs {
    /// Why, for the others on the council
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    token: TokenArgs,
}

impl FederationArgs {
    pub(crate) fn run(self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let Some(what) = self.what else { return shown(global, output, show::overview) };
        let (motion, token) = match what {
            What::Show(_) => return shown(global, output, show::overview),
            What::Motions(args) => {
                return shown(global, output, |report, output| match &args.motion {
                    Some(text) => show::one(report, text, output),
                    None => show::motions(report, args.all, output),
                });
            }
            What::Audit(AuditArgs { signed: false }) => return shown(global, output, show::audit),
            What::Audit(AuditArgs { signed: true }) => {
                return Ok(output.json(&global.client().acts()?.json)?);
            }
            What::Invite(args) => return args.run(global, output),
            What::Join(args) => return args.run(global, output),
            What::Found(args) => return args.run(global, output),
            What::Domain(args) => return args.run(global, output),
            What::Policy(_) => return policy::show(global, output),
            What::Block(args) => return args.run(global, output),
            What::Unblock(args) => return args.run(global, output),
            What::Allow(args) => return args.run(global, output),
            What::Card(args) => return card(&args, global, output),
            What::Rotate(args) => return rotate(&args, global, output),
            What::Vote(args) => return vote(args, global, output),
            What::Admit(AdmitArgs { agency, card, why }) => {
                let card = card.as_deref().map(read).transpose()?;
                let agency = agency.map(|text| whom(&global.client(), &text)).transpose()?;
                (NewMotion::Admit { agency, card, reason: why.reason }, why.token)
            }
            What::Suspend(MemberArgs { agency, why }) => {
                let agency = whom(&global.client(), &agency)?;
                (NewMotion::Suspend { agency, reason: why.reason }, why.token)
            }
            What::Revoke(RevokeArgs { agency, records, successor, why }) => {
                let client = global.client();
                let motion = NewMotion::Revoke {
                    agency: whom(&client, &agency)?,
                    disposition: match records {
                        Records::Keep => Disposition::Keep,
                        Records::Hide => Disposition::Hide,
                        Records::Purge => Disposition::Purge,
                    },
                    successor: successor.map(|text| whom(&client, &text)).transpose()?,
                    reason: why.reason,
                };
                (motion, why.token)
            }
            What::Quota(QuotaArgs { agency, records_max, why }) => {
                let agency = whom(&global.client(), &agency)?;
                (NewMotion::Quota { agency, records_max, reason: why.reason }, why.token)
            }
            What::Amend(args) => args.motion(&global.client())?,
        };
        let voted = global.writing_client(&token, output).move_motion(&motion)?;
        told(&voted, output)
    }
}

impl AmendArgs {
    fn motion(self, client: &Client) -> Result<(NewMotion, TokenArgs), Error> {
        let Self { seats, name, purpose, admit, revoke, amend, guests_read, anyway, why } = self;
        let seats: Vec<String> =
            seats.iter().map(|text| whom(client, text)).collect::<Result<_, _>>()?;
        let motion = NewMotion::Amend {
            seats: Some(seats).filter(|seats| !seats.is_empty()),
            name,
            purpose,
            admit,
            revoke,
            amend,
            guests_read,
            anyway,
            reason: why.reason,
        };
        Ok((motion, why.token))
    }
}

fn shown(
    global: &Global,
    output: &mut Output,
    show: impl FnOnce(&CouncilReport, &mut Output) -> Result<(), Error>,
) -> Result<(), Error> {
    let answer = global.client().council()?;
    if output.is_json() {
        return Ok(output.json(&answer.json)?);
    }
    show(&answer.value, output)
}

fn card(args: &CardArgs, global: &Global, output: &mut Output) -> Result<(), Error> {
    let answer = global.client().card(args.to_found)?;
    if output.is_json() {
        return Ok(output.json(&answer.json)?);
    }
    Ok(output.line(&answer.value.card)?)
}

fn rotate(args: &RotateArgs, global: &Global, output: &mut Output) -> Result<(), Error> {
    let is_named = args.no_recovery_keys || !args.recovery_keys.is_empty();
    let new = NewKey {
        recovery_keys: is_named.then(|| args.recovery_keys.clone()),
        recovery_threshold: args.recovery_threshold,
    };
    let answer = global.writing_client(&args.token, output).change_key(&new)?;
    if output.is_json() {
        return Ok(output.json(&answer.json)?);
    }
    let change = &answer.value;
    output.done(&format!("the agency signs with its key number {} now", change.key_index))?;
    match (change.recovery_threshold, change.recovery_keys.len()) {
        (0, _) => output.say("no recovery keys: if the keys are lost, so is the agency"),
        (needed, keys) => output.say(&format!("{needed} of {keys} recovery keys can recover it")),
    }
    output.suggest("back up the data folder: the keys in older copies are worth nothing any more");
    Ok(())
}

fn vote(args: VoteArgs, global: &Global, output: &mut Output) -> Result<(), Error> {
    let vote = NewVote { motion: args.motion, is_for: !args.against, anyway: args.anyway };
    let voted = global.writing_client(&args.token, output).vote(&vote)?;
    if voted.value.motion.is_none() && !output.is_json() {
        let all = "signed: all founders have, and the federation is founded";
        let some = "signed: the federation is founded when all founders have";
        return Ok(output.done(if voted.value.is_founded { all } else { some })?);
    }
    told(&voted, output)
}

fn told(voted: &Answer<Voted>, output: &mut Output) -> Result<(), Error> {
    if output.is_json() {
        return Ok(output.json(&voted.json)?);
    }
    match &voted.value.motion {
        Some(motion) => show::motion(motion, output),
        None => Ok(()),
    }
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|error| Error::usage(format!("{}: {error}", path.display())))
}

/// Returns the id of the agency that is named by its id, the beginning of it, or
/// its name or a part of that, among those that are members or apply.
fn whom(client: &Client, text: &str) -> Result<String, Error> {
    match fitting(client, text)?.as_slice() {
        [(id, _)] => Ok(id.to_string()),
        [] => Err(Error::refused(format!("no member and no applicant is called \"{text}\""))
            .hint("`dela federation` lists them with their ids")),
        several => Err(lookup::ambiguous_agency(text, several)),
    }
}

/// Returns the members and applicants that are named so.
fn fitting(client: &Client, text: &str) -> Result<Vec<(AgencyId, String)>, Error> {
    let report = client.council()?.value;
    let members = report.members.into_iter().map(|member| (member.agency, member.name));
    let applying = report.applications.into_iter().map(|one| (one.agency, one.name));
    let mut all: Vec<(AgencyId, String)> = members.chain(applying).collect();
    all.sort();
    all.dedup_by_key(|(agency, _)| *agency);
    Ok(lookup::named(text, all))
}
