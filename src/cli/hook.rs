//! `countersign hook pre-push`: what Git runs before a push.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::context::Context;
use super::error::{CommandError, untrusted};
use super::exit::Exit;
use super::gate::duties_separated;
use crate::ask;
use crate::finding::Code;
use crate::ledger::{self, Loaded, Standing};
use crate::push::{self, PushedRef, Pushing, Sharing};
use crate::record::kind::receipt::{Answer, Purpose};
use crate::record::kind::trust::Role;
use crate::render::{GateView, Shown, gate_text};
use crate::state::State;
use crate::trust::Coverage;
use crate::value::RecordId;
use crate::workspace::Workspace;
use crate::write::AppendError;

/// Run as a hook of Git's
///
/// `countersign hooks install` writes the script that calls this.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    hook: HookCommand,
}

#[derive(Debug, clap::Subcommand)]
enum HookCommand {
    /// Before a push: ask the gate about every target that it concerns
    PrePush(PrePush),
}

#[derive(Debug, clap::Args)]
struct PrePush {
    /// A hook that is run first, with the same arguments and input, if it is there
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// The name of the remote, as Git gives it
    remote: String,
    /// The address of the remote, as Git gives it
    url: Option<String>,
}

/// A push of 10,000 refs has about 2 MB.
const MOST_INPUT: u64 = 4 * 1024 * 1024;

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let HookCommand::PrePush(args) = args.hook;
    let mut input = String::new();
    std::io::stdin().lock().take(MOST_INPUT + 1).read_to_string(&mut input)?;
    if u64::try_from(input.len()).unwrap_or(u64::MAX) > MOST_INPUT {
        return Err(push::PushError::TooMany.into());
    }
    if let Some(before) = args.before.as_deref().filter(|before| before.exists()) {
        chain(before, &args, &input)?;
    }
    let pushed = push::parse_pushed(&input)?;
    let workspace = context.workspace_of_hook()?;
    let ledger = workspace.ledger_ref();
    if pushed.iter().all(|one| one.name == ledger) {
        return Ok(Exit::Good);
    }
    decide(&args, context, &workspace, &pushed)
}

/// Runs the hook that was there before; its no is a no.
fn chain(before: &Path, args: &PrePush, input: &str) -> Result<(), CommandError> {
    let mut command = Command::new(before);
    command.arg(&args.remote).args(&args.url).stdin(Stdio::piped());
    let mut child = command.spawn().map_err(|error| {
        CommandError::new(Exit::Environment, format!("cannot run {}: {error}", before.display()))
    })?;
    if let Some(mut stdin) = child.stdin.take() {
        // A hook need not read its input.
        let _ = stdin.write_all(input.as_bytes());
    }
    let status = child.wait()?;
    if status.success() {
        return Ok(());
    }
    let message = format!("the hook {} refused the push", before.display());
    Err(CommandError::new(Exit::Refused, message))
}

/// How often a decision is made again because somebody appended meanwhile.
const TRIES: u32 = 20;

