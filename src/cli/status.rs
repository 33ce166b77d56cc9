//! `countersign status`: shows what blocks each target, and who has to act.

use super::context::Context;
use super::error::{CommandError, untrusted};
use super::exit::Exit;
use super::view::ViewArgs;
use crate::ask::{GateRequest, Unchanged, decide_all};
use crate::finding::Code;
use crate::gate::{Question, Wanted};
use crate::git::GitError;
use crate::hooks::{Hook, HookChain, HooksPlace};
use crate::ledger::{self, last_asked};
use crate::record::kind::receipt::Answer;
use crate::render::{StatusInput, StatusView, status_text, tasks_text};
use crate::state::{Inquiry, State};
use crate::value::{CommitId, Target};
use crate::verify::AtLeast;
use crate::workspace::Workspace;
use crate::write;

/// Show what blocks each target, what soon will, and who has to act
///
/// Each target is evaluated as if the commit that --commit names were deployed to it now. For each target, the answer
/// also shows what would happen on a rollback now, and how deployments went.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  countersign status
  countersign status --mine                what waits for you, reviews first
  countersign status --commit main --json
  countersign status --since 1042:77aa…    what is new, for a scheduled job")]
pub(crate) struct Args {
    /// Show only what waits for you
    #[arg(long)]
    mine: bool,
    /// Show what is new since a checkpoint, SIZE:ROOT, as named by an earlier answer
    #[arg(long, value_name = "CHECKPOINT")]
    since: Option<AtLeast>,
    /// The commit that would be deployed [default: HEAD; if HEAD names no commit, what runs at each target]
    #[arg(long)]
    commit: Option<String>,
    /// Exit with code 1 if a target is blocked, and with 3 if the ledger cannot be trusted [default: always 0]
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    view: ViewArgs,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, CommandError> {
    let workspace = context.workspace()?;
    context.refresh(&workspace, args.view)?;
    let (loaded, exit) = context.load_readable(&workspace)?;
    let now = context.now()?;
    let commit = commit(&workspace, args.commit.as_deref())?;
    let state = context.live(&loaded, &Inquiry::at(now).and_commits(&commit).showing_all_targets())?;
    let requests = state.policy.targets().iter().map(|target| {
        let question = Question {
            target: target.target(),
            commit: commit
                .clone()
                .or_else(|| running(&state, &target.target()))
                .unwrap_or_else(CommitId::none),
            wanted: Wanted::Expansion,
            artifacts: Vec::new(),
            options: Vec::new(),
        };
        GateRequest { question, told: None, given: None, unchanged: Unchanged::Decided, as_of: None }
    });
    let decisions = decide_all(&workspace, &loaded, &state, requests.collect(), now)?;
    if let Some(since) = &args.since {
        must_be_boundary(&loaded, since)?;
    }
    let me = context.me(&workspace, &loaded);
    if args.mine && me.is_none() {
        return Err(CommandError::usage("--mine: your key belongs to no member")
            .hint("next: countersign trust show")
            .hint("or name another key with --key"));
    }
    let outbox = u64::try_from(write::waiting(&workspace)?.len()).unwrap_or(u64::MAX);
    let input = StatusInput {
        decisions: &decisions,
        loaded: &loaded,
        me: me.as_ref(),
        outbox,
        commit: commit.as_ref(),
        asked_at: last_asked(&workspace).map(|asked| asked.at),
        since: args.since,
        now,
    };
    let view = StatusView::new(&state, &input)?;
    let view = if args.mine { view.only_mine() } else { view };
    warn_of_hooks(context, &workspace);
    if args.json {
        context.ui.json(&view);
    } else {
        let page = if args.mine { tasks_text(&view) } else { status_text(&view, me.as_ref()) };
        context.ui.show(&page);
    }
    let is_blocked = decisions.iter().any(|decided| decided.decision.answer == Answer::Refused);
    let exit = if is_blocked && exit == Exit::Good { Exit::Refused } else { exit };
    Ok(if args.exit_code { exit } else { Exit::Good })
}

/// Resolves the commit that the user named, otherwise HEAD. Returns `None` if HEAD names no commit, as in some bare
/// clones.
fn commit(workspace: &Workspace, named: Option<&str>) -> Result<Option<CommitId>, CommandError> {
    let commit = workspace.repository.resolve(named.unwrap_or("HEAD"));
    if named.is_none() && matches!(commit, Err(GitError::NoCommit { .. })) {
        return Ok(None);
    }
    Ok(Some(commit?))
}

/// Returns the commit that runs at a target. It is the commit of the newest confirmed deployment. If none is confirmed,
/// it is the commit of the newest allowed deployment.
fn running(state: &State, target: &Target) -> Option<CommitId> {
    let newest = state.newest_confirmed(target, None).or_else(|| state.newest_allowed(target));
    newest.map(|deployment| deployment.says.commit.clone())
}

/// Warns of each hook of ours that was installed, but no longer asks the gate about every push.
fn warn_of_hooks(context: &Context, workspace: &Workspace) {
    let Ok(place) = HooksPlace::by_files(workspace) else { return };
    for hook in Hook::ALL {
        let Ok(chain) = HookChain::of(&place, *hook) else { continue };
        let is_installed = !chain.left_out.is_empty() || chain.has_ours();
        if is_installed && !chain.asks() {
            let name = hook.name();
            context.ui.note(&format!(
                "warning: the {name} hook no longer asks the gate about every push.\n  next: countersign hooks install"
            ));
        }
    }
}

/// Refuses a checkpoint that this ledger never had, because what is new since then is undefined.
fn must_be_boundary(loaded: &ledger::Loaded, since: &AtLeast) -> Result<(), CommandError> {
    let past = loaded.replay.past();
    let checkpoint = since.checkpoint;
    match past.boundary(checkpoint.size)? {
        Some(root) if root == checkpoint.root => Ok(()),
        _ if checkpoint.size > past.size() => {
            let found = format!("--since names size {}; this ledger has {}", checkpoint.size, past.size());
            Err(untrusted(Code::Rewound, &found))
        }
        _ => {
            let found =
                format!("--since names a checkpoint of size {} that this ledger never had", checkpoint.size);
            Err(untrusted(Code::Forked, &found))
        }
    }
}
