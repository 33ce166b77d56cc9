//! Root causes are typed by people: what looks like a known one of the workflow is asked about, or at least said.

use std::collections::BTreeSet;

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::draft;
use crate::state::State;
use crate::value::{RootCause, WorkflowName};

/// The root causes of a workflow that look like one that it has not had, the likeliest first, each with how
/// often it came.
fn alike<'a>(state: &'a State, workflow: &WorkflowName, cause: &RootCause) -> Vec<(&'a str, usize)> {
    let of_workflow = state.exceptions.iter().filter(|item| item.says.exception.workflow == *workflow);
    let causes: Vec<&RootCause> =
        of_workflow.filter_map(|item| item.says.exception.root_cause.as_ref()).collect();
    if causes.contains(&cause) {
        return Vec::new();
    }
    let like = draft::closest(cause.as_str(), causes.iter().map(|cause| cause.as_str()));
    let count = |name: &str| causes.iter().filter(|cause| cause.as_str() == name).count();
    like.into_iter().map(|name| (name, count(name))).collect()
}

/// The root cause that is meant: a person is asked, where there is one.
pub(crate) fn meant(
    context: &Context,
    state: Option<&State>,
    workflow: Option<&WorkflowName>,
    cause: &RootCause,
    yes: bool,
) -> Result<RootCause, CommandError> {
    let (Some(state), Some(workflow)) = (state, workflow) else { return Ok(cause.clone()) };
    let like = alike(state, workflow, cause);
    if like.is_empty() {
        return Ok(cause.clone());
    }
    if yes || !context.ui.can_ask() {
        let names: Vec<&str> = like.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        context.ui.note(&format!("note: `{cause}` looks like {names}, which this workflow has already"));
        return Ok(cause.clone());
    }
    context.ui.note(&format!("Root causes of {workflow} that look like \"{cause}\":"));
    for (index, (name, count)) in like.iter().enumerate() {
        context.ui.note(&format!("  {}  {name:<24} {count} exception(s)", index + 1));
    }
    let answer = context.ui.ask("Use [1], another number, or keep (k)?")?;
    let chosen = if answer.is_empty() {
        Some(0)
    } else {
        answer.parse::<usize>().ok().and_then(|it| it.checked_sub(1))
    };
    match chosen.and_then(|index| like.get(index)) {
        Some((name, _)) => Ok(name.parse()?),
        None => Ok(cause.clone()),
    }
}

/// Says of many root causes which of them look like a known one.
pub(crate) fn warn(context: &Context, state: &State, causes: &BTreeSet<(&WorkflowName, &RootCause)>) {
    for (workflow, cause) in causes {
        let like = alike(state, workflow, cause);
        let names: Vec<&str> = like.iter().map(|(name, _)| *name).collect();
        if !names.is_empty() {
            let names = names.join(", ");
            context.ui.note(&format!("note: `{cause}` looks like {names}, which {workflow} has already"));
        }
    }
}
