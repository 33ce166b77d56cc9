//! The effect of a triage on patterns.

use std::collections::BTreeSet;

use super::patterns::Patterns;
use super::seen::{MovedException, Triaging};
use crate::policy;
use crate::state::item::{Cause, ExceptionItem};
use crate::value::WorkflowName;

impl Patterns {
    /// Moves exceptions to the groups of their new causes, or takes out those that are struck.
    pub(in crate::state) fn triaged(
        &mut self,
        moved: &[MovedException],
        triaging: Triaging<'_>,
        policy: &policy::InForce,
        exceptions: &[ExceptionItem],
    ) {
        let mut groups: BTreeSet<(WorkflowName, Cause)> = BTreeSet::new();
        for MovedException { place, workflow, cause, was_struck } in moved {
            let Some(item) = exceptions.get(*place) else { continue };
            let group = self.workflows.get_mut(workflow).and_then(|of| of.groups.get_mut(cause));
            let (was_in, marks) = match group {
                Some(group) => (group.remove(*place, exceptions), group.marks.clone()),
                None => Default::default(),
            };
            // An exception that is no longer struck counts again, unless it counts apart.
            if !was_in && (!was_struck || self.is_apart(item, policy)) {
                continue;
            }
            if !item.is_struck() {
                self.add(*place, item);
                groups.insert((item.workflow().clone(), item.cause().under(policy).into()));
            }
            if matches!(triaging, Triaging::Names) {
                let of = self.workflows.entry(item.workflow().clone()).or_default();
                let group = of.groups.entry(item.cause()).or_default();
                marks.into_iter().for_each(|(target, position)| group.set_mark(target, position));
            } else {
                groups.insert((workflow.clone(), cause.under(policy).into()));
            }
        }
        self.workflows.values_mut().for_each(|of| of.groups.retain(|_, group| !group.members.is_empty()));
        match triaging {
            Triaging::TakesOut(policies) => self.evaluate_again(&groups, policy, policies),
            Triaging::Names => {
                groups.iter().for_each(|(workflow, cause)| self.evaluate_last(workflow, cause, policy));
            }
        }
    }
}
