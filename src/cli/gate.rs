//! `countersign gate`: asks whether a commit may be deployed to a target, and can record the receipt.

use std::path::PathBuf;

use super::artifact::artifact;
use super::context::{Context, sound};
use super::error::CommandError;
use super::exit::Exit;
use super::receipt_file::{OutFile, may_be_written, proof_text};
use super::sharing::{SYNC, ShareArgs};
use super::target::TargetArgs;
use super::ui::Output;
use super::view::ViewArgs;
use crate::ask::{self, GateAnswered, GateRequest, Unchanged, decide};
use crate::finding::Code;
use crate::gate::{Decision, Question, Wanted};
use crate::git::{RemoteMove, one_line};
use crate::ledger::{self, Loaded};
use crate::policy::Duties;
use crate::record::kind::receipt::{Answer, Purpose};
use crate::render::{GateView, Shown, Tasks, gate_text};
use crate::share::Reach;
use crate::state::{NoState, State};
use crate::store;
use crate::value::{CommitId, RecordId, Target, Time};
use crate::verify::Unreadable;
use crate::workspace::Workspace;
use crate::write::{AppendError, Author};

/// Ask whether a commit may be deployed to a target
///
/// Examines every check, and names the next command for each that fails. The exit code is 0 for yes, 1 for
/// no, and 3 if the ledger cannot be trusted. With --record it is 4 if an expansion is allowed, but its receipt could
/// not be shared. In a pipeline, note that `| tee` hides the exit code.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign gate                                  HEAD, to the only target
  countersign gate payments/production --commit v1.4.1 --restore
  countersign gate payments/production --artifact target/payments.tar \\
      --record --export payments.tlog-proof
  countersign gate -s payments -e production --commit v1.4.1 \\
      --as-of 2026-10-24T09:00:00Z                  then, by today's ledger")]
pub(crate) struct Args {
    #[command(flatten)]
    target: TargetArgs,
    /// The commit to be deployed; it is resolved once, at the start
    #[arg(long, default_value = "HEAD")]
    commit: String,
    /// The commit that runs on the target now, if the newest receipt does not name it
    #[arg(long, value_name = "COMMIT")]
    previous: Option<String>,
    /// Ask about a restoration: a deployment back to what ran before
    #[arg(long)]
    restore: bool,
    /// A file that was built from the commit; may be given more than once. Its digest goes into the receipt, and is
    /// compared with the approved release if the policy asks for one
    #[arg(long = "artifact", value_name = "FILE")]
    artifacts: Vec<PathBuf>,
    /// Append and share the signed receipt before answering, whether allowed or refused
    #[arg(long)]
    record: bool,
    /// If a receipt is recorded and the exit code is 0, write the receipt into this file, with the proof that the
    /// ledger holds it; an earlier receipt in the file is removed first
    #[arg(long, value_name = "FILE", requires = "record")]
    export: Option<PathBuf>,
    #[command(flatten)]
    share: ShareArgs,
    /// Decide as of another time, but with the ledger as it is now, later records included; the answer permits nothing
    #[arg(long, value_name = "TIME", conflicts_with = "record")]
    as_of: Option<Time>,
    #[command(flatten)]
    view: ViewArgs,
    /// Show every check
    #[arg(short, long)]
    verbose: bool,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The maximum number of decisions on one request, unless `--within` allows more. The gate decides again if another
/// record gets into the ledger before the receipt does.
const DECISION_ATTEMPTS: u32 = 20;

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    if !args.record {
        context.refresh(&workspace, args.view)?;
    }
    let Asking { request, mut loaded } = ask(&args, context, &workspace)?;
    if args.record {
        // Recording asks the remote first, so the ledger that was loaded to find the target may be outdated by then.
        loaded = None;
    }
    if !args.record && args.share.is_given() {
        return Err(CommandError::usage("--local and --within need --record"));
    }
    let export =
        args.export.as_ref().map(|out| context.directory().map(|here| here.join(out))).transpose()?;
    // Remove the receipt of an earlier decision, so that the file holds the receipt of this decision or none.
    if let Some(out) = &export
        && may_be_written(out)? == OutFile::Ours
    {
        store::remove(out)?;
    }
    let receipt =
        if args.record { ReceiptWanted::Yes { share: args.share, export } } else { ReceiptWanted::No };
    let shown = if args.verbose { Shown::All } else { Shown::Brief };
    answer(context, &workspace, &request, loaded, receipt, Showing { output: args.json.into(), shown })
}

