//! Evaluation anew, after a triage has taken exceptions out of patterns.

use std::collections::{BTreeMap, BTreeSet};

use super::patterns::Patterns;
use super::reset::Reset;
use crate::policy;
use crate::state::item::{Cause, Counts, When};
use crate::value::WorkflowName;

impl Patterns {
    /// Clears the findings about some patterns and evaluates them again, exception by exception, as if the
    /// exceptions that a triage took out had never been there. The other patterns of a redesign whose failure
    /// is cleared are evaluated with them. Each exception is evaluated under the policy in force at its
    /// position, and each pattern again under every later policy; otherwise a laxer policy would be a way
    /// out.
    pub(in crate::state) fn evaluate_again(
        &mut self,
        groups: &BTreeSet<(WorkflowName, Cause)>,
        policy: &policy::InForce,
        policies: &[(u64, policy::InForce)],
    ) {
        let again = self.clear(groups, policy);
        let mut members: Vec<(When, &WorkflowName, Cause)> = Vec::new();
        for (workflow, cause) in &again {
            let Some(of) = self.workflows.get(workflow) else { continue };
            for (written, group) in of.groups_of(cause.under(policy), policy) {
                members.extend(group.members.iter().map(|member| (member.when, workflow, written.clone())));
            }
        }
        members.sort_by_key(|(as_of, _, _)| as_of.position);
        for (at, (since, then)) in policies.iter().enumerate() {
            if then.version() > policy.version() {
                break;
            }
            self.courses.clear();
            let until = policies.get(at + 1).map_or(u64::MAX, |(next, _)| *next);
            // When a policy took effect, each pattern was evaluated as of its last exception so far.
            let earlier = members.iter().filter(|(as_of, _, _)| as_of.position < *since);
            let last: BTreeMap<(&WorkflowName, Counts<'_>), _> =
                earlier.map(|member| ((member.1, member.2.under(then)), member)).collect();
            let own = members.iter().filter(|(as_of, _, _)| (*since..until).contains(&as_of.position));
            for (as_of, workflow, written) in last.into_values().chain(own) {
                self.evaluate(workflow, written, *as_of, as_of.position.max(*since), then);
            }
        }
        self.courses.clear();
    }

    /// Clears where some patterns repeat and which redesigns of them failed. Returns all patterns to evaluate
    /// again.
    fn clear(
        &mut self,
        groups: &BTreeSet<(WorkflowName, Cause)>,
        policy: &policy::InForce,
    ) -> BTreeSet<(WorkflowName, Cause)> {
        let mut again = groups.clone();
        for (workflow, cause) in groups {
            let Some(of) = self.workflows.get_mut(workflow) else { continue };
            let same =
                of.groups.iter_mut().filter(|(written, _)| written.under(policy) == cause.under(policy));
            same.for_each(|(_, group)| group.marks.clear());
            for resets in of.resets.values_mut() {
                let has_failed =
                    |reset: &Reset| reset.failed_at.is_some() && reset.is_of(cause.under(policy), policy);
                if !resets.iter().any(has_failed) {
                    continue;
                }
                for reset in resets.iter_mut().filter(|reset| has_failed(reset)) {
                    reset.failed_at = None;
                    let causes = reset.causes.iter().map(|named| Cause::Named(policy.cause(named).clone()));
                    again.extend(causes.map(|cause| (workflow.clone(), cause)));
                }
            }
        }
        again
    }
}
