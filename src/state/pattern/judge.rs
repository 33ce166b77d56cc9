//! When a pattern repeats on a target, and when a redesign of it has failed there.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::group::{AsOf, CountedException, Number};
use super::occasion::{occasions, repeats};
use super::patterns::{Patterns, Workflow};
use super::reset::Reset;
use crate::policy;
use crate::state::item::{Cause, Counts};
use crate::value::{RecordId, Time, WorkflowName};

/// What was found of a pattern on a target.
enum PatternFinding {
    Repeats,
    /// A redesign of it has failed.
    Failed(RecordId),
}

impl Workflow {
    /// The exceptions of a cause under a policy, by group and place.
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
    /// Judges every pattern again: a policy has changed, and is in force from here on.
    pub(in crate::state) fn judge_all(&mut self, policy: &policy::InForce) {
        let mut groups: BTreeSet<(WorkflowName, Cause)> = BTreeSet::new();
        for (workflow, of) in &self.workflows {
            groups.extend(of.groups.keys().map(|cause| (workflow.clone(), cause.under(policy).into())));
        }
        groups.iter().for_each(|(workflow, cause)| self.judge_last(workflow, cause, policy));
    }

    /// Judges a pattern as of its last exception.
    pub(in crate::state) fn judge_last(
        &mut self,
        workflow: &WorkflowName,
        cause: &Cause,
        policy: &policy::InForce,
    ) {
        let Some(of) = self.workflows.get(workflow) else { return };
        let last = of.members_of(cause.under(policy), policy).max_by_key(|it| it.member.position);
        if let Some((written, as_of)) = last.map(|it| (it.cause.clone(), it.as_of())) {
            self.judge(workflow, &written, as_of, u64::MAX, policy);
        }
    }

