//! Evaluation: whether a pattern repeats on a target, and whether a redesign of it has failed there.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::group::{AsOf, CountedException};
use super::occasion::{Occasion, occasions, repeats};
use super::patterns::{Patterns, Workflow};
use super::reset::Reset;
use crate::policy::{self, RecurrenceRules};
use crate::state::item::{Cause, Counts};
use crate::value::{RecordId, Target, Time, WorkflowName};

/// A finding about a pattern on a target.
enum PatternFinding {
    Repeats,
    /// This redesign of it has failed.
    Failed(RecordId),
}

/// The exceptions of a pattern that count after a redesign.
struct Counting<'a> {
    members: Vec<CountedException<'a>>,
    occasions: OnceCell<Vec<Occasion>>,
}

impl<'a> Counting<'a> {
    fn since(reset: Option<&Reset>, members: &[CountedException<'a>]) -> Self {
        let counts =
            |counted: &&CountedException<'_>| reset.is_none_or(|reset| reset.is_before(counted.as_of()));
        Self { members: members.iter().filter(counts).copied().collect(), occasions: OnceCell::new() }
    }

    fn touching(&self, target: &Target) -> Vec<CountedException<'a>> {
        self.members.iter().filter(|counted| counted.touches(target)).copied().collect()
    }

    /// Returns their occasions under rules with the `same_occasion` that these exceptions are kept for.
    fn occasions(&self, rules: &RecurrenceRules) -> &[Occasion] {
        self.occasions.get_or_init(|| occasions(&self.members, rules))
    }
}

impl Workflow {
    /// Returns the exceptions of a cause under a policy, by group and place.
    pub(in crate::state) fn members_of<'a>(
        &'a self,
        cause: Counts<'a>,
        policy: &'a policy::InForce,
    ) -> impl Iterator<Item = CountedException<'a>> {
        let same = self.groups.iter().filter(move |(written, _)| written.under(policy) == cause);
        same.flat_map(|(written, group)| group.counted(written))
    }
}

impl Patterns {
    /// Evaluates every pattern again, as of its last exception, after a change of policy.
    pub(in crate::state) fn evaluate_all(&mut self, policy: &policy::InForce) {
        let mut groups: BTreeSet<(WorkflowName, Cause)> = BTreeSet::new();
        for (workflow, of) in &self.workflows {
            groups.extend(of.groups.keys().map(|cause| (workflow.clone(), cause.under(policy).into())));
        }
        groups.iter().for_each(|(workflow, cause)| self.evaluate_last(workflow, cause, policy));
    }

    /// Evaluates a pattern as of its last exception.
    pub(in crate::state) fn evaluate_last(
        &mut self,
        workflow: &WorkflowName,
        cause: &Cause,
        policy: &policy::InForce,
    ) {
        let Some(of) = self.workflows.get(workflow) else { return };
        let last = of.members_of(cause.under(policy), policy).max_by_key(|counted| counted.member.position);
        if let Some((written, as_of)) = last.map(|counted| (counted.cause.clone(), counted.as_of())) {
            self.evaluate(workflow, &written, as_of, u64::MAX, policy);
        }
    }

