//! `countersign pause` and `resume`: stop and resume expansion to targets.

use std::sync::Arc;

use super::approve::must_be_shared;
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::sharing::ShareArgs;
use super::sign_one::SigningSession;
use crate::ledger::find;
use crate::record::Body;
use crate::record::field::NonEmpty;
use crate::record::kind::pause::{Pause, Resume};
use crate::value::{Duration, EnvironmentName, IdPrefix, ServiceName, Text, Time, WorkflowName};

/// Stop expansion to targets
///
/// A pause holds at once, or from the time that you name: the gate refuses every deployment forward to these targets
/// until the pause expires or somebody resumes. The way back stays open. Without --service and --environment, it
/// pauses the only target of the policy.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign pause --service payments --environment production \\
      --workflow vendor-import --reason 'the import fails every night'
  countersign pause --service payments --environment production --for 24h \\
      --reason 'migration of the ledger database'
  countersign pause --service payments --environment production \\
      --from 2026-12-24T12:00:00Z --for 72h --reason 'holidays'")]
pub(crate) struct PauseArgs {
    /// A service; may be given more than once
    #[arg(long = "service", value_name = "SERVICE")]
    services: Vec<ServiceName>,
    /// An environment; may be given more than once
    #[arg(long = "environment", value_name = "ENVIRONMENT")]
    environments: Vec<EnvironmentName>,
    /// The automation that is the reason for the pause
    #[arg(long)]
    workflow: Option<WorkflowName>,
    /// Why the targets are paused
    #[arg(long)]
    reason: Text,
    /// When the pause begins, e.g. 2026-11-24T22:00:00Z [default: now]
    #[arg(long = "from", value_name = "TIME")]
    from: Option<Time>,
    /// How long the pause holds, from its beginning on, e.g. 24h [default: until somebody resumes]
    #[arg(long = "for", value_name = "DURATION")]
    length: Option<Duration>,
    #[command(flatten)]
    share: ShareArgs,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

/// Resume the expansion that a pause stopped
///
/// The author of the pause, an approver in scope and an admin may do this.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign resume 4c1d --reason 'the redesign is deployed'")]
pub(crate) struct ResumeArgs {
    /// The pause: at least 4 digits of its id
    id: IdPrefix,
    /// Why expansion may continue
    #[arg(long)]
    reason: Text,
    #[command(flatten)]
    share: ShareArgs,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn pause(args: PauseArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let session = SigningSession::begin(context, args.share, args.json.into())?;
    let (mut services, mut environments) = (args.services, args.environments);
    let known = session.loaded.replay.past().policy().targets();
    if let ([only], true, true) = (known, services.is_empty(), environments.is_empty()) {
        services.push(only.service.clone());
        environments.push(only.environment.clone());
    }
    let missing =
        |what: &str| CommandError::usage(format!("--{what} is missing: which {what} should be paused?"));
    let now = context.now()?;
    let pause = Pause {
        services: NonEmpty::new(services).ok_or_else(|| missing("service"))?,
        environments: NonEmpty::new(environments).ok_or_else(|| missing("environment"))?,
        workflow: args.workflow,
        reason: args.reason,
        begins_at: args.from,
        expires_at: args.length.map(|length| args.from.unwrap_or(now).plus(length)),
    };
    session.say(context, Body::Pause(Arc::new(pause)), None)
}

pub(crate) fn resume(args: ResumeArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let session = SigningSession::begin(context, args.share, args.json.into())?;
    let of = find(&session.loaded, &args.id)?;
    must_be_shared(&session.loaded, &of)?;
    session.say(context, Body::Resume(Arc::new(Resume { of, reason: args.reason })), Some(of))
}