    /// Judges a pattern on each target of the policy, as of one of its exceptions, which has this cause as written;
    /// with those of its exceptions that stand up to a position.
    pub(in crate::state) fn judge(
        &mut self,
        workflow: &WorkflowName,
        written: &Cause,
        as_of: AsOf,
        until: u64,
        policy: &policy::InForce,
    ) {
        let Some(of) = self.workflows.get(workflow) else { return };
        let cause = written.under(policy);
        let (gathered, within) = (OnceCell::new(), |it: &CountedException<'_>| it.member.position <= until);
        let members =
            || gathered.get_or_init(|| of.members_of(cause, policy).filter(within).collect::<Vec<_>>());
        let mut found: Vec<(Number, PatternFinding)> = Vec::new();
        for target in policy.targets().iter().map(crate::record::kind::policy::TargetRules::target) {
            // What nothing touches, nothing closes.
            let Some(number) = self.number(&target) else { continue };
            let reset = of.last_reset(number, cause, as_of, policy);
            let mark = of.groups.get(written).and_then(|group| group.mark(number));
            let is_known = mark.is_some_and(|mark| !of.is_resolved(number, cause, mark, policy, as_of.at));
            if reset.is_none() && is_known {
                continue;
            }
            let rules = policy.rules(&target).recurrence;
            let since = |it: &CountedException<'_>| reset.is_none_or(|reset| reset.is_before(it.as_of()));
            let counting: Vec<CountedException<'_>> = members().iter().copied().filter(since).collect();
            let here: Vec<CountedException<'_>> =
                counting.iter().copied().filter(|it| it.touches(number)).collect();
            if here.is_empty() {
                continue;
            }
            // A redesign has failed on a target once occasions that touch it came after it took effect there.
            let came_back = reset.filter(|_| {
                let count = u64::try_from(occasions(&here, &rules).len()).unwrap_or(u64::MAX);
                count >= rules.after_redesign.max(1)
            });
            if let Some(reset) = came_back {
                found.push((number, PatternFinding::Failed(reset.redesign)));
            } else if !is_known && repeats(&occasions(&counting, &rules), number, &rules) {
                found.push((number, PatternFinding::Repeats));
            }
        }
        if found.is_empty() {
            return;
        }
        let causes: BTreeSet<Cause> = members().iter().map(|it| it.cause.clone()).collect();
        let Some(of) = self.workflows.get_mut(workflow) else { return };
        for (number, found) in found {
            if let PatternFinding::Failed(redesign) = found {
                let resets = of.resets.entry(number).or_default().get_mut();
                let failed = resets.iter_mut().find(|reset| reset.redesign == redesign);
                failed.into_iter().for_each(|reset| reset.failed_at = Some(as_of.position));
            }
            let groups = of.groups.iter_mut().filter(|(written, _)| causes.contains(written));
            groups.for_each(|(_, group)| group.set_mark(number, as_of.position));
        }
    }

    /// Forgets what was found of some patterns, and judges them exception by exception, as if what was taken out had
    /// never been there; and with them the other patterns that a redesign of theirs may have failed by. Each is
    /// judged under the policy that was in force where it stands, and again under every policy that came later, or
    /// a laxer one would be a way out.
    pub(in crate::state) fn judge_anew(
        &mut self,
        groups: &BTreeSet<(WorkflowName, Cause)>,
        policy: &policy::InForce,
        policies: &[(u64, policy::InForce)],
    ) {
        let again = self.forget(groups, policy);
        let mut members: Vec<(AsOf, &WorkflowName, Cause)> = Vec::new();
        for (workflow, cause) in &again {
            let Some(of) = self.workflows.get(workflow) else { continue };
            let found = of.members_of(cause.under(policy), policy);
            members.extend(found.map(|it| (it.as_of(), workflow, it.cause.clone())));
        }
        members.sort_by_key(|(as_of, _, _)| as_of.position);
        for (at, (since, then)) in policies.iter().enumerate() {
            if then.version() > policy.version() {
                break;
            }
            let until = policies.get(at + 1).map_or(u64::MAX, |(next, _)| *next);
            // Where a policy took effect, each pattern was judged by its last exception.
            let earlier = members.iter().filter(|(as_of, _, _)| as_of.position < *since);
            let last: BTreeMap<(&WorkflowName, Counts<'_>), _> =
                earlier.map(|it| ((it.1, it.2.under(then)), it)).collect();
            let own = members.iter().filter(|(as_of, _, _)| (*since..until).contains(&as_of.position));
            for (as_of, workflow, written) in last.into_values().chain(own) {
                self.judge(workflow, written, *as_of, as_of.position.max(*since), then);
            }
        }
    }

    /// Forgets where some patterns repeat and which redesigns of them failed; all that have to be judged again.
    fn forget(
        &mut self,
        groups: &BTreeSet<(WorkflowName, Cause)>,
        policy: &policy::InForce,
    ) -> BTreeSet<(WorkflowName, Cause)> {
        let mut again = groups.clone();
        for (workflow, cause) in groups {
            let Some(of) = self.workflows.get_mut(workflow) else { continue };
            let same =
                of.groups.iter_mut().filter(|(written, _)| written.under(policy) == cause.under(policy));
            same.for_each(|(_, group)| group.head.marks.clear());
            for resets in of.resets.values_mut() {
                let has_failed =
                    |reset: &Reset| reset.failed_at.is_some() && reset.is_of(cause.under(policy), policy);
                if !resets.get().iter().any(has_failed) {
                    continue;
                }
                for reset in resets.get_mut().iter_mut().filter(|reset| has_failed(reset)) {
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
    /// The redesigns that took effect on a target, by the order in which they did.
    pub(in crate::state) fn resets_on(&self, target: Number) -> &[Reset] {
        self.resets.get(&target).map_or(&[], |resets| resets.get())
    }

    /// The last redesign of a cause that took effect before an exception and did not fail.
    pub(in crate::state) fn last_reset(
        &self,
        target: Number,
        cause: Counts<'_>,
        before: AsOf,
        policy: &policy::InForce,
    ) -> Option<&Reset> {
        let effective = |reset: &&Reset| reset.failed_at.is_none() && reset.is_before(before);
        let of_it =
            self.resets_on(target).iter().filter(effective).filter(|reset| reset.is_of(cause, policy));
        of_it.max_by_key(|it| it.position)
    }

    /// Whether a redesign that did not fail took effect after a mark.
    pub(in crate::state) fn is_resolved(
        &self,
        target: Number,
        cause: Counts<'_>,
        mark: u64,
        policy: &policy::InForce,
        now: Time,
    ) -> bool {
        let after = |it: &&Reset| it.failed_at.is_none() && it.position > mark && it.at <= now;
        self.resets_on(target).iter().filter(after).any(|it| it.is_of(cause, policy))
    }
}
