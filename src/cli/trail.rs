//! `countersign trail`: lists every deployment of a target, and every state of the target's refs that no record
//! explains.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::since::Since;
use super::target::TargetArgs;
use super::view::ViewArgs;
use crate::ask::{self, TrailSpan};
use crate::render::{TrailView, trail_text};

/// List every deployment of a target, and what was deployed past the gate
///
/// Each decision is shown with what became of it: refused, allowed, confirmed, succeeded, failed, never started or
/// rolled back. The ledger also has to explain every state of the target's refs, by a receipt or by a signed exception
/// that names the commit, unless the state is older than the ledger. In the bare repository to which people push, each
/// value in a reflog is a state; `git config core.logAllRefUpdates always` makes Git keep reflogs there. Elsewhere,
/// only the current value of each ref is a state. The exit code is 1 if a state is not explained.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign trail payments/production
  countersign trail payments/production --since 90d --json")]
pub(crate) struct Args {
    #[command(flatten)]
    target: TargetArgs,
    /// From when on: a time, a day, or how long ago, e.g. 90d
    #[arg(long, value_name = "TIME")]
    since: Option<Since>,
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
    let now = context.now()?;
    let state = context.state(&loaded)?;
    let target = args.target.resolve(&state.state().policy)?;
    let past = loaded.replay.past();
    let first = past.records().next().transpose()?.map(|(_, first)| first.created_at);
    let since = args.since.map(|since| since.before(now));
    let trail = ask::trail(&workspace, &state, &target, TrailSpan { since, began: first })?;
    let view = TrailView::new(state.state(), &target, &trail);
    if args.json {
        context.ui.json(&view);
    } else {
        context.ui.show(&trail_text(&view));
    }
    Ok(match exit {
        Exit::Good if !view.complete => Exit::Refused,
        Exit::Good | Exit::Refused | Exit::Usage | Exit::Untrusted | Exit::Environment => exit,
    })
}
