//! `countersign trust`: shows the members, proposes changes to them, and describes proposals.

use super::context::Context;
use super::diff::{self, DiffArgs};
use super::error::CommandError;
use super::exit::Exit;
use super::members;
use super::propose::{self, ProposeArgs};
use super::view::ViewArgs;
use crate::record::Kind;
use crate::render::{TrustView, trust_text};

/// Show the members, or propose changes to them
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  countersign trust show\n  countersign trust add bob=bob.pub --role approver\n  countersign trust propose              edit the trust in force\n  countersign trust propose --print > trust.toml\n  countersign trust propose -f trust.toml\n  countersign trust diff                 what the open proposal changes"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: TrustCommand,
}

#[derive(Debug, clap::Subcommand)]
enum TrustCommand {
    /// Show the members, with their roles and keys
    Show {
        #[command(flatten)]
        view: ViewArgs,
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
    Add(members::AddArgs),
    Remove(members::RemoveArgs),
    Rotate(members::RotateArgs),
    Distrust(members::DistrustArgs),
    Threshold(members::ThresholdArgs),
    /// Propose the next trust; it takes effect once enough admins approve
    Propose(ProposeArgs),
    /// Describe in words what a proposal changes, starting with what it weakens
    Diff(DiffArgs),
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    match args.command {
        TrustCommand::Add(args) => members::add(args, context),
        TrustCommand::Remove(args) => members::remove(args, context),
        TrustCommand::Rotate(args) => members::rotate(args, context),
        TrustCommand::Threshold(args) => members::threshold(args, context),
        TrustCommand::Distrust(args) => members::distrust(args, context),
        TrustCommand::Propose(args) => propose::run(Kind::Trust, args, context),
        TrustCommand::Diff(args) => diff::run(Kind::Trust, args, context),
        TrustCommand::Show { view, json } => {
            let workspace = context.workspace()?;
            context.refresh(&workspace, view)?;
            let (loaded, exit) = context.load_readable(&workspace)?;
            let roster = loaded.replay.past().roster();
            let roster = roster.ok_or_else(|| CommandError::new(Exit::Untrusted, "no trust is in force"))?;
            let view = TrustView::new(roster, loaded.replay.past())?;
            if json {
                context.ui.json(&view);
            } else {
                context.page_through(&workspace);
                context.ui.show(&trust_text(&view));
            }
            Ok(exit)
        }
    }
}
