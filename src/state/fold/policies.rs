//! The policies of a ledger, as patterns are judged under them.

use crate::policy;
use crate::state::pattern::PolicyChange;
use crate::value::Time;
use crate::verify::Past;

/// Returns the policies that took effect, the oldest first; the first is none at all.
pub(super) fn policy_changes(past: &Past) -> Vec<PolicyChange<'_>> {
    past.policies().iter().map(|(since, policy)| policy_change(past, *since, policy)).collect()
}

/// Returns a policy that took effect with the entry before a position.
pub(super) fn policy_change<'a>(past: &Past, since: u64, policy: &'a policy::InForce) -> PolicyChange<'a> {
    let last = since.checked_sub(1).and_then(|last| past.id_at(last));
    let at = last.and_then(|last| past.record(&last)).map(|accepted| accepted.created_at);
    PolicyChange { since, at: at.unwrap_or(Time::LAST), policy }
}
