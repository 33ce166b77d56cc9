//! `countersign completions`: what a shell needs to complete commands, options and values.
//!
//! The script that a shell loads sets `COUNTERSIGN_COMPLETE` and runs `countersign -- WORDS`. No command of this
//! program has the word `--` first, so the variable alone never turns a command into a completion.

use std::ffi::OsString;

use clap_complete::env::{EnvCompleter, Shells};

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::ui::Ui;
use super::values::completing;
use crate::environ;

/// The variable in which the script names the shell that runs it.
const VARIABLE: &str = "COUNTERSIGN_COMPLETE";

/// Print what a shell needs to complete commands, options and values
///
/// Values are completed from the ledger of the current directory: targets, members, root causes, and ids, each with its
/// subject.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign completions bash \\
      > ~/.local/share/bash-completion/completions/countersign
  countersign completions zsh > ~/.zfunc/_countersign
  countersign completions fish \\
      > ~/.config/fish/completions/countersign.fish")]
pub(crate) struct Args {
    /// The shell: bash, zsh, fish, elvish or powershell
    shell: String,
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Exit, CommandError> {
    let shells = Shells::builtins();
    let shell = shells.completer(&args.shell).ok_or_else(|| {
        let known: Vec<&str> = shells.names().collect();
        CommandError::usage(format!("there are no completions for `{}`", args.shell))
            .hint(format!("the shells are: {}", known.join(", ")))
    })?;
    let mut bytes = Vec::new();
    shell.write_registration(VARIABLE, "countersign", "countersign", "countersign", &mut bytes)?;
    context.ui.data(&String::from_utf8_lossy(&bytes));
    Ok(Exit::Good)
}

/// Completes words, if the script of a shell runs the program for that. Otherwise returns `None`, and does not call
/// `command`.
pub(super) fn answer(command: impl FnOnce() -> clap::Command) -> Option<Exit> {
    let mut words = environ::arguments().skip(1);
    if words.next()? != "--" {
        return None;
    }
    let named = environ::variable(VARIABLE)?;
    let shells = Shells::builtins();
    let shell = shells.completer(named.to_str()?)?;
    Some(complete(shell, command(), words.collect()))
}

fn complete(shell: &dyn EnvCompleter, command: clap::Command, words: Vec<OsString>) -> Exit {
    let (mut ui, mut bytes) = (Ui::new(), Vec::new());
    let directory = environ::current_directory().ok();
    let written = shell.write_complete(&mut completing(command), words, directory.as_deref(), &mut bytes);
    ui.data(&String::from_utf8_lossy(&bytes));
    match written.and(ui.finish()) {
        Ok(()) => Exit::Good,
        Err(_) => Exit::Environment,
    }
}
