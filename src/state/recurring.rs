//! What repeats, as the gate and the reports ask.

use std::collections::BTreeMap;

use super::RedesignItem;
use super::occasion::{Occasion, occasions};
use super::pattern::{Cause, Counted, Counts, Group, Patterns, Reset};
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

/// Groups that are one pattern under a policy, with their causes as written.
pub(super) type Groups<'a> = BTreeMap<(&'a WorkflowName, Counts<'a>), Vec<(&'a Cause, &'a Group)>>;

impl Patterns {
    /// Every workflow and cause of which there are exceptions.
    pub(super) fn groups<'a>(&'a self, policy: &'a policy::InForce) -> Groups<'a> {
        let mut groups = Groups::new();
        for (workflow, of) in &self.workflows {
            for (cause, group) in &of.groups {
                groups.entry((workflow, cause.under(policy))).or_default().push((cause, group));
            }
        }
        groups
    }

    /// Every pattern of which a recent occasion touches the target, that repeats there, or of which a redesign has
    /// failed there.
    pub fn on(&self, target: &Target, policy: &policy::InForce, now: Time) -> Vec<Pattern> {
        let rules = policy.rules(target).recurrence;
        // What nothing touches, nothing closes.
        let Some(number) = self.number(target) else { return Vec::new() };
        let found = self.groups(policy).into_iter().filter_map(|((workflow, cause), groups)| {
            let of = self.workflows.get(workflow)?;
            let mut marks = groups.iter().filter_map(|(_, group)| group.mark(number));
            let repeats = marks.any(|mark| !of.is_resolved(number, cause, mark, policy, now));
            let resets = of.resets_on(number);
            let failures = resets.iter().filter_map(|reset| Some((reset.failed_at?, reset)));
            let failures = failures.filter(|(_, reset)| reset.is_of(cause, policy));
            let (last_failure, failed) =
                failures.map(|(at, reset)| (at, reset.redesign)).max_by_key(|(at, _)| *at).unzip();
            let touched = groups.iter().any(|(_, group)| group.touches(number));
            let newest = groups.iter().filter_map(|(_, group)| group.head.span).map(|(_, last)| last).max();
            let is_old = newest.is_none_or(|newest| now.since(newest) >= rules.window.seconds());
            if !repeats && (!touched || (is_old && failed.is_none())) {
                return None;
            }
            let effective = |reset: &&Reset| reset.failed_at.is_none() && reset.at <= now;
            let effective = resets.iter().filter(effective).filter(|reset| reset.is_of(cause, policy));
            let reset = effective.max_by_key(|reset| reset.position);
            let mut counting = members(&groups);
            counting.retain(|it| reset.is_none_or(|reset| reset.is_before(it.as_of())));
            if !repeats {
                counting = recent(counting, &rules, now);
            }
            let occasions = occasions(&counting, &rules);
            let (workflow, cause) = (workflow.clone(), cause.into());
            Some(Pattern { workflow, cause, occasions, repeats, last_failure, failed })
        });
        found.collect()
    }
}

/// The exceptions of some groups, by position.
pub(super) fn members<'a>(groups: &[(&'a Cause, &'a Group)]) -> Vec<Counted<'a>> {
    let mut members: Vec<Counted<'_>> =
        groups.iter().flat_map(|(cause, group)| group.counted(cause)).collect();
    if groups.len() > 1 {
        members.sort_unstable_by_key(|it| it.member.place);
    }
    members
}

/// Those exceptions that decide which occasions began less than the window ago: what lies before a gap that ended
/// every occasion, and is older than the window, has no part in them.
pub(super) fn recent<'a>(
    mut members: Vec<Counted<'a>>,
    rules: &RecurrenceRules,
    now: Time,
) -> Vec<Counted<'a>> {
    members.sort_by_key(|it| it.member.at);
    let gap = |pair: &[Counted<'_>]| match pair {
        [one, next] => {
            let is_old = now.since(next.member.at) >= rules.window.seconds();
            is_old && next.member.at.since(one.member.at) >= rules.same_occasion.seconds()
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
