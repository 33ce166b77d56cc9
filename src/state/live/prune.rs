//! Makes a state live: decides what is kept.

use std::collections::BTreeSet;

use super::kept::{Kept, KeptFor};
use super::left_out::{LeavingOut, LeftOutName};
use super::set_aside::PartedState;
use crate::record::kind::policy::TargetRules;
use crate::state::State;
use crate::state::item::RedesignItem;
use crate::value::{Duration, RecordId};
use crate::verify::{Past, Unreadable};

impl State {
    /// Returns the live state: what can still matter, and what is kept in any case because of `kept_for`. If the ledger
    /// has no ledger time yet, nothing is left out.
    ///
    /// # Errors
    ///
    /// If the exceptions that were set aside cannot be read, or what is stored about the records that were left out.
    pub fn live(&self, past: &Past, kept_for: KeptFor) -> Result<PartedState, Unreadable> {
        let mut live = self.clone().complete()?;
        let Some(time) = self.ledger_time else {
            return Ok(PartedState::undivided(live));
        };
        // A later record is dated at most `max_backdating` before ledger time, and the time that counts lies at most
        // another `max_backdating` before its date (ledger-schema/record.md, deployment.md).
        let backdating = self.policy.max_backdating();
        let since = time.minus(backdating).minus(backdating).minus(Duration::of_days(1));
        // The reports also use dates, and these may lie before the times that count.
        let recent = since.minus(kept_for.recent).minus(backdating);
        let mut kept = Kept {
            since,
            recent,
            counted: recent.min(since.minus(self.recurrence_window()).minus(backdating)),
            expected: since.minus(self.expected_window()).minus(backdating),
            reported: since.minus(kept_for.reported),
            patterns: BTreeSet::new(),
            looked_up: BTreeSet::new(),
        };
        let mut left_out = LeavingOut::new(since, kept.reported, self.checkpoint.size);
        live.unheld.keep_since(kept.reported);
        live.close_done(&kept);
        let dormancy = live.leave_out_patterns(past, &mut kept, &mut left_out);
        live.leave_out_deployments(&mut kept, &mut left_out);
        live.leave_out_plans(&kept, &mut left_out);
        live.leave_out_others(&kept, &mut left_out);
        let held = live.leave_out_exceptions(&kept, &mut left_out);
        if let (Some(earlier), Some(store)) = (&self.left_out, &self.aside) {
            left_out.merge(earlier, store.as_ref())?;
        }
        let (left_out, aside) = left_out.finish();
        live.left_out = Some(left_out);
        live.asked = std::sync::Arc::default();
        Ok(PartedState::new(live, &held, kept.reported, &dormancy, aside))
    }

    /// Returns the longest window in which the exceptions of a pattern are counted, under the policy in force.
    fn recurrence_window(&self) -> Duration {
        let targets = self.policy.targets().iter().map(|rules| self.policy.rules(&rules.target()));
        // The reports also count exceptions on targets that the policy does not name.
        longest(targets.chain([self.policy.general_rules()]).map(|rules| rules.recurrence.window))
    }

    /// Returns the longest window in which expected exceptions are counted, under the policy in force.
    fn expected_window(&self) -> Duration {
        let expected = self.policy.policy().into_iter().flat_map(|policy| &policy.expected);
        longest(expected.map(|entry| entry.window))
    }

    fn leave_out_deployments(&mut self, kept: &mut Kept, left_out: &mut LeavingOut) {
        // If a redesign has a commit of another repository, only the deployments that list the redesign tell whether
        // that commit was deployed.
        let is_elsewhere =
            |redesign: &&RedesignItem| redesign.says.commit.iter().any(|commit| commit.repository.is_some());
        let redesigns = self.redesigns.iter().filter(is_elsewhere).map(|redesign| redesign.id).collect();
        let keeps = self.deployments_to_keep(kept.recent, &redesigns);
        let of_kept = self.deployments.iter().filter(|one| keeps.contains(&one.id));
        kept.looked_up.extend(of_kept.filter_map(|one| one.says.rollback_plan));
        let open: BTreeSet<RecordId> = self.open_overrides().map(|item| item.id).collect();
        self.unheld.used.retain(|id| open.contains(id));
        let (outcomes, unheld) = (&self.outcomes, &mut self.unheld);
        self.deployments.keep(|_, one| {
            let is_kept = keeps.contains(&one.id);
            if !is_kept {
                left_out.deployment(one, one.outcome.and_then(|place| outcomes.at(place)));
                unheld.used.extend(open.iter().filter(|id| one.uses(id)));
            }
            is_kept
        });
    }

    fn leave_out_plans(&mut self, kept: &Kept, left_out: &mut LeavingOut) {
        let targets = self.policy.targets().iter().map(TargetRules::target);
        let newest = targets.filter_map(|target| self.plans.iter().rev().find(|plan| plan.touches(&target)));
        let newest: BTreeSet<RecordId> = newest.map(|plan| plan.id).collect();
        let own = self.plans.iter().filter(|plan| {
            let is_open = plan.closed.is_none() && kept.since < plan.says.expires_at;
            is_open
                || kept.recent <= plan.created_at
                || newest.contains(&plan.id)
                || kept.looked_up.contains(&plan.id)
        });
        let own: BTreeSet<RecordId> = own.map(|plan| plan.id).collect();
        self.plans.keep(|_, plan| {
            // A plan that supersedes a kept plan is kept too, even if it is over.
            let is_kept =
                own.contains(&plan.id) || plan.says.supersedes.is_some_and(|before| own.contains(&before));
            if !is_kept {
                left_out.record(plan.position);
            }
            is_kept
        });
    }

    /// Leaves out outcomes, releases, pauses and triages.
    fn leave_out_others(&mut self, kept: &Kept, left_out: &mut LeavingOut) {
        let deployments = self.deployments.iter().map(|one| one.id);
        let of: BTreeSet<RecordId> = deployments.chain(self.plans.iter().map(|plan| plan.id)).collect();
        self.outcomes.keep(|_, outcome| {
            let is_kept = of.contains(&outcome.says.of);
            if !is_kept {
                left_out.record(outcome.position);
            }
            is_kept
        });
        let own = self.releases.iter().filter(|release| {
            kept.since < release.says.expires_at
                || kept.recent <= release.created_at
                || kept.looked_up.contains(&release.id)
        });
        let commits: BTreeSet<_> = own.map(|release| release.says.commit.clone()).collect();
        self.releases.keep(|_, release| {
            let is_kept = commits.contains(&release.says.commit);
            if !is_kept {
                left_out.record(release.position);
                left_out.name(&LeftOutName::Commit(&release.says.commit));
            }
            is_kept
        });
        self.pauses.keep(|_, pause| {
            let is_kept = pause.ends().is_none_or(|end| kept.since < end) || kept.recent <= pause.created_at;
            if !is_kept {
                left_out.record(pause.position);
            }
            is_kept
        });
        self.triages.keep(|_, triage| {
            let is_kept = triage.approvals.effect().is_none()
                || kept.recent <= triage.created_at
                || kept.looked_up.contains(&triage.id);
            if !is_kept {
                left_out.record(triage.position);
            }
            is_kept
        });
    }
}

fn longest(windows: impl Iterator<Item = Duration>) -> Duration {
    windows.max_by_key(|window| window.seconds()).unwrap_or(Duration::of_days(0))
}
