//! Makes a state live: decides what is kept.

use std::collections::BTreeSet;

use super::components::Components;
use super::left_out::{LeavingOut, LeftOutName};
use crate::record::kind::policy::TargetRules;
use crate::record::kind::review::Judgement;
use crate::record::kind::triage::Triage;
use crate::state::State;
use crate::state::ask::ReviewStanding;
use crate::state::item::{Cause, ExceptionItem, RedesignItem};
use crate::state::pattern::PatternName;
use crate::value::{Duration, RecordId, Time};
use crate::verify::Past;

/// What is kept, as far as it is decided.
struct Kept {
    /// The time from which on the live state answers.
    since: Time,
    /// What is newer is kept in any case.
    recent: Time,
    patterns: BTreeSet<PatternName>,
    /// Records that others which are kept look up.
    looked_up: BTreeSet<RecordId>,
}

impl State {
    /// Returns the live state. What is at most `recent` older than the time from which on it answers is kept in
    /// any case. It is the whole state if the ledger has no time yet.
    #[must_use]
    pub fn live(&self, past: &Past, recent: Duration) -> Self {
        let mut live = self.clone();
        let Some(time) = self.ledger_time else { return live };
        // The times of later records lie at most so far back (ledger-schema/records.md).
        let backdating = self.policy.max_backdating();
        let since = time.minus(backdating).minus(backdating).minus(Duration::of_days(1));
        let mut kept = Kept {
            since,
            recent: since.minus(recent).min(since.minus(self.longest_window())),
            patterns: BTreeSet::new(),
            looked_up: BTreeSet::new(),
        };
        let mut left_out = LeavingOut::new(since, self.checkpoint.size);
        live.close_done(&kept);
        live.leave_out_patterns(past, &mut kept, &mut left_out);
        live.leave_out_deployments(&mut kept, &mut left_out);
        live.leave_out_plans(&kept, &mut left_out);
        live.leave_out_others(&kept, &mut left_out);
        live.leave_out_exceptions(&kept, &mut left_out);
        if let Some(earlier) = &self.left_out {
            left_out.merge(earlier);
        }
        live.left_out = Some(left_out.finish());
        live.asked = std::sync::Arc::default();
        live.places.clear();
        live.place_all();
        live
    }

    /// Takes overrides from the open ones that nothing can be asked about any more: they are over, everything that was
    /// issued for them is gone, and they were reviewed; or they never took effect.
    fn close_done(&mut self, kept: &Kept) {
        let is_done = |item: &ExceptionItem| {
            let end = item.over_at(&self.policy);
            let is_over = end.is_some_and(|end| end <= kept.since) && item.created_at < kept.recent;
            let is_reviewed = || match self.review(item, kept.since) {
                ReviewStanding::NotAsked => !item.may_be_reviewed(&self.policy),
                ReviewStanding::Reviewed => {
                    item.says.reviews.iter().all(|review| review.says.verdict == Judgement::Justified)
                }
                ReviewStanding::Due { .. }
                | ReviewStanding::Overdue { .. }
                | ReviewStanding::FollowUpMissing { .. } => false,
            };
            let is_settled = || {
                item.closed.is_some()
                    && item.pending_credentials(&self.policy, kept.since).is_empty()
                    && is_reviewed()
            };
            is_over && (item.approvals.effect().is_none() || is_settled())
        };
        let done = self.open.iter().filter(|place| self.exceptions.at(**place).is_some_and(is_done));
        let done: BTreeSet<usize> = done.copied().collect();
        self.open.retain(|place| !done.contains(place));
    }

    /// Returns the longest window in which exceptions are counted, under the policy in force.
    fn longest_window(&self) -> Duration {
        let targets = self.policy.targets().iter();
        let windows = targets.map(|rules| self.policy.rules(&rules.target()).recurrence.window);
        let expected = self.policy.policy().into_iter().flat_map(|policy| &policy.expected);
        let windows = windows.chain(expected.map(|entry| entry.window));
        windows.max_by_key(|window| window.seconds()).unwrap_or(Duration::of_days(0))
    }

    /// Whether something is a pattern that still matters: it repeats, had an exception lately, has a failed redesign,
    /// or waits for one.
    fn matters(&self, name: &PatternName, kept: &Kept) -> bool {
        let joined = self.patterns.named(name, &self.policy);
        let groups = joined.groups();
        let newest = groups.iter().filter_map(|(_, _, group)| group.span).map(|(_, last)| last).max();
        let is_open = |target: &TargetRules| {
            let target = target.target();
            let mut marks = groups.iter().filter_map(|(_, _, group)| group.mark(&target));
            marks.any(|mark| !joined.is_resolved(&target, mark, kept.since))
                || joined.resets_on(&target).any(|reset| reset.failure().is_some())
        };
        newest.is_some_and(|newest| kept.recent <= newest) || self.policy.targets().iter().any(is_open)
    }

    /// Returns the patterns that a redesign names.
    fn patterns_named_by(&self, redesign: &RedesignItem) -> impl Iterator<Item = PatternName> {
        let says = &redesign.says;
        let causes = says.root_causes.iter().map(|cause| Cause::Named(cause.clone()));
        causes.map(|cause| PatternName::new(&says.workflow, &cause, &self.policy))
    }

    /// Returns the patterns in which an exception counts.
    pub(super) fn patterns_with(&self, item: &ExceptionItem) -> impl Iterator<Item = PatternName> {
        let parts = item.parts().into_iter();
        parts.map(|(cause, _)| PatternName::new(item.workflow(), &cause, &self.policy))
    }

