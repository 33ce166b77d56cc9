//! `countersign append`: appends records that were signed elsewhere, unchanged.

use std::path::PathBuf;

use super::context::{Context, sound_or_halted};
use super::error::CommandError;
use super::exit::Exit;
use super::input::read_draft;
use super::recorded;
use super::sharing::ShareArgs;
use crate::record::SignedRecord;
use crate::write::Writing;

/// Append signed record files as they are
///
/// This is for records that somebody else has signed but cannot append, and for records in a clone whose ledger has
/// diverged from the remote's. The signature in the record says who decided. Your signature on the entry says who
/// appended the record.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  countersign show 676c --raw > record.toml\n  countersign append record.toml"
)]
pub(crate) struct Args {
    /// Record files to append; - is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    share: ShareArgs,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let mut records = Vec::new();
    for file in &args.files {
        let (bytes, name) = read_draft(file)?;
        let record = SignedRecord::parse(&bytes).map_err(|rejected| {
            let lines = rejected.problems.iter().map(|problem| {
                let field = problem.field.as_ref().map(|field| format!("`{field}` ")).unwrap_or_default();
                format!("{}: {field}{}", problem.code, crate::render::escape(&problem.message))
            });
            CommandError::usage(format!(
                "{name} is not a record\n  {}",
                lines.collect::<Vec<_>>().join("\n  ")
            ))
        })?;
        records.push(record);
    }
    let loaded = sound_or_halted(context.load_to_write(&workspace, args.share)?)?;
    let mut author = context.author(&workspace, &loaded)?;
    let now = context.now()?;
    let recorded = context.append(&workspace, loaded, &mut author, Writing::Signed(records), now)?;
    recorded::show(context, &workspace, &recorded, args.json.into(), now)
}
