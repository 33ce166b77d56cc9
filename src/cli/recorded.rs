//! What is said after something was recorded: its id, whether others have it, and what it waits for.

use serde::Serialize;

use super::context::Context;
use super::error::CommandError;
use crate::ledger::move_pin;
use crate::render::{ShowView, escape};
use crate::value::{RecordId, Time};
use crate::workspace::Workspace;
use crate::write::Appended;

/// A record that was appended.
#[derive(Debug, Serialize)]
struct RecordedView {
    id: String,
    kind: String,
    position: u64,
    entry: String,
    shared: bool,
    standing: Option<String>,
    may_approve: Vec<String>,
    next: Option<String>,
}

/// Shows what was appended.
pub(crate) fn show(
    context: &mut Context,
    workspace: &Workspace,
    appended: &Appended,
    json: bool,
    now: Time,
) -> Result<(), CommandError> {
    move_pin(workspace, &appended.loaded)?;
    let state = appended.loaded.state();
    for id in &appended.ids {
        let Some(accepted) = appended.loaded.replay.past().record(id) else { continue };
        let view = ShowView::new(id, &accepted, &appended.loaded, state.as_deref(), b"", now);
        one(context, workspace, id, &view, json);
    }
    Ok(())
}

/// Shows how a record stands now that something was said about it.
pub(crate) fn standing(context: &mut Context, appended: &Appended, of: &RecordId, now: Time) {
    let state = appended.loaded.state();
    if let Some(accepted) = appended.loaded.replay.past().record(of) {
        let view = ShowView::new(of, &accepted, &appended.loaded, state.as_deref(), b"", now);
        let standing = view.standing.unwrap_or_default();
        context.ui.answer(&format!("  {} {}: {standing}\n", view.row.kind, of.short()));
    }
}

fn one(context: &mut Context, workspace: &Workspace, id: &RecordId, view: &ShowView, json: bool) {
    let row = &view.row;
    let next = (!row.shared).then(|| workspace.share_command());
    if json {
        context.ui.json(&RecordedView {
            id: id.to_string(),
            kind: row.kind.clone(),
            position: row.position,
            entry: view.entry.clone(),
            shared: row.shared,
            standing: view.standing.clone(),
            may_approve: view.may_approve.clone(),
            next,
        });
        return;
    }
    let standing = view.standing.as_ref().map(|standing| format!(": {standing}")).unwrap_or_default();
    context.ui.answer(&format!("{} {} recorded{standing}\n", row.kind, id.short()));
    context.ui.answer(&format!("  {}\n", escape(&row.subject)));
    if !view.may_approve.is_empty() {
        context.ui.answer(&format!("  who can approve it: {}\n", view.may_approve.join(", ")));
    }
    if let Some(next) = next {
        context.ui.answer(&format!("  local so far; share it: {next}\n"));
    }
}
