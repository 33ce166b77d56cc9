//! `countersign hooks`: installs our Git hooks, shows which hooks run, and takes ours out again.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::ui::Output;
use crate::hooks::{Hook, HookChain, HooksOf, HooksPlace, install, uninstall};
use crate::ledger::HostRole;
use crate::render::{HooksView, hooks_text};
use crate::workspace::Workspace;

/// Install Git hooks in this repository, and see what runs
///
/// An existing hook is moved aside and run first, as Git would run it; nothing is overwritten. If the repository uses
/// pre-commit, prek, lefthook or husky, the hook of countersign is put where it runs beside the tool's own. Hooks of a
/// clone are guard rails: `git push --no-verify` skips them. The control is on the server: install the hooks there too,
/// in the bare repository that receives the pushes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign hooks install
  countersign hooks status
  git -C /srv/git/payments.git config user.signingkey /srv/keys/gate.pub
  countersign -C /srv/git/payments.git hooks install
  countersign hooks uninstall")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: HooksCommand,
}

#[derive(Debug, clap::Subcommand)]
enum HooksCommand {
    /// Install the hooks: pre-push in a clone, pre-receive and post-receive in a bare repository
    Install {
        /// Install the hooks of a server even if there is a work tree
        #[arg(long)]
        server: bool,
        /// Also install commit-msg: the trailers `Exception:` and `Redesign:` have to name real records
        #[arg(long, conflicts_with = "server")]
        commit_msg: bool,
    },
    /// Show which hooks run, in order; exit 1 if the gate is not asked
    Status {
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Take the hooks out, and put back what was there
    Uninstall,
    /// Print the script of a hook, for a server that keeps hooks in a place of its own
    Print {
        /// pre-push, commit-msg, pre-receive, post-receive or update
        #[arg(value_name = "HOOK", value_parser = named)]
        hook: Hook,
    },
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    let place = HooksPlace::of(&workspace)?;
    match args.command {
        HooksCommand::Install { server, commit_msg } => {
            let side = if server { HooksOf::Server } else { side(&workspace) };
            let more = commit_msg.then_some(Hook::CommitMsg);
            for hook in Hook::of(side).iter().copied().chain(more) {
                put_in(context, &place, hook)?;
            }
            if side == HooksOf::Server {
                about_server(context, &workspace)?;
            }
            Ok(Exit::Good)
        }
        HooksCommand::Status { json } => status(context, &place, side(&workspace), Output::from(json)),
        HooksCommand::Uninstall => take_out(context, &place, side(&workspace)),
        HooksCommand::Print { hook } => {
            context.ui.data(&hook.printed());
            Ok(Exit::Good)
        }
    }
}

fn named(name: &str) -> Result<Hook, String> {
    let names = || Hook::ALL.iter().map(|hook| hook.name()).collect::<Vec<_>>().join(", ");
    Hook::named(name).ok_or_else(|| format!("expected one of: {}", names()))
}

/// Returns which hooks a repository gets by default. A bare repository gets those of a server, because no push starts
/// there. Any other repository gets those of a clone.
fn side(workspace: &Workspace) -> HooksOf {
    if workspace.repository.work_tree().is_none() { HooksOf::Server } else { HooksOf::Clone }
}

/// Warns if the server knows no ledger id yet, and says who signs receipts here. If the server has no key of a member,
/// receipts have to come from those who push.
fn about_server(context: &Context, workspace: &Workspace) -> Result<(), CommandError> {
    let loaded = context.load_as(workspace, HostRole::Server)?;
    if loaded.anchored.id().is_none() {
        context.ui.note(
            "warning: no ledger id is known here, so pushes to protected branches are refused; \
             get it from somebody who has the ledger (countersign verify), then here: countersign verify --ledger-id ID",
        );
    }
    match context.me(workspace, &loaded) {
        Some(me) => {
            context.ui.note(&format!("note: receipts are signed here by {me}, who needs the role `gate`"));
        }
        None => context.ui.note(
            "note: this server has no member's signing key, so receipts have to come from whoever pushes",
        ),
    }
    Ok(())
}

/// Returns the hooks of one side, and every other hook of countersign that runs nevertheless.
fn present(place: &HooksPlace, side: HooksOf) -> Result<Vec<Hook>, CommandError> {
    let mut found = Vec::new();
    for hook in Hook::ALL {
        if Hook::of(side).contains(hook) || HookChain::of(place, *hook)?.asks() {
            found.push(*hook);
        }
    }
    Ok(found)
}

fn put_in(context: &mut Context, place: &HooksPlace, hook: Hook) -> Result<(), CommandError> {
    for installed in install(place, hook)? {
        let what = if installed.unchanged { "already installed" } else { "installed" };
        let path = place.shown(&installed.path);
        context.ui.answer(&format!("{} {what}: {path}\n", hook.name()));
        if let Some(before) = installed.before {
            let before = place.shown(&before);
            let how =
                if installed.is_run { "is run first" } else { "is not run, since it is not executable" };
            context.ui.answer(&format!("  the previous hook {how}: {before}\n"));
        }
    }
    if !HookChain::of(place, hook)?.asks() {
        context.ui.note("warning: Git runs no file that calls this hook; see: countersign hooks status");
    }
    Ok(())
}

fn status(
    context: &mut Context,
    place: &HooksPlace,
    side: HooksOf,
    output: Output,
) -> Result<Exit, CommandError> {
    let mut view = HooksView::default();
    for hook in present(place, side)? {
        view.add(place, hook, &HookChain::of(place, hook)?);
    }
    let exit = if view.hooks.iter().all(|hook| hook.asks) { Exit::Good } else { Exit::Refused };
    match output {
        Output::Json => context.ui.json(&view),
        Output::Text => context.ui.show(&hooks_text(&view)),
    }
    Ok(exit)
}

fn take_out(context: &mut Context, place: &HooksPlace, side: HooksOf) -> Result<Exit, CommandError> {
    for hook in present(place, side)? {
        let removed = uninstall(place, hook)?;
        if removed.is_empty() {
            context.ui.answer(&format!("{}: nothing of countersign's is installed\n", hook.name()));
        }
        for one in removed {
            let path = place.shown(&one.path);
            let line = if one.is_left {
                format!("{} is still called in {path}: take its job out of that file\n", hook.name())
            } else if one.is_restored {
                format!("{} removed: {path} is the previous hook again\n", hook.name())
            } else {
                format!("{} removed: {path}\n", hook.name())
            };
            context.ui.answer(&line);
        }
        for path in HookChain::of(place, hook)?.left_out {
            let path = place.shown(&path);
            context
                .ui
                .note(&format!("warning: nothing runs {path}: it was moved aside for countersign's hook"));
        }
    }
    Ok(Exit::Good)
}
