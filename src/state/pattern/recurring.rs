//! A pattern as the gate examines it on one target.

use std::collections::BTreeMap;

use super::group::{Group, GroupMember};
use super::occasion::Occasion;
use crate::policy::{self, RecurrenceRules};
use crate::state::item::{Cause, Counts, RedesignItem};
use crate::value::{RecordId, Target, Time, WorkflowName};

/// A pattern on one target: exceptions that share a workflow and a cause.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// The workflow.
    pub workflow: WorkflowName,
    /// The cause, after `same_cause`.
    pub cause: Cause,
    /// The occasions since the last redesign that took effect and did not fail, oldest first. If the pattern
    /// does not repeat, older ones may be left out, but none that began less than the window ago.
    pub occasions: Vec<Occasion>,
    /// Whether it repeats on the target.
    pub repeats: bool,
    /// The position at which it was found to repeat, if it does.
    pub found_at: Option<u64>,
    /// The position at which a redesign of it last failed on the target.
    pub last_failure: Option<u64>,
    /// The redesign that failed then.
    pub failed: Option<RecordId>,
}

/// The groups of each pattern under a policy, with their causes as written.
pub(in crate::state) type Groups<'a> = BTreeMap<(&'a WorkflowName, Counts<'a>), Vec<(&'a Cause, &'a Group)>>;

/// Returns the exceptions of some groups, by position.
pub(in crate::state) fn members(groups: &[(&Cause, &Group)]) -> Vec<GroupMember> {
    let mut members: Vec<GroupMember> =
        groups.iter().flat_map(|(_, group)| group.members.iter().copied()).collect();
    if groups.len() > 1 {
        members.sort_unstable_by_key(|member| member.place);
    }
    members
}

/// Returns the exceptions that determine the occasions which began less than the window ago. A gap of
/// `same_occasion` ends every occasion, so exceptions before such a gap that is older than the window are
/// left out.
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
    /// Whether a redesign is of this pattern and names the target.
    pub fn is_covered_by(&self, redesign: &RedesignItem, target: &Target, policy: &policy::InForce) -> bool {
        let Cause::Named(cause) = &self.cause else { return false };
        let named = redesign.says.root_causes.iter().any(|named| policy.cause(named) == cause);
        redesign.says.workflow == self.workflow && named && redesign.touches(target)
    }

    /// Returns the number of occasions that began less than the window ago.
    pub fn recent(&self, rules: &RecurrenceRules, now: Time) -> usize {
        self.occasions.iter().filter(|occasion| now.since(occasion.at) < rules.window.seconds()).count()
    }
}
