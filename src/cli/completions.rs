//! `countersign completions`.

use super::context::Context;
use super::exit::Exit;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  countersign completions bash > ~/.local/share/bash-completion/completions/countersign"
)]
pub(crate) struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

/// Prints the completions of a command line, which comes in.
pub(crate) fn run(args: Args, mut command: clap::Command, context: &mut Context) -> Exit {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut command, "countersign", &mut bytes);
    context.ui.answer(&String::from_utf8_lossy(&bytes));
    Exit::Good
}
