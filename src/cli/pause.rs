//! `countersign pause` and `resume`: stop and resume expansion to targets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::approve::must_be_shared;
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::sharing::ShareArgs;
use super::sign_one::SigningSession;
use super::target::add_targets;
use crate::ledger::find;
use crate::record::Body;
use crate::record::field::NonEmpty;
use crate::record::kind::pause::{Pause, Resume};
use crate::record::kind::policy::TargetRules;
use crate::value::{Duration, EnvironmentName, IdPrefix, ServiceName, TargetName, Text, Time, WorkflowName};

/// Stop expansion to targets
///
/// A pause begins at once, or at the time that you give. The gate then refuses every deployment forward to these
/// targets until the pause expires or somebody resumes. The way back stays open. If the policy has only one target,
/// you need not name it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign pause payments/production --workflow vendor-import \\
      --reason 'the import fails every night'
  countersign pause --for 24h --reason 'migration of the ledger database'
  countersign pause --all --reason 'the database is on fire'
  countersign pause payments/production \\
      --from 2026-12-24T12:00:00Z --for 72h --reason 'holidays'")]
pub(crate) struct PauseArgs {
    /// The targets, each as SERVICE/ENVIRONMENT [default: the only one of the policy]
    #[arg(value_name = "TARGET")]
    targets: Vec<TargetName>,
    /// A service, in place of TARGET; may be given more than once
    #[arg(short, long = "service", value_name = "SERVICE")]
    services: Vec<ServiceName>,
    /// An environment, in place of TARGET; may be given more than once
    #[arg(short, long = "environment", value_name = "ENVIRONMENT")]
    environments: Vec<EnvironmentName>,
    /// Pause every target of the policy
    #[arg(long, conflicts_with_all = ["targets", "services", "environments"])]
    all: bool,
    /// The automation that is the reason for the pause
    #[arg(long)]
    workflow: Option<WorkflowName>,
    /// Why the targets are paused [asked for at a terminal]
    #[arg(long)]
    reason: Option<Text>,
    /// When the pause begins, e.g. 2026-11-24T22:00:00Z [default: now]
    #[arg(long = "from", value_name = "TIME")]
    from: Option<Time>,
    /// How long the pause holds, counted from its beginning, e.g. 24h [default: until somebody resumes]
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
/// The author of the pause may do this, and so may an approver in scope or an admin.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign resume 4c1d --reason 'the redesign is deployed'")]
pub(crate) struct ResumeArgs {
    /// The pause: at least 4 digits of its id
    id: IdPrefix,
    /// Why expansion may continue [asked for at a terminal]
    #[arg(long)]
    reason: Option<Text>,
    #[command(flatten)]
    share: ShareArgs,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn pause(args: PauseArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let session = SigningSession::begin(context, args.share, args.json.into())?;
    let known = session.loaded.replay.past().policy().targets();
    let (mut services, mut environments) = (args.services, args.environments);
    let names_none = args.targets.is_empty() && services.is_empty() && environments.is_empty();
    let groups = if args.all {
        by_environment(known)
    } else {
        if let ([only], true) = (known, names_none) {
            services.push(only.service.clone());
            environments.push(only.environment.clone());
        }
        add_targets(&args.targets, &mut services, &mut environments)?;
        vec![(services, environments)]
    };
    let missing =
        |what: &str| CommandError::usage(format!("--{what} is missing: which {what} should be paused?"));
    let reason = context.given_or_asked(args.reason, "--reason", "Why are they paused?")?;
    let now = context.now()?;
    let mut pauses = Vec::new();
    for (services, environments) in groups {
        let pause = Pause {
            services: NonEmpty::new(services).ok_or_else(|| missing("service"))?,
            environments: NonEmpty::new(environments).ok_or_else(|| missing("environment"))?,
            workflow: args.workflow.clone(),
            reason: reason.clone(),
            begins_at: args.from,
            expires_at: args.length.map(|length| args.from.unwrap_or(now).plus(length)),
        };
        pauses.push(Body::Pause(Arc::new(pause)));
    }
    if pauses.is_empty() {
        return Err(CommandError::usage("the policy in force has no target to pause"));
    }
    session.say_all(context, pauses, None)
}

/// Groups the targets of a policy so that one pause suffices for each group. Environments that have the same services
/// are in one group.
fn by_environment(known: &[TargetRules]) -> Vec<(Vec<ServiceName>, Vec<EnvironmentName>)> {
    let mut groups: BTreeMap<Vec<ServiceName>, Vec<EnvironmentName>> = BTreeMap::new();
    let environments: BTreeSet<&EnvironmentName> = known.iter().map(|rules| &rules.environment).collect();
    for environment in environments {
        let of_it = known.iter().filter(|rules| rules.environment == *environment);
        let services: BTreeSet<ServiceName> = of_it.map(|rules| rules.service.clone()).collect();
        groups.entry(services.into_iter().collect()).or_default().push(environment.clone());
    }
    groups.into_iter().collect()
}

pub(crate) fn resume(args: ResumeArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let session = SigningSession::begin(context, args.share, args.json.into())?;
    let of = find(&session.loaded, &args.id)?;
    must_be_shared(&session.loaded, &of)?;
    let resume = |reason| Body::Resume(Arc::new(Resume { of, reason }));
    session.may_say(context, &resume(args.reason.clone().unwrap_or_else(Text::not_given)))?;
    let reason = context.given_or_asked(args.reason, "--reason", "Why may expansion continue?")?;
    session.say(context, resume(reason), Some(of))
}
