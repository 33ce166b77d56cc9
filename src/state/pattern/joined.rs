//! [`Joined`]: one pattern under a policy. It is the exceptions of a cause in one workflow, or in every workflow if the
//! policy shares the cause.

use std::collections::{BTreeMap, BTreeSet};

use super::group::WrittenGroup;
use super::mark::Mark;
use super::name::{PatternName, is_shared};
use super::patterns::Patterns;
use super::reset::{Reset, ResetEffect};
use super::workflow::{Approved, ApprovedOf, Workflow};
use crate::policy;
use crate::state::item::{Cause, Counts, When};
use crate::value::{RootCause, Target, Time, WorkflowName};

/// One pattern under a policy, with its groups and redesigns.
pub(in crate::state) struct Joined<'a> {
    patterns: &'a Patterns,
    /// `None` if all workflows share the cause.
    workflow: Option<&'a WorkflowName>,
    cause: Counts<'a>,
    policy: &'a policy::InForce,
}

impl Patterns {
    /// Returns the pattern of a cause in a workflow, or in every workflow if the policy shares the cause.
    pub(in crate::state) fn joined<'a>(
        &'a self,
        workflow: &'a WorkflowName,
        cause: Counts<'a>,
        policy: &'a policy::InForce,
    ) -> Joined<'a> {
        let workflow = (!is_shared(cause, policy)).then_some(workflow);
        Joined { patterns: self, workflow, cause, policy }
    }

    /// Returns the groups of all exceptions that count, with their workflow and their cause as written.
    pub(in crate::state) fn written(&self) -> impl Iterator<Item = WrittenGroup<'_>> {
        let groups = self.workflows.iter();
        groups.flat_map(|(name, of)| of.groups.iter().map(move |(cause, group)| (name, cause, group)))
    }

    /// Returns the pattern with a name.
    pub(in crate::state) fn named<'a>(
        &'a self,
        pattern: &'a PatternName,
        policy: &'a policy::InForce,
    ) -> Joined<'a> {
        let cause = Counts::from(&pattern.cause);
        Joined { patterns: self, workflow: pattern.workflow.as_ref(), cause, policy }
    }
}

