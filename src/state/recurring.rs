//! What repeats, as the gate and the reports ask.

use std::collections::{BTreeMap, BTreeSet};

use super::occasion::{Occasion, occasions};
use super::pattern::{Cause, Group, Patterns, Reset, canonical};
use super::{ExceptionItem, Exceptions, RedesignItem};
use crate::policy::{self, RecurrenceRules};
use crate::value::{RecordId, Target, Time, WorkflowName};

/// Exceptions that share a workflow and a cause, as the gate asks about them.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// The workflow.
    pub workflow: WorkflowName,
    /// The cause that counts.
    pub cause: Cause,
    /// Its occasions since the last redesign that took effect and did not fail, oldest first; of a pattern that does
    /// not repeat, at least those that began less than the window ago.
    pub occasions: Vec<Occasion>,
    /// Whether it repeats on the target that was asked about.
    pub repeats: bool,
    /// Where the last redesign of it failed on the target.
    pub last_failure: Option<u64>,
    /// The redesign that failed there.
    pub failed: Option<RecordId>,
}

/// Groups that are one pattern under a policy.
pub(super) type Groups<'a> = BTreeMap<(&'a WorkflowName, Cause), Vec<&'a Group>>;

impl Patterns {
    /// Every workflow and cause of which there are exceptions.
    pub(super) fn groups(&self, policy: &policy::InForce) -> Groups<'_> {
        let mut groups = Groups::new();
        for (workflow, by_cause) in &self.members {
            for (cause, group) in by_cause {
                groups.entry((workflow, canonical(cause, policy))).or_default().push(group);
            }
        }
        groups
    }

    /// Every pattern of which a recent occasion touches the target, that repeats there, or of which a redesign has
    /// failed there.
    pub fn on(
        &self,
        target: &Target,
        policy: &policy::InForce,
        exceptions: &Exceptions,
        now: Time,
    ) -> Vec<Pattern> {
        let rules = policy.rules(target).recurrence;
        let here = self.marks.keys().filter(|key| key.0 == *target);
        let unresolved = here.filter(|key| !self.is_resolved(key, policy, now));
        let repeating: BTreeSet<(&WorkflowName, Cause)> =
            unresolved.map(|(_, workflow, written)| (workflow, canonical(written, policy))).collect();
        let found = self.groups(policy).into_iter().filter_map(|(name, groups)| {
            let repeats = repeating.contains(&name);
            let (workflow, cause) = name;
            let resets = self.resets.get(&(target.clone(), workflow.clone())).into_iter().flatten();
            let of_it: Vec<&Reset> = resets.filter(|reset| reset.is_of(&cause, policy)).collect();
            let failures = of_it.iter().filter_map(|reset| Some((reset.failed_at?, reset.redesign)));
            let (last_failure, failed) = failures.max_by_key(|(at, _)| *at).unzip();
            let touched = groups.iter().any(|group| group.targets.contains(target));
            let newest = groups.iter().filter_map(|group| group.span).map(|(_, last)| last).max();
            let is_old = newest.is_none_or(|newest| now.since(newest) >= rules.window.seconds());
            if !repeats && (!touched || (is_old && failed.is_none())) {
                return None;
            }
            let effective = |reset: &&&Reset| reset.failed_at.is_none() && reset.at <= now;
            let reset = of_it.iter().filter(effective).max_by_key(|reset| reset.position);
            let mut counting = members(&groups, exceptions);
            counting.retain(|it| reset.is_none_or(|reset| reset.is_before(it)));
            if !repeats {
                counting = recent(counting, &rules, now);
            }
            let occasions = occasions(&counting, &rules);
            let workflow = workflow.clone();
            Some(Pattern { workflow, cause, occasions, repeats, last_failure, failed })
        });
        found.collect()
    }
}

/// The exceptions of some groups, by position.
pub(super) fn members<'a>(groups: &[&Group], exceptions: &'a Exceptions) -> Vec<&'a ExceptionItem> {
    let mut places: Vec<usize> = groups.iter().flat_map(|group| group.places.iter().copied()).collect();
    if groups.len() > 1 {
        places.sort_unstable();
    }
    places.into_iter().filter_map(|place| exceptions.get(place)).collect()
}

/// Those exceptions that decide which occasions began less than the window ago: what lies before a gap that ended
/// every occasion, and is older than the window, has no part in them.
pub(super) fn recent<'a>(
    mut members: Vec<&'a ExceptionItem>,
    rules: &RecurrenceRules,
    now: Time,
) -> Vec<&'a ExceptionItem> {
    members.sort_by_key(|item| item.happened_at());
    let gap = |pair: &[&ExceptionItem]| match pair {
        [one, next] => {
            let is_old = now.since(next.happened_at()) >= rules.window.seconds();
            is_old && next.happened_at().since(one.happened_at()) >= rules.same_occasion.seconds()
        }
        _ => false,
    };
    let from = members.windows(2).rposition(gap).map_or(0, |at| at + 1);
    members.split_off(from)
}

impl Pattern {
    /// Whether a redesign is of this pattern, and for this target.
    pub fn is_covered_by(&self, redesign: &RedesignItem, target: &Target, policy: &policy::InForce) -> bool {
        let Cause::Named(cause) = &self.cause else { return false };
        let named = redesign.says.root_causes.iter().any(|named| policy.cause(named) == cause);
        redesign.says.workflow == self.workflow && named && redesign.touches(target)
    }

    /// Occasions that began less than the window ago.
    pub fn recent(&self, rules: &RecurrenceRules, now: Time) -> usize {
        self.occasions.iter().filter(|occasion| now.since(occasion.at) < rules.window.seconds()).count()
    }
}
