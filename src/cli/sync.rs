//! `countersign sync`: fetches what others have shared, puts the local records of this clone on top of it, and shares
//! the result.

use serde::Serialize;

use super::context::{Context, not_sound, sound_or_halted};
use super::error::CommandError;
use super::exit::Exit;
use super::remote_errors::two_ledgers_here;
use super::sharing::{exit_of, is_all_shared};
use crate::ledger::{self, Asked, Loaded, leave};
use crate::share::{Moved, Patience, Reach, Shared};
use crate::value::{CommitId, Duration, RecordId, count};
use crate::workspace::Workspace;
use crate::write;

/// Fetch what others have recorded, and share what only this clone has
///
/// Asks the remote for its ledger, and verifies it. Then puts on top of it the records that only this clone has. These
/// records stay as they are, in new commits. If others share at the same time, it tries again. A record that would not
/// count at its new place goes to the outbox. For a receipt, the gate is asked again.
///
/// It also repairs the ledger's branch if `git pull`, `git commit` or `git rebase` has broken it in this clone: records
/// stay, and other commits are left out.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  countersign sync\n  countersign sync --within 10m      in a job that can wait"
)]
pub(crate) struct Args {
    /// Keep trying for this long, even if the remote cannot be reached [default: up to 10m while others share first,
    /// and no second try if the remote cannot be reached]
    #[arg(long, value_name = "DURATION")]
    within: Option<Duration>,
    /// Leave the ledger that only this clone has, and join the remote's ledger, which has this id
    #[arg(long, value_name = "ID")]
    join: Option<RecordId>,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The answer of `sync`.
#[derive(Debug, Serialize)]
struct SyncView {
    remote: String,
    /// The number of records after the sync; `root` is their Merkle root.
    size: u64,
    root: String,
    /// The number of records of the remote that this clone did not have before the sync.
    fetched: u64,
    /// The number of records that this run has shared with the remote.
    shared: u64,
    /// How often the ledger was pushed.
    tries: u32,
    /// `shared` or `failed`.
    sharing: &'static str,
    on_top: Vec<String>,
    displaced: Vec<DisplacedRow>,
    decided_again: Vec<DecidedRow>,
    left_out: Vec<LeftOutRow>,
    /// The number of records in the outbox.
    outbox: u64,
}

#[derive(Debug, Serialize)]
struct DisplacedRow {
    id: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct DecidedRow {
    receipt: String,
    answer: String,
    new: Option<String>,
}

#[derive(Debug, Serialize)]
struct LeftOutRow {
    commit: String,
    found: String,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let remote = workspace.config.ledger_remote().to_owned();
    if workspace.config.ledger_remote_url().is_none() {
        return Err(CommandError::usage(format!("the ledger has no remote: {remote} is not configured"))
            .hint(format!("add it: git remote add {remote} URL"))
            .hint("or name another one: git config countersign.ledgerRemote NAME"));
    }
    let patience = match args.within {
        Some(within) => Patience::Throughout(within.into()),
        None => Patience::WhileOvertaken(workspace.config.transfer_timeout()),
    };
    let before = workspace.repository.ref_head(&workspace.ledger_ref())?;
    let now = context.now()?;
    let asked = context.with_sharer(&workspace, patience, |sharer| sharer.ask(now))?;
    let has_ledger = matches!(asked, Some(Asked { head: Some(_), .. }));
    context.asked = asked;
    if let Some(theirs) = args.join {
        join(context, &workspace, theirs)?;
    }
    let loaded = context.load(&workspace)?;
    let there = loaded.shared.filter(|_| has_ledger).map_or(0, |shared| shared.size);
    let known = size_there(&workspace, &loaded, before.as_ref()).min(there);
    let (loaded, mut moved) = joined(context, &workspace, loaded, patience)?;
    let loaded = sound_or_halted(loaded)?;
    let has_more = !has_ledger || (loaded.local == loaded.head && !is_all_shared(&loaded));
    let (loaded, reach, tries) = if has_more && loaded.local.is_some() {
        let mut author = context.author(&workspace, &loaded)?;
        let Shared { loaded, reach, tries, moved: later } =
            context.share_within(&workspace, patience, loaded, &mut author);
        moved.add(later);
        (loaded, reach, tries)
    } else {
        (loaded, Reach::Shared, 0)
    };
    ledger::move_pin(&workspace, &loaded)?;
    let counts = SyncCounts { there, known, tries, outbox: outbox_size(&workspace)? };
    let view = view(remote, &loaded, &reach, &moved, counts);
    context.note_moved(&moved);
    if args.json {
        context.ui.json(&view);
    } else {
        context.ui.answer(&text(&view));
    }
    context.note_reach(&reach);
    if let Some(error) = not_sound(&loaded) {
        return Err(error);
    }
    Ok(if moved.displaced.is_empty() { exit_of(&reach) } else { Exit::Refused })
}

/// The numbers of a sync: how many records the remote had, how many of those this clone knew, how often the ledger
/// was pushed, and how many records are in the outbox.
#[derive(Clone, Copy)]
struct SyncCounts {
    there: u64,
    known: u64,
    tries: u32,
    outbox: u64,
}

fn outbox_size(workspace: &Workspace) -> Result<u64, CommandError> {
    Ok(u64::try_from(write::waiting(workspace)?.len()).unwrap_or(u64::MAX))
}

fn view(remote: String, loaded: &Loaded, reach: &Reach, moved: &Moved, counts: SyncCounts) -> SyncView {
    let checkpoint = loaded.replay.past().checkpoint();
    let after = loaded.shared.map_or(0, |shared| shared.size);
    SyncView {
        remote,
        size: checkpoint.size,
        root: checkpoint.root.to_string(),
        fetched: counts.there - counts.known,
        shared: if *reach == Reach::Shared { after.saturating_sub(counts.there) } else { 0 },
        tries: counts.tries,
        sharing: if *reach == Reach::Shared { "shared" } else { "failed" },
        on_top: moved.on_top.iter().map(RecordId::to_string).collect(),
        displaced: moved
            .displaced
            .iter()
            .map(|lost| DisplacedRow { id: lost.id.to_string(), reason: lost.reason.clone() })
            .collect(),
        decided_again: decided(moved),
        left_out: moved
            .strays
            .iter()
            .map(|stray| LeftOutRow { commit: stray.commit.to_string(), found: stray.found.clone() })
            .collect(),
        outbox: counts.outbox,
    }
}

/// Returns how many records of the loaded ledger the local branch had before the sync, when its head was `before`.
fn size_there(workspace: &Workspace, loaded: &Loaded, before: Option<&CommitId>) -> u64 {
    let Some(before) = before else { return 0 };
    if let Ok(Some(size)) = loaded.replay.size_at(before) {
        return size;
    }
    // The branch has diverged. What it shares with the loaded ledger ends at the newest commit that both have.
    let is_read = |commit: &CommitId| loaded.has_read(commit).unwrap_or(false);
    let chain = workspace.repository.chain(before, &is_read, |_, _| {});
    let above = chain.ok().and_then(|chain| chain.above);
    above.and_then(|commit| loaded.replay.size_at(&commit).ok().flatten()).unwrap_or(0)
}

/// Puts the local records of this clone on top of the remote's ledger. It is an error if that needs a signing key and
/// there is none.
fn joined(
    context: &Context,
    workspace: &Workspace,
    loaded: Loaded,
    patience: Patience,
) -> Result<(Loaded, Moved), CommandError> {
    if let Some(two) = ledger::two_ledgers(&loaded)? {
        return Err(two_ledgers_here(workspace, two));
    }
    let now = context.now()?;
    let mut without_key = None;
    let author = || match context.author(workspace, &loaded) {
        Ok(author) => Some(author),
        Err(error) => {
            without_key = Some(error);
            None
        }
    };
    let joined = context.with_sharer(workspace, patience, |sharer| sharer.join(&loaded, author, now))?;
    match (joined, without_key) {
        (_, Some(error)) => Err(error),
        (Some(joined), None) => Ok((joined.loaded, joined.moved)),
        (None, None) => Ok((loaded, Moved::default())),
    }
}

/// Leaves the local ledger for the remote's ledger, whose id is `theirs`.
fn join(context: &mut Context, workspace: &Workspace, theirs: RecordId) -> Result<(), CommandError> {
    let left = leave(workspace, theirs)?;
    context.anchor(theirs);
    context.ui.note(&format!("note: the ledger that only this clone had is at {left}"));
    Ok(())
}

fn decided(moved: &Moved) -> Vec<DecidedRow> {
    let row = |again: &crate::share::DecidedAgain| DecidedRow {
        receipt: again.old.to_string(),
        answer: again.answer.clone(),
        new: again.new.map(|new| new.to_string()),
    };
    moved.decided.iter().map(row).collect()
}

fn text(view: &SyncView) -> String {
    let mut text = match (view.fetched, view.shared) {
        (0, 0) => format!("{} and this clone are in step: {}\n", view.remote, count(view.size, "record")),
        (fetched, 0) => format!("{} of others fetched; {} in all\n", count(fetched, "record"), view.size),
        (0, shared) => {
            format!("{} shared with {}; {} in all\n", count(shared, "record"), view.remote, view.size)
        }
        (fetched, shared) => format!(
            "{} of others fetched, {} shared with {}; {} in all\n",
            count(fetched, "record"),
            count(shared, "record"),
            view.remote,
            view.size
        ),
    };
    if view.sharing == "failed" {
        text = format!("{} of others fetched\n", count(view.fetched, "record"));
    }
    if view.outbox > 0 {
        text.push_str(&format!(
            "  in the outbox: {}; see: countersign outbox\n",
            count(view.outbox, "record")
        ));
    }
    text
}
