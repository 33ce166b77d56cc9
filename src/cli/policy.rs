//! `countersign policy show`, `propose`, `target` and `diff`.

use super::context::Context;
use super::diff::{self, DiffArgs};
use super::error::CommandError;
use super::exit::Exit;
use super::policy_target;
use super::propose::{self, ProposeArgs};
use super::view::ViewArgs;
use crate::record::Kind;
use crate::render::{PolicyView, Width, policy_reference, policy_text};

const EXAMPLES: &str = "\
Examples:
  countersign policy show
  countersign policy propose              edit the policy in force
  countersign policy propose --print > policy.toml
  countersign policy propose -f policy.toml
  countersign policy target add web/production --ref refs/heads/production
  countersign policy diff                 what the open proposal changes";

/// Show the rules, or propose changes to them
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{}", policy_reference().lay_out(Width::Pipe)))]
pub(crate) struct Args {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum PolicyCommand {
    /// Show the rules for each target, defaults included
    Show {
        #[command(flatten)]
        view: ViewArgs,
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Propose the next policy; it takes effect once enough admins approve
    Propose(ProposeArgs),
    Target(policy_target::Args),
    /// Describe in words what a proposal changes, starting with what it weakens
    Diff(DiffArgs),
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    match args.command {
        PolicyCommand::Propose(args) => propose::run(Kind::Policy, args, context),
        PolicyCommand::Target(args) => policy_target::run(args, context),
        PolicyCommand::Diff(args) => diff::run(Kind::Policy, args, context),
        PolicyCommand::Show { view, json } => {
            let workspace = context.workspace()?;
            context.refresh(&workspace, view)?;
            let (loaded, exit) = context.load_readable(&workspace)?;
            let view = PolicyView::new(loaded.replay.past().policy());
            if json {
                context.ui.json(&view);
            } else {
                context.page_through(&workspace);
                context.ui.show(&policy_text(&view));
            }
            Ok(exit)
        }
    }
}
