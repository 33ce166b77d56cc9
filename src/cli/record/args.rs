//! The options of `countersign record`.

use std::path::PathBuf;

use super::import;
use crate::cli::error::CommandError;
use crate::cli::kinds::kinds;
use crate::cli::sharing::ShareArgs;
use crate::record::Kind;
use crate::record::kind::outcome::{DeploymentResult, Measurement};
use crate::value::{
    Ascii, CommitId, Duration, EnvironmentName, IdPrefix, MemberName, RootCause, ServiceName, TargetName,
    Time, WorkflowName,
};

/// Sign a record and append it to the ledger
///
/// Without -f an editor opens on a commented template, pre-filled from the options and the ledger. If the
/// options suffice, no editor opens. All mistakes of a draft are shown at once.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign record exception                     an editor opens on a template
  countersign record exception -f draft.toml
  countersign record exception --workflow vendor-import --service payments \\
      --environment production --root-cause vendor-feed-stale \\
      --failure bad-source-data --origin data --task 'run 8841' \\
      --summary \"Vendor file had yesterday's rates\"
  countersign record rollback-plan payments/production
  countersign gate --json > gate.json || countersign record exception \\
      --from gate.json --from ci --workflow deploy \\
      --credential vault:ci/deployer
  countersign record exception --from ci --from-junit report.xml \\
      --map map.toml --service payments --environment production --dry-run
  countersign record redesign --workflow vendor-import \\
      --root-cause vendor-feed-stale
  countersign record redesign --like 31ad --commit HEAD   it was squash-merged
  countersign record rollback-plan --like 20af --expires-in 20d
  countersign record release --commit HEAD --accept-all
  countersign record release payments/production web/production
  countersign record outcome --of 93e1 --result succeeded
  countersign record outcome --of 93e1 --result succeeded \\
      --started-at 2026-11-24T09:14:03Z --restore      and go back to it
  countersign record outcome --of 20af --result rehearsed   a plan was rehearsed")]
pub(crate) struct Args {
    /// What to record: exception, triage, rollback-plan, redesign, release, review, pause, resume, outcome,
    /// audit or quarantine
    #[arg(value_parser = kinds(), hide_possible_values = true)]
    pub(super) kind: Kind,
    /// The targets that the record touches, each as SERVICE/ENVIRONMENT; a release is recorded for each of these
    /// targets
    #[arg(value_name = "TARGET")]
    pub(super) targets: Vec<TargetName>,
    /// Read the draft from a file; - is standard input
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Begin with a copy of this earlier record of the same kind (at least 4 digits of its id); options and today's
    /// dates take precedence
    #[arg(long, value_name = "ID")]
    pub(super) like: Option<IdPrefix>,
    /// The automation that failed or is redesigned
    #[arg(long)]
    pub(super) workflow: Option<WorkflowName>,
    /// For an exception: the step of the automation that failed
    #[arg(long)]
    pub(super) step: Option<String>,
    /// A service that the record touches, in place of TARGET; may be given more than once
    #[arg(short, long = "service", value_name = "SERVICE")]
    pub(super) services: Vec<ServiceName>,
    /// An environment that the record touches, in place of TARGET; may be given more than once
    #[arg(short, long = "environment", value_name = "ENVIRONMENT")]
    pub(super) environments: Vec<EnvironmentName>,
    /// Why it happened; for a redesign: a root cause that it removes, may be given more than once
    #[arg(long = "root-cause", value_name = "CAUSE")]
    pub(super) root_causes: Vec<RootCause>,
    /// What happened, or what is done, in a sentence
    #[arg(long)]
    pub(super) summary: Option<String>,
    /// What kind of failure it was
    #[arg(long)]
    pub(super) failure: Option<String>,
    /// Where the failure came from
    #[arg(long)]
    pub(super) origin: Option<String>,
    /// For an exception: who else had to act, such as a vendor
    #[arg(long, value_name = "WHO")]
    pub(super) third_party: Option<String>,
    /// For an exception or a release: a ticket or another reference for it, e.g. CHG-4711; may be given more
    /// than once
    #[arg(long = "reference", value_name = "TEXT")]
    pub(super) references: Vec<Ascii>,
    /// A machine's key for the failure, which is the same whenever the failure repeats
    #[arg(long)]
    pub(super) symptom: Option<String>,
    /// Who triggered it [default: you]
    #[arg(long)]
    pub(super) identity: Option<MemberName>,
    /// The credential that the identity used: a reference to it, never the secret
    #[arg(long)]
    pub(super) credential: Option<String>,
    /// What was running
    #[arg(long)]
    pub(super) task: Option<String>,
    /// When it happened, e.g. 2026-11-24T09:14:03Z [default: now]
    #[arg(long)]
    pub(super) occurred_at: Option<Time>,
    /// How long it lasts from now, e.g. 24h
    #[arg(long, value_name = "DURATION")]
    pub(super) expires_in: Option<Duration>,
    /// For an exception: the commit that was running; for a release: the one to be deployed; for a redesign
    /// of code: a commit of the change, may be given more than once
    #[arg(long = "commit", value_name = "COMMIT")]
    pub(super) commits: Vec<String>,
    /// For a quarantine: an entry, by its full commit id; may be given more than once [default: the entries
    /// that halt the ledger]
    #[arg(long = "entry", value_name = "COMMIT")]
    pub(super) entries: Vec<CommitId>,
    /// For a quarantine: what happened
    #[arg(long)]
    pub(super) reason: Option<String>,
    /// Take root causes as they are written, without asking
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Record it even if you recorded the same thing within the last ten minutes
    #[arg(long)]
    pub(super) again: bool,
    /// Ask about text that looks like a secret, instead of refusing it; at a terminal only
    #[arg(long)]
    pub(super) allow_secret_like: bool,
    #[command(flatten)]
    pub(super) share: ShareArgs,
    /// Answer as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) import: import::Sources,
    #[command(flatten)]
    pub(super) deployment: Options,
}

