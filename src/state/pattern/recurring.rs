//! A pattern as the gate examines it on one target.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::group::{GroupMember, WrittenGroup};
use super::name::PatternName;
use super::occasion::Occasion;
use crate::policy::{self, RecurrenceRules};
use crate::state::item::{Cause, RedesignItem};
use crate::value::{RecordId, Time, WorkflowName};

/// How many of the latest occasions the gate shows.
const LATEST: usize = 5;

/// A pattern on one target: exceptions that share a workflow and a cause.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// The workflow. If the policy shares the cause, this is the first of the workflows that have it.
    pub workflow: WorkflowName,
    /// The other workflows, if the policy shares the cause.
    pub others: Vec<WorkflowName>,
    /// The cause, after `same_cause`.
    pub cause: Cause,
    /// The occasions since the last redesign that took effect and did not fail, oldest first. If the pattern
    /// does not repeat, occasions that began before the window may be missing.
    pub occasions: Vec<Occasion>,
    /// Whether it repeats on the target.
    pub repeats: bool,
    /// The position at which it was found to repeat, if it does.
    pub found_at: Option<u64>,
    /// The position at which a redesign of it last failed on the target.
    pub last_failure: Option<u64>,
    /// Set if this pattern already repeated when a policy joined it with one that a redesign had resolved: the last
    /// position of the entry with which the policy took effect.
    pub joined_at: Option<u64>,
    /// The redesign that failed at `last_failure`.
    pub failed: Option<RecordId>,
}

/// The patterns that count on a target, at a given time.
#[derive(Debug, Clone, Default)]
pub(in crate::state) struct PatternsOfTarget {
    /// Those that repeat on the target, have a failed redesign there, or have a recent occasion that touches the
    /// target.
    pub(in crate::state) here: Arc<Vec<Pattern>>,
    /// The other patterns with a recent exception that counts on the target.
    pub(in crate::state) others: Arc<Vec<Pattern>>,
}

/// The groups of each pattern under a policy, with their causes as written.
pub(in crate::state) type Groups<'a> = BTreeMap<PatternName, Vec<WrittenGroup<'a>>>;

/// Returns the exceptions of some groups, by position.
pub(in crate::state) fn members(groups: &[WrittenGroup<'_>]) -> Vec<GroupMember> {
    let mut members: Vec<GroupMember> =
        groups.iter().flat_map(|(_, _, group)| group.members.iter().copied()).collect();
    if groups.len() > 1 {
        members.sort_unstable_by_key(|member| member.place);
    }
    members
}

/// Leaves out the exceptions that are too old to matter for the occasions which began less than the window ago.
/// A gap of `same_occasion` ends every occasion. So if an exception after such a gap is at least as old as the
/// window, the exceptions before the gap are left out.
pub(in crate::state) fn recent(
    mut members: Vec<GroupMember>,
    rules: &RecurrenceRules,
    now: Time,
) -> Vec<GroupMember> {
    members.sort_unstable_by_key(|member| member.when);
    let gap = |pair: &[GroupMember]| match pair {
        [one, next] => {
            let is_old = now.since(next.when.at) >= rules.window.seconds();
            is_old && next.when.at.since(one.when.at) >= rules.same_occasion.seconds()
        }
        _ => false,
    };
    let from = members.windows(2).rposition(gap).map_or(0, |at| at + 1);
    members.split_off(from)
}

impl Pattern {
    /// Whether a redesign names the cause of this pattern, and its workflow. If the policy shares the cause, any
    /// workflow will do.
    pub(in crate::state) fn is_named_by(&self, redesign: &RedesignItem, policy: &policy::InForce) -> bool {
        let Cause::Named(cause) = &self.cause else { return false };
        let named = redesign.says.root_causes.iter().any(|named| policy.cause(named) == cause);
        named && (redesign.says.workflow == self.workflow || policy.shares(cause))
    }

    /// Returns its workflows and its cause, as people read it: `nightly / disk-full`.
    pub fn name(&self) -> String {
        pattern_name(&self.workflow, &self.others, &self.cause)
    }

    /// Returns its latest occasions, oldest first. The gate shows the first exception of each.
    pub fn latest(&self) -> impl Iterator<Item = &Occasion> {
        let from = self.occasions.len().saturating_sub(LATEST);
        self.occasions.iter().skip(from)
    }

    /// Returns the number of occasions that began less than the window ago.
    pub fn recent(&self, rules: &RecurrenceRules, now: Time) -> usize {
        self.occasions.iter().filter(|occasion| now.since(occasion.at) < rules.window.seconds()).count()
    }
}

/// Returns the workflows and the cause of a pattern, as people read them.
pub(in crate::state) fn pattern_name(
    workflow: &WorkflowName,
    others: &[WorkflowName],
    cause: &Cause,
) -> String {
    let others: String = others.iter().map(|other| format!(" + {other}")).collect();
    format!("{workflow}{others} / {cause}")
}

/// Returns the workflows of a pattern: the first, and the others.
pub(in crate::state) fn workflows_of(
    groups: &[WrittenGroup<'_>],
) -> Option<(WorkflowName, Vec<WorkflowName>)> {
    let mut names: Vec<&WorkflowName> = groups.iter().map(|(workflow, _, _)| *workflow).collect();
    names.dedup();
    let (first, others) = names.split_first()?;
    Some(((*first).clone(), others.iter().map(|name| (*name).clone()).collect()))
}