impl<'a> Joined<'a> {
    /// Returns the groups of the pattern, by workflow, with their cause as written.
    pub(in crate::state) fn groups(&self) -> Vec<WrittenGroup<'a>> {
        let mut found = Vec::new();
        for (workflow, cause) in self.written() {
            let of = self.patterns.workflows.get_key_value(workflow);
            let group = of.and_then(|(name, of)| Some((name, of.groups.get_key_value(&cause)?)));
            found.extend(group.map(|(name, (cause, group))| (name, cause, group)));
        }
        found.sort_by_key(|(workflow, cause, _)| (*workflow, *cause));
        found
    }

    /// Returns the workflows and causes, as written, that belong to the pattern. They need not have exceptions.
    pub(in crate::state) fn written(&self) -> Vec<(&'a WorkflowName, Cause)> {
        let causes: Vec<Cause> = match self.cause {
            Counts::Untriaged(_) => vec![self.cause.into()],
            Counts::Named(named) => {
                self.policy.written_as(named).into_iter().cloned().map(Cause::Named).collect()
            }
        };
        let mut found = Vec::new();
        for cause in causes {
            let known = self.patterns.with_cause.get(&cause).filter(|_| self.workflow.is_none());
            let workflows = known.into_iter().flatten().chain(self.workflow);
            found.extend(workflows.map(|workflow| (workflow, cause.clone())));
        }
        found
    }

    /// Returns the workflows whose redesigns can be of the pattern: its own or, if the cause is shared, all that have
    /// an approved redesign.
    fn redesigned(&self) -> impl Iterator<Item = &'a Workflow> {
        let all = self.patterns.redesigned.iter().filter(|_| self.workflow.is_none());
        let workflows = &self.patterns.workflows;
        all.chain(self.workflow).filter_map(|workflow| workflows.get(workflow))
    }

    /// Returns the redesigns of the pattern that took effect or failed on a target.
    pub(in crate::state) fn resets_on(&self, target: &Target) -> impl Iterator<Item = &'a Reset> {
        let causes = match self.cause {
            Counts::Untriaged(_) => Vec::new(),
            Counts::Named(cause) => self.policy.written_as(cause),
        };
        self.redesigned().flat_map(move |of| of.resets_of(target, &causes))
    }

    /// Returns the targets on which a redesign of the pattern took effect before an exception, and at a higher position
    /// than `behind`.
    pub(in crate::state) fn targets_reset(&self, behind: u64, before: When) -> BTreeSet<Target> {
        let resets = self.redesigned().flat_map(|of| &of.resets);
        let is_between = |reset: &Reset| {
            let is_there = |effect: ResetEffect| effect.position > behind && effect.is_before(before);
            reset.effect.is_some_and(is_there) && reset.is_of(self.cause, self.policy)
        };
        let found = resets.filter(|(_, resets)| resets.values().any(|reset| is_between(reset)));
        found.map(|(target, _)| target.clone()).collect()
    }

    /// Returns the last effect that a redesign of the pattern had on a target before an exception. Redesigns that
    /// failed there are passed over.
    pub(in crate::state) fn last_reset(&self, target: &Target, before: When) -> Option<ResetEffect> {
        self.sound_on(target).filter(|effect| effect.is_before(before)).max()
    }

    /// Returns the effects that redesigns of the pattern had on a target. Redesigns that failed there are passed over.
    pub(in crate::state) fn sound_on(&self, target: &Target) -> impl Iterator<Item = ResetEffect> {
        self.resets_on(target).filter_map(Reset::sound)
    }

    /// Whether a mark on a target is resolved at `now`: a redesign that did not fail took effect there after the mark,
    /// and at `now` or earlier.
    pub(in crate::state) fn is_resolved(&self, target: &Target, mark: Mark, now: Time) -> bool {
        self.is_resolved_by(target, mark, &When { position: u64::MAX, at: now, occurred: now })
    }

    /// Whether a mark on a target is resolved at `until`: a redesign that did not fail took effect there after the
    /// mark. The position and the time of this effect must not be later than those of `until`.
    pub(in crate::state) fn is_resolved_by(&self, target: &Target, mark: Mark, until: &When) -> bool {
        self.sound_on(target).any(|effect| {
            effect.position > mark.resolved_behind
                && effect.position <= until.position
                && effect.at <= until.at
        })
    }

    /// Returns the approved redesigns of the pattern, in the order of their approval.
    pub(in crate::state) fn approved(&self, asked: ApprovedOf) -> Vec<&'a Approved> {
        let Counts::Named(cause) = self.cause else { return Vec::new() };
        let is_same = |named: &RootCause| self.policy.cause(named) == cause;
        let own = self.redesigned().flat_map(|of| &of.approved);
        let used = self.patterns.used.iter().filter(|_| asked == ApprovedOf::EverJoined);
        let mut found: Vec<&Approved> =
            own.chain(used).filter(|approved| approved.causes.iter().any(is_same)).collect();
        found.sort_by_key(|approved| (approved.position, approved.place));
        found
    }

    /// Returns one mark for each target, combined from the marks of all groups with an exception there.
    pub(in crate::state) fn marks(&self) -> BTreeMap<Target, Mark> {
        let mut found: BTreeMap<Target, Mark> = BTreeMap::new();
        let scopes = &self.patterns.scopes;
        for (_, _, group) in self.groups() {
            for (target, of_group) in
                group.marks.iter().filter(|(target, _)| group.is_named_on(target, scopes))
            {
                let mark = found.entry(target.clone()).or_insert(*of_group);
                *mark = mark.later(*of_group);
            }
        }
        found
    }
}