fn decide(
    args: &PrePush,
    context: &mut Context,
    workspace: &Workspace,
    pushed: &[PushedRef],
) -> Result<Exit, CommandError> {
    for _ in 0..TRIES {
        let mut loaded = context.load(workspace)?;
        match loaded.standing.fault() {
            None | Some((Code::Halted | Code::Diverged, _)) => {}
            Some((code, found)) => return Err(untrusted(code, found)),
        }
        let Some(state) = loaded.state() else {
            let (code, found) = loaded.why_no_state();
            return Err(untrusted(code, &found));
        };
        if !push::concerns_targets(&state, pushed) {
            return Ok(Exit::Good);
        }
        let sharing = push::share(workspace, &args.remote, &loaded)?;
        if sharing == Sharing::Ahead {
            let message =
                "the remote's ledger has entries that are not here, so this decision could be wrong";
            return Err(CommandError::new(Exit::Untrusted, message)
                .hint(format!("next: {}", workspace.fetch_command())));
        }
        let now = context.now()?;
        loaded.freshness.fetched_at = Some(now);
        loaded.freshness.signer =
            context.me(workspace, &loaded).and_then(|me| state.roster.person(&me).cloned());
        let pushing = push::decide_push(workspace, &loaded, &state, pushed, now)?;
        for name in &pushing.deleted {
            context.ui.note(&format!(
                "countersign: {} is deleted: nothing becomes deployable",
                crate::render::escape(name)
            ));
        }
        if pushing.decisions.is_empty() {
            return Ok(Exit::Good);
        }
        if pushed.iter().any(|one| one.name == workspace.ledger_ref()) {
            let message = "the ledger is pushed with the branch, and the receipt is still to come";
            let error = CommandError::new(Exit::Refused, message);
            return Err(
                error.hint(format!("next: {}, then push the branch by itself", workspace.share_command()))
            );
        }
        if refused(context, &pushing, &state) {
            let exit = if pushing.decisions.iter().any(|it| it.decided.decision.is_untrusted()) {
                Exit::Untrusted
            } else {
                Exit::Refused
            };
            return Ok(exit);
        }
        match record(context, workspace, loaded, &pushing, &state) {
            Ok(receipts) => return allowed(args, context, workspace, &pushing, &state, &receipts, &sharing),
            Err(AppendError::DecideAgain) => {}
            Err(error) if is_way_back(&pushing) => {
                context.ui.note(&format!("warning: not recorded: {error}"));
                return allowed(args, context, workspace, &pushing, &state, &[], &sharing);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(AppendError::DecideAgain.into())
}

/// Whether everything that is pushed goes back: nothing that recording lacks may refuse that.
fn is_way_back(pushing: &Pushing) -> bool {
    pushing.decisions.iter().all(|it| it.decided.decision.purpose == Purpose::Restoration)
}

/// Shows every no; whether there was one.
fn refused(context: &Context, pushing: &Pushing, state: &State) -> bool {
    let mut any = false;
    for one in pushing.decisions.iter().filter(|one| one.decided.decision.answer == Answer::Refused) {
        any = true;
        let view = GateView::new(&one.decided, None, duties_separated(state, &one.decided));
        let text = gate_text(&one.decided, &view, Shown::Brief, "Nothing was pushed.");
        context.ui.note(&format!("countersign: {text}"));
    }
    any
}

/// Records one entry of receipts where the pusher holds the role, for every target.
fn record(
    context: &Context,
    workspace: &Workspace,
    loaded: Loaded,
    pushing: &Pushing,
    state: &State,
) -> Result<Vec<RecordId>, AppendError> {
    let Ok(mut author) = context.author(workspace, &loaded) else { return Ok(Vec::new()) };
    let decisions: Vec<_> = pushing.decisions.iter().map(|one| one.decided.clone()).collect();
    let targets: Vec<_> = decisions.iter().map(|decided| decided.decision.target.clone()).collect();
    if state.roster.coverage(&author.name, Role::Gate, &targets) != Coverage::Covered {
        return Ok(Vec::new());
    }
    if loaded.standing != Standing::Sound {
        return Ok(Vec::new());
    }
    let Some(now) = decisions.first().map(|decided| decided.decision.at) else { return Ok(Vec::new()) };
    let appended = ask::record_receipts(workspace, loaded, &mut author, &decisions, now)?;
    ledger::move_pin(workspace, &appended.loaded)?;
    Ok(appended.ids)
}

fn allowed(
    args: &PrePush,
    context: &Context,
    workspace: &Workspace,
    pushing: &Pushing,
    state: &State,
    receipts: &[RecordId],
    sharing: &Sharing,
) -> Result<Exit, CommandError> {
    if let Sharing::Known(there) = sharing {
        let shared = push::push_ledger(workspace, &args.remote, there);
        // The receipt comes before the deployment: what cannot be shared is not pushed, but for the way back.
        match shared {
            Err(error) if is_way_back(pushing) => context.ui.note(&format!("warning: {error}")),
            other => other?,
        }
    }
    for (index, one) in pushing.decisions.iter().enumerate() {
        let decision = &one.decided.decision;
        let what = match receipts.get(index) {
            Some(receipt) => format!("receipt {} recorded", receipt.short()),
            None => "not recorded".to_owned(),
        };
        let back = if decision.purpose == Purpose::Restoration { " (restoration)" } else { "" };
        context.ui.note(&format!(
            "countersign: {}, commit {}: allowed{back}, {what}",
            decision.target,
            decision.commit.short()
        ));
        let warned = decision
            .checks
            .iter()
            .filter(|check| check.result == crate::record::kind::receipt::Outcome::Warn);
        for check in warned {
            context.ui.note(&format!("  ! {}: {}", check.code, crate::render::escape(&check.found)));
        }
        if !duties_separated(state, &one.decided) {
            context.ui.note("  note: the policy sets approvals to 0: duties are not separated");
        }
    }
    if *sharing == Sharing::NoRemoteLedger {
        context.ui.note(&format!("  the remote has no ledger yet; share it: {}", workspace.share_command()));
    }
    Ok(Exit::Good)
}
