//! `countersign hook pre-push`: asks the gate about the targets that a push concerns, before Git pushes.
//!
//! Its input is what Git gives a hook: the remote as arguments, the refs on standard input. Everything it
//! shows goes to standard error.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::gate::duties;
use super::sharing::SYNC;
use crate::environ;
use crate::hooks::{Before, Caller, Hook, is_for_everybody};
use crate::ledger::{Asked, Loaded};
use crate::push::{
    self, HookOwner, PushAnswer, PushDecision, Pusher, RefsPushed, Sharing, TargetDecision, pre_push,
};
use crate::record::kind::receipt::{Answer, Outcome, Purpose};
use crate::render::{GateView, Shown, Tasks, escape, gate_text, unchanged_text};
use crate::value::{Digest, RecordId, Time};
use crate::workspace::Workspace;
use crate::write::Author;

/// Run as a Git hook
///
/// `countersign hooks install` writes the script that calls this command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    hook: HookCommand,
}

#[derive(Debug, clap::Subcommand)]
enum HookCommand {
    /// Ask the gate about every target that a push concerns
    PrePush(PrePush),
}

#[derive(Debug, clap::Args)]
struct PrePush {
    /// A hook to run first, with the same arguments and input, if the file exists
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// Who ran that hook before
    #[arg(long, value_enum, default_value = "git")]
    caller: CallerName,
    /// Leave the question to the hook that runs this one, if that asks the same
    #[arg(long)]
    second: bool,
    /// The name of the remote, as Git passes it
    remote: String,
    /// The URL of the remote, as Git passes it
    url: Option<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum CallerName {
    Git,
    Husky,
}

/// The largest input that is read, in bytes. A push of a million refs has about 200 MB.
const MOST_INPUT: u64 = 1 << 30;

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let HookCommand::PrePush(args) = args.hook;
    let mut input = Vec::new();
    std::io::stdin().lock().take(MOST_INPUT + 1).read_to_end(&mut input)?;
    if u64::try_from(input.len()).unwrap_or(u64::MAX) > MOST_INPUT {
        return Err(push::PushError::TooMany.into());
    }
    let question = question(&args, &input);
    let is_under_way = || environ::variable(Before::UNDER_WAY).is_some_and(|other| other == *question);
    if args.second && is_under_way() {
        return Ok(Exit::Good);
    }
    if let Some(path) = args.before.as_deref() {
        let caller = match args.caller {
            CallerName::Git => Caller::Git,
            CallerName::Husky => Caller::Husky,
        };
        let before = Before { hook: Hook::PrePush, path, caller, under_way: &question };
        let arguments: Vec<&str> = [args.remote.as_str()].into_iter().chain(args.url.as_deref()).collect();
        before.run(&arguments, &input)?;
    }
    let pushed = push::parse_pushed(&input)?;
    let directory = args.before.as_deref().and_then(Path::parent);
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

/// Returns what tells one push from another.
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
            show_refused(context, decision);
            if decision.is_untrusted() { Exit::Untrusted } else { Exit::Refused }
        }
        PushAnswer::Allowed { decision, receipts, sharing, warnings } => {
            context.note_moved(&decision.moved);
            show_deleted(context, &decision.pushing.deleted);
            for warning in warnings {
                context.ui.note(&format!("warning: {}", escape(warning)));
            }
            show_allowed(context, decision, receipts);
            if *sharing == Sharing::NoRemoteLedger {
                if receipts.is_empty() {
                    context.ui.note(&format!("  the remote has no ledger yet; to share this one: {SYNC}"));
                } else {
                    context.ui.note("  the remote had no ledger yet: it has all of it now");
                }
            }
            Exit::Good
        }
    }
}

fn show_deleted(context: &Context, names: &[String]) {
    for name in names {
        let name = escape(name);
        context.ui.note(&format!("countersign: {name} is deleted: nothing becomes deployable"));
    }
}

fn show_refused(context: &Context, decision: &PushDecision) {
    let refused = |one: &&TargetDecision| one.decided.decision.answer == Answer::Refused;
    let mut tasks = None;
    for one in decision.pushing.decisions.iter().filter(refused) {
        let state = &decision.state;
        let at = one.decided.decision.at;
        let tasks = tasks.get_or_insert_with(|| Tasks::new(state, decision.pusher.as_ref(), at));
        let view = GateView::new(&one.decided, None, &duties(state, &one.decided.decision), tasks);
        let page = gate_text(&one.decided, &view, Shown::Brief, "Nothing was pushed.");
        context.ui.note_page("countersign: ", &page);
    }
}

fn show_allowed(context: &Context, decision: &PushDecision, receipts: &[RecordId]) {
    let unchanged = decision.pushing.decisions.iter().map(|one| &one.decided);
    for one in unchanged.filter(|one| one.decision.unchanged.is_some()) {
        context.ui.note(&format!("countersign: {}", unchanged_text(&one.decision)));
    }
    for (index, one) in decision.decided().enumerate() {
        let allowed = &one.decided.decision;
        let what = match receipts.get(index) {
            Some(receipt) => format!("receipt {} recorded", receipt.short()),
            None if allowed.purpose == Purpose::Expansion => "the pipeline records it".to_owned(),
            None => "not recorded".to_owned(),
        };
        let back = if allowed.purpose == Purpose::Restoration { " (restoration)" } else { "" };
        context.ui.note(&format!(
            "countersign: {}, commit {}: allowed{back}, {what}",
            allowed.target,
            allowed.commit.short()
        ));
        for check in allowed.checks.iter().filter(|check| check.result == Outcome::Warn) {
            context.ui.note(&format!("  ! {}: {}", check.code, escape(&check.found)));
        }
        if let Some(duty) = duties(&decision.state, allowed).approvals() {
            context.ui.note(&format!("  note: {duty}"));
        }
    }
}
