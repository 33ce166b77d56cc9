//! `countersign show`: shows one record.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::view::ViewArgs;
use crate::ledger::{Loaded, find};
use crate::record::{Content, RecordPath};
use crate::render::{ShowView, show_text};
use crate::state::{NoState, WholeState};
use crate::value::{IdPrefix, RecordId};
use crate::workspace::Workspace;

/// Show one record: what it says, who signed it, and what became of it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  countersign show 676c\n  countersign show 676c --raw > record.toml\n  countersign show 676c --raw | sed '/^\\[signature\\]$/,$d' | sha256sum  # its id, computed again"
)]
pub(crate) struct Args {
    /// The record: at least 4 digits of its id
    id: IdPrefix,
    /// Print the record file, byte for byte
    #[arg(long, conflicts_with = "json")]
    raw: bool,
    #[command(flatten)]
    view: ViewArgs,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    context.refresh(&workspace, args.view)?;
    let (loaded, exit) = context.load_readable(&workspace)?;
    let id = find(&loaded, &args.id)?;
    let file = file_of(&workspace, &loaded, &id)?;
    if args.raw {
        context.ui.data(&String::from_utf8_lossy(&file));
        return Ok(exit);
    }
    let now = context.now()?;
    let state = match context.state(&loaded) {
        Ok(state) => Some(state),
        Err(NoState::NotFounded) => None,
        Err(NoState::Missing(error)) => return Err(error.into()),
    };
    let Some(accepted) = loaded.replay.past().record(&id)? else { return Ok(exit) };
    let view = ShowView::new(&id, &accepted, &loaded, state.as_ref().map(WholeState::state), &file, now)?;
    let view = view.with_story(&id, &loaded)?;
    if args.json {
        context.ui.json(&view);
    } else {
        context.page_through(&workspace);
        context.ui.show(&show_text(&view));
    }
    Ok(exit)
}

/// Reads the file of a record from the entry that added the record. The result is empty if the record has no entry, or
/// if the entry has no such file.
pub(crate) fn file_of(
    workspace: &Workspace,
    loaded: &Loaded,
    id: &RecordId,
) -> Result<Vec<u8>, CommandError> {
    let Some(accepted) = loaded.replay.past().record(id)? else { return Ok(Vec::new()) };
    let reader = workspace.repository.reader();
    let Some(entry) = &accepted.entry else { return Ok(Vec::new()) };
    if let Some(kind) = accepted.kind {
        let path = RecordPath::new(kind.name(), accepted.created_at, *id).to_string();
        if let Some(file) = reader.file(entry, &path)? {
            return Ok(file);
        }
    }
    // The path of a record's file contains the kind. If this program does not know the kind, it cannot make the path,
    // so it searches all files of the entry.
    let (commit, parent) = workspace.repository.with_parent(entry)?;
    let entry = reader.entry(entry, &commit, parent.as_ref())?;
    let files = entry.added.unwrap_or_default().into_iter().filter_map(|file| file.bytes.ok());
    let is_wanted = |bytes: &std::sync::Arc<[u8]>| {
        crate::record::SignedRecord::parse(bytes)
            .is_ok_and(|record| record.id() == *id && *record.content() == Content::Foreign)
    };
    Ok(files.into_iter().find(is_wanted).map(|bytes| bytes.to_vec()).unwrap_or_default())
}