/// Whether the receipt of a decision is to be recorded.
enum ReceiptWanted {
    Yes { share: ShareArgs, export: Option<PathBuf> },
    No,
}

/// How a decision is shown.
#[derive(Clone, Copy)]
struct Showing {
    output: Output,
    shown: Shown,
}

/// Asks the gate for the way back to a commit, records the receipt, and shows the answer, as `gate --restore --record`
/// does.
pub(crate) fn restore(
    context: &mut Context,
    workspace: &Workspace,
    target: Target,
    commit: CommitId,
    output: Output,
    share: ShareArgs,
) -> Result<Exit, CommandError> {
    let mut options = vec!["--restore".parse()?];
    options.extend(context.freshness_options());
    let question = Question { target, commit, wanted: Wanted::Restoration, artifacts: Vec::new(), options };
    let unchanged = Unchanged::Decided;
    let asked = GateRequest { question, told: None, given: None, unchanged, as_of: None };
    let showing = Showing { output, shown: Shown::Brief };
    answer(context, workspace, &asked, None, ReceiptWanted::Yes { share, export: None }, showing)
}

/// Decides a request, records the receipt if one is wanted, and shows the answer. `known` is the ledger, if it was
/// loaded before.
fn answer(
    context: &mut Context,
    workspace: &Workspace,
    asked: &GateRequest,
    mut known: Option<Loaded>,
    wanted: ReceiptWanted,
    showing: Showing,
) -> Result<Exit, CommandError> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let mut loaded = match wanted {
            ReceiptWanted::Yes { share, .. } => context.load_to_write(workspace, share)?,
            ReceiptWanted::No => known.take().map_or_else(|| context.load(workspace), Ok)?,
        };
        let now = context.now()?;
        let state = context.live(&loaded, &asked.inquiry(now));
        if let Err(NoState::Missing(error @ Unreadable::LookUp)) = state {
            return Err(error.into());
        }
        let is_asked = matches!(wanted, ReceiptWanted::Yes { .. });
        let me = if is_asked { context.me(workspace, &loaded) } else { None };
        let person = me.as_ref().zip(state.as_ref().ok()).and_then(|(me, state)| state.roster.person(me));
        loaded.freshness.signer = person.cloned();
        let decided = decide(workspace, &loaded, state.as_deref(), asked.clone(), now)?;
        let mut beside = Beside::default();
        if let Ok(state) = &state {
            beside.duties = duties(state, &decided.decision);
            if decided.decision.answer == Answer::Refused {
                let tasks = Tasks::new(state, now);
                // Only the text of a task depends on who asks. So Git is asked for the user's key only if a next step
                // is a task.
                let has_tasks = tasks.are_next(&decided.decision.checks);
                let me = me.or_else(|| has_tasks.then(|| context.me(workspace, &loaded)).flatten());
                beside.tasks = tasks.asked_by(me);
            }
        }
        let is_sound = loaded.standing == ledger::Standing::Sound;
        let is_way_back = decided.decision.purpose == Purpose::Restoration;
        let receipt = if !is_asked || decided.decision.unchanged.is_some() {
            None
        } else if is_sound {
            let recorded = match context.author(workspace, &loaded) {
                Ok(author) => record(context, workspace, loaded, author, &decided, attempt),
                Err(error) if is_way_back => {
                    Err(AppendError::Untrusted { code: Code::Role, found: error.message })
                }
                Err(error) => return Err(error),
            };
            match recorded {
                Ok(receipt) => Some(receipt),
                Err(AppendError::DecideAgain) if attempt < DECISION_ATTEMPTS || context.is_patient() => {
                    continue;
                }
                // A receipt that cannot be recorded is no reason to refuse a restoration.
                Err(error) if is_way_back => {
                    context.ui.note(&format!("warning: not recorded: {error}"));
                    None
                }
                Err(error) => return Err(error.into()),
            }
        } else {
            keep(context, workspace, &loaded, &decided);
            None
        };
        if is_asked && decided.decision.unchanged.is_some() {
            context.ui.note("Nothing is recorded: this commit runs on the target already.");
        }
        let id = receipt.as_ref().map(|receipt| &receipt.id);
        let answer = show(showing, context, &decided, id, &beside);
        let Some(receipt) = receipt else { return Ok(answer) };
        let exit = reached(context, &receipt.reach, decided.decision.purpose, answer);
        if let ReceiptWanted::Yes { export: Some(out), .. } = &wanted
            && exit == Exit::Good
        {
            let text = proof_text(context, workspace, &receipt.loaded, &receipt.id)?;
            store::write(out, text.as_bytes())?;
        }
        return Ok(exit);
    }
}

