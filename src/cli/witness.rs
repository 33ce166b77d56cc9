//! `countersign witness`: cosigns the newest shared checkpoint of the ledger.

use serde::Serialize;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::verify::AtLeast;
use crate::write::cosign;

/// Verify that the ledger extends what you cosigned last, and cosign its newest shared checkpoint
///
/// For whoever is independent of the host, such as an auditor or a cron job elsewhere. The cosigned checkpoint is kept
/// on the witness's own branch. A later checkpoint there never covers less of the ledger. The gate requires
/// cosignatures if the policy asks for them, or if it is called with --witness.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example, in a clone that nobody else writes to:\n  git fetch --quiet && countersign witness \\\n      && git push --quiet origin ledger-witness/night-cron"
)]
pub(crate) struct Args {
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Serialize)]
struct WitnessView {
    witness: String,
    size: u64,
    root: String,
    time: String,
    branch: String,
    at_least: String,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let loaded = context.load_sound(&workspace)?;
    let mut author = context.author(&workspace, &loaded)?;
    let now = context.now()?;
    let cosigned = cosign(&workspace, &loaded, &mut author, now)?;
    let checkpoint = cosigned.checkpoint;
    let view = WitnessView {
        witness: author.name.to_string(),
        size: checkpoint.size,
        root: checkpoint.root.to_string(),
        time: now.to_string(),
        branch: cosigned.branch.clone(),
        at_least: AtLeast { checkpoint, at: Some(now) }.to_string(),
    };
    if args.json {
        context.ui.json(&view);
    } else {
        context.ui.answer(&format!("{} vouches for size {} at {now}\n", view.witness, view.size));
        context.ui.answer(&format!("  as a lower bound: --at-least {}\n", view.at_least));
        context.ui.note(&format!("next: git push {} {}", workspace.config.ledger_remote(), cosigned.branch));
    }
    Ok(Exit::Good)
}
