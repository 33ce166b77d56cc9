//! Shows records that were appended: their ids, whether others have them yet, and who can approve them.

use super::ui::Output;
use serde::Serialize;

use super::context::Context;
use super::error::CommandError;
use crate::ledger::{Loaded, move_pin};
use crate::render::{ShowView, escape};
use crate::value::{RecordId, Time};
use crate::workspace::Workspace;
use crate::write::Appended;

/// An appended record, as JSON.
#[derive(Debug, Serialize)]
struct RecordedView {
    id: String,
    kind: String,
    position: u64,
    entry: String,
    shared: bool,
    standing: Option<String>,
    may_approve: Vec<String>,
    notes: Vec<String>,
    next: Option<String>,
}

/// Moves the pin, and shows each record that was appended. A pin that cannot be moved is a warning.
pub(crate) fn show(
    context: &mut Context,
    workspace: &Workspace,
    appended: &Appended,
    output: Output,
    now: Time,
) -> Result<(), CommandError> {
    landed(context, workspace, appended);
    let state = appended.loaded.state().ok();
    for id in &appended.ids {
        let Some(accepted) = appended.loaded.replay.past().record(id) else { continue };
        let view = ShowView::new(id, &accepted, &appended.loaded, state.as_deref(), b"", now)?;
        one(context, workspace, id, &view, output);
    }
    Ok(())
}

/// Moves the pin after records were appended. A pin that cannot be moved is a warning.
pub(crate) fn landed(context: &mut Context, workspace: &Workspace, appended: &Appended) {
    // The records are in the ledger: whatever fails from here on is told beside that.
    context.ui.landed(&appended.ids);
    if let Err(error) = move_pin(workspace, &appended.loaded) {
        let error = CommandError::from(error);
        context.ui.note(&format!("warning: recorded, but the pin was not moved: {}", error.message));
    }
}

/// Shows a record that was in the ledger before, as if it had been recorded now.
pub(crate) fn show_known(
    context: &mut Context,
    workspace: &Workspace,
    loaded: &Loaded,
    id: &RecordId,
    output: Output,
    now: Time,
) -> Result<(), CommandError> {
    let Some(accepted) = loaded.replay.past().record(id) else { return Ok(()) };
    let state = loaded.state_if_founded()?;
    let view = ShowView::new(id, &accepted, loaded, state.as_deref(), b"", now)?;
    one(context, workspace, id, &view, output);
    Ok(())
}

/// Shows the standing of a record after another record about it was appended.
pub(crate) fn standing(context: &mut Context, appended: &Appended, of: &RecordId, now: Time) {
    let state = appended.loaded.state().ok();
    if let Some(accepted) = appended.loaded.replay.past().record(of) {
        // The new record is in the ledger, so a failure to show the other one is not an error.
        let view = ShowView::new(of, &accepted, &appended.loaded, state.as_deref(), b"", now);
        let Ok(view) = view else { return };
        let standing = view.standing.unwrap_or_default();
        context.ui.answer(&format!("  {} {}: {standing}\n", view.row.kind, of.short()));
    }
}

fn one(context: &mut Context, workspace: &Workspace, id: &RecordId, view: &ShowView, output: Output) {
    let row = &view.row;
    let next = (!row.shared).then(|| workspace.share_command());
    if output == Output::Json {
        context.ui.json(&RecordedView {
            id: id.to_string(),
            kind: row.kind.clone(),
            position: row.position,
            entry: view.entry.clone(),
            shared: row.shared,
            standing: view.standing.clone(),
            may_approve: view.may_approve.clone(),
            notes: view.notes.clone(),
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
    for note in &view.notes {
        context.ui.note(&format!("warning: {}", escape(note)));
    }
    if let Some(next) = next {
        context.ui.answer(&format!("  local so far; share it: {next}\n"));
    }
}
