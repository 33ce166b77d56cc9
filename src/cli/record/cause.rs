//! Suggests known root causes of the workflow that are similar to the one typed: asks on a terminal, and only
//! reports them elsewhere.

use std::collections::BTreeSet;

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::draft;
use crate::state::State;
use crate::value::{RootCause, WorkflowName};

/// Returns the known root causes of a workflow that are similar to a new one, the most similar first, each
/// with the number of its exceptions. Returns nothing if the workflow already has the root cause.
fn similar<'a>(state: &'a State, workflow: &WorkflowName, cause: &RootCause) -> Vec<(&'a str, usize)> {
    let of_workflow = state.exceptions.iter().filter(|item| item.says.exception.workflow == *workflow);
    let causes: Vec<&RootCause> =
        of_workflow.filter_map(|item| item.says.exception.root_cause.as_ref()).collect();
    if causes.contains(&cause) {
        return Vec::new();
    }
    let closest = draft::closest(cause.as_str(), causes.iter().map(|cause| cause.as_str()));
    let count = |name: &str| causes.iter().filter(|cause| cause.as_str() == name).count();
    closest.into_iter().map(|name| (name, count(name))).collect()
}

/// Whether the user may be asked; `--yes` skips all questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Questions {
    Allowed,
    Skipped,
}

/// Returns the root cause that is meant: on a terminal, the user may choose a similar one.
pub(crate) fn meant(
    context: &Context,
    state: Option<&State>,
    workflow: Option<&WorkflowName>,
    cause: &RootCause,
    questions: Questions,
) -> Result<RootCause, CommandError> {
    let (Some(state), Some(workflow)) = (state, workflow) else { return Ok(cause.clone()) };
    let similar = similar(state, workflow, cause);
    if similar.is_empty() {
        return Ok(cause.clone());
    }
    if questions == Questions::Skipped || !context.ui.can_ask() {
        let names: Vec<&str> = similar.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        context.ui.note(&format!("note: `{cause}` looks like {names}, which this workflow already has"));
        return Ok(cause.clone());
    }
    context.ui.note(&format!("Root causes of {workflow} that look like \"{cause}\":"));
    for (index, (name, count)) in similar.iter().enumerate() {
        context.ui.note(&format!("  {}  {name:<24} {count} exception(s)", index + 1));
    }
    let answer = context.ui.ask("Use [1], another number, or keep (k)?")?;
    let chosen = if answer.is_empty() {
        Some(0)
    } else {
        answer.parse::<usize>().ok().and_then(|number| number.checked_sub(1))
    };
    match chosen.and_then(|index| similar.get(index)) {
        Some((name, _)) => Ok(name.parse()?),
        None => Ok(cause.clone()),
    }
}

/// Reports which of many root causes are similar to a known one.
pub(crate) fn warn(context: &Context, state: &State, causes: &BTreeSet<(&WorkflowName, &RootCause)>) {
    for (workflow, cause) in causes {
        let similar = similar(state, workflow, cause);
        let names: Vec<&str> = similar.iter().map(|(name, _)| *name).collect();
        if !names.is_empty() {
            let names = names.join(", ");
            context.ui.note(&format!("note: `{cause}` looks like {names}, which {workflow} already has"));
        }
    }
}
