//! Known root causes that a new root cause of the same workflow resembles.

use crate::likeness::closest;
use crate::state::State;
use crate::value::{RootCause, WorkflowName};

/// A known root cause that a new root cause resembles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimilarCause {
    /// The known root cause.
    pub name: RootCause,
    /// The number of exceptions of the workflow that have this root cause.
    pub count: u64,
}

/// Returns those known root causes of a workflow that resemble `cause`, the most similar first. If the workflow already
/// has `cause`, it returns none.
pub fn similar_causes(state: &State, workflow: &WorkflowName, cause: &RootCause) -> Vec<SimilarCause> {
    let of_workflow = state.held_exceptions().iter().filter(|item| item.says.exception.workflow == *workflow);
    let causes: Vec<&RootCause> =
        of_workflow.filter_map(|item| item.says.exception.root_cause.as_ref()).collect();
    if causes.contains(&cause) {
        return Vec::new();
    }
    let closest = closest(cause.as_str(), causes.iter().map(|known| known.as_str()));
    let similar = |name: &str| {
        let same = causes.iter().filter(|known| known.as_str() == name);
        let name = same.clone().next().map(|name| (*name).clone())?;
        Some(SimilarCause { name, count: u64::try_from(same.count()).unwrap_or(u64::MAX) })
    };
    closest.into_iter().filter_map(similar).collect()
}
