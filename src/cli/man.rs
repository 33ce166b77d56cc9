//! `countersign man`: manual pages, made from the same source as `--help`.

use std::path::PathBuf;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;

/// Write the manual pages into a directory
///
/// A page for the program and one for each command, as `man` reads them, and one for `git countersign`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  countersign man ~/.local/share/man/man1
  man countersign-gate")]
pub(crate) struct Args {
    /// The directory, usually named man1; it is made if it is missing
    #[arg(value_name = "DIRECTORY")]
    into: PathBuf,
}

pub(crate) fn run(args: &Args, command: clap::Command, context: &mut Context) -> Result<Exit, CommandError> {
    let directory = context.directory()?.join(&args.into);
    let shown = directory.display().to_string();
    let failed = |error: std::io::Error| CommandError::usage(format!("cannot write to {shown}: {error}"));
    std::fs::create_dir_all(&directory).map_err(failed)?;
    clap_mangen::generate_to(command, &directory).map_err(failed)?;
    // `git help countersign` and `git countersign --help` ask for this page (git-help).
    std::fs::write(directory.join("git-countersign.1"), ".so man1/countersign.1\n").map_err(failed)?;
    context.ui.answer(&format!("manual pages are in {shown}\nnext: man -l {shown}/countersign.1\n"));
    Ok(Exit::Good)
}
