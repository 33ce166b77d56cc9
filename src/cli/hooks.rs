//! `countersign hooks install`: installs the Git hooks.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::push::{self, Hook};

/// Install Git hooks in this repository
///
/// An existing hook is renamed and run first; nothing is overwritten. Client hooks are guard rails:
/// `git push --no-verify` skips them. The control is a check on the server.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign hooks install")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: HooksCommand,
}

#[derive(Debug, clap::Subcommand)]
enum HooksCommand {
    /// Install the pre-push hook
    Install,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let HooksCommand::Install = args.command;
    let workspace = context.workspace()?;
    for hook in Hook::ALL {
        let installed = push::install(&workspace, *hook)?;
        let what = if installed.unchanged { "already installed" } else { "installed" };
        context.ui.answer(&format!("{} {what}: {}\n", hook.name(), installed.path.display()));
        if let Some(before) = installed.before {
            context.ui.answer(&format!("  the previous hook is run first: {}\n", before.display()));
        }
    }
    Ok(Exit::Good)
}
