//! The results of deployments.

use crate::record::kind::outcome::DeploymentResult;
use crate::state::fold::State;
use crate::state::item::{Delivered, DeliveredOutcome, Deployment, OutcomeItem, PlanItem};
use crate::value::{Target, Time};
use crate::verify::Unreadable;

impl State {
    /// Returns the latest outcome of a deployment.
    pub fn outcome_of(&self, deployment: &Deployment) -> Option<&OutcomeItem> {
        self.outcomes.at(deployment.outcome?)
    }

    /// Returns the last rehearsal of a plan at `now`. A successful rehearsal counts once it is over and dated no later
    /// than `now`; a failed one counts at once, whatever its date.
    pub fn last_rehearsal(&self, plan: &PlanItem, now: Time) -> Option<&OutcomeItem> {
        let counts = |outcome: &&OutcomeItem| {
            let failed = outcome.says.result == DeploymentResult::RehearsalFailed;
            let is_over = outcome.says.ended_at <= now && outcome.created_at <= now;
            outcome.says.of == plan.id && (failed || is_over)
        };
        self.outcomes.iter().rev().find(counts)
    }

    /// Returns the results of those expansions of a target that the gate allowed from `since` to `now`.
    ///
    /// # Errors
    ///
    /// If a part of the cache cannot be read.
    pub fn delivery(&self, target: &Target, since: Time, now: Time) -> Result<Delivery, Unreadable> {
        let mut delivery = Delivery::default();
        let all = self.delivered_to(target)?;
        let is_asked = |one: &&Delivered| one.is_allowed_expansion && since <= one.at && one.at <= now;
        for one in all.iter().filter(is_asked) {
            let Some(outcome) = one.outcome.filter(|outcome| outcome.created_at <= now) else {
                delivery.unknown += 1;
                continue;
            };
            match outcome.result {
                DeploymentResult::NeverStarted
                | DeploymentResult::Rehearsed
                | DeploymentResult::RehearsalFailed => {}
                DeploymentResult::Succeeded => delivery.succeeded += 1,
                DeploymentResult::Failed | DeploymentResult::RolledBack => {
                    delivery.failed += 1;
                    delivery.restored.extend(restored_after(one.position, &outcome, &all, now));
                }
            }
        }
        delivery.restored.sort_unstable();
        Ok(delivery)
    }

    /// Returns the decisions about a target, by position: those that the state holds, and those that it leaves out but
    /// the reports need.
    fn delivered_to(&self, target: &Target) -> Result<Vec<Delivered>, Unreadable> {
        let held = self.deployments.iter().filter(|one| one.target == *target);
        let held = held.map(|one| Delivered::new(one, self.outcome_of(one)));
        let left_out = self.left_out.as_ref().is_some_and(|left_out| left_out.has_deployments_to(target));
        let reported = match &self.aside {
            _ if !left_out => Vec::new(),
            Some(store) => store.delivered(target)?,
            None => return Err(Unreadable::LookUp),
        };
        let mut all: Vec<Delivered> = held.chain(reported).collect();
        all.sort_by_key(|one| one.position);
        Ok(all)
    }
}

/// Returns the seconds from the beginning of a failed deployment until service was restored. If the deployment was
/// rolled back, the rollback restored it. Otherwise the next allowed deployment after `position` that succeeded did.
/// Returns `None` if there is no such deployment, or if it ended before the failed one began.
fn restored_after(position: u64, failed: &DeliveredOutcome, all: &[Delivered], now: Time) -> Option<i64> {
    let began = failed.started_at;
    if failed.result == DeploymentResult::RolledBack {
        return Some(failed.ended_at.since(began));
    }
    let later = all.iter().filter(|one| one.position > position && one.is_allowed && one.at <= now);
    let mut successes = later
        .filter_map(|one| one.outcome)
        .filter(|outcome| outcome.result == DeploymentResult::Succeeded && outcome.created_at <= now);
    successes.next().map(|outcome| outcome.ended_at.since(began)).filter(|seconds| *seconds >= 0)
}

/// The results of deployments of a target, from which the change failure rate and the time to restore are
/// computed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// The number of expansions that succeeded.
    pub succeeded: u64,
    /// The number of expansions that failed or were rolled back.
    pub failed: u64,
    /// The number of expansions without an outcome.
    pub unknown: u64,
    /// The seconds it took to restore service after each failure, shortest first; failures that are not
    /// restored yet are left out.
    pub restored: Vec<i64>,
}

impl Delivery {
    /// Returns the percentage of expansions that failed; `None` if no result is known.
    pub fn change_failure_rate(&self) -> Option<f64> {
        let known = self.succeeded + self.failed;
        #[expect(clippy::cast_precision_loss, reason = "counts of deployments are small")]
        let rate = |known: u64| self.failed as f64 * 100.0 / known as f64;
        (known > 0).then(|| rate(known))
    }

    /// Returns the median time to restore, in seconds; `None` if no failure is restored yet. If there are two middle
    /// values, this is the smaller one.
    pub fn time_to_restore(&self) -> Option<i64> {
        self.restored.get(self.restored.len().checked_sub(1)? / 2).copied()
    }
}
