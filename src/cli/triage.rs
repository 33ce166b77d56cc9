//! `countersign triage`: records the actual cause of exceptions, or strikes them.

use std::sync::Arc;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::sharing::ShareArgs;
use super::sign_one::SigningSession;
use crate::ledger::find;
use crate::record::Body;
use crate::record::field::NonEmpty;
use crate::record::kind::exception::{Failure, Origin};
use crate::record::kind::triage::{Triage, TriageVerdict};
use crate::value::{IdPrefix, RecordId, RootCause, Text, Time, WorkflowName};

/// Name the root cause of exceptions, merge two causes, or strike false alarms
///
/// Naming the cause of exceptions that have none needs no approval. The name then holds for all exceptions with the
/// same workflow and symptom, earlier and later ones, on the targets that you may report or approve for. On each target
/// it holds until a redesign of the cause takes effect on that target. A triage that takes an exception out of a
/// pattern waits for an approval, so that nobody can escape a pattern by renaming its cause.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign triage 676c 93e1 --root-cause vendor-feed-stale \\
      --failure bad-source-data --origin data --reason 'same file as in October'
  countersign triage 4537 --occurred-at 2026-11-20T02:14:00Z \\
      --reason 'the report was uploaded a week later'
  countersign triage 4537 --mistaken --reason 'the alarm fired during a test'
  countersign triage 4537 --duplicate-of 676c --reason 'the bot recorded it too'")]
pub(crate) struct Args {
    /// The exceptions: at least 4 digits of each id
    #[arg(required = true, value_name = "ID")]
    ids: Vec<IdPrefix>,
    /// The root cause of the exceptions [asked for at a terminal]
    #[arg(long, value_name = "CAUSE")]
    root_cause: Option<RootCause>,
    /// The exceptions were false alarms
    #[arg(long, conflicts_with_all = ["root_cause", "duplicate_of"])]
    mistaken: bool,
    /// The exception that records the same event: at least 4 digits of its id
    #[arg(long, value_name = "ID", conflicts_with = "root_cause")]
    duplicate_of: Option<IdPrefix>,
    /// The workflow that actually failed, if it was another one
    #[arg(long)]
    workflow: Option<WorkflowName>,
    /// The kind of failure
    #[arg(long)]
    failure: Option<Failure>,
    /// Where the failure came from
    #[arg(long)]
    origin: Option<Origin>,
    /// When the exceptions really happened, if they were recorded later; takes an approval
    #[arg(long, value_name = "TIME", conflicts_with_all = ["mistaken", "duplicate_of"])]
    occurred_at: Option<Time>,
    /// Why you think so [asked for at a terminal]
    #[arg(long)]
    reason: Option<Text>,
    #[command(flatten)]
    share: ShareArgs,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let session = SigningSession::begin(context, args.share, args.json.into())?;
    let find = |id: &IdPrefix| find(&session.loaded, id);
    let mut of: Vec<RecordId> = args.ids.iter().map(find).collect::<Result<_, _>>()?;
    of.sort_unstable();
    of.dedup();
    let duplicate_of = args.duplicate_of.as_ref().map(find).transpose()?;
    if let Some(same) = duplicate_of.filter(|id| of.contains(id)) {
        return Err(CommandError::usage(format!("{} cannot be a duplicate of itself", same.short())));
    }
    let verdict = match (args.mistaken, duplicate_of) {
        (true, _) => TriageVerdict::Mistaken,
        (false, Some(_)) => TriageVerdict::Duplicate,
        (false, None) => TriageVerdict::Cause,
    };
    let of = NonEmpty::new(of).ok_or_else(|| CommandError::usage("name at least one exception"))?;
    let triage = |root_cause: Option<RootCause>, reason: Text| {
        Body::Triage(Arc::new(Triage {
            of: of.clone(),
            verdict,
            workflow: args.workflow.clone(),
            root_cause,
            failure: args.failure,
            origin: args.origin,
            occurred_at: args.occurred_at,
            duplicate_of,
            reason,
        }))
    };
    let reason = args.reason.clone().unwrap_or_else(Text::not_given);
    session.may_say(context, &triage(args.root_cause.clone(), reason))?;
    let asks_cause = verdict == TriageVerdict::Cause && args.occurred_at.is_none();
    let root_cause = if asks_cause {
        Some(context.given_or_asked(args.root_cause.clone(), "--root-cause", "What is the root cause?")?)
    } else {
        args.root_cause.clone()
    };
    let reason = context.given_or_asked(args.reason.clone(), "--reason", "Why do you think so?")?;
    session.say(context, triage(root_cause, reason), None)
}
