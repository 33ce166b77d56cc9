//! One pattern, as the gate asks about it.

use std::collections::BTreeMap;

use super::group::{CountedException, Group};
use super::occasion::Occasion;
use crate::policy::{self, RecurrenceRules};
use crate::state::item::{Cause, Counts, RedesignItem};
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
pub(in crate::state) type Groups<'a> = BTreeMap<(&'a WorkflowName, Counts<'a>), Vec<(&'a Cause, &'a Group)>>;

/// The exceptions of some groups, by position.
pub(in crate::state) fn members<'a>(groups: &[(&'a Cause, &'a Group)]) -> Vec<CountedException<'a>> {
    let mut members: Vec<CountedException<'_>> =
        groups.iter().flat_map(|(cause, group)| group.counted(cause)).collect();
    if groups.len() > 1 {
        members.sort_unstable_by_key(|it| it.member.place);
    }
    members
}

/// Those exceptions that decide which occasions began less than the window ago: what lies before a gap that ended
/// every occasion, and is older than the window, has no part in them.
pub(in crate::state) fn recent<'a>(
    mut members: Vec<CountedException<'a>>,
    rules: &RecurrenceRules,
    now: Time,
) -> Vec<CountedException<'a>> {
    members.sort_by_key(|it| it.member.at);
    let gap = |pair: &[CountedException<'_>]| match pair {
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
