//! Suggests known root causes of the workflow that are similar to the one that was typed. At a terminal, the user is
//! asked which is meant. Elsewhere, or with `--yes`, the similar ones are only reported.

use std::collections::BTreeSet;

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::draft::{SimilarCause, similar_causes};
use crate::state::State;
use crate::value::{RootCause, WorkflowName, count};

/// Whether the user may be asked; `--yes` skips all questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Questions {
    Allowed,
    Skipped,
}

/// Returns the root cause that is meant. At a terminal, the user may choose a similar one.
pub(crate) fn meant(
    context: &Context,
    state: Option<&State>,
    workflow: Option<&WorkflowName>,
    cause: &RootCause,
    questions: Questions,
) -> Result<RootCause, CommandError> {
    let (Some(state), Some(workflow)) = (state, workflow) else { return Ok(cause.clone()) };
    let similar = similar_causes(state, workflow, cause);
    if similar.is_empty() {
        return Ok(cause.clone());
    }
    if questions == Questions::Skipped || !context.ui.can_ask() {
        let names = names(&similar);
        context.ui.note(&format!("note: `{cause}` looks like {names}, which this workflow already has"));
        return Ok(cause.clone());
    }
    context.ui.note(&format!("Root causes of {workflow} that look like \"{cause}\":"));
    for (number, known) in (1..).zip(&similar) {
        let count = count(known.count, "exception");
        context.ui.note(&format!("  {number}  {:<24} {count}", known.name.as_str()));
    }
    loop {
        let answer = context.ui.ask("Use a number, or keep what you typed (k)?")?;
        match answer.as_deref() {
            // If the input ends here, the user has chosen no other name.
            None | Some("k") => return Ok(cause.clone()),
            Some(answer) => {
                let number = answer.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                if let Some(known) = number.and_then(|number| similar.get(number)) {
                    return Ok(known.name.clone());
                }
                context.ui.note(&format!("Please answer with a number from 1 to {}, or k.", similar.len()));
            }
        }
    }
}

/// Reports each of the given root causes that is similar to a known one of its workflow.
pub(crate) fn warn(context: &Context, state: &State, causes: &BTreeSet<(&WorkflowName, &RootCause)>) {
    for (workflow, cause) in causes {
        let similar = similar_causes(state, workflow, cause);
        if !similar.is_empty() {
            let names = names(&similar);
            context.ui.note(&format!("note: `{cause}` looks like {names}, which {workflow} already has"));
        }
    }
}

fn names(similar: &[SimilarCause]) -> String {
    let names: Vec<&str> = similar.iter().map(|known| known.name.as_str()).collect();
    names.join(", ")
}
