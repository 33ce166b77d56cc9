//! `countersign verify`: verifies the whole ledger, compares it with another view, or checks evidence of a
//! fork.

use super::ui::Output;
use super::view::ViewArgs;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::fork::{self, Compared, Standpoint};
use crate::ledger::{self, Standing};
use crate::render::{CompareView, VerifyView, compare_text, verify_text};
use crate::state::Inquiry;
use crate::value::Time;
use crate::workspace;

/// Verify the whole ledger, from its first entry to its head
///
/// Reports every problem, with its code and place. Without --sync, no network is needed. The first time, give the
/// ledger id that your team gave you: it is pinned from then on.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  countersign verify\n  countersign verify --ledger-id 6f1c2ab9e1d0… --json\n  countersign verify --strict --as-of 2026-12-31T00:00:00Z\n  countersign verify --compare ../their-clone\n  countersign verify --fork fork-6f1c2ab9.bundle"
)]
pub(crate) struct Args {
    /// Verify from the first entry on, without the cache of earlier runs
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    view: ViewArgs,
    /// Compare the ledger here with another view of it: a repository, a bundle of a repository, a witness's checkpoint,
    /// or a record. If a repository, a bundle or a known witness contradicts the ledger here, evidence of the fork is
    /// written
    #[arg(long, value_name = "PATH", conflicts_with = "fork")]
    compare: Option<PathBuf>,
    /// Where to write the evidence [default: fork-LEDGER.bundle in this directory]
    #[arg(long, value_name = "FILE", requires = "compare")]
    out: Option<PathBuf>,
    /// Check evidence of a fork, without a repository. The exit code is 0 if the evidence shows a fork, and 1 if it
    /// does not
    #[arg(long, value_name = "FILE")]
    fork: Option<PathBuf>,
    /// Say what is outstanding as of this time, such as 2026-11-24T09:00:00Z [default: now]
    #[arg(long, value_name = "TIME", conflicts_with_all = ["compare", "fork"])]
    as_of: Option<Time>,
    /// Exit with code 1 if anything is outstanding: an override that ended without a closure, a credential that is
    /// still pending after the closure, a review that is overdue or lacks its follow-up, or a pattern that repeats
    #[arg(long, conflicts_with_all = ["compare", "fork"])]
    strict: bool,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    if let Some(file) = &args.fork {
        let compared = fork::check_evidence(file, &context.given()?)?;
        show(context, &CompareView::of_evidence(&compared, file), args.json.into());
        return Ok(Exit::Good);
    }
    let workspace = context.workspace()?;
    context.refresh(&workspace, args.view)?;
    let loaded = if args.full { context.load_full(&workspace)? } else { context.load(&workspace)? };
    if let Some(path) = &args.compare {
        return compare(&args, path, &workspace, &loaded, context);
    }
    let is_sound = loaded.standing == Standing::Sound;
    let as_of = args.as_of.map_or_else(|| context.now(), Ok)?;
    // If the ledger cannot be trusted, nothing is reported as outstanding or as done.
    let state =
        if is_sound { loaded.live_if_founded(&Inquiry::at(as_of).without_exceptions())? } else { None };
    let outstanding = state.as_ref().map(|state| state.outstanding(as_of));
    let view = VerifyView::new(&loaded, as_of, outstanding.as_deref())?;
    if args.json {
        context.ui.json(&view);
    } else {
        context.ui.show(&verify_text(&view));
    }
    let is_anything_outstanding = outstanding.is_some_and(|found| !found.is_empty());
    Ok(match (is_sound, args.strict && is_anything_outstanding) {
        (false, _) => Exit::Untrusted,
        (true, true) => Exit::Refused,
        (true, false) => Exit::Good,
    })
}

fn compare(
    args: &Args,
    path: &Path,
    workspace: &workspace::Workspace,
    loaded: &ledger::Loaded,
    context: &mut Context,
) -> Result<Exit, CommandError> {
    let (compared, evidence) = fork::compare(workspace, loaded, path)?;
    let written = match evidence {
        None => None,
        Some(evidence) => {
            let file = match &args.out {
                Some(file) => file.clone(),
                None => unused(&context.directory()?, &compared.ledger.short()),
            };
            fork::write_evidence(&file, &evidence)?;
            Some(file)
        }
    };
    show(context, &CompareView::new(&compared, path, written.as_deref()), args.json.into());
    Ok(exit_of(&compared, loaded))
}

/// Returns the first path for evidence that no file has taken yet. If all 999 possible paths are taken, returns the
/// first of them.
fn unused(directory: &Path, ledger: &str) -> PathBuf {
    let first = directory.join(format!("fork-{ledger}.bundle"));
    let more = (2..1_000_u32).map(|number| directory.join(format!("fork-{ledger}-{number}.bundle")));
    std::iter::once(first.clone()).chain(more).find(|path| !path.exists()).unwrap_or(first)
}

/// The exit code of a comparison.
///
/// If this ledger has all that the other view has, the standing of this ledger decides. Otherwise, if a verified chain
/// or a known witness contradicts this ledger, or is of another ledger, this ledger cannot be trusted. All other views
/// give only [`Exit::Refused`]: they are longer than this ledger, or anybody could have made them up.
fn exit_of(compared: &Compared, loaded: &ledger::Loaded) -> Exit {
    match compared.standpoint {
        Standpoint::Same | Standpoint::Ahead if loaded.standing == Standing::Sound => Exit::Good,
        Standpoint::Same | Standpoint::Ahead => Exit::Untrusted,
        _ if !compared.view.is_believed() => Exit::Refused,
        Standpoint::Behind => Exit::Refused,
        Standpoint::Forked | Standpoint::OtherLedger => Exit::Untrusted,
    }
}

fn show(context: &mut Context, view: &CompareView, output: Output) {
    if output == Output::Json {
        context.ui.json(view);
    } else {
        context.ui.show(&compare_text(view));
    }
}
