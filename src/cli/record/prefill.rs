//! Pre-filled drafts: a template with the values from the options, from other programs and from the ledger.

use super::args::Args;
use super::cause::{self, Questions};
use super::fill::Fill;
use super::recording::{Recording, of_options};
use crate::cli::error::CommandError;
use crate::record::draft::Draft;
use crate::record::kind::exception::Exception;
use crate::record::{Body, Kind};
use crate::value::{CommitId, Duration, RootCause, Target, Time, WorkflowName};

impl Recording<'_> {
    /// Returns the template, filled in from the options and the ledger.
    pub(super) fn prefilled(&self, args: &Args) -> Result<String, CommandError> {
        let now = self.context.now()?;
        let mut fill = Fill::new(self.kind);
        match self.kind {
            Kind::Exception => self.exception(&mut fill, args, now)?,
            Kind::RollbackPlan => self.plan(&mut fill, args, now),
            Kind::Redesign => return self.redesign(fill, args, now),
            Kind::Quarantine => self.quarantine(&mut fill, args),
            Kind::Pause => _ = self.targets(&mut fill, args),
            Kind::Outcome => return self.outcome(fill, &args.deployment, now),
            Kind::Release => return self.to_release(fill, args, now),
            Kind::Trust
            | Kind::Policy
            | Kind::Approval
            | Kind::Triage
            | Kind::Review
            | Kind::Closure
            | Kind::Resume
            | Kind::Receipt
            | Kind::Audit => {}
        }
        Ok(fill.template())
    }

    fn to_release(&self, fill: Fill, args: &Args, now: Time) -> Result<String, CommandError> {
        let spec = args.commits.first().map_or("HEAD", String::as_str);
        let commit = self.workspace.repository.resolve(spec)?;
        let target = match Target::product(&args.services, &args.environments).as_slice() {
            [only] => Some(only.clone()),
            [] => match self.loaded.replay.past().policy().targets() {
                [only] => Some(only.target()),
                _ => None,
            },
            _ => return Err(CommandError::usage("a release is for one service in one environment")),
        };
        self.release(fill, &args.deployment, Some(commit), target, (args.expires_in, now))
    }

    /// Fills in the services and environments as given. If neither is given and the policy has only one
    /// target, fills in that one. Returns the targets.
    fn targets(&self, fill: &mut Fill, args: &Args) -> Vec<Target> {
        let (mut services, mut environments) = (args.services.clone(), args.environments.clone());
        let known = self.loaded.replay.past().policy().targets();
        if let ([only], true, true) = (known, services.is_empty(), environments.is_empty()) {
            services.push(only.service.clone());
            environments.push(only.environment.clone());
        }
        fill.list("services", &services);
        fill.list("environments", &environments);
        Target::product(&services, &environments)
    }

    fn exception(&self, fill: &mut Fill, args: &Args, now: Time) -> Result<(), CommandError> {
        self.common(fill, args, now)?;
        fill.text("summary", args.summary.as_deref());
        fill.text("workflow", args.workflow.as_ref().map(WorkflowName::as_str));
        let questions = if args.yes { Questions::Skipped } else { Questions::Allowed };
        let meant = |cause| cause::meant(self.context, self.state, args.workflow.as_ref(), cause, questions);
        let cause = args.root_causes.first().map(meant).transpose()?;
        fill.text("root_cause", cause.as_ref().map(RootCause::as_str));
        fill.text("symptom", args.symptom.as_deref());
        Ok(())
    }

    /// Fills in what all exceptions of a report share: targets, failure, origin, commit, times and trigger.
    fn common(&self, fill: &mut Fill, args: &Args, now: Time) -> Result<(), CommandError> {
        self.targets(fill, args);
        fill.text("failure", args.failure.as_deref());
        fill.text("origin", args.origin.as_deref());
        match args.commits.as_slice() {
            [] => {}
            // A commit that another program names need not be in this repository, so a full id is not
            // resolved.
            [full] if full.parse::<CommitId>().is_ok() => fill.text("commit", Some(full)),
            [spec] => fill.text("commit", Some(self.workspace.repository.resolve(spec)?.as_str())),
            _ => return Err(CommandError::usage("an exception names one commit: the one that was running")),
        }
        fill.raw("occurred_at", args.occurred_at.map(|time| time.to_string()));
        fill.raw("expires_at", args.expires_in.map(|length| now.plus(length).to_string()));
        let identity = args.identity.as_ref().unwrap_or(&self.author.name);
        fill.text("trigger.identity", Some(identity.as_str()));
        fill.text("trigger.credential", args.credential.as_deref());
        fill.text("trigger.task", args.task.as_deref());
        Ok(())
    }

    fn plan(&self, fill: &mut Fill, args: &Args, now: Time) {
        let targets = self.targets(fill, args);
        fill.text("summary", args.summary.as_deref());
        fill.text("owner", Some(self.author.name.as_str()));
        fill.text("method", Some("redeploy"));
        let length = args.expires_in.unwrap_or(Duration::of_days(30));
        fill.raw("expires_at", Some(now.plus(length).to_string()));
        let ran = |target: &Target| self.state.is_some_and(|state| state.newest_allowed(target).is_some());
        // Without an earlier deployment there is nothing to go back to, so `to` is left open.
        let to = if targets.iter().any(ran) { "previous" } else { "" };
        fill.text("to", Some(to).filter(|to| !to.is_empty()));
    }

    fn redesign(&self, mut fill: Fill, args: &Args, now: Time) -> Result<String, CommandError> {
        self.targets(&mut fill, args);
        fill.text("summary", args.summary.as_deref());
        fill.text("workflow", args.workflow.as_ref().map(WorkflowName::as_str));
        fill.list("root_causes", &args.root_causes);
        fill.text("owner", Some(self.author.name.as_str()));
        let length = args.expires_in.unwrap_or(Duration::of_days(14));
        fill.raw("due", Some(now.plus(length).to_string()));
        let repository = &self.workspace.repository;
        let commits =
            args.commits.iter().map(|spec| repository.resolve(spec)).collect::<Result<Vec<_>, _>>()?;
        if let Some((first, others)) = commits.split_first() {
            fill.text("change", Some("code"));
            fill.text("commit.id", Some(first.as_str()));
            let others = others.iter().map(|id| format!("\n[[redesign.commit]]\nid = \"{id}\"\n"));
            return Ok(fill.template() + &others.collect::<String>());
        }
        Ok(fill.template())
    }

    fn quarantine(&self, fill: &mut Fill, args: &Args) {
        let halting = self.loaded.replay.past().unaccounted().iter().cloned().collect();
        let entries = if args.entries.is_empty() { halting } else { args.entries.clone() };
        fill.list("entries", &entries);
        fill.text("reason", args.reason.as_deref());
    }

    /// Returns the exception with the values common to all failures of a report; placeholders stand for the
    /// others.
    pub(super) fn given(&self, args: &Args) -> Result<Exception, CommandError> {
        let mut fill = Fill::new(Kind::Exception);
        self.common(&mut fill, args, self.context.now()?)?;
        fill.text("workflow", Some(args.workflow.as_ref().map_or("unnamed", WorkflowName::as_str)));
        fill.text("summary", Some("its own"));
        fill.text("root_cause", args.root_causes.first().map(RootCause::as_str));
        let draft = Draft::read(fill.template().as_bytes(), Kind::Exception);
        match draft.map_err(|error| of_options(&error))?.body {
            Body::Exception(exception) => Ok(std::sync::Arc::unwrap_or_clone(exception)),
            other => Err(CommandError::usage(format!("a {} is not an exception", other.kind()))),
        }
    }
}
