//! `countersign hooks install`.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::push::{self, Hook};

/// Install Git hooks in this repository
///
/// A hook that is already there is kept beside ours and run first; nothing is overwritten. Client hooks are
/// guard rails: `git push --no-verify` passes them by. The control is a check on the server.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign hooks install")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: HooksCommand,
}

#[derive(Debug, clap::Subcommand)]
enum HooksCommand {
    /// Install pre-push
    Install,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let HooksCommand::Install = args.command;
    let workspace = context.workspace()?;
    for hook in Hook::ALL {
        let installed = push::install(&workspace, *hook)?;
        let what = if installed.unchanged { "is there already" } else { "installed" };
        context.ui.answer(&format!("{} {what}: {}\n", hook.name(), installed.path.display()));
        if let Some(before) = installed.before {
            context
                .ui
                .answer(&format!("  the hook that was there before is run first: {}\n", before.display()));
        }
    }
    Ok(Exit::Good)
}