    /// Evaluates a pattern on each target of the policy, as of one of its exceptions, whose cause as written
    /// is `written`. Only exceptions up to the position `until` are considered.
    pub(in crate::state) fn evaluate(
        &mut self,
        workflow: &WorkflowName,
        written: &Cause,
        as_of: AsOf,
        until: u64,
        policy: &policy::InForce,
    ) {
        let Some(of) = self.workflows.get(workflow) else { return };
        let cause = written.under(policy);
        let within = |counted: &CountedException<'_>| counted.member.position <= until;
        // Collecting the members takes time linear in their number, and is often unnecessary.
        let collected = OnceCell::new();
        let members =
            || collected.get_or_init(|| of.members_of(cause, policy).filter(within).collect::<Vec<_>>());
        let mut found: Vec<(Target, PatternFinding)> = Vec::new();
        // Most targets have the same rules and no redesign, so they share the exceptions that count.
        let mut shared: BTreeMap<(Option<(u64, Time)>, i64), Counting<'_>> = BTreeMap::new();
        for target in policy.targets().iter().map(crate::record::kind::policy::TargetRules::target) {
            let reset = of.last_reset(&target, cause, as_of, policy);
            let mark = of.groups.get(written).and_then(|group| group.mark(&target));
            let is_known = mark.is_some_and(|mark| !of.is_resolved(&target, cause, mark, policy, as_of.at));
            if reset.is_none() && is_known {
                continue;
            }
            let rules = policy.rules(&target).recurrence;
            let key = (reset.map(|reset| (reset.position, reset.at)), rules.same_occasion.seconds());
            let counting = shared.entry(key).or_insert_with(|| Counting::since(reset, members()));
            if !counting.members.iter().any(|counted| counted.touches(&target)) {
                continue;
            }
            // A redesign has failed on a target once `after_redesign` occasions that touch the target came
            // after it took effect there.
            let failed = reset.filter(|_| {
                let count = u64::try_from(occasions(&counting.touching(&target), &rules).len());
                count.unwrap_or(u64::MAX) >= rules.after_redesign.max(1)
            });
            if let Some(reset) = failed {
                found.push((target, PatternFinding::Failed(reset.redesign)));
            } else if !is_known && repeats(counting.occasions(&rules), &target, &rules) {
                found.push((target, PatternFinding::Repeats));
            }
        }
        if found.is_empty() {
            return;
        }
        let causes: BTreeSet<Cause> = members().iter().map(|counted| counted.cause.clone()).collect();
        let Some(of) = self.workflows.get_mut(workflow) else { return };
        for (target, found) in found {
            if let PatternFinding::Failed(redesign) = found {
                let resets = of.resets.entry(target.clone()).or_default();
                let failed = resets.iter_mut().find(|reset| reset.redesign == redesign);
                failed.into_iter().for_each(|reset| reset.failed_at = Some(as_of.position));
            }
            let groups = of.groups.iter_mut().filter(|(written, _)| causes.contains(written));
            groups.for_each(|(_, group)| group.set_mark(target.clone(), as_of.position));
        }
    }

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
        let mut members: Vec<(AsOf, &WorkflowName, Cause)> = Vec::new();
        for (workflow, cause) in &again {
            let Some(of) = self.workflows.get(workflow) else { continue };
            let found = of.members_of(cause.under(policy), policy);
            members.extend(found.map(|counted| (counted.as_of(), workflow, counted.cause.clone())));
        }
        members.sort_by_key(|(as_of, _, _)| as_of.position);
        for (at, (since, then)) in policies.iter().enumerate() {
            if then.version() > policy.version() {
                break;
            }
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

impl Workflow {
    /// Returns the redesigns that took effect on a target, in the order in which they did.
    pub(in crate::state) fn resets_on(&self, target: &Target) -> &[Reset] {
        self.resets.get(target).map_or(&[], Vec::as_slice)
    }

    /// Returns the last redesign of a cause that took effect before an exception and did not fail.
    pub(in crate::state) fn last_reset(
        &self,
        target: &Target,
        cause: Counts<'_>,
        before: AsOf,
        policy: &policy::InForce,
    ) -> Option<&Reset> {
        let effective = |reset: &&Reset| reset.failed_at.is_none() && reset.is_before(before);
        let of_cause =
            self.resets_on(target).iter().filter(effective).filter(|reset| reset.is_of(cause, policy));
        of_cause.max_by_key(|reset| reset.position)
    }

    /// Whether a redesign of a cause took effect on a target after a mark, and did not fail.
    pub(in crate::state) fn is_resolved(
        &self,
        target: &Target,
        cause: Counts<'_>,
        mark: u64,
        policy: &policy::InForce,
        now: Time,
    ) -> bool {
        let after = |reset: &&Reset| reset.failed_at.is_none() && reset.position > mark && reset.at <= now;
        self.resets_on(target).iter().filter(after).any(|reset| reset.is_of(cause, policy))
    }
}
