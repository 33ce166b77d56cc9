//! What `record release` and `record outcome` take: a deployment before it, and what became of it.

use super::error::CommandError;
use super::fill::Fill;
use super::gate::artifact;
use super::record::Recording;
use crate::ledger::find;
use crate::record::kind::outcome::Became;
use crate::value::{Ascii, CommitId, Decimal, Duration, IdPrefix, RecordId, Target, Time};

/// Options of releases and outcomes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of releases and outcomes")]
pub(crate) struct Options {
    /// For an outcome: the receipt of the deployment, or the plan that was rehearsed; at least 4 digits of its id
    #[arg(long, value_name = "ID")]
    of: Option<IdPrefix>,
    /// For an outcome: what became of it
    #[arg(long)]
    result: Option<Became>,
    /// For an outcome: when it began [default: now]
    #[arg(long, value_name = "TIME")]
    started_at: Option<Time>,
    /// For an outcome: when it was over [default: now]
    #[arg(long, value_name = "TIME")]
    ended_at: Option<Time>,
    /// For an outcome: what was measured, METRIC=VALUE; may be given more than once
    #[arg(long = "measured", value_name = "METRIC=VALUE", value_parser = measured)]
    measured: Vec<(Ascii, Decimal)>,
    /// For an outcome: the exception that came of it; for a release: one that it accepts, may be given more than once
    #[arg(long = "exception", value_name = "ID")]
    exceptions: Vec<IdPrefix>,
    /// For a release: accept every live override and every repeating pattern of the target
    #[arg(long)]
    accept_all: bool,
    /// For a release: a file that was built from the commit; may be given more than once
    #[arg(long = "artifact", value_name = "FILE")]
    artifacts: Vec<std::path::PathBuf>,
}

fn measured(text: &str) -> Result<(Ascii, Decimal), String> {
    let (metric, value) = text.rsplit_once('=').ok_or("expected METRIC=VALUE")?;
    let metric = metric.parse().map_err(|error| format!("{error}"))?;
    Ok((metric, value.parse().map_err(|error| format!("{error}"))?))
}

impl Recording<'_> {
    /// The template of an outcome.
    pub(super) fn outcome(&self, mut fill: Fill, it: &Options, now: Time) -> Result<String, CommandError> {
        let of = it.of.as_ref().map(|id| find(self.loaded, id)).transpose()?;
        fill.text("of", of.map(|id| id.to_string()).as_deref());
        fill.text("result", it.result.map(Became::as_str));
        let began = it.started_at.or(it.ended_at).unwrap_or(now);
        fill.raw("started_at", Some(began.to_string()));
        fill.raw("ended_at", Some(it.ended_at.unwrap_or(now.max(began)).to_string()));
        let exception = it.exceptions.first().map(|id| find(self.loaded, id)).transpose()?;
        fill.text("exception", exception.map(|id| id.to_string()).as_deref());
        let measured = it.measured.iter().map(|(metric, value)| {
            format!(
                "\n[[outcome.measured]]\nmetric = {}\nvalue = \"{value}\"\n",
                super::fill::quote(metric.as_str())
            )
        });
        Ok(fill.template() + &measured.collect::<String>())
    }

    /// The template of a release of a commit to the one target that is meant.
    pub(super) fn release(
        &self,
        mut fill: Fill,
        it: &Options,
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
            it.exceptions.iter().map(|id| find(self.loaded, id)).collect::<Result<_, _>>()?;
        if let (Some(state), Some(target), Some(commit)) = (self.state, &target, &commit) {
            let plan = state.plan_in_force(target, commit, now).map(|plan| plan.id.to_string());
            fill.text("rollback_plan", plan.as_deref());
            if it.accept_all {
                accepted.extend(state.to_accept(target, now));
            }
        }
        accepted.sort_unstable();
        accepted.dedup();
        fill.list("exceptions", &accepted);
        let built = it.artifacts.iter().map(|path| artifact(path)).collect::<Result<Vec<_>, _>>()?;
        let built = built.iter().map(|it| {
            let name = super::fill::quote(it.name.as_str());
            format!("\n[[release.artifact]]\nname = {name}\nsha256 = \"{}\"\n", it.sha256)
        });
        Ok(fill.template() + &built.collect::<String>())
    }
}
