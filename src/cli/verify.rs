//! `countersign verify`: is every byte accounted for?

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::ops::Standing;
use crate::render::{VerifyView, verify_text};

/// Verify the whole ledger, from its first entry to its head
///
/// Every problem is reported, with its code and place. It needs no key and no network. On the first contact
/// with a ledger, give the id that your team told you: it is pinned from then on.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  countersign verify\n  countersign verify --ledger-id 6f1c2ab9e1d0… --json"
)]
pub(crate) struct Args {
    /// Verify from the first entry on, without what is remembered of earlier runs
    #[arg(long)]
    full: bool,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let loaded = if args.full { context.load_full(&workspace)? } else { context.load(&workspace)? };
    let view = VerifyView::new(&loaded);
    if args.json {
        context.ui.json(&view);
    } else {
        context.ui.answer(&verify_text(&view));
    }
    Ok(if loaded.standing == Standing::Sound { Exit::Good } else { Exit::Untrusted })
}
