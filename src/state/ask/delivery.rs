//! How deployments went.

use crate::record::kind::outcome::DeploymentResult;
use crate::state::fold::State;
use crate::state::item::{Deployment, OutcomeItem, PlanItem};
use crate::value::{Target, Time};

impl State {
    /// What was last said of a deployment.
    pub fn outcome_of(&self, deployment: &Deployment) -> Option<&OutcomeItem> {
        self.outcomes.get(deployment.outcome?)
    }

    /// Whether a deployment was ever said not to have worked, or never to have begun: that it was taken back
    /// afterwards does not make it one that ran well.
    pub fn has_failed(&self, deployment: &Deployment) -> bool {
        deployment.failed || deployment.never_started
    }

    /// Whether a deployment was ever said never to have begun.
    pub fn never_started(&self, deployment: &Deployment) -> bool {
        deployment.never_started
    }

    /// The last rehearsal of a plan at a time: one that worked counts once it is over, one that failed at once,
    /// whatever its date.
    pub fn last_rehearsal(&self, plan: &PlanItem, now: Time) -> Option<&OutcomeItem> {
        let counts = |it: &&OutcomeItem| {
            let failed = it.says.result == DeploymentResult::RehearsalFailed;
            it.says.of == plan.id && (failed || (it.says.ended_at <= now && it.created_at <= now))
        };
        let rehearsals = self.index.rehearsals.iter().rev().filter_map(|place| self.outcomes.get(*place));
        rehearsals.into_iter().find(counts)
    }

    /// How deployments of a target went, of those that began within a time before now.
    pub fn delivery(&self, target: &Target, since: Time, now: Time) -> Delivery {
        let mut delivery = Delivery::default();
        let of_target = self.deployments_since(since).filter(|it| {
            it.target == *target && it.is_allowed_expansion() && since <= it.says.at && it.says.at <= now
        });
        for deployment in of_target {
            let Some(outcome) = self.outcome_of(deployment).filter(|it| it.created_at <= now) else {
                delivery.unknown += 1;
                continue;
            };
            match outcome.says.result {
                DeploymentResult::NeverStarted
                | DeploymentResult::Rehearsed
                | DeploymentResult::RehearsalFailed => {}
                DeploymentResult::Succeeded => delivery.succeeded += 1,
                DeploymentResult::Failed | DeploymentResult::RolledBack => {
                    delivery.failed += 1;
                    delivery.restored.extend(self.restored_after(deployment, outcome, now));
                }
            }
        }
        delivery.restored.sort_unstable();
        delivery
    }

    /// Seconds from the beginning of a deployment that failed to the end of what put it right: its own rolling
    /// back, else the next deployment of the target that succeeded.
    fn restored_after(&self, failed: &Deployment, outcome: &OutcomeItem, now: Time) -> Option<i64> {
        let began = outcome.says.started_at;
        if outcome.says.result == DeploymentResult::RolledBack {
            return Some(outcome.says.ended_at.since(began));
        }
        let later = self.deployments_since(failed.says.at).filter(|it| {
            it.target == failed.target
                && it.position > failed.position
                && it.is_allowed()
                && it.says.at <= now
        });
        let good = |it: &Deployment| {
            self.outcome_of(it)
                .filter(|it| it.says.result == DeploymentResult::Succeeded && it.created_at <= now)
        };
        later.filter_map(good).map(|it| it.says.ended_at.since(began)).last().filter(|seconds| *seconds >= 0)
    }
}

/// How deployments of a target went: what the change failure rate and the time to restore are counted from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Deployments forward that are known to run.
    pub succeeded: u64,
    /// Deployments forward that failed, or were taken back.
    pub failed: u64,
    /// Deployments forward of which nobody said what became.
    pub unknown: u64,
    /// Seconds it took to restore service after each that failed, as far as it is restored; shortest first.
    pub restored: Vec<i64>,
}

impl Delivery {
    /// The part of deployments forward that failed, in percent; none where nothing is known.
    pub fn change_failure_rate(&self) -> Option<f64> {
        let known = self.succeeded + self.failed;
        #[expect(clippy::cast_precision_loss, reason = "counts of deployments are small")]
        let rate = |known: u64| self.failed as f64 * 100.0 / known as f64;
        (known > 0).then(|| rate(known))
    }

    /// The median time to restore, in seconds.
    pub fn time_to_restore(&self) -> Option<i64> {
        self.restored.get(self.restored.len().checked_sub(1)? / 2).copied()
    }
}
