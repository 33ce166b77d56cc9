//! `countersign triage`: what exceptions really were.

use std::sync::Arc;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::sign_one::Saying;
use crate::ledger::find;
use crate::record::Body;
use crate::record::field::NonEmpty;
use crate::record::kind::exception::{Failure, Origin};
use crate::record::kind::triage::{Triage, TriageVerdict};
use crate::value::{IdPrefix, RecordId, RootCause, Text, WorkflowName};

/// Name the root cause of exceptions, merge two causes, or strike false alarms
///
/// Naming what nobody had named needs nobody else, as long as all exceptions of the same symptom are named together.
/// What takes an exception out of a pattern waits for an approval: renaming is no way out.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign triage 676c 93e1 --root-cause vendor-feed-stale \\
      --failure bad-source-data --origin data --reason 'same file as in October'
  countersign triage 4537 --mistaken --reason 'the alarm fired during a test'
  countersign triage 4537 --duplicate-of 676c --reason 'the bot and I recorded it'")]
pub(crate) struct Args {
    /// The exceptions: at least 4 digits of each id
    #[arg(required = true, value_name = "ID")]
    ids: Vec<IdPrefix>,
    /// Why they happened
    #[arg(long, value_name = "CAUSE", required_unless_present_any = ["mistaken", "duplicate_of"])]
    root_cause: Option<RootCause>,
    /// They were none: a false alarm
    #[arg(long, conflicts_with_all = ["root_cause", "duplicate_of"])]
    mistaken: bool,
    /// The exception that records the same happening: at least 4 digits of its id
    #[arg(long, value_name = "ID", conflicts_with = "root_cause")]
    duplicate_of: Option<IdPrefix>,
    /// The workflow that really failed, if it was another
    #[arg(long)]
    workflow: Option<WorkflowName>,
    /// What kind of failure it was
    #[arg(long)]
    failure: Option<Failure>,
    /// Where the failure came from
    #[arg(long)]
    origin: Option<Origin>,
    /// Why you think so
    #[arg(long)]
    reason: Text,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let saying = Saying::begin(context, args.json)?;
    let find = |id: &IdPrefix| find(&saying.loaded, id);
    let mut of: Vec<RecordId> = args.ids.iter().map(find).collect::<Result<_, _>>()?;
    of.sort_unstable();
    of.dedup();
    let duplicate_of = args.duplicate_of.as_ref().map(find).transpose()?;
    if let Some(same) = duplicate_of.filter(|id| of.contains(id)) {
        return Err(CommandError::usage(format!("{} cannot be a duplicate of itself", same.short())));
    }
    let verdict = match (&args.root_cause, args.mistaken) {
        (_, true) => TriageVerdict::Mistaken,
        (Some(_), false) => TriageVerdict::Cause,
        (None, false) => TriageVerdict::Duplicate,
    };
    let of = NonEmpty::new(of).ok_or_else(|| CommandError::usage("name at least one exception"))?;
    let triage = Triage {
        of,
        verdict,
        workflow: args.workflow,
        root_cause: args.root_cause,
        failure: args.failure,
        origin: args.origin,
        duplicate_of,
        reason: args.reason,
    };
    saying.say(context, Body::Triage(Arc::new(triage)), None)
}
