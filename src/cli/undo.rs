//! `countersign undo`: takes back the user's own records, as long as only this clone has them.

use serde::Serialize;

use super::context::{Context, sound_or_halted};
use super::error::CommandError;
use super::exit::Exit;
use crate::ledger::{Loaded, find};
use crate::value::{IdPrefix, MemberName, RecordId};

/// Take back records of yours that nobody else has
///
/// You can take back a record that could not be shared, or that you recorded with --local. As long as the remote has no
/// ledger, you can take back none. What others have stays for ever. Use `close`, `reject` or `resume` to end its
/// effect, or record what is right.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign undo 676c")]
pub(crate) struct Args {
    /// The records: at least 4 digits of each id
    #[arg(value_name = "ID", required = true)]
    ids: Vec<IdPrefix>,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The answer of `undo`.
#[derive(Debug, Serialize)]
struct UndoView {
    undone: Vec<String>,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let loaded = sound_or_halted(context.load(&workspace)?)?;
    let mut author = context.author(&workspace, &loaded)?;
    let ids = args.ids.iter().map(|id| find(&loaded, id)).collect::<Result<Vec<_>, _>>()?;
    ids.iter().try_for_each(|id| may_be_undone(&loaded, id, &author.name))?;
    let now = context.now()?;
    let done = context.with_sharer(&workspace, context.patience(&workspace), |sharer| {
        let _turn = sharer.turn();
        sharer.rebase_without(&loaded, &mut author, &ids, now)
    });
    let (_, mut moved) = done?;
    // The other local records stay in the ledger, and the user does not have to be told so.
    moved.on_top.clear();
    context.note_moved(&moved);
    if args.json {
        context.ui.json(&UndoView { undone: ids.iter().map(RecordId::to_string).collect() });
    } else {
        ids.iter().for_each(|id| context.ui.answer(&format!("{} is no longer in the ledger\n", id.short())));
    }
    Ok(Exit::Good)
}

/// Refuses a record that is shared, or whose author is somebody else. If this clone knows of no ledger at the remote,
/// every record counts as shared.
fn may_be_undone(loaded: &Loaded, id: &RecordId, me: &MemberName) -> Result<(), CommandError> {
    let Some(accepted) = loaded.replay.past().record(id)? else { return Ok(()) };
    let short = id.short();
    if loaded.is_shared(accepted.position) || !loaded.has_remote {
        let found = format!("{short} is shared, and what is shared stays for ever");
        return Err(CommandError::new(Exit::Refused, found)
            .hint("end its effect with `close`, `reject` or `resume`, or record what is right"));
    }
    if accepted.author != *me {
        let found = format!("{short} is a record of {}, not one of yours", accepted.author);
        return Err(CommandError::new(Exit::Refused, found));
    }
    Ok(())
}
