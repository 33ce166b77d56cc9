//! [`DormantPatterns`]: the groups and redesigns of some patterns, taken out of the others so that they can be stored
//! apart.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::name::PatternName;
use super::patterns::Patterns;
use super::workflow::Workflow;
use crate::policy;
use crate::state::item::Cause;
use crate::value::{RecordId, WorkflowName};

/// Patterns that were taken out of the others.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::state) struct DormantPatterns {
    workflows: BTreeMap<WorkflowName, Workflow>,
    with_cause: BTreeMap<Cause, BTreeSet<WorkflowName>>,
}

impl Patterns {
    /// Takes some patterns out. If a redesign names one of these patterns, every pattern that it names has to be
    /// among them. The redesigns in `stay` are not taken out, and neither are the namings of keys.
    pub(in crate::state) fn take_out(
        &mut self,
        patterns: &BTreeSet<PatternName>,
        stay: &BTreeSet<RecordId>,
        policy: &policy::InForce,
    ) -> DormantPatterns {
        let is_taken = |workflow: &WorkflowName, cause: &Cause| {
            patterns.contains(&PatternName::new(workflow, cause, policy))
        };
        let mut taken = DormantPatterns::default();
        for (workflow, of) in &mut self.workflows {
            let of_workflow = of.take_out(|cause| is_taken(workflow, cause), stay);
            if !of_workflow.is_empty() {
                taken.workflows.insert(workflow.clone(), of_workflow);
            }
        }
        for (cause, workflows) in &mut self.with_cause {
            let of_cause: BTreeSet<WorkflowName> =
                workflows.extract_if(.., |workflow| is_taken(workflow, cause)).collect();
            if !of_cause.is_empty() {
                taken.with_cause.insert(cause.clone(), of_cause);
            }
        }
        self.with_cause.retain(|_, workflows| !workflows.is_empty());
        self.workflows.retain(|_, of| !of.is_empty());
        self.note_approved_causes();
        self.courses.clear();
        taken
    }

    /// Puts patterns back that were taken out.
    pub(in crate::state) fn put_back(&mut self, taken: DormantPatterns) {
        for (workflow, of) in taken.workflows {
            self.workflows.entry(workflow).or_default().put_back(of);
        }
        for (cause, workflows) in taken.with_cause {
            self.with_cause.entry(cause).or_default().extend(workflows);
        }
        self.note_approved_causes();
        self.courses.clear();
    }
}

impl DormantPatterns {
    /// Returns one past the last position of their exceptions.
    pub(in crate::state) fn end(&self) -> Option<u64> {
        let groups = self.workflows.values().flat_map(|of| of.groups.values());
        groups.flat_map(|group| &group.members).map(|member| member.when.position + 1).max()
    }
}
