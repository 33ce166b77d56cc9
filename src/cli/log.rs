//! `countersign log`: lists the records of the ledger.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::view::ViewArgs;
use crate::render::{LogRow, LogView, log_text};
use crate::verify::Accepted;

/// List the records of the ledger, newest first
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  countersign log\n  countersign log --kind exception -n 50\n  countersign log --json -n 0"
)]
pub(crate) struct Args {
    /// List only records of this kind
    #[arg(long)]
    pub(crate) kind: Option<crate::record::Kind>,
    /// List at most this many; 0 = all
    #[arg(short, default_value_t = 25)]
    number: usize,
    #[command(flatten)]
    view: ViewArgs,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    context.refresh(&workspace, args.view)?;
    let (loaded, exit) = context.load_readable(&workspace)?;
    let past = loaded.replay.past();
    let wanted = |accepted: &Accepted| args.kind.is_none_or(|kind| accepted.kind == Some(kind));
    let rows: Vec<_> = past.records().rev().filter(|(_, accepted)| wanted(accepted)).collect();
    let most = if args.number == 0 { rows.len() } else { args.number };
    let records = rows
        .iter()
        .take(most)
        .map(|(id, accepted)| LogRow::new(id, accepted, &loaded))
        .collect::<Result<_, _>>()?;
    let more = u64::try_from(rows.len().saturating_sub(most)).unwrap_or(u64::MAX);
    let view = LogView { ledger: past.ledger_id().map(|id| id.to_string()), records, more };
    if args.json {
        context.ui.json(&view);
    } else {
        context.ui.answer(&log_text(&view));
    }
    Ok(exit)
}
