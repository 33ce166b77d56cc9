//! `countersign trust add`, `remove` and `rotate`: proposals that change members, without a draft.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::propose::{self, Proposing};
use super::sharing::ShareArgs;
use crate::draft::{MemberChange, MemberKey, MembersError};
use crate::key::PublicKeySource;
use crate::record::kind::trust::{MemberType, Role};
use crate::value::{MemberName, NamePattern};

/// Propose that members join
///
/// Each is named with a public key: NAME=FILE, or NAME=KEY as `countersign key show` prints it. All get the same roles.
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
    common: MembersCommon,
}

/// Propose that members leave
///
/// Their keys sign nothing more from then on. What they have signed stays.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign trust remove bob")]
pub(crate) struct RemoveArgs {
    /// Who leaves
    #[arg(value_name = "NAME", required = true)]
    members: Vec<MemberName>,
    #[command(flatten)]
    common: MembersCommon,
}

/// Propose that members sign with a new key
///
/// The keys that they had sign nothing more from then on. What was signed with them stays.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign trust rotate bob=new.pub")]
pub(crate) struct RotateArgs {
    /// Who gets a new key, with the public key
    #[arg(value_name = "NAME=KEY", required = true, value_parser = name_and_key)]
    members: Vec<NamedKey>,
    #[command(flatten)]
    common: MembersCommon,
}

#[derive(Debug, Clone, Copy, clap::Args)]
struct MembersCommon {
    #[command(flatten)]
    share: ShareArgs,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

/// A member with a public key, as they are typed.
#[derive(Debug, Clone)]
struct NamedKey {
    name: MemberName,
    key: String,
}

fn name_and_key(text: &str) -> Result<NamedKey, String> {
    let (name, key) = text.split_once('=').ok_or("expected NAME=KEY, e.g. bob=bob.pub")?;
    Ok(NamedKey { name: name.parse().map_err(|error| format!("{error}"))?, key: key.to_owned() })
}

/// Reads the public key of each member: from a file, or as it is.
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

fn change_members(
    change: MemberChange,
    common: MembersCommon,
    context: &mut Context,
) -> Result<Exit, CommandError> {
    let proposing = Proposing { share: common.share, output: common.json.into() };
    propose::trust(|trust| change.apply(trust), proposing, context)
}

impl From<MembersError> for CommandError {
    fn from(error: MembersError) -> Self {
        let shows = matches!(error, MembersError::Already(_) | MembersError::Unknown { .. });
        let converted = Self::usage(error.to_string());
        if shows { converted.hint("next: countersign trust show") } else { converted }
    }
}
