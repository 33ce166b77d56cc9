//! `countersign completions`: prints shell completions.

use super::context::Context;
use super::exit::Exit;

/// Print shell completions
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  countersign completions bash \\\n      > ~/.local/share/bash-completion/completions/countersign"
)]
pub(crate) struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

/// Prints the completions for a command line.
pub(crate) fn run(args: Args, mut command: clap::Command, context: &mut Context) -> Exit {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut command, "countersign", &mut bytes);
    context.ui.data(&String::from_utf8_lossy(&bytes));
    Exit::Good
}
