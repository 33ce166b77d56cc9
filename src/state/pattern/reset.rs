//! Redesigns that took effect on a target.

use super::{AsOf, Counts, Number, Workflow};
use crate::policy;
use crate::value::{RecordId, RootCause, Time};

/// A redesign that took effect on a target.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Reset {
    pub(in crate::state) redesign: RecordId,
    pub(super) causes: Vec<RootCause>,
    pub(in crate::state) position: u64,
    pub(in crate::state) at: Time,
    pub(in crate::state) failed_at: Option<u64>,
}

impl Reset {
    pub(in crate::state) fn is_of(&self, cause: Counts<'_>, policy: &policy::InForce) -> bool {
        let Counts::Named(cause) = cause else { return false };
        self.causes.iter().any(|named| policy.cause(named) == cause)
    }

    /// Whether an exception came after it: later in the ledger, and not before it took effect.
    pub(in crate::state) fn is_before(&self, exception: AsOf) -> bool {
        self.position < exception.position && self.at <= exception.at
    }
}

impl Workflow {
    /// The redesigns that took effect on a target, by the order in which they did.
    pub(in crate::state) fn resets_on(&self, target: Number) -> &[Reset] {
        self.resets.get(&target).map_or(&[], |resets| resets.get())
    }

    /// The last redesign of a cause that took effect before an exception and did not fail.
    pub(super) fn last_reset(
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
