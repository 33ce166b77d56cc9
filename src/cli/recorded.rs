//! Shows records that were appended: their ids, whether others have them yet, and who can approve them.

use super::ui::Output;
use serde::Serialize;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::sharing::{SYNC, Written, exit_of};
use crate::ledger::{Loaded, move_pin};
use crate::record::Kind;
use crate::render::{LogRow, ShowView, escape};
use crate::share::Reach;
use crate::state::Inquiry;
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
    /// `shared`, `local`, `failed`, `no-remote` or `no-remote-ledger`.
    sharing: &'static str,
    /// How often the ledger was pushed to share the record.
    tries: u32,
    standing: Option<String>,
    may_approve: Vec<String>,
    notes: Vec<String>,
    next: Option<String>,
}

/// Moves the pin, and shows each record that was appended. If the pin cannot be moved, prints a warning. Returns
/// [`Exit::Environment`] if sharing the records failed, otherwise [`Exit::Good`].
pub(crate) fn show(
    context: &mut Context,
    workspace: &Workspace,
    recorded: &Written,
    output: Output,
    now: Time,
) -> Result<Exit, CommandError> {
    let appended = &recorded.appended;
    landed(context, workspace, appended);
    let state = appended.loaded.live(&Inquiry::at(now)).ok();
    for id in &appended.ids {
        let Some(accepted) = appended.loaded.replay.past().record(id)? else { continue };
        let view = ShowView::new(id, &accepted, &appended.loaded, state.as_deref(), b"", now)?;
        let journey = Journey { reach: &recorded.reach, tries: recorded.tries };
        one(context, id, &view, journey, output);
    }
    context.note_reach(&recorded.reach);
    Ok(recorded.exit())
}

/// Keeps the ids of appended records for messages, and moves the pin. If the pin cannot be moved, prints a warning.
pub(crate) fn landed(context: &mut Context, workspace: &Workspace, appended: &Appended) {
    // The records are in the ledger now. If a later step fails, the user is told of that, too.
    context.ui.landed(&appended.ids);
    if let Err(error) = move_pin(workspace, &appended.loaded) {
        let error = CommandError::from(error);
        context.ui.note(&format!("warning: recorded, but the pin was not moved: {}", error.message));
    }
}

/// Shows a record that was in the ledger before, as if it had been recorded now.
pub(crate) fn show_known(
    context: &mut Context,
    loaded: &Loaded,
    id: &RecordId,
    output: Output,
    now: Time,
) -> Result<Exit, CommandError> {
    let Some(accepted) = loaded.replay.past().record(id)? else { return Ok(Exit::Good) };
    let state = loaded.live_if_founded(&Inquiry::at(now).and_record(*id))?;
    let view = ShowView::new(id, &accepted, loaded, state.as_deref(), b"", now)?;
    let is_shared = loaded.is_shared(accepted.position);
    let reach =
        context.stay.clone().filter(|reach| !is_shared || *reach == Reach::NoRemote).unwrap_or(Reach::Shared);
    one(context, id, &view, Journey { reach: &reach, tries: 0 }, output);
    context.note_reach(&reach);
    Ok(exit_of(&reach))
}

/// Shows the standing of a record after another record about it was appended.
pub(crate) fn standing(context: &mut Context, appended: &Appended, of: &RecordId, now: Time) {
    let state = appended.loaded.live(&Inquiry::at(now).and_record(*of)).ok();
    if let Ok(Some(accepted)) = appended.loaded.replay.past().record(of) {
        // The new record is in the ledger, so a failure to show the other one is not an error.
        let view = ShowView::new(of, &accepted, &appended.loaded, state.as_deref(), b"", now);
        let Ok(view) = view else { return };
        let standing = view.standing.unwrap_or_default();
        context.ui.answer(&format!("  {} {}: {standing}\n", view.row.kind, of.short()));
    }
}

/// Returns the noun for a record. For a vote that rejects or withdraws it is `rejection` or `withdrawal`; for every
/// other record it is the kind.
fn noun(row: &LogRow) -> &str {
    let is_vote = row.kind == Kind::Approval.as_str();
    if is_vote && row.subject.starts_with("reject ") {
        "rejection"
    } else if is_vote && row.subject.starts_with("withdraw ") {
        "withdrawal"
    } else {
        &row.kind
    }
}

/// How far a record was shared, and how often the ledger was pushed for that.
#[derive(Clone, Copy)]
struct Journey<'a> {
    reach: &'a Reach,
    tries: u32,
}

fn one(context: &mut Context, id: &RecordId, view: &ShowView, sent: Journey<'_>, output: Output) {
    let Journey { reach, tries } = sent;
    let row = &view.row;
    let (sharing, how) = match reach {
        Reach::Shared => ("shared", "recorded and shared"),
        Reach::NoRemote => ("no-remote", "recorded"),
        Reach::NoRemoteLedger => ("no-remote-ledger", "recorded in this clone"),
        Reach::Local => ("local", "recorded in this clone"),
        Reach::Failed(_) => ("failed", "recorded in this clone"),
    };
    let next = (!matches!(reach, Reach::Shared | Reach::NoRemote)).then(|| SYNC.to_owned());
    if output == Output::Json {
        context.ui.json(&RecordedView {
            id: id.to_string(),
            kind: row.kind.clone(),
            position: row.position,
            entry: view.entry.clone(),
            shared: row.shared,
            sharing,
            tries,
            standing: view.standing.clone(),
            may_approve: view.may_approve.clone(),
            notes: view.notes.clone(),
            next,
        });
        return;
    }
    let standing = view.standing.as_ref().map(|standing| format!(": {standing}")).unwrap_or_default();
    let noun = noun(row);
    context.ui.answer(&format!("{noun} {} {how}{standing}\n", id.short()));
    context.ui.answer(&format!("  {}\n", escape(&row.subject)));
    if !view.may_approve.is_empty() {
        context.ui.answer(&format!("  who can approve it: {}\n", view.may_approve.join(", ")));
    }
    for note in &view.notes {
        context.ui.note(&format!("warning: {}", escape(note)));
    }
    match reach {
        Reach::Local => context.ui.answer(&format!("  nobody else has it yet; next: {SYNC}\n")),
        Reach::NoRemoteLedger => {
            context.ui.answer(&format!("  the remote has no ledger yet; to share this one: {SYNC}\n"));
        }
        // A failure is reported on standard error, by `note_reach`.
        Reach::Shared | Reach::NoRemote | Reach::Failed(_) => {}
    }
}
