//! What a renamed target takes over from its former names: where patterns repeat, and which redesigns took effect or
//! failed (ledger-schema/deployment.md, Renamed targets).

use std::collections::{BTreeMap, BTreeSet};

use super::mark::Mark;
use super::name::{PatternName, WrittenNames};
use super::patterns::Patterns;
use super::reset::{Reset, ResetEffect};
use super::seen::PolicyChange;
use crate::policy;
use crate::record::kind::policy::TargetRules;
use crate::state::item::Cause;
use crate::value::{RecordId, Target, TargetName, WorkflowName};

/// A target that takes over findings and effects from former names.
struct Heir<'a> {
    target: &'a Target,
    /// The names in its `formerly`.
    names: BTreeSet<&'a Target>,
    /// Whether an earlier policy had the target.
    is_known: bool,
}

impl<'a> Heir<'a> {
    fn new(target: &'a Target, rules: &'a TargetRules, before: &policy::InForce) -> Self {
        let names = rules.formerly.iter().map(TargetName::target).collect();
        Self { target, names, is_known: before.ever_named(target).is_some() }
    }
}

impl Patterns {
    /// Gives the targets of a new policy their former names, and what was found under these names. Returns the lowest
    /// position of the effects of redesigns among that.
    pub(super) fn rename(&mut self, before: &policy::InForce, change: &PolicyChange<'_>) -> Option<u64> {
        self.take_over(change, None);
        let taken_over = self.take_over_effects(before, change.policy);
        self.scopes.rename(change.policy);
        taken_over
    }

    /// Gives the targets of a policy the marks, and the failures of redesigns, that were found under the names in their
    /// `formerly`. If `of` is given, only marks of these workflows and causes are taken over.
    pub(in crate::state) fn take_over(&mut self, change: &PolicyChange<'_>, of: Option<&WrittenNames>) {
        for rules in change.policy.targets().iter().filter(|rules| !rules.formerly.is_empty()) {
            let target = rules.target();
            let heir = Heir::new(&target, rules, change.policy);
            for (workflow, cause, mark) in self.marks_of(&heir, change, of) {
                let groups = self.workflows.get_mut(&workflow).map(|of| &mut of.groups);
                if let Some(group) = groups.and_then(|groups| groups.get_mut(&cause)) {
                    group.set_mark(target.clone(), mark);
                }
            }
            self.take_over_failures(&heir);
        }
    }

    /// Returns the marks that an heir takes over, at most one for each workflow and cause, as written. It combines the
    /// marks on the former names ([`Mark::later`]). A mark is left out if, before the policy took effect, a redesign
    /// resolved it on the former name.
    fn marks_of(
        &self,
        heir: &Heir<'_>,
        change: &PolicyChange<'_>,
        of: Option<&WrittenNames>,
    ) -> Vec<(WorkflowName, Cause, Mark)> {
        let mut found = Vec::new();
        for (workflow, cause, group) in self.written() {
            if of.is_some_and(|of| !of.has(workflow, cause)) {
                continue;
            }
            let mut marks = heir.names.iter().filter_map(|name| Some((name, group.mark(name)?))).peekable();
            if marks.peek().is_none() {
                continue;
            }
            let pattern = PatternName::new(workflow, cause, change.policy);
            let joined = self.named(&pattern, change.policy);
            let is_open = |name: &Target, mark: Mark| !joined.is_resolved_by(name, mark, &change.until());
            let open = marks.filter(|(name, mark)| is_open(name, *mark)).map(|(_, mark)| mark);
            found.extend(open.reduce(Mark::later).map(|mark| (workflow.clone(), cause.clone(), mark)));
        }
        found
    }

    /// Gives a target the positions at which redesigns failed under its former names.
    fn take_over_failures(&mut self, heir: &Heir<'_>) {
        for of in self.workflows.values_mut() {
            let there = heir.names.iter().filter_map(|name| of.resets.get(*name)).flat_map(BTreeMap::values);
            let failed: Vec<Box<Reset>> = there.filter(|reset| reset.failure().is_some()).cloned().collect();
            for reset in failed {
                let own = of.reset_mut(heir.target, reset.redesign, &reset.causes);
                own.failed_before = own.failed_before.max(reset.failure());
            }
        }
    }

    /// Gives the targets of a new policy the redesigns that took effect under their former names. Returns the lowest
    /// position of these effects.
    fn take_over_effects(&mut self, before: &policy::InForce, policy: &policy::InForce) -> Option<u64> {
        let mut lowest: Option<u64> = None;
        for rules in policy.targets().iter().filter(|rules| !rules.formerly.is_empty()) {
            let target = rules.target();
            for (workflow, reset, effect) in self.effects_of(&Heir::new(&target, rules, before), policy) {
                if let Some(of) = self.workflows.get_mut(&workflow) {
                    of.reset_mut(&target, reset.redesign, &reset.causes).effect = Some(effect);
                    lowest = Some(lowest.map_or(effect.position, |lowest| lowest.min(effect.position)));
                }
            }
        }
        lowest
    }

    /// Returns the redesigns that an heir takes over, each with the last of its effects. Such a redesign took effect
    /// under at least one of the former names, but not on the heir. The redesign is left out if an exception of its
    /// patterns touches a former name on which it did not take effect. It is also left out if such an exception touches
    /// the heir, and an earlier policy had the heir as a target.
    fn effects_of(
        &self,
        heir: &Heir<'_>,
        policy: &policy::InForce,
    ) -> Vec<(WorkflowName, Reset, ResetEffect)> {
        let mut found = Vec::new();
        for (workflow, of) in &self.workflows {
            let mut by_redesign: BTreeMap<RecordId, Vec<(&Target, &Reset, ResetEffect)>> = BTreeMap::new();
            for name in heir.names.iter().copied().chain([heir.target]) {
                for reset in of.resets.get(name).into_iter().flat_map(BTreeMap::values).map(Box::as_ref) {
                    let effects = by_redesign.entry(reset.redesign).or_default();
                    effects.extend(reset.effect.map(|effect| (name, reset, effect)));
                }
            }
            for effects in by_redesign.into_values() {
                let Some((_, reset, effect)) = effects.iter().max_by_key(|(_, _, effect)| *effect) else {
                    continue;
                };
                let has = |target: &Target| effects.iter().any(|(name, _, _)| *name == target);
                let mut others = heir.names.iter().copied().filter(|name| !has(name));
                let is_touched = |name: &Target| self.is_touched(workflow, reset, name, policy);
                let is_own_touched = heir.is_known && is_touched(heir.target);
                if !has(heir.target) && !is_own_touched && !others.any(is_touched) {
                    found.push((workflow.clone(), (*reset).clone(), *effect));
                }
            }
        }
        found
    }

    /// Whether an exception touches a target, and is in the pattern of a cause that a redesign of the workflow names.
    fn is_touched(
        &self,
        workflow: &WorkflowName,
        redesign: &Reset,
        target: &Target,
        policy: &policy::InForce,
    ) -> bool {
        redesign.causes.iter().any(|cause| {
            let pattern = PatternName::new(workflow, &Cause::Named(cause.clone()), policy);
            let groups = self.named(&pattern, policy).groups();
            let mut scopes = groups.iter().flat_map(|(_, _, group)| &group.scopes);
            scopes.any(|scope| self.scopes.touches(*scope, target))
        })
    }
}
