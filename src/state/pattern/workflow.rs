//! What is known of one workflow: its exceptions by cause, and the redesigns of these.

use std::collections::BTreeMap;

use super::group::Group;
use super::naming::Naming;
use super::reset::Reset;
use crate::policy;
use crate::state::item::{Cause, Counts, When};
use crate::value::{Ascii, RecordId, RootCause, Target, Time};

/// The exceptions and redesigns of a workflow.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Workflow {
    /// The exceptions that count, by cause as written.
    pub(in crate::state) groups: BTreeMap<Cause, Group>,
    /// The namings of its symptoms, in the order in which they took effect.
    pub(in crate::state) namings: BTreeMap<Ascii, Vec<Naming>>,
    /// The redesigns that took effect on each target.
    pub(in crate::state) resets: BTreeMap<Target, Vec<Reset>>,
    /// The approved redesigns, in the order of their approval: only the first makes a pattern understood.
    pub(in crate::state) approved: Vec<Approved>,
}

/// An approved redesign.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Approved {
    pub(in crate::state) id: RecordId,
    /// Its place among the redesigns.
    pub(in crate::state) place: usize,
    pub(in crate::state) causes: Vec<RootCause>,
}

impl Workflow {
    /// Returns the groups of a cause under a policy, with their causes as written.
    pub(in crate::state) fn groups_of<'a>(
        &'a self,
        cause: Counts<'a>,
        policy: &'a policy::InForce,
    ) -> Vec<(&'a Cause, &'a Group)> {
        let written: Vec<Cause> = match cause {
            Counts::Untriaged(_) => vec![cause.into()],
            Counts::Named(named) => policy.written_as(named).into_iter().cloned().map(Cause::Named).collect(),
        };
        written.iter().filter_map(|cause| self.groups.get_key_value(cause)).collect()
    }

    /// Returns the redesigns that took effect on a target, in the order in which they did.
    pub(in crate::state) fn resets_on(&self, target: &Target) -> &[Reset] {
        self.resets.get(target).map_or(&[], Vec::as_slice)
    }

    /// Returns the last redesign of a cause that took effect before an exception and did not fail.
    pub(in crate::state) fn last_reset(
        &self,
        target: &Target,
        cause: Counts<'_>,
        before: When,
        policy: &policy::InForce,
    ) -> Option<&Reset> {
        let effective = |reset: &&Reset| reset.failed_at.is_none() && reset.is_before(before);
        let of_cause =
            self.resets_on(target).iter().filter(effective).filter(|reset| reset.is_of(cause, policy));
        of_cause.max_by_key(|reset| reset.position)
    }

    /// Whether a redesign of a cause took effect on a target after a mark, and did not fail.
    pub(in crate::state) fn is_resolved(
        &self,
        target: &Target,
        cause: Counts<'_>,
        mark: u64,
        policy: &policy::InForce,
        now: Time,
    ) -> bool {
        let after = |reset: &&Reset| reset.failed_at.is_none() && reset.position > mark && reset.at <= now;
        self.resets_on(target).iter().filter(after).any(|reset| reset.is_of(cause, policy))
    }
}
