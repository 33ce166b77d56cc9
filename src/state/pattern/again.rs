//! Evaluates patterns again after a triage has taken exceptions out of them.

use std::collections::{BTreeMap, BTreeSet};

use super::as_of::AsOf;
use super::courses::Until;
use super::group::GroupMember;
use super::name::{PatternName, WrittenNames};
use super::patterns::Patterns;
use super::seen::PolicyChange;
use crate::policy;
use crate::state::item::{Cause, Counts};
use crate::value::WorkflowName;

impl Patterns {
    /// Clears the findings about some patterns and evaluates these patterns again, exception by exception, as if they
    /// had never had the exceptions that a triage took out. Connected patterns are evaluated again, too. Each exception
    /// is evaluated under the policy in force at its position, with the former names that targets had then, so that a
    /// later, laxer policy undoes no finding. In
    /// addition, each pattern is evaluated once under every policy that took effect later.
    pub(in crate::state) fn evaluate_again(
        &mut self,
        patterns: &BTreeSet<PatternName>,
        policy: &policy::InForce,
        changes: &[PolicyChange<'_>],
    ) {
        let is_later = |change: &PolicyChange<'_>| change.policy.version() > policy.version();
        let changes: Vec<PolicyChange<'_>> =
            changes.iter().take_while(|change| !is_later(change)).copied().collect();
        let again = self.connected(patterns, policy, &changes);
        self.clear(&again);
        // A policy that is just taking effect is left out here: all patterns are evaluated under it next.
        let judged_under = self.judged_under;
        let changes = changes.iter().filter(|change| change.policy.version() <= judged_under);
        let changes: Vec<PolicyChange<'_>> = changes.copied().collect();
        let mut members: Vec<AsOf> = Vec::new();
        for (workflow, written, group) in self.written().filter(|(name, cause, _)| again.has(name, cause)) {
            let own = group.members.iter().map(|GroupMember { when, scope, .. }| AsOf {
                workflow: workflow.clone(),
                written: written.clone(),
                when: *when,
                scope: *scope,
            });
            members.extend(own);
        }
        members.sort_by_key(|as_of| as_of.when.position);
        let former = self.scopes.former_names().clone();
        let nothing = policy::InForce::default();
        let mut before = &nothing;
        for (at, change) in changes.iter().enumerate() {
            let (since, then) = (change.since, change.policy);
            self.courses.clear();
            if at > 0 {
                self.join(before, change, Some(&again));
                self.take_over(change, Some(&again));
            }
            before = then;
            self.scopes.rename(then);
            let until = changes.get(at + 1).map_or(u64::MAX, |next| next.since);
            let rules = self.courses.rules(then);
            // As when the policy took effect, each pattern is first evaluated as of the last exception that it had
            // then on each target.
            let earlier = members.iter().filter(|as_of| as_of.when.position < since);
            let mut last: BTreeMap<PatternName, BTreeMap<usize, &AsOf>> = BTreeMap::new();
            for as_of in earlier {
                let name = PatternName::new(&as_of.workflow, &as_of.written, then);
                last.entry(name).or_default().insert(as_of.scope, as_of);
            }
            for of_pattern in last.into_values() {
                let list = of_pattern.into_values().cloned().collect();
                for (as_of, on) in self.last_on_targets(list, &rules) {
                    let until = Until::Position(as_of.when.position.max(since.saturating_sub(1)));
                    self.evaluate(&as_of, &on, until, then);
                }
            }
            for as_of in members.iter().filter(|as_of| (since..until).contains(&as_of.when.position)) {
                let on = self.named_targets(as_of, &rules);
                self.evaluate(as_of, &on, Until::Position(as_of.when.position), then);
            }
        }
        for of in self.workflows.values_mut() {
            of.groups.retain(|_, group| !group.is_empty());
        }
        self.scopes.set_former_names(former);
        self.courses.clear();
    }

    /// Returns the workflows and causes, as written, of some patterns and of all patterns connected with these. Two
    /// patterns are connected if one of the policies so far joined them, or if a redesign that failed names both.
    fn connected(
        &self,
        patterns: &BTreeSet<PatternName>,
        policy: &policy::InForce,
        changes: &[PolicyChange<'_>],
    ) -> WrittenNames {
        let mut found = WrittenNames::default();
        let mut left: Vec<(WorkflowName, Cause)> = Vec::new();
        let add = |left: &mut Vec<(WorkflowName, Cause)>, pattern: &PatternName, policy: &policy::InForce| {
            let written = self.named(pattern, policy).written();
            left.extend(written.into_iter().map(|(workflow, cause)| (workflow.clone(), cause)));
        };
        patterns.iter().for_each(|pattern| add(&mut left, pattern, policy));
        let joining: Vec<&policy::InForce> =
            changes.iter().map(|change| change.policy).filter(|policy| policy.joins_causes()).collect();
        while let Some((workflow, cause)) = left.pop() {
            if !found.add(&workflow, &cause) {
                continue;
            }
            for policy in joining.iter().copied().chain([policy]) {
                let pattern = PatternName::new(&workflow, &cause, policy);
                add(&mut left, &pattern, policy);
                left.extend(self.failed_with(&pattern, policy));
            }
        }
        found
    }

    /// Returns the workflows and causes, as written, that the failed redesigns of a pattern name.
    fn failed_with(&self, pattern: &PatternName, policy: &policy::InForce) -> Vec<(WorkflowName, Cause)> {
        let cause = Counts::from(&pattern.cause);
        let mut found = Vec::new();
        for (workflow, of) in self.workflows.iter().filter(|(name, _)| pattern.is_in(name)) {
            let failed =
                of.resets.values().flat_map(BTreeMap::values).filter(|reset| reset.failure().is_some());
            for reset in failed.filter(|reset| reset.is_of(cause, policy)) {
                found
                    .extend(reset.causes.iter().map(|cause| (workflow.clone(), Cause::Named(cause.clone()))));
            }
        }
        found
    }

    /// Clears the marks of some workflows and causes, and the failures of their redesigns.
    fn clear(&mut self, again: &WrittenNames) {
        for (workflow, of) in &mut self.workflows {
            for (_, group) in of.groups.iter_mut().filter(|(cause, _)| again.has(workflow, cause)) {
                group.marks.clear();
            }
            for resets in of.resets.values_mut() {
                for reset in resets.values_mut() {
                    let mut causes = reset.causes.iter().cloned().map(Cause::Named);
                    if causes.any(|cause| again.has(workflow, &cause)) {
                        (reset.failed_at, reset.failed_before) = (None, None);
                    }
                }
                resets.retain(|_, reset| reset.is_known());
            }
        }
    }
}
