//! `countersign patterns`: lists recurring exceptions.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::view::ViewArgs;
use crate::render::{By, PatternsView, Shown, patterns_text};
use crate::state::Inquiry;

/// List recurring exceptions, the targets they block, and where to fix them
///
/// A pattern is a workflow and a root cause. Its occasions are counted; exceptions of the pattern that happen within
/// some hours are one occasion. A pattern that repeats closes its targets to expansion until a redesign resolves it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign patterns
  countersign patterns --by identity
  countersign patterns --suspect           causes that may be the same
  countersign patterns --json")]
pub(crate) struct Args {
    /// Group exceptions by this property
    #[arg(long, value_enum, default_value = "cause")]
    by: By,
    /// Also list causes that may be the same under different names
    #[arg(long)]
    suspect: bool,
    /// Also show patterns without a recent occasion
    #[arg(short, long)]
    all: bool,
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
    let view = if args.all || args.by != By::Cause {
        PatternsView::all(&context.state(&loaded)?, args.by, now)
    } else {
        PatternsView::recent(
            &*context.live(&loaded, &Inquiry::at(now).without_exceptions().and_all_patterns())?,
            now,
        )
    };
    let view = if args.suspect { view.with_suspects(&context.state(&loaded)?, now) } else { view };
    if args.json {
        context.ui.json(&view);
    } else {
        context.page_through(&workspace);
        context.ui.show(&patterns_text(&view, if args.all { Shown::All } else { Shown::Brief }));
    }
    Ok(exit)
}
