//! What makes one pattern: the exceptions of a cause in one workflow; or in every workflow, where the policy shares
//! the cause.

use std::collections::{BTreeMap, BTreeSet};

use super::group::WrittenGroup;
use super::name::{PatternName, is_shared};
use super::patterns::Patterns;
use super::reset::Reset;
use super::workflow::{Approved, ApprovedOf, Workflow};
use crate::policy;
use crate::state::item::{Cause, Counts, When};
use crate::value::{RootCause, Target, Time, WorkflowName};

/// What is one pattern, under a policy.
pub(in crate::state) struct Joined<'a> {
    patterns: &'a Patterns,
    /// `None` where the cause is shared by all workflows.
    workflow: Option<&'a WorkflowName>,
    cause: Counts<'a>,
    policy: &'a policy::InForce,
}

impl Patterns {
    /// Returns what is one pattern with the exceptions of a cause in a workflow.
    pub(in crate::state) fn joined<'a>(
        &'a self,
        workflow: &'a WorkflowName,
        cause: Counts<'a>,
        policy: &'a policy::InForce,
    ) -> Joined<'a> {
        let workflow = (!is_shared(cause, policy)).then_some(workflow);
        Joined { patterns: self, workflow, cause, policy }
    }

    /// Returns what is one pattern, by its name.
    pub(in crate::state) fn named<'a>(
        &'a self,
        pattern: &'a PatternName,
        policy: &'a policy::InForce,
    ) -> Joined<'a> {
        let cause = pattern.cause.under(policy);
        Joined { patterns: self, workflow: pattern.workflow.as_ref(), cause, policy }
    }
}

impl<'a> Joined<'a> {
    /// Returns the groups of the pattern, by workflow, with their cause as written.
    pub(in crate::state) fn groups(&self) -> Vec<WrittenGroup<'a>> {
        let written: Vec<Cause> = match self.cause {
            Counts::Untriaged(_) => vec![self.cause.into()],
            Counts::Named(named) => {
                self.policy.written_as(named).into_iter().cloned().map(Cause::Named).collect()
            }
        };
        let mut found = Vec::new();
        for cause in &written {
            let known = self.patterns.with_cause.get(cause).filter(|_| self.workflow.is_none());
            for workflow in known.into_iter().flatten().chain(self.workflow) {
                let of = self.patterns.workflows.get_key_value(workflow);
                let group = of.and_then(|(name, of)| Some((name, of.groups.get_key_value(cause)?)));
                found.extend(group.map(|(name, (cause, group))| (name, cause, group)));
            }
        }
        found.sort_by_key(|(workflow, cause, _)| (*workflow, *cause));
        found
    }

    /// Returns the workflows of the pattern of which a redesign was approved.
    fn redesigned(&self) -> impl Iterator<Item = &'a Workflow> {
        let all = self.patterns.redesigned.iter().filter(|_| self.workflow.is_none());
        let workflows = &self.patterns.workflows;
        all.chain(self.workflow).filter_map(|workflow| workflows.get(workflow))
    }

    /// Returns the redesigns of the pattern that took effect on a target.
    pub(in crate::state) fn resets_on(&self, target: &Target) -> impl Iterator<Item = &'a Reset> {
        let resets = self.redesigned().filter_map(move |of| of.resets.get(target)).flatten();
        resets.filter(|reset| reset.is_of(self.cause, self.policy))
    }

    /// Returns the targets on which a redesign of the pattern took effect behind a position, and before an exception.
    pub(in crate::state) fn targets_reset(&self, behind: u64, before: When) -> BTreeSet<Target> {
        let resets = self.redesigned().flat_map(|of| &of.resets);
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
        let own = self.redesigned().flat_map(|of| &of.approved);
        let used = self.patterns.used.iter().filter(|_| asked == ApprovedOf::EverJoined);
        let mut found: Vec<&Approved> =
            own.chain(used).filter(|approved| approved.causes.iter().any(is_same)).collect();
        found.sort_by_key(|approved| (approved.position, approved.place));
        found
    }

    /// Returns for each target the highest position at which one of the groups was found to repeat there.
    pub(in crate::state) fn marks(&self) -> BTreeMap<Target, u64> {
        let mut found: BTreeMap<Target, u64> = BTreeMap::new();
        for (target, position) in self.groups().iter().flat_map(|(_, _, group)| &group.marks) {
            let mark = found.entry(target.clone()).or_insert(*position);
            *mark = (*mark).max(*position);
        }
        found
    }
}