/// A receipt that was recorded, and how far it was shared.
struct RecordedReceipt {
    id: RecordId,
    reach: Reach,
    /// The ledger that holds the receipt.
    loaded: Loaded,
}

/// If others lack a receipt, reports how far it was shared. Returns [`Exit::Environment`] if an expansion was allowed
/// and its receipt could not be shared, otherwise the exit code of the answer.
fn reached(context: &Context, reach: &Reach, purpose: Purpose, answer: Exit) -> Exit {
    let may_not_begin =
        matches!((reach, purpose, answer), (Reach::Failed(_), Purpose::Expansion, Exit::Good));
    if may_not_begin {
        context.ui.note("Do not deploy yet: others cannot see that this deployment was allowed.");
    }
    context.note_reach(reach);
    if matches!(reach, Reach::Local | Reach::NoRemoteLedger) {
        context.ui.note(&format!("the receipt is in this clone only; next: {SYNC}"));
    }
    if may_not_begin { Exit::Environment } else { answer }
}

/// Keeps the receipt of an allowed restoration in the outbox, because the ledger cannot be appended to. For any other
/// decision, only warns that no receipt is recorded.
fn keep(context: &mut Context, workspace: &Workspace, loaded: &Loaded, decided: &GateAnswered) {
    let is_way_back = decided.decision.purpose == Purpose::Restoration;
    if decided.decision.answer != Answer::Allowed || !is_way_back {
        return context.ui.note("warning: not recorded: the ledger is not sound");
    }
    let now = decided.decision.at;
    let kept = context.author(workspace, loaded).and_then(|mut author| {
        let decisions = std::slice::from_ref(decided);
        Ok(ask::keep_receipts(workspace, loaded, &mut author, decisions, now)?)
    });
    match kept {
        Ok(ids) => {
            let ids: Vec<String> = ids.iter().map(RecordId::short).collect();
            context.ui.note(&format!(
                "warning: not recorded, but the receipt is kept in the outbox: {}",
                ids.join(", ")
            ));
        }
        Err(error) => context.ui.note(&format!("warning: not recorded, and not kept: {}", error.message)),
    }
}

/// A request, and the ledger, if it had to be loaded to find the target.
struct Asking {
    request: GateRequest,
    loaded: Option<Loaded>,
}

