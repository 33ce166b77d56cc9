//! `countersign doctor`: examines the repository, and names the command that mends what is wrong.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::doctor::{Asks, Patient, SignsAs, examine};
use crate::ledger::{HostRole, Loaded};
use crate::render::{DoctorView, doctor_text};
use crate::state::Inquiry;
use crate::workspace::Workspace;
use crate::write;

/// Examine this repository: ledger, remote, clock, key, hooks, policy, and what was left behind
///
/// Each line says what was found. If something is wrong, the next line has the command that mends it, if there is
/// one. Nothing is changed. The exit code is 0 if nothing is wrong, and otherwise 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign doctor
  countersign doctor --offline             without asking the remote
  countersign doctor --json")]
pub(crate) struct Args {
    /// Do not ask the remote
    #[arg(long)]
    offline: bool,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    // A bare repository is taken for a server, which is never behind: it has no remote that could have more records.
    let role = if workspace.repository.work_tree().is_none() { HostRole::Server } else { HostRole::Clone };
    let loaded = context.load_as(&workspace, role)?;
    let asks = if args.offline { Asks::Nobody } else { Asks::TheRemote };
    let patient = patient(context, &workspace, &loaded, asks)?;
    let view = DoctorView::new(examine(&patient));
    if args.json {
        context.ui.json(&view);
    } else {
        context.ui.show(&doctor_text(&view));
    }
    Ok(if view.well { Exit::Good } else { Exit::Refused })
}

/// Collects what the examination needs: the ledger, its state, the user's key and the time.
pub(super) fn patient<'a>(
    context: &Context,
    workspace: &'a Workspace,
    loaded: &'a Loaded,
    asks: Asks,
) -> Result<Patient<'a>, CommandError> {
    let identity = identity(context, workspace, loaded);
    Ok(Patient {
        workspace,
        loaded,
        state: loaded.live(&Inquiry::default().without_exceptions()).ok(),
        identity,
        now: context.now()?,
        asks,
    })
}

fn identity(context: &Context, workspace: &Workspace, loaded: &Loaded) -> SignsAs {
    match context.signer(workspace) {
        Err(error) => SignsAs::NoKey(error.message, error.hints),
        Ok(signer) => match write::author_of(loaded, &signer) {
            Ok(name) => SignsAs::Member(name),
            Err(_) => SignsAs::Stranger,
        },
    }
}
