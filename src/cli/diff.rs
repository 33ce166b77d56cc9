//! `trust diff` and `policy diff`: describe in words what a proposal changes.

use std::path::PathBuf;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::input::read_draft;
use crate::ask;
use crate::ledger::{Loaded, find};
use crate::record::draft::Draft;
use crate::record::{Body, Kind};
use crate::render::{ChangeView, change_text};
use crate::state::State;
use crate::value::{IdPrefix, RecordId, Time};
use crate::verify::Unreadable;
use crate::workspace::Workspace;

/// The options of `trust diff` and `policy diff`.
#[derive(Debug, clap::Args)]
pub(crate) struct DiffArgs {
    /// The proposal: at least 4 digits of its id [default: the open one]
    id: Option<IdPrefix>,
    /// Read a draft instead of a proposal; - is standard input
    #[arg(short, long, value_name = "FILE", conflicts_with = "id")]
    file: Option<PathBuf>,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(kind: Kind, args: DiffArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let (loaded, exit) = context.load_readable(&workspace)?;
    let body = proposed(kind, &args, &loaded)?;
    let view = view(&workspace, &loaded, &body, context)?;
    if args.json {
        context.ui.json(&view);
    } else {
        context.ui.show(&change_text(&view));
    }
    Ok(exit)
}

/// Builds the view of what a trust or policy would change.
pub(crate) fn view(
    workspace: &Workspace,
    loaded: &Loaded,
    body: &Body,
    context: &Context,
) -> Result<ChangeView, CommandError> {
    // A repository without a commit has no deployment that a proposal could block.
    let head = workspace.repository.resolve("HEAD").ok();
    let found = ask::consequences(workspace, loaded, body, head.as_ref(), context.now()?)?;
    let describe = |id: &RecordId| {
        let body = loaded.replay.past().body(id)?;
        let subject = body.map(|body| format!("{} {}", body.kind(), body.subject()));
        Ok(format!("{}  {}", id.short(), subject.unwrap_or_default()))
    };
    let would_fall = found.would_fall.iter().map(describe).collect::<Result<_, Unreadable>>()?;
    Ok(ChangeView::new(found, would_fall))
}

/// Returns a warning that names the targets for which a redesign of code would resolve nothing; `None` if there are
/// none. The reason is that no commit of the redesign is new for them.
pub(crate) fn not_new(
    workspace: &Workspace,
    state: &State,
    id: &RecordId,
    now: Time,
) -> Result<Option<String>, CommandError> {
    let Some(redesign) = state.redesign(id) else { return Ok(None) };
    let old = ask::targets_where_old(workspace, state, redesign, now)?;
    let names: Vec<String> = old.iter().map(ToString::to_string).collect();
    let what = "this redesign would resolve nothing: each of its commits was already in a deployment that was \
                allowed there before the last occasion, or changes no path of the target";
    Ok((!names.is_empty()).then(|| format!("warning: for {}, {what}", names.join(", "))))
}

fn proposed(kind: Kind, args: &DiffArgs, loaded: &Loaded) -> Result<Body, CommandError> {
    if let Some(file) = &args.file {
        let (bytes, name) = read_draft(file)?;
        return Draft::read(&bytes, kind)
            .map(|draft| draft.body)
            .map_err(|error| CommandError::draft(&name, &error));
    }
    let past = loaded.replay.past();
    let open =
        past.proposals().iter().find(|proposal| proposal.body.kind() == kind).map(|proposal| proposal.id);
    let named = args.id.as_ref().map(|prefix| find(loaded, prefix)).transpose()?;
    let id = named.or(open).ok_or_else(|| {
        let error = CommandError::usage(format!("no {kind} is proposed"));
        error.hint("give the id of an earlier proposal, or a draft with -f FILE")
    })?;
    let body = past.body(&id)?.filter(|body| body.kind() == kind);
    let other = || CommandError::usage(format!("{} is not a {kind} record", id.short()));
    body.map(|body| (*body).clone()).ok_or_else(other)
}
