//! `countersign hooks`: installs the Git hooks, says who runs what, and takes them out again.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::ui::Output;
use crate::hooks::{Hook, HookChain, HooksPlace, install, uninstall};
use crate::render::{HooksView, hooks_text};

/// Install Git hooks in this repository, and see what runs
///
/// An existing hook is moved aside and run first, as Git would run it; nothing is overwritten. Where pre-commit, prek,
/// lefthook or husky is at home, ours is put where it runs beside theirs. Client hooks are guard rails:
/// `git push --no-verify` skips them. The control is a check on the server.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign hooks install
  countersign hooks status
  countersign hooks uninstall")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: HooksCommand,
}

#[derive(Debug, clap::Subcommand)]
enum HooksCommand {
    /// Install the pre-push hook
    Install,
    /// Show which hooks run, in order; exit 1 if the gate is not asked
    Status {
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Take the hooks out, and put back what was there
    Uninstall,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let place = HooksPlace::of(&workspace)?;
    match args.command {
        HooksCommand::Install => put_in(context, &place),
        HooksCommand::Status { json } => status(context, &place, Output::from(json)),
        HooksCommand::Uninstall => take_out(context, &place),
    }
}

fn put_in(context: &mut Context, place: &HooksPlace) -> Result<Exit, CommandError> {
    for hook in Hook::ALL {
        for installed in install(place, *hook)? {
            let what = if installed.unchanged { "already installed" } else { "installed" };
            let path = place.shown(&installed.path);
            context.ui.answer(&format!("{} {what}: {path}\n", hook.name()));
            if let Some(before) = installed.before {
                let before = place.shown(&before);
                let how =
                    if installed.is_run { "is run first" } else { "is not run, since it is not executable" };
                context.ui.answer(&format!("  the previous hook {how}: {before}\n"));
            }
        }
        let chain = HookChain::of(place, *hook)?;
        if !chain.asks() {
            context.ui.note("warning: nothing that Git runs calls it: countersign hooks status");
        }
    }
    Ok(Exit::Good)
}

fn status(context: &mut Context, place: &HooksPlace, output: Output) -> Result<Exit, CommandError> {
    let mut view = HooksView::default();
    for hook in Hook::ALL {
        view.add(place, *hook, &HookChain::of(place, *hook)?);
    }
    let exit = if view.hooks.iter().all(|hook| hook.asks) { Exit::Good } else { Exit::Refused };
    match output {
        Output::Json => context.ui.json(&view),
        Output::Text => context.ui.show(&hooks_text(&view)),
    }
    Ok(exit)
}

fn take_out(context: &mut Context, place: &HooksPlace) -> Result<Exit, CommandError> {
    for hook in Hook::ALL {
        let removed = uninstall(place, *hook)?;
        if removed.is_empty() {
            context.ui.answer(&format!("{}: nothing of countersign's is installed\n", hook.name()));
        }
        for one in removed {
            let path = place.shown(&one.path);
            let line = if one.is_left {
                format!("{} is still called in {path}: take its job out of that file\n", hook.name())
            } else if one.is_restored {
                format!("{} removed: {path} is the previous hook again\n", hook.name())
            } else {
                format!("{} removed: {path}\n", hook.name())
            };
            context.ui.answer(&line);
        }
        for path in HookChain::of(place, *hook)?.left_out {
            let path = place.shown(&path);
            context
                .ui
                .note(&format!("warning: nothing runs {path}: it was moved aside for countersign's hook"));
        }
    }
    Ok(Exit::Good)
}
