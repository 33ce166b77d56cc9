//! Evaluation anew, after a triage has taken exceptions out of patterns.

use std::collections::{BTreeMap, BTreeSet};

use super::courses::Until;
use super::name::PatternName;
use super::patterns::Patterns;
use crate::policy;
use crate::state::item::{Cause, When};
use crate::value::WorkflowName;

impl Patterns {
    /// Clears the findings about some patterns and evaluates them again, exception by exception, as if the
    /// exceptions that a triage took out had never been there. The other patterns of a redesign whose failure
    /// is cleared are evaluated with them. Each exception is evaluated under the policy in force at its
    /// position, and each pattern again under every later policy; otherwise a laxer policy would be a way
    /// out.
    pub(in crate::state) fn evaluate_again(
        &mut self,
        patterns: &BTreeSet<PatternName>,
        policy: &policy::InForce,
        policies: &[(u64, policy::InForce)],
    ) {
        let again = self.clear(patterns, policy);
        let mut members: Vec<(When, WorkflowName, Cause)> = Vec::new();
        for pattern in &again {
            for (workflow, written, group) in self.named(pattern, policy).groups() {
                let own = group.members.iter().map(|member| (member.when, workflow.clone(), written.clone()));
                members.extend(own);
            }
        }
        members.sort_by_key(|(as_of, _, _)| as_of.position);
        for (at, (since, then)) in policies.iter().enumerate() {
            if then.version() > policy.version() {
                break;
            }
            self.courses.clear();
            if at > 0 {
                self.take_over_again(&again, then);
            }
            let until = policies.get(at + 1).map_or(u64::MAX, |(next, _)| *next);
            // When a policy took effect, each pattern was evaluated as of its last exception so far.
            let earlier = members.iter().filter(|(as_of, _, _)| as_of.position < *since);
            let last: BTreeMap<PatternName, _> =
                earlier.map(|member| (PatternName::new(&member.1, &member.2, then), member)).collect();
            let own = members.iter().filter(|(as_of, _, _)| (*since..until).contains(&as_of.position));
            for (as_of, workflow, written) in last.into_values().chain(own) {
                self.evaluate(workflow, written, *as_of, Until::Position(as_of.position.max(*since)), then);
            }
        }
        self.courses.clear();
    }

    /// Clears where some patterns repeat and which redesigns of them failed. Returns all patterns to evaluate
    /// again.
    fn clear(&mut self, patterns: &BTreeSet<PatternName>, policy: &policy::InForce) -> BTreeSet<PatternName> {
        let mut again = patterns.clone();
        for pattern in patterns {
            let cause = pattern.cause.under(policy);
            for (name, of) in self.workflows.iter_mut().filter(|(name, _)| pattern.is_in(name)) {
                let same = of.groups.iter_mut().filter(|(written, _)| written.under(policy) == cause);
                same.for_each(|(_, group)| group.marks.clear());
                for reset in of.resets.values_mut().flatten() {
                    if reset.failed_at.is_some() && reset.is_of(cause, policy) {
                        reset.failed_at = None;
                        let causes = reset.causes.iter().map(|named| Cause::Named(named.clone()));
                        again.extend(causes.map(|cause| PatternName::new(name, &cause, policy)));
                    }
                }
            }
        }
        again
    }
}
