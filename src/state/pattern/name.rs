//! [`PatternName`]: what identifies a pattern under a policy.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy;
use crate::state::item::{Cause, Counts};
use crate::value::WorkflowName;

/// The name of a pattern: its cause under the policy, and its workflow. The workflow is `None` if all workflows share
/// the cause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::state) struct PatternName {
    pub(in crate::state) workflow: Option<WorkflowName>,
    pub(in crate::state) cause: Cause,
}

impl PatternName {
    /// Returns the name of a pattern, given the workflow of one of its exceptions, and the cause as written there.
    pub(in crate::state) fn new(workflow: &WorkflowName, written: &Cause, policy: &policy::InForce) -> Self {
        Self::of_counted(workflow, &written.under(policy).into(), policy)
    }

    /// Returns the name of a pattern, given one of its workflows, and its cause, to which `same_cause` is already
    /// applied.
    pub(in crate::state) fn of_counted(
        workflow: &WorkflowName,
        cause: &Cause,
        policy: &policy::InForce,
    ) -> Self {
        let workflow = (!is_shared(cause.into(), policy)).then(|| workflow.clone());
        Self { workflow, cause: cause.clone() }
    }

    /// Whether exceptions of a workflow can be in the pattern.
    pub(in crate::state) fn is_in(&self, workflow: &WorkflowName) -> bool {
        self.workflow.as_ref().is_none_or(|own| own == workflow)
    }
}

/// A set of workflows and causes, as written.
#[derive(Debug, Default)]
pub(in crate::state) struct WrittenNames(BTreeMap<WorkflowName, BTreeSet<Cause>>);

impl WrittenNames {
    /// Adds a workflow and a cause. Returns whether they are new.
    pub(in crate::state) fn add(&mut self, workflow: &WorkflowName, cause: &Cause) -> bool {
        self.0.entry(workflow.clone()).or_default().insert(cause.clone())
    }

    /// Whether a workflow and a cause are in the set.
    pub(in crate::state) fn has(&self, workflow: &WorkflowName, cause: &Cause) -> bool {
        self.0.get(workflow).is_some_and(|causes| causes.contains(cause))
    }
}

/// Whether the exceptions of a cause are one pattern for all workflows.
pub(in crate::state) fn is_shared(cause: Counts<'_>, policy: &policy::InForce) -> bool {
    matches!(cause, Counts::Named(cause) if policy.shares(cause))
}
