//! Queries for patterns, by the gate and the reports.

use std::sync::{Arc, PoisonError};

use crate::policy;
use crate::state::State;
use crate::state::pattern::{
    Groups, Occasion, Occurrence, Pattern, PatternName, Patterns, Reset, Timeline, members, recent,
    workflows_of,
};
use crate::value::{Target, Time};

impl Patterns {
    /// Returns the groups of exceptions by workflow and by cause under a policy.
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

    /// Returns the patterns that repeat on the target, have a failed redesign there, or have a recent occasion
    /// that touches it.
    pub fn on(&self, target: &Target, policy: &policy::InForce, now: Time) -> Vec<Pattern> {
        let rules = policy.rules(target).recurrence;
        let found = self.groups(policy).into_iter().filter_map(|(name, groups)| {
            let joined = self.named(&name, policy);
            let marks = groups.iter().filter_map(|(_, _, group)| group.mark(target));
            let found_at = marks.filter(|mark| !joined.is_resolved(target, *mark, now)).min();
            let repeats = found_at.is_some();
            let failures =
                joined.resets_on(target).filter_map(|reset| Some((reset.failed_at?, reset.redesign)));
            let (last_failure, failed) = failures.max_by_key(|(at, _)| *at).unzip();
            let newest = groups.iter().filter_map(|(_, _, group)| group.span).map(|(_, last)| last).max();
            let is_old = newest.is_none_or(|newest| now.since(newest) >= rules.window.seconds());
            if !repeats && is_old && failed.is_none() {
                return None;
            }
            let effective = |reset: &&Reset| reset.failed_at.is_none() && reset.at <= now;
            let reset = joined.resets_on(target).filter(effective).max_by_key(|reset| reset.position);
            let mut counting = members(&groups);
            counting.retain(|member| {
                let counts = reset.is_none_or(|reset| reset.is_before(member.when));
                counts && self.scopes.has(member.scope, target)
            });
            if !repeats {
                counting = recent(counting, &rules, now);
            }
            let timeline = Timeline::of(counting, rules.same_occasion);
            let is_recent = |at: Time| now.since(at) < rules.window.seconds();
            let touches = |one: &Occurrence| is_recent(one.at()) && one.touches(target, &self.scopes);
            if !repeats && failed.is_none() && !timeline.occasions().iter().any(touches) {
                return None;
            }
            let occasions = timeline.occasions().iter().map(Occasion::from).collect();
            let (workflow, others) = workflows_of(&groups)?;
            let cause = name.cause.clone();
            Some(Pattern { workflow, others, cause, occasions, repeats, found_at, last_failure, failed })
        });
        found.collect()
    }
}

impl State {
    /// Returns the patterns of a target at a time; the answer is computed once and kept.
    pub fn patterns_on(&self, target: &Target, now: Time) -> Arc<Vec<Pattern>> {
        let key = (self.policy.id(), target.clone(), now);
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = asked.get(&key) {
            return Arc::clone(known);
        }
        let found = Arc::new(self.patterns.on(target, &self.policy, now));
        asked.insert(key, Arc::clone(&found));
        found
    }
}
