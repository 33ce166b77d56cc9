//! `countersign hook pre-receive`, `post-receive` and `update`: the hooks of a server.

use std::path::PathBuf;

use super::first::{First, input};
use super::shown::{show_allowed, show_deleted, show_refused};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::environ;
use crate::hooks::Hook;
use crate::ledger::{HostRole, Loaded, Standing, move_pin};
use crate::push::PushedRef;
use crate::receive::{
    GoesAhead, HasLedger, ReceiptsTaken, Received, ReceivedPush, Receiver, parse_received, post_receive,
    pre_receive,
};
use crate::render::escape;
use crate::state::Inquiry;
use crate::value::{CommitId, Digest, Time};
use crate::workspace::Workspace;
use crate::write::Author;

#[derive(Debug, clap::Args)]
pub(super) struct Receive {
    #[command(flatten)]
    first: First,
}

#[derive(Debug, clap::Args)]
pub(super) struct Update {
    #[command(flatten)]
    first: First,
    /// The full name of the ref, as Git passes it
    name: String,
    /// The object that the ref holds
    old: CommitId,
    /// The object that the ref will hold
    new: CommitId,
}

impl Receiver for Context {
    type Error = CommandError;

    fn load_received(&self, workspace: &Workspace, head: CommitId) -> Result<Loaded, CommandError> {
        self.load_as(workspace, HostRole::Receiving(head))
    }

    fn load(&self, workspace: &Workspace) -> Result<Loaded, CommandError> {
        self.load_as(workspace, HostRole::Server)
    }

    fn author(&self, workspace: &Workspace, loaded: &Loaded) -> Option<Author> {
        self.author(workspace, loaded).ok()
    }

    fn now(&self) -> Result<Time, CommandError> {
        self.now()
    }
}

/// Opens the repository that receives the push. Git runs these hooks in the Git directory of that repository, and names
/// the directory in `GIT_DIR`.
fn workspace(context: &Context) -> Result<Workspace, CommandError> {
    let here = context.directory()?;
    let named = environ::variable("GIT_DIR").map(PathBuf::from);
    let named = named.ok_or_else(|| {
        CommandError::usage("GIT_DIR is not set: this hook is to be run by Git, which sets GIT_DIR")
            .hint("next: countersign hooks install")
    })?;
    if environ::variable("GIT_NAMESPACE").is_some() {
        return Err(CommandError::new(
            Exit::Refused,
            "a push into a namespace (GIT_NAMESPACE) is not received here",
        )
        .hint("no target can name a ref inside a namespace"));
    }
    Ok(Workspace::receiving(&here.join(named))?)
}

pub(super) fn before(args: &Receive, context: &mut Context) -> Result<Exit, CommandError> {
    let input = input()?;
    args.first.run(Hook::PreReceive, &Digest::of(&input).to_string(), &[], &input)?;
    decide(context, &workspace(context)?, &parse_received(&input)?)
}

pub(super) fn update(args: Update, context: &mut Context) -> Result<Exit, CommandError> {
    let words = [args.name.as_str(), args.old.as_str(), args.new.as_str()];
    args.first.run(Hook::Update, &Digest::of(words.join(" ").as_bytes()).to_string(), &words, b"")?;
    let line = format!("{} {} {}\n", args.old, args.new, args.name);
    let workspace = workspace(context)?;
    decide(context, &workspace, &parse_received(line.as_bytes())?)
}

fn decide(context: &Context, workspace: &Workspace, refs: &[PushedRef]) -> Result<Exit, CommandError> {
    let received = pre_receive(context, workspace, refs)?;
    Ok(match received {
        Received::Unconcerned(HasLedger::Yes) => Exit::Good,
        Received::Unconcerned(HasLedger::No) => {
            context.ui.note("countersign: this repository has no ledger yet, so nothing was asked");
            Exit::Good
        }
        Received::Refused(decision) => {
            show_deleted(context, &decision.pushing.deleted);
            show_refused(context, &decision, "Nothing was received.");
            if decision.is_untrusted() { Exit::Untrusted } else { Exit::Refused }
        }
        Received::Allowed(push) => {
            show_deleted(context, &push.decision.pushing.deleted);
            show_received(context, &push);
            Exit::Good
        }
    })
}

fn show_received(context: &Context, push: &ReceivedPush) {
    show_allowed(context, &push.decision, |index, _| match push.by.get(index) {
        Some(GoesAhead::Receipt(id)) => format!("by receipt {}", id.short()),
        Some(GoesAhead::Signed(id)) => format!("receipt {} signed here", id.short()),
        Some(GoesAhead::Unrecorded) | None => "without a receipt".to_owned(),
    });
}

pub(super) fn after(args: &Receive, context: &mut Context) -> Result<Exit, CommandError> {
    let input = input()?;
    // The refs have moved already, so if the post-receive hook that was there before ours failed, that is returned only
    // at the end.
    let first = args.first.run(Hook::PostReceive, &Digest::of(&input).to_string(), &[], &input);
    let workspace = workspace(context)?;
    // Without input from Git, the receipts in the queue are still appended, according to what the refs hold now.
    let refs = if input.is_empty() { Vec::new() } else { parse_received(&input)? };
    if let Some(moved) = refs.iter().find(|one| one.name == workspace.ledger_ref()) {
        if moved.old.is_none() {
            keep_id(context, &workspace)?;
        }
        remember(context, &workspace)?;
    }
    let appending = post_receive(context, &workspace, &refs)?;
    show_appended(context, &appending);
    first.map(|()| Exit::Good)
}

/// If no ledger id is known yet, pins the ledger that a push has founded. From then on, no other ledger can take the
/// place of this one.
fn keep_id(context: &Context, workspace: &Workspace) -> Result<(), CommandError> {
    let loaded = context.load_as(workspace, HostRole::Server)?;
    let Some(id) = loaded.replay.past().ledger_id().filter(|_| loaded.standing == Standing::Unanchored)
    else {
        return Ok(());
    };
    move_pin(workspace, &context.load_named(workspace, id)?)?;
    context.ui.note(&format!("countersign: from now on the ledger of this repository is {id}"));
    Ok(())
}

/// Verifies and folds the received ledger, so that the next push costs only what is new. Moves the pin if the ledger is
/// sound.
fn remember(context: &Context, workspace: &Workspace) -> Result<(), CommandError> {
    let loaded = context.load_as(workspace, HostRole::Server)?;
    drop(loaded.live(&Inquiry::default().without_exceptions()));
    if loaded.standing == Standing::Sound {
        move_pin(workspace, &loaded)?;
    }
    Ok(())
}

fn show_appended(context: &Context, appending: &ReceiptsTaken) {
    for id in &appending.appended {
        context.ui.note(&format!("countersign: receipt {} recorded", id.short()));
    }
    for one in &appending.again {
        let (old, answer) = (one.old.short(), escape(&one.answer));
        let said = match one.new {
            Some(new) => format!("receipt {} replaces {old}; the gate decided again: {answer}", new.short()),
            None => format!("receipt {old} was not recorded: {answer}"),
        };
        context.ui.note(&format!("countersign: {said}"));
    }
    for id in &appending.dropped {
        context.ui.note(&format!("countersign: receipt {} is dropped: its push moved nothing", id.short()));
    }
}
