//! Queries for patterns, by the gate and the reports.

use std::sync::{Arc, PoisonError};

use crate::policy;
use crate::state::State;
use crate::state::pattern::{
    Groups, Mark, Occasion, Occurrence, Pattern, PatternName, Patterns, PatternsOfTarget, ResetEffect,
    Timeline, members, recent, workflows_of,
};
use crate::value::{Target, Time};

impl Patterns {
    /// Returns the groups of exceptions of each pattern under a policy.
    pub(in crate::state) fn groups<'a>(&'a self, policy: &'a policy::InForce) -> Groups<'a> {
        let mut groups = Groups::new();
        for (workflow, of) in &self.workflows {
            for (cause, group) in &of.groups {
                let name = PatternName::new(workflow, cause, policy);
                groups.entry(name).or_default().push((workflow, cause, group));
            }
        }
        groups
    }

    /// Returns the patterns that count on a target; none for a target that the policy does not name.
    pub(in crate::state) fn on(
        &self,
        target: &Target,
        policy: &policy::InForce,
        now: Time,
    ) -> PatternsOfTarget {
        if policy.target(target).is_none() {
            return PatternsOfTarget::default();
        }
        let rules = policy.rules(target).recurrence;
        let found = self.groups(policy).into_iter().filter_map(|(name, groups)| {
            let joined = self.named(&name, policy);
            let named = groups.iter().filter(|(_, _, group)| group.is_named_on(target, &self.scopes));
            let marks = named.filter_map(|(_, _, group)| group.mark(target));
            let open = marks.filter(|mark| !joined.is_resolved(target, *mark, now));
            let found_at = open.clone().map(|mark| mark.position).min();
            let joined_at = open.filter_map(Mark::joined_at).max();
            let repeats = found_at.is_some();
            let failures =
                joined.resets_on(target).filter_map(|reset| Some((reset.failure()?, reset.redesign)));
            let (last_failure, failed) = failures.max_by_key(|(at, _)| *at).unzip();
            let newest = groups.iter().filter_map(|(_, _, group)| group.span).map(|(_, last)| last).max();
            let is_old = newest.is_none_or(|newest| now.since(newest) >= rules.window.seconds());
            if !repeats && is_old && failed.is_none() {
                return None;
            }
            let effective = joined.sound_on(target).filter(|effect| effect.at <= now);
            let reset = effective.max();
            let mut counting = members(&groups);
            counting.retain(|member| {
                let counts = reset.is_none_or(|effect: ResetEffect| effect.is_before(member.when));
                counts && self.scopes.has(member.scope, target)
            });
            if !repeats {
                counting = recent(counting, &rules, now);
            }
            let timeline = Timeline::of(counting, rules.same_occasion);
            let is_recent = |at: Time| now.since(at) < rules.window.seconds();
            let touches = |one: &Occurrence| is_recent(one.at()) && one.touches(target, &self.scopes);
            let is_here = repeats || failed.is_some() || timeline.occasions().iter().any(touches);
            if !is_here && timeline.occasions().is_empty() {
                return None;
            }
            let occasions = timeline.occasions().iter().map(Occasion::from).collect();
            let (workflow, others) = workflows_of(&groups)?;
            let cause = name.cause.clone();
            let pattern = Pattern {
                workflow,
                others,
                cause,
                occasions,
                repeats,
                found_at,
                last_failure,
                joined_at,
                failed,
            };
            Some((pattern, is_here))
        });
        let (here, others): (Vec<_>, Vec<_>) = found.partition(|(_, is_here)| *is_here);
        let patterns = |list: Vec<(Pattern, bool)>| Arc::new(list.into_iter().map(|(one, _)| one).collect());
        PatternsOfTarget { here: patterns(here), others: patterns(others) }
    }
}

impl State {
    /// Returns the patterns that repeat on a target at `now`, have a failed redesign there, or have a recent occasion
    /// that touches it.
    pub fn patterns_on(&self, target: &Target, now: Time) -> Arc<Vec<Pattern>> {
        self.patterns_of(target, now).here
    }

    /// Returns the other patterns that count on a target at `now`: none of their recent occasions touches it.
    pub fn other_patterns_on(&self, target: &Target, now: Time) -> Arc<Vec<Pattern>> {
        self.patterns_of(target, now).others
    }

    /// Whether one of the exceptions of an occasion touches a target.
    pub fn is_touching(&self, occasion: &Occasion, target: &Target) -> bool {
        occasion.scopes.iter().any(|scope| self.patterns.scopes.touches(*scope, target))
    }

    /// Returns the patterns that count on a target; the answer is computed once and kept.
    fn patterns_of(&self, target: &Target, now: Time) -> PatternsOfTarget {
        let key = (self.policy.id(), target.clone(), now);
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = asked.get(&key) {
            return known.clone();
        }
        let found = self.patterns.on(target, &self.policy, now);
        asked.insert(key, found.clone());
        found
    }
}