fn ask(args: &Args, context: &Context, workspace: &Workspace) -> Result<Asking, CommandError> {
    let mut loaded = None;
    let target = if let Some(target) = args.target.named() {
        target
    } else {
        let ledger = context.load(workspace)?;
        // The policy is only used to find the target here; the gate itself reports a ledger that cannot be trusted.
        let has_targets = !ledger.replay.past().policy().targets().is_empty();
        let ledger = loaded.insert(if has_targets { ledger } else { sound(ledger)? });
        args.target.resolve(ledger.replay.past().policy())?
    };
    let commit = workspace.repository.resolve(&args.commit)?;
    let given = args.previous.as_deref().map(|spec| workspace.repository.resolve(spec)).transpose()?;
    let wanted = if args.restore { Wanted::Restoration } else { Wanted::Expansion };
    let artifacts = args.artifacts.iter().map(|path| artifact(path)).collect::<Result<Vec<_>, _>>()?;
    let mut options = Vec::new();
    if args.previous.is_some() {
        options.push("--previous".parse()?);
    }
    if args.restore {
        options.push("--restore".parse()?);
    }
    options.extend(context.freshness_options());
    let request = GateRequest {
        question: Question { target, commit, wanted, artifacts, options },
        told: None,
        given,
        unchanged: if args.as_of.is_some() { Unchanged::Decided } else { Unchanged::Told },
        as_of: args.as_of,
    };
    Ok(Asking { request, loaded })
}

/// Signs and appends the receipt of a decision, and shares it. If others shared first, the receipt is taken back, and
/// the error is [`AppendError::DecideAgain`].
fn record(
    context: &mut Context,
    workspace: &Workspace,
    loaded: Loaded,
    mut author: Author,
    decided: &GateAnswered,
    attempt: u32,
) -> Result<RecordedReceipt, AppendError> {
    let (now, before) = (decided.decision.at, loaded.local.clone());
    let stay = context.stay.clone();
    let (appended, reach) = context.with_sharer(workspace, context.patience(workspace), |sharer| {
        let _turn = stay.is_none().then(|| sharer.turn());
        if stay.is_none() && sharer.has_moved(&loaded)? {
            return Err(AppendError::DecideAgain);
        }
        let decisions = std::slice::from_ref(decided);
        let mut appended = ask::record_receipts(workspace, loaded, &mut author, decisions, now)?;
        let reach = match stay.clone() {
            Some(reach) => reach,
            None => match sharer.push(&mut appended.loaded, now) {
                Ok(RemoteMove::Landed) => Reach::Shared,
                Ok(RemoteMove::Overtaken) => {
                    sharer.take_back(&appended.entry, before.as_ref())?;
                    sharer.back_off(attempt);
                    return Err(AppendError::DecideAgain);
                }
                // The remote could not be reached, and time is left. Ask the remote again, and then the gate.
                Err(error) if matches!(&error, AppendError::Git(error) if sharer.waits_out(error)) => {
                    sharer.take_back(&appended.entry, before.as_ref())?;
                    return Err(AppendError::DecideAgain);
                }
                Err(error) => Reach::Failed(one_line(&error)),
            },
        };
        Ok::<_, AppendError>((appended, reach))
    })?;
    context.ui.landed(&appended.ids);
    if let Err(error) = ledger::move_pin(workspace, &appended.loaded) {
        context.ui.note(&format!("warning: {error}"));
    }
    let id = appended.ids.first().copied().ok_or(AppendError::DecideAgain)?;
    Ok(RecordedReceipt { id, reach, loaded: appended.loaded })
}

/// What is shown in addition to a decision.
#[derive(Default)]
struct Beside {
    duties: Duties,
    tasks: Tasks,
}

/// Returns what one person can do alone, according to the members and the rules of the target.
pub(crate) fn duties(state: &State, decision: &Decision) -> Duties {
    Duties::of(&state.policy, &state.roster, &decision.target)
}

fn show(
    showing: Showing,
    context: &mut Context,
    decided: &GateAnswered,
    receipt: Option<&RecordId>,
    beside: &Beside,
) -> Exit {
    let view = GateView::new(decided, receipt, &beside.duties, &beside.tasks);
    if showing.output == Output::Json {
        context.ui.json(&view);
    } else {
        context.ui.show(&gate_text(decided, &view, showing.shown, ""));
    }
    match decided.decision.answer {
        Answer::Allowed => Exit::Good,
        Answer::Refused if decided.decision.is_untrusted() => Exit::Untrusted,
        Answer::Refused => Exit::Refused,
    }
}
