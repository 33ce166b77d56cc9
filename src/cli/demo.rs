//! `countersign demo`.
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;

/// See all of it on a scratch repository
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Keep the repository in this directory, which must be new or empty
    #[arg(long, value_name = "DIRECTORY")]
    keep: Option<std::path::PathBuf>,
}

pub(crate) fn run(_args: Args, _context: &mut Context) -> Result<Exit, CommandError> {
    Ok(Exit::Good)
}
