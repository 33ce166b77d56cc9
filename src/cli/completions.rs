//! `countersign completions`.

use clap::CommandFactory as _;

use super::Cli;
use super::context::Context;
use super::error::CommandError;
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

#[expect(clippy::unnecessary_wraps, reason = "every command has the same form")]
pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "countersign", &mut bytes);
    context.ui.answer(&String::from_utf8_lossy(&bytes));
    Ok(Exit::Good)
}
