//! `countersign trust add`, `remove`, `rotate`, `distrust` and `threshold`: each proposes a changed trust, so that the
//! user need not edit a draft.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::propose::{self, Proposing};
use super::since::Since;
use crate::draft::{MemberChange, MemberKey, MembersError};
use crate::key::PublicKeySource;
use crate::ledger::Loaded;
use crate::record::kind::trust::{MemberType, Role, Trust};
use crate::sshsig::Fingerprint;
use crate::value::{Line, MemberName, NamePattern};
use crate::verify::Accepted;

/// Propose that members join
///
/// Name each member with a public key, as NAME=FILE or as NAME=KEY. KEY is the first line that
/// `countersign key show` prints to that member. All of these members get the same roles.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign trust add bob=bob.pub --role approver --role reporter
  countersign trust add svc-import=import.pub --owner bob --role reporter \\
      -s payments -e production")]
pub(crate) struct AddArgs {
    /// Who joins, with the public key
    #[arg(value_name = "NAME=KEY", required = true, value_parser = name_and_key)]
    members: Vec<NamedKey>,
    /// What they may do; may be given more than once
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<Role>,
    /// They are services, and this person is accountable for them
    #[arg(long, value_name = "MEMBER")]
    owner: Option<MemberName>,
    /// A service that the roles are for, or a pattern such as payments*; may be given more than once [default: all]
    #[arg(short, long = "service", value_name = "SERVICE")]
    services: Vec<NamePattern>,
    /// An environment that the roles are for; may be given more than once [default: all]
    #[arg(short, long = "environment", value_name = "ENVIRONMENT")]
    environments: Vec<NamePattern>,
    #[command(flatten)]
    common: Proposing,
}

/// Propose that members leave
///
/// Once the proposal takes effect, their keys can no longer sign. What they have signed stays.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign trust remove bob")]
pub(crate) struct RemoveArgs {
    /// Who leaves
    #[arg(value_name = "NAME", required = true)]
    members: Vec<MemberName>,
    #[command(flatten)]
    common: Proposing,
}

/// Propose that members sign with a new key
///
/// Once the proposal takes effect, their old keys can no longer sign. What was signed with the old keys stays.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign trust rotate bob=new.pub")]
pub(crate) struct RotateArgs {
    /// Who gets a new key, with the new public key
    #[arg(value_name = "NAME=KEY", required = true, value_parser = name_and_key)]
    members: Vec<NamedKey>,
    #[command(flatten)]
    common: Proposing,
}

/// Propose that keys are not believed any more, from a time on
///
/// For a key that somebody else may have used. The key stops being believed at the first record of the ledger that is
/// dated at the time of --since or later, whoever wrote that record. The member keeps the key until it is rotated.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign trust distrust bob --since 2026-11-24T02:00:00Z \\
      --reason 'the laptop was stolen'
  countersign trust distrust --fingerprint SHA256:i3Fe5LH7iZn6… --since 24h \\
      --reason 'found in a build log'")]
pub(crate) struct DistrustArgs {
    /// The members whose keys are distrusted: all keys that they have now
    #[arg(value_name = "NAME", required_unless_present = "keys")]
    members: Vec<MemberName>,
    /// A key, by its fingerprint; may be given more than once
    #[arg(long = "fingerprint", value_name = "FINGERPRINT")]
    keys: Vec<Fingerprint>,
    /// Since when the keys are not believed: a time, a day, or how long ago, e.g. 24h
    #[arg(long, value_name = "TIME")]
    since: Since,
    /// What happened [asked for at a terminal]
    #[arg(long)]
    reason: Option<Line>,
    #[command(flatten)]
    common: Proposing,
}

/// Propose how many admins must agree to a change of members, of rules, or of quarantines
///
/// With 2 or more, no admin can make such a change alone. That includes lowering this number again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign trust threshold 2")]
pub(crate) struct ThresholdArgs {
    /// The number of admins; the one who proposes is one of them
    #[arg(value_name = "ADMINS")]
    admins: u64,
    #[command(flatten)]
    common: Proposing,
}

pub(crate) fn threshold(args: ThresholdArgs, context: &mut Context) -> Result<Exit, CommandError> {
    change_members(MemberChange::Threshold(args.admins), args.common, context)
}

/// A member with a public key, as typed.
#[derive(Debug, Clone)]
struct NamedKey {
    name: MemberName,
    key: String,
}

fn name_and_key(text: &str) -> Result<NamedKey, String> {
    let (name, key) = text.split_once('=').ok_or("expected NAME=KEY, e.g. bob=bob.pub")?;
    Ok(NamedKey { name: name.parse().map_err(|error| format!("{error}"))?, key: key.to_owned() })
}

/// Reads the public key of each member: from a file, or as it was typed.
fn keys(members: Vec<NamedKey>) -> Result<Vec<MemberKey>, CommandError> {
    let read = |NamedKey { name, key }: NamedKey| {
        Ok(MemberKey { name, key: PublicKeySource::parse(&key).public_line()? })
    };
    members.into_iter().map(read).collect()
}

pub(crate) fn add(args: AddArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let r#type = if args.owner.is_some() { MemberType::Service } else { MemberType::Human };
    let change = MemberChange::Add {
        members: keys(args.members)?,
        r#type,
        owner: args.owner,
        roles: args.roles,
        services: args.services,
        environments: args.environments,
    };
    change_members(change, args.common, context)
}

pub(crate) fn remove(args: RemoveArgs, context: &mut Context) -> Result<Exit, CommandError> {
    change_members(MemberChange::Remove(args.members), args.common, context)
}

pub(crate) fn rotate(args: RotateArgs, context: &mut Context) -> Result<Exit, CommandError> {
    change_members(MemberChange::Rotate(keys(args.members)?), args.common, context)
}

pub(crate) fn distrust(args: DistrustArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let since = args.since.before(context.now()?);
    let reason = context.given_or_asked(args.reason, "--reason", "What happened?")?;
    let (members, keys) = (args.members, args.keys);
    let change = move |trust: Trust, loaded: &Loaded| {
        let past = loaded.replay.past();
        // Authors date their own records, so whoever has the key may write an earlier date. The distrust therefore
        // begins at a position: that of the first record dated `since` or later, whoever wrote it.
        let is_later = |accepted: &Accepted| since <= accepted.created_at;
        let mut later =
            past.records().filter(|record| record.as_ref().map_or(true, |(_, one)| is_later(one)));
        let from = later.next().transpose()?.map_or(past.size(), |(_, accepted)| accepted.position);
        MemberChange::Distrust { members, keys, from, reason }.apply(trust)
    };
    propose::trust(change, args.common, context)
}

fn change_members(
    change: MemberChange,
    common: Proposing,
    context: &mut Context,
) -> Result<Exit, CommandError> {
    propose::trust(|trust, _| change.apply(trust), common, context)
}

impl From<MembersError> for CommandError {
    fn from(error: MembersError) -> Self {
        let shows = matches!(error, MembersError::Already(_) | MembersError::Unknown { .. });
        let converted = Self::usage(error.to_string());
        if shows { converted.hint("next: countersign trust show") } else { converted }
    }
}
