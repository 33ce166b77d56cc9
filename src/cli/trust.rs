//! `countersign trust show|propose`.

use super::context::Context;
use super::diff::{self, DiffArgs};
use super::error::CommandError;
use super::exit::Exit;
use super::propose::{self, ProposeArgs};
use crate::record::Kind;
use crate::render::{TrustView, trust_text};

/// Look at the members, or propose others
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  countersign trust show\n  countersign trust propose              an editor opens on what is in force\n  countersign trust propose --print > trust.toml\n  countersign trust propose -f trust.toml\n  countersign trust diff                 what the open proposal weakens, first"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: TrustCommand,
}

#[derive(Debug, clap::Subcommand)]
enum TrustCommand {
    /// Show who is a member, with which roles and keys
    Show {
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Propose the next trust; it takes effect when enough admins approve
    Propose(ProposeArgs),
    /// Say in words what a proposal changes, what it weakens first
    Diff(DiffArgs),
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    match args.command {
        TrustCommand::Propose(args) => propose::run(Kind::Trust, args, context),
        TrustCommand::Diff(args) => diff::run(Kind::Trust, args, context),
        TrustCommand::Show { json } => {
            let workspace = context.workspace()?;
            let (loaded, exit) = context.load_readable(&workspace)?;
            let roster = loaded.replay.past().roster();
            let roster = roster.ok_or_else(|| CommandError::new(Exit::Untrusted, "no trust is in force"))?;
            let view = TrustView::new(roster);
            if json {
                context.ui.json(&view);
            } else {
                context.ui.answer(&trust_text(&view));
            }
            Ok(exit)
        }
    }
}
