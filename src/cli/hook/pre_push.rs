//! `countersign hook pre-push`: asks the gate about the targets that a push concerns, before Git pushes.
//!
//! The input of the command is what Git gives a hook: the remote as arguments, the refs on standard input. Everything
//! that it shows goes to standard error.

use super::first::{First, input};
use super::shown::{show_allowed, show_deleted, show_refused};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::sharing::SYNC;
use crate::environ;
use crate::hooks::{Before, Hook, is_for_everybody};
use crate::ledger::{Asked, Loaded};
use crate::push::{self, HookOwner, PushAnswer, Pusher, RefsPushed, Sharing, pre_push};
use crate::record::kind::receipt::Purpose;
use crate::render::escape;
use crate::value::{Digest, Time};
use crate::workspace::Workspace;
use crate::write::Author;

#[derive(Debug, clap::Args)]
pub(super) struct PrePush {
    #[command(flatten)]
    first: First,
    /// Do nothing if the hook that runs this one is asking about the same push
    #[arg(long)]
    second: bool,
    /// The name of the remote, as Git passes it
    remote: String,
    /// The URL of the remote, as Git passes it
    url: Option<String>,
}

pub(super) fn run(args: PrePush, context: &mut Context) -> Result<Exit, CommandError> {
    let input = input()?;
    let question = question(&args, &input);
    let is_under_way = || environ::variable(Before::UNDER_WAY).is_some_and(|other| other == *question);
    if args.second && is_under_way() {
        return Ok(Exit::Good);
    }
    let arguments: Vec<&str> = [args.remote.as_str()].into_iter().chain(args.url.as_deref()).collect();
    args.first.run(Hook::PrePush, &question, &arguments, &input)?;
    let pushed = push::parse_pushed(&input)?;
    let directory = args.first.directory();
    let workspace = context.workspace_of_hook(directory)?;
    let ledger = workspace.ledger_ref();
    let is_shared = directory.is_some_and(|directory| is_for_everybody(directory, &workspace.repository));
    let owner = if is_shared { HookOwner::Everybody } else { HookOwner::Repository };
    for one in pushed.iter().filter(|one| one.name == ledger) {
        let loaded = context.load(&workspace)?;
        if owner == HookOwner::Repository || push::is_ledger(&loaded) {
            push::check_ledger_push(&workspace, &loaded, one)?;
        }
    }
    if pushed.iter().all(|one| one.name == ledger) {
        return Ok(Exit::Good);
    }
    let pushed = RefsPushed { refs: &pushed, remote: &args.remote, url: args.url.as_deref(), owner };
    let answer = pre_push(&*context, &workspace, pushed)?;
    Ok(show(context, &answer))
}

impl Pusher for Context {
    type Error = CommandError;
    type Waiting = indicatif::ProgressBar;

    fn waiting(&self, what: &str) -> Self::Waiting {
        self.ui.waiting(what)
    }

    fn load(&self, workspace: &Workspace, asked: Option<&Asked>) -> Result<Loaded, CommandError> {
        self.load_asked(workspace, asked)
    }

    fn author(&self, workspace: &Workspace, loaded: &Loaded) -> Option<Author> {
        self.author(workspace, loaded).ok()
    }

    fn now(&self) -> Result<Time, CommandError> {
        self.now()
    }
}

/// Returns a digest that identifies a push, by its remote, URL and refs.
fn question(args: &PrePush, input: &[u8]) -> String {
    let head = format!("{}\n{}\n", args.remote, args.url.as_deref().unwrap_or_default());
    Digest::of(&[head.as_bytes(), input].concat()).to_string()
}

fn show(context: &Context, answer: &PushAnswer) -> Exit {
    match answer {
        PushAnswer::Unconcerned { warning } => {
            if let Some(warning) = warning {
                context.ui.note(&format!("warning: {}", escape(warning)));
            }
            Exit::Good
        }
        PushAnswer::Deletes(names) => {
            show_deleted(context, names);
            Exit::Good
        }
        PushAnswer::Refused(decision) => {
            context.note_moved(&decision.moved);
            show_deleted(context, &decision.pushing.deleted);
            show_refused(context, decision, "Nothing was pushed.");
            if decision.is_untrusted() { Exit::Untrusted } else { Exit::Refused }
        }
        PushAnswer::Allowed { decision, receipts, sharing, warnings } => {
            context.note_moved(&decision.moved);
            show_deleted(context, &decision.pushing.deleted);
            for warning in warnings {
                context.ui.note(&format!("warning: {}", escape(warning)));
            }
            show_allowed(context, decision, |index, one| match receipts.get(index) {
                Some(receipt) => format!("receipt {} recorded", receipt.short()),
                None if one.decided.decision.purpose == Purpose::Expansion => {
                    "the pipeline records it".to_owned()
                }
                None => "not recorded".to_owned(),
            });
            if *sharing == Sharing::NoRemoteLedger {
                if receipts.is_empty() {
                    context.ui.note(&format!("  the remote has no ledger yet; to share this one: {SYNC}"));
                } else {
                    context.ui.note("  the remote had no ledger yet; now it has the whole ledger");
                }
            }
            Exit::Good
        }
    }
}
