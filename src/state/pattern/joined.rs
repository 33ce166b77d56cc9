//! What makes one pattern: the exceptions of a cause in one workflow; or in every workflow, where the policy shares
//! the cause.

use std::collections::BTreeSet;

use super::group::WrittenGroup;
use super::name::{PatternName, is_shared};
use super::patterns::Patterns;
use super::reset::Reset;
use super::workflow::{Approved, ApprovedOf, Workflow};
use crate::policy;
use crate::state::item::{Cause, Counts, When};
use crate::value::{RootCause, Target, Time, WorkflowName};

/// The workflows whose exceptions of a cause are one pattern, under a policy.
pub(in crate::state) struct Joined<'a> {
    cause: Counts<'a>,
    policy: &'a policy::InForce,
    workflows: Vec<(&'a WorkflowName, &'a Workflow)>,
    used: &'a [Approved],
}

impl Patterns {
    /// Returns what is one pattern with the exceptions of a cause in a workflow.
    pub(in crate::state) fn joined<'a>(
        &'a self,
        workflow: &WorkflowName,
        cause: Counts<'a>,
        policy: &'a policy::InForce,
    ) -> Joined<'a> {
        let workflows = if is_shared(cause, policy) {
            self.workflows.iter().collect()
        } else {
            self.workflows.get_key_value(workflow).into_iter().collect()
        };
        Joined { cause, policy, workflows, used: &self.used }
    }

    /// Returns what is one pattern, by its name.
    pub(in crate::state) fn named<'a>(
        &'a self,
        pattern: &'a PatternName,
        policy: &'a policy::InForce,
    ) -> Joined<'a> {
        let workflows = match &pattern.workflow {
            None => self.workflows.iter().collect(),
            Some(workflow) => self.workflows.get_key_value(workflow).into_iter().collect(),
        };
        Joined { cause: pattern.cause.under(policy), policy, workflows, used: &self.used }
    }
}

impl<'a> Joined<'a> {
    /// Returns the groups of the pattern, with their workflow, and their cause as written.
    pub(in crate::state) fn groups(&self) -> Vec<WrittenGroup<'a>> {
        let written: Vec<Cause> = match self.cause {
            Counts::Untriaged(_) => vec![self.cause.into()],
            Counts::Named(named) => {
                self.policy.written_as(named).into_iter().cloned().map(Cause::Named).collect()
            }
        };
        let mut found = Vec::new();
        for (workflow, of) in &self.workflows {
            let groups = written.iter().filter_map(|cause| of.groups.get_key_value(cause));
            found.extend(groups.map(|(cause, group)| (*workflow, cause, group)));
        }
        found
    }

    /// Returns the redesigns of the pattern that took effect on a target.
    pub(in crate::state) fn resets_on(&self, target: &Target) -> impl Iterator<Item = &'a Reset> {
        let resets = self.workflows.iter().filter_map(move |(_, of)| of.resets.get(target)).flatten();
        resets.filter(|reset| reset.is_of(self.cause, self.policy))
    }

    /// Returns the targets on which a redesign of the pattern took effect behind a position, and before an exception.
    pub(in crate::state) fn targets_reset(&self, behind: u64, before: When) -> BTreeSet<Target> {
        let resets = self.workflows.iter().flat_map(|(_, of)| &of.resets);
        let is_between = |reset: &Reset| {
            reset.position > behind && reset.is_before(before) && reset.is_of(self.cause, self.policy)
        };
        let found = resets.filter(|(_, resets)| resets.iter().any(is_between));
        found.map(|(target, _)| target.clone()).collect()
    }

    /// Returns the last redesign that took effect on a target before an exception and did not fail.
    pub(in crate::state) fn last_reset(&self, target: &Target, before: When) -> Option<&'a Reset> {
        let effective = |reset: &&Reset| reset.failed_at.is_none() && reset.is_before(before);
        self.resets_on(target).filter(effective).max_by_key(|reset| reset.position)
    }

    /// Whether a redesign took effect on a target after a mark, and did not fail.
    pub(in crate::state) fn is_resolved(&self, target: &Target, mark: u64, now: Time) -> bool {
        let after = |reset: &Reset| reset.failed_at.is_none() && reset.position > mark && reset.at <= now;
        self.resets_on(target).any(after)
    }

    /// Returns the approved redesigns of the pattern, in the order of their approval.
    pub(in crate::state) fn approved(&self, asked: ApprovedOf) -> Vec<&'a Approved> {
        let Counts::Named(cause) = self.cause else { return Vec::new() };
        let is_same = |named: &RootCause| self.policy.cause(named) == self.policy.cause(cause);
        let own = self.workflows.iter().flat_map(|(_, of)| &of.approved);
        let used = self.used.iter().filter(|_| asked == ApprovedOf::EverJoined);
        let mut found: Vec<&Approved> =
            own.chain(used).filter(|approved| approved.causes.iter().any(is_same)).collect();
        found.sort_by_key(|approved| (approved.position, approved.place));
        found
    }
}
