//! `countersign hook`: what Git's hooks run.
//!
//! The input of the command is what Git gives a hook. Everything that it shows goes to standard error.

mod commit_msg;
mod first;
mod pre_push;
mod receive;
mod shown;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;

/// Run as a Git hook
///
/// `countersign hooks install` writes the scripts that call this command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    hook: HookCommand,
}

#[derive(Debug, clap::Subcommand)]
enum HookCommand {
    /// Ask the gate about every target that a push concerns, before it leaves this clone
    PrePush(pre_push::PrePush),
    /// Check that the trailers `Exception:` and `Redesign:` of a commit message name real records
    CommitMsg(commit_msg::CommitMsg),
    /// On a server: check a push against the rules of the ledger, and ask the gate, for all refs together
    PreReceive(receive::Receive),
    /// On a server: append the receipts of a push whose refs have moved
    PostReceive(receive::Receive),
    /// On a server without pre-receive: decide about each ref separately
    Update(receive::Update),
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    match args.hook {
        HookCommand::PrePush(args) => pre_push::run(args, context),
        HookCommand::CommitMsg(args) => commit_msg::run(&args, context),
        HookCommand::PreReceive(args) => receive::before(&args, context),
        HookCommand::PostReceive(args) => receive::after(&args, context),
        HookCommand::Update(args) => receive::update(args, context),
    }
}
