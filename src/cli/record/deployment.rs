//! The templates of `record release` and `record outcome`.

use super::args::Options;
use super::fill::Fill;
use super::recording::Recording;
use crate::cli::error::CommandError;
use crate::cli::gate::artifact;
use crate::ledger::find;
use crate::record::kind::outcome::DeploymentResult;
use crate::value::{CommitId, Duration, RecordId, Target, Time};

impl Recording<'_> {
    /// Returns the template of an outcome, filled in from the options.
    pub(super) fn outcome(
        &self,
        mut fill: Fill,
        options: &Options,
        now: Time,
    ) -> Result<String, CommandError> {
        let of = options.of.as_ref().map(|id| find(self.loaded, id)).transpose()?;
        fill.text("of", of.map(|id| id.to_string()).as_deref());
        fill.text("result", options.result.map(DeploymentResult::as_str));
        let began = options.started_at.or(options.ended_at).unwrap_or(now);
        fill.raw("started_at", Some(began.to_string()));
        fill.raw("ended_at", Some(options.ended_at.unwrap_or(now.max(began)).to_string()));
        let exception = options.exceptions.first().map(|id| find(self.loaded, id)).transpose()?;
        fill.text("exception", exception.map(|id| id.to_string()).as_deref());
        let measured = options.measured.iter().map(|(metric, value)| {
            format!(
                "\n[[outcome.measured]]\nmetric = {}\nvalue = \"{value}\"\n",
                super::fill::quote(metric.as_str())
            )
        });
        Ok(fill.template() + &measured.collect::<String>())
    }

    /// Returns the template of a release of a commit to a target, filled in from the options and the ledger.
    pub(super) fn release(
        &self,
        mut fill: Fill,
        options: &Options,
        commit: Option<CommitId>,
        target: Option<Target>,
        (length, now): (Option<Duration>, Time),
    ) -> Result<String, CommandError> {
        if let Some(target) = &target {
            fill.text("service", Some(target.service.as_str()));
            fill.text("environment", Some(target.environment.as_str()));
        }
        fill.text("commit", commit.as_ref().map(CommitId::as_str));
        let length = length.unwrap_or(Duration::of_days(7));
        fill.raw("expires_at", Some(now.plus(length).to_string()));
        let mut accepted: Vec<RecordId> =
            options.exceptions.iter().map(|id| find(self.loaded, id)).collect::<Result<_, _>>()?;
        if let (Some(state), Some(target), Some(commit)) = (self.state, &target, &commit) {
            let plan = state.plan_in_force(target, commit, now).map(|plan| plan.id.to_string());
            fill.text("rollback_plan", plan.as_deref());
            if options.accept_all {
                accepted.extend(state.to_accept(target, now));
            }
        }
        accepted.sort_unstable();
        accepted.dedup();
        fill.list("exceptions", &accepted);
        let built = options.artifacts.iter().map(|path| artifact(path)).collect::<Result<Vec<_>, _>>()?;
        let built = built.iter().map(|artifact| {
            let name = super::fill::quote(artifact.name.as_str());
            format!("\n[[release.artifact]]\nname = {name}\nsha256 = \"{}\"\n", artifact.sha256)
        });
        Ok(fill.template() + &built.collect::<String>())
    }
}