    /// Returns the patterns that must be kept, and all that are connected with them.
    fn patterns_to_keep(&self, components: &Components, kept: &Kept) -> BTreeSet<PatternName> {
        let mut found: BTreeSet<PatternName> =
            components.patterns().filter(|name| self.matters(name, kept)).cloned().collect();
        let follow_ups: BTreeSet<RecordId> = self.follow_ups().collect();
        let is_open = |redesign: &&RedesignItem| {
            redesign.approvals.effect().is_none()
                || kept.recent <= redesign.created_at
                || follow_ups.contains(&redesign.id)
                || !redesign.targets.iter().all(|target| self.is_settled(redesign, &target, kept.since))
        };
        found.extend(
            self.redesigns.iter().filter(is_open).flat_map(|redesign| self.patterns_named_by(redesign)),
        );
        for triage in self.open_triages() {
            found.extend(self.patterns_triaged_by(&triage.says.triage));
        }
        components.connected_with(&found)
    }

    /// Returns the patterns that a triage can change: those in which its exceptions count, would count without any
    /// triage, or will.
    pub(super) fn patterns_triaged_by(&self, triage: &Triage) -> Vec<PatternName> {
        let mut found = Vec::new();
        for item in triage.of.iter().filter_map(|id| self.exception(id)) {
            let exception = &item.says.exception;
            let own = exception.root_cause.clone().map(Cause::Named);
            let causes = [own, triage.root_cause.clone().map(Cause::Named)].into_iter().flatten();
            let causes: Vec<Cause> = causes.chain([Cause::Untriaged(exception.symptom.clone())]).collect();
            let workflows = [Some(&exception.workflow), Some(item.workflow()), triage.workflow.as_ref()];
            for workflow in workflows.into_iter().flatten() {
                found.extend(causes.iter().map(|cause| PatternName::new(workflow, cause, &self.policy)));
            }
            found.extend(self.patterns_with(item));
        }
        found
    }

    /// Returns the records that follow up reviews of open overrides.
    fn follow_ups(&self) -> impl Iterator<Item = RecordId> {
        self.open_overrides().flat_map(|item| &item.says.reviews).flat_map(|review| review.follow_up.clone())
    }

    fn leave_out_patterns(&mut self, past: &Past, kept: &mut Kept, left_out: &mut LeavingOut) {
        let redesigns = self.redesigns.iter().map(|redesign| &*redesign.says);
        let components = Components::new(&self.patterns, redesigns, &self.policy, past);
        kept.patterns = self.patterns_to_keep(&components, kept);
        for name in components.patterns().filter(|name| !kept.patterns.contains(*name)) {
            left_out.name(&LeftOutName::Pattern(name));
        }
        kept.looked_up.extend(self.follow_ups());
        let (patterns, policy) = (&kept.patterns, self.policy.clone());
        let is_kept = |redesign: &RedesignItem| {
            let mut causes = redesign.says.root_causes.iter().map(|cause| Cause::Named(cause.clone()));
            causes.any(|cause| patterns.contains(&PatternName::new(&redesign.says.workflow, &cause, &policy)))
        };
        self.redesigns.keep(|_, redesign| {
            let keeps = is_kept(redesign);
            if !keeps {
                left_out.record(redesign.position);
                for cause in &redesign.says.root_causes {
                    left_out.name(&LeftOutName::Redesigned(policy.cause(cause)));
                }
            }
            keeps
        });
        self.patterns.keep(patterns, &policy, kept.recent);
    }

    fn leave_out_deployments(&mut self, kept: &mut Kept, left_out: &mut LeavingOut) {
        let redesigns = self.redesigns.iter().map(|redesign| redesign.id).collect();
        let keeps = self.deployments_to_keep(kept.recent, &redesigns);
        let of_kept = self.deployments.iter().filter(|one| keeps.contains(&one.id));
        kept.looked_up.extend(of_kept.filter_map(|one| one.says.rollback_plan));
        self.deployments.keep(|_, one| {
            let is_kept = keeps.contains(&one.id);
            if !is_kept {
                left_out.deployment(one);
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
            // A plan may be superseded by one that is over.
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

    fn leave_out_exceptions(&mut self, kept: &Kept, left_out: &mut LeavingOut) {
        let granted: BTreeSet<usize> = self.lasting_grants(kept.since).collect();
        let marks: BTreeSet<u64> = self.patterns.positions_of_marks().collect();
        let counts = |item: &ExceptionItem| !item.is_struck() && !item.says.counting.is_apart;
        let is_kept = |place: usize, item: &ExceptionItem| {
            kept.recent <= item.created_at
                || self.open.contains(&place)
                || granted.contains(&place)
                || marks.contains(&item.position)
                || kept.looked_up.contains(&item.id)
                || counts(item) && self.patterns_with(item).any(|name| kept.patterns.contains(&name))
        };
        let keeps: BTreeSet<usize> = self
            .exceptions
            .placed()
            .filter(|(place, item)| is_kept(*place, item))
            .map(|(place, _)| place)
            .collect();
        self.exceptions.keep(|place, item| {
            let is_kept = keeps.contains(&place);
            if !is_kept {
                left_out.record(item.position);
            }
            is_kept
        });
        let scopes = self.exceptions.iter().flat_map(ExceptionItem::scopes).collect();
        self.patterns.scopes.keep(&scopes);
    }
}
