//! `countersign man`: manual pages, made from the same source as `--help`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap_mangen::Man;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;

/// Write the manual pages into a directory
///
/// There is a page for the program, one for each command, and one for `git countersign`. They are in the form that
/// `man` reads.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  countersign man ~/.local/share/man/man1
  man countersign-gate")]
pub(crate) struct Args {
    /// The directory, usually named man1; it is created if it is missing
    #[arg(value_name = "DIRECTORY")]
    into: PathBuf,
}

pub(crate) fn run(args: &Args, command: clap::Command, context: &mut Context) -> Result<Exit, CommandError> {
    let directory = context.directory()?.join(&args.into);
    let shown = directory.display().to_string();
    let failed = |error: std::io::Error| CommandError::usage(format!("cannot write to {shown}: {error}"));
    std::fs::create_dir_all(&directory).map_err(failed)?;
    let mut command = command.disable_help_subcommand(true);
    command.build();
    write(&command, &directory).map_err(failed)?;
    // `git help countersign` and `git countersign --help` ask for this page (git-help).
    std::fs::write(directory.join("git-countersign.1"), ".so man1/countersign.1\n").map_err(failed)?;
    context.ui.answer(&format!("manual pages are in {shown}\nnext: man -l {shown}/countersign.1\n"));
    Ok(Exit::Good)
}

/// Writes the pages of a command and of the commands below it.
fn write(command: &clap::Command, directory: &Path) -> std::io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write(below, directory)?;
    }
    let man = Man::new(command.clone());
    std::fs::write(directory.join(man.get_filename()), page(command, &man)?)
}

fn page(command: &clap::Command, man: &Man) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let help = command.get_after_long_help().or_else(|| command.get_after_help());
    if let Some(help) = help.map(ToString::to_string) {
        as_it_is(&mut page, &help)?;
    }
    if command.get_version().is_some() {
        man.render_version_section(&mut page)?;
    }
    Ok(page)
}

/// Adds a section of examples or tables. Their lines stay as they are (groff_man(7), `nf` of groff(7)).
fn as_it_is(page: &mut Vec<u8>, help: &str) -> std::io::Result<()> {
    let examples = help.strip_prefix("Examples:\n").or_else(|| help.strip_prefix("Example:\n"));
    let (title, lines) = examples.map_or(("NOTES", help), |examples| ("EXAMPLES", examples));
    writeln!(page, ".SH {title}\n.nf")?;
    for line in lines.lines() {
        let line = line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
        writeln!(page, "\\&{line}")?;
    }
    writeln!(page, ".fi")
}