impl Args {
    /// Refuses options that set what the file of `-f` has to state, because those options would be ignored.
    pub(super) fn must_not_repeat_a_file(&self) -> Result<(), CommandError> {
        let Some(file) = &self.file else { return Ok(()) };
        let given = [
            ("TARGET", !self.targets.is_empty()),
            ("--like", self.like.is_some()),
            ("--workflow", self.workflow.is_some()),
            ("--step", self.step.is_some()),
            ("--service", !self.services.is_empty()),
            ("--environment", !self.environments.is_empty()),
            ("--root-cause", !self.root_causes.is_empty()),
            ("--summary", self.summary.is_some()),
            ("--failure", self.failure.is_some()),
            ("--origin", self.origin.is_some()),
            ("--third-party", self.third_party.is_some()),
            ("--reference", !self.references.is_empty()),
            ("--symptom", self.symptom.is_some()),
            ("--identity", self.identity.is_some()),
            ("--credential", self.credential.is_some()),
            ("--task", self.task.is_some()),
            ("--occurred-at", self.occurred_at.is_some()),
            ("--expires-in", self.expires_in.is_some()),
            ("--commit", !self.commits.is_empty()),
            ("--entry", !self.entries.is_empty()),
            ("--reason", self.reason.is_some()),
            ("--of", self.deployment.of.is_some()),
            ("--result", self.deployment.result.is_some()),
            ("--started-at", self.deployment.started_at.is_some()),
            ("--ended-at", self.deployment.ended_at.is_some()),
            ("--measured", !self.deployment.measured.is_empty()),
            ("--exception", !self.deployment.exceptions.is_empty()),
            ("--accept-all", self.deployment.accept_all),
            ("--artifact", !self.deployment.artifacts.is_empty()),
        ];
        let given: Vec<&str> =
            given.iter().filter(|(_, is_given)| *is_given).map(|(name, _)| *name).collect();
        if given.is_empty() {
            return Ok(());
        }
        let found = format!(
            "{} says what is recorded, so these options cannot be given as well: {}",
            file.display(),
            given.join(", ")
        );
        Err(CommandError::usage(found).hint("write them into the file, or leave -f out"))
    }
}

/// Options of releases and outcomes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of releases and outcomes")]
pub(crate) struct Options {
    /// For an outcome: the receipt of the deployment, by its id or by the file that `receipt export` writes; or the id
    /// of the plan that was rehearsed
    #[arg(long, value_name = "ID|FILE")]
    pub(super) of: Option<String>,
    /// For an outcome: the result
    #[arg(long)]
    pub(super) result: Option<DeploymentResult>,
    /// For an outcome: when the deployment or the rehearsal began [default: when it ended, if that is given, else now]
    #[arg(long, value_name = "TIME")]
    pub(super) started_at: Option<Time>,
    /// For an outcome: when the deployment or the rehearsal ended [default: now]
    #[arg(long, value_name = "TIME")]
    pub(super) ended_at: Option<Time>,
    /// For an outcome: once it is recorded, ask the gate for the way back to what was deployed, and record the receipt
    #[arg(long)]
    pub(super) restore: bool,
    /// For an outcome: what was measured, METRIC=VALUE; may be given more than once
    #[arg(long = "measured", value_name = "METRIC=VALUE", value_parser = measured)]
    pub(super) measured: Vec<Measurement>,
    /// For an outcome: the exception that resulted from it; for a release: one that it accepts, may be given
    /// more than once
    #[arg(long = "exception", value_name = "ID")]
    pub(super) exceptions: Vec<IdPrefix>,
    /// For a release: accept every live override and every repeating pattern of the target
    #[arg(long)]
    pub(super) accept_all: bool,
    /// For a release: a file that was built from the commit; may be given more than once
    #[arg(long = "artifact", value_name = "FILE")]
    pub(super) artifacts: Vec<PathBuf>,
}

/// Parses `METRIC=VALUE`.
fn measured(text: &str) -> Result<Measurement, String> {
    let (metric, value) = text.rsplit_once('=').ok_or("expected METRIC=VALUE")?;
    let metric = metric.parse().map_err(|error| format!("{error}"))?;
    Ok(Measurement { metric, value: value.parse().map_err(|error| format!("{error}"))? })
}
