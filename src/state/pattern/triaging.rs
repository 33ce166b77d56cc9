//! What a triage does to patterns.

use std::collections::BTreeSet;

use super::{Cause, Patterns};
use crate::policy;
use crate::state::Exceptions;
use crate::value::WorkflowName;

/// An exception that a triage took effect on, by its place, and how it counted before.
pub(in crate::state) struct Moved {
    pub(in crate::state) place: usize,
    pub(in crate::state) workflow: WorkflowName,
    pub(in crate::state) cause: Cause,
    pub(in crate::state) was_struck: bool,
}

/// What a triage does to the patterns that its exceptions were in.
#[derive(Debug, Clone, Copy)]
pub(in crate::state) enum Triaging<'a> {
    /// They move as a whole, and what was found of them moves with them.
    Names,
    /// Exceptions are taken out, and the rest is judged anew, under each policy where it was in force.
    TakesOut(&'a [(u64, policy::InForce)]),
}

impl Patterns {
    /// Exceptions count under other causes now, or no more.
    pub(super) fn triaged(
        &mut self,
        moved: &[Moved],
        triaging: Triaging<'_>,
        policy: &policy::InForce,
        exceptions: &Exceptions,
    ) {
        let mut groups: BTreeSet<(WorkflowName, Cause)> = BTreeSet::new();
        for Moved { place, workflow, cause, was_struck } in moved {
            let Some(item) = exceptions.get(*place) else { continue };
            let group = self.workflows.get_mut(workflow).and_then(|of| of.groups.get_mut(cause));
            let (was_in, marks) = match group {
                Some(group) => (group.remove(*place, exceptions), group.head.marks.clone()),
                None => Default::default(),
            };
            // What was struck counts again, unless it would have counted apart all the while.
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
        self.workflows.values_mut().for_each(|of| of.groups.retain(|_, group| group.head.count > 0));
        match triaging {
            Triaging::TakesOut(policies) => self.judge_anew(&groups, policy, policies),
            Triaging::Names => {
                groups.iter().for_each(|(workflow, cause)| self.judge_last(workflow, cause, policy));
            }
        }
    }
}
